#!/bin/sh
# Copies libpython and makes the functions in it that src/ replaces fatal: wherever one of them is called from,
# the process ends with SIGTRAP. Each has a second name in the copy, original_NAME.
#
# Usage: poison_originals.sh LIBPYTHON SYMBOLS COPY [TOOL-PREFIX]
#
# The prefix, as aarch64-linux-gnu-, is that of the binutils.
#
# The linker does not choose our functions everywhere: calls within one object file may have been resolved by
# the assembler. So only running the program shows that nothing leads to the originals.

set -eu
library=$1
symbols=$2
copy=$3
prefix=${4:-}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

cp "$library" "$copy"
${prefix}nm -A --quiet --defined-only "$library" >"$directory/names"

for symbol in $(grep -v '^#' "$symbols"); do
    # ARCHIVE:MEMBER:OFFSET TYPE NAME
    member=$(sed -n "s/.*:\([^:]*\):[0-9a-f]* W $symbol\$/\1/p" "$directory/names")
    object=$directory/$member
    if [ -z "$member" ] || ! ${prefix}ar x --output "$directory" "$copy" "$member"; then
        echo "$0: $symbol is not defined exactly once, and weak, in $library" >&2
        exit 1
    fi
    # OFFSET FLAGS... SECTION <tab> SIZE [.hidden] NAME
    place=$(${prefix}objdump -t "$object" |
        awk -F '\t' -v name="$symbol" '$2 ~ " " name "$" { sub(/ .* /, " ", $1); print $1 }')
    offset=0x${place% *}
    section=${place#* }

    # INDEX SECTION SIZE VMA LMA FILE-OFFSET ALIGNMENT
    start=0x$(${prefix}objdump -h "$object" | awk -v name="$section" '$2 == name { print $6 }')
    case $(${prefix}objdump -f "$object") in
    *aarch64*) breakpoint='\000\000\040\324' ;; # brk #0
    *) breakpoint='\314' ;;                      # int3
    esac
    printf "$breakpoint" | dd of="$object" bs=1 seek=$((start + offset)) conv=notrunc status=none
    ${prefix}objcopy --add-symbol "original_$symbol=$section:$offset,function,global" "$object"
    ${prefix}ar r "$copy" "$object"
done

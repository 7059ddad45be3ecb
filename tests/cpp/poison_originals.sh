#!/bin/sh
# Copies libpython and makes the functions in it that src/ replaces fatal: wherever one of them is called from,
# the process ends with SIGTRAP. Each has a second name in the copy, original_NAME.
#
# Usage: poison_originals.sh LIBPYTHON SYMBOLS COPY
#
# The linker does not choose our functions everywhere: calls within one object file may have been resolved by
# the assembler. So only running the program shows that nothing leads to the originals.

set -eu
library=$1
symbols=$2
copy=$3
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

cp "$library" "$copy"
nm -A --quiet --defined-only "$library" >"$directory/names"

for symbol in $(grep -v '^#' "$symbols"); do
    # ARCHIVE:MEMBER:OFFSET TYPE NAME
    member=$(sed -n "s/.*:\([^:]*\):[0-9a-f]* W $symbol\$/\1/p" "$directory/names")
    object=$directory/$member
    if [ -z "$member" ] || ! ar x --output "$directory" "$copy" "$member"; then
        echo "$0: $symbol is not defined exactly once, and weak, in $library" >&2
        exit 1
    fi
    # OFFSET FLAGS... SECTION <tab> SIZE [.hidden] NAME
    place=$(objdump -t "$object" |
        awk -F '\t' -v name="$symbol" '$2 ~ " " name "$" { sub(/ .* /, " ", $1); print $1 }')
    offset=0x${place% *}
    section=${place#* }

    # INDEX SECTION SIZE VMA LMA FILE-OFFSET ALIGNMENT
    start=0x$(objdump -h "$object" | awk -v name="$section" '$2 == name { print $6 }')
    # The breakpoint instruction of x86-64.
    printf '\314' | dd of="$object" bs=1 seek=$((start + offset)) conv=notrunc status=none
    objcopy --add-symbol "original_$symbol=$section:$offset,function,global" "$object"
    ar r "$copy" "$object"
done

#!/bin/sh
# Makes a directory with what a build for another processor needs of that processor's Debian packages: those that
# tools/packages.txt names for build, test and that processor, and what they depend on. They are downloaded and
# unpacked; nothing is installed, and nobody has to be root.
#
# Usage: make_sysroot.sh ARCHITECTURE DIRECTORY
#
# ARCHITECTURE is aarch64. The packages come from where this machine's come from (/etc/apt).

set -eu
[ $# = 2 ] || { echo "Usage: $0 ARCHITECTURE DIRECTORY" >&2; exit 1; }
case $1 in
aarch64) debian=arm64 ;;
*) echo "$0: unknown architecture '$1'" >&2; exit 1 ;;
esac
packages=$(dirname "$0")/packages.txt
mkdir -p "$2"
sysroot=$(cd "$2" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: >"$work/status" # as if nothing were installed

apt() {
    apt-get -q -o APT::Architecture=$debian -o APT::Architectures=$debian -o APT::Sandbox::User= \
        -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
        -o Dir::Cache="$work/cache" -o Debug::NoLocking=1 "$@"
}

# PACKAGE GROUP PROBE REASON. What a command is looked for by is this machine's.
names=$(awk -v groups=" build test $1 " \
    '!/^#/ && NF > 0 && index(groups, " " $2 " ") && $3 ~ "^/" { print $1 }' "$packages")
apt update
apt install -y --download-only --no-install-recommends $names

for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$sysroot"
done

# Absolute links lead out of the directory.
find "$sysroot" -type l -lname '/*' | while read -r link; do
    target=$(realpath --no-symlinks --canonicalize-missing --relative-to="$(dirname "$link")" \
        "$sysroot$(readlink "$link")")
    ln -sfn "$target" "$link"
done

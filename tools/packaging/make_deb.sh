#!/bin/sh
# Makes a Debian package of a tree that `make install DESTDIR=TREE prefix=/usr` has filled.
# Usage: make_deb.sh TREE VERSION DIRECTORY

set -eu

tree=$1
version=$2
directory=$3
here=$(cd "$(dirname "$0")" && pwd)
architecture=$(dpkg --print-architecture)
documents=$tree/usr/share/doc/stackless

# Symbols stay: native_stack() reads them.
strip --strip-debug --remove-section=.comment --remove-section=.note "$tree/usr/bin/stackless"

library=$(basename "$(ls "$tree"/usr/lib/libstackless.so.*)")
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/usr/lib/$library"
strip --strip-debug "$tree/usr/lib/libstackless.a"
chmod 644 "$tree/usr/lib/$library"

# Programs that look for python find it here, if the directory is put into PATH.
install -d "$tree/usr/lib/stackless/bin"
for name in python python3 python3.11; do
    ln -sf ../../../bin/stackless "$tree/usr/lib/stackless/bin/$name"
done

install -d "$documents" "$tree/usr/share/lintian/overrides"
install -m 644 "$here/deb/README.Debian" "$documents"
install -m 644 "$here/deb/lintian-overrides" "$tree/usr/share/lintian/overrides/stackless"
{
    echo "Stackless"
    echo
    cat "$here/../../LICENSE"
    for package in libpython3.11-dev libunwind-19-dev libboost-context-dev; do
        file=/usr/share/doc/$package/copyright
        [ ! -r $file ] || printf '\n---- %s\n\n' $package
        [ ! -r $file ] || cat $file
    done
} >"$documents/copyright"
chmod 644 "$documents/copyright"
{
    echo "stackless ($version) unstable; urgency=medium"
    echo
    echo "  * See /usr/share/doc/stackless."
    echo
    echo " -- Stackless maintainers <maintainers@stackless.example.org>  $(LC_ALL=C date -R)"
} | gzip -9n >"$documents/changelog.gz"
gzip -9nf "$tree"/usr/share/man/man1/*.1

# dpkg-shlibdeps wants to be in a source package.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debian"
printf 'Source: stackless\n\nPackage: stackless\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O "$tree/usr/bin/stackless" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')

mkdir -p "$tree/DEBIAN"
echo "${library%.so.*} ${library##*.so.} stackless (>= $version)" >"$tree/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$tree/DEBIAN/triggers"
install -m 755 "$here/deb/prerm" "$tree/DEBIAN"
sed -e "s|@version@|$version|" -e "s|@architecture@|$architecture|" -e "s|@depends@|$depends|" \
    -e "s|@size@|$(du -sk --exclude=DEBIAN "$tree" | cut -f1)|" "$here/deb/control.in" >"$tree/DEBIAN/control"
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
find "$tree" -type d -exec chmod 755 {} +
dpkg-deb --root-owner-group -Zxz --build "$tree" "$directory/stackless_${version}_$architecture.deb"

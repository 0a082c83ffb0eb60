#!/bin/sh
# `cmake --install` into a scratch root: the driver lies in the multiarch odbc/ folder and the entry names it.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root cmake --install "$1" >/dev/null
lib=$(find "$root" -path '*/odbc/libtdodbc.so')
[ -n "$lib" ] || { echo "libtdodbc.so is not in an odbc/ folder"; exit 1; }
ini=$(find "$root" -name odbcinst.ini)
grep -q '^\[TDengine\]' "$ini"
[ "$root$(sed -n 's/^Driver=//p' "$ini")" = "$lib" ] || { echo "the entry's Driver= is not the installed file"; exit 1; }
echo "install: ok (${lib#"$root"})"

#!/bin/sh
# Installs what the build, and with "tests" also what the tests need, from the distribution's packages. Asks for nothing
# when all of them are there; uses root's rights (directly or by sudo) for apt-get and for nothing else.
set -eu

build="gcc libc6-dev cmake ninja-build pkg-config unixodbc unixodbc-dev odbcinst libcurl4-openssl-dev libcjson-dev
libssl-dev libwslay-dev zlib1g-dev libwebsockets-dev libsqlite3-dev libcmocka-dev tzdata ca-certificates"
tests="clang-14 clang-format-14 libclang-rt-14-dev python3 python3-venv python3-dev g++ openssl binutils procps ccache"

want=$build
[ "${1:-}" = tests ] && want="$build $tests"

missing=
for p in $want; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q "ok installed" || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "Please install these packages as root and start again:$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "Installing:$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null

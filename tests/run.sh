#!/bin/sh
# Builds and runs the tests: unit, API, fuzz replay, isql, pyodbc (label "small"); with --clients also the client programs whose
# packages are large. Ends with ctest's closing line. Writes below build/ only.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
clients=
[ "${1:-}" = --clients ] && clients=1

setup/packages.sh tests
jobs=$(nproc)

configure() { # dir, options…
    dir=$1
    shift
    cmake -S . -B "$dir" -G Ninja "$@" >"$dir.cmake.log" 2>&1 || { cat "$dir.cmake.log"; exit 1; }
}
mkdir -p build

# 1. Python packages for the client tests, in a folder of the project's own.
if [ ! -x build/venv/bin/pytest ]; then
    /usr/bin/python3 -m venv build/venv
    build/venv/bin/pip install -q --disable-pip-version-check -r tests/clients/requirements.txt
fi
if [ -n "$clients" ]; then
    tests/clients/install.sh
fi

# 2. clang with warnings as errors, optimised: also the build whose exports are checked, and that the clients load.
configure build/check-release -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang-14
ninja -C build/check-release -j"$jobs"

# 3. The thread tests under TSan, linked with the driver directly.
configure build/check-tsan -DCMAKE_BUILD_TYPE=Debug -DTD_SANITIZE=thread
ninja -C build/check-tsan -j"$jobs" tsan_tests
echo "== thread sanitizer"
(cd build/check-tsan && ctest --output-on-failure -L tsan -j"$jobs")

# 4. gcc with warnings as errors, ASan and UBSan: everything else.
configure build/check -DCMAKE_BUILD_TYPE=Debug -DTD_SANITIZE=ON -DTD_RELEASE_DIR="$top/build/check-release"
ninja -C build/check -j"$jobs"
echo "== all tests"
cd build/check
if [ -n "$clients" ]; then
    ctest --output-on-failure -j"$jobs" -LE bench
else
    ctest --output-on-failure -j"$jobs" -LE 'bench|large'
fi

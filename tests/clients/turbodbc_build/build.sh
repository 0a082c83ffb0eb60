#!/bin/sh
# Builds turbodbc, of which no wheel exists, into build/venv: against the pyarrow that is installed there, with simdutf.h
# beside this file in place of the library (Debian 12 has none). $1: the folder for pkg-config's files.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
venv=$top/build/venv
pc=$1
mkdir -p "$pc"

"$venv/bin/pip" install -q --disable-pip-version-check meson-python meson ninja pybind11
"$venv/bin/python" -c 'import pyarrow; pyarrow.create_library_symlinks()'
pybind=$("$venv/bin/python" -c 'import pybind11; print(pybind11.get_include())')
arrow=$("$venv/bin/python" -c 'import pyarrow; print(pyarrow.get_library_dirs()[0])')
cat >"$pc/arrow.pc" <<PC
Name: arrow
Description: the libraries in the wheel of pyarrow
Version: $("$venv/bin/python" -c 'import pyarrow; print(pyarrow.__version__)')
Libs: -L$arrow -larrow
Cflags: -I$arrow/include
PC
cat >"$pc/simdutf.pc" <<PC
Name: simdutf
Description: what turbodbc calls of it
Version: 7.0
Cflags: -I$here
PC
# -O0: the tests need no speed. The path to pyarrow is relative, so that pip's cached wheel fits any folder.
PATH=$venv/bin:$PATH PKG_CONFIG_PATH=$pc CXXFLAGS="-O0 -w -I$pybind -I$here" LDFLAGS='-Wl,-rpath,$ORIGIN/pyarrow' \
    "$venv/bin/pip" install -q --disable-pip-version-check --no-build-isolation --no-deps turbodbc==5.3.0

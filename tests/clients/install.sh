#!/bin/sh
# Installs the clients of the tests test_large_*.py: the distribution's packages (by root's rights, as setup/packages.sh does),
# Python's into build/venv, and builds the programs of programs/ into build/client-programs. What cannot be installed leaves
# its reason in NAME.skipped, which pytest shows; its test is skipped, the others run. Says little, and is quick when all is there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
built=$top/build/client-programs
logs=$top/build/client-logs
mkdir -p "$built" "$logs"

packages="libdbd-odbc-perl php-cli php-odbc tcl8.6-tdbc-odbc r-base-core r-cran-rodbc libqt5sql5-odbc qtbase5-dev
libreoffice-calc libreoffice-base libreoffice-base-drivers python3-uno libboost-dev"

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q "ok installed"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$logs/apt.log" 2>&1
}

install_packages() {
    missing=
    for p in $packages; do
        is_installed "$p" || missing="$missing $p"
    done
    # a toolchain that is not there in a newer form
    command -v go >/dev/null || missing="$missing golang-go"
    command -v npm >/dev/null || missing="$missing nodejs npm"
    command -v cargo >/dev/null || missing="$missing cargo"
    [ -z "$missing" ] && return
    echo "Installing:$missing"
    as_root apt-get update -qq || true
    # all at once; when one of them cannot be had, each by itself
    # shellcheck disable=SC2086
    apt_install $missing && return
    for p in $missing; do
        apt_install "$p" || echo "$p could not be installed"
    done
}

# build NAME COMMAND…: runs the command unless the result is newer than its sources; a failure is NAME.skipped.
build() {
    name=$1 sources=$2
    shift 2
    if [ -e "$built/$name" ] && [ -z "$(find "$sources" -newer "$built/$name" -print -quit)" ]; then return; fi
    rm -f "$built/$name.skipped"
    if ! timeout 600 "$@" >"$logs/$name.log" 2>&1; then
        echo "$name could not be built: $(tail -n 1 "$logs/$name.log")" | tee "$built/$name.skipped"
    fi
}

python_packages() {
    "$top/build/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements-large.txt" &&
        touch "$built/python"
}

build_turbodbc() {
    "$here/turbodbc_build/build.sh" "$built/pkgconfig" && touch "$built/turbodbc"
}

build_go() {
    cd "$here/programs/go" && go build -o "$built/go_odbc" .
}

build_node() {
    mkdir -p "$built/node" && cp "$here/programs/node/package.json" "$built/node/" && cd "$built/node" &&
        npm install --no-audit --no-fund --no-package-lock && node -e 'require("odbc")' &&
        rm -rf "$built/node_modules" && mv node_modules "$built/node_modules" && touch "$built/node_modules"
}

build_rust() {
    mkdir -p "$built/rust" && cp -R "$here/programs/rust/." "$built/rust/" && cd "$built/rust" &&
        cargo build --release -q && cp target/release/odbc_api_client "$built/rust_odbc"
}

build_qt() {
    # shellcheck disable=SC2046
    g++ -O1 -fPIC $(pkg-config --cflags Qt5Sql) "$here/programs/qt/qodbc.cpp" -o "$built/qt_odbc" $(pkg-config --libs Qt5Sql)
}

case ${1:-all} in
all) ;;
python) python_packages && exit ;;
turbodbc) build_turbodbc && exit ;;
go) build_go && exit ;;
node) build_node && exit ;;
rust) build_rust && exit ;;
qt) build_qt && exit ;;
esac

install_packages
build python "$here/requirements-large.txt" "$0" python
build turbodbc "$here/turbodbc_build" "$0" turbodbc
build go_odbc "$here/programs/go" "$0" go
build node_modules "$here/programs/node/package.json" "$0" node
build rust_odbc "$here/programs/rust" "$0" rust
build qt_odbc "$here/programs/qt" "$0" qt

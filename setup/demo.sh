#!/bin/sh
# The main job end to end: installs the packages, builds, starts the development server with the `meters` sample, and opens
# isql on the DSN TDengineDemo. Without a terminal it runs three statements and exits. Writes below build/release only.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
out=$top/build/release
demo=$out/demo

"$top/setup/packages.sh"
cmake -S "$top" -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTD_WERROR=OFF >/dev/null
ninja -C "$out" tdodbc tdlite >/dev/null || ninja -C "$out" tdodbc tdlite

mkdir -p "$demo"
: >"$demo/server.log"
"$out/tests/server/tdlite" --port 0 --demo --die-with-parent >"$demo/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

port=
i=0
while [ -z "$port" ]; do
    port=$(sed -n 's/^tdlite listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$demo/server.log")
    [ -n "$port" ] && break
    kill -0 $server 2>/dev/null || { cat "$demo/server.log" >&2; exit 1; }
    i=$((i + 1))
    [ $i -gt 300 ] && { echo "The development server did not start" >&2; exit 1; }
    sleep 0.1
done

cat >"$demo/odbcinst.ini" <<INI
[TDengine]
Description=TDengine ODBC driver
Driver=$out/driver/libtdodbc.so
Threading=0
DontDLClose=1
INI
cat >"$demo/odbc.ini" <<INI
[TDengineDemo]
Driver=TDengine
Server=127.0.0.1
Port=$port
UID=root
PWD=taosdata
Database=power
INI
export ODBCSYSINI="$demo" ODBCINI="$demo/odbc.ini"

cat >"$demo/demo.sql" <<'SQL'
help
select ts, current, voltage, phase, tbname, location from meters order by ts limit 10
select _wstart, count(*), avg(current), max(voltage) from meters interval(10m) limit 10
SQL

run() {
    echo "> $1"
    printf '%s\n' "$1" | isql TDengineDemo -b -c -m24
}

while IFS= read -r line; do
    run "$line"
done <"$demo/demo.sql"

if [ -t 0 ] && [ -t 1 ]; then
    echo
    echo "You are in isql on the DSN TDengineDemo (server on 127.0.0.1:$port). Try: help meters"
    isql TDengineDemo -m24 || true
else
    echo "Demo finished."
fi

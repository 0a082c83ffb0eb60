#!/usr/bin/env python3
"""The library exports exactly the functions of driver/odbc/functions.def, and is linked as it should be."""
import pathlib
import re
import subprocess
import sys

root, lib = pathlib.Path(sys.argv[1]), sys.argv[2]
want = set()
for name, wide in re.findall(r"^TD_FN\((\w+), \w+, (\d)\)", (root / "driver/odbc/functions.def").read_text(), re.M):
    want.add(name)
    if wide == "1":
        want.add(name + "W")

out = subprocess.run(["nm", "-D", "--defined-only", lib], check=True, capture_output=True, text=True).stdout
have = {line.split()[-1].split("@")[0] for line in out.splitlines() if line.split()[-2] in "TtWDBR"}
have = {s for s in have if not s.startswith(("__asan", "__odr", "__ubsan"))}
bad = [f"missing: {s}" for s in sorted(want - have)] + [f"not in functions.def: {s}" for s in sorted(have - want)]

if "--release" in sys.argv:
    head = subprocess.run(["readelf", "-lW", lib], check=True, capture_output=True, text=True).stdout
    if not re.search(r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+RW\s", head):
        bad.append("executable stack")
    dyn = subprocess.run(["readelf", "-dW", lib], check=True, capture_output=True, text=True).stdout
    if "RPATH" in dyn or "RUNPATH" in dyn:
        bad.append("has an rpath")
    for need in re.findall(r"NEEDED.*\[(.*)\]", dyn):
        if not re.match(r"lib(c|m|pthread|odbcinst|curl|cjson|ssl|crypto|wslay|z)\.so|ld-linux", need):
            bad.append(f"needs {need}")

print("\n".join(bad) or f"exports: {len(have)} functions, ok")
sys.exit(bool(bad))

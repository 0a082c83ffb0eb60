#!/usr/bin/env python3
"""Layers only include downwards, and each foreign library is seen by one place only (docs/internals/layers.md)."""
import pathlib
import re
import sys

ALLOWED = {
    "base": {"base"},
    "wire": {"wire", "base"},
    "net": {"net", "wire", "base"},
    "client": {"client", "net", "wire", "base"},
    "conv": {"conv", "base", "wire/block.h", "wire/build.h", "wire/bind.h"},
    "odbc": {"odbc", "conv", "client", "wire/build.h", "wire/block.h", "wire/bind.h", "base"},
    "api": {"api", "odbc", "base/utf.h"},
}
FOREIGN = {
    r"curl/": {"net/conn.c", "net/rest.c"},
    r"wslay/": {"net/wsframe.c"},
    r"zlib\.h": {"net/wsframe.c"},
    r"openssl/": {"net/tls.c"},
    r"libwebsockets\.h": set(),
    r"(cjson/)?cJSON\.h": {"wire/json.c"},
    r"sql.*\.h": None,  # by layer, below
    r"odbcinst.*\.h": {"odbc/connect.c"},
}
SQL_LAYERS = {"api", "odbc", "conv"}


def check(root):
    bad = []
    for path in sorted((root / "driver").rglob("*.[ch]")):
        rel = path.relative_to(root / "driver")
        layer = rel.parts[0]
        for n, line in enumerate(path.read_text().splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            kind, name = m.groups()
            where = f"driver/{rel}:{n}: {name}"
            if kind == '"':
                top = name.split("/")[0]
                if top in ALLOWED and not {top, name} & ALLOWED[layer]:
                    bad.append(where + f" is not below {layer}/")
                continue
            for pattern, files in FOREIGN.items():
                if re.fullmatch(pattern + (".*" if pattern.endswith("/") else ""), name):
                    if files is None and layer not in SQL_LAYERS:
                        bad.append(where + " is for api, odbc and conv only")
                    elif files is not None and str(rel) not in files:
                        bad.append(where + " belongs to " + (", ".join(sorted(files)) or "no file of the driver"))
    for path in sorted((root / "tests/server").rglob("*.[ch]")):
        for n, line in enumerate(path.read_text().splitlines(), 1):
            if re.match(r'\s*#\s*include\s+"(base|wire|net|client|conv|odbc|api)/', line):
                bad.append(f"{path.relative_to(root)}:{n}: tdlite shares no code with the driver")
    return bad


problems = check(pathlib.Path(sys.argv[1]))
print("\n".join(problems) or "includes: ok")
sys.exit(bool(problems))

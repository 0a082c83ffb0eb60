#!/usr/bin/env python3
"""Files of at most 700 lines, functions of at most 80, in driver/, setup/ and include/; the development server likewise."""
import pathlib
import re
import sys

MAX_FILE, MAX_FUNCTION = 700, 80


def functions(lines):
    """Yields (name, first line, length): a body opens with `{` and closes with `}` in column 0."""
    start = None
    for n, line in enumerate(lines, 1):
        if line == "{" and start is None:
            head, k = "", n - 2
            while k >= 0 and lines[k].strip() and not lines[k].startswith(("}", "#", "/*", " *", "//")):
                head = lines[k] + " " + head
                k -= 1
            m = re.search(r"(\w+)\)?\s*\(", head)
            start = (m.group(1) if m else "?", n)
        elif line.startswith("}") and start:
            yield start[0], start[1], n - start[1]
            start = None


root = pathlib.Path(sys.argv[1])
bad = []
for top in ("driver", "setup", "include", "tests/server"):
    for path in sorted((root / top).rglob("*.[ch]")):
        lines = path.read_text().splitlines()
        rel = path.relative_to(root)
        if len(lines) > MAX_FILE:
            bad.append(f"{rel}: {len(lines)} lines (limit {MAX_FILE})")
        for name, line, length in functions(lines):
            if length > MAX_FUNCTION:
                bad.append(f"{rel}:{line}: {name} has {length} lines (limit {MAX_FUNCTION})")
print("\n".join(bad) or "sizes: ok")
sys.exit(bool(bad))

#!/usr/bin/env python3
"""What must not appear in a library that lives in somebody's process."""
import pathlib
import re
import sys

BANNED = {
    r"\b(abort|exit|_exit|quick_exit)\s*\(": "ends the application's process",
    r"\bassert\s*\(": "ends the application's process on bad input",
    r"\b(printf|puts|putchar|perror)\s*\(": "writes to the application's stdout or stderr",
    r"\bstderr\b|\bstdout\b": "writes to the application's stdout or stderr",
    r"\bsetlocale\s*\(": "changes the application's locale",
    r"\b(signal|sigaction)\s*\(": "changes the application's signal dispositions",
    r"\b(localtime|gmtime|mktime|strftime|strptime|tzset)(_r)?\s*\(": "libc time depends on TZ and locale",
    r"\b(strtod|strtof|atof|atoi|sprintf|strcpy|strcat|gets|strtok)\s*\(": "locale-dependent or unbounded",
    r"\b(TODO|FIXME|XXX)\b": "unfinished",
}
ALLOC = r"(?<![_\w])(malloc|calloc|realloc|free|strdup|strndup)\s*\("

root = pathlib.Path(sys.argv[1])
bad = []
for top in ("driver", "setup"):
    for path in sorted((root / top).rglob("*.[ch]")):
        rel = str(path.relative_to(root))
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), path.read_text(), flags=re.S)
        for n, line in enumerate(text.splitlines(), 1):
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0])
            for pattern, why in BANNED.items():
                if re.search(pattern, code):
                    bad.append(f"{rel}:{n}: {line.strip()}  ({why})")
            if rel.startswith("driver/") and rel != "driver/base/alloc.c" and re.search(ALLOC, code):
                bad.append(f"{rel}:{n}: {line.strip()}  (use base/alloc.h)")
print("\n".join(bad) or "banned: ok")
sys.exit(bool(bad))

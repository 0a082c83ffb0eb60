#!/bin/sh
# Sources are formatted as .clang-format says.
clang_format=$1
cd "$2" || exit 1
find driver setup include tests -name '*.[ch]' -not -path '*/build/*' -print0 | xargs -0 "$clang_format" --dry-run -Werror

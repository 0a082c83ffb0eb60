/* text.c: see text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/utf.h"

BOOL setup_fail(DWORD code, const char *fmt, ...)
{
    char text[512]; /* the installer's limit is SQL_MAX_MESSAGE_LENGTH */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    SQLPostInstallerError(code, text);
    return false;
}

/* Units up to the end of the string, or of the list with the NUL of its last element. */
static size_t wide_length(const SQLWCHAR *wide, bool list)
{
    size_t n = 0;
    while (wide[n] || (list && n && wide[n - 1]))
        n++;
    return n;
}

char *setup_narrow(const SQLWCHAR *wide, bool list, BOOL *ok)
{
    *ok = true;
    if (!wide) return NULL;
    size_t bytes = wide_length(wide, list) * sizeof *wide;
    size_t cap = bytes * 2; /* a UTF-16 unit takes at most 3 bytes, a UTF-32 unit 4 */
    char *out = td_calloc(cap + 2, 1);
    if (!out) {
        *ok = setup_fail(ODBC_ERROR_OUT_OF_MEM, "Out of memory");
        return NULL;
    }
    struct td_conv c = sizeof *wide == 2 ? td_utf16_to_utf8(wide, bytes, out, cap, true)
                                         : td_utf32_to_utf8(wide, bytes, out, cap, true);
    if (c.bad) {
        td_free_secret(out, cap);
        *ok = setup_fail(ODBC_ERROR_INVALID_KEYWORD_VALUE, "The text is not valid Unicode");
        return NULL;
    }
    return out;
}

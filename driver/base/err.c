/* err.c: see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

static const struct {
    char s3[6], s2[6];
    bool warn;
    const char *text;
} states[TD_ST_COUNT] = {
#define TD_S(name, s3, s2, warn, text) [TD_ST_##name] = {s3, s2, warn, text},
#include "base/sqlstate.def"
#undef TD_S
};

static const struct {
    uint16_t first, last;
    enum td_sqlstate state, connecting;
    const char *text;
} codes[] = {
#define TD_E(first, last, st, conn, text) {first, last, TD_ST_##st, TD_ST_##conn, text},
#include "base/errcodes.def"
#undef TD_E
};

static const struct {
    uint16_t code;
    enum td_sqlstate state;
    const char *needle, *second;
} texts[] = {
#define TD_ET(code, needle, second, st) {code, TD_ST_##st, needle, second},
#include "base/errcodes.def"
#undef TD_ET
};

static bool known(enum td_sqlstate s)
{
    return (unsigned)s < TD_ST_COUNT;
}

const char *td_sqlstate_text(enum td_sqlstate s)
{
    return states[known(s) ? s : TD_ST_HY000].s3;
}

const char *td_sqlstate_text2(enum td_sqlstate s)
{
    return states[known(s) ? s : TD_ST_HY000].s2;
}

const char *td_sqlstate_default(enum td_sqlstate s)
{
    return states[known(s) ? s : TD_ST_HY000].text;
}

bool td_sqlstate_is_warning(enum td_sqlstate s)
{
    return known(s) && states[s].warn;
}

/* Cuts an unfinished code point off the end of a text that vsnprintf has cut. */
static void drop_partial(char *z, size_t n)
{
    size_t i = n;
    while (i && n - i < 3 && ((unsigned char)z[i - 1] & 0xC0) == 0x80)
        i--;
    if (!i || ((unsigned char)z[i - 1] & 0xC0) != 0xC0) return;
    unsigned char lead = (unsigned char)z[i - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (n - (i - 1) < want) z[i - 1] = 0;
}

enum td_rc td_err_set(struct td_err *err, enum td_sqlstate state, int32_t native, const char *fmt,
                      ...)
{
    if (!err) return TD_FAIL;
    err->state = state;
    err->native = native;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    if (n < 0)
        err->msg[0] = 0;
    else if ((size_t)n >= sizeof err->msg)
        drop_partial(err->msg, sizeof err->msg - 1);
    return TD_FAIL;
}

enum td_rc td_err_nomem(struct td_err *err)
{
    return td_err_set(err, TD_ST_HY001, 0, "%s", td_sqlstate_default(TD_ST_HY001));
}

static struct td_str find(struct td_str hay, const char *needle)
{
    size_t n = strlen(needle);
    for (; hay.n >= n; hay.p++, hay.n--)
        if (td_str_istarts(hay, needle)) return (struct td_str){hay.p + n, hay.n - n};
    return (struct td_str){NULL, 0};
}

static bool matches(struct td_str text, const char *needle, const char *second)
{
    struct td_str rest = find(text, needle);
    if (!rest.p) return false;
    return !second || find(rest, second).p;
}

/* Insert-parser errors quote the statement: `syntax error near '300)' (tinyint data overflow)`.
   Only the reason in the last parentheses may decide, not what the user wrote. */
static struct td_str insert_reason(struct td_str t)
{
    const char *open = t.n && t.p[t.n - 1] == ')' ? memrchr(t.p, '(', t.n) : NULL;
    return open ? (struct td_str){open, t.n - (size_t)(open - t.p)} : t;
}

/* taosAdapter's own codes: its HTTP layer, its limits, and its generic failure. */
static bool is_adapters(uint16_t code)
{
    return (code >= 0x1101 && code <= 0x1135) || code >= 0xFFFD;
}

enum td_rc td_err_server(struct td_err *err, uint32_t code, const char *text, bool connecting)
{
    uint16_t c = (uint16_t)code; /* libtaos' 0x8000xxxx, which old adapters leave on */
    enum td_sqlstate state = TD_ST_HY000;
    const char *fallback = "The server gave no reason";
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (c < codes[i].first || c > codes[i].last) continue;
        state = connecting ? codes[i].connecting : codes[i].state;
        fallback = codes[i].text;
        break;
    }
    struct td_str t = td_str_trim(td_str_of(text));
    struct td_str says = c == 0x0216 ? insert_reason(t) : t;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (c == texts[i].code && matches(says, texts[i].needle, texts[i].second)) {
            state = texts[i].state;
            break;
        }
    }
    if (t.n == 0 || td_str_ieqz(t, "success")) t = td_str_of(fallback);
    int width = t.n > sizeof err->msg ? (int)sizeof err->msg : (int)t.n;
    bool adapters = is_adapters(c);
    return td_err_set(err, state, adapters ? 0 : c, "[0x%04X] %s%.*s", c,
                      adapters ? "taosAdapter: " : "", width, t.p);
}

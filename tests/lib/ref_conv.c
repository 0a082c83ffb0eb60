#include "ref_conv.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct call {
    const struct ref_cell *c;
    SQLSMALLINT ctype;
    SQLLEN cap;
    const struct ref_settings *s;
    struct ref_result *out;
    bool w1000, w1004, w1s07;
};

static void fail(struct call *k, const char *state)
{
    strcpy(k->out->outcome, state);
    k->out->error = true;
    k->out->n = 0;
}

static void give(struct call *k, const void *p, size_t n)
{
    memcpy(k->out->bytes, p, n);
    k->out->n = n;
    k->out->ind = (SQLLEN)n;
}

/* ---- classes of types ---- */

static bool is_text(int t)
{
    return t == TD_T_VARCHAR || t == TD_T_NCHAR || t == TD_T_JSON;
}
static bool is_binary(int t)
{
    return t == TD_T_VARBINARY || t == TD_T_GEOMETRY || t == TD_T_BLOB;
}
static bool is_real(int t)
{
    return t == TD_T_FLOAT || t == TD_T_DOUBLE;
}
static bool is_decimal(int t)
{
    return t == TD_T_DECIMAL64 || t == TD_T_DECIMAL128;
}

bool ref_legal(int t, SQLSMALLINT c)
{
    bool interval = c >= SQL_C_INTERVAL_YEAR && c <= SQL_C_INTERVAL_MINUTE_TO_SECOND;
    bool time = c == SQL_C_TYPE_DATE || c == SQL_C_TYPE_TIME || c == SQL_C_TYPE_TIMESTAMP ||
                c == SQL_C_DATE || c == SQL_C_TIME || c == SQL_C_TIMESTAMP;

    if (c == SQL_C_CHAR || c == SQL_C_WCHAR || c == SQL_C_BINARY) return true;
    if (is_binary(t)) return false;
    if (is_text(t) || t == TD_T_NULL) return true;
    if (t == TD_T_TIMESTAMP) return time || c == SQL_C_SBIGINT;
    if (time || c == SQL_C_GUID) return false;
    if (interval) return t != TD_T_BOOL && !is_real(t);
    return true;
}

/* ---- numbers as decimal text ---- */

#define DIGITS 4000
struct number {
    bool neg;
    char whole[DIGITS + 1], frac[DIGITS + 1]; /* no leading zeros, no trailing zeros */
};

static const char *print_int(__int128 v, char buf[48])
{
    unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    char *p = buf + 47;

    *p = 0;
    do {
        *--p = (char)('0' + (int)(u % 10));
        u /= 10;
    } while (u);
    if (v < 0) *--p = '-';
    return p;
}

/* False when the text is no numeric literal. Exponents beyond ±2000 are taken as ±2000. */
static bool parse_number(const char *p, struct number *n)
{
    static char all[3 * DIGITS];
    size_t len = 0, digits = 0;
    long exp = 0, point;

    memset(n, 0, sizeof *n);
    n->neg = *p == '-';
    if (*p == '-' || *p == '+') p++;
    for (; isdigit((unsigned char)*p); p++, digits++)
        all[len++] = *p;
    point = (long)len;
    if (*p == '.')
        for (p++; isdigit((unsigned char)*p); p++, digits++)
            all[len++] = *p;
    if (digits == 0) return false;
    if (*p == 'e' || *p == 'E') {
        char *end;

        p++;
        if (!isdigit((unsigned char)p[*p == '-' || *p == '+'])) return false;
        exp = strtol(p, &end, 10);
        p = end;
        exp = exp > 2000 ? 2000 : exp < -2000 ? -2000 : exp;
    }
    if (*p) return false;
    point += exp;
    size_t w = 0, f = 0;
    for (long i = point < 0 ? point : 0; i < (long)len || i < point; i++) {
        char d = i >= 0 && i < (long)len ? all[i] : '0';

        if (i >= point)
            n->frac[f++] = d;
        else if (w || d != '0')
            n->whole[w++] = d;
    }
    n->whole[w] = 0;
    while (f && n->frac[f - 1] == '0')
        f--;
    n->frac[f] = 0;
    return true;
}

/* The fewest significant digits that read back, as printf writes them. */
static void shortest(double d, bool single, char buf[64])
{
    for (int p = 0; p < 17; p++) {
        snprintf(buf, 64, "%.*e", p, d);
        if (single ? strtof(buf, NULL) == (float)d : strtod(buf, NULL) == d) return;
    }
}

/* The driver's text of a double (base/num.h). */
static void real_text(double d, bool single, char out[64])
{
    char e[64], digits[32];
    int exp, n = 0;

    if (isnan(d) || isinf(d)) {
        strcpy(out, isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return;
    }
    shortest(d, single, e);
    exp = atoi(strchr(e, 'e') + 1);
    for (char *p = e; *p != 'e'; p++)
        if (isdigit((unsigned char)*p)) digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = 0;
    if (signbit(d)) *out++ = '-';
    if (d == 0)
        strcpy(out, "0");
    else if (exp < -5 || exp > (single ? 8 : 16))
        sprintf(out, "%c%s%se%c%02d", digits[0], n > 1 ? "." : "", digits + 1, exp < 0 ? '-' : '+',
                abs(exp));
    else if (exp < 0)
        sprintf(out, "0.%.*s%s", -exp - 1, "0000", digits);
    else if (n <= exp + 1)
        sprintf(out, "%s%.*s", digits, exp + 1 - n, "0000000000000000");
    else
        sprintf(out, "%.*s.%s", exp + 1, digits, digits + exp + 1);
}

static void decimal_text(const struct ref_cell *c, char out[64])
{
    char buf[48];
    const char *p = print_int(c->i, buf);
    size_t n;

    if (*p == '-') {
        *out++ = '-';
        p++;
    }
    n = strlen(p);
    if (c->scale == 0)
        strcpy(out, p);
    else if (n <= (size_t)c->scale)
        sprintf(out, "0.%.*s%s", (int)((size_t)c->scale - n),
                "0000000000000000000000000000000000000000", p);
    else
        sprintf(out, "%.*s.%s", (int)(n - (size_t)c->scale), p, p + n - c->scale);
}

/* ---- text of text cells ---- */

/* One code point by Unicode's table 3-7; malformed: U+FFFD for the maximal subpart. */
static size_t decode8(const uint8_t *p, size_t n, uint32_t *cp, bool *bad)
{
    uint8_t b = p[0], lo = 0x80, hi = 0xBF;
    size_t more = b < 0x80                 ? 0
                  : b >= 0xC2 && b <= 0xDF ? 1
                  : (b & 0xF0) == 0xE0     ? 2
                  : b >= 0xF0 && b <= 0xF4 ? 3
                                           : 9;

    if (more == 9) {
        *bad = true;
        *cp = 0xFFFD;
        return 1;
    }
    if (b == 0xE0) lo = 0xA0;
    if (b == 0xED) hi = 0x9F;
    if (b == 0xF0) lo = 0x90;
    if (b == 0xF4) hi = 0x8F;
    *cp = more == 0 ? b : b & (0x3F >> more);
    for (size_t i = 1; i <= more; i++) {
        if (i >= n || p[i] < lo || p[i] > hi) {
            *bad = true;
            *cp = 0xFFFD;
            return i;
        }
        *cp = *cp << 6 | (p[i] & 63);
        lo = 0x80;
        hi = 0xBF;
    }
    return more + 1;
}

static size_t decode(const struct ref_cell *c, size_t at, uint32_t *cp, bool *bad)
{
    if (c->type != TD_T_NCHAR) return decode8(c->p + at, c->n - at, cp, bad);
    memcpy(cp, c->p + at, 4);
    if (*cp > 0x10FFFF || (*cp >= 0xD800 && *cp < 0xE000)) {
        *cp = 0xFFFD;
        *bad = true;
    }
    return 4;
}

static size_t encode(uint32_t cp, bool wide, uint8_t out[8])
{
    if (wide) {
        uint16_t w[2] = {(uint16_t)cp, 0};

        if (TD_WCHAR_SIZE == 4) {
            memcpy(out, &cp, 4);
            return 4;
        }
        if (cp >= 0x10000) {
            w[0] = (uint16_t)(0xD7C0 + (cp >> 10));
            w[1] = (uint16_t)(0xDC00 + (cp & 0x3FF));
        }
        memcpy(out, w, 4);
        return cp >= 0x10000 ? 4 : 2;
    }
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; cp >>= 6)
        out[i] = (uint8_t)(0x80 | (cp & 63));
    out[0] = (uint8_t)(cp | (n == 2 ? 0xC0U : n == 3 ? 0xE0U : 0xF0U));
    return n;
}

/* The cell as trimmed ASCII for parsers; false when it is not. */
static bool plain(const struct ref_cell *c, char *out, size_t room)
{
    size_t n = 0, from = 0;

    for (size_t at = 0; at < c->n;) {
        uint32_t cp;
        bool bad = false;

        at += decode(c, at, &cp, &bad);
        if (bad || cp >= 0x80 || cp == 0 || n + 1 >= room) return false;
        out[n++] = (char)cp;
    }
    while (n > 0 && isspace((unsigned char)out[n - 1]))
        n--;
    while (from < n && isspace((unsigned char)out[from]))
        from++;
    memmove(out, out + from, n - from);
    out[n - from] = 0;
    return true;
}

/* Text, and bytes of text, into a buffer. */
static void text_out(struct call *k, bool wide, bool terminator)
{
    const struct ref_cell *c = k->c;
    size_t unit = wide ? TD_WCHAR_SIZE : 1, end = terminator ? unit : 0;
    size_t room = (size_t)k->cap >= end ? (size_t)k->cap - end : 0, used = 0, total = 0,
           kept_chars = 0, source = 0;
    bool full = (size_t)k->cap < end, cut = false;

    for (size_t at = 0; at < c->n;) {
        uint32_t cp;
        uint8_t e[8];
        bool bad = false;
        size_t step = decode(c, at, &cp, &bad), n = encode(cp, wide, e);
        size_t column_unit = c->type == TD_T_VARCHAR ? step : 1;
        size_t length_unit = c->type == TD_T_VARCHAR               ? step
                             : TD_WCHAR_SIZE == 2 && cp >= 0x10000 ? 4
                                                                   : TD_WCHAR_SIZE;

        if (k->s->max_length && source + length_unit > k->s->max_length) break;
        source += length_unit;
        if (k->s->max_column && kept_chars + column_unit > k->s->max_column) cut = true;
        kept_chars += column_unit;
        if (cut || full || used + n > room) {
            full = true;
        } else {
            memcpy(k->out->bytes + used, e, n);
            used += n;
            k->w1000 |= bad;
        }
        total += n;
        at += step;
    }
    if (total > used || (size_t)k->cap < end) k->w1004 = true;
    if ((size_t)k->cap >= end) memset(k->out->bytes + used, 0, end);
    k->out->n = (size_t)k->cap >= end ? used + end : 0;
    k->out->ind = (SQLLEN)total;
}

/* Bytes to give (the two limits applied) and their number for the indicator. */
static size_t limited(struct call *k, size_t *shown)
{
    size_t n = k->c->n;

    *shown = k->s->max_length && n > k->s->max_length ? k->s->max_length : n;
    return k->s->max_column && *shown > k->s->max_column ? k->s->max_column : *shown;
}

static void bytes_out(struct call *k)
{
    size_t shown, n = limited(k, &shown);

    k->w1004 = shown > n || n > (size_t)k->cap;
    k->out->n = n < (size_t)k->cap ? n : (size_t)k->cap;
    memcpy(k->out->bytes, k->c->p, k->out->n);
    k->out->ind = (SQLLEN)shown;
}

static void hex_out(struct call *k, bool wide)
{
    size_t unit = wide ? TD_WCHAR_SIZE : 1, chars = (size_t)k->cap / unit, used = 0;
    size_t shown, n = limited(k, &shown);
    char pair[3];

    memset(k->out->bytes, 0, chars * unit);
    for (size_t i = 0; i < n && used + 2 < chars; i++, used += 2) {
        snprintf(pair, sizeof pair, "%02X", k->c->p[i]);
        k->out->bytes[used * unit] = (uint8_t)pair[0];
        k->out->bytes[(used + 1) * unit] = (uint8_t)pair[1];
    }
    k->w1004 = shown > n || n * 2 >= chars;
    k->out->n = chars ? (used + 1) * unit : 0;
    k->out->ind = (SQLLEN)(shown * 2 * unit);
}

/* The text of a number or timestamp: `whole` characters must fit. */
static void short_out(struct call *k, const char *text, size_t whole, bool wide)
{
    size_t unit = wide ? TD_WCHAR_SIZE : 1, room = (size_t)k->cap / unit, n = strlen(text);

    if (whole + 1 > room) {
        fail(k, "22003");
        return;
    }
    k->out->ind = (SQLLEN)(n * unit);
    if (n + 1 > room) {
        k->w1004 = true;
        n = room - 1;
        if (text[n - 1] == '.') n--;
    }
    memset(k->out->bytes, 0, (n + 1) * unit);
    for (size_t i = 0; i < n; i++)
        k->out->bytes[i * unit] = (uint8_t)text[i];
    k->out->n = (n + 1) * unit;
}

/* ---- numbers out ---- */

static void int_out(struct call *k, const struct number *n, __int128 lo, __int128 hi, size_t width)
{
    __int128 v = 0;

    for (const char *p = n->whole; *p; p++) {
        v = v * 10 + (*p - '0');
        if (v > (__int128)1 << 100) {
            fail(k, "22003");
            return;
        }
    }
    if (n->neg) v = -v;
    if (k->ctype == SQL_C_BIT && n->neg && (v || *n->frac)) v = -1;
    if (v < lo || v > hi) {
        fail(k, "22003");
        return;
    }
    k->w1s07 = *n->frac != 0;
    give(k, &v, width);
}

static void numeric_out(struct call *k, const struct number *n)
{
    bool dec = is_decimal(k->c->type);
    int scale = k->s->num_scale >= 0 ? k->s->num_scale : dec ? k->c->scale : 0;
    int limit = k->s->num_precision > 0 ? k->s->num_precision : 38;
    int shown = dec && k->s->num_scale < 0 && k->c->precision < limit ? k->c->precision : limit;
    char digits[DIGITS * 2 + 1];
    size_t w = strlen(n->whole), f = strlen(n->frac);
    unsigned __int128 v = 0;
    SQL_NUMERIC_STRUCT s = {(SQLCHAR)shown, (SQLSCHAR)scale, 0, {0}};
    const char *p;

    memcpy(digits, n->whole, w);
    for (int i = 0; i < scale; i++)
        digits[w + (size_t)i] = (size_t)i < f ? n->frac[i] : '0';
    digits[w + (size_t)scale] = 0;
    for (p = digits; *p == '0';)
        p++;
    if (strlen(p) > (size_t)limit) {
        fail(k, "22003");
        return;
    }
    for (; *p; p++)
        v = v * 10 + (unsigned)(*p - '0');
    k->w1s07 = f > (size_t)scale;
    s.sign = !(n->neg && v);
    memcpy(s.val, &v, 16);
    give(k, &s, sizeof s);
}

static void number_out(struct call *k, const struct number *n, const char *text)
{
    double d;
    float f;

    switch (k->ctype) {
    case SQL_C_BIT:
        int_out(k, n, 0, 1, 1);
        return;
    case SQL_C_TINYINT:
    case SQL_C_STINYINT:
        int_out(k, n, INT8_MIN, INT8_MAX, 1);
        return;
    case SQL_C_UTINYINT:
        int_out(k, n, 0, UINT8_MAX, 1);
        return;
    case SQL_C_SHORT:
    case SQL_C_SSHORT:
        int_out(k, n, INT16_MIN, INT16_MAX, 2);
        return;
    case SQL_C_USHORT:
        int_out(k, n, 0, UINT16_MAX, 2);
        return;
    case SQL_C_LONG:
    case SQL_C_SLONG:
        int_out(k, n, INT32_MIN, INT32_MAX, 4);
        return;
    case SQL_C_ULONG:
        int_out(k, n, 0, UINT32_MAX, 4);
        return;
    case SQL_C_SBIGINT:
        int_out(k, n, INT64_MIN, INT64_MAX, 8);
        return;
    case SQL_C_UBIGINT:
        int_out(k, n, 0, UINT64_MAX, 8);
        return;
    case SQL_C_FLOAT:
        f = strtof(text, NULL);
        if (isinf(f))
            fail(k, "22003");
        else
            give(k, &f, 4);
        return;
    case SQL_C_DOUBLE:
        d = strtod(text, NULL);
        if (isinf(d))
            fail(k, "22003");
        else
            give(k, &d, 8);
        return;
    default:
        numeric_out(k, n);
    }
}

/* ---- intervals ---- */

static const int first_field[] = {0, 0, 1, 2, 3, 4, 5, 0, 2, 2, 2, 3, 3, 4};
static const int last_field[] = {0, 0, 1, 2, 3, 4, 5, 1, 3, 4, 5, 4, 5, 5};

/* total: months or seconds; frac: nine digits of the second. */
static void interval_out(struct call *k, bool neg, __int128 total, long frac, bool lost)
{
    static const long unit[] = {12, 1, 86400, 3600, 60, 1};
    int code = k->ctype - 100, first = first_field[code], last = last_field[code];
    long f[6] = {0}, most = lround(pow(10, k->s->lead)), step = lround(pow(10, 9 - k->s->seconds));
    bool some = false;
    SQL_INTERVAL_STRUCT s;

    memset(&s, 0, sizeof s);
    if (total / unit[first] >= most) {
        fail(k, "22015");
        return;
    }
    for (int i = first; i <= last; i++) {
        f[i] = (long)(total / unit[i]);
        total %= unit[i];
        some |= f[i] != 0;
    }
    if (last != 5) step = 1000000000;
    k->w1s07 = lost || total || frac % step;
    s.interval_type = (SQLINTERVAL)code;
    s.interval_sign = neg && (some || frac / step);
    if (last < 2)
        s.intval.year_month = (SQL_YEAR_MONTH_STRUCT){(SQLUINTEGER)f[0], (SQLUINTEGER)f[1]};
    else
        s.intval.day_second =
            (SQL_DAY_SECOND_STRUCT){(SQLUINTEGER)f[2], (SQLUINTEGER)f[3], (SQLUINTEGER)f[4],
                                    (SQLUINTEGER)f[5], (SQLUINTEGER)(frac / step)};
    give(k, &s, sizeof s);
}

static long nine(const char *digits, bool *lost)
{
    char buf[10] = "000000000";
    size_t n = strlen(digits);

    memcpy(buf, digits, n < 9 ? n : 9);
    for (size_t i = 9; i < n; i++)
        *lost |= digits[i] != '0';
    return atol(buf);
}

static void number_interval(struct call *k, const struct number *n)
{
    static const long unit[] = {12, 1, 86400, 3600, 60, 1};
    int code = k->ctype - 100;
    bool lost = false;
    long frac = nine(n->frac, &lost);

    if (first_field[code] != last_field[code] || strlen(n->whole) > 9)
        fail(k, "22015");
    else
        interval_out(k, n->neg,
                     (__int128)atol(*n->whole ? n->whole : "0") * unit[first_field[code]], frac,
                     lost);
}

static void text_interval(struct call *k, const char *text)
{
    static const char *const patterns[] = {
        "^([+-]?)([0-9]+)(-([0-9]{1,2}))?$",
        "^([+-]?)([0-9]+)$",
        "^([+-]?)([0-9]+)([ ]+([0-9]{1,2})(:([0-9]{1,2})(:([0-9]{1,2})([.]([0-9]*))?)?)?)?$",
        "^([+-]?)([0-9]+)(:([0-9]{1,2})(:([0-9]{1,2})([.]([0-9]*))?)?)?$",
        "^([+-]?)([0-9]+)(:([0-9]{1,2})([.]([0-9]*))?)?$",
        "^([+-]?)([0-9]+)([.]([0-9]*))?$",
    };
    static const long unit[] = {12, 1, 86400, 3600, 60, 1}, most[] = {0, 11, 0, 23, 59, 59};
    int code = k->ctype - 100, first = first_field[code], bottom = first < 2 ? 1 : 5, at = first;
    regex_t re;
    regmatch_t m[12];
    char part[64];
    __int128 total;
    long frac = 0;
    bool lost = false, good, over;

    regcomp(&re, patterns[first], REG_EXTENDED);
    good = regexec(&re, text, 12, m, 0) == 0;
    regfree(&re);
    if (!good) {
        fail(k, "22018");
        return;
    }
    total = strtoull(text + m[2].rm_so, NULL, 10);
    over = m[2].rm_eo - m[2].rm_so > 9 && total > 999999999;
    total *= unit[first];
    for (int g = 4; at < bottom && m[g].rm_so >= 0; g += 2) {
        long v = atol(text + m[g].rm_so);

        at++;
        if (v > most[at]) {
            fail(k, "22018");
            return;
        }
        total += (__int128)v * unit[at];
    }
    if (at < last_field[code]) {
        fail(k, "22018");
        return;
    }
    if (over) {
        fail(k, "22015");
        return;
    }
    if (strchr(text, '.')) {
        snprintf(part, sizeof part, "%s", strchr(text, '.') + 1);
        frac = nine(part, &lost);
    }
    interval_out(k, text[0] == '-', total, frac, lost);
}

/* ---- times ---- */

static void moment_out(struct call *k, const struct tm *t, long nanos, bool lost)
{
    bool midnight = !t->tm_hour && !t->tm_min && !t->tm_sec && !nanos;
    SQL_TIME_STRUCT tm = {(SQLUSMALLINT)t->tm_hour, (SQLUSMALLINT)t->tm_min,
                          (SQLUSMALLINT)t->tm_sec};
    SQL_DATE_STRUCT d = {(SQLSMALLINT)(t->tm_year + 1900), (SQLUSMALLINT)(t->tm_mon + 1),
                         (SQLUSMALLINT)t->tm_mday};
    SQL_TIMESTAMP_STRUCT ts = {d.year,    d.month,           d.day, tm.hour, tm.minute,
                               tm.second, (SQLUINTEGER)nanos};

    k->w1s07 = lost;
    if (k->ctype == SQL_C_TYPE_DATE || k->ctype == SQL_C_DATE) {
        k->w1s07 |= !midnight;
        give(k, &d, sizeof d);
    } else if (k->ctype == SQL_C_TYPE_TIME || k->ctype == SQL_C_TIME) {
        k->w1s07 |= nanos != 0;
        give(k, &tm, sizeof tm);
    } else {
        give(k, &ts, sizeof ts);
    }
}

static void timestamp_out(struct call *k)
{
    static const long units[] = {1000, 1000000, 1000000000};
    static const int digits[] = {3, 6, 9};
    long u = units[k->c->ts_prec], v = (long)k->c->i;
    time_t sec = v / u - (v % u < 0);
    long part = v - sec * u, nanos = part * (1000000000 / u);
    struct tm t;
    char text[80], whole[60];

    localtime_r(&sec, &t);
    snprintf(whole, sizeof whole, "%04d-%02d-%02d %02d:%02d:%02d", t.tm_year + 1900, t.tm_mon + 1,
             t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
    snprintf(text, sizeof text, "%s.%0*ld", whole, digits[k->c->ts_prec], part);
    if (k->ctype == SQL_C_SBIGINT)
        give(k, &v, 8);
    else if (k->ctype == SQL_C_CHAR || k->ctype == SQL_C_WCHAR)
        short_out(k, text, strlen(whole), k->ctype == SQL_C_WCHAR);
    else if (k->ctype == SQL_C_BINARY && k->cap < 16)
        fail(k, "22003");
    else
        moment_out(k, &t, nanos, false);
}

static void text_time(struct call *k, const char *text)
{
    static const char *const pattern =
        "^(([0-9]{4})-([0-9]{2})-([0-9]{2}))?([ T]?)(([0-9]{2}):([0-9]{2}):([0-9]{2})([.]"
        "([0-9]*))?)?$";
    bool date = k->ctype == SQL_C_TYPE_DATE || k->ctype == SQL_C_DATE;
    bool time = k->ctype == SQL_C_TYPE_TIME || k->ctype == SQL_C_TIME;
    regex_t re;
    regmatch_t m[12];
    struct tm t = {0}, back;
    char part[64] = "";
    time_t sec;
    long nanos;
    bool lost = false;

    regcomp(&re, pattern, REG_EXTENDED);
    bool good = regexec(&re, text, 12, m, 0) == 0;
    bool has_date = good && m[1].rm_so >= 0, has_time = good && m[6].rm_so >= 0;
    regfree(&re);
    if (!good || (!has_date && !has_time) || (has_date && has_time) != (m[5].rm_eo > m[5].rm_so)) {
        fail(k, "22018");
        return;
    }
    t.tm_mday = 1;
    if (has_date) {
        t.tm_year = atoi(text + m[2].rm_so) - 1900;
        t.tm_mon = atoi(text + m[3].rm_so) - 1;
        t.tm_mday = atoi(text + m[4].rm_so);
    }
    if (has_time) {
        t.tm_hour = atoi(text + m[7].rm_so);
        t.tm_min = atoi(text + m[8].rm_so);
        t.tm_sec = atoi(text + m[9].rm_so);
        if (m[11].rm_so >= 0) snprintf(part, sizeof part, "%s", text + m[11].rm_so);
    }
    back = t; // a date that timegm has to mend is none
    sec = timegm(&back);
    if (back.tm_mon != t.tm_mon || back.tm_mday != t.tm_mday || back.tm_hour != t.tm_hour ||
        back.tm_sec != t.tm_sec || back.tm_min != t.tm_min) {
        fail(k, "22007");
        return;
    }
    if ((date && !has_date) || (time && !has_time)) {
        fail(k, "22018");
        return;
    }
    if (!has_date) {
        sec = (time_t)(k->s->today * 86400 + t.tm_hour * 3600 + t.tm_min * 60 + t.tm_sec);
        gmtime_r(&sec, &back);
    }
    nanos = nine(part, &lost);
    moment_out(k, &back, nanos, lost);
}

static void text_guid(struct call *k, const char *text)
{
    unsigned a, b, c, e[8];
    char check[40] = "";
    SQLGUID g;

    if (strlen(text) == 36 && sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, e,
                                     e + 1, e + 2, e + 3, e + 4, e + 5, e + 6, e + 7) == 11)
        snprintf(check, sizeof check, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", a, b, c,
                 e[0], e[1], e[2], e[3], e[4], e[5], e[6], e[7]);
    if (!*check || strcasecmp(check, text) != 0) {
        fail(k, "22018");
        return;
    }
    g = (SQLGUID){a, (uint16_t)b, (uint16_t)c, {0}};
    for (int i = 0; i < 8; i++)
        g.Data4[i] = (uint8_t)e[i];
    give(k, &g, sizeof g);
}

/* ---- the whole ---- */

static void raw_out(struct call *k, const struct number *n)
{
    static const uint8_t widths[TD_T_COUNT] = {
        [TD_T_BOOL] = 1,      [TD_T_TINYINT] = 1, [TD_T_SMALLINT] = 2,
        [TD_T_INT] = 4,       [TD_T_BIGINT] = 8,  [TD_T_UTINYINT] = 2,
        [TD_T_USMALLINT] = 4, [TD_T_UINT] = 8,    [TD_T_UBIGINT] = 8};
    float f = (float)k->c->d;

    if (k->c->type == TD_T_FLOAT)
        give(k, &f, 4);
    else if (k->c->type == TD_T_DOUBLE)
        give(k, &k->c->d, 8);
    else if (is_decimal(k->c->type)) {
        struct ref_settings unset = {-1, -1, 2, 6, 0, 0, 0};

        const struct ref_settings *saved = k->s;

        k->s = &unset;
        numeric_out(k, n);
        k->s = saved;
    } else {
        give(k, &k->c->i, widths[k->c->type]);
    }
    if ((SQLLEN)k->out->n > k->cap) fail(k, "22003");
}

static void from_number(struct call *k)
{
    static struct number n;
    static char exact[2400];
    char text[64], buf[48];
    const struct ref_cell *c = k->c;
    bool real = is_real(c->type), finite = !real || isfinite(c->d);

    if (real)
        real_text(c->d, c->type == TD_T_FLOAT, text);
    else if (is_decimal(c->type))
        decimal_text(c, text);
    else
        strcpy(text, print_int(c->i, buf));
    if (k->ctype == SQL_C_CHAR || k->ctype == SQL_C_WCHAR) {
        size_t whole = strchr(text, 'e') ? strlen(text) : strcspn(text, ".");

        short_out(k, text, whole, k->ctype == SQL_C_WCHAR);
        return;
    }
    if (!finite) {
        float f = (float)c->d;

        if (k->ctype == SQL_C_DOUBLE)
            give(k, &c->d, 8);
        else if (k->ctype == SQL_C_FLOAT)
            give(k, &f, 4);
        else if (k->ctype == SQL_C_BINARY)
            raw_out(k, &n);
        else
            fail(k, "22003");
        return;
    }
    if (real && k->ctype != SQL_C_NUMERIC)
        snprintf(exact, sizeof exact, "%.1100f", c->d);
    else
        strcpy(exact, text);
    parse_number(exact, &n);
    if (k->ctype == SQL_C_BINARY)
        raw_out(k, &n);
    else if (k->ctype >= SQL_C_INTERVAL_YEAR && k->ctype <= SQL_C_INTERVAL_MINUTE_TO_SECOND)
        number_interval(k, &n);
    else
        number_out(k, &n, exact);
}

static void from_text(struct call *k)
{
    static struct number n;
    char text[700];
    bool wide = k->c->type != TD_T_VARCHAR, ok;

    switch (k->ctype) {
    case SQL_C_CHAR:
        text_out(k, false, true);
        return;
    case SQL_C_WCHAR:
        text_out(k, true, true);
        return;
    case SQL_C_BINARY:
        if (wide)
            text_out(k, true, false);
        else if (k->s->max_length || k->s->max_column)
            text_out(k, false,
                     false); // cut at code points; these tests set limits on valid text only
        else
            bytes_out(k);
        return;
    }
    ok = plain(k->c, text, sizeof text);
    if (!ok) {
        fail(k, "22018");
        return;
    }
    if (k->ctype == SQL_C_GUID)
        text_guid(k, text);
    else if (k->ctype >= SQL_C_INTERVAL_YEAR && k->ctype <= SQL_C_INTERVAL_MINUTE_TO_SECOND)
        text_interval(k, text);
    else if ((k->ctype >= SQL_C_TYPE_DATE && k->ctype <= SQL_C_TYPE_TIMESTAMP) ||
             (k->ctype >= SQL_C_DATE && k->ctype <= SQL_C_TIMESTAMP))
        text_time(k, text);
    else if (!parse_number(text, &n))
        fail(k, "22018");
    else
        number_out(k, &n, text);
}

void ref_convert(const struct ref_cell *c, SQLSMALLINT ctype, SQLLEN cap,
                 const struct ref_settings *s, struct ref_result *out)
{
    struct call k = {c, ctype, cap, s, out, false, false, false};
    size_t n = 0;

    out->error = out->null = false;
    out->n = 0;
    out->ind = 0;
    strcpy(out->outcome, "ok");
    if (!ref_legal(c->type, ctype)) {
        fail(&k, "07006");
        return;
    }
    if (c->null || c->type == TD_T_NULL ||
        (c->type == TD_T_JSON && c->n == 4 && memcmp(c->p, "null", 4) == 0)) {
        out->null = true;
        out->ind = SQL_NULL_DATA;
        return;
    }
    if (is_text(c->type))
        from_text(&k);
    else if (is_binary(c->type) && ctype == SQL_C_BINARY)
        bytes_out(&k);
    else if (is_binary(c->type))
        hex_out(&k, ctype == SQL_C_WCHAR);
    else if (c->type == TD_T_TIMESTAMP)
        timestamp_out(&k);
    else
        from_number(&k);
    if (out->error) return;
    if (k.w1000) n += (size_t)sprintf(out->outcome + n, "01000");
    if (k.w1004) n += (size_t)sprintf(out->outcome + n, "%s01004", n ? "+" : "");
    if (k.w1s07) sprintf(out->outcome + n, "%s01S07", n ? "+" : "");
}

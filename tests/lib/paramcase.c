#include "paramcase.h"

#include <stdio.h>
#include <stdlib.h>

#include "conv/types.h"

struct pc_file {
    FILE *f;
    unsigned line;
};

struct pc_file *pc_open(const char *path)
{
    struct pc_file *f = calloc(1, sizeof *f);

    f->f = fopen(path, "rb");
    if (f->f) return f;
    free(f);
    return NULL;
}

void pc_close(struct pc_file *f)
{
    fclose(f->f);
    free(f);
}

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (*s == ' ')
        s++;
    while (end > s && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r'))
        *--end = 0;
    return s;
}

/* ---- values ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

static void put(struct pc_bytes *b, const void *p, size_t n)
{
    if (b->n + n > PC_MAX) abort();
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

/* x'hex', with *count. */
static bool read_hex(const char *s, struct pc_bytes *b)
{
    if (s[0] != 'x' || s[1] != '\'') return false;
    for (s += 2; hex(s[0]) >= 0 && hex(s[1]) >= 0; s += 2) {
        uint8_t v = (uint8_t)(hex(s[0]) << 4 | hex(s[1]));
        put(b, &v, 1);
    }
    return s[0] == '\'';
}

/* '…' with \xHH, \\ and \' and a count behind it ('ab'*3). The bytes of UTF-8. */
static bool read_quoted(const char *s, struct pc_bytes *b)
{
    size_t start = b->n;

    if (*s != '\'') return false;
    for (s++; *s && *s != '\''; s++) {
        char c = *s;
        if (c == '\\' && s[1] == 'x') {
            c = (char)(hex(s[2]) << 4 | hex(s[3]));
            s += 3;
        } else if (c == '\\') {
            c = *++s;
        }
        put(b, &c, 1);
    }
    if (*s != '\'') return false;
    size_t n = b->n - start;
    for (long k = s[1] == '*' ? atol(s + 2) : 1; k > 1; k--)
        put(b, b->p + start, n);
    return true;
}

/* UTF-8 that the file's author wrote to UTF-16, plainly. */
static void widen(struct pc_bytes *b)
{
    static struct pc_bytes w;

    w.n = 0;
    for (size_t i = 0; i < b->n;) {
        uint32_t c = b->p[i], more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
        c = more == 0 ? c : c & (0x3Fu >> more);
        for (i++; more && i < b->n; more--, i++)
            c = c << 6 | (b->p[i] & 0x3F);
        uint16_t u[2] = {(uint16_t)c, 0};
        if (c >= 0x10000) {
            u[0] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            u[1] = (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF));
        }
        put(&w, u, c >= 0x10000 ? 4 : 2);
    }
    *b = w;
}

static bool u128_of(const char *s, uint8_t out[16], bool *neg)
{
    unsigned __int128 v = 0;

    *neg = *s == '-';
    for (s += *neg || *s == '+'; *s >= '0' && *s <= '9'; s++)
        v = v * 10 + (unsigned)(*s - '0');
    memcpy(out, &v, 16);
    return *s == 0 || *s == ' ';
}

static bool read_int(const char *s, struct pc_bytes *b, size_t width)
{
    uint8_t v[16];
    bool neg, ok = u128_of(s, v, &neg);
    __int128 x;

    memcpy(&x, v, 16);
    if (neg) x = -x;
    put(b, &x, width);
    return ok;
}

static bool read_real(const char *s, struct pc_bytes *b, size_t width)
{
    char *end;
    double d = strtod(s, &end);
    float f = strtof(s, NULL);

    put(b, width == 4 ? (void *)&f : (void *)&d, width);
    return *end == 0;
}

/* `12345 @ 2`: the unscaled value and the APD's scale. */
static bool read_numeric(const char *s, struct pc_case *c)
{
    SQL_NUMERIC_STRUCT v = {.precision = 38};
    const char *at = strchr(s, '@');
    bool neg, ok = u128_of(s, v.val, &neg);

    v.sign = !neg;
    c->num_scale = at ? (SQLSMALLINT)atoi(at + 1) : 0;
    v.scale = (SQLSCHAR)c->num_scale;
    put(&c->value, &v, sizeof v);
    return ok;
}

static bool read_time(const char *s, SQLSMALLINT ctype, struct pc_bytes *b)
{
    int v[7] = {0};
    char frac[10] = "000000000";
    SQL_DATE_STRUCT d;
    SQL_TIME_STRUCT t;
    SQL_TIMESTAMP_STRUCT x;
    int n;

    if (ctype == SQL_C_TYPE_TIME)
        n = sscanf(s, "%d:%d:%d", &v[3], &v[4], &v[5]);
    else
        n = sscanf(s, "%d-%d-%d %d:%d:%d.%9[0-9]", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], frac);
    frac[strlen(frac)] = '0';
    frac[9] = 0;
    d = (SQL_DATE_STRUCT){(SQLSMALLINT)v[0], (SQLUSMALLINT)v[1], (SQLUSMALLINT)v[2]};
    t = (SQL_TIME_STRUCT){(SQLUSMALLINT)v[3], (SQLUSMALLINT)v[4], (SQLUSMALLINT)v[5]};
    x = (SQL_TIMESTAMP_STRUCT){
        d.year, d.month, d.day, t.hour, t.minute, t.second, (SQLUINTEGER)atol(frac)};
    if (strchr(s, '!')) x.fraction = 1000000000; // a fraction out of its range
    if (ctype == SQL_C_TYPE_DATE)
        put(b, &d, sizeof d);
    else if (ctype == SQL_C_TYPE_TIME)
        put(b, &t, sizeof t);
    else
        put(b, &x, sizeof x);
    return n >= 3;
}

/* `+ 163 12 39 59 500000`: sign and fields from the leading one on. */
static bool read_interval(const char *s, SQLSMALLINT ctype, struct pc_bytes *b)
{
    static const int first[] = {0, 0, 1, 2, 3, 4, 5, 0, 2, 2, 2, 3, 3, 4};
    SQL_INTERVAL_STRUCT v;
    unsigned f[6] = {0};
    char sign;
    int n = sscanf(s, "%c %u %u %u %u %u", &sign, &f[0], &f[1], &f[2], &f[3], &f[4]);

    memset(&v, 0, sizeof v);
    v.interval_type = (SQLINTERVAL)(ctype - 100);
    v.interval_sign = sign == '-' ? SQL_TRUE : SQL_FALSE;
    for (int i = 0; i < n - 1; i++) {
        switch (first[ctype - 100] + i) {
        case 0:
            v.intval.year_month.year = f[i];
            break;
        case 1:
            v.intval.year_month.month = f[i];
            break;
        case 2:
            v.intval.day_second.day = f[i];
            break;
        case 3:
            v.intval.day_second.hour = f[i];
            break;
        case 4:
            v.intval.day_second.minute = f[i];
            break;
        case 5:
            v.intval.day_second.second = f[i];
            break;
        default:
            v.intval.day_second.fraction = f[i];
            break;
        }
    }
    put(b, &v, sizeof v);
    return n >= 2;
}

static bool read_guid(const char *s, struct pc_bytes *b)
{
    unsigned v[11];
    SQLGUID g;
    int n = sscanf(s, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &v[0], &v[1], &v[2], &v[3], &v[4],
                   &v[5], &v[6], &v[7], &v[8], &v[9], &v[10]);

    g.Data1 = v[0];
    g.Data2 = (uint16_t)v[1];
    g.Data3 = (uint16_t)v[2];
    for (int i = 0; i < 8; i++)
        g.Data4[i] = (uint8_t)v[3 + i];
    put(b, &g, sizeof g);
    return n == 11;
}

static bool read_value(const char *s, struct pc_case *c)
{
    int width = td_ctype_width(c->ctype);

    c->value.n = 0;
    c->num_scale = 0;
    c->null = strcmp(s, "NULL") == 0;
    if (c->null) return true;
    if (s[0] == 'x' && s[1] == '\'') return read_hex(s, &c->value);
    if (c->ctype == SQL_C_CHAR || c->ctype == SQL_C_WCHAR || c->ctype == SQL_C_BINARY) {
        bool ok = read_quoted(s, &c->value);
        if (c->ctype == SQL_C_WCHAR) widen(&c->value);
        return ok;
    }
    if (c->ctype == SQL_C_FLOAT || c->ctype == SQL_C_DOUBLE)
        return read_real(s, &c->value, (size_t)width);
    if (c->ctype == SQL_C_NUMERIC) return read_numeric(s, c);
    if (c->ctype == SQL_C_GUID) return read_guid(s, &c->value);
    if (c->ctype >= SQL_C_TYPE_DATE && c->ctype <= SQL_C_TYPE_TIMESTAMP)
        return read_time(s, c->ctype, &c->value);
    if (c->ctype > 100) return read_interval(s, c->ctype, &c->value);
    return read_int(s, &c->value, (size_t)width);
}

/* ---- types ---- */

struct named {
    const char *name;
    SQLSMALLINT code;
};
static const struct named ctypes[] = {
    {"CHAR", SQL_C_CHAR},
    {"WCHAR", SQL_C_WCHAR},
    {"BINARY", SQL_C_BINARY},
    {"BIT", SQL_C_BIT},
    {"TINYINT", SQL_C_TINYINT},
    {"STINYINT", SQL_C_STINYINT},
    {"UTINYINT", SQL_C_UTINYINT},
    {"SHORT", SQL_C_SHORT},
    {"SSHORT", SQL_C_SSHORT},
    {"USHORT", SQL_C_USHORT},
    {"LONG", SQL_C_LONG},
    {"SLONG", SQL_C_SLONG},
    {"ULONG", SQL_C_ULONG},
    {"SBIGINT", SQL_C_SBIGINT},
    {"UBIGINT", SQL_C_UBIGINT},
    {"FLOAT", SQL_C_FLOAT},
    {"DOUBLE", SQL_C_DOUBLE},
    {"NUMERIC", SQL_C_NUMERIC},
    {"TYPE_DATE", SQL_C_TYPE_DATE},
    {"TYPE_TIME", SQL_C_TYPE_TIME},
    {"TYPE_TIMESTAMP", SQL_C_TYPE_TIMESTAMP},
    {"GUID", SQL_C_GUID},
    {"INTERVAL_YEAR", SQL_C_INTERVAL_YEAR},
    {"INTERVAL_MONTH", SQL_C_INTERVAL_MONTH},
    {"INTERVAL_DAY", SQL_C_INTERVAL_DAY},
    {"INTERVAL_HOUR", SQL_C_INTERVAL_HOUR},
    {"INTERVAL_MINUTE", SQL_C_INTERVAL_MINUTE},
    {"INTERVAL_SECOND", SQL_C_INTERVAL_SECOND},
    {"INTERVAL_YEAR_TO_MONTH", SQL_C_INTERVAL_YEAR_TO_MONTH},
    {"INTERVAL_DAY_TO_HOUR", SQL_C_INTERVAL_DAY_TO_HOUR},
    {"INTERVAL_DAY_TO_MINUTE", SQL_C_INTERVAL_DAY_TO_MINUTE},
    {"INTERVAL_DAY_TO_SECOND", SQL_C_INTERVAL_DAY_TO_SECOND},
    {"INTERVAL_HOUR_TO_MINUTE", SQL_C_INTERVAL_HOUR_TO_MINUTE},
    {"INTERVAL_HOUR_TO_SECOND", SQL_C_INTERVAL_HOUR_TO_SECOND},
    {"INTERVAL_MINUTE_TO_SECOND", SQL_C_INTERVAL_MINUTE_TO_SECOND},
    {NULL, 0},
};
static const struct named sqltypes[] = {
    {"CHAR", SQL_CHAR},
    {"VARCHAR", SQL_VARCHAR},
    {"WVARCHAR", SQL_WVARCHAR},
    {"LONGVARCHAR", SQL_LONGVARCHAR},
    {"BIT", SQL_BIT},
    {"TINYINT", SQL_TINYINT},
    {"SMALLINT", SQL_SMALLINT},
    {"INTEGER", SQL_INTEGER},
    {"BIGINT", SQL_BIGINT},
    {"REAL", SQL_REAL},
    {"FLOAT", SQL_FLOAT},
    {"DOUBLE", SQL_DOUBLE},
    {"DECIMAL", SQL_DECIMAL},
    {"NUMERIC", SQL_NUMERIC},
    {"BINARY", SQL_BINARY},
    {"VARBINARY", SQL_VARBINARY},
    {"LONGVARBINARY", SQL_LONGVARBINARY},
    {"DATE", SQL_TYPE_DATE},
    {"TIME", SQL_TYPE_TIME},
    {"TIMESTAMP", SQL_TYPE_TIMESTAMP},
    {"GUID", SQL_GUID},
    {"INTERVAL_DAY", SQL_INTERVAL_DAY},
    {NULL, 0},
};

static bool find(const struct named *t, const char *name, SQLSMALLINT *code)
{
    for (; t->name; t++) {
        if (strcmp(t->name, name) == 0) {
            *code = t->code;
            return true;
        }
    }
    return false;
}

/* TDengine's name; TIMESTAMP(ms|us|ns), `DECIMAL(p,s) text`, VARCHAR(n). */
static bool read_dest(char *s, struct td_pdest *d)
{
    static const char *const prec[] = {"TIMESTAMP(ms)", "TIMESTAMP(us)", "TIMESTAMP(ns)"};
    int type, p, sc;
    int32_t length;
    char *text = strstr(s, " text");

    memset(d, 0, sizeof *d);
    for (uint8_t i = 0; i < 3; i++) {
        if (strcmp(s, prec[i]) == 0) {
            d->type = TD_T_TIMESTAMP;
            d->precision = i;
            return true;
        }
    }
    d->dec_text = text != NULL;
    if (text) *text = 0;
    if (!td_type_of_name(td_str_of(s), &type, &length, &p, &sc)) return false;
    d->type = (uint8_t)type;
    d->length = length;
    d->precision = (uint8_t)p;
    d->scale = (uint8_t)sc;
    return true;
}

static bool read_want(const char *s, struct pc_case *c)
{
    char text[64];
    size_t width = (size_t)td_type_width(c->dest.type);

    c->want.n = 0;
    c->want_null = strcmp(s, "NULL") == 0;
    if (c->want_null || strcmp(s, "-") == 0) return true;
    if (s[0] == 'x' && s[1] == '\'') return read_hex(s, &c->want);
    if (s[0] == '\'') return read_quoted(s, &c->want);
    if (c->dest.type == TD_T_FLOAT || c->dest.type == TD_T_DOUBLE)
        return read_real(s, &c->want, width);
    if (!c->dest.dec_text) return read_int(s, &c->want, width);
    snprintf(text, sizeof text, "%s", s);
    put(&c->want, text, strlen(text));
    return true;
}

/* ---- lines ---- */

static bool read_setting(char *s, struct pc_settings *x)
{
    long long y;
    unsigned m, d;

    if (strncmp(s, "@zone ", 6) == 0) {
        x->tz = td_tz_get(td_str_of(s + 6), NULL);
        return x->tz != NULL;
    }
    if (strncmp(s, "@truncation ", 12) == 0) {
        x->truncation = s[12] == '1';
        return true;
    }
    if (sscanf(s, "@today %lld-%u-%u", &y, &m, &d) != 3) return false;
    x->today = td_days_from_civil(y, m, d);
    return true;
}

static size_t fields_of(char *s, char *out[8])
{
    size_t n = 0;
    bool quoted = false;

    out[n++] = s;
    for (; *s; s++) {
        if (*s == '\\' && s[1]) {
            s++;
        } else if (*s == '\'') {
            quoted = !quoted;
        } else if (*s == '|' && !quoted && n < 8) {
            *s = 0;
            out[n++] = s + 1;
        }
    }
    for (size_t i = 0; i < n; i++)
        out[i] = trim(out[i]);
    return n;
}

/* Everything after the third bar of a literal case is the literal. */
static bool read_literal_line(char *s, struct pc_case *c)
{
    char *f[8];
    char *literal = strstr(s, " => ");

    if (!literal) return false;
    *literal = 0;
    literal = trim(literal + 4);
    if (fields_of(s, f) != 3) return false;
    c->want.n = 0;
    c->outcome[0] = 0;
    if (strncmp(literal, "!", 1) == 0)
        snprintf(c->outcome, sizeof c->outcome, "%s", literal + 1);
    else
        put(&c->want, literal, strlen(literal));
    return find(sqltypes, f[0], &c->sqltype) && find(ctypes, f[1], &c->ctype) &&
           read_value(f[2], c);
}

static bool read_line(char *s, struct pc_case *c)
{
    char *f[8];

    if (fields_of(s, f) != 5) return false;
    snprintf(c->outcome, sizeof c->outcome, "%s", f[3]);
    return read_dest(f[0], &c->dest) && find(ctypes, f[1], &c->ctype) && read_value(f[2], c) &&
           read_want(f[4], c);
}

int pc_next(struct pc_file *f, struct pc_settings *x, bool literals, struct pc_case *c)
{
    static char line[PC_MAX];

    while (fgets(line, sizeof line, f->f)) {
        f->line++;
        char *s = trim(line);
        if (!*s || *s == '#') continue;
        memcpy(c->text, s, strlen(s) + 1);
        c->line = f->line;
        if (*s == '@') {
            if (!read_setting(s, x)) return -1;
            continue;
        }
        return (literals ? read_literal_line(s, c) : read_line(s, c)) ? 1 : -1;
    }
    return 0;
}

/* ---- running ---- */

const char *const pc_way_names[PC_WAYS] = {"by column", "by row", "terminated", "at execution",
                                           "single"};

#define ROWS   5
#define POISON 0xAB
/* Row 0 and 4 are skipped and poisoned, 2 is NULL. */
static const uint8_t skips[ROWS] = {1, 0, 0, 0, 2};

struct watch {
    enum td_sqlstate state[ROWS];
    int reports[ROWS];
};

static void note(struct td_pctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct watch *w = x->report_arg;

    (void)text;
    if (row >= ROWS) abort();
    w->state[row] = state;
    w->reports[row]++;
}

static void context(const struct pc_settings *s, struct watch *w, struct td_pctx *x)
{
    memset(x, 0, sizeof *x);
    td_tz_cache_init(&x->tz, s->tz);
    x->ts_truncation = s->truncation;
    x->today = s->today;
    x->report = note;
    x->report_arg = w;
    memset(w, 0, sizeof *w);
}

static bool check_row(const struct pc_case *c, const struct td_pcol *col, const struct watch *w,
                      uint32_t i, char why[400])
{
    bool ok = strcmp(c->outcome, "ok") == 0;
    enum td_sqlstate st = w->state[i];
    bool failed = !ok && !td_sqlstate_is_warning(st);
    const uint8_t *p = col->width ? col->fixed + (size_t)i * col->width : col->data.p + col->off[i];
    size_t n = col->width ? col->width : col->len[i];

    if (ok ? w->reports[i] != 0 : w->reports[i] != 1 || strcmp(td_sqlstate_text(st), c->outcome)) {
        snprintf(why, 400, "row %u: %d reports, state %s instead of %s", i, w->reports[i],
                 w->reports[i] ? td_sqlstate_text(st) : "ok", c->outcome);
        return false;
    }
    if (col->nulls[i] != (failed || c->want_null)) {
        snprintf(why, 400, "row %u: null is %u", i, col->nulls[i]);
        return false;
    }
    if (failed || c->want_null) return true;
    if (n == c->want.n && memcmp(p, c->want.p, n) == 0) return true;
    size_t at = (size_t)snprintf(why, 400, "row %u: %zu bytes ", i, n);
    for (size_t k = 0; k < n && at < 380; k++)
        at += (size_t)snprintf(why + at, 400 - at, "%02x", p[k]);
    return false;
}

struct layout {
    uint8_t *mem;
    size_t stride;
    SQLLEN *lens;
    size_t len_stride;
    struct td_str later[ROWS];
};

/* Lays the value out at rows 1 and 3; every other byte is poison. */
static void lay_out(const struct pc_case *c, enum pc_way way, struct layout *l,
                    struct td_psource *s)
{
    bool var = td_ctype_width(c->ctype) == 0, by_row = way == PC_BY_ROW;
    size_t unit = c->ctype == SQL_C_WCHAR ? sizeof(SQLWCHAR) : 1;
    size_t room = var ? c->value.n + unit : (size_t)td_ctype_width(c->ctype);
    SQLLEN len = way == PC_TERMINATED ? SQL_NTS : var ? (SQLLEN)c->value.n : 0;

    l->stride = by_row ? room + sizeof(SQLLEN) + 3 : room; // 3: nothing is aligned
    l->len_stride = by_row ? l->stride : sizeof(SQLLEN);
    l->mem = malloc(l->stride * ROWS);
    memset(l->mem, POISON, l->stride * ROWS);
    l->lens = by_row ? (SQLLEN *)(void *)(l->mem + room) : malloc(sizeof(SQLLEN) * ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        SQLLEN v = i == 2 || (c->null && !skips[i]) ? SQL_NULL_DATA
                   : skips[i]                       ? (SQLLEN)0x7ABABABABABABABA
                   : way == PC_AT_EXEC              ? SQL_LEN_DATA_AT_EXEC(len)
                                                    : len;
        memcpy((uint8_t *)l->lens + i * l->len_stride, &v, sizeof v);
        if (skips[i] || i == 2) continue;
        if (way == PC_AT_EXEC) {
            l->later[i] = (struct td_str){(const char *)c->value.p, c->value.n};
            continue;
        }
        memcpy(l->mem + i * l->stride, c->value.p, c->value.n);
        if (var) memset(l->mem + i * l->stride + c->value.n, 0, unit);
    }
    *s = (struct td_psource){.ctype = c->ctype,
                             .sqltype = c->sqltype,
                             .base = l->mem,
                             .stride = l->stride,
                             .array = way != PC_SINGLE,
                             .cap = (SQLLEN)room,
                             .octet_len = l->lens,
                             .ind = l->lens,
                             .len_stride = l->len_stride,
                             .num_scale = c->num_scale,
                             .dae = way == PC_AT_EXEC ? l->later : NULL};
}

static bool suits(const struct pc_case *c, enum pc_way way)
{
    size_t unit = c->ctype == SQL_C_WCHAR ? 2 : 1;

    if (way == PC_AT_EXEC) return !c->null;
    if (way != PC_TERMINATED) return true;
    if (c->null || (c->ctype != SQL_C_CHAR && c->ctype != SQL_C_WCHAR) || c->value.n % unit)
        return false;
    for (size_t i = 0; i < c->value.n; i += unit) {
        if (!c->value.p[i] && (unit == 1 || !c->value.p[i + 1])) return false;
    }
    return true;
}

bool pc_run(const struct pc_case *c, const struct pc_settings *s, enum pc_way way, bool *skipped,
            char why[400])
{
    struct td_pcol col = {0};
    struct td_psource src;
    struct td_pctx x;
    struct watch w;
    struct layout l = {0};
    bool ok = true;

    *skipped = !suits(c, way);
    if (*skipped) return true;
    context(s, &w, &x);
    lay_out(c, way, &l, &src);
    if (way == PC_SINGLE) { // one value, no skip array: the way of most executes
        src.base += src.stride;
        src.ind = src.octet_len = src.ind + 1;
        ok =
            td_param_encode(&col, &c->dest, &src, 1, &x) == TD_OK && check_row(c, &col, &w, 0, why);
    } else {
        x.skip = skips;
        ok = td_param_encode(&col, &c->dest, &src, ROWS, &x) == TD_OK &&
             check_row(c, &col, &w, 1, why) && check_row(c, &col, &w, 3, why);
        for (uint32_t i = 0; ok && i < ROWS; i += 2) {
            ok = col.nulls[i] == 1 && w.reports[i] == 0;
            if (!ok) snprintf(why, 400, "row %u was touched", i);
        }
    }
    if (way != PC_BY_ROW) free(l.lens);
    free(l.mem);
    td_pcol_free(&col);
    return ok;
}

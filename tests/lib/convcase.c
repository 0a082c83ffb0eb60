#include "convcase.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "convrun.h"
#include "wire/build.h"

#define RAW UINT32_C(0x80000000) /* a byte of a text literal that is no code point */

struct conv_file {
    FILE *f;
    char *path;
    unsigned line;
    struct td_kctx settings;
};

struct units {
    uint32_t *u;
    size_t n;
};

/* ---- names ---- */

static const struct {
    const char *name;
    int type;
    int32_t bytes;
} type_names[] = {
    {"NULL", TD_T_NULL, 0},
    {"BOOL", TD_T_BOOL, 1},
    {"TINYINT", TD_T_TINYINT, 1},
    {"SMALLINT", TD_T_SMALLINT, 2},
    {"INT", TD_T_INT, 4},
    {"BIGINT", TD_T_BIGINT, 8},
    {"FLOAT", TD_T_FLOAT, 4},
    {"DOUBLE", TD_T_DOUBLE, 8},
    {"VARCHAR", TD_T_VARCHAR, 60002},
    {"NCHAR", TD_T_NCHAR, 60002},
    {"TINYINT UNSIGNED", TD_T_UTINYINT, 1},
    {"SMALLINT UNSIGNED", TD_T_USMALLINT, 2},
    {"INT UNSIGNED", TD_T_UINT, 4},
    {"BIGINT UNSIGNED", TD_T_UBIGINT, 8},
    {"JSON", TD_T_JSON, 16384},
    {"VARBINARY", TD_T_VARBINARY, 60002},
    {"BLOB", TD_T_BLOB, 5},
    {"GEOMETRY", TD_T_GEOMETRY, 60002},
    {"TIMESTAMP", TD_T_TIMESTAMP, 8},
    {"DECIMAL", TD_T_DECIMAL128, 16},
};

#define N(X)                                                                                       \
    {                                                                                              \
#X, SQL_C_##X                                                                              \
    }
static const struct {
    const char *name;
    int ctype;
} ctype_names[] = {
    N(CHAR),
    N(WCHAR),
    N(BINARY),
    N(BIT),
    N(TINYINT),
    N(STINYINT),
    N(UTINYINT),
    N(SHORT),
    N(SSHORT),
    N(USHORT),
    N(LONG),
    N(SLONG),
    N(ULONG),
    N(SBIGINT),
    N(UBIGINT),
    N(FLOAT),
    N(DOUBLE),
    N(NUMERIC),
    N(TYPE_DATE),
    N(TYPE_TIME),
    N(TYPE_TIMESTAMP),
    N(DATE),
    N(TIME),
    N(TIMESTAMP),
    N(GUID),
    N(INTERVAL_YEAR),
    N(INTERVAL_MONTH),
    N(INTERVAL_DAY),
    N(INTERVAL_HOUR),
    N(INTERVAL_MINUTE),
    N(INTERVAL_SECOND),
    N(INTERVAL_YEAR_TO_MONTH),
    N(INTERVAL_DAY_TO_HOUR),
    N(INTERVAL_DAY_TO_MINUTE),
    N(INTERVAL_DAY_TO_SECOND),
    N(INTERVAL_HOUR_TO_MINUTE),
    N(INTERVAL_HOUR_TO_SECOND),
    N(INTERVAL_MINUTE_TO_SECOND),
};

static bool bad(struct conv_case *c, const char *why)
{
    snprintf(c->why, sizeof c->why, "%s", why);
    return false;
}

/* ---- literals ---- */

static void push(struct units *t, uint32_t u)
{
    if ((t->n & (t->n + 1)) == 0) t->u = realloc(t->u, (t->n * 2 + 2) * sizeof *t->u);
    t->u[t->n++] = u;
}

static const char *read_escape(const char *p, struct units *t)
{
    char *end;

    switch (*p) {
    case 'x':
        push(t, RAW | (uint32_t)strtoul((char[]){p[1], p[2], 0}, NULL, 16));
        return p + 3;
    case 'u':
        push(t, (uint32_t)strtoul(p + 2, &end, 16));
        return end + 1;
    default:
        push(t, (unsigned char)*p);
        return p + 1;
    }
}

/* `'…'`, `'…'*n`, several in a row. */
static bool read_text(const char *p, struct units *t)
{
    *t = (struct units){malloc(sizeof(uint32_t)), 0};
    while (*p == '\'') {
        size_t from = t->n, one;
        long times = 1;

        for (p++; *p && *p != '\'';) {
            if (*p == '\\')
                p = read_escape(p + 1, t);
            else
                push(t, (unsigned char)*p++);
        }
        if (*p++ != '\'') return false;
        one = t->n - from;
        if (*p == '*') times = strtol(p + 1, (char **)&p, 10);
        for (long i = 1; i < times; i++)
            for (size_t k = 0; k < one; k++)
                push(t, t->u[from + k]);
        while (*p == ' ')
            p++;
    }
    return *p == 0;
}

static size_t put_utf8(const struct units *t, uint8_t *out)
{
    uint8_t *o = out;

    for (size_t i = 0; i < t->n; i++) {
        uint32_t u = t->u[i];

        if (u & RAW) {
            *o++ = (uint8_t)u;
        } else if (u < 0x80) {
            *o++ = (uint8_t)u;
        } else if (u < 0x800) {
            *o++ = (uint8_t)(0xC0 | u >> 6);
            *o++ = (uint8_t)(0x80 | (u & 63));
        } else if (u < 0x10000) {
            *o++ = (uint8_t)(0xE0 | u >> 12);
            *o++ = (uint8_t)(0x80 | (u >> 6 & 63));
            *o++ = (uint8_t)(0x80 | (u & 63));
        } else {
            *o++ = (uint8_t)(0xF0 | u >> 18);
            *o++ = (uint8_t)(0x80 | (u >> 12 & 63));
            *o++ = (uint8_t)(0x80 | (u >> 6 & 63));
            *o++ = (uint8_t)(0x80 | (u & 63));
        }
    }
    return (size_t)(o - out);
}

static size_t put_wide(const struct units *t, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        uint32_t u = t->u[i];
        SQLWCHAR w[2] = {(SQLWCHAR)u, 0};
        size_t k = 1;

        if (u > 0xFFFF && TD_WCHAR_SIZE == 2) {
            w[0] = (SQLWCHAR)(0xD800 + ((u - 0x10000) >> 10));
            w[1] = (SQLWCHAR)(0xDC00 + ((u - 0x10000) & 0x3FF));
            k = 2;
        }
        memcpy(out + n, w, k * TD_WCHAR_SIZE);
        n += k * TD_WCHAR_SIZE;
    }
    return n;
}

/* `x'00ff'` */
static bool read_hex(const char *p, uint8_t *out, size_t *n)
{
    if (p[0] != 'x' || p[1] != '\'') return false;
    for (p += 2, *n = 0; *p && *p != '\''; p += 2)
        out[(*n)++] = (uint8_t)strtoul((char[]){p[0], p[1], 0}, NULL, 16);
    return *p == '\'';
}

/* A decimal literal as an integer at `scale`. */
static __int128 read_dec(const char *p, int scale)
{
    bool neg = *p == '-', point = false;
    __int128 v = 0;

    for (p += neg; *p; p++) {
        if (*p == '.') {
            point = true;
        } else {
            v = v * 10 + (*p - '0');
            scale -= point;
        }
    }
    for (; scale > 0; scale--)
        v *= 10;
    return neg ? -v : v;
}

static __int128 read_int(const char *p)
{
    return read_dec(*p == '+' ? p + 1 : p, 0);
}

/* ---- the cell ---- */

static bool put_value(struct conv_case *c, struct td_build *b, const struct td_build_col *col,
                      const char *value)
{
    static uint8_t bytes[400000];
    struct units t;
    size_t n;
    __int128 v;

    switch (col->type) {
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        td_build_double(b, 0, strtod(value, NULL));
        return true;
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        v = read_dec(value, col->scale);
        td_build_dec(b, 0, (struct td_i128){(uint64_t)v, (int64_t)(v >> 64)});
        return true;
    case TD_T_VARCHAR:
    case TD_T_JSON:
    case TD_T_NCHAR:
        if (!read_text(value, &t)) return bad(c, "not a text literal");
        if (col->type == TD_T_NCHAR)
            td_build_bytes(b, 0, t.u, t.n * 4);
        else
            td_build_bytes(b, 0, bytes, put_utf8(&t, bytes));
        free(t.u);
        return true;
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
    case TD_T_BLOB:
        if (!read_hex(value, bytes, &n)) return bad(c, "not a hex literal");
        td_build_bytes(b, 0, bytes, n);
        return true;
    default:
        td_build_int(b, 0, (int64_t)read_int(value));
        return true;
    }
}

static void put_neighbour(struct td_build *b, const struct td_build_col *col)
{
    if (col->type == TD_T_FLOAT || col->type == TD_T_DOUBLE)
        td_build_double(b, 0, 1);
    else if (col->type == TD_T_DECIMAL64 || col->type == TD_T_DECIMAL128)
        td_build_dec(b, 0, (struct td_i128){1, 0});
    else if (col->type == TD_T_NCHAR)
        td_build_bytes(b, 0, "1\0\0\0", 4);
    else if (td_type_is_var(col->type))
        td_build_bytes(b, 0, "1", 1);
    else
        td_build_int(b, 0, 1);
}

static bool make_block(struct conv_case *c, const struct td_build_col *col, uint8_t ts_prec,
                       const char *value)
{
    struct td_build *b = td_build_new(col, 1, 1 << 24);
    bool null = strcmp(value, "NULL") == 0, ok = true;
    struct td_block block;
    struct td_err err;
    size_t n;

    for (uint32_t row = 0; row < CONV_CASE_ROWS && ok; row++) {
        if (row == 2 || (null && row != 0) || col->type == TD_T_NULL)
            td_build_null(b, 0);
        else if (row == 0)
            put_neighbour(b, col);
        else
            ok = put_value(c, b, col, value);
        td_build_end_row(b);
    }
    if (ok && td_build_finish(b, &c->block, &n, &err) != TD_OK) ok = bad(c, err.msg);
    if (ok && td_block_open(c->block, n, NULL, &c->col, 1, ts_prec, &block, &err) != TD_OK)
        ok = bad(c, err.msg);
    td_build_free(b);
    if (ok) conv_soil(&c->col, UINT64_C(0xF1F2F3F4F5F6F7F8));
    return ok;
}

static bool read_cell(struct conv_case *c, const char *type, const char *value)
{
    char name[40];
    struct td_build_col col = {0};
    uint8_t prec = 0;
    const char *args = strchr(type, '(');
    size_t i, n = args ? (size_t)(args - type) : strlen(type);

    snprintf(name, sizeof name, "%.*s", (int)n, type);
    for (i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (strcmp(type_names[i].name, name) == 0) break;
    if (i == sizeof type_names / sizeof *type_names) return bad(c, "unknown type");
    col.type = (uint8_t)type_names[i].type;
    col.bytes = type_names[i].bytes;
    if (col.type == TD_T_DECIMAL128) {
        int p = 0, s = 0;

        if (!args || sscanf(args, "(%d,%d)", &p, &s) != 2)
            return bad(c, "DECIMAL without precision and scale");
        col.precision = (uint8_t)p;
        col.scale = (uint8_t)s;
        if (p <= 18) {
            col.type = TD_T_DECIMAL64;
            col.bytes = 8;
        }
    }
    if (col.type == TD_T_TIMESTAMP) {
        if (!args) return bad(c, "TIMESTAMP without precision");
        prec = args[1] == 'm' ? 0 : args[1] == 'u' ? 1 : 2;
    }
    return make_block(c, &col, prec, value);
}

/* ---- what is expected ---- */

static bool put_bytes(struct conv_case *c, const void *p, size_t n)
{
    c->bytes = malloc(n + 1);
    memcpy(c->bytes, p, n);
    c->bytes_n = n;
    return true;
}

static bool want_text(struct conv_case *c, const char *p)
{
    struct units t;
    static uint8_t out[400000];
    size_t end = c->ctype == SQL_C_WCHAR ? TD_WCHAR_SIZE : 1;
    size_t n;

    if (!read_text(p, &t)) {
        free(t.u);
        return bad(c, "not a text literal");
    }
    n = c->ctype == SQL_C_WCHAR ? put_wide(&t, out) : put_utf8(&t, out);
    free(t.u);
    memset(out + n, 0, end);
    if (c->cap < (SQLLEN)end) return true; // nothing can be written
    if (n + end > (size_t)c->cap) return bad(c, "more text than the buffer holds");
    return put_bytes(c, out, n + end);
}

static bool want_numeric(struct conv_case *c, const char *p)
{
    SQL_NUMERIC_STRUCT s;
    int precision, scale, at;
    char sign;
    unsigned __int128 v;

    if (sscanf(p, "%d %d %c %n", &precision, &scale, &sign, &at) != 3)
        return bad(c, "not a NUMERIC literal");
    v = (unsigned __int128)read_dec(p + at, 0);
    s = (SQL_NUMERIC_STRUCT){(SQLCHAR)precision, (SQLSCHAR)scale, sign == '+', {0}};
    memcpy(s.val, &v, 16);
    return put_bytes(c, &s, sizeof s);
}

static bool want_time(struct conv_case *c, const char *p)
{
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, at = 0;
    unsigned nanos = 0;

    if (c->ctype == SQL_C_TYPE_TIME || c->ctype == SQL_C_TIME) {
        if (sscanf(p, "%d:%d:%d", &h, &mi, &s) != 3) return bad(c, "not a time");
        SQL_TIME_STRUCT t = {(SQLUSMALLINT)h, (SQLUSMALLINT)mi, (SQLUSMALLINT)s};
        return put_bytes(c, &t, sizeof t);
    }
    if (sscanf(p, "%d-%d-%d%n", &y, &mo, &d, &at) != 3) return bad(c, "not a date");
    if (c->ctype == SQL_C_TYPE_DATE || c->ctype == SQL_C_DATE) {
        SQL_DATE_STRUCT t = {(SQLSMALLINT)y, (SQLUSMALLINT)mo, (SQLUSMALLINT)d};
        return put_bytes(c, &t, sizeof t);
    }
    if (sscanf(p + at, " %d:%d:%d.%u", &h, &mi, &s, &nanos) != 4) return bad(c, "not a timestamp");
    SQL_TIMESTAMP_STRUCT t = {(SQLSMALLINT)y,
                              (SQLUSMALLINT)mo,
                              (SQLUSMALLINT)d,
                              (SQLUSMALLINT)h,
                              (SQLUSMALLINT)mi,
                              (SQLUSMALLINT)s,
                              nanos};
    return put_bytes(c, &t, sizeof t);
}

static bool want_guid(struct conv_case *c, const char *p)
{
    SQLGUID g;
    unsigned a, b, d, e[8];

    if (sscanf(p, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &d, e, e + 1, e + 2, e + 3,
               e + 4, e + 5, e + 6, e + 7) != 11)
        return bad(c, "not a GUID");
    g.Data1 = a;
    g.Data2 = (uint16_t)b;
    g.Data3 = (uint16_t)d;
    for (int i = 0; i < 8; i++)
        g.Data4[i] = (uint8_t)e[i];
    return put_bytes(c, &g, sizeof g);
}

/* `+ 163 12 39`: the sign and the fields of the type in order; SECOND has its fraction behind it.
 */
static bool want_interval(struct conv_case *c, const char *p)
{
    static const char first[] = {0, 0, 1, 2, 3, 4, 5, 0, 2, 2, 2, 3, 3, 4};
    static const char last[] = {0, 0, 1, 2, 3, 4, 5, 1, 3, 4, 5, 4, 5, 5};
    int code = c->ctype - 100;
    SQLUINTEGER f[7] = {0};
    SQL_INTERVAL_STRUCT s;
    char *end = (char *)p + 1;

    for (int i = first[code]; i <= last[code]; i++)
        f[i] = (SQLUINTEGER)strtoul(end, &end, 10);
    if (last[code] == 5) f[6] = (SQLUINTEGER)strtoul(end, &end, 10);
    if (*end) return bad(c, "more fields than the interval has");
    memset(&s, 0, sizeof s);
    s.interval_type = (SQLINTERVAL)code;
    s.interval_sign = *p == '-';
    if (last[code] <= 1) {
        s.intval.year_month.year = f[0];
        s.intval.year_month.month = f[1];
    } else {
        s.intval.day_second = (SQL_DAY_SECOND_STRUCT){f[2], f[3], f[4], f[5], f[6]};
    }
    return put_bytes(c, &s, sizeof s);
}

static bool want_number(struct conv_case *c, const char *p)
{
    double d = strtod(p, NULL);
    float f = (float)d;
    __int128 v;

    if (c->ctype == SQL_C_DOUBLE) return put_bytes(c, &d, sizeof d);
    if (c->ctype == SQL_C_FLOAT) return put_bytes(c, &f, sizeof f);
    v = read_int(p);
    return put_bytes(c, &v, (size_t)td_ctype_width(c->ctype));
}

static bool read_want(struct conv_case *c, const char *p)
{
    static uint8_t bytes[400000];
    size_t n;

    if (strcmp(p, "-") == 0) return true;
    switch (c->ctype) {
    case SQL_C_CHAR:
    case SQL_C_WCHAR:
        return want_text(c, p);
    case SQL_C_BINARY:
        if (!read_hex(p, bytes, &n)) return bad(c, "not a hex literal");
        return put_bytes(c, bytes, n);
    case SQL_C_NUMERIC:
        return want_numeric(c, p);
    case SQL_C_GUID:
        return want_guid(c, p);
    case SQL_C_DATE:
    case SQL_C_TIME:
    case SQL_C_TIMESTAMP:
    case SQL_C_TYPE_DATE:
    case SQL_C_TYPE_TIME:
    case SQL_C_TYPE_TIMESTAMP:
        return want_time(c, p);
    default:
        return c->ctype > 100 ? want_interval(c, p) : want_number(c, p);
    }
}

/* ---- lines ---- */

static int split(char *line, char *part[7])
{
    int n = 0;

    for (char *p = line; p && n < 7; n++) {
        char *bar = strstr(p, " | ");

        part[n] = p;
        if (bar) *bar = 0;
        p = bar ? bar + 3 : NULL;
    }
    return n;
}

static bool read_case(struct conv_case *c, char *line)
{
    char *part[7];
    size_t i;

    if (split(line, part) != 7) return bad(c, "not seven parts");
    for (i = 0; i < sizeof ctype_names / sizeof *ctype_names; i++)
        if (strcmp(ctype_names[i].name, part[2]) == 0) break;
    if (i == sizeof ctype_names / sizeof *ctype_names) return bad(c, "unknown C type");
    c->ctype = (SQLSMALLINT)ctype_names[i].ctype;
    c->cap = strcmp(part[3], "-") ? atol(part[3]) : 0;
    snprintf(c->outcome, sizeof c->outcome, "%s", part[4]);
    c->has_ind = strcmp(part[5], "-") != 0;
    if (c->has_ind) c->ind = strcmp(part[5], "null") ? atol(part[5]) : SQL_NULL_DATA;
    return read_cell(c, part[0], part[1]) && read_want(c, part[6]);
}

static int64_t days_of(const char *p)
{
    int y, m, d;

    if (sscanf(p, "%d-%d-%d", &y, &m, &d) != 3) return 0;
    return td_days_from_civil(y, (uint32_t)m, (uint32_t)d);
}

static bool read_setting(struct td_kctx *x, const char *p)
{
    struct td_err err;
    int a, b;

    if (strncmp(p, "zone ", 5) == 0) {
        const struct td_tz *tz = td_tz_get(td_str_of(p + 5), &err);

        if (!tz) return false;
        td_tz_cache_init(&x->tz, tz);
        memset(&x->day, 0, sizeof x->day);
        return true;
    }
    if (strncmp(p, "numeric ", 8) == 0) {
        x->num_scale_set = sscanf(p + 8, "%d %d", &a, &b) == 2;
        x->num_precision = x->num_scale_set ? (SQLSMALLINT)a : 38;
        x->num_scale = x->num_scale_set ? (SQLSMALLINT)b : 0;
        return true;
    }
    if (strncmp(p, "interval ", 9) == 0) {
        bool set = sscanf(p + 9, "%d %d", &a, &b) == 2;

        x->interval_leading_precision = set ? a : 2;
        x->interval_seconds_precision = set ? b : 6;
        return true;
    }
    if (strncmp(p, "max_length ", 11) == 0)
        x->max_length = (SQLULEN)atol(p + 11);
    else if (strncmp(p, "max_column ", 11) == 0)
        x->max_column = (size_t)atol(p + 11);
    else if (strncmp(p, "today ", 6) == 0)
        x->today = days_of(p + 6);
    else
        return false;
    return true;
}

struct conv_file *conv_file_open(const char *path)
{
    struct conv_file *f = calloc(1, sizeof *f);

    f->f = fopen(path, "r");
    f->path = strdup(path);
    td_kctx_init(&f->settings, td_tz_get(TD_STR("UTC"), NULL));
    if (f->f) return f;
    conv_file_close(f);
    return NULL;
}

bool conv_file_next(struct conv_file *f, struct conv_case *c)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    memset(c, 0, sizeof *c);
    c->file = f->path;
    while ((n = getline(&line, &room, f->f)) > 0) {
        f->line++;
        if (line[n - 1] == '\n') line[n - 1] = 0;
        if (line[0] == 0 || line[0] == '#') continue;
        c->line = f->line;
        c->text = strdup(line);
        c->settings = f->settings;
        if (line[0] != '@') {
            c->good = read_case(c, line);
        } else if (read_setting(&f->settings, line + 1)) {
            free(c->text);
            continue;
        } else {
            bad(c, "unknown setting");
        }
        free(line);
        return true;
    }
    free(line);
    return false;
}

void conv_case_free(struct conv_case *c)
{
    td_free(c->block);
    free(c->bytes);
    free(c->text);
}

void conv_file_close(struct conv_file *f)
{
    if (f->f) fclose(f->f);
    free(f->path);
    free(f);
}

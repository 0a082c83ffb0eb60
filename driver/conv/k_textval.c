/*
 * k_textval.c: VARCHAR, NCHAR and JSON to numbers, dates, times, timestamps and GUIDs (ODBC
 * reference, "SQL to C: Character"). Blanks around the value are ignored.
 *
 * Text without the form of the target is 22018 (appendix D); text that has the form of a date or
 * time but names none, as 2023-02-30, is 22007 (SQLFetch's table of states).
 */
#include "conv/numeric.h"
#include "conv/textsrc.h"

#include <math.h>

/* A reader stores the value or reports; true when the indicator is due. `dst` may be NULL. */
typedef bool (*read_cell)(struct td_str s, uint8_t *dst, uint32_t i, enum td_ckind kind,
                          struct td_kctx *x);

static bool end(enum td_num_parse rc, uint32_t i, struct td_kctx *x)
{
    static const enum td_sqlstate states[] = {
        [TD_NP_FORMAT] = TD_ST_22018, [TD_NP_RANGE] = TD_ST_22003, [TD_NP_FRACTION] = TD_ST_01S07};

    if (rc == TD_NP_OK) return true;
    td_report(x, i, states[rc], NULL);
    return rc == TD_NP_FRACTION;
}

static bool read_int(struct td_str s, uint8_t *dst, uint32_t i, enum td_ckind kind,
                     struct td_kctx *x)
{
    uint8_t value[8];
    enum td_num_parse rc;
    uint64_t u;
    int64_t v;

    if (kind == TD_C_U64) {
        rc = td_text_u64(s, &u);
        if (dst && (rc == TD_NP_OK || rc == TD_NP_FRACTION)) memcpy(dst, &u, sizeof u);
    } else {
        rc = td_text_i64(s, &v);
        rc = td_put_int(kind, dst ? dst : value, rc, v, s.n && s.p[0] == '-');
    }
    return end(rc, i, x);
}

static bool read_real(struct td_str s, uint8_t *dst, uint32_t i, enum td_ckind kind,
                      struct td_kctx *x)
{
    double d;
    enum td_num_parse rc = td_text_double(s, &d);
    float f = rc == TD_NP_OK ? (float)d : 0;

    if (rc == TD_NP_OK && kind == TD_C_F32 && isinf(f) && !isinf(d)) rc = TD_NP_RANGE;
    if (dst && rc == TD_NP_OK)
        memcpy(dst, kind == TD_C_F32 ? (void *)&f : (void *)&d, kind == TD_C_F32 ? 4 : 8);
    return end(rc, i, x);
}

struct td_str td_nine_digits(struct td_str s, char buf[TD_TIME_TEXT], bool *cut)
{
    const char *point = s.n && s.n <= TD_TIME_TEXT ? memchr(s.p, '.', s.n) : NULL;
    size_t from, to;

    *cut = false;
    if (!point) return s;
    from = to = (size_t)(point - s.p) + 1;
    while (to < s.n && td_isdigit(s.p[to]))
        to++;
    if (to - from <= 9) return s;
    from += 9;
    for (size_t i = from; i < to; i++)
        *cut |= s.p[i] != '0';
    memcpy(buf, s.p, from);
    memcpy(buf + from, s.p + to, s.n - to);
    return (struct td_str){buf, from + s.n - to};
}

/* Text with an offset names an instant: shown in the connection's zone, as a TIMESTAMP column would
 * be. */
static void to_local(struct td_time_text *v, struct td_kctx *x)
{
    int64_t utc = td_civil_to_sec(&v->c) - v->offset_sec;

    td_sec_to_civil(utc + td_tz_cached(&x->tz, utc), v->c.nanos, &v->c);
}

static void store_date(const struct td_civil *c, uint8_t *dst)
{
    SQL_DATE_STRUCT s = {(SQLSMALLINT)c->year, (SQLUSMALLINT)c->month, (SQLUSMALLINT)c->day};

    if (dst) memcpy(dst, &s, sizeof s);
}

static void store_time(const struct td_civil *c, uint8_t *dst)
{
    SQL_TIME_STRUCT s = {(SQLUSMALLINT)c->hour, (SQLUSMALLINT)c->minute, (SQLUSMALLINT)c->second};

    if (dst) memcpy(dst, &s, sizeof s);
}

static void store_ts(const struct td_civil *c, uint8_t *dst)
{
    SQL_TIMESTAMP_STRUCT s = {(SQLSMALLINT)c->year,
                              (SQLUSMALLINT)c->month,
                              (SQLUSMALLINT)c->day,
                              (SQLUSMALLINT)c->hour,
                              (SQLUSMALLINT)c->minute,
                              (SQLUSMALLINT)c->second,
                              c->nanos};

    if (dst) memcpy(dst, &s, sizeof s);
}

static bool read_time(struct td_str s, uint8_t *dst, uint32_t i, enum td_ckind kind,
                      struct td_kctx *x)
{
    char buf[TD_TIME_TEXT];
    struct td_time_text v;
    bool cut;
    enum td_time_parse rc = td_time_read(td_nine_digits(s, buf, &cut), &v);
    bool form = rc == TD_TP_OK &&
                !(v.kind == TD_TIME_TIME && (v.has_offset || kind == TD_C_DATE)) &&
                !(v.kind == TD_TIME_DATE && kind == TD_C_TIME);

    if (!form) {
        td_report(x, i, rc == TD_TP_RANGE ? TD_ST_22007 : TD_ST_22018, NULL);
        return false;
    }
    if (v.has_offset) to_local(&v, x);
    if (v.kind == TD_TIME_TIME) td_civil_from_days(x->today, &v.c.year, &v.c.month, &v.c.day);
    if (v.c.year < INT16_MIN || v.c.year > INT16_MAX) {
        td_report(x, i, TD_ST_22008, "The year does not fit the date or timestamp structure");
        return false;
    }
    if (kind == TD_C_DATE) {
        store_date(&v.c, dst);
        cut |= (v.c.hour | v.c.minute | v.c.second | v.c.nanos) != 0;
    } else if (kind == TD_C_TIME) {
        store_time(&v.c, dst);
        cut |= v.c.nanos != 0;
    } else {
        store_ts(&v.c, dst);
    }
    if (cut) td_report(x, i, TD_ST_01S07, NULL);
    return true;
}

static int hex_digit(char c)
{
    if (td_isdigit(c)) return c - '0';
    c = td_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee`, with or without braces. */
static bool read_guid(struct td_str s, uint8_t *dst, uint32_t i, enum td_ckind kind,
                      struct td_kctx *x)
{
    uint8_t b[16];
    size_t n = 0, at = 0;
    SQLGUID g;

    (void)kind;
    if (s.n == 38 && s.p[0] == '{' && s.p[37] == '}') s = (struct td_str){s.p + 1, 36};
    while (s.n == 36 && n < 16) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (s.p[at++] != '-') break;
            continue;
        }
        int hi = hex_digit(s.p[at]), lo = hex_digit(s.p[at + 1]);
        if (hi < 0 || lo < 0) break;
        b[n++] = (uint8_t)(hi << 4 | lo);
        at += 2;
    }
    if (n < 16) {
        td_report(x, i, TD_ST_22018, "The text is not a GUID");
        return false;
    }
    g.Data1 = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    g.Data2 = (uint16_t)(b[4] << 8 | b[5]);
    g.Data3 = (uint16_t)(b[6] << 8 | b[7]);
    memcpy(g.Data4, b + 8, 8);
    if (dst) memcpy(dst, &g, sizeof g);
    return true;
}

TD_INLINE void value_run(const struct td_col *col, uint32_t row0, uint32_t n,
                         const struct td_target *t, struct td_kctx *x, const read_cell read,
                         const enum td_ckind kind, const SQLLEN width)
{
    char buf[TD_VALUE_TEXT];
    struct td_str s;

    for (uint32_t i = 0; i < n; i++) {
        if (td_cell_null(col, row0 + i)) {
            td_put_null(t, i, x);
        } else if (!td_value_text(col, row0 + i, buf, &s)) {
            td_report(x, i, TD_ST_22018, NULL);
        } else if (read(s, t->base ? td_slot(t, i) : NULL, i, kind, x)) {
            td_put_len(t, i, width);
        }
    }
}

#define KERNEL(NAME, READ, KIND, WIDTH)                                                            \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        value_run(col, row0, n, t, x, READ, KIND, WIDTH);                                          \
    }
KERNEL(to_bit, read_int, TD_C_BIT, 1)
KERNEL(to_i8, read_int, TD_C_I8, 1)
KERNEL(to_u8, read_int, TD_C_U8, 1)
KERNEL(to_i16, read_int, TD_C_I16, 2)
KERNEL(to_u16, read_int, TD_C_U16, 2)
KERNEL(to_i32, read_int, TD_C_I32, 4)
KERNEL(to_u32, read_int, TD_C_U32, 4)
KERNEL(to_i64, read_int, TD_C_I64, 8)
KERNEL(to_u64, read_int, TD_C_U64, 8)
KERNEL(to_f32, read_real, TD_C_F32, 4)
KERNEL(to_f64, read_real, TD_C_F64, 8)
KERNEL(to_date, read_time, TD_C_DATE, sizeof(SQL_DATE_STRUCT))
KERNEL(to_time, read_time, TD_C_TIME, sizeof(SQL_TIME_STRUCT))
KERNEL(to_ts, read_time, TD_C_TS, sizeof(SQL_TIMESTAMP_STRUCT))
KERNEL(to_guid, read_guid, TD_C_GUID, sizeof(SQLGUID))

td_kernel td_k_textval(enum td_ckind kind)
{
    static const td_kernel kernels[TD_C_COUNT] = {
        [TD_C_BIT] = to_bit,   [TD_C_I8] = to_i8,   [TD_C_U8] = to_u8,     [TD_C_I16] = to_i16,
        [TD_C_U16] = to_u16,   [TD_C_I32] = to_i32, [TD_C_U32] = to_u32,   [TD_C_I64] = to_i64,
        [TD_C_U64] = to_u64,   [TD_C_F32] = to_f32, [TD_C_F64] = to_f64,   [TD_C_DATE] = to_date,
        [TD_C_TIME] = to_time, [TD_C_TS] = to_ts,   [TD_C_GUID] = to_guid,
    };

    return kernels[kind];
}

/* sql_udf_time.c: time functions and CAST for SQLite (sql_udf.h). The zone is the running
   session's. */
#include "sql_udf.h"

#include "sql_time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *zone(sqlite3_context *c)
{
    return ((struct tl_engine *)sqlite3_user_data(c))->tz;
}

static void f_window(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    int64_t out;
    if (tl_udf_null(c, 3, v)) return;
    if (tl_ts_window(sqlite3_value_int64(v[0]), sqlite3_value_int64(v[1]), 'd',
                     sqlite3_value_int(v[2]), zone(c), &out)) {
        sqlite3_result_int64(c, out);
    } else {
        tl_udf_fail(c, TL_E_INTERNAL, "window out of range");
    }
}

static void f_tsadd(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    int64_t out;
    if (tl_udf_null(c, 4, v)) return;
    const char *unit = (const char *)sqlite3_value_text(v[2]);
    if (tl_ts_add(sqlite3_value_int64(v[0]), sqlite3_value_int64(v[1]), unit[0],
                  sqlite3_value_int(v[3]), zone(c), &out)) {
        sqlite3_result_int64(c, out);
    } else {
        sqlite3_result_null(c);
    }
}

static void f_iso(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    char out[64];
    if (tl_udf_null(c, 2, v)) return;
    int len = tl_ts_iso(sqlite3_value_int64(v[0]), sqlite3_value_int(v[1]), zone(c), out);
    if (len) {
        sqlite3_result_text(c, out, len, SQLITE_TRANSIENT);
    } else {
        sqlite3_result_null(c);
    }
}

static void f_unix(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    int64_t out;
    size_t len;
    if (tl_udf_null(c, 2, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    if (tl_ts_parse(s, len, sqlite3_value_int(v[1]), zone(c), &out)) {
        sqlite3_result_int64(c, out);
    } else {
        sqlite3_result_null(c);
    }
}

struct cast {
    sqlite3_context *c;
    sqlite3_value *v;
    int from, from_scale, to, len, prec;
};

static double real_of(const struct cast *k)
{
    if (tl_is_dec((uint8_t)k->from))
        return tl_dec_double(tl_dec_unblob(sqlite3_value_blob(k->v)), k->from_scale);
    if (k->from == TL_UBIGINT) return (double)((uint64_t)sqlite3_value_int64(k->v) ^ (1ULL << 63));
    if (tl_is_text((uint8_t)k->from)) {
        size_t n;
        return strtod(tl_udf_str(k->v, &n), NULL);
    }
    return sqlite3_value_double(k->v);
}

/* To an integer type: out of range wraps in the server; here it is refused, as the outcome was
   not recorded. */
static void cast_int(const struct cast *k)
{
    static const struct {
        int t;
        double min, max;
    } range[] = {{TL_TINYINT, -128, 127},
                 {TL_SMALLINT, -32768, 32767},
                 {TL_INT, -2147483648.0, 2147483647},
                 {TL_BIGINT, -9223372036854775808.0, 9223372036854775807.0},
                 {TL_UTINYINT, 0, 255},
                 {TL_USMALLINT, 0, 65535},
                 {TL_UINT, 0, 4294967295.0},
                 {TL_UBIGINT, 0, 18446744073709551615.0},
                 {TL_TIMESTAMP, -9223372036854775808.0, 9223372036854775807.0}};
    bool exact = tl_is_int((uint8_t)k->from), text = tl_is_text((uint8_t)k->from);
    int64_t i = exact ? sqlite3_value_int64(k->v) : 0;
    if (text) {
        size_t n;
        i = strtoll(tl_udf_str(k->v, &n), NULL, 10);
        exact = true;
    }
    if (k->from == TL_UBIGINT) {
        uint64_t u = (uint64_t)sqlite3_value_int64(k->v) ^ (1ULL << 63);
        if (k->to == TL_UBIGINT) {
            sqlite3_result_value(k->c, k->v);
            return;
        }
        if (u > INT64_MAX) {
            tl_udf_fail(k->c, TL_E_OPS_NOT_SUPPORT, "cast out of range");
            return;
        }
        i = (int64_t)u;
        exact = true;
    }
    double d = exact ? (double)i : trunc(real_of(k));
    for (size_t r = 0; r < sizeof range / sizeof range[0]; r++) {
        if (range[r].t != k->to) continue;
        bool edge = !exact && d >= range[r].max && range[r].max > 9e18;
        if (!(d >= range[r].min && d <= range[r].max) || edge) {
            tl_udf_fail(k->c, TL_E_OPS_NOT_SUPPORT, "cast out of range");
            return;
        }
    }
    if (k->to == TL_UBIGINT) {
        uint64_t u = exact ? (uint64_t)i : (uint64_t)d;
        sqlite3_result_int64(k->c, (int64_t)(u ^ (1ULL << 63)));
    } else {
        sqlite3_result_int64(k->c, exact ? i : (int64_t)d);
    }
}

/* Cuts text to `len` bytes, or code points for NCHAR; never inside a code point. */
static void result_cut(const struct cast *k, const char *s, size_t n)
{
    size_t keep = 0, chars = 0;
    while (keep < n) {
        size_t step = 1;
        while (keep + step < n && ((unsigned char)s[keep + step] & 0xC0) == 0x80)
            step++;
        if (k->to == TL_NCHAR ? chars >= (size_t)k->len : keep + step > (size_t)k->len) break;
        keep += step;
        chars++;
    }
    sqlite3_result_text64(k->c, s, keep, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void cast_text(const struct cast *k)
{
    char buf[400];
    size_t n;
    if (tl_is_text((uint8_t)k->from)) {
        const char *s = tl_udf_str(k->v, &n);
        result_cut(k, s, n);
        return;
    }
    int64_t i = sqlite3_value_int64(k->v);
    if (k->from == TL_BOOL) {
        n = (size_t)snprintf(buf, sizeof buf, "%s", i ? "true" : "false");
    } else if (tl_is_dec((uint8_t)k->from)) {
        n = (size_t)tl_dec_print(tl_dec_unblob(sqlite3_value_blob(k->v)), k->from_scale, buf);
    } else if (k->from == TL_UBIGINT) {
        n = (size_t)snprintf(buf, sizeof buf, "%llu",
                             (unsigned long long)((uint64_t)i ^ (1ULL << 63)));
    } else if (tl_is_float((uint8_t)k->from)) {
        tl_udf_fail(k->c, TL_E_OPS_NOT_SUPPORT, "cast of a float to text");
        return;
    } else {
        n = (size_t)snprintf(buf, sizeof buf, "%lld", (long long)i);
    }
    result_cut(k, buf, n);
}

static void cast_ts(const struct cast *k)
{
    int64_t out;
    size_t n;
    if (!tl_is_text((uint8_t)k->from)) {
        cast_int(k);
        return;
    }
    const char *s = tl_udf_str(k->v, &n);
    if (tl_ts_parse(s, n, k->prec, zone(k->c), &out)) {
        sqlite3_result_int64(k->c, out);
    } else {
        tl_udf_fail(k->c, TL_E_OPS_NOT_SUPPORT, "cast of a text that is no timestamp");
    }
}

/* td_cast(value, from type, from scale, to type, to length, precision) */
static void f_cast(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 1, v)) return;
    struct cast k = {c,
                     v[0],
                     sqlite3_value_int(v[1]),
                     sqlite3_value_int(v[2]),
                     sqlite3_value_int(v[3]),
                     sqlite3_value_int(v[4]),
                     sqlite3_value_int(v[5])};
    if (k.to == TL_BOOL) {
        sqlite3_result_int(c, real_of(&k) != 0);
    } else if (k.to == TL_TIMESTAMP) {
        cast_ts(&k);
    } else if (tl_is_float((uint8_t)k.to)) {
        double d = real_of(&k);
        sqlite3_result_double(c, k.to == TL_FLOAT ? (double)(float)d : d);
    } else if (k.to == TL_VARBINARY) {
        sqlite3_result_blob64(c, sqlite3_value_blob(v[0]),
                              (sqlite3_uint64)sqlite3_value_bytes(v[0]), SQLITE_TRANSIENT);
    } else if (tl_is_text((uint8_t)k.to)) {
        cast_text(&k);
    } else {
        cast_int(&k);
    }
}

bool tl_udf_time(struct tl_engine *e, struct tl_error *err)
{
    static const struct tl_udf time_fns[] = {{"td_window", 3, f_window},
                                             {"td_tsadd", 4, f_tsadd},
                                             {"td_iso", 2, f_iso},
                                             {"td_unix", 2, f_unix},
                                             {"td_cast", 6, f_cast}};
    return tl_udf_add(e, time_fns, sizeof time_fns / sizeof time_fns[0], err);
}

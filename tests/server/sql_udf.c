/* sql_udf.c: numeric functions, comparisons and decimals for SQLite (sql_udf.h). */
#include "sql_udf.h"

#include <float.h>
#include <math.h>
#include <string.h>

bool tl_udf_null(sqlite3_context *c, int n, sqlite3_value **v)
{
    for (int i = 0; i < n; i++) {
        if (sqlite3_value_type(v[i]) != SQLITE_NULL) continue;
        sqlite3_result_null(c);
        return true;
    }
    return false;
}

void tl_udf_fail(sqlite3_context *c, int code, const char *msg)
{
    struct tl_engine *e = sqlite3_user_data(c);
    if (!e->err->code) tl_fail(e->err, code, "%s", msg);
    sqlite3_result_error(c, msg, -1);
}

const char *tl_udf_str(sqlite3_value *v, size_t *n)
{
    const char *s = (const char *)sqlite3_value_text(v);
    *n = (size_t)sqlite3_value_bytes(v);
    return s ? s : "";
}

/* FLOAT and DOUBLE compare with the server's tolerance: equal when they differ by at most 4 *
   FLT_EPSILON. */
static void f_fcmp(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 2, v)) return;
    double a = sqlite3_value_double(v[0]), b = sqlite3_value_double(v[1]);
    bool same = a == b || fabs(a - b) <= 4 * (double)FLT_EPSILON;
    sqlite3_result_int(c, same ? 0 : a > b ? 1 : -1);
}

/* A biased unsigned against a signed integer. */
static void f_ucmp(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 2, v)) return;
    uint64_t a = (uint64_t)sqlite3_value_int64(v[0]) ^ (1ULL << 63);
    int64_t b = sqlite3_value_int64(v[1]);
    sqlite3_result_int(c, b < 0 || a > (uint64_t)b ? 1 : a < (uint64_t)b ? -1 : 0);
}

static void f_u2d(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 1, v)) return;
    sqlite3_result_double(c, (double)((uint64_t)sqlite3_value_int64(v[0]) ^ (1ULL << 63)));
}

/* A decimal blob, or an integer that stands for one of scale 0. */
static tl_i128 dec_of(sqlite3_value *v)
{
    if (sqlite3_value_type(v) == SQLITE_BLOB && sqlite3_value_bytes(v) == 16) {
        return tl_dec_unblob(sqlite3_value_blob(v));
    }
    return sqlite3_value_int64(v);
}

static void f_dcmp(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 4, v)) return;
    sqlite3_result_int(c, tl_dec_cmp(dec_of(v[0]), sqlite3_value_int(v[1]), dec_of(v[2]),
                                     sqlite3_value_int(v[3])));
}

static void result_dec(sqlite3_context *c, tl_i128 d)
{
    unsigned char b[16];
    tl_dec_blob(d, b);
    sqlite3_result_blob(c, b, 16, SQLITE_TRANSIENT);
}

static void f_dec(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 7, v)) return;
    const char *op = (const char *)sqlite3_value_text(v[0]);
    tl_i128 out;
    enum tl_dec_rc rc =
        tl_dec_op(op[0], dec_of(v[1]), sqlite3_value_int(v[2]), dec_of(v[3]),
                  sqlite3_value_int(v[4]), sqlite3_value_int(v[5]), sqlite3_value_int(v[6]), &out);
    if (rc == TL_DEC_OVERFLOW) {
        tl_udf_fail(c, TL_E_DECIMAL_OVERFLOW, "Decimal value overflow");
    } else if (rc == TL_DEC_BAD) {
        tl_udf_fail(c, 0x013E, "Division by zero");
    } else {
        result_dec(c, out);
    }
}

static void f_dneg(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (!tl_udf_null(c, 1, v)) result_dec(c, -dec_of(v[0]));
}

/* NaN becomes NULL in SQLite, as TDengine shows it for constants (golden/query/ms/nan_inf); so
   must infinity. */
static void result_real(sqlite3_context *c, double d)
{
    if (isfinite(d)) {
        sqlite3_result_double(c, d);
    } else {
        sqlite3_result_null(c);
    }
}

#define MATH1(name, expr)                                                                          \
    static void f_##name(sqlite3_context *c, int n, sqlite3_value **v)                             \
    {                                                                                              \
        (void)n;                                                                                   \
        if (tl_udf_null(c, 1, v)) return;                                                          \
        double x = sqlite3_value_double(v[0]);                                                     \
        result_real(c, expr);                                                                      \
    }
#define MATH2(name, expr)                                                                          \
    static void f_##name(sqlite3_context *c, int n, sqlite3_value **v)                             \
    {                                                                                              \
        (void)n;                                                                                   \
        if (tl_udf_null(c, 2, v)) return;                                                          \
        double x = sqlite3_value_double(v[0]), y = sqlite3_value_double(v[1]);                     \
        result_real(c, expr);                                                                      \
    }
MATH1(sqrt, sqrt(x))
MATH1(exp, exp(x))
MATH1(ln, log(x))
MATH1(sin, sin(x))
MATH1(cos, cos(x))
MATH1(tan, tan(x))
MATH1(asin, asin(x))
MATH1(acos, acos(x))
MATH1(atan, atan(x))
MATH1(degrees, x * 180.0 / M_PI)
MATH1(radians, x / 180.0 * M_PI)
MATH2(pow, pow(x, y))
MATH2(fmod, fmod(x, y))

static void f_log(sqlite3_context *c, int n, sqlite3_value **v)
{
    if (tl_udf_null(c, n, v)) return;
    double x = log(sqlite3_value_double(v[0]));
    if (n > 1) x /= log(sqlite3_value_double(v[1]));
    result_real(c, x);
}

static void f_pi(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    (void)v;
    sqlite3_result_double(c, M_PI);
}

static bool is_int(sqlite3_value *v)
{
    return sqlite3_value_type(v) == SQLITE_INTEGER;
}

static void f_abs(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 1, v)) return;
    int64_t i = sqlite3_value_int64(v[0]);
    if (!is_int(v[0])) {
        sqlite3_result_double(c, fabs(sqlite3_value_double(v[0])));
    } else {
        sqlite3_result_int64(c, i < 0 ? (int64_t)(0 - (uint64_t)i) : i);
    }
}

static void f_sign(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 1, v)) return;
    double d = sqlite3_value_double(v[0]);
    int s = d > 0 ? 1 : d < 0 ? -1 : 0;
    if (is_int(v[0])) {
        sqlite3_result_int(c, s);
    } else {
        sqlite3_result_double(c, s);
    }
}

static void f_ceil(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (is_int(v[0])) {
        sqlite3_result_value(c, v[0]);
    } else if (!tl_udf_null(c, 1, v)) {
        sqlite3_result_double(c, ceil(sqlite3_value_double(v[0])));
    }
}

static void f_floor(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (is_int(v[0])) {
        sqlite3_result_value(c, v[0]);
    } else if (!tl_udf_null(c, 1, v)) {
        sqlite3_result_double(c, floor(sqlite3_value_double(v[0])));
    }
}

/* Integers are rounded at digits left of the point only. */
static void round_int(sqlite3_context *c, int64_t i, int64_t digits, bool cut)
{
    if (digits < -18) {
        sqlite3_result_int64(c, 0);
        return;
    }
    int64_t p = 1;
    for (; digits < 0; digits++)
        p *= 10;
    int64_t q = i / p, r = i % p;
    if (!cut && p > 1 && (r >= p / 2 || -r >= p / 2)) q += i < 0 ? -1 : 1;
    sqlite3_result_int64(c, q * p);
}

static void round_or_cut(sqlite3_context *c, int n, sqlite3_value **v, bool cut)
{
    if (tl_udf_null(c, n, v)) return;
    int64_t digits = n > 1 ? sqlite3_value_int64(v[1]) : 0;
    if (is_int(v[0])) {
        round_int(c, sqlite3_value_int64(v[0]), digits, cut);
        return;
    }
    double d = sqlite3_value_double(v[0]), p = pow(10, (double)(digits < 0 ? -digits : digits));
    double scaled = digits < 0 ? d / p : d * p;
    if (!isfinite(scaled)) {
        sqlite3_result_double(c, d);
        return;
    }
    scaled = cut ? trunc(scaled) : round(scaled);
    result_real(c, digits < 0 ? scaled * p : scaled / p);
}

static void f_round(sqlite3_context *c, int n, sqlite3_value **v)
{
    round_or_cut(c, n, v, false);
}

static void f_trunc(sqlite3_context *c, int n, sqlite3_value **v)
{
    round_or_cut(c, n, v, true);
}

static const struct tl_udf numeric[] = {
    {"td_fcmp", 2, f_fcmp},   {"td_ucmp", 2, f_ucmp},       {"td_u2d", 1, f_u2d},
    {"td_dcmp", 4, f_dcmp},   {"td_dec", 7, f_dec},         {"td_dneg", 1, f_dneg},
    {"td_sqrt", 1, f_sqrt},   {"td_exp", 1, f_exp},         {"td_ln", 1, f_ln},
    {"td_log", -1, f_log},    {"td_sin", 1, f_sin},         {"td_cos", 1, f_cos},
    {"td_tan", 1, f_tan},     {"td_asin", 1, f_asin},       {"td_acos", 1, f_acos},
    {"td_atan", 1, f_atan},   {"td_degrees", 1, f_degrees}, {"td_radians", 1, f_radians},
    {"td_pow", 2, f_pow},     {"td_fmod", 2, f_fmod},       {"td_pi", 0, f_pi},
    {"td_abs", 1, f_abs},     {"td_sign", 1, f_sign},       {"td_ceil", 1, f_ceil},
    {"td_floor", 1, f_floor}, {"td_round", -1, f_round},    {"td_trunc", -1, f_trunc}};

bool tl_udf_add(struct tl_engine *e, const struct tl_udf *v, size_t n, struct tl_error *err)
{
    for (size_t i = 0; i < n; i++) {
        int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
        if (sqlite3_create_function_v2(e->sq, v[i].name, v[i].nargs, flags, e, v[i].fn, NULL, NULL,
                                       NULL) != SQLITE_OK) {
            return tl_sql_fail(e, err);
        }
    }
    return true;
}

bool tl_udf_install(struct tl_engine *e, struct tl_error *err)
{
    return tl_udf_add(e, numeric, sizeof numeric / sizeof numeric[0], err) && tl_udf_text(e, err) &&
           tl_udf_time(e, err) && tl_udf_meta(e, err) && tl_udf_more(e, err) &&
           tl_udf_tochar(e, err) && tl_udf_agg(e, err);
}

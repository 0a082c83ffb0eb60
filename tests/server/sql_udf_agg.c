/* sql_udf_agg.c: aggregate functions for SQLite (sql_udf.h). */
#include "sql_udf.h"

#include <math.h>
#include <string.h>

struct sums {
    int64_t n;
    uint64_t i; /* wraps, as the server's 64-bit sum does */
    double d, sq;
    uint64_t isq;
    bool ints;
    unsigned char dec[16]; /* a tl_i128: SQLite aligns to 8 bytes only */
    bool over;
};

static struct sums *state(sqlite3_context *c, bool make)
{
    struct sums *s = sqlite3_aggregate_context(c, make ? sizeof(struct sums) : 0);
    if (!s && make) sqlite3_result_error_nomem(c);
    return s;
}

/* td_sum_i(x, kind): kind 0 signed, 1 unsigned below 64 bits, 2 BIGINT UNSIGNED (biased). */
static void step_int(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_NULL) return;
    struct sums *s = state(c, true);
    if (!s) return;
    uint64_t x = (uint64_t)sqlite3_value_int64(v[0]);
    int kind = sqlite3_value_int(v[1]);
    s->i += kind == 2 ? x ^ (1ULL << 63) : x;
    s->ints = kind == 0;
    s->n++;
}

static void final_sum_int(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    if (!s || !s->n) {
        sqlite3_result_null(c);
    } else {
        sqlite3_result_int64(c, (int64_t)(s->ints ? s->i : s->i ^ (1ULL << 63)));
    }
}

static void final_avg_int(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    if (!s || !s->n) {
        sqlite3_result_null(c);
    } else {
        sqlite3_result_double(c, (s->ints ? (double)(int64_t)s->i : (double)s->i) / (double)s->n);
    }
}

static void step_real(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    int type = sqlite3_value_type(v[0]);
    if (type == SQLITE_NULL) return;
    struct sums *s = state(c, true);
    if (!s) return;
    double d = sqlite3_value_double(v[0]);
    s->n++;
    if (type == SQLITE_INTEGER) {
        uint64_t i = (uint64_t)sqlite3_value_int64(v[0]);
        s->ints = true;
        s->i += i;
        s->isq += i * i;
        return;
    }
    s->d += d;
    s->sq += d * d;
}

static void real_or_null(sqlite3_context *c, double d)
{
    if (isfinite(d)) {
        sqlite3_result_double(c, d);
    } else {
        sqlite3_result_null(c);
    }
}

static void final_sum_real(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    if (!s || !s->n) {
        sqlite3_result_null(c);
    } else {
        real_or_null(c, s->d);
    }
}

static void final_avg_real(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    if (!s || !s->n) {
        sqlite3_result_null(c);
    } else {
        real_or_null(c, s->d / (double)s->n);
    }
}

/* Variance of the whole population, from sum and sum of squares as the server computes it. */
static double variance(const struct sums *s)
{
    double n = (double)s->n;
    double avg = (s->ints ? (double)(int64_t)s->i : s->d) / n;
    double sq = s->ints ? (double)s->isq : s->sq;
    return fabs(sq / n - avg * avg);
}

static void final_stddev(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    if (!s || !s->n) {
        sqlite3_result_null(c);
    } else {
        real_or_null(c, sqrt(variance(s)));
    }
}

static void final_var(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    if (!s || !s->n) {
        sqlite3_result_null(c);
    } else {
        real_or_null(c, variance(s));
    }
}

/* td_sum_dec(x, scale, result scale) */
static void step_dec(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (sqlite3_value_type(v[0]) != SQLITE_BLOB || sqlite3_value_bytes(v[0]) != 16) return;
    struct sums *s = state(c, true);
    if (!s) return;
    s->n++;
    tl_i128 sum;
    memcpy(&sum, s->dec, sizeof sum);
    s->over |= tl_dec_op('+', sum, 0, tl_dec_unblob(sqlite3_value_blob(v[0])), 0, 38, 0, &sum) !=
               TL_DEC_OK;
    memcpy(s->dec, &sum, sizeof sum);
    s->i = (uint64_t)sqlite3_value_int(v[1]);
    s->isq = (uint64_t)sqlite3_value_int(v[2]);
}

static void result_dec(sqlite3_context *c, const struct sums *s, tl_i128 v)
{
    if (s->over) {
        tl_udf_fail(c, TL_E_DECIMAL_OVERFLOW, "Decimal value overflow");
        return;
    }
    unsigned char b[16];
    tl_dec_blob(v, b);
    sqlite3_result_blob(c, b, 16, SQLITE_TRANSIENT);
}

static void final_sum_dec(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    if (!s || !s->n) {
        sqlite3_result_null(c);
    } else {
        tl_i128 sum;
        memcpy(&sum, s->dec, sizeof sum);
        result_dec(c, s, sum);
    }
}

static void final_avg_dec(sqlite3_context *c)
{
    struct sums *s = state(c, false);
    tl_i128 out = 0;
    if (!s || !s->n) {
        sqlite3_result_null(c);
        return;
    }
    tl_i128 sum;
    memcpy(&sum, s->dec, sizeof sum);
    s->over |= tl_dec_op('/', sum, (int)s->i, s->n, 0, 38, (int)s->isq, &out) != TL_DEC_OK;
    result_dec(c, s, out);
}

/* first, last, last_row: the value at the extreme timestamp; first and last pass over NULL. */
struct pick {
    bool any;
    int64_t ts;
    sqlite3_value *v;
};

static void take(sqlite3_context *c, sqlite3_value **v, bool late)
{
    struct pick *p = sqlite3_aggregate_context(c, sizeof *p);
    if (!p) {
        sqlite3_result_error_nomem(c);
        return;
    }
    int64_t ts = sqlite3_value_int64(v[1]);
    if (p->any && (late ? ts < p->ts : ts >= p->ts)) return;
    sqlite3_value_free(p->v);
    p->v = sqlite3_value_dup(v[0]);
    p->any = true;
    p->ts = ts;
}

static void step_first(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (sqlite3_value_type(v[0]) != SQLITE_NULL) take(c, v, false);
}

static void step_last(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (sqlite3_value_type(v[0]) != SQLITE_NULL) take(c, v, true);
}

static void step_last_row(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    take(c, v, true);
}

/* The same for a column beside the function: (column, timestamp, the function's argument). */
static void step_first_at(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (sqlite3_value_type(v[2]) != SQLITE_NULL) take(c, v, false);
}

static void step_last_at(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (sqlite3_value_type(v[2]) != SQLITE_NULL) take(c, v, true);
}

static void final_pick(sqlite3_context *c)
{
    struct pick *p = sqlite3_aggregate_context(c, 0);
    if (!p || !p->v) {
        sqlite3_result_null(c);
        return;
    }
    sqlite3_result_value(c, p->v);
    sqlite3_value_free(p->v);
    p->v = NULL;
}

bool tl_udf_agg(struct tl_engine *e, struct tl_error *err)
{
    static const struct {
        const char *name;
        int nargs;
        void (*step)(sqlite3_context *, int, sqlite3_value **);
        void (*final)(sqlite3_context *);
    } aggs[] = {{"td_sum_i", 2, step_int, final_sum_int},
                {"td_avg_i", 2, step_int, final_avg_int},
                {"td_sum_d", 1, step_real, final_sum_real},
                {"td_avg_d", 1, step_real, final_avg_real},
                {"td_stddev", 1, step_real, final_stddev},
                {"td_var", 1, step_real, final_var},
                {"td_sum_dec", 3, step_dec, final_sum_dec},
                {"td_avg_dec", 3, step_dec, final_avg_dec},
                {"td_first", 2, step_first, final_pick},
                {"td_last", 2, step_last, final_pick},
                {"td_last_row", 2, step_last_row, final_pick},
                {"td_first_at", 3, step_first_at, final_pick},
                {"td_last_at", 3, step_last_at, final_pick},
                {"td_last_row_at", 3, step_last_row, final_pick}};
    for (size_t i = 0; i < sizeof aggs / sizeof aggs[0]; i++) {
        if (sqlite3_create_function_v2(e->sq, aggs[i].name, aggs[i].nargs, SQLITE_UTF8, e, NULL,
                                       aggs[i].step, aggs[i].final, NULL) != SQLITE_OK) {
            return tl_sql_fail(e, err);
        }
    }
    return true;
}

/*
 * kcommon.c: NULL bits, indicators and loads shared by the kernels.
 */
#include "conv/kcommon.h"

#include "base/dec.h"

void td_kctx_init(struct td_kctx *x, const struct td_tz *tz)
{
    memset(x, 0, sizeof *x);
    td_tz_cache_init(&x->tz, tz);
    x->num_precision = 38;
    x->interval_seconds_precision = 6;
    x->interval_leading_precision = 2;
}

uint64_t td_null_bits(const struct td_col *c, uint32_t row, uint32_t n)
{
    const uint8_t *p = c->nulls + (row >> 3);
    uint32_t shift = row & 7;
    uint64_t bits = 0;
    uint32_t have = (c->rows + 7) / 8 - (row >> 3);

    if (have >= 9) {
        bits = __builtin_bswap64(td_ld64(p)) << shift;
        bits |= (uint64_t)p[8] >> (8 - shift); // shift 0: >> 8 of a byte is 0
    } else {
        for (uint32_t i = 0; i < have && i < 8; i++)
            bits |= (uint64_t)p[i] << (56 - 8 * i);
        bits <<= shift; // fewer than 9 bytes: at most 64 rows follow, all of them in the first 8
    }
    return n < 64 ? bits & ~(UINT64_MAX >> n) : bits;
}

void td_put_lens(const struct td_target *t, uint32_t i0, uint32_t n, uint64_t nulls, SQLLEN len,
                 struct td_kctx *x)
{
    if (t->ind == t->octet_len && t->len_stride == sizeof(SQLLEN) && t->ind) {
        SQLLEN *out = t->ind + i0;

        for (uint32_t i = 0; i < n; i++)
            out[i] = len;
        for (; nulls; nulls &= nulls - 1) // few, mostly
            out[63 - __builtin_ctzll(nulls)] = SQL_NULL_DATA;
        return;
    }
    if (!t->ind && !t->octet_len && nulls == 0) return;
    for (uint32_t i = 0; i < n; i++) {
        if (nulls & TD_ROW_BIT(i))
            td_put_null(t, i0 + i, x);
        else
            td_put_len(t, i0 + i, len);
    }
}

void td_put_run_lens(const struct td_col *c, uint32_t row0, uint32_t n, const struct td_target *t,
                     SQLLEN len, struct td_kctx *x)
{
    for (uint32_t i = 0; i < n; i += TD_CHUNK) {
        uint32_t m = n - i < TD_CHUNK ? n - i : TD_CHUNK;

        td_put_lens(t, i, m, td_null_bits(c, row0 + i, m), len, x);
    }
}

void td_report_rows(struct td_kctx *x, uint32_t i0, uint64_t rows, enum td_sqlstate state)
{
    while (rows) {
        uint32_t i = (uint32_t)__builtin_clzll(rows);

        td_report(x, i0 + i, state, NULL);
        rows &= ~TD_ROW_BIT(i);
    }
}

#define LOADER(NAME, TYPE, EXPR)                                                                   \
    static void NAME(const uint8_t *p, uint32_t n, int64_t *out)                                   \
    {                                                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            TYPE v;                                                                                \
                                                                                                   \
            memcpy(&v, p + i * sizeof v, sizeof v);                                                \
            out[i] = (int64_t)(EXPR);                                                              \
        }                                                                                          \
    }
LOADER(load_bool, uint8_t, v != 0)
LOADER(load_i8, int8_t, v)
LOADER(load_i16, int16_t, v)
LOADER(load_i32, int32_t, v)
LOADER(load_i64, int64_t, v)
LOADER(load_u8, uint8_t, v)
LOADER(load_u16, uint16_t, v)
LOADER(load_u32, uint32_t, v)

td_load_int td_int_loader(int td_type)
{
    static const td_load_int loaders[TD_T_COUNT] = {
        [TD_T_BOOL] = load_bool,     [TD_T_TINYINT] = load_i8, [TD_T_SMALLINT] = load_i16,
        [TD_T_INT] = load_i32,       [TD_T_BIGINT] = load_i64, [TD_T_UTINYINT] = load_u8,
        [TD_T_USMALLINT] = load_u16, [TD_T_UINT] = load_u32,   [TD_T_UBIGINT] = load_i64,
    };

    return loaders[td_type];
}

void td_load_reals(const struct td_col *c, uint32_t row, uint32_t n, double *out)
{
    if (c->type == TD_T_DOUBLE) {
        memcpy(out, c->data + (size_t)row * 8, (size_t)n * 8);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        float v;

        memcpy(&v, c->data + ((size_t)row + i) * 4, 4);
        out[i] = v;
    }
}

void td_load_dec(const struct td_col *c, uint32_t row, struct td_dec *out)
{
    out->scale = c->scale;
    if (c->type == TD_T_DECIMAL64) {
        out->v = td_i128_of((int64_t)td_ld64(c->data + (size_t)row * 8));
    } else {
        out->v.lo = td_ld64(c->data + (size_t)row * 16);
        out->v.hi = (int64_t)td_ld64(c->data + (size_t)row * 16 + 8);
    }
}

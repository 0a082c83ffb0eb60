/*
 * k_decimal.c: DECIMAL to BIT, integers, FLOAT and DOUBLE (ODBC reference, "SQL to C: Numeric").
 * Text, NUMERIC and intervals are in their own files.
 */
#include "conv/numeric.h"

#include <math.h>

static enum td_num_parse put(const struct td_dec *d, enum td_ckind kind, uint8_t *dst)
{
    enum td_num_parse rc;
    uint64_t u;
    int64_t v;
    double f64;
    float f32;

    switch (kind) {
    case TD_C_F64:
        f64 = td_dec_double(*d);
        memcpy(dst, &f64, sizeof f64);
        return TD_NP_OK;
    case TD_C_F32: // 38 digits are always in a float's range
        f32 = (float)td_dec_double(*d);
        memcpy(dst, &f32, sizeof f32);
        return TD_NP_OK;
    case TD_C_U64:
        rc = td_dec_u64(*d, &u);
        if (rc == TD_NP_OK || rc == TD_NP_FRACTION) memcpy(dst, &u, sizeof u);
        return rc;
    default:
        rc = td_dec_i64(*d, &v);
        return td_put_int(kind, dst, rc, v, td_i128_neg(d->v));
    }
}

TD_INLINE void dec_run(const struct td_col *col, uint32_t row0, uint32_t n,
                       const struct td_target *t, struct td_kctx *x, const enum td_ckind kind,
                       const SQLLEN width)
{
    struct td_dec d;

    for (uint32_t i = 0; i < n; i++) {
        enum td_num_parse rc = TD_NP_OK;

        if (td_col_is_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        td_load_dec(col, row0 + i, &d);
        if (t->base) rc = put(&d, kind, td_slot(t, i));
        td_end_number(t, i, rc, width, x);
    }
}

#define KERNEL(NAME, KIND, WIDTH)                                                                  \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        dec_run(col, row0, n, t, x, KIND, WIDTH);                                                  \
    }
KERNEL(to_bit, TD_C_BIT, 1)
KERNEL(to_i8, TD_C_I8, 1)
KERNEL(to_u8, TD_C_U8, 1)
KERNEL(to_i16, TD_C_I16, 2)
KERNEL(to_u16, TD_C_U16, 2)
KERNEL(to_i32, TD_C_I32, 4)
KERNEL(to_u32, TD_C_U32, 4)
KERNEL(to_i64, TD_C_I64, 8)
KERNEL(to_u64, TD_C_U64, 8)
KERNEL(to_f32, TD_C_F32, 4)
KERNEL(to_f64, TD_C_F64, 8)

td_kernel td_k_decimal(enum td_ckind kind)
{
    static const td_kernel kernels[TD_C_COUNT] = {
        [TD_C_BIT] = to_bit, [TD_C_I8] = to_i8,   [TD_C_U8] = to_u8,   [TD_C_I16] = to_i16,
        [TD_C_U16] = to_u16, [TD_C_I32] = to_i32, [TD_C_U32] = to_u32, [TD_C_I64] = to_i64,
        [TD_C_U64] = to_u64, [TD_C_F32] = to_f32, [TD_C_F64] = to_f64,
    };

    return kernels[kind];
}

/*
 * k_num.c: BOOL, integers, FLOAT and DOUBLE to numeric C types (ODBC reference, "SQL to C: Numeric"
 * and "Bit").
 *
 * A chunk of 64 rows is widened to int64 or double first and stored by a loop of the target's type,
 * so that there is one loader per source and one store per target instead of a function for every
 * pair. Both loops vectorise.
 */
#include "conv/kcommon.h"

#include <math.h>

/* Rows of a chunk that were refused (22003) or lost a fraction (01S07). */
struct outcome {
    uint64_t range, fraction;
};

typedef struct outcome (*store_int)(const int64_t *v, uint32_t n, bool uns, uint64_t nulls,
                                    uint8_t *dst, size_t stride);
typedef struct outcome (*store_real)(const double *v, uint32_t n, uint64_t nulls, uint8_t *dst,
                                     size_t stride);

/* SBAD, UBAD: whether a value of a signed, an unsigned (the bits of a uint64) source is out of
   range. When a quick pass finds none, NULL slots included, rows are stored without looking again.
 */
#define STORE_INT(NAME, CT, SBAD, UBAD, FROM)                                                      \
    static struct outcome NAME(const int64_t *v, uint32_t n, bool uns, uint64_t nulls,             \
                               uint8_t *dst, size_t stride) {                                      \
        struct outcome o = {0, 0};                                                                 \
        uint64_t any = 0;                                                                          \
                                                                                                   \
        if (uns)                                                                                   \
            for (uint32_t i = 0; i < n; i++)                                                       \
                any |= (UBAD);                                                                     \
        else                                                                                       \
            for (uint32_t i = 0; i < n; i++)                                                       \
                any |= (SBAD);                                                                     \
        if (any == 0 && stride == sizeof(CT)) {                                                    \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                CT c = (CT)(FROM);                                                                 \
                memcpy(dst + i * sizeof c, &c, sizeof c);                                          \
            }                                                                                      \
            return o;                                                                              \
        }                                                                                          \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            CT c = (CT)(FROM);                                                                     \
                                                                                                   \
            if (nulls & TD_ROW_BIT(i)) continue;                                                   \
            if (uns ? (UBAD) : (SBAD))                                                             \
                o.range |= TD_ROW_BIT(i);                                                          \
            else                                                                                   \
                memcpy(dst + i * stride, &c, sizeof c);                                            \
        }                                                                                          \
        return o;                                                                                  \
    }
#define ABOVE(MAX)        ((uint64_t)v[i] > (uint64_t)(MAX))
#define OUTSIDE(MIN, MAX) (v[i] < (MIN) || v[i] > (MAX))
STORE_INT(int_bit, uint8_t, ABOVE(1), ABOVE(1), v[i])
STORE_INT(int_i8, int8_t, OUTSIDE(INT8_MIN, INT8_MAX), ABOVE(INT8_MAX), v[i])
STORE_INT(int_u8, uint8_t, ABOVE(UINT8_MAX), ABOVE(UINT8_MAX), v[i])
STORE_INT(int_i16, int16_t, OUTSIDE(INT16_MIN, INT16_MAX), ABOVE(INT16_MAX), v[i])
STORE_INT(int_u16, uint16_t, ABOVE(UINT16_MAX), ABOVE(UINT16_MAX), v[i])
STORE_INT(int_i32, int32_t, OUTSIDE(INT32_MIN, INT32_MAX), ABOVE(INT32_MAX), v[i])
STORE_INT(int_u32, uint32_t, ABOVE(UINT32_MAX), ABOVE(UINT32_MAX), v[i])
STORE_INT(int_i64, int64_t, 0, v[i] < 0, v[i])
STORE_INT(int_u64, uint64_t, v[i] < 0, 0, v[i])
STORE_INT(int_f32, float, 0, 0, uns ? (float)(uint64_t)v[i] : (float)v[i])
STORE_INT(int_f64, double, 0, 0, uns ? (double)(uint64_t)v[i] : (double)v[i])

static void int_run(const struct td_col *col, uint32_t row0, uint32_t n, const struct td_target *t,
                    struct td_kctx *x, size_t width, store_int store)
{
    td_load_int load = td_int_loader(col->type);
    size_t src_width = (size_t)td_type_width(col->type);
    bool uns = col->type == TD_T_UBIGINT;
    int64_t v[TD_CHUNK];

    for (uint32_t i = 0; i < n; i += TD_CHUNK) {
        uint32_t m = n - i < TD_CHUNK ? n - i : TD_CHUNK;
        uint64_t nulls = td_null_bits(col, row0 + i, m);

        td_put_lens(t, i, m, nulls, (SQLLEN)width, x);
        if (!t->base) continue;
        load(col->data + ((size_t)row0 + i) * src_width, m, v);
        struct outcome o = store(v, m, uns, nulls, td_slot(t, i), t->stride);
        if (o.range) td_report_rows(x, i, o.range, TD_ST_22003);
    }
}

/* The fraction is cut toward zero. GT and LT are the open bounds of what can be cut into the
 * target. NaN fails both. */
#define STORE_REAL(NAME, CT, GT, LT)                                                               \
    static struct outcome NAME(const double *v, uint32_t n, uint64_t nulls, uint8_t *dst,          \
                               size_t stride) {                                                    \
        struct outcome o = {0, 0};                                                                 \
                                                                                                   \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            if (nulls & TD_ROW_BIT(i)) continue;                                                   \
            if (!(v[i] GT && v[i] LT)) {                                                           \
                o.range |= TD_ROW_BIT(i);                                                          \
                continue;                                                                          \
            }                                                                                      \
            CT c = (CT)v[i];                                                                       \
            if ((double)c != v[i]) o.fraction |= TD_ROW_BIT(i);                                    \
            memcpy(dst + i * stride, &c, sizeof c);                                                \
        }                                                                                          \
        return o;                                                                                  \
    }
STORE_REAL(real_bit, uint8_t, >= 0.0, < 2.0)
STORE_REAL(real_i8, int8_t, > -129.0, < 128.0)
STORE_REAL(real_u8, uint8_t, > -1.0, < 256.0)
STORE_REAL(real_i16, int16_t, > -32769.0, < 32768.0)
STORE_REAL(real_u16, uint16_t, > -1.0, < 65536.0)
STORE_REAL(real_i32, int32_t, > -2147483649.0, < 2147483648.0)
STORE_REAL(real_u32, uint32_t, > -1.0, < 4294967296.0)
STORE_REAL(real_i64, int64_t, >= -9223372036854775808.0, < 9223372036854775808.0)
STORE_REAL(real_u64, uint64_t, > -1.0, < 18446744073709551616.0)

static struct outcome real_f32(const double *v, uint32_t n, uint64_t nulls, uint8_t *dst,
                               size_t stride)
{
    struct outcome o = {0, 0};

    for (uint32_t i = 0; i < n; i++) {
        float c = (float)v[i];

        if (nulls & TD_ROW_BIT(i)) continue;
        if (isinf(c) && !isinf(v[i]))
            o.range |= TD_ROW_BIT(i);
        else
            memcpy(dst + i * stride, &c, sizeof c);
    }
    return o;
}

static struct outcome real_f64(const double *v, uint32_t n, uint64_t nulls, uint8_t *dst,
                               size_t stride)
{
    (void)nulls;
    for (uint32_t i = 0; i < n; i++)
        memcpy(dst + i * stride, &v[i], sizeof *v);
    return (struct outcome){0, 0};
}

static void real_run(const struct td_col *col, uint32_t row0, uint32_t n, const struct td_target *t,
                     struct td_kctx *x, size_t width, store_real store)
{
    double v[TD_CHUNK];

    for (uint32_t i = 0; i < n; i += TD_CHUNK) {
        uint32_t m = n - i < TD_CHUNK ? n - i : TD_CHUNK;
        uint64_t nulls = td_null_bits(col, row0 + i, m);

        td_put_lens(t, i, m, nulls, (SQLLEN)width, x);
        if (!t->base) continue;
        td_load_reals(col, row0 + i, m, v);
        struct outcome o = store(v, m, nulls, td_slot(t, i), t->stride);
        if (o.range) td_report_rows(x, i, o.range, TD_ST_22003);
        if (o.fraction) td_report_rows(x, i, o.fraction, TD_ST_01S07);
    }
}

#define KERNELS(T, WIDTH)                                                                          \
    static void k_int_##T(const struct td_col *col, uint32_t row0, uint32_t n,                     \
                          const struct td_target *t, struct td_kctx *x)                            \
    {                                                                                              \
        int_run(col, row0, n, t, x, WIDTH, int_##T);                                               \
    }                                                                                              \
    static void k_real_##T(const struct td_col *col, uint32_t row0, uint32_t n,                    \
                           const struct td_target *t, struct td_kctx *x)                           \
    {                                                                                              \
        real_run(col, row0, n, t, x, WIDTH, real_##T);                                             \
    }
KERNELS(bit, 1)
KERNELS(i8, 1)
KERNELS(u8, 1)
KERNELS(i16, 2)
KERNELS(u16, 2)
KERNELS(i32, 4)
KERNELS(u32, 4)
KERNELS(i64, 8)
KERNELS(u64, 8)
KERNELS(f32, 4)
KERNELS(f64, 8)

#define PICK(F)                                                                                    \
    [TD_C_BIT] = k_##F##_bit, [TD_C_I8] = k_##F##_i8, [TD_C_U8] = k_##F##_u8,                      \
    [TD_C_I16] = k_##F##_i16, [TD_C_U16] = k_##F##_u16, [TD_C_I32] = k_##F##_i32,                  \
    [TD_C_U32] = k_##F##_u32, [TD_C_I64] = k_##F##_i64, [TD_C_U64] = k_##F##_u64,                  \
    [TD_C_F32] = k_##F##_f32, [TD_C_F64] = k_##F##_f64

td_kernel td_k_int(enum td_ckind kind)
{
    static const td_kernel kernels[TD_C_COUNT] = {PICK(int)};

    return kernels[kind];
}

td_kernel td_k_real(enum td_ckind kind)
{
    static const td_kernel kernels[TD_C_COUNT] = {PICK(real)};

    return kernels[kind];
}

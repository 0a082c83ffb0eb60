/*
 * k_fixed.c: values that reach the application as they lie in the block, or widened to the default
 * C type of an unsigned column: one memcpy or one loop when the target's rows are adjacent. Slots
 * of NULL rows are copied too (their content is undefined on both sides).
 */
#include "conv/kcommon.h"

TD_INLINE void copy_run(const struct td_col *col, uint32_t row0, uint32_t n,
                        const struct td_target *t, struct td_kctx *x, const size_t width)
{
    const uint8_t *src = col->data + (size_t)row0 * width;

    if (t->base && t->stride == width) {
        memcpy(t->base, src, n * width);
    } else if (t->base) {
        for (uint32_t i = 0; i < n; i++)
            memcpy(td_slot(t, i), src + i * width, width);
    }
    td_put_run_lens(col, row0, n, t, (SQLLEN)width, x);
}

#define COPY(W)                                                                                    \
    static void copy##W(const struct td_col *col, uint32_t row0, uint32_t n,                       \
                        const struct td_target *t, struct td_kctx *x)                              \
    {                                                                                              \
        copy_run(col, row0, n, t, x, W);                                                           \
    }
COPY(1)
COPY(2)
COPY(4)
COPY(8)

/* Every value of the source fits the target: nothing to check. */
#define WIDEN(NAME, FROM, TO, EXPR)                                                                \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        const uint8_t *src = col->data + (size_t)row0 * sizeof(FROM);                              \
        size_t stride = t->stride;                                                                 \
        FROM v;                                                                                    \
        TO w;                                                                                      \
                                                                                                   \
        if (t->base && stride == sizeof w) {                                                       \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                memcpy(&v, src + i * sizeof v, sizeof v);                                          \
                w = (TO)(EXPR);                                                                    \
                memcpy(t->base + i * sizeof w, &w, sizeof w);                                      \
            }                                                                                      \
        } else if (t->base) {                                                                      \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                memcpy(&v, src + i * sizeof v, sizeof v);                                          \
                w = (TO)(EXPR);                                                                    \
                memcpy(t->base + i * stride, &w, sizeof w);                                        \
            }                                                                                      \
        }                                                                                          \
        td_put_run_lens(col, row0, n, t, sizeof w, x);                                             \
    }
WIDEN(widen_u8, uint8_t, int16_t, v)
WIDEN(widen_u16, uint16_t, int32_t, v)
WIDEN(widen_u32, uint32_t, int64_t, v)
WIDEN(bool_bit, uint8_t, uint8_t, v != 0) /* any non-zero byte is true (protocol.md 0) */

/* An untyped NULL, and every row of it, whatever the bitmap says (protocol.md 3.3). */
static void null_run(const struct td_col *col, uint32_t row0, uint32_t n, const struct td_target *t,
                     struct td_kctx *x)
{
    (void)col;
    (void)row0;
    for (uint32_t i = 0; i < n; i++)
        td_put_null(t, i, x);
}

td_kernel td_k_fixed(int td_type, enum td_ckind kind)
{
    static const struct {
        uint8_t type, kind;
        td_kernel kernel;
    } same[] = {
        {TD_T_TINYINT, TD_C_I8, copy1},
        {TD_T_UTINYINT, TD_C_U8, copy1},
        {TD_T_SMALLINT, TD_C_I16, copy2},
        {TD_T_USMALLINT, TD_C_U16, copy2},
        {TD_T_INT, TD_C_I32, copy4},
        {TD_T_UINT, TD_C_U32, copy4},
        {TD_T_BIGINT, TD_C_I64, copy8},
        {TD_T_UBIGINT, TD_C_U64, copy8},
        {TD_T_FLOAT, TD_C_F32, copy4},
        {TD_T_DOUBLE, TD_C_F64, copy8},
        {TD_T_UTINYINT, TD_C_I16, widen_u8},
        {TD_T_USMALLINT, TD_C_I32, widen_u16},
        {TD_T_UINT, TD_C_I64, widen_u32},
        {TD_T_BOOL, TD_C_BIT, bool_bit},
        /* The raw epoch, in the result's precision: an extension that the reference does not have
           (C-18). */
        {TD_T_TIMESTAMP, TD_C_I64, copy8},
    };

    if (td_type == TD_T_NULL) return null_run;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (same[i].type == td_type && same[i].kind == (uint8_t)kind) return same[i].kernel;
    return NULL;
}

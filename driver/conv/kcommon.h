/*
 * kcommon.h: what all kernels share: walking the NULL bitmap, writing indicators, reporting rows.
 * Internal to conv/.
 *
 * Fixed-width columns are walked in chunks of up to 64 rows, whose NULLs make one 64-bit word (most
 * significant bit = the chunk's first row, as in the block's bitmap), so that the common case "no
 * NULL here" is one comparison.
 */
#ifndef TD_CONV_KCOMMON_H
#define TD_CONV_KCOMMON_H

#include "conv/ctype.h"

#define TD_CHUNK  64
#define TD_INLINE static inline __attribute__((always_inline))
#define TD_COLD   __attribute__((cold, noinline))

/* The bit of row i of a chunk. */
#define TD_ROW_BIT(i) (UINT64_C(1) << 63 >> (i))

TD_INLINE void td_report(struct td_kctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    if (x->report) x->report(x, row, state, text);
}

TD_INLINE uint8_t *td_slot(const struct td_target *t, size_t i)
{
    return t->base + i * t->stride;
}

/* Applications may lay rows out unaligned (row-wise binding of packed structs): no direct stores.
 */
TD_INLINE void td_put_len(const struct td_target *t, size_t i, SQLLEN len)
{
    if (t->octet_len) memcpy((uint8_t *)t->octet_len + i * t->len_stride, &len, sizeof len);
    if (t->ind && t->ind != t->octet_len) {
        SQLLEN zero = 0;

        memcpy((uint8_t *)t->ind + i * t->len_stride, &zero, sizeof zero);
    }
}

/* NULL: SQL_NULL_DATA in the indicator, 22002 without one. */
TD_INLINE void td_put_null(const struct td_target *t, size_t i, struct td_kctx *x)
{
    SQLLEN null = SQL_NULL_DATA;

    if (t->ind)
        memcpy((uint8_t *)t->ind + i * t->len_stride, &null, sizeof null);
    else
        td_report(x, (uint32_t)i, TD_ST_22002, NULL);
}

/* The NULL bits of rows [row, row+n), n ≤ 64, of a fixed-width column. Reads no byte beyond the
 * bitmap. */
uint64_t td_null_bits(const struct td_col *c, uint32_t row, uint32_t n);
/* Writes the indicators of rows [i0, i0+n) of a run whose values all have one length; reports
 * 22002. */
void td_put_lens(const struct td_target *t, uint32_t i0, uint32_t n, uint64_t nulls, SQLLEN len,
                 struct td_kctx *x);
/* Indicators of a whole run of a fixed-width column. */
void td_put_run_lens(const struct td_col *c, uint32_t row0, uint32_t n, const struct td_target *t,
                     SQLLEN len, struct td_kctx *x);
/* Reports the rows whose bits are set. */
void td_report_rows(struct td_kctx *x, uint32_t i0, uint64_t rows, enum td_sqlstate state);

/* Values of a chunk, widened: integers (BOOL as 0/1, UBIGINT as its bits), doubles. Columns are
 * unaligned. */
typedef void (*td_load_int)(const uint8_t *p, uint32_t n, int64_t *out);
td_load_int td_int_loader(int td_type);
void td_load_reals(const struct td_col *c, uint32_t row, uint32_t n, double *out);
/* A DECIMAL cell that is not NULL. */
struct td_dec;
void td_load_dec(const struct td_col *c, uint32_t row, struct td_dec *out);

/* Kernel families; each returns NULL where the reference's table has no line (07006). `ctype` is
   only looked at where one kind has several codes (intervals). */
td_kernel td_k_fixed(int td_type, enum td_ckind kind); /* copies without conversion */
td_kernel td_k_int(enum td_ckind kind);                /* BOOL and all integers to numbers */
td_kernel td_k_real(enum td_ckind kind);               /* FLOAT, DOUBLE to numbers */
td_kernel td_k_decimal(enum td_ckind kind);            /* DECIMAL to numbers */
td_kernel td_k_shorttext(int td_type, bool wide);      /* numbers to CHAR and WCHAR */
td_kernel td_k_time(enum td_ckind kind);               /* TIMESTAMP to everything */
td_kernel td_k_text(int td_type,
                    enum td_ckind kind);    /* VARCHAR, NCHAR, JSON to CHAR, WCHAR, BINARY */
td_kernel td_k_textval(enum td_ckind kind); /* text to numbers, times, GUID */
td_kernel td_k_bin(enum td_ckind kind);     /* VARBINARY, GEOMETRY, BLOB */
td_kernel td_k_interval(int td_type, SQLSMALLINT ctype); /* exact numbers and text to intervals */

#endif

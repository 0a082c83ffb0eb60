/*
 * k_bin.c: VARBINARY, GEOMETRY and BLOB to BINARY, CHAR and WCHAR (ODBC reference, "SQL to C:
 * Binary"): bytes as stored, or two upper-case hexadecimal digits for each; a pair is never split.
 */
#include "conv/bin.h"

struct td_binsrc td_bin_of(const struct td_col *c, uint32_t row, const struct td_kctx *x)
{
    struct td_str v = td_col_var(c, row);
    struct td_binsrc s = {(const uint8_t *)v.p, v.n, 0};

    if (x->max_column && s.n > x->max_column) {
        s.cut = s.n - x->max_column;
        s.n = x->max_column;
    }
    if (x->max_length && s.n > x->max_length) {
        s.cut = 0; // the application asked for the shorter data
        s.n = x->max_length;
    }
    return s;
}

void td_hex_write(uint8_t *dst, const uint8_t *p, size_t n, bool wide)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < n; i++) {
        SQLWCHAR pair[2] = {(SQLWCHAR)digits[p[i] >> 4], (SQLWCHAR)digits[p[i] & 15]};

        if (wide) {
            memcpy(dst + i * sizeof pair, pair, sizeof pair);
        } else {
            dst[i * 2] = (uint8_t)pair[0];
            dst[i * 2 + 1] = (uint8_t)pair[1];
        }
    }
    memset(dst + td_hex_bytes(n, wide), 0, td_hex_unit(wide));
}

TD_INLINE void put_hex(const struct td_target *t, uint32_t i, const struct td_binsrc *s,
                       struct td_kctx *x, const bool wide)
{
    size_t unit = td_hex_unit(wide), cap = t->cap > 0 ? (size_t)t->cap : 0;
    size_t fit = cap >= unit ? (cap / unit - 1) / 2 : 0;

    if (t->base) {
        if (cap >= unit) td_hex_write(td_slot(t, i), s->p, fit < s->n ? fit : s->n, wide);
        if (fit < s->n || s->cut || cap < unit) td_report(x, i, TD_ST_01004, NULL);
    }
    td_put_len(t, i, (SQLLEN)td_hex_bytes(s->n + s->cut, wide));
}

static void put_bytes(const struct td_target *t, uint32_t i, const struct td_binsrc *s,
                      struct td_kctx *x)
{
    size_t cap = t->cap > 0 ? (size_t)t->cap : 0;

    if (t->base) {
        memcpy(td_slot(t, i), s->p, s->n < cap ? s->n : cap);
        if (s->n + s->cut > cap || s->cut) td_report(x, i, TD_ST_01004, NULL);
    }
    td_put_len(t, i, (SQLLEN)(s->n + s->cut));
}

TD_INLINE void bin_run(const struct td_col *col, uint32_t row0, uint32_t n,
                       const struct td_target *t, struct td_kctx *x, const enum td_ckind kind)
{
    for (uint32_t i = 0; i < n; i++) {
        if (td_col_is_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        struct td_binsrc s = td_bin_of(col, row0 + i, x);
        if (kind == TD_C_BINARY)
            put_bytes(t, i, &s, x);
        else
            put_hex(t, i, &s, x, kind == TD_C_WCHAR);
    }
}

#define KERNEL(NAME, KIND)                                                                         \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        bin_run(col, row0, n, t, x, KIND);                                                         \
    }
KERNEL(to_binary, TD_C_BINARY)
KERNEL(to_char, TD_C_CHAR)
KERNEL(to_wchar, TD_C_WCHAR)

td_kernel td_k_bin(enum td_ckind kind)
{
    return kind == TD_C_BINARY  ? to_binary
           : kind == TD_C_CHAR  ? to_char
           : kind == TD_C_WCHAR ? to_wchar
                                : NULL;
}

/*
 * k_shorttext.c: BOOL, integers, FLOAT, DOUBLE and DECIMAL to CHAR and WCHAR.
 *
 * Integers and decimals are exact, doubles are the shortest text that reads back (decisions.md
 * section 2: NaN, Infinity).
 */
#include "conv/shorttext.h"

#include "base/dec.h"

TD_INLINE void short_int(int64_t v, bool uns, struct td_short *out)
{
    out->len = (uint32_t)(uns ? td_u64_text((uint64_t)v, out->s) : td_i64_text(v, out->s));
    out->whole = out->len;
}

/* A number with an exponent cannot be cut without becoming another number: all of it is "whole". */
static void find_whole(struct td_short *out)
{
    const char *point = memchr(out->s, '.', out->len);

    out->whole = point && !memchr(out->s, 'e', out->len) ? (uint32_t)(point - out->s) : out->len;
}

static void short_real(const struct td_col *c, uint32_t row, struct td_short *out)
{
    if (c->type == TD_T_FLOAT) {
        float f;

        memcpy(&f, c->data + (size_t)row * 4, 4);
        out->len = (uint32_t)td_float_text(f, out->s);
    } else {
        double d;

        memcpy(&d, c->data + (size_t)row * 8, 8);
        out->len = (uint32_t)td_double_text(d, out->s);
    }
    find_whole(out);
}

static void short_dec(const struct td_col *c, uint32_t row, struct td_short *out)
{
    struct td_dec d;

    td_load_dec(c, row, &d);
    out->len = (uint32_t)td_dec_text(d, out->s);
    out->whole = d.scale > 0 ? out->len - (uint32_t)d.scale - 1 : out->len;
}

void td_short_of(const struct td_col *c, uint32_t row, struct td_kctx *x, struct td_short *out)
{
    int64_t v;

    switch (c->type) {
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        short_real(c, row, out);
        break;
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        short_dec(c, row, out);
        break;
    case TD_T_TIMESTAMP:
        td_short_ts((int64_t)td_ld64(c->data + (size_t)row * 8), c->ts_prec, x, out);
        break;
    default:
        td_int_loader(c->type)(c->data + (size_t)row * (size_t)td_type_width(c->type), 1, &v);
        short_int(v, c->type == TD_T_UBIGINT, out);
    }
}

TD_INLINE void int_text_run(const struct td_col *col, uint32_t row0, uint32_t n,
                            const struct td_target *t, struct td_kctx *x, const bool wide)
{
    td_load_int load = td_int_loader(col->type);
    size_t width = (size_t)td_type_width(col->type);
    bool uns = col->type == TD_T_UBIGINT;
    int64_t v[TD_CHUNK];
    struct td_short text;

    for (uint32_t i = 0; i < n; i += TD_CHUNK) {
        uint32_t m = n - i < TD_CHUNK ? n - i : TD_CHUNK;
        uint64_t nulls = td_null_bits(col, row0 + i, m);

        load(col->data + ((size_t)row0 + i) * width, m, v);
        for (uint32_t k = 0; k < m; k++) {
            if (nulls & TD_ROW_BIT(k)) {
                td_put_null(t, i + k, x);
                continue;
            }
            short_int(v[k], uns, &text);
            td_put_short(t, i + k, &text, wide, x);
        }
    }
}

typedef void (*render)(const struct td_col *c, uint32_t row, struct td_short *out);

TD_INLINE void text_run(const struct td_col *col, uint32_t row0, uint32_t n,
                        const struct td_target *t, struct td_kctx *x, const render fn,
                        const bool wide)
{
    struct td_short text;

    for (uint32_t i = 0; i < n; i++) {
        if (td_col_is_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        fn(col, row0 + i, &text);
        td_put_short(t, i, &text, wide, x);
    }
}

#define KERNEL(NAME, CALL)                                                                         \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        CALL;                                                                                      \
    }
KERNEL(int_char, int_text_run(col, row0, n, t, x, false))
KERNEL(int_wchar, int_text_run(col, row0, n, t, x, true))
KERNEL(real_char, text_run(col, row0, n, t, x, short_real, false))
KERNEL(real_wchar, text_run(col, row0, n, t, x, short_real, true))
KERNEL(dec_char, text_run(col, row0, n, t, x, short_dec, false))
KERNEL(dec_wchar, text_run(col, row0, n, t, x, short_dec, true))

td_kernel td_k_shorttext(int td_type, bool wide)
{
    switch (td_type) {
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        return wide ? real_wchar : real_char;
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        return wide ? dec_wchar : dec_char;
    default:
        return wide ? int_wchar : int_char;
    }
}

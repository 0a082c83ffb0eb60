/*
 * p_literal.c: a parameter as SQL text (protocol.md 4.7, 7.7, 7.9): converted as a query's
 * parameter is, then written so that the server reads exactly the value, or refused.
 */
#include "conv/pcommon.h"

/* Where td_param_encode's report goes, for row `row` of the array instead of row 0 of one. */
struct sink {
    struct td_pctx *x;
    uint32_t row;
    bool failed;
};

static void report(struct td_pctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct sink *k = x->report_arg;

    (void)row;
    if (!td_sqlstate_is_warning(state)) k->failed = true;
    if (k->x->report) k->x->report(k->x, k->row, state, text);
}

/* Quoted text: quotes and backslashes doubled. SQL text cannot hold a NUL. */
static bool put_text(struct td_buf *out, const uint8_t *p, size_t n)
{
    if (n && memchr(p, 0, n)) return false;
    td_buf_putc(out, '\'');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\'' || p[i] == '\\') td_buf_putc(out, (char)p[i]);
        td_buf_putc(out, (char)p[i]);
    }
    td_buf_putc(out, '\'');
    return true;
}

static void put_binary(struct td_buf *out, const uint8_t *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";

    td_buf_puts(out, "'\\x");
    for (size_t i = 0; i < n; i++) {
        td_buf_putc(out, hex[p[i] >> 4]);
        td_buf_putc(out, hex[p[i] & 15]);
    }
    td_buf_putc(out, '\'');
}

/* With a point or an exponent, so that it is a DOUBLE also in expressions. */
static bool put_double(struct td_buf *out, double d)
{
    char text[TD_DOUBLE_TEXT];
    size_t n = td_double_text(d, text);

    if (d - d != 0) return false;
    td_buf_put(out, text, n);
    if (!memchr(text, '.', n) && !memchr(text, 'e', n)) td_buf_puts(out, ".0");
    return true;
}

/* A decimal: bare where the server reads it exactly, which in expressions means as a BIGINT or a
 * DOUBLE; else its text. */
static void put_number(struct td_buf *out, struct td_str s, bool in_values)
{
    char shortest[TD_DOUBLE_TEXT];
    int64_t v;
    double d;
    bool bare = in_values || td_str_i64(s, &v);

    if (!bare && td_text_double(s, &d) == TD_NP_OK) {
        struct td_dec a, b;
        struct td_str back = {shortest, td_double_text(d, shortest)};

        bare = td_text_dec(s, -1, &a) == TD_NP_OK && td_text_dec(back, a.scale, &b) == TD_NP_OK &&
               a.v.lo == b.v.lo && a.v.hi == b.v.hi;
    }
    if (bare)
        td_buf_putstr(out, s);
    else
        put_text(out, (const uint8_t *)s.p, s.n);
}

static bool put_value(struct td_buf *out, const struct td_pcol *c, const struct td_pdest *d,
                      bool in_values)
{
    const uint8_t *p = c->width ? c->fixed : c->data.p + c->off[0];
    struct td_str s = {(const char *)p, c->width ? 0 : c->len[0]};
    char text[20];
    double v;

    switch (d->type) {
    case TD_T_BOOL:
        td_buf_puts(out, *p ? "true" : "false");
        return true;
    case TD_T_BIGINT:
        td_buf_put(out, text, td_i64_text((int64_t)td_ld64(p), text));
        return true;
    case TD_T_UBIGINT:
        td_buf_put(out, text, td_u64_text(td_ld64(p), text));
        return true;
    case TD_T_DOUBLE:
        memcpy(&v, p, sizeof v);
        return put_double(out, v);
    case TD_T_VARBINARY:
        put_binary(out, p, s.n);
        return true;
    default:
        if (d->form != TD_PFORM_NUMBER) return put_text(out, p, s.n);
        put_number(out, s, in_values);
        return true;
    }
}

enum td_rc td_param_literal(struct td_buf *out, const struct td_psource *s, uint32_t row,
                            bool in_values, struct td_pctx *x)
{
    uint8_t null, fixed[8];
    uint32_t off, len;
    struct td_pcol c = {.nulls = &null,
                        .mem_nulls = sizeof null,
                        .fixed = fixed,
                        .mem_fixed = sizeof fixed,
                        .off = &off,
                        .mem_off = sizeof off,
                        .len = &len,
                        .mem_len = sizeof len};
    struct td_psource one = *s;
    struct sink sink = {x, row, false};
    struct td_pctx own = *x;
    struct td_pdest d;
    enum td_rc rc;

    own.skip = NULL;
    own.report = report;
    own.report_arg = &sink;
    if (one.base) one.base += row * s->stride;
    if (one.ind) one.ind = (const SQLLEN *)((const uint8_t *)s->ind + row * s->len_stride);
    if (one.octet_len)
        one.octet_len = (const SQLLEN *)((const uint8_t *)s->octet_len + row * s->len_stride);
    if (one.dae) one.dae += row;
    td_param_query_type(s, &d);
    rc = td_param_encode(&c, &d, &one, 1, &own);
    x->tz = own.tz;
    if (rc == TD_OK && sink.failed) {
        rc = TD_FAIL;
    } else if (rc == TD_OK && null) {
        td_buf_puts(out, "NULL");
    } else if (rc == TD_OK && !put_value(out, &c, &d, in_values)) {
        report(&own, 0, TD_ST_HYC00, "No literal stands for the value (NUL, NaN or infinity)");
        rc = TD_FAIL;
    }
    td_buf_free(&c.data);
    return rc == TD_OK && td_buf_ok(out) ? TD_OK : TD_FAIL;
}

/*
 * p_decimal.c: parameters into DECIMAL, exactly (ODBC reference, "C to SQL: Numeric", "Character",
 * "Bit", "Binary"; protocol.md section 11).
 *
 * Lost whole digits are 22003; a lost fraction is 01S07 for a number and 22001 for text. What is
 * sent is the scaled integer, or its text where the server takes that: the wrong one stores garbage
 * in silence, so a column of unknown scale is refused.
 */
#include "conv/pcommon.h"

static void put(struct td_penc *e, uint32_t i, struct td_dec d)
{
    char text[TD_DEC_TEXT];
    uint8_t raw[16];

    if (e->d->dec_text) {
        td_pstore_var(e, i, text, td_dec_text(d, text));
        return;
    }
    td_st64(raw, d.v.lo);
    td_st64(raw + 8, (uint64_t)d.v.hi);
    td_pstore(e, i, raw, e->out->width);
}

/* Stores what a reader made, d having the column's scale. */
static void store(struct td_penc *e, uint32_t i, enum td_num_parse rc, struct td_dec d,
                  enum td_sqlstate cut)
{
    if (e->d->precision == 0) {
        td_preport(e, i, TD_ST_HYC00, "The scale of the DECIMAL column is not known");
    } else if (rc == TD_NP_FORMAT) {
        td_preport(e, i, TD_ST_22018, NULL);
    } else if (rc == TD_NP_RANGE || !td_dec_fits(d, e->d->precision)) {
        td_preport(e, i, TD_ST_22003, NULL);
    } else {
        put(e, i, d);
        if (rc == TD_NP_FRACTION)
            td_preport(e, i, cut,
                       cut == TD_ST_01S07 ? NULL : "More fraction digits than the column has");
    }
}

static void from_exact(struct td_penc *e, uint32_t i, struct td_dec d)
{
    struct td_dec to = {{0, 0}, 0};
    enum td_num_parse rc = td_dec_rescale(d, e->d->scale, &to);

    store(e, i, rc, to, TD_ST_01S07);
}

static void from_int(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)n;
    from_exact(e, i, td_pint_dec(td_pload_int(e->kind, p)));
}

static void from_bit(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)n;
    if (td_pload_bit(e, i, p)) from_exact(e, i, (struct td_dec){td_i128_of(*p), 0});
}

static void from_numeric(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_dec d;

    (void)n;
    if (td_pload_numeric(e, i, p, &d)) from_exact(e, i, d);
}

static void from_real(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char text[TD_DOUBLE_TEXT];
    struct td_dec d = {{0, 0}, 0};
    enum td_num_parse rc;
    float f;

    (void)n;
    if (e->kind == TD_C_F32) { // its own shortest text: 0.1f is 0.1
        memcpy(&f, p, sizeof f);
        rc = td_text_dec((struct td_str){text, td_float_text(f, text)}, e->d->scale, &d);
    } else {
        rc = td_double_dec(td_pload_real(e->kind, p), e->d->scale, &d);
    }
    // NaN and infinity are no text of a number; as a value they are out of range
    store(e, i, rc == TD_NP_FORMAT ? TD_NP_RANGE : rc, d, TD_ST_01S07);
}

static void from_text(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char buf[TD_PTEXT];
    struct td_str s;
    struct td_dec d = {{0, 0}, 0};
    bool ok = td_ptext(e, p, n, buf, &s);

    store(e, i, ok ? td_text_dec(s, e->d->scale, &d) : TD_NP_FORMAT, d, TD_ST_22001);
}

static void from_binary(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_dec d;

    if (td_pload_numeric_bytes(e, i, p, n, &d)) from_exact(e, i, d);
}

static void from_interval(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    uint32_t millionths;
    int64_t v = td_pinterval_value(e->s->ctype, p, &millionths) * 1000000;

    (void)n;
    from_exact(e, i, (struct td_dec){td_i128_of(v < 0 ? v - millionths : v + millionths), 6});
}

td_pput td_p_decimal(const struct td_ctype *c)
{
    enum td_ckind kind = (enum td_ckind)c->kind;

    if (td_pkind_int(kind)) return from_int;
    switch (kind) {
    case TD_C_BIT:
        return from_bit;
    case TD_C_F32:
    case TD_C_F64:
        return from_real;
    case TD_C_NUMERIC:
        return from_numeric;
    case TD_C_CHAR:
    case TD_C_WCHAR:
        return from_text;
    case TD_C_BINARY:
        return from_binary;
    case TD_C_INTERVAL:
        return td_pinterval_single(c->ctype) ? from_interval : NULL;
    default:
        return NULL;
    }
}

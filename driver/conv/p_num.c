/*
 * p_num.c: parameters into FLOAT and DOUBLE (ODBC reference, "C to SQL: Numeric", "Character",
 * "Bit", "Binary").
 *
 * A value beyond the type's range is 22003. NaN and infinity go as the bits that they are: the
 * server stores a bound record's bytes.
 */
#include "conv/pcommon.h"

#include <math.h>

static void store_float(struct td_penc *e, uint32_t i, float f)
{
    td_pstore(e, i, &f, sizeof f);
}

static void store_double(struct td_penc *e, uint32_t i, double d)
{
    td_pstore(e, i, &d, sizeof d);
}

static void store(struct td_penc *e, uint32_t i, double d)
{
    if (e->d->type == TD_T_DOUBLE)
        store_double(e, i, d);
    else if (isinf((float)d) && !isinf(d))
        td_preport(e, i, TD_ST_22003, NULL);
    else
        store_float(e, i, (float)d);
}

static void from_real(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)n;
    if (e->kind == TD_C_F32 && e->d->type == TD_T_FLOAT)
        td_pstore(e, i, p, sizeof(float)); // a signalling NaN keeps its bits
    else
        store(e, i, td_pload_real(e->kind, p));
}

static void from_int(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_pint v = td_pload_int(e->kind, p);

    (void)n;
    // straight from the integer: by way of double a float would be rounded twice
    if (e->d->type == TD_T_FLOAT)
        store_float(e, i, v.big ? (float)(uint64_t)v.v : (float)v.v);
    else
        store_double(e, i, v.big ? (double)(uint64_t)v.v : (double)v.v);
}

static void from_bit(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)n;
    if (td_pload_bit(e, i, p)) store(e, i, *p);
}

static void from_str(struct td_penc *e, uint32_t i, struct td_str s)
{
    enum td_num_parse rc;
    double d = 0;
    float f = 0;

    if (e->d->type == TD_T_FLOAT)
        rc = td_text_float(s, &f);
    else
        rc = td_text_double(s, &d);
    if (rc != TD_NP_OK)
        td_preport(e, i, rc == TD_NP_FORMAT ? TD_ST_22018 : TD_ST_22003, NULL);
    else if (e->d->type == TD_T_FLOAT)
        store_float(e, i, f);
    else
        store_double(e, i, d);
}

static void from_numeric(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char text[TD_DEC_TEXT];
    struct td_dec d;

    (void)n;
    if (td_pload_numeric(e, i, p, &d)) from_str(e, i, (struct td_str){text, td_dec_text(d, text)});
}

static void from_text(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char buf[TD_PTEXT];
    struct td_str s;

    if (td_ptext(e, p, n, buf, &s))
        from_str(e, i, s);
    else
        td_preport(e, i, TD_ST_22018, NULL);
}

static void from_binary(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    if (n == e->out->width)
        td_pstore(e, i, p, n);
    else
        td_preport(e, i, TD_ST_22003, "The length is not that of the column's type");
}

td_pput td_p_real(const struct td_ctype *c)
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
    default:
        return NULL;
    }
}

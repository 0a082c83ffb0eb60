/*
 * p_common.c: stores, reports and loads that the parameter encoders share.
 */
#include "conv/pcommon.h"

#include "base/utf.h"

void td_pstore_null(struct td_penc *e, uint32_t i)
{
    struct td_pcol *c = e->out;

    c->nulls[i] = 1;
    if (c->width)
        memset(c->fixed + (size_t)i * c->width, 0, c->width);
    else
        c->off[i] = c->len[i] = 0;
}

void td_preport(struct td_penc *e, uint32_t i, enum td_sqlstate state, const char *text)
{
    if (!td_sqlstate_is_warning(state)) td_pstore_null(e, i);
    if (e->x->report) e->x->report(e->x, i, state, text);
}

void td_pstore_tail(struct td_penc *e, uint32_t i, size_t n)
{
    e->out->off[i] = (uint32_t)e->out->data.n;
    e->out->len[i] = (uint32_t)n;
    e->out->data.n += n;
}

void td_pstore_var(struct td_penc *e, uint32_t i, const void *p, size_t n)
{
    struct td_pcol *c = e->out;

    c->off[i] = c->len[i] = 0;
    if (!td_buf_reserve(&c->data, n)) return; // td_param_encode sees it
    if (n) memcpy(c->data.p + c->data.n, p, n);
    td_pstore_tail(e, i, n);
}

void td_pstore_text(struct td_penc *e, uint32_t i, const char *p, size_t n)
{
    if (e->d->length > 0 && n > (size_t)e->d->length)
        td_preport(e, i, TD_ST_22001, "The value's text is longer than the column");
    else
        td_pstore_var(e, i, p, n);
}

bool td_ptext(const struct td_penc *e, const uint8_t *p, size_t n, char buf[TD_PTEXT],
              struct td_str *out)
{
    size_t k = 0;

    if (e->kind == TD_C_CHAR) {
        *out = td_str_trim((struct td_str){(const char *)p, n});
        return true;
    }
    for (size_t at = 0; at < n; at += sizeof(SQLWCHAR)) {
        SQLWCHAR c;

        memcpy(&c, p + at, sizeof c);
        if (c >= 0x80 || k == TD_PTEXT) return false;
        buf[k++] = (char)c;
    }
    *out = td_str_trim((struct td_str){buf, k});
    return true;
}

bool td_pkind_int(enum td_ckind kind)
{
    return kind >= TD_C_I8 && kind <= TD_C_U64;
}

#define LOAD(TYPE)                                                                                 \
    do {                                                                                           \
        TYPE v_;                                                                                   \
        memcpy(&v_, p, sizeof v_);                                                                 \
        r.v = (int64_t)v_;                                                                         \
    } while (0)

struct td_pint td_pload_int(enum td_ckind kind, const uint8_t *p)
{
    struct td_pint r = {0, false};

    switch (kind) {
    case TD_C_I8:
        LOAD(int8_t);
        break;
    case TD_C_U8:
        LOAD(uint8_t);
        break;
    case TD_C_I16:
        LOAD(int16_t);
        break;
    case TD_C_U16:
        LOAD(uint16_t);
        break;
    case TD_C_I32:
        LOAD(int32_t);
        break;
    case TD_C_U32:
        LOAD(uint32_t);
        break;
    case TD_C_U64:
        LOAD(uint64_t);
        r.big = r.v < 0;
        break;
    default:
        LOAD(int64_t);
        break;
    }
    return r;
}

double td_pload_real(enum td_ckind kind, const uint8_t *p)
{
    double d;
    float f;

    if (kind == TD_C_F32) {
        memcpy(&f, p, sizeof f);
        return f;
    }
    memcpy(&d, p, sizeof d);
    return d;
}

bool td_pload_bit(struct td_penc *e, uint32_t i, const uint8_t *p)
{
    if (*p <= 1) return true;
    td_preport(e, i, TD_ST_22003, "A bit is 0 or 1");
    return false;
}

bool td_pload_numeric(struct td_penc *e, uint32_t i, const uint8_t *p, struct td_dec *out)
{
    SQL_NUMERIC_STRUCT v;

    // the structure's own precision and scale are not for input (reference, "C Data Types", note)
    memcpy(&v, p, sizeof v);
    if (e->s->num_scale >= 0 && e->s->num_scale <= 38 &&
        td_dec_from_le16(v.val, v.sign != 1, e->s->num_scale, out))
        return true;
    td_preport(e, i, TD_ST_22003, "The numeric value has more than 38 digits");
    return false;
}

bool td_pload_numeric_bytes(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n,
                            struct td_dec *out)
{
    SQL_NUMERIC_STRUCT v;

    if (n != sizeof v) {
        td_preport(e, i, TD_ST_22003, "The length is not that of SQL_NUMERIC_STRUCT");
        return false;
    }
    memcpy(&v, p, sizeof v);
    if (v.scale >= 0 && v.scale <= 38 && td_dec_from_le16(v.val, v.sign != 1, v.scale, out))
        return true;
    td_preport(e, i, TD_ST_22003, NULL);
    return false;
}

struct td_dec td_pint_dec(struct td_pint v)
{
    return (struct td_dec){v.big ? td_i128_ofu((uint64_t)v.v) : td_i128_of(v.v), 0};
}

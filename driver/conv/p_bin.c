/*
 * p_bin.c: parameters into VARBINARY and BLOB (ODBC reference, "C to SQL: Binary", "Character").
 *
 * Text is hexadecimal. An odd number of digits is 22018: the reference drops the last one, which
 * would lose half a byte in silence.
 */
#include "conv/pcommon.h"

#define BLOB_MAX 4194304

static size_t limit_of(const struct td_penc *e)
{
    if (e->d->length > 0) return (size_t)e->d->length;
    return e->d->type == TD_T_BLOB ? BLOB_MAX : SIZE_MAX;
}

static void from_binary(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    if (n > limit_of(e))
        td_preport(e, i, TD_ST_22001, "The value is longer than the column");
    else
        td_pstore_var(e, i, p, n);
}

static int digit_at(const struct td_penc *e, const uint8_t *p, size_t k)
{
    SQLWCHAR w;
    uint32_t c;

    if (e->kind == TD_C_WCHAR) {
        memcpy(&w, p + k * sizeof w, sizeof w);
        c = w;
    } else {
        c = p[k];
    }
    if (c >= '0' && c <= '9') return (int)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (int)(c - 'a') + 10 : -1;
}

static void from_hex(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    size_t digits = e->kind == TD_C_WCHAR ? n / sizeof(SQLWCHAR) : n;
    struct td_buf *b = &e->out->data;

    if (digits / 2 > limit_of(e)) {
        td_preport(e, i, TD_ST_22001, "The value is longer than the column");
        return;
    }
    td_pstore_var(e, i, NULL, 0);
    if (!td_buf_reserve(b, digits / 2)) return;
    for (size_t k = 0; k < digits; k += 2) {
        int hi = digit_at(e, p, k), lo = k + 1 < digits ? digit_at(e, p, k + 1) : -1;

        if (hi < 0 || lo < 0) {
            td_preport(e, i, TD_ST_22018, "The text is not pairs of hexadecimal digits");
            return;
        }
        b->p[b->n + k / 2] = (uint8_t)(hi << 4 | lo);
    }
    td_pstore_tail(e, i, digits / 2);
}

td_pput td_p_bin(const struct td_ctype *c)
{
    return c->kind == TD_C_BINARY                          ? from_binary
           : c->kind == TD_C_CHAR || c->kind == TD_C_WCHAR ? from_hex
                                                           : NULL;
}

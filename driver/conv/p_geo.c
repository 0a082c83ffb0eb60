/*
 * p_geo.c: parameters into GEOMETRY: WKB from binary, WKT or hexadecimal WKB from text (protocol.md
 * section 0: the server stores WKB). No ODBC table has the type; decisions.md section 1 makes it
 * VARBINARY.
 *
 * Binary is checked for its structure, since a record that the server refuses fails every row of
 * its message.
 */
#include "conv/geo.h"
#include "conv/pcommon.h"

static void from_binary(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    if (td_wkb_valid(p, n))
        td_p_bin(td_ctype_of(SQL_C_BINARY))(e, i, p, n);
    else
        td_preport(e, i, TD_ST_22018, "The bytes are not well-known binary");
}

/* `0101…`: the text that a GEOMETRY is fetched as. */
static void from_hex(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    td_p_bin(td_ctype_of(SQL_C_CHAR))(e, i, p, n);
    if (td_buf_ok(&e->out->data) && !e->out->nulls[i] &&
        !td_wkb_valid(e->out->data.p + e->out->off[i], e->out->len[i]))
        td_preport(e, i, TD_ST_22018, "The bytes are not well-known binary");
}

static void from_wkt(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_buf *b = &e->out->data;
    size_t start = b->n;

    td_pstore_var(e, i, NULL, 0);
    bool ok = td_wkt_read(b, p, n, e->kind == TD_C_WCHAR);
    if (!td_buf_ok(b)) return;
    size_t len = b->n - start;
    b->n = start;
    if (!ok)
        td_preport(e, i, TD_ST_22018, "The text is not well-known text");
    else if (e->d->length > 0 && len > (size_t)e->d->length)
        td_preport(e, i, TD_ST_22001, "The geometry is longer than the column");
    else
        td_pstore_tail(e, i, len);
}

static void from_text(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    if (n && *p == '0') // of a SQLWCHAR, the low byte: what is no digit is refused later
        from_hex(e, i, p, n);
    else
        from_wkt(e, i, p, n);
}

td_pput td_p_geo(const struct td_ctype *c)
{
    return c->kind == TD_C_BINARY                          ? from_binary
           : c->kind == TD_C_CHAR || c->kind == TD_C_WCHAR ? from_text
                                                           : NULL;
}

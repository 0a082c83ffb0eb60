/*
 * block_enc.c: TDengine's raw block, protocol.md section 3.
 *
 * The golden recordings fix what the document leaves open: a NULL's value slot is zero, variable
 * values follow one another in row order without gaps, group id and blankFill are 0, and the column
 * lengths are little-endian although the version is 1 (3.2).
 */
#include "block_enc.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 28, COL_INFO_BYTES = 5, JSON_BYTES = 16384, BLOB_BYTES = 5 };

struct enc_col {
    struct tl_col def;
    size_t width;        /* of a fixed value, 0 = variable or NULL type */
    bool given;          /* this row has its value */
    struct tl_buf nulls; /* fixed: the bitmap; variable: the i32 offsets */
    struct tl_buf data;
};

struct tl_enc {
    int ncols;
    uint32_t rows;
    struct enc_col *cols;
};

/* ---- buffer ---- */

bool tl_buf_put(struct tl_buf *b, const void *data, size_t n)
{
    if (n > b->cap - b->n) {
        size_t cap = b->cap < 256 ? 256 : b->cap;
        while (cap - b->n < n) {
            if (cap > SIZE_MAX / 2) return false;
            cap *= 2;
        }
        uint8_t *p = realloc(b->p, cap);
        if (!p) return false;
        b->p = p;
        b->cap = cap;
    }
    if (n > 0) memcpy(b->p + b->n, data, n);
    b->n += n;
    return true;
}

bool tl_buf_u8(struct tl_buf *b, uint8_t v)
{
    return tl_buf_put(b, &v, 1);
}

bool tl_buf_u16(struct tl_buf *b, uint16_t v)
{
    const uint8_t le[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    return tl_buf_put(b, le, sizeof le);
}

bool tl_buf_u32(struct tl_buf *b, uint32_t v)
{
    const uint8_t le[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    return tl_buf_put(b, le, sizeof le);
}

bool tl_buf_u64(struct tl_buf *b, uint64_t v)
{
    return tl_buf_u32(b, (uint32_t)v) && tl_buf_u32(b, (uint32_t)(v >> 32));
}

void tl_buf_free(struct tl_buf *b)
{
    free(b->p);
    *b = (struct tl_buf){0};
}

/* ---- types ---- */

int tl_type_width(uint8_t type)
{
    switch (type) {
    case TL_BOOL:
    case TL_TINYINT:
    case TL_UTINYINT:
        return 1;
    case TL_SMALLINT:
    case TL_USMALLINT:
        return 2;
    case TL_INT:
    case TL_UINT:
    case TL_FLOAT:
        return 4;
    case TL_BIGINT:
    case TL_UBIGINT:
    case TL_DOUBLE:
    case TL_TIMESTAMP:
    case TL_DECIMAL64:
        return 8;
    case TL_DECIMAL128:
        return 16;
    default:
        return 0;
    }
}

bool tl_type_var(uint8_t type)
{
    return type == TL_VARCHAR || type == TL_NCHAR || type == TL_JSON || type == TL_VARBINARY ||
           type == TL_BLOB || type == TL_GEOMETRY;
}

/* The column-info `bytes` of 3.1: the internal size, or scale, precision, 0, width for decimals. */
static uint32_t info_bytes(const struct tl_col *c)
{
    switch (c->type) {
    case TL_VARCHAR:
    case TL_VARBINARY:
    case TL_GEOMETRY:
        return (uint32_t)c->length + 2;
    case TL_NCHAR:
        return (uint32_t)c->length * 4 + 2;
    case TL_JSON:
        return JSON_BYTES;
    case TL_BLOB:
        return BLOB_BYTES;
    case TL_DECIMAL64:
    case TL_DECIMAL128:
        return (uint32_t)c->scale | (uint32_t)c->precision << 8 |
               (uint32_t)tl_type_width(c->type) << 24;
    default:
        return (uint32_t)tl_type_width(c->type);
    }
}

/* ---- encoder ---- */

struct tl_enc *tl_enc_new(const struct tl_col *cols, int ncols)
{
    struct tl_enc *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    e->cols = calloc(ncols > 0 ? (size_t)ncols : 1, sizeof *e->cols);
    if (!e->cols) {
        free(e);
        return NULL;
    }
    e->ncols = ncols;
    for (int i = 0; i < ncols; i++) {
        e->cols[i].def = cols[i];
        e->cols[i].width = (size_t)tl_type_width(cols[i].type);
    }
    return e;
}

void tl_enc_free(struct tl_enc *e)
{
    if (!e) return;
    for (int i = 0; i < e->ncols; i++) {
        tl_buf_free(&e->cols[i].nulls);
        tl_buf_free(&e->cols[i].data);
    }
    free(e->cols);
    free(e);
}

/* The column when it is valid and this row's value is still missing, else NULL. */
static struct enc_col *open_col(struct tl_enc *e, int col)
{
    if (col < 0 || col >= e->ncols || e->cols[col].given) return NULL;
    return &e->cols[col];
}

/* Sets this row's bit of a bitmap column: MSB first, 1 = NULL (3.3). */
static bool put_bit(struct tl_enc *e, struct enc_col *c, bool null)
{
    if (e->rows % 8 == 0 && !tl_buf_u8(&c->nulls, 0)) return false;
    if (null) c->nulls.p[e->rows >> 3] |= (uint8_t)(0x80u >> (e->rows & 7));
    return true;
}

bool tl_enc_null(struct tl_enc *e, int col)
{
    static const uint8_t zero[16];
    struct enc_col *c = open_col(e, col);
    if (!c) return false;
    c->given = true;
    if (tl_type_var(c->def.type)) return tl_buf_u32(&c->nulls, UINT32_MAX);
    return put_bit(e, c, true) && tl_buf_put(&c->data, zero, c->width);
}

bool tl_enc_fixed(struct tl_enc *e, int col, const void *value)
{
    struct enc_col *c = open_col(e, col);
    if (!c || c->width == 0) return false;
    c->given = true;
    return put_bit(e, c, false) && tl_buf_put(&c->data, value, c->width);
}

/* Decodes one UTF-8 sequence into *cp; returns its length, 0 when it is not valid. */
static size_t utf8_next(const uint8_t *p, size_t n, uint32_t *cp)
{
    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }
    const size_t len = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || len > n) return 0;
    uint32_t v = p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        v = v << 6 | (p[i] & 0x3F);
    }
    const uint32_t least = len == 4 ? 0x10000 : len == 3 ? 0x800 : 0x80;
    if (v < least || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF)) return 0;
    *cp = v;
    return len;
}

/* NCHAR: u16 byte length, then UCS-4LE. Refuses text that is not UTF-8 or over 16383 characters. */
static bool put_nchar(struct tl_buf *data, const uint8_t *p, size_t n)
{
    const size_t at = data->n;
    if (!tl_buf_u16(data, 0)) return false;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        const size_t len = utf8_next(p + i, n - i, &cp);
        if (len == 0 || !tl_buf_u32(data, cp)) return false;
        i += len;
    }
    const size_t bytes = data->n - at - 2;
    if (bytes > UINT16_MAX) return false;
    data->p[at] = (uint8_t)bytes;
    data->p[at + 1] = (uint8_t)(bytes >> 8);
    return true;
}

bool tl_enc_var(struct tl_enc *e, int col, const void *bytes, size_t n)
{
    struct enc_col *c = open_col(e, col);
    if (!c || !tl_type_var(c->def.type) || c->data.n > INT32_MAX) return false;
    const size_t offset = c->data.n;
    bool ok;
    if (c->def.type == TL_NCHAR)
        ok = put_nchar(&c->data, bytes, n);
    else if (c->def.type == TL_BLOB)
        ok = n <= INT32_MAX && tl_buf_u32(&c->data, (uint32_t)n) && tl_buf_put(&c->data, bytes, n);
    else
        ok = n <= UINT16_MAX && tl_buf_u16(&c->data, (uint16_t)n) && tl_buf_put(&c->data, bytes, n);
    if (!ok) {
        c->data.n =
            offset; /* a refused value leaves nothing behind: the caller may give NULL instead */
        return false;
    }
    c->given = true;
    return tl_buf_u32(&c->nulls, (uint32_t)offset);
}

bool tl_enc_end_row(struct tl_enc *e)
{
    for (int i = 0; i < e->ncols; i++)
        if (!e->cols[i].given) return false;
    for (int i = 0; i < e->ncols; i++)
        e->cols[i].given = false;
    e->rows++;
    return true;
}

uint32_t tl_enc_rows(const struct tl_enc *e)
{
    return e->rows;
}

size_t tl_enc_bytes(const struct tl_enc *e)
{
    size_t total = HEADER_BYTES + (size_t)e->ncols * (COL_INFO_BYTES + 4) + 1;
    for (int i = 0; i < e->ncols; i++)
        total += e->cols[i].nulls.n + e->cols[i].data.n;
    return total;
}

static bool put_header(const struct tl_enc *e, size_t total, struct tl_buf *out)
{
    bool ok = tl_buf_u32(out, 1) && tl_buf_u32(out, (uint32_t)total) && tl_buf_u32(out, e->rows) &&
              tl_buf_u32(out, (uint32_t)e->ncols) && tl_buf_u32(out, 0x80000000u) &&
              tl_buf_u64(out, 0);
    for (int i = 0; ok && i < e->ncols; i++)
        ok = tl_buf_u8(out, e->cols[i].def.type) && tl_buf_u32(out, info_bytes(&e->cols[i].def));
    for (int i = 0; ok && i < e->ncols; i++)
        ok = tl_buf_u32(out, (uint32_t)e->cols[i].data.n);
    return ok;
}

bool tl_enc_finish(struct tl_enc *e, struct tl_buf *out)
{
    const size_t at = out->n;
    const size_t total = tl_enc_bytes(e);
    bool ok = total <= INT32_MAX && put_header(e, total, out);
    for (int i = 0; ok && i < e->ncols; i++)
        ok = tl_buf_put(out, e->cols[i].nulls.p, e->cols[i].nulls.n) &&
             tl_buf_put(out, e->cols[i].data.p, e->cols[i].data.n);
    ok = ok && tl_buf_u8(out, 0);
    if (!ok) {
        out->n = at;
        return false;
    }
    e->rows = 0;
    for (int i = 0; i < e->ncols; i++)
        e->cols[i].nulls.n = e->cols[i].data.n = 0;
    return true;
}

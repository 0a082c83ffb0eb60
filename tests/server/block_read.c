/* block_read.c: the raw block, read back (protocol.md 3). */
#include "block_read.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 28 };

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Places one column at *at; false when it does not fit before `end`. */
static bool open_col(struct tl_block_col *c, const uint8_t *info, uint32_t len, uint32_t rows,
                     const uint8_t **at, const uint8_t *end)
{
    const size_t width = (size_t)tl_type_width(info[0]);
    c->type = info[0];
    c->bytes = (int32_t)load32(info + 1);
    if (c->type == TL_DECIMAL64 || c->type == TL_DECIMAL128) {
        c->scale = info[1];
        c->precision = info[2];
        if (c->scale > 38 || c->precision > 38) return false;
    }
    if (width == 0 && !tl_type_var(c->type) && c->type != TL_NULL) return false;
    if (!tl_type_var(c->type) && len != width * rows) return false;
    const size_t nnulls = tl_type_var(c->type) ? (size_t)rows * 4 : ((size_t)rows + 7) / 8;
    if (nnulls > (size_t)(end - *at) || len > (size_t)(end - *at) - nnulls) return false;
    c->nulls = *at;
    c->data = *at + nnulls;
    c->ndata = len;
    *at = c->data + len;
    return true;
}

bool tl_block_open(struct tl_block *b, const uint8_t *p, size_t n)
{
    *b = (struct tl_block){0};
    if (n < HEADER_BYTES + 1 || load32(p + 4) != n || load32(p + 8) == 0) return false;
    const size_t ncols = load32(p + 12);
    b->rows = load32(p + 8);
    if (ncols > (n - HEADER_BYTES - 1) / 9) return false;
    b->cols = calloc(ncols ? ncols : 1, sizeof *b->cols);
    if (!b->cols) return false;
    b->ncols = (int)ncols;
    const uint8_t *at = p + HEADER_BYTES + 9 * ncols;
    for (size_t i = 0; i < ncols; i++) {
        const uint32_t len = load32(p + HEADER_BYTES + 5 * ncols + 4 * i);
        if (!open_col(&b->cols[i], p + HEADER_BYTES + 5 * i, len, b->rows, &at, p + n - 1)) {
            tl_block_close(b);
            return false;
        }
    }
    if (at == p + n - 1) return true;
    tl_block_close(b);
    return false;
}

void tl_block_close(struct tl_block *b)
{
    free(b->cols);
    *b = (struct tl_block){0};
}

bool tl_block_cell(const struct tl_block *b, int col, uint32_t row, struct tl_cell *out)
{
    if (col < 0 || col >= b->ncols || row >= b->rows) return false;
    const struct tl_block_col *c = &b->cols[col];
    *out = (struct tl_cell){0};
    if (!tl_type_var(c->type)) {
        const size_t width = (size_t)tl_type_width(c->type);
        out->null = (c->nulls[row >> 3] & (0x80u >> (row & 7))) != 0;
        out->p = c->data + width * row;
        out->n = width;
        return true;
    }
    const uint32_t offset = load32(c->nulls + 4 * (size_t)row);
    const uint32_t prefix = c->type == TL_BLOB ? 4 : 2;
    out->null = offset == UINT32_MAX;
    if (out->null) return true;
    if (offset > c->ndata || prefix > c->ndata - offset) return false;
    const uint8_t *v = c->data + offset;
    const uint32_t len = prefix == 4 ? load32(v) : (uint32_t)v[0] | (uint32_t)v[1] << 8;
    if (len > c->ndata - offset - prefix) return false;
    out->p = v + prefix;
    out->n = len;
    return true;
}

bool tl_ucs4_to_utf8(struct tl_buf *out, const uint8_t *p, size_t n)
{
    if (n % 4 != 0) return false;
    for (size_t i = 0; i < n; i += 4) {
        const uint32_t c = load32(p + i);
        uint8_t u[4];
        size_t len = 0;
        if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return false;
        if (c < 0x80) {
            u[len++] = (uint8_t)c;
        } else if (c < 0x800) {
            u[len++] = (uint8_t)(0xC0 | c >> 6);
            u[len++] = (uint8_t)(0x80 | (c & 0x3F));
        } else if (c < 0x10000) {
            u[len++] = (uint8_t)(0xE0 | c >> 12);
            u[len++] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
            u[len++] = (uint8_t)(0x80 | (c & 0x3F));
        } else {
            u[len++] = (uint8_t)(0xF0 | c >> 18);
            u[len++] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
            u[len++] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
            u[len++] = (uint8_t)(0x80 | (c & 0x3F));
        }
        if (!tl_buf_put(out, u, len)) return false;
    }
    return true;
}

bool tl_decimal_text(struct tl_buf *out, const uint8_t *p, int width, int scale)
{
    char text[64]; /* 39 digits, a point, a sign */
    int at = (int)sizeof text;
    __int128 v = 0;
    for (int i = 0; i < width; i++) /* little-endian; the last byte carries the sign */
        v |= (__int128)((unsigned __int128)p[i] << (8 * i));
    if (width == 8) v = (int64_t)v;
    unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    int digits = 0;
    while (u > 0 || digits <= scale) {
        if (digits == scale && scale > 0) text[--at] = '.';
        text[--at] = (char)('0' + (int)(u % 10));
        u /= 10;
        digits++;
    }
    if (v < 0) text[--at] = '-';
    return tl_buf_put(out, text + at, sizeof text - (size_t)at);
}

/*
 * block_read.h: reads a raw block (protocol.md 3) on the server's side, for REST bodies and tests.
 *
 * Shares nothing with the driver's decoder. A tl_block points into the caller's bytes; every offset
 * and length is checked, so a damaged block is refused, never read past. No locks.
 */
#ifndef TL_BLOCK_READ_H
#define TL_BLOCK_READ_H

#include "block_enc.h"

struct tl_block_col {
    uint8_t type;
    int32_t bytes; /* of the column info; for DECIMAL see precision and scale */
    uint8_t precision, scale;
    const uint8_t *nulls; /* bitmap, or i32 offsets of a variable column */
    const uint8_t *data;
    uint32_t ndata;
};

struct tl_block {
    uint32_t rows;
    int ncols;
    struct tl_block_col *cols;
};

/* One value: n raw bytes at p, without a length prefix. NCHAR is UCS-4LE. */
struct tl_cell {
    bool null;
    const uint8_t *p;
    size_t n;
};

/* False when the bytes are not a whole, consistent block, or memory is out. Close after use. */
bool tl_block_open(struct tl_block *b, const uint8_t *p, size_t n);
void tl_block_close(struct tl_block *b);
/* False when there is no such cell or its offset or length points outside of the column. */
bool tl_block_cell(const struct tl_block *b, int col, uint32_t row, struct tl_cell *out);

/* Appends UCS-4LE as UTF-8; false on a value that is no character, or when memory is out. */
bool tl_ucs4_to_utf8(struct tl_buf *out, const uint8_t *p, size_t n);
/* Appends a decimal's text: integer / 10^scale (3.5). */
bool tl_decimal_text(struct tl_buf *out, const uint8_t *p, int width, int scale);

#endif

/*
 * block_enc.h: writes TDengine's raw block (protocol.md section 3) for the development server.
 *
 * The server shares no codec with the driver: this is written from protocol.md and checked against
 * the golden recordings alone. An encoder is owned by the result that fills it; no locks, one
 * thread.
 */
#ifndef TL_BLOCK_ENC_H
#define TL_BLOCK_ENC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Type codes of protocol.md section 0. */
enum tl_type {
    TL_NULL = 0,
    TL_BOOL = 1,
    TL_TINYINT = 2,
    TL_SMALLINT = 3,
    TL_INT = 4,
    TL_BIGINT = 5,
    TL_FLOAT = 6,
    TL_DOUBLE = 7,
    TL_VARCHAR = 8,
    TL_TIMESTAMP = 9,
    TL_NCHAR = 10,
    TL_UTINYINT = 11,
    TL_USMALLINT = 12,
    TL_UINT = 13,
    TL_UBIGINT = 14,
    TL_JSON = 15,
    TL_VARBINARY = 16,
    TL_DECIMAL128 = 17,
    TL_BLOB = 18,
    TL_GEOMETRY = 20,
    TL_DECIMAL64 = 21
};

/* A byte buffer that grows; free with tl_buf_free. All put functions return false when memory is
   out. */
struct tl_buf {
    uint8_t *p;
    size_t n, cap;
};
bool tl_buf_put(struct tl_buf *b, const void *data, size_t n);
bool tl_buf_u8(struct tl_buf *b, uint8_t v);
bool tl_buf_u16(struct tl_buf *b, uint16_t v);
bool tl_buf_u32(struct tl_buf *b, uint32_t v);
bool tl_buf_u64(struct tl_buf *b, uint64_t v);
void tl_buf_free(struct tl_buf *b);

/* One result column. `length` is the declared size as `query` reports it (fields_lengths of
   protocol.md 2.6): bytes for VARCHAR/VARBINARY/GEOMETRY, characters for NCHAR, 4095 JSON,
   4194304 BLOB, 8/16 DECIMAL, else the width. */
struct tl_col {
    char name[65];
    uint8_t type;             /* enum tl_type */
    uint8_t precision, scale; /* DECIMAL only */
    int32_t length;
};

/* Bytes of a fixed-width type, 0 for the others; whether a type has an offset array (3.4). */
int tl_type_width(uint8_t type);
bool tl_type_var(uint8_t type);

struct tl_enc;
struct tl_enc *tl_enc_new(const struct tl_col *cols, int ncols);
void tl_enc_free(struct tl_enc *e);
/* One call per column and row, then tl_enc_end_row, which is false when a column is missing. Fixed
   values are given little-endian in their width; NCHAR is given as UTF-8 and stored as UCS-4LE. A
   value that cannot be stored (too long, not UTF-8, wrong kind of column) is refused with false and
   leaves the cell open. */
bool tl_enc_null(struct tl_enc *e, int col);
bool tl_enc_fixed(struct tl_enc *e, int col, const void *value);
bool tl_enc_var(struct tl_enc *e, int col, const void *bytes, size_t n);
bool tl_enc_end_row(struct tl_enc *e);
uint32_t tl_enc_rows(const struct tl_enc *e);
size_t tl_enc_bytes(const struct tl_enc *e);
/* Appends the block of all rows so far to `out` and starts anew. */
bool tl_enc_finish(struct tl_enc *e, struct tl_buf *out);

#endif

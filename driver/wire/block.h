/*
 * block.h: a view of TDengine's raw block (protocol.md section 3).
 *
 * td_block_open checks every length and offset once; after it, kernels may trust the view. The view
 * points into the message; whoever owns the message (client/result.c) keeps it alive. No
 * allocation, no lock.
 */
#ifndef TD_WIRE_BLOCK_H
#define TD_WIRE_BLOCK_H

#include "base/buf.h"
#include "base/err.h"

/* Type codes, protocol.md section 0. */
enum td_type {
    TD_T_NULL = 0,
    TD_T_BOOL = 1,
    TD_T_TINYINT = 2,
    TD_T_SMALLINT = 3,
    TD_T_INT = 4,
    TD_T_BIGINT = 5,
    TD_T_FLOAT = 6,
    TD_T_DOUBLE = 7,
    TD_T_VARCHAR = 8,
    TD_T_TIMESTAMP = 9,
    TD_T_NCHAR = 10,
    TD_T_UTINYINT = 11,
    TD_T_USMALLINT = 12,
    TD_T_UINT = 13,
    TD_T_UBIGINT = 14,
    TD_T_JSON = 15,
    TD_T_VARBINARY = 16,
    TD_T_DECIMAL128 = 17,
    TD_T_BLOB = 18,
    TD_T_MEDIUMBLOB = 19,
    TD_T_GEOMETRY = 20,
    TD_T_DECIMAL64 = 21,
    TD_T_COUNT = 22
};

/* Width of a fixed type in a block, 0 for variable types and TD_T_NULL. */
int td_type_width(int type);
bool td_type_is_var(int type);
bool td_type_known(int type); /* 19 is not */

/* One column of a block. */
struct td_col {
    uint8_t type;             /* enum td_type */
    uint8_t precision, scale; /* decimals: from the block's column info */
    uint8_t ts_prec;          /* 0 ms, 1 us, 2 ns: of the result, from td_block_open */
    int32_t bytes;            /* internal size: VARCHAR n+2, NCHAR 4n+2 … */
    uint32_t rows;
    uint32_t len;           /* bytes of data */
    const uint8_t *nulls;   /* fixed types: bitmap, MSB first, 1 = NULL */
    const uint8_t *offsets; /* variable types: rows × i32, −1 = NULL */
    const uint8_t *data;    /* unaligned */
};

struct td_block {
    uint32_t rows;
    uint32_t ncols;
    struct td_col *cols;  /* the caller's array of ≥ ncols */
    const uint8_t *bytes; /* the block itself */
    size_t len;
};

/* Opens the block at p (n bytes, exactly one block). `cols` has room for `ncols`, which must be the
   result's column count; when `types` is not NULL each column's type must equal types[i]. Every
   NULL bitmap, offset and string prefix is checked to lie inside; NCHAR lengths are multiples of 4.
   A violation: HY000 "corrupt block: …" with column and row. */
enum td_rc td_block_open(const void *p, size_t n, const uint8_t *types, struct td_col *cols,
                         uint32_t ncols, uint8_t ts_prec, struct td_block *out, struct td_err *err);

static inline bool td_col_is_null(const struct td_col *c, uint32_t row)
{
    if (c->offsets) return (int32_t)td_ld32(c->offsets + 4 * (size_t)row) < 0;
    return (c->nulls[row >> 3] & (0x80u >> (row & 7))) != 0;
}
/* Bytes of a variable value that is not NULL. */
static inline struct td_str td_col_var(const struct td_col *c, uint32_t row)
{
    const uint8_t *v = c->data + td_ld32(c->offsets + 4 * (size_t)row);
    if (c->type == TD_T_BLOB) return (struct td_str){(const char *)v + 4, td_ld32(v)};
    return (struct td_str){(const char *)v + 2, td_ld16(v)};
}
/* JSON's own NULL: the 4-character text `null` (protocol.md 3.4) counts as NULL too. */
bool td_col_json_null(const struct td_col *c, uint32_t row);

#endif

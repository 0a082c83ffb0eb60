/*
 * build.h: makes raw blocks: local result sets (catalog, procedures), REST rows and tests share it,
 * so that everything above sees one layout.
 *
 * A builder is owned by its user; no lock. The finished block is one td_malloc'd buffer that
 * td_block_open accepts.
 */
#ifndef TD_WIRE_BUILD_H
#define TD_WIRE_BUILD_H

#include "base/dec.h"
#include "wire/block.h"

struct td_build_col {
    uint8_t type, precision, scale;
    int32_t bytes; /* internal size; 0 = choose by type */
};
struct td_build;

/* Out of memory: NULL. `max_bytes` bounds a block. */
struct td_build *td_build_new(const struct td_build_col *cols, uint32_t ncols, size_t max_bytes);
void td_build_free(struct td_build *b);
/* One call per column and row, columns in any order; td_build_end_row makes missing ones NULL. A
   failure (memory, ceiling) sticks and shows in td_build_finish. */
void td_build_null(struct td_build *b, uint32_t col);
void td_build_int(struct td_build *b, uint32_t col,
                  int64_t v); /* BOOL, all integers, TIMESTAMP: cut to the width */
void td_build_double(struct td_build *b, uint32_t col, double v); /* FLOAT, DOUBLE */
void td_build_dec(struct td_build *b, uint32_t col, struct td_i128 v);
void td_build_bytes(struct td_build *b, uint32_t col, const void *p,
                    size_t n); /* variable types as stored in the block */
void td_build_utf8(struct td_build *b, uint32_t col,
                   struct td_str s); /* VARCHAR/JSON as is, NCHAR to UCS-4 */
void td_build_end_row(struct td_build *b);
uint32_t td_build_rows(const struct td_build *b);
size_t td_build_size(const struct td_build *b);
/* Takes the block of all rows so far (NULL with rows = 0 → TD_OK and *block = NULL) and starts
   anew. */
enum td_rc td_build_finish(struct td_build *b, uint8_t **block, size_t *n, struct td_err *err);

#endif

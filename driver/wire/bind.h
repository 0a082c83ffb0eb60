/*
 * bind.h: the stmt2 bind message (protocol.md 4.3, 4.6): typed parameter columns in, message bytes
 * out.
 *
 * A td_pcol is one parameter over all parameter sets of an execute, already in TDengine's type and
 * byte form (made by conv/param.h). A bind gathers any rows of it per table. Pure; the caller owns
 * columns and buffers; no lock.
 */
#ifndef TD_WIRE_BIND_H
#define TD_WIRE_BIND_H

#include "wire/block.h"

/* One parameter over `rows` parameter sets. */
struct td_pcol {
    uint8_t type; /* the type code sent: the column's own for inserts (protocol.md 4.3) */
    uint32_t rows;
    uint8_t width;       /* of a fixed-width record, else 0 */
    uint8_t *nulls;      /* rows × 1 */
    uint8_t *fixed;      /* rows × width */
    uint32_t *off, *len; /* variable: rows × u32, into `data` */
    struct td_buf data;
    size_t mem_nulls, mem_fixed, mem_off, mem_len; /* bytes that the arrays have */
};
/* Room for `rows` rows of a type; width 0 = variable. Keeps memory between executes. TD_FAIL: no
 * memory. */
enum td_rc td_pcol_reset(struct td_pcol *c, uint8_t type, uint8_t width, uint32_t rows);
void td_pcol_free(struct td_pcol *c);

enum td_bind_role {
    TD_BIND_COLUMN = 1,
    TD_BIND_TAG = 2,
    TD_BIND_QUERY = 3,
    TD_BIND_TBNAME = 4
}; /* protocol.md 4.2 */

/* Rows of one table (or all rows, for a statement without table name). */
struct td_bind_table {
    struct td_str
        name; /* identifier text as in SQL; empty when the statement names the table itself */
    const uint32_t *rows; /* row numbers of the columns, in order */
    uint32_t nrows;       /* 1…32767 */
};

/* Appends a bind message (action 9, all columns) for the tables. `cols[i]` has role roles[i], in
   the order of prepare's fields; the tbname column itself is not sent as a record. Tags are taken
   from a table's first row. HY001 or HY000 (message too large). */
enum td_rc td_bind_encode(struct td_buf *out, uint64_t req_id, uint64_t stmt_id,
                          const struct td_pcol *const *cols, const uint8_t *roles, uint32_t ncols,
                          const struct td_bind_table *tables, uint32_t ntables, struct td_err *err);
/* The combined message (action 11): rows in the given order, tbname and tags per row. */
enum td_rc td_bind_exec_encode(struct td_buf *out, uint64_t req_id, uint64_t stmt_id,
                               const struct td_pcol *const *cols, const uint8_t *roles,
                               uint32_t ncols, const uint32_t *rows, uint32_t nrows,
                               struct td_err *err);
/* Bytes that one row adds to a bind: for splitting at MaxBindBytes. */
size_t td_bind_row_bytes(const struct td_pcol *const *cols, uint32_t ncols, uint32_t row);

#endif

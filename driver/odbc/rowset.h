/*
 * rowset.h: the rows of the current row set and where they lie in blocks.
 *
 * Part of the statement, guarded by its lock. See rowset.c for why blocks are kept.
 */
#ifndef TD_ODBC_ROWSET_H
#define TD_ODBC_ROWSET_H

#include "client/result.h"
#include "conv/sqltypes.h"

/* A run of the current row set's rows inside one block. */
struct td_segment {
    struct td_col
        *cols; /* the result's own array for the last segment, an owned copy for those before it */
    uint8_t *owned;   /* the block's message when taken over from the result */
    bool pinned;      /* of a static cursor: the store keeps block and columns */
    uint32_t row0, n; /* rows of the block */
    SQLULEN first;    /* row of the row set, from 0 */
};

enum td_row_state { TD_ROW_OK, TD_ROW_INFO, TD_ROW_ERROR };

struct td_rowset {
    struct td_segment *segs;
    uint32_t n, cap;
    uint8_t *state; /* enum td_row_state per row */
    SQLULEN state_cap;
};

/* Frees the blocks kept; the arrays stay for the next row set. */
void td_rowset_clear(struct td_rowset *r);
/* Adds a run of the result's current block; NULL: no memory. */
struct td_segment *td_rowset_add(struct td_rowset *r, const struct td_block *block, uint32_t row0,
                                 uint32_t n, SQLULEN first);
/* Takes over the block of the last segment before the result moves on. TD_FAIL: no memory. */
enum td_rc td_rowset_keep_last(struct td_rowset *r, struct td_result *res);
/* The segment of row `row` (from 0) and the row's number in its block. */
const struct td_segment *td_rowset_find(const struct td_rowset *r, SQLULEN row,
                                        uint32_t *block_row);
/* Makes room for and clears the states of `rows` rows. */
bool td_rowset_states(struct td_rowset *r, SQLULEN rows);

#endif

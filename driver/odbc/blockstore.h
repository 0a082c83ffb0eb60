/*
 * blockstore.h: the rows of a static cursor: raw blocks kept as they came, in memory up to a limit, beyond it in an unlinked
 * temporary file.
 *
 * Belongs to its statement, guarded by the statement's lock. A block in use by the current row set is pinned: its view stays
 * valid until td_store_unpin.
 */
#ifndef TD_ODBC_BLOCKSTORE_H
#define TD_ODBC_BLOCKSTORE_H

#include "client/result.h"
#include "conv/sqltypes.h"

struct td_store;

/* `limit` bytes of blocks stay in memory. NULL: no memory. */
struct td_store *td_store_new(uint32_t ncols, uint8_t ts_prec, size_t limit);
void td_store_free(struct td_store *s);
/* Takes over the result's current block. HY001, HY000 (temporary file). */
enum td_rc td_store_add(struct td_store *s, struct td_result *r, struct td_err *err);
SQLULEN td_store_rows(const struct td_store *s);
/* The block that holds row `row` (from 0) as a pinned view, and the row's number in it. NULL with *err: HY001, HY000. */
const struct td_block *td_store_block(struct td_store *s, SQLULEN row, uint32_t *block_row,
                                      struct td_err *err);
void td_store_unpin(struct td_store *s);
/* Bytes in the temporary file, for tests and the log. */
uint64_t td_store_spilled(const struct td_store *s);

#endif

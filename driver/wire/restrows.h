/*
 * restrows.h: the body of a /rest/sql answer (protocol.md 1.4–1.7), read piece by piece into raw
 * blocks of the same layout as WebSocket's, without a tree: integers never pass through a double,
 * decimals stay exact, JSON columns keep their text.
 *
 * A td_restrows is owned by its result; no lock. Feed it what the transfer gives; when it says that
 * a block is full, take the block and feed it the rest. td_restrows_end must agree before the last
 * block is believed: a body that breaks off, is empty, or says another number of rows is an error
 * (protocol.md section 1.7, 11).
 */
#ifndef TD_WIRE_RESTROWS_H
#define TD_WIRE_RESTROWS_H

#include "wire/build.h"
#include "wire/msg.h"

struct td_restrows;

/* Out of memory: NULL. A block is full with `block_rows` rows or `block_bytes` bytes, one row at
   least; one value may have `max_value` bytes of text. */
struct td_restrows *td_restrows_new(uint32_t block_rows, size_t block_bytes, size_t max_value);
void td_restrows_free(struct td_restrows *r);

/* Reads up to n bytes; *used of them were taken, less than n only when a block is full (*full).
   Errors: HY000 for what is not such a body or does not fit its column, HY001; they stick. An error
   answer of the server shows in td_restrows_end. */
enum td_rc td_restrows_feed(struct td_restrows *r, const void *p, size_t n, size_t *used,
                            bool *full, struct td_err *err);
/* The body has ended. `status` is HTTP's. Errors: the server's own, with its SQLSTATE; 08S01 for a
   body that breaks off; HY000 for an empty one and one that is not the adapter's. */
enum td_rc td_restrows_end(struct td_restrows *r, int status, struct td_err *err);

/* Columns are known once td_restrows_described; names live as long as r. */
bool td_restrows_described(const struct td_restrows *r);
uint32_t td_restrows_fields(const struct td_restrows *r, const struct td_field **fields);
/* 0 ms, 1 us, 2 ns, from the digits of the first timestamp; −1 while no timestamp came. */
int td_restrows_precision(const struct td_restrows *r);
/* Settles it while it is −1: a later timestamp that does not fit it exactly is an error. */
void td_restrows_set_precision(struct td_restrows *r, int prec);
/* The body has the shape of an update's (one INT column affected_rows with one row): a SELECT with
   that alias looks the same (protocol.md 1.5), so the caller asks the statement too. Valid after
   td_restrows_end. */
bool td_restrows_is_update(const struct td_restrows *r, int64_t *affected);
/* Rows since the last block; NULL without rows. Its timestamps are in the precision above. */
enum td_rc td_restrows_take(struct td_restrows *r, uint8_t **block, size_t *n, struct td_err *err);

#endif

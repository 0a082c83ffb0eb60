/*
 * result.h: the outcome of a statement as a stream of raw blocks.
 *
 * A result belongs to the statement that asked for it, and is used by one thread at a time (the
 * statement's lock). Its blocks are messages of the transport taken over whole: one message, one
 * allocation, no second copy. One fetch is ahead (protocol.md 2.3 rule 2: two would have no defined
 * order). Local results (catalog, procedures) give the one block they were made with.
 */
#ifndef TD_CLIENT_RESULT_H
#define TD_CLIENT_RESULT_H

#include "wire/block.h"

struct td_request;
struct td_session;

/* A column as the server describes it (protocol.md 2.6). */
struct td_column {
    struct td_str name;       /* UTF-8, in the result's arena */
    uint8_t type;             /* enum td_type */
    uint8_t precision, scale; /* DECIMAL */
    int32_t length;           /* declared: bytes, NCHAR characters; also of stmt2 results */
    uint8_t nullable;         /* as in ODBC: 0 no, 1 yes, 2 unknown; local results say 0 or 1 */
};

struct td_result {
    uint32_t ncols; /* 0 = an update */
    struct td_column *cols;
    uint8_t ts_prec;  /* 0 ms, 1 us, 2 ns */
    int64_t affected; /* update's rows; −1 for a query */
    bool ended;       /* the last block was given */
    /* private below: client/result.c */
    struct td_block block;
    struct td_result_priv *priv;
};

/* Gives the next block (res->block), freeing the one before. TD_OK with *have false at the end. On
   error (HY008, HYT00, 08S01, server errors) the result is ended, after HY008/HYT00 of a wait too.
 */
enum td_rc td_result_next(struct td_result *r, struct td_request *rq, bool *have,
                          struct td_err *err);
/* Keeps the current block's message: the caller owns *msg (td_free) and the views inside it stay
   valid. For static cursors. */
uint8_t *td_result_detach_block(struct td_result *r, size_t *n);
/* Frees everything; tells the server (free_result) when the end was not reached. Never waits. */
void td_result_free(struct td_result *r);

/* A local result over a block made by wire/build.h (taken over; NULL = no rows). Column
   descriptions are copied. */
struct td_result *td_result_local(const struct td_column *cols, uint32_t ncols, uint8_t ts_prec,
                                  uint8_t *block, size_t n, struct td_err *err);

#endif

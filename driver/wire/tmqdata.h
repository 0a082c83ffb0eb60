/*
 * tmqdata.h: the data of a subscription's message (protocol.md 5.6): the reply of `fetch_raw_data`
 * in, table blocks with their names and schemas out.
 *
 * td_tmqdata_open checks the reply's envelope, td_tmqdata_next each block once: what it gives may
 * be trusted. Blocks point into the message, which its owner keeps; columns and names lie in the
 * caller's arena. No I/O, no lock.
 */
#ifndef TD_WIRE_TMQDATA_H
#define TD_WIRE_TMQDATA_H

#include "wire/msg.h"

struct td_tmqdata {
    uint64_t message_id;
    int64_t timing_ns;
    uint16_t raw_type; /* 2 data, 4 metadata and data */
    uint32_t left;     /* blocks still to come */
    /* private */
    bool with_table, with_schema;
    const uint8_t *p, *end;
};

/* Rows of one table (or of a query topic). */
struct td_tmqblock {
    struct td_str table; /* "" when the message names none (topics over a query) */
    uint8_t ts_prec;
    struct td_field *fields; /* block.ncols; names "" when the message has no schema */
    struct td_block block;
};

/* Errors: what the server answered; HY000 "unexpected reply …" for one that is not as the protocol
   says. */
enum td_rc td_tmqdata_open(struct td_msg_view f, struct td_tmqdata *d, struct td_err *err);
/* The next block; *have false at the end. A violation: HY000 "corrupt message: …". */
enum td_rc td_tmqdata_next(struct td_tmqdata *d, struct td_arena *a, struct td_tmqblock *out,
                           bool *have, struct td_err *err);
/* True when both blocks have the same columns: names, types, sizes, time precision. */
bool td_tmqblock_alike(const struct td_tmqblock *x, const struct td_tmqblock *y);

#endif

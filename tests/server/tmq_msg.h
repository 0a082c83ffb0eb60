/*
 * tmq_msg.h: one message of a subscription: its blocks or its made tables, and how they are sent
 * (protocol.md 5.3, 5.6).
 *
 * A message is owned by the consumer it was made for. One thread, no locks.
 */
#ifndef TL_TMQ_MSG_H
#define TL_TMQ_MSG_H

#include "engine_topic.h"

struct tl_tmq_block {
    struct tl_buf raw; /* a raw block of version 2 */
    uint32_t rows;
    int prec, ncols;
    struct tl_col *cols;
    uint8_t *flags; /* of the columns in storage; 0 for a query's */
    int *ids;
    char table[193];
};

enum { TL_TMQ_DATA = 1, TL_TMQ_META = 2 };

struct tl_tmq_msg {
    uint64_t id;
    char topic[193], db[65];
    int vgroup; /* index */
    int type;
    int64_t from, to; /* offsets: [from, to) was read */
    bool named;       /* blocks name their tables */
    struct tl_tmq_block *blocks;
    int nblocks;
    int at;             /* next block of `fetch`, from 1; 0 = none was fetched */
    struct tl_buf meta; /* JSON objects with commas */
};

/* Reads on from *pos: 1 = *out is a message, 0 = nothing up to the end, -1 = error. *pos moves
   behind what was read. `rows` is how many rows are enough, `one_meta` sends made tables one by
   one. */
int tl_tmq_next(struct tl_engine *e, const struct tl_topic *t, int vgroup, uint64_t rows,
                bool one_meta, int64_t *pos, struct tl_tmq_msg **out, struct tl_error *err);
void tl_tmq_msg_free(struct tl_tmq_msg *m);
/* The data of a fetch_raw_data reply (5.6). */
bool tl_tmq_raw(const struct tl_tmq_msg *m, struct tl_buf *b);

#endif

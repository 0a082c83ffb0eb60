/*
 * stats.h: counters that tests read with `tdlite stats`: what clients sent, and what they did
 * wrong.
 *
 * The counters belong to the server; event-loop thread only, no locks.
 */
#ifndef TL_STATS_H
#define TL_STATS_H

#include "engine.h"

enum { TL_STATS_ACTIONS = 64 };
struct tl_stats {
    struct {
        char name[24];
        uint64_t n;
    } action[TL_STATS_ACTIONS];
    int nactions;
    uint64_t bytes_in, bytes_out; /* of WebSocket messages, without frame headers */
    uint64_t violations;          /* requests that would have killed or confused a real adapter */
};

struct tl_server;
/* Counts a message; names beyond the limit are left out. */
void tl_stats_message(struct tl_stats *s, const char *name, size_t bytes);
/* Rows (name varchar(64), value bigint). */
struct tl_result *tl_stats_result(const struct tl_server *srv, struct tl_error *err);

#endif

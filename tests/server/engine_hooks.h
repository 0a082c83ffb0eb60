/*
 * engine_hooks.h: running statements as the catalog shows them, and KILL QUERY (protocol.md 11).
 *
 * The protocol side owns running requests: it enters them here while they run, and is asked when a
 * client kills one. Everything on the server's thread.
 */
#ifndef TL_ENGINE_HOOKS_H
#define TL_ENGINE_HOOKS_H

#include "engine.h"

/* Told the id of KILL QUERY 'id'; true = such a query runs and has been told to end. Without a
   hook, or when it answers false, the statement fails with 0x030E. */
typedef bool tl_kill_fn(void *ctx, const char *kill_id);
void tl_engine_set_kill(struct tl_engine *e, tl_kill_fn *fn, void *ctx);
/* A row of performance_schema.perf_queries; query_id is the request's id, all 64 bits of it. */
bool tl_engine_query_add(struct tl_engine *e, const char *kill_id, uint64_t query_id,
                         const struct tl_session *s, const char *sql, size_t n,
                         struct tl_error *err);
void tl_engine_query_drop(struct tl_engine *e, const char *kill_id);

#endif

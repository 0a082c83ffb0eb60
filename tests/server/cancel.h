/*
 * cancel.h: KILL QUERY: waiting requests as rows of performance_schema.perf_queries, and their end
 * (protocol.md 11, golden/cancel).
 *
 * Only requests that wait (a delay fault, --shuffle, gen.sleep) can be seen and killed: all others
 * are done before another message is read. Event-loop thread only, no locks.
 */
#ifndef TL_CANCEL_H
#define TL_CANCEL_H

#include "server_int.h"

/* Lets KILL QUERY of this server's engine reach its requests. */
void tl_cancel_start(struct tl_server *srv);
/* Lists a request that waits: now, or after opts.heartbeat_ms. A fetch is listed under the request
   id of its query. */
void tl_cancel_enter(struct tl_running *run);
/* Takes it off the list; harmless when it is not on it. */
void tl_cancel_leave(struct tl_running *run);

#endif

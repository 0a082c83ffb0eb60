/*
 * schemaless.h: schemaless writing on a session: the `insert` action over WebSocket (protocol.md
 * 2.9), the HTTP endpoints over REST (1.8). As the rest of session.h: any thread, the session's
 * locks are inside.
 */
#ifndef TD_CLIENT_SCHEMALESS_H
#define TD_CLIENT_SCHEMALESS_H

#include "client/session.h"
#include "wire/smlmsg.h"

/* *affected: rows written, −1 when the server does not say (REST). Errors: the server's own with
   its text; HYC00 for what REST does not have (a precision of OpenTSDB lines, an endpoint that the
   server has switched off); after 08S01 the lines may have been written. */
enum td_rc td_session_schemaless(struct td_session *s, const struct td_sml *sml,
                                 struct td_request *rq, int64_t *affected, struct td_err *err);

#endif

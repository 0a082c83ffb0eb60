/*
 * rest.h: SQL by HTTP: POST /rest/sql (protocol.md section 1) with libcurl multi, driven by the caller.
 *
 * A td_rest is one server with one login. It owns lanes (a curl multi and easy handle with one kept-alive connection); each
 * exchange has a lane of its own, so statements in several threads do not wait for each other. Its lock guards the list of
 * lanes only. A td_rest_call belongs to one statement and is used by one thread at a time; td_rest_cancel_wake may come from
 * any thread. The body is given in pieces: when nobody reads, the transfer pauses, so memory stays bounded.
 */
#ifndef TD_NET_REST_H
#define TD_NET_REST_H

#include "net/transport.h"

/* At most one of user and bearer; neither for a token in the path (TDengine Cloud, protocol.md 8.1). Copied, and wiped on
   close. */
struct td_rest_auth {
    const char *user, *password; /* Basic */
    const char *bearer;          /* access token */
};

struct td_rest;
struct td_rest_call;

/* No network yet: the first td_rest_post connects. cfg->path and cfg->reply_id are not used; `connect_ms` bounds each
   connecting, 0 = by the call's deadline only. With cfg->compression answers come by gzip. */
struct td_rest *td_rest_open(const struct td_net_cfg *cfg, const struct td_rest_auth *auth,
                             int64_t connect_ms, struct td_err *err);
/* Every call must have ended. After fork: closes the descriptors only. */
void td_rest_close(struct td_rest *r);

/* What ends a wait: TD_NEVER for no deadline; `cancel` may be NULL. As in td_wait. */
struct td_rest_wait {
    int64_t deadline;
    const struct td_cancel *cancel;
    uint32_t seen;
};

/* Posts `body` (copied) to `target` (path and query, percent-encoded) and waits until the answer's head has come. Errors:
   08001 or HYT00 when no connection could be made (nothing was sent; `*retry` as in td_ws_open), 08S01 when it was lost
   after (the outcome is then unknown; the text does not say so), HYT00, HY008. Nothing is ever sent twice. */
struct td_rest_call *td_rest_post(struct td_rest *r, const char *target, const void *body, size_t n,
                                  const struct td_rest_wait *w, bool *retry, struct td_err *err);
/* The HTTP status of the answer. Its meaning, and that of the body, is wire/restrows.h's. */
int td_rest_status(const struct td_rest_call *c);
/* The next piece of the body, *n 0 at its end. Valid until the next read. 08S01 for a body that breaks off. */
enum td_rc td_rest_read(struct td_rest_call *c, const struct td_rest_wait *w, const uint8_t **p,
                        size_t *n, struct td_err *err);
/* Ends an exchange; one that has not been read to its end is broken off (the connection is closed). NULL is fine. */
void td_rest_end(struct td_rest_call *c);

/* Wakes calls that wait with `cancel` after its generation was bumped. */
void td_rest_cancel_wake(struct td_rest *r, const struct td_cancel *cancel);
/* False after fork, and when the last exchange was lost: no network. */
bool td_rest_alive(struct td_rest *r);
uint32_t td_rest_caps(const struct td_rest *r);
const char *td_rest_endpoint(const struct td_rest *r);

#endif

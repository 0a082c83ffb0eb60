/*
 * upgrade.h: the HTTP handshake that turns a stream into a WebSocket (RFC 6455 section 4), bytes in and bytes out.
 *
 * No socket, no thread, no lock; one owner, the opener of a connection.
 */
#ifndef TD_NET_UPGRADE_H
#define TD_NET_UPGRADE_H

#include "base/buf.h"
#include "net/transport.h"

struct td_upgrade {
    char key[25];     /* Sec-WebSocket-Key */
    struct td_buf in; /* the answer's head so far, and what came behind it */
    size_t head;      /* bytes of the head, once complete */
    int status;       /* HTTP status */
    bool deflate;     /* offered: in; taken by the server: out */
};

/* Fills the request into `out`: GET of cfg->path with a fresh random key, permessage-deflate without context takeover
   offered when cfg->compression. */
enum td_rc td_upgrade_begin(struct td_upgrade *u, const struct td_net_cfg *cfg,
                            const char *endpoint, struct td_buf *out, struct td_err *err);
/* Takes received bytes. TD_OK with *done false: more are needed. With *done true the connection is a WebSocket, and
   u->in.p[u->head …] are the first frame bytes. Errors: 08001 or 28000 (401, 403) with the meaning of the status as
   protocol.md 2.1 and 8.3 have it; `*retry` for 5xx. */
enum td_rc td_upgrade_feed(struct td_upgrade *u, const void *p, size_t n, const char *endpoint,
                           bool *done, bool *retry, struct td_err *err);
void td_upgrade_free(struct td_upgrade *u);

#endif

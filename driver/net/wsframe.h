/*
 * wsframe.h: WebSocket messages over a byte stream, bytes in and bytes out (RFC 6455 sections 5-7, RFC 7692).
 *
 * Received frames are judged by wslay; a large binary frame is received straight into its message's buffer, which is
 * sized from the frame header: one allocation, no copy. Frames to send are built here, masked while they are copied.
 * No socket, no thread, no lock: the transport's io lock guards a td_wsf.
 */
#ifndef TD_NET_WSFRAME_H
#define TD_NET_WSFRAME_H

#include "net/transport.h"

enum td_ws_op {
    TD_WS_TEXT = 1,
    TD_WS_BINARY = 2,
    TD_WS_CLOSE = 8,
    TD_WS_PING = 9,
    TD_WS_PONG = 10
};

/* A frame ready to be sent, in a list of the sender's; td_free'd by it. */
struct td_frame {
    struct td_frame *next;
    size_t n, off; /* bytes, bytes sent */
    uint8_t p[];
};

struct td_wsf;

/* NULL when out of memory. `max_message` counts bytes after inflating. */
struct td_wsf *td_wsf_new(size_t max_message, bool deflate);
void td_wsf_free(struct td_wsf *w);

/* Where the next bytes of the stream belong, and how many at most. Never NULL. */
uint8_t *td_wsf_room(struct td_wsf *w, size_t *cap);
/* n bytes were put there. Errors end the connection: 08S01 (broken framing, a message over the limit), HY001. */
enum td_rc td_wsf_got(struct td_wsf *w, size_t n, struct td_err *err);
/* Takes the next whole message; false when there is none. */
bool td_wsf_next(struct td_wsf *w, struct td_msg *m);
/* Takes what the protocol itself wants sent (pongs, the answer to a close), whole frames; NULL when there is nothing. */
struct td_frame *td_wsf_reply(struct td_wsf *w);
/* True once the server's close frame came. The code is 1005 when it gave none; the reason is valid until the free. */
bool td_wsf_closed(const struct td_wsf *w, unsigned *code, const char **reason);

/* Builds a frame (compressed when that was agreed and is worth it). NULL when out of memory. Without compression it
   touches no state of `w`, which may then be NULL, and may run beside everything else. */
struct td_frame *td_wsf_frame(struct td_wsf *w, enum td_ws_op op, const void *p, size_t n);

#endif

/*
 * conn.h: a connected stream to the server: name, proxy, TCP and TLS by libcurl (CONNECT_ONLY), then bytes both ways.
 *
 * A td_conn belongs to one transport, whose lock serialises send, receive and close: a curl handle may be used by one
 * thread at a time. td_conn_fd and td_conn_endpoint need no lock. Also the options that WebSocket and REST share, so that
 * both transports behave alike; `easy` is a CURL *, as void so that curl's header stays in conn.c and rest.c.
 */
#ifndef TD_NET_CONN_H
#define TD_NET_CONN_H

#include "net/tls.h"
#include "net/transport.h"

enum td_io {
    TD_IO_OK,
    TD_IO_AGAIN, /* nothing now; poll for readable (receive) or writable (send) */
    TD_IO_END,   /* the peer closed the stream */
    TD_IO_RESET, /* the peer reset it */
    TD_IO_ERROR
};

struct td_conn;

/* Connects, TLS included. Errors: 08001 with a reason and `*retry` (true for refused, reset, unreachable; false for an
   unknown host, TLS and settings), HYT00 past the deadline. Also bounded when name resolution hangs. */
struct td_conn *td_conn_open(const struct td_net_cfg *cfg, int64_t deadline, bool *retry,
                             struct td_err *err);
/* Closes the stream (TLS close-notify included) and frees. NULL is fine. */
void td_conn_close(struct td_conn *c);
/* In a forked child: closes the descriptor only. The rest is left to the parent's memory image, as freeing curl's state
   would write a TLS alert into the parent's stream. */
void td_conn_forget(struct td_conn *c);

/* Never blocks. TD_IO_OK: *done > 0 bytes were moved. */
enum td_io td_conn_send(struct td_conn *c, const void *p, size_t n, size_t *done);
enum td_io td_conn_recv(struct td_conn *c, void *p, size_t cap, size_t *done);

int td_conn_fd(const struct td_conn *c);
bool td_conn_tls(const struct td_conn *c);
/* What the library below said about the last TD_IO_ERROR or TD_IO_RESET; "" when nothing. Under the transport's lock. */
const char *td_conn_reason(const struct td_conn *c);
const char *td_conn_endpoint(const struct td_conn *c); /* host:port, [v6]:port */
/* Writes `host:port` for texts. */
void td_conn_endpoint_of(const struct td_net_cfg *cfg, char *out, size_t cap);

/* Shared with rest.c. One-time start of libcurl; false when it fails. */
bool td_conn_curl_init(void);
/* Sets URL (path included), proxy, TLS, timeouts and socket options on an easy handle. `url` gets a CURLU * that must
   live as long as the handle; free both with td_conn_easy_free. `setup` and `errbuf` (256 bytes) likewise. */
enum td_rc td_conn_easy_setup(void *easy, void **url, const struct td_net_cfg *cfg,
                              struct td_tls_setup *setup, char *errbuf, struct td_err *err);
void td_conn_easy_free(void *easy, void *url);
/* The error of a failed connection attempt (a CURLcode), see td_conn_open. */
enum td_rc td_conn_fail(void *easy, int code, const struct td_net_cfg *cfg,
                        const struct td_tls_setup *setup, const char *errbuf, bool *retry,
                        struct td_err *err);

/* What to do about a reason of TLS, with a leading "; ", or "". */
const char *td_conn_tls_hint(const char *reason);

/* Between the two, a SIGPIPE raised by this thread (a TLS library that writes to a dead socket) is taken and forgotten:
   it never reaches the process, whose own handling stays untouched. */
struct td_sigpipe {
    unsigned char old[128]; /* sigset_t */
    bool pending;
};
void td_sigpipe_hold(struct td_sigpipe *s);
void td_sigpipe_release(struct td_sigpipe *s);

#endif

/*
 * transport.h: how a client session reaches the server, whatever the wire (design.md section 6).
 *
 * A td_transport is one connection to one server. It owns its socket, its thread (WebSocket) and every message that
 * was received and not yet taken. Several threads may submit and wait at once; its lock is inside. Callers hold the
 * statement's lock at most.
 */
#ifndef TD_NET_TRANSPORT_H
#define TD_NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum td_caps {
    TD_CAP_BLOCKS = 1, /* fetch by raw block */
    TD_CAP_STMT2 = 2,
    TD_CAP_SCHEMALESS = 4,
    TD_CAP_TMQ = 8,
    TD_CAP_PREFETCH = 16,
    TD_CAP_SERVER_CANCEL = 32,
    TD_CAP_SESSION = 64 /* USE and options persist */
};

struct td_tls_cfg {
    bool verify_peer, verify_host;
    const char *ca_file, *ca_path, *client_cert, *client_key; /* NULL = none */
};

struct td_net_cfg {
    const char *host; /* name or address, IPv6 without brackets */
    uint16_t port;
    bool tls;
    struct td_tls_cfg tls_cfg;
    const char *path;  /* "/ws" or "/rest/tmq" for WebSocket, with ?token=… where needed */
    const char *proxy; /* NULL = the environment's */
    bool compression;
    size_t max_message;      /* bytes */
    int64_t read_timeout_ms; /* silence while a reply is awaited */
    int64_t keep_alive_ms;   /* own pings, 0 = none */
    /* Tells which request a message answers, so that it reaches its waiter: the request id of protocol.md 2.3/2.7.
       false = nobody's (dropped). Runs on the service thread or a waiting caller's,
       must not block; given by client/. */
    bool (*reply_id)(const uint8_t *msg, size_t n, bool text, uint64_t *id);
};

/* A received message; the buffer is td_malloc'd and belongs to the taker. A NUL that does not count follows p[n - 1]. */
struct td_msg {
    uint8_t *p;
    size_t n;
    bool text;
};
void td_msg_free(struct td_msg *m);

/* A cancel token: bumped by td_cancel from any thread; a wait that started before the bump ends with HY008. */
struct td_cancel {
    uint32_t generation; /* atomic */
};

struct td_transport;

/* Opens a WebSocket connection (upgrade done). Errors: 08001 (refused, unknown host, TLS reason, HTTP status in text;
   `*retry` tells whether another try may help), HYT00 when the deadline passed. */
struct td_transport *td_ws_open(const struct td_net_cfg *cfg, int64_t deadline, bool *retry,
                                struct td_err *err);

/* Sends a message (copied before return) whose reply will carry `id`. `expect_reply` false for free_result. Fails with 08S01
   when the connection is lost; the text names the endpoint. */
enum td_rc td_submit(struct td_transport *t, uint64_t id, const void *msg, size_t n, bool text,
                     bool expect_reply, struct td_err *err);
/* Waits for the reply of `id`. HYT00 past the deadline, HY008 when cancelled, 08S01 when the connection is lost (the text
   says why: closed by server, reset, no answer for N s; that a write's outcome is unknown is for the caller to add).
   After HYT00/HY008 the ticket is still there, so that no reply is lost in between: give it to td_abandon (or wait
   again). After 08S01 it is gone. */
enum td_rc td_wait(struct td_transport *t, uint64_t id, int64_t deadline,
                   const struct td_cancel *cancel, uint32_t seen, struct td_msg *reply,
                   struct td_err *err);
/* Forgets a ticket: a late reply is dropped. If `late` is given it is called on the service thread or a waiting caller's with that reply instead
   (to free a server result that nobody wants), or at once by the caller when the reply has already come. No lock is held
   during the call, so it may td_submit; the message is freed after it. Never called once the connection is lost. */
void td_abandon(struct td_transport *t, uint64_t id, void (*late)(void *ctx, struct td_msg *m),
                void *ctx);
/* True when the reply of `id` has arrived (no wait). */
bool td_ready(struct td_transport *t, uint64_t id);
/* Wakes waiters that watch `cancel` after its generation was bumped. */
void td_cancel_wake(struct td_transport *t, struct td_cancel *cancel);

/* From socket state, no network I/O: false once the connection is lost, or after fork. */
bool td_alive(struct td_transport *t);
uint32_t td_caps_of(const struct td_transport *t);
/* `host:port` for texts. */
const char *td_endpoint(const struct td_transport *t);
/* Graceful when alive (Close frame, bounded to 1 s), then frees. After fork: closes the descriptor only. */
void td_transport_close(struct td_transport *t);

#endif

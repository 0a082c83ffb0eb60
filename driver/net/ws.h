/*
 * ws.h: the inside of a WebSocket transport, for ws.c (opening and closing), wsreq.c (requests) and wsloop.c (moving
 * bytes).
 *
 * One thread at a time drives the socket (`driven`): a caller that waits for a reply, so that a round trip costs no
 * hand-over, or the service thread, so that an idle connection answers pings and notices its end. A waiting caller takes
 * the role when it is free and passes it on to another waiter; the service thread takes it when no caller has had it for a
 * while, at once when bytes are to be moved beside the application's work (TLS, large messages, a full socket).
 *
 * Locks: `io` guards the connection, the framing and the frame being sent (a curl handle may be used by one thread at a
 * time); `lock` guards tickets, queue, roles and state. Order: io → lock. Neither is held while client/'s callbacks run.
 */
#ifndef TD_NET_WS_H
#define TD_NET_WS_H

#include <stdatomic.h>

#include "net/conn.h"
#include "net/ticket.h"
#include "net/wsframe.h"

struct td_transport {
    struct td_conn *conn;
    int wake; /* makes the service thread look at the queue and the state */
    pthread_t thread;
    bool started; /* the thread is to be joined */
    uint32_t fork_gen;
    bool (*reply_id)(const uint8_t *msg, size_t n, bool text, uint64_t *id);
    int64_t read_timeout_ms, keep_alive_ms;
    bool deflate;
    _Atomic int64_t last_io; /* when bytes last came, or bytes of a request went: a sign of life */
    char endpoint[280];

    struct td_mutex io;
    struct td_wsf *wsf;
    struct td_frame *sending; /* partly sent */
    _Atomic bool want_write;  /* the socket took no more; written under io */
    bool unread;              /* bytes or messages may be there that poll cannot see */

    struct td_mutex lock;
    struct td_tickets tickets;
    struct td_frame *queue, **queue_last;
    bool lost;     /* no more requests; `why` says the reason */
    bool stopping; /* td_transport_close: say goodbye and end */
    struct td_err why;
    bool driven;         /* somebody drives the socket */
    bool needed;         /* the service thread is to take the role at once */
    bool heavy;          /* receiving costs enough to be done beside the application's work */
    int64_t caller_at;   /* when a caller last drove or waited */
    struct td_cond idle; /* the service thread waits here while callers drive */

    int64_t ping_at, close_by; /* the driver's own */
    struct td_transport *next; /* of the list of open transports */
};

/* True in a forked child: the transport belongs to the parent. */
static inline bool td_ws_foreign(const struct td_transport *t)
{
    return t->fork_gen != td_fork_generation();
}
/* One round of whoever drives: moves bytes, hands replies over, and if no message came waits for the socket, the wake-up or
   a timer, `until` at most. False when the transport is lost or has said goodbye. */
bool td_ws_step(struct td_transport *t, int64_t until);
/* The service thread. */
void *td_ws_service(void *transport);
/* Makes somebody send what is queued: whoever drives, else the service thread. */
void td_ws_kick(struct td_transport *t);
/* The role is free: a waiting caller gets it, or the service thread when it has to. `lock` held. */
void td_ws_pass_on(struct td_transport *t);
/* Sends what is queued as far as the socket takes it. `io` held. */
void td_ws_flush(struct td_transport *t);
/* Ends the connection: every waiter is woken with 08S01 "connection to … lost: why". The first reason stays. */
void td_ws_lose(struct td_transport *t, enum td_sqlstate state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Queues a frame (taken over). `lock` held. */
void td_ws_queue(struct td_transport *t, struct td_frame *f);

#endif

/*
 * ws.h: the inside of a WebSocket transport, for ws.c (requests and life) and wsloop.c (its service thread).
 *
 * Locks: `io` guards the connection, the framing and the frame being sent (a curl handle may be used by one thread at a
 * time); `lock` guards tickets, queue and state. Order: io → lock. Neither is held while client/'s callbacks run.
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
    bool want_write;          /* the socket took no more */

    struct td_mutex lock;
    struct td_tickets tickets;
    struct td_frame *queue, **queue_last;
    bool lost;     /* no more requests; `why` says the reason */
    bool stopping; /* td_transport_close: say goodbye and end */
    struct td_err why;

    int64_t ping_at, close_by; /* the service thread's own */
    struct td_transport *next; /* of the list of open transports */
};

/* One round of the service thread: waits for the socket, the wake-up or a timer, moves bytes, hands replies over.
   False when the transport is lost or has said goodbye. Tests call it without a thread. */
bool td_ws_step(struct td_transport *t);
/* Sends what is queued as far as the socket takes it. `io` held. */
void td_ws_flush(struct td_transport *t);
/* Ends the connection: every waiter is woken with 08S01 "connection to … lost: why". The first reason stays. */
void td_ws_lose(struct td_transport *t, enum td_sqlstate state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Queues a frame (taken over). `lock` held. */
void td_ws_queue(struct td_transport *t, struct td_frame *f);

#endif

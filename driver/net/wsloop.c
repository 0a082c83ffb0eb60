/* wsloop.c: the service thread of a WebSocket transport, see ws.h. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/ws.h"

#define BATCH      16                /* messages taken under one hold of the io lock */
#define RECV_QUOTA (4 * 1024 * 1024) /* bytes, likewise: submitters get their turn */
#define BYE_MS     1000              /* how long a graceful close waits for the server's answer */

void td_ws_lose(struct td_transport *t, enum td_sqlstate state, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    bool first, stopping;

    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    td_lock(&t->lock);
    first = !t->lost;
    stopping = t->stopping;
    if (first) {
        t->lost = true;
        td_err_set(&t->why, state, 0, "connection to %s lost: %s", t->endpoint, why);
        td_tickets_wake(&t->tickets, NULL);
    }
    td_unlock(&t->lock);
    if (!first) return;
    if (!stopping) td_log(TD_LOG_INFO, "net", "connection to %s lost: %s", t->endpoint, why);
    /* The server learns it at once; the descriptor itself stays ours until the close. */
    shutdown(td_conn_fd(t->conn), SHUT_RDWR);
    td_wake(t->wake);
}

void td_ws_queue(struct td_transport *t, struct td_frame *f)
{
    *t->queue_last = f;
    t->queue_last = &f->next;
}

static struct td_frame *next_frame(struct td_transport *t)
{
    struct td_frame *f;

    td_lock(&t->lock);
    f = t->queue;
    if (f) {
        t->queue = f->next;
        if (!t->queue) t->queue_last = &t->queue;
    }
    td_unlock(&t->lock);
    return f;
}

static void lose_by_io(struct td_transport *t, enum td_io io)
{
    td_ws_lose(t, TD_ST_08S01, "%s",
               io == TD_IO_END     ? "closed by server"
               : io == TD_IO_RESET ? "reset by server"
                                   : "error of the socket or of TLS");
}

void td_ws_flush(struct td_transport *t)
{
    for (;;) {
        struct td_frame *f = t->sending ? t->sending : next_frame(t);
        enum td_io io = TD_IO_OK;

        t->sending = f;
        if (!f) break;
        while (f->off < f->n && io == TD_IO_OK) {
            size_t done;

            io = td_conn_send(t->conn, f->p + f->off, f->n - f->off, &done);
            f->off += done;
            /* Our own pings must not count: they leave for a dead server as well. */
            if (done && (f->p[0] & 15) < TD_WS_CLOSE) atomic_store(&t->last_io, td_now_ms());
        }
        if (io == TD_IO_AGAIN) {
            t->want_write = true;
            return;
        }
        t->sending = NULL;
        td_free(f);
        if (io != TD_IO_OK) {
            lose_by_io(t, io);
            break;
        }
    }
    t->want_write = false;
}

/* What the protocol wants sent, and the server's close. `io` held. */
static void protocol_side(struct td_transport *t)
{
    struct td_frame *f;
    const char *reason;
    unsigned code;

    while ((f = td_wsf_reply(t->wsf)) != NULL) {
        td_lock(&t->lock);
        td_ws_queue(t, f);
        td_unlock(&t->lock);
    }
    if (!td_wsf_closed(t->wsf, &code, &reason)) return;
    td_ws_flush(t); /* the answer to the close */
    if (code == 1005 || code == 1000)
        td_ws_lose(t, TD_ST_08S01, "closed by server");
    else
        td_ws_lose(t, TD_ST_08S01, "closed by server (code %u%s%s)", code, *reason ? ": " : "",
                   reason);
}

/* Receives until the socket is empty, the quota is used up, or BATCH messages are there. `io` held. True when there may
   be more at once. */
static bool receive(struct td_transport *t, struct td_msg *m, size_t *count)
{
    size_t total = 0;

    protocol_side(t); /* of bytes that came with the handshake */
    while (*count < BATCH && total < RECV_QUOTA) {
        struct td_err err = {0};
        size_t cap, done;
        uint8_t *room;
        enum td_io io;

        while (*count < BATCH && td_wsf_next(t->wsf, m + *count))
            ++*count;
        if (*count == BATCH) return true;
        room = td_wsf_room(t->wsf, &cap);
        io = td_conn_recv(t->conn, room, cap, &done);
        if (io == TD_IO_AGAIN) return false;
        if (io != TD_IO_OK) {
            lose_by_io(t, io);
            return false;
        }
        total += done;
        atomic_store(&t->last_io, td_now_ms());
        if (td_wsf_got(t->wsf, done, &err) != TD_OK) {
            td_ws_lose(t, err.state, "%s", err.msg);
            return false;
        }
        protocol_side(t);
    }
    return true;
}

/* Hands a message to its waiter, to a `late` callback, or drops it. No lock held. */
static void deliver(struct td_transport *t, struct td_msg *m)
{
    struct td_ticket *k = NULL;
    struct td_cond *cond = NULL;
    void (*late)(void *, struct td_msg *) = NULL;
    void *ctx = NULL;
    uint64_t id = 0;
    bool known = t->reply_id(m->p, m->n, m->text, &id);

    td_lock(&t->lock);
    if (known) k = td_ticket_find(&t->tickets, id);
    if (k && k->abandoned) {
        late = k->late;
        ctx = k->ctx;
        td_ticket_end(&t->tickets, k);
    } else if (k && !k->done) {
        k->msg = *m;
        k->done = true;
        cond = &k->cond;
    }
    td_unlock(&t->lock);
    td_log(TD_LOG_WIRE, "net", "received %s of %zu bytes, request %llu%s",
           m->text ? "text" : "binary", m->n, (unsigned long long)id, cond ? "" : " (not awaited)");
    if (cond) {
        td_cond_signal(cond); /* a ticket's condition lives as long as the transport */
        return;
    }
    if (late) late(ctx, m);
    td_msg_free(m);
}

/* Own pings, and the end of a connection on which they stay unanswered. After receiving, before sending. */
static void keep_alive(struct td_transport *t, int64_t now)
{
    struct td_frame *f;

    if (t->keep_alive_ms <= 0 || now < t->ping_at) return;
    if (t->ping_at && now - atomic_load(&t->last_io) >= 2 * t->keep_alive_ms) {
        td_ws_lose(t, TD_ST_08S01, "no sign of life for %lld s",
                   (long long)(2 * t->keep_alive_ms / 1000));
        return;
    }
    t->ping_at = now + t->keep_alive_ms;
    f = td_wsf_frame(NULL, TD_WS_PING, "TAOS", 4);
    if (!f) return; /* the next one may have memory */
    td_lock(&t->lock);
    td_ws_queue(t, f);
    td_unlock(&t->lock);
}

/* When the next timer is due, as a poll timeout. */
static int patience(const struct td_transport *t)
{
    int64_t at = TD_NEVER;

    if (t->keep_alive_ms > 0) at = t->ping_at;
    if (t->close_by) at = td_min_deadline(at, t->close_by);
    return td_ms_left(at);
}

/* The state that others set: false when the thread is to end. */
static bool go_on(struct td_transport *t, int64_t now)
{
    bool lost, stopping;

    td_lock(&t->lock);
    lost = t->lost;
    stopping = t->stopping;
    td_unlock(&t->lock);
    if (lost) return false;
    if (stopping && !t->close_by) t->close_by = now + BYE_MS;
    return !t->close_by || now < t->close_by;
}

bool td_ws_step(struct td_transport *t)
{
    struct pollfd p[2] = {{.fd = td_conn_fd(t->conn), .events = POLLIN},
                          {.fd = t->wake, .events = POLLIN}};
    struct td_msg m[BATCH];
    size_t count = 0;
    bool more = true;

    td_lock(&t->io);
    if (t->want_write) p[0].events |= POLLOUT;
    td_unlock(&t->io);
    poll(p, 2, patience(t));
    if (p[1].revents) td_wake_clear(t->wake);
    if (!go_on(t, td_now_ms())) return false;
    while (more) {
        count = 0;
        td_lock(&t->io);
        more = receive(t, m, &count);
        keep_alive(t, td_now_ms());
        td_ws_flush(t);
        td_unlock(&t->io);
        for (size_t i = 0; i < count; i++)
            deliver(t, m + i);
        more = more && go_on(t, td_now_ms());
    }
    return go_on(t, td_now_ms());
}

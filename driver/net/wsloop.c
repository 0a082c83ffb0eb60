/* wsloop.c: moving the bytes of a WebSocket transport, and its service thread; see ws.h. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/ws.h"

#define BATCH     16   /* messages taken under one hold of the io lock */
#define BYE_MS    1000 /* how long a graceful close waits for the server's answer */
#define CALLER_MS 100  /* so long after a caller drove, the service thread leaves it the socket */
#define LOOK_MS   1000 /* how often it looks whether a caller still drives */
#define HEAVY_BYTES                                                                                \
    (512 * 1024) /* messages from this size are received beside the application's work */

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
        td_cond_signal(&t->idle);
        /* The server learns it at once; the descriptor itself stays ours until the close. */
        shutdown(td_conn_fd(t->conn), SHUT_RDWR);
        td_wake(t->wake);
    }
    td_unlock(&t->lock);
    if (first && !stopping)
        td_log(TD_LOG_INFO, "net", "connection to %s lost: %s", t->endpoint, why);
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

/* `io` held. */
static void lose_by_io(struct td_transport *t, enum td_io io)
{
    td_ws_lose(t, TD_ST_08S01, "%s",
               io == TD_IO_END            ? "closed by server"
               : io == TD_IO_RESET        ? "reset by server"
               : *td_conn_reason(t->conn) ? td_conn_reason(t->conn)
                                          : "error of the socket or of TLS");
}

void td_ws_flush(struct td_transport *t)
{
    if (!t->conn) return; /* the process is ending */
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

/* Receives until a message is whole or the socket is empty. `io` held. */
static size_t receive(struct td_transport *t, struct td_msg m[BATCH])
{
    size_t count = 0;

    protocol_side(t); /* of bytes that came with the handshake */
    for (;;) {
        struct td_err err = {0};
        size_t cap, done;
        uint8_t *room;
        enum td_io io;

        while (count < BATCH && td_wsf_next(t->wsf, m + count))
            count++;
        /* A whole BATCH may leave more behind, and TLS may hold bytes that poll does not see. */
        t->unread = count == BATCH || (count && td_conn_tls(t->conn));
        if (count) return count;
        room = td_wsf_room(t->wsf, &cap);
        io = td_conn_recv(t->conn, room, cap, &done);
        if (io == TD_IO_AGAIN) return 0;
        if (io != TD_IO_OK) {
            lose_by_io(t, io);
            return 0;
        }
        atomic_store(&t->last_io, td_now_ms());
        if (td_wsf_got(t->wsf, done, &err) != TD_OK) {
            td_ws_lose(t, err.state, "%s", err.msg);
            return 0;
        }
        protocol_side(t);
    }
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
        if (m->n >= HEAVY_BYTES) t->heavy = true;
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

static int64_t next_timer(const struct td_transport *t)
{
    int64_t at = t->keep_alive_ms > 0 ? t->ping_at : TD_NEVER;

    return t->close_by ? td_min_deadline(at, t->close_by) : at;
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

bool td_ws_step(struct td_transport *t, int64_t until)
{
    struct pollfd p[2] = {{.fd = td_conn_fd(t->conn), .events = POLLIN},
                          {.fd = t->wake, .events = POLLIN}};
    struct td_msg m[BATCH];
    size_t count;
    int wait;

    td_lock(&t->io);
    count = receive(t, m);
    keep_alive(t, td_now_ms());
    td_ws_flush(t);
    if (t->want_write) p[0].events |= POLLOUT;
    td_unlock(&t->io);
    for (size_t i = 0; i < count; i++)
        deliver(t, m + i);
    if (!go_on(t, td_now_ms())) return false;
    if (count) return true;
    wait = td_ms_left(td_min_deadline(until, next_timer(t)));
    if (poll(p, 2, wait) > 0 && p[1].revents) td_wake_clear(t->wake);
    return true;
}

/* --- who drives ------------------------------------------------------------------------------------------------ */

void td_ws_kick(struct td_transport *t)
{
    td_lock(&t->lock);
    if (t->driven) {
        td_wake(t->wake);
    } else {
        t->needed = true;
        td_cond_signal(&t->idle);
    }
    td_unlock(&t->lock);
}

void td_ws_pass_on(struct td_transport *t)
{
    bool awaited = false;

    for (struct td_ticket *k = t->tickets.live; k; k = k->next) {
        if (k->waiting && !k->done) {
            td_cond_signal(&k->cond);
            return;
        }
        awaited |= !k->done;
    }
    if (t->queue || t->want_write || (awaited && t->heavy)) {
        t->needed = true;
        td_cond_signal(&t->idle);
    }
}

void *td_ws_service(void *transport)
{
    struct td_transport *t = transport;
    bool more = true;

    while (more) {
        int64_t now = td_now_ms(), rest;

        td_lock(&t->lock);
        rest = t->driven ? now + LOOK_MS : t->caller_at + CALLER_MS;
        if (t->lost) {
            more = false;
        } else if (t->driven || (now < rest && !t->needed && !t->stopping)) {
            td_cond_wait(&t->idle, &t->lock, rest);
        } else {
            t->driven = true;
            t->needed = false;
            td_unlock(&t->lock);
            more = td_ws_step(t, TD_NEVER);
            td_lock(&t->lock);
            t->driven = false;
            td_ws_pass_on(t);
        }
        td_unlock(&t->lock);
    }
    return NULL;
}

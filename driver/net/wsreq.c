/* wsreq.c: requests of a WebSocket transport: submit, wait, abandon, cancel; see ws.h and ticket.h. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/ws.h"

void td_msg_free(struct td_msg *m)
{
    td_free(m->p);
    *m = (struct td_msg){0};
}

static enum td_rc forked(const struct td_transport *t, struct td_err *err)
{
    return td_err_set(
        err, TD_ST_08S01, 0,
        "the connection to %s was opened before fork and belongs to the parent process",
        t->endpoint);
}

/* Sends from the calling thread when nobody moves bytes just now: one hand-over less. Otherwise whoever drives is told. */
static void push(struct td_transport *t)
{
    bool done = false;

    if (td_trylock(&t->io)) {
        td_ws_flush(t);
        done = !t->want_write;
        td_unlock(&t->io);
    }
    if (!done) td_ws_kick(t);
}

enum td_rc td_submit(struct td_transport *t, uint64_t id, const void *msg, size_t n, bool text,
                     bool expect_reply, struct td_err *err)
{
    struct td_frame *f;
    enum td_rc rc = TD_OK;

    if (td_ws_foreign(t)) return forked(t, err);
    /* Compression has one state for the connection; without it frames are built side by side. */
    if (t->deflate) td_lock(&t->io);
    f = td_wsf_frame(t->deflate ? t->wsf : NULL, text ? TD_WS_TEXT : TD_WS_BINARY, msg, n);
    if (t->deflate) td_unlock(&t->io);
    if (!f) return td_err_nomem(err);
    td_lock(&t->lock);
    if (t->lost) {
        if (err) *err = t->why;
        rc = TD_FAIL;
    } else if (expect_reply && td_ticket_find(&t->tickets, id)) {
        rc = td_err_set(err, TD_ST_HY000, 0, "request id %llu is in use", (unsigned long long)id);
    } else if (expect_reply && !td_ticket_new(&t->tickets, id)) {
        rc = td_err_nomem(err);
    } else {
        td_ws_queue(t, f);
    }
    td_unlock(&t->lock);
    if (rc) {
        td_free(f);
        return rc;
    }
    td_log(TD_LOG_WIRE, "net", "send %s of %zu bytes, request %llu", text ? "text" : "binary", n,
           (unsigned long long)id);
    push(t);
    return TD_OK;
}

/* Why a wait has to end, TD_OK when it may go on until *until. `lock` held. */
static enum td_rc wait_over(struct td_transport *t, struct td_ticket *k, int64_t deadline,
                            uint32_t seen, int64_t *until, struct td_err *err)
{
    int64_t now = td_now_ms(), heard = atomic_load(&t->last_io);

    if (k->watch && __atomic_load_n(&k->watch->generation, __ATOMIC_ACQUIRE) != seen)
        return td_err_set(err, TD_ST_HY008, 0, "the operation was cancelled");
    if (now >= deadline)
        return td_err_set(err, TD_ST_HYT00, 0, "no answer from %s within the time limit",
                          t->endpoint);
    if (heard < k->since) heard = k->since;
    *until = deadline;
    if (t->read_timeout_ms > 0) *until = td_min_deadline(deadline, heard + t->read_timeout_ms);
    return TD_OK;
}

/* Drives the socket, or sleeps while another thread does. `lock` held, released in between. */
static void wait_turn(struct td_transport *t, struct td_ticket *k, int64_t until)
{
    struct td_sigpipe sp = {.pending = false};
    bool tls = td_conn_tls(t->conn);

    t->caller_at = td_now_ms();
    if (t->driven) {
        k->waiting = true;
        td_cond_wait(&k->cond, &t->lock, until);
        k->waiting = false;
        return;
    }
    t->driven = true;
    td_unlock(&t->lock);
    if (tls) td_sigpipe_hold(&sp); /* receiving may write: alerts, key updates */
    td_ws_step(t, until);
    if (tls) td_sigpipe_release(&sp);
    td_lock(&t->lock);
    t->driven = false;
}

enum td_rc td_wait(struct td_transport *t, uint64_t id, int64_t deadline,
                   const struct td_cancel *cancel, uint32_t seen, struct td_msg *reply,
                   struct td_err *err)
{
    struct td_ticket *k;
    enum td_rc rc = TD_OK;
    bool looked = false;
    int64_t until = deadline;

    if (td_ws_foreign(t)) return forked(t, err);
    td_lock(&t->lock);
    k = td_ticket_find(&t->tickets, id);
    if (!k || k->abandoned) {
        rc = td_err_set(err, TD_ST_HY000, 0, "no request %llu is awaited", (unsigned long long)id);
        goto out;
    }
    k->watch = cancel;
    while (!k->done) {
        if (t->lost) {
            if (err) *err = t->why;
            td_ticket_end(&t->tickets, k);
            rc = TD_FAIL;
            goto out;
        }
        rc = wait_over(t, k, deadline, seen, &until, err);
        if (rc) goto out;
        if (looked && td_now_ms() >= until) {
            td_unlock(&t->lock);
            td_ws_lose(t, TD_ST_08S01, "no answer for %lld s",
                       (long long)(t->read_timeout_ms / 1000));
            td_lock(&t->lock);
            continue;
        }
        wait_turn(t, k, until);
        looked = true; /* an answer may have lain in the socket while the application was busy */
    }
    *reply = k->msg;
    k->msg = (struct td_msg){0};
    td_ticket_end(&t->tickets, k);
out:
    if (!t->driven) td_ws_pass_on(t);
    td_unlock(&t->lock);
    return rc;
}

void td_abandon(struct td_transport *t, uint64_t id, void (*late)(void *ctx, struct td_msg *m),
                void *ctx)
{
    struct td_msg m = {0};
    struct td_ticket *k;

    if (td_ws_foreign(t)) return;
    td_lock(&t->lock);
    k = td_ticket_find(&t->tickets, id);
    if (k && !k->done) {
        k->abandoned = true;
        k->late = late;
        k->ctx = ctx;
    } else if (k) {
        m = k->msg;
        k->msg = (struct td_msg){0};
        td_ticket_end(&t->tickets, k);
    }
    td_unlock(&t->lock);
    if (m.p && late) late(ctx, &m);
    td_msg_free(&m);
}

bool td_ready(struct td_transport *t, uint64_t id)
{
    struct td_ticket *k;
    bool ready;

    if (td_ws_foreign(t)) return true;
    td_lock(&t->lock);
    k = td_ticket_find(&t->tickets, id);
    ready = !k || k->done || t->lost;
    td_unlock(&t->lock);
    return ready;
}

void td_cancel_wake(struct td_transport *t, struct td_cancel *cancel)
{
    if (td_ws_foreign(t)) return;
    td_lock(&t->lock);
    td_tickets_wake(&t->tickets, cancel);
    if (t->driven) td_wake(t->wake); /* the waiter itself may be in poll */
    td_unlock(&t->lock);
}

/*
 * ws.c: WebSocket connections: receiving messages, running requests in any order, sending replies,
 * Pings and the read time-out (protocol.md 2.2, 2.3).
 */
#include "cancel.h"
#include "tmq.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_MESSAGE = 512 << 20 };

void tl_conn_kill(struct tl_conn *c)
{
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* ---- timers ---- */

static void ping_due(lws_sorted_usec_list_t *sul)
{
    struct tl_conn *c = lws_container_of(sul, struct tl_conn, ping_sul);
    if (!c->no_ping && !c->frozen) {
        c->ping_due = true;
        lws_callback_on_writable(c->wsi);
    }
    lws_sul_schedule(c->srv->lws, 0, sul, ping_due, (lws_usec_t)c->srv->opts.ping_ms * 1000);
}

/* Fires when the silence may have lasted long enough; most often it has not, and starts again. */
static void idle_due(lws_sorted_usec_list_t *sul)
{
    struct tl_conn *c = lws_container_of(sul, struct tl_conn, idle_sul);
    const int64_t limit = (int64_t)c->srv->opts.read_timeout_ms * 1000;
    const int64_t left = c->last_rx + limit - tl_now_us();
    if (left > 0 || c->frozen) {
        lws_sul_schedule(c->srv->lws, 0, sul, idle_due, left > 0 ? left : limit);
        return;
    }
    tl_log(c->srv, "connection dropped: nothing read for %d ms", c->srv->opts.read_timeout_ms);
    tl_conn_kill(c);
}

/* ---- open and close ---- */

static struct tl_conn *conn_open(struct lws *wsi)
{
    struct tl_conn *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->srv = tl_server_of(wsi);
    c->wsi = wsi;
    c->last_rx = tl_now_us();
    const bool tmq = lws_get_opaque_user_data(wsi) != NULL; /* set by rest.c */
    if (tmq && !tl_tmq_open(c)) {
        tl_tmq_close(c);
        free(c);
        return NULL;
    }
    if (c->srv->opts.deflate) {
        /* buffers of 2^15 bytes: fragments of a few hundred would be slow */
        lws_set_extension_option(wsi, "permessage-deflate", "tx_buf_size", "15");
        lws_set_extension_option(wsi, "permessage-deflate", "rx_buf_size", "15");
    }
    c->next = c->srv->conns;
    c->srv->conns = c;
    if (c->srv->opts.ping_ms > 0)
        lws_sul_schedule(c->srv->lws, 0, &c->ping_sul, ping_due,
                         (lws_usec_t)c->srv->opts.ping_ms * 1000);
    if (c->srv->opts.read_timeout_ms > 0)
        lws_sul_schedule(c->srv->lws, 0, &c->idle_sul, idle_due,
                         (lws_usec_t)c->srv->opts.read_timeout_ms * 1000);
    return c;
}

static void running_free(struct tl_running *run)
{
    lws_sul_cancel(&run->sul);
    tl_cancel_leave(run);
    tl_request_free(&run->rq);
    free(run->data);
    free(run);
}

static void conn_close(struct tl_conn *c)
{
    struct tl_conn **link = &c->srv->conns;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    lws_sul_cancel(&c->ping_sul);
    lws_sul_cancel(&c->idle_sul);
    tl_raw_stop(c);
    while (c->running) {
        struct tl_running *run = c->running;
        c->running = run->next;
        running_free(run);
    }
    while (c->first) {
        struct tl_msg *m = c->first;
        c->first = m->next;
        tl_msg_put(c->srv, m);
    }
    tl_open_free_all(c);
    tl_preps_free(c);
    tl_tmq_close(c);
    tl_buf_free(&c->rx);
    free(c);
}

/* ---- requests ---- */

void tl_run_drop(struct tl_running *run)
{
    struct tl_running **link = &run->conn->running;
    while (*link != run)
        link = &(*link)->next;
    *link = run->next;
    running_free(run);
}

static void run_now(struct tl_running *run)
{
    run->parked = false;
    tl_action_run(run->conn, run);
    if (!run->parked) tl_run_drop(run);
}

void tl_run_due(lws_sorted_usec_list_t *sul)
{
    run_now(lws_container_of(sul, struct tl_running, sul));
}

void tl_run_soon(struct tl_running *run)
{
    lws_sul_schedule(run->conn->srv->lws, 0, &run->sul, tl_run_due, 1);
}

/* Faults never strike the statement that controls them. */
static bool is_control(const struct tl_request *rq)
{
    return rq->nsql > 7 && strncmp(rq->sql, "tdlite ", 7) == 0;
}

/* Takes one whole message: parses it and runs it now or, held back by a fault, later. */
static int message(struct tl_conn *c, const uint8_t *p, size_t n, bool binary)
{
    struct tl_server *srv = c->srv;
    struct tl_running *run = calloc(1, sizeof *run);
    if (!run) return -1;
    run->data = malloc(n ? n : 1);
    if (!run->data) {
        free(run);
        return -1;
    }
    memcpy(run->data, p, n);
    run->conn = c;
    run->arrived = tl_now_us();
    if (binary)
        tl_request_parse_binary(&run->rq, run->data, n);
    else
        tl_request_parse_text(&run->rq, (const char *)run->data, n);
    run->next = c->running;
    c->running = run;
    tl_stats_message(&srv->stats, run->rq.name, n);
    if (!is_control(&run->rq)) tl_fault_next(&srv->faults, run->rq.name, &run->plan);
    int64_t wait_ms =
        tl_fault_has(&run->plan, TL_FAULT_DELAY) ? run->plan.value[TL_FAULT_DELAY] : 0;
    if (srv->opts.shuffle_ms > 0) {
        srv->rng = srv->rng * 1664525u + 1013904223u;
        wait_ms += (srv->rng >> 8) % (uint32_t)(srv->opts.shuffle_ms + 1);
    }
    if (run->rq.sql) wait_ms += tl_gen_delay(run->rq.sql, run->rq.nsql);
    tl_log(srv, "<- %s %llu %.*s", run->rq.name, (unsigned long long)run->rq.req_id,
           (int)(run->rq.nsql > 200 ? 200 : run->rq.nsql), run->rq.sql ? run->rq.sql : "");
    if (wait_ms > 0) {
        tl_cancel_enter(run);
        lws_sul_schedule(srv->lws, 0, &run->sul, tl_run_due, (lws_usec_t)wait_ms * 1000);
    } else {
        run_now(run);
    }
    return 0;
}

/* lws hands over frames in pieces: collects them until the message is whole. */
static int receive(struct tl_conn *c, const uint8_t *p, size_t n)
{
    const bool whole = lws_is_final_fragment(c->wsi) && !lws_remaining_packet_payload(c->wsi);
    c->last_rx = tl_now_us();
    if (c->frozen) return 0;
    if (lws_is_first_fragment(c->wsi)) c->rx_binary = lws_frame_is_binary(c->wsi);
    if (whole && c->rx.n == 0) return message(c, p, n, c->rx_binary);
    if (c->rx.n + n > MAX_MESSAGE || !tl_buf_put(&c->rx, p, n)) return -1;
    if (!whole) return 0;
    const int rc = message(c, c->rx.p, c->rx.n, c->rx_binary);
    c->rx.n = 0;
    return rc;
}

/* ---- replies ---- */

void tl_conn_send(struct tl_conn *c, struct tl_msg *m)
{
    c->srv->stats.bytes_out += m->buf.n - LWS_PRE;
    m->next = NULL;
    if (c->first)
        c->last->next = m;
    else
        c->first = m;
    c->last = m;
    if (!c->frozen && !c->raw) lws_callback_on_writable(c->wsi);
}

/* The adapter's Pings are empty. lws does not report empty Pongs, so every second Ping carries a
   byte that its Pong must echo: silence is noticed after two Pings, within the adapter's 114 s.
   */
static int send_ping(struct tl_conn *c)
{
    uint8_t room[LWS_PRE + 1];
    const size_t n = c->ping_count++ & 1;
    room[LWS_PRE] = 't';
    c->ping_due = false;
    return lws_write(c->wsi, room + LWS_PRE, n, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/* Sends the first message, or its next fragment. lws keeps what the kernel does not take. */
static int send_first(struct tl_conn *c)
{
    struct tl_msg *m = c->first;
    const size_t left = m->buf.n - LWS_PRE - c->frag_at;
    const size_t frag = (size_t)m->plan.value[TL_FAULT_FRAGMENT];
    const bool part = tl_fault_has(&m->plan, TL_FAULT_FRAGMENT) && frag > 0 && left > frag;
    const size_t n = part ? frag : left;
    const int how = (c->frag_at > 0 ? LWS_WRITE_CONTINUATION
                     : m->binary    ? LWS_WRITE_BINARY
                                    : LWS_WRITE_TEXT) |
                    (part ? LWS_WRITE_NO_FIN : 0);
    if (lws_write(c->wsi, m->buf.p + LWS_PRE + c->frag_at, n, (enum lws_write_protocol)how) < 0)
        return -1;
    c->frag_at += n;
    if (part) return 0;
    c->frag_at = 0;
    c->first = m->next;
    tl_msg_put(c->srv, m);
    return 0;
}

static int writeable(struct tl_conn *c)
{
    int rc = 0;
    if (c->frozen || c->raw) return 0;
    if (c->ping_due) {
        rc = send_ping(c);
    } else if (c->first && tl_raw_wanted(&c->first->plan)) {
        struct tl_msg *m = c->first;
        c->first = m->next;
        tl_raw_start(c, m);
        return 0;
    } else if (c->first) {
        rc = send_first(c);
    }
    if (rc == 0 && (c->first || c->ping_due)) lws_callback_on_writable(c->wsi);
    return rc;
}

int tl_ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t len)
{
    struct tl_user *u = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        u->conn = conn_open(wsi);
        return u->conn ? 0 : -1;
    case LWS_CALLBACK_CLOSED:
        if (u->conn) conn_close(u->conn);
        u->conn = NULL;
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return receive(u->conn, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        u->conn->last_rx = tl_now_us();
        return 0;
    default:
        return writeable(u->conn);
    }
}

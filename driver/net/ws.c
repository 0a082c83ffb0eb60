/* ws.c: WebSocket transport: opening, state, closing, and what exit and fork do to it; see ws.h. */
#include "net/ws.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/upgrade.h"

#define EXIT_JOIN_MS 200 /* for all threads together, at exit */

/* The transports whose threads must not outlive the process or this library. */
static struct td_transport *open_list;
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static bool exiting; /* OpenSSL may be gone: open_lock */

/* --- exit and fork --------------------------------------------------------------------------------------------- */

static void fork_hold(void)
{
    pthread_mutex_lock(&open_lock);
}

static void fork_release(void)
{
    pthread_mutex_unlock(&open_lock);
}

/* Closes the stream of a lost transport unless a thread of the application is still about to leave it: at dlclose the
   process goes on and would keep the descriptors. The transport itself stays, it is the application's. */
static void let_go(struct td_transport *t)
{
    if (!td_trylock(&t->io)) return;
    td_lock(&t->lock);
    if (!t->driven) {
        td_conn_close(t->conn);
        t->conn = NULL;
        td_wake_close(t->wake);
        t->wake = -1;
    }
    td_unlock(&t->lock);
    td_unlock(&t->io);
}

/* Runs before OpenSSL's own cleanup, as curl started OpenSSL before this was registered (design.md section 7, duty 7);
   at dlclose it runs at once. */
static void at_exit(void)
{
    int64_t by = td_now_ms() + EXIT_JOIN_MS;
    struct td_transport *t;

    pthread_mutex_lock(&open_lock);
    exiting = true;
    for (t = open_list; t; t = t->next)
        if (t->fork_gen == td_fork_generation())
            td_ws_lose(t, TD_ST_08S01, "the process is ending");
    for (t = open_list; t; t = t->next) {
        struct timespec at;

        if (t->fork_gen != td_fork_generation()) continue;
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_nsec += 1000000L * (by > td_now_ms() ? by - td_now_ms() : 0);
        at.tv_sec += at.tv_nsec / 1000000000;
        at.tv_nsec %= 1000000000;
        if (pthread_timedjoin_np(t->thread, NULL, &at) != 0) continue;
        t->started = false;
        let_go(t);
    }
    pthread_mutex_unlock(&open_lock);
}

static void watch_exit(void)
{
    pthread_atfork(fork_hold, fork_release, fork_release);
    atexit(at_exit);
}

static bool enlist(struct td_transport *t)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    bool ok;

    pthread_once(&once, watch_exit);
    pthread_mutex_lock(&open_lock);
    ok = !exiting;
    if (ok) {
        t->next = open_list;
        open_list = t;
    }
    pthread_mutex_unlock(&open_lock);
    return ok;
}

/* Takes a transport off the list, unless the process is ending: then true. */
static bool delist(struct td_transport *t)
{
    struct td_transport **at;
    bool ending;

    pthread_mutex_lock(&open_lock);
    ending = exiting;
    at = &open_list;
    while (!ending && *at && *at != t)
        at = &(*at)->next;
    if (!ending && *at) *at = t->next;
    pthread_mutex_unlock(&open_lock);
    return ending;
}

/* --- opening --------------------------------------------------------------------------------------------------- */

static enum td_rc wait_io(struct td_conn *c, short events, int64_t deadline, struct td_err *err)
{
    struct pollfd p = {.fd = td_conn_fd(c), .events = events};

    if (poll(&p, 1, td_ms_left(deadline)) != 0 || td_ms_left(deadline) != 0) return TD_OK;
    return td_err_set(err, TD_ST_HYT00, 0, "%s did not answer the WebSocket handshake in time",
                      td_conn_endpoint(c));
}

/* A server that wants a client certificate refuses only now (TLS 1.3), and often so that the reason is lost with the reset;
   one that wants TLS hangs up on plain text. */
static enum td_rc handshake_broke(const struct td_net_cfg *cfg, struct td_conn *c, enum td_io io,
                                  bool *retry, struct td_err *err)
{
    const char *why = td_conn_reason(c), *hint = td_conn_tls_hint(why);

    if (strstr(why, "alert")) *retry = false;
    if (!cfg->tls)
        hint = "; does the port want TLS (wss://)?";
    else if (!*hint && !(cfg->tls_cfg.client_cert && *cfg->tls_cfg.client_cert))
        hint = "; does the server want a ClientCert?";
    return td_err_set(
        err, TD_ST_08001, 0, "%s %s the connection during the WebSocket handshake%s%s%s",
        td_conn_endpoint(c), io == TD_IO_END ? "closed" : "reset", *why ? ": " : "", why, hint);
}

static enum td_rc send_all(const struct td_net_cfg *cfg, struct td_conn *c, const struct td_buf *b,
                           int64_t deadline, bool *retry, struct td_err *err)
{
    size_t off = 0, done;

    while (off < b->n) {
        enum td_io io = td_conn_send(c, b->p + off, b->n - off, &done);

        off += done;
        if (io == TD_IO_AGAIN) {
            if (wait_io(c, POLLOUT, deadline, err)) return TD_FAIL;
        } else if (io != TD_IO_OK) {
            return handshake_broke(cfg, c, io, retry, err);
        }
    }
    return TD_OK;
}

static enum td_rc upgrade(const struct td_net_cfg *cfg, struct td_conn *c, struct td_upgrade *u,
                          const struct td_buf *request, int64_t deadline, bool *retry,
                          struct td_err *err)
{
    bool done = false;

    *retry = true; /* what goes wrong on the way may be better next time */
    if (send_all(cfg, c, request, deadline, retry, err)) return TD_FAIL;
    while (!done) {
        uint8_t chunk[4096];
        size_t n;
        enum td_io io = td_conn_recv(c, chunk, sizeof chunk, &n);

        if (io == TD_IO_OK) {
            if (td_upgrade_feed(u, chunk, n, td_conn_endpoint(c), &done, retry, err))
                return TD_FAIL;
            *retry = true;
        } else if (io != TD_IO_AGAIN) {
            return handshake_broke(cfg, c, io, retry, err);
        } else if (wait_io(c, POLLIN, deadline, err)) {
            return TD_FAIL;
        }
    }
    return TD_OK;
}

/* Frame bytes that came in one piece with the handshake's answer. */
static enum td_rc feed_rest(struct td_wsf *w, const uint8_t *p, size_t n, struct td_err *err)
{
    while (n) {
        size_t cap;
        uint8_t *room = td_wsf_room(w, &cap);

        if (cap > n) cap = n;
        memcpy(room, p, cap);
        if (td_wsf_got(w, cap, err)) return TD_FAIL;
        p += cap;
        n -= cap;
    }
    return TD_OK;
}

static void release(struct td_transport *t)
{
    struct td_frame *f;

    if (!t) return;
    td_conn_close(t->conn);
    td_wsf_free(t->wsf);
    td_free(t->sending);
    while ((f = t->queue) != NULL) {
        t->queue = f->next;
        td_free(f);
    }
    td_tickets_free(&t->tickets);
    td_wake_close(t->wake);
    td_mutex_free(&t->io);
    td_mutex_free(&t->lock);
    td_cond_free(&t->idle);
    td_free(t);
}

static struct td_transport *blank(const struct td_net_cfg *cfg, struct td_err *err)
{
    struct td_transport *t = td_calloc(1, sizeof *t);

    if (!t) {
        td_err_nomem(err);
        return NULL;
    }
    td_mutex_init(&t->io);
    td_mutex_init(&t->lock);
    td_cond_init(&t->idle);
    t->queue_last = &t->queue;
    t->reply_id = cfg->reply_id;
    t->read_timeout_ms = cfg->read_timeout_ms;
    t->keep_alive_ms = cfg->keep_alive_ms;
    t->fork_gen = td_fork_generation();
    td_conn_endpoint_of(cfg, t->endpoint, sizeof t->endpoint);
    t->wake = td_wake_open();
    if (t->wake >= 0) return t;
    td_err_set(err, TD_ST_HY000, 0, "no descriptor left for a connection");
    release(t);
    return NULL;
}

static enum td_rc start(struct td_transport *t, const struct td_net_cfg *cfg, int64_t deadline,
                        bool *retry, struct td_err *err)
{
    struct td_upgrade u = {0};
    struct td_buf request = TD_BUF_INIT(64 * 1024);
    enum td_rc rc = TD_FAIL;

    t->conn = td_conn_open(cfg, deadline, retry, err);
    if (!t->conn) goto out;
    if (td_upgrade_begin(&u, cfg, t->endpoint, &request, err)) goto out;
    if (upgrade(cfg, t->conn, &u, &request, deadline, retry, err)) goto out;
    *retry = false;
    t->deflate = u.deflate;
    t->heavy = cfg->tls || u.deflate;
    t->wsf = td_wsf_new(cfg->max_message, u.deflate);
    if (!t->wsf) {
        td_err_nomem(err);
        goto out;
    }
    if (feed_rest(t->wsf, u.in.p + u.head, u.in.n - u.head, err)) goto out;
    atomic_store(&t->last_io, td_now_ms());
    if (t->keep_alive_ms > 0) t->ping_at = td_now_ms() + t->keep_alive_ms;
    if (!td_thread_start(&t->thread, td_ws_service, t, "tdodbc-ws")) {
        td_err_set(err, TD_ST_HY000, 0, "no thread for a connection");
        goto out;
    }
    t->started = true;
    rc = TD_OK;
out:
    td_upgrade_free(&u);
    td_buf_free(&request);
    return rc;
}

struct td_transport *td_ws_open(const struct td_net_cfg *cfg, int64_t deadline, bool *retry,
                                struct td_err *err)
{
    struct td_transport *t = blank(cfg, err);

    *retry = false;
    if (!t) return NULL;
    if (start(t, cfg, deadline, retry, err)) {
        release(t);
        return NULL;
    }
    if (!enlist(t)) {
        td_ws_lose(t, TD_ST_08S01, "the process is ending");
        td_transport_close(t);
        td_err_set(err, TD_ST_08001, 0, "the process is ending");
        return NULL;
    }
    td_log(TD_LOG_INFO, "net", "connected to %s%s%s", t->endpoint, cfg->tls ? " by TLS" : "",
           t->deflate ? ", compressed" : "");
    return t;
}

/* --- state and end --------------------------------------------------------------------------------------------- */

bool td_alive(struct td_transport *t)
{
    struct pollfd p = {.events = POLLRDHUP};
    bool alive;

    if (td_ws_foreign(t)) return false;
    td_lock(&t->lock);
    alive = !t->lost;
    if (alive) p.fd = td_conn_fd(t->conn);
    td_unlock(&t->lock);
    /* The service thread may not have come round yet to see what the socket already knows. */
    return alive && poll(&p, 1, 0) <= 0;
}

uint32_t td_caps_of(const struct td_transport *t)
{
    (void)t;
    return TD_CAP_BLOCKS | TD_CAP_STMT2 | TD_CAP_SCHEMALESS | TD_CAP_TMQ | TD_CAP_PREFETCH |
           TD_CAP_SERVER_CANCEL | TD_CAP_SESSION;
}

const char *td_endpoint(const struct td_transport *t)
{
    return t->endpoint;
}

void td_transport_close(struct td_transport *t)
{
    struct td_frame *bye;

    if (!t) return;
    if (td_ws_foreign(t)) {
        /* Locks may be held by threads that do not exist here, and freeing TLS would talk to the server. */
        td_conn_forget(t->conn);
        td_wake_close(t->wake);
        return;
    }
    if (delist(t)) {
        /* After exit's handlers OpenSSL is not to be touched; the thread was stopped by at_exit. */
        td_conn_forget(t->conn);
        return;
    }
    bye = td_wsf_frame(NULL, TD_WS_CLOSE, "\x03\xe8", 2); /* 1000, normal closure */
    td_lock(&t->lock);
    t->stopping = true;
    if (bye) td_ws_queue(t, bye);
    td_unlock(&t->lock);
    td_ws_kick(t);
    if (t->started) pthread_join(t->thread, NULL);
    td_log(TD_LOG_INFO, "net", "closed the connection to %s", t->endpoint);
    release(t);
}

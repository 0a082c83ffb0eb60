#include "net/rest.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sync.h"
#include "net/conn.h"

#define PIECE_MAX  (256 * 1024L) /* bytes of the body held; more pauses the transfer */
#define RECV_BYTES (128 * 1024L)

/* A connection and the one exchange on it at a time: lane and call are one. */
struct td_rest_call {
    struct td_rest_call *next; /* of td_rest.lanes */
    struct td_rest *rest;
    CURLM *multi;
    CURL *easy;
    CURLU *url;
    struct td_tls_setup setup;
    char errbuf[CURL_ERROR_SIZE];

    bool busy;                     /* rest->lock */
    const struct td_cancel *watch; /* rest->lock */

    /* The exchange; the caller's thread. */
    uint8_t *body;
    size_t body_n, body_off;
    struct td_buf piece;
    bool added, head, paused, ended, nomem;
    bool given; /* the caller has seen `piece` */
    CURLcode result;
    int64_t heard; /* when bytes last moved */
};

struct td_rest {
    struct td_net_cfg cfg; /* strings owned */
    int64_t connect_ms;
    char *auth; /* header line, secret */
    struct curl_slist headers[4];
    char endpoint[280];
    uint32_t fork_gen;
    atomic_bool lost;
    struct td_mutex lock;
    struct td_rest_call *lanes;
};

/* --- curl's callbacks ------------------------------------------------------------------------------------------ */

static size_t on_body(char *p, size_t size, size_t count, void *user)
{
    struct td_rest_call *c = user;
    size_t n = size * count;

    c->head = true;
    c->heard = td_now_ms();
    if (c->piece.n && c->piece.n + n > PIECE_MAX) {
        c->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (!td_buf_put(&c->piece, p, n)) {
        c->nomem = true;
        return 0;
    }
    return n;
}

/* The end of the head: also an answer without a body has one. */
static size_t on_head(char *p, size_t size, size_t count, void *user)
{
    struct td_rest_call *c = user;
    size_t n = size * count;
    long status = 0;

    c->heard = td_now_ms();
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (n == 2 && p[0] == '\r' && status >= 200) c->head = true;
    return n;
}

/* A read callback without a seek callback: curl can then not send a body a second time when a kept-alive connection turns
   out to be dead, which it else does by itself. An INSERT must not be run twice. */
static size_t on_send(char *p, size_t size, size_t count, void *user)
{
    struct td_rest_call *c = user;
    size_t n = size * count, left = c->body_n - c->body_off;

    if (n > left) n = left;
    memcpy(p, c->body + c->body_off, n);
    c->body_off += n;
    c->heard = td_now_ms();
    return n;
}

/* --- lanes ----------------------------------------------------------------------------------------------------- */

static void lane_free(struct td_rest_call *c)
{
    struct td_sigpipe sp;

    if (!c) return;
    td_sigpipe_hold(&sp);
    if (c->added) curl_multi_remove_handle(c->multi, c->easy);
    td_conn_easy_free(c->easy, c->url);
    if (c->multi) curl_multi_cleanup(c->multi);
    td_sigpipe_release(&sp);
    td_buf_free(&c->piece);
    td_free(c->body);
    td_free(c);
}

static struct td_rest_call *lane_new(struct td_rest *r, struct td_err *err)
{
    struct td_rest_call *c = td_calloc(1, sizeof *c);
    void *url = NULL;
    enum td_rc rc;

    if (c) {
        c->rest = r;
        c->multi = curl_multi_init();
        c->easy = curl_easy_init();
    }
    if (!c || !c->multi || !c->easy) {
        lane_free(c);
        td_err_nomem(err);
        return NULL;
    }
    rc = td_conn_easy_setup(c->easy, &url, &r->cfg, &c->setup, c->errbuf, err);
    c->url = url;
    curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(c->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(c->easy, CURLOPT_READDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(c->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, RECV_BYTES);
    if (r->cfg.compression) curl_easy_setopt(c->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 1L);
    if (rc == TD_OK) return c;
    lane_free(c);
    return NULL;
}

static struct td_rest_call *lane_take(struct td_rest *r, struct td_err *err)
{
    struct td_rest_call *c;

    td_lock(&r->lock);
    c = r->lanes;
    while (c && c->busy)
        c = c->next;
    if (c) c->busy = true;
    td_unlock(&r->lock);
    if (c) return c;
    c = lane_new(r, err);
    if (!c) return NULL;
    td_lock(&r->lock);
    c->busy = true;
    c->next = r->lanes;
    r->lanes = c;
    td_unlock(&r->lock);
    return c;
}

/* --- an exchange ----------------------------------------------------------------------------------------------- */

static enum td_rc broken(struct td_rest_call *c, bool *retry, struct td_err *err)
{
    struct td_rest *r = c->rest;
    long sent = 0;

    if (c->nomem || c->result == CURLE_OUT_OF_MEMORY) return td_err_nomem(err);
    atomic_store(&r->lost, true);
    curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &sent);
    if (sent == 0) {
        td_conn_fail(c->easy, c->result, &r->cfg, &c->setup, c->errbuf, retry, err);
    } else {
        td_err_set(err, TD_ST_08S01, 0, "connection to %s lost: %s", r->endpoint,
                   c->result == CURLE_GOT_NOTHING    ? "closed by server"
                   : c->result == CURLE_PARTIAL_FILE ? "the answer breaks off"
                   : c->result == CURLE_SEND_FAIL_REWIND
                       ? "the kept-alive connection was closed while the request was sent"
                   : *c->errbuf ? c->errbuf
                                : curl_easy_strerror(c->result));
    }
    td_log(TD_LOG_INFO, "net", "exchange with %s failed: %s", r->endpoint, c->errbuf);
    return TD_FAIL;
}

static void drain_results(struct td_rest_call *c)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(c->multi, &left)) != NULL)
        if (m->msg == CURLMSG_DONE) {
            c->ended = true;
            c->result = m->data.result;
        }
}

/* Why a wait has to end; else *ms is how long to sleep. */
static enum td_rc wait_over(struct td_rest_call *c, const struct td_rest_wait *w, int *ms,
                            struct td_err *err)
{
    struct td_rest *r = c->rest;
    int64_t now = td_now_ms(), until = w->deadline, silent = TD_NEVER;

    if (w->cancel && __atomic_load_n(&w->cancel->generation, __ATOMIC_ACQUIRE) != w->seen)
        return td_err_set(err, TD_ST_HY008, 0, "the operation was cancelled");
    if (now >= w->deadline)
        return td_err_set(err, TD_ST_HYT00, 0, "no answer from %s within the time limit",
                          r->endpoint);
    if (r->cfg.read_timeout_ms > 0) silent = c->heard + r->cfg.read_timeout_ms;
    if (now >= silent) {
        atomic_store(&r->lost, true);
        return td_err_set(err, TD_ST_08S01, 0, "connection to %s lost: no answer for %lld s",
                          r->endpoint, (long long)(r->cfg.read_timeout_ms / 1000));
    }
    until = td_min_deadline(until, silent);
    *ms = td_ms_left(until);
    /* curl_multi_poll has no "for ever". */
    if (*ms < 0 || *ms > 60000) *ms = 60000;
    return TD_OK;
}

/* Drives the transfer until `want(c)` or its end. */
static enum td_rc drive(struct td_rest_call *c, const struct td_rest_wait *w,
                        bool (*want)(const struct td_rest_call *), bool *retry, struct td_err *err)
{
    struct td_sigpipe sp;
    enum td_rc rc = TD_OK;

    td_lock(&c->rest->lock);
    c->watch = w->cancel;
    td_unlock(&c->rest->lock);
    td_sigpipe_hold(&sp);
    while (rc == TD_OK && !c->ended && !want(c)) {
        int running, ms = 0;

        if (curl_multi_perform(c->multi, &running) != CURLM_OK) {
            rc = td_err_nomem(err);
            break;
        }
        drain_results(c);
        if (c->ended || want(c)) break;
        rc = wait_over(c, w, &ms, err);
        if (rc == TD_OK) curl_multi_poll(c->multi, NULL, 0, ms, NULL);
    }
    td_sigpipe_release(&sp);
    td_lock(&c->rest->lock);
    c->watch = NULL;
    td_unlock(&c->rest->lock);
    if (rc == TD_OK && c->ended && c->result != CURLE_OK) rc = broken(c, retry, err);
    if (rc == TD_OK) atomic_store(&c->rest->lost, false);
    return rc;
}

static bool have_head(const struct td_rest_call *c)
{
    return c->head;
}

static bool have_bytes(const struct td_rest_call *c)
{
    return c->piece.n > 0;
}

/* Path and query of the exchange. As parts of the URL, not as a request target, so that they are right behind a proxy too. */
static bool set_target(struct td_rest_call *c, const char *target)
{
    const char *query = strchr(target, '?');
    char *path = td_strndup(target, query ? (size_t)(query - target) : strlen(target));
    bool ok = path && curl_url_set(c->url, CURLUPART_PATH, path, 0) == CURLUE_OK &&
              curl_url_set(c->url, CURLUPART_QUERY, query ? query + 1 : NULL, 0) == CURLUE_OK;

    td_free(path);
    return ok && curl_easy_setopt(c->easy, CURLOPT_CURLU, c->url) == CURLE_OK;
}

static enum td_rc begin(struct td_rest_call *c, const char *target, const void *body, size_t n,
                        const struct td_rest_wait *w, struct td_err *err)
{
    int64_t connect = td_ms_left(w->deadline);

    c->body = td_malloc(n + 1);
    if (!c->body || !set_target(c, target)) return td_err_nomem(err);
    memcpy(c->body, body, n);
    c->body_n = n;
    c->body_off = 0;
    c->piece = TD_BUF_INIT(SIZE_MAX / 2);
    c->head = c->paused = c->ended = c->nomem = c->given = false;
    c->result = CURLE_OK;
    c->errbuf[0] = '\0';
    c->setup.err.state = 0;
    c->heard = td_now_ms();
    if (c->rest->connect_ms > 0 && (connect < 0 || connect > c->rest->connect_ms))
        connect = c->rest->connect_ms;
    /* curl takes 0 as its own limit of 5 minutes. */
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, connect > 0 ? (long)connect : 0L);
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
    if (curl_multi_add_handle(c->multi, c->easy) != CURLM_OK) return td_err_nomem(err);
    c->added = true;
    return TD_OK;
}

struct td_rest_call *td_rest_post(struct td_rest *r, const char *target, const void *body, size_t n,
                                  const struct td_rest_wait *w, bool *retry, struct td_err *err)
{
    struct td_rest_call *c;

    *retry = false;
    if (r->fork_gen != td_fork_generation()) {
        td_err_set(err, TD_ST_08S01, 0,
                   "the connection to %s was opened before fork and belongs to the parent process",
                   r->endpoint);
        return NULL;
    }
    c = lane_take(r, err);
    if (!c) return NULL;
    if (begin(c, target, body, n, w, err) || drive(c, w, have_head, retry, err)) {
        td_rest_end(c);
        return NULL;
    }
    td_log(TD_LOG_WIRE, "net", "posted %zu bytes to %s, HTTP %d", n, r->endpoint,
           td_rest_status(c));
    return c;
}

int td_rest_status(const struct td_rest_call *c)
{
    long status = 0;

    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

enum td_rc td_rest_read(struct td_rest_call *c, const struct td_rest_wait *w, const uint8_t **p,
                        size_t *n, struct td_err *err)
{
    bool retry;

    if (c->rest->fork_gen != td_fork_generation())
        return td_err_set(err, TD_ST_08S01, 0, "the answer belongs to the parent process");
    if (c->given) td_buf_reset(&c->piece);
    c->given = true;
    if (c->paused && !c->piece.n) {
        c->paused = false;
        c->heard = td_now_ms();
        curl_easy_pause(c->easy, CURLPAUSE_CONT); /* may call on_body at once */
    }
    if (drive(c, w, have_bytes, &retry, err)) return TD_FAIL;
    *p = c->piece.p;
    *n = c->piece.n;
    return TD_OK;
}

void td_rest_end(struct td_rest_call *c)
{
    struct td_sigpipe sp;

    if (!c) return;
    if (c->rest->fork_gen != td_fork_generation()) return;
    if (c->added) {
        td_sigpipe_hold(&sp);
        curl_multi_remove_handle(c->multi, c->easy);
        td_sigpipe_release(&sp);
        c->added = false;
    }
    td_buf_free(&c->piece);
    td_free(c->body);
    c->body = NULL;
    td_lock(&c->rest->lock);
    c->busy = false;
    td_unlock(&c->rest->lock);
}

void td_rest_cancel_wake(struct td_rest *r, const struct td_cancel *cancel)
{
    if (r->fork_gen != td_fork_generation()) return;
    td_lock(&r->lock);
    for (struct td_rest_call *c = r->lanes; c; c = c->next)
        if (c->busy && c->watch == cancel) curl_multi_wakeup(c->multi);
    td_unlock(&r->lock);
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static void auth_line(struct td_buf *b, const struct td_rest_auth *a)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t un = a->user ? strlen(a->user) : 0, n = un + 1 + (a->password ? strlen(a->password) : 0);

    td_buf_reserve(b, 4 * n); /* once: a buffer that moves would leave the secret behind */
    if (a->bearer && *a->bearer) {
        td_buf_reserve(b, strlen(a->bearer) + 32);
        td_buf_printf(b, "Authorization: Bearer %s", a->bearer);
    } else if (un) {
        td_buf_puts(b, "Authorization: Basic ");
        for (size_t i = 0; i < n; i += 3) {
            uint32_t v = 0;
            size_t k = n - i < 3 ? n - i : 3;

            for (size_t j = 0; j < 3; j++) {
                size_t at = i + j;
                char ch = j >= k     ? 0
                          : at < un  ? a->user[at]
                          : at == un ? ':'
                                     : a->password[at - un - 1];

                v = v << 8 | (unsigned char)ch;
            }
            for (size_t j = 0; j < 4; j++)
                td_buf_putc(b, j <= k ? abc[v >> (18 - 6 * j) & 63] : '=');
        }
    }
    td_buf_putc(b, '\0');
}

static void set_headers(struct td_rest *r)
{
    static char type[] = "Content-Type: text/plain; charset=utf-8";
    static char expect[] =
        "Expect:"; /* no 100-continue: it costs a round trip, or a second of waiting */
    static char agent[] = "User-Agent: tdodbc";
    struct curl_slist *h = r->headers;

    h[0] = (struct curl_slist){type, h + 1};
    h[1] = (struct curl_slist){expect, h + 2};
    h[2] = (struct curl_slist){agent, r->auth && *r->auth ? h + 3 : NULL};
    h[3] = (struct curl_slist){r->auth, NULL};
}

static bool own(const char **z, bool *ok)
{
    if (*z) {
        *z = td_strndup(*z, strlen(*z));
        *ok = *ok && *z;
    }
    return *ok;
}

static void cfg_free(struct td_net_cfg *c)
{
    const char *all[] = {c->host,
                         c->proxy,
                         c->tls_cfg.ca_file,
                         c->tls_cfg.ca_path,
                         c->tls_cfg.client_cert,
                         c->tls_cfg.client_key};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        td_free((void *)(uintptr_t)all[i]);
}

struct td_rest *td_rest_open(const struct td_net_cfg *cfg, const struct td_rest_auth *auth,
                             int64_t connect_ms, struct td_err *err)
{
    struct td_rest *r = td_conn_curl_init() ? td_calloc(1, sizeof *r) : NULL;
    struct td_buf line = TD_BUF_INIT(64 * 1024);
    bool ok = true;
    size_t n;

    if (!r) {
        td_err_nomem(err);
        return NULL;
    }
    td_mutex_init(&r->lock);
    r->fork_gen = td_fork_generation();
    r->connect_ms = connect_ms;
    r->cfg = *cfg;
    r->cfg.path = NULL;
    own(&r->cfg.host, &ok);
    own(&r->cfg.proxy, &ok);
    own(&r->cfg.tls_cfg.ca_file, &ok);
    own(&r->cfg.tls_cfg.ca_path, &ok);
    own(&r->cfg.tls_cfg.client_cert, &ok);
    own(&r->cfg.tls_cfg.client_key, &ok);
    td_conn_endpoint_of(cfg, r->endpoint, sizeof r->endpoint);
    auth_line(&line, auth);
    r->auth = (char *)td_buf_take(&line, &n);
    if (!ok || !r->auth) {
        td_rest_close(r);
        td_err_nomem(err);
        return NULL;
    }
    set_headers(r);
    return r;
}

void td_rest_close(struct td_rest *r)
{
    struct td_rest_call *c;

    if (!r) return;
    if (r->fork_gen != td_fork_generation()) {
        for (c = r->lanes; c; c = c->next) {
            curl_socket_t fd = CURL_SOCKET_BAD;

            curl_easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET, &fd);
            if (fd != CURL_SOCKET_BAD) close(fd);
        }
        return;
    }
    while ((c = r->lanes) != NULL) {
        r->lanes = c->next;
        lane_free(c);
    }
    if (r->auth) td_free_secret(r->auth, strlen(r->auth));
    cfg_free(&r->cfg);
    td_mutex_free(&r->lock);
    td_free(r);
}

bool td_rest_alive(struct td_rest *r)
{
    return r->fork_gen == td_fork_generation() && !atomic_load(&r->lost);
}

uint32_t td_rest_caps(const struct td_rest *r)
{
    (void)r;
    return TD_CAP_SERVER_CANCEL; /* by the req_id of the query string and KILL QUERY */
}

const char *td_rest_endpoint(const struct td_rest *r)
{
    return r->endpoint;
}

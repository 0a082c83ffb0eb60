/* server.c: start and stop of a server, its event loop, the message pool and the shared log. */
#include "cancel.h"
#include "tmq.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    POOL_MESSAGES = 8,
    POOL_BYTES = 8 << 20, /* a larger buffer is freed rather than kept */
    SERV_BUF = 64 << 10,
    TX_PACKET = 64 << 20, /* lws may hand the kernel a whole block at once */
    DEFAULT_PING_MS = 54000,
    DEFAULT_READ_TIMEOUT_MS = 114000
};

/* "3.4.1.13" and the like against four numbers; missing parts count as 0. */
static bool version_from(const char *text, int a, int b, int c, int d)
{
    const int least[4] = {a, b, c, d};
    for (int i = 0; i < 4; i++) {
        char *end;
        const long part = strtol(text, &end, 10);
        if (part != least[i]) return part > least[i];
        text = *end == '.' ? end + 1 : "";
    }
    return true;
}

int64_t tl_now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct tl_server *tl_server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

void tl_log(const struct tl_server *srv, const char *fmt, ...)
{
    if (!srv->opts.verbose) return;
    va_list ap;
    va_start(ap, fmt);
    fputs("tdlite: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

/* ---- messages ---- */

struct tl_msg *tl_msg_get(struct tl_server *srv)
{
    static const uint8_t pre[LWS_PRE];
    struct tl_msg *m = srv->pool;
    if (m) {
        srv->pool = m->next;
        srv->npool--;
    } else {
        m = calloc(1, sizeof *m);
        if (!m) return NULL;
    }
    m->next = NULL;
    m->binary = false;
    m->plan.kinds = 0;
    m->buf.n = 0;
    if (tl_buf_put(&m->buf, pre, sizeof pre)) return m;
    tl_msg_put(srv, m);
    return NULL;
}

void tl_msg_put(struct tl_server *srv, struct tl_msg *m)
{
    if (!m) return;
    if (srv->npool == POOL_MESSAGES || m->buf.cap > POOL_BYTES) {
        tl_buf_free(&m->buf);
        free(m);
        return;
    }
    m->next = srv->pool;
    srv->pool = m;
    srv->npool++;
}

/* ---- lws ---- */

/* taosAdapter keeps no compression context between messages, on neither side. Here that holds when
   the client's offer says so; other offers are declined. */
static bool no_context(struct lws *wsi)
{
    char offer[512];
    return lws_hdr_copy(wsi, offer, sizeof offer, WSI_TOKEN_EXTENSIONS) > 0 &&
           strstr(offer, "server_no_context_takeover") &&
           strstr(offer, "client_no_context_takeover");
}

/* Both roles share the port and the first protocol; the reason says whose callback it is. */
static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY:
        return no_context(wsi) ? 0 : 1;
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return tl_ws_callback(wsi, reason, user, in, len);
    default:
        return tl_http_callback(wsi, reason, user, in, len);
    }
}

static const struct lws_protocols protocols[] = {
    {"tdlite", callback, sizeof(struct tl_user), SERV_BUF, 0, NULL, TX_PACKET},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* lws answers an offer with the offer's own parameters. */
static const struct lws_extension deflate[] = {
    {"permessage-deflate", lws_extension_callback_pm_deflate,
     "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
    {NULL, NULL, NULL},
};

/* lws must not ping or hang up on its own: ws.c does both with the adapter's numbers. */
static const lws_retry_bo_t no_validity = {
    .secs_since_valid_ping = 0xFFF0,
    .secs_since_valid_hangup = 0xFFFF,
};

static void lws_log(int level, const char *line)
{
    (void)level;
    fputs(line, stderr);
}

static bool start_lws(struct tl_server *srv, struct tl_error *err)
{
    struct lws_context_creation_info info;
    const struct tl_server_opts *o = &srv->opts;
    memset(&info, 0, sizeof info);
    info.port = o->port;
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.user = srv;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.pt_serv_buf_size = SERV_BUF;
    info.retry_and_idle_policy = &no_validity;
    info.keepalive_timeout = 60;
    info.alpn = "http/1.1";
    info.server_string = "tdlite";
    if (o->deflate) info.extensions = deflate;
    if (o->cert && o->key) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = o->cert;
        info.ssl_private_key_filepath = o->key;
        if (o->client_ca) {
            info.ssl_ca_filepath = o->client_ca;
            info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
        }
    }
    lws_set_log_level(o->verbose ? LLL_ERR | LLL_WARN : 0, lws_log);
    /* the vhost apart: lws leaks when the implicit one fails */
    info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    srv->lws = lws_create_context(&info);
    struct lws_vhost *vh = srv->lws ? lws_create_vhost(srv->lws, &info) : NULL;
    srv->port = vh ? lws_get_vhost_listen_port(vh) : 0;
    if (srv->port > 0) return true;
    err->code = 0xFFFF;
    snprintf(err->msg, sizeof err->msg, "cannot listen on 127.0.0.1:%d", o->port);
    return false;
}

static void *loop(void *arg)
{
    struct tl_server *srv = arg;
    while (!atomic_load(&srv->stop))
        if (lws_service(srv->lws, 0) < 0) break;
    return NULL;
}

/* ---- start and stop ---- */

static bool prepare(struct tl_server *srv, struct tl_error *err)
{
    const struct tl_server_opts *o = &srv->opts;
    srv->engine = tl_engine_new(o->dir, err);
    if (!srv->engine) return false;
    tl_cancel_start(srv);
    if (o->script) {
        srv->script = tl_script_load(o->script, err);
        if (!srv->script) return false;
    }
    for (int i = 0; i < TL_SERVER_FAULTS && o->fault[i]; i++)
        if (!tl_fault_add(&srv->faults, o->fault[i], strlen(o->fault[i]), err)) return false;
    if (o->demo && !tl_exec_demo(srv, err)) return false;
    for (int i = 0; i < TL_SERVER_FILES && o->sql[i]; i++)
        if (!tl_exec_file(srv, o->sql[i], err)) return false;
    return start_lws(srv, err);
}

struct tl_server *tl_server_start(const struct tl_server_opts *opts, struct tl_error *err)
{
    struct tl_server *srv = calloc(1, sizeof *srv);
    *err = (struct tl_error){0};
    if (!srv) {
        err->code = 0x0102;
        snprintf(err->msg, sizeof err->msg, "Out of memory");
        return NULL;
    }
    srv->opts = *opts;
    srv->rng = 0x9E3779B9u;
    if (!srv->opts.version) srv->opts.version = "3.3.7.5";
    srv->v34 = version_from(srv->opts.version, 3, 4, 0, 0);
    srv->bind_exec = srv->opts.bind_exec || version_from(srv->opts.version, 3, 4, 1, 13);
    if (srv->opts.ping_ms == 0) srv->opts.ping_ms = DEFAULT_PING_MS;
    if (srv->opts.read_timeout_ms == 0) srv->opts.read_timeout_ms = DEFAULT_READ_TIMEOUT_MS;
    if (prepare(srv, err)) {
        srv->threaded = pthread_create(&srv->thread, NULL, loop, srv) == 0;
        if (srv->threaded) return srv;
        err->code = 0xFFFF;
        snprintf(err->msg, sizeof err->msg, "cannot start a thread");
    }
    tl_server_stop(srv);
    return NULL;
}

int tl_server_port(const struct tl_server *srv)
{
    return srv->port;
}

void tl_server_stop(struct tl_server *srv)
{
    if (!srv) return;
    if (srv->threaded) {
        atomic_store(&srv->stop, true);
        lws_cancel_service(srv->lws);
        pthread_join(srv->thread, NULL);
    }
    if (srv->lws) lws_context_destroy(srv->lws);
    tl_tmq_forget(srv);
    tl_script_free(srv->script);
    tl_engine_free(srv->engine);
    while (srv->pool) {
        struct tl_msg *m = srv->pool;
        srv->pool = m->next;
        tl_buf_free(&m->buf);
        free(m);
    }
    free(srv);
}

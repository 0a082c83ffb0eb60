#include "net/conn.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define RECV_MAX                                                                                   \
    (1024 *                                                                                        \
     1024L) /* curl_easy_recv gives no more at once than its buffer size, 16 KiB by default */

struct td_conn {
    CURL *easy;
    CURLU *url;
    int fd;
    bool tls;
    struct td_tls_setup setup;
    char errbuf[CURL_ERROR_SIZE];
    char endpoint[280];
};

_Static_assert(sizeof(sigset_t) <= sizeof(((struct td_sigpipe *)0)->old), "room for a signal set");

static bool curl_ready;

static void curl_start(void)
{
    curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool td_conn_curl_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, curl_start);
    return curl_ready;
}

void td_sigpipe_hold(struct td_sigpipe *s)
{
    sigset_t pipe_set, pending, old;

    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    s->pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
    memcpy(s->old, &old, sizeof old);
}

void td_sigpipe_release(struct td_sigpipe *s)
{
    const struct timespec now = {0, 0};
    sigset_t pipe_set, old;

    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    if (!s->pending) {
        while (sigtimedwait(&pipe_set, NULL, &now) == -1 && errno == EINTR) {
        }
    }
    memcpy(&old, s->old, sizeof old);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void td_conn_endpoint_of(const struct td_net_cfg *cfg, char *out, size_t cap)
{
    bool v6 = strchr(cfg->host, ':') != NULL;

    snprintf(out, cap, v6 ? "[%s]:%u" : "%s:%u", cfg->host, cfg->port);
}

/* Close-on-exec from the start: a host that forks and execs in another thread must not hand our socket on. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    (void)user;
    (void)purpose;
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static CURLcode on_ctx(CURL *easy, void *ssl_ctx, void *user)
{
    (void)easy;
    return td_tls_on_ctx(ssl_ctx, user) ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK;
}

/* The URL part by part, so that no host or path text can change another part's meaning. */
static CURLUcode build_url(CURLU *u, const struct td_net_cfg *cfg)
{
    const char *path = cfg->path ? cfg->path : "/", *query = strchr(path, '?');
    const char *zone = strchr(cfg->host, '%');
    bool v6 = strchr(cfg->host, ':') != NULL;
    size_t hn = v6 && zone ? (size_t)(zone - cfg->host) : strlen(cfg->host);
    char host[272], port[8], *p;
    CURLUcode rc;

    if (hn > 255) return CURLUE_BAD_HOSTNAME;
    snprintf(host, sizeof host, v6 ? "[%.*s]" : "%.*s", (int)hn, cfg->host);
    snprintf(port, sizeof port, "%u", cfg->port);
    rc = curl_url_set(u, CURLUPART_SCHEME, cfg->tls ? "https" : "http", 0);
    if (!rc) rc = curl_url_set(u, CURLUPART_HOST, host, 0);
    if (!rc && v6 && zone) rc = curl_url_set(u, CURLUPART_ZONEID, zone + 1, 0);
    if (!rc) rc = curl_url_set(u, CURLUPART_PORT, port, 0);
    if (!rc && query) rc = curl_url_set(u, CURLUPART_QUERY, query + 1, 0);
    if (rc) return rc;
    p = td_strndup(path, query ? (size_t)(query - path) : strlen(path));
    if (!p) return CURLUE_OUT_OF_MEMORY;
    rc = curl_url_set(u, CURLUPART_PATH, p, 0);
    td_free(p);
    return rc;
}

static CURLcode set_tls(CURL *e, const struct td_tls_cfg *t, struct td_tls_setup *setup)
{
    CURLcode rc = CURLE_OK;

    /* The store comes from our cache (td_tls_on_ctx): curl must not load one of its own. */
    rc |= curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
    rc |= curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
    if (t->verify_peer) {
        rc |= curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_ctx);
        rc |= curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, setup);
    }
    rc |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    rc |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, t->verify_peer ? 1L : 0L);
    rc |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, t->verify_host ? 2L : 0L);
    if (t->client_cert && *t->client_cert)
        rc |= curl_easy_setopt(e, CURLOPT_SSLCERT, t->client_cert);
    /* Without a password OpenSSL would ask for that of an encrypted key on the application's terminal. */
    rc |= curl_easy_setopt(e, CURLOPT_KEYPASSWD, "");
    if (t->client_key && *t->client_key) rc |= curl_easy_setopt(e, CURLOPT_SSLKEY, t->client_key);
    return rc;
}

static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

enum td_rc td_conn_easy_setup(void *easy, void **url, const struct td_net_cfg *cfg,
                              struct td_tls_setup *setup, char *errbuf, struct td_err *err)
{
    CURL *e = easy;
    CURLU *u = curl_url();
    CURLcode rc = CURLE_OK;

    *url = u;
    if (!u) return td_err_nomem(err);
    if (build_url(u, cfg) != CURLUE_OK)
        return td_err_set(err, TD_ST_08001, 0, "\"%s\" is not a host name or address", cfg->host);
    setup->cfg = &cfg->tls_cfg;
    rc |= curl_easy_setopt(e, CURLOPT_CURLU, u);
    rc |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, errbuf);
    rc |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    rc |= curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    rc |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    rc |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    /* No HTTP/2 by ALPN: neither the upgrade nor a server's plain 1.1 handler would understand it. */
    rc |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* Without it a hung name look-up is joined when the attempt times out or the handle is freed. */
    rc |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    /* As in Go: a proxy of the environment is never meant for this machine itself. */
    if (cfg->proxy || is_loopback(cfg->host))
        rc |= curl_easy_setopt(e, CURLOPT_PROXY, cfg->proxy ? cfg->proxy : "");
    if (cfg->tls) rc |= set_tls(e, &cfg->tls_cfg, setup);
    return rc == CURLE_OK ? TD_OK : td_err_nomem(err);
}

void td_conn_easy_free(void *easy, void *url)
{
    struct td_sigpipe sp = {.pending = false};

    if (easy) {
        td_sigpipe_hold(&sp);
        curl_easy_cleanup(easy);
        td_sigpipe_release(&sp);
    }
    if (url) curl_url_cleanup(url);
}

static bool is_tls_code(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
           code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER ||
           code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
           code == CURLE_SSL_INVALIDCERTSTATUS || code == CURLE_SSL_CLIENTCERT ||
           code == CURLE_ABORTED_BY_CALLBACK;
}

/* By curl's words (C-40). */
const char *td_conn_tls_hint(const char *reason)
{
    static const struct {
        const char *in, *hint;
    } hints[] = {
        {"self-signed", "; name the certificate or its authority by CaFile"},
        {"self signed", "; name the certificate or its authority by CaFile"},
        {"unable to get local issuer", "; name the authority by CaFile or CaPath"},
        {"no alternative certificate", "; the certificate is for another host name"},
        {"does not match", "; the certificate is for another host name"},
        {"has expired", "; the certificate (or this machine's clock) is out of date"},
        {"wrong version number", "; the port does not speak TLS (ws:// instead of wss://?)"},
        {"unknown protocol", "; the port does not speak TLS (ws:// instead of wss://?)"},
        {"certificate required", "; the server wants ClientCert and ClientKey"},
    };

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strstr(reason, hints[i].in)) return hints[i].hint;
    return "";
}

enum td_rc td_conn_fail(void *easy, int code, const struct td_net_cfg *cfg,
                        const struct td_tls_setup *setup, const char *errbuf, bool *retry,
                        struct td_err *err)
{
    char ep[280];
    long os = 0, proxy = 0;
    const char *why = *errbuf ? errbuf : curl_easy_strerror((CURLcode)code);

    td_conn_endpoint_of(cfg, ep, sizeof ep);
    curl_easy_getinfo((CURL *)easy, CURLINFO_OS_ERRNO, &os);
    *retry = false;
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return td_err_nomem(err);
    case CURLE_OPERATION_TIMEDOUT:
        *retry = true;
        return td_err_set(err, TD_ST_HYT00, 0, "no connection to %s within the time limit", ep);
    case CURLE_COULDNT_RESOLVE_HOST:
        return td_err_set(err, TD_ST_08001, 0, "unknown host %s: its name cannot be resolved",
                          cfg->host);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return td_err_set(err, TD_ST_08001, 0, "the name of the proxy cannot be resolved");
    case CURLE_COULDNT_CONNECT:
        *retry = true;
        return td_err_set(err, TD_ST_08001, 0, "cannot connect to %s: %s", ep,
                          os ? strerrordesc_np((int)os) : why);
    default:
        break;
    }
    if (setup->err.state) {
        if (err) *err = setup->err;
        return TD_FAIL;
    }
    curl_easy_getinfo((CURL *)easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    if (proxy && proxy / 100 != 2) {
        *retry = proxy >= 500;
        return td_err_set(err, proxy == 407 ? TD_ST_28000 : TD_ST_08001, 0,
                          "the proxy answered HTTP %ld for %s%s", proxy, ep,
                          proxy == 407 ? ": it wants a login (Proxy=http://user:password@...)"
                                       : "");
    }
    if (os == ECONNRESET || strstr(why, "reset by peer") || strstr(why, "SSL_ERROR_SYSCALL")) {
        *retry = true;
        return td_err_set(err, TD_ST_08001, 0, "the connection to %s was reset: %s", ep, why);
    }
    if (is_tls_code((CURLcode)code))
        return td_err_set(err, TD_ST_08001, 0, "TLS to %s failed: %s%s", ep, why,
                          td_conn_tls_hint(why));
    *retry = code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING;
    return td_err_set(err, TD_ST_08001, 0, "cannot connect to %s: %s", ep, why);
}

struct td_conn *td_conn_open(const struct td_net_cfg *cfg, int64_t deadline, bool *retry,
                             struct td_err *err)
{
    struct td_conn *c;
    struct td_sigpipe sp = {.pending = false};
    void *url = NULL;
    curl_socket_t fd = CURL_SOCKET_BAD;
    int left = td_ms_left(deadline);
    CURLcode rc;

    *retry = false;
    c = td_conn_curl_init() ? td_calloc(1, sizeof *c) : NULL;
    if (c) c->easy = curl_easy_init();
    if (!c || !c->easy) {
        td_err_nomem(err);
        goto fail;
    }
    c->tls = cfg->tls;
    td_conn_endpoint_of(cfg, c->endpoint, sizeof c->endpoint);
    if (td_conn_easy_setup(c->easy, &url, cfg, &c->setup, c->errbuf, err)) goto fail;
    curl_easy_setopt(c->easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(c->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, RECV_MAX);
    /* curl takes 0 as "its own limit" (5 min) and counts whole milliseconds. */
    if (left >= 0) curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, left ? (long)left : 1L);
    if (left >= 0) curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, left ? (long)left : 1L);
    td_sigpipe_hold(&sp);
    rc = curl_easy_perform(c->easy);
    td_sigpipe_release(&sp);
    if (rc == CURLE_OK) rc = curl_easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (rc != CURLE_OK || fd == CURL_SOCKET_BAD) {
        td_conn_fail(c->easy, rc, cfg, &c->setup, c->errbuf, retry, err);
        goto fail;
    }
    c->url = url;
    c->fd = fd;
    c->setup.cfg = NULL; /* the caller's, no longer needed */
    c->errbuf[0] = '\0'; /* of addresses that failed before */
    return c;
fail:
    if (c) td_conn_easy_free(c->easy, url);
    td_free(c);
    return NULL;
}

void td_conn_close(struct td_conn *c)
{
    if (!c) return;
    td_conn_easy_free(c->easy, c->url);
    td_free(c);
}

void td_conn_forget(struct td_conn *c)
{
    if (c) close(c->fd);
}

static enum td_io io_result(CURL *easy, CURLcode rc, bool sending)
{
    long os = 0;

    if (rc == CURLE_OK) return TD_IO_OK;
    if (rc == CURLE_AGAIN) return TD_IO_AGAIN;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os);
    if (os == ECONNRESET || errno == ECONNRESET || errno == EPIPE) return TD_IO_RESET;
    return sending ? TD_IO_RESET : TD_IO_ERROR;
}

enum td_io td_conn_send(struct td_conn *c, const void *p, size_t n, size_t *done)
{
    struct td_sigpipe sp = {.pending = false};
    enum td_io io;
    CURLcode rc;

    *done = 0;
    errno = 0;
    /* Without TLS curl sends with MSG_NOSIGNAL itself. */
    if (c->tls) td_sigpipe_hold(&sp);
    rc = curl_easy_send(c->easy, p, n, done);
    io = io_result(c->easy, rc, true);
    if (c->tls) td_sigpipe_release(&sp);
    return io == TD_IO_OK && *done == 0 ? TD_IO_AGAIN : io;
}

enum td_io td_conn_recv(struct td_conn *c, void *p, size_t cap, size_t *done)
{
    CURLcode rc;

    *done = 0;
    errno = 0;
    rc = curl_easy_recv(c->easy, p, cap, done);
    if (rc == CURLE_OK && *done == 0) return TD_IO_END;
    return io_result(c->easy, rc, false);
}

int td_conn_fd(const struct td_conn *c)
{
    return c->fd;
}

const char *td_conn_reason(const struct td_conn *c)
{
    return c->errbuf;
}

bool td_conn_tls(const struct td_conn *c)
{
    return c->tls;
}

const char *td_conn_endpoint(const struct td_conn *c)
{
    return c->endpoint;
}

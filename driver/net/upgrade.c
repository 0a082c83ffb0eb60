#include "net/upgrade.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "net/tls.h"

#define HEAD_MAX (16 * 1024) /* an answer's head beyond this is no taosAdapter's */

static void base64(const uint8_t *p, size_t n, char *out)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16;

        if (i + 1 < n) v |= (uint32_t)p[i + 1] << 8;
        if (i + 2 < n) v |= p[i + 2];
        *out++ = abc[v >> 18];
        *out++ = abc[v >> 12 & 63];
        *out++ = i + 1 < n ? abc[v >> 6 & 63] : '=';
        *out++ = i + 2 < n ? abc[v & 63] : '=';
    }
    *out = '\0';
}

/* Sec-WebSocket-Accept for a key (RFC 6455, 4.2.2 step 5.4). */
static bool accept_of(const char *key, char out[29])
{
    char text[64];
    uint8_t hash[20];
    int n = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);

    if (!td_tls_sha1(text, (size_t)n, hash)) return false;
    base64(hash, sizeof hash, out);
    return true;
}

/* Blanks and control bytes in the path would end the request line: they are percent-encoded. */
static void put_path(struct td_buf *out, const char *path)
{
    for (const char *p = path; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (c <= ' ' || c >= 0x7f)
            td_buf_printf(out, "%%%02X", c);
        else
            td_buf_putc(out, *p);
    }
}

enum td_rc td_upgrade_begin(struct td_upgrade *u, const struct td_net_cfg *cfg,
                            const char *endpoint, struct td_buf *out, struct td_err *err)
{
    uint8_t nonce[16];

    memset(u, 0, sizeof *u);
    u->in = TD_BUF_INIT(HEAD_MAX + 64 * 1024);
    u->deflate = cfg->compression;
    if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
        return td_err_set(err, TD_ST_HY000, 0, "no random numbers from the system");
    base64(nonce, sizeof nonce, u->key);
    td_buf_puts(out, "GET ");
    put_path(out, cfg->path ? cfg->path : "/ws");
    td_buf_printf(out,
                  " HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n",
                  endpoint, u->key);
    if (u->deflate)
        td_buf_puts(out, "Sec-WebSocket-Extensions: permessage-deflate; "
                         "server_no_context_takeover; client_no_context_takeover\r\n");
    td_buf_puts(out, "User-Agent: tdodbc\r\n\r\n");
    return td_buf_ok(out) ? TD_OK : td_err_nomem(err);
}

/* Length of the head including its empty line, 0 while it is not complete. */
static size_t head_len(const struct td_buf *b)
{
    const char *end = b->n ? memmem(b->p, b->n, "\r\n\r\n", 4) : NULL;

    return end ? (size_t)(end + 4 - (const char *)b->p) : 0;
}

/* The value of a header field; false when it is absent. A field that comes twice counts by its first line. */
static bool field(struct td_str head, const char *name, struct td_str *value)
{
    size_t n = strlen(name);

    while (head.n) {
        const char *eol = memmem(head.p, head.n, "\r\n", 2);
        size_t len = eol ? (size_t)(eol - head.p) : head.n;
        struct td_str line = {head.p, len};

        if (line.n > n && line.p[n] == ':' && td_str_istarts(line, name)) {
            *value = td_str_trim((struct td_str){line.p + n + 1, line.n - n - 1});
            return true;
        }
        len = eol ? len + 2 : len;
        head.p += len;
        head.n -= len;
    }
    return false;
}

/* True when `list` (tokens parted by `sep`) has `token`, case aside. */
static bool has_token(struct td_str list, char sep, const char *token)
{
    while (list.n) {
        const char *end = memchr(list.p, sep, list.n);
        size_t n = end ? (size_t)(end - list.p) : list.n;

        if (td_str_ieqz(td_str_trim((struct td_str){list.p, n}), token)) return true;
        n = end ? n + 1 : n;
        list.p += n;
        list.n -= n;
    }
    return false;
}

static enum td_rc refused(const struct td_upgrade *u, const char *ep, bool *retry,
                          struct td_err *err)
{
    static const struct {
        int status;
        enum td_sqlstate state;
        bool retry;
        const char *meaning;
    } known[] = {
        {400, TD_ST_08001, false, "bad request: is this a port that wants TLS (wss://)?"},
        {401, TD_ST_28000, false, "not authorized: the token or the gateway's login is wrong"},
        {403, TD_ST_28000, false, "forbidden"},
        {404, TD_ST_08001, false, "not found: no taosAdapter of 3.3.6.0 or newer at this address"},
        {407, TD_ST_28000, false, "the proxy wants a login"},
        {426, TD_ST_08001, false, "the server does not speak WebSocket here"},
        {429, TD_ST_08001, true, "too many requests"},
    };

    *retry = u->status >= 500;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == u->status) {
            *retry = known[i].retry;
            return td_err_set(err, known[i].state, 0, "%s answered HTTP %d, %s", ep, u->status,
                              known[i].meaning);
        }
    if (u->status >= 300 && u->status < 400)
        return td_err_set(err, TD_ST_08001, 0,
                          "%s answered HTTP %d, a redirection: does the port want TLS (wss://)?",
                          ep, u->status);
    return td_err_set(err, TD_ST_08001, 0, "%s answered HTTP %d instead of a WebSocket%s", ep,
                      u->status, *retry ? ": the server or a gateway is not ready" : "");
}

static enum td_rc check_deflate(struct td_upgrade *u, struct td_str head, const char *ep,
                                struct td_err *err)
{
    struct td_str ext;
    bool offered = u->deflate;

    u->deflate = false;
    if (!field(head, "Sec-WebSocket-Extensions", &ext) || !ext.n) return TD_OK;
    if (!offered || !td_str_istarts(ext, "permessage-deflate") || memchr(ext.p, ',', ext.n))
        return td_err_set(err, TD_ST_08001, 0, "%s chose a WebSocket extension not offered", ep);
    /* RFC 7692, 7.1.1.1: a server that accepts the offer must promise not to keep its window. */
    if (!has_token(ext, ';', "server_no_context_takeover"))
        return td_err_set(err, TD_ST_08001, 0, "%s wants compression with context takeover", ep);
    u->deflate = true;
    return TD_OK;
}

static enum td_rc check_head(struct td_upgrade *u, const char *ep, bool *retry, struct td_err *err)
{
    struct td_str head = {(const char *)u->in.p, u->head - 2}, v;
    char want[29];

    if (head.n < 12 || memcmp(head.p, "HTTP/1.", 7) != 0 || !td_isdigit(head.p[9]))
        return td_err_set(err, TD_ST_08001, 0, "%s did not answer in HTTP/1.1", ep);
    u->status = (head.p[9] - '0') * 100 + (head.p[10] - '0') * 10 + (head.p[11] - '0');
    if (u->status != 101) return refused(u, ep, retry, err);
    if (!field(head, "Upgrade", &v) || !has_token(v, ',', "websocket") ||
        !field(head, "Connection", &v) || !has_token(v, ',', "upgrade"))
        return td_err_set(err, TD_ST_08001, 0, "%s answered 101 but not for WebSocket", ep);
    if (!accept_of(u->key, want))
        return td_err_set(err, TD_ST_HY000, 0, "SHA-1 is not available in OpenSSL");
    if (!field(head, "Sec-WebSocket-Accept", &v) || !td_str_eq(v, td_str_of(want)))
        return td_err_set(
            err, TD_ST_08001, 0,
            "%s sent a wrong Sec-WebSocket-Accept: not a WebSocket server, or a cache "
            "in between",
            ep);
    if (field(head, "Sec-WebSocket-Protocol", &v))
        return td_err_set(err, TD_ST_08001, 0, "%s chose a sub-protocol not offered", ep);
    return check_deflate(u, head, ep, err);
}

enum td_rc td_upgrade_feed(struct td_upgrade *u, const void *p, size_t n, const char *endpoint,
                           bool *done, bool *retry, struct td_err *err)
{
    *done = false;
    *retry = false;
    if (!td_buf_put(&u->in, p, n)) return td_err_nomem(err);
    /* Not even the first bytes are HTTP: most likely the TLS alert of a TLS-only port. */
    if (u->in.n && memcmp(u->in.p, "HTTP/", u->in.n < 5 ? u->in.n : 5) != 0)
        return td_err_set(err, TD_ST_08001, 0,
                          "%s does not answer in HTTP: is it a port that wants TLS (wss://)?",
                          endpoint);
    u->head = head_len(&u->in);
    if (!u->head) {
        if (u->in.n <= HEAD_MAX) return TD_OK;
        return td_err_set(err, TD_ST_08001, 0, "%s sent an endless HTTP head", endpoint);
    }
    if (check_head(u, endpoint, retry, err)) return TD_FAIL;
    *done = true;
    return TD_OK;
}

void td_upgrade_free(struct td_upgrade *u)
{
    td_buf_free(&u->in);
}

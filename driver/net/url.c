/* url.c: see url.h. */
#include "net/url.h"

#include <arpa/inet.h>

#include "base/alloc.h"
#include "base/opturl.h"

#define ENDPOINTS_MAX 256
#define HOST_MAX      255
#define DEFAULT_PORT  6041
#define CLOUD_PORT    443
#define PIECE_MAX     65536 /* bytes of a decoded piece */

/* An address list as written, in the Url or in Server. */
struct list {
    struct td_str text;
    const char *name; /* "Url" or "Server", for messages */
    bool encoded;     /* percent-encoded */
    bool bare_ipv6;   /* `::1` may stand without brackets */
    uint16_t port;    /* of addresses without one */
    bool force_port;  /* of all addresses */
};

static enum td_rc bad_list(const struct list *l, struct td_err *err, const char *what)
{
    return td_err_set(err, TD_ST_HY024, 0, "The addresses of %s cannot be read: %s", l->name, what);
}

/* Names as resolvers take them, underscores and international letters included. */
static bool is_host(struct td_str s)
{
    if (s.n == 0 || s.n > HOST_MAX) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = td_lower(c) >= 'a' && td_lower(c) <= 'z';
        if (!letter && !td_isdigit(c) && !strchr("-._", c) && (unsigned char)c < 0x80) return false;
    }
    return s.p[0] != '-' && s.p[0] != '.';
}

static bool is_ipv6(struct td_str s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    const char *zone = s.n ? memchr(s.p, '%', s.n) : NULL;
    size_t n = zone ? (size_t)(zone - s.p) : s.n;
    if (n >= sizeof text || (zone && !is_host((struct td_str){zone + 1, s.n - n - 1})))
        return false;
    memcpy(text, s.p, n);
    text[n] = 0;
    return inet_pton(AF_INET6, text, &addr) == 1;
}

static enum td_rc read_port(const struct list *l, struct td_str s, uint16_t *port,
                            struct td_err *err)
{
    int64_t v;
    *port = l->port;
    if (s.n == 0) return TD_OK;
    if (!td_isdigit(s.p[0]) || !td_str_i64(s, &v) || v < 1 || v > 65535)
        return bad_list(l, err, "a port must be a number from 1 to 65535; " TD_URL_HINT);
    if (!l->force_port) *port = (uint16_t)v;
    return TD_OK;
}

static enum td_rc add(struct td_endpoints *e, struct td_str host, uint16_t port, bool ipv6,
                      struct td_err *err)
{
    struct td_host_port *grown = td_realloc(e->v, (e->n + 1) * sizeof *e->v);
    if (!grown) return td_err_nomem(err);
    e->v = grown;
    char *copy = td_strndup(host.p, host.n);
    if (!copy) return td_err_nomem(err);
    e->v[e->n++] = (struct td_host_port){copy, port, ipv6};
    return TD_OK;
}

/* One `host`, `host:port`, `[ipv6]`, `[ipv6]:port` or `:port`. */
static enum td_rc read_address(const struct list *l, struct td_str a, struct td_buf *tmp,
                               struct td_endpoints *e, struct td_err *err)
{
    struct td_str port = {"", 0};
    uint16_t number;
    a = td_str_trim(a);
    if (l->encoded) {
        if (td_url_decode(a, tmp, err) != TD_OK) return TD_FAIL;
        a = td_buf_str(tmp);
    }
    if (a.n && a.p[0] == '[') {
        struct td_str host = {a.p + 1, a.n - 1}, rest = host;
        host = td_url_until(&rest, "]");
        if (rest.n == 0 || (rest.n > 1 && rest.p[1] != ':') || !is_ipv6(host))
            return bad_list(l, err, "no IPv6 address between '[' and ']'");
        if (rest.n > 1) port = (struct td_str){rest.p + 2, rest.n - 2};
        if (read_port(l, port, &number, err) != TD_OK) return TD_FAIL;
        return add(e, host, number, true, err);
    }
    if (l->bare_ipv6 && is_ipv6(a)) return add(e, a, l->port, true, err);
    struct td_str rest = a, host = td_url_until(&rest, ":");
    if (rest.n) port = (struct td_str){rest.p + 1, rest.n - 1};
    if (memchr(port.p, ':', port.n))
        return bad_list(l, err, "more than one ':' in an address (IPv6 goes in brackets)");
    if (host.n == 0) host = TD_STR("localhost");
    if (!is_host(host))
        return bad_list(l, err, "a host name has a character that none can have; " TD_URL_HINT);
    if (read_port(l, port, &number, err) != TD_OK) return TD_FAIL;
    return add(e, host, number, false, err);
}

static enum td_rc read_list(const struct list *l, struct td_buf *tmp, struct td_endpoints *e,
                            struct td_err *err)
{
    struct td_str rest = td_str_trim(l->text);
    if (!l->encoded && rest.n && memmem(rest.p, rest.n, "://", 3))
        return bad_list(l, err, "a URL goes into the key Url");
    for (;;) {
        struct td_str one = td_url_until(&rest, ",");
        if (td_str_trim(one).n == 0 && (e->n > 0 || rest.n > 0))
            return bad_list(l, err, "an empty place between commas");
        if (e->n == ENDPOINTS_MAX) return bad_list(l, err, "more than 256 addresses");
        if (read_address(l, one, tmp, e, err) != TD_OK) return TD_FAIL;
        if (rest.n == 0) return TD_OK;
        rest.p++, rest.n--;
    }
}

static void set_transport(struct td_url_target *t)
{
    struct td_str choice = td_str_of(td_opts_get(&t->opts, TD_OPT_TRANSPORT));
    t->tls = td_str_eq(choice, TD_STR("wss")) || td_str_eq(choice, TD_STR("https"));
    t->kind = td_str_istarts(choice, "http") ? TD_TRANSPORT_REST : TD_TRANSPORT_WS;
}

static enum td_rc resolve(struct td_url_target *t, td_opt_unknown unknown, void *ctx,
                          struct td_err *err)
{
    struct td_opts *o = &t->opts;
    struct td_str hosts;
    if (td_opts_expand_url(o, &hosts, unknown, ctx, err) != TD_OK) return TD_FAIL;
    set_transport(t);
    t->user = td_opts_get(o, TD_OPT_UID);
    t->password = td_opts_get(o, TD_OPT_PWD);
    t->database = td_opts_get(o, TD_OPT_DATABASE);
    t->token = td_opts_get(o, TD_OPT_TOKEN);
    t->bearer_token = td_opts_get(o, TD_OPT_BEARER_TOKEN);
    t->totp_code = td_opts_get(o, TD_OPT_TOTP_CODE);
    /* The Url's query can set neither: what is given is explicit. */
    bool server = td_opts_given(o, TD_OPT_SERVER), port = td_opts_given(o, TD_OPT_PORT);
    struct list l = {.text = hosts, .name = "Url", .encoded = true, .force_port = port};
    if (server || !hosts.p)
        l = (struct list){
            .text = td_str_of(td_opts_get(o, TD_OPT_SERVER)), .name = "Server", .bare_ipv6 = true};
    l.port = t->tls && *t->token ? CLOUD_PORT : DEFAULT_PORT;
    if (port) l.port = (uint16_t)td_opts_int(o, TD_OPT_PORT);
    struct td_buf tmp = TD_BUF_INIT(PIECE_MAX + 1);
    enum td_rc rc = read_list(&l, &tmp, &t->endpoints, err);
    td_buf_free(&tmp);
    return rc;
}

/* `Server=;` in a template means the default as much as no line at all. An empty password is one.
 */
static void drop_empty(struct td_opts *o)
{
    for (int i = 0; i < TD_OPT_COUNT; i++) {
        if (i != TD_OPT_PWD && o->val[i] && !*o->val[i]) {
            td_free(o->val[i]);
            o->val[i] = NULL;
        }
    }
}

enum td_rc td_url_resolve(const struct td_opts *o, struct td_url_target *t, td_opt_unknown unknown,
                          void *ctx, struct td_err *err)
{
    memset(t, 0, sizeof *t);
    if (td_opts_copy(&t->opts, o, err) != TD_OK) return TD_FAIL;
    drop_empty(&t->opts);
    enum td_rc rc = resolve(t, unknown, ctx, err);
    if (rc != TD_OK) td_url_target_free(t);
    return rc;
}

void td_url_target_free(struct td_url_target *t)
{
    for (size_t i = 0; i < t->endpoints.n; i++)
        td_free(t->endpoints.v[i].host);
    td_free(t->endpoints.v);
    td_opts_free(&t->opts);
    memset(t, 0, sizeof *t);
}

bool td_url_escape(struct td_buf *out, struct td_str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        char low = td_lower((char)c);
        if ((low >= 'a' && low <= 'z') || td_isdigit((char)c) || (c && strchr("-._~", c))) {
            td_buf_putc(out, (char)c);
        } else {
            td_buf_putc(out, '%');
            td_buf_putc(out, hex[c >> 4]);
            td_buf_putc(out, hex[c & 15]);
        }
    }
    return td_buf_ok(out);
}

bool td_url_path(const struct td_url_target *t, const char *path, struct td_buf *out)
{
    td_buf_puts(out, path);
    if (*t->token) {
        td_buf_puts(out, "?token=");
        td_url_escape(out, td_str_of(t->token));
    }
    return td_buf_ok(out);
}

bool td_url_host_port(struct td_buf *out, const struct td_host_port *hp)
{
    return td_buf_printf(out, hp->ipv6 ? "[%s]:%u" : "%s:%u", hp->host, (unsigned)hp->port);
}

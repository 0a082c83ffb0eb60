/* url.c: see url.h. */
#include "net/url.h"

#include <arpa/inet.h>

#include "base/alloc.h"

#define ENDPOINTS_MAX 256
#define HOST_MAX      255
#define DEFAULT_PORT  6041
#define CLOUD_PORT    443
#define PIECE_MAX     65536 /* bytes of a decoded piece */

/* A Url taken apart; slices of the text, still percent-encoded. `p == NULL` = not there. */
struct parts {
    const char *transport; /* the Transport choice that the scheme means */
    struct td_str user, pass, hosts, db, query;
};

/* Every message ends up in a diagnostic: none quotes the Url, which may hold a password in the
 * wrong place. */
static enum td_rc bad_url(struct td_err *err, const char *what)
{
    return td_err_set(err, TD_ST_HY024, 0, "The Url cannot be read: %s", what);
}

#define ENCODE_HINT "write / ? # @ : of a name or password as %2F %3F %23 %40 %3A"

static const struct {
    const char *name, *transport;
} schemes[] = {
    {"ws", "ws"},
    {"wss", "wss"},
    {"http", "http"},
    {"https", "https"},
    {"taosws", "ws"},
    {"taoswss", "wss"},
    {"taos+ws", "ws"},
    {"taos+wss", "wss"},
    {"taosws+ws", "ws"},
    {"taosws+wss", "wss"},
    {"taosrest", "http"},
    {"taosrest+http", "http"},
    {"ws+ws", "ws"},
    {"ws+http", "ws"},
    {"ws+tcp", "ws"},
    {"ws+wss", "wss"},
    {"ws+https", "wss"},
    {"wss+ws", "wss"},
    {"wss+wss", "wss"},
    {"wss+http", "wss"},
    {"wss+https", "wss"},
    {"wss+tcp", "wss"},
    {"taosrest+https", "https"},
};

static const char *scheme_transport(struct td_str s)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (td_str_ieqz(s, schemes[i].name)) return schemes[i].transport;
    return NULL;
}

/* Cuts `s` at the first byte of `set`: returns what stands before, leaves the rest (with that byte)
 * in *s. */
static struct td_str take_until(struct td_str *s, const char *set)
{
    size_t n = 0;
    while (n < s->n && !strchr(set, s->p[n]))
        n++;
    struct td_str head = {s->p, n};
    s->p += n;
    s->n -= n;
    return head;
}

static void split_authority(struct td_str a, struct parts *out)
{
    /* The last '@' ends the user's part, so that an '@' in a password may stand as it is. */
    const char *at = a.n ? memrchr(a.p, '@', a.n) : NULL;
    out->hosts = a;
    if (!at) return;
    out->user = (struct td_str){a.p, (size_t)(at - a.p)};
    out->hosts = (struct td_str){at + 1, a.n - out->user.n - 1};
    const char *colon = out->user.n ? memchr(out->user.p, ':', out->user.n) : NULL;
    if (colon) {
        out->pass = (struct td_str){colon + 1, (size_t)(at - colon) - 1};
        out->user.n = (size_t)(colon - out->user.p);
    }
}

static enum td_rc split(struct td_str url, struct parts *out, struct td_err *err)
{
    memset(out, 0, sizeof *out);
    const char *mark = url.n ? memmem(url.p, url.n, "://", 3) : NULL;
    if (!mark) return bad_url(err, "no scheme; begin with ws://, wss://, http:// or https://");
    struct td_str scheme = {url.p, (size_t)(mark - url.p)};
    out->transport = scheme_transport(scheme);
    if (!out->transport && td_str_ieqz(scheme, "taos"))
        return bad_url(err, "taos:// is the native protocol; use ws:// (port 6041, taosAdapter)");
    if (!out->transport) return bad_url(err, "unknown scheme; use ws, wss, http or https");
    struct td_str rest = {mark + 3, url.n - scheme.n - 3};
    if (rest.n && memchr(rest.p, '#', rest.n)) return bad_url(err, "'#' in it; " ENCODE_HINT);
    struct td_str authority = take_until(&rest, "/?");
    split_authority(authority, out);
    if (rest.n && rest.p[0] == '/') {
        rest.p++, rest.n--;
        out->db = take_until(&rest, "/?");
        if (rest.n && rest.p[0] == '/') rest.p++, rest.n--;
        if (rest.n && rest.p[0] != '?')
            return bad_url(err, "more than a database name after the addresses; " ENCODE_HINT);
    }
    if (rest.n) out->query = (struct td_str){rest.p + 1, rest.n - 1};
    return TD_OK;
}

static int hex_digit(char c)
{
    if (td_isdigit(c)) return c - '0';
    c = td_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* '+' stays '+': the clients of TDengine encode a blank as %20, and tokens may have a '+'. */
static enum td_rc percent_decode(struct td_str s, struct td_buf *out, struct td_err *err)
{
    td_buf_reset(out);
    if (!td_buf_reserve(out, s.n + 1)) return td_err_nomem(err);
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int hi = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
            int lo = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
            if (hi < 0 || lo < 0)
                return bad_url(err, "'%' without two hexadecimal digits (write '%' itself as %25)");
            c = (char)(hi * 16 + lo);
            i += 2;
        }
        if (c == 0) return bad_url(err, "a NUL character in it");
        td_buf_putc(out, c);
    }
    return TD_OK;
}

/* Sets an option from a piece of the Url unless the key was given: explicitly, or earlier in the
 * Url. */
static enum td_rc set_decoded(struct td_opts *o, enum td_opt_id id, struct td_str piece,
                              struct td_buf *tmp, struct td_err *err)
{
    if (!piece.p || td_opts_given(o, id)) return TD_OK;
    if (percent_decode(piece, tmp, err) != TD_OK) return TD_FAIL;
    return td_opts_set(o, id, td_buf_str(tmp), err);
}

/* Where the server is stands before the query, and a Url names no data source. */
static bool not_in_query(int id)
{
    return id == TD_OPT_DRIVER || id == TD_OPT_DSN || id == TD_OPT_URL || id == TD_OPT_SERVER ||
           id == TD_OPT_PORT || id == TD_OPT_TRANSPORT;
}

static enum td_rc set_query(struct td_opts *o, struct td_str q, struct td_buf *tmp,
                            td_opt_unknown unknown, void *ctx, struct td_err *err)
{
    while (q.n) {
        struct td_str pair = take_until(&q, "&");
        if (q.n) q.p++, q.n--;
        if (pair.n == 0) continue;
        struct td_str value = pair;
        struct td_str key = take_until(&value, "=");
        if (value.n == 0) return bad_url(err, "a key without '=' behind '?'");
        value.p++, value.n--;
        if (percent_decode(key, tmp, err) != TD_OK) return TD_FAIL;
        int id = td_opt_find(td_buf_str(tmp));
        if (id < 0) {
            if (unknown) unknown(ctx, td_buf_str(tmp));
            continue;
        }
        if (not_in_query(id))
            return td_err_set(err, TD_ST_HY024, 0, "The Url cannot be read: %s behind '?'",
                              td_opt_info((enum td_opt_id)id)->key);
        if (set_decoded(o, (enum td_opt_id)id, value, tmp, err) != TD_OK) return TD_FAIL;
    }
    return TD_OK;
}

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
        return bad_list(l, err, "a port must be a number from 1 to 65535; " ENCODE_HINT);
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
        if (percent_decode(a, tmp, err) != TD_OK) return TD_FAIL;
        a = td_buf_str(tmp);
    }
    if (a.n && a.p[0] == '[') {
        struct td_str host = {a.p + 1, a.n - 1}, rest = host;
        host = take_until(&rest, "]");
        if (rest.n == 0 || (rest.n > 1 && rest.p[1] != ':') || !is_ipv6(host))
            return bad_list(l, err, "no IPv6 address between '[' and ']'");
        if (rest.n > 1) port = (struct td_str){rest.p + 2, rest.n - 2};
        if (read_port(l, port, &number, err) != TD_OK) return TD_FAIL;
        return add(e, host, number, true, err);
    }
    if (l->bare_ipv6 && is_ipv6(a)) return add(e, a, l->port, true, err);
    struct td_str rest = a, host = take_until(&rest, ":");
    if (rest.n) port = (struct td_str){rest.p + 1, rest.n - 1};
    if (memchr(port.p, ':', port.n))
        return bad_list(l, err, "more than one ':' in an address (IPv6 goes in brackets)");
    if (host.n == 0) host = TD_STR("localhost");
    if (!is_host(host))
        return bad_list(l, err, "a host name has a character that none can have; " ENCODE_HINT);
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
        struct td_str one = take_until(&rest, ",");
        if (td_str_trim(one).n == 0 && (e->n > 0 || rest.n > 0))
            return bad_list(l, err, "an empty place between commas");
        if (e->n == ENDPOINTS_MAX) return bad_list(l, err, "more than 256 addresses");
        if (read_address(l, one, tmp, e, err) != TD_OK) return TD_FAIL;
        if (rest.n == 0) return TD_OK;
        rest.p++, rest.n--;
    }
}

/* The Url into t->opts; the addresses as a slice of the option's own text. */
static enum td_rc merge_url(struct td_url_target *t, struct td_str *hosts, struct td_buf *tmp,
                            td_opt_unknown unknown, void *ctx, struct td_err *err)
{
    struct parts p;
    struct td_opts *o = &t->opts;
    struct td_str url = td_str_trim(td_str_of(td_opts_get(o, TD_OPT_URL)));
    if (split(url, &p, err) != TD_OK) return TD_FAIL;
    *hosts = p.hosts;
    if (!td_opts_given(o, TD_OPT_TRANSPORT) &&
        td_opts_set(o, TD_OPT_TRANSPORT, td_str_of(p.transport), err) != TD_OK)
        return TD_FAIL;
    /* `ws://:secret@host`: the user stays the default. */
    if (p.user.n && set_decoded(o, TD_OPT_UID, p.user, tmp, err) != TD_OK) return TD_FAIL;
    if (set_decoded(o, TD_OPT_PWD, p.pass, tmp, err) != TD_OK) return TD_FAIL;
    if (p.db.n && set_decoded(o, TD_OPT_DATABASE, p.db, tmp, err) != TD_OK) return TD_FAIL;
    return set_query(o, p.query, tmp, unknown, ctx, err);
}

static void set_transport(struct td_url_target *t)
{
    struct td_str choice = td_str_of(td_opts_get(&t->opts, TD_OPT_TRANSPORT));
    t->tls = td_str_eq(choice, TD_STR("wss")) || td_str_eq(choice, TD_STR("https"));
    t->kind = td_str_istarts(choice, "http") ? TD_TRANSPORT_REST : TD_TRANSPORT_WS;
}

static enum td_rc resolve(struct td_url_target *t, struct td_buf *tmp, td_opt_unknown unknown,
                          void *ctx, struct td_err *err)
{
    struct td_opts *o = &t->opts;
    struct td_str hosts = {"", 0};
    /* Asked before the Url adds its own. */
    bool server = td_opts_given(o, TD_OPT_SERVER), port = td_opts_given(o, TD_OPT_PORT);
    bool url = td_str_trim(td_str_of(td_opts_get(o, TD_OPT_URL))).n != 0;
    if (url && merge_url(t, &hosts, tmp, unknown, ctx, err) != TD_OK) return TD_FAIL;
    set_transport(t);
    t->token = td_opts_get(o, TD_OPT_TOKEN);
    struct list l = {.text = hosts, .name = "Url", .encoded = true, .force_port = port};
    if (server || !url)
        l = (struct list){
            .text = td_str_of(td_opts_get(o, TD_OPT_SERVER)), .name = "Server", .bare_ipv6 = true};
    l.port = port                  ? (uint16_t)td_opts_int(o, TD_OPT_PORT)
             : t->tls && *t->token ? CLOUD_PORT
                                   : DEFAULT_PORT;
    if (read_list(&l, tmp, &t->endpoints, err) != TD_OK) return TD_FAIL;
    t->user = td_opts_get(o, TD_OPT_UID);
    t->password = td_opts_get(o, TD_OPT_PWD);
    t->database = td_opts_get(o, TD_OPT_DATABASE);
    t->bearer_token = td_opts_get(o, TD_OPT_BEARER_TOKEN);
    t->totp_code = td_opts_get(o, TD_OPT_TOTP_CODE);
    return TD_OK;
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
    struct td_buf tmp = TD_BUF_INIT(PIECE_MAX + 1);
    /* Reserved once, so that growing leaves no copies of a password behind. */
    enum td_rc rc = td_buf_reserve(&tmp, strlen(td_opts_get(o, TD_OPT_URL)) + 1)
                        ? resolve(t, &tmp, unknown, ctx, err)
                        : td_err_nomem(err);
    td_wipe(tmp.p, tmp.cap);
    td_buf_free(&tmp);
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

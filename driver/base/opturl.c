/* opturl.c: see opturl.h. */
#include "base/opturl.h"

#include "base/alloc.h"

#define MASK "***"

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

struct td_str td_url_until(struct td_str *s, const char *set)
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
    if (rest.n && memchr(rest.p, '#', rest.n)) return bad_url(err, "'#' in it; " TD_URL_HINT);
    struct td_str authority = td_url_until(&rest, "/?");
    split_authority(authority, out);
    if (rest.n && rest.p[0] == '/') {
        rest.p++, rest.n--;
        out->db = td_url_until(&rest, "/?");
        if (rest.n && rest.p[0] == '/') rest.p++, rest.n--;
        if (rest.n && rest.p[0] != '?')
            return bad_url(err, "more than a database name after the addresses; " TD_URL_HINT);
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
enum td_rc td_url_decode(struct td_str s, struct td_buf *out, struct td_err *err)
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

/* A key that is given but empty counts as not given, but an empty password is one. */
static bool is_explicit(const struct td_opts *o, enum td_opt_id id)
{
    return td_opts_given(o, id) && (id == TD_OPT_PWD || *td_opts_get(o, id));
}

/* Sets an option from a piece of the Url unless the key was given: explicitly, or earlier in the
 * Url. */
static enum td_rc set_decoded(struct td_opts *o, enum td_opt_id id, struct td_str piece,
                              struct td_buf *tmp, struct td_err *err)
{
    if (!piece.p || is_explicit(o, id)) return TD_OK;
    if (td_url_decode(piece, tmp, err) != TD_OK) return TD_FAIL;
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
        struct td_str pair = td_url_until(&q, "&");
        if (q.n) q.p++, q.n--;
        if (pair.n == 0) continue;
        struct td_str value = pair;
        struct td_str key = td_url_until(&value, "=");
        if (value.n == 0) return bad_url(err, "a key without '=' behind '?'");
        value.p++, value.n--;
        if (td_url_decode(key, tmp, err) != TD_OK) return TD_FAIL;
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

static enum td_rc merge(struct td_opts *o, const struct parts *p, struct td_buf *tmp,
                        td_opt_unknown unknown, void *ctx, struct td_err *err)
{
    if (!td_opts_given(o, TD_OPT_TRANSPORT) &&
        td_opts_set(o, TD_OPT_TRANSPORT, td_str_of(p->transport), err) != TD_OK)
        return TD_FAIL;
    /* `ws://:secret@host`: the user stays the default. */
    if (p->user.n && set_decoded(o, TD_OPT_UID, p->user, tmp, err) != TD_OK) return TD_FAIL;
    if (set_decoded(o, TD_OPT_PWD, p->pass, tmp, err) != TD_OK) return TD_FAIL;
    if (p->db.n && set_decoded(o, TD_OPT_DATABASE, p->db, tmp, err) != TD_OK) return TD_FAIL;
    return set_query(o, p->query, tmp, unknown, ctx, err);
}

enum td_rc td_opts_expand_url(struct td_opts *o, struct td_str *hosts, td_opt_unknown unknown,
                              void *ctx, struct td_err *err)
{
    struct parts p;
    struct td_str url = td_str_trim(td_str_of(td_opts_get(o, TD_OPT_URL)));
    *hosts = (struct td_str){NULL, 0};
    if (url.n == 0) return TD_OK;
    if (split(url, &p, err) != TD_OK) return TD_FAIL;
    *hosts = p.hosts;
    /* Reserved once, so that growing leaves no copies of a password behind. */
    struct td_buf tmp = TD_BUF_INIT(url.n + 1);
    enum td_rc rc =
        td_buf_reserve(&tmp, url.n + 1) ? merge(o, &p, &tmp, unknown, ctx, err) : td_err_nomem(err);
    td_wipe(tmp.p, tmp.cap);
    td_buf_free(&tmp);
    return rc;
}

/* One `k=v` of a URL's query: shown only when the key is a known one without a secret. */
static void mask_query_pair(struct td_buf *out, struct td_str pair)
{
    const char *eq = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
    struct td_str key = {pair.p, eq ? (size_t)(eq - pair.p) : pair.n};
    int id = td_opt_find(key);
    if (id >= 0 && !td_opt_info((enum td_opt_id)id)->secret) {
        td_buf_putstr(out, pair);
    } else if (eq) {
        td_buf_putstr(out, key);
        td_buf_puts(out, "=" MASK);
    } else if (pair.n) {
        td_buf_puts(out, MASK);
    }
}

static void mask_query(struct td_buf *out, struct td_str q)
{
    size_t from = 0;
    for (size_t i = 0; i <= q.n; i++) {
        if (i < q.n && q.p[i] != '&') continue;
        mask_query_pair(out, (struct td_str){q.p + from, i - from});
        if (i < q.n) td_buf_putc(out, '&');
        from = i + 1;
    }
}

static bool is_scheme(struct td_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = td_lower(s.p[i]);
        if ((c < 'a' || c > 'z') && !td_isdigit(c) && c != '+') return false;
    }
    return true;
}

static bool has_delimiter(struct td_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr("/?#&=", s.p[i])) return true;
    return false;
}

bool td_opt_mask_url(struct td_buf *out, struct td_str url)
{
    const char *scheme_end = url.n ? memmem(url.p, url.n, "://", 3) : NULL;
    if (!scheme_end || !is_scheme((struct td_str){url.p, (size_t)(scheme_end - url.p)})) {
        td_buf_puts(out, url.n ? MASK : "");
        return td_buf_ok(out);
    }
    size_t at = (size_t)(scheme_end - url.p) + 3;
    td_buf_put(out, url.p, at);
    struct td_str rest = {url.p + at, url.n - at};
    const char *last = rest.n ? memrchr(rest.p, '@', rest.n) : NULL;
    if (last) {
        struct td_str info = {rest.p, (size_t)(last - rest.p)};
        /* An '@' behind a delimiter: part of a password that was not percent-encoded, or of a
           query value that may be secret. Which of them cannot be told, so all is hidden. */
        if (has_delimiter(info)) {
            td_buf_puts(out, MASK);
            return td_buf_ok(out);
        }
        const char *colon = info.n ? memchr(info.p, ':', info.n) : NULL;
        td_buf_put(out, info.p, colon ? (size_t)(colon - info.p) : info.n);
        td_buf_puts(out, colon ? ":" MASK "@" : "@");
        rest.n -= info.n + 1;
        rest.p = last + 1;
    }
    const char *hash = rest.n ? memchr(rest.p, '#', rest.n) : NULL;
    if (hash) rest.n = (size_t)(hash - rest.p);
    const char *mark = rest.n ? memchr(rest.p, '?', rest.n) : NULL;
    struct td_str head = {rest.p, mark ? (size_t)(mark - rest.p) : rest.n};
    td_buf_putstr(out, head);
    if (mark) {
        td_buf_putc(out, '?');
        mask_query(out, (struct td_str){mark + 1, rest.n - head.n - 1});
    }
    if (hash) td_buf_puts(out, "#" MASK);
    return td_buf_ok(out);
}

/*
 * url.h: from the options to where and how to connect: the Url (issue 7:
 * `ws|wss|http|https://[user[:pass]@]host[:port]
 * [,host[:port]...][/db][?k=v...]`), the Server list, and the explicit keys, which win over the
 * Url's parts.
 *
 * A td_url_target owns its strings and a merged copy of the options; secrets are wiped by
 * td_url_target_free. One owner, no lock, no network.
 */
#ifndef TD_NET_URL_H
#define TD_NET_URL_H

#include "base/opt.h"

struct td_host_port {
    char *host; /* name or address, IPv6 without brackets */
    uint16_t port;
    bool ipv6; /* an IPv6 literal: needs brackets in a Host header or a URL */
};
struct td_endpoints {
    size_t n; /* at least 1 after td_url_resolve */
    struct td_host_port *v;
};

enum td_transport_kind { TD_TRANSPORT_WS, TD_TRANSPORT_REST };

struct td_url_target {
    struct td_endpoints endpoints; /* in the order written: shuffling is the connection's */
    enum td_transport_kind kind;
    bool tls;
    /* Explicit keys, then the Url's parts and query; ask it for everything else (td_opts_get adds
     * the defaults). */
    struct td_opts opts;
    /* Of `opts`, never NULL, "" = none. The database as written: on the wire names are
       case-sensitive (protocol.md, trap 12), folding is the caller's. */
    const char *user, *password, *database, *token, *bearer_token, *totp_code;
};

/* Resolves the options. Keys of the Url's query may be any option key or alias; others are reported
   to `unknown` (may be NULL), as td_opts_parse does. Rules:
   - an explicit Server replaces the Url's addresses, an explicit Transport its scheme;
   - Port is for the addresses of Server that name none, and for every address of the Url;
   - without any port: 443 for TLS with a Token (TDengine Cloud), else 6041;
   - no host: localhost; a key that is given but empty counts as not given, PWD excepted.
   Errors: HY024 for a Url, Server or value that cannot be read (the text never repeats the Url: it
   may hold a password); HY001. On failure *t is empty and needs no free. */
enum td_rc td_url_resolve(const struct td_opts *o, struct td_url_target *t, td_opt_unknown unknown,
                          void *ctx, struct td_err *err);
void td_url_target_free(struct td_url_target *t);

/* Appends `path`, and `?token=...` when the target has one: the request target of /ws, /rest/tmq,
 * /rest/sql. */
bool td_url_path(const struct td_url_target *t, const char *path, struct td_buf *out);
/* Appends text percent-encoded but for RFC 3986's unreserved characters, for a path segment or a
 * query value. */
bool td_url_escape(struct td_buf *out, struct td_str s);
/* Appends `host:port`, with brackets where needed: for the Host header and for texts. */
bool td_url_host_port(struct td_buf *out, const struct td_host_port *hp);

#endif

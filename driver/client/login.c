/*
 * login.c: from the target to a logged-in transport (protocol.md 8.2, 8.3): addresses shuffled,
 * each tried several times with growing waits, then version and conn. The deadline bounds all of
 * it.
 */
#include "client/netcfg.h"

#include <poll.h>

#include "base/log.h"

#define CONNECTOR "odbc-tdodbc"

/* What to do after a failed attempt. */
enum verdict {
    AGAIN, /* the same address may answer next time */
    NEXT,  /* this address will not help, another may */
    STOP   /* no address will help */
};

static bool reply_id(const uint8_t *msg, size_t n, bool text, uint64_t *id)
{
    return td_msg_reply_id((struct td_msg_view){msg, n, text}, id);
}

static const char *given(const struct td_opts *o, enum td_opt_id id)
{
    const char *v = td_opts_get(o, id);

    return *v ? v : NULL;
}

void td_net_cfg_of(const struct td_session *s, const struct td_host_port *hp, const char *path,
                   struct td_net_cfg *cfg)
{
    const struct td_opts *o = &s->target.opts;
    const char *mode = td_opts_get(o, TD_OPT_SSL_MODE);

    memset(cfg, 0, sizeof *cfg);
    cfg->host = hp->host;
    cfg->port = hp->port;
    cfg->tls = s->target.tls;
    cfg->tls_cfg.verify_peer = strcmp(mode, "none") != 0;
    cfg->tls_cfg.verify_host = strcmp(mode, "verify-full") == 0;
    cfg->tls_cfg.ca_file = given(o, TD_OPT_CA_FILE);
    cfg->tls_cfg.ca_path = given(o, TD_OPT_CA_PATH);
    cfg->tls_cfg.client_cert = given(o, TD_OPT_CLIENT_CERT);
    cfg->tls_cfg.client_key = given(o, TD_OPT_CLIENT_KEY);
    cfg->path = path;
    cfg->proxy = given(o, TD_OPT_PROXY);
    cfg->compression = td_opts_bool(o, TD_OPT_COMPRESSION);
    cfg->max_message = (size_t)td_opts_int(o, TD_OPT_MAX_MESSAGE_SIZE) << 20;
    cfg->read_timeout_ms = 1000 * td_opts_int(o, TD_OPT_READ_TIMEOUT);
    cfg->keep_alive_ms = 1000 * td_opts_int(o, TD_OPT_KEEP_ALIVE);
    cfg->reply_id = reply_id;
}

/* ---- version ---- */

/* The first four groups of digits: `3.3.7.5`, `3.3.6.0.alpha`, `3.3.2.0-community` (protocol.md
   2.4). */
void td_version_parse(const char *text, struct td_version *v)
{
    memset(v, 0, sizeof *v);
    memcpy(v->text, text, strnlen(text, sizeof v->text - 1));
    for (int i = 0; i < 4 && td_isdigit(*text); i++) {
        while (td_isdigit(*text) && v->part[i] < 100000)
            v->part[i] = v->part[i] * 10 + (*text++ - '0');
        if (*text != '.') break;
        text++;
    }
}

enum td_rc td_login_check_version(const struct td_version *v, const char *endpoint,
                                  struct td_err *err)
{
    static const int least[4] = {3, 3, 6, 0};

    for (int i = 0; i < 4; i++) {
        if (v->part[i] > least[i]) return TD_OK;
        if (v->part[i] < least[i])
            return td_err_set(err, TD_ST_08004, 0,
                              "the server at %s has version %s; this driver needs 3.3.6.0 or later",
                              endpoint, v->text);
    }
    return TD_OK;
}

/* A round trip on a transport that is not the session's yet. What comes late dies with the
   transport. */
static enum td_rc call(struct td_transport *t, uint64_t id, const struct td_buf *b,
                       int64_t deadline, struct td_msg *reply, struct td_err *err)
{
    if (!td_buf_ok(b)) return td_err_nomem(err);
    if (td_submit(t, id, b->p, b->n, true, true, err) != TD_OK) return TD_FAIL;
    return td_wait(t, id, deadline, NULL, 0, reply, err);
}

static enum td_rc ask_version(struct td_link *link, int64_t deadline, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    struct td_msg m = {NULL, 0, false};
    char text[64];
    enum td_rc rc;

    td_msg_version(&b);
    rc = call(link->t, TD_MSG_VERSION_ID, &b, deadline, &m, err);
    if (rc == TD_OK) rc = td_msg_read_version(td_view_of(&m), text, err);
    td_msg_free(&m);
    td_buf_free(&b);
    if (rc != TD_OK) return TD_FAIL;
    td_version_parse(text, &link->version);
    return td_login_check_version(&link->version, td_endpoint(link->t), err);
}

static enum td_rc send_conn(struct td_session *s, const char *db, struct td_transport *link,
                            int64_t deadline, struct td_err *err)
{
    const struct td_url_target *t = &s->target;
    const struct td_msg_conn c = {
        .user = td_str_of(t->user),
        .password = td_str_of(t->password),
        .db = td_str_of(db),
        .tz = td_str_of(s->tz),
        .app = td_str_of(s->app),
        .ip = td_str_of(td_opts_get(&t->opts, TD_OPT_CLIENT_IP)),
        .connector = td_str_of(CONNECTOR),
        .totp_code = td_str_of(t->totp_code),
        .bearer_token = td_str_of(t->bearer_token),
        .bi_mode = td_opts_bool(&t->opts, TD_OPT_BI_MODE),
    };
    struct td_buf b = TD_BUF_INIT(1 << 20);
    struct td_msg m = {NULL, 0, false};
    const uint64_t id = td_session_next_id(s);
    char version[64];
    enum td_rc rc;

    td_msg_conn(&b, id, &c);
    rc = call(link, id, &b, deadline, &m, err);
    if (rc == TD_OK) rc = td_msg_read_conn(td_view_of(&m), version, err);
    td_msg_free(&m);
    if (b.p) td_wipe(b.p, b.n);
    td_buf_free(&b);
    return rc;
}

/* ---- attempts ---- */

static enum verdict judge(const struct td_err *e)
{
    switch (e->state) {
    case TD_ST_28000: /* a wrong password is not tried elsewhere */
    case TD_ST_3D000:
    case TD_ST_HY001:
        return STOP;
    case TD_ST_08S01:
    case TD_ST_HYT00:
        return AGAIN;
    default:
        return NEXT;
    }
}

/* What an attempt needs besides the address. */
struct want {
    struct td_session *s;
    const char *path, *db;
    struct td_link *link; /* out */
};

static enum verdict attempt(const struct want *w, const struct td_host_port *hp, int64_t deadline,
                            struct td_err *err)
{
    struct td_net_cfg cfg;
    bool retry = false;

    td_net_cfg_of(w->s, hp, w->path, &cfg);
    if (w->s->target.kind == TD_TRANSPORT_REST) {
        if (td_rest_login(w->s, &cfg, w->db, deadline, w->link, &retry, err) == TD_OK) return STOP;
        return retry ? AGAIN : judge(err);
    }
    w->link->t = td_ws_open(&cfg, deadline, &retry, err);
    if (!w->link->t) return retry ? AGAIN : NEXT;
    if (ask_version(w->link, deadline, err) == TD_OK &&
        send_conn(w->s, w->db, w->link->t, deadline, err) == TD_OK)
        return STOP;
    td_link_close(w->link);
    return judge(err);
}

/* An even random order (Fisher-Yates) from the session's own random ids: no shared state, no libc
   rand. */
static void shuffle(size_t *order, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j, swap;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        j = (size_t)((seed >> 33) % i);
        swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

static void pause_until(int64_t when)
{
    int left;

    while ((left = td_ms_left(when)) > 0)
        (void)poll(NULL, 0, left);
}

/* min(max, first·2^i) ms × 0.8 … 1.2, as the Rust client (protocol.md 8.3). */
static int64_t backoff(const struct td_session *s, int64_t i, uint64_t random)
{
    const int64_t max = td_opts_int(&s->target.opts, TD_OPT_RETRY_BACKOFF_MAX_MS);
    int64_t ms = td_opts_int(&s->target.opts, TD_OPT_RETRY_BACKOFF_MS);

    while (i-- > 0 && ms < max)
        ms *= 2;
    if (ms > max) ms = max;
    return ms * (int64_t)(800 + random % 401) / 1000;
}

/* All tries at one address. The verdict is never AGAIN. */
static enum verdict try_address(const struct want *w, const struct td_host_port *hp,
                                int64_t deadline, struct td_err *err)
{
    const int64_t retries = td_opts_int(&w->s->target.opts, TD_OPT_CONN_RETRIES);

    for (int64_t i = 0;; i++) {
        const enum verdict v = attempt(w, hp, deadline, err);
        int64_t wait;
        if (v != AGAIN) return v;
        td_log(TD_LOG_WARN, "client", "connecting to %s: %s", hp->host, err->msg);
        wait = backoff(w->s, i, td_session_next_id(w->s) * 2654435761u >> 8);
        if (i >= retries || deadline - td_now_ms() <= wait) return NEXT;
        pause_until(td_now_ms() + wait);
    }
}

/* Each address gets its share of what is left, so that a silent one does not keep the others from
   being tried. */
static int64_t share(int64_t deadline, size_t addresses_left)
{
    const int64_t now = td_now_ms();

    if (deadline == TD_NEVER || deadline <= now) return deadline;
    return now + (deadline - now) / (int64_t)addresses_left;
}

enum td_rc td_login(struct td_session *s, const char *db, int64_t deadline, struct td_link *link,
                    struct td_err *err)
{
    const struct td_endpoints *e = &s->target.endpoints;
    struct td_buf path = TD_BUF_INIT(1 << 16);
    size_t *order = td_calloc(e->n, sizeof *order);
    struct td_err mine = {.state = TD_ST_08001};
    enum verdict v = NEXT;

    memset(link, 0, sizeof *link);
    if (!order || !td_url_path(&s->target, "/ws", &path) || !td_buf_putc(&path, 0)) {
        td_free(order);
        td_buf_free(&path);
        return td_err_nomem(err);
    }
    shuffle(order, e->n, td_session_next_id(s));
    for (size_t i = 0; i < e->n && v == NEXT; i++) {
        const struct want w = {s, (const char *)path.p, db, link};
        v = try_address(&w, &e->v[order[i]], share(deadline, e->n - i), &mine);
    }
    td_wipe(path.p, path.n);
    td_buf_free(&path);
    td_free(order);
    if (link->t || link->rest) return TD_OK;
    if (err) *err = mine;
    return TD_FAIL;
}

#include "client/tmqopt.h"

enum role {
    GROUP,
    HOST,
    PORT,
    SCHEME,
    USER,
    PASSWORD,
    TOKEN,
    AUTO,
    INTERVAL,
    ARG,
    CONFIG,
    REFUSED
};
enum form { TEXT, NUMBER, BOOL, RESET };

/* How the driver takes a key. `wire`: the member of args, or libtaos's key, where it has another
   name there. */
static const struct known {
    const char *key;
    enum role role;
    enum form form;
    const char *wire;
} g_known[] = {
    {"group.id", GROUP, TEXT, NULL},
    {"host", HOST, TEXT, NULL},
    {"td.connect.ip", HOST, TEXT, NULL},
    {"port", PORT, NUMBER, NULL},
    {"td.connect.port", PORT, NUMBER, NULL},
    {"td.connect.websocket.scheme", SCHEME, TEXT, NULL},
    {"user", USER, TEXT, NULL},
    {"td.connect.user", USER, TEXT, NULL},
    {"password", PASSWORD, TEXT, NULL},
    {"td.connect.pass", PASSWORD, TEXT, NULL},
    {"td.connect.token", TOKEN, TEXT, NULL},
    {"enable.auto.commit", AUTO, BOOL, NULL},
    {"auto.commit.interval.ms", INTERVAL, NUMBER, NULL},
    {"client.id", ARG, TEXT, "client_id"},
    {"td.connect.db", ARG, TEXT, "db"},
    {"auto.offset.reset", ARG, RESET, "offset_reset"},
    {"experimental.snapshot.enable", ARG, BOOL, "snapshot_enable"},
    {"msg.with.table.name", ARG, BOOL, "with_table_name"},
    {"msg.enable.batchmeta", ARG, BOOL, "enable_batch_meta"},
    {"msg.consume.excluded", ARG, BOOL, "msg_consume_excluded"},
    {"session.timeout.ms", ARG, NUMBER, "session_timeout_ms"},
    {"max.poll.interval.ms", ARG, NUMBER, "max_poll_interval_ms"},
    {"timezone", ARG, TEXT, "tz"},
    {"app", ARG, TEXT, "app"},
    {"ip", ARG, TEXT, "ip"},
    {"fetch.max.wait.ms", CONFIG, NUMBER, NULL},
    {"min.poll.rows", CONFIG, NUMBER, NULL},
    {"enable.replay", CONFIG, BOOL, NULL},
    /* such messages cannot be shown as rows (protocol.md 5.2) */
    {"msg.consume.rawdata", REFUSED, TEXT, NULL},
};

static bool same_key(struct td_str key, const char *name)
{
    if (key.n != strlen(name)) return false;
    for (size_t i = 0; i < key.n; i++) {
        const char c = td_lower(key.p[i]);
        if ((c == '_' ? '.' : c) != name[i]) return false;
    }
    return true;
}

static const struct known *find(struct td_str key)
{
    for (size_t i = 0; i < sizeof g_known / sizeof *g_known; i++) {
        if (same_key(key, g_known[i].key)) return &g_known[i];
    }
    return NULL;
}

static enum td_rc bad_value(struct td_err *err, const struct known *k, const char *want)
{
    return td_err_set(err, TD_ST_HY024, 0, "option %s: the value must be %s", k->key, want);
}

static bool is_bool(struct td_str v, bool *out)
{
    *out = td_str_ieqz(v, "true") || td_str_ieqz(v, "1");
    return *out || td_str_ieqz(v, "false") || td_str_ieqz(v, "0");
}

static enum td_rc check_form(const struct known *k, struct td_str v, struct td_err *err)
{
    int64_t n;
    bool b;

    switch (k->form) {
    case NUMBER:
        return td_str_i64(v, &n) && n >= 0 && n <= INT32_MAX ? TD_OK
                                                             : bad_value(err, k, "a number");
    case BOOL:
        return is_bool(v, &b) ? TD_OK : bad_value(err, k, "true or false");
    case RESET:
        return td_str_eq(v, TD_STR("earliest")) || td_str_eq(v, TD_STR("latest")) ||
                       td_str_eq(v, TD_STR("none"))
                   ? TD_OK
                   : bad_value(err, k, "earliest, latest or none");
    case TEXT:
    default:
        return TD_OK;
    }
}

static enum td_rc add_pair(struct td_tmq_pair *v, uint32_t *n, uint32_t max, struct td_str key,
                           struct td_str value, struct td_err *err)
{
    if (*n == max) return td_err_set(err, TD_ST_HY024, 0, "too many options");
    v[(*n)++] = (struct td_tmq_pair){key, value};
    return TD_OK;
}

static enum td_rc set_scheme(struct td_tmq_opts *o, const struct known *k, struct td_str v,
                             struct td_err *err)
{
    if (!td_str_ieqz(v, "ws") && !td_str_ieqz(v, "wss")) return bad_value(err, k, "ws or wss");
    o->tls = v.n == 3;
    return TD_OK;
}

static enum td_rc set_known(struct td_tmq_opts *o, const struct known *k, struct td_str v,
                            struct td_err *err)
{
    const char *wire = k->wire ? k->wire : k->key;
    int64_t n = 0;

    if (check_form(k, v, err) != TD_OK) return TD_FAIL;
    if (k->form == NUMBER) (void)td_str_i64(v, &n);
    switch (k->role) {
    case GROUP:
        o->group = v;
        return TD_OK;
    case HOST:
        o->host = v;
        return TD_OK;
    case PORT:
        if (n < 1 || n > UINT16_MAX) return bad_value(err, k, "a port");
        o->port = (uint16_t)n;
        return TD_OK;
    case SCHEME:
        return set_scheme(o, k, v, err);
    case USER:
        o->user = v;
        return TD_OK;
    case PASSWORD:
        o->password = v;
        return TD_OK;
    case TOKEN:
        o->token = v;
        return TD_OK;
    case AUTO:
        return is_bool(v, &o->auto_commit) ? TD_OK : TD_FAIL;
    case INTERVAL:
        if (n == 0) return bad_value(err, k, "above 0");
        o->interval_ms = n;
        return TD_OK;
    case ARG:
        return add_pair(o->args, &o->nargs, TD_TMQ_ARGS, td_str_of(wire), v, err);
    case CONFIG:
        return add_pair(o->config, &o->nconfig, TD_TMQ_CONFIG, td_str_of(wire), v, err);
    case REFUSED:
    default:
        return td_err_set(err, TD_ST_HYC00, 0, "option %s is not offered", k->key);
    }
}

static enum td_rc set_one(struct td_tmq_opts *o, struct td_str key, struct td_str v,
                          struct td_err *err)
{
    const struct known *k = find(key);

    if (k) return set_known(o, k, v, err);
    if (td_str_istarts(key, "config.") && key.n > 7)
        return add_pair(o->config, &o->nconfig, TD_TMQ_CONFIG,
                        (struct td_str){key.p + 7, key.n - 7}, v, err);
    return td_err_set(err, TD_ST_HY024, 0, "unknown option '%.*s' of a subscription",
                      (int)(key.n < 100 ? key.n : 100), key.p);
}

/* Takes a value off *rest, up to the next `;`, and terminates it. Braces are taken off in place:
   *rest is the arena's own copy. */
static bool take_value(char **rest, struct td_str *v)
{
    char *p = *rest, *out, *end;

    while (td_isspace(*p))
        p++;
    if (*p != '{') {
        end = strchr(p, ';');
        if (!end) end = p + strlen(p);
        *rest = end + (*end == ';');
        while (end > p && td_isspace(end[-1]))
            end--;
        *end = 0;
        *v = (struct td_str){p, (size_t)(end - p)};
        return true;
    }
    v->p = out = ++p;
    while (*p && (*p != '}' || p[1] == '}')) {
        if (*p == '}') p++;
        *out++ = *p++;
    }
    if (*p++ != '}') return false;
    v->n = (size_t)(out - v->p);
    *out = 0;
    while (td_isspace(*p))
        p++;
    if (*p && *p != ';') return false;
    *rest = p + (*p == ';');
    return true;
}

static enum td_rc parse(char *text, struct td_tmq_opts *o, struct td_err *err)
{
    while (*text) {
        char *eq = strpbrk(text, "=;");
        const struct td_str key =
            td_str_trim((struct td_str){text, eq ? (size_t)(eq - text) : strlen(text)});
        struct td_str v;
        if (key.n == 0 && (!eq || *eq == ';')) {
            if (!eq) break;
            text = eq + 1;
            continue;
        }
        if (!eq || *eq == ';')
            return td_err_set(err, TD_ST_HY024, 0, "option '%.*s' has no value: key=value;…",
                              (int)(key.n < 100 ? key.n : 100), key.p);
        text = eq + 1;
        if (!take_value(&text, &v))
            return td_err_set(err, TD_ST_HY024, 0, "option '%.*s': an open brace",
                              (int)(key.n < 100 ? key.n : 100), key.p);
        if (set_one(o, key, v, err) != TD_OK) return TD_FAIL;
    }
    return TD_OK;
}

enum td_rc td_tmq_opts_parse(struct td_str text, struct td_tmq_opts *o, struct td_err *err)
{
    char *copy;

    memset(o, 0, sizeof *o);
    o->tls = -1;
    o->auto_commit = true;
    o->interval_ms = 5000;
    copy = td_arena_strndup(&o->arena, text.n ? text.p : "", text.n);
    if (copy && parse(copy, o, err) == TD_OK) return TD_OK;
    if (!copy) td_err_nomem(err);
    td_tmq_opts_free(o);
    return TD_FAIL;
}

void td_tmq_opts_free(struct td_tmq_opts *o)
{
    td_arena_free(&o->arena);
}

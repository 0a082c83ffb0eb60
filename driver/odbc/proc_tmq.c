/*
 * td_tmq_…: subscriptions (client/tmq.h) as procedures. The consumer is the connection's.
 */
#include "odbc/proccall.h"
#include "odbc/tmqrows.h"
#include "wire/build.h"

enum { DEFAULT_TIMEOUT_MS = 1000, MAX_TOPICS = 64 };

/* The connection's consumer, made if `make`. NULL: reported. */
static struct td_tmq *consumer(struct td_proccall *c, bool make, struct td_err *err)
{
    struct td_dbc *d = c->s->dbc;
    struct td_tmq *q = __atomic_load_n(&d->tmq, __ATOMIC_ACQUIRE), *none = NULL;

    td_stmt_request(c->s, &c->rq);
    c->s->last_req_id = c->rq.req_id;
    if (q) return q;
    if (!make) {
        td_err_set(err, TD_ST_HY010, 0,
                   "the connection has no subscription: call td_tmq_subscribe first");
        return NULL;
    }
    q = td_tmq_new(d->session);
    if (!q) {
        td_err_nomem(err);
        return NULL;
    }
    /* two statements of the connection may subscribe at once */
    if (!__atomic_compare_exchange_n(&d->tmq, &none, q, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        td_tmq_free(q);
        q = none;
    }
    return q;
}

static enum td_rc no_rows(struct td_result **res, struct td_err *err)
{
    *res = td_update_result(0, err);
    return *res ? TD_OK : TD_FAIL;
}

static enum td_rc finish(struct td_proccall *c, struct td_build *b, struct td_result **res,
                         struct td_err *err)
{
    *res = td_call_result(c, b, err);
    return *res ? TD_OK : TD_FAIL;
}

/* ---- subscribe ---- */

/* Cuts at commas; topic names are words. */
static uint32_t split_topics(struct td_str list, struct td_str out[MAX_TOPICS + 1])
{
    uint32_t n = 0;

    while (list.n && n <= MAX_TOPICS) {
        const char *comma = memchr(list.p, ',', list.n);
        const size_t len = comma ? (size_t)(comma - list.p) : list.n;
        const struct td_str one = td_str_trim((struct td_str){list.p, len});
        if (one.n) out[n++] = one;
        list = comma ? (struct td_str){comma + 1, list.n - len - 1} : TD_STR("");
    }
    return n;
}

static enum td_rc choose_group(const struct td_proccall *c, struct td_tmq_opts *o,
                               struct td_err *err)
{
    struct td_str group;

    if (td_call_text(c, 0, &group) && group.n) {
        if (o->group.n && !td_str_eq(o->group, group))
            return td_call_wrong(c->proc, TD_ST_HY024, err,
                                 "the argument and the option group.id differ");
        o->group = group;
    }
    return o->group.n ? TD_OK : td_call_wrong(c->proc, TD_ST_HY024, err, "no group was given");
}

static enum td_rc run_subscribe(struct td_proccall *c, struct td_result **res, int64_t *ret,
                                struct td_err *err)
{
    struct td_str topics[MAX_TOPICS + 1], list = TD_STR(""), text = TD_STR("");
    struct td_tmq_opts o;
    struct td_tmq *q;
    uint32_t n;
    enum td_rc rc;

    (void)ret;
    (void)td_call_text(c, 1, &list);
    (void)td_call_text(c, 2, &text);
    n = split_topics(list, topics);
    if (n == 0 || n > MAX_TOPICS)
        return td_call_wrong(c->proc, TD_ST_HY024, err, "topics are 1 to %d names", MAX_TOPICS);
    if (td_tmq_opts_parse(text, &o, err) != TD_OK) return TD_FAIL;
    rc = choose_group(c, &o, err);
    if (rc == TD_OK) {
        q = consumer(c, true, err);
        rc = q ? td_tmq_subscribe(q, &o, topics, n, &c->rq, err) : TD_FAIL;
    }
    td_tmq_opts_free(&o);
    return rc == TD_OK ? no_rows(res, err) : TD_FAIL;
}

const struct td_proc td_proc_tmq_subscribe = {
    "td_tmq_subscribe",
    "Makes the connection a consumer of a group and subscribes it to topics",
    {{"group", TD_PROC_TEXT, true, false, "NULL", "Group of consumers; NULL = the option group.id"},
     {"topics", TD_PROC_TEXT, true, false, NULL, "Names of topics, separated by commas"},
     {"options", TD_PROC_TEXT, false, false, "NULL", "key=value;key=value"}},
    {{NULL, 0, 0}},
    run_subscribe};

/* ---- poll ---- */

static enum td_rc run_poll(struct td_proccall *c, struct td_result **res, int64_t *ret,
                           struct td_err *err)
{
    int64_t timeout = DEFAULT_TIMEOUT_MS;
    struct td_tmq_message m;
    struct td_tmq *q;
    bool have;
    enum td_rc rc;

    (void)td_call_int(c, 0, &timeout);
    if (timeout < 0 || timeout > INT32_MAX)
        return td_call_wrong(c->proc, TD_ST_HY024, err, "timeout_ms is 0 or more");
    q = consumer(c, false, err);
    if (!q || td_tmq_poll(q, timeout, &c->rq, &m, &have, err) != TD_OK) return TD_FAIL;
    c->s->last_timing_ns = c->rq.timing_ns;
    *ret = have;
    rc = td_tmq_rows(c, have ? &m : NULL, res, err);
    if (have) td_tmq_message_free(&m);
    return rc;
}

/* The columns of a poll are the message's: these are the first. */
const struct td_proc td_proc_tmq_poll = {
    "td_tmq_poll",
    "Waits for a message of the subscription: its rows, or none. Data columns follow the five",
    {{"timeout_ms", TD_PROC_INT, false, false, "1000", "How long to wait for a message"}},
    {{"tmq_database", TD_T_VARCHAR, 64},
     {"tmq_topic", TD_T_VARCHAR, 192},
     {"tmq_vgroup", TD_T_INT, 4},
     {"tmq_offset", TD_T_BIGINT, 8},
     {"tmq_table", TD_T_VARCHAR, 192},
     {NULL, 0, 0}},
    run_poll};

/* ---- commit, seek ---- */

static enum td_rc run_commit(struct td_proccall *c, struct td_result **res, int64_t *ret,
                             struct td_err *err)
{
    struct td_tmq *q = consumer(c, false, err);

    (void)ret;
    return q && td_tmq_commit(q, &c->rq, err) == TD_OK ? no_rows(res, err) : TD_FAIL;
}

const struct td_proc td_proc_tmq_commit = {"td_tmq_commit",
                                           "Commits what was delivered by td_tmq_poll",
                                           {{NULL, TD_PROC_INT, false, false, NULL, NULL}},
                                           {{NULL, 0, 0}},
                                           run_commit};

static enum td_rc read_vgroup(const struct td_proccall *c, uint32_t arg, int32_t *vgroup,
                              struct td_err *err)
{
    int64_t v = 0;

    (void)td_call_int(c, arg, &v);
    *vgroup = (int32_t)v;
    return v >= INT32_MIN && v <= INT32_MAX
               ? TD_OK
               : td_call_wrong(c->proc, TD_ST_HY024, err, "no vgroup has such a number");
}

static enum td_rc at_offset(struct td_proccall *c, const char *action, struct td_result **res,
                            struct td_err *err)
{
    struct td_str topic = TD_STR("");
    int64_t offset = 0;
    int32_t vgroup;
    struct td_tmq *q;

    (void)td_call_text(c, 0, &topic);
    (void)td_call_int(c, 2, &offset);
    if (read_vgroup(c, 1, &vgroup, err) != TD_OK) return TD_FAIL;
    if (offset < 0) return td_call_wrong(c->proc, TD_ST_HY024, err, "an offset is 0 or more");
    q = consumer(c, false, err);
    if (!q || td_tmq_offset(q, action, topic, vgroup, offset, &c->rq, err) != TD_OK) return TD_FAIL;
    return no_rows(res, err);
}

static enum td_rc run_commit_offset(struct td_proccall *c, struct td_result **res, int64_t *ret,
                                    struct td_err *err)
{
    (void)ret;
    return at_offset(c, "commit_offset", res, err);
}

static enum td_rc run_seek(struct td_proccall *c, struct td_result **res, int64_t *ret,
                           struct td_err *err)
{
    (void)ret;
    return at_offset(c, "seek", res, err);
}

#define AT_OFFSET                                                                                  \
    {                                                                                              \
        {"topic", TD_PROC_TEXT, true, false, NULL, "Name of the topic"},                           \
            {"vgroup", TD_PROC_INT, true, false, NULL, "Number of the vgroup"},                    \
            {"offset", TD_PROC_INT, true, false, NULL, "Position in the vgroup"},                  \
    }

const struct td_proc td_proc_tmq_commit_offset = {
    "td_tmq_commit_offset", "Commits a position", AT_OFFSET, {{NULL, 0, 0}}, run_commit_offset};
const struct td_proc td_proc_tmq_seek = {
    "td_tmq_seek", "Goes on from a position", AT_OFFSET, {{NULL, 0, 0}}, run_seek};

/* ---- questions ---- */

static enum td_rc put_position(struct td_build *b, struct td_tmq *q, const char *action,
                               struct td_str topic, int32_t vgroup, struct td_request *rq,
                               struct td_err *err)
{
    int64_t offset;

    if (td_tmq_ask(q, action, topic, vgroup, &offset, rq, err) != TD_OK) return TD_FAIL;
    td_build_utf8(b, 0, topic);
    td_build_int(b, 1, vgroup);
    if (offset == TD_TMQ_NO_OFFSET)
        td_build_null(b, 2);
    else
        td_build_int(b, 2, offset);
    td_build_end_row(b);
    return TD_OK;
}

/* Of one vgroup, or of all that are assigned. */
static enum td_rc positions(struct td_proccall *c, const char *action, struct td_result **res,
                            struct td_err *err)
{
    struct td_str topic = TD_STR("");
    struct td_tmq_assigned *v = NULL;
    uint32_t n = 0;
    int64_t given;
    int32_t vgroup;
    struct td_tmq *q = consumer(c, false, err);
    struct td_build *b;
    enum td_rc rc = TD_OK;

    if (!q || read_vgroup(c, 1, &vgroup, err) != TD_OK) return TD_FAIL;
    (void)td_call_text(c, 0, &topic);
    b = td_call_rows(c);
    if (!b) return td_err_nomem(err);
    if (td_call_int(c, 1, &given))
        rc = put_position(b, q, action, topic, vgroup, &c->rq, err);
    else
        rc = td_tmq_assignment(q, topic, &c->arena, &v, &n, &c->rq, err);
    for (uint32_t i = 0; i < n && rc == TD_OK; i++)
        rc = put_position(b, q, action, topic, v[i].vgroup, &c->rq, err);
    if (rc == TD_OK) return finish(c, b, res, err);
    td_build_free(b);
    return TD_FAIL;
}

static enum td_rc run_committed(struct td_proccall *c, struct td_result **res, int64_t *ret,
                                struct td_err *err)
{
    (void)ret;
    return positions(c, "committed", res, err);
}

static enum td_rc run_position(struct td_proccall *c, struct td_result **res, int64_t *ret,
                               struct td_err *err)
{
    (void)ret;
    return positions(c, "position", res, err);
}

#define ONE_TOPIC                                                                                  \
    {                                                                                              \
        {"topic", TD_PROC_TEXT, true, false, NULL, "Name of the topic"},                           \
        {                                                                                          \
            "vgroup", TD_PROC_INT, false, false, "NULL", "Number of the vgroup, NULL = all"        \
        }                                                                                          \
    }
#define POSITION                                                                                   \
    {                                                                                              \
        {"tmq_topic", TD_T_VARCHAR, 192}, {"tmq_vgroup", TD_T_INT, 4},                             \
            {"tmq_offset", TD_T_BIGINT, 8},                                                        \
        {                                                                                          \
            NULL, 0, 0                                                                             \
        }                                                                                          \
    }

const struct td_proc td_proc_tmq_committed = {"td_tmq_committed",
                                              "Committed positions; NULL where there is none",
                                              ONE_TOPIC, POSITION, run_committed};
const struct td_proc td_proc_tmq_position = {"td_tmq_position",
                                             "Positions that the next poll goes on from", ONE_TOPIC,
                                             POSITION, run_position};

static enum td_rc run_assignment(struct td_proccall *c, struct td_result **res, int64_t *ret,
                                 struct td_err *err)
{
    struct td_str topic = TD_STR("");
    struct td_tmq_assigned *v;
    uint32_t n;
    struct td_tmq *q = consumer(c, false, err);
    struct td_build *b;

    (void)ret;
    (void)td_call_text(c, 0, &topic);
    if (!q || td_tmq_assignment(q, topic, &c->arena, &v, &n, &c->rq, err) != TD_OK) return TD_FAIL;
    b = td_call_rows(c);
    for (uint32_t i = 0; b && i < n; i++) {
        td_build_utf8(b, 0, topic);
        td_build_int(b, 1, v[i].vgroup);
        td_build_int(b, 2, v[i].offset);
        td_build_int(b, 3, v[i].begin);
        td_build_int(b, 4, v[i].end);
        td_build_end_row(b);
    }
    return finish(c, b, res, err);
}

const struct td_proc td_proc_tmq_assignment = {
    "td_tmq_assignment",
    "Vgroups of a topic that this consumer reads, with their positions",
    {{"topic", TD_PROC_TEXT, true, false, NULL, "Name of the topic"}},
    {{"tmq_topic", TD_T_VARCHAR, 192},
     {"tmq_vgroup", TD_T_INT, 4},
     {"tmq_offset", TD_T_BIGINT, 8},
     {"tmq_begin", TD_T_BIGINT, 8},
     {"tmq_end", TD_T_BIGINT, 8},
     {NULL, 0, 0}},
    run_assignment};

static enum td_rc run_topics(struct td_proccall *c, struct td_result **res, int64_t *ret,
                             struct td_err *err)
{
    struct td_str *topics;
    uint32_t n;
    struct td_tmq *q = consumer(c, false, err);
    struct td_build *b;

    (void)ret;
    if (!q || td_tmq_topics(q, &c->arena, &topics, &n, &c->rq, err) != TD_OK) return TD_FAIL;
    b = td_call_rows(c);
    for (uint32_t i = 0; b && i < n; i++) {
        td_build_utf8(b, 0, topics[i]);
        td_build_end_row(b);
    }
    return finish(c, b, res, err);
}

const struct td_proc td_proc_tmq_topics = {"td_tmq_topics",
                                           "Topics that the connection is subscribed to",
                                           {{NULL, TD_PROC_INT, false, false, NULL, NULL}},
                                           {{"tmq_topic", TD_T_VARCHAR, 192}, {NULL, 0, 0}},
                                           run_topics};

/* ---- the end ---- */

static enum td_rc run_unsubscribe(struct td_proccall *c, struct td_result **res, int64_t *ret,
                                  struct td_err *err)
{
    struct td_tmq *q = consumer(c, false, err);

    (void)ret;
    return q && td_tmq_unsubscribe(q, &c->rq, err) == TD_OK ? no_rows(res, err) : TD_FAIL;
}

const struct td_proc td_proc_tmq_unsubscribe = {
    "td_tmq_unsubscribe",
    "Commits if auto-commit is on, leaves the group, and ends the subscription",
    {{NULL, TD_PROC_INT, false, false, NULL, NULL}},
    {{NULL, 0, 0}},
    run_unsubscribe};

static enum td_rc run_close(struct td_proccall *c, struct td_result **res, int64_t *ret,
                            struct td_err *err)
{
    struct td_tmq *q = __atomic_load_n(&c->s->dbc->tmq, __ATOMIC_ACQUIRE);

    (void)ret;
    if (q) td_tmq_shut(q);
    return no_rows(res, err);
}

const struct td_proc td_proc_tmq_close = {
    "td_tmq_close",
    "Ends the subscription without waiting for the server; without one it does nothing",
    {{NULL, TD_PROC_INT, false, false, NULL, NULL}},
    {{NULL, 0, 0}},
    run_close};

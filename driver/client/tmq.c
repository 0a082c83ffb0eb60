#include "client/tmq.h"

#include "base/log.h"
#include "client/netcfg.h"
#include "client/tmqtimer.h"

enum {
    SLICE_MS = 1000, /* one question to the server: bounds what an interrupted poll leaves behind */
    LAST_COMMIT_MS = 2000
};

struct td_tmq {
    struct td_session *s;
    struct td_mutex lock; /* over a whole call */

    struct td_mutex t_lock;
    struct td_transport *t; /* changes under both locks; read under either */

    /* of the consumer; `lock` */
    bool auto_commit;
    int64_t interval_ms, due; /* when it is to be committed */
    bool dirty;               /* something was delivered and not committed */
    uint64_t last;            /* message delivered last */
    uint64_t asked;           /* request of the poll that waits for its answer, 0 = none */
    bool undelivered;         /* the server counts a message as given that td_tmq_poll has not */
    struct td_tmqtimer *timer;
};

/* ---- a round trip ---- */

static void drop_late(void *ctx, struct td_msg *m)
{
    (void)ctx;
    (void)m;
}

static enum td_rc call(struct td_tmq *q, uint64_t id, const struct td_buf *b,
                       const struct td_request *rq, struct td_msg *reply, struct td_err *err)
{
    struct td_err mine;

    if (!td_buf_ok(b)) return td_err_nomem(err);
    if (td_submit(q->t, id, b->p, b->n, true, true, err) != TD_OK) return TD_FAIL;
    if (td_wait(q->t, id, rq->deadline, rq->cancel, rq->seen, reply, &mine) == TD_OK) return TD_OK;
    if (mine.state == TD_ST_HYT00 || mine.state == TD_ST_HY008)
        td_abandon(q->t, id, drop_late, NULL);
    if (err) *err = mine;
    return TD_FAIL;
}

static enum td_rc call_plain(struct td_tmq *q, uint64_t id, struct td_buf *b,
                             const struct td_request *rq, struct td_err *err)
{
    struct td_msg m = {NULL, 0, false};
    enum td_rc rc = call(q, id, b, rq, &m, err);

    if (rc == TD_OK) rc = td_msg_read_plain(td_view_of(&m), false, err);
    td_msg_free(&m);
    td_buf_free(b);
    return rc;
}

static uint64_t next_id(struct td_tmq *q, struct td_request *rq)
{
    const uint64_t id = rq->req_id ? rq->req_id : td_session_next_id(q->s);

    rq->req_id = 0; /* of the first message of a call only: ids are unique */
    return id;
}

static enum td_rc subscribed(const struct td_tmq *q, struct td_err *err)
{
    return q->t ? TD_OK
                : td_err_set(err, TD_ST_HY010, 0,
                             "the connection has no subscription: call td_tmq_subscribe first");
}

/* ---- coming and going ---- */

static void set_transport(struct td_tmq *q, struct td_transport *t)
{
    struct td_transport *old;

    td_lock(&q->t_lock);
    old = q->t;
    q->t = t;
    td_unlock(&q->t_lock);
    if (old) td_transport_close(old);
}

static enum td_rc commit_now(struct td_tmq *q, struct td_request *rq, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    const uint64_t id = next_id(q, rq);
    enum td_rc rc;

    td_tmqmsg_of_message(&b, id, "commit", q->last);
    rc = call_plain(q, id, &b, rq, err);
    if (rc == TD_OK) q->dirty = false;
    return rc;
}

/* What auto-commit has to do now. Its failure is not the caller's: what was not committed comes
   again, and a lost connection shows in the next call. */
static void auto_commit(struct td_tmq *q, bool now, int64_t limit_ms)
{
    struct td_request rq = {.deadline = td_deadline(limit_ms)};
    struct td_err err;

    if (!q->t || !q->auto_commit || !q->dirty || q->asked || q->undelivered) return;
    if (!now && td_now_ms() < q->due) return;
    if (commit_now(q, &rq, &err) != TD_OK)
        td_log(TD_LOG_WARN, "client", "auto-commit of a subscription: %s", err.msg);
    q->due = td_now_ms() + q->interval_ms;
}

/* `lock` held. */
static void end_consumer(struct td_tmq *q)
{
    set_transport(q, NULL);
    q->dirty = q->undelivered = false;
    q->last = q->asked = 0;
}

/* The timer's tick: commits when nobody is in a call; a poll does it itself. Returns when it is to
   come again. */
static int64_t tick(void *arg)
{
    struct td_tmq *q = arg;
    int64_t again;

    if (!td_trylock(&q->lock)) return td_now_ms() + SLICE_MS;
    auto_commit(q, false, LAST_COMMIT_MS);
    again = !q->t || !q->auto_commit           ? TD_NEVER
            : q->dirty && q->due > td_now_ms() ? q->due
                                               : td_now_ms() + q->interval_ms;
    td_unlock(&q->lock);
    return again;
}

struct td_tmq *td_tmq_new(struct td_session *s)
{
    struct td_tmq *q = td_calloc(1, sizeof *q);

    if (!q) return NULL;
    q->s = s;
    td_mutex_init(&q->lock);
    td_mutex_init(&q->t_lock);
    return q;
}

void td_tmq_free(struct td_tmq *q)
{
    if (!q) return;
    /* In a forked child the locks and the thread are the parent's. */
    if (q->s->fork_gen != td_fork_generation()) {
        if (q->t) td_transport_close(q->t);
        td_free(q);
        return;
    }
    td_tmq_shut(q);
    td_mutex_free(&q->lock);
    td_mutex_free(&q->t_lock);
    td_free(q);
}

void td_tmq_wake(struct td_tmq *q, struct td_cancel *cancel)
{
    td_lock(&q->t_lock);
    if (q->t) td_cancel_wake(q->t, cancel);
    td_unlock(&q->t_lock);
}

void td_tmq_shut(struct td_tmq *q)
{
    struct td_tmqtimer *timer;

    td_lock(&q->lock);
    if (q->t && td_alive(q->t)) auto_commit(q, true, LAST_COMMIT_MS);
    end_consumer(q);
    timer = q->timer;
    q->timer = NULL;
    td_unlock(&q->lock);
    td_tmqtimer_stop(timer); /* its tick takes the lock */
}

/* ---- subscribe ---- */

static bool reply_id(const uint8_t *msg, size_t n, bool text, uint64_t *id)
{
    return td_msg_reply_id((struct td_msg_view){msg, n, text}, id);
}

/* Opens /rest/tmq at one of the addresses. */
static struct td_transport *connect_to(struct td_tmq *q, const struct td_tmq_opts *o,
                                       int64_t deadline, struct td_err *err)
{
    const struct td_url_target *target = &q->s->target;
    struct td_host_port given = {(char *)(uintptr_t)o->host.p, o->port, false};
    struct td_buf path = TD_BUF_INIT(1 << 16);
    struct td_transport *t = NULL;
    const size_t n = o->host.p ? 1 : target->endpoints.n;

    if (!td_url_path(target, "/rest/tmq", &path) || !td_buf_putc(&path, 0)) {
        td_buf_free(&path);
        td_err_nomem(err);
        return NULL;
    }
    if (!given.port) given.port = target->endpoints.v[0].port;
    for (size_t i = 0; i < n && !t; i++) {
        struct td_host_port hp = o->host.p ? given : target->endpoints.v[i];
        struct td_net_cfg cfg;
        bool retry;
        if (o->port) hp.port = o->port;
        td_net_cfg_of(q->s, &hp, (const char *)path.p, &cfg);
        cfg.reply_id = reply_id;
        if (o->tls >= 0) cfg.tls = o->tls;
        t = td_ws_open(&cfg, deadline, &retry, err);
    }
    td_wipe(path.p, path.n);
    td_buf_free(&path);
    return t;
}

static void add(struct td_tmq_pair *v, uint32_t *n, const char *key, struct td_str value)
{
    if (value.n) v[(*n)++] = (struct td_tmq_pair){td_str_of(key), value};
}

static bool given(const struct td_tmq_opts *o, const char *key)
{
    for (uint32_t i = 0; i < o->nargs; i++) {
        if (td_str_eq(o->args[i].key, td_str_of(key))) return true;
    }
    return false;
}

static enum td_rc send_subscribe(struct td_tmq *q, const struct td_tmq_opts *o,
                                 const struct td_str *topics, uint32_t ntopics,
                                 struct td_request *rq, struct td_err *err)
{
    const struct td_url_target *target = &q->s->target;
    struct td_tmq_pair args[TD_TMQ_ARGS + 10], config[TD_TMQ_CONFIG + 1];
    struct td_tmq_subscribe s = {topics, ntopics, args, 0, config, 0};
    const struct td_str token = o->token.p ? o->token : td_str_of(target->bearer_token);
    struct td_buf b = TD_BUF_INIT(1 << 20);
    const uint64_t id = next_id(q, rq);
    enum td_rc rc;
    struct td_msg m = {NULL, 0, false};

    add(args, &s.nargs, "user", o->user.p ? o->user : td_str_of(target->user));
    add(args, &s.nargs, "password", o->password.p ? o->password : td_str_of(target->password));
    add(args, &s.nargs, "group_id", o->group);
    /* Committing is the driver's business (protocol.md 5.4: a server would do it in polls only). */
    add(args, &s.nargs, "auto_commit", TD_STR("false"));
    if (!given(o, "tz")) add(args, &s.nargs, "tz", td_str_of(q->s->tz));
    if (!given(o, "app")) add(args, &s.nargs, "app", td_str_of(q->s->app));
    for (uint32_t i = 0; i < o->nargs; i++)
        args[s.nargs++] = o->args[i];
    add(config, &s.nconfig, "td.connect.token", token);
    for (uint32_t i = 0; i < o->nconfig; i++)
        config[s.nconfig++] = o->config[i];
    td_tmqmsg_subscribe(&b, id, &s);
    rc = call(q, id, &b, rq, &m, err);
    if (rc == TD_OK) rc = td_msg_read_plain(td_view_of(&m), false, err);
    if (b.p) td_wipe(b.p, b.n);
    td_buf_free(&b);
    td_msg_free(&m);
    return rc;
}

static enum td_rc subscribe(struct td_tmq *q, const struct td_tmq_opts *o,
                            const struct td_str *topics, uint32_t ntopics, struct td_request *rq,
                            struct td_err *err)
{
    const int64_t login = 1000 * td_opts_int(&q->s->target.opts, TD_OPT_LOGIN_TIMEOUT);
    struct td_transport *t;

    if (q->t && td_alive(q->t))
        return td_err_set(err, TD_ST_HY010, 0,
                          "the connection has a subscription already: call td_tmq_unsubscribe or "
                          "td_tmq_close first");
    end_consumer(q);
    t = connect_to(q, o, td_min_deadline(td_deadline(login), rq->deadline), err);
    if (!t) return TD_FAIL;
    set_transport(q, t);
    if (send_subscribe(q, o, topics, ntopics, rq, err) != TD_OK) {
        end_consumer(q);
        return TD_FAIL;
    }
    q->auto_commit = o->auto_commit;
    q->interval_ms = o->interval_ms;
    q->due = td_now_ms() + q->interval_ms;
    /* Without the thread polls still commit. */
    if (q->auto_commit && !q->timer) q->timer = td_tmqtimer_start(tick, q);
    if (q->timer) td_tmqtimer_set(q->timer, q->due);
    return TD_OK;
}

enum td_rc td_tmq_subscribe(struct td_tmq *q, const struct td_tmq_opts *o,
                            const struct td_str *topics, uint32_t ntopics, struct td_request *rq,
                            struct td_err *err)
{
    enum td_rc rc;

    td_lock(&q->lock);
    rc = subscribe(q, o, topics, ntopics, rq, err);
    td_unlock(&q->lock);
    return rc;
}

/* ---- poll ---- */

void td_tmq_message_free(struct td_tmq_message *m)
{
    td_msg_free(&m->raw);
    td_arena_free(&m->arena);
    memset(m, 0, sizeof *m);
}

/* Asks for a message unless the question of an interrupted poll is still open, and takes the answer.
   After HYT00 and HY008 the question stays open. */
static enum td_rc ask(struct td_tmq *q, int64_t blocking_ms, struct td_request *rq,
                      struct td_tmq_message *m, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    struct td_msg reply = {NULL, 0, false};
    struct td_err mine;
    enum td_rc rc;

    if (!q->asked) {
        const uint64_t id = next_id(q, rq);
        rc = td_tmqmsg_poll(&b, id, blocking_ms, q->last)
                 ? td_submit(q->t, id, b.p, b.n, true, true, err)
                 : td_err_nomem(err);
        td_buf_free(&b);
        if (rc != TD_OK) return TD_FAIL;
        q->asked = id;
    }
    if (td_wait(q->t, q->asked, rq->deadline, rq->cancel, rq->seen, &reply, &mine) != TD_OK) {
        if (mine.state != TD_ST_HYT00 && mine.state != TD_ST_HY008) q->asked = 0;
        if (err) *err = mine;
        return TD_FAIL;
    }
    q->asked = 0;
    rc = td_tmqmsg_read_poll(td_view_of(&reply), &m->arena, &m->head, err);
    td_msg_free(&reply);
    return rc;
}

static enum td_rc fetch_meta(struct td_tmq *q, struct td_request *rq, struct td_tmq_message *m,
                             struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    struct td_msg reply = {NULL, 0, false};
    const uint64_t id = next_id(q, rq);
    enum td_rc rc;

    td_tmqmsg_of_message(&b, id, "fetch_json_meta", m->head.message_id);
    rc = call(q, id, &b, rq, &reply, err);
    if (rc == TD_OK) rc = td_tmqmsg_read_meta(td_view_of(&reply), &m->arena, &m->meta, err);
    td_msg_free(&reply);
    td_buf_free(&b);
    return rc;
}

static enum td_rc fetch_data(struct td_tmq *q, struct td_request *rq, struct td_tmq_message *m,
                             struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    const uint64_t id = next_id(q, rq);
    enum td_rc rc;

    td_tmqmsg_of_message(&b, id, "fetch_raw_data", m->head.message_id);
    rc = call(q, id, &b, rq, &m->raw, err);
    if (rc == TD_OK) rc = td_tmqdata_open(td_view_of(&m->raw), &m->data, err);
    td_buf_free(&b);
    m->has_data = rc == TD_OK;
    if (rc == TD_OK) rq->timing_ns = m->data.timing_ns;
    return rc;
}

/* The content of the message that the server has handed out. Only with all of it in hand does it
   count as delivered; before, the server gives it again (protocol.md 5.3, message_id). */
static enum td_rc deliver(struct td_tmq *q, struct td_request *rq, struct td_tmq_message *m,
                          struct td_err *err)
{
    q->undelivered = true;
    if (m->head.kind != TD_TMQ_DATA && fetch_meta(q, rq, m, err) != TD_OK) return TD_FAIL;
    if (m->head.kind != TD_TMQ_META && fetch_data(q, rq, m, err) != TD_OK) return TD_FAIL;
    q->undelivered = false;
    q->last = m->head.message_id;
    q->dirty = true;
    return TD_OK;
}

static enum td_rc poll(struct td_tmq *q, int64_t timeout_ms, struct td_request *rq,
                       struct td_tmq_message *m, struct td_err *err)
{
    const int64_t until = td_now_ms() + timeout_ms;
    int64_t left = timeout_ms;

    for (;;) {
        auto_commit(q, false, LAST_COMMIT_MS);
        if (ask(q, left < SLICE_MS ? left : SLICE_MS, rq, m, err) != TD_OK) return TD_FAIL;
        if (m->head.have) return deliver(q, rq, m, err);
        /* Nothing is cached on the server: what was polled is what was delivered. */
        q->undelivered = false;
        left = until - td_now_ms();
        if (left <= 0) return TD_OK;
    }
}

enum td_rc td_tmq_poll(struct td_tmq *q, int64_t timeout_ms, struct td_request *rq,
                       struct td_tmq_message *m, bool *have, struct td_err *err)
{
    enum td_rc rc;

    memset(m, 0, sizeof *m);
    *have = false;
    td_lock(&q->lock);
    rc = subscribed(q, err);
    if (rc == TD_OK) rc = poll(q, timeout_ms, rq, m, err);
    td_unlock(&q->lock);
    *have = rc == TD_OK && m->head.have;
    if (!*have) td_tmq_message_free(m);
    return rc;
}

/* ---- offsets ---- */

/* Takes the answer of an interrupted poll, so that it is known whether the server has handed out a
   message that was not delivered. */
static enum td_rc settle(struct td_tmq *q, struct td_request *rq, struct td_err *err)
{
    struct td_tmq_message m = {.arena = {NULL}};
    enum td_rc rc = TD_OK;

    if (q->asked) {
        rc = ask(q, 0, rq, &m, err);
        if (rc == TD_OK && m.head.have) q->undelivered = true;
        td_tmq_message_free(&m);
    }
    if (rc == TD_OK && q->undelivered)
        rc = td_err_set(err, TD_ST_HY010, 0,
                        "a poll was interrupted and its message not delivered: call td_tmq_poll "
                        "before committing");
    return rc;
}

enum td_rc td_tmq_commit(struct td_tmq *q, struct td_request *rq, struct td_err *err)
{
    enum td_rc rc;

    td_lock(&q->lock);
    rc = subscribed(q, err);
    if (rc == TD_OK) rc = settle(q, rq, err);
    if (rc == TD_OK) rc = commit_now(q, rq, err);
    td_unlock(&q->lock);
    return rc;
}

enum td_rc td_tmq_offset(struct td_tmq *q, const char *action, struct td_str topic, int32_t vgroup,
                         int64_t offset, struct td_request *rq, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(4096);
    enum td_rc rc;

    td_lock(&q->lock);
    rc = subscribed(q, err);
    if (rc == TD_OK) {
        const uint64_t id = next_id(q, rq);
        td_tmqmsg_offset(&b, id, action, topic, vgroup, offset);
        rc = call_plain(q, id, &b, rq, err);
    }
    td_unlock(&q->lock);
    return rc;
}

enum td_rc td_tmq_ask(struct td_tmq *q, const char *action, struct td_str topic, int32_t vgroup,
                      int64_t *offset, struct td_request *rq, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(4096);
    struct td_msg m = {NULL, 0, false};
    enum td_rc rc;

    td_lock(&q->lock);
    rc = subscribed(q, err);
    if (rc == TD_OK) {
        const uint64_t id = next_id(q, rq);
        td_tmqmsg_ask(&b, id, action, topic, vgroup);
        rc = call(q, id, &b, rq, &m, err);
    }
    if (rc == TD_OK) rc = td_tmqmsg_read_offset(td_view_of(&m), action, offset, err);
    td_unlock(&q->lock);
    td_msg_free(&m);
    td_buf_free(&b);
    return rc;
}

enum td_rc td_tmq_assignment(struct td_tmq *q, struct td_str topic, struct td_arena *a,
                             struct td_tmq_assigned **out, uint32_t *n, struct td_request *rq,
                             struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(4096);
    struct td_msg m = {NULL, 0, false};
    enum td_rc rc;

    td_lock(&q->lock);
    rc = subscribed(q, err);
    if (rc == TD_OK) {
        const uint64_t id = next_id(q, rq);
        td_tmqmsg_assignment(&b, id, topic);
        rc = call(q, id, &b, rq, &m, err);
    }
    if (rc == TD_OK) rc = td_tmqmsg_read_assignment(td_view_of(&m), a, out, n, err);
    td_unlock(&q->lock);
    td_msg_free(&m);
    td_buf_free(&b);
    return rc;
}

enum td_rc td_tmq_topics(struct td_tmq *q, struct td_arena *a, struct td_str **out, uint32_t *n,
                         struct td_request *rq, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    struct td_msg m = {NULL, 0, false};
    enum td_rc rc;

    td_lock(&q->lock);
    rc = subscribed(q, err);
    if (rc == TD_OK) {
        const uint64_t id = next_id(q, rq);
        td_tmqmsg_plain(&b, id, "list_topics");
        rc = call(q, id, &b, rq, &m, err);
    }
    if (rc == TD_OK) rc = td_tmqmsg_read_topics(td_view_of(&m), a, out, n, err);
    td_unlock(&q->lock);
    td_msg_free(&m);
    td_buf_free(&b);
    return rc;
}

enum td_rc td_tmq_unsubscribe(struct td_tmq *q, struct td_request *rq, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    enum td_rc rc;

    td_lock(&q->lock);
    rc = subscribed(q, err);
    if (rc == TD_OK) {
        const uint64_t id = next_id(q, rq);
        auto_commit(q, true, LAST_COMMIT_MS);
        td_tmqmsg_plain(&b, id, "unsubscribe");
        rc = call_plain(q, id, &b, rq, err);
    }
    if (rc == TD_OK) end_consumer(q);
    td_unlock(&q->lock);
    return rc;
}

/* tmq.c: the actions of /rest/tmq (protocol.md 5), as golden/tmq records them. */
#include "engine_vgroup.h"
#include "tmq_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRY_AGAIN_MS = 20 };

bool tl_tmq_open(struct tl_conn *c)
{
    if (!c->srv->tmq) c->srv->tmq = calloc(1, sizeof *c->srv->tmq);
    c->consumer = calloc(1, sizeof *c->consumer);
    if (c->consumer) c->consumer->conn = c;
    return c->srv->tmq && c->consumer;
}

void tl_tmq_close(struct tl_conn *c)
{
    if (!c->consumer) return;
    if (c->srv->tmq) tl_tmq_leave(c->consumer);
    tl_tmq_msg_free(c->consumer->msg);
    free(c->consumer);
    c->consumer = NULL;
}

void tl_tmq_forget(struct tl_server *srv)
{
    struct tl_tmq *t = srv->tmq;
    while (t && t->offsets) {
        struct tl_tmq_offset *o = t->offsets;
        t->offsets = o->next;
        free(o);
    }
    free(t);
    srv->tmq = NULL;
}

/* ---- arguments ---- */

static int64_t arg_int(const struct tl_act *a, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(a->rq->args, key);
    return cJSON_IsNumber(v) ? (int64_t)v->valuedouble : 0;
}

static const char *arg_text(const cJSON *args, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(args, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static void no_reply(struct tl_act *a)
{
    tl_msg_put(a->c->srv, a->m);
    a->m = NULL;
}

/* ---- subscribe ---- */

static void act_version(struct tl_act *a)
{
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"version\":\"%s\"}", a->c->srv->opts.version);
}

static bool read_topics(struct tl_act *a, struct tl_error *err)
{
    struct tl_consumer *k = a->c->consumer;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(a->rq->args, "topics"), *t;
    k->ntopics = 0;
    cJSON_ArrayForEach(t, list)
    {
        struct tl_topic found;
        if (!cJSON_IsString(t) || k->ntopics == TL_TMQ_TOPICS ||
            !tl_topic_find(a->c->srv->engine, t->valuestring, &found))
            return tl_fail(err, 0x03E1, "Topic not exist");
        tl_topic_clear(&found);
        snprintf(k->topics[k->ntopics++], sizeof k->topics[0], "%s", t->valuestring);
    }
    return true;
}

static void act_subscribe(struct tl_act *a)
{
    struct tl_consumer *k = a->c->consumer;
    struct tl_error err = {0};
    if (k->subscribed) {
        tl_act_fail(a, 0xFFFF, "tmq should have unsubscribed first");
        return;
    }
    if ((!k->configured && !tl_tmq_config(k, a->rq, &err)) || !read_topics(a, &err)) {
        tl_act_error(a, &err);
        return;
    }
    k->configured = true;
    k->last_commit = tl_now_us();
    tl_tmq_join(k);
    act_version(a);
}

static void act_unsubscribe(struct tl_act *a)
{
    tl_tmq_leave(a->c->consumer);
    tl_act_begin(a);
    tl_act_end(a);
}

static void act_list_topics(struct tl_act *a)
{
    struct tl_consumer *k = a->c->consumer;
    struct tl_buf *b = &a->m->buf;
    tl_act_begin(a);
    tl_json_fmt(b, ",\"topics\":[");
    for (int i = 0; i < k->ntopics; i++) {
        if (i) tl_buf_u8(b, ',');
        tl_json_str(b, k->topics[i], strlen(k->topics[i]));
    }
    tl_json_fmt(b, "]}");
}

/* ---- poll ---- */

static void put_message(struct tl_act *a, const struct tl_tmq_msg *m)
{
    struct tl_buf *b = &a->m->buf;
    const char *topic = m ? m->topic : "", *db = m ? m->db : "";
    tl_act_begin(a);
    tl_json_fmt(b, ",\"have_message\":%s,\"topic\":", m ? "true" : "false");
    tl_json_str(b, topic, strlen(topic));
    tl_json_fmt(b, ",\"database\":");
    tl_json_str(b, db, strlen(db));
    tl_json_fmt(
        b,
        ",\"vgroup_id\":%d,\"message_type\":%d,\"message_id\":%" PRIu64 ",\"offset\":%" PRId64 "}",
        m ? m->vgroup + TL_FIRST_VGROUP : 0, m ? m->type : 0, m ? m->id : 0, m ? m->from : 0);
}

/* One poll is at work and one may wait; a newer one takes its place and it is never answered. */
static bool may_poll(struct tl_act *a)
{
    struct tl_consumer *k = a->c->consumer;
    if (!k->active) {
        k->active = a->run;
        a->run->started = tl_now_us();
    }
    if (k->active == a->run) return true;
    if (k->queued) tl_run_drop(k->queued);
    k->queued = a->run;
    a->run->parked = true;
    return false;
}

static void poll_done(struct tl_consumer *k)
{
    k->active = NULL;
    if (!k->queued) return;
    tl_run_soon(k->queued);
    k->queued = NULL;
}

/* The cached message again when the client has not seen it, else the next one. */
static int take(struct tl_act *a, struct tl_error *err)
{
    struct tl_consumer *k = a->c->consumer;
    struct tl_tmq_msg *m = NULL;
    const cJSON *seen = cJSON_GetObjectItemCaseSensitive(a->rq->args, "message_id");
    if (k->msg && cJSON_IsNumber(seen) && (uint64_t)arg_int(a, "message_id") != k->msg->id)
        return 1;
    const int got = tl_tmq_poll(k, &m, err);
    if (got != 1) return got;
    tl_tmq_msg_free(k->msg);
    k->msg = m;
    m->id = ++k->last_id;
    return 1;
}

static void act_poll(struct tl_act *a)
{
    struct tl_consumer *k = a->c->consumer;
    struct tl_error err = {0};
    if (!k->subscribed && k->active != a->run) {
        no_reply(a); /* as recorded (protocol.md 11) */
        return;
    }
    if (!may_poll(a)) return;
    if (k->auto_commit && tl_now_us() - k->last_commit >= k->commit_ms * 1000) tl_tmq_commit_all(k);
    const int got = k->subscribed ? take(a, &err) : 0;
    if (got == 0 && k->subscribed &&
        tl_now_us() - a->run->started < arg_int(a, "blocking_time") * 1000) {
        a->run->parked = true;
        lws_sul_schedule(a->c->srv->lws, 0, &a->run->sul, tl_run_due, TRY_AGAIN_MS * 1000);
        return;
    }
    if (got < 0)
        tl_act_error(a, &err);
    else
        put_message(a, got ? k->msg : NULL);
    poll_done(k);
}

/* ---- fetching ---- */

static struct tl_tmq_msg *need_message(struct tl_act *a)
{
    struct tl_tmq_msg *m = a->c->consumer->msg;
    if (m && m->id == (uint64_t)arg_int(a, "message_id")) return m;
    tl_act_fail(a, 0xFFFF, "message ID is not equal");
    return NULL;
}

/* Errors stand in the same frame (5.6). */
static void act_fetch_raw_data(struct tl_act *a)
{
    struct tl_buf *b = &a->m->buf;
    const struct tl_tmq_msg *m = a->c->consumer->msg;
    const uint64_t id = (uint64_t)arg_int(a, "message_id");
    const bool ok = m && m->id == id;
    static const char wrong[] = "message ID is not equal";
    const uint32_t n = ok ? 0 : sizeof wrong - 1;
    a->m->binary = true;
    tl_buf_u64(b, UINT64_MAX);
    tl_buf_u64(b, 8);
    tl_buf_u16(b, 1);
    tl_buf_u64(b, (uint64_t)tl_act_timing(a));
    tl_buf_u64(b, a->rq->req_id);
    tl_buf_u32(b, ok ? 0 : 0xFFFF);
    tl_buf_u32(b, n);
    tl_buf_put(b, wrong, n);
    tl_buf_u64(b, id);
    if (!ok) return;
    tl_buf_u16(b, 2);
    const size_t at = b->n;
    tl_buf_u32(b, 0);
    tl_tmq_raw(m, b);
    const uint32_t len = (uint32_t)(b->n - at - 4);
    memcpy(b->p + at, &len, 4);
}

static void put_columns(struct tl_buf *b, const struct tl_tmq_block *k)
{
    tl_json_fmt(b, ",\"fields_names\":[");
    for (int i = 0; i < k->ncols; i++) {
        if (i) tl_buf_u8(b, ',');
        tl_json_str(b, k->cols[i].name, strlen(k->cols[i].name));
    }
    tl_json_fmt(b, "],\"fields_types\":[");
    for (int i = 0; i < k->ncols; i++)
        tl_json_fmt(b, i ? ",%d" : "%d", k->cols[i].type);
    tl_json_fmt(b, "],\"fields_lengths\":[");
    for (int i = 0; i < k->ncols; i++)
        tl_json_fmt(b, i ? ",%d" : "%d", (int)k->cols[i].length);
    tl_json_fmt(b, "],\"precision\":%d}", k->prec);
}

static void act_fetch(struct tl_act *a)
{
    struct tl_tmq_msg *m = need_message(a);
    struct tl_buf *b = &a->m->buf;
    if (!m) return;
    const struct tl_tmq_block *k = m->at < m->nblocks ? &m->blocks[m->at++] : NULL;
    a->c->consumer->fetch_req = a->rq->req_id;
    tl_act_begin(a);
    tl_json_fmt(b, ",\"message_id\":%" PRIu64 ",\"completed\":%s,\"table_name\":", m->id,
                k ? "false" : "true");
    tl_json_str(b, k && m->named ? k->table : "", k && m->named ? strlen(k->table) : 0);
    tl_json_fmt(b, ",\"rows\":%u,\"fields_count\":%d", k ? k->rows : 0, k ? k->ncols : 0);
    if (k) {
        put_columns(b, k);
        return;
    }
    m->at = m->nblocks + 1;
    tl_json_fmt(b, ",\"fields_names\":null,\"fields_types\":null,\"fields_lengths\":null,"
                   "\"precision\":0}");
}

static void act_fetch_block(struct tl_act *a)
{
    struct tl_tmq_msg *m = need_message(a);
    if (!m) return;
    if (m->at == 0 || m->at > m->nblocks) {
        tl_act_fail(a, 0xFFFF, "block is nil");
        return;
    }
    const struct tl_tmq_block *k = &m->blocks[m->at - 1];
    a->m->binary = true;
    tl_buf_u64(&a->m->buf, (uint64_t)tl_act_timing(a));
    tl_buf_u64(&a->m->buf, a->c->consumer->fetch_req);
    tl_buf_u64(&a->m->buf, m->id);
    tl_buf_put(&a->m->buf, k->raw.p, k->raw.n);
}

static void act_fetch_json_meta(struct tl_act *a)
{
    struct tl_tmq_msg *m = need_message(a);
    struct tl_buf *b = &a->m->buf;
    if (!m) return;
    tl_act_begin(a);
    tl_json_fmt(b, ",\"message_id\":%" PRIu64 ",\"data\":", m->id);
    if (m->type != TL_TMQ_META) {
        tl_json_fmt(b, "null}");
        return;
    }
    tl_json_fmt(b, "{\"tmq_meta_version\":\"1.0\",\"metas\":[");
    tl_buf_put(b, m->meta.p, m->meta.n);
    tl_json_fmt(b, "]}}");
}

/* ---- offsets ---- */

static void act_commit(struct tl_act *a)
{
    if (!tl_tmq_commit_all(a->c->consumer)) {
        tl_act_fail(a, 0x0102, "Out of Memory");
        return;
    }
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"message_id\":%" PRId64 "}", arg_int(a, "message_id"));
}

/* The part that arguments name; NULL after replying 0x4008. */
static struct tl_tmq_part *need_part(struct tl_act *a, const cJSON *args)
{
    struct tl_consumer *k = a->c->consumer;
    struct tl_error err = {0};
    const cJSON *vg = cJSON_GetObjectItemCaseSensitive(args, "vgroup_id");
    struct tl_tmq_part *p = NULL;
    tl_tmq_assign(k, &err);
    if (cJSON_IsNumber(vg))
        p = tl_tmq_part_of(k, arg_text(args, "topic"), vg->valueint - TL_FIRST_VGROUP);
    if (!p) tl_act_fail(a, 0x4008, "VgId does not belong to this consumer");
    return p;
}

static bool in_range(struct tl_act *a, const struct tl_tmq_part *p, int64_t offset)
{
    struct tl_topic t;
    int64_t begin = 0, end = 0;
    if (tl_topic_find(a->c->srv->engine, p->topic, &t)) {
        tl_wal_range(a->c->srv->engine, t.dbid, p->vgroup, &begin, &end);
        tl_topic_clear(&t);
    }
    if (offset >= begin && offset <= end) return true;
    tl_act_fail(a, 0x4007, "Offset out of range");
    return false;
}

static void act_seek(struct tl_act *a)
{
    struct tl_tmq_part *p = need_part(a, a->rq->args);
    const int64_t offset = arg_int(a, "offset");
    if (!p || !in_range(a, p, offset)) return;
    p->pos = offset;
    p->polled = true;
    tl_act_begin(a);
    tl_act_end(a);
}

static void act_commit_offset(struct tl_act *a)
{
    struct tl_tmq_part *p = need_part(a, a->rq->args);
    const int64_t offset = arg_int(a, "offset");
    if (!p || !in_range(a, p, offset)) return;
    if (!tl_tmq_commit(a->c->consumer, p->topic, p->vgroup, offset)) {
        tl_act_fail(a, 0x0102, "Out of Memory");
        return;
    }
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"topic\":");
    tl_json_str(&a->m->buf, p->topic, strlen(p->topic));
    tl_json_fmt(&a->m->buf, ",\"vgroup_id\":%d,\"offset\":%" PRId64 "}",
                p->vgroup + TL_FIRST_VGROUP, offset);
}

/* `committed` and `position`: one number for each asked vgroup. */
static void act_offsets(struct tl_act *a)
{
    const bool committed = strcmp(a->rq->name, "committed") == 0;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(a->rq->args, "topic_vgroup_ids"), *one;
    struct tl_buf numbers = {0};
    cJSON_ArrayForEach(one, list)
    {
        struct tl_tmq_part *p = need_part(a, one);
        if (!p) {
            tl_buf_free(&numbers);
            return;
        }
        const int64_t n = committed   ? tl_tmq_committed(a->c->consumer, p->topic, p->vgroup)
                          : p->polled ? p->pos
                                      : TL_TMQ_NO_OFFSET;
        tl_json_fmt(&numbers, numbers.n ? ",%" PRId64 : "%" PRId64, n);
    }
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"%s\":[", a->rq->name);
    tl_buf_put(&a->m->buf, numbers.p, numbers.n);
    tl_json_fmt(&a->m->buf, "]}");
    tl_buf_free(&numbers);
}

static void act_assignment(struct tl_act *a)
{
    struct tl_consumer *k = a->c->consumer;
    const char *topic = arg_text(a->rq->args, "topic");
    struct tl_engine *e = a->c->srv->engine;
    struct tl_topic t;
    struct tl_error err = {0};
    struct tl_buf *b = &a->m->buf;
    bool any = false;
    if (!tl_tmq_assign(k, &err)) {
        tl_act_error(a, &err);
        return;
    }
    if (!tl_topic_find(e, topic, &t)) {
        tl_act_fail(a, 0x4009, "Invalid topic");
        return;
    }
    tl_act_begin(a);
    tl_json_fmt(b, ",\"assignment\":[");
    for (const struct tl_tmq_part *p = k->parts; p; p = p->next) {
        int64_t begin, end;
        if (strcmp(p->topic, topic) != 0) continue;
        tl_wal_range(e, t.dbid, p->vgroup, &begin, &end);
        tl_json_fmt(b,
                    "%s{\"vgroup_id\":%d,\"offset\":%" PRId64 ",\"begin\":%" PRId64
                    ",\"end\":%" PRId64 "}",
                    any ? "," : "", p->vgroup + TL_FIRST_VGROUP, p->last >= 0 ? p->last : p->pos,
                    begin, end);
        any = true;
    }
    tl_json_fmt(b, "]}");
    tl_topic_clear(&t);
}

static const struct {
    const char *name;
    void (*run)(struct tl_act *a);
    bool anytime; /* also before subscribe; the others are then 0x4017 */
} actions[] = {
    {"version", act_version, true},
    {"subscribe", act_subscribe, true},
    {"unsubscribe", act_unsubscribe, false},
    {"poll", act_poll, true},
    {"fetch", act_fetch, false},
    {"fetch_block", act_fetch_block, false},
    {"fetch_raw_data", act_fetch_raw_data, false},
    {"fetch_json_meta", act_fetch_json_meta, false},
    {"commit", act_commit, false},
    {"commit_offset", act_commit_offset, false},
    {"committed", act_offsets, false},
    {"position", act_offsets, false},
    {"assignment", act_assignment, false},
    {"seek", act_seek, false},
    {"list_topics", act_list_topics, false},
};

void tl_tmq_run(struct tl_act *a)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (a->rq->action == TL_ACT_BAD || strcmp(actions[i].name, a->rq->name) != 0) continue;
        if (actions[i].anytime || a->c->consumer->subscribed)
            actions[i].run(a);
        else
            tl_act_fail(a, 0x4017, "Subscribe first");
        return;
    }
    no_reply(a); /* 5.1 */
}

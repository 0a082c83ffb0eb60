/* tmq_group.c: consumer groups: which vgroup falls to whom, offsets, the next message. */
#include "tmq_int.h"
#include "engine_vgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tl_tmq *state(struct tl_consumer *k)
{
    return k->conn->srv->tmq;
}

void tl_tmq_join(struct tl_consumer *k)
{
    struct tl_consumer **link = &state(k)->consumers;
    while (*link)
        link = &(*link)->next;
    *link = k;
    k->next = NULL;
    k->subscribed = true;
}

static void drop_parts(struct tl_consumer *k)
{
    while (k->parts) {
        struct tl_tmq_part *p = k->parts;
        k->parts = p->next;
        free(p);
    }
}

void tl_tmq_leave(struct tl_consumer *k)
{
    struct tl_consumer **link = &state(k)->consumers;
    drop_parts(k);
    if (!k->subscribed) return;
    while (*link && *link != k)
        link = &(*link)->next;
    if (*link) *link = k->next;
    k->subscribed = false;
}

static bool reads(const struct tl_consumer *k, const char *topic)
{
    for (int i = 0; i < k->ntopics; i++)
        if (strcmp(k->topics[i], topic) == 0) return true;
    return false;
}

/* vgroup i falls to the i-th consumer, counted round. */
static bool owns(struct tl_consumer *k, const char *topic, int vgroup)
{
    int n = 0, own = 0;
    for (struct tl_consumer *c = state(k)->consumers; c; c = c->next) {
        if (strcmp(c->group, k->group) != 0 || !reads(c, topic)) continue;
        if (c == k) own = n;
        n++;
    }
    return n > 0 && vgroup % n == own;
}

struct tl_tmq_part *tl_tmq_part_of(struct tl_consumer *k, const char *topic, int vgroup)
{
    struct tl_tmq_part *p = k->parts;
    while (p && (p->vgroup != vgroup || strcmp(p->topic, topic) != 0))
        p = p->next;
    return p;
}

static struct tl_tmq_offset *offset_of(struct tl_consumer *k, const char *topic, int vgroup)
{
    struct tl_tmq_offset *o = state(k)->offsets;
    while (o &&
           (o->vgroup != vgroup || strcmp(o->topic, topic) != 0 || strcmp(o->group, k->group) != 0))
        o = o->next;
    return o;
}

int64_t tl_tmq_committed(struct tl_consumer *k, const char *topic, int vgroup)
{
    const struct tl_tmq_offset *o = offset_of(k, topic, vgroup);
    return o ? o->offset : TL_TMQ_NO_OFFSET;
}

bool tl_tmq_commit(struct tl_consumer *k, const char *topic, int vgroup, int64_t offset)
{
    struct tl_tmq_offset *o = offset_of(k, topic, vgroup);
    if (!o) {
        o = calloc(1, sizeof *o);
        if (!o) return false;
        snprintf(o->group, sizeof o->group, "%s", k->group);
        snprintf(o->topic, sizeof o->topic, "%s", topic);
        o->vgroup = vgroup;
        o->next = state(k)->offsets;
        state(k)->offsets = o;
    }
    o->offset = offset;
    return true;
}

bool tl_tmq_commit_all(struct tl_consumer *k)
{
    for (struct tl_tmq_part *p = k->parts; p; p = p->next)
        if (p->last >= 0 && !tl_tmq_commit(k, p->topic, p->vgroup, p->pos)) return false;
    k->last_commit = tl_now_us();
    return true;
}

static bool start_pos(struct tl_consumer *k, const char *topic, int vgroup, int64_t begin,
                      int64_t end, int64_t *pos, struct tl_error *err)
{
    const int64_t committed = tl_tmq_committed(k, topic, vgroup);
    if (committed != TL_TMQ_NO_OFFSET)
        *pos = committed;
    else if (k->reset == TL_RESET_NONE)
        return tl_fail(err, 0x4011, "No committed offset");
    else
        *pos = k->reset == TL_RESET_EARLIEST ? begin : end;
    return true;
}

static bool assign_one(struct tl_consumer *k, const struct tl_topic *t, int vgroup,
                       struct tl_error *err)
{
    struct tl_engine *e = k->conn->srv->engine;
    struct tl_tmq_part *p = tl_tmq_part_of(k, t->name, vgroup);
    int64_t begin, end;
    tl_wal_range(e, t->dbid, vgroup, &begin, &end);
    if (!owns(k, t->name, vgroup)) { /* another consumer has it now */
        struct tl_tmq_part **link = &k->parts;
        while (p && *link != p)
            link = &(*link)->next;
        if (p) *link = p->next;
        free(p);
        return true;
    }
    if (!p) {
        p = calloc(1, sizeof *p);
        if (!p) return tl_oom(err);
        snprintf(p->topic, sizeof p->topic, "%s", t->name);
        p->vgroup = vgroup;
        p->last = -1;
        if (!start_pos(k, t->name, vgroup, begin, end, &p->pos, err)) {
            free(p);
            return false;
        }
        struct tl_tmq_part **link = &k->parts;
        while (*link)
            link = &(*link)->next;
        *link = p;
    }
    if (p->pos < begin) p->pos = begin; /* the log has forgotten the rest */
    return true;
}

bool tl_tmq_assign(struct tl_consumer *k, struct tl_error *err)
{
    struct tl_engine *e = k->conn->srv->engine;
    bool ok = true;
    for (int i = 0; i < k->ntopics && ok; i++) {
        struct tl_topic t;
        if (!tl_topic_find(e, k->topics[i], &t)) continue;
        const struct tl_db *db = tl_db_by_id(e, t.dbid);
        const int n = db ? tl_vgroups(e, db) : 0;
        for (int v = 0; v < n && ok; v++)
            ok = assign_one(k, &t, v, err);
        tl_topic_clear(&t);
    }
    return ok;
}

int tl_tmq_poll(struct tl_consumer *k, struct tl_tmq_msg **out, struct tl_error *err)
{
    struct tl_engine *e = k->conn->srv->engine;
    int got = 0;
    if (!tl_tmq_assign(k, err)) return -1;
    for (struct tl_tmq_part *p = k->parts; p && got == 0; p = p->next) {
        struct tl_topic t;
        if (!tl_topic_find(e, p->topic, &t)) continue;
        got = tl_tmq_next(e, &t, p->vgroup, k->min_rows, k->one_meta, &p->pos, out, err);
        p->polled = true;
        if (got == 1) p->last = (*out)->from;
        tl_topic_clear(&t);
    }
    return got;
}

/* ---- configuration ---- */

/* A setting: of `config` by libtaos's key, else of the arguments by name; "" when it is missing. */
static const char *setting(const struct tl_request *rq, const char *name, const char *key)
{
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(rq->args, "config");
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(config, key);
    if (!cJSON_IsString(v)) v = cJSON_GetObjectItemCaseSensitive(rq->args, name);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static bool bad_value(struct tl_error *err, const char *key, const char *value)
{
    return tl_fail(err, 0x0118, "invalid value for key '%s': %.200s", key, value);
}

static bool number(const struct tl_request *rq, const char *name, const char *key, int64_t low,
                   int64_t high, int64_t *out, struct tl_error *err)
{
    char *end;
    const char *v = setting(rq, name, key);
    if (!*v) return true;
    const long long n = strtoll(v, &end, 10);
    if (*end || n < low || n > high) return bad_value(err, key, v);
    *out = n;
    return true;
}

static bool flag(const struct tl_request *rq, const char *name, const char *key, bool *out,
                 struct tl_error *err)
{
    const char *v = setting(rq, name, key);
    if (!*v) return true;
    *out = strcmp(v, "true") == 0 || strcmp(v, "1") == 0;
    return *out || strcmp(v, "false") == 0 || strcmp(v, "0") == 0 || bad_value(err, key, v);
}

static bool read_reset(struct tl_consumer *k, const struct tl_request *rq, struct tl_error *err)
{
    static const char *const names[] = {"latest", "earliest", "none"};
    const char *v = setting(rq, "offset_reset", "auto.offset.reset");
    if (!*v) v = setting(rq, "offset_rest", "auto.offset.reset"); /* misspelt, and still taken */
    if (!*v) return true;
    for (int i = 0; i < 3; i++) {
        if (strcmp(v, names[i]) != 0) continue;
        k->reset = (enum tl_tmq_reset)i;
        return true;
    }
    return bad_value(err, "auto.offset.reset", v);
}

bool tl_tmq_config(struct tl_consumer *k, const struct tl_request *rq, struct tl_error *err)
{
    int64_t session = 12000, rows = 4096;
    bool batch = false;
    struct tl_error login;
    k->reset = TL_RESET_LATEST;
    k->auto_commit = false;
    k->commit_ms = 5000;
    if (!read_reset(k, rq, err) ||
        !flag(rq, "auto_commit", "enable.auto.commit", &k->auto_commit, err) ||
        !flag(rq, "enable_batch_meta", "msg.enable.batchmeta", &batch, err) ||
        !number(rq, "auto_commit_interval_ms", "auto.commit.interval.ms", 1, INT32_MAX,
                &k->commit_ms, err) ||
        !number(rq, "session_timeout_ms", "session.timeout.ms", 6000, 1800000, &session, err) ||
        !number(rq, "min_poll_rows", "min.poll.rows", 1, INT32_MAX, &rows, err))
        return false;
    k->min_rows = (uint64_t)rows;
    k->one_meta = !batch;
    const char *group = setting(rq, "group_id", "group.id");
    if (!*group || strlen(group) > 192 || strchr(group, ':'))
        return tl_fail(err, 0xFFFF, "malloc tmq element failed or group is empty");
    snprintf(k->group, sizeof k->group, "%s", group);
    if (!tl_exec_login(k->conn->srv, setting(rq, "user", "-"), setting(rq, "password", "-"),
                       &login))
        return tl_fail(err, 0xFFFF, "init tscObj failed");
    return true;
}

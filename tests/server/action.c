/* action.c: the actions of /ws (protocol.md 2.4 to 2.8), worded as golden/conn records them. */
#include "action.h"
#include "tmq.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t tl_act_timing(const struct tl_act *a)
{
    return (tl_now_us() - a->run->arrived) * 1000 + 1;
}

void tl_act_error(struct tl_act *a, const struct tl_error *err)
{
    tl_reply_error(&a->m->buf, err, a->rq->name, a->rq->req_id, tl_act_timing(a));
}

struct tl_error tl_error_of(int code, const char *msg)
{
    struct tl_error err = {.code = code};
    snprintf(err.msg, sizeof err.msg, "%s", msg);
    return err;
}

void tl_act_fail(struct tl_act *a, int code, const char *msg)
{
    const struct tl_error err = tl_error_of(code, msg);
    tl_act_error(a, &err);
}

void tl_act_begin(struct tl_act *a)
{
    tl_reply_head(&a->m->buf, 0, "", a->rq->name, a->rq->req_id, tl_act_timing(a));
}

void tl_act_end(struct tl_act *a)
{
    tl_buf_u8(&a->m->buf, '}');
}

static void put_field(struct tl_act *a, const char *key, const char *value)
{
    tl_json_fmt(&a->m->buf, ",\"%s\":", key);
    tl_json_str(&a->m->buf, value, strlen(value));
}

/* ---- open results ---- */

static struct tl_open **find_open(struct tl_conn *c, uint64_t id)
{
    struct tl_open **link = &c->open;
    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static void close_open(struct tl_open **link)
{
    struct tl_open *o = *link;
    *link = o->next;
    o->r->free(o->r);
    tl_buf_free(&o->block);
    free(o);
}

void tl_open_free_all(struct tl_conn *c)
{
    while (c->open)
        close_open(&c->open);
}

void tl_open_close(struct tl_conn *c, uint64_t id)
{
    struct tl_open **link = find_open(c, id);
    if (*link) close_open(link);
}

uint64_t tl_act_open(struct tl_act *a, struct tl_result *r)
{
    struct tl_open *o = calloc(1, sizeof *o);
    if (!o) {
        r->free(r);
        tl_act_fail(a, 0x0102, "Out of Memory");
        return 0;
    }
    o->r = r;
    o->id = ++a->c->last_id;
    o->query_id = a->c->session.req_id;
    o->next = a->c->open;
    a->c->open = o;
    return o->id;
}

/* The result of the request's id; NULL after replying "result is nil". */
static struct tl_open **need_open(struct tl_act *a)
{
    struct tl_open **link = find_open(a->c, a->rq->id);
    if (*link) return link;
    tl_act_fail(a, 0xFFFF, "result is nil");
    return NULL;
}

/* ---- session ---- */

static void act_version(struct tl_act *a)
{
    tl_act_begin(a);
    put_field(a, "version", a->c->srv->opts.version);
    tl_act_end(a);
}

static const char *arg_text(const struct tl_act *a, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(a->rq->args, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

/* conn.db: one pair of quotes goes, the rest is taken as written (2.5). */
static bool choose_db(struct tl_act *a, struct tl_session *s)
{
    const char *db = arg_text(a, "db");
    size_t n = strlen(db);
    if (n >= 2 && strchr("`'\"", db[0]) && db[n - 1] == db[0]) {
        db++;
        n -= 2;
    }
    if (n > 64) {
        tl_act_fail(a, 0x0209, "Invalid database name length");
        return false;
    }
    snprintf(s->db, sizeof s->db, "%.*s", (int)n, db);
    if (n == 0 || tl_exec_has_db(a->c->srv, s->db)) return true;
    tl_act_fail(a, 0x0388, "Database not exist");
    return false;
}

static void set_tz(struct tl_session *s, const char *tz)
{
    snprintf(s->tz, sizeof s->tz, "%s", tz && *tz ? tz : "UTC");
}

static void act_conn(struct tl_act *a)
{
    struct tl_session s = {.bi_mode = false};
    struct tl_error err;
    const cJSON *mode = cJSON_GetObjectItemCaseSensitive(a->rq->args, "mode");
    if (a->c->connected) {
        tl_act_fail(a, 0xFFFF, "duplicate connections");
        return;
    }
    if (cJSON_IsNumber(mode) && mode->valueint != 0) {
        char msg[64];
        snprintf(msg, sizeof msg, "unexpected mode:%d", mode->valueint);
        tl_act_fail(a, 0xFFFF, msg);
        return;
    }
    s.bi_mode = cJSON_IsNumber(mode);
    if (!tl_exec_login(a->c->srv, arg_text(a, "user"), arg_text(a, "password"), &err)) {
        tl_act_error(a, &err);
        return;
    }
    if (!choose_db(a, &s)) return;
    snprintf(s.user, sizeof s.user, "%s", arg_text(a, "user"));
    set_tz(&s, arg_text(a, "tz"));
    a->c->session = s;
    a->c->connected = true;
    act_version(a);
}

static void act_current_db(struct tl_act *a)
{
    tl_act_begin(a);
    put_field(a, "db", a->c->session.db);
    tl_act_end(a);
}

static void act_server_info(struct tl_act *a)
{
    char info[128];
    snprintf(info, sizeof info, "ver:%s\nbuild:tdlite\ngitinfo:tdlite", a->c->srv->opts.version);
    tl_act_begin(a);
    put_field(a, "info", info);
    tl_act_end(a);
}

static void act_server_status(struct tl_act *a)
{
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"status\":2,\"details\":\"\"");
    tl_act_end(a);
}

/* Option codes of 2.4: -1 all, 0 charset, 1 zone, 2 ip, 3 app; only the zone matters here. */
static void act_options(struct tl_act *a)
{
    struct tl_session *s = &a->c->session;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(a->rq->args, "options");
    const cJSON *o;
    cJSON_ArrayForEach(o, list)
    {
        const cJSON *code = cJSON_GetObjectItemCaseSensitive(o, "option");
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(o, "value");
        if (!cJSON_IsNumber(code) || code->valueint < -1 || code->valueint > 3) {
            tl_act_fail(a, 0x0118, "Invalid parameters");
            return;
        }
        if (code->valueint == 1) set_tz(s, cJSON_IsString(value) ? value->valuestring : NULL);
        if (code->valueint == -1) set_tz(s, NULL);
    }
    tl_act_begin(a);
    tl_act_end(a);
}

/* ---- statements ---- */

static void act_query(struct tl_act *a)
{
    struct tl_conn *c = a->c;
    struct tl_error err = {0};
    if (a->rq->short_sql || !a->rq->sql || a->rq->nsql == 0) {
        tl_act_fail(a, 0xFFFF,
                    a->rq->short_sql ? "message length is too short" : "syntax error near ''");
        return;
    }
    c->session.req_id = a->rq->req_id;
    struct tl_result *r = tl_exec(c->srv, &c->session, a->rq->sql, a->rq->nsql, &err);
    if (!r) {
        tl_act_error(a, &err);
        return;
    }
    uint64_t id = 0;
    if (!r->is_update && (id = tl_act_open(a, r)) == 0) return;
    tl_reply_query(&a->m->buf, r, id, a->rq->name, a->rq->req_id, tl_act_timing(a));
    if (r->is_update) r->free(r);
}

static void act_validate(struct tl_act *a)
{
    struct tl_error err = {0};
    if (a->rq->short_sql) {
        tl_act_fail(a, 0xFFFF, "message length is too short");
        return;
    }
    const int code = tl_exec_validate(a->c->srv, &a->c->session, a->rq->sql, a->rq->nsql, &err);
    tl_act_begin(a);
    /* libtaos's own code: negative, not cut to 16 bits (protocol.md 11) */
    tl_json_fmt(&a->m->buf, ",\"result_code\":%d",
                code ? (int)(int32_t)(0x80000000u | (unsigned)code) : 0);
    tl_act_end(a);
}

static void act_num_fields(struct tl_act *a)
{
    struct tl_open **link = need_open(a);
    if (!link) return;
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"num_fields\":%d", (*link)->r->ncols);
    tl_act_end(a);
}

static void act_free_result(struct tl_act *a)
{
    struct tl_open **link = find_open(a->c, a->rq->id);
    if (*link) close_open(link);
    tl_msg_put(a->c->srv, a->m); /* never answered (2.3) */
    a->m = NULL;
}

/* ---- fetching ---- */

static void act_fetch(struct tl_act *a)
{
    struct tl_error err = {0};
    struct tl_open **link = need_open(a);
    if (!link) return;
    struct tl_open *o = *link;
    o->block.n = 0;
    const int got = o->r->next(o->r, &o->block, &err);
    o->has_block = got == 1;
    if (got < 0)
        tl_act_error(a, &err);
    else
        tl_reply_fetch(&a->m->buf, got ? o->block.p : NULL, o->r->ncols, o->id, a->rq->req_id,
                       tl_act_timing(a));
    if (got <= 0) close_open(link);
}

static void act_fetch_block(struct tl_act *a)
{
    struct tl_open **link = need_open(a);
    if (!link) return;
    if (!(*link)->has_block) {
        tl_act_fail(a, 0xFFFF, "block is nil");
        return;
    }
    a->m->binary = true;
    tl_buf_u64(&a->m->buf, (uint64_t)tl_act_timing(a));
    tl_buf_u64(&a->m->buf, (*link)->id);
    tl_buf_put(&a->m->buf, (*link)->block.p, (*link)->block.n);
}

static void act_fetch_raw(struct tl_act *a)
{
    struct tl_buf *b = &a->m->buf;
    const size_t at = b->n;
    const uint64_t id = a->rq->id;
    const uint64_t req_id = a->rq->req_id;
    struct tl_error err = {0};
    struct tl_open **link = find_open(a->c, id);
    a->m->binary = true;
    if (!*link) {
        err.code = 0xFFFF;
        snprintf(err.msg, sizeof err.msg, "result is nil");
        tl_reply_raw_head(b, &err, id, true, req_id, tl_act_timing(a));
        return;
    }
    tl_reply_raw_head(b, NULL, id, false, req_id, tl_act_timing(a));
    const int got = (*link)->r->next((*link)->r, b, &err);
    if (got == 1) {
        tl_reply_raw_done(b, at);
        return;
    }
    b->n = at;
    tl_reply_raw_head(b, got < 0 ? &err : NULL, id, true, req_id, tl_act_timing(a));
    close_open(link);
}

/* ---- the rest ---- */

static void act_unknown(struct tl_act *a)
{
    char msg[96];
    if (a->rq->binary_code)
        snprintf(msg, sizeof msg, "unknown binary action %" PRIu64, a->rq->binary_code);
    else
        snprintf(msg, sizeof msg, "unknown action %s", a->rq->name);
    const struct tl_error err = tl_error_of(0xFFFF, msg);
    tl_reply_error(&a->m->buf, &err, a->rq->binary_code ? "unknown" : a->rq->name, a->rq->req_id,
                   tl_act_timing(a));
}

static void act_bad(struct tl_act *a)
{
    tl_act_fail(a, 0xFFFF, "unmarshal request error");
}

static const struct {
    void (*run)(struct tl_act *a);
    bool needs_conn, needs_args;
} actions[] = {
    [TL_ACT_UNKNOWN] = {act_unknown, false, false},
    [TL_ACT_BAD] = {act_bad, false, false},
    [TL_ACT_VERSION] = {act_version, false, false},
    [TL_ACT_CONN] = {act_conn, false, true},
    [TL_ACT_QUERY] = {act_query, true, true},
    [TL_ACT_BINARY_QUERY] = {act_query, true, true},
    [TL_ACT_FETCH] = {act_fetch, true, true},
    [TL_ACT_FETCH_BLOCK] = {act_fetch_block, true, true},
    [TL_ACT_FETCH_RAW_BLOCK] = {act_fetch_raw, true, true},
    [TL_ACT_FREE_RESULT] = {act_free_result, true, true},
    [TL_ACT_NUM_FIELDS] = {act_num_fields, true, true},
    [TL_ACT_GET_CURRENT_DB] = {act_current_db, true, true},
    [TL_ACT_GET_SERVER_INFO] = {act_server_info, true, true},
    [TL_ACT_OPTIONS_CONNECTION] = {act_options, true, true},
    [TL_ACT_CHECK_SERVER_STATUS] = {act_server_status, false, true},
    [TL_ACT_VALIDATE_SQL] = {act_validate, true, true},
    [TL_ACT_STMT2_INIT] = {tl_act_stmt2_init, true, true},
    [TL_ACT_STMT2_PREPARE] = {tl_act_stmt2_prepare, true, true},
    [TL_ACT_STMT2_BIND] = {tl_act_stmt2_bind, true, true},
    [TL_ACT_STMT2_EXEC] = {tl_act_stmt2_exec, true, true},
    [TL_ACT_STMT2_RESULT] = {tl_act_stmt2_result, true, true},
    [TL_ACT_STMT2_CLOSE] = {tl_act_stmt2_close, true, true},
    [TL_ACT_INSERT] = {tl_act_sml_insert, true, true},
    [TL_ACT_STMT2_BIND_EXEC] = {tl_act_stmt2_bind_exec, true, true},
};

/* The reply of a request that KILL QUERY has ended; a result ends with its fetch. */
static void act_killed(struct tl_act *a)
{
    const struct tl_error err = tl_error_of(0x022D, "Query killed");
    const struct tl_request *rq = a->rq;
    if (rq->action == TL_ACT_FETCH_RAW_BLOCK) {
        a->m->binary = true;
        tl_reply_raw_head(&a->m->buf, &err, rq->id, true, rq->req_id, tl_act_timing(a));
    } else if (rq->action == TL_ACT_STMT2_EXEC || rq->action == TL_ACT_STMT2_BIND_EXEC) {
        tl_act_stmt2_fail(a, &err);
    } else {
        tl_act_error(a, &err);
    }
    if (rq->action == TL_ACT_FETCH_RAW_BLOCK || rq->action == TL_ACT_FETCH)
        tl_open_close(a->c, rq->id);
}

static void dispatch(struct tl_act *a)
{
    enum tl_action what = a->rq->action;
    if (what == TL_ACT_STMT2_BIND_EXEC && !a->c->srv->bind_exec) what = TL_ACT_UNKNOWN;
    if (a->run->killed)
        act_killed(a);
    else if (actions[what].needs_conn && !a->c->connected)
        tl_act_fail(a, 0xFFFF, "server not connected");
    else if (actions[what].needs_args && !a->rq->has_args)
        act_bad(a);
    else
        actions[what].run(a);
}

/* The faults that change what is said, not how the bytes travel. */
static void damage(struct tl_act *a, const struct tl_fault_plan *plan)
{
    struct tl_msg *m = a->m;
    tl_fault_block(plan, &m->buf, LWS_PRE);
    if (tl_fault_has(plan, TL_FAULT_TRUNCATE)) {
        const uint64_t keep = (uint64_t)plan->value[TL_FAULT_TRUNCATE];
        if (keep < m->buf.n - LWS_PRE) m->buf.n = LWS_PRE + (size_t)keep;
    }
    if (tl_fault_has(plan, TL_FAULT_TEXT)) {
        m->binary = false;
        m->buf.n = LWS_PRE;
        tl_json_fmt(&m->buf, "this is not JSON {");
    }
    m->plan = *plan;
}

void tl_action_run(struct tl_conn *c, struct tl_running *run)
{
    const struct tl_fault_plan *plan = &run->plan;
    struct tl_act a = {.c = c, .run = run, .rq = &run->rq, .m = tl_msg_get(c->srv)};
    if (!a.m) {
        tl_conn_kill(c);
        return;
    }
    if (tl_fault_has(plan, TL_FAULT_WRONG_ID)) run->rq.req_id ^= 0x5555;
    if (c->consumer)
        tl_tmq_run(&a);
    else
        dispatch(&a);
    if (run->parked) {
        if (tl_fault_has(plan, TL_FAULT_WRONG_ID)) run->rq.req_id ^= 0x5555;
        tl_msg_put(c->srv, a.m);
        return;
    }
    if (tl_fault_has(plan, TL_FAULT_NO_PING)) c->no_ping = true;
    if (tl_fault_has(plan, TL_FAULT_HALF_OPEN)) {
        c->frozen = true;
        lws_rx_flow_control(c->wsi, 0);
    }
    if (!a.m) return;
    if (tl_fault_has(plan, TL_FAULT_NO_REPLY)) {
        tl_msg_put(c->srv, a.m);
        return;
    }
    damage(&a, plan);
    tl_conn_send(c, a.m);
}

/* stmt2.c: the actions of prepared statements (protocol.md 4.2 to 4.6), as golden/stmt2 records. */
#include "action.h"
#include "engine_stmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tl_prep {
    struct tl_prep *next;
    uint64_t id;
    struct tl_stmt *stmt;
    uint64_t result; /* id of the open result of the last stmt2_result */
};

static struct tl_prep **find(struct tl_conn *c, uint64_t id)
{
    struct tl_prep **link = &c->preps;
    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

/* Before 3.4.0.1 a result belongs to its statement and goes with it, or with the next exec
   (4.2). */
static void drop_result(struct tl_conn *c, struct tl_prep *p)
{
    if (p->result && !c->srv->v34) tl_open_close(c, p->result);
    p->result = 0;
}

static void drop(struct tl_conn *c, struct tl_prep **link)
{
    struct tl_prep *p = *link;
    *link = p->next;
    drop_result(c, p);
    tl_stmt_free(p->stmt);
    free(p);
}

void tl_preps_free(struct tl_conn *c)
{
    while (c->preps)
        drop(c, &c->preps);
}

int tl_preps_count(const struct tl_conn *c)
{
    int n = 0;
    for (const struct tl_prep *p = c->preps; p; p = p->next)
        n++;
    return n;
}

/* ---- replies: the common fields, then stmt_id ---- */

static void begin(struct tl_act *a)
{
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"stmt_id\":%" PRIu64, a->rq->id);
}

void tl_act_stmt2_fail(struct tl_act *a, const struct tl_error *err)
{
    tl_reply_head(&a->m->buf, err->code, err->msg, a->rq->name, a->rq->req_id, tl_act_timing(a));
    tl_json_fmt(&a->m->buf, ",\"stmt_id\":%" PRIu64 "}", a->rq->id);
}

static void fail_with(struct tl_act *a, int code, const char *msg)
{
    const struct tl_error err = tl_error_of(code, msg);
    tl_act_stmt2_fail(a, &err);
}

static struct tl_prep *need(struct tl_act *a)
{
    struct tl_prep *p = *find(a->c, a->rq->id);
    if (!p) fail_with(a, 0xFFFF, "stmt2 is nil");
    return p;
}

/* A request that an unpatched adapter would not have survived, or that makes no sense. */
static void violation(struct tl_act *a, const struct tl_error *err)
{
    a->c->srv->stats.violations++;
    tl_log(a->c->srv, "violation: %s: [0x%04x] %s", a->rq->name, (unsigned)err->code, err->msg);
    tl_act_stmt2_fail(a, err);
}

/* ---- actions ---- */

void tl_act_stmt2_init(struct tl_act *a)
{
    struct tl_conn *c = a->c;
    struct tl_prep *p = calloc(1, sizeof *p);
    if (p) p->stmt = tl_stmt_new(c->srv->engine, c->srv->v34);
    if (!p || !p->stmt) {
        free(p);
        tl_act_fail(a, 0x0102, "Out of Memory");
        return;
    }
    p->id = ++c->last_prep;
    p->next = c->preps;
    c->preps = p;
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"stmt_id\":%" PRIu64 "}", p->id);
}

static void put_fields(struct tl_buf *b, const struct tl_stmt *st, bool wanted)
{
    int n;
    const struct tl_stmt_field *f = tl_stmt_fields(st, &n);
    if (!tl_stmt_is_insert(st)) n = wanted ? tl_stmt_params(st) : 0;
    tl_json_fmt(b, ",\"is_insert\":%s,\"fields\":", tl_stmt_is_insert(st) ? "true" : "false");
    if (!f) tl_json_fmt(b, "null");
    for (int i = 0; f && i < n; i++) {
        tl_json_fmt(b, i ? ",{\"name\":" : "[{\"name\":");
        tl_json_str(b, f[i].name, strlen(f[i].name));
        tl_json_fmt(b,
                    ",\"field_type\":%d,\"precision\":%d,\"scale\":0,\"bytes\":%d,"
                    "\"bind_type\":%d}",
                    f[i].type, f[i].precision, (int)f[i].bytes, f[i].kind);
    }
    tl_json_fmt(b, "%s,\"fields_count\":%d}", f ? "]" : "", n);
}

void tl_act_stmt2_prepare(struct tl_act *a)
{
    struct tl_error err;
    struct tl_prep *p = need(a);
    if (!p) return;
    const cJSON *want = cJSON_GetObjectItemCaseSensitive(a->rq->args, "get_fields");
    drop_result(a->c, p);
    if (!tl_stmt_prepare(p->stmt, &a->c->session, a->rq->sql ? a->rq->sql : "", a->rq->nsql,
                         cJSON_IsTrue(want), &err)) {
        tl_act_stmt2_fail(a, &err);
        return;
    }
    begin(a);
    put_fields(&a->m->buf, p->stmt, cJSON_IsTrue(want));
}

/* The statement keeps the message that its values point into. */
static uint8_t *take_message(struct tl_act *a)
{
    uint8_t *data = a->run->data;
    a->run->data = NULL;
    return data;
}

static bool may_bind(struct tl_act *a, const struct tl_prep *p)
{
    const struct tl_error err = tl_error_of(0x022A, "Stmt API usage error");
    if (!a->rq->payload) {
        fail_with(a, 0xFFFF, "message length is too short");
        return false;
    }
    if (tl_stmt_state(p->stmt) == TL_STMT_BROKEN) {
        violation(a, tl_stmt_why(p->stmt));
        return false;
    }
    if (tl_stmt_state(p->stmt) == TL_STMT_NEW) violation(a, &err);
    return tl_stmt_state(p->stmt) != TL_STMT_NEW;
}

void tl_act_stmt2_bind(struct tl_act *a)
{
    struct tl_bindmsg m;
    struct tl_error err = {0};
    struct tl_prep *p = need(a);
    if (!p || !may_bind(a, p)) return;
    if (a->rq->col_idx != -1) {
        fail_with(a, 0x0100, "tdlite: only whole rows can be bound (col_idx -1)");
        return;
    }
    bool ok = tl_bindmsg_parse(&m, a->rq->payload, a->rq->npayload, &err);
    ok = ok && tl_stmt_bind(p->stmt, &a->c->session, &m, take_message(a), &err);
    tl_bindmsg_free(&m);
    if (!ok) {
        tl_act_stmt2_fail(a, &err);
        return;
    }
    begin(a);
    tl_act_end(a);
}

/* Runs what is bound and replies. */
static void exec(struct tl_act *a, struct tl_prep *p)
{
    struct tl_error err;
    int64_t affected;
    drop_result(a->c, p);
    a->c->session.req_id = a->rq->req_id;
    if (!tl_stmt_exec(p->stmt, &a->c->session, &affected, &err)) {
        tl_act_stmt2_fail(a, &err);
        return;
    }
    begin(a);
    tl_json_fmt(&a->m->buf, ",\"affected\":%" PRId64 "}", affected);
}

void tl_act_stmt2_exec(struct tl_act *a)
{
    const struct tl_error unbound = tl_error_of(0x022A, "Stmt API usage error");
    struct tl_prep *p = need(a);
    if (!p) return;
    if (tl_stmt_state(p->stmt) == TL_STMT_BOUND)
        exec(a, p);
    else
        violation(a, tl_stmt_state(p->stmt) == TL_STMT_BROKEN ? tl_stmt_why(p->stmt) : &unbound);
}

/* Field kinds in prepare order: those of an INSERT, or query parameters. */
static bool exec_kinds(const struct tl_prep *p, const struct tl_bindexec *x, uint8_t *kinds)
{
    int n;
    const struct tl_stmt_field *f = tl_stmt_fields(p->stmt, &n);
    if (!tl_stmt_is_insert(p->stmt)) n = tl_stmt_params(p->stmt);
    if ((uint32_t)n != x->nfields) return false;
    for (int i = 0; i < n; i++)
        kinds[i] = f ? f[i].kind : TL_BIND_QUERY;
    return f || !tl_stmt_is_insert(p->stmt);
}

/* Names in these records carry no NUL and need none: lengths are kept apart. */
void tl_act_stmt2_bind_exec(struct tl_act *a)
{
    struct tl_bindexec x = {0};
    struct tl_bindmsg m = {0};
    struct tl_error err = {0};
    struct tl_prep *p = need(a);
    if (!p || !may_bind(a, p)) return;
    bool ok = tl_bindexec_parse(&x, a->rq->payload, a->rq->npayload, &err);
    uint8_t *kinds = ok ? calloc(x.nfields, 1) : NULL;
    if (ok && !kinds) {
        err = tl_error_of(0x0102, "Out of Memory");
        ok = false;
    }
    if (ok && !exec_kinds(p, &x, kinds)) {
        err = tl_error_of(0x0236, "bind number out of range or not match");
        ok = false;
    }
    ok = ok && tl_bindexec_group(&x, kinds, &m, &err);
    ok = ok && tl_stmt_bind(p->stmt, &a->c->session, &m, take_message(a), &err);
    if (ok)
        exec(a, p);
    else
        tl_act_stmt2_fail(a, &err);
    tl_bindmsg_free(&m);
    free(kinds);
    free(x.recs);
}

void tl_act_stmt2_result(struct tl_act *a)
{
    struct tl_prep *p = need(a);
    if (!p) return;
    struct tl_result *r = tl_stmt_result(p->stmt);
    if (tl_stmt_is_insert(p->stmt) || !r) {
        fail_with(a, 0xFFFF,
                  tl_stmt_is_insert(p->stmt) ? "stmt is insert, no result set" : "result is nil");
        return;
    }
    const uint64_t id = tl_act_open(a, r);
    if (!id) return;
    p->result = id;
    begin(a);
    tl_reply_stmt_fields(&a->m->buf, r, id);
}

/* Closing an unknown id succeeds, as on the adapter. */
void tl_act_stmt2_close(struct tl_act *a)
{
    struct tl_prep **link = find(a->c, a->rq->id);
    if (*link) drop(a->c, link);
    begin(a);
    tl_act_end(a);
}

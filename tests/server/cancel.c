/* cancel.c: KILL QUERY (cancel.h). */
#include "cancel.h"
#include "engine_hooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The request id under which the client looks; 0 when the action is no query. */
static uint64_t query_id(const struct tl_running *run)
{
    const struct tl_request *rq = &run->rq;
    switch (rq->action) {
    case TL_ACT_QUERY:
    case TL_ACT_BINARY_QUERY:
    case TL_ACT_STMT2_EXEC:
    case TL_ACT_STMT2_BIND_EXEC:
        return rq->req_id;
    case TL_ACT_FETCH:
    case TL_ACT_FETCH_RAW_BLOCK:
        break;
    default:
        return 0;
    }
    for (const struct tl_open *o = run->conn->open; o; o = o->next)
        if (o->id == rq->id) return o->query_id;
    return 0;
}

static void list(struct tl_running *run)
{
    const struct tl_request *rq = &run->rq;
    struct tl_error err = {0};
    run->listed = tl_engine_query_add(run->conn->srv->engine, run->kill_id, query_id(run),
                                      &run->conn->session, rq->sql ? rq->sql : "", rq->nsql, &err);
    if (!run->listed) tl_log(run->conn->srv, "perf_queries: %s", err.msg);
}

static void beat_due(lws_sorted_usec_list_t *sul)
{
    list(lws_container_of(sul, struct tl_running, beat));
}

void tl_cancel_enter(struct tl_running *run)
{
    struct tl_server *srv = run->conn->srv;
    if (query_id(run) == 0) return;
    snprintf(run->kill_id, sizeof run->kill_id, "%08x:%" PRIx64, 0x7d11e000u, ++srv->last_kill);
    if (srv->opts.heartbeat_ms > 0)
        lws_sul_schedule(srv->lws, 0, &run->beat, beat_due,
                         (lws_usec_t)srv->opts.heartbeat_ms * 1000);
    else
        list(run);
}

void tl_cancel_leave(struct tl_running *run)
{
    lws_sul_cancel(&run->beat);
    if (run->listed) tl_engine_query_drop(run->conn->srv->engine, run->kill_id);
    run->listed = false;
}

static bool kill_query(void *ctx, const char *kill_id)
{
    struct tl_server *srv = ctx;
    for (struct tl_conn *c = srv->conns; c; c = c->next) {
        for (struct tl_running *run = c->running; run; run = run->next) {
            if (!run->listed || strcmp(run->kill_id, kill_id) != 0) continue;
            run->killed = true;
            tl_run_soon(run);
            return true;
        }
    }
    return false;
}

void tl_cancel_start(struct tl_server *srv)
{
    tl_engine_set_kill(srv->engine, kill_query, srv);
}

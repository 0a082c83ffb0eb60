/* engine_hooks.c: perf_queries and KILL QUERY (engine_hooks.h). */
#include "engine_hooks.h"

#include "engine_int.h"
#include "sql_time.h"

#include <string.h>

void tl_engine_set_kill(struct tl_engine *e, tl_kill_fn *fn, void *ctx)
{
    e->kill = fn;
    e->kill_ctx = ctx;
}

bool tl_engine_query_add(struct tl_engine *e, const char *kill_id, uint64_t query_id,
                         const struct tl_session *s, const char *sql, size_t n,
                         struct tl_error *err)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(e->sq,
                           "INSERT INTO temp.tl_query(kill_id, query_id, conn_id, app, pid, user,"
                           " end_point, create_time, exec_usec, stable_query, sub_query, sub_num,"
                           " sub_status, sql) VALUES(?,?,1,'',0,?,'127.0.0.1',?,0,0,0,0,'',?)",
                           -1, &st, NULL) != SQLITE_OK) {
        return tl_sql_fail(e, err);
    }
    sqlite3_bind_text(st, 1, kill_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, (int64_t)(query_id ^ (1ULL << 63)));
    sqlite3_bind_text(st, 3, s->user, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 4, tl_ts_now(0));
    sqlite3_bind_text(st, 5, sql, (int)(n > 1024 ? 1024 : n), SQLITE_STATIC);
    bool ok = sqlite3_step(st) == SQLITE_DONE;
    if (!ok) tl_sql_fail(e, err);
    sqlite3_finalize(st);
    return ok;
}

void tl_engine_query_drop(struct tl_engine *e, const char *kill_id)
{
    struct tl_error ignored = {0};
    tl_run(e, &ignored, "DELETE FROM temp.tl_query WHERE kill_id = %Q", kill_id);
}

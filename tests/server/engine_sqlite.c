/* engine_sqlite.c: the SQLite engine's outside (engine.h): open, close, dispatch of statements,
   logins. */
#include "engine_wal.h"

#include "sql_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tl_engine *tl_engine_new(const char *dir, struct tl_error *err)
{
    struct tl_engine *e = calloc(1, sizeof *e);
    char path[1024] = ":memory:";
    memset(err, 0, sizeof *err);
    if (!e) {
        tl_oom(err);
        return NULL;
    }
    e->err = err;
    e->tz = "UTC";
    if (dir) snprintf(path, sizeof path, "%s/tdlite.sqlite", dir);
    if (sqlite3_open(path, &e->sq) != SQLITE_OK) {
        tl_sql_fail(e, err);
    } else if (tl_run(e, err,
                      "PRAGMA journal_mode=%s; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
                      "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=OFF",
                      dir ? "WAL" : "MEMORY") &&
               tl_udf_install(e, err) && tl_meta_open(e, err) && tl_sys_install(e, err)) {
        return e;
    }
    tl_engine_free(e);
    return NULL;
}

void tl_engine_free(struct tl_engine *e)
{
    if (!e) return;
    tl_results_stop(e);
    tl_wal_free(e);
    tl_meta_close(e);
    sqlite3_close_v2(e->sq);
    free(e);
}

bool tl_engine_has_db(struct tl_engine *e, const char *name)
{
    return tl_is_sysdb(name) || tl_find_db(e, name) != NULL;
}

bool tl_engine_login(struct tl_engine *e, const char *user, const char *password)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(e->sq, "SELECT 1 FROM tl_user WHERE name = ? AND pass = ? AND enable",
                           -1, &st, NULL) != SQLITE_OK) {
        return false;
    }
    sqlite3_bind_text(st, 1, user, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, password, -1, SQLITE_STATIC);
    bool ok = sqlite3_step(st) == SQLITE_ROW;
    sqlite3_finalize(st);
    return ok;
}

static bool use_db(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry)
{
    tl_advance(p);
    char *name = tl_ident(p, true);
    if (!name || !tl_parse_end(p)) return false;
    if (dry) return true;
    if (!tl_engine_has_db(e, name)) return tl_fail(p->err, TL_E_DB_NOT_EXIST, "Database not exist");
    snprintf(s->db, sizeof s->db, "%s", name);
    return true;
}

/* Statements without a result set. 1 done, 0 not one of them, -1 failed. */
static int run_update(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry,
                      int64_t *affected)
{
    const struct tl_tok *t = &p->t;
    bool ok;
    if (tl_tok_is(t, "insert") || tl_tok_is(t, "import")) {
        ok = tl_insert(e, s, p, dry, affected);
    } else if (tl_tok_is(t, "use")) {
        ok = use_db(e, s, p, dry);
    } else if (tl_tok_is(t, "create")) {
        ok = tl_ddl_create(e, s, p, dry);
    } else if (tl_tok_is(t, "drop")) {
        ok = tl_ddl_drop(e, s, p, dry);
    } else if (tl_tok_is(t, "alter")) {
        ok = tl_ddl_alter(e, s, p, dry);
    } else if (tl_tok_is(t, "delete")) {
        ok = tl_delete(e, s, p, dry, affected);
    } else if (tl_tok_is(t, "flush") || tl_tok_is(t, "reset")) {
        ok = tl_misc(e, s, p, dry);
    } else if (tl_tok_is(t, "kill")) {
        ok = tl_misc(e, s, p, dry);
    } else {
        return 0;
    }
    return ok ? 1 : -1;
}

static struct tl_result *run(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                             bool dry, struct tl_error *err)
{
    int64_t affected = 0;
    if (p->t.k == TK_END) {
        tl_syntax(p);
        return NULL;
    }
    int rc = run_update(e, s, p, dry, &affected);
    if (rc) return rc > 0 ? tl_result_update(affected, err) : NULL;
    if (tl_tok_is(&p->t, "select") || (p->t.k == TK_OP && p->t.op == '(')) {
        return tl_select(e, s, p, dry, err);
    }
    if (tl_tok_is(&p->t, "show")) return tl_show(e, s, p, dry, err);
    if (tl_tok_is(&p->t, "describe") || tl_tok_is(&p->t, "desc"))
        return tl_describe(e, s, p, dry, err);
    if (tl_tok_is(&p->t, "update"))
        tl_advance(p); /* golden/error/update: the text after it is shown */
    tl_syntax(p);
    return NULL;
}

static struct tl_result *exec(struct tl_engine *e, struct tl_session *s, const char *sql, size_t n,
                              bool dry, struct tl_error *err)
{
    struct tl_arena ar = {0};
    struct tl_parser p;
    struct tl_result *r = NULL;
    memset(err, 0, sizeof *err);
    if (n > 1048576) {
        tl_fail(err, 0x0219, "SQL statement too long");
        return NULL;
    }
    char *folded = tl_lex_fold(&ar, sql, n);
    if (folded) {
        e->err = err;
        e->tz = s->tz;
        tl_parse_start(&p, &ar, folded, n, err);
        r = run(e, s, &p, dry, err);
        if (!r && !err->code) tl_fail(err, TL_E_SYNTAX, "syntax error near \"%.400s\"", folded);
    } else {
        tl_oom(err);
    }
    tl_arena_drop(&ar);
    return r;
}

struct tl_result *tl_engine_exec(struct tl_engine *e, struct tl_session *s, const char *sql,
                                 size_t n, struct tl_error *err)
{
    return exec(e, s, sql, n, false, err);
}

int tl_engine_validate(struct tl_engine *e, struct tl_session *s, const char *sql, size_t n,
                       struct tl_error *err)
{
    struct tl_result *r = exec(e, s, sql, n, true, err);
    if (r) r->free(r);
    return err->code;
}

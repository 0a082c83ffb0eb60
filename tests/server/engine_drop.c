/* engine_drop.c: DROP, DELETE and the statements that only have to be taken. */
#include "engine_topic.h"
#include "engine_query.h"

#include <stdlib.h>
#include <string.h>

static bool if_exists(struct tl_parser *p, bool *lenient)
{
    *lenient = tl_accept(p, "if");
    return !*lenient || tl_expect(p, "exists");
}

static bool drop_storage(struct tl_engine *e, int64_t id, bool super, struct tl_error *err)
{
    if (!tl_run(e, err, "DROP TABLE s%lld; DELETE FROM tl_col WHERE tabid = %lld", (long long)id,
                (long long)id)) {
        return false;
    }
    return !super || tl_run(e, err, "DROP TABLE g%lld; DELETE FROM tl_tab WHERE stid = %lld",
                            (long long)id, (long long)id);
}

static bool drop_table(struct tl_engine *e, const struct tl_ref *r, const char *name,
                       struct tl_error *err)
{
    if (r->kind == TL_KIND_CHILD) {
        return tl_run(e, err,
                      "DELETE FROM s%lld WHERE tid = %lld; DELETE FROM g%lld WHERE tid = %lld;"
                      "DELETE FROM tl_tab WHERE id = %lld",
                      (long long)r->tab->id, (long long)r->tid, (long long)r->tab->id,
                      (long long)r->tid, (long long)r->tid);
    }
    return drop_storage(e, r->tab->id, r->kind == TL_KIND_SUPER, err) &&
           tl_run(e, err,
                  "DELETE FROM tl_tab WHERE id = %lld; DELETE FROM tl_index WHERE dbid = %lld AND "
                  "tab = %Q",
                  (long long)r->tab->id, (long long)r->db->id, name);
}

/* All tables of a database; collects the ids first, as dropping changes tl_tab. */
static bool drop_all(struct tl_engine *e, int64_t dbid, struct tl_error *err)
{
    sqlite3_stmt *st;
    struct tl_sb b = {0};
    if (sqlite3_prepare_v2(e->sq, "SELECT id, kind FROM tl_tab WHERE dbid = ? AND kind < 2", -1,
                           &st, NULL)) {
        return tl_sql_fail(e, err);
    }
    sqlite3_bind_int64(st, 1, dbid);
    while (sqlite3_step(st) == SQLITE_ROW) {
        long long id = sqlite3_column_int64(st, 0);
        tl_sb_fmt(&b, "DROP TABLE s%lld; DELETE FROM tl_col WHERE tabid = %lld;", id, id);
        if (sqlite3_column_int(st, 1)) tl_sb_fmt(&b, "DROP TABLE g%lld;", id);
    }
    sqlite3_finalize(st);
    tl_sb_fmt(&b,
              "DELETE FROM tl_tab WHERE dbid = %lld; DELETE FROM tl_index WHERE dbid = %lld;"
              "DELETE FROM tl_db WHERE id = %lld",
              (long long)dbid, (long long)dbid, (long long)dbid);
    bool ok = b.oom ? tl_oom(err) : tl_run(e, err, "%s", b.p);
    tl_sb_free(&b);
    return ok;
}

static bool drop_db(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry)
{
    bool lenient;
    if (!if_exists(p, &lenient)) return false;
    char *name = tl_ident(p, true);
    if (!name || !tl_parse_end(p)) return false;
    if (tl_is_sysdb(name)) {
        return tl_fail(p->err, TL_E_INVALID_OPERATION, "Cannot drop system database: `%s`", name);
    }
    if (dry) return true;
    struct tl_db *d = tl_find_db(e, name);
    if (!d) return lenient || tl_fail(p->err, TL_E_DB_NOT_EXIST, "Database not exist");
    if (!tl_results_park(e, p->err)) return false;
    tl_meta_forget(e);
    if (!tl_begin(e, p->err) || !tl_commit(e, drop_all(e, d->id, p->err), p->err)) return false;
    tl_wal_forget(e, d->id);
    if (!tl_run(e, p->err, "DELETE FROM tl_topic WHERE dbid = %lld", (long long)d->id))
        return false;
    for (struct tl_db **at = &e->dbs; *at; at = &(*at)->next) {
        if (*at != d) continue;
        *at = d->next;
        free(d);
        break;
    }
    if (strcmp(s->db, name) == 0) s->db[0] = 0;
    return true;
}

static bool drop_tables(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool stable,
                        bool dry)
{
    struct tl_name name;
    struct tl_ref ref;
    bool ok, lenient;
    if (!tl_results_park(e, p->err)) return false;
    tl_meta_forget(e); /* the kept insert statement would hold a table */
    ok = tl_begin(e, p->err);
    do {
        ok = ok && if_exists(p, &lenient) && tl_table_name(p, &name);
        struct tl_db *db = ok ? tl_need_db(e, s, name.db, p->err) : NULL;
        int rc = db ? tl_lookup(e, db, name.table, &ref, p->err) : -1;
        ok = ok && rc >= 0;
        if (ok && rc && stable && ref.kind != TL_KIND_SUPER) rc = 0;
        if (ok && !rc && !lenient) {
            ok = stable ? tl_fail(p->err, TL_E_STB_NOT_EXIST, "STable not exist")
                        : tl_fail(p->err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
        }
        if (ok && rc) ok = drop_table(e, &ref, name.table, p->err);
    } while (ok && tl_accept_op(p, ','));
    ok = ok && tl_parse_end(p);
    bool done = tl_commit(e, ok && !dry, p->err);
    tl_meta_forget(e);
    return done || (dry && ok);
}

bool tl_ddl_drop(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry)
{
    tl_advance(p);
    if (tl_accept(p, "database")) return drop_db(e, s, p, dry);
    if (tl_accept(p, "table")) return drop_tables(e, s, p, false, dry);
    if (tl_accept(p, "stable")) return drop_tables(e, s, p, true, dry);
    if (tl_accept(p, "user")) {
        char *name = tl_ident(p, true);
        if (!name || !tl_parse_end(p)) return false;
        if (dry) return true;
        if (strcmp(name, "root") == 0)
            return tl_fail(p->err, 0x0303, "Insufficient privilege for operation");
        if (!tl_run(e, p->err, "DELETE FROM tl_user WHERE name = %Q", name)) return false;
        return sqlite3_changes(e->sq) || tl_fail(p->err, TL_E_USER_NOT_EXIST, "User not exist");
    }
    if (tl_tok_is(&p->t, "topic")) return tl_topic_drop(e, p, dry);
    return tl_syntax(p);
}

/* May a DELETE's condition use this? Timestamps, and tags of a super table (0x2655). */
static bool delete_ok(const struct tl_scope *sc, const struct tl_expr *x)
{
    if (x->k == EX_COL) {
        const struct tl_srccol *c = &sc->src[0].cols[x->col];
        return c->primary || c->tag;
    }
    for (int i = 0; i < x->na; i++) {
        if (!delete_ok(sc, x->a[i])) return false;
    }
    return true;
}

bool tl_delete(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry,
               int64_t *affected)
{
    struct tl_name name;
    struct tl_expr *where = NULL;
    tl_advance(p);
    if (!tl_expect(p, "from") || !tl_table_name(p, &name)) return false;
    if (tl_accept(p, "where")) {
        where = tl_parse_expr(p);
        if (!where) return false;
    }
    if (!tl_parse_end(p)) return false;
    struct tl_from from = {.db = name.db, .table = name.table};
    struct tl_select sel = {.from = &from, .nfrom = 1, .where = where};
    struct tl_scope sc = {.e = e, .s = s, .ar = p->ar, .err = p->err, .sel = &sel};
    struct tl_sb cond = {0}, b = {0};
    if (!tl_bind_from(&sc, &sel)) return false;
    if (!sc.src[0].tab)
        return tl_fail(p->err, TL_E_INVALID_OPERATION, "Cannot delete from system table");
    if (where && !tl_bind(&sc, where)) return false;
    if (where && !delete_ok(&sc, where)) {
        return tl_fail(p->err, TL_E_DELETE_WHERE,
                       "The DELETE statement must have a definite time window range");
    }
    sc.src[0].use_rows = true;
    bool ok = !where || tl_emit(&sc, where, &cond);
    long long id = (long long)sc.src[0].tab->id, tid = (long long)sc.src[0].tid;
    tl_sb_fmt(&b, "DELETE FROM s%lld AS x0 WHERE ", id);
    if (tid) tl_sb_fmt(&b, "x0.tid=%lld", tid);
    if (!tid) tl_sb_str(&b, "1");
    if (cond.n && sc.src[0].use_tags) {
        tl_sb_fmt(&b, " AND EXISTS(SELECT 1 FROM g%lld AS g0 WHERE g0.tid=x0.tid AND %s)", id,
                  cond.p);
    } else if (cond.n) {
        tl_sb_fmt(&b, " AND %s", cond.p);
    }
    if (ok && (b.oom || cond.oom)) ok = tl_oom(p->err);
    if (ok && !dry) {
        ok = tl_run(e, p->err, "%s", b.p);
        *affected = sqlite3_changes(e->sq);
    }
    tl_sb_free(&b);
    tl_sb_free(&cond);
    return ok;
}

bool tl_misc(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry)
{
    if (tl_accept(p, "kill")) {
        size_t n;
        if (!tl_expect(p, "query")) return false;
        if (p->t.k != TK_STR) return tl_syntax(p);
        char *id = tl_arena_get(p->ar, p->t.n + 1);
        if (!id) return tl_oom(p->err);
        tl_tok_text(&p->t, id, &n);
        tl_advance(p);
        if (!tl_parse_end(p) || dry) return p->err->code == 0;
        if (e->kill && e->kill(e->kill_ctx, id)) return true;
        return tl_fail(p->err, 0x030E, "Invalid connection id");
    }
    if (tl_accept(p, "flush")) {
        if (!tl_expect(p, "database")) return false;
        char *name = tl_ident(p, true);
        return name && tl_parse_end(p) && tl_need_db(e, s, name, p->err);
    }
    tl_advance(p);
    return tl_expect(p, "query") && tl_expect(p, "cache") && tl_parse_end(p);
}

/* engine_meta.c: databases, tables and columns: the SQLite tables that describe them and the
   cache of schemas. */
#include "engine_wal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tl_sql_fail(struct tl_engine *e, struct tl_error *err)
{
    if (err->code) return false; /* a SQL function has said why */
    const char *why = sqlite3_errmsg(e->sq);
    static const char *const limits[] = {"parser stack overflow", "too large", "too many",
                                         "too big"};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (!strstr(why, limits[i])) continue;
        return tl_fail(err, TL_E_SYNTAX, "Statement too complex: %s", why);
    }
    return tl_fail(err, TL_E_INTERNAL, "Internal error: %s", why);
}

bool tl_run(struct tl_engine *e, struct tl_error *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *sql = sqlite3_vmprintf(fmt, ap);
    va_end(ap);
    if (!sql) return tl_oom(err);
    int rc = sqlite3_exec(e->sq, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK || tl_sql_fail(e, err);
}

bool tl_begin(struct tl_engine *e, struct tl_error *err)
{
    if (!tl_run(e, err, "SAVEPOINT stmt")) return false;
    tl_wal_mark(e);
    return true;
}

bool tl_commit(struct tl_engine *e, bool ok, struct tl_error *err)
{
    struct tl_error later = {0};
    tl_wal_end_mark(e, ok);
    if (!ok) tl_run(e, &later, "ROLLBACK TO stmt");
    return tl_run(e, ok ? err : &later, "RELEASE stmt") && ok;
}

bool tl_is_sysdb(const char *name)
{
    return strcmp(name, "information_schema") == 0 || strcmp(name, "performance_schema") == 0;
}

struct tl_db *tl_find_db(struct tl_engine *e, const char *name)
{
    for (struct tl_db *d = e->dbs; d; d = d->next) {
        if (strcmp(d->name, name) == 0) return d;
    }
    return NULL;
}

struct tl_db *tl_db_by_id(struct tl_engine *e, int64_t id)
{
    for (struct tl_db *d = e->dbs; d; d = d->next) {
        if (d->id == id) return d;
    }
    return NULL;
}

static bool load_dbs(struct tl_engine *e, struct tl_error *err)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(e->sq, "SELECT id, name, prec, keep_min FROM tl_db", -1, &st, NULL) !=
        SQLITE_OK) {
        return tl_sql_fail(e, err);
    }
    while (sqlite3_step(st) == SQLITE_ROW) {
        struct tl_db *d = calloc(1, sizeof *d);
        if (!d) {
            sqlite3_finalize(st);
            return tl_oom(err);
        }
        d->id = sqlite3_column_int64(st, 0);
        snprintf(d->name, sizeof d->name, "%s", (const char *)sqlite3_column_text(st, 1));
        d->prec = sqlite3_column_int(st, 2);
        d->keep_min = sqlite3_column_int64(st, 3);
        d->next = e->dbs;
        e->dbs = d;
    }
    return sqlite3_finalize(st) == SQLITE_OK || tl_sql_fail(e, err);
}

bool tl_meta_open(struct tl_engine *e, struct tl_error *err)
{
    static const char ddl[] =
        "CREATE TABLE IF NOT EXISTS tl_db(id INTEGER PRIMARY KEY, name TEXT UNIQUE, prec INT,"
        " keep_min INT, keep_text TEXT, vgroups INT, buffer INT, pages INT, pagesize INT, comp INT,"
        " cachemodel TEXT, wal_retention_period INT, created INT);"
        "CREATE TABLE IF NOT EXISTS tl_tab(id INTEGER PRIMARY KEY, dbid INT, name TEXT, kind INT,"
        " stid INT, created INT, updated INT, comment TEXT, ttl INT, next_id INT, UNIQUE(dbid, "
        "name));"
        "CREATE INDEX IF NOT EXISTS tl_tab_st ON tl_tab(stid) WHERE stid IS NOT NULL;"
        "CREATE TABLE IF NOT EXISTS tl_col(tabid INT, tag INT, pos INT, name TEXT, type INT, len "
        "INT,"
        " prec INT, scale INT, pk INT, id INT, PRIMARY KEY(tabid, tag, pos)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS tl_user(name TEXT PRIMARY KEY, pass TEXT, super INT, enable "
        "INT,"
        " sysinfo INT, createdb INT, created INT);"
        "CREATE TABLE IF NOT EXISTS tl_index(name TEXT, dbid INT, tab TEXT, col TEXT, created INT,"
        " UNIQUE(dbid, name));"
        "CREATE TABLE IF NOT EXISTS tl_topic(name TEXT PRIMARY KEY, dbid INT, defdb TEXT, kind INT,"
        " meta INT, text TEXT, type TEXT, created INT);";
    if (!tl_run(e, err, "%s", ddl)) return false;
    static const char find[] = "SELECT id, kind, stid FROM tl_tab WHERE dbid = ? AND name = ?";
    static const char find_id[] = "SELECT dbid, name, kind, next_id FROM tl_tab WHERE id = ?";
    if (sqlite3_prepare_v3(e->sq, find, -1, SQLITE_PREPARE_PERSISTENT, &e->find, NULL) ||
        sqlite3_prepare_v3(e->sq, find_id, -1, SQLITE_PREPARE_PERSISTENT, &e->find_id, NULL)) {
        return tl_sql_fail(e, err);
    }
    return load_dbs(e, err);
}

static void free_table(struct tl_table *t)
{
    free(t->cols);
    free(t->tags);
    free(t);
}

void tl_meta_forget(struct tl_engine *e)
{
    for (int i = 0; i < TL_HASH; i++) {
        while (e->hash[i]) {
            struct tl_table *t = e->hash[i];
            e->hash[i] = t->hash_next;
            free_table(t);
        }
    }
    sqlite3_finalize(e->ins);
    e->ins = NULL;
}

void tl_meta_close(struct tl_engine *e)
{
    tl_meta_forget(e);
    sqlite3_finalize(e->find);
    sqlite3_finalize(e->find_id);
    free(e->ins_cols);
    while (e->dbs) {
        struct tl_db *d = e->dbs;
        e->dbs = d->next;
        free(d);
    }
}

struct tl_db *tl_need_db(struct tl_engine *e, const struct tl_session *s, const char *db,
                         struct tl_error *err)
{
    if (!db) db = s->db;
    if (!db[0]) {
        tl_fail(err, TL_E_DB_NOT_SPECIFIED, "Database not specified");
        return NULL;
    }
    struct tl_db *d = tl_find_db(e, db);
    if (!d) tl_fail(err, TL_E_DB_NOT_EXIST, "Database not exist");
    return d;
}

static bool load_fields(struct tl_engine *e, struct tl_table *t, bool tag, struct tl_error *err)
{
    sqlite3_stmt *st;
    struct tl_field *v = NULL;
    int n = 0, cap = 0;
    if (sqlite3_prepare_v2(e->sq,
                           "SELECT name, type, len, prec, scale, pk, id FROM tl_col"
                           " WHERE tabid = ? AND tag = ? ORDER BY pos",
                           -1, &st, NULL) != SQLITE_OK) {
        return tl_sql_fail(e, err);
    }
    sqlite3_bind_int64(st, 1, t->id);
    sqlite3_bind_int(st, 2, tag);
    while (sqlite3_step(st) == SQLITE_ROW) {
        if (n == cap) {
            cap = cap ? cap * 2 : 8;
            struct tl_field *w = realloc(v, (size_t)cap * sizeof *v);
            if (!w) break;
            v = w;
        }
        struct tl_field *f = &v[n++];
        memset(f, 0, sizeof *f);
        snprintf(f->name, sizeof f->name, "%s", (const char *)sqlite3_column_text(st, 0));
        f->type.t = (uint8_t)sqlite3_column_int(st, 1);
        f->type.len = sqlite3_column_int(st, 2);
        f->type.p = (uint8_t)sqlite3_column_int(st, 3);
        f->type.s = (uint8_t)sqlite3_column_int(st, 4);
        f->pk = sqlite3_column_int(st, 5) != 0;
        f->id = sqlite3_column_int(st, 6);
    }
    bool ok = sqlite3_finalize(st) == SQLITE_OK;
    if (tag) {
        t->tags = v;
        t->ntags = n;
    } else {
        t->cols = v;
        t->ncols = n;
    }
    return ok || tl_sql_fail(e, err);
}

const struct tl_table *tl_schema(struct tl_engine *e, int64_t id, struct tl_error *err)
{
    struct tl_table **slot = &e->hash[(uint64_t)id % TL_HASH];
    for (struct tl_table *t = *slot; t; t = t->hash_next) {
        if (t->id == id) return t;
    }
    struct tl_table *t = calloc(1, sizeof *t);
    if (!t) {
        tl_oom(err);
        return NULL;
    }
    t->id = id;
    sqlite3_bind_int64(e->find_id, 1, id);
    bool ok = sqlite3_step(e->find_id) == SQLITE_ROW;
    if (ok) {
        t->dbid = sqlite3_column_int64(e->find_id, 0);
        snprintf(t->name, sizeof t->name, "%s", (const char *)sqlite3_column_text(e->find_id, 1));
        t->kind = sqlite3_column_int(e->find_id, 2);
        t->next_id = sqlite3_column_int(e->find_id, 3);
    }
    sqlite3_reset(e->find_id);
    if (!ok || !load_fields(e, t, false, err) || !load_fields(e, t, true, err)) {
        if (!ok) tl_sql_fail(e, err);
        free_table(t);
        return NULL;
    }
    t->hash_next = *slot;
    *slot = t;
    return t;
}

int tl_lookup(struct tl_engine *e, struct tl_db *db, const char *name, struct tl_ref *out,
              struct tl_error *err)
{
    memset(out, 0, sizeof *out);
    sqlite3_bind_int64(e->find, 1, db->id);
    sqlite3_bind_text(e->find, 2, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(e->find);
    int64_t id = 0, stid = 0;
    if (rc == SQLITE_ROW) {
        id = sqlite3_column_int64(e->find, 0);
        out->kind = sqlite3_column_int(e->find, 1);
        stid = sqlite3_column_int64(e->find, 2);
    }
    sqlite3_reset(e->find);
    if (rc == SQLITE_DONE) return 0;
    if (rc != SQLITE_ROW) {
        tl_sql_fail(e, err);
        return -1;
    }
    out->db = db;
    out->tid = out->kind == TL_KIND_SUPER ? 0 : id;
    out->tab = tl_schema(e, out->kind == TL_KIND_CHILD ? stid : id, err);
    return out->tab ? 1 : -1;
}

bool tl_need_table(struct tl_engine *e, const struct tl_session *s, const struct tl_name *n,
                   struct tl_ref *out, struct tl_error *err)
{
    struct tl_db *db = tl_need_db(e, s, n->db, err);
    if (!db) return false;
    int rc = tl_lookup(e, db, n->table, out, err);
    if (rc == 0) return tl_fail(err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
    return rc == 1;
}

static const struct tl_field *named(const struct tl_field *v, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(v[i].name, name) == 0) return &v[i];
    }
    return NULL;
}

const struct tl_field *tl_col_of(const struct tl_table *t, const char *name)
{
    return named(t->cols, t->ncols, name);
}

const struct tl_field *tl_tag_of(const struct tl_table *t, const char *name)
{
    return named(t->tags, t->ntags, name);
}

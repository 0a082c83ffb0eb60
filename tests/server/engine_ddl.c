/* engine_ddl.c: CREATE of databases, super tables and tables. */
#include "engine_topic.h"

#include "sql_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool if_exists(struct tl_parser *p, bool neg, bool *out)
{
    *out = tl_accept(p, "if");
    if (!*out) return true;
    if (neg && !tl_expect(p, "not")) return false;
    return tl_expect(p, "exists");
}

/* One database option: integers and texts as TDengine's grammar has them; kept are those that
   SHOW needs. */
struct db_opts {
    int prec;
    int64_t keep_min, vgroups, buffer, pages, pagesize, comp, wal_ret;
    char cachemodel[12];
};

static bool opt_text(struct tl_parser *p, char *out, size_t cap)
{
    size_t n;
    char *s = p->t.k == TK_STR ? tl_arena_get(p->ar, p->t.n + 1) : NULL;
    if (!s) return tl_syntax(p);
    tl_tok_text(&p->t, s, &n);
    s[n] = 0;
    if (n >= cap) return tl_syntax(p);
    memcpy(out, s, n + 1);
    tl_advance(p);
    return true;
}

/* keep 3650 (days), keep '365d', keep 10d,20d,30d: the last one counts. */
static bool opt_keep(struct tl_parser *p, int64_t *minutes)
{
    do {
        char text[32] = "";
        if (p->t.k == TK_STR) {
            if (!opt_text(p, text, sizeof text)) return false;
        } else if ((p->t.k == TK_DUR || p->t.k == TK_INT) && p->t.n < sizeof text) {
            memcpy(text, p->t.z, p->t.n);
            tl_advance(p);
        }
        char *e;
        long v = strtol(text, &e, 10);
        int per = *e == 'm' ? 1 : *e == 'h' ? 60 : 1440;
        if (e == text || v <= 0 || v > 52560000 || (*e && !strchr("mhd", *e))) return tl_syntax(p);
        *minutes = (int64_t)v * per;
    } while (tl_accept_op(p, ','));
    if (*minutes > 52560000) {
        return tl_fail(p->err, 0x2610 + 8, "Invalid option keep: %lld", (long long)*minutes);
    }
    return true;
}

static bool db_option(struct tl_parser *p, struct db_opts *o)
{
    static const char *const ignored[] = {
        "replica",       "duration",         "minrows",          "maxrows",
        "cachesize",     "wal_level",        "wal_fsync_period", "wal_retention_size",
        "stt_trigger",   "table_prefix",     "table_suffix",     "tsdb_pagesize",
        "single_stable", "keep_time_offset", "wal_roll_period",  "wal_segment_size"};
    char text[32];
    int64_t n;
    if (tl_accept(p, "precision")) {
        if (!opt_text(p, text, sizeof text)) return false;
        o->prec = strcmp(text, "ms") == 0   ? 0
                  : strcmp(text, "us") == 0 ? 1
                  : strcmp(text, "ns") == 0 ? 2
                                            : -1;
        return o->prec >= 0 || tl_fail(p->err, 0x2618, "Invalid option precision: %s", text);
    }
    if (tl_accept(p, "keep")) return opt_keep(p, &o->keep_min);
    if (tl_accept(p, "vgroups")) return tl_uint(p, &o->vgroups);
    if (tl_accept(p, "buffer")) return tl_uint(p, &o->buffer);
    if (tl_accept(p, "pages")) return tl_uint(p, &o->pages);
    if (tl_accept(p, "pagesize")) return tl_uint(p, &o->pagesize);
    if (tl_accept(p, "comp")) return tl_uint(p, &o->comp);
    if (tl_accept(p, "wal_retention_period")) return tl_uint(p, &o->wal_ret);
    if (tl_accept(p, "cachemodel")) return opt_text(p, o->cachemodel, sizeof o->cachemodel);
    if (tl_accept(p, "strict")) return opt_text(p, text, sizeof text);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        if (!tl_accept(p, ignored[i])) continue;
        if (p->t.k == TK_DUR) {
            tl_advance(p);
            return true;
        }
        return tl_uint(p, &n);
    }
    return tl_syntax(p);
}

static bool create_db(struct tl_engine *e, struct tl_parser *p, bool dry)
{
    bool lenient;
    struct db_opts o = {0, 3650 * 1440, 2, 256, 256, 4, 2, 3600, "none"};
    if (!if_exists(p, true, &lenient)) return false;
    const char *z = p->t.z;
    char *name = tl_ident(p, true);
    if (!name) return false;
    if (strlen(name) > 64) {
        return tl_fail(p->err, TL_E_IDENT_NAME, "Invalid identifier name: %.400s", z);
    }
    while (p->t.k == TK_ID) {
        if (!db_option(p, &o)) return false;
    }
    if (!tl_parse_end(p)) return false;
    if (dry) return true;
    if (tl_is_sysdb(name)) {
        return tl_fail(p->err, TL_E_INVALID_OPERATION, "Cannot create system database: `%s`", name);
    }
    if (tl_find_db(e, name)) {
        return lenient || tl_fail(p->err, TL_E_DB_EXISTS, "Database already exists");
    }
    struct tl_db *d = calloc(1, sizeof *d);
    if (!d) return tl_oom(p->err);
    if (!tl_run(e, p->err,
                "INSERT INTO tl_db(name, prec, keep_min, vgroups, buffer, pages, pagesize, comp,"
                " cachemodel, wal_retention_period, created)"
                " VALUES(%Q,%d,%lld,%lld,%lld,%lld,%lld,%lld,%Q,%lld,%lld)",
                name, o.prec, (long long)o.keep_min, (long long)o.vgroups, (long long)o.buffer,
                (long long)o.pages, (long long)o.pagesize, (long long)o.comp, o.cachemodel,
                (long long)o.wal_ret, (long long)tl_ts_now(0))) {
        free(d);
        return false;
    }
    d->id = sqlite3_last_insert_rowid(e->sq);
    memcpy(d->name, name, strlen(name) + 1);
    d->prec = o.prec;
    d->keep_min = o.keep_min;
    d->next = e->dbs;
    e->dbs = d;
    return true;
}

struct defs {
    struct tl_coldef *v;
    int n, cap;
};

static bool col_options(struct tl_parser *p, struct tl_coldef *c)
{
    char text[32];
    for (;;) {
        if (tl_accept(p, "primary") || tl_accept(p, "composite")) {
            if (!tl_expect(p, "key")) return false;
            c->pk = true;
        } else if (tl_accept(p, "encode") || tl_accept(p, "compress") || tl_accept(p, "level")) {
            if (!opt_text(p, text, sizeof text)) return false;
        } else {
            return true;
        }
    }
}

static bool parse_defs(struct tl_parser *p, struct defs *d, bool tags)
{
    if (!tl_expect_op(p, '(')) return false;
    do {
        if (d->n == d->cap) {
            int cap = d->cap ? d->cap * 2 : 16;
            struct tl_coldef *v = tl_arena_get(p->ar, (size_t)cap * sizeof *v);
            if (!v) return tl_oom(p->err);
            if (d->n) memcpy(v, d->v, (size_t)d->n * sizeof *v);
            d->v = v;
            d->cap = cap;
        }
        struct tl_coldef *c = &d->v[d->n];
        const char *z = p->t.z;
        c->name = tl_ident(p, true);
        if (!c->name) return false;
        if (strlen(c->name) > 64) {
            return tl_fail(p->err, TL_E_IDENT_NAME, "Invalid identifier name: %.400s", z);
        }
        if (!tl_parse_type(p, &c->type) || (!tags && !col_options(p, c))) return false;
        d->n++;
    } while (tl_accept_op(p, ','));
    return tl_expect_op(p, ')');
}

static bool check_dup(struct tl_parser *p, const struct defs *a, const struct defs *b)
{
    for (int i = 0; i < b->n; i++) {
        for (int k = 0; k < a->n; k++) {
            if ((a != b || k < i) && strcmp(a->v[k].name, b->v[i].name) == 0) {
                return tl_fail(p->err, TL_E_DUP_COLUMN, "Duplicated column names");
            }
        }
    }
    return true;
}

static bool check_columns(struct tl_parser *p, const struct defs *c)
{
    int blobs = 0, width = 0;
    if (c->n < 2) return tl_fail(p->err, 0x263F, "Invalid number of columns");
    if (c->n > 1990) return tl_fail(p->err, 0x263F, "Too many columns");
    if (c->v[0].type.t != TL_TIMESTAMP) {
        return tl_fail(p->err, 0x2641, "First column must be timestamp");
    }
    for (int i = 0; i < c->n; i++) {
        uint8_t t = c->v[i].type.t;
        blobs += t == TL_BLOB;
        width += t == TL_BLOB ? 5 : t == TL_NCHAR ? c->v[i].type.len * 4 + 2 : c->v[i].type.len + 2;
        if (t == TL_JSON) {
            return tl_fail(p->err, 0x2600 + 0x4C, "Only tag can be json type");
        }
        bool key =
            t == TL_INT || t == TL_BIGINT || t == TL_UINT || t == TL_UBIGINT || t == TL_VARCHAR;
        if (c->v[i].pk && (i != 1 || !key)) {
            return tl_fail(p->err, 0x267C, "primary key column must be second column");
        }
    }
    if (blobs > 1) return tl_fail(p->err, 0x6306, "Only one BLOB column is allowed");
    if (width > 65531 + 2 * c->n) return tl_fail(p->err, 0x2642, "Row length exceeds 65531");
    return check_dup(p, c, c);
}

static bool check_tags(struct tl_parser *p, const struct defs *c, const struct defs *g)
{
    int width = 0;
    if (g->n > 128) return tl_fail(p->err, 0x263D, "Invalid number of tag columns");
    for (int i = 0; i < g->n; i++) {
        uint8_t t = g->v[i].type.t;
        if (t == TL_JSON && g->n > 1) {
            return tl_fail(p->err, 0x264B, "Only one tag if there is a json tag");
        }
        if (t == TL_BLOB || tl_is_dec(t)) {
            return tl_fail(p->err, 0x2643, "Invalid data type for tag: %s", g->v[i].name);
        }
        width += t == TL_JSON ? 0 : t == TL_NCHAR ? g->v[i].type.len * 4 : g->v[i].type.len;
    }
    if (width > 16384) return tl_fail(p->err, 0x263E, "Tags length exceeds max length 16384");
    return check_dup(p, g, g) && check_dup(p, c, g);
}

static bool store_defs(struct tl_engine *e, int64_t id, const struct defs *d, bool tag, int *next,
                       struct tl_error *err)
{
    for (int i = 0; i < d->n; i++) {
        const struct tl_coldef *c = &d->v[i];
        if (!tl_run(e, err, "INSERT INTO tl_col VALUES(%lld,%d,%d,%Q,%d,%d,%d,%d,%d,%d)",
                    (long long)id, tag, i, c->name, c->type.t, c->type.len, c->type.p, c->type.s,
                    c->pk, (*next)++)) {
            return false;
        }
    }
    return true;
}

/* The SQLite tables of a new super or normal table; ids run from 1, columns before tags. */
static bool store_table(struct tl_engine *e, struct tl_db *db, const char *name,
                        const struct defs *c, const struct defs *g, const char *comment,
                        struct tl_error *err)
{
    int64_t now = tl_ts_now(0);
    int next = 1;
    if (!tl_run(e, err,
                "INSERT INTO tl_tab(dbid,name,kind,created,updated,comment,ttl,next_id)"
                " VALUES(%lld,%Q,%d,%lld,%lld,%Q,0,%d)",
                (long long)db->id, name, g->n ? TL_KIND_SUPER : TL_KIND_NORMAL, (long long)now,
                (long long)now, comment, c->n + g->n + 1)) {
        return false;
    }
    int64_t id = sqlite3_last_insert_rowid(e->sq);
    if (!store_defs(e, id, c, false, &next, err) || !store_defs(e, id, g, true, &next, err)) {
        return false;
    }
    struct tl_sb b = {0};
    tl_sb_fmt(&b, "CREATE TABLE s%lld(tid INTEGER NOT NULL,c1 NOT NULL", (long long)id);
    for (int i = 1; i < c->n; i++)
        tl_sb_fmt(&b, ",c%d%s", i + 1, c->v[i].pk ? " NOT NULL" : "");
    tl_sb_fmt(&b, ",PRIMARY KEY(tid,c1%s)) WITHOUT ROWID;", c->v[1].pk ? ",c2" : "");
    if (g->n) {
        tl_sb_fmt(&b, "CREATE TABLE g%lld(tid INTEGER PRIMARY KEY,tbname TEXT NOT NULL UNIQUE",
                  (long long)id);
        for (int i = 0; i < g->n; i++)
            tl_sb_fmt(&b, ",t%d", c->n + i + 1);
        tl_sb_str(&b, ");");
    }
    bool ok = !b.oom && tl_run(e, err, "%s", b.p) &&
              tl_wal_table(e, db->id, id, id, g->n ? NULL : name, err);
    tl_sb_free(&b);
    return ok;
}

static bool table_options(struct tl_parser *p, char **comment)
{
    int64_t n;
    char text[64];
    *comment = NULL;
    while (p->t.k == TK_ID) {
        if (tl_accept(p, "comment")) {
            char buf[1025];
            if (!opt_text(p, buf, sizeof buf)) return false;
            *comment = tl_arena_dup(p->ar, buf, strlen(buf));
            if (!*comment) return tl_oom(p->err);
        } else if (tl_accept(p, "ttl")) {
            if (!tl_uint(p, &n)) return false;
        } else if (tl_accept(p, "keep")) {
            if (p->t.k == TK_STR ? !opt_text(p, text, sizeof text)
                                 : p->t.k != TK_DUR && p->t.k != TK_INT) {
                return tl_syntax(p);
            }
            if (p->t.k == TK_DUR || p->t.k == TK_INT) tl_advance(p);
        } else {
            return tl_syntax(p);
        }
    }
    return true;
}

static bool create_defs(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                        const struct tl_name *name, bool stable, bool lenient, bool dry)
{
    struct defs c = {0}, g = {0};
    char *comment;
    if (!parse_defs(p, &c, false)) return false;
    if (tl_accept(p, "tags")) {
        if (!parse_defs(p, &g, true)) return false;
    } else if (stable) {
        return tl_syntax(p);
    }
    if (!table_options(p, &comment) || !tl_parse_end(p)) return false;
    if (!check_columns(p, &c) || !check_tags(p, &c, &g)) return false;
    if (dry) return true;
    struct tl_db *db = tl_need_db(e, s, name->db, p->err);
    struct tl_ref ref;
    if (!db) return false;
    int rc = tl_lookup(e, db, name->table, &ref, p->err);
    if (rc < 0) return false;
    if (rc) {
        if (lenient) return true;
        if (g.n) return tl_fail(p->err, TL_E_STB_EXISTS, "STable already exists");
        return tl_fail(p->err, TL_E_TABLE_EXISTS, "Table already exists");
    }
    if (!tl_begin(e, p->err)) return false;
    return tl_commit(e, store_table(e, db, name->table, &c, &g, comment, p->err), p->err);
}

bool tl_create_child(struct tl_engine *e, const struct tl_table *st, const char *name,
                     const struct tl_val *tags, int64_t *tid, struct tl_error *err)
{
    int64_t now = tl_ts_now(0);
    if (!tl_run(e, err,
                "INSERT INTO tl_tab(dbid,name,kind,stid,created,updated,ttl)"
                " VALUES(%lld,%Q,%d,%lld,%lld,%lld,0)",
                (long long)st->dbid, name, TL_KIND_CHILD, (long long)st->id, (long long)now,
                (long long)now)) {
        return false;
    }
    *tid = sqlite3_last_insert_rowid(e->sq);
    struct tl_sb b = {0};
    sqlite3_stmt *ins = NULL;
    tl_sb_fmt(&b, "INSERT INTO g%lld(tid,tbname", (long long)st->id);
    for (int i = 0; i < st->ntags; i++)
        tl_sb_fmt(&b, ",t%d", st->tags[i].id);
    tl_sb_str(&b, ") VALUES(?,?");
    for (int i = 0; i < st->ntags; i++)
        tl_sb_str(&b, ",?");
    tl_sb_str(&b, ")");
    bool ok = !b.oom && sqlite3_prepare_v2(e->sq, b.p, -1, &ins, NULL) == SQLITE_OK;
    if (ok) {
        sqlite3_bind_int64(ins, 1, *tid);
        sqlite3_bind_text(ins, 2, name, -1, SQLITE_STATIC);
        for (int i = 0; i < st->ntags; i++)
            tl_val_bind(ins, i + 3, &st->tags[i].type, &tags[i]);
        ok = sqlite3_step(ins) == SQLITE_DONE;
    }
    if (!ok) tl_sql_fail(e, err);
    sqlite3_finalize(ins);
    tl_sb_free(&b);
    return ok && tl_wal_table(e, st->dbid, *tid, st->id, name, err);
}

/* Reads `[IF NOT EXISTS] name USING st TAGS (...)`, one after another, and creates them when the
   whole text is right. */
static bool create_children(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                            struct tl_name name, bool lenient, bool dry)
{
    bool ok = tl_begin(e, p->err), more = true;
    while (ok && more) {
        struct tl_using u;
        struct tl_ref ref;
        int64_t tid;
        char *comment;
        struct tl_db *db = tl_need_db(e, s, name.db, p->err);
        ok = db && tl_expect(p, "using") && tl_parse_using(e, s, p, name.db, &u);
        if (ok && (tl_tok_is(&p->t, "comment") || tl_tok_is(&p->t, "ttl"))) {
            ok = table_options(p, &comment);
        }
        int rc = ok ? tl_lookup(e, db, name.table, &ref, p->err) : -1;
        ok = ok && rc >= 0;
        if (ok && rc && !lenient) ok = tl_fail(p->err, TL_E_TABLE_EXISTS, "Table already exists");
        if (ok && !rc) ok = tl_create_child(e, u.st, name.table, u.tags, &tid, p->err);
        more = p->t.k == TK_ID || p->t.k == TK_QID;
        if (ok && more) ok = if_exists(p, true, &lenient) && tl_table_name(p, &name);
    }
    ok = ok && tl_parse_end(p);
    bool done = tl_commit(e, ok && !dry, p->err);
    return done || (dry && ok);
}

static bool create_user(struct tl_engine *e, struct tl_parser *p, bool dry)
{
    char pass[256];
    int64_t sysinfo = 1;
    char *name = tl_ident(p, true);
    if (!name || !tl_expect(p, "pass") || !opt_text(p, pass, sizeof pass)) return false;
    if (tl_accept(p, "sysinfo") && !tl_uint(p, &sysinfo)) return false;
    if (!tl_parse_end(p)) return false;
    if (strlen(name) > 23 || strlen(pass) < 8) {
        return tl_fail(p->err, TL_E_NAME_TOO_LONG + (strlen(name) > 23 ? 0 : 1),
                       "Name or password too long or too short");
    }
    if (dry) return true;
    struct tl_error e2 = {0};
    if (tl_run(e, &e2, "INSERT INTO tl_user VALUES(%Q,%Q,0,1,%d,0,%lld)", name, pass, sysinfo != 0,
               (long long)tl_ts_now(0))) {
        return true;
    }
    return tl_fail(p->err, TL_E_USER_EXISTS, "User already exists");
}

bool tl_ddl_create(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry)
{
    bool lenient, stable;
    struct tl_name name;
    tl_advance(p);
    if (tl_accept(p, "database")) return create_db(e, p, dry);
    if (tl_accept(p, "user")) return create_user(e, p, dry);
    if (tl_tok_is(&p->t, "topic")) return tl_topic_create(e, s, p, dry);
    stable = tl_accept(p, "stable");
    if (!stable && !tl_expect(p, "table")) return false;
    if (!if_exists(p, true, &lenient) || !tl_table_name(p, &name)) return false;
    if (!stable && tl_tok_is(&p->t, "using")) {
        return create_children(e, s, p, name, lenient, dry);
    }
    return create_defs(e, s, p, &name, stable, lenient, dry);
}

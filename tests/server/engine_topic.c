/* engine_topic.c: topics and what they show of the log (engine_topic.h). */
#include "engine_topic.h"
#include "proto.h"
#include "sql_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- statements ---- */

static bool if_word(struct tl_parser *p, bool create, bool *lenient)
{
    *lenient = tl_accept(p, "if");
    if (!*lenient) return true;
    return (!create || tl_expect(p, "not")) && tl_expect(p, "exists");
}

static bool known(struct tl_engine *e, const char *name)
{
    struct tl_topic t;
    const bool found = tl_topic_find(e, name, &t);
    if (found) tl_topic_clear(&t);
    return found;
}

/* `as select ...`, `as stable st`, `as database db`: fills everything but name and meta. */
static bool read_source(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                        struct tl_topic *t)
{
    struct tl_name name;
    struct tl_ref ref;
    if (tl_accept(p, "database")) {
        t->kind = TL_TOPIC_DB;
        char *db = tl_ident(p, true);
        const struct tl_db *d = db ? tl_need_db(e, s, db, p->err) : NULL;
        if (!d || !tl_parse_end(p)) return false;
        t->dbid = d->id;
        t->text = (char *)"";
        return true;
    }
    if (tl_accept(p, "stable")) {
        t->kind = TL_TOPIC_STABLE;
        if (!tl_table_name(p, &name) || !tl_parse_end(p) ||
            !tl_need_table(e, s, &name, &ref, p->err))
            return false;
        if (ref.kind != TL_KIND_SUPER)
            return tl_fail(p->err, TL_E_STB_NOT_EXIST, "STable not exist");
        t->dbid = ref.db->id;
        t->text = name.table;
        return true;
    }
    t->kind = TL_TOPIC_QUERY;
    if (!tl_tok_is(&p->t, "select")) return tl_syntax(p);
    t->text = (char *)p->t.z; /* to the end of the statement */
    struct tl_select *sel = tl_parse_select(p);
    if (!sel || !tl_parse_end(p)) return false;
    if (sel->next || sel->nfrom != 1 || !sel->from[0].table || sel->distinct || sel->group.n ||
        sel->part.n || sel->interval || sel->having || sel->u_order.n || sel->u_has_limit)
        return tl_fail(p->err, TL_E_SYNTAX, "Invalid topic query");
    name = (struct tl_name){.db = sel->from[0].db, .table = sel->from[0].table, .z = t->text};
    if (!tl_need_table(e, s, &name, &ref, p->err)) return false;
    t->dbid = ref.db->id;
    return true;
}

bool tl_topic_create(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry)
{
    struct tl_topic t = {0};
    bool lenient;
    tl_advance(p);
    if (!if_word(p, true, &lenient)) return false;
    char *name = tl_ident(p, true);
    if (!name) return false;
    if (strlen(name) > 192) return tl_fail(p->err, TL_E_IDENT_NAME, "Invalid identifier name");
    if (tl_accept(p, "with") && (t.meta = true) && !tl_expect(p, "meta")) return false;
    if (!tl_expect(p, "as") || !read_source(e, s, p, &t)) return false;
    if (dry) return true;
    if (known(e, name)) return lenient || tl_fail(p->err, 0x03E0, "Topic already exists");
    static const char *const types[] = {"column", "stable", "db"};
    /* a SELECT is run later with the session's database */
    return tl_run(e, p->err,
                  "INSERT INTO tl_topic(name, dbid, defdb, kind, meta, text, type, created)"
                  " VALUES(%Q,%lld,%Q,%d,%d,%Q,%Q,%lld)",
                  name, (long long)t.dbid, s->db, t.kind, t.meta, t.text, types[t.kind],
                  (long long)tl_ts_now(0));
}

bool tl_topic_drop(struct tl_engine *e, struct tl_parser *p, bool dry)
{
    bool lenient;
    tl_advance(p);
    if (!if_word(p, false, &lenient)) return false;
    char *name = tl_ident(p, true);
    if (!name || !tl_parse_end(p)) return false;
    if (dry) return true;
    if (!known(e, name)) return lenient || tl_fail(p->err, 0x03E1, "Topic not exist");
    return tl_run(e, p->err, "DELETE FROM tl_topic WHERE name = %Q", name);
}

bool tl_topic_find(struct tl_engine *e, const char *name, struct tl_topic *out)
{
    sqlite3_stmt *st = NULL;
    bool found = false;
    *out = (struct tl_topic){0};
    if (sqlite3_prepare_v2(e->sq,
                           "SELECT t.dbid, t.kind, t.meta, t.text, t.defdb FROM tl_topic t"
                           " JOIN tl_db d ON d.id = t.dbid WHERE t.name = ?",
                           -1, &st, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(st) == SQLITE_ROW) {
        snprintf(out->name, sizeof out->name, "%s", name);
        out->dbid = sqlite3_column_int64(st, 0);
        out->kind = (enum tl_topic_kind)sqlite3_column_int(st, 1);
        out->meta = sqlite3_column_int(st, 2) != 0;
        out->text = strdup((const char *)sqlite3_column_text(st, 3));
        snprintf(out->db, sizeof out->db, "%s", (const char *)sqlite3_column_text(st, 4));
        found = out->text != NULL;
    }
    sqlite3_finalize(st);
    return found;
}

void tl_topic_clear(struct tl_topic *t)
{
    free(t->text);
    t->text = NULL;
}

/* ---- rows ---- */

static void put_name(struct tl_sb *b, const char *name)
{
    tl_sb_str(b, "`");
    for (; *name; name++) {
        if (*name == '`') tl_sb_str(b, "`");
        tl_sb_put(b, name, 1);
    }
    tl_sb_str(b, "`");
}

static bool find_name(struct tl_engine *e, int64_t tid, char out[193])
{
    sqlite3_bind_int64(e->find_id, 1, tid);
    const bool found = sqlite3_step(e->find_id) == SQLITE_ROW;
    if (found) snprintf(out, 193, "%s", (const char *)sqlite3_column_text(e->find_id, 1));
    sqlite3_reset(e->find_id);
    return found;
}

/* As TDengine reads a string: a backslash protects. */
static void put_text(struct tl_sb *b, const char *s)
{
    tl_sb_str(b, "'");
    for (; *s; s++) {
        if (*s == '\\' || *s == '\'') tl_sb_str(b, "\\");
        tl_sb_put(b, s, 1);
    }
    tl_sb_str(b, "'");
}

/* The entry's rows: its key range when nothing else lies in it, else every key. */
static void put_keys(struct tl_engine *e, const struct tl_wal_entry *en, struct tl_sb *b)
{
    int64_t low = en->ts[0], high = en->ts[0], inside = -1;
    sqlite3_stmt *st = NULL;
    char sql[160];
    for (uint32_t i = 1; i < en->n; i++) {
        if (en->ts[i] < low) low = en->ts[i];
        if (en->ts[i] > high) high = en->ts[i];
    }
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM s%lld WHERE tid = %lld AND c1 BETWEEN %lld AND %lld",
             (long long)en->tab, (long long)en->tid, (long long)low, (long long)high);
    if (sqlite3_prepare_v2(e->sq, sql, -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        inside = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    tl_sb_fmt(b, " _c0 >= %lld and _c0 <= %lld", (long long)low, (long long)high);
    if (inside == (int64_t)en->n) return;
    tl_sb_str(b, " and _c0 in (");
    for (uint32_t i = 0; i < en->n; i++)
        tl_sb_fmt(b, i ? ",%lld" : "%lld", (long long)en->ts[i]);
    tl_sb_str(b, ")");
}

/* The SELECT of a query topic with one more condition. */
static bool put_query(struct tl_engine *e, const struct tl_topic *t, const struct tl_wal_entry *en,
                      const char *table, struct tl_sb *b)
{
    struct tl_lex lx = {t->text, t->text + strlen(t->text)};
    struct tl_tok k;
    const char *where = NULL, *end = lx.end;
    int depth = 0;
    for (tl_lex_next(&lx, &k); k.k != TK_END; tl_lex_next(&lx, &k)) {
        if (k.k == TK_OP && k.op == ';') {
            end = k.z;
            break;
        }
        if (k.k == TK_OP) depth += k.op == '(' ? 1 : k.op == ')' ? -1 : 0;
        if (depth == 0 && !where && tl_tok_is(&k, "where")) where = k.z + k.n;
    }
    tl_sb_put(b, t->text, (size_t)((where ? where : end) - t->text));
    if (where) {
        tl_sb_str(b, " (");
        tl_sb_put(b, where, (size_t)(end - where));
        tl_sb_str(b, ") and ");
    } else {
        tl_sb_str(b, " where ");
    }
    tl_sb_str(b, "tbname = ");
    put_text(b, table);
    tl_sb_str(b, " and");
    put_keys(e, en, b);
    return !b->oom;
}

/* Whether the topic's table is the entry's: a query over another one shows nothing of it. */
static bool concerns(struct tl_engine *e, const struct tl_topic *t, const struct tl_wal_entry *en,
                     const struct tl_session *s)
{
    struct tl_error err = {0};
    struct tl_ref ref;
    struct tl_db *db = tl_db_by_id(e, t->dbid);
    if (!db || t->kind == TL_TOPIC_DB) return db != NULL;
    if (t->kind == TL_TOPIC_STABLE)
        return tl_lookup(e, db, t->text, &ref, &err) == 1 && ref.tab->id == en->tab;
    struct tl_arena ar = {0};
    struct tl_parser p;
    tl_parse_start(&p, &ar, t->text, strlen(t->text), &err);
    const struct tl_select *sel = tl_parse_select(&p);
    bool ok = sel != NULL;
    if (ok) {
        const struct tl_name name = {sel->from[0].db, sel->from[0].table, t->text};
        ok = tl_need_table(e, s, &name, &ref, &err) && ref.tab->id == en->tab &&
             (ref.kind == TL_KIND_SUPER || ref.tid == en->tid);
    }
    tl_arena_drop(&ar);
    return ok;
}

static void put_table(const struct tl_table *tab, const char *db, const char *table,
                      struct tl_sb *b)
{
    tl_sb_str(b, "select ");
    for (int i = 0; i < tab->ncols; i++) {
        if (i) tl_sb_str(b, ",");
        put_name(b, tab->cols[i].name);
    }
    tl_sb_str(b, " from ");
    put_name(b, db);
    tl_sb_str(b, ".");
    put_name(b, table);
    tl_sb_str(b, " where");
}

struct tl_result *tl_topic_rows(struct tl_engine *e, const struct tl_topic *t,
                                const struct tl_wal_entry *en, char table[193],
                                const struct tl_table **schema, struct tl_error *err)
{
    struct tl_session s = {.user = "root", .tz = "UTC"};
    struct tl_sb b = {0};
    struct tl_result *r = NULL;
    *err = (struct tl_error){0};
    *schema = NULL;
    memcpy(s.db, t->db, sizeof s.db);
    if (en->table || !find_name(e, en->tid, table) || !concerns(e, t, en, &s)) return NULL;
    if (t->kind == TL_TOPIC_QUERY) {
        put_query(e, t, en, table, &b);
    } else {
        *schema = tl_schema(e, en->tab, err);
        if (*schema) {
            put_table(*schema, tl_db_by_id(e, t->dbid)->name, table, &b);
            put_keys(e, en, &b);
        }
    }
    if (b.oom)
        tl_oom(err);
    else if (b.n)
        r = tl_engine_exec(e, &s, b.p, b.n, err);
    tl_sb_free(&b);
    return r;
}

/* ---- made tables ---- */

static void put_field(struct tl_buf *b, const struct tl_field *f, bool tag)
{
    const char *enc, *comp, *level;
    tl_json_fmt(b, "{\"name\":");
    tl_json_str(b, f->name, strlen(f->name));
    tl_json_fmt(b, ",\"type\":%d", f->type.t);
    if (tl_type_var(f->type.t) && f->type.t != TL_JSON && f->type.t != TL_BLOB)
        tl_json_fmt(b, ",\"length\":%d", (int)f->type.len);
    if (!tag) {
        tl_storage(f->type.t, false, &enc, &comp, &level);
        tl_json_fmt(b,
                    ",\"isPrimarykey\":%s,\"encode\":\"%s\",\"compress\":\"%s\",\"level\":\"%s\"",
                    f->pk ? "true" : "false", enc, comp, level);
    }
    tl_buf_u8(b, '}');
}

static void put_fields(struct tl_buf *b, const char *key, const struct tl_field *v, int n, bool tag)
{
    tl_json_fmt(b, ",\"%s\":[", key);
    for (int i = 0; i < n; i++) {
        if (i) tl_buf_u8(b, ',');
        put_field(b, &v[i], tag);
    }
    tl_buf_u8(b, ']');
}

/* Text values stand in quotes of their own. */
static void put_tag(struct tl_buf *b, const struct tl_field *f, sqlite3_stmt *st, int at)
{
    char text[64];
    const char *z = (const char *)sqlite3_column_text(st, at);
    tl_json_fmt(b, "{\"name\":");
    tl_json_str(b, f->name, strlen(f->name));
    tl_json_fmt(b, ",\"type\":%d,\"value\":", f->type.t);
    if (!z) {
        tl_json_fmt(b, "null}");
        return;
    }
    if (tl_is_text(f->type.t)) {
        struct tl_sb q = {0};
        tl_sb_fmt(&q, "\"%s\"", z);
        tl_json_str(b, q.p ? q.p : "", q.n);
        tl_sb_free(&q);
    } else if (f->type.t == TL_UBIGINT) {
        const uint64_t v = (uint64_t)sqlite3_column_int64(st, at) ^ (1ULL << 63);
        tl_json_fmt(b, "%llu", (unsigned long long)v);
    } else if (tl_is_float(f->type.t)) {
        snprintf(text, sizeof text, "%.17g", sqlite3_column_double(st, at));
        tl_buf_put(b, text, strlen(text));
    } else if (tl_is_bytes(f->type.t)) {
        tl_json_fmt(b, "null");
    } else {
        tl_buf_put(b, z, strlen(z));
    }
    tl_buf_u8(b, '}');
}

static bool put_child(struct tl_engine *e, const struct tl_table *st, int64_t tid, const char *name,
                      struct tl_buf *b)
{
    struct tl_sb sql = {0};
    sqlite3_stmt *q = NULL;
    tl_sb_str(&sql, "SELECT 0");
    for (int i = 0; i < st->ntags; i++)
        tl_sb_fmt(&sql, ",t%d", st->tags[i].id);
    tl_sb_fmt(&sql, " FROM g%lld WHERE tid = %lld", (long long)st->id, (long long)tid);
    const bool ok = !sql.oom && sqlite3_prepare_v2(e->sq, sql.p, -1, &q, NULL) == SQLITE_OK &&
                    sqlite3_step(q) == SQLITE_ROW;
    if (ok) {
        tl_json_fmt(b, "{\"type\":\"create\",\"tableType\":\"child\",\"tableName\":");
        tl_json_str(b, name, strlen(name));
        tl_json_fmt(b, ",\"using\":");
        tl_json_str(b, st->name, strlen(st->name));
        tl_json_fmt(b, ",\"tagNum\":%d,\"tags\":[", st->ntags);
        for (int i = 0; i < st->ntags; i++) {
            if (i) tl_buf_u8(b, ',');
            put_tag(b, &st->tags[i], q, i + 1);
        }
        tl_json_fmt(b, "],\"createList\":[]}");
    }
    sqlite3_finalize(q);
    tl_sb_free(&sql);
    return ok;
}

bool tl_topic_meta(struct tl_engine *e, const struct tl_topic *topic, const struct tl_wal_entry *en,
                   struct tl_buf *b)
{
    char name[193];
    struct tl_error err = {0};
    struct tl_session s = {.user = "root", .tz = "UTC"};
    memcpy(s.db, topic->db, sizeof s.db);
    if (!find_name(e, en->tid, name) || !concerns(e, topic, en, &s)) return false;
    const struct tl_table *t = tl_schema(e, en->tab, &err);
    if (!t) return false;
    if (en->tid != en->tab) return put_child(e, t, en->tid, name, b);
    tl_json_fmt(b, "{\"type\":\"create\",\"tableType\":\"%s\",\"tableName\":",
                t->kind == TL_KIND_SUPER ? "super" : "normal");
    tl_json_str(b, name, strlen(name));
    put_fields(b, "columns", t->cols, t->ncols, false);
    put_fields(b, "tags", t->tags, t->ntags, true);
    tl_buf_u8(b, '}');
    return true;
}

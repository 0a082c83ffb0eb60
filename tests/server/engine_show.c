/* engine_show.c: SHOW and DESCRIBE: local results in the recorded shapes (protocol.md 7.3,
   golden/query, golden/catalog). */
#include "engine_int.h"

#include <stdio.h>
#include <string.h>

static struct tl_col mk(const char *name, uint8_t t, int len)
{
    struct tl_col c = {.type = t, .length = len};
    snprintf(c.name, sizeof c.name, "%s", name);
    return c;
}

static void quote(struct tl_sb *b, const char *s)
{
    tl_sb_quote(b, s, strlen(s));
}

static struct tl_result *finish(struct tl_engine *e, struct tl_session *s, struct tl_sb *b,
                                const struct tl_col *cols, int n, struct tl_error *err)
{
    struct tl_result *r = tl_result_sql(e, s, b, cols, n, err);
    tl_sb_free(b);
    return r;
}

void tl_storage(uint8_t t, bool tag, const char **enc, const char **comp, const char **level)
{
    *enc = *comp = *level = "disabled";
    if (tag) return;
    *level = "medium";
    *comp = "lz4";
    switch (t) {
    case TL_TIMESTAMP:
        *enc = "delta-i";
        break;
    case TL_BOOL:
        *enc = "bit-packing";
        *comp = "zstd";
        break;
    case TL_TINYINT:
    case TL_SMALLINT:
    case TL_UTINYINT:
    case TL_USMALLINT:
        *enc = "simple8b";
        *comp = "zlib";
        break;
    case TL_INT:
    case TL_BIGINT:
    case TL_UINT:
    case TL_UBIGINT:
        *enc = "simple8b";
        break;
    case TL_FLOAT:
    case TL_DOUBLE:
        *enc = "delta-d";
        break;
    case TL_GEOMETRY:
    case TL_BLOB:
        break;
    default:
        *comp = "zstd";
        break;
    }
}

static void describe_field(struct tl_sb *b, const struct tl_field *f, bool tag, bool first)
{
    const char *enc, *comp, *level;
    char type[48];
    tl_storage(f->type.t, tag, &enc, &comp, &level);
    if (tl_is_dec(f->type.t)) {
        snprintf(type, sizeof type, "DECIMAL(%d, %d)", f->type.p, f->type.s);
    } else {
        snprintf(type, sizeof type, "%s", tl_type_base(f->type.t));
    }
    tl_sb_str(b, first ? "VALUES(" : ",(");
    quote(b, f->name);
    tl_sb_fmt(b, ",'%s',%d,'%s','%s','%s','%s')", type, f->type.t == TL_BLOB ? 5 : f->type.len,
              tag     ? "TAG"
              : f->pk ? "COMPOSITE KEY"
                      : "",
              enc, comp, level);
}

static struct tl_result *describe_system(struct tl_engine *e, struct tl_session *s,
                                         const struct tl_name *name, struct tl_error *err)
{
    const struct tl_col cols[] = {mk("field", TL_VARCHAR, 325), mk("type", TL_VARCHAR, 20),
                                  mk("length", TL_INT, 4), mk("note", TL_VARCHAR, 16)};
    struct tl_sb b = {0};
    const struct tl_systab *t = tl_systab_find(name->db ? name->db : s->db, name->table);
    if (!t) {
        tl_fail(err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
        return NULL;
    }
    if (!t->sql) {
        tl_fail(err, TL_E_OPS_NOT_SUPPORT, "Operation not supported: %s", t->name);
        return NULL;
    }
    for (int i = 0; i < t->ncols; i++) {
        tl_sb_fmt(&b, "%s('%s','%s',%d,'')", i ? "," : "VALUES", t->cols[i].name,
                  tl_type_base(t->cols[i].t), t->cols[i].len);
    }
    return finish(e, s, &b, cols, 4, err);
}

struct tl_result *tl_describe(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                              bool dry, struct tl_error *err)
{
    struct tl_name name;
    struct tl_ref ref;
    (void)dry; /* running it changes nothing */
    tl_advance(p);
    if (!tl_table_name(p, &name) || !tl_parse_end(p)) return NULL;
    if (tl_is_sysdb(name.db ? name.db : s->db)) return describe_system(e, s, &name, err);
    if (!tl_need_table(e, s, &name, &ref, err)) return NULL;
    const struct tl_col cols[] = {mk("field", TL_VARCHAR, 325), mk("type", TL_VARCHAR, 20),
                                  mk("length", TL_INT, 4),      mk("note", TL_VARCHAR, 16),
                                  mk("encode", TL_VARCHAR, 12), mk("compress", TL_VARCHAR, 12),
                                  mk("level", TL_VARCHAR, 12)};
    struct tl_sb b = {0};
    for (int i = 0; i < ref.tab->ncols; i++)
        describe_field(&b, &ref.tab->cols[i], false, i == 0);
    for (int i = 0; i < ref.tab->ntags; i++)
        describe_field(&b, &ref.tab->tags[i], true, false);
    if (s->bi_mode && ref.kind == TL_KIND_SUPER) {
        tl_sb_str(&b, ",('tbname','VARCHAR',192,'TAG','disabled','disabled','disabled')");
    }
    return finish(e, s, &b, cols, 7, err);
}

/* `[LIKE 'pattern'] ;` after a list; writes the condition. */
static bool like_tail(struct tl_parser *p, const char *col, struct tl_sb *b)
{
    if (tl_accept(p, "like")) {
        size_t n;
        if (p->t.k != TK_STR) return tl_syntax(p);
        char *text = tl_arena_get(p->ar, p->t.n + 1);
        if (!text) return tl_oom(p->err);
        tl_tok_text(&p->t, text, &n);
        tl_advance(p);
        tl_sb_fmt(b, " AND td_like(%s,", col);
        tl_sb_quote(b, text, n);
        tl_sb_str(b, ",0)");
    }
    return tl_parse_end(p);
}

/* SHOW [kind] [db.]TABLES|STABLES [FROM db] [LIKE ..] */
static struct tl_result *show_tables(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                                     char *db, const char *kind, struct tl_error *err)
{
    bool stables = tl_tok_is(&p->t, "stables");
    struct tl_sb b = {0};
    const struct tl_col col = mk(stables ? "stable_name" : "table_name", TL_VARCHAR, 192);
    tl_advance(p);
    if (tl_accept(p, "from") || tl_accept(p, "in")) {
        db = tl_ident(p, true);
        if (!db) return NULL;
    }
    const char *use = db ? db : s->db;
    if (tl_is_sysdb(use)) {
        tl_sb_str(&b, "SELECT name FROM temp.sys_tab WHERE db = ");
        quote(&b, use);
    } else {
        struct tl_db *d = tl_need_db(e, s, db, err);
        if (!d) return NULL;
        tl_sb_fmt(&b, "SELECT name FROM tl_tab WHERE dbid = %lld AND %s", (long long)d->id,
                  stables ? "kind = 1" : kind);
    }
    if (!like_tail(p, "name", &b)) {
        tl_sb_free(&b);
        return NULL;
    }
    if (!tl_is_sysdb(use)) tl_sb_str(&b, stables ? " ORDER BY id" : " ORDER BY kind DESC, id");
    return finish(e, s, &b, &col, 1, err);
}

static struct tl_result *show_databases(struct tl_engine *e, struct tl_session *s,
                                        struct tl_parser *p, struct tl_error *err)
{
    const struct tl_col col = mk("name", TL_VARCHAR, 64);
    struct tl_sb b = {0};
    tl_advance(p);
    tl_sb_str(&b, "SELECT name FROM (SELECT db AS name, 0 AS o FROM temp.sys_tab GROUP BY db"
                  " UNION ALL SELECT name, id FROM tl_db) WHERE 1");
    if (!like_tail(p, "name", &b)) {
        tl_sb_free(&b);
        return NULL;
    }
    tl_sb_str(&b, " ORDER BY o, name");
    return finish(e, s, &b, &col, 1, err);
}

static void create_fields(struct tl_sb *b, const struct tl_field *f, int n)
{
    char type[48];
    for (int i = 0; i < n; i++) {
        tl_type_name(&f[i].type, false, type);
        tl_sb_fmt(b, "%s`%s` %s%s", i ? ", " : "", f[i].name, type,
                  f[i].pk ? " COMPOSITE KEY" : "");
    }
}

/* A child's tags as SHOW CREATE TABLE prints them (golden/query/ms/show_create_d1 for JSON). */
static bool create_child(struct tl_engine *e, const struct tl_ref *ref, const char *name,
                         struct tl_sb *b, struct tl_error *err)
{
    tl_sb_fmt(b, "CREATE TABLE `%s` USING `%s` (", name, ref->tab->name);
    for (int i = 0; i < ref->tab->ntags; i++) {
        tl_sb_fmt(b, "%s`%s`", i ? ", " : "", ref->tab->tags[i].name);
    }
    tl_sb_str(b, ") TAGS (");
    for (int i = 0; i < ref->tab->ntags; i++) {
        sqlite3_stmt *st;
        char sql[96];
        uint8_t t = ref->tab->tags[i].type.t;
        snprintf(sql, sizeof sql, "SELECT td_tag(%lld,%lld,%d)", (long long)ref->tab->id,
                 (long long)ref->tid, ref->tab->tags[i].id);
        if (sqlite3_prepare_v2(e->sq, sql, -1, &st, NULL) != SQLITE_OK) return tl_sql_fail(e, err);
        const char *v =
            sqlite3_step(st) == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
        bool text = t == TL_VARCHAR || t == TL_NCHAR || t == TL_GEOMETRY || t == TL_VARBINARY;
        tl_sb_fmt(b, "%s%s%s%s", i ? ", " : "", v && text ? "\"" : "", v ? v : "NULL",
                  v && text ? "\"" : "");
        sqlite3_finalize(st);
    }
    tl_sb_str(b, ")");
    return true;
}

static struct tl_result *show_create_table(struct tl_engine *e, struct tl_session *s,
                                           struct tl_parser *p, struct tl_error *err)
{
    struct tl_name name;
    struct tl_ref ref;
    struct tl_sb text = {0}, b = {0};
    const struct tl_col cols[] = {mk("Table", TL_VARCHAR, 193),
                                  mk("Create Table", TL_VARCHAR, 3145726)};
    tl_advance(p);
    if (!tl_table_name(p, &name) || !tl_parse_end(p) || !tl_need_table(e, s, &name, &ref, err))
        return NULL;
    bool ok = true;
    if (ref.kind == TL_KIND_CHILD) {
        ok = create_child(e, &ref, name.table, &text, err);
    } else {
        tl_sb_fmt(&text, "CREATE %s `%s` (", ref.kind == TL_KIND_SUPER ? "STABLE" : "TABLE",
                  name.table);
        create_fields(&text, ref.tab->cols, ref.tab->ncols);
        if (ref.kind == TL_KIND_SUPER) {
            tl_sb_str(&text, ") TAGS (");
            create_fields(&text, ref.tab->tags, ref.tab->ntags);
        }
        tl_sb_str(&text, ")");
    }
    tl_sb_str(&b, "SELECT ");
    quote(&b, name.table);
    tl_sb_str(&b, ",");
    if (text.n) tl_sb_quote(&b, text.p, text.n);
    b.oom |= text.oom;
    tl_sb_free(&text);
    if (ok) return finish(e, s, &b, cols, 2, err);
    tl_sb_free(&b);
    return NULL;
}

static struct tl_result *show_create_db(struct tl_engine *e, struct tl_session *s,
                                        struct tl_parser *p, struct tl_error *err)
{
    const struct tl_col cols[] = {mk("Database", TL_VARCHAR, 65),
                                  mk("Create Database", TL_VARCHAR, 1280)};
    struct tl_sb b = {0};
    tl_advance(p);
    char *name = tl_ident(p, true);
    if (!name || !tl_parse_end(p)) return NULL;
    struct tl_db *d = tl_need_db(e, s, name, err);
    if (!d) return NULL;
    tl_sb_fmt(
        &b,
        "SELECT name, 'CREATE DATABASE `'||name||'` BUFFER '||buffer||' CACHESIZE 1 CACHEMODEL '''"
        "||cachemodel||''' COMP '||comp||' DURATION 10d WAL_FSYNC_PERIOD 3000 MAXROWS 4096 MINROWS"
        " 100 STT_TRIGGER 2 KEEP '||(keep_min/1440)||'d,'||(keep_min/1440)||'d,'||(keep_min/1440)"
        "||'d PAGES '||pages||' PAGESIZE '||pagesize||' PRECISION '''"
        "||CASE prec WHEN 0 THEN 'ms' WHEN 1 THEN 'us' ELSE 'ns' END||''' REPLICA 1 WAL_LEVEL 1"
        " VGROUPS '||vgroups||' SINGLE_STABLE 0 TABLE_PREFIX 0 TABLE_SUFFIX 0 TSDB_PAGESIZE 4"
        " WAL_RETENTION_PERIOD '||wal_retention_period FROM tl_db WHERE id = %lld",
        (long long)d->id);
    return finish(e, s, &b, cols, 2, err);
}

/* SHOW TABLE TAGS FROM st: one row a child; SHOW TAGS FROM child: ins_tags of it. */
static struct tl_result *show_table_tags(struct tl_engine *e, struct tl_session *s,
                                         struct tl_parser *p, struct tl_error *err)
{
    struct tl_name name;
    struct tl_ref ref;
    tl_advance(p); /* tags */
    if (!tl_expect(p, "from") || !tl_table_name(p, &name) || !tl_parse_end(p)) return NULL;
    if (!tl_need_table(e, s, &name, &ref, err)) return NULL;
    if (ref.kind == TL_KIND_NORMAL) {
        tl_fail(err, TL_E_SYNTAX, "The %s is not a super table or a child table", name.table);
        return NULL;
    }
    struct tl_sb b = {0};
    struct tl_col cols[130];
    cols[0] = mk("tbname", TL_VARCHAR, 270);
    tl_sb_str(&b, "SELECT tbname");
    for (int i = 0; i < ref.tab->ntags && i < 129; i++) {
        const struct tl_field *f = &ref.tab->tags[i];
        cols[i + 1] = mk(f->name, f->type.t, f->type.len);
        tl_sb_fmt(&b, ",t%d", f->id);
    }
    tl_sb_fmt(&b, " FROM g%lld", (long long)ref.tab->id);
    if (ref.tid) tl_sb_fmt(&b, " WHERE tid = %lld", (long long)ref.tid);
    struct tl_result *r = finish(e, s, &b, cols, ref.tab->ntags + 1, err);
    if (r) r->ts_prec = ref.db->prec;
    return r;
}

static struct tl_result *show_system(struct tl_engine *e, struct tl_session *s, const char *db,
                                     const char *name, int ncols, struct tl_parser *p,
                                     struct tl_error *err)
{
    const struct tl_systab *t = tl_systab_find(db, name);
    struct tl_col cols[16];
    struct tl_sb b = {0};
    tl_advance(p);
    if (!tl_parse_end(p) || !t || !t->sql) return NULL;
    tl_sb_str(&b, "SELECT ");
    if (!ncols || ncols > t->ncols) ncols = t->ncols;
    for (int i = 0; i < ncols && i < 16; i++) {
        cols[i] = mk(t->cols[i].name, t->cols[i].t, t->cols[i].len);
        tl_sb_fmt(&b, "%s\"%s\"", i ? "," : "", t->cols[i].name);
    }
    tl_sb_fmt(&b, " FROM (%s)", t->sql);
    return finish(e, s, &b, cols, ncols, err);
}

static struct tl_result *show_from(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                                   const char *table, struct tl_error *err)
{
    struct tl_name name;
    struct tl_ref ref;
    struct tl_col cols[16];
    struct tl_sb b = {0};
    const struct tl_systab *t = tl_systab_find("information_schema", table);
    tl_advance(p);
    if (!tl_expect(p, "from") || !tl_table_name(p, &name) || !tl_parse_end(p)) return NULL;
    if (!tl_need_table(e, s, &name, &ref, err)) return NULL;
    for (int i = 0; i < t->ncols; i++)
        cols[i] = mk(t->cols[i].name, t->cols[i].t, t->cols[i].len);
    tl_sb_fmt(&b, "SELECT * FROM (%s) WHERE db_name = ", t->sql);
    quote(&b, ref.db->name);
    tl_sb_str(&b, " AND table_name = ");
    quote(&b, name.table);
    return finish(e, s, &b, cols, t->ncols, err);
}

struct tl_result *tl_show(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry,
                          struct tl_error *err)
{
    static const char is[] = "information_schema";
    char *db = NULL;
    struct tl_result *r = NULL;
    (void)dry; /* running it changes nothing */
    tl_advance(p);
    if (p->ahead.k == TK_OP && p->ahead.op == '.') { /* db.tables */
        db = tl_ident(p, true);
        if (!db) return NULL;
        tl_advance(p);
    }
    const struct tl_tok *t = &p->t;
    if (tl_tok_is(t, "tables") || tl_tok_is(t, "stables")) {
        return show_tables(e, s, p, db, "kind <> 1", err);
    }
    if (!db && tl_tok_is(&p->ahead, "tables") &&
        (tl_tok_is(t, "normal") || tl_tok_is(t, "child"))) {
        bool normal = tl_tok_is(t, "normal");
        tl_advance(p);
        return show_tables(e, s, p, NULL, normal ? "kind = 0" : "kind = 2", err);
    }
    if (!db) {
        if (tl_tok_is(t, "databases"))
            r = show_databases(e, s, p, err);
        else if (tl_tok_is(t, "users"))
            r = show_system(e, s, is, "ins_users", 0, p, err);
        else if (tl_tok_is(t, "functions"))
            r = show_system(e, s, is, "ins_functions", 1, p, err);
        else if (tl_tok_is(t, "grants"))
            r = show_system(e, s, is, "ins_grants", 0, p, err);
        else if (tl_tok_is(t, "indexes"))
            r = show_from(e, s, p, "ins_indexes", err);
        else if (tl_tok_is(t, "tags"))
            r = show_from(e, s, p, "ins_tags", err);
        else if (tl_accept(p, "table")) {
            r = tl_tok_is(t, "tags") ? show_table_tags(e, s, p, err) : NULL;
        } else if (tl_accept(p, "create")) {
            if (tl_tok_is(t, "table") || tl_tok_is(t, "stable"))
                r = show_create_table(e, s, p, err);
            if (tl_tok_is(t, "database")) r = show_create_db(e, s, p, err);
        }
    }
    if (!r) tl_syntax(p);
    return r;
}

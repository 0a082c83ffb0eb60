/* engine_alter.c: ALTER TABLE, ALTER STABLE, ALTER USER. */
#include "engine_int.h"

#include "sql_time.h"

#include <string.h>

static bool not_super(struct tl_parser *p)
{
    return tl_fail(p->err, TL_E_INVALID_OPERATION, "Operation not allowed on this kind of table");
}

static bool add_field(struct tl_engine *e, const struct tl_table *t, const char *name,
                      const struct tl_ty *type, bool tag, struct tl_error *err)
{
    if (tl_col_of(t, name) || tl_tag_of(t, name)) {
        return tag ? tl_fail(err, TL_E_TAG_EXISTS, "Tag already exists")
                   : tl_fail(err, TL_E_COL_EXISTS, "Column already exists");
    }
    if (type->t == TL_JSON || (tag && (type->t == TL_BLOB || tl_is_dec(type->t)))) {
        return tl_fail(err, 0x2643, "Invalid data type: %s", name);
    }
    return tl_run(
        e, err,
        "ALTER TABLE %c%lld ADD COLUMN %c%d;"
        "INSERT INTO tl_col SELECT %lld,%d,coalesce(max(pos),0)+1,%Q,%d,%d,%d,%d,0,%d FROM tl_col"
        " WHERE tabid=%lld AND tag=%d;"
        "UPDATE tl_tab SET next_id=next_id+1, updated=%lld WHERE id=%lld",
        tag ? 'g' : 's', (long long)t->id, tag ? 't' : 'c', t->next_id, (long long)t->id, tag, name,
        type->t, type->len, type->p, type->s, t->next_id, (long long)t->id, tag,
        (long long)tl_ts_now(0), (long long)t->id);
}

/* The values stay in SQLite, unseen: a column added later gets a new id. */
static bool drop_field(struct tl_engine *e, const struct tl_table *t, const char *name, bool tag,
                       struct tl_error *err)
{
    const struct tl_field *f = tag ? tl_tag_of(t, name) : tl_col_of(t, name);
    if (!f) {
        return tag ? tl_fail(err, TL_E_TAG_NOT_EXIST, "Tag does not exist")
                   : tl_fail(err, TL_E_COL_NOT_EXIST, "Column does not exist");
    }
    if (!tag && (f == t->cols || f->pk || t->ncols <= 2)) {
        return tl_fail(err, TL_E_INVALID_OPERATION, "Cannot drop column: %s", name);
    }
    if (tag && t->ntags == 1)
        return tl_fail(err, TL_E_INVALID_OPERATION, "Cannot drop the only tag");
    return tl_run(e, err,
                  "DELETE FROM tl_col WHERE tabid=%lld AND tag=%d AND name=%Q;"
                  "UPDATE tl_tab SET updated=%lld WHERE id=%lld",
                  (long long)t->id, tag, name, (long long)tl_ts_now(0), (long long)t->id);
}

/* MODIFY only makes text longer. */
static bool modify_field(struct tl_engine *e, const struct tl_table *t, const char *name,
                         const struct tl_ty *type, bool tag, struct tl_error *err)
{
    const struct tl_field *f = tag ? tl_tag_of(t, name) : tl_col_of(t, name);
    if (!f) {
        return tag ? tl_fail(err, TL_E_TAG_NOT_EXIST, "Tag does not exist")
                   : tl_fail(err, TL_E_COL_NOT_EXIST, "Column does not exist");
    }
    bool sized = type->t == TL_VARCHAR || type->t == TL_NCHAR || type->t == TL_VARBINARY ||
                 type->t == TL_GEOMETRY;
    if (f->type.t != type->t || !sized || type->len <= f->type.len) {
        return tl_fail(err, 0x2600 + 0x49, "Only length of binary/nchar types can be increased: %s",
                       name);
    }
    return tl_run(e, err, "UPDATE tl_col SET len=%d WHERE tabid=%lld AND tag=%d AND name=%Q",
                  type->len, (long long)t->id, tag, name);
}

static bool rename_field(struct tl_engine *e, const struct tl_table *t, const char *from,
                         const char *to, bool tag, struct tl_error *err)
{
    if (!(tag ? tl_tag_of(t, from) : tl_col_of(t, from))) {
        return tl_fail(err, tag ? TL_E_TAG_NOT_EXIST : TL_E_COL_NOT_EXIST,
                       "Column or tag does not exist");
    }
    if (tl_col_of(t, to) || tl_tag_of(t, to)) {
        return tl_fail(err, tag ? TL_E_TAG_EXISTS : TL_E_COL_EXISTS,
                       "Column or tag already exists");
    }
    return tl_run(e, err, "UPDATE tl_col SET name=%Q WHERE tabid=%lld AND tag=%d AND name=%Q", to,
                  (long long)t->id, tag, from);
}

/* SET TAG a = 1, b = 'x' on a child. */
static bool set_tags(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                     const struct tl_ref *r, bool dry)
{
    struct tl_valctx c = {p->ar, p->err, r->db->prec, s->tz};
    if (r->kind != TL_KIND_CHILD) return not_super(p);
    do {
        char *name = tl_ident(p, false);
        struct tl_lit lit;
        struct tl_val v;
        if (!name || !tl_expect_op(p, '=') || !tl_read_lit(p, c.prec, c.tz, &lit)) return false;
        const struct tl_field *f = tl_tag_of(r->tab, name);
        if (!f) return tl_fail(p->err, TL_E_TAG_NOT_EXIST, "Tag does not exist");
        if (!tl_val_convert(&c, &lit, &f->type, f->name, &v)) return false;
        if (dry) continue;
        char *sql = sqlite3_mprintf("UPDATE g%lld SET t%d=? WHERE tid=%lld", (long long)r->tab->id,
                                    f->id, (long long)r->tid);
        sqlite3_stmt *st = NULL;
        bool ok = sql && sqlite3_prepare_v2(e->sq, sql, -1, &st, NULL) == SQLITE_OK;
        if (ok) {
            tl_val_bind(st, 1, &f->type, &v);
            ok = sqlite3_step(st) == SQLITE_DONE;
        }
        if (!ok) tl_sql_fail(e, p->err);
        sqlite3_finalize(st);
        sqlite3_free(sql);
        if (!ok) return false;
    } while (tl_accept_op(p, ','));
    return tl_parse_end(p);
}

static bool alter_field(struct tl_engine *e, struct tl_parser *p, const struct tl_ref *r, bool dry)
{
    static const char *const verbs[] = {"add", "drop", "modify", "rename"};
    int verb = 0;
    while (verb < 4 && !tl_accept(p, verbs[verb]))
        verb++;
    if (verb == 4) return tl_syntax(p);
    bool tag = tl_accept(p, "tag");
    if (!tag && !tl_expect(p, "column")) return false;
    struct tl_ty type = {0};
    char *name = tl_ident(p, true), *to = NULL;
    if (!name) return false;
    if ((verb == 0 || verb == 2) && !tl_parse_type(p, &type)) return false;
    if (verb == 3) {
        to = tl_ident(p, true);
        if (!to) return false;
    }
    if (!tl_parse_end(p)) return false;
    if (strlen(name) > 64 || (to && strlen(to) > 64)) {
        return tl_fail(p->err, TL_E_IDENT_NAME, "Invalid identifier name: %s", name);
    }
    if (r->kind == TL_KIND_CHILD || (tag && r->kind != TL_KIND_SUPER)) return not_super(p);
    if (verb == 3 && !tag && r->kind == TL_KIND_SUPER) return not_super(p);
    if (dry) return true;
    bool ok = tl_begin(e, p->err);
    if (!ok) return false;
    if (verb == 0) ok = add_field(e, r->tab, name, &type, tag, p->err);
    if (verb == 1) ok = drop_field(e, r->tab, name, tag, p->err);
    if (verb == 2) ok = modify_field(e, r->tab, name, &type, tag, p->err);
    if (verb == 3) ok = rename_field(e, r->tab, name, to, tag, p->err);
    ok = tl_commit(e, ok, p->err);
    tl_meta_forget(e);
    return ok;
}

static bool alter_user(struct tl_engine *e, struct tl_parser *p, bool dry)
{
    size_t n;
    char *name = tl_ident(p, true);
    if (!name || !tl_expect(p, "pass")) return false;
    if (p->t.k != TK_STR) return tl_syntax(p);
    char *pass = tl_arena_get(p->ar, p->t.n + 1);
    if (!pass) return tl_oom(p->err);
    tl_tok_text(&p->t, pass, &n);
    pass[n] = 0;
    tl_advance(p);
    if (!tl_parse_end(p)) return false;
    if (n < 8 || n > 255) return tl_fail(p->err, TL_E_NAME_TOO_LONG, "Invalid password length");
    if (dry) return true;
    if (!tl_run(e, p->err, "UPDATE tl_user SET pass=%Q WHERE name=%Q", pass, name)) return false;
    return sqlite3_changes(e->sq) || tl_fail(p->err, TL_E_USER_NOT_EXIST, "User not exist");
}

bool tl_ddl_alter(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry)
{
    struct tl_name name;
    struct tl_ref ref;
    tl_advance(p);
    if (tl_accept(p, "user")) return alter_user(e, p, dry);
    if (!tl_accept(p, "table") && !tl_accept(p, "stable")) return tl_syntax(p);
    if (!tl_table_name(p, &name) || !tl_need_table(e, s, &name, &ref, p->err)) return false;
    if (tl_accept(p, "set")) return tl_expect(p, "tag") && set_tags(e, s, p, &ref, dry);
    if (!tl_results_park(e, p->err)) return false;
    return alter_field(e, p, &ref, dry);
}

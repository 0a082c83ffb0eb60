/* engine_stmt_exec.c: stores what was bound, vgroup by vgroup (protocol.md 11). */
#include "engine_stmt_int.h"
#include "engine_vgroup.h"
#include "sql_time.h"

#include <stdlib.h>
#include <string.h>

/* A table that rows go to, found again by its names. */
struct target {
    struct tl_stmt_rows *rows;
    struct tl_db *db;
    struct tl_ref ref;
    int vgroup;
    bool refused; /* its vgroup has failed */
};

int tl_vgroups(struct tl_engine *e, const struct tl_db *db)
{
    sqlite3_stmt *q = NULL;
    int n = 1;
    if (sqlite3_prepare_v2(e->sq, "SELECT vgroups FROM tl_db WHERE id = ?", -1, &q, NULL) !=
        SQLITE_OK)
        return 1;
    sqlite3_bind_int64(q, 1, db->id);
    if (sqlite3_step(q) == SQLITE_ROW) n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return n < 1 ? 1 : n;
}

/* The columns must be what they were when the values were read. */
static bool same_schema(const struct target *t)
{
    const struct tl_stmt_rows *r = t->rows;
    if (t->ref.tab->id != r->tab) return false;
    for (int i = 0; i < r->ncols; i++) {
        if (r->cols[i] >= t->ref.tab->ncols) return false;
        const struct tl_field *f = &t->ref.tab->cols[r->cols[i]];
        if (f->id != r->fields[i].id || f->type.len != r->fields[i].type.len) return false;
    }
    return true;
}

static bool find(struct tl_stmt *st, struct target *t, struct tl_error *err)
{
    struct tl_engine *e = st->e;
    t->db = tl_find_db(e, t->rows->db);
    if (!t->db) return tl_fail(err, TL_E_DB_NOT_EXIST, "Database not exist");
    int rc = tl_lookup(e, t->db, t->rows->name, &t->ref, err);
    if (rc == 0) {
        struct tl_error gone = {0}; /* the super table may have been dropped */
        const struct tl_table *super = t->rows->make ? tl_schema(e, t->rows->tab, &gone) : NULL;
        if (!super || super->kind != TL_KIND_SUPER || super->dbid != t->db->id)
            return tl_fail(err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
        if (!tl_create_child(e, super, t->rows->name, t->rows->tags, &t->ref.tid, err))
            return false;
        rc = tl_lookup(e, t->db, t->rows->name, &t->ref, err);
    }
    if (rc < 1) return false;
    if (t->ref.kind == TL_KIND_SUPER || !same_schema(t))
        return tl_fail(err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
    return true;
}

static bool inside_keep(const struct target *t)
{
    const struct tl_stmt_rows *r = t->rows;
    struct tl_error err;
    int col = 0;
    const int64_t now = tl_ts_now(t->db->prec);
    while (r->cols[col] != 0)
        col++;
    for (uint32_t i = 0; i < r->nrows; i++)
        if (!tl_check_keep(t->db, r->vals[i * (size_t)r->ncols + (size_t)col].i, now, &err))
            return false;
    return true;
}

/* Marks every target of a vgroup in which a row lies outside of KEEP; true when there is one. */
static bool refuse(struct tl_stmt *st, struct target *t, size_t n)
{
    const struct tl_db *db = NULL;
    int vgroups = 1;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (t[i].db != db) vgroups = tl_vgroups(st->e, db = t[i].db);
        t[i].vgroup = tl_vgroup_of(t[i].db->name, t[i].rows->name, vgroups);
    }
    for (size_t i = 0; i < n; i++) {
        if (t[i].refused || inside_keep(&t[i])) continue;
        any = true;
        for (size_t k = 0; k < n; k++)
            t[k].refused |= t[k].db == t[i].db && t[k].vgroup == t[i].vgroup;
    }
    return any;
}

static bool store_all(struct tl_stmt *st, struct target *t, size_t n, int64_t *affected,
                      struct tl_error *err)
{
    bool ok = tl_begin(st->e, err), partly = false;
    if (!ok) return false;
    for (size_t i = 0; i < n && ok; i++)
        ok = find(st, &t[i], err);
    if (ok) partly = refuse(st, t, n);
    for (size_t i = 0; i < n && ok; i++) {
        const struct tl_stmt_rows *r = t[i].rows;
        if (t[i].refused) continue;
        ok = tl_engine_insert_rows(st->e, t[i].ref.tab, t[i].ref.tid, r->cols, r->ncols, r->vals,
                                   r->nrows, err);
        *affected += r->nrows;
    }
    if (!tl_commit(st->e, ok, err)) return false;
    /* the code is right, the text is not: as recorded */
    return !partly || tl_fail(err, TL_E_TS_RANGE, "success");
}

bool tl_stmt_store(struct tl_stmt *st, int64_t *affected, struct tl_error *err)
{
    size_t n = 0;
    for (struct tl_stmt_chunk *c = st->first; c; c = c->next)
        for (struct tl_stmt_rows *r = c->first; r; r = r->next)
            n++;
    struct target *t = calloc(n ? n : 1, sizeof *t);
    if (!t) return tl_oom(err);
    n = 0;
    for (struct tl_stmt_chunk *c = st->first; c; c = c->next)
        for (struct tl_stmt_rows *r = c->first; r; r = r->next)
            t[n++].rows = r;
    const bool ok = store_all(st, t, n, affected, err);
    free(t);
    return ok;
}

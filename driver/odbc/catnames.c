#include "odbc/catnames.h"

#include <stdlib.h>

static struct td_str keep(struct td_catnames *t, struct td_str s)
{
    char *p = td_arena_strndup(&t->cat->arena, s.p, s.n);
    if (!p) {
        t->failed = true;
        return TD_STR("");
    }
    return (struct td_str){p, s.n};
}

static void add(struct td_catnames *t, struct td_str db, struct td_str name, bool is_super)
{
    if (t->failed || !db.p || !name.p || !td_match_ok(&t->cat->db, db) ||
        !td_match_ok(&t->cat->table, name))
        return;
    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 16;
        struct td_catname *p = td_arena_alloc(&t->cat->arena, cap * sizeof *p);
        if (!p) {
            t->failed = true;
            return;
        }
        if (t->n) memcpy(p, t->v, t->n * sizeof *p);
        t->v = p;
        t->cap = cap;
    }
    struct td_catname *e = &t->v[t->n++];
    e->db = keep(t, db);
    e->name = keep(t, name);
    e->is_super = is_super;
}

static void stable_row(void *ctx, const struct td_block *b, uint32_t row)
{
    add(ctx, td_cat_text(b, 1, row), td_cat_text(b, 0, row), true);
}

static void table_row(void *ctx, const struct td_block *b, uint32_t row)
{
    add(ctx, td_cat_text(b, 1, row), td_cat_text(b, 0, row), false);
}

static int by_name(const void *x, const void *y)
{
    const struct td_catname *a = x, *b = y;
    for (int k = 0; k < 2; k++) {
        struct td_str p = k ? a->name : a->db, q = k ? b->name : b->db;
        int c = memcmp(p.p, q.p, p.n < q.n ? p.n : q.n);
        if (c || p.n != q.n) return c ? c : (p.n > q.n) - (p.n < q.n);
    }
    return 0;
}

static enum td_rc query(struct td_catnames *t, const char *head, const char *column, td_cat_row fn,
                        struct td_err *err)
{
    struct td_buf sql = TD_BUF_INIT(65536);
    const char *glue = strstr(head, " where ") ? " and " : " where ";
    td_buf_puts(&sql, head);
    td_match_where(&sql, &glue, "db_name", &t->cat->db);
    td_match_where(&sql, &glue, column, &t->cat->table);
    return td_cat_run(t->cat->s, &sql, 2, fn, t, err);
}

static bool system_db(const struct td_match *db)
{
    return db->kind == TD_MATCH_EQ && (td_str_eq(db->text, TD_STR("information_schema")) ||
                                       td_str_eq(db->text, TD_STR("performance_schema")));
}

static enum td_rc find_tables(struct td_catnames *t, struct td_err *err)
{
    const char *head = "select table_name, db_name from information_schema.ins_tables"
                       " where type in ('NORMAL_TABLE', 'VIRTUAL_NORMAL_TABLE')";
    if (t->cat->table.kind == TD_MATCH_EQ)
        head = "select table_name, db_name from information_schema.ins_tables";
    else if (system_db(&t->cat->db))
        head = "select table_name, db_name from information_schema.ins_tables where type = "
               "'SYSTEM_TABLE'";
    return query(t, head, "table_name", table_row, err);
}

enum td_rc td_cat_find(struct td_cat *c, struct td_catnames *out, struct td_err *err)
{
    memset(out, 0, sizeof *out);
    out->cat = c;
    if (c->nothing) return TD_OK;
    if (query(out, "select stable_name, db_name from information_schema.ins_stables", "stable_name",
              stable_row, err) != TD_OK ||
        find_tables(out, err) != TD_OK)
        return TD_FAIL;
    enum td_rc rc = query(out, "select view_name, db_name from information_schema.ins_views",
                          "view_name", table_row, err);
    if (rc != TD_OK && err->state != TD_ST_42S02) /* a server that knows no views has none */
        return TD_FAIL;
    if (out->failed) return td_err_nomem(err);
    if (out->n > 1) qsort(out->v, out->n, sizeof *out->v, by_name);
    return TD_OK;
}

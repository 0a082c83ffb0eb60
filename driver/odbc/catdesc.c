#include "odbc/catdesc.h"

#include "base/alloc.h"

static struct td_str keep(struct td_catcols *t, struct td_str s)
{
    char *p = td_arena_strndup(t->arena, s.p ? s.p : "", s.n);
    if (!p) {
        t->failed = true;
        return TD_STR("");
    }
    return (struct td_str){p, s.n};
}

static bool grow(struct td_catcols *t)
{
    if (t->n < t->cap) return true;
    size_t cap = t->cap ? 2 * t->cap : 32;
    struct td_catcol *p = td_arena_alloc(t->arena, cap * sizeof *p);
    if (!p) {
        t->failed = true;
        return false;
    }
    if (t->n) memcpy(p, t->cols, t->n * sizeof *p);
    t->cols = p;
    t->cap = cap;
    return true;
}

/* field, type, length, note. `length` is the declared one; BLOB says 5, which the type table corrects. */
static void field_row(void *ctx, const struct td_block *b, uint32_t row)
{
    struct td_catcols *t = ctx;
    if (t->failed || !grow(t)) return;
    struct td_catcol *c = &t->cols[t->n];
    int32_t length = 0;
    int precision = 0, scale = 0;
    memset(c, 0, sizeof *c);
    c->name = keep(t, td_cat_text(b, 0, row));
    c->note = keep(t, td_cat_text(b, 3, row));
    if (!td_type_of_name(td_cat_text(b, 1, row), &c->td_type, &length, &precision, &scale))
        c->td_type =
            TD_T_VARCHAR; /* a type of a newer server: as text, which is how it will be read */
    length = (int32_t)td_cat_int(b, 2, row, length);
    td_sqltype_of(c->td_type, length, precision, scale, t->ts_prec, t->opts, &c->sql);
    /* the note of a composite key was PRIMARY KEY before 3.3.6.3 */
    c->is_key = t->user_table && ((t->n == 0 && c->td_type == TD_T_TIMESTAMP) ||
                                  td_str_eq(c->note, TD_STR("COMPOSITE KEY")) ||
                                  td_str_eq(c->note, TD_STR("PRIMARY KEY")));
    if (td_str_eq(c->note, TD_STR("VIEW COL"))) c->is_key = false;
    t->n++;
}

static bool system_db(struct td_str db)
{
    return td_str_eq(db, TD_STR("information_schema")) ||
           td_str_eq(db, TD_STR("performance_schema"));
}

enum td_rc td_cat_describe(struct td_stmt *s, struct td_str db, struct td_str table,
                           struct td_arena *arena, struct td_catcols *out, struct td_err *err)
{
    struct td_buf sql = TD_BUF_INIT(4096);
    char name[256];
    struct td_request rq;
    memset(out, 0, sizeof *out);
    out->arena = arena;
    out->opts = &s->dbc->type_opts;
    out->user_table = !system_db(db);
    if (db.n < sizeof name) {
        memcpy(name, db.p, db.n);
        name[db.n] = 0;
        td_stmt_request(s, &rq);
        out->ts_prec = td_session_db_precision(s->dbc->session, name, &rq);
        if (out->ts_prec < 0) out->ts_prec = 0;
    }
    td_buf_puts(&sql, "describe ");
    td_sql_name(&sql, db);
    td_buf_putc(&sql, '.');
    td_sql_name(&sql, table);
    enum td_rc rc = td_cat_run(s, &sql, 4, field_row, out, err);
    if (rc == TD_OK && out->failed) rc = td_err_nomem(err);
    if (rc != TD_OK && (err->state == TD_ST_42S02 || err->state == TD_ST_3D000)) {
        out->n = 0;
        rc = TD_OK;
    }
    return rc;
}

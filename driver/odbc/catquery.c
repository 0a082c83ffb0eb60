#include "odbc/catquery.h"

bool td_cat_begin(struct td_stmt *s)
{
    if (!td_dbc_connected(s->dbc, &s->h) || !td_state_ok(s, TD_CALL_CATALOG)) return false;
    td_stmt_forget(s);
    return true;
}

static bool only_percent(struct td_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '%') return false;
    return true;
}

bool td_cat_args(struct td_cat *c, struct td_stmt *s, const struct td_cat_args *a,
                 enum td_arg_kind catalog, enum td_arg_kind table)
{
    enum td_arg_kind column = TD_ARG_PATTERN;
    memset(c, 0, sizeof *c);
    c->s = s;
    if (s->metadata_id) {
        if (!a->catalog.p || !a->table.p) {
            td_diag(&s->h, TD_ST_HY009,
                    "With SQL_ATTR_METADATA_ID the catalog and the table must be given");
            return false;
        }
        catalog = table = column = TD_ARG_IDENTIFIER;
    }
    c->nothing = a->schema.p && !only_percent(a->schema);
    if (td_match_make(&c->db, a->catalog, catalog, &c->arena) &&
        td_match_make(&c->table, a->table, table, &c->arena) &&
        td_match_make(&c->column, a->column, column, &c->arena))
        return true;
    td_cat_end(c);
    td_diag_nomem(&s->h);
    return false;
}

void td_cat_end(struct td_cat *c)
{
    td_arena_free(&c->arena);
}

bool td_cat_default_db(struct td_cat *c, struct td_str arg)
{
    char db[256];
    if (arg.p) return true;
    td_session_database(c->s->dbc->session, db, sizeof db);
    return !db[0] || td_match_make(&c->db, td_str_of(db), TD_ARG_ORDINARY, &c->arena);
}

struct td_str td_cat_text(const struct td_block *b, uint32_t col, uint32_t row)
{
    const struct td_col *c = &b->cols[col];
    if (c->type != TD_T_VARCHAR || td_col_is_null(c, row)) return (struct td_str){NULL, 0};
    return td_col_var(c, row);
}

int64_t td_cat_int(const struct td_block *b, uint32_t col, uint32_t row, int64_t d)
{
    const struct td_col *c = &b->cols[col];
    int width = td_type_width(c->type);
    if (width == 0 || td_col_is_null(c, row)) return d;
    const uint8_t *p = c->data + (size_t)row * (size_t)width;
    switch (width) {
    case 1:
        return (int8_t)*p;
    case 2:
        return (int16_t)td_ld16(p);
    case 4:
        return (int32_t)td_ld32(p);
    case 8:
        return (int64_t)td_ld64(p);
    default:
        return d;
    }
}

static enum td_rc read_rows(struct td_result *res, struct td_request *rq, td_cat_row fn, void *ctx,
                            struct td_err *err)
{
    bool have;
    for (;;) {
        if (td_result_next(res, rq, &have, err) != TD_OK) return TD_FAIL;
        if (!have) return TD_OK;
        for (uint32_t row = 0; row < res->block.rows; row++)
            fn(ctx, &res->block, row);
    }
}

enum td_rc td_cat_run(struct td_stmt *s, struct td_buf *sql, uint32_t ncols, td_cat_row fn,
                      void *ctx, struct td_err *err)
{
    struct td_request rq;
    struct td_result *res = NULL;
    enum td_rc rc;
    if (!td_buf_ok(sql)) return td_err_nomem(err);
    td_stmt_request(s, &rq);
    rc = td_session_query(s->dbc->session, td_buf_str(sql), &rq, &res, err);
    if (rc == TD_OK && res->ncols < ncols)
        rc = td_err_set(err, TD_ST_HY000, 0, "The server's catalog answers with %u columns, not %u",
                        res->ncols, ncols);
    if (rc == TD_OK) rc = read_rows(res, &rq, fn, ctx, err);
    td_result_free(res);
    td_buf_free(sql);
    return rc;
}

void td_cat_put_type(struct td_localset *l, uint32_t first, const struct td_sqltype *t, bool odbc2)
{
    td_localset_int(l, first, odbc2 ? td_sqltype_odbc2(t->concise) : t->concise);
    td_localset_textz(l, first + 1, t->type_name);
    td_localset_int(l, first + 2, (int64_t)t->column_size);
    td_localset_int(l, first + 3, t->octet_length);
    if (t->decimal_digits >= 0) td_localset_int(l, first + 4, t->decimal_digits);
}

/*
 * SQLColumns (ODBC reference, SQLColumns; decisions.md section 4): one DESCRIBE per super table, normal table or view that
 * matches, never one per child table: a child's columns are its super table's.
 */
#include "odbc/catdesc.h"
#include "odbc/catnames.h"

enum {
    C_CAT,
    C_SCHEM,
    C_TABLE,
    C_COLUMN,
    C_TYPE,
    C_TYPE_NAME,
    C_SIZE,
    C_LENGTH,
    C_DIGITS,
    C_RADIX,
    C_NULLABLE,
    C_REMARKS,
    C_DEF,
    C_SQL_TYPE,
    C_SUB,
    C_OCTETS,
    C_ORDINAL,
    C_IS_NULLABLE
};

static bool has_octets(const struct td_sqltype *t)
{
    switch (t->concise) {
    case SQL_VARCHAR:
    case SQL_WVARCHAR:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY:
        return true;
    default:
        return false;
    }
}

static void put(struct td_localset *l, struct td_str db, struct td_str table,
                const struct td_catcol *c, size_t ordinal, bool odbc2)
{
    const struct td_sqltype *t = &c->sql;
    td_localset_row(l);
    td_localset_text(l, C_CAT, db);
    td_localset_text(l, C_TABLE, table);
    td_localset_text(l, C_COLUMN, c->name);
    td_cat_put_type(l, C_TYPE, t, odbc2);
    if (t->num_prec_radix) td_localset_int(l, C_RADIX, t->num_prec_radix);
    td_localset_int(l, C_NULLABLE, c->is_key ? SQL_NO_NULLS : SQL_NULLABLE);
    if (c->note.n) td_localset_text(l, C_REMARKS, c->note);
    td_localset_int(l, C_SQL_TYPE, t->verbose);
    if (t->datetime_sub) td_localset_int(l, C_SUB, t->datetime_sub);
    if (has_octets(t)) td_localset_int(l, C_OCTETS, t->octet_length);
    td_localset_int(l, C_ORDINAL, (int64_t)ordinal);
    td_localset_textz(l, C_IS_NULLABLE, c->is_key ? "NO" : "YES");
}

static enum td_rc put_table(struct td_cat *c, struct td_localset *l, struct td_str db,
                            struct td_str table, struct td_err *err)
{
    struct td_catcols cols;
    struct td_arena arena = {0};
    enum td_rc rc = td_cat_describe(c->s, db, table, &arena, &cols, err);
    for (size_t i = 0; rc == TD_OK && i < cols.n; i++)
        if (td_match_ok(&c->column, cols.cols[i].name))
            put(l, db, table, &cols.cols[i], i + 1, c->s->h.odbc2);
    td_arena_free(&arena);
    return rc;
}

static enum td_rc fill(struct td_cat *c, struct td_localset *l, struct td_err *err)
{
    struct td_catnames names;
    if (c->nothing) return TD_OK;
    if (c->db.kind == TD_MATCH_EQ && c->table.kind == TD_MATCH_EQ)
        return put_table(c, l, c->db.text, c->table.text, err);
    if (td_cat_find(c, &names, err) != TD_OK) return TD_FAIL;
    for (size_t i = 0; i < names.n; i++)
        if (put_table(c, l, names.v[i].db, names.v[i].name, err) != TD_OK) return TD_FAIL;
    return TD_OK;
}

SQLRETURN td_columns(struct td_stmt *s, const struct td_cat_args *a)
{
    struct td_cat c;
    struct td_localset l;
    struct td_err err;
    SQLRETURN rc;
    if (!td_cat_begin(s) || !td_cat_args(&c, s, a, TD_ARG_ORDINARY, TD_ARG_PATTERN))
        return SQL_ERROR;
    td_shape_init(&l, TD_SHAPE_COLUMNS);
    if (!td_cat_default_db(&c, a->catalog)) {
        rc = td_diag_nomem(&s->h);
    } else if (fill(&c, &l, &err) != TD_OK) {
        td_localset_free(&l);
        rc = td_diag_err(&s->h, &err);
    } else {
        rc = td_localset_open(&l, s);
    }
    td_cat_end(&c);
    return rc;
}

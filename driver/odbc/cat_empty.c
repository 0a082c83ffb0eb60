/*
 * Catalog functions whose answer is a result set without rows: TDengine has no foreign keys; privileges are empty by
 * decisions.md section 4.
 */
#include "odbc/catquery.h"

static SQLRETURN empty(struct td_stmt *s, enum td_shape shape)
{
    struct td_localset l;
    if (!td_cat_begin(s)) return SQL_ERROR;
    td_shape_init(&l, shape);
    return td_localset_open(&l, s);
}

SQLRETURN td_foreign_keys(struct td_stmt *s, const struct td_cat_args *a)
{
    if (!a->table.p && !a->fk_table.p)
        return td_diag(&s->h, TD_ST_HY009,
                       "The name of the primary key's or the foreign key's table must be given");
    return empty(s, TD_SHAPE_FOREIGN_KEYS);
}

SQLRETURN td_table_privileges(struct td_stmt *s, const struct td_cat_args *a)
{
    (void)a;
    return empty(s, TD_SHAPE_TABLE_PRIVILEGES);
}

SQLRETURN td_column_privileges(struct td_stmt *s, const struct td_cat_args *a)
{
    if (!a->table.p) return td_diag(&s->h, TD_ST_HY009, "The table's name must be given");
    return empty(s, TD_SHAPE_COLUMN_PRIVILEGES);
}

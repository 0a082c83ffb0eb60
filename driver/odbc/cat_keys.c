/*
 * SQLPrimaryKeys, SQLSpecialColumns, SQLStatistics (ODBC reference; protocol.md 7.4): a table's key is its timestamp and,
 * where there is one, the second column of a composite key. In a super table it is unique per child table only.
 */
#include "odbc/catdesc.h"
#include "odbc/catnames.h"

/* What the three have in common: the tables of an exact name, each described. */
struct keys {
    struct td_cat cat;
    struct td_localset out;
    const struct td_cat_args *args;
};

typedef enum td_rc (*put_fn)(struct keys *k, const struct td_catname *t,
                             const struct td_catcols *cols, struct td_err *err);

static enum td_rc each_table(struct keys *k, put_fn put, struct td_err *err)
{
    struct td_catnames names;
    if (td_cat_find(&k->cat, &names, err) != TD_OK) return TD_FAIL;
    for (size_t i = 0; i < names.n; i++) {
        struct td_catcols cols;
        const struct td_catname *t = &names.v[i];
        if (td_cat_describe(k->cat.s, t->db, t->name, &k->cat.arena, &cols, err) != TD_OK ||
            put(k, t, &cols, err) != TD_OK)
            return TD_FAIL;
    }
    return TD_OK;
}

static SQLRETURN run(struct td_stmt *s, const struct td_cat_args *a, enum td_shape shape,
                     put_fn put, const uint8_t *sort, size_t nsort)
{
    struct keys k = {.args = a};
    struct td_err err;
    SQLRETURN rc;
    if (!a->table.p) return td_diag(&s->h, TD_ST_HY009, "The table's name must be given");
    if (!td_cat_begin(s) || !td_cat_args(&k.cat, s, a, TD_ARG_ORDINARY, TD_ARG_ORDINARY))
        return SQL_ERROR;
    td_shape_init(&k.out, shape);
    if (!td_cat_default_db(&k.cat, a->catalog)) {
        rc = td_diag_nomem(&s->h);
    } else if (each_table(&k, put, &err) != TD_OK) {
        td_localset_free(&k.out);
        rc = td_diag_err(&s->h, &err);
    } else {
        td_localset_sort(&k.out, sort, nsort);
        rc = td_localset_open(&k.out, s);
    }
    td_cat_end(&k.cat);
    return rc;
}

/* A super table has none: its timestamps repeat from one child table to the next, and the child's name is no column. A tool
   that takes rows by their key (LibreOffice Base) would show one row for several. */
static enum td_rc put_primary(struct keys *k, const struct td_catname *t,
                              const struct td_catcols *cols, struct td_err *err)
{
    int seq = 0;
    (void)err;
    if (t->is_super) return TD_OK;
    for (size_t i = 0; i < cols->n; i++) {
        if (!cols->cols[i].is_key) continue;
        td_localset_row(&k->out);
        td_localset_text(&k->out, 0, t->db);
        td_localset_text(&k->out, 2, t->name);
        td_localset_text(&k->out, 3, cols->cols[i].name);
        td_localset_int(&k->out, 4, ++seq);
    }
    return TD_OK;
}

SQLRETURN td_primary_keys(struct td_stmt *s, const struct td_cat_args *a)
{
    static const uint8_t sort[] = {0, 1, 2, 4};
    return run(s, a, TD_SHAPE_PRIMARY_KEYS, put_primary, sort, 4);
}

static void put_special_column(struct keys *k, struct td_str name, const struct td_sqltype *t,
                               SQLSMALLINT pseudo)
{
    td_localset_row(&k->out);
    td_localset_int(&k->out, 0, SQL_SCOPE_SESSION);
    td_localset_text(&k->out, 1, name);
    td_cat_put_type(&k->out, 2, t, k->cat.s->h.odbc2);
    td_localset_int(&k->out, 7, pseudo);
}

/* The best row id: the key, and before it the child table's name in a super table. Nothing changes by itself, so there are
   no SQL_ROWVER columns. */
static enum td_rc put_special(struct keys *k, const struct td_catname *t,
                              const struct td_catcols *cols, struct td_err *err)
{
    bool first = true;
    (void)err;
    for (size_t i = 0; k->args->opt1 == SQL_BEST_ROWID && i < cols->n; i++) {
        if (!cols->cols[i].is_key) continue;
        if (first && t->is_super) {
            struct td_sqltype name;
            td_sqltype_of(TD_T_VARCHAR, 192, 0, 0, 0, cols->opts, &name);
            put_special_column(k, TD_STR("tbname"), &name, SQL_PC_PSEUDO);
        }
        first = false;
        put_special_column(k, cols->cols[i].name, &cols->cols[i].sql, SQL_PC_NOT_PSEUDO);
    }
    return TD_OK;
}

SQLRETURN td_special_columns(struct td_stmt *s, const struct td_cat_args *a)
{
    if (a->opt1 != SQL_BEST_ROWID && a->opt1 != SQL_ROWVER)
        return td_diag(&s->h, TD_ST_HY097, NULL);
    if (a->opt2 > SQL_SCOPE_SESSION) return td_diag(&s->h, TD_ST_HY098, NULL);
    if (a->opt3 != SQL_NO_NULLS && a->opt3 != SQL_NULLABLE)
        return td_diag(&s->h, TD_ST_HY099, NULL);
    return run(s, a, TD_SHAPE_SPECIAL_COLUMNS, put_special, NULL, 0);
}

enum {
    S_CAT,
    S_SCHEM,
    S_NAME,
    S_NON_UNIQUE,
    S_QUALIFIER,
    S_INDEX,
    S_TYPE,
    S_ORDINAL,
    S_COLUMN,
    S_ASC,
    S_CARDINALITY
};

static void put_index(struct keys *k, const struct td_catname *t, bool unique, struct td_str index,
                      SQLSMALLINT type, int ordinal, struct td_str column)
{
    td_localset_row(&k->out);
    td_localset_text(&k->out, S_CAT, t->db);
    td_localset_text(&k->out, S_NAME, t->name);
    td_localset_int(&k->out, S_NON_UNIQUE, !unique);
    td_localset_text(&k->out, S_INDEX, index);
    td_localset_int(&k->out, S_TYPE, type);
    td_localset_int(&k->out, S_ORDINAL, ordinal);
    td_localset_text(&k->out, S_COLUMN, column);
    td_localset_textz(&k->out, S_ASC, "A");
}

struct tag_index {
    struct keys *k;
    const struct td_catname *t;
};

/* index_name, column_name */
static void index_row(void *ctx, const struct td_block *b, uint32_t row)
{
    struct tag_index *x = ctx;
    put_index(x->k, x->t, false, td_cat_text(b, 0, row), SQL_INDEX_OTHER, 1,
              td_cat_text(b, 1, row));
}

static enum td_rc put_tag_indexes(struct keys *k, const struct td_catname *t, struct td_err *err)
{
    struct tag_index x = {k, t};
    struct td_buf sql = TD_BUF_INIT(4096);
    td_buf_puts(&sql, "select index_name, column_name from information_schema.ins_indexes"
                      " where index_type = 'tag_index' and db_name = ");
    td_sql_literal(&sql, t->db);
    td_buf_puts(&sql, " and table_name = ");
    td_sql_literal(&sql, t->name);
    return td_cat_run(k->cat.s, &sql, 2, index_row, &x, err);
}

static void count_row(void *ctx, const struct td_block *b, uint32_t row)
{
    *(int64_t *)ctx = td_cat_int(b, 0, row, 0);
}

/* The SQL_TABLE_STAT row; the rows are counted only for an application that wants the exact number (SQL_ENSURE). */
static enum td_rc put_table_stat(struct keys *k, const struct td_catname *t, struct td_err *err)
{
    td_localset_row(&k->out);
    td_localset_text(&k->out, S_CAT, t->db);
    td_localset_text(&k->out, S_NAME, t->name);
    td_localset_int(&k->out, S_TYPE, SQL_TABLE_STAT);
    if (k->args->opt2 != SQL_ENSURE) return TD_OK;
    int64_t count = 0;
    struct td_buf sql = TD_BUF_INIT(4096);
    td_buf_puts(&sql, "select count(*) from ");
    td_sql_name(&sql, t->db);
    td_buf_putc(&sql, '.');
    td_sql_name(&sql, t->name);
    if (td_cat_run(k->cat.s, &sql, 1, count_row, &count, err) != TD_OK) return TD_FAIL;
    if (count <= INT32_MAX) /* CARDINALITY is an INTEGER: a larger count stays NULL */
        td_localset_int(&k->out, S_CARDINALITY, count);
    return TD_OK;
}

static enum td_rc put_statistics(struct keys *k, const struct td_catname *t,
                                 const struct td_catcols *cols, struct td_err *err)
{
    bool unique_only = k->args->opt1 == SQL_INDEX_UNIQUE;
    int ordinal = 0;
    if (put_table_stat(k, t, err) != TD_OK) return TD_FAIL;
    for (size_t i = 0; i < cols->n; i++)
        if (cols->cols[i].is_key && !(unique_only && t->is_super))
            put_index(k, t, !t->is_super, TD_STR("PRIMARY"), SQL_INDEX_CLUSTERED, ++ordinal,
                      cols->cols[i].name);
    return unique_only || !t->is_super ? TD_OK : put_tag_indexes(k, t, err);
}

SQLRETURN td_statistics(struct td_stmt *s, const struct td_cat_args *a)
{
    static const uint8_t sort[] = {S_NON_UNIQUE, S_TYPE, S_QUALIFIER, S_INDEX, S_ORDINAL};
    if (a->opt1 != SQL_INDEX_UNIQUE && a->opt1 != SQL_INDEX_ALL)
        return td_diag(&s->h, TD_ST_HY100, NULL);
    if (a->opt2 != SQL_ENSURE && a->opt2 != SQL_QUICK) return td_diag(&s->h, TD_ST_HY101, NULL);
    return run(s, a, TD_SHAPE_STATISTICS, put_statistics, sort, 5);
}

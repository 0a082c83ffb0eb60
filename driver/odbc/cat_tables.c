/*
 * SQLTables (ODBC reference, SQLTables; decisions.md section 4): super tables from ins_stables, normal, child, virtual and
 * system tables from ins_tables, views from ins_views. All filters go to the server; child tables, of which there may be
 * millions, are asked for only when they are wanted.
 */
#include "odbc/catquery.h"

enum { C_CAT, C_SCHEM, C_NAME, C_TYPE, C_REMARKS };

enum { T_TABLE = 1, T_CHILD = 2, T_VIEW = 4, T_SYSTEM = 8, T_ALL = 15 };
static const struct {
    const char *name;
    int bit;
} type_names[] = {
    {"CHILD TABLE", T_CHILD}, {"SYSTEM TABLE", T_SYSTEM}, {"TABLE", T_TABLE}, {"VIEW", T_VIEW}};

struct tables {
    struct td_cat cat;
    struct td_localset out;
    int types;
    bool exact_child;    /* TABLE was asked for with an exact name: a child of that name is one */
    bool child_is_table; /* ChildTables=1 */
};

static int type_bit(struct td_str s)
{
    s = td_str_trim(s);
    if (s.n >= 2 && s.p[0] == '\'' && s.p[s.n - 1] == '\'')
        s = td_str_trim((struct td_str){s.p + 1, s.n - 2});
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (td_str_ieqz(s, type_names[i].name)) return type_names[i].bit;
    return 0;
}

/* A list like `'TABLE','VIEW'` or `TABLE, VIEW`; what the driver does not know is left out. None given: all. */
static int parse_types(struct td_str list)
{
    struct td_str trimmed = td_str_trim(list);
    int bits = 0;
    if (trimmed.n == 0 || td_str_eq(trimmed, TD_STR("%"))) return T_ALL;
    while (list.n) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        bits |= type_bit((struct td_str){list.p, n});
        n += comma != NULL;
        list = (struct td_str){list.p + n, list.n - n};
    }
    return bits;
}

static void put(struct tables *t, struct td_str db, struct td_str name, const char *type,
                const char *what, struct td_str parent, struct td_str comment)
{
    if (!td_match_ok(&t->cat.db, db) || !td_match_ok(&t->cat.table, name)) return;
    struct td_buf remarks = TD_BUF_INIT(4096);
    td_buf_puts(&remarks, what);
    td_buf_putstr(&remarks, parent);
    if (comment.n) {
        td_buf_puts(&remarks, ": ");
        td_buf_putstr(&remarks, comment);
    }
    td_localset_row(&t->out);
    td_localset_text(&t->out, C_CAT, db);
    td_localset_text(&t->out, C_NAME, name);
    td_localset_textz(&t->out, C_TYPE, type);
    if (td_buf_ok(&remarks))
        td_localset_text(&t->out, C_REMARKS, td_buf_str(&remarks));
    else
        t->out.failed = true;
    td_buf_free(&remarks);
}

/* stable_name, db_name, table_comment, isvirtual */
static void stable_row(void *ctx, const struct td_block *b, uint32_t row)
{
    bool is_virtual = b->ncols > 3 && td_cat_int(b, 3, row, 0);
    put(ctx, td_cat_text(b, 1, row), td_cat_text(b, 0, row), "TABLE",
        is_virtual ? "virtual super table" : "super table", TD_STR(""), td_cat_text(b, 2, row));
}

static void child_row(struct tables *t, const struct td_block *b, uint32_t row, const char *what)
{
    bool as_table = t->child_is_table || (t->exact_child && !(t->types & T_CHILD));
    put(t, td_cat_text(b, 1, row), td_cat_text(b, 0, row), as_table ? "TABLE" : "CHILD TABLE", what,
        td_cat_text(b, 2, row), td_cat_text(b, 4, row));
}

/* table_name, db_name, stable_name, type, table_comment */
static void table_row(void *ctx, const struct td_block *b, uint32_t row)
{
    struct tables *t = ctx;
    struct td_str type = td_cat_text(b, 3, row), none = TD_STR("");
    if (td_str_eq(type, TD_STR("CHILD_TABLE")))
        child_row(t, b, row, "child table of ");
    else if (td_str_eq(type, TD_STR("VIRTUAL_CHILD_TABLE")))
        child_row(t, b, row, "virtual child table of ");
    else if (td_str_eq(type, TD_STR("SYSTEM_TABLE")))
        put(t, td_cat_text(b, 1, row), td_cat_text(b, 0, row), "SYSTEM TABLE", "system table", none,
            td_cat_text(b, 4, row));
    else
        put(t, td_cat_text(b, 1, row), td_cat_text(b, 0, row), "TABLE",
            td_str_eq(type, TD_STR("VIRTUAL_NORMAL_TABLE")) ? "virtual normal table"
                                                            : "normal table",
            none, td_cat_text(b, 4, row));
}

/* view_name, db_name */
static void view_row(void *ctx, const struct td_block *b, uint32_t row)
{
    put(ctx, td_cat_text(b, 1, row), td_cat_text(b, 0, row), "VIEW", "view", TD_STR(""),
        TD_STR(""));
}

static enum td_rc list_stables(struct tables *t, bool with_virtual, struct td_err *err)
{
    const char *glue = " where ";
    struct td_buf sql = TD_BUF_INIT(65536);
    td_buf_printf(&sql,
                  "select stable_name, db_name, table_comment%s from "
                  "information_schema.ins_stables",
                  with_virtual ? ", isvirtual" : "");
    td_match_where(&sql, &glue, "db_name", &t->cat.db);
    td_match_where(&sql, &glue, "stable_name", &t->cat.table);
    return td_cat_run(t->cat.s, &sql, 3, stable_row, t, err);
}

static enum td_rc list_tables(struct tables *t, struct td_err *err)
{
    struct td_buf sql = TD_BUF_INIT(65536);
    const char *sep = "", *glue = " and ";
    bool children =
        (t->types & T_CHILD) || ((t->types & T_TABLE) && (t->exact_child || t->child_is_table));
    if (!children && !(t->types & (T_TABLE | T_SYSTEM))) return TD_OK;
    td_buf_puts(&sql, "select table_name, db_name, stable_name, type, table_comment"
                      " from information_schema.ins_tables where type in (");
    if (t->types & T_TABLE) {
        td_buf_puts(&sql, "'NORMAL_TABLE', 'VIRTUAL_NORMAL_TABLE'");
        sep = ", ";
    }
    if (children) {
        td_buf_printf(&sql, "%s'CHILD_TABLE', 'VIRTUAL_CHILD_TABLE'", sep);
        sep = ", ";
    }
    if (t->types & T_SYSTEM) td_buf_printf(&sql, "%s'SYSTEM_TABLE'", sep);
    td_buf_putc(&sql, ')');
    td_match_where(&sql, &glue, "db_name", &t->cat.db);
    td_match_where(&sql, &glue, "table_name", &t->cat.table);
    return td_cat_run(t->cat.s, &sql, 5, table_row, t, err);
}

static enum td_rc list_views(struct tables *t, struct td_err *err)
{
    const char *glue = " where ";
    struct td_buf sql = TD_BUF_INIT(65536);
    td_buf_puts(&sql, "select view_name, db_name from information_schema.ins_views");
    td_match_where(&sql, &glue, "db_name", &t->cat.db);
    td_match_where(&sql, &glue, "view_name", &t->cat.table);
    enum td_rc rc = td_cat_run(t->cat.s, &sql, 2, view_row, t, err);
    /* a server that knows no views has none */
    return rc != TD_OK && err->state == TD_ST_42S02 ? TD_OK : rc;
}

static enum td_rc list(struct tables *t, struct td_err *err)
{
    if (t->cat.nothing) return TD_OK;
    if (t->types & T_TABLE) {
        enum td_rc rc = list_stables(t, true, err);
        if (rc != TD_OK && err->state == TD_ST_42S22) /* a server before virtual tables */
            rc = list_stables(t, false, err);
        if (rc != TD_OK) return rc;
    }
    if (list_tables(t, err) != TD_OK) return TD_FAIL;
    return t->types & T_VIEW ? list_views(t, err) : TD_OK;
}

static void db_row(void *ctx, const struct td_block *b, uint32_t row)
{
    td_localset_row(ctx);
    td_localset_text(ctx, C_CAT, td_cat_text(b, 0, row));
}

static SQLRETURN all_catalogs(struct td_stmt *s)
{
    static const uint8_t keys[] = {C_CAT};
    struct td_localset out;
    struct td_err err;
    struct td_buf sql = TD_BUF_INIT(256);
    td_shape_init(&out, TD_SHAPE_TABLES);
    td_buf_puts(&sql, "select name from information_schema.ins_databases");
    if (td_cat_run(s, &sql, 1, db_row, &out, &err) != TD_OK) {
        td_localset_free(&out);
        return td_diag_err(&s->h, &err);
    }
    td_localset_sort(&out, keys, 1);
    return td_localset_open(&out, s);
}

static SQLRETURN all_types(struct td_stmt *s)
{
    struct td_localset out;
    td_shape_init(&out, TD_SHAPE_TABLES);
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++) {
        td_localset_row(&out);
        td_localset_textz(&out, C_TYPE, type_names[i].name);
    }
    return td_localset_open(&out, s);
}

static bool given_empty(struct td_str s)
{
    return s.p && s.n == 0;
}

/* The reference's special forms: one argument is %, the others are empty texts. */
static bool special(struct td_stmt *s, const struct td_cat_args *a, SQLRETURN *rc)
{
    struct td_str all = TD_STR("%");
    bool no_cat = given_empty(a->catalog), no_schema = given_empty(a->schema),
         no_table = given_empty(a->table);
    if (td_str_eq(a->catalog, all) && no_schema && no_table)
        *rc = all_catalogs(s);
    else if (td_str_eq(a->types, all) && no_cat && no_schema && no_table)
        *rc = all_types(s);
    else if (td_str_eq(a->schema, all) && no_cat && no_table) {
        struct td_localset none; /* there are no schemas */
        td_shape_init(&none, TD_SHAPE_TABLES);
        *rc = td_localset_open(&none, s);
    } else {
        return false;
    }
    return true;
}

SQLRETURN td_tables(struct td_stmt *s, const struct td_cat_args *a)
{
    static const uint8_t keys[] = {C_TYPE, C_CAT, C_SCHEM, C_NAME};
    struct tables t = {.types = parse_types(a->types)};
    struct td_err err;
    SQLRETURN rc;
    if (!td_cat_begin(s)) return SQL_ERROR;
    if (special(s, a, &rc)) return rc;
    if (!td_cat_args(&t.cat, s, a, TD_ARG_PATTERN, TD_ARG_PATTERN)) return SQL_ERROR;
    t.exact_child = t.cat.table.kind == TD_MATCH_EQ;
    t.child_is_table = td_opts_bool(&s->dbc->opts, TD_OPT_CHILD_TABLES);
    td_shape_init(&t.out, TD_SHAPE_TABLES);
    if (list(&t, &err) != TD_OK) {
        td_localset_free(&t.out);
        rc = td_diag_err(&s->h, &err);
    } else {
        td_localset_sort(&t.out, keys, 4);
        rc = td_localset_open(&t.out, s);
    }
    td_cat_end(&t.cat);
    return rc;
}

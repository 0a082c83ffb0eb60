/*
 * SQLProcedures and SQLProcedureColumns (ODBC reference): the driver's own procedures (proc.h).
 * They belong to no database, so a catalog that is named has none.
 */
#include "odbc/catquery.h"
#include "odbc/proc.h"

/* The longest VARCHAR. */
enum { TEXT_LENGTH = 65517 };

static uint32_t count_args(const struct td_proc *p)
{
    uint32_t n = 0;

    while (p->args[n].name)
        n++;
    return n;
}

static void put_proc(struct td_localset *l, const struct td_proc *p)
{
    td_localset_row(l);
    td_localset_textz(l, 2, p->name);
    td_localset_int(l, 3, count_args(p));
    td_localset_int(l, 4, 0);
    td_localset_int(l, 5, p->cols[0].name ? 1 : 0);
    td_localset_textz(l, 6, p->remarks);
    td_localset_int(l, 7, SQL_PT_FUNCTION);
}

/* One row: the return value, an argument, or a column of the result. */
struct item {
    const char *name, *remarks, *def;
    SQLSMALLINT kind;
    uint8_t type;
    int32_t length;
    bool nullable;
    uint32_t ordinal;
};

static void put_item(struct td_localset *l, const struct td_stmt *s, const struct td_proc *p,
                     const struct item *i)
{
    struct td_sqltype t;

    td_sqltype_of(i->type, i->length, 0, 0, 0, &s->dbc->type_opts, &t);
    td_localset_row(l);
    td_localset_textz(l, 2, p->name);
    td_localset_textz(l, 3, i->name);
    td_localset_int(l, 4, i->kind);
    td_cat_put_type(l, 5, &t, s->h.odbc2);
    if (t.num_prec_radix) td_localset_int(l, 10, t.num_prec_radix);
    td_localset_int(l, 11, i->nullable ? SQL_NULLABLE : SQL_NO_NULLS);
    if (i->remarks) td_localset_textz(l, 12, i->remarks);
    if (i->def) td_localset_textz(l, 13, i->def);
    td_localset_int(l, 14, t.verbose);
    if (i->type == TD_T_VARCHAR) td_localset_int(l, 16, t.octet_length);
    td_localset_int(l, 17, i->ordinal);
    td_localset_textz(l, 18, i->nullable ? "YES" : "NO");
}

static void put_columns(struct td_localset *l, const struct td_cat *c, const struct td_proc *p)
{
    const struct item ret = {.name = "",
                             .remarks = "Rows written, messages polled, or 0",
                             .kind = SQL_RETURN_VALUE,
                             .type = TD_T_BIGINT,
                             .length = 8};

    if (td_match_ok(&c->column, TD_STR(""))) put_item(l, c->s, p, &ret);
    for (uint32_t i = 0; p->args[i].name; i++) {
        const struct td_proc_arg *a = &p->args[i];
        const bool text = a->type == TD_PROC_TEXT;
        const struct item it = {.name = a->name,
                                .remarks = a->remarks,
                                .def = a->def,
                                .kind = SQL_PARAM_INPUT,
                                .type = text ? TD_T_VARCHAR : TD_T_BIGINT,
                                .length = text ? TEXT_LENGTH : 8,
                                .nullable = a->def != NULL,
                                .ordinal = i + 1};
        if (td_match_ok(&c->column, td_str_of(a->name))) put_item(l, c->s, p, &it);
    }
    for (uint32_t i = 0; p->cols[i].name; i++) {
        const struct item it = {.name = p->cols[i].name,
                                .kind = SQL_RESULT_COL,
                                .type = p->cols[i].type,
                                .length = p->cols[i].length,
                                .nullable = true,
                                .ordinal = i + 1};
        if (td_match_ok(&c->column, td_str_of(it.name))) put_item(l, c->s, p, &it);
    }
}

static SQLRETURN list(struct td_stmt *s, const struct td_cat_args *a, enum td_shape shape)
{
    const struct td_proc *const *procs;
    const uint32_t n = td_procs(&procs);
    struct td_cat c;
    struct td_localset l;

    if (!td_cat_begin(s) || !td_cat_args(&c, s, a, TD_ARG_ORDINARY, TD_ARG_PATTERN))
        return SQL_ERROR;
    td_shape_init(&l, shape);
    for (uint32_t i = 0; i < n && !c.nothing && (!a->catalog.n || a->catalog.p[0] == '%'); i++) {
        if (!td_match_ok(&c.table, td_str_of(procs[i]->name))) continue;
        if (shape == TD_SHAPE_PROCEDURES)
            put_proc(&l, procs[i]);
        else
            put_columns(&l, &c, procs[i]);
    }
    td_cat_end(&c);
    return td_localset_open(&l, s);
}

SQLRETURN td_procedures(struct td_stmt *s, const struct td_cat_args *a)
{
    return list(s, a, TD_SHAPE_PROCEDURES);
}

SQLRETURN td_procedure_columns(struct td_stmt *s, const struct td_cat_args *a)
{
    return list(s, a, TD_SHAPE_PROCEDURE_COLUMNS);
}

#include "odbc/catquery.h"

enum {
    C_NAME,
    C_TYPE,
    C_SIZE,
    C_PREFIX,
    C_SUFFIX,
    C_PARAMS,
    C_NULLABLE,
    C_CASE,
    C_SEARCH,
    C_UNSIGNED,
    C_FIXED,
    C_AUTO,
    C_LOCAL,
    C_MIN,
    C_MAX,
    C_SQL_TYPE,
    C_SUB,
    C_RADIX
};

/* Every type, those that share an SQL type with the closest first (ODBC reference, SQLGetTypeInfo; protocol.md,
   appendix C). */
static const struct type_row {
    uint8_t type, precision;
    const char *create_params;
} types[] = {
    {TD_T_BOOL, 0, NULL},          {TD_T_TINYINT, 0, NULL},
    {TD_T_SMALLINT, 0, NULL},      {TD_T_UTINYINT, 0, NULL},
    {TD_T_INT, 0, NULL},           {TD_T_USMALLINT, 0, NULL},
    {TD_T_BIGINT, 0, NULL},        {TD_T_UINT, 0, NULL},
    {TD_T_UBIGINT, 0, NULL},       {TD_T_FLOAT, 0, NULL},
    {TD_T_DOUBLE, 0, NULL},        {TD_T_DECIMAL128, 38, "precision,scale"},
    {TD_T_TIMESTAMP, 0, NULL},     {TD_T_VARCHAR, 0, "length"},
    {TD_T_NCHAR, 0, "length"},     {TD_T_JSON, 0, NULL},
    {TD_T_VARBINARY, 0, "length"}, {TD_T_GEOMETRY, 0, "length"},
    {TD_T_BLOB, 0, NULL},
};

/* The types that SQLGetTypeInfo may be asked for: anything else is HY004. */
static bool odbc_type(SQLSMALLINT t)
{
    switch (t) {
    case SQL_ALL_TYPES:
    case SQL_GUID:
    case SQL_WLONGVARCHAR:
    case SQL_WVARCHAR:
    case SQL_WCHAR:
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_BIGINT:
    case SQL_LONGVARBINARY:
    case SQL_VARBINARY:
    case SQL_BINARY:
    case SQL_LONGVARCHAR:
        return true;
    default:
        return (t >= SQL_CHAR && t <= SQL_VARCHAR) ||
               (t >= SQL_TYPE_DATE && t <= SQL_TYPE_TIMESTAMP) ||
               (t >= SQL_INTERVAL_YEAR && t <= SQL_INTERVAL_MINUTE_TO_SECOND);
    }
}

/* ODBC 2's date and time codes name the same types. */
static SQLSMALLINT modern(SQLSMALLINT t)
{
    return t >= SQL_DATE && t <= SQL_TIMESTAMP ? (SQLSMALLINT)(t - SQL_DATE + SQL_TYPE_DATE) : t;
}

static void put_scale(struct td_localset *l, const struct type_row *r, const struct td_sqltype *t,
                      int ts_prec)
{
    int min = t->decimal_digits, max = t->decimal_digits;
    if (min < 0) return;
    if (r->type == TD_T_DECIMAL128) {
        min = 0;
        max = r->precision;
    } else if (r->type == TD_T_TIMESTAMP && ts_prec < 0) {
        min = 3; /* by the database, and none is chosen */
    }
    td_localset_int(l, C_MIN, min);
    td_localset_int(l, C_MAX, max);
}

static void put_row(struct td_localset *l, const struct type_row *r, const struct td_sqltype *t,
                    int ts_prec, bool odbc2)
{
    bool number = t->num_prec_radix != 0;
    td_localset_row(l);
    td_localset_textz(l, C_NAME, t->type_name);
    td_localset_int(l, C_TYPE, odbc2 ? td_sqltype_odbc2(t->concise) : t->concise);
    td_localset_int(l, C_SIZE, (int64_t)t->column_size);
    if (t->literal_prefix && t->literal_prefix[0]) {
        td_localset_textz(l, C_PREFIX, t->literal_prefix);
        td_localset_textz(l, C_SUFFIX, t->literal_suffix);
    }
    td_localset_textz(l, C_PARAMS, r->create_params);
    td_localset_int(l, C_NULLABLE, SQL_NULLABLE);
    td_localset_int(l, C_CASE, t->case_sensitive);
    td_localset_int(l, C_SEARCH, t->searchable);
    td_localset_int(l, C_FIXED, t->fixed_prec_scale);
    td_localset_textz(l, C_LOCAL, t->local_type_name);
    put_scale(l, r, t, ts_prec);
    td_localset_int(l, C_SQL_TYPE, t->verbose);
    if (t->datetime_sub) td_localset_int(l, C_SUB, t->datetime_sub);
    if (number) {
        td_localset_int(l, C_UNSIGNED, t->is_unsigned);
        td_localset_int(l, C_AUTO, SQL_FALSE);
        td_localset_int(l, C_RADIX, t->num_prec_radix);
    }
}

/* The precision of the current database: clients round timestamps to what this says (decisions.md section 1). −1: none. */
static int current_precision(struct td_stmt *s)
{
    char db[256];
    struct td_request rq;
    td_session_database(s->dbc->session, db, sizeof db);
    if (!db[0]) return -1;
    td_stmt_request(s, &rq);
    return td_session_db_precision(s->dbc->session, db, &rq);
}

SQLRETURN td_get_type_info(struct td_stmt *s, SQLSMALLINT type)
{
    static const uint8_t keys[] = {C_TYPE};
    struct td_localset l;
    if (!odbc_type(type)) return td_diag(&s->h, TD_ST_HY004, "%d is not an SQL type", type);
    if (!td_cat_begin(s)) return SQL_ERROR;
    int ts_prec = current_precision(s);
    SQLSMALLINT want = modern(type);
    td_shape_init(&l, TD_SHAPE_TYPE_INFO);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const struct type_row *r = &types[i];
        /* a timestamp parameter stays one when results show text (TimestampAsText): both rows are there then */
        for (int text = 0; text <= (r->type == TD_T_TIMESTAMP && s->dbc->type_opts.ts_as_text);
             text++) {
            struct td_type_opts o = s->dbc->type_opts;
            struct td_sqltype t;
            o.ts_as_text = text;
            td_sqltype_of(r->type, -1, r->precision, 0, ts_prec < 0 ? 2 : ts_prec, &o, &t);
            if (want == SQL_ALL_TYPES || want == t.concise) put_row(&l, r, &t, ts_prec, s->h.odbc2);
        }
    }
    td_localset_sort(&l, keys, 1);
    return td_localset_open(&l, s);
}

/*
 * SQLBindParameter and what an application may ask about parameters. The APD and IPD are the source
 * of truth.
 */
#include "conv/param.h"
#include "odbc/stmt.h"

static SQLSMALLINT modern_sql(SQLSMALLINT t)
{
    return t == SQL_DATE        ? SQL_TYPE_DATE
           : t == SQL_TIME      ? SQL_TYPE_TIME
           : t == SQL_TIMESTAMP ? SQL_TYPE_TIMESTAMP
                                : t;
}

static bool sqltype_known(SQLSMALLINT t)
{
    switch (t) {
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_LONGVARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_WLONGVARCHAR:
    case SQL_DECIMAL:
    case SQL_NUMERIC:
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
    case SQL_BINARY:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY:
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIME:
    case SQL_TYPE_TIMESTAMP:
    case SQL_GUID:
        return true;
    default:
        return t >= SQL_INTERVAL_YEAR && t <= SQL_INTERVAL_MINUTE_TO_SECOND;
    }
}

static SQLRETURN check_parameter(struct td_stmt *s, SQLUSMALLINT n, SQLSMALLINT io,
                                 SQLSMALLINT ctype, SQLSMALLINT sqltype, SQLPOINTER buf, SQLLEN cap,
                                 SQLLEN *ind)
{
    if (!td_state_ok(s, TD_CALL_BIND)) return SQL_ERROR;
    if (n == 0 || n > INT16_MAX)
        return td_diag(&s->h, TD_ST_07009, "Parameter %u is out of range", (unsigned)n);
    if (ctype != SQL_C_DEFAULT && td_ctype_width(td_ctype_modern(ctype)) < 0)
        return td_diag(&s->h, TD_ST_HY003, "C type %d is unknown", (int)ctype);
    if (!sqltype_known(modern_sql(sqltype)))
        return td_diag(&s->h, TD_ST_HY004, "SQL type %d is unknown", (int)sqltype);
    if (ctype != SQL_C_DEFAULT && !td_param_pair(modern_sql(sqltype), td_ctype_modern(ctype)))
        return td_diag(&s->h, TD_ST_07006, "C type %d cannot be bound as SQL type %d", (int)ctype,
                       (int)sqltype);
    if (cap < 0) return td_diag(&s->h, TD_ST_HY090, NULL);
    if (io != SQL_PARAM_INPUT && io != SQL_PARAM_OUTPUT && io != SQL_PARAM_INPUT_OUTPUT)
        return td_diag(&s->h, TD_ST_HY105, NULL);
    if (!buf && !ind && io != SQL_PARAM_OUTPUT)
        return td_diag(&s->h, TD_ST_HY009, "A parameter needs a buffer or an indicator");
    return SQL_SUCCESS;
}

SQLRETURN td_bind_parameter(struct td_stmt *s, SQLUSMALLINT n, SQLSMALLINT io, SQLSMALLINT ctype,
                            SQLSMALLINT sqltype, SQLULEN size, SQLSMALLINT digits, SQLPOINTER buf,
                            SQLLEN cap, SQLLEN *ind)
{
    if (check_parameter(s, n, io, ctype, sqltype, buf, cap, ind) != SQL_SUCCESS) return SQL_ERROR;
    struct td_desc_rec *a = td_desc_rec_make(s->apd, (SQLSMALLINT)n);
    struct td_desc_rec *i = td_desc_rec_make(&s->ipd, (SQLSMALLINT)n);
    if (!a || !i) return td_diag_nomem(&s->h);
    td_desc_set_type(a, td_ctype_modern(ctype));
    a->octet_length = cap;
    a->data_ptr = buf;
    a->octet_length_ptr = a->indicator_ptr = ind;
    a->precision = ctype == SQL_C_NUMERIC ? (SQLSMALLINT)(size && size <= 38 ? size : 38) : 0;
    a->scale = ctype == SQL_C_NUMERIC ? digits : 0;
    td_desc_set_type(i, modern_sql(sqltype));
    i->parameter_type = io;
    i->length = size;
    i->precision = sqltype == SQL_DECIMAL || sqltype == SQL_NUMERIC ? (SQLSMALLINT)size : digits;
    i->scale = digits;
    i->nullable = SQL_NULLABLE;
    return SQL_SUCCESS;
}

SQLRETURN td_num_params(struct td_stmt *s, SQLSMALLINT *n)
{
    if (!td_state_ok(s, TD_CALL_NUMPARAMS)) return SQL_ERROR;
    if (n) *n = (SQLSMALLINT)s->text.nmarkers;
    return SQL_SUCCESS;
}

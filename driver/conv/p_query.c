/*
 * p_query.c: the type of a parameter that no column stands behind: a query's, or a literal's
 * (protocol.md 4.3: the server gives queries no parameter types).
 */
#include "conv/pcommon.h"

static bool is_time(enum td_ckind kind)
{
    return kind == TD_C_DATE || kind == TD_C_TIME || kind == TD_C_TS;
}

static bool is_text(enum td_ckind kind)
{
    return kind == TD_C_CHAR || kind == TD_C_WCHAR;
}

/* What p_text.c makes a plain number of. */
static bool is_number(enum td_ckind kind)
{
    return is_text(kind) || kind == TD_C_F32 || kind == TD_C_F64 || kind == TD_C_NUMERIC ||
           kind == TD_C_BIT || kind == TD_C_BINARY;
}

static void set(struct td_pdest *d, uint8_t type, enum td_pform form)
{
    d->type = type;
    d->form = (uint8_t)form;
}

static void whole(struct td_pdest *d, enum td_ckind kind)
{
    set(d, kind == TD_C_U64 ? TD_T_UBIGINT : TD_T_BIGINT, TD_PFORM_TEXT);
}

/* Intervals, GUIDs: what cannot be what the SQL type says goes as its text. */
static void by_ctype(struct td_pdest *d, enum td_ckind kind)
{
    if (td_pkind_int(kind))
        whole(d, kind);
    else if (kind == TD_C_F32 || kind == TD_C_F64)
        set(d, TD_T_DOUBLE, TD_PFORM_TEXT);
    else if (kind == TD_C_BIT)
        set(d, TD_T_BOOL, TD_PFORM_TEXT);
    else if (kind == TD_C_BINARY)
        set(d, TD_T_VARBINARY, TD_PFORM_TEXT);
    else
        set(d, TD_T_VARCHAR, kind == TD_C_TS ? TD_PFORM_INSTANT : TD_PFORM_TEXT);
}

/* A TDengine type into which exactly those C types go that the reference's tables name for the SQL
   type; TD_T_NULL: none. */
static int column_like(SQLSMALLINT sqltype)
{
    switch (sqltype) {
    case SQL_BIT:
        return TD_T_BOOL;
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
        return TD_T_BIGINT;
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
        return TD_T_DOUBLE;
    case SQL_DECIMAL:
    case SQL_NUMERIC:
        return TD_T_DECIMAL128;
    case SQL_BINARY:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY:
        return TD_T_VARBINARY;
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIMESTAMP:
        return TD_T_TIMESTAMP;
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_LONGVARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_WLONGVARCHAR:
        return TD_T_VARCHAR;
    default:
        return TD_T_NULL;
    }
}

bool td_param_pair(SQLSMALLINT sqltype, SQLSMALLINT ctype)
{
    const struct td_ctype *c = td_ctype_of(ctype);
    enum td_ckind kind = c ? (enum td_ckind)c->kind : TD_C_COUNT;
    int like = column_like(sqltype);

    if (like != TD_T_NULL) return td_param_legal(like, ctype);
    if (is_text(kind) || kind == TD_C_BINARY) return true;
    if (sqltype == SQL_GUID) return kind == TD_C_GUID;
    if (sqltype == SQL_TYPE_TIME) return kind == TD_C_TIME || kind == TD_C_TS;
    return kind == TD_C_INTERVAL || kind == TD_C_NUMERIC || td_pkind_int(kind); // SQL_INTERVAL_…
}

void td_param_query_type(const struct td_psource *s, struct td_pdest *d)
{
    const struct td_ctype *c = td_ctype_of(s->ctype);
    enum td_ckind kind = c ? (enum td_ckind)c->kind : TD_C_CHAR;

    memset(d, 0, sizeof *d);
    switch (s->sqltype) {
    case SQL_BIT:
        set(d, TD_T_BOOL, TD_PFORM_TEXT);
        break;
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
        whole(d, kind);
        break;
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
        set(d, TD_T_DOUBLE, TD_PFORM_TEXT);
        break;
    case SQL_DECIMAL:
    case SQL_NUMERIC:
        if (is_number(kind))
            set(d, TD_T_VARCHAR, TD_PFORM_NUMBER);
        else
            by_ctype(d, kind);
        break;
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIMESTAMP:
        if (is_time(kind) || is_text(kind))
            set(d, TD_T_VARCHAR, TD_PFORM_INSTANT);
        else
            by_ctype(d, kind);
        break;
    case SQL_BINARY:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY:
        set(d, TD_T_VARBINARY, TD_PFORM_TEXT);
        break;
    case SQL_TYPE_TIME:
        by_ctype(d, kind == TD_C_TS ? TD_C_CHAR : kind);
        break;
    default:
        set(d, TD_T_VARCHAR, TD_PFORM_TEXT);
        break;
    }
    if (!td_param_legal(d->type, s->ctype)) by_ctype(d, kind);
}

/*
 * Exported functions without text arguments.
 */
#include "api/api.h"

static SQLRETURN alloc_desc(struct td_dbc *d, SQLHANDLE *out)
{
    *out = SQL_NULL_HANDLE;
    if (!td_dbc_connected(d, &d->h)) return SQL_ERROR;
    struct td_desc *x = td_malloc(sizeof *x);
    if (!x) return td_diag_nomem(&d->h);
    td_desc_init(x, TD_ARD, d, NULL);
    x->next = d->descs;
    d->descs = x;
    *out = x;
    return SQL_SUCCESS;
}

TD_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *out)
{
    switch (type) {
    case SQL_HANDLE_ENV:
        return out ? td_env_alloc(out) : SQL_ERROR;
    case SQL_HANDLE_DBC: {
        struct td_env *e = td_enter(parent, SQL_HANDLE_ENV);
        if (!e) return SQL_INVALID_HANDLE;
        return td_leave(e, out ? td_dbc_alloc(e, out) : td_diag(&e->h, TD_ST_HY009, NULL));
    }
    case SQL_HANDLE_STMT:
        TD_ON_DBC(parent, out ? td_stmt_alloc(d, out) : td_diag(&d->h, TD_ST_HY009, NULL));
    case SQL_HANDLE_DESC:
        TD_ON_DBC(parent, out ? alloc_desc(d, out) : td_diag(&d->h, TD_ST_HY009, NULL));
    default:
        return SQL_ERROR;
    }
}

/* Statements that use the descriptor fall back to their implicit one (reference, SQLFreeHandle). */
static SQLRETURN free_desc(struct td_desc *x)
{
    struct td_dbc *d = x->dbc;

    if (x->stmt) {
        td_lock(&x->h.lock);
        td_diag_clear(&x->h.diag);
        td_diag(&x->h, TD_ST_HY017, NULL);
        td_unlock(&x->h.lock);
        return SQL_ERROR;
    }
    td_lock(&d->h.lock);
    for (struct td_stmt *s = d->stmts; s; s = s->next) {
        td_lock(&s->h.lock);
        if (s->ard == x) s->ard = &s->ard0;
        if (s->apd == x) s->apd = &s->apd0;
        s->plan.valid = false;
        td_unlock(&s->h.lock);
    }
    for (struct td_desc **p = &d->descs; *p; p = &(*p)->next) {
        if (*p == x) {
            *p = x->next;
            break;
        }
    }
    td_unlock(&d->h.lock);
    td_desc_dispose(x);
    td_free(x);
    return SQL_SUCCESS;
}

TD_API SQLFreeHandle(SQLSMALLINT type, SQLHANDLE handle)
{
    void *h = td_handle_check(handle, type);

    if (!h) return SQL_INVALID_HANDLE;
    switch (type) {
    case SQL_HANDLE_ENV:
        return td_env_free(h);
    case SQL_HANDLE_DBC:
        return td_dbc_free(h);
    case SQL_HANDLE_STMT:
        return td_stmt_free(h);
    default:
        return free_desc(h);
    }
}

TD_API SQLFreeStmt(SQLHSTMT stmt, SQLUSMALLINT option)
{
    if (option == SQL_DROP) return SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    TD_ON_STMT(stmt, td_free_stmt(s, option));
}

TD_API SQLSetEnvAttr(SQLHENV env, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len)
{
    struct td_env *e = td_enter(env, SQL_HANDLE_ENV);

    return e ? td_leave(e, td_env_set_attr(e, attr, value, len)) : SQL_INVALID_HANDLE;
}

TD_API SQLGetEnvAttr(SQLHENV env, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER cap,
                     SQLINTEGER *len)
{
    struct td_out out = {.buf = value, .cap = cap, .len32 = len};
    struct td_env *e = td_enter(env, SQL_HANDLE_ENV);

    return e ? td_leave(e, td_env_get_attr(e, attr, &out)) : SQL_INVALID_HANDLE;
}

TD_API SQLDisconnect(SQLHDBC dbc)
{
    TD_ON_DBC(dbc, td_disconnect(d));
}

TD_API SQLEndTran(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT completion)
{
    if (type != SQL_HANDLE_ENV && type != SQL_HANDLE_DBC) return SQL_INVALID_HANDLE;
    struct td_handle *h = td_enter(handle, type);
    return h ? td_leave(h, td_end_tran(h, completion)) : SQL_INVALID_HANDLE;
}

TD_API SQLGetFunctions(SQLHDBC dbc, SQLUSMALLINT id, SQLUSMALLINT *supported)
{
    TD_ON_DBC(dbc, td_get_functions(d, id, supported));
}

TD_API SQLExecute(SQLHSTMT stmt)
{
    TD_ON_STMT(stmt, td_execute(s));
}

TD_API SQLMoreResults(SQLHSTMT stmt)
{
    TD_ON_STMT(stmt, td_more_results(s));
}

TD_API SQLRowCount(SQLHSTMT stmt, SQLLEN *rows)
{
    TD_ON_STMT(stmt, td_row_count(s, rows));
}

TD_API SQLNumResultCols(SQLHSTMT stmt, SQLSMALLINT *n)
{
    TD_ON_STMT(stmt, td_num_result_cols(s, n));
}

TD_API SQLCloseCursor(SQLHSTMT stmt)
{
    struct td_stmt *s = td_enter_stmt(stmt);

    if (!s) return SQL_INVALID_HANDLE;
    if (!td_state_ok(s, TD_CALL_CLOSECURSOR)) return td_leave(s, SQL_ERROR);
    td_stmt_close_cursor(s);
    return td_leave(s, SQL_SUCCESS);
}

/* From any thread, while another is inside a call on the statement: takes no lock and leaves diagnostics alone. */
TD_API SQLCancel(SQLHSTMT stmt)
{
    struct td_stmt *s = td_handle_check(stmt, SQL_HANDLE_STMT);

    return s ? td_cancel_stmt(s) : SQL_INVALID_HANDLE;
}

TD_API SQLCancelHandle(SQLSMALLINT type, SQLHANDLE handle)
{
    if (type == SQL_HANDLE_STMT) return SQLCancel(handle);
    if (type != SQL_HANDLE_DBC) return SQL_INVALID_HANDLE;
    struct td_dbc *d = td_handle_check(handle, SQL_HANDLE_DBC);
    return d ? td_cancel_dbc(d) : SQL_INVALID_HANDLE;
}

TD_API SQLBindCol(SQLHSTMT stmt, SQLUSMALLINT col, SQLSMALLINT ctype, SQLPOINTER buf, SQLLEN cap,
                  SQLLEN *ind)
{
    TD_ON_STMT(stmt, td_bind_col(s, col, ctype, buf, cap, ind));
}

TD_API SQLFetch(SQLHSTMT stmt)
{
    TD_ON_STMT(stmt, td_fetch(s));
}

TD_API SQLFetchScroll(SQLHSTMT stmt, SQLSMALLINT orientation, SQLLEN offset)
{
    TD_ON_STMT(stmt, td_fetch_scroll(s, orientation, offset));
}

TD_API SQLExtendedFetch(SQLHSTMT stmt, SQLUSMALLINT type, SQLLEN row, SQLULEN *rows,
                        SQLUSMALLINT *status)
{
    TD_ON_STMT(stmt, td_extended_fetch(s, type, row, rows, status));
}

TD_API SQLSetPos(SQLHSTMT stmt, SQLSETPOSIROW row, SQLUSMALLINT op, SQLUSMALLINT lock)
{
    TD_ON_STMT(stmt, td_set_pos(s, row, op, lock));
}

TD_API SQLBulkOperations(SQLHSTMT stmt, SQLSMALLINT op)
{
    TD_ON_STMT(stmt, td_bulk_operations(s, op));
}

TD_API SQLGetData(SQLHSTMT stmt, SQLUSMALLINT col, SQLSMALLINT ctype, SQLPOINTER buf, SQLLEN cap,
                  SQLLEN *ind)
{
    TD_ON_STMT(stmt, td_get_data(s, col, ctype, buf, cap, ind));
}

TD_API SQLBindParameter(SQLHSTMT stmt, SQLUSMALLINT n, SQLSMALLINT io, SQLSMALLINT ctype,
                        SQLSMALLINT sqltype, SQLULEN size, SQLSMALLINT digits, SQLPOINTER buf,
                        SQLLEN cap, SQLLEN *ind)
{
    TD_ON_STMT(stmt, td_bind_parameter(s, n, io, ctype, sqltype, size, digits, buf, cap, ind));
}

TD_API SQLNumParams(SQLHSTMT stmt, SQLSMALLINT *n)
{
    TD_ON_STMT(stmt, td_num_params(s, n));
}

TD_API SQLDescribeParam(SQLHSTMT stmt, SQLUSMALLINT n, SQLSMALLINT *type, SQLULEN *size,
                        SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    TD_ON_STMT(stmt, td_describe_param(s, n, type, size, digits, nullable));
}

TD_API SQLParamData(SQLHSTMT stmt, SQLPOINTER *token)
{
    TD_ON_STMT(stmt, td_param_data(s, token));
}

TD_API SQLPutData(SQLHSTMT stmt, SQLPOINTER data, SQLLEN n)
{
    TD_ON_STMT(stmt, td_put_data(s, data, n));
}

TD_API SQLSetDescRec(SQLHDESC desc, SQLSMALLINT rec, SQLSMALLINT type, SQLSMALLINT subtype,
                     SQLLEN length, SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data,
                     SQLLEN *octet_length, SQLLEN *indicator)
{
    struct td_desc *d = td_enter(desc, SQL_HANDLE_DESC);

    if (!d) return SQL_INVALID_HANDLE;
    return td_leave(d, td_desc_set_rec(d, &d->h, rec, type, subtype, length, precision, scale, data,
                                       octet_length, indicator));
}

TD_API SQLCopyDesc(SQLHDESC source, SQLHDESC target)
{
    struct td_desc *src = td_handle_check(source, SQL_HANDLE_DESC);
    struct td_desc *dst = src ? td_enter(target, SQL_HANDLE_DESC) : NULL;

    return dst ? td_leave(dst, td_desc_copy(src, dst, &dst->h)) : SQL_INVALID_HANDLE;
}

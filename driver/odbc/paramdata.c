/*
 * SQLDescribeParam, SQLParamData, SQLPutData.
 */
#include "odbc/stmt.h"

SQLRETURN td_describe_param(struct td_stmt *s, SQLUSMALLINT n, SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
                            SQLSMALLINT *nullable)
{
    (void)type, (void)size, (void)digits, (void)nullable;
    if (!td_state_ok(s, TD_CALL_NUMPARAMS))
        return SQL_ERROR;
    if (n == 0 || n > s->text.nmarkers)
        return td_diag(&s->h, TD_ST_07009, "The statement has %u parameters", s->text.nmarkers);
    return td_diag(&s->h, TD_ST_HYC00, "Parameters are not offered yet");
}

SQLRETURN td_param_data(struct td_stmt *s, SQLPOINTER *token)
{
    (void)token;
    td_state_ok(s, TD_CALL_PARAMDATA);
    return SQL_ERROR;
}

SQLRETURN td_put_data(struct td_stmt *s, SQLPOINTER data, SQLLEN n)
{
    (void)data, (void)n;
    td_state_ok(s, TD_CALL_PUTDATA);
    return SQL_ERROR;
}

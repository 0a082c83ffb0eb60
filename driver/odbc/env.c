#include "odbc/env.h"

#include "base/alloc.h"

SQLRETURN td_env_alloc(SQLHANDLE *out)
{
    struct td_env *e = td_calloc(1, sizeof *e);

    *out = SQL_NULL_HANDLE;
    if (!e) return SQL_ERROR;
    td_handle_init(&e->h, SQL_HANDLE_ENV);
    e->output_nts = SQL_TRUE;
    *out = e;
    return SQL_SUCCESS;
}

SQLRETURN td_env_free(struct td_env *e)
{
    td_lock(&e->h.lock);
    bool busy = e->dbcs != NULL;
    if (busy) {
        td_diag_clear(&e->h.diag);
        td_diag(&e->h, TD_ST_HY010, "Free the environment's connections first");
    }
    td_unlock(&e->h.lock);
    if (busy) return SQL_ERROR;
    td_handle_dispose(&e->h);
    td_free(e);
    return SQL_SUCCESS;
}

SQLRETURN td_env_set_attr(struct td_env *e, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len)
{
    SQLINTEGER v = (SQLINTEGER)(SQLLEN)value;

    (void)len;
    switch (attr) {
    case SQL_ATTR_ODBC_VERSION:
        if (v != SQL_OV_ODBC2 && v != SQL_OV_ODBC3 && v != SQL_OV_ODBC3_80)
            return td_diag(&e->h, TD_ST_HY024, "ODBC version %d is not 2, 3 or 380", (int)v);
        if (e->dbcs)
            return td_diag(&e->h, TD_ST_HY010,
                           "The ODBC version is set before connections are allocated");
        e->odbc_version = v;
        e->h.odbc2 = v == SQL_OV_ODBC2;
        return SQL_SUCCESS;
    case SQL_ATTR_CONNECTION_POOLING:
        if (v < 0 || v > 3) return td_diag(&e->h, TD_ST_HY024, NULL);
        e->pooling = v;
        return SQL_SUCCESS;
    case SQL_ATTR_CP_MATCH:
        if (v != SQL_CP_STRICT_MATCH && v != SQL_CP_RELAXED_MATCH)
            return td_diag(&e->h, TD_ST_HY024, NULL);
        e->cp_match = v;
        return SQL_SUCCESS;
    case SQL_ATTR_OUTPUT_NTS:
        if (v == SQL_TRUE) return SQL_SUCCESS;
        return td_diag(&e->h, v == SQL_FALSE ? TD_ST_HYC00 : TD_ST_HY024,
                       "Text is always returned with a terminator (SQL_ATTR_OUTPUT_NTS)");
    default:
        return td_diag(&e->h, TD_ST_HY092, "Environment attribute %d is unknown", (int)attr);
    }
}

SQLRETURN td_env_get_attr(struct td_env *e, SQLINTEGER attr, const struct td_out *out)
{
    switch (attr) {
    case SQL_ATTR_ODBC_VERSION:
        return td_out_fixed(out, &e->odbc_version, sizeof e->odbc_version);
    case SQL_ATTR_CONNECTION_POOLING:
        return td_out_fixed(out, &e->pooling, sizeof e->pooling);
    case SQL_ATTR_CP_MATCH:
        return td_out_fixed(out, &e->cp_match, sizeof e->cp_match);
    case SQL_ATTR_OUTPUT_NTS:
        return td_out_fixed(out, &e->output_nts, sizeof e->output_nts);
    default:
        return td_diag(&e->h, TD_ST_HY092, "Environment attribute %d is unknown", (int)attr);
    }
}

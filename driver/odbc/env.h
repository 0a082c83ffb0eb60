/*
 * env.h: environment handle: ODBC version of the application, list of connections.
 */
#ifndef TD_ODBC_ENV_H
#define TD_ODBC_ENV_H

#include "odbc/handle.h"

struct td_dbc;

struct td_env {
    struct td_handle h;
    SQLINTEGER odbc_version; /* SQL_OV_ODBC2, SQL_OV_ODBC3, SQL_OV_ODBC3_80; 0 = not set yet */
    SQLINTEGER pooling, cp_match, output_nts;
    struct td_dbc *dbcs; /* guarded by h.lock */
};

SQLRETURN td_env_alloc(SQLHANDLE *out);
SQLRETURN td_env_free(struct td_env *e);
SQLRETURN td_env_set_attr(struct td_env *e, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len);
SQLRETURN td_env_get_attr(struct td_env *e, SQLINTEGER attr, const struct td_out *out);

#endif

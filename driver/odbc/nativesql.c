#include "odbc/dbc.h"
#include "odbc/sqltext.h"

/* SQLNativeSql: the statement as it would be sent (ODBC reference, SQLNativeSql). */
SQLRETURN td_native_sql(struct td_dbc *d, struct td_str in, const struct td_out *out)
{
    if (!td_dbc_connected(d, &d->h)) return SQL_ERROR;
    if (!in.p) return td_diag(&d->h, TD_ST_HY009, "The statement text is a null pointer");
    struct td_sqltext t;
    struct td_err err;
    struct td_sqltext_opts o = {.quoted_identifiers =
                                    td_opts_bool(&d->opts, TD_OPT_QUOTED_IDENTIFIERS)};
    if (td_sqltext_parse(&t, in, &o, &err) != TD_OK) return td_diag_err(&d->h, &err);
    SQLRETURN rc = td_out_text(&d->h, out, td_buf_str(&t.native));
    td_sqltext_free(&t);
    return rc;
}

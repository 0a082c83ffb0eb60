#include "odbc/dbc.h"

#include "base/alloc.h"
#include "odbc/stmt.h"

SQLRETURN td_dbc_alloc(struct td_env *e, SQLHANDLE *out)
{
    *out = SQL_NULL_HANDLE;
    if (!e->odbc_version)
        return td_diag(&e->h, TD_ST_HY010,
                       "Set SQL_ATTR_ODBC_VERSION before allocating a connection");
    struct td_dbc *d = td_calloc(1, sizeof *d);
    if (!d) return td_diag_nomem(&e->h);
    td_handle_init(&d->h, SQL_HANDLE_DBC);
    d->h.odbc2 = e->h.odbc2;
    d->env = e;
    d->access_mode = SQL_MODE_READ_WRITE;
    d->autocommit = SQL_AUTOCOMMIT_ON;
    d->txn_isolation = SQL_TXN_READ_UNCOMMITTED;
    td_opts_init(&d->opts);
    d->next = e->dbcs;
    e->dbcs = d;
    *out = d;
    return SQL_SUCCESS;
}

SQLRETURN td_dbc_free(struct td_dbc *d)
{
    struct td_env *e = d->env;

    td_lock(&d->h.lock);
    bool open = d->session != NULL;
    if (open) {
        td_diag_clear(&d->h.diag);
        td_diag(&d->h, TD_ST_HY010, "Disconnect before freeing the connection");
    }
    td_unlock(&d->h.lock);
    if (open) return SQL_ERROR;
    while (d->stmts)
        td_stmt_free(d->stmts);
    td_lock(&e->h.lock);
    for (struct td_dbc **p = &e->dbcs; *p; p = &(*p)->next) {
        if (*p == d) {
            *p = d->next;
            break;
        }
    }
    td_unlock(&e->h.lock);
    while (d->descs) {
        struct td_desc *x = d->descs;
        d->descs = x->next;
        td_desc_dispose(x);
        td_free(x);
    }
    td_opts_free(&d->opts);
    td_free(d->catalog_wanted);
    td_handle_dispose(&d->h);
    td_free(d);
    return SQL_SUCCESS;
}

bool td_dbc_connected(struct td_dbc *d, struct td_handle *diag)
{
    if (d->h.fork_gen != td_fork_generation()) {
        td_diag(diag, TD_ST_08S01,
                "The connection was opened before fork(): connect again in the child process");
        return false;
    }
    if (!d->session) {
        td_diag(diag, TD_ST_08003, NULL);
        return false;
    }
    return true;
}

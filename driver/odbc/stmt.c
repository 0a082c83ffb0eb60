#include "odbc/stmt.h"

#include "base/clock.h"

static void attr_defaults(struct td_stmt *s)
{
    s->noscan = SQL_NOSCAN_OFF;
    s->retrieve_data = SQL_RD_ON;
    s->cursor_type = SQL_CURSOR_FORWARD_ONLY;
    s->concurrency = SQL_CONCUR_READ_ONLY;
    s->cursor_scrollable = SQL_NONSCROLLABLE;
    s->cursor_sensitivity = SQL_UNSPECIFIED;
    s->use_bookmarks = SQL_UB_OFF;
    s->simulate_cursor = SQL_SC_NON_UNIQUE;
    s->ext_rowset_size = 1;
    s->metadata_id = s->dbc->metadata_id;
    s->query_timeout = (SQLULEN)td_opts_int(&s->dbc->opts, TD_OPT_QUERY_TIMEOUT);
}

SQLRETURN td_stmt_alloc(struct td_dbc *d, SQLHANDLE *out)
{
    *out = SQL_NULL_HANDLE;
    if (!td_dbc_connected(d, &d->h)) return SQL_ERROR;
    struct td_stmt *s = td_calloc(1, sizeof *s);
    if (!s) return td_diag_nomem(&d->h);
    td_handle_init(&s->h, SQL_HANDLE_STMT);
    s->h.odbc2 = d->h.odbc2;
    s->dbc = d;
    s->row_count = -1;
    td_desc_init(&s->ird, TD_IRD, d, s);
    td_desc_init(&s->ipd, TD_IPD, d, s);
    td_desc_init(&s->ard0, TD_ARD, d, s);
    td_desc_init(&s->apd0, TD_APD, d, s);
    s->ard = &s->ard0;
    s->apd = &s->apd0;
    attr_defaults(s);
    for (SQLINTEGER a = 0; a < SQL_ROW_NUMBER; a++) {
        if (d->stmt_default_set & (1u << a))
            td_stmt_set_attr(s, a, (SQLPOINTER)d->stmt_default[a], 0);
    }
    td_diag_clear(&s->h.diag);
    s->next = d->stmts;
    d->stmts = s;
    *out = s;
    return SQL_SUCCESS;
}

SQLRETURN td_stmt_free(struct td_stmt *s)
{
    struct td_dbc *d = s->dbc;

    td_lock(&d->h.lock);
    for (struct td_stmt **p = &d->stmts; *p; p = &(*p)->next) {
        if (*p == s) {
            *p = s->next;
            break;
        }
    }
    td_unlock(&d->h.lock);
    td_lock(&s->h.lock);
    td_stmt_close_cursor(s);
    td_stmt_forget(s);
    td_free(s->rowset.segs);
    td_free(s->rowset.state);
    td_free(s->plan.cols);
    td_desc_dispose(&s->ird);
    td_desc_dispose(&s->ipd);
    td_desc_dispose(&s->ard0);
    td_desc_dispose(&s->apd0);
    td_unlock(&s->h.lock);
    td_handle_dispose(&s->h);
    td_free(s);
    return SQL_SUCCESS;
}

struct td_stmt *td_enter_stmt(SQLHSTMT h)
{
    struct td_stmt *s = td_enter(h, SQL_HANDLE_STMT);

    if (s) s->cancel_seen = __atomic_load_n(&s->cancel.generation, __ATOMIC_SEQ_CST);
    return s;
}

void td_stmt_request(struct td_stmt *s, struct td_request *rq)
{
    const SQLULEN limit = __atomic_load_n(&s->dbc->connection_timeout, __ATOMIC_RELAXED);

    memset(rq, 0, sizeof *rq);
    rq->connection_limit = limit && (!s->query_timeout || limit < s->query_timeout);
    rq->deadline = td_deadline((int64_t)(rq->connection_limit ? limit : s->query_timeout) * 1000);
    rq->cancel = &s->cancel;
    rq->seen = s->cancel_seen;
    rq->req_id = s->next_req_id;
    s->next_req_id = 0;
}

SQLRETURN td_free_stmt(struct td_stmt *s, SQLUSMALLINT option)
{
    if (!td_state_ok(s, TD_CALL_OPTION)) return SQL_ERROR;
    switch (option) {
    case SQL_CLOSE:
        td_stmt_close_cursor(s);
        return SQL_SUCCESS;
    case SQL_UNBIND:
        return td_desc_set_count(s->ard, 0) ? SQL_SUCCESS : td_diag_nomem(&s->h);
    case SQL_RESET_PARAMS:
        return td_desc_set_count(s->apd, 0) && td_desc_set_count(&s->ipd, 0) ? SQL_SUCCESS
                                                                             : td_diag_nomem(&s->h);
    default:
        return td_diag(&s->h, TD_ST_HY092, "SQLFreeStmt option %u is unknown", (unsigned)option);
    }
}

/*
 * Preparing and executing statements, batches, and what an execution leaves behind (decisions.md section 3).
 */
#include "client/tmq.h"
#include "odbc/paramset.h"
#include "odbc/proc.h"

/* What one statement of a batch came to. */
struct td_outcome {
    struct td_result *res; /* NULL when failed */
    struct td_err err;
};

static void drop_pending(struct td_stmt *s)
{
    for (size_t i = 0; i < s->npending; i++)
        td_result_free(s->pending[i].res);
    td_free(s->pending);
    s->pending = NULL;
    s->npending = 0;
    td_proc_drop(s);
}

static bool makes_result(const struct td_stmt *s)
{
    enum td_sql_kind k = s->text.nstmts ? s->text.stmts[0].kind : TD_SQL_OTHER;

    return k == TD_SQL_SELECT || k == TD_SQL_SHOW;
}

/* Ends the open result, if any; the state stays the caller's business. */
static void end_result(struct td_stmt *s)
{
    td_rowset_clear(&s->rowset);
    td_store_free(s->store);
    s->store = NULL;
    td_result_free(s->res);
    s->res = NULL;
    s->described = false;
    memset(&s->cur, 0, sizeof s->cur);
    memset(&s->gd, 0, sizeof s->gd);
    s->plan.valid = false;
}

void td_stmt_close_cursor(struct td_stmt *s)
{
    bool keep_ird = s->prepared && s->stmt_index == 0;

    end_result(s);
    drop_pending(s);
    if (!keep_ird) td_desc_clear(&s->ird);
    s->stmt_index = 0;
    s->row_count = -1;
    s->state = !s->prepared ? TD_S1 : makes_result(s) ? TD_S3 : TD_S2;
}

void td_stmt_forget(struct td_stmt *s)
{
    td_params_free(s);
    td_sqltext_free(&s->text);
    memset(&s->text, 0, sizeof s->text);
    s->prepared = false;
    s->state = TD_S1;
    td_desc_clear(&s->ird);
}

static enum td_rc fill_ird(struct td_stmt *s, const struct td_result *res, struct td_err *err)
{
    td_desc_clear(&s->ird);
    if (res->ncols > INT16_MAX)
        return td_err_set(err, TD_ST_HY000, 0,
                          "The result has %u columns, more than ODBC can count", res->ncols);
    for (uint32_t i = 0; i < res->ncols; i++) {
        const struct td_column *c = &res->cols[i];
        if (td_desc_describe(&s->ird, (SQLSMALLINT)(i + 1), c->name, c->type, c->length,
                             c->precision, c->scale, res->ts_prec, c->nullable, &s->dbc->type_opts,
                             err) != TD_OK)
            return TD_FAIL;
    }
    return TD_OK;
}

/* Makes `res` the statement's current result: IRD, row count, cursor, state. Takes it over also on failure. */
static SQLRETURN open_result(struct td_stmt *s, struct td_result *res)
{
    struct td_err err;

    end_result(s);
    s->res = res;
    s->row_count = res->ncols ? -1 : (SQLLEN)res->affected;
    s->h.diag.row_count = s->row_count;
    s->h.diag.cursor_rows = -1;
    s->h.diag.function_code = res->ncols ? SQL_DIAG_SELECT_CURSOR : SQL_DIAG_UNKNOWN_STATEMENT;
    if (fill_ird(s, res, &err) != TD_OK) {
        td_stmt_close_cursor(s);
        return td_diag_err(&s->h, &err);
    }
    if (res->ncols && s->cursor_type == SQL_CURSOR_STATIC) {
        s->store = td_store_new(res->ncols, res->ts_prec,
                                (size_t)td_opts_int(&s->dbc->opts, TD_OPT_MAX_CURSOR_MEMORY) << 20);
        if (!s->store) {
            td_stmt_close_cursor(s);
            return td_diag_nomem(&s->h);
        }
    }
    td_stmt_kctx(s, &s->gctx);
    s->state = res->ncols ? TD_S5 : TD_S4;
    return td_diag_done(&s->h);
}

SQLRETURN td_open_local(struct td_stmt *s, struct td_result *res)
{
    return open_result(s, res);
}

static enum td_rc may_run(struct td_stmt *s, const struct td_sqlstmt *q, struct td_err *err)
{
    if (!td_opts_bool(&s->dbc->opts, TD_OPT_READ_ONLY)) return TD_OK;
    if (q->kind == TD_SQL_SELECT || q->kind == TD_SQL_SHOW || q->kind == TD_SQL_USE ||
        q->kind == TD_SQL_EMPTY)
        return TD_OK;
    return td_err_set(err, TD_ST_25000, 0,
                      "The connection is read-only (ReadOnly=1): the statement was not sent");
}

static enum td_rc run_statement(struct td_stmt *s, const struct td_sqlstmt *q,
                                struct td_result **res, struct td_err *err)
{
    struct td_request rq;

    if (may_run(s, q, err) != TD_OK) return TD_FAIL;
    if (q->kind == TD_SQL_CALL) return td_proc_run(s, q, res, err);
    if (q->nmarkers) return td_params_run(s, (size_t)(q - s->text.stmts), res, err);
    td_stmt_request(s, &rq);
    /* a text of blanks, comments or semicolons goes as it is: the server says what is wrong with it */
    struct td_str sql = q->kind == TD_SQL_EMPTY ? td_buf_str(&s->text.native) : q->sql;
    enum td_rc rc = td_session_query(s->dbc->session, sql, &rq, res, err);
    s->last_req_id = rq.req_id;
    s->last_timing_ns = rq.timing_ns;
    if (rc == TD_OK && !(*res)->ncols && q->kind != TD_SQL_USE)
        __atomic_store_n(&s->dbc->wrote, true, __ATOMIC_RELAXED);
    return rc;
}

/* Updates that follow an update in a batch run at once, so that a program that never calls SQLMoreResults still gets all
   its inserts; a statement with a result set waits for its turn. Their outcomes queue up for SQLMoreResults. */
static void run_ahead(struct td_stmt *s)
{
    size_t next = s->stmt_index + 1;

    while (next < s->text.nstmts) {
        const struct td_sqlstmt *q = &s->text.stmts[next];
        if (q->kind == TD_SQL_SELECT || q->kind == TD_SQL_SHOW || q->kind == TD_SQL_CALL ||
            (q->nmarkers && q->kind != TD_SQL_INSERT))
            return;
        struct td_outcome *p = td_realloc(s->pending, (s->npending + 1) * sizeof *p);
        if (!p) {
            td_diag(&s->h, TD_ST_01000,
                    "Statement %zu of the batch waits for SQLMoreResults: out of memory", next + 1);
            return;
        }
        s->pending = p;
        struct td_outcome *o = &p[s->npending++];
        o->res = NULL;
        if (run_statement(s, q, &o->res, &o->err) != TD_OK) {
            o->res = NULL;
            td_diag(&s->h, TD_ST_01000,
                    "Statement %zu of the batch failed (%s); SQLMoreResults returns its error",
                    next + 1, td_sqlstate_text(o->err.state));
            return;
        }
        if (o->res->ncols) return;
        next++;
    }
}

/* A statement's failure becomes a record, unless its parameter sets have theirs already. */
static SQLRETURN failed(struct td_stmt *s, const struct td_err *err)
{
    return err->state == TD_ST_00000 ? SQL_ERROR : td_diag_err(&s->h, err);
}

/* Runs statement stmt_index of the text and opens its result. */
static SQLRETURN run_current(struct td_stmt *s)
{
    struct td_result *res = NULL;
    struct td_err err;

    if (run_statement(s, &s->text.stmts[s->stmt_index], &res, &err) != TD_OK)
        return failed(s, &err);
    SQLRETURN rc = open_result(s, res);
    if (rc == SQL_ERROR || res->ncols) return rc;
    run_ahead(s);
    return td_diag_done(&s->h);
}

/* Runs the text from its first statement, once data-at-execution values are there. */
SQLRETURN td_execute_now(struct td_stmt *s)
{
    SQLRETURN rc = td_params_need_data(s);
    if (rc == SQL_NEED_DATA) {
        s->state = TD_S8;
        return rc;
    }
    if (rc == SQL_SUCCESS) rc = run_current(s);
    if (rc == SQL_ERROR) td_stmt_close_cursor(s);
    return rc;
}

static SQLRETURN set_text(struct td_stmt *s, struct td_str sql)
{
    struct td_sqltext_opts o = {.noscan = s->noscan == SQL_NOSCAN_ON,
                                .quoted_identifiers =
                                    td_opts_bool(&s->dbc->opts, TD_OPT_QUOTED_IDENTIFIERS)};
    struct td_err err;

    if (!sql.p) return td_diag(&s->h, TD_ST_HY009, "The statement text is a null pointer");
    td_stmt_close_cursor(s);
    td_stmt_forget(s);
    if (td_sqltext_parse(&s->text, sql, &o, &err) != TD_OK) return td_diag_err(&s->h, &err);
    return SQL_SUCCESS;
}

SQLRETURN td_exec_direct(struct td_stmt *s, struct td_str sql)
{
    if (!td_state_ok(s, TD_CALL_EXECDIRECT) || !td_dbc_connected(s->dbc, &s->h) ||
        set_text(s, sql) != SQL_SUCCESS)
        return SQL_ERROR;
    return td_execute_now(s);
}

SQLRETURN td_prepare(struct td_stmt *s, struct td_str sql)
{
    if (!td_state_ok(s, TD_CALL_PREPARE) || !td_dbc_connected(s->dbc, &s->h) ||
        set_text(s, sql) != SQL_SUCCESS)
        return SQL_ERROR;
    s->prepared = true;
    s->state = makes_result(s) ? TD_S3 : TD_S2;
    return SQL_SUCCESS;
}

SQLRETURN td_execute(struct td_stmt *s)
{
    if (!s->prepared && s->state >= TD_S4 && s->state < TD_S8)
        return td_diag(&s->h, TD_ST_HY010, "Prepare the statement first");
    if (!td_state_ok(s, TD_CALL_EXECUTE) || !td_dbc_connected(s->dbc, &s->h)) return SQL_ERROR;
    if (s->described) {
        s->described = false;
        s->state = s->res->ncols ? TD_S5 : TD_S4;
        return SQL_SUCCESS;
    }
    td_stmt_close_cursor(s);
    return td_execute_now(s);
}

SQLRETURN td_more_results(struct td_stmt *s)
{
    if (!td_state_ok(s, TD_CALL_MORERESULTS)) return SQL_ERROR;
    if (s->state < TD_S4) return SQL_NO_DATA;
    end_result(s);
    struct td_result *next = NULL;
    struct td_err err;
    if (td_params_next(s, &next, &err) != TD_OK) return failed(s, &err);
    if (!next) next = td_proc_next(s);
    if (next) return open_result(s, next);
    if (s->stmt_index + 1 >= s->text.nstmts) {
        td_stmt_close_cursor(s);
        return SQL_NO_DATA;
    }
    s->stmt_index++;
    SQLRETURN rc;
    if (s->npending) {
        struct td_outcome o = s->pending[0];
        memmove(s->pending, s->pending + 1, --s->npending * sizeof o);
        rc = o.res ? open_result(s, o.res) : td_diag_err(&s->h, &o.err);
    } else {
        rc = run_current(s);
    }
    if (rc == SQL_ERROR) td_stmt_close_cursor(s);
    return rc;
}

SQLRETURN td_row_count(struct td_stmt *s, SQLLEN *n)
{
    if (!td_state_ok(s, TD_CALL_ROWCOUNT)) return SQL_ERROR;
    if (n) *n = s->row_count;
    return SQL_SUCCESS;
}

SQLRETURN td_cancel_stmt(struct td_stmt *s)
{
    __atomic_add_fetch(&s->cancel.generation, 1, __ATOMIC_SEQ_CST);
    if (s->dbc->session) td_session_wake(s->dbc->session, &s->cancel);
    struct td_tmq *tmq = __atomic_load_n(&s->dbc->tmq, __ATOMIC_ACQUIRE);
    if (tmq) td_tmq_wake(tmq, &s->cancel);
    if (td_trylock(&s->h.lock)) {
        /* nothing is running: what remains to cancel is a wait for data-at-execution parameters */
        if (s->state >= TD_S8) td_stmt_close_cursor(s);
        td_unlock(&s->h.lock);
    }
    return SQL_SUCCESS;
}

SQLRETURN td_describe_prepared(struct td_stmt *s)
{
    struct td_result *res = NULL;
    struct td_err err;

    if (s->state != TD_S3 || s->ird.count) return SQL_SUCCESS;
    if (!td_dbc_connected(s->dbc, &s->h)) return SQL_ERROR;
    bool markers = s->text.stmts[0].nmarkers != 0;
    if ((markers ? td_params_describe(s, 0, &res, &err)
                 : run_statement(s, &s->text.stmts[0], &res, &err)) != TD_OK)
        return failed(s, &err);
    SQLRETURN rc = open_result(s, res);
    if (rc == SQL_ERROR) return rc;
    if (markers)
        end_result(s); /* for its columns only */
    else
        s->described = true;
    s->state = TD_S3;
    return rc;
}

SQLRETURN td_num_result_cols(struct td_stmt *s, SQLSMALLINT *n)
{
    if (!td_state_ok(s, TD_CALL_NUMCOLS) || td_describe_prepared(s) == SQL_ERROR) return SQL_ERROR;
    if (n) *n = s->ird.count;
    return td_diag_done(&s->h);
}

SQLRETURN td_describe_col(struct td_stmt *s, SQLUSMALLINT col, const struct td_out *name,
                          SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
                          SQLSMALLINT *nullable)
{
    if (!td_state_ok(s, TD_CALL_DESCRIBE) || td_describe_prepared(s) == SQL_ERROR) return SQL_ERROR;
    const struct td_desc_rec *r = td_desc_rec_get(&s->ird, (SQLSMALLINT)col);
    if (!r)
        return td_diag(&s->h, TD_ST_07009, "Column %u is not one of the result's %d columns",
                       (unsigned)col, (int)s->ird.count);
    if (type) *type = s->h.odbc2 ? td_sqltype_odbc2(r->concise_type) : r->concise_type;
    if (size) *size = r->sql.column_size;
    if (digits) *digits = r->sql.decimal_digits > 0 ? r->sql.decimal_digits : 0;
    if (nullable) *nullable = r->nullable;
    SQLRETURN rc = td_out_text(&s->h, name, r->name);
    return rc == SQL_SUCCESS ? td_diag_done(&s->h) : rc;
}

SQLRETURN td_cancel_dbc(struct td_dbc *d)
{
    if (!td_trylock(&d->h.lock))
        return SQL_SUCCESS; /* a connection function is running: there is nothing asynchronous to cancel */
    for (struct td_stmt *s = d->stmts; s; s = s->next)
        td_cancel_stmt(s);
    td_unlock(&d->h.lock);
    return SQL_SUCCESS;
}

/*
 * Executing a statement with parameters: by stmt2 where the server takes it, else by literals;
 * arrays of sets; results per set.
 */
#include "odbc/paramset.h"

static uint32_t first_marker(const struct td_stmt *s, size_t idx)
{
    uint32_t n = 0;

    for (size_t i = 0; i < idx; i++)
        n += s->text.stmts[i].nmarkers;
    return n;
}

/* Encodes all sets of a query's parameters now: the application may change its buffers before
 * SQLMoreResults. */
static enum td_rc encode_query(struct td_stmt *s, struct td_err *err)
{
    struct td_params *p = s->params;
    struct td_param_sink sink = {s, 0};
    struct td_pctx x;

    td_params_context(s, &sink, &x);
    for (uint32_t i = 0; i < p->n; i++) {
        struct td_pdest d;
        memset(&d, 0, sizeof d);
        sink.param = i + 1;
        td_param_query_type(&p->src[i], &d);
        if (!td_param_legal(d.type, p->src[i].ctype))
            return td_err_set(err, TD_ST_07006, 0,
                              "Parameter %u: C type %d cannot be converted to SQL type %d", i + 1,
                              (int)p->src[i].ctype, (int)p->src[i].sqltype);
        if (td_param_encode(&p->cols[i], &d, &p->src[i], p->sets, &x) != TD_OK)
            return td_err_nomem(err);
    }
    return TD_OK;
}

/* Binds one row of the encoded columns, executes, and opens the result. */
static enum td_rc run_query_row(struct td_stmt *s, struct td_stmt2 *st, uint32_t row,
                                struct td_result **res, struct td_err *err)
{
    struct td_params *p = s->params;
    struct td_request rq;
    int64_t affected;
    struct td_bind_table t = {{"", 0}, &row, 1};
    const struct td_pcol **cols = td_malloc(p->n * sizeof *cols);
    uint8_t *roles = td_malloc(p->n);
    enum td_rc rc = TD_FAIL;

    if (!cols || !roles) {
        td_err_nomem(err);
        goto out;
    }
    for (uint32_t i = 0; i < p->n; i++) {
        cols[i] = &p->cols[i];
        roles[i] = TD_BIND_QUERY;
    }
    td_stmt_request(s, &rq);
    if (td_stmt2_ready(st, &rq, err) != TD_OK ||
        td_stmt2_bind(st, cols, roles, p->n, &t, 1, &rq, err) != TD_OK ||
        td_stmt2_exec(st, &rq, &affected, err) != TD_OK ||
        td_stmt2_result(st, &rq, res, err) != TD_OK)
        goto out;
    s->last_req_id = rq.req_id;
    s->last_timing_ns = rq.timing_ns;
    rc = TD_OK;
out:
    td_free(cols);
    td_free(roles);
    return rc;
}

static enum td_rc run_text_row(struct td_stmt *s, size_t idx, int64_t set, struct td_result **res,
                               struct td_err *err)
{
    struct td_buf text = TD_BUF_INIT(SIZE_MAX / 2);
    struct td_request rq;
    enum td_rc rc = td_params_text(s, &s->text.stmts[idx], set, &text, err);

    if (rc == TD_OK) {
        td_stmt_request(s, &rq);
        rc = td_session_query(s->dbc->session, td_buf_str(&text), &rq, res, err);
        s->last_req_id = rq.req_id;
        s->last_timing_ns = rq.timing_ns;
    }
    td_buf_free(&text);
    return rc;
}

/* One set of the current statement, by whichever way. */
static enum td_rc run_set(struct td_stmt *s, size_t idx, uint32_t set, struct td_result **res,
                          struct td_err *err)
{
    struct td_stmt2 *st = s->params->preps[idx].st2;

    return st ? run_query_row(s, st, set, res, err) : run_text_row(s, idx, set, res, err);
}

/* The next set that is neither ignored nor bad, from `from`; sets when there is none. */
static uint32_t next_good(const struct td_params *p, uint32_t from)
{
    while (from < p->sets && p->state[from] != TD_SET_OK)
        from++;
    return from;
}

/* Set r has a result: the next one waits for SQLMoreResults. */
static void await_next(struct td_stmt *s, uint32_t r)
{
    struct td_params *p = s->params;

    p->next_set = r + 1;
    p->more_sets = next_good(p, r + 1) < p->sets;
    td_params_processed(s, p->more_sets ? r + 1 : p->sets);
}

static enum td_rc set_failed(struct td_stmt *s, uint32_t set, struct td_err *err)
{
    struct td_params *p = s->params;

    if (p->state[set] == TD_SET_OK) {
        p->state[set] = TD_SET_BAD;
        p->bad++;
    }
    if (err->state != TD_ST_00000) td_diag_err(&s->h, err);
    return td_err_set(err, TD_ST_00000, 0, "reported");
}

/* Whether it is unknown what the server made of a set that failed so; the sets after it are not
   sent then. */
static bool outcome_unknown(enum td_sqlstate state)
{
    return state == TD_ST_08S01 || state == TD_ST_HYT00 || state == TD_ST_HY008;
}

/* Sets of updates run one after another; a result set stops at the first and waits for
   SQLMoreResults. */
static enum td_rc run_sets(struct td_stmt *s, size_t idx, struct td_result **res,
                           struct td_err *err)
{
    struct td_params *p = s->params;
    int64_t affected = 0;
    uint32_t done = 0;

    for (uint32_t r = next_good(p, 0); r < p->sets; r = next_good(p, r + 1)) {
        td_params_processed(s, r + 1);
        if (run_set(s, idx, r, res, err) != TD_OK) {
            bool unknown = outcome_unknown(err->state);

            if (unknown) td_params_status(s, r, r + 1, SQL_PARAM_DIAG_UNAVAILABLE);
            set_failed(s, r, err);
            if (unknown) return TD_FAIL;
            td_params_status(s, r, r + 1, SQL_PARAM_ERROR);
            continue;
        }
        td_params_status(s, r, r + 1, SQL_PARAM_SUCCESS);
        if ((*res)->ncols) {
            await_next(s, r);
            return TD_OK;
        }
        __atomic_store_n(&s->dbc->wrote, true, __ATOMIC_RELAXED);
        affected += (*res)->affected;
        done++;
        td_result_free(*res);
        *res = NULL;
    }
    td_params_processed(s, p->sets);
    if (!done && p->bad) return td_err_set(err, TD_ST_00000, 0, "reported");
    *res = td_update_result(affected, err);
    return *res ? TD_OK : TD_FAIL;
}

enum td_rc td_params_run(struct td_stmt *s, size_t idx, struct td_result **res, struct td_err *err)
{
    const struct td_sqlstmt *q = &s->text.stmts[idx];

    if (td_params_prepare(s, idx, err) != TD_OK ||
        td_params_sources(s, q, first_marker(s, idx), err) != TD_OK)
        return TD_FAIL;
    struct td_params *p = s->params;
    p->more_sets = false;
    p->next_set = 0;
    td_params_processed(s, 0);
    td_params_status(s, 0, p->sets, SQL_PARAM_UNUSED);
    struct td_stmt2 *st = p->preps[idx].st2;
    if (st && st->is_insert) return td_params_insert(s, st, res, err);
    if (st && encode_query(s, err) != TD_OK) return TD_FAIL;
    td_params_status(s, 0, p->sets, SQL_PARAM_UNUSED);
    return run_sets(s, idx, res, err);
}

enum td_rc td_params_next(struct td_stmt *s, struct td_result **res, struct td_err *err)
{
    struct td_params *p = s->params;

    *res = NULL;
    if (!p || !p->more_sets) return TD_OK;
    uint32_t r = next_good(p, p->next_set);
    await_next(s, r);
    if (run_set(s, s->stmt_index, r, res, err) != TD_OK) {
        td_params_status(s, r, r + 1, SQL_PARAM_ERROR);
        return TD_FAIL;
    }
    td_params_status(s, r, r + 1, SQL_PARAM_SUCCESS);
    return TD_OK;
}

enum td_rc td_params_describe(struct td_stmt *s, size_t idx, struct td_result **res,
                              struct td_err *err)
{
    const struct td_sqlstmt *q = &s->text.stmts[idx];

    if (td_params_prepare(s, idx, err) != TD_OK) return TD_FAIL;
    struct td_params *p = s->params;
    struct td_stmt2 *st = p->preps[idx].st2;
    if (!st) return run_text_row(s, idx, -1, res, err);
    /* NULLs of type VARCHAR: a NULL needs a type that is not 0 (protocol.md 4.3) */
    SQLLEN null = SQL_NULL_DATA;
    struct td_psource src = {
        .ctype = SQL_C_CHAR, .sqltype = SQL_VARCHAR, .ind = &null, .octet_len = &null};
    struct td_pdest d = {.type = TD_T_VARCHAR};
    struct td_param_sink sink = {s, 0};
    struct td_pctx x;

    if (td_params_reserve(p, q->nmarkers, 1) != TD_OK) return td_err_nomem(err);
    p->n = q->nmarkers;
    p->sets = 1;
    p->state[0] = TD_SET_OK;
    td_params_context(s, &sink, &x);
    for (uint32_t i = 0; i < q->nmarkers; i++) {
        if (td_param_encode(&p->cols[i], &d, &src, 1, &x) != TD_OK) return td_err_nomem(err);
    }
    return run_query_row(s, st, 0, res, err);
}

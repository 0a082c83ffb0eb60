/*
 * SQLBindCol, SQLFetch and its relatives: the plan (a kernel per bound column), row sets filled across block borders, row
 * status and diagnostics per row.
 */
#include "odbc/scroll.h"

#include <time.h>

/* What a kernel's report needs to place a record. */
struct row_sink {
    struct td_stmt *s;
    SQLSMALLINT col;
    SQLULEN first; /* row of the row set that the run starts with */
};

static void report_row(struct td_kctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct row_sink *k = x->report_arg;
    SQLULEN r = k->first + row;
    uint8_t *st = &k->s->rowset.state[r];
    bool warning = td_sqlstate_is_warning(state);

    if (!warning)
        *st = TD_ROW_ERROR;
    else if (*st == TD_ROW_OK)
        *st = TD_ROW_INFO;
    td_diag_at(&k->s->h, (SQLLEN)r + 1, k->col, state, text ? "%s" : NULL, text);
}

void td_stmt_kctx(struct td_stmt *s, struct td_kctx *x)
{
    td_kctx_init(x, s->dbc->tz);
    x->max_length = s->max_length;
    x->max_column = (size_t)s->dbc->type_opts.max_column;
}

/* Days since 1970 of the local day, for times that become timestamps. */
int64_t td_local_day(struct td_kctx *x)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t local = now.tv_sec + td_tz_cached(&x->tz, now.tv_sec);
    return local >= 0 ? local / 86400 : -((-local + 86399) / 86400);
}

static SQLRETURN plan_add(struct td_stmt *s, SQLSMALLINT col, const struct td_desc_rec *app)
{
    const struct td_desc_rec *imp = td_desc_rec_get(&s->ird, col);
    struct td_plan *p = &s->plan;

    if (!imp)
        return SQL_SUCCESS; /* a binding beyond the result's columns waits for another result */
    SQLSMALLINT ctype = td_ctype_modern(app->concise_type);
    if (ctype == SQL_C_DEFAULT) ctype = imp->sql.default_ctype;
    td_kernel k = td_kernel_for(imp->td_type, ctype);
    if (!k)
        return td_diag_at(&s->h, 0, col, TD_ST_07006,
                          "Column %d (%s) cannot be converted to C type %d", (int)col,
                          imp->sql.type_name, (int)ctype);
    if (p->n == p->cap) {
        SQLSMALLINT cap = (SQLSMALLINT)(p->cap ? p->cap * 2 : 16);
        struct td_plan_col *cols = td_realloc(p->cols, (size_t)cap * sizeof *cols);
        if (!cols) return td_diag_nomem(&s->h);
        p->cols = cols;
        p->cap = cap;
    }
    p->cols[p->n++] = (struct td_plan_col){col, k, (uint32_t)td_ctype_width(ctype)};
    if (ctype == SQL_C_TYPE_TIMESTAMP && td_type_is_var(imp->td_type)) p->needs_today = true;
    return SQL_SUCCESS;
}

static SQLRETURN plan_ready(struct td_stmt *s)
{
    struct td_plan *p = &s->plan;

    if (p->valid && p->ard == s->ard && p->ard_version == s->ard->version &&
        p->ird_version == s->ird.version)
        return SQL_SUCCESS;
    p->n = 0;
    p->valid = p->needs_today = false;
    for (SQLSMALLINT c = 1; c <= s->ard->count; c++) {
        const struct td_desc_rec *r = &s->ard->recs[c];
        if (!r->data_ptr && !r->octet_length_ptr && !r->indicator_ptr) continue;
        SQLRETURN rc = plan_add(s, c, r);
        if (rc != SQL_SUCCESS) return rc;
    }
    td_stmt_kctx(s, &p->ctx);
    p->ard = s->ard;
    p->ard_version = s->ard->version;
    p->ird_version = s->ird.version;
    p->valid = true;
    return SQL_SUCCESS;
}

static void *offset_ptr(void *p, SQLLEN off)
{
    return p ? (char *)p + off : NULL;
}

/* Runs one column over a run of rows that starts at row `first` of the row set. */
static void run_column(struct td_stmt *s, const struct td_plan_col *pc, const struct td_col *col,
                       uint32_t row0, uint32_t n, SQLULEN first)
{
    const struct td_desc *ard = s->ard;
    const struct td_desc_rec *r = &ard->recs[pc->number];
    SQLLEN off = ard->bind_offset_ptr ? *ard->bind_offset_ptr : 0;
    bool by_row = ard->bind_type != SQL_BIND_BY_COLUMN;
    struct row_sink sink = {s, pc->number, first};
    struct td_target t;

    t.stride = by_row ? ard->bind_type : pc->width ? pc->width : (size_t)r->octet_length;
    t.len_stride = by_row ? ard->bind_type : sizeof(SQLLEN);
    t.cap = r->octet_length;
    t.base = offset_ptr(r->data_ptr, off + (SQLLEN)(first * t.stride));
    t.octet_len = offset_ptr(r->octet_length_ptr, off + (SQLLEN)(first * t.len_stride));
    t.ind = offset_ptr(r->indicator_ptr, off + (SQLLEN)(first * t.len_stride));
    s->plan.ctx.num_precision = r->precision && r->type != SQL_INTERVAL ? r->precision : 38;
    s->plan.ctx.num_scale = r->scale;
    s->plan.ctx.num_scale_set = r->scale_set;
    if (r->type == SQL_INTERVAL) {
        s->plan.ctx.interval_leading_precision = r->datetime_interval_precision;
        s->plan.ctx.interval_seconds_precision = r->precision;
    }
    s->plan.ctx.max_length = s->max_length;
    s->plan.ctx.report = report_row;
    s->plan.ctx.report_arg = &sink;
    pc->kernel(col, row0, n, &t, &s->plan.ctx);
}

static void run_segment(struct td_stmt *s, const struct td_segment *g)
{
    for (SQLSMALLINT i = 0; i < s->plan.n; i++)
        run_column(s, &s->plan.cols[i], &g->cols[s->plan.cols[i].number - 1], g->row0, g->n,
                   g->first);
}

/* Makes the next block current. False at the end or on failure (then cur.failed). */
static bool next_block(struct td_stmt *s)
{
    struct td_request rq;
    bool have = false;

    if (s->cur.failed || s->cur.at_end) return false;
    if (td_rowset_keep_last(&s->rowset, s->res) != TD_OK) {
        td_err_nomem(&s->cur.error);
        s->cur.failed = true;
        return false;
    }
    td_stmt_request(s, &rq);
    if (td_result_next(s->res, &rq, &have, &s->cur.error) != TD_OK)
        s->cur.failed = true;
    else if (!have)
        s->cur.at_end = true;
    s->cur.pos = 0;
    return have && !s->cur.failed;
}

/* Reads up to `want` rows into a new row set, converting as it goes. */
static SQLULEN read_rows(struct td_stmt *s, SQLULEN want)
{
    SQLULEN got = 0;

    while (got < want) {
        if (s->cur.pos >= s->res->block.rows && !next_block(s)) break;
        uint32_t left = s->res->block.rows - s->cur.pos;
        uint32_t n = want - got < left ? (uint32_t)(want - got) : left;
        struct td_segment *g = td_rowset_add(&s->rowset, &s->res->block, s->cur.pos, n, got);
        if (!g) {
            td_err_nomem(&s->cur.error);
            s->cur.failed = true;
            break;
        }
        if (s->retrieve_data == SQL_RD_ON) run_segment(s, g);
        s->cur.pos += n;
        got += n;
    }
    return got;
}

static SQLUSMALLINT status_of(uint8_t state)
{
    return state == TD_ROW_OK     ? SQL_ROW_SUCCESS
           : state == TD_ROW_INFO ? SQL_ROW_SUCCESS_WITH_INFO
                                  : SQL_ROW_ERROR;
}

/* Writes the status array and says what the call returns for these rows. */
static SQLRETURN finish_rows(struct td_stmt *s, SQLULEN want, SQLULEN got, SQLUSMALLINT *status)
{
    SQLULEN errors = 0, infos = 0;

    for (SQLULEN i = 0; i < got; i++) {
        errors += s->rowset.state[i] == TD_ROW_ERROR;
        infos += s->rowset.state[i] == TD_ROW_INFO;
        if (status) status[i] = status_of(s->rowset.state[i]);
    }
    for (SQLULEN i = got; status && i < want; i++)
        status[i] = SQL_ROW_NOROW;
    if (errors && errors == got) return SQL_ERROR;
    return errors || infos ? SQL_SUCCESS_WITH_INFO : td_diag_done(&s->h);
}

/* What every fetch begins with: the plan, room for the rows' states. */
static SQLRETURN begin_rows(struct td_stmt *s, SQLULEN want, SQLULEN *fetched)
{
    td_rowset_clear(&s->rowset);
    if (s->store) td_store_unpin(s->store);
    s->gd.col = 0;
    if (fetched) *fetched = 0;
    if (s->cur.failed) return td_diag_err(&s->h, &s->cur.error);
    SQLRETURN rc = plan_ready(s);
    if (rc != SQL_SUCCESS) return rc;
    if (s->plan.needs_today) s->plan.ctx.today = td_local_day(&s->plan.ctx);
    return td_rowset_states(&s->rowset, want) ? SQL_SUCCESS : td_diag_nomem(&s->h);
}

/* Up to `want` rows behind those read so far. */
static SQLULEN forward_rows(struct td_stmt *s, SQLULEN want)
{
    if (s->max_rows && s->max_rows - s->cur.rows_read < want) want = s->max_rows - s->cur.rows_read;
    SQLULEN got = read_rows(s, want);
    s->cur.row_number = got ? s->cur.rows_read + 1 : 0;
    s->cur.rows_read += got;
    return got;
}

/* One row set, by SQLFetch, SQLFetchScroll or SQLExtendedFetch. */
static SQLRETURN fetch_rows(struct td_stmt *s, SQLSMALLINT orientation, SQLLEN offset, SQLULEN want,
                            SQLULEN *fetched, SQLUSMALLINT *status, enum td_stmt_state next_state)
{
    SQLULEN got = 0, row;
    SQLRETURN rc = begin_rows(s, want, fetched);

    if (rc != SQL_SUCCESS) return rc;
    if (td_is_static(s)) {
        rc = td_scroll_to(s, orientation, offset, want, &row);
        if (rc == SQL_ERROR) return rc;
        if (rc != SQL_NO_DATA) {
            got = td_scroll_read(s, row, want, run_segment);
            s->cur.row_number = row;
            s->cur.place = TD_ON_ROWS;
        }
    } else {
        got = forward_rows(s, want);
    }
    if (!got && s->cur.failed) return td_diag_err(&s->h, &s->cur.error);
    s->cur.rowset_rows = got;
    s->cur.rowset_size = want;
    s->cur.current = 1;
    s->state = next_state;
    if (fetched) *fetched = got;
    rc = finish_rows(s, want, got, status);
    return got ? rc : SQL_NO_DATA;
}

SQLRETURN td_fetch(struct td_stmt *s)
{
    if (!td_state_ok(s, TD_CALL_FETCH)) return SQL_ERROR;
    return fetch_rows(s, SQL_FETCH_NEXT, 0, s->ard->array_size, s->ird.rows_processed_ptr,
                      s->ird.array_status_ptr, TD_S6);
}

static SQLRETURN check_orientation(struct td_stmt *s, SQLSMALLINT orientation)
{
    if (orientation == SQL_FETCH_NEXT) return SQL_SUCCESS;
    if (orientation == SQL_FETCH_BOOKMARK)
        return td_diag(&s->h, TD_ST_HYC00, "Bookmarks are not offered");
    if (orientation < SQL_FETCH_NEXT || orientation > SQL_FETCH_RELATIVE)
        return td_diag(&s->h, TD_ST_HY106, NULL);
    if (td_is_static(s)) return SQL_SUCCESS;
    return td_diag(&s->h, TD_ST_HY106, "The cursor is forward-only: only SQL_FETCH_NEXT works");
}

SQLRETURN td_fetch_scroll(struct td_stmt *s, SQLSMALLINT orientation, SQLLEN offset)
{
    if (!td_state_ok(s, TD_CALL_FETCH) || check_orientation(s, orientation) != SQL_SUCCESS)
        return SQL_ERROR;
    return fetch_rows(s, orientation, offset, s->ard->array_size, s->ird.rows_processed_ptr,
                      s->ird.array_status_ptr, TD_S6);
}

SQLRETURN td_extended_fetch(struct td_stmt *s, SQLUSMALLINT type, SQLLEN row, SQLULEN *rows,
                            SQLUSMALLINT *status)
{
    if (!td_state_ok(s, TD_CALL_EXTFETCH) || check_orientation(s, (SQLSMALLINT)type) != SQL_SUCCESS)
        return SQL_ERROR;
    SQLRETURN rc = fetch_rows(s, (SQLSMALLINT)type, row, s->ext_rowset_size, rows, status, TD_S7);
    if (rc == SQL_SUCCESS_WITH_INFO) {
        for (SQLULEN i = 0; i < s->cur.rowset_rows; i++) {
            if (s->rowset.state[i] == TD_ROW_ERROR) {
                td_diag(&s->h, TD_ST_01S01, NULL);
                break;
            }
        }
    }
    return rc;
}

/* SQL_REFRESH: the bound buffers get the row's values again. */
static SQLRETURN refresh(struct td_stmt *s, SQLULEN first, SQLULEN last)
{
    SQLRETURN rc = plan_ready(s);

    if (rc != SQL_SUCCESS) return rc;
    for (SQLULEN row = first; row < last; row++) {
        uint32_t r;
        const struct td_segment *g = td_rowset_find(&s->rowset, row, &r);
        if (!g) continue;
        s->rowset.state[row] = TD_ROW_OK;
        for (SQLSMALLINT i = 0; i < s->plan.n; i++)
            run_column(s, &s->plan.cols[i], &g->cols[s->plan.cols[i].number - 1], r, 1, row);
        if (s->ird.array_status_ptr) s->ird.array_status_ptr[row] = status_of(s->rowset.state[row]);
    }
    return td_diag_done(&s->h);
}

SQLRETURN td_set_pos(struct td_stmt *s, SQLSETPOSIROW row, SQLUSMALLINT op, SQLUSMALLINT lock)
{
    if (!td_state_ok(s, TD_CALL_SETPOS)) return SQL_ERROR;
    if (op > SQL_ADD || lock > SQL_LOCK_UNLOCK) return td_diag(&s->h, TD_ST_HY092, NULL);
    if (row > s->cur.rowset_rows)
        return td_diag(&s->h, TD_ST_HY107, "Row %llu is not in the row set of %llu rows",
                       (unsigned long long)row, (unsigned long long)s->cur.rowset_rows);
    if (lock != SQL_LOCK_NO_CHANGE) return td_diag(&s->h, TD_ST_HYC00, "Rows cannot be locked");
    switch (op) {
    case SQL_POSITION:
        if (row == 0) return td_diag(&s->h, TD_ST_HY109, "SQL_POSITION needs a row from 1");
        s->cur.current = row;
        s->gd.col = 0;
        return SQL_SUCCESS;
    case SQL_REFRESH:
        if (row) {
            s->cur.current = row;
            s->gd.col = 0;
        }
        return refresh(s, row ? row - 1 : 0, row ? row : s->cur.rowset_rows);
    default:
        return td_diag(&s->h, TD_ST_HYC00,
                       "Cursors are read-only: write with INSERT, delete with DELETE");
    }
}

SQLRETURN td_bulk_operations(struct td_stmt *s, SQLSMALLINT op)
{
    if (!td_state_ok(s, TD_CALL_BULK)) return SQL_ERROR;
    if (op < SQL_ADD || op > SQL_FETCH_BY_BOOKMARK)
        return td_diag(&s->h, TD_ST_HY092, "SQLBulkOperations does not know operation %d", (int)op);
    return td_diag(&s->h, TD_ST_HYC00,
                   "Bulk operations are not offered: use arrays of parameters to insert");
}

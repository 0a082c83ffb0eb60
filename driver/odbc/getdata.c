/*
 * SQLGetData: any column of the current row, in any order, in pieces.
 */
#include "odbc/stmt.h"

/* What the one-row conversion reported. */
struct cell_sink {
    struct td_stmt *s;
    SQLUSMALLINT col;
    SQLRETURN rc;
};

static void report_cell(struct td_kctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct cell_sink *k = x->report_arg;

    (void)row;
    SQLRETURN rc =
        td_diag_at(&k->s->h, (SQLLEN)k->s->cur.current, k->col, state, text ? "%s" : NULL, text);
    if (rc == SQL_ERROR || k->rc == SQL_SUCCESS) k->rc = rc;
}

/* SQL_C_DEFAULT and SQL_ARD_TYPE become a concrete C type; precision and scale come along for SQL_C_NUMERIC. */
static SQLSMALLINT resolve(struct td_stmt *s, const struct td_desc_rec *imp, SQLUSMALLINT col,
                           SQLSMALLINT ctype, struct td_kctx *x)
{
    const struct td_desc_rec *app = td_desc_rec_get(s->ard, (SQLSMALLINT)col);

    if (ctype == SQL_ARD_TYPE) {
        if (!app) return imp->sql.default_ctype;
        x->num_precision = app->precision ? app->precision : 38;
        x->num_scale = app->scale;
        x->num_scale_set = app->scale_set;
        if (app->type == SQL_INTERVAL) {
            x->interval_leading_precision = app->datetime_interval_precision;
            x->interval_seconds_precision = app->precision;
        }
        ctype = app->concise_type;
    }
    ctype = td_ctype_modern(ctype);
    return ctype == SQL_C_DEFAULT ? imp->sql.default_ctype : ctype;
}

static bool row_of(struct td_stmt *s, SQLUSMALLINT col, const struct td_col **c, uint32_t *row)
{
    const struct td_segment *g = td_rowset_find(&s->rowset, s->cur.current - 1, row);

    if (!g) return false;
    *c = &g->cols[col - 1];
    return true;
}

static SQLRETURN fixed_value(struct td_stmt *s, const struct td_col *c, uint32_t row, td_kernel k,
                             SQLPOINTER buf, SQLLEN cap, SQLLEN *ind, struct td_kctx *x)
{
    struct td_target t = {buf, 0, cap, ind, ind, 0};
    struct cell_sink *sink = x->report_arg;

    if (s->gd.piece.done) return SQL_NO_DATA;
    k(c, row, 1, &t, x);
    s->gd.piece.done = sink->rc != SQL_ERROR;
    return sink->rc;
}

SQLRETURN td_get_data(struct td_stmt *s, SQLUSMALLINT col, SQLSMALLINT ctype, SQLPOINTER buf,
                      SQLLEN cap, SQLLEN *ind)
{
    struct td_kctx *x = &s->gctx;
    const struct td_col *c;
    uint32_t row;

    if (!td_state_ok(s, TD_CALL_GETDATA)) return SQL_ERROR;
    if (col == 0)
        return td_diag(&s->h, TD_ST_07009, "Column 0 is the bookmark, which is not offered");
    const struct td_desc_rec *imp = td_desc_rec_get(&s->ird, (SQLSMALLINT)col);
    if (!imp)
        return td_diag(&s->h, TD_ST_07009, "Column %u is beyond the result's %d columns",
                       (unsigned)col, (int)s->ird.count);
    if (cap < 0) return td_diag(&s->h, TD_ST_HY090, NULL);
    if (!row_of(s, col, &c, &row)) return td_diag(&s->h, TD_ST_24000, "No row is current");
    struct cell_sink sink = {s, col, SQL_SUCCESS};
    x->max_length = s->max_length;
    x->num_precision = 38;
    x->num_scale = 0;
    x->num_scale_set = false;
    x->interval_leading_precision = 2;
    x->interval_seconds_precision = 6;
    x->report = report_cell;
    x->report_arg = &sink;
    ctype = resolve(s, imp, col, ctype, x);
    if (td_ctype_width(ctype) < 0)
        return td_diag(&s->h, TD_ST_HY003, "C type %d is unknown", (int)ctype);
    td_kernel k = td_kernel_for(imp->td_type, ctype);
    if (!k)
        return td_diag_at(&s->h, (SQLLEN)s->cur.current, col, TD_ST_07006,
                          "Column %u (%s) cannot be converted to C type %d", (unsigned)col,
                          imp->sql.type_name, (int)ctype);
    if (s->gd.col != col || s->gd.ctype != ctype) {
        memset(&s->gd, 0, sizeof s->gd);
        s->gd.col = col;
        s->gd.ctype = ctype;
    }
    if (td_ctype_is_var(ctype)) {
        SQLRETURN rc = td_getdata_piece(c, row, ctype, buf, cap, ind, &s->gd.piece, x);
        return rc == SQL_SUCCESS ? sink.rc : rc;
    }
    if (!buf) return td_diag(&s->h, TD_ST_HY009, "SQLGetData needs a buffer");
    if (ctype == SQL_C_TYPE_TIMESTAMP && td_type_is_var(imp->td_type)) x->today = td_local_day(x);
    return fixed_value(s, c, row, k, buf, cap, ind, x);
}

#include "odbc/paramset.h"

struct td_params *td_params_of(struct td_stmt *s)
{
    struct td_params *p = s->params;

    if (!p) {
        p = s->params = td_calloc(1, sizeof *p);
        if (!p) return NULL;
        p->dae_buf = TD_BUF_INIT(SIZE_MAX / 2);
    }
    if (!p->preps && s->text.nstmts) {
        p->preps = td_calloc(s->text.nstmts, sizeof *p->preps);
        if (!p->preps) return NULL;
        p->npreps = s->text.nstmts;
    }
    return p;
}

void td_params_free(struct td_stmt *s)
{
    struct td_params *p = s->params;

    if (!p) return;
    for (size_t i = 0; i < p->npreps; i++)
        td_stmt2_free(p->preps[i].st2);
    td_free(p->preps);
    for (uint32_t i = 0; i < p->cap; i++)
        td_pcol_free(&p->cols[i]);
    td_free(p->cols);
    td_free(p->src);
    td_free(p->state);
    td_params_drop_data(p);
    td_buf_free(&p->dae_buf);
    td_free(p);
    s->params = NULL;
}

enum td_rc td_params_prepare(struct td_stmt *s, size_t idx, struct td_err *err)
{
    struct td_params *p = td_params_of(s);
    const struct td_sqlstmt *q = &s->text.stmts[idx];
    struct td_request rq;

    if (!p) return td_err_nomem(err);
    if (p->preps[idx].decided) return TD_OK;
    if ((q->kind == TD_SQL_INSERT || q->kind == TD_SQL_SELECT) &&
        td_session_caps(s->dbc->session) & TD_CAP_STMT2) {
        td_stmt_request(s, &rq);
        enum td_rc rc = td_stmt2_prepare(s->dbc->session, q->sql, &rq, &p->preps[idx].st2, err);
        /* 0x2600: not for stmt2, or wrong; executing the literal form tells which */
        if (rc != TD_OK && err->native != 0x2600) return TD_FAIL;
    }
    p->preps[idx].decided = true;
    return TD_OK;
}

/* The C type of SQL_C_DEFAULT by the bound SQL type (reference, appendix D "Default C Data Types").
 */
SQLSMALLINT td_param_default_ctype(SQLSMALLINT sqltype)
{
    switch (sqltype) {
    case SQL_BIT:
        return SQL_C_BIT;
    case SQL_TINYINT:
        return SQL_C_STINYINT;
    case SQL_SMALLINT:
        return SQL_C_SSHORT;
    case SQL_INTEGER:
        return SQL_C_SLONG;
    case SQL_BIGINT:
        return SQL_C_SBIGINT;
    case SQL_REAL:
        return SQL_C_FLOAT;
    case SQL_FLOAT:
    case SQL_DOUBLE:
        return SQL_C_DOUBLE;
    case SQL_BINARY:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY:
        return SQL_C_BINARY;
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIME:
    case SQL_TYPE_TIMESTAMP:
    case SQL_GUID:
        return sqltype;
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_WLONGVARCHAR:
        return SQL_C_WCHAR;
    default:
        return sqltype >= SQL_INTERVAL_YEAR && sqltype <= SQL_INTERVAL_MINUTE_TO_SECOND
                   ? sqltype
                   : SQL_C_CHAR;
    }
}

enum td_rc td_params_reserve(struct td_params *p, uint32_t n, uint32_t sets)
{
    if (n > p->cap) {
        struct td_psource *src = td_realloc(p->src, n * sizeof *src);
        if (src) p->src = src;
        struct td_pcol *cols = src ? td_realloc(p->cols, n * sizeof *cols) : NULL;
        if (!cols) return TD_FAIL;
        memset(cols + p->cap, 0, (n - p->cap) * sizeof *cols);
        p->cols = cols;
        p->cap = n;
    }
    if (sets > p->state_cap) {
        uint8_t *state = td_realloc(p->state, (size_t)sets * 2);
        if (!state) return TD_FAIL;
        p->state = state;
        p->warned = (bool *)(state + sets);
        p->state_cap = sets;
    }
    return TD_OK;
}

static const void *at_offset(const void *ptr, SQLLEN off)
{
    return ptr ? (const char *)ptr + off : NULL;
}

static void fill_source(const struct td_stmt *s, const struct td_desc_rec *a,
                        const struct td_desc_rec *i, struct td_psource *src)
{
    const struct td_desc *apd = s->apd;
    SQLLEN off = apd->bind_offset_ptr ? *apd->bind_offset_ptr : 0;
    bool by_row = apd->bind_type != SQL_PARAM_BIND_BY_COLUMN;

    memset(src, 0, sizeof *src);
    src->sqltype = i->concise_type;
    src->ctype = td_ctype_modern(a->concise_type);
    if (src->ctype == SQL_C_DEFAULT) src->ctype = td_param_default_ctype(src->sqltype);
    int width = td_ctype_width(src->ctype);
    src->column_size = i->length;
    src->digits = i->scale;
    src->base = at_offset(a->data_ptr, off);
    src->array = apd->array_size > 1;
    src->cap = a->octet_length;
    src->stride = by_row ? apd->bind_type : width > 0 ? (size_t)width : (size_t)a->octet_length;
    src->octet_len = at_offset(a->octet_length_ptr, off);
    src->ind = at_offset(a->indicator_ptr, off);
    src->len_stride = by_row ? apd->bind_type : sizeof(SQLLEN);
    src->num_precision = a->precision;
    src->num_scale = a->scale;
}

enum td_rc td_params_sources(struct td_stmt *s, const struct td_sqlstmt *q, uint32_t first,
                             struct td_err *err)
{
    struct td_params *p = td_params_of(s);
    SQLULEN sets = s->apd->array_size;

    if (sets > UINT32_MAX)
        return td_err_set(err, TD_ST_HY024, 0, "SQL_ATTR_PARAMSET_SIZE is too large");
    if (!p || td_params_reserve(p, q->nmarkers, (uint32_t)sets) != TD_OK) return td_err_nomem(err);
    p->sets = (uint32_t)sets;
    p->n = q->nmarkers;
    p->bad = 0;
    for (uint32_t i = 0; i < q->nmarkers; i++) {
        SQLSMALLINT n = (SQLSMALLINT)(first + i + 1);
        const struct td_desc_rec *a = td_desc_rec_get(s->apd, n), *d = td_desc_rec_get(&s->ipd, n);
        if (!a || (!a->data_ptr && !a->indicator_ptr && !a->octet_length_ptr))
            return td_err_set(err, TD_ST_07002, 0,
                              "The statement has %u parameters; parameter %d is not bound",
                              s->text.nmarkers, (int)n);
        if (!d || d->parameter_type != SQL_PARAM_INPUT)
            return td_err_set(err, TD_ST_HYC00, 0,
                              "Parameter %d: only input parameters are offered", (int)n);
        fill_source(s, a, d, &p->src[i]);
        p->src[i].dae = first + i < p->dae_params ? p->dae[first + i] : NULL;
    }
    const SQLUSMALLINT *op = s->apd->array_status_ptr;
    memset(p->warned, 0, p->sets * sizeof *p->warned);
    for (uint32_t r = 0; r < p->sets; r++)
        p->state[r] = op && op[r] == SQL_PARAM_IGNORE ? TD_SET_IGNORED : TD_SET_OK;
    return TD_OK;
}

static void report_set(struct td_pctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct td_param_sink *k = x->report_arg;
    struct td_params *p = k->s->params;

    if (td_sqlstate_is_warning(state)) {
        p->warned[row] = true;
    } else if (p->state[row] == TD_SET_OK) {
        p->state[row] = TD_SET_BAD;
        p->bad++;
    }
    td_diag_at(&k->s->h, (SQLLEN)row + 1, (SQLINTEGER)k->param, state, text ? "%s" : NULL, text);
}

void td_params_context(struct td_stmt *s, struct td_param_sink *sink, struct td_pctx *x)
{
    struct td_kctx today;

    memset(x, 0, sizeof *x);
    td_tz_cache_init(&x->tz, s->dbc->tz);
    x->ts_truncation = td_opts_bool(&s->dbc->opts, TD_OPT_TIMESTAMP_TRUNCATION);
    td_stmt_kctx(s, &today);
    x->today = td_local_day(&today);
    x->skip = s->params->state;
    x->report = report_set;
    x->report_arg = sink;
}

SQLUSMALLINT td_params_success(const struct td_params *p, uint32_t set)
{
    return p->warned[set] ? SQL_PARAM_SUCCESS_WITH_INFO : SQL_PARAM_SUCCESS;
}

void td_params_status(struct td_stmt *s, uint32_t from, uint32_t to, SQLUSMALLINT ok)
{
    SQLUSMALLINT *status = s->ipd.array_status_ptr;
    const struct td_params *p = s->params;

    for (uint32_t r = from; status && r < to; r++)
        status[r] = p->state[r] == TD_SET_IGNORED ? SQL_PARAM_UNUSED
                    : p->state[r] == TD_SET_BAD   ? SQL_PARAM_ERROR
                    : ok == SQL_PARAM_SUCCESS     ? td_params_success(p, r)
                                                  : ok;
}

void td_params_processed(struct td_stmt *s, uint32_t n)
{
    if (s->ipd.rows_processed_ptr) *s->ipd.rows_processed_ptr = n;
}

struct td_result *td_update_result(int64_t affected, struct td_err *err)
{
    struct td_result *r = td_result_local(NULL, 0, 0, NULL, 0, err);

    if (r) r->affected = affected;
    return r;
}

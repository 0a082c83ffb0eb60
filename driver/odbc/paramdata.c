/*
 * SQLParamData, SQLPutData: values given at execution time, in pieces (reference, "Sending Long
 * Data"); SQLDescribeParam.
 */
#include "odbc/paramset.h"

static bool at_exec(const struct td_stmt *s, uint32_t param, uint32_t set)
{
    const struct td_desc *apd = s->apd;
    const struct td_desc_rec *a = td_desc_rec_get(apd, (SQLSMALLINT)(param + 1));

    if (!a || !a->octet_length_ptr ||
        (apd->array_status_ptr && apd->array_status_ptr[set] == SQL_PARAM_IGNORE))
        return false;
    SQLLEN off = apd->bind_offset_ptr ? *apd->bind_offset_ptr : 0;
    size_t stride = apd->bind_type != SQL_PARAM_BIND_BY_COLUMN ? apd->bind_type : sizeof(SQLLEN);
    SQLLEN v; /* row-wise structures may be packed */
    memcpy(&v, (const char *)a->octet_length_ptr + off + set * stride, sizeof v);
    return v == SQL_DATA_AT_EXEC || v <= SQL_LEN_DATA_AT_EXEC_OFFSET;
}

void td_params_drop_data(struct td_params *p)
{
    for (uint32_t i = 0; i < p->dae_params; i++) {
        for (uint32_t r = 0; p->dae[i] && r < p->dae_sets; r++)
            td_free((void *)p->dae[i][r].p);
        td_free(p->dae[i]);
    }
    td_free(p->dae);
    p->dae = NULL;
    p->dae_params = p->dae_sets = 0;
    p->dae_ready = p->dae_null = false;
    td_buf_reset(&p->dae_buf);
}

/* Moves to the next value to ask for, from the current place on. False when there is none. */
static bool seek(struct td_stmt *s)
{
    struct td_params *p = s->params;

    for (; p->dae_set < p->dae_sets; p->dae_set++, p->dae_param = 0) {
        for (; p->dae_param < p->dae_params; p->dae_param++) {
            if (at_exec(s, p->dae_param, p->dae_set)) return true;
        }
    }
    return false;
}

SQLRETURN td_params_need_data(struct td_stmt *s)
{
    struct td_params *p;

    if (!s->text.nmarkers || s->apd->array_size > UINT32_MAX) return SQL_SUCCESS;
    p = td_params_of(s);
    if (!p) return td_diag_nomem(&s->h);
    if (p->dae_ready) return SQL_SUCCESS;
    td_params_drop_data(p);
    p->dae_sets = (uint32_t)s->apd->array_size;
    p->dae_params = s->text.nmarkers;
    p->dae_set = p->dae_param = 0;
    bool found = seek(s);
    p->dae = found ? td_calloc(p->dae_params, sizeof *p->dae) : NULL;
    if (!p->dae) {
        p->dae_params = p->dae_sets = 0;
        return found ? td_diag_nomem(&s->h) : SQL_SUCCESS;
    }
    return SQL_NEED_DATA;
}

/* Keeps what SQLPutData collected as the value of the current place. */
static bool keep_value(struct td_params *p)
{
    struct td_str **col = &p->dae[p->dae_param];
    size_t n;

    if (!*col && !(*col = td_calloc(p->dae_sets, sizeof **col))) return false;
    if (!p->dae_null) {
        if (!p->dae_buf.p && !td_buf_reserve(&p->dae_buf, 1)) return false;
        n = p->dae_buf.n;
        (*col)[p->dae_set].p = (char *)td_buf_take(&p->dae_buf, &n);
        (*col)[p->dae_set].n = n;
    }
    td_buf_reset(&p->dae_buf);
    p->dae_null = false;
    return true;
}

/* The application's token: the address that it bound, moved to the parameter set. */
static SQLPOINTER token_of(const struct td_stmt *s, uint32_t param, uint32_t set)
{
    const struct td_desc *apd = s->apd;
    const struct td_desc_rec *a = td_desc_rec_get(apd, (SQLSMALLINT)(param + 1));
    int width = td_ctype_width(td_ctype_modern(a->concise_type));
    size_t stride = apd->bind_type != SQL_PARAM_BIND_BY_COLUMN ? apd->bind_type
                    : width > 0                                ? (size_t)width
                                                               : (size_t)a->octet_length;

    return set ? (char *)a->data_ptr + set * stride : a->data_ptr;
}

SQLRETURN td_param_data(struct td_stmt *s, SQLPOINTER *token)
{
    struct td_params *p = s->params;

    if (!td_state_ok(s, TD_CALL_PARAMDATA)) return SQL_ERROR;
    if (s->state == TD_S10) {
        if (!keep_value(p)) return td_diag_nomem(&s->h);
        p->dae_param++;
    }
    if (seek(s)) {
        td_params_processed(s, p->dae_set + 1);
        if (token) *token = token_of(s, p->dae_param, p->dae_set);
        s->state = TD_S9;
        return SQL_NEED_DATA;
    }
    p->dae_ready = true;
    SQLRETURN rc = td_execute_now(s);
    td_params_drop_data(p);
    return rc;
}

static SQLRETURN append(struct td_stmt *s, SQLSMALLINT ctype, const void *data, SQLLEN n)
{
    struct td_params *p = s->params;
    int width = td_ctype_width(ctype);
    size_t bytes;

    if (width > 0) {
        if (s->state == TD_S10) return td_diag(&s->h, TD_ST_HY019, NULL);
        bytes = (size_t)width;
    } else if (n == SQL_NTS && ctype == SQL_C_WCHAR) {
        const SQLWCHAR *w = data;
        for (bytes = 0; w[bytes]; bytes++)
            ;
        bytes *= sizeof *w;
    } else if (n == SQL_NTS && ctype == SQL_C_CHAR) {
        bytes = strlen(data);
    } else if (n < 0) {
        return td_diag(&s->h, TD_ST_HY090, "Length %lld", (long long)n);
    } else {
        bytes = (size_t)n;
    }
    return td_buf_put(&p->dae_buf, data, bytes) ? SQL_SUCCESS : td_diag_nomem(&s->h);
}

static SQLRETURN put_piece(struct td_stmt *s, SQLPOINTER data, SQLLEN n)
{
    struct td_params *p = s->params;
    const struct td_desc_rec *a = td_desc_rec_get(s->apd, (SQLSMALLINT)(p->dae_param + 1));
    SQLSMALLINT ctype = td_ctype_modern(a->concise_type);
    if (ctype == SQL_C_DEFAULT)
        ctype = td_param_default_ctype(
            td_desc_rec_get(&s->ipd, (SQLSMALLINT)(p->dae_param + 1))->concise_type);
    if (n == SQL_DEFAULT_PARAM)
        return td_diag(&s->h, TD_ST_07S01, "There are no default parameters");
    if (p->dae_null || (n == SQL_NULL_DATA && s->state == TD_S10))
        return td_diag(&s->h, TD_ST_HY020, NULL);
    if (n == SQL_NULL_DATA) {
        p->dae_null = true;
    } else {
        if (!data && n != 0) return td_diag(&s->h, TD_ST_HY009, NULL);
        SQLRETURN rc = append(s, ctype, data ? data : "", n);
        if (rc != SQL_SUCCESS) return rc;
    }
    s->state = TD_S10;
    return SQL_SUCCESS;
}

/* An error ends the execute (reference, appendix B, "SQLPutData": back to S1, S2 or S3). */
SQLRETURN td_put_data(struct td_stmt *s, SQLPOINTER data, SQLLEN n)
{
    if (!td_state_ok(s, TD_CALL_PUTDATA)) return SQL_ERROR;
    SQLRETURN rc = put_piece(s, data, n);
    if (rc == SQL_ERROR) {
        td_stmt_close_cursor(s);
        td_params_drop_data(s->params);
    }
    return rc;
}

/* A parameter whose type only the application knows. */
static void describe_unknown(struct td_sqltype *t)
{
    memset(t, 0, sizeof *t);
    t->concise = SQL_VARCHAR;
    t->column_size = 4000;
}

SQLRETURN td_describe_param(struct td_stmt *s, SQLUSMALLINT n, SQLSMALLINT *type, SQLULEN *size,
                            SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    struct td_sqltype t;
    struct td_err err;
    SQLSMALLINT can_be_null = SQL_NULLABLE;

    if (!td_state_ok(s, TD_CALL_NUMPARAMS)) return SQL_ERROR;
    if (n == 0 || n > s->text.nmarkers)
        return td_diag(&s->h, TD_ST_07009, "Parameter %u: the statement has %u", (unsigned)n,
                       s->text.nmarkers);
    if (!td_dbc_connected(s->dbc, &s->h)) return SQL_ERROR;
    uint32_t at = n - 1u;
    size_t idx = 0;
    while (at >= s->text.stmts[idx].nmarkers)
        at -= s->text.stmts[idx++].nmarkers;
    if (td_params_prepare(s, idx, &err) != TD_OK) return td_diag_err(&s->h, &err);
    const struct td_stmt2 *st = s->params->preps[idx].st2;
    if (st && at < st->nfields) {
        const struct td_stmt_field *f = &st->fields[at];
        td_sqltype_of(f->type, f->length, f->precision, f->scale,
                      f->type == TD_T_TIMESTAMP ? f->precision : 0, &s->dbc->type_opts, &t);
        if (f->role == TD_BIND_TBNAME ||
            (f->type == TD_T_TIMESTAMP && f->role == TD_BIND_COLUMN && f->key))
            can_be_null = SQL_NO_NULLS;
    } else {
        describe_unknown(&t);
    }
    if (type) *type = s->h.odbc2 ? td_sqltype_odbc2(t.concise) : t.concise;
    if (size) *size = t.column_size;
    if (digits) *digits = t.decimal_digits > 0 ? t.decimal_digits : 0;
    if (nullable) *nullable = can_be_null;
    return td_diag_done(&s->h);
}

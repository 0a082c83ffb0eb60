/*
 * Running `{CALL name(…)}`: the registry, and what all procedures share. Reading the call's text is
 * in proccall.c.
 */
#include "odbc/proc.h"

#include "odbc/proccall.h"
#include "wire/build.h"

#define BLOCK_MAX ((size_t)1 << 30)

static const struct td_proc *const g_procs[] = {
    &td_proc_last_request,      &td_proc_schemaless,      &td_proc_set_req_id,
    &td_proc_tmq_assignment,    &td_proc_tmq_close,       &td_proc_tmq_commit,
    &td_proc_tmq_commit_offset, &td_proc_tmq_committed,   &td_proc_tmq_poll,
    &td_proc_tmq_position,      &td_proc_tmq_seek,        &td_proc_tmq_subscribe,
    &td_proc_tmq_topics,        &td_proc_tmq_unsubscribe,
};

/* Further results of the procedure that ran last, in order. */
struct td_proc_results {
    struct td_result **v;
    uint32_t n, next, cap;
};

uint32_t td_procs(const struct td_proc *const **procs)
{
    *procs = g_procs;
    return sizeof g_procs / sizeof *g_procs;
}

static const struct td_proc *find(struct td_str name)
{
    for (size_t i = 0; i < sizeof g_procs / sizeof *g_procs; i++) {
        if (td_str_ieqz(name, g_procs[i]->name)) return g_procs[i];
    }
    return NULL;
}

void td_proc_signature(const struct td_proc *p, struct td_buf *out)
{
    td_buf_printf(out, "%s(", p->name);
    for (uint32_t i = 0; p->args[i].name; i++)
        td_buf_printf(out, "%s%s%s%s", i ? ", " : "", p->args[i].required ? "" : "[",
                      p->args[i].name, p->args[i].required ? "" : "]");
    td_buf_putc(out, ')');
}

/* ---- further results ---- */

void td_proc_drop(struct td_stmt *s)
{
    struct td_proc_results *r = s->more;

    if (!r) return;
    for (uint32_t i = r->next; i < r->n; i++)
        td_result_free(r->v[i]);
    td_free(r->v);
    td_free(r);
    s->more = NULL;
}

struct td_result *td_proc_next(struct td_stmt *s)
{
    struct td_proc_results *r = s->more;

    return r && r->next < r->n ? r->v[r->next++] : NULL;
}

enum td_rc td_call_more(struct td_proccall *c, struct td_result *res, struct td_err *err)
{
    struct td_proc_results *r = c->s->more;

    if (!r) r = c->s->more = td_calloc(1, sizeof *r);
    if (r && r->n == r->cap) {
        const uint32_t cap = r->cap ? 2 * r->cap : 8;
        struct td_result **v = td_realloc(r->v, cap * sizeof *v);
        if (v) {
            r->v = v;
            r->cap = cap;
        } else
            r = NULL;
    }
    if (!r) {
        td_result_free(res);
        return td_err_nomem(err);
    }
    r->v[r->n++] = res;
    return TD_OK;
}

/* ---- values ---- */

bool td_call_uses(const struct td_proccall *c, uint32_t set)
{
    return !c->s->params || c->sets == 0 || c->s->params->state[set] == TD_SET_OK;
}

bool td_call_text_of(const struct td_proccall *c, uint32_t arg, uint32_t set, struct td_str *v)
{
    const int m = c->arg[arg].marker;

    if (!c->arg[arg].given || c->arg[arg].null) return false;
    if (m < 0) {
        *v = c->arg[arg].text;
        return true;
    }
    const struct td_pcol *col = &c->s->params->cols[m];
    if (col->nulls[set]) return false;
    *v = (struct td_str){col->len[set] ? (const char *)col->data.p + col->off[set] : "",
                         col->len[set]};
    return true;
}

bool td_call_text(const struct td_proccall *c, uint32_t arg, struct td_str *v)
{
    return td_call_text_of(c, arg, c->set, v);
}

bool td_call_int(const struct td_proccall *c, uint32_t arg, int64_t *v)
{
    const int m = c->arg[arg].marker;

    if (!c->arg[arg].given || c->arg[arg].null) return false;
    *v = c->arg[arg].num;
    if (m < 0) return true;
    const struct td_pcol *col = &c->s->params->cols[m];
    if (col->nulls[c->set]) return false;
    memcpy(v, col->fixed + 8 * (size_t)c->set, 8);
    return true;
}

/* ---- results ---- */

static uint32_t count_cols(const struct td_proc *p)
{
    uint32_t n = 0;

    while (n < TD_PROC_COLS && p->cols[n].name)
        n++;
    return n;
}

struct td_build *td_call_rows(const struct td_proccall *c)
{
    struct td_build_col cols[TD_PROC_COLS];
    const uint32_t n = count_cols(c->proc);

    for (uint32_t i = 0; i < n; i++)
        cols[i] = (struct td_build_col){
            .type = c->proc->cols[i].type,
            .bytes = c->proc->cols[i].type == TD_T_VARCHAR ? c->proc->cols[i].length + 2 : 0};
    return td_build_new(cols, n, BLOCK_MAX);
}

struct td_result *td_call_result(const struct td_proccall *c, struct td_build *b,
                                 struct td_err *err)
{
    struct td_column cols[TD_PROC_COLS] = {0};
    const uint32_t ncols = count_cols(c->proc);
    uint8_t *block = NULL;
    size_t n = 0;
    enum td_rc rc;

    if (!b) {
        td_err_nomem(err);
        return NULL;
    }
    rc = td_build_finish(b, &block, &n, err);
    td_build_free(b);
    if (rc != TD_OK) return NULL;
    for (uint32_t i = 0; i < ncols; i++) {
        cols[i].name = td_str_of(c->proc->cols[i].name);
        cols[i].type = c->proc->cols[i].type;
        cols[i].length = c->proc->cols[i].length;
        cols[i].nullable = SQL_NULLABLE;
    }
    return td_result_local(cols, ncols, 0, block, n, err);
}

/* ---- parameters ---- */

/* A copy of the statement without the marker of `? =`, so that the rest is input. */
static struct td_sqlstmt inputs(const struct td_sqlstmt *q)
{
    struct td_sqlstmt in = *q;

    if (q->call_returns) in.nmarkers--;
    return in;
}

static uint32_t first_marker(const struct td_stmt *s, const struct td_sqlstmt *q)
{
    uint32_t n = 0;

    for (const struct td_sqlstmt *p = s->text.stmts; p < q; p++)
        n += p->nmarkers;
    return n + q->call_returns;
}

/* Reads the application's values into VARCHAR and BIGINT columns, one per marker. */
static enum td_rc encode(struct td_proccall *c, uint32_t first, struct td_err *err)
{
    struct td_params *p = c->s->params;
    struct td_param_sink sink = {c->s, 0};
    struct td_pctx x;

    td_params_context(c->s, &sink, &x);
    for (uint32_t i = 0; c->proc->args[i].name; i++) {
        const int m = c->arg[i].marker;
        const struct td_pdest d = {.type = c->proc->args[i].type == TD_PROC_INT ? TD_T_BIGINT
                                                                                : TD_T_VARCHAR};
        if (m < 0) continue;
        sink.param = first + (uint32_t)m + 1;
        if (!td_param_legal(d.type, p->src[m].ctype))
            return td_err_set(err, TD_ST_07006, 0, "Argument %s: C type %d cannot be converted",
                              c->proc->args[i].name, (int)p->src[m].ctype);
        if (td_param_encode(&p->cols[m], &d, &p->src[m], p->sets, &x) != TD_OK)
            return td_err_nomem(err);
    }
    return TD_OK;
}

/* An argument that takes one value has it in the first set that is used; another value in a further
   set is an error, never passed over. */
static enum td_rc check_sets(struct td_proccall *c, struct td_err *err)
{
    struct td_str v, w;

    for (c->set = 0; c->set < c->sets && !td_call_uses(c, c->set);)
        c->set++;
    if (c->set == c->sets) {
        if (c->s->params->bad) return td_err_set(err, TD_ST_00000, 0, "reported");
        return td_err_set(err, TD_ST_HY000, 0, "every parameter set is to be ignored");
    }
    for (uint32_t i = 0; c->proc->args[i].name; i++) {
        const bool number = c->proc->args[i].type == TD_PROC_INT;
        if (c->arg[i].marker < 0 || c->proc->args[i].array) continue;
        for (uint32_t r = c->set + 1; r < c->sets; r++) {
            const struct td_pcol *col = &c->s->params->cols[c->arg[i].marker];
            if (!td_call_uses(c, r)) continue;
            bool same = !col->nulls[c->set] == !col->nulls[r];
            if (same && !col->nulls[r] && number)
                same = memcmp(col->fixed + 8 * (size_t)r, col->fixed + 8 * (size_t)c->set, 8) == 0;
            if (same && !col->nulls[r] && !number)
                same = td_call_text_of(c, i, r, &v) && td_call_text(c, i, &w) && td_str_eq(v, w);
            if (!same)
                return td_err_set(err, TD_ST_HYC00, 0,
                                  "Argument %s must be the same in every parameter set",
                                  c->proc->args[i].name);
        }
    }
    return TD_OK;
}

static bool takes_arrays(const struct td_proc *p)
{
    for (uint32_t i = 0; p->args[i].name; i++) {
        if (p->args[i].array) return true;
    }
    return false;
}

static enum td_rc take_params(struct td_proccall *c, const struct td_sqlstmt *q, struct td_err *err)
{
    const struct td_sqlstmt in = inputs(q);
    const uint32_t first = first_marker(c->s, q);

    if (in.nmarkers == 0) return TD_OK;
    if (td_params_sources(c->s, &in, first, err) != TD_OK) return TD_FAIL;
    c->s->params->more_sets = false;
    c->sets = c->s->params->sets;
    td_params_processed(c->s, 0);
    if (c->sets > 1 && !takes_arrays(c->proc))
        return td_err_set(err, TD_ST_HYC00, 0, "%s takes one parameter set", c->proc->name);
    if (encode(c, first, err) != TD_OK) return TD_FAIL;
    return check_sets(c, err);
}

/* Required arguments that are NULL. */
static enum td_rc check_required(const struct td_proccall *c, struct td_err *err)
{
    for (uint32_t i = 0; c->proc->args[i].name; i++) {
        int64_t n;
        struct td_str v;
        const bool have =
            c->proc->args[i].type == TD_PROC_INT ? td_call_int(c, i, &n) : td_call_text(c, i, &v);
        if (c->proc->args[i].required && !c->proc->args[i].def && !have && !c->proc->args[i].array)
            return td_call_wrong(c->proc, TD_ST_HY000, err, "argument %s must not be NULL",
                                 c->proc->args[i].name);
    }
    return TD_OK;
}

/* Puts the value of `{? = CALL}` where the application bound it. */
static enum td_rc give_return(struct td_stmt *s, const struct td_sqlstmt *q, int64_t ret,
                              struct td_err *err)
{
    static const uint8_t not_null = 0;
    const SQLSMALLINT number = (SQLSMALLINT)(first_marker(s, q));
    const struct td_desc_rec *a = td_desc_rec_get(s->apd, number);
    const struct td_desc_rec *d = td_desc_rec_get(&s->ipd, number);
    const SQLLEN off = s->apd->bind_offset_ptr ? *s->apd->bind_offset_ptr : 0;
    const struct td_col col = {.type = TD_T_BIGINT,
                               .bytes = 8,
                               .rows = 1,
                               .len = 8,
                               .nulls = &not_null,
                               .data = (const uint8_t *)&ret};
    struct td_kctx x;

    if (!a || !d || (!a->data_ptr && !a->indicator_ptr)) return TD_OK; /* nobody wants it */
    SQLSMALLINT ctype = td_ctype_modern(a->concise_type);
    if (ctype == SQL_C_DEFAULT) ctype = td_param_default_ctype(d->concise_type);
    const td_kernel k = td_kernel_for(TD_T_BIGINT, ctype);
    if (!k)
        return td_err_set(err, TD_ST_07006, 0, "The return value cannot be converted to C type %d",
                          (int)ctype);
    const struct td_target t = {
        .base = a->data_ptr ? (uint8_t *)a->data_ptr + off : NULL,
        .cap = a->octet_length,
        .octet_len = a->octet_length_ptr ? (SQLLEN *)((char *)a->octet_length_ptr + off) : NULL,
        .ind = a->indicator_ptr ? (SQLLEN *)((char *)a->indicator_ptr + off) : NULL};
    td_stmt_kctx(s, &x);
    k(&col, 0, 1, &t, &x);
    return TD_OK;
}

/* ---- running ---- */

static void settle_sets(struct td_proccall *c, bool ok)
{
    if (c->sets == 0) return;
    td_params_status(c->s, 0, c->sets, ok ? SQL_PARAM_SUCCESS : SQL_PARAM_ERROR);
    td_params_processed(c->s, c->sets);
}

static enum td_rc to_server(struct td_stmt *s, const struct td_sqlstmt *q, struct td_result **res,
                            struct td_err *err)
{
    struct td_request rq;
    enum td_rc rc;

    if (q->nmarkers) return td_params_run(s, (size_t)(q - s->text.stmts), res, err);
    td_stmt_request(s, &rq);
    rc = td_session_query(s->dbc->session, q->sql, &rq, res, err);
    s->last_req_id = rq.req_id;
    s->last_timing_ns = rq.timing_ns;
    return rc;
}

enum td_rc td_proc_run(struct td_stmt *s, const struct td_sqlstmt *q, struct td_result **res,
                       struct td_err *err)
{
    struct td_proccall c = {.s = s};
    struct td_str name, args;
    int64_t ret = 0;
    enum td_rc rc;

    td_proc_drop(s);
    if (td_call_split(q->sql, &name, &args, err) != TD_OK) return TD_FAIL;
    c.proc = find(name);
    if (!c.proc && !td_str_istarts(name, "td_")) return to_server(s, q, res, err);
    if (!c.proc)
        return td_err_set(err, TD_ST_HYC00, 0,
                          "There is no procedure '%.*s'; SQLProcedures lists them",
                          (int)(name.n < 100 ? name.n : 100), name.p);
    rc = td_call_args(&c, args, err);
    if (rc == TD_OK) rc = take_params(&c, q, err);
    if (rc == TD_OK) rc = check_required(&c, err);
    if (rc == TD_OK) {
        rc = c.proc->run(&c, res, &ret, err);
        settle_sets(&c, rc == TD_OK);
    }
    if (rc == TD_OK && q->call_returns && give_return(s, q, ret, err) != TD_OK) {
        td_result_free(*res);
        *res = NULL;
        rc = TD_FAIL;
    }
    td_arena_free(&c.arena);
    return rc;
}

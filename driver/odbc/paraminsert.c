/*
 * An INSERT through stmt2: all sets become typed columns, rows are grouped by table and sent in as
 * few bind messages as the limits allow (32,767 rows a table, MaxBindBytes), each followed by its
 * exec (protocol.md 4.2, 4.3; decisions.md section 3).
 */
#include "odbc/paramset.h"

#include <stdio.h>

#define TD_MAX_ROWS_PER_BIND 32767

/* Rows of one table, in order, as a slice of `order`. */
struct group {
    struct td_str name;
    uint32_t first, n, next_in_bucket;
};

struct insert {
    struct td_stmt *s;
    struct td_stmt2 *st;
    const struct td_pcol **cols;
    uint8_t *roles;
    uint32_t tbname; /* parameter that holds the table's name; UINT32_MAX = none */
    struct group *groups;
    uint32_t ngroups;
    uint32_t *order;    /* rows by group */
    uint32_t *group_of; /* per row */
    struct td_bind_table *tables;
    size_t limit; /* bytes a message */
    int64_t affected;
    uint32_t sent; /* rows stored so far */
};

static void insert_free(struct insert *in)
{
    td_free(in->cols);
    td_free(in->roles);
    td_free(in->groups);
    td_free(in->order);
    td_free(in->group_of);
    td_free(in->tables);
}

/* Encodes parameter i into the column that the server, or the table's look-up, described. */
static enum td_rc encode_one(struct insert *in, uint32_t i, const struct td_stmt_field *f,
                             struct td_err *err)
{
    struct td_params *p = in->s->params;
    struct td_param_sink sink = {in->s, i + 1};
    struct td_pdest d = {.type = f->type,
                         .precision = f->precision,
                         .scale = f->scale,
                         .length = f->length,
                         .dec_text = in->st->decimal_text};
    struct td_pctx x;

    td_params_context(in->s, &sink, &x);
    if (!td_param_legal(d.type, p->src[i].ctype))
        return td_err_set(err, TD_ST_07006, 0, "Parameter %u: C type %d cannot be converted to %s",
                          i + 1, (int)p->src[i].ctype, td_type_name(d.type));
    in->cols[i] = &p->cols[i];
    in->roles[i] = f->role;
    if (f->role == TD_BIND_TBNAME) in->tbname = i;
    return td_param_encode(&p->cols[i], &d, &p->src[i], p->sets, &x) == TD_OK ? TD_OK
                                                                              : td_err_nomem(err);
}

static enum td_rc encode_columns(struct insert *in, struct td_err *err)
{
    for (uint32_t i = 0; i < in->s->params->n; i++) {
        if (encode_one(in, i, &in->st->fields[i], err) != TD_OK) return TD_FAIL;
    }
    return TD_OK;
}

static struct td_str name_of(const struct insert *in, uint32_t row)
{
    const struct td_pcol *c = in->cols[in->tbname];

    return (struct td_str){(const char *)c->data.p + c->off[row], c->len[row]};
}

static uint32_t hash(struct td_str s)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 16777619u;
    return h;
}

/* Sets without a table name cannot be sent anywhere. */
static void refuse_nameless(struct insert *in)
{
    struct td_params *p = in->s->params;

    for (uint32_t r = 0; in->tbname != UINT32_MAX && r < p->sets; r++) {
        if (p->state[r] == TD_SET_OK &&
            (in->cols[in->tbname]->nulls[r] || !in->cols[in->tbname]->len[r])) {
            p->state[r] = TD_SET_BAD;
            p->bad++;
            td_diag_at(&in->s->h, (SQLLEN)r + 1, (SQLINTEGER)in->tbname + 1, TD_ST_23000,
                       "The table's name (parameter %u) is NULL or empty", in->tbname + 1);
        }
    }
}

/* Finds or makes the group of a row. */
static uint32_t group_for(struct insert *in, uint32_t *buckets, uint32_t mask, uint32_t row)
{
    struct td_str name = in->tbname == UINT32_MAX ? (struct td_str){"", 0} : name_of(in, row);
    uint32_t b = hash(name) & mask;

    for (uint32_t g = buckets[b]; g != UINT32_MAX; g = in->groups[g].next_in_bucket) {
        if (td_str_eq(in->groups[g].name, name)) return g;
    }
    in->groups[in->ngroups] = (struct group){name, 0, 0, buckets[b]};
    buckets[b] = in->ngroups;
    return in->ngroups++;
}

/* Groups the good rows by table, in the order of first appearance, keeping their order within a
 * table. */
static enum td_rc group_rows(struct insert *in, struct td_err *err)
{
    const struct td_params *p = in->s->params;
    uint32_t size = 16;

    while (size < p->sets && size < 1u << 20)
        size *= 2;
    td_free(in->groups);
    td_free(in->order);
    td_free(in->group_of);
    td_free(in->tables);
    in->ngroups = 0;
    uint32_t *buckets = td_malloc(size * sizeof *buckets);
    in->groups = td_malloc(p->sets * sizeof *in->groups);
    in->order = td_malloc(p->sets * sizeof *in->order);
    in->group_of = td_malloc(p->sets * sizeof *in->group_of);
    in->tables = td_malloc(p->sets * sizeof *in->tables);
    if (!buckets || !in->groups || !in->order || !in->group_of || !in->tables) {
        td_free(buckets);
        return td_err_nomem(err);
    }
    memset(buckets, 0xff, size * sizeof *buckets);
    for (uint32_t r = 0; r < p->sets; r++) {
        if (p->state[r] == TD_SET_OK)
            in->groups[in->group_of[r] = group_for(in, buckets, size - 1, r)].n++;
    }
    td_free(buckets);
    uint32_t at = 0;
    for (uint32_t g = 0; g < in->ngroups; g++) {
        in->groups[g].first = at;
        at += in->groups[g].n;
        in->groups[g].n = 0;
    }
    for (uint32_t r = 0; r < p->sets; r++) {
        if (p->state[r] == TD_SET_OK) {
            struct group *g = &in->groups[in->group_of[r]];
            in->order[g->first + g->n++] = r;
        }
    }
    return TD_OK;
}

/* Marks the sets of the tables in a message. */
static void mark(struct insert *in, uint32_t ntables, SQLUSMALLINT status)
{
    SQLUSMALLINT *out = in->s->ipd.array_status_ptr;

    for (uint32_t t = 0; out && t < ntables; t++) {
        for (uint32_t i = 0; i < in->tables[t].nrows; i++) {
            uint32_t row = in->tables[t].rows[i];
            out[row] = status == SQL_PARAM_SUCCESS ? td_params_success(in->s->params, row) : status;
        }
    }
}

static enum td_rc send(struct insert *in, uint32_t ntables, struct td_err *err)
{
    struct td_stmt *s = in->s;
    struct td_request rq;
    int64_t affected = 0;

    td_stmt_request(s, &rq);
    enum td_rc rc = td_stmt2_bind_exec(in->st, in->cols, in->roles, s->params->n, in->tables,
                                       ntables, &rq, &affected, err);
    s->last_req_id = rq.req_id;
    s->last_timing_ns = rq.timing_ns;
    if (rc == TD_OK) {
        mark(in, ntables, SQL_PARAM_SUCCESS);
        in->affected += affected;
        for (uint32_t t = 0; t < ntables; t++)
            in->sent += in->tables[t].nrows;
        __atomic_store_n(&s->dbc->wrote, true, __ATOMIC_RELAXED);
        return TD_OK;
    }
    /* refused at bind: nothing of this message is stored; else its outcome is unknown, row by row
     * (protocol.md section 11) */
    mark(in, ntables, in->st->bind_refused ? SQL_PARAM_ERROR : SQL_PARAM_DIAG_UNAVAILABLE);
    if (!in->st->bind_refused) {
        __atomic_store_n(&s->dbc->wrote, true, __ATOMIC_RELAXED);
        size_t n = strlen(err->msg);
        snprintf(err->msg + n, sizeof err->msg - n,
                 " (part of the rows that were sent may be stored)");
    }
    return TD_FAIL;
}

/* Sends all groups, cut where a table has too many rows or a message too many bytes. */
static enum td_rc send_all(struct insert *in, struct td_err *err)
{
    uint32_t ntables = 0;
    size_t bytes = 0;

    for (uint32_t g = 0; g < in->ngroups; g++) {
        const struct group *gr = &in->groups[g];
        uint32_t from = 0;
        bool open = false;
        for (uint32_t i = 0; i < gr->n; i++) {
            size_t row = td_bind_row_bytes(in->cols, in->s->params->n, in->order[gr->first + i]);
            if (bytes && bytes + row > in->limit) {
                if (send(in, ntables, err) != TD_OK) return TD_FAIL;
                ntables = 0;
                bytes = 0;
                open = false;
            } else if (open && i - from >= TD_MAX_ROWS_PER_BIND) {
                if (send(in, ntables, err) != TD_OK) return TD_FAIL;
                ntables = 0;
                bytes = 0;
                open = false;
            }
            if (!open) {
                from = i;
                in->tables[ntables++] =
                    (struct td_bind_table){gr->name, in->order + gr->first + i, 0};
                open = true;
            }
            in->tables[ntables - 1].nrows++;
            bytes += row;
        }
    }
    return ntables ? send(in, ntables, err) : TD_OK;
}

static bool same_columns(const struct td_stmt_field *a, const struct td_stmt_field *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (a[i].type != b[i].type || a[i].precision != b[i].precision || a[i].scale != b[i].scale)
            return false;
    }
    return true;
}

/* `insert into ? values (…)`: the server describes nothing, so the columns are those of the tables
   named. They must agree: a DECIMAL of another scale would be stored wrongly. */
static enum td_rc encode_by_look_up(struct insert *in, struct td_err *err)
{
    static const struct td_stmt_field name = {
        .type = TD_T_VARCHAR, .role = TD_BIND_TBNAME, .length = 1024};
    const struct td_stmt_field *first = NULL, *f;
    struct td_params *p = in->s->params;
    struct td_request rq;
    uint32_t n;

    if (encode_one(in, 0, &name, err) != TD_OK) return TD_FAIL;
    refuse_nameless(in);
    if (group_rows(in, err) != TD_OK) return TD_FAIL;
    for (uint32_t g = 0; g < in->ngroups; g++) {
        td_stmt_request(in->s, &rq);
        if (td_stmt2_table_fields(in->st, in->groups[g].name, &rq, &f, &n, err) != TD_OK)
            return TD_FAIL;
        if (n != p->n - 1)
            return td_err_set(err, TD_ST_21S01, 0,
                              "Table %.*s has %u columns, the statement has %u values",
                              (int)in->groups[g].name.n, in->groups[g].name.p, n, p->n - 1);
        if (first && !same_columns(first, f, n))
            return td_err_set(
                err, TD_ST_HYC00, 0,
                "Table %.*s has other columns than the array's first table: execute them "
                "separately",
                (int)in->groups[g].name.n, in->groups[g].name.p);
        if (!first) first = f;
    }
    for (uint32_t i = 1; first && i < p->n; i++) {
        if (encode_one(in, i, &first[i - 1], err) != TD_OK) return TD_FAIL;
    }
    return TD_OK;
}

static enum td_rc prepare_insert(struct insert *in, struct td_err *err)
{
    struct td_params *p = in->s->params;

    in->cols = td_malloc(p->n * sizeof *in->cols);
    in->roles = td_malloc(p->n);
    if (!in->cols || !in->roles) return td_err_nomem(err);
    if (in->st->table_marker) {
        if (encode_by_look_up(in, err) != TD_OK) return TD_FAIL;
    } else {
        if (in->st->nfields != p->n)
            return td_err_set(err, TD_ST_07002, 0,
                              "The server counts %u parameters, the statement has %u markers",
                              in->st->nfields, p->n);
        if (encode_columns(in, err) != TD_OK) return TD_FAIL;
    }
    refuse_nameless(in);
    return group_rows(in, err);
}

enum td_rc td_params_insert(struct td_stmt *s, struct td_stmt2 *st, struct td_result **res,
                            struct td_err *err)
{
    struct insert in = {.s = s, .st = st, .tbname = UINT32_MAX};
    struct td_params *p = s->params;
    struct td_request rq;

    in.limit = (size_t)td_opts_int(&s->dbc->opts, TD_OPT_MAX_BIND_BYTES) << 20;
    td_stmt_request(s, &rq);
    enum td_rc rc = td_stmt2_ready(st, &rq, err);
    if (rc == TD_OK) rc = prepare_insert(&in, err);
    if (rc == TD_OK) {
        td_params_status(s, 0, p->sets, SQL_PARAM_UNUSED);
        td_params_processed(s, p->sets);
        rc = send_all(&in, err);
        if (rc != TD_OK && in.sent)
            td_diag(&s->h, TD_ST_01000, "%u parameter sets were stored before the failure",
                    in.sent);
        else if (rc == TD_OK && p->bad && !in.sent)
            rc = td_err_set(err, TD_ST_00000, 0, "reported");
    }
    if (rc == TD_OK) {
        *res = td_update_result(in.affected, err);
        rc = *res ? TD_OK : TD_FAIL;
    }
    insert_free(&in);
    return rc;
}

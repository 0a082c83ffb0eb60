#include "client/stmt2.h"

#include "client/priv.h"

struct td_stmt2_table {
    struct td_stmt2_table *next;
    struct td_str name;
    struct td_stmt_field *fields;
    uint32_t n;
};

/* ---- the table that an INSERT writes to ---- */

/* The next word, name (`db`.`t`, quotes kept) or sign. */
static struct td_str token(struct td_str *rest)
{
    struct td_str s = td_str_trim(*rest);
    size_t n = 0;

    while (n < s.n) {
        char c = s.p[n];
        if (c == '`') {
            const char *end = memchr(s.p + n + 1, '`', s.n - n - 1);
            n = end ? (size_t)(end - s.p) + 1 : s.n;
        } else if (td_isspace(c) || strchr("(),;?", c)) {
            break;
        } else {
            n++;
        }
    }
    if (n == 0 && s.n) n = 1;
    *rest = (struct td_str){s.p + n, s.n - n};
    return (struct td_str){s.p, n};
}

/* The table whose columns the statement's parameters are: after USING if there is one, else after
   INTO. False when the name is a marker or not found. */
static bool insert_target(struct td_str sql, struct td_str *table, bool *marker)
{
    char word[16];
    struct td_str rest, t;

    *marker = false;
    td_sql_first_word(sql, word, &rest);
    t = token(&rest);
    if (td_str_ieqz(t, "into")) t = token(&rest);
    struct td_str after = rest, u = token(&after);
    if (td_str_ieqz(u, "using")) {
        *table = token(&after);
        return table->n && *table->p != '?';
    }
    *marker = t.n == 1 && *t.p == '?';
    *table = t;
    return t.n && !*marker;
}

/* ---- look-ups ---- */

static enum td_rc copy_fields(struct td_stmt2 *st, const struct td_result *r,
                              struct td_stmt2_table *t, struct td_err *err)
{
    t->fields = td_arena_alloc(&st->arena, (r->ncols ? r->ncols : 1) * sizeof *t->fields);
    if (!t->fields) return td_err_nomem(err);
    for (uint32_t i = 0; i < r->ncols; i++) {
        const struct td_column *c = &r->cols[i];
        struct td_stmt_field *f = &t->fields[i];
        memset(f, 0, sizeof *f);
        char *name = td_arena_strndup(&st->arena, c->name.p, c->name.n);
        if (!name) return td_err_nomem(err);
        f->name = (struct td_str){name, c->name.n};
        f->type = c->type;
        f->role = TD_BIND_COLUMN;
        f->key = i == 0;
        f->precision = c->type == TD_T_TIMESTAMP ? r->ts_prec : c->precision;
        f->scale = c->scale;
        f->length = c->length;
    }
    t->n = r->ncols;
    return TD_OK;
}

static enum td_rc look_up(struct td_stmt2 *st, struct td_str table, struct td_request *rq,
                          struct td_stmt2_table *t, struct td_err *err)
{
    struct td_buf sql = TD_BUF_INIT(4096);
    struct td_result *r = NULL;
    struct td_request own = *rq;
    enum td_rc rc;

    own.req_id = 0;
    td_buf_puts(&sql, "select * from ");
    td_buf_putstr(&sql, table);
    td_buf_puts(&sql, " limit 0");
    rc = td_buf_ok(&sql) ? td_session_query(st->session, td_buf_str(&sql), &own, &r, err)
                         : td_err_nomem(err);
    td_buf_free(&sql);
    if (rc == TD_OK) rc = copy_fields(st, r, t, err);
    td_result_free(r);
    return rc;
}

enum td_rc td_stmt2_table_fields(struct td_stmt2 *st, struct td_str table, struct td_request *rq,
                                 const struct td_stmt_field **fields, uint32_t *n,
                                 struct td_err *err)
{
    struct td_stmt2_table *t;

    for (t = st->tables; t; t = t->next) {
        if (td_str_eq(t->name, table)) break;
    }
    if (!t) {
        char *name;
        t = td_arena_alloc(&st->arena, sizeof *t);
        name = td_arena_strndup(&st->arena, table.p, table.n);
        if (!t || !name) return td_err_nomem(err);
        t->name = (struct td_str){name, table.n};
        if (look_up(st, table, rq, t, err) != TD_OK) return TD_FAIL;
        t->next = st->tables;
        st->tables = t;
    }
    *fields = t->fields;
    *n = t->n;
    return TD_OK;
}

/* Precision and scale of DECIMAL parameters: without them a value would be stored wrongly
 * (protocol.md section 11). */
static enum td_rc find_scales(struct td_stmt2 *st, struct td_request *rq, struct td_err *err)
{
    const struct td_stmt_field *cols = NULL;
    struct td_str table;
    bool marker;
    uint32_t n = 0;

    for (uint32_t i = 0; i < st->nfields; i++) {
        struct td_stmt_field *f = &st->fields[i];
        if (f->type != TD_T_DECIMAL64 && f->type != TD_T_DECIMAL128) continue;
        if (!cols && (!insert_target(st->sql, &table, &marker) ||
                      td_stmt2_table_fields(st, table, rq, &cols, &n, err) != TD_OK))
            return cols ? TD_FAIL
                        : td_err_set(
                              err, TD_ST_HYC00, 0,
                              "The DECIMAL column %.*s cannot be bound: its table was not found in "
                              "the statement's text",
                              (int)f->name.n, f->name.p);
        for (uint32_t j = 0; j < i; j++) {
            /* a statement of several tables: whose column it is cannot be told */
            if (st->fields[j].role == f->role && td_str_eq(st->fields[j].name, f->name))
                return td_err_set(
                    err, TD_ST_HYC00, 0,
                    "The DECIMAL column %.*s cannot be bound: the statement has it twice",
                    (int)f->name.n, f->name.p);
        }
        uint32_t k = 0;
        while (k < n && !td_str_eq(cols[k].name, f->name))
            k++;
        if (k == n || cols[k].type != f->type || !cols[k].precision)
            return td_err_set(err, TD_ST_HYC00, 0,
                              "The DECIMAL column %.*s cannot be bound: its scale is unknown",
                              (int)f->name.n, f->name.p);
        f->precision = cols[k].precision;
        f->scale = cols[k].scale;
    }
    return TD_OK;
}

/* ---- round trips ---- */

/* The statement's id means something on one link only: on another the message is not sent. */
static enum td_rc call(struct td_stmt2 *st, uint64_t id, struct td_buf *b, bool text,
                       const struct td_request *rq, struct td_msg *reply, struct td_err *err)
{
    enum td_rc rc = td_session_enter(st->session, rq, err);

    if (rc == TD_OK) {
        rc = st->session->link_gen == st->link_gen
                 ? td_session_call(st->session, id, b, text, rq, reply, err)
                 : td_err_set(err, TD_ST_08S01, 0,
                              "The connection was lost; the statement has to be executed again");
        td_session_leave(st->session);
    }
    td_buf_free(b);
    if (rc != TD_OK) st->broken = true; /* what the server made of it is unknown */
    return rc;
}

static enum td_rc init(struct td_stmt2 *st, const struct td_request *rq, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(4096);
    struct td_msg m = {0};
    uint64_t id = td_session_next_id(st->session);

    td_msg_stmt_init(&b, id);
    if (call(st, id, &b, true, rq, &m, err) != TD_OK) return TD_FAIL;
    enum td_rc rc = td_msg_read_stmt_init(td_view_of(&m), &st->id, err);
    td_msg_free(&m);
    return rc;
}

static enum td_rc prepare(struct td_stmt2 *st, bool get_fields, struct td_request *rq,
                          struct td_reply_prepare *p, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(SIZE_MAX / 2);
    struct td_msg m = {0};
    uint64_t id = rq->req_id ? rq->req_id : td_session_next_id(st->session);

    td_msg_stmt_prepare(&b, id, st->id, st->sql, get_fields);
    if (call(st, id, &b, true, rq, &m, err) != TD_OK) return TD_FAIL;
    enum td_rc rc = td_msg_read_stmt_prepare(td_view_of(&m), &st->arena, p, err);
    td_msg_free(&m);
    return rc;
}

/* Takes the present link, made anew if need be, for the statement's. */
static enum td_rc join_link(struct td_stmt2 *st, const struct td_request *rq, struct td_err *err)
{
    if (td_session_enter(st->session, rq, err) != TD_OK) return TD_FAIL;
    /* as a user: the version belongs to the link */
    st->link_gen = st->session->link_gen;
    st->decimal_text = td_session_at_least(st->session, 3, 4, 0, 0);
    st->may_combine = td_session_at_least(st->session, 3, 4, 1, 13);
    td_session_leave(st->session);
    return TD_OK;
}

/* init + prepare. */
static enum td_rc make(struct td_stmt2 *st, struct td_request *rq, struct td_err *err)
{
    struct td_reply_prepare p;
    struct td_str table;

    st->broken = true;
    st->bound = false;
    if (join_link(st, rq, err) != TD_OK || init(st, rq, err) != TD_OK) return TD_FAIL;
    bool fields = !st->table_marker;
    enum td_rc rc = prepare(st, fields, rq, &p, err);
    if (rc != TD_OK && fields && err->native == 0x022B &&
        (insert_target(st->sql, &table, &st->table_marker), st->table_marker))
        rc = prepare(st, false, rq, &p, err);
    if (rc != TD_OK) return TD_FAIL;
    st->is_insert = p.is_insert;
    st->nparams = p.nparams;
    st->nfields = p.nfields;
    st->fields = p.fields;
    if (find_scales(st, rq, err) != TD_OK) return TD_FAIL;
    st->broken = false;
    return TD_OK;
}

static void close_on_server(struct td_stmt2 *st)
{
    struct td_session *s = st->session;
    struct td_buf b = TD_BUF_INIT(256);

    if (st->id && td_session_pin(s, st->link_gen)) {
        uint64_t id = td_session_next_id(s);
        /* the reply says nothing that anybody needs: it is dropped when it comes */
        if (td_msg_stmt_close(&b, id, st->id) &&
            td_submit(s->t, id, b.p, b.n, true, true, NULL) == TD_OK)
            td_abandon(s->t, id, NULL, NULL);
        td_session_leave(s);
    }
    td_buf_free(&b);
    st->id = 0;
}

/* The text into a new arena, without the fields and tables that the server described before. */
static enum td_rc forget_fields(struct td_stmt2 *st, struct td_str sql)
{
    struct td_arena a = {NULL};
    char *copy = td_arena_strndup(&a, sql.p, sql.n);

    if (!copy) return TD_FAIL;
    td_arena_free(&st->arena);
    st->arena = a;
    st->sql = (struct td_str){copy, sql.n};
    st->fields = NULL;
    st->nfields = 0;
    st->tables = NULL;
    return TD_OK;
}

enum td_rc td_stmt2_prepare(struct td_session *s, struct td_str sql, struct td_request *rq,
                            struct td_stmt2 **out, struct td_err *err)
{
    struct td_stmt2 *st = td_calloc(1, sizeof *st);
    struct td_err mine;

    *out = NULL;
    if (!st || forget_fields(st, sql) != TD_OK) {
        td_free(st);
        return td_err_nomem(err);
    }
    st->session = s;
    if (make(st, rq, &mine) != TD_OK) {
        if (err) *err = mine;
        td_stmt2_free(st);
        return TD_FAIL;
    }
    *out = st;
    return TD_OK;
}

enum td_rc td_stmt2_ready(struct td_stmt2 *st, struct td_request *rq, struct td_err *err)
{
    uint32_t gen = st->link_gen;
    struct td_err mine;

    if (join_link(st, rq, err) != TD_OK) return TD_FAIL;
    if (!st->broken && st->link_gen == gen) return TD_OK;
    st->link_gen = gen;
    close_on_server(st);
    if (forget_fields(st, st->sql) != TD_OK) return td_err_nomem(err);
    if (make(st, rq, &mine) == TD_OK) return TD_OK;
    if (err) *err = mine;
    return TD_FAIL;
}

enum td_rc td_stmt2_bind(struct td_stmt2 *st, const struct td_pcol *const *cols,
                         const uint8_t *roles, uint32_t ncols, const struct td_bind_table *tables,
                         uint32_t ntables, struct td_request *rq, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(SIZE_MAX / 2);
    struct td_msg m = {0};
    uint64_t id = td_session_next_id(st->session);

    st->bind_refused = true; /* until the exec is sent nothing can be stored */
    if (st->broken) return td_err_set(err, TD_ST_HY010, 0, "The prepared statement is broken");
    if (td_bind_encode(&b, id, st->id, cols, roles, ncols, tables, ntables, err) != TD_OK) {
        td_buf_free(&b);
        return TD_FAIL;
    }
    if (call(st, id, &b, false, rq, &m, err) != TD_OK) return TD_FAIL;
    enum td_rc rc = td_msg_read_plain(td_view_of(&m), false, err);
    td_msg_free(&m);
    st->bound = rc == TD_OK;
    if (rc != TD_OK) st->broken = true;
    return rc;
}

enum td_rc td_stmt2_exec(struct td_stmt2 *st, struct td_request *rq, int64_t *affected,
                         struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    struct td_msg m = {0};

    /* an exec after a failed bind, or with nothing bound, kills the adapter (protocol.md section
     * 11) */
    if (st->broken || !st->bound)
        return td_err_set(err, TD_ST_HY010, 0, "Nothing is bound to the prepared statement");
    if (!rq->req_id) rq->req_id = td_session_next_id(st->session);
    st->bound = false;
    st->bind_refused = false;
    td_msg_stmt_exec(&b, rq->req_id, st->id);
    if (call(st, rq->req_id, &b, true, rq, &m, err) != TD_OK) return TD_FAIL;
    enum td_rc rc = td_msg_read_stmt_exec(td_view_of(&m), affected, &rq->timing_ns, err);
    td_msg_free(&m);
    if (rc != TD_OK) st->broken = true; /* libtaos keeps the error state (protocol.md 4.2) */
    return rc;
}

/* Rows of all tables in the order of the tables, for the combined message. */
static uint32_t *all_rows(const struct td_bind_table *tables, uint32_t ntables, uint32_t *n)
{
    size_t total = 0;

    for (uint32_t i = 0; i < ntables; i++)
        total += tables[i].nrows;
    uint32_t *rows = td_malloc((total + 1) * sizeof *rows);
    *n = 0;
    for (uint32_t i = 0; rows && i < ntables; i++) {
        memcpy(rows + *n, tables[i].rows, tables[i].nrows * sizeof *rows);
        *n += tables[i].nrows;
    }
    return rows;
}

static enum td_rc combined(struct td_stmt2 *st, const struct td_pcol *const *cols,
                           const uint8_t *roles, uint32_t ncols, const struct td_bind_table *tables,
                           uint32_t ntables, struct td_request *rq, int64_t *affected,
                           struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(SIZE_MAX / 2);
    struct td_msg m = {0};
    uint32_t n;
    uint32_t *rows = all_rows(tables, ntables, &n);

    if (!rows) return td_err_nomem(err);
    if (!rq->req_id) rq->req_id = td_session_next_id(st->session);
    enum td_rc rc = td_bind_exec_encode(&b, rq->req_id, st->id, cols, roles, ncols, rows, n, err);
    td_free(rows);
    if (rc != TD_OK) {
        td_buf_free(&b);
        return TD_FAIL;
    }
    st->bind_refused = false;
    if (call(st, rq->req_id, &b, false, rq, &m, err) != TD_OK) return TD_FAIL;
    rc = td_msg_read_stmt_exec(td_view_of(&m), affected, &rq->timing_ns, err);
    td_msg_free(&m);
    if (rc != TD_OK) st->broken = true;
    return rc;
}

enum td_rc td_stmt2_bind_exec(struct td_stmt2 *st, const struct td_pcol *const *cols,
                              const uint8_t *roles, uint32_t ncols,
                              const struct td_bind_table *tables, uint32_t ntables,
                              struct td_request *rq, int64_t *affected, struct td_err *err)
{
    struct td_session *s = st->session;
    struct td_err mine;

    /* only where the version may have it, and then by trying once per connection: a maintenance
     * line may lack it (protocol.md 4.6) */
    if (st->may_combine && !__atomic_load_n(&s->no_bind_exec, __ATOMIC_RELAXED) &&
        !st->table_marker) {
        enum td_rc rc = combined(st, cols, roles, ncols, tables, ntables, rq, affected, &mine);
        if (rc == TD_OK) return TD_OK;
        if (mine.state != TD_ST_HYC00 || !strstr(mine.msg, "unknown binary action")) {
            if (err) *err = mine;
            return TD_FAIL;
        }
        __atomic_store_n(&s->no_bind_exec, true, __ATOMIC_RELAXED);
        st->broken = false; /* the adapter did not look at the statement */
        rq->req_id = 0;
    }
    if (td_stmt2_bind(st, cols, roles, ncols, tables, ntables, rq, err) != TD_OK) return TD_FAIL;
    return td_stmt2_exec(st, rq, affected, err);
}

enum td_rc td_stmt2_result(struct td_stmt2 *st, struct td_request *rq, struct td_result **res,
                           struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(256);
    struct td_msg m = {0};
    struct td_arena a = {NULL};
    struct td_reply_query q;
    uint64_t id = td_session_next_id(st->session);

    td_msg_stmt_result(&b, id, st->id);
    if (call(st, id, &b, true, rq, &m, err) != TD_OK) return TD_FAIL;
    enum td_rc rc = td_msg_read_query(td_view_of(&m), true, &a, &q, err);
    td_msg_free(&m);
    if (rc != TD_OK) {
        td_arena_free(&a);
        st->broken = true;
        return TD_FAIL;
    }
    *res = td_result_stream(st->session, &q, 0, &a, err);
    return *res ? TD_OK : TD_FAIL;
}

void td_stmt2_free(struct td_stmt2 *st)
{
    if (!st) return;
    close_on_server(st);
    td_arena_free(&st->arena);
    td_free(st);
}

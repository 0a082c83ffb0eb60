/* engine_stmt.c: prepared statements: what is accepted, the parts of an INSERT, states. */
#include "engine_stmt_int.h"
#include "sql_mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TBNAME_BYTES = 271, JSON_BYTES = 16384, BLOB_BYTES = 5 };

int32_t tl_internal_bytes(uint8_t type, int32_t length)
{
    switch (type) {
    case TL_VARCHAR:
    case TL_VARBINARY:
    case TL_GEOMETRY:
        return length + 2;
    case TL_NCHAR:
        return 4 * length + 2;
    case TL_JSON:
        return JSON_BYTES;
    case TL_BLOB:
        return BLOB_BYTES;
    default:
        return length;
    }
}

struct tl_stmt *tl_stmt_new(struct tl_engine *e, bool text_decimals)
{
    struct tl_stmt *st = calloc(1, sizeof *st);
    if (!st) return NULL;
    st->e = e;
    st->text_decimals = text_decimals;
    st->tail = &st->first;
    return st;
}

void tl_stmt_drop_bound(struct tl_stmt *st)
{
    while (st->first) {
        struct tl_stmt_chunk *c = st->first;
        st->first = c->next;
        tl_arena_drop(&c->ar);
        free(c->payload);
        free(c);
    }
    st->tail = &st->first;
}

static void reset(struct tl_stmt *st)
{
    tl_stmt_drop_bound(st);
    if (st->result) st->result->free(st->result);
    tl_arena_drop(&st->ar);
    *st = (struct tl_stmt){.e = st->e, .text_decimals = st->text_decimals};
    st->tail = &st->first;
}

void tl_stmt_free(struct tl_stmt *st)
{
    if (!st) return;
    reset(st);
    free(st);
}

enum tl_stmt_state tl_stmt_state(const struct tl_stmt *st)
{
    return st->state;
}

bool tl_stmt_is_insert(const struct tl_stmt *st)
{
    return st->insert;
}

const struct tl_stmt_field *tl_stmt_fields(const struct tl_stmt *st, int *n)
{
    *n = st->nfields;
    return st->fields;
}

int tl_stmt_params(const struct tl_stmt *st)
{
    return st->nmarks;
}

const struct tl_error *tl_stmt_why(const struct tl_stmt *st)
{
    return &st->why;
}

/* ---- the parts of an INSERT ---- */

static bool add_item(struct tl_parser *p, struct tl_stmt_list *l, struct tl_stmt_item it)
{
    if (l->n >= TL_MAX_LIST) return tl_syntax(p);
    if ((l->n & (l->n - 1)) == 0) {
        struct tl_stmt_item *v = tl_arena_get(p->ar, (size_t)(l->n ? 2 * l->n : 1) * sizeof *v);
        if (!v) return tl_oom(p->err);
        if (l->n) memcpy(v, l->v, (size_t)l->n * sizeof *v);
        l->v = v;
    }
    l->v[l->n++] = it;
    return true;
}

/* `(?, 1, now + 1s, 'x')`: the items as marks and pieces of text. */
static bool read_items(struct tl_parser *p, struct tl_stmt_list *l)
{
    if (!tl_expect_op(p, '(')) return false;
    do {
        struct tl_stmt_item it = {.z = p->t.z};
        it.mark = tl_accept_op(p, '?');
        int depth = 0;
        while (!it.mark && p->t.k != TK_END) {
            const int op = p->t.k == TK_OP ? p->t.op : 0;
            if (depth == 0 && (op == ',' || op == ')')) break;
            depth += op == '(' ? 1 : op == ')' ? -1 : 0;
            tl_advance(p);
        }
        it.n = (size_t)(p->t.z - it.z);
        if (it.n == 0 || !add_item(p, l, it)) return tl_syntax(p);
    } while (tl_accept_op(p, ','));
    return tl_expect_op(p, ')');
}

static bool read_names(struct tl_parser *p, char ***out, int *n)
{
    char **v = tl_arena_get(p->ar, TL_MAX_LIST * sizeof *v);
    if (!v) return tl_oom(p->err);
    *n = 0;
    do {
        if (*n == TL_MAX_LIST) return tl_syntax(p);
        v[*n] = tl_ident(p, false);
        if (!v[(*n)++]) return false;
    } while (tl_accept_op(p, ','));
    *out = v;
    return tl_expect_op(p, ')');
}

static bool parse_insert(struct tl_parser *p, struct tl_stmt_insert *in)
{
    tl_advance(p);
    if (!tl_expect(p, "into")) return false;
    in->table_mark = tl_accept_op(p, '?');
    if (!in->table_mark && !tl_table_name(p, &in->table)) return false;
    if (tl_accept_op(p, '(') && !read_names(p, &in->col_names, &in->ncol_names)) return false;
    if (tl_accept(p, "using")) {
        in->using_st = true;
        if (!tl_table_name(p, &in->st)) return false;
        if (tl_accept_op(p, '(') && !read_names(p, &in->tag_names, &in->ntag_names)) return false;
        if (!tl_expect(p, "tags") || !read_items(p, &in->tags)) return false;
        if (!in->col_names && tl_accept_op(p, '(') &&
            !read_names(p, &in->col_names, &in->ncol_names))
            return false;
    }
    return tl_expect(p, "values") && read_items(p, &in->values) && tl_parse_end(p);
}

/* ---- looking the names up ---- */

static bool literal(const struct tl_stmt_item *it, const struct tl_valctx *c, const struct tl_ty *t,
                    const char *col, struct tl_val *out)
{
    struct tl_parser p;
    struct tl_lit lit;
    tl_parse_start(&p, c->ar, it->z, it->n, c->err);
    return tl_read_lit(&p, c->prec, c->tz, &lit) && tl_parse_end(&p) &&
           tl_val_convert(c, &lit, t, col, out);
}

static bool add_field(struct tl_stmt_plan *plan, const struct tl_field *f, int kind)
{
    struct tl_stmt_field *to = &plan->fields[plan->nfields++];
    *to = (struct tl_stmt_field){.kind = (uint8_t)kind, .type = TL_VARCHAR, .bytes = TBNAME_BYTES};
    snprintf(to->name, sizeof to->name, "%s", f ? f->name : "tbname");
    if (!f) return true;
    to->type = f->type.t;
    to->precision = f->type.t == TL_TIMESTAMP ? (uint8_t)plan->db->prec : 0;
    to->bytes = tl_internal_bytes(f->type.t, f->type.len);
    return true;
}

/* Gives the next slot of columns or tags its place and value. */
static bool fill_slot(struct tl_stmt_plan *plan, const struct tl_valctx *c, bool tag, int at,
                      const struct tl_stmt_item *it)
{
    const struct tl_field *f = tag ? &plan->tab->tags[at] : &plan->tab->cols[at];
    struct tl_stmt_slot *s = tag ? &plan->tags[plan->ntags++] : &plan->cols[plan->ncols++];
    *s = (struct tl_stmt_slot){.at = at, .mark = -1};
    if (!it->mark) return literal(it, c, &f->type, f->name, &s->lit);
    s->mark = tag ? plan->tag_marks++ : plan->col_marks++;
    return add_field(plan, f, tag ? TL_BIND_TAG : TL_BIND_COLUMN);
}

static bool count_fail(const struct tl_valctx *c, bool tag)
{
    if (tag) return tl_fail(c->err, TL_E_TAGS_COUNT, "Tags number not matched");
    return tl_insert_error(c->err, "", "bind columns again");
}

/* A list of values with or without names. `super` admits tags and tbname among the names. */
static bool place(struct tl_stmt_plan *plan, const struct tl_valctx *c, bool tag, bool super,
                  char **names, int nnames, const struct tl_stmt_list *l)
{
    const struct tl_table *t = plan->tab;
    const int n = names ? nnames : tag ? t->ntags : t->ncols;
    if (l->n != n) return count_fail(c, tag);
    for (int i = 0; i < n; i++) {
        if (!names) {
            if (!fill_slot(plan, c, tag, i, &l->v[i])) return false;
            continue;
        }
        const struct tl_field *f = tag ? NULL : tl_col_of(t, names[i]);
        const struct tl_field *g = !f && (tag || super) ? tl_tag_of(t, names[i]) : NULL;
        if (!f && !g && super && strcmp(names[i], "tbname") == 0) {
            struct tl_val v;
            const struct tl_ty text = {.t = TL_VARCHAR, .len = 192};
            plan->name_mark = l->v[i].mark;
            if (plan->name_mark) {
                add_field(plan, NULL, TL_BIND_NAME);
            } else if (!literal(&l->v[i], c, &text, "tbname", &v)) {
                return false;
            } else {
                plan->name = tl_arena_dup(c->ar, v.p, v.n);
            }
            continue;
        }
        if (!f && !g)
            return tl_fail(c->err, TL_E_INVALID_COLUMN, "Invalid column name: %s", names[i]);
        const int at = (int)(f ? f - t->cols : g - t->tags);
        if (!fill_slot(plan, c, !f, at, &l->v[i])) return false;
    }
    return true;
}

static bool missing(struct tl_error *err)
{
    return tl_fail(err, 0x022B, "Table does not exist");
}

/* The table whose schema counts: the super table of USING, else the named one. */
static bool find_schema(struct tl_stmt *st, struct tl_session *s, const struct tl_name *name,
                        struct tl_stmt_plan *plan, struct tl_ref *ref, struct tl_error *err)
{
    const struct tl_stmt_insert *in = &st->ins;
    struct tl_name from = in->using_st ? in->st : name ? *name : in->table;
    if (!in->using_st && in->table_mark && !name) return missing(err);
    if (in->using_st && !from.db) from.db = name ? name->db : in->table.db;
    plan->db = tl_need_db(st->e, s, from.db, err);
    if (!plan->db) return false;
    const int rc = tl_lookup(st->e, plan->db, from.table, ref, err);
    if (rc < 0) return false;
    if (rc == 0) return missing(err);
    plan->tab = ref->tab;
    if (in->using_st && ref->kind != TL_KIND_SUPER)
        return tl_fail(err, TL_E_INVALID_OPERATION, "Cannot create table from non-super table");
    return true;
}

bool tl_stmt_resolve(struct tl_stmt *st, struct tl_session *s, struct tl_arena *ar,
                     const struct tl_name *name, struct tl_stmt_plan *plan, struct tl_error *err)
{
    const struct tl_stmt_insert *in = &st->ins;
    struct tl_ref ref;
    *plan = (struct tl_stmt_plan){0};
    if (!find_schema(st, s, name, plan, &ref, err)) return false;
    const struct tl_table *t = plan->tab;
    const size_t most = (size_t)(in->tags.n + in->values.n) + 1;
    plan->tags = tl_arena_get(ar, most * sizeof *plan->tags);
    plan->cols = tl_arena_get(ar, most * sizeof *plan->cols);
    plan->fields = tl_arena_get(ar, most * sizeof *plan->fields);
    if (!plan->tags || !plan->cols || !plan->fields) return tl_oom(err);
    const struct tl_valctx c = {ar, err, plan->db->prec, s->tz};
    const bool super = !in->using_st && ref.kind == TL_KIND_SUPER;
    plan->name_mark = in->table_mark;
    plan->name = in->table.table;
    if (in->table_mark) add_field(plan, NULL, TL_BIND_NAME);
    if (in->using_st && !place(plan, &c, true, false, in->tag_names, in->ntag_names, &in->tags))
        return false;
    if (super) {
        plan->name = NULL;
        plan->name_mark = false;
        if (!in->col_names) return tl_insert_error(err, "", "tbname is expected");
    }
    if (!place(plan, &c, false, super, in->col_names, in->ncol_names, &in->values)) return false;
    if (super && !plan->name && !plan->name_mark)
        return tl_insert_error(err, "", "tbname is expected");
    bool ts = false, pk = t->ncols < 2 || !t->cols[1].pk;
    for (int i = 0; i < plan->ncols; i++) {
        ts |= plan->cols[i].at == 0;
        pk |= plan->cols[i].at == 1;
    }
    return (ts && pk) ||
           tl_fail(err, 0x267C, "Primary timestamp or composite key column should be given");
}

/* ---- prepare ---- */

/* The adapter's libtaos takes INSERT ... VALUES and SELECT ... FROM by their first words (4.2). */
static bool classify(struct tl_stmt *st, struct tl_error *err)
{
    struct tl_lex lx = {st->sql, st->sql + st->nsql};
    struct tl_tok t;
    bool values = false, from = false, select_first = false;
    tl_lex_next(&lx, &t);
    const bool insert = tl_tok_is(&t, "insert") || tl_tok_is(&t, "import");
    const bool select = tl_tok_is(&t, "select");
    for (; t.k != TK_END; tl_lex_next(&lx, &t)) {
        st->nmarks += t.k == TK_OP && t.op == '?';
        from |= tl_tok_is(&t, "from");
        select_first |= !values && tl_tok_is(&t, "select");
        values |= tl_tok_is(&t, "values") || tl_tok_is(&t, "using") || tl_tok_is(&t, "file");
    }
    st->insert = insert;
    if (!(insert && values && !select_first) && !(select && from))
        return tl_fail(err, TL_E_SYNTAX, "stmt only support 'SELECT' or 'INSERT'");
    return st->nmarks || tl_fail(err, TL_E_SYNTAX, "stmt only support select or insert");
}

/* Notes where the marks of a query stand and checks its syntax. */
static bool prepare_query(struct tl_stmt *st, struct tl_error *err)
{
    struct tl_arena scratch = {0};
    struct tl_lex lx = {st->sql, st->sql + st->nsql};
    struct tl_tok t;
    int n = 0;
    st->marks = tl_arena_get(&st->ar, (size_t)st->nmarks * sizeof *st->marks);
    if (!st->marks) return tl_oom(err);
    for (tl_lex_next(&lx, &t); t.k != TK_END; tl_lex_next(&lx, &t))
        if (t.k == TK_OP && t.op == '?') st->marks[n++].z = t.z;
    const struct tl_marks marks = {st->marks, st->nmarks, true};
    struct tl_parser p;
    tl_parse_start(&p, &scratch, st->sql, st->nsql, err);
    p.marks = &marks;
    const bool ok = tl_parse_select(&p) && tl_parse_end(&p);
    tl_arena_drop(&scratch);
    return ok;
}

static bool prepare_insert(struct tl_stmt *st, struct tl_session *s, bool fields,
                           struct tl_error *err)
{
    struct tl_parser p;
    struct tl_stmt_plan plan;
    tl_parse_start(&p, &st->ar, st->sql, st->nsql, err);
    if (!parse_insert(&p, &st->ins)) return tl_syntax(&p);
    if (!fields) return true;
    if (!tl_stmt_resolve(st, s, &st->ar, NULL, &plan, err)) return false;
    st->fields = plan.fields;
    st->nfields = plan.nfields;
    return true;
}

bool tl_stmt_prepare(struct tl_stmt *st, struct tl_session *s, const char *sql, size_t n,
                     bool fields, struct tl_error *err)
{
    *err = (struct tl_error){0};
    reset(st);
    st->sql = tl_lex_fold(&st->ar, sql, n);
    st->nsql = n;
    if (!st->sql) return tl_oom(err);
    st->e->err = err;
    st->e->tz = s->tz;
    if (!classify(st, err)) return false;
    if (!(st->insert ? prepare_insert(st, s, fields, err) : prepare_query(st, err))) return false;
    st->state = TL_STMT_PREPARED;
    return true;
}

/* ---- bind, exec, result ---- */

/* Compiles the query with its values. */
static struct tl_result *compile(struct tl_stmt *st, struct tl_session *s, struct tl_error *err)
{
    const struct tl_marks marks = {st->marks, st->nmarks, false};
    struct tl_arena ar = {0};
    struct tl_parser p;
    tl_parse_start(&p, &ar, st->sql, st->nsql, err);
    p.marks = &marks;
    st->e->err = err;
    st->e->tz = s->tz;
    struct tl_result *r = tl_select(st->e, s, &p, false, err);
    tl_arena_drop(&ar);
    return r;
}

static bool bind_query(struct tl_stmt *st, struct tl_session *s, const struct tl_bindmsg *m,
                       struct tl_stmt_chunk *c, struct tl_error *err)
{
    if (!tl_stmt_bind_query(st, m, &c->ar, err)) return false;
    struct tl_result *r = compile(st, s, err);
    if (r) r->free(r);
    return r != NULL;
}

bool tl_stmt_bind(struct tl_stmt *st, struct tl_session *s, const struct tl_bindmsg *m,
                  uint8_t *payload, struct tl_error *err)
{
    *err = (struct tl_error){0};
    if (!st->insert) tl_stmt_drop_bound(st); /* a query has one set of values */
    struct tl_stmt_chunk *c = calloc(1, sizeof *c);
    if (!c) {
        free(payload);
        return tl_oom(err);
    }
    c->payload = payload;
    c->tail = &c->first;
    *st->tail = c;
    st->tail = &c->next;
    st->e->err = err;
    st->e->tz = s->tz;
    const bool ok =
        st->insert ? tl_stmt_bind_insert(st, s, m, c, err) : bind_query(st, s, m, c, err);
    st->state = ok ? TL_STMT_BOUND : TL_STMT_BROKEN;
    if (!ok) st->why = *err;
    return ok;
}

bool tl_stmt_exec(struct tl_stmt *st, struct tl_session *s, int64_t *affected, struct tl_error *err)
{
    bool ok;
    *err = (struct tl_error){0};
    *affected = 0;
    if (st->result) st->result->free(st->result);
    st->result = NULL;
    st->e->err = err;
    st->e->tz = s->tz;
    if (st->insert) {
        ok = tl_stmt_store(st, affected, err);
    } else {
        st->result = compile(st, s, err);
        ok = st->result != NULL;
    }
    tl_stmt_drop_bound(st);
    st->state = TL_STMT_PREPARED;
    return ok;
}

struct tl_result *tl_stmt_result(struct tl_stmt *st)
{
    struct tl_result *r = st->result;
    st->result = NULL;
    return r;
}

/*
 * engine_insert.c: INSERT INTO t [USING st TAGS (...)] [(columns)] VALUES (...) ... t2 ...
 *
 * The whole statement is read and converted before anything is written, so a failing statement
 * stores nothing.
 */
#include "engine_int.h"

#include "sql_time.h"

#include <stdlib.h>
#include <string.h>

/* Rows for one table. A table to be created has tid 0 and a name. */
struct clause {
    struct clause *next;
    const struct tl_table *tab;
    struct tl_db *db;
    int64_t tid;
    char *name;
    struct tl_val *tags;
    int *cols, ncols;
    struct tl_val *vals;
    size_t nrows, cap;
};

struct insert {
    struct tl_engine *e;
    struct tl_session *s;
    struct tl_parser *p;
    struct clause *first, **tail;
    int64_t now; /* in the precision of the clause's database */
    int64_t rows;
};

static bool near(struct tl_parser *p, const char *why)
{
    if (p->err->code) return false;
    return tl_insert_error(p->err, p->t.k == TK_END ? "" : p->t.z, why);
}

static bool lit_fail(struct tl_parser *p)
{
    return near(p, NULL);
}

/* now, now(), today(), each with + or - durations. */
static bool read_time_word(struct tl_parser *p, int prec, const char *tz, struct tl_lit *out)
{
    out->k = LIT_TS;
    out->i = tl_tok_is(&p->t, "now") ? tl_ts_now(prec) : tl_ts_today(prec, tz);
    tl_advance(p);
    if (tl_accept_op(p, '(') && !tl_accept_op(p, ')')) return lit_fail(p);
    return true;
}

static bool read_shift(struct tl_parser *p, int prec, const char *tz, struct tl_lit *out)
{
    while (p->t.k == TK_OP && (p->t.op == '+' || p->t.op == '-') && p->ahead.k == TK_DUR) {
        bool minus = p->t.op == '-';
        tl_advance(p);
        int64_t n = strtoll(p->t.z, NULL, 10);
        char unit = p->t.z[p->t.n - 1];
        if (unit == 'n' || unit == 'y' ||
            !tl_ts_add(out->i, minus ? -n : n, unit, prec, tz, &out->i)) {
            return lit_fail(p);
        }
        tl_advance(p);
    }
    return true;
}

static bool read_number(struct tl_parser *p, struct tl_lit *out)
{
    bool neg = p->t.k == TK_OP && p->t.op == '-';
    if (p->t.k == TK_OP) tl_advance(p);
    if (p->t.k != TK_INT && p->t.k != TK_DBL) return lit_fail(p);
    out->k = p->t.k == TK_INT ? LIT_INT : LIT_DBL;
    char *s = tl_arena_get(p->ar, p->t.n + 2);
    if (!s) return tl_oom(p->err);
    s[0] = '-';
    memcpy(s + neg, p->t.z, p->t.n);
    out->s = s;
    out->n = p->t.n + neg;
    tl_advance(p);
    return true;
}

bool tl_read_lit(struct tl_parser *p, int prec, const char *tz, struct tl_lit *out)
{
    memset(out, 0, sizeof *out);
    struct tl_tok *t = &p->t;
    out->src = t->z;
    out->s = "";
    if (t->k == TK_STR) {
        char *s = tl_arena_get(p->ar, t->n + 1);
        if (!s) return tl_oom(p->err);
        tl_tok_text(t, s, &out->n);
        out->k = LIT_STR;
        out->s = s;
        tl_advance(p);
        return true;
    }
    if (t->k == TK_INT || t->k == TK_DBL || (t->k == TK_OP && (t->op == '-' || t->op == '+'))) {
        if (!read_number(p, out)) return false;
        if (out->k == LIT_INT && p->t.k == TK_OP && (p->t.op == '+' || p->t.op == '-') &&
            p->ahead.k == TK_DUR) {
            out->k = LIT_TS;
            out->i = strtoll(out->s, NULL, 10);
            return read_shift(p, prec, tz, out);
        }
        return true;
    }
    if (tl_tok_is(t, "now") || tl_tok_is(t, "today")) {
        return read_time_word(p, prec, tz, out) && read_shift(p, prec, tz, out);
    }
    if (tl_tok_is(t, "true") || tl_tok_is(t, "false")) {
        out->k = LIT_BOOL;
        out->i = t->z[0] == 't';
    } else if (tl_tok_is(t, "null")) {
        out->k = LIT_NULL;
    } else {
        return lit_fail(p);
    }
    tl_advance(p);
    return true;
}

/* `(name, name ...)`: indexes of columns (or tags). -1 in out[] stands for tbname when `tb`
   allows it; tags of a super table follow as -2 - index. */
static bool read_names(struct tl_parser *p, const struct tl_table *t, bool tags, bool super,
                       int **out, int *n)
{
    int *v = tl_arena_get(p->ar, (size_t)(t->ncols + t->ntags + 1) * sizeof *v);
    if (!v) return tl_oom(p->err);
    *n = 0;
    do {
        const char *z = p->t.z;
        size_t len = p->t.n;
        char *name = tl_ident(p, false);
        if (!name) return false;
        const struct tl_field *f = tags ? NULL : tl_col_of(t, name), *g = NULL;
        if (!f && (tags || super)) g = tl_tag_of(t, name);
        int at;
        if (f) {
            at = (int)(f - t->cols);
        } else if (g) {
            at = tags ? (int)(g - t->tags) : -2 - (int)(g - t->tags);
        } else if (super && strcmp(name, "tbname") == 0) {
            at = -1;
        } else {
            return tl_fail(p->err, TL_E_INVALID_COLUMN, "Invalid column name: %.*s", (int)len, z);
        }
        for (int i = 0; i < *n; i++) {
            if (v[i] == at) return tl_fail(p->err, TL_E_DUP_COLUMN, "Duplicated column names");
        }
        v[(*n)++] = at;
    } while (tl_accept_op(p, ','));
    *out = v;
    return tl_expect_op(p, ')');
}

bool tl_parse_using(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                    const char *child_db, struct tl_using *out)
{
    struct tl_name name;
    struct tl_ref ref;
    int *idx = NULL, n = 0;
    memset(out, 0, sizeof *out);
    if (!tl_table_name(p, &name)) return false;
    if (!name.db) name.db = (char *)child_db;
    if (!tl_need_table(e, s, &name, &ref, p->err)) return false;
    if (ref.kind != TL_KIND_SUPER) {
        return tl_fail(p->err, TL_E_INVALID_OPERATION, "Cannot create table from non-super table");
    }
    const struct tl_table *st = out->st = ref.tab;
    out->db = (struct tl_db *)ref.db;
    out->tags = tl_arena_get(p->ar, (size_t)st->ntags * sizeof *out->tags);
    if (!out->tags) return tl_oom(p->err);
    for (int i = 0; i < st->ntags; i++)
        out->tags[i].null = true;
    bool named = tl_accept_op(p, '(');
    if (named && !read_names(p, st, true, false, &idx, &n)) return false;
    if (!named) n = st->ntags;
    if (!tl_expect(p, "tags") || !tl_expect_op(p, '(')) return false;
    struct tl_valctx c = {p->ar, p->err, ref.db->prec, s->tz};
    for (int i = 0; i < n; i++) {
        struct tl_lit lit;
        int at = named ? idx[i] : i;
        if (i && !tl_accept_op(p, ',')) {
            return tl_fail(p->err, TL_E_TAGS_COUNT, "Tags number not matched");
        }
        if (!tl_read_lit(p, c.prec, c.tz, &lit) ||
            !tl_val_convert(&c, &lit, &st->tags[at].type, st->tags[at].name, &out->tags[at])) {
            return false;
        }
    }
    if (!tl_accept_op(p, ')')) return tl_fail(p->err, TL_E_TAGS_COUNT, "Tags number not matched");
    return true;
}

static struct tl_val *new_row(struct insert *in, struct clause *c)
{
    if (c->nrows == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 4;
        struct tl_val *v = realloc(c->vals, cap * (size_t)c->ncols * sizeof *v);
        if (!v) {
            tl_oom(in->p->err);
            return NULL;
        }
        c->vals = v;
        c->cap = cap;
    }
    in->rows++;
    return c->vals + c->nrows++ * (size_t)c->ncols;
}

static struct clause *new_clause(struct insert *in)
{
    struct clause *c = tl_arena_get(in->p->ar, sizeof *c);
    if (!c) {
        tl_oom(in->p->err);
        return NULL;
    }
    *in->tail = c;
    in->tail = &c->next;
    return c;
}

static bool check_row(struct insert *in, const struct clause *c, const struct tl_val *row)
{
    for (int i = 0; i < c->ncols; i++) {
        const struct tl_field *f = &c->tab->cols[c->cols[i]];
        if (c->cols[i] != 0 && !f->pk) continue;
        if (row[i].null) {
            return tl_fail(in->p->err, TL_E_PK_NULL,
                           "Primary timestamp or key column should not be null");
        }
        if (c->cols[i] == 0 && !tl_check_keep(c->db, row[i].i, in->now, in->p->err)) return false;
    }
    return true;
}

static bool read_values(struct insert *in, struct clause *c)
{
    struct tl_parser *p = in->p;
    struct tl_valctx ctx = {p->ar, p->err, c->db->prec, in->s->tz};
    in->now = tl_ts_now(c->db->prec);
    if (!tl_accept(p, "values")) return near(p, "keyword VALUES or FILE is expected");
    if (!(p->t.k == TK_OP && p->t.op == '(')) return near(p, "no any data points");
    while (tl_accept_op(p, '(')) {
        struct tl_val *row = new_row(in, c);
        if (!row) return false;
        for (int i = 0; i < c->ncols; i++) {
            struct tl_lit lit;
            const struct tl_field *f = &c->tab->cols[c->cols[i]];
            if (i && !tl_accept_op(p, ',')) return near(p, ", expected");
            if (!tl_read_lit(p, ctx.prec, ctx.tz, &lit) ||
                !tl_val_convert(&ctx, &lit, &f->type, f->name, &row[i])) {
                return false;
            }
        }
        if (!tl_accept_op(p, ')')) return near(p, ") expected");
        if (!check_row(in, c, row)) return false;
        tl_accept_op(p, ',');
    }
    return true;
}

static bool key_columns(struct insert *in, const struct tl_table *t, const int *cols, int n)
{
    bool ts = false, pk = t->ncols < 2 || !t->cols[1].pk;
    for (int i = 0; i < n; i++) {
        ts |= cols[i] == 0;
        pk |= cols[i] == 1;
    }
    if (ts && pk) return true;
    return tl_fail(in->p->err, 0x267C, "Primary timestamp or composite key column should be given");
}

static bool all_columns(struct insert *in, struct clause *c)
{
    c->ncols = c->tab->ncols;
    c->cols = tl_arena_get(in->p->ar, (size_t)c->ncols * sizeof *c->cols);
    if (!c->cols) return tl_oom(in->p->err);
    for (int i = 0; i < c->ncols; i++)
        c->cols[i] = i;
    return true;
}

/* One row of `insert into st(tbname, ...)`: finds or notes the child, fills one row of it. */
static bool super_row(struct insert *in, const struct tl_ref *ref, const int *idx, int n)
{
    struct tl_parser *p = in->p;
    const struct tl_table *t = ref->tab;
    struct tl_valctx ctx = {p->ar, p->err, ref->db->prec, in->s->tz};
    struct clause *c = new_clause(in);
    if (!c) return false;
    c->tab = t;
    c->db = (struct tl_db *)ref->db;
    c->cols = tl_arena_get(p->ar, (size_t)n * sizeof *c->cols);
    c->tags = tl_arena_get(p->ar, (size_t)t->ntags * sizeof *c->tags);
    if (!c->cols || !c->tags) return tl_oom(p->err);
    for (int i = 0; i < t->ntags; i++)
        c->tags[i].null = true;
    for (int i = 0; i < n; i++) {
        if (idx[i] >= 0) c->cols[c->ncols++] = idx[i];
    }
    struct tl_val *row = new_row(in, c);
    if (!row) return false;
    for (int i = 0, k = 0; i < n; i++) {
        struct tl_lit lit;
        if (i && !tl_accept_op(p, ',')) return near(p, ", expected");
        if (!tl_read_lit(p, ctx.prec, ctx.tz, &lit)) return false;
        if (idx[i] == -1) {
            if (lit.k != LIT_STR || lit.n == 0 || lit.n > 192)
                return near(p, "tbname is not valid");
            c->name = tl_arena_dup(p->ar, lit.s, lit.n);
            if (!c->name) return tl_oom(p->err);
            continue;
        }
        const struct tl_field *f = idx[i] >= 0 ? &t->cols[idx[i]] : &t->tags[-2 - idx[i]];
        struct tl_val *v = idx[i] >= 0 ? &row[k++] : &c->tags[-2 - idx[i]];
        if (!tl_val_convert(&ctx, &lit, &f->type, f->name, v)) return false;
    }
    if (!tl_accept_op(p, ')')) return near(p, ") expected");
    return check_row(in, c, row);
}

static bool super_clause(struct insert *in, const struct tl_ref *ref)
{
    int *idx, n, plain[TL_MAX_LIST], np = 0;
    bool tb = false;
    if (!tl_accept_op(in->p, '(') || !read_names(in->p, ref->tab, false, true, &idx, &n)) {
        return near(in->p, "tbname column is expected");
    }
    for (int i = 0; i < n; i++) {
        tb |= idx[i] == -1;
        if (idx[i] >= 0) plain[np++] = idx[i];
    }
    if (!tb) return near(in->p, "tbname is expected");
    if (!key_columns(in, ref->tab, plain, np)) return false;
    in->now = tl_ts_now(ref->db->prec);
    if (!tl_accept(in->p, "values")) return near(in->p, "keyword VALUES or FILE is expected");
    while (tl_accept_op(in->p, '(')) {
        if (!super_row(in, ref, idx, n)) return false;
        tl_accept_op(in->p, ',');
    }
    return true;
}

/* The column list may stand before or after USING. */
static bool read_clause(struct insert *in)
{
    struct tl_parser *p = in->p;
    struct tl_name name;
    struct tl_ref ref;
    struct tl_using u = {0};
    if (!tl_table_name(p, &name)) return false;
    struct tl_db *db = tl_need_db(in->e, in->s, name.db, p->err);
    int rc = db ? tl_lookup(in->e, db, name.table, &ref, p->err) : -1;
    if (rc < 0) return false;
    if (rc && ref.kind == TL_KIND_SUPER) return super_clause(in, &ref);
    struct clause *c = new_clause(in);
    if (!c) return false;
    struct tl_lex lx = p->lx; /* columns before USING are read when the table is known */
    struct tl_tok t = p->t, ahead = p->ahead;
    bool early = false;
    if (p->t.k == TK_OP && p->t.op == '(') {
        early = true;
        while (p->t.k != TK_END && !(p->t.k == TK_OP && p->t.op == ')'))
            tl_advance(p);
        tl_advance(p);
    }
    if (tl_accept(p, "using")) {
        if (!tl_parse_using(in->e, in->s, p, name.db, &u)) return false;
    } else if (!rc) {
        return tl_fail(p->err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
    }
    c->tab = rc ? ref.tab : u.st;
    c->db = db;
    c->tid = rc ? ref.tid : 0;
    c->name = name.table;
    c->tags = u.tags;
    struct tl_parser after = *p;
    if (early) {
        p->lx = lx;
        p->t = t;
        p->ahead = ahead;
    }
    if (tl_accept_op(p, '(')) {
        if (!read_names(p, c->tab, false, false, &c->cols, &c->ncols)) return false;
        if (!key_columns(in, c->tab, c->cols, c->ncols)) return false;
    } else if (!all_columns(in, c)) {
        return false;
    }
    if (early) *p = after;
    return read_values(in, c);
}

static bool store(struct insert *in, struct clause *c)
{
    struct tl_error *err = in->p->err;
    if (!c->tid) {
        struct tl_ref ref;
        int rc = tl_lookup(in->e, c->db, c->name, &ref, err);
        if (rc < 0) return false;
        c->tid = rc ? ref.tid : 0;
        if (rc && ref.tab != c->tab) {
            return tl_fail(err, TL_E_TABLE_EXISTS, "Table already exists");
        }
        if (!rc && !tl_create_child(in->e, c->tab, c->name, c->tags, &c->tid, err)) return false;
    }
    return tl_engine_insert_rows(in->e, c->tab, c->tid, c->cols, c->ncols, c->vals, c->nrows, err);
}

bool tl_insert(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry,
               int64_t *affected)
{
    struct insert in = {.e = e, .s = s, .p = p};
    in.tail = &in.first;
    tl_advance(p);
    bool ok = tl_expect(p, "into");
    do {
        ok = ok && read_clause(&in);
    } while (ok && (p->t.k == TK_ID || p->t.k == TK_QID));
    ok = ok && (tl_parse_end(p));
    if (ok && !dry) {
        ok = tl_begin(e, p->err);
        if (ok) {
            for (struct clause *c = in.first; c && ok; c = c->next)
                ok = store(&in, c);
            ok = tl_commit(e, ok, p->err);
        }
    }
    for (struct clause *c = in.first; c; c = c->next)
        free(c->vals);
    *affected = in.rows;
    return ok;
}

/* sql_mark.c: bound values as literals (sql_mark.h). */
#include "sql_mark.h"

#include <stdio.h>
#include <string.h>

static const struct tl_mark *mark_at(const struct tl_parser *p)
{
    for (int i = 0; i < p->marks->n; i++)
        if (p->marks->v[i].z == p->t.z) return &p->marks->v[i];
    return NULL;
}

/* Comparing with decimals reads the digits, not the double. */
static bool number_text(struct tl_parser *p, struct tl_expr *x)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", x->d);
    x->s = tl_arena_dup(p->ar, text, strlen(text));
    x->n = strlen(text);
    return x->s || tl_oom(p->err);
}

static bool fill(struct tl_parser *p, struct tl_expr *x, const struct tl_mark *m)
{
    x->bound = true;
    x->paren = true; /* a sign before it is an operation, not a part of it */
    x->type = m->type;
    if (p->marks->unbound || m->val.null) {
        x->k = EX_NULL;
        x->type = (struct tl_ty){.t = TL_NULL};
    } else if (m->type.t == TL_TIMESTAMP) {
        x->k = EX_TS;
        x->i = m->val.i;
    } else if (m->type.t == TL_BOOL) {
        x->k = EX_BOOL;
        x->i = m->val.i;
    } else if (tl_is_float(m->type.t)) {
        x->k = EX_DBL;
        x->d = m->val.d;
        return number_text(p, x);
    } else if (tl_is_text(m->type.t) || tl_is_bytes(m->type.t)) {
        x->k = EX_STR;
        x->n = m->val.n;
        x->s = tl_arena_dup(p->ar, m->val.n ? m->val.p : "", m->val.n);
        return x->s || tl_oom(p->err);
    } else {
        x->k = EX_INT;
        x->i = m->val.i;
        x->big = m->type.t == TL_UBIGINT;
    }
    return true;
}

struct tl_expr *tl_parse_mark(struct tl_parser *p)
{
    const struct tl_mark *m = mark_at(p);
    struct tl_expr *x = m ? tl_expr_new(p, EX_NULL, p->t.z) : NULL;
    if (!x || !fill(p, x, m)) {
        tl_syntax(p);
        return NULL;
    }
    x->e = p->t.z + p->t.n;
    tl_advance(p);
    return x;
}

bool tl_mark_uint(struct tl_parser *p, int64_t *out)
{
    const struct tl_mark *m = mark_at(p);
    if (!m) return tl_syntax(p);
    *out = 0;
    if (!p->marks->unbound) {
        const bool whole = tl_is_int(m->type.t) || m->type.t == TL_UBIGINT;
        if (m->val.null || !whole || m->val.i < 0) return tl_syntax(p);
        *out = m->val.i;
    }
    tl_advance(p);
    return true;
}

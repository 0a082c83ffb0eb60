/* engine_bind.c: names and types of a SELECT's expressions (engine_query.h). */
#include "engine_query.h"

#include "sql_time.h"

#include <string.h>

struct tl_ty tl_mk(uint8_t t, int len)
{
    struct tl_ty r = {.t = t, .len = len};
    return r;
}

bool tl_is_signed(uint8_t t)
{
    return t >= TL_TINYINT && t <= TL_BIGINT;
}

bool tl_is_unsigned(uint8_t t)
{
    return t >= TL_UTINYINT && t <= TL_UBIGINT;
}

bool tl_is_num(uint8_t t)
{
    return tl_is_signed(t) || tl_is_unsigned(t) || tl_is_float(t) || tl_is_dec(t);
}

bool tl_unsupported(struct tl_scope *sc, const struct tl_expr *x)
{
    if (sc->err->code) return false;
    int n = (int)(x->e - x->z);
    return tl_fail(sc->err, TL_E_SYNTAX, "syntax error near \"%.*s\"", n > 400 ? 400 : n, x->z);
}

bool tl_bad_type(struct tl_scope *sc, const struct tl_expr *x)
{
    if (sc->err->code) return false;
    if (x->k == EX_FUNC) {
        return tl_fail(sc->err, TL_E_FUNC_TYPE, "Invalid parameter data type : %s", x->name);
    }
    int n = (int)(x->e - x->z);
    return tl_fail(sc->err, TL_E_VALUE_TYPE, "Invalid value type: %.*s", n > 400 ? 400 : n, x->z);
}

static bool bind_source_col(struct tl_scope *sc, struct tl_expr *x, int s, int c)
{
    struct tl_source *src = &sc->src[s];
    x->src = s;
    x->col = c;
    x->cols = true;
    x->type = src->cols[c].type;
    bool konst = src->cols[c].hidden && src->kind == TL_KIND_NORMAL;
    if (src->cols[c].tag) {
        src->use_tags = true;
    } else if (!konst) {
        src->use_rows = true;
    }
    return true;
}

static bool source_named(const struct tl_source *s, const char *q)
{
    if (s->alias[0]) return strcmp(s->alias, q) == 0;
    return s->table && strcmp(s->table, q) == 0;
}

static bool bind_col(struct tl_scope *sc, struct tl_expr *x)
{
    int found = 0, fs = 0, fc = 0;
    bool primary = !x->quoted && (strcmp(x->name, "_rowts") == 0 || strcmp(x->name, "_c0") == 0);
    for (int s = 0; s < sc->nsrc; s++) {
        struct tl_source *src = &sc->src[s];
        if (x->table && !source_named(src, x->table)) continue;
        for (int c = 0; c < src->ncols; c++) {
            if (primary ? !src->cols[c].primary : strcmp(src->cols[c].name, x->name) != 0) continue;
            if (found++ == 0) {
                fs = s;
                fc = c;
            }
            break;
        }
    }
    if (found > 1) {
        return tl_fail(sc->err, TL_E_AMBIGUOUS, "Column ambiguously defined: %s", x->name);
    }
    if (!found) return tl_fail(sc->err, TL_E_INVALID_COLUMN, "Invalid column name: %s", x->name);
    return bind_source_col(sc, x, fs, fc);
}

/* _wstart, _wend, _wduration of an interval query. */
static bool bind_window(struct tl_scope *sc, struct tl_expr *x, bool *done)
{
    *done = true;
    if (x->quoted || x->table || strncmp(x->name, "_w", 2) != 0) {
        *done = false;
        return true;
    }
    bool dur = strcmp(x->name, "_wduration") == 0;
    if (!dur && strcmp(x->name, "_wstart") != 0 && strcmp(x->name, "_wend") != 0) {
        *done = false;
        return true;
    }
    if (!sc->win)
        return tl_fail(sc->err, 0x2606 + 0x1A, "%s can only be used in a window query", x->name);
    x->type = tl_mk(dur ? TL_BIGINT : TL_TIMESTAMP, 8);
    x->src = -1; /* a key of the window, not a column */
    return true;
}

static bool bind_literal(struct tl_scope *sc, struct tl_expr *x)
{
    x->konst = true;
    if (x->bound) return true;
    switch (x->k) {
    case EX_INT:
        x->type = tl_mk(x->big ? TL_UBIGINT : TL_BIGINT, 8);
        return true;
    case EX_DBL:
        x->type = tl_mk(TL_DOUBLE, 8);
        return true;
    case EX_BOOL:
        x->type = tl_mk(TL_BOOL, 1);
        return true;
    case EX_NULL:
        x->type = tl_mk(TL_NULL, 0);
        return true;
    case EX_STR:
        x->type = tl_mk(TL_VARCHAR, (int)x->n);
        return true;
    case EX_DUR:
        x->type = tl_mk(TL_BIGINT, 8);
        return true;
    default:
        break;
    }
    if (!tl_ts_parse(x->s, x->n, sc->prec < 0 ? 0 : sc->prec, sc->s->tz, &x->i)) {
        return tl_fail(sc->err, TL_E_BAD_TS, "Incorrect TIMESTAMP value: %.*s", (int)x->n, x->s);
    }
    x->type = tl_mk(TL_TIMESTAMP, 8);
    return true;
}

/* DECIMAL op DECIMAL, an integer counting as DECIMAL(19,0); rules as recorded in
   golden/query/ms/expr. */
static bool bind_decimal(struct tl_scope *sc, struct tl_expr *x)
{
    int p[2], s[2];
    for (int i = 0; i < 2; i++) {
        const struct tl_ty *t = &x->a[i]->type;
        if (!tl_is_dec(t->t) && !tl_is_signed(t->t) && t->t != TL_BOOL)
            return tl_unsupported(sc, x);
        if (tl_is_signed(t->t) && t->t != TL_BIGINT) return tl_unsupported(sc, x);
        p[i] = tl_is_dec(t->t) ? t->p : 19;
        s[i] = tl_is_dec(t->t) ? t->s : 0;
        if (t->t == TL_BOOL) return tl_unsupported(sc, x);
    }
    int prec, scale;
    if (x->op == '+' || x->op == '-') {
        int ints = p[0] - s[0] > p[1] - s[1] ? p[0] - s[0] : p[1] - s[1];
        scale = s[0] > s[1] ? s[0] : s[1];
        prec = ints + scale + 1;
    } else if (x->op == '*') {
        scale = s[0] + s[1];
        prec = p[0] + p[1] + 1;
    } else if (x->op == '/') {
        scale = s[0] + p[1] + 1 > 6 ? s[0] + p[1] + 1 : 6;
        prec = p[0] - s[0] + s[1] + scale;
    } else {
        return tl_unsupported(sc, x);
    }
    if (prec > 38) {
        int ints = prec - scale, low = scale < 6 ? scale : 6;
        scale = 38 - ints > low ? 38 - ints : low;
        prec = 38;
    }
    x->type = tl_mk(TL_DECIMAL128, 16);
    x->type.p = (uint8_t)prec;
    x->type.s = (uint8_t)scale;
    return true;
}

static bool bind_arith(struct tl_scope *sc, struct tl_expr *x)
{
    const struct tl_ty *a = &x->a[0]->type, *b = &x->a[1]->type;
    bool dur = x->a[0]->k == EX_DUR || x->a[1]->k == EX_DUR;
    if (x->op == '&' || x->op == '|') {
        bool ok =
            (tl_is_signed(a->t) || a->t == TL_NULL) && (tl_is_signed(b->t) || b->t == TL_NULL);
        x->type = tl_mk(TL_BIGINT, 8);
        return ok || tl_unsupported(sc, x);
    }
    if (a->t == TL_TIMESTAMP || b->t == TL_TIMESTAMP || dur) {
        bool ts0 = a->t == TL_TIMESTAMP, ts1 = b->t == TL_TIMESTAMP;
        if (x->op != '+' && x->op != '-') return tl_unsupported(sc, x);
        if (ts0 && ts1) {
            return tl_fail(sc->err, TL_E_INVALID_OPERATION, "Invalid operation");
        }
        if (!ts0 && !ts1) return tl_unsupported(sc, x);
        if (ts1 && x->op == '-') return tl_unsupported(sc, x);
        const struct tl_ty *other = ts0 ? b : a;
        if (!tl_is_int(other->t) && other->t != TL_NULL) return tl_unsupported(sc, x);
        x->type = tl_mk(TL_TIMESTAMP, 8);
        return true;
    }
    if (tl_is_float(a->t) || tl_is_float(b->t)) {
        if (tl_is_dec(a->t) || tl_is_dec(b->t)) return tl_unsupported(sc, x);
    }
    if (tl_is_dec(a->t) || tl_is_dec(b->t)) return bind_decimal(sc, x);
    for (int i = 0; i < 2; i++) {
        uint8_t t = x->a[i]->type.t;
        if (!tl_is_num(t) && t != TL_BOOL && t != TL_NULL) return tl_unsupported(sc, x);
    }
    x->type = tl_mk(TL_DOUBLE, 8);
    return true;
}

static bool is_compare(int op)
{
    return op == '=' || op == '<' || op == '>' || op == OP_LE || op == OP_GE || op == OP_NE;
}

/* CASE: the type of all branches; mixed with text everything becomes VARCHAR
   (golden/query/ms/case_mixed). */
static bool bind_case(struct tl_scope *sc, struct tl_expr *x)
{
    struct tl_ty t = tl_mk(TL_NULL, 0);
    int n = x->na, first = x->op ? 1 : 0;
    for (int i = first + 1; i < n + (x->neg ? 1 : 0); i += 2) {
        int at = i < n ? i : n - 1;
        const struct tl_ty *b = &x->a[at]->type;
        if (b->t == TL_NULL) continue;
        if (t.t == TL_NULL) {
            t = *b;
        } else if (t.t == b->t && !tl_is_dec(t.t)) {
            if (b->len > t.len) t.len = b->len;
        } else if (t.t == b->t && t.p == b->p && t.s == b->s) {
            continue;
        } else if (tl_is_num(t.t) && tl_is_num(b->t) && !tl_is_dec(t.t) && !tl_is_dec(b->t)) {
            bool real = tl_is_float(t.t) || tl_is_float(b->t);
            if (t.t == TL_UBIGINT || b->t == TL_UBIGINT) return tl_unsupported(sc, x);
            t = real ? tl_mk(TL_DOUBLE, 8) : tl_mk(TL_BIGINT, 8);
        } else if ((t.t == TL_VARCHAR && tl_is_signed(b->t)) ||
                   (tl_is_signed(t.t) && b->t == TL_VARCHAR)) {
            t = tl_mk(TL_VARCHAR, 63); /* the length that was recorded */
        } else {
            return tl_unsupported(sc, x);
        }
    }
    x->type = t.t == TL_NULL ? tl_mk(TL_VARCHAR, 0) : t;
    return true;
}

static bool bind_func(struct tl_scope *sc, struct tl_expr *x)
{
    const struct tl_func *f = tl_func_find(x->name);
    if (!f) return tl_fail(sc->err, TL_E_FUNC_NOT_EXIST, "Func not exists");
    x->fn = f;
    if (x->na < f->min || x->na > f->max) {
        return tl_fail(sc->err, TL_E_FUNC_NUM, "Invalid number of parameters : %s", x->name);
    }
    if (f->kind == FN_AGG) {
        if (!sc->agg_ok || sc->in_agg) {
            return tl_fail(sc->err, TL_E_ILLEGAL_AGG, "There mustn't be aggregation");
        }
        x->agg = true;
        sc->in_agg = true;
    }
    bool ok = true;
    for (int i = 0; i < x->na && ok; i++) {
        if (x->a[i]->k == EX_STAR) {
            ok = strcmp(x->name, "count") == 0 && !x->a[i]->table;
            if (!ok) tl_unsupported(sc, x);
            if (sc->nsrc) sc->src[0].use_rows = true;
        } else {
            ok = tl_bind(sc, x->a[i]);
            if (f->kind == FN_SCALAR) x->agg |= x->a[i]->agg;
            x->cols |= x->a[i]->cols;
        }
    }
    if (f->kind == FN_AGG) sc->in_agg = false;
    return ok && f->bind(sc, x);
}

static bool bind_children(struct tl_scope *sc, struct tl_expr *x)
{
    x->konst = true;
    for (int i = 0; i < x->na; i++) {
        if (!tl_bind(sc, x->a[i])) return false;
        x->agg |= x->a[i]->agg;
        x->cols |= x->a[i]->cols;
        x->konst &= x->a[i]->konst;
    }
    return true;
}

static bool bind_cast(struct tl_scope *sc, struct tl_expr *x)
{
    uint8_t from = x->a[0]->type.t, to = x->type.t;
    if (to == TL_JSON || to == TL_BLOB || to == TL_GEOMETRY || from == TL_BLOB ||
        from == TL_GEOMETRY || from == TL_JSON || tl_is_dec(to)) {
        return tl_unsupported(sc, x);
    }
    if (from == TL_VARBINARY && to != TL_VARBINARY) return tl_unsupported(sc, x);
    if (to == TL_VARBINARY && from != TL_VARBINARY && from != TL_VARCHAR)
        return tl_unsupported(sc, x);
    return true;
}

bool tl_bind(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->k <= EX_TS) return bind_literal(sc, x);
    if (x->k == EX_FUNC) return bind_func(sc, x);
    if (x->k == EX_COL) {
        bool done;
        if (!bind_window(sc, x, &done)) return false;
        return done || bind_col(sc, x);
    }
    if (x->k == EX_STAR) return tl_unsupported(sc, x);
    if (!bind_children(sc, x)) return false;
    uint8_t t = x->a[0]->type.t;
    switch (x->k) {
    case EX_NEG:
        if (!tl_is_num(t) && t != TL_NULL) return tl_bad_type(sc, x);
        x->type = tl_is_dec(t) ? x->a[0]->type : tl_mk(TL_DOUBLE, 8);
        return true;
    case EX_BIN:
        if (!is_compare(x->op)) return bind_arith(sc, x);
        break;
    case EX_ARROW:
        if (t != TL_JSON) return tl_bad_type(sc, x);
        x->type = tl_mk(TL_JSON, 4095);
        return true;
    case EX_CAST:
        return bind_cast(sc, x);
    case EX_CASE:
        return bind_case(sc, x);
    default:
        break;
    }
    x->type = tl_mk(TL_BOOL, 1);
    return true;
}

/* engine_emit.c: SQLite text of bound expressions (engine_query.h). */
#include "engine_query.h"

#include "sql_time.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void emit_num(struct tl_sb *b, double d)
{
    char buf[40];
    if (isinf(d)) {
        tl_sb_str(b, d < 0 ? "-1e999" : "1e999");
        return;
    }
    snprintf(buf, sizeof buf, "%.17g", d);
    tl_sb_str(b, buf);
    if (!strpbrk(buf, ".en")) tl_sb_str(b, ".0");
}

static void emit_int(struct tl_sb *b, int64_t i)
{
    if (i == INT64_MIN) {
        tl_sb_str(b, "(-9223372036854775807-1)");
    } else {
        tl_sb_fmt(b, i < 0 ? "(%lld)" : "%lld", (long long)i);
    }
}

static int64_t biased(int64_t bits)
{
    return (int64_t)((uint64_t)bits ^ (1ULL << 63));
}

void tl_source_col(const struct tl_scope *sc, int s, int c, struct tl_sb *b)
{
    const struct tl_source *src = &sc->src[s];
    const struct tl_srccol *col = &src->cols[c];
    if (sc->wrapped || src->sub_sql || src->sys) {
        if (src->sys) {
            tl_sb_fmt(b, "x%d.\"%s\"", s, col->name);
        } else {
            tl_sb_fmt(b, "x%d.k%d", s, c);
        }
    } else if (col->hidden && src->kind == TL_KIND_NORMAL) {
        tl_sb_quote(b, src->table, strlen(src->table));
    } else if (col->hidden) {
        tl_sb_fmt(b, "g%d.tbname", s);
    } else if (col->tag) {
        tl_sb_fmt(b, "g%d.t%d", s, col->id);
    } else {
        tl_sb_fmt(b, "x%d.c%d", s, col->id);
    }
}

static bool text_number(const struct tl_expr *x, double *d, bool *whole, int64_t *i)
{
    char *e;
    if (x->k != EX_STR || x->n == 0 || x->n > 40 || strpbrk(x->s, "xXnN \t")) return false;
    *d = strtod(x->s, &e);
    if (*e) return false;
    errno = 0;
    *i = strtoll(x->s, &e, 10);
    *whole = *e == 0 && !errno;
    return true;
}

static bool bad_ts(struct tl_scope *sc, const struct tl_expr *x)
{
    return tl_fail(sc->err, TL_E_BAD_TS, "Incorrect TIMESTAMP value: %.*s",
                   x->n > 300 ? 300 : (int)x->n, x->s);
}

/* A string literal read as the other side's type. */
static bool emit_string_as(struct tl_scope *sc, struct tl_expr *x, const struct tl_ty *to,
                           struct tl_sb *b)
{
    double d;
    int64_t i;
    bool whole;
    if (to->t == TL_TIMESTAMP) {
        if (!tl_ts_parse(x->s, x->n, sc->prec < 0 ? 0 : sc->prec, sc->s->tz, &i))
            return bad_ts(sc, x);
        emit_int(b, i);
        return true;
    }
    if (tl_is_text(to->t)) {
        tl_sb_quote(b, x->s, x->n);
        return true;
    }
    if (x->bound && tl_is_bytes(x->type.t) && to->t == TL_VARBINARY) {
        tl_sb_hex(b, x->s, x->n);
        return true;
    }
    if (to->t == TL_VARBINARY) {
        struct tl_valctx c = {sc->ar, sc->err, 0, "UTC"};
        struct tl_lit lit = {.k = LIT_STR, .s = x->s, .n = x->n, .src = x->z};
        struct tl_ty any = tl_mk(TL_VARBINARY, 65517);
        struct tl_val v;
        if (!tl_val_convert(&c, &lit, &any, "", &v)) return false;
        tl_sb_hex(b, v.p, v.n);
        return true;
    }
    if (!text_number(x, &d, &whole, &i)) return tl_bad_type(sc, x);
    if (tl_is_float(to->t)) {
        emit_num(b, d);
    } else if (to->t == TL_UBIGINT) {
        if (!whole || i < 0) return tl_bad_type(sc, x);
        emit_int(b, biased(i));
    } else if (whole) {
        emit_int(b, i);
    } else {
        return tl_bad_type(sc, x);
    }
    return true;
}

bool tl_emit_as(struct tl_scope *sc, struct tl_expr *x, const struct tl_ty *to, struct tl_sb *b)
{
    uint8_t from = x->type.t;
    if (from == TL_NULL) {
        tl_sb_str(b, "NULL");
        return true;
    }
    if (x->k == EX_STR && to->t != TL_VARCHAR) return emit_string_as(sc, x, to, b);
    if (tl_is_float(to->t)) return tl_emit_double(sc, x, b);
    if (to->t == TL_UBIGINT && from != TL_UBIGINT) {
        if (x->k == EX_INT && x->i >= 0) {
            emit_int(b, biased(x->i));
            return true;
        }
        return tl_unsupported(sc, x);
    }
    if (from == TL_UBIGINT && to->t != TL_UBIGINT) return tl_unsupported(sc, x);
    if (tl_is_dec(to->t)) {
        if (tl_is_dec(from) && x->type.s == to->s) return tl_emit(sc, x, b);
        return tl_unsupported(sc, x);
    }
    if (to->t == TL_VARCHAR && tl_is_signed(from)) {
        tl_sb_str(b, "CAST(");
        if (!tl_emit(sc, x, b)) return false;
        tl_sb_str(b, " AS TEXT)");
        return true;
    }
    if (tl_is_text(to->t) != tl_is_text(from) || tl_is_bytes(to->t) != tl_is_bytes(from)) {
        return tl_bad_type(sc, x);
    }
    return tl_emit(sc, x, b);
}

bool tl_emit_double(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    uint8_t t = x->type.t;
    if (x->k == EX_STR) {
        struct tl_ty d = tl_mk(TL_DOUBLE, 8);
        return emit_string_as(sc, x, &d, b);
    }
    if (tl_is_float(t) || t == TL_NULL) return tl_emit(sc, x, b);
    if (t == TL_UBIGINT) {
        tl_sb_str(b, "td_u2d(");
    } else if (tl_is_int(t)) {
        tl_sb_str(b, "CAST(");
    } else {
        return tl_unsupported(sc, x);
    }
    if (!tl_emit(sc, x, b)) return false;
    tl_sb_str(b, t == TL_UBIGINT ? ")" : " AS REAL)");
    return true;
}

static const char *op_text(int op)
{
    switch (op) {
    case OP_LE:
        return "<=";
    case OP_GE:
        return ">=";
    case OP_NE:
        return "<>";
    case '<':
        return "<";
    case '>':
        return ">";
    default:
        return "=";
    }
}

/* A decimal, or what compares with one, as `value,scale` arguments of td_dcmp. */
static bool emit_dec_arg(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (x->k == EX_DBL || x->k == EX_STR) { /* the literal's own digits */
        const char *point = memchr(x->s, '.', x->n);
        int scale = point ? (int)(x->s + x->n - point) - 1 : 0;
        tl_i128 v;
        if (scale > 38 || tl_dec_parse(x->s, x->n, 38, scale, &v) != TL_DEC_OK)
            return tl_unsupported(sc, x);
        if (x->k == EX_DBL && strpbrk(x->s, "eE")) return tl_unsupported(sc, x);
        if (x->k == EX_DBL && x->neg) v = -v;
        unsigned char blob[16];
        tl_dec_blob(v, blob);
        tl_sb_hex(b, blob, 16);
        tl_sb_fmt(b, ",%d", scale);
        return true;
    }
    if (!tl_is_dec(x->type.t) && !tl_is_int(x->type.t)) return tl_unsupported(sc, x);
    if (!tl_emit(sc, x, b)) return false;
    tl_sb_fmt(b, ",%d", tl_is_dec(x->type.t) ? x->type.s : 0);
    return true;
}

static bool emit_call2(struct tl_scope *sc, const char *fn, int op, struct tl_expr *x,
                       struct tl_expr *y,
                       bool (*arg)(struct tl_scope *, struct tl_expr *, struct tl_sb *),
                       struct tl_sb *b)
{
    tl_sb_fmt(b, "(%s(", fn);
    if (!arg(sc, x, b)) return false;
    tl_sb_str(b, ",");
    if (!arg(sc, y, b)) return false;
    tl_sb_fmt(b, ")%s0)", op_text(op));
    return true;
}

/* A JSON value against a literal: only values of the literal's kind take part. */
static bool emit_json_compare(struct tl_scope *sc, int op, struct tl_expr *x, struct tl_expr *lit,
                              struct tl_sb *b)
{
    if (x->k != EX_ARROW) return tl_unsupported(sc, x);
    if (lit->k == EX_STR) {
        tl_sb_str(b, "(td_json_str(");
        if (!tl_emit(sc, x, b)) return false;
        tl_sb_fmt(b, ")%s", op_text(op));
        tl_sb_quote(b, lit->s, lit->n);
    } else if (lit->k == EX_INT || lit->k == EX_DBL) {
        tl_sb_str(b, "(td_fcmp(td_json_num(");
        if (!tl_emit(sc, x, b)) return false;
        tl_sb_str(b, "),");
        if (!tl_emit_double(sc, lit, b)) return false;
        tl_sb_fmt(b, ")%s0", op_text(op));
    } else if (lit->k == EX_BOOL) {
        tl_sb_str(b, "(td_json_bool(");
        if (!tl_emit(sc, x, b)) return false;
        tl_sb_fmt(b, ")%s%d", op_text(op), (int)lit->i);
    } else {
        return tl_unsupported(sc, lit);
    }
    tl_sb_str(b, ")");
    return true;
}

static bool plain_compare(struct tl_scope *sc, int op, struct tl_expr *x, struct tl_expr *y,
                          const struct tl_ty *as, struct tl_sb *b)
{
    tl_sb_str(b, "(");
    if (!tl_emit_as(sc, x, as, b)) return false;
    tl_sb_str(b, op_text(op));
    if (!tl_emit_as(sc, y, as, b)) return false;
    tl_sb_str(b, ")");
    return true;
}

static bool emit_ubigint_compare(struct tl_scope *sc, int op, struct tl_expr *x, struct tl_expr *y,
                                 struct tl_sb *b)
{
    struct tl_ty u = tl_mk(TL_UBIGINT, 8);
    bool lit0 = x->k == EX_INT && (x->big || x->i >= 0),
         lit1 = y->k == EX_INT && (y->big || y->i >= 0);
    if ((x->type.t == TL_UBIGINT || lit0) && (y->type.t == TL_UBIGINT || lit1)) {
        return plain_compare(sc, op, x, y, &u, b);
    }
    /* One side is signed: td_ucmp(unsigned, signed), turned round when needed. */
    bool swap = y->type.t == TL_UBIGINT;
    tl_sb_str(b, swap ? "(-td_ucmp(" : "(td_ucmp(");
    if (!tl_emit(sc, swap ? y : x, b)) return false;
    tl_sb_str(b, ",");
    if (!tl_emit(sc, swap ? x : y, b)) return false;
    tl_sb_fmt(b, ")%s0)", op_text(op));
    return true;
}

bool tl_emit_compare(struct tl_scope *sc, int op, struct tl_expr *x, struct tl_expr *y,
                     struct tl_sb *b)
{
    uint8_t a = x->type.t, c = y->type.t;
    if (a == TL_NULL || c == TL_NULL) {
        tl_sb_str(b, "NULL");
        return true;
    }
    if (a == TL_JSON || c == TL_JSON) {
        static const int turned[][2] = {{'<', '>'}, {'>', '<'}, {OP_LE, OP_GE}, {OP_GE, OP_LE}};
        if (a == TL_JSON) return emit_json_compare(sc, op, x, y, b);
        for (int i = 0; i < 4; i++) {
            if (turned[i][0] == op) return emit_json_compare(sc, turned[i][1], y, x, b);
        }
        return emit_json_compare(sc, op, y, x, b);
    }
    if (tl_is_text(a) && tl_is_text(c)) return plain_compare(sc, op, x, y, &y->type, b);
    if (tl_is_dec(a) || tl_is_dec(c)) return emit_call2(sc, "td_dcmp", op, x, y, emit_dec_arg, b);
    if (x->k == EX_STR) return plain_compare(sc, op, x, y, &y->type, b);
    if (y->k == EX_STR) {
        if (tl_is_float(a)) return emit_call2(sc, "td_fcmp", op, x, y, tl_emit_double, b);
        return plain_compare(sc, op, x, y, &x->type, b);
    }
    if (a == TL_VARBINARY && c == TL_VARBINARY) return plain_compare(sc, op, x, y, &x->type, b);
    if (tl_is_float(a) || tl_is_float(c))
        return emit_call2(sc, "td_fcmp", op, x, y, tl_emit_double, b);
    if (a == TL_UBIGINT || c == TL_UBIGINT) return emit_ubigint_compare(sc, op, x, y, b);
    if (tl_is_int(a) && tl_is_int(c)) return plain_compare(sc, op, x, y, &x->type, b);
    return tl_bad_type(sc, y);
}

static bool emit_shift(struct tl_scope *sc, struct tl_expr *ts, struct tl_expr *dur, int op,
                       struct tl_sb *b)
{
    int64_t n;
    int prec = sc->prec < 0 ? 0 : sc->prec;
    if (dur->unit == 'n' || dur->unit == 'y') {
        tl_sb_str(b, "td_tsadd(");
        if (!tl_emit(sc, ts, b)) return false;
        tl_sb_fmt(b, ",%s%lld,'%c',%d)", op == '-' ? "-" : "", (long long)dur->i, dur->unit, prec);
        return true;
    }
    if (!tl_dur_fixed(dur->i, dur->unit, prec, &n)) return tl_unsupported(sc, dur);
    tl_sb_str(b, "(");
    if (!tl_emit(sc, ts, b)) return false;
    tl_sb_fmt(b, "%c%lld)", op, (long long)n);
    return true;
}

static bool emit_decimal_op(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_fmt(b, "td_dec('%c',", x->op);
    if (!emit_dec_arg(sc, x->a[0], b)) return false;
    tl_sb_str(b, ",");
    if (!emit_dec_arg(sc, x->a[1], b)) return false;
    tl_sb_fmt(b, ",%d,%d)", x->type.p, x->type.s);
    return true;
}

/* a+b-c and a*b/c of doubles, without parentheses to the left: SQLite's parser has a small
   stack. */
static bool emit_chain(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    struct tl_expr *l = x->a[0];
    bool sum = x->op == '+' || x->op == '-', same = false;
    if (l->k == EX_BIN && l->type.t == TL_DOUBLE && l->op != '%') {
        same = sum == (l->op == '+' || l->op == '-');
    }
    if (!(same ? emit_chain(sc, l, b) : tl_emit_double(sc, l, b))) return false;
    tl_sb_fmt(b, "%c", x->op);
    return tl_emit_double(sc, x->a[1], b);
}

static bool emit_arith(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    struct tl_expr *l = x->a[0], *r = x->a[1];
    if (x->op == '&' || x->op == '|') {
        tl_sb_str(b, "(");
        if (!tl_emit(sc, l, b)) return false;
        tl_sb_fmt(b, "%c", x->op);
        if (!tl_emit(sc, r, b)) return false;
        tl_sb_str(b, ")");
        return true;
    }
    if (tl_is_dec(x->type.t)) return emit_decimal_op(sc, x, b);
    if (x->type.t == TL_TIMESTAMP) {
        if (r->k == EX_DUR) return emit_shift(sc, l, r, x->op, b);
        if (l->k == EX_DUR) return emit_shift(sc, r, l, x->op, b);
        tl_sb_str(b, "(");
        if (!tl_emit(sc, l, b)) return false;
        tl_sb_fmt(b, "%c", x->op);
        if (!tl_emit(sc, r, b)) return false;
        tl_sb_str(b, ")");
        return true;
    }
    if (x->op == '%') {
        tl_sb_str(b, "td_fmod(");
        if (!tl_emit_double(sc, l, b)) return false;
        tl_sb_str(b, ",");
        if (!tl_emit_double(sc, r, b)) return false;
    } else {
        tl_sb_str(b, "(");
        if (!emit_chain(sc, x, b)) return false;
    }
    tl_sb_str(b, ")");
    return true;
}

/* x = a[lo] OR ... a[hi - 1], or a[lo] AND/OR ...; written as a balanced tree, as SQLite limits
   the depth. */
static bool emit_tree(struct tl_scope *sc, struct tl_expr *x, int lo, int hi, const char *word,
                      struct tl_sb *b)
{
    if (hi - lo == 1) {
        struct tl_expr *one = x->a[lo];
        uint8_t t = one->type.t;
        if (x->k == EX_IN) {
            if ((t == TL_NULL && !one->bound) || !one->konst) return tl_unsupported(sc, x);
            return tl_emit_compare(sc, '=', x->a[0], one, b);
        }
        if (t != TL_BOOL && t != TL_NULL && !tl_is_signed(t)) return tl_bad_type(sc, one);
        return tl_emit(sc, one, b);
    }
    int mid = lo + (hi - lo) / 2;
    tl_sb_str(b, "(");
    if (!emit_tree(sc, x, lo, mid, word, b)) return false;
    tl_sb_str(b, word);
    if (!emit_tree(sc, x, mid, hi, word, b)) return false;
    tl_sb_str(b, ")");
    return true;
}

static bool emit_in(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (x->neg) tl_sb_str(b, "(NOT ");
    if (!emit_tree(sc, x, 1, x->na, " OR ", b)) return false;
    if (x->neg) tl_sb_str(b, ")");
    return true;
}

static bool emit_like(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    struct tl_expr *l = x->a[0], *r = x->a[1];
    uint8_t t = l->type.t;
    if (r->bound && r->k == EX_NULL) { /* a NULL parameter compares to nothing */
        tl_sb_str(b, "NULL");
        return true;
    }
    if (r->k != EX_STR || r->n > (x->k == EX_LIKE ? 100 : 128)) return tl_unsupported(sc, x);
    if (t != TL_VARCHAR && t != TL_NCHAR && t != TL_NULL && l->k != EX_ARROW)
        return tl_bad_type(sc, x);
    tl_sb_fmt(b, "(%s%s(", x->neg ? "NOT " : "", x->k == EX_LIKE ? "td_like" : "td_match");
    if (l->k == EX_ARROW) tl_sb_str(b, "td_json_str(");
    if (!tl_emit(sc, l, b)) return false;
    tl_sb_str(b, l->k == EX_ARROW ? ")," : ",");
    tl_sb_quote(b, r->s, r->n);
    tl_sb_fmt(b, ",%d))", t == TL_NCHAR || t == TL_JSON);
    return true;
}

static bool emit_case(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    int i = x->op ? 1 : 0;
    tl_sb_str(b, "(CASE");
    for (; i + 1 < x->na; i += 2) {
        tl_sb_str(b, " WHEN ");
        bool ok = x->op ? tl_emit_compare(sc, '=', x->a[0], x->a[i], b) : tl_emit(sc, x->a[i], b);
        tl_sb_str(b, " THEN ");
        if (!ok || !tl_emit_as(sc, x->a[i + 1], &x->type, b)) return false;
    }
    if (x->neg) {
        tl_sb_str(b, " ELSE ");
        if (!tl_emit_as(sc, x->a[x->na - 1], &x->type, b)) return false;
    }
    tl_sb_str(b, " END)");
    return true;
}

static bool emit_cast(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    struct tl_expr *in = x->a[0];
    if (in->type.t == TL_NULL) {
        tl_sb_str(b, "NULL");
        return true;
    }
    tl_sb_str(b, "td_cast(");
    if (!tl_emit(sc, in, b)) return false;
    tl_sb_fmt(b, ",%d,%d,%d,%d,%d)", in->type.t, in->type.s, x->type.t, x->type.len,
              sc->prec < 0 ? 0 : sc->prec);
    return true;
}

/* Start of the window; the same text is the GROUP BY key, so SQLite computes it once. */
static bool emit_window(struct tl_scope *sc, const char *name, struct tl_sb *b)
{
    const struct tl_expr *iv = sc->sel->interval, *off = sc->sel->offset_dur;
    int prec = sc->prec < 0 ? 0 : sc->prec;
    int64_t len, shift = 0;
    if (!tl_dur_fixed(iv->i, iv->unit, prec, &len) || len <= 0 || iv->unit == 'w' ||
        (off && !tl_dur_fixed(off->i, off->unit, prec, &shift)) || shift < 0 || shift >= len) {
        return tl_unsupported(sc, iv);
    }
    if (strcmp(name, "_wduration") == 0) {
        tl_sb_fmt(b, "%lld", (long long)len);
        return true;
    }
    struct tl_sb ts = {0};
    const struct tl_source *src = &sc->src[0];
    for (int c = 0; c < src->ncols; c++) {
        if (!src->cols[c].primary) continue;
        tl_source_col(sc, 0, c, &ts);
        break;
    }
    if (strcmp(name, "_wend") == 0) tl_sb_str(b, "(");
    if (!ts.n || ts.oom) {
        tl_sb_free(&ts);
        return tl_unsupported(sc, iv);
    }
    if (iv->unit == 'd') {
        tl_sb_fmt(b, "(td_window(%s-%lld,%lld,%d)+%lld)", ts.p, (long long)shift, (long long)iv->i,
                  prec, (long long)shift);
    } else {
        tl_sb_fmt(b, "(%s-(((%s-%lld)%%%lld+%lld)%%%lld))", ts.p, ts.p, (long long)shift,
                  (long long)len, (long long)len, (long long)len);
    }
    tl_sb_free(&ts);
    if (strcmp(name, "_wend") == 0) tl_sb_fmt(b, "+%lld)", (long long)len);
    return true;
}

/* A column; beside first, last and last_row: its value in the row that the function selects.
   (Beside max and min SQLite itself takes the row of the extreme value.) */
static bool emit_col(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    const struct tl_expr *f = x->picked ? sc->pick : NULL;
    if (!f || f->name[0] == 'm') {
        tl_source_col(sc, x->src, x->col, b);
        return true;
    }
    tl_sb_fmt(b, "td_%s_at(", f->name);
    tl_source_col(sc, x->src, x->col, b);
    const struct tl_source *src = &sc->src[0];
    for (int c = 0; c < src->ncols; c++) {
        if (!src->cols[c].primary) continue;
        tl_sb_str(b, ",");
        tl_source_col(sc, 0, c, b);
        break;
    }
    tl_sb_str(b, ",");
    if (!tl_emit(sc, f->a[0], b)) return false;
    tl_sb_str(b, ")");
    return true;
}

static bool emit_literal(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    switch (x->k) {
    case EX_INT:
        emit_int(b, x->big ? biased(x->i) : x->i);
        return true;
    case EX_TS:
        emit_int(b, x->i);
        return true;
    case EX_BOOL:
        tl_sb_fmt(b, "%d", (int)x->i);
        return true;
    case EX_DBL:
        emit_num(b, x->d);
        return true;
    case EX_STR:
        if (x->bound && tl_is_bytes(x->type.t)) {
            tl_sb_hex(b, x->s, x->n);
            return true;
        }
        tl_sb_quote(b, x->s, x->n);
        return true;
    case EX_NULL:
        tl_sb_str(b, "NULL");
        return true;
    default:
        return tl_unsupported(sc, x);
    }
}

static bool emit_neg(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (tl_is_dec(x->type.t)) {
        tl_sb_str(b, "td_dneg(");
        if (!tl_emit(sc, x->a[0], b)) return false;
    } else {
        tl_sb_str(b, "(-");
        if (!tl_emit_double(sc, x->a[0], b)) return false;
    }
    tl_sb_str(b, ")");
    return true;
}

static bool emit_func(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (x->fn->emit) return x->fn->emit(sc, x, b);
    tl_sb_fmt(b, "%s(", x->fn->sql);
    for (int i = 0; i < x->na; i++) {
        if (i) tl_sb_str(b, ",");
        if (!tl_emit(sc, x->a[i], b)) return false;
    }
    tl_sb_str(b, ")");
    return true;
}

bool tl_emit(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (x->k <= EX_TS) return emit_literal(sc, x, b);
    switch (x->k) {
    case EX_COL:
        if (x->src < 0) return emit_window(sc, x->name, b);
        return emit_col(sc, x, b);
    case EX_NEG:
        return emit_neg(sc, x, b);
    case EX_NOT:
        tl_sb_str(b, "(NOT ");
        if (!emit_tree(sc, x, 0, 1, "", b)) return false;
        tl_sb_str(b, ")");
        return true;
    case EX_AND:
        return emit_tree(sc, x, 0, x->na, " AND ", b);
    case EX_OR:
        return emit_tree(sc, x, 0, x->na, " OR ", b);
    case EX_BIN:
        if (x->type.t == TL_BOOL) return tl_emit_compare(sc, x->op, x->a[0], x->a[1], b);
        return emit_arith(sc, x, b);
    case EX_LIKE:
    case EX_MATCH:
        return emit_like(sc, x, b);
    case EX_IN:
        return emit_in(sc, x, b);
    case EX_BETWEEN:
        tl_sb_str(b, x->neg ? "(NOT (" : "((");
        if (!tl_emit_compare(sc, OP_GE, x->a[0], x->a[1], b)) return false;
        tl_sb_str(b, " AND ");
        if (!tl_emit_compare(sc, OP_LE, x->a[0], x->a[2], b)) return false;
        tl_sb_str(b, "))");
        return true;
    case EX_ISNULL:
        tl_sb_str(b, "(");
        if (!tl_emit(sc, x->a[0], b)) return false;
        tl_sb_str(b, x->neg ? " IS NOT NULL)" : " IS NULL)");
        return true;
    case EX_ARROW:
        tl_sb_str(b, "td_json_get(");
        if (!tl_emit(sc, x->a[0], b)) return false;
        tl_sb_str(b, ",");
        tl_sb_quote(b, x->s, x->n);
        tl_sb_str(b, ")");
        return true;
    case EX_FUNC:
        return emit_func(sc, x, b);
    case EX_CAST:
        return emit_cast(sc, x, b);
    case EX_CASE:
        return emit_case(sc, x, b);
    default:
        return tl_unsupported(sc, x);
    }
}

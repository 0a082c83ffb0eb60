/* sql_parse_expr.c: expressions of TDengine's grammar, by recursive descent with a depth limit. */
#include "sql_ast.h"
#include "sql_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tl_expr *parse_or(struct tl_parser *p);
static struct tl_expr *parse_sum(struct tl_parser *p);

struct tl_expr *tl_expr_new(struct tl_parser *p, enum tl_ek k, const char *z)
{
    struct tl_expr *x = tl_arena_get(p->ar, sizeof *x);
    if (!x) {
        tl_oom(p->err);
        return NULL;
    }
    x->k = k;
    x->z = z;
    x->e = z;
    return x;
}

static struct tl_expr *fail(struct tl_parser *p)
{
    tl_syntax(p);
    return NULL;
}

/* Appends a child; the list grows by doubling. False = error set. */
static bool add(struct tl_parser *p, struct tl_expr *x, struct tl_expr *child)
{
    if (!child) return false;
    if (x->na >= 65536) return tl_syntax(p);
    if ((x->na & (x->na - 1)) == 0) {
        struct tl_expr **v = tl_arena_get(p->ar, (size_t)(x->na ? x->na * 2 : 1) * sizeof *v);
        if (!v) return tl_oom(p->err);
        if (x->na) memcpy(v, x->a, (size_t)x->na * sizeof *v);
        x->a = v;
    }
    x->a[x->na++] = child;
    if (child->depth >= x->depth) x->depth = child->depth + 1;
    if (x->depth > TL_MAX_DEPTH * 2) return tl_syntax(p);
    x->e = child->e > x->e ? child->e : x->e;
    return true;
}

/* Marks the end of x at the last consumed token: the text between z and the current token,
   without blanks. */
static void close_text(struct tl_parser *p, struct tl_expr *x)
{
    const char *e = p->t.z;
    while (e > x->z && (e[-1] == ' ' || e[-1] == '\t' || e[-1] == '\n' || e[-1] == '\r'))
        e--;
    x->e = e;
}

static struct tl_expr *parse_number(struct tl_parser *p)
{
    struct tl_tok *t = &p->t;
    char *text = tl_arena_dup(p->ar, t->z, t->n);
    struct tl_expr *x = tl_expr_new(p, t->k == TK_DBL ? EX_DBL : EX_INT, t->z);
    if (!text || !x) return fail(p);
    x->e = t->z + t->n;
    x->s = text;
    x->n = t->n;
    errno = 0;
    if (t->k == TK_DBL) {
        x->d = strtod(text, NULL);
    } else if (t->k == TK_DUR) {
        x->k = EX_DUR;
        x->unit = text[t->n - 1];
        x->i = strtoll(text, NULL, 10);
        if (errno) return fail(p);
    } else {
        if (t->n > 1 && (text[1] == 'x' || text[1] == 'b')) return fail(p);
        unsigned long long u = strtoull(text, NULL, 10);
        x->i = (int64_t)u;
        x->big = u > INT64_MAX;
        if (errno) { /* too big for 64 bits: TDengine takes it as a double */
            x->k = EX_DBL;
            x->d = strtod(text, NULL);
        }
    }
    tl_advance(p);
    return x;
}

static struct tl_expr *parse_string(struct tl_parser *p, enum tl_ek k, const char *z)
{
    if (p->t.k != TK_STR) return fail(p);
    struct tl_expr *x = tl_expr_new(p, k, z);
    char *s = tl_arena_get(p->ar, p->t.n + 1);
    if (!x || !s) return fail(p);
    tl_tok_text(&p->t, s, &x->n);
    x->s = s;
    x->e = p->t.z + p->t.n;
    tl_advance(p);
    return x;
}

static struct tl_expr *parse_case(struct tl_parser *p)
{
    struct tl_expr *x = tl_expr_new(p, EX_CASE, p->t.z);
    if (!x) return NULL;
    tl_advance(p);
    if (!tl_tok_is(&p->t, "when")) {
        x->op = 1;
        if (!add(p, x, parse_or(p))) return NULL;
    }
    if (!tl_tok_is(&p->t, "when")) return fail(p);
    while (tl_accept(p, "when")) {
        if (!add(p, x, parse_or(p)) || !tl_expect(p, "then") || !add(p, x, parse_or(p)))
            return NULL;
    }
    if (tl_accept(p, "else")) {
        x->neg = true;
        if (!add(p, x, parse_or(p))) return NULL;
    }
    if (!tl_expect(p, "end")) return NULL;
    close_text(p, x);
    return x;
}

static struct tl_expr *parse_cast(struct tl_parser *p)
{
    struct tl_expr *x = tl_expr_new(p, EX_CAST, p->t.z);
    if (!x) return NULL;
    tl_advance(p);
    if (!tl_expect_op(p, '(') || !add(p, x, parse_or(p)) || !tl_expect(p, "as") ||
        !tl_parse_type(p, &x->type) || !tl_expect_op(p, ')')) {
        return NULL;
    }
    close_text(p, x);
    return x;
}

static struct tl_expr *star(struct tl_parser *p)
{
    struct tl_expr *x = tl_expr_new(p, EX_STAR, p->t.z);
    if (x) x->e = p->t.z + 1;
    tl_advance(p);
    return x;
}

/* The forms with words between the arguments: position(a in b), substring(s from n for m),
   trim(both x from s). */
static bool parse_worded_args(struct tl_parser *p, struct tl_expr *x)
{
    if (strcmp(x->name, "trim") == 0) {
        static const char *const side[] = {"both", "leading", "trailing"};
        for (int i = 0; i < 3; i++) {
            if (!tl_accept(p, side[i])) continue;
            x->op = i + 1;
            if (tl_accept(p, "from")) return add(p, x, parse_or(p));
            break;
        }
    }
    if (!add(p, x, parse_sum(p))) return false;
    if (strcmp(x->name, "position") == 0) return tl_expect(p, "in") && add(p, x, parse_or(p));
    if (strcmp(x->name, "trim") == 0 && tl_accept(p, "from")) {
        x->neg = true; /* a[0] is what to cut, a[1] the text */
        return add(p, x, parse_or(p));
    }
    if (tl_accept(p, "from")) {
        if (!add(p, x, parse_or(p))) return false;
        return !tl_accept(p, "for") || add(p, x, parse_or(p));
    }
    while (tl_accept_op(p, ',')) {
        if (!add(p, x, parse_or(p))) return false;
    }
    return true;
}

static struct tl_expr *parse_call(struct tl_parser *p, const char *z, char *name)
{
    struct tl_expr *x = tl_expr_new(p, EX_FUNC, z);
    if (!x) return NULL;
    x->name = name;
    tl_advance(p); /* ( */
    if (tl_accept_op(p, ')')) {
        close_text(p, x);
        return x;
    }
    if (strcmp(name, "position") == 0 || strcmp(name, "trim") == 0 ||
        strcmp(name, "substring") == 0 || strcmp(name, "substr") == 0) {
        if (!parse_worded_args(p, x)) return NULL;
    } else {
        do {
            struct tl_expr *arg;
            if (p->t.k == TK_OP && p->t.op == '*') {
                arg = star(p);
            } else {
                arg = parse_or(p);
            }
            if (!add(p, x, arg)) return NULL;
        } while (tl_accept_op(p, ','));
    }
    if (!tl_expect_op(p, ')')) return NULL;
    close_text(p, x);
    return x;
}

static struct tl_expr *parse_name(struct tl_parser *p)
{
    const char *z = p->t.z;
    bool quoted = p->t.k == TK_QID;
    if (!quoted && p->ahead.k == TK_OP && p->ahead.op == '(') {
        char *name = tl_ident(p, false);
        return name ? parse_call(p, z, name) : NULL;
    }
    char *name = tl_ident(p, true);
    if (!name) return NULL;
    struct tl_expr *x = tl_expr_new(p, EX_COL, z);
    if (!x) return NULL;
    if (tl_accept_op(p, '.')) {
        x->table = name;
        if (p->t.k == TK_OP && p->t.op == '*') {
            tl_advance(p);
            x->k = EX_STAR;
            close_text(p, x);
            return x;
        }
        quoted = p->t.k == TK_QID;
        name = tl_ident(p, false);
        if (!name) return NULL;
    }
    x->name = name;
    x->quoted = quoted;
    close_text(p, x);
    return x;
}

static struct tl_expr *parse_paren(struct tl_parser *p)
{
    const char *z = p->t.z;
    tl_advance(p);
    struct tl_expr *x = parse_or(p);
    if (!x || !tl_expect_op(p, ')')) return NULL;
    x->z = z;
    x->paren = true;
    close_text(p, x);
    return x;
}

static struct tl_expr *parse_primary(struct tl_parser *p)
{
    struct tl_tok *t = &p->t;
    if (t->k == TK_INT || t->k == TK_DBL || t->k == TK_DUR) return parse_number(p);
    if (t->k == TK_STR) return parse_string(p, EX_STR, t->z);
    if (t->k == TK_OP && t->op == '(') return parse_paren(p);
    if (p->marks && t->k == TK_OP && t->op == '?') return tl_parse_mark(p);
    if (t->k == TK_QID) return parse_name(p);
    if (t->k != TK_ID) return fail(p);
    if (tl_tok_is(t, "case")) return parse_case(p);
    if (tl_tok_is(t, "cast") && p->ahead.k == TK_OP && p->ahead.op == '(') return parse_cast(p);
    if (tl_tok_is(t, "null") || tl_tok_is(t, "true") || tl_tok_is(t, "false")) {
        struct tl_expr *x = tl_expr_new(p, t->z[0] == 'n' ? EX_NULL : EX_BOOL, t->z);
        if (!x) return NULL;
        x->i = t->z[0] == 't';
        x->e = t->z + t->n;
        tl_advance(p);
        return x;
    }
    if (tl_tok_is(t, "timestamp") && p->ahead.k == TK_STR) {
        const char *z = t->z;
        tl_advance(p);
        return parse_string(p, EX_TS, z);
    }
    if (p->ahead.k != TK_OP || p->ahead.op != '(') {
        /* Words that are calls without parentheses in TDengine's grammar. */
        if (tl_tok_is(t, "now") || tl_tok_is(t, "today")) {
            struct tl_expr *x = tl_expr_new(p, EX_FUNC, t->z);
            if (!x) return NULL;
            x->name = tl_arena_dup(p->ar, t->z, t->n);
            x->e = t->z + t->n;
            tl_advance(p);
            return x->name ? x : fail(p);
        }
    }
    return parse_name(p);
}

static struct tl_expr *parse_unary(struct tl_parser *p)
{
    if (p->t.k == TK_OP && (p->t.op == '-' || p->t.op == '+')) {
        const char *z = p->t.z;
        bool neg = p->t.op == '-';
        tl_advance(p);
        if (++p->depth > TL_MAX_DEPTH) return fail(p);
        struct tl_expr *in = parse_unary(p);
        p->depth--;
        if (!in) return NULL;
        if (!neg) {
            in->z = z;
            return in;
        }
        if (in->k == EX_DBL && !in->paren) { /* the sign belongs to the literal */
            in->d = -in->d;
            in->neg = !in->neg;
            in->z = z;
            return in;
        }
        if (in->k == EX_INT && !in->paren && !in->neg && (!in->big || in->i == INT64_MIN)) {
            in->i = (int64_t)(0 - (uint64_t)in->i);
            in->big = false;
            in->neg = true;
            in->z = z;
            return in;
        }
        struct tl_expr *x = tl_expr_new(p, EX_NEG, z);
        return x && add(p, x, in) ? x : NULL;
    }
    struct tl_expr *x = parse_primary(p);
    while (x && p->t.k == TK_OP && p->t.op == OP_ARROW) {
        tl_advance(p);
        struct tl_expr *y = tl_expr_new(p, EX_ARROW, x->z);
        struct tl_expr *key = y ? parse_string(p, EX_STR, p->t.z) : NULL;
        if (!key || !add(p, y, x)) return NULL;
        y->s = key->s;
        y->n = key->n;
        y->e = key->e;
        x = y;
    }
    return x;
}

/* Left-associative chains of the given operators, `deeper` parsing the operands. */
static struct tl_expr *chain(struct tl_parser *p, const char *ops,
                             struct tl_expr *(*deeper)(struct tl_parser *))
{
    struct tl_expr *x = deeper(p);
    while (x && p->t.k == TK_OP && p->t.op < 256 && strchr(ops, p->t.op)) {
        struct tl_expr *y = tl_expr_new(p, EX_BIN, x->z);
        if (!y) return NULL;
        y->op = p->t.op;
        tl_advance(p);
        if (!add(p, y, x) || !add(p, y, deeper(p))) return NULL;
        x = y;
    }
    return x;
}

static struct tl_expr *parse_product(struct tl_parser *p)
{
    return chain(p, "*/%", parse_unary);
}

static struct tl_expr *parse_plus(struct tl_parser *p)
{
    return chain(p, "+-", parse_product);
}

static struct tl_expr *parse_sum(struct tl_parser *p)
{
    return chain(p, "&|", parse_plus);
}

/* LIKE, IN, BETWEEN, MATCH after an operand, with or without NOT. */
static struct tl_expr *parse_predicate(struct tl_parser *p, struct tl_expr *left)
{
    bool neg = tl_accept(p, "not");
    struct tl_expr *x = tl_expr_new(p, EX_LIKE, left->z);
    if (!x || !add(p, x, left)) return NULL;
    x->neg = neg;
    if (tl_accept(p, "like")) {
        return add(p, x, parse_sum(p)) ? x : NULL;
    }
    if (tl_accept(p, "between")) {
        x->k = EX_BETWEEN;
        return add(p, x, parse_sum(p)) && tl_expect(p, "and") && add(p, x, parse_sum(p)) ? x : NULL;
    }
    if (tl_accept(p, "in")) {
        x->k = EX_IN;
        if (!tl_expect_op(p, '(')) return NULL;
        do {
            if (!add(p, x, parse_sum(p))) return NULL;
        } while (tl_accept_op(p, ','));
        if (!tl_expect_op(p, ')')) return NULL;
        close_text(p, x);
        return x;
    }
    if (!neg &&
        (tl_tok_is(&p->t, "match") || tl_tok_is(&p->t, "nmatch") || tl_tok_is(&p->t, "regexp"))) {
        x->k = EX_MATCH;
        x->neg = p->t.z[0] == 'n';
        tl_advance(p);
        return add(p, x, parse_sum(p)) ? x : NULL;
    }
    return fail(p);
}

static struct tl_expr *parse_compare(struct tl_parser *p)
{
    struct tl_expr *x = parse_sum(p);
    while (x) {
        int op = p->t.k == TK_OP ? p->t.op : 0;
        if (op == '=' || op == '<' || op == '>' || op == OP_LE || op == OP_GE || op == OP_NE) {
            struct tl_expr *y = tl_expr_new(p, EX_BIN, x->z);
            if (!y) return NULL;
            y->op = op;
            tl_advance(p);
            if (!add(p, y, x) || !add(p, y, parse_sum(p))) return NULL;
            x = y;
        } else if (tl_accept(p, "is")) {
            struct tl_expr *y = tl_expr_new(p, EX_ISNULL, x->z);
            if (!y || !add(p, y, x)) return NULL;
            y->neg = tl_accept(p, "not");
            if (!tl_expect(p, "null")) return NULL;
            close_text(p, y);
            x = y;
        } else if (tl_tok_is(&p->t, "not") || tl_tok_is(&p->t, "like") || tl_tok_is(&p->t, "in") ||
                   tl_tok_is(&p->t, "between") || tl_tok_is(&p->t, "match") ||
                   tl_tok_is(&p->t, "nmatch") || tl_tok_is(&p->t, "regexp")) {
            x = parse_predicate(p, x);
        } else {
            return x;
        }
    }
    return x;
}

static struct tl_expr *parse_not(struct tl_parser *p)
{
    if (!tl_tok_is(&p->t, "not")) return parse_compare(p);
    struct tl_expr *x = tl_expr_new(p, EX_NOT, p->t.z);
    tl_advance(p);
    if (!x || ++p->depth > TL_MAX_DEPTH) return fail(p);
    struct tl_expr *in = parse_not(p);
    p->depth--;
    return add(p, x, in) ? x : NULL;
}

/* AND and OR make one flat node, so that long generated lists stay shallow. */
static struct tl_expr *flat(struct tl_parser *p, const char *word, enum tl_ek k,
                            struct tl_expr *(*deeper)(struct tl_parser *))
{
    struct tl_expr *x = deeper(p);
    if (!x || !tl_tok_is(&p->t, word)) return x;
    struct tl_expr *y = tl_expr_new(p, k, x->z);
    if (!y || !add(p, y, x)) return NULL;
    while (tl_accept(p, word)) {
        if (!add(p, y, deeper(p))) return NULL;
    }
    return y;
}

static struct tl_expr *parse_and(struct tl_parser *p)
{
    return flat(p, "and", EX_AND, parse_not);
}

static struct tl_expr *parse_or(struct tl_parser *p)
{
    if (++p->depth > TL_MAX_DEPTH) return fail(p);
    struct tl_expr *x = flat(p, "or", EX_OR, parse_and);
    p->depth--;
    return x;
}

struct tl_expr *tl_parse_expr(struct tl_parser *p)
{
    return parse_or(p);
}

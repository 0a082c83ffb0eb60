/* sql_lex.c: TDengine's tokens (sql_lex.h, protocol.md 7.6 and 7.7). */
#include "sql_lex.h"

#include <string.h>

static bool is_alpha(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* End of the quoted run that starts at p (a quote character); NULL when it is not closed. */
static const char *quoted_end(const char *p, const char *end)
{
    char q = *p++;
    while (p < end) {
        if (*p == '\\' && q != '`' && p + 1 < end) {
            p += 2;
        } else if (*p == q) {
            if (p + 1 < end && p[1] == q) {
                p += 2;
            } else {
                return p + 1;
            }
        } else {
            p++;
        }
    }
    return NULL;
}

/* Skips blanks and comments. An open comment ends the text. */
static const char *skip_blank(const char *p, const char *end)
{
    for (;;) {
        while (p < end && is_space((unsigned char)*p))
            p++;
        if (p + 1 < end && p[0] == '-' && p[1] == '-') {
            while (p < end && *p != '\n')
                p++;
        } else if (p + 1 < end && p[0] == '/' && p[1] == '*') {
            p += 2;
            while (p + 1 < end && !(p[0] == '*' && p[1] == '/'))
                p++;
            p = p + 1 < end ? p + 2 : end;
        } else {
            return p;
        }
    }
}

char *tl_lex_fold(struct tl_arena *a, const char *sql, size_t n)
{
    char *copy = tl_arena_dup(a, sql, n);
    if (!copy) return NULL;
    char *p = copy, *end = copy + n;
    while (p < end) {
        p = (char *)skip_blank(p, end);
        if (p >= end) break;
        if (*p == '\'' || *p == '"' || *p == '`') {
            const char *e = quoted_end(p, end);
            p = e ? (char *)e : end;
        } else {
            if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 32);
            p++;
        }
    }
    return copy;
}

static void lex_number(struct tl_tok *t, const char *p, const char *end)
{
    const char *z = p;
    t->k = TK_INT;
    if (p + 1 < end && p[0] == '0' && (p[1] == 'x' || p[1] == 'b')) {
        p += 2;
        while (p < end && (is_digit((unsigned char)*p) || is_alpha((unsigned char)*p)))
            p++;
        t->n = (size_t)(p - z);
        return;
    }
    while (p < end && is_digit((unsigned char)*p))
        p++;
    if (p < end && *p == '.') {
        t->k = TK_DBL;
        p++;
        while (p < end && is_digit((unsigned char)*p))
            p++;
    }
    if (p < end && *p == 'e') {
        const char *q = p + 1;
        if (q < end && (*q == '+' || *q == '-')) q++;
        if (q < end && is_digit((unsigned char)*q)) {
            t->k = TK_DBL;
            while (q < end && is_digit((unsigned char)*q))
                q++;
            p = q;
        }
    }
    if (t->k == TK_INT && p < end && strchr("busamhdnyw", *p) &&
        (p + 1 >= end || (!is_alpha((unsigned char)p[1]) && !is_digit((unsigned char)p[1])))) {
        t->k = TK_DUR;
        p++;
    } else if (p < end && is_alpha((unsigned char)*p)) {
        t->k = TK_BAD;
        while (p < end && (is_digit((unsigned char)*p) || is_alpha((unsigned char)*p)))
            p++;
    }
    t->n = (size_t)(p - z);
}

static void lex_op(struct tl_tok *t, const char *p, const char *end)
{
    static const struct {
        char s[3];
        int op;
    } two[] = {{"<=", OP_LE},    {">=", OP_GE},  {"<>", OP_NE}, {"!=", OP_NE},
               {"->", OP_ARROW}, {"<<", OP_SHL}, {">>", OP_SHR}};
    t->k = TK_OP;
    if (p + 1 < end) {
        for (size_t i = 0; i < sizeof two / sizeof two[0]; i++) {
            if (p[0] == two[i].s[0] && p[1] == two[i].s[1]) {
                t->op = two[i].op;
                t->n = 2;
                return;
            }
        }
    }
    t->op = (unsigned char)*p;
    t->n = 1;
    if (!strchr("(),;.+-*/%=<>&|~^?", *p) || *p == 0) t->k = TK_BAD;
}

void tl_lex_next(struct tl_lex *lx, struct tl_tok *t)
{
    const char *p = skip_blank(lx->p, lx->end), *end = lx->end;
    memset(t, 0, sizeof *t);
    t->z = p;
    if (p >= end) {
        t->k = TK_END;
        lx->p = p;
        return;
    }
    unsigned char c = (unsigned char)*p;
    if (c == '\'' || c == '"' || c == '`') {
        const char *e = quoted_end(p, end);
        t->k = !e ? TK_BAD : c == '`' ? TK_QID : TK_STR;
        t->n = (size_t)((e ? e : end) - p);
    } else if (is_digit(c) || (c == '.' && p + 1 < end && is_digit((unsigned char)p[1]))) {
        lex_number(t, p, end);
    } else if (is_alpha(c)) {
        const char *q = p;
        while (q < end && (is_alpha((unsigned char)*q) || is_digit((unsigned char)*q)))
            q++;
        t->k = TK_ID;
        t->n = (size_t)(q - p);
    } else {
        lex_op(t, p, end);
    }
    lx->p = p + t->n;
}

bool tl_tok_is(const struct tl_tok *t, const char *word)
{
    return t->k == TK_ID && strlen(word) == t->n && memcmp(t->z, word, t->n) == 0;
}

void tl_tok_text(const struct tl_tok *t, char *out, size_t *n)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    size_t o = 0;
    char q = t->z[0];
    for (size_t i = 1; i + 1 < t->n; i++) {
        char c = t->z[i];
        if (c == q) {
            i++; /* a doubled quote */
            out[o++] = q;
        } else if (c == '\\' && q != '`') {
            char d = t->z[++i];
            const char *at = d ? strchr(from, d) : NULL;
            if (d == '%' || d == '_' || d == 'x') out[o++] = '\\';
            out[o++] = at ? to[at - from] : d;
        } else {
            out[o++] = c;
        }
    }
    *n = o;
}

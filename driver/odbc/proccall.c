#include "odbc/proccall.h"

#include <stdarg.h>
#include <stdio.h>

#include "odbc/sqllex.h"

enum td_rc td_call_wrong(const struct td_proc *p, enum td_sqlstate state, struct td_err *err,
                         const char *fmt, ...)
{
    struct td_buf sig = TD_BUF_INIT(1024);
    char text[300];
    va_list ap;
    enum td_rc rc;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    td_proc_signature(p, &sig);
    rc = td_buf_ok(&sig) ? td_err_set(err, state, 0, "%s: %.*s", text, (int)sig.n, (char *)sig.p)
                         : td_err_nomem(err);
    td_buf_free(&sig);
    return rc;
}

/* ---- the call ---- */

static struct td_str unquoted(const struct td_tok *t)
{
    const bool quoted = t->kind == TD_TOK_NAME || t->kind == TD_TOK_STRING;

    return quoted ? (struct td_str){t->text.p + 1, t->text.n - 2} : t->text;
}

enum td_rc td_call_split(struct td_str sql, struct td_str *name, struct td_str *args,
                         struct td_err *err)
{
    struct td_lex l = {.s = sql, .quoted_identifiers = true};
    struct td_tok t = td_lex_solid(&l);

    if (td_tok_is(&t, '?')) {
        (void)td_lex_solid(&l); /* `=`, as sqltext.c saw it */
        t = td_lex_solid(&l);
    }
    t = td_lex_solid(&l); /* behind CALL */
    if (t.kind != TD_TOK_WORD && t.kind != TD_TOK_NAME)
        return td_err_set(err, TD_ST_42000, 0, "CALL needs the name of a procedure");
    *name = unquoted(&t);
    *args = (struct td_str){NULL, 0};
    t = td_lex_solid(&l);
    /* a name with qualifiers is no procedure of the driver: the server says what is wrong */
    if (t.kind == TD_TOK_END || !td_tok_is(&t, '(')) return TD_OK;
    *args = (struct td_str){sql.p + l.pos, sql.n - l.pos};
    return TD_OK;
}

/* ---- literals ---- */

/* TDengine's escapes (protocol.md 7.7): a doubled delimiter, and backslash ones. */
static char escaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    default:
        return c;
    }
}

static bool read_string(struct td_proccall *c, const struct td_tok *t, struct td_str *out)
{
    const char *p = t->text.p + 1, *end = t->text.p + t->text.n - 1;
    char *to = td_arena_alloc(&c->arena, t->text.n), *start = to;

    if (!to) return false;
    for (; p < end; p++) {
        if (*p == '\\' && p + 1 < end)
            *to++ = escaped(*++p);
        else {
            if (*p == t->c && p + 1 < end && p[1] == t->c) p++;
            *to++ = *p;
        }
    }
    *out = (struct td_str){start, (size_t)(to - start)};
    return true;
}

/* A literal as the argument's type. */
static enum td_rc set_literal(struct td_proccall *c, uint32_t i, struct td_str text,
                              struct td_err *err)
{
    c->arg[i].given = true;
    c->arg[i].text = text;
    if (c->proc->args[i].type == TD_PROC_INT && !td_str_i64(td_str_trim(text), &c->arg[i].num))
        return td_call_wrong(c->proc, TD_ST_22018, err, "argument %s is a number",
                             c->proc->args[i].name);
    return TD_OK;
}

/* A number with its sign as it stands in the text. */
static enum td_rc set_number(struct td_proccall *c, uint32_t i, struct td_lex *l, struct td_tok t,
                             struct td_err *err)
{
    const char *start = t.text.p;
    const bool sign = t.kind == TD_TOK_CHAR;

    if (sign) t = td_lex_next(l);
    if (t.kind != TD_TOK_NUMBER)
        return td_call_wrong(c->proc, TD_ST_42000, err, "argument %s cannot be read",
                             c->proc->args[i].name);
    return set_literal(c, i, (struct td_str){start, (size_t)(t.text.p + t.text.n - start)}, err);
}

static enum td_rc read_arg(struct td_proccall *c, uint32_t i, struct td_lex *l, struct td_tok t,
                           int *markers, struct td_err *err)
{
    struct td_str text;

    c->arg[i].marker = -1;
    if (td_tok_is(&t, '?')) {
        c->arg[i].given = true;
        c->arg[i].marker = (*markers)++;
        return TD_OK;
    }
    if (td_tok_word(&t, "null")) {
        c->arg[i].given = c->arg[i].null = true;
        return TD_OK;
    }
    if (td_tok_word(&t, "default")) return TD_OK;
    if (t.kind == TD_TOK_STRING)
        return read_string(c, &t, &text) ? set_literal(c, i, text, err) : td_err_nomem(err);
    if (t.kind == TD_TOK_NUMBER || td_tok_is(&t, '-') || td_tok_is(&t, '+'))
        return set_number(c, i, l, t, err);
    if (t.kind == TD_TOK_WORD && c->proc->args[i].type == TD_PROC_TEXT)
        return set_literal(c, i, t.text, err); /* line, ms: words need no quotes */
    return td_call_wrong(c->proc, TD_ST_42000, err, "argument %s cannot be read",
                         c->proc->args[i].name);
}

static enum td_rc count_ok(const struct td_proccall *c, uint32_t n, struct td_err *err)
{
    uint32_t least = 0, most = 0;

    for (; c->proc->args[most].name; most++)
        if (c->proc->args[most].required) least = most + 1;
    if (n >= least && n <= most) return TD_OK;
    return td_call_wrong(c->proc, TD_ST_07001, err, "wrong number of arguments (%u)", n);
}

enum td_rc td_call_args(struct td_proccall *c, struct td_str args, struct td_err *err)
{
    struct td_lex l = {.s = args};
    struct td_tok t = td_lex_solid(&l);
    uint32_t n = 0;
    int markers = 0;

    for (uint32_t i = 0; i < TD_PROC_ARGS; i++)
        c->arg[i].marker = -1;
    if (args.p && t.kind == TD_TOK_END)
        return td_call_wrong(c->proc, TD_ST_42000, err, "an open parenthesis");
    if (args.p && !td_tok_is(&t, ')')) {
        for (;; t = td_lex_solid(&l)) {
            if (n == TD_PROC_ARGS || !c->proc->args[n].name) {
                n++;
                break;
            }
            if (read_arg(c, n, &l, t, &markers, err) != TD_OK) return TD_FAIL;
            n++;
            t = td_lex_solid(&l);
            if (!td_tok_is(&t, ',')) break;
        }
        if (count_ok(c, n, err) != TD_OK) return TD_FAIL;
        if (!td_tok_is(&t, ')'))
            return td_call_wrong(c->proc, TD_ST_42000, err, "the call cannot be read");
    }
    if (args.p && (t = td_lex_solid(&l)).kind != TD_TOK_END)
        return td_call_wrong(c->proc, TD_ST_42000, err, "text behind the call");
    return count_ok(c, n, err);
}

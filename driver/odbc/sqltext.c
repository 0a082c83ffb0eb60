#include "odbc/sqltext.h"

#include "base/alloc.h"
#include "odbc/escape.h"
#include "odbc/sqllex.h"

/* A statement longer than this is refused by the server (protocol.md 7.5: 1 MB); the ceiling only bounds memory. */
#define NATIVE_MAX ((size_t)64 << 20)

static const struct {
    const char *word;
    enum td_sql_kind kind;
} kinds[] = {
    {"select", TD_SQL_SELECT}, {"insert", TD_SQL_INSERT}, {"import", TD_SQL_INSERT},
    {"show", TD_SQL_SHOW},     {"desc", TD_SQL_SHOW},     {"describe", TD_SQL_SHOW},
    {"explain", TD_SQL_SHOW},  {"use", TD_SQL_USE},       {"call", TD_SQL_CALL},
};

/* Kind by the first word; parentheses before it are those of a parenthesised SELECT, `?=` before it that of a call. */
static void classify(struct td_sqlstmt *st)
{
    struct td_lex l = {.s = st->sql};
    struct td_tok t = td_lex_solid(&l);
    st->kind = t.kind == TD_TOK_END ? TD_SQL_EMPTY : TD_SQL_OTHER;
    if (td_tok_is(&t, '?')) {
        t = td_lex_solid(&l);
        if (!td_tok_is(&t, '=')) return;
        t = td_lex_solid(&l);
        st->call_returns = td_tok_word(&t, "call");
    }
    while (td_tok_is(&t, '('))
        t = td_lex_solid(&l);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (td_tok_word(&t, kinds[i].word)) st->kind = kinds[i].kind;
}

/* A new statement at the end of the list, NULL when there is no memory. */
static struct td_sqlstmt *stmt_add(struct td_sqltext *t)
{
    if (t->nstmts == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 2;
        struct td_sqlstmt *p = td_realloc(t->stmts, cap * sizeof *p);
        if (!p) return NULL;
        t->stmts = p;
        t->cap = cap;
    }
    struct td_sqlstmt *st = &t->stmts[t->nstmts++];
    memset(st, 0, sizeof *st);
    return st;
}

static bool marker_add(struct td_sqlstmt *st, uint32_t *cap, size_t off)
{
    if (st->nmarkers == *cap) {
        uint32_t want = *cap ? 2 * *cap : 8;
        uint32_t *p = td_realloc(st->markers, want * sizeof *p);
        if (!p) return false;
        st->markers = p;
        *cap = want;
    }
    st->markers[st->nmarkers++] = (uint32_t)off;
    return true;
}

/* Cuts the native text at top-level semicolons and notes the markers. The text is known to lex well. */
static enum td_rc split(struct td_sqltext *t, struct td_err *err)
{
    struct td_lex l = {.s = t->native.n ? td_buf_str(&t->native) : TD_STR("")};
    for (;;) {
        size_t begin = l.pos;
        while (begin < l.s.n && td_isspace(l.s.p[begin]))
            begin++;
        l.pos = begin;
        struct td_sqlstmt *st = stmt_add(t);
        if (!st) return td_err_nomem(err);
        uint32_t cap = 0;
        struct td_tok tok;
        while ((tok = td_lex_next(&l)).kind != TD_TOK_END && !td_tok_is(&tok, ';'))
            if (td_tok_is(&tok, '?') && !marker_add(st, &cap, tok.pos - begin))
                return td_err_nomem(err);
        st->sql = td_str_trim((struct td_str){l.s.p + begin, tok.pos - begin});
        classify(st);
        bool last = tok.kind == TD_TOK_END;
        if (st->kind == TD_SQL_EMPTY && (t->nstmts > 1 || !last)) {
            td_free(st->markers);
            t->nstmts--;
        } else {
            t->nmarkers += st->nmarkers;
        }
        if (last) break;
    }
    return TD_OK;
}

enum td_rc td_sqltext_parse(struct td_sqltext *t, struct td_str sql,
                            const struct td_sqltext_opts *o, struct td_err *err)
{
    memset(t, 0, sizeof *t);
    t->native = TD_BUF_INIT(NATIVE_MAX);
    enum td_rc rc = td_escape_rewrite(sql, o, &t->native, err);
    if (rc == TD_OK && !td_buf_ok(&t->native)) rc = td_err_nomem(err);
    if (rc == TD_OK) rc = split(t, err);
    if (rc != TD_OK) td_sqltext_free(t);
    return rc;
}

void td_sqltext_free(struct td_sqltext *t)
{
    for (size_t i = 0; i < t->nstmts; i++)
        td_free(t->stmts[i].markers);
    td_free(t->stmts);
    td_buf_free(&t->native);
    memset(t, 0, sizeof *t);
}

#include "odbc/escape.h"

#include "odbc/colname.h"
#include "odbc/likeesc.h"
#include "odbc/scalarfn.h"
#include "odbc/sqllex.h"

#define MAX_DEPTH   64 /* of escapes in escapes: bounds the recursion */
#define NO_LITERAL  SIZE_MAX
#define SCRATCH_MAX ((size_t)64 << 20)

struct rewriter {
    struct td_lex l;
    const struct td_sqltext_opts *o;
    struct td_err *err;
    int depth;
    uint32_t markers;    /* seen so far */
    bool stmt_started;   /* the statement's first word was seen */
    bool selects;        /* it is SELECT */
    struct td_str table; /* the `db`.`t` whose columns lost their database last */
    bool
        inserts; /* it is INSERT, IMPORT or CREATE: VALUES and TAGS take bare literals (protocol.md 7.9) */
    bool bare; /* within such a list */
};

static enum td_rc copy(struct rewriter *r, struct td_buf *out, bool in_args, char *stop);

static enum td_rc bad(struct rewriter *r, size_t pos, const char *what)
{
    return td_err_set(r->err, TD_ST_42000, 0, "%s at character %zu", what, pos + 1);
}

/* `"a""b"` → `` `a"b` ``; a backquote inside is doubled. */
static void put_name(struct td_buf *out, struct td_str quoted)
{
    td_buf_putc(out, '`');
    for (size_t i = 1; i + 1 < quoted.n; i++) {
        if (quoted.p[i] == '`') td_buf_putc(out, '`');
        if (quoted.p[i] == '"') i++;
        td_buf_putc(out, quoted.p[i]);
    }
    td_buf_putc(out, '`');
}

/* Keeps track of where bare literals are wanted. */
static void note_word(struct rewriter *r, struct td_str word)
{
    if (!r->stmt_started) {
        r->stmt_started = true;
        r->selects = td_str_ieqz(word, "select");
        r->inserts = td_str_ieqz(word, "insert") || td_str_ieqz(word, "import") ||
                     td_str_ieqz(word, "create");
        r->bare = false;
    } else if (r->inserts && (td_str_ieqz(word, "values") || td_str_ieqz(word, "tags"))) {
        r->bare = true;
    } else if (td_str_ieqz(word, "select") || td_str_ieqz(word, "using")) {
        r->bare = false;
    }
}

static enum td_rc closing_brace(struct rewriter *r)
{
    struct td_tok t = td_lex_solid(&r->l);
    return td_tok_is(&t, '}') ? TD_OK : bad(r, t.pos, "The escape sequence is not closed by }");
}

/* {d '…'}, {t '…'}, {ts '…'}, {guid '…'}: `timestamp '…'` where an expression is wanted, '…' in VALUES and TAGS; there
   are no TIME and GUID literals. */
static enum td_rc literal(struct rewriter *r, struct td_buf *out, bool timestamp)
{
    struct td_tok t = td_lex_solid(&r->l);
    if (t.kind != TD_TOK_STRING) return bad(r, t.pos, "The escape sequence wants a quoted literal");
    if (timestamp && !r->bare) td_buf_puts(out, "timestamp ");
    td_buf_putstr(out, t.text);
    return closing_brace(r);
}

/* {INTERVAL '5' DAY}, {INTERVAL '5' DAY(2)}: a whole number of one unit, `5d`. */
static enum td_rc interval(struct rewriter *r, struct td_buf *out, size_t pos)
{
    struct td_tok n = td_lex_solid(&r->l), unit = td_lex_solid(&r->l), t = td_lex_solid(&r->l);
    char letter = unit.kind == TD_TOK_WORD ? td_interval_unit(unit.text) : 0;
    struct td_str digits = {n.text.p + 1, n.text.n < 2 ? 0 : n.text.n - 2};
    bool ok = n.kind == TD_TOK_STRING && letter && digits.n > 0;
    for (size_t i = 0; ok && i < digits.n; i++)
        ok = td_isdigit(digits.p[i]);
    if (ok && td_tok_is(&t, '(')) {
        struct td_tok precision = td_lex_solid(&r->l), close = td_lex_solid(&r->l);
        ok = precision.kind == TD_TOK_NUMBER && td_tok_is(&close, ')');
        t = td_lex_solid(&r->l);
    }
    if (!ok || !td_tok_is(&t, '}'))
        return bad(r, pos, "TDengine has no equal of the interval literal");
    td_buf_putstr(out, digits);
    td_buf_putc(out, letter);
    return TD_OK;
}

/* {escape 'c'}. The backslash is TDengine's own escape character and needs no clause; for another one the literal before
   it is rewritten. Read raw, because to TDengine's rules the literal '\' would have no end. */
static enum td_rc like_escape(struct rewriter *r, struct td_buf *out, size_t pos, size_t literal_at)
{
    static const char *const forms[] = {"'\\\\'", "''''"};
    struct td_str s = r->l.s;
    size_t i = r->l.pos, n = 3;
    while (i < s.n && td_isspace(s.p[i]))
        i++;
    for (size_t k = 0; k < 2; k++)
        if (s.n - i >= 4 && memcmp(s.p + i, forms[k], 4) == 0) n = 4;
    if (s.n - i < n || s.p[i] != '\'' || s.p[i + n - 1] != '\'' || s.p[i + 1] == '%' ||
        s.p[i + 1] == '_')
        return bad(r, pos, "{escape} wants one character in quotes");
    char esc = s.p[i + 1];
    r->l.pos = i + n;
    if (esc == '\\') return closing_brace(r);
    if (literal_at == NO_LITERAL)
        return bad(r, pos,
                   "Only the backslash can escape in a pattern that is no literal; {escape}");
    if (!td_buf_ok(out)) return td_err_nomem(r->err);
    struct td_buf text = TD_BUF_INIT(SCRATCH_MAX);
    struct td_str pattern = {(const char *)out->p + literal_at, out->n - literal_at};
    bool ok = td_like_rewrite(td_str_trim(pattern), esc, &text);
    enum td_rc rc = TD_OK;
    if (!td_buf_ok(&text))
        rc = td_err_nomem(r->err);
    else if (!ok)
        rc = bad(r, pos, "The pattern ends with its escape character; {escape}");
    if (rc == TD_OK) {
        out->n = literal_at;
        td_buf_putstr(out, td_buf_str(&text));
    }
    td_buf_free(&text);
    return rc == TD_OK ? closing_brace(r) : rc;
}

/* The arguments of {fn name(…)} from behind the parenthesis, rewritten into `text`; `ends` are offsets in it. */
static enum td_rc arguments(struct rewriter *r, struct td_buf *text, size_t *ends,
                            uint32_t *markers, size_t *n)
{
    struct td_lex ahead = r->l;
    struct td_tok t = td_lex_solid(&ahead);
    *n = 0;
    if (td_tok_is(&t, ')')) {
        r->l = ahead;
        return TD_OK;
    }
    char stop = ',';
    while (stop == ',') {
        if (*n == TD_FN_MAX_ARGS) return bad(r, r->l.pos, "Too many arguments in {fn}");
        uint32_t before = r->markers;
        if (copy(r, text, true, &stop) != TD_OK) return TD_FAIL;
        ends[*n] = text->n;
        markers[(*n)++] = r->markers - before;
    }
    return stop == ')' ? TD_OK : bad(r, r->l.pos, "The argument list of {fn} has no end");
}

static enum td_rc function(struct rewriter *r, struct td_buf *out)
{
    struct td_tok name = td_lex_solid(&r->l);
    if (name.kind != TD_TOK_WORD) return bad(r, name.pos, "{fn} wants the name of a function");
    struct td_buf text = TD_BUF_INIT(SCRATCH_MAX);
    size_t ends[TD_FN_MAX_ARGS], n = 0;
    uint32_t markers[TD_FN_MAX_ARGS];
    struct td_lex ahead = r->l;
    struct td_tok t = td_lex_solid(&ahead);
    enum td_rc rc = TD_OK;
    if (td_tok_is(&t, '(')) {
        r->l = ahead;
        rc = arguments(r, &text, ends, markers, &n);
    }
    if (rc == TD_OK && !td_buf_ok(&text)) rc = td_err_nomem(r->err);
    if (rc == TD_OK) {
        struct td_fn_arg args[TD_FN_MAX_ARGS];
        for (size_t i = 0; i < n; i++) {
            size_t from = i ? ends[i - 1] : 0;
            args[i].text =
                text.n ? td_str_trim((struct td_str){(const char *)text.p + from, ends[i] - from})
                       : TD_STR("");
            args[i].markers = markers[i];
        }
        rc = td_scalarfn_write(name.text, args, n, out, r->err);
    }
    td_buf_free(&text);
    return rc == TD_OK ? closing_brace(r) : rc;
}

/* {call p(…)} → CALL p(…), {?=call p(…)} → ?=CALL p(…): sqltext.c knows these forms again. */
static enum td_rc call(struct rewriter *r, struct td_buf *out, bool returns)
{
    char stop;
    td_buf_puts(out, returns ? "?=CALL" : "CALL");
    r->stmt_started = true;
    return copy(r, out, false, &stop);
}

/* An escape sequence from behind its opening brace, at `pos`; a literal before it begins in `out` at `literal_at`. */
static enum td_rc escape(struct rewriter *r, struct td_buf *out, size_t pos, size_t literal_at)
{
    char stop;
    struct td_tok t = td_lex_solid(&r->l);
    if (td_tok_is(&t, '?')) {
        struct td_tok eq = td_lex_solid(&r->l), word = td_lex_solid(&r->l);
        if (!td_tok_is(&eq, '=') || !td_tok_word(&word, "call"))
            return bad(r, pos, "Unknown escape sequence");
        r->markers++;
        return call(r, out, true);
    }
    if (td_tok_word(&t, "fn")) return function(r, out);
    if (td_tok_word(&t, "ts") || td_tok_word(&t, "d")) return literal(r, out, true);
    if (td_tok_word(&t, "t") || td_tok_word(&t, "guid")) return literal(r, out, false);
    if (td_tok_word(&t, "oj")) return copy(r, out, false, &stop);
    if (td_tok_word(&t, "call")) return call(r, out, false);
    if (td_tok_word(&t, "escape")) return like_escape(r, out, pos, literal_at);
    if (td_tok_word(&t, "interval")) return interval(r, out, pos);
    return bad(r, pos, "Unknown escape sequence");
}

/* Leaves out the database of `db`.`t`.`c`, with its dot. */
static bool drop_database(struct rewriter *r, const struct td_tok *t)
{
    if (t->kind != TD_TOK_NAME && t->kind != TD_TOK_WORD) return false;
    if (r->l.pos >= r->l.s.n || r->l.s.p[r->l.pos] != '.') return false;
    if (t->pos > 0 && r->l.s.p[t->pos - 1] == '.') return false;
    if (!td_colname_has_database(&r->l, t->pos, &r->table)) return false;
    td_lex_next(&r->l);
    return true;
}

static enum td_rc put_token(struct rewriter *r, struct td_buf *out, const struct td_tok *t)
{
    /* TD_TOK_OPEN, a quoted text or comment without end, goes to the server: its error says more than ours would */
    if (t->kind == TD_TOK_NAME && t->c == '"') {
        put_name(out, t->text);
        return TD_OK;
    }
    if (t->kind == TD_TOK_WORD) note_word(r, t->text);
    r->markers += td_tok_is(t, '?');
    td_buf_putstr(out, t->text);
    return TD_OK;
}

/* Copies tokens, rewriting escapes: to the end of the text (depth 0), to the `}` of the enclosing escape, or with
   `in_args` to the `,` or `)` that ends an argument. *stop is the character that ended it, which is consumed. */
static enum td_rc copy(struct rewriter *r, struct td_buf *out, bool in_args, char *stop)
{
    size_t parens = 0, begin = r->l.pos, literal_at = NO_LITERAL;
    for (;;) {
        struct td_tok t = td_lex_next(&r->l);
        if (t.kind == TD_TOK_END) {
            *stop = 0;
            return r->depth == 0
                       ? TD_OK
                       : bad(r, begin, "The escape sequence is not closed by }; it begins");
        }
        if (t.kind == TD_TOK_CHAR && !r->o->noscan) {
            if (t.c == '{') {
                if (r->depth++ == MAX_DEPTH)
                    return bad(r, t.pos, "Escape sequences are nested too deeply");
                if (escape(r, out, t.pos, literal_at) != TD_OK) return TD_FAIL;
                r->depth--;
                literal_at = NO_LITERAL;
                continue;
            }
            bool ends =
                in_args ? parens == 0 && (t.c == ',' || t.c == ')') : r->depth > 0 && t.c == '}';
            if (ends) {
                *stop = t.c;
                return TD_OK;
            }
            if (in_args && t.c == '}')
                return bad(r, t.pos, "Unexpected } in the arguments of {fn}");
            if (t.c == '(')
                parens++;
            else if (t.c == ')' && parens > 0)
                parens--;
            else if (t.c == ';' && r->depth == 0) {
                r->stmt_started = r->selects = r->inserts = r->bare = false;
                r->table = TD_STR("");
            }
        }
        if (r->selects && !r->o->noscan && drop_database(r, &t)) continue;
        if (t.kind == TD_TOK_STRING)
            literal_at = out->n;
        else if (t.kind != TD_TOK_SPACE)
            literal_at = NO_LITERAL;
        if (put_token(r, out, &t) != TD_OK) return TD_FAIL;
    }
}

enum td_rc td_escape_rewrite(struct td_str sql, const struct td_sqltext_opts *o, struct td_buf *out,
                             struct td_err *err)
{
    struct rewriter r = {
        .l = {.s = sql, .quoted_identifiers = o->quoted_identifiers}, .o = o, .err = err};
    char stop;
    if (sql.n == 0) return TD_OK;
    return copy(&r, out, false, &stop);
}

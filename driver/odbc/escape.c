#include "odbc/escape.h"

#include "odbc/sqllex.h"

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

enum td_rc td_escape_rewrite(struct td_str sql, const struct td_sqltext_opts *o, struct td_buf *out,
                             struct td_err *err)
{
    struct td_lex l = {.s = sql, .quoted_identifiers = o->quoted_identifiers};
    struct td_tok t;
    while ((t = td_lex_next(&l)).kind != TD_TOK_END) {
        if (t.kind == TD_TOK_OPEN)
            return td_err_set(err, TD_ST_42000, 0, "The %s that begins at character %zu has no end",
                              t.c == '/' ? "comment" : "quoted text", t.pos + 1);
        if (t.kind == TD_TOK_NAME && t.c == '"')
            put_name(out, t.text);
        else
            td_buf_putstr(out, t.text);
    }
    return TD_OK;
}

#include "odbc/catsql.h"

#define LIKE_MAX 100 /* bytes of a pattern that the server takes (protocol.md 7.5) */

static bool copy_unescaped(struct td_match *m, struct td_str arg, struct td_arena *a)
{
    char *p = td_arena_strndup(a, arg.p, arg.n);
    size_t n = 0;
    if (!p) return false;
    for (size_t i = 0; i < arg.n; i++) {
        if (arg.p[i] == '\\' && i + 1 < arg.n) i++;
        p[n++] = arg.p[i];
    }
    m->kind = TD_MATCH_EQ;
    m->text = (struct td_str){p, n};
    return true;
}

static bool make_pattern(struct td_match *m, struct td_str arg, struct td_arena *a)
{
    bool wild = false, all = arg.n > 0;
    for (size_t i = 0; i < arg.n; i++) {
        all = all && arg.p[i] == '%';
        if (arg.p[i] == '\\')
            i++;
        else if (arg.p[i] == '%' || arg.p[i] == '_')
            wild = true;
    }
    if (all) return true;
    if (!wild) return copy_unescaped(m, arg, a);
    char *p = td_arena_strndup(a, arg.p, arg.n);
    m->kind = TD_MATCH_LIKE;
    m->text = (struct td_str){p, arg.n};
    return p != NULL;
}

/* Reference, "Identifier Arguments": quoted ones lose the quotes and keep their case. */
static bool make_identifier(struct td_match *m, struct td_str arg, struct td_arena *a)
{
    while (arg.n && arg.p[arg.n - 1] == ' ')
        arg.n--;
    char *p = td_arena_strndup(a, arg.p, arg.n);
    size_t n = 0;
    if (!p) return false;
    if (arg.n >= 2 && (arg.p[0] == '`' || arg.p[0] == '"') && arg.p[arg.n - 1] == arg.p[0]) {
        for (size_t i = 1; i + 1 < arg.n; i++) {
            if (arg.p[i] == arg.p[0] && i + 2 < arg.n && arg.p[i + 1] == arg.p[0]) i++;
            p[n++] = arg.p[i];
        }
    } else {
        for (; n < arg.n; n++)
            p[n] = td_lower(arg.p[n]);
    }
    m->kind = TD_MATCH_EQ;
    m->text = (struct td_str){p, n};
    return true;
}

bool td_match_make(struct td_match *m, struct td_str arg, enum td_arg_kind kind, struct td_arena *a)
{
    memset(m, 0, sizeof *m);
    if (!arg.p) return true;
    if (kind == TD_ARG_PATTERN) return make_pattern(m, arg, a);
    if (kind == TD_ARG_IDENTIFIER) return make_identifier(m, arg, a);
    m->kind = TD_MATCH_EQ;
    m->text.p = td_arena_strndup(a, arg.p, arg.n);
    m->text.n = arg.n;
    return m->text.p != NULL;
}

bool td_match_ok(const struct td_match *m, struct td_str name)
{
    if (m->kind == TD_MATCH_EQ) return td_str_eq(m->text, name);
    return m->kind == TD_MATCH_ANY || td_str_like(name, m->text, '\\', false);
}

void td_sql_literal(struct td_buf *sql, struct td_str s)
{
    td_buf_putc(sql, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'' || s.p[i] == '\\') td_buf_putc(sql, s.p[i]);
        td_buf_putc(sql, s.p[i]);
    }
    td_buf_putc(sql, '\'');
}

void td_sql_name(struct td_buf *sql, struct td_str s)
{
    td_buf_putc(sql, '`');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '`') td_buf_putc(sql, '`');
        td_buf_putc(sql, s.p[i]);
    }
    td_buf_putc(sql, '`');
}

/* One character of a pattern in a literal, and how many bytes of the pattern it takes. Of the string escapes only \% and \_
   reach LIKE with their backslash (protocol.md 7.7); a literal backslash is \\ in the pattern, so four in the SQL. `_`
   counts bytes on the server: it is sent as %, and the check here decides. */
static size_t put_like_char(struct td_buf *sql, struct td_str pattern, size_t i)
{
    char c = pattern.p[i];
    if (c == '_') {
        td_buf_putc(sql, '%');
        return 1;
    }
    if (c == '\\' && i + 1 < pattern.n) {
        char e = pattern.p[i + 1];
        if (e == '%' || e == '_')
            td_buf_printf(sql, "\\%c", e);
        else if (e == '\\')
            td_buf_puts(sql, "\\\\\\\\");
        else if (e == '\'')
            td_buf_puts(sql, "''");
        else
            td_buf_putc(sql, e);
        return 2;
    }
    if (c == '\'')
        td_buf_puts(sql, "''");
    else if (c == '\\')
        td_buf_puts(sql, "\\\\\\\\");
    else
        td_buf_putc(sql, c);
    return 1;
}

static void put_like(struct td_buf *sql, struct td_str pattern)
{
    size_t i = 0;
    td_buf_putc(sql, '\'');
    /* a longer pattern is cut before a whole code point; the server then gives more than is wanted */
    while (i < pattern.n && (pattern.n <= LIKE_MAX - 2 || i < LIKE_MAX - 8 ||
                             ((uint8_t)pattern.p[i] & 0xc0) == 0x80))
        i += put_like_char(sql, pattern, i);
    if (i < pattern.n) td_buf_putc(sql, '%');
    td_buf_putc(sql, '\'');
}

void td_match_where(struct td_buf *sql, const char **glue, const char *column,
                    const struct td_match *m)
{
    if (m->kind == TD_MATCH_ANY) return;
    td_buf_printf(sql, "%s%s %s ", *glue, column, m->kind == TD_MATCH_EQ ? "=" : "like");
    if (m->kind == TD_MATCH_EQ)
        td_sql_literal(sql, m->text);
    else
        put_like(sql, m->text);
    *glue = " and ";
}

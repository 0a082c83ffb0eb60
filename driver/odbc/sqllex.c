#include "odbc/sqllex.h"

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || td_isdigit(c) || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* End of a string or name that opens at `i`; 0 when it has none. */
static size_t quoted_end(struct td_str s, size_t i, bool backslash)
{
    char q = s.p[i++];
    while (i < s.n) {
        if (backslash && s.p[i] == '\\') {
            i += 2;
        } else if (s.p[i] != q) {
            i++;
        } else if (i + 1 < s.n && s.p[i + 1] == q) {
            i += 2;
        } else {
            return i + 1;
        }
    }
    return 0;
}

static size_t block_comment_end(struct td_str s, size_t i)
{
    for (i += 2; i + 1 < s.n; i++)
        if (s.p[i] == '*' && s.p[i + 1] == '/') return i + 2;
    return 0;
}

static size_t line_end(struct td_str s, size_t i)
{
    while (i < s.n && s.p[i] != '\n')
        i++;
    return i;
}

static size_t number_end(struct td_str s, size_t i)
{
    bool hex = i + 1 < s.n && s.p[i] == '0' && td_lower(s.p[i + 1]) == 'x';
    while (i < s.n) {
        char c = s.p[i];
        bool sign = (c == '+' || c == '-') && !hex && td_lower(s.p[i - 1]) == 'e' && i + 1 < s.n &&
                    td_isdigit(s.p[i + 1]);
        if (!word_char(c) && c != '.' && !sign) break;
        i++;
    }
    return i;
}

static bool at(struct td_str s, size_t i, char a, char b)
{
    return i + 1 < s.n && s.p[i] == a && s.p[i + 1] == b;
}

struct td_tok td_lex_next(struct td_lex *l)
{
    struct td_str s = l->s;
    size_t i = l->pos, end = i + 1;
    struct td_tok t = {TD_TOK_END, 0, i, {s.p + i, 0}};
    if (i >= s.n) return t;

    char c = t.c = s.p[i];
    if (td_isspace(c)) {
        t.kind = TD_TOK_SPACE;
        while (end < s.n && td_isspace(s.p[end]))
            end++;
    } else if (c == '\'' || (c == '"' && !l->quoted_identifiers)) {
        t.kind = TD_TOK_STRING;
        end = quoted_end(s, i, true);
    } else if (c == '`' || c == '"') {
        t.kind = TD_TOK_NAME;
        end = quoted_end(s, i, false);
    } else if (at(s, i, '-', '-')) {
        t.kind = TD_TOK_COMMENT;
        end = line_end(s, i);
    } else if (at(s, i, '/', '*')) {
        t.kind = TD_TOK_COMMENT;
        end = block_comment_end(s, i);
    } else if (td_isdigit(c)) {
        t.kind = TD_TOK_NUMBER;
        end = number_end(s, i);
    } else if (word_char(c)) {
        t.kind = TD_TOK_WORD;
        while (end < s.n && word_char(s.p[end]))
            end++;
    } else {
        t.kind = TD_TOK_CHAR;
    }
    if (end == 0) {
        t.kind = TD_TOK_OPEN;
        end = s.n;
    }
    t.text.n = end - i;
    l->pos = end;
    return t;
}

struct td_tok td_lex_solid(struct td_lex *l)
{
    struct td_tok t;
    do
        t = td_lex_next(l);
    while (t.kind == TD_TOK_SPACE || t.kind == TD_TOK_COMMENT);
    return t;
}

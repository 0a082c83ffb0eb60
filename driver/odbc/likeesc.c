#include "odbc/likeesc.h"

/* The next character of a literal's content, as the server reads it (protocol.md 7.7): doubled quotes, backslash escapes;
   \%, \_ and \x keep their backslash. */
static char next_char(struct td_str s, size_t *i, char quote)
{
    static const char names[] = "nrtbf", values[] = "\n\r\t\b\f";
    char c = s.p[(*i)++];
    if (c == quote && *i < s.n && s.p[*i] == quote) {
        (*i)++;
    } else if (c == '\\' && *i < s.n) {
        char d = s.p[*i];
        if (d == '%' || d == '_' || d == 'x') return c;
        (*i)++;
        const char *known = strchr(names, d);
        return known && d ? values[known - names] : d;
    }
    return c;
}

static void put_char(struct td_buf *out, char c, char quote, bool escaped)
{
    if (c == '\\') {
        td_buf_puts(out, "\\\\\\\\"); /* two for the pattern, each doubled for the literal */
        return;
    }
    if (escaped && (c == '%' || c == '_')) td_buf_putc(out, '\\');
    if (c == quote) td_buf_putc(out, quote);
    td_buf_putc(out, c);
}

bool td_like_rewrite(struct td_str pattern, char esc, struct td_buf *out)
{
    char quote = pattern.p[0];
    struct td_str s = {pattern.p + 1, pattern.n - 2};
    td_buf_putc(out, quote);
    for (size_t i = 0; i < s.n;) {
        char c = next_char(s, &i, quote);
        bool escaped = c == esc;
        if (escaped) {
            if (i >= s.n) return false;
            c = next_char(s, &i, quote);
        }
        put_char(out, c, quote, escaped);
    }
    td_buf_putc(out, quote);
    return true;
}

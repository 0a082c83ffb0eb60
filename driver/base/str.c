/* str.c: see str.h. */
#include "base/str.h"

bool td_str_ieq(struct td_str a, struct td_str b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (td_lower(a.p[i]) != td_lower(b.p[i])) return false;
    return true;
}

bool td_str_ieqz(struct td_str a, const char *z)
{
    return td_str_ieq(a, td_str_of(z));
}

bool td_str_istarts(struct td_str a, const char *prefix)
{
    struct td_str p = td_str_of(prefix);
    return a.n >= p.n && td_str_ieq((struct td_str){a.p, p.n}, p);
}

struct td_str td_str_trim(struct td_str s)
{
    while (s.n && td_isspace(s.p[0]))
        s.p++, s.n--;
    while (s.n && td_isspace(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool td_str_i64(struct td_str s, int64_t *out)
{
    size_t i = 0;
    bool neg = false;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) neg = s.p[i++] == '-';
    if (i == s.n) return false;
    /* Counts downward, because the magnitude of INT64_MIN has no positive twin. */
    int64_t v = 0;
    for (; i < s.n; i++) {
        if (!td_isdigit(s.p[i])) return false;
        int d = s.p[i] - '0';
        if (v < (INT64_MIN + d) / 10) return false;
        v = v * 10 - d;
    }
    if (!neg && v == INT64_MIN) return false;
    *out = neg ? v : -v;
    return true;
}

/* One element of a pattern. */
struct token {
    enum { TOKEN_ANY, TOKEN_ONE, TOKEN_BYTE } kind;
    char byte;
    size_t len;
};

static struct token next_token(struct td_str pat, size_t i, char escape)
{
    char c = pat.p[i];
    if (escape && c == escape && i + 1 < pat.n) return (struct token){TOKEN_BYTE, pat.p[i + 1], 2};
    if (c == '%') return (struct token){TOKEN_ANY, c, 1};
    if (c == '_') return (struct token){TOKEN_ONE, c, 1};
    return (struct token){TOKEN_BYTE, c, 1};
}

static size_t codepoint_end(struct td_str s, size_t i)
{
    i++;
    while (i < s.n && ((unsigned char)s.p[i] & 0xC0) == 0x80)
        i++;
    return i;
}

bool td_str_like(struct td_str text, struct td_str pattern, char escape, bool icase)
{
    size_t t = 0, p = 0;
    /* Where to go on when a match fails: behind the last %, with one more code point given to it.
       One position is enough, because a later % can take whatever an earlier one would. */
    size_t retry_p = SIZE_MAX, retry_t = 0;
    while (t < text.n || p < pattern.n) {
        if (p < pattern.n) {
            struct token k = next_token(pattern, p, escape);
            if (k.kind == TOKEN_ANY) {
                retry_p = p + k.len;
                retry_t = t;
                p = retry_p;
                continue;
            }
            if (t < text.n && k.kind == TOKEN_ONE) {
                t = codepoint_end(text, t);
                p += k.len;
                continue;
            }
            if (t < text.n && k.kind == TOKEN_BYTE &&
                (icase ? td_lower(text.p[t]) == td_lower(k.byte) : text.p[t] == k.byte)) {
                t++;
                p += k.len;
                continue;
            }
        }
        if (retry_p == SIZE_MAX || retry_t >= text.n) return false;
        retry_t = codepoint_end(text, retry_t);
        t = retry_t;
        p = retry_p;
    }
    return true;
}

#include "wire/restlex.h"

#include "base/utf.h"

enum { MAX_DEPTH = 1000 };

void td_restlex_init(struct td_restlex *l, size_t max_value)
{
    memset(l, 0, sizeof *l);
    l->acc = TD_BUF_INIT(max_value);
}

void td_restlex_free(struct td_restlex *l)
{
    td_buf_free(&l->acc);
}

static bool is_punct(char c)
{
    return c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',';
}

static enum td_tok add(struct td_restlex *l, const char *p, const char *end)
{
    return td_buf_put(&l->acc, p, (size_t)(end - p)) ? TD_TOK_MORE : TD_TOK_NOMEM;
}

/* Ends a token: the slice [from,p) if nothing was gathered before, else all that was gathered. */
static enum td_tok give(struct td_restlex *l, enum td_tok kind, const char *from, const char *p,
                        struct td_str *text)
{
    l->state = TD_LEX_IDLE;
    if (l->acc.n == 0) {
        *text = (struct td_str){from, (size_t)(p - from)};
        return kind;
    }
    if (add(l, from, p) != TD_TOK_MORE) return TD_TOK_NOMEM;
    *text = td_buf_str(&l->acc);
    return kind;
}

static bool put_cp(struct td_restlex *l, uint32_t cp)
{
    uint8_t utf[4];

    return td_buf_put(&l->acc, utf, td_utf8_put(cp, utf));
}

/* A \uXXXX is complete. A surrogate without its other half becomes U+FFFD. */
static bool end_hex(struct td_restlex *l)
{
    const uint32_t cp = l->hex;
    const bool low = cp >= 0xDC00 && cp <= 0xDFFF;

    if (l->high) {
        const uint32_t high = l->high;
        l->high = 0;
        if (low) return put_cp(l, 0x10000 + ((high - 0xD800) << 10) + (cp - 0xDC00));
        if (!put_cp(l, 0xFFFD)) return false;
    }
    if (cp >= 0xD800 && cp <= 0xDBFF) {
        l->high = cp;
        return true;
    }
    return put_cp(l, low ? 0xFFFD : cp);
}

static int hex_digit(char c)
{
    if (td_isdigit(c)) return c - '0';
    c = td_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character behind a backslash. */
static enum td_tok step_escape(struct td_restlex *l, char c)
{
    static const char from[] = "\"\\/nrtbf", to[] = "\"\\/\n\r\t\b\f";
    const char *at = c ? strchr(from, c) : NULL;

    if (c == 'u') {
        l->state = TD_LEX_HEX;
        l->hex = l->digits = 0;
        return TD_TOK_MORE;
    }
    if (!at) return TD_TOK_BAD;
    l->state = TD_LEX_STR;
    if (l->high) {
        l->high = 0;
        if (!put_cp(l, 0xFFFD)) return TD_TOK_NOMEM;
    }
    return td_buf_putc(&l->acc, to[at - from]) ? TD_TOK_MORE : TD_TOK_NOMEM;
}

static enum td_tok step_hex(struct td_restlex *l, char c)
{
    const int d = hex_digit(c);

    if (d < 0) return TD_TOK_BAD;
    l->hex = l->hex << 4 | (uint32_t)d;
    if (++l->digits < 4) return TD_TOK_MORE;
    l->state = TD_LEX_STR;
    return end_hex(l) ? TD_TOK_MORE : TD_TOK_NOMEM;
}

static enum td_tok in_string(struct td_restlex *l, const char **pp, const char *end,
                             struct td_str *text)
{
    const char *p = *pp, *from = p;

    while (p < end) {
        enum td_tok t;
        if (l->state != TD_LEX_STR) {
            t = l->state == TD_LEX_ESC ? step_escape(l, *p) : step_hex(l, *p);
            *pp = from = ++p;
            if (t != TD_TOK_MORE) return t;
            continue;
        }
        while (p < end && *p != '"' && *p != '\\')
            p++;
        if (p == end) break;
        if (l->high && (p > from || *p == '"')) {
            l->high = 0;
            if (!put_cp(l, 0xFFFD)) return TD_TOK_NOMEM;
        }
        *pp = p + 1;
        if (*p == '"') return give(l, TD_TOK_STR, from, p, text);
        if (add(l, from, p) != TD_TOK_MORE) return TD_TOK_NOMEM;
        l->state = TD_LEX_ESC;
        from = ++p;
    }
    *pp = end;
    if (l->high && p > from) {
        l->high = 0;
        if (!put_cp(l, 0xFFFD)) return TD_TOK_NOMEM;
    }
    return add(l, from, p);
}

static enum td_tok in_scalar(struct td_restlex *l, const char **pp, const char *end,
                             struct td_str *text)
{
    const char *p = *pp;

    while (p < end && !is_punct(*p) && !td_isspace(*p) && *p != '"')
        p++;
    text->p = *pp;
    *pp = p;
    if (p == end) return add(l, text->p, p);
    return give(l, TD_TOK_SCALAR, text->p, p, text);
}

/* Brackets and quotes are counted; what lies between is not looked at. */
static enum td_tok in_raw(struct td_restlex *l, const char **pp, const char *end,
                          struct td_str *text)
{
    const char *from = *pp, *p = from;

    for (; p < end; p++) {
        const bool was_str = l->in_str;
        if (l->escaped)
            l->escaped = false;
        else if (l->in_str && *p == '\\')
            l->escaped = true;
        else if (*p == '"')
            l->in_str = !l->in_str;
        if (was_str || l->in_str) {
            if (l->in_str || l->depth > 0) continue;
            *pp = p + 1; /* a string that is the whole value */
            return give(l, TD_TOK_RAW, from, p + 1, text);
        }
        if (*p == '{' || *p == '[') {
            if (++l->depth > MAX_DEPTH) return TD_TOK_BAD;
        } else if (l->depth > 0 && (*p == '}' || *p == ']')) {
            if (--l->depth > 0) continue;
            *pp = p + 1;
            return give(l, TD_TOK_RAW, from, p + 1, text);
        } else if (l->depth == 0 && (is_punct(*p) || td_isspace(*p))) {
            *pp = p;
            return p == from && l->acc.n == 0 ? TD_TOK_BAD : give(l, TD_TOK_RAW, from, p, text);
        }
    }
    *pp = end;
    return add(l, from, p);
}

enum td_tok td_restlex_next(struct td_restlex *l, const char **p, const char *end, bool raw,
                            struct td_str *text)
{
    if (l->state == TD_LEX_IDLE) {
        td_buf_reset(&l->acc);
        while (*p < end && td_isspace(**p))
            ++*p;
        if (*p == end) return TD_TOK_MORE;
        if (**p == '"' && !raw) {
            l->state = TD_LEX_STR;
            l->high = 0;
            ++*p;
        } else if (raw && !(is_punct(**p) && **p != '{' && **p != '[')) {
            l->state = TD_LEX_RAW;
            l->depth = 0;
            l->in_str = l->escaped = false;
        } else if (is_punct(**p)) {
            *text = (struct td_str){(*p)++, 1};
            return TD_TOK_PUNCT;
        } else
            l->state = TD_LEX_SCALAR;
    }
    if (l->state == TD_LEX_RAW) return in_raw(l, p, end, text);
    if (l->state == TD_LEX_SCALAR) return in_scalar(l, p, end, text);
    return in_string(l, p, end, text);
}

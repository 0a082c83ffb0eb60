/*
 * str.h: string slices and small helpers that know no locale.
 *
 * A td_str does not own its bytes; it lives as long as what it points into. Text is UTF-8.
 */
#ifndef TD_BASE_STR_H
#define TD_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct td_str {
    const char *p;
    size_t n;
};

#define TD_STR(lit) ((struct td_str){(lit), sizeof(lit) - 1})

static inline struct td_str td_str_of(const char *z)
{
    return (struct td_str){z, z ? strlen(z) : 0};
}
static inline bool td_str_eq(struct td_str a, struct td_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
/* ASCII letters compare without case; other bytes exactly. */
bool td_str_ieq(struct td_str a, struct td_str b);
bool td_str_ieqz(struct td_str a, const char *z);
bool td_str_istarts(struct td_str a, const char *prefix);
/* Without leading and trailing ASCII blanks. */
struct td_str td_str_trim(struct td_str s);
static inline char td_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline char td_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}
static inline bool td_isdigit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool td_isspace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/* Decimal integer with optional sign, nothing else, in range: true. */
bool td_str_i64(struct td_str s, int64_t *out);
/* TDengine's / ODBC's pattern: % and _, `escape` makes the next literal (0 = none). `_` is one code
 * point. */
bool td_str_like(struct td_str text, struct td_str pattern, char escape, bool icase);

#endif

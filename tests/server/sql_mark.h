/*
 * sql_mark.h: the `?` of a prepared query: the parser puts the bound values in their place, as
 * literals of the type they were sent with (protocol.md 4.3, 11).
 *
 * The statement owns marks and values; the parser only reads them. No locks.
 */
#ifndef TL_SQL_MARK_H
#define TL_SQL_MARK_H

#include "engine_int.h"

struct tl_mark {
    const char *z; /* the `?` in the folded text */
    struct tl_ty type;
    struct tl_val val;
};

struct tl_marks {
    const struct tl_mark *v; /* in the order of the text */
    int n;
    bool unbound; /* only the syntax is checked: every value counts as NULL */
};

/* At a `?` of a parser that has marks. */
struct tl_expr *tl_parse_mark(struct tl_parser *p);
bool tl_mark_uint(struct tl_parser *p, int64_t *out);

#endif

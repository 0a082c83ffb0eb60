/*
 * restlex.h: splits JSON text that comes in pieces into tokens; the lower half of wire/restrows.h.
 *
 * A token that lies in one piece without escapes is a slice of that piece; others are gathered in
 * the lexer's buffer. A token is valid until the next call. One owner, no lock.
 */
#ifndef TD_WIRE_RESTLEX_H
#define TD_WIRE_RESTLEX_H

#include "base/buf.h"

enum td_tok {
    TD_TOK_MORE,   /* the piece is used up */
    TD_TOK_PUNCT,  /* one of { } [ ] : , in text.p[0] */
    TD_TOK_STR,    /* a string, unescaped */
    TD_TOK_SCALAR, /* a number, true, false or null as written */
    TD_TOK_RAW,    /* a whole value as written */
    TD_TOK_BAD,    /* not JSON */
    TD_TOK_NOMEM   /* no memory, or a value above the ceiling */
};

struct td_restlex {
    enum { TD_LEX_IDLE, TD_LEX_STR, TD_LEX_ESC, TD_LEX_HEX, TD_LEX_SCALAR, TD_LEX_RAW } state;
    struct td_buf acc;
    uint32_t hex, digits, high; /* of \uXXXX; high: a surrogate that waits for its other half */
    int depth;                  /* of a raw value */
    bool in_str, escaped;       /* in a raw value */
};

void td_restlex_init(struct td_restlex *l, size_t max_value);
void td_restlex_free(struct td_restlex *l);
/* The next token of [*p,end); *p moves behind it. `raw`: if a value begins, take all of it,
   brackets included. */
enum td_tok td_restlex_next(struct td_restlex *l, const char **p, const char *end, bool raw,
                            struct td_str *text);

#endif

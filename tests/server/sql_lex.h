/*
 * sql_lex.h: TDengine's tokens (protocol.md 7.6, 7.7).
 *
 * The lexer works on a copy whose letters outside quotes are folded to lower case first, as libtaos
 * does with the whole statement; result column names are cut from that text. A lexer is a plain
 * value: copy it to look ahead.
 */
#ifndef TL_SQL_LEX_H
#define TL_SQL_LEX_H

#include "sql_util.h"

enum tl_tk {
    TK_END,
    TK_ID,  /* bare word, also a keyword */
    TK_QID, /* `quoted` */
    TK_STR, /* '..' or "..", quotes included */
    TK_INT,
    TK_DBL,
    TK_DUR, /* 10s, 1d */
    TK_OP,
    TK_BAD
};

/* Two-character operators; single ones are their character. */
enum tl_op2 { OP_LE = 256, OP_GE, OP_NE, OP_ARROW, OP_SHL, OP_SHR };

struct tl_tok {
    enum tl_tk k;
    int op; /* TK_OP */
    const char *z;
    size_t n;
};

struct tl_lex {
    const char *p, *end;
};

/* A lower-cased, NUL-terminated copy in the arena; NULL when out of memory. */
char *tl_lex_fold(struct tl_arena *a, const char *sql, size_t n);
void tl_lex_next(struct tl_lex *lx, struct tl_tok *t);
/* True for the bare word `word` (lower case). */
bool tl_tok_is(const struct tl_tok *t, const char *word);
/* The decoded text of a TK_STR or TK_QID token (protocol.md 7.7), *n its length. `out` holds at
   least t->n bytes. */
void tl_tok_text(const struct tl_tok *t, char *out, size_t *n);

#endif

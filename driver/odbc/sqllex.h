/*
 * sqllex.h: TDengine's tokens as far as the driver must tell them apart (protocol.md 7.6, 7.7): strings, quoted names,
 * comments, words, numbers, and single characters. It never fails on what it does not know: that is the server's to judge.
 *
 * Pure; a lexer is a value that points into the caller's text.
 */
#ifndef TD_ODBC_SQLLEX_H
#define TD_ODBC_SQLLEX_H

#include "base/str.h"

enum td_tok_kind {
    TD_TOK_END,
    TD_TOK_SPACE,
    TD_TOK_COMMENT, /* -- to the end of the line, or a slash-star comment (not nested) */
    TD_TOK_STRING,  /* '…' or "…": doubled delimiters and backslash escapes */
    TD_TOK_NAME,    /* `…` with doubled backquotes, or "…" when quoted identifiers are on */
    TD_TOK_WORD,    /* letters, digits, _ and bytes above 127, not beginning with a digit */
    TD_TOK_NUMBER,  /* digits with what follows them directly: 12, 1.5e-3, 0xff, 10a */
    TD_TOK_CHAR,    /* one character: ? ; { } ( ) , = … */
    TD_TOK_OPEN     /* a string, name or comment without an end: reaches to the end of the text */
};

struct td_tok {
    enum td_tok_kind kind;
    char c;     /* TD_TOK_CHAR: the character; TD_TOK_STRING, _NAME, _OPEN: the opening delimiter */
    size_t pos; /* byte offset in the text */
    struct td_str text; /* with delimiters */
};

struct td_lex {
    struct td_str s;
    size_t pos;
    bool quoted_identifiers; /* "x" is a name in which only "" is special */
};

/* The next token; at the end kind TD_TOK_END with an empty text. */
struct td_tok td_lex_next(struct td_lex *l);
/* The next token that is neither blank nor comment. */
struct td_tok td_lex_solid(struct td_lex *l);
static inline bool td_tok_is(const struct td_tok *t, char c)
{
    return t->kind == TD_TOK_CHAR && t->c == c;
}
static inline bool td_tok_word(const struct td_tok *t, const char *word)
{
    return t->kind == TD_TOK_WORD && td_str_ieqz(t->text, word);
}

#endif

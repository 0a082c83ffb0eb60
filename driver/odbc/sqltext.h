/*
 * sqltext.h: the driver's only look at SQL: a tokenizer that knows strings, names, comments, `?`, `;` and `{…}`
 * (design.md section 10). It splits batches, finds parameter markers and rewrites ODBC escapes; everything else passes
 * to the server unchanged.
 *
 * A td_sqltext owns its memory; used under its statement's lock. Pure apart from that.
 */
#ifndef TD_ODBC_SQLTEXT_H
#define TD_ODBC_SQLTEXT_H

#include "base/buf.h"
#include "base/err.h"

enum td_sql_kind {
    TD_SQL_OTHER,  /* DDL, USE, SHOW …: told apart by the server */
    TD_SQL_SELECT, /* SELECT … or (SELECT …) */
    TD_SQL_INSERT, /* INSERT / IMPORT */
    TD_SQL_SHOW,   /* SHOW, DESCRIBE, DESC, EXPLAIN: makes a result and writes nothing */
    TD_SQL_USE,
    TD_SQL_CALL, /* {call …}, {?=call …} or CALL …: a procedure of the driver */
    TD_SQL_EMPTY /* blanks and comments only */
};

/* One statement of a batch, escapes rewritten. */
struct td_sqlstmt {
    struct td_str sql; /* slice of td_sqltext.native */
    enum td_sql_kind kind;
    uint32_t nmarkers;
    uint32_t *markers; /* byte offsets of `?` within sql */
    bool call_returns; /* {?=call …} */
};

struct td_sqltext {
    struct td_buf native; /* the text after rewriting, what SQLNativeSql shows */
    struct td_sqlstmt
        *stmts; /* empty ones are left out unless the whole text is empty (then one TD_SQL_EMPTY) */
    size_t nstmts, cap;
    uint32_t nmarkers; /* of all statements */
};

struct td_sqltext_opts {
    bool noscan;             /* SQL_ATTR_NOSCAN: escapes pass unchanged */
    bool quoted_identifiers; /* QuotedIdentifiers=1: "x" becomes `x` */
};

/* Errors: 42000 for an open brace, with its position, or an unknown escape; HY001. A string or comment without an end passes to
   the server, whose error says what is wrong. */
enum td_rc td_sqltext_parse(struct td_sqltext *t, struct td_str sql,
                            const struct td_sqltext_opts *o, struct td_err *err);
void td_sqltext_free(struct td_sqltext *t);

#endif

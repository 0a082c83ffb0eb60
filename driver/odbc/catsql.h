/*
 * catsql.h: arguments of catalog functions (ODBC reference, "Arguments in Catalog Functions") as conditions: sent to the
 * server as SQL, and checked again here, because the server's LIKE knows no case and counts bytes (protocol.md 7.8).
 *
 * Pure; texts live in the caller's arena.
 */
#ifndef TD_ODBC_CATSQL_H
#define TD_ODBC_CATSQL_H

#include "base/alloc.h"
#include "base/buf.h"

enum td_match_kind {
    TD_MATCH_ANY,
    TD_MATCH_EQ,  /* text is the name itself */
    TD_MATCH_LIKE /* text is the pattern, \ escapes */
};

struct td_match {
    enum td_match_kind kind;
    struct td_str text;
};

/* How an argument is to be read. */
enum td_arg_kind {
    TD_ARG_PATTERN,  /* search pattern: % and _, escaped by \ */
    TD_ARG_ORDINARY, /* literal, case significant */
    TD_ARG_IDENTIFIER /* SQL_ATTR_METADATA_ID: folded to lower case unless quoted; trailing blanks go */
};

/* A NULL argument matches anything. False: no memory. */
bool td_match_make(struct td_match *m, struct td_str arg, enum td_arg_kind kind,
                   struct td_arena *a);
bool td_match_ok(const struct td_match *m, struct td_str name);
/* Appends a condition on a column (nothing for TD_MATCH_ANY) that keeps the same names or more, never fewer. *glue is what
   comes before it, " where " or " and "; it becomes " and " once used. */
void td_match_where(struct td_buf *sql, const char **glue, const char *column,
                    const struct td_match *m);

/* 'text' with quotes and backslashes doubled; `name` in backquotes. */
void td_sql_literal(struct td_buf *sql, struct td_str s);
void td_sql_name(struct td_buf *sql, struct td_str s);

#endif

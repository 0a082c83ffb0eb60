/*
 * escape.h: ODBC escape sequences (ODBC reference, "Escape Sequences in ODBC"; protocol.md 7.9, 7.12 and 11) rewritten to
 * TDengine's SQL, and double-quoted identifiers to backquoted ones. Pure.
 */
#ifndef TD_ODBC_ESCAPE_H
#define TD_ODBC_ESCAPE_H

#include "base/buf.h"
#include "odbc/sqltext.h"

/* Appends `sql` rewritten to `out`. Errors as td_sqltext_parse. */
enum td_rc td_escape_rewrite(struct td_str sql, const struct td_sqltext_opts *o, struct td_buf *out,
                             struct td_err *err);

#endif

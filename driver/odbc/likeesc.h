/*
 * likeesc.h: LIKE patterns with another escape character than the backslash, which is the only one that TDengine knows
 * (protocol.md 7.8): the pattern itself is rewritten. Pure.
 */
#ifndef TD_ODBC_LIKEESC_H
#define TD_ODBC_LIKEESC_H

#include "base/buf.h"

/* Appends the string literal `pattern` (with its quotes) with `esc` replaced by backslashes. False: the escape character
   is the last one, and escapes nothing. */
bool td_like_rewrite(struct td_str pattern, char esc, struct td_buf *out);

#endif

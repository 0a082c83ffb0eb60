/*
 * scroll.h: positions of a static cursor. Used by fetch.c under the statement's lock.
 */
#ifndef TD_ODBC_SCROLL_H
#define TD_ODBC_SCROLL_H

#include "odbc/stmt.h"

/* The open cursor is a static one. */
bool td_is_static(const struct td_stmt *s);
/* Finds the first row (from 1) of the next row set of `size` rows. SQL_NO_DATA: before the start or after the end, cur.place says
   which. SQL_SUCCESS_WITH_INFO with 01S06 where the reference asks for it. */
SQLRETURN td_scroll_to(struct td_stmt *s, SQLSMALLINT orientation, SQLLEN offset, SQLULEN size,
                       SQLULEN *row);
/* Makes the row set that begins at `row`, converting each run; the number of rows (fewer at the end, or cur.failed). */
SQLULEN td_scroll_read(struct td_stmt *s, SQLULEN row, SQLULEN size,
                       void (*convert)(struct td_stmt *, const struct td_segment *));

#endif

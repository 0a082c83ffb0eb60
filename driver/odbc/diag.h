/*
 * diag.h: diagnostic records and header fields of a handle (ODBC reference, "Diagnostics").
 *
 * Belongs to its handle and is guarded by the handle's lock. Records are kept in the reference's order: by row (records
 * without a row first), errors before warnings, else as they came. A call keeps at most TD_DIAG_MAX records; the last
 * one then says how many more there were.
 */
#ifndef TD_ODBC_DIAG_H
#define TD_ODBC_DIAG_H

#include "base/err.h"
#include "conv/sqltypes.h"

#define TD_DIAG_MAX 64

struct td_diag_rec {
    enum td_sqlstate state;
    SQLINTEGER native;
    SQLLEN row;     /* SQL_NO_ROW_NUMBER, SQL_ROW_NUMBER_UNKNOWN or 1… */
    SQLINTEGER col; /* SQL_NO_COLUMN_NUMBER … */
    char *msg;      /* with the prefix [TDengine][ODBC] */
};

struct td_diag {
    struct td_diag_rec *recs;
    SQLINTEGER n, cap;
    uint64_t dropped;
    SQLRETURN rc;             /* SQL_DIAG_RETURNCODE */
    SQLLEN row_count;         /* SQL_DIAG_ROW_COUNT */
    SQLLEN cursor_rows;       /* SQL_DIAG_CURSOR_ROW_COUNT */
    SQLINTEGER function_code; /* SQL_DIAG_DYNAMIC_FUNCTION_CODE */
    bool nomem; /* a record could not be kept for lack of memory: record 1 is a constant HY001 */
};

struct td_handle;

void td_diag_clear(struct td_diag *d);
void td_diag_free(struct td_diag *d);
/* Adds a record; fmt NULL = the state's default text. Returns SQL_SUCCESS_WITH_INFO for a warning state, else SQL_ERROR:
   `return td_diag(&stmt->h, TD_ST_HY010, NULL);` */
SQLRETURN td_diag(struct td_handle *h, enum td_sqlstate state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with row and column (0 or negative = none). */
SQLRETURN td_diag_at(struct td_handle *h, SQLLEN row, SQLINTEGER col, enum td_sqlstate state,
                     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Turns a lower layer's error into a record. */
SQLRETURN td_diag_err(struct td_handle *h, const struct td_err *err);
SQLRETURN td_diag_nomem(struct td_handle *h);
/* SQL_SUCCESS, or SQL_SUCCESS_WITH_INFO when there are records: what a call that did its work returns. */
SQLRETURN td_diag_done(const struct td_handle *h);

struct td_out;
/* SQLGetDiagRec; rec ≥ 1. */
SQLRETURN td_diag_get_rec(struct td_handle *h, SQLSMALLINT rec, char state[6], SQLINTEGER *native,
                          const struct td_out *msg);
/* SQLGetDiagField. SQLSTATE and texts go to `out`, fixed fields too. */
SQLRETURN td_diag_get_field(struct td_handle *h, SQLSMALLINT rec, SQLSMALLINT field,
                            const struct td_out *out);

#endif

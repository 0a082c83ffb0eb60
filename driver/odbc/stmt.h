/*
 * stmt.h: statement handle: its state, its descriptors, the statement's text, and the result that is open.
 *
 * Guarded by its own lock for the length of an API call; only SQLCancel reads `cancel` and `dbc` without it.
 */
#ifndef TD_ODBC_STMT_H
#define TD_ODBC_STMT_H

#include "base/buf.h"
#include "conv/kernel.h"
#include "odbc/blockstore.h"
#include "odbc/dbc.h"
#include "odbc/rowset.h"
#include "odbc/sqltext.h"

/* States of the reference's appendix B. */
enum td_stmt_state {
    TD_S1, /* allocated */
    TD_S2, /* prepared, no result set */
    TD_S3, /* prepared, a result set (possibly empty) will be made */
    TD_S4, /* executed, no result set */
    TD_S5, /* executed, cursor open, before the first fetch */
    TD_S6, /* cursor positioned by SQLFetch/SQLFetchScroll */
    TD_S7, /* cursor positioned by SQLExtendedFetch */
    TD_S8, /* needs data: before SQLParamData */
    TD_S9, /* needs data: before SQLPutData */
    TD_S10 /* needs data: after SQLPutData */
};

/* What runs per bound column and row set; rebuilt when a descriptor's version moved (fetch.c). */
struct td_params;
struct td_plan_col {
    SQLSMALLINT number; /* column number from 1 */
    td_kernel kernel;
    uint32_t width; /* of the C type, 0 = variable */
};
struct td_plan {
    struct td_plan_col *cols;
    SQLSMALLINT n, cap;
    uint32_t ard_version, ird_version;
    const struct td_desc *ard;
    bool valid;
    bool needs_today; /* some column makes a timestamp of a time: kctx.today must be current */
    struct td_kctx ctx;
};

/* SQLGetData's place in the row. */
struct td_getdata_pos {
    SQLUSMALLINT col; /* 0 = none */
    SQLSMALLINT ctype;
    struct td_piece piece;
};

enum td_place { TD_BEFORE, TD_ON_ROWS, TD_AFTER };

/* Where the current row set lies (fetch.c, scroll.c). */
struct td_cursor {
    uint32_t pos;        /* next unread row of the result's current block */
    SQLULEN row_number;  /* of the row set's first row, from 1; 0 = before the first */
    SQLULEN rows_read;   /* rows delivered so far */
    SQLULEN rowset_rows; /* rows in the current row set */
    SQLULEN rowset_size; /* rows that it was asked for: SQL_FETCH_NEXT goes on behind them */
    enum td_place place; /* of a static cursor */
    SQLULEN current;     /* row of the row set that SQLGetData reads, from 1 (SQLSetPos) */
    bool at_end;
    bool failed; /* the stream broke; `error` is what every further fetch answers */
    struct td_err error;
};

struct td_stmt {
    struct td_handle h;
    struct td_dbc *dbc;
    struct td_stmt *next;
    enum td_stmt_state state;
    struct td_cancel cancel; /* bumped by SQLCancel without the lock */
    uint32_t cancel_seen;    /* its generation when the running call began */

    struct td_desc ird, ipd, ard0, apd0; /* ard0/apd0: implicit ones */
    struct td_desc *ard, *apd;           /* in force */

    /* attributes not in descriptors */
    SQLULEN query_timeout, max_rows, max_length, noscan, retrieve_data, cursor_type, concurrency,
        cursor_scrollable, cursor_sensitivity, use_bookmarks, keyset_size, simulate_cursor,
        metadata_id, enable_auto_ipd;
    SQLULEN ext_rowset_size; /* SQL_ROWSET_SIZE, for SQLExtendedFetch */
    SQLPOINTER fetch_bookmark_ptr;
    char cursor_name[65]; /* "" = none yet */

    struct td_sqltext text; /* of the prepared or executed statement */
    size_t stmt_index;      /* which statement of the batch is current */
    bool prepared;
    bool described; /* a prepared SELECT was run to describe it; `res` waits for SQLExecute */
    struct td_result *res;      /* open result, or NULL */
    struct td_params *params;   /* parameters of the text (paramset.h), made when needed */
    struct td_outcome *pending; /* outcomes of batch statements that were run ahead (exec.c) */
    size_t npending;
    struct td_proc_results *more; /* further results of a procedure (proc.h) */
    SQLLEN row_count;             /* SQLRowCount */
    uint64_t last_req_id;
    int64_t last_timing_ns;
    uint64_t next_req_id; /* set by the application for the next statement, 0 = none */

    struct td_plan plan;
    struct td_cursor cur;
    struct td_getdata_pos gd;
    struct td_kctx
        gctx; /* SQLGetData's, set up when the cursor opens: its zone cache lives across rows */
    struct td_store *store;  /* rows of a static cursor, else NULL (blockstore.h) */
    struct td_rowset rowset; /* blocks that the current row set touches: alive for SQLGetData */
};

/* td_enter for a statement: also notes which cancels are old. */
struct td_stmt *td_enter_stmt(SQLHSTMT h);
SQLRETURN td_stmt_alloc(struct td_dbc *d, SQLHANDLE *out);
/* Unlinks and frees; the caller holds no lock. */
SQLRETURN td_stmt_free(struct td_stmt *s);
SQLRETURN td_stmt_set_attr(struct td_stmt *s, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len);
SQLRETURN td_stmt_get_attr(struct td_stmt *s, SQLINTEGER attr, const struct td_out *out);
/* Closes the cursor and the result; state back to S1, or S2/S3 when prepared. Never waits for the network. */
void td_stmt_close_cursor(struct td_stmt *s);
SQLRETURN td_free_stmt(struct td_stmt *s, SQLUSMALLINT option);
/* A request bound to this statement's deadline, cancel token and request id. */
void td_stmt_request(struct td_stmt *s, struct td_request *rq);

/* state.c: HY010 / 24000 / 07005 as the reference's appendix B tables say. TD_CALL_OPTION: attributes, descriptor fields,
   SQLFreeStmt, SQLGetCursorName. */
enum td_call {
    TD_CALL_PREPARE,
    TD_CALL_EXECUTE,
    TD_CALL_EXECDIRECT,
    TD_CALL_CATALOG,
    TD_CALL_FETCH,
    TD_CALL_EXTFETCH,
    TD_CALL_GETDATA,
    TD_CALL_SETPOS,
    TD_CALL_CLOSECURSOR,
    TD_CALL_MORERESULTS,
    TD_CALL_NUMCOLS,
    TD_CALL_DESCRIBE,
    TD_CALL_ROWCOUNT,
    TD_CALL_NUMPARAMS,
    TD_CALL_BIND,
    TD_CALL_PARAMDATA,
    TD_CALL_PUTDATA,
    TD_CALL_SETCURSORNAME,
    TD_CALL_OPTION,
    TD_CALL_BULK,
    TD_CALL_COUNT
};
/* True when the call is allowed now; else a record was added. */
bool td_state_ok(struct td_stmt *s, enum td_call call);

/* exec.c */
/* Forgets the statement's text and what was prepared: state S1. */
void td_stmt_forget(struct td_stmt *s);
SQLRETURN td_prepare(struct td_stmt *s, struct td_str sql);
SQLRETURN td_execute(struct td_stmt *s);
/* Runs the text; SQL_NEED_DATA first when values come at execution. */
SQLRETURN td_execute_now(struct td_stmt *s);
SQLRETURN td_exec_direct(struct td_stmt *s, struct td_str sql);
SQLRETURN td_more_results(struct td_stmt *s);
SQLRETURN td_row_count(struct td_stmt *s, SQLLEN *n);
/* From any thread, without the lock. */
SQLRETURN td_cancel_stmt(struct td_stmt *s);
/* Cancels what every statement of the connection is waiting for. */
SQLRETURN td_cancel_dbc(struct td_dbc *d);
/* Makes the IRD of a prepared statement known (decisions.md section 3). */
SQLRETURN td_describe_prepared(struct td_stmt *s);
SQLRETURN td_num_result_cols(struct td_stmt *s, SQLSMALLINT *n);
SQLRETURN td_describe_col(struct td_stmt *s, SQLUSMALLINT col, const struct td_out *name,
                          SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
                          SQLSMALLINT *nullable);
/* Takes over a result made by the driver itself (catalog functions, procedures) and opens the cursor on it. */
SQLRETURN td_open_local(struct td_stmt *s, struct td_result *res);

/* fetch.c, getdata.c */
void td_stmt_kctx(struct td_stmt *s, struct td_kctx *x);
/* Days since 1970 of today in the connection's zone: the date of a time that becomes a timestamp. */
int64_t td_local_day(struct td_kctx *x);
SQLRETURN td_bind_col(struct td_stmt *s, SQLUSMALLINT col, SQLSMALLINT ctype, SQLPOINTER buf,
                      SQLLEN cap, SQLLEN *ind);
SQLRETURN td_fetch(struct td_stmt *s);
SQLRETURN td_fetch_scroll(struct td_stmt *s, SQLSMALLINT orientation, SQLLEN offset);
SQLRETURN td_extended_fetch(struct td_stmt *s, SQLUSMALLINT type, SQLLEN row, SQLULEN *rows,
                            SQLUSMALLINT *status);
SQLRETURN td_set_pos(struct td_stmt *s, SQLSETPOSIROW row, SQLUSMALLINT op, SQLUSMALLINT lock);
/* HYC00 in the states that allow it, HY092 for an unknown operation. */
SQLRETURN td_bulk_operations(struct td_stmt *s, SQLSMALLINT op);
SQLRETURN td_get_data(struct td_stmt *s, SQLUSMALLINT col, SQLSMALLINT ctype, SQLPOINTER buf,
                      SQLLEN cap, SQLLEN *ind);

/* cursorname.c */
SQLRETURN td_set_cursor_name(struct td_stmt *s, struct td_str name);
SQLRETURN td_get_cursor_name(struct td_stmt *s, const struct td_out *out);

/* param.c */
SQLRETURN td_bind_parameter(struct td_stmt *s, SQLUSMALLINT n, SQLSMALLINT io, SQLSMALLINT ctype,
                            SQLSMALLINT sqltype, SQLULEN size, SQLSMALLINT digits, SQLPOINTER buf,
                            SQLLEN cap, SQLLEN *ind);
SQLRETURN td_num_params(struct td_stmt *s, SQLSMALLINT *n);
SQLRETURN td_describe_param(struct td_stmt *s, SQLUSMALLINT n, SQLSMALLINT *type, SQLULEN *size,
                            SQLSMALLINT *digits, SQLSMALLINT *nullable);
SQLRETURN td_param_data(struct td_stmt *s, SQLPOINTER *token);
SQLRETURN td_put_data(struct td_stmt *s, SQLPOINTER data, SQLLEN n);

/* catalog.c: a NULL argument is {NULL,0}, an empty one {"",0}. */
struct td_cat_args {
    struct td_str catalog, schema, table, column; /* or foreign table etc. as the function says */
    struct td_str types;                          /* SQLTables */
    struct td_str fk_catalog, fk_schema, fk_table;
    SQLUSMALLINT opt1, opt2, opt3; /* identifier type, scope, nullable; unique, reserved */
};
SQLRETURN td_tables(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_columns(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_primary_keys(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_special_columns(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_statistics(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_foreign_keys(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_table_privileges(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_column_privileges(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_procedures(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_procedure_columns(struct td_stmt *s, const struct td_cat_args *a);
SQLRETURN td_get_type_info(struct td_stmt *s, SQLSMALLINT type);

#endif

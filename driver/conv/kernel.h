/*
 * kernel.h: conversion kernels, from a column of a block straight into the application's buffers (design.md section 9).
 *
 * A kernel is chosen once per plan by (TDengine type, C type) and run per column over runs of rows. Column-wise and
 * row-wise binding differ only in strides. Kernels allocate nothing, take no lock, and report what happened to a row
 * through the context. Pure but for the context, which its statement owns.
 */
#ifndef TD_CONV_KERNEL_H
#define TD_CONV_KERNEL_H

#include "base/tz.h"
#include "conv/sqltypes.h"
#include "wire/block.h"

/* Where values go. `base` addresses row 0 of the run (bind offset and row-set position already added). */
struct td_target {
    uint8_t *base;       /* NULL: only the indicators are written */
    size_t stride;       /* bytes from one row's value to the next */
    SQLLEN cap;          /* buffer length in bytes, for character and binary targets */
    SQLLEN *octet_len;   /* may be NULL: SQL_DESC_OCTET_LENGTH_PTR of row 0 */
    SQLLEN *ind;         /* may be NULL: SQL_DESC_INDICATOR_PTR of row 0; equal to octet_len in most applications */
    size_t len_stride;   /* bytes from one row's indicator to the next */
};

struct td_kctx;
/* Told about a row: `row` counts from the run's start. A warning state (01004, 01S07, 01000) leaves the value in place; an
   error state means the row's value was not stored. Not on the hot path. */
typedef void (*td_row_report)(struct td_kctx *x, uint32_t row, enum td_sqlstate state, const char *text);

struct td_kctx {
    struct td_tz_cache tz;     /* the connection's zone, for timestamps */
    SQLSMALLINT num_precision; /* SQL_C_NUMERIC: the ARD record's, 38 when unset */
    SQLSMALLINT num_scale;     /* the ARD record's scale, or the column's for SQL_C_DEFAULT */
    bool num_scale_set;        /* the application set SQL_DESC_SCALE: else the source's own scale is used for decimals, 0 for others (ODBC) */
    SQLULEN max_length;        /* SQL_ATTR_MAX_LENGTH, 0 = none: bytes of character/binary data given at most */
    size_t max_column;         /* MaxColumnSize: longer data is cut with 01004; 0 = none */
    int64_t today;             /* days since 1970 of the local day: the date of a time-only text → timestamp; set per call */
    td_row_report report;
    void *report_arg;          /* for the reporter */
    int interval_seconds_precision, interval_leading_precision;
};

/* Converts rows [row0, row0+n) of the column into the target. */
typedef void (*td_kernel)(const struct td_col *col, uint32_t row0, uint32_t n, const struct td_target *t, struct td_kctx *x);

/* The kernel for a pair, or NULL for an illegal pair (07006). `ctype` is a concrete C type (SQL_C_DEFAULT resolved by
   td_default_ctype). Specialised kernels may depend on `stride`/`contiguous`; they decide inside. */
td_kernel td_kernel_for(int td_type, SQLSMALLINT ctype);

/* SQLGetData in pieces: a position in one cell. Zeroed by the caller before the first piece of a cell. */
struct td_piece {
    bool started, done;
    size_t pos;       /* bytes (or code units) of the source already given */
    SQLLEN total;     /* length of the whole converted value in bytes of the target, when known */
};
/* One SQLGetData call for a character, wide or binary target: writes the next piece (terminated for text), sets *ind to the
   bytes that were left before this call. Returns SQL_SUCCESS, SQL_SUCCESS_WITH_INFO (01004 through x->report with row 0),
   SQL_NO_DATA after the last piece, SQL_ERROR. A piece is filled to the last whole unit that fits: UTF-8 sequences and
   surrogate pairs are not split. */
SQLRETURN td_getdata_piece(const struct td_col *col, uint32_t row, SQLSMALLINT ctype, void *buf, SQLLEN cap, SQLLEN *ind,
                           struct td_piece *p, struct td_kctx *x);

/* Width in bytes of a fixed C type, 0 for character and binary ones, −1 for one that ODBC does not know (HY003). */
int td_ctype_width(SQLSMALLINT ctype);
bool td_ctype_is_var(SQLSMALLINT ctype);
/* ODBC 2 date/time codes (9, 10, 11) → 91, 92, 93; SQL_C_LONG/SHORT/TINYINT stay as they are. */
SQLSMALLINT td_ctype_modern(SQLSMALLINT ctype);

#endif

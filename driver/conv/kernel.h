/*
 * kernel.h: conversion kernels, from a column of a block straight into the application's buffers
 * (design.md section 9).
 *
 * A kernel is chosen once per plan by (TDengine type, C type) and run per column over runs of rows.
 * Column-wise and row-wise binding differ only in strides. Kernels allocate nothing, take no lock,
 * and report what happened to a row through the context. Pure but for the context, which its
 * statement owns.
 */
#ifndef TD_CONV_KERNEL_H
#define TD_CONV_KERNEL_H

#include "base/tz.h"
#include "conv/sqltypes.h"
#include "wire/block.h"

/* Where values go. `base` addresses row 0 of the run (bind offset and row-set position already
 * added). */
struct td_target {
    uint8_t *base;     /* NULL: only the indicators are written */
    size_t stride;     /* bytes from one row's value to the next */
    SQLLEN cap;        /* buffer length in bytes, for character and binary targets */
    SQLLEN *octet_len; /* may be NULL: SQL_DESC_OCTET_LENGTH_PTR of row 0 */
    SQLLEN *ind;       /* may be NULL: SQL_DESC_INDICATOR_PTR of row 0; equal to octet_len in most
                          applications */
    size_t len_stride; /* bytes from one row's indicator to the next */
};

struct td_kctx;
/* Told about a row: `row` counts from the run's start. A warning state (01004, 01S07, 01000) leaves
   the value in place; an error state means the row's value was not stored (its indicator is
   undefined, as the reference has it). `text` is static and may be NULL: then the state's default
   text says enough. One cell may report several warnings, but only one error. Not on the hot path.
 */
typedef void (*td_row_report)(struct td_kctx *x, uint32_t row, enum td_sqlstate state,
                              const char *text);

/* The local day of the last timestamp seen, in epoch units of `prec`: the values v with (v − lo) <
   span lie in it and in one stretch of the zone, `tod` being the time of day at lo. Zeroed = empty.
 */
struct td_day_cache {
    int64_t lo, tod;
    uint64_t span;
    int64_t year;
    uint32_t month, day;
    int prec;
};

struct td_kctx {
    struct td_tz_cache tz;     /* the connection's zone, for timestamps; its pointer must be set */
    struct td_day_cache day;   /* kernels' own; zeroed at the start and whenever tz changes */
    SQLSMALLINT num_precision; /* SQL_C_NUMERIC: the ARD record's, 38 when unset */
    SQLSMALLINT num_scale;     /* the ARD record's scale, or the column's for SQL_C_DEFAULT */
    bool num_scale_set; /* the application set SQL_DESC_SCALE: else the source's own scale is used
                           for decimals, 0 for others (ODBC) */
    SQLULEN max_length; /* SQL_ATTR_MAX_LENGTH, 0 = none: character and binary columns are cut to so
                           many bytes (of UTF-8, of SQLWCHARs for W columns) before conversion,
                           without a warning */
    size_t max_column; /* MaxColumnSize, 0 = none: in units of COLUMN_SIZE (bytes; characters of a W
                          column); longer data is cut with 01004, the indicator shows the full
                          length */
    int64_t today; /* days since 1970 of the local day: the date of a time-only text → timestamp;
                      set per call */
    td_row_report report;
    void *report_arg;               /* for the reporter */
    int interval_seconds_precision; /* ARD's SQL_DESC_PRECISION for an interval target, 6 when unset
                                     */
    int interval_leading_precision; /* ARD's SQL_DESC_DATETIME_INTERVAL_PRECISION, 2 when unset */
};
/* Everything as an application that set nothing has it: precisions 38, 6 and 2, no limits, no
 * reporter. */
void td_kctx_init(struct td_kctx *x, const struct td_tz *tz);

/* Converts rows [row0, row0+n) of the column into the target. */
typedef void (*td_kernel)(const struct td_col *col, uint32_t row0, uint32_t n,
                          const struct td_target *t, struct td_kctx *x);

/* The kernel for a pair, or NULL for an illegal pair (07006). `ctype` is a concrete C type
   (SQL_C_DEFAULT resolved by td_sqltype.default_ctype; ODBC 2's date and time codes are taken too).
   Kernels look at strides inside. */
td_kernel td_kernel_for(int td_type, SQLSMALLINT ctype);

/* SQLGetData in pieces: a position in one cell. Zeroed by the caller before the first piece of a
 * cell. */
struct td_piece {
    bool started, done;
    size_t pos;  /* bytes of the source (of the rendered text for numbers and timestamps) already
                    given */
    SQLLEN left; /* bytes of the target not yet given */
};
/* One SQLGetData call for a character, wide or binary target: writes the next piece (terminated for
   text), sets *ind to the bytes that were left before this call. Returns SQL_SUCCESS,
   SQL_SUCCESS_WITH_INFO (01004 through x->report with row 0), SQL_NO_DATA after the last piece,
   SQL_ERROR (the position stays). A piece is filled to the last whole unit that fits: UTF-8
   sequences, surrogate pairs and hex pairs are not split. The first piece of a number or timestamp
   must hold its whole digits, as in a bound buffer. The caller zeroes the position when another C
   type is asked of the same cell, and checks buf and cap (HY009, HY090); a NULL buf counts as a
   length of 0. A pair that is illegal or not of a variable-length C type is 07006. */
SQLRETURN td_getdata_piece(const struct td_col *col, uint32_t row, SQLSMALLINT ctype, void *buf,
                           SQLLEN cap, SQLLEN *ind, struct td_piece *p, struct td_kctx *x);

/* Width in bytes of a fixed C type, 0 for character and binary ones, −1 for one that ODBC does not
 * know (HY003). */
int td_ctype_width(SQLSMALLINT ctype);
bool td_ctype_is_var(SQLSMALLINT ctype);
/* ODBC 2 date/time codes (9, 10, 11) → 91, 92, 93; SQL_C_LONG/SHORT/TINYINT stay as they are. */
SQLSMALLINT td_ctype_modern(SQLSMALLINT ctype);

#endif

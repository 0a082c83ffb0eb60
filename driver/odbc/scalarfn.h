/*
 * scalarfn.h: ODBC's scalar functions ({fn …}; ODBC reference, appendix E) in TDengine's terms, as one table from which
 * the rewriting and SQLGetInfo's function masks both come: what is claimed is what is rewritten.
 *
 * Constant data, pure functions. Facts: protocol.md 7.12 and section 11 (tried on 3.3.7.5).
 */
#ifndef TD_ODBC_SCALARFN_H
#define TD_ODBC_SCALARFN_H

#include "base/buf.h"
#include "base/err.h"
#include "conv/sqltypes.h"

#define TD_FN_MAX_ARGS 16

/* An argument, already rewritten. */
struct td_fn_arg {
    struct td_str text;
    uint32_t markers; /* parameter markers in it: they may be neither repeated nor reordered */
};

/* Writes the call in TDengine's terms; a name that is not ODBC's is written as it stands, for the server to know or
   refuse. 42000: a known function with a wrong number of arguments, or a form that TDengine has no exact equal of. */
enum td_rc td_scalarfn_write(struct td_str name, const struct td_fn_arg *args, size_t n,
                             struct td_buf *out, struct td_err *err);

/* The mask of an information type (SQL_STRING_FUNCTIONS, SQL_NUMERIC_FUNCTIONS, SQL_TIMEDATE_FUNCTIONS,
   SQL_SYSTEM_FUNCTIONS, SQL_CONVERT_FUNCTIONS, SQL_TIMEDATE_ADD_INTERVALS, SQL_TIMEDATE_DIFF_INTERVALS). */
SQLUINTEGER td_scalarfn_mask(SQLUSMALLINT info);

/* The letter of TDengine's durations for the field of an ODBC interval literal: {INTERVAL '5' DAY} is `5d`. 0: none. */
char td_interval_unit(struct td_str field);

#endif

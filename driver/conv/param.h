/*
 * param.h: application parameter buffers → typed TDengine columns (wire/bind.h), and → SQL
 * literals.
 *
 * The encoder is chosen once per parameter and execute by (TDengine type, C type) and run over all
 * parameter sets, column by column. Row errors are reported through the context and leave the row's
 * state to the caller; no locks, no locale, memory only in the column's own buffers.
 */
#ifndef TD_CONV_PARAM_H
#define TD_CONV_PARAM_H

#include "base/tz.h"
#include "conv/sqltypes.h"
#include "wire/bind.h"

/* Where an application's values are (APD record + bind offset; `base` addresses parameter set 0).
 */
struct td_psource {
    SQLSMALLINT ctype; /* concrete C type */
    SQLSMALLINT
    sqltype; /* as bound (IPD), ODBC 3 codes: types a value that the server does not type */
    SQLULEN column_size; /* as bound */
    SQLSMALLINT digits;  /* as bound: DecimalDigits */
    const uint8_t *base;
    size_t stride;
    bool array;              /* several parameter sets: a value ends at its buffer's end */
    SQLLEN cap;              /* BufferLength: bounds SQL_NTS searches of arrays */
    const SQLLEN *octet_len; /* may be NULL: text is terminated, binary has `cap` bytes */
    const SQLLEN *ind;       /* may be NULL; SQL_NULL_DATA marks NULL */
    size_t len_stride;
    SQLSMALLINT num_precision, num_scale; /* of the APD record, for SQL_C_NUMERIC */
    /* Data-at-execution: the value of set `i` whose length says SQL_DATA_AT_EXEC /
       SQL_LEN_DATA_AT_EXEC (p NULL = SQL NULL; in the C type's form: bytes of SQLCHAR, SQLWCHAR,
       binary, or the fixed value); NULL when the parameter has none. */
    const struct td_str *dae;
};

/* What the server stores it in. */
struct td_pdest {
    uint8_t type; /* enum td_type */
    uint8_t precision,
        scale;      /* DECIMAL; TIMESTAMP's time precision in `precision` (0 ms, 1 us, 2 ns) */
    int32_t length; /* declared, bytes or NCHAR characters; 0 = no limit known */
    bool dec_text;  /* DECIMAL as text (server 3.4 and later) */
    uint8_t form;   /* enum td_pform, of a VARCHAR that no column stands behind */
};

/* What a VARCHAR means that a query parameter or a literal is sent as. */
enum td_pform {
    TD_PFORM_TEXT,    /* itself */
    TD_PFORM_INSTANT, /* a timestamp: text with an explicit offset (protocol.md 4.3, 7.9) */
    TD_PFORM_NUMBER   /* an exact number: text is checked to be one */
};

struct td_pctx;
/* Parameter set `row` (from 0): an error state means that its value was not stored. 01S07 is a
 * warning. */
typedef void (*td_param_report)(struct td_pctx *x, uint32_t row, enum td_sqlstate state,
                                const char *text);
struct td_pctx {
    struct td_tz_cache tz; /* the connection's zone */
    bool ts_truncation; /* TimestampTruncation=1: a too fine fraction is cut with 01S07 instead of
                           22008 */
    int64_t today;      /* days since 1970 of the local day, for times into timestamps */
    const uint8_t *
        skip; /* rows that are not to be looked at (operation array, earlier errors); may be NULL */
    td_param_report report;
    void *report_arg;
};

/* True when the C type can be converted to the TDengine type at all (else 07006). */
bool td_param_legal(int td_type, SQLSMALLINT ctype);
/* True when the reference's tables ("C to SQL") let the C type be bound as the SQL type (else 07006
   at SQLBindParameter); beyond them, integers as timestamps: raw epochs. ODBC 3 codes. */
bool td_param_pair(SQLSMALLINT sqltype, SQLSMALLINT ctype);
/* Converts `rows` values. A row that was reported with an error state holds NULL in the column.
 * TD_FAIL: no memory. */
enum td_rc td_param_encode(struct td_pcol *out, const struct td_pdest *d,
                           const struct td_psource *s, uint32_t rows, struct td_pctx *x);
/* The TDengine type that a query's parameter is sent as (the server gives none): from C type and
   bound SQL type (protocol.md 4.3: integers BIGINT, floats DOUBLE, BOOL, text VARCHAR, bytes
   VARBINARY, timestamps as text with offset, decimals as text). */
void td_param_query_type(const struct td_psource *s, struct td_pdest *d);

/* Appends value `row` as a SQL literal (protocol.md 4.7, 7.7): quoted text with every quote and
   backslash escaped, numbers exactly, NULL, timestamps quoted with explicit offset, binary as
   '\x…'. `in_values`: inside INSERT … VALUES (no TIMESTAMP '…'). Where no exact literal exists:
   HYC00/22018 through x->report. TD_FAIL: no memory or reported. */
enum td_rc td_param_literal(struct td_buf *out, const struct td_psource *s, uint32_t row,
                            bool in_values, struct td_pctx *x);

#endif

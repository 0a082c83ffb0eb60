/*
 * catdesc.h: the columns of one table as DESCRIBE gives them (protocol.md 7.3): the only statement that lists the tags of a
 * table without children.
 *
 * The list lives in the caller's arena; under the statement's lock.
 */
#ifndef TD_ODBC_CATDESC_H
#define TD_ODBC_CATDESC_H

#include "odbc/catquery.h"

struct td_catcol {
    struct td_str name;
    struct td_str note; /* "", TAG, COMPOSITE KEY, VIEW COL */
    int td_type;
    struct td_sqltype sql;
    bool is_key; /* the timestamp, or the second column of a composite key */
};

struct td_catcols {
    struct td_catcol *cols;
    size_t n, cap;
    bool failed; /* out of memory */
    struct td_arena *arena;
    const struct td_type_opts *opts;
    int ts_prec;
    bool user_table; /* its first column is the time key */
};

/* A table that does not exist (any more) has no columns and is no error. */
enum td_rc td_cat_describe(struct td_stmt *s, struct td_str db, struct td_str table,
                           struct td_arena *arena, struct td_catcols *out, struct td_err *err);

#endif

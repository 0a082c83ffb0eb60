/*
 * catquery.h: what the catalog functions share: beginning the call, reading their arguments, and running the statements
 * that they need on the statement's session.
 *
 * Under the statement's lock. Rows come in blocks and are handed on one by one; nothing of a block is kept.
 */
#ifndef TD_ODBC_CATQUERY_H
#define TD_ODBC_CATQUERY_H

#include "odbc/catshape.h"
#include "odbc/catsql.h"

/* The conditions of one call. */
struct td_cat {
    struct td_stmt *s;
    struct td_arena arena;
    struct td_match db, table, column;
    bool nothing; /* a schema was asked for: there are none, so no row matches */
};

/* Connected and in a state that allows a catalog call: forgets what the statement held. */
bool td_cat_begin(struct td_stmt *s);
/* Reads catalog, schema, table and column as arguments of the kinds given, or as identifiers when SQL_ATTR_METADATA_ID is
   on (HY009 for a NULL then). The column's is always a pattern. td_cat_end frees. */
bool td_cat_args(struct td_cat *c, struct td_stmt *s, const struct td_cat_args *a,
                 enum td_arg_kind catalog, enum td_arg_kind table);
void td_cat_end(struct td_cat *c);
/* A catalog argument that was not given means the current database, if there is one (the reference leaves it to the
   driver for ordinary arguments). */
bool td_cat_default_db(struct td_cat *c, struct td_str arg);

/* The value of a row: NULL pointer for NULL and for what is no text; `d` for NULL. */
struct td_str td_cat_text(const struct td_block *b, uint32_t col, uint32_t row);
int64_t td_cat_int(const struct td_block *b, uint32_t col, uint32_t row, int64_t d);

typedef void (*td_cat_row)(void *ctx, const struct td_block *b, uint32_t row);
/* Runs one statement (taken over: freed) and hands its rows on; fewer columns than `ncols` is an error. */
enum td_rc td_cat_run(struct td_stmt *s, struct td_buf *sql, uint32_t ncols, td_cat_row fn,
                      void *ctx, struct td_err *err);

/* Type columns that SQLColumns, SQLSpecialColumns and SQLProcedureColumns have in common, from column `first`: DATA_TYPE,
   TYPE_NAME, COLUMN_SIZE, BUFFER_LENGTH, DECIMAL_DIGITS. */
void td_cat_put_type(struct td_localset *l, uint32_t first, const struct td_sqltype *t, bool odbc2);

#endif

/*
 * localset.h: a result set that the driver makes itself (catalog functions, procedures): rows are collected, sorted, and
 * turned into the same raw block that the server would send, so that fetching knows no difference.
 *
 * Owned by the function that fills it, under its statement's lock. Out of memory sticks and shows when it is opened.
 */
#ifndef TD_ODBC_LOCALSET_H
#define TD_ODBC_LOCALSET_H

#include "base/alloc.h"
#include "odbc/stmt.h"

struct td_localcol {
    const char *name;  /* ODBC 3 */
    const char *name2; /* ODBC 2, NULL = the same */
    uint8_t type;      /* enum td_type: TD_T_VARCHAR, TD_T_SMALLINT or TD_T_INT */
    uint16_t length;   /* bytes of text */
    uint8_t nullable;  /* SQL_NO_NULLS or SQL_NULLABLE */
};

struct td_cell;
struct td_localset {
    const struct td_localcol *cols;
    uint32_t ncols;
    struct td_cell **rows;
    size_t n, cap;
    struct td_arena arena;
    bool failed;
};

void td_localset_init(struct td_localset *l, const struct td_localcol *cols, uint32_t ncols);
void td_localset_free(struct td_localset *l);
/* Begins a row of NULLs. */
void td_localset_row(struct td_localset *l);
void td_localset_int(struct td_localset *l, uint32_t col, int64_t v);
/* Copies the text; a NULL pointer leaves NULL. */
void td_localset_text(struct td_localset *l, uint32_t col, struct td_str s);
void td_localset_textz(struct td_localset *l, uint32_t col, const char *z);
/* Sorts by the columns given (bytewise, NULL first), equal rows as they came. */
void td_localset_sort(struct td_localset *l, const uint8_t *keys, size_t nkeys);
/* Opens it as the statement's result and frees it. */
SQLRETURN td_localset_open(struct td_localset *l, struct td_stmt *s);

#endif

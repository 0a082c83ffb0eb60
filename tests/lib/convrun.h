/*
 * convrun.h: runs conversion kernels in every way an application can bind, with poisoned memory
 * around each target. For tests only: a byte touched outside a target, or a lost report, fails the
 * test with a text.
 */
#ifndef TD_TESTS_CONVRUN_H
#define TD_TESTS_CONVRUN_H

#include "conv/kernel.h"

enum conv_way {
    CONV_COLUMN,   /* adjacent values, one indicator array */
    CONV_ROW,      /* structs of odd size: nothing is aligned */
    CONV_SINGLE,   /* one row a call */
    CONV_SEPARATE, /* column-wise, length and indicator in two arrays */
    CONV_WAYS
};

#define CONV_STATES 4

/* What happened to one cell. */
struct conv_cell {
    enum td_sqlstate states[CONV_STATES];
    int nstates;
    bool error;     /* one of the states is no warning */
    bool has_ind;   /* an indicator was written */
    SQLLEN ind;     /* the length, or SQL_NULL_DATA */
    uint8_t *value; /* `room` bytes of the slot after the call; 0xAB where nothing was written */
    size_t room;
};

/* Runs rows [row0, row0+n) and fills out[0..n). Returns NULL, or what went wrong. Free the cells
 * with conv_free. */
const char *conv_run(enum conv_way way, const struct td_col *col, uint32_t row0, uint32_t n,
                     SQLSMALLINT ctype, SQLLEN cap, struct td_kctx *x, struct conv_cell *out);
/* As conv_run with a kernel and no values, only indicators. */
const char *conv_run_lens(const struct td_col *col, uint32_t row0, uint32_t n, SQLSMALLINT ctype,
                          struct td_kctx *x, struct conv_cell *out);
void conv_free(struct conv_cell *cells, uint32_t n);

/* One SQLGetData call with poison around the buffer. */
const char *conv_piece(const struct td_col *col, uint32_t row, SQLSMALLINT ctype, SQLLEN cap,
                       struct td_piece *p, struct td_kctx *x, SQLRETURN *rc, struct conv_cell *out);

/* Fills the slots of NULL rows of a fixed-width column, whose content is undefined on the wire,
 * with garbage. */
void conv_soil(struct td_col *col, uint64_t garbage);

bool conv_has(const struct conv_cell *c, enum td_sqlstate state);
/* "ok", "22003", "01000+01004" (sorted). */
void conv_outcome(const struct conv_cell *c, char out[64]);

#endif

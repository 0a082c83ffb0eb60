/*
 * paramset.h: what an execute with parameters needs: where the application's values are, what
 * became of each parameter set, the statements prepared on the server, and data-at-execution
 * values.
 *
 * Part of the statement, guarded by its lock. Made when the first marker is met, kept until the
 * text is forgotten.
 */
#ifndef TD_ODBC_PARAMSET_H
#define TD_ODBC_PARAMSET_H

#include "client/stmt2.h"
#include "conv/param.h"
#include "odbc/stmt.h"

/* How one statement of the batch reaches the server. */
struct td_prep {
    bool decided;
    struct td_stmt2 *st2; /* NULL: by literals */
};

enum td_set_state { TD_SET_OK, TD_SET_IGNORED, TD_SET_BAD };

struct td_params {
    struct td_prep *preps; /* one per statement of the text */
    size_t npreps;
    /* the running execute */
    uint32_t sets; /* SQL_ATTR_PARAMSET_SIZE */
    uint32_t n;    /* parameters of the statement */
    struct td_psource *src;
    struct td_pcol *cols;
    uint32_t cap;   /* room of src and cols */
    uint8_t *state; /* enum td_set_state per set; the marks of `warned` lie behind them */
    bool *warned;   /* per set: a value was stored with a warning */
    uint32_t state_cap;
    uint32_t bad; /* sets that the driver refused */
    /* arrays on statements with a result: which set comes next, and of which statement */
    uint32_t next_set;
    bool more_sets;
    /* data-at-execution (paramdata.c) */
    struct td_str **dae; /* per parameter, then per set; NULL = none */
    uint32_t dae_params, dae_sets;
    uint32_t dae_param, dae_set; /* being asked for, from 0 */
    struct td_buf dae_buf;
    bool dae_null, dae_ready;
};

/* The statement's td_params, made if needed; NULL: no memory (reported). */
struct td_params *td_params_of(struct td_stmt *s);
/* Closes prepared statements and frees everything. */
void td_params_free(struct td_stmt *s);
/* Decides how statement `idx` goes, preparing it on the server at most once. TD_FAIL with the
 * server's error. */
enum td_rc td_params_prepare(struct td_stmt *s, size_t idx, struct td_err *err);

/* The C type of SQL_C_DEFAULT by the bound SQL type (reference, appendix D "Default C Data Types").
 */
SQLSMALLINT td_param_default_ctype(SQLSMALLINT sqltype);
/* Room for n parameters and `sets` sets. TD_FAIL: no memory. */
enum td_rc td_params_reserve(struct td_params *p, uint32_t n, uint32_t sets);
/* Reads the APD/IPD for the statement's parameters: sources, states by the operation array.
 * TD_FAIL: 07002, 07006, HY001. */
enum td_rc td_params_sources(struct td_stmt *s, const struct td_sqlstmt *q, uint32_t first,
                             struct td_err *err);
/* A context that reports parameter `param` (from 1) of set `row` as bad. */
struct td_param_sink {
    struct td_stmt *s;
    uint32_t param;
};
void td_params_context(struct td_stmt *s, struct td_param_sink *sink, struct td_pctx *x);
/* Writes status array and processed count: sets in [from, to) that are TD_SET_OK get `ok`; others
 * by their state. */
void td_params_status(struct td_stmt *s, uint32_t from, uint32_t to, SQLUSMALLINT ok);
/* SQL_PARAM_SUCCESS, or SQL_PARAM_SUCCESS_WITH_INFO when the set had a warning. */
SQLUSMALLINT td_params_success(const struct td_params *p, uint32_t set);
void td_params_processed(struct td_stmt *s, uint32_t n);

/* Runs statement `idx` with its parameters. *res is its outcome: an update's counts all sets; a
   result set is the first set's. TD_FAIL with err->state TD_ST_00000: everything is in the
   diagnostics already. */
enum td_rc td_params_run(struct td_stmt *s, size_t idx, struct td_result **res, struct td_err *err);
/* The next parameter set's result, for SQLMoreResults; *res NULL when there is none. */
enum td_rc td_params_next(struct td_stmt *s, struct td_result **res, struct td_err *err);
/* The columns of a SELECT with markers: run once with NULLs (decisions.md section 3). */
enum td_rc td_params_describe(struct td_stmt *s, size_t idx, struct td_result **res,
                              struct td_err *err);

/* paramlit.c: the statement with literals in the markers' places; `set` < 0: NULLs. */
enum td_rc td_params_text(struct td_stmt *s, const struct td_sqlstmt *q, int64_t set,
                          struct td_buf *out, struct td_err *err);
/* paraminsert.c: an INSERT through stmt2. */
enum td_rc td_params_insert(struct td_stmt *s, struct td_stmt2 *st, struct td_result **res,
                            struct td_err *err);
/* An update's outcome. */
struct td_result *td_update_result(int64_t affected, struct td_err *err);

/* paramdata.c: SQL_NEED_DATA when some value is data-at-execution and not given yet, SQL_SUCCESS
   when none is; SQL_ERROR: no memory (reported). */
SQLRETURN td_params_need_data(struct td_stmt *s);
void td_params_drop_data(struct td_params *p);

#endif

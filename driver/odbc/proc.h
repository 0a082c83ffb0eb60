/*
 * proc.h: the driver's procedures: what SQL does not have, for any ODBC client, as
 * `{CALL name(…)}` (docs/procedures.md, design.md section 15).
 *
 * A procedure is a row of the registry, which SQLProcedures and SQLProcedureColumns list. A td_proccall
 * lives for one execute, under its statement's lock.
 */
#ifndef TD_ODBC_PROC_H
#define TD_ODBC_PROC_H

#include "odbc/paramset.h"

enum { TD_PROC_ARGS = 6, TD_PROC_COLS = 6 };

enum td_proc_type { TD_PROC_TEXT, TD_PROC_INT };

struct td_proc_arg {
    const char *name; /* NULL: no more */
    enum td_proc_type type;
    bool required;
    bool array;      /* takes a value of every parameter set */
    const char *def; /* SQL text of what DEFAULT means; NULL: it must have a value */
    const char *remarks;
};
struct td_proc_col {
    const char *name; /* NULL: no more */
    uint8_t type;     /* enum td_type */
    int32_t length;
};

struct td_proccall;
struct td_proc {
    const char *name, *remarks;
    struct td_proc_arg args[TD_PROC_ARGS + 1];
    struct td_proc_col cols[TD_PROC_COLS + 1]; /* of the result set; none: it has none */
    /* *res: the outcome; further ones by td_call_more. *ret: what `{? = CALL}` gives. */
    enum td_rc (*run)(struct td_proccall *c, struct td_result **res, int64_t *ret,
                      struct td_err *err);
};

/* The registry in alphabetic order. */
uint32_t td_procs(const struct td_proc *const **procs);
/* Appends `name(arg, [arg])`. */
void td_proc_signature(const struct td_proc *p, struct td_buf *out);

/* ---- for procedures ---- */

struct td_proccall {
    struct td_stmt *s;
    const struct td_proc *proc;
    struct td_request rq;
    struct {
        bool given; /* neither left out nor DEFAULT */
        bool null;
        int marker;         /* index among the statement's input parameters, −1: a literal */
        struct td_str text; /* of a literal */
        int64_t num;
    } arg[TD_PROC_ARGS];
    struct td_arena arena;
    uint32_t set; /* the parameter set that single values are taken from */
    uint32_t sets;
};
/* The argument's value: false when it is NULL, DEFAULT or left out. */
bool td_call_text(const struct td_proccall *c, uint32_t arg, struct td_str *v);
bool td_call_int(const struct td_proccall *c, uint32_t arg, int64_t *v);
/* The same of parameter set `set`; a literal is the same in every set. Sets that are not to be used
   (ignored, or bad) are for td_call_uses to say. */
bool td_call_text_of(const struct td_proccall *c, uint32_t arg, uint32_t set, struct td_str *v);
bool td_call_uses(const struct td_proccall *c, uint32_t set);
/* Adds a result set (taken over, also on failure) for SQLMoreResults. */
enum td_rc td_call_more(struct td_proccall *c, struct td_result *res, struct td_err *err);
/* A builder of rows with the procedure's columns, and the result of what was built; frees it. */
struct td_build;
struct td_build *td_call_rows(const struct td_proccall *c);
struct td_result *td_call_result(const struct td_proccall *c, struct td_build *b,
                                 struct td_err *err);

/* ---- for exec.c ---- */

/* Runs a CALL. An unknown name: HYC00 when it begins with td_, else the statement goes to the
   server. Errors: 07001 and HY000-class ones show the signature; err->state TD_ST_00000 as in
   td_params_run. */
enum td_rc td_proc_run(struct td_stmt *s, const struct td_sqlstmt *q, struct td_result **res,
                       struct td_err *err);
/* The next further result of the procedure, NULL when there is none. */
struct td_result *td_proc_next(struct td_stmt *s);
void td_proc_drop(struct td_stmt *s);

extern const struct td_proc td_proc_schemaless, td_proc_set_req_id, td_proc_last_request;
extern const struct td_proc td_proc_tmq_subscribe, td_proc_tmq_poll, td_proc_tmq_commit,
    td_proc_tmq_commit_offset, td_proc_tmq_committed, td_proc_tmq_position, td_proc_tmq_assignment,
    td_proc_tmq_seek, td_proc_tmq_topics, td_proc_tmq_unsubscribe, td_proc_tmq_close;

#endif

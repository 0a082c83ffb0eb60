/*
 * stmt2.h: a prepared statement on the server (protocol.md 4.2).
 *
 * Belongs to an ODBC statement and is used under its lock; closed before its session. After a
 * failed bind it is broken: exec is never sent then (it kills the adapter, protocol.md section 11),
 * td_stmt2_ready makes it anew.
 */
#ifndef TD_CLIENT_STMT2_H
#define TD_CLIENT_STMT2_H

#include "client/session.h"
#include "wire/bind.h"
#include "wire/stmtmsg.h"

struct td_stmt2 {
    struct td_session *session;
    uint64_t id;
    uint32_t link_gen; /* the link on which the server knows the id; on another one it is prepared
                          again */
    bool is_insert;
    bool decimal_text; /* DECIMAL goes as text (3.4 and later), else as raw scaled integers
                          (protocol.md section 11) */
    bool may_combine;  /* the version may have stmt2_bind_exec */
    bool broken; /* a bind failed or the connection was lost: prepare again before the next bind */
    bool bind_refused; /* the last failure of td_stmt2_bind_exec was the bind: nothing was stored */
    uint32_t nfields;  /* INSERT: one per `?`; SELECT: 0 */
    uint32_t nparams;  /* number of `?` */
    struct td_stmt_field *fields;
    struct td_arena arena;
    bool bound;                    /* something was bound since the last exec */
    bool table_marker;             /* `insert into ? values …`: the server describes nothing,
                                      td_stmt2_table_fields does */
    struct td_str sql;             /* in the arena */
    struct td_stmt2_table *tables; /* looked-up tables, in the arena */
};

/* Prepares with get_fields; DECIMAL columns get precision and scale from td_stmt2_table_fields,
   since the server gives none (protocol.md section 11). On a server error *err has it: 0x2600 means
   "not for stmt2" (decisions.md section 3). */
enum td_rc td_stmt2_prepare(struct td_session *s, struct td_str sql, struct td_request *rq,
                            struct td_stmt2 **out, struct td_err *err);
/* To be called before values are made for the statement's fields: prepares it again when it is
   broken or the connection was made anew. Field descriptions of before are gone then, as are
   looked-up tables. */
enum td_rc td_stmt2_ready(struct td_stmt2 *st, struct td_request *rq, struct td_err *err);
/* One bind. On failure the statement is broken and the caller must not exec. */
enum td_rc td_stmt2_bind(struct td_stmt2 *st, const struct td_pcol *const *cols,
                         const uint8_t *roles, uint32_t ncols, const struct td_bind_table *tables,
                         uint32_t ntables, struct td_request *rq, struct td_err *err);
/* Executes what was bound; refuses with HY010 (and sends nothing) when broken or nothing is bound.
 * *affected for an INSERT. */
enum td_rc td_stmt2_exec(struct td_stmt2 *st, struct td_request *rq, int64_t *affected,
                         struct td_err *err);
/* bind + exec in one round trip where the adapter has it (tried once per connection); else the two
 * above. Inserts only. */
enum td_rc td_stmt2_bind_exec(struct td_stmt2 *st, const struct td_pcol *const *cols,
                              const uint8_t *roles, uint32_t ncols,
                              const struct td_bind_table *tables, uint32_t ntables,
                              struct td_request *rq, int64_t *affected, struct td_err *err);
/* The result of an executed SELECT. Drain or free it before the next exec or close
 * (protocol.md 4.2). */
enum td_rc td_stmt2_result(struct td_stmt2 *st, struct td_request *rq, struct td_result **res,
                           struct td_err *err);
/* Waits for no reply. */
void td_stmt2_free(struct td_stmt2 *st);

/* The columns of a table (name as written in SQL), for DECIMAL scales and `insert into ?`: looked up
   once per prepared statement by a query with `limit 0`. They live until td_stmt2_ready prepares
   anew. */
enum td_rc td_stmt2_table_fields(struct td_stmt2 *st, struct td_str table, struct td_request *rq,
                                 const struct td_stmt_field **fields, uint32_t *n,
                                 struct td_err *err);

#endif

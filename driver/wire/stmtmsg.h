/*
 * stmtmsg.h: the text messages of prepared statements (protocol.md 4.2). The binary bind messages
 * are in wire/bind.h.
 *
 * As in msg.h: writers append to a buffer, readers check what they use. No I/O, no lock.
 */
#ifndef TD_WIRE_STMTMSG_H
#define TD_WIRE_STMTMSG_H

#include "wire/msg.h"

/* A `?` of an INSERT as the server describes it. */
struct td_stmt_field {
    struct td_str name;
    uint8_t type, role; /* enum td_type, enum td_bind_role */
    bool key;           /* the table's first TIMESTAMP column */
    uint8_t precision,
        scale; /* TIMESTAMP: 0 ms, 1 us, 2 ns. DECIMAL: the server gives none, see client/stmt2.h */
    int32_t length; /* declared: bytes, NCHAR characters */
};

struct td_reply_prepare {
    bool is_insert;
    uint32_t nparams; /* fields_count */
    uint32_t nfields; /* 0 for queries */
    struct td_stmt_field *fields;
};

bool td_msg_stmt_init(struct td_buf *b, uint64_t id);
bool td_msg_stmt_prepare(struct td_buf *b, uint64_t id, uint64_t stmt_id, struct td_str sql,
                         bool get_fields);
/* stmt2_exec, stmt2_result, stmt2_close. */
bool td_msg_stmt_exec(struct td_buf *b, uint64_t id, uint64_t stmt_id);
bool td_msg_stmt_result(struct td_buf *b, uint64_t id, uint64_t stmt_id);
bool td_msg_stmt_close(struct td_buf *b, uint64_t id, uint64_t stmt_id);

enum td_rc td_msg_read_stmt_init(struct td_msg_view f, uint64_t *stmt_id, struct td_err *err);
enum td_rc td_msg_read_stmt_prepare(struct td_msg_view f, struct td_arena *a,
                                    struct td_reply_prepare *out, struct td_err *err);
/* Of stmt2_exec and stmt2_bind_exec. */
enum td_rc td_msg_read_stmt_exec(struct td_msg_view f, int64_t *affected, int64_t *timing_ns,
                                 struct td_err *err);

#endif

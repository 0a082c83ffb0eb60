/*
 * msg.h: the messages of taosAdapter's WebSocket protocol (protocol.md section 2): requests are
 * written, replies are read. No I/O. Parameters of prepared statements are in wire/bind.h.
 *
 * Writers append one whole message to a td_buf and return false when memory or its ceiling ran out.
 * Readers check everything that they use: a reply that is not as the protocol says is HY000
 * "unexpected reply …", an error reply is what td_err_server makes of its code and text. What they
 * give lives in the arena (or, for blocks, in the message itself).
 *
 * Request ids stay below 2^53 (TD_MSG_MAX_ID), so that no peer loses digits in a double.
 */
#ifndef TD_WIRE_MSG_H
#define TD_WIRE_MSG_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "wire/block.h"

/* Adapters before 3.3.5.0 answer `version` without the request's id, so that request always has
   this one. */
#define TD_MSG_VERSION_ID 1u
#define TD_MSG_MAX_ID     ((UINT64_C(1) << 53) - 1)

/* A message as it came. */
struct td_msg_view {
    const uint8_t *p;
    size_t n;
    bool text;
};

/* Which request a message answers (protocol.md 2.3, 2.7), without parsing it whole. False: none. */
bool td_msg_reply_id(struct td_msg_view f, uint64_t *id);
/* True when the message leaves a result open on the server: its id, for free_result. For replies
   that nobody waits for. */
bool td_msg_open_result(struct td_msg_view f, uint64_t *result_id);

/* ---- requests ---- */

struct td_msg_conn { /* protocol.md 2.5; empty strings are left out, but for db */
    struct td_str user, password, db, tz, app, ip, connector, totp_code, bearer_token;
    bool bi_mode;
};
bool td_msg_version(struct td_buf *b); /* TD_MSG_VERSION_ID */
bool td_msg_conn(struct td_buf *b, uint64_t id, const struct td_msg_conn *c);

enum td_msg_option { /* protocol.md 2.4, options_connection */
                     TD_MSG_OPT_ALL = -1,
                     TD_MSG_OPT_CHARSET = 0,
                     TD_MSG_OPT_TIMEZONE = 1,
                     TD_MSG_OPT_IP = 2,
                     TD_MSG_OPT_APP = 3
};
struct td_msg_opt {
    enum td_msg_option option;
    struct td_str value; /* p NULL = null: resets the option */
};
bool td_msg_options(struct td_buf *b, uint64_t id, const struct td_msg_opt *opts, uint32_t n);
bool td_msg_current_db(struct td_buf *b, uint64_t id);

/* Binary 6 and 10. The SQL text is sent as it is. */
bool td_msg_query(struct td_buf *b, uint64_t id, struct td_str sql);
bool td_msg_validate(struct td_buf *b, uint64_t id, struct td_str sql);
/* Binary 7. */
bool td_msg_fetch(struct td_buf *b, uint64_t id, uint64_t result_id);
/* Never answered (protocol.md 2.3). */
bool td_msg_free_result(struct td_buf *b, uint64_t id, uint64_t result_id);

/* ---- replies ---- */

/* Envelope only (conn, options_connection, …): TD_OK when its code is 0. `connecting` as in
   td_err_server. */
enum td_rc td_msg_read_plain(struct td_msg_view f, bool connecting, struct td_err *err);
/* Text of the server's version: of `version` (HY000 when missing) and of `conn` ("" when it has
   none). */
enum td_rc td_msg_read_version(struct td_msg_view f, char out[64], struct td_err *err);
enum td_rc td_msg_read_conn(struct td_msg_view f, char version[64], struct td_err *err);
enum td_rc td_msg_read_current_db(struct td_msg_view f, struct td_arena *a, struct td_str *db,
                                  struct td_err *err);
/* result_code of validate_sql as a 16-bit code, 0 = valid. */
enum td_rc td_msg_read_validate(struct td_msg_view f, uint32_t *code, struct td_err *err);

struct td_field { /* a column of a result (protocol.md 2.6) */
    struct td_str name;
    uint8_t type;             /* a known enum td_type */
    uint8_t precision, scale; /* decimals */
    int32_t length;           /* declared */
};
/* Declared length of a column from its internal size. */
int64_t td_msg_declared_length(uint8_t type, int64_t bytes);
struct td_reply_query {
    uint64_t id; /* result id; 0 for an update */
    bool is_update;
    uint8_t ts_prec;
    int64_t affected;
    int64_t timing_ns;
    uint32_t nfields;
    struct td_field *fields;
};
/* `internal_sizes` for stmt2_result, whose lengths are those of storage (protocol.md section 11):
   they are converted. */
enum td_rc td_msg_read_query(struct td_msg_view f, bool internal_sizes, struct td_arena *a,
                             struct td_reply_query *out, struct td_err *err);

struct td_reply_fetch {
    uint64_t result_id;
    int64_t timing_ns;
    bool finished;
    const uint8_t *block; /* inside the message; NULL when finished */
    size_t block_len;
};
/* An error reply also means that the result is freed on the server. */
enum td_rc td_msg_read_fetch(struct td_msg_view f, struct td_reply_fetch *out, struct td_err *err);

#endif

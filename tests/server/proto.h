/*
 * proto.h: the messages of /ws (protocol.md 2, appendix A): parsing requests, writing replies.
 *
 * Pure functions over buffers: no sockets, no sessions, no locks. A request points into the message
 * it was parsed from, which must outlive it; its strings are unescaped copies owned by the request.
 */
#ifndef TL_PROTO_H
#define TL_PROTO_H

#include <cjson/cJSON.h>

#include "engine.h"

enum tl_action {
    TL_ACT_UNKNOWN,
    TL_ACT_BAD, /* not a request at all: answered "unmarshal request error" */
    TL_ACT_VERSION,
    TL_ACT_CONN,
    TL_ACT_QUERY,
    TL_ACT_BINARY_QUERY,
    TL_ACT_FETCH,
    TL_ACT_FETCH_BLOCK,
    TL_ACT_FETCH_RAW_BLOCK,
    TL_ACT_FREE_RESULT,
    TL_ACT_NUM_FIELDS,
    TL_ACT_GET_CURRENT_DB,
    TL_ACT_GET_SERVER_INFO,
    TL_ACT_OPTIONS_CONNECTION,
    TL_ACT_CHECK_SERVER_STATUS,
    TL_ACT_VALIDATE_SQL,
    TL_ACT_STMT2_INIT,
    TL_ACT_STMT2_PREPARE,
    TL_ACT_STMT2_BIND,
    TL_ACT_STMT2_EXEC,
    TL_ACT_STMT2_RESULT,
    TL_ACT_STMT2_CLOSE,
    TL_ACT_STMT2_BIND_EXEC,
    TL_ACT_INSERT /* schemaless */
};

struct tl_request {
    enum tl_action action;
    char name[64];        /* as it is echoed */
    uint64_t req_id;      /* all 64 bits: never through a double */
    uint64_t id;          /* result id of the action, 0 when absent */
    uint64_t binary_code; /* of a binary message, 0 for text */
    bool has_args;
    bool short_sql;    /* a binary statement that is too short (2.6) */
    const cJSON *args; /* inside root */
    cJSON *root;
    const char *sql; /* of a query: unescaped, nsql bytes */
    size_t nsql;
    int32_t col_idx;        /* of stmt2_bind (4.3) */
    const uint8_t *payload; /* of a bind; NULL when the message is too short to have one */
    size_t npayload;
};

void tl_request_parse_text(struct tl_request *rq, const char *text, size_t n);
void tl_request_parse_binary(struct tl_request *rq, const uint8_t *p, size_t n);
void tl_request_free(struct tl_request *rq);

/* Appends to `b`; all return false when memory is out. */
bool tl_json_str(struct tl_buf *b, const char *s, size_t n); /* quoted and escaped as Go does */
bool tl_json_fmt(struct tl_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The common fields without the closing brace. */
bool tl_reply_head(struct tl_buf *b, int code, const char *msg, const char *action, uint64_t req_id,
                   int64_t timing);
bool tl_reply_error(struct tl_buf *b, const struct tl_error *err, const char *action,
                    uint64_t req_id, int64_t timing);
/* The reply of query and binary_query; `id` is 0 for an update. */
bool tl_reply_query(struct tl_buf *b, const struct tl_result *r, uint64_t id, const char *action,
                    uint64_t req_id, int64_t timing);
/* The part of a stmt2_result reply (4.2) after the common fields and stmt_id; closes the object.
   The lengths are libtaos's internal sizes. */
bool tl_reply_stmt_fields(struct tl_buf *b, const struct tl_result *r, uint64_t id);
/* The reply of fetch: `block` is NULL at the end of the result. */
bool tl_reply_fetch(struct tl_buf *b, const uint8_t *block, int ncols, uint64_t id, uint64_t req_id,
                    int64_t timing);
/* The head of a fetch_raw_block reply (2.7) and its two ends. When a block follows, append it and
   then call tl_reply_raw_done with the offset where this head began. */
bool tl_reply_raw_head(struct tl_buf *b, const struct tl_error *err, uint64_t id, bool finished,
                       uint64_t req_id, int64_t timing);
void tl_reply_raw_done(struct tl_buf *b, size_t head_at);
enum { TL_RAW_HEAD = 55 }; /* bytes of that head without a message, block length included */

#endif

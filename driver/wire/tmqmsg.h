/*
 * tmqmsg.h: the text messages of /rest/tmq (protocol.md section 5): requests are written, replies
 * read. The data of a message are wire/tmqdata.h's. As wire/msg.h: pure, everything that is used is
 * checked, texts live in the caller's arena.
 */
#ifndef TD_WIRE_TMQMSG_H
#define TD_WIRE_TMQMSG_H

#include "wire/msg.h"

/* What the server answers for a vgroup without a committed offset (protocol.md 5.3). */
#define TD_TMQ_NO_OFFSET INT64_C(-2147467247)

/* ---- requests ---- */

struct td_tmq_pair {
    struct td_str key, value;
};
struct td_tmq_subscribe { /* protocol.md 5.2 */
    const struct td_str *topics;
    uint32_t ntopics;
    const struct td_tmq_pair *args; /* members of args, all strings */
    uint32_t nargs;
    const struct td_tmq_pair *config; /* libtaos's own keys */
    uint32_t nconfig;
};
bool td_tmqmsg_subscribe(struct td_buf *b, uint64_t id, const struct td_tmq_subscribe *s);
/* `message_id`: the last message received, 0 = none (protocol.md 5.3: a later one is given again). */
bool td_tmqmsg_poll(struct td_buf *b, uint64_t id, int64_t blocking_ms, uint64_t message_id);
/* `fetch_raw_data`, `fetch_json_meta` and `commit` name a message. */
bool td_tmqmsg_of_message(struct td_buf *b, uint64_t id, const char *action, uint64_t message_id);
/* `unsubscribe` and `list_topics`. */
bool td_tmqmsg_plain(struct td_buf *b, uint64_t id, const char *action);
bool td_tmqmsg_assignment(struct td_buf *b, uint64_t id, struct td_str topic);
/* `seek` and `commit_offset`. */
bool td_tmqmsg_offset(struct td_buf *b, uint64_t id, const char *action, struct td_str topic,
                      int32_t vgroup, int64_t offset);
/* `committed` and `position` of one vgroup. */
bool td_tmqmsg_ask(struct td_buf *b, uint64_t id, const char *action, struct td_str topic,
                   int32_t vgroup);

/* ---- replies; those without content are td_msg_read_plain's ---- */

enum td_tmq_kind { TD_TMQ_DATA = 1, TD_TMQ_META = 2, TD_TMQ_METADATA = 3 };
struct td_tmq_poll {
    bool have;
    struct td_str topic, database;
    int32_t vgroup;
    enum td_tmq_kind kind;
    uint64_t message_id;
    int64_t offset;
};
/* A message of a kind that the driver cannot show is HY000. */
enum td_rc td_tmqmsg_read_poll(struct td_msg_view f, struct td_arena *a, struct td_tmq_poll *out,
                               struct td_err *err);
/* The JSON text of `data`; p NULL when it is null. */
enum td_rc td_tmqmsg_read_meta(struct td_msg_view f, struct td_arena *a, struct td_str *json,
                               struct td_err *err);
/* The list of changes in a meta message (`metas`); p NULL: it has another form. Each is an object. */
struct td_str td_tmqmsg_changes(struct td_str json);
bool td_tmqmsg_next_change(struct td_str *rest, struct td_str *one);

struct td_tmq_assigned {
    int32_t vgroup;
    int64_t offset, begin, end;
};
enum td_rc td_tmqmsg_read_assignment(struct td_msg_view f, struct td_arena *a,
                                     struct td_tmq_assigned **out, uint32_t *n, struct td_err *err);
/* The one offset in the array `member`. */
enum td_rc td_tmqmsg_read_offset(struct td_msg_view f, const char *member, int64_t *offset,
                                 struct td_err *err);
enum td_rc td_tmqmsg_read_topics(struct td_msg_view f, struct td_arena *a, struct td_str **topics,
                                 uint32_t *n, struct td_err *err);

#endif

/*
 * tmq.h: a subscription (protocol.md section 5): one consumer of a group on a connection of its
 * own, /rest/tmq.
 *
 * The DBC owns the td_tmq, which lives until SQLDisconnect; a consumer comes with td_tmq_subscribe
 * and goes with td_tmq_shut. Functions may be called from several threads: `lock` inside makes them
 * wait for each other, td_tmq_wake takes none that is held over network I/O. Lock order: stmt →
 * tmq → session.
 *
 * What was delivered is what td_tmq_poll has given. A poll that ended early (HYT00, HY008) leaves
 * its question open: the next one takes the answer, so that no message is lost, and nothing is
 * committed meanwhile, as the server would commit that answer, too. Auto-commit commits what was
 * delivered: when its interval has passed, by a poll, and between calls by a thread.
 */
#ifndef TD_CLIENT_TMQ_H
#define TD_CLIENT_TMQ_H

#include "client/session.h"
#include "client/tmqopt.h"
#include "wire/tmqdata.h"

struct td_tmq;

struct td_tmq_message {
    struct td_arena arena;
    struct td_tmq_poll head;
    struct td_str meta; /* JSON; p NULL: none */
    bool has_data;
    struct td_tmqdata data; /* inside raw */
    struct td_msg raw;
};
void td_tmq_message_free(struct td_tmq_message *m);

/* NULL: no memory. */
struct td_tmq *td_tmq_new(struct td_session *s);
/* Ends the consumer without waiting for the server, but for a last auto-commit (2 s at most). */
void td_tmq_free(struct td_tmq *q);
/* As td_session_wake. */
void td_tmq_wake(struct td_tmq *q, struct td_cancel *cancel);

/* Connects a consumer and subscribes. Errors: HY010 when there is one already, 08001, and the
   server's. A lost one is replaced. */
enum td_rc td_tmq_subscribe(struct td_tmq *q, const struct td_tmq_opts *o,
                            const struct td_str *topics, uint32_t ntopics, struct td_request *rq,
                            struct td_err *err);
/* All below: HY010 without a subscription, 08S01 when its connection is lost. */
/* Waits up to timeout_ms for a message; *have false: none came. */
enum td_rc td_tmq_poll(struct td_tmq *q, int64_t timeout_ms, struct td_request *rq,
                       struct td_tmq_message *m, bool *have, struct td_err *err);
/* Commits what was delivered. HY010 while an interrupted poll's message waits to be polled. */
enum td_rc td_tmq_commit(struct td_tmq *q, struct td_request *rq, struct td_err *err);
/* `action`: commit_offset or seek. */
enum td_rc td_tmq_offset(struct td_tmq *q, const char *action, struct td_str topic, int32_t vgroup,
                         int64_t offset, struct td_request *rq, struct td_err *err);
/* `action`: committed or position. */
enum td_rc td_tmq_ask(struct td_tmq *q, const char *action, struct td_str topic, int32_t vgroup,
                      int64_t *offset, struct td_request *rq, struct td_err *err);
enum td_rc td_tmq_assignment(struct td_tmq *q, struct td_str topic, struct td_arena *a,
                             struct td_tmq_assigned **out, uint32_t *n, struct td_request *rq,
                             struct td_err *err);
enum td_rc td_tmq_topics(struct td_tmq *q, struct td_arena *a, struct td_str **out, uint32_t *n,
                         struct td_request *rq, struct td_err *err);
/* Commits what auto-commit has to, tells the server, and ends the consumer. */
enum td_rc td_tmq_unsubscribe(struct td_tmq *q, struct td_request *rq, struct td_err *err);
/* Ends the consumer, if any, without a word to the server but the last auto-commit. */
void td_tmq_shut(struct td_tmq *q);

#endif

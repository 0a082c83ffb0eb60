/*
 * priv.h: what the files of client/ share: the session's insides and one round trip.
 *
 * Fields without a remark are set by td_session_open and constant after. The lock guards the small state that statements
 * may change (current database, precision cache); it is never held during network I/O.
 */
#ifndef TD_CLIENT_PRIV_H
#define TD_CLIENT_PRIV_H

#include "base/clock.h"
#include "base/sync.h"
#include "client/session.h"
#include "net/url.h"
#include "wire/msg.h"

/* Names are ≤ 64 bytes for the server (protocol.md 7.5); more is kept so that its own error shows. */
#define TD_DB_CAP      256
#define TD_PREC_CACHED 16

struct td_db_prec {
    char name[TD_DB_CAP];
    int prec;
};

struct td_session {
    struct td_url_target target;
    struct td_transport *t;
    struct td_version version;
    uint64_t next_id; /* atomic */
    bool prefetch;
    bool no_bind_exec; /* atomic: the adapter does not know stmt2_bind_exec */
    char tz[64];                /* sent at login, "" = none */
    char app[24];
    char login_db[TD_DB_CAP];   /* as sent: folded, or with its backquotes */
    char login_name[TD_DB_CAP]; /* the database that login left current */

    struct td_mutex lock;
    char db[TD_DB_CAP];                        /* lock */
    struct td_db_prec precs[TD_PREC_CACHED];   /* lock */
    uint32_t nprecs;                           /* lock */
};

/* Opens a transport to one of the target's endpoints and logs in (login.c): sets t and version. */
enum td_rc td_login(struct td_session *s, int64_t deadline, struct td_err *err);

/* Sends the message in `b` and waits for its reply. When the wait ends early (HYT00, HY008) a late reply that opened a
   result on the server frees it again. Wipes nothing: the caller owns b. */
enum td_rc td_session_call(struct td_session *s, uint64_t id, const struct td_buf *b, bool text,
                           const struct td_request *rq, struct td_msg *reply, struct td_err *err);
static inline struct td_msg_view td_view_of(const struct td_msg *m)
{
    return (struct td_msg_view){m->p, m->n, m->text};
}
/* Tells the server to forget a result. Failures do not matter: the connection is lost then. */
void td_session_free_result(struct td_session *s, uint64_t result_id);
/* For td_abandon: frees the result that the late reply opened. ctx: the session. */
void td_session_late(void *session, struct td_msg *m);

/* A result over the reply of a query; takes the arena over, also on failure. Sends the first fetch when prefetching. */
struct td_result *td_result_stream(struct td_session *s, const struct td_reply_query *q,
                                   struct td_arena *a, struct td_err *err);

/* The first word of a statement in lower case ("" when it begins with something else); *rest is what follows it. Comments
   are skipped. */
void td_sql_first_word(struct td_str sql, char out[16], struct td_str *rest);
/* What the server makes of a database name in an option or argument (protocol.md 7.6): the text between quotes as it is,
   other text in lower case. False when it does not fit. */
bool td_db_fold(struct td_str name, char out[TD_DB_CAP]);

#endif

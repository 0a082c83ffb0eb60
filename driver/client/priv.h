/*
 * priv.h: what the files of client/ share: the session's insides and one round trip.
 *
 * Fields without a remark are set by td_session_open and constant after. `lock` guards the small
 * state that statements may change; it is never held during network I/O. `link_lock` is held while
 * the link is made anew and while users are counted, so that nobody is on a transport that is
 * replaced. Order: link_lock → lock → the transport's.
 */
#ifndef TD_CLIENT_PRIV_H
#define TD_CLIENT_PRIV_H

#include "base/clock.h"
#include "base/sync.h"
#include "client/session.h"
#include "net/rest.h"
#include "net/url.h"
#include "wire/msg.h"

/* Names have ≤ 64 bytes (protocol.md 7.5); more is kept so that the server's own error shows. */
#define TD_DB_CAP      256
#define TD_PREC_CACHED 16

struct td_db_prec {
    char name[TD_DB_CAP];
    int prec;
};

struct td_killer;

struct td_session {
    struct td_url_target target;
    uint32_t fork_gen;
    bool borrowed;             /* `target` is another session's */
    struct td_killer *killer;  /* NULL: a control session */
    struct td_transport *late; /* what late replies come on: t, also while that is being closed */
    /* One of t and rest is there; replaced by td_link_swap only. A user reads them as they are,
       others with lock held, when both may be NULL. */
    struct td_transport *t;
    struct td_rest *rest;
    struct td_version version;
    uint64_t next_id; /* atomic */
    uint32_t caps;
    bool prefetch;
    bool log_sql;
    bool no_bind_exec; /* atomic: the adapter does not know stmt2_bind_exec */
    char tz[64];       /* sent at login, "" = none */
    char app[24];
    char login_db[TD_DB_CAP];   /* as sent: folded, or with its backquotes */
    char login_name[TD_DB_CAP]; /* the database that login left current */

    struct td_mutex link_lock;
    uint32_t users;    /* link_lock: statements being run */
    uint32_t link_gen; /* of the link; changes with it. Read by users, who keep it as it is */
    uint32_t open;     /* atomic: results that live on the link */

    struct td_mutex lock;
    char endpoint[300];                      /* lock; of the link */
    char db[TD_DB_CAP];                      /* lock */
    struct td_db_prec precs[TD_PREC_CACHED]; /* lock */
    uint32_t nprecs;                         /* lock */
};

/* How the server is reached. */
struct td_link {
    struct td_transport *t; /* WebSocket */
    struct td_rest *rest;   /* or HTTP */
    struct td_version version;
};
/* Makes a link to one of the target's endpoints and logs in with `db` current (login.c). Touches
   nothing of the session. */
enum td_rc td_login(struct td_session *s, const char *db, int64_t deadline, struct td_link *link,
                    struct td_err *err);
/* One REST attempt (restlogin.c): version and database are checked by statements. *retry as in
   td_ws_open. */
enum td_rc td_rest_login(struct td_session *s, const struct td_net_cfg *cfg, const char *db,
                         int64_t deadline, struct td_link *link, bool *retry, struct td_err *err);
enum td_rc td_login_check_version(const struct td_version *v, const char *endpoint,
                                  struct td_err *err);
void td_version_parse(const char *text, struct td_version *v);
void td_link_close(struct td_link *link);
/* Closes the session's link and puts another in its place (NULL: none). No users, and link_lock held
   but for open and close. */
void td_link_swap(struct td_session *s, struct td_link *link);

/* Around every statement: counts it as a user of the link, and first makes a lost link anew when
   the key AutoReconnect allows it and nothing is open on it (decisions.md section 3: nothing is
   ever sent again). */
enum td_rc td_session_enter(struct td_session *s, const struct td_request *rq, struct td_err *err);
void td_session_leave(struct td_session *s);
/* Becomes a user of the link of that generation, unless it is gone. Makes no link; waits only while
   another thread makes one. */
bool td_session_pin(struct td_session *s, uint32_t gen);
static inline void td_session_opened(struct td_session *s)
{
    __atomic_add_fetch(&s->open, 1, __ATOMIC_RELAXED);
}
static inline void td_session_shut(struct td_session *s)
{
    __atomic_sub_fetch(&s->open, 1, __ATOMIC_RELAXED);
}

/* Sends the message in `b` and waits for its reply. When the wait ends early (HYT00, HY008) a late
   reply that opened a result on the server frees it again. Wipes nothing: the caller owns b. */
enum td_rc td_session_call(struct td_session *s, uint64_t id, const struct td_buf *b, bool text,
                           const struct td_request *rq, struct td_msg *reply, struct td_err *err);
static inline struct td_msg_view td_view_of(const struct td_msg *m)
{
    return (struct td_msg_view){m->p, m->n, m->text};
}
/* Tells the server to forget a result. Failures do not matter: the connection is lost then. */
void td_session_free_result(struct td_session *s, uint64_t result_id);
/* For td_abandon: frees the result that the late reply opened; its query need not be killed. */
void td_session_late(void *session, struct td_msg *m);

/* A result over the reply of a query; takes the arena over, also on failure. Sends the first fetch
   when prefetching. `query`: the request id by which it can be killed, 0 = cannot. */
struct td_result *td_result_stream(struct td_session *s, const struct td_reply_query *q,
                                   uint64_t query, struct td_arena *a, struct td_err *err);

/* Of cancel.c. The killer ends with the session; closing may take as long as one step of the control
   session (2 s) when the server does not answer it. */
struct td_killer *td_killer_new(struct td_session *s);
void td_killer_free(struct td_killer *k);
/* The query with this request id is to be killed on the server unless the reply `awaited` comes
   first (0: none can). Returns at once; call it before td_abandon. */
void td_kill_later(struct td_session *s, uint64_t query, uint64_t awaited);
/* The reply has come. */
void td_kill_over(struct td_session *s, uint64_t awaited);
/* A second login to the same target, for cancel.c; to be closed before `of`. */
struct td_session *td_session_sibling(const struct td_session *of, int64_t deadline,
                                      struct td_err *err);

/* Of result.c: a result whose columns and blocks the stream gives. Takes it over, also on failure.
 */
struct td_rest_stream;
struct td_result *td_result_rest(struct td_rest_stream *src, uint8_t ts_prec, struct td_err *err);
/* An update's. */
struct td_result *td_result_update(int64_t affected, struct td_err *err);
/* Of restquery.c: runs a statement with `db` current; *retry as in td_rest_post. */
enum td_rc td_rest_run(struct td_session *s, struct td_rest *rest, const char *db,
                       struct td_str sql, const struct td_request *rq, bool *retry,
                       struct td_result **res, struct td_err *err);
enum td_rc td_rest_query(struct td_session *s, struct td_str sql, struct td_request *rq,
                         struct td_result **res, struct td_err *err);
/* Columns of the stream; the names live as long as it. */
uint32_t td_rest_stream_fields(const struct td_rest_stream *st, const struct td_field **fields);
/* The next block (td_malloc'd, the caller's); NULL at the end, which is checked to be one. */
enum td_rc td_rest_stream_next(struct td_rest_stream *st, const struct td_request *rq,
                               uint8_t **block, size_t *n, struct td_err *err);
void td_rest_stream_free(struct td_rest_stream *st);
/* The target of /rest/sql with the session's database and settings (protocol.md 1.2). False: no
   memory. */
bool td_rest_target(struct td_session *s, const char *db, uint64_t req_id, struct td_buf *out);

/* Makes HYT00 the HYT01 that it is when the connection's limit was the deadline. */
void td_say_limit(const struct td_request *rq, struct td_err *err);
/* After a statement was sent and its reply is lost: says in err that it may have been executed,
   unless it only reads. */
void td_say_outcome(struct td_str sql, struct td_err *err);
/* True when a statement's first word says that it only reads. */
bool td_sql_reads(struct td_str sql);

/* The first word of a statement in lower case ("" when it begins with something else); *rest is
   what follows it. Comments are skipped. */
void td_sql_first_word(struct td_str sql, char out[16], struct td_str *rest);
/* What the server makes of a database name in an option or argument (protocol.md 7.6): the text
   between quotes as it is, other text in lower case. False when it does not fit. */
bool td_db_fold(struct td_str name, char out[TD_DB_CAP]);
/* Appends use `name`, the name as it is. */
bool td_put_use(struct td_buf *sql, const char *name);

#endif

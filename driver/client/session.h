/*
 * session.h: a login on a server and what it can do, independent of ODBC.
 *
 * The DBC owns the session; statements hold a plain pointer and must be closed before it. All
 * functions may be called from several threads; the session's lock guards its own small state, the
 * transport has its own. Lock order: dbc → stmt → session.
 */
#ifndef TD_CLIENT_SESSION_H
#define TD_CLIENT_SESSION_H

#include "base/opt.h"
#include "client/result.h"
#include "net/transport.h"

struct td_session;

struct td_version {
    int part[4]; /* 3.3.7.5 */
    char text[64];
};

/* What a request carries besides its text. */
struct td_request {
    int64_t deadline;         /* TD_NEVER = none; the end of it is HYT00 */
    struct td_cancel *cancel; /* may be NULL */
    uint32_t seen;            /* cancel->generation when the ODBC call began */
    bool connection_limit;    /* the deadline is the connection's: the end of it is HYT01 */
    uint64_t req_id;          /* 0 = the session chooses; out: what was sent */
    int64_t timing_ns;        /* out: time inside the adapter */
};

/* Connects to one of the target's endpoints, logs in, sets zone, app and database. Deadline over
   all of it: HYT00. Errors: 08001, 08004 (too old a server: below 3.3.6.0), 28000, 3D000. */
struct td_session *td_session_open(const struct td_opts *opts, int64_t deadline,
                                   td_opt_unknown warn, void *ctx, struct td_err *err);
void td_session_close(struct td_session *s);

/* Runs one statement. On success *res is a result (client/result.h): an update's has no columns. */
enum td_rc td_session_query(struct td_session *s, struct td_str sql, struct td_request *rq,
                            struct td_result **res, struct td_err *err);
/* True when the server takes the statement (validate_sql). */
enum td_rc td_session_validate(struct td_session *s, struct td_str sql, struct td_request *rq,
                               struct td_err *err);

/* Wakes waits that watch `cancel`, after its generation was bumped; from any thread. */
void td_session_wake(struct td_session *s, struct td_cancel *cancel);
bool td_session_alive(struct td_session *s);
uint32_t td_session_caps(const struct td_session *s);
const struct td_version *td_session_version(const struct td_session *s);
bool td_session_at_least(const struct td_session *s, int a, int b, int c, int d);
const char *td_session_endpoint(const struct td_session *s);
/* The current database as the driver knows it: login, USE (seen in statements), td_session_use. ""
   = none. Valid until the next change; copy under the caller's dbc lock. */
void td_session_database(struct td_session *s, char *out, size_t cap);
enum td_rc td_session_use(struct td_session *s, struct td_str db, struct td_request *rq,
                          struct td_err *err);
/* Time precision of a database (0 ms, 1 us, 2 ns), cached; −1 when unknown. */
int td_session_db_precision(struct td_session *s, const char *db, struct td_request *rq);
/* Restores what login set: database, zone, options (SQL_ATTR_RESET_CONNECTION). */
enum td_rc td_session_reset(struct td_session *s, struct td_err *err);
uint64_t td_session_next_id(struct td_session *s);

#endif

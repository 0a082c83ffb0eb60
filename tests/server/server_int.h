/*
 * server_int.h: what server.c, ws.c, action.c, exec.c and rest.c share.
 *
 * Everything here lives on the event-loop thread: no locks. The server owns its connections, a
 * connection its results, running requests and unsent messages; a message belongs to the
 * connection's queue until it is sent, then to the server's pool.
 */
#ifndef TL_SERVER_INT_H
#define TL_SERVER_INT_H

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>

#include "fault.h"
#include "proto.h"
#include "server.h"
#include "stats.h"

/* A message to the client. buf begins with LWS_PRE bytes for lws's frame header. */
struct tl_msg {
    struct tl_msg *next;
    bool binary;
    struct tl_fault_plan plan;
    struct tl_buf buf;
};

/* An open result of a connection. `block` is what fetch has taken and fetch_block will send. */
struct tl_open {
    struct tl_open *next;
    uint64_t id;
    uint64_t query_id; /* request id of the query it came from */
    struct tl_result *r;
    struct tl_buf block;
    bool has_block;
};

struct tl_prep; /* stmt2.c: a prepared statement of a connection */

/* A request that is running: parked by a delay, or at work. */
struct tl_running {
    struct tl_running *next;
    struct tl_conn *conn;
    lws_sorted_usec_list_t sul;
    int64_t arrived; /* microseconds */
    struct tl_fault_plan plan;
    char kill_id[32]; /* cancel.h */
    bool listed, killed;
    bool parked;     /* not done: the action has arranged to be called again */
    int64_t started; /* microseconds: when a poll began to wait */
    lws_sorted_usec_list_t beat;
    struct tl_request rq;
    uint8_t *data; /* the message that rq points into */
};

struct tl_conn {
    struct tl_conn *next;
    struct tl_server *srv;
    struct lws *wsi;
    struct tl_session session;
    bool connected; /* conn has succeeded */
    bool frozen;    /* half open: neither read nor write */
    bool no_ping;
    bool ping_due;
    uint32_t ping_count;
    int64_t last_rx;  /* microseconds: data or a Pong; a Ping does not count (2.2) */
    uint64_t last_id; /* of results */
    struct tl_open *open;
    struct tl_consumer *consumer; /* tmq.h; of /rest/tmq connections alone */
    struct tl_prep *preps;
    uint64_t last_prep; /* id of a prepared statement */
    struct tl_running *running;
    struct tl_msg *first, *last; /* unsent */
    struct tl_buf rx;
    bool rx_binary;
    lws_sorted_usec_list_t ping_sul, idle_sul, drip_sul;
    size_t frag_at;     /* of the first unsent message: bytes already sent as fragments */
    struct tl_msg *raw; /* being dripped or cut: written past lws, see ws_raw.c */
    size_t raw_at, raw_end;
};

struct tl_server {
    struct tl_server_opts opts;
    struct lws_context *lws;
    struct tl_engine *engine;
    struct tl_script *script;
    struct tl_faults faults;
    struct tl_stats stats;
    bool bind_exec; /* stmt2_bind_exec is served */
    bool v34;       /* as TDengine 3.4: DECIMAL binds are text, stmt results outlive their stmt */
    struct tl_tmq *tmq; /* tmq.h */
    uint64_t last_kill; /* number in kill ids */
    struct tl_conn *conns;
    struct tl_msg *pool;
    int npool;
    int port;
    uint32_t rng;
    pthread_t thread;
    bool threaded;
    atomic_bool stop;
};

/* What lws keeps for each socket: one of the two. */
struct tl_user {
    struct tl_conn *conn;
    struct tl_http *http;
};

/* server.c */
int64_t tl_now_us(void);
struct tl_server *tl_server_of(struct lws *wsi);
void tl_log(const struct tl_server *srv, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A message with LWS_PRE bytes reserved, from the pool; NULL when memory is out. */
struct tl_msg *tl_msg_get(struct tl_server *srv);
void tl_msg_put(struct tl_server *srv, struct tl_msg *m);

/* ws.c: the lws callback of WebSocket connections; sends a finished message, taking it over. */
int tl_ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t len);
void tl_conn_send(struct tl_conn *c, struct tl_msg *m);
/* Ends the wait of a request: it runs as soon as the loop is free. */
void tl_run_soon(struct tl_running *run);
/* Runs a request when its timer fires; takes one off without an answer. */
void tl_run_due(lws_sorted_usec_list_t *sul);
void tl_run_drop(struct tl_running *run);
/* Closes the socket from the loop, as soon as no callback of it runs. */
void tl_conn_kill(struct tl_conn *c);

/* ws_raw.c: writing a message past lws, for the faults that break a frame. */
bool tl_raw_wanted(const struct tl_fault_plan *plan);
/* Starts with m, which it takes over. */
void tl_raw_start(struct tl_conn *c, struct tl_msg *m);
void tl_raw_stop(struct tl_conn *c);

/* action.c: carries out a request and queues its reply; takes no ownership. */
void tl_action_run(struct tl_conn *c, struct tl_running *run);
void tl_open_free_all(struct tl_conn *c);

/* stmt2.c */
void tl_preps_free(struct tl_conn *c);
int tl_preps_count(const struct tl_conn *c);

/* exec.c: finds the engine for a statement (control, script, generator, SQLite) and runs it. */
struct tl_result *tl_exec(struct tl_server *srv, struct tl_session *s, const char *sql, size_t n,
                          struct tl_error *err);
int tl_exec_validate(struct tl_server *srv, struct tl_session *s, const char *sql, size_t n,
                     struct tl_error *err);
/* Login: fills err with 0x0357 or 0x0351 and returns false when it is refused. */
bool tl_exec_login(struct tl_server *srv, const char *user, const char *password,
                   struct tl_error *err);
bool tl_exec_has_db(struct tl_server *srv, const char *db);
/* Runs the statements of --sql files and the demo; false with err filled at the first failure. */
bool tl_exec_file(struct tl_server *srv, const char *path, struct tl_error *err);
bool tl_exec_demo(struct tl_server *srv, struct tl_error *err);

/* sml_act.c: a schemaless HTTP request (protocol.md 1.8): stores the body, writes the answer's body
   and returns its status. `auth` is the header or NULL, the strings of `rq` are the parameters. */
struct tl_sml_request;
int tl_sml_http(struct tl_server *srv, const char *auth, const char *user, const char *password,
                const char *db, const struct tl_sml_request *rq, struct tl_buf *body);

/* rest.c: the lws callback of HTTP requests. */
int tl_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len);

/* engine_script.c */
struct tl_script;
struct tl_script *tl_script_load(const char *path, struct tl_error *err);
void tl_script_free(struct tl_script *s);
/* The recorded outcome of a statement; NULL with err->code 0 when it was not recorded. */
struct tl_result *tl_script_exec(struct tl_script *s, const char *sql, size_t n,
                                 struct tl_error *err);
/* The recorded result_code of validate_sql; false when it was not recorded. */
bool tl_script_validate(struct tl_script *s, const char *sql, size_t n, int64_t *result_code);
bool tl_script_has_db(const struct tl_script *s, const char *db);

#endif

/*
 * action.h: what the files of /ws actions share: a request at work and the pieces of its reply.
 *
 * A tl_act lives while one request is carried out; the connection owns everything else. Event-loop
 * thread only, no locks.
 */
#ifndef TL_ACTION_H
#define TL_ACTION_H

#include "server_int.h"

struct tl_act {
    struct tl_conn *c;
    struct tl_running *run;
    const struct tl_request *rq;
    struct tl_msg *m; /* the reply; NULL when there is none */
};

/* Nanoseconds since the request came in, never 0: clients take 0 for "not measured". */
int64_t tl_act_timing(const struct tl_act *a);
struct tl_error tl_error_of(int code, const char *msg);
void tl_act_error(struct tl_act *a, const struct tl_error *err);
void tl_act_fail(struct tl_act *a, int code, const char *msg);
/* Success with the common fields only, left open for more; close with tl_act_end. */
void tl_act_begin(struct tl_act *a);
void tl_act_end(struct tl_act *a);
/* Takes a result over and gives it an id of the connection; 0 after replying with an error. */
uint64_t tl_act_open(struct tl_act *a, struct tl_result *r);
/* Closes an open result, if there is such an id. */
void tl_open_close(struct tl_conn *c, uint64_t id);

/* stmt2.c (protocol.md 4.2 to 4.6) */
void tl_act_stmt2_fail(struct tl_act *a, const struct tl_error *err);
void tl_act_stmt2_init(struct tl_act *a);
void tl_act_stmt2_prepare(struct tl_act *a);
void tl_act_stmt2_bind(struct tl_act *a);
void tl_act_stmt2_exec(struct tl_act *a);
void tl_act_stmt2_result(struct tl_act *a);
void tl_act_stmt2_close(struct tl_act *a);
void tl_act_stmt2_bind_exec(struct tl_act *a);

/* sml_act.c (protocol.md 2.9) */
void tl_act_sml_insert(struct tl_act *a);

#endif

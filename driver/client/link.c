/*
 * link.c: the session's connection: its use, its state, and making it anew.
 */
#include "client/priv.h"

#include "base/log.h"

void td_link_close(struct td_link *link)
{
    if (link->t) td_transport_close(link->t);
    if (link->rest) td_rest_close(link->rest);
    link->t = NULL;
    link->rest = NULL;
}

void td_link_swap(struct td_session *s, struct td_link *link)
{
    struct td_link old;

    /* Cancels and questions about the state come from any thread at any time: they hold the lock
       while they look, and may find no link. Late replies go by their own transport, which is
       closed, its thread joined, before another is there. */
    td_lock(&s->lock);
    old = (struct td_link){.t = s->t, .rest = s->rest};
    s->t = NULL;
    s->rest = NULL;
    s->link_gen++;
    td_unlock(&s->lock);
    td_link_close(&old);
    td_lock(&s->lock);
    if (link) {
        s->t = s->late = link->t;
        s->rest = link->rest;
        const char *at = link->t ? td_endpoint(link->t) : td_rest_endpoint(link->rest);
        memcpy(s->endpoint, at, strnlen(at, sizeof s->endpoint - 1) + 1);
        s->endpoint[sizeof s->endpoint - 1] = 0;
        s->version = link->version;
        s->nprecs = 0;
    }
    td_unlock(&s->lock);
}

/* ---- questions ---- */

void td_session_wake(struct td_session *s, struct td_cancel *cancel)
{
    td_lock(&s->lock);
    if (s->t) td_cancel_wake(s->t, cancel);
    if (s->rest) td_rest_cancel_wake(s->rest, cancel);
    td_unlock(&s->lock);
}

bool td_session_alive(struct td_session *s)
{
    bool alive;

    td_lock(&s->lock);
    alive = s->t ? td_alive(s->t) : s->rest && td_rest_alive(s->rest);
    td_unlock(&s->lock);
    return alive;
}

uint32_t td_session_caps(const struct td_session *s)
{
    return s->caps;
}

const char *td_session_endpoint(const struct td_session *s)
{
    return s->endpoint;
}

/* ---- use ---- */

/* Logs in again with the database that was current. link_lock is held, so others wait here until it
   is done. */
static enum td_rc revive(struct td_session *s, const struct td_request *rq, struct td_err *err)
{
    const int64_t limit = td_deadline(1000 * td_opts_int(&s->target.opts, TD_OPT_LOGIN_TIMEOUT));
    struct td_link link;
    char db[TD_DB_CAP];

    td_session_database(s, db, sizeof db);
    td_log(TD_LOG_INFO, "client", "connecting to the server again");
    if (td_login(s, db, td_min_deadline(limit, rq->deadline), &link, err) != TD_OK) return TD_FAIL;
    td_link_swap(s, &link);
    return TD_OK;
}

enum td_rc td_session_enter(struct td_session *s, const struct td_request *rq, struct td_err *err)
{
    enum td_rc rc = TD_OK;

    td_lock(&s->link_lock);
    /* A REST link connects by itself. In a forked child nothing is revived: the handles are the
       parent's. */
    if (s->t && s->users == 0 && __atomic_load_n(&s->open, __ATOMIC_RELAXED) == 0 &&
        s->fork_gen == td_fork_generation() &&
        td_opts_bool(&s->target.opts, TD_OPT_AUTO_RECONNECT) && !td_alive(s->t))
        rc = revive(s, rq, err);
    if (rc == TD_OK) s->users++;
    td_unlock(&s->link_lock);
    return rc;
}

bool td_session_pin(struct td_session *s, uint32_t gen)
{
    bool same;

    td_lock(&s->link_lock);
    same = s->t && s->link_gen == gen && td_alive(s->t);
    if (same) s->users++;
    td_unlock(&s->link_lock);
    return same;
}

void td_session_leave(struct td_session *s)
{
    td_lock(&s->link_lock);
    s->users--;
    td_unlock(&s->link_lock);
}

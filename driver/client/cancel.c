/*
 * cancel.c: ending on the server what nobody waits for any more (decisions.md section 3, protocol.md
 * section 11). The protocol has no cancel: a query is ended by KILL QUERY from another login, once
 * performance_schema.perf_queries shows it, which takes about a second.
 *
 * A session owns one killer. Cancelled statements leave their request id there and return at once; a
 * thread, which lives only while there are such ids, looks them up through a control session that is
 * opened when first needed and closed with the killer. An id goes away when its late reply comes (the
 * statement has ended by itself), when it was killed, or after LOOK_MS.
 *
 * Locks: `lock` guards the fields so marked; list_lock the list of killers, for exit. Order:
 * list_lock → lock → the control session's.
 */
#include "client/priv.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"

enum {
    GRACE_MS = 200, /* most cancelled statements end by themselves: those need no control session */
    AGAIN_MS = 250, /* between two look-ups */
    LOOK_MS = 2500, /* a query shows up within about a second; what never does is over */
    CONTROL_MS = 2000, /* login and each statement of the control session; bounds the join, too */
    EXIT_JOIN_MS = 200,
    MAX_KILLS = 64 /* at once on one connection; what is beyond ends by itself */
};

struct kill {
    uint64_t query, awaited;
    int64_t due, until;
};

struct td_killer {
    struct td_session *s;
    struct td_killer *next; /* list_lock */
    struct td_mutex lock;
    struct td_cond cond;
    struct kill v[MAX_KILLS];   /* lock */
    uint32_t n;                 /* lock */
    bool stop;                  /* lock */
    bool running;               /* lock; false: the thread is about to end */
    bool joinable;              /* lock */
    bool stuck;                 /* the thread could not be joined at exit: keep this memory */
    pthread_t thread;           /* lock */
    struct td_session *control; /* the thread's; the pointer changes under lock */
    struct td_cancel cancel;    /* of the control session's waits */
};

/* ---- exit ---- */

static struct td_killer *all;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

/* Asks the thread to end. */
static void tell_stop(struct td_killer *k)
{
    td_lock(&k->lock);
    k->stop = true;
    k->n = 0;
    __atomic_add_fetch(&k->cancel.generation, 1, __ATOMIC_SEQ_CST);
    if (k->control) td_session_wake(k->control, &k->cancel);
    td_cond_broadcast(&k->cond);
    td_unlock(&k->lock);
}

/* True when there is a thread, which the caller now has to join. */
static bool take_thread(struct td_killer *k, pthread_t *thread)
{
    bool have;

    td_lock(&k->lock);
    have = k->joinable;
    k->joinable = false;
    *thread = k->thread;
    td_unlock(&k->lock);
    return have;
}

/* No thread may run code of this library once it is unloaded, nor use OpenSSL after its cleanup. */
static void at_exit(void)
{
    struct timespec by;

    pthread_mutex_lock(&list_lock);
    for (struct td_killer *k = all; k; k = k->next)
        tell_stop(k);
    clock_gettime(CLOCK_REALTIME, &by);
    by.tv_nsec += EXIT_JOIN_MS * 1000000L;
    if (by.tv_nsec >= 1000000000L) {
        by.tv_sec++;
        by.tv_nsec -= 1000000000L;
    }
    for (struct td_killer *k = all; k; k = k->next) {
        pthread_t thread;
        if (take_thread(k, &thread)) k->stuck = pthread_timedjoin_np(thread, NULL, &by) != 0;
    }
    pthread_mutex_unlock(&list_lock);
}

static void fork_hold(void)
{
    pthread_mutex_lock(&list_lock);
}

static void fork_release(void)
{
    pthread_mutex_unlock(&list_lock);
}

/* The killers listed are the parent's, and so are their locks and threads. */
static void fork_child(void)
{
    all = NULL;
    pthread_mutex_unlock(&list_lock);
}

static void watch(void)
{
    pthread_atfork(fork_hold, fork_release, fork_child);
    atexit(at_exit);
}

static void enlist(struct td_killer *k)
{
    pthread_mutex_lock(&list_lock);
    k->next = all;
    all = k;
    pthread_mutex_unlock(&list_lock);
}

static void delist(struct td_killer *k)
{
    struct td_killer **at = &all;

    pthread_mutex_lock(&list_lock);
    while (*at && *at != k)
        at = &(*at)->next;
    if (*at) *at = k->next;
    pthread_mutex_unlock(&list_lock);
}

/* ---- the list of ids ---- */

static void forget(struct td_killer *k, uint32_t i)
{
    k->v[i] = k->v[--k->n];
}

/* The entry that is due first; ids that were looked for long enough are forgotten. */
static struct kill *first_due(struct td_killer *k)
{
    const int64_t now = td_now_ms();
    struct kill *first = NULL;

    for (uint32_t i = 0; i < k->n;) {
        if (now >= k->v[i].until) {
            forget(k, i);
            first = NULL; /* entries have moved */
            i = 0;
            continue;
        }
        if (!first || k->v[i].due < first->due) first = &k->v[i];
        i++;
    }
    return first;
}

static void settle(struct td_killer *k, uint64_t query, bool over)
{
    for (uint32_t i = 0; i < k->n; i++) {
        if (k->v[i].query != query) continue;
        k->v[i].due = td_now_ms() + AGAIN_MS;
        if (over) forget(k, i);
        return;
    }
}

/* ---- the thread ---- */

static struct td_request request(struct td_killer *k)
{
    return (struct td_request){
        .deadline = td_deadline(CONTROL_MS), .cancel = &k->cancel, .seen = 0};
}

static bool have_control(struct td_killer *k)
{
    struct td_err err;
    struct td_session *c;

    if (k->control) return true;
    c = td_session_sibling(k->s, td_deadline(CONTROL_MS), &err);
    if (!c) td_log(TD_LOG_WARN, "client", "no control session to cancel queries: %s", err.msg);
    td_lock(&k->lock);
    k->control = c;
    td_unlock(&k->lock);
    return c != NULL;
}

static bool run(struct td_killer *k, struct td_buf *sql, struct td_result **res)
{
    struct td_request rq = request(k);
    struct td_err err;
    bool ok;

    *res = NULL;
    ok = td_buf_ok(sql) && td_session_query(k->control, td_buf_str(sql), &rq, res, &err) == TD_OK;
    td_buf_free(sql);
    return ok;
}

/* The kill_id of a running query, "" when it is not seen. False: the control session failed. */
static bool look_up(struct td_killer *k, uint64_t query, char *out, size_t cap)
{
    struct td_buf sql = TD_BUF_INIT(256);
    struct td_request rq = request(k);
    struct td_result *res;
    struct td_err err;
    bool have = false, ok;

    out[0] = 0;
    td_buf_printf(&sql, "select kill_id from performance_schema.perf_queries where query_id=%llu",
                  (unsigned long long)query);
    ok = run(k, &sql, &res) && td_result_next(res, &rq, &have, &err) == TD_OK;
    if (ok && have && res->ncols == 1 && res->cols[0].type == TD_T_VARCHAR && res->block.rows &&
        !td_col_is_null(&res->block.cols[0], 0)) {
        struct td_str id = td_col_var(&res->block.cols[0], 0);
        /* it goes into a statement as it is */
        if (id.n < cap && !memchr(id.p, '\'', id.n) && !memchr(id.p, '\\', id.n)) {
            memcpy(out, id.p, id.n);
            out[id.n] = 0;
        }
    }
    td_result_free(res);
    return ok;
}

/* True when there is nothing left to do about the query. */
static bool try_kill(struct td_killer *k, uint64_t query)
{
    struct td_buf sql = TD_BUF_INIT(256);
    struct td_result *res;
    char id[64];

    if (!have_control(k) || !look_up(k, query, id, sizeof id)) return true;
    if (!*id) return false;
    td_buf_printf(&sql, "kill query '%s'", id);
    /* It may have ended in between, which is as good. */
    if (run(k, &sql, &res))
        td_log(TD_LOG_INFO, "client", "killed query %llu", (unsigned long long)query);
    td_result_free(res);
    return true;
}

static void *work(void *killer)
{
    struct td_killer *k = killer;
    struct kill *next;

    td_lock(&k->lock);
    while (!k->stop && (next = first_due(k)) != NULL) {
        if (next->due > td_now_ms()) {
            (void)td_cond_wait(&k->cond, &k->lock, next->due);
            continue;
        }
        const uint64_t query = next->query;
        td_unlock(&k->lock);
        const bool over = try_kill(k, query);
        td_lock(&k->lock);
        settle(k, query, over);
    }
    k->running = false;
    td_unlock(&k->lock);
    return NULL;
}

/* ---- for the session ---- */

struct td_killer *td_killer_new(struct td_session *s)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct td_killer *k = td_calloc(1, sizeof *k);

    if (!k) return NULL;
    pthread_once(&once, watch);
    k->s = s;
    td_mutex_init(&k->lock);
    td_cond_init(&k->cond);
    enlist(k);
    return k;
}

void td_killer_free(struct td_killer *k)
{
    pthread_t thread;

    if (!k) return;
    if (k->s->fork_gen != td_fork_generation()) {
        /* The thread and whoever holds the lock are in the parent; so is this memory. */
        if (k->control && k->control->t) td_transport_close(k->control->t);
        return;
    }
    delist(k);
    tell_stop(k);
    if (take_thread(k, &thread)) pthread_join(thread, NULL);
    if (k->stuck) return;
    td_session_close(k->control);
    td_cond_free(&k->cond);
    td_mutex_free(&k->lock);
    td_free(k);
}

void td_kill_later(struct td_session *s, uint64_t query, uint64_t awaited)
{
    struct td_killer *k = s->killer;
    const int64_t now = td_now_ms();

    if (!k) return;
    td_lock(&k->lock);
    if (!k->stop && k->n < MAX_KILLS) {
        k->v[k->n++] = (struct kill){query, awaited, now + GRACE_MS, now + GRACE_MS + LOOK_MS};
        if (!k->running) {
            if (k->joinable) pthread_join(k->thread, NULL); /* it has let go of the lock: no wait */
            k->joinable = k->running = td_thread_start(&k->thread, work, k, "tdodbc-kill");
            if (!k->running) k->n = 0;
        }
    }
    td_unlock(&k->lock);
}

void td_kill_over(struct td_session *s, uint64_t awaited)
{
    struct td_killer *k = s->killer;

    if (!k) return;
    td_lock(&k->lock);
    for (uint32_t i = 0; i < k->n; i++) {
        if (k->v[i].awaited != awaited) continue;
        forget(k, i);
        td_cond_signal(&k->cond);
        break;
    }
    td_unlock(&k->lock);
}

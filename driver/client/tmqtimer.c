#include "client/tmqtimer.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/sync.h"

struct td_tmqtimer {
    int64_t (*tick)(void *arg);
    void *arg;
    uint32_t fork_gen;
    pthread_t thread;
    struct td_mutex lock;
    struct td_cond cond;
    int64_t due;                    /* lock */
    bool stop;                      /* lock */
    bool joined;                    /* list_lock: by at_exit */
    struct td_tmqtimer *next, **at; /* list_lock */
};

/* ---- exit: no thread may run code of a library that is unloaded, nor use OpenSSL after it ---- */

static struct td_tmqtimer *g_all;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

static void tell_stop(struct td_tmqtimer *t)
{
    td_lock(&t->lock);
    t->stop = true;
    td_cond_broadcast(&t->cond);
    td_unlock(&t->lock);
}

/* A tick takes 2 s at most (tmq.c). */
static void at_exit(void)
{
    pthread_mutex_lock(&list_lock);
    for (struct td_tmqtimer *t = g_all; t; t = t->next) {
        tell_stop(t);
        pthread_join(t->thread, NULL);
        t->joined = true;
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

/* What is listed is the parent's. */
static void fork_child(void)
{
    g_all = NULL;
    pthread_mutex_unlock(&list_lock);
}

static void enlist(struct td_tmqtimer *t)
{
    static bool watched;
    bool first;

    pthread_mutex_lock(&list_lock);
    first = !watched;
    watched = true;
    pthread_mutex_unlock(&list_lock);
    if (first) {
        pthread_atfork(fork_hold, fork_release, fork_child);
        atexit(at_exit);
    }
    pthread_mutex_lock(&list_lock);
    t->next = g_all;
    t->at = &g_all;
    if (g_all) g_all->at = &t->next;
    g_all = t;
    pthread_mutex_unlock(&list_lock);
}

/* True when the thread was joined already. */
static bool delist(struct td_tmqtimer *t)
{
    bool joined;

    pthread_mutex_lock(&list_lock);
    *t->at = t->next;
    if (t->next) t->next->at = t->at;
    joined = t->joined;
    pthread_mutex_unlock(&list_lock);
    return joined;
}

/* ---- the thread ---- */

static void *run(void *arg)
{
    struct td_tmqtimer *t = arg;

    td_lock(&t->lock);
    while (!t->stop) {
        if (td_now_ms() < t->due) {
            (void)td_cond_wait(&t->cond, &t->lock, t->due);
            continue;
        }
        t->due = TD_NEVER;
        td_unlock(&t->lock);
        const int64_t again = t->tick(t->arg);
        td_lock(&t->lock);
        t->due = td_min_deadline(t->due, again);
    }
    td_unlock(&t->lock);
    return NULL;
}

struct td_tmqtimer *td_tmqtimer_start(int64_t (*tick)(void *arg), void *arg)
{
    struct td_tmqtimer *t = td_calloc(1, sizeof *t);

    if (!t) return NULL;
    t->tick = tick;
    t->arg = arg;
    t->due = TD_NEVER;
    t->fork_gen = td_fork_generation();
    td_mutex_init(&t->lock);
    td_cond_init(&t->cond);
    if (!td_thread_start(&t->thread, run, t, "td-commit")) {
        td_cond_free(&t->cond);
        td_mutex_free(&t->lock);
        td_free(t);
        return NULL;
    }
    enlist(t);
    return t;
}

void td_tmqtimer_set(struct td_tmqtimer *t, int64_t due)
{
    td_lock(&t->lock);
    t->due = td_min_deadline(t->due, due);
    td_cond_signal(&t->cond);
    td_unlock(&t->lock);
}

void td_tmqtimer_stop(struct td_tmqtimer *t)
{
    if (!t || t->fork_gen != td_fork_generation()) return;
    if (!delist(t)) {
        tell_stop(t);
        pthread_join(t->thread, NULL);
    }
    td_cond_free(&t->cond);
    td_mutex_free(&t->lock);
    td_free(t);
}

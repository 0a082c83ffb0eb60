/* sync.c: see sync.h. */
#include "base/sync.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

void td_mutex_init(struct td_mutex *m)
{
    pthread_mutex_init(&m->m, NULL);
}

void td_mutex_free(struct td_mutex *m)
{
    pthread_mutex_destroy(&m->m);
}

void td_lock(struct td_mutex *m)
{
    pthread_mutex_lock(&m->m);
}

bool td_trylock(struct td_mutex *m)
{
    return pthread_mutex_trylock(&m->m) == 0;
}

void td_unlock(struct td_mutex *m)
{
    pthread_mutex_unlock(&m->m);
}

void td_cond_init(struct td_cond *c)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    /* Deadlines are points of the monotonic clock: a clock that is set must not end or prolong a
     * wait. */
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->c, &attr);
    pthread_condattr_destroy(&attr);
}

void td_cond_free(struct td_cond *c)
{
    pthread_cond_destroy(&c->c);
}

bool td_cond_wait(struct td_cond *c, struct td_mutex *m, int64_t deadline)
{
    if (deadline == TD_NEVER) return pthread_cond_wait(&c->c, &m->m) == 0;
    if (deadline < 0) deadline = 0;
    struct timespec ts = {.tv_sec = (time_t)(deadline / 1000),
                          .tv_nsec = (long)(deadline % 1000) * 1000000};
    return pthread_cond_timedwait(&c->c, &m->m, &ts) == 0;
}

void td_cond_signal(struct td_cond *c)
{
    pthread_cond_signal(&c->c);
}

void td_cond_broadcast(struct td_cond *c)
{
    pthread_cond_broadcast(&c->c);
}

int td_wake_open(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void td_wake(int fd)
{
    uint64_t one = 1;
    ssize_t n;
    /* EAGAIN means that the counter is full, that is, readable. */
    do
        n = write(fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
}

void td_wake_clear(int fd)
{
    uint64_t count;
    ssize_t n;
    do
        n = read(fd, &count, sizeof count);
    while (n < 0 && errno == EINTR);
}

void td_wake_close(int fd)
{
    if (fd >= 0) close(fd);
}

static _Atomic uint32_t generation;
static pthread_once_t generation_once = PTHREAD_ONCE_INIT;

static void in_child(void)
{
    atomic_fetch_add(&generation, 1);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, in_child);
}

uint32_t td_fork_generation(void)
{
    pthread_once(&generation_once, watch_forks);
    return atomic_load(&generation);
}

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_BYTES (1024 * 1024) /* instrumented frames are several times larger */
#else
#define STACK_BYTES (256 * 1024)
#endif

bool td_thread_start(pthread_t *t, void *(*fn)(void *), void *arg, const char *name)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0) return false;
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    /* The new thread inherits the mask: no signal of the application ever lands in it. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(t, &attr, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (rc != 0) return false;
    char shortened[16] = "";
    for (size_t i = 0; name && name[i] && i < sizeof shortened - 1; i++)
        shortened[i] = name[i];
    pthread_setname_np(*t, shortened);
    return true;
}

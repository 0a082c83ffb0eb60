/*
 * sync.h: mutex, condition (monotonic clock), wake-up descriptor and fork generation: the
 * platform-specific pieces.
 *
 * Lock order of the driver: env → dbc → stmt/desc → session → log, never the other way.
 */
#ifndef TD_BASE_SYNC_H
#define TD_BASE_SYNC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct td_mutex {
    pthread_mutex_t m;
};
struct td_cond {
    pthread_cond_t c;
};
void td_mutex_init(struct td_mutex *m);
void td_mutex_free(struct td_mutex *m);
void td_lock(struct td_mutex *m);
bool td_trylock(struct td_mutex *m);
void td_unlock(struct td_mutex *m);
void td_cond_init(struct td_cond *c);
void td_cond_free(struct td_cond *c);
/* False when the deadline (clock.h) passed. */
bool td_cond_wait(struct td_cond *c, struct td_mutex *m, int64_t deadline);
void td_cond_signal(struct td_cond *c);
void td_cond_broadcast(struct td_cond *c);

/* A descriptor that poll() sees readable after td_wake (eventfd on Linux). −1 on failure. */
int td_wake_open(void);
void td_wake(int fd);
void td_wake_clear(int fd);
void td_wake_close(int fd);

/* Number of forks this process has behind it as a child; a handle of another generation was opened
 * before fork. */
uint32_t td_fork_generation(void);

/* Starts a thread with all signals blocked and a 256 KiB stack. False on failure. */
bool td_thread_start(pthread_t *t, void *(*fn)(void *), void *arg, const char *name);

#endif

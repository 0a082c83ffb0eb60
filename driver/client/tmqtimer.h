/*
 * tmqtimer.h: a thread that calls a function when it is due: auto-commit of a subscription while
 * the application works.
 *
 * The consumer owns it. The function runs without the timer's lock. It ends before the library is
 * unloaded or the process exits; in a forked child there is no thread, and the memory stays the
 * parent's.
 */
#ifndef TD_CLIENT_TMQTIMER_H
#define TD_CLIENT_TMQTIMER_H

#include <stdint.h>

struct td_tmqtimer;

/* `tick` returns when it is due again (clock.h), TD_NEVER: not by itself. NULL: no thread or no
   memory. */
struct td_tmqtimer *td_tmqtimer_start(int64_t (*tick)(void *arg), void *arg);
/* Makes it due then. */
void td_tmqtimer_set(struct td_tmqtimer *t, int64_t due);
/* Waits for a running tick, and frees. NULL is fine. */
void td_tmqtimer_stop(struct td_tmqtimer *t);

#endif

/* clock.c: see clock.h. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t td_now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t td_now_ms(void)
{
    return td_now_ns() / 1000000;
}

int64_t td_deadline(int64_t ms)
{
    if (ms <= 0) return TD_NEVER;
    int64_t now = td_now_ms();
    return ms > TD_NEVER - now ? TD_NEVER : now + ms;
}

int td_ms_left(int64_t deadline)
{
    if (deadline == TD_NEVER) return -1;
    int64_t now = td_now_ms();
    if (deadline <= now) return 0;
    return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

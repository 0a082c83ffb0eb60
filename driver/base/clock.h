/*
 * clock.h: monotonic time and deadlines. A deadline is a point of td_now_ms; TD_NEVER means none.
 */
#ifndef TD_BASE_CLOCK_H
#define TD_BASE_CLOCK_H

#include <stdint.h>

#define TD_NEVER INT64_MAX

int64_t td_now_ms(void);
int64_t td_now_ns(void);
/* now + ms, TD_NEVER for ms ≤ 0 ("no timeout" in ODBC). */
int64_t td_deadline(int64_t ms);
/* Milliseconds left for poll(): −1 for TD_NEVER, 0 when past. */
int td_ms_left(int64_t deadline);
static inline int64_t td_min_deadline(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif

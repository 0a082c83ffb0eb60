/*
 * sql_time.h: timestamps of TDengine's SQL (protocol.md 7.9) in ms, us and ns, and the session's
 * zone.
 *
 * Zones are those of sql_zone.h; the process's own TZ plays no part.
 */
#ifndef TL_SQL_TIME_H
#define TL_SQL_TIME_H

#include "sql_util.h"

#include <time.h>

/* Counts a second: 10^3, 10^6, 10^9 for precision 0, 1, 2. */
int64_t tl_ts_scale(int prec);
/* Text to a count in `prec`; a fraction finer than the precision is cut, as TDengine does. False
   = not a timestamp. */
bool tl_ts_parse(const char *s, size_t n, int prec, const char *tz, int64_t *out);
int64_t tl_ts_now(int prec);
int64_t tl_ts_today(int prec, const char *tz);
/* A duration of unit b,u,a,s,m,h,d,w in counts of `prec`. False for n, y or overflow. */
bool tl_dur_fixed(int64_t n, char unit, int prec, int64_t *out);
/* ts + n units, months and years by the calendar of the zone. */
bool tl_ts_add(int64_t ts, int64_t n, char unit, int prec, const char *tz, int64_t *out);
/* Start of the window [start, start + n unit) that holds ts (interval(n unit)). */
bool tl_ts_window(int64_t ts, int64_t n, char unit, int prec, const char *tz, int64_t *out);
/* Broken-down local time; the fraction in counts goes to *frac. */
bool tl_ts_local(int64_t ts, int prec, const char *tz, struct tm *tm, int64_t *frac);
/* "2024-01-01T08:00:00.123+0800"; returns the length, 0 when the year does not fit. */
int tl_ts_iso(int64_t ts, int prec, const char *tz, char out[64]);
/* "Asia/Shanghai (CST, +0800)" */
int tl_zone_text(const char *tz, char out[128]);
/* Floor division. */
int64_t tl_floor_div(int64_t a, int64_t b);

#endif

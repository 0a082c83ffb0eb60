/*
 * sql_zone.h: time zones from the system's TZif files (RFC 8536), without touching the process's
 * TZ: the server may run on a thread inside a test program whose driver reads TZ.
 *
 * A zone is an IANA name or a POSIX rule ("UTC+8"); anything else is UTC, as on the real server
 * (protocol.md 11). Zones are kept per thread in static storage; no locks.
 */
#ifndef TL_SQL_ZONE_H
#define TL_SQL_ZONE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Broken-down local time of `secs`; tm_gmtoff and tm_zone are set. tm_zone stays valid for the
   thread. */
void tl_zone_local(const char *tz, int64_t secs, struct tm *tm);
/* The instant of a local time. In a gap: as if the clock had not been put forward; twice: the
   earlier one. */
int64_t tl_zone_utc(const char *tz, const struct tm *tm);

#endif

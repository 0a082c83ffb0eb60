/*
 * tz.h: time zones from the system's tz database (/usr/share/zoneinfo, or $TZDIR), read by an own
 * TZif reader (RFC 8536, versions 1–4, with the POSIX footer for times after the last transition).
 *
 * Zones are cached for the life of the process, immutable after loading, so pointers stay valid and
 * need no lock to use. The cache is a lock-free list, so it also works after fork(). No libc time
 * call: apart from td_tz_local, which reads TZ once, results do not depend on TZ, setenv or tzset
 * of the application.
 */
#ifndef TD_BASE_TZ_H
#define TD_BASE_TZ_H

#include "base/civil.h"
#include "base/err.h"

struct td_tz;

/* An exact IANA name ("UTC" always works, even without a database). Unknown, or trying to leave the
   database folder: HY024 with the name in the text. */
const struct td_tz *td_tz_get(struct td_str name, struct td_err *err);
/* The local zone: an IANA name in TZ, the target of /etc/localtime, /etc/timezone, else UTC
   (decisions.md section 2). Where only rules are known (TZ=CST-8, or an /etc/localtime that is a
   copied file) the zone has the name "": such a zone cannot be named to the server. NULL only when
   out of memory: never a wrong zone in silence. */
const struct td_tz *td_tz_local(void);
/* The same with the value of TZ (NULL = not set) and the folder to use for /etc. */
const struct td_tz *td_tz_local_at(const char *tz_env, const char *etc);
/* The IANA name, "" for rules without a name. Lives as long as the process. */
const char *td_tz_name(const struct td_tz *tz);

/* Offset (seconds east) at an instant, and the half-open range [*from,*until) of UTC seconds in
   which it holds. */
int32_t td_tz_offset(const struct td_tz *tz, int64_t utc_sec, int64_t *from, int64_t *until);

/* A zone with the last looked-up range: fetch keeps one per plan, so that most cells cost a
   comparison. */
struct td_tz_cache {
    const struct td_tz *tz;
    int64_t from, until;
    int32_t offset;
};
static inline int32_t td_tz_cached(struct td_tz_cache *c, int64_t utc_sec)
{
    if (utc_sec < c->from || utc_sec >= c->until)
        c->offset = td_tz_offset(c->tz, utc_sec, &c->from, &c->until);
    return c->offset;
}
static inline void td_tz_cache_init(struct td_tz_cache *c, const struct td_tz *tz)
{
    c->tz = tz;
    c->from = 1;
    c->until = 0;
    c->offset = 0;
}

enum td_tz_local_kind { TD_TZ_ONE, TD_TZ_GAP, TD_TZ_OVERLAP };
/* Local seconds (as if UTC) → UTC seconds. In an overlap the earlier instant; in a gap *utc is
   undefined. */
enum td_tz_local_kind td_tz_to_utc(const struct td_tz *tz, int64_t local_sec, int64_t *utc);

#endif

/* sql_zone.c: TZif files and POSIX rules (sql_zone.h). */
#include "sql_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_AT = 512, MAX_TYPES = 32, MAX_ZONES = 6, MAX_FILE = 16384 };

struct kind {
    int32_t off;
    bool dst;
    char abbr[12];
};

/* One switching day of a POSIX rule: form 'M' month.week.day, 'J' 1..365 without leap days, 'N'
   0..365. */
struct day {
    char form;
    int m, w, d, secs;
};

struct zone {
    char name[64];
    int nat, nkinds;
    int64_t at[MAX_AT];
    uint8_t to[MAX_AT];
    struct kind kinds[MAX_TYPES];
    bool ruled, has_dst; /* after the last transition */
    struct kind std, dst;
    struct day start, end;
};

static _Thread_local struct zone zones[MAX_ZONES];
static _Thread_local int next_zone;

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q * b > a ? q - 1 : q;
}

static bool leap(int64_t y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Days from 1970-01-01 to the first of January of year y. */
static int64_t year_start(int64_t y)
{
    y--;
    return y * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) - 719162;
}

static const int month_start[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

static int month_days(int64_t y, int m)
{
    return month_start[m + 1] - month_start[m] + (m == 1 && leap(y));
}

static int64_t days_of(int64_t y, int m, int d)
{
    return year_start(y) + month_start[m] + (m > 1 && leap(y)) + d - 1;
}

/* Seconds since 1970 of the civil time, read as UTC. */
static int64_t civil_secs(const struct tm *tm)
{
    return days_of((int64_t)tm->tm_year + 1900, tm->tm_mon, tm->tm_mday) * 86400 +
           tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
}

static void civil(int64_t secs, struct tm *tm)
{
    int64_t days = floor_div(secs, 86400), rest = secs - days * 86400;
    int64_t y = 1970 + floor_div(days, 365);
    while (year_start(y) > days)
        y--;
    while (year_start(y + 1) <= days)
        y++;
    int yday = (int)(days - year_start(y)), m = 11;
    memset(tm, 0, sizeof *tm);
    while (m > 0 && month_start[m] + (m > 1 && leap(y)) > yday)
        m--;
    tm->tm_year = (int)(y - 1900);
    tm->tm_mon = m;
    tm->tm_mday = yday - month_start[m] - (m > 1 && leap(y)) + 1;
    tm->tm_yday = yday;
    tm->tm_wday = (int)(((days + 4) % 7 + 7) % 7);
    tm->tm_hour = (int)(rest / 3600);
    tm->tm_min = (int)(rest / 60 % 60);
    tm->tm_sec = (int)(rest % 60);
}

/* ---- POSIX rules ---- */

static bool rule_name(const char **p, char abbr[12])
{
    size_t n = 0;
    bool angle = **p == '<';
    if (angle) (*p)++;
    while (**p && (angle ? **p != '>' : (**p | 32) >= 'a' && (**p | 32) <= 'z') && n < 11)
        abbr[n++] = *(*p)++;
    abbr[n] = 0;
    if (angle && *(*p)++ != '>') return false;
    return n >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool rule_time(const char **p, int *secs)
{
    int sign = 1, v[3] = {0};
    if (**p == '+' || **p == '-') sign = *(*p)++ == '-' ? -1 : 1;
    if (**p < '0' || **p > '9') return false;
    for (int i = 0; i < 3; i++) {
        char *e;
        v[i] = (int)strtol(*p, &e, 10);
        if (e == *p || v[i] > 200) return false;
        *p = e;
        if (**p != ':') break;
        (*p)++;
    }
    *secs = sign * (v[0] * 3600 + v[1] * 60 + v[2]);
    return true;
}

static bool rule_day(const char **p, struct day *d)
{
    char *e;
    d->form = 'N';
    d->secs = 7200;
    if (**p == 'M' || **p == 'J') d->form = *(*p)++;
    d->m = (int)strtol(*p, &e, 10);
    if (e == *p) return false;
    *p = e;
    if (d->form == 'M') {
        if (sscanf(*p, ".%d.%d", &d->w, &d->d) != 2) return false;
        *p += strspn(*p, ".0123456789");
        if (d->m < 1 || d->m > 12 || d->w < 1 || d->w > 5 || d->d < 0 || d->d > 6) return false;
    }
    if (**p != '/') return true;
    (*p)++;
    return rule_time(p, &d->secs);
}

static bool parse_rule(const char *p, struct zone *z)
{
    int secs;
    if (!rule_name(&p, z->std.abbr) || !rule_time(&p, &secs)) return false;
    z->std.off = -secs;
    z->std.dst = false;
    if (*p) {
        if (!rule_name(&p, z->dst.abbr)) return false;
        z->dst.off = z->std.off + 3600;
        z->dst.dst = true;
        if (*p && *p != ',') {
            if (!rule_time(&p, &secs)) return false;
            z->dst.off = -secs;
        }
        if (*p++ != ',' || !rule_day(&p, &z->start) || *p++ != ',' || !rule_day(&p, &z->end))
            return false;
        z->has_dst = true;
    }
    z->ruled = *p == 0;
    return z->ruled;
}

/* Seconds since 1970, local standard or summer clock, of a rule's day in year y. */
static int64_t rule_secs(const struct day *d, int64_t y)
{
    int64_t days;
    if (d->form == 'M') {
        int64_t first = days_of(y, d->m - 1, 1);
        int wday = (int)(((first + 4) % 7 + 7) % 7), add = (d->d - wday + 7) % 7 + (d->w - 1) * 7;
        while (add >= month_days(y, d->m - 1))
            add -= 7;
        days = first + add;
    } else if (d->form == 'J') {
        days = year_start(y) + d->m - 1 + (leap(y) && d->m >= 60);
    } else {
        days = year_start(y) + d->m;
    }
    return days * 86400 + d->secs;
}

static const struct kind *rule_kind(const struct zone *z, int64_t secs)
{
    if (!z->has_dst) return &z->std;
    struct tm tm;
    civil(secs + z->std.off, &tm);
    int64_t y = (int64_t)tm.tm_year + 1900;
    int64_t on = rule_secs(&z->start, y) - z->std.off, off = rule_secs(&z->end, y) - z->dst.off;
    bool summer = on < off ? secs >= on && secs < off : secs >= on || secs < off;
    return summer ? &z->dst : &z->std;
}

/* ---- TZif ---- */

static int64_t be(const unsigned char *p, int n)
{
    uint64_t v = p[0] & 0x80 ? ~0ULL : 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

/* Reads the 64-bit block that starts at p. */
static bool read_block(const unsigned char *p, const unsigned char *end, struct zone *z)
{
    if (end - p < 44 || memcmp(p, "TZif", 4) != 0) return false;
    int64_t isut = be(p + 20, 4), isstd = be(p + 24, 4), nleap = be(p + 28, 4), nat = be(p + 32, 4);
    int64_t nkinds = be(p + 36, 4), nchars = be(p + 40, 4);
    if (nat < 0 || nat > MAX_AT || nkinds < 1 || nkinds > MAX_TYPES || nchars < 1 || nchars > 256 ||
        nleap < 0 || isut < 0 || isstd < 0) {
        return false;
    }
    const unsigned char *at = p + 44, *to = at + nat * 8, *kinds = to + nat,
                        *chars = kinds + nkinds * 6;
    const unsigned char *foot = chars + nchars + nleap * 12 + isstd + isut;
    if (foot >= end || chars[nchars - 1] != 0) return false;
    z->nat = (int)nat;
    z->nkinds = (int)nkinds;
    for (int i = 0; i < z->nat; i++) {
        z->at[i] = be(at + 8 * i, 8);
        z->to[i] = to[i] < nkinds ? to[i] : 0;
    }
    for (int i = 0; i < z->nkinds; i++) {
        z->kinds[i].off = (int32_t)be(kinds + 6 * i, 4);
        z->kinds[i].dst = kinds[6 * i + 4] != 0;
        int ab = kinds[6 * i + 5] < nchars ? kinds[6 * i + 5] : 0;
        snprintf(z->kinds[i].abbr, sizeof z->kinds[i].abbr, "%s", (const char *)chars + ab);
    }
    if (*foot == '\n') {
        char rule[80];
        size_t n = 0;
        for (foot++; foot < end && *foot != '\n' && n + 1 < sizeof rule; foot++)
            rule[n++] = (char)*foot;
        rule[n] = 0;
        if (n) parse_rule(rule, z);
    }
    return true;
}

static bool load_file(const char *tz, struct zone *z)
{
    char path[160];
    static _Thread_local unsigned char buf[MAX_FILE];
    if (strstr(tz, "..") || tz[0] == '/' || !tz[0]) return false;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", tz);
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    size_t n = fread(buf, 1, sizeof buf, f);
    fclose(f);
    if (n < 44 || memcmp(buf, "TZif", 4) != 0 || buf[4] < '2') return false;
    /* The first block has 32-bit times and is skipped. */
    int64_t skip = 44 + be(buf + 32, 4) * 5 + be(buf + 36, 4) * 6 + be(buf + 40, 4) +
                   be(buf + 28, 4) * 8 + be(buf + 24, 4) + be(buf + 20, 4);
    return skip >= 44 && skip < (int64_t)n && read_block(buf + skip, buf + n, z);
}

static const struct zone *find(const char *tz)
{
    if (!tz || !tz[0]) tz = "UTC";
    for (int i = 0; i < MAX_ZONES; i++) {
        if (strcmp(zones[i].name, tz) == 0) return &zones[i];
    }
    struct zone *z = &zones[next_zone++ % MAX_ZONES];
    memset(z, 0, sizeof *z);
    snprintf(z->name, sizeof z->name, "%s", tz);
    if (load_file(tz, z)) return z;
    memset(z, 0, sizeof *z);
    snprintf(z->name, sizeof z->name, "%s", tz);
    if (parse_rule(tz, z)) return z;
    memset(z, 0, sizeof *z);
    snprintf(z->name, sizeof z->name, "%s", tz);
    z->ruled = true;
    memcpy(z->std.abbr, "UTC", 4);
    return z;
}

static const struct kind *kind_at(const struct zone *z, int64_t secs)
{
    int lo = 0, hi = z->nat;
    while (lo < hi) { /* the first transition after secs */
        int mid = lo + (hi - lo) / 2;
        if (z->at[mid] <= secs) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo == z->nat && z->ruled) return rule_kind(z, secs);
    if (lo > 0) return &z->kinds[z->to[lo - 1]];
    for (int i = 0; i < z->nkinds; i++) { /* before the first: the first standard time */
        if (!z->kinds[i].dst) return &z->kinds[i];
    }
    return z->nkinds ? &z->kinds[0] : &z->std;
}

void tl_zone_local(const char *tz, int64_t secs, struct tm *tm)
{
    const struct kind *k = kind_at(find(tz), secs);
    civil(secs + k->off, tm);
    tm->tm_isdst = k->dst;
    tm->tm_gmtoff = k->off;
    tm->tm_zone = k->abbr;
}

int64_t tl_zone_utc(const char *tz, const struct tm *tm)
{
    const struct zone *z = find(tz);
    int64_t local = civil_secs(tm);
    int64_t before = local - kind_at(z, local - 93600)->off,
            after = local - kind_at(z, local + 93600)->off;
    bool b = before + kind_at(z, before)->off == local, a = after + kind_at(z, after)->off == local;
    if (a && b) return before < after ? before : after;
    return a ? after : before; /* neither: the clock was put forward over this time */
}

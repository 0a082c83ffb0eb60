/* sql_time.c: timestamps and zones of TDengine's SQL (sql_time.h). */
#include "sql_time.h"

#include "sql_zone.h"

#include <stdio.h>
#include <string.h>

int64_t tl_ts_scale(int prec)
{
    return prec == 2 ? 1000000000 : prec == 1 ? 1000000 : 1000;
}

int64_t tl_floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q * b > a ? q - 1 : q;
}

/* Exactly n digits; -1 = not. */
static int digits(const char **p, const char *end, int n)
{
    int v = 0;
    if (end - *p < n) return -1;
    for (int i = 0; i < n; i++) {
        char c = *(*p)++;
        if (c < '0' || c > '9') return -1;
        v = v * 10 + c - '0';
    }
    return v;
}

/* Z, +08:00, +0800 or +08; *has tells if there was one. */
static bool parse_offset(const char **p, const char *end, bool *has, int *secs)
{
    *has = false;
    if (*p == end) return true;
    char c = *(*p)++;
    *has = true;
    *secs = 0;
    if (c == 'Z' || c == 'z') return *p == end;
    if (c != '+' && c != '-') return false;
    int h = digits(p, end, 2), m = 0;
    if (h < 0 || h > 14) return false;
    if (*p < end) {
        if (**p == ':') (*p)++;
        m = digits(p, end, 2);
        if (m < 0 || m > 59) return false;
    }
    *secs = (h * 3600 + m * 60) * (c == '-' ? -1 : 1);
    return *p == end;
}

static bool parse_clock(const char **p, const char *end, struct tm *tm, int64_t *nanos)
{
    *nanos = 0;
    tm->tm_hour = digits(p, end, 2);
    if (tm->tm_hour < 0 || tm->tm_hour > 23 || *p == end || *(*p)++ != ':') return false;
    tm->tm_min = digits(p, end, 2);
    if (tm->tm_min < 0 || tm->tm_min > 59 || *p == end || *(*p)++ != ':') return false;
    tm->tm_sec = digits(p, end, 2);
    if (tm->tm_sec < 0 || tm->tm_sec > 59) return false;
    if (*p < end && **p == '.') {
        (*p)++;
        int n = 0;
        int64_t v = 0;
        for (; *p < end && **p >= '0' && **p <= '9'; (*p)++, n++) {
            if (n < 9) v = v * 10 + **p - '0';
        }
        if (n == 0 || n > 9) return false;
        for (; n < 9; n++)
            v *= 10;
        *nanos = v;
    }
    return true;
}

bool tl_ts_parse(const char *s, size_t n, int prec, const char *tz, int64_t *out)
{
    const char *p = s, *end = s + n;
    struct tm tm = {0};
    int64_t nanos = 0;
    bool has = false;
    int off = 0;
    int y = digits(&p, end, 4);
    if (y < 0 || p == end || *p++ != '-') return false;
    int mon = digits(&p, end, 2);
    if (mon < 1 || mon > 12 || p == end || *p++ != '-') return false;
    int day = digits(&p, end, 2);
    static const int mdays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (day < 1 || day > mdays[mon - 1] + (mon == 2 ? leap : 0)) return false;
    tm.tm_year = y - 1900;
    tm.tm_mon = mon - 1;
    tm.tm_mday = day;
    if (p < end) {
        if (*p != ' ' && *p != 'T' && *p != 't') return false;
        p++;
        if (!parse_clock(&p, end, &tm, &nanos)) return false;
        if (!parse_offset(&p, end, &has, &off)) return false;
    }
    int64_t secs;
    if (has) {
        secs = tl_zone_utc("UTC", &tm) - off;
    } else {
        secs = tl_zone_utc(tz, &tm);
    }
    int64_t scale = tl_ts_scale(prec), v;
    if (__builtin_mul_overflow(secs, scale, &v)) return false;
    return !__builtin_add_overflow(v, nanos / (1000000000 / scale), out);
}

int64_t tl_ts_now(int prec)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    int64_t scale = tl_ts_scale(prec);
    return (int64_t)ts.tv_sec * scale + ts.tv_nsec / (1000000000 / scale);
}

bool tl_ts_local(int64_t ts, int prec, const char *tz, struct tm *tm, int64_t *frac)
{
    int64_t scale = tl_ts_scale(prec);
    int64_t secs = tl_floor_div(ts, scale);
    if (frac) *frac = ts - secs * scale;
    if (secs < -100000000000000 || secs > 100000000000000) return false; /* tm_year is an int */
    tl_zone_local(tz, secs, tm);
    return true;
}

int64_t tl_ts_today(int prec, const char *tz)
{
    struct tm tm;
    if (!tl_ts_local(tl_ts_now(prec), prec, tz, &tm, NULL)) return 0;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    return tl_zone_utc(tz, &tm) * tl_ts_scale(prec);
}

bool tl_dur_fixed(int64_t n, char unit, int prec, int64_t *out)
{
    static const struct {
        char unit;
        int64_t nanos;
    } units[] = {
        {'b', 1},           {'u', 1000},          {'a', 1000000},        {'s', 1000000000},
        {'m', 60000000000}, {'h', 3600000000000}, {'d', 86400000000000}, {'w', 604800000000000}};
    int64_t per = 1000000000 / tl_ts_scale(prec);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit != unit) continue;
        if (units[i].nanos >= per) return !__builtin_mul_overflow(n, units[i].nanos / per, out);
        *out = n / (per / units[i].nanos);
        return true;
    }
    return false;
}

bool tl_ts_add(int64_t ts, int64_t n, char unit, int prec, const char *tz, int64_t *out)
{
    int64_t fixed;
    if (unit != 'n' && unit != 'y') {
        return tl_dur_fixed(n, unit, prec, &fixed) && !__builtin_add_overflow(ts, fixed, out);
    }
    struct tm tm;
    int64_t frac;
    if (n > 120000 || n < -120000 || !tl_ts_local(ts, prec, tz, &tm, &frac)) return false;
    int64_t months = (int64_t)tm.tm_year * 12 + tm.tm_mon + n * (unit == 'y' ? 12 : 1);
    int day = tm.tm_mday;
    tm.tm_year = (int)tl_floor_div(months, 12);
    tm.tm_mon = (int)(months - (int64_t)tm.tm_year * 12);
    static const int mdays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y = tm.tm_year + 1900;
    int last =
        mdays[tm.tm_mon] + (tm.tm_mon == 1 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0));
    tm.tm_mday = day > last ? last : day;
    int64_t secs = tl_zone_utc(tz, &tm);
    return !__builtin_mul_overflow(secs, tl_ts_scale(prec), out) &&
           !__builtin_add_overflow(*out, frac, out);
}

bool tl_ts_window(int64_t ts, int64_t n, char unit, int prec, const char *tz, int64_t *out)
{
    int64_t len, shift = 0;
    if (!tl_dur_fixed(n, unit, prec, &len) || len <= 0) return false;
    if (unit == 'd') { /* days are the zone's days */
        struct tm tm;
        if (!tl_ts_local(ts, prec, tz, &tm, NULL)) return false;
        shift = (int64_t)tm.tm_gmtoff * tl_ts_scale(prec);
    }
    int64_t local;
    if (__builtin_add_overflow(ts, shift, &local)) return false;
    *out = tl_floor_div(local, len) * len - shift;
    return true;
}

int tl_ts_iso(int64_t ts, int prec, const char *tz, char out[64])
{
    struct tm tm;
    int64_t frac;
    if (!tl_ts_local(ts, prec, tz, &tm, &frac)) return 0;
    int y = tm.tm_year + 1900;
    if (y < 0 || y > 9999) return 0;
    long off = tm.tm_gmtoff / 60;
    char sign = off < 0 ? '-' : '+';
    if (off < 0) off = -off;
    return snprintf(out, 64, "%04d-%02d-%02dT%02d:%02d:%02d.%0*lld%c%02ld%02ld", y, tm.tm_mon + 1,
                    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (prec + 1) * 3, (long long)frac,
                    sign, off / 60, off % 60);
}

int tl_zone_text(const char *tz, char out[128])
{
    struct tm tm;
    tl_zone_local(tz, (int64_t)time(NULL), &tm);
    long off = tm.tm_gmtoff / 60;
    char sign = off < 0 ? '-' : '+';
    if (off < 0) off = -off;
    return snprintf(out, 128, "%s (%s, %c%02ld%02ld)", tz[0] ? tz : "UTC", tm.tm_zone, sign,
                    off / 60, off % 60);
}

/*
 * tz_rule.c: POSIX TZ rules (IEEE 1003.1, section 8.3, with RFC 8536's wider hours), as they stand
 * in the footer of TZif files and in the environment variable TZ.
 */
#include "base/tz_int.h"

#define DAY 86400
/* Years beyond this do not occur in any epoch value; the arithmetic below stays far from overflow.
   */
#define FAR (INT64_C(1) << 61)

struct reader {
    const char *p, *end;
};

static bool take(struct reader *r, char c)
{
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

/* 1 to 3 digits, at most max. */
static bool take_num(struct reader *r, int max, int *out)
{
    const char *start = r->p;

    *out = 0;
    while (r->p < r->end && td_isdigit(*r->p) && r->p - start < 3)
        *out = *out * 10 + (*r->p++ - '0');
    return r->p > start && *out <= max;
}

/* [±]hh[:mm[:ss]] in seconds. */
static bool take_time(struct reader *r, int max_hours, int32_t *out)
{
    bool neg = take(r, '-');
    int h, m = 0, s = 0;

    if (!neg) take(r, '+');
    if (!take_num(r, max_hours, &h)) return false;
    if (take(r, ':')) {
        if (!take_num(r, 59, &m)) return false;
        if (take(r, ':') && !take_num(r, 59, &s)) return false;
    }
    *out = h * 3600 + m * 60 + s;
    if (neg) *out = -*out;
    return true;
}

/* An abbreviation: three or more letters, or letters, digits and signs in <>. */
static bool take_abbr(struct reader *r)
{
    bool quoted = take(r, '<');
    const char *start = r->p;

    while (r->p < r->end) {
        char c = td_lower(*r->p);

        if (!(c >= 'a' && c <= 'z') && !(quoted && (td_isdigit(c) || c == '+' || c == '-'))) break;
        r->p++;
    }
    return r->p - start >= 3 && (!quoted || take(r, '>'));
}

/* ,M3.2.0[/time], ,J60[/time] or ,59[/time]; 02:00 when there is no time. */
static bool take_when(struct reader *r, struct td_tz_when *w)
{
    memset(w, 0, sizeof(*w));
    w->time = 2 * 3600;
    if (!take(r, ',')) return false;
    if (take(r, 'M')) {
        w->form = 'M';
        if (!take_num(r, 12, &w->month) || w->month < 1 || !take(r, '.') ||
            !take_num(r, 5, &w->week) || w->week < 1 || !take(r, '.') || !take_num(r, 6, &w->day))
            return false;
    } else {
        w->form = take(r, 'J') ? 'J' : '0';
        if (!take_num(r, 365, &w->day) || (w->form == 'J' && w->day < 1)) return false;
    }
    return !take(r, '/') || take_time(r, 167, &w->time);
}

bool td_tz_rule_read(struct td_str s, struct td_tz_rule *out)
{
    /* POSIX leaves the rule open when only the names are given; this is what the tz code and glibc
       assume. */
    static const char usual[] = ",M3.2.0,M11.1.0";
    struct reader r = {s.p, s.n ? s.p + s.n : s.p};
    struct reader u = {usual, usual + sizeof(usual) - 1};
    int32_t west;

    memset(out, 0, sizeof(*out));
    if (!take_abbr(&r) || !take_time(&r, 24, &west)) return false;
    out->std = -west;
    if (r.p == r.end) return true;
    out->has_dst = true;
    if (!take_abbr(&r)) return false;
    west -= 3600;
    if (r.p < r.end && *r.p != ',' && !take_time(&r, 24, &west)) return false;
    out->dst = -west;
    if (r.p == r.end) return take_when(&u, &out->begin) && take_when(&u, &out->end);
    return take_when(&r, &out->begin) && take_when(&r, &out->end) && r.p == r.end;
}

/* Local seconds (as if UTC) of the change in year y. */
static int64_t when_in(const struct td_tz_when *w, int64_t y)
{
    int64_t days = td_days_from_civil(y, 1, 1);
    bool leap = td_days_in_month(y, 2) == 29;

    if (w->form == 'M') {
        int64_t weekday;
        int day;

        days = td_days_from_civil(y, (uint32_t)w->month, 1);
        weekday = ((days + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        day = (int)((w->day - weekday + 7) % 7) + (w->week - 1) * 7;
        if (day >= (int)td_days_in_month(y, (uint32_t)w->month)) day -= 7; /* week 5 is the last */
        days += day;
    } else if (w->form == 'J') {
        days += w->day - 1 + (leap && w->day >= 60); /* counts as if there were no February 29 */
    } else {
        days += w->day;
    }
    return days * DAY + w->time;
}

static int insert(struct td_tz_span *change, int n, int64_t at, int32_t offset)
{
    int i = n;

    for (; i > 0 && change[i - 1].at > at; i--)
        change[i] = change[i - 1];
    change[i] = (struct td_tz_span){at, offset};
    return n + 1;
}

/*
 * The changes of the years first … last in order, at most 10. Of changes at the same second the
 * beginning comes last and wins: in permanent daylight time each end coincides with the next one.
 */
static int list_changes(const struct td_tz_rule *r, int64_t first, int64_t last,
                        struct td_tz_span change[10])
{
    int n = 0;

    for (int64_t y = first; y <= last; y++)
        n = insert(change, n, when_in(&r->end, y) - r->dst, r->std);
    for (int64_t y = first; y <= last; y++)
        n = insert(change, n, when_in(&r->begin, y) - r->std, r->dst);
    return n;
}

int32_t td_tz_rule_offset(const struct td_tz_rule *r, int64_t utc, int64_t *from, int64_t *until)
{
    struct td_tz_span change[10];
    int64_t y;
    uint32_t m, d;
    int n, i = 0;

    *from = INT64_MIN;
    *until = INT64_MAX;
    if (!r->has_dst) return r->std;
    if (utc < -FAR || utc >= FAR) {
        *from = utc < 0 ? INT64_MIN : FAR;
        *until = utc < 0 ? -FAR : INT64_MAX;
        return r->std;
    }
    td_civil_from_days(utc / DAY - (utc % DAY < 0), &y, &m, &d);
    /* Hours up to 167 and the offset may put a change a week outside its year, so the last one
       before and the next one after may belong two years away. */
    n = list_changes(r, y - 2, y + 2, change);
    while (i < n && change[i].at <= utc)
        i++;
    *from = change[i - 1].at;
    *until = change[i].at;
    return change[i - 1].offset;
}

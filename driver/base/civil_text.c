/*
 * civil_text.c: dates and times as text, both ways. The reader takes the ODBC literals of the
 * reference's appendix C (with or without the escape braces) and ISO 8601 timestamps with an
 * offset.
 */
#include "base/civil.h"
#include "base/num_int.h"

/* Two digits; what no clock shows is cut, not written out of bounds. */
static void put2(uint32_t v, char *out)
{
    memcpy(out, td_digit_pairs + v % 100 * 2, 2);
}

/* At least four digits of year, a sign when negative. */
size_t td_civil_date_text(const struct td_civil *c, char *out)
{
    char *p = out;
    uint64_t y = (uint64_t)c->year;
    int n;

    if (c->year < 0) {
        *p++ = '-';
        y = 0 - y;
    }
    n = y < 10000 ? 4 : td_u64_digits(y);
    td_u64_put(y, p, n);
    p += n;
    *p++ = '-';
    put2(c->month, p);
    p[2] = '-';
    put2(c->day, p + 3);
    p[5] = '\0';
    return (size_t)(p + 5 - out);
}

size_t td_civil_time_text(const struct td_civil *c, int digits, char *out)
{
    size_t n = 8;

    put2(c->hour, out);
    out[2] = ':';
    put2(c->minute, out + 3);
    out[5] = ':';
    put2(c->second, out + 6);
    if (digits > 0) {
        if (digits > 9) digits = 9;
        out[n++] = '.';
        td_u64_put(c->nanos / (uint32_t)td_pow10_u64[9 - digits], out + n, digits);
        n += (size_t)digits;
    }
    out[n] = '\0';
    return n;
}

size_t td_civil_ts_text(const struct td_civil *c, int digits, char *out)
{
    size_t n = td_civil_date_text(c, out);

    out[n++] = ' ';
    return n + td_civil_time_text(c, digits, out + n);
}

struct reader {
    const char *p, *end;
};

static bool take(struct reader *r, char c)
{
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end && td_isspace(*r->p))
        r->p++;
}

/* Exactly n digits. */
static bool take_digits(struct reader *r, int n, uint32_t *out)
{
    *out = 0;
    if (r->end - r->p < n) return false;
    for (int i = 0; i < n; i++) {
        if (!td_isdigit(r->p[i])) return false;
        *out = *out * 10 + (uint32_t)(r->p[i] - '0');
    }
    r->p += n;
    return true;
}

/* [-]YYYY-MM-DD, 4 to 9 digits of year. */
static bool take_date(struct reader *r, struct td_civil *c)
{
    bool neg = take(r, '-');
    const char *start = r->p;
    int64_t y = 0;

    while (r->p < r->end && td_isdigit(*r->p) && r->p - start < 9)
        y = y * 10 + (*r->p++ - '0');
    if (r->p - start < 4) return false;
    c->year = neg ? -y : y;
    return take(r, '-') && take_digits(r, 2, &c->month) && take(r, '-') &&
           take_digits(r, 2, &c->day);
}

/* HH:MM:SS[.[f…]]; zeros after the ninth digit say nothing, other digits would be lost: *range. */
static bool take_time(struct reader *r, struct td_civil *c, bool *range)
{
    int n = 0;

    if (!take_digits(r, 2, &c->hour) || !take(r, ':') || !take_digits(r, 2, &c->minute) ||
        !take(r, ':') || !take_digits(r, 2, &c->second))
        return false;
    if (!take(r, '.')) return true;
    for (; r->p < r->end && td_isdigit(*r->p); r->p++, n++) {
        if (n < 9)
            c->nanos = c->nanos * 10 + (uint32_t)(*r->p - '0');
        else if (*r->p != '0')
            *range = true;
    }
    for (; n < 9; n++)
        c->nanos *= 10;
    return true;
}

/* Nothing, Z, ±HH, ±HHMM or ±HH:MM; one blank may stand in front. */
static bool take_offset(struct reader *r, struct td_time_text *out, bool *range)
{
    uint32_t h, m = 0;
    bool neg;

    if (r->p == r->end) return true;
    take(r, ' ');
    if (take(r, 'Z') || take(r, 'z')) {
        out->has_offset = true;
        return true;
    }
    neg = take(r, '-');
    if (!neg && !take(r, '+')) return false;
    if (!take_digits(r, 2, &h)) return false;
    if (r->p < r->end) {
        take(r, ':');
        if (!take_digits(r, 2, &m)) return false;
    }
    out->has_offset = true;
    out->offset_sec = (int32_t)(h * 3600 + m * 60);
    if (neg) out->offset_sec = -out->offset_sec;
    /* No zone was ever further from Greenwich than 16 hours; 18 is ISO practice. */
    if (m > 59 || h * 60 + m > 18 * 60) *range = true;
    return true;
}

/* {d '…'}, {t '…'}, {ts '…'} around the value: narrows r to it and tells the kind that the braces
   name. */
static bool unwrap(struct reader *r, bool *wrapped, enum td_time_kind *kind)
{
    *wrapped = take(r, '{');
    if (!*wrapped) return true;
    if (r->end[-1] != '}') return false;
    r->end--;
    while (r->end > r->p && td_isspace(r->end[-1]))
        r->end--;
    skip_blanks(r);
    if (take(r, 'd') || take(r, 'D'))
        *kind = TD_TIME_DATE;
    else if (take(r, 't') || take(r, 'T'))
        *kind = take(r, 's') || take(r, 'S') ? TD_TIME_TS : TD_TIME_TIME;
    else
        return false;
    skip_blanks(r);
    if (!take(r, '\'') || r->p == r->end || r->end[-1] != '\'') return false;
    r->end--;
    return true;
}

static enum td_time_parse read_value(struct reader *r, struct td_time_text *out)
{
    bool range = false;

    if (r->end - r->p >= 3 && r->p[2] == ':') {
        out->kind = TD_TIME_TIME;
        if (!take_time(r, &out->c, &range) || r->p != r->end) return TD_TP_FORMAT;
        range = range || out->c.hour > 23 || out->c.minute > 59 || out->c.second > 59;
        return range ? TD_TP_RANGE : TD_TP_OK;
    }
    out->kind = TD_TIME_DATE;
    if (!take_date(r, &out->c)) return TD_TP_FORMAT;
    if (r->p < r->end) {
        out->kind = TD_TIME_TS;
        if (!take(r, ' ') && !take(r, 'T') && !take(r, 't')) return TD_TP_FORMAT;
        if (!take_time(r, &out->c, &range) || !take_offset(r, out, &range) || r->p != r->end)
            return TD_TP_FORMAT;
    }
    return range || !td_civil_valid(&out->c) ? TD_TP_RANGE : TD_TP_OK;
}

enum td_time_parse td_time_read(struct td_str s, struct td_time_text *out)
{
    struct reader r = {s.p, s.n ? s.p + s.n : s.p};
    enum td_time_kind kind = TD_TIME_TS;
    bool wrapped;
    enum td_time_parse rc;

    memset(out, 0, sizeof(*out));
    skip_blanks(&r);
    while (r.end > r.p && td_isspace(r.end[-1]))
        r.end--;
    if (r.p == r.end || !unwrap(&r, &wrapped, &kind)) return TD_TP_FORMAT;
    rc = read_value(&r, out);
    if (rc != TD_TP_FORMAT && wrapped && kind != out->kind) return TD_TP_FORMAT;
    return rc;
}

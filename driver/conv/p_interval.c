/*
 * p_interval.c: SQL_INTERVAL_STRUCT as a parameter (ODBC reference, "C to SQL: Year-Month
 * Intervals", "Day-Time Intervals"). TDengine has no interval type: single fields go into exact
 * numbers, all into text.
 */
#include "conv/pcommon.h"

enum field { F_YEAR, F_MONTH, F_DAY, F_HOUR, F_MINUTE, F_SECOND };

/* By C type − 100. */
static const struct {
    uint8_t first, last;
} spans[] = {
    [SQL_IS_YEAR] = {F_YEAR, F_YEAR},
    [SQL_IS_MONTH] = {F_MONTH, F_MONTH},
    [SQL_IS_DAY] = {F_DAY, F_DAY},
    [SQL_IS_HOUR] = {F_HOUR, F_HOUR},
    [SQL_IS_MINUTE] = {F_MINUTE, F_MINUTE},
    [SQL_IS_SECOND] = {F_SECOND, F_SECOND},
    [SQL_IS_YEAR_TO_MONTH] = {F_YEAR, F_MONTH},
    [SQL_IS_DAY_TO_HOUR] = {F_DAY, F_HOUR},
    [SQL_IS_DAY_TO_MINUTE] = {F_DAY, F_MINUTE},
    [SQL_IS_DAY_TO_SECOND] = {F_DAY, F_SECOND},
    [SQL_IS_HOUR_TO_MINUTE] = {F_HOUR, F_MINUTE},
    [SQL_IS_HOUR_TO_SECOND] = {F_HOUR, F_SECOND},
    [SQL_IS_MINUTE_TO_SECOND] = {F_MINUTE, F_SECOND},
};
/* Highest value of a field that is not the first, and the sign before such a field. */
static const uint8_t most[] = {0, 11, 0, 23, 59, 59};
static const char before[] = "?-? ::";

#define MILLIONTHS_DIGITS 6 /* the default SQL_DESC_PRECISION of seconds */
#define MILLION           1000000

static uint32_t field_of(const SQL_INTERVAL_STRUCT *v, int f)
{
    switch (f) {
    case F_YEAR:
        return v->intval.year_month.year;
    case F_MONTH:
        return v->intval.year_month.month;
    case F_DAY:
        return v->intval.day_second.day;
    case F_HOUR:
        return v->intval.day_second.hour;
    case F_MINUTE:
        return v->intval.day_second.minute;
    default:
        return v->intval.day_second.second;
    }
}

bool td_pinterval_single(SQLSMALLINT ctype)
{
    return spans[ctype - 100].first == spans[ctype - 100].last;
}

int64_t td_pinterval_value(SQLSMALLINT ctype, const uint8_t *p, uint32_t *millionths)
{
    SQL_INTERVAL_STRUCT v;
    int f = spans[ctype - 100].first;

    memcpy(&v, p, sizeof v);
    *millionths = f == F_SECOND ? v.intval.day_second.fraction % MILLION : 0;
    int64_t n = field_of(&v, f);
    if (f == F_SECOND) n += v.intval.day_second.fraction / MILLION;
    return v.interval_sign == SQL_TRUE ? -n : n;
}

/* The fraction, without zeros at its end. */
static size_t put_fraction(uint32_t v, char *out)
{
    size_t n = MILLIONTHS_DIGITS;

    if (!v) return 0;
    out[0] = '.';
    for (size_t k = n; k > 0; k--, v /= 10)
        out[k] = (char)('0' + v % 10);
    while (out[n] == '0')
        n--;
    return n + 1;
}

size_t td_pinterval_text(struct td_penc *e, uint32_t i, const uint8_t *p,
                         char out[TD_PINTERVAL_TEXT])
{
    int first = spans[e->s->ctype - 100].first, last = spans[e->s->ctype - 100].last;
    SQL_INTERVAL_STRUCT v;
    size_t n = 0;

    memcpy(&v, p, sizeof v);
    if (v.interval_sign == SQL_TRUE) out[n++] = '-';
    for (int f = first; f <= last; f++) {
        uint32_t x = field_of(&v, f);

        if (f > first && x > most[f]) goto bad;
        if (f > first) out[n++] = before[f];
        if (f >= F_HOUR && f > first && x < 10) out[n++] = '0';
        n += td_u64_text(x, out + n);
    }
    if (last == F_SECOND) {
        if (v.intval.day_second.fraction >= MILLION) goto bad;
        n += put_fraction(v.intval.day_second.fraction, out + n);
    }
    return n;
bad:
    td_preport(e, i, TD_ST_22015, NULL);
    return 0;
}

/*
 * civil.c: calendar arithmetic with whole numbers, after Howard Hinnant's "chrono-compatible
 * low-level date algorithms": years begin in March, so that the leap day is the last of its year,
 * and 400-year eras repeat.
 */
#include "base/civil.h"

#define DAY 86400

int64_t td_days_from_civil(int64_t y, uint32_t m, uint32_t d)
{
    int64_t era;
    uint32_t yoe, doy, doe;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = (uint32_t)(y - era * 400);
    doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

void td_civil_from_days(int64_t days, int64_t *y, uint32_t *m, uint32_t *d)
{
    int64_t era;
    uint32_t doe, yoe, doy, mp;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = (uint32_t)(days - era * 146097);
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}

uint32_t td_days_in_month(int64_t y, uint32_t m)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (m < 1 || m > 12) return 0;
    if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) return 29;
    return days[m - 1];
}

bool td_civil_valid(const struct td_civil *c)
{
    return c->day >= 1 && c->day <= td_days_in_month(c->year, c->month) && c->hour <= 23 &&
           c->minute <= 59 && c->second <= 59 && c->nanos <= 999999999;
}

int64_t td_civil_to_sec(const struct td_civil *c)
{
    return td_days_from_civil(c->year, c->month, c->day) * DAY + (int64_t)c->hour * 3600 +
           (int64_t)c->minute * 60 + (int64_t)c->second;
}

void td_sec_to_civil(int64_t sec, uint32_t nanos, struct td_civil *c)
{
    int64_t days = sec / DAY;
    uint32_t rest;

    if (days * DAY > sec) days--;
    rest = (uint32_t)(sec - days * DAY);
    td_civil_from_days(days, &c->year, &c->month, &c->day);
    c->hour = rest / 3600;
    c->minute = rest / 60 % 60;
    c->second = rest % 60;
    c->nanos = nanos;
}

int64_t td_prec_units(int prec)
{
    return prec == 0 ? 1000 : prec == 1 ? 1000000 : 1000000000;
}

int td_prec_digits(int prec)
{
    return prec == 0 ? 3 : prec == 1 ? 6 : 9;
}

/* Floor division with a constant divisor at each call, which the compiler turns into a
   multiplication. */
static inline void split(int64_t v, int64_t units, int64_t *sec, uint32_t *nanos)
{
    int64_t s = v / units;
    int64_t rest = v - s * units;

    if (rest < 0) {
        s--;
        rest += units;
    }
    *sec = s;
    *nanos = (uint32_t)(rest * (1000000000 / units));
}

void td_epoch_split(int64_t v, int prec, int64_t *sec, uint32_t *nanos)
{
    switch (prec) {
    case 0:
        split(v, 1000, sec, nanos);
        break;
    case 1:
        split(v, 1000000, sec, nanos);
        break;
    default:
        split(v, 1000000000, sec, nanos);
        break;
    }
}

bool td_epoch_join(int64_t sec, uint32_t nanos, int prec, int64_t *v, bool *lost)
{
    int64_t units = td_prec_units(prec);
    uint32_t step = (uint32_t)(1000000000 / units);
    int64_t part = nanos / step;

    *lost = false;
    *v = 0;
    /* One second later with a negative part: INT64_MIN has a floor second whose product alone would
       overflow. */
    if (sec < 0 && part) {
        sec++;
        part -= units;
    }
    if (__builtin_mul_overflow(sec, units, v) || __builtin_add_overflow(*v, part, v)) {
        *v = 0;
        return false;
    }
    *lost = nanos % step != 0;
    return !*lost;
}

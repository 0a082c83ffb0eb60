/*
 * civil.c: calendar arithmetic with whole numbers. Years begin in March here, so that the leap day
 * is the last of its year, and eras of 400 years repeat (Howard Hinnant, "chrono-compatible
 * low-level date algorithms"). Days become dates by multiplications alone (Cassio Neri and Lorenz
 * Schneider, "Euclidean affine functions and their application to calendar algorithms", 2022).
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

/* Days of 400 years, and of 0000-03-01 to 1970-01-01. */
#define ERA        146097
#define MARCH_ZERO 719468
/* Eras added so that the unsigned arithmetic below sees no negative day, and the days around 1970
   for which that is enough. */
#define SHIFT 3670
#define NEAR  INT64_C(500000000)

void td_civil_from_days(int64_t days, int64_t *y, uint32_t *m, uint32_t *d)
{
    int64_t eras = -SHIFT;
    uint32_t n, century, in_century, in_year, t;
    uint64_t p;
    bool next_year;

    if (days < -NEAR || days > NEAR) {
        int64_t whole = days / ERA;

        days -= whole * ERA;
        eras += whole;
    }
    n = 4 * (uint32_t)(days + MARCH_ZERO + (int64_t)ERA * SHIFT) + 3;
    century = n / ERA;
    in_century = n % ERA / 4;
    /* 2939745 / 2^32 is just above 4 / 1461: the high word is the year, the low word the day. */
    p = UINT64_C(2939745) * (4 * in_century + 3);
    in_year = (uint32_t)p / 2939745 / 4;
    t = 2141 * in_year + 197913; /* months of 30 and 31 days in the same way */
    next_year = in_year >= 306;
    *y = 400 * eras + 100 * (int64_t)century + (int64_t)(p >> 32) + next_year;
    *m = (t >> 16) - (next_year ? 12 : 0);
    *d = (t & 0xFFFF) / 2141 + 1;
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

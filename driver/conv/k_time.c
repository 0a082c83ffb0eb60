/*
 * k_time.c: TIMESTAMP to TYPE_TIMESTAMP, DATE, TIME, CHAR, WCHAR and BINARY (ODBC reference, "SQL
 * to C: Timestamp"), in the connection's zone.
 *
 * Neighbouring rows lie on the same local day nearly always: the day's limits are kept in epoch
 * units, so that a row costs one comparison and the division of its time of day by constants. No
 * libc time call.
 */
#include "conv/shorttext.h"

struct moment {
    int64_t year;
    uint32_t month, day, hour, minute, second, nanos;
};

/* a*units in range, else the nearest end. */
static int64_t scale_sat(int64_t sec, int64_t units)
{
    int64_t v;

    if (__builtin_mul_overflow(sec, units, &v)) return sec < 0 ? INT64_MIN : INT64_MAX;
    return v;
}

/* Fills the cache with the local day of v. */
static TD_COLD void find_day(struct td_kctx *x, int64_t v, int prec, int64_t units)
{
    struct td_day_cache *d = &x->day;
    int64_t sec, start, lo, hi;
    uint32_t nanos;

    td_epoch_split(v, prec, &sec, &nanos);
    int64_t offset = td_tz_cached(&x->tz, sec);
    int64_t local = sec + offset;
    int64_t days = local / 86400 - (local % 86400 < 0);

    td_civil_from_days(days, &d->year, &d->month, &d->day);
    start = days * 86400 - offset;
    lo = start > x->tz.from ? start : x->tz.from;
    hi = start + 86400 < x->tz.until ? start + 86400 : x->tz.until;
    d->prec = prec;
    d->lo = scale_sat(lo, units);
    if (d->lo ==
        INT64_MIN) { // the first day of the epoch's range is cut off: no limits to remember
        d->lo = v;
        d->span = 1;
        d->tod = (sec - start) * units + (int64_t)(nanos / (1000000000 / (uint32_t)units));
        return;
    }
    d->span = (uint64_t)scale_sat(hi, units) - (uint64_t)d->lo;
    d->tod = (lo - start) * units;
}

/* `units` is a constant in each expansion, so that divisions become multiplications. */
TD_INLINE void split(struct td_kctx *x, int64_t v, const int prec, const int64_t units,
                     struct moment *m)
{
    struct td_day_cache *d = &x->day;

    if ((uint64_t)v - (uint64_t)d->lo >= d->span || d->prec != prec) find_day(x, v, prec, units);
    uint64_t tod = (uint64_t)v - (uint64_t)d->lo + (uint64_t)d->tod;
    uint32_t sec = (uint32_t)(tod / (uint64_t)units);

    m->year = d->year;
    m->month = d->month;
    m->day = d->day;
    m->nanos = (uint32_t)(tod % (uint64_t)units) * (uint32_t)(1000000000 / units);
    m->hour = sec / 3600;
    m->minute = sec / 60 % 60;
    m->second = sec % 60;
}

static void split_any(struct td_kctx *x, int64_t v, int prec, struct moment *m)
{
    if (prec == 0)
        split(x, v, 0, 1000, m);
    else if (prec == 1)
        split(x, v, 1, 1000000, m);
    else
        split(x, v, 2, 1000000000, m);
}

/* SQL_DATE_STRUCT and SQL_TIMESTAMP_STRUCT hold years of 16 bits. */
TD_INLINE bool year_fits(int64_t year)
{
    return year >= INT16_MIN && year <= INT16_MAX;
}

/* Each stores one value, or reports why it cannot. */
TD_INLINE bool put_ts(const struct moment *m, uint8_t *dst, uint32_t i, struct td_kctx *x)
{
    SQL_TIMESTAMP_STRUCT s = {(SQLSMALLINT)m->year,
                              (SQLUSMALLINT)m->month,
                              (SQLUSMALLINT)m->day,
                              (SQLUSMALLINT)m->hour,
                              (SQLUSMALLINT)m->minute,
                              (SQLUSMALLINT)m->second,
                              m->nanos};

    if (!year_fits(m->year)) {
        td_report(x, i, TD_ST_22008, "The year does not fit the timestamp structure");
        return false;
    }
    memcpy(dst, &s, sizeof s);
    return true;
}

TD_INLINE void put_date(const struct moment *m, uint8_t *dst, uint32_t i, struct td_kctx *x)
{
    SQL_DATE_STRUCT s = {(SQLSMALLINT)m->year, (SQLUSMALLINT)m->month, (SQLUSMALLINT)m->day};

    if (!year_fits(m->year)) {
        td_report(x, i, TD_ST_22008, "The year does not fit the date structure");
        return;
    }
    memcpy(dst, &s, sizeof s);
    if (m->hour | m->minute | m->second | m->nanos)
        td_report(x, i, TD_ST_01S07, "The time of day was cut");
}

TD_INLINE void put_time(const struct moment *m, uint8_t *dst, uint32_t i, struct td_kctx *x)
{
    SQL_TIME_STRUCT s = {(SQLUSMALLINT)m->hour, (SQLUSMALLINT)m->minute, (SQLUSMALLINT)m->second};

    memcpy(dst, &s, sizeof s);
    if (m->nanos) td_report(x, i, TD_ST_01S07, "The fraction of the second was cut");
}

TD_INLINE void time_run(const struct td_col *col, uint32_t row0, uint32_t n,
                        const struct td_target *t, struct td_kctx *x, const enum td_ckind kind,
                        const SQLLEN width, const int prec, const int64_t units)
{
    const uint8_t *src = col->data + (size_t)row0 * 8;
    struct moment m;

    for (uint32_t i = 0; i < n; i += TD_CHUNK) {
        uint32_t end = n - i < TD_CHUNK ? n : i + TD_CHUNK;
        uint64_t nulls = td_null_bits(col, row0 + i, end - i);

        td_put_lens(t, i, end - i, nulls, width, x);
        if (!t->base) continue;
        for (uint32_t k = i; k < end; k++) {
            if (nulls & TD_ROW_BIT(k - i)) continue;
            split(x, (int64_t)td_ld64(src + (size_t)k * 8), prec, units, &m);
            if (kind == TD_C_DATE)
                put_date(&m, td_slot(t, k), k, x);
            else if (kind == TD_C_TIME)
                put_time(&m, td_slot(t, k), k, x);
            else
                put_ts(&m, td_slot(t, k), k, x);
        }
    }
}

TD_INLINE void put_digits(char *p, uint32_t v, const int n)
{
    for (int i = n - 1; i >= 0; i--) {
        p[i] = (char)('0' + v % 10);
        v /= 10;
    }
}

TD_INLINE void render(const struct moment *m, const int digits, struct td_short *out)
{
    char *p = out->s;

    if (m->year < 0 || m->year > 9999) {
        struct td_civil c = {m->year, m->month, m->day, m->hour, m->minute, m->second, m->nanos};

        out->len = (uint32_t)td_civil_ts_text(&c, digits, out->s);
        out->whole = out->len - (uint32_t)digits - 1;
        return;
    }
    put_digits(p, (uint32_t)m->year, 4);
    p[4] = '-';
    put_digits(p + 5, m->month, 2);
    p[7] = '-';
    put_digits(p + 8, m->day, 2);
    p[10] = ' ';
    put_digits(p + 11, m->hour, 2);
    p[13] = ':';
    put_digits(p + 14, m->minute, 2);
    p[16] = ':';
    put_digits(p + 17, m->second, 2);
    p[19] = '.';
    put_digits(p + 20,
               digits == 3   ? m->nanos / 1000000
               : digits == 6 ? m->nanos / 1000
                             : m->nanos,
               digits);
    out->len = 20 + (uint32_t)digits;
    out->whole = 19;
}

TD_INLINE void text_run(const struct td_col *col, uint32_t row0, uint32_t n,
                        const struct td_target *t, struct td_kctx *x, const bool wide,
                        const int prec, const int64_t units, const int digits)
{
    const uint8_t *src = col->data + (size_t)row0 * 8;
    struct td_short text;
    struct moment m;

    for (uint32_t i = 0; i < n; i++) {
        if (td_col_is_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        split(x, (int64_t)td_ld64(src + (size_t)i * 8), prec, units, &m);
        render(&m, digits, &text);
        td_put_short(t, i, &text, wide, x);
    }
}

void td_short_ts(int64_t v, int prec, struct td_kctx *x, struct td_short *out)
{
    struct moment m;

    split_any(x, v, prec, &m);
    render(&m, td_prec_digits(prec), out);
}

#define BY_PRECISION(F, ...)                                                                       \
    do {                                                                                           \
        if (col->ts_prec == 0)                                                                     \
            F(__VA_ARGS__, 0, 1000);                                                               \
        else if (col->ts_prec == 1)                                                                \
            F(__VA_ARGS__, 1, 1000000);                                                            \
        else                                                                                       \
            F(__VA_ARGS__, 2, 1000000000);                                                         \
    } while (0)
#define TIME_KERNEL(NAME, KIND, STRUCT)                                                            \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        BY_PRECISION(time_run, col, row0, n, t, x, KIND, (SQLLEN)sizeof(STRUCT));                  \
    }
TIME_KERNEL(to_ts, TD_C_TS, SQL_TIMESTAMP_STRUCT)
TIME_KERNEL(to_date, TD_C_DATE, SQL_DATE_STRUCT)
TIME_KERNEL(to_time, TD_C_TIME, SQL_TIME_STRUCT)

/* A binary target takes the timestamp structure, whole or not at all. */
static void to_binary(const struct td_col *col, uint32_t row0, uint32_t n,
                      const struct td_target *t, struct td_kctx *x)
{
    struct moment m;

    for (uint32_t i = 0; i < n; i++) {
        if (td_col_is_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        if (t->base && t->cap < (SQLLEN)sizeof(SQL_TIMESTAMP_STRUCT)) {
            td_report(x, i, TD_ST_22003, "The buffer is too short for a timestamp structure");
            continue;
        }
        split_any(x, (int64_t)td_ld64(col->data + ((size_t)row0 + i) * 8), col->ts_prec, &m);
        if (t->base && !put_ts(&m, td_slot(t, i), i, x)) continue;
        td_put_len(t, i, sizeof(SQL_TIMESTAMP_STRUCT));
    }
}

#define TEXT_KERNEL(NAME, WIDE)                                                                    \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        if (col->ts_prec == 0)                                                                     \
            text_run(col, row0, n, t, x, WIDE, 0, 1000, 3);                                        \
        else if (col->ts_prec == 1)                                                                \
            text_run(col, row0, n, t, x, WIDE, 1, 1000000, 6);                                     \
        else                                                                                       \
            text_run(col, row0, n, t, x, WIDE, 2, 1000000000, 9);                                  \
    }
TEXT_KERNEL(to_char, false)
TEXT_KERNEL(to_wchar, true)

td_kernel td_k_time(enum td_ckind kind)
{
    switch (kind) {
    case TD_C_TS:
        return to_ts;
    case TD_C_DATE:
        return to_date;
    case TD_C_TIME:
        return to_time;
    case TD_C_BINARY:
        return to_binary;
    case TD_C_CHAR:
        return to_char;
    case TD_C_WCHAR:
        return to_wchar;
    default:
        return NULL;
    }
}

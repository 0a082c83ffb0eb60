/*
 * p_time.c: parameters into TIMESTAMP (ODBC reference, "C to SQL: Timestamp", "Date", "Time",
 * "Character"; decisions.md section 2), and the instants that other encoders render.
 *
 * Fields without an offset are local to the connection's zone: in a gap they are refused, in an
 * overlap they mean the earlier instant. A fraction finer than the column's precision is refused
 * unless TimestampTruncation allows the cut: a cut timestamp is another row's key. Integers are the
 * raw epoch in the column's precision.
 */
#include "conv/numeric.h"
#include "conv/pcommon.h"

/* No offset changes by more than this at once. */
#define NEAR_CHANGE 90000

static bool to_utc(struct td_penc *e, uint32_t i, int64_t local, int64_t *utc)
{
    struct td_tz_cache *z = &e->x->tz;
    int64_t guess = local - z->offset;

    // well inside the range in which the cached offset holds, the local time has one meaning
    if (z->from < z->until && (z->from == INT64_MIN || guess - NEAR_CHANGE >= z->from) &&
        (z->until == INT64_MAX || guess + NEAR_CHANGE < z->until)) {
        *utc = guess;
        return true;
    }
    if (td_tz_to_utc(z->tz, local, utc) == TD_TZ_GAP) {
        td_preport(e, i, TD_ST_22008, "The local time does not exist in the connection's zone");
        return false;
    }
    td_tz_cached(z, *utc);
    return true;
}

static bool day_of(struct td_penc *e, const SQL_DATE_STRUCT *d)
{
    struct td_pday *c = &e->day;

    if (c->known && memcmp(&c->date, d, sizeof *d) == 0) return true;
    if (d->month < 1 || d->month > 12 || d->day < 1 || d->day > td_days_in_month(d->year, d->month))
        return false;
    c->date = *d;
    c->sec = td_days_from_civil(d->year, d->month, d->day) * 86400;
    c->known = true;
    return true;
}

/* Local seconds and nanoseconds of a structure; false when a field is out of its range. */
static bool local_of(struct td_penc *e, const uint8_t *p, int64_t *sec, uint32_t *nanos)
{
    SQL_TIMESTAMP_STRUCT s;
    SQL_DATE_STRUCT d;
    SQL_TIME_STRUCT t = {0, 0, 0};

    *nanos = 0;
    if (e->kind == TD_C_TS) {
        memcpy(&s, p, sizeof s);
        d = (SQL_DATE_STRUCT){s.year, s.month, s.day};
        t = (SQL_TIME_STRUCT){s.hour, s.minute, s.second};
        *nanos = s.fraction;
    } else if (e->kind == TD_C_DATE) {
        memcpy(&d, p, sizeof d);
    } else {
        memcpy(&t, p, sizeof t);
    }
    if (t.hour > 23 || t.minute > 59 || t.second > 59 || *nanos > 999999999) return false;
    *sec = t.hour * 3600 + t.minute * 60 + t.second;
    if (e->kind == TD_C_TIME) {
        *sec += e->x->today * 86400;
        return true;
    }
    if (!day_of(e, &d)) return false;
    *sec += e->day.sec;
    return true;
}

bool td_pload_civil(struct td_penc *e, uint32_t i, const uint8_t *p, enum td_sqlstate bad,
                    struct td_civil *out)
{
    int64_t sec;
    uint32_t nanos;

    if (!local_of(e, p, &sec, &nanos)) {
        td_preport(e, i, bad, NULL);
        return false;
    }
    td_sec_to_civil(sec, nanos, out);
    return true;
}

/* Text: a date, a time (of today) or a timestamp, with or without offset. */
static bool instant_of_text(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n,
                            struct td_pinstant *out)
{
    char chars[TD_PTEXT], digits[TD_TIME_TEXT];
    struct td_time_text t;
    struct td_str s;
    enum td_time_parse rc = TD_TP_FORMAT;

    if (td_ptext(e, p, n, chars, &s)) rc = td_time_read(td_nine_digits(s, digits, &out->cut), &t);
    if (rc == TD_TP_OK && t.kind == TD_TIME_TIME && t.has_offset) rc = TD_TP_FORMAT;
    if (rc != TD_TP_OK) {
        // of the right form but naming no day or time, as 2023-02-30: SQLExecute's table has 22007
        td_preport(e, i, rc == TD_TP_RANGE ? TD_ST_22007 : TD_ST_22018, NULL);
        return false;
    }
    out->nanos = t.c.nanos;
    if (t.kind == TD_TIME_TIME)
        out->sec = e->x->today * 86400 + t.c.hour * 3600 + t.c.minute * 60 + t.c.second;
    else
        out->sec = td_civil_to_sec(&t.c);
    if (t.has_offset) {
        out->sec -= t.offset_sec;
        return true;
    }
    return to_utc(e, i, out->sec, &out->sec);
}

bool td_pload_instant(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n,
                      struct td_pinstant *out)
{
    int64_t local;

    out->cut = false;
    if (e->kind == TD_C_CHAR || e->kind == TD_C_WCHAR) return instant_of_text(e, i, p, n, out);
    if (!local_of(e, p, &local, &out->nanos)) {
        td_preport(e, i, TD_ST_22007, NULL);
        return false;
    }
    return to_utc(e, i, local, &out->sec);
}

static void from_instant(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_pinstant t;
    bool lost = false;
    int64_t v;

    if (!td_pload_instant(e, i, p, n, &t)) return;
    if (!td_epoch_join(t.sec, t.nanos, e->d->precision, &v, &lost) && !lost) {
        td_preport(e, i, TD_ST_22008, NULL);
        return;
    }
    lost |= t.cut;
    if (lost && !e->x->ts_truncation) {
        td_preport(e, i, TD_ST_22008, "The fraction is finer than the column's precision");
        return;
    }
    td_pstore(e, i, &v, sizeof v);
    if (lost) td_preport(e, i, TD_ST_01S07, NULL);
}

static void from_epoch(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_pint v = td_pload_int(e->kind, p);

    (void)n;
    if (v.big)
        td_preport(e, i, TD_ST_22003, NULL);
    else
        td_pstore(e, i, &v.v, sizeof v.v);
}

/* Binary is what a TIMESTAMP is fetched as: the structure. */
static void from_binary(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    if (n != sizeof(SQL_TIMESTAMP_STRUCT)) {
        td_preport(e, i, TD_ST_22003, "The length is not that of SQL_TIMESTAMP_STRUCT");
        return;
    }
    e->kind = TD_C_TS;
    from_instant(e, i, p, n);
    e->kind = TD_C_BINARY;
}

td_pput td_p_time(const struct td_ctype *c)
{
    enum td_ckind kind = (enum td_ckind)c->kind;

    if (td_pkind_int(kind)) return from_epoch;
    switch (kind) {
    case TD_C_TS:
    case TD_C_DATE:
    case TD_C_TIME:
    case TD_C_CHAR:
    case TD_C_WCHAR:
        return from_instant;
    case TD_C_BINARY:
        return from_binary;
    default:
        return NULL;
    }
}

/*
 * Timestamps of three precisions in five zones from 1900 to 2262 (issue 4, must show 4), two days
 * apart and one second before and at every change of a zone's offset, against libc's localtime_r:
 * as structure, text, date and time, and the raw epoch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "conv/kernel.h"
#include "wire/build.h"

#define FIRST INT64_C(-2208988800) /* 1900-01-01 */
#define LAST  INT64_C(9223372036)  /* 2262-04-11 23:47:16, the end of nanoseconds */
#define ROWS  2048

static const int64_t units[] = {1000, 1000000, 1000000000};
static const int digits[] = {3, 6, 9};

struct batch {
    int prec;
    uint32_t n;
    int64_t sec[ROWS];
    int64_t part[ROWS]; /* units below the second */
    uint64_t done;
};

static void check_row(const struct batch *b, uint32_t i, const SQL_TIMESTAMP_STRUCT *ts,
                      const char *text, const SQL_DATE_STRUCT *d, const SQL_TIME_STRUCT *t)
{
    time_t sec = (time_t)b->sec[i];
    struct tm tm;
    char want[60];

    localtime_r(&sec, &tm);
    if (ts->year != tm.tm_year + 1900 || ts->month != tm.tm_mon + 1 || ts->day != tm.tm_mday ||
        ts->hour != tm.tm_hour || ts->minute != tm.tm_min || ts->second != tm.tm_sec ||
        (int64_t)ts->fraction != b->part[i] * (1000000000 / units[b->prec]))
        fail_msg("%s, %lld: %d-%02d-%02d %02d:%02d:%02d.%09u", getenv("TZ"), (long long)b->sec[i],
                 ts->year, ts->month, ts->day, ts->hour, ts->minute, ts->second, ts->fraction);
    snprintf(want, sizeof want, "%04d-%02d-%02d %02d:%02d:%02d.%0*lld", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, digits[b->prec],
             (long long)b->part[i]);
    assert_string_equal(text, want);
    assert_int_equal(d->year, ts->year);
    assert_int_equal(d->month, ts->month);
    assert_int_equal(d->day, ts->day);
    assert_int_equal(t->hour, ts->hour);
    assert_int_equal(t->minute, ts->minute);
    assert_int_equal(t->second, ts->second);
}

static void run(const struct td_col *col, SQLSMALLINT ctype, void *out, size_t width,
                struct td_kctx *x)
{
    static SQLLEN ind[ROWS];
    struct td_target t = {out, width, (SQLLEN)width, ind, ind, sizeof(SQLLEN)};

    td_kernel_for(TD_T_TIMESTAMP, ctype)(col, 0, col->rows, &t, x);
}

static void flush(struct batch *b, const struct td_tz *tz)
{
    static SQL_TIMESTAMP_STRUCT ts[ROWS];
    static SQL_DATE_STRUCT d[ROWS];
    static SQL_TIME_STRUCT t[ROWS];
    static char text[ROWS][30];
    static int64_t raw[ROWS];
    struct td_build_col spec = {TD_T_TIMESTAMP, 0, 0, 0};
    struct td_build *build = td_build_new(&spec, 1, 1 << 20);
    struct td_block block;
    struct td_col col;
    struct td_kctx x;
    uint8_t *p;
    size_t n;

    if (b->n == 0) {
        td_build_free(build);
        return;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        td_build_int(build, 0, b->sec[i] * units[b->prec] + b->part[i]);
        td_build_end_row(build);
    }
    assert_int_equal(td_build_finish(build, &p, &n, NULL), TD_OK);
    assert_int_equal(td_block_open(p, n, NULL, &col, 1, (uint8_t)b->prec, &block, NULL), TD_OK);
    td_build_free(build);
    td_kctx_init(&x, tz);
    run(&col, SQL_C_TYPE_TIMESTAMP, ts, sizeof *ts, &x);
    run(&col, SQL_C_CHAR, text, sizeof *text, &x);
    run(&col, SQL_C_TYPE_DATE, d, sizeof *d, &x);
    run(&col, SQL_C_TYPE_TIME, t, sizeof *t, &x);
    run(&col, SQL_C_SBIGINT, raw, sizeof *raw, &x);
    for (uint32_t i = 0; i < b->n; i++) {
        check_row(b, i, &ts[i], text[i], &d[i], &t[i]);
        assert_int_equal(raw[i], b->sec[i] * units[b->prec] + b->part[i]);
    }
    b->done += b->n;
    b->n = 0;
    td_free(p);
}

static void add(struct batch *b, int64_t sec, int64_t part, const struct td_tz *tz)
{
    if (sec < FIRST || sec >= LAST) return;
    b->sec[b->n] = sec;
    b->part[b->n] = part % units[b->prec];
    if (++b->n == ROWS) flush(b, tz);
}

static long offset_at(int64_t sec)
{
    time_t t = (time_t)sec;
    struct tm tm;

    localtime_r(&t, &tm);
    return tm.tm_gmtoff;
}

/* Every second day, and the edges of the zone between two of them by bisection. */
static unsigned walk(struct batch *b, const struct td_tz *tz)
{
    unsigned edges = 0;

    for (int64_t t = FIRST; t < LAST; t += 2 * 86400 + 61) {
        int64_t lo = t, hi = t + 2 * 86400 + 61;

        add(b, t, t & 0xFFFFFF, tz);
        if (offset_at(lo) == offset_at(hi)) continue;
        while (hi - lo > 1) {
            int64_t mid = lo + (hi - lo) / 2;

            if (offset_at(mid) == offset_at(t))
                lo = mid;
            else
                hi = mid;
        }
        add(b, hi - 1, units[b->prec] - 1, tz);
        add(b, hi, 0, tz);
        edges++;
    }
    flush(b, tz);
    return edges;
}

static void five_zones(void **state)
{
    static const struct {
        const char *name;
        unsigned edges; /* at least so many changes of offset between 1900 and 2262 */
    } zones[] = {{"UTC", 0},
                 {"Asia/Shanghai", 15},
                 {"America/New_York", 500},
                 {"Asia/Kathmandu", 2},
                 {"Australia/Lord_Howe", 400}};
    struct batch *b = calloc(1, sizeof *b);
    (void)state;

    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        const struct td_tz *tz = td_tz_get(td_str_of(zones[z].name), NULL);

        assert_non_null(tz);
        setenv("TZ", zones[z].name, 1);
        tzset();
        for (b->prec = 0; b->prec < 3; b->prec++)
            assert_true(walk(b, tz) >= zones[z].edges);
    }
    print_message("instants compared: %llu\n", (unsigned long long)b->done);
    free(b);
}

/* One row a call, as SQLFetch without row sets and SQLGetData do, with a column of another
   precision in between: the day that the context keeps must not leak from one to the other. */
static void mixed_precisions(void **state)
{
    const struct td_tz *tz = td_tz_get(TD_STR("America/New_York"), NULL);
    struct td_kctx x;
    (void)state;

    setenv("TZ", "America/New_York", 1);
    tzset();
    td_kctx_init(&x, tz);
    for (int i = 0; i < 3000; i++) {
        struct td_build_col spec = {TD_T_TIMESTAMP, 0, 0, 0};
        struct td_build *build = td_build_new(&spec, 1, 1 << 16);
        int64_t sec = i % 2 ? 1699160000 + i * 7 : 1700 + i; // 1.7e12 is a count of all precisions
        time_t when = (time_t)sec;
        SQL_TIMESTAMP_STRUCT ts;
        struct td_block block;
        struct td_col col;
        struct tm tm;
        uint8_t *p;
        size_t n;

        td_build_int(build, 0, sec * units[i % 3]);
        td_build_end_row(build);
        assert_int_equal(td_build_finish(build, &p, &n, NULL), TD_OK);
        assert_int_equal(td_block_open(p, n, NULL, &col, 1, (uint8_t)(i % 3), &block, NULL), TD_OK);
        td_build_free(build);
        run(&col, SQL_C_TYPE_TIMESTAMP, &ts, sizeof ts, &x);
        localtime_r(&when, &tm);
        assert_int_equal(ts.day, tm.tm_mday);
        assert_int_equal(ts.hour, tm.tm_hour);
        assert_int_equal(ts.second, tm.tm_sec);
        assert_int_equal(ts.fraction, 0);
        td_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(five_zones),
                                       cmocka_unit_test(mixed_precisions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

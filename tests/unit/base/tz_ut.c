/*
 * tz_ut.c: zones against the C library's own reading of the same database and against known facts;
 * gaps and overlaps; names that must be refused. (tz_local_ut.c: the local zone and rules;
 * tz_file_ut.c: broken files.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/sync.h"
#include "base/tz.h"
#include "rng.h"

#define Y1900 INT64_C(-2208988800)
#define Y2262 INT64_C(9214646400)

static const struct td_tz *get(const char *name)
{
    struct td_err err = {.state = TD_ST_00000};
    const struct td_tz *tz = td_tz_get(td_str_of(name), &err);

    if (!tz) fail_msg("%s: %s", name, err.msg);
    assert_string_equal(td_tz_name(tz), name);
    return tz;
}

static int32_t libc_offset(int64_t utc)
{
    struct tm tm;
    time_t t = (time_t)utc;

    assert_non_null(localtime_r(&t, &tm));
    return (int32_t)tm.tm_gmtoff;
}

static void libc_zone(const char *name)
{
    char value[128];

    snprintf(value, sizeof(value), ":%s", name);
    setenv("TZ", value, 1);
    tzset();
}

static void check_at(const char *name, const struct td_tz *tz, int64_t utc)
{
    int64_t from, until;
    int32_t got = td_tz_offset(tz, utc, &from, &until), want = libc_offset(utc);

    if (got != want) fail_msg("%s at %lld: %d, libc %d", name, (long long)utc, got, want);
    if (utc < from || utc >= until)
        fail_msg("%s at %lld: outside its range %lld %lld", name, (long long)utc, (long long)from,
                 (long long)until);
}

/* Every range that td_tz_offset reports has one offset, at both ends and inside, as libc sees it. */
static void check_ranges(const char *name, const struct td_tz *tz, struct td_rng *rng)
{
    int64_t t = Y1900;

    while (t < Y2262) {
        int64_t from, until, f2, u2;
        int32_t offset = td_tz_offset(tz, t, &from, &until);
        uint64_t width;

        if (from < Y1900) from = Y1900;
        if (until > Y2262) until = Y2262;
        width = (uint64_t)(until - from);
        check_at(name, tz, from);
        check_at(name, tz, until - 1);
        check_at(name, tz, until);
        for (int i = 0; i < 4; i++) {
            int64_t inside = from + (int64_t)td_rng_below(rng, width);

            check_at(name, tz, inside);
            assert_int_equal(td_tz_offset(tz, inside, &f2, &u2), offset);
        }
        assert_true(until > t);
        t = until;
    }
}

static const char *const zones[] = {
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Europe/Dublin",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Europe/London",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "America/St_Johns",
    "America/Nuuk",
    "America/Caracas",
    "Antarctica/Troll",
    "Africa/Monrovia",
    "Etc/GMT-14",
    "Etc/GMT+12",
    "EST5EDT",
    "Asia/Calcutta",
};

static void test_against_libc(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        const struct td_tz *tz = get(zones[i]);

        libc_zone(zones[i]);
        check_ranges(zones[i], tz, &rng);
        /* And blindly, so that a transition which the reader does not know of is found. */
        for (int64_t t = Y1900; t < Y2262; t += 5 * 86400 + 12345)
            check_at(zones[i], tz, t);
    }
}

/* Every name of the database, with few samples each. */
static void test_all_names(void **state)
{
    struct td_rng rng = {td_rng_seed()};
    FILE *f = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    char line[256];
    int count = 0;

    (void)state;
    if (!f) skip();
    while (fgets(line, sizeof(line), f)) {
        char a[128], b[128];
        const char *name;
        const struct td_tz *tz;

        if (sscanf(line, "Z %127s", a) == 1)
            name = a;
        else if (sscanf(line, "L %127s %127s", a, b) == 2)
            name = b;
        else
            continue;
        if (strcmp(name, "Factory") == 0) continue;
        tz = get(name);
        libc_zone(name);
        for (int i = 0; i < 200; i++)
            check_at(name, tz, Y1900 + (int64_t)td_rng_below(&rng, (uint64_t)(Y2262 - Y1900)));
        count++;
    }
    fclose(f);
    assert_true(count > 400);
}

/* Facts that do not come from the same files by way of libc. */
static void test_facts(void **state)
{
    static const struct {
        const char *zone;
        int64_t utc;
        int32_t offset;
    } table[] = {
        {"UTC", 0, 0},
        {"Asia/Shanghai", 1700000000, 28800},
        {"Asia/Shanghai", -2208988800, 29143},    /* local mean time, 8:05:43 */
        {"Asia/Shanghai", 520000000, 32400},      /* summer of 1986 */
        {"America/New_York", 1710054000, -14400}, /* 2024-03-10 07:00 UTC: summer begins */
        {"America/New_York", 1710053999, -18000},
        {"America/New_York", 1730613600, -18000}, /* 2024-11-03 06:00 UTC */
        {"America/New_York", 1730613599, -14400},
        {"America/New_York", INT64_C(4100000000), -18000}, /* December 2099 */
        {"America/New_York", INT64_C(4087000000), -14400}, /* July 2099 */
        {"Asia/Kathmandu", 504901799, 19800},              /* +5:45 from 1986 on */
        {"Asia/Kathmandu", 504901800, 20700},
        {"Australia/Lord_Howe", 1704067200, 39600}, /* summer, only half an hour */
        {"Australia/Lord_Howe", 1719792000, 37800},
        {"America/Sao_Paulo", 1547856000, -7200}, /* the last summer, January 2019 */
        {"America/Sao_Paulo", 1737158400, -10800},
        {"Europe/Dublin", 1719792000, 3600},
        {"Europe/Dublin", 1704067200, 0},
        {"Africa/Casablanca", 1704067200, 3600},
        {"Africa/Casablanca", 1711929600, 0}, /* Ramadan 2024 */
        {"Pacific/Apia", 1325239199, -36000}, /* 2011-12-30 did not happen */
        {"Pacific/Apia", 1325239200, 50400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int64_t from, until;
        int32_t got = td_tz_offset(get(table[i].zone), table[i].utc, &from, &until);

        if (got != table[i].offset)
            fail_msg("%s at %lld: %d", table[i].zone, (long long)table[i].utc, got);
    }
}

static void check_local(const char *name, const struct td_tz *tz, int64_t local, int32_t o1,
                        int32_t o2)
{
    int64_t a = local - o1, b = local - o2, first = a < b ? a : b, last = a < b ? b : a, utc;
    bool first_ok = libc_offset(first) == local - first;
    bool last_ok = last != first && libc_offset(last) == local - last;
    enum td_tz_local_kind kind = td_tz_to_utc(tz, local, &utc);
    enum td_tz_local_kind want = first_ok && last_ok   ? TD_TZ_OVERLAP
                                 : first_ok || last_ok ? TD_TZ_ONE
                                                       : TD_TZ_GAP;

    if (kind != want) fail_msg("%s local %lld: kind %d", name, (long long)local, kind);
    if (want != TD_TZ_GAP && utc != (first_ok ? first : last))
        fail_msg("%s local %lld: %lld", name, (long long)local, (long long)utc);
}

/* Local times around every transition: what exists once, twice and not at all. */
static void test_gaps_overlaps(void **state)
{
    int gaps = 0, overlaps = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        const struct td_tz *tz = get(zones[i]);
        int64_t from, until, f2, t;
        int32_t before = td_tz_offset(tz, Y1900, &from, &until);

        libc_zone(zones[i]);
        while (until < INT64_C(4102444800)) {
            int32_t after = td_tz_offset(tz, until, &f2, &t);
            int32_t edge[] = {before, after};

            assert_int_equal(f2, until);
            for (int k = 0; k < 2; k++)
                for (int d = -1; d <= 1; d++)
                    check_local(zones[i], tz, until + edge[k] + d, before, after);
            check_local(zones[i], tz, until + (before + after) / 2, before, after);
            gaps += after > before;
            overlaps += after < before;
            before = after;
            until = t;
        }
    }
    assert_true(gaps > 500 && overlaps > 500);
}

static void test_known_gaps(void **state)
{
    static const struct {
        const char *zone;
        int64_t local;
        enum td_tz_local_kind kind;
        int64_t utc;
    } table[] = {
        {"America/New_York", 1710039600 - 1, TD_TZ_GAP, 0}, /* 2024-03-10 02:59:59 */
        {"America/New_York", 1710036000, TD_TZ_GAP, 0},     /* 02:00:00 */
        {"America/New_York", 1710035999, TD_TZ_ONE, 1710053999},
        {"America/New_York", 1710039600, TD_TZ_ONE, 1710054000},
        {"America/New_York", 1730595600, TD_TZ_OVERLAP,
         1730610000}, /* 2024-11-03 01:00 EDT first */
        {"America/New_York", 1730599199, TD_TZ_OVERLAP, 1730613599},
        {"America/New_York", 1730599200, TD_TZ_ONE, 1730617200},
        /* 2024-04-07: 02:00 daylight becomes 01:30 */
        {"Australia/Lord_Howe", 1712454300, TD_TZ_OVERLAP, 1712414700},
        {"Australia/Lord_Howe", 1712455200, TD_TZ_ONE, 1712417400},
        {"Pacific/Apia", 1325203200, TD_TZ_GAP, 0}, /* noon of the missing 2011-12-30 */
        {"UTC", INT64_MAX / 1000, TD_TZ_ONE, INT64_MAX / 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int64_t utc;
        enum td_tz_local_kind kind = td_tz_to_utc(get(table[i].zone), table[i].local, &utc);

        if (kind != table[i].kind || (kind != TD_TZ_GAP && utc != table[i].utc))
            fail_msg("row %zu: %d %lld", i, kind, (long long)utc);
    }
}

/* The ends of the epoch: no overflow (UBSan), and ranges that contain the time. */
static void test_extremes(void **state)
{
    static const int64_t at[] = {INT64_MIN, INT64_MIN / 1000, -1,
                                 0,         INT64_MAX / 1000, INT64_MAX - 1};

    (void)state;
    for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
        const struct td_tz *tz = get(zones[z]);

        for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
            int64_t from, until, utc;
            int32_t offset = td_tz_offset(tz, at[i], &from, &until);

            assert_true(from <= at[i] && at[i] < until && offset > -90000 && offset < 93600);
            td_tz_to_utc(tz, at[i], &utc);
        }
    }
}

static void test_cached(void **state)
{
    struct td_rng rng = {td_rng_seed()};
    struct td_tz_cache cache;
    const struct td_tz *tz = get("Europe/Berlin");
    int64_t from, until, t = 0;

    (void)state;
    td_tz_cache_init(&cache, tz);
    for (int i = 0; i < 100000; i++) {
        /* Small steps and jumps. */
        t = i % 7 ? t + (int64_t)td_rng_below(&rng, 864000) - 432000
                  : Y1900 + (int64_t)td_rng_below(&rng, (uint64_t)(Y2262 - Y1900));
        assert_int_equal(td_tz_cached(&cache, t), td_tz_offset(tz, t, &from, &until));
    }
}

static void test_bad_names(void **state)
{
    static const char *const names[] = {
        "",
        " ",
        "../etc/passwd",
        "../zoneinfo/UTC",
        "Europe/../Europe/Berlin",
        "./UTC",
        "/usr/share/zoneinfo/UTC",
        "/etc/localtime",
        "Europe//Berlin",
        "Europe/Berlin/",
        "Europe/",
        "Europe",
        "asia/shanghai",
        "ASIA/SHANGHAI",
        "utc",
        "CST",
        "CST-8",
        "UTC+8",
        "UTC-8",
        "+08:00",
        "GMT+8",
        "Etc/GMT+99",
        "Europe/Berlin ",
        " Europe/Berlin",
        ":Europe/Berlin",
        "Europe\\Berlin",
        "Europe/Berlin\n",
        "posixrules",
        "localtime",
        "Factory",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "tzdata.zi",
        "zone.tab",
        "zone1970.tab",
        "leapseconds",
        "+VERSION",
        "Mars/Olympus",
        "%s%n",
        "Europe/Berl\xC3\xADn",
    };
    struct td_err err;
    char longer[600];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        memset(&err, 0, sizeof(err));
        if (td_tz_get(td_str_of(names[i]), &err)) fail_msg("'%s' was accepted", names[i]);
        if (err.state != TD_ST_HY024) fail_msg("'%s': state %d", names[i], err.state);
        if (!strstr(err.msg, names[i])) fail_msg("'%s' is not in: %s", names[i], err.msg);
        assert_null(td_tz_get(td_str_of(names[i]), NULL));
    }
    memset(longer, 'a', sizeof(longer));
    assert_null(td_tz_get((struct td_str){longer, sizeof(longer)}, &err));
    assert_int_equal(err.state, TD_ST_HY024);
    /* A NUL inside does not shorten the name to a good one. */
    assert_null(td_tz_get((struct td_str){"UTC\0x", 5}, &err));
    assert_null(td_tz_get((struct td_str){"Europe/Berlin\0", 14}, &err));
}

static void test_cache_identity(void **state)
{
    uint64_t before;

    (void)state;
    assert_ptr_equal(get("Asia/Tokyo"), get("Asia/Tokyo"));
    assert_ptr_not_equal(get("Asia/Tokyo"), get("Asia/Seoul"));
    before = td_alloc_count();
    get("Asia/Tokyo");
    assert_int_equal(td_alloc_count(), before);
}

static void test_no_database(void **state)
{
    struct td_err err;

    (void)state;
    setenv("TZDIR", "/nonexistent", 1);
    assert_non_null(td_tz_get(TD_STR("UTC"), &err));
    assert_null(td_tz_get(TD_STR("America/Lima"), &err));
    assert_int_equal(err.state, TD_ST_HY024);
    unsetenv("TZDIR");
    get("America/Lima");
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct td_err err = {.state = TD_ST_00000};
        const struct td_tz *tz;

        td_alloc_fail_at(n, 0);
        tz = td_tz_get(TD_STR("America/Bogota"), &err);
        td_alloc_fail_at(0, 0);
        if (tz) {
            assert_true(n > 3); /* the names, the file, the zone */
            break;
        }
        assert_int_equal(err.state, TD_ST_HY001);
    }
}

static void *load_all(void *arg)
{
    const struct td_tz **got = arg;
    static const char *const names[] = {"Asia/Baku", "Asia/Dili", "Asia/Aden", "Asia/Oral"};

    for (int i = 0; i < 4; i++)
        got[i] = td_tz_get(td_str_of(names[i]), NULL);
    return NULL;
}

/* Threads that load the same zones at the same time get the same ones. */
static void test_threads(void **state)
{
    const struct td_tz *got[8][4] = {{NULL}};
    pthread_t threads[8];

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_all, got[i]), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 4; k++) {
            assert_non_null(got[i][k]);
            assert_ptr_equal(got[i][k], got[0][k]);
        }
}

int main(void)
{
    /* The first three need zones that nothing has loaded yet. */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_database),   cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_threads),       cmocka_unit_test(test_against_libc),
        cmocka_unit_test(test_all_names),     cmocka_unit_test(test_facts),
        cmocka_unit_test(test_gaps_overlaps), cmocka_unit_test(test_known_gaps),
        cmocka_unit_test(test_extremes),      cmocka_unit_test(test_cached),
        cmocka_unit_test(test_bad_names),     cmocka_unit_test(test_cache_identity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

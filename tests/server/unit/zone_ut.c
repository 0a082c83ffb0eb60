/* zone_ut.c: sql_zone.c against libc for many zones and instants, and at the edges that libc
   leaves open. */
#include "sql_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"UTC",
                                    "Asia/Shanghai",
                                    "America/New_York",
                                    "Asia/Kathmandu",
                                    "Australia/Lord_Howe",
                                    "Europe/Berlin",
                                    "Europe/Dublin",
                                    "Africa/Casablanca",
                                    "America/Sao_Paulo",
                                    "Pacific/Apia",
                                    "Antarctica/Troll",
                                    "UTC+8"};

static void as_libc(void **state)
{
    int checked = 0;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t t = -5000000000; t < 17000000000; t += 1000003) {
            struct tm a, b;
            time_t secs = (time_t)t;
            localtime_r(&secs, &a);
            tl_zone_local(names[i], t, &b);
            if (a.tm_year != b.tm_year || a.tm_yday != b.tm_yday || a.tm_mon != b.tm_mon ||
                a.tm_mday != b.tm_mday || a.tm_hour != b.tm_hour || a.tm_min != b.tm_min ||
                a.tm_sec != b.tm_sec || a.tm_wday != b.tm_wday || a.tm_gmtoff != b.tm_gmtoff ||
                strcmp(a.tm_zone, b.tm_zone) != 0) {
                fail_msg("%s %lld: %d-%d %d:%d %s, libc %d-%d %d:%d %s", names[i], (long long)t,
                         b.tm_year, b.tm_yday, b.tm_hour, b.tm_min, b.tm_zone, a.tm_year, a.tm_yday,
                         a.tm_hour, a.tm_min, a.tm_zone);
            }
            int64_t back = tl_zone_utc(names[i], &b);
            struct tm c;
            tl_zone_local(names[i], back, &c);
            assert_true(back <= t && c.tm_hour == b.tm_hour && c.tm_min == b.tm_min &&
                        c.tm_mday == b.tm_mday);
            checked++;
        }
    }
    printf("%d instants in %zu zones\n", checked, sizeof names / sizeof names[0]);
    unsetenv("TZ");
}

static int64_t utc(const char *tz, int y, int m, int d, int h, int min)
{
    struct tm tm = {
        .tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d, .tm_hour = h, .tm_min = min};
    return tl_zone_utc(tz, &tm);
}

static void edges(void **state)
{
    (void)state;
    /* New York: 2024-03-10 02:30 does not exist, 2024-11-03 01:30 is there twice. */
    assert_int_equal(utc("America/New_York", 2024, 3, 10, 2, 30), 1710055800);
    assert_int_equal(utc("America/New_York", 2024, 11, 3, 1, 30), 1730611800);
    assert_int_equal(utc("America/New_York", 2240, 7, 1, 0, 0), utc("UTC", 2240, 7, 1, 4, 0));
    assert_int_equal(utc("UTC+8", 2024, 1, 1, 0, 0), utc("UTC", 2024, 1, 1, 8, 0));
    assert_int_equal(utc("asia/shanghai", 2024, 1, 1, 0, 0), 1704067200);
    assert_int_equal(utc("../../etc/passwd", 2024, 1, 1, 0, 0), 1704067200);
    assert_int_equal(utc("Mars/Base", 1900, 1, 1, 0, 0), -2208988800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_libc), cmocka_unit_test(edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * tz_local_ut.c: which zone is the local one, for every form of TZ and every shape of /etc that
 * installers leave behind; POSIX rules against libc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/tz.h"
#include "rng.h"

#define ZONEINFO "/usr/share/zoneinfo/"

static void test_env(void **state)
{
    static const struct {
        const char *tz;
        const char *name;
        int32_t offset; /* at 2024-07-01 */
    } table[] = {
        {"Europe/Berlin", "Europe/Berlin", 7200},
        {":Europe/Berlin", "Europe/Berlin", 7200},
        {":" ZONEINFO "Europe/Berlin", "Europe/Berlin", 7200},
        {ZONEINFO "Asia/Shanghai", "Asia/Shanghai", 28800},
        {ZONEINFO "posix/Asia/Shanghai", "Asia/Shanghai", 28800},
        {"UTC", "UTC", 0},
        {"", "UTC", 0},
        {":", "UTC", 0},
        {"UTC0", "UTC", 0},
        {"EST5EDT", "EST5EDT", -14400}, /* a name of the database before it is a rule */
        {"CST-8", "", 28800},
        {":CST-8", "", 28800},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "", 7200},
        {"<+0545>-5:45", "", 20700},
        {"AAA-23:59:59", "", 86399},
        /* Neither name nor rule: as if TZ were not set. */
        {"Mars/Olympus", "Asia/Tokyo", 32400},
        {"CST", "Asia/Tokyo", 32400},
        {"UTC+", "Asia/Tokyo", 32400},
        {"CST-8x", "Asia/Tokyo", 32400},
        {"../../etc/passwd", "Asia/Tokyo", 32400},
        {"/etc/passwd", "Asia/Tokyo", 32400},
        {NULL, "Asia/Tokyo", 32400},
    };
    char dir[] = "/tmp/td_tz_env_XXXXXX", path[64];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/localtime", dir);
    assert_int_equal(symlink(ZONEINFO "Asia/Tokyo", path), 0);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct td_tz *tz = td_tz_local_at(table[i].tz, dir);
        const char *tz_text = table[i].tz ? table[i].tz : "(not set)";
        int64_t from, until;

        assert_non_null(tz);
        if (strcmp(td_tz_name(tz), table[i].name) != 0) fail_msg("%s: %s", tz_text, td_tz_name(tz));
        if (td_tz_offset(tz, 1719792000, &from, &until) != table[i].offset)
            fail_msg("%s: offset", tz_text);
        assert_ptr_equal(td_tz_local_at(table[i].tz, dir), tz);
    }
    unlink(path);
    rmdir(dir);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    int c;

    assert_true(in && out);
    while ((c = getc(in)) != EOF)
        putc(c, out);
    fclose(in);
    fclose(out);
}

static void test_etc(void **state)
{
    static const struct {
        const char *link;     /* target of localtime */
        const char *copy;     /* or the file that localtime is a copy of */
        const char *timezone; /* text of the file timezone */
        const char *name;
        int32_t offset;
    } table[] = {
        {ZONEINFO "Asia/Shanghai", NULL, NULL, "Asia/Shanghai", 28800},
        {"../usr/share/zoneinfo/Asia/Shanghai", NULL, NULL, "Asia/Shanghai", 28800},
        {ZONEINFO "Asia/Calcutta", NULL, NULL, "Asia/Calcutta", 19800}, /* the old name stays */
        {ZONEINFO "posix/Europe/Paris", NULL, NULL, "Europe/Paris", 7200},
        {ZONEINFO "Asia/Shanghai", NULL, "Europe/Berlin\n", "Asia/Shanghai", 28800},
        {"second", NULL, NULL, "Europe/Madrid", 7200}, /* a link to a link */
        {NULL, ZONEINFO "Asia/Tokyo", "Asia/Tokyo\n", "Asia/Tokyo", 32400},
        {NULL, ZONEINFO "Asia/Tokyo", "  Asia/Tokyo # set by hand\n", "Asia/Tokyo", 32400},
        {NULL, ZONEINFO "Asia/Tokyo", NULL, "", 32400},
        {NULL, ZONEINFO "Asia/Tokyo", "nonsense\n", "", 32400},
        {NULL, NULL, "Europe/Berlin", "Europe/Berlin", 7200},
        {NULL, NULL, "nonsense", "UTC", 0},
        {NULL, NULL, "", "UTC", 0},
        {NULL, NULL, NULL, "UTC", 0},
        {"/nonexistent", NULL, "Europe/Berlin", "Europe/Berlin", 7200},
        {"/etc/passwd", NULL, NULL, "UTC", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char dir[] = "/tmp/td_tz_etc_XXXXXX", local[64], second[64], timezone_file[64];
        const struct td_tz *tz;
        int64_t from, until;

        assert_non_null(mkdtemp(dir));
        snprintf(local, sizeof(local), "%s/localtime", dir);
        snprintf(second, sizeof(second), "%s/second", dir);
        snprintf(timezone_file, sizeof(timezone_file), "%s/timezone", dir);
        assert_int_equal(symlink(ZONEINFO "Europe/Madrid", second), 0);
        if (table[i].link) assert_int_equal(symlink(table[i].link, local), 0);
        if (table[i].copy) copy_file(table[i].copy, local);
        if (table[i].timezone) write_file(timezone_file, table[i].timezone);
        tz = td_tz_local_at(NULL, dir);
        assert_non_null(tz);
        if (strcmp(td_tz_name(tz), table[i].name) != 0 ||
            td_tz_offset(tz, 1719792000, &from, &until) != table[i].offset)
            fail_msg("row %zu: '%s'", i, td_tz_name(tz));
        unlink(local);
        unlink(second);
        unlink(timezone_file);
        rmdir(dir);
    }
}

/* The real one: whatever this machine has, it agrees with libc. */
static void test_real(void **state)
{
    const struct td_tz *tz;

    (void)state;
    unsetenv("TZ");
    tzset();
    tz = td_tz_local();
    assert_non_null(tz);
    for (time_t t = 0; t < 2000000000; t += 12345678) {
        int64_t from, until;
        struct tm tm;

        localtime_r(&t, &tm);
        assert_int_equal(td_tz_offset(tz, t, &from, &until), tm.tm_gmtoff);
    }
    setenv("TZ", "CST-8", 1);
    assert_string_equal(td_tz_name(td_tz_local()), "");
    unsetenv("TZ");
}

/* Rules of every form, 1971 to 2150, at both ends of every range, as libc applies them (glibc does not
   work out changes before 1970). */
static void test_rules(void **state)
{
    static const char *const rules[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "XST5XDT,M3.2.0,M11.1.0",
        "XST5XDT4,M3.2.0/2:00:00,M11.1.0/2",
        "NZST-12NZDT,M9.5.0,M4.1.0/3",
        "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "EET-2EEST,M3.4.4/50,M10.4.4/50",
        "LHST-10:30LHDT-11,M10.1.0,M4.1.0",
        "AAA-5BBB,J60/0,J300",
        "AAA-5BBB,J59/0,J300",
        "AAA-5BBB,59,300/5",
        "AAA5BBB,J2/0,J363/1",
        "AAA8BBB7,1/0,362/23",
        "GMT0IST,M3.5.0/1,M10.5.0",
    };
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct td_tz *tz = td_tz_local_at(rules[i], "/nonexistent");
        int64_t t = 31536000, from, until;

        assert_string_equal(td_tz_name(tz), "");
        setenv("TZ", rules[i], 1);
        tzset();
        while (t < INT64_C(5680281600)) {
            int32_t offset = td_tz_offset(tz, t, &from, &until);
            int64_t at[] = {t, until - 1, t + (int64_t)td_rng_below(&rng, (uint64_t)(until - t))};

            assert_true(from <= t && until > t);
            for (int k = 0; k < 3; k++) {
                time_t when = (time_t)at[k];
                struct tm tm;

                localtime_r(&when, &tm);
                if (tm.tm_gmtoff != offset)
                    fail_msg("%s at %lld: %d, libc %ld", rules[i], (long long)when, offset,
                             tm.tm_gmtoff);
            }
            t = until;
        }
    }
    unsetenv("TZ");
}

/* RFC 8536 section 3.3.1: daylight time all year round, with ends that meet the next beginning. */
static void test_permanent_dst(void **state)
{
    const struct td_tz *tz = td_tz_local_at("XXX3EDT4,0/0,J365/23", "/nonexistent");

    (void)state;
    assert_string_equal(td_tz_name(tz), "");
    for (int64_t t = 1700000000; t < 1800000000; t += 1800) {
        int64_t from, until;

        assert_int_equal(td_tz_offset(tz, t, &from, &until), -14400);
    }
}

/* A change on New Year's Eve by local time lies in another year by UTC (here glibc itself is wrong). */
static void test_year_border(void **state)
{
    static const struct {
        int64_t utc;
        int32_t offset;
    } table[] = {
        {1704092400 - 7200, -25200}, /* 2023-12-31 22:00 daylight time */
        {1704092400 - 3601, -25200}, /* 22:59:59 */
        {1704092400 - 3600, -28800}, /* 23:00 becomes 22:00 */
        {1704096000 - 1, -28800},    /* 23:59:59 standard time */
        {1704096000, -25200},        /* midnight becomes 01:00 */
    };
    const struct td_tz *tz = td_tz_local_at("AAA8BBB7,0/0,364/23", "/nonexistent");

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int64_t from, until;

        if (td_tz_offset(tz, table[i].utc, &from, &until) != table[i].offset)
            fail_msg("row %zu", i);
    }
}

/* Changes that their hours push out of their own year, found by fuzz_num: two in every year all the
   same, and none gets lost. */
static void test_far_hours(void **state)
{
    static const char *const rules[] = {
        "AAA-2BBB-7,0/-7,0/-7",     "AAA-2BBB,0/-167,200",     "AAA-2BBB,100,365/167",
        "AAA2BBB,J1/-167,J365/167", "AAA-2BBB,365/167,0/-167",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct td_tz *tz = td_tz_local_at(rules[i], "/nonexistent");
        int64_t t = 0, from, until, back, u2;
        int changes = 0;

        assert_string_equal(td_tz_name(tz), "");
        for (; t < INT64_C(3155760000); t = until, changes++) {
            int32_t offset = td_tz_offset(tz, t, &from, &until);

            if (until - t > 400 * 86400)
                fail_msg("%s at %lld: a year is missing", rules[i], (long long)t);
            assert_int_equal(td_tz_offset(tz, until - 1, &back, &u2), offset);
            if (back != from || u2 != until)
                fail_msg("%s at %lld: two ranges", rules[i], (long long)t);
        }
        assert_in_range(changes, 198, 202);
    }
}

static void test_bad_rules(void **state)
{
    static const char *const rules[] = {
        "A-8",
        "AB-8",
        "CST",
        "CST-25",
        "CST-8:60",
        "CST-8:00:60",
        "CST-",
        "<CST-8",
        "<C_T>-8",
        "CST-8CDT,",
        "CST-8CDT,M3",
        "CST-8CDT,M3.2",
        "CST-8CDT,M3.2.0",
        "CST-8CDT,M13.2.0,M11.1.0",
        "CST-8CDT,M0.2.0,M11.1.0",
        "CST-8CDT,M3.0.0,M11.1.0",
        "CST-8CDT,M3.6.0,M11.1.0",
        "CST-8CDT,M3.2.7,M11.1.0",
        "CST-8CDT,J0,J300",
        "CST-8CDT,J366,J300",
        "CST-8CDT,366,300",
        "CST-8CDT,M3.2.0/168,M11.1.0",
        "CST-8CDT,M3.2.0,M11.1.0,",
        "CST-8CDT,M3.2.0,M11.1.0 ",
        "CST-8,M3.2.0,M11.1.0",
        "C\xC3\xA9ST-8",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (strcmp(td_tz_name(td_tz_local_at(rules[i], "/nonexistent")), "UTC") != 0)
            fail_msg("'%s' was accepted", rules[i]);
}

/* Out of memory is NULL, never another zone. */
static void test_out_of_memory(void **state)
{
    static const char *const values[] = {"Asia/Manila", "MAN-8", NULL};
    char dir[] = "/tmp/td_tz_oom_XXXXXX", local[64], file[64];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(local, sizeof(local), "%s/localtime", dir);
    snprintf(file, sizeof(file), "%s/timezone", dir);
    copy_file(ZONEINFO "Asia/Seoul", local);
    write_file(file, "Asia/Seoul\n");
    for (int i = 0; i < 3; i++) {
        uint64_t n;

        for (n = 1;; n++) {
            const struct td_tz *tz;

            td_alloc_fail_at(n, 0);
            tz = td_tz_local_at(values[i], dir);
            td_alloc_fail_at(0, 0);
            if (!tz) continue;
            assert_string_equal(td_tz_name(tz), i == 0   ? "Asia/Manila"
                                                : i == 1 ? ""
                                                         : "Asia/Seoul");
            break;
        }
        assert_true(n > 1);
    }
    unlink(local);
    unlink(file);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_env),
        cmocka_unit_test(test_etc),           cmocka_unit_test(test_real),
        cmocka_unit_test(test_rules),         cmocka_unit_test(test_permanent_dst),
        cmocka_unit_test(test_year_border),   cmocka_unit_test(test_bad_rules),
        cmocka_unit_test(test_far_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

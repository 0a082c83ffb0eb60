/*
 * civil_ut.c: the calendar day by day against a plain count, epoch values around every border, and
 * the texts of dates and times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/civil.h"
#include "rng.h"

/* 1600-01-01 to 2500-12-31 by counting days, months and years. */
static void test_every_day(void **state)
{
    int64_t day = -135140; /* 1600-01-01: 370 years, of them 90 leap years, before 1970 */

    (void)state;
    for (int64_t y = 1600; y <= 2500; y++) {
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

        for (uint32_t m = 1; m <= 12; m++) {
            uint32_t days = m == 2                                  ? (leap ? 29 : 28)
                            : m == 4 || m == 6 || m == 9 || m == 11 ? 30
                                                                    : 31;

            assert_int_equal(td_days_in_month(y, m), days);
            for (uint32_t d = 1; d <= days; d++, day++) {
                int64_t gy;
                uint32_t gm, gd;

                td_civil_from_days(day, &gy, &gm, &gd);
                if (td_days_from_civil(y, m, d) != day || gy != y || gm != m || gd != d)
                    fail_msg("%d-%u-%u, day %d", (int)y, m, d, (int)day);
            }
        }
    }
    assert_int_equal(td_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(td_days_from_civil(2000, 3, 1), 11017);
    assert_int_equal(td_days_from_civil(-1, 12, 31), td_days_from_civil(0, 1, 1) - 1);
}

static void test_far_years(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int64_t sec = (int64_t)td_rng_any(&rng) / 1000;
        struct td_civil c;

        if (i & 1) sec = -sec;
        td_sec_to_civil(sec, 5, &c);
        if (!td_civil_valid(&c) || c.nanos != 5 || td_civil_to_sec(&c) != sec)
            fail_msg("%lld", (long long)sec);
    }
}

static void test_valid(void **state)
{
    static const struct {
        struct td_civil c;
        bool ok;
    } table[] = {
        {{2024, 2, 29, 23, 59, 59, 999999999}, true},
        {{2023, 2, 29, 0, 0, 0, 0}, false},
        {{1900, 2, 29, 0, 0, 0, 0}, false},
        {{2000, 2, 29, 0, 0, 0, 0}, true},
        {{2024, 0, 1, 0, 0, 0, 0}, false},
        {{2024, 13, 1, 0, 0, 0, 0}, false},
        {{2024, 1, 0, 0, 0, 0, 0}, false},
        {{2024, 1, 32, 0, 0, 0, 0}, false},
        {{2024, 4, 31, 0, 0, 0, 0}, false},
        {{2024, 1, 1, 24, 0, 0, 0}, false},
        {{2024, 1, 1, 0, 60, 0, 0}, false},
        {{2024, 1, 1, 0, 0, 60, 0}, false},
        {{2024, 1, 1, 0, 0, 0, 1000000000}, false},
        {{-4, 2, 29, 0, 0, 0, 0}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (td_civil_valid(&table[i].c) != table[i].ok) fail_msg("row %zu", i);
}

static void test_split(void **state)
{
    static const struct {
        int64_t v;
        int prec;
        int64_t sec;
        uint32_t nanos;
    } table[] = {
        {0, 0, 0, 0},
        {1, 0, 0, 1000000},
        {-1, 0, -1, 999000000},
        {-1000, 0, -1, 0},
        {-1001, 0, -2, 999000000},
        {1, 1, 0, 1000},
        {-1, 1, -1, 999999000},
        {-1000000, 1, -1, 0},
        {1, 2, 0, 1},
        {-1, 2, -1, 999999999},
        {-999999999, 2, -1, 1},
        {-1000000000, 2, -1, 0},
        {-1000000001, 2, -2, 999999999},
        {INT64_MAX, 0, INT64_C(9223372036854775), 807000000},
        {INT64_MIN, 0, INT64_C(-9223372036854776), 192000000},
        {INT64_MAX, 1, INT64_C(9223372036854), 775807000},
        {INT64_MIN, 1, INT64_C(-9223372036855), 224192000},
        {INT64_MAX, 2, INT64_C(9223372036), 854775807},
        {INT64_MIN, 2, INT64_C(-9223372037), 145224192},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int64_t sec, v;
        uint32_t nanos;
        bool lost;

        td_epoch_split(table[i].v, table[i].prec, &sec, &nanos);
        if (sec != table[i].sec || nanos != table[i].nanos) fail_msg("split, row %zu", i);
        if (!td_epoch_join(sec, nanos, table[i].prec, &v, &lost) || v != table[i].v || lost)
            fail_msg("join, row %zu", i);
    }
    assert_int_equal(td_prec_units(0), 1000);
    assert_int_equal(td_prec_units(1), 1000000);
    assert_int_equal(td_prec_units(2), 1000000000);
    assert_int_equal(td_prec_digits(0), 3);
    assert_int_equal(td_prec_digits(1), 6);
    assert_int_equal(td_prec_digits(2), 9);
}

static void test_join(void **state)
{
    static const struct {
        int64_t sec;
        uint32_t nanos;
        int prec;
        bool ok;
        int64_t v;
        bool lost;
    } table[] = {
        {0, 1, 2, true, 1, false},
        {0, 1, 1, false, 0, true},
        {0, 1999, 1, false, 1, true},
        {0, 999999, 0, false, 0, true},
        {-1, 999999999, 0, false, -1, true}, /* 1 ns before 1970, cut down */
        {-1, 999999999, 1, false, -1, true},
        {-1, 1, 0, false, -1000, true},
        {5, 123000000, 0, true, 5123, false},
        {INT64_C(9223372036), 854775807, 2, true, INT64_MAX, false},
        {INT64_C(9223372036), 854775808, 2, false, 0, false},
        {INT64_C(9223372037), 0, 2, false, 0, false},
        {INT64_C(-9223372037), 145224192, 2, true, INT64_MIN, false},
        {INT64_C(-9223372037), 145224191, 2, false, 0, false},
        {INT64_C(-9223372037), 0, 2, false, 0, false},
        {INT64_C(-9223372038), 999999999, 2, false, 0, false},
        {INT64_MAX, 0, 0, false, 0, false},
        {INT64_MIN, 0, 0, false, 0, false},
        {INT64_MIN, 999999999, 2, false, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int64_t v = 77;
        bool lost = true, ok;

        ok = td_epoch_join(table[i].sec, table[i].nanos, table[i].prec, &v, &lost);
        if (ok != table[i].ok || v != table[i].v || lost != table[i].lost)
            fail_msg("row %zu: %d %lld %d", i, ok, (long long)v, lost);
    }
}

static void test_write(void **state)
{
    static const struct {
        struct td_civil c;
        int digits;
        const char *ts;
    } table[] = {
        {{2024, 2, 29, 1, 2, 3, 4}, 9, "2024-02-29 01:02:03.000000004"},
        {{2024, 2, 29, 1, 2, 3, 456789123}, 6, "2024-02-29 01:02:03.456789"},
        {{2024, 2, 29, 1, 2, 3, 456789123}, 3, "2024-02-29 01:02:03.456"},
        {{2024, 2, 29, 1, 2, 3, 456789123}, 1, "2024-02-29 01:02:03.4"},
        {{2024, 2, 29, 23, 59, 59, 999999999}, 0, "2024-02-29 23:59:59"},
        {{1, 1, 1, 0, 0, 0, 0}, 3, "0001-01-01 00:00:00.000"},
        {{0, 12, 31, 0, 0, 0, 0}, 0, "0000-12-31 00:00:00"},
        {{-1, 12, 31, 0, 0, 0, 0}, 0, "-0001-12-31 00:00:00"},
        {{12345, 1, 2, 0, 0, 0, 0}, 0, "12345-01-02 00:00:00"},
        {{-292275055, 5, 16, 16, 47, 4, 192000000}, 9, "-292275055-05-16 16:47:04.192000000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char out[48], date[48], time[48];
        size_t n = td_civil_ts_text(&table[i].c, table[i].digits, out);
        size_t d = td_civil_date_text(&table[i].c, date);
        size_t t = td_civil_time_text(&table[i].c, table[i].digits, time);

        assert_string_equal(out, table[i].ts);
        assert_int_equal(n, strlen(table[i].ts));
        assert_int_equal(d, strlen(date));
        assert_int_equal(t, strlen(time));
        assert_memory_equal(date, table[i].ts, d);
        assert_string_equal(time, table[i].ts + d + 1);
    }
}

#define OK  TD_TP_OK
#define FMT TD_TP_FORMAT
#define RNG TD_TP_RANGE

static void test_read(void **state)
{
    static const struct {
        const char *text;
        enum td_time_parse rc;
        enum td_time_kind kind;
        struct td_civil c;
        bool has_offset;
        int32_t offset;
    } table[] = {
        {"2024-02-29", OK, TD_TIME_DATE, {2024, 2, 29, 0, 0, 0, 0}, false, 0},
        {" \t2024-02-29\n ", OK, TD_TIME_DATE, {2024, 2, 29, 0, 0, 0, 0}, false, 0},
        {"0001-01-01", OK, TD_TIME_DATE, {1, 1, 1, 0, 0, 0, 0}, false, 0},
        {"-0001-01-01", OK, TD_TIME_DATE, {-1, 1, 1, 0, 0, 0, 0}, false, 0},
        {"12345-01-01", OK, TD_TIME_DATE, {12345, 1, 1, 0, 0, 0, 0}, false, 0},
        {"23:59:59", OK, TD_TIME_TIME, {0, 0, 0, 23, 59, 59, 0}, false, 0},
        {"00:00:00.5", OK, TD_TIME_TIME, {0, 0, 0, 0, 0, 0, 500000000}, false, 0},
        {"2024-02-29 01:02:03", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, false, 0},
        {"2024-02-29T01:02:03", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, false, 0},
        {"2024-02-29 01:02:03.", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, false, 0},
        {"2024-02-29 01:02:03.1", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 100000000}, false, 0},
        {"2024-02-29 01:02:03.123456789",
         OK,
         TD_TIME_TS,
         {2024, 2, 29, 1, 2, 3, 123456789},
         false,
         0},
        {"2024-02-29 01:02:03.123456789000",
         OK,
         TD_TIME_TS,
         {2024, 2, 29, 1, 2, 3, 123456789},
         false,
         0},
        {"2024-02-29T01:02:03Z", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, true, 0},
        {"2024-02-29t01:02:03z", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, true, 0},
        {"2024-02-29T01:02:03.5+08:00",
         OK,
         TD_TIME_TS,
         {2024, 2, 29, 1, 2, 3, 500000000},
         true,
         28800},
        {"2024-02-29 01:02:03 +08:00", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, true, 28800},
        {"2024-02-29T01:02:03-0530", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, true, -19800},
        {"2024-02-29T01:02:03+08", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, true, 28800},
        {"2024-02-29T01:02:03-00:00", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, true, 0},
        {"2024-02-29T01:02:03+18:00", OK, TD_TIME_TS, {2024, 2, 29, 1, 2, 3, 0}, true, 64800},
        {"{d '2024-02-29'}", OK, TD_TIME_DATE, {2024, 2, 29, 0, 0, 0, 0}, false, 0},
        {" { D'2024-02-29' } ", OK, TD_TIME_DATE, {2024, 2, 29, 0, 0, 0, 0}, false, 0},
        {"{t '01:02:03'}", OK, TD_TIME_TIME, {0, 0, 0, 1, 2, 3, 0}, false, 0},
        {"{ts '2024-02-29 01:02:03.5'}",
         OK,
         TD_TIME_TS,
         {2024, 2, 29, 1, 2, 3, 500000000},
         false,
         0},

        {"", FMT, 0, {0}, false, 0},
        {"   ", FMT, 0, {0}, false, 0},
        {"now", FMT, 0, {0}, false, 0},
        {"2024", FMT, 0, {0}, false, 0},
        {"2024-2-29", FMT, 0, {0}, false, 0},
        {"24-02-29", FMT, 0, {0}, false, 0},
        {"2024/02/29", FMT, 0, {0}, false, 0},
        {"2024-02-29x", FMT, 0, {0}, false, 0},
        {"2024-02-29 ", OK, TD_TIME_DATE, {2024, 2, 29, 0, 0, 0, 0}, false, 0},
        {"2024-02-29  01:02:03", FMT, 0, {0}, false, 0},
        {"2024-02-29 01:02", FMT, 0, {0}, false, 0},
        {"2024-02-29 1:02:03", FMT, 0, {0}, false, 0},
        {"2024-02-29 01:02:03,5", FMT, 0, {0}, false, 0},
        {"2024-02-29 01:02:03.5.5", FMT, 0, {0}, false, 0},
        {"2024-02-29 01:02:03.-5", FMT, 0, {0}, false, 0},
        {"2024-02-29T01:02:03+", FMT, 0, {0}, false, 0},
        {"2024-02-29T01:02:03+8", FMT, 0, {0}, false, 0},
        {"2024-02-29T01:02:03+08:", FMT, 0, {0}, false, 0},
        {"2024-02-29T01:02:03+08:0", FMT, 0, {0}, false, 0},
        {"2024-02-29T01:02:03+08:00x", FMT, 0, {0}, false, 0},
        {"2024-02-29T01:02:03ZZ", FMT, 0, {0}, false, 0},
        {"2024-02-29Z", FMT, 0, {0}, false, 0},
        {"01:02:03Z", FMT, 0, {0}, false, 0},
        {"+2024-02-29", FMT, 0, {0}, false, 0},
        {"1234567890-01-01", FMT, 0, {0}, false, 0},
        {"20240229", FMT, 0, {0}, false, 0},
        {"1709164800", FMT, 0, {0}, false, 0},
        {"{d '2024-02-29 01:02:03'}", FMT, 0, {0}, false, 0},
        {"{t '2024-02-29'}", FMT, 0, {0}, false, 0},
        {"{ts '01:02:03'}", FMT, 0, {0}, false, 0},
        {"{x '01:02:03'}", FMT, 0, {0}, false, 0},
        {"{ts 2024-02-29 01:02:03}", FMT, 0, {0}, false, 0},
        {"{ts '2024-02-29 01:02:03'", FMT, 0, {0}, false, 0},
        {"{ts '2024-02-29 01:02:03}", FMT, 0, {0}, false, 0},
        {"{", FMT, 0, {0}, false, 0},
        {"{}", FMT, 0, {0}, false, 0},
        {"{d}", FMT, 0, {0}, false, 0},
        {"{d'}", FMT, 0, {0}, false, 0},
        {"{d ''}", FMT, 0, {0}, false, 0},

        {"2024-13-01", RNG, 0, {0}, false, 0},
        {"2024-00-01", RNG, 0, {0}, false, 0},
        {"2024-01-00", RNG, 0, {0}, false, 0},
        {"2023-02-29", RNG, 0, {0}, false, 0},
        {"2024-02-30 00:00:00", RNG, 0, {0}, false, 0},
        {"24:00:00", RNG, 0, {0}, false, 0},
        {"23:60:00", RNG, 0, {0}, false, 0},
        {"23:59:60", RNG, 0, {0}, false, 0},
        {"2024-02-29 24:00:00", RNG, 0, {0}, false, 0},
        {"2024-02-29 01:02:60", RNG, 0, {0}, false, 0},
        {"2024-02-29 01:02:03.1234567891", RNG, 0, {0}, false, 0},
        {"01:02:03.0000000001", RNG, 0, {0}, false, 0},
        {"2024-02-29T01:02:03+18:01", RNG, 0, {0}, false, 0},
        {"2024-02-29T01:02:03+08:60", RNG, 0, {0}, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct td_time_text got;
        /* In a block of its own, so that reading past the end is seen. */
        size_t n = strlen(table[i].text);
        char *copy = malloc(n ? n : 1);
        enum td_time_parse rc;

        assert_non_null(copy);
        memcpy(copy, table[i].text, n);
        rc = td_time_read((struct td_str){copy, n}, &got);
        free(copy);
        if (rc != table[i].rc) fail_msg("'%s': %d", table[i].text, rc);
        if (rc != OK) continue;
        if (got.kind != table[i].kind || memcmp(&got.c, &table[i].c, sizeof(got.c)) != 0 ||
            got.has_offset != table[i].has_offset || got.offset_sec != table[i].offset)
            fail_msg("'%s': kind %d nanos %u offset %d", table[i].text, got.kind, got.c.nanos,
                     got.offset_sec);
    }
}

/* What is written is read back to the same fields. */
static void test_round_trip(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct td_civil c;
        struct td_time_text got;
        char out[48];
        int64_t sec, v = (int64_t)td_rng_next(&rng);
        uint32_t nanos;
        int prec = i % 3;

        td_epoch_split(v, prec, &sec, &nanos);
        td_sec_to_civil(sec, nanos, &c);
        if (td_time_read((struct td_str){out, td_civil_ts_text(&c, td_prec_digits(prec), out)},
                         &got) != TD_TP_OK ||
            memcmp(&got.c, &c, sizeof(c)) != 0)
            fail_msg("%lld: %s", (long long)v, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day), cmocka_unit_test(test_far_years),
        cmocka_unit_test(test_valid),     cmocka_unit_test(test_split),
        cmocka_unit_test(test_join),      cmocka_unit_test(test_write),
        cmocka_unit_test(test_read),      cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

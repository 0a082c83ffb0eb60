/*
 * num_read_ut.c: text to numbers: the grammar and the limits by table, floating point against
 * strtod and strtof, above all near the middle between two numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "rng.h"

#define OK  TD_NP_OK
#define FMT TD_NP_FORMAT
#define RNG TD_NP_RANGE
#define CUT TD_NP_FRACTION

static void test_integers(void **state)
{
    static const struct {
        const char *text;
        enum td_num_parse irc;
        int64_t i;
        enum td_num_parse urc;
        uint64_t u;
    } table[] = {
        {"0", OK, 0, OK, 0},
        {"-0", OK, 0, OK, 0},
        {"+0", OK, 0, OK, 0},
        {"000", OK, 0, OK, 0},
        {"7", OK, 7, OK, 7},
        {"+7", OK, 7, OK, 7},
        {"-7", OK, -7, RNG, 0},
        {" \t7\n ", OK, 7, OK, 7},
        {"007", OK, 7, OK, 7},
        {"7.", OK, 7, OK, 7},
        {"7.0", OK, 7, OK, 7},
        {"7.000000000000000000000000000000", OK, 7, OK, 7},
        {"7.5", CUT, 7, CUT, 7},
        {"-7.5", CUT, -7, RNG, 0},
        {".5", CUT, 0, CUT, 0},
        {"-.5", CUT, 0, CUT, 0},
        {".0", OK, 0, OK, 0},
        {"0.0000000000000000000000000000001", CUT, 0, CUT, 0},
        {"1e2", OK, 100, OK, 100},
        {"1E+2", OK, 100, OK, 100},
        {"1.5e1", OK, 15, OK, 15},
        {"1.25e1", CUT, 12, CUT, 12},
        {"100e-2", OK, 1, OK, 1},
        {"150e-2", CUT, 1, CUT, 1},
        {"1e-1", CUT, 0, CUT, 0},
        {"0.000012e6", OK, 12, OK, 12},
        {"0e999999999999999999999", OK, 0, OK, 0},
        {"0.0e-99999999999999999999", OK, 0, OK, 0},
        {"1e999999999999999999999", RNG, 0, RNG, 0},
        {"1e-999999999999999999999", CUT, 0, CUT, 0},
        {"9223372036854775807", OK, INT64_MAX, OK, INT64_MAX},
        {"9223372036854775808", RNG, 0, OK, UINT64_C(9223372036854775808)},
        {"-9223372036854775808", OK, INT64_MIN, RNG, 0},
        {"-9223372036854775809", RNG, 0, RNG, 0},
        {"-9223372036854775808.9", CUT, INT64_MIN, RNG, 0},
        {"9223372036854775807.9", CUT, INT64_MAX, CUT, INT64_MAX},
        {"18446744073709551615", RNG, 0, OK, UINT64_MAX},
        {"18446744073709551616", RNG, 0, RNG, 0},
        {"18446744073709551615.5", RNG, 0, CUT, UINT64_MAX},
        {"99999999999999999999", RNG, 0, RNG, 0},
        {"100000000000000000000000000", RNG, 0, RNG, 0},
        {"0000000000000000000000000000000000000001", OK, 1, OK, 1},
        {"922337203685477580.7e1", OK, INT64_MAX, OK, INT64_MAX},
        {"1e18", OK, INT64_C(1000000000000000000), OK, UINT64_C(1000000000000000000)},
        {"1e19", RNG, 0, OK, UINT64_C(10000000000000000000)},
        {"1e20", RNG, 0, RNG, 0},
        {"", FMT, 0, FMT, 0},
        {" ", FMT, 0, FMT, 0},
        {"-", FMT, 0, FMT, 0},
        {"+", FMT, 0, FMT, 0},
        {".", FMT, 0, FMT, 0},
        {"-.", FMT, 0, FMT, 0},
        {"e1", FMT, 0, FMT, 0},
        {".e1", FMT, 0, FMT, 0},
        {"1e", FMT, 0, FMT, 0},
        {"1e+", FMT, 0, FMT, 0},
        {"1e1.5", FMT, 0, FMT, 0},
        {"1e1e1", FMT, 0, FMT, 0},
        {"--1", FMT, 0, FMT, 0},
        {"+-1", FMT, 0, FMT, 0},
        {"- 1", FMT, 0, FMT, 0},
        {"1 2", FMT, 0, FMT, 0},
        {"1,5", FMT, 0, FMT, 0},
        {"1_000", FMT, 0, FMT, 0},
        {"0x10", FMT, 0, FMT, 0},
        {"1.2.3", FMT, 0, FMT, 0},
        {"12a", FMT, 0, FMT, 0},
        {"abc", FMT, 0, FMT, 0},
        {"NaN", FMT, 0, FMT, 0},
        {"Infinity", FMT, 0, FMT, 0},
        {"\xD9\xA1", FMT, 0, FMT, 0}, /* an Arabic digit */
    };

    (void)state;
    for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        size_t n = strlen(table[k].text);
        char *copy = malloc(n ? n : 1); /* reading past the end is seen */
        int64_t i = 77;
        uint64_t u = 77;
        enum td_num_parse irc, urc;

        assert_non_null(copy);
        memcpy(copy, table[k].text, n);
        irc = td_text_i64((struct td_str){copy, n}, &i);
        urc = td_text_u64((struct td_str){copy, n}, &u);
        free(copy);
        if (irc != table[k].irc || i != table[k].i)
            fail_msg("'%s': %d %" PRId64, table[k].text, irc, i);
        if (urc != table[k].urc || u != table[k].u)
            fail_msg("'%s' unsigned: %d %" PRIu64, table[k].text, urc, u);
    }
}

static void test_integer_round_trip(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int k = 0; k < 200000; k++) {
        uint64_t v = td_rng_any(&rng), u;
        int64_t i;
        char text[24];

        assert_int_equal(td_text_u64((struct td_str){text, td_u64_text(v, text)}, &u), OK);
        assert_true(u == v);
        assert_int_equal(td_text_i64((struct td_str){text, td_i64_text((int64_t)v, text)}, &i), OK);
        assert_true(i == (int64_t)v);
    }
}

static void check(const char *text)
{
    struct td_str s = td_str_of(text);
    double want = strtod(text, NULL), got;
    float want32 = strtof(text, NULL), got32;
    enum td_num_parse rc = td_text_double(s, &got), rc32 = td_text_float(s, &got32);

    if (memcmp(&got, &want, 8) != 0) fail_msg("%s: %a, strtod %a", text, got, want);
    if (rc != (isinf(want) ? RNG : OK)) fail_msg("%s: %d", text, rc);
    if (memcmp(&got32, &want32, 4) != 0)
        fail_msg("%s: %a, strtof %a", text, (double)got32, (double)want32);
    if (rc32 != (isinf(want32) ? RNG : OK)) fail_msg("%s: %d", text, rc32);
}

static void test_hard_cases(void **state)
{
    static const char *const table[] = {
        "0",
        "-0",
        "0.0",
        "-0e10",
        "1",
        "-1",
        "0.1",
        "1e22",
        "1e23",
        "-1e23",
        "123456789012345678",
        "9007199254740992",
        "9007199254740993",
        "9007199254740994",
        "9007199254740995",
        "9007199254740993.00000000000000000000000000000000000000000000000000000000000000001",
        "9007199254740992.99999999999999999999999999999999999999999999999999999999999999999",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "2.225073858507201e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.47e-324",
        "2.48e-324",
        "1e-323",
        "1e-324",
        "1e-400",
        "1e-342",
        "1e-343",
        "9999999999999999999e-343",
        "9999999999999999999e-342",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
        "342711559699508093042880",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
        "342711559699508093042879.9999",
        "1e308",
        "1e309",
        "1e310",
        "1e311",
        "1e400",
        "10000000000000000000e290",
        "0.500000000000000166533453693773481063544750213623046875",
        "0.5000000000000001665334536937734810635447502136230468751",
        "0.5000000000000001665334536937734810635447502136230468749",
        "3.518437208883201171875e13",
        "62.5364939768271845828",
        "8.10109172351e-10",
        "1.50000000000000011102230246251565404236316680908203125",
        "1.50000000000000011102230246251565404236316680908203124",
        "5708990770823839207320493820740630171355185151999e-3",
        "1448997445238699",
        "6.631236846766476e-316",
        "3.2378839133029012895883524125015e-25",
        "7.2057594037927933e16",
        "8.98846567431158e307",
        "1.00000005960464477539062499999999",
        "1.000000059604644775390625",
        "1.00000005960464477539062500000001",
        "1.17549435e-38",
        "1.1754943508222875e-38",
        "7.006492321624085e-46",
        "7.0064923216240854e-46",
        "7.0064923216240861e-46",
        "3.4028234664e38",
        "3.4028235677973366e38",
        "3.4028235677973367e38",
        "3.40282356779733661637539395458e38",
        "16777217",
        "16777217.0000001",
        "33554435",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "100000000000000016777215",
        "100000000000000016777216",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check(table[i]);
}

static void test_double_format(void **state)
{
    static const char *const bad[] = {"",          " ",     "-",      ".",    "e5", "1e", "1e+",
                                      "0x1p3",     "1,5",   "1 5",    "nano", "na", "in", "infinit",
                                      "infinityy", "- inf", "nan(1)", "1d5",  "1f", "+-1"};
    static const struct {
        const char *text;
        double v;
    } good[] = {{" inf ", INFINITY},
                {"-Inf", -INFINITY},
                {"INFINITY", INFINITY},
                {"+infinity", INFINITY},
                {"-Infinity", -INFINITY},
                {" 1.5\n", 1.5},
                {".5", 0.5},
                {"5.", 5.0},
                {"+.5e1", 5.0}};
    double v;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (td_text_double(td_str_of(bad[i]), &v) != FMT) fail_msg("'%s'", bad[i]);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (td_text_double(td_str_of(good[i].text), &v) != OK || v != good[i].v)
            fail_msg("'%s': %g", good[i].text, v);
    assert_int_equal(td_text_double(TD_STR("NaN"), &v), OK);
    assert_true(isnan(v) && !signbit(v));
    assert_int_equal(td_text_double(TD_STR("-nan"), &v), OK);
    assert_true(isnan(v));
    assert_int_equal(td_text_double((struct td_str){NULL, 0}, &v), FMT);
}

/* Exactly between two doubles, and a digit above and below, 800 digits long. */
static void test_halfway(void **state)
{
    struct td_rng rng = {td_rng_seed()};
    char text[1300], tail[24];

    (void)state;
    assert_true(LDBL_MANT_DIG >= 54); /* the middle has a representation */
    for (int i = 0; i < 6000; i++) {
        uint64_t bits = td_rng_next(&rng) & INT64_MAX;
        double a, b;
        size_t last;
        char *e;

        if (i < 500) bits = td_rng_below(&rng, 1 << 20); /* the smallest numbers */
        if (i >= 500 && i < 1000) bits = bits >> 12 | UINT64_C(0x7FE) << 52;
        if (bits >> 52 == 2047) continue;
        memcpy(&a, &bits, 8);
        bits++;
        memcpy(&b, &bits, 8);
        if (!isfinite(b)) continue;
        snprintf(text, sizeof(text), "%.799Le", ((long double)a + (long double)b) / 2);
        check(text);
        e = strchr(text, 'e');
        /* A digit after the thousandth still decides. */
        snprintf(tail, sizeof(tail), "1%s", e);
        memset(e, '0', 200);
        strcpy(e + 200, tail);
        check(text);
        strcpy(e, tail + 1);
        last = (size_t)(e - text) - 1;
        text[last] = '1';
        check(text);
        /* Below: the last digit that is not 0 one less. */
        text[last] = '0';
        while (text[last] == '0' || text[last] == '.')
            last--;
        text[last]--;
        check(text);
    }
}

static void test_random_text(void **state)
{
    struct td_rng rng = {td_rng_seed()};
    char text[900];

    (void)state;
    for (int i = 0; i < 300000; i++) {
        size_t n = 1 + (i % 50 ? td_rng_below(&rng, 30) : td_rng_below(&rng, 800)), at = 0;
        size_t point = td_rng_below(&rng, n + 1);

        for (size_t k = 0; k < n; k++) {
            if (k == point) text[at++] = '.';
            text[at++] = (char)('0' + td_rng_below(&rng, 10));
        }
        snprintf(text + at, sizeof(text) - at, "e%d", (int)td_rng_below(&rng, 760) - 400);
        check(text);
    }
}

/* Shortest texts read back to the same bits, doubles and floats. */
static void test_round_trip(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 500000; i++) {
        uint64_t bits = td_rng_next(&rng);
        uint32_t bits32 = (uint32_t)(bits >> 32);
        char text[TD_DOUBLE_TEXT];
        double v, back;
        float f, fback;

        memcpy(&v, &bits, 8);
        if (isfinite(v)) {
            assert_int_equal(td_text_double((struct td_str){text, td_double_text(v, text)}, &back),
                             OK);
            assert_memory_equal(&v, &back, 8);
        }
        memcpy(&f, &bits32, 4);
        if (isfinite(f)) {
            assert_int_equal(td_text_float((struct td_str){text, td_float_text(f, text)}, &fback),
                             OK);
            assert_memory_equal(&f, &fback, 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),   cmocka_unit_test(test_integer_round_trip),
        cmocka_unit_test(test_hard_cases), cmocka_unit_test(test_double_format),
        cmocka_unit_test(test_halfway),    cmocka_unit_test(test_random_text),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

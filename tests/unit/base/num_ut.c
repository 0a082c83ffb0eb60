/*
 * num_ut.c: numbers to text against the C library: the text reads back, no shorter text does, and of
 * the shortest the nearest was taken. (num_read_ut.c: the other direction.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num_int.h"
#include "rng.h"

static void test_integers(void **state)
{
    struct td_rng rng = {td_rng_seed()};
    char got[24], want[24];

    (void)state;
    for (int i = 0; i < 300000; i++) {
        uint64_t v = td_rng_any(&rng);

        /* The ends, then both sides of every power of ten, then anything. */
        if (i < 4)
            v = (uint64_t[]){0, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN}[i];
        else if (i < 64)
            v = td_pow10_u64[(i - 4) / 3] + (uint64_t)(i % 3) - 1;
        got[td_u64_text(v, got)] = '\0';
        snprintf(want, sizeof(want), "%" PRIu64, v);
        assert_string_equal(got, want);
        got[td_i64_text((int64_t)v, got)] = '\0';
        snprintf(want, sizeof(want), "%" PRId64, (int64_t)v);
        assert_string_equal(got, want);
        got[td_i64_text((int64_t)(0 - v), got)] = '\0';
        snprintf(want, sizeof(want), "%" PRId64, (int64_t)(0 - v));
        assert_string_equal(got, want);
    }
}

static void test_double_table(void **state)
{
    static const struct {
        double v;
        const char *text;
    } table[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-1.0, "-1"},
        {10.0, "10"},
        {100.0, "100"},
        {0.1, "0.1"},
        {-0.1, "-0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.5, "1.5"},
        {123.456, "123.456"},
        {4.35, "4.35"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {12345678901234567.0, "12345678901234568"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740992.0, "9007199254740992"},
        {9007199254740993.0, "9007199254740992"},
        {1e15, "1000000000000000"},
        {1e16, "10000000000000000"},
        {1.2e16, "12000000000000000"},
        {99999999999999984.0, "99999999999999980"},
        {1e17, "1e+17"},
        {1.2e17, "1.2e+17"},
        {1e21, "1e+21"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {2e23, "2e+23"},
        {8e23, "8e+23"},
        {1.6e24, "1.6e+24"},
        {9.999999999999999e22, "1e+23"},
        {0.0001, "0.0001"},
        {0.00001, "0.00001"},
        {0.000012345678901234567, "0.000012345678901234568"},
        {0.000001, "1e-06"},
        {1.234e-6, "1.234e-06"},
        {1e-10, "1e-10"},
        {1e-99, "1e-99"},
        {1e-100, "1e-100"},
        {1e100, "1e+100"},
        {1e-300, "1e-300"},
        {5e-324, "5e-324"},
        {1e-323, "1e-323"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
        {5.684341886080802e-14, "5.684341886080802e-14"}, /* 2^-44 */
        {9.5367431640625e-07, "9.5367431640625e-07"},     /* 2^-20 */
        {4503599627370495.5, "4503599627370495.5"},
        {299792458.0, "299792458"},
        {3.141592653589793, "3.141592653589793"},
        {2.98023223876953125e-8, "2.9802322387695312e-08"},
        {9.3326361850321888e-302, "9.332636185032189e-302"},
        {2.0e-308, "2e-308"},
        {1.8446744073709552e19, "1.8446744073709552e+19"},
        {-123456789.0, "-123456789"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char got[TD_DOUBLE_TEXT + 1];

        got[td_double_text(table[i].v, got)] = '\0';
        assert_string_equal(got, table[i].text);
    }
}

static void test_float_table(void **state)
{
    static const struct {
        float v;
        const char *text;
    } table[] = {
        {0.0F, "0"},
        {-0.0F, "-0"},
        {0.1F, "0.1"},
        {3.14F, "3.14"},
        {1.1F, "1.1"},
        {16777216.0F, "16777216"},
        {33554432.0F, "33554432"},
        {100000000.0F, "100000000"},
        {123456789.0F, "123456790"},
        {1e9F, "1e+09"},
        {1.5e10F, "1.5e+10"},
        {0.00001F, "0.00001"},
        {0.000001F, "1e-06"},
        {1e-45F, "1e-45"},
        {1.17549435e-38F, "1.1754944e-38"},
        {3.4028235e38F, "3.4028235e+38"},
        {-3.4028235e38F, "-3.4028235e+38"},
        {8.589934592e9F, "8.589935e+09"}, /* 2^33 */
        {0.333333343F, "0.33333334"},
        {4.7019774e-38F, "4.7019774e-38"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char got[TD_DOUBLE_TEXT + 1];

        got[td_float_text(table[i].v, got)] = '\0';
        assert_string_equal(got, table[i].text);
    }
}

static double of_bits(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, 8);
    return v;
}

static float of_bits32(uint32_t bits)
{
    float v;

    memcpy(&v, &bits, 4);
    return v;
}

static void test_special(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } table[] = {
        {UINT64_C(0x7FF0000000000000), "Infinity"}, {UINT64_C(0xFFF0000000000000), "-Infinity"},
        {UINT64_C(0x7FF8000000000000), "NaN"},      {UINT64_C(0xFFF8000000000000), "NaN"},
        {UINT64_C(0x7FF0000000000001), "NaN"},      {UINT64_C(0xFFFFFFFFFFFFFFFF), "NaN"},
    };
    char got[TD_DOUBLE_TEXT + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        got[td_double_text(of_bits(table[i].bits), got)] = '\0';
        assert_string_equal(got, table[i].text);
    }
    got[td_float_text(of_bits32(0x7F800000), got)] = '\0';
    assert_string_equal(got, "Infinity");
    got[td_float_text(of_bits32(0xFF800000), got)] = '\0';
    assert_string_equal(got, "-Infinity");
    got[td_float_text(of_bits32(0x7F800001), got)] = '\0';
    assert_string_equal(got, "NaN");
}

/* Takes the driver's text apart: digits without zeros at either end, and the first one's exponent. */
static int split_text(const char *s, char *digits, int *exponent)
{
    int n = 0, point = -1, seen = 0, exp10 = 0;

    if (*s == '-') s++;
    for (; *s && *s != 'e'; s++) {
        if (*s == '.') {
            point = seen;
            continue;
        }
        seen++;
        digits[n++] = *s;
    }
    if (point < 0) point = seen;
    if (*s == 'e') exp10 = atoi(s + 1);
    digits[n] = '\0';
    seen = (int)strspn(digits, "0");
    memmove(digits, digits + seen, (size_t)(n - seen) + 1);
    n -= seen;
    *exponent = point - seen - 1 + exp10;
    while (n > 1 && digits[n - 1] == '0')
        digits[--n] = '\0';
    return n;
}

/* printf's digits at a precision of n; true when they read back. */
static bool printed(double v, bool single, int n, char *digits, int *exponent)
{
    char text[64];

    snprintf(text, sizeof(text), "%.*e", n - 1, v);
    split_text(text, digits, exponent);
    return single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v;
}

static void check(double v, bool single, uint64_t bits)
{
    char text[TD_DOUBLE_TEXT + 1], digits[40], want[40];
    size_t len = single ? td_float_text((float)v, text) : td_double_text(v, text);
    int exponent, want_exponent, n;
    bool fixed;

    text[len] = '\0';
    n = split_text(text, digits, &exponent);
    if (single ? strtof(text, NULL) != (float)v : strtod(text, NULL) != v)
        fail_msg("%016" PRIx64 ": %s reads back differently", bits, text);
    if (n > 1 && printed(v, single, n - 1, want, &want_exponent))
        fail_msg("%016" PRIx64 ": %s is not the shortest", bits, text);
    /* Printf's is the nearest with n digits. When it does not read back (the gap below a power of
       two is half as wide), a text further away had to be taken. */
    if (printed(v, single, n, want, &want_exponent) &&
        (strcmp(digits, want) != 0 || exponent != want_exponent))
        fail_msg("%016" PRIx64 ": %s is not the nearest", bits, text);
    fixed = exponent >= -5 && exponent <= (single ? 8 : 16);
    if ((strchr(text, 'e') == NULL) != fixed) fail_msg("%016" PRIx64 ": notation %s", bits, text);
}

static void test_double_random(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 2000000; i++) {
        uint64_t bits = td_rng_next(&rng);
        double v = of_bits(bits);

        if (isfinite(v) && v != 0) check(v, false, bits);
    }
}

/* Each exponent with the mantissas at its ends (where neighbours are unevenly spaced) and some more. */
static void test_double_exponents(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (uint64_t e = 0; e < 2047; e++) {
        for (int i = 0; i < 24; i++) {
            uint64_t mask = (UINT64_C(1) << 52) - 1;
            uint64_t f = i < 4    ? (uint64_t)i
                         : i < 8  ? mask - (uint64_t)(i - 4)
                         : i < 12 ? UINT64_C(1) << (40 + i - 4)
                                  : td_rng_next(&rng) & mask;
            uint64_t bits = e << 52 | f;

            if (bits) check(of_bits(bits), false, bits);
        }
    }
}

/* Values with a border to their neighbour that is a short decimal itself, d · 10^n · 2^i: it belongs
   to the interval of the even mantissa only, which a comparison off by one would get wrong. */
static void test_double_borders(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int n = 1 + (int)td_rng_below(&rng, 23);
        uint64_t five = 1, odd, c;
        double v;

        for (int k = 0; k < n; k++)
            five *= 5;
        /* 2c + 1 = odd · 5^n with 54 bits */
        odd = (UINT64_C(1) << 53) / five + 1 + td_rng_below(&rng, (UINT64_C(1) << 53) / five + 1);
        odd |= 1;
        if (odd > (UINT64_MAX >> 10) / five) continue;
        c = odd * five / 2;
        v = ldexp((double)c, n + 1 + (int)td_rng_below(&rng, 30));
        check(v, false, c);
        v = ldexp((double)(c + 1), n + 1 + (int)td_rng_below(&rng, 30));
        check(v, false, c + 1);
    }
}

/* Values that people store: a few decimals, exactly as typed. */
static void test_double_decimals(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        char typed[40], got[TD_DOUBLE_TEXT + 1], digits[40], want[40];
        int scale = (int)td_rng_below(&rng, 16), e1, e2;
        uint64_t n = 1 + td_rng_below(&rng, td_pow10_u64[1 + td_rng_below(&rng, 15)]);
        double v;

        snprintf(typed, sizeof(typed), "%" PRIu64 "e-%d", n, scale);
        v = strtod(typed, NULL);
        got[td_double_text(v, got)] = '\0';
        split_text(got, digits, &e1);
        split_text(typed, want, &e2);
        if (strcmp(digits, want) != 0 || e1 != e2) fail_msg("%s became %s", typed, got);
    }
}

static void test_float_random(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 1000000; i++) {
        uint32_t bits = (uint32_t)td_rng_next(&rng);
        float v;

        /* The first thousands: every exponent with both ends of its mantissas. */
        if (i < 255 * 8)
            bits = (uint32_t)(i / 8) << 23 |
                   (i % 8 < 4 ? (uint32_t)(i % 8) : 0x7FFFFF - (uint32_t)(i % 8 - 4));
        v = of_bits32(bits);
        if (isfinite(v) && v != 0) check((double)v, true, bits);
    }
}

/* The application's rounding mode has no say. */
static void test_rounding_modes(void **state)
{
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

    (void)state;
    for (int m = 0; m < 3; m++) {
        struct td_rng rng = {td_rng_seed()};

        for (int i = 0; i < 20000; i++) {
            char plain[TD_DOUBLE_TEXT], other[TD_DOUBLE_TEXT];
            double v = of_bits(td_rng_next(&rng)), back;
            size_t a = td_double_text(v, plain), b;
            enum td_num_parse rc;

            fesetround(modes[m]);
            b = td_double_text(v, other);
            rc = td_text_double((struct td_str){other, b}, &back);
            fesetround(FE_TONEAREST);
            assert_int_equal(a, b);
            assert_memory_equal(plain, other, a);
            assert_int_equal(rc, TD_NP_OK);
            if (!isnan(v)) assert_memory_equal(&v, &back, 8);
        }
    }
}

/* The table of powers once more, with the schoolbook's multiplication. */
static int big_mul(uint32_t *limb, int n, uint32_t m)
{
    uint64_t carry = 0;

    for (int i = 0; i < n; i++) {
        carry += (uint64_t)limb[i] * m;
        limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) limb[n++] = (uint32_t)carry;
    return n;
}

static int big_bits(const uint32_t *limb, int n)
{
    return n * 32 - __builtin_clz(limb[n - 1]);
}

/* p · (hi, lo) */
static int big_mul128(const uint32_t *p, int n, struct td_u128 by, uint32_t *out)
{
    uint32_t m[4] = {(uint32_t)by.lo, (uint32_t)(by.lo >> 32), (uint32_t)by.hi,
                     (uint32_t)(by.hi >> 32)};

    memset(out, 0, (size_t)(n + 4) * 4);
    for (int k = 0; k < 4; k++) {
        uint64_t carry = 0;

        for (int i = 0; i < n; i++) {
            carry += (uint64_t)p[i] * m[k] + out[i + k];
            out[i + k] = (uint32_t)carry;
            carry >>= 32;
        }
        out[n + k] = (uint32_t)carry;
    }
    n += 4;
    while (n && out[n - 1] == 0)
        n--;
    return n;
}

static bool is_pow2(const uint32_t *limb, int n)
{
    for (int i = 0; i < n - 1; i++)
        if (limb[i]) return false;
    return (limb[n - 1] & (limb[n - 1] - 1)) == 0;
}

static void test_power_table(void **state)
{
    uint32_t p[80] = {1}, out[90];
    int n = 1;

    (void)state;
    for (int q = 0; q <= 342; q++, n = big_mul(p, n, 10)) {
        struct td_u128 up, down = td_pow10_sig[-q - TD_POW10_MIN];
        int m;

        if (q <= TD_POW10_MAX) {
            struct td_u128 want = {0, 0};
            int bits = big_bits(p, n);

            up = td_pow10_sig[q - TD_POW10_MIN];
            assert_int_equal(td_pow10_exp2(q), bits - 1);
            for (int i = bits - 1, k = 0; k < 128; i--, k++) {
                want.hi = want.hi << 1 | want.lo >> 63;
                want.lo = want.lo << 1 | (i >= 0 ? p[i / 32] >> i % 32 & 1 : 0);
            }
            assert_true(up.hi == want.hi && up.lo == want.lo && up.lo != UINT64_MAX);
        }
        if (q == 0) continue;
        /* sig · 10^q ≤ 2^(127 − e) < (sig + 1) · 10^q */
        m = big_mul128(p, n, down, out);
        assert_true(big_bits(out, m) <= 127 - td_pow10_exp2(-q) || is_pow2(out, m));
        assert_true(down.lo != UINT64_MAX); /* num_double.c adds 1 to it */
        down.lo++;
        m = big_mul128(p, n, down, out);
        assert_true(big_bits(out, m) > 127 - td_pow10_exp2(-q));
        assert_true(down.hi >> 63 == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_table),     cmocka_unit_test(test_integers),
        cmocka_unit_test(test_double_table),    cmocka_unit_test(test_float_table),
        cmocka_unit_test(test_special),         cmocka_unit_test(test_double_exponents),
        cmocka_unit_test(test_double_decimals), cmocka_unit_test(test_double_borders),
        cmocka_unit_test(test_double_random),   cmocka_unit_test(test_float_random),
        cmocka_unit_test(test_rounding_modes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

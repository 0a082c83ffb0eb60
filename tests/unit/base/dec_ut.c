/*
 * dec_ut.c: decimals against tests/data/dec/table.tsv, which Python's integers made (gen.py), and
 * properties over random values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/dec.h"
#include "rng.h"

struct row {
    int number;
    char *op, *in, *arg, *rc, *want;
};

static const char *text(struct td_dec d)
{
    static char out[TD_DEC_TEXT + 1];
    size_t n = td_dec_text(d, out);

    assert_true(n <= 41);
    out[n] = '\0';
    return out;
}

/* The value that a row's input means; the table has it in range. */
static struct td_dec input(const struct row *r)
{
    struct td_dec d;

    if (td_text_dec(td_str_of(r->in), -1, &d) != TD_NP_OK) fail_msg("row %d: input", r->number);
    assert_string_equal(text(d), r->in[0] == '-' && !td_i128_neg(d.v) ? r->in + 1 : r->in);
    return d;
}

static double hex_double(const char *hex)
{
    uint64_t bits = strtoull(hex, NULL, 16);
    double v;

    memcpy(&v, &bits, 8);
    return v;
}

static void check_dec(const struct row *r, enum td_num_parse rc, struct td_dec d)
{
    if (rc != (enum td_num_parse)atoi(r->rc)) fail_msg("row %d: outcome %d", r->number, rc);
    if (rc == TD_NP_FORMAT || rc == TD_NP_RANGE) return;
    /* A cut to zero has no sign. */
    if (strcmp(text(d), r->want) != 0) fail_msg("row %d: %s", r->number, text(d));
    if (atoi(r->arg) >= 0) assert_int_equal(d.scale, atoi(r->arg));
}

static void check_le16(const struct row *r)
{
    struct td_dec d = input(r), back;
    uint8_t le[16];
    bool neg;
    char hex[40];

    td_dec_to_le16(d, le, &neg);
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", le[i]);
    hex[32] = neg ? '-' : '+';
    hex[33] = '\0';
    assert_string_equal(hex, r->want);
    assert_true(td_dec_from_le16(le, neg, d.scale, &back));
    assert_memory_equal(&back.v, &d.v, sizeof(d.v));
    assert_int_equal(back.scale, d.scale);
}

static void check_row(const struct row *r)
{
    struct td_dec d;
    enum td_num_parse rc;

    if (strcmp(r->op, "read") == 0) {
        rc = td_text_dec(td_str_of(r->in), atoi(r->arg), &d);
        check_dec(r, rc, d);
    } else if (strcmp(r->op, "scale") == 0) {
        rc = td_dec_rescale(input(r), atoi(r->arg), &d);
        check_dec(r, rc, d);
    } else if (strcmp(r->op, "fromdouble") == 0) {
        rc = td_double_dec(hex_double(r->in), atoi(r->arg), &d);
        check_dec(r, rc, d);
    } else if (strcmp(r->op, "i64") == 0) {
        int64_t v;

        rc = td_dec_i64(input(r), &v);
        if (rc != (enum td_num_parse)atoi(r->rc) ||
            (rc != TD_NP_RANGE && v != strtoll(r->want, NULL, 10)))
            fail_msg("row %d: %d %" PRId64, r->number, rc, v);
    } else if (strcmp(r->op, "u64") == 0) {
        uint64_t v;

        rc = td_dec_u64(input(r), &v);
        if (rc != (enum td_num_parse)atoi(r->rc) ||
            (rc != TD_NP_RANGE && v != strtoull(r->want, NULL, 10)))
            fail_msg("row %d: %d %" PRIu64, r->number, rc, v);
    } else if (strcmp(r->op, "double") == 0) {
        double got = td_dec_double(input(r)), want = hex_double(r->want);

        if (memcmp(&got, &want, 8) != 0) fail_msg("row %d: %a", r->number, got);
    } else {
        assert_string_equal(r->op, "le16");
        check_le16(r);
    }
}

static void test_table(void **state)
{
    FILE *f = fopen(TD_TEST_DATA "/dec/table.tsv", "r");
    char line[512];
    struct row r = {.number = 0};

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        char *rest = line;

        r.number++;
        r.op = strsep(&rest, "\t");
        r.in = strsep(&rest, "\t");
        r.arg = strsep(&rest, "\t");
        r.rc = strsep(&rest, "\t");
        r.want = strsep(&rest, "\n");
        assert_non_null(r.want);
        check_row(&r);
    }
    fclose(f);
    assert_true(r.number > 4000);
}

static void test_i128(void **state)
{
    static const struct {
        struct td_i128 v;
        bool neg;
        uint64_t hi, lo;
        int digits;
    } table[] = {
        {{0, 0}, false, 0, 0, 1},
        {{9, 0}, false, 0, 9, 1},
        {{10, 0}, false, 0, 10, 2},
        {{UINT64_MAX, -1}, true, 0, 1, 1},
        {{UINT64_MAX, 0}, false, 0, UINT64_MAX, 20},
        {{0, 1}, false, 1, 0, 20},
        {{0, -1}, true, 1, 0, 20},
        {{1, -1}, true, 0, UINT64_MAX, 20},
        {{UINT64_MAX, INT64_MAX}, false, INT64_MAX, UINT64_MAX, 39},
        {{0, INT64_MIN}, true, UINT64_C(1) << 63, 0, 39},
        {{UINT64_C(10000000000000000000), 0}, false, 0, UINT64_C(10000000000000000000), 20},
        {{UINT64_C(9999999999999999999), 0}, false, 0, UINT64_C(9999999999999999999), 19},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        uint64_t hi, lo;

        td_i128_abs(table[i].v, &hi, &lo);
        if (td_i128_neg(table[i].v) != table[i].neg || hi != table[i].hi || lo != table[i].lo ||
            td_i128_digits(table[i].v) != table[i].digits)
            fail_msg("row %zu: %d digits", i, td_i128_digits(table[i].v));
    }
    assert_int_equal(td_i128_of(-5).hi, -1);
    assert_true(td_i128_of(-5).lo == (uint64_t)-5);
    assert_int_equal(td_i128_of(5).hi, 0);
    assert_int_equal(td_i128_ofu(UINT64_MAX).hi, 0);
}

/* Powers of ten and their neighbours: digits, fits, text. */
static void test_borders(void **state)
{
    char digits[48] = "1", nines[48] = "";
    struct td_dec d;

    (void)state;
    for (int e = 0; e <= 37; e++) {
        assert_int_equal(td_text_dec(td_str_of(digits), 0, &d), TD_NP_OK);
        assert_string_equal(text(d), digits);
        assert_int_equal(td_i128_digits(d.v), e + 1);
        for (int p = 0; p <= 40; p++)
            assert_int_equal(td_dec_fits(d, p), e < p);
        strcat(digits, "0");
        strcat(nines, "9");
        assert_int_equal(td_text_dec(td_str_of(nines), 0, &d), TD_NP_OK);
        assert_string_equal(text(d), nines);
        assert_int_equal(td_i128_digits(d.v), e + 1);
        assert_true(td_dec_fits(d, e + 1));
        assert_false(td_dec_fits(d, e));
    }
    assert_int_equal(td_text_dec(td_str_of(digits), 0, &d), TD_NP_RANGE);
    assert_false(td_dec_fits(d, -1));
}

static void test_le16_range(void **state)
{
    /* 10^38 − 1 and 10^38, little-endian. */
    static const uint8_t most[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0x3F, 0x22, 0x8A, 0x09,
                                     0x7A, 0xC4, 0x86, 0x5A, 0xA8, 0x4C, 0x3B, 0x4B};
    uint8_t over[16] = {0};
    struct td_dec d;
    bool neg;

    (void)state;
    assert_true(td_dec_from_le16(most, true, 0, &d));
    assert_string_equal(text(d), "-99999999999999999999999999999999999999");
    memcpy(over, most, 16);
    memset(over, 0, 4);
    over[4] = 0x40;
    assert_false(td_dec_from_le16(over, false, 0, &d));
    memset(over, 0xFF, 16);
    assert_false(td_dec_from_le16(over, true, 0, &d));
    memset(over, 0, 16);
    assert_true(td_dec_from_le16(over, true, 2, &d)); /* a negative zero is zero */
    assert_string_equal(text(d), "0.00");
    td_dec_to_le16(d, over, &neg);
    assert_false(neg);
}

/* Text and back, up and down a scale: nothing changes. */
static void test_round_trip(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct td_dec d = {{td_rng_next(&rng), (int64_t)td_rng_any(&rng)},
                           (int)td_rng_below(&rng, 39)};
        struct td_dec back, wide;
        char out[TD_DEC_TEXT];
        int up;

        if (d.v.hi < 0) d.v.hi = ~d.v.hi;
        if (i & 1) d.v.hi = 0;
        if (!td_dec_fits(d, 38)) continue;
        if (i & 2) d.v = (struct td_i128){0 - d.v.lo, ~d.v.hi + (d.v.lo == 0)};
        assert_int_equal(td_text_dec((struct td_str){out, td_dec_text(d, out)}, d.scale, &back),
                         TD_NP_OK);
        assert_memory_equal(&back, &d, sizeof(d.v));
        up = d.scale + (int)td_rng_below(&rng, (uint64_t)(39 - d.scale));
        if (td_dec_rescale(d, up, &wide) != TD_NP_OK) {
            assert_true(td_i128_digits(d.v) + up - d.scale > 38);
            continue;
        }
        assert_true(td_i128_digits(d.v) + up - d.scale <= 38 || (d.v.lo | (uint64_t)d.v.hi) == 0);
        assert_int_equal(td_dec_rescale(wide, d.scale, &back), TD_NP_OK);
        assert_memory_equal(&back.v, &d.v, sizeof(d.v));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_i128),
        cmocka_unit_test(test_borders),    cmocka_unit_test(test_le16_range),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

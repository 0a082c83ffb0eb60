/* The builder makes what the view opens; its bytes are those of protocol.md 3.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "wire/build.h"

static void example(void **state)
{
    static const struct td_build_col cols[] = {{TD_T_TIMESTAMP, 0, 0, 0},
                                               {TD_T_INT, 0, 0, 0},
                                               {TD_T_VARCHAR, 0, 0, 10},
                                               {TD_T_DECIMAL64, 10, 2, 0},
                                               {TD_T_NCHAR, 0, 0, 18}};
    /* protocol.md 3.5; the value slot of the NULL INT is 0 here as there. */
    static const uint8_t want[] = {
        0x01, 0x00, 0x00, 0x00, 0x95, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x08,
        0x00, 0x00, 0x00, 0x04, 0x04, 0x00, 0x00, 0x00, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x15, 0x02,
        0x0a, 0x00, 0x08, 0x0a, 0x12, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
        0x00, 0x04, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x68, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00, 0xe8, 0x6b, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00,
        0x40, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
        0xff, 0xff, 0x02, 0x00, 0x61, 0x62, 0x00, 0xd2, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00,
        0x00, 0x04, 0x00, 0x60, 0x4f, 0x00, 0x00, 0x04, 0x00, 0x78, 0x00, 0x00, 0x00, 0x00};
    struct td_build *b = td_build_new(cols, 5, 1 << 20);
    uint8_t *block;
    size_t n;

    (void)state;
    for (int again = 0; again < 2; again++) { /* a finished builder starts anew */
        td_build_utf8(b, 4, TD_STR("\xe4\xbd\xa0"));
        td_build_int(b, 0, 1700000000000);
        td_build_int(b, 1, 7);
        td_build_utf8(b, 2, TD_STR("ab"));
        td_build_dec(b, 3, td_i128_of(1234));
        td_build_end_row(b);
        td_build_int(b, 0, 1700000001000);
        td_build_null(b, 1);
        td_build_dec(b, 3, td_i128_of(-5));
        td_build_utf8(b, 4, TD_STR("x"));
        td_build_end_row(b);
        assert_int_equal(td_build_rows(b), 2);
        assert_int_equal(td_build_size(b), sizeof want);
        assert_int_equal(td_build_finish(b, &block, &n, NULL), TD_OK);
        assert_int_equal(n, sizeof want);
        assert_memory_equal(block, want, n);
        td_free(block);
    }
    td_build_free(b);
}

/* All types, NULLs across bitmap bytes, 1000 rows. */
static void all_types(void **state)
{
    struct td_build_col def[TD_T_COUNT];
    uint8_t types[TD_T_COUNT];
    struct td_col cols[TD_T_COUNT];
    struct td_block v;
    struct td_build *b;
    struct td_err err;
    uint8_t *block;
    size_t n;
    uint32_t nc = 0;

    (void)state;
    for (int t = 0; t < TD_T_COUNT; t++) {
        if (!td_type_known(t)) continue;
        types[nc] = (uint8_t)t;
        def[nc++] = (struct td_build_col){(uint8_t)t, 18, 3, 0};
    }
    b = td_build_new(def, nc, 1 << 24);
    for (uint32_t r = 0; r < 1000; r++) {
        for (uint32_t i = 0; i < nc; i++) {
            if (types[i] == TD_T_NULL || (r * 7 + i) % 3 == 0) continue; /* end_row makes it NULL */
            if (types[i] == TD_T_DECIMAL64 || types[i] == TD_T_DECIMAL128)
                td_build_dec(b, i, td_i128_of(-(int64_t)r));
            else if (types[i] == TD_T_FLOAT || types[i] == TD_T_DOUBLE)
                td_build_double(b, i, r / 4.0);
            else if (td_type_is_var(types[i]))
                td_build_utf8(b, i, (struct td_str){"abcdefgh", r % 9});
            else
                td_build_int(b, i, types[i] == TD_T_BOOL ? 2 : r);
        }
        td_build_end_row(b);
    }
    assert_int_equal(td_build_finish(b, &block, &n, &err), TD_OK);
    assert_int_equal(td_block_open(block, n, types, cols, nc, 1, &v, &err), TD_OK);
    assert_int_equal(v.rows, 1000);
    for (uint32_t i = 0; i < nc; i++) {
        for (uint32_t r = 0; r < 1000; r++) {
            const uint8_t *p = cols[i].data + (size_t)td_type_width(types[i]) * r;
            const bool null = types[i] == TD_T_NULL || (r * 7 + i) % 3 == 0;
            double d;
            float f;
            assert_int_equal(td_col_is_null(&cols[i], r), null);
            if (null) continue;
            if (types[i] == TD_T_NCHAR)
                assert_int_equal(td_col_var(&cols[i], r).n, 4 * (r % 9));
            else if (cols[i].offsets)
                assert_true(td_str_eq(td_col_var(&cols[i], r), (struct td_str){"abcdefgh", r % 9}));
            else if (types[i] == TD_T_DOUBLE) {
                memcpy(&d, p, 8);
                assert_true(d == r / 4.0);
            } else if (types[i] == TD_T_FLOAT) {
                memcpy(&f, p, 4);
                assert_true(f == (float)r / 4);
            } else if (types[i] == TD_T_DECIMAL128) {
                assert_true((int64_t)td_ld64(p) == -(int64_t)r &&
                            (int64_t)td_ld64(p + 8) == (r ? -1 : 0));
            } else if (types[i] == TD_T_BOOL)
                assert_int_equal(*p, 1);
            else if (types[i] == TD_T_BIGINT)
                assert_true(td_ld64(p) == r);
            else if (types[i] == TD_T_SMALLINT)
                assert_int_equal(td_ld16(p), r);
            else if (types[i] == TD_T_UTINYINT)
                assert_int_equal(*p, r & 255);
        }
    }
    td_free(block);
    td_build_free(b);
}

static void no_rows(void **state)
{
    static const struct td_build_col col = {TD_T_INT, 0, 0, 0};
    struct td_build *b = td_build_new(&col, 1, 1000);
    uint8_t *block;
    size_t n;

    (void)state;
    assert_int_equal(td_build_finish(b, &block, &n, NULL), TD_OK);
    assert_null(block);
    td_build_free(b);
}

/* What goes wrong sticks until finish, says what it is, and leaves a usable builder. */
static void failures(void **state)
{
    static const struct td_build_col cols[] = {
        {TD_T_INT, 0, 0, 0}, {TD_T_VARCHAR, 0, 0, 0}, {TD_T_DECIMAL64, 18, 0, 0}};
    static char big[70000];
    struct td_build *b = td_build_new(cols, 3, 1 << 20);
    struct td_i128 wide = {0, 1};

    (void)state;
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 9; i++) {
        struct td_err err = {.state = TD_ST_00000};
        uint8_t *block = (uint8_t *)big;
        size_t n;
        static const char *const says[] = {"too long",  "too long",  "wrong way",
                                           "wrong way", "wrong way", "wrong way",
                                           "1048576",   "wrong way", "wrong way"};
        switch (i) {
        case 0:
            td_build_bytes(b, 1, big, 65536);
            break;
        case 1:
            td_build_dec(b, 2, wide);
            break;
        case 2:
            td_build_int(b, 0, 1);
            td_build_int(b, 0, 2);
            break;
        case 3:
            td_build_int(b, 3, 1);
            break;
        case 4:
            td_build_double(b, 0, 1);
            break;
        case 5:
            td_build_bytes(b, 0, "x", 1);
            break;
        case 6:
            for (int k = 0; k < 17; k++) {
                td_build_bytes(b, 1, big, 65535);
                td_build_end_row(b);
            }
            break;
        case 7:
            td_build_dec(b, 0, td_i128_of(1));
            break;
        default:
            td_build_int(b, 0, 1);
            break; /* a row without its end */
        }
        if (i != 8) td_build_end_row(b);
        assert_int_equal(td_build_finish(b, &block, &n, &err), TD_FAIL);
        assert_null(block);
        if (!strstr(err.msg, says[i])) fail_msg("case %d: %s", i, err.msg);
        td_build_int(b, 0, 1);
        td_build_bytes(b, 1, big, 65535);
        td_build_end_row(b);
        assert_int_equal(td_build_finish(b, &block, &n, &err), TD_OK);
        assert_non_null(block);
        td_free(block);
    }
    td_build_free(b);
}

static void out_of_memory(void **state)
{
    static const struct td_build_col cols[] = {{TD_T_INT, 0, 0, 0}, {TD_T_NCHAR, 0, 0, 0}};

    (void)state;
    for (uint64_t nth = 1; nth < 12; nth++) {
        struct td_build *b;
        struct td_err err = {.state = TD_ST_00000};
        uint8_t *block = NULL;
        size_t n;
        td_alloc_fail_at(nth, 1);
        b = td_build_new(cols, 2, 1 << 20);
        for (int r = 0; b && r < 100; r++) {
            td_build_int(b, 0, r);
            td_build_utf8(b, 1, TD_STR("some text"));
            td_build_end_row(b);
        }
        if (b && td_build_finish(b, &block, &n, &err) != TD_OK)
            assert_int_equal(err.state, TD_ST_HY001);
        td_alloc_fail_at(0, 0);
        td_free(block);
        td_build_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example),  cmocka_unit_test(all_types),     cmocka_unit_test(no_rows),
        cmocka_unit_test(failures), cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

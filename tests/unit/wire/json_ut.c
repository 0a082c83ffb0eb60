/* 64-bit integers, the scanner on any bytes, and writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/json.h"

static void integers(void **state)
{
    static const struct {
        const char *text;
        bool u, i;
        uint64_t uv;
        int64_t iv;
    } t[] = {
        {"0", true, true, 0, 0},
        {"9007199254740993", true, true, 9007199254740993, 9007199254740993},
        {"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
        {"9223372036854775808", true, false, 9223372036854775808u, 0},
        {"18446744073709551615", true, false, UINT64_MAX, 0},
        {"18446744073709551616", false, false, 0, 0},
        {"99999999999999999999", false, false, 0, 0},
        {"-9223372036854775808", false, true, 0, INT64_MIN},
        {"-9223372036854775809", false, false, 0, 0},
        {"-1", false, true, 0, -1},
        {"1.0", false, false, 0, 0},
        {"1e3", false, false, 0, 0},
        {"", false, false, 0, 0},
        {"-", false, false, 0, 0},
        {"+1", false, false, 0, 0},
        {"null", false, false, 0, 0},
        {"\"1\"", false, false, 0, 0},
    };

    (void)state;
    for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
        uint64_t u = 0;
        int64_t i = 0;
        assert_int_equal(td_json_text_u64(td_str_of(t[k].text), &u), t[k].u);
        assert_int_equal(td_json_text_i64(td_str_of(t[k].text), &i), t[k].i);
        assert_true(u == t[k].uv && i == t[k].iv);
    }
}

static void find(void **state)
{
    static const struct {
        const char *text, *key, *value; /* NULL: not found */
    } t[] = {
        {"{\"a\":1}", "a", "1"},
        {" { \"a\" : 1 , \"b\" : [1,{\"c\":\"}\"}] , \"c\":2}", "b", "[1,{\"c\":\"}\"}]"},
        {" { \"a\" : 1 , \"b\" : [1,{\"c\":\"}\"}] , \"c\":2}", "c", "2"},
        {"{\"x\":{\"id\":1},\"id\":18446744073709551615}", "id", "18446744073709551615"},
        {"{\"message\":\"\\\"id\\\":5\",\"id\":6}", "id", "6"},
        {"{\"m\":\"\\\\\",\"id\":7}", "id", "7"},
        {"{\"id\":1,\"id\":2}", "id", "1"},
        {"{\"id\":null}", "id", "null"},
        {"{}", "id", NULL},
        {"", "id", NULL},
        {"[]", "id", NULL},
        {"{\"id\"", "id", NULL},
        {"{\"id\":", "id", NULL},
        {"{\"id\":}", "id", NULL},
        {"{\"id\" 1}", "id", NULL},
        {"{\"id\":\"abc", "id", NULL},
        {"{\"id\":[1,2", "id", NULL},
        {"{\"id\\", "id", NULL},
        {"{\"a\":1;\"id\":2}", "id", NULL},
    };

    (void)state;
    for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
        struct td_str v = {NULL, 0};
        const bool found = td_json_find(td_str_of(t[k].text), t[k].key, &v);
        if (found != (t[k].value != NULL) || (found && !td_str_eq(v, td_str_of(t[k].value))))
            fail_msg("case %zu: %.*s", k, (int)v.n, v.p ? v.p : "");
    }
}

/* Every prefix, and every byte changed, in an allocation of its own length: the scanner stays
   inside. */
static void find_damaged(void **state)
{
    static const char text[] =
        "{\"code\":0,\"message\":\"a\\\"b\\\\\",\"data\":[{\"x\":[1,2]},\"]\"],"
        "\"req_id\":12345678901234567890}";

    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *cut = malloc(n ? n : 1);
        struct td_str v;
        memcpy(cut, text, n);
        assert_int_equal(td_json_find((struct td_str){cut, n}, "req_id", &v), false);
        free(cut);
    }
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (int c = 0; c < 256; c++) {
            char *bad = malloc(sizeof text - 1);
            struct td_str v;
            memcpy(bad, text, sizeof text - 1);
            bad[at] = (char)c;
            if (td_json_find((struct td_str){bad, sizeof text - 1}, "req_id", &v))
                assert_true(v.p >= bad && v.p + v.n <= bad + sizeof text - 1);
            free(bad);
        }
    }
}

static void elements(void **state)
{
    struct td_str rest = TD_STR(" [ 1, \"a,b]\" ,{\"x\":[1,2]}, -5 ] "), v;
    static const char *const want[] = {"1", "\"a,b]\"", "{\"x\":[1,2]}", "-5"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(td_json_next(&rest, &v));
        assert_true(td_str_eq(v, td_str_of(want[i])));
    }
    assert_false(td_json_next(&rest, &v));
    rest = TD_STR("[]");
    assert_false(td_json_next(&rest, &v));
    rest = TD_STR("5");
    assert_false(td_json_next(&rest, &v));
}

static void tree(void **state)
{
    struct td_arena a = {NULL};
    struct td_json j;
    struct td_str s, list[3];
    int64_t ints[3];
    bool nomem;

    (void)state;
    assert_true(td_json_parse(
        &j,
        TD_STR(
            "{\"id\":9223372036854775809,\"n\":-9007199254740993,\"s\":\"\\u4f60\\ud83d\\ude00\","
            "\"b\":true,\"z\":null,\"l\":[\"a\",\"\",\"c\"],\"i\":[1,2,4194304]} ")));
    assert_true(td_json_u64(&j, "id", 0) == 9223372036854775809u);
    assert_true(td_json_i64(&j, "n", 0) == -9007199254740993);
    assert_true(td_json_i64(&j, "id", 5) == 5);
    assert_true(td_json_u64(&j, "none", 7) == 7);
    assert_true(td_json_bool(&j, "b", false) && !td_json_bool(&j, "s", false));
    assert_true(td_json_has(&j, "b") && !td_json_has(&j, "z") && !td_json_has(&j, "none"));
    assert_true(td_json_str(&j, "s", &a, &s));
    assert_true(td_str_eq(s, TD_STR("\xe4\xbd\xa0\xf0\x9f\x98\x80")));
    assert_true(td_json_str(&j, "z", &a, &s) && s.n == 0);
    assert_int_equal(td_json_len(&j, "l"), 3);
    assert_int_equal(td_json_len(&j, "z"), -1);
    assert_true(td_json_strs(&j, "l", &a, list, 3, &nomem) && td_str_eq(list[2], TD_STR("c")));
    assert_false(td_json_strs(&j, "i", &a, list, 3, &nomem));
    assert_true(td_json_ints(&j, "i", ints, 3) && ints[2] == 4194304);
    assert_false(td_json_ints(&j, "i", ints, 3 + 1));
    assert_false(td_json_ints(&j, "l", ints, 3));
    td_json_free(&j);
    td_arena_free(&a);
}

static void refused(void **state)
{
    static const char *const bad[] = {
        "", "x", "[1]", "1", "{\"a\":1", "{\"a\":1}}", "{\"a\":1} {}", "{\"a\":}", "null", "{a:1}"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct td_json j;
        assert_false(td_json_parse(&j, td_str_of(bad[i])));
    }
}

static void writing(void **state)
{
    struct td_buf b = TD_BUF_INIT(1000);
    static const char in[] = "a\"b\\c\n\r\t\x01\x1f/<\xe4\xbd\xa0";

    (void)state;
    assert_true(td_json_put_str(&b, (struct td_str){in, sizeof in - 1}));
    assert_true(
        td_str_eq(td_buf_str(&b), TD_STR("\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f/<\xe4\xbd\xa0\"")));
    td_buf_reset(&b);
    assert_true(td_json_put_str(&b, TD_STR("")));
    assert_true(td_str_eq(td_buf_str(&b), TD_STR("\"\"")));
    td_buf_free(&b);
    b = TD_BUF_INIT(4);
    assert_false(td_json_put_str(&b, TD_STR("long text")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers), cmocka_unit_test(find), cmocka_unit_test(find_damaged),
        cmocka_unit_test(elements), cmocka_unit_test(tree), cmocka_unit_test(refused),
        cmocka_unit_test(writing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

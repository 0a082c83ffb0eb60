/* str_ut.c: slices, integers in text, SQL patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"

static void compares(void **state)
{
    static const struct {
        const char *a, *b;
        bool eq, ieq, istarts; /* istarts: a starts with b */
    } rows[] = {
        {"", "", true, true, true},
        {"a", "a", true, true, true},
        {"a", "A", false, true, true},
        {"Az09_", "aZ09_", false, true, true},
        {"abc", "AB", false, false, true},
        {"ab", "abc", false, false, false},
        {"abc", "", false, false, true},
        {"[", "{", false, false, false}, /* the neighbours of the letters do not fold */
        {"@", "`", false, false, false},
        {"\xC3\x84", "\xC3\xA4", false, false, false}, /* nor do letters beyond ASCII */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_str a = td_str_of(rows[i].a), b = td_str_of(rows[i].b);
        assert_int_equal(td_str_eq(a, b), rows[i].eq);
        assert_int_equal(td_str_ieq(a, b), rows[i].ieq);
        assert_int_equal(td_str_ieqz(a, rows[i].b), rows[i].ieq);
        assert_int_equal(td_str_istarts(a, rows[i].b), rows[i].istarts);
    }
    assert_int_equal(td_str_of(NULL).n, 0);
    assert_true(td_str_eq(td_str_of(NULL), TD_STR("")));
    assert_false(td_str_eq((struct td_str){"a\0b", 3}, (struct td_str){"a\0c", 3}));
}

static void trims(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", ""},     {" ", ""},    {" \t\r\n\v\f ", ""},       {"a", "a"}, {" a b ", "a b"},
        {"\ta", "a"}, {"a\n", "a"}, {"\xC2\xA0x", "\xC2\xA0x"}, /* only ASCII blanks */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(td_str_eq(td_str_trim(td_str_of(rows[i].in)), td_str_of(rows[i].out)));
}

static void reads_integers(void **state)
{
    static const struct {
        const char *in;
        bool ok;
        int64_t v;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+7", true, 7},
        {"007", true, 7},
        {"6041", true, 6041},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"18446744073709551617", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+", false, 0},
        {"--1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"0x10", false, 0},
        {"1e3", false, 0},
        {"\xD9\xA1", false, 0}, /* an Arabic digit */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t v = 0;
        assert_int_equal(td_str_i64(td_str_of(rows[i].in), &v), rows[i].ok);
        assert_true(v == rows[i].v);
    }
}

static void matches_patterns(void **state)
{
    static const struct {
        const char *text, *pattern;
        char escape;
        bool icase, match;
    } rows[] = {
        {"", "", 0, false, true},
        {"", "%", 0, false, true},
        {"", "_", 0, false, false},
        {"a", "", 0, false, false},
        {"meters", "meters", 0, false, true},
        {"meters", "Meters", 0, false, false},
        {"meters", "Meters", 0, true, true},
        {"meters", "met%", 0, false, true},
        {"meters", "%ers", 0, false, true},
        {"meters", "%e%e%", 0, false, true},
        {"meters", "%e%e%e%", 0, false, false},
        {"meters", "m_t_r_", 0, false, true},
        {"meters", "m_t_r__", 0, false, false},
        {"meters", "%%%", 0, false, true},
        {"meters", "%x", 0, false, false},
        {"meters", "meter", 0, false, false},
        {"meter", "meters", 0, false, false},
        {"a%b", "a\\%b", '\\', false, true},
        {"axb", "a\\%b", '\\', false, false},
        {"a_b", "a\\_b", '\\', false, true},
        {"axb", "a\\_b", '\\', false, false},
        {"a\\b", "a\\\\b", '\\', false, true},
        {"axb", "a\\xb", '\\', false, true}, /* an escape before a plain character is no error */
        {"a\\", "a\\", '\\', false, true},   /* at the end it stands for itself */
        {"a\\%", "a\\%", 0, false, true},    /* without an escape it is a plain character */
        {"a\\xyz", "a\\%", 0, false, true},
        {"axyz", "a\\%", 0, false, false},
        {"x!%", "x!%", '!', false, false},
        {"x%", "x!%", '!', false, true},
        {"\xE6\xB8\xA9\xE5\xBA\xA6", "__", 0, false, true}, /* two Chinese characters */
        {"\xE6\xB8\xA9\xE5\xBA\xA6", "___", 0, false, false},
        {"\xF0\x9F\x98\x80!", "_!", 0, false, true},
        {"a\xC3\xA9z", "a%z", 0, false, true},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%a%a%a%c", 0, false, false},
        {"abcabcabd", "%abd", 0, false, true},
        {"mississippi", "m%iss%ip%", 0, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (td_str_like(td_str_of(rows[i].text), td_str_of(rows[i].pattern), rows[i].escape,
                        rows[i].icase) != rows[i].match)
            fail_msg("'%s' LIKE '%s'", rows[i].text, rows[i].pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(trims),
        cmocka_unit_test(reads_integers),
        cmocka_unit_test(matches_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

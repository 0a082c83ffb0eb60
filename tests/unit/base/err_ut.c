/*
 * err_ut.c: the server's codes → SQLSTATE. `spec` is protocol.md section 6 as a table of its own,
 * taken from the document and not from errcodes.def; `seen` are messages of the golden recordings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"

static const struct {
    uint32_t first, last;
    const char *state;
} spec[] = {
    {0x0003, 0x0003, "28000"}, {0x000B, 0x000B, "08S01"}, {0x0013, 0x0013, "08001"},
    {0x0015, 0x0015, "08001"}, {0x0018, 0x0018, "08S01"}, {0x0019, 0x0019, "HYT00"},
    {0x0020, 0x0020, "08S01"}, {0x0021, 0x0021, "08S01"}, {0x0022, 0x0024, "08S01"},
    {0x0100, 0x0100, "HYC00"}, {0x0102, 0x0102, "HY001"}, {0x0107, 0x0107, "HY000"},
    {0x0110, 0x0110, "HY000"}, {0x0112, 0x0112, "22003"}, {0x0115, 0x0115, "HY000"},
    {0x0116, 0x0116, "HY000"}, {0x0118, 0x0118, "HY024"}, {0x011A, 0x011A, "HY024"},
    {0x0119, 0x0119, "HY024"}, {0x0133, 0x0133, "HY024"}, {0x011E, 0x011E, "08004"},
    {0x0125, 0x0125, "40001"}, {0x0127, 0x0127, "22007"}, {0x012B, 0x012B, "HY000"},
    {0x012E, 0x012E, "HY000"}, {0x012C, 0x012C, "HYT00"}, {0x0130, 0x0130, "08S01"},
    {0x0131, 0x0131, "08S01"}, {0x0134, 0x0134, "28000"}, {0x013D, 0x013D, "22003"},
    {0x013E, 0x013E, "22012"}, {0x0200, 0x0200, "42000"}, {0x0203, 0x0203, "22018"},
    {0x0207, 0x0207, "28000"}, {0x0208, 0x0208, "28000"}, {0x0209, 0x0209, "42000"},
    {0x020A, 0x020A, "42000"}, {0x020B, 0x020B, "08003"}, {0x020F, 0x020F, "HY008"},
    {0x0213, 0x0213, "08S01"}, {0x0214, 0x0214, "42000"}, {0x0215, 0x0215, "08S01"},
    {0x0216, 0x0216, "42000"}, {0x0217, 0x0217, "3D000"}, {0x0218, 0x0218, "42S02"},
    {0x0219, 0x0219, "42000"}, {0x021B, 0x021B, "42000"}, {0x021D, 0x021D, "42S21"},
    {0x021E, 0x021E, "22001"}, {0x021F, 0x021F, "22001"}, {0x0221, 0x0221, "22018"},
    {0x0222, 0x0222, "22018"}, {0x0224, 0x0224, "22003"}, {0x022A, 0x022A, "HY010"},
    {0x022C, 0x022C, "HYC00"}, {0x022D, 0x022D, "HY008"}, {0x0236, 0x0236, "07002"},
    {0x0237, 0x0237, "HYC00"}, {0x02FF, 0x02FF, "HY000"}, {0x0303, 0x0303, "42000"},
    {0x0315, 0x0315, "28000"}, {0x0350, 0x0350, "42000"}, {0x0351, 0x0351, "28000"},
    {0x0352, 0x0355, "28000"}, {0x0357, 0x0357, "28000"}, {0x0360, 0x0360, "42S01"},
    {0x0362, 0x0362, "42S02"}, {0x0364, 0x0364, "42000"}, {0x0365, 0x0365, "42000"},
    {0x0369, 0x0369, "42S21"}, {0x036A, 0x036A, "42S22"}, {0x036B, 0x036B, "42S21"},
    {0x036C, 0x036C, "42S22"}, {0x036F, 0x036F, "42000"}, {0x0373, 0x0373, "42000"},
    {0x0374, 0x0374, "42000"}, {0x0380, 0x0380, "3D000"}, {0x0381, 0x0381, "42000"},
    {0x0388, 0x0388, "3D000"}, {0x0383, 0x0383, "3D000"}, {0x0386, 0x0386, "40001"},
    {0x0396, 0x0396, "40001"}, {0x038B, 0x038B, "42S12"}, {0x03D3, 0x03D3, "40001"},
    {0x03E0, 0x03E0, "42000"}, {0x03E1, 0x03E1, "42000"}, {0x03EB, 0x03EB, "42000"},
    {0x04A0, 0x04A0, "42S01"}, {0x04A1, 0x04A1, "42S02"}, {0x0503, 0x0503, "40001"},
    {0x0512, 0x0512, "42000"}, {0x0525, 0x0525, "42S21"}, {0x0526, 0x0526, "42S22"},
    {0x0531, 0x0531, "HY000"}, {0x0538, 0x0538, "HY000"}, {0x0603, 0x0603, "42S01"},
    {0x0618, 0x0618, "42S02"}, {0x0619, 0x0619, "42S01"}, {0x061A, 0x061A, "42S02"},
    {0x060B, 0x060B, "22008"}, {0x0615, 0x0615, "22018"}, {0x0700, 0x070F, "HY000"},
    {0x0724, 0x0724, "HY008"}, {0x0725, 0x0725, "HY008"}, {0x0731, 0x0731, "HYC00"},
    {0x0739, 0x073A, "HY001"}, {0x073B, 0x073B, "HYT00"}, {0x0800, 0x0833, "HY000"},
    {0x0903, 0x0903, "08S01"}, {0x090C, 0x090C, "08S01"}, {0x0911, 0x0911, "08S01"},
    {0x0914, 0x0914, "08S01"}, {0x0917, 0x0917, "08S01"}, {0x1101, 0x1104, "HY000"},
    {0x1105, 0x1105, "28000"}, {0x1106, 0x1121, "HY000"}, {0x1122, 0x1122, "28000"},
    {0x1123, 0x1123, "HY000"}, {0x1124, 0x1125, "28000"}, {0x1126, 0x1135, "HY000"},
    {0x2600, 0x2600, "42000"}, {0x2601, 0x2601, "42000"}, {0x2602, 0x2602, "42S22"},
    {0x2603, 0x2603, "42S02"}, {0x2604, 0x2604, "42000"}, {0x2605, 0x2605, "22018"},
    {0x2608, 0x260C, "42000"}, {0x2627, 0x2627, "42000"}, {0x260D, 0x260D, "21S01"},
    {0x260E, 0x260E, "42S22"}, {0x2610, 0x2610, "42000"}, {0x2611, 0x2611, "42000"},
    {0x2616, 0x2616, "3D000"}, {0x2617, 0x2617, "42000"}, {0x2634, 0x2634, "21S01"},
    {0x2635, 0x2635, "22007"}, {0x263B, 0x263B, "42000"}, {0x263C, 0x263C, "42S21"},
    {0x263D, 0x2643, "42000"}, {0x2644, 0x2644, "42000"}, {0x2653, 0x2653, "22001"},
    {0x2655, 0x2655, "42000"}, {0x2662, 0x2662, "HY000"}, {0x2663, 0x2663, "42000"},
    {0x266A, 0x266A, "22018"}, {0x267B, 0x267B, "23000"}, {0x267C, 0x267C, "23000"},
    {0x26FF, 0x26FF, "HY000"}, {0x2800, 0x2800, "HY000"}, {0x2801, 0x2801, "42000"},
    {0x2802, 0x2802, "42000"}, {0x2803, 0x2803, "42000"}, {0x2804, 0x2804, "42000"},
    {0x280C, 0x280C, "22003"}, {0x3000, 0x3006, "42000"}, {0x4000, 0x4019, "HY000"},
    {0x6300, 0x6302, "HYC00"}, {0x6303, 0x6303, "22001"}, {0x6304, 0x6306, "HYC00"},
    {0xFFFD, 0xFFFD, "42000"}, {0xFFFE, 0xFFFE, "HYT00"}, {0xFFFF, 0xFFFF, "HY000"},
};

static const char *state_of(uint32_t code, const char *text, bool connecting)
{
    struct td_err e;
    assert_int_equal(td_err_server(&e, code, text, connecting), TD_FAIL);
    return td_sqlstate_text(e.state);
}

static void codes_follow_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++)
        for (uint32_t c = spec[i].first; c <= spec[i].last; c++) {
            if (strcmp(state_of(c, "whatever", false), spec[i].state) != 0)
                fail_msg("0x%04X is %s, not %s", c, state_of(c, "whatever", false), spec[i].state);
            /* libtaos' form of the same code. */
            assert_string_equal(state_of(0x80000000u | c, "whatever", false), spec[i].state);
        }
}

static bool specified(uint32_t code)
{
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++)
        if (code >= spec[i].first && code <= spec[i].last) return true;
    return code == 0x022B;
}

static void all_other_codes_are_general_errors(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0xFFFF; c++)
        if (!specified(c) && strcmp(state_of(c, "whatever", false), "HY000") != 0)
            fail_msg("0x%04X is %s", c, state_of(c, "whatever", false));
}

static void connecting_differs_where_said(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0xFFFF; c++) {
        const char *other = state_of(c, "whatever", true);
        if (c == 0x000B)
            assert_string_equal(other, "08001");
        else
            assert_string_equal(other, state_of(c, "whatever", false));
    }
}

static const struct {
    uint32_t code;
    const char *text, *state;
} seen[] = {
    {0x0003, "Authentication failure", "28000"},
    {0x0118, "invalid value for key 'auto.offset.reset': sideways", "HY024"},
    {0x013D, "Decimal value overflow", "22003"},
    {0x0200, "column type mis-match with buffer type", "42000"},
    {0x0216, "syntax error near 'POINT(1' (Invalid function para value)", "22018"},
    {0x0216, "syntax error near '300)' (tinyint data overflow)", "22003"},
    {0x0216, "syntax error near 'not a time' (invalid timestamp)", "22007"},
    {0x0216, "syntax error near ')' (, expected)", "21S01"},
    {0x0216, "syntax error near ', 3)' () expected)", "21S01"},
    {0x0216, "syntax error near 'abc' (invalid int data)", "22018"},
    {0x0216, "syntax error near 'x'", "42000"},
    /* The statement's own words decide nothing. */
    {0x0216, "syntax error near 'data overflow' (, expected)", "21S01"},
    {0x0216, "syntax error near 'invalid timestamp' (keyword VALUES is expected)", "42000"},
    {0x022B, "Table does not exist", "42S02"},
    {0x022B, "table name not bound", "07002"},
    {0x022B, "", "07002"},
    {0x0357, "Authentication failure", "28000"},
    {0x0388, "Database not exist", "3D000"},
    {0x0603, "Table already exists", "42S01"},
    {0x060B, "Timestamp data out of range", "22008"},
    {0x2600, "syntax error near \"selec 1\"", "42000"},
    {0x2603, "Table does not exist", "42S02"},
    {0x2653, "Value too long for column/tag: c_n", "22001"},
    {0xFFFF, "message length is too short", "HY000"},
    {0xFFFF, "duplicate connections", "08002"},
    {0xFFFF, "unknown action nosuch", "HYC00"},
    {0xFFFF, "unknown binary action 250", "HYC00"},
    {0xFFFF, "unknown fetch raw block version", "HYC00"},
    {0xFFFF, "unmarshal request error", "HY000"},
    {0xFFFF, "server not connected", "08003"},
    {0xFFFF, "result is nil", "HY010"},
    {0xFFFF, "result has been freed", "HY010"},
    {0xFFFF, "stmt has been freed", "HY010"},
    {0xFFFF, "ip not in whitelist", "28000"},
    {0xFFFF, "whitelist prohibits current IP access", "28000"},
    {0xFFFF, "unknown time zone Mars/Base", "HY024"},
    {0xFFFF, "init tscObj failed", "HY000"},
    {0xFFFF, "SERVER NOT CONNECTED", "08003"},
    {0xFFFF, "", "HY000"},
    {0x2603, "server not connected", "42S02"}, /* text rules hold for their own code only */
};

static void texts_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        if (strcmp(state_of(seen[i].code, seen[i].text, false), seen[i].state) != 0)
            fail_msg("0x%04X '%s' is %s", seen[i].code, seen[i].text,
                     state_of(seen[i].code, seen[i].text, false));
}

static void messages_carry_code_and_text(void **state)
{
    static const struct {
        uint32_t code;
        const char *text;
        int32_t native;
        const char *msg;
    } rows[] = {
        {0x2603, "Table does not exist", 0x2603, "[0x2603] Table does not exist"},
        {0x80002603, " Table does not exist\n", 0x2603, "[0x2603] Table does not exist"},
        {0x000B, "x", 0x000B, "[0x000B] x"},
        /* A text that says nothing gives way to the code's own (the REST recording of 0x060B says
           "success"). */
        {0x060B, "success", 0x060B, "[0x060B] Timestamp outside the range that the database keeps"},
        {0x060B, "Success", 0x060B, "[0x060B] Timestamp outside the range that the database keeps"},
        {0x060B, "", 0x060B, "[0x060B] Timestamp outside the range that the database keeps"},
        {0x060B, NULL, 0x060B, "[0x060B] Timestamp outside the range that the database keeps"},
        {0x7777, NULL, 0x7777, "[0x7777] The server gave no reason"},
        {0x7777, "100%d%s", 0x7777, "[0x7777] 100%d%s"},
        /* taosAdapter's own: no native code, the text says whose it is (decisions.md section 3). */
        {0xFFFF, "unknown action", 0, "[0xFFFF] taosAdapter: unknown action"},
        {0xFFFE, "queue full", 0, "[0xFFFE] taosAdapter: queue full"},
        {0x1105, "", 0, "[0x1105] taosAdapter: No authentication was sent"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_err e;
        td_err_server(&e, rows[i].code, rows[i].text, false);
        assert_int_equal(e.native, rows[i].native);
        assert_string_equal(e.msg, rows[i].msg);
    }
}

/* Each default text is there and no sentence is a copy of "success". */
static void every_code_has_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++)
        for (uint32_t c = spec[i].first; c <= spec[i].last; c++) {
            struct td_err e;
            td_err_server(&e, c, NULL, false);
            assert_null(strstr(e.msg, "gave no reason"));
            assert_true(strlen(e.msg) > 12);
        }
}

/* A row that an earlier row hides would never be used. */
static void no_row_is_hidden(void **state)
{
    static const struct {
        unsigned first, last;
    } rows[] = {
#define TD_E(first, last, st, conn, text) {first, last},
#include "base/errcodes.def"
#undef TD_E
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(rows[i].first <= rows[i].last);
        for (size_t k = 0; k < i; k++)
            if (rows[k].first <= rows[i].first && rows[k].last >= rows[i].last)
                fail_msg("0x%04X is hidden", rows[i].first);
    }
}

static void long_texts_are_cut_at_a_code_point(void **state)
{
    static const char *const letters[] = {"x", "\xC3\xA9", "\xE6\xB8\xA9", "\xF0\x9F\x98\x80"};
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        size_t width = strlen(letters[k]);
        /* Every phase of the letter at the end of the buffer. */
        for (size_t lead = 0; lead < width; lead++) {
            char text[2000] = "";
            memset(text, '.', lead);
            for (size_t n = lead; n + width < sizeof text - 1; n += width)
                memcpy(text + n, letters[k], width);
            struct td_err e;
            td_err_set(&e, TD_ST_HY000, 0, "%s", text);
            size_t n = strlen(e.msg);
            assert_true(n <= sizeof e.msg - 1 && n > sizeof e.msg - 1 - width);
            assert_int_equal((n - lead) % width, 0);
            assert_memory_equal(e.msg, text, n);
            td_err_server(&e, 0x2600, text, false);
            n = strlen(e.msg);
            assert_int_equal((n - strlen("[0x2600] ") - lead) % width, 0);
        }
    }
    struct td_err e;
    td_err_set(&e, TD_ST_HY000, 0, "ends in \xE6\xB8"); /* short enough: left as it is */
    assert_string_equal(e.msg, "ends in \xE6\xB8");
}

static void set_and_nomem(void **state)
{
    (void)state;
    struct td_err e;
    assert_int_equal(td_err_set(NULL, TD_ST_HY000, 0, "x"), TD_FAIL);
    assert_int_equal(td_err_server(NULL, 0x2600, "x", false), TD_FAIL);
    assert_int_equal(td_err_nomem(NULL), TD_FAIL);
    assert_int_equal(td_err_set(&e, TD_ST_HY024, 5, "%s=%d", "Port", 0), TD_FAIL);
    assert_int_equal(e.state, TD_ST_HY024);
    assert_int_equal(e.native, 5);
    assert_string_equal(e.msg, "Port=0");
    assert_int_equal(td_err_nomem(&e), TD_FAIL);
    assert_int_equal(e.state, TD_ST_HY001);
    assert_string_equal(e.msg, "Memory allocation error");
}

static void states_are_well_formed(void **state)
{
    static const char *const names[] = {
#define TD_S(name, s3, s2, warn, text) #name,
#include "base/sqlstate.def"
#undef TD_S
    };
    (void)state;
    for (int i = 0; i < TD_ST_COUNT; i++) {
        enum td_sqlstate s = (enum td_sqlstate)i;
        assert_string_equal(td_sqlstate_text(s), names[i]);
        assert_int_equal(strlen(td_sqlstate_text2(s)), 5);
        assert_true(strlen(td_sqlstate_default(s)) > 5);
        assert_int_equal(td_sqlstate_is_warning(s), strncmp(names[i], "01", 2) == 0);
    }
    assert_string_equal(td_sqlstate_text(TD_ST_COUNT), "HY000");
    assert_false(td_sqlstate_is_warning(TD_ST_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_follow_the_specification),
        cmocka_unit_test(all_other_codes_are_general_errors),
        cmocka_unit_test(connecting_differs_where_said),
        cmocka_unit_test(texts_decide),
        cmocka_unit_test(messages_carry_code_and_text),
        cmocka_unit_test(every_code_has_a_text),
        cmocka_unit_test(no_row_is_hidden),
        cmocka_unit_test(long_texts_are_cut_at_a_code_point),
        cmocka_unit_test(set_and_nomem),
        cmocka_unit_test(states_are_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Diagnostic records: their order, the ceiling and what it says, texts and states as an application reads them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "odbc/handle.h"

static struct td_handle h;

static int fresh(void **state)
{
    (void)state;
    td_handle_init(&h, SQL_HANDLE_ENV);
    return 0;
}

static int done(void **state)
{
    (void)state;
    td_handle_dispose(&h);
    return 0;
}

static void read_rec(SQLSMALLINT n, char state[6], char *msg, size_t cap)
{
    struct td_out out = {.buf = msg, .cap = (SQLLEN)cap};
    SQLINTEGER native;

    assert_int_equal(td_diag_get_rec(&h, n, state, &native, &out), SQL_SUCCESS);
}

/* By row, records without one first; within a row errors before warnings, else as they came. */
static void order(void **state)
{
    (void)state;
    char st[6], msg[256];
    static const char *const want[] = {"HY000", "01000", "22003", "01004", "01S07", "22018"};

    assert_int_equal(td_diag_at(&h, 5, 1, TD_ST_22018, NULL), SQL_ERROR);
    assert_int_equal(td_diag_at(&h, 2, 1, TD_ST_01004, NULL), SQL_SUCCESS_WITH_INFO);
    td_diag_at(&h, 2, 2, TD_ST_01S07, NULL);
    td_diag(&h, TD_ST_01000, "a warning of the call");
    td_diag_at(&h, 2, 3, TD_ST_22003, NULL);
    td_diag(&h, TD_ST_HY000, "an error of the call");
    for (SQLSMALLINT i = 1; i <= 6; i++) {
        read_rec(i, st, msg, sizeof msg);
        assert_string_equal(st, want[i - 1]);
    }
    struct td_out out = {.buf = msg, .cap = sizeof msg};
    assert_int_equal(td_diag_get_rec(&h, 7, st, NULL, &out), SQL_NO_DATA);
    assert_int_equal(td_diag_get_rec(&h, 0, st, NULL, &out), SQL_ERROR);
}

/* 64 records are kept; the last then counts the others, and an error of the whole call still gets in. */
static void ceiling(void **state)
{
    (void)state;
    char st[6], msg[256];

    for (int row = 1; row <= 1000; row++)
        td_diag_at(&h, row, 1, TD_ST_22003, NULL);
    assert_int_equal(h.diag.n, TD_DIAG_MAX);
    read_rec(TD_DIAG_MAX, st, msg, sizeof msg);
    assert_string_equal(st, "01000");
    assert_non_null(strstr(msg, "937 more records"));
    td_diag(&h, TD_ST_08S01, "the link is lost");
    assert_int_equal(h.diag.n, TD_DIAG_MAX);
    read_rec(1, st, msg, sizeof msg);
    assert_string_equal(st, "08S01");
    assert_string_equal(msg, "[TDengine][ODBC]the link is lost");
    read_rec(TD_DIAG_MAX, st, msg, sizeof msg);
    assert_non_null(strstr(msg, "938 more records"));
}

static void texts(void **state)
{
    (void)state;
    char st[6], msg[16];
    struct td_out out = {.buf = msg, .cap = sizeof msg};

    td_diag(&h, TD_ST_42S02, "żółć");
    assert_int_equal(td_diag_get_rec(&h, 1, st, NULL, &out), SQL_SUCCESS_WITH_INFO);
    assert_string_equal(msg, "[TDengine][ODBC"); /* cut, terminated */
    h.odbc2 = true;
    td_diag_get_rec(&h, 1, st, NULL, &out);
    assert_string_equal(st, "S0002");
    td_diag_clear(&h.diag);
    assert_int_equal(td_diag_get_rec(&h, 1, st, NULL, &out), SQL_NO_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(order, fresh, done),
        cmocka_unit_test_setup_teardown(ceiling, fresh, done),
        cmocka_unit_test_setup_teardown(texts, fresh, done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

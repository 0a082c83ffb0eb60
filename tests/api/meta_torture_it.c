/*
 * Metadata calls with the n-th allocation failing: each must end in an error with a record (HY001, or what losing the
 * connection gives), never in a crash, a leak or a half-written result.
 */
#include "apitest.h"

#if TD_THROUGH_DM /* the hook is inside the driver: only where it is linked directly */

static void nothing(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include "base/alloc.h"

#define S(text) (SQLCHAR *)(text), SQL_NTS

static SQLRETURN tables(SQLHSTMT s)
{
    return SQLTables(s, S("tort%"), NULL, 0, S("%"), S("TABLE,CHILD TABLE"));
}
static SQLRETURN columns(SQLHSTMT s)
{
    return SQLColumns(s, S("torture"), NULL, 0, S("%"), S("%"));
}
static SQLRETURN keys(SQLHSTMT s)
{
    return SQLPrimaryKeys(s, S("torture"), NULL, 0, S("n"));
}
static SQLRETURN statistics(SQLHSTMT s)
{
    return SQLStatistics(s, S("torture"), NULL, 0, S("st"), SQL_INDEX_ALL, SQL_ENSURE);
}
static SQLRETURN type_info(SQLHSTMT s)
{
    return SQLGetTypeInfo(s, SQL_ALL_TYPES);
}
static SQLRETURN escapes(SQLHSTMT s)
{
    return SQLExecDirect(s, S("select {fn CONCAT({fn LCASE('A')}, 'b')} ; select 2"));
}

static const struct {
    const char *name;
    SQLRETURN (*call)(SQLHSTMT);
    int rows;
} calls[] = {{"SQLTables", tables, 3},          {"SQLColumns", columns, 5},
             {"SQLPrimaryKeys", keys, 1},       {"SQLStatistics", statistics, 2},
             {"SQLGetTypeInfo", type_info, 19}, {"escapes", escapes, 1}};

static int count_rows(SQLHSTMT s)
{
    int n = 0;
    while (SQL_SUCCEEDED(SQLFetch(s)))
        n++;
    return n;
}

/* True when the call succeeded although the n-th allocation was to fail: there were not so many. */
static bool attempt(size_t which, uint64_t nth)
{
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    td_alloc_fail_at(nth, 0);
    SQLRETURN rc = calls[which].call(stmt);
    td_alloc_fail_at(0, 0);
    if (SQL_SUCCEEDED(rc)) {
        assert_int_equal(count_rows(stmt), calls[which].rows);
    } else {
        assert_int_equal(rc, SQL_ERROR);
        const char *state = at_state(SQL_HANDLE_STMT, stmt);
        if (strcmp(state, "HY001") != 0 && strcmp(state, "08S01") != 0)
            fail_msg("%s, allocation %d: %s %s", calls[which].name, (int)nth, state,
                     at_message(SQL_HANDLE_STMT, stmt, 1, NULL));
    }
    at_free(stmt);
    at_disconnect(dbc);
    return SQL_SUCCEEDED(rc);
}

static void allocations_fail(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "create database torture");
    at_exec(stmt, "create stable torture.st (ts timestamp, v int) tags (g int)");
    at_exec(stmt, "create table torture.c using torture.st tags (1)");
    at_exec(stmt, "create table torture.n (ts timestamp, w int)");
    at_free(stmt);
    at_disconnect(dbc);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int in_a_row = 0, failed = 0;
        /* the service thread allocates too, so one success does not mean the end */
        for (uint64_t nth = 1; in_a_row < 5 && nth < 500; nth++) {
            bool ok = attempt(i, nth);
            in_a_row = ok ? in_a_row + 1 : 0;
            failed += !ok;
        }
        assert_int_equal(in_a_row, 5);
        assert_true(failed >= 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(allocations_fail)};
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

#endif

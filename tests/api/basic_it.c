/*
 * The first end-to-end path: connect, run, describe, fetch, disconnect.
 */
#include "apitest.h"

static void select_one(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT n;

    at_exec(stmt, "select 1");
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_int_equal(n, 1);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "1");
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLCloseCursor(stmt), stmt);
    at_free(stmt);
    at_disconnect(dbc);
}

static void row_sets_cross_blocks(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLULEN fetched, total = 0;
    SQLINTEGER v[3];
    SQLLEN ind[3];
    SQLUSMALLINT status[3];
    static const SQLULEN want[] = {3, 3, 3, 1};

    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)3, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0), stmt);
    at_exec(stmt, "select * from gen.numeric where rows=10 and block=5");
    at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, v, 0, ind), stmt);
    for (int i = 0; i < 4; i++) {
        at_sok(SQLFetch(stmt), stmt);
        assert_int_equal(fetched, want[i]);
        for (SQLULEN r = 0; r < 3; r++)
            assert_int_equal(status[r], r < fetched ? SQL_ROW_SUCCESS : SQL_ROW_NOROW);
        total += fetched;
    }
    assert_int_equal(total, 10);
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_free(stmt);
    at_disconnect(dbc);
}

static void errors_have_states(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLINTEGER native;

    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"selec 1", SQL_NTS), stmt, "42000");
    const char *msg = at_message(SQL_HANDLE_STMT, stmt, 1, &native);
    assert_int_equal(native, 0x2600);
    assert_non_null(strstr(msg, "[TDengine][ODBC]"));
    assert_non_null(strstr(msg, "[0x2600]"));
    at_srv_fails(SQLFetch(stmt), stmt, "HY010");
    at_free(stmt);
    at_disconnect(dbc);
}

static void batches(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);

    at_exec(stmt, "select 1; select ';'; /* ; */ select 3");
    static const char *want[] = {"1", ";", "3"};
    for (int i = 0; i < 3; i++) {
        at_sok(SQLFetch(stmt), stmt);
        assert_string_equal(at_text(stmt, 1), want[i]);
        SQLRETURN rc = SQLMoreResults(stmt);
        assert_int_equal(rc, i < 2 ? SQL_SUCCESS : SQL_NO_DATA);
    }
    at_free(stmt);
    at_disconnect(dbc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_one),
        cmocka_unit_test(row_sets_cross_blocks),
        cmocka_unit_test(errors_have_states),
        cmocka_unit_test(batches),
    };

    return at_run_tests(tests, at_setup, at_teardown);
}

/*
 * Preparing and executing: describe before execute, re-execute, row counts, batches, transactions that are none, states.
 */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int open_stmt(void **state)
{
    (void)state;
    dbc = at_connect("Timezone=UTC;");
    stmt = at_stmt(dbc);
    at_exec(stmt, "create database if not exists ex precision 'us'");
    at_exec(stmt, "create table if not exists ex.t (ts timestamp, i int, v varchar(20))");
    at_exec(stmt, "delete from ex.t");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    return 0;
}

static int close_stmt(void **state)
{
    (void)state;
    at_free(stmt);
    at_disconnect(dbc);
    return 0;
}

#define PREPARE(sql) at_sok(SQLPrepare(stmt, (SQLCHAR *)(sql), SQL_NTS), stmt)

static void describe_before_execute(void **state)
{
    (void)state;
    SQLSMALLINT n, type, digits, nullable, len;
    SQLULEN size;
    SQLCHAR name[64];
    SQLLEN rows;

    at_exec(stmt, "insert into ex.t values('2024-01-01 00:00:00.123456', 7, 'x')");
    PREPARE("select ts, i, v from ex.t");
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_int_equal(n, 3);
    at_sok(SQLDescribeCol(stmt, 1, name, sizeof name, &len, &type, &size, &digits, &nullable),
           stmt);
    assert_string_equal((char *)name, "ts");
    assert_int_equal(type, SQL_TYPE_TIMESTAMP);
    assert_int_equal(size, 26);
    assert_int_equal(digits, 6);
    at_srv_fails(SQLFetch(stmt), stmt, "HY010"); /* described is not executed */
    for (int round = 0; round < 3; round++) {
        at_sok(SQLExecute(stmt), stmt);
        at_sok(SQLFetch(stmt), stmt);
        assert_string_equal(at_text(stmt, 1), "2024-01-01 00:00:00.123456");
        assert_string_equal(at_text(stmt, 2), "7");
        assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
        at_sok(SQLRowCount(stmt, &rows), stmt);
        assert_int_equal(rows, -1);
        at_sok(SQLCloseCursor(stmt), stmt);
    }
    /* what a describe ran is not what a later execute sees */
    PREPARE("select count(*) from ex.t");
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "1");
    at_sok(SQLCloseCursor(stmt), stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "1");
}

/* INSERT and DDL have 0 columns and are not run by asking. */
static void describe_runs_nothing_that_writes(void **state)
{
    (void)state;
    SQLSMALLINT n = 99;
    SQLLEN rows;

    PREPARE("insert into ex.t values('2024-01-02', 1, 'a')('2024-01-03', 2, 'b')");
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_int_equal(n, 0);
    SQLHSTMT other = at_stmt(dbc);
    assert_string_equal(at_scalar(other, "select count(*) from ex.t"), "0");
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLRowCount(stmt, &rows), stmt);
    assert_int_equal(rows, 2);
    assert_string_equal(at_scalar(other, "select count(*) from ex.t"), "2");
    PREPARE("create table ex.made_by_describe (ts timestamp, i int)");
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_int_equal(n, 0);
    at_rc(SQLExecDirect(other, (SQLCHAR *)"describe ex.made_by_describe", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, other, "42S02");
    at_free(other);
}

static void show_and_describe_are_prepared(void **state)
{
    (void)state;
    SQLSMALLINT n;

    PREPARE("describe ex.t");
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_true(n >= 4);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "ts");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    PREPARE("show databases");
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
}

static void errors_of_prepared_statements(void **state)
{
    (void)state;
    SQLSMALLINT n;

    PREPARE("select nothing from ex.t");
    at_srv_fails(SQLNumResultCols(stmt, &n), stmt, "42S22");
    at_srv_fails(SQLExecute(stmt), stmt, "42S22");
    PREPARE("select 1");
    at_sok(SQLExecute(stmt), stmt);
    at_srv_fails(SQLExecute(stmt), stmt, "24000");
    at_srv_fails(SQLPrepare(stmt, (SQLCHAR *)"select 2", SQL_NTS), stmt, "24000");
    /* unixODBC forgets the cursor after those 24000: SQLCloseCursor would fail there */
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_srv_fails(SQLCloseCursor(stmt), stmt, "24000");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select ?", SQL_NTS), stmt, "07002");
}

static void update_batches_run_at_once(void **state)
{
    (void)state;
    SQLLEN rows;
    SQLHSTMT other = at_stmt(dbc);

    /* a program that never calls SQLMoreResults still gets all its inserts */
    at_exec(stmt, "insert into ex.t values('2024-02-01', 1, 'a'); insert into ex.t "
                  "values('2024-02-02', 2, 'b')('2024-02-03', 3, 'c')");
    assert_string_equal(at_scalar(other, "select count(*) from ex.t"), "3");
    at_sok(SQLRowCount(stmt, &rows), stmt);
    assert_int_equal(rows, 1);
    at_sok(SQLMoreResults(stmt), stmt);
    at_sok(SQLRowCount(stmt, &rows), stmt);
    assert_int_equal(rows, 2);
    assert_int_equal(SQLMoreResults(stmt), SQL_NO_DATA);
    /* a failure behind the first shows at once as a warning, and as the error when its turn comes */
    SQLRETURN rc = SQLExecDirect(stmt,
                                 (SQLCHAR *)"insert into ex.t values('2024-02-04', 4, 'd'); insert "
                                            "into ex.nowhere values(now, 1)",
                                 SQL_NTS);
    at_rc(rc, SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, "01000");
    at_srv_fails(SQLMoreResults(stmt), stmt, "42S02");
    assert_int_equal(SQLMoreResults(stmt), SQL_NO_DATA);
    at_free(other);
}

static void mixed_batch(void **state)
{
    (void)state;
    at_exec(stmt, "select 1 -- a; comment\n; insert into ex.t values('2024-03-01', 1, ';'); select "
                  "v from ex.t; ");
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "1");
    at_sok(SQLMoreResults(stmt), stmt);
    SQLLEN rows;
    at_sok(SQLRowCount(stmt, &rows), stmt);
    assert_int_equal(rows, 1);
    at_sok(SQLMoreResults(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), ";");
    assert_int_equal(SQLMoreResults(stmt), SQL_NO_DATA);
    at_srv_fails(SQLFetch(stmt), stmt, TD_THROUGH_DM ? NULL : "HY010");
}

static void transactions(void **state)
{
    (void)state;
    SQLUINTEGER mode = 99;

    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0),
          SQL_HANDLE_DBC, dbc);
    at_ok(SQLGetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, &mode, 0, NULL), SQL_HANDLE_DBC, dbc);
    assert_int_equal(mode, SQL_AUTOCOMMIT_OFF);
    assert_int_equal(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_COMMIT), SQL_SUCCESS);
    assert_int_equal(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK),
                     SQL_SUCCESS); /* nothing was written */
    at_exec(stmt, "insert into ex.t values('2024-04-01', 1, 'kept')");
    at_rc(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_DBC, dbc,
          "01000");
    assert_int_equal(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK), SQL_SUCCESS);
    assert_int_equal(SQLEndTran(SQL_HANDLE_ENV, at_env, SQL_COMMIT), SQL_SUCCESS);
    at_rc(SQLEndTran(SQL_HANDLE_DBC, dbc, 7), SQL_ERROR, SQL_HANDLE_DBC, dbc, "HY012");
}

static void use_moves_the_catalog(void **state)
{
    (void)state;
    char name[64];
    SQLINTEGER len;

    at_exec(stmt, "use ex");
    at_ok(SQLGetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, name, sizeof name, &len), SQL_HANDLE_DBC,
          dbc);
    assert_string_equal(name, "ex");
    assert_int_equal(len, 2);
    assert_string_equal(at_scalar(stmt, "select count(*) from t"), "0");
    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER) "information_schema",
                            SQL_NTS),
          SQL_HANDLE_DBC, dbc);
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select count(*) from t", SQL_NTS), stmt, "42S02");
    at_rc(SQLSetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER) "no_such_db", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_DBC, dbc, "3D000");
}

static void invalid_text(void **state)
{
    (void)state;
    static const SQLWCHAR lone[] = {'s', 'e', 'l', 'e', 'c', 't', ' ', '\'', 0xD800, '\'', 0};

    if (!TD_THROUGH_DM)
        at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select '\xff'", SQL_NTS), stmt, "22018");
    at_srv_fails(SQLExecDirectW(stmt, (SQLWCHAR *)lone, SQL_NTS), stmt, "22018");
    at_srv_fails(SQLExecDirect(stmt, NULL, SQL_NTS), stmt, "HY009");
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select 1", -7), stmt, "HY090");
    at_exec(stmt, "select 1");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stmt, close_stmt)
    const struct CMUnitTest tests[] = {
        T(describe_before_execute),
        T(describe_runs_nothing_that_writes),
        T(show_and_describe_are_prepared),
        T(errors_of_prepared_statements),
        T(update_batches_run_at_once),
        T(mixed_batch),
        T(transactions),
        T(use_moves_the_catalog),
        T(invalid_text),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

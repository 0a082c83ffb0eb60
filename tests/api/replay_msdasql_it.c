/*
 * SQL Server's linked servers (MSDASQL), SSIS and DBeaver's JDBC-ODBC bridge, written from public
 * issues (clients.md; ClickHouse #176, #371, TDengine #25693): columns described before anything
 * is executed, DECIMAL bound as text by its display size, SQLCancel at any time, a row limit on
 * every statement.
 */
#include "replay.h"

static SQLHDBC dbc;

static int setup(void **state)
{
    if (rp_setup(state)) return 1;
    dbc = at_connect("Timezone=UTC;");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "create database ms");
    at_exec(stmt,
            "create table ms.t (ts timestamp, d decimal(38, 10), n nchar(8), b varbinary(4))");
    at_exec(stmt, "insert into ms.t values (1700000000000, "
                  "-1234567890123456789012345678.0123456789, 'x', null)");
    at_free(stmt);
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    return at_teardown(state);
}

static SQLLEN attribute(SQLHSTMT stmt, SQLUSMALLINT col, SQLUSMALLINT field)
{
    SQLLEN v = -99;

    at_sok(SQLColAttributeW(stmt, col, field, NULL, 0, NULL, &v), stmt);
    return v;
}

static void described_before_execute(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT cols, type, digits, nullable, len;
    SQLULEN size;
    SQLWCHAR name[64];
    char text[64];
    SQLLEN ind;

    at_sok(SQLCancel(stmt), stmt);
    at_sok(SQLPrepareW(stmt, W("select * from `ms`.`t`")), stmt);
    at_sok(SQLNumResultCols(stmt, &cols), stmt);
    assert_int_equal(cols, 4);
    for (SQLUSMALLINT c = 1; c <= 4; c++) {
        at_sok(SQLDescribeColW(stmt, c, name, 64, &len, &type, &size, &digits, &nullable), stmt);
        assert_int_equal(attribute(stmt, c, SQL_DESC_CONCISE_TYPE), type);
        assert_true(attribute(stmt, c, SQL_DESC_OCTET_LENGTH) > 0);
        assert_true(attribute(stmt, c, SQL_DESC_SEARCHABLE) != SQL_PRED_NONE);
        assert_int_equal(attribute(stmt, c, SQL_DESC_UPDATABLE), SQL_ATTR_READONLY);
        assert_int_equal(attribute(stmt, c, SQL_DESC_NULLABLE), nullable);
    }
    /* a DECIMAL is fetched as text of its display size */
    SQLLEN display = attribute(stmt, 2, SQL_DESC_DISPLAY_SIZE);
    assert_int_equal(display, 40); /* 38 digits, a sign, a point */
    at_sok(SQLBindCol(stmt, 2, SQL_C_CHAR, text, display + 1, &ind), stmt);
    at_sok(SQLExecute(stmt), stmt);
    assert_int_equal(SQLFetch(stmt), SQL_SUCCESS);
    assert_string_equal(text, "-1234567890123456789012345678.0123456789");
    assert_int_equal(ind, 40);
    at_sok(SQLCancel(stmt), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    /* what was described once is executed again */
    at_sok(SQLExecute(stmt), stmt);
    assert_int_equal(SQLFetch(stmt), SQL_SUCCESS);
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_free(stmt);
}

/* INSERT and DDL are prepared and asked for their columns, too, without being run. */
static void no_columns(void **state)
{
    (void)state;
    static const char *const sql[] = {"insert into ms.t (ts, n) values (now, 'y')",
                                      "create table ms.u (ts timestamp, v int)"};
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT cols;

    for (size_t i = 0; i < LEN(sql); i++) {
        at_sok(SQLPrepareW(stmt, W(sql[i])), stmt);
        at_sok(SQLNumResultCols(stmt, &cols), stmt);
        assert_int_equal(cols, 0);
    }
    assert_string_equal(at_scalar(stmt, "select count(*) from ms.t"), "1");
    at_srv_fails(SQLExecDirectW(stmt, W("select * from ms.u")), stmt, "42S02");
    at_free(stmt);
}

/* 18 columns, SQL_DATETIME_SUB and CHAR_OCTET_LENGTH among them. */
static void columns(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT n;

    at_sok(SQLColumnsW(stmt, W("ms"), NULL, 0, W("t"), NULL, 0), stmt);
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_true(n >= 18);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 14), "9"); /* SQL_DATETIME */
    assert_string_equal(at_text(stmt, 15), "3"); /* SQL_CODE_TIMESTAMP */
    at_sok(SQLFetch(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 4), "n");
    assert_string_equal(at_text(stmt, 16), "32"); /* 8 characters of up to four bytes */
    assert_string_equal(at_text(stmt, 17), "3");
    at_free(stmt);
}

/* DBeaver: limits and cursor attributes before every statement. */
static void dbeaver(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    int rows = 0;

    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)0, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, (SQLPOINTER)200, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_FORWARD_ONLY, 0),
           stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_CONCURRENCY, (SQLPOINTER)SQL_CONCUR_READ_ONLY, 0), stmt);
    at_exec(stmt, "select * from power.meters");
    while (SQL_SUCCEEDED(SQLFetch(stmt))) {
        assert_non_null(at_text(stmt, 6));
        rows++;
    }
    assert_int_equal(rows, 200);
    at_free(stmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(described_before_execute),
        cmocka_unit_test(no_columns),
        cmocka_unit_test(columns),
        cmocka_unit_test(dbeaver),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

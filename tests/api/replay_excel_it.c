/*
 * Excel and MS Query, written from public traces (clients.md, "Excel / MS Query"; ClickHouse
 * #451): an ODBC 2 application that connects with a window handle and
 * SQL_DRIVER_COMPLETE_REQUIRED, lists catalogs, tables and columns, and reads row sets with
 * SQLExtendedFetch into text buffers.
 */
#include "replay.h"

static SQLHENV env;
static SQLHDBC dbc;

static int setup(void **state)
{
    SQLWCHAR out[1024];
    SQLSMALLINT n;

    if (rp_setup(state)) return 1;
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env), SQL_SUCCESS);
    assert_int_equal(SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC2, 0),
                     SQL_SUCCESS);
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc), SQL_SUCCESS);
    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)45, 0), SQL_HANDLE_DBC, dbc);
    /* no dialog when the string suffices */
    at_ok(SQLDriverConnectW(dbc, (SQLHWND)1, W(at_conn_string(&at_srv, "Timezone=UTC;")), out, 1024,
                            &n, SQL_DRIVER_COMPLETE_REQUIRED),
          SQL_HANDLE_DBC, dbc);
    assert_true(n > 20 && n < 1024 && out[n] == 0);
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return at_teardown(state);
}

static void after_connect(void **state)
{
    (void)state;
    static const SQLUSMALLINT needed[] = {
        SQL_API_SQLEXTENDEDFETCH, SQL_API_SQLTABLES,         SQL_API_SQLCOLUMNS,
        SQL_API_SQLSTATISTICS,    SQL_API_SQLSPECIALCOLUMNS, SQL_API_SQLNUMRESULTCOLS,
        SQL_API_SQLDESCRIBECOL,   SQL_API_SQLCANCEL,         SQL_API_SQLMORERESULTS,
        SQL_API_SQLDESCRIBEPARAM,
    };
    static const struct rp_info info[] = {
        {SQL_DRIVER_ODBC_VER, 0, "03.80", 0, 0},
        {SQL_DBMS_NAME, 0, "TDengine", 0, 0},
        {SQL_DBMS_VER, 0, NULL, 0, 0},
        {SQL_DRIVER_NAME, 0, NULL, 0, 0},
        {SQL_DATA_SOURCE_NAME, 0, NULL, 0, 0},
        {SQL_SERVER_NAME, 0, NULL, 0, 0},
        {SQL_DATABASE_NAME, 0, NULL, 0, 0},
        {SQL_USER_NAME, 0, "root", 0, 0},
        {SQL_ACCESSIBLE_TABLES, 0, NULL, 0, 0},
        {SQL_DATA_SOURCE_READ_ONLY, 0, "N", 0, 0},
        {SQL_IDENTIFIER_QUOTE_CHAR, 0, "`", 0, 0},
        {SQL_SEARCH_PATTERN_ESCAPE, 0, "\\", 0, 0},
        {SQL_SPECIAL_CHARACTERS, 0, NULL, 0, 0},
        {SQL_CATALOG_NAME_SEPARATOR, 0, ".", 0, 0},
        {SQL_CATALOG_TERM, 0, "database", 0, 0},
        {SQL_SCHEMA_TERM, 0, "", 0, 0},
        {SQL_TABLE_TERM, 0, "table", 0, 0},
        {SQL_CATALOG_USAGE, 4, NULL, SQL_CU_DML_STATEMENTS, 0},
        {SQL_SCHEMA_USAGE, 4, NULL, 0, ~0u},
        {SQL_CATALOG_LOCATION, 2, NULL, SQL_CL_START, 0},
        {SQL_ODBC_API_CONFORMANCE, 2, NULL, SQL_OAC_LEVEL1, 0},
        {SQL_FETCH_DIRECTION, 4, NULL, SQL_FD_FETCH_NEXT, 0},
        {SQL_SCROLL_OPTIONS, 4, NULL, SQL_SO_FORWARD_ONLY | SQL_SO_STATIC, SQL_SO_DYNAMIC},
        {SQL_GETDATA_EXTENSIONS, 4, NULL,
         SQL_GD_ANY_COLUMN | SQL_GD_ANY_ORDER | SQL_GD_BLOCK | SQL_GD_BOUND, 0},
        {SQL_TXN_CAPABLE, 2, NULL, 0, ~0u},
        {SQL_CURSOR_COMMIT_BEHAVIOR, 2, NULL, SQL_CB_PRESERVE, 0},
        {SQL_GROUP_BY, 2, NULL, SQL_GB_GROUP_BY_CONTAINS_SELECT, 0},
        {SQL_MAX_COLUMNS_IN_SELECT, 2, NULL, 4096, 0},
    };
    SQLUSMALLINT all[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE];

    at_ok(SQLGetFunctions(dbc, SQL_API_ODBC3_ALL_FUNCTIONS, all), SQL_HANDLE_DBC, dbc);
    for (size_t i = 0; i < LEN(needed); i++)
        assert_true(SQL_FUNC_EXISTS(all, needed[i]) == SQL_TRUE);
    rp_check_info(dbc, info, LEN(info));
}

/* The query wizard: catalogs, then the tables of one, then columns and keys of a table. */
static void wizard(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    bool power = false;

    at_sok(SQLTablesW(stmt, W("%"), W(""), W(""), NULL, 0), stmt);
    while (SQL_SUCCEEDED(SQLFetch(stmt))) {
        power |= strcmp(at_text(stmt, 1), "power") == 0;
        assert_null(at_text(stmt, 3));
    }
    assert_true(power);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);

    at_sok(SQLTablesW(stmt, W("power"), NULL, 0, NULL, 0,
                      W("'TABLE','VIEW','SYSTEM TABLE','ALIAS','SYNONYM'")),
           stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "power");
    assert_null(at_text(stmt, 2));
    assert_string_equal(at_text(stmt, 3), "meters");
    assert_string_equal(at_text(stmt, 4), "TABLE"); /* exactly this word */
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);

    at_sok(SQLColumnsW(stmt, W("power"), NULL, 0, W("meters"), NULL, 0), stmt);
    static const char *const columns[] = {"ts",    "current", "voltage",
                                          "phase", "groupid", "location"};
    for (size_t i = 0; i < LEN(columns); i++) {
        at_sok(SQLFetch(stmt), stmt);
        assert_string_equal(at_text(stmt, 4), columns[i]);
        if (i == 0)
            assert_string_equal(at_text(stmt, 5),
                                "11"); /* SQL_TIMESTAMP, for an ODBC 2 application */
    }
    assert_int_equal(rp_rows(stmt), 0);
    at_sok(SQLSpecialColumnsW(stmt, SQL_BEST_ROWID, W("power"), NULL, 0, W("meters"),
                              SQL_SCOPE_CURROW, SQL_NULLABLE),
           stmt);
    rp_rows(stmt); /* a super table's rows have no key of their own beyond the tables they are in */
    at_sok(SQLStatisticsW(stmt, W("power"), NULL, 0, W("meters"), SQL_INDEX_UNIQUE, SQL_QUICK),
           stmt);
    rp_rows(stmt);
    at_free(stmt);
}

/* A query over the sheet: SQL_ATTR_MAX_ROWS for the preview, row sets of text. */
static void read_rows(void **state)
{
    (void)state;
    enum { ROWS = 100 };
    static char ts[ROWS][30], voltage[ROWS][12];
    static SQLLEN ind[2][ROWS];
    static SQLUSMALLINT status[ROWS];
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT cols, type, digits, nullable;
    SQLULEN size, got, total = 0;
    SQLLEN display;
    SQLCHAR name[64];

    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)60, 0), stmt);
    at_sok(SQLPrepareW(
               stmt,
               W("SELECT meters.ts, meters.voltage, meters.location\r\nFROM power.meters meters\r\n"
                 "WHERE (meters.groupid=1)\r\nORDER BY meters.ts")),
           stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLNumResultCols(stmt, &cols), stmt);
    assert_int_equal(cols, 3);
    at_sok(SQLDescribeCol(stmt, 1, name, sizeof name, NULL, &type, &size, &digits, &nullable),
           stmt);
    assert_int_equal(type, SQL_TIMESTAMP);
    at_sok(SQLColAttribute(stmt, 1, SQL_COLUMN_DISPLAY_SIZE, NULL, 0, NULL, &display), stmt);
    assert_int_equal(display, 23);
    at_sok(SQLColAttribute(stmt, 2, SQL_COLUMN_TYPE, NULL, 0, NULL, &display), stmt);
    assert_int_equal(display, SQL_INTEGER);
    at_sok(SQLSetStmtAttr(stmt, SQL_ROWSET_SIZE, (SQLPOINTER)ROWS, 0), stmt);
    at_sok(SQLBindCol(stmt, 1, SQL_C_CHAR, ts, sizeof *ts, ind[0]), stmt);
    at_sok(SQLBindCol(stmt, 2, SQL_C_CHAR, voltage, sizeof *voltage, ind[1]), stmt);
    SQLRETURN rc;
    while ((rc = SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 1, &got, status)) == SQL_SUCCESS) {
        if (total == 0) {
            assert_string_equal(ts[0], "2018-10-03 06:38:05.000");
            assert_int_equal(ind[0][0], 23);
        }
        for (SQLULEN i = 0; i < got; i++) {
            assert_int_equal(status[i], SQL_ROW_SUCCESS);
            assert_true(atoi(voltage[i]) >= 210 && atoi(voltage[i]) < 230);
        }
        total += got;
    }
    assert_int_equal(rc, SQL_NO_DATA);
    assert_int_equal(total, 2000);
    assert_int_equal(SQLMoreResults(stmt), SQL_NO_DATA);
    at_sok(SQLFreeStmt(stmt, SQL_UNBIND), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_free(stmt);
}

/* A parameter that stands in a cell: [Which voltage?]. */
static void parameter_query(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT n, type, digits, nullable;
    SQLULEN size;
    char value[20] = "229";
    SQLLEN ind = SQL_NTS;

    at_sok(SQLPrepareW(
               stmt, W("SELECT meters.voltage FROM power.meters meters WHERE (meters.voltage>=?)")),
           stmt);
    at_sok(SQLNumParams(stmt, &n), stmt);
    assert_int_equal(n, 1);
    at_sok(SQLDescribeParam(stmt, 1, &type, &size, &digits, &nullable), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, type, size, digits, value,
                            sizeof value, &ind),
           stmt);
    at_sok(SQLExecute(stmt), stmt);
    assert_int_equal(rp_rows(stmt), 250); /* one of twenty */
    at_sok(SQLExecute(stmt), stmt);       /* refresh */
    assert_int_equal(rp_rows(stmt), 250);
    at_free(stmt);
}

static void sql(void **state)
{
    (void)state;
    static const struct rp_sql list[] = {
        {"SELECT * FROM `power`.`meters`", 5000, NULL, NULL},
        {"SELECT meters.`current` FROM `power`.`meters` meters WHERE 1=0", 0, NULL, NULL},
        {"SELECT T.voltage FROM power.meters T WHERE (T.ts>={ts '2018-10-03 06:38:05'}) AND "
         "(T.ts<{ts '2018-10-03 06:38:07'})",
         10, NULL, NULL},
        {"SELECT Count(meters.voltage) FROM power.meters meters;", 1, "5000", NULL},
        {"SELECT meters.groupid, Max(meters.voltage) FROM power.meters meters GROUP BY "
         "meters.groupid ORDER BY meters.groupid",
         3, "1", NULL},
        {"SELECT * FROM `power`.`Sheet1$`", 0, NULL, "S0002"},
        {"SELECT meters.nothing FROM power.meters meters", 0, NULL, "S0022"},
        {"SELECT FROM WHERE", 0, NULL, "37000"},
    };

    rp_run(dbc, list, LEN(list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_connect),   cmocka_unit_test(wizard), cmocka_unit_test(read_rows),
        cmocka_unit_test(parameter_query), cmocka_unit_test(sql),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * Power Query's ODBC connector (Mashup), written from public issue threads (clients.md, "Power BI
 * / Power Query"; Microsoft DataConnectors #498 and #516, ClickHouse #299, #301): connect,
 * navigator, preview that is cancelled, import.
 */
#include "replay.h"

#include <time.h>
#include <unistd.h>

static SQLHDBC dbc;

static int setup(void **state)
{
    SQLWCHAR out[1024];
    SQLSMALLINT n;
    SQLUSMALLINT all[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE];

    if (rp_setup(state)) return 1;
    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
    at_ok(SQLSetConnectAttrW(dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)15, SQL_IS_UINTEGER),
          SQL_HANDLE_DBC, dbc);
    at_ok(SQLSetConnectAttrW(dbc, SQL_ATTR_CONNECTION_TIMEOUT, (SQLPOINTER)15, SQL_IS_UINTEGER),
          SQL_HANDLE_DBC, dbc);
    at_ok(SQLDriverConnectW(dbc, NULL, W(at_conn_string(&at_srv, "Timezone=UTC;")), out, 1024, &n,
                            SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc);
    at_ok(SQLGetFunctions(dbc, SQL_API_ODBC3_ALL_FUNCTIONS, all), SQL_HANDLE_DBC, dbc);
    assert_true(SQL_FUNC_EXISTS(all, SQL_API_SQLFETCHSCROLL) == SQL_TRUE);
    assert_true(SQL_FUNC_EXISTS(all, SQL_API_SQLCANCEL) == SQL_TRUE);
    assert_true(SQL_FUNC_EXISTS(all, SQL_API_SQLBROWSECONNECT) == SQL_TRUE);
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    return at_teardown(state);
}

/* What is read to decide how far queries can be folded: each has an answer, and claims no more
   than replay_mashup_it runs. */
static void information(void **state)
{
    (void)state;
    static const struct rp_info info[] = {
        {SQL_CURSOR_COMMIT_BEHAVIOR, 2, NULL, SQL_CB_PRESERVE, 0},
        {SQL_CURSOR_ROLLBACK_BEHAVIOR, 2, NULL, SQL_CB_PRESERVE, 0},
        {SQL_GETDATA_EXTENSIONS, 4, NULL, SQL_GD_ANY_COLUMN | SQL_GD_ANY_ORDER, 0},
        {SQL_DRIVER_NAME, 0, "libtdodbc.so", 0, 0},
        {SQL_DRIVER_VER, 0, NULL, 0, 0},
        {SQL_DBMS_NAME, 0, "TDengine", 0, 0},
        {SQL_DBMS_VER, 0, NULL, 0, 0},
        {SQL_IDENTIFIER_QUOTE_CHAR, 0, "`", 0, 0},
        {SQL_OWNER_USAGE, 4, NULL, 0, ~0u},
        {SQL_QUALIFIER_USAGE, 4, NULL, SQL_CU_DML_STATEMENTS, SQL_CU_PROCEDURE_INVOCATION},
        {SQL_QUALIFIER_NAME_SEPARATOR, 0, ".", 0, 0},
        {SQL_QUALIFIER_LOCATION, 2, NULL, SQL_QL_START, 0},
        {SQL_SPECIAL_CHARACTERS, 0, NULL, 0, 0},
        {SQL_COLUMN_ALIAS, 0, "Y", 0, 0},
        {SQL_ORDER_BY_COLUMNS_IN_SELECT, 0, "N", 0, 0},
        {SQL_GROUP_BY, 2, NULL, SQL_GB_GROUP_BY_CONTAINS_SELECT, 0},
        {SQL_SQL_CONFORMANCE, 4, NULL, SQL_SC_SQL92_ENTRY, 0},
        {SQL_AGGREGATE_FUNCTIONS, 4, NULL,
         SQL_AF_SUM | SQL_AF_AVG | SQL_AF_MIN | SQL_AF_MAX | SQL_AF_COUNT, SQL_AF_DISTINCT},
        {SQL_SQL92_PREDICATES, 4, NULL,
         SQL_SP_COMPARISON | SQL_SP_IN | SQL_SP_LIKE | SQL_SP_BETWEEN, SQL_SP_EXISTS},
        {SQL_SQL92_RELATIONAL_JOIN_OPERATORS, 4, NULL,
         SQL_SRJO_INNER_JOIN | SQL_SRJO_LEFT_OUTER_JOIN, SQL_SRJO_CROSS_JOIN},
        {SQL_SQL92_VALUE_EXPRESSIONS, 4, NULL, SQL_SVE_CASE | SQL_SVE_CAST, 0},
        {SQL_CONVERT_FUNCTIONS, 4, NULL, SQL_FN_CVT_CONVERT | SQL_FN_CVT_CAST, 0},
        {SQL_CONVERT_VARCHAR, 4, NULL, SQL_CVT_BIGINT | SQL_CVT_INTEGER | SQL_CVT_DOUBLE, 0},
        {SQL_STRING_FUNCTIONS, 4, NULL, SQL_FN_STR_CONCAT | SQL_FN_STR_LEFT | SQL_FN_STR_UCASE,
         SQL_FN_STR_SOUNDEX},
        {SQL_NUMERIC_FUNCTIONS, 4, NULL, SQL_FN_NUM_ABS | SQL_FN_NUM_ROUND, SQL_FN_NUM_ATAN2},
        {SQL_TIMEDATE_FUNCTIONS, 4, NULL, SQL_FN_TD_YEAR | SQL_FN_TD_TIMESTAMPDIFF, 0},
        {SQL_TIMEDATE_ADD_INTERVALS, 4, NULL, SQL_FN_TSI_DAY, SQL_FN_TSI_MONTH | SQL_FN_TSI_YEAR},
        {SQL_TIMEDATE_DIFF_INTERVALS, 4, NULL, SQL_FN_TSI_DAY, SQL_FN_TSI_MONTH | SQL_FN_TSI_YEAR},
        {SQL_DATETIME_LITERALS, 4, NULL, SQL_DL_SQL92_TIMESTAMP, 0},
        {SQL_CONCAT_NULL_BEHAVIOR, 2, NULL, SQL_CB_NULL, 0},
        {SQL_OJ_CAPABILITIES, 4, NULL, SQL_OJ_LEFT, 0},
        {SQL_MAX_IDENTIFIER_LEN, 2, NULL, 192, 0},
        {SQL_MAX_COLUMNS_IN_SELECT, 2, NULL, 4096, 0},
        {SQL_MAX_COLUMNS_IN_ORDER_BY, 2, NULL, 0, 0},
        {SQL_MAX_COLUMNS_IN_GROUP_BY, 2, NULL, 0, 0},
    };
    SQLUINTEGER v = 77;

    rp_check_info(dbc, info, LEN(info));
    /* SQL_RETURN_ESCAPE_CLAUSE is not one of ODBC's: refused plainly */
    at_rc(SQLGetInfoW(dbc, 180, &v, sizeof v, NULL), SQL_ERROR, SQL_HANDLE_DBC, dbc, "HY096");
}

/* Every data type that SQLColumns reports has a row in SQLGetTypeInfo, and it is searchable. */
static void types(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    bool searchable[400] = {false};
    int n = 0;

    at_sok(SQLGetTypeInfoW(stmt, SQL_ALL_TYPES), stmt);
    while (SQL_SUCCEEDED(SQLFetch(stmt))) {
        int type = atoi(at_text(stmt, 2)), how = atoi(at_text(stmt, 9));
        assert_true(type > -200 && type < 200);
        searchable[type + 200] |= how == SQL_SEARCHABLE || how == SQL_ALL_EXCEPT_LIKE;
    }
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(SQLColumnsW(stmt, W("power"), NULL, 0, NULL, 0, NULL, 0), stmt);
    while (SQL_SUCCEEDED(SQLFetch(stmt))) {
        assert_true(searchable[atoi(at_text(stmt, 5)) + 200]);
        n++;
    }
    assert_int_equal(n, 6);
    at_free(stmt);
}

static void navigator(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);

    at_sok(SQLTablesW(stmt, W("%"), W(""), W(""), W("")), stmt);
    assert_true(rp_rows(stmt) >= 1);
    at_sok(SQLTablesW(stmt, W(""), W(""), W(""), W("%")), stmt);
    assert_true(rp_rows(stmt) >= 3);
    at_sok(SQLTablesW(stmt, W("power"), NULL, 0, NULL, 0, W("TABLE,VIEW")), stmt);
    assert_int_equal(rp_rows(stmt), 1);
    at_sok(SQLColumnsW(stmt, W("power"), NULL, 0, W("meters"), NULL, 0), stmt);
    assert_int_equal(rp_rows(stmt), 6);
    at_sok(SQLPrimaryKeysW(stmt, W("power"), NULL, 0, W("meters")), stmt);
    rp_rows(stmt);
    at_sok(SQLForeignKeysW(stmt, W("power"), NULL, 0, W("meters"), NULL, 0, NULL, 0, NULL, 0),
           stmt);
    assert_int_equal(rp_rows(stmt), 0);
    at_sok(SQLForeignKeysW(stmt, NULL, 0, NULL, 0, NULL, 0, W("power"), NULL, 0, W("meters")),
           stmt);
    assert_int_equal(rp_rows(stmt), 0);
    at_sok(SQLStatisticsW(stmt, W("power"), NULL, 0, W("meters"), SQL_INDEX_UNIQUE, SQL_QUICK),
           stmt);
    rp_rows(stmt);
    at_free(stmt);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Results that the server keeps open, not counting that of the question. */
static int open_results(SQLHSTMT stmt)
{
    int n = -1;

    at_exec(stmt, "tdlite stats");
    while (SQL_SUCCEEDED(SQLFetch(stmt)))
        if (strcmp(at_text(stmt, 1), "open_results") == 0) n = atoi(at_text(stmt, 2));
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    return n;
}

/* There is no LIMIT in the connector's SQL: a preview reads some rows of everything and lets go of
   the rest. */
static void preview(void **state)
{
    (void)state;
    enum { ROWS = 200 };
    static SQLINTEGER v[ROWS];
    static SQLLEN ind[ROWS];
    SQLHSTMT stmt = at_stmt(dbc);
    SQLULEN got = 0;
    double begin = seconds();

    for (int round = 0; round < 4; round++) {
        at_sok(SQLSetStmtAttrW(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)600, 0), stmt);
        at_sok(SQLSetStmtAttrW(stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)ROWS, 0), stmt);
        at_sok(SQLSetStmtAttrW(stmt, SQL_ATTR_ROWS_FETCHED_PTR, &got, 0), stmt);
        at_sok(SQLPrepareW(stmt, W("select i from gen.numeric where rows=50000000")), stmt);
        at_sok(SQLExecute(stmt), stmt);
        at_sok(SQLBindCol(stmt, 1, SQL_C_SLONG, v, sizeof *v, ind), stmt);
        for (int i = 0; i < 5; i++) {
            at_sok(SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0), stmt);
            assert_int_equal(got, ROWS);
        }
        if (round % 2) at_sok(SQLCancel(stmt), stmt);
        at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
        at_sok(SQLFreeStmt(stmt, SQL_UNBIND), stmt);
        at_sok(SQLSetStmtAttrW(stmt, SQL_ATTR_ROWS_FETCHED_PTR, NULL, 0), stmt);
        at_sok(SQLSetStmtAttrW(stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)1, 0), stmt);
        assert_string_equal(at_scalar(stmt, "select count(*) from `power`.`meters`"), "5000");
    }
    /* freeing is a message without an answer: it may be on its way */
    for (int i = 0; at_is_tdlite() && open_results(stmt) > 1; i++) {
        assert_true(i < 100);
        usleep(20000);
    }
    assert_true(seconds() - begin < 10); /* all of it would take minutes under the sanitizers */
    at_free(stmt);
}

/* Import: describe, then every column by SQLGetData in the column's own C type. */
static void import(void **state)
{
    (void)state;
    static const SQLSMALLINT types_of[] = {SQL_TYPE_TIMESTAMP, SQL_REAL,    SQL_INTEGER,
                                           SQL_REAL,           SQL_INTEGER, SQL_VARCHAR};
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT cols, type, digits, nullable, len;
    SQLULEN size;
    SQLWCHAR name[64];
    SQL_TIMESTAMP_STRUCT ts;
    SQLREAL r;
    SQLINTEGER v;
    SQLWCHAR text[64];
    SQLLEN ind, sum = 0;
    int rows = 0;

    at_sok(SQLExecDirectW(stmt, W("select `ts`, `current`, `voltage`, `phase`, `groupid`, "
                                  "`location` from `power`.`meters`")),
           stmt);
    at_sok(SQLNumResultCols(stmt, &cols), stmt);
    assert_int_equal(cols, LEN(types_of));
    for (SQLUSMALLINT c = 1; c <= cols; c++) {
        at_sok(SQLDescribeColW(stmt, c, name, 64, &len, &type, &size, &digits, &nullable), stmt);
        assert_int_equal(type, types_of[c - 1]);
        assert_true(size > 0);
    }
    while (SQL_SUCCEEDED(SQLFetch(stmt))) {
        at_sok(SQLGetData(stmt, 1, SQL_C_TYPE_TIMESTAMP, &ts, sizeof ts, &ind), stmt);
        assert_true(ts.year == 2018 && ts.month == 10 && ts.day == 3);
        at_sok(SQLGetData(stmt, 2, SQL_C_FLOAT, &r, sizeof r, &ind), stmt);
        assert_true(r >= 10 && r < 20);
        at_sok(SQLGetData(stmt, 3, SQL_C_SLONG, &v, sizeof v, &ind), stmt);
        sum += v;
        at_sok(SQLGetData(stmt, 6, SQL_C_WCHAR, text, sizeof text, &ind), stmt);
        assert_true(text[0] == 'C' && ind % (SQLLEN)sizeof *text == 0);
        rows++;
    }
    assert_int_equal(rows, 5000);
    assert_int_equal(sum, 1097500);
    at_free(stmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(information), cmocka_unit_test(types),  cmocka_unit_test(navigator),
        cmocka_unit_test(preview),     cmocka_unit_test(import),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

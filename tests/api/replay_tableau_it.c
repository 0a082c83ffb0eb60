/*
 * Tableau's generic ODBC connection, written from its vendor's documents and public issues
 * (clients.md, "Tableau"; ClickHouse #378): probes of what the data source can do, metadata, and
 * the SQL of a worksheet with escapes. A probe must fail with a clean error or succeed for good.
 */
#include "replay.h"

static SQLHDBC dbc;

static int setup(void **state)
{
    if (rp_setup(state)) return 1;
    dbc = at_connect("Timezone=UTC;");
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    return at_teardown(state);
}

/* A wrong password or server is told apart from other errors. */
static void connection_errors(void **state)
{
    (void)state;
    static const struct {
        const char *extra, *state;
    } cases[] = {{"UID=root;PWD=wrong;", "28000"}, {"Database=nosuchdb;", NULL}};
    SQLHDBC d;
    char text[300];

    for (size_t i = 0; i < LEN(cases); i++) {
        at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &d), SQL_HANDLE_ENV, at_env);
        at_rc(SQLDriverConnectW(d, NULL, W(at_conn_string(&at_srv, cases[i].extra)), NULL, 0, NULL,
                                SQL_DRIVER_NOPROMPT),
              SQL_ERROR, SQL_HANDLE_DBC, d, cases[i].state);
        SQLFreeHandle(SQL_HANDLE_DBC, d);
    }
    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &d), SQL_HANDLE_ENV, at_env);
    snprintf(text, sizeof text, "Driver={TDengine};Server=127.0.0.1;Port=1;ConnRetries=0;");
    at_rc(SQLDriverConnectW(d, NULL, W(text), NULL, 0, NULL, SQL_DRIVER_NOPROMPT), SQL_ERROR,
          SQL_HANDLE_DBC, d, "08001");
    SQLFreeHandle(SQL_HANDLE_DBC, d);
}

#define M "`power`.`meters`"

static void probes(void **state)
{
    (void)state;
    static const struct rp_sql list[] = {
        {"SELECT 1", 1, "1", NULL},
        {"SELECT * FROM " M " `meters` WHERE 0=1", 0, NULL, NULL},
        {"SELECT SUM(`COL`) FROM (SELECT 1 AS `COL`) AS `CHECKSUBQUERY`", 1, "1", NULL},
        {"SELECT `SUBQUERY`.`COL` AS `COL` FROM (SELECT 1 AS `COL`) `SUBQUERY` LIMIT 1", 1, "1",
         NULL},
        {"CREATE LOCAL TEMPORARY TABLE `#Tableau_1_2_Connect` (`COL` INTEGER) ON COMMIT PRESERVE "
         "ROWS",
         0, NULL, "42000"},
        {"SELECT * INTO `#Tableau_1_3_Connect` FROM (SELECT 1 AS `COL`) AS `CHECKTEMP`", 0, NULL,
         "42000"},
        {"SELECT TOP 1 `COL` FROM (SELECT 1 AS `COL`) AS `CHECKTOP`", 0, NULL, "42000"},
    };

    rp_run(dbc, list, LEN(list));
}

static void metadata(void **state)
{
    (void)state;
    static const struct rp_info info[] = {
        {SQL_IDENTIFIER_CASE, 2, NULL, SQL_IC_LOWER, 0},
        {SQL_QUOTED_IDENTIFIER_CASE, 2, NULL, SQL_IC_SENSITIVE, 0},
        {SQL_SUBQUERIES, 4, NULL, 0, ~0u},
        {SQL_UNION, 4, NULL, SQL_U_UNION | SQL_U_UNION_ALL, 0},
        {SQL_CREATE_TABLE, 4, NULL, SQL_CT_CREATE_TABLE,
         SQL_CT_LOCAL_TEMPORARY | SQL_CT_GLOBAL_TEMPORARY},
        {SQL_SQL92_STRING_FUNCTIONS, 4, NULL, SQL_SSF_LOWER | SQL_SSF_UPPER | SQL_SSF_SUBSTRING,
         SQL_SSF_CONVERT},
        {SQL_SYSTEM_FUNCTIONS, 4, NULL, SQL_FN_SYS_IFNULL, 0},
        {SQL_CONVERT_INTEGER, 4, NULL, SQL_CVT_VARCHAR | SQL_CVT_DOUBLE, 0},
    };
    SQLHSTMT stmt = at_stmt(dbc);

    rp_check_info(dbc, info, LEN(info));
    at_sok(
        SQLTablesW(stmt, W("power"), NULL, 0, W("%"), W("TABLE,VIEW,SYSTEM TABLE,SYNONYM,ALIAS")),
        stmt);
    assert_int_equal(rp_rows(stmt), 1);
    at_sok(SQLColumnsW(stmt, W("power"), NULL, 0, W("meters"), W("%")), stmt);
    assert_int_equal(rp_rows(stmt), 6);
    at_sok(SQLForeignKeysW(stmt, NULL, 0, NULL, 0, NULL, 0, W("power"), NULL, 0, W("meters")),
           stmt);
    assert_int_equal(rp_rows(stmt), 0);
    at_sok(SQLPrimaryKeysW(stmt, W("power"), NULL, 0, W("meters")), stmt);
    rp_rows(stmt);
    at_sok(SQLGetTypeInfoW(stmt, SQL_ALL_TYPES), stmt);
    assert_true(rp_rows(stmt) > 15);
    at_free(stmt);
}

static void worksheet(void **state)
{
    (void)state;
    static const struct rp_sql list[] = {
        {"SELECT `meters`.`location` AS `location`, SUM(`meters`.`voltage`) AS `sum_voltage_ok` "
         "FROM " M " `meters` GROUP BY `meters`.`location` ORDER BY `location`",
         5, "California.LosAngeles", NULL},
        {"SELECT COUNT(1) AS `cnt_ok` FROM " M " `meters` HAVING (COUNT(1) > 0)", 1, "5000", NULL},
        {"SELECT {fn YEAR(`meters`.`ts`)} AS `yr_ts_ok`, COUNT(*) AS `c` FROM " M
         " `meters` GROUP BY {fn YEAR(`meters`.`ts`)}",
         1, "2018", NULL},
        {"SELECT {fn CONVERT(`meters`.`voltage`, SQL_BIGINT)} AS `v` FROM " M
         " `meters` WHERE (`meters`.`groupid` = 3) LIMIT 1",
         1, NULL, NULL},
        {"SELECT COUNT(*) FROM " M
         " `meters` WHERE ((`meters`.`ts` >= {ts '2018-10-03 06:38:05'}) AND (`meters`.`ts` <= {ts "
         "'2018-10-03 06:38:09'}))",
         1, "25", NULL},
        {"SELECT COUNT(*) FROM " M " `meters` WHERE (`meters`.`ts` >= {d '2018-10-04'})", 1, "0",
         NULL},
        {"SELECT COUNT(*) FROM " M
         " `meters` WHERE (`meters`.`location` IN ('California.SanJose', 'California.SanDiego'))",
         1, "2000", NULL},
        {"SELECT (CASE WHEN `meters`.`voltage` > 220 THEN 'high' ELSE 'low' END) AS "
         "`Calculation_1`, COUNT(*) FROM " M
         " `meters` GROUP BY (CASE WHEN `meters`.`voltage` > 220 THEN 'high' ELSE 'low' END) ORDER "
         "BY `Calculation_1`",
         2, "high", NULL},
        /* TDengine's MIN and MAX take no timestamps (its documents name FIRST and LAST) */
        {"SELECT MIN(`meters`.`ts`), MAX(`meters`.`ts`) FROM " M " `meters`", 0, NULL, "42000"},
        {"SELECT `t0`.`location`, `t0`.`x` FROM (SELECT `meters`.`location` AS `location`, "
         "MAX(`meters`.`voltage`) AS `x` FROM " M
         " `meters` GROUP BY `meters`.`location`) `t0` ORDER BY `t0`.`location` LIMIT 3",
         3, "California.LosAngeles", NULL},
        /* a date truncated to the month in Tableau's own way: the number of days is no literal */
        {"SELECT {fn TIMESTAMPADD(SQL_TSI_DAY, (-1 * ({fn DAYOFMONTH(`meters`.`ts`)} - 1)), "
         "`meters`.`ts`)} FROM " M " `meters`",
         0, NULL, "42000"},
    };

    rp_run(dbc, list, LEN(list));
}

/* Described before it is executed, then fetched in row sets of bound columns. */
static void described_then_fetched(void **state)
{
    (void)state;
    enum { ROWS = 512 };
    static SQLWCHAR location[ROWS][25];
    static SQLINTEGER voltage[ROWS];
    static SQLLEN ind[2][ROWS];
    SQLHSTMT stmt = at_stmt(dbc);
    SQLSMALLINT cols, type, digits, nullable;
    SQLULEN size, got = 0, total = 0;
    SQLWCHAR name[64];
    SQLRETURN rc;

    at_sok(SQLPrepareW(
               stmt,
               W("SELECT `meters`.`location` AS `location`, `meters`.`voltage` AS `voltage` FROM " M
                 " `meters`")),
           stmt);
    at_sok(SQLNumResultCols(stmt, &cols), stmt);
    assert_int_equal(cols, 2);
    at_sok(SQLDescribeColW(stmt, 1, name, 64, NULL, &type, &size, &digits, &nullable), stmt);
    assert_int_equal(type, SQL_VARCHAR);
    assert_int_equal(size, 24);
    at_sok(SQLSetStmtAttrW(stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)ROWS, 0), stmt);
    at_sok(SQLSetStmtAttrW(stmt, SQL_ATTR_ROWS_FETCHED_PTR, &got, 0), stmt);
    at_sok(SQLBindCol(stmt, 1, SQL_C_WCHAR, location, sizeof *location, ind[0]), stmt);
    at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, voltage, sizeof *voltage, ind[1]), stmt);
    at_sok(SQLExecute(stmt), stmt);
    while ((rc = SQLFetch(stmt)) == SQL_SUCCESS) {
        for (SQLULEN i = 0; i < got; i++)
            assert_true(location[i][0] == 'C' && voltage[i] >= 210 && voltage[i] < 230);
        total += got;
    }
    assert_int_equal(rc, SQL_NO_DATA);
    assert_int_equal(total, 5000);
    at_free(stmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_errors),
        cmocka_unit_test(probes),
        cmocka_unit_test(metadata),
        cmocka_unit_test(worksheet),
        cmocka_unit_test(described_then_fetched),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

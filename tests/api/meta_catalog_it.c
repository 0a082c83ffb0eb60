/*
 * Catalog functions through the API: SQLTables, SQLColumns, keys, statistics (ODBC reference; decisions.md section 4).
 */
#include "apitest.h"

#define S(text) (SQLCHAR *)(text), SQL_NTS

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int setup(void **state)
{
    static const char *const ddl[] = {
        "create database meta_ms precision 'ms'",
        "create database meta_us precision 'us'",
        "create stable meta_ms.meters (ts timestamp, cur float, voltage int unsigned, note "
        "nchar(20), price decimal(10,2))"
        " tags (groupid int, location varchar(24))",
        "create table meta_ms.d1 using meta_ms.meters tags (1, 'x')",
        "create table meta_ms.d_1 using meta_ms.meters tags (2, 'y')",
        "create table meta_ms.`Odd Name` (ts timestamp, k int primary key, v double)",
        "create table meta_ms.plain (ts timestamp, b bool, raw varbinary(16), big bigint unsigned)",
        "create table meta_us.plain (ts timestamp, v int)",
    };
    if (at_setup(state)) return 1;
    dbc = at_connect("");
    stmt = at_stmt(dbc);
    for (size_t i = 0; i < sizeof ddl / sizeof *ddl; i++)
        at_exec(stmt, ddl[i]);
    return 0;
}

static int teardown(void **state)
{
    at_free(stmt);
    at_disconnect(dbc);
    return at_teardown(state);
}

/* The rest of the result as text: columns of `cols` (0 ends) joined by |, rows by newlines. Closes the cursor. */
static const char *rows_of(SQLHSTMT st, const int *cols)
{
    static char buf[32768];
    size_t n = 0;
    SQLRETURN rc;
    buf[0] = 0;
    while (SQL_SUCCEEDED(rc = SQLFetch(st))) {
        for (int i = 0; cols[i]; i++) {
            const char *v = at_text(st, cols[i]);
            n += (size_t)snprintf(buf + n, sizeof buf - n, "%s%s",
                                  i   ? "|"
                                  : n ? "\n"
                                      : "",
                                  v ? v : "-");
        }
    }
    assert_int_equal(rc, SQL_NO_DATA);
    at_sok(SQLCloseCursor(st), st);
    return buf;
}
#define ROWS(...) rows_of(stmt, (const int[]){__VA_ARGS__, 0})

static const char *tables(const char *cat, const char *table, const char *types)
{
    at_sok(SQLTables(stmt, (SQLCHAR *)cat, SQL_NTS, NULL, 0, (SQLCHAR *)table, SQL_NTS,
                     (SQLCHAR *)types, SQL_NTS),
           stmt);
    return ROWS(1, 2, 3, 4, 5);
}

static void tables_by_type(void **state)
{
    (void)state;
    assert_string_equal(tables("meta_ms", NULL, "TABLE"), "meta_ms|-|Odd Name|TABLE|normal table\n"
                                                          "meta_ms|-|meters|TABLE|super table\n"
                                                          "meta_ms|-|plain|TABLE|normal table");
    assert_string_equal(tables("meta_ms", NULL, "'CHILD TABLE'"),
                        "meta_ms|-|d1|CHILD TABLE|child table of meters\n"
                        "meta_ms|-|d_1|CHILD TABLE|child table of meters");
    assert_string_equal(tables("meta_us", "%", NULL), "meta_us|-|plain|TABLE|normal table");
    /* no types, no child filter: everything of the database, ordered by type */
    assert_string_equal(tables("meta_ms", "%", ""),
                        "meta_ms|-|d1|CHILD TABLE|child table of meters\n"
                        "meta_ms|-|d_1|CHILD TABLE|child table of meters\n"
                        "meta_ms|-|Odd Name|TABLE|normal table\n"
                        "meta_ms|-|meters|TABLE|super table\n"
                        "meta_ms|-|plain|TABLE|normal table");
    assert_string_equal(tables("meta_ms", NULL, "NOSUCHTYPE"), "");
    /* LibreOffice's list: the % in it is no type */
    assert_string_equal(tables("meta_ms", "m%", "'VIEW','TABLE','%'"),
                        "meta_ms|-|meters|TABLE|super table");
    assert_non_null(strstr(tables("information_schema", NULL, "SYSTEM TABLE"),
                           "information_schema|-|ins_tables|SYSTEM TABLE|system table"));
    assert_string_equal(tables("meta_ms", NULL, "VIEW"), "");
}

static void tables_by_name(void **state)
{
    (void)state;
    /* an exact name finds a child table even when TABLE is asked for */
    assert_string_equal(tables("meta_ms", "d1", "TABLE"),
                        "meta_ms|-|d1|TABLE|child table of meters");
    assert_string_equal(tables("meta_ms", "d1", NULL),
                        "meta_ms|-|d1|CHILD TABLE|child table of meters");
    assert_string_equal(tables("meta_ms", "d\\_1", NULL),
                        "meta_ms|-|d_1|CHILD TABLE|child table of meters");
    assert_string_equal(tables("meta_ms", "d_1", NULL),
                        "meta_ms|-|d_1|CHILD TABLE|child table of meters");
    assert_string_equal(tables("meta_ms", "d%", "TABLE"), "");
    assert_string_equal(tables("meta\\_%", "plain", NULL), "meta_ms|-|plain|TABLE|normal table\n"
                                                           "meta_us|-|plain|TABLE|normal table");
    /* the server's LIKE knows no case, names do */
    assert_string_equal(tables("meta_ms", "METER%", NULL), "");
    assert_string_equal(tables("meta_ms", "Odd%", NULL), "meta_ms|-|Odd Name|TABLE|normal table");
    assert_string_equal(tables("nosuch", NULL, NULL), "");
    assert_string_equal(tables("meta_ms", "it's", NULL), "");
    /* there are no schemas */
    at_sok(SQLTables(stmt, S("meta_us"), S("dbo"), NULL, 0, NULL, 0), stmt);
    assert_string_equal(ROWS(3), "");
    at_sok(SQLTables(stmt, S("meta_us"), S(""), NULL, 0, NULL, 0), stmt);
    assert_string_equal(ROWS(3), "plain");
}

static void tables_special_forms(void **state)
{
    (void)state;
    at_sok(SQLTables(stmt, S("%"), S(""), S(""), S("")), stmt);
    const char *all = ROWS(1, 2, 3, 4, 5);
    assert_non_null(strstr(all, "meta_ms|-|-|-|-\nmeta_us|-|-|-|-"));
    assert_non_null(strstr(all, "information_schema|-|-|-|-\n"));
    at_sok(SQLTables(stmt, S(""), S("%"), S(""), S("")), stmt);
    assert_string_equal(ROWS(2), "");
    at_sok(SQLTables(stmt, S(""), S(""), S(""), S("%")), stmt);
    assert_string_equal(ROWS(1, 2, 3, 4, 5),
                        "-|-|-|CHILD TABLE|-\n-|-|-|SYSTEM TABLE|-\n-|-|-|TABLE|-\n-|-|-|VIEW|-");
}

static void metadata_id(void **state)
{
    (void)state;
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_METADATA_ID, (SQLPOINTER)SQL_TRUE, 0), stmt);
    assert_string_equal(tables("META_MS", "METERS  ", NULL), "meta_ms|-|meters|TABLE|super table");
    assert_string_equal(tables("meta_ms", "`Odd Name`", NULL),
                        "meta_ms|-|Odd Name|TABLE|normal table");
    assert_string_equal(tables("meta_ms", "d_1", NULL),
                        "meta_ms|-|d_1|CHILD TABLE|child table of meters");
    at_srv_fails(SQLTables(stmt, S("meta_ms"), NULL, 0, NULL, 0, NULL, 0), stmt, "HY009");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_METADATA_ID, (SQLPOINTER)SQL_FALSE, 0), stmt);
}

static void child_tables_option(void **state)
{
    (void)state;
    SQLHDBC d = at_connect("ChildTables=1;");
    SQLHSTMT s = at_stmt(d);
    at_sok(SQLTables(s, S("meta_ms"), NULL, 0, S("d%"), S("TABLE")), s);
    assert_string_equal(rows_of(s, (const int[]){3, 4, 0}), "d1|TABLE\nd_1|TABLE");
    at_free(s);
    at_disconnect(d);
}

static void columns(void **state)
{
    (void)state;
    at_sok(SQLColumns(stmt, S("meta_ms"), NULL, 0, S("meters"), NULL, 0), stmt);
    assert_string_equal(ROWS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
                        "meta_ms|-|meters|ts|93|TIMESTAMP|23|16|3|-|0|-|-|9|3|-|1|NO\n"
                        "meta_ms|-|meters|cur|7|FLOAT|7|4|-|10|1|-|-|7|-|-|2|YES\n"
                        "meta_ms|-|meters|voltage|-5|INT UNSIGNED|19|8|0|10|1|-|-|-5|-|-|3|YES\n"
                        "meta_ms|-|meters|note|-9|NCHAR|20|80|-|-|1|-|-|-9|-|80|4|YES\n"
                        "meta_ms|-|meters|price|3|DECIMAL|10|12|2|10|1|-|-|3|-|-|5|YES\n"
                        "meta_ms|-|meters|groupid|4|INT|10|4|0|10|1|TAG|-|4|-|-|6|YES\n"
                        "meta_ms|-|meters|location|12|VARCHAR|24|24|-|-|1|TAG|-|12|-|24|7|YES");
    /* a child table's columns are its super table's */
    at_sok(SQLColumns(stmt, S("meta_ms"), NULL, 0, S("d1"), S("%o%")), stmt);
    assert_string_equal(ROWS(3, 4, 17), "d1|voltage|3\nd1|note|4\nd1|groupid|6\nd1|location|7");
    at_sok(SQLColumns(stmt, S("meta_ms"), NULL, 0, S("Odd Name"), NULL, 0), stmt);
    assert_string_equal(ROWS(4, 11, 12, 18), "ts|0|-|NO\nk|0|COMPOSITE KEY|NO\nv|1|-|YES");
    /* a pattern: never the child tables' */
    at_sok(SQLColumns(stmt, S("meta_ms"), NULL, 0, S("%"), S("ts")), stmt);
    assert_string_equal(ROWS(3, 4), "Odd Name|ts\nmeters|ts\nplain|ts");
    at_sok(SQLColumns(stmt, S("meta_us"), NULL, 0, S("plain"), S("ts")), stmt);
    assert_string_equal(ROWS(7, 9), "26|6");
    /* nothing found is no error */
    at_sok(SQLColumns(stmt, S("meta_ms"), NULL, 0, S("nosuch"), NULL, 0), stmt);
    assert_string_equal(ROWS(3), "");
    at_sok(SQLColumns(stmt, S("nosuch"), NULL, 0, S("plain"), NULL, 0), stmt);
    assert_string_equal(ROWS(3), "");
}

static void columns_default_catalog(void **state)
{
    (void)state;
    SQLHDBC d = at_connect("Database=meta_us;");
    SQLHSTMT s = at_stmt(d);
    at_sok(SQLColumns(s, NULL, 0, NULL, 0, S("plain"), NULL, 0), s);
    assert_string_equal(rows_of(s, (const int[]){1, 4, 0}), "meta_us|ts\nmeta_us|v");
    at_free(s);
    at_disconnect(d);
    /* no current database: wherever the table is */
    at_sok(SQLColumns(stmt, NULL, 0, NULL, 0, S("plain"), S("ts")), stmt);
    assert_string_equal(ROWS(1, 3), "meta_ms|plain\nmeta_us|plain");
}

static void keys(void **state)
{
    (void)state;
    at_sok(SQLPrimaryKeys(stmt, S("meta_ms"), NULL, 0, S("Odd Name")), stmt);
    assert_string_equal(ROWS(1, 2, 3, 4, 5, 6),
                        "meta_ms|-|Odd Name|ts|1|-\nmeta_ms|-|Odd Name|k|2|-");
    /* unique in each child table, but not in the super table */
    at_sok(SQLPrimaryKeys(stmt, S("meta_ms"), NULL, 0, S("d1")), stmt);
    assert_string_equal(ROWS(4, 5), "ts|1");
    at_sok(SQLPrimaryKeys(stmt, S("meta_ms"), NULL, 0, S("meters")), stmt);
    assert_string_equal(ROWS(4, 5), "");
    at_sok(SQLPrimaryKeys(stmt, S("meta_ms"), NULL, 0, S("nosuch")), stmt);
    assert_string_equal(ROWS(4), "");
    at_srv_fails(SQLPrimaryKeys(stmt, S("meta_ms"), NULL, 0, NULL, 0), stmt, "HY009");

    at_sok(SQLSpecialColumns(stmt, SQL_BEST_ROWID, S("meta_ms"), NULL, 0, S("meters"),
                             SQL_SCOPE_CURROW, SQL_NULLABLE),
           stmt);
    assert_string_equal(ROWS(1, 2, 3, 4, 5, 6, 7, 8),
                        "2|tbname|12|VARCHAR|192|192|-|2\n2|ts|93|TIMESTAMP|23|16|3|1");
    at_sok(SQLSpecialColumns(stmt, SQL_BEST_ROWID, S("meta_ms"), NULL, 0, S("Odd Name"),
                             SQL_SCOPE_CURROW, SQL_NULLABLE),
           stmt);
    assert_string_equal(ROWS(2), "ts\nk");
    at_sok(SQLSpecialColumns(stmt, SQL_ROWVER, S("meta_ms"), NULL, 0, S("meters"), SQL_SCOPE_CURROW,
                             SQL_NULLABLE),
           stmt);
    assert_string_equal(ROWS(2), "");
    at_srv_fails(
        SQLSpecialColumns(stmt, 77, S("meta_ms"), NULL, 0, S("d1"), SQL_SCOPE_CURROW, SQL_NULLABLE),
        stmt, "HY097");
    at_srv_fails(
        SQLSpecialColumns(stmt, SQL_ROWVER, S("meta_ms"), NULL, 0, S("d1"), 9, SQL_NULLABLE), stmt,
        "HY098");
    at_srv_fails(
        SQLSpecialColumns(stmt, SQL_ROWVER, S("meta_ms"), NULL, 0, S("d1"), SQL_SCOPE_CURROW, 9),
        stmt, "HY099");
}

static void statistics(void **state)
{
    (void)state;
    at_sok(SQLStatistics(stmt, S("meta_ms"), NULL, 0, S("Odd Name"), SQL_INDEX_UNIQUE, SQL_QUICK),
           stmt);
    assert_string_equal(ROWS(1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
                        "meta_ms|Odd Name|-|-|-|0|-|-|-|-|-|-\n"
                        "meta_ms|Odd Name|0|-|PRIMARY|1|1|ts|A|-|-|-\n"
                        "meta_ms|Odd Name|0|-|PRIMARY|1|2|k|A|-|-|-");
    /* a super table's key is unique per child only */
    at_sok(SQLStatistics(stmt, S("meta_ms"), NULL, 0, S("meters"), SQL_INDEX_UNIQUE, SQL_QUICK),
           stmt);
    assert_string_equal(ROWS(7, 9), "0|-");
    at_exec(stmt, "insert into meta_us.plain values (now, 1) (now + 1s, 2)");
    at_sok(SQLStatistics(stmt, S("meta_us"), NULL, 0, S("plain"), SQL_INDEX_ALL, SQL_ENSURE), stmt);
    assert_string_equal(ROWS(7, 9, 11), "0|-|2\n1|ts|-");
    at_srv_fails(SQLStatistics(stmt, S("meta_ms"), NULL, 0, S("d1"), 9, SQL_QUICK), stmt, "HY100");
    at_srv_fails(SQLStatistics(stmt, S("meta_ms"), NULL, 0, S("d1"), SQL_INDEX_ALL, 9), stmt,
                 "HY101");
    at_srv_fails(SQLStatistics(stmt, S("meta_ms"), NULL, 0, NULL, 0, SQL_INDEX_ALL, SQL_QUICK),
                 stmt, "HY009");
}

static void check_empty(SQLRETURN rc, SQLSMALLINT want)
{
    SQLSMALLINT n;
    at_sok(rc, stmt);
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_int_equal(n, want);
    assert_string_equal(ROWS(1), "");
}

static void empty_results(void **state)
{
    (void)state;
    check_empty(SQLForeignKeys(stmt, S("meta_ms"), NULL, 0, S("meters"), NULL, 0, NULL, 0, NULL, 0),
                14);
    check_empty(SQLForeignKeys(stmt, NULL, 0, NULL, 0, NULL, 0, S("meta_ms"), NULL, 0, S("meters")),
                14);
    at_srv_fails(SQLForeignKeys(stmt, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0), stmt,
                 "HY009");
    check_empty(SQLTablePrivileges(stmt, S("meta_ms"), NULL, 0, S("%")), 7);
    check_empty(SQLColumnPrivileges(stmt, S("meta_ms"), NULL, 0, S("meters"), S("%")), 8);
}

/* A catalog call forgets what was prepared, and needs a closed cursor. */
static void states(void **state)
{
    (void)state;
    at_exec(stmt, "select 1");
    at_srv_fails(SQLTables(stmt, NULL, 0, NULL, 0, NULL, 0, NULL, 0), stmt, "24000");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE),
           stmt); /* not SQLCloseCursor: unixODBC takes the cursor for gone */
    at_sok(SQLPrepare(stmt, S("select 1")), stmt);
    at_sok(SQLTables(stmt, S("meta_us"), NULL, 0, NULL, 0, NULL, 0), stmt);
    at_sok(SQLCloseCursor(stmt), stmt);
    at_srv_fails(SQLExecute(stmt), stmt, "HY010");
}

static void wide_names(void **state)
{
    (void)state;
    static const SQLWCHAR db[] = {'m', 'e', 't', 'a', '_', 'u', 's', 0},
                          tab[] = {0x7535, 0x8868, 0}; /* 电表 */
    at_exec(stmt, "create table meta_us.`电表` (ts timestamp, `值` int)");
    at_sok(SQLColumnsW(stmt, (SQLWCHAR *)db, SQL_NTS, NULL, 0, (SQLWCHAR *)tab, SQL_NTS, NULL, 0),
           stmt);
    assert_string_equal(ROWS(3, 4), "电表|ts\n电表|值");
    at_sok(SQLTables(stmt, S("meta_us"), NULL, 0, S("_表"), NULL, 0), stmt);
    assert_string_equal(ROWS(3), "电表");
    at_exec(stmt, "drop table meta_us.`电表`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_by_type),
        cmocka_unit_test(tables_by_name),
        cmocka_unit_test(tables_special_forms),
        cmocka_unit_test(metadata_id),
        cmocka_unit_test(child_tables_option),
        cmocka_unit_test(columns),
        cmocka_unit_test(columns_default_catalog),
        cmocka_unit_test(keys),
        cmocka_unit_test(statistics),
        cmocka_unit_test(empty_results),
        cmocka_unit_test(states),
        cmocka_unit_test(wide_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

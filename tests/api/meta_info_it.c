/*
 * SQLGetInfo, SQLGetFunctions, SQLGetTypeInfo (ODBC reference; decisions.md section 1; clients.md, must-list).
 */
#include "apitest.h"

#define S(text) (SQLCHAR *)(text), SQL_NTS

static SQLHDBC dbc;

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "create database info_ms precision 'ms'");
    at_exec(stmt, "create database info_us precision 'us'");
    at_exec(stmt, "create database info_ns precision 'ns'");
    at_free(stmt);
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    return at_teardown(state);
}

/* Every information type by the data type that the reference gives it. */
static const SQLUSMALLINT text_types[] = {
    SQL_ACCESSIBLE_PROCEDURES,
    SQL_ACCESSIBLE_TABLES,
    SQL_CATALOG_NAME,
    SQL_CATALOG_NAME_SEPARATOR,
    SQL_CATALOG_TERM,
    SQL_COLLATION_SEQ,
    SQL_COLUMN_ALIAS,
    SQL_DATA_SOURCE_NAME,
    SQL_DATA_SOURCE_READ_ONLY,
    SQL_DATABASE_NAME,
    SQL_DBMS_NAME,
    SQL_DBMS_VER,
    SQL_DESCRIBE_PARAMETER,
    SQL_DRIVER_NAME,
    SQL_DRIVER_ODBC_VER,
    SQL_DRIVER_VER,
    SQL_EXPRESSIONS_IN_ORDERBY,
    SQL_IDENTIFIER_QUOTE_CHAR,
    SQL_INTEGRITY,
    SQL_KEYWORDS,
    SQL_LIKE_ESCAPE_CLAUSE,
    SQL_MAX_ROW_SIZE_INCLUDES_LONG,
    SQL_MULT_RESULT_SETS,
    SQL_MULTIPLE_ACTIVE_TXN,
    SQL_NEED_LONG_DATA_LEN,
    SQL_ORDER_BY_COLUMNS_IN_SELECT,
    SQL_OUTER_JOINS,
    SQL_PROCEDURE_TERM,
    SQL_PROCEDURES,
    SQL_ROW_UPDATES,
    SQL_SCHEMA_TERM,
    SQL_SEARCH_PATTERN_ESCAPE,
    SQL_SERVER_NAME,
    SQL_SPECIAL_CHARACTERS,
    SQL_TABLE_TERM,
    SQL_USER_NAME,
    SQL_XOPEN_CLI_YEAR,
};
static const SQLUSMALLINT types16[] = {
    SQL_ACTIVE_ENVIRONMENTS,
    SQL_CATALOG_LOCATION,
    SQL_CONCAT_NULL_BEHAVIOR,
    SQL_CORRELATION_NAME,
    SQL_CURSOR_COMMIT_BEHAVIOR,
    SQL_CURSOR_ROLLBACK_BEHAVIOR,
    SQL_FILE_USAGE,
    SQL_GROUP_BY,
    SQL_IDENTIFIER_CASE,
    SQL_MAX_CATALOG_NAME_LEN,
    SQL_MAX_COLUMN_NAME_LEN,
    SQL_MAX_COLUMNS_IN_GROUP_BY,
    SQL_MAX_COLUMNS_IN_INDEX,
    SQL_MAX_COLUMNS_IN_ORDER_BY,
    SQL_MAX_COLUMNS_IN_SELECT,
    SQL_MAX_COLUMNS_IN_TABLE,
    SQL_MAX_CONCURRENT_ACTIVITIES,
    SQL_MAX_CURSOR_NAME_LEN,
    SQL_MAX_DRIVER_CONNECTIONS,
    SQL_MAX_IDENTIFIER_LEN,
    SQL_MAX_PROCEDURE_NAME_LEN,
    SQL_MAX_SCHEMA_NAME_LEN,
    SQL_MAX_TABLE_NAME_LEN,
    SQL_MAX_TABLES_IN_SELECT,
    SQL_MAX_USER_NAME_LEN,
    SQL_NON_NULLABLE_COLUMNS,
    SQL_NULL_COLLATION,
    SQL_ODBC_API_CONFORMANCE,
    SQL_ODBC_SAG_CLI_CONFORMANCE,
    SQL_ODBC_SQL_CONFORMANCE,
    SQL_QUOTED_IDENTIFIER_CASE,
    SQL_TXN_CAPABLE,
};
static const SQLUSMALLINT types32[] = {
    SQL_AGGREGATE_FUNCTIONS,
    SQL_ALTER_DOMAIN,
    SQL_ALTER_TABLE,
    SQL_ASYNC_DBC_FUNCTIONS,
    SQL_ASYNC_MODE,
    SQL_ASYNC_NOTIFICATION,
    SQL_BATCH_ROW_COUNT,
    SQL_BATCH_SUPPORT,
    SQL_BOOKMARK_PERSISTENCE,
    SQL_CATALOG_USAGE,
    SQL_CONVERT_BIGINT,
    SQL_CONVERT_BINARY,
    SQL_CONVERT_BIT,
    SQL_CONVERT_CHAR,
    SQL_CONVERT_DATE,
    SQL_CONVERT_DECIMAL,
    SQL_CONVERT_DOUBLE,
    SQL_CONVERT_FLOAT,
    SQL_CONVERT_FUNCTIONS,
    SQL_CONVERT_GUID,
    SQL_CONVERT_INTEGER,
    SQL_CONVERT_INTERVAL_DAY_TIME,
    SQL_CONVERT_INTERVAL_YEAR_MONTH,
    SQL_CONVERT_LONGVARBINARY,
    SQL_CONVERT_LONGVARCHAR,
    SQL_CONVERT_NUMERIC,
    SQL_CONVERT_REAL,
    SQL_CONVERT_SMALLINT,
    SQL_CONVERT_TIME,
    SQL_CONVERT_TIMESTAMP,
    SQL_CONVERT_TINYINT,
    SQL_CONVERT_VARBINARY,
    SQL_CONVERT_VARCHAR,
    SQL_CONVERT_WCHAR,
    SQL_CONVERT_WLONGVARCHAR,
    SQL_CONVERT_WVARCHAR,
    SQL_CREATE_ASSERTION,
    SQL_CREATE_CHARACTER_SET,
    SQL_CREATE_COLLATION,
    SQL_CREATE_DOMAIN,
    SQL_CREATE_SCHEMA,
    SQL_CREATE_TABLE,
    SQL_CREATE_TRANSLATION,
    SQL_CREATE_VIEW,
    SQL_CURSOR_SENSITIVITY,
    SQL_DATETIME_LITERALS,
    SQL_DDL_INDEX,
    SQL_DEFAULT_TXN_ISOLATION,
    SQL_DRIVER_AWARE_POOLING_SUPPORTED,
    SQL_DROP_ASSERTION,
    SQL_DROP_CHARACTER_SET,
    SQL_DROP_COLLATION,
    SQL_DROP_DOMAIN,
    SQL_DROP_SCHEMA,
    SQL_DROP_TABLE,
    SQL_DROP_TRANSLATION,
    SQL_DROP_VIEW,
    SQL_DYNAMIC_CURSOR_ATTRIBUTES1,
    SQL_DYNAMIC_CURSOR_ATTRIBUTES2,
    SQL_FETCH_DIRECTION,
    SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1,
    SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES2,
    SQL_GETDATA_EXTENSIONS,
    SQL_INDEX_KEYWORDS,
    SQL_INFO_SCHEMA_VIEWS,
    SQL_INSERT_STATEMENT,
    SQL_KEYSET_CURSOR_ATTRIBUTES1,
    SQL_KEYSET_CURSOR_ATTRIBUTES2,
    SQL_LOCK_TYPES,
    SQL_MAX_ASYNC_CONCURRENT_STATEMENTS,
    SQL_MAX_BINARY_LITERAL_LEN,
    SQL_MAX_CHAR_LITERAL_LEN,
    SQL_MAX_INDEX_SIZE,
    SQL_MAX_ROW_SIZE,
    SQL_MAX_STATEMENT_LEN,
    SQL_NUMERIC_FUNCTIONS,
    SQL_ODBC_INTERFACE_CONFORMANCE,
    SQL_OJ_CAPABILITIES,
    SQL_PARAM_ARRAY_ROW_COUNTS,
    SQL_PARAM_ARRAY_SELECTS,
    SQL_POS_OPERATIONS,
    SQL_POSITIONED_STATEMENTS,
    SQL_SCHEMA_USAGE,
    SQL_SCROLL_CONCURRENCY,
    SQL_SCROLL_OPTIONS,
    SQL_SQL_CONFORMANCE,
    SQL_SQL92_DATETIME_FUNCTIONS,
    SQL_SQL92_FOREIGN_KEY_DELETE_RULE,
    SQL_SQL92_FOREIGN_KEY_UPDATE_RULE,
    SQL_SQL92_GRANT,
    SQL_SQL92_NUMERIC_VALUE_FUNCTIONS,
    SQL_SQL92_PREDICATES,
    SQL_SQL92_RELATIONAL_JOIN_OPERATORS,
    SQL_SQL92_REVOKE,
    SQL_SQL92_ROW_VALUE_CONSTRUCTOR,
    SQL_SQL92_STRING_FUNCTIONS,
    SQL_SQL92_VALUE_EXPRESSIONS,
    SQL_STANDARD_CLI_CONFORMANCE,
    SQL_STATIC_CURSOR_ATTRIBUTES1,
    SQL_STATIC_CURSOR_ATTRIBUTES2,
    SQL_STATIC_SENSITIVITY,
    SQL_STRING_FUNCTIONS,
    SQL_SUBQUERIES,
    SQL_SYSTEM_FUNCTIONS,
    SQL_TIMEDATE_ADD_INTERVALS,
    SQL_TIMEDATE_DIFF_INTERVALS,
    SQL_TIMEDATE_FUNCTIONS,
    SQL_TXN_ISOLATION_OPTION,
    SQL_UNION,
};
#define LEN(a) (sizeof(a) / sizeof *(a))

/* LibreOffice passes four zeroed bytes for all numbers, node and Go two for the small ones: the width must be right. */
static void widths(void **state)
{
    (void)state;
    for (size_t pass = 0; pass < 2; pass++) {
        const SQLUSMALLINT *list = pass ? types32 : types16;
        size_t n = pass ? LEN(types32) : LEN(types16);
        for (size_t i = 0; i < n; i++) {
            unsigned char buf[8];
            SQLSMALLINT len = -1;
            memset(buf, 0xa5, sizeof buf);
            at_ok(SQLGetInfo(dbc, list[i], buf, sizeof buf, &len), SQL_HANDLE_DBC, dbc);
            for (size_t k = pass ? 4 : 2; k < sizeof buf; k++)
                if (buf[k] != 0xa5) fail_msg("type %u writes byte %zu", list[i], k);
            if (pass == 1 && buf[3] == 0xa5) fail_msg("type %u writes less than 4 bytes", list[i]);
            assert_int_equal(len, pass ? 4 : 2);
        }
    }
}

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(text_types); i++) {
        char buf[8192];
        SQLSMALLINT len = -1, len2 = -1;
        at_ok(SQLGetInfo(dbc, text_types[i], buf, sizeof buf, &len), SQL_HANDLE_DBC, dbc);
        assert_int_equal(len, strlen(buf));
        at_ok(SQLGetInfo(dbc, text_types[i], NULL, 0, &len2), SQL_HANDLE_DBC, dbc);
        assert_int_equal(len2, len);
        SQLWCHAR wide[8192];
        at_ok(SQLGetInfoW(dbc, text_types[i], wide, sizeof wide, &len2), SQL_HANDLE_DBC, dbc);
        assert_int_equal(len2, len * (int)sizeof(SQLWCHAR)); /* bytes */
        if (len > 1 &&
            !(TD_THROUGH_DM && text_types[i] == SQL_XOPEN_CLI_YEAR)) { /* the manager's own */
            at_rc(SQLGetInfo(dbc, text_types[i], buf, 2, &len2), SQL_SUCCESS_WITH_INFO,
                  SQL_HANDLE_DBC, dbc, "01004");
            assert_int_equal(len2, len);
            assert_int_equal(strlen(buf), 1);
        }
    }
    at_rc(SQLGetInfo(dbc, 999, NULL, 0, NULL), SQL_ERROR, SQL_HANDLE_DBC, dbc, "HY096");
    at_rc(SQLGetInfo(dbc, 180, NULL, 0, NULL), SQL_ERROR, SQL_HANDLE_DBC, dbc,
          "HY096"); /* Power BI asks */
}

static const char *info_text(SQLHDBC d, SQLUSMALLINT type)
{
    static char buf[8192];
    at_ok(SQLGetInfo(d, type, buf, sizeof buf, NULL), SQL_HANDLE_DBC, d);
    return buf;
}

static SQLUINTEGER info_num(SQLUSMALLINT type)
{
    SQLUINTEGER v = 0;
    at_ok(SQLGetInfo(dbc, type, &v, sizeof v, NULL), SQL_HANDLE_DBC, dbc);
    return v;
}

/* protocol.md, appendix B, and what single clients look at. */
static void values(void **state)
{
    (void)state;
    assert_string_equal(info_text(dbc, SQL_DBMS_NAME), "TDengine");
    const char *ver = info_text(dbc, SQL_DBMS_VER);
    assert_true(strlen(ver) >= 10 && ver[2] == '.' && ver[5] == '.' &&
                strspn(ver + 6, "0123456789") == 4);
    assert_string_equal(info_text(dbc, SQL_DRIVER_ODBC_VER), "03.80");
    assert_string_equal(info_text(dbc, SQL_IDENTIFIER_QUOTE_CHAR), "`");
    assert_string_equal(info_text(dbc, SQL_CATALOG_NAME), "Y");
    assert_string_equal(info_text(dbc, SQL_CATALOG_NAME_SEPARATOR), ".");
    assert_string_equal(info_text(dbc, SQL_SCHEMA_TERM), "");
    assert_string_equal(info_text(dbc, SQL_SEARCH_PATTERN_ESCAPE), "\\");
    assert_string_equal(info_text(dbc, SQL_DATA_SOURCE_READ_ONLY), "N");
    assert_string_equal(info_text(dbc, SQL_USER_NAME), "root");
    const char *words = info_text(dbc, SQL_KEYWORDS);
    assert_non_null(strstr(words, ",TBNAME,"));
    assert_null(strstr(words, "SELECT"));
    assert_int_equal(info_num(SQL_TXN_CAPABLE), SQL_TC_NONE);
    assert_int_equal(info_num(SQL_IDENTIFIER_CASE), SQL_IC_LOWER);
    assert_int_equal(info_num(SQL_MAX_CONCURRENT_ACTIVITIES),
                     0); /* LibreOffice opens connections otherwise */
    assert_int_equal(info_num(SQL_GETDATA_EXTENSIONS),
                     SQL_GD_ANY_COLUMN | SQL_GD_ANY_ORDER | SQL_GD_BLOCK | SQL_GD_BOUND);
    assert_int_equal(info_num(SQL_SCHEMA_USAGE), 0);
    assert_int_equal(info_num(SQL_PARAM_ARRAY_SELECTS),
                     SQL_PAS_BATCH); /* SQLMoreResults gives the next set's */
    assert_int_equal(info_num(SQL_STATIC_CURSOR_ATTRIBUTES2) & SQL_CA2_CRC_EXACT,
                     0); /* a row count is not known */
    assert_string_equal(info_text(dbc, SQL_LIKE_ESCAPE_CLAUSE), "Y");
    assert_int_equal(info_num(SQL_SUBQUERIES), 0);
    assert_int_equal(info_num(SQL_AGGREGATE_FUNCTIONS) & SQL_AF_DISTINCT, 0);

    SQLHDBC d = at_connect("Database=info_us;ReadOnly=1;");
    assert_string_equal(info_text(d, SQL_DATABASE_NAME), "info_us");
    assert_string_equal(info_text(d, SQL_DATA_SOURCE_READ_ONLY), "Y");
    at_disconnect(d);
}

/* SQL_DRIVER_VER is the version that CMakeLists.txt gives. */
static void version(void **state)
{
    (void)state;
    char line[200], want[40] = "";
    int a, b, c;
    FILE *f = fopen(TD_TEST_DATA "/../../CMakeLists.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "project(tdengine-odbc VERSION %d.%d.%d", &a, &b, &c) == 3)
            snprintf(want, sizeof want, "%02d.%02d.%04d", a, b, c);
    fclose(f);
    assert_string_equal(info_text(dbc, SQL_DRIVER_VER), want);
}

/* ---- SQLGetFunctions ---- */

static const struct {
    const char *name;
    SQLUSMALLINT id;
    bool wide;
} functions[] = {
#define TD_FN(name, id, wide) {#name, id, wide},
#include "../../driver/odbc/functions.def"
};

static bool listed(SQLUSMALLINT id)
{
    for (size_t i = 0; i < LEN(functions); i++)
        if (functions[i].id == id) return true;
    return false;
}

static void get_functions(void **state)
{
    (void)state;
    SQLUSMALLINT bits[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE], old[100], one;
    at_ok(SQLGetFunctions(dbc, SQL_API_ODBC3_ALL_FUNCTIONS, bits), SQL_HANDLE_DBC, dbc);
    at_ok(SQLGetFunctions(dbc, SQL_API_ALL_FUNCTIONS, old), SQL_HANDLE_DBC, dbc);
    for (size_t i = 0; i < LEN(functions); i++) {
        one = 77;
        if (TD_THROUGH_DM && functions[i].id == SQL_API_SQLCANCELHANDLE)
            continue; /* unixODBC 2.3.11 takes the number for out of range */
        at_ok(SQLGetFunctions(dbc, functions[i].id, &one), SQL_HANDLE_DBC, dbc);
        assert_int_equal(one, SQL_TRUE);
        assert_true(SQL_FUNC_EXISTS(bits, functions[i].id));
        if (functions[i].id < 100) assert_int_equal(old[functions[i].id], SQL_TRUE);
    }
#if !TD_THROUGH_DM /* the manager adds what it maps or does itself */
    for (SQLUSMALLINT id = 1; id < 4000; id++)
        if (id != SQL_API_ODBC3_ALL_FUNCTIONS)
            assert_int_equal(SQL_FUNC_EXISTS(bits, id) == SQL_TRUE, listed(id));
    for (SQLUSMALLINT id = 0; id < 100; id++)
        assert_int_equal(old[id] == SQL_TRUE, listed(id));
    at_ok(SQLGetFunctions(dbc, SQL_API_SQLSETPARAM, &one), SQL_HANDLE_DBC, dbc);
    assert_int_equal(one, SQL_FALSE);
#else
    (void)listed;
#endif
    at_rc(SQLGetFunctions(dbc, 9000, &one), SQL_ERROR, SQL_HANDLE_DBC, dbc, "HY095");
}

/* The library under test, as odbcinst.ini names it. */
static void driver_path(char *path)
{
    char file[500], line[500];
    const char *dir = getenv("ODBCSYSINI");
    assert_non_null(dir);
    snprintf(file, sizeof file, "%s/odbcinst.ini", dir);
    FILE *f = fopen(file, "r");
    assert_non_null(f);
    path[0] = 0;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "Driver=%499s", path) == 1) break;
    fclose(f);
    assert_true(path[0] != 0);
}

/* What the library exports is what SQLGetFunctions answers, no more and no less. */
static void exports(void **state)
{
    (void)state;
    char path[500], cmd[600], line[300];
    size_t found = 0, want = 0;
    if (!TD_THROUGH_DM) skip(); /* this variant is built without the shared library */
    driver_path(path);
    snprintf(cmd, sizeof cmd, "nm -D --defined-only '%s'", path);
    FILE *p = popen(cmd, "r");
    assert_non_null(p);
    while (fgets(line, sizeof line, p)) {
        char type, name[200];
        if (sscanf(line, "%*s %c %199s", &type, name) != 2 || type != 'T') continue;
        bool known = false;
        for (size_t i = 0; i < LEN(functions) && !known; i++) {
            size_t n = strlen(functions[i].name);
            known = strncmp(name, functions[i].name, n) == 0 &&
                    (name[n] == 0 || (functions[i].wide && strcmp(name + n, "W") == 0));
        }
        if (!known) fail_msg("%s is exported and not in functions.def", name);
        found++;
    }
    pclose(p);
    for (size_t i = 0; i < LEN(functions); i++)
        want += 1 + functions[i].wide;
    assert_int_equal(found, want);
}

/* ---- SQLGetTypeInfo ---- */

static void type_info_rows(void **state)
{
    (void)state;
    static const char *const want =
        "-9|NCHAR|16379|'|'|length|1|1|3|-|0|-|NCHAR|-|-|-9|-|-|-\n"
        "-9|JSON|4095|'|'|-|1|1|0|-|0|-|JSON|-|-|-9|-|-|-\n"
        "-7|BOOL|1|-|-|-|1|0|2|-|0|-|BOOL|-|-|-7|-|-|-\n"
        "-6|TINYINT|3|-|-|-|1|0|2|0|0|0|TINYINT|0|0|-6|-|10|-\n"
        "-5|BIGINT|19|-|-|-|1|0|2|0|0|0|BIGINT|0|0|-5|-|10|-\n"
        "-5|INT UNSIGNED|19|-|-|-|1|0|2|0|0|0|INT UNSIGNED|0|0|-5|-|10|-\n"
        "-5|BIGINT UNSIGNED|20|-|-|-|1|0|2|1|0|0|BIGINT UNSIGNED|0|0|-5|-|10|-\n"
        "-4|BLOB|4194304|'\\x|'|-|1|0|0|-|0|-|BLOB|-|-|-4|-|-|-\n"
        "-3|VARBINARY|65517|'\\x|'|length|1|0|2|-|0|-|VARBINARY|-|-|-3|-|-|-\n"
        "-3|GEOMETRY|65517|'|'|length|1|0|0|-|0|-|GEOMETRY|-|-|-3|-|-|-\n"
        "3|DECIMAL|38|-|-|precision,scale|1|0|2|0|0|0|DECIMAL|0|38|3|-|10|-\n"
        "4|INT|10|-|-|-|1|0|2|0|0|0|INT|0|0|4|-|10|-\n"
        "4|SMALLINT UNSIGNED|10|-|-|-|1|0|2|0|0|0|SMALLINT UNSIGNED|0|0|4|-|10|-\n"
        "5|SMALLINT|5|-|-|-|1|0|2|0|0|0|SMALLINT|0|0|5|-|10|-\n"
        "5|TINYINT UNSIGNED|5|-|-|-|1|0|2|0|0|0|TINYINT UNSIGNED|0|0|5|-|10|-\n"
        "7|FLOAT|7|-|-|-|1|0|2|0|0|0|FLOAT|-|-|7|-|10|-\n"
        "8|DOUBLE|15|-|-|-|1|0|2|0|0|0|DOUBLE|-|-|8|-|10|-\n"
        "12|VARCHAR|65517|'|'|length|1|1|3|-|0|-|VARCHAR|-|-|12|-|-|-\n"
        "93|TIMESTAMP|29|'|'|-|1|0|2|-|0|-|TIMESTAMP|3|9|9|3|-|-";
    SQLHSTMT stmt = at_stmt(dbc);
    char is[4096];
    size_t n = 0;
    at_sok(SQLGetTypeInfo(stmt, SQL_ALL_TYPES), stmt);
    while (SQL_SUCCEEDED(SQLFetch(stmt))) {
        n += (size_t)snprintf(is + n, sizeof is - n, "%s%s", n ? "\n" : "", at_text(stmt, 2));
        for (int c = 1; c <= 19; c++) {
            const char *v = c == 2 ? NULL : at_text(stmt, c);
            if (c != 2) n += (size_t)snprintf(is + n, sizeof is - n, "|%s", v ? v : "-");
        }
    }
    assert_string_equal(is, want);
    at_free(stmt);
}

/* pyodbc cuts fractions to COLUMN_SIZE - 20 digits of the first row: it must be the current database's precision. */
static void timestamp_size(void **state)
{
    (void)state;
    static const struct {
        const char *extra, *size, *scale;
    } cases[] = {{"Database=info_ms;", "23", "3"},
                 {"Database=info_us;", "26", "6"},
                 {"Database=info_ns;", "29", "9"}};
    for (size_t i = 0; i < LEN(cases); i++) {
        SQLHDBC d = at_connect(cases[i].extra);
        SQLHSTMT s = at_stmt(d);
        at_sok(SQLGetTypeInfo(s, SQL_TYPE_TIMESTAMP), s);
        at_sok(SQLFetch(s), s);
        assert_string_equal(at_text(s, 3), cases[i].size);
        assert_string_equal(at_text(s, 15), cases[i].scale);
        assert_int_equal(SQLFetch(s), SQL_NO_DATA);
        at_free(s);
        at_disconnect(d);
    }
}

static void type_info_arguments(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    at_sok(SQLGetTypeInfo(stmt, SQL_VARCHAR), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "VARCHAR");
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLCloseCursor(stmt), stmt);
    at_sok(SQLGetTypeInfo(stmt, SQL_GUID), stmt); /* a type, but none of TDengine's */
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLCloseCursor(stmt), stmt);
    at_srv_fails(SQLGetTypeInfo(stmt, 1234), stmt, "HY004");
    at_free(stmt);
}

/* ODBC 2 applications (Qt, Excel): old column names and date codes, whatever the manager does. */
static void odbc2(void **state)
{
    (void)state;
    SQLHENV env;
    SQLHDBC d;
    SQLHSTMT s;
    SQLCHAR name[64];
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env), SQL_SUCCESS);
    assert_int_equal(SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC2, 0),
                     SQL_SUCCESS);
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_DBC, env, &d), SQL_SUCCESS);
    at_ok(SQLDriverConnect(d, NULL, S(at_conn_string(&at_srv, "Database=info_ms;")), NULL, 0, NULL,
                           SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, d);
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_STMT, d, &s), SQL_SUCCESS);
    at_exec(s, "create table info_ms.t2 (ts timestamp, v int)");
    at_sok(SQLGetTypeInfo(s, SQL_TIMESTAMP), s);
    at_sok(SQLDescribeCol(s, 3, name, sizeof name, NULL, NULL, NULL, NULL, NULL), s);
    assert_string_equal((char *)name, "PRECISION");
    at_sok(SQLFetch(s), s);
    assert_string_equal(at_text(s, 2), "11");
    assert_string_equal(at_text(s, 3), "23");
    at_sok(SQLFreeStmt(s, SQL_CLOSE), s);
    at_sok(SQLColumns(s, S("info_ms"), NULL, 0, S("t2"), S("ts")), s);
    at_sok(SQLDescribeCol(s, 1, name, sizeof name, NULL, NULL, NULL, NULL, NULL), s);
    assert_string_equal((char *)name, "TABLE_QUALIFIER");
    at_sok(SQLFetch(s), s);
    assert_string_equal(at_text(s, 5), "11");
    at_sok(SQLFreeStmt(s, SQL_CLOSE), s);
    at_exec(s, "select ts from info_ms.t2");
    SQLLEN type = 0;
    SQLSMALLINT sqltype;
    at_sok(SQLColAttribute(s, 1, SQL_COLUMN_TYPE, NULL, 0, NULL, &type), s);
    assert_int_equal(type, SQL_TIMESTAMP);
    at_sok(SQLDescribeCol(s, 1, name, sizeof name, NULL, &sqltype, NULL, NULL, NULL), s);
    assert_int_equal(sqltype, SQL_TIMESTAMP);
    SQLFreeHandle(SQL_HANDLE_STMT, s);
    SQLDisconnect(d);
    SQLFreeHandle(SQL_HANDLE_DBC, d);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
}

static void native_sql(void **state)
{
    (void)state;
    SQLCHAR out[100];
    SQLINTEGER n;
    at_ok(SQLNativeSql(dbc, S("select {fn LCASE(a)}"), out, sizeof out, &n), SQL_HANDLE_DBC, dbc);
    assert_string_equal((char *)out, "select lower(a)");
    assert_int_equal(n, 15);
    at_rc(SQLNativeSql(dbc, S("select {fn LCASE(a)}"), out, 5, &n), SQL_SUCCESS_WITH_INFO,
          SQL_HANDLE_DBC, dbc, "01004");
    assert_string_equal((char *)out, "sele");
    assert_int_equal(n, 15);
    at_rc(SQLNativeSql(dbc, S("select {x}"), out, 5, &n), SQL_ERROR, SQL_HANDLE_DBC, dbc, "42000");

    SQLHDBC d = at_connect("QuotedIdentifiers=1;");
    at_ok(SQLNativeSql(d, S("select \"A\" from \"b\""), out, sizeof out, &n), SQL_HANDLE_DBC, d);
    assert_string_equal((char *)out, "select `A` from `b`");
    at_disconnect(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths),         cmocka_unit_test(texts),
        cmocka_unit_test(values),         cmocka_unit_test(version),
        cmocka_unit_test(get_functions),  cmocka_unit_test(exports),
        cmocka_unit_test(type_info_rows), cmocka_unit_test(timestamp_size),
        cmocka_unit_test(odbc2),          cmocka_unit_test(type_info_arguments),
        cmocka_unit_test(native_sql),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

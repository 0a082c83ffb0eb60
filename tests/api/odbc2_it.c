/*
 * An ODBC 2 application (SQL_OV_ODBC2, as Qt and older Excel are): SQLSTATEs, type codes 9, 10, 11
 * both ways, the old names of catalog columns, SQLExtendedFetch, statement options set on the
 * connection (ODBC reference, appendix G).
 */
#include "apitest.h"

#define LEN(a)  (sizeof(a) / sizeof *(a))
#define S(text) (SQLCHAR *)(text), SQL_NTS

static SQLHENV env;
static SQLHDBC dbc;
static SQLHSTMT stmt;

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env), SQL_SUCCESS);
    assert_int_equal(SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC2, 0),
                     SQL_SUCCESS);
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc), SQL_SUCCESS);
    at_ok(SQLDriverConnect(dbc, NULL, S(at_conn_string(&at_srv, "Timezone=UTC;")), NULL, 0, NULL,
                           SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc);
    stmt = at_stmt(dbc);
    at_exec(stmt, "create database o2");
    at_exec(stmt, "create table o2.t (ts timestamp, v int, s varchar(20))");
    at_exec(stmt, "insert into o2.t values ('2024-02-29 13:14:15.678', 1, 'a') ('2024-03-01 "
                  "00:00:00', 2, 'b') "
                  "('2024-03-02 00:00:00', 3, 'c') ('2024-03-03 00:00:00', 4, 'd')");
    at_free(stmt); /* the manager keeps a statement executed also when its next execution fails */
    stmt = at_stmt(dbc);
    return 0;
}

static int teardown(void **state)
{
    at_free(stmt);
    at_disconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return at_teardown(state);
}

static void states(void **state)
{
    (void)state;
    SQLLEN ind;
    SQLINTEGER v;
    char buf[20];

    at_srv_fails(SQLExecDirect(stmt, S("selec 1")), stmt, "37000");
    at_srv_fails(SQLExecDirect(stmt, S("select * from o2.nowhere")), stmt, "S0002");
    at_srv_fails(SQLExecDirect(stmt, S("select nothing from o2.t")), stmt, "S0022");
    at_srv_fails(SQLFetch(stmt), stmt, "S1010");
    at_srv_fails(SQLExecDirect(stmt, S("select v from o2.t where v = ?")), stmt, "07001");
    at_srv_fails(SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)77, 0), stmt, "S1009");
    at_srv_fails(SQLSetStmtAttr(stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)1, 0), stmt, "S1C00");
    at_exec(stmt, "select s, v from o2.t");
    at_sok(SQLFetch(stmt), stmt);
    at_srv_fails(SQLGetData(stmt, 9, SQL_C_CHAR, buf, sizeof buf, &ind), stmt, "S1002");
    at_srv_fails(SQLGetData(stmt, 2, SQL_C_CHAR, buf, -1, &ind), stmt, "S1090");
    at_srv_fails(SQLGetData(stmt, 2, 4711, buf, sizeof buf, &ind), stmt, "S1003");
    at_srv_fails(SQLGetData(stmt, 1, SQL_C_SLONG, &v, 0, &ind), stmt, "22005");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
}

static const char *column_name(SQLUSMALLINT col)
{
    static char name[64];

    at_sok(SQLDescribeCol(stmt, col, (SQLCHAR *)name, sizeof name, NULL, NULL, NULL, NULL, NULL),
           stmt);
    return name;
}

static SQLRETURN catalog(int function)
{
    switch (function) {
    case SQL_API_SQLTABLES:
        return SQLTables(stmt, S("o2"), NULL, 0, S("t"), NULL, 0);
    case SQL_API_SQLCOLUMNS:
        return SQLColumns(stmt, S("o2"), NULL, 0, S("t"), S("%"));
    case SQL_API_SQLPRIMARYKEYS:
        return SQLPrimaryKeys(stmt, S("o2"), NULL, 0, S("t"));
    case SQL_API_SQLSPECIALCOLUMNS:
        return SQLSpecialColumns(stmt, SQL_BEST_ROWID, S("o2"), NULL, 0, S("t"), 0, SQL_NULLABLE);
    case SQL_API_SQLSTATISTICS:
        return SQLStatistics(stmt, S("o2"), NULL, 0, S("t"), SQL_INDEX_ALL, SQL_QUICK);
    case SQL_API_SQLFOREIGNKEYS:
        return SQLForeignKeys(stmt, S("o2"), NULL, 0, S("t"), NULL, 0, NULL, 0, NULL, 0);
    case SQL_API_SQLPROCEDURES:
        return SQLProcedures(stmt, NULL, 0, NULL, 0, NULL, 0);
    case SQL_API_SQLPROCEDURECOLUMNS:
        return SQLProcedureColumns(stmt, NULL, 0, NULL, 0, NULL, 0, NULL, 0);
    case SQL_API_SQLTABLEPRIVILEGES:
        return SQLTablePrivileges(stmt, S("o2"), NULL, 0, S("t"));
    default:
        return SQLGetTypeInfo(stmt, SQL_ALL_TYPES);
    }
}

static void old_names(void **state)
{
    (void)state;
    static const struct {
        int function;
        SQLUSMALLINT col;
        const char *name;
    } cases[] = {
        {SQL_API_SQLTABLES, 1, "TABLE_QUALIFIER"},
        {SQL_API_SQLTABLES, 2, "TABLE_OWNER"},
        {SQL_API_SQLTABLES, 3, "TABLE_NAME"},
        {SQL_API_SQLCOLUMNS, 1, "TABLE_QUALIFIER"},
        {SQL_API_SQLCOLUMNS, 2, "TABLE_OWNER"},
        {SQL_API_SQLCOLUMNS, 7, "PRECISION"},
        {SQL_API_SQLCOLUMNS, 8, "LENGTH"},
        {SQL_API_SQLCOLUMNS, 9, "SCALE"},
        {SQL_API_SQLCOLUMNS, 10, "RADIX"},
        {SQL_API_SQLPRIMARYKEYS, 1, "TABLE_QUALIFIER"},
        {SQL_API_SQLPRIMARYKEYS, 2, "TABLE_OWNER"},
        {SQL_API_SQLSPECIALCOLUMNS, 5, "PRECISION"},
        {SQL_API_SQLSPECIALCOLUMNS, 6, "LENGTH"},
        {SQL_API_SQLSPECIALCOLUMNS, 7, "SCALE"},
        {SQL_API_SQLSTATISTICS, 1, "TABLE_QUALIFIER"},
        {SQL_API_SQLSTATISTICS, 8, "SEQ_IN_INDEX"},
        {SQL_API_SQLSTATISTICS, 10, "COLLATION"},
        {SQL_API_SQLFOREIGNKEYS, 1, "PKTABLE_QUALIFIER"},
        {SQL_API_SQLFOREIGNKEYS, 2, "PKTABLE_OWNER"},
        {SQL_API_SQLFOREIGNKEYS, 5, "FKTABLE_QUALIFIER"},
        {SQL_API_SQLFOREIGNKEYS, 6, "FKTABLE_OWNER"},
        {SQL_API_SQLPROCEDURES, 1, "PROCEDURE_QUALIFIER"},
        {SQL_API_SQLPROCEDURECOLUMNS, 8, "PRECISION"},
        {SQL_API_SQLPROCEDURECOLUMNS, 9, "LENGTH"},
        {SQL_API_SQLPROCEDURECOLUMNS, 10, "SCALE"},
        {SQL_API_SQLPROCEDURECOLUMNS, 11, "RADIX"},
        {SQL_API_SQLTABLEPRIVILEGES, 1, "TABLE_QUALIFIER"},
        {SQL_API_SQLGETTYPEINFO, 3, "PRECISION"},
        {SQL_API_SQLGETTYPEINFO, 11, "MONEY"},
        {SQL_API_SQLGETTYPEINFO, 12, "AUTO_INCREMENT"},
    };
    int bad = 0;

    for (size_t i = 0; i < LEN(cases); i++) {
        at_sok(catalog(cases[i].function), stmt);
        if (strcmp(column_name(cases[i].col), cases[i].name) != 0) {
            print_error("function %d, column %u: %s, not %s\n", cases[i].function, cases[i].col,
                        column_name(cases[i].col), cases[i].name);
            bad++;
        }
        at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    }
    assert_int_equal(bad, 0);
}

/* SQL_DATE 9, SQL_TIME 10, SQL_TIMESTAMP 11, as SQL types and as C types, in and out. */
static void type_codes(void **state)
{
    (void)state;
    SQL_DATE_STRUCT d;
    SQL_TIME_STRUCT t;
    SQL_TIMESTAMP_STRUCT ts = {2024, 2, 29, 13, 14, 15, 678000000}, back;
    SQLLEN ind, ind_in = sizeof ts;
    SQLSMALLINT type, digits, nullable;
    SQLULEN size;

    at_sok(SQLPrepare(stmt, S("select ts, v from o2.t where ts = ?")), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_TIMESTAMP, SQL_TIMESTAMP, 23, 3, &ts, 0,
                            &ind_in),
           stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLDescribeCol(stmt, 1, NULL, 0, NULL, &type, &size, &digits, &nullable), stmt);
    assert_int_equal(type, SQL_TIMESTAMP);
    assert_int_equal(size, 23);
    at_sok(SQLBindCol(stmt, 1, SQL_C_TIMESTAMP, &back, 0, &ind), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_memory_equal(&back, &ts, sizeof ts);
    assert_int_equal(ind, sizeof back);
    assert_int_equal(SQLGetData(stmt, 1, SQL_C_DATE, &d, 0, &ind),
                     SQL_SUCCESS_WITH_INFO); /* the time of day is cut */
    assert_true(d.year == 2024 && d.month == 2 && d.day == 29);
    assert_int_equal(SQLGetData(stmt, 1, SQL_C_TIME, &t, 0, &ind), SQL_SUCCESS_WITH_INFO);
    assert_true(t.hour == 13 && t.minute == 14 && t.second == 15);
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_UNBIND), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);

    at_sok(SQLPrepare(stmt, S("insert into o2.t values (?, ?, ?)")), stmt);
    at_sok(SQLDescribeParam(stmt, 1, &type, &size, &digits, &nullable), stmt);
    assert_int_equal(type, SQL_TIMESTAMP);
    assert_int_equal(digits, 3);

    at_sok(SQLGetTypeInfo(stmt, SQL_TIMESTAMP), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 2), "11");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(SQLColumns(stmt, S("o2"), NULL, 0, S("t"), S("ts")), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 5), "11");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
}

/* Row sets of SQLExtendedFetch on a static cursor, with SQL_ROWSET_SIZE and without
   SQL_ATTR_ROW_ARRAY_SIZE's help. */
static void extended_fetch(void **state)
{
    (void)state;
    static const struct {
        SQLUSMALLINT how;
        SQLLEN offset;
        SQLULEN rows;
        SQLINTEGER first;
    } steps[] = {
        {SQL_FETCH_NEXT, 0, 3, 1},  {SQL_FETCH_NEXT, 0, 1, 4},     {SQL_FETCH_FIRST, 0, 3, 1},
        {SQL_FETCH_LAST, 0, 3, 2},  {SQL_FETCH_ABSOLUTE, 2, 3, 2}, {SQL_FETCH_RELATIVE, 1, 2, 3},
        {SQL_FETCH_PRIOR, 0, 3, 1},
    };
    SQLHSTMT s = at_stmt(dbc);
    SQLINTEGER v[3];
    SQLULEN rows;
    SQLUSMALLINT status[3];

    at_sok(SQLSetStmtAttr(s, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), s);
    at_sok(SQLSetStmtAttr(s, SQL_ROWSET_SIZE, (SQLPOINTER)3, 0), s);
    at_exec(s, "select v from o2.t order by ts");
    at_sok(SQLBindCol(s, 1, SQL_C_SLONG, v, 0, NULL), s);
    for (size_t i = 0; i < LEN(steps); i++) {
        SQLRETURN rc = SQLExtendedFetch(s, steps[i].how, steps[i].offset, &rows, status);
        at_sok(rc, s);
        assert_int_equal(rows, steps[i].rows);
        assert_int_equal(v[0], steps[i].first);
        for (SQLULEN r = 0; r < 3; r++)
            assert_int_equal(status[r], r < rows ? SQL_ROW_SUCCESS : SQL_ROW_NOROW);
    }
    at_sok(SQLSetPos(s, 2, SQL_POSITION, SQL_LOCK_NO_CHANGE), s);
    assert_string_equal(at_text(s, 1), "2");
    assert_int_equal(SQLExtendedFetch(s, SQL_FETCH_ABSOLUTE, 99, &rows, status), SQL_NO_DATA);
    assert_int_equal(rows, 0);
    at_free(s);
}

#if !TD_THROUGH_DM /* the manager has a table of its own for attributes of connections */
/* An ODBC 2 application sets statement options on the connection: for its statements, and for
   those to come. */
static void options_on_connection(void **state)
{
    (void)state;
    SQLHSTMT before = at_stmt(dbc), after;
    SQLULEN v = 0;

    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_MAX_ROWS, (SQLPOINTER)2, 0), SQL_HANDLE_DBC, dbc);
    after = at_stmt(dbc);
    at_sok(SQLGetStmtAttr(before, SQL_ATTR_MAX_ROWS, &v, 0, NULL), before);
    assert_int_equal(v, 2);
    at_sok(SQLGetStmtAttr(after, SQL_ATTR_MAX_ROWS, &v, 0, NULL), after);
    assert_int_equal(v, 2);
    at_exec(after, "select v from o2.t");
    at_sok(SQLFetch(after), after);
    at_sok(SQLFetch(after), after);
    assert_int_equal(SQLFetch(after), SQL_NO_DATA);
    at_rc(SQLSetConnectAttr(dbc, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)77, 0), SQL_ERROR,
          SQL_HANDLE_DBC, dbc, "S1009");
    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_MAX_ROWS, (SQLPOINTER)0, 0), SQL_HANDLE_DBC, dbc);
    at_free(before);
    at_free(after);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states),
        cmocka_unit_test(old_names),
        cmocka_unit_test(type_codes),
        cmocka_unit_test(extended_fetch),
#if !TD_THROUGH_DM
        cmocka_unit_test(options_on_connection),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

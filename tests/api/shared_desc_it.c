/*
 * Explicit descriptors: one for several statements, as a row descriptor here and a parameter
 * descriptor there, copied from an IRD, freed while in use (ODBC reference, "Allocating and
 * Freeing Descriptors", "Copying Descriptors").
 */
#include "apitest.h"

#define S(text)       (SQLCHAR *)(text), SQL_NTS
#define at_dok(rc, d) at_ok((rc), SQL_HANDLE_DESC, (d))

static SQLHDBC dbc;

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "create database sd");
    at_exec(stmt, "create table sd.src (ts timestamp, v int, s varchar(10))");
    at_exec(stmt, "create table sd.dst (ts timestamp, v int, s varchar(10))");
    at_exec(stmt, "insert into sd.src values (1700000000000, 1, 'one') (1700000001000, 2, null) "
                  "(1700000002000, 3, 'three')");
    at_free(stmt);
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    return at_teardown(state);
}

static SQLHDESC new_desc(void)
{
    SQLHDESC d;

    at_ok(SQLAllocHandle(SQL_HANDLE_DESC, dbc, &d), SQL_HANDLE_DBC, dbc);
    return d;
}

static SQLHDESC desc_of(SQLHSTMT s, SQLINTEGER which)
{
    SQLHDESC d = NULL;

    at_sok(SQLGetStmtAttr(s, which, &d, SQL_IS_POINTER, NULL), s);
    return d;
}

/* Rows are copied with no further binding: what one statement fetches into is what the other one
   sends. */
static void row_and_parameter_descriptor(void **state)
{
    (void)state;
    SQLHSTMT from = at_stmt(dbc), to = at_stmt(dbc);
    SQLHDESC d = new_desc();
    SQL_TIMESTAMP_STRUCT ts[2];
    SQLINTEGER v[2];
    char s[2][11];
    SQLLEN ind[3][2];
    SQLULEN got;
    static const SQLSMALLINT types[] = {SQL_TYPE_TIMESTAMP, SQL_INTEGER, SQL_VARCHAR};
    SQLHDESC ipd = desc_of(to, SQL_ATTR_IMP_PARAM_DESC);

    at_sok(SQLSetStmtAttr(from, SQL_ATTR_APP_ROW_DESC, d, SQL_IS_POINTER), from);
    at_sok(SQLSetStmtAttr(to, SQL_ATTR_APP_PARAM_DESC, d, SQL_IS_POINTER), to);
    assert_ptr_equal(desc_of(to, SQL_ATTR_APP_PARAM_DESC), desc_of(from, SQL_ATTR_APP_ROW_DESC));
    at_sok(SQLBindCol(from, 1, SQL_C_TYPE_TIMESTAMP, ts, sizeof *ts, ind[0]), from);
    at_sok(SQLBindCol(from, 2, SQL_C_SLONG, v, sizeof *v, ind[1]), from);
    at_sok(SQLBindCol(from, 3, SQL_C_CHAR, s, sizeof *s, ind[2]), from);
    at_sok(SQLSetStmtAttr(from, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)2, 0), from);
    at_sok(SQLSetStmtAttr(from, SQL_ATTR_ROWS_FETCHED_PTR, &got, 0), from);
    at_sok(SQLPrepare(to, S("insert into sd.dst values (?, ?, ?)")), to);
    for (SQLSMALLINT i = 0; i < 3; i++) {
        at_dok(SQLSetDescField(ipd, (SQLSMALLINT)(i + 1), SQL_DESC_CONCISE_TYPE,
                               (SQLPOINTER)(intptr_t)types[i], 0),
               ipd);
        at_dok(SQLSetDescField(ipd, (SQLSMALLINT)(i + 1), SQL_DESC_PARAMETER_TYPE,
                               (SQLPOINTER)SQL_PARAM_INPUT, 0),
               ipd);
        if (i == 0) at_dok(SQLSetDescField(ipd, 1, SQL_DESC_PRECISION, (SQLPOINTER)3, 0), ipd);
    }
    at_exec(from, "select ts, v, s from sd.src order by ts");
    while (SQL_SUCCEEDED(SQLFetch(from))) {
        at_sok(SQLSetStmtAttr(to, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)got, 0), to);
        at_sok(SQLExecute(to), to);
        at_sok(SQLSetStmtAttr(from, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)2, 0),
               from); /* the same field */
    }
    at_free(from);
    at_free(to); /* the descriptor stays */
    SQLSMALLINT count = 0;
    at_dok(SQLGetDescField(d, 0, SQL_DESC_COUNT, &count, SQL_IS_SMALLINT, NULL), d);
    assert_int_equal(count, 3);
    assert_int_equal(SQLFreeHandle(SQL_HANDLE_DESC, d), SQL_SUCCESS);

    SQLHSTMT check = at_stmt(dbc);
    at_exec(check, "select v, s from sd.dst order by ts");
    static const char *const want[3][2] = {{"1", "one"}, {"2", NULL}, {"3", "three"}};
    for (int r = 0; r < 3; r++) {
        at_sok(SQLFetch(check), check);
        assert_string_equal(at_text(check, 1), want[r][0]);
        const char *text = at_text(check, 2);
        if (want[r][1])
            assert_string_equal(text, want[r][1]);
        else
            assert_null(text);
    }
    assert_int_equal(SQLFetch(check), SQL_NO_DATA);
    at_free(check);
}

/* An IRD copied into an ARD describes buffers of the columns' own types; the pointers are the
   application's to set. */
static void ird_into_ard(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    SQLHDESC ird = desc_of(stmt, SQL_ATTR_IMP_ROW_DESC), d = new_desc();
    SQLSMALLINT count = 0, type = 0;
    SQLINTEGER v = 0;
    char name[20];

    at_exec(stmt, "select v, s from sd.src order by ts");
    at_dok(SQLCopyDesc(ird, d), d);
    at_dok(SQLGetDescField(d, 0, SQL_DESC_COUNT, &count, SQL_IS_SMALLINT, NULL), d);
    assert_int_equal(count, 2);
    at_dok(SQLGetDescField(d, 1, SQL_DESC_CONCISE_TYPE, &type, SQL_IS_SMALLINT, NULL), d);
    assert_int_equal(type, SQL_INTEGER);
    at_rc(SQLGetDescField(d, 1, SQL_DESC_LABEL, name, sizeof name, NULL), SQL_ERROR,
          SQL_HANDLE_DESC, d, "HY091");
    at_dok(SQLSetDescField(d, 1, SQL_DESC_DATA_PTR, &v, 0), d);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_APP_ROW_DESC, d, SQL_IS_POINTER), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_int_equal(v, 1);
    /* the cursor's columns are described as before */
    at_dok(SQLGetDescField(ird, 2, SQL_DESC_NAME, name, sizeof name, NULL), ird);
    assert_string_equal(name, "s");

    /* freed in use: the statement goes on with its implicit descriptor, in which nothing is bound
       */
    assert_int_equal(SQLFreeHandle(SQL_HANDLE_DESC, d), SQL_SUCCESS);
    v = 77;
    at_sok(SQLFetch(stmt), stmt);
    assert_int_equal(v, 77);
    assert_string_equal(at_text(stmt, 1), "2");
    at_free(stmt);
}

/* An IRD before and without a result (SQLCopyDesc, "Diagnostics"). */
static void ird_without_result(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    SQLHDESC ird = desc_of(stmt, SQL_ATTR_IMP_ROW_DESC), d = new_desc();

    at_rc(SQLCopyDesc(ird, d), SQL_ERROR, SQL_HANDLE_DESC, d, "HY007");
    at_sok(SQLPrepare(stmt, S("select v from sd.src")), stmt);
    at_dok(SQLCopyDesc(ird, d), d); /* describes what was prepared */
    SQLSMALLINT count = 0;
    at_dok(SQLGetDescField(d, 0, SQL_DESC_COUNT, &count, SQL_IS_SMALLINT, NULL), d);
    assert_int_equal(count, 1);
    /* no result set, prepared or executed: 24000 (appendix B), and the target stays as it is */
    at_sok(SQLPrepare(stmt, S("insert into sd.dst values (1800000000000, 9, 'x')")), stmt);
    at_rc(SQLCopyDesc(ird, d), SQL_ERROR, SQL_HANDLE_DESC, d, "24000");
    at_sok(SQLExecute(stmt), stmt);
    at_rc(SQLCopyDesc(ird, d), SQL_ERROR, SQL_HANDLE_DESC, d, "24000");
    at_dok(SQLGetDescField(d, 0, SQL_DESC_COUNT, &count, SQL_IS_SMALLINT, NULL), d);
    assert_int_equal(count, 1);
    SQLFreeHandle(SQL_HANDLE_DESC, d);
    at_free(stmt);
}

/* Descriptors belong to one connection and die with it. */
static void of_another_connection(void **state)
{
    (void)state;
    SQLHDBC other = at_connect("");
    SQLHSTMT stmt = at_stmt(other);
    SQLHDESC d = new_desc();

    at_rc(SQLSetStmtAttr(stmt, SQL_ATTR_APP_ROW_DESC, d, SQL_IS_POINTER), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, TD_THROUGH_DM ? NULL : "HY024");
    assert_int_equal(SQLFreeHandle(SQL_HANDLE_DESC, d), SQL_SUCCESS);
    at_free(stmt);
    at_ok(SQLAllocHandle(SQL_HANDLE_DESC, other, &d), SQL_HANDLE_DBC, other);
    at_disconnect(other); /* with the descriptor: leaks are the sanitizer's to see */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_and_parameter_descriptor),
        cmocka_unit_test(ird_into_ard),
        cmocka_unit_test(ird_without_result),
        cmocka_unit_test(of_another_connection),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

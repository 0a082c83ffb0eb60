/*
 * Parameters with the n-th allocation failing: an execute ends in HY001 (or in what losing the
 * connection gives) or stores every row; never in a crash, a leak, or an exec after a failed bind.
 */
#include "apitest.h"

#if TD_THROUGH_DM /* the hook is inside the driver: only where it is linked directly */

static void nothing(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include "base/alloc.h"

#define S(text) (SQLCHAR *)(uintptr_t)(text), SQL_NTS
#define N       20

static int64_t ts[N];
static char name[N][12], text[N][12];
static SQLINTEGER v[N];

static void set_up(void)
{
    for (int i = 0; i < N; i++) {
        ts[i] = 1709164800000 + i;
        snprintf(name[i], sizeof name[i], "ptort.t%d", i % 3);
        snprintf(text[i], sizeof text[i], "text %d", i);
        v[i] = i;
    }
}

static void bind(SQLHSTMT s, SQLUSMALLINT n, SQLSMALLINT c, SQLSMALLINT sql, void *p, SQLLEN cap)
{
    at_sok(SQLBindParameter(s, n, SQL_PARAM_INPUT, c, sql, 20, 0, p, cap, NULL), s);
}

static void bind_array(SQLHSTMT s)
{
    at_sok(SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)N, 0), s);
    bind(s, 1, SQL_C_CHAR, SQL_VARCHAR, name, sizeof name[0]);
    bind(s, 2, SQL_C_SBIGINT, SQL_BIGINT, ts, 0);
    bind(s, 3, SQL_C_CHAR, SQL_VARCHAR, text, sizeof text[0]);
    bind(s, 4, SQL_C_CHAR, SQL_VARCHAR, text, sizeof text[0]);
}

static SQLRETURN run_array(SQLHSTMT s)
{
    return SQLExecDirect(s, S("insert into ? using ptort.st tags(1) values(?,?,?)"));
}

static void bind_literals(SQLHSTMT s)
{
    bind(s, 1, SQL_C_SLONG, SQL_INTEGER, v, 0);
    bind(s, 2, SQL_C_CHAR, SQL_VARCHAR, text, 0);
}

static SQLRETURN run_literals(SQLHSTMT s)
{
    return SQLExecDirect(s, S("select ?, ?"));
}

static void bind_query(SQLHSTMT s)
{
    bind(s, 1, SQL_C_CHAR, SQL_VARCHAR, text[1], 0);
}

static SQLRETURN run_query(SQLHSTMT s)
{
    return SQLExecDirect(s, S("select * from ptort.n where s = ?"));
}

static void bind_later(SQLHSTMT s)
{
    static SQLLEN at_exec = SQL_DATA_AT_EXEC;

    bind(s, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0);
    at_sok(
        SQLBindParameter(s, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 20, 0, text, 12, &at_exec),
        s);
}

static SQLRETURN run_later(SQLHSTMT s)
{
    SQLPOINTER token;
    SQLRETURN rc = SQLExecDirect(s, S("insert into ptort.n values(?,?)"));

    if (rc != SQL_NEED_DATA) return rc;
    rc = SQLParamData(s, &token);
    if (rc != SQL_NEED_DATA) return rc;
    rc = SQLPutData(s, text[0], 3);
    return rc == SQL_SUCCESS ? SQLParamData(s, &token) : rc;
}

static const struct {
    const char *what;
    void (*bind)(SQLHSTMT);
    SQLRETURN (*call)(SQLHSTMT);
} calls[] = {{"array", bind_array, run_array},
             {"literals", bind_literals, run_literals},
             {"query", bind_query, run_query},
             {"later", bind_later, run_later}};

/* True when the call succeeded although the n-th allocation was to fail: there were not so many. */
static bool attempt(size_t which, uint64_t nth)
{
    SQLHDBC dbc = at_connect("Timezone=UTC;");
    SQLHSTMT stmt = at_stmt(dbc);

    calls[which].bind(stmt);
    td_alloc_fail_at(nth, 0);
    SQLRETURN rc = calls[which].call(stmt);
    td_alloc_fail_at(0, 0);
    if (!SQL_SUCCEEDED(rc)) {
        assert_int_equal(rc, SQL_ERROR);
        const char *state = at_state(SQL_HANDLE_STMT, stmt);
        if (strcmp(state, "HY001") != 0 && strcmp(state, "08S01") != 0)
            fail_msg("%s, allocation %d: %s %s", calls[which].what, (int)nth, state,
                     at_message(SQL_HANDLE_STMT, stmt, 1, NULL));
    }
    at_free(stmt);
    at_disconnect(dbc);
    return SQL_SUCCEEDED(rc);
}

static void allocations_fail(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("Timezone=UTC;");
    SQLHSTMT stmt = at_stmt(dbc);

    set_up();
    at_exec(stmt, "create database ptort");
    at_exec(stmt, "create table ptort.st (ts timestamp, a varchar(20), b nchar(20)) tags(g int)");
    at_exec(stmt, "create table ptort.n (ts timestamp, s varchar(20))");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int in_a_row = 0, failed = 0;
        /* the service thread allocates too, so one success does not mean the end */
        for (uint64_t nth = 1; in_a_row < 5 && nth < 500; nth++) {
            bool ok = attempt(i, nth);
            in_a_row = ok ? in_a_row + 1 : 0;
            failed += !ok;
        }
        assert_int_equal(in_a_row, 5);
        assert_true(failed >= 5);
        print_message("%s: %d failures\n", calls[i].what, failed);
    }
    assert_string_equal(at_scalar(stmt, "select count(*) from ptort.st"), "20");
    at_exec(stmt, "tdlite stats");
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "violations");
    assert_string_equal(at_text(stmt, 2), "0");
    at_free(stmt);
    at_disconnect(dbc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(allocations_fail)};
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

#endif

/*
 * SQLCancel, SQLCancelHandle and the query time-out: the waiting call returns at once with HY008 or HYT00, what it waited
 * for is killed on the server, and statement and connection go on.
 */
#include "apitest.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void sleep_us(int64_t us)
{
    const struct timespec t = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&t, NULL);
}

/* A thread that cancels `stmt` once, `after_us` after it was asked to. */
struct canceller {
    pthread_t thread;
    SQLHSTMT stmt;
    bool by_handle;
    int64_t after_us;
    int64_t at; /* when SQLCancel began */
    SQLRETURN rc;
};

static void *cancel_once(void *arg)
{
    struct canceller *c = arg;

    sleep_us(c->after_us);
    c->at = now_us();
    c->rc = c->by_handle ? SQLCancelHandle(SQL_HANDLE_STMT, c->stmt) : SQLCancel(c->stmt);
    return NULL;
}

static void begin(struct canceller *c, SQLHSTMT stmt, int64_t after_us)
{
    c->stmt = stmt;
    c->after_us = after_us;
    assert_int_equal(pthread_create(&c->thread, NULL, cancel_once, c), 0);
}

/* The call that was cancelled has just returned: within 100 ms of the cancel. */
static void finish(struct canceller *c)
{
    const int64_t returned = now_us();

    pthread_join(c->thread, NULL);
    assert_int_equal(c->rc, SQL_SUCCESS);
    if (returned - c->at >= 100000)
        fail_msg("the call returned %lld us after the cancel", (long long)(returned - c->at));
}

static void clear_faults(SQLHSTMT stmt)
{
    at_exec(stmt, "tdlite fault clear");
}

static void during_query(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc), other = at_stmt(dbc);

    for (int i = 0; i < 4; i++) {
        struct canceller c = {.by_handle = i % 2};
        at_exec(other, "tdlite fault delay=20000 on=query");
        begin(&c, stmt, 50000);
        SQLRETURN rc =
            SQLExecDirect(stmt, (SQLCHAR *)"select * from gen.numeric where rows=10", SQL_NTS);
        finish(&c);
        at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, "HY008");
        assert_string_equal(at_scalar(stmt, "select 41+1"), "42");
        assert_string_equal(at_scalar(other, "select 7"), "7");
    }
    clear_faults(stmt);
    at_free(stmt);
    at_free(other);
    at_disconnect(dbc);
}

static void during_fetch(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    struct canceller c = {0};
    SQLRETURN rc;
    int rows = 0;

    at_exec(stmt, "tdlite fault delay=20000 on=fetch after=2");
    at_exec(stmt, "select * from gen.numeric where rows=400 and block=100");
    begin(&c, stmt, 100000);
    while (SQL_SUCCEEDED(rc = SQLFetch(stmt)))
        rows++;
    finish(&c);
    at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, "HY008");
    assert_true(rows >= 100 && rows < 400);
    assert_int_equal(SQLFetch(stmt), SQL_ERROR); /* the rest is not taken for the end */
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    assert_string_equal(at_scalar(stmt, "select 1"), "1");
    clear_faults(stmt);
    at_free(stmt);
    at_disconnect(dbc);
}

/* With nothing to cancel SQLCancel changes nothing: not the next call, not an open cursor. unixODBC's manager, though, takes
   it for SQLFreeStmt(SQL_CLOSE) as in ODBC 2, so an open cursor is the driver's own matter. */
static void before_and_after(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    int rows = 0;

    at_sok(SQLCancel(stmt), stmt);
    at_exec(stmt, "select * from gen.numeric where rows=300 and block=100");
    if (!TD_THROUGH_DM) at_sok(SQLCancel(stmt), stmt);
    for (; SQLFetch(stmt) == SQL_SUCCESS; rows++) {
        if (rows == 150 && !TD_THROUGH_DM) at_sok(SQLCancel(stmt), stmt);
    }
    assert_int_equal(rows, 300);
    at_sok(SQLCloseCursor(stmt), stmt);
    at_sok(SQLCancel(stmt), stmt);
    assert_string_equal(at_scalar(stmt, "select 5"), "5");
    assert_int_equal(SQLCancel(NULL), SQL_INVALID_HANDLE);
    at_free(stmt);
    at_disconnect(dbc);
}

/* A wait for data-at-execution values is over after SQLCancel; the statement can be executed again. */
static void during_need_data(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER token;

    at_sok(SQLPrepare(stmt, (SQLCHAR *)"select ?", SQL_NTS), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, (SQLPOINTER)1,
                            0, &ind),
           stmt);
    assert_int_equal(SQLExecute(stmt), SQL_NEED_DATA);
    at_rc(SQLExecute(stmt), SQL_ERROR, SQL_HANDLE_STMT, stmt, "HY010");
    at_sok(SQLCancel(stmt), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_ERROR, SQL_HANDLE_STMT, stmt, "HY010");
    assert_int_equal(SQLExecute(stmt), SQL_NEED_DATA);
    at_sok(SQLCancel(stmt), stmt);
    at_free(stmt);
    at_disconnect(dbc);
}

static void query_timeout(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLRETURN rc;

    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0), stmt);
    at_exec(stmt, "tdlite fault delay=20000 on=query");
    int64_t start = now_us();
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select * from gen.numeric where rows=10", SQL_NTS),
                 stmt, "HYT00");
    assert_in_range(now_us() - start, 990000, 1300000);
    at_exec(stmt, "tdlite fault delay=20000 on=fetch after=1");
    at_exec(stmt, "select * from gen.numeric where rows=400 and block=100");
    start = now_us();
    while (SQL_SUCCEEDED(rc = SQLFetch(stmt)))
        ;
    at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, "HYT00");
    assert_in_range(now_us() - start, 900000, 1300000);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    assert_string_equal(at_scalar(stmt, "select 1"), "1");
    clear_faults(stmt);
    at_free(stmt);
    at_disconnect(dbc);
}

/* The key QueryTimeout is the default of every statement of the connection. */
static void timeout_key(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("QueryTimeout=1;");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLULEN value = 0;

    at_sok(SQLGetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, &value, 0, NULL), stmt);
    assert_int_equal(value, 1);
    at_exec(stmt, "tdlite fault delay=20000 on=query");
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), stmt, "HYT00");
    assert_string_equal(at_scalar(stmt, "select 1"), "1");
    clear_faults(stmt);
    at_free(stmt);
    at_disconnect(dbc);
}

/* The connection's limit is HYT01; a shorter one of the statement comes first. */
static void connection_timeout(void **state)
{
    (void)state;
    static const char *const transports[] = {"", "Transport=http;"};

    for (int i = 0; i < 2; i++) {
        SQLHDBC dbc = at_connect(transports[i]);
        SQLHSTMT stmt = at_stmt(dbc);
        at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_CONNECTION_TIMEOUT, (SQLPOINTER)1, 0), SQL_HANDLE_DBC,
              dbc);
        int64_t start = now_us();
        at_srv_fails(
            SQLExecDirect(stmt, (SQLCHAR *)"select * from gen.sleep where ms=20000", SQL_NTS), stmt,
            "HYT01");
        assert_in_range(now_us() - start, 990000, 1300000);
        at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0), stmt);
        at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_CONNECTION_TIMEOUT, (SQLPOINTER)10, 0),
              SQL_HANDLE_DBC, dbc);
        at_srv_fails(
            SQLExecDirect(stmt, (SQLCHAR *)"select * from gen.sleep where ms=20000", SQL_NTS), stmt,
            "HYT00");
        assert_string_equal(at_scalar(stmt, "select 1"), "1");
        at_free(stmt);
        at_disconnect(dbc);
    }
}

/* unixODBC 2.3.11 frees a statement's diagnostics at the begin of SQLCancel without the statement's lock: a cancel that
   meets the begin of another call frees them twice (seen under ASan). The storms therefore call the driver directly. */
static void not_through_the_manager(void)
{
    if (TD_THROUGH_DM) skip();
}

/* Every reply comes 30 ms late, every cancel within 0.4 ms of the call's begin. A cancel that finds no call yet does
   nothing, so a few may succeed; a cancel that is lost on the way would show as many. */
static void thousand_waiting(void **state)
{
    (void)state;
    enum { TIMES = 500 };
    not_through_the_manager();
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    unsigned seed = 1;
    int cancelled = 0;

    at_exec(stmt, "tdlite fault delay=30 on=query times=always");
    for (int i = 0; i < TIMES; i++) {
        struct canceller c = {0};
        begin(&c, stmt, rand_r(&seed) % 400);
        SQLRETURN rc =
            SQLExecDirect(stmt, (SQLCHAR *)"select * from gen.numeric where rows=10", SQL_NTS);
        pthread_join(c.thread, NULL);
        if (SQL_SUCCEEDED(rc)) {
            at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
            continue;
        }
        at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, "HY008");
        cancelled++;
    }
    print_message("%d of %d cancels met a waiting call\n", cancelled, TIMES);
    assert_true(cancelled >= TIMES * 9 / 10);
    clear_faults(stmt);
    assert_string_equal(at_scalar(stmt, "select 1"), "1");
    at_free(stmt);
    at_disconnect(dbc);
}

/* Whatever moment the cancel hits: the statement either ends with HY008 or gives every row right. */
static void thousand_moments(void **state)
{
    (void)state;
    enum { TIMES = 500, ROWS = 5000 };
    not_through_the_manager();
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLBIGINT ts = 0, last = 0;
    SQLLEN ind;
    unsigned seed = 2;
    int whole = 0, executing = 0, fetching = 0;

    at_sok(SQLBindCol(stmt, 1, SQL_C_SBIGINT, &ts, 0, &ind), stmt);
    for (int i = 0; i < TIMES; i++) {
        struct canceller c = {0};
        int rows = 0;
        begin(&c, stmt, rand_r(&seed) % 4000);
        SQLRETURN rc = SQLExecDirect(
            stmt, (SQLCHAR *)"select * from gen.numeric where rows=5000 and block=500", SQL_NTS);
        if (SQL_SUCCEEDED(rc)) {
            for (; SQL_SUCCEEDED(rc = SQLFetch(stmt)); rows++) {
                if (rows && ts != last + 1)
                    fail_msg("row %d: %lld after %lld", rows, (long long)ts, (long long)last);
                last = ts;
            }
            fetching += rc == SQL_ERROR;
        } else {
            executing++;
        }
        if (rc == SQL_NO_DATA) {
            assert_int_equal(rows, ROWS);
            whole++;
        } else {
            /* between two calls the manager closes the cursor by itself, see before_and_after */
            const bool dm = TD_THROUGH_DM && strcmp(at_state(SQL_HANDLE_STMT, stmt), "HY010") == 0;
            at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, dm ? "HY010" : "HY008");
        }
        pthread_join(c.thread, NULL);
        at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    }
    print_message("%d whole, %d cancelled while executing, %d while fetching\n", whole, executing,
                  fetching);
    assert_int_equal(whole + executing + fetching, TIMES);
    assert_true(fetching > 0 && whole > 0);
    assert_string_equal(at_scalar(stmt, "select 1"), "1");
    at_free(stmt);
    at_disconnect(dbc);
}

/* A cancel while the connection is taken down right after it: nothing hangs, nothing leaks. */
static void then_disconnect(void **state)
{
    (void)state;

    for (int i = 0; i < 5; i++) {
        SQLHDBC dbc = at_connect("");
        SQLHSTMT stmt = at_stmt(dbc);
        struct canceller c = {0};
        at_exec(stmt, "tdlite fault delay=20000 on=query");
        begin(&c, stmt, 5000);
        SQLRETURN rc =
            SQLExecDirect(stmt, (SQLCHAR *)"select * from gen.numeric where rows=10", SQL_NTS);
        finish(&c);
        at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, "HY008");
        sleep_us(i * 100000); /* the control session not yet, just, or long there */
        const int64_t start = now_us();
        at_free(stmt);
        at_disconnect(dbc);
        assert_true(now_us() - start < 2500000);
    }
}

/* Over REST the request's connection is dropped; the next statement has another. */
static void over_rest(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("Transport=http;");
    SQLHSTMT stmt = at_stmt(dbc);

    for (int i = 0; i < 3; i++) {
        struct canceller c = {0};
        const bool timeout = i == 2;
        at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)(SQLULEN)timeout, 0), stmt);
        if (!timeout) begin(&c, stmt, 50000);
        const int64_t start = now_us();
        SQLRETURN rc =
            SQLExecDirect(stmt, (SQLCHAR *)"select * from gen.sleep where ms=20000", SQL_NTS);
        if (!timeout)
            finish(&c);
        else
            assert_in_range(now_us() - start, 990000, 1300000);
        at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, timeout ? "HYT00" : "HY008");
        at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)0, 0), stmt);
        assert_string_equal(at_scalar(stmt, "select 41+1"), "42");
    }
    at_free(stmt);
    at_disconnect(dbc);
}

static int running(SQLHSTMT stmt)
{
    return atoi(
        at_scalar(stmt, "select count(*) from performance_schema.perf_queries where query_id > 0"));
}

/* What was cancelled or timed out ends on the server long before its 60 s; what runs beside it goes on. */
static void killed_on_the_server(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        bool timeout;
    } table[] = {{"delay=60000 on=query", false},
                 {"delay=60000 on=query", true},
                 {"delay=60000 on=fetch after=1", false}};
    SQLHDBC dbc = at_connect(""), watcher = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc), watch = at_stmt(watcher);

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct canceller c = {0};
        const int before = running(watch);
        at_execf(watch, "tdlite fault %s", table[i].fault);
        at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT,
                              (SQLPOINTER)(SQLULEN)(table[i].timeout ? 1 : 0), 0),
               stmt);
        if (!table[i].timeout) begin(&c, stmt, 50000);
        SQLRETURN rc = SQLExecDirect(
            stmt, (SQLCHAR *)"select * from gen.numeric where rows=400 and block=100", SQL_NTS);
        while (SQL_SUCCEEDED(rc))
            rc = SQLFetch(stmt);
        if (!table[i].timeout) finish(&c);
        at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, table[i].timeout ? "HYT00" : "HY008");
        at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
        const int64_t start = now_us();
        bool seen = false;
        while (!(seen = seen || running(watch) > before) && now_us() - start < 1500000)
            sleep_us(20000);
        assert_true(seen);
        while (running(watch) > before && now_us() - start < 4000000)
            sleep_us(20000);
        print_message("%s: killed after %lld ms\n", table[i].fault,
                      (long long)(now_us() - start) / 1000);
        assert_true(now_us() - start < 4000000);
        at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)0, 0), stmt);
        assert_string_equal(at_scalar(stmt, "select 1"), "1");
    }
    at_free(stmt);
    at_free(watch);
    at_disconnect(dbc);
    at_disconnect(watcher);
}

/* Queries show up after a while only, as on a real server. */
static int setup(void **state)
{
    static const char *const args[] = {"--heartbeat-ms", "700", NULL};

    (void)state;
    return at_setup_args(args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(during_query),     cmocka_unit_test(during_fetch),
        cmocka_unit_test(before_and_after), cmocka_unit_test(during_need_data),
        cmocka_unit_test(query_timeout),    cmocka_unit_test(timeout_key),
        cmocka_unit_test(thousand_waiting), cmocka_unit_test(thousand_moments),
        cmocka_unit_test(then_disconnect),  cmocka_unit_test(killed_on_the_server),
        cmocka_unit_test(over_rest),        cmocka_unit_test(connection_timeout),
    };

    if (!at_is_tdlite()) return 0;
    return cmocka_run_group_tests(tests, setup, at_teardown);
}

/*
 * Big results with bounded memory beside other queries, idle connections, and what happens when the server or the wire
 * breaks: each fault ends in its SQLSTATE and a handle that frees cleanly.
 */
#include "apitest.h"

#include <time.h>
#include <unistd.h>

static size_t resident_kb(void)
{
    size_t pages = 0, rss = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f && fscanf(f, "%zu %zu", &pages, &rss) != 2) rss = 0;
    if (f) fclose(f);
    return rss * 4;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 10 million rows in row sets of 1,000, while a second statement of the same connection runs other queries. */
static void ten_million_rows(void **state)
{
    (void)state;
    enum { ROWSET = 1000 };
    static SQLBIGINT ts[ROWSET];
    static SQLINTEGER i[ROWSET];
    static SQLLEN ind[2][ROWSET];
    SQLHDBC dbc = at_connect("Timezone=UTC;");
    SQLHSTMT big = at_stmt(dbc), small = at_stmt(dbc);
    SQLULEN got = 0, total = 0;
    SQLBIGINT last = INT64_MIN;
    size_t before = 0, peak = 0;
    int queries = 0;

    at_sok(SQLSetStmtAttr(big, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)ROWSET, 0), big);
    at_sok(SQLSetStmtAttr(big, SQL_ATTR_ROWS_FETCHED_PTR, &got, 0), big);
    at_sok(SQLBindCol(big, 1, SQL_C_SBIGINT, ts, 0, ind[0]), big);
    at_sok(SQLBindCol(big, 2, SQL_C_SLONG, i, 0, ind[1]), big);
    at_exec(big, "select * from gen.numeric where rows=10000000 and block=4096");
    for (SQLULEN set = 0; SQLFetch(big) != SQL_NO_DATA; set++) {
        for (SQLULEN r = 0; r < got; r++) {
            assert_true(ts[r] > last);
            last = ts[r];
        }
        total += got;
        if (set % 500 == 0) {
            char want[32];
            snprintf(want, sizeof want, "%llu", (unsigned long long)set);
            at_execf(small, "select %s", want);
            at_sok(SQLFetch(small), small);
            assert_string_equal(at_text(small, 1), want);
            at_sok(SQLCloseCursor(small), small);
            queries++;
            if (!before) before = resident_kb();
            if (resident_kb() > peak) peak = resident_kb();
        }
    }
    print_message("10M rows: resident memory grew by %zu kB, %d queries beside\n", peak - before,
                  queries);
    assert_int_equal(total, 10000000);
    assert_int_equal(queries, 20);
    assert_true(peak - before < 64 * 1024);
    at_free(big);
    at_free(small);
    at_disconnect(dbc);
}

/* The server pings every second and drops whoever is silent for three: the driver answers while the application idles. */
static void idle_connection_lives(void **state)
{
    (void)state;
    static const char *const args[] = {"--ping", "1", "--read-timeout", "3", NULL};
    struct at_server s;
    SQLUINTEGER dead = 99;

    at_server_start(&s, args);
    SQLHDBC dbc = at_connect_to(&s, "AutoReconnect=0;");
    SQLHSTMT stmt = at_stmt(dbc);
    assert_string_equal(at_scalar(stmt, "select 1"), "1");
    sleep(5);
    at_ok(SQLGetConnectAttr(dbc, SQL_ATTR_CONNECTION_DEAD, &dead, 0, NULL), SQL_HANDLE_DBC, dbc);
    assert_int_equal(dead, SQL_CD_FALSE);
    assert_string_equal(at_scalar(stmt, "select 2"), "2");
    at_free(stmt);
    at_disconnect(dbc);
    at_server_stop(&s);
}

static void killed_mid_block(void **state)
{
    (void)state;
    struct at_server s;
    SQLINTEGER native;
    char endpoint[32];
    SQLUINTEGER dead = 99;
    SQLRETURN rc;

    at_server_start(&s, NULL);
    SQLHDBC dbc = at_connect_to(&s, "");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "tdlite fault drop=60000 on=fetch after=3");
    at_exec(stmt, "select * from gen.numeric where rows=1000000 and block=4096");
    while (SQL_SUCCEEDED(rc = SQLFetch(stmt)))
        ;
    at_rc(rc, SQL_ERROR, SQL_HANDLE_STMT, stmt, "08S01");
    snprintf(endpoint, sizeof endpoint, "127.0.0.1:%d", s.port);
    const char *msg = at_message(SQL_HANDLE_STMT, stmt, 1, &native);
    assert_non_null(strstr(msg, endpoint));
    assert_int_equal(SQLFetch(stmt), SQL_ERROR); /* and stays so */
    at_ok(SQLGetConnectAttr(dbc, SQL_ATTR_CONNECTION_DEAD, &dead, 0, NULL), SQL_HANDLE_DBC, dbc);
    assert_int_equal(dead, SQL_CD_TRUE);
    at_free(stmt);
    at_disconnect(dbc);
    at_server_stop(&s);
}

static void server_gone(void **state)
{
    (void)state;
    struct at_server s;

    at_server_start(&s, NULL);
    SQLHDBC dbc = at_connect_to(&s, "AutoReconnect=0;");
    SQLHSTMT stmt = at_stmt(dbc);
    assert_string_equal(at_scalar(stmt, "select 1"), "1");
    at_server_kill(&s);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), SQL_ERROR, SQL_HANDLE_STMT, stmt,
          "08S01");
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), SQL_ERROR, SQL_HANDLE_STMT, stmt,
          "08S01");
    at_free(stmt);
    at_disconnect(dbc);
}

/* What each fault ends in. The connection is lost, or goes on, as `usable` says. */
struct fault {
    const char *spec, *state;
    bool usable;
};

static const struct fault ws_faults[] = {
    {"garbage on=query", "08S01", false},   {"text on=query", NULL, false},
    {"drop=10 on=query", "08S01", false},   {"reset=0 on=query", "08S01", false},
    {"garbage on=fetch", "08S01", false},   {"drop=30 on=fetch", "08S01", false},
    {"reset=40 on=fetch", "08S01", false},  {"truncate=50 on=fetch", NULL, true},
    {"shorten=40 on=fetch", "HY000", true}, {"fragment=100 on=fetch", "", true},
    {"drip=2000 on=query", "", true},       {"delay=300 on=query", "", true},
    {"no_reply on=query", "HYT00", true},   {NULL, NULL, false},
};
/* Each request may have a connection of its own, so REST goes on after every fault. */
static const struct fault rest_faults[] = {
    {"drop=10 on=rest", "08S01", true},
    {"drop=400 on=rest", "08S01", true},
    {"reset=0 on=rest", "08S01", true},
    {"reset=700 on=rest", "08S01", true},
    {"delay=300 on=rest", "", true},
    {"no_reply on=rest", "HYT00", true},
    {NULL, NULL, false},
};

static void faults(void **state)
{
    (void)state;
    const struct fault *table = at_over_rest() ? rest_faults : ws_faults;

    for (size_t i = 0; table[i].spec; i++) {
        SQLHDBC dbc = at_connect("AutoReconnect=0;QueryTimeout=2;ReadTimeout=5;");
        SQLHSTMT stmt = at_stmt(dbc);
        double start = seconds();
        at_execf(stmt, "tdlite fault %s", table[i].spec);
        SQLRETURN rc = SQLExecDirect(
            stmt, (SQLCHAR *)"select * from gen.all where rows=20 and block=10", SQL_NTS);
        while (SQL_SUCCEEDED(rc))
            rc = SQLFetch(stmt);
        const char *want = table[i].state;
        if (want && !*want
                ? rc != SQL_NO_DATA
                : rc != SQL_ERROR || (want && strcmp(at_state(SQL_HANDLE_STMT, stmt), want)))
            fail_msg("fault %s: %d %s %s", table[i].spec, rc, at_state(SQL_HANDLE_STMT, stmt),
                     at_message(SQL_HANDLE_STMT, stmt, 1, NULL));
        assert_true(seconds() - start < 12);
        at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
        rc = SQLExecDirect(stmt, (SQLCHAR *)"tdlite fault clear", SQL_NTS);
        if (table[i].usable) at_sok(rc, stmt);
        at_free(stmt);
        at_disconnect(dbc);
        if (!table[i].usable) {
            dbc = at_connect("");
            stmt = at_stmt(dbc);
            at_exec(stmt, "tdlite fault clear");
            at_free(stmt);
            at_disconnect(dbc);
        }
    }
}

static SQLRETURN try_connect(const char *text, const char **state, const char **msg)
{
    SQLHDBC dbc;

    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
    SQLRETURN rc =
        SQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
    *state = at_state(SQL_HANDLE_DBC, dbc);
    *msg = at_message(SQL_HANDLE_DBC, dbc, 1, NULL);
    if (SQL_SUCCEEDED(rc)) SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    return rc;
}

/* The wire breaks during the login: one address with no more tries fails with 08..., the next try connects. */
static void faults_at_login(void **state)
{
    (void)state;
    static const char *const specs[] = {"reset=0 on=conn", "drop=10 on=conn", "garbage on=conn",
                                        "drop=0 on=version", "no_reply on=conn"};
    SQLHDBC control = at_connect("");
    SQLHSTMT stmt = at_stmt(control);
    const char *st, *msg;

    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        const bool silent = strncmp(specs[i], "no_reply", 8) == 0;
        at_execf(stmt, "tdlite fault %s", specs[i]);
        const char *once = silent ? "LoginTimeout=1;ConnRetries=0" : "ConnRetries=0";
        if (try_connect(at_conn_string(&at_srv, once), &st, &msg) != SQL_ERROR)
            fail_msg("%s: connected", specs[i]);
        if (strcmp(st, "HYT00") != 0 || !silent) assert_int_equal(strncmp(st, "08", 2), 0);
        if (silent) continue;
        at_execf(stmt, "tdlite fault %s", specs[i]);
        if (try_connect(at_conn_string(&at_srv, "RetryBackoffMs=10"), &st, &msg) != SQL_SUCCESS)
            fail_msg("%s: %s %s", specs[i], st, msg);
    }
    at_exec(stmt, "tdlite fault clear");
    at_free(stmt);
    at_disconnect(control);
}

/* The peer is gone without a word: silence ends with ReadTimeout. */
static void half_open(void **state)
{
    (void)state;
    struct at_server s;

    at_server_start(&s, NULL);
    SQLHDBC dbc = at_connect_to(&s, "AutoReconnect=0;ReadTimeout=2;");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "tdlite fault half_open on=query");
    const double start = seconds();
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), stmt, "08S01");
    assert_true(seconds() - start > 1.5 && seconds() - start < 5);
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), stmt, "08S01");
    at_free(stmt);
    at_disconnect(dbc);
    at_server_kill(&s);
}

static void refused_and_wrong(void **state)
{
    (void)state;
    const char *st, *msg;
    struct at_server s;

    at_server_start(&s, NULL);
    const struct at_server gone = {0, s.port};
    at_server_kill(&s);
    assert_int_equal(
        try_connect(at_conn_string(&gone, "ConnRetries=1;RetryBackoffMs=10"), &st, &msg),
        SQL_ERROR);
    assert_string_equal(st, "08001");
    assert_int_equal(try_connect(at_conn_string(&at_srv, "PWD=topsecret"), &st, &msg), SQL_ERROR);
    assert_string_equal(st, "28000");
    assert_null(strstr(msg, "topsecret"));
    assert_int_equal(try_connect(at_conn_string(&at_srv, "Database=no_such_db"), &st, &msg),
                     SQL_ERROR);
    assert_string_equal(st, "3D000");
    assert_int_equal(try_connect(at_conn_string(&at_srv, "Timezone=Mars/Base"), &st, &msg),
                     SQL_ERROR);
    assert_non_null(strstr(msg, "Mars/Base"));
    assert_int_equal(try_connect(at_conn_string(&at_srv, "Nonsense=1"), &st, &msg),
                     SQL_SUCCESS_WITH_INFO);
    assert_string_equal(st, "01S00");
}

static void too_old_a_server(void **state)
{
    (void)state;
    static const char *const old[] = {"--version-string", "3.3.5.8", NULL};
    const char *st, *msg;
    struct at_server s;

    at_server_start(&s, old);
    assert_int_equal(try_connect(at_conn_string(&s, ""), &st, &msg), SQL_ERROR);
    assert_string_equal(st, "08004");
    assert_non_null(strstr(msg, "3.3.6.0"));
    at_server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_million_rows), cmocka_unit_test(idle_connection_lives),
        cmocka_unit_test(killed_mid_block), cmocka_unit_test(server_gone),
        cmocka_unit_test(faults),           cmocka_unit_test(refused_and_wrong),
        cmocka_unit_test(too_old_a_server), cmocka_unit_test(faults_at_login),
        cmocka_unit_test(half_open),
    };

    return at_run_tests(tests, at_setup, at_teardown);
}

/* Subscriptions against tdlite: wrong use, order and completeness beside a producer, the death of a
   consumer, the loss of the server. TD_TMQ_ROWS sets how many rows the producer writes. */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apitest.h"

enum { TABLES = 4, ROWSET = 1000, BATCH = 500 };

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int setup(void **state)
{
    if (at_setup(state) != 0) return -1;
    dbc = at_connect("");
    stmt = at_stmt(dbc);
    return 0;
}

static int teardown(void **state)
{
    at_free(stmt);
    at_disconnect(dbc);
    return at_teardown(state);
}

/* A database of two vgroups with four child tables, and a topic over them. */
static void make_topic(const char *db)
{
    at_execf(stmt, "create database %s vgroups 2 wal_retention_period 3600", db);
    at_execf(stmt, "create stable %s.st (ts timestamp, i int) tags (g int)", db);
    for (int t = 0; t < TABLES; t++)
        at_execf(stmt, "create table %s.t%d using %s.st tags(%d)", db, t, db, t);
    at_execf(stmt, "create topic %s_topic as stable %s.st", db, db);
}

static void subscribe(SQLHSTMT s, const char *db, const char *group, const char *options)
{
    at_execf(s, "{call td_tmq_subscribe('%s', '%s_topic', 'auto.offset.reset=earliest;%s')}", group,
             db, options);
}

/* ---- a consumer that checks order ---- */

struct seen {
    int next[TABLES]; /* value that each table's next row has */
    long rows, repeated;
    long messages;
};

static void take_row(struct seen *seen, const char *table, int i, bool may_repeat)
{
    const int t = table[1] - '0';

    assert_true(table[0] == 't' && t >= 0 && t < TABLES && table[2] == 0);
    if (may_repeat && i < seen->next[t]) {
        seen->repeated++;
        return;
    }
    assert_int_equal(i, seen->next[t]);
    seen->next[t]++;
    seen->rows++;
}

/* One poll; all rows of all its results in row sets. False: no message came. */
static bool poll_rows(SQLHSTMT s, struct seen *seen, bool may_repeat, int timeout_ms)
{
    static SQLCHAR table[ROWSET][20];
    static SQLINTEGER value[ROWSET];
    SQLULEN got = 0;
    SQLSMALLINT cols = 0;
    SQLRETURN rc;
    bool any = false;

    at_execf(s, "{call td_tmq_poll(%d)}", timeout_ms);
    do {
        at_sok(SQLNumResultCols(s, &cols), s);
        if (cols == 5) break;
        assert_int_equal(cols, 7);
        at_sok(SQLSetStmtAttr(s, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)ROWSET, 0), s);
        at_sok(SQLSetStmtAttr(s, SQL_ATTR_ROWS_FETCHED_PTR, &got, 0), s);
        at_sok(SQLBindCol(s, 5, SQL_C_CHAR, table, 20, NULL), s);
        at_sok(SQLBindCol(s, 7, SQL_C_SLONG, value, 0, NULL), s);
        while ((rc = SQLFetch(s)) == SQL_SUCCESS) {
            for (SQLULEN r = 0; r < got; r++)
                take_row(seen, (char *)table[r], value[r], may_repeat);
            any = true;
        }
        assert_int_equal(rc, SQL_NO_DATA);
    } while ((rc = SQLMoreResults(s)) == SQL_SUCCESS);
    seen->messages += any;
    at_sok(SQLFreeStmt(s, SQL_CLOSE), s);
    at_sok(SQLFreeStmt(s, SQL_UNBIND), s);
    at_sok(SQLSetStmtAttr(s, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)1, 0), s);
    at_sok(SQLSetStmtAttr(s, SQL_ATTR_ROWS_FETCHED_PTR, NULL, 0), s);
    return any;
}

/* ---- a producer ---- */

struct producer {
    const char *db;
    long rows;
};

/* Batches of each table in turn. */
static void *produce(void *arg)
{
    const struct producer *p = arg;
    SQLHDBC d = at_connect("");
    SQLHSTMT s = at_stmt(d);
    char *sql = malloc(64 + (size_t)BATCH * 40);

    for (long done = 0; done < p->rows / TABLES; done += BATCH) {
        for (int t = 0; t < TABLES; t++) {
            int n = sprintf(sql, "insert into %s.t%d values", p->db, t);
            for (long i = done; i < done + BATCH; i++)
                n += sprintf(sql + n, "(%ld,%ld)", 1704067200000 + i, i);
            at_exec(s, sql);
        }
    }
    free(sql);
    at_free(s);
    at_disconnect(d);
    return NULL;
}

static long wanted_rows(void)
{
    const char *z = getenv("TD_TMQ_ROWS");
    const long n = z ? atol(z) : 40000;

    return n - n % (TABLES * BATCH);
}

static long peak_kb(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

/* Column 3, −1 for NULL. */
static long long offset_of_row(void)
{
    const char *z = at_text(stmt, 3);

    return z ? atoll(z) : -1;
}

/* ---- tests ---- */

static void wrong_use(void **state)
{
    (void)state;
    make_topic("tmq_wrong");
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_tmq_subscribe('g', 'nosuch_topic')}", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, stmt, NULL);
    assert_non_null(strstr(at_message(SQL_HANDLE_STMT, stmt, 1, NULL), "[0x03E1]"));
    /* a failed subscribe leaves none */
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_tmq_poll(0)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, "HY010");
    at_rc(SQLExecDirect(stmt,
                        (SQLCHAR *)"{call td_tmq_subscribe('g', 'tmq_wrong_topic', "
                                   "'td.connect.pass=wrong')}",
                        SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, stmt, NULL);
    subscribe(stmt, "tmq_wrong", "g", "");
    at_rc(
        SQLExecDirect(stmt, (SQLCHAR *)"{call td_tmq_subscribe('g', 'tmq_wrong_topic')}", SQL_NTS),
        SQL_ERROR, SQL_HANDLE_STMT, stmt, "HY010");
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_tmq_seek('tmq_wrong_topic', 9999, 0)}", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, stmt, NULL);
    assert_non_null(strstr(at_message(SQL_HANDLE_STMT, stmt, 1, NULL), "[0x4008]"));
    at_exec(stmt, "{call td_tmq_unsubscribe()}");
    subscribe(stmt, "tmq_wrong", "g2", "");
    at_exec(stmt, "{call td_tmq_close()}");
    at_exec(stmt, "{call td_tmq_close()}");
}

static void beside_a_producer(void **state)
{
    struct producer p = {"tmq_prod", wanted_rows()};
    struct seen seen = {{0}, 0, 0, 0};
    pthread_t thread;
    int quiet = 0;

    (void)state;
    make_topic(p.db);
    subscribe(stmt, p.db, "g", "enable.auto.commit=false");
    assert_int_equal(pthread_create(&thread, NULL, produce, &p), 0);
    long peak = 0;
    while (seen.rows < p.rows && quiet < 60) {
        if (!poll_rows(stmt, &seen, false, 500)) {
            quiet++;
            continue;
        }
        quiet = 0;
        if (seen.messages % 16 == 0) at_exec(stmt, "{call td_tmq_commit()}");
        if (!peak && seen.rows > p.rows / 4) peak = peak_kb();
    }
    pthread_join(thread, NULL);
    assert_int_equal(seen.rows, p.rows);
    assert_true(peak_kb() - peak < 64 * 1024);
    at_exec(stmt, "{call td_tmq_commit()}");
    /* what is committed is where the next poll goes on, and the end of each vgroup */
    long long committed[8], position[8];
    int n = 0, m = 0;
    at_exec(stmt, "{call td_tmq_committed('tmq_prod_topic')}");
    for (; SQLFetch(stmt) == SQL_SUCCESS && n < 8; n++)
        committed[n] = offset_of_row();
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_exec(stmt, "{call td_tmq_position('tmq_prod_topic')}");
    for (; SQLFetch(stmt) == SQL_SUCCESS && m < 8; m++)
        position[m] = offset_of_row();
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    assert_int_equal(n, 2);
    assert_int_equal(m, n);
    for (int i = 0; i < n; i++)
        assert_true(committed[i] == position[i] && committed[i] > 0);
    at_exec(stmt, "{call td_tmq_close()}");
    /* the group goes on from there: nothing is left */
    subscribe(stmt, p.db, "g", "");
    assert_false(poll_rows(stmt, &seen, false, 500));
    at_exec(stmt, "{call td_tmq_close()}");
}

/* The child commits every message after telling of it, until it is killed. */
static void consume_and_tell(int fd)
{
    SQLHENV env;
    SQLHDBC d;
    SQLHSTMT s;
    struct seen seen = {{0}, 0, 0, 0};

    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, env, &d);
    SQLDriverConnect(d, NULL, (SQLCHAR *)at_conn_string(&at_srv, ""), SQL_NTS, NULL, 0, NULL,
                     SQL_DRIVER_NOPROMPT);
    SQLAllocHandle(SQL_HANDLE_STMT, d, &s);
    subscribe(s, "tmq_kill", "g", "enable.auto.commit=false");
    for (;;) {
        const bool got = poll_rows(s, &seen, false, 200);
        struct seen tell = seen;
        if (!got) continue;
        if (write(fd, &tell, sizeof tell) != sizeof tell) _exit(1);
        at_exec(s, "{call td_tmq_commit()}");
        tell.messages = -tell.messages; /* committed */
        if (write(fd, &tell, sizeof tell) != sizeof tell) _exit(1);
    }
}

static bool all_seen(const struct seen *seen, long each)
{
    for (int t = 0; t < TABLES; t++) {
        if (seen->next[t] != each) return false;
    }
    return true;
}

static void killed_consumer(void **state)
{
    struct producer p = {"tmq_kill", 8000};
    struct seen told, committed = {{0}, 0, 0, 0}, polled = {{0}, 0, 0, 0};
    int fd[2], reports = 0, quiet = 0;

    (void)state;
    make_topic(p.db);
    assert_int_equal(pipe(fd), 0);
    const pid_t child = fork();
    if (child == 0) consume_and_tell(fd[1]);
    close(fd[1]);
    produce(&p);
    /* each vgroup gives a message at least: there are two reports of each */
    while (reports < 3 && read(fd[0], &told, sizeof told) == sizeof told) {
        reports++;
        if (told.messages < 0)
            committed = told;
        else
            polled = told;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    /* it may have come further before the signal */
    while (read(fd[0], &told, sizeof told) == sizeof told) {
        if (told.messages < 0)
            committed = told;
        else
            polled = told;
    }
    close(fd[0]);
    assert_true(reports > 0);
    /* the group goes on at what was committed: the last message may come again, nothing is left out */
    const long uncommitted = polled.rows > committed.rows ? polled.rows - committed.rows : 0;
    struct seen rest = uncommitted ? polled : committed;
    rest.rows = rest.repeated = 0;
    subscribe(stmt, p.db, "g", "enable.auto.commit=false");
    while (quiet < 20 && !all_seen(&rest, p.rows / TABLES))
        quiet = poll_rows(stmt, &rest, true, 500) ? 0 : quiet + 1;
    assert_true(all_seen(&rest, p.rows / TABLES));
    assert_true(rest.repeated <= uncommitted);
    at_exec(stmt, "{call td_tmq_close()}");
}

static void auto_commit(void **state)
{
    struct producer p = {"tmq_auto", TABLES * BATCH};
    struct seen seen = {{0}, 0, 0, 0};
    SQLHSTMT other = at_stmt(dbc);
    int committed = 0;

    (void)state;
    make_topic(p.db);
    produce(&p);
    subscribe(stmt, p.db, "g", "auto.commit.interval.ms=100");
    for (int i = 0; i < 40 && seen.rows < p.rows; i++)
        poll_rows(stmt, &seen, false, 500);
    assert_int_equal(seen.rows, p.rows);
    /* without another poll */
    for (int i = 0; i < 100 && committed < 2; i++) {
        usleep(50000);
        committed = 0;
        at_exec(other, "{call td_tmq_committed('tmq_auto_topic')}");
        while (SQLFetch(other) == SQL_SUCCESS)
            committed += at_text(other, 3) != NULL;
        at_sok(SQLFreeStmt(other, SQL_CLOSE), other);
    }
    assert_int_equal(committed, 2);
    at_exec(stmt, "{call td_tmq_unsubscribe()}");
    at_free(other);
}

static void *cancel_later(void *s)
{
    usleep(300000);
    SQLCancel(s);
    return NULL;
}

/* SQLCancel ends a long poll at once; SQL_ATTR_QUERY_TIMEOUT does at its time. */
static void interrupted(void **state)
{
    struct timespec a, b;
    pthread_t thread;

    (void)state;
    make_topic("tmq_cancel");
    subscribe(stmt, "tmq_cancel", "g", "");
    clock_gettime(CLOCK_MONOTONIC, &a);
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, stmt), 0);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_tmq_poll(60000)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, "HY008");
    pthread_join(thread, NULL);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_true(b.tv_sec - a.tv_sec < 5);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0), stmt);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_tmq_poll(60000)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, "HYT00");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)0, 0), stmt);
    /* what comes meanwhile is not lost */
    at_exec(stmt, "insert into tmq_cancel.t1 values(1704067200000, 0)");
    struct seen seen = {{0}, 0, 0, 0};
    for (int i = 0; i < 20 && seen.rows < 1; i++)
        poll_rows(stmt, &seen, false, 500);
    assert_int_equal(seen.rows, 1);
    at_exec(stmt, "{call td_tmq_close()}");
}

/* What the connection's next user in a pool must not find: a subscription. Handles that came through
   fork() end without the parent's threads. */
static void reset_and_fork(void **state)
{
    SQLHDBC d = at_connect("");
    SQLHSTMT s = at_stmt(d);
    int status = -1;

    (void)state;
    make_topic("tmq_reset");
    subscribe(s, "tmq_reset", "g", "");
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        SQLDisconnect(d);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    at_exec(s, "{call td_tmq_poll(0)}");
    at_sok(SQLFreeStmt(s, SQL_CLOSE), s);
    at_ok(SQLSetConnectAttr(d, SQL_ATTR_RESET_CONNECTION, (SQLPOINTER)SQL_RESET_CONNECTION_YES,
                            SQL_IS_UINTEGER),
          SQL_HANDLE_DBC, d);
    at_rc(SQLExecDirect(s, (SQLCHAR *)"{call td_tmq_poll(0)}", SQL_NTS), SQL_ERROR, SQL_HANDLE_STMT,
          s, "HY010");
    at_free(s);
    at_disconnect(d);
}

static void lost_server(void **state)
{
    struct at_server other;

    (void)state;
    if (!at_is_tdlite()) skip();
    at_server_start(&other, NULL);
    SQLHDBC d = at_connect_to(&other, "");
    SQLHSTMT s = at_stmt(d);
    at_exec(s, "create database tmq_lost");
    at_exec(s, "create table tmq_lost.t (ts timestamp, i int)");
    at_exec(s, "create topic tmq_lost_topic as select ts, i from tmq_lost.t");
    subscribe(s, "tmq_lost", "g", "");
    at_server_kill(&other);
    at_rc(SQLExecDirect(s, (SQLCHAR *)"{call td_tmq_poll(1000)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, s, "08S01");
    at_rc(SQLExecDirect(s, (SQLCHAR *)"{call td_tmq_subscribe('g', 'tmq_lost_topic')}", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, s, NULL);
    at_free(s);
    at_disconnect(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_use),   cmocka_unit_test(beside_a_producer),
        cmocka_unit_test(auto_commit), cmocka_unit_test(killed_consumer),
        cmocka_unit_test(interrupted), cmocka_unit_test(reset_and_fork),
        cmocka_unit_test(lost_server),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

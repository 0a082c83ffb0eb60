/*
 * Threads that share a connection, each with statements of its own: array inserts, queries with
 * parameters, statements made and dropped; and the connection lost in the middle of it.
 */
#include "apitest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 30, ROWS = 50 };

static SQLHDBC shared;
static _Atomic int lost;

static bool is_lost(SQLHSTMT s)
{
    SQLCHAR state[6] = "";

    SQLGetDiagRec(SQL_HANDLE_STMT, s, 1, state, NULL, NULL, 0, NULL);
    return strcmp((char *)state, "08S01") == 0;
}

/* Inserts ROUNDS arrays and counts each; NULL, or what went wrong. */
static void *work(void *arg)
{
    int me = *(const int *)arg;
    int64_t ts[ROWS];
    SQLINTEGER v[ROWS];
    char sql[100];
    SQLHSTMT ins = at_stmt(shared), q = at_stmt(shared);

    snprintf(sql, sizeof sql, "insert into pth.t%d values(?,?)", me);
    at_sok(SQLSetStmtAttr(ins, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)ROWS, 0), ins);
    at_sok(SQLPrepare(ins, (SQLCHAR *)sql, SQL_NTS), ins);
    at_sok(SQLBindParameter(ins, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, ts, 0, NULL),
           ins);
    at_sok(SQLBindParameter(ins, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, v, 0, NULL),
           ins);
    snprintf(sql, sizeof sql, "select count(*) from pth.t%d where v >= ?", me);
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < ROWS; i++) {
            ts[i] = 1709164800000 + r * ROWS + i;
            v[i] = r;
        }
        /* the same rows again when the outcome is unknown: they overwrite themselves */
        for (int tries = 0; SQLExecute(ins) == SQL_ERROR; tries++) {
            if (tries == 200 || !is_lost(ins)) return (char *)(uintptr_t) "insert";
            lost++;
            usleep(2000); // it is made again once no thread is using it
        }
        SQLBIGINT n = 0;
        SQLINTEGER from = r;
        at_sok(
            SQLBindParameter(q, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &from, 0, NULL),
            q);
        if (SQLExecDirect(q, (SQLCHAR *)sql, SQL_NTS) == SQL_ERROR) {
            if (!is_lost(q)) return (char *)(uintptr_t) "query";
            lost++;
        } else if (SQLFetch(q) == SQL_SUCCESS) {
            SQLGetData(q, 1, SQL_C_SBIGINT, &n, 0, NULL);
            if (n != ROWS) return (char *)(uintptr_t) "count";
        }
        SQLFreeStmt(q, SQL_CLOSE);
        if (r % 10 == 9) {
            at_free(q);
            q = at_stmt(shared);
        }
    }
    at_free(ins);
    at_free(q);
    return NULL;
}

static void run_all(void)
{
    pthread_t t[THREADS];
    static int id[THREADS];
    SQLHSTMT s = at_stmt(shared);

    for (int i = 0; i < THREADS; i++) {
        id[i] = i;
        assert_int_equal(pthread_create(&t[i], NULL, work, &id[i]), 0);
    }
    void *what[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], &what[i]);
    for (int i = 0; i < THREADS; i++) {
        if (what[i]) fail_msg("thread %d: %s", i, (char *)what[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        char sql[60];
        snprintf(sql, sizeof sql, "select count(*) from pth.t%d", i);
        assert_int_equal(atoi(at_scalar(s, sql)), ROUNDS * ROWS);
    }
    at_free(s);
}

static int open_tables(void **state)
{
    (void)state;
    shared = at_connect("Timezone=UTC;");
    SQLHSTMT s = at_stmt(shared);
    at_exec(s, "create database if not exists pth");
    for (int i = 0; i < THREADS; i++) {
        at_execf(s, "drop table if exists pth.t%d", i);
        at_execf(s, "create table pth.t%d (ts timestamp, v int)", i);
    }
    at_free(s);
    lost = 0;
    return 0;
}

static int close_tables(void **state)
{
    (void)state;
    at_disconnect(shared);
    return 0;
}

static void in_peace(void **state)
{
    (void)state;
    run_all();
    assert_int_equal(lost, 0);
}

/* The server drops the connection now and then: every thread goes on over the next one. */
static void connection_is_lost(void **state)
{
    (void)state;
    if (!at_is_tdlite()) skip();
    SQLHDBC control = at_connect("");
    SQLHSTMT s = at_stmt(control);
    at_exec(s, "tdlite fault drop=0 on=stmt2_exec after=40 times=3");
    run_all();
    assert_true(lost > 0);
    at_exec(s, "tdlite fault clear");
    at_free(s);
    at_disconnect(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_peace, open_tables, close_tables),
        cmocka_unit_test_setup_teardown(connection_is_lost, open_tables, close_tables),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/*
 * Threads on one and on many connections, fork with open connections, exit and unloading with live ones, and what the
 * driver leaves alone in the process: signals and threads.
 */
#include "apitest.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
/* What is left open on purpose is no leak. */
#define LEFT_OPEN_BEGIN() __lsan_disable()
#define LEFT_OPEN_END()   __lsan_enable()
#else
#define LEFT_OPEN_BEGIN() ((void)0)
#define LEFT_OPEN_END()   ((void)0)
#endif

#ifdef __SANITIZE_THREAD__
enum { QUERIES = 20, LOADS = 5 };
#else
enum { QUERIES = 100, LOADS = 100 };
#endif

/* ---- threads ---- */

struct worker {
    pthread_t thread;
    SQLHDBC dbc; /* shared, or NULL: one of its own */
    int number, wrong;
};

/* Checks by return values, as cmocka's assertions must not fail outside the main thread. */
static bool one_query(SQLHSTMT stmt, int value)
{
    char sql[64];
    SQLINTEGER got = -1;
    SQLLEN ind;

    snprintf(sql, sizeof sql, "select %d", value);
    bool ok = SQL_SUCCEEDED(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS)) &&
              SQL_SUCCEEDED(SQLFetch(stmt)) &&
              SQL_SUCCEEDED(SQLGetData(stmt, 1, SQL_C_SLONG, &got, 0, &ind)) && got == value &&
              SQLFetch(stmt) == SQL_NO_DATA;
    return SQL_SUCCEEDED(SQLFreeStmt(stmt, SQL_CLOSE)) && ok;
}

static bool one_stream(SQLHSTMT stmt)
{
    int rows = 0;

    if (!SQL_SUCCEEDED(SQLExecDirect(
            stmt, (SQLCHAR *)"select * from gen.numeric where rows=1000 and block=100", SQL_NTS)))
        return false;
    while (SQL_SUCCEEDED(SQLFetch(stmt)))
        rows++;
    return SQL_SUCCEEDED(SQLFreeStmt(stmt, SQL_CLOSE)) && rows == 1000;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    SQLHDBC dbc = w->dbc;
    SQLHSTMT stmt;

    if (!dbc) {
        char text[2048];
        snprintf(text, sizeof text, "Driver={TDengine};Server=127.0.0.1;Port=%d", at_srv.port);
        if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc)) ||
            !SQL_SUCCEEDED(SQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL,
                                            SQL_DRIVER_NOPROMPT))) {
            w->wrong = 1000000;
            return NULL;
        }
    }
    for (int i = 0; i < QUERIES; i++) {
        if (i % 10 == 0 && !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt))) {
            w->wrong += 1000;
            break;
        }
        w->wrong += !one_query(stmt, w->number * 100000 + i);
        if (i % 10 == 5) w->wrong += !one_stream(stmt);
        if (i % 10 == 9) SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    }
    if (!w->dbc) {
        w->wrong += !SQL_SUCCEEDED(SQLDisconnect(dbc));
        SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    }
    return NULL;
}

static void run_workers(int n, SQLHDBC dbc)
{
    static struct worker w[64];

    for (int i = 0; i < n; i++) {
        w[i] = (struct worker){.dbc = dbc, .number = i + 1};
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < n; i++)
        pthread_join(w[i].thread, NULL);
    for (int i = 0; i < n; i++)
        assert_int_equal(w[i].wrong, 0);
}

static void eight_on_one_connection(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");

    run_workers(8, dbc);
    at_disconnect(dbc);
}

static void sixty_four_connections(void **state)
{
    (void)state;
    run_workers(64, NULL);
}

#ifndef __SANITIZE_THREAD__

/* ---- fork ---- */

static void forked_child(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "Transport=http;"};

    for (int k = 0; k < 2; k++) {
        SQLHDBC dbc = at_connect(keys[k]);
        SQLHSTMT stmt = at_stmt(dbc), open = at_stmt(dbc);
        int status;

        at_exec(open, "select * from gen.numeric where rows=20000 and block=1000");
        at_sok(SQLFetch(open), open);
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            int wrong = SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS) != SQL_ERROR ||
                        strcmp(at_state(SQL_HANDLE_STMT, stmt), "08S01") != 0;
            SQLFreeHandle(SQL_HANDLE_STMT, stmt);
            SQLFreeHandle(SQL_HANDLE_STMT, open);
            wrong |= SQLDisconnect(dbc) == SQL_INVALID_HANDLE ? 2 : 0;
            /* a connection of its own works */
            char text[256];
            SQLHDBC own;
            snprintf(text, sizeof text, "Driver={TDengine};Server=127.0.0.1;Port=%d", at_srv.port);
            if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &own)) ||
                !SQL_SUCCEEDED(SQLDriverConnect(own, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL,
                                                SQL_DRIVER_NOPROMPT)) ||
                !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, own, &stmt)) || !one_query(stmt, 77))
                wrong |= 4;
            _exit(wrong);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        /* the parent's stream goes on where it was */
        int rows = 1;
        while (SQL_SUCCEEDED(SQLFetch(open)))
            rows++;
        assert_int_equal(rows, 20000);
        assert_true(one_query(stmt, 5));
        at_free(stmt);
        at_free(open);
        at_disconnect(dbc);
    }
}

/* ---- exit, unloading ---- */

/* In a child: a connection with a result open and a cancelled query still to be killed, then the end. */
static void leave_open(void)
{
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc), other = at_stmt(dbc);

    at_exec(stmt, "select * from gen.numeric where rows=100000 and block=1000");
    at_sok(SQLFetch(stmt), stmt);
    at_sok(SQLSetStmtAttr(other, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0), other);
    at_exec(other, "tdlite fault delay=30000 on=query");
    if (SQLExecDirect(other, (SQLCHAR *)"select 1", SQL_NTS) != SQL_ERROR) _exit(3);
}

static void exit_with_live_connections(void **state)
{
    (void)state;

    for (int i = 0; i < 3; i++) {
        int status;
        struct timespec a, b;
        fflush(stdout);
        clock_gettime(CLOCK_MONOTONIC, &a);
        const pid_t child = fork();
        if (child == 0) {
            LEFT_OPEN_BEGIN();
            leave_open();
            usleep((useconds_t)i *
                   150000); /* before, while and after the control session is opened */
            exit(42);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        clock_gettime(CLOCK_MONOTONIC, &b);
        if (!WIFEXITED(status)) fail_msg("the child died of signal %d", WTERMSIG(status));
        assert_int_equal(WEXITSTATUS(status), 42);
        assert_true(b.tv_sec - a.tv_sec < 5);
        SQLHDBC dbc = at_connect("");
        SQLHSTMT stmt = at_stmt(dbc);
        at_exec(stmt, "tdlite fault clear");
        at_free(stmt);
        at_disconnect(dbc);
    }
}

static int threads(void)
{
    DIR *d = opendir("/proc/self/task");
    struct dirent *e;
    int n = 0;

    assert_non_null(d);
    while ((e = readdir(d)) != NULL)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

typedef SQLRETURN alloc_fn(SQLSMALLINT, SQLHANDLE, SQLHANDLE *);
typedef SQLRETURN set_env_fn(SQLHENV, SQLINTEGER, SQLPOINTER, SQLINTEGER);
typedef SQLRETURN connect_fn(SQLHDBC, SQLHWND, SQLCHAR *, SQLSMALLINT, SQLCHAR *, SQLSMALLINT,
                             SQLSMALLINT *, SQLUSMALLINT);

/* Loading starts no thread; unloading with a connection left open ends its thread, again and again. */
static void unload_with_live_connections(void **state)
{
    (void)state;
    const int before = threads();
    char text[256];

    if (TD_THROUGH_DM) skip(); /* the manager keeps the driver loaded */

    snprintf(text, sizeof text, "Server=127.0.0.1;Port=%d", at_srv.port);
    for (int i = 0; i < LOADS; i++) {
        LEFT_OPEN_BEGIN();
        void *lib = dlopen(TD_DRIVER_SO, RTLD_NOW | RTLD_LOCAL);
        if (!lib) fail_msg("%s", dlerror());
        assert_int_equal(threads(), before);
        alloc_fn *alloc = (alloc_fn *)dlsym(lib, "SQLAllocHandle");
        set_env_fn *set_env = (set_env_fn *)dlsym(lib, "SQLSetEnvAttr");
        connect_fn *driver_connect = (connect_fn *)dlsym(lib, "SQLDriverConnect");
        SQLHENV env;
        SQLHDBC dbc;
        assert_int_equal(alloc(SQL_HANDLE_ENV, NULL, &env), SQL_SUCCESS);
        assert_int_equal(set_env(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0),
                         SQL_SUCCESS);
        assert_int_equal(alloc(SQL_HANDLE_DBC, env, &dbc), SQL_SUCCESS);
        if (i % 5 == 0) {
            assert_int_equal(driver_connect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL,
                                            SQL_DRIVER_NOPROMPT),
                             SQL_SUCCESS);
            assert_true(threads() > before);
        }
        dlclose(lib);
        LEFT_OPEN_END();
        assert_int_equal(threads(), before);
    }
}

/* ---- what is left alone ---- */

static void signals_untouched(void **state)
{
    (void)state;
    struct sigaction was[65], is;
    sigset_t mask_was, mask_is;
    struct at_server s;

    for (int i = 1; i < 65; i++)
        sigaction(i, NULL, &was[i]);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_was);
    at_server_start(&s, NULL);
    SQLHDBC dbc = at_connect_to(&s, "AutoReconnect=0;");
    SQLHSTMT stmt = at_stmt(dbc);
    assert_true(one_query(stmt, 1));
    at_server_kill(&s);
    for (int i = 0; i < 5;
         i++) /* writing to a dead socket raises no SIGPIPE: it would end this process */
        assert_int_equal(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), SQL_ERROR);
    at_free(stmt);
    at_disconnect(dbc);
    for (int i = 1; i < 65; i++) {
        if (sigaction(i, NULL, &is) == 0)
            assert_true(is.sa_handler == was[i].sa_handler); /* libc keeps two */
    }
    pthread_sigmask(SIG_SETMASK, NULL, &mask_is);
    for (int i = 1; i < 65; i++)
        assert_int_equal(sigismember(&mask_is, i), sigismember(&mask_was, i));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_on_one_connection),
        cmocka_unit_test(sixty_four_connections),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(forked_child),
        cmocka_unit_test(exit_with_live_connections),
        cmocka_unit_test(unload_with_live_connections),
        cmocka_unit_test(signals_untouched),
#endif
    };

    if (!at_is_tdlite()) return 0;
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

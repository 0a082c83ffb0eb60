/*
 * What a connection pool and a cluster need: failover over addresses, time limits of connecting, reconnecting, the dead
 * check, the reset, and no growth over many connections.
 */
#include "apitest.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int listening(int backlog, int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, backlog), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    *port = ntohs(a.sin_port);
    return fd;
}

/* A port that answers nothing, not even to SYN: its queue of connections is full. */
struct black_hole {
    int port, fds[8];
};

static void black_hole(struct black_hole *h)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    h->fds[0] = listening(0, &h->port);
    a.sin_port = htons((uint16_t)h->port);
    for (int i = 1; i < 8; i++) {
        h->fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(h->fds[i], F_SETFL, O_NONBLOCK);
        (void)connect(h->fds[i], (struct sockaddr *)&a, sizeof a);
    }
    usleep(100000);
}

static void fill_up(struct black_hole *h)
{
    for (int i = 7; i >= 0; i--)
        close(h->fds[i]);
}

static SQLRETURN connect_text(const char *text, SQLHDBC *dbc)
{
    char whole[1024];

    snprintf(whole, sizeof whole, "Driver={TDengine};%s", text);
    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, dbc), SQL_HANDLE_ENV, at_env);
    return SQLDriverConnect(*dbc, NULL, (SQLCHAR *)whole, SQL_NTS, NULL, 0, NULL,
                            SQL_DRIVER_NOPROMPT);
}

/* Connecting must fail with one of two states after between `least` and `most` seconds. */
static void fails(const char *text, const char *state, double least, double most)
{
    SQLHDBC dbc;
    const double start = seconds();
    SQLRETURN rc = connect_text(text, &dbc);
    const double took = seconds() - start;

    at_rc(rc, SQL_ERROR, SQL_HANDLE_DBC, dbc, state);
    if (took < least || took > most) fail_msg("%s took %.2f s", text, took);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static int closed_port(void)
{
    int port, fd = listening(1, &port);

    close(fd);
    return port;
}

/* Whatever the random order, the address that answers is found. */
static void second_address_up(void **state)
{
    (void)state;
    const int gone = closed_port();
    char text[256];

    for (int i = 0; i < 8; i++) {
        SQLHDBC dbc;
        snprintf(text, sizeof text,
                 "Server=127.0.0.1:%d,127.0.0.1:%d;ConnRetries=1;RetryBackoffMs=10;%s", gone,
                 at_srv.port, i % 2 ? "Transport=http" : "");
        at_ok(connect_text(text, &dbc), SQL_HANDLE_DBC, dbc);
        SQLHSTMT stmt = at_stmt(dbc);
        assert_string_equal(at_scalar(stmt, "select 1"), "1");
        at_free(stmt);
        at_disconnect(dbc);
    }
}

static void silent_address_leaves_time(void **state)
{
    (void)state;
    struct black_hole h;
    char text[256];

    black_hole(&h);
    for (int i = 0; i < 4; i++) {
        SQLHDBC dbc;
        const double start = seconds();
        snprintf(text, sizeof text, "Server=127.0.0.1:%d,127.0.0.1:%d;LoginTimeout=2", h.port,
                 at_srv.port);
        at_ok(connect_text(text, &dbc), SQL_HANDLE_DBC, dbc);
        assert_true(seconds() - start < 2.2);
        at_disconnect(dbc);
    }
    fill_up(&h);
}

static void all_down(void **state)
{
    (void)state;
    char text[256];

    snprintf(text, sizeof text, "Server=127.0.0.1:%d,127.0.0.1:%d;ConnRetries=2;RetryBackoffMs=50",
             closed_port(), closed_port());
    fails(text, "08001", 0.2, 3);
    fails("Server=no-such-host.invalid;LoginTimeout=5", "08001", 0, 5.5);
    snprintf(text, sizeof text,
             "Server=127.0.0.1:%d;ConnRetries=100;RetryBackoffMs=100;LoginTimeout=1",
             closed_port());
    fails(text, "08001", 0.3, 1.3);
}

static void login_timeout(void **state)
{
    (void)state;
    struct black_hole h;
    char text[256];
    SQLHDBC dbc;
    double start;
    int port, fd;

    black_hole(&h);
    snprintf(text, sizeof text, "Server=127.0.0.1:%d;LoginTimeout=1", h.port);
    fails(text, "HYT00", 0.9, 1.5);
    snprintf(text, sizeof text, "Server=127.0.0.1:%d;LoginTimeout=1;Transport=http", h.port);
    fails(text, "HYT00", 0.9, 1.5);
    /* the attribute comes before the key */
    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)1, 0), SQL_HANDLE_DBC, dbc);
    snprintf(text, sizeof text, "Driver={TDengine};Server=127.0.0.1;Port=%d;LoginTimeout=30",
             h.port);
    start = seconds();
    at_rc(SQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT),
          SQL_ERROR, SQL_HANDLE_DBC, dbc, "HYT00");
    assert_true(seconds() - start < 1.5);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    fill_up(&h);
    /* a server that accepts and then says nothing */
    fd = listening(8, &port);
    snprintf(text, sizeof text, "Server=127.0.0.1:%d;LoginTimeout=1", port);
    fails(text, "HYT00", 0.9, 1.5);
    snprintf(text, sizeof text, "Server=127.0.0.1:%d;LoginTimeout=1;Transport=wss", port);
    fails(text, "HYT00", 0.9, 1.5);
    close(fd);
}

static SQLUINTEGER dead(SQLHDBC dbc)
{
    SQLUINTEGER v = 99;

    at_ok(SQLGetConnectAttr(dbc, SQL_ATTR_CONNECTION_DEAD, &v, 0, NULL), SQL_HANDLE_DBC, dbc);
    return v;
}

/* The server goes and comes back on another port; the next statement reconnects, with the database that was current. */
static void reconnects(void **state)
{
    (void)state;
    struct at_server a, b;
    SQLHDBC dbc;
    char text[256];

    at_server_start(&a, NULL);
    at_server_start(&b, NULL);
    for (int i = 0; i < 2; i++) {
        SQLHDBC d = at_connect_to(i ? &b : &a, "");
        SQLHSTMT stmt = at_stmt(d);
        at_exec(stmt, "create database again");
        at_free(stmt);
        at_disconnect(d);
    }
    snprintf(text, sizeof text, "Server=127.0.0.1:%d,127.0.0.1:%d;ConnRetries=0", a.port, b.port);
    at_ok(connect_text(text, &dbc), SQL_HANDLE_DBC, dbc);
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "use again");
    assert_int_equal(dead(dbc), SQL_CD_FALSE);
    at_exec(stmt, "tdlite fault drop=0 on=query");
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), stmt, "08S01");
    assert_int_equal(dead(dbc), SQL_CD_TRUE);
    assert_string_equal(at_scalar(stmt, "select database()"), "again");
    assert_int_equal(dead(dbc), SQL_CD_FALSE);
    /* one of the two is killed: if it is ours the other takes over, and if not nothing is noticed */
    at_server_kill(&a);
    usleep(50000);
    assert_string_equal(at_scalar(stmt, "select database()"), "again");
    /* a write whose reply is lost may have been done, and is never sent twice */
    at_exec(stmt, "tdlite fault drop=0 on=query");
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"create table t(ts timestamp, v int)", SQL_NTS),
                 stmt, "08S01");
    assert_non_null(strstr(at_message(SQL_HANDLE_STMT, stmt, 1, NULL), "may have been executed"));
    at_server_kill(&b);
    usleep(50000);
    assert_int_equal(dead(dbc), SQL_CD_TRUE);
    assert_int_equal(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), SQL_ERROR);
    assert_int_equal(strncmp(at_state(SQL_HANDLE_STMT, stmt), "08", 2), 0);
    at_free(stmt);
    at_disconnect(dbc);
}

static void reset_restores(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLUINTEGER v = 99;

    at_exec(stmt, "create database if not exists other_db");
    at_exec(stmt, "use other_db");
    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0),
          SQL_HANDLE_DBC, dbc);
    at_exec(stmt, "select * from gen.numeric where rows=10000 and block=100");
    at_sok(SQLFetch(stmt), stmt);
    at_free(stmt);
    /* unixODBC's manager knows the attribute as any other */
    at_ok(SQLSetConnectAttr(dbc, SQL_ATTR_RESET_CONNECTION, (SQLPOINTER)SQL_RESET_CONNECTION_YES,
                            SQL_IS_UINTEGER),
          SQL_HANDLE_DBC, dbc);
    stmt = at_stmt(dbc);
    assert_null(at_scalar(stmt, "select database()"));
    if (!TD_THROUGH_DM) {
        at_ok(SQLGetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, &v, 0, NULL), SQL_HANDLE_DBC, dbc);
        assert_int_equal(v, SQL_AUTOCOMMIT_ON);
    }
    at_free(stmt);
    at_disconnect(dbc);
}

static int descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static size_t resident_kb(void)
{
    size_t pages = 0, rss = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f && fscanf(f, "%zu %zu", &pages, &rss) != 2) rss = 0;
    if (f) fclose(f);
    return rss * 4;
}

static void thousand_connections(void **state)
{
    (void)state;
    int fds = 0;
    size_t rss = 0;

    for (int i = 0; i < 1000; i++) {
        if (i == 200) {
            fds = descriptors();
            rss = resident_kb();
        }
        SQLHDBC dbc = at_connect(i % 10 == 9 ? "Transport=http;" : "");
        if (i % 5 == 0) {
            SQLHSTMT stmt = at_stmt(dbc);
            assert_string_equal(at_scalar(stmt, "select 1"), "1");
            at_free(stmt);
        }
        at_disconnect(dbc);
    }
    print_message("800 connections: %d descriptors, %ld kB\n", descriptors() - fds,
                  (long)resident_kb() - (long)rss);
    assert_true(descriptors() <= fds);
    assert_true(resident_kb() < rss + 8192); /* what the sanitizer's quarantine may still take */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_address_up),
        cmocka_unit_test(silent_address_leaves_time),
        cmocka_unit_test(all_down),
        cmocka_unit_test(login_timeout),
        cmocka_unit_test(reconnects),
        cmocka_unit_test(reset_restores),
        cmocka_unit_test(thousand_connections),
    };

    if (!at_is_tdlite()) return 0;
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/*
 * apitest.h: what tests through SQL* calls share: a tdlite of their own, connections to it, and checks that print the
 * diagnostics. The same test source is built twice: linked with the driver directly, and through unixODBC's manager.
 *
 * TD_TEST_URL points at a real server instead; tests that need tdlite's own tricks then skip (at_is_tdlite).
 * TD_TEST_TRANSPORT (ws, wss, wss-deflate, http, https) chooses how servers are reached; tests run by at_run_tests skip
 * what quirks.h says a transport cannot do.
 */
#ifndef APITEST_H
#define APITEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

struct at_server {
    int pid;
    int port;
};

/* Starts tdlite on a free port of 127.0.0.1 with extra arguments (NULL-terminated list, may be NULL). It dies with the test. */
void at_server_start(struct at_server *s, const char *const *args);
void at_server_stop(struct at_server *s);
/* SIGKILL: the server is gone without a word. */
void at_server_kill(struct at_server *s);
bool at_is_tdlite(void);
/* The keys by which the driver uses the transport chosen, and which it is. */
const char *at_transport_keys(void);
bool at_over_rest(void);
bool at_over_tls(void);
/* Runs the group like cmocka_run_group_tests. */
#define at_run_tests(tests, setup, teardown)                                                       \
    at_run_group((tests), sizeof(tests) / sizeof *(tests), __FILE__, (setup), (teardown))
int at_run_group(const struct CMUnitTest *tests, size_t n, const char *file,
                 CMFixtureFunction setup, CMFixtureFunction teardown);

/* Group fixtures: one server for the file's tests, an environment of ODBC 3.80. */
extern struct at_server at_srv;
extern SQLHENV at_env;
int at_setup(void **state);
int at_teardown(void **state);
/* As at_setup with arguments for tdlite. */
int at_setup_args(const char *const *args);

/* The connection string to a server, with `extra` keys appended ("Database=d;"); a static buffer. */
const char *at_conn_string(const struct at_server *s, const char *extra);
/* A connected handle; fails the test when it cannot. */
SQLHDBC at_connect(const char *extra);
SQLHDBC at_connect_to(const struct at_server *s, const char *extra);
void at_disconnect(SQLHDBC dbc);
SQLHSTMT at_stmt(SQLHDBC dbc);
void at_free(SQLHSTMT stmt);

/* rc must be SQL_SUCCESS or SQL_SUCCESS_WITH_INFO. */
#define at_ok(rc, type, h) at_ok_at((rc), (type), (h), #rc, __FILE__, __LINE__)
#define at_sok(rc, stmt)   at_ok_at((rc), SQL_HANDLE_STMT, (stmt), #rc, __FILE__, __LINE__)
void at_ok_at(SQLRETURN rc, SQLSMALLINT type, SQLHANDLE h, const char *what, const char *file,
              int line);
/* rc must be `want` and the first record's SQLSTATE `state` (NULL: any). */
#define at_rc(rc, want, type, h, state)                                                            \
    at_rc_at((rc), (want), (type), (h), (state), #rc, __FILE__, __LINE__)
#define at_srv_fails(rc, stmt, state)                                                              \
    at_rc_at((rc), SQL_ERROR, SQL_HANDLE_STMT, (stmt), (state), #rc, __FILE__, __LINE__)
void at_rc_at(SQLRETURN rc, SQLRETURN want, SQLSMALLINT type, SQLHANDLE h, const char *state,
              const char *what, const char *file, int line);
/* SQLSTATE of record 1, "" without one; the message and native code of record `n`. Static buffers. */
const char *at_state(SQLSMALLINT type, SQLHANDLE h);
const char *at_message(SQLSMALLINT type, SQLHANDLE h, int n, SQLINTEGER *native);

/* Runs a statement that must succeed. */
void at_exec(SQLHSTMT stmt, const char *sql);
void at_execf(SQLHSTMT stmt, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The first column of the first row as text (static buffer), NULL for SQL NULL; closes the cursor. */
const char *at_scalar(SQLHSTMT stmt, const char *sql);
/* Column `col` of the current row as text (static buffers, eight in turn). */
const char *at_text(SQLHSTMT stmt, int col);

#endif

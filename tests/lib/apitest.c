#include "apitest.h"

#include "quirks.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct at_server at_srv;
SQLHENV at_env;

/* How TD_TEST_TRANSPORT makes the driver connect and tdlite listen. */
static const struct transport {
    const char *name, *keys;
    bool rest, tls, deflate;
} transports[] = {
    {"ws", "", false, false, false},
    {"wss", "Transport=wss;CaFile=" TD_TEST_CERTS "/ca.pem;", false, true, false},
    {"wss-deflate", "Transport=wss;Compression=1;CaFile=" TD_TEST_CERTS "/ca.pem;", false, true,
     true},
    {"http", "Transport=http;", true, false, false},
    {"https", "Transport=https;CaFile=" TD_TEST_CERTS "/ca.pem;", true, true, false},
};

static const struct transport *transport(void)
{
    const char *name = getenv("TD_TEST_TRANSPORT");

    for (size_t i = 0; name && i < sizeof transports / sizeof *transports; i++) {
        if (strcmp(transports[i].name, name) == 0) return &transports[i];
    }
    return &transports[0];
}

const char *at_transport_keys(void)
{
    return transport()->keys;
}

bool at_over_rest(void)
{
    return transport()->rest;
}

bool at_over_tls(void)
{
    return transport()->tls;
}

static const struct quirk *quirk_of(const char *file, const char *test)
{
    const unsigned here = (at_over_rest() ? QUIRK_REST : 0u) | (at_over_tls() ? QUIRK_TLS : 0u);
    const char *base = strrchr(file, '/');

    base = base ? base + 1 : file;
    for (const struct quirk *q = quirks; q->file; q++) {
        const size_t n = strlen(q->file);
        if (q->where & here && strncmp(base, q->file, n) == 0 && strcmp(base + n, "_it.c") == 0 &&
            strcmp(q->test, test) == 0)
            return q;
    }
    return NULL;
}

static void skipped(void **state)
{
    (void)state;
    skip();
}

int at_run_group(const struct CMUnitTest *tests, size_t n, const char *file,
                 CMFixtureFunction setup, CMFixtureFunction teardown)
{
    struct CMUnitTest run[64];

    if (n > sizeof run / sizeof *run) return -1;
    for (size_t i = 0; i < n; i++) {
        const struct quirk *q = quirk_of(file, tests[i].name);
        run[i] = tests[i];
        if (!q) continue;
        print_message("%s over %s: %s\n", q->test, transport()->name, q->why);
        run[i].test_func = skipped;
        run[i].setup_func = run[i].teardown_func = NULL;
    }
    return _cmocka_run_group_tests(file, run, n, setup, teardown);
}

bool at_is_tdlite(void)
{
    return getenv("TD_TEST_URL") == NULL;
}

static int read_port(int fd)
{
    char line[512];
    size_t n = 0;

    while (n < sizeof line - 1 && read(fd, line + n, 1) == 1) {
        if (line[n] == '\n') {
            line[n] = 0;
            char *c = strstr(line, "listening on ");
            c = c ? strrchr(c, ':') : NULL;
            if (c) return atoi(c + 1);
            n = 0;
            continue;
        }
        n++;
    }
    return 0;
}

void at_server_start(struct at_server *s, const char *const *args)
{
    const char *argv[32] = {TD_TDLITE, "--port", "0"};
    int n = 3, out[2];

    for (; args && *args && n < 24; args++)
        argv[n++] = *args;
    if (transport()->tls) {
        argv[n++] = "--cert";
        argv[n++] = TD_TEST_CERTS "/server.pem";
        argv[n++] = "--key";
        argv[n++] = TD_TEST_CERTS "/server.key";
    }
    if (transport()->deflate) argv[n++] = "--deflate";
    assert_int_equal(pipe(out), 0);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(out[1]);
    s->port = read_port(out[0]);
    close(out[0]);
    if (!s->port) fail_msg("tdlite did not start");
}

static void end(struct at_server *s, int sig)
{
    if (s->pid <= 0) return;
    kill(s->pid, sig);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    s->pid = 0;
}

void at_server_stop(struct at_server *s)
{
    end(s, SIGTERM);
}

void at_server_kill(struct at_server *s)
{
    end(s, SIGKILL);
}

int at_setup_args(const char *const *args)
{
    if (at_is_tdlite()) at_server_start(&at_srv, args);
    if (SQLAllocHandle(SQL_HANDLE_ENV, NULL, &at_env) != SQL_SUCCESS) return -1;
    return SQLSetEnvAttr(at_env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0) ==
                   SQL_SUCCESS
               ? 0
               : -1;
}

int at_setup(void **state)
{
    (void)state;
    return at_setup_args(NULL);
}

int at_teardown(void **state)
{
    (void)state;
    SQLFreeHandle(SQL_HANDLE_ENV, at_env);
    at_server_stop(&at_srv);
    return 0;
}

const char *at_conn_string(const struct at_server *s, const char *extra)
{
    static char buf[2048];
    const char *url = getenv("TD_TEST_URL");

    if (url)
        snprintf(buf, sizeof buf, "Driver={TDengine};Url={%s};%s", url, extra ? extra : "");
    else
        snprintf(buf, sizeof buf, "Driver={TDengine};Server=127.0.0.1;Port=%d;%s%s", s->port,
                 at_transport_keys(), extra ? extra : "");
    return buf;
}

SQLHDBC at_connect_to(const struct at_server *s, const char *extra)
{
    SQLHDBC dbc;

    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
    at_ok(SQLDriverConnect(dbc, NULL, (SQLCHAR *)at_conn_string(s, extra), SQL_NTS, NULL, 0, NULL,
                           SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc);
    return dbc;
}

SQLHDBC at_connect(const char *extra)
{
    return at_connect_to(&at_srv, extra);
}

void at_disconnect(SQLHDBC dbc)
{
    at_ok(SQLDisconnect(dbc), SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

SQLHSTMT at_stmt(SQLHDBC dbc)
{
    SQLHSTMT stmt;

    at_ok(SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt), SQL_HANDLE_DBC, dbc);
    return stmt;
}

void at_free(SQLHSTMT stmt)
{
    SQLFreeHandle(SQL_HANDLE_STMT, stmt);
}

const char *at_message(SQLSMALLINT type, SQLHANDLE h, int n, SQLINTEGER *native)
{
    static char msg[1024];
    SQLCHAR state[6];
    SQLINTEGER code = 0;
    SQLSMALLINT len;

    msg[0] = 0;
    if (!SQL_SUCCEEDED(
            SQLGetDiagRec(type, h, (SQLSMALLINT)n, state, &code, (SQLCHAR *)msg, sizeof msg, &len)))
        msg[0] = 0;
    if (native) *native = code;
    return msg;
}

const char *at_state(SQLSMALLINT type, SQLHANDLE h)
{
    static char state[6];
    SQLCHAR msg[16];
    SQLINTEGER code;
    SQLSMALLINT len;

    state[0] = 0;
    if (!SQL_SUCCEEDED(SQLGetDiagRec(type, h, 1, (SQLCHAR *)state, &code, msg, sizeof msg, &len)))
        state[0] = 0;
    return state;
}

static void print_diags(SQLSMALLINT type, SQLHANDLE h)
{
    for (int i = 1; i < 10; i++) {
        SQLCHAR state[6], msg[1024];
        SQLINTEGER code;
        SQLSMALLINT len;
        if (!SQL_SUCCEEDED(
                SQLGetDiagRec(type, h, (SQLSMALLINT)i, state, &code, msg, sizeof msg, &len)))
            break;
        print_error("  %s %d %s\n", state, (int)code, msg);
    }
}

void at_ok_at(SQLRETURN rc, SQLSMALLINT type, SQLHANDLE h, const char *what, const char *file,
              int line)
{
    if (SQL_SUCCEEDED(rc)) return;
    print_error("%s:%d: %s = %d\n", file, line, what, (int)rc);
    print_diags(type, h);
    _fail(file, line);
}

void at_rc_at(SQLRETURN rc, SQLRETURN want, SQLSMALLINT type, SQLHANDLE h, const char *state,
              const char *what, const char *file, int line)
{
    if (rc == want && (!state || strcmp(at_state(type, h), state) == 0)) return;
    print_error("%s:%d: %s = %d, wanted %d %s\n", file, line, what, (int)rc, (int)want,
                state ? state : "");
    print_diags(type, h);
    _fail(file, line);
}

void at_exec(SQLHSTMT stmt, const char *sql)
{
    SQLRETURN rc = SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS);

    at_ok_at(rc, SQL_HANDLE_STMT, stmt, sql, __FILE__, __LINE__);
}

void at_execf(SQLHSTMT stmt, const char *fmt, ...)
{
    char sql[8192];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(sql, sizeof sql, fmt, ap);
    va_end(ap);
    at_exec(stmt, sql);
}

const char *at_text(SQLHSTMT stmt, int col)
{
    static char bufs[8][4096];
    static int turn;
    char *buf = bufs[turn++ % 8];
    SQLLEN ind;

    at_sok(SQLGetData(stmt, (SQLUSMALLINT)col, SQL_C_CHAR, buf, sizeof bufs[0], &ind), stmt);
    return ind == SQL_NULL_DATA ? NULL : buf;
}

const char *at_scalar(SQLHSTMT stmt, const char *sql)
{
    at_exec(stmt, sql);
    at_sok(SQLFetch(stmt), stmt);
    const char *text = at_text(stmt, 1);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    return text;
}

/* Tests that watch their memory must not see the sanitizer's quarantine of freed blocks (256 MB by default). */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8";
}

/*
 * Certificates: what the server shows is checked as SslMode says, over both protocols; each refusal says why in words and
 * is not retried.
 */
#include "apitest.h"

#include <time.h>

#if !TD_THROUGH_DM
#include "net/tls.h"
#endif

#define CERT(name) TD_TEST_CERTS "/" name ".pem"
#define KEY(name)  TD_TEST_CERTS "/" name ".key"

static SQLRETURN try_connect(int port, const char *keys, char *state, char *msg, size_t cap)
{
    SQLHDBC dbc;
    char text[1024];

    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
    snprintf(text, sizeof text, "Driver={TDengine};Port=%d;PWD=taosdata;LoginTimeout=10;%s", port,
             keys);
    SQLRETURN rc =
        SQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
    snprintf(state, 6, "%s", at_state(SQL_HANDLE_DBC, dbc));
    snprintf(msg, cap, "%s", at_message(SQL_HANDLE_DBC, dbc, 1, NULL));
    if (SQL_SUCCEEDED(rc)) {
        SQLHSTMT stmt = at_stmt(dbc);
        assert_string_equal(at_scalar(stmt, "select 3"), "3");
        at_free(stmt);
        SQLDisconnect(dbc);
    }
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    return rc;
}

struct
try {
    const char *cert;   /* the server's */
    const char *keys;   /* of the connection string */
    const char *reason; /* NULL: connects */
};

static const struct try tries[] = {
    {"server", "Server=127.0.0.1;CaFile=" CERT("ca"), NULL},
    {"server", "Server=localhost;CaFile=" CERT("ca"), NULL},
    {"server", "Server=127.0.0.1;CaFile=" CERT("other_ca"), "certificate"},
    {"server", "Server=127.0.0.1", "certificate"}, /* the system's authorities do not know it */
    {"server", "Server=127.0.0.1;SslMode=none", NULL},
    {"server", "Server=127.0.0.1;CaFile=/nonexistent/ca.pem", "/nonexistent/ca.pem"},
    {"elsewhere", "Server=127.0.0.1;CaFile=" CERT("ca"), "127.0.0.1"},
    {"elsewhere", "Server=localhost;CaFile=" CERT("ca"), "localhost"},
    {"elsewhere", "Server=127.0.0.1;SslMode=verify-ca;CaFile=" CERT("ca"), NULL},
    {"elsewhere", "Server=127.0.0.1;SslMode=verify-ca;CaFile=" CERT("other_ca"), "certificate"},
    {"expired", "Server=127.0.0.1;CaFile=" CERT("ca"), "expired"},
    {"expired", "Server=127.0.0.1;SslMode=none", NULL},
    {"self", "Server=127.0.0.1", "self-signed"},
    {"self", "Server=127.0.0.1;CaFile=" CERT("self"), NULL},
};

static void with_server(const char *cert, const char *client_ca, struct at_server *s)
{
    char c[512], k[512];
    const char *args[] = {"--cert",  c,   "--key", k, client_ca ? "--client-ca" : NULL,
                          client_ca, NULL};

    snprintf(c, sizeof c, TD_TEST_CERTS "/%s.pem", cert);
    snprintf(k, sizeof k, TD_TEST_CERTS "/%s.key", cert);
    at_server_start(s, args);
}

static void check(int port, const char *transport, const char *cert, const char *keys,
                  const char *reason)
{
    char text[900], state[6], msg[1024];
    struct timespec a, b;

    snprintf(text, sizeof text, "Transport=%s;%s", transport, keys);
    clock_gettime(CLOCK_MONOTONIC, &a);
    SQLRETURN rc = try_connect(port, text, state, msg, sizeof msg);
    clock_gettime(CLOCK_MONOTONIC, &b);
    if (!reason ? rc != SQL_SUCCESS : rc != SQL_ERROR || !strstr(msg, reason))
        fail_msg("%s with %s: %d %s %s", cert, text, rc, state, msg);
    if (reason && strcmp(state, "08001") && strcmp(state, "HY024"))
        fail_msg("%s with %s: %s %s", cert, text, state, msg);
    assert_true(b.tv_sec - a.tv_sec < 4); /* trying again would not help, so it is not done */
}

static void certificates(void **state)
{
    (void)state;
    const char *running = "";
    struct at_server s = {0};

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        if (strcmp(running, tries[i].cert) != 0) {
            at_server_stop(&s);
            running = tries[i].cert;
            with_server(running, NULL, &s);
        }
        check(s.port, "wss", running, tries[i].keys, tries[i].reason);
        check(s.port, "https", running, tries[i].keys, tries[i].reason);
    }
    at_server_stop(&s);
}

static void client_certificates(void **state)
{
    (void)state;
    struct at_server s;
    static const char *const transports[] = {"wss", "https"};

    with_server("server", CERT("ca"), &s);
    for (int i = 0; i < 2; i++) {
        const char *base = "Server=127.0.0.1;ConnRetries=0;CaFile=" CERT("ca");
        check(s.port, transports[i], "server",
              "Server=127.0.0.1;CaFile=" CERT("ca") ";ClientCert=" CERT("client") ";ClientKey=" KEY(
                  "client"),
              NULL);
        check(s.port, transports[i], "server", base, "");
    }
    at_server_stop(&s);
}

/* A plain port asked for TLS, and a TLS port asked in plain text. */
static void wrong_scheme(void **state)
{
    (void)state;
    struct at_server s;

    with_server("server", NULL, &s);
    check(s.port, "ws", "server", "Server=127.0.0.1;ConnRetries=0", "TLS");
    at_server_stop(&s);
    at_server_start(&s, NULL);
    check(s.port, "wss", "none", "Server=127.0.0.1;ConnRetries=0;CaFile=" CERT("ca"), "");
    at_server_stop(&s);
}

#if !TD_THROUGH_DM
/* Loading authorities costs tens of milliseconds: once per setting and process. */
static void store_is_loaded_once(void **state)
{
    (void)state;
    struct at_server s;

    with_server("server", NULL, &s);
    check(s.port, "wss", "server", "Server=127.0.0.1;CaFile=" CERT("ca"), NULL);
    const unsigned before = td_tls_loads();
    for (int i = 0; i < 5; i++) {
        check(s.port, "wss", "server", "Server=127.0.0.1;CaFile=" CERT("ca"), NULL);
        check(s.port, "https", "server", "Server=127.0.0.1;CaFile=" CERT("ca"), NULL);
    }
    assert_int_equal(td_tls_loads(), before);
    assert_true(before > 0);
    at_server_stop(&s);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(wrong_scheme),
#if !TD_THROUGH_DM
        cmocka_unit_test(store_is_loaded_once),
#endif
    };

    if (!at_is_tdlite()) return 0;
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/* TLS of both transports: what is trusted, what is refused and with which words; compression over it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/rest.h"
#include "net/tls.h"
#include "tls_peer.h"

static struct tls_id ca, good, other_host, expired, alone, stranger_ca, client, stranger;
static char dir[] = "/tmp/td_tls_XXXXXX", ca_pem[64], alone_pem[64], client_pem[64],
            stranger_pem[64], locked_pem[64];
static struct peer plain; /* an echo server without TLS, behind the fronts */

static bool id_of(const uint8_t *p, size_t n, bool text, uint64_t *id)
{
    (void)text;
    *id = n >= 8 ? td_ld64(p) : 0;
    return n >= 8;
}

static void play_echo(struct peer_conn *c)
{
    char head[600];
    uint8_t *p;
    size_t n;
    int first, k;
    if (!peer_read_head(c)) return;
    if (memcmp(c->request, "POST", 4) == 0) {
        char b[8];
        peer_recv(c->fd, b, 8);
        peer_send(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", 38);
        peer_send(c->fd, b, 8);
        return;
    }
    k = peer_answer(c,
                    strstr(c->request, "permessage-deflate")
                        ? "Sec-WebSocket-Extensions: permessage-deflate; "
                          "server_no_context_takeover; client_no_context_takeover\r\n"
                        : "",
                    head, sizeof head);
    peer_send(c->fd, head, (size_t)k);
    /* Compressed messages go back as they came: without context takeover that is right. */
    while ((first = peer_read(c->fd, &p, &n)) >= 0) {
        peer_frame(c->fd, (unsigned)first, p, n);
        free(p);
        if ((first & 15) == 8) return;
    }
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir)) return -1;
    ca = tls_make("Test CA", NULL, NULL, -1, 30);
    stranger_ca = tls_make("Other CA", NULL, NULL, -1, 30);
    good = tls_make("good", "IP:127.0.0.1,DNS:localhost", &ca, -1, 30);
    other_host = tls_make("elsewhere", "DNS:elsewhere.test", &ca, -1, 30);
    expired = tls_make("old", "IP:127.0.0.1", &ca, -30, -1);
    alone = tls_make("alone", "IP:127.0.0.1", NULL, -1, 30);
    client = tls_make("client", "DNS:client", &ca, -1, 30);
    stranger = tls_make("stranger", "DNS:stranger", &stranger_ca, -1, 30);
    snprintf(ca_pem, sizeof ca_pem, "%s/ca.pem", dir);
    snprintf(alone_pem, sizeof alone_pem, "%s/alone.pem", dir);
    snprintf(client_pem, sizeof client_pem, "%s/client.pem", dir);
    snprintf(stranger_pem, sizeof stranger_pem, "%s/stranger.pem", dir);
    snprintf(locked_pem, sizeof locked_pem, "%s/locked.pem", dir);
    tls_write(&ca, ca_pem, false);
    {
        FILE *f = fopen(locked_pem, "w");
        PEM_write_X509(f, client.cert);
        PEM_write_PrivateKey(f, client.key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6,
                             NULL, NULL);
        fclose(f);
    }
    tls_write(&alone, alone_pem, false);
    tls_write(&client, client_pem, true);
    tls_write(&stranger, stranger_pem, true);
    peer_start(&plain, play_echo, true);
    return 0;
}

static int teardown(void **state)
{
    struct tls_id *all[] = {&ca,    &good,        &other_host, &expired,
                            &alone, &stranger_ca, &client,     &stranger};
    (void)state;
    peer_stop(&plain);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tls_drop(all[i]);
    unlink(ca_pem);
    unlink(alone_pem);
    unlink(client_pem);
    unlink(stranger_pem);
    unlink(locked_pem);
    return rmdir(dir);
}

static struct td_net_cfg cfg_of(uint16_t port)
{
    return (struct td_net_cfg){.host = "127.0.0.1",
                               .port = port,
                               .tls = true,
                               .tls_cfg = {true, true, ca_pem, NULL, NULL, NULL},
                               .path = "/ws",
                               .max_message = 64u << 20,
                               .read_timeout_ms = 20000,
                               .reply_id = id_of};
}

/* Sends n bytes and checks that they come back. */
static void echo_ok(struct td_transport *t, size_t n)
{
    struct td_err err = {0};
    struct td_msg m = {0};
    uint8_t *p = malloc(n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 >> (i >> 12 & 7));
    td_st64(p, n);
    if (td_submit(t, n, p, n, false, true, &err) ||
        td_wait(t, n, td_deadline(20000), NULL, 0, &m, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(m.n, n);
    assert_memory_equal(m.p, p, n);
    td_msg_free(&m);
    free(p);
}

static void echo_some(struct td_transport *t)
{
    static const size_t sizes[] = {8, 9, 100, 16384, 16385, 100000, (3u << 20) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        echo_ok(t, sizes[i]);
}

enum { FULL, VERIFY_CA, NONE };

static void test_certificates(void **state)
{
    static const struct {
        const struct tls_id *server;
        const char *ca;
        int mode;
        const char *host;
        const char *err; /* NULL = connects */
    } t[] = {
        {&good, ca_pem, FULL, "127.0.0.1", NULL},
        {&good, ca_pem, FULL, "localhost", NULL},
        {&good, NULL, FULL, "127.0.0.1", "CaFile"},
        {&good, NULL, NONE, "127.0.0.1", NULL},
        {&good, alone_pem, FULL, "127.0.0.1", "CaFile"},
        {&other_host, ca_pem, FULL, "127.0.0.1", "another host name"},
        {&other_host, ca_pem, VERIFY_CA, "127.0.0.1", NULL},
        {&other_host, ca_pem, NONE, "127.0.0.1", NULL},
        {&expired, ca_pem, FULL, "127.0.0.1", "has expired"},
        {&expired, ca_pem, VERIFY_CA, "127.0.0.1", "has expired"},
        {&expired, ca_pem, NONE, "127.0.0.1", NULL},
        {&alone, NULL, FULL, "127.0.0.1", "self-signed certificate"},
        {&alone, ca_pem, FULL, "127.0.0.1", "self-signed certificate"},
        {&alone, alone_pem, FULL, "127.0.0.1", NULL},
        {&good, "/nonexistent/ca.pem", FULL, "127.0.0.1",
         "CaFile /nonexistent/ca.pem cannot be read: No such file"},
        {&good, "/nonexistent/ca.pem", NONE, "127.0.0.1", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct peer s = {0};
        struct tls_front f = tls_front_new(t[i].server, NULL, plain.port);
        struct td_err err = {0};
        struct td_net_cfg cfg;
        struct td_transport *c;
        bool retry = true;
        s.ctx = &f;
        peer_start(&s, tls_play, true);
        cfg = cfg_of(s.port);
        cfg.host = t[i].host;
        cfg.tls_cfg.ca_file = t[i].ca;
        cfg.tls_cfg.verify_host = t[i].mode == FULL;
        cfg.tls_cfg.verify_peer = t[i].mode != NONE;
        c = td_ws_open(&cfg, td_deadline(10000), &retry, &err);
        if (t[i].err) {
            if (c || err.state != TD_ST_08001 || retry || !strstr(err.msg, t[i].err))
                fail_msg("case %zu: %s", i, c ? "connected" : err.msg);
        } else {
            if (!c) fail_msg("case %zu: %s", i, err.msg);
            echo_ok(c, 1000);
            td_transport_close(c);
        }
        peer_stop(&s);
        SSL_CTX_free(f.ctx);
    }
}

static void test_client_certificate(void **state)
{
    static const struct {
        const char *cert;
        const char *err;
    } t[] = {
        {client_pem, NULL},
        {NULL, "ClientCert"},
        {stranger_pem, "the connection"},
        {"/nonexistent/c.pem", "/nonexistent/c.pem"},
        {locked_pem,
         "locked.pem"}, /* an encrypted key: refused, nobody is asked for its password */
    };
    struct peer s = {0};
    struct tls_front f = tls_front_new(&good, &ca, plain.port);
    (void)state;
    s.ctx = &f;
    peer_start(&s, tls_play, true);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_err err = {0};
        struct td_net_cfg cfg = cfg_of(s.port);
        struct td_transport *c;
        bool retry = true;
        cfg.tls_cfg.client_cert = cfg.tls_cfg.client_key = t[i].cert;
        c = td_ws_open(&cfg, td_deadline(10000), &retry, &err);
        if (t[i].err) {
            if (c || err.state != TD_ST_08001 || !strstr(err.msg, t[i].err))
                fail_msg("case %zu: %s", i, c ? "connected" : err.msg);
        } else {
            if (!c) fail_msg("case %zu: %s", i, err.msg);
            echo_ok(c, 1000);
            td_transport_close(c);
        }
    }
    peer_stop(&s);
    SSL_CTX_free(f.ctx);
}

static void play_mute(struct peer_conn *c)
{
    char b[256];
    while (recv(c->fd, b, sizeof b, 0) > 0) {
    }
}

static void play_reset(struct peer_conn *c)
{
    char b[16];
    if (recv(c->fd, b, sizeof b, 0) > 0) peer_reset(c->fd);
}

/* Not a TLS server, one that says nothing, one that resets; and a TLS server asked without TLS. */
static void test_mismatch(void **state)
{
    struct peer mute = {0}, reset = {0}, s = {0};
    struct tls_front f = tls_front_new(&good, NULL, plain.port);
    struct td_err err = {0};
    struct td_net_cfg cfg = cfg_of(plain.port);
    bool retry = true;
    int64_t t0;
    (void)state;
    peer_start(&mute, play_mute, true);
    peer_start(&reset, play_reset, true);
    s.ctx = &f;
    peer_start(&s, tls_play, true);
    cfg.port = mute.port;
    t0 = td_now_ms();
    assert_null(td_ws_open(&cfg, td_deadline(300), &retry, &err));
    assert_int_equal(err.state, TD_ST_HYT00);
    assert_in_range(td_now_ms() - t0, 290, 1500);
    cfg.port = reset.port;
    retry = false;
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_int_equal(err.state, TD_ST_08001);
    assert_true(retry);
    cfg.port = s.port;
    cfg.tls = false;
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    if (!strstr(err.msg, "wss://") && !strstr(err.msg, "closed the connection"))
        fail_msg("%s", err.msg);
    peer_stop(&mute);
    peer_stop(&reset);
    peer_stop(&s);
    SSL_CTX_free(f.ctx);
}

static void play_http_error(struct peer_conn *c)
{
    char b[300];
    if (recv(c->fd, b, sizeof b, 0) > 0)
        peer_send(c->fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", 47);
}

static void test_plain_port(void **state)
{
    struct peer s = {0};
    struct td_err err = {0};
    struct td_net_cfg cfg;
    bool retry = true;
    (void)state;
    peer_start(&s, play_http_error, true);
    cfg = cfg_of(s.port);
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_int_equal(err.state, TD_ST_08001);
    assert_false(retry);
    if (!strstr(err.msg, "does not speak TLS")) fail_msg("%s", err.msg);
    peer_stop(&s);
}

/* TLS 1.1 is refused, 1.2 taken. */
static void test_versions(void **state)
{
    (void)state;
    for (int v = TLS1_1_VERSION; v <= TLS1_3_VERSION; v++) {
        struct peer s = {0};
        struct tls_front f = tls_front_new(&good, NULL, plain.port);
        struct td_err err = {0};
        struct td_net_cfg cfg;
        struct td_transport *c;
        bool retry = true;
        SSL_CTX_set_security_level(f.ctx, 0);
        SSL_CTX_set_min_proto_version(f.ctx, v);
        SSL_CTX_set_max_proto_version(f.ctx, v);
        s.ctx = &f;
        peer_start(&s, tls_play, true);
        cfg = cfg_of(s.port);
        c = td_ws_open(&cfg, td_deadline(5000), &retry, &err);
        if (v == TLS1_1_VERSION) {
            assert_null(c);
            assert_int_equal(err.state, TD_ST_08001);
            assert_false(retry);
        } else {
            if (!c) fail_msg("%s", err.msg);
            echo_some(c);
            td_transport_close(c);
        }
        peer_stop(&s);
        SSL_CTX_free(f.ctx);
    }
}

/* A store is loaded once per setting, whatever the transport; WebSocket and REST; compression over TLS. */
static void test_reuse(void **state)
{
    struct peer s = {0};
    struct tls_front f = tls_front_new(&good, NULL, plain.port);
    struct td_net_cfg cfg;
    struct td_rest_wait w = {TD_NEVER, NULL, 0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    unsigned loads;
    (void)state;
    s.ctx = &f;
    peer_start(&s, tls_play, true);
    cfg = cfg_of(s.port);
    loads = td_tls_loads();
    for (int i = 0; i < 6; i++) {
        struct td_err err = {0};
        bool retry;
        struct td_transport *t;
        cfg.compression = i & 1;
        t = td_ws_open(&cfg, td_deadline(10000), &retry, &err);
        if (!t) fail_msg("%s", err.msg);
        echo_some(t);
        td_transport_close(t);
    }
    for (int i = 0; i < 2; i++) {
        struct td_err err = {0};
        bool retry;
        const uint8_t *p;
        size_t n;
        struct td_rest *r = td_rest_open(&cfg, &a, 5000, &err);
        struct td_rest_call *c = td_rest_post(r, "/rest/sql", "12345678", 8, &w, &retry, &err);
        if (!c) fail_msg("%s", err.msg);
        assert_int_equal(td_rest_read(c, &w, &p, &n, &err), TD_OK);
        assert_int_equal(n, 8);
        assert_memory_equal(p, "12345678", 8);
        td_rest_end(c);
        td_rest_close(r);
    }
    assert_true(td_tls_loads() - loads <= 1);
    cfg.tls_cfg.ca_file = alone_pem;
    {
        struct td_err err = {0};
        struct td_rest *r = td_rest_open(&cfg, &a, 5000, &err);
        bool retry = true;
        assert_null(td_rest_post(r, "/rest/sql", "x", 1, &w, &retry, &err));
        assert_int_equal(err.state, TD_ST_08001);
        assert_false(retry);
        assert_non_null(strstr(err.msg, "CaFile"));
        td_rest_close(r);
    }
    peer_stop(&s);
    SSL_CTX_free(f.ctx);
}

static atomic_int pipes;

static void on_pipe(int sig)
{
    (void)sig;
    atomic_fetch_add(&pipes, 1);
}

static void play_abort(struct peer_conn *c)
{
    struct tls_front *f = c->peer->ctx;
    SSL *s = SSL_new(f->ctx);
    char b[4096];
    SSL_set_fd(s, c->fd);
    if (SSL_accept(s) == 1) {
        int n = SSL_read(s, c->request, sizeof c->request - 1);
        char head[600];
        c->request[n > 0 ? n : 0] = 0;
        n = peer_answer(c, "", head, sizeof head);
        SSL_write(s, head, n);
        SSL_read(s, b, sizeof b);
        peer_reset(c->fd);
    }
    SSL_free(s);
}

/* Writing to a dead TLS stream, from the caller's thread and at the close: the process sees no SIGPIPE. */
static void test_sigpipe(void **state)
{
    struct sigaction old, now = {.sa_handler = on_pipe};
    struct peer s = {0};
    struct tls_front f = tls_front_new(&good, NULL, plain.port);
    struct td_net_cfg cfg;
    (void)state;
    sigaction(SIGPIPE, &now, &old);
    s.ctx = &f;
    peer_start(&s, play_abort, true);
    cfg = cfg_of(s.port);
    for (int i = 0; i < 10; i++) {
        struct td_err err = {0};
        struct td_msg m;
        bool retry;
        uint8_t big[5000] = {0};
        struct td_transport *t = td_ws_open(&cfg, td_deadline(10000), &retry, &err);
        if (!t) fail_msg("%s", err.msg);
        for (uint64_t id = 1;
             id < 100 && td_submit(t, id, big, sizeof big, false, true, &err) == TD_OK; id++) {
        }
        assert_int_equal(td_wait(t, 1, td_deadline(5000), NULL, 0, &m, &err), TD_FAIL);
        assert_int_equal(err.state, TD_ST_08S01);
        td_transport_close(t);
    }
    assert_int_equal(atomic_load(&pipes), 0);
    sigaction(SIGPIPE, &old, NULL);
    peer_stop(&s);
    SSL_CTX_free(f.ctx);
}

/* exit with a live TLS connection: our handler comes before OpenSSL's cleanup. */
static void test_exit(void **state)
{
    struct peer s = {0};
    struct tls_front f = tls_front_new(&good, NULL, plain.port);
    int64_t t0 = td_now_ms();
    int status;
    pid_t pid;
    (void)state;
    s.ctx = &f;
    peer_start(&s, tls_play, true);
    pid = fork();
    if (pid == 0) {
        struct td_net_cfg cfg = cfg_of(s.port);
        struct td_err err;
        bool retry;
        struct td_transport *t = td_ws_open(&cfg, td_deadline(5000), &retry, &err);
        if (!t) _exit(1);
        echo_ok(t, 1000);
        exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_in_range(td_now_ms() - t0, 0, 3000);
    peer_stop(&s);
    SSL_CTX_free(f.ctx);
}

struct worker {
    struct td_transport *t;
    uint64_t base;
    int bad;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (uint64_t i = 0; i < 100; i++) {
        uint8_t q[600] = {0};
        struct td_msg m = {0};
        struct td_err err = {0};
        td_st64(q, w->base + i);
        if (td_submit(w->t, w->base + i, q, 8 + i * 5, false, true, &err) ||
            td_wait(w->t, w->base + i, td_deadline(20000), NULL, 0, &m, &err) || m.n != 8 + i * 5)
            w->bad++;
        td_msg_free(&m);
    }
    return NULL;
}

/* Several threads on one connection, with TLS and compression. */
static void test_threads(void **state)
{
    struct peer s = {0};
    struct tls_front f = tls_front_new(&good, NULL, plain.port);
    struct td_err err = {0};
    struct td_net_cfg cfg;
    struct td_transport *t;
    struct worker w[4];
    pthread_t th[4];
    bool retry;
    (void)state;
    s.ctx = &f;
    peer_start(&s, tls_play, true);
    cfg = cfg_of(s.port);
    cfg.compression = true;
    t = td_ws_open(&cfg, td_deadline(10000), &retry, &err);
    if (!t) fail_msg("%s", err.msg);
    for (int i = 0; i < 4; i++) {
        w[i] = (struct worker){t, (uint64_t)(i + 1) << 32, 0};
        pthread_create(&th[i], NULL, work, &w[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(th[i], NULL);
        assert_int_equal(w[i].bad, 0);
    }
    td_transport_close(t);
    peer_stop(&s);
    SSL_CTX_free(f.ctx);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates), cmocka_unit_test(test_client_certificate),
        cmocka_unit_test(test_mismatch),     cmocka_unit_test(test_plain_port),
        cmocka_unit_test(test_versions),     cmocka_unit_test(test_reuse),
        cmocka_unit_test(test_exit),         cmocka_unit_test(test_sigpipe),
        cmocka_unit_test(test_threads),
    };
    signal(SIGPIPE, SIG_IGN); /* the fronts of this test write to dead clients */
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, setup, teardown);
}

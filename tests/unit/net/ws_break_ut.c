/* The WebSocket transport: every way to fail at opening and to break later, proxies, name look-ups that hang. */
#include "ws_help.h"

/* The driver's look-ups run through this one: two names behave in a way no test network offers. */
static atomic_int hang_ms;
__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **res)
{
    struct sockaddr_in *a;
    (void)service;
    if (node && strcmp(node, "hang.test") == 0) peer_sleep(atomic_load(&hang_ms));
    if (node && strcmp(node, "127.0.0.1") != 0 && strcmp(node, "localhost") != 0) return EAI_NONAME;
    *res = calloc(1, sizeof **res + sizeof *a);
    a = (struct sockaddr_in *)(*res + 1);
    a->sin_family = AF_INET;
    a->sin_port = htons((uint16_t)(service ? atoi(service) : 0));
    a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    **res = (struct addrinfo){.ai_family = AF_INET,
                              .ai_socktype = hints ? hints->ai_socktype : SOCK_STREAM,
                              .ai_addrlen = sizeof *a,
                              .ai_addr = (struct sockaddr *)a};
    return 0;
}
__attribute__((visibility("default"))) void freeaddrinfo(struct addrinfo *res)
{
    free(res);
}

/* --- every way to break ---------------------------------------------------------------------------------------- */

/* Both requests are read, so that a close is a close and not a reset. */
static void play_close(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    for (int i = 0; i < 2; i++)
        if (peer_message(c->fd, &p, &n)) free(p);
}

static void play_reset(struct peer_conn *c)
{
    play_close(c);
    peer_reset(c->fd);
}

static void play_mid_frame(struct peer_conn *c)
{
    play_close(c);
    peer_send(c->fd, "\x82\x7f\0\0\0\0\0\x10\0\0half of it", 20);
}

static void play_close_frame(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    play_close(c);
    peer_frame(c->fd, 0x88, "\x03\xf3out of memory", 15);
    if (peer_read(c->fd, &p, &n) == 0x88) free(p); /* the client answers the close */
}

static void play_empty_close(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    play_close(c);
    peer_frame(c->fd, 0x88, "", 0);
    if (peer_read(c->fd, &p, &n) == 0x88) free(p);
}

static void play_garbage(struct peer_conn *c)
{
    play_close(c);
    peer_send(c->fd, "HTTP/1.1 500 what\r\n\r\n", 21);
    play_mute(c);
}

static void play_huge(struct peer_conn *c)
{
    play_close(c);
    peer_send(c->fd, "\x82\x7f\0\0\0\0\x40\0\0\0x", 11);
    play_mute(c);
}

static void test_breaks(void **state)
{
    static const struct {
        peer_play play;
        const char *text;
    } cases[] = {
        {play_close, "closed by server"},
        {play_reset, "reset by server"},
        {play_mid_frame, "closed by server"},
        {play_close_frame, "closed by server (code 1011: out of memory)"},
        {play_empty_close, "closed by server"},
        {play_garbage, "broke the WebSocket protocol"},
        {play_huge, "a message of 1073741824 bytes exceeds MaxMessageSize (67108864 bytes)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer s = {0};
        struct td_err err = {0};
        struct td_msg m;
        struct td_net_cfg cfg;
        struct td_transport *t;
        uint8_t q[8] = {0};
        peer_start(&s, cases[i].play, false);
        cfg = cfg_of(&s);
        t = open_ok(&cfg);
        /* Two waiters' tickets: both end. */
        assert_int_equal(td_submit(t, 1, q, 8, false, true, &err), TD_OK);
        assert_int_equal(td_submit(t, 2, q, 8, false, true, &err), TD_OK);
        assert_int_equal(td_wait(t, 1, td_deadline(5000), NULL, 0, &m, &err), TD_FAIL);
        assert_err(&err, TD_ST_08S01, cases[i].text);
        assert_non_null(strstr(err.msg, td_endpoint(t)));
        assert_int_equal(td_wait(t, 2, td_deadline(5000), NULL, 0, &m, &err), TD_FAIL);
        assert_false(td_alive(t));
        assert_int_equal(td_submit(t, 3, q, 8, false, true, &err), TD_FAIL);
        assert_int_equal(err.state, TD_ST_08S01);
        td_transport_close(t);
        peer_stop(&s);
    }
}

/* --- the handshake --------------------------------------------------------------------------------------------- */

static void play_text(struct peer_conn *c)
{
    if (!peer_read_head(c)) return;
    peer_send(c->fd, c->peer->ctx, strlen(c->peer->ctx));
    shutdown(c->fd, SHUT_WR);
    peer_sleep(50);
}

static void play_nothing(struct peer_conn *c)
{
    char b;
    while (recv(c->fd, &b, 1, 0) > 0) {
    }
}

static void play_hang_up(struct peer_conn *c)
{
    (void)c;
}

static void play_frame_with_head(struct peer_conn *c)
{
    char answer[600];
    int n;
    if (!peer_read_head(c)) return;
    n = peer_answer(c, "", answer, sizeof answer - 20);
    if (n < 0) return;
    memcpy(answer + n, "\x89\x02hi\x82\x03\1\2", 8); /* a ping and the head of a message */
    peer_send(c->fd, answer, (size_t)n + 8);
    peer_sleep(30);
    peer_send(c->fd, "\3", 1);
    play_echo(c);
}

static void test_handshake_refused(void **state)
{
    static const struct {
        const char *answer;
        enum td_sqlstate st;
        bool retry;
        const char *text;
    } cases[] = {
        {"HTTP/1.1 401 Unauthorized\r\n\r\n", TD_ST_28000, false, "401"},
        {"HTTP/1.1 403 Forbidden\r\n\r\n", TD_ST_28000, false, "403"},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", TD_ST_08001, false, "taosAdapter"},
        {"HTTP/1.1 400 Bad Request\r\n\r\nClient sent", TD_ST_08001, false, "wss://"},
        {"HTTP/1.1 307 Temporary\r\nLocation: https://x\r\n\r\n", TD_ST_08001, false, "wss://"},
        {"HTTP/1.1 503 Unavailable\r\n\r\n", TD_ST_08001, true, "not ready"},
        {"HTTP/1.1 200 OK\r\n\r\n", TD_ST_08001, false, "instead of a WebSocket"},
        {"\x15\x03\x01\0\x02\x02\x16", TD_ST_08001, false, "wss://"},
        {"HTTP/2 101\r\n\r\n", TD_ST_08001, false, "HTTP/1.1"},
        {"HTTP/1.1 101 x\r\n\r\n", TD_ST_08001, false, "not for WebSocket"},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
         TD_ST_08001, false, "Sec-WebSocket-Accept"},
        {"", TD_ST_08001, true, "closed the connection during the WebSocket handshake"},
        {"HTTP/1.1 10", TD_ST_08001, true, "closed the connection during the WebSocket handshake"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer s = {0};
        struct td_err err = {0};
        struct td_net_cfg cfg;
        bool retry = !cases[i].retry;
        s.ctx = (void *)(uintptr_t)cases[i].answer;
        peer_start(&s, play_text, true);
        cfg = cfg_of(&s);
        assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
        assert_err(&err, cases[i].st, cases[i].text);
        assert_int_equal(retry, cases[i].retry);
        peer_stop(&s);
    }
}

static void test_open_failures(void **state)
{
    struct peer mute = {0}, hang = {0}, odd = {0};
    struct td_err err = {0};
    struct td_net_cfg cfg;
    struct td_transport *t;
    bool retry = false;
    int64_t t0;
    (void)state;
    peer_start(&mute, play_nothing, true);
    cfg = cfg_of(&mute);
    t0 = td_now_ms();
    assert_null(td_ws_open(&cfg, td_deadline(200), &retry, &err));
    assert_err(&err, TD_ST_HYT00, "did not answer");
    assert_in_range(td_now_ms() - t0, 190, 1000);
    assert_true(retry);
    peer_stop(&mute);
    /* Its port is free now: refused. */
    retry = false;
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_err(&err, TD_ST_08001, "onnection refused");
    assert_true(retry);
    cfg.host = "nowhere.test";
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_err(&err, TD_ST_08001, "unknown host nowhere.test");
    assert_false(retry);
    cfg.host = "::1"; /* nobody listens there, and perhaps there is no IPv6 */
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_err(&err, TD_ST_08001, "cannot connect to [::1]:");
    cfg.host = "fe80::1%lo";
    assert_null(td_ws_open(&cfg, td_deadline(1000), &retry, &err));
    if (!strstr(err.msg, "[fe80::1%lo]:")) fail_msg("%s", err.msg);
    cfg.host = "a b/c@d";
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_err(&err, TD_ST_08001, "not a host name");
    /* A look-up that hangs is left behind at the deadline. */
    atomic_store(&hang_ms, 2500);
    cfg.host = "hang.test";
    t0 = td_now_ms();
    assert_null(td_ws_open(&cfg, td_deadline(300), &retry, &err));
    assert_err(&err, TD_ST_HYT00, "hang.test");
    assert_in_range(td_now_ms() - t0, 290, 1500);
    assert_true(retry);
    peer_start(&hang, play_hang_up, true);
    cfg = cfg_of(&hang);
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_int_equal(err.state, TD_ST_08001);
    assert_true(retry);
    peer_stop(&hang);
    peer_start(&odd, play_frame_with_head, true);
    cfg = cfg_of(&odd);
    cfg.host = "localhost";
    t = open_ok(&cfg);
    ask_ok(t, 8);
    td_transport_close(t);
    peer_stop(&odd);
    peer_sleep(2300); /* the look-up's thread ends before the leak check */
}

/* A proxy: takes CONNECT with the right login, then passes bytes. */
static void play_proxy(struct peer_conn *c)
{
    struct peer *behind = c->peer->ctx;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(behind->port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char b[4096], want[64];
    int fd;
    if (!peer_read_head(c)) return;
    snprintf(want, sizeof want, "CONNECT db.test:%u HTTP/1.1\r\n", behind->port);
    if (strncmp(c->request, want, strlen(want)) != 0 ||
        !strstr(c->request, "Proxy-Authorization: Basic dTpw\r\n")) {
        peer_send(c->fd,
                  "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", 66);
        return;
    }
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0) {
        peer_send(c->fd, "HTTP/1.1 200 Connected\r\n\r\n", 26);
        for (;;) {
            struct pollfd p[2] = {{c->fd, POLLIN, 0}, {fd, POLLIN, 0}};
            int from, to;
            ssize_t n;
            poll(p, 2, -1);
            from = p[0].revents ? c->fd : fd;
            to = from == fd ? c->fd : fd;
            n = recv(from, b, sizeof b, 0);
            if (n <= 0 || !peer_send(to, b, (size_t)n)) break;
        }
    }
    close(fd);
}

static void test_proxy(void **state)
{
    struct peer s = {0}, proxy = {0};
    struct td_err err = {0};
    struct td_net_cfg cfg;
    struct td_transport *t;
    char url[64];
    bool retry = true;
    (void)state;
    peer_start(&s, play_echo, false);
    proxy.ctx = &s;
    peer_start(&proxy, play_proxy, true);
    cfg = cfg_of(&s);
    cfg.host = "db.test"; /* only the proxy can find it */
    snprintf(url, sizeof url, "http://u:p@127.0.0.1:%u", proxy.port);
    cfg.proxy = url;
    t = open_ok(&cfg);
    ask_ok(t, 1);
    td_transport_close(t);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", proxy.port);
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_err(&err, TD_ST_28000, "the proxy answered HTTP 407");
    assert_false(retry);
    cfg.proxy = "http://nowhere.test:1";
    retry = true;
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_err(&err, TD_ST_08001, "name of the proxy");
    assert_false(retry);
    /* The environment's proxy counts, but not for this machine. */
    cfg.proxy = NULL;
    setenv("http_proxy", url, 1);
    assert_null(td_ws_open(&cfg, td_deadline(5000), &retry, &err));
    assert_err(&err, TD_ST_28000, "407");
    cfg.host = "127.0.0.1";
    t = open_ok(&cfg);
    ask_ok(t, 1);
    td_transport_close(t);
    unsetenv("http_proxy");
    peer_stop(&proxy);
    peer_stop(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaks),
        cmocka_unit_test(test_handshake_refused),
        cmocka_unit_test(test_open_failures),
        cmocka_unit_test(test_proxy),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

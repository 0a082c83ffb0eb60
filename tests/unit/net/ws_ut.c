/* The WebSocket transport against a server of plain sockets: order of replies, life signs, deadlines, cancelling, load, fork, exit.
   ws_break_ut.c has the ways to break. */
#include "ws_help.h"

/* --- what servers do ------------------------------------------------------------------------------------------- */

/* Three requests, answered backwards. */
static void play_reverse(struct peer_conn *c)
{
    uint8_t *p[3];
    size_t n[3];
    while (peer_message(c->fd, &p[0], &n[0]) && peer_message(c->fd, &p[1], &n[1]) &&
           peer_message(c->fd, &p[2], &n[2]))
        for (int i = 2; i >= 0; i--) {
            peer_frame(c->fd, 0x82, p[i], n[i]);
            free(p[i]);
        }
}

static void test_echo(void **state)
{
    struct peer s = {0};
    struct td_msg m = {0};
    struct td_err err = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    char want[32];
    (void)state;
    peer_start(&s, play_echo, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    for (uint64_t i = 1; i <= 50; i++)
        ask_ok(t, i);
    assert_int_equal(td_submit(t, 77, "77 hello", 8, true, true, &err), TD_OK);
    assert_int_equal(td_wait(t, 77, TD_NEVER, NULL, 0, &m, &err), TD_OK);
    assert_true(m.text);
    assert_string_equal((char *)m.p, "77 hello");
    td_msg_free(&m);
    snprintf(want, sizeof want, "127.0.0.1:%u", s.port);
    assert_string_equal(td_endpoint(t), want);
    assert_true(td_alive(t));
    assert_true(td_caps_of(t) & TD_CAP_BLOCKS);
    td_transport_close(t);
    peer_stop(&s);
}

static void test_out_of_order(void **state)
{
    struct peer s = {0};
    struct td_err err = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    (void)state;
    peer_start(&s, play_reverse, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    for (uint64_t id = 10; id < 13; id++) {
        uint8_t q[8];
        td_st64(q, id);
        assert_int_equal(td_submit(t, id, q, 8, false, true, &err), TD_OK);
    }
    for (uint64_t id = 10; id < 13; id++) {
        struct td_msg m = {0};
        assert_int_equal(td_wait(t, id, td_deadline(5000), NULL, 0, &m, &err), TD_OK);
        assert_int_equal(td_ld64(m.p), id);
        if (id == 10) assert_true(td_ready(t, 11) && td_ready(t, 12)); /* they came before */
        td_msg_free(&m);
    }
    td_transport_close(t);
    peer_stop(&s);
}

static void play_fragments(struct peer_conn *c)
{
    uint8_t *p, *big;
    size_t n;
    while (peer_message(c->fd, &p, &n)) {
        /* 3 MB in uneven fragments with a ping between, then the same as text. */
        size_t len = 3u << 20, cut[] = {5, 70000, 130, 1u << 20, 0};
        big = malloc(len);
        for (size_t i = 0; i < len; i++)
            big[i] = (uint8_t)(i * 2654435761u >> 13);
        memcpy(big, p, 8);
        size_t off = 0;
        for (int i = 0; i < 5; i++) {
            peer_frame(c->fd, i ? 0 : 2, big + off, cut[i]);
            off += cut[i];
            peer_frame(c->fd, 0x89, "p", 1);
        }
        peer_frame(c->fd, 0x80, big + off, len - off);
        free(big);
        free(p);
    }
}

static void test_large(void **state)
{
    struct peer s = {0}, f = {0};
    struct td_err err = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct td_msg m = {0};
    static const size_t sizes[] = {8,     125,   126,    127,        65535,         65536,
                                   16376, 16384, 100000, 262144 * 3, (8u << 20) + 5};
    (void)state;
    peer_start(&s, play_echo, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *p = malloc(sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            p[k] = (uint8_t)(k * 40503u >> 7);
        td_st64(p, 100 + i);
        assert_int_equal(td_submit(t, 100 + i, p, sizes[i], false, true, &err), TD_OK);
        assert_int_equal(td_wait(t, 100 + i, td_deadline(10000), NULL, 0, &m, &err), TD_OK);
        assert_int_equal(m.n, sizes[i]);
        assert_memory_equal(m.p, p, m.n);
        td_msg_free(&m);
        free(p);
    }
    td_transport_close(t);
    peer_stop(&s);
    peer_start(&f, play_fragments, false);
    cfg = cfg_of(&f);
    t = open_ok(&cfg);
    if (ask(t, 5, 10000, &m, &err)) fail_msg("%s", err.msg);
    assert_int_equal(m.n, 3u << 20);
    for (size_t i = 8; i < m.n; i++)
        if (m.p[i] != (uint8_t)(i * 2654435761u >> 13)) fail_msg("byte %zu differs", i);
    td_msg_free(&m);
    td_transport_close(t);
    peer_stop(&f);
}

/* --- life signs ------------------------------------------------------------------------------------------------ */

static atomic_int pongs;

/* Pings an idle client three times and counts the pongs with the same payload; then echoes. */
static void play_ping(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    for (int i = 0; i < 3; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "life %d", i);
        peer_frame(c->fd, 0x89, text, (size_t)len);
        if (peer_read(c->fd, &p, &n) != 0x8a) return;
        if (n == (size_t)len && memcmp(p, text, n) == 0) atomic_fetch_add(&pongs, 1);
        free(p);
        peer_sleep(20);
    }
    play_echo(c);
}

static void test_idle_pings(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    (void)state;
    atomic_store(&pongs, 0);
    peer_start(&s, play_ping, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    for (int i = 0; i < 200 && atomic_load(&pongs) < 3; i++)
        peer_sleep(10);
    assert_int_equal(atomic_load(&pongs), 3);
    ask_ok(t, 1);
    td_transport_close(t);
    peer_stop(&s);
}

static void test_silence(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct td_msg m;
    struct td_err err = {0};
    int64_t t0;
    (void)state;
    peer_start(&s, play_mute, false);
    cfg = cfg_of(&s);
    cfg.read_timeout_ms = 1000;
    t = open_ok(&cfg);
    peer_sleep(100);
    t0 = td_now_ms();
    assert_int_equal(ask(t, 1, 10000, &m, &err), TD_FAIL);
    assert_in_range(td_now_ms() - t0, 990, 3000);
    assert_err(&err, TD_ST_08S01, "no answer for 1 s");
    assert_non_null(strstr(err.msg, td_endpoint(t)));
    assert_false(td_alive(t));
    assert_int_equal(ask(t, 2, 10000, &m, &err), TD_FAIL); /* stays lost, at once */
    assert_err(&err, TD_ST_08S01, "no answer for 1 s");
    td_transport_close(t);
    peer_stop(&s);
}

/* A long query on a living server: pings only, and the answer after twice the read timeout. */
static void play_slow(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    if (!peer_message(c->fd, &p, &n)) return;
    for (int i = 0; i < 8; i++) {
        peer_sleep(250);
        peer_frame(c->fd, 0x89, "", 0);
    }
    peer_frame(c->fd, 0x82, p, n);
    free(p);
    play_mute(c);
}

static void test_long_query(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    (void)state;
    peer_start(&s, play_slow, false);
    cfg = cfg_of(&s);
    cfg.read_timeout_ms = 1000;
    t = open_ok(&cfg);
    ask_ok(t, 9);
    td_transport_close(t);
    peer_stop(&s);
}

static atomic_int pings;

static void play_count_pings(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    int first;
    while ((first = peer_read(c->fd, &p, &n)) >= 0) {
        if ((first & 15) == 9) atomic_fetch_add(&pings, 1);
        free(p);
    }
}

static void test_keep_alive(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct td_msg m;
    struct td_err err = {0};
    (void)state;
    atomic_store(&pings, 0);
    peer_start(&s, play_count_pings, false);
    cfg = cfg_of(&s);
    cfg.keep_alive_ms = 1000;
    t = open_ok(&cfg);
    peer_sleep(1500);
    assert_int_equal(atomic_load(&pings), 1);
    assert_true(td_alive(t));
    peer_sleep(2500); /* our own pings were written, so "bytes moved"; the answer is what counts */
    assert_false(td_alive(t));
    assert_int_equal(ask(t, 1, 1000, &m, &err), TD_FAIL);
    assert_err(&err, TD_ST_08S01, "no sign of life");
    td_transport_close(t);
    peer_stop(&s);
}

/* --- deadlines and cancelling ---------------------------------------------------------------------------------- */

/* Answers each message 300 ms late. */
static void play_late(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    while (peer_message(c->fd, &p, &n)) {
        peer_sleep(300);
        peer_frame(c->fd, 0x82, p, n);
        free(p);
    }
}

static _Atomic uint64_t late_id;
static atomic_int late_calls;

static void on_late(void *ctx, struct td_msg *m)
{
    struct td_transport *t = ctx;
    struct td_err err;
    uint8_t q[8];
    atomic_store(&late_id, td_ld64(m->p));
    atomic_fetch_add(&late_calls, 1);
    td_st64(q, 999);
    td_submit(t, 999, q, 8, false, false, &err); /* as free_result: must not deadlock */
}

static void test_timeout_and_late(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct td_msg m;
    struct td_err err = {0};
    int64_t t0 = td_now_ms();
    (void)state;
    atomic_store(&late_calls, 0);
    peer_start(&s, play_late, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    t0 = td_now_ms();
    assert_int_equal(ask(t, 1, 100, &m, &err), TD_FAIL);
    assert_err(&err, TD_ST_HYT00, "within the time limit");
    assert_in_range(td_now_ms() - t0, 95, 250);
    td_abandon(t, 1, on_late, t);
    /* A second one whose reply is here before it is abandoned: the callback runs at once. */
    assert_int_equal(ask(t, 2, 1, &m, &err), TD_FAIL);
    for (int i = 0; i < 300 && !td_ready(t, 2); i++)
        peer_sleep(10);
    assert_int_equal(atomic_load(&late_id), 1);
    td_abandon(t, 2, on_late, t);
    assert_int_equal(atomic_load(&late_id), 2);
    assert_int_equal(atomic_load(&late_calls), 2);
    /* Dropped without a callback; the connection goes on. */
    assert_int_equal(ask(t, 3, 1, &m, &err), TD_FAIL);
    td_abandon(t, 3, NULL, NULL);
    ask_ok(t, 4);
    assert_int_equal(atomic_load(&late_calls), 2);
    td_transport_close(t);
    peer_stop(&s);
}

struct canceller {
    struct td_transport *t;
    struct td_cancel *c;
    _Atomic int64_t at;
};

static void *cancel_thread(void *arg)
{
    struct canceller *k = arg;
    peer_sleep(100);
    atomic_store(&k->at, td_now_ms());
    __atomic_fetch_add(&k->c->generation, 1, __ATOMIC_RELEASE);
    td_cancel_wake(k->t, k->c);
    return NULL;
}

static void test_cancel(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct td_msg m;
    struct td_err err = {0};
    struct td_cancel c = {0};
    struct canceller k = {.c = &c};
    pthread_t th;
    uint8_t q[8];
    (void)state;
    peer_start(&s, play_late, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    k.t = t;
    td_st64(q, 1);
    assert_int_equal(td_submit(t, 1, q, 8, false, true, &err), TD_OK);
    pthread_create(&th, NULL, cancel_thread, &k);
    assert_int_equal(td_wait(t, 1, TD_NEVER, &c, 0, &m, &err), TD_FAIL);
    assert_in_range(td_now_ms() - atomic_load(&k.at), 0, 50);
    assert_err(&err, TD_ST_HY008, "cancelled");
    pthread_join(th, NULL);
    td_abandon(t, 1, NULL, NULL);
    /* A bump before the wait counts as well; one that was seen does not. */
    assert_int_equal(td_submit(t, 2, q, 8, false, true, &err), TD_OK);
    assert_int_equal(td_wait(t, 2, TD_NEVER, &c, 0, &m, &err), TD_FAIL);
    assert_err(&err, TD_ST_HY008, "");
    td_abandon(t, 2, NULL, NULL);
    td_st64(q, 3);
    assert_int_equal(td_submit(t, 3, q, 8, false, true, &err), TD_OK);
    assert_int_equal(td_wait(t, 3, TD_NEVER, &c, 1, &m, &err), TD_OK);
    td_msg_free(&m);
    td_transport_close(t);
    peer_stop(&s);
}

/* Answers at once or up to 3 ms late, in bursts. */
static void play_jitter(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    unsigned seed = 7;
    while (peer_message(c->fd, &p, &n)) {
        unsigned us = (unsigned)rand_r(&seed) % 3000;
        if (us > 1000) nanosleep(&(struct timespec){0, (long)us * 1000}, NULL);
        peer_frame(c->fd, 0x82, p, n);
        free(p);
    }
}

struct storm {
    struct td_transport *t;
    struct td_cancel c;
    uint64_t base;
    atomic_bool stop;
    int answered, cancelled, bad;
};

static atomic_int storm_late;

static void on_storm_late(void *ctx, struct td_msg *m)
{
    (void)ctx;
    if (m->n >= 8) atomic_fetch_add(&storm_late, 1);
}

static void *storm_waiter(void *arg)
{
    struct storm *s = arg;
    for (uint64_t i = 0; i < 300; i++) {
        uint32_t seen = __atomic_load_n(&s->c.generation, __ATOMIC_ACQUIRE);
        struct td_msg m = {0};
        struct td_err err = {0};
        uint8_t q[8];
        td_st64(q, s->base + i);
        if (td_submit(s->t, s->base + i, q, 8, false, true, &err)) {
            s->bad++;
        } else if (td_wait(s->t, s->base + i, td_deadline(20000), &s->c, seen, &m, &err) == TD_OK) {
            if (m.n != 8 || td_ld64(m.p) != s->base + i) s->bad++;
            td_msg_free(&m);
            s->answered++;
        } else if (err.state == TD_ST_HY008) {
            td_abandon(s->t, s->base + i, on_storm_late, NULL);
            s->cancelled++;
        } else {
            s->bad++;
        }
    }
    atomic_store(&s->stop, true);
    return NULL;
}

static void *storm_canceller(void *arg)
{
    struct storm *s = arg;
    unsigned seed = (unsigned)s->base;
    while (!atomic_load(&s->stop)) {
        nanosleep(&(struct timespec){0, (long)(rand_r(&seed) % 4000) * 1000}, NULL);
        __atomic_fetch_add(&s->c.generation, 1, __ATOMIC_RELEASE);
        td_cancel_wake(s->t, &s->c);
    }
    return NULL;
}

/* Cancels at random moments, against waiters that drive and waiters that sleep: every request ends as answered or as
   cancelled, and each cancelled one's reply reaches its late function. */
static void test_cancel_storm(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct storm w[3] = {{0}};
    pthread_t th[6];
    int cancelled = 0;
    (void)state;
    atomic_store(&storm_late, 0);
    peer_start(&s, play_jitter, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    for (int i = 0; i < 3; i++) {
        w[i].t = t;
        w[i].base = (uint64_t)(i + 1) << 32;
        pthread_create(&th[2 * i], NULL, storm_waiter, &w[i]);
        pthread_create(&th[2 * i + 1], NULL, storm_canceller, &w[i]);
    }
    for (int i = 0; i < 6; i++)
        pthread_join(th[i], NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(w[i].bad, 0);
        assert_int_equal(w[i].answered + w[i].cancelled, 300);
        cancelled += w[i].cancelled;
    }
    assert_true(cancelled > 50);
    for (int i = 0; i < 500 && atomic_load(&storm_late) < cancelled; i++)
        peer_sleep(10);
    assert_int_equal(atomic_load(&storm_late), cancelled);
    ask_ok(t, 1);
    td_transport_close(t);
    peer_stop(&s);
}

/* --- load, fork, exit ------------------------------------------------------------------------------------------ */

static atomic_int submitted;

static void play_slow_reader(struct peer_conn *c)
{
    for (int i = 0; i < 2000 && !atomic_load(&submitted); i++)
        peer_sleep(10);
    play_echo(c);
}

/* A large message to a server that does not read yet: submit returns, the service thread goes on later. */
static void test_slow_reader(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct td_msg m = {0};
    struct td_err err = {0};
    size_t n = 24u << 20;
    uint8_t *p = calloc(1, n);
    (void)state;
    atomic_store(&submitted, 0);
    peer_start(&s, play_slow_reader, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    td_st64(p, 5);
    p[n - 1] = 0xee;
    assert_int_equal(td_submit(t, 5, p, n, false, true, &err), TD_OK);
    atomic_store(&submitted, 1);
    assert_int_equal(td_wait(t, 5, td_deadline(20000), NULL, 0, &m, &err), TD_OK);
    assert_int_equal(m.n, n);
    assert_memory_equal(m.p, p, n);
    td_msg_free(&m);
    free(p);
    td_transport_close(t);
    peer_stop(&s);
}

struct worker {
    struct td_transport *t;
    uint64_t base;
    int bad;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (uint64_t i = 0; i < 300; i++) {
        struct td_msg m = {0};
        struct td_err err = {0};
        uint64_t id = w->base + i;
        if (ask(w->t, id, 20000, &m, &err) || m.n < 8 || td_ld64(m.p) != id) w->bad++;
        td_msg_free(&m);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct worker w[8];
    pthread_t th[8];
    (void)state;
    peer_start(&s, play_echo, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    for (int i = 0; i < 8; i++) {
        w[i] = (struct worker){t, (uint64_t)(i + 1) << 32, 0};
        pthread_create(&th[i], NULL, work, &w[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(th[i], NULL);
        assert_int_equal(w[i].bad, 0);
    }
    td_transport_close(t);
    peer_stop(&s);
}

static void test_fork(void **state)
{
    struct peer s = {0};
    struct td_transport *t;
    struct td_net_cfg cfg;
    struct td_err err = {0};
    struct td_msg m;
    int status;
    pid_t pid;
    (void)state;
    peer_start(&s, play_echo, false);
    cfg = cfg_of(&s);
    t = open_ok(&cfg);
    ask_ok(t, 1);
    pid = fork();
    if (pid == 0) {
        bool ok = !td_alive(t) && td_submit(t, 2, "12345678", 8, false, true, &err) == TD_FAIL &&
                  err.state == TD_ST_08S01 && strstr(err.msg, "before fork") &&
                  td_wait(t, 1, TD_NEVER, NULL, 0, &m, &err) == TD_FAIL;
        td_abandon(t, 1, NULL, NULL);
        td_transport_close(t);
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (uint64_t i = 3; i < 10; i++)
        ask_ok(t, i); /* the parent is unharmed */
    td_transport_close(t);
    peer_stop(&s);
}

static void *wait_for_ever(void *arg)
{
    struct td_transport *t = arg;
    struct td_msg m;
    struct td_err err = {0};
    uint8_t ping[8] = {0};
    if (td_submit(t, 0xdead, ping, 8, false, true, &err) == TD_OK)
        td_wait(t, 0xdead, TD_NEVER, NULL, 0, &m, &err);
    return NULL;
}

/* A process that opens a connection and exits without closing it must end, and at once. */
static void exit_once(bool waiting)
{
    struct peer s = {0};
    int64_t t0 = td_now_ms();
    int status;
    pid_t pid;
    peer_start(&s, play_echo, false);
    pid = fork();
    if (pid == 0) {
        struct td_net_cfg cfg = cfg_of(&s);
        struct td_err err;
        bool retry;
        struct td_transport *t = td_ws_open(&cfg, td_deadline(5000), &retry, &err);
        struct td_msg m;
        pthread_t th;
        if (!t || ask(t, 1, 5000, &m, &err)) _exit(1);
        td_msg_free(&m);
        /* Another thread waits for ever when the main thread leaves. */
        if (waiting && pthread_create(&th, NULL, wait_for_ever, t) == 0) peer_sleep(100);
        exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_in_range(td_now_ms() - t0, 0, 2000);
    peer_stop(&s);
}

static void test_exit(void **state)
{
    (void)state;
    exit_once(false);
    exit_once(true);
}

static int fd_count(void)
{
    int n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_cycles(void **state)
{
    struct peer s = {0};
    struct td_net_cfg cfg;
    sigset_t before, after;
    int fds = 0;
    (void)state;
    peer_start(&s, play_echo, false);
    cfg = cfg_of(&s);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    for (int i = 0; i < 100; i++) {
        struct td_transport *t = open_ok(&cfg);
        ask_ok(t, 1);
        td_transport_close(t);
        if (i == 0) {
            peer_sleep(50);
            fds = fd_count();
        }
    }
    peer_sleep(50);
    assert_int_equal(fd_count(), fds);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_memory_equal(&before, &after, sizeof before / 16);
    peer_stop(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),        cmocka_unit_test(test_out_of_order),
        cmocka_unit_test(test_large),       cmocka_unit_test(test_idle_pings),
        cmocka_unit_test(test_silence),     cmocka_unit_test(test_long_query),
        cmocka_unit_test(test_keep_alive),  cmocka_unit_test(test_timeout_and_late),
        cmocka_unit_test(test_cancel),      cmocka_unit_test(test_cancel_storm),
        cmocka_unit_test(test_slow_reader), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_fork),        cmocka_unit_test(test_exit),
        cmocka_unit_test(test_cycles),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

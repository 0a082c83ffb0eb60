/* The REST transport against a small HTTP server of plain sockets: bodies in pieces, bounded memory, every way to break. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <zlib.h>

#include "base/clock.h"
#include "net/rest.h"
#include "ws_peer.h"

/* The request's head is in c->request; the body is read here. */
static char *read_body(struct peer_conn *c)
{
    const char *len = strstr(c->request, "Content-Length: ");
    size_t n = len ? strtoul(len + 16, NULL, 10) : 0;
    char *p = calloc(1, n + 1);
    if (!peer_recv(c->fd, p, n)) p[0] = 0;
    return p;
}

static void answer(struct peer_conn *c, const char *status, const char *extra, const void *p,
                   size_t n)
{
    char head[512];
    int k = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, n,
                     extra);
    peer_send(c->fd, head, (size_t)k);
    peer_send(c->fd, p, n);
}

static char seen_head[4096];
static atomic_int seen;

/* Keeps the connection; plays by the body: echo, or a word. */
static void play(struct peer_conn *c)
{
    while (peer_read_head(c)) {
        char *q = read_body(c);
        atomic_fetch_add(&seen, 1);
        if (strcmp(q, "late") == 0) peer_sleep(600);
        if (strcmp(q, "drop") == 0 || strcmp(q, "reset") == 0) {
            if (*q == 'r') peer_reset(c->fd);
            free(q);
            return;
        }
        if (strcmp(q, "half") == 0) {
            peer_send(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":0", 50);
            free(q);
            return;
        }
        if (strcmp(q, "chunk") == 0) {
            peer_send(c->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", 52);
            free(q);
            return;
        }
        if (strcmp(q, "head") == 0) {
            strcpy(seen_head, c->request);
            answer(c, "200 OK", "", "", 0);
        } else if (strcmp(q, "503") == 0) {
            answer(c, "503 Service Unavailable", "", "\"memory exceeds threshold\"", 26);
        } else if (strcmp(q, "gzip") == 0) {
            unsigned char plain[100000], z[2000];
            z_stream s = {0};
            memset(plain, 'x', sizeof plain);
            deflateInit2(&s, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
            s.next_in = plain, s.avail_in = sizeof plain, s.next_out = z, s.avail_out = sizeof z;
            deflate(&s, Z_FINISH);
            answer(c, "200 OK", "Content-Encoding: gzip\r\n", z, s.total_out);
            deflateEnd(&s);
        } else {
            answer(c, "200 OK", "", q, strlen(q));
        }
        free(q);
        c->request[0] = 0;
    }
}

static const struct td_rest_wait for_ever = {TD_NEVER, NULL, 0};

static struct td_rest *open_rest(const struct peer *s, const struct td_rest_auth *a, bool gzip)
{
    struct td_net_cfg cfg = {
        .host = "127.0.0.1", .port = s->port, .read_timeout_ms = 1000, .compression = gzip};
    struct td_err err = {0};
    struct td_rest *r = td_rest_open(&cfg, a, 5000, &err);
    if (!r) fail_msg("%s", err.msg);
    return r;
}

static struct td_rest_call *post(struct td_rest *r, const char *q, const struct td_rest_wait *w,
                                 struct td_err *err)
{
    bool retry;
    return td_rest_post(r, "/rest/sql/my%20db?req_id=1&tz=UTC", q, strlen(q), w, &retry, err);
}

/* The whole body, or NULL. */
static char *body_of(struct td_rest_call *c, struct td_err *err)
{
    char *all = calloc(1, 1 << 20);
    size_t total = 0, n = 0;
    const uint8_t *p = NULL;
    do {
        if (td_rest_read(c, &for_ever, &p, &n, err)) {
            free(all);
            return NULL;
        }
        if (n) memcpy(all + total, p, n);
        total += n;
    } while (n);
    return all;
}

static void assert_err(const struct td_err *err, enum td_sqlstate state, const char *text)
{
    if (err->state != state || !strstr(err->msg, text))
        fail_msg("got %s \"%s\", want %s with \"%s\"", td_sqlstate_text(err->state), err->msg,
                 td_sqlstate_text(state), text);
}

static void echo_ok(struct td_rest *r)
{
    struct td_err err = {0};
    struct td_rest_call *c = post(r, "select 1", &for_ever, &err);
    char *b = c ? body_of(c, &err) : NULL;
    if (!b) fail_msg("%s", err.msg);
    assert_string_equal(b, "select 1");
    assert_int_equal(td_rest_status(c), 200);
    free(b);
    td_rest_end(c);
}

static void test_requests(void **state)
{
    static const struct {
        struct td_rest_auth a;
        const char *line;
    } auths[] = {
        {{"root", "taosdata", NULL}, "Authorization: Basic cm9vdDp0YW9zZGF0YQ==\r\n"},
        {{"u", "p:ä;}", NULL}, "Authorization: Basic dTpwOsOkO30=\r\n"},
        {{"ab", "", NULL}, "Authorization: Basic YWI6\r\n"},
        {{NULL, NULL, "tok.en"}, "Authorization: Bearer tok.en\r\n"},
    };
    struct peer s = {0};
    struct td_err err = {0};
    (void)state;
    peer_start(&s, play, true);
    for (size_t i = 0; i < sizeof auths / sizeof *auths; i++) {
        struct td_rest *r = open_rest(&s, &auths[i].a, false);
        struct td_rest_call *c;
        int conns = atomic_load(&s.conns);
        for (int k = 0; k < 5; k++)
            echo_ok(r);
        c = post(r, "head", &for_ever, &err);
        assert_non_null(c);
        free(body_of(c, &err));
        td_rest_end(c);
        assert_int_equal(atomic_load(&s.conns), conns + 1); /* kept alive */
        assert_non_null(strstr(seen_head, auths[i].line));
        assert_memory_equal(seen_head, "POST /rest/sql/my%20db?req_id=1&tz=UTC HTTP/1.1\r\n", 49);
        assert_null(strstr(seen_head, "Expect"));
        assert_null(strstr(seen_head, "gzip"));
        td_rest_close(r);
    }
    peer_stop(&s);
}

static void test_answers(void **state)
{
    struct peer s = {0};
    struct td_err err = {0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    struct td_rest *r;
    struct td_rest_call *c, *d;
    char *b;
    (void)state;
    peer_start(&s, play, true);
    r = open_rest(&s, &a, true);
    c = post(r, "503", &for_ever, &err);
    assert_non_null(c);
    assert_int_equal(td_rest_status(c), 503);
    b = body_of(c, &err);
    assert_string_equal(b, "\"memory exceeds threshold\"");
    free(b);
    td_rest_end(c);
    c = post(r, "gzip", &for_ever, &err);
    b = c ? body_of(c, &err) : NULL;
    assert_non_null(b);
    assert_int_equal(strspn(b, "x"), 100000);
    free(b);
    /* Another statement while this call is open: a lane of its own. */
    d = post(r, "head", &for_ever, &err);
    assert_non_null(d);
    assert_non_null(strstr(seen_head, "Accept-Encoding: gzip"));
    td_rest_end(d);
    td_rest_end(c);
    echo_ok(r);
    assert_true(td_rest_alive(r));
    td_rest_close(r);
    peer_stop(&s);
}

static void test_breaks(void **state)
{
    static const struct {
        const char *q, *text;
    } cases[] = {
        {"drop", "closed by server"},
        {"reset", "reset by peer"},
        {"half", "breaks off"},
        {"chunk", "lost"},
    };
    struct peer s = {0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    struct td_rest *r;
    (void)state;
    peer_start(&s, play, true);
    r = open_rest(&s, &a, false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_err err = {0};
        struct td_rest_call *c;
        char *b;
        int before;
        echo_ok(r); /* the case runs on a kept-alive connection: curl would repeat the POST */
        before = atomic_load(&seen);
        c = post(r, cases[i].q, &for_ever, &err);
        b = c ? body_of(c, &err) : NULL;
        assert_null(b);
        assert_err(&err, TD_ST_08S01,
                   i < 2 && strstr(err.msg, "kept-alive") ? "kept-alive" : cases[i].text);
        assert_non_null(strstr(err.msg, td_rest_endpoint(r)));
        assert_false(td_rest_alive(r));
        td_rest_end(c);
        assert_int_equal(atomic_load(&seen), before + 1); /* never sent twice */
    }
    echo_ok(r);
    assert_true(td_rest_alive(r));
    td_rest_close(r);
    peer_stop(&s);
}

struct canceller {
    struct td_rest *r;
    struct td_cancel *c;
    _Atomic int64_t at;
};

static void *cancel_thread(void *arg)
{
    struct canceller *k = arg;
    peer_sleep(100);
    atomic_store(&k->at, td_now_ms());
    __atomic_fetch_add(&k->c->generation, 1, __ATOMIC_RELEASE);
    td_rest_cancel_wake(k->r, k->c);
    return NULL;
}

static void test_waits(void **state)
{
    struct peer s = {0};
    struct td_err err = {0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    struct td_cancel cancel = {0};
    struct canceller k = {.c = &cancel};
    struct td_rest_wait w = {0, &cancel, 0};
    int64_t t0;
    pthread_t th;
    bool retry;
    (void)state;
    peer_start(&s, play, true);
    k.r = open_rest(&s, &a, false);
    t0 = td_now_ms();
    w.deadline = td_deadline(150);
    assert_null(post(k.r, "late", &w, &err));
    assert_err(&err, TD_ST_HYT00, "time limit");
    assert_in_range(td_now_ms() - t0, 140, 500);
    w.deadline = TD_NEVER;
    pthread_create(&th, NULL, cancel_thread, &k);
    assert_null(post(k.r, "late", &w, &err));
    assert_err(&err, TD_ST_HY008, "cancelled");
    assert_in_range(td_now_ms() - atomic_load(&k.at), 0, 60);
    pthread_join(th, NULL);
    echo_ok(k.r);
    td_rest_close(k.r);
    peer_stop(&s);
    k.r = open_rest(&s, &a, false); /* nobody listens now */
    assert_null(td_rest_post(k.r, "/rest/sql", "x", 1, &for_ever, &retry, &err));
    assert_err(&err, TD_ST_08001, "refused");
    assert_true(retry);
    td_rest_close(k.r);
}

static void play_silent(struct peer_conn *c)
{
    char b[4096];
    while (recv(c->fd, b, sizeof b, 0) > 0) {
    }
}

static void test_silence(void **state)
{
    struct peer s = {0};
    struct td_err err = {0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    struct td_rest *r;
    int64_t t0 = td_now_ms();
    (void)state;
    peer_start(&s, play_silent, true);
    r = open_rest(&s, &a, false);
    assert_null(post(r, "x", &for_ever, &err));
    assert_err(&err, TD_ST_08S01, "no answer for 1 s");
    assert_in_range(td_now_ms() - t0, 990, 2000);
    td_rest_close(r);
    peer_stop(&s);
}

#define BIG (96u << 20)
static _Atomic size_t sent_bytes;

/* A body of 96 MB in chunks, numbered. */
static void play_big(struct peer_conn *c)
{
    enum { CHUNK = 16000 };
    char *q, part[CHUNK + 16];
    size_t done = 0;
    if (!peer_read_head(c)) return;
    q = read_body(c);
    free(q);
    peer_send(c->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 47);
    while (done < BIG) {
        int n = snprintf(part, sizeof part, "%x\r\n", CHUNK);
        for (size_t i = 0; i < CHUNK; i++)
            part[(size_t)n + i] = (char)((done + i) % 251);
        memcpy(part + n + CHUNK, "\r\n", 2);
        if (!peer_send(c->fd, part, (size_t)n + CHUNK + 2)) return;
        done += CHUNK;
        atomic_store(&sent_bytes, done);
    }
    peer_send(c->fd, "0\r\n\r\n", 5);
}

static size_t rss(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t all = 0, res = 0;
    if (fscanf(f, "%zu %zu", &all, &res) != 2) res = 0;
    fclose(f);
    return res * 4096;
}

static void test_bounded(void **state)
{
    struct peer s = {0};
    struct td_err err = {0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    struct td_rest *r;
    struct td_rest_call *c;
    const uint8_t *p = NULL;
    size_t n = 0, total = 0, largest = 0, stalled;
    size_t before = rss();
    (void)state;
    (void)before;
    peer_start(&s, play_big, true);
    r = open_rest(&s, &a, false);
    c = post(r, "big", &for_ever, &err);
    assert_non_null(c);
    assert_int_equal(td_rest_read(c, &for_ever, &p, &n, &err), TD_OK);
    /* Nobody reads: the server stalls once the sockets are full. */
    peer_sleep(1200); /* longer than the read timeout: not reading is not the server's silence */
    stalled = atomic_load(&sent_bytes);
    assert_true(stalled < BIG / 2);
    while (n) {
        for (size_t i = 0; i < n; i++)
            if (p[i] != (total + i) % 251) fail_msg("byte %zu differs", total + i);
        total += n;
        if (n > largest) largest = n;
        if (td_rest_read(c, &for_ever, &p, &n, &err)) fail_msg("%s", err.msg);
    }
    assert_true(total >= BIG && total < BIG + 16000);
    assert_true(largest <= 512 * 1024);
#ifndef __SANITIZE_ADDRESS__ /* which keeps freed memory */
    assert_true(rss() < before + (24u << 20));
#endif
    td_rest_end(c);
    /* Broken off in the middle: the lane goes on with a new connection. */
    c = post(r, "big", &for_ever, &err);
    assert_non_null(c);
    assert_int_equal(td_rest_read(c, &for_ever, &p, &n, &err), TD_OK);
    td_rest_end(c);
    td_rest_close(r);
    peer_stop(&s);
}

static void test_fork(void **state)
{
    struct peer s = {0};
    struct td_err err = {0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    struct td_rest *r;
    pid_t pid;
    int status;
    (void)state;
    peer_start(&s, play, true);
    r = open_rest(&s, &a, false);
    echo_ok(r);
    pid = fork();
    if (pid == 0) {
        bool ok = !td_rest_alive(r) && !post(r, "x", &for_ever, &err) && err.state == TD_ST_08S01 &&
                  strstr(err.msg, "before fork");
        td_rest_close(r);
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    echo_ok(r);
    assert_int_equal(atomic_load(&s.conns), 1);
    td_rest_close(r);
    peer_stop(&s);
}

struct worker {
    struct td_rest *r;
    int bad;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < 50; i++) {
        struct td_err err = {0};
        struct td_rest_call *c = post(w->r, "select 1", &for_ever, &err);
        char *b = c ? body_of(c, &err) : NULL;
        if (!b || strcmp(b, "select 1") != 0) w->bad++;
        free(b);
        td_rest_end(c);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct peer s = {0};
    struct td_rest_auth a = {"root", "taosdata", NULL};
    struct td_rest *r;
    struct worker w[6];
    pthread_t th[6];
    (void)state;
    peer_start(&s, play, true);
    r = open_rest(&s, &a, false);
    for (int i = 0; i < 6; i++) {
        w[i] = (struct worker){r, 0};
        pthread_create(&th[i], NULL, work, &w[i]);
    }
    for (int i = 0; i < 6; i++) {
        pthread_join(th[i], NULL);
        assert_int_equal(w[i].bad, 0);
    }
    assert_true(atomic_load(&s.conns) <= 6);
    td_rest_close(r);
    peer_stop(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_breaks),   cmocka_unit_test(test_waits),
        cmocka_unit_test(test_silence),  cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_fork),     cmocka_unit_test(test_threads),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

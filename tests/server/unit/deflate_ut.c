/*
 * deflate_ut.c: permessage-deflate (RFC 7692) with --deflate: which offers are taken, and messages
 * of several MB in both directions. The client's side is zlib and the frames of ut_client.h.
 */
#include "ut_client.h"

#include <zlib.h>

#define BOTH "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

/* Upgrades with an offer; true when the server takes it. */
static bool offer(struct ut_client *c, int port, const char *extensions)
{
    char text[1024];
    size_t n = 0;
    *c = (struct ut_client){.fd = ut_connect(port)};
    const int len =
        snprintf(text, sizeof text,
                 "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Extensions: %s\r\n\r\n",
                 extensions);
    ut_write(c->fd, text, (size_t)len);
    while (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n < sizeof text - 1);
        assert_int_equal(recv(c->fd, text + n, 1, 0), 1);
        n++;
    }
    text[n] = 0;
    assert_int_equal(atoi(text + 9), 101);
    return strstr(text, BOTH "\r\n") != NULL;
}

static void send_deflated(struct ut_client *c, uint8_t opcode, const void *p, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t room = deflateBound(&z, n) + 64;
    uint8_t *out = malloc(room);
    assert_non_null(out);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    ut_frame(c, 0xC0 | opcode, out, room - z.avail_out - 4); /* without 00 00 ff ff */
    deflateEnd(&z);
    free(out);
}

/* The next message, of any number of frames, inflated; *wire gets its size on the wire. */
static struct tl_buf receive(struct ut_client *c, size_t *wire)
{
    struct tl_buf in = {0}, out = {0};
    static const uint8_t tail[4] = {0, 0, 0xFF, 0xFF};
    bool deflated = false, first = true;
    do {
        assert_true(ut_recv(c));
        if (first) deflated = (c->first & 0x40) != 0;
        first = false;
        tl_buf_put(&in, c->msg.p, c->msg.n);
    } while (!c->fin);
    *wire = in.n;
    assert_true(deflated);
    tl_buf_put(&in, tail, 4);
    z_stream z = {0};
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    z.next_in = in.p;
    z.avail_in = (uInt)in.n;
    int rc = Z_OK;
    while (rc == Z_OK && z.avail_in > 0) {
        uint8_t part[65536];
        z.next_out = part;
        z.avail_out = sizeof part;
        rc = inflate(&z, Z_SYNC_FLUSH);
        tl_buf_put(&out, part, sizeof part - z.avail_out);
        if (z.avail_out == sizeof part) break;
    }
    if (rc != Z_OK && rc != Z_BUF_ERROR) fail_msg("inflate: %d", rc);
    inflateEnd(&z);
    tl_buf_free(&in);
    tl_buf_u8(&out, 0);
    out.n--;
    return out;
}

static void login(struct ut_client *c)
{
    static const char conn[] = "{\"action\":\"conn\",\"args\":{\"req_id\":1,\"user\":\"root\","
                               "\"password\":\"taosdata\"}}";
    size_t n;
    send_deflated(c, 1, conn, strlen(conn));
    struct tl_buf r = receive(c, &n);
    assert_non_null(strstr((char *)r.p, "\"code\":0,"));
    tl_buf_free(&r);
}

static void negotiation(void **state)
{
    static const struct {
        const char *extensions;
        bool on, taken;
    } cases[] = {
        {BOTH, true, true},
        {BOTH, false, false},
        {"permessage-deflate", true, false},
        {"permessage-deflate; server_no_context_takeover", true, false},
        {"x-webkit-deflate-frame", true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct tl_server_opts o = {.deflate = cases[i].on};
        struct tl_server *srv = ut_server(&o);
        struct ut_client c;
        if (offer(&c, tl_server_port(srv), cases[i].extensions) != cases[i].taken)
            fail_msg("offer %s", cases[i].extensions);
        if (!cases[i].taken) ut_login(&c); /* plain frames work */
        ut_close(&c);
        tl_server_stop(srv);
    }
}

static struct tl_buf query(const char *sql, size_t n)
{
    struct tl_buf b = {0};
    tl_buf_u64(&b, 5);
    tl_buf_u64(&b, 0);
    tl_buf_u64(&b, 6);
    tl_buf_u16(&b, 1);
    tl_buf_u32(&b, (uint32_t)n);
    tl_buf_put(&b, sql, n);
    return b;
}

/* The blocks of a result over plain frames or deflated ones. */
static struct tl_buf fetch_all(int port, const char *sql, bool deflated, size_t *wire)
{
    struct ut_client c;
    struct tl_buf all = {0}, q = query(sql, strlen(sql)), f = {0};
    size_t n;
    const bool taken = offer(&c, port, deflated ? BOTH : "none");
    assert_true(taken == deflated);
    *wire = 0;
    tl_buf_u64(&f, 6);
    tl_buf_u64(&f, 1);
    tl_buf_u64(&f, 7);
    tl_buf_u16(&f, 1);
    if (deflated) {
        struct tl_buf r;
        login(&c);
        send_deflated(&c, 2, q.p, q.n);
        r = receive(&c, &n);
        assert_non_null(strstr((char *)r.p, "\"id\":1,"));
        tl_buf_free(&r);
    } else {
        ut_login(&c);
        ut_frame(&c, 0x82, q.p, q.n);
        assert_non_null(strstr(ut_reply(&c), "\"id\":1,"));
    }
    for (bool more = true; more;) {
        struct tl_buf r = {0};
        ut_frame(&c, 0x82, f.p, f.n); /* a plain frame is allowed beside deflated ones */
        if (deflated) {
            r = receive(&c, &n);
        } else {
            assert_true(ut_recv(&c));
            tl_buf_put(&r, c.msg.p, c.msg.n);
            n = r.n;
        }
        *wire += n;
        more = r.p[50] == 0;
        tl_buf_put(&all, r.p + 50, r.n - 50); /* without the timing */
        tl_buf_free(&r);
    }
    tl_buf_free(&q);
    tl_buf_free(&f);
    ut_close(&c);
    return all;
}

static void compare(int port, const char *sql, size_t least)
{
    size_t plain, packed;
    struct tl_buf a = fetch_all(port, sql, false, &plain), b = fetch_all(port, sql, true, &packed);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    assert_true(a.n >= least);
    assert_true(packed < plain); /* it does compress */
    tl_buf_free(&a);
    tl_buf_free(&b);
}

static void large_results(void **state)
{
    const struct tl_server_opts o = {.deflate = true};
    struct tl_server *srv = ut_server(&o);
    const int port = tl_server_port(srv);
    (void)state;
    compare(port, "select * from gen.mixed where rows=100000 and block=50000", 5 << 20);
    compare(port, "select * from gen.all where rows=500 and nulls=20", 100000);
    compare(port, "select * from gen.numeric where rows=1", 50);
    tl_server_stop(srv);
}

/* A statement of 900 kB of text that hardly repeats, and one that is all the same. */
static void large_requests(void **state)
{
    enum { N = 900000 };
    const struct tl_server_opts o = {.deflate = true};
    struct tl_server *srv = ut_server(&o);
    char *sql = malloc(N + 64);
    (void)state;
    assert_non_null(sql);
    for (int k = 0; k < 2; k++) {
        struct ut_client c;
        size_t n;
        uint32_t x = 1;
        assert_true(offer(&c, tl_server_port(srv), BOTH));
        login(&c);
        size_t at = (size_t)sprintf(sql, "select length('");
        for (int i = 0; i < N; i++) {
            x = x * 1664525u + 1013904223u;
            sql[at++] = k ? 'a' : (char)('A' + (x >> 24) % 58 % 26);
        }
        at += (size_t)sprintf(sql + at, "')");
        struct tl_buf q = query(sql, at);
        send_deflated(&c, 2, q.p, q.n);
        struct tl_buf r = receive(&c, &n);
        assert_non_null(strstr((char *)r.p, "\"code\":0,"));
        tl_buf_free(&r);
        ut_fetch(&c, 6, 1);
        r = receive(&c, &n);
        assert_int_equal(ut_load(r.p + r.n - 9, 8), N);
        tl_buf_free(&r);
        tl_buf_free(&q);
        ut_close(&c);
    }
    free(sql);
    tl_server_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negotiation),
        cmocka_unit_test(large_results),
        cmocka_unit_test(large_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

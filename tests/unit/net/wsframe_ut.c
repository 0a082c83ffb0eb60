/* Framing and the upgrade, byte tables without any socket: every case is also fed one byte at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zlib.h>

#include "base/alloc.h"
#include "net/upgrade.h"
#include "net/wsframe.h"

#define MAX 100000

/* Feeds bytes in steps of at most `step`. */
static enum td_rc feed(struct td_wsf *w, const void *bytes, size_t n, size_t step,
                       struct td_err *err)
{
    const uint8_t *p = bytes;
    while (n) {
        size_t cap;
        uint8_t *room = td_wsf_room(w, &cap);
        assert_true(cap > 0);
        if (cap > step) cap = step;
        if (cap > n) cap = n;
        memcpy(room, p, cap);
        if (td_wsf_got(w, cap, err)) return TD_FAIL;
        p += cap;
        n -= cap;
    }
    return TD_OK;
}

/* What came out, as text: messages T:…/B:… (long ones by length), pongs P:…, close C<code>:<reason>. */
static void describe(struct td_wsf *w, char *out, size_t cap)
{
    struct td_msg m;
    struct td_frame *f;
    const char *reason;
    unsigned code;
    size_t n = 0;
    out[0] = 0;
    while (td_wsf_next(w, &m)) {
        assert_int_equal(m.p[m.n], 0);
        if (m.n > 40)
            n += (size_t)snprintf(out + n, cap - n, "%s:#%zu ", m.text ? "T" : "B", m.n);
        else
            n += (size_t)snprintf(out + n, cap - n, "%s:%.*s ", m.text ? "T" : "B", (int)m.n, m.p);
        td_msg_free(&m);
    }
    while ((f = td_wsf_reply(w)) != NULL) {
        size_t off = 0;
        while (off < f->n) {
            unsigned len = f->p[off + 1] & 0x7f;
            assert_true(f->p[off + 1] & 0x80); /* a client masks */
            n += (size_t)snprintf(out + n, cap - n, "%s:",
                                  f->p[off] == 0x8a   ? "P"
                                  : f->p[off] == 0x88 ? "c"
                                                      : "?");
            for (unsigned i = 0; i < len && f->p[off] == 0x8a; i++)
                n += (size_t)snprintf(out + n, cap - n, "%c",
                                      f->p[off + 6 + i] ^ f->p[off + 2 + (i & 3)]);
            n += (size_t)snprintf(out + n, cap - n, " ");
            off += 6 + len;
        }
        td_free(f);
    }
    if (td_wsf_closed(w, &code, &reason)) snprintf(out + n, cap - n, "C%u:%s ", code, reason);
}

#define BYTES(x) (x), sizeof(x) - 1

static void test_table(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *want; /* NULL = an error with `err` */
        const char *err;
    } t[] = {
        {BYTES("\x81\x02hi"), "T:hi ", NULL},
        {BYTES("\x82\x03\1\2\3"), "B:\1\2\3 ", NULL},
        {BYTES("\x81\x00"), "T: ", NULL},
        {BYTES("\x82\x00"), "B: ", NULL},
        {BYTES("\x81\x01"
               "a\x82\x01"
               "b\x81\x01"
               "c"),
         "T:a B:b T:c ", NULL},
        /* fragments; a zero-length one in between and at the end */
        {BYTES("\x01\x02he\x00\x00\x00\x01l\x80\x02lo"), "T:hello ", NULL},
        {BYTES("\x02\x02he\x00\x03llo\x80\x00"), "B:hello ", NULL},
        /* control frames between fragments, before and after */
        {BYTES("\x02\x02he\x89\x04ping\x00\x01l\x8a\x02??\x80\x02lo\x89\x00"),
         "B:hello P:ping P: ", NULL},
        {BYTES("\x01\x01x\x89\x01z\x80\x01y"), "T:xy P:z ", NULL},
        /* a code point cut by fragments */
        {BYTES("\x01\x01\xe2\x80\x02\x82\xac"), "T:\xe2\x82\xac ", NULL},
        {BYTES("\x88\x00"), "c: C1005: ", NULL},
        {BYTES("\x88\x02\x03\xe8"), "c: C1000: ", NULL},
        {BYTES("\x88\x01\x03"),
         "c: C1005: ", NULL}, /* half a code: wslay lets it pass, it is the end anyway */
        {BYTES("\x88\x06\x03\xe9"
               "away"),
         "c: C1001:away ", NULL},
        {BYTES("\x82\x01q\x88\x02\x03\xf3\x82\x01z"),
         "B:q c: C1011: ", NULL}, /* nothing after it */
        /* violations */
        {BYTES("\x81\x82\1\2\3\4xy"), NULL, "broke the WebSocket protocol"}, /* masked */
        {BYTES("\x83\x01x"), NULL, "broke the WebSocket protocol"},          /* reserved opcode */
        {BYTES("\xc1\x01x"), NULL, "broke the WebSocket protocol"},          /* RSV1 not agreed */
        {BYTES("\xa2\x01x"), NULL, "broke the WebSocket protocol"},          /* RSV2 */
        {BYTES("\x80\x01x"), NULL, "broke the WebSocket protocol"},          /* continues nothing */
        {BYTES("\x01\x01x\x81\x01y"), NULL, "broke the WebSocket protocol"}, /* new inside old */
        {BYTES("\x09\x01x"), NULL, "broke the WebSocket protocol"},          /* fragmented ping */
        {BYTES("\x82\x7e\x00\x01x"), NULL, "broke the WebSocket protocol"}, /* length not minimal */
        {BYTES("\x89\x7e\x00\x7e"), NULL, "broke the WebSocket protocol"},  /* long ping */
        {BYTES("\x81\x02\xff\xfe"), NULL, "not UTF-8"},
        {BYTES("\x81\x01\xe2"), NULL, "not UTF-8"},
        {BYTES("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xffxx"), NULL,
         "broke the WebSocket protocol"}, /* 2^64-1 */
        {BYTES("\x82\x7f\x00\x00\x00\x00\x00\x01\x86\xa1xx"), NULL,
         "message of 100001 bytes exceeds MaxMessageSize (100000 bytes)"},
        {BYTES("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffxx"), NULL, "exceeds MaxMessageSize"},
        {BYTES("HTTP/1.1 400"), NULL, "broke the WebSocket protocol"},
    };
    static const size_t steps[] = {1, 2, 3, 7, 1 << 20};
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            struct td_wsf *w = td_wsf_new(MAX, false);
            struct td_err err = {0};
            char got[400];
            enum td_rc rc = feed(w, t[i].bytes, t[i].n, steps[s], &err);
            if (t[i].want) {
                if (rc) fail_msg("case %zu, step %zu: %s", i, steps[s], err.msg);
                describe(w, got, sizeof got);
                if (strcmp(got, t[i].want) != 0)
                    fail_msg("case %zu, step %zu: \"%s\", want \"%s\"", i, steps[s], got,
                             t[i].want);
            } else if (rc == TD_OK || err.state != TD_ST_08S01 || !strstr(err.msg, t[i].err)) {
                fail_msg("case %zu, step %zu: rc %d \"%s\", want \"%s\"", i, steps[s], rc, err.msg,
                         t[i].err);
            }
            td_wsf_free(w);
        }
}

/* Writes a server's frame. */
static size_t put_frame(uint8_t *out, unsigned first, const uint8_t *p, size_t n)
{
    size_t h = 2;
    out[0] = (uint8_t)first;
    if (n < 126) {
        out[1] = (uint8_t)n;
    } else if (n < 65536) {
        out[1] = 126, out[2] = (uint8_t)(n >> 8), out[3] = (uint8_t)n, h = 4;
    } else {
        memset(out + 1, 0, 9);
        out[1] = 127, out[7] = (uint8_t)(n >> 16), out[8] = (uint8_t)(n >> 8), out[9] = (uint8_t)n;
        h = 10;
    }
    memcpy(out + h, p, n);
    return h + n;
}

/* Binary messages of every size around the borders of headers, of wslay's 4 KiB and of the 16 KiB scratch buffer, one
   after the other, with pings between; in steps that meet each border. */
static void test_sizes(void **state)
{
    static const size_t sizes[] = {0,     1,     125,   126,   127,   4086,  4087,
                                   4092,  4093,  4095,  4096,  4097,  8192,  12287,
                                   16373, 16380, 16384, 16385, 65535, 65536, 99999};
    static const size_t steps[] = {1, 5, 4096, 4097, 16384, 1 << 20};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    uint8_t *stream = malloc(2 << 20), *payload = malloc(MAX);
    size_t n = 0, allocs;
    (void)state;
    for (size_t i = 0; i < MAX; i++)
        payload[i] = (uint8_t)(i * 31 + (i >> 8));
    for (size_t i = 0; i < COUNT; i++) {
        n += put_frame(stream + n, 0x82, payload, sizes[i]);
        if (i & 1) n += put_frame(stream + n, 0x89, payload + 65, 3);
    }
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        struct td_wsf *w = td_wsf_new(MAX, false);
        struct td_err err = {0};
        struct td_msg m;
        assert_int_equal(feed(w, stream, n, steps[s], &err), TD_OK);
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(td_wsf_next(w, &m));
            assert_int_equal(m.n, sizes[i]);
            assert_memory_equal(m.p, payload, m.n);
            td_msg_free(&m);
        }
        assert_false(td_wsf_next(w, &m));
        td_wsf_free(w);
    }
    /* One allocation for the payload and one for its place in the list: no second copy of a large message. */
    {
        struct td_wsf *w = td_wsf_new(MAX, false);
        struct td_err err = {0};
        struct td_msg m;
        n = put_frame(stream, 0x82, payload, 99999);
        allocs = (size_t)td_alloc_count();
        assert_int_equal(feed(w, stream, n, 1 << 20, &err), TD_OK);
        assert_int_equal(td_alloc_count() - allocs, 2);
        assert_true(td_wsf_next(w, &m));
        td_msg_free(&m);
        td_wsf_free(w);
    }
    free(stream);
    free(payload);
}

/* The limit counts the whole message, not a fragment. */
static void test_fragments_over_limit(void **state)
{
    struct td_wsf *w = td_wsf_new(1000, false);
    struct td_err err = {0};
    uint8_t out[700], zero[600] = {0};
    size_t n;
    (void)state;
    n = put_frame(out, 0x02, zero, 600);
    assert_int_equal(feed(w, out, n, 9999, &err), TD_OK);
    n = put_frame(out, 0x00, zero, 401);
    assert_int_equal(feed(w, out, n, 9999, &err), TD_FAIL);
    assert_non_null(strstr(err.msg, "1001 bytes"));
    td_wsf_free(w);
    w = td_wsf_new(1000, false);
    n = put_frame(out, 0x02, zero, 600);
    assert_int_equal(feed(w, out, n, 9999, &err), TD_OK);
    n = put_frame(out, 0x80, zero, 400);
    assert_int_equal(feed(w, out, n, 9999, &err), TD_OK);
    {
        struct td_msg m;
        assert_true(td_wsf_next(w, &m));
        assert_int_equal(m.n, 1000);
        td_msg_free(&m);
    }
    td_wsf_free(w);
}

/* Frames that we send: header, mask, payload; the mask differs from frame to frame. */
static void test_send(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 125, 126, 65535, 65536, 70001};
    uint8_t *p = malloc(70001);
    (void)state;
    for (size_t i = 0; i < 70001; i++)
        p[i] = (uint8_t)(i ^ i >> 7);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct td_frame *f = td_wsf_frame(NULL, TD_WS_BINARY, p, sizes[i]);
        struct td_frame *g = td_wsf_frame(NULL, TD_WS_TEXT, p, sizes[i]);
        size_t n = sizes[i], h = n < 126 ? 2 : n < 65536 ? 4 : 10;
        assert_int_equal(f->n, h + 4 + n);
        assert_int_equal(f->p[0], 0x82);
        assert_int_equal(g->p[0], 0x81);
        assert_int_equal(f->p[1], 0x80 | (n < 126 ? n : n < 65536 ? 126 : 127));
        if (h == 4) assert_int_equal(f->p[2] << 8 | f->p[3], n);
        if (h == 10) {
            uint64_t len = 0;
            for (int k = 2; k < 10; k++)
                len = len << 8 | f->p[k];
            assert_int_equal(len, n);
        }
        for (size_t k = 0; k < n; k++)
            if ((f->p[h + 4 + k] ^ f->p[h + (k & 3)]) != p[k]) fail_msg("byte %zu", k);
        assert_memory_not_equal(f->p + h, g->p + h, 4);
        td_free(f);
        td_free(g);
    }
    free(p);
}

/* --- compression ----------------------------------------------------------------------------------------------- */

static size_t raw_deflate(const void *p, size_t n, uint8_t *out, size_t cap, int flush)
{
    z_stream z = {0};
    deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    deflate(&z, flush);
    n = cap - z.avail_out;
    deflateEnd(&z);
    return flush == Z_SYNC_FLUSH ? n - 4 : n;
}

static void test_inflate(void **state)
{
    static const size_t sizes[] = {0, 1, 5, 127, 4096, 50000, MAX - 1};
    uint8_t *p = malloc(MAX), *z = malloc(MAX * 2), *out = malloc(MAX * 2);
    (void)state;
    for (size_t i = 0; i < MAX; i++)
        p[i] = (uint8_t)(i % 97 * (i >> 9));
    for (int flush = Z_SYNC_FLUSH; flush <= Z_FINISH; flush += Z_FINISH - Z_SYNC_FLUSH)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (int cut = 0; cut < 2; cut++) {
                struct td_wsf *w = td_wsf_new(MAX, true);
                struct td_err err = {0};
                struct td_msg m;
                size_t zn = raw_deflate(p, sizes[i], z, MAX * 2, flush), half = cut ? zn / 2 : zn,
                       n = put_frame(out, cut ? 0x42 : 0xc2, z, half);
                if (cut) n += put_frame(out + n, 0x89, p, 2);
                if (cut) n += put_frame(out + n, 0x80, z + half, zn - half);
                n += put_frame(out + n, 0x82, p, 10); /* not compressed: allowed */
                assert_int_equal(feed(w, out, n, 1000, &err), TD_OK);
                assert_true(td_wsf_next(w, &m));
                assert_int_equal(m.n, sizes[i]);
                assert_memory_equal(m.p, p, m.n);
                td_msg_free(&m);
                assert_true(td_wsf_next(w, &m));
                assert_int_equal(m.n, 10);
                td_msg_free(&m);
                td_wsf_free(w);
            }
    free(p);
    free(z);
    free(out);
}

static void test_inflate_bad(void **state)
{
    uint8_t *big = calloc(1, 50u << 20), z[100000], out[100100];
    struct td_wsf *w = td_wsf_new(MAX, true);
    struct td_err err = {0};
    size_t n = raw_deflate(big, 50u << 20, z, sizeof z, Z_SYNC_FLUSH);
    (void)state;
    assert_true(n < 90000); /* a bomb: small on the wire */
    n = put_frame(out, 0xc2, z, n);
    assert_int_equal(feed(w, out, n, sizeof out, &err), TD_FAIL);
    assert_non_null(strstr(err.msg, "exceeds MaxMessageSize"));
    td_wsf_free(w);
    w = td_wsf_new(MAX, true);
    n = put_frame(out, 0xc1, (const uint8_t *)"\xff\xff\xff nonsense", 12);
    assert_int_equal(feed(w, out, n, sizeof out, &err), TD_FAIL);
    assert_non_null(strstr(err.msg, "corrupt"));
    td_wsf_free(w);
    free(big);
}

/* What we compress can be inflated, each message alone; what does not shrink is sent as it is. */
static void test_deflate(void **state)
{
    struct td_wsf *w = td_wsf_new(MAX, true);
    uint8_t text[20000], back[20010], *body;
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)("insert into t values "[i % 21]);
    for (int round = 0; round < 3; round++) {
        struct td_frame *f = td_wsf_frame(w, TD_WS_TEXT, text, sizeof text);
        z_stream z = {0};
        size_t h, n;
        assert_int_equal(f->p[0], 0xc1);
        assert_true(f->n < 1000);
        h = (f->p[1] & 0x7f) == 126 ? 4 : 2;
        n = f->n - h - 4;
        body = malloc(n + 4);
        for (size_t i = 0; i < n; i++)
            body[i] = f->p[h + 4 + i] ^ f->p[h + (i & 3)];
        memcpy(body + n, "\0\0\xff\xff", 4);
        inflateInit2(&z, -15);
        z.next_in = body, z.avail_in = (uInt)n + 4, z.next_out = back, z.avail_out = sizeof back;
        inflate(&z, Z_SYNC_FLUSH);
        assert_int_equal(z.total_out, sizeof text);
        assert_memory_equal(back, text, sizeof text);
        inflateEnd(&z);
        free(body);
        td_free(f);
    }
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(rand() >> 7);
    {
        struct td_frame *f = td_wsf_frame(w, TD_WS_BINARY, text, sizeof text);
        struct td_frame *g = td_wsf_frame(w, TD_WS_BINARY, "short short short", 17);
        assert_int_equal(f->p[0], 0x82);
        assert_int_equal(f->n, sizeof text + 8);
        assert_int_equal(g->p[0], 0x82);
        td_free(f);
        td_free(g);
    }
    td_wsf_free(w);
}

/* --- the upgrade ----------------------------------------------------------------------------------------------- */

static void test_upgrade(void **state)
{
    /* RFC 6455, 1.3: the key and its answer. */
    static const char ok[] = "HTTP/1.1 101 Switching Protocols\r\nUPGRADE: WebSocket\r\n"
                             "connection: keep-alive, Upgrade\r\n"
                             "Sec-WebSocket-Accept:   s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  \r\n";
    static const struct {
        const char *more;
        bool offer, fine, deflate;
    } t[] = {
        {"\r\n", false, true, false},
        {"\r\n", true, true, false},
        {"X: y\r\n\r\n\x81\x02hi", false, true, false},
        {"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
         "client_no_context_takeover\r\n\r\n",
         true, true, true},
        {"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", true, false, false},
        {"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n", false,
         false, false},
        {"Sec-WebSocket-Extensions: x-other\r\n\r\n", true, false, false},
        {"Sec-WebSocket-Protocol: chat\r\n\r\n", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_net_cfg cfg = {.path = "/ws?token=a b\r\nX", .compression = t[i].offer};
        struct td_upgrade u;
        struct td_buf out = TD_BUF_INIT(10000);
        struct td_err err = {0};
        char all[600];
        size_t n = (size_t)snprintf(all, sizeof all, "%s%s", ok, t[i].more), off = 0;
        bool done = false, retry;
        enum td_rc rc = TD_OK;
        assert_int_equal(td_upgrade_begin(&u, &cfg, "h:1", &out, &err), TD_OK);
        td_buf_putc(&out, 0);
        assert_memory_equal(out.p, "GET /ws?token=a%20b%0D%0AX HTTP/1.1\r\nHost: h:1\r\n", 48);
        assert_non_null(strstr((char *)out.p, u.key));
        assert_int_equal(strlen(u.key), 24);
        assert_int_equal(strstr((char *)out.p, "permessage-deflate") != NULL, t[i].offer);
        strcpy(u.key, "dGhlIHNhbXBsZSBub25jZQ==");
        for (; off < n && !done && rc == TD_OK; off += 5)
            rc = td_upgrade_feed(&u, all + off, n - off < 5 ? n - off : 5, "h:1", &done, &retry,
                                 &err);
        assert_int_equal(rc, t[i].fine ? TD_OK : TD_FAIL);
        assert_int_equal(done, t[i].fine);
        if (done) assert_int_equal(u.deflate, t[i].deflate);
        if (i == 2) assert_memory_equal(u.in.p + u.head, "\x81\x02hi", u.in.n - u.head);
        td_upgrade_free(&u);
        td_buf_free(&out);
    }
}

static void test_endless_head(void **state)
{
    struct td_net_cfg cfg = {.path = "/ws"};
    struct td_upgrade u;
    struct td_buf out = TD_BUF_INIT(10000);
    struct td_err err = {0};
    char junk[1000];
    bool done, retry;
    enum td_rc rc;
    (void)state;
    memset(junk, 'x', sizeof junk);
    td_upgrade_begin(&u, &cfg, "h:1", &out, &err);
    rc = td_upgrade_feed(&u, "HTTP/1.1 101 ", 13, "h:1", &done, &retry, &err);
    for (int i = 0; i < 100 && rc == TD_OK; i++)
        rc = td_upgrade_feed(&u, junk, sizeof junk, "h:1", &done, &retry, &err);
    assert_int_equal(rc, TD_FAIL);
    assert_non_null(strstr(err.msg, "endless"));
    td_upgrade_free(&u);
    td_buf_free(&out);
}

/* Whatever comes, and whichever allocation fails: an error or a message, never a crash. */
static void test_noise(void **state)
{
    unsigned seed = 1;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct td_wsf *w = td_wsf_new(5000, round & 1);
        struct td_err err = {0};
        uint8_t b[300];
        size_t n = 2 + (size_t)(rand_r(&seed) % 298);
        char got[20000];
        for (size_t i = 0; i < n; i++)
            b[i] = (uint8_t)(rand_r(&seed) >> 5);
        b[0] = (uint8_t)(b[0] & 0x4f) | 0x80;
        b[1] &= 0x7f;
        if (round % 3 == 0) td_alloc_fail_at((uint64_t)(1 + round % 7), 0);
        if (feed(w, b, n, 1 + (size_t)(rand_r(&seed) % 100), &err))
            assert_true(err.state == TD_ST_08S01 || err.state == TD_ST_HY001);
        td_alloc_fail_at(0, 0);
        describe(w, got, sizeof got);
        td_wsf_free(w);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_fragments_over_limit),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_inflate),
        cmocka_unit_test(test_inflate_bad),
        cmocka_unit_test(test_deflate),
        cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_endless_head),
        cmocka_unit_test(test_noise),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * ut_client.h: a small WebSocket client for the server's unit tests, written for them alone.
 *
 * Blocking, with a time limit of five seconds on every read. The caller owns the client.
 */
#ifndef UT_CLIENT_H
#define UT_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "ut_golden.h"
#include "server.h"

struct ut_client {
    int fd;
    bool no_pong;          /* leave Pings unanswered */
    int pings;             /* that came */
    uint8_t opcode, first; /* of the last frame: opcode; its first byte */
    bool fin;
    struct tl_buf msg; /* its payload, with a NUL behind */
};

static inline int ut_connect(int port)
{
    const struct timeval limit = {.tv_sec = 5};
    const int on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void ut_write(int fd, const void *p, size_t n)
{
    assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), n);
}

/* The status of an upgrade to `path`; the connection stays open in *c when it is 101. */
static inline int ut_upgrade(struct ut_client *c, int port, const char *path)
{
    char text[512];
    size_t n = 0;
    *c = (struct ut_client){.fd = ut_connect(port)};
    const int len =
        snprintf(text, sizeof text,
                 "GET %s HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
                 "\r\n\r\n",
                 path);
    ut_write(c->fd, text, (size_t)len);
    while (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n < sizeof text - 1);
        assert_int_equal(recv(c->fd, text + n, 1, 0), 1);
        n++;
    }
    text[n] = 0;
    return atoi(text + 9);
}

static inline struct ut_client ut_open(int port)
{
    struct ut_client c;
    assert_int_equal(ut_upgrade(&c, port, "/ws"), 101);
    return c;
}

static inline void ut_close(struct ut_client *c)
{
    close(c->fd);
    tl_buf_free(&c->msg);
}

/* Sends one masked frame; the mask is zero, which the protocol allows. */
static inline void ut_frame(struct ut_client *c, uint8_t first, const void *p, size_t n)
{
    struct tl_buf b = {0};
    tl_buf_u8(&b, first);
    if (n < 126) {
        tl_buf_u8(&b, (uint8_t)(0x80 | n));
    } else if (n < 65536) {
        tl_buf_u8(&b, 0x80 | 126);
        tl_buf_u8(&b, (uint8_t)(n >> 8));
        tl_buf_u8(&b, (uint8_t)n);
    } else {
        tl_buf_u8(&b, 0x80 | 127);
        for (int i = 56; i >= 0; i -= 8)
            tl_buf_u8(&b, (uint8_t)((uint64_t)n >> i));
    }
    tl_buf_u32(&b, 0);
    tl_buf_put(&b, p, n);
    ut_write(c->fd, b.p, b.n);
    tl_buf_free(&b);
}

static inline void ut_text(struct ut_client *c, const char *s)
{
    ut_frame(c, 0x81, s, strlen(s));
}

/* Reads n bytes: false when the stream ends or breaks before. */
static inline bool ut_read(int fd, uint8_t *p, size_t n)
{
    while (n > 0) {
        const ssize_t got = recv(fd, p, n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) fail_msg("no answer within five seconds");
        if (got <= 0) return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

/* The next data or Close frame; answers Pings. False when the stream ends. */
static inline bool ut_recv(struct ut_client *c)
{
    for (;;) {
        uint8_t h[10];
        if (!ut_read(c->fd, h, 2)) return false;
        uint64_t n = h[1] & 0x7F;
        const int more = n == 126 ? 2 : n == 127 ? 8 : 0;
        if (more && !ut_read(c->fd, h + 2, (size_t)more)) return false;
        if (more) n = 0;
        for (int i = 0; i < more; i++)
            n = n << 8 | h[2 + i];
        c->first = h[0];
        c->opcode = h[0] & 15;
        c->fin = (h[0] & 0x80) != 0;
        c->msg.n = 0;
        if (n > 64 << 20) return false; /* no frame of ours: garbage */
        static const uint8_t zeros[4096];
        for (uint64_t left = n + 1; left > 0;) {
            const size_t k = left < sizeof zeros ? (size_t)left : sizeof zeros;
            assert_true(tl_buf_put(&c->msg, zeros, k));
            left -= k;
        }
        c->msg.n = (size_t)n;
        if (!ut_read(c->fd, c->msg.p, (size_t)n)) return false;
        if (c->opcode != 9) return true;
        c->pings++;
        if (!c->no_pong) ut_frame(c, 0x8A, c->msg.p, (size_t)n);
    }
}

/* The text of the next message. */
static inline const char *ut_reply(struct ut_client *c)
{
    if (!ut_recv(c)) fail_msg("the connection was closed");
    assert_int_equal(c->opcode, 1);
    return (const char *)c->msg.p;
}

static inline void ut_login(struct ut_client *c)
{
    ut_text(c, "{\"action\":\"conn\",\"args\":{\"req_id\":1,\"user\":\"root\",\"password\":"
               "\"taosdata\"}}");
    assert_non_null(strstr(ut_reply(c), "\"code\":0"));
}

static inline void ut_query(struct ut_client *c, uint64_t req_id, const char *sql)
{
    struct tl_buf b = {0};
    tl_buf_u64(&b, req_id);
    tl_buf_u64(&b, 0);
    tl_buf_u64(&b, 6);
    tl_buf_u16(&b, 1);
    tl_buf_u32(&b, (uint32_t)strlen(sql));
    tl_buf_put(&b, sql, strlen(sql));
    ut_frame(c, 0x82, b.p, b.n);
    tl_buf_free(&b);
}

static inline void ut_fetch(struct ut_client *c, uint64_t req_id, uint64_t id)
{
    struct tl_buf b = {0};
    tl_buf_u64(&b, req_id);
    tl_buf_u64(&b, id);
    tl_buf_u64(&b, 7);
    tl_buf_u16(&b, 1);
    ut_frame(c, 0x82, b.p, b.n);
    tl_buf_free(&b);
}

static inline struct tl_server *ut_server(const struct tl_server_opts *o)
{
    struct tl_error err;
    struct tl_server *srv = tl_server_start(o, &err);
    if (!srv) fail_msg("server: 0x%04x %s", (unsigned)err.code, err.msg);
    return srv;
}

#endif

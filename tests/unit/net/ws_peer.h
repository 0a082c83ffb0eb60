/*
 * ws_peer.h: a tiny WebSocket server of plain sockets for tests of driver/net, written by hand so that it shares nothing
 * with the driver. A test gives a function that plays one connection; each connection runs in its own thread.
 */
#ifndef TEST_WS_PEER_H
#define TEST_WS_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_THREAD__
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0"; /* children of the exit tests open connections */
}
#endif

struct peer;
struct peer_conn {
    struct peer *peer;
    int fd;
    char request[4096]; /* the upgrade request's head */
};
typedef void (*peer_play)(struct peer_conn *c);

struct peer {
    int fd;
    uint16_t port;
    peer_play play; /* after the handshake, unless `raw` */
    bool raw;       /* play does the handshake too */
    void *ctx;
    pthread_t thread;
    atomic_int conns, live;
    atomic_bool stop;
};

static inline bool peer_send(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        ssize_t k = send(fd, at, n, MSG_NOSIGNAL);
        if (k <= 0) return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

static inline bool peer_recv(int fd, void *p, size_t n)
{
    char *at = p;
    while (n) {
        ssize_t k = recv(fd, at, n, 0);
        if (k <= 0) return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

/* Reads the request head byte by byte. */
static inline bool peer_read_head(struct peer_conn *c)
{
    size_t n = 0;
    while (n + 1 < sizeof c->request) {
        if (!peer_recv(c->fd, c->request + n, 1)) return false;
        c->request[++n] = 0;
        if (n >= 4 && memcmp(c->request + n - 4, "\r\n\r\n", 4) == 0) return true;
    }
    return false;
}

/* The 101 answer, with `extra` header lines. */
static inline int peer_answer(struct peer_conn *c, const char *extra, char *out, size_t cap)
{
    unsigned char hash[20], b64[32];
    char text[96] = "";
    unsigned hn;
    const char *key = strstr(c->request, "Sec-WebSocket-Key: ");
    if (!key) return -1;
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
    EVP_Digest(text, strlen(text), hash, &hn, EVP_sha1(), NULL);
    EVP_EncodeBlock(b64, hash, 20);
    return snprintf(out, cap,
                    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: "
                    "keep-alive, Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
                    b64, extra);
}

/* Sends a frame; first byte as given (FIN 0x80, RSV1 0x40, opcode). */
static inline bool peer_frame(int fd, unsigned first, const void *p, size_t n)
{
    uint8_t h[10] = {(uint8_t)first};
    size_t hn = 2;
    if (n < 126) {
        h[1] = (uint8_t)n;
    } else if (n < 65536) {
        h[1] = 126, h[2] = (uint8_t)(n >> 8), h[3] = (uint8_t)n, hn = 4;
    } else {
        h[1] = 127, hn = 10;
        for (int i = 0; i < 8; i++)
            h[2 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
    }
    return peer_send(fd, h, hn) && peer_send(fd, p, n);
}

/* Reads one frame, which must be masked; the payload is malloc'd (NUL behind it). −1 at the end of the stream. */
static inline int peer_read(int fd, uint8_t **p, size_t *n)
{
    uint8_t h[2], ext[8], key[4];
    uint64_t len;
    if (!peer_recv(fd, h, 2) || !(h[1] & 0x80)) return -1;
    len = h[1] & 0x7f;
    if (len >= 126) {
        int bytes = len == 126 ? 2 : 8;
        if (!peer_recv(fd, ext, (size_t)bytes)) return -1;
        len = 0;
        for (int i = 0; i < bytes; i++)
            len = len << 8 | ext[i];
    }
    if (!peer_recv(fd, key, 4)) return -1;
    *p = malloc(len + 1);
    if (!peer_recv(fd, *p, len)) {
        free(*p);
        return -1;
    }
    for (uint64_t i = 0; i < len; i++)
        (*p)[i] ^= key[i & 3];
    (*p)[len] = 0;
    *n = len;
    return h[0];
}

/* The same for a data message: answers nothing, skips control frames, stops at a close. */
static inline bool peer_message(int fd, uint8_t **p, size_t *n)
{
    for (;;) {
        int first = peer_read(fd, p, n);
        if (first < 0) return false;
        if ((first & 15) < 8) return true;
        free(*p);
        if ((first & 15) == 8) return false;
    }
}

static inline void peer_sleep(int ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};
    nanosleep(&t, NULL);
}

/* Closes so that the client sees a reset. */
static inline void peer_reset(int fd)
{
    struct linger l = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
}

static inline void *peer_conn_thread(void *arg)
{
    struct peer_conn *c = arg;
    char answer[512];
    if (c->peer->raw) {
        c->peer->play(c);
    } else if (peer_read_head(c)) {
        int n = peer_answer(c, "", answer, sizeof answer);
        if (n > 0 && peer_send(c->fd, answer, (size_t)n)) c->peer->play(c);
    }
    close(c->fd);
    atomic_fetch_sub(&c->peer->live, 1);
    free(c);
    return NULL;
}

static inline void *peer_thread(void *arg)
{
    struct peer *s = arg;
    for (;;) {
        int one = 1, fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        pthread_t t;
        struct peer_conn *c;
        if (fd < 0 || atomic_load(&s->stop)) {
            if (fd >= 0) close(fd);
            return NULL;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c = calloc(1, sizeof *c);
        c->peer = s;
        c->fd = fd;
        atomic_fetch_add(&s->conns, 1);
        atomic_fetch_add(&s->live, 1);
        pthread_create(&t, NULL, peer_conn_thread, c);
        pthread_detach(t);
    }
}

static inline void peer_start(struct peer *s, peer_play play, bool raw)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    s->play = play;
    s->raw = raw;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(s->fd, (struct sockaddr *)&a, sizeof a);
    listen(s->fd, 128);
    getsockname(s->fd, (struct sockaddr *)&a, &n);
    s->port = ntohs(a.sin_port);
    pthread_create(&s->thread, NULL, peer_thread, s);
}

/* Ends the server; its connections have to be closed by then. */
static inline void peer_stop(struct peer *s)
{
    atomic_store(&s->stop, true);
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (int i = 0; i < 500 && atomic_load(&s->live); i++)
        peer_sleep(10);
}

#endif

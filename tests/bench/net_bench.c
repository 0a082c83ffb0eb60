/*
 * The WebSocket transport against a plain socket client that asks the same server for the same frames, one ahead, and
 * throws them away: time and client CPU per message, plain and by TLS; a round trip of 8 bytes; opening.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../unit/net/tls_peer.h"
#include "base/buf.h"
#include "base/clock.h"
#include "net/transport.h"

#define LARGEST (8u << 20)

static bool id_of(const uint8_t *p, size_t n, bool text, uint64_t *id)
{
    (void)text;
    *id = n >= 8 ? td_ld64(p) : 0;
    return n >= 8;
}

/* Answers each request (id, size) by a frame of that size which begins with the id. */
static void play(struct peer_conn *c)
{
    uint8_t *q, *out = calloc(1, LARGEST + 10);
    size_t n;
    while (peer_message(c->fd, &q, &n)) {
        size_t size = (size_t)td_ld64(q + 8), h = size < 126 ? 2 : size < 65536 ? 4 : 10;
        uint8_t *f = out + 10 - h;
        memcpy(out + 10, q, 8);
        f[0] = 0x82;
        f[1] = (uint8_t)(h == 2 ? size : h == 4 ? 126 : 127);
        for (size_t i = 2; i < h; i++)
            f[i] = (uint8_t)(size >> 8 * (h - 1 - i));
        peer_send(c->fd, f, h + size);
        free(q);
    }
    free(out);
}

static double cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static long faults(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_minflt;
}

struct clock2 {
    int64_t wall;
    double cpu;
    long faults;
};

static struct clock2 start_clock(void)
{
    return (struct clock2){td_now_ns(), cpu(), faults()};
}

static void stop_clock(struct clock2 c, const char *who, size_t size, int count)
{
    double wall = (double)(td_now_ns() - c.wall) / 1e3 / count, used = (cpu() - c.cpu) / count;
    printf("%-12s %8zu bytes: %8.1f us wall, %8.1f us client cpu, %6.1f page faults a message\n",
           who, size, wall, used, (double)(faults() - c.faults) / count);
}

static void raw_client(uint16_t port, size_t size, int count)
{
    static const char upgrade[] =
        "GET /ws HTTP/1.1\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    static uint8_t sink[256 * 1024];
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    uint8_t q[22] = {0x82, 0x90};
    uint64_t id = 1, n64 = size;
    char head[500];
    size_t n = 0, frame = size + (size < 126 ? 2 : size < 65536 ? 4 : 10);
    struct clock2 c;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) || !peer_send(fd, upgrade, sizeof upgrade - 1))
        exit(1);
    while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0)
        if (recv(fd, head + n++, 1, 0) != 1) exit(1);
    memcpy(q + 6, &id, 8);
    memcpy(q + 14, &n64, 8);
    c = start_clock();
    peer_send(fd, q, sizeof q);
    for (int i = 0; i < count; i++) {
        if (i + 1 < count && size > 8) peer_send(fd, q, sizeof q);
        for (size_t left = frame; left;) {
            ssize_t k = recv(fd, sink, left < sizeof sink ? left : sizeof sink, 0);
            if (k <= 0) exit(1);
            left -= (size_t)k;
        }
        if (i + 1 < count && size <= 8) peer_send(fd, q, sizeof q);
    }
    stop_clock(c, "raw socket", size, count);
    close(fd);
}

static struct td_transport *open_or_exit(const struct td_net_cfg *cfg)
{
    struct td_err err = {0};
    bool retry;
    struct td_transport *t = td_ws_open(cfg, td_deadline(5000), &retry, &err);
    if (!t) {
        puts(err.msg);
        exit(1);
    }
    return t;
}

static void ask(struct td_transport *t, uint64_t id, size_t size)
{
    struct td_err err = {0};
    uint8_t q[16];
    td_st64(q, id);
    td_st64(q + 8, size);
    if (td_submit(t, id, q, sizeof q, false, true, &err)) {
        puts(err.msg);
        exit(1);
    }
}

static void driver(const struct td_net_cfg *cfg, const char *who, size_t size, int count)
{
    struct td_transport *t = open_or_exit(cfg);
    struct clock2 c = start_clock();
    ask(t, 1, size);
    for (int i = 1; i <= count; i++) {
        struct td_err err = {0};
        struct td_msg m;
        if (td_wait(t, (uint64_t)i, TD_NEVER, NULL, 0, &m, &err)) {
            puts(err.msg);
            exit(1);
        }
        if (i < count) ask(t, (uint64_t)i + 1, size);
        td_msg_free(&m);
    }
    stop_clock(c, who, size, count);
    td_transport_close(t);
}

static void opening(const struct td_net_cfg *cfg, const char *who)
{
    struct clock2 c;
    td_transport_close(open_or_exit(cfg));
    c = start_clock();
    for (int i = 0; i < 100; i++)
        td_transport_close(open_or_exit(cfg));
    stop_clock(c, who, 0, 100);
}

int main(void)
{
    static const size_t sizes[] = {8, 84 * 1024, 296 * 1024, 1 << 20, LARGEST};
    uint16_t ports[2];
    int pipefd[2];
    pid_t server;
    struct td_net_cfg ws = {.host = "127.0.0.1",
                            .path = "/ws",
                            .max_message = 256u << 20,
                            .read_timeout_ms = 300000,
                            .keep_alive_ms = 53000,
                            .reply_id = id_of},
                      wss;
    if (pipe(pipefd)) return 1;
    fflush(stdout);
    server = fork();
    if (server == 0) {
        struct tls_id id = tls_make("bench", "IP:127.0.0.1", NULL, -1, 30);
        struct tls_front f;
        struct peer plain = {0}, front = {0};
        signal(SIGPIPE, SIG_IGN);
        peer_start(&plain, play, false);
        f = tls_front_new(&id, NULL, plain.port);
        front.ctx = &f;
        peer_start(&front, tls_play, true);
        if (write(pipefd[1], (uint16_t[]){plain.port, front.port}, 4) != 4) _exit(1);
        for (;;)
            pause();
    }
    if (read(pipefd[0], ports, 4) != 4) return 1;
    ws.port = ports[0];
    wss = ws;
    wss.port = ports[1];
    wss.tls = true;
    opening(&ws, "open ws");
    opening(&wss, "open wss");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int count = sizes[i] > 8 ? (int)((600u << 20) / sizes[i]) : 10000;
        if (count > 4000 && sizes[i] > 8) count = 4000;
        raw_client(ports[0], sizes[i], count);
        driver(&ws, "ws", sizes[i], count);
        driver(&wss, "wss", sizes[i], count / 4);
    }
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}

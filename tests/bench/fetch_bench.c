/*
 * Fetch against the limit that a client cannot beat: a raw socket client that sends the same requests, one fetch ahead, and
 * throws the frames away, in the same run. Prints rows/s, client CPU per cell, and the driver's ratios to the drain.
 *
 *   fetch_bench [rows] [rounds]     default 5,000,000 rows, 3 rounds; the best round of each counts
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sql.h>
#include <sqlext.h>

struct cost {
    double wall, cpu; /* seconds */
};

static void die(const char *what)
{
    fprintf(stderr, "fetch_bench: %s\n", what);
    exit(1);
}

static struct cost now(void)
{
    struct timespec t;
    struct rusage u;

    clock_gettime(CLOCK_MONOTONIC, &t);
    getrusage(RUSAGE_SELF, &u);
    return (struct cost){(double)t.tv_sec + (double)t.tv_nsec / 1e9,
                         (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                             (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6};
}

static struct cost since(struct cost a)
{
    struct cost b = now();

    return (struct cost){b.wall - a.wall, b.cpu - a.cpu};
}

/* ---- the server ---- */

static pid_t server;

static int start_server(void)
{
    int out[2], port = 0;
    char line[256];

    if (pipe(out) || (server = fork()) < 0) die("fork");
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], 1);
        execl(TD_TDLITE, TD_TDLITE, "--port", "0", "--die-with-parent", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *f = fdopen(out[0], "r");
    while (f && !port && fgets(line, sizeof line, f))
        sscanf(line, "tdlite listening on 127.0.0.1:%d", &port);
    if (!port) die("tdlite did not start");
    return port;
}

/* ---- the drain ---- */

static int drain_fd;
static char drain_buf[1 << 20];

static void send_all(const void *p, size_t n)
{
    const char *c = p;

    while (n) {
        ssize_t k = send(drain_fd, c, n, 0);
        if (k <= 0) die("drain: send");
        c += k;
        n -= (size_t)k;
    }
}

/* A masked frame with a mask of zeros. */
static void send_frame(int opcode, const void *p, size_t n)
{
    uint8_t head[14] = {(uint8_t)(0x80 | opcode)};
    size_t h = 2;

    if (n < 126) {
        head[1] = (uint8_t)(0x80 | n);
    } else {
        head[1] = 0x80 | 126;
        head[2] = (uint8_t)(n >> 8);
        head[3] = (uint8_t)n;
        h = 4;
    }
    send_all(head, h + 4);
    send_all(p, n);
}

static void recv_exact(void *p, size_t n)
{
    char *c = p;

    while (n) {
        ssize_t k = recv(drain_fd, c, n, 0);
        if (k <= 0) die("drain: recv");
        c += k;
        n -= (size_t)k;
    }
}

/* Reads one frame; keeps at most `keep` bytes of it. Returns its length. */
static uint64_t recv_frame(void *keep, size_t cap)
{
    uint8_t h[10];
    uint64_t n;

    recv_exact(h, 2);
    n = h[1] & 127;
    if (n == 126) {
        recv_exact(h + 2, 2);
        n = (uint64_t)h[2] << 8 | h[3];
    } else if (n == 127) {
        recv_exact(h + 2, 8);
        n = 0;
        for (int i = 2; i < 10; i++)
            n = n << 8 | h[i];
    }
    uint64_t left = n;
    size_t k = left < cap ? (size_t)left : cap;
    recv_exact(keep, k);
    for (left -= k; left; left -= k) {
        k = left < sizeof drain_buf ? (size_t)left : sizeof drain_buf;
        recv_exact(drain_buf, k);
    }
    return n;
}

static void drain_connect(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    static const char hello[] =
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    static const char conn[] = "{\"action\":\"conn\",\"args\":{\"req_id\":1,\"user\":\"root\","
                               "\"password\":\"taosdata\",\"db\":\"\"}}";
    char c, reply[4096];
    int one = 1, ends = 0;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    drain_fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(drain_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(drain_fd, (struct sockaddr *)&a, sizeof a)) die("drain: connect");
    send_all(hello, sizeof hello - 1);
    while (ends < 4) {
        recv_exact(&c, 1);
        ends = c == "\r\n\r\n"[ends] ? ends + 1 : c == '\r';
    }
    send_frame(1, conn, sizeof conn - 1);
    recv_frame(reply, sizeof reply);
}

static void fetch_request(uint64_t req, uint64_t id)
{
    uint8_t m[26];
    uint64_t seven = 7;

    memcpy(m, &req, 8);
    memcpy(m + 8, &id, 8);
    memcpy(m + 16, &seven, 8);
    m[24] = 1;
    m[25] = 0;
    send_frame(2, m, sizeof m);
}

static uint64_t drained_bytes;

static struct cost drain(const char *sql)
{
    uint8_t m[1024] = {2};
    char reply[65536];
    uint64_t six = 6, req = 3;
    uint32_t n = (uint32_t)strlen(sql);
    uint8_t head[64];
    struct cost start = now();

    memcpy(m + 16, &six, 8);
    m[24] = 1;
    memcpy(m + 26, &n, 4);
    memcpy(m + 30, sql, n);
    send_frame(2, m, 30 + n);
    uint64_t len = recv_frame(reply, sizeof reply - 1);
    reply[len < sizeof reply ? len : sizeof reply - 1] = 0;
    char *p = strstr(reply, "\"id\":");
    if (!p) die(reply);
    uint64_t id = strtoull(p + 5, NULL, 10);
    drained_bytes = 0;
    fetch_request(req++, id);
    for (;;) {
        uint64_t got = recv_frame(head, sizeof head);
        if (got < 51 || head[50]) break;
        fetch_request(req++, id); /* one ahead: before the block would be looked at */
        drained_bytes += got;
    }
    return since(start);
}

/* ---- the driver ---- */

struct column {
    SQLSMALLINT ctype;
    size_t width;
};

struct shape {
    const char *name, *from;
    int ncols;
    struct column cols[8];
};

static void check(SQLRETURN rc, SQLSMALLINT type, SQLHANDLE h, const char *what)
{
    SQLCHAR state[6], msg[512];
    SQLINTEGER native;
    SQLSMALLINT len;

    if (SQL_SUCCEEDED(rc)) return;
    if (SQL_SUCCEEDED(SQLGetDiagRec(type, h, 1, state, &native, msg, sizeof msg, &len)))
        fprintf(stderr, "%s: %s %s\n", what, state, msg);
    die(what);
}

static struct cost driver(SQLHDBC dbc, const char *sql, const struct shape *sh, SQLULEN rowset,
                          uint64_t rows)
{
    SQLHSTMT st;
    SQLULEN fetched = 0, total = 0;
    void *bufs[8];
    SQLLEN *inds[8];

    SQLAllocHandle(SQL_HANDLE_STMT, dbc, &st);
    for (int i = 0; i < sh->ncols; i++) {
        bufs[i] = malloc(sh->cols[i].width * rowset);
        inds[i] = malloc(sizeof(SQLLEN) * rowset);
        check(SQLBindCol(st, (SQLUSMALLINT)(i + 1), sh->cols[i].ctype, bufs[i],
                         (SQLLEN)sh->cols[i].width, inds[i]),
              SQL_HANDLE_STMT, st, "SQLBindCol");
    }
    SQLSetStmtAttr(st, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)rowset, 0);
    SQLSetStmtAttr(st, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0);
    struct cost start = now();
    check(SQLExecDirect(st, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT, st, sql);
    SQLRETURN rc;
    while ((rc = SQLFetch(st)) != SQL_NO_DATA) {
        check(rc, SQL_HANDLE_STMT, st, "SQLFetch");
        total += fetched;
    }
    struct cost c = since(start);
    if (total != rows) die("rows are missing");
    SQLFreeHandle(SQL_HANDLE_STMT, st);
    for (int i = 0; i < sh->ncols; i++) {
        free(bufs[i]);
        free(inds[i]);
    }
    return c;
}

static void best(struct cost *a, struct cost b)
{
    if (b.wall < a->wall) a->wall = b.wall;
    if (b.cpu < a->cpu) a->cpu = b.cpu;
}

int main(int argc, char **argv)
{
    static const struct shape shapes[] = {
        {"numeric", "gen.numeric", 3, {{SQL_C_SBIGINT, 8}, {SQL_C_SLONG, 4}, {SQL_C_DOUBLE, 8}}},
        {"numeric, TIMESTAMP_STRUCT",
         "gen.numeric",
         3,
         {{SQL_C_TYPE_TIMESTAMP, 16}, {SQL_C_SLONG, 4}, {SQL_C_DOUBLE, 8}}},
        {"mixed, native C types",
         "gen.mixed",
         6,
         {{SQL_C_TYPE_TIMESTAMP, 16},
          {SQL_C_SLONG, 4},
          {SQL_C_SBIGINT, 8},
          {SQL_C_DOUBLE, 8},
          {SQL_C_CHAR, 17},
          {SQL_C_WCHAR, 34}}},
        {"mixed, all CHAR",
         "gen.mixed",
         6,
         {{SQL_C_CHAR, 32},
          {SQL_C_CHAR, 16},
          {SQL_C_CHAR, 24},
          {SQL_C_CHAR, 32},
          {SQL_C_CHAR, 17},
          {SQL_C_CHAR, 40}}},
        {"mixed, all WCHAR",
         "gen.mixed",
         6,
         {{SQL_C_WCHAR, 64},
          {SQL_C_WCHAR, 32},
          {SQL_C_WCHAR, 48},
          {SQL_C_WCHAR, 64},
          {SQL_C_WCHAR, 34},
          {SQL_C_WCHAR, 34}}},
    };
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
    int rounds = argc > 2 ? atoi(argv[2]) : 3, port = start_server();
    char conn[256], sql[256];
    SQLHENV env;
    SQLHDBC dbc;

    SQLAllocHandle(SQL_HANDLE_ENV, NULL, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    snprintf(conn, sizeof conn, "Driver={TDengine};Server=127.0.0.1;Port=%d;Timezone=UTC", port);
    check(SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc, conn);
    drain_connect(port);

    printf("%llu rows, row sets of 1000, best of %d; CPU is user + system of the client\n",
           (unsigned long long)rows, rounds);
    printf("%-28s %10s %8s %10s %12s %12s %8s\n", "shape", "Mrows/s", "GB/s", "CPU ns/row",
           "drain ns/row", "over ns/cell", "wall x");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct shape *sh = &shapes[i];
        struct cost d = {1e9, 1e9}, c = {1e9, 1e9};
        snprintf(sql, sizeof sql, "select * from %s where rows=%llu and block=4096", sh->from,
                 (unsigned long long)rows);
        for (int r = 0; r < rounds; r++) {
            best(&d, drain(sql));
            best(&c, driver(dbc, sql, sh, 1000, rows));
        }
        double n = (double)rows;
        printf("%-28s %10.2f %8.2f %10.2f %12.2f %12.2f %8.2f\n", sh->name, n / c.wall / 1e6,
               (double)drained_bytes / c.wall / 1e9, c.cpu / n * 1e9, d.cpu / n * 1e9,
               (c.cpu - d.cpu) / n / sh->ncols * 1e9, c.wall / d.wall);
        fflush(stdout);
    }
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    close(drain_fd);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}

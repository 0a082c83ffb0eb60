/* main.c: tdlite's command line around server.h (docs/internals/tdlite.md). */
#include "server.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char usage[] =
    "tdlite: a development server that speaks taosAdapter's protocol on 127.0.0.1\n"
    "  --port N            port (0 = any free one, printed; default 6041)\n"
    "  --data DIR          keep the data in DIR (default: in memory)\n"
    "  --demo              make the `power.meters` sample\n"
    "  --sql FILE          run a file of statements at start (may be repeated)\n"
    "  --script PATH       serve a recording (.jsonl) or a directory of them\n"
    "  --fault SPEC        inject a fault (fault.h; may be repeated)\n"
    "  --heartbeat-ms MS   before a waiting query shows in perf_queries (at once)\n"
    "  --shuffle MS        delay each answer by a random time up to MS: out of order\n"
    "  --ping SECONDS      between Pings (54; 0 = none)\n"
    "  --read-timeout S    drop a silent socket after S seconds (114; 0 = never)\n"
    "  --version-string V  the version that is reported (3.3.7.5)\n"
    "  --deflate           take a client's offer of permessage-deflate\n"
    "  --opentsdb          serve /opentsdb/v1/put/{json,telnet}/DB\n"
    "  --bind-exec         serve stmt2_bind_exec (from version 3.4.1.13 on it always is)\n"
    "  --cert FILE --key FILE [--client-ca FILE]   speak TLS\n"
    "  --die-with-parent   end when the starting process ends\n"
    "  -v, --verbose       log to stderr\n";

enum {
    OPT_PORT = 256,
    OPT_DATA,
    OPT_DEMO,
    OPT_SQL,
    OPT_SCRIPT,
    OPT_FAULT,
    OPT_SHUFFLE,
    OPT_HEARTBEAT,
    OPT_PING,
    OPT_READ_TIMEOUT,
    OPT_VERSION,
    OPT_BIND_EXEC,
    OPT_OPENTSDB,
    OPT_DEFLATE,
    OPT_CERT,
    OPT_KEY,
    OPT_CLIENT_CA,
    OPT_DIE
};

static const struct option options[] = {
    {"port", required_argument, NULL, OPT_PORT},
    {"data", required_argument, NULL, OPT_DATA},
    {"demo", no_argument, NULL, OPT_DEMO},
    {"sql", required_argument, NULL, OPT_SQL},
    {"script", required_argument, NULL, OPT_SCRIPT},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"shuffle", required_argument, NULL, OPT_SHUFFLE},
    {"heartbeat-ms", required_argument, NULL, OPT_HEARTBEAT},
    {"ping", required_argument, NULL, OPT_PING},
    {"read-timeout", required_argument, NULL, OPT_READ_TIMEOUT},
    {"version-string", required_argument, NULL, OPT_VERSION},
    {"bind-exec", no_argument, NULL, OPT_BIND_EXEC},
    {"deflate", no_argument, NULL, OPT_DEFLATE},
    {"opentsdb", no_argument, NULL, OPT_OPENTSDB},
    {"cert", required_argument, NULL, OPT_CERT},
    {"key", required_argument, NULL, OPT_KEY},
    {"client-ca", required_argument, NULL, OPT_CLIENT_CA},
    {"die-with-parent", no_argument, NULL, OPT_DIE},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Seconds with a fraction; 0 means never, which is -1 in the options. */
static int seconds(const char *text)
{
    const double s = atof(text);
    return s > 0 ? (int)(s * 1000 + 0.5) : -1;
}

static bool append(const char **list, int max, const char *value)
{
    for (int i = 0; i < max; i++) {
        if (list[i]) continue;
        list[i] = value;
        return true;
    }
    return false;
}

/* True when the option is known and its value can be taken. */
static bool take(struct tl_server_opts *o, int opt, const char *value, bool *die)
{
    switch (opt) {
    case OPT_PORT:
        o->port = atoi(value);
        return o->port >= 0 && o->port < 65536;
    case OPT_DATA:
        o->dir = value;
        return true;
    case OPT_DEMO:
        return o->demo = true;
    case OPT_SQL:
        return append(o->sql, TL_SERVER_FILES, value);
    case OPT_SCRIPT:
        o->script = value;
        return true;
    case OPT_FAULT:
        return append(o->fault, TL_SERVER_FAULTS, value);
    case OPT_SHUFFLE:
        o->shuffle_ms = atoi(value);
        return true;
    case OPT_HEARTBEAT:
        o->heartbeat_ms = atoi(value);
        return true;
    case OPT_PING:
        o->ping_ms = seconds(value);
        return true;
    case OPT_READ_TIMEOUT:
        o->read_timeout_ms = seconds(value);
        return true;
    case OPT_VERSION:
        o->version = value;
        return true;
    case OPT_BIND_EXEC:
        return o->bind_exec = true;
    case OPT_DEFLATE:
        return o->deflate = true;
    case OPT_OPENTSDB:
        return o->opentsdb = true;
    case OPT_CERT:
        o->cert = value;
        return true;
    case OPT_KEY:
        o->key = value;
        return true;
    case OPT_CLIENT_CA:
        o->client_ca = value;
        return true;
    case OPT_DIE:
        return *die = true;
    case 'v':
        return o->verbose = true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct tl_server_opts o = {.port = 6041};
    struct tl_error err;
    bool die = false;
    int opt, sig;
    while ((opt = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
        if (opt == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (!take(&o, opt, optarg, &die)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    const pid_t parent = getppid();
    if (die && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)) return 1;

    sigset_t wait_for; /* blocked before the server's thread starts, which inherits the mask */
    sigemptyset(&wait_for);
    sigaddset(&wait_for, SIGTERM);
    sigaddset(&wait_for, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wait_for, NULL);
    struct tl_server *srv = tl_server_start(&o, &err);
    if (!srv) {
        fprintf(stderr, "tdlite: [0x%04x] %s\n", (unsigned)err.code, err.msg);
        return 1;
    }
    printf("tdlite listening on 127.0.0.1:%d\n", tl_server_port(srv));
    if (o.demo)
        printf("Driver=TDengine;Server=127.0.0.1;Port=%d;UID=root;PWD=taosdata;Database=power\n",
               tl_server_port(srv));
    fflush(stdout);
    sigwait(&wait_for, &sig);
    tl_server_stop(srv);
    return 0;
}

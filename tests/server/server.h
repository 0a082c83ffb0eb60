/*
 * server.h: tdlite as a library: starts the development server on a thread of its own.
 *
 * Used by main.c and by tests. The functions may be called from any thread; a server is owned by
 * who started it. All protocol state lives on the server's event-loop thread (server_int.h), which
 * takes no locks. Several servers may run in one process.
 */
#ifndef TL_SERVER_H
#define TL_SERVER_H

#include "engine.h"

enum { TL_SERVER_FAULTS = 16, TL_SERVER_FILES = 16 };

/* Zero means the default. Strings must outlive the server. */
struct tl_server_opts {
    int port;            /* 0 = any free port; only 127.0.0.1 is served */
    const char *version; /* "3.3.7.5" */
    const char *dir;     /* the engine's data; NULL = in memory */
    int ping_ms;         /* between Pings: 54 s; negative = none (protocol.md 2.2) */
    int read_timeout_ms; /* silence after which a socket is dropped: 114 s; negative = never */
    int heartbeat_ms;    /* before a waiting query shows in perf_queries: at once */
    int shuffle_ms;      /* every answer is delayed by a random part of this: out of order */
    bool deflate;        /* take a client's offer of permessage-deflate */
    bool opentsdb;       /* serve /opentsdb/v1/put/...; the recorded adapter had it off */
    bool bind_exec;      /* serve stmt2_bind_exec; from version 3.4.1.13 on it always is */
    bool demo;           /* make the `meters` sample */
    bool verbose;        /* log requests and lws's own log to stderr */
    const char *script;  /* recording (.jsonl) or directory of them to serve */
    const char *sql[TL_SERVER_FILES];    /* files of statements run at start, `;` at line ends */
    const char *fault[TL_SERVER_FAULTS]; /* SPECs of fault.h */
    const char *cert, *key, *client_ca;  /* PEM files; with cert and key the port speaks TLS */
};

struct tl_server;
/* Listens and serves when it returns; NULL with err filled on failure. */
struct tl_server *tl_server_start(const struct tl_server_opts *opts, struct tl_error *err);
int tl_server_port(const struct tl_server *srv);
/* Closes all connections, joins the thread and frees everything. NULL is allowed. */
void tl_server_stop(struct tl_server *srv);

#endif

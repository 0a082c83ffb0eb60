/*
 * engine.h: what the protocol side of tdlite asks of an engine (SQLite, generator, script).
 *
 * The protocol side (ws.c, rest.c) owns sessions and results; an engine owns its data. Everything runs on the
 * server's one event-loop thread, so there are no locks. A statement that an engine does not know ends in TDengine's
 * own error code (0x2600 for syntax), never in an empty success.
 */
#ifndef TL_ENGINE_H
#define TL_ENGINE_H

#include "block_enc.h"

struct tl_error {
    int code;      /* TDengine's code & 0xFFFF, 65535 for the adapter's own */
    char msg[512]; /* as taosAdapter words it */
};

/* State of one login (a WebSocket connection after `conn`, or one REST request). */
struct tl_session {
    char user[32];
    char db[65];     /* current database, "" = none */
    char tz[64];     /* IANA zone for zone-less text, "UTC" by default */
    bool bi_mode;    /* conn.mode 0 */
    uint64_t req_id; /* of the running statement */
};

/* A statement's outcome. For an update ncols is 0 and `affected` counts; else blocks come by next(). */
struct tl_result {
    bool is_update;
    int64_t affected;
    int ncols;
    struct tl_col *cols;
    int ts_prec; /* 0 ms, 1 us, 2 ns */
    /* Appends one raw block (never of 0 rows) to `block`: 1 = block, 0 = end, -1 = error. */
    int (*next)(struct tl_result *r, struct tl_buf *block, struct tl_error *err);
    void (*free)(struct tl_result *r);
};

/* The SQLite engine (engine_sqlite*.c). `dir` NULL = in memory. */
struct tl_engine;
struct tl_engine *tl_engine_new(const char *dir, struct tl_error *err);
void tl_engine_free(struct tl_engine *e);
/* Runs one statement (protocol.md 7). Session-changing statements (USE) change `s`. Returns NULL and fills err on failure. */
struct tl_result *tl_engine_exec(struct tl_engine *e, struct tl_session *s, const char *sql,
                                 size_t n, struct tl_error *err);
/* 0 when the statement parses, else the code; for validate_sql. */
int tl_engine_validate(struct tl_engine *e, struct tl_session *s, const char *sql, size_t n,
                       struct tl_error *err);
/* True when the database exists; name as given (case-sensitive). */
bool tl_engine_has_db(struct tl_engine *e, const char *name);
/* Checks a login; false = 0x0357. */
bool tl_engine_login(struct tl_engine *e, const char *user, const char *password);

/* The generator (engine_gen.c): `select … from gen.…`. Returns NULL with err->code 0 when the statement is not for it. */
struct tl_result *tl_gen_exec(struct tl_session *s, const char *sql, size_t n,
                              struct tl_error *err);

/* Milliseconds that a generator statement asks to wait before its reply (`ms=N`), else 0. */
int64_t tl_gen_delay(const char *sql, size_t n);

#endif

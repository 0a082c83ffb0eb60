/*
 * engine_stmt.h: prepared statements of the SQLite engine (protocol.md 4.2 to 4.6).
 *
 * A statement belongs to the connection that made it and must be freed before its engine. Bound
 * values point into the messages they came in, which the statement takes over. Tables are looked up
 * by name at each bind and again at exec, so that DDL in between is noticed. One thread, no locks.
 */
#ifndef TL_ENGINE_STMT_H
#define TL_ENGINE_STMT_H

#include "bindmsg.h"

enum tl_bind_kind { TL_BIND_COLUMN = 1, TL_BIND_TAG, TL_BIND_QUERY, TL_BIND_NAME };

/* A `?` of an INSERT, as stmt2_prepare reports it. */
struct tl_stmt_field {
    char name[65];
    uint8_t type, precision;
    uint8_t kind; /* enum tl_bind_kind */
    int32_t bytes;
};

/* What can be done with a statement. */
enum tl_stmt_state {
    TL_STMT_NEW,
    TL_STMT_PREPARED,
    TL_STMT_BOUND,
    TL_STMT_BROKEN /* a bind has failed: only close or prepare may follow (protocol.md 11) */
};

struct tl_stmt;
/* text_decimals: DECIMAL records are text, as from TDengine 3.4 on; else raw scaled integers. */
struct tl_stmt *tl_stmt_new(struct tl_engine *e, bool text_decimals);
void tl_stmt_free(struct tl_stmt *st);

/* Prepares an INSERT ... VALUES or a SELECT ... FROM with parameters; anything else is 0x2600. With
   `fields` the table of an INSERT is looked up now (0x022B when it is missing or itself a `?`). */
bool tl_stmt_prepare(struct tl_stmt *st, struct tl_session *s, const char *sql, size_t n,
                     bool fields, struct tl_error *err);
enum tl_stmt_state tl_stmt_state(const struct tl_stmt *st);
bool tl_stmt_is_insert(const struct tl_stmt *st);
/* Of an INSERT prepared with `fields`, *n of them; NULL otherwise. */
const struct tl_stmt_field *tl_stmt_fields(const struct tl_stmt *st, int *n);
/* How many `?` a query has. */
int tl_stmt_params(const struct tl_stmt *st);

/* Checks and keeps the values of a message. `payload` is what m points into; it is taken over, also
   on failure. Errors: 0x0200 type, 0x0236 number of rows or fields, 0x2653 too long, 0x022B no
   table name, 0x0110 and 0x6305 for query parameters. */
bool tl_stmt_bind(struct tl_stmt *st, struct tl_session *s, const struct tl_bindmsg *m,
                  uint8_t *payload, struct tl_error *err);
/* Why the last bind failed. */
const struct tl_error *tl_stmt_why(const struct tl_stmt *st);
/* Stores what was bound, or runs the query. Rows are stored by vgroup: when one of a vgroup lies
   outside of KEEP (0x060B), none of that vgroup is stored, but those of the others are. */
bool tl_stmt_exec(struct tl_stmt *st, struct tl_session *s, int64_t *affected,
                  struct tl_error *err);
/* The result of the last exec, handed out once; NULL when there is none. */
struct tl_result *tl_stmt_result(struct tl_stmt *st);

/* Bytes of a type as libtaos keeps it: VARCHAR n+2, NCHAR 4n+2, BLOB 5 (protocol.md 11). */
int32_t tl_internal_bytes(uint8_t type, int32_t length);

#endif

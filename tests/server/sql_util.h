/*
 * sql_util.h: memory and text helpers of tdlite's SQL engine.
 *
 * An arena holds all that lives as long as one statement (tokens' text, AST); it is dropped as a
 * whole by the statement that owns it. A string buffer (tl_sb) remembers that memory ran out, so
 * that callers check once at the end. Everything runs on the server's one thread: no locks.
 */
#ifndef TL_SQL_UTIL_H
#define TL_SQL_UTIL_H

#include "engine.h"

struct tl_chunk;
struct tl_arena {
    struct tl_chunk *head;
};
/* Zeroed memory, NULL when out of memory. */
void *tl_arena_get(struct tl_arena *a, size_t n);
/* A NUL-terminated copy. */
char *tl_arena_dup(struct tl_arena *a, const char *s, size_t n);
void tl_arena_drop(struct tl_arena *a);

struct tl_sb {
    char *p;
    size_t n, cap;
    bool oom;
};
void tl_sb_put(struct tl_sb *b, const char *s, size_t n);
void tl_sb_str(struct tl_sb *b, const char *s);
void tl_sb_fmt(struct tl_sb *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* 'text' with inner quotes doubled, as SQLite reads it. A text with a NUL is written as
   CAST(x'..' AS TEXT). */
void tl_sb_quote(struct tl_sb *b, const char *s, size_t n);
/* x'..' */
void tl_sb_hex(struct tl_sb *b, const void *s, size_t n);
void tl_sb_free(struct tl_sb *b);

/* Fills err and returns false, so that callers can `return tl_fail(...)`. */
bool tl_fail(struct tl_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool tl_oom(struct tl_error *err);

/* Codes of protocol.md section 6 that the engine uses, and their usual texts. */
enum tl_code {
    TL_E_OPS_NOT_SUPPORT = 0x0100,
    TL_E_OOM = 0x0102,
    TL_E_DECIMAL_OVERFLOW = 0x013D,
    TL_E_INVALID_OPERATION = 0x0200,
    TL_E_INSERT_SYNTAX = 0x0216,
    TL_E_TSC_INVALID_VALUE = 0x0203,
    TL_E_INTERNAL = 0x02FF,
    TL_E_USER_EXISTS = 0x0350,
    TL_E_USER_NOT_EXIST = 0x0351,
    TL_E_STB_EXISTS = 0x0360,
    TL_E_STB_NOT_EXIST = 0x0362,
    TL_E_TAG_EXISTS = 0x0369,
    TL_E_TAG_NOT_EXIST = 0x036A,
    TL_E_COL_EXISTS = 0x036B,
    TL_E_COL_NOT_EXIST = 0x036C,
    TL_E_FUNC_NOT_EXIST = 0x0374,
    TL_E_DB_EXISTS = 0x0381,
    TL_E_DB_NOT_EXIST = 0x0388,
    TL_E_QUERY_ID = 0x0320,
    TL_E_TABLE_EXISTS = 0x0603,
    TL_E_TS_RANGE = 0x060B,
    TL_E_SYNTAX = 0x2600,
    TL_E_INCOMPLETE = 0x2601,
    TL_E_INVALID_COLUMN = 0x2602,
    TL_E_TABLE_NOT_EXIST = 0x2603,
    TL_E_AMBIGUOUS = 0x2604,
    TL_E_VALUE_TYPE = 0x2605,
    TL_E_ILLEGAL_AGG = 0x2608,
    TL_E_NOT_GROUPBY = 0x260A,
    TL_E_NOT_SINGLE_GROUP = 0x260C,
    TL_E_TAGS_COUNT = 0x260D,
    TL_E_TAG_NAME = 0x260E,
    TL_E_NAME_TOO_LONG = 0x2610,
    TL_E_DB_NOT_SPECIFIED = 0x2616,
    TL_E_IDENT_NAME = 0x2617,
    TL_E_BAD_TS = 0x2635,
    TL_E_DUP_COLUMN = 0x263C,
    TL_E_PERMISSION = 0x2644,
    TL_E_TOO_LONG = 0x2653,
    TL_E_DELETE_WHERE = 0x2655,
    TL_E_DUP_ALIAS = 0x2663,
    TL_E_PK_NULL = 0x267B,
    TL_E_FUNC_NUM = 0x2801,
    TL_E_FUNC_TYPE = 0x2802,
    TL_E_FUNC_VALUE = 0x2803
};

#endif

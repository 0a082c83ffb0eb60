/*
 * sml.h: schemaless writing (protocol.md 1.8, 2.9): InfluxDB line, OpenTSDB telnet and JSON.
 *
 * sml_parse.c and sml_json.c turn text into points, sml_store.c makes super tables, columns and
 * child tables as they are needed and stores the points. A call owns all it allocates; it lives in
 * the arena of its tl_sml. One thread, no locks.
 */
#ifndef TL_SML_H
#define TL_SML_H

#include "engine_int.h"

enum tl_sml_protocol { TL_SML_LINE = 1, TL_SML_TELNET, TL_SML_JSON };

struct tl_sml_request {
    int protocol;
    const char *precision; /* h m s ms u ns; anything else: not configured */
    int64_t ttl;           /* days, for new child tables; 0 = none */
    const char *name_key;  /* the tag that names the child table, "" = none */
    const char *data;
    size_t n;
};

/* Stores the points in the session's database. *affected counts points, *total lines. Errors:
   0x3000 protocol, 0x3002 text, 0x0221 JSON, 0x2616 no database, those of DDL and INSERT. Points
   before a failing one may have been stored. */
bool tl_sml_insert(struct tl_engine *e, struct tl_session *s, const struct tl_sml_request *rq,
                   int64_t *affected, int64_t *total, struct tl_error *err);

/* ---- inside ---- */

struct tl_sml_kv {
    struct tl_sml_kv *next;
    char *key;
    uint8_t type;
    struct tl_val val;
};

struct tl_sml_point {
    struct tl_sml_point *next;
    char *table;
    bool has_ts;
    int64_t ts; /* in the database's precision */
    struct tl_sml_kv *tags, *cols;
};

struct tl_sml {
    struct tl_arena ar;
    struct tl_error *err;
    const struct tl_sml_request *rq;
    int prec; /* of the database */
    struct tl_sml_point *first, **tail;
    int64_t points, lines;
};

enum { TL_E_SML_PROTOCOL = 0x3000, TL_E_SML_DATA = 0x3002 };

bool tl_sml_lines(struct tl_sml *m);
bool tl_sml_json(struct tl_sml *m);
struct tl_sml_point *tl_sml_point_new(struct tl_sml *m, const char *table, size_t n);
/* Appends; NULL when memory is out. */
struct tl_sml_kv *tl_sml_add(struct tl_sml *m, struct tl_sml_kv **list, const char *key, size_t n);
/* A value with the suffixes and quotes of the line protocol. */
bool tl_sml_value(struct tl_sml *m, const char *z, size_t n, struct tl_sml_kv *kv);
bool tl_sml_text(struct tl_sml *m, uint8_t type, const char *z, size_t n, struct tl_sml_kv *kv);
/* `count` units ("s", "ms", ...) as a timestamp of the database; "" judges by the digits. */
bool tl_sml_ts(struct tl_sml *m, int64_t count, const char *unit, struct tl_sml_point *p);
bool tl_sml_bad(struct tl_sml *m, const char *z, size_t n);

#endif

/*
 * engine_topic.h: topics: CREATE TOPIC, DROP TOPIC, and what a topic shows of the log
 * (engine_wal.h, protocol.md 5).
 *
 * Topics are rows of tl_topic in SQLite; a tl_topic is a copy that the caller owns. One thread, no
 * locks.
 */
#ifndef TL_ENGINE_TOPIC_H
#define TL_ENGINE_TOPIC_H

#include "engine_wal.h"

enum tl_topic_kind { TL_TOPIC_QUERY, TL_TOPIC_STABLE, TL_TOPIC_DB };

struct tl_topic {
    char name[193], db[65];
    int64_t dbid;
    enum tl_topic_kind kind;
    bool meta;  /* WITH META */
    char *text; /* the SELECT, or the super table's name; owned */
};

/* After CREATE / DROP, at the word TOPIC. */
bool tl_topic_create(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry);
bool tl_topic_drop(struct tl_engine *e, struct tl_parser *p, bool dry);
/* Finds a topic by its name; free its text. */
bool tl_topic_find(struct tl_engine *e, const char *name, struct tl_topic *out);
void tl_topic_clear(struct tl_topic *t);

/* The rows of an entry as the topic shows them, and the table's name. NULL with err->code 0 when
   the entry is not the topic's, or its table is gone. *schema is set for whole tables, whose
   column ids and flags a message names. */
struct tl_result *tl_topic_rows(struct tl_engine *e, const struct tl_topic *t,
                                const struct tl_wal_entry *en, char table[193],
                                const struct tl_table **schema, struct tl_error *err);
/* Appends the JSON of a made table to `b` (golden/tmq/db_topic_meta); false when it is gone or
   not the topic's. */
bool tl_topic_meta(struct tl_engine *e, const struct tl_topic *t, const struct tl_wal_entry *en,
                   struct tl_buf *b);

#endif

/*
 * engine_wal.h: what subscriptions read: which rows were written to which vgroup, in order
 * (protocol.md 5).
 *
 * The log holds the keys of written rows, not the rows: a message shows the rows as they are when
 * it is made. It belongs to the engine, lives in memory only, and forgets its older half when it
 * grows too large. Databases with WAL_RETENTION_PERIOD 0 are not logged. One thread, no locks.
 */
#ifndef TL_ENGINE_WAL_H
#define TL_ENGINE_WAL_H

#include "engine_int.h"

struct tl_wal_entry {
    uint64_t seq; /* over all vgroups, for undoing */
    bool table;   /* the table was made; else rows were written to it */
    int64_t tid;  /* the table's own id */
    int64_t tab;  /* id of its schema: itself or its super table */
    uint32_t n;
    int64_t *ts; /* keys of the rows, in order */
};

/* Called where rows are written and tables made; false when memory is out. `ts_col` is the index of
   the timestamp among the `stride` values of a row. */
bool tl_wal_rows(struct tl_engine *e, const struct tl_table *t, int64_t tid,
                 const struct tl_val *vals, size_t nrows, int ts_col, int stride,
                 struct tl_error *err);
bool tl_wal_table(struct tl_engine *e, int64_t dbid, int64_t tid, int64_t tab, const char *name,
                  struct tl_error *err);
/* Where a statement begins, and how it ends. */
void tl_wal_mark(struct tl_engine *e);
void tl_wal_end_mark(struct tl_engine *e, bool ok);
void tl_wal_forget(struct tl_engine *e, int64_t dbid);
void tl_wal_free(struct tl_engine *e);

/* The offsets of a vgroup: [begin, end). False when the database is not logged. */
bool tl_wal_range(struct tl_engine *e, int64_t dbid, int vgroup, int64_t *begin, int64_t *end);
/* The entry at an offset within the range. */
const struct tl_wal_entry *tl_wal_at(struct tl_engine *e, int64_t dbid, int vgroup, int64_t offset);

#endif

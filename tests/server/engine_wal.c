/* engine_wal.c: the log that subscriptions read (engine_wal.h). */
#include "engine_wal.h"
#include "engine_vgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENTRIES = 1 << 18, MAX_KEYS = 1 << 21, MAX_DEPTH = 8 }; /* a vgroup's */

struct wal_vg {
    int64_t begin; /* offset of entries[0] */
    struct tl_wal_entry *v;
    size_t n, cap, keys;
};

struct wal_db {
    struct wal_db *next;
    int64_t dbid;
    char name[65];
    bool on;
    int nvg;
    struct wal_vg *vg;
};

struct tl_wal {
    struct wal_db *dbs;
    uint64_t seq;
    uint64_t marks[MAX_DEPTH];
    int depth;
};

static void free_vg(struct wal_vg *g)
{
    for (size_t i = 0; i < g->n; i++)
        free(g->v[i].ts);
    free(g->v);
}

static void free_db(struct wal_db *d)
{
    for (int i = 0; i < d->nvg; i++)
        free_vg(&d->vg[i]);
    free(d->vg);
    free(d);
}

void tl_wal_forget(struct tl_engine *e, int64_t dbid)
{
    struct wal_db **link = e->wal ? &e->wal->dbs : NULL;
    while (link && *link && (*link)->dbid != dbid)
        link = &(*link)->next;
    if (!link || !*link) return;
    struct wal_db *d = *link;
    *link = d->next;
    free_db(d);
}

void tl_wal_free(struct tl_engine *e)
{
    while (e->wal && e->wal->dbs)
        tl_wal_forget(e, e->wal->dbs->dbid);
    free(e->wal);
    e->wal = NULL;
}

/* Whether the database keeps its log. */
static bool retained(struct tl_engine *e, int64_t dbid)
{
    sqlite3_stmt *st = NULL;
    bool on = false;
    if (sqlite3_prepare_v2(e->sq, "SELECT wal_retention_period <> 0 FROM tl_db WHERE id = ?", -1,
                           &st, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_int64(st, 1, dbid);
    if (sqlite3_step(st) == SQLITE_ROW) on = sqlite3_column_int(st, 0) != 0;
    sqlite3_finalize(st);
    return on;
}

/* The log of a database, begun when it is first asked for; NULL when memory is out. */
static struct wal_db *db_of(struct tl_engine *e, int64_t dbid)
{
    const struct tl_db *db = tl_db_by_id(e, dbid);
    if (!e->wal) e->wal = calloc(1, sizeof *e->wal);
    if (!e->wal || !db) return NULL;
    for (struct wal_db *d = e->wal->dbs; d; d = d->next)
        if (d->dbid == dbid) return d;
    struct wal_db *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->dbid = dbid;
    memcpy(d->name, db->name, sizeof d->name);
    d->on = retained(e, dbid);
    d->nvg = tl_vgroups(e, db);
    d->vg = calloc((size_t)d->nvg, sizeof *d->vg);
    if (!d->vg) {
        free(d);
        return NULL;
    }
    d->next = e->wal->dbs;
    e->wal->dbs = d;
    return d;
}

/* Forgets the older half. */
static void shorten(struct wal_vg *g)
{
    const size_t drop = g->n / 2;
    for (size_t i = 0; i < drop; i++) {
        g->keys -= g->v[i].n;
        free(g->v[i].ts);
    }
    memmove(g->v, g->v + drop, (g->n - drop) * sizeof *g->v);
    g->n -= drop;
    g->begin += (int64_t)drop;
}

static bool append(struct tl_engine *e, struct wal_vg *g, const struct tl_wal_entry *en)
{
    if (g->n >= MAX_ENTRIES || g->keys >= MAX_KEYS) shorten(g);
    if (g->n == g->cap) {
        const size_t cap = g->cap ? 2 * g->cap : 16;
        struct tl_wal_entry *v = realloc(g->v, cap * sizeof *v);
        if (!v) return false;
        g->v = v;
        g->cap = cap;
    }
    g->v[g->n] = *en;
    g->v[g->n++].seq = ++e->wal->seq;
    g->keys += en->n;
    return true;
}

/* The table's name, for its vgroup. */
static const char *name_of(struct tl_engine *e, int64_t tid, char out[193])
{
    sqlite3_bind_int64(e->find_id, 1, tid);
    out[0] = 0;
    if (sqlite3_step(e->find_id) == SQLITE_ROW)
        snprintf(out, 193, "%s", (const char *)sqlite3_column_text(e->find_id, 1));
    sqlite3_reset(e->find_id);
    return out;
}

bool tl_wal_rows(struct tl_engine *e, const struct tl_table *t, int64_t tid,
                 const struct tl_val *vals, size_t nrows, int ts_col, int stride,
                 struct tl_error *err)
{
    char name[193];
    struct wal_db *d = db_of(e, t->dbid);
    if (!d) return tl_oom(err);
    if (!d->on || nrows == 0) return true;
    struct tl_wal_entry en = {.tid = tid, .tab = t->id, .n = (uint32_t)nrows};
    en.ts = malloc(nrows * sizeof *en.ts);
    if (!en.ts) return tl_oom(err);
    for (size_t r = 0; r < nrows; r++)
        en.ts[r] = vals[r * (size_t)stride + (size_t)ts_col].i;
    struct wal_vg *g = &d->vg[tl_vgroup_of(d->name, name_of(e, tid, name), d->nvg)];
    if (append(e, g, &en)) return true;
    free(en.ts);
    return tl_oom(err);
}

/* A super table is known to every vgroup. */
bool tl_wal_table(struct tl_engine *e, int64_t dbid, int64_t tid, int64_t tab, const char *name,
                  struct tl_error *err)
{
    const struct tl_wal_entry en = {.table = true, .tid = tid, .tab = tab};
    struct wal_db *d = db_of(e, dbid);
    if (!d) return tl_oom(err);
    if (!d->on) return true;
    const int own = name ? tl_vgroup_of(d->name, name, d->nvg) : -1;
    for (int i = 0; i < d->nvg; i++)
        if ((own < 0 || i == own) && !append(e, &d->vg[i], &en)) return tl_oom(err);
    return true;
}

void tl_wal_mark(struct tl_engine *e)
{
    struct tl_wal *w = e->wal;
    if (!w) w = e->wal = calloc(1, sizeof *w);
    if (!w) return;
    if (w->depth < MAX_DEPTH) w->marks[w->depth] = w->seq;
    w->depth++;
}

void tl_wal_end_mark(struct tl_engine *e, bool ok)
{
    struct tl_wal *w = e->wal;
    if (!w || w->depth == 0) return;
    w->depth--;
    if (ok || w->depth >= MAX_DEPTH) return;
    for (struct wal_db *d = w->dbs; d; d = d->next) {
        for (int i = 0; i < d->nvg; i++) {
            struct wal_vg *g = &d->vg[i];
            while (g->n && g->v[g->n - 1].seq > w->marks[w->depth]) {
                g->keys -= g->v[--g->n].n;
                free(g->v[g->n].ts);
            }
        }
    }
}

bool tl_wal_range(struct tl_engine *e, int64_t dbid, int vgroup, int64_t *begin, int64_t *end)
{
    struct wal_db *d = db_of(e, dbid);
    *begin = *end = 0;
    if (!d || !d->on || vgroup < 0 || vgroup >= d->nvg) return false;
    *begin = d->vg[vgroup].begin;
    *end = *begin + (int64_t)d->vg[vgroup].n;
    return true;
}

const struct tl_wal_entry *tl_wal_at(struct tl_engine *e, int64_t dbid, int vgroup, int64_t offset)
{
    int64_t begin, end;
    if (!tl_wal_range(e, dbid, vgroup, &begin, &end) || offset < begin || offset >= end)
        return NULL;
    return &db_of(e, dbid)->vg[vgroup].v[offset - begin];
}

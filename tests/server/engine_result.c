/*
 * engine_result.c: results that stream from a running sqlite3_stmt, 4,096 rows a block.
 *
 * Several results may be open while other statements run. DDL that changes or drops tables parks
 * them first: the rest of the rows is encoded into memory.
 */
#include "engine_int.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 4096, BLOCK_BYTES = 8 << 20 };

struct parked {
    struct parked *next;
    struct tl_buf block;
};

struct tl_result_sql {
    struct tl_result base;
    struct tl_engine *e;
    sqlite3_stmt *st;
    struct tl_enc *enc;
    struct tl_ty *types;
    char tz[64];
    struct tl_error failed; /* found while parking */
    struct parked *first, **tail;
    struct tl_result_sql *next, **prev;
};

static void unlink_open(struct tl_result_sql *r)
{
    if (!r->prev) return;
    *r->prev = r->next;
    if (r->next) r->next->prev = r->prev;
    r->prev = NULL;
}

static void stop(struct tl_result_sql *r)
{
    sqlite3_finalize(r->st);
    r->st = NULL;
    unlink_open(r);
}

/* Runs the statement on to the next block. */
static int step_block(struct tl_result_sql *r, struct tl_buf *block, struct tl_error *err)
{
    struct tl_engine *e = r->e;
    int rc = SQLITE_DONE;
    e->tz = r->tz;
    e->err = err;
    while (tl_enc_rows(r->enc) < BLOCK_ROWS && tl_enc_bytes(r->enc) < BLOCK_BYTES) {
        rc = sqlite3_step(r->st);
        if (rc != SQLITE_ROW) break;
        bool ok = true;
        for (int i = 0; i < r->base.ncols && ok; i++) {
            ok = tl_cell_put(r->enc, i, &r->types[i], r->st, i);
        }
        if (!ok || !tl_enc_end_row(r->enc)) {
            tl_oom(err);
            return -1;
        }
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        tl_sql_fail(e, err);
        return -1;
    }
    bool any = tl_enc_rows(r->enc) > 0;
    if (any && !tl_enc_finish(r->enc, block)) {
        tl_oom(err);
        return -1;
    }
    if (rc == SQLITE_DONE) stop(r);
    return any;
}

static int next_block(struct tl_result *base, struct tl_buf *block, struct tl_error *err)
{
    struct tl_result_sql *r = (struct tl_result_sql *)base;
    if (r->first) {
        struct parked *k = r->first;
        r->first = k->next;
        if (!r->first) r->tail = &r->first;
        bool ok = tl_buf_put(block, k->block.p, k->block.n);
        tl_buf_free(&k->block);
        free(k);
        if (!ok) tl_oom(err);
        return ok ? 1 : -1;
    }
    if (r->failed.code) {
        *err = r->failed;
        return -1;
    }
    return r->st ? step_block(r, block, err) : 0;
}

static void free_result(struct tl_result *base)
{
    struct tl_result_sql *r = (struct tl_result_sql *)base;
    stop(r);
    while (r->first) {
        struct parked *k = r->first;
        r->first = k->next;
        tl_buf_free(&k->block);
        free(k);
    }
    tl_enc_free(r->enc);
    free(r->types);
    free(base->cols);
    free(r);
}

void tl_results_stop(struct tl_engine *e)
{
    while (e->open)
        stop(e->open);
}

bool tl_results_park(struct tl_engine *e, struct tl_error *err)
{
    while (e->open) {
        struct tl_result_sql *r = e->open;
        for (int rc = 1; rc == 1 && r->st;) {
            struct parked *k = calloc(1, sizeof *k);
            if (!k) return tl_oom(err);
            rc = step_block(r, &k->block, &r->failed);
            if (rc == 1) {
                *r->tail = k;
                r->tail = &k->next;
            } else {
                tl_buf_free(&k->block);
                free(k);
            }
        }
        stop(r);
    }
    return true;
}

struct tl_result *tl_result_query(struct tl_engine *e, const struct tl_session *s, sqlite3_stmt *st,
                                  const struct tl_col *cols, int ncols, int prec,
                                  struct tl_error *err)
{
    struct tl_result_sql *r = calloc(1, sizeof *r);
    if (!r) {
        sqlite3_finalize(st);
        tl_oom(err);
        return NULL;
    }
    r->base.ncols = ncols;
    r->base.ts_prec = prec;
    r->base.next = next_block;
    r->base.free = free_result;
    r->e = e;
    r->st = st;
    r->tail = &r->first;
    memcpy(r->tz, s->tz, sizeof r->tz);
    r->base.cols = calloc((size_t)ncols, sizeof *cols);
    r->types = calloc((size_t)ncols, sizeof *r->types);
    r->enc = tl_enc_new(cols, ncols);
    if (!r->base.cols || !r->types || !r->enc) {
        free_result(&r->base);
        tl_oom(err);
        return NULL;
    }
    memcpy(r->base.cols, cols, (size_t)ncols * sizeof *cols);
    for (int i = 0; i < ncols; i++) {
        r->types[i].t = cols[i].type;
        r->types[i].p = cols[i].precision;
        r->types[i].s = cols[i].scale;
        r->types[i].len = cols[i].length;
    }
    r->next = e->open;
    r->prev = &e->open;
    if (r->next) r->next->prev = &r->next;
    e->open = r;
    return &r->base;
}

static int next_none(struct tl_result *r, struct tl_buf *block, struct tl_error *err)
{
    (void)r;
    (void)block;
    (void)err;
    return 0;
}

static void free_plain(struct tl_result *r)
{
    free(r);
}

struct tl_result *tl_result_update(int64_t affected, struct tl_error *err)
{
    struct tl_result *r = calloc(1, sizeof *r);
    if (!r) {
        tl_oom(err);
        return NULL;
    }
    r->is_update = true;
    r->affected = affected;
    r->next = next_none;
    r->free = free_plain;
    return r;
}

struct tl_result *tl_result_sql(struct tl_engine *e, const struct tl_session *s, struct tl_sb *sql,
                                const struct tl_col *cols, int ncols, struct tl_error *err)
{
    sqlite3_stmt *st = NULL;
    if (sql->oom) {
        tl_oom(err);
        return NULL;
    }
    if (sqlite3_prepare_v2(e->sq, sql->p, (int)sql->n, &st, NULL) != SQLITE_OK) {
        tl_sql_fail(e, err);
        return NULL;
    }
    return tl_result_query(e, s, st, cols, ncols, 0, err);
}

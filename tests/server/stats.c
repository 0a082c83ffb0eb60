/* stats.c: counters for tests (stats.h). */
#include "server_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tl_stats_message(struct tl_stats *s, const char *name, size_t bytes)
{
    int i = 0;
    s->bytes_in += bytes;
    while (i < s->nactions && strcmp(s->action[i].name, name) != 0)
        i++;
    if (i == TL_STATS_ACTIONS) return;
    if (i == s->nactions) {
        s->nactions++;
        snprintf(s->action[i].name, sizeof s->action[i].name, "%.23s", name);
    }
    s->action[i].n++;
}

/* A result of one block that was filled beforehand. */
struct table {
    struct tl_result base;
    struct tl_col cols[2];
    struct tl_buf block;
    bool sent;
};

static int next_block(struct tl_result *base, struct tl_buf *block, struct tl_error *err)
{
    struct table *t = (struct table *)base;
    if (t->sent) return 0;
    t->sent = true;
    if (tl_buf_put(block, t->block.p, t->block.n)) return 1;
    err->code = 0x0102;
    snprintf(err->msg, sizeof err->msg, "Out of Memory");
    return -1;
}

static void free_table(struct tl_result *base)
{
    struct table *t = (struct table *)base;
    tl_buf_free(&t->block);
    free(t);
}

static bool put(struct tl_enc *enc, const char *name, uint64_t value)
{
    return tl_enc_var(enc, 0, name, strlen(name)) && tl_enc_fixed(enc, 1, &value) &&
           tl_enc_end_row(enc);
}

static bool fill(const struct tl_server *srv, struct tl_enc *enc)
{
    const struct tl_stats *s = &srv->stats;
    uint64_t conns = 0, results = 0, stmts = 0;
    char name[64];
    for (const struct tl_conn *c = srv->conns; c; c = c->next) {
        conns++;
        stmts += (uint64_t)tl_preps_count(c);
        for (const struct tl_open *o = c->open; o; o = o->next)
            results++;
    }
    bool ok = put(enc, "violations", s->violations) && put(enc, "bytes_in", s->bytes_in) &&
              put(enc, "bytes_out", s->bytes_out) && put(enc, "connections", conns) &&
              put(enc, "open_results", results) && put(enc, "open_stmts", stmts);
    for (int i = 0; ok && i < s->nactions; i++) {
        snprintf(name, sizeof name, "action.%s", s->action[i].name);
        ok = put(enc, name, s->action[i].n);
    }
    return ok;
}

struct tl_result *tl_stats_result(const struct tl_server *srv, struct tl_error *err)
{
    struct table *t = calloc(1, sizeof *t);
    struct tl_enc *enc = NULL;
    if (t) {
        t->cols[0] = (struct tl_col){.name = "name", .type = TL_VARCHAR, .length = 64};
        t->cols[1] = (struct tl_col){.name = "value", .type = TL_BIGINT, .length = 8};
        t->base =
            (struct tl_result){.ncols = 2, .cols = t->cols, .next = next_block, .free = free_table};
        enc = tl_enc_new(t->cols, 2);
    }
    const bool ok = enc && fill(srv, enc) && tl_enc_finish(enc, &t->block);
    tl_enc_free(enc);
    if (ok) return &t->base;
    if (t) free_table(&t->base);
    err->code = 0x0102;
    snprintf(err->msg, sizeof err->msg, "Out of Memory");
    return NULL;
}

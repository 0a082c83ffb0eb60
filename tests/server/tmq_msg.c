/* tmq_msg.c: messages of subscriptions (tmq_msg.h). */
#include "tmq_msg.h"
#include "engine_stmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLAG_SMA = 1, FLAG_TYPE_MOD = 0x80, OFFSET_LOG = 0x11, LAYOUT = 100, OFFSETS = 18 };

void tl_tmq_msg_free(struct tl_tmq_msg *m)
{
    if (!m) return;
    for (int i = 0; i < m->nblocks; i++) {
        tl_buf_free(&m->blocks[i].raw);
        free(m->blocks[i].cols);
        free(m->blocks[i].flags);
        free(m->blocks[i].ids);
    }
    free(m->blocks);
    tl_buf_free(&m->meta);
    free(m);
}

/* ---- making ---- */

static struct tl_tmq_block *new_block(struct tl_tmq_msg *m, int ncols)
{
    struct tl_tmq_block *v = realloc(m->blocks, (size_t)(m->nblocks + 1) * sizeof *v);
    if (!v) return NULL;
    m->blocks = v;
    v += m->nblocks++;
    *v = (struct tl_tmq_block){.ncols = ncols};
    v->cols = calloc((size_t)ncols, sizeof *v->cols);
    v->flags = calloc((size_t)ncols, 1);
    v->ids = calloc((size_t)ncols, sizeof *v->ids);
    return v->cols && v->flags && v->ids ? v : NULL;
}

/* Adds the blocks of one entry; the number of their rows goes to *rows. */
static bool add_rows(struct tl_tmq_msg *m, struct tl_result *r, const char *table,
                     const struct tl_table *schema, uint64_t *rows, struct tl_error *err)
{
    for (;;) {
        struct tl_buf raw = {0};
        const int got = r->next(r, &raw, err);
        struct tl_tmq_block *b = got == 1 ? new_block(m, r->ncols) : NULL;
        if (!b) {
            tl_buf_free(&raw);
            return got == 0 || (got == 1 && tl_oom(err));
        }
        raw.p[0] = 2; /* the version of blocks in messages */
        b->raw = raw;
        memcpy(&b->rows, raw.p + 8, 4);
        b->prec = r->ts_prec;
        snprintf(b->table, sizeof b->table, "%s", table);
        memcpy(b->cols, r->cols, (size_t)r->ncols * sizeof *r->cols);
        for (int i = 0; i < r->ncols; i++) {
            b->ids[i] = schema ? schema->cols[i].id : i + 1;
            if (schema) b->flags[i] = FLAG_SMA | (tl_is_dec(r->cols[i].type) ? FLAG_TYPE_MOD : 0);
        }
        *rows += b->rows;
    }
}

static bool add_entry(struct tl_engine *e, const struct tl_topic *t, const struct tl_wal_entry *en,
                      struct tl_tmq_msg *m, uint64_t *rows, struct tl_error *err)
{
    char table[193];
    const struct tl_table *schema;
    struct tl_result *r = tl_topic_rows(e, t, en, table, &schema, err);
    if (!r) return err->code == 0;
    const bool ok = add_rows(m, r, table, schema, rows, err);
    r->free(r);
    return ok;
}

static void add_meta(struct tl_engine *e, const struct tl_topic *t, const struct tl_wal_entry *en,
                     struct tl_tmq_msg *m)
{
    struct tl_buf one = {0};
    if (t->meta && tl_topic_meta(e, t, en, &one)) {
        if (m->meta.n) tl_buf_u8(&m->meta, ',');
        tl_buf_put(&m->meta, one.p, one.n);
        m->type = TL_TMQ_META;
    }
    tl_buf_free(&one);
}

int tl_tmq_next(struct tl_engine *e, const struct tl_topic *t, int vgroup, uint64_t rows,
                bool one_meta, int64_t *pos, struct tl_tmq_msg **out, struct tl_error *err)
{
    uint64_t have = 0;
    bool ok = true;
    const struct tl_wal_entry *en = tl_wal_at(e, t->dbid, vgroup, *pos);
    const struct tl_db *db = tl_db_by_id(e, t->dbid);
    if (!en || !db) return 0;
    struct tl_tmq_msg *m = calloc(1, sizeof *m);
    if (!m) {
        tl_oom(err);
        return -1;
    }
    m->from = *pos;
    m->vgroup = vgroup;
    m->named = t->kind != TL_TOPIC_QUERY;
    memcpy(m->topic, t->name, sizeof m->topic);
    memcpy(m->db, db->name, sizeof m->db);
    for (; ok && en; en = tl_wal_at(e, t->dbid, vgroup, *pos)) {
        if (en->table && t->meta && m->nblocks) break; /* data and made tables do not mix */
        if (!en->table && m->type == TL_TMQ_META) break;
        if (en->table)
            add_meta(e, t, en, m);
        else
            ok = add_entry(e, t, en, m, &have, err);
        ++*pos;
        if (have >= rows || (one_meta && m->type == TL_TMQ_META)) break;
    }
    m->to = *pos;
    if (m->nblocks) m->type = TL_TMQ_DATA;
    if (ok && m->type) {
        *out = m;
        return 1;
    }
    tl_tmq_msg_free(m);
    return ok ? 0 : -1;
}

/* ---- sending ---- */

static void put_varint(struct tl_buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        tl_buf_u8(b, (uint8_t)(v | 0x80));
    tl_buf_u8(b, (uint8_t)v);
}

static void put_zigzag(struct tl_buf *b, int64_t v)
{
    put_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static void put_cstr(struct tl_buf *b, const char *s)
{
    put_varint(b, strlen(s) + 1);
    tl_buf_put(b, s, strlen(s) + 1);
}

static bool put_block(const struct tl_tmq_msg *m, const struct tl_tmq_block *k, struct tl_buf *b)
{
    put_varint(b, 18 + k->raw.n);
    tl_buf_u64(b, 1);
    tl_buf_u64(b, __builtin_bswap64((uint64_t)k->rows)); /* big-endian */
    tl_buf_u8(b, 0);
    tl_buf_u8(b, (uint8_t)k->prec);
    tl_buf_put(b, k->raw.p, k->raw.n);
    put_zigzag(b, k->ncols);
    put_zigzag(b, 0); /* the schema's version: never altered (golden/tmq) */
    for (int i = 0; i < k->ncols; i++) {
        tl_buf_u8(b, k->cols[i].type);
        tl_buf_u8(b, k->flags[i]);
        put_zigzag(b, tl_internal_bytes(k->cols[i].type, k->cols[i].length));
        put_zigzag(b, k->ids[i]);
        put_cstr(b, k->cols[i].name);
    }
    if (m->named) put_cstr(b, k->table);
    return true;
}

bool tl_tmq_raw(const struct tl_tmq_msg *m, struct tl_buf *b)
{
    tl_buf_u8(b, LAYOUT);
    tl_buf_u32(b, OFFSETS);
    tl_buf_u8(b, OFFSET_LOG);
    tl_buf_u64(b, (uint64_t)m->from);
    tl_buf_u8(b, OFFSET_LOG);
    tl_buf_u64(b, (uint64_t)m->to);
    tl_buf_u32(b, (uint32_t)m->nblocks);
    if (m->nblocks) {
        tl_buf_u8(b, m->named);
        tl_buf_u8(b, 1);
    }
    for (int i = 0; i < m->nblocks; i++)
        put_block(m, &m->blocks[i], b);
    return tl_buf_u64(b, 0); /* sleepTime */
}

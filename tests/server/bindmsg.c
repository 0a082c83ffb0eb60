/* bindmsg.c: bind messages (bindmsg.h). */
#include "bindmsg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 28, EXEC_HEAD = 20, MAX_FIELDS = 4096 };

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

__attribute__((format(printf, 2, 3))) static bool fail(struct tl_error *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err->code = 0xFFFF;
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return false;
}

static bool oom(struct tl_error *err)
{
    err->code = 0x0102;
    snprintf(err->msg, sizeof err->msg, "Out of Memory");
    return false;
}

/* Reads one record at p of at most n bytes; returns its length, 0 when it does not add up. */
static size_t read_rec(struct tl_rec *rec, const uint8_t *p, size_t n)
{
    if (n < 17) return 0;
    const size_t total = u32(p);
    size_t at = 12;
    rec->type = (int32_t)u32(p + 4);
    rec->num = u32(p + 8);
    if (total > n || rec->num > total) return 0;
    rec->nulls = p + at;
    at += rec->num;
    if (at + 5 > total) return 0;
    const bool lengths = p[at++] != 0;
    rec->lens = lengths ? p + at : NULL;
    if (lengths && rec->num > (total - at) / 4) return 0;
    if (lengths) at += 4 * (size_t)rec->num;
    if (at + 4 > total) return 0;
    rec->nbuf = u32(p + at);
    at += 4;
    rec->buf = p + at;
    return rec->nbuf == total - at ? total : 0;
}

/* ---- 4.3 ---- */

static bool read_names(struct tl_bindmsg *m, const uint8_t *p, size_t n, uint32_t off,
                       struct tl_error *err)
{
    size_t at = off + 2 * (size_t)m->count;
    if (at > n)
        return fail(err,
                    "table name lengths out of range, total length: %zu, tableNamesLengthEnd: %zu",
                    n, at);
    for (uint32_t i = 0; i < m->count; i++) {
        const size_t len = u16(p + off + 2 * i);
        if (len > n - at)
            return fail(err,
                        "table names out of range, total length: %zu, tableNameTotalLength: %zu", n,
                        at + len);
        if (len == 0 || p[at + len - 1] != 0)
            return fail(err, "table name is not terminated, tableIndex: %u", i);
        m->tables[i].name = (const char *)p + at;
        m->tables[i].nname = strlen((const char *)p + at);
        at += len;
    }
    return true;
}

static bool read_section(struct tl_bindmsg *m, const uint8_t *p, size_t n, uint32_t off, bool tags,
                         struct tl_rec *recs, struct tl_error *err)
{
    const char *what = tags ? "tag" : "col";
    const uint32_t fields = tags ? m->ntags : m->ncols;
    size_t at = off + 4 * (size_t)m->count;
    if (fields == 0) return fail(err, "%s count is 0, but %ss offset is not 0", what, what);
    if (at > n) return fail(err, "%ss out of range, total length: %zu", what, n);
    for (uint32_t t = 0; t < m->count; t++) {
        const size_t len = u32(p + off + 4 * t);
        if (len == 0) return fail(err, "%s length is 0, tableIndex: %u", what, t);
        if (len > n - at) return fail(err, "%ss out of range, total length: %zu", what, n);
        size_t used = 0;
        for (uint32_t f = 0; f < fields; f++) {
            const size_t k = read_rec(&recs[(size_t)t * fields + f], p + at + used, len - used);
            if (k == 0)
                return fail(err, "bind data length error, tableIndex: %u, fieldIndex: %u", t, f);
            used += k;
        }
        if (used != len)
            return fail(err, "bind data length error, tableIndex: %u, fieldIndex: %u", t, fields);
        if (tags)
            m->tables[t].tags = &recs[(size_t)t * fields];
        else
            m->tables[t].cols = &recs[(size_t)t * fields];
        at += len;
    }
    return true;
}

static bool make_room(struct tl_bindmsg *m, size_t recs, struct tl_error *err)
{
    m->tables = calloc(m->count, sizeof *m->tables);
    m->recs = calloc(recs ? recs : 1, sizeof *m->recs);
    return (m->tables && m->recs) || oom(err);
}

bool tl_bindmsg_parse(struct tl_bindmsg *m, const uint8_t *p, size_t n, struct tl_error *err)
{
    *m = (struct tl_bindmsg){0};
    if (n < HEAD) return fail(err, "message length is too short");
    if (u32(p) != n) return fail(err, "total length not match, expect %zu, but get %u", n, u32(p));
    m->count = u32(p + 4);
    m->ntags = u32(p + 8);
    m->ncols = u32(p + 12);
    const uint32_t names = u32(p + 16), tags = u32(p + 20), cols = u32(p + 24);
    if (m->count == 0) return fail(err, "table count is 0");
    /* each table takes four bytes of a section, each record 17: larger counts cannot be true */
    const uint64_t nt = tags ? (uint64_t)m->count * m->ntags : 0;
    const uint64_t nc = cols ? (uint64_t)m->count * m->ncols : 0;
    if (m->count > n || nt > n || nc > n || names > n || tags > n || cols > n)
        return fail(err, "offsets out of range, total length: %zu", n);
    if (!make_room(m, (size_t)(nt + nc), err)) return false;
    return (!names || read_names(m, p, n, names, err)) &&
           (!tags || read_section(m, p, n, tags, true, m->recs, err)) &&
           (!cols || read_section(m, p, n, cols, false, m->recs + nt, err));
}

void tl_bindmsg_free(struct tl_bindmsg *m)
{
    free(m->tables);
    free(m->recs);
    *m = (struct tl_bindmsg){0};
}

/* ---- 4.6 ---- */

bool tl_bindexec_parse(struct tl_bindexec *m, const uint8_t *p, size_t n, struct tl_error *err)
{
    *m = (struct tl_bindexec){0};
    if (n < EXEC_HEAD) return fail(err, "message length is too short");
    if (u32(p) != n) return fail(err, "total length not match, expect %zu, but get %u", n, u32(p));
    m->rows = u32(p + 4);
    m->tables = u32(p + 8);
    m->nfields = u32(p + 12);
    size_t at = u32(p + 16);
    if (m->rows == 0) return fail(err, "row count is 0");
    if (m->nfields == 0 || m->nfields > MAX_FIELDS)
        return fail(err, "field count out of range: %u", m->nfields);
    if (at < EXEC_HEAD || at > n) return fail(err, "field offset out of range: %zu", at);
    m->recs = calloc(m->nfields, sizeof *m->recs);
    if (!m->recs) return oom(err);
    for (uint32_t f = 0; f < m->nfields; f++) {
        const size_t k = read_rec(&m->recs[f], p + at, n - at);
        if (k == 0 || m->recs[f].num != m->rows)
            return fail(err, "bind data length error, fieldIndex: %u", f);
        at += k;
    }
    return at == n || fail(err, "bind data length error, fieldIndex: %u", m->nfields);
}

bool tl_rec_value(const struct tl_rec *rec, uint32_t row, size_t *at, const uint8_t **p, size_t *n)
{
    *p = NULL;
    *n = 0;
    if (rec->nulls[row] == 1) return true;
    const int32_t len = rec->lens ? (int32_t)u32(rec->lens + 4 * (size_t)row) : 0;
    if (len < 0 || (size_t)len > rec->nbuf - *at) return false;
    *p = rec->buf + *at;
    *n = (size_t)len;
    *at += (size_t)len;
    return true;
}

/* Rows from `row` on of a record, `num` of them; *at is where the row's bytes begin. */
static bool slice(const struct tl_rec *in, uint32_t row, uint32_t num, size_t *at,
                  struct tl_rec *out)
{
    const uint8_t *p;
    size_t n;
    *out = *in;
    out->num = num;
    out->nulls = in->nulls + row;
    if (!in->lens) {
        const size_t width = in->num ? in->nbuf / in->num : 0; /* 0: all NULL without a buffer */
        out->buf = in->buf + width * row;
        out->nbuf = width * num;
        return true;
    }
    out->lens = in->lens + 4 * (size_t)row;
    out->buf = in->buf + *at;
    const size_t from = *at;
    for (uint32_t r = row; r < row + num; r++)
        if (!tl_rec_value(in, r, at, &p, &n)) return false;
    out->nbuf = *at - from;
    return true;
}

struct group {
    const struct tl_bindexec *x;
    const uint8_t *kinds;
    const struct tl_rec *names; /* NULL without a tbname field */
    size_t *at;                 /* how far each record has been read */
    size_t name_at;
};

/* The length of the run of equal names that begins at `row`. */
static bool run_of(struct group *g, uint32_t row, struct tl_bind_table *t, uint32_t *num)
{
    const uint8_t *p, *q;
    size_t n, k;
    *num = g->x->rows - row;
    if (!g->names) return true;
    if (!tl_rec_value(g->names, row, &g->name_at, &p, &n) || !p) return false;
    t->name = (const char *)p;
    t->nname = n;
    for (*num = 1; row + *num < g->x->rows; ++*num) {
        size_t next = g->name_at;
        if (!tl_rec_value(g->names, row + *num, &next, &q, &k) || !q) return false;
        if (k != n || memcmp(p, q, n) != 0) break;
        g->name_at = next;
    }
    return true;
}

static bool group_rows(struct group *g, struct tl_bindmsg *out)
{
    uint32_t row = 0, t = 0;
    struct tl_rec *tag_at = out->recs;
    struct tl_rec *col_at = out->recs + (size_t)out->count * out->ntags;
    for (; row < g->x->rows; t++) {
        struct tl_rec *tag, *col;
        uint32_t num;
        if (t == out->count) return false;
        struct tl_bind_table *to = &out->tables[t];
        if (!run_of(g, row, to, &num)) return false;
        to->tags = out->ntags ? tag_at : NULL;
        to->cols = out->ncols ? col_at : NULL;
        tag = tag_at;
        col = col_at;
        for (uint32_t f = 0; f < g->x->nfields; f++) {
            if (g->kinds[f] == 4) continue;
            struct tl_rec *rec = g->kinds[f] == 2 ? tag++ : col++;
            if (!slice(&g->x->recs[f], row, num, &g->at[f], rec)) return false;
            if (g->kinds[f] != 2) continue;
            if (!rec->lens) rec->nbuf /= num; /* a tag is repeated on each row: the first counts */
            rec->num = 1;
        }
        tag_at = tag;
        col_at = col;
        row += num;
    }
    return t == out->count;
}

bool tl_bindexec_group(const struct tl_bindexec *x, const uint8_t *kinds, struct tl_bindmsg *out,
                       struct tl_error *err)
{
    struct group g = {.x = x, .kinds = kinds};
    *out = (struct tl_bindmsg){.count = x->tables};
    for (uint32_t f = 0; f < x->nfields; f++) {
        out->ntags += kinds[f] == 2;
        out->ncols += kinds[f] != 2 && kinds[f] != 4;
        if (kinds[f] == 4) g.names = &x->recs[f];
    }
    if (x->tables == 0 || x->tables > x->rows) return fail(err, "table count is not right");
    g.at = calloc(x->nfields, sizeof *g.at);
    bool ok = make_room(out, (size_t)out->count * (out->ntags + out->ncols), err) && g.at;
    if (ok && !group_rows(&g, out)) ok = fail(err, "table count or names do not match the rows");
    free(g.at);
    return ok;
}

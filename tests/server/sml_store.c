/* sml_store.c: super tables, columns and child tables as the points need them (sml.h). */
#include "sml.h"
#include "sql_time.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_var(uint8_t t)
{
    return t == TL_VARCHAR || t == TL_NCHAR || t == TL_VARBINARY || t == TL_GEOMETRY;
}

/* The smallest power of two above the bytes of the value (golden/schemaless/after). */
static int32_t room_for(const struct tl_sml_kv *kv)
{
    const int32_t most = kv->type == TL_NCHAR ? 16379 : 65517;
    int32_t n = 1;
    if (!is_var(kv->type)) return 0;
    while ((size_t)n <= kv->val.n && n < most)
        n *= 2;
    return n < most ? n : most;
}

static void put_name(struct tl_sb *b, const char *name)
{
    tl_sb_str(b, "`");
    for (; *name; name++) {
        if (*name == '`') tl_sb_str(b, "`");
        tl_sb_put(b, name, 1);
    }
    tl_sb_str(b, "`");
}

static void put_def(struct tl_sb *b, const struct tl_sml_kv *kv)
{
    put_name(b, kv->key);
    tl_sb_fmt(b, " %s", tl_type_base(kv->type));
    if (is_var(kv->type)) tl_sb_fmt(b, "(%d)", (int)room_for(kv));
}

/* Runs DDL made here. */
static bool run(struct tl_engine *e, struct tl_session *s, struct tl_sb *b, struct tl_error *err)
{
    struct tl_result *r = NULL;
    if (b->oom)
        tl_oom(err);
    else
        r = tl_engine_exec(e, s, b->p, b->n, err);
    if (r) r->free(r);
    tl_sb_free(b);
    return r != NULL;
}

static bool make_super(struct tl_engine *e, struct tl_session *s, const struct tl_sml_point *p,
                       struct tl_error *err)
{
    struct tl_sb b = {0};
    tl_sb_str(&b, "create stable ");
    put_name(&b, p->table);
    tl_sb_str(&b, " (`_ts` timestamp");
    for (const struct tl_sml_kv *kv = p->cols; kv; kv = kv->next) {
        tl_sb_str(&b, ",");
        put_def(&b, kv);
    }
    tl_sb_str(&b, ") tags (");
    for (const struct tl_sml_kv *kv = p->tags; kv; kv = kv->next) {
        put_def(&b, kv);
        if (kv->next) tl_sb_str(&b, ",");
    }
    tl_sb_str(&b, ")");
    return run(e, s, &b, err);
}

/* Adds or widens one column or tag. */
static bool fit(struct tl_engine *e, struct tl_session *s, const struct tl_sml_point *p,
                const struct tl_table *t, const struct tl_sml_kv *kv, bool tag,
                struct tl_error *err)
{
    const struct tl_field *f = tag ? tl_tag_of(t, kv->key) : tl_col_of(t, kv->key);
    struct tl_sb b = {0};
    if (f && f->type.t != kv->type)
        return tl_fail(err, TL_E_SML_DATA, "SML column type not match: %s", kv->key);
    if (f && (!is_var(kv->type) || (size_t)f->type.len >= kv->val.n)) return true;
    tl_sb_str(&b, "alter stable ");
    put_name(&b, p->table);
    tl_sb_fmt(&b, " %s %s ", f ? "modify" : "add", tag ? "tag" : "column");
    put_def(&b, kv);
    return run(e, s, &b, err);
}

static bool super_of(struct tl_engine *e, const struct tl_session *s, const char *name,
                     struct tl_ref *ref, int *found, struct tl_error *err)
{
    struct tl_db *db = tl_need_db(e, s, NULL, err);
    *found = db ? tl_lookup(e, db, name, ref, err) : -1;
    if (*found < 0) return false;
    if (*found && ref->kind != TL_KIND_SUPER)
        return tl_fail(err, TL_E_TABLE_EXISTS, "Table already exists");
    return true;
}

/* After this the super table takes the point. */
static bool make_schema(struct tl_engine *e, struct tl_session *s, const struct tl_sml_point *p,
                        struct tl_error *err)
{
    struct tl_ref ref;
    int found;
    if (!super_of(e, s, p->table, &ref, &found, err)) return false;
    if (!found) return make_super(e, s, p, err);
    for (int tag = 0; tag < 2; tag++) {
        for (const struct tl_sml_kv *kv = tag ? p->tags : p->cols; kv; kv = kv->next) {
            /* each change may have renewed the schema */
            if (!super_of(e, s, p->table, &ref, &found, err) ||
                !fit(e, s, p, ref.tab, kv, tag, err))
                return false;
        }
    }
    return true;
}

/* ---- child tables ---- */

static int by_key(const void *a, const void *b)
{
    const struct tl_sml_kv *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

/* "t_" and the MD5 of "stable,tag=value,..." with sorted tags; numbers by their bytes. */
static bool auto_name(const struct tl_sml_point *p, char out[40], struct tl_error *err)
{
    const struct tl_sml_kv *tags[128];
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    int n = 0;
    struct tl_sb b = {0};
    for (const struct tl_sml_kv *kv = p->tags; kv; kv = kv->next) {
        if (n == 128) return tl_fail(err, TL_E_SML_DATA, "too many tags");
        tags[n++] = kv;
    }
    qsort(tags, (size_t)n, sizeof *tags, by_key);
    tl_sb_str(&b, p->table);
    for (int i = 0; i < n; i++) {
        const struct tl_val *v = &tags[i]->val;
        tl_sb_fmt(&b, ",%s=", tags[i]->key);
        if (is_var(tags[i]->type))
            tl_sb_put(&b, v->p, v->n);
        else if (tags[i]->type == TL_DOUBLE)
            tl_sb_put(&b, (const char *)&v->d, 8);
        else
            tl_sb_put(&b, (const char *)&v->i, (size_t)tl_type_width(tags[i]->type));
    }
    const bool ok = !b.oom && EVP_Digest(b.p, b.n, md, &len, EVP_md5(), NULL) == 1 && len == 16;
    tl_sb_free(&b);
    if (!ok) return tl_oom(err);
    memcpy(out, "t_", 2);
    for (unsigned i = 0; i < 16; i++)
        snprintf(out + 2 + 2 * i, 3, "%02x", md[i]);
    return true;
}

/* The tag named by table_name_key gives the name and is no tag any more. */
static char *own_name(struct tl_sml *m, struct tl_sml_point *p)
{
    for (struct tl_sml_kv **kv = &p->tags; *m->rq->name_key && *kv; kv = &(*kv)->next) {
        if (strcmp((*kv)->key, m->rq->name_key) != 0 || !is_var((*kv)->type)) continue;
        char *name = tl_arena_dup(&m->ar, (*kv)->val.p, (*kv)->val.n);
        *kv = (*kv)->next;
        return name;
    }
    return NULL;
}

/* A point without tags gets one that is always NULL: a super table needs a tag. */
static bool need_tag(struct tl_sml *m, struct tl_sml_point *p)
{
    if (p->tags) return true;
    struct tl_sml_kv *kv = tl_sml_add(m, &p->tags, "_tag_null", 9);
    if (!kv) return false;
    kv->type = TL_NCHAR;
    kv->val.null = true;
    kv->val.p = "";
    return true;
}

static bool find_child(struct tl_engine *e, struct tl_sml *m, const struct tl_sml_point *p,
                       const struct tl_ref *super, const char *name, int64_t *tid)
{
    struct tl_ref ref;
    const struct tl_table *t = super->tab;
    const int found = tl_lookup(e, (struct tl_db *)super->db, name, &ref, m->err);
    *tid = ref.tid;
    if (found < 0) return false;
    if (found) return ref.tab == t || tl_fail(m->err, TL_E_TABLE_EXISTS, "Table already exists");
    struct tl_val *tags = tl_arena_get(&m->ar, (size_t)t->ntags * sizeof *tags);
    if (!tags) return tl_oom(m->err);
    for (int i = 0; i < t->ntags; i++)
        tags[i].null = true;
    for (const struct tl_sml_kv *kv = p->tags; kv; kv = kv->next)
        tags[tl_tag_of(t, kv->key) - t->tags] = kv->val;
    if (!tl_create_child(e, t, name, tags, tid, m->err)) return false;
    return m->rq->ttl <= 0 || tl_run(e, m->err, "UPDATE tl_tab SET ttl = %lld WHERE id = %lld",
                                     (long long)m->rq->ttl, (long long)*tid);
}

static bool store(struct tl_engine *e, struct tl_session *s, struct tl_sml *m,
                  const struct tl_sml_point *p, const char *name)
{
    struct tl_ref ref;
    int found, n = 0;
    int64_t tid;
    if (!super_of(e, s, p->table, &ref, &found, m->err)) return false;
    const struct tl_table *t = ref.tab;
    int *cols = tl_arena_get(&m->ar, (size_t)t->ncols * sizeof *cols);
    struct tl_val *row = tl_arena_get(&m->ar, (size_t)t->ncols * sizeof *row);
    if (!cols || !row) return tl_oom(m->err);
    const int64_t now = tl_ts_now(m->prec);
    cols[n] = 0;
    row[n++].i = p->has_ts ? p->ts : now;
    for (const struct tl_sml_kv *kv = p->cols; kv; kv = kv->next) {
        cols[n] = (int)(tl_col_of(t, kv->key) - t->cols);
        row[n++] = kv->val;
    }
    return tl_check_keep(ref.db, row[0].i, now, m->err) && find_child(e, m, p, &ref, name, &tid) &&
           tl_engine_insert_rows(e, t, tid, cols, n, row, 1, m->err);
}

static bool store_point(struct tl_engine *e, struct tl_session *s, struct tl_sml *m,
                        struct tl_sml_point *p)
{
    char hash[40];
    const char *name = own_name(m, p);
    if (!name) {
        if (!auto_name(p, hash, m->err)) return false;
        name = hash;
    }
    if (!need_tag(m, p) || !make_schema(e, s, p, m->err)) return false;
    return tl_begin(e, m->err) && tl_commit(e, store(e, s, m, p, name), m->err);
}

bool tl_sml_insert(struct tl_engine *e, struct tl_session *s, const struct tl_sml_request *rq,
                   int64_t *affected, int64_t *total, struct tl_error *err)
{
    struct tl_sml m = {.err = err, .rq = rq};
    m.tail = &m.first;
    *err = (struct tl_error){0};
    *affected = *total = 0;
    if (rq->protocol < TL_SML_LINE || rq->protocol > TL_SML_JSON)
        return tl_fail(err, TL_E_SML_PROTOCOL, "protocol invalidate");
    const struct tl_db *db = tl_need_db(e, s, NULL, err);
    if (!db) return false;
    m.prec = db->prec;
    e->err = err;
    e->tz = s->tz;
    bool ok = rq->protocol == TL_SML_JSON ? tl_sml_json(&m) : tl_sml_lines(&m);
    for (struct tl_sml_point *p = m.first; p && ok; p = p->next)
        ok = store_point(e, s, &m, p);
    *affected = m.points;
    *total = m.lines;
    tl_arena_drop(&m.ar);
    return ok;
}

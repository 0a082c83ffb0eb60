/* engine_from.c: the tables of FROM: resolving them and writing them for SQLite
   (engine_query.h). */
#include "engine_query.h"

#include <string.h>

static struct tl_srccol *new_cols(struct tl_scope *sc, int n)
{
    struct tl_srccol *c = tl_arena_get(sc->ar, (size_t)n * sizeof *c);
    if (!c) tl_oom(sc->err);
    return c;
}

static bool user_columns(struct tl_scope *sc, struct tl_source *src)
{
    const struct tl_table *t = src->tab;
    src->ncols = t->ncols + t->ntags + 1;
    src->cols = new_cols(sc, src->ncols);
    if (!src->cols) return false;
    for (int i = 0; i < src->ncols; i++) {
        struct tl_srccol *c = &src->cols[i];
        bool tag = i >= t->ncols;
        if (i == src->ncols - 1) {
            c->name = "tbname";
            c->type = tl_mk(TL_VARCHAR, 270);
            c->hidden = c->tag = true;
            if (src->kind == TL_KIND_NORMAL) c->tag = false;
            continue;
        }
        const struct tl_field *f = tag ? &t->tags[i - t->ncols] : &t->cols[i];
        c->name = tl_arena_dup(sc->ar, f->name, strlen(f->name)); /* DDL may drop the cache */
        if (!c->name) return tl_oom(sc->err);
        c->type = f->type;
        c->id = f->id;
        c->tag = tag;
        c->primary = i == 0;
    }
    return true;
}

static bool sys_columns(struct tl_scope *sc, struct tl_source *src)
{
    src->ncols = src->sys->ncols;
    src->cols = new_cols(sc, src->ncols);
    if (!src->cols) return false;
    for (int i = 0; i < src->ncols; i++) {
        src->cols[i].name = src->sys->cols[i].name;
        src->cols[i].type = tl_mk(src->sys->cols[i].t, src->sys->cols[i].len);
    }
    return true;
}

static bool bind_table(struct tl_scope *sc, const struct tl_from *f, struct tl_source *src)
{
    const char *db = f->db ? f->db : sc->s->db;
    src->table = f->table;
    src->dbname = db;
    if (tl_is_sysdb(db)) {
        src->sys = tl_systab_find(db, f->table);
        src->kind = TL_KIND_SYSTEM;
        src->prec = 0;
        if (!src->sys) return tl_fail(sc->err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
        if (!src->sys->sql) {
            return tl_fail(sc->err, TL_E_OPS_NOT_SUPPORT, "Operation not supported: %s.%s", db,
                           f->table);
        }
        return sys_columns(sc, src);
    }
    struct tl_name name = {f->db, f->table, NULL};
    struct tl_ref ref;
    if (!tl_need_table(sc->e, sc->s, &name, &ref, sc->err)) return false;
    src->tab = ref.tab;
    src->tid = ref.tid;
    src->kind = ref.kind;
    src->prec = ref.db->prec;
    return user_columns(sc, src);
}

static bool bind_sub(struct tl_scope *sc, struct tl_from *f, struct tl_source *src)
{
    struct tl_sb b = {0};
    struct tl_out out = {0};
    src->kind = TL_KIND_SYSTEM;
    bool ok = tl_compile(sc->e, sc->s, sc->ar, sc->err, f->sub, sc->depth + 1, &b, &out);
    if (ok) {
        src->sub_sql = tl_arena_dup(sc->ar, b.p, b.n);
        ok = src->sub_sql && !b.oom;
        if (!ok) tl_oom(sc->err);
    }
    tl_sb_free(&b);
    src->cols = out.cols;
    src->ncols = out.n;
    src->prec = out.prec;
    return ok;
}

bool tl_bind_from(struct tl_scope *sc, struct tl_select *sel)
{
    sc->prec = -1;
    sc->nsrc = 0;
    if (!sel->nfrom) return true;
    sc->src = tl_arena_get(sc->ar, (size_t)sel->nfrom * sizeof *sc->src);
    if (!sc->src) return tl_oom(sc->err);
    for (int i = 0; i < sel->nfrom; i++) {
        struct tl_source *src = &sc->src[i];
        struct tl_from *f = &sel->from[i];
        src->alias = f->alias ? f->alias : "";
        if (!(f->sub ? bind_sub(sc, f, src) : bind_table(sc, f, src))) return false;
        for (int k = 0; k < i; k++) {
            const char *a = src->alias[0] ? src->alias : src->table;
            const char *b = sc->src[k].alias[0] ? sc->src[k].alias : sc->src[k].table;
            if (a && b && strcmp(a, b) == 0) {
                return tl_fail(sc->err, TL_E_DUP_ALIAS, "Not unique table/alias: '%s'", a);
            }
        }
        if (src->prec >= 0 && sc->prec >= 0 && src->prec != sc->prec) {
            return tl_fail(sc->err, TL_E_SYNTAX, "tables of different time precision in one query");
        }
        if (src->prec >= 0) sc->prec = src->prec;
        sc->nsrc = i + 1;
    }
    sc->wrapped = sel->nfrom > 1;
    return true;
}

/* s12 AS x0 [JOIN g12 AS g0 ...]; what must hold goes to *cond. */
static void emit_user(const struct tl_source *s, int i, struct tl_sb *b, struct tl_sb *cond)
{
    long long id = (long long)s->tab->id;
    bool tags = s->use_tags && s->kind != TL_KIND_NORMAL;
    bool rows = s->use_rows || !tags;
    if (rows) tl_sb_fmt(b, "s%lld AS x%d", id, i);
    if (rows && tags) tl_sb_fmt(b, " JOIN g%lld AS g%d ON g%d.tid=x%d.tid", id, i, i, i);
    if (!rows) tl_sb_fmt(b, "g%lld AS g%d", id, i);
    if (s->tid) {
        tl_sb_fmt(cond, "%s%c%d.tid=%lld", cond->n ? " AND " : "", rows ? 'x' : 'g', i,
                  (long long)s->tid);
    }
}

/* A member of a join as a sub-select with columns k0, k1, ... */
static void emit_wrapped(struct tl_scope *sc, int i, struct tl_sb *b)
{
    struct tl_source *s = &sc->src[i];
    if (!s->tab) {
        if (s->sub_sql) tl_sb_fmt(b, "(%s) AS x%d", s->sub_sql, i);
        if (s->sys) tl_sb_fmt(b, "(%s) AS x%d", s->sys->sql, i);
        return;
    }
    struct tl_sb cond = {0};
    bool was = sc->wrapped;
    sc->wrapped = false;
    s->use_rows = true;
    tl_sb_str(b, "(SELECT ");
    bool any = false;
    for (int c = 0; c < s->ncols; c++) {
        if (s->cols[c].tag && !s->use_tags) continue;
        if (any) tl_sb_str(b, ",");
        any = true;
        tl_source_col(sc, i, c, b);
        tl_sb_fmt(b, " AS k%d", c);
    }
    sc->wrapped = was;
    tl_sb_str(b, " FROM ");
    emit_user(s, i, b, &cond);
    if (cond.n) tl_sb_fmt(b, " WHERE %s", cond.p);
    tl_sb_fmt(b, ") AS x%d", i);
    b->oom |= cond.oom;
    tl_sb_free(&cond);
}

/* Is x, or a term of its AND, an equation of the primary timestamps of two different sources? */
static bool joins_on_time(const struct tl_scope *sc, const struct tl_expr *x)
{
    if (x->k == EX_AND) {
        for (int i = 0; i < x->na; i++) {
            if (joins_on_time(sc, x->a[i])) return true;
        }
        return false;
    }
    if (x->k != EX_BIN || x->op != '=') return false;
    const struct tl_expr *l = x->a[0], *r = x->a[1];
    return l->k == EX_COL && r->k == EX_COL && l->src != r->src && l->src >= 0 && r->src >= 0 &&
           sc->src[l->src].cols[l->col].primary && sc->src[r->src].cols[r->col].primary;
}

bool tl_emit_from(struct tl_scope *sc, struct tl_select *sel, struct tl_sb *b, bool *where)
{
    struct tl_sb cond = {0};
    *where = false;
    tl_sb_str(b, " FROM ");
    if (!sc->wrapped) {
        if (sc->src[0].tab) {
            emit_user(&sc->src[0], 0, b, &cond);
        } else {
            emit_wrapped(sc, 0, b);
        }
        if (cond.n) tl_sb_fmt(b, " WHERE %s", cond.p);
        *where = cond.n > 0;
        b->oom |= cond.oom;
        tl_sb_free(&cond);
        return true;
    }
    for (int i = 0; i < sc->nsrc; i++) {
        struct tl_from *f = &sel->from[i];
        if (i) tl_sb_str(b, f->join == J_LEFT ? " LEFT JOIN " : " JOIN ");
        emit_wrapped(sc, i, b);
        if (!i) continue;
        bool timed = (f->on && joins_on_time(sc, f->on)) ||
                     (!f->on && f->join == J_INNER && sel->where && joins_on_time(sc, sel->where));
        bool sys = sc->src[i].sys != NULL;
        if (!timed && !sys) {
            return tl_fail(sc->err, TL_E_SYNTAX,
                           "Join condition should contain primary timestamp equality");
        }
        if (!f->on) continue;
        tl_sb_str(b, " ON ");
        if (!tl_emit(sc, f->on, b)) return false;
    }
    return true;
}

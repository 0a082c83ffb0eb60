/* engine_select.c: SELECT as a whole: items, grouping, windows, unions, order and limit
   (engine_query.h). */
#include "engine_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one SELECT core is made of while it is compiled. */
struct core {
    struct tl_scope sc;
    struct tl_list items; /* with * expanded */
    struct tl_sb *keys;   /* emitted group keys */
    int nkeys;
    bool grouped;  /* GROUP BY, PARTITION BY with aggregates, or an interval */
    bool agg;      /* an item or HAVING aggregates */
    bool by_table; /* tbname is among the keys: the tags follow from it */
};

/* The text by which TDengine names a column without an alias: a column's name, else the
   expression as written. */
static char *item_name(struct tl_scope *sc, const struct tl_item *it)
{
    const struct tl_expr *x = it->x;
    const char *s = it->alias ? it->alias : x->k == EX_COL ? x->name : x->z;
    size_t n = it->alias || x->k == EX_COL ? strlen(s) : (size_t)(x->e - x->z);
    char *name = tl_arena_dup(sc->ar, s, n > 64 ? 64 : n);
    if (!name) tl_oom(sc->err);
    return name;
}

static bool push_item(struct core *c, struct tl_item it)
{
    if (c->items.n >= TL_MAX_LIST) return tl_fail(c->sc.err, TL_E_SYNTAX, "Too many columns");
    if (c->items.n == c->items.cap) {
        int cap = c->items.cap ? c->items.cap * 2 : 16;
        struct tl_item *v = tl_arena_get(c->sc.ar, (size_t)cap * sizeof *v);
        if (!v) return tl_oom(c->sc.err);
        if (c->items.n) memcpy(v, c->items.v, (size_t)c->items.n * sizeof *v);
        c->items.v = v;
        c->items.cap = cap;
    }
    c->items.v[c->items.n++] = it;
    return true;
}

static struct tl_expr *col_expr(struct core *c, int s, int k)
{
    struct tl_expr *x = tl_arena_get(c->sc.ar, sizeof *x);
    if (!x) {
        tl_oom(c->sc.err);
        return NULL;
    }
    struct tl_source *src = &c->sc.src[s];
    x->k = EX_COL;
    x->name = (char *)src->cols[k].name;
    x->z = x->e = x->name;
    x->src = s;
    x->col = k;
    x->type = src->cols[k].type;
    x->cols = true;
    if (src->cols[k].tag) {
        src->use_tags = true;
    } else if (!(src->cols[k].hidden && src->kind == TL_KIND_NORMAL)) {
        src->use_rows = true;
    }
    return x;
}

/* Columns, then the tags of a super table; BI mode adds tbname (golden/conn/bi_mode). */
static bool expand_star(struct core *c, const struct tl_expr *star)
{
    bool any = false;
    for (int s = 0; s < c->sc.nsrc; s++) {
        struct tl_source *src = &c->sc.src[s];
        const char *q = star->table;
        if (q && !(src->alias[0] ? strcmp(src->alias, q) == 0
                                 : src->table && strcmp(src->table, q) == 0)) {
            continue;
        }
        any = true;
        for (int k = 0; k < src->ncols; k++) {
            const struct tl_srccol *col = &src->cols[k];
            if (src->tab && col->tag && src->kind != TL_KIND_SUPER) continue;
            if (col->hidden && !(c->sc.s->bi_mode && src->kind == TL_KIND_SUPER)) continue;
            struct tl_item it = {.x = col_expr(c, s, k)};
            if (!it.x || !push_item(c, it)) return false;
        }
    }
    return any || tl_fail(c->sc.err, TL_E_TABLE_NOT_EXIST, "Table does not exist");
}

/* first(*), last(*), last_row(*): one call for each column. */
static bool expand_call(struct core *c, const struct tl_expr *call)
{
    if (c->sc.nsrc != 1) return tl_unsupported(&c->sc, call);
    struct tl_source *src = &c->sc.src[0];
    for (int k = 0; k < src->ncols; k++) {
        if (src->cols[k].tag || src->cols[k].hidden) continue;
        struct tl_expr *x = tl_arena_get(c->sc.ar, sizeof *x);
        struct tl_expr **arg = tl_arena_get(c->sc.ar, sizeof *arg);
        char *text = tl_arena_get(c->sc.ar, 200);
        struct tl_expr *col = col_expr(c, 0, k);
        if (!x || !arg || !text || !col) return tl_oom(c->sc.err);
        *x = *call;
        snprintf(text, 200, "%s(%s)", call->name, col->name);
        x->z = text;
        x->e = text + strlen(text);
        x->a = arg;
        arg[0] = col;
        struct tl_item it = {.x = x};
        if (!tl_bind(&c->sc, x) || !push_item(c, it)) return false;
    }
    return true;
}

static bool bind_items(struct core *c, struct tl_select *sel)
{
    c->sc.agg_ok = true;
    for (int i = 0; i < sel->items.n; i++) {
        struct tl_item it = sel->items.v[i];
        bool ok;
        if (it.x->k == EX_STAR) {
            ok = c->sc.nsrc ? expand_star(c, it.x) : tl_unsupported(&c->sc, it.x);
        } else if (it.x->k == EX_FUNC && it.x->na == 1 && it.x->a[0]->k == EX_STAR &&
                   (strcmp(it.x->name, "first") == 0 || strcmp(it.x->name, "last") == 0 ||
                    strcmp(it.x->name, "last_row") == 0)) {
            ok = expand_call(c, it.x);
        } else {
            ok = tl_bind(&c->sc, it.x) && push_item(c, it);
        }
        if (!ok) return false;
    }
    for (int i = 0; i < c->items.n; i++)
        c->agg |= c->items.v[i].x->agg;
    return true;
}

static bool emit_text(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (!tl_emit(sc, x, b)) return false;
    return !b->oom || tl_oom(sc->err);
}

/* Counts the aggregates of x; *one is the last that was seen. */
static int count_aggs(const struct tl_expr *x, const struct tl_expr **one)
{
    if (x->k == EX_FUNC && x->fn && x->fn->kind == FN_AGG) {
        *one = x;
        return 1;
    }
    int n = 0;
    for (int i = 0; i < x->na; i++)
        n += count_aggs(x->a[i], one);
    return n;
}

/* A single max, min, first, last or last_row lets plain columns stand beside it. */
static void find_pick(struct core *c)
{
    static const char *const names[] = {"max", "min", "first", "last", "last_row"};
    const struct tl_expr *one = NULL;
    int n = 0;
    for (int i = 0; i < c->items.n; i++)
        n += count_aggs(c->items.v[i].x, &one);
    if (n != 1 || c->sc.nsrc != 1 || !c->sc.src[0].tab) return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(one->name, names[i]) == 0) c->sc.pick = one;
    }
}

/* In a grouped query everything must be an aggregate, a key, or follow from tbname among the
   keys. */
static bool check_grouped(struct core *c, struct tl_expr *x, bool by_table)
{
    if (x->k == EX_FUNC && x->fn && x->fn->kind == FN_AGG) return true;
    if (!x->cols && !x->agg && !(x->k == EX_COL)) return true;
    if (x->k == EX_COL && x->src < 0) return true;
    struct tl_sb b = {0};
    bool same = false, ok = emit_text(&c->sc, x, &b);
    for (int i = 0; ok && i < c->nkeys; i++)
        same |= strcmp(b.p, c->keys[i].p) == 0;
    tl_sb_free(&b);
    if (!ok || same) return ok;
    if (x->k == EX_COL) {
        if (by_table && c->sc.src[x->src].cols[x->col].tag) return true;
        if (c->sc.pick) {
            x->picked = true;
            return true;
        }
        if (c->nkeys) return tl_fail(c->sc.err, TL_E_NOT_GROUPBY, "Not a GROUP BY expression");
        return tl_fail(c->sc.err, TL_E_NOT_SINGLE_GROUP, "Not a single-group group function");
    }
    for (int i = 0; i < x->na; i++) {
        if (!check_grouped(c, x->a[i], by_table)) return false;
    }
    return true;
}

/* GROUP BY and PARTITION BY name a column, an alias or a position. */
static bool bind_key(struct core *c, struct tl_item *it)
{
    struct tl_expr *x = it->x;
    if (x->k == EX_INT) {
        if (x->i < 1 || x->i > c->items.n) return tl_unsupported(&c->sc, x);
        it->x = c->items.v[x->i - 1].x;
        return !it->x->agg || tl_unsupported(&c->sc, x);
    }
    if (x->k == EX_COL && !x->table) {
        for (int i = 0; i < c->items.n; i++) {
            if (!c->items.v[i].alias || strcmp(c->items.v[i].alias, x->name) != 0) continue;
            it->x = c->items.v[i].x;
            return !it->x->agg || tl_unsupported(&c->sc, x);
        }
    }
    c->sc.agg_ok = false;
    return tl_bind(&c->sc, x);
}

static bool emit_keys(struct core *c, struct tl_select *sel)
{
    struct tl_list *lists[2] = {&sel->part, &sel->group};
    c->nkeys = 0;
    for (int l = 0; l < 2; l++) {
        for (int i = 0; i < lists[l]->n; i++) {
            struct tl_expr *x = lists[l]->v[i].x;
            if (x->type.t == TL_JSON && x->k != EX_ARROW) return tl_unsupported(&c->sc, x);
            if (!emit_text(&c->sc, x, &c->keys[c->nkeys++])) return false;
        }
    }
    return true;
}

static bool bind_groups(struct core *c, struct tl_select *sel)
{
    for (int i = 0; i < sel->part.n; i++) {
        if (!bind_key(c, &sel->part.v[i])) return false;
    }
    for (int i = 0; i < sel->group.n; i++) {
        if (!bind_key(c, &sel->group.v[i])) return false;
    }
    c->sc.agg_ok = true;
    if (sel->having && !tl_bind(&c->sc, sel->having)) return false;
    c->grouped = sel->group.n > 0 || sel->interval || (sel->part.n > 0 && c->agg);
    if (sel->having && !c->grouped && !c->agg) return tl_unsupported(&c->sc, sel->having);
    if (sel->interval && !c->agg)
        return tl_fail(c->sc.err, 0x260B + 0x0E, "Window query without aggregates");
    if (sel->interval && sel->group.n) return tl_unsupported(&c->sc, sel->group.v[0].x);
    if (sel->interval && sel->sliding &&
        (sel->sliding->i != sel->interval->i || sel->sliding->unit != sel->interval->unit)) {
        return tl_unsupported(&c->sc, sel->sliding);
    }
    return true;
}

static bool check_items(struct core *c, struct tl_select *sel)
{
    if (!c->grouped && !c->agg) return true;
    find_pick(c);
    struct tl_list *lists[2] = {&sel->part, &sel->group};
    for (int l = 0; l < 2; l++) {
        for (int i = 0; i < lists[l]->n; i++) {
            struct tl_expr *x = lists[l]->v[i].x;
            c->by_table |= x->k == EX_COL && x->src >= 0 && c->sc.src[x->src].cols[x->col].hidden;
        }
    }
    for (int i = 0; i < c->items.n; i++) {
        if (!check_grouped(c, c->items.v[i].x, c->by_table)) return false;
    }
    return !sel->having || check_grouped(c, sel->having, c->by_table);
}

static bool has_count(const struct tl_expr *x)
{
    if (x->k == EX_FUNC && strcmp(x->name, "count") == 0) return true;
    for (int i = 0; i < x->na; i++) {
        if (has_count(x->a[i])) return true;
    }
    return false;
}

/* GROUP BY and HAVING. Without groups and without count() TDengine answers an empty input with
   no row. */
static bool emit_groups(struct core *c, struct tl_select *sel, struct tl_sb *b)
{
    static struct tl_expr wstart = {.k = EX_COL, .name = (char *)"_wstart", .src = -1};
    if (c->grouped) {
        tl_sb_str(b, " GROUP BY ");
        for (int i = 0; i < c->nkeys; i++)
            tl_sb_fmt(b, "%s%s", i ? "," : "", c->keys[i].p);
        if (sel->interval) {
            if (c->nkeys) tl_sb_str(b, ",");
            if (!tl_emit(&c->sc, &wstart, b)) return false;
        }
    }
    bool counted = false;
    for (int i = 0; i < c->items.n; i++)
        counted |= has_count(c->items.v[i].x);
    bool guard = c->agg && !c->grouped && !counted;
    if (guard) tl_sb_str(b, " HAVING count(*)>0");
    if (sel->having) {
        tl_sb_str(b, guard ? " AND " : " HAVING ");
        if (!tl_emit(&c->sc, sel->having, b)) return false;
    }
    return true;
}

/* `select distinct tags` and `select tags` read the children, not their rows. */
static bool children_only(struct core *c, struct tl_select *sel)
{
    struct tl_source *s = c->sc.nsrc == 1 ? &c->sc.src[0] : NULL;
    if (!sel->tags_only && !sel->distinct) {
        if (s && s->tab && !s->use_rows) s->use_rows = true;
        return true;
    }
    if (sel->tags_only && !(s && s->tab && s->kind != TL_KIND_NORMAL && !s->use_rows && !c->agg)) {
        return tl_unsupported(&c->sc, c->items.v[0].x);
    }
    return true;
}

static bool emit_item_list(struct core *c, struct tl_select *sel, struct tl_sb *b,
                           struct tl_out *out)
{
    out->n = c->items.n;
    out->prec = c->sc.prec;
    out->cols = tl_arena_get(c->sc.ar, (size_t)out->n * sizeof *out->cols);
    if (!out->cols) return tl_oom(c->sc.err);
    tl_sb_str(b, sel->distinct ? "SELECT DISTINCT " : "SELECT ");
    for (int i = 0; i < c->items.n; i++) {
        struct tl_item *it = &c->items.v[i];
        out->cols[i].type = it->x->type;
        out->cols[i].name = item_name(&c->sc, it);
        if (!out->cols[i].name) return false;
        out->cols[i].primary =
            (it->x->k == EX_COL && it->x->src >= 0 &&
             c->sc.src[it->x->src].cols[it->x->col].primary) ||
            (it->x->k == EX_COL && it->x->src < 0 && strcmp(it->x->name, "_wstart") == 0);
        if (it->x->type.t == TL_NULL) out->cols[i].type = tl_mk(TL_VARCHAR, 0);
        if (i) tl_sb_str(b, ",");
        if (!tl_emit(&c->sc, it->x, b)) return false;
        tl_sb_fmt(b, " AS k%d", i);
    }
    return true;
}

static bool emit_core(struct core *c, struct tl_select *sel, struct tl_sb *b, struct tl_out *out)
{
    bool where = false;
    if (!emit_keys(c, sel) || !check_items(c, sel) || !children_only(c, sel)) return false;
    if (!emit_item_list(c, sel, b, out)) return false;
    if (c->sc.nsrc && !tl_emit_from(&c->sc, sel, b, &where)) return false;
    if (sel->where) {
        tl_sb_str(b, where ? " AND " : " WHERE ");
        if (!tl_emit(&c->sc, sel->where, b)) return false;
    }
    return emit_groups(c, sel, b);
}

/* The output column that an ORDER BY item names by position, alias or (in a union) name; -1
   none, -2 bad position. */
static int order_target(const struct core *c, const struct tl_out *out, const struct tl_expr *x,
                        bool single)
{
    int n = single ? c->items.n : out->n;
    if (x->k == EX_INT) return x->i >= 1 && x->i <= n ? (int)x->i - 1 : -2;
    if (x->k != EX_COL || x->table) return -1;
    for (int i = 0; i < n; i++) {
        const char *name = single ? c->items.v[i].alias : out->cols[i].name;
        if (name && strcmp(name, x->name) == 0) return i;
    }
    return -1;
}

static bool sortable(uint8_t t)
{
    return t != TL_JSON && t != TL_BLOB && t != TL_GEOMETRY;
}

/* Before FROM is written: keys that are not in the list may need the tags' table. */
static bool bind_order(struct core *c, struct tl_select *sel)
{
    for (int i = 0; i < sel->u_order.n; i++) {
        struct tl_expr *x = sel->u_order.v[i].x;
        if (order_target(c, NULL, x, true) != -1) continue;
        c->sc.agg_ok = c->grouped || c->agg;
        if (!tl_bind(&c->sc, x)) return false;
        if (!sortable(x->type.t)) return tl_unsupported(&c->sc, x);
        if (!sel->distinct) continue;
        bool in = false; /* a DISTINCT can only be ordered by what it shows */
        for (int k = 0; k < c->items.n; k++) {
            const struct tl_expr *y = c->items.v[k].x;
            in |= y->k == EX_COL && x->k == EX_COL && y->src == x->src && y->col == x->col;
        }
        if (!in) return tl_unsupported(&c->sc, x);
    }
    return true;
}

static bool emit_order(struct core *c, struct tl_select *sel, const struct tl_out *out, bool single,
                       struct tl_sb *b)
{
    for (int i = 0; i < sel->u_order.n; i++) {
        struct tl_item *it = &sel->u_order.v[i];
        int at = order_target(c, out, it->x, single);
        tl_sb_str(b, i ? "," : " ORDER BY ");
        if (at == -2) {
            return tl_fail(c->sc.err, 0x260F,
                           "ORDER BY item must be the number of a SELECT-list expression");
        }
        if (at >= 0) {
            if (!sortable(out->cols[at].type.t)) return tl_unsupported(&c->sc, it->x);
            tl_sb_fmt(b, single ? "k%d" : "%d", single ? at : at + 1);
        } else {
            if (!single) {
                return tl_fail(c->sc.err, TL_E_INVALID_COLUMN, "Invalid column name: %.*s",
                               (int)(it->x->e - it->x->z), it->x->z);
            }
            if ((c->grouped || c->agg) && !check_grouped(c, it->x, c->by_table)) return false;
            if (!tl_emit(&c->sc, it->x, b)) return false;
        }
        if (it->desc) tl_sb_str(b, " DESC");
        if (it->nulls_set) tl_sb_str(b, it->nulls_first ? " NULLS FIRST" : " NULLS LAST");
    }
    return true;
}

static bool compile_core(struct core *c, struct tl_select *sel, bool single, struct tl_sb *b,
                         struct tl_out *out)
{
    struct tl_scope *sc = &c->sc;
    sc->sel = sel;
    if (!tl_bind_from(sc, sel)) return false;
    sc->win = sel->interval != NULL;
    if (sc->win && sc->nsrc != 1) return tl_unsupported(sc, sel->interval);
    for (int i = 0; i < sel->nfrom; i++) {
        if (sel->from[i].on && !tl_bind(sc, sel->from[i].on)) return false;
    }
    bool win = sc->win;
    sc->win = false;
    if (sel->where && !tl_bind(sc, sel->where)) return false;
    sc->win = win;
    if (win) sc->src[0].use_rows = true;
    if (!bind_items(c, sel) || !bind_groups(c, sel)) return false;
    c->keys = tl_arena_get(sc->ar, (size_t)(sel->part.n + sel->group.n + 1) * sizeof *c->keys);
    if (!c->keys) return tl_oom(sc->err);
    if (single && !bind_order(c, sel)) return false;
    if (sel->u_has_limit && !sel->u_order.n && (sel->part.n || sel->group.n)) {
        /* LIMIT then counts within each group, which SQLite cannot say. */
        return tl_unsupported(sc, sel->part.n ? sel->part.v[0].x : sel->group.v[0].x);
    }
    return emit_core(c, sel, b, out);
}

static void free_keys(struct core *c)
{
    for (int i = 0; i < c->nkeys; i++)
        tl_sb_free(&c->keys[i]);
}

static bool same_type(struct tl_ty *a, const struct tl_ty *b)
{
    if (a->t != b->t || (tl_is_dec(a->t) && (a->p != b->p || a->s != b->s))) return false;
    if (b->len > a->len) a->len = b->len;
    return true;
}

static bool emit_limit(struct tl_select *sel, struct tl_sb *b)
{
    if (sel->u_has_limit) {
        tl_sb_fmt(b, " LIMIT %lld OFFSET %lld", (long long)sel->u_limit, (long long)sel->u_offset);
    }
    return true;
}

bool tl_compile(struct tl_engine *e, struct tl_session *s, struct tl_arena *ar,
                struct tl_error *err, struct tl_select *sel, int depth, struct tl_sb *sql,
                struct tl_out *out)
{
    bool ok = true, single = !sel->next;
    struct core first = {0};
    if (depth > 20) return tl_fail(err, TL_E_SYNTAX, "Too many nested queries");
    for (struct tl_select *m = sel; m && ok; m = m->next) {
        struct core c = {0}, *use = m == sel ? &first : &c;
        struct tl_out more;
        use->sc = (struct tl_scope){.e = e, .s = s, .ar = ar, .err = err, .depth = depth};
        if (m != sel) tl_sb_str(sql, m->union_all ? " UNION ALL " : " UNION ");
        ok = compile_core(use, m, single, sql, m == sel ? out : &more);
        if (ok && m != sel) {
            ok = more.n == out->n;
            for (int i = 0; ok && i < out->n; i++)
                ok = same_type(&out->cols[i].type, &more.cols[i].type);
            if (!ok) tl_fail(err, TL_E_SYNTAX, "The columns of the UNION do not match");
            if (out->prec < 0) out->prec = more.prec;
            if (ok && more.prec >= 0 && more.prec != out->prec) {
                ok = tl_fail(err, TL_E_SYNTAX, "UNION over different time precisions");
            }
        }
        free_keys(&c);
    }
    ok = ok && emit_order(&first, sel, out, single, sql) && emit_limit(sel, sql);
    free_keys(&first);
    if (ok && sql->oom) ok = tl_oom(err);
    return ok;
}

struct tl_result *tl_select(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                            bool dry, struct tl_error *err)
{
    struct tl_sb sql = {0};
    struct tl_out out = {0};
    struct tl_result *r = NULL;
    struct tl_select *sel = tl_parse_select(p);
    if (!sel || !tl_parse_end(p)) return NULL;
    struct tl_col *cols = NULL;
    if (tl_compile(e, s, p->ar, err, sel, 0, &sql, &out)) {
        sqlite3_stmt *st = NULL;
        cols = calloc((size_t)out.n, sizeof *cols);
        for (int i = 0; cols && i < out.n; i++) {
            snprintf(cols[i].name, sizeof cols[i].name, "%s", out.cols[i].name);
            cols[i].type = out.cols[i].type.t;
            cols[i].precision = out.cols[i].type.p;
            cols[i].scale = out.cols[i].type.s;
            cols[i].length = out.cols[i].type.len;
        }
        if (!cols) {
            tl_oom(err);
        } else if (sqlite3_prepare_v2(e->sq, sql.p, (int)sql.n, &st, NULL) != SQLITE_OK) {
            tl_sql_fail(e, err);
        } else {
            r = tl_result_query(e, s, st, cols, out.n, out.prec < 0 ? 0 : out.prec, err);
        }
    }
    (void)dry; /* a prepared SELECT has not run yet */
    free(cols);
    tl_sb_free(&sql);
    return r;
}

/* sql_parse_select.c: SELECT with joins, derived tables, windows and unions. What the engine
   does not do is 0x2600. */
#include "sql_ast.h"

#include <string.h>

static bool parse_items(struct tl_parser *p, struct tl_select *s)
{
    do {
        struct tl_item it = {0};
        if (p->t.k == TK_OP && p->t.op == '*') {
            it.x = tl_expr_new(p, EX_STAR, p->t.z);
            if (!it.x) return false;
            it.x->e = p->t.z + 1;
            tl_advance(p);
        } else {
            it.x = tl_parse_expr(p);
            if (!it.x) return false;
            if (it.x->k == EX_DUR) return tl_syntax(p);
            bool as = tl_accept(p, "as");
            if (as || p->t.k == TK_QID || (p->t.k == TK_ID && !tl_reserved(p->t.z, p->t.n))) {
                it.alias = tl_ident(p, true);
                if (!it.alias) return false;
            }
        }
        if (!tl_list_add(p, &s->items, it)) return false;
    } while (tl_accept_op(p, ','));
    return true;
}

static bool parse_exprs(struct tl_parser *p, struct tl_list *l, bool alias)
{
    do {
        struct tl_item it = {0};
        it.x = tl_parse_expr(p);
        if (!it.x) return false;
        if (alias && tl_accept(p, "as")) {
            it.alias = tl_ident(p, true);
            if (!it.alias) return false;
        }
        if (!tl_list_add(p, l, it)) return false;
    } while (tl_accept_op(p, ','));
    return true;
}

static bool parse_order(struct tl_parser *p, struct tl_list *l)
{
    do {
        struct tl_item it = {0};
        it.x = tl_parse_expr(p);
        if (!it.x) return false;
        if (tl_accept(p, "desc")) {
            it.desc = true;
        } else {
            tl_accept(p, "asc");
        }
        if (tl_accept(p, "nulls")) {
            it.nulls_set = true;
            it.nulls_first = tl_accept(p, "first");
            if (!it.nulls_first && !tl_expect(p, "last")) return false;
        }
        if (!tl_list_add(p, l, it)) return false;
    } while (tl_accept_op(p, ','));
    return true;
}

static bool parse_source(struct tl_parser *p, struct tl_from *f)
{
    if (tl_accept_op(p, '(')) {
        if (++p->depth > 50) return tl_syntax(p);
        f->sub = tl_parse_select(p);
        p->depth--;
        if (!f->sub || !tl_expect_op(p, ')')) return false;
    } else {
        struct tl_name name;
        if (!tl_table_name(p, &name)) return false;
        f->db = name.db;
        f->table = name.table;
    }
    bool as = tl_accept(p, "as");
    if (as || p->t.k == TK_QID || (p->t.k == TK_ID && !tl_reserved(p->t.z, p->t.n))) {
        f->alias = tl_ident(p, true);
        if (!f->alias) return false;
    }
    return true;
}

static bool join_word(struct tl_parser *p, enum tl_join *j)
{
    *j = J_NONE;
    if (tl_accept(p, "join")) {
        *j = J_INNER;
    } else if (tl_accept(p, "inner")) {
        if (!tl_expect(p, "join")) return false;
        *j = J_INNER;
    } else if (tl_accept(p, "left")) {
        tl_accept(p, "outer");
        if (!tl_expect(p, "join")) return false;
        *j = J_LEFT;
    } else if (tl_accept_op(p, ',')) {
        *j = J_INNER;
        return true;
    } else if (tl_tok_is(&p->t, "right") || tl_tok_is(&p->t, "full")) {
        return tl_syntax(p);
    }
    return true;
}

enum { MAX_FROM = 10 };

static bool parse_from(struct tl_parser *p, struct tl_select *s)
{
    s->from = tl_arena_get(p->ar, MAX_FROM * sizeof *s->from);
    if (!s->from) return tl_oom(p->err);
    enum tl_join j = J_NONE;
    do {
        if (s->nfrom == MAX_FROM) return tl_syntax(p);
        struct tl_from *f = &s->from[s->nfrom++];
        f->join = j;
        if (!parse_source(p, f)) return false;
        if (j != J_NONE && tl_accept(p, "on")) {
            f->on = tl_parse_expr(p);
            if (!f->on) return false;
        }
        if (!join_word(p, &j)) return false;
    } while (j != J_NONE);
    return true;
}

static struct tl_expr *parse_duration(struct tl_parser *p)
{
    if (p->t.k != TK_DUR && p->t.k != TK_INT && p->t.k != TK_STR) {
        tl_syntax(p);
        return NULL;
    }
    struct tl_expr *x = tl_parse_expr(p);
    if (x && x->k == EX_DUR) return x;
    tl_syntax(p);
    return NULL;
}

static bool parse_window(struct tl_parser *p, struct tl_select *s)
{
    if (!tl_accept(p, "interval")) return true;
    if (!tl_expect_op(p, '(')) return false;
    s->interval = parse_duration(p);
    if (!s->interval) return false;
    if (tl_accept_op(p, ',')) {
        s->offset_dur = parse_duration(p);
        if (!s->offset_dur) return false;
    }
    if (!tl_expect_op(p, ')')) return false;
    if (tl_accept(p, "sliding")) {
        if (!tl_expect_op(p, '(')) return false;
        s->sliding = parse_duration(p);
        if (!s->sliding || !tl_expect_op(p, ')')) return false;
    }
    return true;
}

static bool parse_limit(struct tl_parser *p, bool *has, int64_t *limit, int64_t *offset)
{
    if (!tl_accept(p, "limit")) return true;
    *has = true;
    if (!tl_uint(p, limit)) return false;
    if (tl_accept(p, "offset")) return tl_uint(p, offset);
    if (tl_accept_op(p, ',')) {
        *offset = *limit;
        return tl_uint(p, limit);
    }
    return true;
}

/* One SELECT up to HAVING; ORDER BY and LIMIT belong to the whole union. */
static struct tl_select *parse_core(struct tl_parser *p)
{
    struct tl_select *s = tl_arena_get(p->ar, sizeof *s);
    if (!s) {
        tl_oom(p->err);
        return NULL;
    }
    if (!tl_expect(p, "select")) return NULL;
    if (tl_accept(p, "distinct")) {
        s->distinct = true;
    } else if (tl_accept(p, "tags")) {
        s->tags_only = true;
    } else {
        tl_accept(p, "all");
    }
    if (!parse_items(p, s)) return NULL;
    if (tl_accept(p, "from") && !parse_from(p, s)) return NULL;
    if (tl_accept(p, "where")) {
        s->where = tl_parse_expr(p);
        if (!s->where) return NULL;
    }
    if (tl_accept(p, "partition")) {
        if (!tl_expect(p, "by") || !parse_exprs(p, &s->part, true)) return NULL;
    }
    if (!parse_window(p, s)) return NULL;
    if (tl_accept(p, "group")) {
        if (!tl_expect(p, "by") || !parse_exprs(p, &s->group, false)) return NULL;
    }
    if (tl_accept(p, "having")) {
        s->having = tl_parse_expr(p);
        if (!s->having) return NULL;
    }
    return s;
}

static struct tl_select *parse_member(struct tl_parser *p)
{
    if (!(p->t.k == TK_OP && p->t.op == '(')) return parse_core(p);
    tl_advance(p);
    if (++p->depth > 50) {
        tl_syntax(p);
        return NULL;
    }
    struct tl_select *s = tl_parse_select(p);
    p->depth--;
    if (!s || !tl_expect_op(p, ')')) return NULL;
    /* A member with its own tail would need a derived table: out of the subset. */
    if (s->next || s->u_order.n || s->u_has_limit) {
        tl_syntax(p);
        return NULL;
    }
    return s;
}

struct tl_select *tl_parse_select(struct tl_parser *p)
{
    struct tl_select *first = parse_member(p), *last = first;
    if (!first) return NULL;
    while (tl_accept(p, "union")) {
        bool all = tl_accept(p, "all");
        struct tl_select *s = parse_member(p);
        if (!s) return NULL;
        if (last != first &&
            last->union_all != all) { /* mixed: SQLite would read it alike, TDengine nests */
            tl_syntax(p);
            return NULL;
        }
        s->union_all = all;
        last->next = s;
        last = s;
    }
    if (tl_accept(p, "order")) {
        if (!tl_expect(p, "by") || !parse_order(p, &first->u_order)) return NULL;
    }
    if (!parse_limit(p, &first->u_has_limit, &first->u_limit, &first->u_offset)) return NULL;
    return first;
}

#include "odbc/colname.h"

#define PARTS_MAX 4 /* more than any name has */

struct chain {
    struct td_str part[PARTS_MAX];
    size_t n;
};

static bool is_name(const struct td_tok *t)
{
    return t->kind == TD_TOK_NAME || t->kind == TD_TOK_WORD;
}

/* Takes the name `first` and what dots join to it; a part may be `*`. */
static void take_chain(struct td_lex *l, const struct td_tok *first, struct chain *c)
{
    c->n = 1;
    c->part[0] = first->text;
    while (l->pos < l->s.n && l->s.p[l->pos] == '.' && c->n < PARTS_MAX) {
        td_lex_next(l);
        struct td_tok t = td_lex_next(l);
        if (!is_name(&t) && !td_tok_is(&t, '*')) {
            c->n = PARTS_MAX; /* no name that is known here */
            return;
        }
        c->part[c->n++] = t.text;
    }
}

/* Bare names without regard to case, quoted ones byte for byte. */
static bool same_name(struct td_str a, struct td_str b)
{
    bool quoted = a.p[0] == '`' || a.p[0] == '"';
    return quoted ? td_str_eq(a, b) : td_str_ieq(a, b);
}

/* Whether the statement reads from the first two parts of the column at `pos`, which is itself no table. */
static bool reads_from(struct td_lex l, size_t pos, const struct chain *column)
{
    struct td_tok t, before = {.kind = TD_TOK_END};
    struct chain c;
    bool found = false;
    for (l.pos = 0; (t = td_lex_solid(&l)).kind != TD_TOK_END; before = t) {
        if (td_tok_is(&t, ';')) { /* only the column's own statement counts */
            if (t.pos > pos) break;
            found = false;
        }
        if (!is_name(&t)) continue;
        bool is_table = td_tok_word(&before, "from") || td_tok_word(&before, "join");
        if (t.pos == pos && is_table) return false;
        take_chain(&l, &t, &c);
        found |= c.n == 2 && (is_table || td_tok_is(&before, ',')) &&
                 same_name(c.part[0], column->part[0]) && same_name(c.part[1], column->part[1]);
    }
    return found;
}

bool td_colname_has_database(const struct td_lex *text, size_t pos, struct td_str *known)
{
    struct td_lex l = {.s = text->s, .pos = pos, .quoted_identifiers = text->quoted_identifiers};
    struct td_tok t = td_lex_next(&l);
    struct chain column;
    take_chain(&l, &t, &column);
    if (column.n != 3) return false;
    const char *end = column.part[1].p + column.part[1].n;
    struct td_str table = {t.text.p, (size_t)(end - t.text.p)};
    if (known->n > 0 && td_str_eq(table, *known)) return true;
    if (!reads_from(l, pos, &column)) return false;
    *known = table;
    return true;
}

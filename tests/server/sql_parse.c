/* sql_parse.c: token handling, names and types shared by all statements (sql_ast.h). */
#include "sql_ast.h"
#include "sql_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tl_parse_start(struct tl_parser *p, struct tl_arena *ar, const char *folded, size_t n,
                    struct tl_error *err)
{
    memset(p, 0, sizeof *p);
    p->ar = ar;
    p->err = err;
    p->lx.p = folded;
    p->lx.end = folded + n;
    tl_lex_next(&p->lx, &p->t);
    tl_lex_next(&p->lx, &p->ahead);
}

void tl_advance(struct tl_parser *p)
{
    p->t = p->ahead;
    tl_lex_next(&p->lx, &p->ahead);
}

bool tl_syntax(struct tl_parser *p)
{
    if (p->err->code) return false; /* keep the first */
    if (p->t.k == TK_END) return tl_fail(p->err, TL_E_INCOMPLETE, "Incomplete SQL statement");
    int rest = (int)(p->lx.end - p->t.z < 400 ? p->lx.end - p->t.z : 400);
    if (p->t.k == TK_BAD && (p->t.z[0] == '\'' || p->t.z[0] == '"' || p->t.z[0] == '`')) {
        return tl_fail(p->err, TL_E_SYNTAX, "unrecognized token: \"%.*s\"", rest, p->t.z);
    }
    return tl_fail(p->err, TL_E_SYNTAX, "syntax error near \"%.*s\"", rest, p->t.z);
}

bool tl_accept(struct tl_parser *p, const char *word)
{
    if (!tl_tok_is(&p->t, word)) return false;
    tl_advance(p);
    return true;
}

bool tl_accept_op(struct tl_parser *p, int op)
{
    if (p->t.k != TK_OP || p->t.op != op) return false;
    tl_advance(p);
    return true;
}

bool tl_expect(struct tl_parser *p, const char *word)
{
    return tl_accept(p, word) || tl_syntax(p);
}

bool tl_expect_op(struct tl_parser *p, int op)
{
    return tl_accept_op(p, op) || tl_syntax(p);
}

/* The reserved words of protocol.md 7.11 that would change the meaning of a SELECT when taken as
   a name. */
bool tl_reserved(const char *z, size_t n)
{
    static const char *const words[] = {
        "all",          "alter",     "and",           "as",           "asc",       "asof",
        "between",      "by",        "case",          "cast",         "create",    "delete",
        "desc",         "describe",  "distinct",      "drop",         "else",      "end",
        "event_window", "except",    "exists",        "explain",      "false",     "fill",
        "for",          "from",      "full",          "group",        "having",    "in",
        "inner",        "insert",    "intersect",     "interval",     "into",      "is",
        "isnull",       "join",      "left",          "like",         "limit",     "match",
        "nmatch",       "not",       "notnull",       "null",         "nulls",     "offset",
        "on",           "or",        "order",         "partition",    "range",     "regexp",
        "right",        "select",    "session",       "set",          "show",      "sliding",
        "slimit",       "soffset",   "state_window",  "table",        "tags",      "then",
        "true",         "union",     "update",        "use",          "using",     "values",
        "when",         "where",     "window_offset", "count_window", "every",     "with",
        "float",        "double",    "int",           "bigint",       "smallint",  "tinyint",
        "bool",         "binary",    "varchar",       "nchar",        "varbinary", "geometry",
        "decimal",      "json",      "blob",          "integer",      "unsigned",  "trigger",
        "column",       "tag",       "stable",        "stables",      "database",  "databases",
        "tables",       "topic",     "user",          "first_",       "primary",   "index",
        "view",         "precision", "keep",          "replica",      "vgroups",   "kill"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == n && memcmp(words[i], z, n) == 0) return true;
    }
    return false;
}

char *tl_ident(struct tl_parser *p, bool strict)
{
    struct tl_tok *t = &p->t;
    char *out;
    if (t->k == TK_QID) {
        size_t n;
        out = tl_arena_get(p->ar, t->n + 1);
        if (out) {
            tl_tok_text(t, out, &n);
            out[n] = 0;
            if (n == 0) {
                tl_syntax(p);
                return NULL;
            }
        }
    } else if (t->k == TK_ID && !(strict && tl_reserved(t->z, t->n))) {
        out = tl_arena_dup(p->ar, t->z, t->n);
    } else {
        tl_syntax(p);
        return NULL;
    }
    if (!out) {
        tl_oom(p->err);
        return NULL;
    }
    tl_advance(p);
    return out;
}

static bool name_fits(struct tl_parser *p, const char *name, size_t max, const char *z)
{
    if (strlen(name) <= max) return true;
    int rest = (int)(p->lx.end - z < 400 ? p->lx.end - z : 400);
    return tl_fail(p->err, TL_E_IDENT_NAME, "Invalid identifier name: %.*s", rest, z);
}

bool tl_table_name(struct tl_parser *p, struct tl_name *out)
{
    const char *z = p->t.z;
    memset(out, 0, sizeof *out);
    char *a = tl_ident(p, true);
    if (!a) return false;
    if (tl_accept_op(p, '.')) {
        if (!name_fits(p, a, 64, z)) return false;
        out->db = a;
        z = p->t.z;
        a = tl_ident(p, true);
        if (!a) return false;
    }
    out->table = a;
    out->z = z;
    return name_fits(p, a, 192, z);
}

bool tl_uint(struct tl_parser *p, int64_t *out)
{
    if (p->marks && p->t.k == TK_OP && p->t.op == '?') return tl_mark_uint(p, out);
    if (p->t.k != TK_INT) return tl_syntax(p);
    char buf[24];
    if (p->t.n >= sizeof buf) return tl_syntax(p);
    memcpy(buf, p->t.z, p->t.n);
    buf[p->t.n] = 0;
    errno = 0;
    char *e;
    *out = strtoll(buf, &e, 10);
    if (errno || *e) return tl_syntax(p);
    tl_advance(p);
    return true;
}

/* Fixed types by name; those with a length follow below. */
static const struct {
    const char *name;
    uint8_t t, ut;
    int len;
} plain_type[] = {{"bool", TL_BOOL, 0, 1},
                  {"tinyint", TL_TINYINT, TL_UTINYINT, 1},
                  {"smallint", TL_SMALLINT, TL_USMALLINT, 2},
                  {"int", TL_INT, TL_UINT, 4},
                  {"integer", TL_INT, 0, 4},
                  {"bigint", TL_BIGINT, TL_UBIGINT, 8},
                  {"float", TL_FLOAT, 0, 4},
                  {"double", TL_DOUBLE, 0, 8},
                  {"timestamp", TL_TIMESTAMP, 0, 8},
                  {"json", TL_JSON, 0, 4095},
                  {"blob", TL_BLOB, 0, 4194304}};
static const struct {
    const char *name;
    uint8_t t;
    int max;
} sized_type[] = {{"binary", TL_VARCHAR, 65517},
                  {"varchar", TL_VARCHAR, 65517},
                  {"nchar", TL_NCHAR, 16379},
                  {"varbinary", TL_VARBINARY, 65517},
                  {"geometry", TL_GEOMETRY, 65517}};

static bool parse_decimal(struct tl_parser *p, struct tl_ty *t)
{
    int64_t prec, scale = 0;
    if (!tl_expect_op(p, '(') || !tl_uint(p, &prec)) return false;
    if (tl_accept_op(p, ',') && !tl_uint(p, &scale)) return false;
    if (!tl_expect_op(p, ')')) return false;
    if (prec < 1 || prec > 38 || scale > prec) {
        return tl_fail(p->err, TL_E_SYNTAX, "Invalid decimal type, precision should be 1-38");
    }
    t->t = prec > 18 ? TL_DECIMAL128 : TL_DECIMAL64;
    t->p = (uint8_t)prec;
    t->s = (uint8_t)scale;
    t->len = prec > 18 ? 16 : 8;
    return true;
}

bool tl_parse_type(struct tl_parser *p, struct tl_ty *t)
{
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < sizeof plain_type / sizeof plain_type[0]; i++) {
        if (!tl_accept(p, plain_type[i].name)) continue;
        t->t = plain_type[i].t;
        t->len = plain_type[i].len;
        if (plain_type[i].ut && tl_accept(p, "unsigned")) t->t = plain_type[i].ut;
        return true;
    }
    for (size_t i = 0; i < sizeof sized_type / sizeof sized_type[0]; i++) {
        if (!tl_accept(p, sized_type[i].name)) continue;
        int64_t n;
        if (!tl_expect_op(p, '(') || !tl_uint(p, &n) || !tl_expect_op(p, ')')) return false;
        if (n < 1 || n > sized_type[i].max) {
            return tl_fail(p->err, 0x2643, "Invalid data type length");
        }
        t->t = sized_type[i].t;
        t->len = (int32_t)n;
        return true;
    }
    if (tl_accept(p, "decimal")) return parse_decimal(p, t);
    return tl_syntax(p);
}

bool tl_parse_end(struct tl_parser *p)
{
    if (p->t.k == TK_END || (p->t.k == TK_OP && p->t.op == ';')) return true;
    return tl_syntax(p);
}

bool tl_list_add(struct tl_parser *p, struct tl_list *l, struct tl_item it)
{
    if (l->n >= TL_MAX_LIST) return tl_syntax(p);
    if (l->n == l->cap) {
        int cap = l->cap ? l->cap * 2 : 8;
        struct tl_item *v = tl_arena_get(p->ar, (size_t)cap * sizeof *v);
        if (!v) return tl_oom(p->err);
        if (l->n) memcpy(v, l->v, (size_t)l->n * sizeof *v);
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = it;
    return true;
}

/*
 * sql_ast.h: what the parser makes of a statement. All memory belongs to the arena of the parser.
 *
 * INSERT is not here: engine_insert.c reads it straight into values (issue 3 wants 10,000 rows a
 * statement quickly).
 */
#ifndef TL_SQL_AST_H
#define TL_SQL_AST_H

#include "sql_lex.h"

struct tl_ty {
    uint8_t t;    /* enum tl_type */
    uint8_t p, s; /* DECIMAL */
    int32_t len;  /* as tl_col.length */
};

enum tl_ek {
    EX_INT,
    EX_DBL,
    EX_STR,
    EX_BOOL,
    EX_NULL,
    EX_DUR,
    EX_TS,   /* literals; EX_TS is `timestamp '...'` */
    EX_COL,  /* [table.]name */
    EX_STAR, /* * or t.* */
    EX_NEG,
    EX_NOT,
    EX_BIN, /* op: + - * / % & | = < > OP_LE OP_GE OP_NE */
    EX_AND,
    EX_OR,
    EX_LIKE,
    EX_MATCH, /* neg */
    EX_IN,    /* a[0] in (a[1]...) */
    EX_BETWEEN,
    EX_ISNULL,
    EX_ARROW, /* a[0] -> 'key' in s */
    EX_FUNC,  /* name(a...) */
    EX_CAST,  /* cast(a[0] as type) */
    EX_CASE   /* op 1: a[0] is the operand; then when, then pairs; neg: the last is else */
};

struct tl_expr {
    enum tl_ek k;
    int op;
    bool neg, paren;   /* NOT LIKE ...; written in parentheses */
    int depth;         /* of the tree below, limited by the parser */
    const char *z, *e; /* source text */
    char *name;        /* column or function */
    char *table;       /* qualifier */
    bool quoted;       /* name was in backquotes */
    int64_t i;         /* EX_INT, EX_BOOL, EX_DUR count */
    bool bound;        /* a parameter: `type` is what it was sent as */
    bool big;          /* EX_INT above INT64_MAX: i holds the bits */
    double d;
    char unit; /* EX_DUR */
    char *s;   /* EX_STR text */
    size_t n;
    struct tl_expr **a;
    int na;
    struct tl_ty type; /* EX_CAST target; after binding the type of the value */
    /* Set by the binder (engine_bind.c). */
    bool agg, cols, konst; /* contains an aggregate; refers to columns; depends on nothing */
    int src, col;          /* EX_COL: source and column */
    bool picked;           /* EX_COL: comes from the row that tl_scope.pick selects */
    const struct tl_func *fn;
};

struct tl_item {
    struct tl_expr *x;
    char *alias;
    bool desc, nulls_first, nulls_set; /* ORDER BY */
};
struct tl_list {
    struct tl_item *v;
    int n, cap;
};

enum tl_join { J_NONE, J_INNER, J_LEFT };

struct tl_from {
    char *db, *table, *alias;
    struct tl_select *sub;
    enum tl_join join; /* how it joins what stands left of it */
    struct tl_expr *on;
};

struct tl_select {
    bool distinct, tags_only;
    struct tl_list items, group, part, order;
    struct tl_from *from;
    int nfrom;
    struct tl_expr *where, *having;
    struct tl_expr *interval, *offset_dur, *sliding;
    bool has_limit, bad_slimit;
    int64_t limit, offset;
    struct tl_select *next; /* UNION [ALL] */
    bool union_all;
    bool set_tail; /* order and limit belong to the whole union (kept on the first member) */
    struct tl_list u_order;
    bool u_has_limit;
    int64_t u_limit, u_offset;
};

struct tl_name {
    char *db, *table;
    const char *z; /* where it stands, for messages */
};

struct tl_coldef {
    char *name;
    struct tl_ty type;
    bool pk;
};

struct tl_marks;
struct tl_parser {
    struct tl_arena *ar;
    struct tl_error *err;
    struct tl_lex lx;
    struct tl_tok t, ahead; /* current token and the one after it */
    int depth;
    const struct tl_marks *marks; /* values of `?` (sql_mark.h); NULL = none is allowed */
};

enum { TL_MAX_DEPTH = 200, TL_MAX_LIST = 4096 };

void tl_parse_start(struct tl_parser *p, struct tl_arena *ar, const char *folded, size_t n,
                    struct tl_error *err);
void tl_advance(struct tl_parser *p);
bool tl_accept(struct tl_parser *p, const char *word);
bool tl_accept_op(struct tl_parser *p, int op);
bool tl_expect(struct tl_parser *p, const char *word);
bool tl_expect_op(struct tl_parser *p, int op);
/* 0x2600 at the current token, 0x2601 at the end. */
bool tl_syntax(struct tl_parser *p);
/* An identifier: bare (not a reserved word when `strict`) or backquoted. NULL = error set. */
char *tl_ident(struct tl_parser *p, bool strict);
bool tl_table_name(struct tl_parser *p, struct tl_name *out);
bool tl_uint(struct tl_parser *p, int64_t *out);
bool tl_parse_type(struct tl_parser *p, struct tl_ty *t);
/* Only `;`, then nothing that matters (a second statement is ignored, golden/error/two_stmts). */
bool tl_parse_end(struct tl_parser *p);
bool tl_list_add(struct tl_parser *p, struct tl_list *l, struct tl_item it);
struct tl_expr *tl_expr_new(struct tl_parser *p, enum tl_ek k, const char *z);
struct tl_expr *tl_parse_expr(struct tl_parser *p);
struct tl_select *tl_parse_select(struct tl_parser *p); /* with unions; at `select` */
bool tl_reserved(const char *z, size_t n);

#endif

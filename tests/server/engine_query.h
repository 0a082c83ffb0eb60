/*
 * engine_query.h: from the AST of a SELECT to SQLite's SQL.
 *
 * A scope is one SELECT; its sources are the tables of FROM. Binding (engine_bind.c) resolves names
 * and gives every expression TDengine's type; emitting (engine_emit.c) writes SQLite text whose
 * values have the representation of that type (engine_int.h). All memory is the statement's arena,
 * but for string buffers.
 */
#ifndef TL_ENGINE_QUERY_H
#define TL_ENGINE_QUERY_H

#include "engine_int.h"

struct tl_srccol {
    const char *name;
    struct tl_ty type;
    int id;       /* of the SQLite column */
    bool tag;     /* lies in g<id> */
    bool hidden;  /* tbname: not part of * */
    bool primary; /* the row's own timestamp */
};

struct tl_source {
    const char *alias; /* "" = none */
    const char *table; /* name in the database, NULL for a derived table */
    const char *dbname;
    const struct tl_table *tab; /* NULL for derived and system tables */
    const struct tl_systab *sys;
    int64_t tid;
    int kind;
    int prec;      /* -1 = has no say */
    char *sub_sql; /* derived table */
    struct tl_srccol *cols;
    int ncols;
    bool use_rows, use_tags; /* which of s<id>, g<id> is needed */
};

struct tl_out {
    struct tl_srccol *cols;
    int n;
    int prec;
};

struct tl_scope {
    struct tl_engine *e;
    struct tl_session *s;
    struct tl_arena *ar;
    struct tl_error *err;
    struct tl_source *src;
    int nsrc;
    bool wrapped; /* sources are sub-selects with columns k<n> (joins) */
    int prec;     /* of timestamps here */
    bool agg_ok, in_agg;
    bool win; /* interval query: _wstart is there */
    /* The one selection function of a grouped query: plain columns come from the row it selects. */
    const struct tl_expr *pick;
    struct tl_select *sel;
    int depth;
};

enum tl_fkind { FN_SCALAR, FN_AGG };

struct tl_func {
    const char *name;
    enum tl_fkind kind;
    int min, max; /* arguments */
    /* Checks argument types and sets x->type. */
    bool (*bind)(struct tl_scope *sc, struct tl_expr *x);
    /* Writes the call; NULL = sql(args...). */
    bool (*emit)(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b);
    const char *sql;
};
const struct tl_func *tl_func_find(const char *name);
const struct tl_func *tl_func_more(const char *name); /* sql_func_more.c */

struct tl_ty tl_mk(uint8_t t, int len);
bool tl_bind(struct tl_scope *sc, struct tl_expr *x);
bool tl_emit(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b);
/* The value as REAL. */
bool tl_emit_double(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b);
/* The value in the representation of `to`; for literals this converts them. */
bool tl_emit_as(struct tl_scope *sc, struct tl_expr *x, const struct tl_ty *to, struct tl_sb *b);
/* A condition: the value's truth. */
bool tl_emit_compare(struct tl_scope *sc, int op, struct tl_expr *a, struct tl_expr *b,
                     struct tl_sb *out);
void tl_source_col(const struct tl_scope *sc, int src, int col, struct tl_sb *b);
/* Calls f for the children of x. */
bool tl_unsupported(struct tl_scope *sc, const struct tl_expr *x);
bool tl_bad_type(struct tl_scope *sc, const struct tl_expr *x);
/* FROM: resolves the tables, then writes them. */
bool tl_bind_from(struct tl_scope *sc, struct tl_select *sel);
bool tl_emit_from(struct tl_scope *sc, struct tl_select *sel, struct tl_sb *b, bool *where);
/* Compiles a whole SELECT with unions; columns are named k0, k1, ... */
bool tl_compile(struct tl_engine *e, struct tl_session *s, struct tl_arena *ar,
                struct tl_error *err, struct tl_select *sel, int depth, struct tl_sb *sql,
                struct tl_out *out);
bool tl_is_num(uint8_t t); /* integers, floats, decimals; not BOOL, TIMESTAMP */
bool tl_is_signed(uint8_t t);
bool tl_is_unsigned(uint8_t t);

#endif

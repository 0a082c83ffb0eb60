/*
 * engine_stmt_int.h: inside of prepared statements: engine_stmt.c (parsing, states),
 * engine_stmt_bind.c (records to values), engine_stmt_exec.c (storing).
 *
 * The parts of an INSERT live in the statement's arena until the next prepare, bound values in the
 * chunk of their message until exec. One thread, no locks.
 */
#ifndef TL_ENGINE_STMT_INT_H
#define TL_ENGINE_STMT_INT_H

#include "engine_int.h"
#include "engine_stmt.h"

/* One value of VALUES or TAGS: a `?`, or the text of a literal. */
struct tl_stmt_item {
    bool mark;
    const char *z;
    size_t n;
};

struct tl_stmt_list {
    struct tl_stmt_item *v;
    int n;
};

/* An INSERT as written; names are not looked up yet. */
struct tl_stmt_insert {
    struct tl_name table;
    bool table_mark; /* insert into ? */
    bool using_st;
    struct tl_name st;
    char **tag_names, **col_names; /* NULL when not listed */
    int ntag_names, ncol_names;
    struct tl_stmt_list tags, values;
};

/* Where a value goes and where it comes from. */
struct tl_stmt_slot {
    int at;   /* index into the table's columns or tags */
    int mark; /* among the marks of its kind; -1 = lit */
    struct tl_val lit;
};

/* An INSERT resolved against a table's schema. */
struct tl_stmt_plan {
    struct tl_db *db;
    const struct tl_table *tab;
    struct tl_stmt_slot *tags, *cols;
    int ntags, ncols, tag_marks, col_marks;
    bool name_mark;
    const char *name; /* of the table when it is fixed */
    struct tl_stmt_field *fields;
    int nfields;
};

/* Rows for one table. */
struct tl_stmt_rows {
    struct tl_stmt_rows *next;
    char db[65];
    char *name;
    int64_t tab; /* id of the schema */
    bool make;   /* the table may be created */
    struct tl_val *tags;
    struct tl_field *fields; /* of cols, to notice a changed schema */
    int *cols, ncols;
    struct tl_val *vals;
    uint32_t nrows;
};

/* What one bind message brought. */
struct tl_stmt_chunk {
    struct tl_stmt_chunk *next;
    uint8_t *payload;
    struct tl_arena ar;
    struct tl_stmt_rows *first, **tail;
};

struct tl_stmt {
    struct tl_engine *e;
    bool text_decimals;
    enum tl_stmt_state state;
    struct tl_error why;
    struct tl_arena ar; /* of the prepared text */
    char *sql;          /* folded */
    size_t nsql;
    bool insert;
    struct tl_stmt_insert ins;
    struct tl_stmt_field *fields;
    int nfields;
    struct tl_mark *marks; /* of a query */
    int nmarks;
    struct tl_stmt_chunk *first, **tail;
    struct tl_result *result;
};

/* engine_stmt.c: looks up the tables and names of the INSERT. `name` is the bound table's, or NULL.
   Allocates in `ar`. */
bool tl_stmt_resolve(struct tl_stmt *st, struct tl_session *s, struct tl_arena *ar,
                     const struct tl_name *name, struct tl_stmt_plan *plan, struct tl_error *err);
void tl_stmt_drop_bound(struct tl_stmt *st);
/* engine_stmt_bind.c */
bool tl_stmt_bind_insert(struct tl_stmt *st, struct tl_session *s, const struct tl_bindmsg *m,
                         struct tl_stmt_chunk *c, struct tl_error *err);
bool tl_stmt_bind_query(struct tl_stmt *st, const struct tl_bindmsg *m, struct tl_arena *ar,
                        struct tl_error *err);
/* engine_stmt_exec.c */
bool tl_stmt_store(struct tl_stmt *st, int64_t *affected, struct tl_error *err);

#endif

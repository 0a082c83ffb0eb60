/*
 * engine_int.h: inside of the SQLite engine of tdlite (engine.h is its outside).
 *
 * One SQLite connection holds everything: `tl_db`, `tl_tab`, `tl_col` describe databases, tables
 * and columns; the rows of a super table and of all its children lie in one table s<id>(tid, c1 =
 * timestamp, c2, ...) clustered by (tid, timestamp[, second key]), its children's names and tags in
 * g<id>(tid, tbname, t1, ...); a normal table has an s<id> alone, its tid being its own id.
 * (Attached databases, one each, would be limited to ten by SQLite.)
 *
 * Values in SQLite: integers, BOOL and TIMESTAMP as INTEGER; BIGINT UNSIGNED as INTEGER biased by
 * 2^63, so that SQLite's order is the numeric one; FLOAT, DOUBLE as REAL; text as TEXT; VARBINARY,
 * GEOMETRY, BLOB as BLOB; DECIMAL as a 16-byte ordered blob (sql_dec.h). Columns have no declared
 * type: nothing is converted behind our back.
 *
 * Everything runs on the server's one thread. A table schema (tl_table) belongs to the engine's
 * cache and stays valid until the next DDL; a result copies what it needs.
 */
#ifndef TL_ENGINE_INT_H
#define TL_ENGINE_INT_H

#include "sql_ast.h"
#include "sql_dec.h"

#include <sqlite3.h>

struct tl_val {
    bool null;
    int64_t i; /* integers, BOOL, TIMESTAMP; BIGINT UNSIGNED as its bits */
    double d;
    const void *p; /* text in UTF-8, bytes */
    size_t n;
    tl_i128 dec; /* at the column's scale */
};

/* A literal of VALUES or TAGS, before it meets a column type. */
enum tl_lk { LIT_NULL, LIT_INT, LIT_DBL, LIT_STR, LIT_BOOL, LIT_TS };
struct tl_lit {
    enum tl_lk k;
    const char *s; /* number text with sign, or decoded string */
    size_t n;
    int64_t i;       /* LIT_BOOL, LIT_TS */
    const char *src; /* for the error text: where it stands in the statement */
};
struct tl_valctx {
    struct tl_arena *ar;
    struct tl_error *err;
    int prec;
    const char *tz;
};
/* Converts with TDengine's range checks and messages (golden/error). */
bool tl_val_convert(const struct tl_valctx *c, const struct tl_lit *l, const struct tl_ty *t,
                    const char *col, struct tl_val *out);
/* "syntax error near '...' (why)", 0x0216 */
bool tl_insert_error(struct tl_error *err, const char *near, const char *why);
void tl_val_bind(sqlite3_stmt *st, int at, const struct tl_ty *t, const struct tl_val *v);
/* The reverse of tl_val_bind: a value's bytes as the raw block wants them. False = out of
   memory. */
bool tl_cell_put(struct tl_enc *enc, int col, const struct tl_ty *t, sqlite3_stmt *st, int at);
/* "VARCHAR(20)"-like name; `desc` writes DECIMAL(p, s), `bare` leaves out lengths but for text
   (ins_columns). */
const char *tl_type_base(uint8_t t);
void tl_type_name(const struct tl_ty *t, bool bare, char out[48]);
bool tl_is_text(uint8_t t); /* VARCHAR, NCHAR, JSON */
bool tl_is_bytes(uint8_t t);
bool tl_is_int(uint8_t t); /* signed, unsigned below 64 bits, BOOL, TIMESTAMP */
bool tl_is_float(uint8_t t);
bool tl_is_dec(uint8_t t);

enum { TL_KIND_NORMAL, TL_KIND_SUPER, TL_KIND_CHILD, TL_KIND_SYSTEM };

struct tl_field {
    char name[65];
    struct tl_ty type;
    bool pk;
    int id; /* c<id> or t<id> in SQLite */
};

struct tl_table {
    int64_t id;
    int64_t dbid;
    int kind; /* NORMAL or SUPER */
    char name[193];
    int ncols, ntags;
    struct tl_field *cols, *tags;
    int next_id;
    struct tl_table *hash_next;
};

/* What a name stands for. For a child `tab` is its super table. */
struct tl_ref {
    const struct tl_table *tab;
    const struct tl_db *db;
    int64_t tid; /* child or normal; 0 for a super table */
    int kind;
};

struct tl_db {
    int64_t id;
    char name[65];
    int prec;
    int64_t keep_min; /* KEEP in minutes */
    struct tl_db *next;
};

struct tl_result_sql; /* engine_result.c */

enum { TL_HASH = 1024 };
struct tl_engine {
    sqlite3 *sq;
    struct tl_db *dbs;
    struct tl_table *hash[TL_HASH];
    struct tl_result_sql *open; /* running SELECTs */
    sqlite3_stmt *find, *find_id;
    /* insert statement of the last (table, columns) */
    sqlite3_stmt *ins;
    int64_t ins_tab;
    int ins_n;
    int *ins_cols;
    struct tl_wal *wal;   /* engine_wal.h */
    const char *tz;       /* zone of the running statement, for SQL functions */
    struct tl_error *err; /* of the running statement, set by SQL functions */
    bool (*kill)(void *ctx, const char *kill_id); /* engine_hooks.h */
    void *kill_ctx;
};

/* engine_meta.c */
bool tl_sql_fail(struct tl_engine *e, struct tl_error *err);
/* fmt is SQLite's (%Q quotes), so the compiler cannot check it. */
bool tl_run(struct tl_engine *e, struct tl_error *err, const char *fmt, ...);
bool tl_begin(struct tl_engine *e, struct tl_error *err);
bool tl_commit(struct tl_engine *e, bool ok, struct tl_error *err);
struct tl_db *tl_find_db(struct tl_engine *e, const char *name);
struct tl_db *tl_db_by_id(struct tl_engine *e, int64_t id);
bool tl_meta_open(struct tl_engine *e, struct tl_error *err);
void tl_meta_close(struct tl_engine *e);
void tl_meta_forget(struct tl_engine *e); /* drops cached schemas and statements after DDL */
/* Resolves db (or the session's). Errors: 0x2616 none chosen, 0x0388 missing. */
struct tl_db *tl_need_db(struct tl_engine *e, const struct tl_session *s, const char *db,
                         struct tl_error *err);
/* 1 found, 0 missing, -1 error. */
int tl_lookup(struct tl_engine *e, struct tl_db *db, const char *name, struct tl_ref *out,
              struct tl_error *err);
/* As tl_lookup with 0x2603 when missing. */
bool tl_need_table(struct tl_engine *e, const struct tl_session *s, const struct tl_name *n,
                   struct tl_ref *out, struct tl_error *err);
const struct tl_table *tl_schema(struct tl_engine *e, int64_t id, struct tl_error *err);
const struct tl_field *tl_col_of(const struct tl_table *t, const char *name);
const struct tl_field *tl_tag_of(const struct tl_table *t, const char *name);
bool tl_is_sysdb(const char *name);

/* engine_ddl.c: true = done; the caller has recognised the first word. */
bool tl_ddl_create(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry);
bool tl_ddl_drop(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry);
bool tl_ddl_alter(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry);
/* FLUSH DATABASE, RESET QUERY CACHE, KILL QUERY. */
bool tl_misc(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry);
bool tl_delete(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry,
               int64_t *affected);
/* Creates a child of `st`; tags[i] for st->tags[i]. *tid gets its id. */
bool tl_create_child(struct tl_engine *e, const struct tl_table *st, const char *name,
                     const struct tl_val *tags, int64_t *tid, struct tl_error *err);

/* `USING st [(tag names)] TAGS (values)`, after the word USING. */
struct tl_using {
    const struct tl_table *st;
    struct tl_db *db;
    struct tl_val *tags; /* st->ntags of them */
};
/* engine_insert.c */
bool tl_parse_using(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                    const char *child_db, struct tl_using *out);
bool tl_insert(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry,
               int64_t *affected);
/* Reads one literal of VALUES or TAGS at the parser's position. */
bool tl_read_lit(struct tl_parser *p, int prec, const char *tz, struct tl_lit *out);

/* engine_rows.c: writes rows of typed values, `vals` row by row in the order of `cols` (indexes
   into t->cols, the timestamp among them). A row whose key exists changes the given columns
   only. Inside the caller's transaction. */
bool tl_engine_insert_rows(struct tl_engine *e, const struct tl_table *t, int64_t tid,
                           const int *cols, int ncols, const struct tl_val *vals, size_t nrows,
                           struct tl_error *err);
/* 0x060B unless every timestamp lies inside KEEP. */
bool tl_check_keep(const struct tl_db *db, int64_t ts, int64_t now, struct tl_error *err);

/* engine_result.c: takes over the statement (also on failure). cols are copied. */
struct tl_result *tl_result_query(struct tl_engine *e, const struct tl_session *s, sqlite3_stmt *st,
                                  const struct tl_col *cols, int ncols, int prec,
                                  struct tl_error *err);
struct tl_result *tl_result_update(int64_t affected, struct tl_error *err);
/* Reads every running SELECT to its end into memory, before DDL changes the tables under it. */
void tl_results_stop(struct tl_engine *e); /* ends them, when the engine goes */
bool tl_results_park(struct tl_engine *e, struct tl_error *err);
/* A result of fixed rows, from a SQL text over no table. */
struct tl_result *tl_result_sql(struct tl_engine *e, const struct tl_session *s, struct tl_sb *sql,
                                const struct tl_col *cols, int ncols, struct tl_error *err);

/* engine_select.c */
struct tl_result *tl_select(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                            bool dry, struct tl_error *err);
/* engine_show.c */
struct tl_result *tl_show(struct tl_engine *e, struct tl_session *s, struct tl_parser *p, bool dry,
                          struct tl_error *err);
struct tl_result *tl_describe(struct tl_engine *e, struct tl_session *s, struct tl_parser *p,
                              bool dry, struct tl_error *err);

/* Encoding, compression and level that the server shows for a column's type. */
void tl_storage(uint8_t t, bool tag, const char **enc, const char **comp, const char **level);

/* engine_sys.c: information_schema and performance_schema. */
struct tl_syscol {
    const char *name;
    uint8_t t;
    int len;
};
struct tl_systab {
    const char *db, *name;
    const struct tl_syscol *cols;
    int ncols;
    const char
        *sql; /* SELECT with the columns' names; NULL = the table is known, its content is not */
};
const struct tl_systab *tl_systab_find(const char *db, const char *name);
bool tl_sys_install(struct tl_engine *e, struct tl_error *err);

/* sql_udf*.c */
bool tl_udf_install(struct tl_engine *e, struct tl_error *err);

#define TL_SERVER_VERSION "3.3.7.5.alpha"

#endif

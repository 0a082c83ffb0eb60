/* sql_udf.h: the SQL functions td_* that the engine adds to SQLite; their arguments are in
   engine_int.h's form. */
#ifndef TL_SQL_UDF_H
#define TL_SQL_UDF_H

#include "engine_int.h"

struct tl_udf {
    const char *name;
    int nargs; /* -1 = any */
    void (*fn)(sqlite3_context *, int, sqlite3_value **);
};
bool tl_udf_add(struct tl_engine *e, const struct tl_udf *v, size_t n, struct tl_error *err);
bool tl_udf_text(struct tl_engine *e, struct tl_error *err);   /* sql_udf_text.c */
bool tl_udf_time(struct tl_engine *e, struct tl_error *err);   /* sql_udf_time.c */
bool tl_udf_meta(struct tl_engine *e, struct tl_error *err);   /* sql_udf_meta.c */
bool tl_udf_more(struct tl_engine *e, struct tl_error *err);   /* sql_udf_more.c */
bool tl_udf_tochar(struct tl_engine *e, struct tl_error *err); /* sql_tochar.c */
bool tl_udf_agg(struct tl_engine *e, struct tl_error *err);    /* sql_udf_agg.c */
/* NULL when any of the first n arguments is NULL (and then the result is set to NULL). */
bool tl_udf_null(sqlite3_context *c, int n, sqlite3_value **v);
/* Fails the statement with a TDengine code. */
void tl_udf_fail(sqlite3_context *c, int code, const char *msg);
/* The text of an argument and its length. */
const char *tl_udf_str(sqlite3_value *v, size_t *n);

#endif

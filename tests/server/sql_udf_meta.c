/* sql_udf_meta.c: functions behind the catalog views: type names, widths and tag values as text
   (sql_udf.h). */
#include "engine_vgroup.h"
#include "sql_udf.h"

#include "sql_geo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* td_type(type, len, p, s, form): form 1 as ins_columns, 2 as ins_tags (protocol.md 7.2). */
static void f_type(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    char out[48];
    struct tl_ty t = {.t = (uint8_t)sqlite3_value_int(v[0]),
                      .p = (uint8_t)sqlite3_value_int(v[2]),
                      .s = (uint8_t)sqlite3_value_int(v[3]),
                      .len = sqlite3_value_int(v[1])};
    bool tags = sqlite3_value_int(v[4]) == 2;
    if (tags && t.t == TL_JSON) {
        snprintf(out, sizeof out, "JSON(16382)");
    } else {
        tl_type_name(&t, !tags, out);
    }
    sqlite3_result_text(c, out, -1, SQLITE_TRANSIENT);
}

/* td_width(type, len): the internal size, n+2 or 4n+2 for text. */
static void f_width(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    int t = sqlite3_value_int(v[0]), len = sqlite3_value_int(v[1]);
    bool var = t == TL_VARCHAR || t == TL_VARBINARY || t == TL_GEOMETRY;
    sqlite3_result_int(c, t == TL_NCHAR ? 4 * len + 2 : t == TL_BLOB ? 5 : var ? len + 2 : len);
}

static void tag_bytes(sqlite3_context *c, const unsigned char *p, int n)
{
    struct tl_sb b = {0};
    tl_sb_str(&b, "\\x");
    for (int i = 0; i < n; i++)
        tl_sb_fmt(&b, "%02X", p[i]);
    if (!b.oom) sqlite3_result_text64(c, b.p, b.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    tl_sb_free(&b);
}

static void tag_text(sqlite3_context *c, const struct tl_ty *t, sqlite3_stmt *st, int at)
{
    char num[400];
    struct tl_sb b = {0};
    if (sqlite3_column_type(st, at) == SQLITE_NULL) {
        sqlite3_result_null(c);
    } else if (tl_is_text(t->t)) {
        sqlite3_result_value(c, sqlite3_column_value(st, at));
    } else if (t->t == TL_GEOMETRY) {
        if (tl_geo_text(sqlite3_column_blob(st, at), (size_t)sqlite3_column_bytes(st, at), &b) &&
            !b.oom) {
            sqlite3_result_text64(c, b.p, b.n, SQLITE_TRANSIENT, SQLITE_UTF8);
        }
        tl_sb_free(&b);
    } else if (tl_is_bytes(t->t)) {
        tag_bytes(c, sqlite3_column_blob(st, at), sqlite3_column_bytes(st, at));
    } else {
        int64_t i = sqlite3_column_int64(st, at);
        double d = sqlite3_column_double(st, at);
        if (t->t == TL_BOOL) {
            snprintf(num, sizeof num, "%s", i ? "true" : "false");
        } else if (tl_is_float(t->t)) {
            snprintf(num, sizeof num, "%.*f", t->t == TL_FLOAT ? 5 : 9, d);
        } else if (t->t == TL_UBIGINT) {
            snprintf(num, sizeof num, "%llu", (unsigned long long)((uint64_t)i ^ (1ULL << 63)));
        } else {
            snprintf(num, sizeof num, "%lld", (long long)i);
        }
        sqlite3_result_text(c, num, -1, SQLITE_TRANSIENT);
    }
}

/* td_tag(super table, child, tag id): the tag's value as text. */
static void f_tag(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    struct tl_engine *e = sqlite3_user_data(c);
    struct tl_error err = {0};
    int64_t stid = sqlite3_value_int64(v[0]), tid = sqlite3_value_int64(v[1]);
    int id = sqlite3_value_int(v[2]);
    const struct tl_table *t = tl_schema(e, stid, &err);
    if (!t) return;
    for (int i = 0; i < t->ntags; i++) {
        if (t->tags[i].id != id) continue;
        char sql[96];
        sqlite3_stmt *st = NULL;
        snprintf(sql, sizeof sql, "SELECT t%d FROM g%lld WHERE tid = %lld", id, (long long)stid,
                 (long long)tid);
        if (sqlite3_prepare_v2(e->sq, sql, -1, &st, NULL) != SQLITE_OK) return;
        if (sqlite3_step(st) == SQLITE_ROW) tag_text(c, &t->tags[i].type, st, 0);
        sqlite3_finalize(st);
        return;
    }
}

/* td_vgroup(database, table, vgroups): the vgroup's id. */
static void f_vgroup(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    const char *db = (const char *)sqlite3_value_text(v[0]);
    const char *table = (const char *)sqlite3_value_text(v[1]);
    if (!db || !table) return;
    sqlite3_result_int(c, TL_FIRST_VGROUP + tl_vgroup_of(db, table, sqlite3_value_int(v[2])));
}

bool tl_udf_meta(struct tl_engine *e, struct tl_error *err)
{
    static const struct tl_udf meta[] = {{"td_type", 5, f_type},
                                         {"td_width", 2, f_width},
                                         {"td_tag", 3, f_tag},
                                         {"td_vgroup", 3, f_vgroup}};
    return tl_udf_add(e, meta, sizeof meta / sizeof meta[0], err);
}

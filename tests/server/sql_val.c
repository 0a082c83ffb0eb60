/* sql_val.c: literals to typed values with TDengine's checks, and typed values to and from
   SQLite (engine_int.h). */
#include "engine_int.h"

#include "sql_geo.h"
#include "sql_time.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Integer types: names as in TDengine's messages. */
static const struct {
    uint8_t t;
    const char *name;
    int64_t min, max;
} int_type[] = {{TL_TINYINT, "tinyint", INT8_MIN, INT8_MAX},
                {TL_SMALLINT, "smallint", INT16_MIN, INT16_MAX},
                {TL_INT, "int", INT32_MIN, INT32_MAX},
                {TL_BIGINT, "bigint", INT64_MIN, INT64_MAX},
                {TL_UTINYINT, "unsigned tinyint", 0, UINT8_MAX},
                {TL_USMALLINT, "unsigned smallint", 0, UINT16_MAX},
                {TL_UINT, "unsigned int", 0, UINT32_MAX}};

bool tl_insert_error(struct tl_error *err, const char *near, const char *why)
{
    if (!why) return tl_fail(err, TL_E_INSERT_SYNTAX, "syntax error near '%.63s'", near);
    return tl_fail(err, TL_E_INSERT_SYNTAX, "syntax error near '%.63s' (%s)", near, why);
}

/* The text a message shows: a string's content, else the statement from there on. */
static bool bad(const struct tl_valctx *c, const struct tl_lit *l, const char *before,
                const char *name, const char *after)
{
    char why[96];
    snprintf(why, sizeof why, "%s%s%s", before, name, after);
    return tl_insert_error(c->err, l->k == LIT_STR ? l->s : l->src, why);
}

static bool whole_number(const struct tl_lit *l, int64_t *out)
{
    char *e;
    if (l->n == 0) return false;
    errno = 0;
    *out = strtoll(l->s, &e, 10);
    return *e == 0 && !errno;
}

static bool to_double(const struct tl_lit *l, double *d)
{
    char *e;
    if (l->k == LIT_BOOL) {
        *d = (double)l->i;
        return true;
    }
    if (l->n == 0 || strpbrk(l->s, "xXnN")) return false;
    *d = strtod(l->s, &e);
    return *e == 0;
}

static bool to_int(const struct tl_valctx *c, const struct tl_lit *l, const struct tl_ty *t,
                   struct tl_val *out)
{
    for (size_t k = 0; k < sizeof int_type / sizeof int_type[0]; k++) {
        if (int_type[k].t != t->t) continue;
        double d;
        if (l->k == LIT_BOOL || l->k == LIT_TS) {
            out->i = l->i;
        } else if (!whole_number(l, &out->i)) {
            if (!to_double(l, &d)) return bad(c, l, "invalid ", int_type[k].name, " data");
            d = round(d);
            if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0)) {
                return bad(c, l, "", int_type[k].name, " data overflow");
            }
            out->i = (int64_t)d;
        }
        if (out->i < int_type[k].min || out->i > int_type[k].max) {
            return bad(c, l, "", int_type[k].name, " data overflow");
        }
        return true;
    }
    return false;
}

static bool to_ubigint(const struct tl_valctx *c, const struct tl_lit *l, struct tl_val *out)
{
    char *e;
    double d;
    if (l->k == LIT_BOOL || l->k == LIT_TS) {
        out->i = l->i;
        return l->i >= 0 || bad(c, l, "", "unsigned bigint", " data overflow");
    }
    errno = 0;
    unsigned long long u = strtoull(l->s, &e, 10);
    if (l->n && *e == 0 && !errno && (l->s[0] != '-' || u == 0)) {
        out->i = (int64_t)u;
        return true;
    }
    if (!to_double(l, &d)) return bad(c, l, "invalid ", "unsigned bigint", " data");
    d = round(d);
    if (*e == 0 || !(d >= 0 && d < 18446744073709551616.0)) {
        return bad(c, l, "", "unsigned bigint", " data overflow");
    }
    out->i = (int64_t)(uint64_t)d;
    return true;
}

static bool to_bool(const struct tl_valctx *c, const struct tl_lit *l, struct tl_val *out)
{
    double d;
    if (l->k == LIT_STR && strcasecmp(l->s, "true") == 0) {
        out->i = 1;
    } else if (l->k == LIT_STR && strcasecmp(l->s, "false") == 0) {
        out->i = 0;
    } else if (l->k != LIT_TS && to_double(l, &d)) {
        out->i = d != 0;
    } else {
        return bad(c, l, "invalid ", "bool", " data");
    }
    return true;
}

static bool to_real(const struct tl_valctx *c, const struct tl_lit *l, const struct tl_ty *t,
                    struct tl_val *out)
{
    bool f = t->t == TL_FLOAT;
    double d;
    if (l->k == LIT_TS || !to_double(l, &d) || !isfinite(d) || (f && fabs(d) > (double)FLT_MAX)) {
        return bad(c, l, "illegal ", f ? "float" : "double", " data");
    }
    out->d = f ? (double)(float)d : d;
    return true;
}

static bool to_ts(const struct tl_valctx *c, const struct tl_lit *l, struct tl_val *out)
{
    if (l->k == LIT_TS) {
        out->i = l->i;
        return true;
    }
    if (l->k == LIT_INT) return whole_number(l, &out->i) || bad(c, l, "invalid ", "timestamp", "");
    if (l->k == LIT_STR && tl_ts_parse(l->s, l->n, c->prec, c->tz, &out->i)) return true;
    return bad(c, l, "invalid ", "timestamp", "");
}

static bool too_long(const struct tl_valctx *c, const char *col)
{
    return tl_fail(c->err, TL_E_TOO_LONG, "Value too long for column/tag: %s", col);
}

/* Code points of UTF-8 text; -1 when it is not valid. */
static int64_t utf8_count(const unsigned char *s, size_t n)
{
    int64_t count = 0;
    for (size_t i = 0; i < n; count++) {
        unsigned c = s[i];
        size_t len = c < 0x80                ? 1
                     : c >= 0xC2 && c < 0xE0 ? 2
                     : (c & 0xF0) == 0xE0    ? 3
                     : c >= 0xF0 && c < 0xF5 ? 4
                                             : 0;
        if (!len || n - i < len) return -1;
        for (size_t k = 1; k < len; k++) {
            if ((s[i + k] & 0xC0) != 0x80) return -1;
        }
        i += len;
    }
    return count;
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* '\x..' is hex, anything else stands for itself. */
static bool to_bytes(const struct tl_valctx *c, const struct tl_lit *l, const char *col,
                     struct tl_val *out)
{
    out->p = l->s;
    out->n = l->n;
    if (l->n < 2 || l->s[0] != '\\' || (l->s[1] | 32) != 'x') return true;
    size_t n = (l->n - 2) / 2;
    unsigned char *b = tl_arena_get(c->ar, n + 1);
    if (!b) return tl_oom(c->err);
    if (l->n % 2) return tl_fail(c->err, 0x266A, "Invalid varbinary value: %s", col);
    for (size_t i = 0; i < n; i++) {
        int hi = hex_of(l->s[2 + 2 * i]), lo = hex_of(l->s[3 + 2 * i]);
        if (hi < 0 || lo < 0) return tl_fail(c->err, 0x266A, "Invalid varbinary value: %s", col);
        b[i] = (unsigned char)(hi << 4 | lo);
    }
    out->p = b;
    out->n = n;
    return true;
}

static bool to_geometry(const struct tl_valctx *c, const struct tl_lit *l, struct tl_val *out)
{
    struct tl_buf wkb = {0};
    bool ok = l->k == LIT_STR && tl_geo_parse(l->s, l->n, &wkb);
    if (ok) {
        out->p = tl_arena_dup(c->ar, (const char *)wkb.p, wkb.n);
        out->n = wkb.n;
    }
    tl_buf_free(&wkb);
    if (!ok) return bad(c, l, "Invalid function ", "para", " value");
    return out->p || tl_oom(c->err);
}

static int by_key(const void *a, const void *b)
{
    const cJSON *const *x = a, *const *y = b;
    return strcmp((*x)->string, (*y)->string);
}

/* A JSON tag is a flat object; it is kept with sorted keys (golden/query/ms/json_tag). */
static bool to_json(const struct tl_valctx *c, const struct tl_lit *l, struct tl_val *out)
{
    const char *end = NULL;
    cJSON *j = l->k == LIT_STR ? cJSON_ParseWithLengthOpts(l->s, l->n, &end, false) : NULL;
    cJSON *sorted = cJSON_CreateObject(), *list[128];
    int n = 0;
    bool ok = cJSON_IsObject(j) && sorted;
    for (cJSON *k = ok ? j->child : NULL; k && ok; k = k->next) {
        ok = n < 128 && !cJSON_IsArray(k) && !cJSON_IsObject(k);
        if (ok) list[n++] = k;
    }
    if (ok) qsort(list, (size_t)n, sizeof list[0], by_key);
    for (int i = 0; ok && i < n; i++) {
        if (cJSON_GetObjectItemCaseSensitive(sorted, list[i]->string)) continue;
        cJSON_AddItemToObject(sorted, list[i]->string, cJSON_Duplicate(list[i], true));
    }
    char *text = ok ? cJSON_PrintUnformatted(sorted) : NULL;
    if (text) {
        out->n = strlen(text);
        out->p = tl_arena_dup(c->ar, text, out->n);
        free(text);
    }
    cJSON_Delete(sorted);
    cJSON_Delete(j);
    if (!ok) return tl_fail(c->err, 0x0221, "Invalid JSON format");
    return out->p || tl_oom(c->err);
}

static bool to_sized(const struct tl_valctx *c, const struct tl_lit *l, const struct tl_ty *t,
                     const char *col, struct tl_val *out)
{
    if (t->t == TL_GEOMETRY) {
        if (!to_geometry(c, l, out)) return false;
    } else if (t->t == TL_VARBINARY || t->t == TL_BLOB) {
        if (l->k != LIT_STR) return bad(c, l, "invalid ", "varbinary", " data");
        if (!to_bytes(c, l, col, out)) return false;
    } else {
        out->p = l->s;
        out->n = l->n;
    }
    int64_t have = (int64_t)out->n;
    if (t->t == TL_NCHAR) {
        have = utf8_count(out->p, out->n);
        if (have < 0) return bad(c, l, "invalid ", "nchar", " data");
    }
    return have <= t->len || too_long(c, col);
}

bool tl_val_convert(const struct tl_valctx *c, const struct tl_lit *l, const struct tl_ty *t,
                    const char *col, struct tl_val *out)
{
    memset(out, 0, sizeof *out);
    bool text = tl_is_text(t->t) || tl_is_bytes(t->t);
    if (l->k == LIT_NULL || (l->k == LIT_STR && !text && strcasecmp(l->s, "null") == 0)) {
        out->null = true;
        return true;
    }
    switch (t->t) {
    case TL_BOOL:
        return to_bool(c, l, out);
    case TL_TIMESTAMP:
        return to_ts(c, l, out);
    case TL_FLOAT:
    case TL_DOUBLE:
        return to_real(c, l, t, out);
    case TL_UBIGINT:
        return to_ubigint(c, l, out);
    case TL_JSON:
        return to_json(c, l, out);
    case TL_DECIMAL64:
    case TL_DECIMAL128: {
        if (l->k == LIT_BOOL || l->k == LIT_TS) return bad(c, l, "invalid ", "decimal", " data");
        enum tl_dec_rc rc = tl_dec_parse(l->s, l->n, t->p, t->s, &out->dec);
        if (rc == TL_DEC_OVERFLOW) {
            return tl_fail(c->err, TL_E_DECIMAL_OVERFLOW, "Decimal value overflow");
        }
        return rc == TL_DEC_OK || bad(c, l, "invalid ", "decimal", " data");
    }
    default:
        if (!text) return to_int(c, l, t, out);
        if (l->k == LIT_BOOL || l->k == LIT_TS) return bad(c, l, "invalid ", "string", " data");
        return to_sized(c, l, t, col, out);
    }
}

void tl_val_bind(sqlite3_stmt *st, int at, const struct tl_ty *t, const struct tl_val *v)
{
    if (v->null) {
        sqlite3_bind_null(st, at);
    } else if (tl_is_dec(t->t)) {
        unsigned char b[16];
        tl_dec_blob(v->dec, b);
        sqlite3_bind_blob(st, at, b, 16, SQLITE_TRANSIENT);
    } else if (tl_is_float(t->t)) {
        sqlite3_bind_double(st, at, v->d);
    } else if (tl_is_text(t->t)) {
        sqlite3_bind_text64(st, at, v->n ? v->p : "", v->n, SQLITE_STATIC, SQLITE_UTF8);
    } else if (tl_is_bytes(t->t)) {
        if (v->n) {
            sqlite3_bind_blob64(st, at, v->p, v->n, SQLITE_STATIC);
        } else {
            sqlite3_bind_zeroblob(st, at, 0);
        }
    } else if (t->t == TL_UBIGINT) {
        sqlite3_bind_int64(st, at, (int64_t)((uint64_t)v->i ^ (1ULL << 63)));
    } else {
        sqlite3_bind_int64(st, at, v->i);
    }
}

bool tl_cell_put(struct tl_enc *enc, int col, const struct tl_ty *t, sqlite3_stmt *st, int at)
{
    if (sqlite3_column_type(st, at) == SQLITE_NULL) return tl_enc_null(enc, col);
    if (tl_is_text(t->t) || tl_is_bytes(t->t)) {
        const void *p = tl_is_text(t->t) ? (const void *)sqlite3_column_text(st, at)
                                         : sqlite3_column_blob(st, at);
        int n = sqlite3_column_bytes(st, at);
        return tl_enc_var(enc, col, n ? p : "", (size_t)n);
    }
    if (tl_is_dec(t->t)) {
        const unsigned char *b = sqlite3_column_blob(st, at);
        if (sqlite3_column_bytes(st, at) != 16) return tl_enc_null(enc, col);
        tl_i128 v = tl_dec_unblob(b);
        int64_t small = (int64_t)v;
        return tl_enc_fixed(enc, col,
                            t->t == TL_DECIMAL64 ? (const void *)&small : (const void *)&v);
    }
    if (tl_is_float(t->t)) {
        double d = sqlite3_column_double(st, at);
        float f = (float)d;
        return tl_enc_fixed(enc, col, t->t == TL_FLOAT ? (const void *)&f : (const void *)&d);
    }
    int64_t i = sqlite3_column_int64(st, at);
    if (t->t == TL_UBIGINT) i = (int64_t)((uint64_t)i ^ (1ULL << 63));
    return tl_enc_fixed(enc, col, &i); /* little-endian: the low bytes come first */
}

static const struct {
    uint8_t t;
    const char *name;
} base_name[] = {{TL_BOOL, "BOOL"},
                 {TL_TINYINT, "TINYINT"},
                 {TL_SMALLINT, "SMALLINT"},
                 {TL_INT, "INT"},
                 {TL_BIGINT, "BIGINT"},
                 {TL_FLOAT, "FLOAT"},
                 {TL_DOUBLE, "DOUBLE"},
                 {TL_VARCHAR, "VARCHAR"},
                 {TL_TIMESTAMP, "TIMESTAMP"},
                 {TL_NCHAR, "NCHAR"},
                 {TL_UTINYINT, "TINYINT UNSIGNED"},
                 {TL_USMALLINT, "SMALLINT UNSIGNED"},
                 {TL_UINT, "INT UNSIGNED"},
                 {TL_UBIGINT, "BIGINT UNSIGNED"},
                 {TL_JSON, "JSON"},
                 {TL_VARBINARY, "VARBINARY"},
                 {TL_DECIMAL128, "DECIMAL"},
                 {TL_BLOB, "BLOB"},
                 {TL_GEOMETRY, "GEOMETRY"},
                 {TL_DECIMAL64, "DECIMAL"}};

const char *tl_type_base(uint8_t t)
{
    for (size_t i = 0; i < sizeof base_name / sizeof base_name[0]; i++) {
        if (base_name[i].t == t) return base_name[i].name;
    }
    return "NULL";
}

void tl_type_name(const struct tl_ty *t, bool bare, char out[48])
{
    const char *base = tl_type_base(t->t);
    bool len = t->t == TL_VARCHAR || t->t == TL_NCHAR ||
               (!bare && (t->t == TL_VARBINARY || t->t == TL_GEOMETRY));
    if (tl_is_dec(t->t)) {
        snprintf(out, 48, "%s(%d,%d)", base, t->p, t->s);
    } else if (len) {
        snprintf(out, 48, "%s(%d)", base, t->len);
    } else {
        snprintf(out, 48, "%s", base);
    }
}

bool tl_is_text(uint8_t t)
{
    return t == TL_VARCHAR || t == TL_NCHAR || t == TL_JSON;
}

bool tl_is_bytes(uint8_t t)
{
    return t == TL_VARBINARY || t == TL_GEOMETRY || t == TL_BLOB;
}

bool tl_is_float(uint8_t t)
{
    return t == TL_FLOAT || t == TL_DOUBLE;
}

bool tl_is_dec(uint8_t t)
{
    return t == TL_DECIMAL64 || t == TL_DECIMAL128;
}

bool tl_is_int(uint8_t t)
{
    return (t >= TL_BOOL && t <= TL_BIGINT) || t == TL_TIMESTAMP ||
           (t >= TL_UTINYINT && t <= TL_UINT);
}

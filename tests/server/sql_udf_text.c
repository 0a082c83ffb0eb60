/* sql_udf_text.c: text, JSON and geometry functions for SQLite (sql_udf.h). Positions count code
   points. */
#include "sql_udf.h"

#include "sql_geo.h"

#include <cjson/cJSON.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t char_len(const char *s, const char *end)
{
    size_t n = 1;
    while (s + n < end && ((unsigned char)s[n] & 0xC0) == 0x80)
        n++;
    return n;
}

static size_t count_chars(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xC0) != 0x80;
    return count;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* protocol.md 7.8: ASCII letters of either case match, backslash escapes, `_` is a byte or
   (wide) a code point. */
static bool like(const char *p, const char *pe, const char *s, const char *se, bool wide)
{
    const char *star = NULL, *back = NULL;
    while (s < se || p < pe) {
        if (p < pe && *p == '%') {
            star = ++p;
            back = s;
            continue;
        }
        if (p < pe && s < se) {
            const char *q = p;
            bool esc = *q == '\\' && q + 1 < pe && (q[1] == '%' || q[1] == '_' || q[1] == '\\');
            if (esc) q++;
            if (!esc && *q == '_') {
                s += wide ? char_len(s, se) : 1;
                p = q + 1;
                continue;
            }
            if (fold(*q) == fold(*s)) {
                s++;
                p = q + 1;
                continue;
            }
        }
        if (!star || back >= se) return false;
        s = ++back;
        p = star;
    }
    return true;
}

static void f_like(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t ns, np;
    if (tl_udf_null(c, 2, v)) return;
    const char *s = tl_udf_str(v[0], &ns), *p = tl_udf_str(v[1], &np);
    sqlite3_result_int(c, like(p, p + np, s, s + ns, sqlite3_value_int(v[2]) != 0));
}

static void free_regex(void *p)
{
    regfree(p);
    free(p);
}

static void f_match(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t ns, np;
    if (tl_udf_null(c, 2, v)) return;
    const char *s = tl_udf_str(v[0], &ns), *p = tl_udf_str(v[1], &np);
    regex_t *re = sqlite3_get_auxdata(c, 1);
    if (!re) {
        re = malloc(sizeof *re);
        if (!re || regcomp(re, p, REG_EXTENDED | REG_NOSUB) != 0) {
            free(re);
            tl_udf_fail(c, 0x2665, "Invalid regular expression");
            return;
        }
        int hit = regexec(re, s, 0, NULL, 0) == 0;
        sqlite3_result_int(c, hit);
        sqlite3_set_auxdata(c, 1, re, free_regex);
        return;
    }
    sqlite3_result_int(c, regexec(re, s, 0, NULL, 0) == 0);
}

static void map_case(sqlite3_context *c, sqlite3_value **v, char lo, char hi, int shift)
{
    size_t n;
    if (tl_udf_null(c, 1, v)) return;
    const char *s = tl_udf_str(v[0], &n);
    char *out = sqlite3_malloc64(n + 1);
    if (!out) {
        sqlite3_result_error_nomem(c);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = s[i] >= lo && s[i] <= hi ? (char)(s[i] + shift) : s[i];
    sqlite3_result_text64(c, out, n, sqlite3_free, SQLITE_UTF8);
}

static void f_upper(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    map_case(c, v, 'a', 'z', -32);
}

static void f_lower(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    map_case(c, v, 'A', 'Z', 32);
}

static void f_ltrim(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len, i = 0;
    if (tl_udf_null(c, 1, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    while (i < len && s[i] == ' ')
        i++;
    sqlite3_result_text64(c, s + i, len - i, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void f_rtrim(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len;
    if (tl_udf_null(c, 1, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    while (len && s[len - 1] == ' ')
        len--;
    sqlite3_result_text64(c, s, len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void f_chars(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len;
    if (tl_udf_null(c, 1, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    sqlite3_result_int64(c, (int64_t)count_chars(s, len));
}

static void f_bytes(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (!tl_udf_null(c, 1, v)) sqlite3_result_int64(c, sqlite3_value_bytes(v[0]));
}

static void f_concat(sqlite3_context *c, int n, sqlite3_value **v)
{
    struct tl_sb b = {0};
    if (tl_udf_null(c, n, v)) return;
    for (int i = 0; i < n; i++) {
        size_t len;
        const char *s = tl_udf_str(v[i], &len);
        tl_sb_put(&b, s, len);
    }
    if (b.oom) {
        sqlite3_result_error_nomem(c);
    } else {
        sqlite3_result_text64(c, b.p ? b.p : "", b.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    tl_sb_free(&b);
}

/* substr(s, pos[, len]): pos counts from 1, negative from the end; pos 0 and len < 1 give ''. */
static void f_substr(sqlite3_context *c, int n, sqlite3_value **v)
{
    size_t len;
    if (tl_udf_null(c, n, v)) return;
    const char *s = tl_udf_str(v[0], &len), *end = s + len;
    int64_t chars = (int64_t)count_chars(s, len), pos = sqlite3_value_int64(v[1]);
    int64_t want = n > 2 ? sqlite3_value_int64(v[2]) : INT64_MAX;
    if (pos < 0 && pos >= -chars) pos = chars + pos + 1;
    if (pos < 1 || pos > chars || want < 1) {
        sqlite3_result_text(c, "", 0, SQLITE_STATIC);
        return;
    }
    for (; pos > 1; pos--)
        s += char_len(s, end);
    const char *e = s;
    for (; want > 0 && e < end; want--)
        e += char_len(e, end);
    sqlite3_result_text64(c, s, (sqlite3_uint64)(e - s), SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* position(a in b): code points before the first a in b, plus one; 0 = not there. */
static void f_position(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t na, nb;
    if (tl_udf_null(c, 2, v)) return;
    const char *a = tl_udf_str(v[0], &na), *b = tl_udf_str(v[1], &nb);
    const char *at = na ? memmem(b, nb, a, na) : b;
    sqlite3_result_int64(c, at ? (int64_t)count_chars(b, (size_t)(at - b)) + 1 : 0);
}

static void f_astext(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    struct tl_sb b = {0};
    if (tl_udf_null(c, 1, v)) return;
    if (tl_geo_text(sqlite3_value_blob(v[0]), (size_t)sqlite3_value_bytes(v[0]), &b) && !b.oom) {
        sqlite3_result_text64(c, b.p, b.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    } else {
        tl_udf_fail(c, TL_E_FUNC_VALUE, "Invalid parameter value : st_astext");
    }
    tl_sb_free(&b);
}

static cJSON *json_of(sqlite3_value *v)
{
    size_t n;
    const char *s = tl_udf_str(v, &n);
    return cJSON_ParseWithLength(s, n);
}

/* tag -> 'key' as JSON text; numbers carry nine decimals (golden/query/ms/json_tag). */
static void f_json_get(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 2, v)) return;
    cJSON *j = json_of(v[0]);
    cJSON *k = cJSON_GetObjectItemCaseSensitive(j, (const char *)sqlite3_value_text(v[1]));
    if (!k || cJSON_IsNull(k)) {
        sqlite3_result_null(c);
    } else if (cJSON_IsNumber(k)) {
        char num[400];
        int len = snprintf(num, sizeof num, "%.9f", k->valuedouble);
        sqlite3_result_text(c, num, len, SQLITE_TRANSIENT);
    } else {
        char *t = cJSON_PrintUnformatted(k);
        sqlite3_result_text(c, t ? t : "null", -1, SQLITE_TRANSIENT);
        free(t);
    }
    cJSON_Delete(j);
}

static void f_json_str(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 1, v)) return;
    cJSON *j = json_of(v[0]);
    if (cJSON_IsString(j)) {
        sqlite3_result_text(c, j->valuestring, -1, SQLITE_TRANSIENT);
    } else {
        sqlite3_result_null(c);
    }
    cJSON_Delete(j);
}

static void f_json_num(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 1, v)) return;
    cJSON *j = json_of(v[0]);
    if (cJSON_IsNumber(j)) {
        sqlite3_result_double(c, j->valuedouble);
    } else {
        sqlite3_result_null(c);
    }
    cJSON_Delete(j);
}

static void f_json_bool(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    if (tl_udf_null(c, 1, v)) return;
    cJSON *j = json_of(v[0]);
    if (cJSON_IsBool(j)) {
        sqlite3_result_int(c, cJSON_IsTrue(j));
    } else {
        sqlite3_result_null(c);
    }
    cJSON_Delete(j);
}

bool tl_udf_text(struct tl_engine *e, struct tl_error *err)
{
    static const struct tl_udf text[] = {
        {"td_like", 3, f_like},         {"td_match", 3, f_match},
        {"td_upper", 1, f_upper},       {"td_lower", 1, f_lower},
        {"td_ltrim", 1, f_ltrim},       {"td_rtrim", 1, f_rtrim},
        {"td_chars", 1, f_chars},       {"td_bytes", 1, f_bytes},
        {"td_concat", -1, f_concat},    {"td_substr", -1, f_substr},
        {"td_position", 2, f_position}, {"td_astext", 1, f_astext},
        {"td_json_get", 2, f_json_get}, {"td_json_str", 1, f_json_str},
        {"td_json_num", 1, f_json_num}, {"td_json_bool", 1, f_json_bool}};
    return tl_udf_add(e, text, sizeof text / sizeof text[0], err);
}

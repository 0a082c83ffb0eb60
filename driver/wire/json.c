#include "wire/json.h"

#include <cjson/cJSON.h>

#define MAX_DEPTH 200 /* replies nest three deep; deeper text is not ours */

bool td_json_parse(struct td_json *j, struct td_str text)
{
    size_t used;
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0);

    j->text = text;
    j->root = root;
    used = root && end ? (size_t)(end - text.p) : 0;
    if (!root || !cJSON_IsObject(root) ||
        td_str_trim((struct td_str){text.p + used, text.n - used}).n > 0) {
        td_json_free(j);
        return false;
    }
    return true;
}

void td_json_free(struct td_json *j)
{
    cJSON_Delete(j->root);
    j->root = NULL;
}

static const cJSON *member(const struct td_json *j, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(j->root, key);
}

bool td_json_has(const struct td_json *j, const char *key)
{
    const cJSON *m = member(j, key);

    return m && !cJSON_IsNull(m);
}

uint64_t td_json_u64(const struct td_json *j, const char *key, uint64_t def)
{
    struct td_str raw;
    uint64_t v;

    return td_json_find(j->text, key, &raw) && td_json_text_u64(raw, &v) ? v : def;
}

int64_t td_json_i64(const struct td_json *j, const char *key, int64_t def)
{
    struct td_str raw;
    int64_t v;

    return td_json_find(j->text, key, &raw) && td_json_text_i64(raw, &v) ? v : def;
}

bool td_json_bool(const struct td_json *j, const char *key, bool def)
{
    const cJSON *m = member(j, key);

    return cJSON_IsBool(m) ? cJSON_IsTrue(m) : def;
}

static bool copy(const cJSON *m, struct td_arena *a, struct td_str *out)
{
    const size_t n = strlen(m->valuestring);
    char *p = td_arena_strndup(a, m->valuestring, n);

    *out = (struct td_str){p ? p : "", p ? n : 0};
    return p != NULL;
}

bool td_json_str(const struct td_json *j, const char *key, struct td_arena *a, struct td_str *out)
{
    const cJSON *m = member(j, key);

    *out = TD_STR("");
    return !cJSON_IsString(m) || copy(m, a, out);
}

int td_json_len(const struct td_json *j, const char *key)
{
    const cJSON *m = member(j, key);

    return cJSON_IsArray(m) ? cJSON_GetArraySize(m) : -1;
}

bool td_json_strs(const struct td_json *j, const char *key, struct td_arena *a, struct td_str *out,
                  uint32_t n, bool *nomem)
{
    const cJSON *m = member(j, key), *e = cJSON_IsArray(m) ? m->child : NULL;

    *nomem = false;
    for (uint32_t i = 0; i < n; i++, e = e->next) {
        if (!e || !cJSON_IsString(e)) return false;
        if (!copy(e, a, &out[i])) {
            *nomem = true;
            return false;
        }
    }
    return true;
}

bool td_json_ints(const struct td_json *j, const char *key, int64_t *out, uint32_t n)
{
    const cJSON *m = member(j, key), *e = cJSON_IsArray(m) ? m->child : NULL;

    for (uint32_t i = 0; i < n; i++, e = e->next) {
        if (!e || !cJSON_IsNumber(e) || !(e->valuedouble >= -9007199254740992.0) ||
            !(e->valuedouble <= 9007199254740992.0) ||
            e->valuedouble != (double)(int64_t)e->valuedouble)
            return false;
        out[i] = (int64_t)e->valuedouble;
    }
    return true;
}

/* ---- the scanner ---- */

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* p at the opening quote; returns behind the closing one, NULL when it never comes. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '\\' && end - p > 1)
            p++;
        else if (*p == '"')
            return p + 1;
    }
    return NULL;
}

/* p at the first byte of a value; returns behind the last, NULL when the text ends first. */
static const char *skip_value(const char *p, const char *end)
{
    int depth = 0;

    if (p < end && *p == '"') return skip_string(p, end);
    if (p >= end || (*p != '{' && *p != '[')) {
        const char *start = p;
        while (p < end && *p != ',' && *p != '}' && *p != ']' && *p != ':' && !td_isspace(*p))
            p++;
        return p > start ? p : NULL;
    }
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
            if (!p) return NULL;
            continue;
        }
        if (*p == '{' || *p == '[') {
            if (++depth > MAX_DEPTH) return NULL;
        } else if ((*p == '}' || *p == ']') && --depth == 0)
            return p + 1;
        p++;
    }
    return NULL;
}

bool td_json_find(struct td_str obj, const char *key, struct td_str *value)
{
    const char *end = obj.p + obj.n, *p = skip_space(obj.p, end);
    const size_t keylen = strlen(key);

    if (p >= end || *p != '{') return false;
    p++;
    for (;;) {
        const char *k = skip_space(p, end), *v;
        size_t n;
        if (k >= end || *k != '"' || !(p = skip_string(k, end))) return false;
        n = (size_t)(p - k) - 2;
        p = skip_space(p, end);
        if (p >= end || *p != ':') return false;
        v = skip_space(p + 1, end);
        p = skip_value(v, end);
        if (!p) return false;
        *value = (struct td_str){v, (size_t)(p - v)};
        p = skip_space(p, end);
        if (p >= end || (*p != ',' && *p != '}')) return false;
        if (n == keylen && memcmp(k + 1, key, n) == 0) return true;
        if (*p++ == '}') return false;
    }
}

bool td_json_next(struct td_str *rest, struct td_str *value)
{
    const char *end = rest->p + rest->n, *p = skip_space(rest->p, end), *v;

    if (p >= end || (*p != '[' && *p != ',')) return false;
    v = skip_space(p + 1, end);
    p = skip_value(v, end);
    if (!p) return false;
    *value = (struct td_str){v, (size_t)(p - v)};
    p = skip_space(p, end);
    *rest = (struct td_str){p, (size_t)(end - p)};
    return true;
}

bool td_json_text_u64(struct td_str s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0) return false;
    for (size_t i = 0; i < s.n; i++) {
        const uint64_t d = (uint64_t)(uint8_t)s.p[i] - '0';
        if (d > 9 || v > (UINT64_MAX - d) / 10) return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

bool td_json_text_i64(struct td_str s, int64_t *out)
{
    const bool neg = s.n > 0 && s.p[0] == '-';
    uint64_t v;

    if (neg) s = (struct td_str){s.p + 1, s.n - 1};
    if (!td_json_text_u64(s, &v) || v > (uint64_t)INT64_MAX + neg) return false;
    *out = neg ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool td_json_put_str(struct td_buf *b, struct td_str s)
{
    static const char hex[] = "0123456789abcdef";
    size_t from = 0;

    td_buf_putc(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        const uint8_t c = (uint8_t)s.p[i];
        char esc[6] = {'\\', (char)c, 0, 0, 0, 0};
        size_t n = 2;
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        td_buf_put(b, s.p + from, i - from);
        from = i + 1;
        if (c == '\n' || c == '\r' || c == '\t')
            esc[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        else if (c < 0x20) {
            memcpy(esc, "\\u00", 4);
            esc[4] = hex[c >> 4];
            esc[5] = hex[c & 15];
            n = 6;
        }
        td_buf_put(b, esc, n);
    }
    td_buf_put(b, s.p + from, s.n - from);
    return td_buf_putc(b, '"');
}

/* proto.c: codecs of the /ws messages, protocol.md 2.3 to 2.10 and appendix A. */
#include "proto.h"
#include "engine_stmt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum tl_action action;
} text_actions[] = {
    {"version", TL_ACT_VERSION},
    {"conn", TL_ACT_CONN},
    {"query", TL_ACT_QUERY},
    {"fetch", TL_ACT_FETCH},
    {"fetch_block", TL_ACT_FETCH_BLOCK},
    {"free_result", TL_ACT_FREE_RESULT},
    {"num_fields", TL_ACT_NUM_FIELDS},
    {"get_current_db", TL_ACT_GET_CURRENT_DB},
    {"get_server_info", TL_ACT_GET_SERVER_INFO},
    {"options_connection", TL_ACT_OPTIONS_CONNECTION},
    {"check_server_status", TL_ACT_CHECK_SERVER_STATUS},
    {"stmt2_init", TL_ACT_STMT2_INIT},
    {"stmt2_prepare", TL_ACT_STMT2_PREPARE},
    {"stmt2_exec", TL_ACT_STMT2_EXEC},
    {"stmt2_result", TL_ACT_STMT2_RESULT},
    {"insert", TL_ACT_INSERT},
    {"stmt2_close", TL_ACT_STMT2_CLOSE},
};

static uint64_t load64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* ---- requests ---- */

/* Skips a JSON string that begins at `p`; returns the byte behind its closing quote. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    return p < end ? p + 1 : end;
}

/* Finds the unsigned number of `key` in the object "args": cJSON keeps numbers as doubles, which
   would lose the low bits of ids above 2^53. The text is known to be valid JSON. */
static bool args_u64(const char *p, size_t n, const char *key, uint64_t *out)
{
    const char *end = p + n;
    const size_t nkey = strlen(key);
    int depth = 0;
    bool in_args = false;
    while (p < end) {
        if (*p == '{' || *p == '[') {
            depth++;
        } else if (*p == '}' || *p == ']') {
            depth--;
            if (depth < 2) in_args = false;
        } else if (*p == '"') {
            const char *s = p + 1;
            p = skip_string(p, end);
            const size_t len = (size_t)(p - s) - 1;
            const char *v = p;
            while (v < end && isspace((unsigned char)*v))
                v++;
            if (v >= end || *v != ':') continue; /* a value, not a key */
            do
                v++;
            while (v < end && isspace((unsigned char)*v));
            if (depth == 1) in_args = len == 4 && memcmp(s, "args", 4) == 0;
            if (depth == 2 && in_args && len == nkey && memcmp(s, key, len) == 0 && v < end &&
                isdigit((unsigned char)*v)) {
                *out = strtoull(v, NULL, 10);
                return true;
            }
            continue;
        }
        p++;
    }
    return false;
}

void tl_request_parse_text(struct tl_request *rq, const char *text, size_t n)
{
    *rq = (struct tl_request){.action = TL_ACT_BAD};
    rq->root = cJSON_ParseWithLength(text, n);
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(rq->root, "action");
    if (!cJSON_IsObject(rq->root) || (name && !cJSON_IsString(name))) return;
    rq->args = cJSON_GetObjectItemCaseSensitive(rq->root, "args");
    rq->has_args = cJSON_IsObject(rq->args);
    rq->action = TL_ACT_UNKNOWN;
    if (name) snprintf(rq->name, sizeof rq->name, "%s", name->valuestring);
    for (size_t i = 0; i < sizeof text_actions / sizeof *text_actions; i++)
        if (strcmp(rq->name, text_actions[i].name) == 0) rq->action = text_actions[i].action;
    args_u64(text, n, "req_id", &rq->req_id);
    if (!args_u64(text, n, "id", &rq->id) && !args_u64(text, n, "result_id", &rq->id))
        args_u64(text, n, "stmt_id", &rq->id);
    const cJSON *sql = cJSON_GetObjectItemCaseSensitive(rq->args, "sql");
    if (cJSON_IsString(sql)) {
        rq->sql = sql->valuestring;
        rq->nsql = strlen(sql->valuestring);
    }
}

/* SQL of actions 6 and 10: u16 version, u32 length, text. At least 31 bytes in all (2.6). */
static void parse_sql(struct tl_request *rq, const uint8_t *p, size_t n)
{
    if (n < 31 || load32(p + 26) > n - 30) {
        rq->short_sql = true;
        return;
    }
    rq->sql = (const char *)p + 30;
    rq->nsql = load32(p + 26);
}

void tl_request_parse_binary(struct tl_request *rq, const uint8_t *p, size_t n)
{
    *rq = (struct tl_request){.action = TL_ACT_BAD};
    if (n < 24) return;
    rq->req_id = load64(p);
    rq->id = load64(p + 8);
    rq->binary_code = load64(p + 16);
    rq->action = TL_ACT_UNKNOWN;
    rq->has_args = true;
    snprintf(rq->name, sizeof rq->name, "unknown");
    switch (rq->binary_code) {
    case 6:
        rq->action = TL_ACT_BINARY_QUERY;
        snprintf(rq->name, sizeof rq->name, "binary_query");
        parse_sql(rq, p, n);
        break;
    case 7:
        rq->action = TL_ACT_FETCH_RAW_BLOCK;
        snprintf(rq->name, sizeof rq->name, "fetch_raw_block");
        break;
    case 9:
        rq->action = TL_ACT_STMT2_BIND;
        snprintf(rq->name, sizeof rq->name, "stmt2_bind");
        if (n < 30) break;
        rq->col_idx = (int32_t)load32(p + 26);
        rq->payload = p + 30;
        rq->npayload = n - 30;
        break;
    case 11:
        rq->action = TL_ACT_STMT2_BIND_EXEC;
        snprintf(rq->name, sizeof rq->name, "stmt2_bind_exec");
        if (n < 26) break;
        rq->payload = p + 26;
        rq->npayload = n - 26;
        break;
    case 10:
        rq->action = TL_ACT_VALIDATE_SQL;
        snprintf(rq->name, sizeof rq->name, "validate_sql");
        parse_sql(rq, p, n);
        break;
    default:
        break;
    }
}

void tl_request_free(struct tl_request *rq)
{
    cJSON_Delete(rq->root);
    *rq = (struct tl_request){0};
}

/* ---- replies ---- */

bool tl_json_fmt(struct tl_buf *b, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return n >= 0 && (size_t)n < sizeof text && tl_buf_put(b, text, (size_t)n);
}

/* Length of the valid UTF-8 sequence at `p`, 0 when there is none. */
static size_t utf8_len(const uint8_t *p, size_t n)
{
    const size_t len = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (len == 0 || len > n || p[0] > 0xF4) return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return len;
}

bool tl_json_str(struct tl_buf *b, const char *s, size_t n)
{
    const uint8_t *p = (const uint8_t *)s;
    bool ok = tl_buf_u8(b, '"');
    for (size_t i = 0; ok && i < n;) {
        const uint8_t c = p[i];
        const char *esc = c == '"'    ? "\\\""
                          : c == '\\' ? "\\\\"
                          : c == '\n' ? "\\n"
                          : c == '\r' ? "\\r"
                          : c == '\t' ? "\\t"
                                      : NULL;
        const size_t len = utf8_len(p + i, n - i);
        if (esc)
            ok = tl_buf_put(b, esc, 2);
        else if (c < 0x20)
            ok = tl_json_fmt(b, "\\u%04x", c);
        else if (len == 0)
            ok = tl_buf_put(b, "\\ufffd", 6);
        else
            ok = tl_buf_put(b, p + i, len);
        i += len ? len : 1;
    }
    return ok && tl_buf_u8(b, '"');
}

static bool put_text(struct tl_buf *b, const char *s)
{
    return tl_buf_put(b, s, strlen(s));
}

bool tl_reply_head(struct tl_buf *b, int code, const char *msg, const char *action, uint64_t req_id,
                   int64_t timing)
{
    return tl_json_fmt(b, "{\"code\":%d,\"message\":", code) && tl_json_str(b, msg, strlen(msg)) &&
           put_text(b, ",\"action\":") && tl_json_str(b, action, strlen(action)) &&
           tl_json_fmt(b, ",\"req_id\":%" PRIu64 ",\"timing\":%" PRId64, req_id, timing);
}

bool tl_reply_error(struct tl_buf *b, const struct tl_error *err, const char *action,
                    uint64_t req_id, int64_t timing)
{
    return tl_reply_head(b, err->code, err->msg, action, req_id, timing) && tl_buf_u8(b, '}');
}

enum field { F_NAME, F_TYPE, F_LENGTH, F_INTERNAL, F_PRECISION, F_SCALE };

/* One of the parallel arrays of a query reply; null for an update. */
static bool put_fields(struct tl_buf *b, const char *key, const struct tl_result *r, enum field f)
{
    if (!tl_json_fmt(b, ",\"%s\":", key)) return false;
    if (r->is_update) return put_text(b, "null");
    bool ok = tl_buf_u8(b, '[');
    for (int i = 0; ok && i < r->ncols; i++) {
        const struct tl_col *c = &r->cols[i];
        ok = i == 0 || tl_buf_u8(b, ',');
        if (ok && f == F_NAME)
            ok = tl_json_str(b, c->name, strlen(c->name));
        else if (ok)
            ok = tl_json_fmt(b, "%d",
                             f == F_TYPE        ? c->type
                             : f == F_LENGTH    ? (int)c->length
                             : f == F_INTERNAL  ? (int)tl_internal_bytes(c->type, c->length)
                             : f == F_PRECISION ? c->precision
                                                : c->scale);
    }
    return ok && tl_buf_u8(b, ']');
}

bool tl_reply_query(struct tl_buf *b, const struct tl_result *r, uint64_t id, const char *action,
                    uint64_t req_id, int64_t timing)
{
    return tl_reply_head(b, 0, "", action, req_id, timing) &&
           tl_json_fmt(b,
                       ",\"id\":%" PRIu64 ",\"is_update\":%s,\"affected_rows\":%" PRId64
                       ",\"fields_count\":%d",
                       id, r->is_update ? "true" : "false", r->affected, r->ncols) &&
           put_fields(b, "fields_names", r, F_NAME) && put_fields(b, "fields_types", r, F_TYPE) &&
           put_fields(b, "fields_lengths", r, F_LENGTH) &&
           tl_json_fmt(b, ",\"precision\":%d", r->ts_prec) &&
           put_fields(b, "fields_precisions", r, F_PRECISION) &&
           put_fields(b, "fields_scales", r, F_SCALE) && tl_buf_u8(b, '}');
}

bool tl_reply_stmt_fields(struct tl_buf *b, const struct tl_result *r, uint64_t id)
{
    return tl_json_fmt(b, ",\"id\":%" PRIu64 ",\"fields_count\":%d", id, r->ncols) &&
           put_fields(b, "fields_names", r, F_NAME) && put_fields(b, "fields_types", r, F_TYPE) &&
           put_fields(b, "fields_lengths", r, F_INTERNAL) &&
           tl_json_fmt(b, ",\"precision\":%d", r->ts_prec) &&
           put_fields(b, "fields_precisions", r, F_PRECISION) &&
           put_fields(b, "fields_scales", r, F_SCALE) && tl_buf_u8(b, '}');
}

bool tl_reply_fetch(struct tl_buf *b, const uint8_t *block, int ncols, uint64_t id, uint64_t req_id,
                    int64_t timing)
{
    bool ok = tl_reply_head(b, 0, "", "fetch", req_id, timing) &&
              tl_json_fmt(b, ",\"id\":%" PRIu64 ",\"completed\":%s,\"lengths\":", id,
                          block ? "false" : "true");
    if (!block) return ok && put_text(b, "null,\"rows\":0}");
    ok = ok && tl_buf_u8(b, '[');
    for (int i = 0; ok && i < ncols; i++) {
        const uint8_t type = block[28 + 5 * i];
        const int width = tl_type_width(type);
        const uint32_t len = width ? (uint32_t)width : load32(block + 29 + 5 * i);
        ok = tl_json_fmt(b, i ? ",%u" : "%u", len);
    }
    return ok && tl_json_fmt(b, "],\"rows\":%u}", load32(block + 8));
}

bool tl_reply_raw_head(struct tl_buf *b, const struct tl_error *err, uint64_t id, bool finished,
                       uint64_t req_id, int64_t timing)
{
    const char *msg = err ? err->msg : "";
    const size_t n = strlen(msg);
    return tl_buf_u64(b, UINT64_MAX) && tl_buf_u64(b, 7) && tl_buf_u16(b, 1) &&
           tl_buf_u64(b, (uint64_t)timing) && tl_buf_u64(b, req_id) &&
           tl_buf_u32(b, err ? (uint32_t)err->code : 0) && tl_buf_u32(b, (uint32_t)n) &&
           tl_buf_put(b, msg, n) && tl_buf_u64(b, id) && tl_buf_u8(b, finished) &&
           (finished || tl_buf_u32(b, 0));
}

void tl_reply_raw_done(struct tl_buf *b, size_t head_at)
{
    store32(b->p + head_at + TL_RAW_HEAD - 4, (uint32_t)(b->n - head_at - TL_RAW_HEAD));
}

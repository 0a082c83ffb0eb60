#include "wire/msg.h"

#include <inttypes.h>

#include "wire/json.h"

enum { ACTION_QUERY = 6, ACTION_FETCH = 7, ACTION_VALIDATE = 10 };
/* Offsets of the binary replies, protocol.md 2.7 and 5.6. */
enum { R_ACTION = 8, R_TIMING = 18, R_REQ_ID = 26, R_CODE = 34, R_MSG_LEN = 38, R_MSG = 42 };

static bool is_marked(struct td_msg_view f)
{
    return !f.text && f.n >= R_CODE && td_ld64(f.p) == UINT64_MAX;
}

static struct td_str text_of(struct td_msg_view f)
{
    return (struct td_str){(const char *)f.p, f.n};
}

static bool find_u64(struct td_str text, const char *key, uint64_t *v)
{
    struct td_str raw;

    return td_json_find(text, key, &raw) && td_json_text_u64(raw, v);
}

static bool find_is(struct td_str text, const char *key, const char *raw_value)
{
    struct td_str raw;

    return td_json_find(text, key, &raw) && td_str_eq(raw, td_str_of(raw_value));
}

bool td_msg_reply_id(struct td_msg_view f, uint64_t *id)
{
    if (f.text) {
        struct td_str raw;
        if (td_json_find(text_of(f), "req_id", &raw)) return td_json_text_u64(raw, id) && *id != 0;
        *id = TD_MSG_VERSION_ID;
        return find_is(text_of(f), "action", "\"version\"");
    }
    if (!is_marked(f)) return false;
    *id = td_ld64(f.p + R_REQ_ID);
    return true;
}

bool td_msg_open_result(struct td_msg_view f, uint64_t *result_id)
{
    struct td_reply_fetch fetch;
    const struct td_str text = text_of(f);

    if (!f.text) {
        if (td_msg_read_fetch(f, &fetch, NULL) != TD_OK || fetch.finished) return false;
        *result_id = fetch.result_id;
        return true;
    }
    if (!find_is(text, "code", "0")) return false;
    if (find_is(text, "action", "\"stmt2_result\""))
        return find_u64(text, "id", result_id) || find_u64(text, "result_id", result_id);
    return (find_is(text, "action", "\"binary_query\"") || find_is(text, "action", "\"query\"")) &&
           find_is(text, "is_update", "false") && find_u64(text, "id", result_id);
}

/* ---- requests ---- */

/* `{"action":"x","args":{"req_id":1`: the caller adds members and closes both braces. */
static bool begin(struct td_buf *b, const char *action, uint64_t id)
{
    return td_buf_printf(b, "{\"action\":\"%s\",\"args\":{\"req_id\":%" PRIu64, action, id);
}

static void put_member(struct td_buf *b, const char *key, struct td_str value)
{
    td_buf_printf(b, ",\"%s\":", key);
    td_json_put_str(b, value);
}

static void put_given(struct td_buf *b, const char *key, struct td_str value)
{
    if (value.n) put_member(b, key, value);
}

bool td_msg_version(struct td_buf *b)
{
    begin(b, "version", TD_MSG_VERSION_ID);
    return td_buf_puts(b, "}}");
}

bool td_msg_conn(struct td_buf *b, uint64_t id, const struct td_msg_conn *c)
{
    /* Reserved at once: growing would leave copies of the password in freed memory. */
    td_buf_reserve(b, 512 + 6 * (c->user.n + c->password.n + c->db.n + c->tz.n + c->app.n +
                                 c->ip.n + c->connector.n + c->totp_code.n + c->bearer_token.n));
    begin(b, "conn", id);
    put_member(b, "user", c->user);
    put_member(b, "password", c->password);
    put_member(b, "db", c->db);
    if (c->bi_mode) td_buf_puts(b, ",\"mode\":0");
    put_given(b, "tz", c->tz);
    put_given(b, "app", c->app);
    put_given(b, "ip", c->ip);
    put_given(b, "connector", c->connector);
    put_given(b, "totp_code", c->totp_code);
    put_given(b, "bearer_token", c->bearer_token);
    return td_buf_puts(b, "}}");
}

bool td_msg_options(struct td_buf *b, uint64_t id, const struct td_msg_opt *opts, uint32_t n)
{
    begin(b, "options_connection", id);
    td_buf_puts(b, ",\"options\":[");
    for (uint32_t i = 0; i < n; i++) {
        td_buf_printf(b, "%s{\"option\":%d,\"value\":", i ? "," : "", (int)opts[i].option);
        if (opts[i].value.p)
            td_json_put_str(b, opts[i].value);
        else
            td_buf_puts(b, "null");
        td_buf_putc(b, '}');
    }
    return td_buf_puts(b, "]}}");
}

bool td_msg_current_db(struct td_buf *b, uint64_t id)
{
    begin(b, "get_current_db", id);
    return td_buf_puts(b, "}}");
}

static bool binary_sql(struct td_buf *b, uint64_t id, uint64_t action, struct td_str sql)
{
    if (sql.n > UINT32_MAX) return false;
    td_buf_reserve(b, 30 + sql.n);
    td_buf_u64(b, id);
    td_buf_u64(b, 0);
    td_buf_u64(b, action);
    td_buf_u16(b, 1);
    td_buf_u32(b, (uint32_t)sql.n);
    return td_buf_putstr(b, sql);
}

bool td_msg_query(struct td_buf *b, uint64_t id, struct td_str sql)
{
    return binary_sql(b, id, ACTION_QUERY, sql);
}

bool td_msg_validate(struct td_buf *b, uint64_t id, struct td_str sql)
{
    return binary_sql(b, id, ACTION_VALIDATE, sql);
}

bool td_msg_fetch(struct td_buf *b, uint64_t id, uint64_t result_id)
{
    td_buf_u64(b, id);
    td_buf_u64(b, result_id);
    td_buf_u64(b, ACTION_FETCH);
    return td_buf_u16(b, 1);
}

bool td_msg_free_result(struct td_buf *b, uint64_t id, uint64_t result_id)
{
    begin(b, "free_result", id);
    return td_buf_printf(b, ",\"id\":%" PRIu64 "}}", result_id);
}

/* ---- replies ---- */

static enum td_rc unexpected(struct td_err *err, const char *what)
{
    return td_err_set(err, TD_ST_HY000, 0, "unexpected reply of the server: %s", what);
}

/* Parses a text reply and turns an error reply into its error. On TD_OK the caller frees *j. */
static enum td_rc open_text(struct td_msg_view f, bool connecting, struct td_json *j,
                            struct td_err *err)
{
    struct td_arena a = {NULL};
    struct td_str message;
    int64_t code;
    enum td_rc rc = TD_OK;

    if (!f.text) return unexpected(err, "binary where text is due");
    if (!td_json_parse(j, text_of(f))) return unexpected(err, "not a JSON object");
    code = td_json_i64(j, "code", -1);
    if (code < 0 || code > UINT16_MAX)
        rc = unexpected(err, "no code");
    else if (code != 0) {
        if (td_json_str(j, "message", &a, &message))
            rc = td_err_server(err, (uint32_t)code, message.p, connecting);
        else
            rc = td_err_nomem(err);
        td_arena_free(&a);
    }
    if (rc != TD_OK) td_json_free(j);
    return rc;
}

enum td_rc td_msg_read_plain(struct td_msg_view f, bool connecting, struct td_err *err)
{
    struct td_json j;

    if (open_text(f, connecting, &j, err) != TD_OK) return TD_FAIL;
    td_json_free(&j);
    return TD_OK;
}

static enum td_rc read_version(struct td_msg_view f, char out[64], struct td_err *err)
{
    struct td_arena a = {NULL};
    struct td_json j;
    struct td_str v;
    enum td_rc rc = TD_OK;

    if (open_text(f, true, &j, err) != TD_OK) return TD_FAIL;
    if (!td_json_str(&j, "version", &a, &v))
        rc = td_err_nomem(err);
    else {
        if (v.n > 63) v.n = 63;
        memcpy(out, v.p, v.n);
        out[v.n] = 0;
    }
    td_arena_free(&a);
    td_json_free(&j);
    return rc;
}

enum td_rc td_msg_read_version(struct td_msg_view f, char out[64], struct td_err *err)
{
    if (read_version(f, out, err) != TD_OK) return TD_FAIL;
    return out[0] ? TD_OK : unexpected(err, "no version");
}

enum td_rc td_msg_read_conn(struct td_msg_view f, char version[64], struct td_err *err)
{
    return read_version(f, version, err);
}

enum td_rc td_msg_read_current_db(struct td_msg_view f, struct td_arena *a, struct td_str *db,
                                  struct td_err *err)
{
    struct td_json j;
    enum td_rc rc = TD_OK;

    if (open_text(f, false, &j, err) != TD_OK) return TD_FAIL;
    if (!td_json_has(&j, "db"))
        rc = unexpected(err, "no db");
    else if (!td_json_str(&j, "db", a, db))
        rc = td_err_nomem(err);
    td_json_free(&j);
    return rc;
}

enum td_rc td_msg_read_validate(struct td_msg_view f, uint32_t *code, struct td_err *err)
{
    struct td_json j;
    enum td_rc rc = TD_OK;

    if (open_text(f, false, &j, err) != TD_OK) return TD_FAIL;
    if (td_json_has(&j, "result_code"))
        /* libtaos's negative 32-bit code (protocol.md section 11). */
        *code = (uint32_t)td_json_i64(&j, "result_code", 0xFFFF) & 0xFFFF;
    else
        rc = unexpected(err, "no result_code");
    td_json_free(&j);
    return rc;
}

/* Declared length of a column from its internal size. BLOB's 5 is the size of a reference, not of
   the value. */
int64_t td_msg_declared_length(uint8_t type, int64_t bytes)
{
    switch (type) {
    case TD_T_VARCHAR:
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
        return bytes >= 2 ? bytes - 2 : 0;
    case TD_T_NCHAR:
        return bytes >= 2 ? (bytes - 2) / 4 : 0;
    case TD_T_JSON:
        return 4095;
    case TD_T_BLOB:
        return 4194304;
    default:
        return bytes;
    }
}

static enum td_rc fill_fields(const struct td_json *j, bool internal, struct td_arena *a,
                              struct td_reply_query *q, struct td_err *err)
{
    const uint32_t n = q->nfields;
    struct td_str *names = td_arena_alloc(a, n * sizeof *names);
    int64_t *v = td_arena_alloc(a, 4 * (size_t)n * sizeof *v);
    bool nomem = false;

    q->fields = td_arena_alloc(a, n * sizeof *q->fields);
    if (!names || !v || !q->fields) return td_err_nomem(err);
    memset(v, 0, 4 * (size_t)n * sizeof *v);
    if (!td_json_strs(j, "fields_names", a, names, n, &nomem))
        return nomem ? td_err_nomem(err) : unexpected(err, "bad fields_names");
    if (!td_json_ints(j, "fields_types", v, n) || !td_json_ints(j, "fields_lengths", v + n, n))
        return unexpected(err, "bad fields_types or fields_lengths");
    /* Null where the server has no decimals (before 3.3.6.0). */
    if ((td_json_has(j, "fields_precisions") &&
         !td_json_ints(j, "fields_precisions", v + 2 * (size_t)n, n)) ||
        (td_json_has(j, "fields_scales") &&
         !td_json_ints(j, "fields_scales", v + 3 * (size_t)n, n)))
        return unexpected(err, "bad fields_precisions or fields_scales");
    for (uint32_t i = 0; i < n; i++) {
        struct td_field *f = &q->fields[i];
        const int64_t type = v[i], prec = v[2 * (size_t)n + i], scale = v[3 * (size_t)n + i];
        int64_t length = v[(size_t)n + i];
        if (type < 0 || type > UINT8_MAX || !td_type_known((int)type))
            return td_err_set(err, TD_ST_HY000, 0,
                              "unexpected reply of the server: unknown type code %" PRId64
                              " of column %u",
                              type, i + 1);
        if (internal) length = td_msg_declared_length((uint8_t)type, length);
        if (length < 0 || length > INT32_MAX || prec < 0 || prec > 38 || scale < 0 || scale > 38)
            return unexpected(err, "length, precision or scale out of range");
        *f = (struct td_field){names[i], (uint8_t)type, (uint8_t)prec, (uint8_t)scale,
                               (int32_t)length};
    }
    return TD_OK;
}

static enum td_rc fill_query(const struct td_json *j, bool internal, struct td_arena *a,
                             struct td_reply_query *q, struct td_err *err)
{
    const int64_t prec = td_json_i64(j, "precision", 0);
    const int64_t count = td_json_i64(j, "fields_count", 0);

    memset(q, 0, sizeof *q);
    q->timing_ns = td_json_i64(j, "timing", 0);
    q->is_update = td_json_bool(j, "is_update", false);
    q->affected = td_json_i64(j, "affected_rows", 0);
    if (q->is_update) return TD_OK;
    /* stmt2_result of 3.3.3 and 3.3.4 says result_id (protocol.md 4.2). */
    q->id = td_json_u64(j, "id", td_json_u64(j, "result_id", UINT64_MAX));
    if (q->id == UINT64_MAX) return unexpected(err, "no result id");
    if (count < 1 || count > UINT16_MAX || td_json_len(j, "fields_names") != count)
        return unexpected(err, "bad fields_count");
    if (prec < 0 || prec > 2) return unexpected(err, "bad precision");
    q->ts_prec = (uint8_t)prec;
    q->nfields = (uint32_t)count;
    return fill_fields(j, internal, a, q, err);
}

enum td_rc td_msg_read_query(struct td_msg_view f, bool internal_sizes, struct td_arena *a,
                             struct td_reply_query *out, struct td_err *err)
{
    struct td_json j;
    enum td_rc rc;

    if (open_text(f, false, &j, err) != TD_OK) return TD_FAIL;
    rc = fill_query(&j, internal_sizes, a, out, err);
    td_json_free(&j);
    return rc;
}

static enum td_rc fetch_error(struct td_msg_view f, uint32_t msg_len, struct td_err *err)
{
    char text[sizeof err->msg];
    const size_t n = msg_len < sizeof text ? msg_len : sizeof text - 1;

    memcpy(text, f.p + R_MSG, n);
    text[n] = 0;
    return td_err_server(err, td_ld32(f.p + R_CODE) & 0xFFFF, text, false);
}

enum td_rc td_msg_read_fetch(struct td_msg_view f, struct td_reply_fetch *out, struct td_err *err)
{
    uint32_t msg_len;
    size_t at;

    memset(out, 0, sizeof *out);
    if (f.text) {
        /* Only when the server has no login any more (protocol.md 2.7). */
        if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
        return unexpected(err, "text where a block is due");
    }
    if (!is_marked(f) || f.n < R_MSG || td_ld64(f.p + R_ACTION) != ACTION_FETCH)
        return unexpected(err, "not a block message");
    msg_len = td_ld32(f.p + R_MSG_LEN);
    if (msg_len > f.n - R_MSG || f.n - R_MSG - msg_len < 9)
        return unexpected(err, "block message too short");
    if (td_ld32(f.p + R_CODE) != 0) return fetch_error(f, msg_len, err);
    at = R_MSG + (size_t)msg_len;
    out->timing_ns = (int64_t)td_ld64(f.p + R_TIMING);
    out->result_id = td_ld64(f.p + at);
    out->finished = f.p[at + 8] != 0;
    if (out->finished)
        return f.n == at + 9 ? TD_OK : unexpected(err, "bytes behind the end of a result");
    if (f.n - at < 13 || td_ld32(f.p + at + 9) != f.n - at - 13)
        return unexpected(err, "block length differs from the message's");
    out->block = f.p + at + 13;
    out->block_len = f.n - at - 13;
    return TD_OK;
}

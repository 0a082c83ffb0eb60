#include "wire/stmtmsg.h"

#include "wire/bind.h"
#include "wire/json.h"

static void begin(struct td_buf *b, const char *action, uint64_t id)
{
    td_buf_printf(b, "{\"action\":\"%s\",\"args\":{\"req_id\":%llu", action,
                  (unsigned long long)id);
}

bool td_msg_stmt_init(struct td_buf *b, uint64_t id)
{
    /* false/false is safe for every use: a table may come in several binds, tables of several super
     * tables (protocol.md 4.2) */
    begin(b, "stmt2_init", id);
    return td_buf_puts(b, ",\"single_stb_insert\":false,\"single_table_bind_once\":false}}");
}

bool td_msg_stmt_prepare(struct td_buf *b, uint64_t id, uint64_t stmt_id, struct td_str sql,
                         bool get_fields)
{
    begin(b, "stmt2_prepare", id);
    td_buf_printf(b, ",\"stmt_id\":%llu,\"sql\":", (unsigned long long)stmt_id);
    td_json_put_str(b, sql);
    return td_buf_printf(b, ",\"get_fields\":%s}}", get_fields ? "true" : "false");
}

static bool with_stmt(struct td_buf *b, const char *action, uint64_t id, uint64_t stmt_id)
{
    begin(b, action, id);
    return td_buf_printf(b, ",\"stmt_id\":%llu}}", (unsigned long long)stmt_id);
}

bool td_msg_stmt_exec(struct td_buf *b, uint64_t id, uint64_t stmt_id)
{
    return with_stmt(b, "stmt2_exec", id, stmt_id);
}

bool td_msg_stmt_result(struct td_buf *b, uint64_t id, uint64_t stmt_id)
{
    return with_stmt(b, "stmt2_result", id, stmt_id);
}

bool td_msg_stmt_close(struct td_buf *b, uint64_t id, uint64_t stmt_id)
{
    return with_stmt(b, "stmt2_close", id, stmt_id);
}

/* The reply as an object whose code is 0. */
static enum td_rc open_reply(struct td_msg_view f, struct td_json *j, struct td_err *err)
{
    if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
    if (!td_json_parse(j, (struct td_str){(const char *)f.p, f.n})) return td_err_nomem(err);
    return TD_OK;
}

static enum td_rc unexpected(struct td_err *err, const char *what)
{
    return td_err_set(err, TD_ST_HY000, 0,
                      "unexpected reply of the server to a prepared statement: %s", what);
}

enum td_rc td_msg_read_stmt_init(struct td_msg_view f, uint64_t *stmt_id, struct td_err *err)
{
    struct td_json j;

    if (open_reply(f, &j, err) != TD_OK) return TD_FAIL;
    bool have = td_json_has(&j, "stmt_id");
    *stmt_id = td_json_u64(&j, "stmt_id", 0);
    td_json_free(&j);
    return have ? TD_OK : unexpected(err, "no stmt_id");
}

static int64_t member(struct td_str obj, const char *key)
{
    struct td_str v;
    int64_t n = 0;

    return td_json_find(obj, key, &v) && td_json_text_i64(v, &n) ? n : -1;
}

/* Storage sizes become declared ones: n + 2 bytes, 4n + 2 bytes. */
static int32_t declared(uint8_t type, int64_t bytes)
{
    if (type == TD_T_NCHAR) return (int32_t)(bytes > 2 ? (bytes - 2) / 4 : 0);
    if (type == TD_T_JSON) return 4095;
    if (type == TD_T_BLOB) return 4194304;
    if (td_type_is_var(type)) return (int32_t)(bytes > 2 ? bytes - 2 : 0);
    return (int32_t)bytes;
}

static enum td_rc read_field(struct td_str obj, struct td_arena *a, struct td_stmt_field *f,
                             struct td_err *err)
{
    struct td_json one;
    int64_t type = member(obj, "field_type"), role = member(obj, "bind_type"),
            bytes = member(obj, "bytes"), precision = member(obj, "precision"),
            scale = member(obj, "scale");

    if (type < 0 || type > 255 || !td_type_known((int)type) || role < TD_BIND_COLUMN ||
        role > TD_BIND_TBNAME || bytes < 0 || bytes > INT32_MAX)
        return unexpected(err, "a parameter's description");
    memset(f, 0, sizeof *f);
    f->type = (uint8_t)type;
    f->role = (uint8_t)role;
    f->precision = (uint8_t)(precision > 0 ? precision : 0);
    f->scale = (uint8_t)(scale > 0 ? scale : 0);
    f->length = declared(f->type, bytes);
    if (f->type == TD_T_TIMESTAMP && f->precision > 2)
        return unexpected(err, "a timestamp's precision");
    if (!td_json_parse(&one, obj)) return unexpected(err, "a parameter's description");
    bool ok = td_json_str(&one, "name", a, &f->name);
    td_json_free(&one);
    return ok ? TD_OK : td_err_nomem(err);
}

static enum td_rc read_fields(const struct td_json *j, struct td_arena *a,
                              struct td_reply_prepare *out, struct td_err *err)
{
    struct td_str array, obj;
    int n = td_json_len(j, "fields");
    uint32_t i = 0;
    bool key = false;

    if (n <= 0) return TD_OK;
    out->fields = td_arena_alloc(a, (size_t)n * sizeof *out->fields);
    if (!out->fields) return td_err_nomem(err);
    if (!td_json_find(j->text, "fields", &array)) return unexpected(err, "fields");
    while (i < (uint32_t)n && td_json_next(&array, &obj)) {
        struct td_stmt_field *f = &out->fields[i++];
        if (read_field(obj, a, f, err) != TD_OK) return TD_FAIL;
        f->key = !key && f->role == TD_BIND_COLUMN && f->type == TD_T_TIMESTAMP;
        key = key || f->key;
    }
    if (i != (uint32_t)n) return unexpected(err, "fields");
    out->nfields = i;
    return TD_OK;
}

enum td_rc td_msg_read_stmt_prepare(struct td_msg_view f, struct td_arena *a,
                                    struct td_reply_prepare *out, struct td_err *err)
{
    struct td_json j;
    enum td_rc rc = TD_OK;

    memset(out, 0, sizeof *out);
    if (open_reply(f, &j, err) != TD_OK) return TD_FAIL;
    out->is_insert = td_json_bool(&j, "is_insert", false);
    uint64_t n = td_json_u64(&j, "fields_count", 0);
    out->nparams = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    /* some 3.4.1.x adapters describe a query by one element of role 3 (protocol.md 4.2): queries
     * have no types */
    if (out->is_insert) rc = read_fields(&j, a, out, err);
    td_json_free(&j);
    return rc;
}

enum td_rc td_msg_read_stmt_exec(struct td_msg_view f, int64_t *affected, int64_t *timing_ns,
                                 struct td_err *err)
{
    struct td_json j;

    if (open_reply(f, &j, err) != TD_OK) return TD_FAIL;
    *affected = td_json_i64(&j, "affected", 0);
    *timing_ns = td_json_i64(&j, "timing", 0);
    td_json_free(&j);
    return TD_OK;
}

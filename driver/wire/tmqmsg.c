#include "wire/tmqmsg.h"

#include <inttypes.h>

#include "wire/json.h"

/* ---- requests ---- */

/* The caller adds members and closes both braces. */
static void begin(struct td_buf *b, const char *action, uint64_t id)
{
    td_buf_printf(b, "{\"action\":\"%s\",\"args\":{\"req_id\":%" PRIu64, action, id);
}

static void put_pairs(struct td_buf *b, const struct td_tmq_pair *v, uint32_t n, bool first)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i || !first) td_buf_putc(b, ',');
        td_json_put_str(b, v[i].key);
        td_buf_putc(b, ':');
        td_json_put_str(b, v[i].value);
    }
}

static size_t pairs_size(const struct td_tmq_pair *v, uint32_t n)
{
    size_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += 6 * (v[i].key.n + v[i].value.n) + 8;
    return sum;
}

bool td_tmqmsg_subscribe(struct td_buf *b, uint64_t id, const struct td_tmq_subscribe *s)
{
    /* Reserved at once: growing would leave copies of the password in freed memory. */
    td_buf_reserve(b, 128 + pairs_size(s->args, s->nargs) + pairs_size(s->config, s->nconfig));
    begin(b, "subscribe", id);
    put_pairs(b, s->args, s->nargs, false);
    if (s->nconfig) {
        td_buf_puts(b, ",\"config\":{");
        put_pairs(b, s->config, s->nconfig, true);
        td_buf_putc(b, '}');
    }
    td_buf_puts(b, ",\"topics\":[");
    for (uint32_t i = 0; i < s->ntopics; i++) {
        if (i) td_buf_putc(b, ',');
        td_json_put_str(b, s->topics[i]);
    }
    return td_buf_puts(b, "]}}");
}

bool td_tmqmsg_poll(struct td_buf *b, uint64_t id, int64_t blocking_ms, uint64_t message_id)
{
    begin(b, "poll", id);
    return td_buf_printf(b, ",\"blocking_time\":%" PRId64 ",\"message_id\":%" PRIu64 "}}",
                         blocking_ms, message_id);
}

bool td_tmqmsg_of_message(struct td_buf *b, uint64_t id, const char *action, uint64_t message_id)
{
    begin(b, action, id);
    return td_buf_printf(b, ",\"message_id\":%" PRIu64 "}}", message_id);
}

bool td_tmqmsg_plain(struct td_buf *b, uint64_t id, const char *action)
{
    begin(b, action, id);
    return td_buf_puts(b, "}}");
}

bool td_tmqmsg_assignment(struct td_buf *b, uint64_t id, struct td_str topic)
{
    begin(b, "assignment", id);
    td_buf_puts(b, ",\"topic\":");
    td_json_put_str(b, topic);
    return td_buf_puts(b, "}}");
}

bool td_tmqmsg_offset(struct td_buf *b, uint64_t id, const char *action, struct td_str topic,
                      int32_t vgroup, int64_t offset)
{
    begin(b, action, id);
    td_buf_puts(b, ",\"topic\":");
    td_json_put_str(b, topic);
    return td_buf_printf(b, ",\"vgroup_id\":%" PRId32 ",\"offset\":%" PRId64 "}}", vgroup, offset);
}

bool td_tmqmsg_ask(struct td_buf *b, uint64_t id, const char *action, struct td_str topic,
                   int32_t vgroup)
{
    begin(b, action, id);
    td_buf_puts(b, ",\"topic_vgroup_ids\":[{\"topic\":");
    td_json_put_str(b, topic);
    return td_buf_printf(b, ",\"vgroup_id\":%" PRId32 "}]}}", vgroup);
}

/* ---- replies ---- */

static enum td_rc unexpected(struct td_err *err, const char *what)
{
    return td_err_set(err, TD_ST_HY000, 0, "unexpected reply of the server: %s", what);
}

static struct td_str text_of(struct td_msg_view f)
{
    return (struct td_str){(const char *)f.p, f.n};
}

static enum td_rc read_text(const struct td_json *j, const char *key, struct td_arena *a,
                            struct td_str *out, struct td_err *err)
{
    return td_json_str(j, key, a, out) ? TD_OK : td_err_nomem(err);
}

static enum td_rc fill_poll(const struct td_json *j, struct td_arena *a, struct td_tmq_poll *p,
                            struct td_err *err)
{
    const int64_t vgroup = td_json_i64(j, "vgroup_id", INT64_MIN);
    const int64_t kind = td_json_i64(j, "message_type", 0);

    memset(p, 0, sizeof *p);
    if (!td_json_bool(j, "have_message", false)) return TD_OK;
    p->have = true;
    p->message_id = td_json_u64(j, "message_id", 0);
    p->offset = td_json_i64(j, "offset", INT64_MIN);
    if (vgroup < INT32_MIN || vgroup > INT32_MAX || p->offset == INT64_MIN || p->message_id == 0)
        return unexpected(err, "a message without vgroup, offset or id");
    if (kind < TD_TMQ_DATA || kind > TD_TMQ_METADATA)
        return unexpected(err, "a message of an unknown kind");
    p->vgroup = (int32_t)vgroup;
    p->kind = (enum td_tmq_kind)kind;
    if (read_text(j, "topic", a, &p->topic, err) != TD_OK) return TD_FAIL;
    return read_text(j, "database", a, &p->database, err);
}

enum td_rc td_tmqmsg_read_poll(struct td_msg_view f, struct td_arena *a, struct td_tmq_poll *out,
                               struct td_err *err)
{
    struct td_json j;
    enum td_rc rc;

    if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
    if (!td_json_parse(&j, text_of(f))) return td_err_nomem(err);
    rc = fill_poll(&j, a, out, err);
    td_json_free(&j);
    return rc;
}

enum td_rc td_tmqmsg_read_meta(struct td_msg_view f, struct td_arena *a, struct td_str *json,
                               struct td_err *err)
{
    struct td_str raw;
    char *copy;

    *json = (struct td_str){NULL, 0};
    if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
    if (!td_json_find(text_of(f), "data", &raw) || td_str_eq(raw, TD_STR("null"))) return TD_OK;
    copy = td_arena_strndup(a, raw.p, raw.n);
    if (!copy) return td_err_nomem(err);
    *json = (struct td_str){copy, raw.n};
    return TD_OK;
}

struct td_str td_tmqmsg_changes(struct td_str json)
{
    struct td_str list;

    if (td_json_find(json, "metas", &list) && list.n && list.p[0] == '[') return list;
    return (struct td_str){NULL, 0};
}

bool td_tmqmsg_next_change(struct td_str *rest, struct td_str *one)
{
    return td_json_next(rest, one);
}

/* The array `member` and how many elements it has. */
static bool find_array(struct td_msg_view f, const char *member, struct td_str *array, uint32_t *n)
{
    struct td_str rest, v;

    *n = 0;
    if (!td_json_find(text_of(f), member, array)) return false;
    if (td_str_eq(*array, TD_STR("null"))) *array = TD_STR("[]");
    for (rest = *array; *n < UINT16_MAX && td_json_next(&rest, &v);)
        ++*n;
    return array->n && array->p[0] == '[';
}

static bool find_i64(struct td_str obj, const char *key, int64_t *v)
{
    struct td_str raw;

    return td_json_find(obj, key, &raw) && td_json_text_i64(raw, v);
}

enum td_rc td_tmqmsg_read_assignment(struct td_msg_view f, struct td_arena *a,
                                     struct td_tmq_assigned **out, uint32_t *n, struct td_err *err)
{
    struct td_str rest, v;
    int64_t vgroup;

    if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
    if (!find_array(f, "assignment", &rest, n)) return unexpected(err, "no assignment");
    *out = td_arena_alloc(a, (*n + 1) * sizeof **out);
    if (!*out) return td_err_nomem(err);
    for (uint32_t i = 0; i < *n && td_json_next(&rest, &v); i++) {
        struct td_tmq_assigned *x = &(*out)[i];
        if (!find_i64(v, "vgroup_id", &vgroup) || vgroup < INT32_MIN || vgroup > INT32_MAX ||
            !find_i64(v, "offset", &x->offset) || !find_i64(v, "begin", &x->begin) ||
            !find_i64(v, "end", &x->end))
            return unexpected(err, "bad assignment");
        x->vgroup = (int32_t)vgroup;
    }
    return TD_OK;
}

enum td_rc td_tmqmsg_read_offset(struct td_msg_view f, const char *member, int64_t *offset,
                                 struct td_err *err)
{
    struct td_str rest, v;
    uint32_t n;

    if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
    if (!find_array(f, member, &rest, &n) || n != 1 || !td_json_next(&rest, &v) ||
        !td_json_text_i64(v, offset))
        return unexpected(err, "no offset");
    return TD_OK;
}

enum td_rc td_tmqmsg_read_topics(struct td_msg_view f, struct td_arena *a, struct td_str **topics,
                                 uint32_t *n, struct td_err *err)
{
    struct td_json j;
    bool nomem = false, ok;
    int count;

    if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
    if (!td_json_parse(&j, text_of(f))) return td_err_nomem(err);
    count = td_json_len(&j, "topics");
    *n = count > 0 ? (uint32_t)count : 0;
    *topics = td_arena_alloc(a, (*n + 1) * sizeof **topics);
    ok = *topics && (*n == 0 || td_json_strs(&j, "topics", a, *topics, *n, &nomem));
    td_json_free(&j);
    if (ok) return TD_OK;
    return !*topics || nomem ? td_err_nomem(err) : unexpected(err, "bad topics");
}

#include "client/schemaless.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/priv.h"
#include "wire/json.h"

/* The most that an error's body is read of. */
enum { BODY_MAX = 64 << 10 };

/* ---- WebSocket ---- */

static enum td_rc ws_insert(struct td_session *s, const struct td_sml *sml, struct td_request *rq,
                            int64_t *affected, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(6 * sml->data.n + 1024 + 6 * sml->table_name_key.n);
    struct td_msg m = {NULL, 0, false};
    enum td_rc rc;

    td_smlmsg_insert(&b, rq->req_id, sml);
    rc = td_session_call(s, rq->req_id, &b, true, rq, &m, err);
    if (rc != TD_OK)
        td_say_outcome(TD_STR("insert"), err);
    else
        rc = td_smlmsg_read(td_view_of(&m), affected, &rq->timing_ns, err);
    td_msg_free(&m);
    td_buf_free(&b);
    return rc;
}

/* ---- REST ---- */

static void put_query(struct td_buf *b, char *sep, const char *key, struct td_str value)
{
    if (!value.n) return;
    td_buf_putc(b, *sep);
    *sep = '&';
    td_buf_puts(b, key);
    td_buf_putc(b, '=');
    td_url_escape(b, value);
}

static void put_number(struct td_buf *b, char *sep, const char *key, uint64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRIu64, v);

    if (v) put_query(b, sep, key, (struct td_str){text, (size_t)n});
}

/* Path and query of the protocol's endpoint, NUL-terminated. */
static bool put_target(struct td_session *s, const struct td_sml *sml, uint64_t id,
                       struct td_buf *out)
{
    struct td_buf path = TD_BUF_INIT(4 * TD_DB_CAP);
    char db[TD_DB_CAP], sep = *s->target.token ? '&' : '?';
    bool ok;

    td_session_database(s, db, sizeof db);
    if (sml->protocol == TD_SML_LINE)
        td_buf_puts(&path, "/influxdb/v1/write");
    else {
        td_buf_puts(&path, sml->protocol == TD_SML_JSON ? "/opentsdb/v1/put/json/"
                                                        : "/opentsdb/v1/put/telnet/");
        td_url_escape(&path, td_str_of(db));
    }
    ok = td_buf_putc(&path, 0) && td_url_path(&s->target, (const char *)path.p, out);
    td_buf_free(&path);
    if (sml->protocol == TD_SML_LINE) {
        put_query(out, &sep, "db", td_str_of(db));
        put_query(out, &sep, "precision", sml->precision);
    }
    put_number(out, &sep, "ttl", (uint64_t)sml->ttl);
    put_query(out, &sep, "table_name_key", sml->table_name_key);
    put_number(out, &sep, "req_id", id);
    put_query(out, &sep, "app", td_str_of(s->app));
    return ok && td_buf_putc(out, 0);
}

/* The server's code stands in the text as `[0x2603] …`; without one the text is the adapter's. */
static enum td_rc body_error(int status, struct td_str body, struct td_err *err)
{
    struct td_arena a = {NULL};
    struct td_json j;
    struct td_str text = TD_STR("");
    unsigned code = 0;
    const char *end;
    enum td_rc rc;

    if (td_json_parse(&j, body)) {
        if (!td_json_str(&j, "message", &a, &text)) text = TD_STR("");
        td_json_free(&j);
    }
    if (status == 404)
        rc = td_err_set(err, TD_ST_HYC00, 0,
                        "the server has no such endpoint (HTTP 404): schemaless writing of this "
                        "protocol over REST is switched off there; use Transport=ws");
    else if (text.n > 8 && sscanf(text.p, "[0x%4x]", &code) == 1 && (end = strchr(text.p, ']')))
        rc = td_err_server(err, code, end + (end[1] == ' ' ? 2 : 1), false);
    else
        rc = td_err_set(err, status == 401 ? TD_ST_28000 : TD_ST_HY000, 0,
                        "[HTTP %d] taosAdapter: %s", status, text.p);
    td_arena_free(&a);
    return rc;
}

static enum td_rc read_answer(struct td_rest_call *c, const struct td_rest_wait *w,
                              struct td_err *err)
{
    struct td_buf body = TD_BUF_INIT(BODY_MAX);
    const int status = td_rest_status(c);
    const uint8_t *p;
    size_t n;
    enum td_rc rc;

    while ((rc = td_rest_read(c, w, &p, &n, err)) == TD_OK && n)
        if (body.n + n <= BODY_MAX) td_buf_put(&body, p, n);
    if (rc == TD_OK && (status < 200 || status > 299))
        rc = body_error(status, body.n ? td_buf_str(&body) : TD_STR(""), err);
    td_buf_free(&body);
    return rc;
}

static enum td_rc rest_insert(struct td_session *s, const struct td_sml *sml,
                              const struct td_request *rq, struct td_err *err)
{
    const struct td_rest_wait w = {rq->deadline, rq->cancel, rq->seen};
    struct td_buf target = TD_BUF_INIT(1 << 16);
    struct td_rest_call *c = NULL;
    enum td_rc rc = TD_FAIL;
    bool retry;

    if (sml->protocol != TD_SML_LINE && sml->precision.n)
        return td_err_set(err, TD_ST_HYC00, 0,
                          "OpenTSDB's endpoints take no precision over REST: use Transport=ws");
    if (put_target(s, sml, rq->req_id, &target))
        c = td_rest_post(s->rest, (const char *)target.p, sml->data.p, sml->data.n, &w, &retry,
                         err);
    else
        td_err_nomem(err);
    if (c) rc = read_answer(c, &w, err);
    if (rc != TD_OK && err->state == TD_ST_08S01) td_say_outcome(TD_STR("insert"), err);
    if (rc != TD_OK && err->state == TD_ST_08001) err->state = TD_ST_08S01; /* nothing was sent */
    td_rest_end(c);
    if (target.p) td_wipe(target.p, target.n);
    td_buf_free(&target);
    return rc;
}

enum td_rc td_session_schemaless(struct td_session *s, const struct td_sml *sml,
                                 struct td_request *rq, int64_t *affected, struct td_err *err)
{
    struct td_err mine = {.state = TD_ST_HY000};
    enum td_rc rc;

    *affected = -1;
    if (!rq->req_id) rq->req_id = td_session_next_id(s);
    rc = td_session_enter(s, rq, &mine);
    if (rc == TD_OK) {
        rc = s->rest ? rest_insert(s, sml, rq, &mine) : ws_insert(s, sml, rq, affected, &mine);
        td_session_leave(s);
    }
    if (rc != TD_OK && err) *err = mine;
    return rc;
}

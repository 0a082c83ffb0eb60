/*
 * restquery.c: a statement by POST /rest/sql, its rows as blocks (wire/restrows.h). The first block
 * is made before the statement returns, so that errors and the time precision are known; the rest
 * is read as the application asks for it.
 */
#include "client/priv.h"

#include "base/num.h"
#include "wire/restrows.h"

enum { BLOCK_ROWS = 4096, BLOCK_BYTES = 4 << 20 };

struct td_rest_stream {
    struct td_rest_call *call;
    struct td_restrows *rows;
    const uint8_t *p; /* what is left of the last piece */
    size_t n;
    bool ended; /* the whole body was read and is in order */
    bool ready; /* a block (or the end) waits to be taken */
};

void td_rest_stream_free(struct td_rest_stream *st)
{
    if (!st) return;
    td_rest_end(st->call);
    td_restrows_free(st->rows);
    td_free(st);
}

uint32_t td_rest_stream_fields(const struct td_rest_stream *st, const struct td_field **fields)
{
    return td_restrows_fields(st->rows, fields);
}

/* Reads until a block is full or the body has ended well. */
static enum td_rc fill(struct td_rest_stream *st, const struct td_request *rq, struct td_err *err)
{
    const struct td_rest_wait w = {rq->deadline, rq->cancel, rq->seen};
    const int status = td_rest_status(st->call);
    bool full = false;

    while (!full && !st->ended) {
        size_t used;
        if (st->n == 0 && td_rest_read(st->call, &w, &st->p, &st->n, err) != TD_OK) return TD_FAIL;
        if (st->n == 0) {
            if (td_restrows_end(st->rows, status, err) != TD_OK) return TD_FAIL;
            st->ended = true;
        } else if (td_restrows_feed(st->rows, st->p, st->n, &used, &full, err) != TD_OK)
            return td_restrows_end(st->rows, status, err); /* knows the status, too */
        else {
            st->p += used;
            st->n -= used;
        }
    }
    return TD_OK;
}

enum td_rc td_rest_stream_next(struct td_rest_stream *st, const struct td_request *rq,
                               uint8_t **block, size_t *n, struct td_err *err)
{
    *block = NULL;
    *n = 0;
    if (!st->ready && fill(st, rq, err) != TD_OK) {
        td_say_limit(rq, err);
        return TD_FAIL;
    }
    st->ready = false;
    return td_restrows_take(st->rows, block, n, err);
}

/* ---- the request ---- */

static void put_param(struct td_buf *b, bool *first, const char *key, const char *value)
{
    if (!*value) return;
    td_buf_putc(b, *first ? '?' : '&');
    *first = false;
    td_buf_puts(b, key);
    td_buf_putc(b, '=');
    td_url_escape(b, td_str_of(value));
}

bool td_rest_target(struct td_session *s, const char *db, uint64_t req_id, struct td_buf *out)
{
    struct td_buf path = TD_BUF_INIT(4 * TD_DB_CAP);
    char id[24];
    bool first = true, ok;

    td_buf_puts(&path, "/rest/sql");
    if (*db) {
        td_buf_putc(&path, '/');
        td_url_escape(&path, td_str_of(db));
    }
    ok = td_buf_putc(&path, 0) && td_url_path(&s->target, (const char *)path.p, out);
    first = !*s->target.token;
    id[td_u64_text(req_id, id)] = 0;
    put_param(out, &first, "req_id", id);
    put_param(out, &first, "conn_tz", s->tz);
    put_param(out, &first, "app", s->app);
    put_param(out, &first, "ip", td_opts_get(&s->target.opts, TD_OPT_CLIENT_IP));
    td_buf_free(&path);
    return ok && td_buf_putc(out, 0);
}

static enum td_rc post(struct td_session *s, struct td_rest *rest, const char *db,
                       struct td_str sql, const struct td_request *rq, struct td_rest_stream *st,
                       bool *retry, struct td_err *err)
{
    const struct td_rest_wait w = {rq->deadline, rq->cancel, rq->seen};
    const size_t max = (size_t)td_opts_int(&s->target.opts, TD_OPT_MAX_MESSAGE_SIZE) << 20;
    struct td_buf target = TD_BUF_INIT(1 << 16);

    st->rows = td_restrows_new(BLOCK_ROWS, BLOCK_BYTES, max);
    if (!st->rows ||
        !td_rest_target(s, db, rq->req_id ? rq->req_id : td_session_next_id(s), &target)) {
        td_buf_free(&target);
        return td_err_nomem(err);
    }
    st->call = td_rest_post(rest, (const char *)target.p, sql.p, sql.n, &w, retry, err);
    td_wipe(target.p, target.n); /* may have a token in it */
    td_buf_free(&target);
    return st->call ? TD_OK : TD_FAIL;
}

/* The result's time precision, which REST shows only in the text of a timestamp. Without one so
   far: when all rows are there it does not matter; else the finest, which loses nothing. */
static uint8_t settle_precision(struct td_rest_stream *st)
{
    if (td_restrows_precision(st->rows) < 0) td_restrows_set_precision(st->rows, st->ended ? 0 : 2);
    return (uint8_t)td_restrows_precision(st->rows);
}

enum td_rc td_rest_run(struct td_session *s, struct td_rest *rest, const char *db,
                       struct td_str sql, const struct td_request *rq, bool *retry,
                       struct td_result **res, struct td_err *err)
{
    struct td_rest_stream *st = td_calloc(1, sizeof *st);
    int64_t affected;

    *res = NULL;
    *retry = false;
    if (!st) return td_err_nomem(err);
    if (post(s, rest, db, sql, rq, st, retry, err) != TD_OK || fill(st, rq, err) != TD_OK) {
        if (st->call) td_say_outcome(sql, err);
        td_rest_stream_free(st);
        return TD_FAIL;
    }
    st->ready = true;
    /* A SELECT whose only column is called affected_rows looks like an update (protocol.md 1.5). */
    if (st->ended && !td_sql_reads(sql) && td_restrows_is_update(st->rows, &affected)) {
        td_rest_stream_free(st);
        *res = td_result_update(affected, err);
    } else
        *res = td_result_rest(st, settle_precision(st), err);
    return *res ? TD_OK : TD_FAIL;
}

enum td_rc td_rest_query(struct td_session *s, struct td_str sql, struct td_request *rq,
                         struct td_result **res, struct td_err *err)
{
    char db[TD_DB_CAP];
    bool retry;

    td_session_database(s, db, sizeof db);
    if (strchr(db, '`'))
        return td_err_set(err, TD_ST_HYC00, 0,
                          "a database name with a backquote cannot be used over REST");
    if (td_rest_run(s, s->rest, db, sql, rq, &retry, res, err) == TD_OK) return TD_OK;
    if (err->state == TD_ST_HYT00 || err->state == TD_ST_HY008) td_kill_later(s, rq->req_id, 0);
    td_say_limit(rq, err);
    /* A statement has no 08001. Nothing was sent then. */
    if (err->state == TD_ST_08001) err->state = TD_ST_08S01;
    return TD_FAIL;
}

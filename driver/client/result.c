#include "client/result.h"

#include "client/priv.h"

struct td_result_priv {
    struct td_session *s; /* NULL: a local or a REST result */
    struct td_rest_stream *rest;
    bool counted; /* among the session's open results */
    struct td_arena arena;
    uint64_t id;
    uint64_t query;    /* request id of the statement, for the killer */
    uint64_t fetch;    /* request id of the fetch in flight, 0 = none */
    bool done;         /* nothing is open on the server any more */
    struct td_msg msg; /* holds the current block */
    uint8_t *types;
    struct td_col *views;
    uint8_t *local; /* the block still to give */
    size_t local_n;
};

struct whole {
    struct td_result r;
    struct td_result_priv priv;
};

static struct td_result *new_result(uint32_t ncols)
{
    struct whole *w = td_calloc(1, sizeof *w);
    struct td_result_priv *p;

    if (!w) return NULL;
    p = w->r.priv = &w->priv;
    w->r.ncols = ncols;
    w->r.affected = -1;
    if (ncols == 0) return &w->r;
    w->r.cols = td_arena_alloc(&p->arena, ncols * sizeof *w->r.cols);
    p->types = td_arena_alloc(&p->arena, ncols);
    p->views = td_arena_alloc(&p->arena, ncols * sizeof *p->views);
    if (!w->r.cols || !p->types || !p->views) {
        td_arena_free(&p->arena);
        td_free(w);
        return NULL;
    }
    return &w->r;
}

/* ---- fetching ---- */

static enum td_rc send_fetch(struct td_result_priv *p, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(64);
    const uint64_t id = td_session_next_id(p->s);
    enum td_rc rc = td_msg_fetch(&b, id, p->id) ? td_submit(p->s->t, id, b.p, b.n, false, true, err)
                                                : td_err_nomem(err);

    td_buf_free(&b);
    if (rc == TD_OK) p->fetch = id;
    return rc;
}

/* Lets go of what is open on the server. free_result must not overtake a fetch in flight
   (protocol.md 2.3, rule 2), so then the fetch's late reply does it. */
static void drop(struct td_result_priv *p)
{
    if (p->fetch)
        td_abandon(p->s->t, p->fetch, td_session_late, p->s);
    else if (!p->done)
        td_session_free_result(p->s, p->id);
    p->fetch = 0;
    p->done = true;
    if (p->counted) td_session_shut(p->s);
    p->counted = false;
}

static void release_block(struct td_result *r)
{
    td_msg_free(&r->priv->msg);
    r->block.rows = r->block.ncols = 0;
}

static enum td_rc next_rest(struct td_result *r, struct td_request *rq, bool *have,
                            struct td_err *err)
{
    static const struct td_request none = {.deadline = TD_NEVER};
    struct td_result_priv *p = r->priv;

    p->msg.text = false;
    if (td_rest_stream_next(p->rest, rq ? rq : &none, &p->msg.p, &p->msg.n, err) != TD_OK)
        return TD_FAIL;
    *have = p->msg.p != NULL;
    return *have ? td_block_open(p->msg.p, p->msg.n, p->types, p->views, r->ncols, r->ts_prec,
                                 &r->block, err)
                 : TD_OK;
}

static enum td_rc give_local(struct td_result *r, bool *have, struct td_err *err)
{
    struct td_result_priv *p = r->priv;

    *have = p->local != NULL;
    if (*have) {
        p->msg = (struct td_msg){p->local, p->local_n, false};
        p->local = NULL;
        return td_block_open(p->msg.p, p->msg.n, p->types, p->views, r->ncols, r->ts_prec,
                             &r->block, err);
    }
    r->ended = true;
    return TD_OK;
}

/* Takes the reply of the fetch, and asks for the block after it before this one is looked at. */
static enum td_rc take_reply(struct td_result *r, bool *have, struct td_err *err)
{
    struct td_result_priv *p = r->priv;
    struct td_reply_fetch f;

    if (td_msg_read_fetch(td_view_of(&p->msg), &f, err) != TD_OK) {
        p->done = true; /* the server freed it (protocol.md 2.7) */
        return TD_FAIL;
    }
    if (f.result_id != p->id)
        return td_err_set(err, TD_ST_HY000, 0, "the server sent a block of another result");
    if (f.finished) {
        p->done = true;
        return TD_OK;
    }
    /* A failure to send shows when the next block is due; this one is good. */
    if (p->s->prefetch) (void)send_fetch(p, NULL);
    if (td_block_open(f.block, f.block_len, p->types, p->views, r->ncols, r->ts_prec, &r->block,
                      err) != TD_OK)
        return TD_FAIL;
    *have = true;
    return TD_OK;
}

static enum td_rc next_block(struct td_result *r, struct td_request *rq, bool *have,
                             struct td_err *err)
{
    static const struct td_request none = {.deadline = TD_NEVER};
    const struct td_request *q = rq ? rq : &none;
    struct td_result_priv *p = r->priv;
    struct td_err mine;
    uint64_t id;

    if (!p->fetch && send_fetch(p, err) != TD_OK) return TD_FAIL;
    id = p->fetch;
    if (td_wait(p->s->t, id, q->deadline, q->cancel, q->seen, &p->msg, &mine) != TD_OK) {
        if (err) {
            *err = mine;
            td_say_limit(q, err);
        }
        if (mine.state != TD_ST_HYT00 && mine.state != TD_ST_HY008) {
            p->fetch = 0; /* the connection and all on it are gone */
            p->done = true;
        } else if (p->query)
            td_kill_later(p->s, p->query, id);
        return TD_FAIL;
    }
    p->fetch = 0;
    return take_reply(r, have, err);
}

enum td_rc td_result_next(struct td_result *r, struct td_request *rq, bool *have,
                          struct td_err *err)
{
    struct td_result_priv *p = r->priv;
    enum td_rc rc;

    *have = false;
    release_block(r);
    if (r->ended) return TD_OK;
    rc = p->s      ? next_block(r, rq, have, err)
         : p->rest ? next_rest(r, rq, have, err)
                   : give_local(r, have, err);
    if (rc != TD_OK || !*have) {
        if (p->s) drop(p);
        td_rest_stream_free(p->rest);
        p->rest = NULL;
        release_block(r);
        r->ended = true;
        *have = false;
    }
    return rc;
}

uint8_t *td_result_detach_block(struct td_result *r, size_t *n)
{
    uint8_t *msg = r->priv->msg.p;

    *n = r->priv->msg.n;
    r->priv->msg = (struct td_msg){NULL, 0, false};
    return msg;
}

void td_result_free(struct td_result *r)
{
    struct td_result_priv *p;

    if (!r) return;
    p = r->priv;
    if (p->s && !r->ended) drop(p);
    release_block(r);
    td_rest_stream_free(p->rest);
    td_free(p->local);
    td_arena_free(&p->arena);
    td_free(r);
}

/* ---- making ---- */

static bool copy_fields(struct td_result *r, const struct td_field *fields)
{
    for (uint32_t i = 0; i < r->ncols; i++) {
        const struct td_field *f = &fields[i];
        char *name = td_arena_strndup(&r->priv->arena, f->name.p, f->name.n);
        if (!name) return false;
        r->cols[i] =
            (struct td_column){{name, f->name.n}, f->type, f->precision, f->scale, f->length, 2};
        r->priv->types[i] = f->type;
    }
    return true;
}

struct td_result *td_result_stream(struct td_session *s, const struct td_reply_query *q,
                                   uint64_t query, struct td_arena *a, struct td_err *err)
{
    struct td_result *r = new_result(q->nfields);
    struct td_result_priv *p;

    if (!r) {
        if (!q->is_update) td_session_free_result(s, q->id);
        td_arena_free(a);
        td_err_nomem(err);
        return NULL;
    }
    p = r->priv;
    p->s = s;
    if (q->is_update) {
        td_arena_free(a);
        r->affected = q->affected;
        r->ended = true;
        return r;
    }
    p->id = q->id;
    p->query = query;
    p->counted = true;
    td_session_opened(s);
    r->ts_prec = q->ts_prec;
    if (!copy_fields(r, q->fields)) {
        td_result_free(r);
        td_arena_free(a);
        td_err_nomem(err);
        return NULL;
    }
    td_arena_free(a);
    if (s->prefetch) (void)send_fetch(p, NULL);
    return r;
}

struct td_result *td_result_rest(struct td_rest_stream *src, uint8_t ts_prec, struct td_err *err)
{
    const struct td_field *fields;
    struct td_result *r = new_result(td_rest_stream_fields(src, &fields));

    if (r && copy_fields(r, fields)) {
        r->priv->rest = src;
        r->ts_prec = ts_prec;
        return r;
    }
    td_result_free(r);
    td_rest_stream_free(src);
    td_err_nomem(err);
    return NULL;
}

struct td_result *td_result_update(int64_t affected, struct td_err *err)
{
    struct td_result *r = new_result(0);

    if (!r) {
        td_err_nomem(err);
        return NULL;
    }
    r->affected = affected;
    r->ended = true;
    return r;
}

struct td_result *td_result_local(const struct td_column *cols, uint32_t ncols, uint8_t ts_prec,
                                  uint8_t *block, size_t n, struct td_err *err)
{
    struct td_result *r = new_result(ncols);

    if (r) {
        r->ts_prec = ts_prec;
        r->priv->local = block;
        r->priv->local_n = n;
        for (uint32_t i = 0; i < ncols; i++) {
            char *name = td_arena_strndup(&r->priv->arena, cols[i].name.p, cols[i].name.n);
            if (!name) {
                td_result_free(r);
                td_err_nomem(err);
                return NULL;
            }
            r->cols[i] = cols[i];
            r->cols[i].name.p = name;
            r->priv->types[i] = cols[i].type;
        }
        return r;
    }
    td_free(block);
    td_err_nomem(err);
    return NULL;
}

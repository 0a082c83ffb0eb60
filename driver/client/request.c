/*
 * request.c: one round trip, and the statements made of it.
 */
#include "client/priv.h"

#include "base/log.h"

uint64_t td_session_next_id(struct td_session *s)
{
    return __atomic_fetch_add(&s->next_id, 1, __ATOMIC_RELAXED) & TD_MSG_MAX_ID;
}

static void free_result(struct td_transport *t, uint64_t id, uint64_t result_id)
{
    struct td_buf b = TD_BUF_INIT(256);

    if (td_msg_free_result(&b, id, result_id)) (void)td_submit(t, id, b.p, b.n, true, false, NULL);
    td_buf_free(&b);
}

void td_session_free_result(struct td_session *s, uint64_t result_id)
{
    free_result(s->t, td_session_next_id(s), result_id);
}

void td_session_late(void *session, struct td_msg *m)
{
    struct td_session *s = session;
    uint64_t id, result_id;

    if (td_msg_reply_id(td_view_of(m), &id)) td_kill_over(s, id);
    /* no answer comes to free_result, so its id need not be the session's next: the session may be
       closing, or have another transport by now */
    if (td_msg_open_result(td_view_of(m), &result_id))
        free_result(s->late, TD_MSG_MAX_ID, result_id);
}

void td_say_limit(const struct td_request *rq, struct td_err *err)
{
    if (rq->connection_limit && err && err->state == TD_ST_HYT00)
        td_err_set(err, TD_ST_HYT01, 0, "no answer within SQL_ATTR_CONNECTION_TIMEOUT");
}

/* `query`: the id under which the server runs what was sent, to be killed when nobody waits for it
   any more; 0 = cannot be. */
static enum td_rc round_trip(struct td_session *s, uint64_t id, const struct td_buf *b, bool text,
                             const struct td_request *rq, uint64_t query, struct td_msg *reply,
                             struct td_err *err)
{
    struct td_err mine;

    if (!td_buf_ok(b)) return td_err_nomem(err);
    if (td_submit(s->t, id, b->p, b->n, text, true, err) != TD_OK) return TD_FAIL;
    if (td_wait(s->t, id, rq->deadline, rq->cancel, rq->seen, reply, &mine) == TD_OK) return TD_OK;
    if (mine.state == TD_ST_HYT00 || mine.state == TD_ST_HY008) {
        if (query) td_kill_later(s, query, id);
        td_abandon(s->t, id, td_session_late, s);
    }
    td_say_limit(rq, &mine);
    if (err) *err = mine;
    return TD_FAIL;
}

enum td_rc td_session_call(struct td_session *s, uint64_t id, const struct td_buf *b, bool text,
                           const struct td_request *rq, struct td_msg *reply, struct td_err *err)
{
    return round_trip(s, id, b, text, rq, 0, reply, err);
}

/* ---- what a statement is, as far as the session must know ---- */

static struct td_str skip_blank(struct td_str s)
{
    while (s.n) {
        size_t skip = 0;
        if (td_isspace(*s.p))
            skip = 1;
        else if (s.n > 1 && s.p[0] == '-' && s.p[1] == '-') {
            const char *nl = memchr(s.p, '\n', s.n);
            skip = nl ? (size_t)(nl - s.p) + 1 : s.n;
        } else if (s.n > 1 && s.p[0] == '/' && s.p[1] == '*') {
            const char *end = s.n > 3 ? memmem(s.p + 2, s.n - 2, "*/", 2) : NULL;
            skip = end ? (size_t)(end - s.p) + 2 : s.n;
        }
        if (!skip) break;
        s.p += skip;
        s.n -= skip;
    }
    return s;
}

void td_sql_first_word(struct td_str sql, char out[16], struct td_str *rest)
{
    size_t n = 0;

    sql = skip_blank(sql);
    while (n < sql.n &&
           ((td_lower(sql.p[n]) >= 'a' && td_lower(sql.p[n]) <= 'z') || sql.p[n] == '_'))
        n++;
    for (size_t i = 0; i < n && n < 16; i++)
        out[i] = td_lower(sql.p[i]);
    out[n < 16 ? n : 0] = 0;
    *rest = skip_blank((struct td_str){sql.p + n, sql.n - n});
}

bool td_db_fold(struct td_str name, char out[TD_DB_CAP])
{
    const char quote = name.n >= 2 && strchr("`'\"", name.p[0]) ? name.p[0] : 0;
    const bool quoted = quote && name.p[name.n - 1] == quote;
    size_t n = 0;

    if (quoted) name = (struct td_str){name.p + 1, name.n - 2};
    for (size_t i = 0; i < name.n; i++) {
        if (n == TD_DB_CAP - 1) return false;
        if (quoted && name.p[i] == quote && i + 1 < name.n && name.p[i + 1] == quote)
            i++; /* a doubled quote is one */
        out[n++] = quoted ? name.p[i] : td_lower(name.p[i]);
    }
    out[n] = 0;
    return true;
}

bool td_put_use(struct td_buf *sql, const char *name)
{
    td_buf_puts(sql, "use `");
    for (; *name; name++) {
        if (*name == '`') td_buf_putc(sql, '`');
        td_buf_putc(sql, *name);
    }
    return td_buf_puts(sql, "`");
}

static bool is_word(const char *w, const char *const *list)
{
    while (*list && strcmp(w, *list) != 0)
        list++;
    return *list != NULL;
}

/* ---- the current database ---- */

static void set_db(struct td_session *s, const char *name, size_t n)
{
    if (n >= TD_DB_CAP) n = TD_DB_CAP - 1;
    td_lock(&s->lock);
    memcpy(s->db, name, n);
    s->db[n] = 0;
    td_unlock(&s->lock);
}

/* Asks the server; the statement itself has succeeded, so a failure here only leaves the driver's
   own reading. */
static void ask_db(struct td_session *s, const struct td_request *rq)
{
    struct td_buf b = TD_BUF_INIT(256);
    struct td_msg m = {NULL, 0, false};
    struct td_arena a = {NULL};
    struct td_str db;
    const uint64_t id = td_session_next_id(s);

    td_msg_current_db(&b, id);
    if (td_session_call(s, id, &b, true, rq, &m, NULL) == TD_OK &&
        td_msg_read_current_db(td_view_of(&m), &a, &db, NULL) == TD_OK)
        set_db(s, db.p, db.n);
    td_msg_free(&m);
    td_arena_free(&a);
    td_buf_free(&b);
}

/* Over REST nothing stays current on the server; the driver names the database in each request.
   After a DROP it may be gone, which the server would take in silence (protocol.md section 11), so
   it is tried. */
static void check_db(struct td_session *s, const struct td_request *rq)
{
    struct td_request mine = {.deadline = rq->deadline, .cancel = rq->cancel, .seen = rq->seen};
    char now[TD_DB_CAP];
    struct td_buf sql = TD_BUF_INIT(1024);
    struct td_result *res = NULL;
    struct td_err err;

    td_session_database(s, now, sizeof now);
    if (*now && td_put_use(&sql, now) &&
        td_rest_query(s, td_buf_str(&sql), &mine, &res, &err) != TD_OK && err.state == TD_ST_3D000)
        set_db(s, "", 0);
    td_result_free(res);
    td_buf_free(&sql);
}

static void used(struct td_session *s, struct td_str name, const struct td_request *rq)
{
    char folded[TD_DB_CAP];

    name = td_str_trim(name);
    if (name.n && name.p[name.n - 1] == ';')
        name = td_str_trim((struct td_str){name.p, name.n - 1});
    if (td_db_fold(name, folded)) set_db(s, folded, strlen(folded));
    if (!s->rest) ask_db(s, rq);
}

/* A successful USE, or a DROP that may have hit the current database or one whose precision is
   cached. */
static void after_update(struct td_session *s, struct td_str sql, const struct td_request *rq)
{
    char word[16];
    struct td_str rest;

    td_sql_first_word(sql, word, &rest);
    if (strcmp(word, "use") == 0) {
        used(s, rest, rq);
        return;
    }
    if (strcmp(word, "drop") != 0 && strcmp(word, "create") != 0) return;
    td_sql_first_word(rest, word, &rest);
    if (strcmp(word, "database") != 0) return;
    td_lock(&s->lock);
    s->nprecs = 0;
    td_unlock(&s->lock);
    if (s->rest)
        check_db(s, rq);
    else
        ask_db(s, rq);
}

/* ---- statements ---- */

bool td_sql_reads(struct td_str sql)
{
    static const char *const reads[] = {"select", "show", "describe", "desc", "explain", NULL};
    char word[16];
    struct td_str rest;

    td_sql_first_word(sql, word, &rest);
    return is_word(word, reads);
}

void td_say_outcome(struct td_str sql, struct td_err *err)
{
    static const char note[] = "; the statement may have been executed";
    const size_t n = strlen(err->msg);

    if (err->state == TD_ST_08S01 && !td_sql_reads(sql) && n + sizeof note <= sizeof err->msg)
        memcpy(err->msg + n, note, sizeof note);
}

static enum td_rc check_sql(struct td_str sql, struct td_err *err)
{
    /* The server would take the text up to there and run it (protocol.md 7.7). */
    if (sql.n && memchr(sql.p, 0, sql.n))
        return td_err_set(err, TD_ST_42000, 0, "the statement's text contains a NUL character");
    if (sql.n >= UINT32_MAX - 64)
        return td_err_set(err, TD_ST_42000, 0, "the statement's text is too long");
    return TD_OK;
}

/* CREATE USER and ALTER USER carry a password: their text is never logged, not even with LogSql. */
static bool has_password(struct td_str sql)
{
    static const char *const ddl[] = {"create", "alter", NULL};
    char word[16];
    struct td_str rest;

    td_sql_first_word(sql, word, &rest);
    if (!is_word(word, ddl)) return false;
    td_sql_first_word(rest, word, &rest);
    return strcmp(word, "user") == 0;
}

static void log_request(const struct td_session *s, uint64_t id, struct td_str sql)
{
    if (!td_log_on(TD_LOG_DEBUG)) return;
    if (s->log_sql && sql.n <= INT32_MAX && !has_password(sql))
        td_log(TD_LOG_DEBUG, "client", "query %llu: %.*s", (unsigned long long)id, (int)sql.n,
               sql.p);
    else
        td_log(TD_LOG_DEBUG, "client", "query %llu: %zu bytes of SQL", (unsigned long long)id,
               sql.n);
}

static enum td_rc ws_query(struct td_session *s, struct td_str sql, struct td_request *rq,
                           struct td_result **res, struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(sql.n + 64);
    struct td_msg m = {NULL, 0, false};
    struct td_arena a = {NULL};
    struct td_reply_query q;
    enum td_rc rc;

    td_msg_query(&b, rq->req_id, sql);
    rc = round_trip(s, rq->req_id, &b, false, rq, rq->req_id, &m, err);
    td_buf_free(&b);
    if (rc != TD_OK) {
        td_say_outcome(sql, err);
        return TD_FAIL;
    }
    rc = td_msg_read_query(td_view_of(&m), false, &a, &q, err);
    td_msg_free(&m);
    if (rc != TD_OK) {
        td_arena_free(&a);
        return TD_FAIL;
    }
    rq->timing_ns = q.timing_ns;
    *res = td_result_stream(s, &q, rq->req_id, &a, err);
    return *res ? TD_OK : TD_FAIL;
}

enum td_rc td_session_query(struct td_session *s, struct td_str sql, struct td_request *rq,
                            struct td_result **res, struct td_err *err)
{
    struct td_err mine = {.state = TD_ST_HY000};
    enum td_rc rc = check_sql(sql, &mine);

    *res = NULL;
    if (!rq->req_id) rq->req_id = td_session_next_id(s);
    if (rc == TD_OK) rc = td_session_enter(s, rq, &mine);
    if (rc == TD_OK) {
        log_request(s, rq->req_id, sql);
        rc = s->rest ? td_rest_query(s, sql, rq, res, &mine) : ws_query(s, sql, rq, res, &mine);
        if (rc == TD_OK && (*res)->ncols == 0) after_update(s, sql, rq);
        td_session_leave(s);
    }
    if (rc != TD_OK && err) *err = mine;
    return rc;
}

enum td_rc td_session_validate(struct td_session *s, struct td_str sql, struct td_request *rq,
                               struct td_err *err)
{
    struct td_buf b = TD_BUF_INIT(sql.n + 64);
    struct td_msg m = {NULL, 0, false};
    uint32_t code = 0;
    enum td_rc rc = check_sql(sql, err);

    if (s->rest)
        return td_err_set(err, TD_ST_HYC00, 0, "REST cannot check a statement without running it");
    if (!rq->req_id) rq->req_id = td_session_next_id(s);
    if (rc == TD_OK) rc = td_session_enter(s, rq, err);
    if (rc == TD_OK) {
        td_msg_validate(&b, rq->req_id, sql);
        rc = td_session_call(s, rq->req_id, &b, false, rq, &m, err);
        td_session_leave(s);
    }
    if (rc == TD_OK) rc = td_msg_read_validate(td_view_of(&m), &code, err);
    if (rc == TD_OK && code != 0) rc = td_err_server(err, code, "", false);
    td_msg_free(&m);
    td_buf_free(&b);
    return rc;
}

enum td_rc td_session_use(struct td_session *s, struct td_str db, struct td_request *rq,
                          struct td_err *err)
{
    char name[TD_DB_CAP];
    struct td_buf sql = TD_BUF_INIT(1024);
    struct td_result *res = NULL;
    enum td_rc rc;

    if (!td_db_fold(db, name))
        return td_err_set(err, TD_ST_3D000, 0, "the database name is too long");
    rc = td_put_use(&sql, name) ? td_session_query(s, td_buf_str(&sql), rq, &res, err)
                                : td_err_nomem(err);
    td_result_free(res);
    td_buf_free(&sql);
    return rc;
}

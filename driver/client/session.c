#include "client/priv.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/tz.h"
#include "base/utf.h"

/* Mixes the bits of a counter-like value (splitmix64). */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* Where the session's request ids begin. They show up as query_id in
   performance_schema.perf_queries, where cancel finds its query by them, so two connections of a
   cluster must not use the same: 52 mixed bits, counting up below 2^53. */
static uint64_t first_id(const struct td_session *s)
{
    static uint64_t opened; /* atomic */
    struct timespec now;
    uint64_t seed = __atomic_add_fetch(&opened, 1, __ATOMIC_RELAXED);

    clock_gettime(CLOCK_REALTIME, &now);
    seed = mix(seed ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec);
    seed = mix(seed ^ (uint64_t)getpid() << 32 ^ (uint64_t)(uintptr_t)s);
    return (seed & (TD_MSG_MAX_ID >> 1)) | 1u << 20;
}

/* The zone whose name login sends (decisions.md section 2). */
static enum td_rc choose_zone(struct td_session *s, struct td_err *err)
{
    const char *given = td_opts_get(&s->target.opts, TD_OPT_TIMEZONE);
    const struct td_tz *tz = *given ? td_tz_get(td_str_of(given), err) : td_tz_local();
    const char *name;

    if (!tz) return *given ? TD_FAIL : td_err_nomem(err);
    name = td_tz_name(tz);
    if (strlen(name) < sizeof s->tz) memcpy(s->tz, name, strlen(name) + 1);
    return TD_OK;
}

static enum td_rc choose_names(struct td_session *s, struct td_err *err)
{
    const char *app = td_opts_get(&s->target.opts, TD_OPT_APP_NAME);
    const struct td_str db = td_str_of(s->target.database);
    size_t n;

    if (!*app) app = program_invocation_short_name;
    /* The server takes 23 bytes (protocol.md 2.5). */
    n = td_utf8_clip(app, strlen(app), sizeof s->app - 1);
    memcpy(s->app, app, n);
    s->app[n] = 0;
    if (!td_db_fold(db, s->login_name))
        return td_err_set(err, TD_ST_3D000, 0, "the database name is too long");
    /* The server strips one pair of quotes, so a name that was quoted goes as it is (protocol.md
       2.5). */
    if (db.n && !td_str_ieqz(db, s->login_name) && db.n < sizeof s->login_db)
        memcpy(s->login_db, db.p, db.n + 1);
    else
        memcpy(s->login_db, s->login_name, sizeof s->login_db);
    return TD_OK;
}

struct td_session *td_session_open(const struct td_opts *opts, int64_t deadline,
                                   td_opt_unknown warn, void *ctx, struct td_err *err)
{
    struct td_session *s = td_calloc(1, sizeof *s);
    struct td_link link;

    if (!s) {
        td_err_nomem(err);
        return NULL;
    }
    if (td_url_resolve(opts, &s->target, warn, ctx, err) != TD_OK) {
        td_free(s);
        return NULL;
    }
    td_mutex_init(&s->lock);
    td_mutex_init(&s->link_lock);
    s->fork_gen = td_fork_generation();
    s->next_id = first_id(s);
    if (choose_zone(s, err) != TD_OK || choose_names(s, err) != TD_OK ||
        td_login(s, s->login_db, deadline, &link, err) != TD_OK) {
        td_session_close(s);
        return NULL;
    }
    s->killer = td_killer_new(s);
    if (!s->killer) {
        td_link_close(&link);
        td_session_close(s);
        td_err_nomem(err);
        return NULL;
    }
    td_link_swap(s, &link);
    s->caps = link.t ? td_caps_of(link.t) : td_rest_caps(link.rest);
    s->log_sql = td_opts_bool(&s->target.opts, TD_OPT_LOG_SQL);
    s->prefetch = td_opts_bool(&s->target.opts, TD_OPT_PREFETCH) && s->caps & TD_CAP_PREFETCH;
    memcpy(s->db, s->login_name, sizeof s->db);
    return s;
}

struct td_session *td_session_sibling(const struct td_session *of, int64_t deadline,
                                      struct td_err *err)
{
    struct td_session *s = td_calloc(1, sizeof *s);
    struct td_link link;

    if (!s) {
        td_err_nomem(err);
        return NULL;
    }
    td_mutex_init(&s->lock);
    td_mutex_init(&s->link_lock);
    s->target = of->target;
    s->borrowed = true;
    s->fork_gen = td_fork_generation();
    s->next_id = first_id(s);
    memcpy(s->tz, of->tz, sizeof s->tz);
    memcpy(s->app, of->app, sizeof s->app);
    if (td_login(s, "", deadline, &link, err) != TD_OK) {
        td_session_close(s);
        return NULL;
    }
    td_link_swap(s, &link);
    s->caps = of->caps;
    return s;
}

void td_session_close(struct td_session *s)
{
    if (!s) return;
    td_link_swap(s, NULL);
    td_killer_free(s->killer);
    if (!s->borrowed) td_url_target_free(&s->target);
    td_mutex_free(&s->link_lock);
    td_mutex_free(&s->lock);
    td_free(s);
}

const struct td_version *td_session_version(const struct td_session *s)
{
    return &s->version;
}

bool td_session_at_least(const struct td_session *s, int a, int b, int c, int d)
{
    const int want[4] = {a, b, c, d};

    for (int i = 0; i < 4; i++) {
        if (s->version.part[i] != want[i]) return s->version.part[i] > want[i];
    }
    return true;
}

void td_session_database(struct td_session *s, char *out, size_t cap)
{
    size_t n;

    if (cap == 0) return;
    td_lock(&s->lock);
    n = td_utf8_clip(s->db, strlen(s->db), cap - 1);
    memcpy(out, s->db, n);
    out[n] = 0;
    td_unlock(&s->lock);
}

/* ---- precision of a database ---- */

static int cached_prec(struct td_session *s, const char *db)
{
    int prec = -1;

    td_lock(&s->lock);
    for (uint32_t i = 0; i < s->nprecs && prec < 0; i++) {
        if (strcmp(s->precs[i].name, db) == 0) prec = s->precs[i].prec;
    }
    td_unlock(&s->lock);
    return prec;
}

static void cache_prec(struct td_session *s, const char *db, int prec)
{
    td_lock(&s->lock);
    if (s->nprecs == TD_PREC_CACHED) s->nprecs = 0;
    memcpy(s->precs[s->nprecs].name, db, strlen(db) + 1);
    s->precs[s->nprecs++].prec = prec;
    td_unlock(&s->lock);
}

static int read_prec(struct td_result *res, struct td_request *rq)
{
    static const char *const names[] = {"ms", "us", "ns"};
    bool have;

    if (res->ncols != 1 || res->cols[0].type != TD_T_VARCHAR ||
        td_result_next(res, rq, &have, NULL) != TD_OK || !have ||
        td_col_is_null(&res->block.cols[0], 0))
        return -1;
    for (int i = 0; i < 3; i++) {
        if (td_str_ieqz(td_col_var(&res->block.cols[0], 0), names[i])) return i;
    }
    return -1;
}

int td_session_db_precision(struct td_session *s, const char *db, struct td_request *rq)
{
    struct td_buf sql = TD_BUF_INIT(2 * TD_DB_CAP + 128);
    struct td_request mine = {.deadline = rq->deadline, .cancel = rq->cancel, .seen = rq->seen};
    struct td_result *res = NULL;
    int prec;

    if (!*db || strlen(db) >= TD_DB_CAP) return -1;
    prec = cached_prec(s, db);
    if (prec >= 0) return prec;
    td_buf_puts(&sql, "select `precision` from information_schema.ins_databases where name='");
    for (const char *c = db; *c; c++) {
        if (*c == '\'' || *c == '\\') td_buf_putc(&sql, *c);
        td_buf_putc(&sql, *c);
    }
    if (td_buf_puts(&sql, "'") && td_session_query(s, td_buf_str(&sql), &mine, &res, NULL) == TD_OK)
        prec = read_prec(res, &mine);
    td_result_free(res);
    td_buf_free(&sql);
    if (prec >= 0) cache_prec(s, db, prec);
    return prec;
}

enum td_rc td_session_reset(struct td_session *s, struct td_err *err)
{
    struct td_request rq = {
        .deadline = td_deadline(1000 * td_opts_int(&s->target.opts, TD_OPT_LOGIN_TIMEOUT))};
    struct td_link link;
    char now[TD_DB_CAP];
    enum td_rc rc;

    td_session_database(s, now, sizeof now);
    /* Zone and options are set at login only, so the database is all that statements can change. */
    if (td_session_alive(s) && strcmp(now, s->login_name) == 0) return TD_OK;
    if (td_session_alive(s) && s->login_name[0])
        return td_session_use(s, td_str_of(s->login_db), &rq, err);
    /* No statement leaves a database again: only a new login has none. */
    td_lock(&s->link_lock);
    if (s->users > 0 || __atomic_load_n(&s->open, __ATOMIC_RELAXED) > 0)
        rc = td_err_set(err, TD_ST_HY010, 0, "statements are still open on the connection");
    else
        rc = td_login(s, s->login_db, rq.deadline, &link, err);
    if (rc == TD_OK) {
        td_link_swap(s, &link);
        td_lock(&s->lock);
        memcpy(s->db, s->login_name, sizeof s->db);
        td_unlock(&s->lock);
    }
    td_unlock(&s->link_lock);
    return rc;
}

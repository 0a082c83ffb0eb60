/*
 * restlogin.c: REST has no login: a password, a version or a database that is wrong shows with the
 * first statement. So the login is two statements, and an application learns it at connect as over
 * WebSocket.
 */
#include "client/priv.h"

/* One row, one text: reads it whole. */
static enum td_rc one_text(struct td_result *res, const struct td_request *rq, char *out,
                           size_t cap, struct td_err *err)
{
    struct td_request mine = {.deadline = rq->deadline};
    struct td_str v;
    bool have;

    if (td_result_next(res, &mine, &have, err) != TD_OK) return TD_FAIL;
    if (!have || res->ncols != 1 || res->cols[0].type != TD_T_VARCHAR ||
        td_col_is_null(&res->block.cols[0], 0))
        return td_err_set(err, TD_ST_08001, 0, "the server does not say its version");
    v = td_col_var(&res->block.cols[0], 0);
    if (v.n >= cap) v.n = cap - 1;
    memcpy(out, v.p, v.n);
    out[v.n] = 0;
    return TD_OK;
}

/* What a statement's error means while connecting. */
static void as_connecting(struct td_err *err)
{
    if (err->state == TD_ST_08S01 || err->state == TD_ST_HY000) err->state = TD_ST_08001;
}

static enum td_rc check(struct td_session *s, struct td_link *link, const char *db,
                        const struct td_request *rq, bool *retry, struct td_err *err)
{
    struct td_buf use = TD_BUF_INIT(2 * TD_DB_CAP + 64);
    struct td_result *res = NULL;
    char text[64], name[TD_DB_CAP];
    enum td_rc rc =
        td_rest_run(s, link->rest, "", TD_STR("select server_version()"), rq, retry, &res, err);

    if (rc == TD_OK) rc = one_text(res, rq, text, sizeof text, err);
    td_result_free(res);
    res = NULL;
    if (rc == TD_OK) {
        td_version_parse(text, &link->version);
        rc = td_login_check_version(&link->version, td_rest_endpoint(link->rest), err);
    }
    /* /rest/sql/nosuch would run without a database and without a word (protocol.md section 11). */
    if (rc == TD_OK && *db) {
        rc = td_db_fold(td_str_of(db), name) && td_put_use(&use, name)
                 ? td_rest_run(s, link->rest, "", td_buf_str(&use), rq, retry, &res, err)
                 : td_err_nomem(err);
        td_result_free(res);
    }
    td_buf_free(&use);
    return rc;
}

enum td_rc td_rest_login(struct td_session *s, const struct td_net_cfg *cfg, const char *db,
                         int64_t deadline, struct td_link *link, bool *retry, struct td_err *err)
{
    const struct td_url_target *t = &s->target;
    const bool bearer = *t->bearer_token, cloud = *t->token;
    const struct td_rest_auth auth = {.user = bearer || cloud ? NULL : t->user,
                                      .password = bearer || cloud ? NULL : t->password,
                                      .bearer = bearer && !cloud ? t->bearer_token : NULL};
    const struct td_request rq = {.deadline = deadline};

    if (td_opts_bool(&t->opts, TD_OPT_BI_MODE) || *t->totp_code)
        return td_err_set(err, TD_ST_HYC00, 0, "%s is not possible over REST: use Transport=ws",
                          *t->totp_code ? "TotpCode" : "BIMode");
    link->rest = td_rest_open(cfg, &auth, 1000 * td_opts_int(&t->opts, TD_OPT_LOGIN_TIMEOUT), err);
    if (!link->rest) return TD_FAIL;
    if (check(s, link, db, &rq, retry, err) == TD_OK) return TD_OK;
    as_connecting(err);
    td_link_close(link);
    return TD_FAIL;
}

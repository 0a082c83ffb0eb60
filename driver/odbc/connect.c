/*
 * SQLConnect, SQLDriverConnect, SQLBrowseConnect, SQLDisconnect, SQLEndTran.
 */
#include <odbcinst.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/opturl.h"
#include "client/tmq.h"
#include "odbc/stmt.h"

static void warn_unknown(void *ctx, struct td_str key)
{
    struct td_dbc *d = ctx;

    td_diag(&d->h, TD_ST_01S00, "Unknown connection string key \"%.*s\": ignored",
            (int)(key.n > 64 ? 64 : key.n), key.p);
}

/* One key, then its aliases, from the DSN's section of odbc.ini. */
static enum td_rc ini_value(struct td_opts *o, const char *dsn, enum td_opt_id id,
                            struct td_err *err)
{
    const struct td_opt_info *info = td_opt_info(id);
    char key[64], value[1024];
    const char *names = info->key;

    for (int pass = 0; pass < 2; pass++, names = info->aliases) {
        while (*names) {
            size_t n = strcspn(names, ";");
            if (n < sizeof key) {
                memcpy(key, names, n);
                key[n] = 0;
                SQLGetPrivateProfileString(dsn, key, "", value, sizeof value, "odbc.ini");
                if (value[0]) return td_opts_set(o, id, td_str_of(value), err);
            }
            names += n + (names[n] == ';');
        }
    }
    return TD_OK;
}

/* Fills what the connection string left open from odbc.ini. */
static enum td_rc read_ini(struct td_opts *o, const char *dsn, struct td_err *err)
{
    for (int id = 0; id < TD_OPT_COUNT; id++) {
        if (id == TD_OPT_DRIVER || id == TD_OPT_DSN || td_opts_given(o, (enum td_opt_id)id))
            continue;
        if (ini_value(o, dsn, (enum td_opt_id)id, err) != TD_OK) return TD_FAIL;
    }
    return TD_OK;
}

static enum td_rc set_zone(struct td_dbc *d, struct td_err *err)
{
    const char *name = td_opts_get(&d->opts, TD_OPT_TIMEZONE);

    d->tz = *name ? td_tz_get(td_str_of(name), err) : td_tz_local();
    return d->tz ? TD_OK : *name ? TD_FAIL : td_err_nomem(err);
}

static void set_type_opts(struct td_dbc *d)
{
    d->type_opts.ubigint_numeric = td_opts_bool(&d->opts, TD_OPT_UNSIGNED_BIGINT_AS_NUMERIC);
    d->type_opts.ts_as_text = td_opts_bool(&d->opts, TD_OPT_TIMESTAMP_AS_TEXT);
    d->type_opts.string_length = (int32_t)td_opts_int(&d->opts, TD_OPT_STRING_COLUMN_LENGTH);
    d->type_opts.max_column = (int32_t)td_opts_int(&d->opts, TD_OPT_MAX_COLUMN_SIZE);
}

static enum td_rc open_log(struct td_dbc *d, struct td_err *err)
{
    enum td_log_level level;

    if (!td_log_level_of(td_str_of(td_opts_get(&d->opts, TD_OPT_LOG_LEVEL)), &level) ||
        level == TD_LOG_OFF)
        return TD_OK;
    if (!td_opts_given(&d->opts, TD_OPT_LOG_FILE))
        return td_err_set(err, TD_ST_HY024, 0, "LogLevel needs LogFile");
    enum td_rc rc = td_log_open(td_str_of(td_opts_get(&d->opts, TD_OPT_LOG_FILE)), level, err);
    d->logging = rc == TD_OK;
    return rc;
}

/* Opens the session that d->opts describe. */
static SQLRETURN open_session(struct td_dbc *d)
{
    struct td_err err;
    struct td_str hosts;

    /* Keys of the Url's query are for this layer, too (ReadOnly, LogFile, ...). */
    if (td_opts_expand_url(&d->opts, &hosts, warn_unknown, d, &err) != TD_OK)
        return td_diag_err(&d->h, &err);
    SQLUINTEGER limit = d->login_timeout_set
                            ? d->login_timeout
                            : (SQLUINTEGER)td_opts_int(&d->opts, TD_OPT_LOGIN_TIMEOUT);

    if (d->catalog_wanted && !td_opts_given(&d->opts, TD_OPT_DATABASE) &&
        td_opts_set(&d->opts, TD_OPT_DATABASE, td_str_of(d->catalog_wanted), &err) != TD_OK)
        return td_diag_err(&d->h, &err);
    if (set_zone(d, &err) != TD_OK || open_log(d, &err) != TD_OK) return td_diag_err(&d->h, &err);
    set_type_opts(d);
    d->session = td_session_open(&d->opts, td_deadline((int64_t)limit * 1000), NULL, NULL, &err);
    if (!d->session) {
        td_dbc_close_log(d);
        return td_diag_err(&d->h, &err);
    }
    d->h.fork_gen = td_fork_generation();
    return td_diag_done(&d->h);
}

void td_dbc_close_log(struct td_dbc *d)
{
    if (d->logging) td_log_close();
    d->logging = false;
}

static void fresh_opts(struct td_dbc *d)
{
    td_opts_free(&d->opts);
    td_opts_init(&d->opts);
    d->dsn[0] = 0;
}

static void note_dsn(struct td_dbc *d)
{
    const char *dsn = td_opts_get(&d->opts, TD_OPT_DSN);

    snprintf(d->dsn, sizeof d->dsn, "%s", dsn);
}

SQLRETURN td_connect(struct td_dbc *d, struct td_str dsn, struct td_str uid, struct td_str pwd)
{
    struct td_err err;

    if (d->session) return td_diag(&d->h, TD_ST_08002, NULL);
    fresh_opts(d);
    if ((dsn.n && td_opts_set(&d->opts, TD_OPT_DSN, dsn, &err) != TD_OK) ||
        (uid.n && td_opts_set(&d->opts, TD_OPT_UID, uid, &err) != TD_OK) ||
        (pwd.n && td_opts_set(&d->opts, TD_OPT_PWD, pwd, &err) != TD_OK))
        return td_diag_err(&d->h, &err);
    note_dsn(d);
    if (d->dsn[0] && read_ini(&d->opts, d->dsn, &err) != TD_OK) return td_diag_err(&d->h, &err);
    return open_session(d);
}

static SQLRETURN out_completed(struct td_dbc *d, const struct td_out *out)
{
    struct td_buf b = TD_BUF_INIT(1 << 20);

    td_opts_write(&d->opts, &b, false);
    SQLRETURN rc = td_buf_ok(&b) ? td_out_text(&d->h, out, td_buf_str(&b)) : td_diag_nomem(&d->h);
    td_wipe(b.p, b.n);
    td_buf_free(&b);
    return rc;
}

SQLRETURN td_driver_connect(struct td_dbc *d, SQLHWND hwnd, struct td_str in,
                            const struct td_out *out, SQLUSMALLINT completion)
{
    struct td_err err;

    (void)
        hwnd; /* no dialog on this platform: a string that suffices connects, whatever the completion mode */
    if (d->session) return td_diag(&d->h, TD_ST_08002, NULL);
    if (completion > SQL_DRIVER_COMPLETE_REQUIRED) return td_diag(&d->h, TD_ST_HY110, NULL);
    fresh_opts(d);
    if (in.n && td_opts_parse(&d->opts, in, warn_unknown, d, &err) != TD_OK)
        return td_diag_err(&d->h, &err);
    note_dsn(d);
    if (d->dsn[0] && read_ini(&d->opts, d->dsn, &err) != TD_OK) return td_diag_err(&d->h, &err);
    if (open_session(d) == SQL_ERROR) return SQL_ERROR;
    if (out_completed(d, out) == SQL_ERROR) return SQL_ERROR;
    return td_diag_done(&d->h);
}

/* What SQLBrowseConnect still asks for: the host, then user and password. Everything has a default, so asking is a courtesy
   to the application; optional keys carry `*` as the reference wants. */
static void browse_request(const struct td_dbc *d, struct td_buf *b, bool *required)
{
    static const enum td_opt_id asked[] = {TD_OPT_SERVER, TD_OPT_PORT, TD_OPT_UID, TD_OPT_PWD,
                                           TD_OPT_DATABASE};
    bool url = td_opts_given(&d->opts, TD_OPT_URL);

    *required = !url && !d->dsn[0] && !td_opts_given(&d->opts, TD_OPT_SERVER);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (td_opts_given(&d->opts, asked[i])) continue;
        const struct td_opt_info *o = td_opt_info(asked[i]);
        td_buf_printf(b, "%s%s:%s=?;", asked[i] == TD_OPT_SERVER ? "" : "*", o->key, o->key);
    }
}

SQLRETURN td_browse_connect(struct td_dbc *d, struct td_str in, const struct td_out *out)
{
    struct td_err err;
    struct td_buf b = TD_BUF_INIT(4096);
    bool required;

    if (d->session) return td_diag(&d->h, TD_ST_08002, NULL);
    if (!d->browsing) fresh_opts(d);
    if (td_opts_parse(&d->opts, in, warn_unknown, d, &err) != TD_OK)
        return td_diag_err(&d->h, &err);
    note_dsn(d);
    if (d->dsn[0] && read_ini(&d->opts, d->dsn, &err) != TD_OK) return td_diag_err(&d->h, &err);
    browse_request(d, &b, &required);
    d->browsing = required;
    if (required) {
        SQLRETURN rc =
            td_buf_ok(&b) ? td_out_text(&d->h, out, td_buf_str(&b)) : td_diag_nomem(&d->h);
        td_buf_free(&b);
        return rc == SQL_ERROR ? rc : SQL_NEED_DATA;
    }
    td_buf_free(&b);
    if (open_session(d) == SQL_ERROR || out_completed(d, out) == SQL_ERROR) return SQL_ERROR;
    return td_diag_done(&d->h);
}

SQLRETURN td_disconnect(struct td_dbc *d)
{
    if (d->browsing) {
        d->browsing = false;
        return SQL_SUCCESS;
    }
    if (!d->session) return td_diag(&d->h, TD_ST_08003, NULL);
    /* td_stmt_free takes the connection's lock itself */
    while (d->stmts) {
        struct td_stmt *s = d->stmts;
        td_unlock(&d->h.lock);
        td_stmt_free(s);
        td_lock(&d->h.lock);
    }
    while (d->descs) {
        struct td_desc *x = d->descs;
        d->descs = x->next;
        td_desc_dispose(x);
        td_free(x);
    }
    td_tmq_free(d->tmq);
    d->tmq = NULL;
    td_session_close(d->session);
    d->session = NULL;
    td_dbc_close_log(d);
    return SQL_SUCCESS;
}

static SQLRETURN end_dbc(struct td_dbc *d, SQLSMALLINT completion)
{
    bool wrote = __atomic_exchange_n(&d->wrote, false, __ATOMIC_RELAXED);

    if (completion == SQL_ROLLBACK && wrote)
        return td_diag(&d->h, TD_ST_01000,
                       "TDengine has no transactions: what was written stays written");
    return SQL_SUCCESS;
}

SQLRETURN td_end_tran(struct td_handle *h, SQLSMALLINT completion)
{
    SQLRETURN rc = SQL_SUCCESS;

    if (completion != SQL_COMMIT && completion != SQL_ROLLBACK)
        return td_diag(h, TD_ST_HY012, NULL);
    if (h->type == SQL_HANDLE_DBC) {
        struct td_dbc *d = (struct td_dbc *)h;
        return td_dbc_connected(d, h) ? end_dbc(d, completion) : SQL_ERROR;
    }
    for (struct td_dbc *d = ((struct td_env *)h)->dbcs; d; d = d->next) {
        td_lock(&d->h.lock);
        if (d->session && end_dbc(d, completion) != SQL_SUCCESS) rc = SQL_SUCCESS_WITH_INFO;
        td_unlock(&d->h.lock);
    }
    return rc == SQL_SUCCESS
               ? rc
               : td_diag(h, TD_ST_01000,
                         "TDengine has no transactions: what was written stays written");
}

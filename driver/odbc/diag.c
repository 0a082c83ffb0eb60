#include "odbc/diag.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "odbc/handle.h"
#include "odbc/stmt.h"

static const char prefix[] = "[TDengine][ODBC]";

void td_diag_clear(struct td_diag *d)
{
    for (SQLINTEGER i = 0; i < d->n; i++)
        td_free(d->recs[i].msg);
    d->n = 0;
    d->dropped = 0;
    d->nomem = false;
    d->rc = SQL_SUCCESS;
}

void td_diag_free(struct td_diag *d)
{
    td_diag_clear(d);
    td_free(d->recs);
    memset(d, 0, sizeof *d);
}

/* The reference's order: records without a row first, then by row; within a row errors before warnings. */
static bool ranks_before(const struct td_diag_rec *a, const struct td_diag_rec *b)
{
    SQLLEN ra = a->row > 0 ? a->row : 0, rb = b->row > 0 ? b->row : 0;

    if (ra != rb) return ra < rb;
    bool wa = td_sqlstate_is_warning(a->state), wb = td_sqlstate_is_warning(b->state);
    return !wa && wb;
}

static bool grow(struct td_diag *d)
{
    if (d->n < d->cap) return true;
    SQLINTEGER cap = d->cap ? d->cap * 2 : 4;
    struct td_diag_rec *p = td_realloc(d->recs, (size_t)cap * sizeof *p);
    if (!p) return false;
    d->recs = p;
    d->cap = cap;
    return true;
}

static void note_dropped(struct td_diag *d)
{
    struct td_diag_rec *last = &d->recs[d->n - 1];
    char text[160];

    d->dropped++;
    int n = snprintf(text, sizeof text, "%s%llu more records like these were dropped", prefix,
                     (unsigned long long)d->dropped);
    char *msg = td_strndup(text, (size_t)n);
    if (msg && last->state == TD_ST_01000 && d->dropped > 1) {
        td_free(last->msg);
        last->msg = msg;
        return;
    }
    /* the last kept record makes way for the count */
    if (msg) {
        td_free(last->msg);
        *last = (struct td_diag_rec){TD_ST_01000, 0, SQL_NO_ROW_NUMBER, SQL_NO_COLUMN_NUMBER, msg};
        d->dropped++;
    }
}

/* A full list makes room for an error of the whole call: the last row's record goes, and is counted. */
static void drop_last_row(struct td_diag *d)
{
    note_dropped(d);
    td_free(d->recs[d->n - 2].msg);
    d->recs[d->n - 2] = d->recs[d->n - 1];
    d->n--;
}

static void push(struct td_diag *d, struct td_diag_rec r)
{
    if (d->n >= TD_DIAG_MAX && r.msg && r.row <= 0 && !td_sqlstate_is_warning(r.state))
        drop_last_row(d);
    if (d->n >= TD_DIAG_MAX) {
        td_free(r.msg);
        note_dropped(d);
        return;
    }
    if (!r.msg || !grow(d)) {
        td_free(r.msg);
        d->nomem = true;
        return;
    }
    SQLINTEGER at = d->n;
    while (at > 0 && ranks_before(&r, &d->recs[at - 1])) {
        d->recs[at] = d->recs[at - 1];
        at--;
    }
    d->recs[at] = r;
    d->n++;
}

static SQLRETURN rc_of(enum td_sqlstate state)
{
    return td_sqlstate_is_warning(state) ? SQL_SUCCESS_WITH_INFO : SQL_ERROR;
}

static void push_text(struct td_handle *h, SQLLEN row, SQLINTEGER col, enum td_sqlstate state,
                      SQLINTEGER native, const char *text)
{
    size_t n = strlen(text);
    char *msg = td_malloc(sizeof prefix + n);

    if (msg) {
        memcpy(msg, prefix, sizeof prefix - 1);
        memcpy(msg + sizeof prefix - 1, text, n + 1);
    }
    push(&h->diag, (struct td_diag_rec){state, native, row > 0 ? row : SQL_NO_ROW_NUMBER,
                                        col > 0 ? col : SQL_NO_COLUMN_NUMBER, msg});
}

static SQLRETURN __attribute__((format(printf, 5, 0)))
vpush(struct td_handle *h, SQLLEN row, SQLINTEGER col, enum td_sqlstate state, const char *fmt,
      va_list ap)
{
    char text[512];

    if (fmt)
        vsnprintf(text, sizeof text, fmt, ap);
    else
        snprintf(text, sizeof text, "%s", td_sqlstate_default(state));
    push_text(h, row, col, state, 0, text);
    return rc_of(state);
}

SQLRETURN td_diag(struct td_handle *h, enum td_sqlstate state, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    SQLRETURN rc = vpush(h, 0, 0, state, fmt, ap);
    va_end(ap);
    return rc;
}

SQLRETURN td_diag_at(struct td_handle *h, SQLLEN row, SQLINTEGER col, enum td_sqlstate state,
                     const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    SQLRETURN rc = vpush(h, row, col, state, fmt, ap);
    va_end(ap);
    return rc;
}

SQLRETURN td_diag_err(struct td_handle *h, const struct td_err *err)
{
    push_text(h, 0, 0, err->state, err->native, err->msg);
    return rc_of(err->state);
}

SQLRETURN td_diag_nomem(struct td_handle *h)
{
    return td_diag(h, TD_ST_HY001, NULL);
}

SQLRETURN td_diag_done(const struct td_handle *h)
{
    return h->diag.n || h->diag.nomem ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

/* Record `rec` from 1; a lost record for lack of memory shows as a constant HY001. */
static const struct td_diag_rec *record(const struct td_diag *d, SQLSMALLINT rec)
{
    static const struct td_diag_rec nomem = {TD_ST_HY001, 0, SQL_NO_ROW_NUMBER,
                                             SQL_NO_COLUMN_NUMBER,
                                             (char *)"[TDengine][ODBC]Memory allocation error"};

    if (d->nomem) {
        if (rec == 1) return &nomem;
        rec--;
    }
    return rec >= 1 && rec <= d->n ? &d->recs[rec - 1] : NULL;
}

static const char *state_text(const struct td_handle *h, enum td_sqlstate s)
{
    return h->odbc2 ? td_sqlstate_text2(s) : td_sqlstate_text(s);
}

SQLRETURN td_diag_get_rec(struct td_handle *h, SQLSMALLINT rec, char state[6], SQLINTEGER *native,
                          const struct td_out *msg)
{
    if (rec < 1 || (msg->buf && msg->cap < 0)) return SQL_ERROR;
    const struct td_diag_rec *r = record(&h->diag, rec);
    if (!r) return SQL_NO_DATA;
    memcpy(state, state_text(h, r->state), 6);
    if (native) *native = r->native;
    /* Reading diagnostics adds none: a scratch handle takes the 01004. */
    struct td_handle scratch = {.type = h->type};
    SQLRETURN rc = td_out_text(&scratch, msg, td_str_of(r->msg));
    td_diag_free(&scratch.diag);
    return rc;
}

static SQLRETURN out_text(const struct td_out *out, const char *text)
{
    struct td_handle scratch = {0};
    SQLRETURN rc = td_out_text(&scratch, out, td_str_of(text));

    td_diag_free(&scratch.diag);
    return rc;
}

static SQLRETURN header_field(struct td_handle *h, SQLSMALLINT field, const struct td_out *out)
{
    SQLINTEGER number = h->diag.n + (h->diag.nomem ? 1 : 0);
    SQLLEN len;

    switch (field) {
    case SQL_DIAG_NUMBER:
        return td_out_fixed(out, &number, sizeof number);
    case SQL_DIAG_RETURNCODE:
        return td_out_fixed(out, &h->diag.rc, sizeof h->diag.rc);
    default:
        break;
    }
    if (h->type != SQL_HANDLE_STMT) return SQL_ERROR;
    enum td_stmt_state state = ((const struct td_stmt *)h)->state;
    switch (field) {
    case SQL_DIAG_ROW_COUNT:
        /* appendix B: only what was executed has one */
        if (state < TD_S4 || state >= TD_S8) return SQL_ERROR;
        len = h->diag.row_count;
        return td_out_fixed(out, &len, sizeof len);
    case SQL_DIAG_CURSOR_ROW_COUNT:
        len = h->diag.cursor_rows;
        return td_out_fixed(out, &len, sizeof len);
    case SQL_DIAG_DYNAMIC_FUNCTION_CODE:
        return td_out_fixed(out, &h->diag.function_code, sizeof h->diag.function_code);
    case SQL_DIAG_DYNAMIC_FUNCTION:
        return out_text(out, h->diag.function_code == SQL_DIAG_SELECT_CURSOR ? "SELECT CURSOR"
                             : h->diag.function_code == SQL_DIAG_INSERT      ? "INSERT"
                                                                             : "");
    default:
        return SQL_ERROR;
    }
}

/* ISO 9075 or the ODBC 3 annex: who defines class and subclass (SQL_DIAG_CLASS_ORIGIN). */
static const char *origin(const char *state, bool subclass)
{
    bool im = state[0] == 'I' && state[1] == 'M';
    bool odbc =
        subclass && (strchr(state + 2, 'S') || strchr(state + 2, 'T') || strchr(state, 'H'));

    return im || odbc ? "ODBC 3.0" : "ISO 9075";
}

static void names_of(const struct td_handle *h, const char **server, const char **conn)
{
    const struct td_dbc *dbc = NULL;

    if (h->type == SQL_HANDLE_DBC)
        dbc = (const struct td_dbc *)h;
    else if (h->type == SQL_HANDLE_STMT)
        dbc = ((const struct td_stmt *)h)->dbc;
    else if (h->type == SQL_HANDLE_DESC)
        dbc = ((const struct td_desc *)h)->dbc;
    *server = dbc ? dbc->dsn : "";
    *conn = "";
}

SQLRETURN td_diag_get_field(struct td_handle *h, SQLSMALLINT rec, SQLSMALLINT field,
                            const struct td_out *out)
{
    const char *server, *conn;

    if (field == SQL_DIAG_NUMBER || field == SQL_DIAG_RETURNCODE || field == SQL_DIAG_ROW_COUNT ||
        field == SQL_DIAG_CURSOR_ROW_COUNT || field == SQL_DIAG_DYNAMIC_FUNCTION ||
        field == SQL_DIAG_DYNAMIC_FUNCTION_CODE)
        return header_field(h, field, out);
    if (rec < 1) return SQL_ERROR;
    const struct td_diag_rec *r = record(&h->diag, rec);
    if (!r) return SQL_NO_DATA;
    names_of(h, &server, &conn);
    switch (field) {
    case SQL_DIAG_SQLSTATE:
        return out_text(out, state_text(h, r->state));
    case SQL_DIAG_NATIVE:
        return td_out_fixed(out, &r->native, sizeof r->native);
    case SQL_DIAG_MESSAGE_TEXT:
        return out_text(out, r->msg);
    case SQL_DIAG_CLASS_ORIGIN:
        return out_text(out, origin(td_sqlstate_text(r->state), false));
    case SQL_DIAG_SUBCLASS_ORIGIN:
        return out_text(out, origin(td_sqlstate_text(r->state), true));
    case SQL_DIAG_CONNECTION_NAME:
        return out_text(out, conn);
    case SQL_DIAG_SERVER_NAME:
        return out_text(out, server);
    case SQL_DIAG_ROW_NUMBER:
        return td_out_fixed(out, &r->row, sizeof r->row);
    case SQL_DIAG_COLUMN_NUMBER:
        return td_out_fixed(out, &r->col, sizeof r->col);
    default:
        return SQL_ERROR;
    }
}

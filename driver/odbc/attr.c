/*
 * Connection and statement attributes (ODBC reference, SQLSetConnectAttr, SQLSetStmtAttr). What the driver cannot do is
 * refused, or replaced with 01S02 where the reference allows a substitute (clients.md, must-list 4 and 5).
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "client/tmq.h"
#include "odbc/stmt.h"
#include "tdodbc.h"

static SQLRETURN set_catalog(struct td_dbc *d, struct td_str name)
{
    struct td_err err;
    struct td_request rq = {.deadline = INT64_MAX};

    if (d->session) {
        if (td_session_use(d->session, name, &rq, &err) != TD_OK) return td_diag_err(&d->h, &err);
        return SQL_SUCCESS;
    }
    char *copy = td_strndup(name.p ? name.p : "", name.n);
    if (!copy) return td_diag_nomem(&d->h);
    td_free(d->catalog_wanted);
    d->catalog_wanted = copy;
    return SQL_SUCCESS;
}

static SQLRETURN set_isolation(struct td_dbc *d, SQLUINTEGER v)
{
    if (v == SQL_TXN_READ_UNCOMMITTED) return SQL_SUCCESS;
    if (v == SQL_TXN_READ_COMMITTED || v == SQL_TXN_REPEATABLE_READ || v == SQL_TXN_SERIALIZABLE)
        return td_diag(&d->h, TD_ST_01S02,
                       "TDengine has no transactions: the isolation stays READ UNCOMMITTED");
    return td_diag(&d->h, TD_ST_HY024, NULL);
}

static SQLRETURN set_bool(struct td_dbc *d, SQLUINTEGER *field, SQLUINTEGER v)
{
    if (v > 1) return td_diag(&d->h, TD_ST_HY024, NULL);
    *field = v;
    return SQL_SUCCESS;
}

/* ODBC 2: a statement option set on a connection is for its statements, those to come too. */
static SQLRETURN set_stmt_default(struct td_dbc *d, SQLINTEGER attr, SQLPOINTER value)
{
    SQLRETURN rc = SQL_SUCCESS;

    for (struct td_stmt *s = d->stmts; s; s = s->next) {
        td_lock(&s->h.lock);
        SQLRETURN r = td_stmt_set_attr(s, attr, value, 0);
        td_diag_clear(&s->h.diag);
        td_unlock(&s->h.lock);
        if (r == SQL_ERROR) return td_diag(&d->h, TD_ST_HY024, NULL);
        if (r == SQL_SUCCESS_WITH_INFO) rc = r;
    }
    d->stmt_default[attr] = (SQLULEN)value;
    d->stmt_default_set |= 1u << attr;
    return rc == SQL_SUCCESS ? rc : td_diag(&d->h, TD_ST_01S02, NULL);
}

static SQLRETURN reset_connection(struct td_dbc *d)
{
    struct td_err err;

    for (struct td_stmt *s = d->stmts; s; s = s->next) {
        td_lock(&s->h.lock);
        td_stmt_close_cursor(s);
        td_unlock(&s->h.lock);
    }
    d->autocommit = SQL_AUTOCOMMIT_ON;
    d->access_mode = SQL_MODE_READ_WRITE;
    d->metadata_id = 0;
    d->stmt_default_set = 0;
    /* a pooled connection's next user did not subscribe */
    if (d->tmq) td_tmq_shut(d->tmq);
    if (d->session && td_session_reset(d->session, &err) != TD_OK) return td_diag_err(&d->h, &err);
    return SQL_SUCCESS;
}

SQLRETURN td_dbc_set_attr(struct td_dbc *d, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len,
                          struct td_str text)
{
    SQLUINTEGER v = (SQLUINTEGER)(SQLULEN)value;

    (void)len;
    switch (attr) {
    case SQL_ATTR_ACCESS_MODE:
        return set_bool(d, &d->access_mode, v);
    case SQL_ATTR_AUTOCOMMIT:
        return set_bool(d, &d->autocommit, v);
    case SQL_ATTR_METADATA_ID:
        return set_bool(d, &d->metadata_id, v);
    case SQL_ATTR_LOGIN_TIMEOUT:
        d->login_timeout = v;
        d->login_timeout_set = true;
        return SQL_SUCCESS;
    case SQL_ATTR_CONNECTION_TIMEOUT:
        __atomic_store_n(&d->connection_timeout, v, __ATOMIC_RELAXED); /* statements read it */
        return SQL_SUCCESS;
    case SQL_ATTR_TXN_ISOLATION:
        return set_isolation(d, v);
    case SQL_ATTR_CURRENT_CATALOG:
        return set_catalog(d, text);
    case SQL_ATTR_QUIET_MODE:
        d->quiet_mode = value;
        return SQL_SUCCESS;
    case SQL_ATTR_PACKET_SIZE:
        return td_diag(&d->h, TD_ST_01S02, "The packet size is the server's choice");
    case SQL_ATTR_ASYNC_ENABLE:
    case SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE:
        return v == SQL_ASYNC_ENABLE_OFF
                   ? SQL_SUCCESS
                   : td_diag(&d->h, TD_ST_HYC00,
                             "Asynchronous execution is not offered; use threads");
    case SQL_ATTR_RESET_CONNECTION:
        return v == SQL_RESET_CONNECTION_YES ? reset_connection(d)
                                             : td_diag(&d->h, TD_ST_HY024, NULL);
    case SQL_ATTR_ANSI_APP:
        return SQL_SUCCESS; /* the driver's A functions take UTF-8 either way */
    case SQL_ATTR_AUTO_IPD:
    case SQL_ATTR_CONNECTION_DEAD:
        return td_diag(&d->h, TD_ST_HY092, "Connection attribute %d is read-only", (int)attr);
    case SQL_ATTR_TRANSLATE_LIB:
    case SQL_ATTR_TRANSLATE_OPTION:
    case SQL_ATTR_ENLIST_IN_DTC:
        return td_diag(&d->h, TD_ST_HYC00, NULL);
    default:
        if (attr >= 0 && attr < SQL_ROW_NUMBER) return set_stmt_default(d, attr, value);
        return td_diag(&d->h, TD_ST_HY092, "Connection attribute %d is unknown", (int)attr);
    }
}

static SQLRETURN get_catalog(struct td_dbc *d, const struct td_out *out)
{
    char name[256] = "";

    if (d->session)
        td_session_database(d->session, name, sizeof name);
    else if (d->catalog_wanted)
        return td_out_text(&d->h, out, td_str_of(d->catalog_wanted));
    return td_out_text(&d->h, out, td_str_of(name));
}

static SQLRETURN out_u32(const struct td_out *out, SQLUINTEGER v)
{
    return td_out_fixed(out, &v, sizeof v);
}

SQLRETURN td_dbc_get_attr(struct td_dbc *d, SQLINTEGER attr, const struct td_out *out)
{
    switch (attr) {
    case SQL_ATTR_ACCESS_MODE:
        return out_u32(out, d->access_mode);
    case SQL_ATTR_AUTOCOMMIT:
        return out_u32(out, d->autocommit);
    case SQL_ATTR_METADATA_ID:
        return out_u32(out, d->metadata_id);
    case SQL_ATTR_LOGIN_TIMEOUT:
        return out_u32(out, d->login_timeout_set
                                ? d->login_timeout
                                : (SQLUINTEGER)td_opts_int(&d->opts, TD_OPT_LOGIN_TIMEOUT));
    case SQL_ATTR_CONNECTION_TIMEOUT:
        return out_u32(out, d->connection_timeout);
    case SQL_ATTR_TXN_ISOLATION:
        return out_u32(out, d->txn_isolation);
    case SQL_ATTR_CURRENT_CATALOG:
        return get_catalog(d, out);
    case SQL_ATTR_QUIET_MODE:
        return td_out_fixed(out, &d->quiet_mode, sizeof d->quiet_mode);
    case SQL_ATTR_PACKET_SIZE:
        return out_u32(out, d->packet_size);
    case SQL_ATTR_ASYNC_ENABLE:
        return out_u32(out, SQL_ASYNC_ENABLE_OFF);
    case SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE:
        return out_u32(out, SQL_ASYNC_DBC_ENABLE_OFF);
    case SQL_ATTR_AUTO_IPD:
        return out_u32(out, SQL_FALSE);
    case SQL_ATTR_CONNECTION_DEAD:
        return out_u32(out,
                       d->session && td_session_alive(d->session) ? SQL_CD_FALSE : SQL_CD_TRUE);
    case SQL_ATTR_TRANSLATE_LIB:
    case SQL_ATTR_TRANSLATE_OPTION:
    case SQL_ATTR_ENLIST_IN_DTC:
        return td_diag(&d->h, TD_ST_HYC00, NULL);
    default:
        if (attr >= 0 && attr < SQL_ROW_NUMBER)
            return out_u32(out, (SQLUINTEGER)d->stmt_default[attr]);
        return td_diag(&d->h, TD_ST_HY092, "Connection attribute %d is unknown", (int)attr);
    }
}

static SQLRETURN set_cursor_type(struct td_stmt *s, SQLULEN v)
{
    if (v > SQL_CURSOR_STATIC) return td_diag(&s->h, TD_ST_HY024, NULL);
    bool forward = v == SQL_CURSOR_FORWARD_ONLY;
    s->cursor_type = forward ? SQL_CURSOR_FORWARD_ONLY : SQL_CURSOR_STATIC;
    s->cursor_scrollable = forward ? SQL_NONSCROLLABLE : SQL_SCROLLABLE;
    s->cursor_sensitivity = forward ? SQL_UNSPECIFIED : SQL_INSENSITIVE;
    if (forward || v == SQL_CURSOR_STATIC) return SQL_SUCCESS;
    return td_diag(&s->h, TD_ST_01S02,
                   "Keyset-driven and dynamic cursors are replaced by a static one");
}

static SQLRETURN set_app_desc(struct td_stmt *s, struct td_desc **slot, struct td_desc *implicit,
                              SQLPOINTER value)
{
    if (value == SQL_NULL_HDESC || value == implicit) {
        *slot = implicit;
        s->plan.valid = false;
        return SQL_SUCCESS;
    }
    struct td_desc *d = td_handle_check(value, SQL_HANDLE_DESC);
    if (!d || d->dbc != s->dbc)
        return td_diag(&s->h, TD_ST_HY024, "The descriptor is not one of this connection");
    if (d->stmt) return td_diag(&s->h, TD_ST_HY017, "The descriptor belongs to another statement");
    d->kind = implicit->kind;
    *slot = d;
    s->plan.valid = false;
    return SQL_SUCCESS;
}

/* Attributes that may not change while a cursor is open or the statement is prepared (HY011). */
static bool cursor_attr_locked(struct td_stmt *s, SQLINTEGER attr)
{
    if (s->state < TD_S2) return false;
    return attr == SQL_ATTR_CONCURRENCY || attr == SQL_ATTR_CURSOR_TYPE ||
           attr == SQL_ATTR_SIMULATE_CURSOR || attr == SQL_ATTR_USE_BOOKMARKS ||
           attr == SQL_ATTR_CURSOR_SCROLLABLE || attr == SQL_ATTR_CURSOR_SENSITIVITY;
}

static SQLRETURN set_header_attr(struct td_stmt *s, SQLINTEGER attr, SQLPOINTER value, bool *done)
{
    *done = true;
    switch (attr) {
    case SQL_ATTR_ROW_ARRAY_SIZE:
        if (!(SQLULEN)value) return td_diag(&s->h, TD_ST_HY024, "A row set has at least one row");
        s->ard->array_size = (SQLULEN)value;
        return SQL_SUCCESS;
    case SQL_ATTR_ROW_BIND_TYPE:
        s->ard->bind_type = (SQLULEN)value;
        return SQL_SUCCESS;
    case SQL_ATTR_ROW_BIND_OFFSET_PTR:
        s->ard->bind_offset_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_ROW_OPERATION_PTR:
        s->ard->array_status_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_ROW_STATUS_PTR:
        s->ird.array_status_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_ROWS_FETCHED_PTR:
        s->ird.rows_processed_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_PARAMSET_SIZE:
        if (!(SQLULEN)value)
            return td_diag(&s->h, TD_ST_HY024, "There is at least one parameter set");
        s->apd->array_size = (SQLULEN)value;
        return SQL_SUCCESS;
    case SQL_ATTR_PARAM_BIND_TYPE:
        s->apd->bind_type = (SQLULEN)value;
        return SQL_SUCCESS;
    case SQL_ATTR_PARAM_BIND_OFFSET_PTR:
        s->apd->bind_offset_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_PARAM_OPERATION_PTR:
        s->apd->array_status_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_PARAM_STATUS_PTR:
        s->ipd.array_status_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_PARAMS_PROCESSED_PTR:
        s->ipd.rows_processed_ptr = value;
        return SQL_SUCCESS;
    default:
        *done = false;
        return SQL_SUCCESS;
    }
}

static SQLRETURN set_two(struct td_stmt *s, SQLULEN *field, SQLULEN v)
{
    if (v > 1) return td_diag(&s->h, TD_ST_HY024, NULL);
    *field = v;
    return SQL_SUCCESS;
}

/* What kind of cursor the next execution opens. */
static SQLRETURN set_cursor_attr(struct td_stmt *s, SQLINTEGER attr, SQLULEN v, SQLPOINTER value)
{
    switch (attr) {
    case SQL_ATTR_CONCURRENCY:
        if (v < SQL_CONCUR_READ_ONLY || v > SQL_CONCUR_VALUES)
            return td_diag(&s->h, TD_ST_HY024, NULL);
        return v == SQL_CONCUR_READ_ONLY ? SQL_SUCCESS
                                         : td_diag(&s->h, TD_ST_01S02, "Cursors are read-only");
    case SQL_ATTR_CURSOR_TYPE:
        return set_cursor_type(s, v);
    case SQL_ATTR_CURSOR_SCROLLABLE:
        if (v > SQL_SCROLLABLE) return td_diag(&s->h, TD_ST_HY024, NULL);
        return set_cursor_type(s,
                               v == SQL_SCROLLABLE ? SQL_CURSOR_STATIC : SQL_CURSOR_FORWARD_ONLY);
    case SQL_ATTR_CURSOR_SENSITIVITY:
        if (v > SQL_SENSITIVE) return td_diag(&s->h, TD_ST_HY024, NULL);
        if (v == SQL_SENSITIVE) return td_diag(&s->h, TD_ST_HYC00, "Cursors do not see changes");
        return v == SQL_INSENSITIVE ? set_cursor_type(s, SQL_CURSOR_STATIC) : SQL_SUCCESS;
    case SQL_ATTR_USE_BOOKMARKS:
        return v == SQL_UB_OFF ? SQL_SUCCESS
                               : td_diag(&s->h, TD_ST_HYC00, "Bookmarks are not offered");
    case SQL_ATTR_FETCH_BOOKMARK_PTR:
        s->fetch_bookmark_ptr = value;
        return SQL_SUCCESS;
    case SQL_ATTR_KEYSET_SIZE:
        return v == 0 ? SQL_SUCCESS : td_diag(&s->h, TD_ST_01S02, "There are no keyset cursors");
    case SQL_ATTR_SIMULATE_CURSOR:
        if (v > SQL_SC_UNIQUE) return td_diag(&s->h, TD_ST_HY024, NULL);
        return v == SQL_SC_NON_UNIQUE ? SQL_SUCCESS : td_diag(&s->h, TD_ST_01S02, NULL);
    default:
        return td_diag(&s->h, TD_ST_HY092, "Statement attribute %d is unknown", (int)attr);
    }
}

SQLRETURN td_stmt_set_attr(struct td_stmt *s, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len)
{
    SQLULEN v = (SQLULEN)value;
    bool done;

    (void)len;
    if ((s->state < TD_S8 || s->prepared) && cursor_attr_locked(s, attr))
        return td_diag(
            &s->h, s->state >= TD_S4 && s->state < TD_S8 ? TD_ST_24000 : TD_ST_HY011,
            "Statement attribute %d cannot be set once the statement is prepared or executed",
            (int)attr);
    if (!td_state_ok(s, TD_CALL_OPTION)) return SQL_ERROR;
    SQLRETURN rc = set_header_attr(s, attr, value, &done);
    if (done) return rc;
    switch (attr) {
    case SQL_ATTR_APP_ROW_DESC:
        return set_app_desc(s, &s->ard, &s->ard0, value);
    case SQL_ATTR_APP_PARAM_DESC:
        return set_app_desc(s, &s->apd, &s->apd0, value);
    case SQL_ATTR_IMP_ROW_DESC:
    case SQL_ATTR_IMP_PARAM_DESC:
        return td_diag(&s->h, TD_ST_HY017, NULL);
    case SQL_ATTR_QUERY_TIMEOUT:
        s->query_timeout = v;
        return SQL_SUCCESS;
    case SQL_ATTR_MAX_ROWS:
        s->max_rows = v;
        return SQL_SUCCESS;
    case SQL_ATTR_MAX_LENGTH:
        s->max_length = v;
        return SQL_SUCCESS;
    case SQL_ATTR_NOSCAN:
        return set_two(s, &s->noscan, v);
    case SQL_ATTR_RETRIEVE_DATA:
        return set_two(s, &s->retrieve_data, v);
    case SQL_ATTR_METADATA_ID:
        return set_two(s, &s->metadata_id, v);
    case SQL_ATTR_ENABLE_AUTO_IPD:
        if (v == SQL_FALSE) return SQL_SUCCESS;
        return td_diag(&s->h, TD_ST_HYC00, "The IPD is not filled by itself; use SQLDescribeParam");
    case SQL_ATTR_ASYNC_ENABLE:
        return v == SQL_ASYNC_ENABLE_OFF
                   ? SQL_SUCCESS
                   : td_diag(&s->h, TD_ST_HYC00,
                             "Asynchronous execution is not offered; use threads");
    case SQL_ROWSET_SIZE:
        if (!v) return td_diag(&s->h, TD_ST_HY024, NULL);
        s->ext_rowset_size = v;
        return SQL_SUCCESS;
    case SQL_ATTR_TD_REQ_ID:
        s->next_req_id = v;
        return SQL_SUCCESS;
    case SQL_ATTR_TD_SERVER_NS:
    case SQL_ATTR_ROW_NUMBER:
        return td_diag(&s->h, TD_ST_HY092, "Statement attribute %d is read-only", (int)attr);
    default:
        return set_cursor_attr(s, attr, v, value);
    }
}

static bool stmt_field(struct td_stmt *s, SQLINTEGER attr, SQLULEN *v)
{
    switch (attr) {
#define F(id, field)                                                                               \
    case id:                                                                                       \
        *v = (SQLULEN)(field);                                                                     \
        return true
        F(SQL_ATTR_QUERY_TIMEOUT, s->query_timeout);
        F(SQL_ATTR_MAX_ROWS, s->max_rows);
        F(SQL_ATTR_MAX_LENGTH, s->max_length);
        F(SQL_ATTR_NOSCAN, s->noscan);
        F(SQL_ATTR_RETRIEVE_DATA, s->retrieve_data);
        F(SQL_ATTR_METADATA_ID, s->metadata_id);
        F(SQL_ATTR_ENABLE_AUTO_IPD, SQL_FALSE);
        F(SQL_ATTR_ASYNC_ENABLE, SQL_ASYNC_ENABLE_OFF);
        F(SQL_ATTR_CONCURRENCY, s->concurrency);
        F(SQL_ATTR_CURSOR_TYPE, s->cursor_type);
        F(SQL_ATTR_CURSOR_SCROLLABLE, s->cursor_scrollable);
        F(SQL_ATTR_CURSOR_SENSITIVITY, s->cursor_sensitivity);
        F(SQL_ATTR_USE_BOOKMARKS, s->use_bookmarks);
        F(SQL_ATTR_KEYSET_SIZE, s->keyset_size);
        F(SQL_ATTR_SIMULATE_CURSOR, s->simulate_cursor);
        F(SQL_ROWSET_SIZE, s->ext_rowset_size);
        F(SQL_ATTR_ROW_ARRAY_SIZE, s->ard->array_size);
        F(SQL_ATTR_ROW_BIND_TYPE, s->ard->bind_type);
        F(SQL_ATTR_PARAMSET_SIZE, s->apd->array_size);
        F(SQL_ATTR_PARAM_BIND_TYPE, s->apd->bind_type);
        F(SQL_ATTR_FETCH_BOOKMARK_PTR, s->fetch_bookmark_ptr);
        F(SQL_ATTR_ROW_BIND_OFFSET_PTR, s->ard->bind_offset_ptr);
        F(SQL_ATTR_ROW_OPERATION_PTR, s->ard->array_status_ptr);
        F(SQL_ATTR_ROW_STATUS_PTR, s->ird.array_status_ptr);
        F(SQL_ATTR_ROWS_FETCHED_PTR, s->ird.rows_processed_ptr);
        F(SQL_ATTR_PARAM_BIND_OFFSET_PTR, s->apd->bind_offset_ptr);
        F(SQL_ATTR_PARAM_OPERATION_PTR, s->apd->array_status_ptr);
        F(SQL_ATTR_PARAM_STATUS_PTR, s->ipd.array_status_ptr);
        F(SQL_ATTR_PARAMS_PROCESSED_PTR, s->ipd.rows_processed_ptr);
        F(SQL_ATTR_APP_ROW_DESC, s->ard);
        F(SQL_ATTR_APP_PARAM_DESC, s->apd);
        F(SQL_ATTR_IMP_ROW_DESC, &s->ird);
        F(SQL_ATTR_IMP_PARAM_DESC, &s->ipd);
        F(SQL_ATTR_TD_REQ_ID, s->last_req_id);
        F(SQL_ATTR_TD_SERVER_NS, s->last_timing_ns);
#undef F
    default:
        return false;
    }
}

SQLRETURN td_stmt_get_attr(struct td_stmt *s, SQLINTEGER attr, const struct td_out *out)
{
    SQLULEN v;

    _Static_assert(sizeof(SQLULEN) == sizeof(SQLPOINTER), "attributes are as wide as pointers");
    if (!td_state_ok(s, TD_CALL_OPTION)) return SQL_ERROR;
    if (attr == SQL_ATTR_ROW_NUMBER) {
        if (s->state < TD_S6) return td_diag(&s->h, TD_ST_24000, "No row is current");
        v = s->cur.row_number ? s->cur.row_number + s->cur.current - 1 : 0;
    } else if (!stmt_field(s, attr, &v)) {
        return td_diag(&s->h, TD_ST_HY092, "Statement attribute %d is unknown", (int)attr);
    }
    return td_out_fixed(out, &v, sizeof v);
}

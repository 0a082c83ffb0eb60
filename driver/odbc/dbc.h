/*
 * dbc.h: connection handle.
 *
 * Owns its statements, explicit descriptors, options and session. Its lock guards the lists, attributes and the coming
 * and going of the session; statements use the session pointer under their own lock, which SQLDisconnect takes in turn.
 */
#ifndef TD_ODBC_DBC_H
#define TD_ODBC_DBC_H

#include "base/opt.h"
#include "client/session.h"
#include "odbc/desc.h"
#include "odbc/env.h"

struct td_stmt;
struct td_tmq;

struct td_dbc {
    struct td_handle h;
    struct td_env *env;
    struct td_dbc *next;
    struct td_stmt *stmts;
    struct td_desc *descs;
    struct td_opts opts; /* as completed by SQLDriverConnect / SQLConnect */
    char dsn[256];
    struct td_session *session; /* NULL = not connected */
    struct td_tmq *
        tmq; /* atomic: its subscription (client/tmq.h), made by the first td_tmq_subscribe, lives until
                                     SQLDisconnect */
    const struct td_tz *tz; /* the connection's zone */
    struct td_type_opts type_opts;
    /* attributes */
    SQLUINTEGER access_mode, autocommit, login_timeout, connection_timeout, txn_isolation,
        metadata_id, packet_size;
    SQLPOINTER quiet_mode;
    bool login_timeout_set;
    char *catalog_wanted; /* SQL_ATTR_CURRENT_CATALOG set before connecting */
    SQLULEN stmt_default
        [SQL_ROW_NUMBER]; /* ODBC 2: statement options set on the connection, by option number */
    uint32_t stmt_default_set; /* bit per option number */
    bool logging;              /* holds a use of the log */
    bool browsing;             /* between two calls of SQLBrowseConnect */
    bool wrote; /* something was written since the last SQLEndTran (decisions.md section 3) */
};

SQLRETURN td_dbc_alloc(struct td_env *e, SQLHANDLE *out);
SQLRETURN td_dbc_free(struct td_dbc *d);
SQLRETURN td_dbc_set_attr(struct td_dbc *d, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len,
                          struct td_str text);
SQLRETURN td_dbc_get_attr(struct td_dbc *d, SQLINTEGER attr, const struct td_out *out);

/* connect.c */
SQLRETURN td_connect(struct td_dbc *d, struct td_str dsn, struct td_str uid, struct td_str pwd);
SQLRETURN td_driver_connect(struct td_dbc *d, SQLHWND hwnd, struct td_str in,
                            const struct td_out *out, SQLUSMALLINT completion);
SQLRETURN td_browse_connect(struct td_dbc *d, struct td_str in, const struct td_out *out);
SQLRETURN td_disconnect(struct td_dbc *d);
SQLRETURN td_end_tran(struct td_handle *h, SQLSMALLINT completion);
void td_dbc_close_log(struct td_dbc *d);
/* 08003 unless connected; 08S01 when opened before fork. */
bool td_dbc_connected(struct td_dbc *d, struct td_handle *diag);

/* info.c, functions.c */
SQLRETURN td_get_info(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out);
SQLRETURN td_get_functions(struct td_dbc *d, SQLUSMALLINT id, SQLUSMALLINT *supported);
/* nativesql.c */
SQLRETURN td_native_sql(struct td_dbc *d, struct td_str in, const struct td_out *out);

#endif

/*
 * api.h: what the exported functions have in common. An entry point checks the handle, locks, clears diagnostics, calls
 * the ODBC layer, and unlocks; nothing else happens here.
 */
#ifndef TD_API_API_H
#define TD_API_API_H

#include "odbc/stmt.h"

#define TD_API __attribute__((visibility("default"))) SQLRETURN SQL_API

/* Each runs `expr` (which may use `s` or `d`) between enter and leave. */
#define TD_ON_STMT(handle, expr)                                                                   \
    do {                                                                                           \
        struct td_stmt *s = td_enter_stmt(handle);                                                 \
        return s ? td_leave(s, (expr)) : SQL_INVALID_HANDLE;                                       \
    } while (0)
#define TD_ON_DBC(handle, expr)                                                                    \
    do {                                                                                           \
        struct td_dbc *d = td_enter(handle, SQL_HANDLE_DBC);                                       \
        return d ? td_leave(d, (expr)) : SQL_INVALID_HANDLE;                                       \
    } while (0)

#endif

/*
 * SQLSetCursorName, SQLGetCursorName. Names are kept and unique on their connection, as the reference asks; no statement
 * can use one, since cursors are read-only.
 */
#include "odbc/stmt.h"

#include <stdio.h>

static bool taken(const struct td_stmt *s, struct td_str name)
{
    for (const struct td_stmt *o = s->dbc->stmts; o; o = o->next) {
        if (o != s && td_str_ieqz(name, o->cursor_name)) return true;
    }
    return false;
}

SQLRETURN td_set_cursor_name(struct td_stmt *s, struct td_str name)
{
    if (!td_state_ok(s, TD_CALL_SETCURSORNAME)) return SQL_ERROR;
    if (!name.p) return td_diag(&s->h, TD_ST_HY009, NULL);
    if (name.n == 0 || name.n >= sizeof s->cursor_name || td_str_istarts(name, "SQL_CUR") ||
        td_str_istarts(name, "SQLCUR"))
        return td_diag(&s->h, TD_ST_34000,
                       "A cursor name has 1 to %zu bytes and does not begin with SQL_CUR or SQLCUR",
                       sizeof s->cursor_name - 1);
    if (taken(s, name)) return td_diag(&s->h, TD_ST_3C000, NULL);
    memcpy(s->cursor_name, name.p, name.n);
    s->cursor_name[name.n] = 0;
    return SQL_SUCCESS;
}

SQLRETURN td_get_cursor_name(struct td_stmt *s, const struct td_out *out)
{
    if (!td_state_ok(s, TD_CALL_OPTION)) return SQL_ERROR;
    if (!s->cursor_name[0]) snprintf(s->cursor_name, sizeof s->cursor_name, "SQL_CUR%p", (void *)s);
    return td_out_text(&s->h, out, td_str_of(s->cursor_name));
}

/*
 * Every exported function with text arguments, written once. api_a.c includes this with TD_CHAR = SQLCHAR (UTF-8),
 * api_w.c with SQLWCHAR; TD_NAME(f) is f or fW; TD_WIDE is 0 or 1. The unit of each length is written at its one place:
 * TD_CHARS_OUT counts characters, TD_BYTES_OUT bytes.
 */

/* An input text as UTF-8; short ones need no memory. */
struct text {
    struct td_str s;
    char *heap;
    char stack[256];
};

/* False: a record was added. NULL stays a null pointer; SQL_NTS is understood. */
static bool text_get(struct td_handle *h, struct text *t, const TD_CHAR *p, SQLINTEGER len)
{
    t->heap = NULL;
    t->s = (struct td_str){NULL, 0};
    if (!p) return true;
    if (len < 0 && len != SQL_NTS) {
        td_diag(h, TD_ST_HY090, "Text length %d is negative", (int)len);
        return false;
    }
#if TD_WIDE
    size_t n = (size_t)len;
    if (len == SQL_NTS)
        for (n = 0; p[n]; n++)
            ;
    n *= sizeof *p;
    char *dst = t->stack;
    size_t cap = n / sizeof *p * (sizeof *p == 2 ? 3 : 4);
    if (cap > sizeof t->stack && !(dst = t->heap = td_malloc(cap))) {
        td_diag_nomem(h);
        return false;
    }
    struct td_conv c = sizeof *p == 2 ? td_utf16_to_utf8(p, n, dst, cap, true)
                                      : td_utf32_to_utf8(p, n, dst, cap, true);
    if (c.bad) {
        td_free(t->heap);
        td_diag(h, TD_ST_22018, "The text is not valid UTF-%d at character %zu", (int)sizeof *p * 8,
                c.in / sizeof *p + 1);
        return false;
    }
    t->s = (struct td_str){dst, c.out};
#else
    size_t n = len == SQL_NTS ? strlen((const char *)p) : (size_t)len;
    if (!td_utf8_valid(p, n)) {
        td_diag(h, TD_ST_22018, "The text is not valid UTF-8");
        return false;
    }
    t->s = (struct td_str){(const char *)p, n};
#endif
    return true;
}

static void text_free(struct text *t)
{
    td_free(t->heap);
}

/* Output lengths in characters (W) or bytes (A): `n` is in the same unit. */
#define TD_CHARS_OUT(p, n, ...)                                                                    \
    {                                                                                              \
        .buf = (p), .cap = (SQLLEN)(n) * (SQLLEN)sizeof(TD_CHAR), .wide = TD_WIDE,                 \
        .len_chars = true, __VA_ARGS__                                                             \
    }
/* Output lengths in bytes, also in the W function. */
#define TD_BYTES_OUT(p, n, ...)                                                                    \
    {                                                                                              \
        .buf = (p), .cap = (n), .wide = TD_WIDE, .len_chars = false, __VA_ARGS__                   \
    }

TD_API TD_NAME(SQLConnect)(SQLHDBC dbc, TD_CHAR *dsn, SQLSMALLINT ndsn, TD_CHAR *uid,
                           SQLSMALLINT nuid, TD_CHAR *pwd, SQLSMALLINT npwd)
{
    struct td_dbc *d = td_enter(dbc, SQL_HANDLE_DBC);
    struct text a = {0}, b = {0}, c = {0};
    SQLRETURN rc = SQL_ERROR;

    if (!d) return SQL_INVALID_HANDLE;
    if (text_get(&d->h, &a, dsn, ndsn) && text_get(&d->h, &b, uid, nuid) &&
        text_get(&d->h, &c, pwd, npwd))
        rc = td_connect(d, a.s, b.s, c.s);
    td_wipe(c.stack, sizeof c.stack);
    text_free(&a);
    text_free(&b);
    text_free(&c);
    return td_leave(d, rc);
}

TD_API TD_NAME(SQLDriverConnect)(SQLHDBC dbc, SQLHWND hwnd, TD_CHAR *in, SQLSMALLINT nin,
                                 TD_CHAR *out, SQLSMALLINT cap, SQLSMALLINT *nout,
                                 SQLUSMALLINT completion)
{
    struct td_dbc *d = td_enter(dbc, SQL_HANDLE_DBC);
    struct td_out o = TD_CHARS_OUT(out, cap, .len16 = nout);
    struct text a = {0};
    SQLRETURN rc = SQL_ERROR;

    if (!d) return SQL_INVALID_HANDLE;
    if (text_get(&d->h, &a, in, nin)) rc = td_driver_connect(d, hwnd, a.s, &o, completion);
    td_wipe(a.stack, sizeof a.stack);
    text_free(&a);
    return td_leave(d, rc);
}

TD_API TD_NAME(SQLBrowseConnect)(SQLHDBC dbc, TD_CHAR *in, SQLSMALLINT nin, TD_CHAR *out,
                                 SQLSMALLINT cap, SQLSMALLINT *nout)
{
    struct td_dbc *d = td_enter(dbc, SQL_HANDLE_DBC);
    struct td_out o = TD_CHARS_OUT(out, cap, .len16 = nout);
    struct text a = {0};
    SQLRETURN rc = SQL_ERROR;

    if (!d) return SQL_INVALID_HANDLE;
    if (text_get(&d->h, &a, in, nin)) rc = td_browse_connect(d, a.s, &o);
    td_wipe(a.stack, sizeof a.stack);
    text_free(&a);
    return td_leave(d, rc);
}

TD_API TD_NAME(SQLNativeSql)(SQLHDBC dbc, TD_CHAR *in, SQLINTEGER nin, TD_CHAR *out, SQLINTEGER cap,
                             SQLINTEGER *nout)
{
    struct td_dbc *d = td_enter(dbc, SQL_HANDLE_DBC);
    struct td_out o = TD_CHARS_OUT(out, cap, .len32 = nout);
    struct text a = {0};
    SQLRETURN rc = SQL_ERROR;

    if (!d) return SQL_INVALID_HANDLE;
    if (text_get(&d->h, &a, in, nin)) rc = td_native_sql(d, a.s, &o);
    text_free(&a);
    return td_leave(d, rc);
}

TD_API TD_NAME(SQLGetInfo)(SQLHDBC dbc, SQLUSMALLINT type, SQLPOINTER value, SQLSMALLINT cap,
                           SQLSMALLINT *len)
{
    struct td_out o = TD_BYTES_OUT(value, cap, .len16 = len);

    TD_ON_DBC(dbc, td_get_info(d, type, &o));
}

TD_API TD_NAME(SQLSetConnectAttr)(SQLHDBC dbc, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len)
{
    struct td_dbc *d = td_enter(dbc, SQL_HANDLE_DBC);
    struct text a = {0};
    SQLRETURN rc = SQL_ERROR;

    if (!d) return SQL_INVALID_HANDLE;
    /* the one attribute with a text value; its length is in bytes */
    if (attr == SQL_ATTR_CURRENT_CATALOG) {
        if (text_get(&d->h, &a, value, len > 0 ? len / (SQLINTEGER)sizeof(TD_CHAR) : len))
            rc = td_dbc_set_attr(d, attr, value, len, a.s);
        text_free(&a);
    } else {
        rc = td_dbc_set_attr(d, attr, value, len, a.s);
    }
    return td_leave(d, rc);
}

TD_API TD_NAME(SQLGetConnectAttr)(SQLHDBC dbc, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER cap,
                                  SQLINTEGER *len)
{
    struct td_out o = TD_BYTES_OUT(value, cap, .len32 = len);

    TD_ON_DBC(dbc, td_dbc_get_attr(d, attr, &o));
}

TD_API TD_NAME(SQLSetStmtAttr)(SQLHSTMT stmt, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len)
{
    TD_ON_STMT(stmt, td_stmt_set_attr(s, attr, value, len));
}

TD_API TD_NAME(SQLGetStmtAttr)(SQLHSTMT stmt, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER cap,
                               SQLINTEGER *len)
{
    struct td_out o = TD_BYTES_OUT(value, cap, .len32 = len);

    TD_ON_STMT(stmt, td_stmt_get_attr(s, attr, &o));
}

/* A statement call with one text. */
static SQLRETURN with_text(SQLHSTMT stmt, const TD_CHAR *p, SQLINTEGER n,
                           SQLRETURN (*call)(struct td_stmt *, struct td_str), const char *name)
{
    struct td_stmt *s = td_enter_stmt(stmt);
    struct text a = {0};
    SQLRETURN rc = SQL_ERROR;

    if (!s) return SQL_INVALID_HANDLE;
    if (text_get(&s->h, &a, p, n)) rc = call(s, a.s);
    text_free(&a);
    return td_leave_as(s, rc, name);
}

TD_API TD_NAME(SQLExecDirect)(SQLHSTMT stmt, TD_CHAR *sql, SQLINTEGER n)
{
    return with_text(stmt, sql, n, td_exec_direct, __func__);
}

TD_API TD_NAME(SQLPrepare)(SQLHSTMT stmt, TD_CHAR *sql, SQLINTEGER n)
{
    return with_text(stmt, sql, n, td_prepare, __func__);
}

TD_API TD_NAME(SQLSetCursorName)(SQLHSTMT stmt, TD_CHAR *name, SQLSMALLINT n)
{
    return with_text(stmt, name, n, td_set_cursor_name, __func__);
}

TD_API TD_NAME(SQLGetCursorName)(SQLHSTMT stmt, TD_CHAR *name, SQLSMALLINT cap, SQLSMALLINT *len)
{
    struct td_out o = TD_CHARS_OUT(name, cap, .len16 = len);

    TD_ON_STMT(stmt, td_get_cursor_name(s, &o));
}

TD_API TD_NAME(SQLDescribeCol)(SQLHSTMT stmt, SQLUSMALLINT col, TD_CHAR *name, SQLSMALLINT cap,
                               SQLSMALLINT *len, SQLSMALLINT *type, SQLULEN *size,
                               SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    struct td_out o = TD_CHARS_OUT(name, cap, .len16 = len);

    TD_ON_STMT(stmt, td_describe_col(s, col, &o, type, size, digits, nullable));
}

TD_API TD_NAME(SQLColAttribute)(SQLHSTMT stmt, SQLUSMALLINT col, SQLUSMALLINT field,
                                SQLPOINTER text, SQLSMALLINT cap, SQLSMALLINT *len, SQLLEN *num)
{
    struct td_out o = TD_BYTES_OUT(text, cap, .len16 = len);

    TD_ON_STMT(stmt, td_desc_col_attribute(s, col, field, &o, num));
}

TD_API TD_NAME(SQLGetTypeInfo)(SQLHSTMT stmt, SQLSMALLINT type)
{
    TD_ON_STMT(stmt, td_get_type_info(s, type));
}

/* Up to six texts of a catalog function, in the order of its arguments. */
struct cat_text {
    const TD_CHAR *p;
    SQLSMALLINT n;
    struct td_str *to;
};

static SQLRETURN catalog(SQLHSTMT stmt, struct td_cat_args *a, const struct cat_text *in, int n,
                         SQLRETURN (*call)(struct td_stmt *, const struct td_cat_args *),
                         const char *name)
{
    struct td_stmt *s = td_enter_stmt(stmt);
    struct text t[6];
    SQLRETURN rc = SQL_ERROR;
    int i;

    if (!s) return SQL_INVALID_HANDLE;
    for (i = 0; i < n && text_get(&s->h, &t[i], in[i].p, in[i].n); i++)
        *in[i].to = t[i].s;
    if (i == n) rc = call(s, a);
    while (i-- > 0)
        text_free(&t[i]);
    return td_leave_as(s, rc, name);
}

#define TD_CATALOG(call, ...)                                                                      \
    do {                                                                                           \
        const struct cat_text in[] = {__VA_ARGS__};                                                \
        return catalog(stmt, &a, in, (int)(sizeof in / sizeof *in), call, __func__);               \
    } while (0)

TD_API TD_NAME(SQLTables)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                          SQLSMALLINT nschem, TD_CHAR *tab, SQLSMALLINT ntab, TD_CHAR *types,
                          SQLSMALLINT ntypes)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_tables, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {tab, ntab, &a.table}, {types, ntypes, &a.types});
}

TD_API TD_NAME(SQLColumns)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                           SQLSMALLINT nschem, TD_CHAR *tab, SQLSMALLINT ntab, TD_CHAR *col,
                           SQLSMALLINT ncol)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_columns, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {tab, ntab, &a.table}, {col, ncol, &a.column});
}

TD_API TD_NAME(SQLPrimaryKeys)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                               SQLSMALLINT nschem, TD_CHAR *tab, SQLSMALLINT ntab)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_primary_keys, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {tab, ntab, &a.table});
}

TD_API TD_NAME(SQLSpecialColumns)(SQLHSTMT stmt, SQLUSMALLINT id, TD_CHAR *cat, SQLSMALLINT ncat,
                                  TD_CHAR *schem, SQLSMALLINT nschem, TD_CHAR *tab,
                                  SQLSMALLINT ntab, SQLUSMALLINT scope, SQLUSMALLINT nullable)
{
    struct td_cat_args a = {.opt1 = id, .opt2 = scope, .opt3 = nullable};

    TD_CATALOG(td_special_columns, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {tab, ntab, &a.table});
}

TD_API TD_NAME(SQLStatistics)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                              SQLSMALLINT nschem, TD_CHAR *tab, SQLSMALLINT ntab,
                              SQLUSMALLINT unique, SQLUSMALLINT reserved)
{
    struct td_cat_args a = {.opt1 = unique, .opt2 = reserved};

    TD_CATALOG(td_statistics, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {tab, ntab, &a.table});
}

TD_API TD_NAME(SQLForeignKeys)(SQLHSTMT stmt, TD_CHAR *pcat, SQLSMALLINT npcat, TD_CHAR *pschem,
                               SQLSMALLINT npschem, TD_CHAR *ptab, SQLSMALLINT nptab, TD_CHAR *fcat,
                               SQLSMALLINT nfcat, TD_CHAR *fschem, SQLSMALLINT nfschem,
                               TD_CHAR *ftab, SQLSMALLINT nftab)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_foreign_keys, {pcat, npcat, &a.catalog}, {pschem, npschem, &a.schema},
               {ptab, nptab, &a.table}, {fcat, nfcat, &a.fk_catalog},
               {fschem, nfschem, &a.fk_schema}, {ftab, nftab, &a.fk_table});
}

TD_API TD_NAME(SQLTablePrivileges)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                                   SQLSMALLINT nschem, TD_CHAR *tab, SQLSMALLINT ntab)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_table_privileges, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {tab, ntab, &a.table});
}

TD_API TD_NAME(SQLColumnPrivileges)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                                    SQLSMALLINT nschem, TD_CHAR *tab, SQLSMALLINT ntab,
                                    TD_CHAR *col, SQLSMALLINT ncol)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_column_privileges, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {tab, ntab, &a.table}, {col, ncol, &a.column});
}

TD_API TD_NAME(SQLProcedures)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                              SQLSMALLINT nschem, TD_CHAR *proc, SQLSMALLINT nproc)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_procedures, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {proc, nproc, &a.table});
}

TD_API TD_NAME(SQLProcedureColumns)(SQLHSTMT stmt, TD_CHAR *cat, SQLSMALLINT ncat, TD_CHAR *schem,
                                    SQLSMALLINT nschem, TD_CHAR *proc, SQLSMALLINT nproc,
                                    TD_CHAR *col, SQLSMALLINT ncol)
{
    struct td_cat_args a = {0};

    TD_CATALOG(td_procedure_columns, {cat, ncat, &a.catalog}, {schem, nschem, &a.schema},
               {proc, nproc, &a.table}, {col, ncol, &a.column});
}

TD_API TD_NAME(SQLGetDescField)(SQLHDESC desc, SQLSMALLINT rec, SQLSMALLINT field, SQLPOINTER value,
                                SQLINTEGER cap, SQLINTEGER *len)
{
    struct td_desc *d = td_enter(desc, SQL_HANDLE_DESC);
    struct td_out o = TD_BYTES_OUT(value, cap, .len32 = len);

    return d ? td_leave(d, td_desc_get_field(d, &d->h, rec, field, &o)) : SQL_INVALID_HANDLE;
}

TD_API TD_NAME(SQLSetDescField)(SQLHDESC desc, SQLSMALLINT rec, SQLSMALLINT field, SQLPOINTER value,
                                SQLINTEGER len)
{
    struct td_desc *d = td_enter(desc, SQL_HANDLE_DESC);
    struct text a = {0};
    SQLRETURN rc = SQL_ERROR;

    if (!d) return SQL_INVALID_HANDLE;
    /* the one settable field with a text value; its length is in bytes */
    if (field != SQL_DESC_NAME) {
        rc = td_desc_set_field(d, &d->h, rec, field, value, len, a.s);
    } else if (text_get(&d->h, &a, value, len > 0 ? len / (SQLINTEGER)sizeof(TD_CHAR) : len)) {
        rc = td_desc_set_field(d, &d->h, rec, field, value, len, a.s);
        text_free(&a);
    }
    return td_leave(d, rc);
}

TD_API TD_NAME(SQLGetDescRec)(SQLHDESC desc, SQLSMALLINT rec, TD_CHAR *name, SQLSMALLINT cap,
                              SQLSMALLINT *nlen, SQLSMALLINT *type, SQLSMALLINT *subtype,
                              SQLLEN *length, SQLSMALLINT *precision, SQLSMALLINT *scale,
                              SQLSMALLINT *nullable)
{
    struct td_desc *d = td_enter(desc, SQL_HANDLE_DESC);
    struct td_out o = TD_CHARS_OUT(name, cap, .len16 = nlen);

    if (!d) return SQL_INVALID_HANDLE;
    return td_leave(
        d, td_desc_get_rec(d, &d->h, rec, &o, type, subtype, length, precision, scale, nullable));
}

TD_API TD_NAME(SQLGetDiagRec)(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT rec, TD_CHAR *state,
                              SQLINTEGER *native, TD_CHAR *msg, SQLSMALLINT cap, SQLSMALLINT *len)
{
    struct td_handle *h = td_handle_check(handle, type);
    struct td_out o = TD_CHARS_OUT(msg, cap, .len16 = len);
    char five[6] = "";

    if (!h) return SQL_INVALID_HANDLE;
    td_lock(&h->lock);
    SQLRETURN rc = td_diag_get_rec(h, rec, five, native, &o);
    td_unlock(&h->lock);
    if (state && SQL_SUCCEEDED(rc))
        for (int i = 0; i < 6; i++)
            state[i] = (TD_CHAR)five[i];
    return rc;
}

TD_API TD_NAME(SQLGetDiagField)(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT rec,
                                SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT cap,
                                SQLSMALLINT *len)
{
    struct td_handle *h = td_handle_check(handle, type);
    struct td_out o = TD_BYTES_OUT(value, cap, .len16 = len);

    if (!h) return SQL_INVALID_HANDLE;
    td_lock(&h->lock);
    SQLRETURN rc = td_diag_get_field(h, rec, field, &o);
    td_unlock(&h->lock);
    return rc;
}

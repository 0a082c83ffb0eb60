#include <stdio.h>

#include "odbc/dbc.h"
#include "odbc/scalarfn.h"

#define CVT_NUMBERS                                                                                \
    (SQL_CVT_BIGINT | SQL_CVT_INTEGER | SQL_CVT_SMALLINT | SQL_CVT_TINYINT | SQL_CVT_BIT |         \
     SQL_CVT_REAL | SQL_CVT_FLOAT | SQL_CVT_DOUBLE)
#define CVT_TEXT (SQL_CVT_CHAR | SQL_CVT_VARCHAR | SQL_CVT_WCHAR | SQL_CVT_WVARCHAR)

/* A value that depends on the connection. */
typedef SQLRETURN (*info_fn)(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out);

static SQLRETURN text(struct td_dbc *d, const struct td_out *out, const char *z)
{
    return td_out_text(&d->h, out, td_str_of(z));
}

static SQLRETURN data_source_name(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    (void)type;
    return text(d, out, d->dsn);
}

static SQLRETURN driver_hdbc(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    (void)type;
    return td_out_fixed(out, &d, sizeof d);
}

static SQLRETURN driver_henv(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    (void)type;
    return td_out_fixed(out, &d->env, sizeof d->env);
}

/* Versions have the form ##.##.####, with the server's own text behind (reference, SQLGetInfo). */
static SQLRETURN dbms_ver(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    const struct td_version *v = td_session_version(d->session);
    char z[120];
    (void)type;
    snprintf(z, sizeof z, "%02d.%02d.%04d %s", v->part[0], v->part[1], v->part[2], v->text);
    return text(d, out, z);
}

static SQLRETURN server_name(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    (void)type;
    return text(d, out, td_session_endpoint(d->session));
}

static SQLRETURN database_name(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    char db[256];
    (void)type;
    td_session_database(d->session, db, sizeof db);
    return text(d, out, db);
}

static SQLRETURN read_only(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    (void)type;
    return text(d, out, td_opts_bool(&d->opts, TD_OPT_READ_ONLY) ? "Y" : "N");
}

static SQLRETURN user_name(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    (void)type;
    return text(d, out, td_opts_get(&d->opts, TD_OPT_UID));
}

static SQLRETURN keywords(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    static const char list[] =
#include "odbc/keywords.def"
        ;
    (void)type;
    return text(d, out, list);
}

/* What a backquoted name may hold: all but the point; a backslash would meet the server's lower-casing pass
   (protocol.md 7.6). */
static SQLRETURN special_characters(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    (void)type;
    return text(d, out, " !\"#$%&'()*+,-/:;<=>?@[]^`{|}~");
}

static SQLRETURN scalar_mask(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    SQLUINTEGER mask = td_scalarfn_mask(type);
    (void)d;
    return td_out_fixed(out, &mask, sizeof mask);
}

static const struct info {
    SQLUSMALLINT type;
    uint8_t width; /* 0: text or fn */
    SQLUINTEGER num;
    const char *text;
    info_fn fn;
} infos[] = {
#define TD_INFO_S(t, v)  {t, 0, 0, v, NULL},
#define TD_INFO_16(t, v) {t, 2, v, NULL, NULL},
#define TD_INFO_32(t, v) {t, 4, v, NULL, NULL},
#define TD_INFO_FN(t, f) {t, 0, 0, NULL, f},
#include "odbc/info.def"
};

SQLRETURN td_get_info(struct td_dbc *d, SQLUSMALLINT type, const struct td_out *out)
{
    if (!td_dbc_connected(d, &d->h)) return SQL_ERROR;
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
        const struct info *f = &infos[i];
        if (f->type != type) continue;
        if (f->fn) return f->fn(d, type, out);
        if (f->text) return text(d, out, f->text);
        SQLUSMALLINT v16 = (SQLUSMALLINT)f->num;
        return f->width == 2 ? td_out_fixed(out, &v16, sizeof v16)
                             : td_out_fixed(out, &f->num, sizeof f->num);
    }
    return td_diag(&d->h, TD_ST_HY096, "There is no information type %u", type);
}

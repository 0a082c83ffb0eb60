#include "odbc/desc.h"

#include "odbc/stmt.h"

void td_desc_init(struct td_desc *d, enum td_desc_kind kind, struct td_dbc *dbc,
                  struct td_stmt *stmt)
{
    memset(d, 0, sizeof *d);
    td_handle_init(&d->h, SQL_HANDLE_DESC);
    d->h.odbc2 = dbc->h.odbc2;
    d->kind = kind;
    d->dbc = dbc;
    d->stmt = stmt;
    d->array_size = 1;
    d->version = 1;
}

void td_desc_dispose(struct td_desc *d)
{
    td_free(d->recs);
    td_arena_free(&d->arena);
    td_handle_dispose(&d->h);
}

static void rec_defaults(const struct td_desc *d, struct td_desc_rec *r)
{
    memset(r, 0, sizeof *r);
    if (d->kind == TD_ARD || d->kind == TD_APD) {
        r->type = r->concise_type = SQL_C_DEFAULT;
    } else {
        r->nullable = SQL_NULLABLE_UNKNOWN;
        r->unnamed = SQL_UNNAMED;
    }
    if (d->kind == TD_IPD) r->parameter_type = SQL_PARAM_INPUT;
}

/* Room for records 0…n. */
static bool reserve(struct td_desc *d, SQLSMALLINT n)
{
    if (n < d->cap) return true;
    int cap = d->cap ? d->cap : 8;
    while (cap <= n)
        cap *= 2;
    if (cap > INT16_MAX) cap = INT16_MAX;
    struct td_desc_rec *p = td_realloc(d->recs, (size_t)cap * sizeof *p);
    if (!p) return false;
    d->recs = p;
    for (int i = d->cap; i < cap; i++)
        rec_defaults(d, &p[i]);
    d->cap = (SQLSMALLINT)cap;
    return true;
}

struct td_desc_rec *td_desc_rec_make(struct td_desc *d, SQLSMALLINT i)
{
    if (i < 1 || !reserve(d, i)) return NULL;
    if (i > d->count) d->count = i;
    d->version++;
    return &d->recs[i];
}

struct td_desc_rec *td_desc_rec_get(const struct td_desc *d, SQLSMALLINT i)
{
    return i >= 1 && i <= d->count ? &d->recs[i] : NULL;
}

bool td_desc_set_count(struct td_desc *d, SQLSMALLINT n)
{
    if (n < 0 || !reserve(d, n)) return false;
    for (SQLSMALLINT i = n + 1; i <= d->count; i++)
        rec_defaults(d, &d->recs[i]);
    d->count = n;
    d->version++;
    return true;
}

void td_desc_clear(struct td_desc *d)
{
    for (SQLSMALLINT i = 1; i <= d->count; i++)
        rec_defaults(d, &d->recs[i]);
    d->count = 0;
    d->version++;
    td_arena_free(&d->arena);
}

static bool interval_has_seconds(SQLSMALLINT concise)
{
    return concise == SQL_INTERVAL_SECOND || concise == SQL_INTERVAL_DAY_TO_SECOND ||
           concise == SQL_INTERVAL_HOUR_TO_SECOND || concise == SQL_INTERVAL_MINUTE_TO_SECOND;
}

void td_desc_set_type(struct td_desc_rec *r, SQLSMALLINT concise)
{
    r->concise_type = concise;
    switch (concise) {
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIME:
    case SQL_TYPE_TIMESTAMP:
        r->type = SQL_DATETIME;
        r->datetime_interval_code = (SQLSMALLINT)(concise - SQL_TYPE_DATE + SQL_CODE_DATE);
        break;
    default:
        if (concise >= SQL_INTERVAL_YEAR && concise <= SQL_INTERVAL_MINUTE_TO_SECOND) {
            r->type = SQL_INTERVAL;
            r->datetime_interval_code = (SQLSMALLINT)(concise - SQL_INTERVAL_YEAR + SQL_CODE_YEAR);
            r->datetime_interval_precision = 2;
            r->precision = interval_has_seconds(concise) ? 6 : 0;
        } else {
            r->type = concise;
            r->datetime_interval_code = 0;
        }
    }
}

enum td_rc td_desc_describe(struct td_desc *d, SQLSMALLINT i, struct td_str name, int td_type,
                            int32_t length, int precision, int scale, int ts_prec,
                            SQLSMALLINT nullable, const struct td_type_opts *o, struct td_err *err)
{
    struct td_desc_rec *r = td_desc_rec_make(d, i);
    char *copy = td_arena_strndup(&d->arena, name.n ? name.p : "", name.n);

    if (!r || !copy) return td_err_nomem(err);
    td_sqltype_of(td_type, length, precision, scale, ts_prec, o, &r->sql);
    td_desc_set_type(r, r->sql.concise);
    r->name = (struct td_str){copy, name.n};
    r->base_column_name = r->name;
    r->base_table_name = r->catalog_name = r->table_name = TD_STR("");
    r->unnamed = name.n ? SQL_NAMED : SQL_UNNAMED;
    r->nullable = nullable;
    r->length = r->sql.column_size;
    r->octet_length = r->sql.octet_length;
    r->precision = r->sql.precision;
    r->scale = r->sql.scale;
    r->td_type = (uint8_t)td_type;
    r->td_length = length;
    r->td_precision = (uint8_t)precision;
    r->td_scale = (uint8_t)scale;
    return TD_OK;
}

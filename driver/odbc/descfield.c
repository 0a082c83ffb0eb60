#include "odbc/descfield.h"

#include "odbc/stmt.h"

/* clang-format off */
static const struct td_desc_field fields[] = {
    /* header */
    {SQL_DESC_ALLOC_TYPE,                  true,  TD_FIELD_I16,  "rrrr"},
    {SQL_DESC_ARRAY_SIZE,                  true,  TD_FIELD_LEN,  "ww--"},
    {SQL_DESC_ARRAY_STATUS_PTR,            true,  TD_FIELD_PTR,  "wwww"},
    {SQL_DESC_BIND_OFFSET_PTR,             true,  TD_FIELD_PTR,  "ww--"},
    {SQL_DESC_BIND_TYPE,                   true,  TD_FIELD_I32,  "ww--"},
    {SQL_DESC_COUNT,                       true,  TD_FIELD_I16,  "wwrw"},
    {SQL_DESC_ROWS_PROCESSED_PTR,          true,  TD_FIELD_PTR,  "--ww"},
    /* records */
    {SQL_DESC_AUTO_UNIQUE_VALUE,           false, TD_FIELD_I32,  "--r-"},
    {SQL_DESC_BASE_COLUMN_NAME,            false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_BASE_TABLE_NAME,             false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_CASE_SENSITIVE,              false, TD_FIELD_I32,  "--rr"},
    {SQL_DESC_CATALOG_NAME,                false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_CONCISE_TYPE,                false, TD_FIELD_I16,  "wwrw"},
    {SQL_DESC_DATA_PTR,                    false, TD_FIELD_PTR,  "ww-w"},
    {SQL_DESC_DATETIME_INTERVAL_CODE,      false, TD_FIELD_I16,  "wwrw"},
    {SQL_DESC_DATETIME_INTERVAL_PRECISION, false, TD_FIELD_I32,  "wwrw"},
    {SQL_DESC_DISPLAY_SIZE,                false, TD_FIELD_LEN,  "--r-"},
    {SQL_DESC_FIXED_PREC_SCALE,            false, TD_FIELD_I16,  "--rr"},
    {SQL_DESC_INDICATOR_PTR,               false, TD_FIELD_PTR,  "ww--"},
    {SQL_DESC_LABEL,                       false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_LENGTH,                      false, TD_FIELD_LEN,  "wwrw"},
    {SQL_DESC_LITERAL_PREFIX,              false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_LITERAL_SUFFIX,              false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_LOCAL_TYPE_NAME,             false, TD_FIELD_TEXT, "--rr"},
    {SQL_DESC_NAME,                        false, TD_FIELD_TEXT, "--rw"},
    {SQL_DESC_NULLABLE,                    false, TD_FIELD_I16,  "--rr"},
    {SQL_DESC_NUM_PREC_RADIX,              false, TD_FIELD_I32,  "wwrw"},
    {SQL_DESC_OCTET_LENGTH,                false, TD_FIELD_LEN,  "wwrw"},
    {SQL_DESC_OCTET_LENGTH_PTR,            false, TD_FIELD_PTR,  "ww--"},
    {SQL_DESC_PARAMETER_TYPE,              false, TD_FIELD_I16,  "---w"},
    {SQL_DESC_PRECISION,                   false, TD_FIELD_I16,  "wwrw"},
    {SQL_DESC_ROWVER,                      false, TD_FIELD_I16,  "--rr"},
    {SQL_DESC_SCALE,                       false, TD_FIELD_I16,  "wwrw"},
    {SQL_DESC_SCHEMA_NAME,                 false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_SEARCHABLE,                  false, TD_FIELD_I16,  "--r-"},
    {SQL_DESC_TABLE_NAME,                  false, TD_FIELD_TEXT, "--r-"},
    {SQL_DESC_TYPE,                        false, TD_FIELD_I16,  "wwrw"},
    {SQL_DESC_TYPE_NAME,                   false, TD_FIELD_TEXT, "--rr"},
    {SQL_DESC_UNNAMED,                     false, TD_FIELD_I16,  "--rw"},
    {SQL_DESC_UNSIGNED,                    false, TD_FIELD_I16,  "--rr"},
    {SQL_DESC_UPDATABLE,                   false, TD_FIELD_I16,  "--r-"},
};
/* clang-format on */

size_t td_desc_field_count(void)
{
    return sizeof fields / sizeof *fields;
}

const struct td_desc_field *td_desc_field_at(size_t i)
{
    return &fields[i];
}

const struct td_desc_field *td_desc_field_find(SQLSMALLINT id)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].id == id) return &fields[i];
    return NULL;
}

static void read_header(const struct td_desc *d, SQLSMALLINT id, struct td_desc_value *v)
{
    switch (id) {
    case SQL_DESC_ALLOC_TYPE:
        v->num = d->stmt ? SQL_DESC_ALLOC_AUTO : SQL_DESC_ALLOC_USER;
        break;
    case SQL_DESC_ARRAY_SIZE:
        v->num = (int64_t)d->array_size;
        break;
    case SQL_DESC_ARRAY_STATUS_PTR:
        v->ptr = d->array_status_ptr;
        break;
    case SQL_DESC_BIND_OFFSET_PTR:
        v->ptr = d->bind_offset_ptr;
        break;
    case SQL_DESC_BIND_TYPE:
        v->num = (int64_t)d->bind_type;
        break;
    case SQL_DESC_COUNT:
        v->num = d->count;
        break;
    default:
        v->ptr = d->rows_processed_ptr;
        break;
    }
}

static struct td_str text_of(const struct td_desc_rec *r, SQLSMALLINT id)
{
    switch (id) {
    case SQL_DESC_NAME:
    case SQL_DESC_LABEL:
        return r->name;
    case SQL_DESC_BASE_COLUMN_NAME:
        return r->base_column_name;
    case SQL_DESC_BASE_TABLE_NAME:
        return r->base_table_name;
    case SQL_DESC_CATALOG_NAME:
        return r->catalog_name;
    case SQL_DESC_TABLE_NAME:
        return r->table_name;
    case SQL_DESC_LITERAL_PREFIX:
        return td_str_of(r->sql.literal_prefix);
    case SQL_DESC_LITERAL_SUFFIX:
        return td_str_of(r->sql.literal_suffix);
    case SQL_DESC_LOCAL_TYPE_NAME:
        return td_str_of(r->sql.local_type_name);
    case SQL_DESC_TYPE_NAME:
        return td_str_of(r->sql.type_name);
    default:
        return TD_STR(""); /* no schemas */
    }
}

static void *ptr_of(const struct td_desc_rec *r, SQLSMALLINT id)
{
    switch (id) {
    case SQL_DESC_DATA_PTR:
        return r->data_ptr;
    case SQL_DESC_INDICATOR_PTR:
        return r->indicator_ptr;
    default:
        return r->octet_length_ptr;
    }
}

static int64_t num_of(const struct td_desc *d, const struct td_desc_rec *r, SQLSMALLINT id)
{
    switch (id) {
    case SQL_DESC_CASE_SENSITIVE:
        return r->sql.case_sensitive;
    case SQL_DESC_CONCISE_TYPE:
        return d->h.odbc2 && d->kind == TD_IRD ? td_sqltype_odbc2(r->concise_type)
                                               : r->concise_type;
    case SQL_DESC_DATETIME_INTERVAL_CODE:
        return r->datetime_interval_code;
    case SQL_DESC_DATETIME_INTERVAL_PRECISION:
        return r->datetime_interval_precision;
    case SQL_DESC_DISPLAY_SIZE:
        return r->sql.display_size;
    case SQL_DESC_FIXED_PREC_SCALE:
        return r->sql.fixed_prec_scale;
    case SQL_DESC_LENGTH:
        return (int64_t)r->length;
    case SQL_DESC_NULLABLE:
        return r->nullable;
    case SQL_DESC_NUM_PREC_RADIX:
        return r->sql.num_prec_radix;
    case SQL_DESC_OCTET_LENGTH:
        return r->octet_length;
    case SQL_DESC_PARAMETER_TYPE:
        return r->parameter_type;
    case SQL_DESC_PRECISION:
        return r->precision;
    case SQL_DESC_SCALE:
        return r->scale;
    case SQL_DESC_SEARCHABLE:
        return r->sql.searchable;
    case SQL_DESC_TYPE:
        return r->type;
    case SQL_DESC_UNNAMED:
        return r->unnamed;
    case SQL_DESC_UNSIGNED: /* true for what is not a number (SQLColAttribute) */
        return r->sql.is_unsigned || r->sql.num_prec_radix == 0;
    case SQL_DESC_UPDATABLE: /* of the column in the result set: cursors are read-only */
        return SQL_ATTR_READONLY;
    default: /* auto-unique value, row version: TDengine has neither */
        return 0;
    }
}

void td_desc_field_read(const struct td_desc *d, const struct td_desc_rec *r, SQLSMALLINT id,
                        struct td_desc_value *v)
{
    const struct td_desc_field *f = td_desc_field_find(id);
    memset(v, 0, sizeof *v);
    if (f->header)
        read_header(d, id, v);
    else if (f->type == TD_FIELD_TEXT)
        v->text = text_of(r, id);
    else if (f->type == TD_FIELD_PTR)
        v->ptr = ptr_of(r, id);
    else
        v->num = num_of(d, r, id);
}

SQLRETURN td_desc_free_to_use(const struct td_desc *d, struct td_handle *diag)
{
    return d->stmt && d->stmt->state >= TD_S8 ? td_diag(diag, TD_ST_HY010, NULL) : SQL_SUCCESS;
}

SQLRETURN td_desc_ready(struct td_desc *d, struct td_handle *diag)
{
    if (d->kind != TD_IRD) return SQL_SUCCESS;
    switch (d->stmt->state) {
    case TD_S1:
        return td_diag(diag, TD_ST_HY007, NULL);
    case TD_S2:
    case TD_S3: {
        SQLRETURN rc = td_describe_prepared(d->stmt);
        /* the statement's records say why; the descriptor has diagnostics of its own */
        if (!SQL_SUCCEEDED(rc) && diag != &d->stmt->h)
            td_diag(diag, TD_ST_HY000,
                    "The prepared statement cannot be described; see the statement's diagnostics");
        return rc;
    }
    default:
        return SQL_SUCCESS;
    }
}

static SQLRETURN out_value(struct td_handle *diag, const struct td_desc_field *f,
                           const struct td_desc_value *v, const struct td_out *out)
{
    SQLSMALLINT i16 = (SQLSMALLINT)v->num;
    SQLINTEGER i32 = (SQLINTEGER)v->num;
    SQLLEN len = (SQLLEN)v->num;
    switch (f->type) {
    case TD_FIELD_I16:
        return td_out_fixed(out, &i16, sizeof i16);
    case TD_FIELD_I32:
        return td_out_fixed(out, &i32, sizeof i32);
    case TD_FIELD_LEN:
        return td_out_fixed(out, &len, sizeof len);
    case TD_FIELD_PTR:
        return td_out_fixed(out, &v->ptr, sizeof v->ptr);
    default:
        return td_out_text(diag, out, v->text.p ? v->text : TD_STR(""));
    }
}

/* The record to read: SQL_SUCCESS with *r, SQL_NO_DATA beyond the last one, or an error. */
static SQLRETURN rec_for_read(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                              const struct td_desc_rec **r)
{
    SQLRETURN rc = td_desc_ready(d, diag);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (rec < 1)
        return td_diag(diag, TD_ST_07009,
                       rec == 0 ? "There is no record 0: bookmarks are not supported"
                                : "The record number %d is negative",
                       rec);
    *r = td_desc_rec_get(d, rec);
    return *r ? SQL_SUCCESS : SQL_NO_DATA;
}

SQLRETURN td_desc_get_field(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                            SQLSMALLINT field, const struct td_out *out)
{
    const struct td_desc_field *f = td_desc_field_find(field);
    if (td_desc_free_to_use(d, diag) != SQL_SUCCESS) return SQL_ERROR;
    if (!f || f->rights[d->kind] == '-')
        return td_diag(diag, TD_ST_HY091, "Field %d %s", field,
                       f ? "is not defined for this kind of descriptor"
                         : "is not a descriptor field");
    const struct td_desc_rec *r = NULL;
    SQLRETURN rc = SQL_SUCCESS;
    if (!f->header)
        rc = rec_for_read(d, diag, rec, &r);
    else if (field == SQL_DESC_COUNT)
        rc = td_desc_ready(d, diag);
    if (rc != SQL_SUCCESS && rc != SQL_SUCCESS_WITH_INFO) return rc;
    struct td_desc_value v;
    td_desc_field_read(d, r, field, &v);
    return out_value(diag, f, &v, out);
}

SQLRETURN td_desc_get_rec(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                          const struct td_out *name, SQLSMALLINT *type, SQLSMALLINT *subtype,
                          SQLLEN *length, SQLSMALLINT *precision, SQLSMALLINT *scale,
                          SQLSMALLINT *nullable)
{
    const struct td_desc_rec *r = NULL;
    if (td_desc_free_to_use(d, diag) != SQL_SUCCESS) return SQL_ERROR;
    SQLRETURN rc = rec_for_read(d, diag, rec, &r);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (type) *type = r->type;
    if (subtype && (r->type == SQL_DATETIME || r->type == SQL_INTERVAL))
        *subtype = r->datetime_interval_code;
    if (length) *length = r->octet_length;
    if (precision) *precision = r->precision;
    if (scale) *scale = r->scale;
    if (nullable) *nullable = r->nullable;
    return td_out_text(diag, name, r->name.p ? r->name : TD_STR(""));
}

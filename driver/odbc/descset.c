/*
 * SQLSetDescField, SQLSetDescRec, SQLCopyDesc (ODBC reference: "Sequence of Setting Descriptor Fields", "Consistency
 * Checks"). Rights and widths are in descfield.c's table.
 */
#include "conv/kernel.h"
#include "odbc/descfield.h"
#include "odbc/stmt.h"

#define MAX_NAME 192 /* SQL_MAX_IDENTIFIER_LEN */

static bool application(const struct td_desc *d)
{
    return d->kind == TD_ARD || d->kind == TD_APD;
}

/* A concise type that the descriptor may hold: a C type for application descriptors, an SQL type for the IPD. */
static bool valid_type(const struct td_desc *d, SQLSMALLINT concise)
{
    if (application(d)) return concise == SQL_C_DEFAULT || td_ctype_width(concise) >= 0;
    switch (concise) {
    case SQL_GUID:
    case SQL_WLONGVARCHAR:
    case SQL_WVARCHAR:
    case SQL_WCHAR:
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_BIGINT:
    case SQL_LONGVARBINARY:
    case SQL_VARBINARY:
    case SQL_BINARY:
    case SQL_LONGVARCHAR:
        return true;
    default:
        return (concise >= SQL_CHAR && concise <= SQL_DOUBLE) || concise == SQL_VARCHAR ||
               (concise >= SQL_TYPE_DATE && concise <= SQL_TYPE_TIMESTAMP) ||
               (concise >= SQL_INTERVAL_YEAR && concise <= SQL_INTERVAL_MINUTE_TO_SECOND);
    }
}

static bool has_seconds(SQLSMALLINT concise)
{
    return concise == SQL_INTERVAL_SECOND || concise == SQL_INTERVAL_DAY_TO_SECOND ||
           concise == SQL_INTERVAL_HOUR_TO_SECOND || concise == SQL_INTERVAL_MINUTE_TO_SECOND;
}

/* The fields that follow from a type when it is set (SQLSetDescField, "SQL_DESC_TYPE"). */
static void type_defaults(struct td_desc_rec *r)
{
    r->scale = 0;
    r->scale_set = false;
    switch (r->concise_type) {
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_LONGVARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_WLONGVARCHAR:
        r->length = 1;
        r->precision = 0;
        break;
    case SQL_DECIMAL:
    case SQL_NUMERIC:
        r->precision = 38;
        break;
    case SQL_FLOAT:
        r->precision = 15;
        break;
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIME:
        r->precision = 0;
        break;
    case SQL_TYPE_TIMESTAMP:
        r->precision = 6;
        break;
    default:
        if (r->type == SQL_INTERVAL) {
            r->datetime_interval_precision = 2;
            r->precision = has_seconds(r->concise_type) ? 6 : 0;
        }
    }
}

static void set_concise(struct td_desc_rec *r, SQLSMALLINT concise)
{
    td_desc_set_type(r, concise);
    type_defaults(r);
}

/* Concise type of a verbose one and its sub-code, 0 when there is none. */
static SQLSMALLINT concise_of(SQLSMALLINT verbose, SQLSMALLINT code)
{
    if (verbose == SQL_DATETIME)
        return code >= SQL_CODE_DATE && code <= SQL_CODE_TIMESTAMP
                   ? (SQLSMALLINT)(SQL_TYPE_DATE + code - SQL_CODE_DATE)
                   : 0;
    if (verbose == SQL_INTERVAL)
        return code >= SQL_CODE_YEAR && code <= SQL_CODE_MINUTE_TO_SECOND
                   ? (SQLSMALLINT)(SQL_INTERVAL_YEAR + code - SQL_CODE_YEAR)
                   : 0;
    return verbose;
}

static SQLRETURN inconsistent(struct td_handle *diag, const char *what)
{
    return td_diag(diag, TD_ST_HY021, "Inconsistent descriptor information: %s", what);
}

/* Reference, SQLSetDescRec "Consistency Checks". */
static SQLRETURN check_rec(const struct td_desc *d, const struct td_desc_rec *r,
                           struct td_handle *diag)
{
    if (!valid_type(d, r->concise_type) ||
        concise_of(r->type, r->datetime_interval_code) != r->concise_type)
        return inconsistent(diag, "the type is not valid");
    if (r->concise_type == SQL_NUMERIC || r->concise_type == SQL_DECIMAL) {
        if (r->precision < 1 || r->precision > 38)
            return inconsistent(diag, "the precision of a numeric type is 1 to 38");
        if (r->scale > r->precision)
            return inconsistent(diag, "the scale is larger than the precision");
    }
    if ((r->concise_type == SQL_TYPE_TIME || r->concise_type == SQL_TYPE_TIMESTAMP ||
         has_seconds(r->concise_type)) &&
        (r->precision < 0 || r->precision > 9))
        return inconsistent(diag, "the precision of seconds is 0 to 9");
    return SQL_SUCCESS;
}

static SQLRETURN set_type(struct td_desc *d, struct td_desc_rec *r, SQLSMALLINT type,
                          struct td_handle *diag)
{
    if (type != SQL_DATETIME && type != SQL_INTERVAL) {
        if (!valid_type(d, type)) return inconsistent(diag, "the type is not valid");
        set_concise(r, type);
        return SQL_SUCCESS;
    }
    SQLSMALLINT concise = concise_of(type, r->datetime_interval_code);
    r->type = type;
    if (concise) set_concise(r, concise);
    return SQL_SUCCESS; /* the code follows; until then the record is not usable */
}

static SQLRETURN set_code(struct td_desc_rec *r, SQLSMALLINT code, struct td_handle *diag)
{
    SQLSMALLINT concise = concise_of(r->type, code);
    if ((r->type != SQL_DATETIME && r->type != SQL_INTERVAL) || !concise)
        return inconsistent(diag, "the interval code does not belong to the type");
    set_concise(r, concise);
    return SQL_SUCCESS;
}

static SQLRETURN set_concise_type(struct td_desc *d, struct td_desc_rec *r, SQLSMALLINT type,
                                  struct td_handle *diag)
{
    if (type >= SQL_DATE &&
        type <= SQL_TIMESTAMP) /* the ODBC 2 codes, which some ODBC 3 clients still use */
        type = (SQLSMALLINT)(type - SQL_DATE + SQL_TYPE_DATE);
    if (!valid_type(d, type)) return inconsistent(diag, "the type is not valid");
    set_concise(r, type);
    return SQL_SUCCESS;
}

static SQLRETURN set_name(struct td_desc *d, struct td_desc_rec *r, struct td_str name,
                          struct td_handle *diag)
{
    if (name.n > MAX_NAME)
        return td_diag(diag, TD_ST_22001, "A name has at most %d bytes", MAX_NAME);
    char *p = td_arena_strndup(&d->arena, name.p ? name.p : "", name.n);
    if (!p) return td_diag_nomem(diag);
    r->name = (struct td_str){p, name.n};
    r->unnamed = name.n ? SQL_NAMED : SQL_UNNAMED;
    return SQL_SUCCESS;
}

static SQLRETURN set_parameter_type(struct td_desc_rec *r, SQLSMALLINT type, struct td_handle *diag)
{
    switch (type) {
    case SQL_PARAM_INPUT:
    case SQL_PARAM_INPUT_OUTPUT:
    case SQL_PARAM_OUTPUT:
        r->parameter_type = type;
        return SQL_SUCCESS;
    default:
        return td_diag(diag, TD_ST_HY105, NULL);
    }
}

/* Unbinding the highest record lowers the count (SQLSetDescField, "SQL_DESC_COUNT"). */
static void trim_count(struct td_desc *d)
{
    SQLSMALLINT n = d->count;
    while (n > 0 && !d->recs[n].data_ptr && !d->recs[n].octet_length_ptr &&
           !d->recs[n].indicator_ptr)
        n--;
    if (n < d->count) td_desc_set_count(d, n);
}

/* Setting it asks for a consistency check; in the IPD for nothing else. */
static SQLRETURN set_data_ptr(struct td_desc *d, SQLSMALLINT rec, void *p, struct td_handle *diag)
{
    struct td_desc_rec *r = td_desc_rec_get(d, rec);
    if (p || !application(d)) {
        SQLRETURN rc = check_rec(d, r, diag);
        if (rc != SQL_SUCCESS) return rc;
    }
    if (!application(d)) return SQL_SUCCESS;
    r->data_ptr = p;
    if (!p) trim_count(d);
    return SQL_SUCCESS;
}

static SQLRETURN set_header(struct td_desc *d, struct td_handle *diag, SQLSMALLINT field, void *ptr,
                            int64_t num)
{
    switch (field) {
    case SQL_DESC_ARRAY_SIZE:
        if (num == 0) return td_diag(diag, TD_ST_HY092, "An array has at least one element");
        d->array_size = (SQLULEN)num;
        return SQL_SUCCESS;
    case SQL_DESC_ARRAY_STATUS_PTR:
        d->array_status_ptr = ptr;
        return SQL_SUCCESS;
    case SQL_DESC_BIND_OFFSET_PTR:
        d->bind_offset_ptr = ptr;
        return SQL_SUCCESS;
    case SQL_DESC_BIND_TYPE:
        d->bind_type = (SQLULEN)num;
        return SQL_SUCCESS;
    case SQL_DESC_COUNT:
        if (num < 0 || num > INT16_MAX)
            return td_diag(diag, TD_ST_07009, "A descriptor cannot have %lld records",
                           (long long)num);
        return td_desc_set_count(d, (SQLSMALLINT)num) ? SQL_SUCCESS : td_diag_nomem(diag);
    default:
        d->rows_processed_ptr = ptr;
        return SQL_SUCCESS;
    }
}

static SQLRETURN set_record(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                            SQLSMALLINT field, void *ptr, int64_t num, struct td_str text)
{
    struct td_desc_rec *r = td_desc_rec_make(d, rec);
    if (!r) return td_diag_nomem(diag);
    switch (field) {
    case SQL_DESC_DATA_PTR:
        return set_data_ptr(d, rec, ptr, diag);
    case SQL_DESC_INDICATOR_PTR:
        r->indicator_ptr = ptr;
        return SQL_SUCCESS;
    case SQL_DESC_OCTET_LENGTH_PTR:
        r->octet_length_ptr = ptr;
        return SQL_SUCCESS;
    default:
        break;
    }
    /* any other field unbinds the record */
    r->data_ptr = NULL;
    switch (field) {
    case SQL_DESC_TYPE:
        return set_type(d, r, (SQLSMALLINT)num, diag);
    case SQL_DESC_CONCISE_TYPE:
        return set_concise_type(d, r, (SQLSMALLINT)num, diag);
    case SQL_DESC_DATETIME_INTERVAL_CODE:
        return set_code(r, (SQLSMALLINT)num, diag);
    case SQL_DESC_DATETIME_INTERVAL_PRECISION:
        r->datetime_interval_precision = (SQLINTEGER)num;
        return SQL_SUCCESS;
    case SQL_DESC_LENGTH:
        r->length = (SQLULEN)num;
        return SQL_SUCCESS;
    case SQL_DESC_NAME:
        return set_name(d, r, text, diag);
    case SQL_DESC_NUM_PREC_RADIX:
        r->sql.num_prec_radix = (SQLINTEGER)num;
        return SQL_SUCCESS;
    case SQL_DESC_OCTET_LENGTH:
        r->octet_length = (SQLLEN)num;
        return SQL_SUCCESS;
    case SQL_DESC_PARAMETER_TYPE:
        return set_parameter_type(r, (SQLSMALLINT)num, diag);
    case SQL_DESC_PRECISION:
        r->precision = (SQLSMALLINT)num;
        return SQL_SUCCESS;
    case SQL_DESC_SCALE:
        r->scale = (SQLSMALLINT)num;
        r->scale_set = true;
        return SQL_SUCCESS;
    default: /* SQL_DESC_UNNAMED: only the taking away of a name */
        if (num != SQL_UNNAMED)
            return td_diag(diag, TD_ST_HY092, "SQL_DESC_UNNAMED can be set to SQL_UNNAMED only");
        r->unnamed = SQL_UNNAMED;
        r->name = TD_STR("");
        return SQL_SUCCESS;
    }
}

/* An integer value arrives in a pointer; only as many of its bits count as the field is wide. */
static int64_t number_of(SQLPOINTER value, enum td_field_type type)
{
    switch (type) {
    case TD_FIELD_I16:
        return (SQLSMALLINT)(intptr_t)value;
    case TD_FIELD_I32:
        return (SQLINTEGER)(intptr_t)value;
    default:
        return (intptr_t)value;
    }
}

static SQLRETURN may_write_record(struct td_handle *diag, SQLSMALLINT rec)
{
    if (rec < 0) return td_diag(diag, TD_ST_07009, "The record number %d is negative", rec);
    if (rec == 0)
        return td_diag(diag, TD_ST_07009, "There is no record 0: bookmarks are not supported");
    return SQL_SUCCESS;
}

SQLRETURN td_desc_set_field(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                            SQLSMALLINT field, SQLPOINTER value, SQLINTEGER len, struct td_str text)
{
    const struct td_desc_field *f = td_desc_field_find(field);
    (void)len;
    if (td_desc_free_to_use(d, diag) != SQL_SUCCESS) return SQL_ERROR;
    if (f && d->kind == TD_IRD && f->rights[TD_IRD] != 'w') return td_diag(diag, TD_ST_HY016, NULL);
    if (!f || f->rights[d->kind] != 'w')
        return td_diag(diag, TD_ST_HY091, "Field %d %s", field,
                       f ? "cannot be set in this kind of descriptor"
                         : "is not a descriptor field");
    SQLRETURN rc = SQL_SUCCESS;
    if (f->header)
        rc = set_header(d, diag, field, value, number_of(value, f->type));
    else if ((rc = may_write_record(diag, rec)) == SQL_SUCCESS)
        rc = set_record(d, diag, rec, field, value, number_of(value, f->type), text);
    d->version++;
    return rc;
}

SQLRETURN td_desc_set_rec(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                          SQLSMALLINT type, SQLSMALLINT subtype, SQLLEN length,
                          SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data,
                          SQLLEN *octet_length, SQLLEN *indicator)
{
    if (td_desc_free_to_use(d, diag) != SQL_SUCCESS) return SQL_ERROR;
    if (d->kind == TD_IRD) return td_diag(diag, TD_ST_HY016, NULL);
    SQLRETURN rc = may_write_record(diag, rec);
    if (rc != SQL_SUCCESS) return rc;
    struct td_desc_rec *r = td_desc_rec_make(d, rec);
    if (!r) return td_diag_nomem(diag);

    struct td_desc_rec want = *r;
    SQLSMALLINT concise = concise_of(type, subtype);
    if (!concise || !valid_type(d, concise))
        return inconsistent(diag, "the type and subtype are not valid");
    set_concise(&want, concise);
    want.octet_length = length;
    want.precision = precision;
    want.scale = scale;
    want.scale_set = true;
    rc = check_rec(d, &want, diag);
    if (rc != SQL_SUCCESS) return rc;
    if (application(d)) {
        want.data_ptr = data;
        want.octet_length_ptr = octet_length;
        want.indicator_ptr = indicator;
    }
    *r = want;
    if (application(d) && !data) trim_count(d);
    d->version++;
    return SQL_SUCCESS;
}

static bool copy_names(struct td_desc *dst, struct td_desc_rec *r)
{
    struct td_str *texts[] = {&r->name, &r->base_column_name, &r->base_table_name, &r->catalog_name,
                              &r->table_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i]->p) continue;
        char *p = td_arena_strndup(&dst->arena, texts[i]->p, texts[i]->n);
        if (!p) return false;
        texts[i]->p = p;
    }
    return true;
}

/* What the target kind does not define stays at its default. */
static bool copy_record(const struct td_desc *src, struct td_desc *dst, SQLSMALLINT i)
{
    struct td_desc_rec *r = td_desc_rec_make(dst, i);
    if (!r) return false;
    SQLSMALLINT parameter_type = r->parameter_type;
    *r = src->recs[i];
    if (dst->kind == TD_IPD && src->kind != TD_IPD) r->parameter_type = parameter_type;
    return copy_names(dst, r);
}

SQLRETURN td_desc_copy(struct td_desc *src, struct td_desc *dst, struct td_handle *diag)
{
    if (td_desc_free_to_use(src, diag) != SQL_SUCCESS ||
        td_desc_free_to_use(dst, diag) != SQL_SUCCESS)
        return SQL_ERROR;
    if (dst->kind == TD_IRD) return td_diag(diag, TD_ST_HY016, NULL);
    if (src == dst) return SQL_SUCCESS;
    SQLRETURN rc = td_desc_ready(src, diag);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (src->kind == TD_IRD && (src->stmt->state == TD_S2 || src->stmt->state == TD_S4))
        return td_diag(diag, TD_ST_24000, "The source's statement makes no result set");
    td_desc_clear(dst);
    for (SQLSMALLINT i = 1; i <= src->count; i++)
        if (!copy_record(src, dst, i)) return td_diag_nomem(diag);
    dst->array_status_ptr = src->array_status_ptr;
    if (application(src) && application(dst)) {
        dst->array_size = src->array_size;
        dst->bind_offset_ptr = src->bind_offset_ptr;
        dst->bind_type = src->bind_type;
    } else if (!application(src) && !application(dst)) {
        dst->rows_processed_ptr = src->rows_processed_ptr;
    }
    for (SQLSMALLINT i = 1; i <= dst->count; i++)
        if (application(dst) && dst->recs[i].data_ptr &&
            (rc = check_rec(dst, &dst->recs[i], diag)) != SQL_SUCCESS)
            return rc;
    dst->version++;
    return SQL_SUCCESS;
}

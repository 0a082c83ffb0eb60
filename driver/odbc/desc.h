/*
 * desc.h: descriptors, the one home of everything about columns, parameters and bindings (ODBC reference, "Descriptors").
 *
 * Statement attributes such as SQL_ATTR_ROW_ARRAY_SIZE are header fields here, not copies elsewhere. Implicit
 * descriptors belong to their statement and are guarded by its lock; an explicit one belongs to its connection, has its
 * own lock for Get/Set calls, and may serve several statements (the application then must not use it from two threads
 * at once, as the reference says).
 */
#ifndef TD_ODBC_DESC_H
#define TD_ODBC_DESC_H

#include "base/alloc.h"
#include "conv/types.h"
#include "odbc/handle.h"

enum td_desc_kind { TD_ARD, TD_APD, TD_IRD, TD_IPD };

struct td_desc_rec {
    /* bindings and types */
    SQLSMALLINT type, concise_type, datetime_interval_code;
    SQLINTEGER datetime_interval_precision;
    SQLSMALLINT precision, scale;
    SQLULEN length; /* characters or bytes without terminator */
    SQLLEN octet_length;
    SQLPOINTER data_ptr; /* ARD, APD */
    SQLLEN *octet_length_ptr, *indicator_ptr;
    bool scale_set; /* the application set SQL_DESC_SCALE (SQL_C_NUMERIC reads it) */
    /* IRD, IPD */
    struct td_str name, base_column_name, base_table_name, catalog_name,
        table_name;        /* in the descriptor's arena */
    struct td_sqltype sql; /* names, sizes, searchable … */
    SQLSMALLINT nullable, unnamed, parameter_type;
    uint8_t td_type; /* enum td_type of an IRD record */
    uint8_t td_precision, td_scale;
    int32_t td_length;
};

struct td_stmt;
struct td_dbc;

struct td_desc {
    struct td_handle h;
    enum td_desc_kind
        kind; /* an explicit one is TD_ARD until it is set as APD (fields are the same) */
    struct td_dbc *dbc;
    struct td_stmt *stmt; /* of an implicit one, else NULL */
    struct td_desc *next; /* explicit ones of a connection */
    SQLULEN array_size;   /* ARD, APD */
    SQLUSMALLINT *array_status_ptr;
    SQLLEN *bind_offset_ptr;
    SQLULEN bind_type;           /* SQL_BIND_BY_COLUMN or the row's size */
    SQLULEN *rows_processed_ptr; /* IRD, IPD */
    SQLSMALLINT count;           /* highest record in use */
    struct td_desc_rec *recs;    /* [0] is the bookmark record, unused; [1…count] */
    SQLSMALLINT cap;
    uint32_t version;      /* changes with every change of a binding or column: plans compare it */
    struct td_arena arena; /* names */
};

void td_desc_init(struct td_desc *d, enum td_desc_kind kind, struct td_dbc *dbc,
                  struct td_stmt *stmt);
void td_desc_dispose(struct td_desc *d);
/* Record i ≥ 1, made if needed (new records have the defaults of the reference's SQLSetDescField). NULL: no memory. */
struct td_desc_rec *td_desc_rec_make(struct td_desc *d, SQLSMALLINT i);
/* Record i if 1 ≤ i ≤ count, else NULL. */
struct td_desc_rec *td_desc_rec_get(const struct td_desc *d, SQLSMALLINT i);
/* Cuts or extends to n records. False: no memory. */
bool td_desc_set_count(struct td_desc *d, SQLSMALLINT n);
/* Drops all records and names (new result, SQL_RESET_PARAMS, SQL_UNBIND). */
void td_desc_clear(struct td_desc *d);
/* Sets concise, verbose and interval code of a record together (SQLSetDescField, SQL_DESC_CONCISE_TYPE). */
void td_desc_set_type(struct td_desc_rec *r, SQLSMALLINT concise);
/* Fills an IRD/IPD record from the type table; the name is copied into the arena. */
enum td_rc td_desc_describe(struct td_desc *d, SQLSMALLINT i, struct td_str name, int td_type,
                            int32_t length, int precision, int scale, int ts_prec,
                            SQLSMALLINT nullable, const struct td_type_opts *o, struct td_err *err);

/* descfield.c, descset.c, colattr.c: SQLGet/SetDescField, SQLGet/SetDescRec, SQLCopyDesc, over one table of fields. */
SQLRETURN td_desc_get_field(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                            SQLSMALLINT field, const struct td_out *out);
/* `text` is the value of a character field (SQL_DESC_NAME); `value` and `len` are the raw arguments of the others. */
SQLRETURN td_desc_set_field(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                            SQLSMALLINT field, SQLPOINTER value, SQLINTEGER len,
                            struct td_str text);
SQLRETURN td_desc_set_rec(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                          SQLSMALLINT type, SQLSMALLINT subtype, SQLLEN length,
                          SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data,
                          SQLLEN *octet_length, SQLLEN *indicator);
/* SQLGetDescRec; every out-pointer may be NULL. */
SQLRETURN td_desc_get_rec(struct td_desc *d, struct td_handle *diag, SQLSMALLINT rec,
                          const struct td_out *name, SQLSMALLINT *type, SQLSMALLINT *subtype,
                          SQLLEN *length, SQLSMALLINT *precision, SQLSMALLINT *scale,
                          SQLSMALLINT *nullable);
SQLRETURN td_desc_copy(struct td_desc *src, struct td_desc *dst, struct td_handle *diag);
/* SQLColAttribute: character fields to `text`, numeric ones to *num; the ODBC 2 identifiers too. */
SQLRETURN td_desc_col_attribute(struct td_stmt *s, SQLUSMALLINT col, SQLUSMALLINT field,
                                const struct td_out *text, SQLLEN *num);

#endif

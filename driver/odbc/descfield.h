/*
 * descfield.h: the table of descriptor fields (ODBC reference, SQLSetDescField "Initialization of Descriptor Fields"):
 * which there are, how wide each is written, and who may read or write it. SQLGetDescField, SQLSetDescField,
 * SQLGetDescRec and SQLColAttribute all go through it, so that a width or a right is stated once.
 *
 * Constant data; descriptors are guarded as desc.h says.
 */
#ifndef TD_ODBC_DESCFIELD_H
#define TD_ODBC_DESCFIELD_H

#include "odbc/desc.h"

enum td_field_type {
    TD_FIELD_I16, /* SQLSMALLINT */
    TD_FIELD_I32, /* SQLINTEGER, SQLUINTEGER */
    TD_FIELD_LEN, /* SQLLEN, SQLULEN: 8 bytes */
    TD_FIELD_PTR,
    TD_FIELD_TEXT
};

struct td_desc_field {
    SQLSMALLINT id;
    bool header;
    enum td_field_type type;
    char rights[5]; /* for ARD, APD, IRD, IPD: w read and write, r read, - undefined */
};

/* NULL for an identifier that ODBC 3.8 does not define. */
const struct td_desc_field *td_desc_field_find(SQLSMALLINT id);
size_t td_desc_field_count(void);
const struct td_desc_field *td_desc_field_at(size_t i);

/* A field's value: `text` of TD_FIELD_TEXT, `ptr` of TD_FIELD_PTR, else `num`. */
struct td_desc_value {
    int64_t num;
    void *ptr;
    struct td_str text;
};
/* Reads a field that the descriptor has; `r` is NULL for header fields. */
void td_desc_field_read(const struct td_desc *d, const struct td_desc_rec *r, SQLSMALLINT id,
                        struct td_desc_value *v);

/* HY010 while the descriptor's own statement waits for data (appendix B), else SQL_SUCCESS. */
SQLRETURN td_desc_free_to_use(const struct td_desc *d, struct td_handle *diag);
/* What stands between the application and a descriptor's records before a read: makes the IRD of a prepared statement
   known. HY007 when it belongs to a statement that is neither prepared nor executed. */
SQLRETURN td_desc_ready(struct td_desc *d, struct td_handle *diag);

#endif

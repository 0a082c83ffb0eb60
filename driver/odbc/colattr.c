#include "odbc/descfield.h"
#include "odbc/stmt.h"

/* The ODBC 2 identifiers whose numbers differ from their successors' (SQLColAttribute, "Backward Compatibility"). */
static SQLUSMALLINT modern_id(SQLUSMALLINT field)
{
    switch (field) {
    case SQL_COLUMN_COUNT:
        return SQL_DESC_COUNT;
    case SQL_COLUMN_NAME:
        return SQL_DESC_NAME;
    case SQL_COLUMN_NULLABLE:
        return SQL_DESC_NULLABLE;
    default:
        return field;
    }
}

/* Length, precision and scale are other things in ODBC 2: transfer length, column size, decimal digits (reference,
   appendix D "Column Size, Decimal Digits, Transfer Octet Length, and Display Size"). */
static bool old_meaning(const struct td_desc_rec *r, SQLUSMALLINT field, SQLLEN *num)
{
    switch (field) {
    case SQL_COLUMN_LENGTH:
        *num = r->octet_length;
        return true;
    case SQL_COLUMN_PRECISION:
        *num = (SQLLEN)r->sql.column_size;
        return true;
    case SQL_COLUMN_SCALE:
        *num = r->sql.decimal_digits < 0 ? 0 : r->sql.decimal_digits;
        return true;
    default:
        return false;
    }
}

SQLRETURN td_desc_col_attribute(struct td_stmt *s, SQLUSMALLINT col, SQLUSMALLINT field,
                                const struct td_out *text, SQLLEN *num)
{
    SQLUSMALLINT id = modern_id(field);
    /* after an execution without result the count is 24000, too */
    bool count = id == SQL_DESC_COUNT && s->state != TD_S4;
    if (!td_state_ok(s, count ? TD_CALL_NUMCOLS : TD_CALL_DESCRIBE)) return SQL_ERROR;
    SQLRETURN rc = td_desc_ready(&s->ird, &s->h);
    if (!SQL_SUCCEEDED(rc)) return rc;

    SQLLEN unused;
    num = num ? num : &unused;
    if (id == SQL_DESC_COUNT) {
        *num = s->ird.count;
        return td_diag_done(&s->h);
    }
    if (s->ird.count == 0) return td_diag(&s->h, TD_ST_07005, "The statement makes no result set");
    const struct td_desc_rec *r =
        col <= INT16_MAX ? td_desc_rec_get(&s->ird, (SQLSMALLINT)col) : NULL;
    if (!r)
        return td_diag(&s->h, TD_ST_07009, "Column %u does not exist; the result has %d", col,
                       s->ird.count);
    if (old_meaning(r, field, num)) return td_diag_done(&s->h);

    const struct td_desc_field *f = td_desc_field_find((SQLSMALLINT)id);
    if (!f || f->header || f->rights[TD_IRD] == '-')
        return td_diag(&s->h, TD_ST_HY091, "Field %u is not an attribute of a column", field);
    struct td_desc_value v;
    td_desc_field_read(&s->ird, r, (SQLSMALLINT)id, &v);
    if (f->type != TD_FIELD_TEXT) {
        *num = (SQLLEN)v.num;
        return td_diag_done(&s->h);
    }
    rc = td_out_text(&s->h, text, v.text.p ? v.text : TD_STR(""));
    return SQL_SUCCEEDED(rc) ? td_diag_done(&s->h) : rc;
}

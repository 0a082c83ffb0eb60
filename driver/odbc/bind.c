/*
 * SQLBindCol: writes the ARD only; what it means for a fetch is decided when the plan is made (fetch.c).
 */
#include "odbc/stmt.h"

/* The C types of the reference's appendix D, SQL_C_DEFAULT among them. */
static bool ctype_known(SQLSMALLINT ctype)
{
    return ctype == SQL_C_DEFAULT || td_ctype_width(td_ctype_modern(ctype)) >= 0;
}

static void unbind(struct td_desc *d, SQLSMALLINT col)
{
    struct td_desc_rec *r = td_desc_rec_get(d, col);

    if (!r) return;
    r->data_ptr = NULL;
    r->octet_length_ptr = r->indicator_ptr = NULL;
    d->version++;
    SQLSMALLINT n = d->count;
    while (n > 0 && !d->recs[n].data_ptr && !d->recs[n].indicator_ptr &&
           !d->recs[n].octet_length_ptr)
        n--;
    td_desc_set_count(d, n);
}

SQLRETURN td_bind_col(struct td_stmt *s, SQLUSMALLINT col, SQLSMALLINT ctype, SQLPOINTER buf,
                      SQLLEN cap, SQLLEN *ind)
{
    if (!td_state_ok(s, TD_CALL_BIND)) return SQL_ERROR;
    if (col == 0 || col > INT16_MAX)
        return td_diag(&s->h, TD_ST_07009,
                       col ? "Column %u is too high"
                           : "Column %u is the bookmark, which is not offered",
                       (unsigned)col);
    if (!buf && !ind) {
        unbind(s->ard, (SQLSMALLINT)col);
        return SQL_SUCCESS;
    }
    if (!ctype_known(ctype)) return td_diag(&s->h, TD_ST_HY003, "C type %d is unknown", (int)ctype);
    if (cap < 0) return td_diag(&s->h, TD_ST_HY090, NULL);
    struct td_desc_rec *r = td_desc_rec_make(s->ard, (SQLSMALLINT)col);
    if (!r) return td_diag_nomem(&s->h);
    r->precision = ctype == SQL_C_NUMERIC ? 38 : 0;
    td_desc_set_type(r, td_ctype_modern(ctype)); /* sets an interval's precisions */
    r->scale = 0;
    r->scale_set = false;
    r->length = (SQLULEN)cap;
    r->octet_length = cap;
    r->data_ptr = buf;
    r->octet_length_ptr = r->indicator_ptr = ind;
    return SQL_SUCCESS;
}

/*
 * matrix.c: which conversions exist, and the kernel of each (ODBC reference, appendix D,
 * "Converting Data from SQL to C Data Types"). A pair without a kernel is illegal: 07006, decided
 * when the plan is made.
 *
 * Beyond the reference: TIMESTAMP to SBIGINT gives the raw epoch in the precision of the result
 * (C-18).
 */
#include "conv/kcommon.h"
#include "conv/numeric.h"

static td_kernel first_of(td_kernel a, td_kernel b)
{
    return a ? a : b;
}

static td_kernel exact_kernel(int td_type, const struct td_ctype *c, td_kernel numbers)
{
    enum td_ckind kind = (enum td_ckind)c->kind;

    switch (kind) {
    case TD_C_CHAR:
    case TD_C_WCHAR:
        return td_k_shorttext(td_type, kind == TD_C_WCHAR);
    case TD_C_BINARY:
        return td_k_rawbytes();
    case TD_C_NUMERIC:
        return td_k_numeric();
    case TD_C_INTERVAL:
        return td_k_interval(td_type, c->ctype);
    default:
        return numbers;
    }
}

static td_kernel text_kernel(int td_type, const struct td_ctype *c)
{
    enum td_ckind kind = (enum td_ckind)c->kind;

    if (kind == TD_C_NUMERIC) return td_k_numeric();
    if (kind == TD_C_INTERVAL) return td_k_interval(td_type, c->ctype);
    return first_of(td_k_text(td_type, kind), td_k_textval(kind));
}

td_kernel td_kernel_for(int td_type, SQLSMALLINT ctype)
{
    const struct td_ctype *c = td_ctype_of(ctype);

    if (!c || !td_type_known(td_type)) return NULL;
    enum td_ckind kind = (enum td_ckind)c->kind;
    td_kernel same = td_k_fixed(td_type, kind);

    if (same) return same;
    switch (td_type) {
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        return exact_kernel(td_type, c, td_k_real(kind));
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        return exact_kernel(td_type, c, td_k_decimal(kind));
    case TD_T_TIMESTAMP:
        return td_k_time(kind);
    case TD_T_VARCHAR:
    case TD_T_NCHAR:
    case TD_T_JSON:
        return text_kernel(td_type, c);
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
    case TD_T_BLOB:
        return td_k_bin(kind);
    default:
        return exact_kernel(td_type, c, td_k_int(kind));
    }
}

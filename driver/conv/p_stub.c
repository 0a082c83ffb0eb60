/* Untracked stand-in while conv/p_*.c is being written; do not commit. */
#include "conv/param.h"
bool td_param_legal(int td_type, SQLSMALLINT ctype)
{
    (void)td_type, (void)ctype;
    return false;
}
enum td_rc td_param_encode(struct td_pcol *o, const struct td_pdest *d, const struct td_psource *s,
                           uint32_t r, struct td_pctx *x)
{
    (void)o, (void)d, (void)s, (void)r, (void)x;
    return TD_FAIL;
}
void td_param_query_type(const struct td_psource *s, struct td_pdest *d)
{
    (void)s;
    d->type = TD_T_VARCHAR;
}
enum td_rc td_param_literal(struct td_buf *o, const struct td_psource *s, uint32_t r, bool v,
                            struct td_pctx *x)
{
    (void)o, (void)s, (void)r, (void)v, (void)x;
    return TD_FAIL;
}

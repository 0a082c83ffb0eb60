/*
 * The literal way: for statements that stmt2 does not take and for REST, values are written into
 * the text, each exactly or not at all (decisions.md section 3).
 */
#include "odbc/paramset.h"

enum td_rc td_params_text(struct td_stmt *s, const struct td_sqlstmt *q, int64_t set,
                          struct td_buf *out, struct td_err *err)
{
    struct td_params *p = s->params;
    struct td_param_sink sink = {s, 0};
    struct td_pctx x;
    size_t at = 0;

    td_params_context(s, &sink, &x);
    x.skip = NULL;
    for (uint32_t i = 0; i < q->nmarkers; i++) {
        td_buf_put(out, q->sql.p + at, q->markers[i] - at);
        at = q->markers[i] + 1;
        sink.param = i + 1;
        if (set < 0) {
            td_buf_puts(out, "NULL");
        } else if (td_param_literal(out, &p->src[i], (uint32_t)set, q->kind == TD_SQL_INSERT, &x) !=
                   TD_OK) {
            if (p->state[set] == TD_SET_BAD) return td_err_set(err, TD_ST_00000, 0, "reported");
            return td_err_nomem(err);
        }
    }
    td_buf_put(out, q->sql.p + at, q->sql.n - at);
    return td_buf_ok(out) ? TD_OK : td_err_nomem(err);
}

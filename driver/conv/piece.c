/*
 * piece.c: SQLGetData into CHAR, WCHAR and BINARY, in pieces (ODBC reference, SQLGetData,
 * "Retrieving Variable-Length Data in Parts"). The indicator of each call is what was left before
 * it.
 */
#include "conv/bin.h"
#include "conv/shorttext.h"
#include "conv/textsrc.h"

struct call {
    uint8_t *buf;
    size_t cap;
    SQLLEN *ind;
    struct td_piece *p;
    struct td_kctx *x;
};

static SQLRETURN fail(struct call *c, enum td_sqlstate state, const char *text)
{
    td_report(c->x, 0, state, text);
    return SQL_ERROR;
}

/* Ends a call that wrote `out` bytes: `last` when nothing is left. */
static SQLRETURN finish(struct call *c, size_t out, bool last, bool warned)
{
    if (c->ind) *c->ind = c->p->left;
    c->p->started = true;
    c->p->left -= (SQLLEN)out;
    c->p->done = last;
    if (!last) td_report(c->x, 0, TD_ST_01004, NULL);
    return last && !warned ? SQL_SUCCESS : SQL_SUCCESS_WITH_INFO;
}

/* What MaxColumnSize cut off is told with the last piece; the indicators count what will be given.
 */
static bool tell_cut(struct call *c, bool last, size_t cut)
{
    if (!last || cut == 0) return false;
    td_report(c->x, 0, TD_ST_01004, "The value was cut to MaxColumnSize");
    return true;
}

static SQLRETURN text_piece(struct call *c, const struct td_col *col, uint32_t row, enum td_form f)
{
    struct td_textsrc s = td_text_of(col, row, c->x);
    size_t end = td_form_end(f);
    struct td_conv r = {0, 0, false, false};
    bool warned = false, last;

    if (!c->p->started) c->p->left = (SQLLEN)td_text_convert(&s, 0, f, NULL, SIZE_MAX).out;
    if (c->cap >= end) {
        r = td_text_convert(&s, c->p->pos, f, c->buf, c->cap - end);
        memset(c->buf + r.out, 0, end);
    }
    c->p->pos += r.in;
    last = c->cap >= end && c->p->pos == s.n;
    if (r.replaced) {
        td_report(c->x, 0, TD_ST_01000, "Text that is not valid Unicode was replaced by U+FFFD");
        warned = true;
    }
    if (tell_cut(c, last, s.cut)) warned = true;
    return finish(c, r.out, last, warned);
}

static SQLRETURN hex_piece(struct call *c, const struct td_col *col, uint32_t row, bool wide)
{
    struct td_binsrc s = td_bin_of(col, row, c->x);
    size_t unit = td_hex_unit(wide), fit = c->cap >= unit ? (c->cap / unit - 1) / 2 : 0;
    bool last;

    if (!c->p->started) c->p->left = (SQLLEN)td_hex_bytes(s.n, wide);
    if (fit > s.n - c->p->pos) fit = s.n - c->p->pos;
    if (c->cap >= unit) td_hex_write(c->buf, s.p + c->p->pos, fit, wide);
    c->p->pos += fit;
    last = c->cap >= unit && c->p->pos == s.n;
    return finish(c, td_hex_bytes(fit, wide), last, tell_cut(c, last, s.cut));
}

static SQLRETURN bytes_piece(struct call *c, const struct td_col *col, uint32_t row)
{
    struct td_binsrc s = td_bin_of(col, row, c->x);
    size_t fit = s.n - c->p->pos;
    bool last;

    if (!c->p->started) c->p->left = (SQLLEN)s.n;
    if (fit > c->cap) fit = c->cap;
    memcpy(c->buf, s.p + c->p->pos, fit);
    c->p->pos += fit;
    last = c->p->pos == s.n;
    return finish(c, fit, last, tell_cut(c, last, s.cut));
}

/* Numbers and timestamps: the text is short enough to be rendered again for each piece. */
static SQLRETURN short_piece(struct call *c, const struct td_col *col, uint32_t row, bool wide)
{
    size_t unit = wide ? TD_WCHAR_SIZE : 1;
    int64_t room = td_short_room((SQLLEN)c->cap, wide), n;
    struct td_short v;

    td_short_of(col, row, c->x, &v);
    if (!c->p->started) {
        c->p->left = (SQLLEN)(v.len * unit);
        n = td_short_fit(&v, room);
        if (n < 0)
            return fail(c, TD_ST_22003, "The buffer is too short for the value's whole digits");
    } else {
        int64_t rest = (int64_t)(v.len - c->p->pos);

        n = rest < room ? rest : room;
    }
    if (n >= 0) td_short_write(c->buf, v.s + c->p->pos, (uint32_t)n, wide);
    if (n < 0) n = 0;
    c->p->pos += (size_t)n;
    return finish(c, (size_t)n * unit, room >= 0 && c->p->pos == v.len, false);
}

/* A number's bytes as a bound BINARY buffer gets them, whole or not at all. */
static SQLRETURN whole_piece(struct call *c, td_kernel kernel, const struct td_col *col,
                             uint32_t row)
{
    SQLLEN len = -1;
    struct td_target t = {c->buf, c->cap, (SQLLEN)c->cap, &len, &len, sizeof len};

    kernel(col, row, 1, &t, c->x);
    if (len < 0) return SQL_ERROR; // the kernel has reported it
    c->p->left = len;
    return finish(c, (size_t)len, true, false);
}

static SQLRETURN give(struct call *c, const struct td_col *col, uint32_t row, SQLSMALLINT ctype)
{
    bool wide = ctype == SQL_C_WCHAR;

    if (td_type_is_text(col->type)) {
        enum td_form binary = col->type == TD_T_VARCHAR ? TD_FORM_BYTES : TD_FORM_WBYTES;

        return text_piece(c, col, row,
                          wide                  ? TD_FORM_WCHAR
                          : ctype == SQL_C_CHAR ? TD_FORM_CHAR
                                                : binary);
    }
    if (td_type_is_var(col->type))
        return ctype == SQL_C_BINARY ? bytes_piece(c, col, row) : hex_piece(c, col, row, wide);
    if (ctype == SQL_C_BINARY) return whole_piece(c, td_kernel_for(col->type, ctype), col, row);
    return short_piece(c, col, row, wide);
}

static bool is_null(const struct td_col *col, uint32_t row)
{
    if (col->type == TD_T_NULL) return true;
    return td_cell_null(col, row);
}

SQLRETURN td_getdata_piece(const struct td_col *col, uint32_t row, SQLSMALLINT ctype, void *buf,
                           SQLLEN cap, SQLLEN *ind, struct td_piece *p, struct td_kctx *x)
{
    uint8_t none[1];
    struct call c = {buf ? buf : none, buf && cap > 0 ? (size_t)cap : 0, ind, p, x};

    if (!td_ctype_is_var(ctype) || !td_kernel_for(col->type, ctype))
        return fail(&c, TD_ST_07006, NULL);
    if (p->done) return SQL_NO_DATA;
    if (is_null(col, row)) {
        if (!ind) return fail(&c, TD_ST_22002, NULL);
        *ind = SQL_NULL_DATA;
        p->started = p->done = true;
        return SQL_SUCCESS;
    }
    return give(&c, col, row, ctype);
}

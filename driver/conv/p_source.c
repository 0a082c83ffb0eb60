/*
 * p_source.c: parameters: choosing the encoder, and walking an application's values: NULLs,
 * lengths, strides, values given at execution time (ODBC reference, SQLBindParameter
 * "StrLen_or_IndPtr Argument", "Arrays of Parameters").
 */
#include "conv/pcommon.h"

enum cell { CELL_VALUE, CELL_NULL, CELL_BAD };

static td_pput choose(int td_type, const struct td_ctype *c)
{
    switch (td_type) {
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        return td_p_real(c);
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        return td_p_decimal(c);
    case TD_T_TIMESTAMP:
        return td_p_time(c);
    case TD_T_VARCHAR:
    case TD_T_NCHAR:
        return td_p_text(c);
    case TD_T_JSON:
        return td_p_json(c);
    case TD_T_VARBINARY:
    case TD_T_BLOB:
        return td_p_bin(c);
    case TD_T_GEOMETRY:
        return td_p_geo(c);
    case TD_T_NULL:
        return NULL;
    default:
        return td_p_int(td_type, c);
    }
}

bool td_param_legal(int td_type, SQLSMALLINT ctype)
{
    const struct td_ctype *c = td_ctype_of(ctype);

    return c && td_type_known(td_type) && choose(td_type, c);
}

static void put_illegal(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)p, (void)n;
    td_preport(e, i, TD_ST_07006, NULL);
}

/* ---- one value ---- */

/* Row-wise structures may be packed: no direct loads. */
static SQLLEN load_len(const SQLLEN *first, size_t i, size_t stride)
{
    SQLLEN v;

    memcpy(&v, (const uint8_t *)first + i * stride, sizeof v);
    return v;
}

static enum cell bad(struct td_penc *e, uint32_t i, enum td_sqlstate state, const char *text)
{
    td_preport(e, i, state, text);
    return CELL_BAD;
}

static bool at_exec(SQLLEN len)
{
    return len == SQL_DATA_AT_EXEC || len <= SQL_LEN_DATA_AT_EXEC_OFFSET;
}

static enum cell given_later(struct td_penc *e, uint32_t i, const uint8_t **p, size_t *n)
{
    const struct td_str *v = e->s->dae ? &e->s->dae[i] : NULL;

    if (!v) return bad(e, i, TD_ST_HY010, "The value was not given by SQLPutData");
    if (!v->p) return CELL_NULL;
    if (v->n < e->width)
        return bad(e, i, TD_ST_HY090, "SQLPutData gave fewer bytes than the C type has");
    *p = (const uint8_t *)v->p;
    *n = v->n;
    return CELL_VALUE;
}

/* Bytes up to the terminator. In an array the next value follows after `cap` bytes. */
static size_t terminated(const struct td_penc *e, const uint8_t *p)
{
    size_t max = e->s->array && e->s->cap > 0 ? (size_t)e->s->cap : SIZE_MAX, n = 0;

    if (e->kind == TD_C_CHAR) {
        const uint8_t *end = max == SIZE_MAX ? NULL : memchr(p, 0, max);

        return end ? (size_t)(end - p) : max == SIZE_MAX ? strlen((const char *)p) : max;
    }
    for (;; n += sizeof(SQLWCHAR)) {
        SQLWCHAR c;

        if (max - n < sizeof c) return n;
        memcpy(&c, p + n, sizeof c);
        if (!c) return n;
    }
}

/* Length of a character or binary value. */
static enum cell var_length(struct td_penc *e, uint32_t i, SQLLEN len, const uint8_t *p, size_t *n)
{
    if (len == SQL_NTS && e->kind != TD_C_BINARY) {
        *n = p ? terminated(e, p) : 0;
    } else if (len < 0) {
        return bad(e, i, TD_ST_HY090, "The value's length is negative");
    } else {
        *n = (size_t)len;
        if (e->s->array && e->s->cap > 0 && len > e->s->cap)
            return bad(e, i, TD_ST_HY090, "The value's length exceeds its buffer");
    }
    if (e->kind == TD_C_WCHAR && *n % sizeof(SQLWCHAR))
        return bad(e, i, TD_ST_HY090, "A length in bytes that is no whole number of SQLWCHARs");
    return CELL_VALUE;
}

static enum cell cell_of(struct td_penc *e, uint32_t i, const uint8_t **p, size_t *n)
{
    const struct td_psource *s = e->s;
    SQLLEN len = SQL_NTS;

    if (s->ind && load_len(s->ind, i, s->len_stride) == SQL_NULL_DATA) return CELL_NULL;
    if (s->octet_len)
        len = load_len(s->octet_len, i, s->len_stride);
    else if (e->kind == TD_C_BINARY)
        len = s->cap;
    if (len == SQL_NULL_DATA) return CELL_NULL;
    if (len == SQL_DEFAULT_PARAM) return bad(e, i, TD_ST_07S01, NULL);
    if (s->octet_len && at_exec(len)) {
        enum cell c = given_later(e, i, p, n);

        if (c != CELL_VALUE || e->kind != TD_C_WCHAR || *n % sizeof(SQLWCHAR) == 0) return c;
        return bad(e, i, TD_ST_HY090, "SQLPutData gave half of an SQLWCHAR");
    }
    *p = s->base ? s->base + i * s->stride : NULL;
    *n = e->width;
    if (*n == 0 && var_length(e, i, len, *p, n) != CELL_VALUE) return CELL_BAD;
    if (!*p && *n) return bad(e, i, TD_ST_HY009, "The parameter has no buffer");
    if (!*p) *p = (const uint8_t *)"";
    return CELL_VALUE;
}

/* ---- runs ---- */

static bool same_layout(int td_type, enum td_ckind kind)
{
    static const uint8_t types[TD_C_COUNT] = {
        [TD_C_I8] = TD_T_TINYINT,    [TD_C_U8] = TD_T_UTINYINT, [TD_C_I16] = TD_T_SMALLINT,
        [TD_C_U16] = TD_T_USMALLINT, [TD_C_I32] = TD_T_INT,     [TD_C_U32] = TD_T_UINT,
        [TD_C_I64] = TD_T_BIGINT,    [TD_C_U64] = TD_T_UBIGINT, [TD_C_F32] = TD_T_FLOAT,
        [TD_C_F64] = TD_T_DOUBLE,
    };

    return types[kind] == td_type || (td_type == TD_T_TIMESTAMP && kind == TD_C_I64);
}

/* Every value is there: nothing skipped, no NULL, nothing given later. */
static bool all_plain(const struct td_penc *e)
{
    const struct td_psource *s = e->s;
    uint8_t skipped = 0;
    bool special = false;

    for (uint32_t i = 0; e->x->skip && i < e->rows; i++)
        skipped |= e->x->skip[i];
    for (uint32_t i = 0; s->ind && i < e->rows; i++)
        special |= load_len(s->ind, i, s->len_stride) < 0;
    for (uint32_t i = 0; s->octet_len && s->octet_len != s->ind && i < e->rows; i++)
        special |= load_len(s->octet_len, i, s->len_stride) < 0;
    return !skipped && !special;
}

static bool copied_whole(struct td_penc *e)
{
    const struct td_psource *s = e->s;

    if (!s->base || !e->out->width || !same_layout(e->d->type, e->kind) ||
        s->stride != e->out->width || !all_plain(e))
        return false;
    memcpy(e->out->fixed, s->base, (size_t)e->rows * e->out->width);
    return true;
}

enum td_rc td_param_encode(struct td_pcol *out, const struct td_pdest *d,
                           const struct td_psource *s, uint32_t rows, struct td_pctx *x)
{
    const struct td_ctype *c = td_ctype_of(s->ctype);
    bool text = (d->type == TD_T_DECIMAL64 || d->type == TD_T_DECIMAL128) && d->dec_text;
    td_pput put = c && td_type_known(d->type) ? choose(d->type, c) : NULL;
    struct td_penc e = {.out = out, .d = d, .s = s, .x = x, .rows = rows};
    const uint8_t *p;
    size_t n;

    if (td_pcol_reset(out, d->type, text ? 0 : (uint8_t)td_type_width(d->type), rows) != TD_OK)
        return TD_FAIL;
    if (!out->width) td_buf_reserve(&out->data, 1); // offsets into it are never into NULL
    e.kind = c ? (enum td_ckind)c->kind : TD_C_BINARY;
    e.width = c ? c->width : 0;
    if (!put) put = put_illegal;
    if (copied_whole(&e)) return TD_OK;
    for (uint32_t i = 0; i < rows; i++) {
        enum cell cell = x->skip && x->skip[i] ? CELL_NULL : cell_of(&e, i, &p, &n);

        if (cell == CELL_VALUE)
            put(&e, i, p, n);
        else
            td_pstore_null(&e, i);
    }
    return td_buf_ok(&out->data) ? TD_OK : TD_FAIL;
}

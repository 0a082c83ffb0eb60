#include "wire/build.h"

#include <limits.h>

#include "base/alloc.h"
#include "base/utf.h"

enum { HEADER = 28, PER_COL = 9, TRAILER = 1 };

struct col {
    struct td_build_col def;
    bool var;
    uint32_t rows;      /* values put so far, NULLs included */
    uint32_t longest;   /* longest value, for columns without a given size */
    struct td_buf head; /* bitmap or offsets */
    struct td_buf data;
};

enum trouble { NONE, NO_MEMORY, TOO_BIG, MISUSED, VALUE };

struct td_build {
    uint32_t ncols, rows;
    size_t max_bytes;
    size_t size; /* bytes of all heads and data */
    enum trouble trouble;
    uint32_t trouble_col;
    struct col cols[];
};

struct td_build *td_build_new(const struct td_build_col *cols, uint32_t ncols, size_t max_bytes)
{
    struct td_build *b = td_calloc(1, sizeof *b + ncols * sizeof b->cols[0]);

    if (!b) return NULL;
    b->ncols = ncols;
    b->max_bytes = max_bytes < INT32_MAX ? max_bytes : INT32_MAX;
    for (uint32_t i = 0; i < ncols; i++) {
        struct col *c = &b->cols[i];
        c->def = cols[i];
        c->var = td_type_is_var(cols[i].type);
        c->head = TD_BUF_INIT(b->max_bytes);
        c->data = TD_BUF_INIT(b->max_bytes);
    }
    return b;
}

void td_build_free(struct td_build *b)
{
    if (!b) return;
    for (uint32_t i = 0; i < b->ncols; i++) {
        td_buf_free(&b->cols[i].head);
        td_buf_free(&b->cols[i].data);
    }
    td_free(b);
}

static void fail(struct td_build *b, enum trouble t, uint32_t col)
{
    if (b->trouble == NONE) {
        b->trouble = t;
        b->trouble_col = col;
    }
}

/* Checks that the row has no value yet, and counts `n` more bytes against the ceiling. */
static struct col *begin(struct td_build *b, uint32_t col, size_t n)
{
    if (b->trouble != NONE) return NULL;
    if (col >= b->ncols || b->cols[col].rows != b->rows) {
        fail(b, MISUSED, col);
        return NULL;
    }
    if (n > b->max_bytes - b->size) {
        fail(b, TOO_BIG, col);
        return NULL;
    }
    b->size += n;
    return &b->cols[col];
}

/* Writes the NULL bit or the offset of the row. A bitmap grows by a byte every eighth row. */
static bool put_head(struct td_build *b, uint32_t col, bool null)
{
    struct col *c = &b->cols[col];
    bool ok = true;

    if (c->var)
        ok = td_buf_u32(&c->head, null ? UINT32_MAX : (uint32_t)c->data.n);
    else {
        if ((c->rows & 7) == 0) ok = td_buf_u8(&c->head, 0);
        if (ok && null) c->head.p[c->rows >> 3] |= (uint8_t)(0x80u >> (c->rows & 7));
    }
    if (!ok) {
        fail(b, NO_MEMORY, col);
        return false;
    }
    c->rows++;
    return true;
}

static size_t head_cost(const struct col *c)
{
    return c->var ? 4 : (c->rows & 7) == 0 ? 1 : 0;
}

static void put_fixed(struct td_build *b, uint32_t col, const void *v, size_t width, bool null)
{
    struct col *c = col < b->ncols ? &b->cols[col] : NULL;

    c = begin(b, col, (c ? head_cost(c) : 0) + width);
    if (!c || !put_head(b, col, null)) return;
    if (!td_buf_put(&c->data, v, width)) fail(b, NO_MEMORY, col);
}

void td_build_null(struct td_build *b, uint32_t col)
{
    static const uint8_t zero[16];

    put_fixed(b, col, zero, col < b->ncols ? (size_t)td_type_width(b->cols[col].def.type) : 0,
              true);
}

void td_build_int(struct td_build *b, uint32_t col, int64_t v)
{
    const int width = col < b->ncols ? td_type_width(b->cols[col].def.type) : 0;
    uint8_t bytes[8];

    if (width < 1 || width > 8) {
        fail(b, MISUSED, col);
        return;
    }
    td_st64(bytes, (uint64_t)v);
    if (b->cols[col].def.type == TD_T_BOOL) bytes[0] = v != 0;
    put_fixed(b, col, bytes, (size_t)width, false);
}

void td_build_double(struct td_build *b, uint32_t col, double v)
{
    if (col < b->ncols && b->cols[col].def.type == TD_T_FLOAT) {
        const float f = (float)v;
        put_fixed(b, col, &f, sizeof f, false);
    } else if (col < b->ncols && b->cols[col].def.type == TD_T_DOUBLE)
        put_fixed(b, col, &v, sizeof v, false);
    else
        fail(b, MISUSED, col);
}

void td_build_dec(struct td_build *b, uint32_t col, struct td_i128 v)
{
    uint8_t bytes[16];
    const int type = col < b->ncols ? b->cols[col].def.type : TD_T_NULL;

    td_st64(bytes, v.lo);
    td_st64(bytes + 8, (uint64_t)v.hi);
    if (type == TD_T_DECIMAL128)
        put_fixed(b, col, bytes, 16, false);
    else if (type != TD_T_DECIMAL64)
        fail(b, MISUSED, col);
    else if (v.hi != ((int64_t)v.lo < 0 ? -1 : 0))
        fail(b, VALUE, col);
    else
        put_fixed(b, col, bytes, 8, false);
}

/* Room for a variable value of n bytes: offset, prefix and space. NULL on failure. */
static uint8_t *put_var(struct td_build *b, uint32_t col, size_t n)
{
    struct col *c = col < b->ncols && b->cols[col].var ? &b->cols[col] : NULL;
    const bool blob = c && c->def.type == TD_T_BLOB;
    const size_t prefix = blob ? 4 : 2;
    uint8_t *p;

    if (!c) {
        fail(b, MISUSED, col);
        return NULL;
    }
    if (n > (blob ? (size_t)INT32_MAX - 4 : UINT16_MAX)) {
        fail(b, VALUE, col);
        return NULL;
    }
    c = begin(b, col, 4 + prefix + n);
    if (!c || !put_head(b, col, false)) return NULL;
    if (!td_buf_reserve(&c->data, prefix + n)) {
        fail(b, NO_MEMORY, col);
        return NULL;
    }
    p = c->data.p + c->data.n;
    if (blob)
        td_st32(p, (uint32_t)n);
    else
        td_st16(p, (uint16_t)n);
    c->data.n += prefix + n;
    if (n > c->longest) c->longest = (uint32_t)n;
    return p + prefix;
}

void td_build_bytes(struct td_build *b, uint32_t col, const void *p, size_t n)
{
    uint8_t *to = put_var(b, col, n);

    if (to && n) memcpy(to, p, n);
}

void td_build_utf8(struct td_build *b, uint32_t col, struct td_str s)
{
    struct td_conv need;
    uint8_t *to;

    if (col >= b->ncols || b->cols[col].def.type != TD_T_NCHAR) {
        td_build_bytes(b, col, s.p, s.n);
        return;
    }
    need = td_utf8_to_utf32(s.p, s.n, NULL, SIZE_MAX, false);
    to = put_var(b, col, need.out);
    if (to) td_utf8_to_utf32(s.p, s.n, to, need.out, false);
}

void td_build_end_row(struct td_build *b)
{
    for (uint32_t i = 0; i < b->ncols && b->trouble == NONE; i++) {
        if (b->cols[i].rows == b->rows) td_build_null(b, i);
    }
    if (b->trouble == NONE) b->rows++;
}

uint32_t td_build_rows(const struct td_build *b)
{
    return b->rows;
}

size_t td_build_size(const struct td_build *b)
{
    return HEADER + PER_COL * (size_t)b->ncols + b->size + TRAILER;
}

static enum td_rc report(const struct td_build *b, struct td_err *err)
{
    switch (b->trouble) {
    case NO_MEMORY:
        return td_err_nomem(err);
    case TOO_BIG:
        return td_err_set(err, TD_ST_HY001, 0, "a block of more than %zu bytes is needed",
                          b->max_bytes);
    case VALUE:
        return td_err_set(err, TD_ST_HY000, 0, "a value is too long for its type (column %u)",
                          b->trouble_col + 1);
    default:
        return td_err_set(err, TD_ST_HY000, 0, "values of a row put in a wrong way (column %u)",
                          b->trouble_col + 1);
    }
}

static int32_t internal_size(const struct col *c)
{
    if (c->def.type == TD_T_DECIMAL64 || c->def.type == TD_T_DECIMAL128)
        return (int32_t)((uint32_t)td_type_width(c->def.type) << 24 |
                         (uint32_t)c->def.precision << 8 | c->def.scale);
    if (c->def.bytes > 0) return c->def.bytes;
    switch (c->def.type) {
    case TD_T_JSON:
        return 16384;
    case TD_T_BLOB:
        return 5; /* as taosd says: the size of its reference */
    default:
        return c->var ? (int32_t)c->longest + 2 : td_type_width(c->def.type);
    }
}

static void write_block(const struct td_build *b, uint8_t *p, size_t total)
{
    uint8_t *info = p + HEADER, *lens = info + 5 * (size_t)b->ncols, *at = p + HEADER;

    memset(p, 0, HEADER);
    td_st32(p, 1);
    td_st32(p + 4, (uint32_t)total);
    td_st32(p + 8, b->rows);
    td_st32(p + 12, b->ncols);
    td_st32(p + 16, 0x80000000u);
    at += PER_COL * (size_t)b->ncols;
    for (uint32_t i = 0; i < b->ncols; i++) {
        const struct col *c = &b->cols[i];
        info[5 * (size_t)i] = c->def.type;
        td_st32(info + 5 * (size_t)i + 1, (uint32_t)internal_size(c));
        td_st32(lens + 4 * (size_t)i, (uint32_t)c->data.n);
        memcpy(at, c->head.p, c->head.n);
        at += c->head.n;
        if (c->data.n) memcpy(at, c->data.p, c->data.n);
        at += c->data.n;
    }
    *at = 0;
}

enum td_rc td_build_finish(struct td_build *b, uint8_t **block, size_t *n, struct td_err *err)
{
    const size_t total = td_build_size(b);
    enum td_rc rc = TD_OK;

    *block = NULL;
    *n = 0;
    for (uint32_t i = 0; i < b->ncols; i++) {
        if (b->cols[i].rows != b->rows) fail(b, MISUSED, i);
    }
    if (b->trouble == NONE && total > INT32_MAX) fail(b, TOO_BIG, 0);
    if (b->trouble != NONE)
        rc = report(b, err);
    else if (b->rows > 0) {
        *block = td_malloc(total);
        if (*block) {
            write_block(b, *block, total);
            *n = total;
        } else
            rc = td_err_nomem(err);
    }
    for (uint32_t i = 0; i < b->ncols; i++) {
        td_buf_reset(&b->cols[i].head);
        td_buf_reset(&b->cols[i].data);
        b->cols[i].rows = b->cols[i].longest = 0;
        b->cols[i].head.failed = b->cols[i].data.failed = false;
    }
    b->rows = 0;
    b->size = 0;
    b->trouble = NONE;
    return rc;
}

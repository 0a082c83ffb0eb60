#include "wire/block.h"

#include <limits.h>

/* Sizes of protocol.md section 3.1. */
enum { HEADER = 28, PER_COL = 9, COL_INFO = 5, TRAILER = 1 };
#define FLAG_COL_INFO 0x80000000u

static const uint8_t g_width[TD_T_COUNT] = {
    [TD_T_BOOL] = 1,      [TD_T_TINYINT] = 1,    [TD_T_SMALLINT] = 2, [TD_T_INT] = 4,
    [TD_T_BIGINT] = 8,    [TD_T_FLOAT] = 4,      [TD_T_DOUBLE] = 8,   [TD_T_TIMESTAMP] = 8,
    [TD_T_UTINYINT] = 1,  [TD_T_USMALLINT] = 2,  [TD_T_UINT] = 4,     [TD_T_UBIGINT] = 8,
    [TD_T_DECIMAL64] = 8, [TD_T_DECIMAL128] = 16};

int td_type_width(int type)
{
    return type >= 0 && type < TD_T_COUNT ? g_width[type] : 0;
}

bool td_type_is_var(int type)
{
    switch (type) {
    case TD_T_VARCHAR:
    case TD_T_NCHAR:
    case TD_T_JSON:
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
    case TD_T_BLOB:
        return true;
    default:
        return false;
    }
}

bool td_type_known(int type)
{
    return type >= 0 && type < TD_T_COUNT && type != TD_T_MEDIUMBLOB;
}

static enum td_rc corrupt(struct td_err *err, const char *what, uint32_t col)
{
    return td_err_set(err, TD_ST_HY000, 0, "corrupt block: %s (column %u)", what, col + 1);
}

static enum td_rc corrupt_row(struct td_err *err, const char *what, uint32_t col, uint32_t row)
{
    return td_err_set(err, TD_ST_HY000, 0, "corrupt block: %s (column %u, row %u)", what, col + 1,
                      row + 1);
}

/* Follows every offset of a variable column: offsets may repeat and go back (protocol.md 3.4), so
   each is checked on its own against the data area. */
static enum td_rc check_var(const struct td_col *c, uint32_t col, struct td_err *err)
{
    const uint32_t prefix = c->type == TD_T_BLOB ? 4 : 2;

    for (uint32_t row = 0; row < c->rows; row++) {
        const uint32_t off = td_ld32(c->offsets + 4 * (size_t)row);
        uint32_t n;
        if (off == UINT32_MAX) continue;
        if (off > INT32_MAX || c->len < prefix || off > c->len - prefix)
            return corrupt_row(err, "offset outside the column", col, row);
        n = prefix == 4 ? td_ld32(c->data + off) : td_ld16(c->data + off);
        if (n > c->len - prefix - off)
            return corrupt_row(err, "value longer than the column", col, row);
        if (c->type == TD_T_NCHAR && (n & 3))
            return corrupt_row(err, "NCHAR length not a multiple of 4", col, row);
    }
    return TD_OK;
}

/* An untyped column has no data at all, so a row that is not NULL would have no value (protocol.md
   3.3). */
static enum td_rc check_null_type(const struct td_col *c, uint32_t col, struct td_err *err)
{
    for (uint32_t row = 0; row < c->rows; row++) {
        if (!td_col_is_null(c, row))
            return corrupt_row(err, "value in an untyped column", col, row);
    }
    return TD_OK;
}

static enum td_rc check_decimal(const struct td_col *c, uint32_t col, struct td_err *err)
{
    const uint8_t max = c->type == TD_T_DECIMAL64 ? 18 : 38;

    if (c->precision < 1 || c->precision > max || c->scale > c->precision)
        return corrupt(err, "decimal precision or scale out of range", col);
    return TD_OK;
}

/* Reads the column info at `info` (5 bytes) and the data length, and places the column's parts.
   *pos moves behind it. */
static enum td_rc open_col(const uint8_t *p, size_t end, size_t *pos, const uint8_t *info,
                           uint32_t len, struct td_col *c, uint32_t col, struct td_err *err)
{
    const bool var = td_type_is_var(info[0]);
    const uint64_t head = var ? 4 * (uint64_t)c->rows : ((uint64_t)c->rows + 7) / 8;

    if (!td_type_known(info[0]))
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: unknown type code %u (column %u)",
                          info[0], col + 1);
    c->type = info[0];
    c->precision = c->scale = 0;
    c->bytes = (int32_t)td_ld32(info + 1);
    c->len = len;
    if (head > end - *pos || len > end - *pos - head)
        return corrupt(err, "column longer than the block", col);
    if (!var && len != (uint64_t)c->rows * g_width[c->type])
        return corrupt(err, "column length differs from rows times width", col);
    c->nulls = var ? NULL : p + *pos;
    c->offsets = var ? p + *pos : NULL;
    c->data = p + *pos + head;
    *pos += (size_t)head + len;
    if (var) return check_var(c, col, err);
    if (c->type == TD_T_NULL) return check_null_type(c, col, err);
    if (c->type == TD_T_DECIMAL64 || c->type == TD_T_DECIMAL128) {
        /* In memory order: scale, precision, 0, storage size (protocol.md 3.1). */
        c->scale = info[1];
        c->precision = info[2];
        return check_decimal(c, col, err);
    }
    return TD_OK;
}

static enum td_rc check_header(const uint8_t *p, size_t n, uint32_t ncols, struct td_err *err)
{
    if (n < HEADER + TRAILER || n > INT32_MAX)
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: %zu bytes", n);
    /* The version at offset 0 is not looked at: it does not tell the layout (protocol.md 3.2). */
    if (td_ld32(p + 4) != n)
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: says %u bytes, has %zu",
                          td_ld32(p + 4), n);
    if (td_ld32(p + 8) == 0 || td_ld32(p + 8) > INT32_MAX)
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: %u rows", td_ld32(p + 8));
    if (ncols == 0 || td_ld32(p + 12) != ncols)
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: %u columns where the result has %u",
                          td_ld32(p + 12), ncols);
    if (!(td_ld32(p + 16) & FLAG_COL_INFO))
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: no column info");
    if ((n - HEADER - TRAILER) / PER_COL < ncols)
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: too short for %u columns", ncols);
    return TD_OK;
}

enum td_rc td_block_open(const void *block, size_t n, const uint8_t *types, struct td_col *cols,
                         uint32_t ncols, uint8_t ts_prec, struct td_block *out, struct td_err *err)
{
    const uint8_t *p = block, *info, *lens;
    size_t pos;
    uint32_t rows;

    out->rows = out->ncols = 0;
    out->cols = cols;
    out->bytes = NULL;
    out->len = 0;
    if (check_header(p, n, ncols, err) != TD_OK) return TD_FAIL;
    rows = td_ld32(p + 8);
    info = p + HEADER;
    lens = info + COL_INFO * (size_t)ncols;
    pos = HEADER + PER_COL * (size_t)ncols;
    for (uint32_t i = 0; i < ncols; i++) {
        const uint8_t *ci = info + COL_INFO * (size_t)i;
        if (types && ci[0] != types[i])
            return td_err_set(err, TD_ST_HY000, 0,
                              "corrupt block: type %u where the result has %u (column %u)", ci[0],
                              types[i], i + 1);
        cols[i].rows = rows;
        cols[i].ts_prec = ts_prec;
        if (open_col(p, n - TRAILER, &pos, ci, td_ld32(lens + 4 * (size_t)i), &cols[i], i, err) !=
            TD_OK)
            return TD_FAIL;
    }
    if (pos != n - TRAILER)
        return td_err_set(err, TD_ST_HY000, 0, "corrupt block: %zu bytes left over",
                          n - TRAILER - pos);
    out->rows = rows;
    out->ncols = ncols;
    out->bytes = p;
    out->len = n;
    return TD_OK;
}

bool td_col_json_null(const struct td_col *c, uint32_t row)
{
    struct td_str s;

    if (td_col_is_null(c, row)) return true;
    s = td_col_var(c, row);
    return s.n == 4 && memcmp(s.p, "null", 4) == 0;
}

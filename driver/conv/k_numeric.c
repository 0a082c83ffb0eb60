/*
 * k_numeric.c: numbers and text to SQL_C_NUMERIC, and numbers to SQL_C_BINARY.
 *
 * NUMERIC takes the application's precision and scale (SQL_DESC_PRECISION, SQL_DESC_SCALE of the
 * ARD record). Where no scale is set it is the column's for DECIMAL, so that no digit is lost
 * (C-13), and 0 for all others as the reference has it. BINARY is the value as its default C type
 * holds it (a DECIMAL: SQL_NUMERIC_STRUCT), whole or not at all (22003).
 */
#include "conv/numeric.h"

#include "conv/textsrc.h"

static bool is_decimal(int type)
{
    return type == TD_T_DECIMAL64 || type == TD_T_DECIMAL128;
}

bool td_value_text(const struct td_col *c, uint32_t row, char buf[TD_VALUE_TEXT],
                   struct td_str *out)
{
    struct td_str v = td_col_var(c, row);
    size_t from = 0, to = v.n / 4;

    if (c->type != TD_T_NCHAR) {
        *out = td_str_trim(v);
        return true;
    }
    while (from < to && td_ld32(v.p + from * 4) < 0x80 && td_isspace((char)td_ld32(v.p + from * 4)))
        from++;
    while (from < to && td_ld32(v.p + to * 4 - 4) < 0x80 &&
           td_isspace((char)td_ld32(v.p + to * 4 - 4)))
        to--;
    if (to - from > TD_VALUE_TEXT) return false;
    for (size_t i = from; i < to; i++) {
        uint32_t cp = td_ld32(v.p + i * 4);

        if (cp >= 0x80) return false;
        buf[i - from] = (char)cp;
    }
    *out = (struct td_str){buf, to - from};
    return true;
}

enum td_num_parse td_put_int(enum td_ckind kind, uint8_t *dst, enum td_num_parse rc, int64_t v,
                             bool negative)
{
    static const struct {
        int64_t min, max;
        size_t width;
    } limits[TD_C_COUNT] = {
        [TD_C_BIT] = {0, 1, 1},          [TD_C_I8] = {INT8_MIN, INT8_MAX, 1},
        [TD_C_U8] = {0, UINT8_MAX, 1},   [TD_C_I16] = {INT16_MIN, INT16_MAX, 2},
        [TD_C_U16] = {0, UINT16_MAX, 2}, [TD_C_I32] = {INT32_MIN, INT32_MAX, 4},
        [TD_C_U32] = {0, UINT32_MAX, 4}, [TD_C_I64] = {INT64_MIN, INT64_MAX, 8},
    };

    if (rc != TD_NP_OK && rc != TD_NP_FRACTION) return rc;
    if (v < limits[kind].min || v > limits[kind].max) return TD_NP_RANGE;
    // −0.5 may be cut to an integer 0, but it is less than any bit
    if (kind == TD_C_BIT && rc == TD_NP_FRACTION && negative) return TD_NP_RANGE;
    memcpy(dst, &v, limits[kind].width);
    return rc;
}

void td_end_number(const struct td_target *t, uint32_t i, enum td_num_parse rc, SQLLEN width,
                   struct td_kctx *x)
{
    switch (rc) {
    case TD_NP_FORMAT:
        td_report(x, i, TD_ST_22018, NULL);
        return;
    case TD_NP_RANGE:
        td_report(x, i, TD_ST_22003, NULL);
        return;
    case TD_NP_FRACTION:
        td_report(x, i, TD_ST_01S07, NULL);
        break;
    case TD_NP_OK:
        break;
    }
    td_put_len(t, i, width);
}

/* The cell's value in the given scale. NaN and infinity are RANGE (decisions.md section 2: 22003).
 */
static enum td_num_parse exact_at(const struct td_col *c, uint32_t row, int scale,
                                  struct td_dec *out)
{
    char buf[TD_VALUE_TEXT];
    struct td_str s;
    enum td_num_parse rc;
    double d;
    int64_t v;

    if (td_type_is_text(c->type))
        return td_value_text(c, row, buf, &s) ? td_text_dec(s, scale, out) : TD_NP_FORMAT;
    switch (c->type) {
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        td_load_dec(c, row, out);
        return td_dec_rescale(*out, scale, out);
    case TD_T_FLOAT: // by its own shortest text: that of the double nearest to it would show the
                     // error
        td_load_reals(c, row, 1, &d);
        s = (struct td_str){buf, td_float_text((float)d, buf)};
        rc = td_text_dec(s, scale, out);
        return rc == TD_NP_FORMAT ? TD_NP_RANGE : rc;
    case TD_T_DOUBLE:
        td_load_reals(c, row, 1, &d);
        rc = td_double_dec(d, scale, out);
        return rc == TD_NP_FORMAT ? TD_NP_RANGE : rc;
    default:
        td_int_loader(c->type)(c->data + (size_t)row * (size_t)td_type_width(c->type), 1, &v);
        out->v = c->type == TD_T_UBIGINT ? td_i128_ofu((uint64_t)v) : td_i128_of(v);
        out->scale = 0;
        return td_dec_rescale(*out, scale, out);
    }
}

static void put_numeric(uint8_t *dst, struct td_dec d, int precision)
{
    SQL_NUMERIC_STRUCT s;
    bool negative;

    memset(&s, 0, sizeof s);
    s.precision = (SQLCHAR)precision;
    s.scale = (SQLSCHAR)d.scale;
    td_dec_to_le16(d, s.val, &negative);
    s.sign = !negative;
    memcpy(dst, &s, sizeof s);
}

static void to_numeric(const struct td_col *col, uint32_t row0, uint32_t n,
                       const struct td_target *t, struct td_kctx *x)
{
    int limit = x->num_precision >= 1 && x->num_precision <= 38 ? x->num_precision : 38;
    int scale = x->num_scale_set ? x->num_scale : is_decimal(col->type) ? col->scale : 0;
    int shown = is_decimal(col->type) && !x->num_scale_set && col->precision < limit
                    ? col->precision
                    : limit;
    struct td_dec d;

    if (scale < 0) scale = 0; // the structure says which scale its value has
    if (scale > 38) scale = 38;
    for (uint32_t i = 0; i < n; i++) {
        if (td_cell_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        enum td_num_parse rc = exact_at(col, row0 + i, scale, &d);
        if ((rc == TD_NP_OK || rc == TD_NP_FRACTION) && !td_dec_fits(d, limit)) rc = TD_NP_RANGE;
        if (t->base && (rc == TD_NP_OK || rc == TD_NP_FRACTION))
            put_numeric(td_slot(t, i), d, shown);
        td_end_number(t, i, rc, sizeof(SQL_NUMERIC_STRUCT), x);
    }
}

/* Writes the value as its default C type holds it; returns the width. `out` has room for
 * SQL_NUMERIC_STRUCT. */
static size_t raw_of(const struct td_col *c, uint32_t row, uint8_t *out)
{
    // unsigned types but the largest are described as the next wider signed one
    static const uint8_t widths[TD_T_COUNT] = {
        [TD_T_BOOL] = 1,    [TD_T_TINYINT] = 1,  [TD_T_SMALLINT] = 2,  [TD_T_INT] = 4,
        [TD_T_BIGINT] = 8,  [TD_T_UTINYINT] = 2, [TD_T_USMALLINT] = 4, [TD_T_UINT] = 8,
        [TD_T_UBIGINT] = 8, [TD_T_FLOAT] = 4,    [TD_T_DOUBLE] = 8,
    };
    struct td_dec d;
    int64_t v;

    if (is_decimal(c->type)) {
        td_load_dec(c, row, &d);
        put_numeric(out, d, c->precision);
        return sizeof(SQL_NUMERIC_STRUCT);
    }
    if (c->type == TD_T_FLOAT || c->type == TD_T_DOUBLE) {
        memcpy(out, c->data + (size_t)row * widths[c->type], widths[c->type]);
    } else {
        td_int_loader(c->type)(c->data + (size_t)row * (size_t)td_type_width(c->type), 1, &v);
        memcpy(out, &v, widths[c->type]);
    }
    return widths[c->type];
}

static void to_raw(const struct td_col *col, uint32_t row0, uint32_t n, const struct td_target *t,
                   struct td_kctx *x)
{
    uint8_t value[sizeof(SQL_NUMERIC_STRUCT)];

    for (uint32_t i = 0; i < n; i++) {
        if (td_col_is_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        size_t width = raw_of(col, row0 + i, value);
        if (t->base && t->cap < (SQLLEN)width) {
            td_report(x, i, TD_ST_22003, "The buffer is too short for the number's bytes");
            continue;
        }
        if (t->base) memcpy(td_slot(t, i), value, width);
        td_put_len(t, i, (SQLLEN)width);
    }
}

td_kernel td_k_numeric(void)
{
    return to_numeric;
}

td_kernel td_k_rawbytes(void)
{
    return to_raw;
}

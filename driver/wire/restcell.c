#include "wire/restcell.h"

#include "base/civil.h"

/* Integers as written, never by a double (protocol.md 1.6: full 64-bit range). */
static bool put_int(struct td_build *b, uint32_t col, int type, struct td_str v)
{
    static const struct {
        uint8_t type;
        int64_t min, max;
    } range[] = {{TD_T_TINYINT, INT8_MIN, INT8_MAX}, {TD_T_SMALLINT, INT16_MIN, INT16_MAX},
                 {TD_T_INT, INT32_MIN, INT32_MAX},   {TD_T_BIGINT, INT64_MIN, INT64_MAX},
                 {TD_T_UTINYINT, 0, UINT8_MAX},      {TD_T_USMALLINT, 0, UINT16_MAX},
                 {TD_T_UINT, 0, UINT32_MAX}};
    int64_t i;
    uint64_t u;

    if (type == TD_T_UBIGINT) {
        if (td_text_u64(v, &u) != TD_NP_OK) return false;
        td_build_int(b, col, (int64_t)u);
        return true;
    }
    if (td_text_i64(v, &i) != TD_NP_OK) return false;
    for (size_t k = 0; k < sizeof range / sizeof *range; k++) {
        if (range[k].type != type) continue;
        if (i < range[k].min || i > range[k].max) return false;
        td_build_int(b, col, i);
        return true;
    }
    return false;
}

static bool put_real(struct td_build *b, uint32_t col, int type, struct td_str v)
{
    double d;
    float f;

    if (type == TD_T_FLOAT) {
        if (td_text_float(v, &f) != TD_NP_OK) return false;
        d = (double)f;
    } else if (td_text_double(v, &d) != TD_NP_OK)
        return false;
    td_build_double(b, col, d);
    return true;
}

/* Exactly `scale` fraction digits (protocol.md 1.6). More digits than the declared precision are
   possible where a client stored garbage (section 11); what counts is that the storage holds them.
 */
static bool put_dec(struct td_build *b, uint32_t col, const struct td_build_col *def,
                    struct td_str v)
{
    struct td_dec d;

    if (td_text_dec(v, def->scale, &d) != TD_NP_OK ||
        (def->type == TD_T_DECIMAL64 && d.v.hi != ((int64_t)d.v.lo < 0 ? -1 : 0)))
        return false;
    td_build_dec(b, col, d.v);
    return true;
}

/* The number of fraction digits is the precision: 3, 6 or 9. */
static int digits_of(struct td_str v)
{
    const char *dot = v.n ? memchr(v.p, '.', v.n) : NULL;
    int n = 0;

    while (dot && dot + 1 + n < v.p + v.n && td_isdigit(dot[1 + n]))
        n++;
    return n == 3 ? 0 : n == 6 ? 1 : n == 9 ? 2 : -1;
}

static bool put_time(struct td_build *b, uint32_t col, struct td_str v, int *prec)
{
    struct td_time_text t;
    int64_t epoch;
    bool lost = false;

    if (*prec < 0) *prec = digits_of(v);
    if (*prec < 0 || td_time_read(v, &t) != TD_TP_OK || t.kind != TD_TIME_TS || !t.has_offset ||
        !td_epoch_join(td_civil_to_sec(&t.c) - t.offset_sec, t.c.nanos, *prec, &epoch, &lost) ||
        lost)
        return false;
    td_build_int(b, col, epoch);
    return true;
}

static int nibble(char c)
{
    return td_isdigit(c)                              ? c - '0'
           : td_lower(c) >= 'a' && td_lower(c) <= 'f' ? td_lower(c) - 'a' + 10
                                                      : -1;
}

/* Hex in place: the lexer's text is ours until the next token, but may lie in the caller's piece,
   so into a buffer. */
static bool put_hex(struct td_build *b, uint32_t col, struct td_str v)
{
    struct td_buf out = TD_BUF_INIT(v.n / 2 + 64);
    bool ok = v.n % 2 == 0 && td_buf_reserve(&out, v.n / 2 + 1);

    for (size_t i = 0; ok && i < v.n; i += 2) {
        const int hi = nibble(v.p[i]), lo = nibble(v.p[i + 1]);
        ok = hi >= 0 && lo >= 0;
        out.p[out.n++] = (uint8_t)(hi * 16 + lo);
    }
    if (ok) td_build_bytes(b, col, out.p, out.n);
    td_buf_free(&out);
    return ok;
}

bool td_restcell_put(struct td_build *b, uint32_t col, const struct td_build_col *def,
                     enum td_tok tok, struct td_str v, int *prec)
{
    const bool scalar = tok == TD_TOK_SCALAR, str = tok == TD_TOK_STR;

    if ((scalar || tok == TD_TOK_RAW) && td_str_eq(v, TD_STR("null"))) {
        td_build_null(b, col);
        return true;
    }
    switch (def->type) {
    case TD_T_BOOL:
        if (!scalar || (!td_str_eq(v, TD_STR("true")) && !td_str_eq(v, TD_STR("false"))))
            return false;
        td_build_int(b, col, v.p[0] == 't');
        return true;
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        return scalar && put_real(b, col, def->type, v);
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        return str && put_dec(b, col, def, v);
    case TD_T_TIMESTAMP:
        return str && put_time(b, col, v, prec);
    case TD_T_VARCHAR:
    case TD_T_NCHAR:
        if (str) td_build_utf8(b, col, v);
        return str;
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
    case TD_T_BLOB:
        return str && put_hex(b, col, v);
    case TD_T_JSON:
        if (tok == TD_TOK_RAW) td_build_bytes(b, col, v.p, v.n);
        return tok == TD_TOK_RAW;
    case TD_T_NULL:
        return false;
    default:
        return scalar && put_int(b, col, def->type, v);
    }
}

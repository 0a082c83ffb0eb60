/*
 * p_int.c: parameters into BOOL and the integer types (ODBC reference, "C to SQL: Numeric",
 * "Character", "Bit", "Binary", "Year-Month Intervals").
 *
 * Lost whole digits are 22003 (as SQLExecute's table of states has it, also for text), a lost
 * fraction is 01S07 for a number and 22001 for text. BOOL takes 0 and 1: between them 22001, else
 * 22003; and the words true and false.
 */
#include "conv/pcommon.h"

static bool in_range(int td_type, struct td_pint v)
{
    static const int64_t least[TD_T_COUNT] = {[TD_T_TINYINT] = INT8_MIN,
                                              [TD_T_SMALLINT] = INT16_MIN,
                                              [TD_T_INT] = INT32_MIN,
                                              [TD_T_BIGINT] = INT64_MIN};
    static const uint64_t most[TD_T_COUNT] = {
        [TD_T_BOOL] = 1,          [TD_T_TINYINT] = INT8_MAX,     [TD_T_SMALLINT] = INT16_MAX,
        [TD_T_INT] = INT32_MAX,   [TD_T_BIGINT] = INT64_MAX,     [TD_T_UTINYINT] = UINT8_MAX,
        [TD_T_UINT] = UINT32_MAX, [TD_T_USMALLINT] = UINT16_MAX, [TD_T_UBIGINT] = UINT64_MAX};

    if (!v.big && v.v < 0) return v.v >= least[td_type];
    return (uint64_t)v.v <= most[td_type];
}

static void store(struct td_penc *e, uint32_t i, struct td_pint v)
{
    if (in_range(e->d->type, v))
        td_pstore(e, i, &v.v, e->out->width); // little-endian: the low bytes
    else
        td_preport(e, i, TD_ST_22003, NULL);
}

/* A value that was cut toward zero. `negative` is the sign of a value that was cut to 0. */
static void store_cut(struct td_penc *e, uint32_t i, struct td_pint v, bool negative,
                      enum td_sqlstate cut)
{
    bool bit = e->d->type == TD_T_BOOL;

    if (!in_range(e->d->type, v) || (bit && negative)) {
        td_preport(e, i, TD_ST_22003, NULL);
    } else if (bit) {
        td_preport(e, i, TD_ST_22001, "A bit is 0 or 1");
    } else {
        store(e, i, v);
        td_preport(e, i, cut, cut == TD_ST_01S07 ? NULL : "The column takes no fraction");
    }
}

static void from_int(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)n;
    store(e, i, td_pload_int(e->kind, p));
}

static void from_bit(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)n;
    if (td_pload_bit(e, i, p)) store(e, i, (struct td_pint){*p, false});
}

static void from_real(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    double d = td_pload_real(e->kind, p);
    struct td_pint v = {0, false};

    (void)n;
    if (d >= -0x1p63 && d < 0x1p63) {
        v.v = (int64_t)d;
        if ((double)v.v == d)
            store(e, i, v);
        else
            store_cut(e, i, v, d < 0, TD_ST_01S07);
    } else if (d >= 0x1p63 && d < 0x1p64) { // whole at this size
        store(e, i, (struct td_pint){(int64_t)(uint64_t)d, true});
    } else {
        td_preport(e, i, TD_ST_22003, NULL); // NaN and infinity too
    }
}

static void from_dec(struct td_penc *e, uint32_t i, struct td_dec d, enum td_sqlstate cut)
{
    struct td_pint v = {0, false};
    uint64_t u;
    enum td_num_parse rc = td_dec_i64(d, &v.v);

    if (rc == TD_NP_RANGE) {
        rc = td_dec_u64(d, &u);
        v = (struct td_pint){(int64_t)u, true};
    }
    if (rc == TD_NP_OK)
        store(e, i, v);
    else if (rc == TD_NP_FRACTION)
        store_cut(e, i, v, td_i128_neg(d.v), cut);
    else
        td_preport(e, i, TD_ST_22003, NULL);
}

static void from_numeric(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_dec d;

    (void)n;
    if (td_pload_numeric(e, i, p, &d)) from_dec(e, i, d, TD_ST_01S07);
}

static bool word_of_bool(struct td_str s, struct td_pint *v)
{
    v->big = false;
    v->v = td_str_ieqz(s, "true");
    return v->v || td_str_ieqz(s, "false");
}

static void from_text(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char buf[TD_PTEXT];
    struct td_str s;
    struct td_pint v = {0, false};
    uint64_t u;
    enum td_num_parse rc = TD_NP_FORMAT;

    if (td_ptext(e, p, n, buf, &s)) {
        if (e->d->type == TD_T_BOOL && word_of_bool(s, &v)) {
            store(e, i, v);
            return;
        }
        rc = td_text_i64(s, &v.v);
        if (rc == TD_NP_RANGE && e->d->type == TD_T_UBIGINT) {
            rc = td_text_u64(s, &u);
            v = (struct td_pint){(int64_t)u, (int64_t)u < 0};
        }
    }
    if (rc == TD_NP_OK)
        store(e, i, v);
    else if (rc == TD_NP_FRACTION)
        store_cut(e, i, v, s.p[0] == '-', TD_ST_22001);
    else
        td_preport(e, i, rc == TD_NP_FORMAT ? TD_ST_22018 : TD_ST_22003, NULL);
}

/* The bytes of the SQL type that the column is described as: small unsigned types are the next
   wider signed one (decisions.md section 1). */
static void from_binary(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    static const uint8_t kinds[TD_T_COUNT] = {
        [TD_T_BOOL] = TD_C_U8,       [TD_T_TINYINT] = TD_C_I8, [TD_T_SMALLINT] = TD_C_I16,
        [TD_T_INT] = TD_C_I32,       [TD_T_BIGINT] = TD_C_I64, [TD_T_UTINYINT] = TD_C_I16,
        [TD_T_USMALLINT] = TD_C_I32, [TD_T_UINT] = TD_C_I64,   [TD_T_UBIGINT] = TD_C_U64};
    size_t width = e->out->width;

    if (e->d->type >= TD_T_UTINYINT && e->d->type <= TD_T_UINT) width *= 2;
    if (n == width)
        store(e, i, td_pload_int((enum td_ckind)kinds[e->d->type], p));
    else
        td_preport(e, i, TD_ST_22003, "The length is not that of the column's type");
}

static void from_interval(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    uint32_t millionths;
    struct td_pint v = {td_pinterval_value(e->s->ctype, p, &millionths), false};

    (void)n;
    if (millionths)
        store_cut(e, i, v, v.v < 0, TD_ST_01S07);
    else
        store(e, i, v);
}

td_pput td_p_int(int td_type, const struct td_ctype *c)
{
    enum td_ckind kind = (enum td_ckind)c->kind;

    if (td_pkind_int(kind)) return from_int;
    switch (kind) {
    case TD_C_BIT:
        return from_bit;
    case TD_C_F32:
    case TD_C_F64:
        return from_real;
    case TD_C_NUMERIC:
        return from_numeric;
    case TD_C_CHAR:
    case TD_C_WCHAR:
        return from_text;
    case TD_C_BINARY:
        return from_binary;
    case TD_C_INTERVAL:
        return td_type != TD_T_BOOL && td_pinterval_single(c->ctype) ? from_interval : NULL;
    default:
        return NULL;
    }
}

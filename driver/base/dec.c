/*
 * dec.c: decimals as a sign and a 128-bit magnitude below 10^38. Between its entry and exit every
 * function works on the magnitude; two's complement appears only in of_mag and td_i128_abs.
 */
#include "base/dec.h"
#include "base/num_int.h"

#define MAX_DIGITS 38
#define TEN19      UINT64_C(10000000000000000000)

static struct td_u128 mag_of(struct td_i128 v)
{
    struct td_u128 m;

    td_i128_abs(v, &m.hi, &m.lo);
    return m;
}

static struct td_i128 of_mag(struct td_u128 m, bool neg)
{
    uint64_t hi = m.hi, lo = m.lo;

    if (neg) {
        lo = 0 - lo;
        hi = ~hi + (lo == 0);
    }
    return (struct td_i128){lo, (int64_t)hi};
}

/* 10^e, e ≤ 38. */
static struct td_u128 pow10_mag(int e)
{
    return e < 20 ? (struct td_u128){0, td_pow10_u64[e]} : td_mul64(TEN19, td_pow10_u64[e - 19]);
}

static bool in_range(struct td_u128 m)
{
    return td_cmp128(m, pow10_mag(MAX_DIGITS)) < 0;
}

/* m · 10^e, e ≤ 38; false when the result has more than 38 digits. */
static bool scale_up(struct td_u128 *m, int e)
{
    if (e > 19 && !td_muladd128(m, TEN19, 0)) return false;
    if (!td_muladd128(m, td_pow10_u64[e > 19 ? e - 19 : e], 0)) return false;
    return in_range(*m);
}

/* m / 10^e toward zero, e ≤ 38; true when something other than zeros was cut. */
static bool scale_down(struct td_u128 *m, int e)
{
    uint64_t rem1 = 0, rem2;

    if (e > 19) *m = td_div128(*m, TEN19, &rem1);
    *m = td_div128(*m, td_pow10_u64[e > 19 ? e - 19 : e], &rem2);
    return (rem1 | rem2) != 0;
}

struct td_i128 td_i128_of(int64_t v)
{
    return (struct td_i128){(uint64_t)v, v < 0 ? -1 : 0};
}

struct td_i128 td_i128_ofu(uint64_t v)
{
    return (struct td_i128){v, 0};
}

bool td_i128_neg(struct td_i128 v)
{
    return v.hi < 0;
}

void td_i128_abs(struct td_i128 v, uint64_t *hi, uint64_t *lo)
{
    *hi = (uint64_t)v.hi;
    *lo = v.lo;
    if (v.hi < 0) {
        *lo = 0 - *lo;
        *hi = ~*hi + (*lo == 0);
    }
}

int td_i128_digits(struct td_i128 v)
{
    struct td_u128 m = mag_of(v);
    uint64_t rem;

    if (m.hi == 0) return td_u64_digits(m.lo);
    m = td_div128(m, TEN19, &rem);
    /* Up to 2^127 / 10^19, which is below 2^64. */
    return 19 + (m.lo ? td_u64_digits(m.lo) : 0);
}

/* Writes the magnitude with at least `min` digits, zeros in front. */
static int put_mag(struct td_u128 m, int min, char out[TD_DEC_TEXT])
{
    uint64_t low = m.lo, high = 0;
    int n = 0, digits;

    if (m.hi) {
        struct td_u128 q = td_div128(m, TEN19, &low);

        high = q.lo;
    }
    digits = high ? 19 + td_u64_digits(high) : td_u64_digits(low);
    for (; n < min - digits; n++)
        out[n] = '0';
    if (high) {
        td_u64_put(high, out + n, digits - 19);
        n += digits - 19;
        digits = 19;
    }
    td_u64_put(low, out + n, digits);
    return n + digits;
}

size_t td_dec_text(struct td_dec d, char out[TD_DEC_TEXT])
{
    char *p = out;
    int n;

    if (td_i128_neg(d.v)) *p++ = '-';
    n = put_mag(mag_of(d.v), d.scale + 1, p);
    p += n;
    if (d.scale > 0) {
        memmove(p - d.scale + 1, p - d.scale, (size_t)d.scale);
        p[-d.scale] = '.';
        p++;
    }
    return (size_t)(p - out);
}

/*
 * The literal's digits below index `stop`, those that it does not have read as 0. stop − first ≤
 * 38.
 */
static struct td_u128 digits_mag(const struct td_num_lit *l, size_t first, size_t stop)
{
    struct td_u128 m = {0, 0};
    size_t count = td_num_count(l);

    while (first < stop) {
        uint64_t part = 0;
        int n = 0;

        for (; first < stop && n < 19; first++, n++)
            part = part * 10 + (first < count ? td_num_digit(l, first) : 0);
        td_muladd128(&m, td_pow10_u64[n], part);
    }
    return m;
}

/* The scale that the text itself asks for, less where 38 digits would not hold its integral part
   too. */
static int own_scale(const struct td_num_lit *l, size_t first)
{
    int64_t scale = (int64_t)l->frac.n - l->exp;
    int64_t whole = (int64_t)l->whole.n + l->exp - (int64_t)first;

    if (scale < 0) scale = 0;
    if (scale > MAX_DIGITS) scale = MAX_DIGITS;
    if (whole > 0 && scale > MAX_DIGITS - whole)
        scale = whole < MAX_DIGITS ? MAX_DIGITS - whole : 0;
    return (int)scale;
}

static enum td_num_parse dec_of_lit(const struct td_num_lit *l, int scale, struct td_dec *out)
{
    size_t first = td_num_first(l), count = td_num_count(l);
    int64_t stop;

    *out = (struct td_dec){{0, 0}, scale < 0 ? 0 : scale};
    if (first == count) {
        if (scale < 0) out->scale = l->frac.n < MAX_DIGITS ? (int)l->frac.n : MAX_DIGITS;
        return TD_NP_OK;
    }
    if (scale < 0) out->scale = own_scale(l, first);
    stop = (int64_t)l->whole.n + l->exp + out->scale;
    if (stop <= (int64_t)first) return TD_NP_FRACTION;
    if (stop - (int64_t)first > MAX_DIGITS) return TD_NP_RANGE;
    out->v = of_mag(digits_mag(l, first, (size_t)stop), l->neg);
    return td_num_any(l, (size_t)stop) ? TD_NP_FRACTION : TD_NP_OK;
}

enum td_num_parse td_text_dec(struct td_str s, int scale, struct td_dec *out)
{
    struct td_num_lit l;

    *out = (struct td_dec){{0, 0}, scale < 0 ? 0 : scale};
    if (!td_num_scan(s, &l)) return TD_NP_FORMAT;
    return dec_of_lit(&l, scale, out);
}

enum td_num_parse td_dec_rescale(struct td_dec d, int scale, struct td_dec *out)
{
    struct td_u128 m = mag_of(d.v);
    bool cut = false;

    out->scale = scale;
    out->v = td_i128_of(0);
    if (scale < d.scale)
        cut = scale_down(&m, d.scale - scale);
    else if (!scale_up(&m, scale - d.scale))
        return TD_NP_RANGE;
    out->v = of_mag(m, td_i128_neg(d.v));
    return cut ? TD_NP_FRACTION : TD_NP_OK;
}

bool td_dec_fits(struct td_dec d, int precision)
{
    return precision >= 0 &&
           td_cmp128(mag_of(d.v), pow10_mag(precision < MAX_DIGITS ? precision : MAX_DIGITS)) < 0;
}

enum td_num_parse td_dec_i64(struct td_dec d, int64_t *out)
{
    struct td_u128 m = mag_of(d.v);
    bool neg = td_i128_neg(d.v), cut = scale_down(&m, d.scale);

    *out = 0;
    if (m.hi || m.lo > (uint64_t)INT64_MAX + neg) return TD_NP_RANGE;
    *out = (int64_t)(neg ? 0 - m.lo : m.lo);
    return cut ? TD_NP_FRACTION : TD_NP_OK;
}

enum td_num_parse td_dec_u64(struct td_dec d, uint64_t *out)
{
    struct td_u128 m = mag_of(d.v);
    bool cut = scale_down(&m, d.scale);

    *out = 0;
    if (m.hi || (m.lo && td_i128_neg(d.v))) return TD_NP_RANGE;
    *out = m.lo;
    return cut ? TD_NP_FRACTION : TD_NP_OK;
}

double td_dec_double(struct td_dec d)
{
    char digits[TD_DEC_TEXT];
    int n = put_mag(mag_of(d.v), 1, digits);
    struct td_num_lit l = {
        false, {digits, digits[0] == '0' ? 0 : (size_t)n}, {digits, 0}, -d.scale};
    uint64_t bits = td_num_to_fp(&l, &td_fp_double) | (uint64_t)td_i128_neg(d.v) << 63;
    double v;

    memcpy(&v, &bits, 8);
    return v;
}

enum td_num_parse td_double_dec(double v, int scale, struct td_dec *out)
{
    char text[TD_DOUBLE_TEXT];

    return td_text_dec((struct td_str){text, td_double_text(v, text)}, scale, out);
}

void td_dec_to_le16(struct td_dec d, uint8_t out[16], bool *negative)
{
    struct td_u128 m = mag_of(d.v);

    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(m.lo >> 8 * i);
        out[i + 8] = (uint8_t)(m.hi >> 8 * i);
    }
    *negative = td_i128_neg(d.v);
}

bool td_dec_from_le16(const uint8_t in[16], bool negative, int scale, struct td_dec *out)
{
    struct td_u128 m = {0, 0};

    for (int i = 7; i >= 0; i--) {
        m.lo = m.lo << 8 | in[i];
        m.hi = m.hi << 8 | in[i + 8];
    }
    *out = (struct td_dec){{0, 0}, scale};
    if (!in_range(m)) return false;
    out->v = of_mag(m, negative);
    return true;
}

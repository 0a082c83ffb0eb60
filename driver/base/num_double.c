/*
 * num_double.c: the shortest text of a double or float that reads back to the same value.
 *
 * The digits come from Raffaello Giulietti's Schubfach ("The Schubfach way to render doubles",
 * 2020): the interval of reals that round to the value is scaled by a power of ten so that it holds
 * one or a few integers; of those the one with the most trailing zeros, then the nearest, is taken.
 * Integer arithmetic only, so the application's floating-point rounding mode does not matter.
 */
#include "base/num_int.h"

struct shortest {
    uint64_t digits;
    int32_t exp; /* value = digits · 10^exp */
};

/* g · cp / 2^128 rounded to odd: the lowest bit is set when anything was cut, so that comparisons
   stay exact. */
static uint64_t round_to_odd(struct td_u128 g, uint64_t cp)
{
    struct td_u128 x = td_mul64(g.lo, cp);
    struct td_u128 y = td_mul64(g.hi, cp);
    uint64_t mid = y.lo + x.hi;

    y.hi += mid < x.hi;
    return y.hi | (mid > 1);
}

/* The value is c · 2^q; `closer` when the neighbour below is half as far as the one above (c is a
   power of two). */
static struct shortest schubfach(uint64_t c, int32_t q, bool closer)
{
    uint64_t odd = c & 1;
    /* floor(log10(2^q)), or of 3/4 · 2^q. */
    int32_t k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
    int32_t h = q + td_pow10_exp2(-k) + 1;
    struct td_u128 g = td_pow10_sig[-k - TD_POW10_MIN];
    uint64_t low, mid, high, s;
    bool under, over;

    if (-k < 0 || -k > TD_POW10_EXACT) {
        g.lo++; /* the method needs the power rounded up; no entry's low word is all ones */
    }
    low = round_to_odd(g, (4 * c - 2 + closer) << h) + odd;
    mid = round_to_odd(g, (4 * c) << h);
    high = round_to_odd(g, (4 * c + 2) << h) - odd;
    s = mid / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;

        under = low <= 40 * tens;
        over = 40 * tens + 40 <= high;
        if (under != over) return (struct shortest){tens + over, k + 1};
    }
    under = low <= 4 * s;
    over = 4 * s + 4 <= high;
    if (under == over) over = mid > 4 * s + 2 || (mid == 4 * s + 2 && (s & 1));
    return (struct shortest){s + over, k};
}

static struct shortest strip_zeros(struct shortest d)
{
    /* Values with few decimals have long runs of zeros here. */
    if (d.digits % 100000000 == 0) {
        d.digits /= 100000000;
        d.exp += 8;
    }
    while (d.digits % 100 == 0) {
        d.digits /= 100;
        d.exp += 2;
    }
    if (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exp++;
    }
    return d;
}

/* n digits with the point after `whole` of them, 0 < whole < n. */
static char *put_split(char *p, uint64_t digits, int n, int whole)
{
    td_u64_put(digits, p + 1, n);
    memmove(p, p + 1, (size_t)whole);
    p[whole] = '.';
    return p + n + 1;
}

/* Notation as num.h says: x is the exponent of the first digit. */
static char *put_decimal(char *p, struct shortest d, int32_t fixed_max)
{
    int n = td_u64_digits(d.digits);
    int32_t x = d.exp + n - 1;

    if (x >= -5 && x <= fixed_max) {
        if (d.exp >= 0) {
            td_u64_put(d.digits, p, n);
            memset(p + n, '0', (size_t)d.exp);
            return p + n + d.exp;
        }
        if (x >= 0) return put_split(p, d.digits, n, x + 1);
        memcpy(p, "0.00000", 7);
        p += 1 - x;
        td_u64_put(d.digits, p, n);
        return p + n;
    }
    if (n == 1)
        *p++ = (char)('0' + d.digits);
    else
        p = put_split(p, d.digits, n, 1);
    *p++ = 'e';
    *p++ = x < 0 ? '-' : '+';
    x = x < 0 ? -x : x;
    n = td_u64_digits((uint64_t)x);
    td_u64_put((uint64_t)x, p, n < 2 ? 2 : n);
    return p + (n < 2 ? 2 : n);
}

static size_t put_special(char *out, bool nan, bool neg)
{
    if (nan) {
        memcpy(out, "NaN", 3);
        return 3;
    }
    memcpy(out, &"-Infinity"[!neg], neg ? 9 : 8);
    return neg ? 9 : 8;
}

static size_t fp_text(uint64_t bits, bool neg, const struct td_fp *f, int32_t fixed_max, char *out)
{
    uint64_t frac = bits & ((UINT64_C(1) << f->mant_bits) - 1);
    int32_t biased = (int32_t)(bits >> f->mant_bits);
    uint64_t c = frac;
    int32_t q = f->emin - f->mant_bits;
    struct shortest d;
    char *p = out;

    if (biased == f->emax - f->emin + 2) return put_special(out, frac != 0, neg);
    if (neg) *p++ = '-';
    if (bits == 0) {
        *p++ = '0';
        return (size_t)(p - out);
    }
    if (biased) {
        c |= UINT64_C(1) << f->mant_bits;
        q += biased - 1;
    }
    if (q <= 0 && -q <= f->mant_bits && (c & ((UINT64_C(1) << -q) - 1)) == 0)
        d = (struct shortest){c >> -q, 0}; /* a small integer is its own shortest text */
    else
        d = strip_zeros(schubfach(c, q, frac == 0 && biased > 1));
    return (size_t)(put_decimal(p, d, fixed_max) - out);
}

size_t td_double_text(double v, char out[TD_DOUBLE_TEXT])
{
    uint64_t bits;

    memcpy(&bits, &v, 8);
    return fp_text(bits & INT64_MAX, bits >> 63, &td_fp_double, 16, out);
}

size_t td_float_text(float v, char out[TD_DOUBLE_TEXT])
{
    uint32_t bits;

    memcpy(&bits, &v, 4);
    return fp_text(bits & INT32_MAX, bits >> 31, &td_fp_float, 8, out);
}

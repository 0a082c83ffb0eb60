/*
 * num_read.c: text to double and float, correctly rounded.
 *
 * The idea is Eisel's and Lemire's ("Number parsing at a gigabyte per second", 2021): up to 19
 * digits times a 128-bit power of ten. Here the product is taken as a lower bound and, with the
 * table's and the cut digits' error added, as an upper bound; when both round to the same number
 * that is the answer, otherwise num_big.c compares exactly. Integer arithmetic only, so the
 * application's floating-point rounding mode does not matter.
 */
#include "base/num_int.h"

const struct td_fp td_fp_double = {52, -1022, 1023};
const struct td_fp td_fp_float = {23, -126, 127};

struct u192 {
    uint64_t w[3]; /* w[0] lowest */
};

static bool add192(struct u192 *v, const uint64_t add[3])
{
    unsigned carry = 0;

    for (int i = 0; i < 3; i++) {
        uint64_t s = v->w[i] + add[i];
        unsigned c = s < v->w[i];

        v->w[i] = s + carry;
        carry = c | (v->w[i] < s);
    }
    return carry == 0;
}

static uint64_t inf_bits(const struct td_fp *f)
{
    return (uint64_t)(f->emax - f->emin + 2) << f->mant_bits;
}

/* v · 2^e2 rounded to the format, ties to even; v ≥ 2^190. */
static uint64_t round192(struct u192 v, int32_t e2, const struct td_fp *f)
{
    int32_t e = e2 + 191;
    int keep = f->mant_bits + 1, drop;
    uint64_t m, rest, half;
    bool sticky;

    if (!(v.w[2] >> 63)) {
        v.w[2] = v.w[2] << 1 | v.w[1] >> 63;
        v.w[1] = v.w[1] << 1 | v.w[0] >> 63;
        v.w[0] <<= 1;
        e--;
    }
    if (e > f->emax) return inf_bits(f);
    if (e < f->emin) {
        if (f->emin - e > keep) return 0;
        keep -= f->emin - e;
    }
    drop = 64 - keep; /* 11 … 64 */
    m = drop == 64 ? 0 : v.w[2] >> drop;
    half = UINT64_C(1) << (drop - 1);
    rest = v.w[2] & (half | (half - 1));
    sticky = (v.w[1] | v.w[0]) != 0;
    if (rest > half || (rest == half && (sticky || (m & 1)))) m++;
    if (e < f->emin) return m;
    /* The hidden bit adds 1 to the exponent field, a carry out of the mantissa another one: up to
       infinity. */
    return ((uint64_t)(e - f->emin) << f->mant_bits) + m;
}

uint64_t td_num_to_fp(const struct td_num_lit *l, const struct td_fp *f)
{
    size_t count = td_num_count(l), first = td_num_first(l), i = first;
    uint64_t w = 0, add[3] = {0, 0, 0}, bits;
    bool cut;
    int64_t q;
    int lz;
    struct td_u128 g, low, high;
    struct u192 v;
    int32_t e2;

    if (first == count) return 0;
    for (; i < l->whole.n && i - first < 19; i++)
        w = w * 10 + (uint64_t)(l->whole.p[i] - '0');
    for (; i < count && i - first < 19; i++)
        w = w * 10 + (uint64_t)(l->frac.p[i - l->whole.n] - '0');
    cut = td_num_any(l, i);
    q = l->exp + (int64_t)l->whole.n - (int64_t)i;
    if (q > 310) return inf_bits(f);
    if (q < TD_POW10_MIN) return 0; /* below 10^19 · 10^−343: less than half the smallest double */
    g = td_pow10_sig[q - TD_POW10_MIN];
    lz = __builtin_clzll(w);
    e2 = td_pow10_exp2((int32_t)q) - 127 - lz;
    low = td_mul64(w << lz, g.lo);
    high = td_mul64(w << lz, g.hi);
    v.w[0] = low.lo;
    v.w[1] = low.hi + high.lo;
    v.w[2] = high.hi + (v.w[1] < low.hi);
    bits = round192(v, e2, f);
    if (!cut && q >= 0 && q <= TD_POW10_EXACT) return bits;
    add[0] = w << lz;
    if (add192(&v, add)) {
        if (!cut) {
            if (round192(v, e2, f) == bits) return bits;
        } else {
            /* (w + 1)(g + 1): another g + 1 in the scale of the shifted w; w has 19 digits, so lz ≤
               4. */
            uint64_t glo = g.lo + 1, ghi = g.hi + (glo == 0);

            add[0] = glo << lz;
            add[1] = lz ? ghi << lz | glo >> (64 - lz) : ghi;
            add[2] = lz ? ghi >> (64 - lz) : 0;
            if (add192(&v, add) && round192(v, e2, f) == bits) return bits;
        }
    }
    /* The bounds lie on both sides of the middle between `bits` and the next number. */
    switch (td_num_cmp_half(l, bits, f)) {
    case 0:
        return bits + (bits & 1);
    case 1:
        return bits + 1;
    default:
        return bits;
    }
}

/* `nan`, `inf`, `infinity` with sign, any case, blanks around. */
static bool read_special(struct td_str s, const struct td_fp *f, uint64_t *bits, bool *neg)
{
    static const char *const names[] = {"nan", "inf", "infinity"};

    while (s.n && td_isspace(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && td_isspace(s.p[s.n - 1]))
        s.n--;
    *neg = false;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
        *neg = s.p[0] == '-';
        s.p++;
        s.n--;
    }
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(names[i]), j = 0;

        while (j < n && j < s.n && td_lower(s.p[j]) == names[i][j])
            j++;
        if (j < n || n != s.n) continue;
        *bits = inf_bits(f) | (i == 0 ? UINT64_C(1) << (f->mant_bits - 1) : 0);
        return true;
    }
    return false;
}

static enum td_num_parse read_fp(struct td_str s, const struct td_fp *f, uint64_t *bits, bool *neg)
{
    struct td_num_lit l;

    *bits = 0;
    if (!td_num_scan(s, &l)) return read_special(s, f, bits, neg) ? TD_NP_OK : TD_NP_FORMAT;
    *neg = l.neg;
    *bits = td_num_to_fp(&l, f);
    return *bits >= inf_bits(f) ? TD_NP_RANGE : TD_NP_OK;
}

enum td_num_parse td_text_double(struct td_str s, double *out)
{
    uint64_t bits;
    bool neg = false;
    enum td_num_parse rc = read_fp(s, &td_fp_double, &bits, &neg);

    bits |= (uint64_t)neg << 63;
    memcpy(out, &bits, 8);
    return rc;
}

enum td_num_parse td_text_float(struct td_str s, float *out)
{
    uint64_t bits;
    uint32_t b32;
    bool neg = false;
    enum td_num_parse rc = read_fp(s, &td_fp_float, &bits, &neg);

    b32 = (uint32_t)bits | (uint32_t)neg << 31;
    memcpy(out, &b32, 4);
    return rc;
}

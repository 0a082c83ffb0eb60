/* sql_dec.c: exact decimals (sql_dec.h). Products and quotients go through 256-bit magnitudes. */
#include "sql_dec.h"

#include <string.h>

tl_i128 tl_pow10(int n)
{
    tl_i128 v = 1;
    while (n-- > 0)
        v *= 10;
    return v;
}

/* An unsigned 256-bit number in 32-bit limbs, little-endian. */
struct big {
    uint32_t w[8];
};

static struct big big_from(tl_u128 v)
{
    struct big b = {{0}};
    for (int i = 0; i < 4; i++)
        b.w[i] = (uint32_t)(v >> (32 * i));
    return b;
}

/* b = b * m; true when it still fits. */
static bool big_mul_small(struct big *b, uint32_t m)
{
    uint64_t carry = 0;
    for (int i = 0; i < 8; i++) {
        carry += (uint64_t)b->w[i] * m;
        b->w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry == 0;
}

static bool big_scale(struct big *b, int n)
{
    for (; n > 0; n--) {
        if (!big_mul_small(b, 10)) return false;
    }
    return true;
}

static bool big_mul(const struct big *a, const struct big *b, struct big *out)
{
    uint64_t acc[16] = {0};
    for (int i = 0; i < 8; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 8; j++) {
            uint64_t v = acc[i + j] + (uint64_t)a->w[i] * b->w[j] + carry;
            acc[i + j] = (uint32_t)v;
            carry = v >> 32;
        }
        if (i + 8 < 16) acc[i + 8] += carry;
    }
    for (int i = 8; i < 16; i++) {
        if (acc[i]) return false;
    }
    for (int i = 0; i < 8; i++)
        out->w[i] = (uint32_t)acc[i];
    return true;
}

static int big_cmp(const struct big *a, const struct big *b)
{
    for (int i = 7; i >= 0; i--) {
        if (a->w[i] != b->w[i]) return a->w[i] < b->w[i] ? -1 : 1;
    }
    return 0;
}

static void big_sub(struct big *a, const struct big *b)
{
    int64_t borrow = 0;
    for (int i = 0; i < 8; i++) {
        int64_t v = (int64_t)a->w[i] - b->w[i] + borrow;
        a->w[i] = (uint32_t)v;
        borrow = v < 0 ? -1 : 0;
    }
}

static void big_add_one(struct big *a)
{
    for (int i = 0; i < 8 && ++a->w[i] == 0; i++) {
    }
}

static void big_shl1(struct big *a, unsigned in)
{
    for (int i = 7; i > 0; i--)
        a->w[i] = (a->w[i] << 1) | (a->w[i - 1] >> 31);
    a->w[0] = (a->w[0] << 1) | in;
}

/* q = n / d rounded half away from zero; d is not zero and below 2^255. */
static struct big big_div_round(const struct big *n, const struct big *d)
{
    struct big q = {{0}}, r = {{0}};
    for (int i = 255; i >= 0; i--) {
        big_shl1(&r, (n->w[i / 32] >> (i % 32)) & 1);
        big_shl1(&q, 0);
        if (big_cmp(&r, d) >= 0) {
            big_sub(&r, d);
            q.w[0] |= 1;
        }
    }
    big_shl1(&r, 0);
    if (big_cmp(&r, d) >= 0) big_add_one(&q);
    return q;
}

static tl_u128 magnitude(tl_i128 v)
{
    return v < 0 ? (tl_u128)0 - (tl_u128)v : (tl_u128)v;
}

/* The magnitude at 10^-from brought to 10^-to; rounds. */
static bool big_rescale(struct big *b, int from, int to)
{
    if (to >= from) return big_scale(b, to - from);
    struct big d = big_from(1);
    if (!big_scale(&d, from - to)) return false;
    *b = big_div_round(b, &d);
    return true;
}

static enum tl_dec_rc finish(const struct big *b, bool neg, int prec, tl_i128 *out)
{
    for (int i = 4; i < 8; i++) {
        if (b->w[i]) return TL_DEC_OVERFLOW;
    }
    tl_u128 v = 0;
    for (int i = 3; i >= 0; i--)
        v = (v << 32) | b->w[i];
    if (v >= (tl_u128)tl_pow10(prec)) return TL_DEC_OVERFLOW;
    *out = neg ? -(tl_i128)v : (tl_i128)v;
    return TL_DEC_OK;
}

static enum tl_dec_rc add_sub(tl_i128 a, int sa, tl_i128 b, int sb, int prec, int scale,
                              tl_i128 *out)
{
    int s = sa > sb ? sa : sb;
    struct big x = big_from(magnitude(a)), y = big_from(magnitude(b));
    if (!big_scale(&x, s - sa) || !big_scale(&y, s - sb)) return TL_DEC_OVERFLOW;
    bool neg = a < 0;
    if ((a < 0) == (b < 0)) {
        uint64_t carry = 0;
        for (int i = 0; i < 8; i++) {
            carry += (uint64_t)x.w[i] + y.w[i];
            x.w[i] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry) return TL_DEC_OVERFLOW;
    } else if (big_cmp(&x, &y) >= 0) {
        big_sub(&x, &y);
    } else {
        big_sub(&y, &x);
        x = y;
        neg = !neg;
    }
    if (!big_rescale(&x, s, scale)) return TL_DEC_OVERFLOW;
    return finish(&x, neg, prec, out);
}

enum tl_dec_rc tl_dec_op(char op, tl_i128 a, int sa, tl_i128 b, int sb, int prec, int scale,
                         tl_i128 *out)
{
    if (op == '+') return add_sub(a, sa, b, sb, prec, scale, out);
    if (op == '-') return add_sub(a, sa, -b, sb, prec, scale, out);
    bool neg = (a < 0) != (b < 0);
    struct big x = big_from(magnitude(a)), y = big_from(magnitude(b));
    if (op == '*') {
        struct big prod;
        if (!big_mul(&x, &y, &prod) || !big_rescale(&prod, sa + sb, scale)) return TL_DEC_OVERFLOW;
        return finish(&prod, neg, prec, out);
    }
    if (b == 0) return TL_DEC_BAD;
    /* a/10^sa / (b/10^sb) * 10^scale = a * 10^(scale + sb - sa) / b */
    int up = scale + sb - sa;
    if (up >= 0 ? !big_scale(&x, up) : !big_scale(&y, -up)) return TL_DEC_OVERFLOW;
    struct big q = big_div_round(&x, &y);
    return finish(&q, neg, prec, out);
}

int tl_dec_cmp(tl_i128 a, int sa, tl_i128 b, int sb)
{
    if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
    int s = sa > sb ? sa : sb;
    struct big x = big_from(magnitude(a)), y = big_from(magnitude(b));
    big_scale(&x, s - sa); /* 38 + 38 digits fit into 256 bits */
    big_scale(&y, s - sb);
    int c = big_cmp(&x, &y);
    return a < 0 ? -c : c;
}

/* Digits of the mantissa at the given decimal exponent. */
static enum tl_dec_rc place(tl_u128 mant, int exp10, bool neg, int prec, int scale, tl_i128 *out)
{
    struct big b = big_from(mant);
    int up = exp10 + scale;
    if (mant == 0) {
        *out = 0;
        return TL_DEC_OK;
    }
    if (up >= 0) {
        if (up > 40 || !big_scale(&b, up)) return TL_DEC_OVERFLOW;
    } else {
        if (up < -76) up = -76;
        struct big d = big_from(1);
        if (!big_scale(&d, -up)) return TL_DEC_OVERFLOW;
        b = big_div_round(&b, &d);
    }
    return finish(&b, neg, prec, out);
}

enum tl_dec_rc tl_dec_parse(const char *s, size_t n, int prec, int scale, tl_i128 *out)
{
    const char *p = s, *end = s + n;
    bool neg = false, any = false, point = false;
    tl_u128 mant = 0;
    int exp10 = 0, used = 0;
    if (p < end && (*p == '-' || *p == '+')) neg = *p++ == '-';
    for (; p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        if (used < 38) { /* further digits cannot change a value of 38 digits but by their place */
            mant = mant * 10 + (unsigned)(*p - '0');
            if (mant) used++;
            if (point) exp10--;
        } else if (!point) {
            exp10++;
        }
    }
    if (!any) return TL_DEC_BAD;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        bool eneg = false;
        int e = 0;
        if (p < end && (*p == '-' || *p == '+')) eneg = *p++ == '-';
        if (p == end) return TL_DEC_BAD;
        for (; p < end && *p >= '0' && *p <= '9'; p++) {
            if (e < 10000) e = e * 10 + *p - '0';
        }
        exp10 += eneg ? -e : e;
    }
    if (p != end) return TL_DEC_BAD;
    return place(mant, exp10, neg, prec, scale, out);
}

int tl_dec_print(tl_i128 v, int scale, char out[48])
{
    char rev[48];
    int n = 0, o = 0;
    tl_u128 m = magnitude(v);
    while (m || n <= scale) {
        rev[n++] = (char)('0' + (int)(m % 10));
        m /= 10;
    }
    if (v < 0) out[o++] = '-';
    for (int i = n - 1; i >= 0; i--) {
        out[o++] = rev[i];
        if (i == scale && scale) out[o++] = '.';
    }
    out[o] = 0;
    return o;
}

double tl_dec_double(tl_i128 v, int scale)
{
    return (double)v / (double)tl_pow10(scale);
}

void tl_dec_blob(tl_i128 v, unsigned char out[16])
{
    tl_u128 u = (tl_u128)v;
    for (int i = 0; i < 16; i++)
        out[i] = (unsigned char)(u >> (8 * (15 - i)));
    out[0] ^= 0x80;
}

tl_i128 tl_dec_unblob(const unsigned char in[16])
{
    tl_u128 u = 0;
    for (int i = 0; i < 16; i++)
        u = (u << 8) | (i ? in[i] : (unsigned char)(in[i] ^ 0x80));
    return (tl_i128)u;
}

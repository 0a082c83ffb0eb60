/*
 * num_int.h: what the number readers and writers of base share (num*.c, dec.c); not for other
 * layers.
 */
#ifndef TD_BASE_NUM_INT_H
#define TD_BASE_NUM_INT_H

#include "base/num.h"
#include "base/u128.h"

/* 10^q = (sig + f) · 2^(td_pow10_exp2(q) − 127) with 0 ≤ f < 1 and sig of 128 bits, the highest one
   set; f = 0 for 0 ≤ q ≤ TD_POW10_EXACT. */
#define TD_POW10_MIN   (-342)
#define TD_POW10_MAX   324
#define TD_POW10_EXACT 55
extern const struct td_u128 td_pow10_sig[TD_POW10_MAX - TD_POW10_MIN + 1];
/* 10^0 … 10^19. */
extern const uint64_t td_pow10_u64[20];
/* "00" … "99". */
extern const char td_digit_pairs[200];

/* floor(log2(10^q)) for |q| ≤ 1233. */
static inline int32_t td_pow10_exp2(int32_t q)
{
    return (q * 1741647) >> 19;
}

/* Decimal digits of v, 1 for 0. */
static inline int td_u64_digits(uint64_t v)
{
    int t = (64 - __builtin_clzll(v | 1)) * 1233 >> 12;
    return t + (v >= td_pow10_u64[t] || t == 0);
}
/* Writes exactly n digits (the value has no more), with zeros in front. */
void td_u64_put(uint64_t v, char *out, int n);

/* A numeric literal taken apart: value = ±D · 10^(exp − frac.n), D the digits of whole followed by
   those of frac. */
struct td_num_lit {
    bool neg;
    struct td_str whole; /* without leading zeros */
    struct td_str frac;
    int64_t exp; /* cut to ±10^15, beyond every use */
};
/* False when the text is no numeric literal. Blanks around are skipped. */
bool td_num_scan(struct td_str s, struct td_num_lit *out);
static inline unsigned td_num_digit(const struct td_num_lit *l, size_t i)
{
    return (unsigned)((i < l->whole.n ? l->whole.p[i] : l->frac.p[i - l->whole.n]) - '0');
}
static inline size_t td_num_count(const struct td_num_lit *l)
{
    return l->whole.n + l->frac.n;
}
/* Index of the first digit that is not 0, td_num_count when all are. */
size_t td_num_first(const struct td_num_lit *l);
/* True when a digit at or after index i is not 0. */
bool td_num_any(const struct td_num_lit *l, size_t i);

/* A binary floating-point format for the reader and the writer. */
struct td_fp {
    int mant_bits; /* stored bits of the mantissa */
    int emin;      /* exponent of the smallest normal number */
    int emax;
};
extern const struct td_fp td_fp_double, td_fp_float;
/* The bits (without sign) of the format's number nearest to the literal's magnitude, ties to even;
   infinity's bits on overflow. */
uint64_t td_num_to_fp(const struct td_num_lit *l, const struct td_fp *f);
/* The exact slow path: whether the literal is above (1), at (0) or below (−1) the middle between
   the number with these bits and the next one. */
int td_num_cmp_half(const struct td_num_lit *l, uint64_t bits, const struct td_fp *f);

#endif

/*
 * num_big.c: the exact comparison behind the number reader, for the few texts that lie within 2^−60
 * or so of the middle between two floating-point numbers. Big integers on the stack; nothing is
 * allocated.
 */
#include "base/num_int.h"

/* A middle has at most 767 significant digits; more digits of the text only say "a bit more". */
#define MAX_DIGITS 800
/* The larger side is below 2^54 · 10^(800 + 342) or 10^800 · 2^1076: under 4,000 bits. */
#define MAX_LIMBS 160

struct big {
    uint32_t limb[MAX_LIMBS];
    int n;
};

static void mul_add(struct big *b, uint32_t m, uint32_t add)
{
    uint64_t carry = add;

    for (int i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limb[i] * m;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) b->limb[b->n++] = (uint32_t)carry;
}

static void mul_pow10(struct big *b, int64_t e)
{
    for (; e >= 9; e -= 9)
        mul_add(b, 1000000000U, 0);
    for (; e > 0; e--)
        mul_add(b, 10, 0);
}

static void shift_left(struct big *b, int bits)
{
    int words = bits / 32;

    mul_add(b, 1U << bits % 32, 0);
    if (words == 0) return;
    memmove(b->limb + words, b->limb, (size_t)b->n * sizeof(b->limb[0]));
    memset(b->limb, 0, (size_t)words * sizeof(b->limb[0]));
    b->n += words;
}

static int compare(const struct big *a, const struct big *b)
{
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (int i = a->n - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

int td_num_cmp_half(const struct td_num_lit *l, uint64_t bits, const struct td_fp *f)
{
    size_t count = td_num_count(l), i = td_num_first(l);
    size_t stop = count - i > MAX_DIGITS ? i + MAX_DIGITS : count;
    int64_t exp10;
    uint64_t m = bits & ((UINT64_C(1) << f->mant_bits) - 1);
    int32_t biased = (int32_t)(bits >> f->mant_bits), exp2 = f->emin - f->mant_bits - 1;
    struct big text = {.n = 0}, middle = {.n = 0};

    for (; i < stop; i++)
        mul_add(&text, 10, td_num_digit(l, i));
    exp10 = l->exp + (int64_t)l->whole.n - (int64_t)i;
    if (td_num_any(l, i)) {
        mul_add(&text, 10, 1);
        exp10--;
    }
    if (biased) {
        m |= UINT64_C(1) << f->mant_bits;
        exp2 += biased - 1;
    }
    m = 2 * m + 1;
    middle.limb[0] = (uint32_t)m;
    middle.limb[1] = (uint32_t)(m >> 32);
    middle.n = middle.limb[1] ? 2 : 1;
    if (exp10 >= 0)
        mul_pow10(&text, exp10);
    else
        mul_pow10(&middle, -exp10);
    if (exp2 >= 0)
        shift_left(&middle, exp2);
    else
        shift_left(&text, -exp2);
    return compare(&text, &middle);
}

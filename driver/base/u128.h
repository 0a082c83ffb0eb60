/*
 * u128.h: unsigned 64×64→128 multiplication and 128/64 division, with the compiler's 128-bit type
 * where it has one and in plain C elsewhere. Internal to base: num*.c and dec.c.
 */
#ifndef TD_BASE_U128_H
#define TD_BASE_U128_H

#include <stdbool.h>
#include <stdint.h>

struct td_u128 {
    uint64_t hi, lo;
};

static inline struct td_u128 td_mul64(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 p = (unsigned __int128)a * b;
    return (struct td_u128){(uint64_t)(p >> 64), (uint64_t)p};
#else
    uint64_t al = a & 0xFFFFFFFFU, ah = a >> 32, bl = b & 0xFFFFFFFFU, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl;
    uint64_t mid = (ll >> 32) + (lh & 0xFFFFFFFFU) + (hl & 0xFFFFFFFFU);
    return (struct td_u128){ah * bh + (lh >> 32) + (hl >> 32) + (mid >> 32),
                            mid << 32 | (ll & 0xFFFFFFFFU)};
#endif
}

/* v / d with the remainder in *rem; d ≠ 0. */
static inline struct td_u128 td_div128(struct td_u128 v, uint64_t d, uint64_t *rem)
{
    struct td_u128 q = {0, 0};
    uint64_t r = v.hi;

    if (r >= d) {
        q.hi = r / d;
        r %= d;
    }
#ifdef __SIZEOF_INT128__
    q.lo = (uint64_t)(((unsigned __int128)r << 64 | v.lo) / d);
    *rem = v.lo - q.lo * d;
#else
    for (int i = 63; i >= 0; i--) {
        bool carry = r >> 63;

        r = r << 1 | (v.lo >> i & 1);
        if (carry || r >= d) {
            r -= d;
            q.lo |= UINT64_C(1) << i;
        }
    }
    *rem = r;
#endif
    return q;
}

/* v * m + add; false when it does not fit 128 bits. */
static inline bool td_muladd128(struct td_u128 *v, uint64_t m, uint64_t add)
{
    struct td_u128 low = td_mul64(v->lo, m);
    struct td_u128 high = td_mul64(v->hi, m);
    uint64_t lo = low.lo + add;
    uint64_t carry = low.hi + (lo < add);
    uint64_t hi = high.lo + carry;

    if (high.hi != 0 || hi < carry) return false;
    v->hi = hi;
    v->lo = lo;
    return true;
}

static inline int td_cmp128(struct td_u128 a, struct td_u128 b)
{
    if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
    if (a.lo != b.lo) return a.lo < b.lo ? -1 : 1;
    return 0;
}

#endif

/*
 * rng.h: pseudo-random numbers for the tests (splitmix64). The seed comes from TD_SEED, else it is
 * fixed; tests print it when they fail, so that a failure can be repeated.
 */
#ifndef TD_TESTS_RNG_H
#define TD_TESTS_RNG_H

#include <stdint.h>
#include <stdlib.h>

struct td_rng {
    uint64_t state;
};

static inline uint64_t td_rng_seed(void)
{
    const char *env = getenv("TD_SEED");

    return env ? strtoull(env, NULL, 0) : 20261122;
}

static inline uint64_t td_rng_next(struct td_rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 … n − 1 */
static inline uint64_t td_rng_below(struct td_rng *r, uint64_t n)
{
    return td_rng_next(r) % n;
}

/* Any number of bits from 1 to 64 with equal chance: small and large values alike. */
static inline uint64_t td_rng_any(struct td_rng *r)
{
    return td_rng_next(r) >> td_rng_below(r, 64);
}

#endif

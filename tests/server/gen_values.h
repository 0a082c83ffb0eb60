/*
 * gen_values.h: the value of every generated cell as a function of (seed, row, column, type).
 *
 * Self-contained, for tests that compute what they must read. `row` is the row's number from 0,
 * modulo the block size when the result repeats (docs/internals/tdlite.md); `col` the column's
 * position in the shape, from 0. Column 0, when it is a TIMESTAMP, counts: start + row * step (row
 * absolute, never NULL).
 */
#ifndef TL_GEN_VALUES_H
#define TL_GEN_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* 2024-01-01T00:00:00Z in seconds; times 10^3, 10^6 or 10^9 it is the default `start`. */
#define TL_GEN_START_S INT64_C(1704067200)

/* splitmix64's finalizer over the cell's coordinates. */
static inline uint64_t tl_gen_hash(uint64_t seed, uint64_t row, uint32_t col)
{
    uint64_t z = seed * UINT64_C(0xD1342543DE82EF95) + row * UINT64_C(0x9E3779B97F4A7C15) +
                 col * UINT64_C(0xBF58476D1CE4E5B9) + UINT64_C(0x2545F4914F6CDD1D);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* NULL in `percent` of the rows of every column but a leading TIMESTAMP. */
static inline bool tl_gen_null(uint64_t seed, uint64_t row, uint32_t col, uint32_t percent)
{
    return percent > 0 && tl_gen_hash(seed ^ UINT64_C(0x4E554C4C), row, col) % 100 < percent;
}

/* Integers of every width and BOOL (h & 1): the low bits of the hash, signed or not by the type. */
static inline int64_t tl_gen_int(uint64_t h, int bytes)
{
    return (int64_t)(h << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}
static inline uint64_t tl_gen_uint(uint64_t h, int bytes)
{
    return h & (UINT64_MAX >> (64 - 8 * bytes));
}

/* Exact binary fractions, so that any correct text conversion gives one answer. */
static inline float tl_gen_float(uint64_t h)
{
    return (float)((int64_t)(h % 2000001) - 1000000) / 64.0f;
}
static inline double tl_gen_double(uint64_t h)
{
    return (double)((int64_t)(h % 2000000000001) - 1000000000000) / 1024.0;
}

/* A TIMESTAMP that is not column 0: within 2^31 seconds after `start`. `unit`: ticks a second. */
static inline int64_t tl_gen_ts(uint64_t h, int64_t start, int64_t unit)
{
    const uint64_t u = (uint64_t)unit;
    return (int64_t)((uint64_t)start + h % 2147483648u * u + (h >> 32) % u);
}

/* DECIMAL(p,s) with p <= 18: the unscaled integer. */
static inline int64_t tl_gen_dec64(uint64_t h, int precision)
{
    int64_t mod = 1;
    for (int i = 0; i < precision; i++)
        mod *= 10;
    const int64_t v = (int64_t)((h >> 1) % (uint64_t)mod);
    return h & 1 ? -v : v;
}

/* DECIMAL(p,s), 19 <= p <= 38: |v| = (hash(seed,row,col) * 2^64 + hash(~seed,row,col)) % 10^p. */
static inline __int128 tl_gen_dec128(uint64_t seed, uint64_t row, uint32_t col, int precision)
{
    const uint64_t h = tl_gen_hash(seed, row, col);
    unsigned __int128 mod = 1;
    for (int i = 0; i < precision; i++)
        mod *= 10;
    const unsigned __int128 v = ((unsigned __int128)h << 64 | tl_gen_hash(~seed, row, col)) % mod;
    return h & 1 ? -(__int128)v : (__int128)v;
}

/* Characters (VARCHAR, NCHAR) or bytes (VARBINARY, BLOB) of a value, for a declared `max`. */
static inline size_t tl_gen_len(uint64_t h, size_t max)
{
    return (size_t)((h >> 8) % (max + 1));
}

/* VARCHAR: ASCII '!' to '~'. Writes tl_gen_len bytes. */
static inline size_t tl_gen_varchar(uint64_t h, size_t max, char *out)
{
    const size_t n = tl_gen_len(h, max);
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('!' + (h + 7 * i) % 94);
    return n;
}

/* NCHAR: 1, 2, 3 and 4 byte characters in turn, as UTF-8. Room for 4 * max bytes is needed. */
static inline size_t tl_gen_nchar(uint64_t h, size_t max, char *out)
{
    static const char *const chars[4] = {"n", "\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80"};
    const size_t n = tl_gen_len(h, max);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const char *c = chars[(h + i) & 3];
        memcpy(out + at, c, strlen(c));
        at += strlen(c);
    }
    return at;
}

/* VARBINARY, BLOB: byte i is (h >> 8 * (i % 8)) + i. */
static inline size_t tl_gen_bytes(uint64_t h, size_t max, uint8_t *out)
{
    const size_t n = tl_gen_len(h, max);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((h >> 8 * (i % 8)) + i);
    return n;
}

/* JSON: {"k":0..999}. Room for 16 bytes. */
static inline size_t tl_gen_json(uint64_t h, char *out)
{
    return (size_t)snprintf(out, 16, "{\"k\":%u}", (unsigned)(h % 1000));
}

/* GEOMETRY: 21 bytes of little-endian WKB, POINT(h % 360 - 180, (h >> 16) % 180 - 90). */
static inline size_t tl_gen_point(uint64_t h, uint8_t *out)
{
    const double x = (double)(int64_t)(h % 360) - 180.0;
    const double y = (double)(int64_t)((h >> 16) % 180) - 90.0;
    static const uint8_t head[5] = {1, 1, 0, 0, 0};
    memcpy(out, head, 5);
    memcpy(out + 5, &x, 8);
    memcpy(out + 13, &y, 8);
    return 21;
}

#endif

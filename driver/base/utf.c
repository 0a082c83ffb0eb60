/*
 * utf.c: the UTF conversions. One always-inlined loop is specialised by decoder and encoder, so
 * that each conversion is a flat loop in the object code while the rules (what is malformed, what
 * never gets split) exist once.
 */
#include "base/utf.h"

#define TD_ILL         0xFFFFFFFFU
#define TD_REPLACEMENT 0xFFFDU
#define TD_INLINE      static inline __attribute__((always_inline))

#define HIGH_BITS UINT64_C(0x8080808080808080)

TD_INLINE uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

TD_INLINE bool is_surrogate(uint32_t cp)
{
    return (cp & 0xFFFFF800U) == 0xD800;
}

/*
 * Table 3-7 of the Unicode standard: only the second byte's range depends on the first byte.
 * Reading stops at the first byte that cannot continue, and what was read until there is the
 * maximal subpart.
 */
static size_t next_multi(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    uint8_t b = p[0];
    size_t left = (size_t)(end - p);
    uint8_t low = 0x80, high = 0xBF;
    size_t len;

    *cp = TD_ILL;
    if (b < 0xC2 || b > 0xF4) return 1;
    if (b < 0xE0) {
        if (left < 2 || (p[1] & 0xC0) != 0x80) return 1;
        *cp = (uint32_t)(b & 0x1F) << 6 | (p[1] & 0x3F);
        return 2;
    }
    if (b < 0xF0) {
        len = 3;
        if (b == 0xE0) low = 0xA0;
        if (b == 0xED) high = 0x9F;
    } else {
        len = 4;
        if (b == 0xF0) low = 0x90;
        if (b == 0xF4) high = 0x8F;
    }
    if (left < 2 || p[1] < low || p[1] > high) return 1;
    if (left < 3 || (p[2] & 0xC0) != 0x80) return 2;
    if (len == 3) {
        *cp = (uint32_t)(b & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
        return 3;
    }
    if (left < 4 || (p[3] & 0xC0) != 0x80) return 3;
    *cp = (uint32_t)(b & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
          (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    return 4;
}

/* The usual cases in a few comparisons: all of the sequence is there, and it is well-formed. */
TD_INLINE size_t next8(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    uint32_t c;

    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }
    if (end - p >= 4) {
        uint32_t w; /* little-endian */

        memcpy(&w, p, 4);
        if ((w & 0xC0C0F0) == 0x8080E0) {
            c = (w & 0x0F) << 12 | (w >> 2 & 0xFC0) | (w >> 16 & 0x3F);
            if (c >= 0x800 && !is_surrogate(c)) {
                *cp = c;
                return 3;
            }
        } else if ((w & 0xC0E0) == 0x80C0) {
            c = (w & 0x1F) << 6 | (w >> 8 & 0x3F);
            if (c >= 0x80) {
                *cp = c;
                return 2;
            }
        } else if ((w & 0xC0C0C0F8) == 0x808080F0) {
            c = (w & 0x07) << 18 | (w << 4 & 0x3F000) | (w >> 10 & 0xFC0) | (w >> 24 & 0x3F);
            if (c >= 0x10000 && c <= 0x10FFFF) {
                *cp = c;
                return 4;
            }
        }
    }
    return next_multi(p, end, cp);
}

/* A lone surrogate is malformed with its two bytes, an odd last byte with itself. */
TD_INLINE size_t next16(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    size_t left = (size_t)(end - p);
    uint16_t u, v;

    *cp = TD_ILL;
    if (left < 2) return left;
    memcpy(&u, p, 2);
    if (!is_surrogate(u)) {
        *cp = u;
        return 2;
    }
    if (u >= 0xDC00 || left < 4) return 2;
    memcpy(&v, p + 2, 2);
    if (v < 0xDC00 || v > 0xDFFF) return 2;
    *cp = 0x10000 + ((uint32_t)(u - 0xD800) << 10) + (uint32_t)(v - 0xDC00);
    return 4;
}

TD_INLINE size_t next32(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    size_t left = (size_t)(end - p);
    uint32_t u;

    *cp = TD_ILL;
    if (left < 4) return left;
    memcpy(&u, p, 4);
    if (u <= 0x10FFFF && !is_surrogate(u)) *cp = u;
    return 4;
}

TD_INLINE size_t size8(uint32_t cp)
{
    return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

TD_INLINE size_t size16(uint32_t cp)
{
    return cp < 0x10000 ? 2 : 4;
}

TD_INLINE size_t size32(uint32_t cp)
{
    (void)cp;
    return 4;
}

TD_INLINE void put8(uint32_t cp, uint8_t *out)
{
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
    } else if (cp < 0x800) {
        out[0] = (uint8_t)(0xC0 | cp >> 6);
        out[1] = (uint8_t)(0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        out[0] = (uint8_t)(0xE0 | cp >> 12);
        out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (cp & 0x3F));
    } else {
        out[0] = (uint8_t)(0xF0 | cp >> 18);
        out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3F));
        out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        out[3] = (uint8_t)(0x80 | (cp & 0x3F));
    }
}

TD_INLINE void put16(uint32_t cp, uint8_t *out)
{
    uint16_t u[2];

    if (cp < 0x10000) {
        u[0] = (uint16_t)cp;
        memcpy(out, u, 2);
        return;
    }
    u[0] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
    u[1] = (uint16_t)(0xDC00 + ((cp - 0x10000) & 0x3FF));
    memcpy(out, u, 4);
}

TD_INLINE void put32(uint32_t cp, uint8_t *out)
{
    memcpy(out, &cp, 4);
}

/*
 * ASCII blocks: copy 16 characters from units of `from` bytes to units of `to` bytes, false when
 * one of them is not ASCII. The inner loops have constant bounds; the compiler turns them into
 * vector unpacks and packs.
 */
TD_INLINE bool ascii_block(const uint8_t *p, uint8_t *out, size_t from, size_t to)
{
    uint8_t c[16];

    if (from == 1) {
        if (((load64(p) | load64(p + 8)) & HIGH_BITS) != 0) return false;
        memcpy(c, p, 16);
    } else if (from == 2) {
        uint16_t u[16], any = 0;

        memcpy(u, p, 32);
        for (int i = 0; i < 16; i++) {
            any |= u[i];
            c[i] = (uint8_t)u[i];
        }
        if (any >= 0x80) return false;
    } else {
        uint32_t u[16], any = 0;

        memcpy(u, p, 64);
        for (int i = 0; i < 16; i++) {
            any |= u[i];
            c[i] = (uint8_t)u[i];
        }
        if (any >= 0x80) return false;
    }
    if (!out) return true;
    if (to == 1) {
        memcpy(out, c, 16);
    } else if (to == 2) {
        uint16_t w[16];

        for (int i = 0; i < 16; i++)
            w[i] = c[i];
        memcpy(out, w, 32);
    } else {
        uint32_t w[16];

        for (int i = 0; i < 16; i++)
            w[i] = c[i];
        memcpy(out, w, 64);
    }
    return true;
}

TD_INLINE uint32_t unit_at(const uint8_t *p, size_t width)
{
    uint16_t u;
    uint32_t w;

    if (width == 1) return *p;
    if (width == 2) {
        memcpy(&u, p, 2);
        return u;
    }
    memcpy(&w, p, 4);
    return w;
}

/*
 * The loop that all conversions share; every argument after `strict` is a constant at each call.
 * ASCII goes in blocks of 16, its odd ends one by one; then whatever else comes until ASCII again.
 */
TD_INLINE struct td_conv convert(const void *src, size_t n, void *dst, size_t cap, bool strict,
                                 size_t (*next)(const uint8_t *, const uint8_t *, uint32_t *),
                                 size_t (*size)(uint32_t), void (*put)(uint32_t, uint8_t *),
                                 size_t from, size_t to)
{
    const uint8_t *in = src;
    uint8_t *out = dst;
    size_t i = 0, o = 0;
    bool replaced = false;

    for (;;) {
        while (n - i >= 16 * from && cap - o >= 16 * to &&
               ascii_block(in + i, out ? out + o : NULL, from, to)) {
            i += 16 * from;
            o += 16 * to;
        }
        for (; n - i >= from && cap - o >= to && unit_at(in + i, from) < 0x80; i += from, o += to)
            if (out) put(unit_at(in + i, from), out + o);
        do {
            uint32_t cp;
            size_t len, need;

            if (i == n) return (struct td_conv){i, o, replaced, false};
            len = next(in + i, in + n, &cp);
            if (cp == TD_ILL) {
                if (strict) return (struct td_conv){i, o, replaced, true};
                cp = TD_REPLACEMENT;
                if (size(cp) <= cap - o) replaced = true;
            }
            need = size(cp);
            if (need > cap - o) return (struct td_conv){i, o, replaced, false};
            if (out) put(cp, out + o);
            i += len;
            o += need;
        } while (n - i < from || unit_at(in + i, from) >= 0x80);
    }
}

struct td_conv td_utf8_to_utf16(const void *src, size_t n, void *dst, size_t cap, bool strict)
{
    return convert(src, n, dst, cap, strict, next8, size16, put16, 1, 2);
}

struct td_conv td_utf8_to_utf32(const void *src, size_t n, void *dst, size_t cap, bool strict)
{
    return convert(src, n, dst, cap, strict, next8, size32, put32, 1, 4);
}

struct td_conv td_utf8_to_utf8(const void *src, size_t n, void *dst, size_t cap, bool strict)
{
    return convert(src, n, dst, cap, strict, next8, size8, put8, 1, 1);
}

struct td_conv td_utf16_to_utf8(const void *src, size_t n, void *dst, size_t cap, bool strict)
{
    return convert(src, n, dst, cap, strict, next16, size8, put8, 2, 1);
}

struct td_conv td_utf32_to_utf8(const void *src, size_t n, void *dst, size_t cap, bool strict)
{
    return convert(src, n, dst, cap, strict, next32, size8, put8, 4, 1);
}

struct td_conv td_utf32_to_utf16(const void *src, size_t n, void *dst, size_t cap, bool strict)
{
    return convert(src, n, dst, cap, strict, next32, size16, put16, 4, 2);
}

struct td_conv td_utf32_to_utf32(const void *src, size_t n, void *dst, size_t cap, bool strict)
{
    return convert(src, n, dst, cap, strict, next32, size32, put32, 4, 4);
}

size_t td_utf8_next(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    return next8(p, end, cp);
}

size_t td_utf8_put(uint32_t cp, uint8_t out[4])
{
    put8(cp, out);
    return size8(cp);
}

size_t td_ascii_run(const void *src, size_t n)
{
    const uint8_t *p = src;
    size_t i = 0;

    while (n - i >= 32) {
        uint64_t a = load64(p + i) | load64(p + i + 8);
        uint64_t b = load64(p + i + 16) | load64(p + i + 24);

        if (((a | b) & HIGH_BITS) != 0) break;
        i += 32;
    }
    while (n - i >= 8) {
        uint64_t bits = load64(p + i) & HIGH_BITS;

        if (bits != 0) return i + (size_t)__builtin_ctzll(bits) / 8;
        i += 8;
    }
    while (i < n && p[i] < 0x80)
        i++;
    return i;
}

bool td_utf8_valid(const void *src, size_t n)
{
    const uint8_t *p = src;
    size_t i = 0;

    while ((i += td_ascii_run(p + i, n - i)) < n) {
        /* Text in one script stays outside ASCII for a while: no new run after each character. */
        while (i < n && p[i] >= 0x80) {
            uint32_t cp;

            i += next_multi(p + i, p + n, &cp);
            if (cp == TD_ILL) return false;
        }
    }
    return true;
}

size_t td_utf8_codepoints(const void *src, size_t n)
{
    const uint8_t *p = src;
    size_t i = 0, count = 0;

    while (i < n) {
        size_t run = td_ascii_run(p + i, n - i);

        i += run;
        count += run;
        while (i < n && p[i] >= 0x80) {
            uint32_t cp;

            i += next_multi(p + i, p + n, &cp);
            count++;
        }
    }
    return count;
}

size_t td_utf8_clip(const void *src, size_t n, size_t max)
{
    const uint8_t *p = src;
    size_t start = max;
    uint32_t cp;

    if (n <= max) return n;
    /* The last byte at or before the cut that can start a sequence: at most three back, or the cut
       is between strays. */
    for (int back = 0; back < 3 && start > 0 && (p[start] & 0xC0) == 0x80; back++)
        start--;
    if (start == max || (p[start] & 0xC0) == 0x80) return max;
    return start + next8(p + start, p + n, &cp) > max ? start : max;
}

/*
 * utf.h: UTF-8, UTF-16 and UTF-32 (UCS-4LE as in NCHAR blocks), without iconv and without locale.
 *
 * Pure functions. `wchar` of SQLWCHAR width (2, or 4 for iODBC builds) is chosen by the caller
 * through the two names. Malformed input is either reported (strict) or replaced by U+FFFD per
 * maximal subpart (Unicode 15, section 3.9).
 */
#ifndef TD_BASE_UTF_H
#define TD_BASE_UTF_H

#include "base/str.h"

/* Next code point of [p,end): returns its length in bytes; *cp = the code point, or 0xFFFFFFFF for
   a malformed sequence whose maximal subpart has the returned length (≥ 1). */
size_t td_utf8_next(const uint8_t *p, const uint8_t *end, uint32_t *cp);
/* Writes 1–4 bytes. */
size_t td_utf8_put(uint32_t cp, uint8_t out[4]);
bool td_utf8_valid(const void *p, size_t n);
/* Length of the longest prefix of ≤ max bytes that ends on a code point border. */
size_t td_utf8_clip(const void *p, size_t n, size_t max);
size_t td_utf8_codepoints(const void *p, size_t n);
/* Index of the first non-ASCII byte, n when none. Word-wise. */
size_t td_ascii_run(const void *p, size_t n);

/* A conversion that can stop when the target is full and go on later. */
struct td_conv {
    size_t in;     /* bytes consumed of the source */
    size_t out;    /* bytes written to the target */
    bool replaced; /* something malformed became U+FFFD */
    bool bad;      /* strict mode: malformed at `in` */
};
/* Each writes whole code points (no split pair) into dst of `cap` bytes, without terminator, and
   stops when the next does not fit or the source ends. dst may be NULL with cap SIZE_MAX: counts
   only. */
struct td_conv td_utf8_to_utf16(const void *src, size_t n, void *dst, size_t cap, bool strict);
struct td_conv td_utf8_to_utf32(const void *src, size_t n, void *dst, size_t cap, bool strict);
struct td_conv td_utf8_to_utf8(const void *src, size_t n, void *dst, size_t cap, bool strict);
struct td_conv td_utf16_to_utf8(const void *src, size_t n, void *dst, size_t cap, bool strict);
struct td_conv td_utf32_to_utf8(const void *src, size_t n, void *dst, size_t cap, bool strict);
struct td_conv td_utf32_to_utf16(const void *src, size_t n, void *dst, size_t cap, bool strict);
struct td_conv td_utf32_to_utf32(const void *src, size_t n, void *dst, size_t cap, bool strict);

#endif

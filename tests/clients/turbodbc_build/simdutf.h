/*
 * simdutf.h: the four functions of the library simdutf that turbodbc calls, for distributions that do not package it. Only
 * used to build turbodbc for its tests; the functions and their contracts are simdutf's (0 for text that is not valid).
 */
#ifndef TD_TEST_SIMDUTF_H
#define TD_TEST_SIMDUTF_H

#include <cstddef>
#include <cstdint>

namespace simdutf
{
namespace detail
{

/* Takes one character of UTF-8 at `at`; false when it is not valid. */
inline bool take_utf8(const char *text, size_t size, size_t &at, uint32_t &c)
{
    const auto byte = [&](size_t i) {
        return static_cast<uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const uint32_t lead = byte(at++);
    const size_t more = lead < 0x80   ? 0
                        : lead < 0xC2 ? 4
                        : lead < 0xE0 ? 1
                        : lead < 0xF0 ? 2
                        : lead < 0xF5 ? 3
                                      : 4;
    if (more == 4 || more > size - at) return false;
    c = more == 0 ? lead : lead & (0x3Fu >> more);
    for (size_t i = 0; i < more; i++, at++) {
        if ((byte(at) & 0xC0) != 0x80) return false;
        c = c << 6 | (byte(at) & 0x3F);
    }
    const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    return c >= least[more] && c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
}

/* Takes one character of UTF-16 at `at`; false for a lone surrogate. */
inline bool take_utf16(const char16_t *text, size_t size, size_t &at, uint32_t &c)
{
    c = text[at++];
    if (c < 0xD800 || c > 0xDFFF) return true;
    if (c > 0xDBFF || at == size || text[at] < 0xDC00 || text[at] > 0xDFFF) return false;
    c = 0x10000 + ((c & 0x3FF) << 10) + (text[at++] & 0x3FFu);
    return true;
}

inline size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = static_cast<char>(c);
        return 1;
    }
    const size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = static_cast<char>(0x80 | (c & 0x3F));
    out[0] = static_cast<char>((0xF00u >> size & 0xFF) | c);
    return size;
}

} // namespace detail

inline size_t utf16_length_from_utf8(const char *text, size_t size)
{
    size_t units = 0;
    for (size_t at = 0; at < size; at++) {
        const auto byte = static_cast<unsigned char>(text[at]);
        units += ((byte & 0xC0) != 0x80) + (byte >= 0xF0);
    }
    return units;
}

inline size_t convert_utf8_to_utf16le(const char *text, size_t size, char16_t *out)
{
    size_t units = 0;
    for (size_t at = 0; at < size;) {
        uint32_t c;
        if (!detail::take_utf8(text, size, at, c)) return 0;
        if (c >= 0x10000) out[units++] = static_cast<char16_t>(0xD7C0 + (c >> 10));
        out[units++] = static_cast<char16_t>(c < 0x10000 ? c : 0xDC00 | (c & 0x3FF));
    }
    return units;
}

inline size_t utf8_length_from_utf16le(const char16_t *text, size_t size)
{
    size_t bytes = 0;
    for (size_t at = 0; at < size; at++) {
        const char16_t unit = text[at];
        bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xD800 && unit <= 0xDFFF) ? 2 : 3;
    }
    return bytes;
}

inline size_t convert_utf16le_to_utf8(const char16_t *text, size_t size, char *out)
{
    size_t bytes = 0;
    for (size_t at = 0; at < size;) {
        uint32_t c;
        if (!detail::take_utf16(text, size, at, c)) return 0;
        bytes += detail::put_utf8(c, out + bytes);
    }
    return bytes;
}

} // namespace simdutf
#endif

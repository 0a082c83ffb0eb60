/*
 * fuzz_utf.c: any bytes through every UTF conversion. Outputs are well-formed, the counting call
 * agrees with the writing one, strict mode stops where lenient mode first replaces, and chunks of
 * any size put together are the whole. The first byte is the chunk's size.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef struct td_conv (*conv_fn)(const void *, size_t, void *, size_t, bool);
static const struct {
    conv_fn fn;
    int to;
} convs[] = {
    {td_utf8_to_utf16, 16}, {td_utf8_to_utf32, 32},  {td_utf8_to_utf8, 8},    {td_utf16_to_utf8, 8},
    {td_utf32_to_utf8, 8},  {td_utf32_to_utf16, 16}, {td_utf32_to_utf32, 32},
};

static void require(bool holds)
{
    if (!holds) __builtin_trap();
}

static bool well_formed(int form, const uint8_t *p, size_t n)
{
    struct td_conv r = {n, 0, false, false};

    if (form == 8) return td_utf8_valid(p, n);
    r = form == 16 ? td_utf16_to_utf8(p, n, NULL, SIZE_MAX, true)
                   : td_utf32_to_utf8(p, n, NULL, SIZE_MAX, true);
    return r.in == n && !r.bad;
}

static void chunks(conv_fn fn, const uint8_t *in, size_t n, const uint8_t *whole, size_t want,
                   size_t cap)
{
    size_t i = 0, o = 0;
    uint8_t *part = malloc(cap); /* a byte too many is seen */

    if (!part) return;
    while (i < n) {
        struct td_conv r = fn(in + i, n - i, part, cap, false);

        require(r.in > 0 && r.in <= n - i && r.out > 0 && r.out <= cap && r.out <= want - o);
        require(memcmp(part, whole + o, r.out) == 0);
        i += r.in;
        o += r.out;
    }
    require(o == want);
    free(part);
}

static void one(conv_fn fn, int to, const uint8_t *in, size_t n, size_t cap)
{
    struct td_conv count = fn(in, n, NULL, SIZE_MAX, false), whole, strict;
    uint8_t *out = malloc(count.out ? count.out : 1);

    if (!out) return;
    require(count.in == n && !count.bad);
    whole = fn(in, n, out, count.out, false);
    require(whole.in == n && whole.out == count.out && whole.replaced == count.replaced);
    require(well_formed(to, out, whole.out));
    strict = fn(in, n, NULL, SIZE_MAX, true);
    require(strict.bad == whole.replaced && !strict.replaced);
    require(strict.bad ? strict.in < n : strict.in == n && strict.out == whole.out);
    chunks(fn, in, n, out, whole.out, cap);
    free(out);
}

static void utf8_helpers(const uint8_t *in, size_t n, size_t max)
{
    size_t i = 0, count = 0, clip = td_utf8_clip(in, n, max), run = td_ascii_run(in, n);
    bool border = clip == 0, ill = false;

    while (i < n) {
        uint32_t cp;
        size_t len = td_utf8_next(in + i, in + n, &cp);

        require(len >= 1 && len <= 4 && len <= n - i);
        ill = ill || cp == 0xFFFFFFFF;
        i += len;
        count++;
        border = border || clip == i;
    }
    require(count == td_utf8_codepoints(in, n));
    require(td_utf8_valid(in, n) == !ill);
    require(clip <= max && clip <= n && border && (n <= max ? clip == n : max - clip < 4));
    require(run <= n && (run == n || in[run] >= 0x80));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t cap;

    if (n == 0) return 0;
    cap = 4 + data[0] % 64;
    data++;
    n--;
    for (size_t i = 0; i < sizeof(convs) / sizeof(convs[0]); i++)
        one(convs[i].fn, convs[i].to, data, n, cap);
    utf8_helpers(data, n, cap);
    return 0;
}

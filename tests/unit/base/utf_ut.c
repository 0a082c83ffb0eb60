/*
 * utf_ut.c: the UTF conversions against tables from the Unicode standard, against a plain reference
 * written here, at every target capacity and every alignment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/utf.h"
#include "rng.h"

#define R "\xEF\xBF\xBD" /* U+FFFD */

struct bad_case {
    const char *name;
    const char *in;
    const char *out;  /* with U+FFFD per maximal subpart */
    size_t strict_at; /* where strict mode stops; SIZE_MAX when all is valid */
};

static const struct bad_case cases[] = {
    {"empty", "", "", SIZE_MAX},
    {"ascii", "abc", "abc", SIZE_MAX},
    {"highest one byte", "\x7F", "\x7F", SIZE_MAX},
    {"lowest two bytes", "\xC2\x80", "\xC2\x80", SIZE_MAX},
    {"highest two bytes", "\xDF\xBF", "\xDF\xBF", SIZE_MAX},
    {"lowest three bytes", "\xE0\xA0\x80", "\xE0\xA0\x80", SIZE_MAX},
    {"below surrogates", "\xED\x9F\xBF", "\xED\x9F\xBF", SIZE_MAX},
    {"above surrogates", "\xEE\x80\x80", "\xEE\x80\x80", SIZE_MAX},
    {"noncharacter U+FFFF", "\xEF\xBF\xBF", "\xEF\xBF\xBF", SIZE_MAX},
    {"lowest four bytes", "\xF0\x90\x80\x80", "\xF0\x90\x80\x80", SIZE_MAX},
    {"highest four bytes", "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF", SIZE_MAX},
    {"mixed", "a\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80z", "a\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80z",
     SIZE_MAX},
    {"a real U+FFFD is valid", "x" R "y", "x" R "y", SIZE_MAX},
    {"lone continuation", "a\x80z", "a" R "z", 1},
    {"two continuations", "\x80\xBF", R R, 0},
    {"overlong two bytes C0", "\xC0\xAF", R R, 0},
    {"overlong two bytes C1", "\xC1\xBF", R R, 0},
    {"overlong three bytes", "\xE0\x80\xAF", R R R, 0},
    {"overlong three bytes 9F", "\xE0\x9F\xBF", R R R, 0},
    {"overlong four bytes", "\xF0\x80\x80\xAF", R R R R, 0},
    {"overlong four bytes 8F", "\xF0\x8F\xBF\xBF", R R R R, 0},
    {"surrogate D800", "\xED\xA0\x80", R R R, 0},
    {"surrogate DFFF", "\xED\xBF\xBF", R R R, 0},
    {"surrogate pair", "\xED\xA0\xBD\xED\xB8\x80", R R R R R R, 0},
    {"above U+10FFFF", "\xF4\x90\x80\x80", R R R R, 0},
    {"F5", "\xF5\x80\x80\x80", R R R R, 0},
    {"FE FF", "\xFE\xFF", R R, 0},
    {"five bytes", "\xF8\x88\x80\x80\x80", R R R R R, 0},
    {"cut after 1 of 2", "ab\xC3", "ab" R, 2},
    {"cut after 1 of 3", "\xE6", R, 0},
    {"cut after 2 of 3", "\xE6\xBC", R, 0},
    {"cut after 1 of 4", "\xF0", R, 0},
    {"cut after 2 of 4", "\xF0\x9F", R, 0},
    {"cut after 3 of 4", "\xF0\x9F\x98", R, 0},
    {"three of 4, then ascii", "\xF0\x9F\x98z", R "z", 0},
    {"lead after lead", "\xE6\xE6\xBC\xA2", R "\xE6\xBC\xA2", 0},
    /* Unicode 15, section 3.9, tables 3-8 to 3-11. */
    {"table 3-8", "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", R R R R R R R R "A", 0},
    {"table 3-9", "\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", R R R R R R R R "A", 0},
    {"table 3-10", "\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", R R R R R "A" R R "B", 0},
    {"table 3-11", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", R R R R "A", 0},
    {"error after 16 ascii", "0123456789abcdef\xFFz", "0123456789abcdef" R "z", 16},
    {"error inside a block",
     "0123456\xFF"
     "89abcdef0123456789abcdef",
     "0123456" R "89abcdef0123456789abcdef", 7},
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct bad_case *c = &cases[i];
        size_t n = strlen(c->in), want = strlen(c->out);
        bool valid = c->strict_at == SIZE_MAX;
        char out[64];
        struct td_conv r = td_utf8_to_utf8(c->in, n, out, sizeof(out), false);

        if (r.in != n || r.out != want || memcmp(out, c->out, want) != 0 || r.replaced == valid ||
            r.bad)
            fail_msg("%s: lenient", c->name);
        r = td_utf8_to_utf8(c->in, n, out, sizeof(out), true);
        if (r.bad == valid || r.in != (valid ? n : c->strict_at) || r.replaced)
            fail_msg("%s: strict stopped at %zu", c->name, r.in);
        if (td_utf8_valid(c->in, n) != valid) fail_msg("%s: td_utf8_valid", c->name);
    }
}

static void test_utf16_malformed(void **state)
{
    static const struct {
        const char *name;
        uint16_t in[6];
        size_t bytes;
        const char *out;
        size_t strict_at;
    } table[] = {
        {"bmp", {'a', 0xE9, 0x6F22}, 6, "a\xC3\xA9\xE6\xBC\xA2", SIZE_MAX},
        {"pair", {0xD83D, 0xDE00}, 4, "\xF0\x9F\x98\x80", SIZE_MAX},
        {"lowest pair", {0xD800, 0xDC00}, 4, "\xF0\x90\x80\x80", SIZE_MAX},
        {"highest pair", {0xDBFF, 0xDFFF}, 4, "\xF4\x8F\xBF\xBF", SIZE_MAX},
        {"lone high", {'a', 0xD83D, 'z'}, 6, "a" R "z", 2},
        {"lone low", {'a', 0xDE00, 'z'}, 6, "a" R "z", 2},
        {"high at the end", {'a', 0xD83D}, 4, "a" R, 2},
        {"high, high, low", {0xD83D, 0xD83D, 0xDE00}, 6, R "\xF0\x9F\x98\x80", 0},
        {"low, high", {0xDE00, 0xD83D}, 4, R R, 0},
        {"odd byte", {'a', 'b'}, 3, "a" R, 2},
        {"high and odd byte", {0xD83D, 0xDE00}, 3, R R, 0},
        {"U+0000 inside", {'a', 0, 'z'}, 2, "a", SIZE_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t want = strlen(table[i].out);
        bool valid = table[i].strict_at == SIZE_MAX;
        char out[64];
        struct td_conv r = td_utf16_to_utf8(table[i].in, table[i].bytes, out, sizeof(out), false);

        if (r.in != table[i].bytes || r.out != want || memcmp(out, table[i].out, want) != 0 ||
            r.replaced == valid)
            fail_msg("%s: lenient", table[i].name);
        r = td_utf16_to_utf8(table[i].in, table[i].bytes, out, sizeof(out), true);
        if (r.bad == valid || r.in != (valid ? table[i].bytes : table[i].strict_at))
            fail_msg("%s: strict stopped at %zu", table[i].name, r.in);
    }
}

static void test_utf32_malformed(void **state)
{
    static const uint32_t in[] = {'a', 0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF, 0x10FFFF, 0xFFFE};
    static const char want[] = "a" R R R R "\xF4\x8F\xBF\xBF\xEF\xBF\xBE" R;
    uint8_t bytes[sizeof(in) + 3];
    char out[64];
    uint16_t wide[32];
    struct td_conv r;

    (void)state;
    memcpy(bytes, in, sizeof(in));
    memset(bytes + sizeof(in), 'x', 3);
    r = td_utf32_to_utf8(bytes, sizeof(bytes), out, sizeof(out), false);
    assert_int_equal(r.in, sizeof(bytes));
    assert_int_equal(r.out, sizeof(want) - 1);
    assert_memory_equal(out, want, sizeof(want) - 1);
    assert_true(r.replaced);
    r = td_utf32_to_utf8(bytes, sizeof(bytes), out, sizeof(out), true);
    assert_true(r.bad);
    assert_int_equal(r.in, 4);
    r = td_utf32_to_utf16(bytes, sizeof(in), wide, sizeof(wide), false);
    assert_int_equal(r.out, 2 * 8);
    assert_int_equal(wide[1], 0xFFFD);
    assert_int_equal(wide[5], 0xDBFF);
    assert_int_equal(wide[6], 0xDFFF);
}

/* The reference: one code point at a time, written without regard to speed. */
static size_t ref_put(int form, uint32_t cp, uint8_t *out)
{
    if (form == 32) {
        memcpy(out, &cp, 4);
        return 4;
    }
    if (form == 16) {
        uint16_t u[2] = {(uint16_t)cp, 0};

        if (cp >= 0x10000) {
            u[0] = (uint16_t)(0xD7C0 + (cp >> 10));
            u[1] = (uint16_t)(0xDC00 | (cp & 0x3FF));
        }
        memcpy(out, u, 4);
        return cp >= 0x10000 ? 4 : 2;
    }
    return td_utf8_put(cp, out);
}

typedef struct td_conv (*conv_fn)(const void *, size_t, void *, size_t, bool);
static const struct {
    const char *name;
    conv_fn fn;
    int from, to;
} convs[] = {
    {"8to16", td_utf8_to_utf16, 8, 16},    {"8to32", td_utf8_to_utf32, 8, 32},
    {"8to8", td_utf8_to_utf8, 8, 8},       {"16to8", td_utf16_to_utf8, 16, 8},
    {"32to8", td_utf32_to_utf8, 32, 8},    {"32to16", td_utf32_to_utf16, 32, 16},
    {"32to32", td_utf32_to_utf32, 32, 32},
};

static uint32_t random_cp(struct td_rng *r, unsigned mix)
{
    static const uint32_t limit[] = {0x80, 0x800, 0x10000, 0x110000};
    uint32_t cp;

    do
        cp = (uint32_t)td_rng_below(r, limit[td_rng_below(r, mix)]);
    while (cp >= 0xD800 && cp <= 0xDFFF);
    return cp;
}

#define MAX_TEXT 80

/* Random text in every form, converted with every capacity: whole code points only, no byte beyond
   the capacity, and going on from where it stopped yields the whole. */
static void test_capacities(void **state)
{
    struct td_rng rng = {td_rng_seed()};

    (void)state;
    for (int round = 0; round < 400; round++) {
        size_t c = (size_t)round % (sizeof(convs) / sizeof(convs[0]));
        size_t count = td_rng_below(&rng, MAX_TEXT), n = 0, want = 0;
        size_t at_in[MAX_TEXT + 1], at_out[MAX_TEXT + 1];
        uint8_t in[MAX_TEXT * 4], whole[MAX_TEXT * 4], out[MAX_TEXT * 4 + 8];
        unsigned mix = 1 + (unsigned)td_rng_below(&rng, 4);
        struct td_conv r;

        for (size_t i = 0; i < count; i++) {
            uint32_t cp = random_cp(&rng, mix);

            at_in[i] = n;
            at_out[i] = want;
            n += ref_put(convs[c].from, cp, in + n);
            want += ref_put(convs[c].to, cp, whole + want);
        }
        at_in[count] = n;
        at_out[count] = want;
        r = convs[c].fn(in, n, NULL, SIZE_MAX, true);
        if (r.in != n || r.out != want || r.bad) fail_msg("%s counts", convs[c].name);
        for (size_t cap = 0; cap <= want + 4; cap++) {
            size_t fit = count;

            while (at_out[fit] > cap)
                fit--;
            memset(out, 0xAB, sizeof(out));
            r = convs[c].fn(in, n, out, cap, cap & 1);
            if (r.out != at_out[fit] || r.in != at_in[fit] || r.bad || r.replaced)
                fail_msg("%s cap %zu: in %zu out %zu", convs[c].name, cap, r.in, r.out);
            assert_memory_equal(out, whole, r.out);
            for (size_t i = r.out; i < sizeof(out); i++)
                assert_int_equal(out[i], 0xAB);
            /* The rest continues seamlessly. */
            r = convs[c].fn(in + at_in[fit], n - at_in[fit], out, sizeof(out), true);
            assert_int_equal(r.out, want - at_out[fit]);
            assert_memory_equal(out, whole + at_out[fit], r.out);
        }
    }
}

/* One character among many ASCII ones, at every place of the 16-character blocks. */
static void test_blocks(void **state)
{
    static const uint32_t odd[] = {0x7F,  0x80,  0xE9,   0xFF,    0x100,
                                   0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF};

    (void)state;
    for (size_t c = 0; c < sizeof(convs) / sizeof(convs[0]); c++)
        for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++)
            for (size_t at = 0; at < 40; at++) {
                uint8_t in[170], want[170], out[170];
                size_t n = 0, m = 0;
                struct td_conv r;

                for (size_t i = 0; i < 40; i++) {
                    uint32_t cp = i == at ? odd[k] : (uint32_t)('A' + i);

                    n += ref_put(convs[c].from, cp, in + n);
                    m += ref_put(convs[c].to, cp, want + m);
                }
                r = convs[c].fn(in, n, out, sizeof(out), true);
                if (r.in != n || r.out != m || memcmp(out, want, m) != 0)
                    fail_msg("%s U+%X at %zu", convs[c].name, odd[k], at);
            }
}

/* Every code point through every form and back. */
static void test_all_code_points(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        uint8_t u8[4], back[8], u16[4], u32[4], expect[4];
        uint32_t got;
        size_t n = td_utf8_put(cp, u8);
        struct td_conv r;

        if (cp >= 0xD800 && cp <= 0xDFFF) {
            assert_int_equal(td_utf8_next(u8, u8 + n, &got), 1);
            assert_int_equal(got, 0xFFFFFFFF);
            continue;
        }
        if (td_utf8_next(u8, u8 + n, &got) != n || got != cp) fail_msg("U+%X next", cp);
        r = td_utf8_to_utf16(u8, n, u16, 4, true);
        if (r.in != n || r.out != ref_put(16, cp, expect) || memcmp(u16, expect, r.out) != 0)
            fail_msg("U+%X to UTF-16", cp);
        r = td_utf16_to_utf8(u16, r.out, back, 4, true);
        if (r.out != n || memcmp(back, u8, n) != 0) fail_msg("U+%X from UTF-16", cp);
        r = td_utf8_to_utf32(u8, n, u32, 4, true);
        if (r.out != 4 || memcmp(u32, &cp, 4) != 0) fail_msg("U+%X to UTF-32", cp);
        r = td_utf32_to_utf8(u32, 4, back, 4, true);
        if (r.out != n || memcmp(back, u8, n) != 0) fail_msg("U+%X from UTF-32", cp);
        r = td_utf32_to_utf16(u32, 4, back, 4, true);
        if (r.out != ref_put(16, cp, expect) || memcmp(back, expect, r.out) != 0)
            fail_msg("U+%X from UTF-32 to UTF-16", cp);
    }
}

static void test_ascii_run(void **state)
{
    uint8_t text[256];

    (void)state;
    for (size_t start = 0; start < 17; start++) {
        for (size_t n = 0; n < 100; n++) {
            memset(text, 0xFF, sizeof(text));
            memset(text + start, 'a', n);
            assert_int_equal(td_ascii_run(text + start, n), n);
            assert_int_equal(td_ascii_run(text + start, n + 1), n);
            for (size_t bad = 0; bad < n; bad++) {
                text[start + bad] = 0x80;
                if (td_ascii_run(text + start, n) != bad)
                    fail_msg("start %zu n %zu bad %zu", start, n, bad);
                text[start + bad] = 'a';
            }
        }
    }
}

/* Random bytes: what comes out is valid, the count agrees with the conversion's. */
static void test_random_bytes(void **state)
{
    struct td_rng rng = {td_rng_seed()};
    uint8_t in[64], out[256];
    uint32_t wide[64];

    (void)state;
    for (int round = 0; round < 200000; round++) {
        size_t n = td_rng_below(&rng, sizeof(in) + 1);
        struct td_conv r;

        for (size_t i = 0; i < n; i++) {
            uint64_t x = td_rng_next(&rng);

            /* Mostly leads and continuations, otherwise almost nothing valid would come up. */
            in[i] = (uint8_t)(x & 3 ? 0x80 | (x >> 8 & (x & 8 ? 0x3F : 0x7F)) : x >> 16);
        }
        r = td_utf8_to_utf8(in, n, out, sizeof(out), false);
        if (r.in != n || !td_utf8_valid(out, r.out) || r.replaced == td_utf8_valid(in, n))
            fail_msg("seed %llu round %d", (unsigned long long)td_rng_seed(), round);
        r = td_utf8_to_utf32(in, n, wide, sizeof(wide), false);
        assert_int_equal(r.in, n);
        assert_int_equal(r.out / 4, td_utf8_codepoints(in, n));
    }
}

static void test_clip(void **state)
{
    static const char text[] = "a\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80z"; /* borders 0 1 3 6 10 11 */
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    static const char bad[] = "ab\x80\x80\x80\x80\x80\x80";

    (void)state;
    for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++)
        assert_int_equal(td_utf8_clip(text, 11, max), want[max]);
    /* Strays have no code point to protect: the clip is exact. */
    for (size_t max = 0; max <= 8; max++)
        assert_int_equal(td_utf8_clip(bad, 8, max), max);
    /* A cut-off sequence at the end of the text is one maximal subpart. */
    assert_int_equal(td_utf8_clip("a\xF0\x9F\x98", 4, 2), 1);
    assert_int_equal(td_utf8_clip("a\xF0\x9F\x98", 4, 4), 4);
    assert_int_equal(td_utf8_clip("", 0, 0), 0);
}

/* td_utf8_clip never cuts inside what td_utf8_next calls one unit, for any bytes. */
static void test_clip_random(void **state)
{
    struct td_rng rng = {td_rng_seed() + 1};
    uint8_t in[24];

    (void)state;
    for (int round = 0; round < 50000; round++) {
        size_t n = 1 + td_rng_below(&rng, sizeof(in)), max = td_rng_below(&rng, n + 2), at = 0,
               best = 0;

        for (size_t i = 0; i < n; i++)
            in[i] = (uint8_t)(0x80 | td_rng_next(&rng));
        while (at <= max && at <= n) {
            uint32_t cp;

            best = at;
            if (at == n) break;
            at += td_utf8_next(in + at, in + n, &cp);
        }
        if (td_utf8_clip(in, n, max) != best)
            fail_msg("seed %llu round %d", (unsigned long long)td_rng_seed(), round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_utf16_malformed),
        cmocka_unit_test(test_utf32_malformed),
        cmocka_unit_test(test_capacities),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_all_code_points),
        cmocka_unit_test(test_ascii_run),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_clip_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

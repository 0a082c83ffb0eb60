/*
 * base_bench.c: nanoseconds per call of what every cell of a fetch or bind may need. The best of
 * several rounds is printed, beside the time that was aimed at.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/civil.h"
#include "base/clock.h"
#include "base/dec.h"
#include "base/num.h"
#include "base/tz.h"
#include "base/utf.h"
#include "rng.h"

#define N     4096
#define LOOPS 60
#define BEST  7

static int64_t ints[N], small_ints[N], epochs[N];
static double doubles[N], prices[N];
static float floats[N];
static struct td_dec decs[N];
static char texts[N][TD_DOUBLE_TEXT], stamps[N][48];
static size_t text_n[N], stamp_n[N];
static uint64_t sink; /* keeps the compiler from dropping the work */

#define RUN(label, goal, ...)                                                                      \
    do {                                                                                           \
        int64_t best = INT64_MAX;                                                                  \
        for (int k = 0; k < BEST; k++) {                                                           \
            int64_t t = td_now_ns();                                                               \
            for (int loop = 0; loop < LOOPS; loop++)                                               \
                for (int i = 0; i < N; i++) {                                                      \
                    __VA_ARGS__                                                                    \
                }                                                                                  \
            t = td_now_ns() - t;                                                                   \
            if (t < best) best = t;                                                                \
        }                                                                                          \
        printf("%-34s %8.2f ns   goal %s\n", label, (double)best / LOOPS / N, goal);               \
    } while (0)

static void fill(void)
{
    struct td_rng r = {td_rng_seed()};

    for (int i = 0; i < N; i++) {
        uint64_t bits;

        ints[i] = (int64_t)td_rng_next(&r);
        small_ints[i] = (int64_t)td_rng_below(&r, 100000);
        epochs[i] = INT64_C(1700000000000000000) + i * INT64_C(10000000000) +
                    (int64_t)td_rng_below(&r, 1000000000);
        do {
            bits = td_rng_next(&r);
            memcpy(&doubles[i], &bits, 8);
        } while ((bits >> 52 & 2047) == 2047);
        prices[i] = (double)td_rng_below(&r, 10000000) / 100;
        floats[i] = (float)td_rng_below(&r, 1000000) / 1000;
        decs[i] = (struct td_dec){{td_rng_next(&r), (int64_t)td_rng_below(&r, 1 << 20)}, 10};
        text_n[i] = td_double_text(i & 1 ? doubles[i] : prices[i], texts[i]);
    }
}

static void numbers(void)
{
    char out[64];

    RUN("i64 text, 19 digits", "< 10", sink += td_i64_text(ints[i], out););
    RUN("i64 text, 5 digits", "< 10", sink += td_i64_text(small_ints[i], out););
    RUN("double text, random bits", "< 60", sink += td_double_text(doubles[i], out););
    RUN("double text, two decimals", "< 60", sink += td_double_text(prices[i], out););
    RUN("float text, three decimals", "< 60", sink += td_float_text(floats[i], out););
    RUN("text to double", "-", double v = 0;
        sink += (uint64_t)td_text_double((struct td_str){texts[i], text_n[i]}, &v) + (v > 0););
    RUN("decimal text, 24 digits", "-", sink += td_dec_text(decs[i], out););
    RUN("decimal to double", "-", sink += td_dec_double(decs[i]) > 0;);
}

static void times(void)
{
    const struct td_tz *tz = td_tz_get(TD_STR("America/New_York"), NULL);
    struct td_tz_cache cache;
    struct td_civil c;
    int64_t sec, utc, from, until;
    uint32_t nanos;
    struct td_time_text text;

    if (!tz) return;
    td_tz_cache_init(&cache, tz);
    RUN("zone offset, cached", "< 2",
        sink += (uint64_t)td_tz_cached(&cache, epochs[i] / 1000000000););
    RUN("zone offset, looked up", "-",
        sink += (uint64_t)td_tz_offset(tz, small_ints[i] * 10000, &from, &until););
    RUN("zone offset, 2050 by rule", "-",
        sink +=
        (uint64_t)td_tz_offset(tz, INT64_C(2540000000) + small_ints[i] * 1000, &from, &until););
    RUN("local to UTC", "-", sink += td_tz_to_utc(tz, small_ints[i] * 10000, &utc););
    RUN("epoch to fields", "< 10", td_epoch_split(epochs[i], 2, &sec, &nanos);
        td_sec_to_civil(sec, nanos, &c); sink += c.day;);
    for (int i = 0; i < N; i++) {
        td_epoch_split(epochs[i], 2, &sec, &nanos);
        td_sec_to_civil(sec, nanos, &c);
        stamp_n[i] = td_civil_ts_text(&c, 9, stamps[i]);
    }
    RUN("fields to text", "-", char out[48]; sink += td_civil_ts_text(&c, 9, out););
    RUN("text to fields", "-",
        sink += (uint64_t)td_time_read((struct td_str){stamps[i], stamp_n[i]}, &text););
}

typedef struct td_conv (*conv_fn)(const void *, size_t, void *, size_t, bool);

static void speed(const char *label, const char *goal, conv_fn fn, const void *src, size_t n,
                  void *dst)
{
    int64_t best = INT64_MAX;

    for (int k = 0; k < 2 * BEST; k++) {
        int64_t t = td_now_ns();

        for (int i = 0; i < 20; i++)
            sink += fn(src, n, dst, SIZE_MAX, false).out;
        t = td_now_ns() - t;
        if (t < best) best = t;
    }
    printf("%-34s %8.2f GB/s goal %s\n", label, (double)n * 20 / (double)best, goal);
}

static void unicode(void)
{
    enum { SIZE = 1 << 16 };
    static const char mixed[] = "caf\xC3\xA9 \xE6\xB8\xA9\xE5\xBA\xA6 \xF0\x9F\x98\x80 sensor ";
    static const char han[] = "\xE6\xB8\xA9\xE5\xBA\xA6\xE4\xBC\xA0\xE6\x84\x9F\xE5\x99\xA8";
    static uint8_t ascii[SIZE], chinese[SIZE], text[SIZE], wide[SIZE * 4], back[SIZE * 4];
    size_t n16, n32, nm = sizeof(mixed) - 1, nh = sizeof(han) - 1;

    for (size_t i = 0; i < SIZE; i++)
        ascii[i] = (uint8_t)('a' + i % 26);
    for (size_t i = 0; i < SIZE / nm; i++)
        memcpy(text + i * nm, mixed, nm);
    for (size_t i = 0; i < SIZE / nh; i++)
        memcpy(chinese + i * nh, han, nh);
    nm *= SIZE / nm;
    nh *= SIZE / nh;
    speed("UTF-8 to UTF-16, ASCII", "> 2", td_utf8_to_utf16, ascii, SIZE, wide);
    speed("UTF-8 to UTF-16, mixed", "-", td_utf8_to_utf16, text, nm, wide);
    speed("UTF-8 to UTF-16, Chinese", "-", td_utf8_to_utf16, chinese, nh, wide);
    speed("UTF-8 to UTF-8, ASCII", "-", td_utf8_to_utf8, ascii, SIZE, back);
    n16 = td_utf8_to_utf16(ascii, SIZE, wide, sizeof(wide), false).out;
    speed("UTF-16 to UTF-8, ASCII", "-", td_utf16_to_utf8, wide, n16, back);
    n16 = td_utf8_to_utf16(chinese, nh, wide, sizeof(wide), false).out;
    speed("UTF-16 to UTF-8, Chinese", "-", td_utf16_to_utf8, wide, n16, back);
    n32 = td_utf8_to_utf32(ascii, SIZE, wide, sizeof(wide), false).out;
    speed("UTF-32 to UTF-16, ASCII", "-", td_utf32_to_utf16, wide, n32, back);
    speed("UTF-32 to UTF-8, ASCII", "-", td_utf32_to_utf8, wide, n32, back);
    n32 = td_utf8_to_utf32(chinese, nh, wide, sizeof(wide), false).out;
    speed("UTF-32 to UTF-16, Chinese", "-", td_utf32_to_utf16, wide, n32, back);
}

int main(void)
{
    fill();
    numbers();
    times();
    unicode();
    return sink == 42;
}

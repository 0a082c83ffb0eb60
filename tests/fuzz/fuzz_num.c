/*
 * fuzz_num.c: any text to the number, decimal, time and zone-rule readers. They agree with each
 * other about what is a number, and what they read is written and read back to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/dec.h"
#include "base/tz_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
    if (!holds) __builtin_trap();
}

static void doubles(struct td_str s, bool number)
{
    char text[TD_DOUBLE_TEXT];
    double v, back;
    float f, fback;
    enum td_num_parse rc = td_text_double(s, &v), frc = td_text_float(s, &f);

    require(number ? rc == TD_NP_OK || rc == TD_NP_RANGE : rc == TD_NP_OK || rc == TD_NP_FORMAT);
    require((rc == TD_NP_FORMAT) == (frc == TD_NP_FORMAT));
    require(td_text_double((struct td_str){text, td_double_text(v, text)}, &back) == TD_NP_OK);
    require(v != v ? back != back : memcmp(&v, &back, sizeof(v)) == 0);
    require(td_text_float((struct td_str){text, td_float_text(f, text)}, &fback) == TD_NP_OK);
    require(f != f ? fback != fback : memcmp(&f, &fback, sizeof(f)) == 0);
    /* What is a float once rounded to double was one rounded at once. */
    require(rc != TD_NP_OK || (double)(float)v != v || (double)f == v);
}

static void decimals(struct td_str s, bool number, enum td_num_parse irc, int64_t i)
{
    char text[TD_DEC_TEXT];
    struct td_dec d, back;
    enum td_num_parse rc = td_text_dec(s, -1, &d);
    bool neg;
    uint8_t le[16];
    int64_t whole;

    require((rc == TD_NP_FORMAT) == !number);
    require(d.scale >= 0 && d.scale <= 38 && td_dec_fits(d, 38));
    require(td_text_dec((struct td_str){text, td_dec_text(d, text)}, d.scale, &back) == TD_NP_OK);
    require(memcmp(&back.v, &d.v, sizeof(d.v)) == 0);
    td_dec_to_le16(d, le, &neg);
    require(td_dec_from_le16(le, neg, d.scale, &back) && memcmp(&back.v, &d.v, sizeof(d.v)) == 0);
    if (rc == TD_NP_OK) require(td_dec_i64(d, &whole) == irc && whole == i);
    for (int scale = 0; scale <= 38; scale += 6) {
        struct td_dec fixed;
        enum td_num_parse a = td_text_dec(s, scale, &fixed), b = td_dec_rescale(d, scale, &back);

        require(td_dec_fits(fixed, 38) && fixed.scale == scale);
        if (rc == TD_NP_OK) require(a == b && memcmp(&fixed.v, &back.v, sizeof(back.v)) == 0);
    }
}

static void numbers(struct td_str s)
{
    char text[20];
    int64_t i, iback;
    uint64_t u, uback;
    enum td_num_parse irc = td_text_i64(s, &i), urc = td_text_u64(s, &u);

    require((irc == TD_NP_FORMAT) == (urc == TD_NP_FORMAT));
    require(td_text_i64((struct td_str){text, td_i64_text(i, text)}, &iback) == TD_NP_OK &&
            i == iback);
    require(td_text_u64((struct td_str){text, td_u64_text(u, text)}, &uback) == TD_NP_OK &&
            u == uback);
    if (irc == TD_NP_OK && urc == TD_NP_OK) require((uint64_t)i == u);
    doubles(s, irc != TD_NP_FORMAT);
    decimals(s, irc != TD_NP_FORMAT, irc, i);
}

static void times(struct td_str s)
{
    struct td_time_text t, back;
    char text[48];
    size_t n;

    if (td_time_read(s, &t) != TD_TP_OK) return;
    n = t.kind == TD_TIME_DATE   ? td_civil_date_text(&t.c, text)
        : t.kind == TD_TIME_TIME ? td_civil_time_text(&t.c, 9, text)
                                 : td_civil_ts_text(&t.c, 9, text);
    require(n < sizeof(text) && text[n] == '\0');
    require(td_time_read((struct td_str){text, n}, &back) == TD_TP_OK && back.kind == t.kind);
    require(memcmp(&back.c, &t.c, sizeof(t.c)) == 0);
    if (t.kind != TD_TIME_TIME) {
        struct td_civil c;

        require(td_civil_valid(&t.c));
        td_sec_to_civil(td_civil_to_sec(&t.c), t.c.nanos, &c);
        require(memcmp(&c, &t.c, sizeof(c)) == 0);
    }
}

static void rules(struct td_str s)
{
    static const int64_t at[] = {INT64_MIN,  -5000000000, -1,           0,
                                 1719792000, 32503680000, INT64_MAX - 1};
    struct td_tz_rule rule;

    if (!td_tz_rule_read(s, &rule)) return;
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        int64_t from, until, f2, u2;
        int32_t offset = td_tz_rule_offset(&rule, at[i], &from, &until);

        require(from <= at[i] && at[i] < until && (offset == rule.std || offset == rule.dst));
        require(td_tz_rule_offset(&rule, until - 1, &f2, &u2) == offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct td_str s = {(const char *)data, n};

    numbers(s);
    times(s);
    rules(s);
    if (n >= 8) {
        char text[TD_DOUBLE_TEXT];
        double v, back;

        memcpy(&v, data, 8);
        require(td_text_double((struct td_str){text, td_double_text(v, text)}, &back) == TD_NP_OK);
        require(v != v || memcmp(&v, &back, 8) == 0);
    }
    return 0;
}

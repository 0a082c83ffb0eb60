/*
 * num.c: integers to text and back, and the scanner for numeric literals that the integer, double
 * and decimal readers share.
 */
#include "base/num_int.h"

static inline void put_pair(uint64_t v, char *out)
{
    memcpy(out, td_digit_pairs + 2 * v, 2);
}

/*
 * Eight digits of v < 10^8. The quotient v / 10^6 as a fixed-point number with 57 bits after the
 * point gives the first pair; times 100, the next. The factor is rounded up, by less than 10^−3 of
 * the last digit's unit for all these v, so that no pair comes out wrong.
 */
static inline void put8(uint64_t v, char *out)
{
    const uint64_t mask = (UINT64_C(1) << 57) - 1;
    uint64_t f = v * ((UINT64_C(1) << 57) / 1000000 + 1);

    put_pair(f >> 57, out);
    for (int i = 2; i < 8; i += 2) {
        f = (f & mask) * 100;
        put_pair(f >> 57, out + i);
    }
}

void td_u64_put(uint64_t v, char *out, int n)
{
    uint32_t rest;

    while (n >= 8) {
        uint64_t q = v / 100000000;

        n -= 8;
        put8(v - q * 100000000, out + n);
        v = q;
    }
    rest = (uint32_t)v; /* below 10^n */
    while (n >= 2) {
        uint32_t q = rest / 100;

        n -= 2;
        put_pair(rest - q * 100, out + n);
        rest = q;
    }
    if (n) *out = (char)('0' + rest % 10);
}

size_t td_u64_text(uint64_t v, char out[20])
{
    int n = td_u64_digits(v);

    td_u64_put(v, out, n);
    return (size_t)n;
}

size_t td_i64_text(int64_t v, char out[20])
{
    /* Without a branch on the sign, which no processor can foresee; a digit overwrites the '-'. */
    size_t neg = v < 0;

    out[0] = '-';
    return neg + td_u64_text(((uint64_t)v ^ (0 - (uint64_t)neg)) + neg, out + neg);
}

#define EXP_LIMIT INT64_C(1000000000000000)

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && td_isdigit(*p))
        p++;
    return p;
}

/* `e`, an optional sign and digits, to the end. A missing exponent is 0. */
static bool scan_exponent(const char *p, const char *end, int64_t *exp)
{
    bool neg = false;

    *exp = 0;
    if (p == end) return true;
    if (*p != 'e' && *p != 'E') return false;
    p++;
    if (p < end && (*p == '+' || *p == '-')) neg = *p++ == '-';
    if (p == end) return false;
    for (; p < end; p++) {
        if (!td_isdigit(*p)) return false;
        if (*exp < EXP_LIMIT) *exp = *exp * 10 + (*p - '0');
    }
    if (*exp > EXP_LIMIT) *exp = EXP_LIMIT;
    if (neg) *exp = -*exp;
    return true;
}

bool td_num_scan(struct td_str s, struct td_num_lit *out)
{
    const char *p = s.p, *end = s.n ? s.p + s.n : s.p;
    const char *start;
    bool any;

    while (p < end && td_isspace(*p))
        p++;
    while (end > p && td_isspace(end[-1]))
        end--;
    out->neg = false;
    if (p < end && (*p == '+' || *p == '-')) out->neg = *p++ == '-';
    start = p;
    p = skip_digits(p, end);
    any = p > start;
    while (start < p && *start == '0')
        start++;
    out->whole = (struct td_str){start, (size_t)(p - start)};
    out->frac = (struct td_str){p, 0};
    if (p < end && *p == '.') {
        start = ++p;
        p = skip_digits(p, end);
        any = any || p > start;
        out->frac = (struct td_str){start, (size_t)(p - start)};
    }
    return any && scan_exponent(p, end, &out->exp);
}

size_t td_num_first(const struct td_num_lit *l)
{
    size_t i = 0;

    if (l->whole.n) return 0;
    while (i < l->frac.n && l->frac.p[i] == '0')
        i++;
    return i;
}

bool td_num_any(const struct td_num_lit *l, size_t i)
{
    for (; i < td_num_count(l); i++)
        if (td_num_digit(l, i)) return true;
    return false;
}

/* The magnitude's integral part. RANGE is decided before FRACTION. */
static enum td_num_parse read_magnitude(const struct td_num_lit *l, uint64_t *out)
{
    size_t count = td_num_count(l), first = td_num_first(l), i;
    /* Digits before the point are those with an index below this. */
    int64_t point = (int64_t)l->whole.n + l->exp;
    uint64_t v = 0;

    *out = 0;
    if (first == count) return TD_NP_OK;
    if (point <= (int64_t)first) return TD_NP_FRACTION;
    if (point - (int64_t)first > 20) return TD_NP_RANGE;
    for (i = first; i < (size_t)point; i++) {
        uint64_t d = i < count ? td_num_digit(l, i) : 0;

        if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, d, &v))
            return TD_NP_RANGE;
    }
    *out = v;
    return td_num_any(l, i) ? TD_NP_FRACTION : TD_NP_OK;
}

enum td_num_parse td_text_u64(struct td_str s, uint64_t *out)
{
    struct td_num_lit l;
    enum td_num_parse rc;

    *out = 0;
    if (!td_num_scan(s, &l)) return TD_NP_FORMAT;
    rc = read_magnitude(&l, out);
    if (l.neg && *out != 0) {
        *out = 0;
        return TD_NP_RANGE;
    }
    return rc;
}

enum td_num_parse td_text_i64(struct td_str s, int64_t *out)
{
    struct td_num_lit l;
    enum td_num_parse rc;
    uint64_t v;

    *out = 0;
    if (!td_num_scan(s, &l)) return TD_NP_FORMAT;
    rc = read_magnitude(&l, &v);
    if (rc == TD_NP_RANGE || v > (uint64_t)INT64_MAX + l.neg) return TD_NP_RANGE;
    *out = (int64_t)(l.neg ? 0 - v : v);
    return rc;
}

/*
 * k_interval.c: exact numbers and text to the 13 interval C types (ODBC reference, "SQL to C:
 * Numeric" and "Character", "Interval Literals").
 *
 * A number becomes an interval of one field; for an interval of two or more fields the reference
 * has 22015 only. Text is the value ("163 12:39:59.163") in the fields of the target, or a whole
 * literal (INTERVAL '163 12' DAY(3) TO HOUR) in its own. Fields after the target's last are cut
 * (01S07); a leading field of more digits than SQL_DESC_DATETIME_INTERVAL_PRECISION is 22015.
 */
#include "conv/numeric.h"
#include "conv/textsrc.h"

enum field { F_YEAR, F_MONTH, F_DAY, F_HOUR, F_MINUTE, F_SECOND };

/* The fields of an interval type, by SQLINTERVAL code (C type − 100). */
struct span {
    uint8_t first, last;
};
static const struct span spans[] = {
    [SQL_IS_YEAR] = {F_YEAR, F_YEAR},
    [SQL_IS_MONTH] = {F_MONTH, F_MONTH},
    [SQL_IS_DAY] = {F_DAY, F_DAY},
    [SQL_IS_HOUR] = {F_HOUR, F_HOUR},
    [SQL_IS_MINUTE] = {F_MINUTE, F_MINUTE},
    [SQL_IS_SECOND] = {F_SECOND, F_SECOND},
    [SQL_IS_YEAR_TO_MONTH] = {F_YEAR, F_MONTH},
    [SQL_IS_DAY_TO_HOUR] = {F_DAY, F_HOUR},
    [SQL_IS_DAY_TO_MINUTE] = {F_DAY, F_MINUTE},
    [SQL_IS_DAY_TO_SECOND] = {F_DAY, F_SECOND},
    [SQL_IS_HOUR_TO_MINUTE] = {F_HOUR, F_MINUTE},
    [SQL_IS_HOUR_TO_SECOND] = {F_HOUR, F_SECOND},
    [SQL_IS_MINUTE_TO_SECOND] = {F_MINUTE, F_SECOND},
};

/* Months for F_YEAR and F_MONTH, seconds for the others. */
static const uint32_t units[] = {12, 1, 86400, 3600, 60, 1};
/* Highest value of a field that is not the first. */
static const uint8_t most[] = {0, 11, 0, 23, 59, 59};

#define LEAD_MAX 999999999 /* nine digits: what SQLUINTEGER fields hold for certain */

struct interval {
    bool months; /* total counts months, else seconds */
    bool negative, cut;
    uint64_t total;
    uint32_t nanos;
};

enum outcome { GOOD, FORMAT, OVERFLOW };

struct reader {
    const char *p, *end;
};

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end && td_isspace(*r->p))
        r->p++;
}

static bool take(struct reader *r, char c)
{
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    struct td_str rest;
    size_t n = strlen(word);

    skip_blanks(r);
    rest = (struct td_str){r->p, (size_t)(r->end - r->p)};
    if (!td_str_istarts(rest, word)) return false;
    r->p += n;
    return true;
}

/* Digits of a number; the count, 0 for none. A value above LEAD_MAX only shows as one. */
static int take_number(struct reader *r, uint64_t *v)
{
    int n = 0;

    for (*v = 0; r->p < r->end && td_isdigit(*r->p); r->p++, n++)
        if (*v <= LEAD_MAX) *v = *v * 10 + (uint64_t)(*r->p - '0');
    return n;
}

static void take_fraction(struct reader *r, struct interval *v)
{
    uint32_t scale = 100000000;

    for (; r->p < r->end && td_isdigit(*r->p); r->p++, scale /= 10) {
        v->nanos += scale * (uint32_t)(*r->p - '0');
        if (scale == 0 && *r->p != '0') v->cut = true;
    }
}

/* Field values from `first` on, at least to `last`; `further` allows more of them. */
static enum outcome read_fields(struct reader *r, struct span s, bool further, struct interval *v)
{
    int bottom = s.first <= F_MONTH ? F_MONTH : F_SECOND, f = s.first;
    uint64_t n;
    int digits;
    bool over;

    skip_blanks(r);
    if (take(r, '-'))
        v->negative = !v->negative;
    else
        take(r, '+');
    digits = take_number(r, &n);
    if (digits == 0) return FORMAT;
    over = n > LEAD_MAX;
    v->months = s.first <= F_MONTH;
    v->total = n * units[f];
    while (f < bottom && (f < s.last || further)) {
        bool sep =
            f == F_DAY ? r->p < r->end && td_isspace(*r->p) : take(r, f == F_YEAR ? '-' : ':');

        if (!sep) break;
        skip_blanks(r);
        f++;
        digits = take_number(r, &n);
        if (digits < 1 || digits > 2 || n > most[f]) return FORMAT;
        v->total += n * units[f];
    }
    if (f == F_SECOND && take(r, '.')) take_fraction(r, v);
    return f < s.last ? FORMAT : over ? OVERFLOW : GOOD;
}

static bool take_field(struct reader *r, uint8_t *f)
{
    static const char *const names[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    uint64_t n;

    for (*f = 0; *f < 6 && !take_word(r, names[*f]);)
        ++*f;
    if (*f == 6) return false;
    skip_blanks(r);
    if (!take(r, '(')) return true;
    do {
        skip_blanks(r);
        if (take_number(r, &n) == 0) return false;
        skip_blanks(r);
    } while (take(r, ','));
    return take(r, ')');
}

/* What follows the word INTERVAL: [sign] 'value' field [TO field]. */
static enum outcome read_literal(struct reader *r, struct interval *v)
{
    struct reader value;
    struct span s;
    enum outcome rc;

    skip_blanks(r);
    if (take(r, '-'))
        v->negative = true;
    else
        take(r, '+');
    skip_blanks(r);
    if (!take(r, '\'')) return FORMAT;
    value.p = r->p;
    while (r->p < r->end && *r->p != '\'')
        r->p++;
    value.end = r->p;
    if (!take(r, '\'') || !take_field(r, &s.first)) return FORMAT;
    s.last = s.first;
    if (take_word(r, "TO") && !take_field(r, &s.last)) return FORMAT;
    if (s.last < s.first || (s.first <= F_MONTH) != (s.last <= F_MONTH)) return FORMAT;
    rc = read_fields(&value, s, false, v);
    skip_blanks(&value);
    return value.p < value.end ? FORMAT : rc;
}

static enum outcome read_text(struct td_str s, struct span target, struct interval *v)
{
    struct reader r;
    enum outcome rc;

    if (s.n >= 2 && s.p[0] == '{' && s.p[s.n - 1] == '}')
        s = td_str_trim((struct td_str){s.p + 1, s.n - 2});
    r = (struct reader){s.p, s.p + s.n};
    rc = take_word(&r, "INTERVAL") ? read_literal(&r, v) : read_fields(&r, target, true, v);
    skip_blanks(&r);
    return r.p < r.end ? FORMAT : rc;
}

/* Fills the structure; OVERFLOW for a leading field of too many digits. */
static enum outcome compose(struct interval *v, SQLINTERVAL code, const struct td_kctx *x,
                            SQL_INTERVAL_STRUCT *out)
{
    struct span s = spans[code];
    int lead = x->interval_leading_precision, digits = x->interval_seconds_precision;
    uint64_t limit = 10, rest = v->total;
    uint32_t step = 1, field[6] = {0};

    if (v->months != (s.first <= F_MONTH)) return FORMAT;
    for (int i = lead < 1 ? 2 : lead > 9 ? 9 : lead; i > 1; i--)
        limit *= 10;
    if (rest / units[s.first] >= limit) return OVERFLOW;
    for (int f = s.first; f <= s.last; f++) {
        field[f] = (uint32_t)(rest / units[f]);
        rest %= units[f];
    }
    if (rest) v->cut = true;
    for (int i = digits < 0 ? 0 : digits; i < 9; i++)
        step *= 10;
    if (s.last != F_SECOND) step = 1000000000;
    if (v->nanos % step) v->cut = true;
    memset(out, 0, sizeof *out);
    out->interval_type = code;
    out->interval_sign =
        v->negative && (rest < v->total || v->nanos >= step) ? SQL_TRUE : SQL_FALSE;
    if (v->months) {
        out->intval.year_month.year = field[F_YEAR];
        out->intval.year_month.month = field[F_MONTH];
    } else {
        out->intval.day_second.day = field[F_DAY];
        out->intval.day_second.hour = field[F_HOUR];
        out->intval.day_second.minute = field[F_MINUTE];
        out->intval.day_second.second = field[F_SECOND];
        out->intval.day_second.fraction = v->nanos / step;
    }
    return GOOD;
}

/* The whole part and, for seconds, nine digits of the fraction of a DECIMAL or integer. */
static enum outcome read_number(const struct td_col *c, uint32_t row, struct span s,
                                struct interval *v)
{
    struct td_dec d = {{0, 0}, 0}, nano;
    int64_t whole;

    if (s.first != s.last) return OVERFLOW;
    if (c->type == TD_T_DECIMAL64 || c->type == TD_T_DECIMAL128) {
        td_load_dec(c, row, &d);
    } else {
        td_int_loader(c->type)(c->data + (size_t)row * (size_t)td_type_width(c->type), 1, &whole);
        d.v = c->type == TD_T_UBIGINT ? td_i128_ofu((uint64_t)whole) : td_i128_of(whole);
    }
    if (td_dec_i64(d, &whole) == TD_NP_RANGE || whole > LEAD_MAX || whole < -LEAD_MAX)
        return OVERFLOW;
    if (td_dec_rescale(d, 9, &nano) == TD_NP_FRACTION) v->cut = true;
    int64_t fraction = (int64_t)nano.v.lo - whole * 1000000000; // 18 digits and the sign
    v->negative = td_i128_neg(d.v);
    v->months = s.first <= F_MONTH;
    v->total = (uint64_t)(whole < 0 ? -whole : whole) * units[s.first];
    v->nanos = (uint32_t)(fraction < 0 ? -fraction : fraction);
    return GOOD;
}

static enum outcome read_cell(const struct td_col *c, uint32_t row, struct span s,
                              struct interval *v)
{
    char buf[TD_VALUE_TEXT];
    struct td_str text;

    if (!td_type_is_text(c->type)) return read_number(c, row, s, v);
    return td_value_text(c, row, buf, &text) ? read_text(text, s, v) : FORMAT;
}

static void interval_run(const struct td_col *col, uint32_t row0, uint32_t n,
                         const struct td_target *t, struct td_kctx *x, SQLINTERVAL code)
{
    SQL_INTERVAL_STRUCT value;

    for (uint32_t i = 0; i < n; i++) {
        struct interval v = {false, false, false, 0, 0};
        enum outcome rc;

        if (td_cell_null(col, row0 + i)) {
            td_put_null(t, i, x);
            continue;
        }
        rc = read_cell(col, row0 + i, spans[code], &v);
        if (rc == GOOD) rc = compose(&v, code, x, &value);
        if (rc != GOOD) {
            td_report(x, i, rc == FORMAT ? TD_ST_22018 : TD_ST_22015, NULL);
            continue;
        }
        if (t->base) memcpy(td_slot(t, i), &value, sizeof value);
        if (v.cut) td_report(x, i, TD_ST_01S07, NULL);
        td_put_len(t, i, sizeof value);
    }
}

#define KERNEL(CODE)                                                                               \
    static void to_##CODE(const struct td_col *col, uint32_t row0, uint32_t n,                     \
                          const struct td_target *t, struct td_kctx *x)                            \
    {                                                                                              \
        interval_run(col, row0, n, t, x, SQL_IS_##CODE);                                           \
    }
KERNEL(YEAR)
KERNEL(MONTH)
KERNEL(DAY)
KERNEL(HOUR)
KERNEL(MINUTE)
KERNEL(SECOND)
KERNEL(YEAR_TO_MONTH)
KERNEL(DAY_TO_HOUR)
KERNEL(DAY_TO_MINUTE)
KERNEL(DAY_TO_SECOND)
KERNEL(HOUR_TO_MINUTE)
KERNEL(HOUR_TO_SECOND)
KERNEL(MINUTE_TO_SECOND)

td_kernel td_k_interval(int td_type, SQLSMALLINT ctype)
{
    static const td_kernel kernels[] = {
        [SQL_IS_YEAR] = to_YEAR,
        [SQL_IS_MONTH] = to_MONTH,
        [SQL_IS_DAY] = to_DAY,
        [SQL_IS_HOUR] = to_HOUR,
        [SQL_IS_MINUTE] = to_MINUTE,
        [SQL_IS_SECOND] = to_SECOND,
        [SQL_IS_YEAR_TO_MONTH] = to_YEAR_TO_MONTH,
        [SQL_IS_DAY_TO_HOUR] = to_DAY_TO_HOUR,
        [SQL_IS_DAY_TO_MINUTE] = to_DAY_TO_MINUTE,
        [SQL_IS_DAY_TO_SECOND] = to_DAY_TO_SECOND,
        [SQL_IS_HOUR_TO_MINUTE] = to_HOUR_TO_MINUTE,
        [SQL_IS_HOUR_TO_SECOND] = to_HOUR_TO_SECOND,
        [SQL_IS_MINUTE_TO_SECOND] = to_MINUTE_TO_SECOND,
    };

    // the reference: "not supported for the approximate numeric data types", and no line for bits
    if (td_type == TD_T_BOOL || td_type == TD_T_FLOAT || td_type == TD_T_DOUBLE) return NULL;
    return kernels[ctype - 100];
}

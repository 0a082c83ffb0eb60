/*
 * wkt.c: well-known text to well-known binary.
 */
#include "base/num.h"
#include "conv/geo.h"
#include "conv/sqltypes.h"

#define MAX_DEPTH 32
#define WORD_MAX  20
#define NUM_MAX   64

enum shape { POINT = 1, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION };

struct reader {
    const uint8_t *p;
    size_t n, at; /* in characters */
    bool wide;
    struct td_buf *out;
};

/* The character at the place, 0 at the end and for any that is not ASCII. */
static char peek(const struct reader *r)
{
    SQLWCHAR w;

    if (r->at == r->n) return 0;
    if (!r->wide) return r->p[r->at] < 0x80 ? (char)r->p[r->at] : 0;
    memcpy(&w, r->p + r->at * sizeof w, sizeof w);
    return w < 0x80 ? (char)w : 0;
}

static void blanks(struct reader *r)
{
    while (td_isspace(peek(r)))
        r->at++;
}

static bool sign(struct reader *r, char c)
{
    blanks(r);
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

static struct td_str word(struct reader *r, char buf[WORD_MAX])
{
    size_t n = 0;
    char c;

    blanks(r);
    for (; c = td_upper(peek(r)), c >= 'A' && c <= 'Z' && n < WORD_MAX; r->at++)
        buf[n++] = c;
    return (struct td_str){buf, n};
}

/* True and past it when EMPTY stands here. */
static bool empty(struct reader *r)
{
    char buf[WORD_MAX];
    size_t at = r->at;

    if (td_str_eq(word(r, buf), TD_STR("EMPTY"))) return true;
    r->at = at;
    return false;
}

static bool coordinate(struct reader *r)
{
    char buf[NUM_MAX], c;
    size_t n = 0;
    double v;
    uint64_t bits;

    blanks(r);
    for (; c = peek(r), td_isdigit(c) || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
         r->at++) {
        if (n == NUM_MAX) return false;
        buf[n++] = c;
    }
    if (td_text_double((struct td_str){buf, n}, &v) != TD_NP_OK) return false;
    memcpy(&bits, &v, sizeof bits);
    td_buf_u64(r->out, bits);
    return true;
}

static bool point(struct reader *r)
{
    return coordinate(r) && coordinate(r);
}

static void patch(struct reader *r, size_t at, uint32_t v)
{
    if (td_buf_ok(r->out)) td_st32(r->out->p + at, v);
}

/* `(x y, …)` or EMPTY, with their count. A ring is closed. */
static bool points(struct reader *r, bool ring)
{
    size_t at = r->out->n;
    uint32_t n = 0;

    td_buf_u32(r->out, 0);
    if (empty(r)) return true;
    if (!sign(r, '(')) return false;
    do {
        if (!point(r)) return false;
        n++;
    } while (sign(r, ','));
    if (!sign(r, ')')) return false;
    patch(r, at, n);
    if (!ring || !td_buf_ok(r->out)) return n >= 2;
    return n >= 4 && memcmp(r->out->p + at + 4, r->out->p + at + 4 + (size_t)(n - 1) * 16, 16) == 0;
}

static bool body(struct reader *r, uint32_t shape, int depth);

static void head(struct reader *r, uint32_t shape)
{
    td_buf_u8(r->out, 1);
    td_buf_u32(r->out, shape);
}

static bool tagged(struct reader *r, int depth)
{
    static const char *const names[] = {[POINT] = "POINT",
                                        [LINE] = "LINESTRING",
                                        [POLYGON] = "POLYGON",
                                        [MULTIPOINT] = "MULTIPOINT",
                                        [MULTILINE] = "MULTILINESTRING",
                                        [MULTIPOLYGON] = "MULTIPOLYGON",
                                        [COLLECTION] = "GEOMETRYCOLLECTION"};
    char buf[WORD_MAX];
    struct td_str w = word(r, buf);

    for (uint32_t s = POINT; s <= COLLECTION; s++) {
        if (td_str_eq(w, td_str_of(names[s]))) {
            head(r, s);
            return body(r, s, depth);
        }
    }
    return false;
}

/* One element of a polygon, multi-geometry or collection. */
static bool element(struct reader *r, uint32_t shape, int depth)
{
    if (shape == POLYGON) return points(r, true);
    if (shape == COLLECTION) return tagged(r, depth + 1);
    head(r, shape - MULTIPOINT + POINT);
    blanks(r);
    if (shape == MULTIPOINT && peek(r) != '(' && td_upper(peek(r)) != 'E') return point(r);
    return body(r, shape - MULTIPOINT + POINT, depth + 1);
}

static bool body(struct reader *r, uint32_t shape, int depth)
{
    size_t at;
    uint32_t n = 0;

    if (depth > MAX_DEPTH) return false;
    if (shape == LINE) return points(r, false);
    if (shape == POINT) {
        if (!empty(r)) return sign(r, '(') && point(r) && sign(r, ')');
        td_buf_u64(r->out, UINT64_C(0x7FF8000000000000)); // an empty point is NaN, NaN
        td_buf_u64(r->out, UINT64_C(0x7FF8000000000000));
        return true;
    }
    at = r->out->n;
    td_buf_u32(r->out, 0);
    if (empty(r)) return true;
    if (!sign(r, '(')) return false;
    do {
        if (!element(r, shape, depth)) return false;
        n++;
    } while (sign(r, ','));
    patch(r, at, n);
    return sign(r, ')');
}

bool td_wkt_read(struct td_buf *out, const uint8_t *p, size_t n, bool wide)
{
    struct reader r = {p, wide ? n / sizeof(SQLWCHAR) : n, 0, wide, out};

    if (!tagged(&r, 0)) return false;
    blanks(&r);
    return r.at == r.n;
}

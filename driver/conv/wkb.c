/*
 * wkb.c: the structure of well-known binary.
 */
#include "conv/geo.h"

#define MAX_DEPTH 32
#define FLAG_Z    0x80000000u
#define FLAG_M    0x40000000u
#define FLAG_SRID 0x20000000u

enum shape { POINT = 1, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION };

struct reader {
    const uint8_t *p, *end;
    bool big; /* the current geometry's byte order */
};

static bool take(struct reader *r, size_t n)
{
    if ((size_t)(r->end - r->p) < n) return false;
    r->p += n;
    return true;
}

static bool take_u32(struct reader *r, uint32_t *v)
{
    if (!take(r, 4)) return false;
    *v = td_ld32(r->p - 4);
    if (r->big) *v = __builtin_bswap32(*v);
    return true;
}

static bool points(struct reader *r, size_t width)
{
    uint32_t n;

    return take_u32(r, &n) && n <= (size_t)(r->end - r->p) / width && take(r, n * width);
}

/* Byte order and type; the number of coordinates of a point in *dims. */
static bool head(struct reader *r, uint32_t *shape, size_t *dims)
{
    uint32_t type, srid;

    if (!take(r, 1) || r->p[-1] > 1) return false;
    r->big = r->p[-1] == 0;
    if (!take_u32(r, &type)) return false;
    *dims = 2 + ((type & FLAG_Z) != 0) + ((type & FLAG_M) != 0);
    if ((type & FLAG_SRID) && !take_u32(r, &srid)) return false;
    type &= ~(FLAG_Z | FLAG_M | FLAG_SRID);
    if (type >= 4000) return false;
    *dims += type / 1000 == 3 ? 2 : type / 1000 != 0; // ISO: 1000 Z, 2000 M, 3000 ZM
    *shape = type % 1000;
    return *shape >= POINT && *shape <= COLLECTION && *dims <= 4;
}

static bool geometry(struct reader *r, uint32_t want, int depth)
{
    uint32_t shape, n;
    size_t dims;
    bool big;

    if (depth > MAX_DEPTH || !head(r, &shape, &dims) || (want && shape != want)) return false;
    if (shape == POINT) return take(r, dims * 8);
    if (shape == LINE) return points(r, dims * 8);
    if (!take_u32(r, &n)) return false;
    big = r->big;
    for (; n; n--) {
        bool ok =
            shape == POLYGON
                ? points(r, dims * 8)
                : geometry(r, shape == COLLECTION ? 0 : shape - MULTIPOINT + POINT, depth + 1);

        if (!ok) return false;
        r->big = big;
    }
    return true;
}

bool td_wkb_valid(const void *p, size_t n)
{
    struct reader r = {p, (const uint8_t *)p + n, false};

    return geometry(&r, 0, 0) && r.p == r.end;
}

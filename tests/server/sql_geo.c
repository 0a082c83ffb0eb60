/* sql_geo.c: WKT and WKB (sql_geo.h). Numbers print with six decimals (golden/query/ms/fns). */
#include "sql_geo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { G_POINT = 1, G_LINE, G_POLYGON, G_MPOINT, G_MLINE, G_MPOLYGON };

static const char *const kind_name[] = {"",           "POINT",           "LINESTRING",  "POLYGON",
                                        "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"};

struct wkt {
    const char *p, *end;
    struct tl_buf *out;
};

static void blank(struct wkt *w)
{
    while (w->p < w->end && (*w->p == ' ' || *w->p == '\t' || *w->p == '\n'))
        w->p++;
}

static bool sign_of(struct wkt *w, char c)
{
    blank(w);
    if (w->p >= w->end || *w->p != c) return false;
    w->p++;
    return true;
}

static bool number(struct wkt *w, double *d)
{
    char buf[64];
    size_t n = 0;
    blank(w);
    while (w->p < w->end && n + 1 < sizeof buf && *w->p && strchr("0123456789+-.eE", *w->p)) {
        buf[n++] = *w->p++;
    }
    buf[n] = 0;
    char *e;
    *d = strtod(buf, &e);
    return n > 0 && *e == 0 && isfinite(*d);
}

static bool put_u32(struct wkt *w, uint32_t v)
{
    return tl_buf_u32(w->out, v);
}

static bool put_double(struct wkt *w, double d)
{
    uint64_t u;
    memcpy(&u, &d, 8);
    return tl_buf_u64(w->out, u);
}

static bool pair(struct wkt *w, double xy[2])
{
    return number(w, &xy[0]) && number(w, &xy[1]) && put_double(w, xy[0]) && put_double(w, xy[1]);
}

static bool head(struct wkt *w, uint32_t kind)
{
    return tl_buf_u8(w->out, 1) && put_u32(w, kind);
}

static void patch(struct wkt *w, size_t at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        w->out->p[at + (size_t)i] = (uint8_t)(v >> (8 * i));
}

/* ( x y, x y ... ): `min` points at least; a ring must close. */
static bool points(struct wkt *w, uint32_t min, bool ring)
{
    double first[2], xy[2] = {0};
    uint32_t n = 0;
    size_t at = w->out->n;
    if (!sign_of(w, '(') || !put_u32(w, 0)) return false;
    do {
        if (!pair(w, xy)) return false;
        if (n++ == 0) memcpy(first, xy, sizeof first);
    } while (sign_of(w, ','));
    if (!sign_of(w, ')') || n < min) return false;
    if (ring && memcmp(first, xy, sizeof first) != 0) return false;
    patch(w, at, n);
    return true;
}

static bool rings(struct wkt *w)
{
    uint32_t n = 0;
    size_t at = w->out->n;
    if (!sign_of(w, '(') || !put_u32(w, 0)) return false;
    do {
        if (!points(w, 4, true)) return false;
        n++;
    } while (sign_of(w, ','));
    patch(w, at, n);
    return sign_of(w, ')');
}

static bool body(struct wkt *w, int kind)
{
    double xy[2];
    if (kind == G_POINT) return sign_of(w, '(') && pair(w, xy) && sign_of(w, ')');
    if (kind == G_LINE) return points(w, 2, false);
    if (kind == G_POLYGON) return rings(w);
    uint32_t n = 0;
    size_t at = w->out->n;
    if (!sign_of(w, '(') || !put_u32(w, 0)) return false;
    do {
        if (!head(w, (uint32_t)(kind - 3))) return false;
        bool ok;
        if (kind == G_MPOINT) {
            bool par = sign_of(w, '(');
            ok = pair(w, xy) && (!par || sign_of(w, ')'));
        } else {
            ok = body(w, kind - 3);
        }
        if (!ok) return false;
        n++;
    } while (sign_of(w, ','));
    patch(w, at, n);
    return sign_of(w, ')');
}

bool tl_geo_parse(const char *s, size_t n, struct tl_buf *wkb)
{
    struct wkt w = {s, s + n, wkb};
    blank(&w);
    const char *word = w.p;
    while (w.p < w.end && ((*w.p | 32) >= 'a' && (*w.p | 32) <= 'z'))
        w.p++;
    size_t len = (size_t)(w.p - word);
    for (int k = G_POINT; k <= G_MPOLYGON; k++) {
        if (strlen(kind_name[k]) != len || strncasecmp(kind_name[k], word, len) != 0) continue;
        if (!head(&w, (uint32_t)k) || !body(&w, k)) return false;
        blank(&w);
        return w.p == w.end;
    }
    return false;
}

struct wkb {
    const unsigned char *p, *end;
    struct tl_sb *out;
};

static bool get_u32(struct wkb *w, uint32_t *v)
{
    if (w->end - w->p < 4) return false;
    *v = (uint32_t)w->p[0] | (uint32_t)w->p[1] << 8 | (uint32_t)w->p[2] << 16 |
         (uint32_t)w->p[3] << 24;
    w->p += 4;
    return true;
}

static bool show_pair(struct wkb *w)
{
    double xy[2];
    if (w->end - w->p < 16) return false;
    memcpy(xy, w->p, 16);
    w->p += 16;
    tl_sb_fmt(w->out, "%.6f %.6f", xy[0], xy[1]);
    return true;
}

static bool show_points(struct wkb *w)
{
    uint32_t n;
    if (!get_u32(w, &n)) return false;
    tl_sb_str(w->out, "(");
    for (uint32_t i = 0; i < n; i++) {
        if (i) tl_sb_str(w->out, ", ");
        if (!show_pair(w)) return false;
    }
    tl_sb_str(w->out, ")");
    return true;
}

static bool show_body(struct wkb *w, uint32_t kind)
{
    if (kind == G_LINE) return show_points(w);
    uint32_t n = 1;
    if (kind != G_POINT && !get_u32(w, &n)) return false;
    tl_sb_str(w->out, "(");
    for (uint32_t i = 0; i < n; i++) {
        if (i) tl_sb_str(w->out, ", ");
        if (kind == G_POINT) {
            if (!show_pair(w)) return false;
        } else if (kind == G_POLYGON) {
            if (!show_points(w)) return false;
        } else {
            if (w->end - w->p < 5) return false;
            w->p += 5;
            if (kind == G_MPOINT ? !show_pair(w) : !show_body(w, kind - 3)) return false;
        }
    }
    tl_sb_str(w->out, ")");
    return true;
}

bool tl_geo_text(const unsigned char *wkb, size_t n, struct tl_sb *out)
{
    struct wkb w = {wkb, wkb + n, out};
    uint32_t kind;
    if (n < 5 || wkb[0] != 1) return false;
    w.p++;
    if (!get_u32(&w, &kind) || kind < G_POINT || kind > G_MPOLYGON) return false;
    tl_sb_fmt(out, "%s ", kind_name[kind]);
    return show_body(&w, kind) && w.p == w.end;
}

/*
 * textsrc.c: cells of text: limits and conversion.
 */
#include "conv/textsrc.h"

bool td_cell_null(const struct td_col *c, uint32_t row)
{
    return td_col_is_null(c, row) || (c->type == TD_T_JSON && td_col_json_null(c, row));
}

/* Bytes of the first `chars` code points of UTF-8. */
static size_t clip_chars(const uint8_t *p, size_t n, size_t chars)
{
    size_t at = 0;
    uint32_t cp;

    while (at < n && chars-- > 0)
        at += td_utf8_next(p + at, p + n, &cp);
    return at;
}

/* Source bytes of what fits in `max` bytes as SQLWCHARs. */
static size_t clip_wide(const struct td_textsrc *s, size_t max)
{
    size_t at = 0, used = 0;

    while (at < s->n) {
        uint32_t cp;
        size_t step = s->ucs4 ? 4 : td_utf8_next(s->p + at, s->p + s->n, &cp);

        if (s->ucs4) cp = td_ld32(s->p + at);
        used += TD_WCHAR_SIZE == 2 && cp >= 0x10000 && cp <= 0x10FFFF ? 4 : TD_WCHAR_SIZE;
        if (used > max) break;
        at += step;
    }
    return at;
}

struct td_textsrc td_text_of(const struct td_col *c, uint32_t row, const struct td_kctx *x)
{
    struct td_str v = td_col_var(c, row);
    struct td_textsrc s = {(const uint8_t *)v.p, v.n, 0, c->type == TD_T_NCHAR};

    if (x->max_column && s.n > x->max_column) {
        size_t keep = c->type == TD_T_VARCHAR ? td_utf8_clip(s.p, s.n, x->max_column)
                      : s.ucs4                ? (x->max_column < s.n / 4 ? x->max_column * 4 : s.n)
                                              : clip_chars(s.p, s.n, x->max_column);

        s.cut = s.n - keep;
        s.n = keep;
    }
    if (x->max_length && s.n > x->max_length / 4) {
        size_t keep = c->type != TD_T_VARCHAR ? clip_wide(&s, x->max_length)
                      : s.n > x->max_length   ? td_utf8_clip(s.p, s.n, x->max_length)
                                              : s.n;

        if (keep < s.n) s.cut = 0; // the application asked for the shorter text
        s.n = keep;
    }
    return s;
}

static struct td_conv copy_bytes(const struct td_textsrc *s, size_t at, void *dst, size_t cap)
{
    size_t n = s->n - at < cap ? s->n - at : cap;

    if (dst) memcpy(dst, s->p + at, n);
    return (struct td_conv){n, n, false, false};
}

struct td_conv td_text_convert(const struct td_textsrc *s, size_t at, enum td_form f, void *dst,
                               size_t cap)
{
    const uint8_t *p = s->p + at;
    size_t n = s->n - at;

    if (f == TD_FORM_BYTES) return copy_bytes(s, at, dst, cap);
    if (f == TD_FORM_CHAR) {
        if (s->ucs4) return td_utf32_to_utf8(p, n, dst, cap, false);
        if (n <= cap && td_utf8_valid(p, n)) return copy_bytes(s, at, dst, cap);
        return td_utf8_to_utf8(p, n, dst, cap, false);
    }
    if (TD_WCHAR_SIZE == 2)
        return s->ucs4 ? td_utf32_to_utf16(p, n, dst, cap, false)
                       : td_utf8_to_utf16(p, n, dst, cap, false);
    return s->ucs4 ? td_utf32_to_utf32(p, n, dst, cap, false)
                   : td_utf8_to_utf32(p, n, dst, cap, false);
}

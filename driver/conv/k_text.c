/*
 * k_text.c: VARCHAR, NCHAR and JSON to CHAR, WCHAR and BINARY (ODBC reference, "SQL to C:
 * Character").
 *
 * Most cells are short ASCII that fits: those are copied (widened, narrowed) and checked in one
 * pass, eight bytes at a time. Everything else goes through td_text_convert. BINARY of a VARCHAR
 * column is its bytes as stored; of a W column (NCHAR, JSON) its SQLWCHARs without terminator.
 */
#include "conv/textsrc.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Each of the four copies text of n source bytes that fits, and returns false at the first
   character that is not plain (the target may then hold a part). */
TD_INLINE bool copy_ascii(uint8_t *dst, const uint8_t *src, size_t n)
{
    uint64_t a, b;

    if (n >= 8) {
        size_t i = 0;

        do {
            a = td_ld64(src + i);
            td_st64(dst + i, a);
            if (a & HIGH_BITS) return false;
            i += 8;
        } while (i + 8 <= n);
        b = td_ld64(src + n - 8);
        td_st64(dst + n - 8, b);
        return (b & HIGH_BITS) == 0;
    }
    if (n >= 4) {
        uint32_t c = td_ld32(src), d = td_ld32(src + n - 4);

        td_st32(dst, c);
        td_st32(dst + n - 4, d);
        return ((c | d) & (uint32_t)HIGH_BITS) == 0;
    }
    a = 0;
    for (size_t i = 0; i < n; i++) {
        dst[i] = src[i];
        a |= src[i];
    }
    return a < 0x80;
}

TD_INLINE bool widen_ascii(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t i = 0;

    for (; i + 16 <= n; i += 16) { // loops of constant length: the compiler makes vectors of them
        SQLWCHAR w[16];
        uint8_t any = 0;

        for (int k = 0; k < 16; k++)
            any |= src[i + (size_t)k];
        if (any & 0x80) return false;
        for (int k = 0; k < 16; k++)
            w[k] = src[i + (size_t)k];
        memcpy(dst + i * sizeof *w, w, sizeof w);
    }
    if (TD_WCHAR_SIZE == 2) {
        for (; i + 4 <= n; i += 4) { // four bytes spread over four 16-bit units
            uint64_t v = td_ld32(src + i);

            if (v & HIGH_BITS) return false;
            v = (v | v << 16) & UINT64_C(0x0000FFFF0000FFFF);
            v = (v | v << 8) & UINT64_C(0x00FF00FF00FF00FF);
            td_st64(dst + i * 2, v);
        }
    }
    for (; i < n; i++) {
        SQLWCHAR c = src[i];

        if (c & 0x80) return false;
        memcpy(dst + i * sizeof c, &c, sizeof c);
    }
    return true;
}

/* Two UCS-4 units below 0x8000 in the low halves of a word, packed into 32 bits. */
TD_INLINE uint64_t pack_pair(uint64_t pair)
{
    return (pair & 0xFFFF) | (pair >> 16 & 0xFFFF0000);
}

/* Plain: below the surrogates, so that one unit holds it. Four at a time while they are below
 * 0x8000. */
TD_INLINE bool ucs4_to_wide(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t units = n / 4, i = 0;

    while (i < units) {
        if (TD_WCHAR_SIZE == 2 && i + 4 <= units) {
            uint64_t a = td_ld64(src + i * 4), b = td_ld64(src + i * 4 + 8);

            if (((a | b) & UINT64_C(0xFFFF8000FFFF8000)) == 0) {
                td_st64(dst + i * 2, pack_pair(a) | pack_pair(b) << 32);
                i += 4;
                continue;
            }
        }
        uint32_t c = td_ld32(src + i * 4);
        SQLWCHAR w = (SQLWCHAR)c;

        if (c >= 0xD800) return false;
        memcpy(dst + i * sizeof w, &w, sizeof w);
        i++;
    }
    return true;
}

TD_INLINE bool ucs4_to_ascii(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t units = n / 4, i = 0;

    for (; i + 4 <= units; i += 4) {
        uint64_t a = td_ld64(src + i * 4), b = td_ld64(src + i * 4 + 8);

        if ((a | b) & UINT64_C(0xFFFFFF80FFFFFF80)) return false;
        td_st32(dst + i, (uint32_t)(a | a >> 24 | b << 16 | b >> 8));
    }
    for (; i < units; i++) {
        uint32_t c = td_ld32(src + i * 4);

        if (c >= 0x80) return false;
        dst[i] = (uint8_t)c;
    }
    return true;
}

/* Any cell: whole code points up to the buffer's end, the full length, and what is to be told. */
static void put_text(const struct td_col *col, uint32_t row, uint32_t i, const struct td_target *t,
                     struct td_kctx *x, enum td_form f)
{
    struct td_textsrc s = td_text_of(col, row, x);
    size_t end = td_form_end(f), total;
    size_t cap = t->cap > 0 ? (size_t)t->cap : 0;
    struct td_conv r = {0, 0, false, false}, rest;

    if (t->base && cap >= end) {
        r = td_text_convert(&s, 0, f, td_slot(t, i), cap - end);
        memset(td_slot(t, i) + r.out, 0, end);
    }
    total = r.out;
    if (t->base && cap < end && s.n + s.cut == 0) td_report(x, i, TD_ST_01004, NULL);
    if (r.in < s.n + s.cut) { // only counted: what did not fit, and what MaxColumnSize cut
        s.n += s.cut;
        rest = td_text_convert(&s, r.in, f, NULL, SIZE_MAX);
        total += rest.out;
        if (t->base) td_report(x, i, TD_ST_01004, NULL);
    }
    if (r.replaced)
        td_report(x, i, TD_ST_01000, "Text that is not valid Unicode was replaced by U+FFFD");
    td_put_len(t, i, (SQLLEN)total);
}

TD_INLINE void text_run(const struct td_col *col, uint32_t row0, uint32_t n,
                        const struct td_target *t, struct td_kctx *x, const enum td_form f,
                        const bool ucs4, const bool json)
{
    const uint8_t *offsets = col->offsets + 4 * (size_t)row0;
    size_t unit = td_form_unit(f), cap = t->cap > 0 && t->base ? (size_t)t->cap : 0;
    bool limits = x->max_length || x->max_column;

    for (uint32_t i = 0; i < n; i++) {
        int32_t offset = (int32_t)td_ld32(offsets + 4 * (size_t)i);

        if (offset < 0 || (json && td_col_json_null(col, row0 + i))) {
            td_put_null(t, i, x);
            continue;
        }
        const uint8_t *p = col->data + offset;
        size_t len = td_ld16(p);
        size_t out = ucs4 ? len / 4 * unit : len * unit;

        p += 2;
        if (out + unit > cap || limits) {
            put_text(col, row0 + i, i, t, x, f);
            continue;
        }
        uint8_t *dst = td_slot(t, i);
        bool plain = f == TD_FORM_CHAR
                         ? (ucs4 ? ucs4_to_ascii(dst, p, len) : copy_ascii(dst, p, len))
                         : (ucs4 ? ucs4_to_wide(dst, p, len) : widen_ascii(dst, p, len));
        if (!plain) {
            put_text(col, row0 + i, i, t, x, f);
            continue;
        }
        memset(dst + out, 0, unit);
        td_put_len(t, i, (SQLLEN)out);
    }
}

static void bytes_run(const struct td_col *col, uint32_t row0, uint32_t n,
                      const struct td_target *t, struct td_kctx *x, enum td_form f)
{
    for (uint32_t i = 0; i < n; i++) {
        if (td_cell_null(col, row0 + i))
            td_put_null(t, i, x);
        else
            put_text(col, row0 + i, i, t, x, f);
    }
}

#define KERNEL(NAME, CALL)                                                                         \
    static void NAME(const struct td_col *col, uint32_t row0, uint32_t n,                          \
                     const struct td_target *t, struct td_kctx *x)                                 \
    {                                                                                              \
        CALL;                                                                                      \
    }
KERNEL(varchar_char, text_run(col, row0, n, t, x, TD_FORM_CHAR, false, false))
KERNEL(varchar_wchar, text_run(col, row0, n, t, x, TD_FORM_WCHAR, false, false))
KERNEL(varchar_binary, bytes_run(col, row0, n, t, x, TD_FORM_BYTES))
KERNEL(nchar_char, text_run(col, row0, n, t, x, TD_FORM_CHAR, true, false))
KERNEL(nchar_wchar, text_run(col, row0, n, t, x, TD_FORM_WCHAR, true, false))
KERNEL(json_char, text_run(col, row0, n, t, x, TD_FORM_CHAR, false, true))
KERNEL(json_wchar, text_run(col, row0, n, t, x, TD_FORM_WCHAR, false, true))
KERNEL(wide_binary, bytes_run(col, row0, n, t, x, TD_FORM_WBYTES))

td_kernel td_k_text(int td_type, enum td_ckind kind)
{
    switch (kind) {
    case TD_C_CHAR:
        return td_type == TD_T_VARCHAR ? varchar_char
               : td_type == TD_T_NCHAR ? nchar_char
                                       : json_char;
    case TD_C_WCHAR:
        return td_type == TD_T_VARCHAR ? varchar_wchar
               : td_type == TD_T_NCHAR ? nchar_wchar
                                       : json_wchar;
    case TD_C_BINARY:
        return td_type == TD_T_VARCHAR ? varchar_binary : wide_binary;
    default:
        return NULL;
    }
}

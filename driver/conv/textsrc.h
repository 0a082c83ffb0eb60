/*
 * textsrc.h: the text of a VARCHAR, NCHAR or JSON cell and its conversion into a target. Internal
 * to conv/.
 *
 * VARCHAR and JSON are UTF-8, NCHAR is UCS-4 (protocol.md 3.4). Malformed text becomes U+FFFD with
 * 01000 (decisions.md section 2). A target is cut at a whole code point, and the indicator shows
 * the full length (01004).
 */
#ifndef TD_CONV_TEXTSRC_H
#define TD_CONV_TEXTSRC_H

#include "base/utf.h"
#include "conv/kcommon.h"

/* The forms of a target: UTF-8 or SQLWCHAR text with terminator, SQLWCHARs without (BINARY of a W
 * column), bytes. */
enum td_form { TD_FORM_CHAR, TD_FORM_WCHAR, TD_FORM_WBYTES, TD_FORM_BYTES };

struct td_textsrc {
    const uint8_t *p;
    size_t n;   /* bytes after the limits */
    size_t cut; /* bytes that MaxColumnSize cut off, to be flagged */
    bool ucs4;
};

TD_INLINE size_t td_form_unit(enum td_form f)
{
    return f == TD_FORM_WCHAR || f == TD_FORM_WBYTES ? TD_WCHAR_SIZE : 1;
}
/* Bytes for the terminator. */
TD_INLINE size_t td_form_end(enum td_form f)
{
    return f == TD_FORM_CHAR ? 1 : f == TD_FORM_WCHAR ? TD_WCHAR_SIZE : 0;
}

TD_INLINE bool td_type_is_text(int type)
{
    return type == TD_T_VARCHAR || type == TD_T_NCHAR || type == TD_T_JSON;
}
/* Whether the cell, of any type but TD_T_NULL, is NULL: JSON's own NULL included. */
bool td_cell_null(const struct td_col *c, uint32_t row);
/* The cell's text, cut by SQL_ATTR_MAX_LENGTH and MaxColumnSize where the context sets them. */
struct td_textsrc td_text_of(const struct td_col *c, uint32_t row, const struct td_kctx *x);
/* Converts from byte `at` on into at most cap bytes (whole code points, no terminator). dst NULL:
 * counts. */
struct td_conv td_text_convert(const struct td_textsrc *s, size_t at, enum td_form f, void *dst,
                               size_t cap);

#endif

/*
 * bin.h: the bytes of a binary cell, and their hexadecimal text. Internal to conv/. Pure.
 */
#ifndef TD_CONV_BIN_H
#define TD_CONV_BIN_H

#include "conv/kcommon.h"

struct td_binsrc {
    const uint8_t *p;
    size_t n;   /* bytes after the limits */
    size_t cut; /* bytes that MaxColumnSize cut off, to be flagged */
};

/* The cell's bytes, cut by SQL_ATTR_MAX_LENGTH and MaxColumnSize where the context sets them. */
struct td_binsrc td_bin_of(const struct td_col *c, uint32_t row, const struct td_kctx *x);

TD_INLINE size_t td_hex_unit(bool wide)
{
    return wide ? TD_WCHAR_SIZE : 1;
}
/* Bytes that the hexadecimal text of n bytes takes, without terminator. */
TD_INLINE size_t td_hex_bytes(size_t n, bool wide)
{
    return n * 2 * td_hex_unit(wide);
}
/* Writes n pairs and a terminator. */
void td_hex_write(uint8_t *dst, const uint8_t *p, size_t n, bool wide);

#endif

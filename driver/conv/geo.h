/*
 * geo.h: well-known text and binary of geometries (OGC Simple Features, part 1). Internal to conv/.
 * Pure but for the buffer.
 */
#ifndef TD_CONV_GEO_H
#define TD_CONV_GEO_H

#include "base/buf.h"

/* Whether the bytes are exactly one geometry: byte orders, types, counts, nesting up to 32. Z, M
   and SRID flags pass: the server decides about them. */
bool td_wkb_valid(const void *p, size_t n);
/* Appends the little-endian WKB of a text of one-byte characters or, `wide`, SQLWCHARs. False when
   it is not the text of a geometry of two dimensions: unclosed rings and lines of one point
   included. */
bool td_wkt_read(struct td_buf *out, const uint8_t *p, size_t n, bool wide);

#endif

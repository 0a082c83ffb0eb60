/* sql_geo.h: geometry text (WKT) to and from WKB, little-endian, as TDengine stores it: POINT,
   LINESTRING, POLYGON and their MULTI forms in two dimensions. */
#ifndef TL_SQL_GEO_H
#define TL_SQL_GEO_H

#include "sql_util.h"

/* False = not a geometry this server knows. */
bool tl_geo_parse(const char *s, size_t n, struct tl_buf *wkb);
/* "POINT (1.000000 2.000000)"; false = not valid WKB. */
bool tl_geo_text(const unsigned char *wkb, size_t n, struct tl_sb *out);

#endif

/*
 * bindmsg.h: reads the bind messages of prepared statements (protocol.md 4.3, 4.6).
 *
 * Pure functions over a payload. A tl_bindmsg points into that payload, which must outlive it, and
 * owns its arrays of tables and records. Every offset and length is checked before it is followed.
 * No locks.
 */
#ifndef TL_BINDMSG_H
#define TL_BINDMSG_H

#include "engine.h"

/* One bind record: `num` values of one type. */
struct tl_rec {
    int32_t type;
    uint32_t num;
    const uint8_t *nulls; /* a byte a row, 1 = NULL */
    const uint8_t *lens;  /* i32 a row, NULL when have_length is 0 */
    const uint8_t *buf;
    size_t nbuf;
};

struct tl_bind_table {
    const char *name; /* without its NUL; NULL when the message names no tables */
    size_t nname;
    struct tl_rec *tags, *cols; /* tl_bindmsg.ntags and .ncols of them, NULL when absent */
};

struct tl_bindmsg {
    uint32_t count, ntags, ncols;
    struct tl_bind_table *tables;
    struct tl_rec *recs;
};

/* Of a bind message's payload (4.3, from offset 30). Errors: 65535 with the adapter's wording, such
   as "bind data length error, tableIndex: 0, fieldIndex: 1". Free after use, also on failure. */
bool tl_bindmsg_parse(struct tl_bindmsg *m, const uint8_t *p, size_t n, struct tl_error *err);
void tl_bindmsg_free(struct tl_bindmsg *m);

/* The records of stmt2_bind_exec (4.6, from offset 26) in prepare order; the caller frees *recs. */
struct tl_bindexec {
    uint32_t rows, tables, nfields;
    struct tl_rec *recs;
};
bool tl_bindexec_parse(struct tl_bindexec *m, const uint8_t *p, size_t n, struct tl_error *err);
/* Regroups those records by runs of equal table names. kinds[i] is the bind type of field i (1
   column, 2 tag, 4 tbname). Errors as above. */
bool tl_bindexec_group(const struct tl_bindexec *x, const uint8_t *kinds, struct tl_bindmsg *out,
                       struct tl_error *err);

/* The value of row `row`, whose bytes begin at *at in rec->buf for records with lengths; moves *at
   on. False when it lies outside of the buffer. *p is NULL for NULL. */
bool tl_rec_value(const struct tl_rec *rec, uint32_t row, size_t *at, const uint8_t **p, size_t *n);

#endif

/*
 * rest_body.h: JSON bodies of /rest/sql (protocol.md 1.4 to 1.7) from raw blocks.
 *
 * A writer belongs to one request; it reads the request's result block by block, so that a long
 * result is never whole in memory. No locks.
 */
#ifndef TL_REST_BODY_H
#define TL_REST_BODY_H

#include "block_read.h"
#include "engine.h"

struct tl_body {
    struct tl_result *r; /* not owned */
    const char *tz;      /* of rendered timestamps */
    bool row_with_meta;
    bool timing;     /* the body ends with it */
    int64_t started; /* microseconds, of tl_now_us */
    /* private */
    struct tl_buf block;
    struct tl_block view;
    bool have_block;
    uint32_t row;
    uint64_t rows;
    enum { TL_BODY_HEAD, TL_BODY_ROWS, TL_BODY_DONE } state;
};

/* Appends at least `want` bytes of the body unless it ends before; false when memory is out. The
   body is whole when state is TL_BODY_DONE. */
bool tl_body_more(struct tl_body *b, struct tl_buf *out, size_t want);
void tl_body_free(struct tl_body *b);
/* {"code":…,"desc":…,"timing":…} */
bool tl_body_error(struct tl_buf *out, const struct tl_error *err, int64_t timing);

/* One cell as the adapter renders it (1.6). */
bool tl_render_cell(struct tl_buf *out, const struct tl_block_col *c, const struct tl_cell *cell,
                    int ts_prec, const char *tz);

#endif

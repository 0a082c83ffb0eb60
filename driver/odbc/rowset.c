/*
 * The blocks that a row set touches. A row set may span blocks; SQLGetData after SQLSetPos may still ask for any of its
 * rows, so a block is taken over from the result (its message, not a copy) when the row set goes on into the next one.
 */
#include "odbc/rowset.h"

#include "base/alloc.h"

void td_rowset_clear(struct td_rowset *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->segs[i].owned) {
            td_free(r->segs[i].owned);
            td_free(r->segs[i].cols);
        }
    }
    r->n = 0;
}

struct td_segment *td_rowset_add(struct td_rowset *r, const struct td_block *block, uint32_t row0,
                                 uint32_t n, SQLULEN first)
{
    if (r->n == r->cap) {
        uint32_t cap = r->cap ? r->cap * 2 : 4;
        struct td_segment *p = td_realloc(r->segs, cap * sizeof *p);
        if (!p) return NULL;
        r->segs = p;
        r->cap = cap;
    }
    r->segs[r->n] = (struct td_segment){.cols = block->cols, .row0 = row0, .n = n, .first = first};
    return &r->segs[r->n++];
}

enum td_rc td_rowset_keep_last(struct td_rowset *r, struct td_result *res)
{
    if (!r->n || r->segs[r->n - 1].owned || r->segs[r->n - 1].pinned) return TD_OK;
    struct td_segment *g = &r->segs[r->n - 1];
    size_t bytes = sizeof *g->cols * res->ncols, n;
    struct td_col *cols = td_malloc(bytes);
    if (!cols) return TD_FAIL;
    memcpy(cols, g->cols, bytes);
    uint8_t *owned = td_result_detach_block(res, &n);
    if (!owned) {
        td_free(cols);
        return TD_FAIL;
    }
    g->cols = cols;
    g->owned = owned;
    return TD_OK;
}

const struct td_segment *td_rowset_find(const struct td_rowset *r, SQLULEN row, uint32_t *block_row)
{
    for (uint32_t i = 0; i < r->n; i++) {
        const struct td_segment *g = &r->segs[i];
        if (row >= g->first && row < g->first + g->n) {
            *block_row = g->row0 + (uint32_t)(row - g->first);
            return g;
        }
    }
    return NULL;
}

bool td_rowset_states(struct td_rowset *r, SQLULEN rows)
{
    if (rows > r->state_cap) {
        uint8_t *p = td_realloc(r->state, rows);
        if (!p) return false;
        r->state = p;
        r->state_cap = rows;
    }
    memset(r->state, TD_ROW_OK, rows);
    return true;
}

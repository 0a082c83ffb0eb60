/*
 * Static cursors: where SQLFetchScroll goes (reference, SQLFetchScroll "Positioning the Cursor"), over blocks that are kept
 * (blockstore.h). Rows are read from the server only as far as the position asks.
 */
#include "odbc/scroll.h"

bool td_is_static(const struct td_stmt *s)
{
    return s->store != NULL;
}

/* Reads on until `rows` rows are known or the end. False on failure (cur.failed). */
static bool know(struct td_stmt *s, SQLULEN rows)
{
    while (!s->cur.at_end && !s->cur.failed && td_store_rows(s->store) < rows) {
        struct td_request rq;
        bool have = false;
        td_stmt_request(s, &rq);
        if (td_result_next(s->res, &rq, &have, &s->cur.error) != TD_OK ||
            (have && td_store_add(s->store, s->res, &s->cur.error) != TD_OK))
            s->cur.failed = true;
        else if (!have)
            s->cur.at_end = true;
    }
    return !s->cur.failed;
}

/* Rows known now, within SQL_ATTR_MAX_ROWS. */
static SQLULEN known(const struct td_stmt *s)
{
    SQLULEN n = td_store_rows(s->store);

    return s->max_rows && n > s->max_rows ? s->max_rows : n;
}

/* The last row's number: needs the whole result. */
static bool last_row(struct td_stmt *s, SQLULEN *last)
{
    if (!know(s, s->max_rows ? s->max_rows : (SQLULEN)-1)) return false;
    *last = known(s);
    return true;
}

enum place { ROW, BEFORE, AFTER, FAILED };

struct target {
    enum place place;
    SQLULEN row;  /* from 1 */
    bool clipped; /* 01S06 */
};

static struct target at(SQLULEN row)
{
    return (struct target){ROW, row, false};
}

static const struct target before = {BEFORE, 0, false}, after = {AFTER, 0, false},
                           broken = {FAILED, 0, false}, first_clipped = {ROW, 1, true};

/* Row `row` when the result has it. */
static struct target at_known(struct td_stmt *s, SQLULEN row)
{
    if (!know(s, row)) return broken;
    return row <= known(s) ? at(row) : after;
}

static struct target absolute(struct td_stmt *s, SQLLEN offset, SQLULEN size)
{
    SQLULEN last;

    if (offset == 0) return before;
    if (offset > 0) return at_known(s, (SQLULEN)offset);
    if (!last_row(s, &last)) return broken;
    SQLULEN back = (SQLULEN)0 - (SQLULEN)offset;
    if (back <= last) return at(last - back + 1);
    return back > size ? before : last ? first_clipped : after;
}

static struct target relative(struct td_stmt *s, SQLLEN offset, SQLULEN size)
{
    const struct td_cursor *c = &s->cur;

    if ((c->place == TD_BEFORE && offset > 0) || (c->place == TD_AFTER && offset < 0))
        return absolute(s, offset, size);
    if (c->place == TD_BEFORE) return before;
    if (c->place == TD_AFTER) return after;
    if (offset >= 0) return at_known(s, c->row_number + (SQLULEN)offset);
    SQLULEN back = (SQLULEN)0 - (SQLULEN)offset;
    if (back < c->row_number) return at(c->row_number - back);
    return c->row_number == 1 || back > size ? before : first_clipped;
}

static struct target prior(struct td_stmt *s, SQLULEN size)
{
    const struct td_cursor *c = &s->cur;
    SQLULEN last;

    if (c->place == TD_BEFORE) return before;
    if (c->place == TD_AFTER) {
        if (!last_row(s, &last)) return broken;
        if (!last) return before;
        return last < size ? first_clipped : at(last - size + 1);
    }
    if (c->row_number == 1) return before;
    return c->row_number <= size ? first_clipped : at(c->row_number - size);
}

static struct target find_target(struct td_stmt *s, SQLSMALLINT orientation, SQLLEN offset,
                                 SQLULEN size)
{
    SQLULEN last;

    switch (orientation) {
    case SQL_FETCH_NEXT:
        if (s->cur.place == TD_AFTER) return after;
        return at_known(s, s->cur.place == TD_BEFORE ? 1 : s->cur.row_number + s->cur.rowset_size);
    case SQL_FETCH_PRIOR:
        return prior(s, size);
    case SQL_FETCH_FIRST:
        return at_known(s, 1);
    case SQL_FETCH_LAST:
        if (!last_row(s, &last)) return broken;
        return !last ? after : at(last < size ? 1 : last - size + 1);
    case SQL_FETCH_ABSOLUTE:
        return absolute(s, offset, size);
    default:
        return relative(s, offset, size);
    }
}

SQLRETURN td_scroll_to(struct td_stmt *s, SQLSMALLINT orientation, SQLLEN offset, SQLULEN size,
                       SQLULEN *row)
{
    struct target t = find_target(s, orientation, offset, size);

    *row = t.row;
    if (t.place == ROW) {
        if (!know(s, t.row + size - 1)) return td_diag_err(&s->h, &s->cur.error);
        return t.clipped ? td_diag(&s->h, TD_ST_01S06, NULL) : SQL_SUCCESS;
    }
    if (t.place == FAILED) return td_diag_err(&s->h, &s->cur.error);
    s->cur.place = t.place == BEFORE ? TD_BEFORE : TD_AFTER;
    return SQL_NO_DATA;
}

SQLULEN td_scroll_read(struct td_stmt *s, SQLULEN row, SQLULEN size,
                       void (*convert)(struct td_stmt *, const struct td_segment *))
{
    SQLULEN n = known(s) - (row - 1), got = 0;

    if (n > size) n = size;
    while (got < n) {
        uint32_t r;
        const struct td_block *b = td_store_block(s->store, row - 1 + got, &r, &s->cur.error);
        uint32_t here = b ? b->rows - r : 0;
        if (here > n - got) here = (uint32_t)(n - got);
        struct td_segment *g = b ? td_rowset_add(&s->rowset, b, r, here, got) : NULL;
        if (!g) {
            if (b) td_err_nomem(&s->cur.error);
            s->cur.failed = true;
            break;
        }
        g->pinned = true;
        if (s->retrieve_data == SQL_RD_ON) convert(s, g);
        got += here;
    }
    return got;
}

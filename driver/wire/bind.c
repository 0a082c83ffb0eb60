#include "wire/bind.h"

#include "base/alloc.h"

#define ACTION_BIND      9u
#define ACTION_BIND_EXEC 11u

/* Room for `need` bytes; content is not kept. */
static bool grow(void *pp, size_t *have, size_t need)
{
    void **p = pp;

    if (need <= *have) return true;
    void *fresh = td_malloc(need);
    if (!fresh) return false;
    td_free(*p);
    *p = fresh;
    *have = need;
    return true;
}

enum td_rc td_pcol_reset(struct td_pcol *c, uint8_t type, uint8_t width, uint32_t rows)
{
    if (!c->data.max) c->data = TD_BUF_INIT(UINT32_MAX);
    td_buf_reset(&c->data);
    if (c->data.failed || !grow(&c->nulls, &c->mem_nulls, rows)) return TD_FAIL;
    if (width ? !grow(&c->fixed, &c->mem_fixed, (size_t)rows * width)
              : !grow(&c->off, &c->mem_off, rows * sizeof *c->off) ||
                    !grow(&c->len, &c->mem_len, rows * sizeof *c->len))
        return TD_FAIL;
    c->type = type;
    c->width = width;
    c->rows = rows;
    memset(c->nulls, 0, rows);
    return TD_OK;
}

void td_pcol_free(struct td_pcol *c)
{
    td_free(c->nulls);
    td_free(c->fixed);
    td_free(c->off);
    td_free(c->len);
    td_buf_free(&c->data);
    memset(c, 0, sizeof *c);
}

size_t td_bind_row_bytes(const struct td_pcol *const *cols, uint32_t ncols, uint32_t row)
{
    size_t n = 0;

    for (uint32_t i = 0; i < ncols; i++)
        n += cols[i]->width ? cols[i]->width + 1u : cols[i]->len[row] + 5u;
    return n;
}

static void put_at(struct td_buf *b, size_t at, size_t v)
{
    if (td_buf_ok(b)) td_st32(b->p + at, (uint32_t)v);
}

/* The rows of an execute without table names, and mostly those of one table, follow each other. */
static bool consecutive(const uint32_t *rows, uint32_t n)
{
    bool all = true;

    for (uint32_t i = 0; i < n; i++)
        all &= rows[i] == rows[0] + i;
    return all;
}

/* Copies the fixed-width values of the rows; `width` is a constant in each expansion. */
static inline __attribute__((always_inline)) void
gather(uint8_t *dst, const uint8_t *src, const uint32_t *rows, uint32_t n, const size_t width)
{
    for (uint32_t i = 0; i < n; i++)
        memcpy(dst + i * width, src + rows[i] * width, width);
}

static void gather_any(uint8_t *dst, const uint8_t *src, const uint32_t *rows, uint32_t n,
                       size_t width)
{
    switch (width) {
    case 1:
        gather(dst, src, rows, n, 1);
        break;
    case 2:
        gather(dst, src, rows, n, 2);
        break;
    case 4:
        gather(dst, src, rows, n, 4);
        break;
    case 8:
        gather(dst, src, rows, n, 8);
        break;
    default:
        gather(dst, src, rows, n, width);
        break;
    }
}

static void put_fixed(struct td_buf *b, const struct td_pcol *c, const uint32_t *rows, uint32_t n,
                      bool whole)
{
    td_buf_u32(b, n * c->width);
    if (!td_buf_reserve(b, (size_t)n * c->width)) return;
    if (whole)
        memcpy(b->p + b->n, c->fixed + (size_t)rows[0] * c->width, (size_t)n * c->width);
    else
        gather_any(b->p + b->n, c->fixed, rows, n, c->width);
    b->n += (size_t)n * c->width;
}

static void put_var(struct td_buf *b, const struct td_pcol *c, const uint32_t *rows, uint32_t n)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t len = c->nulls[rows[i]] ? 0 : c->len[rows[i]];

        td_st32(b->p + b->n, len); // room was made by record()
        b->n += 4;
        bytes += len;
    }
    td_buf_u32(b, (uint32_t)bytes);
    if (!td_buf_reserve(b, bytes)) return;
    for (uint32_t i = 0; i < n; i++) {
        if (c->nulls[rows[i]]) continue;
        memcpy(b->p + b->n, c->data.p + c->off[rows[i]], c->len[rows[i]]);
        b->n += c->len[rows[i]];
    }
}

/* One bind record (protocol.md 4.3): the rows of one column. */
static void record(struct td_buf *b, const struct td_pcol *c, const uint32_t *rows, uint32_t n)
{
    size_t start = b->n;
    bool whole = consecutive(rows, n);

    td_buf_u32(b, 0);
    td_buf_u32(b, c->type);
    td_buf_u32(b, n);
    if (!td_buf_reserve(b, (size_t)n * 5 + 5)) return;
    if (whole)
        memcpy(b->p + b->n, c->nulls + rows[0], n);
    else
        gather(b->p + b->n, c->nulls, rows, n, 1);
    b->n += n;
    b->p[b->n++] = c->width == 0;
    if (c->width)
        put_fixed(b, c, rows, n, whole);
    else
        put_var(b, c, rows, n);
    put_at(b, start, b->n - start);
}

static uint32_t count_role(const uint8_t *roles, uint32_t n, bool tags)
{
    uint32_t k = 0;

    for (uint32_t i = 0; i < n; i++)
        k += tags ? roles[i] == TD_BIND_TAG
                  : roles[i] == TD_BIND_COLUMN || roles[i] == TD_BIND_QUERY;
    return k;
}

static void names_section(struct td_buf *b, const struct td_bind_table *t, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        td_buf_u16(b, (uint16_t)(t[i].name.n + 1));
    for (uint32_t i = 0; i < n; i++) {
        td_buf_putstr(b, t[i].name);
        td_buf_u8(b, 0);
    }
}

/* Per table a blob of records: its tags (of its first row), or its columns. */
static void blobs_section(struct td_buf *b, const struct td_pcol *const *cols, const uint8_t *roles,
                          uint32_t ncols, const struct td_bind_table *t, uint32_t n, bool tags)
{
    size_t lens = b->n;

    for (uint32_t i = 0; i < n; i++)
        td_buf_u32(b, 0);
    for (uint32_t i = 0; i < n; i++) {
        size_t start = b->n;
        for (uint32_t c = 0; c < ncols; c++) {
            if (tags ? roles[c] == TD_BIND_TAG
                     : roles[c] == TD_BIND_COLUMN || roles[c] == TD_BIND_QUERY)
                record(b, cols[c], t[i].rows, tags ? 1 : t[i].nrows);
        }
        put_at(b, lens + 4 * (size_t)i, b->n - start);
    }
}

enum td_rc td_bind_encode(struct td_buf *out, uint64_t req_id, uint64_t stmt_id,
                          const struct td_pcol *const *cols, const uint8_t *roles, uint32_t ncols,
                          const struct td_bind_table *tables, uint32_t ntables, struct td_err *err)
{
    uint32_t ntags = count_role(roles, ncols, true), ncolumns = count_role(roles, ncols, false);

    for (uint32_t i = 0; i < ntables; i++) {
        if (tables[i].name.n >= UINT16_MAX)
            return td_err_set(err, TD_ST_HY090, 0, "A table name has %zu bytes", tables[i].name.n);
    }
    td_buf_u64(out, req_id);
    td_buf_u64(out, stmt_id);
    td_buf_u64(out, ACTION_BIND);
    td_buf_u16(out, 1);
    td_buf_u32(out, UINT32_MAX); /* col_idx −1: all columns */
    size_t base = out->n;
    td_buf_u32(out, 0);
    td_buf_u32(out, ntables);
    td_buf_u32(out, ntags);
    td_buf_u32(out, ncolumns);
    for (int i = 0; i < 3; i++)
        td_buf_u32(out, 0);
    if (ntables && tables[0].name.n) {
        put_at(out, base + 16, out->n - base);
        names_section(out, tables, ntables);
    }
    if (ntags) {
        put_at(out, base + 20, out->n - base);
        blobs_section(out, cols, roles, ncols, tables, ntables, true);
    }
    if (ncolumns) {
        put_at(out, base + 24, out->n - base);
        blobs_section(out, cols, roles, ncols, tables, ntables, false);
    }
    if (!td_buf_ok(out)) return td_err_nomem(err);
    if (out->n - base > UINT32_MAX)
        return td_err_set(err, TD_ST_HY000, 0, "A bind message of %zu bytes is too large", out->n);
    put_at(out, base, out->n - base);
    return TD_OK;
}

/* Runs of equal consecutive table names (protocol.md 4.6). */
static uint32_t runs_of(const struct td_pcol *const *cols, const uint8_t *roles, uint32_t ncols,
                        const uint32_t *rows, uint32_t nrows)
{
    const struct td_pcol *c = NULL;
    uint32_t runs = 1;

    for (uint32_t i = 0; i < ncols; i++) {
        if (roles[i] == TD_BIND_TBNAME) c = cols[i];
    }
    for (uint32_t i = 1; c && i < nrows; i++)
        runs += c->len[rows[i]] != c->len[rows[i - 1]] ||
                memcmp(c->data.p + c->off[rows[i]], c->data.p + c->off[rows[i - 1]],
                       c->len[rows[i]]) != 0;
    return runs;
}

enum td_rc td_bind_exec_encode(struct td_buf *out, uint64_t req_id, uint64_t stmt_id,
                               const struct td_pcol *const *cols, const uint8_t *roles,
                               uint32_t ncols, const uint32_t *rows, uint32_t nrows,
                               struct td_err *err)
{
    td_buf_u64(out, req_id);
    td_buf_u64(out, stmt_id);
    td_buf_u64(out, ACTION_BIND_EXEC);
    td_buf_u16(out, 1);
    size_t base = out->n;
    td_buf_u32(out, 0);
    td_buf_u32(out, nrows);
    td_buf_u32(out, runs_of(cols, roles, ncols, rows, nrows));
    td_buf_u32(out, ncols);
    td_buf_u32(out, 20);
    for (uint32_t c = 0; c < ncols; c++)
        record(out, cols[c], rows, nrows);
    if (!td_buf_ok(out)) return td_err_nomem(err);
    if (out->n - base > UINT32_MAX)
        return td_err_set(err, TD_ST_HY000, 0, "A bind message of %zu bytes is too large", out->n);
    put_at(out, base, out->n - base);
    return TD_OK;
}

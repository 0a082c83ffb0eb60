#include "odbc/localset.h"

#include <stdlib.h>

#include "wire/build.h"

#define BLOCK_MAX ((size_t)1 << 30)

struct td_cell {
    bool set;
    int64_t num;
    struct td_str text;
};

/* qsort has no context: the keys travel with each entry. */
struct sort_entry {
    struct td_cell *row;
    size_t index;
    const struct td_localset *set;
    const uint8_t *keys;
    size_t nkeys;
};

void td_localset_init(struct td_localset *l, const struct td_localcol *cols, uint32_t ncols)
{
    memset(l, 0, sizeof *l);
    l->cols = cols;
    l->ncols = ncols;
}

void td_localset_free(struct td_localset *l)
{
    td_free(l->rows);
    td_arena_free(&l->arena);
    l->rows = NULL;
    l->n = l->cap = 0;
}

void td_localset_row(struct td_localset *l)
{
    if (l->failed) return;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct td_cell **p = td_realloc(l->rows, cap * sizeof *p);
        if (!p) {
            l->failed = true;
            return;
        }
        l->rows = p;
        l->cap = cap;
    }
    struct td_cell *row = td_arena_alloc(&l->arena, l->ncols * sizeof *row);
    if (!row) {
        l->failed = true;
        return;
    }
    memset(row, 0, l->ncols * sizeof *row);
    l->rows[l->n++] = row;
}

void td_localset_int(struct td_localset *l, uint32_t col, int64_t v)
{
    if (l->failed) return;
    struct td_cell *c = &l->rows[l->n - 1][col];
    c->set = true;
    c->num = v;
}

void td_localset_text(struct td_localset *l, uint32_t col, struct td_str s)
{
    if (l->failed || !s.p) return;
    char *copy = td_arena_strndup(&l->arena, s.p, s.n);
    if (!copy) {
        l->failed = true;
        return;
    }
    struct td_cell *c = &l->rows[l->n - 1][col];
    c->set = true;
    c->text = (struct td_str){copy, s.n};
}

void td_localset_textz(struct td_localset *l, uint32_t col, const char *z)
{
    td_localset_text(l, col, td_str_of(z));
}

static int compare_cells(const struct td_cell *a, const struct td_cell *b, bool text)
{
    if (!a->set || !b->set) return a->set - b->set;
    if (!text) return (a->num > b->num) - (a->num < b->num);
    size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
    int c = n ? memcmp(a->text.p, b->text.p, n) : 0;
    return c ? c : (a->text.n > b->text.n) - (a->text.n < b->text.n);
}

static int compare_rows(const void *x, const void *y)
{
    const struct sort_entry *a = x, *b = y;
    for (size_t k = 0; k < a->nkeys; k++) {
        uint8_t col = a->keys[k];
        int c = compare_cells(&a->row[col], &b->row[col], a->set->cols[col].type == TD_T_VARCHAR);
        if (c) return c;
    }
    return (a->index > b->index) - (a->index < b->index);
}

void td_localset_sort(struct td_localset *l, const uint8_t *keys, size_t nkeys)
{
    if (l->failed || l->n < 2) return;
    struct sort_entry *e = td_malloc(l->n * sizeof *e);
    if (!e) {
        l->failed = true;
        return;
    }
    for (size_t i = 0; i < l->n; i++)
        e[i] = (struct sort_entry){l->rows[i], i, l, keys, nkeys};
    qsort(e, l->n, sizeof *e, compare_rows);
    for (size_t i = 0; i < l->n; i++)
        l->rows[i] = e[i].row;
    td_free(e);
}

static void build_row(struct td_build *b, const struct td_localset *l, const struct td_cell *row)
{
    for (uint32_t c = 0; c < l->ncols; c++) {
        if (!row[c].set)
            td_build_null(b, c);
        else if (l->cols[c].type == TD_T_VARCHAR)
            td_build_utf8(b, c, row[c].text);
        else
            td_build_int(b, c, row[c].num);
    }
    td_build_end_row(b);
}

static enum td_rc build_block(const struct td_localset *l, uint8_t **block, size_t *n,
                              struct td_err *err)
{
    struct td_build_col cols[32];
    for (uint32_t c = 0; c < l->ncols; c++)
        cols[c] = (struct td_build_col){
            .type = l->cols[c].type,
            .bytes = l->cols[c].type == TD_T_VARCHAR ? l->cols[c].length + 2 : 0};
    struct td_build *b = td_build_new(cols, l->ncols, BLOCK_MAX);
    if (!b) return td_err_nomem(err);
    for (size_t i = 0; i < l->n; i++)
        build_row(b, l, l->rows[i]);
    enum td_rc rc = td_build_finish(b, block, n, err);
    td_build_free(b);
    return rc;
}

static struct td_result *make_result(const struct td_localset *l, bool odbc2, struct td_err *err)
{
    struct td_column cols[32] = {0};
    uint8_t *block = NULL;
    size_t n = 0;
    if (l->failed) {
        td_err_nomem(err);
        return NULL;
    }
    if (build_block(l, &block, &n, err) != TD_OK) return NULL;
    for (uint32_t c = 0; c < l->ncols; c++) {
        const struct td_localcol *lc = &l->cols[c];
        cols[c].name = td_str_of(odbc2 && lc->name2 ? lc->name2 : lc->name);
        cols[c].type = lc->type;
        cols[c].length = lc->length;
        cols[c].nullable = lc->nullable;
    }
    return td_result_local(cols, l->ncols, 0, block, n, err);
}

SQLRETURN td_localset_open(struct td_localset *l, struct td_stmt *s)
{
    struct td_err err;
    struct td_result *res = make_result(l, s->h.odbc2, &err);
    td_localset_free(l);
    return res ? td_open_local(s, res) : td_diag_err(&s->h, &err);
}

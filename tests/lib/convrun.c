#include "convrun.h"

#include <stdio.h>
#include <stdlib.h>

#define POISON    0xAB
#define GUARD     64
#define UNWRITTEN ((SQLLEN)0x5B5B5B5B5B5B5B5B)

struct run {
    struct conv_cell *cells;
    uint32_t n, first; /* cells[0] is row `first` of the kernel's run (CONV_SINGLE) */
    const char *fault;
};

static void on_report(struct td_kctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct run *r = x->report_arg;
    struct conv_cell *c;

    (void)text;
    if (row + r->first >= r->n) {
        r->fault = "report of a row that was not asked for";
        return;
    }
    c = &r->cells[row + r->first];
    if (c->nstates == CONV_STATES) {
        r->fault = "too many reports of one cell";
        return;
    }
    if (conv_has(c, state)) r->fault = "the same state twice for one cell";
    if (!td_sqlstate_is_warning(state)) {
        if (c->error) r->fault = "two errors of one cell";
        c->error = true;
    }
    c->states[c->nstates++] = state;
}

bool conv_has(const struct conv_cell *c, enum td_sqlstate state)
{
    for (int i = 0; i < c->nstates; i++)
        if (c->states[i] == state) return true;
    return false;
}

void conv_outcome(const struct conv_cell *c, char out[64])
{
    size_t n = 0;

    strcpy(out, "ok");
    for (int s = 0; s < TD_ST_COUNT; s++)
        if (conv_has(c, (enum td_sqlstate)s))
            n += (size_t)snprintf(out + n, 64 - n, "%s%s", n ? "+" : "",
                                  td_sqlstate_text((enum td_sqlstate)s));
}

void conv_soil(struct td_col *col, uint64_t garbage)
{
    size_t width = (size_t)td_type_width(col->type);
    uint8_t *data = (uint8_t *)(uintptr_t)col->data; // the block is the test's own

    if (td_type_is_var(col->type) || col->type == TD_T_NULL) return;
    for (uint32_t i = 0; i < col->rows; i++) {
        if (!td_col_is_null(col, i)) continue;
        for (size_t k = 0; k < width; k++)
            data[i * width + k] = (uint8_t)(garbage >> k % 8 * 8);
    }
}

static bool poisoned(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != POISON) return false;
    return true;
}

/* The memory of a run: values with `gap` bytes between, indicators after each value or in arrays of
 * their own. */
struct memory {
    uint8_t *values, *lens, *inds;
    size_t width, stride, len_stride, len_at, total;
    bool row_wise;
};

static void *poison_alloc(size_t n)
{
    uint8_t *p = malloc(n + 2 * GUARD);

    memset(p, POISON, n + 2 * GUARD);
    return p;
}

static SQLLEN load_len(const uint8_t *p)
{
    SQLLEN v;

    memcpy(&v, p, sizeof v);
    return v;
}

static void memory_open(struct memory *m, enum conv_way way, uint32_t n, size_t width)
{
    SQLLEN mark = UNWRITTEN;

    memset(m, 0, sizeof *m);
    m->width = width;
    m->row_wise = way == CONV_ROW;
    m->stride = m->row_wise ? width + sizeof(SQLLEN) + 7 + (width % 2) : width;
    m->len_at = width + 3;
    m->total = m->stride * n;
    m->values = poison_alloc(m->total);
    m->len_stride = m->row_wise ? m->stride : sizeof(SQLLEN);
    if (m->row_wise) {
        m->inds = m->lens = NULL;
        for (uint32_t i = 0; i < n; i++)
            memcpy(m->values + GUARD + i * m->stride + m->len_at, &mark, sizeof mark);
        return;
    }
    m->lens = poison_alloc(n * sizeof(SQLLEN));
    m->inds = way == CONV_SEPARATE ? poison_alloc(n * sizeof(SQLLEN)) : m->lens;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(m->lens + GUARD + i * sizeof mark, &mark, sizeof mark);
        memcpy(m->inds + GUARD + i * sizeof mark, &mark, sizeof mark);
    }
}

static void memory_close(struct memory *m)
{
    free(m->values);
    if (m->inds != m->lens) free(m->inds);
    free(m->lens);
}

static struct td_target target_of(struct memory *m, uint32_t row, SQLLEN cap)
{
    struct td_target t = {
        m->values + GUARD + row * m->stride, m->stride, cap, NULL, NULL, m->len_stride};

    if (m->row_wise) {
        t.ind = t.octet_len = (SQLLEN *)(void *)(t.base + m->len_at);
    } else {
        t.octet_len = (SQLLEN *)(void *)(m->lens + GUARD + row * m->len_stride);
        t.ind = (SQLLEN *)(void *)(m->inds + GUARD + row * m->len_stride);
    }
    return t;
}

static const char *check_guards(const struct memory *m, uint32_t n)
{
    if (!poisoned(m->values, GUARD) || !poisoned(m->values + GUARD + m->total, GUARD))
        return "memory before or behind the values was touched";
    if (m->row_wise) {
        for (uint32_t i = 0; i < n; i++) {
            const uint8_t *row = m->values + GUARD + i * m->stride;

            if (!poisoned(row + m->width, m->len_at - m->width) ||
                !poisoned(row + m->len_at + sizeof(SQLLEN), m->stride - m->len_at - sizeof(SQLLEN)))
                return "memory between two values was touched";
        }
        return NULL;
    }
    for (int k = 0; k < 2; k++) {
        const uint8_t *p = k ? m->inds : m->lens;

        if (!poisoned(p, GUARD) || !poisoned(p + GUARD + n * sizeof(SQLLEN), GUARD))
            return "memory before or behind the indicators was touched";
    }
    return NULL;
}

/* Length and indicator of a row, joined. */
static const char *take_ind(const struct memory *m, uint32_t i, struct conv_cell *c)
{
    SQLLEN len, ind;

    if (m->row_wise) {
        len = ind = load_len(m->values + GUARD + i * m->stride + m->len_at);
    } else {
        len = load_len(m->lens + GUARD + i * m->len_stride);
        ind = load_len(m->inds + GUARD + i * m->len_stride);
    }
    c->has_ind = ind != UNWRITTEN;
    c->ind = len;
    if (m->row_wise || m->inds == m->lens) return NULL;
    if (ind == SQL_NULL_DATA) {
        c->ind = ind;
        if (len != UNWRITTEN) return "a length was written for NULL";
    } else if (c->has_ind != (len != UNWRITTEN) || (c->has_ind && ind != 0)) {
        return "the separate indicator of a value is not 0";
    }
    return NULL;
}

static const char *collect(const struct memory *m, uint32_t n, struct conv_cell *out,
                           const struct run *r)
{
    const char *why = r->fault ? r->fault : check_guards(m, n);

    for (uint32_t i = 0; i < n; i++) {
        struct conv_cell *c = &out[i];
        const char *bad = take_ind(m, i, c);

        c->room = m->width;
        c->value = malloc(m->width + 1);
        memcpy(c->value, m->values + GUARD + i * m->stride, m->width);
        if (!why) why = bad;
        if (!why && c->error && !poisoned(c->value, m->width)) why = "a refused value was stored";
        if (!why && !c->error && !c->has_ind) why = "no indicator was written";
    }
    return why;
}

const char *conv_run(enum conv_way way, const struct td_col *col, uint32_t row0, uint32_t n,
                     SQLSMALLINT ctype, SQLLEN cap, struct td_kctx *x, struct conv_cell *out)
{
    td_kernel kernel = td_kernel_for(col->type, ctype);
    size_t width = td_ctype_is_var(ctype) ? (size_t)cap : (size_t)td_ctype_width(ctype);
    struct run r = {out, n, 0, NULL};
    struct memory m;
    const char *why;

    memset(out, 0, n * sizeof *out);
    if (!kernel) return "no kernel";
    memory_open(&m, way, n, width);
    x->report = on_report;
    x->report_arg = &r;
    if (way == CONV_SINGLE) {
        for (r.first = 0; r.first < n; r.first++) {
            struct td_target t = target_of(&m, r.first, cap);

            kernel(col, row0 + r.first, 1, &t, x);
        }
    } else {
        struct td_target t = target_of(&m, 0, cap);

        kernel(col, row0, n, &t, x);
    }
    why = collect(&m, n, out, &r);
    memory_close(&m);
    return why;
}

const char *conv_run_lens(const struct td_col *col, uint32_t row0, uint32_t n, SQLSMALLINT ctype,
                          struct td_kctx *x, struct conv_cell *out)
{
    td_kernel kernel = td_kernel_for(col->type, ctype);
    struct run r = {out, n, 0, NULL};
    struct memory m;
    struct td_target t;
    const char *why;

    memset(out, 0, n * sizeof *out);
    if (!kernel) return "no kernel";
    memory_open(&m, CONV_COLUMN, n, 0);
    x->report = on_report;
    x->report_arg = &r;
    t = target_of(&m, 0, 0);
    t.base = NULL;
    kernel(col, row0, n, &t, x);
    why = collect(&m, n, out, &r);
    memory_close(&m);
    return why;
}

void conv_free(struct conv_cell *cells, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        free(cells[i].value);
}

const char *conv_piece(const struct td_col *col, uint32_t row, SQLSMALLINT ctype, SQLLEN cap,
                       struct td_piece *p, struct td_kctx *x, SQLRETURN *rc, struct conv_cell *out)
{
    struct run r = {out, 1, 0, NULL};
    struct memory m;
    struct td_target t;
    const char *why;

    memset(out, 0, sizeof *out);
    memory_open(&m, CONV_COLUMN, 1, (size_t)cap);
    x->report = on_report;
    x->report_arg = &r;
    t = target_of(&m, 0, cap);
    *rc = td_getdata_piece(col, row, ctype, t.base, cap, t.ind, p, x);
    if (*rc == SQL_NO_DATA || *rc == SQL_ERROR) out->has_ind = true; // none is due
    why = r.fault ? r.fault : check_guards(&m, 1);
    out->room = m.width;
    out->value = malloc(m.width + 1);
    memcpy(out->value, t.base, m.width);
    if (!why && *rc != SQL_NO_DATA && *rc != SQL_ERROR) {
        why = take_ind(&m, 0, out);
        if (!why && !out->has_ind) why = "no indicator was written";
    }
    if (!why && (*rc == SQL_ERROR) != out->error) why = "return code and reports disagree";
    if (!why && (*rc == SQL_SUCCESS_WITH_INFO) != (out->nstates > 0 && !out->error))
        why = "return code and warnings disagree";
    if (!why && out->error && !poisoned(out->value, m.width)) why = "a refused value was stored";
    memory_close(&m);
    return why;
}

#include "odbc/tmqrows.h"

#include <stdio.h>

#include "wire/build.h"

enum { DATABASE, TOPIC, VGROUP, OFFSET, TABLE, FRONT };

#define BLOCK_MAX ((size_t)1 << 30)
/* The longest text that a VARCHAR of a block can hold (its length is a u16). */
#define META_MAX 65535

static const struct td_column g_front[FRONT] = {
    {{"tmq_database", 12}, TD_T_VARCHAR, 0, 0, 64, SQL_NULLABLE},
    {{"tmq_topic", 9}, TD_T_VARCHAR, 0, 0, 192, SQL_NULLABLE},
    {{"tmq_vgroup", 10}, TD_T_INT, 0, 0, 4, SQL_NULLABLE},
    {{"tmq_offset", 10}, TD_T_BIGINT, 0, 0, 8, SQL_NULLABLE},
    {{"tmq_table", 9}, TD_T_VARCHAR, 0, 0, 192, SQL_NULLABLE},
};

/* A result that is being built: the five columns and those of the message. */
struct rows {
    struct td_proccall *c;
    const struct td_tmq_poll *head;
    struct td_arena arena;
    struct td_column *cols;
    uint32_t ncols;
    uint8_t ts_prec;
    struct td_build *build;
    struct td_result **res; /* the call's first one */
};

static int32_t internal_size(const struct td_column *c)
{
    switch (c->type) {
    case TD_T_VARCHAR:
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
        return c->length + 2;
    case TD_T_NCHAR:
        return 4 * c->length + 2;
    default:
        return 0;
    }
}

/* Begins a result with `n` columns behind the five. */
static bool begin(struct rows *r, const struct td_field *fields, uint32_t n, uint8_t ts_prec)
{
    struct td_build_col *cols;

    r->ncols = FRONT + n;
    r->ts_prec = ts_prec;
    r->cols = td_arena_alloc(&r->arena, r->ncols * sizeof *r->cols);
    cols = td_arena_alloc(&r->arena, r->ncols * sizeof *cols);
    if (!r->cols || !cols) return false;
    memcpy(r->cols, g_front, sizeof g_front);
    for (uint32_t i = 0; i < n; i++) {
        const struct td_field *f = &fields[i];
        r->cols[FRONT + i] = (struct td_column){f->name,  f->type,   f->precision,
                                                f->scale, f->length, SQL_NULLABLE_UNKNOWN};
    }
    for (uint32_t i = 0; i < r->ncols; i++)
        cols[i] = (struct td_build_col){r->cols[i].type, r->cols[i].precision, r->cols[i].scale,
                                        internal_size(&r->cols[i])};
    r->build = td_build_new(cols, r->ncols, BLOCK_MAX);
    return r->build != NULL;
}

/* Ends the result that was begun, if any. */
static enum td_rc finish(struct rows *r, struct td_err *err)
{
    uint8_t *block = NULL;
    size_t n = 0;
    struct td_result *res;
    enum td_rc rc;

    if (!r->build) return TD_OK;
    rc = td_build_finish(r->build, &block, &n, err);
    td_build_free(r->build);
    r->build = NULL;
    if (rc != TD_OK) return TD_FAIL;
    res = td_result_local(r->cols, r->ncols, r->ts_prec, block, n, err);
    if (!res) return TD_FAIL;
    if (*r->res) return td_call_more(r->c, res, err);
    *r->res = res;
    return TD_OK;
}

static void put_front(struct rows *r, struct td_str table)
{
    td_build_utf8(r->build, DATABASE, r->head->database);
    td_build_utf8(r->build, TOPIC, r->head->topic);
    td_build_int(r->build, VGROUP, r->head->vgroup);
    td_build_int(r->build, OFFSET, r->head->offset);
    if (table.n)
        td_build_utf8(r->build, TABLE, table);
    else
        td_build_null(r->build, TABLE);
}

/* ---- data ---- */

/* As td_build_int takes it: cut to the width again. */
static int64_t load_int(const uint8_t *p, int width)
{
    uint64_t v = 0;

    memcpy(&v, p, (size_t)width);
    return (int64_t)v;
}

static void put_double(struct td_build *b, uint32_t col, const uint8_t *p, int width)
{
    float f;
    double d;

    if (width == 4) {
        memcpy(&f, p, 4);
        d = (double)f;
    } else
        memcpy(&d, p, 8);
    td_build_double(b, col, d);
}

static void put_decimal(struct td_build *b, uint32_t col, const uint8_t *p, int width)
{
    struct td_i128 v;

    v.lo = td_ld64(p);
    v.hi = width == 16 ? (int64_t)td_ld64(p + 8) : (int64_t)v.lo < 0 ? -1 : 0;
    td_build_dec(b, col, v);
}

static void put_cell(struct td_build *b, uint32_t col, const struct td_col *c, uint32_t row)
{
    const int width = td_type_width(c->type);
    const uint8_t *p = c->data + (size_t)width * row;
    struct td_str s;

    if (td_col_is_null(c, row)) {
        td_build_null(b, col);
        return;
    }
    switch (c->type) {
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        put_double(b, col, p, width);
        break;
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        put_decimal(b, col, p, width);
        break;
    default:
        if (!c->offsets) {
            td_build_int(b, col, load_int(p, width));
            break;
        }
        s = td_col_var(c, row);
        td_build_bytes(b, col, s.p, s.n);
    }
}

static void put_block(struct rows *r, const struct td_tmqblock *b)
{
    for (uint32_t row = 0; row < b->block.rows; row++) {
        put_front(r, b->table);
        for (uint32_t i = 0; i < b->block.ncols; i++)
            put_cell(r->build, FRONT + i, &b->block.cols[i], row);
        td_build_end_row(r->build);
    }
}

/* A message without a schema names no column (protocol.md 5.6). */
static bool name_columns(struct td_tmqblock *b, struct td_arena *a)
{
    for (uint32_t i = 0; i < b->block.ncols; i++) {
        char text[16], *copy;
        int n;
        if (b->fields[i].name.n) continue;
        n = snprintf(text, sizeof text, "column%u", i + 1);
        copy = td_arena_strndup(a, text, (size_t)n);
        if (!copy) return false;
        b->fields[i].name = (struct td_str){copy, (size_t)n};
    }
    return true;
}

static enum td_rc put_data(struct rows *r, struct td_tmqdata *d, struct td_err *err)
{
    struct td_tmqblock b, like = {.ts_prec = 0};
    bool have;

    for (;;) {
        if (td_tmqdata_next(d, &r->arena, &b, &have, err) != TD_OK) return TD_FAIL;
        if (!have) return finish(r, err);
        if (!name_columns(&b, &r->arena)) return td_err_nomem(err);
        if (!r->build || !td_tmqblock_alike(&b, &like)) {
            if (finish(r, err) != TD_OK) return TD_FAIL;
            if (!begin(r, b.fields, b.block.ncols, b.ts_prec)) return td_err_nomem(err);
            like = b;
        }
        put_block(r, &b);
    }
}

/* ---- metadata ---- */

static void put_meta_row(struct rows *r, struct td_str json)
{
    put_front(r, TD_STR(""));
    td_build_utf8(r->build, FRONT, json);
    td_build_end_row(r->build);
}

/* A row for each change in the message (`metas`); a message of another form is one row. */
static enum td_rc put_meta(struct rows *r, struct td_str json, struct td_err *err)
{
    static const struct td_field field = {{"tmq_meta", 8}, TD_T_VARCHAR, 0, 0, META_MAX - 2};
    struct td_str list, one;

    if (!begin(r, &field, 1, 0)) return td_err_nomem(err);
    list = td_tmqmsg_changes(json);
    if (!list.p) put_meta_row(r, json);
    while (list.p && td_tmqmsg_next_change(&list, &one))
        put_meta_row(r, one);
    return finish(r, err);
}

enum td_rc td_tmq_rows(struct td_proccall *c, struct td_tmq_message *m, struct td_result **res,
                       struct td_err *err)
{
    struct rows r = {.c = c, .head = m ? &m->head : NULL, .res = res};
    enum td_rc rc = TD_OK;

    *res = NULL;
    if (m && m->meta.p) rc = put_meta(&r, m->meta, err);
    if (rc == TD_OK && m && m->has_data) rc = put_data(&r, &m->data, err);
    if (rc == TD_OK && !*res) rc = begin(&r, NULL, 0, 0) ? finish(&r, err) : td_err_nomem(err);
    td_build_free(r.build);
    td_arena_free(&r.arena);
    if (rc != TD_OK) {
        td_result_free(*res);
        *res = NULL;
        td_proc_drop(c->s);
    }
    return rc;
}

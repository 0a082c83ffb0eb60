/*
 * engine_ut.h: runs statements in the SQLite engine and gives the outcome as one line of text.
 *
 * "v|v;v|v" for rows (NULL for SQL NULL), "affected N" for an update, "!0x2602 message" for an
 * error. The text is owned by ut_run and valid until its next call.
 */
#ifndef TL_ENGINE_UT_H
#define TL_ENGINE_UT_H

#include "block_read.h"
#include "engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_engine *ut_eng;
static struct tl_session ut_s = {.user = "root", .tz = "UTC"};
static char ut_text[1 << 20];

static inline size_t ut_cell(char *out, const struct tl_block *b, int col, uint32_t row, int type)
{
    struct tl_cell c;
    int64_t i = 0;
    double d;
    float f;
    assert_true(tl_block_cell(b, col, row, &c));
    if (c.null) return (size_t)sprintf(out, "NULL");
    switch (type) {
    case TL_FLOAT:
        memcpy(&f, c.p, 4);
        return (size_t)sprintf(out, "%.9g", (double)f);
    case TL_DOUBLE:
        memcpy(&d, c.p, 8);
        return (size_t)sprintf(out, "%.17g", d);
    case TL_VARCHAR:
    case TL_JSON:
        memcpy(out, c.p, c.n);
        return c.n;
    case TL_NCHAR:
    case TL_DECIMAL64:
    case TL_DECIMAL128: {
        struct tl_buf t = {0};
        if (type == TL_NCHAR) {
            assert_true(tl_ucs4_to_utf8(&t, c.p, c.n));
        } else {
            assert_true(tl_decimal_text(&t, c.p, (int)c.n, b->cols[col].scale));
        }
        size_t n = t.n;
        if (n) memcpy(out, t.p, n);
        tl_buf_free(&t);
        return n;
    }
    case TL_VARBINARY:
    case TL_BLOB:
    case TL_GEOMETRY:
        for (size_t k = 0; k < c.n; k++)
            sprintf(out + 2 * k, "%02x", c.p[k]);
        return 2 * c.n;
    default:
        break;
    }
    memcpy(&i, c.p, c.n);
    if (type == TL_TINYINT) i = (int8_t)i;
    if (type == TL_SMALLINT) i = (int16_t)i;
    if (type == TL_INT) i = (int32_t)i;
    if (type == TL_UBIGINT) return (size_t)sprintf(out, "%llu", (unsigned long long)i);
    return (size_t)sprintf(out, "%lld", (long long)i);
}

static inline char *ut_put(char *o, const uint8_t *p, size_t n, const struct tl_result *r)
{
    struct tl_block b;
    assert_true(tl_block_open(&b, p, n));
    for (uint32_t row = 0; row < b.rows && o < ut_text + sizeof ut_text - 4096; row++) {
        if (o > ut_text) *o++ = ';';
        for (int c = 0; c < b.ncols; c++) {
            if (c) *o++ = '|';
            o += ut_cell(o, &b, c, row, r->cols[c].type);
        }
    }
    tl_block_close(&b);
    *o = 0;
    return o;
}

static inline const char *ut_finish(struct tl_result *r, struct tl_error *err)
{
    char *o = ut_text;
    struct tl_buf block = {0};
    int rc = 0;
    *o = 0;
    if (r && r->is_update) {
        sprintf(ut_text, "affected %lld", (long long)r->affected);
    } else if (r) {
        while ((rc = r->next(r, &block, err)) == 1) {
            o = ut_put(o, block.p, block.n, r);
            block.n = 0;
        }
    }
    if (!r || rc < 0) sprintf(ut_text, "!0x%04x %s", (unsigned)err->code, err->msg);
    if (r) r->free(r);
    tl_buf_free(&block);
    return ut_text;
}

static inline const char *ut_run(const char *sql)
{
    struct tl_error err = {0};
    return ut_finish(tl_engine_exec(ut_eng, &ut_s, sql, strlen(sql), &err), &err);
}

/* "name TYPE(length)[p,s],..." of a query, with ":prec" at the end. */
static inline const char *ut_cols(const char *sql)
{
    struct tl_error err = {0};
    struct tl_result *r = tl_engine_exec(ut_eng, &ut_s, sql, strlen(sql), &err);
    char *o = ut_text;
    if (!r) return ut_finish(r, &err);
    for (int i = 0; i < r->ncols; i++) {
        o += sprintf(o, "%s%s %d(%d)", i ? "," : "", r->cols[i].name, r->cols[i].type,
                     r->cols[i].length);
        if (r->cols[i].precision)
            o += sprintf(o, "[%d,%d]", r->cols[i].precision, r->cols[i].scale);
    }
    sprintf(o, ":%d", r->ts_prec);
    r->free(r);
    return ut_text;
}

/* A case: the outcome must be `want`; a want that starts with '!' and ends after the code
   matches any message. */
struct ut_case {
    const char *sql, *want;
};

static inline void ut_check(const struct ut_case *v, size_t n, const char *(*run)(const char *))
{
    int failed = 0;
    for (size_t i = 0; i < n; i++) {
        const char *have = run(v[i].sql);
        bool code = v[i].want[0] == '!' && strlen(v[i].want) == 7;
        if (code ? strncmp(have, v[i].want, 7) != 0 : strcmp(have, v[i].want) != 0) {
            printf("%s\n  have %.600s\n  want %.600s\n", v[i].sql, have, v[i].want);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}
#define UT_CHECK(cases, run) ut_check(cases, sizeof(cases) / sizeof((cases)[0]), run)

static inline int ut_setup(void **state)
{
    struct tl_error err;
    (void)state;
    ut_eng = tl_engine_new(NULL, &err);
    ut_s = (struct tl_session){.user = "root", .tz = "UTC"};
    return ut_eng ? 0 : -1;
}

static inline int ut_teardown(void **state)
{
    (void)state;
    tl_engine_free(ut_eng);
    return 0;
}

#endif

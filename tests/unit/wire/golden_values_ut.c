/*
 * Every block of the recordings that have a REST body beside them, compared cell by cell with that
 * body: the two came from the same server over two interfaces. The body is read here with the
 * scanner of wire/json.h and libc, not with wire/restrows.h, so that a misreading of both cannot
 * hide. What is not compared is listed with its reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/dec.h"
#include "base/utf.h"
#include "golden.h"
#include "wire/json.h"
#include "wire/msg.h"

#define MAX_COLS 64

static size_t g_cells, g_files, g_nulls, g_skipped;
static size_t g_by_type[TD_T_COUNT];
static const char *g_file;

static void leave_out(const char *why)
{
    print_message("  not compared: %s: %s\n", strstr(g_file, "golden/") + 7, why);
    g_skipped++;
}

static void differ(uint32_t row, uint32_t col, const struct td_col *c, struct td_str want,
                   const char *got, size_t n)
{
    fail_msg("%s: row %u, column %u (type %u): block has %.*s, REST says %.*s", g_file, row + 1,
             col + 1, c->type, (int)n, got, (int)want.n, want.p);
}

/* JSON string text → bytes. */
static size_t unescape(struct td_str raw, char *out)
{
    size_t n = 0;

    assert_true(raw.n >= 2 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"');
    for (size_t i = 1; i < raw.n - 1; i++) {
        static const char from[] = "\"\\/nrtbf", to[] = "\"\\/\n\r\t\b\f";
        const char *at;
        if (raw.p[i] != '\\') {
            out[n++] = raw.p[i];
            continue;
        }
        at = strchr(from, raw.p[++i]);
        if (at)
            out[n++] = to[at - from];
        else {
            char hex[5] = {0};
            assert_int_equal(raw.p[i], 'u');
            memcpy(hex, raw.p + i + 1, 4);
            i += 4;
            assert_true(strtoul(hex, NULL, 16) <
                        0x80); /* only controls are written so (protocol.md 1.6) */
            out[n++] = (char)strtoul(hex, NULL, 16);
        }
    }
    return n;
}

/* `"2023-11-14T22:13:20.000Z"` or `…+08:00"` → epoch count. */
static int64_t rest_time(struct td_str raw, int prec)
{
    static const int digits[] = {3, 6, 9};
    static const int64_t units[] = {1000, 1000000, 1000000000};
    struct tm tm = {0};
    char z[64];
    int used = 0;
    int64_t frac, off = 0;
    char *end;

    assert_true(raw.n < sizeof z && raw.n > 22);
    memcpy(z, raw.p + 1, raw.n - 2);
    z[raw.n - 2] = 0;
    assert_int_equal(sscanf(z, "%d-%d-%dT%d:%d:%d.%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                            &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used),
                     6);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    frac = strtoll(z + used, &end, 10);
    assert_int_equal(end - (z + used), digits[prec]);
    if (*end == 'Z')
        end++;
    else {
        assert_true(strlen(end) == 6 && end[3] == ':');
        off =
            (strtol(end + 1, NULL, 10) * 60 + strtol(end + 4, NULL, 10)) * (*end == '-' ? -60 : 60);
        end += 6;
    }
    assert_int_equal(*end, 0);
    return ((int64_t)timegm(&tm) - off) * units[prec] + frac;
}

static void compare_int(const struct td_col *c, uint32_t row, uint32_t col, struct td_str want)
{
    const uint8_t *p = c->data + (size_t)td_type_width(c->type) * row;
    char z[24];
    int n = 0;

    switch (c->type) {
    case TD_T_BOOL:
        n = snprintf(z, sizeof z, "%s", *p ? "true" : "false");
        break;
    case TD_T_TINYINT:
        n = snprintf(z, sizeof z, "%d", (int8_t)*p);
        break;
    case TD_T_UTINYINT:
        n = snprintf(z, sizeof z, "%u", *p);
        break;
    case TD_T_SMALLINT:
        n = snprintf(z, sizeof z, "%d", (int16_t)td_ld16(p));
        break;
    case TD_T_USMALLINT:
        n = snprintf(z, sizeof z, "%u", td_ld16(p));
        break;
    case TD_T_INT:
        n = snprintf(z, sizeof z, "%d", (int32_t)td_ld32(p));
        break;
    case TD_T_UINT:
        n = snprintf(z, sizeof z, "%u", td_ld32(p));
        break;
    case TD_T_BIGINT:
        n = snprintf(z, sizeof z, "%lld", (long long)td_ld64(p));
        break;
    default:
        n = snprintf(z, sizeof z, "%llu", (unsigned long long)td_ld64(p));
        break;
    }
    if ((size_t)n != want.n || memcmp(z, want.p, want.n) != 0)
        differ(row, col, c, want, z, (size_t)n);
}

/* As numbers: REST prints doubles between 1e17 and 1e21 as integers. Same bits, so −0 is not 0. */
static void compare_real(const struct td_col *c, uint32_t row, uint32_t col, struct td_str want)
{
    char z[64], got[40];
    bool same;

    assert_true(want.n < sizeof z);
    memcpy(z, want.p, want.n);
    z[want.n] = 0;
    if (c->type == TD_T_FLOAT) {
        const float w = strtof(z, NULL);
        float v;
        memcpy(&v, c->data + 4 * (size_t)row, 4);
        same = memcmp(&v, &w, 4) == 0;
        snprintf(got, sizeof got, "%.9g", (double)v);
    } else {
        const double w = strtod(z, NULL);
        double v;
        memcpy(&v, c->data + 8 * (size_t)row, 8);
        same = memcmp(&v, &w, 8) == 0;
        snprintf(got, sizeof got, "%.17g", v);
    }
    if (!same) differ(row, col, c, want, got, strlen(got));
}

static void compare_dec(const struct td_col *c, uint32_t row, uint32_t col, struct td_str want)
{
    struct td_dec d = {{0, 0}, c->scale};
    char z[TD_DEC_TEXT];
    const uint8_t *p = c->data + (size_t)td_type_width(c->type) * row;
    size_t n;

    d.v.lo = td_ld64(p);
    d.v.hi = c->type == TD_T_DECIMAL128 ? (int64_t)td_ld64(p + 8) : (int64_t)d.v.lo >> 63;
    n = td_dec_text(d, z);
    if (n + 2 != want.n || memcmp(z, want.p + 1, n) != 0) differ(row, col, c, want, z, n);
}

static void compare_var(const struct td_col *c, uint32_t row, uint32_t col, struct td_str want)
{
    const struct td_str v = td_col_var(c, row);
    char *w = malloc(want.n + 1), *got = malloc(2 * v.n + 1);
    size_t wn, n = v.n;

    if (c->type == TD_T_JSON) { /* the value itself, not a string */
        memcpy(w, want.p, wn = want.n);
        memcpy(got, v.p, v.n);
    } else {
        wn = unescape(want, w);
        if (c->type == TD_T_NCHAR)
            n = td_utf32_to_utf8(v.p, v.n, got, 2 * v.n + 1, true).out;
        else if (c->type == TD_T_VARCHAR)
            memcpy(got, v.p, v.n);
        else {
            for (size_t i = 0; i < v.n; i++)
                snprintf(got + 2 * i, 3, "%02x", (uint8_t)v.p[i]);
            n = 2 * v.n;
        }
    }
    if (n != wn || memcmp(got, w, n) != 0) differ(row, col, c, want, got, n);
    free(w);
    free(got);
}

static void compare_cell(const struct td_col *c, uint32_t row, uint32_t rest_row, uint32_t col,
                         struct td_str want)
{
    const bool null = c->type == TD_T_JSON ? td_col_json_null(c, row) : td_col_is_null(c, row);

    g_cells++;
    g_by_type[c->type]++;
    if (null || td_str_eq(want, TD_STR("null"))) {
        g_nulls++;
        if (!null || !td_str_eq(want, TD_STR("null")))
            differ(rest_row, col, c, want, null ? "NULL" : "a value", null ? 4 : 7);
        return;
    }
    if (td_type_is_var(c->type))
        compare_var(c, row, col, want);
    else if (c->type == TD_T_FLOAT || c->type == TD_T_DOUBLE)
        compare_real(c, row, col, want);
    else if (c->type == TD_T_DECIMAL64 || c->type == TD_T_DECIMAL128)
        compare_dec(c, row, col, want);
    else if (c->type == TD_T_TIMESTAMP) {
        const int64_t v = (int64_t)td_ld64(c->data + 8 * (size_t)row);
        char z[24];
        if (v != rest_time(want, c->ts_prec)) {
            snprintf(z, sizeof z, "%lld", (long long)v);
            differ(rest_row, col, c, want, z, strlen(z));
        }
    } else
        compare_int(c, row, col, want);
}

/* The columns' names and declared lengths, and TDengine's type names. */
static void compare_meta(const struct td_reply_query *q, struct td_str meta)
{
    static const char *const names[TD_T_COUNT] = {"NULL",
                                                  "BOOL",
                                                  "TINYINT",
                                                  "SMALLINT",
                                                  "INT",
                                                  "BIGINT",
                                                  "FLOAT",
                                                  "DOUBLE",
                                                  "VARCHAR",
                                                  "TIMESTAMP",
                                                  "NCHAR",
                                                  "TINYINT UNSIGNED",
                                                  "SMALLINT UNSIGNED",
                                                  "INT UNSIGNED",
                                                  "BIGINT UNSIGNED",
                                                  "JSON",
                                                  "VARBINARY",
                                                  NULL,
                                                  "BLOB",
                                                  NULL,
                                                  "GEOMETRY",
                                                  NULL};
    struct td_str e;

    for (uint32_t i = 0; i < q->nfields; i++) {
        const struct td_field *f = &q->fields[i];
        struct td_str parts, v;
        char z[400], want[40];
        int64_t len = -1;
        assert_true(td_json_next(&meta, &e));
        parts = e;
        assert_true(td_json_next(&parts, &v) && v.n < sizeof z);
        assert_true(td_str_eq((struct td_str){z, unescape(v, z)}, f->name));
        assert_true(td_json_next(&parts, &v));
        if (names[f->type])
            snprintf(want, sizeof want, "\"%s\"", names[f->type]);
        else
            snprintf(want, sizeof want, "\"DECIMAL(%u,%u)\"", f->precision, f->scale);
        assert_true(td_str_eq(v, td_str_of(want)));
        assert_true(td_json_next(&parts, &v) && td_json_text_i64(v, &len));
        assert_int_equal(len, f->length);
    }
    assert_false(td_json_next(&meta, &e));
}

static uint32_t compare_block(const struct td_block *b, uint32_t done, struct td_str *rows)
{
    for (uint32_t r = 0; r < b->rows; r++) {
        struct td_str row, cell;
        if (!td_json_next(rows, &row)) fail_msg("%s: REST has only %u rows", g_file, done + r);
        for (uint32_t i = 0; i < b->ncols; i++) {
            assert_true(td_json_next(&row, &cell));
            compare_cell(&b->cols[i], r, done + r, i, cell);
        }
        assert_false(td_json_next(&row, &cell));
    }
    return done + b->rows;
}

static void compare_stream(const struct golden *g, struct td_str body)
{
    struct td_str rows, meta, extra;
    struct td_arena a = {NULL};
    struct td_reply_query q = {0};
    uint32_t done = 0;
    bool described = false;

    assert_true(td_json_find(body, "data", &rows) && td_json_find(body, "column_meta", &meta));
    for (size_t i = 0; i < g->count; i++) {
        const struct golden_msg *m = &g->msg[i];
        const struct td_msg_view v = {m->p, m->n, m->text};
        struct td_reply_fetch f;
        struct td_col cols[MAX_COLS];
        struct td_block b;
        struct td_err err;
        if (m->to_server) continue;
        if (m->text) {
            if (strstr((char *)m->p, "\"is_update\":false")) {
                assert_int_equal(td_msg_read_query(v, false, &a, &q, &err), TD_OK);
                assert_true(q.nfields <= MAX_COLS && !described);
                compare_meta(&q, meta);
                described = true;
            }
            continue;
        }
        if (td_msg_read_fetch(v, &f, &err) != TD_OK) fail_msg("%s: %s", g_file, err.msg);
        if (f.finished) continue;
        assert_int_equal(f.result_id, q.id);
        if (td_block_open(f.block, f.block_len, NULL, cols, q.nfields, q.ts_prec, &b, &err) !=
            TD_OK)
            fail_msg("%s: %s", g_file, err.msg);
        done = compare_block(&b, done, &rows);
    }
    if (td_json_next(&rows, &extra)) fail_msg("%s: REST has more than %u rows", g_file, done);
    assert_true(described);
    td_arena_free(&a);
}

static void compare_file(const char *file)
{
    char rest[500], *body;
    struct golden *g;
    struct td_str b, v;
    int status;

    g_file = file;
    snprintf(rest, sizeof rest, "%.*s.rest.json", (int)(strlen(file) - strlen(".jsonl")), file);
    if (!golden_rest(rest, &status, &body)) {
        leave_out("no REST body beside it");
        return;
    }
    g = golden_load(file);
    b = td_str_of(body);
    if (status != 200 || b.n == 0)
        leave_out("REST failed");
    else if (!td_json_find(b, "code", &v) || !td_str_eq(v, TD_STR("0")))
        leave_out("an error, no cells");
    else {
        bool is_result = false;
        for (size_t i = 0; i < g->count; i++)
            is_result |= g->msg[i].text && strstr((char *)g->msg[i].p, "\"is_update\":false");
        if (is_result) {
            g_files++;
            compare_stream(g, b);
        } else
            leave_out("an update, no block");
    }
    golden_free(g);
    free(body);
}

static void every_cell(void **state)
{
    static const char *const dirs[] = {"query", "catalog", "random", "error"};

    (void)state;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        char dir[300], **files;
        snprintf(dir, sizeof dir, "%s/golden/%s", TD_TEST_DATA, dirs[i]);
        files = golden_files(dir, ".jsonl");
        for (char **f = files; *f; f++)
            compare_file(*f);
        golden_files_free(files);
    }
    print_message(
        "cells compared: %zu (NULLs: %zu) in %zu recordings; recordings without cells: %zu\n",
        g_cells, g_nulls, g_files, g_skipped);
    for (int t = 0; t < TD_T_COUNT; t++) {
        print_message("  type %d: %zu\n", t, g_by_type[t]);
        if (td_type_known(t) && t != TD_T_NULL) assert_true(g_by_type[t] > 0);
    }
    assert_true(g_cells > 80000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cell)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

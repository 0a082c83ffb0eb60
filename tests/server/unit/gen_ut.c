/* gen_ut.c: the generator: cells, block borders, projection, repetition, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block_read.h"
#include "engine.h"
#include "gen_values.h"

static struct tl_result *run(const char *sql)
{
    struct tl_error err;
    struct tl_result *r = tl_gen_exec(NULL, sql, strlen(sql), &err);
    if (!r) fail_msg("%s: 0x%04x %s", sql, (unsigned)err.code, err.msg);
    return r;
}

/* Fetches the next block into b (bytes in buf); its row count, 0 at the end. */
static uint32_t next(struct tl_result *r, struct tl_buf *buf, struct tl_block *b)
{
    struct tl_error err;
    buf->n = 0;
    const int got = r->next(r, buf, &err);
    assert_int_not_equal(got, -1);
    if (got == 0) return 0;
    assert_true(tl_block_open(b, buf->p, buf->n));
    assert_int_equal(b->ncols, r->ncols);
    return b->rows;
}

static int64_t cell_int(const struct tl_block *b, int col, uint32_t row)
{
    struct tl_cell c;
    int64_t v = 0;
    assert_true(tl_block_cell(b, col, row, &c));
    assert_false(c.null);
    memcpy(&v, c.p, c.n);
    return c.n == 4 ? (int32_t)v : v;
}

/* The function of the cells is an agreement with other tests: it must not drift (values
   computed by another program). */
static void hash_is_pinned(void **state)
{
    (void)state;
    assert_int_equal(tl_gen_hash(0, 0, 0), UINT64_C(0x952f14f1e8ddc491));
    assert_int_equal(tl_gen_hash(1, 2, 3), UINT64_C(0x172bcd68b692042e));
}

static void rows_and_blocks(void **state)
{
    static const struct {
        const char *sql;
        uint64_t rows;
        uint32_t block;
    } cases[] = {
        {"select * from gen.numeric", 1000, 4096},
        {"select * from gen.numeric where rows=0", 0, 1},
        {"select * from gen.numeric where rows=1", 1, 4096},
        {"select * from gen.numeric where rows=4097", 4097, 4096},
        {"SELECT ts, i FROM gen.mixed WHERE rows = 10 AND block = 3;", 10, 3},
        {"select * from gen.all where rows=17 and block=8 and nulls=50", 17, 8},
        {"select * from gen.cols('a int')  where rows=9 and block=9", 9, 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tl_result *r = run(cases[i].sql);
        struct tl_buf buf = {0};
        struct tl_block b;
        uint64_t total = 0;
        uint32_t n;
        while ((n = next(r, &buf, &b)) > 0) {
            total += n;
            assert_true(n == cases[i].block || total == cases[i].rows);
            tl_block_close(&b);
        }
        assert_int_equal(total, cases[i].rows);
        tl_buf_free(&buf);
        r->free(r);
    }
}

/* Every cell of every type, with NULLs, by the functions of gen_values.h. */
static void check_cell(const struct tl_block *b, const struct tl_col *col, int c, uint32_t row,
                       uint64_t seed, uint64_t abs_row)
{
    const uint64_t h = tl_gen_hash(seed, abs_row, (uint32_t)c);
    const int64_t start = TL_GEN_START_S * 1000000;
    struct tl_cell cell;
    char text[512];
    assert_true(tl_block_cell(b, c, row, &cell));
    const bool null = c > 0 && tl_gen_null(seed, abs_row, (uint32_t)c, 30);
    assert_int_equal(cell.null, null);
    if (null) return;
    if (tl_type_var(col->type)) {
        size_t n = 0;
        if (col->type == TL_VARCHAR) n = tl_gen_varchar(h, 64, text);
        if (col->type == TL_NCHAR) n = tl_gen_nchar(h, 32, text);
        if (col->type == TL_JSON) n = tl_gen_json(h, text);
        if (col->type == TL_VARBINARY) n = tl_gen_bytes(h, 64, (uint8_t *)text);
        if (col->type == TL_BLOB) n = tl_gen_bytes(h, 200, (uint8_t *)text);
        if (col->type == TL_GEOMETRY) n = tl_gen_point(h, (uint8_t *)text);
        struct tl_buf utf8 = {0};
        if (col->type == TL_NCHAR) {
            assert_true(tl_ucs4_to_utf8(&utf8, cell.p, cell.n));
            cell.p = utf8.p;
            cell.n = utf8.n;
        }
        assert_int_equal(cell.n, n);
        if (n) assert_memory_equal(cell.p, text, n);
        tl_buf_free(&utf8);
        return;
    }
    union {
        int64_t i;
        float f;
        double d;
        __int128 w;
    } v = {.i = 0};
    if (col->type == TL_BOOL)
        v.i = (int64_t)(h & 1);
    else if (col->type == TL_TIMESTAMP)
        v.i = c == 0 ? start + (int64_t)abs_row * 7 : tl_gen_ts(h, start, 1000000);
    else if (col->type == TL_FLOAT)
        v.f = tl_gen_float(h);
    else if (col->type == TL_DOUBLE)
        v.d = tl_gen_double(h);
    else if (col->type == TL_DECIMAL64)
        v.i = tl_gen_dec64(h, 10);
    else if (col->type == TL_DECIMAL128)
        v.w = tl_gen_dec128(seed, abs_row, (uint32_t)c, 38);
    else if (col->type >= TL_UTINYINT)
        v.i = (int64_t)tl_gen_uint(h, (int)cell.n);
    else
        v.i = tl_gen_int(h, (int)cell.n);
    assert_memory_equal(cell.p, &v, cell.n);
}

static void cells_of_every_type(void **state)
{
    struct tl_result *r = run("select * from gen.all where rows=300 and block=64 and seed=5 and "
                              "nulls=30 and precision='us' and step=7");
    struct tl_buf buf = {0};
    struct tl_block b;
    uint64_t row = 0;
    uint32_t n;
    (void)state;
    assert_int_equal(r->ts_prec, 1);
    while ((n = next(r, &buf, &b)) > 0) {
        for (uint32_t i = 0; i < n; i++, row++)
            for (int c = 0; c < r->ncols; c++)
                check_cell(&b, &r->cols[c], c, i, 5, row);
        tl_block_close(&b);
    }
    assert_int_equal(row, 300);
    tl_buf_free(&buf);
    r->free(r);
}

/* Repetition: the same cells each block, the timestamps count on, wherever their column stands. */
static void repetition(void **state)
{
    static const char *const sql[] = {
        "select ts, i from gen.numeric where rows=25 and block=10 and start=100 and step=2",
        "select i, ts from gen.numeric where rows=25 and block=10 and start=100 and step=2",
    };
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct tl_result *r = run(sql[k]);
        struct tl_buf buf = {0};
        struct tl_block b;
        uint64_t row = 0;
        uint32_t n;
        while ((n = next(r, &buf, &b)) > 0) {
            for (uint32_t i = 0; i < n; i++, row++) {
                assert_int_equal(cell_int(&b, k, i), 100 + 2 * row);
                assert_int_equal(cell_int(&b, 1 - k, i),
                                 tl_gen_int(tl_gen_hash(0, row % 10, 1), 4));
            }
            tl_block_close(&b);
        }
        assert_int_equal(row, 25);
        tl_buf_free(&buf);
        r->free(r);
    }
}

static void refused(void **state)
{
    static const struct {
        const char *sql;
        int code; /* 0 = not for the generator */
    } cases[] = {
        {"select 1", 0},
        {"select * from general.t", 0},
        {"insert into gen.numeric values(1)", 0},
        {"select ' from gen.numeric'", 0},
        {"", 0},
        {"select * from gen.nosuch", 0x2603},
        {"select * from gen.cols('a nosuch')", 0x2603},
        {"select * from gen.cols('a varchar')", 0x2603},
        {"select * from gen.cols('a decimal(39)')", 0x2603},
        {"select * from gen.cols('a int,')", 0x2603},
        {"select * from gen.cols('a int'", 0x2603},
        {"select nosuch from gen.numeric", 0x2602},
        {"select count(*) from gen.numeric", 0},
        {"select *, i from gen.numeric", 0x2600},
        {"select * from gen.numeric where rows=-1", 0x2600},
        {"select * from gen.numeric where block=0", 0x2600},
        {"select * from gen.numeric where rows=18446744073709551616", 0x2600},
        {"select * from gen.numeric where nulls=101", 0x2600},
        {"select * from gen.numeric where precision='xs'", 0x2600},
        {"select * from gen.numeric limit 5", 0x2600},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tl_error err = {.code = -1};
        /* without a NUL behind it, so that reading on is seen by ASan */
        const size_t n = strlen(cases[i].sql);
        char *sql = malloc(n ? n : 1);
        memcpy(sql, cases[i].sql, n);
        struct tl_result *r = tl_gen_exec(NULL, sql, n, &err);
        if (r || err.code != cases[i].code)
            fail_msg("%s: 0x%04x %s", cases[i].sql, (unsigned)err.code, err.msg);
        free(sql);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_pinned),
        cmocka_unit_test(rows_and_blocks),
        cmocka_unit_test(cells_of_every_type),
        cmocka_unit_test(repetition),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

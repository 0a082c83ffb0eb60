/*
 * block_ut.c: the raw block codec against the recorded blocks: each one is read and written
 * again, and must come out byte for byte.
 */
#include "ut_golden.h"

#include "block_read.h"

/* The declared length behind the internal one of the column info (protocol.md 3.1). */
static struct tl_col col_of(const struct tl_block_col *c)
{
    struct tl_col d = {.type = c->type, .precision = c->precision, .scale = c->scale};
    if (c->type == TL_VARCHAR || c->type == TL_VARBINARY || c->type == TL_GEOMETRY)
        d.length = c->bytes - 2;
    else if (c->type == TL_NCHAR)
        d.length = (c->bytes - 2) / 4;
    return d;
}

static void put_cell(struct tl_enc *e, const struct tl_block *b, int col, uint32_t row)
{
    struct tl_cell cell;
    assert_true(tl_block_cell(b, col, row, &cell));
    if (cell.null) {
        assert_true(tl_enc_null(e, col));
    } else if (b->cols[col].type == TL_NCHAR) {
        struct tl_buf text = {0};
        assert_true(tl_ucs4_to_utf8(&text, cell.p, cell.n));
        assert_true(tl_enc_var(e, col, text.p, text.n));
        tl_buf_free(&text);
    } else if (tl_type_var(b->cols[col].type)) {
        assert_true(tl_enc_var(e, col, cell.p, cell.n));
    } else {
        assert_true(tl_enc_fixed(e, col, cell.p));
    }
}

struct counts {
    long blocks, cells;
};

static void again(const uint8_t *p, size_t n, struct counts *count)
{
    struct tl_block b;
    struct tl_buf out = {0};
    assert_true(tl_block_open(&b, p, n));
    struct tl_col *cols = calloc((size_t)b.ncols, sizeof *cols);
    assert_non_null(cols);
    for (int i = 0; i < b.ncols; i++)
        cols[i] = col_of(&b.cols[i]);
    struct tl_enc *e = tl_enc_new(cols, b.ncols);
    assert_non_null(e);
    for (uint32_t row = 0; row < b.rows; row++) {
        for (int i = 0; i < b.ncols; i++)
            put_cell(e, &b, i, row);
        assert_true(tl_enc_end_row(e));
    }
    assert_int_equal(tl_enc_rows(e), b.rows);
    assert_int_equal(tl_enc_bytes(e), n);
    assert_true(tl_enc_finish(e, &out));
    assert_int_equal(out.n, n);
    assert_memory_equal(out.p, p, n);
    assert_int_equal(tl_enc_rows(e), 0);
    count->blocks++;
    count->cells += (long)b.rows * b.ncols;
    tl_enc_free(e);
    tl_buf_free(&out);
    tl_block_close(&b);
    free(cols);
}

static void on_msg(const struct ut_msg *m, void *arg)
{
    size_t n;
    const uint8_t *p = ut_block(m, &n);
    if (p) again(p, n, arg);
}

static void on_file(const char *path, void *arg)
{
    ut_each_msg(path, on_msg, arg);
}

static void recorded_blocks_come_out_the_same(void **state)
{
    static const char *const dirs[] = {"query/ms", "query/us", "query/ns", "query/tz_shanghai",
                                       "random",   "catalog",  "error",    "conn",
                                       "stmt2",    "cancel"};
    struct counts count = {0};
    (void)state;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        assert_true(ut_each_file(dirs[i], ".jsonl", on_file, &count) > 0);
    print_message("blocks written again: %ld, cells: %ld\n", count.blocks, count.cells);
    assert_true(count.blocks >= 137);
    assert_true(count.cells >= 83000);
}

/* protocol.md 3.5 */
static const uint8_t example[149] = {
    0x01, 0x00, 0x00, 0x00, 0x95, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x08,
    0x00, 0x00, 0x00, 0x04, 0x04, 0x00, 0x00, 0x00, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x15, 0x02,
    0x0a, 0x00, 0x08, 0x0a, 0x12, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
    0x00, 0x04, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x68, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00, 0xe8, 0x6b, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00,
    0x40, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
    0xff, 0xff, 0x02, 0x00, 0x61, 0x62, 0x00, 0xd2, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00,
    0x00, 0x04, 0x00, 0x60, 0x4f, 0x00, 0x00, 0x04, 0x00, 0x78, 0x00, 0x00, 0x00, 0x00,
};
static const struct tl_col example_cols[5] = {
    {.type = TL_TIMESTAMP, .length = 8},
    {.type = TL_INT, .length = 4},
    {.type = TL_VARCHAR, .length = 8},
    {.type = TL_DECIMAL64, .length = 8, .precision = 10, .scale = 2},
    {.type = TL_NCHAR, .length = 4},
};

static void worked_example(void **state)
{
    const int64_t ts[2] = {1700000000000, 1700000001000}, dec[2] = {1234, -5};
    const int32_t seven = 7;
    struct tl_buf out = {0};
    struct tl_enc *e = tl_enc_new(example_cols, 5);
    (void)state;
    assert_non_null(e);
    assert_true(tl_enc_fixed(e, 0, &ts[0]) && tl_enc_fixed(e, 1, &seven) &&
                tl_enc_var(e, 2, "ab", 2) && tl_enc_fixed(e, 3, &dec[0]) &&
                tl_enc_var(e, 4, "你", 3) && tl_enc_end_row(e));
    assert_true(tl_enc_fixed(e, 0, &ts[1]) && tl_enc_null(e, 1) && tl_enc_null(e, 2) &&
                tl_enc_fixed(e, 3, &dec[1]) && tl_enc_var(e, 4, "x", 1) && tl_enc_end_row(e));
    assert_true(tl_enc_finish(e, &out));
    assert_int_equal(out.n, sizeof example);
    assert_memory_equal(out.p, example, sizeof example);
    tl_enc_free(e);
    tl_buf_free(&out);
}

static void encoder_refuses_what_it_cannot_store(void **state)
{
    static const char long_text[65536];
    const int32_t v = 1;
    struct tl_buf out = {0};
    struct tl_enc *e = tl_enc_new(example_cols, 5);
    (void)state;
    assert_false(tl_enc_end_row(e));
    assert_false(tl_enc_fixed(e, 5, &v));
    assert_false(tl_enc_fixed(e, -1, &v));
    assert_false(tl_enc_fixed(e, 2, &v));   /* variable */
    assert_false(tl_enc_var(e, 1, "a", 1)); /* fixed */
    assert_false(tl_enc_var(e, 2, long_text, sizeof long_text));
    assert_false(tl_enc_var(e, 4, "\xC3", 1));             /* half a character */
    assert_false(tl_enc_var(e, 4, "a\xED\xA0\x80", 4));    /* a surrogate */
    assert_false(tl_enc_var(e, 4, "\xF4\x90\x80\x80", 4)); /* above U+10FFFF */
    assert_false(tl_enc_var(e, 4, "\xC0\x80", 2));         /* overlong */
    assert_true(tl_enc_null(e, 0) && tl_enc_fixed(e, 1, &v) && tl_enc_null(e, 3));
    assert_false(tl_enc_fixed(e, 1, &v)); /* twice */
    assert_true(tl_enc_var(e, 2, "", 0) && tl_enc_var(e, 4, "", 0));
    assert_true(tl_enc_end_row(e));
    assert_true(tl_enc_finish(e, &out));
    struct tl_block b;
    struct tl_cell cell;
    assert_true(tl_block_open(&b, out.p, out.n)); /* nothing of the refused values is left */
    assert_int_equal(b.cols[2].ndata, 2);
    assert_int_equal(b.cols[4].ndata, 2);
    assert_true(tl_block_cell(&b, 4, 0, &cell) && !cell.null && cell.n == 0);
    assert_true(tl_block_cell(&b, 0, 0, &cell) && cell.null);
    tl_block_close(&b);
    tl_enc_free(e);
    tl_buf_free(&out);
}

/* Every cut and every changed byte of the example: refused or read within its bounds (under
   ASan). */
static void reader_survives_damage(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof example; n++) {
        struct tl_block b;
        uint8_t *p = malloc(n ? n : 1);
        memcpy(p, example, n);
        assert_false(tl_block_open(&b, p, n));
        free(p);
    }
    int accepted = 0;
    for (size_t at = 0; at < sizeof example; at++)
        for (int v = 0; v < 256; v += 15) {
            struct tl_block b;
            struct tl_cell cell;
            uint8_t *p = malloc(sizeof example);
            memcpy(p, example, sizeof example);
            p[at] = (uint8_t)v;
            if (tl_block_open(&b, p, sizeof example)) {
                accepted++;
                for (int c = 0; c < b.ncols; c++)
                    for (uint32_t r = 0; r < b.rows; r++)
                        if (tl_block_cell(&b, c, r, &cell) && !cell.null && cell.n > 0)
                            assert_true(cell.p >= p && cell.p + cell.n <= p + sizeof example);
                tl_block_close(&b);
            }
            free(p);
        }
    assert_true(accepted > 0);
}

static void decimal_text(void **state)
{
    static const struct {
        int64_t v;
        int scale;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 2, "0.00"},
        {5, 0, "5"},
        {-5, 2, "-0.05"},
        {1234, 2, "12.34"},
        {-1234, 4, "-0.1234"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {100, 2, "1.00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tl_buf b = {0};
        uint8_t wide[16];
        assert_true(tl_decimal_text(&b, (const uint8_t *)&cases[i].v, 8, cases[i].scale));
        const __int128 w = cases[i].v;
        memcpy(wide, &w, sizeof w);
        assert_true(tl_buf_u8(&b, '|') && tl_decimal_text(&b, wide, 16, cases[i].scale));
        char want[128];
        snprintf(want, sizeof want, "%s|%s", cases[i].text, cases[i].text);
        assert_int_equal(b.n, strlen(want));
        assert_memory_equal(b.p, want, b.n);
        tl_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_blocks_come_out_the_same),
        cmocka_unit_test(worked_example),
        cmocka_unit_test(encoder_refuses_what_it_cannot_store),
        cmocka_unit_test(reader_survives_damage),
        cmocka_unit_test(decimal_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

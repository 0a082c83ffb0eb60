/*
 * fuzz_block.c: any bytes as a raw block. What td_block_open takes must be whole: every cell is
 * read, and must lie inside the input (the harness gives it in an allocation of its own length).
 */
#include <stdio.h>
#include <stdlib.h>

#include "wire/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static volatile uint64_t g_sink;

static void require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_block: %s\n", what);
    abort();
}

static void read_cell(const struct td_col *c, uint32_t row, const uint8_t *end)
{
    const size_t width = (size_t)td_type_width(c->type);
    const uint8_t *v = c->data + width * row;
    size_t len = width;

    if (td_col_is_null(c, row)) return;
    require(c->type != TD_T_NULL, "a value of no type");
    if (c->offsets) {
        const struct td_str s = td_col_var(c, row);
        v = (const uint8_t *)s.p;
        len = s.n;
        require(c->type != TD_T_NCHAR || len % 4 == 0, "a broken NCHAR");
    }
    require(v <= end && len <= (size_t)(end - v), "a value outside the block");
    for (size_t i = 0; i < len; i++)
        g_sink += v[i];
    if (c->type == TD_T_JSON) g_sink += td_col_json_null(c, row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct td_col cols[4096];
    const uint32_t ncols = n >= 16 ? td_ld32(data + 12) : 1;
    struct td_err err = {.state = TD_ST_00000};
    struct td_block b;

    if (ncols > sizeof cols / sizeof *cols) return 0;
    if (td_block_open(data, n, NULL, cols, ncols, 0, &b, &err) != TD_OK) {
        require(err.state == TD_ST_HY000 && err.msg[0], "an error without a text");
        return 0;
    }
    require(b.rows > 0 && b.ncols == ncols, "an empty block");
    for (uint32_t i = 0; i < ncols; i++) {
        /* Untyped columns cost a bit a row and may have many: a few rows say enough. */
        const uint32_t rows = b.rows < 100000 ? b.rows : 100000;
        require(cols[i].rows == b.rows, "columns of different length");
        for (uint32_t row = 0; row < rows; row++)
            read_cell(&cols[i], row, data + n);
    }
    return 0;
}

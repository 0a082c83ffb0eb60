/*
 * fuzz_restrows.c: any bytes as the body of a REST answer. The first byte is the size of the
 * pieces. The same body in one piece must end the same way, and what it gives must be blocks that
 * open.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "wire/restrows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_restrows: %s\n", what);
    abort();
}

static uint64_t take(struct td_restrows *r)
{
    static struct td_col cols[65536];
    const struct td_field *f;
    const uint32_t ncols = td_restrows_fields(r, &f);
    struct td_block b = {0};
    struct td_err err;
    uint8_t *block;
    size_t n;

    if (td_restrows_take(r, &block, &n, &err) != TD_OK) {
        require(err.msg[0], "an error without a text");
        return 0;
    }
    require(!block || td_block_open(block, n, NULL, cols, ncols, 0, &b, &err) == TD_OK,
            "a block that does not open");
    td_free(block);
    return b.rows;
}

/* Rows, or −1 for an error. */
static int64_t run(const uint8_t *p, size_t n, size_t piece)
{
    struct td_restrows *r = td_restrows_new(3, 1 << 16, 1 << 16);
    struct td_err err = {.state = TD_ST_00000};
    int64_t rows = 0;

    require(r != NULL, "no memory");
    for (size_t at = 0; at < n;) {
        const size_t len = n - at < piece ? n - at : piece;
        size_t used;
        bool full;
        if (td_restrows_feed(r, p + at, len, &used, &full, &err) != TD_OK) break;
        require(full ? used <= len : used == len, "bytes lost");
        if (full) rows += (int64_t)take(r);
        at += used;
    }
    if (td_restrows_end(r, 200, &err) != TD_OK) {
        require(err.state != TD_ST_00000 && err.msg[0], "an error without a text");
        rows = -1;
    } else
        rows += (int64_t)take(r);
    td_restrows_free(r);
    return rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    require(run(data + 1, n - 1, data[0] + 1u) == run(data + 1, n - 1, n), "pieces matter");
    return 0;
}

/*
 * fuzz_tmq.c: any bytes as the reply of fetch_raw_data. Every block that td_tmqdata_next gives must
 * be whole: names and cells lie inside the input (the harness gives it in an allocation of its own
 * length).
 */
#include <stdio.h>
#include <stdlib.h>

#include "wire/tmqdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static volatile uint64_t g_sink;

static void require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_tmq: %s\n", what);
    abort();
}

static void read_text(struct td_str s, const uint8_t *data, size_t n)
{
    const uint8_t *p = (const uint8_t *)s.p;

    if (s.n == 0) return;
    require(p >= data && p <= data + n && s.n <= (size_t)(data + n - p), "a text outside");
    for (size_t i = 0; i < s.n; i++)
        g_sink += (uint8_t)s.p[i];
}

static void read_block(const struct td_tmqblock *b, const uint8_t *data, size_t n)
{
    read_text(b->table, data, n);
    require(b->ts_prec <= 2, "a time precision");
    for (uint32_t i = 0; i < b->block.ncols; i++) {
        const struct td_col *c = &b->block.cols[i];
        const uint32_t rows = c->rows < 1000 ? c->rows : 1000;
        read_text(b->fields[i].name, data, n);
        require(b->fields[i].type == c->type && b->fields[i].length >= 0, "a field");
        for (uint32_t row = 0; row < rows; row++) {
            if (td_col_is_null(c, row)) continue;
            const size_t width = (size_t)td_type_width(c->type);
            if (c->offsets)
                read_text(td_col_var(c, row), data, n);
            else
                read_text((struct td_str){(const char *)c->data + width * row, width}, data, n);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct td_err err = {.state = TD_ST_00000};
    struct td_arena a = {NULL};
    struct td_tmqdata d;
    struct td_tmqblock b;
    bool have = true;
    enum td_rc rc = td_tmqdata_open((struct td_msg_view){data, n, false}, &d, &err);

    while (rc == TD_OK && have) {
        rc = td_tmqdata_next(&d, &a, &b, &have, &err);
        if (rc == TD_OK && have) {
            require(td_tmqblock_alike(&b, &b), "a block unlike itself");
            read_block(&b, data, n);
        }
    }
    if (rc != TD_OK) require(err.msg[0], "an error without a text");
    td_arena_free(&a);
    return 0;
}

/*
 * Bind messages: the recordings of golden/stmt2, taken apart by an independent reader and built
 * again from their values; the examples of protocol.md 4.4 to 4.6 byte for byte; lack of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "golden.h"
#include "wire/bind.h"

#define MAX_COLS   64
#define MAX_TABLES 16

/* ---- an independent reader ---- */

struct in {
    const uint8_t *p;
    size_t n, at;
};

static uint64_t take(struct in *m, int width)
{
    uint64_t v = 0;

    assert_true(m->at + (size_t)width <= m->n);
    for (int i = 0; i < width; i++)
        v |= (uint64_t)m->p[m->at++] << (8 * i);
    return v;
}

static const uint8_t *take_bytes(struct in *m, size_t n)
{
    assert_true(m->at + n <= m->n);
    m->at += n;
    return m->p + m->at - n;
}

struct bind {
    uint32_t ntables, ntags, ncols;
    struct td_bind_table tables[MAX_TABLES];
    struct td_pcol cols[MAX_COLS]; /* tags, then columns */
    uint32_t *rows;
    uint32_t nrows;
};

/* Appends a record's values to the column from row `at` on. A fixed record of NULLs may be empty.
 */
static uint32_t read_record(struct in *m, struct td_pcol *c, uint32_t at, uint32_t total)
{
    size_t start = m->at, len = take(m, 4), pos = 0;
    uint8_t type = (uint8_t)take(m, 4);
    uint32_t n = (uint32_t)take(m, 4);
    const uint8_t *nulls = take_bytes(m, n);
    bool var = take(m, 1);
    const uint8_t *lens = var ? take_bytes(m, 4u * n) : NULL;
    size_t bytes = take(m, 4);
    const uint8_t *data = take_bytes(m, bytes);

    assert_int_equal(m->at - start, len);
    if (!c->rows) {
        uint8_t width = var ? 0 : bytes ? (uint8_t)(bytes / n) : (uint8_t)td_type_width(type);
        assert_int_equal(td_pcol_reset(c, type, width, total), TD_OK);
        td_buf_reserve(&c->data, 1);
        memset(c->nulls, 1, total);
        if (width)
            memset(c->fixed, 0, (size_t)total * width);
        else
            for (uint32_t i = 0; i < total; i++)
                c->off[i] = c->len[i] = 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        c->nulls[at + i] = nulls[i];
        if (!var) {
            if (bytes) memcpy(c->fixed + (size_t)(at + i) * c->width, data + pos, c->width);
            pos += bytes ? c->width : 0;
            continue;
        }
        c->off[at + i] = (uint32_t)c->data.n;
        memcpy(&c->len[at + i], lens + 4 * i, 4);
        td_buf_put(&c->data, data + pos, c->len[at + i]);
        pos += c->len[at + i];
    }
    assert_int_equal(pos, bytes);
    return n;
}

static void read_bind(const uint8_t *p, size_t n, struct bind *b)
{
    struct in m = {p, n, 26};
    uint32_t offsets[3], at = 0;

    memset(b, 0, sizeof *b);
    assert_int_equal(take(&m, 4), UINT32_MAX);
    assert_int_equal(take(&m, 4), n - 30);
    b->ntables = (uint32_t)take(&m, 4);
    b->ntags = (uint32_t)take(&m, 4);
    b->ncols = (uint32_t)take(&m, 4);
    for (int i = 0; i < 3; i++)
        offsets[i] = (uint32_t)take(&m, 4);
    assert_true(b->ntables <= MAX_TABLES && b->ntags + b->ncols <= MAX_COLS);
    b->nrows = 50000;
    b->rows = malloc(b->nrows * sizeof *b->rows);
    for (uint32_t i = 0; i < b->nrows; i++)
        b->rows[i] = i;
    m.at = 30 + offsets[0];
    for (uint32_t t = 0; offsets[0] && t < b->ntables; t++)
        b->tables[t].name.n = take(&m, 2) - 1;
    for (uint32_t t = 0; offsets[0] && t < b->ntables; t++)
        b->tables[t].name.p = (const char *)take_bytes(&m, b->tables[t].name.n + 1);
    m.at = 30 + offsets[2] + 4 * b->ntables;
    for (uint32_t t = 0; t < b->ntables; t++) {
        uint32_t k = 0;
        for (uint32_t c = 0; c < b->ncols; c++)
            k = read_record(&m, &b->cols[b->ntags + c], at, b->nrows);
        b->tables[t].rows = b->rows + at;
        b->tables[t].nrows = k;
        at += k;
    }
    assert_int_equal(m.at, n);
    m.at = 30 + offsets[1] + 4 * b->ntables;
    for (uint32_t t = 0; offsets[1] && t < b->ntables; t++) {
        for (uint32_t c = 0; c < b->ntags; c++)
            assert_int_equal(
                read_record(&m, &b->cols[c], (uint32_t)(b->tables[t].rows - b->rows), b->nrows), 1);
    }
}

static void free_bind(struct bind *b)
{
    for (uint32_t c = 0; c < b->ntags + b->ncols; c++)
        td_pcol_free(&b->cols[c]);
    free(b->rows);
}

static void golden_frames(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden/stmt2", ".jsonl");
    uint32_t frames = 0;

    (void)state;
    for (char **f = files; *f; f++) {
        struct golden *g = golden_load(*f);
        for (size_t i = 0; i < g->count; i++) {
            const struct golden_msg *m = &g->msg[i];
            static struct bind b;
            const struct td_pcol *cols[MAX_COLS];
            uint8_t roles[MAX_COLS];
            struct td_buf out = TD_BUF_INIT(1u << 30);

            if (!m->to_server || m->text || m->n < 30 || td_ld64(m->p + 16) != 9) continue;
            read_bind(m->p, m->n, &b);
            for (uint32_t c = 0; c < b.ntags + b.ncols; c++) {
                cols[c] = &b.cols[c];
                roles[c] = c < b.ntags ? TD_BIND_TAG : TD_BIND_COLUMN;
            }
            assert_int_equal(td_bind_encode(&out, td_ld64(m->p), td_ld64(m->p + 8), cols, roles,
                                            b.ntags + b.ncols, b.tables, b.ntables, NULL),
                             TD_OK);
            if (out.n != m->n || memcmp(out.p, m->p, m->n) != 0) {
                print_error("%s: message %zu: %zu bytes, recorded %zu\n", *f, i, out.n, m->n);
                fail();
            }
            frames++;
            td_buf_free(&out);
            free_bind(&b);
        }
        golden_free(g);
    }
    golden_files_free(files);
    print_message("%u recorded binds\n", frames);
    assert_true(frames >= 35);
}

/* ---- the examples of protocol.md ---- */

static size_t unhex(const char *s, uint8_t *out)
{
    size_t n = 0;
    unsigned v;

    for (; sscanf(s, "%2x", &v) == 1; s += s[2] ? 3 : 2)
        out[n++] = (uint8_t)v;
    return n;
}

static void fixed(struct td_pcol *c, uint8_t type, uint32_t rows, const int64_t *v,
                  const char *nulls)
{
    uint8_t width = (uint8_t)td_type_width(type);

    memset(c, 0, sizeof *c);
    assert_int_equal(td_pcol_reset(c, type, width, rows), TD_OK);
    for (uint32_t i = 0; i < rows; i++) {
        memcpy(c->fixed + i * width, &v[i], width);
        c->nulls[i] = nulls[i] == '1';
    }
}

static void text(struct td_pcol *c, uint32_t rows, const char *const *v)
{
    memset(c, 0, sizeof *c);
    assert_int_equal(td_pcol_reset(c, TD_T_VARCHAR, 0, rows), TD_OK);
    td_buf_reserve(&c->data, 1);
    for (uint32_t i = 0; i < rows; i++) {
        c->nulls[i] = v[i] == NULL;
        c->off[i] = (uint32_t)c->data.n;
        c->len[i] = v[i] ? (uint32_t)strlen(v[i]) : 0;
        td_buf_put(&c->data, v[i] ? v[i] : "", c->len[i]);
    }
}

static void same(const struct td_buf *out, const char *want)
{
    uint8_t bytes[512];
    size_t n = unhex(want, bytes);

    assert_int_equal(out->n, n);
    assert_memory_equal(out->p, bytes, n);
}

static void example_insert(void **state)
{
    static const char want[] = "01 20 00 00 00 00 00 00 03 00 00 00 00 00 00 00 "
                               "09 00 00 00 00 00 00 00 01 00 ff ff ff ff 7f 00 "
                               "00 00 01 00 00 00 01 00 00 00 02 00 00 00 1c 00 "
                               "00 00 21 00 00 00 3b 00 00 00 03 00 74 31 00 16 "
                               "00 00 00 16 00 00 00 04 00 00 00 01 00 00 00 00 "
                               "00 04 00 00 00 05 00 00 00 40 00 00 00 23 00 00 "
                               "00 09 00 00 00 02 00 00 00 00 00 00 10 00 00 00 "
                               "00 68 e5 cf 8b 01 00 00 e8 6b e5 cf 8b 01 00 00 "
                               "1d 00 00 00 08 00 00 00 02 00 00 00 00 01 01 02 "
                               "00 00 00 00 00 00 00 02 00 00 00 61 62";
    static const uint8_t roles[] = {TD_BIND_TBNAME, TD_BIND_TAG, TD_BIND_COLUMN, TD_BIND_COLUMN};
    static const uint32_t rows[] = {0, 1};
    struct td_bind_table t = {TD_STR("t1"), rows, 2};
    struct td_pcol c[4];
    const struct td_pcol *cols[] = {&c[0], &c[1], &c[2], &c[3]};
    struct td_buf out = TD_BUF_INIT(4096);

    (void)state;
    text(&c[0], 2, (const char *const[]){"t1", "t1"});
    fixed(&c[1], TD_T_INT, 2, (const int64_t[]){5, 5}, "00");
    fixed(&c[2], TD_T_TIMESTAMP, 2, (const int64_t[]){1700000000000, 1700000001000}, "00");
    text(&c[3], 2, (const char *const[]){"ab", NULL});
    assert_int_equal(td_bind_encode(&out, 0x2001, 3, cols, roles, 4, &t, 1, NULL), TD_OK);
    same(&out, want);
    td_buf_free(&out);
    for (int i = 0; i < 4; i++)
        td_pcol_free(&c[i]);
}

static void example_query(void **state)
{
    static const char want[] = "02 20 00 00 00 00 00 00 04 00 00 00 00 00 00 00 "
                               "09 00 00 00 00 00 00 00 01 00 ff ff ff ff 4e 00 "
                               "00 00 01 00 00 00 00 00 00 00 02 00 00 00 00 00 "
                               "00 00 00 00 00 00 1c 00 00 00 2e 00 00 00 16 00 "
                               "00 00 04 00 00 00 01 00 00 00 00 00 04 00 00 00 "
                               "0a 00 00 00 18 00 00 00 08 00 00 00 01 00 00 00 "
                               "00 01 02 00 00 00 02 00 00 00 61 62";
    static const uint8_t roles[] = {TD_BIND_QUERY, TD_BIND_QUERY};
    static const uint32_t rows[] = {0};
    struct td_bind_table t = {{"", 0}, rows, 1};
    struct td_pcol c[2];
    const struct td_pcol *cols[] = {&c[0], &c[1]};
    struct td_buf out = TD_BUF_INIT(4096);

    (void)state;
    fixed(&c[0], TD_T_INT, 1, (const int64_t[]){10}, "0");
    text(&c[1], 1, (const char *const[]){"ab"});
    assert_int_equal(td_bind_encode(&out, 0x2002, 4, cols, roles, 2, &t, 1, NULL), TD_OK);
    same(&out, want);
    td_buf_free(&out);
    td_pcol_free(&c[0]);
    td_pcol_free(&c[1]);
}

static void example_bind_exec(void **state)
{
    static const char want[] = "03 20 00 00 00 00 00 00 05 00 00 00 00 00 00 00 "
                               "0b 00 00 00 00 00 00 00 01 00 86 00 00 00 03 00 "
                               "00 00 02 00 00 00 03 00 00 00 14 00 00 00 26 00 "
                               "00 00 08 00 00 00 03 00 00 00 00 00 00 01 02 00 "
                               "00 00 02 00 00 00 02 00 00 00 06 00 00 00 74 31 "
                               "74 31 74 32 2c 00 00 00 09 00 00 00 03 00 00 00 "
                               "00 00 00 00 18 00 00 00 01 00 00 00 00 00 00 00 "
                               "02 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00 "
                               "20 00 00 00 04 00 00 00 03 00 00 00 00 01 00 00 "
                               "0c 00 00 00 07 00 00 00 00 00 00 00 09 00 00 00";
    static const uint8_t roles[] = {TD_BIND_TBNAME, TD_BIND_COLUMN, TD_BIND_COLUMN};
    static const uint32_t rows[] = {0, 1, 2};
    struct td_pcol c[3];
    const struct td_pcol *cols[] = {&c[0], &c[1], &c[2]};
    struct td_buf out = TD_BUF_INIT(4096);

    (void)state;
    text(&c[0], 3, (const char *const[]){"t1", "t1", "t2"});
    fixed(&c[1], TD_T_TIMESTAMP, 3, (const int64_t[]){1, 2, 3}, "000");
    fixed(&c[2], TD_T_INT, 3, (const int64_t[]){7, 0, 9}, "010");
    assert_int_equal(td_bind_exec_encode(&out, 0x2003, 5, cols, roles, 3, rows, 3, NULL), TD_OK);
    same(&out, want);
    td_buf_free(&out);
    for (int i = 0; i < 3; i++)
        td_pcol_free(&c[i]);
}

/* ---- limits ---- */

static void no_memory(void **state)
{
    static const uint8_t roles[] = {TD_BIND_COLUMN};
    static const uint32_t rows[] = {0, 1};
    struct td_bind_table t = {{"", 0}, rows, 2};
    static char big[3000];
    uint32_t n = 0;
    enum td_rc rc = TD_FAIL;

    (void)state;
    memset(big, 'x', sizeof big - 1);
    for (; rc != TD_OK && n < 50; n++) {
        struct td_pcol c;
        const struct td_pcol *cols[] = {&c};
        struct td_buf out = TD_BUF_INIT(1 << 20);
        struct td_err err = {0};

        text(&c, 2, (const char *const[]){big, big});
        td_alloc_fail_at(n + 1, 1);
        rc = td_bind_encode(&out, 1, 1, cols, roles, 1, &t, 1, &err);
        td_alloc_fail_at(0, 0);
        if (rc != TD_OK) assert_int_equal(err.state, TD_ST_HY001);
        td_buf_free(&out);
        td_pcol_free(&c);
    }
    assert_true(n > 2 && n < 50);
}

static void columns_grow_and_shrink(void **state)
{
    struct td_pcol c = {0};

    (void)state;
    for (uint32_t rows = 1; rows < 5000; rows = rows * 3 + 1) {
        assert_int_equal(td_pcol_reset(&c, TD_T_DOUBLE, 8, rows), TD_OK);
        memset(c.fixed, 1, (size_t)rows * 8);
        assert_int_equal(c.nulls[rows - 1], 0);
        c.nulls[rows - 1] = 1;
        assert_int_equal(td_pcol_reset(&c, TD_T_VARCHAR, 0, rows), TD_OK);
        c.off[rows - 1] = c.len[rows - 1] = 7;
        assert_int_equal(c.nulls[rows - 1], 0);
    }
    uint64_t before = td_alloc_count();
    assert_int_equal(td_pcol_reset(&c, TD_T_INT, 4, 100), TD_OK);
    assert_true(td_alloc_count() == before); // memory is kept between executes
    td_alloc_fail_at(1, 1);
    assert_int_equal(td_pcol_reset(&c, TD_T_INT, 4, 1u << 20), TD_FAIL);
    td_alloc_fail_at(0, 0);
    td_pcol_free(&c);
}

static void long_names(void **state)
{
    static const uint8_t roles[] = {TD_BIND_COLUMN};
    static const uint32_t rows[] = {0};
    static char name[70000];
    struct td_bind_table t = {{name, 65534}, rows, 1};
    struct td_pcol c;
    const struct td_pcol *cols[] = {&c};
    struct td_buf out = TD_BUF_INIT(1 << 20);

    (void)state;
    memset(name, 'n', sizeof name);
    fixed(&c, TD_T_INT, 1, (const int64_t[]){1}, "0");
    assert_int_equal(td_bind_encode(&out, 1, 1, cols, roles, 1, &t, 1, NULL), TD_OK);
    t.name.n = 65535;
    struct td_err err;
    assert_int_equal(td_bind_encode(&out, 1, 1, cols, roles, 1, &t, 1, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY090);
    td_buf_free(&out);
    td_pcol_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_frames), cmocka_unit_test(example_insert),
        cmocka_unit_test(example_query), cmocka_unit_test(example_bind_exec),
        cmocka_unit_test(no_memory),     cmocka_unit_test(columns_grow_and_shrink),
        cmocka_unit_test(long_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

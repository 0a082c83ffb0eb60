/* The view of a raw block: golden blocks open, damaged ones are refused or stay consistent (run
   under ASan). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden.h"
#include "wire/block.h"
#include "wire/msg.h"

#define MAX_COLS 64

/* protocol.md 3.5 */
static const uint8_t g_example[] = {
    0x01, 0x00, 0x00, 0x00, 0x95, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x08,
    0x00, 0x00, 0x00, 0x04, 0x04, 0x00, 0x00, 0x00, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x15, 0x02,
    0x0a, 0x00, 0x08, 0x0a, 0x12, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
    0x00, 0x04, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x68, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00, 0xe8, 0x6b, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00,
    0x40, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
    0xff, 0xff, 0x02, 0x00, 0x61, 0x62, 0x00, 0xd2, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00,
    0x00, 0x04, 0x00, 0x60, 0x4f, 0x00, 0x00, 0x04, 0x00, 0x78, 0x00, 0x00, 0x00, 0x00};
static const uint8_t g_example_types[] = {9, 4, 8, 21, 10};

/* A copy in its own allocation, so that a read behind its end is seen. */
static uint8_t *exact(const uint8_t *p, size_t n)
{
    uint8_t *c = malloc(n ? n : 1);

    assert_non_null(c);
    memcpy(c, p, n);
    return c;
}

static void example_by_bytes(void **state)
{
    struct td_col c[5];
    struct td_block b;
    struct td_err err;
    struct td_str s;

    (void)state;
    assert_int_equal(td_block_open(g_example, sizeof g_example, g_example_types, c, 5, 0, &b, &err),
                     0);
    assert_int_equal(b.rows, 2);
    assert_int_equal(b.ncols, 5);
    assert_true(td_ld64(c[0].data) == 1700000000000 && td_ld64(c[0].data + 8) == 1700000001000);
    assert_false(td_col_is_null(&c[0], 0) || td_col_is_null(&c[0], 1));
    assert_int_equal(td_ld32(c[1].data), 7);
    assert_false(td_col_is_null(&c[1], 0));
    assert_true(td_col_is_null(&c[1], 1));
    s = td_col_var(&c[2], 0);
    assert_true(td_str_eq(s, TD_STR("ab")));
    assert_true(td_col_is_null(&c[2], 1));
    assert_int_equal(c[3].precision, 10);
    assert_int_equal(c[3].scale, 2);
    assert_true(td_ld64(c[3].data) == 1234 && (int64_t)td_ld64(c[3].data + 8) == -5);
    assert_true(td_ld32(td_col_var(&c[4], 0).p) == 0x4F60 &&
                td_ld32(td_col_var(&c[4], 1).p) == 'x');
    assert_int_equal(c[4].bytes, 18);
}

static void types_table(void **state)
{
    static const struct {
        int type, width;
        bool var, known;
    } t[] = {
        {-1, 0, false, false}, {0, 0, false, true},  {1, 1, false, true},   {2, 1, false, true},
        {3, 2, false, true},   {4, 4, false, true},  {5, 8, false, true},   {6, 4, false, true},
        {7, 8, false, true},   {8, 0, true, true},   {9, 8, false, true},   {10, 0, true, true},
        {11, 1, false, true},  {12, 2, false, true}, {13, 4, false, true},  {14, 8, false, true},
        {15, 0, true, true},   {16, 0, true, true},  {17, 16, false, true}, {18, 0, true, true},
        {19, 0, false, false}, {20, 0, true, true},  {21, 8, false, true},  {22, 0, false, false},
        {255, 0, false, false}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(td_type_width(t[i].type), t[i].width);
        assert_int_equal(td_type_is_var(t[i].type), t[i].var);
        assert_int_equal(td_type_known(t[i].type), t[i].known);
    }
}

/* Reads everything that a kernel could read. */
static uint64_t walk(const struct td_block *b)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < b->ncols; i++) {
        const struct td_col *c = &b->cols[i];
        const size_t width = (size_t)td_type_width(c->type);
        for (uint32_t r = 0; r < b->rows; r++) {
            const uint8_t *v = c->data + width * r;
            size_t n = width;
            if (td_col_is_null(c, r)) continue;
            if (c->type == TD_T_JSON) sum += td_col_json_null(c, r);
            if (c->offsets) {
                struct td_str s = td_col_var(c, r);
                v = (const uint8_t *)s.p;
                n = s.n;
            }
            for (size_t k = 0; k < n; k++)
                sum += v[k];
        }
    }
    return sum;
}

static void damage(const uint8_t *block, size_t n, const uint8_t *types, uint32_t ncols,
                   size_t *opened, size_t *refused)
{
    struct td_col cols[MAX_COLS];
    struct td_block b;
    struct td_err err;

    for (size_t len = 0; len < n; len++) {
        uint8_t *cut = exact(block, len);
        assert_int_equal(td_block_open(cut, len, types, cols, ncols, 0, &b, &err), TD_FAIL);
        assert_int_equal(err.state, TD_ST_HY000);
        assert_memory_equal(err.msg, "corrupt block: ", 15);
        /* With the total length made to fit, the parts do not. */
        if (len >= 8) {
            td_st32(cut + 4, (uint32_t)len);
            assert_int_equal(td_block_open(cut, len, types, cols, ncols, 0, &b, &err), TD_FAIL);
        }
        free(cut);
    }
    for (size_t at = 0; at < n; at++) {
        for (int bit = 0; bit < 8; bit++) {
            uint8_t *bad = exact(block, n);
            bad[at] ^= (uint8_t)(1u << bit);
            if (td_block_open(bad, n, bit & 1 ? types : NULL, cols, ncols, 0, &b, &err) == TD_OK) {
                walk(&b);
                ++*opened;
            } else
                ++*refused;
            free(bad);
        }
    }
}

static void example_damaged(void **state)
{
    size_t opened = 0, refused = 0;

    (void)state;
    damage(g_example, sizeof g_example, g_example_types, 5, &opened, &refused);
    /* Values, NULL bits, group id … may change; lengths, offsets, types and counts may not. */
    assert_true(opened > 100 && refused > 300);
}

/* One change each, with the part that must complain. */
static void named_damage(void **state)
{
    static const struct {
        size_t at;
        uint8_t v;
        const char *says;
    } t[] = {{4, 0x94, "says 148 bytes"},
             {8, 0, "0 rows"},
             {11, 0x80, "rows"},
             {12, 4, "4 columns where the result has 5"},
             {19, 0, "no column info"},
             {28, 4, "type 4 where the result has 9"},
             {45, 19, "decimal"},
             {44, 11, "decimal"},
             {53, 17, "rows times width"},
             {61, 3, "longer than the column"},
             {65, 200, "longer than the block"},
             {0x63, 4, "outside the column"},
             {0x63, 0xfe, "outside the column"},
             {0x6b, 3, "longer than the column"},
             {0x88, 3, "multiple of 4"},
             {0x88, 16, "longer than the column"},
             {0x84, 11, "outside the column"}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        uint8_t *bad = exact(g_example, sizeof g_example);
        struct td_col c[5];
        struct td_block b;
        struct td_err err;
        bad[t[i].at] = t[i].v;
        if (td_block_open(bad, sizeof g_example, g_example_types, c, 5, 0, &b, &err) != TD_FAIL ||
            !strstr(err.msg, t[i].says))
            fail_msg("case %zu: %s", i, err.msg);
        free(bad);
    }
}

static void unknown_type(void **state)
{
    uint8_t *bad = exact(g_example, sizeof g_example);
    struct td_col c[5];
    struct td_block b;
    struct td_err err;

    (void)state;
    bad[28] = 19;
    assert_int_equal(td_block_open(bad, sizeof g_example, NULL, c, 5, 0, &b, &err), TD_FAIL);
    assert_string_equal(err.msg, "corrupt block: unknown type code 19 (column 1)");
    free(bad);
}

/* Column count and type list of the result that a recording's blocks belong to. */
struct shape {
    uint32_t ncols;
    uint8_t types[MAX_COLS];
};

static bool shape_of(const struct golden_msg *m, struct shape *s)
{
    struct td_arena a = {NULL};
    struct td_reply_query q;
    bool ok =
        !m->to_server && m->text &&
        td_msg_read_query((struct td_msg_view){m->p, m->n, true}, false, &a, &q, NULL) == TD_OK &&
        !q.is_update && q.nfields <= MAX_COLS;

    if (ok) {
        s->ncols = q.nfields;
        for (uint32_t i = 0; i < q.nfields; i++)
            s->types[i] = q.fields[i].type;
    }
    td_arena_free(&a);
    return ok;
}

static size_t open_blocks(const char *file, size_t *damaged)
{
    struct golden *g = golden_load(file);
    struct shape s = {0, {0}};
    size_t blocks = 0;

    for (size_t i = 0; i < g->count; i++) {
        const struct golden_msg *m = &g->msg[i];
        struct td_reply_fetch f;
        struct td_col cols[MAX_COLS];
        struct td_block b;
        struct td_err err;
        if (shape_of(m, &s) || m->to_server || m->text || m->n < 16 ||
            td_ld64(m->p) != UINT64_MAX || td_ld64(m->p + 8) != 7)
            continue;
        if (td_msg_read_fetch((struct td_msg_view){m->p, m->n, false}, &f, &err) != TD_OK ||
            f.finished)
            continue;
        if (td_block_open(f.block, f.block_len, strstr(file, "two_results") ? NULL : s.types, cols,
                          td_ld32(f.block + 12), 0, &b, &err) != TD_OK)
            fail_msg("%s: message %zu: %s", file, i, err.msg);
        walk(&b);
        blocks++;
        /* Small blocks also through the mill. */
        if (f.block_len < 700 && *damaged < 40) {
            size_t opened = 0, refused = 0;
            uint8_t *block = exact(f.block, f.block_len);
            damage(block, f.block_len, NULL, b.ncols, &opened, &refused);
            free(block);
            ++*damaged;
        }
    }
    golden_free(g);
    return blocks;
}

static void golden_blocks(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden", ".jsonl");
    size_t blocks = 0, damaged = 0;

    (void)state;
    for (char **f = files; *f; f++)
        blocks += open_blocks(*f, &damaged);
    golden_files_free(files);
    print_message("golden blocks opened: %zu, put through damage: %zu\n", blocks, damaged);
    assert_true(blocks >= 149);
    assert_int_equal(damaged, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_table),     cmocka_unit_test(example_by_bytes),
        cmocka_unit_test(named_damage),    cmocka_unit_test(unknown_type),
        cmocka_unit_test(example_damaged), cmocka_unit_test(golden_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

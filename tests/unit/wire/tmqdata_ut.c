/* Messages of subscriptions: every recording, its rows compared with those that golden/tmq/setup.sql
   inserts; the worked example of protocol.md 5.6; old heads; broken messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden.h"
#include "wire/tmqdata.h"

static bool is_data(const struct golden_msg *m)
{
    return !m->to_server && !m->text && m->n >= 34 && td_ld64(m->p) == UINT64_MAX &&
           td_ld64(m->p + 8) == 8;
}

static struct td_msg_view view_of(const struct golden_msg *m)
{
    return (struct td_msg_view){m->p, m->n, m->text};
}

static const struct td_col *column(const struct td_tmqblock *b, const char *name)
{
    for (uint32_t i = 0; i < b->block.ncols; i++) {
        if (td_str_eq(b->fields[i].name, td_str_of(name))) return &b->block.cols[i];
    }
    return NULL;
}

static void check_text(const struct td_col *c, uint32_t row, const char *want)
{
    if (!c) return; /* not a column of this topic */
    assert_int_equal(td_col_is_null(c, row), want == NULL);
    if (want) assert_true(td_str_eq(td_col_var(c, row), td_str_of(want)));
}

/* NCHAR: one CJK sign and a digit, UCS-4. */
static void check_nchar(const struct td_col *c, uint32_t row, bool null, unsigned k)
{
    if (!c) return;
    assert_int_equal(td_col_is_null(c, row), null);
    if (null) return;
    const struct td_str s = td_col_var(c, row);
    assert_int_equal(s.n, 8);
    assert_int_equal(td_ld32(s.p), 0x4E2D);
    assert_int_equal(td_ld32(s.p + 4), '0' + k);
}

/* decimal(20,4) holding k + 0.25. */
static void check_decimal(const struct td_col *c, uint32_t row, bool null, unsigned k)
{
    if (!c) return;
    assert_int_equal(td_col_is_null(c, row), null);
    if (null) return;
    assert_int_equal(c->type, TD_T_DECIMAL128);
    assert_int_equal(c->precision, 20);
    assert_int_equal(c->scale, 4);
    assert_true(td_ld64(c->data + 16 * (size_t)row) == 10000 * k + 2500);
    assert_true(td_ld64(c->data + 16 * (size_t)row + 8) == 0);
}

static void check_rest(const struct td_tmqblock *b, uint32_t row, bool null, unsigned k)
{
    const struct td_col *d = column(b, "d"), *vb = column(b, "vb"), *bo = column(b, "b");
    double v;

    if (!d) return;
    assert_int_equal(td_col_is_null(d, row), null);
    assert_int_equal(td_col_is_null(vb, row), null);
    assert_int_equal(td_col_is_null(bo, row), null);
    if (null) return;
    memcpy(&v, d->data + 8 * (size_t)row, 8);
    assert_true(v == k + 0.5);
    assert_int_equal(td_col_var(vb, row).n, 2);
    assert_int_equal((uint8_t)td_col_var(vb, row).p[0], k);
    assert_int_equal((uint8_t)td_col_var(vb, row).p[1], 0xff);
    assert_int_equal(bo->data[row], 1);
}

/* The line k of an insert: i is k+1 in c1, which has all values, and k+101 in c2, which has none. */
static void check_row(const struct td_tmqblock *b, uint32_t row, unsigned seen[2])
{
    const struct td_col *ts = column(b, "ts"), *i = column(b, "i");
    const uint32_t v = td_ld32(i->data + 4 * (size_t)row);
    const bool null = v > 100;
    const unsigned k = null ? v - 101 : v - 1;
    char s[4];

    assert_true(k < 5);
    assert_int_equal(b->ts_prec, 1);
    assert_true(td_ld64(ts->data + 8 * (size_t)row) ==
                UINT64_C(1704067200000001) + null + k * UINT64_C(1000000));
    if (b->table.n) assert_true(td_str_eq(b->table, td_str_of(null ? "c2" : "c1")));
    snprintf(s, sizeof s, "s%u", k);
    check_text(column(b, "s"), row, null ? NULL : s);
    check_nchar(column(b, "n"), row, null, k);
    check_decimal(column(b, "de"), row, null, k);
    check_rest(b, row, null, k);
    assert_false(seen[null] & 1u << k);
    seen[null] |= 1u << k;
}

static void check_fields(const struct td_tmqblock *b)
{
    static const struct {
        const char *name;
        uint8_t type;
        int32_t length;
        bool in_query; /* a column of the topic over a query, too */
    } want[] = {{"ts", TD_T_TIMESTAMP, 8, true},   {"i", TD_T_INT, 4, true},
                {"d", TD_T_DOUBLE, 8, false},      {"s", TD_T_VARCHAR, 20, true},
                {"n", TD_T_NCHAR, 20, true},       {"de", TD_T_DECIMAL128, 16, true},
                {"vb", TD_T_VARBINARY, 20, false}, {"b", TD_T_BOOL, 1, false}};
    const bool all = b->block.ncols == 8;
    uint32_t n = 0;

    assert_true(all || b->block.ncols == 5);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        if (!all && !want[i].in_query) continue;
        assert_true(td_str_eq(b->fields[n].name, td_str_of(want[i].name)));
        assert_int_equal(b->fields[n].type, want[i].type);
        assert_int_equal(b->fields[n++].length, want[i].length);
    }
    assert_int_equal(n, b->block.ncols);
}

static void recordings(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden/tmq", ".jsonl");
    unsigned messages = 0;

    (void)state;
    for (char **f = files; *f; f++) {
        struct golden *g = golden_load(*f);
        for (size_t i = 0; i < g->count; i++) {
            struct td_arena a = {NULL};
            struct td_tmqdata d;
            struct td_tmqblock b, first;
            struct td_err err;
            unsigned seen[2] = {0, 0};
            bool have, begun = false;
            if (!is_data(&g->msg[i])) continue;
            if (td_tmqdata_open(view_of(&g->msg[i]), &d, &err) != TD_OK)
                fail_msg("%s: %s", *f, err.msg);
            assert_int_equal(d.raw_type, 2);
            for (;;) {
                if (td_tmqdata_next(&d, &a, &b, &have, &err) != TD_OK)
                    fail_msg("%s: %s", *f, err.msg);
                if (!have) break;
                if (!begun) first = b;
                begun = true;
                assert_true(td_tmqblock_alike(&first, &b));
                check_fields(&b);
                for (uint32_t row = 0; row < b.block.rows; row++)
                    check_row(&b, row, seen);
            }
            assert_int_equal(seen[0], 31);
            assert_int_equal(seen[1], 31);
            messages++;
            td_arena_free(&a);
        }
        golden_free(g);
    }
    golden_files_free(files);
    assert_true(messages >= 4);
}

/* ---- the example of protocol.md 5.6 ---- */

enum { HEAD = 56, DATA = 125 };

/* `head` (with `n` bytes) and the rest of the example's data behind it. */
static size_t example(uint8_t *out, const uint8_t *head, size_t n)
{
    static const uint8_t rest[] = {
        0x01, 0x00, 0x00, 0x00, 0x01, 0x01, 0x4f, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
        /* the block: 61 bytes */
        0x02, 0x00, 0x00, 0x00, 0x3d, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x08,
        0x00, 0x00, 0x00, 0x04, 0x04, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x68, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00,
        0x00,
        /* schema, name, sleep time */
        0x04, 0x02, 0x09, 0x01, 0x10, 0x02, 0x03, 0x74, 0x73, 0x00, 0x04, 0x01, 0x08, 0x04, 0x03,
        0x63, 0x31, 0x00, 0x03, 0x74, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

    memset(out, 0, HEAD);
    memset(out, 0xff, 8);
    out[8] = 8;
    out[16] = 1;
    td_st64(out + 26, 77);
    td_st64(out + 42, 5);
    td_st16(out + 50, 2);
    td_st32(out + 52, (uint32_t)(n + sizeof rest));
    memcpy(out + HEAD, head, n);
    memcpy(out + HEAD + n, rest, sizeof rest);
    return HEAD + n + sizeof rest;
}

static const uint8_t g_head[] = {0x64, 0x04, 0x00, 0x00, 0x00, 0x11, 0x22, 0x33, 0x44};

static void check_example(const uint8_t *p, size_t n)
{
    struct td_arena a = {NULL};
    struct td_tmqdata d;
    struct td_tmqblock b;
    struct td_err err = {.state = TD_ST_00000};
    bool have = false;

    if (td_tmqdata_open((struct td_msg_view){p, n, false}, &d, &err) != TD_OK ||
        td_tmqdata_next(&d, &a, &b, &have, &err) != TD_OK)
        fail_msg("%s", err.msg);
    assert_true(have);
    assert_true(d.message_id == 5);
    assert_true(td_str_eq(b.table, TD_STR("t1")));
    assert_true(td_str_eq(b.fields[1].name, TD_STR("c1")));
    assert_true(td_ld64(b.block.cols[0].data) == UINT64_C(1700000000000));
    assert_int_equal(td_ld32(b.block.cols[1].data), 7);
    assert_int_equal(td_tmqdata_next(&d, &a, &b, &have, &err), TD_OK);
    assert_false(have);
    td_arena_free(&a);
}

static void heads(void **state)
{
    static const uint8_t old[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0,
                                  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t p[300];

    (void)state;
    check_example(p, example(p, g_head, sizeof g_head));
    check_example(p, example(p, old, sizeof old));
}

/* Every prefix of the example, with the envelope's length made right, and every single changed byte
   of its data: an error or a smaller message, never a read outside (ASan). */
static void broken(void **state)
{
    uint8_t whole[300];
    const size_t n = example(whole, g_head, sizeof g_head);
    size_t failed = 0;

    (void)state;
    for (size_t cut = 0; cut < n + DATA; cut++) {
        const size_t len = cut < n ? cut : n;
        uint8_t *p = malloc(len + 1);
        struct td_arena a = {NULL};
        struct td_tmqdata d;
        struct td_tmqblock b;
        struct td_err err = {.state = TD_ST_00000};
        bool have = true;
        memcpy(p, whole, len);
        if (cut >= n)
            p[HEAD + cut - n] ^= 0xff;
        else if (cut >= HEAD)
            td_st32(p + 52, (uint32_t)(cut - HEAD));
        enum td_rc rc = td_tmqdata_open((struct td_msg_view){p, len, false}, &d, &err);
        while (rc == TD_OK && have)
            rc = td_tmqdata_next(&d, &a, &b, &have, &err);
        if (rc != TD_OK) {
            assert_int_equal(err.state, TD_ST_HY000);
            failed++;
        }
        td_arena_free(&a);
        free(p);
    }
    assert_true(failed > n / 2);
}

static void errors(void **state)
{
    static const char text[] = "message ID is not equal";
    uint8_t p[200] = {0};
    struct td_tmqdata d;
    struct td_err err;
    const char *json = "{\"code\":65535,\"message\":\"no\",\"action\":\"fetch_raw_data\"}";

    (void)state;
    memset(p, 0xff, 8);
    p[8] = 8;
    td_st32(p + 34, 65535);
    td_st32(p + 38, sizeof text - 1);
    memcpy(p + 42, text, sizeof text - 1);
    assert_int_equal(
        td_tmqdata_open((struct td_msg_view){p, 42 + sizeof text - 1 + 8, false}, &d, &err),
        TD_FAIL);
    assert_non_null(strstr(err.msg, text));
    assert_int_equal(
        td_tmqdata_open((struct td_msg_view){(const uint8_t *)json, strlen(json), true}, &d, &err),
        TD_FAIL);
    assert_non_null(strstr(err.msg, "taosAdapter: no"));
    p[8] = 7;
    assert_int_equal(td_tmqdata_open((struct td_msg_view){p, sizeof p, false}, &d, &err), TD_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings),
        cmocka_unit_test(heads),
        cmocka_unit_test(broken),
        cmocka_unit_test(errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

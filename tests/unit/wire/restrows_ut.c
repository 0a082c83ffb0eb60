/* REST bodies become the same blocks that WebSocket sent for the same statement; broken bodies are
   errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "golden.h"
#include "wire/restrows.h"

#define MAX_COLS 64

static size_t g_cells, g_bodies;

/* ---- the two sides, as one list of rows each ---- */

struct side {
    uint32_t ncols;
    uint8_t prec;
    size_t nblocks, rows;
    uint8_t *mem[64];
    struct td_block block[64];
    struct td_col cols[64][MAX_COLS];
};

static void free_side(struct side *s)
{
    for (size_t i = 0; i < s->nblocks; i++)
        td_free(s->mem[i]);
}

static void add_block(struct side *s, uint8_t *p, size_t n, uint8_t *mem)
{
    struct td_err err;

    assert_true(s->nblocks < 64);
    s->mem[s->nblocks] = mem;
    if (td_block_open(p, n, NULL, s->cols[s->nblocks], s->ncols, s->prec, &s->block[s->nblocks],
                      &err) != TD_OK)
        fail_msg("%s", err.msg);
    s->rows += s->block[s->nblocks++].rows;
}

static const struct td_col *at(const struct side *s, uint32_t col, size_t row, uint32_t *in)
{
    for (size_t i = 0; i < s->nblocks; i++) {
        if (row < s->block[i].rows) {
            *in = (uint32_t)row;
            return &s->cols[i][col];
        }
        row -= s->block[i].rows;
    }
    return NULL;
}

static bool same_cell(const struct td_col *a, uint32_t ra, const struct td_col *b, uint32_t rb)
{
    const bool json = a->type == TD_T_JSON;
    const bool na = json ? td_col_json_null(a, ra) : td_col_is_null(a, ra);
    const bool nb = json ? td_col_json_null(b, rb) : td_col_is_null(b, rb);
    const size_t w = (size_t)td_type_width(a->type);

    if (a->type != b->type || na != nb) return false;
    if (na) return true;
    if (a->offsets) return td_str_eq(td_col_var(a, ra), td_col_var(b, rb));
    if (a->precision != b->precision || a->scale != b->scale) return false;
    return memcmp(a->data + w * ra, b->data + w * rb, w) == 0;
}

/* ---- feeding ---- */

/* In pieces of `piece` bytes, each in its own allocation; blocks are taken as they fill. */
static enum td_rc feed(struct td_restrows *r, const char *body, size_t n, size_t piece,
                       struct side *s, struct td_err *err)
{
    for (size_t done = 0; done < n;) {
        const size_t len = n - done < piece ? n - done : piece;
        char *p = malloc(len);
        size_t used = 0;
        memcpy(p, body + done, len);
        for (size_t at_p = 0; at_p < len; at_p += used) {
            bool full;
            uint8_t *block;
            size_t bn;
            if (td_restrows_feed(r, p + at_p, len - at_p, &used, &full, err) != TD_OK) {
                free(p);
                return TD_FAIL;
            }
            if (!full) break;
            assert_int_equal(td_restrows_take(r, &block, &bn, err), TD_OK);
            if (!s) {
                td_free(block);
                continue;
            }
            const struct td_field *f;
            s->ncols = td_restrows_fields(r, &f);
            s->prec = (uint8_t)(td_restrows_precision(r) < 0 ? 0 : td_restrows_precision(r));
            add_block(s, block, bn, block);
        }
        free(p);
        done += len;
    }
    return TD_OK;
}

static void read_rest(const char *file, const char *body, size_t piece, struct side *s)
{
    struct td_restrows *r = td_restrows_new(700, 1 << 20, 1 << 24);
    const struct td_field *f;
    struct td_err err;
    uint8_t *block;
    size_t n;

    if (feed(r, body, strlen(body), piece, s, &err) != TD_OK ||
        td_restrows_end(r, 200, &err) != TD_OK)
        fail_msg("%s: %s", file, err.msg);
    assert_true(td_restrows_described(r));
    assert_int_equal(td_restrows_take(r, &block, &n, &err), TD_OK);
    s->ncols = td_restrows_fields(r, &f);
    s->prec = (uint8_t)(td_restrows_precision(r) < 0 ? 0 : td_restrows_precision(r));
    if (block) add_block(s, block, n, block);
    td_restrows_free(r);
}

/* The result of the recording beside it; false when it has none. */
static bool read_ws(const char *file, struct side *s, struct td_arena *a, struct td_reply_query *q)
{
    struct golden *g = golden_load(file);
    bool found = false;

    for (size_t i = 0; i < g->count; i++) {
        struct golden_msg *m = &g->msg[i];
        const struct td_msg_view v = {m->p, m->n, m->text};
        struct td_reply_fetch f;
        if (m->to_server) continue;
        if (m->text && strstr((char *)m->p, "\"is_update\":false")) {
            assert_int_equal(td_msg_read_query(v, false, a, q, NULL), TD_OK);
            s->ncols = q->nfields;
            s->prec = q->ts_prec;
            found = true;
        } else if (!m->text && td_msg_read_fetch(v, &f, NULL) == TD_OK && !f.finished) {
            uint8_t *mem = td_malloc(f.block_len);
            memcpy(mem, f.block, f.block_len);
            add_block(s, mem, f.block_len, mem);
        }
    }
    golden_free(g);
    return found;
}

static void compare(const char *file, const struct side *ws, const struct side *rest)
{
    assert_int_equal(ws->ncols, rest->ncols);
    assert_int_equal(ws->rows, rest->rows);
    for (size_t row = 0; row < ws->rows; row++) {
        for (uint32_t col = 0; col < ws->ncols; col++) {
            uint32_t ra, rb;
            const struct td_col *a = at(ws, col, row, &ra), *b = at(rest, col, row, &rb);
            if (!same_cell(a, ra, b, rb))
                fail_msg("%s: row %zu, column %u (type %u)", file, row, col, a->type);
            g_cells++;
        }
    }
}

static void one_body(const char *file, const char *ws_file, const char *body)
{
    static const size_t pieces[] = {1 << 30, 1, 7, 4096};
    static struct side ws, rest;
    struct td_arena a = {NULL};
    struct td_reply_query q = {0};

    memset(&ws, 0, sizeof ws);
    if (!read_ws(ws_file, &ws, &a, &q)) return;
    g_bodies++;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        if (pieces[i] == 1 && strlen(body) > 30000) continue;
        memset(&rest, 0, sizeof rest);
        read_rest(file, body, pieces[i], &rest);
        for (size_t k = 0; k < rest.nblocks && ws.rows; k++)
            assert_true(rest.cols[k][0].type != TD_T_TIMESTAMP || rest.prec == ws.prec);
        compare(file, &ws, &rest);
        free_side(&rest);
    }
    free_side(&ws);
    td_arena_free(&a);
}

static void golden_bodies(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden", ".rest.json");

    (void)state;
    for (char **f = files; *f; f++) {
        char ws[500], *body;
        int status;
        assert_true(golden_rest(*f, &status, &body));
        snprintf(ws, sizeof ws, "%.*s.jsonl", (int)(strlen(*f) - strlen(".rest.json")), *f);
        if (status == 200 && strncmp(body, "{\"code\":0,", 10) == 0 &&
            !strstr(body, "affected_rows"))
            one_body(*f, ws, body);
        free(body);
    }
    golden_files_free(files);
    print_message("REST cells equal to the blocks': %zu in %zu bodies\n", g_cells, g_bodies);
    assert_true(g_cells > 200000 && g_bodies >= 95);
}

/* ---- answers that are not rows ---- */

static enum td_rc whole(const char *body, size_t n, int status, struct td_err *err, bool *update,
                        int64_t *affected)
{
    struct td_restrows *r = td_restrows_new(1000, 1 << 20, 1 << 20);
    struct td_err feed_err;
    enum td_rc rc;

    err->state = TD_ST_00000;
    (void)feed(r, body, n, 37, NULL, &feed_err);
    rc = td_restrows_end(r, status, err);
    *update = rc == TD_OK && td_restrows_is_update(r, affected);
    td_restrows_free(r);
    return rc;
}

static void golden_errors(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden", ".rest.json");
    size_t errors = 0, updates = 0;

    (void)state;
    for (char **f = files; *f; f++) {
        struct td_err err;
        char *body, *code;
        bool update;
        int64_t affected;
        int status;
        enum td_rc rc;
        assert_true(golden_rest(*f, &status, &body));
        rc = whole(body, strlen(body), status, &err, &update, &affected);
        code = strstr(body, "\"code\":");
        if (!*body) {
            assert_int_equal(rc, TD_FAIL);
            assert_int_equal(err.state, TD_ST_HY000);
            assert_non_null(strstr(err.msg, "empty body"));
            errors++;
        } else if (code && atoi(code + 7) != 0) {
            assert_int_equal(rc, TD_FAIL);
            assert_true(err.native == atoi(code + 7) || err.native == 0);
            assert_true(err.state != TD_ST_00000 && strlen(err.msg) > 8);
            errors++;
        } else {
            assert_int_equal(rc, TD_OK);
            updates += update;
            assert_int_equal(update, strstr(body, "affected_rows") != NULL);
        }
        free(body);
    }
    golden_files_free(files);
    print_message("REST errors: %zu, updates: %zu\n", errors, updates);
    assert_true(errors > 20 && updates >= 3);
}

static void other_answers(void **state)
{
    static const struct {
        const char *body;
        int status;
        enum td_sqlstate st;
        const char *says;
    } t[] = {
        {"", 200, TD_ST_HY000, "empty body"},
        {"", 502, TD_ST_HY000, "502"},
        {"  \n", 200, TD_ST_HY000, "empty body"},
        {"\"memory exceeds threshold\"", 503, TD_ST_HY000, "memory exceeds threshold"},
        {"{\"code\":855,\"desc\":\"Authentication failure\",\"timing\":1}", 200, TD_ST_28000,
         "Authentication"},
        {"{\"code\":9731,\"desc\":\"Table does not exist\"}", 200, TD_ST_42S02, "0x2603"},
        {"{\"code\":65535,\"desc\":\"wait timeout\"}", 503, TD_ST_HY000, "wait timeout"},
        {"<html><body>Bad Gateway</body></html>", 502, TD_ST_08S01, "HTTP status 502"},
        {"<html><body>hello</body></html>", 200, TD_ST_HY000, "not"},
        {"404 page not found", 404, TD_ST_08S01, "404"},
        {"{\"code\":0}", 200, TD_ST_HY000, "no rows"},
        {"{\"desc\":\"x\"}", 200, TD_ST_HY000, "no code"},
        {"{\"code\":0,\"column_meta\":[[\"a\",\"INT\",4]],\"data\":[[1]],\"rows\":2}", 200,
         TD_ST_08S01, "says 2 rows"},
        {"{\"code\":0,\"column_meta\":[[\"a\",\"INT\",4]],\"data\":[[1]]}", 200, TD_ST_HY000,
         "no rows"},
        {"{\"code\":0,\"column_meta\":[[\"a\",\"INT\",4]],\"data\":[[1]],\"rows\":1} x", 200,
         TD_ST_HY000, "usual"},
        {"{\"code\":0,\"data\":[[1]],\"rows\":1}", 200, TD_ST_HY000, "rows without columns"},
        {"{\"code\":0,\"column_meta\":[],\"data\":[],\"rows\":0}", 200, TD_ST_HY000,
         "rows without columns"},
        {"{\"code\":0,\"column_meta\":[[\"a\",\"INT\"]],\"data\":[],\"rows\":0}", 200, TD_ST_HY000,
         "usual"},
        {"{\"code\":0,\"column_meta\":[[\"a\",\"INTEGER\",4]],\"data\":[],\"rows\":0}", 200,
         TD_ST_HY000, "column type"},
        {"{\"code\":0,\"column_meta\":[[\"a\",\"DECIMAL(39,2)\",4]],\"data\":[],\"rows\":0}", 200,
         TD_ST_HY000, "column type"},
        {"{\"code\":0,\"column_meta\":[[\"a\",\"INT\",-4]],\"data\":[],\"rows\":0}", 200,
         TD_ST_HY000, "column length"},
        {"{\"code\":-1}", 200, TD_ST_HY000, "bad code"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_err err;
        bool update;
        int64_t affected;
        assert_int_equal(whole(t[i].body, strlen(t[i].body), t[i].status, &err, &update, &affected),
                         TD_FAIL);
        if (err.state != t[i].st || !strstr(err.msg, t[i].says))
            fail_msg("case %zu: %s", i, err.msg);
    }
}

#define BODY(type, value)                                                                          \
    "{\"code\":0,\"column_meta\":[[\"a\",\"" type "\",8]],\"data\":[[" value                       \
    "]],\"rows\":1,\"timing\":12}"

/* A value that its column cannot hold exactly is an error, never a near value. */
static void values_refused(void **state)
{
    static const char *const bad[] = {
        BODY("TINYINT", "128"),
        BODY("TINYINT", "-129"),
        BODY("TINYINT UNSIGNED", "-1"),
        BODY("INT", "2147483648"),
        BODY("INT", "1.5"),
        BODY("INT", "\"1\""),
        BODY("INT", "true"),
        BODY("BIGINT", "9223372036854775808"),
        BODY("BIGINT UNSIGNED", "18446744073709551616"),
        BODY("BIGINT UNSIGNED", "-1"),
        BODY("BOOL", "1"),
        BODY("DOUBLE", "1e999"),
        BODY("DOUBLE", "\"1\""),
        BODY("FLOAT", "1e39"),
        BODY("DECIMAL(4,2)", "\"1.234\""),
        BODY("DECIMAL(4,2)", "\"12345678901234567890.00\""),
        BODY("DECIMAL(4,2)", "1.23"),
        BODY("TIMESTAMP", "\"2023-01-01T00:00:00Z\""),
        BODY("TIMESTAMP", "\"2023-01-01T00:00:00.000\""),
        BODY("TIMESTAMP", "\"2023-13-01T00:00:00.000Z\""),
        BODY("TIMESTAMP", "5"),
        BODY("VARCHAR", "5"),
        BODY("VARBINARY", "\"abc\""),
        BODY("VARBINARY", "\"zz\""),
        BODY("NULL", "1"),
        BODY("INT", ""),
        BODY("INT", "1,2"),
        BODY("INT", "nul"),
        BODY("JSON", ""),
        BODY("VARCHAR", "\"\\q\""),
        BODY("VARCHAR", "\"\\u12g4\""),
        BODY("INT", "[1]"),
        BODY("VARCHAR", "{\"a\":1}"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct td_err err;
        bool update;
        int64_t affected;
        if (whole(bad[i], strlen(bad[i]), 200, &err, &update, &affected) != TD_FAIL)
            fail_msg("%s", bad[i]);
        assert_int_equal(err.state, TD_ST_HY000);
    }
}

static void values_taken(void **state)
{
    static const struct {
        const char *body;
        int64_t v;         /* fixed types */
        const char *bytes; /* variable types */
        size_t n;
    } t[] = {
        {BODY("BIGINT", "-9223372036854775808"), INT64_MIN, NULL, 0},
        {BODY("BIGINT", "9007199254740993"), 9007199254740993, NULL, 0},
        {BODY("BIGINT UNSIGNED", "18446744073709551615"), -1, NULL, 0},
        {BODY("TINYINT", "-128"), -128, NULL, 0},
        {BODY("BOOL", "true"), 1, NULL, 0},
        {BODY("DECIMAL(18,2)", "\"-0.05\""), -5, NULL, 0},
        {BODY("TIMESTAMP", "\"1969-12-31T23:59:59.999Z\""), -1, NULL, 0},
        {BODY("TIMESTAMP", "\"1970-01-01T08:00:00.000000001+08:00\""), 1, NULL, 0},
        {BODY("TIMESTAMP", "\"1970-01-01T00:00:00.000001-00:30\""), 1800000001, NULL, 0},
        {BODY("VARCHAR", "\"\""), 0, "", 0},
        {BODY("VARCHAR", "\"\\u00e4\\ud83d\\ude00\\n\\\"\""), 0, "\xc3\xa4\xf0\x9f\x98\x80\n\"", 8},
        {BODY("VARCHAR", "\"\\ud83dx\\ude00\\ud83d\\ud83d\\n\""), 0,
         "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n", 14},
        {BODY("VARCHAR", "\"\\ud83d\""), 0, "\xef\xbf\xbd", 3},
        {BODY("NCHAR", "\"\xf0\x9f\x98\x80\""), 0, "\x00\xf6\x01\x00", 4},
        {BODY("VARBINARY", "\"00fFaB\""), 0, "\x00\xff\xab", 3},
        {BODY("JSON", " {\"a\" : [\"]\\\"\", 1e400]} "), 0, "{\"a\" : [\"]\\\"\", 1e400]}", 22},
        {BODY("JSON", "\"x\\\"\""), 0, "\"x\\\"\"", 5},
        {BODY("JSON", "12345678901234567890"), 0, "12345678901234567890", 20},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        for (size_t piece = 1; piece < 60; piece += 2) {
            static struct side s;
            uint64_t bits = 0;
            memset(&s, 0, sizeof s);
            read_rest(t[i].body, t[i].body, piece, &s);
            assert_int_equal(s.rows, 1);
            if (t[i].bytes) {
                if (!td_str_eq(td_col_var(&s.cols[0][0], 0), (struct td_str){t[i].bytes, t[i].n}))
                    fail_msg("case %zu, pieces of %zu", i, piece);
            } else {
                const size_t w = (size_t)td_type_width(s.cols[0][0].type);
                memcpy(&bits, s.cols[0][0].data, w);
                assert_memory_equal(&bits, &t[i].v, w);
            }
            free_side(&s);
        }
    }
}

/* Prefixes of a body are errors: nothing short is taken for whole. A byte changed: an error or rows. */
static void damaged(void **state)
{
    char *body, *file = NULL;
    int status, taken = 0;
    size_t n;
    struct td_err err;
    bool update;
    int64_t affected;

    (void)state;
    assert_true(asprintf(&file, "%s/golden/query/ms/all_types.rest.json", TD_TEST_DATA) > 0);
    assert_true(golden_rest(file, &status, &body));
    n = strlen(body);
    for (size_t len = 0; len < n; len += len + 200 < n ? 7 : 1) {
        assert_int_equal(whole(body, len, 200, &err, &update, &affected), TD_FAIL);
        assert_true(err.state == TD_ST_08S01 || len == 0);
    }
    for (size_t i = 0; i < n; i += 3) {
        const char was = body[i];
        body[i] = (char)(was ^ (1 << i % 8));
        taken += whole(body, n, 200, &err, &update, &affected) == TD_OK;
        assert_true(err.state == TD_ST_00000 || err.msg[0]);
        body[i] = was;
    }
    assert_true(taken > 30); /* letters of names and texts */
    free(body);
    free(file);
}

static void torture(void **state)
{
    static const char body[] =
        "{\"code\":0,\"column_meta\":[[\"a\",\"INT\",4],[\"b\",\"VARCHAR\",20]],\"data\":[[1,"
        "\"a\\nb\"],[2,null]],\"rows\":2}";
    bool done = false;

    (void)state;
    for (uint64_t nth = 1; !done; nth++) {
        struct td_restrows *r;
        struct td_err err = {.state = TD_ST_00000};
        uint8_t *block = NULL;
        size_t n;
        assert_true(nth < 60);
        td_alloc_fail_at(nth, 1);
        r = td_restrows_new(100, 1 << 20, 1 << 20);
        done = r && feed(r, body, sizeof body - 1, 9, NULL, &err) == TD_OK &&
               td_restrows_end(r, 200, &err) == TD_OK &&
               td_restrows_take(r, &block, &n, &err) == TD_OK;
        td_alloc_fail_at(0, 0);
        assert_true(done || !r || err.state == TD_ST_HY001);
        td_free(block);
        td_restrows_free(r);
    }
}

/* One value above the ceiling ends in an error, not in memory. */
static void ceiling(void **state)
{
    struct td_restrows *r = td_restrows_new(100, 1 << 20, 1000);
    char piece[600];
    struct td_err err;
    size_t used;
    bool full;
    static const char head[] = "{\"code\":0,\"column_meta\":[[\"a\",\"VARCHAR\",20]],\"data\":[[\"";

    (void)state;
    memset(piece, 'x', sizeof piece);
    assert_int_equal(td_restrows_feed(r, head, sizeof head - 1, &used, &full, &err), TD_OK);
    assert_int_equal(td_restrows_feed(r, piece, sizeof piece, &used, &full, &err), TD_OK);
    assert_int_equal(td_restrows_feed(r, piece, sizeof piece, &used, &full, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY001);
    td_restrows_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_bodies), cmocka_unit_test(golden_errors),
        cmocka_unit_test(other_answers), cmocka_unit_test(values_refused),
        cmocka_unit_test(values_taken),  cmocka_unit_test(damaged),
        cmocka_unit_test(torture),       cmocka_unit_test(ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

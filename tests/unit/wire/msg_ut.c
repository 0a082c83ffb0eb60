/* Requests by the bytes of protocol.md and of the recordings; replies of the recordings; replies
   that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden.h"
#include "wire/msg.h"

static struct td_msg_view text_frame(const char *z)
{
    return (struct td_msg_view){(const uint8_t *)z, strlen(z), true};
}

static void check_text(struct td_buf *b, bool ok, const char *want)
{
    assert_true(ok);
    if (!td_str_eq(td_buf_str(b), td_str_of(want)))
        fail_msg("%.*s\ninstead of\n%s", (int)b->n, (char *)b->p, want);
    td_buf_reset(b);
}

static void requests_text(void **state)
{
    struct td_buf b = TD_BUF_INIT(10000);
    const struct td_msg_conn full = {.user = TD_STR("root"),
                                     .password = TD_STR("taosdata"),
                                     .db = TD_STR(""),
                                     .tz = TD_STR("UTC"),
                                     .app = TD_STR("excel"),
                                     .connector = TD_STR("odbc-ws-v1.0.0")};
    const struct td_msg_conn odd = {.user = TD_STR("a\"b"),
                                    .password = TD_STR("\\\n\x01"),
                                    .db = TD_STR("`D`"),
                                    .ip = TD_STR("1.2.3.4"),
                                    .totp_code = TD_STR("123456"),
                                    .bearer_token = TD_STR("tok"),
                                    .bi_mode = true};
    const struct td_msg_opt opts[] = {{TD_MSG_OPT_ALL, {NULL, 0}},
                                      {TD_MSG_OPT_TIMEZONE, TD_STR("Asia/Tokyo")},
                                      {TD_MSG_OPT_APP, TD_STR("")}};

    (void)state;
    /* Appendix A of protocol.md. */
    check_text(&b, td_msg_version(&b), "{\"action\":\"version\",\"args\":{\"req_id\":1}}");
    check_text(&b, td_msg_conn(&b, 2, &full),
               "{\"action\":\"conn\",\"args\":{\"req_id\":2,\"user\":\"root\",\"password\":"
               "\"taosdata\",\"db\":\"\","
               "\"tz\":\"UTC\",\"app\":\"excel\",\"connector\":\"odbc-ws-v1.0.0\"}}");
    check_text(&b, td_msg_conn(&b, 3, &odd),
               "{\"action\":\"conn\",\"args\":{\"req_id\":3,\"user\":\"a\\\"b\",\"password\":"
               "\"\\\\\\n\\u0001\","
               "\"db\":\"`D`\",\"mode\":0,\"ip\":\"1.2.3.4\",\"totp_code\":\"123456\",\"bearer_"
               "token\":\"tok\"}}");
    check_text(
        &b, td_msg_options(&b, 9007199254740991, opts, 3),
        "{\"action\":\"options_connection\",\"args\":{\"req_id\":9007199254740991,\"options\":["
        "{\"option\":-1,\"value\":null},{\"option\":1,\"value\":\"Asia/"
        "Tokyo\"},{\"option\":3,\"value\":\"\"}]}}");
    check_text(&b, td_msg_current_db(&b, 4),
               "{\"action\":\"get_current_db\",\"args\":{\"req_id\":4}}");
    check_text(&b, td_msg_free_result(&b, 5, UINT64_MAX),
               "{\"action\":\"free_result\",\"args\":{\"req_id\":5,\"id\":18446744073709551615}}");
    td_buf_free(&b);
}

static void requests_example(void **state)
{
    static const uint8_t query[] = {0x01, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00,
                                    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x08, 0x00, 0x00, 0x00,
                                    0x73, 0x65, 0x6c, 0x65, 0x63, 0x74, 0x20, 0x31};
    static const uint8_t fetch[] = {0x02, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
                                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x00,
                                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00};
    struct td_buf b = TD_BUF_INIT(1000);

    (void)state;
    assert_true(td_msg_query(&b, 0x1001, TD_STR("select 1")));
    assert_int_equal(b.n, sizeof query);
    assert_memory_equal(b.p, query, sizeof query);
    td_buf_reset(&b);
    assert_true(td_msg_fetch(&b, 0x1002, 1));
    assert_int_equal(b.n, sizeof fetch);
    assert_memory_equal(b.p, fetch, sizeof fetch);
    td_buf_free(&b);
    b = TD_BUF_INIT(20);
    assert_false(td_msg_query(&b, 1, TD_STR("select 1")));
}

/* Every binary request of the recordings, made again from its parts. */
static void requests_golden(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden", ".jsonl");
    size_t made[11] = {0};

    (void)state;
    for (char **f = files; *f; f++) {
        struct golden *g = golden_load(*f);
        for (size_t i = 0; i < g->count; i++) {
            const struct golden_msg *m = &g->msg[i];
            struct td_buf b = TD_BUF_INIT(1 << 20);
            uint64_t action;
            if (!m->to_server || m->text || m->n < 26 || strcmp(g->path, "/ws") != 0) continue;
            action = td_ld64(m->p + 16);
            if (action == 6 || action == 10) {
                const struct td_str sql = {(const char *)m->p + 30, m->n - 30};
                assert_true(action == 6 ? td_msg_query(&b, td_ld64(m->p), sql)
                                        : td_msg_validate(&b, td_ld64(m->p), sql));
            } else if (action == 7)
                assert_true(td_msg_fetch(&b, td_ld64(m->p), td_ld64(m->p + 8)));
            else
                continue;
            made[action]++;
            assert_int_equal(b.n, m->n);
            assert_memory_equal(b.p, m->p, m->n);
            td_buf_free(&b);
        }
        golden_free(g);
    }
    golden_files_free(files);
    print_message("golden requests: %zu queries, %zu fetches, %zu validations\n", made[6], made[7],
                  made[10]);
    assert_true(made[6] > 170 && made[7] > 250 && made[10] == 4);
}

static void reply_ids(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t id;
    } t[] = {
        {"{\"code\":0,\"message\":\"\",\"action\":\"conn\",\"req_id\":4098,\"timing\":1}", true,
         4098},
        {"{\"code\":1,\"message\":\"\\\"req_id\\\":3\",\"req_id\":18446744073709551615}", true,
         UINT64_MAX},
        {"{\"code\":0,\"message\":\"\",\"action\":\"version\",\"version\":\"3.0.4.0\"}", true,
         TD_MSG_VERSION_ID},
        {"{\"code\":65535,\"message\":\"unmarshal request "
         "error\",\"action\":\"\",\"req_id\":0,\"timing\":1}",
         false, 0},
        {"{\"code\":0,\"action\":\"other\"}", false, 0},
        {"{\"req_id\":-1}", false, 0},
        {"{\"req_id\":1.5}", false, 0},
        {"{\"req_id\":\"1\"}", false, 0},
        {"", false, 0},
        {"[]", false, 0},
    };
    uint8_t bin[60] = {0};
    uint64_t id = 0;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        id = 0;
        if (td_msg_reply_id(text_frame(t[i].text), &id) != t[i].ok || (t[i].ok && id != t[i].id))
            fail_msg("case %zu: %llu", i, (unsigned long long)id);
    }
    memset(bin, 0xff, 8);
    td_st64(bin + 26, 0x1122334455667788);
    assert_true(td_msg_reply_id((struct td_msg_view){bin, 34, false}, &id) &&
                id == 0x1122334455667788);
    assert_false(td_msg_reply_id((struct td_msg_view){bin, 33, false}, &id));
    assert_false(td_msg_reply_id((struct td_msg_view){bin, 0, false}, &id));
    bin[7] = 0x7f; /* the old fetch_block reply: no id in it */
    assert_false(td_msg_reply_id((struct td_msg_view){bin, 60, false}, &id));
}

static bool is_query(const char *action)
{
    return strstr(action, "\"action\":\"query\"") || strstr(action, "\"action\":\"binary_query\"");
}

/* What a decoder says to a recorded error must be its code. */
static void check_error(const struct golden_msg *m, const struct td_err *err)
{
    const char *code = strstr((const char *)m->p, "\"code\":");

    assert_non_null(code);
    assert_true(err->native == atoi(code + 7) || (atoi(code + 7) == 65535 && err->native == 0));
    assert_true(strlen(err->msg) > 10);
}

static void read_reply(const struct golden_msg *m, size_t kinds[6])
{
    const struct td_msg_view f = {m->p, m->n, m->text};
    const char *z = (const char *)m->p;
    struct td_err err = {.state = TD_ST_00000};
    struct td_arena a = {NULL};
    struct td_reply_query q;
    struct td_str db;
    char version[64];
    uint32_t code;
    uint64_t id;

    assert_true(td_msg_reply_id(f, &id) || strstr(z, "\"req_id\":0"));
    if (strstr(z, "\"code\":0,") == NULL) {
        kinds[0]++;
        assert_int_equal(td_msg_read_plain(f, false, &err), TD_FAIL);
        check_error(m, &err);
        assert_int_equal(td_msg_read_query(f, false, &a, &q, &err), TD_FAIL);
        assert_int_equal(td_msg_read_conn(f, version, &err), TD_FAIL);
        assert_false(td_msg_open_result(f, &id));
    } else if (is_query(z)) {
        kinds[1]++;
        assert_int_equal(td_msg_read_query(f, false, &a, &q, &err), TD_OK);
        assert_int_equal(q.is_update, strstr(z, "\"is_update\":true") != NULL);
        assert_int_equal(td_msg_open_result(f, &id), !q.is_update);
        assert_true(q.is_update ? q.nfields == 0 : q.nfields > 0 && id == q.id);
        assert_true(q.timing_ns > 0);
    } else if (strstr(z, "\"action\":\"stmt2_result\"")) {
        kinds[2]++;
        assert_int_equal(td_msg_read_query(f, true, &a, &q, &err), TD_OK);
        assert_true(td_msg_open_result(f, &id) && id == q.id);
    } else if (strstr(z, "\"action\":\"version\"")) {
        kinds[3]++;
        assert_int_equal(td_msg_read_version(f, version, &err), TD_OK);
        assert_string_equal(version, "3.3.7.5.alpha");
    } else if (strstr(z, "\"action\":\"get_current_db\"")) {
        kinds[4]++;
        assert_int_equal(td_msg_read_current_db(f, &a, &db, &err), TD_OK);
    } else if (strstr(z, "\"action\":\"validate_sql\"")) {
        kinds[5]++;
        assert_int_equal(td_msg_read_validate(f, &code, &err), TD_OK);
        assert_true(code == 0 || code == 0x2600 || code == 0x2603);
    } else
        assert_int_equal(td_msg_read_plain(f, false, &err), TD_OK);
    td_arena_free(&a);
}

static void replies_golden(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden", ".jsonl");
    size_t kinds[6] = {0}, blocks = 0, ends = 0, errors = 0;

    (void)state;
    for (char **f = files; *f; f++) {
        struct golden *g = golden_load(*f);
        for (size_t i = 0; i < g->count; i++) {
            const struct golden_msg *m = &g->msg[i];
            struct td_reply_fetch r;
            struct td_err err;
            uint64_t id;
            if (m->to_server || strcmp(g->path ? g->path : "/ws", "/ws") != 0) continue;
            if (m->text)
                read_reply(m, kinds);
            else if (m->n >= 42 && td_ld64(m->p) == UINT64_MAX) {
                const struct td_msg_view fr = {m->p, m->n, false};
                if (td_msg_read_fetch(fr, &r, &err) != TD_OK) {
                    errors++;
                    assert_false(td_msg_open_result(fr, &id));
                    continue;
                }
                assert_int_equal(td_msg_open_result(fr, &id), !r.finished);
                assert_true(r.finished ? !r.block : r.block == m->p + 55 && id == r.result_id);
                assert_true(td_msg_reply_id(fr, &id) && id == td_ld64(m->p + 26));
                if (r.finished)
                    ends++;
                else
                    blocks++;
            }
        }
        golden_free(g);
    }
    golden_files_free(files);
    print_message(
        "golden replies: %zu errors, %zu queries, %zu stmt2 results, %zu versions, %zu current "
        "databases, %zu validations, %zu blocks, %zu ends, %zu failed fetches\n",
        kinds[0], kinds[1], kinds[2], kinds[3], kinds[4], kinds[5], blocks, ends, errors);
    for (int i = 0; i < 6; i++)
        assert_true(kinds[i] > 0);
    assert_true(blocks > 140 && ends > 100 && errors > 0);
}

#define Q "{\"code\":0,\"message\":\"\",\"action\":\"query\",\"req_id\":1,\"timing\":7,"

static void query_fields(void **state)
{
    const char *ok =
        Q "\"id\":9223372036854775809,\"is_update\":false,\"affected_rows\":0,\"fields_count\":3,"
          "\"fields_names\":[\"a\",\"\\u4f60\",\"a\"],\"fields_types\":[9,21,10],"
          "\"fields_lengths\":[8,8,32],\"precision\":2,\"fields_precisions\":[0,10,0],"
          "\"fields_scales\":[0,3,0]}";
    const char *internal = Q
        "\"result_id\":4,\"fields_count\":8,\"fields_names\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\","
        "\"\"],"
        "\"fields_types\":[8,10,18,15,16,20,4,17],\"fields_lengths\":[34,130,5,16384,66,514,4,16],"
        "\"precision\":0,\"fields_precisions\":null,\"fields_scales\":null}";
    static const int32_t want[] = {32, 32, 4194304, 4095, 64, 512, 4, 16};
    const char *update =
        Q "\"id\":0,\"is_update\":true,\"affected_rows\":9007199254740993,\"fields_count\":0,"
          "\"fields_names\":null}";
    struct td_arena a = {NULL};
    struct td_reply_query q;

    (void)state;
    assert_int_equal(td_msg_read_query(text_frame(ok), false, &a, &q, NULL), TD_OK);
    assert_true(q.id == 9223372036854775809u && q.ts_prec == 2 && q.nfields == 3 &&
                q.timing_ns == 7);
    assert_true(td_str_eq(q.fields[1].name, TD_STR("\xe4\xbd\xa0")));
    assert_true(q.fields[1].type == 21 && q.fields[1].precision == 10 && q.fields[1].scale == 3);
    assert_true(q.fields[2].length == 32 && q.fields[2].type == 10);
    assert_int_equal(td_msg_read_query(text_frame(internal), true, &a, &q, NULL), TD_OK);
    assert_true(q.id == 4);
    for (int i = 0; i < 8; i++)
        assert_int_equal(q.fields[i].length, want[i]);
    assert_int_equal(td_msg_read_query(text_frame(update), false, &a, &q, NULL), TD_OK);
    assert_true(q.is_update && q.affected == 9007199254740993 && q.nfields == 0);
    td_arena_free(&a);
}

static void query_malformed(void **state)
{
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "not json",
        "{}",
        "{\"code\":\"0\"}",
        "{\"code\":-1}",
        "{\"code\":70000}",
        "{\"code\":1.5}",
        Q "\"is_update\":false}",
        Q "\"id\":1,\"fields_count\":0,\"fields_names\":[]}",
        Q "\"id\":1,\"fields_count\":2,\"fields_names\":[\"a\"],\"fields_types\":[4,4],\"fields_"
          "lengths\":[4,4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[1],\"fields_types\":[4],\"fields_"
          "lengths\":[4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[],\"fields_"
          "lengths\":[4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[4],\"fields_"
          "lengths\":null}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[19],\"fields_"
          "lengths\":[4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[22],\"fields_"
          "lengths\":[4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[-4294967292],"
          "\"fields_lengths\":[4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[4],\"fields_"
          "lengths\":[-4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[4],\"fields_"
          "lengths\":[4e9]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[4.5],\"fields_"
          "lengths\":[4]}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[4],\"fields_"
          "lengths\":[4],\"precision\":3}",
        Q "\"id\":1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[4],\"fields_"
          "lengths\":[4],\"fields_scales\":[99]}",
        Q "\"id\":-1,\"fields_count\":1,\"fields_names\":[\"a\"],\"fields_types\":[4],\"fields_"
          "lengths\":[4]}",
        Q "\"id\":1,\"fields_count\":70000,\"fields_names\":[\"a\"],\"fields_types\":[4],\"fields_"
          "lengths\":[4]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct td_arena a = {NULL};
        struct td_err err = {.state = TD_ST_00000};
        struct td_reply_query q;
        if (td_msg_read_query(text_frame(bad[i]), false, &a, &q, &err) != TD_FAIL)
            fail_msg("case %zu was taken", i);
        assert_int_equal(err.state, TD_ST_HY000);
        assert_non_null(strstr(err.msg, "unexpected reply of the server"));
        td_arena_free(&a);
    }
}

/* The header of protocol.md 2.7 before 5 bytes of block, and ways in which it can be wrong. */
static void fetch_malformed(void **state)
{
    static const uint8_t head[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x01, 0x00, 0xe8, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x10, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 1,    2,    3,    4,    5};
    static const struct {
        size_t at;
        uint8_t v;
    } bad[] = {{0, 0xfe}, {8, 8},  {9, 1},  {38, 6},   {41, 0xff},
               {50, 1},   {51, 4}, {51, 6}, {54, 0x80}};
    struct td_reply_fetch r;
    struct td_err err;
    uint8_t error[60];

    (void)state;
    assert_int_equal(td_msg_read_fetch((struct td_msg_view){head, sizeof head, false}, &r, &err),
                     TD_OK);
    assert_true(r.result_id == 1 && r.timing_ns == 1000 && !r.finished && r.block == head + 55 &&
                r.block_len == 5);
    for (size_t n = 0; n < sizeof head; n++) {
        uint8_t *cut = malloc(n ? n : 1);
        memcpy(cut, head, n);
        assert_int_equal(td_msg_read_fetch((struct td_msg_view){cut, n, false}, &r, &err), TD_FAIL);
        assert_non_null(strstr(err.msg, "unexpected reply"));
        free(cut);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t m[sizeof head];
        memcpy(m, head, sizeof head);
        m[bad[i].at] = bad[i].v;
        if (td_msg_read_fetch((struct td_msg_view){m, sizeof m, false}, &r, &err) != TD_FAIL)
            fail_msg("case %zu was taken", i);
    }
    assert_int_equal(
        td_msg_read_fetch(text_frame("{\"code\":65535,\"message\":\"server not connected\"}"), &r,
                          &err),
        TD_FAIL);
    assert_int_equal(err.state, TD_ST_08003);
    /* An error that carries a text, as `golden/conn/bad_handles`. */
    memcpy(error, head, 42);
    td_st32(error + 34, 0x22D);
    td_st32(error + 38, 6);
    memcpy(error + 42, "killed", 6);
    memset(error + 48, 0, 9);
    error[56] = 1;
    assert_int_equal(td_msg_read_fetch((struct td_msg_view){error, 57, false}, &r, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY008);
    assert_int_equal(err.native, 0x22D);
    assert_string_equal(err.msg, "[0x022D] killed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_text),   cmocka_unit_test(requests_example),
        cmocka_unit_test(requests_golden), cmocka_unit_test(reply_ids),
        cmocka_unit_test(replies_golden),  cmocka_unit_test(query_fields),
        cmocka_unit_test(query_malformed), cmocka_unit_test(fetch_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

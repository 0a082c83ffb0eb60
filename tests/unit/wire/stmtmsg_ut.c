/*
 * Text messages of prepared statements: requests as golden/stmt2 has them, every recorded reply
 * against an independent reader, and replies that are not as they should be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <cJSON.h>

#include "base/alloc.h"
#include "golden.h"
#include "wire/bind.h"
#include "wire/stmtmsg.h"

/* ---- requests ---- */

static bool build(struct td_buf *b, const cJSON *m)
{
    const char *action = cJSON_GetObjectItem(m, "action")->valuestring;
    const cJSON *args = cJSON_GetObjectItem(m, "args");
    uint64_t id = (uint64_t)cJSON_GetObjectItem(args, "req_id")->valuedouble;
    const cJSON *st = cJSON_GetObjectItem(args, "stmt_id");
    uint64_t stmt = st ? (uint64_t)st->valuedouble : 0;

    if (strcmp(action, "stmt2_init") == 0) return td_msg_stmt_init(b, id);
    if (strcmp(action, "stmt2_exec") == 0) return td_msg_stmt_exec(b, id, stmt);
    if (strcmp(action, "stmt2_result") == 0) return td_msg_stmt_result(b, id, stmt);
    if (strcmp(action, "stmt2_close") == 0) return td_msg_stmt_close(b, id, stmt);
    if (strcmp(action, "stmt2_prepare") == 0)
        return td_msg_stmt_prepare(b, id, stmt,
                                   td_str_of(cJSON_GetObjectItem(args, "sql")->valuestring),
                                   cJSON_IsTrue(cJSON_GetObjectItem(args, "get_fields")));
    return false;
}

/* The recorder chose the two switches of init itself; the driver's are both false. */
static void same_request(const cJSON *want, const struct td_buf *b)
{
    cJSON *got = cJSON_ParseWithLength((const char *)b->p, b->n);
    cJSON *copy = cJSON_Duplicate(want, true), *args = cJSON_GetObjectItem(copy, "args");

    assert_non_null(got);
    if (cJSON_HasObjectItem(args, "single_stb_insert")) {
        cJSON_ReplaceItemInObject(args, "single_stb_insert", cJSON_CreateFalse());
        cJSON_ReplaceItemInObject(args, "single_table_bind_once", cJSON_CreateFalse());
    }
    if (!cJSON_Compare(got, copy, true)) fail_msg("%.*s", (int)b->n, (char *)b->p);
    cJSON_Delete(got);
    cJSON_Delete(copy);
}

/* ---- replies ---- */

static struct td_msg_view view(const struct golden_msg *m)
{
    return (struct td_msg_view){m->p, m->n, m->text};
}

static int32_t declared(int type, int bytes)
{
    return type == TD_T_NCHAR  ? (bytes - 2) / 4
           : type == TD_T_JSON ? 4095
           : type == TD_T_BLOB ? 4194304
           : type == TD_T_VARCHAR || type == TD_T_VARBINARY || type == TD_T_GEOMETRY ? bytes - 2
                                                                                     : bytes;
}

static void check_prepare(const cJSON *m, const struct golden_msg *g)
{
    struct td_arena a = {NULL};
    struct td_reply_prepare p;
    struct td_err err;
    enum td_rc rc = td_msg_read_stmt_prepare(view(g), &a, &p, &err);
    int code = cJSON_GetObjectItem(m, "code")->valueint;

    assert_int_equal(rc, code ? TD_FAIL : TD_OK);
    if (code) {
        assert_int_equal(err.native, code & 0xFFFF);
    } else {
        const cJSON *fields = cJSON_GetObjectItem(m, "fields"), *f;
        uint32_t i = 0;

        assert_int_equal(p.is_insert, cJSON_IsTrue(cJSON_GetObjectItem(m, "is_insert")));
        assert_int_equal(p.nparams, cJSON_GetObjectItem(m, "fields_count")->valueint);
        assert_int_equal(p.nfields,
                         p.is_insert && cJSON_IsArray(fields) ? cJSON_GetArraySize(fields) : 0);
        cJSON_ArrayForEach(f, fields)
        {
            if (i == p.nfields) break;
            const struct td_stmt_field *x = &p.fields[i++];
            int type = cJSON_GetObjectItem(f, "field_type")->valueint;
            const char *name = cJSON_GetObjectItem(f, "name")->valuestring;

            assert_int_equal(x->type, type);
            assert_int_equal(x->role, cJSON_GetObjectItem(f, "bind_type")->valueint);
            assert_int_equal(x->precision, cJSON_GetObjectItem(f, "precision")->valueint);
            assert_int_equal(x->scale, cJSON_GetObjectItem(f, "scale")->valueint);
            assert_int_equal(x->length, declared(type, cJSON_GetObjectItem(f, "bytes")->valueint));
            assert_true(td_str_eq(x->name, td_str_of(name)));
        }
    }
    td_arena_free(&a);
}

static void check_reply(const cJSON *m, const struct golden_msg *g, uint32_t *n)
{
    const cJSON *action = cJSON_GetObjectItem(m, "action");
    int code = cJSON_GetObjectItem(m, "code")->valueint;
    struct td_err err;
    uint64_t id;
    int64_t affected, timing;

    if (strcmp(action->valuestring, "stmt2_prepare") == 0) {
        check_prepare(m, g);
    } else if (strcmp(action->valuestring, "stmt2_init") == 0) {
        assert_int_equal(td_msg_read_stmt_init(view(g), &id, &err), TD_OK);
        assert_int_equal(id, cJSON_GetObjectItem(m, "stmt_id")->valueint);
    } else if (strcmp(action->valuestring, "stmt2_exec") == 0) {
        assert_int_equal(td_msg_read_stmt_exec(view(g), &affected, &timing, &err),
                         code ? TD_FAIL : TD_OK);
        if (code)
            assert_int_equal(err.native, code == 65535 ? 0 : code & 0xFFFF);
        else
            assert_int_equal(affected, cJSON_GetObjectItem(m, "affected")->valueint);
    } else {
        return;
    }
    (*n)++;
}

static void golden_messages(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/golden/stmt2", ".jsonl");
    uint32_t requests = 0, replies = 0;

    (void)state;
    for (char **f = files; *f; f++) {
        struct golden *g = golden_load(*f);
        for (size_t i = 0; i < g->count; i++) {
            cJSON *m =
                g->msg[i].text ? cJSON_ParseWithLength((char *)g->msg[i].p, g->msg[i].n) : NULL;
            struct td_buf b = TD_BUF_INIT(1 << 20);

            if (m && g->msg[i].to_server && build(&b, m)) {
                same_request(m, &b);
                requests++;
            } else if (m && !g->msg[i].to_server && cJSON_HasObjectItem(m, "code")) {
                check_reply(m, &g->msg[i], &replies);
            }
            td_buf_free(&b);
            cJSON_Delete(m);
        }
        golden_free(g);
    }
    golden_files_free(files);
    print_message("%u requests, %u replies\n", requests, replies);
    assert_true(requests > 150 && replies > 100);
}

static void quoting(void **state)
{
    (void)state;
    struct td_buf b = TD_BUF_INIT(4096);
    struct td_str sql = TD_STR("insert into t values('\"\\\n\x01 ä😀', ?)");

    assert_true(td_msg_stmt_prepare(&b, UINT64_MAX, UINT64_MAX, sql, true));
    assert_non_null(strstr((char *)b.p, "\"req_id\":18446744073709551615,")); // all 64 bits
    assert_non_null(strstr((char *)b.p, "\"stmt_id\":18446744073709551615,"));
    cJSON *m = cJSON_ParseWithLength((char *)b.p, b.n);
    assert_non_null(m);
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(m, "args"), "sql")->valuestring,
                        sql.p);
    cJSON_Delete(m);
    td_buf_free(&b);
}

/* Replies that no server should send end in an error. */
static void odd_replies(void **state)
{
    (void)state;
#define HEAD                                                                                       \
    "{\"code\":0,\"message\":\"\",\"action\":\"stmt2_prepare\",\"req_id\":1,\"stmt_id\":1,\"is_"   \
    "insert\":true,\"fields_count\":1,\"fields\":"
#define FIELD(type, bytes, role, prec)                                                             \
    HEAD "[{\"name\":\"a\",\"field_type\":" type ",\"precision\":" prec                            \
         ",\"scale\":0,\"bytes\":" bytes ",\"bind_type\":" role "}]}"
    static const struct {
        const char *text;
        bool good;
    } c[] = {
        {FIELD("4", "4", "1", "0"), true},
        {FIELD("9", "8", "1", "2"), true},
        {FIELD("9", "8", "1", "3"), false},
        {FIELD("19", "8", "1", "0"), false},
        {FIELD("-1", "8", "1", "0"), false},
        {FIELD("300", "8", "1", "0"), false},
        {FIELD("4", "-4", "1", "0"), false},
        {FIELD("4", "99999999999", "1", "0"), false},
        {FIELD("4", "4", "0", "0"), false},
        {FIELD("4", "4", "5", "0"), false},
        {FIELD("8", "0", "1", "0"), true},
        {HEAD "null}", true},
        {HEAD "[]}", true},
        {HEAD "[7]}", false},
        {HEAD "[{}]}", false},
        {"{\"code\":0}", true},
        {"{\"code\":9728,\"message\":\"no\"}", false},
        {"[]", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct td_arena a = {NULL};
        struct td_reply_prepare p;
        struct td_err err;
        struct td_msg_view v = {(const uint8_t *)c[i].text, strlen(c[i].text), true};

        if ((td_msg_read_stmt_prepare(v, &a, &p, &err) == TD_OK) != c[i].good)
            fail_msg("reply %d: %s", (int)i, c[i].text);
        td_arena_free(&a);
    }
    uint64_t id;
    struct td_err err;
    struct td_msg_view none = {(const uint8_t *)"{\"code\":0}", 10, true};
    assert_int_equal(td_msg_read_stmt_init(none, &id, &err), TD_FAIL);
}

static void no_memory(void **state)
{
    static const char text[] = FIELD("8", "22", "1", "0");
    struct td_msg_view v = {(const uint8_t *)text, sizeof text - 1, true};
    enum td_rc rc = TD_FAIL;
    uint64_t n = 0;

    (void)state;
    while (rc != TD_OK && n < 100) {
        struct td_arena a = {NULL};
        struct td_reply_prepare p;
        struct td_err err;

        td_alloc_fail_at(++n, 1);
        rc = td_msg_read_stmt_prepare(v, &a, &p, &err);
        td_alloc_fail_at(0, 0);
        if (rc != TD_OK) assert_int_equal(err.state, TD_ST_HY001);
        td_arena_free(&a);
    }
    assert_true(n > 1 && n < 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_messages),
        cmocka_unit_test(quoting),
        cmocka_unit_test(odd_replies),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * rest_body_ut.c: REST bodies rendered from recorded blocks against the recorded REST bodies of
 * the same statements: two independent captures of one result.
 */
#include "ut_golden.h"

#include "rest_auth.h"
#include "rest_body.h"
#include "server_int.h"

struct counts {
    long bodies, bytes;
};

/* golden/error/float_nan: this adapter answers NaN with an empty body, later ones with null
   (protocol.md 1.6); tdlite does the latter. */
static bool is_nan_case(const char *path)
{
    return strstr(path, "float_nan") != NULL;
}

static void check(struct tl_script *s, const char *path, const cJSON *j, struct counts *count)
{
    const char *sql = cJSON_GetObjectItemCaseSensitive(j, "sql")->valuestring;
    const char *want = cJSON_GetObjectItemCaseSensitive(j, "body")->valuestring;
    const cJSON *tz = cJSON_GetObjectItemCaseSensitive(j, "tz");
    struct tl_buf out = {0};
    struct tl_error err;
    struct tl_result *r = tl_script_exec(s, sql, strlen(sql), &err);
    if (r) {
        struct tl_body b = {.r = r, .tz = cJSON_IsString(tz) ? tz->valuestring : "UTC"};
        while (b.state != TL_BODY_DONE)
            assert_true(tl_body_more(&b, &out, 100));
        tl_body_free(&b);
        r->free(r);
    } else {
        const char *timing = strstr(want, "\"timing\":");
        if (err.code == 0 || !timing) fail_msg("%s: not recorded: %s", path, sql);
        assert_true(tl_body_error(&out, &err, strtoll(timing + 9, NULL, 10)));
    }
    assert_true(tl_buf_u8(&out, 0));
    if (is_nan_case(path))
        assert_non_null(strstr((char *)out.p, "null"));
    else if (strcmp((char *)out.p, want) != 0)
        fail_msg("%s:\nis   %.1500s\nmust %.1500s", path, (char *)out.p, want);
    count->bodies++;
    count->bytes += (long)out.n;
    tl_buf_free(&out);
}

static void on_file(const char *path, void *arg)
{
    char recording[1024];
    struct tl_error err;
    struct tl_buf text = {0};
    char piece[65536];
    size_t n;
    /* the empty statement never reaches an engine: WebSocket and REST refuse it in their own ways
       */
    if (strstr(path, "error/empty.rest.json")) return;
    snprintf(recording, sizeof recording, "%.*s.jsonl", (int)(strlen(path) - 10), path);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        assert_true(tl_buf_put(&text, piece, n));
    fclose(f);
    cJSON *j = cJSON_ParseWithLength((char *)text.p, text.n);
    assert_non_null(j);
    struct tl_script *s = tl_script_load(recording, &err);
    if (!s) fail_msg("%s: %s", recording, err.msg);
    check(s, path, j, arg);
    tl_script_free(s);
    cJSON_Delete(j);
    tl_buf_free(&text);
}

static void recorded_bodies(void **state)
{
    static const char *const dirs[] = {"query/ms", "query/us", "query/ns", "query/tz_shanghai",
                                       "random",   "catalog",  "error"};
    struct counts count = {0};
    (void)state;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        assert_true(ut_each_file(dirs[i], ".rest.json", on_file, &count) > 0);
    print_message("REST bodies equal: %ld, bytes: %ld\n", count.bodies, count.bytes);
    assert_true(count.bodies >= 127);
}

/* Values that no recording holds. */
static void values(void **state)
{
    static const struct {
        double v;
        const char *as_double, *as_float;
    } floats[] = {
        {0.0, "0", "0"},
        {-0.0, "-0", "-0"},
        {1e-6, "0.000001", "0.000001"},
        {0.5, "0.5", "0.5"},
        {1e20, "100000000000000000000", "100000000000000000000"},
        {1e21, "1e+21", "1e+21"},
        {-12.25, "-12.25", "-12.25"},
        {5e-324, "5e-324", "0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        const float f = (float)floats[i].v;
        const struct tl_block_col cd = {.type = TL_DOUBLE}, cf = {.type = TL_FLOAT};
        const struct tl_cell d = {.p = (const uint8_t *)&floats[i].v, .n = 8};
        const struct tl_cell g = {.p = (const uint8_t *)&f, .n = 4};
        struct tl_buf b = {0};
        assert_true(tl_render_cell(&b, &cd, &d, 0, "UTC") && tl_buf_u8(&b, 0));
        assert_string_equal((char *)b.p, floats[i].as_double);
        b.n = 0;
        assert_true(tl_render_cell(&b, &cf, &g, 0, "UTC") && tl_buf_u8(&b, 0));
        assert_string_equal((char *)b.p, floats[i].as_float);
        tl_buf_free(&b);
    }
    const struct tl_block_col text = {.type = TL_VARCHAR};
    const struct tl_cell cell = {.p = (const uint8_t *)"\x01\"\\\n<\xff", .n = 6};
    struct tl_buf b = {0};
    assert_true(tl_render_cell(&b, &text, &cell, 0, "UTC") && tl_buf_u8(&b, 0));
    assert_string_equal((char *)b.p, "\"\\u0001\\\"\\\\\\n<\xff\"");
    tl_buf_free(&b);
}

static void tokens(void **state)
{
    static const char token[] =
        "/KfeAzX/f9na8qdtNZmtONryp201ma04bEl8LcvLUd7a8qdtNZmtONryp201ma04"; /* protocol.md 1.3 */
    char out[256], header[300];
    struct tl_login login;
    struct tl_error err;
    (void)state;
    assert_true(tl_auth_token("root", "taosdata", out, sizeof out));
    assert_string_equal(out, token);
    snprintf(header, sizeof header, "Taosd %s", token);
    assert_true(tl_auth_parse(header, &login, &err));
    assert_string_equal(login.user, "root");
    assert_string_equal(login.password, "taosdata");
    assert_true(tl_auth_token("u", "a password of more than 24 bytes", out, sizeof out));
    snprintf(header, sizeof header, "Taosd %s", out);
    assert_true(tl_auth_parse(header, &login, &err));
    assert_string_equal(login.password, "a password of more than 24 bytes");
    assert_true(tl_auth_parse("Basic cm9vdDp0YW9zOmRhdGE=", &login, &err));
    assert_string_equal(login.password, "taos:data");
    static const struct {
        const char *header;
        int code;
    } bad[] = {
        {NULL, 0x1105},
        {"", 0x1105},
        {"Digest x", 0x1122},
        {"basic cm9v", 0x1122},
        {"Bearer t", 0x1122},
        {"Basic ***", 0x1124},
        {"Basic cm9vdA==", 0x1124},
        {"Basic cm9vdDo=", 0x1124},
        {"Taosd AAAA", 0x1125},
        {"Taosd ?", 0x1125},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(tl_auth_parse(bad[i].header, &login, &err));
        assert_int_equal(err.code, bad[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_bodies),
        cmocka_unit_test(values),
        cmocka_unit_test(tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

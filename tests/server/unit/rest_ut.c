/*
 * rest_ut.c: sends the requests of golden/rest over HTTP and compares status, headers and body
 * with the recorded answers, timing apart; and what they do not show: streaming, chunks, gzip,
 * faults.
 */
#include "ut_client.h"

#include <zlib.h>

/* The answer to one request; body is unchunked, with a NUL behind. */
struct answer {
    int status;
    char head[2048];
    struct tl_buf body;
    bool whole; /* the body ended as it should */
};

static int port;

static void put(struct tl_buf *b, const char *s)
{
    assert_true(tl_buf_put(b, s, strlen(s)));
}

/* The value of a header, in a static buffer; "" when it is missing. */
static const char *header(const struct answer *a, const char *name)
{
    static char value[256];
    char want[64];
    snprintf(want, sizeof want, "\n%s:", name);
    const char *at = strcasestr(a->head, want);
    value[0] = 0;
    if (at) sscanf(at + strlen(want), " %255[^\r\n]", value);
    return value;
}

static bool read_line(int fd, char *out, size_t cap)
{
    size_t n = 0;
    while (n + 1 < cap && ut_read(fd, (uint8_t *)out + n, 1)) {
        n++;
        if (n >= 2 && out[n - 1] == '\n') {
            out[n - 2] = 0;
            return true;
        }
    }
    return false;
}

static void read_body(int fd, struct answer *a)
{
    const bool chunked = strcmp(header(a, "transfer-encoding"), "chunked") == 0;
    size_t n = chunked ? 0 : strtoul(header(a, "content-length"), NULL, 10);
    char line[64];
    for (;;) {
        if (chunked) {
            if (!read_line(fd, line, sizeof line)) return;
            n = strtoul(line, NULL, 16);
        }
        for (uint8_t c; n > 0; n--) {
            if (!ut_read(fd, &c, 1)) return;
            assert_true(tl_buf_u8(&a->body, c));
        }
        if (!chunked) break;
        const bool last = strcmp(line, "0") == 0;
        if (!read_line(fd, line, sizeof line)) return;
        if (last) break;
    }
    a->whole = true;
}

static struct answer ask_on(int fd, const char *method, const char *path, const char *headers,
                            const char *body)
{
    struct answer a = {0};
    struct tl_buf b = {0};
    char line[512];
    snprintf(line, sizeof line, "%s %s HTTP/1.1\r\nHost: t\r\n%s", method, path, headers);
    put(&b, line);
    if (body) {
        snprintf(line, sizeof line, "Content-Length: %zu\r\n", strlen(body));
        put(&b, line);
    }
    put(&b, "\r\n");
    if (body) put(&b, body);
    ut_write(fd, b.p, b.n);
    tl_buf_free(&b);
    if (!read_line(fd, line, sizeof line)) return a;
    a.status = atoi(line + 9);
    strcpy(a.head, "\n");
    while (read_line(fd, line, sizeof line) && *line) {
        assert_true(strlen(a.head) + strlen(line) + 2 < sizeof a.head);
        strcat(strcat(a.head, line), "\n");
    }
    read_body(fd, &a);
    assert_true(tl_buf_u8(&a.body, 0));
    a.body.n--;
    return a;
}

static struct answer ask(const char *method, const char *path, const char *headers,
                         const char *body)
{
    const int fd = ut_connect(port);
    struct answer a = ask_on(fd, method, path, headers, body);
    close(fd);
    return a;
}

#define ROOT "Authorization: Basic cm9vdDp0YW9zZGF0YQ==\r\n"

static struct answer sql(const char *text)
{
    return ask("POST", "/rest/sql", ROOT, text);
}

/* ---- recorded exchanges ---- */

static char *slurp(const char *path)
{
    struct tl_buf b = {0};
    char piece[4096];
    size_t n;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        assert_true(tl_buf_put(&b, piece, n));
    fclose(f);
    assert_true(tl_buf_u8(&b, 0));
    return (char *)b.p;
}

static const char *text_of(const cJSON *j, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(j, key);
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

static void build_headers(const cJSON *rq, char *out, size_t cap)
{
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(rq, "headers");
    const cJSON *basic = cJSON_GetObjectItemCaseSensitive(rq, "basic");
    const cJSON *h;
    size_t n = 0;
    *out = 0;
    cJSON_ArrayForEach(h, headers)
    {
        n += (size_t)snprintf(out + n, cap - n, "%s: %s\r\n", h->string, h->valuestring);
    }
    if (cJSON_IsArray(basic)) {
        const bool right = strcmp(cJSON_GetArrayItem(basic, 1)->valuestring, "taosdata") == 0;
        snprintf(out + n, cap - n, "%s",
                 right ? ROOT : "Authorization: Basic cm9vdDp3cm9uZw==\r\n");
    }
}

/* Cuts the number behind "timing": out. */
static void no_timing(char *s)
{
    char *at = strstr(s, "\"timing\":");
    if (!at) return;
    at += 9;
    const size_t digits = strspn(at, "0123456789");
    assert_true(digits > 0);
    memmove(at, at + digits, strlen(at + digits) + 1);
}

static void gunzip(struct tl_buf *b)
{
    uint8_t out[4096];
    z_stream z = {
        .next_in = b->p, .avail_in = (uInt)b->n, .next_out = out, .avail_out = sizeof out};
    assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    b->n = 0;
    assert_true(tl_buf_put(b, out, z.total_out) && tl_buf_u8(b, 0));
    inflateEnd(&z);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the rows of a body, for a statement without ORDER BY: the pieces between brackets. */
static void sort_rows(char *body)
{
    char *pieces[256], *save = NULL, *copy = strdup(body);
    size_t n = 0;
    for (char *w = strtok_r(copy, "[]", &save); w && n < 256; w = strtok_r(NULL, "[]", &save))
        pieces[n++] = w;
    qsort(pieces, n, sizeof *pieces, by_text);
    *body = 0;
    for (size_t i = 0; i < n; i++)
        strcat(body, pieces[i]); /* shorter than before: the brackets are gone */
    free(copy);
}

static void compare(const char *path, struct answer *a, const cJSON *j)
{
    static const char *const same[] = {"content-type", "transfer-encoding", "content-encoding",
                                       "vary"};
    static const char *const keys[] = {"Content-Type", "Transfer-Encoding", "Content-Encoding",
                                       "Vary"};
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(j, "headers");
    char *want = strdup(text_of(j, "body"));
    for (int i = 0; i < 4; i++) {
        const char *must = text_of(headers, keys[i]);
        assert_string_equal(header(a, same[i]), must ? must : "");
    }
    if (*header(a,
                "content-encoding")) { /* the recording's bytes are not text: what they hold is */
        gunzip(&a->body);
        free(want);
        want =
            strdup("{\"code\":0,\"column_meta\":[[\"1\",\"BIGINT\",8]],\"data\":[[1]],\"rows\":1}");
    }
    no_timing(want);
    no_timing((char *)a->body.p);
    if (strstr(path, "json_col")) {
        sort_rows(want);
        sort_rows((char *)a->body.p);
    }
    if (strcmp((char *)a->body.p, want) != 0)
        fail_msg("%s:\nis   %s\nmust %s", path, (char *)a->body.p, want);
    free(want);
}

static void exchange(const char *path, int *count)
{
    char headers[1024];
    char *text = slurp(path);
    cJSON *j = cJSON_Parse(text);
    const cJSON *rq = cJSON_GetObjectItemCaseSensitive(j, "request");
    build_headers(rq, headers, sizeof headers);
    struct answer a = ask(text_of(rq, "method"), text_of(rq, "path"), headers, text_of(rq, "body"));
    const int status = cJSON_GetObjectItemCaseSensitive(j, "status")->valueint;
    if (a.status != status || !a.whole) fail_msg("%s: status %d, not %d", path, a.status, status);
    compare(path, &a, j);
    tl_buf_free(&a.body);
    cJSON_Delete(j);
    free(text);
    ++*count;
}

static void on_file(const char *path, void *arg)
{
    if (!strstr(path, "insert.json")) exchange(path, arg);
}

static void recorded_exchanges(void **state)
{
    int count = 0;
    (void)state;
    ut_each_file("rest", ".json", on_file, &count);
    exchange(TD_TEST_DATA "/golden/rest/insert.json", &count); /* last: others count the rows */
    print_message("REST exchanges equal: %d\n", count);
    assert_true(count >= 33);
}

/* ---- the rest ---- */

static void long_results_are_streamed(void **state)
{
    struct answer a = sql("select * from gen.mixed where rows=20000 and nulls=10");
    (void)state;
    assert_int_equal(a.status, 200);
    assert_true(a.whole);
    cJSON *j = cJSON_ParseWithLength((char *)a.body.p, a.body.n);
    assert_non_null(j);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(j, "data");
    assert_int_equal(cJSON_GetArraySize(data), 20000);
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(j, "rows")->valueint, 20000);
    cJSON_Delete(j);
    tl_buf_free(&a.body);
}

static void connections_are_kept(void **state)
{
    const int fd = ut_connect(port);
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct answer a = ask_on(fd, "POST", i == 2 ? "/rest/sql?tz=x" : "/rest/sql", ROOT,
                                 "select * from gen.numeric where rows=3");
        assert_int_equal(a.status, i == 2 ? 400 : 200);
        assert_true(a.whole);
        tl_buf_free(&a.body);
    }
    close(fd);
}

static void parameters(void **state)
{
    static const struct {
        const char *path, *in_body;
        int status;
    } cases[] = {
        {"/rest/sql?row_with_meta=1", "\"data\":[{\"ts\":\"2024-01-01T00:00:00.000Z\",\"i\":", 200},
        {"/rest/sql?row_with_meta=maybe", "{\"code\":65535,", 400},
        {"/rest/sql?timing=true", "\"rows\":1,\"timing\":", 200},
        {"/rest/sql?tz=Asia%2FShanghai", "\"2024-01-01T08:00:00.000+08:00\"", 200},
        {"/rest/sql?tz=Asia/Shanghai&conn_tz=America/New_York", "T19:00:00.000-05:00\"", 200},
        {"/rest/sql?conn_tz=Mars/Base", "unknown time zone Mars/Base", 400},
        {"/rest/sql?tz=../../etc/passwd", "unknown time zone", 400},
        {"/rest/sql/any/vgid", "404 page not found", 404},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a =
            ask("POST", cases[i].path, ROOT, "select ts, i from gen.numeric where rows=1");
        if (a.status != cases[i].status || !strstr((char *)a.body.p, cases[i].in_body))
            fail_msg("%s: %d %s", cases[i].path, a.status, (char *)a.body.p);
        tl_buf_free(&a.body);
    }
}

static void faults(void **state)
{
    (void)state;
    struct answer a = sql("tdlite fault drop=1000 on=rest");
    assert_true(a.status == 200 && a.whole);
    tl_buf_free(&a.body);
    a = sql("select * from gen.mixed where rows=5000");
    assert_int_equal(a.status, 200);
    assert_false(a.whole);
    assert_in_range(a.body.n, 900, 1000);
    tl_buf_free(&a.body);
    a = sql("tdlite fault reset=0 on=rest");
    tl_buf_free(&a.body);
    a = sql("select * from gen.mixed where rows=5000");
    assert_false(a.whole);
    tl_buf_free(&a.body);
    a = sql("select * from gen.mixed where rows=5");
    assert_true(a.whole);
    tl_buf_free(&a.body);
}

static int start(void **state)
{
    char tables[512], sml[512];
    snprintf(tables, sizeof tables, "%s/golden/setup.sql", TD_TEST_DATA);
    snprintf(sml, sizeof sml, "%s/golden/schemaless/setup.sql", TD_TEST_DATA);
    const struct tl_server_opts o = {.sql = {tables, sml}};
    struct tl_server *srv = ut_server(&o);
    port = tl_server_port(srv);
    *state = srv;
    return 0;
}

static int end(void **state)
{
    tl_server_stop(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_exchanges),
        cmocka_unit_test(long_results_are_streamed),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(parameters),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, start, end);
}

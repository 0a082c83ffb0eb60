/*
 * schemaless_ut.c: golden/schemaless replayed against the SQLite engine, types, time units,
 * widening and errors that it does not show, and the HTTP routes of OpenTSDB.
 */
#include "ut_replay.h"

/* In an order in which `after` finds what it describes. */
static const char *const order[] = {"line_ns",      "line_us",  "line_ms",       "line_s",
                                    "line_m",       "line_h",   "line_ttl",      "line_table_name",
                                    "telnet",       "json",     "bad_precision", "bad_line",
                                    "bad_protocol", "bad_json", "empty",         "no_db"};

static void must(struct ut_client *c, const char *part)
{
    const char *is = ut_reply(c);
    if (!strstr(is, part)) fail_msg("%s\nhas no %s", is, part);
}

/* SHOW STABLES comes in the order of a hash there: only its size is compared. */
static void on_after(const struct ut_msg *m, void *arg)
{
    struct ut_play *p = arg;
    if (!m->sent && !m->text && p->compared == 2) {
        assert_true(ut_recv(&p->c));
        assert_int_equal(p->c.msg.n, m->bin.n);
        p->compared++;
        return;
    }
    ut_on_msg(m, arg);
}

static void recordings(void **state)
{
    char path[512], tables[512];
    long compared = 0;
    (void)state;
    snprintf(tables, sizeof tables, "%s/golden/schemaless/setup.sql", TD_TEST_DATA);
    const struct tl_server_opts o = {.version = "3.3.7.5.alpha", .sql = {tables}};
    struct tl_server *srv = ut_server(&o);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        snprintf(path, sizeof path, "%s/golden/schemaless/%s.jsonl", TD_TEST_DATA, order[i]);
        compared += ut_replay(path, tl_server_port(srv));
    }
    snprintf(path, sizeof path, "%s/golden/schemaless/after.jsonl", TD_TEST_DATA);
    struct ut_play p = {.c = ut_open(tl_server_port(srv)), .path = path};
    ut_each_msg(path, on_after, &p);
    ut_close(&p.c);
    tl_server_stop(srv);
    print_message("schemaless: 17 recordings, %ld replies equal\n", compared + p.compared);
    assert_true(compared + p.compared >= 51);
}

/* ---- what was not recorded ---- */

struct fixture {
    struct tl_server *srv;
    struct ut_client c;
};

static struct fixture begin(const char *precision)
{
    char sql[128];
    const struct tl_server_opts o = {.opentsdb = true};
    struct fixture f = {.srv = ut_server(&o)};
    f.c = ut_open(tl_server_port(f.srv));
    ut_login(&f.c);
    snprintf(sql, sizeof sql, "create database s precision '%s' keep 36500", precision);
    ut_query(&f.c, 1, sql);
    must(&f.c, "\"code\":0,");
    ut_query(&f.c, 2, "use s");
    must(&f.c, "\"code\":0,");
    return f;
}

static void end(struct fixture *f)
{
    ut_close(&f->c);
    tl_server_stop(f->srv);
}

static void insert(struct ut_client *c, int protocol, const char *precision, const char *data,
                   const char *part)
{
    cJSON *j = cJSON_CreateObject(), *args = cJSON_AddObjectToObject(j, "args");
    cJSON_AddStringToObject(j, "action", "insert");
    cJSON_AddNumberToObject(args, "req_id", 3);
    cJSON_AddNumberToObject(args, "protocol", protocol);
    cJSON_AddStringToObject(args, "precision", precision);
    cJSON_AddNumberToObject(args, "ttl", 0);
    cJSON_AddStringToObject(args, "data", data);
    char *text = cJSON_PrintUnformatted(j);
    ut_text(c, text);
    free(text);
    cJSON_Delete(j);
    must(c, part);
}

/* The last eight bytes of a one-column result. */
static int64_t number(struct ut_client *c, const char *sql)
{
    ut_query(c, 4, sql);
    const char *reply = ut_reply(c);
    if (!strstr(reply, "\"code\":0,")) fail_msg("%s: %s", sql, reply);
    const uint64_t id = strtoull(strstr(reply, "\"id\":") + 5, NULL, 10);
    ut_fetch(c, 5, id);
    assert_true(ut_recv(c));
    assert_int_equal(c->msg.p[50], 0);
    const int64_t v = (int64_t)ut_load(c->msg.p + c->msg.n - 9, 8);
    ut_fetch(c, 6, id);
    assert_true(ut_recv(c));
    return v;
}

/* Every type of the line protocol becomes the column type of libtaos. */
static void types(void **state)
{
    struct fixture f = begin("ms");
    (void)state;
    insert(&f.c, 1, "ms",
           "t,tag=a a=1,b=1.5f32,c=-7i8,d=-7i16,e=-7i32,f=-7i64,g=7u8,h=7u16,i=7u32,j=7u64,"
           "k=t,l=\"x \\\"y\\\", z\",m=L\"\xc3\xa4\",n=B\"\\\\x01ff\" 1626006833639",
           "\"affected_rows\":1,\"total_rows\":1}");
    ut_query(&f.c, 7, "select * from t");
    must(&f.c, "\"fields_types\":[9,7,6,2,3,4,5,11,12,13,14,1,8,10,16,10],");
    assert_int_equal(number(&f.c, "select count(*) from t where l='x \"y\", z' and c=-7 and k"), 1);
    insert(&f.c, 1, "ms", "t,tag=a c=300i8 1626006833640", "\"code\":12290,"); /* too large */
    insert(&f.c, 1, "ms", "t,tag=a a=1i 1626006833640", "\"code\":12290,"); /* DOUBLE is BIGINT */
    assert_int_equal(number(&f.c, "select count(*) from t"), 1);
    end(&f);
}

static void times(void **state)
{
    static const struct {
        int protocol;
        const char *precision, *data;
    } cases[] = {
        {1, "h", "t,x=1 v=1 451668"},
        {1, "m", "t,x=1 v=1 27100080"},
        {1, "s", "t,x=1 v=1 1626004800"},
        {1, "ms", "t,x=1 v=1 1626004800000"},
        {1, "u", "t,x=1 v=1 1626004800000000"},
        {1, "ns", "t,x=1 v=1 1626004800000000000"},
        {1, "us-is-unknown", "t,x=1 v=1 1626004800000000000"},
        {2, "", "t 1626004800 1 x=1"},
        {2, "ms", "t 1626004800000 1 x=1"},
        {3, "", "{\"metric\":\"t\",\"timestamp\":1626004800,\"value\":1,\"tags\":{\"x\":1}}"},
        {3, "",
         "{\"metric\":\"t\",\"timestamp\":{\"value\":1626004800,\"type\":\"s\"},"
         "\"value\":{\"value\":1,\"type\":\"double\"},\"tags\":{\"x\":\"1\"}}"},
    };
    static const char *const precisions[] = {"ms", "us", "ns"};
    int64_t unit = 1000;
    (void)state;
    for (int p = 0; p < 3; p++, unit *= 1000) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct fixture f = begin(precisions[p]);
            insert(&f.c, cases[i].protocol, cases[i].precision, cases[i].data,
                   "\"affected_rows\":1,");
            if (number(&f.c, "select _ts from t") != 1626004800 * unit)
                fail_msg("%s, %s", precisions[p], cases[i].data);
            end(&f);
        }
    }
}

/* Later lines bring new columns and tags, and longer text. */
static void growing(void **state)
{
    struct fixture f = begin("ms");
    (void)state;
    insert(&f.c, 1, "ms",
           "t,a=x v=\"1\" 1\nt,a=x w=2,v=\"longer than before\" 2\nt,b=yyyyyyyyy v=\"3\" 3",
           "\"affected_rows\":3,\"total_rows\":3}");
    assert_int_equal(number(&f.c, "select count(*) from t"), 3);
    assert_int_equal(number(&f.c, "select count(*) from t where b='yyyyyyyyy' and a is null"), 1);
    assert_int_equal(number(&f.c, "select count(*) from t where v='longer than before'"), 1);
    insert(&f.c, 1, "ms", "dotted.name,a=\\,\\ \\= v=1 1\n\n# a comment\nno_tags v=1 1",
           "\"affected_rows\":2,\"total_rows\":2}");
    assert_int_equal(number(&f.c, "select count(*) from dotted_name where a=', ='"), 1);
    assert_int_equal(number(&f.c, "select count(*) from no_tags"), 1);
    end(&f);
}

static void errors(void **state)
{
    static const struct {
        int protocol;
        const char *data, *part;
    } cases[] = {
        {1, "garbage", "\"message\":\"SML line cols is empty\""},
        {1, "m,a=b", "\"code\":12290,"},
        {1, "m,a=b v=", "\"code\":12290,"},
        {1, "m,a=b v=1x 1", "\"code\":12290,"},
        {1, "m,a=b v=1 notatime", "\"code\":12290,"},
        {1, "m,a=b v=1,v=2 1", "\"code\":12290,"},
        {1, "m,a=b v=\"open 1", "\"code\":12290,"},
        {1, "m,a=b v=1 -9000000000000000000", "\"code\":1547,"}, /* outside of KEEP */
        {2, "m 12 1 a=b", "\"code\":12290,"},
        {2, "m 1626004800 1", "\"code\":12290,"},
        {2, "m 1626004800", "\"code\":12290,"},
        {3, "[]", "\"code\":545,"},
        {3, "{\"metric\":\"m\"}", "\"code\":545,"},
        {3, "{\"metric\":1,\"timestamp\":1,\"value\":1,\"tags\":{\"a\":\"b\"}}", "\"code\":545,"},
        {0, "m,a=b v=1 1", "\"code\":12288,"},
    };
    struct fixture f = begin("ns");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        insert(&f.c, cases[i].protocol, "", cases[i].data, cases[i].part);
    end(&f);
}

/* The status of a POST; the answer's body goes to `out`. */
static int post(int port, const char *path, const char *body, char *out, size_t cap)
{
    char head[512];
    size_t n = 0;
    const int fd = ut_connect(port);
    const int len = snprintf(head, sizeof head,
                             "POST %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                             "Authorization: Basic cm9vdDp0YW9zZGF0YQ==\r\n"
                             "Content-Length: %zu\r\n\r\n",
                             path, strlen(body));
    ut_write(fd, head, (size_t)len);
    ut_write(fd, body, strlen(body));
    while (n + 1 < cap) {
        const ssize_t got = recv(fd, out + n, cap - 1 - n, 0);
        if (got <= 0) break;
        n += (size_t)got;
        out[n] = 0;
        if (strstr(out, "\r\n\r\n") && (atoi(out + 9) == 204 || out[n - 1] == '}')) break;
    }
    close(fd);
    return atoi(out + 9);
}

static void opentsdb(void **state)
{
    char out[2048];
    struct fixture f = begin("ms");
    const int port = tl_server_port(f.srv);
    (void)state;
    assert_int_equal(post(port, "/opentsdb/v1/put/json/s",
                          "{\"metric\":\"j\",\"timestamp\":1626006833,\"value\":1.5,\"tags\":{"
                          "\"host\":\"h1\"}}",
                          out, sizeof out),
                     204);
    assert_int_equal(
        post(port, "/opentsdb/v1/put/telnet/s", "t 1626006833639 1.5 host=h1", out, sizeof out),
        204);
    assert_int_equal(number(&f.c, "select count(*) from j"), 1);
    assert_int_equal(number(&f.c, "select count(*) from t"), 1);
    assert_int_equal(post(port, "/opentsdb/v1/put/json/s", "{bad", out, sizeof out), 500);
    assert_non_null(strstr(out, "{\"code\":500,\"message\":\"[0x221] Invalid JSON format\"}"));
    assert_int_equal(post(port, "/influxdb/v1/write", "a b=1 1", out, sizeof out), 400);
    assert_int_equal(
        post(port, "/influxdb/v1/write?db=s&precision=s", "i,a=b v=1 1626006833", out, sizeof out),
        204);
    assert_int_equal(number(&f.c, "select _ts from i"), 1626006833000);
    end(&f);
}

/* Damaged texts of all three protocols: each gets an answer, and the server lives on. */
static void damaged(void **state)
{
    static const char line[] =
        "t,tag=a\\ b a=1,b=1.5f32,c=-7i8,l=\"x \\\"y\\\", z\",m=L\"\xc3\xa4\",k=t 1626006833639";
    static const char telnet[] = "t 1626006833639 1.5 host=h1 site=a";
    static const char json[] =
        "[{\"metric\":\"t\",\"timestamp\":{\"value\":1626006833640,\"type\":\"ms\"},\"value\":{"
        "\"value\":2.5,\"type\":\"double\"},\"tags\":{\"host\":\"h2\",\"n\":6}}]";
    static const char *const texts[] = {line, telnet, json};
    static const char bytes[] = "\\\",= \nLBG{}[]:0e.i\x01\xff";
    struct fixture f = begin("ms");
    uint32_t x = 1;
    (void)state;
    for (int i = 0; i < 1500; i++) {
        char text[256];
        const int protocol = i % 3;
        const size_t n = strlen(strcpy(text, texts[protocol]));
        for (int k = 0; k < 1 + i % 3; k++) {
            x = x * 1664525u + 1013904223u;
            text[(x >> 8) % n] = bytes[(x >> 24) % (sizeof bytes - 1)];
        }
        insert(&f.c, protocol + 1, "ms", text, "\"action\":\"insert\"");
    }
    insert(&f.c, 1, "ms", "alive,a=b v=1 1", "\"code\":0,");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings), cmocka_unit_test(types),  cmocka_unit_test(times),
        cmocka_unit_test(growing),    cmocka_unit_test(errors), cmocka_unit_test(opentsdb),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

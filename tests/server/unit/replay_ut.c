/*
 * replay_ut.c: plays the client's side of recordings against the server and compares each reply
 * with the recorded one: text as text, binary byte for byte, only the timing apart.
 */
#include "ut_replay.h"

struct run {
    int port;
    long files, compared;
};

static void on_file(const char *path, void *arg)
{
    struct run *r = arg;
    r->files++;
    r->compared += ut_replay(path, r->port);
}

static void replay(const char *dir, struct run *total)
{
    char script[512];
    snprintf(script, sizeof script, "%s/golden/%s", TD_TEST_DATA, dir);
    const struct tl_server_opts o = {.version = "3.3.7.5.alpha", .script = script};
    struct tl_server *srv = ut_server(&o);
    struct run r = {.port = tl_server_port(srv)};
    ut_each_file(dir, ".jsonl", on_file, &r);
    tl_server_stop(srv);
    total->files += r.files;
    total->compared += r.compared;
}

/* Login, errors of every kind, options, handles, the old fetch pair. */
static void connections(void **state)
{
    struct run total = {0};
    (void)state;
    replay("conn", &total);
    print_message("conn: %ld recordings, %ld replies equal\n", total.files, total.compared);
    assert_true(total.files >= 16 && total.compared >= 60);
}

static void statements(void **state)
{
    static const char *const dirs[] = {"query/ms", "query/us", "query/ns", "query/tz_shanghai",
                                       "random",   "catalog",  "error"};
    struct run total = {0};
    (void)state;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        replay(dirs[i], &total);
    print_message("statements: %ld recordings, %ld replies equal\n", total.files, total.compared);
    assert_true(total.files >= 127 && total.compared >= 500);
}

/* The same recordings answered by the SQLite engine, with the tables they were made on. bi_mode
   lists databases and rows that other recordings had made meanwhile. */
static void on_conn_file(const char *path, void *arg)
{
    if (!strstr(path, "bi_mode")) on_file(path, arg);
}

static void connections_on_sqlite(void **state)
{
    char tables[512];
    (void)state;
    snprintf(tables, sizeof tables, "%s/golden/setup.sql", TD_TEST_DATA);
    const struct tl_server_opts o = {.version = "3.3.7.5.alpha", .sql = {tables}};
    struct tl_server *srv = ut_server(&o);
    struct run r = {.port = tl_server_port(srv)};
    ut_each_file("conn", ".jsonl", on_conn_file, &r);
    tl_server_stop(srv);
    print_message("conn on SQLite: %ld recordings, %ld replies equal\n", r.files, r.compared);
    assert_true(r.files >= 15 && r.compared >= 65);
}

/* What a driver does differently from a recording: JSON query, other ids, prefetch, early free. */
static void other_order(void **state)
{
    char script[512];
    (void)state;
    snprintf(script, sizeof script, "%s/golden/catalog", TD_TEST_DATA);
    const struct tl_server_opts o = {.script = script};
    struct tl_server *srv = ut_server(&o);
    struct ut_client c = ut_open(tl_server_port(srv));
    ut_login(&c);
    ut_text(&c, "{\"args\":{\"sql\":\" select ts,current,voltage,phase from g_meters.d1001\\n\","
                "\"req_id\":10},\"action\":\"query\"}");
    assert_non_null(strstr(ut_reply(&c), "\"action\":\"query\",\"req_id\":10,"));
    ut_fetch(&c, 20, 1); /* one fetch ahead */
    ut_fetch(&c, 21, 1);
    ut_query(&c, 11, "select 'never recorded'");
    for (uint64_t id = 20; id < 22; id++) {
        assert_true(ut_recv(&c));
        assert_int_equal(ut_load(c.msg.p + 26, 8), id);
        assert_int_equal(c.msg.p[50], 0); /* a block follows */
    }
    assert_non_null(strstr(ut_reply(&c), "{\"code\":9728,"));
    ut_text(&c, "{\"action\":\"free_result\",\"args\":{\"req_id\":13,\"id\":1}}");
    ut_fetch(&c, 14, 1);
    assert_true(ut_recv(&c));
    assert_int_equal(ut_load(c.msg.p + 34, 4), 0xFFFF); /* "result is nil": it was freed */
    ut_close(&c);
    tl_server_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections),
        cmocka_unit_test(connections_on_sqlite),
        cmocka_unit_test(statements),
        cmocka_unit_test(other_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

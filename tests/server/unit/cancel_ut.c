/*
 * cancel_ut.c: KILL QUERY against requests that wait: as golden/cancel records it, for statements,
 * prepared statements and fetches.
 */
#include "ut_replay.h"

static void must(struct ut_client *c, const char *part)
{
    const char *is = ut_reply(c);
    if (!strstr(is, part)) fail_msg("%s\nhas no %s", is, part);
}

/* The kill id of a query, "" when perf_queries has no row for it. */
static void kill_id(struct ut_client *c, uint64_t query_id, char out[32])
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "select kill_id from performance_schema.perf_queries where query_id=%llu",
             (unsigned long long)query_id);
    ut_query(c, 40, sql);
    must(c, "\"fields_names\":[\"kill_id\"],\"fields_types\":[8],\"fields_lengths\":[26],");
    const uint64_t id = strtoull(strstr((const char *)c->msg.p, "\"id\":") + 5, NULL, 10);
    ut_fetch(c, 41, id);
    assert_true(ut_recv(c));
    out[0] = 0;
    if (c->msg.p[50]) return;
    const uint8_t *cell = c->msg.p + 55 + 28 + 9 + 4; /* one column, one row (protocol.md 3.4) */
    snprintf(out, 32, "%.*s", (int)ut_load(cell, 2), (const char *)cell + 2);
    ut_fetch(c, 42, id);
    assert_true(ut_recv(c));
}

static void kill_query(struct ut_client *c, const char *id, const char *part)
{
    char sql[80];
    snprintf(sql, sizeof sql, "kill query '%s'", id);
    ut_query(c, 50, sql);
    must(c, part);
}

static struct tl_server *begin(const struct tl_server_opts *o, struct ut_client *a,
                               struct ut_client *b)
{
    struct tl_server *srv = ut_server(o);
    *a = ut_open(tl_server_port(srv));
    *b = ut_open(tl_server_port(srv));
    ut_login(a);
    ut_login(b);
    return srv;
}

static void end(struct tl_server *srv, struct ut_client *a, struct ut_client *b)
{
    ut_close(a);
    ut_close(b);
    tl_server_stop(srv);
}

/* The request id lies above 2^63, as those of taos-ws-py do. */
static void statement(void **state)
{
    struct ut_client a, b;
    char id[32];
    const uint64_t req_id = 9720412509388537859u;
    const struct tl_server_opts o = {0};
    struct tl_server *srv = begin(&o, &a, &b);
    (void)state;
    ut_query(&a, req_id, "select * from gen.sleep where ms=60000");
    for (int i = 0; i < 50; i++) { /* both connections are read in turn */
        kill_id(&b, req_id, id);
        if (*id) break;
        usleep(10000);
    }
    assert_string_not_equal(id, "");
    kill_query(&b, id, "{\"code\":0,\"message\":\"\",\"action\":\"binary_query\"");
    must(&a, "{\"code\":557,\"message\":\"Query killed\",\"action\":\"binary_query\",\"req_id\":"
             "9720412509388537859,");
    kill_id(&b, req_id, id);
    assert_string_equal(id, ""); /* it is off the list */
    kill_query(&b, "deadbeef:1", "{\"code\":782,\"message\":\"Invalid connection id\",");
    ut_query(&a, 5, "select 1"); /* the connection lives on */
    must(&a, "\"code\":0,");
    ut_query(&a, 6, "select i from gen.sleep where ms=1"); /* nobody kills it */
    must(&a, "\"fields_names\":[\"i\"]");
    end(srv, &a, &b);
}

static void wait_listed(struct ut_client *b, uint64_t query, char id[32])
{
    *id = 0;
    for (int i = 0; i < 100 && !*id; i++) {
        usleep(10000);
        kill_id(b, query, id);
    }
    assert_string_not_equal(id, "");
}

/* A fetch is found under the request id of its query; its result ends with it. */
static void fetch(void **state)
{
    struct ut_client a, b;
    char id[32];
    const struct tl_server_opts o = {.fault = {"delay=60000 on=fetch_raw_block"}};
    struct tl_server *srv = begin(&o, &a, &b);
    (void)state;
    ut_query(&a, 7001, "select * from gen.numeric");
    must(&a, "\"id\":1,");
    ut_fetch(&a, 7002, 1);
    wait_listed(&b, 7001, id);
    kill_query(&b, id, "\"code\":0,");
    assert_true(ut_recv(&a));
    assert_int_equal(ut_load(a.msg.p + 26, 8), 7002);
    assert_int_equal(ut_load(a.msg.p + 34, 4), 0x022D);
    ut_fetch(&a, 7003, 1);
    assert_true(ut_recv(&a));
    assert_int_equal(ut_load(a.msg.p + 34, 4), 0xFFFF); /* result is nil */
    end(srv, &a, &b);
}

static void prepared(void **state)
{
    struct ut_client a, b;
    char id[32];
    const struct tl_server_opts o = {.fault = {"delay=60000 on=stmt2_exec"}};
    struct tl_server *srv = begin(&o, &a, &b);
    (void)state;
    ut_text(&a, "{\"action\":\"stmt2_init\",\"args\":{\"req_id\":1}}");
    must(&a, "\"stmt_id\":1}");
    ut_text(&a, "{\"action\":\"stmt2_exec\",\"args\":{\"req_id\":7010,\"stmt_id\":1}}");
    wait_listed(&b, 7010, id);
    kill_query(&b, id, "\"code\":0,");
    must(&a, "{\"code\":557,\"message\":\"Query killed\",\"action\":\"stmt2_exec\"");
    assert_non_null(strstr((const char *)a.msg.p, "\"stmt_id\":1}"));
    end(srv, &a, &b);
}

/* The real server lists a query with its next heartbeat. */
static void heartbeat(void **state)
{
    struct ut_client a, b;
    char id[32];
    const struct tl_server_opts o = {.heartbeat_ms = 300};
    struct tl_server *srv = begin(&o, &a, &b);
    (void)state;
    ut_query(&a, 7020, "select * from gen.sleep where ms=60000");
    usleep(50000);
    kill_id(&b, 7020, id);
    assert_string_equal(id, "");
    wait_listed(&b, 7020, id);
    kill_query(&b, id, "\"code\":0,");
    must(&a, "{\"code\":557,");
    end(srv, &a, &b);
}

/* A client that leaves takes its waiting requests with it. */
static void client_leaves(void **state)
{
    struct ut_client a, b;
    char id[32];
    const struct tl_server_opts o = {0};
    struct tl_server *srv = begin(&o, &a, &b);
    (void)state;
    ut_query(&a, 7030, "select * from gen.sleep where ms=60000");
    wait_listed(&b, 7030, id);
    ut_close(&a);
    for (int i = 0; i < 100 && *id; i++) {
        usleep(10000);
        kill_id(&b, 7030, id);
    }
    assert_string_equal(id, "");
    ut_close(&b);
    tl_server_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statement), cmocka_unit_test(fetch),         cmocka_unit_test(prepared),
        cmocka_unit_test(heartbeat), cmocka_unit_test(client_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

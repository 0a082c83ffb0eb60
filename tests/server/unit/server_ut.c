/*
 * server_ut.c: what recordings do not show: ids of 64 bits, requests out of order, Pings and the
 * read time-out, fragments, and every fault of fault.h, against an embedded server.
 */
#include "ut_client.h"

#include <time.h>

#define NUMERIC "select * from gen.numeric where rows=100 and block=10"

struct fixture {
    struct tl_server *srv;
    struct ut_client c;
};

static struct fixture start(const struct tl_server_opts *o)
{
    struct fixture f = {.srv = ut_server(o)};
    f.c = ut_open(tl_server_port(f.srv));
    ut_login(&f.c);
    return f;
}

static void stop(struct fixture *f)
{
    ut_close(&f->c);
    tl_server_stop(f->srv);
}

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Sends the statement and expects success. */
static void must(struct ut_client *c, const char *sql)
{
    ut_query(c, 99, sql);
    const char *r = ut_reply(c);
    if (!strstr(r, "\"code\":0,")) fail_msg("%s: %s", sql, r);
}

static void ids_of_64_bits(void **state)
{
    static const char *const ids[] = {"18446744073709551615", "9720412509372284929",
                                      "9007199254740993", "0", "1"};
    const struct tl_server_opts o = {0};
    struct fixture f = start(&o);
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[256], want[64];
        snprintf(want, sizeof want, "\"req_id\":%s,", ids[i]);
        snprintf(text, sizeof text,
                 "{ \"args\" : { \"x\" : { \"req_id\": 7 }, \"s\": \"\\\"req_id\\\": 8\", "
                 "\"req_id\" : %s"
                 " } , \"req_id\": 9, \"action\" : \"version\" }",
                 ids[i]);
        ut_text(&f.c, text);
        assert_non_null(strstr(ut_reply(&f.c), want));
        ut_query(&f.c, strtoull(ids[i], NULL, 10), NUMERIC);
        assert_non_null(strstr(ut_reply(&f.c), want));
        ut_fetch(&f.c, strtoull(ids[i], NULL, 10), i + 1);
        assert_true(ut_recv(&f.c));
        assert_int_equal(ut_load(f.c.msg.p + 26, 8), strtoull(ids[i], NULL, 10));
    }
    stop(&f);
}

/* Actions that no recording holds, and requests that are wrong. */
static void other_actions(void **state)
{
    static const struct {
        const char *ask, *reply; /* NULL = none comes */
    } cases[] = {
        {"{\"action\":\"num_fields\",\"args\":{\"req_id\":2,\"result_id\":1}}",
         "{\"code\":0,\"message\":\"\",\"action\":\"num_fields\",\"req_id\":2,*,\"num_fields\":3}"},
        {"{\"action\":\"num_fields\",\"args\":{\"req_id\":2,\"result_id\":9}}",
         "{\"code\":65535,\"message\":\"result is nil\",\"action\":\"num_fields\",\"req_id\":2,*}"},
        {"{\"action\":\"fetch_block\",\"args\":{\"req_id\":3,\"id\":1}}",
         "{\"code\":65535,\"message\":\"block is nil\",\"action\":\"fetch_block\",\"req_id\":3,*}"},
        {"{\"action\":\"free_result\",\"args\":{\"req_id\":4,\"id\":1}}", NULL},
        {"{\"action\":\"free_result\",\"args\":{\"req_id\":4,\"id\":77}}", NULL},
        {"{\"action\":\"fetch\",\"args\":{\"req_id\":5,\"id\":1}}",
         "{\"code\":65535,\"message\":\"result is nil\",\"action\":\"fetch\",\"req_id\":5,*}"},
        {"{\"action\":\"fetch\",\"args\":[1]}", "{\"code\":65535,\"message\":\"unmarshal request "
                                                "error\",\"action\":\"fetch\",\"req_id\":0,*}"},
        {"{\"action\":7}",
         "{\"code\":65535,\"message\":\"unmarshal request error\",\"action\":\"\",\"req_id\":0,*}"},
        {"[]",
         "{\"code\":65535,\"message\":\"unmarshal request error\",\"action\":\"\",\"req_id\":0,*}"},
        {"{\"action\":\"query\",\"args\":{\"req_id\":6,\"sql\":\"\"}}",
         "{\"code\":65535,\"message\":\"syntax error near "
         "''\",\"action\":\"query\",\"req_id\":6,*}"},
        {"{\"action\":\"conn\",\"args\":{\"req_id\":7,\"user\":\"root\",\"password\":\"taosdata\","
         "\"mode\":1}}",
         "{\"code\":65535,\"message\":\"duplicate "
         "connections\",\"action\":\"conn\",\"req_id\":7,*}"},
        {"{\"action\":\"options_connection\",\"args\":{\"req_id\":8,\"options\":[{\"option\":9,"
         "\"value\":null}]}}",
         "{\"code\":280,\"message\":\"Invalid parameters\",\"action\":\"options_connection\","
         "\"req_id\":8,*}"},
        {"{\"action\":\"a \\\"quoted\\\" one\",\"args\":{\"req_id\":9}}",
         "{\"code\":65535,\"message\":\"unknown action a \\\"quoted\\\" one\",\"action\":"
         "\"a \\\"quoted\\\" one\",\"req_id\":9,*}"},
    };
    const struct tl_server_opts o = {0};
    struct fixture f = start(&o);
    (void)state;
    must(&f.c, NUMERIC);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ut_text(&f.c, cases[i].ask);
        if (!cases[i].reply) continue; /* the next case would meet a stray answer */
        char *is = strdup(ut_reply(&f.c));
        char *from = strstr(is, "\"timing\":");
        assert_non_null(from);
        const size_t skip = 9 + strspn(from + 9, "0123456789");
        *from = '*';
        memmove(from + 1, from + skip, strlen(from + skip) + 1);
        if (strcmp(is, cases[i].reply) != 0) fail_msg("is   %s\nmust %s", is, cases[i].reply);
        free(is);
    }
    stop(&f);
}

/* A delayed request does not hold up the others of its connection. */
static void out_of_order(void **state)
{
    const struct tl_server_opts o = {.fault = {"delay=1000 on=query after=1"}};
    struct fixture f = start(&o);
    (void)state;
    must(&f.c, NUMERIC);
    const int64_t from = now_ms();
    ut_query(&f.c, 1, NUMERIC);
    ut_query(&f.c, 2, NUMERIC);
    ut_fetch(&f.c, 3, 1);
    assert_non_null(strstr(ut_reply(&f.c), "\"req_id\":2,"));
    assert_true(ut_recv(&f.c));
    assert_int_equal(ut_load(f.c.msg.p + 26, 8), 3);
    assert_true(now_ms() - from < 900);
    assert_non_null(strstr(ut_reply(&f.c), "\"req_id\":1,"));
    assert_true(now_ms() - from >= 1000);
    stop(&f);
}

static void shuffled(void **state)
{
    const struct tl_server_opts o = {.shuffle_ms = 30};
    struct fixture f = start(&o);
    bool seen[50] = {false}, disordered = false;
    uint64_t last = 0;
    (void)state;
    for (uint64_t i = 0; i < 50; i++)
        ut_query(&f.c, 100 + i, NUMERIC);
    for (int i = 0; i < 50; i++) {
        const uint64_t id = strtoull(strstr(ut_reply(&f.c), "\"req_id\":") + 9, NULL, 10);
        assert_in_range(id, 100, 149);
        assert_false(seen[id - 100]);
        seen[id - 100] = true;
        disordered = disordered || id < last;
        last = id;
    }
    assert_true(disordered);
    stop(&f);
}

/* Closing with delayed requests and open results frees them all (ASan watches). */
static void closed_in_the_middle(void **state)
{
    const struct tl_server_opts o = {.fault = {"delay=5000 on=fetch times=always"}};
    struct fixture f = start(&o);
    (void)state;
    must(&f.c, NUMERIC);
    for (uint64_t i = 0; i < 5; i++)
        ut_fetch(&f.c, i, 1);
    must(&f.c, NUMERIC);
    stop(&f);
}

static void pings_and_read_timeout(void **state)
{
    const struct tl_server_opts o = {.ping_ms = 40, .read_timeout_ms = 500};
    struct fixture f = start(&o);
    struct pollfd p = {.fd = f.c.fd, .events = POLLIN};
    const int64_t from = now_ms();
    (void)state;
    /* Pongs keep the connection */
    while (now_ms() - from < 1100) {
        uint8_t h[3];
        if (poll(&p, 1, 20) == 0) continue;
        assert_true(ut_read(f.c.fd, h, 2));
        assert_int_equal(h[0], 0x89);
        assert_int_equal(h[1], f.c.pings & 1); /* every second one is empty, as the adapter's are */
        assert_true(ut_read(f.c.fd, h + 2, h[1]));
        f.c.pings++;
        ut_frame(&f.c, 0x8A, h + 2, h[1]);
    }
    assert_in_range(f.c.pings, 4, 30);
    must(&f.c, NUMERIC);
    /* without them it is dropped, and a client's Ping does not count */
    f.c.no_pong = true;
    const int64_t silent = now_ms();
    ut_frame(&f.c, 0x89, "x", 1);
    while (ut_recv(&f.c))
        assert_int_equal(f.c.opcode, 10);
    assert_in_range(now_ms() - silent, 400, 4500);
    stop(&f);
}

static void fragments_and_large_messages(void **state)
{
    const struct tl_server_opts o = {0};
    struct fixture f = start(&o);
    static const char head[] = "{\"action\":\"query\",\"args\":{\"req_id\":5,\"sql\":\"select * ";
    static const char tail[] = " from gen.numeric\"}}";
    struct tl_buf b = {0};
    (void)state;
    ut_frame(&f.c, 0x01, head, sizeof head - 1);
    ut_frame(&f.c, 0x89, "between", 7);
    ut_frame(&f.c, 0x80, tail, sizeof tail - 1);
    assert_true(ut_recv(&f.c)); /* the Pong */
    assert_int_equal(f.c.opcode, 10);
    assert_non_null(strstr(ut_reply(&f.c), "{\"code\":0,"));
    assert_true(tl_buf_put(&b, head, sizeof head - 1));
    for (int i = 0; i < 900000; i++)
        tl_buf_u8(&b, ' ');
    assert_true(tl_buf_put(&b, tail, sizeof tail - 1));
    ut_frame(&f.c, 0x81, b.p, b.n);
    assert_non_null(strstr(ut_reply(&f.c), "{\"code\":0,"));
    tl_buf_free(&b);
    ut_query(&f.c, 6, "select * from gen.cols('b blob(4000000)') where rows=4 and seed=3");
    assert_non_null(strstr(ut_reply(&f.c), "{\"code\":0,"));
    ut_fetch(&f.c, 7, 3);
    assert_true(ut_recv(&f.c));
    assert_true(f.c.msg.n > 1000000);
    assert_int_equal(ut_load(f.c.msg.p + 51, 4), f.c.msg.n - 55);
    stop(&f);
}

static void paths(void **state)
{
    const struct tl_server_opts o = {0};
    struct tl_server *srv = ut_server(&o);
    struct ut_client c;
    (void)state;
    assert_int_equal(ut_upgrade(&c, tl_server_port(srv), "/nosuch"), 404);
    ut_close(&c);
    assert_int_equal(ut_upgrade(&c, tl_server_port(srv), "/ws?token=abc"), 101);
    ut_close(&c);
    tl_server_stop(srv);
}

static void two_servers(void **state)
{
    const struct tl_server_opts o = {0};
    struct fixture a = start(&o), b = start(&o);
    (void)state;
    assert_int_not_equal(tl_server_port(a.srv), tl_server_port(b.srv));
    must(&a.c, NUMERIC);
    stop(&a);
    must(&b.c, NUMERIC);
    stop(&b);
}

/* ---- faults ---- */

/* A server where the second fetch of result 1 meets the fault; the first block has come. */
static struct fixture faulty(const char *spec)
{
    char sql[256];
    const struct tl_server_opts o = {.ping_ms = 30};
    struct fixture f = start(&o);
    snprintf(sql, sizeof sql, "tdlite fault %s on=fetch after=1", spec);
    must(&f.c, NUMERIC);
    must(&f.c, sql);
    ut_fetch(&f.c, 50, 1);
    assert_true(ut_recv(&f.c));
    assert_int_equal(f.c.msg.p[50], 0);
    return f;
}

/* The connection works: another block comes as it should. */
static void still_works(struct fixture *f)
{
    ut_fetch(&f->c, 60, 1);
    assert_true(ut_recv(&f->c));
    assert_int_equal(ut_load(f->c.msg.p + 26, 8), 60);
}

enum { BLOCK_REPLY = 55 + 28 + 27 + 2 + 80 + 2 + 40 + 2 + 80 + 1, FRAME_HEAD = 4 };

static void fault_drop_and_reset(void **state)
{
    static const struct {
        const char *spec;
        size_t bytes;
        bool reset;
    } cases[] = {
        {"drop=0", 0, false}, {"drop=1", 1, false},     {"drop=100", 100, false},
        {"reset=0", 0, true}, {"reset=100", 100, true}, {"drop=316", 316, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = faulty(cases[i].spec);
        uint8_t buf[1024];
        size_t got = 0;
        ssize_t n = 0;
        f.c.pings = 0;
        ut_fetch(&f.c, 51, 1);
        while ((n = recv(f.c.fd, buf + got, sizeof buf - got, 0)) > 0) {
            got += (size_t)n;
            while (got >= 2 && buf[0] == 0x89) { /* Pings that came before */
                got -= 2u + buf[1];
                memmove(buf, buf + 2 + buf[1], got);
            }
        }
        assert_int_equal(got, cases[i].bytes);
        if (cases[i].reset)
            assert_true(n < 0 && errno == ECONNRESET);
        else
            assert_int_equal(n, 0);
        stop(&f);
    }
}

static void fault_half_open(void **state)
{
    struct fixture f = faulty("half_open");
    struct pollfd p = {.fd = f.c.fd, .events = POLLIN};
    uint8_t buf[64];
    (void)state;
    ut_fetch(&f.c, 51, 1);
    usleep(100000);
    while (recv(f.c.fd, buf, sizeof buf, MSG_DONTWAIT) > 0) /* Pings from before */
        ;
    ut_fetch(&f.c, 52, 1);
    assert_int_equal(poll(&p, 1, 200), 0); /* no answer, no Ping, no end of stream */
    stop(&f);
}

static void fault_garbage(void **state)
{
    struct fixture f = faulty("garbage");
    (void)state;
    ut_fetch(&f.c, 51, 1);
    ut_recv(&f.c);
    assert_int_equal(f.c.first, 0xFF);
    stop(&f);
}

static void fault_text_and_truncate(void **state)
{
    struct fixture f = faulty("text");
    (void)state;
    ut_fetch(&f.c, 51, 1);
    assert_null(cJSON_Parse(ut_reply(&f.c)));
    still_works(&f);
    stop(&f);
    f = faulty("truncate=60");
    ut_fetch(&f.c, 51, 1);
    assert_true(ut_recv(&f.c));
    assert_int_equal(f.c.msg.n, 60);
    still_works(&f);
    stop(&f);
}

static void fault_damaged_blocks(void **state)
{
    struct fixture f = faulty("shorten=100");
    (void)state;
    ut_fetch(&f.c, 51, 1);
    assert_true(ut_recv(&f.c));
    assert_int_equal(f.c.msg.n, 155);
    assert_int_equal(ut_load(f.c.msg.p + 51, 4), 100);
    assert_int_equal(ut_load(f.c.msg.p + 59, 4), BLOCK_REPLY - 55);
    still_works(&f);
    struct tl_buf whole = {0};
    tl_buf_put(&whole, f.c.msg.p, f.c.msg.n);
    stop(&f);
    f = faulty("corrupt=7");
    ut_fetch(&f.c, 51, 1);
    assert_true(ut_recv(&f.c));
    assert_int_equal(f.c.msg.n, whole.n);
    assert_memory_not_equal(f.c.msg.p + 55, whole.p + 55, whole.n - 55);
    still_works(&f);
    stop(&f);
    tl_buf_free(&whole);
}

static void fault_drip(void **state)
{
    struct fixture f = faulty("drip=1000");
    (void)state;
    const int64_t from = now_ms();
    ut_fetch(&f.c, 51, 1);
    usleep(50000);
    ut_frame(&f.c, 0x89, "x", 1); /* its Pong must not land inside of the frame */
    assert_true(ut_recv(&f.c));
    assert_int_equal(f.c.msg.n, BLOCK_REPLY);
    assert_int_equal(ut_load(f.c.msg.p + 26, 8), 51);
    assert_in_range(now_ms() - from, 200, 4000);
    assert_true(ut_recv(&f.c));
    assert_int_equal(f.c.opcode, 10);
    still_works(&f);
    stop(&f);
}

static void fault_fragment(void **state)
{
    struct fixture f = faulty("fragment=100");
    size_t total = 0;
    int frames = 0;
    (void)state;
    ut_fetch(&f.c, 51, 1);
    do {
        assert_true(ut_recv(&f.c));
        assert_int_equal(f.c.opcode, frames ? 0 : 2);
        assert_true(f.c.msg.n <= 100);
        total += f.c.msg.n;
        frames++;
    } while (!f.c.fin);
    assert_int_equal(total, BLOCK_REPLY);
    assert_int_equal(frames, (BLOCK_REPLY + 99) / 100);
    still_works(&f);
    stop(&f);
}

static void fault_ids_and_silence(void **state)
{
    struct fixture f = faulty("wrong_id");
    (void)state;
    ut_fetch(&f.c, 51, 1);
    assert_true(ut_recv(&f.c));
    assert_int_not_equal(ut_load(f.c.msg.p + 26, 8), 51);
    still_works(&f);
    stop(&f);
    f = faulty("no_reply");
    ut_fetch(&f.c, 51, 1);
    still_works(&f);
    stop(&f);
    f = faulty("no_ping");
    ut_fetch(&f.c, 51, 1);
    assert_true(ut_recv(&f.c));
    struct pollfd p = {.fd = f.c.fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 200), 0);
    still_works(&f);
    stop(&f);
}

static void fault_counting(void **state)
{
    const struct tl_server_opts o = {.fault = {"wrong_id on=version after=1 times=2"}};
    static const bool right[5] = {true, false, false, true, true};
    struct fixture f = start(&o);
    (void)state;
    for (int i = 0; i < 5; i++) {
        ut_text(&f.c, "{\"action\":\"version\",\"args\":{\"req_id\":5}}");
        assert_int_equal(strstr(ut_reply(&f.c), "\"req_id\":5,") != NULL, right[i]);
    }
    must(&f.c, "tdlite fault wrong_id on=version times=always");
    must(&f.c, "tdlite fault clear");
    ut_text(&f.c, "{\"action\":\"version\",\"args\":{\"req_id\":5}}");
    assert_non_null(strstr(ut_reply(&f.c), "\"req_id\":5,"));
    static const char *const bad[] = {
        "tdlite fault nosuch",      "tdlite fault delay",           "tdlite fault delay=x",
        "tdlite fault drop=-1",     "tdlite fault garbage=1",       "tdlite fault delay=1 on",
        "tdlite fault delay=1 x=1", "tdlite fault delay=1 times=x", "tdlite fault  ",
        "tdlite nonsense",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ut_query(&f.c, 1, bad[i]);
        if (strstr(ut_reply(&f.c), "{\"code\":0,")) fail_msg("accepted: %s", bad[i]);
    }
    stop(&f);
}

static void refuses_to_start(void **state)
{
    static const struct tl_server_opts bad[] = {
        {.script = "/nonexistent"},
        {.fault = {"nosuch"}},
        {.sql = {"/nonexistent.sql"}},
        {.cert = "/nonexistent", .key = "/nonexistent"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tl_error err;
        assert_null(tl_server_start(&bad[i], &err));
        assert_int_not_equal(err.code, 0);
        assert_true(strlen(err.msg) > 0);
    }
    const struct tl_server_opts o = {0};
    struct tl_server *srv = ut_server(&o);
    const struct tl_server_opts taken = {.port = tl_server_port(srv)};
    struct tl_error err;
    assert_null(tl_server_start(&taken, &err));
    tl_server_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_64_bits),
        cmocka_unit_test(other_actions),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(shuffled),
        cmocka_unit_test(closed_in_the_middle),
        cmocka_unit_test(pings_and_read_timeout),
        cmocka_unit_test(fragments_and_large_messages),
        cmocka_unit_test(paths),
        cmocka_unit_test(two_servers),
        cmocka_unit_test(fault_drop_and_reset),
        cmocka_unit_test(fault_half_open),
        cmocka_unit_test(fault_garbage),
        cmocka_unit_test(fault_text_and_truncate),
        cmocka_unit_test(fault_damaged_blocks),
        cmocka_unit_test(fault_drip),
        cmocka_unit_test(fault_fragment),
        cmocka_unit_test(fault_ids_and_silence),
        cmocka_unit_test(fault_counting),
        cmocka_unit_test(refuses_to_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

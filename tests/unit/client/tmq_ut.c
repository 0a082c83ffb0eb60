/* Subscriptions over a transport without a network: what is asked of the server, what is committed
   and when, interrupted polls, lost connections. Replies are those of golden/tmq. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/tmq.h"
#include "golden.h"
#include "wire/json.h"

#include "fake_transport.inc.h"

/* ---- a small server ---- */

static struct {
    struct golden_msg *data; /* a fetch_raw_data reply */
    int messages;            /* still to be given */
    int given;
    bool hold_poll, hold_fetch;
    const char *error; /* "action\":code" that is answered with an error */
    uint64_t held;
    int polls, commits; /* commits: atomic, the timer commits too */
    char subscribe[2000], last[500];
    char blocking[32];
} srv;

static void send_data(uint64_t id)
{
    struct golden_msg *m = srv.data;

    td_st64(m->p + 26, id);
    fake_reply(m->p, m->n, false);
}

static void send_poll(uint64_t id)
{
    char z[400];
    const bool have = srv.messages > 0;

    if (have) srv.messages--, srv.given++;
    snprintf(z, sizeof z,
             "{\"code\":0,\"message\":\"\",\"action\":\"poll\",\"req_id\":%llu,\"timing\":1,"
             "\"have_message\":%s,\"topic\":\"t\",\"database\":\"d\",\"vgroup_id\":134,"
             "\"message_type\":%d,\"message_id\":%d,\"offset\":%d}",
             (unsigned long long)id, have ? "true" : "false", have ? 1 : 0, have ? srv.given : 0,
             have ? 10 * srv.given : 0);
    fake_text(z);
}

static void send_plain(uint64_t id, const char *more)
{
    char z[400];

    snprintf(z, sizeof z, "{\"code\":0,\"message\":\"\",\"req_id\":%llu,\"timing\":1%s}",
             (unsigned long long)id, more);
    fake_text(z);
}

static bool is(const char *p, const char *action)
{
    char z[60];

    snprintf(z, sizeof z, "{\"action\":\"%s\"", action);
    return strncmp(p, z, strlen(z)) == 0;
}

static void serve(uint64_t id, const char *p, size_t n, bool text)
{
    (void)n;
    assert_true(text);
    snprintf(srv.last, sizeof srv.last, "%s", p);
    if (srv.error && is(p, srv.error)) {
        char z[200];
        snprintf(z, sizeof z,
                 "{\"code\":16392,\"message\":\"VgId does not belong to this consumer\","
                 "\"req_id\":%llu,\"timing\":1}",
                 (unsigned long long)id);
        fake_text(z);
    } else if (is(p, "version") || is(p, "conn"))
        send_plain(id, ",\"action\":\"version\",\"version\":\"3.3.7.5\"");
    else if (is(p, "subscribe")) {
        snprintf(srv.subscribe, sizeof srv.subscribe, "%s", p);
        send_plain(id, "");
    } else if (is(p, "poll")) {
        const char *b = strstr(p, "blocking_time");
        snprintf(srv.blocking, sizeof srv.blocking, "%.20s", b);
        srv.polls++;
        srv.held = id;
        if (!srv.hold_poll) send_poll(id);
    } else if (is(p, "fetch_raw_data")) {
        if (!srv.hold_fetch) send_data(id);
    } else if (is(p, "committed"))
        send_plain(id, ",\"committed\":[-2147467247]");
    else if (is(p, "position"))
        send_plain(id, ",\"position\":[16]");
    else if (is(p, "assignment"))
        send_plain(id, ",\"assignment\":[{\"vgroup_id\":134,\"offset\":13,\"begin\":0,\"end\":15},"
                       "{\"vgroup_id\":135,\"offset\":4,\"begin\":0,\"end\":9007199254740993}]");
    else if (is(p, "list_topics"))
        send_plain(id, ",\"topics\":[\"g_tp_q\",\"x\"]");
    else {
        if (is(p, "commit")) __atomic_add_fetch(&srv.commits, 1, __ATOMIC_SEQ_CST);
        send_plain(id, "");
    }
}

/* ---- fixtures ---- */

static struct golden *g_golden;
static struct td_session *g_session;
static struct td_tmq *g_tmq;

static struct td_request request(void)
{
    return (struct td_request){.deadline = TD_NEVER};
}

static enum td_rc subscribe_with(const char *options, struct td_err *err)
{
    const struct td_str topics[] = {TD_STR("t"), TD_STR("u")};
    struct td_tmq_opts o;
    struct td_request rq = request();
    enum td_rc rc;

    assert_int_equal(td_tmq_opts_parse(td_str_of(options), &o, err), TD_OK);
    if (!o.group.n) o.group = TD_STR("g");
    rc = td_tmq_subscribe(g_tmq, &o, topics, 2, &rq, err);
    td_tmq_opts_free(&o);
    return rc;
}

static int setup(void **state)
{
    struct td_opts opts;
    struct td_err err;

    (void)state;
    fake_reset();
    memset(&srv, 0, sizeof srv);
    fake.answer = serve;
    g_golden = golden_load(TD_TEST_DATA "/golden/tmq/stable_topic.jsonl");
    for (size_t i = 0; i < g_golden->count && !srv.data; i++)
        if (!g_golden->msg[i].text && !g_golden->msg[i].to_server) srv.data = &g_golden->msg[i];
    td_opts_init(&opts);
    assert_int_equal(td_opts_parse(&opts,
                                   TD_STR("Server=h;Uid=root;Pwd=taosdata;TimeZone=UTC;AppName=a"),
                                   NULL, NULL, &err),
                     TD_OK);
    g_session = td_session_open(&opts, TD_NEVER, NULL, NULL, &err);
    if (!g_session) fail_msg("%s", err.msg);
    td_opts_free(&opts);
    g_tmq = td_tmq_new(g_session);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    td_tmq_free(g_tmq);
    fake.lost = false;
    td_session_close(g_session);
    golden_free(g_golden);
    fake_reset();
    return 0;
}

static bool poll_one(int64_t timeout, struct td_tmq_message *m, struct td_err *err)
{
    struct td_request rq = request();
    bool have = false;

    if (td_tmq_poll(g_tmq, timeout, &rq, m, &have, err) != TD_OK) return false;
    return have;
}

static void poll_ok(void)
{
    struct td_tmq_message m;
    struct td_err err = {.state = TD_ST_00000};

    if (!poll_one(0, &m, &err)) fail_msg("no message %s", err.msg);
    assert_true(m.has_data && m.data.left == 10);
    assert_int_equal(m.head.vgroup, 134);
    assert_int_equal(m.head.offset, 10 * srv.given);
    td_tmq_message_free(&m);
}

/* ---- tests ---- */

static void subscribing(void **state)
{
    struct td_err err;

    (void)state;
    assert_int_equal(subscribe_with("enable.auto.commit=false;client.id=c1;"
                                    "auto_offset_reset=earliest;config.fetch.max.wait.ms=5; "
                                    "td.connect.pass={a;b}};tz=x}",
                                    &err),
                     TD_OK);
    const char *args = strstr(srv.subscribe, "\"user\"");
    assert_string_equal(args,
                        "\"user\":\"root\",\"password\":\"a;b};tz=x\",\"group_id\":\"g\","
                        "\"auto_commit\":\"false\",\"tz\":\"UTC\",\"app\":\"a\","
                        "\"client_id\":\"c1\",\"offset_reset\":\"earliest\","
                        "\"config\":{\"fetch.max.wait.ms\":\"5\"},\"topics\":[\"t\",\"u\"]}}");
    /* a second one is refused here: the server says "tmq should have unsubscribed first" */
    assert_int_equal(subscribe_with("", &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY010);
    struct td_request rq = request();
    assert_int_equal(td_tmq_unsubscribe(g_tmq, &rq, &err), TD_OK);
    assert_int_equal(subscribe_with("host=other;port=7;group.id=h", &err), TD_OK);
    assert_string_equal(fake.endpoint, "other:7");
    assert_non_null(strstr(srv.subscribe, "\"group_id\":\"h\""));
}

/* The server never answers a poll before subscribe, so it is not asked. */
static void before_subscribe(void **state)
{
    struct td_tmq_message m;
    struct td_request rq = request();
    struct td_err err = {.state = TD_ST_00000};
    int64_t offset;

    (void)state;
    assert_false(poll_one(0, &m, &err));
    assert_int_equal(err.state, TD_ST_HY010);
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY010);
    assert_int_equal(td_tmq_ask(g_tmq, "position", TD_STR("t"), 1, &offset, &rq, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY010);
    assert_int_equal(srv.polls, 0);
}

/* A failed subscribe leaves none. */
static void refused_subscribe(void **state)
{
    struct td_tmq_message m;
    struct td_err err;

    (void)state;
    srv.error = "subscribe";
    assert_int_equal(subscribe_with("", &err), TD_FAIL);
    assert_non_null(strstr(err.msg, "VgId"));
    assert_false(poll_one(0, &m, &err));
    assert_int_equal(err.state, TD_ST_HY010);
    srv.error = NULL;
    assert_int_equal(subscribe_with("", &err), TD_OK);
}

static void polling(void **state)
{
    struct td_tmq_message m;
    struct td_request rq = request();
    struct td_err err = {.state = TD_ST_00000};

    (void)state;
    assert_int_equal(subscribe_with("enable.auto.commit=false", &err), TD_OK);
    assert_false(poll_one(0, &m, &err));
    assert_int_equal(err.state, TD_ST_00000);
    assert_string_equal(srv.blocking, "blocking_time\":0,\"me");
    srv.messages = 2;
    poll_ok();
    assert_non_null(strstr(srv.last, "\"message_id\":1"));
    poll_ok();
    assert_int_equal(srv.commits, 0);
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_OK);
    assert_int_equal(srv.commits, 1);
    /* one question asks for a second at most, so that the connection is never silent for long */
    srv.hold_poll = true;
    assert_false(poll_one(3600000, &m, &err));
    assert_string_equal(srv.blocking, "blocking_time\":1000,");
    assert_int_equal(err.state, TD_ST_HYT00);
}

/* The answer of an interrupted poll is the next one's, and until then nothing is committed. */
static void interrupted_poll(void **state)
{
    struct td_tmq_message m;
    struct td_request rq = request();
    struct td_err err;

    (void)state;
    assert_int_equal(subscribe_with("enable.auto.commit=false", &err), TD_OK);
    srv.messages = 2;
    poll_ok();
    srv.hold_poll = true;
    fake.cancel = true;
    assert_false(poll_one(1000, &m, &err));
    assert_int_equal(err.state, TD_ST_HY008);
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_FAIL); /* no answer yet */
    assert_int_equal(srv.commits, 0);
    assert_int_equal(srv.polls, 2);
    send_poll(srv.held);
    poll_ok();
    assert_int_equal(srv.polls, 2);
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_OK);
    /* an answer without a message does not hinder */
    assert_false(poll_one(1000, &m, &err));
    send_poll(srv.held);
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_OK);
    assert_int_equal(srv.commits, 2);
    /* one with a message does, until it is delivered: the server gives it again */
    assert_false(poll_one(1000, &m, &err));
    srv.messages = 1;
    send_poll(srv.held);
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY010);
    assert_int_equal(srv.commits, 2);
    srv.hold_poll = false;
    srv.messages = 1;
    srv.given--;
    poll_ok();
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_OK);
    assert_int_equal(srv.commits, 3);
}

/* A message whose data did not come was not delivered. */
static void interrupted_fetch(void **state)
{
    struct td_tmq_message m;
    struct td_request rq = request();
    struct td_err err;

    (void)state;
    assert_int_equal(subscribe_with("enable.auto.commit=false", &err), TD_OK);
    srv.messages = 1;
    srv.hold_fetch = true;
    assert_false(poll_one(0, &m, &err));
    assert_int_equal(err.state, TD_ST_HYT00);
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY010);
    srv.hold_fetch = false;
    srv.messages = 1;
    srv.given--;
    poll_ok();
    assert_non_null(strstr(srv.last, "fetch_raw_data"));
    assert_int_equal(td_tmq_commit(g_tmq, &rq, &err), TD_OK);
}

static int commits(void)
{
    return __atomic_load_n(&srv.commits, __ATOMIC_SEQ_CST);
}

/* Without any call of the application; nothing is committed that was not delivered, or twice. */
static void auto_commit(void **state)
{
    struct td_err err;

    (void)state;
    srv.messages = 1;
    assert_int_equal(subscribe_with("auto.commit.interval.ms=20", &err), TD_OK);
    usleep(60000);
    assert_int_equal(commits(), 0);
    poll_ok();
    for (int i = 0; i < 200 && commits() == 0; i++)
        usleep(10000);
    assert_int_equal(commits(), 1);
    usleep(60000);
    assert_int_equal(commits(), 1);
}

/* The end of a subscription commits what auto-commit owes, and nothing without auto-commit. */
static void commit_at_end(void **state)
{
    struct td_request rq = request();
    struct td_err err;

    (void)state;
    for (int way = 0; way < 3; way++) {
        const int before = commits();
        srv.messages = 1;
        assert_int_equal(subscribe_with(way == 2 ? "enable.auto.commit=0" : "", &err), TD_OK);
        poll_ok();
        if (way == 0)
            td_tmq_shut(g_tmq);
        else
            assert_int_equal(td_tmq_unsubscribe(g_tmq, &rq, &err), TD_OK);
        assert_int_equal(commits(), before + (way < 2));
    }
}

static void lost(void **state)
{
    struct td_tmq_message m;
    struct td_err err;

    (void)state;
    assert_int_equal(subscribe_with("", &err), TD_OK);
    srv.messages = 1;
    poll_ok();
    fake.lost = true;
    assert_false(poll_one(0, &m, &err));
    assert_int_equal(err.state, TD_ST_08S01);
    assert_false(poll_one(0, &m, &err));
    assert_int_equal(err.state, TD_ST_08S01);
    fake.lost = false;
    assert_int_equal(commits(), 0);
    td_tmq_shut(g_tmq);
    const size_t opened = fake.opened;
    assert_int_equal(subscribe_with("", &err), TD_OK);
    assert_int_equal(fake.opened, opened + 1);
    srv.messages = 1;
    poll_ok();
}

static void questions(void **state)
{
    struct td_request rq = request();
    struct td_arena a = {NULL};
    struct td_tmq_assigned *v;
    struct td_str *topics;
    struct td_err err;
    uint32_t n;
    int64_t offset;

    (void)state;
    assert_int_equal(subscribe_with("", &err), TD_OK);
    assert_int_equal(td_tmq_ask(g_tmq, "committed", TD_STR("t"), 134, &offset, &rq, &err), TD_OK);
    assert_true(offset == TD_TMQ_NO_OFFSET);
    assert_non_null(
        strstr(srv.last, "\"topic_vgroup_ids\":[{\"topic\":\"t\",\"vgroup_id\":134}]}}"));
    assert_int_equal(td_tmq_ask(g_tmq, "position", TD_STR("t"), 134, &offset, &rq, &err), TD_OK);
    assert_int_equal(offset, 16);
    assert_int_equal(td_tmq_assignment(g_tmq, TD_STR("t"), &a, &v, &n, &rq, &err), TD_OK);
    assert_int_equal(n, 2);
    assert_int_equal(v[1].vgroup, 135);
    assert_true(v[1].end == INT64_C(9007199254740993));
    assert_int_equal(td_tmq_topics(g_tmq, &a, &topics, &n, &rq, &err), TD_OK);
    assert_int_equal(n, 2);
    assert_true(td_str_eq(topics[0], TD_STR("g_tp_q")));
    assert_int_equal(td_tmq_offset(g_tmq, "seek", TD_STR("t"), 1, 0, &rq, &err), TD_OK);
    assert_non_null(strstr(srv.last, "\"topic\":\"t\",\"vgroup_id\":1,\"offset\":0}}"));
    srv.error = "seek";
    assert_int_equal(td_tmq_offset(g_tmq, "seek", TD_STR("t"), 9999, 0, &rq, &err), TD_FAIL);
    assert_int_equal(err.native, 0x4008);
    assert_int_equal(fake_open_tickets(), 0);
    td_arena_free(&a);
}

/* Memory that runs out anywhere gives HY001 or a shorter life, never a crash or a leak. */
static void no_memory(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth < 60; nth++) {
        struct td_tmq_message m;
        struct td_err err = {.state = TD_ST_00000};
        srv.messages = 1;
        td_alloc_fail_at(nth, 0);
        struct td_tmq_opts o;
        struct td_request rq = {.deadline = td_now_ms() + 100};
        const struct td_str topic = TD_STR("t");
        if (td_tmq_opts_parse(TD_STR("enable.auto.commit=false"), &o, &err) == TD_OK) {
            o.group = TD_STR("g");
            if (td_tmq_subscribe(g_tmq, &o, &topic, 1, &rq, &err) == TD_OK && poll_one(0, &m, &err))
                td_tmq_message_free(&m);
            td_tmq_opts_free(&o);
        }
        td_alloc_fail_at(0, 0);
        td_tmq_shut(g_tmq);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(subscribing), T(before_subscribe), T(refused_subscribe),
        T(polling),     T(interrupted_poll), T(interrupted_fetch),
        T(auto_commit), T(commit_at_end),    T(lost),
        T(questions),   T(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

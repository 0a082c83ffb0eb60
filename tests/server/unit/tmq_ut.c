/*
 * tmq_ut.c: subscriptions: the recordings of golden/tmq replayed (offsets and numbers of vgroups
 * apart: tdlite's log has other entries), and what they do not show.
 */
#include "ut_replay.h"

static void must(struct ut_client *c, const char *part)
{
    const char *is = ut_reply(c);
    if (!strstr(is, part)) fail_msg("%s\nhas no %s", is, part);
}

static struct tl_server *start(void)
{
    static char tables[512];
    snprintf(tables, sizeof tables, "%s/golden/tmq/setup.sql", TD_TEST_DATA);
    const struct tl_server_opts o = {.version = "3.3.7.5.alpha", .sql = {tables}};
    return ut_server(&o);
}

static struct ut_client open_tmq(struct tl_server *srv)
{
    struct ut_client c;
    assert_int_equal(ut_upgrade(&c, tl_server_port(srv), "/rest/tmq"), 101);
    return c;
}

/* ---- recordings ---- */

/* Writes X for the numbers behind these keys. */
static void mask(const char *text, char *out)
{
    static const char *const keys[] = {"\"timing\":",   "\"vgroup_id\":", "\"offset\":",
                                       "\"begin\":",    "\"end\":",       "\"committed\":[",
                                       "\"position\":["};
    while (*text) {
        size_t n = 0;
        for (size_t i = 0; i < sizeof keys / sizeof *keys && n == 0; i++)
            if (strncmp(text, keys[i], strlen(keys[i])) == 0) n = strlen(keys[i]);
        const bool zero = n && text[n] == '0' && text[1] == 'v'; /* no message: no vgroup */
        memcpy(out, text, n ? n : 1);
        out += n ? n : 1;
        text += n ? n : 1;
        if (!n || zero) continue;
        *out++ = 'X';
        text += strspn(text, "-0123456789");
    }
    *out = 0;
}

/* Numbers a client sends back: vgroups 134 and 135 are 2 and 3 here, offsets are small. */
static void translate(const char *text, char *out)
{
    static const struct {
        const char *from, *to;
    } words[] = {{"\"vgroup_id\": 134", "\"vgroup_id\": 2"},
                 {"\"vgroup_id\": 135", "\"vgroup_id\": 3"},
                 {"\"offset\": 16", "\"offset\": 1"},
                 {"\"offset\": 20", "\"offset\": 1"},
                 {"\"offset\": 15", "\"offset\": 1"},
                 {"\"offset\": 4}", "\"offset\": 1}"},
                 {"\"blocking_time\": 500", "\"blocking_time\": 30"},
                 {"\"blocking_time\": 1000", "\"blocking_time\": 30"}};
    while (*text) {
        size_t i = 0;
        while (i < 8 && strncmp(text, words[i].from, strlen(words[i].from)) != 0)
            i++;
        if (i < 8) {
            out += sprintf(out, "%s", words[i].to);
            text += strlen(words[i].from);
        } else {
            *out++ = *text++;
        }
    }
    *out = 0;
}

static void on_msg(const struct ut_msg *m, void *arg)
{
    static char is[1 << 16], must_be[1 << 16];
    struct ut_play *p = arg;
    if (m->sent) {
        translate(m->text, is);
        ut_text(&p->c, is);
        return;
    }
    if (!ut_recv(&p->c)) fail_msg("%s: the connection was closed", p->path);
    if (m->text) {
        mask((const char *)p->c.msg.p, is);
        mask(m->text, must_be);
        if (strcmp(is, must_be) != 0) fail_msg("%s:\nis   %s\nmust %s", p->path, is, must_be);
    } else {
        struct tl_buf want = m->bin;
        const bool raw = ut_load(want.p, 8) == UINT64_MAX;
        assert_int_equal(p->c.msg.n, want.n);
        memset(p->c.msg.p + (raw ? 18 : 0), 0, 8);
        memset(want.p + (raw ? 18 : 0), 0, 8);
        for (int i = 62; raw && i < 79; i++) /* the two offsets, not the byte between them */
            if (i != 70) p->c.msg.p[i] = want.p[i] = 0;
        for (size_t i = 0; i < want.n; i++)
            if (p->c.msg.p[i] != want.p[i])
                fail_msg("%s: reply %ld differs at byte %zu", p->path, p->compared, i);
    }
    p->compared++;
}

static void on_file(const char *path, void *arg)
{
    struct tl_server *srv = start();
    struct ut_play p = {.c = open_tmq(srv), .path = path};
    ut_each_msg(path, on_msg, &p);
    ut_close(&p.c);
    tl_server_stop(srv);
    *(long *)arg += p.compared;
}

static void recordings(void **state)
{
    long compared = 0;
    (void)state;
    const int files = ut_each_file("tmq", ".jsonl", on_file, &compared);
    print_message("tmq: %d recordings, %ld replies equal\n", files, compared);
    assert_true(files == 9 && compared >= 120);
}

/* ---- helpers ---- */

static void subscribe(struct ut_client *c, const char *group, const char *more, const char *part)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"action\":\"subscribe\",\"args\":{\"req_id\":1,\"user\":\"root\",\"password\":"
             "\"taosdata\",\"group_id\":\"%s\",\"topics\":[\"t\"]%s}}",
             group, more);
    ut_text(c, text);
    must(c, part);
}

static void send_poll(struct ut_client *c, uint64_t req_id, int ms, int64_t seen)
{
    char text[160];
    snprintf(text, sizeof text,
             "{\"action\":\"poll\",\"args\":{\"req_id\":%llu,\"blocking_time\":%d,"
             "\"message_id\":%lld}}",
             (unsigned long long)req_id, ms, (long long)seen);
    ut_text(c, text);
}

static void poll_is(struct ut_client *c, int64_t seen, const char *part)
{
    send_poll(c, 2, 0, seen);
    must(c, part);
}

static void simple(struct ut_client *c, const char *action, const char *args, const char *part)
{
    char text[256];
    snprintf(text, sizeof text, "{\"action\":\"%s\",\"args\":{\"req_id\":3%s}}", action, args);
    ut_text(c, text);
    must(c, part);
}

static void sql(struct ut_client *c, const char *text)
{
    ut_query(c, 4, text);
    must(c, "\"code\":0,");
}

/* A database of one vgroup with a table and a topic over it; c speaks SQL. */
static struct tl_server *begin(struct ut_client *c, int vgroups)
{
    char text[128];
    const struct tl_server_opts o = {0};
    struct tl_server *srv = ut_server(&o);
    *c = ut_open(tl_server_port(srv));
    ut_login(c);
    snprintf(text, sizeof text, "create database d keep 36500 vgroups %d", vgroups);
    sql(c, text);
    sql(c, "use d");
    sql(c, "create stable st (ts timestamp, v int) tags (g int)");
    sql(c, "create topic t as select ts, v from st where v > 0");
    return srv;
}

/* The rows of the message that fetch and fetch_block show. */
static int rows_of(struct ut_client *c, int64_t id)
{
    char args[64];
    int rows = 0;
    snprintf(args, sizeof args, ",\"message_id\":%lld", (long long)id);
    for (;;) {
        simple(c, "fetch", args, "\"code\":0,");
        const char *r = strstr((const char *)c->msg.p, "\"rows\":");
        assert_non_null(r);
        if (strstr((const char *)c->msg.p, "\"completed\":true")) return rows;
        rows += atoi(r + 7);
    }
}

/* ---- tests ---- */

/* A message that was not acknowledged comes again; a wrong id is told. */
static void redelivery(void **state)
{
    struct ut_client s;
    struct tl_server *srv = begin(&s, 1);
    struct ut_client c = open_tmq(srv);
    (void)state;
    sql(&s, "insert into a using st tags(1) values(1700000000000,1) (1700000000001,-5)"
            " (1700000000002,3)");
    subscribe(&c, "g", ",\"offset_reset\":\"earliest\"", "\"code\":0,");
    subscribe(&c, "g", "", "\"message\":\"tmq should have unsubscribed first\"");
    poll_is(&c, 0, "\"message_type\":1,\"message_id\":1,");
    poll_is(&c, 0, "\"message_type\":1,\"message_id\":1,"); /* again */
    assert_int_equal(rows_of(&c, 1), 2);                    /* the topic wants v > 0 */
    simple(&c, "fetch", ",\"message_id\":7", "\"message\":\"message ID is not equal\"");
    simple(&c, "fetch_json_meta", ",\"message_id\":1", "\"message_id\":1,\"data\":null}");
    poll_is(&c, 1, "\"have_message\":false,");
    sql(&s, "insert into a values(1700000000003,4)");
    poll_is(&c, 1, "\"message_id\":2,");
    ut_close(&c);
    ut_close(&s);
    tl_server_stop(srv);
}

static void offsets(void **state)
{
    struct ut_client s;
    struct tl_server *srv = begin(&s, 1);
    struct ut_client c = open_tmq(srv), d = open_tmq(srv);
    static const char part[] = ",\"topic_vgroup_ids\":[{\"topic\":\"t\",\"vgroup_id\":2}]";
    (void)state;
    sql(&s, "insert into a using st tags(1) values(1700000000000,1)");
    sql(&s, "insert into a values(1700000000001,2)"); /* offsets 0 st, 1 a, 2 and 3 rows */
    subscribe(&c, "g", ",\"offset_reset\":\"earliest\"", "\"code\":0,");
    simple(&c, "committed", part, "\"committed\":[-2147467247]}");
    simple(&c, "position", part, "\"position\":[-2147467247]}");
    poll_is(&c, 0, "\"vgroup_id\":2,\"message_type\":1,\"message_id\":1,\"offset\":0}");
    simple(&c, "position", part, "\"position\":[4]}");
    simple(&c, "commit", ",\"message_id\":1", "\"message_id\":1}");
    simple(&c, "committed", part, "\"committed\":[4]}");
    simple(&c, "assignment", ",\"topic\":\"t\"",
           "[{\"vgroup_id\":2,\"offset\":0,\"begin\":0,\"end\":4}]}");
    simple(&c, "seek", ",\"topic\":\"t\",\"vgroup_id\":2,\"offset\":3", "\"code\":0,");
    poll_is(&c, 1, "\"message_id\":2,\"offset\":3}");
    assert_int_equal(rows_of(&c, 2), 1);
    simple(&c, "seek", ",\"topic\":\"t\",\"vgroup_id\":2,\"offset\":99", "\"code\":16391,");
    simple(&c, "commit_offset", ",\"topic\":\"t\",\"vgroup_id\":2,\"offset\":3",
           "\"topic\":\"t\",\"vgroup_id\":2,\"offset\":3}");
    ut_close(&c); /* the next consumer of the group begins where it has been committed */
    for (int i = 0; i < 3; i++)
        sql(&s, "select 1");
    subscribe(&d, "g", ",\"offset_reset\":\"none\"", "\"code\":0,");
    poll_is(&d, 0, "\"message_id\":1,\"offset\":3}");
    ut_close(&d);
    d = open_tmq(srv);
    subscribe(&d, "other", ",\"offset_reset\":\"none\"", "\"code\":0,");
    poll_is(&d, 0, "{\"code\":16401,"); /* 0x4011 */
    ut_close(&d);
    d = open_tmq(srv);
    subscribe(&d, "third", "", "\"code\":0,"); /* latest */
    poll_is(&d, 0, "\"have_message\":false,");
    sql(&s, "insert into a values(1700000000002,2)");
    poll_is(&d, 0, "\"offset\":4}");
    ut_close(&d);
    ut_close(&s);
    tl_server_stop(srv);
}

static void auto_commit(void **state)
{
    struct ut_client s;
    struct tl_server *srv = begin(&s, 1);
    struct ut_client c = open_tmq(srv);
    static const char part[] = ",\"topic_vgroup_ids\":[{\"topic\":\"t\",\"vgroup_id\":2}]";
    (void)state;
    sql(&s, "insert into a using st tags(1) values(1700000000000,1)");
    subscribe(&c, "g",
              ",\"config\":{\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":\"true\","
              "\"auto.commit.interval.ms\":\"1\"}",
              "\"code\":0,");
    poll_is(&c, 0, "\"message_id\":1,");
    usleep(5000);
    poll_is(&c, 1, "\"have_message\":false,");
    simple(&c, "committed", part, "\"committed\":[3]}");
    ut_close(&c);
    ut_close(&s);
    tl_server_stop(srv);
}

/* A poll that waits is answered when rows come; of those behind it only the last one is. */
static void poll_queue(void **state)
{
    struct ut_client s;
    struct tl_server *srv = begin(&s, 1);
    struct ut_client c = open_tmq(srv);
    (void)state;
    send_poll(&c, 10, 0, 0); /* before subscribe: never answered */
    subscribe(&c, "g", ",\"offset_reset\":\"earliest\"", "\"action\":\"subscribe\",\"req_id\":1,");
    send_poll(&c, 11, 5000, 0);
    send_poll(&c, 12, 0, 0); /* replaced by the next one */
    send_poll(&c, 13, 0, 1);
    usleep(50000);
    sql(&s, "insert into a using st tags(1) values(1700000000000,1)");
    must(&c, "\"action\":\"poll\",\"req_id\":11,");
    assert_non_null(strstr((const char *)c.msg.p, "\"have_message\":true,"));
    must(&c, "\"action\":\"poll\",\"req_id\":13,");
    ut_text(&c, "{\"action\":\"nonsense\",\"args\":{\"req_id\":1}}"); /* not answered either */
    ut_text(&c, "not JSON");
    simple(&c, "list_topics", "", "\"action\":\"list_topics\"");
    send_poll(&c, 14, 5000, 1);
    simple(&c, "unsubscribe", "", "\"action\":\"unsubscribe\"");
    must(&c, "\"action\":\"poll\",\"req_id\":14,");   /* the waiting one ends */
    simple(&c, "list_topics", "", "\"code\":16407,"); /* 0x4017 */
    ut_close(&c);
    ut_close(&s);
    tl_server_stop(srv);
}

/* Two consumers of a group share the vgroups, and one takes over when the other leaves. */
static void sharing(void **state)
{
    struct ut_client s;
    struct tl_server *srv = begin(&s, 2);
    struct ut_client a = open_tmq(srv), b = open_tmq(srv);
    int total = 0;
    (void)state;
    subscribe(&a, "g", ",\"offset_reset\":\"earliest\"", "\"code\":0,");
    subscribe(&b, "g", ",\"offset_reset\":\"earliest\"", "\"code\":0,");
    for (int i = 0; i < 20; i++) {
        char text[128];
        snprintf(text, sizeof text, "insert into c%d using st tags(1) values(1700000000000,1)", i);
        sql(&s, text);
    }
    poll_is(&a, 0, "\"vgroup_id\":2,");
    poll_is(&b, 0, "\"vgroup_id\":3,");
    total = rows_of(&a, 1) + rows_of(&b, 1);
    assert_int_equal(total, 20);
    poll_is(&a, 1, "\"have_message\":false,");
    simple(&b, "seek", ",\"topic\":\"t\",\"vgroup_id\":2,\"offset\":0", "\"code\":16392,");
    simple(&b, "unsubscribe", "", "\"code\":0,");
    poll_is(&a, 1, "\"vgroup_id\":3,"); /* nothing of it was committed */
    ut_close(&a);
    ut_close(&b);
    ut_close(&s);
    tl_server_stop(srv);
}

/* What a failing statement wrote is not in the log; rows changed later show as they are. */
static void failed_statements(void **state)
{
    struct ut_client s;
    struct tl_server *srv = begin(&s, 1);
    struct ut_client c = open_tmq(srv);
    (void)state;
    sql(&s, "create table n (ts timestamp, v int)");
    ut_query(&s, 4, "insert into a using st tags(1) values(1700000000000,1) nosuch values(1,1)");
    must(&s, "\"code\":9731,");
    subscribe(&c, "g", ",\"offset_reset\":\"earliest\"", "\"code\":0,");
    poll_is(&c, 0, "\"have_message\":false,");
    sql(&s, "insert into n values(1700000000000,1)"); /* another table than the topic's */
    poll_is(&c, 0, "\"have_message\":false,");
    sql(&s, "insert into a using st tags(1) values(1700000000000,1) (1700000000010,2)");
    sql(&s, "insert into a values(1700000000005,3)"); /* between the keys of the entry before */
    poll_is(&c, 0, "\"message_id\":1,");
    assert_int_equal(rows_of(&c, 1), 3);
    ut_close(&c);
    ut_close(&s);
    tl_server_stop(srv);
}

static void topics(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"create topic t as select ts from st", "\"code\":992,"}, /* 0x03E0 */
        {"create topic if not exists t as select ts from st", "\"code\":0,"},
        {"create topic u as select count(*) from st group by g", "\"code\":9728,"},
        {"create topic u as select ts from nosuch", "\"code\":9731,"},
        {"create topic u as stable st", "\"code\":0,"},
        {"create topic v with meta as database d", "\"code\":0,"},
        {"select topic_name, sql from information_schema.ins_topics where meta = 'yes'",
         "\"code\":0,"},
        {"drop topic u", "\"code\":0,"},
        {"drop topic u", "\"code\":993,"},
        {"drop topic if exists u", "\"code\":0,"},
        {"drop database d", "\"code\":0,"},
        {"drop topic t", "\"code\":993,"}, /* it went with its database */
    };
    struct ut_client s;
    struct tl_server *srv = begin(&s, 1);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ut_query(&s, 4, cases[i].text);
        const char *is = ut_reply(&s);
        if (!strstr(is, cases[i].part)) fail_msg("%s: %s", cases[i].text, is);
    }
    ut_close(&s);
    tl_server_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings),        cmocka_unit_test(redelivery),
        cmocka_unit_test(offsets),           cmocka_unit_test(auto_commit),
        cmocka_unit_test(poll_queue),        cmocka_unit_test(sharing),
        cmocka_unit_test(failed_statements), cmocka_unit_test(topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

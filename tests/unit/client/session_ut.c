/* The session and its results over a transport without a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/session.h"
#include "wire/build.h"
#include "wire/json.h"

#include "fake_transport.inc.h"

/* ---- a small server ---- */

static struct {
    const char *version;
    const char *conn; /* reply members after the envelope's req_id, NULL = success */
    const char *db;   /* current database */
    int blocks;       /* blocks of the next result */
    int given;
    bool hold_query, hold_fetch;
    const char *query; /* canned reply to queries behind its req_id; NULL: a result of `blocks` */
    bool corrupt, fetch_error;
    int in_flight, most_in_flight, frees;
    uint64_t freed, held_query, held_fetch;
    char sql[300], conn_msg[1000];
} srv;

/* Five rows each; made once, so that the server's own memory is not on trial. */
static uint8_t *g_block[8];
static size_t g_block_n[8];
static void make_blocks(void)
{
    static const struct td_build_col cols[] = {{TD_T_INT, 0, 0, 0}, {TD_T_VARCHAR, 0, 0, 20}};
    struct td_build *b = td_build_new(cols, 2, 1 << 20);

    for (int i = 0; i < 8; i++) {
        for (int r = 0; r < 5; r++) {
            td_build_int(b, 0, i * 5 + r);
            td_build_utf8(b, 1, TD_STR("text"));
            td_build_end_row(b);
        }
        assert_int_equal(td_build_finish(b, &g_block[i], &g_block_n[i], NULL), TD_OK);
    }
    td_build_free(b);
}

static void send_block(uint64_t id)
{
    const bool end = srv.given >= srv.blocks, bad = srv.fetch_error && srv.given == 1;
    const size_t n = end || bad ? 0 : g_block_n[srv.given];
    uint8_t *m = calloc(1, 55 + n);

    memset(m, 0xff, 8);
    td_st64(m + 8, 7);
    td_st16(m + 16, 1);
    td_st64(m + 26, id);
    td_st64(m + 42, 77);
    if (bad) td_st32(m + 34, 0x22D);
    m[50] = end || bad;
    if (n) {
        td_st32(m + 51, (uint32_t)n);
        memcpy(m + 55, g_block[srv.given], n);
        if (srv.corrupt) m[55 + 12] ^= 1;
    }
    srv.given++;
    srv.in_flight--;
    fake_reply(m, n ? 55 + n : 51, false);
    free(m);
}

static void send_query(uint64_t id)
{
    char z[900];

    srv.given = 0;
    snprintf(
        z, sizeof z, "{\"req_id\":%llu,%s", (unsigned long long)id,
        srv.query
            ? srv.query
            : "\"code\":0,\"message\":\"\",\"action\":\"binary_query\",\"timing\":9,"
              "\"id\":77,\"is_update\":false,\"affected_rows\":0,\"fields_count\":2,"
              "\"fields_names\":[\"a\",\"b\"],\"fields_types\":[4,8],\"fields_lengths\":[4,18],"
              "\"precision\":1,\"fields_precisions\":[0,0],\"fields_scales\":[0,0]}");
    fake_text(z);
}

#define UPDATE                                                                                     \
    "\"code\":0,\"message\":\"\",\"action\":\"binary_query\",\"timing\":9,\"id\":0,"               \
    "\"is_update\":true,\"affected_rows\":3,\"fields_count\":0,\"fields_names\":null,"             \
    "\"fields_types\":null,\"fields_lengths\":null,\"precision\":0}"

static void serve(uint64_t id, const char *p, size_t n, bool text)
{
    struct td_str raw, args = {p, n};
    char z[300];

    if (!text && td_ld64(p + 16) == 6) {
        snprintf(srv.sql, sizeof srv.sql, "%s", p + 30);
        srv.held_query = id;
        if (!srv.hold_query) send_query(id);
        return;
    }
    if (!text && td_ld64(p + 16) == 10) {
        snprintf(
            z, sizeof z,
            "{\"code\":0,\"message\":\"\",\"action\":\"validate_sql\",\"req_id\":%llu,\"timing\":1,"
            "\"result_code\":%lld}",
            (unsigned long long)id, strstr(p + 30, "selec ") ? -2147473920LL : 0LL);
        fake_text(z);
        return;
    }
    if (!text) {
        srv.held_fetch = id;
        if (++srv.in_flight > srv.most_in_flight) srv.most_in_flight = srv.in_flight;
        if (!srv.hold_fetch) send_block(id);
        return;
    }
    assert_true(td_json_find(args, "args", &args));
    if (strstr(p, "\"version\"")) {
        snprintf(z, sizeof z,
                 "{\"code\":0,\"message\":\"\",\"action\":\"version\",\"version\":\"%s\"}",
                 srv.version);
        fake_text(z);
    } else if (strstr(p, "\"conn\"")) {
        snprintf(srv.conn_msg, sizeof srv.conn_msg, "%s", p);
        snprintf(z, sizeof z, "{\"req_id\":%llu,%s}", (unsigned long long)id,
                 srv.conn ? srv.conn
                          : "\"code\":0,\"message\":\"\",\"action\":\"conn\",\"timing\":1");
        fake_text(z);
    } else if (strstr(p, "get_current_db")) {
        snprintf(z, sizeof z,
                 "{\"code\":0,\"message\":\"\",\"action\":\"get_current_db\",\"req_id\":%llu,"
                 "\"db\":\"%s\"}",
                 (unsigned long long)id, srv.db);
        fake_text(z);
    } else if (strstr(p, "free_result")) {
        assert_true(td_json_find(args, "id", &raw) && td_json_text_u64(raw, &srv.freed));
        assert_int_equal(srv.in_flight, 0); /* must not overtake a fetch */
        srv.frees++;
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&srv, 0, sizeof srv);
    srv.version = "3.3.7.5.alpha";
    srv.db = "";
    fake_reset();
    fake.answer = serve;
    return 0;
}

static struct td_session *open_with(const char *conn, struct td_err *err)
{
    struct td_opts o;
    struct td_session *s;

    td_opts_init(&o);
    assert_int_equal(td_opts_parse(&o, td_str_of(conn), NULL, NULL, err), TD_OK);
    s = td_session_open(&o, td_deadline(5000), NULL, NULL, err);
    td_opts_free(&o);
    return s;
}

static struct td_session *open_ok(const char *conn)
{
    struct td_err err;
    struct td_session *s = open_with(conn, &err);

    if (!s) fail_msg("%s", err.msg);
    return s;
}

static struct td_result *query(struct td_session *s, const char *sql)
{
    struct td_request rq = {.deadline = TD_NEVER};
    struct td_result *r;
    struct td_err err;

    if (td_session_query(s, td_str_of(sql), &rq, &r, &err) != TD_OK) fail_msg("%s", err.msg);
    return r;
}

/* ---- login ---- */

static void login_message(void **state)
{
    struct td_session *s =
        open_ok("Server=h;Database=Mixed;Timezone=Asia/Tokyo;UID=u;PWD={p;\"w};AppName="
                "0123456789012345678901\xe4\xbd\xa0;ClientIp=9.8.7.6;BIMode=1");
    char db[100];

    (void)state;
    /* The code point that does not fit 23 bytes is left out whole; the database is folded (trap
       12). */
    assert_non_null(strstr(
        srv.conn_msg, "\"user\":\"u\",\"password\":\"p;\\\"w\",\"db\":\"mixed\",\"mode\":0,"
                      "\"tz\":\"Asia/Tokyo\",\"app\":\"0123456789012345678901\",\"ip\":\"9.8.7.6\","
                      "\"connector\":\"odbc-"));
    assert_string_equal(fake.sent[0].p, "{\"action\":\"version\",\"args\":{\"req_id\":1}}");
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "mixed");
    td_session_database(s, db, 3);
    assert_string_equal(db, "mi");
    assert_string_equal(td_session_endpoint(s), "h:6041");
    assert_true(td_session_alive(s));
    td_session_close(s);
    assert_int_equal(fake.closed, 1);

    s = open_ok("Server=h;Database=`Mixed`");
    assert_non_null(strstr(srv.conn_msg, "\"db\":\"`Mixed`\",\"tz\""));
    assert_null(strstr(srv.conn_msg, "mode"));
    assert_non_null(strstr(srv.conn_msg, "\"app\":\"session_ut\"")); /* the program's name */
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "Mixed");
    td_session_close(s);
}

static void versions(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int part[4];
    } t[] = {{"3.3.7.5.alpha", true, {3, 3, 7, 5}},
             {"3.3.6.0", true, {3, 3, 6, 0}},
             {"3.3.5.9", false, {0}},
             {"3.3.2.0-community", false, {0}},
             {"3.4", true, {3, 4, 0, 0}},
             {"2.6.0.34", false, {0}},
             {"4.0.0.1", true, {4, 0, 0, 1}},
             {"3.10.0.0", true, {3, 10, 0, 0}},
             {"3.3.99999999999.1", true, {3, 3, 100000, 0}},
             {"garbage", false, {0}}};

    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_err err;
        struct td_session *s;
        setup(state);
        srv.version = t[i].text;
        s = open_with("Server=h;ConnRetries=0", &err);
        if ((s != NULL) != t[i].ok) fail_msg("%s", t[i].text);
        if (s) {
            const struct td_version *v = td_session_version(s);
            assert_string_equal(v->text, t[i].text);
            for (int k = 0; k < (i == 8 ? 2 : 4); k++)
                assert_int_equal(v->part[k], t[i].part[k]);
            assert_true(td_session_at_least(s, 3, 3, 6, 0));
            assert_false(td_session_at_least(s, 5, 0, 0, 0));
        } else {
            assert_int_equal(err.state, TD_ST_08004);
            assert_non_null(strstr(err.msg, "3.3.6.0 or later"));
        }
        td_session_close(s);
    }
}

static void login_errors(void **state)
{
    static const struct {
        const char *conn;
        enum td_sqlstate st;
        size_t opened; /* of two addresses, one retry each */
    } t[] = {
        {"\"code\":855,\"message\":\"Authentication failure\"", TD_ST_28000, 1},
        {"\"code\":904,\"message\":\"Database not exist\"", TD_ST_3D000, 1},
        {"\"code\":65535,\"message\":\"ip not in whitelist\"", TD_ST_28000, 1},
        {"\"code\":11,\"message\":\"Unable to establish connection\"", TD_ST_08001, 2},
        {"\"nothing\":1", TD_ST_HY000, 2},
    };

    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_err err;
        setup(state);
        srv.conn = t[i].conn;
        assert_null(open_with("Server=a,b;ConnRetries=1;RetryBackoffMs=1;PWD=geheim", &err));
        if (err.state != t[i].st || fake.opened != t[i].opened)
            fail_msg("case %zu: %s", i, err.msg);
        assert_int_equal(fake.closed, fake.opened);
        assert_null(strstr(err.msg, "geheim"));
    }
}

static int g_refusals;
static bool g_retry;
static char g_hosts[200];
static bool refuse(const struct td_net_cfg *cfg, bool *retry, struct td_err *err)
{
    snprintf(g_hosts + strlen(g_hosts), 20, "%s ", cfg->host);
    *retry = g_retry;
    if (g_refusals-- <= 0) return false;
    td_err_set(err, TD_ST_08001, 0, "refused by %s", cfg->host);
    return true;
}

static void addresses(void **state)
{
    bool first_a = false, first_b = false;
    struct td_err err;
    int64_t start;

    for (int i = 0; i < 60; i++) {
        struct td_session *s;
        setup(state);
        fake.refuse = refuse;
        g_hosts[0] = 0;
        g_refusals = 3;
        g_retry = true;
        s = open_with("Server=aa,bb;ConnRetries=2;RetryBackoffMs=0", &err);
        assert_non_null(s);
        td_session_close(s);
        /* Three tries at one address, then the other. */
        if (strcmp(g_hosts, "aa aa aa bb ") == 0)
            first_a = true;
        else if (strcmp(g_hosts, "bb bb bb aa ") == 0)
            first_b = true;
        else
            fail_msg("%s", g_hosts);
    }
    assert_true(first_a && first_b); /* shuffled */
    /* An unknown host is not tried again. */
    setup(state);
    fake.refuse = refuse;
    g_hosts[0] = 0;
    g_refusals = 100;
    g_retry = false;
    assert_null(open_with("Server=cc;ConnRetries=5", &err));
    assert_string_equal(g_hosts, "cc ");
    assert_string_equal(err.msg, "refused by cc");
    /* Growing waits: 20, 40, 50 ms, each ± 20 %. */
    setup(state);
    fake.refuse = refuse;
    g_refusals = 100;
    g_retry = true;
    start = td_now_ms();
    g_hosts[0] = 0;
    assert_null(open_with("Server=dd;ConnRetries=3;RetryBackoffMs=20;RetryBackoffMaxMs=50", &err));
    assert_string_equal(g_hosts, "dd dd dd dd ");
    assert_in_range(td_now_ms() - start, 80, 1000);
}

/* The deadline ends the tries long before their waits would. */
static void login_deadline(void **state)
{
    struct td_opts o;
    struct td_err err;
    int64_t start = td_now_ms();

    (void)state;
    fake.refuse = refuse;
    g_refusals = 100;
    g_retry = true;
    g_hosts[0] = 0;
    td_opts_init(&o);
    assert_int_equal(
        td_opts_parse(&o, TD_STR("Server=a,b;ConnRetries=50;RetryBackoffMs=40"), NULL, NULL, &err),
        TD_OK);
    assert_null(td_session_open(&o, td_deadline(300), NULL, NULL, &err));
    td_opts_free(&o);
    assert_in_range(td_now_ms() - start, 20, 340);
    assert_non_null(strchr(g_hosts, 'a'));
    assert_non_null(strchr(g_hosts, 'b'));
}

static void bad_options(void **state)
{
    struct td_err err;
    struct td_session *s;

    (void)state;
    assert_null(open_with("Server=h;Timezone=Mars/Base", &err));
    assert_int_equal(err.state, TD_ST_HY024);
    assert_int_equal(fake.opened, 0);
    s = open_ok("Server=h;Timezone=UTC");
    assert_non_null(strstr(srv.conn_msg, "\"tz\":\"UTC\""));
    td_session_close(s);
}

/* ---- results ---- */

static int count_rows(struct td_result *r)
{
    struct td_err err;
    bool have;
    int rows = 0;

    for (;;) {
        if (td_result_next(r, NULL, &have, &err) != TD_OK) fail_msg("%s", err.msg);
        if (!have) return rows;
        for (uint32_t i = 0; i < r->block.rows; i++) {
            assert_int_equal(td_ld32(r->block.cols[0].data + 4 * i), rows + (int)i);
            assert_true(td_str_eq(td_col_var(&r->block.cols[1], i), TD_STR("text")));
        }
        rows += (int)r->block.rows;
    }
}

static void read_all(void **state)
{
    for (int prefetch = 0; prefetch < 2; prefetch++) {
        struct td_request rq = {.deadline = TD_NEVER};
        struct td_session *s;
        struct td_result *r;
        bool have;
        setup(state);
        s = open_ok(prefetch ? "Server=h" : "Server=h;Prefetch=0");
        srv.blocks = 7;
        fake_forget_sent();
        assert_int_equal(td_session_query(s, TD_STR("select 1"), &rq, &r, NULL), TD_OK);
        assert_int_equal(rq.timing_ns, 9);
        assert_true(rq.req_id != 0 && rq.req_id < UINT64_C(1) << 53 &&
                    fake.sent[0].id == rq.req_id);
        assert_int_equal(fake.nsent, prefetch ? 2 : 1); /* the first block is asked for at once */
        assert_int_equal(r->ncols, 2);
        assert_true(td_str_eq(r->cols[1].name, TD_STR("b")) && r->cols[1].length == 18);
        assert_int_equal(r->ts_prec, 1);
        assert_true(r->affected == -1 && !r->ended);
        assert_int_equal(count_rows(r), 35);
        assert_true(r->ended);
        assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
        assert_false(have);
        td_result_free(r);
        assert_int_equal(srv.most_in_flight, 1);
        assert_int_equal(srv.frees, 0); /* the adapter has freed it itself */
        assert_int_equal(fake_open_tickets(), 0);
        td_session_close(s);
    }
}

static void caller_id(void **state)
{
    struct td_request rq = {.deadline = TD_NEVER, .req_id = 4242};
    struct td_session *s = open_ok("Server=h");
    struct td_result *r;

    (void)state;
    srv.query = UPDATE;
    fake_forget_sent();
    assert_int_equal(td_session_query(s, TD_STR("insert into t values(1)"), &rq, &r, NULL), TD_OK);
    assert_true(fake.sent[0].id == 4242 && rq.req_id == 4242);
    assert_true(r->ncols == 0 && r->affected == 3 && r->ended);
    assert_int_equal(count_rows(r), 0);
    td_result_free(r);
    td_session_close(s);
}

/* Freed in the middle: free_result at once when nothing is in flight, else when the late block has
   come. */
static void free_early(void **state)
{
    struct td_session *s = open_ok("Server=h;Prefetch=0");
    struct td_result *r;
    bool have;

    srv.blocks = 3;
    r = query(s, "select 1");
    assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
    td_result_free(r);
    assert_true(srv.frees == 1 && srv.freed == 77);
    td_session_close(s);

    for (int late_end = 0; late_end < 2; late_end++) {
        setup(state);
        s = open_ok("Server=h");
        srv.blocks = late_end ? 1 : 3;
        r = query(s, "select 1");
        srv.hold_fetch = true;
        assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
        assert_true(have);
        td_result_free(r); /* never waits */
        assert_int_equal(srv.frees, 0);
        send_block(srv.held_fetch);
        assert_int_equal(srv.frees, late_end ? 0 : 1); /* the end itself freed it */
        assert_int_equal(fake_open_tickets(), 0);
        td_session_close(s);
    }
}

static void timeouts(void **state)
{
    for (int cancel = 0; cancel < 2; cancel++) {
        const enum td_sqlstate st = cancel ? TD_ST_HY008 : TD_ST_HYT00;
        struct td_request rq = {.deadline = TD_NEVER};
        struct td_session *s;
        struct td_result *r;
        struct td_err err;
        bool have;
        /* Of the statement: its late reply opens a result, which is freed. */
        setup(state);
        fake.cancel = cancel;
        s = open_ok("Server=h");
        srv.blocks = 2;
        srv.hold_query = true;
        assert_int_equal(td_session_query(s, TD_STR("select 1"), &rq, &r, &err), TD_FAIL);
        assert_null(r);
        assert_int_equal(err.state, st);
        send_query(srv.held_query);
        assert_true(srv.frees == 1 && srv.freed == 77);
        /* Of an update: nothing to free. */
        srv.query = UPDATE;
        rq.req_id = 0;
        assert_int_equal(td_session_query(s, TD_STR("insert into t values(1)"), &rq, &r, &err),
                         TD_FAIL);
        send_query(srv.held_query);
        assert_int_equal(srv.frees, 1);
        srv.query = NULL;
        /* Of a fetch: the result is ended, the session goes on. */
        srv.hold_query = false;
        srv.hold_fetch = true;
        r = query(s, "select 1");
        assert_int_equal(td_result_next(r, NULL, &have, &err), TD_FAIL);
        assert_int_equal(err.state, st);
        assert_true(r->ended && !have);
        assert_int_equal(td_result_next(r, NULL, &have, &err), TD_OK);
        send_block(srv.held_fetch);
        assert_int_equal(srv.frees, 2);
        td_result_free(r);
        srv.hold_fetch = false;
        r = query(s, "select 1");
        assert_int_equal(count_rows(r), 10);
        td_result_free(r);
        assert_int_equal(fake_open_tickets(), 0);
        td_session_close(s);
    }
}

static void fetch_errors(void **state)
{
    struct td_session *s = open_ok("Server=h");
    struct td_result *r;
    struct td_err err;
    bool have;

    (void)state;
    srv.blocks = 3;
    srv.fetch_error = true;
    r = query(s, "select 1");
    assert_int_equal(td_result_next(r, NULL, &have, &err), TD_OK);
    assert_true(have);
    assert_int_equal(td_result_next(r, NULL, &have, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY008);
    assert_int_equal(err.native, 0x22D);
    assert_true(r->ended);
    td_result_free(r);
    assert_int_equal(srv.frees, 0);
    /* A block that is not what the reply promised: refused, and the result given back. */
    srv.fetch_error = false;
    srv.corrupt = true;
    r = query(s, "select 1");
    assert_int_equal(td_result_next(r, NULL, &have, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY000);
    assert_non_null(strstr(err.msg, "corrupt block"));
    assert_int_equal(srv.frees, 1);
    td_result_free(r);
    assert_int_equal(srv.frees, 1);
    assert_int_equal(fake_open_tickets(), 0);
    td_session_close(s);
}

static void query_errors(void **state)
{
    struct td_request rq = {.deadline = TD_NEVER};
    struct td_session *s = open_ok("Server=h");
    struct td_result *r;
    struct td_err err;
    const size_t sent = fake.nsent;

    (void)state;
    assert_int_equal(td_session_query(s, (struct td_str){"select\0 1", 9}, &rq, &r, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_42000);
    assert_int_equal(fake.nsent, sent);
    srv.query = "\"code\":9731,\"message\":\"Table does not "
                "exist\",\"action\":\"binary_query\",\"timing\":1}";
    rq.req_id = 0;
    assert_int_equal(td_session_query(s, TD_STR("select * from x"), &rq, &r, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_42S02);
    assert_int_equal(err.native, 0x2603);
    srv.query = "\"code\":0}";
    rq.req_id = 0;
    assert_int_equal(td_session_query(s, TD_STR("select * from x"), &rq, &r, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_HY000);
    assert_int_equal(td_session_validate(s, TD_STR("select 1"), &rq, &err), TD_OK);
    assert_int_equal(td_session_validate(s, TD_STR("selec 1"), &rq, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_42000);
    assert_int_equal(err.native, 0x2600);
    td_session_close(s);
}

static void drop_line(uint64_t id, const char *p, size_t n, bool text)
{
    (void)id;
    (void)p;
    (void)n;
    (void)text;
    fake.lost = true;
}

static void lost(void **state)
{
    static const struct {
        const char *sql;
        bool may_have;
    } t[] = {{"insert into t values(1)", true},
             {"  /* x */ -- y\n SELECT 1", false},
             {"create table t(ts timestamp)", true},
             {"show tables", false},
             {"Desc t", false},
             {"(select 1)", true}};

    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_request rq = {.deadline = TD_NEVER};
        struct td_session *s;
        struct td_result *r;
        struct td_err err;
        setup(state);
        s = open_ok("Server=h");
        fake.answer = drop_line;
        assert_int_equal(td_session_query(s, td_str_of(t[i].sql), &rq, &r, &err), TD_FAIL);
        assert_int_equal(err.state, TD_ST_08S01);
        assert_non_null(strstr(err.msg, "h:6041"));
        assert_int_equal(strstr(err.msg, "may have been executed") != NULL, t[i].may_have);
        assert_false(td_session_alive(s));
        td_session_close(s);
    }
    /* In the middle of a result. */
    setup(state);
    {
        struct td_session *s = open_ok("Server=h;Prefetch=0");
        struct td_result *r;
        struct td_err err;
        bool have;
        srv.blocks = 3;
        r = query(s, "select 1");
        assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
        fake.lost = true;
        assert_int_equal(td_result_next(r, NULL, &have, &err), TD_FAIL);
        assert_int_equal(err.state, TD_ST_08S01);
        td_result_free(r);
        td_session_close(s);
    }
}

static void detach(void **state)
{
    struct td_session *s = open_ok("Server=h");
    struct td_result *r;
    struct td_col kept[2];
    uint8_t *msg;
    size_t n;
    bool have;

    (void)state;
    srv.blocks = 2;
    r = query(s, "select 1");
    assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
    memcpy(kept, r->block.cols, sizeof kept);
    msg = td_result_detach_block(r, &n);
    assert_true(msg && n > 55);
    assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
    td_result_free(r);
    assert_int_equal(td_ld32(kept[0].data + 16), 4);
    td_free(msg);
    td_session_close(s);
}

static void local_result(void **state)
{
    static const struct td_build_col def = {TD_T_INT, 0, 0, 0};
    struct td_column col = {TD_STR("n"), TD_T_INT, 0, 0, 4, 1};
    struct td_build *b = td_build_new(&def, 1, 1000);
    struct td_result *r;
    uint8_t *block;
    size_t n;
    bool have;

    (void)state;
    td_build_int(b, 0, 42);
    td_build_end_row(b);
    assert_int_equal(td_build_finish(b, &block, &n, NULL), TD_OK);
    r = td_result_local(&col, 1, 2, block, n, NULL);
    assert_true(r->ncols == 1 && r->cols[0].nullable == 1 && r->ts_prec == 2 && r->affected == -1);
    assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
    assert_true(have && r->block.rows == 1 && td_ld32(r->block.cols[0].data) == 42);
    assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
    assert_true(!have && r->ended);
    td_result_free(r);
    /* Freed unread, and without rows. */
    td_build_int(b, 0, 1);
    td_build_end_row(b);
    assert_int_equal(td_build_finish(b, &block, &n, NULL), TD_OK);
    td_result_free(td_result_local(&col, 1, 0, block, n, NULL));
    r = td_result_local(&col, 1, 0, NULL, 0, NULL);
    assert_int_equal(td_result_next(r, NULL, &have, NULL), TD_OK);
    assert_true(!have && r->ended);
    td_result_free(r);
    td_build_free(b);
}

/* ---- the database ---- */

static void use_tracked(void **state)
{
    static const struct {
        const char *sql, *server_says, *db;
    } t[] = {{"use g_us", "g_us", "g_us"},
             {"-- a\n/* b */ UsE `G` ;", "G", "G"},
             {"insert into t values(1)", "other", "G"},
             {"used g", "other", "G"},
             {"drop database g", "", ""}};
    struct td_session *s = open_ok("Server=h;Database=start");
    char db[50];

    (void)state;
    srv.query = UPDATE;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        srv.db = t[i].server_says;
        td_result_free(query(s, t[i].sql));
        td_session_database(s, db, sizeof db);
        if (strcmp(db, t[i].db) != 0) fail_msg("case %zu: %s", i, db);
    }
    td_session_close(s);
}

static void use_call(void **state)
{
    static const struct {
        const char *arg, *sql;
    } t[] = {{"Abc", "use `abc`"}, {"`Abc`", "use `Abc`"}, {"a`b", "use `a``b`"}};
    struct td_session *s = open_ok("Server=h");

    (void)state;
    srv.query = UPDATE;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_request rq = {.deadline = TD_NEVER};
        assert_int_equal(td_session_use(s, td_str_of(t[i].arg), &rq, NULL), TD_OK);
        assert_string_equal(srv.sql, t[i].sql);
    }
    td_session_close(s);
}

static void reset(void **state)
{
    struct td_session *s = open_ok("Server=h;Database=Home");
    struct td_result *r;
    struct td_err err;
    char db[50];

    (void)state;
    srv.query = UPDATE;
    fake_forget_sent();
    assert_int_equal(td_session_reset(s, NULL), TD_OK);
    assert_int_equal(fake.nsent, 0); /* nothing was changed */
    srv.db = "away";
    td_result_free(query(s, "use away"));
    srv.db = "home";
    assert_int_equal(td_session_reset(s, NULL), TD_OK);
    assert_string_equal(srv.sql, "use `home`");
    assert_int_equal(fake.opened, 1);
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "home");
    td_session_close(s);
    /* Without a database at login: no statement leaves one, so it logs in anew. */
    setup(state);
    s = open_ok("Server=h");
    srv.query = UPDATE;
    srv.db = "away";
    td_result_free(query(s, "use away"));
    srv.query = NULL;
    srv.blocks = 3;
    r = query(s, "select 1");
    assert_int_equal(td_session_reset(s, &err), TD_FAIL); /* not under an open result */
    assert_int_equal(err.state, TD_ST_HY010);
    td_result_free(r);
    assert_int_equal(td_session_reset(s, NULL), TD_OK);
    assert_true(fake.opened == 2 && fake.closed == 1);
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "");
    td_session_close(s);
}

static uint64_t g_prec_asked;
static void serve_prec(uint64_t id, const char *p, size_t n, bool text)
{
    if (!text && td_ld64(p + 16) == 6) {
        g_prec_asked++;
        srv.query =
            "\"code\":0,\"message\":\"\",\"action\":\"binary_query\",\"timing\":9,\"id\":77,"
            "\"is_update\":false,\"affected_rows\":0,\"fields_count\":1,\"fields_names\":["
            "\"precision\"],"
            "\"fields_types\":[8],\"fields_lengths\":[2],\"precision\":0}";
        serve(id, p, n, text);
    } else if (!text) {
        static const struct td_build_col col = {TD_T_VARCHAR, 0, 0, 4};
        struct td_build *b = td_build_new(&col, 1, 1000);
        uint8_t m[200] = {0}, *block;
        size_t len;
        td_build_utf8(b, 0, TD_STR("us"));
        td_build_end_row(b);
        td_build_finish(b, &block, &len, NULL);
        memset(m, 0xff, 8);
        m[8] = 7;
        td_st64(m + 26, id);
        td_st64(m + 42, 77);
        td_st32(m + 51, (uint32_t)len);
        memcpy(m + 55, block, len);
        fake_reply(m, 55 + len, false);
        td_free(block);
        td_build_free(b);
    } else
        serve(id, p, n, text);
}

static void precision(void **state)
{
    struct td_session *s = open_ok("Server=h");
    struct td_request rq = {.deadline = TD_NEVER};

    (void)state;
    g_prec_asked = 0;
    fake.answer = serve_prec;
    assert_int_equal(td_session_db_precision(s, "it's\\", &rq), 1);
    assert_non_null(strstr(srv.sql, "where name='it''s\\\\'"));
    assert_int_equal(td_session_db_precision(s, "it's\\", &rq), 1);
    assert_int_equal(g_prec_asked, 1); /* cached */
    assert_int_equal(td_session_db_precision(s, "", &rq), -1);
    for (int i = 0; i < 40; i++) {
        char name[20];
        snprintf(name, sizeof name, "db%d", i);
        assert_int_equal(td_session_db_precision(s, name, &rq), 1);
    }
    assert_int_equal(g_prec_asked, 41);
    td_session_close(s);
}

/* ---- a lost link ---- */

static bool back_again(const struct td_net_cfg *cfg, bool *retry, struct td_err *err)
{
    (void)cfg;
    (void)retry;
    (void)err;
    fake.lost = false;
    return false;
}

/* An idle link is made anew with the database that was current; one with an open result is not. */
static void reconnect(void **state)
{
    struct td_request rq = {.deadline = TD_NEVER};
    struct td_session *s = open_ok("Server=h;Database=start;ConnRetries=0");
    struct td_result *r, *open;
    struct td_err err;
    char db[50];
    bool have;

    (void)state;
    srv.query = UPDATE;
    srv.db = "Now";
    td_result_free(query(s, "use `Now`"));
    srv.query = NULL;
    srv.blocks = 3;
    open = query(s, "select 1");
    fake.refuse = back_again;
    fake.lost = true;
    assert_false(td_session_alive(s));
    assert_int_equal(td_session_query(s, TD_STR("select 1"), &rq, &r, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_08S01);
    assert_int_equal(td_result_next(open, NULL, &have, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_08S01);
    assert_int_equal(fake.opened, 1);
    /* Its end makes the link idle, also before it is freed. */
    rq.req_id = 0;
    assert_int_equal(td_session_query(s, TD_STR("select 1"), &rq, &r, &err), TD_OK);
    assert_true(fake.opened == 2 && fake.closed == 1 && td_session_alive(s));
    assert_non_null(strstr(srv.conn_msg, "\"db\":\"Now\""));
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "Now");
    td_result_free(open);
    assert_int_equal(count_rows(r), 15);
    td_result_free(r);
    td_session_close(s);
}

static void no_reconnect(void **state)
{
    struct td_request rq = {.deadline = TD_NEVER};
    struct td_session *s = open_ok("Server=h;AutoReconnect=0");
    struct td_result *r;
    struct td_err err;

    (void)state;
    fake.refuse = back_again;
    fake.lost = true;
    assert_int_equal(td_session_query(s, TD_STR("insert into t values(1)"), &rq, &r, &err),
                     TD_FAIL);
    assert_int_equal(err.state, TD_ST_08S01);
    assert_int_equal(fake.opened, 1);
    td_session_close(s);
}

/* ---- memory ---- */

/* Every allocation fails once: an error, no crash, no leak, nothing left open. */
static void torture(void **state)
{
    size_t failed = 0;
    uint64_t nth;
    bool done = false;

    for (nth = 1; nth < 60; nth++) {
        struct td_request rq = {.deadline = TD_NEVER};
        struct td_result *r = NULL;
        struct td_session *s;
        struct td_opts o;
        struct td_err err = {.state = TD_ST_00000};
        bool have = true;
        setup(state);
        srv.blocks = 2;
        td_opts_init(&o);
        assert_int_equal(
            td_opts_parse(&o, TD_STR("Server=h;Database=d;ConnRetries=0"), NULL, NULL, &err),
            TD_OK);
        td_alloc_fail_at(nth, 0);
        s = td_session_open(&o, td_deadline(1000), NULL, NULL, &err);
        if (s && td_session_query(s, TD_STR("select 1"), &rq, &r, &err) == TD_OK) {
            while (have && td_result_next(r, NULL, &have, &err) == TD_OK)
                continue;
        }
        done = r && r->ended && err.state == TD_ST_00000;
        failed += !done;
        td_alloc_fail_at(0, 0);
        /* A reply for which the transport had no memory is one that never comes. */
        assert_true(done || err.state == TD_ST_HY001 || err.state == TD_ST_HYT00);
        td_opts_free(&o);
        td_result_free(r);
        td_session_close(s);
    }
    print_message("allocations made to fail: %zu\n", failed);
    assert_true(done && failed > 15);
}

#define T(f) cmocka_unit_test_setup(f, setup)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(login_message), T(versions),     T(login_errors), T(addresses),  T(login_deadline),
        T(bad_options),   T(read_all),     T(caller_id),    T(free_early), T(timeouts),
        T(fetch_errors),  T(query_errors), T(lost),         T(detach),     T(local_result),
        T(use_tracked),   T(use_call),     T(reset),        T(precision),  T(reconnect),
        T(no_reconnect),  T(torture),
    };
    int failed;

    make_blocks();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_reset();
    for (int i = 0; i < 8; i++)
        td_free(g_block[i]);
    return failed;
}

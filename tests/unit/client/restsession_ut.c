/* The session over REST: requests, bodies, errors. The HTTP part is this file's; tdlite proves the
   real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/session.h"
#include "golden.h"
#include "net/rest.h"

/* ---- net/rest.h without a network ---- */

struct td_rest {
    char endpoint[100];
};
struct td_rest_call {
    const char *body;
    size_t n, at;
};
static struct {
    /* Set by the test: what a statement is answered with. */
    const char *(*answer)(const char *sql, int *status);
    size_t piece;
    enum td_sqlstate post_error, read_error; /* read_error comes behind break_at bytes */
    size_t break_at;
    /* What happened. */
    char target[600], sql[300], user[50], bearer[50];
    int posts, calls, rests, status;
} web;

struct td_rest *td_rest_open(const struct td_net_cfg *cfg, const struct td_rest_auth *auth,
                             int64_t connect_ms, struct td_err *err)
{
    struct td_rest *r = td_calloc(1, sizeof *r);

    (void)connect_ms;
    if (!r) {
        td_err_nomem(err);
        return NULL;
    }
    snprintf(r->endpoint, sizeof r->endpoint, "%s:%u", cfg->host, cfg->port);
    snprintf(web.user, sizeof web.user, "%s/%s", auth->user ? auth->user : "-",
             auth->password ? auth->password : "-");
    snprintf(web.bearer, sizeof web.bearer, "%s", auth->bearer ? auth->bearer : "-");
    web.rests++;
    return r;
}

void td_rest_close(struct td_rest *r)
{
    if (r) web.rests--;
    td_free(r);
}

struct td_rest_call *td_rest_post(struct td_rest *r, const char *target, const void *body, size_t n,
                                  const struct td_rest_wait *w, bool *retry, struct td_err *err)
{
    struct td_rest_call *c;

    (void)r;
    (void)w;
    *retry = false;
    snprintf(web.target, sizeof web.target, "%s", target);
    snprintf(web.sql, sizeof web.sql, "%.*s", (int)n, (const char *)body);
    web.posts++;
    if (web.post_error) {
        td_err_set(err, web.post_error, 0, "no connection to h:1");
        return NULL;
    }
    c = td_calloc(1, sizeof *c);
    if (!c) {
        td_err_nomem(err);
        return NULL;
    }
    web.status = 200;
    c->body = web.answer(web.sql, &web.status);
    c->n = strlen(c->body);
    web.calls++;
    return c;
}

int td_rest_status(const struct td_rest_call *c)
{
    (void)c;
    return web.status;
}

enum td_rc td_rest_read(struct td_rest_call *c, const struct td_rest_wait *w, const uint8_t **p,
                        size_t *n, struct td_err *err)
{
    const size_t left = c->n - c->at;

    (void)w;
    if (web.read_error && c->at >= web.break_at)
        return td_err_set(err, web.read_error, 0, "the connection broke");
    *n = left < web.piece ? left : web.piece;
    *p = (const uint8_t *)c->body + c->at;
    c->at += *n;
    return TD_OK;
}

void td_rest_end(struct td_rest_call *c)
{
    if (c) web.calls--;
    td_free(c);
}

void td_rest_cancel_wake(struct td_rest *r, const struct td_cancel *cancel)
{
    (void)r;
    (void)cancel;
}

bool td_rest_alive(struct td_rest *r)
{
    (void)r;
    return true;
}

uint32_t td_rest_caps(const struct td_rest *r)
{
    (void)r;
    return TD_CAP_BLOCKS;
}

const char *td_rest_endpoint(const struct td_rest *r)
{
    return r->endpoint;
}

/* ---- a small server ---- */

#define VERSION(v)                                                                                 \
    "{\"code\":0,\"column_meta\":[[\"server_version()\",\"VARCHAR\",7]],\"data\":[[\"" v           \
    "\"]],\"rows\":1}"
#define DONE(n)                                                                                    \
    "{\"code\":0,\"column_meta\":[[\"affected_rows\",\"INT\",4]],\"data\":[[" #n "]],\"rows\":1}"

static const char *g_body, *g_version;
static const char *serve(const char *sql, int *status)
{
    (void)status;
    if (strcmp(sql, "select server_version()") == 0) return g_version;
    if (strcmp(sql, "use `gone`") == 0)
        return "{\"code\":904,\"desc\":\"Database not exist\",\"timing\":1}";
    if (strncmp(sql, "use ", 4) == 0 || strncmp(sql, "drop ", 5) == 0) return DONE(0);
    return g_body;
}

static int setup(void **state)
{
    (void)state;
    memset(&web, 0, sizeof web);
    web.answer = serve;
    web.piece = 100;
    g_version = VERSION("3.3.7.5");
    g_body = DONE(3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return web.calls != 0 || web.rests != 0;
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

static enum td_rc run(struct td_session *s, const char *sql, struct td_result **r,
                      struct td_err *err)
{
    struct td_request rq = {.deadline = TD_NEVER, .req_id = 77};

    return td_session_query(s, td_str_of(sql), &rq, r, err);
}

static struct td_session *open_ok(const char *conn)
{
    struct td_err err;
    struct td_session *s = open_with(conn, &err);

    if (!s) fail_msg("%s", err.msg);
    return s;
}

static void login(void **state)
{
    struct td_session *s = open_ok(
        "Server=h;Transport=http;Database=Ab;UID=me;PWD=pw;Timezone=Asia/Tokyo;AppName=a b");
    struct td_result *r;
    char db[50];

    (void)state;
    assert_string_equal(web.sql, "use `ab`");
    assert_string_equal(web.user, "me/pw");
    assert_string_equal(web.bearer, "-");
    assert_string_equal(td_session_endpoint(s), "h:6041");
    assert_string_equal(td_session_version(s)->text, "3.3.7.5");
    assert_int_equal(web.posts, 2);
    assert_int_equal(run(s, "insert into t values(1)", &r, NULL), TD_OK);
    assert_true(r->ncols == 0 && r->affected == 3);
    td_result_free(r);
    assert_string_equal(web.target, "/rest/sql/ab?req_id=77&conn_tz=Asia%2FTokyo&app=a%20b");
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "ab");
    td_session_close(s);

    s = open_ok("Server=h;Transport=https;Token=t/k;AppName=x;Timezone=UTC");
    assert_string_equal(web.user, "-/-");
    assert_int_equal(run(s, "select 1", &r, NULL), TD_OK);
    td_result_free(r);
    assert_string_equal(web.target, "/rest/sql?token=t%2Fk&req_id=77&conn_tz=UTC&app=x");
    td_session_close(s);
    s = open_ok("Server=h;Transport=http;BearerToken=bb");
    assert_string_equal(web.bearer, "bb");
    assert_string_equal(web.user, "-/-");
    td_session_close(s);
}

static void login_errors(void **state)
{
    static const struct {
        const char *conn, *version;
        enum td_sqlstate st;
    } t[] = {
        {"", "{\"code\":855,\"desc\":\"Authentication failure\",\"timing\":1}", TD_ST_28000},
        {"", "{\"code\":4356,\"desc\":\"no auth info\"}", TD_ST_HY000},
        {"", VERSION("3.3.5.9"), TD_ST_08004},
        {"", "", TD_ST_08001},
        {"", "<html>hello</html>", TD_ST_08001},
        {"", DONE(1), TD_ST_08001},
        {"Database=gone;", VERSION("3.3.7.5"), TD_ST_3D000},
        {"BIMode=1;", VERSION("3.3.7.5"), TD_ST_HYC00},
        {"TotpCode=123456;", VERSION("3.3.7.5"), TD_ST_HYC00},
    };

    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_err err;
        char conn[200];
        setup(state);
        g_version = t[i].version;
        snprintf(conn, sizeof conn, "Server=h;Transport=http;ConnRetries=0;%s", t[i].conn);
        assert_null(open_with(conn, &err));
        if (i != 1 && err.state != t[i].st)
            fail_msg("case %zu: %s %s", i, td_sqlstate_text(err.state), err.msg);
        assert_true(err.msg[0]);
        assert_int_equal(web.rests, 0);
    }
}

/* A recorded body, in pieces, against its number of rows. */
static void rows(void **state)
{
    static const size_t pieces[] = {61, 1000, 1 << 20};
    char *body;
    int status;

    assert_true(golden_rest(TD_TEST_DATA "/golden/catalog/meters_all.rest.json", &status, &body));
    for (size_t i = 0; i < 3; i++) {
        struct td_session *s;
        struct td_result *r;
        struct td_err err;
        bool have = true;
        size_t n = 0;
        setup(state);
        s = open_ok("Server=h;Transport=http");
        web.piece = pieces[i];
        g_body = body;
        assert_int_equal(run(s, "select * from power.meters", &r, &err), TD_OK);
        assert_true(r->ncols == 4 && r->affected == -1 && r->ts_prec == 0 &&
                    r->cols[0].type == TD_T_TIMESTAMP);
        assert_true(td_str_eq(r->cols[0].name, TD_STR("ts")));
        while (have) {
            assert_int_equal(td_result_next(r, NULL, &have, &err), TD_OK);
            n += r->block.rows;
        }
        assert_true(r->ended);
        assert_int_equal(n, atoi(strstr(body, "\"rows\":") + 7));
        assert_int_equal(web.calls, 0); /* the lane is free again at the end */
        td_result_free(r);
        /* Left in the middle. */
        assert_int_equal(run(s, "select * from power.meters", &r, &err), TD_OK);
        td_result_free(r);
        td_session_close(s);
    }
    free(body);
}

static void statements(void **state)
{
    static const struct {
        const char *sql, *body;
        enum td_sqlstate st; /* 00000: fine */
        uint32_t ncols;
        int64_t affected;
    } t[] = {
        {"insert into t values(1)", DONE(3), TD_ST_00000, 0, 3},
        {" -- c\n delete from t", DONE(0), TD_ST_00000, 0, 0},
        {"select 3 as affected_rows", DONE(3), TD_ST_00000, 1, -1},
        {"select 1", "{\"code\":0,\"column_meta\":[[\"1\",\"BIGINT\",8]],\"data\":[],\"rows\":0}",
         TD_ST_00000, 1, -1},
        {"select x", "{\"code\":9730,\"desc\":\"Invalid column name: x\",\"timing\":1}",
         TD_ST_42S22, 0, 0},
        {"select sqrt(-1)", "", TD_ST_HY000, 0, 0},
        {"select 1", "{\"code\":0,\"column_meta\":[[\"1\",\"BIGINT\",8]],\"data\":[[1],[2",
         TD_ST_08S01, 0, 0},
        {"select 1",
         "{\"code\":0,\"column_meta\":[[\"1\",\"BIGINT\",8]],\"data\":[[1]],\"rows\":2}",
         TD_ST_08S01, 0, 0},
        {"select 1", "\"query memory exceeds threshold\"", TD_ST_HY000, 0, 0},
    };
    struct td_session *s = open_ok("Server=h;Transport=http");

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct td_result *r = NULL;
        struct td_err err = {.state = TD_ST_00000};
        g_body = t[i].body;
        if ((run(s, t[i].sql, &r, &err) == TD_OK) != (t[i].st == TD_ST_00000) ||
            err.state != t[i].st)
            fail_msg("case %zu: %s", i, err.msg);
        if (r) {
            assert_int_equal(r->ncols, t[i].ncols);
            assert_int_equal(r->affected, t[i].affected);
        }
        td_result_free(r);
    }
    assert_int_equal(td_session_validate(s, TD_STR("select 1"),
                                         &(struct td_request){.deadline = TD_NEVER}, NULL),
                     TD_FAIL);
    td_session_close(s);
}

/* The end of a long body is checked, too: rows that came before are given, then the error. */
static void breaks_off(void **state)
{
    struct td_buf b = TD_BUF_INIT(1 << 22);
    struct td_session *s = open_ok("Server=h;Transport=http");
    struct td_result *r;
    struct td_err err;
    bool have;

    (void)state;
    td_buf_puts(&b, "{\"code\":0,\"column_meta\":[[\"a\",\"INT\",4]],\"data\":[");
    for (int i = 0; i < 6000; i++)
        td_buf_printf(&b, "%s[%d]", i ? "," : "", i);
    td_buf_putc(&b, 0);
    g_body = (char *)b.p;
    assert_int_equal(run(s, "select a from t", &r, &err), TD_OK);
    assert_int_equal(td_result_next(r, NULL, &have, &err), TD_OK);
    assert_true(have && r->block.rows == 4096);
    assert_int_equal(td_result_next(r, NULL, &have, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_08S01);
    assert_true(r->ended && !have);
    td_result_free(r);
    /* Lost while reading; a write's outcome is unknown then. */
    web.read_error = TD_ST_08S01;
    web.break_at = 20;
    web.piece = 10;
    assert_int_equal(run(s, "insert into t values(1)", &r, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_08S01);
    assert_non_null(strstr(err.msg, "may have been executed"));
    /* Not even sent: nothing to fear. */
    web.read_error = TD_ST_00000;
    web.post_error = TD_ST_08001;
    assert_int_equal(run(s, "insert into t values(1)", &r, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_08S01);
    assert_null(strstr(err.msg, "may have been executed"));
    td_session_close(s);
    td_buf_free(&b);
}

static void precision(void **state)
{
#define TS(rows, n)                                                                                \
    "{\"code\":0,\"column_meta\":[[\"t\",\"TIMESTAMP\",8]],\"data\":[" rows "],\"rows\":" #n "}"
    static const struct {
        const char *body;
        uint8_t prec;
    } t[] = {{TS("[\"2023-01-01T00:00:00.000Z\"]", 1), 0},
             {TS("[null],[\"2023-01-01T00:00:00.000001Z\"]", 2), 1},
             {TS("[\"2023-01-01T00:00:00.000000001Z\"]", 1), 2},
             {TS("", 0), 0},
             {TS("[null]", 1), 0}};
    struct td_session *s = open_ok("Server=h;Transport=http");
    struct td_result *r;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        g_body = t[i].body;
        assert_int_equal(run(s, "select t from x", &r, NULL), TD_OK);
        assert_int_equal(r->ts_prec, t[i].prec);
        td_result_free(r);
    }
    td_session_close(s);
}

static void use(void **state)
{
    static const struct {
        const char *sql, *db;
    } t[] = {{"use abc", "abc"},
             {"USE `Ab`;", "Ab"},
             {"use gone2", "gone2"},
             {"drop database x", "gone2"}};
    struct td_session *s = open_ok("Server=h;Transport=http;Database=start");
    struct td_result *r;
    char db[50];

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(run(s, t[i].sql, &r, NULL), TD_OK);
        td_result_free(r);
        td_session_database(s, db, sizeof db);
        assert_string_equal(db, t[i].db);
    }
    assert_int_equal(run(s, "use Gone", &r, NULL), TD_OK);
    td_result_free(r);
    assert_int_equal(run(s, "drop database gone", &r, NULL),
                     TD_OK); /* the current one: the server says so */
    td_result_free(r);
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "");
    assert_int_equal(run(s, "use `x y`", &r, NULL), TD_OK);
    td_result_free(r);
    assert_int_equal(run(s, "select 1", &r, NULL), TD_OK);
    td_result_free(r);
    assert_memory_equal(web.target, "/rest/sql/x%20y?", 16);
    assert_int_equal(td_session_reset(s, NULL), TD_OK);
    td_session_database(s, db, sizeof db);
    assert_string_equal(db, "start");
    td_session_close(s);
}

static void torture(void **state)
{
    bool done = false;
    size_t failed = 0;

    for (uint64_t nth = 1; nth < 120; nth++) {
        struct td_session *s;
        struct td_result *r = NULL;
        struct td_opts o;
        struct td_err err = {.state = TD_ST_00000};
        bool have = true;
        setup(state);
        g_body = "{\"code\":0,\"column_meta\":[[\"a\",\"INT\",4],[\"b\",\"VARCHAR\",4]],\"data\":[["
                 "1,\"x\\n\"]],\"rows\":1}";
        td_opts_init(&o);
        assert_int_equal(td_opts_parse(&o,
                                       TD_STR("Server=h;Transport=http;Database=d;ConnRetries=0"),
                                       NULL, NULL, &err),
                         TD_OK);
        td_alloc_fail_at(nth, 0);
        s = td_session_open(&o, td_deadline(1000), NULL, NULL, &err);
        if (s && run(s, "select 1", &r, &err) == TD_OK) {
            while (have && td_result_next(r, NULL, &have, &err) == TD_OK)
                continue;
        }
        td_alloc_fail_at(0, 0);
        done = r && r->ended && err.state == TD_ST_00000;
        failed += !done;
        assert_true(done || err.state == TD_ST_HY001);
        td_result_free(r);
        td_session_close(s);
        td_opts_free(&o);
        assert_true(web.calls == 0 && web.rests == 0);
    }
    print_message("allocations made to fail: %zu\n", failed);
    assert_true(done && failed > 30);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(login),      T(login_errors), T(rows), T(statements),
                                       T(breaks_off), T(precision),    T(use),  T(torture)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Prepared statements over a transport without a network: what is sent when, above all never an
 * exec after a failed bind (protocol.md section 11), the combined message and its fallback, and new
 * connections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/session.h"
#include "client/stmt2.h"
#include "wire/json.h"

#include "fake_transport.inc.h"

static struct {
    const char *version;
    int bind_code, exec_code, prepare_code; /* of the next reply */
    bool knows_combined, lose_at_exec;
    uint64_t next_stmt;
    char order[400]; /* what came, a letter each */
} srv;

static void came(char c)
{
    size_t n = strlen(srv.order);

    assert_true(n + 1 < sizeof srv.order);
    srv.order[n] = c;
    srv.order[n + 1] = 0;
}

static void reply(uint64_t id, const char *action, int code, const char *rest)
{
    char z[900];

    snprintf(z, sizeof z,
             "{\"code\":%d,\"message\":\"%s\",\"action\":\"%s\",\"req_id\":%llu,\"timing\":1,%s}",
             code,
             code == 65535 ? "unknown binary action 11"
             : code        ? "refused"
                           : "",
             action, (unsigned long long)id, rest);
    fake_text(z);
}

static int once(int *code)
{
    int v = *code;

    *code = 0;
    return v;
}

static void serve_binary(uint64_t id, const char *p)
{
    if (td_ld64(p + 16) == 9) {
        came('b');
        reply(id, "stmt2_bind", once(&srv.bind_code), "\"stmt_id\":1");
    } else if (td_ld64(p + 16) == 11) {
        came('c');
        if (srv.knows_combined)
            reply(id, "stmt2_bind_exec", once(&srv.exec_code), "\"stmt_id\":1,\"affected\":2");
        else
            reply(id, "", 65535, "\"stmt_id\":1");
    }
}

static void serve(uint64_t id, const char *p, size_t n, bool text)
{
    static const char fields[] = "\"stmt_id\":1,\"is_insert\":true,\"fields_count\":2,\"fields\":["
                                 "{\"name\":\"ts\",\"field_type\":9,\"precision\":1,\"scale\":0,"
                                 "\"bytes\":8,\"bind_type\":1},"
                                 "{\"name\":\"v\",\"field_type\":4,\"precision\":0,\"scale\":0,"
                                 "\"bytes\":4,\"bind_type\":1}]";
    char z[60];

    (void)n;
    if (!text) {
        serve_binary(id, p);
    } else if (strstr(p, "\"version\"")) {
        char v[120];
        snprintf(v, sizeof v,
                 "{\"code\":0,\"message\":\"\",\"action\":\"version\",\"version\":\"%s\"}",
                 srv.version);
        fake_text(v);
    } else if (strstr(p, "\"conn\"")) {
        reply(id, "conn", 0, "\"x\":0");
    } else if (strstr(p, "stmt2_init")) {
        came('i');
        snprintf(z, sizeof z, "\"stmt_id\":%llu", (unsigned long long)++srv.next_stmt);
        reply(id, "stmt2_init", 0, z);
    } else if (strstr(p, "stmt2_prepare")) {
        came('p');
        reply(id, "stmt2_prepare", once(&srv.prepare_code), fields);
    } else if (strstr(p, "stmt2_exec")) {
        came('e');
        if (srv.lose_at_exec) {
            srv.lose_at_exec = false;
            fake.lost = true;
            return;
        }
        reply(id, "stmt2_exec", once(&srv.exec_code), "\"stmt_id\":1,\"affected\":2");
    } else if (strstr(p, "stmt2_close")) {
        came('x');
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&srv, 0, sizeof srv);
    srv.version = "3.3.7.5";
    fake_reset();
    fake.answer = serve;
    return 0;
}

static struct td_session *open_session(void)
{
    struct td_err err;
    struct td_opts o;

    td_opts_init(&o);
    assert_int_equal(td_opts_parse(&o, TD_STR("Server=h"), NULL, NULL, &err), TD_OK);
    struct td_session *s = td_session_open(&o, td_deadline(5000), NULL, NULL, &err);
    td_opts_free(&o);
    assert_non_null(s);
    return s;
}

/* Two rows for the two columns. */
static struct td_pcol columns[2];
static const struct td_pcol *const cols[2] = {&columns[0], &columns[1]};
static const uint8_t roles[2] = {TD_BIND_COLUMN, TD_BIND_COLUMN};
static const uint32_t rows[2] = {0, 1};
static const struct td_bind_table one_table = {{"", 0}, rows, 2};

static int group_setup(void **state)
{
    (void)state;
    td_pcol_reset(&columns[0], TD_T_TIMESTAMP, 8, 2);
    td_pcol_reset(&columns[1], TD_T_INT, 4, 2);
    memset(columns[0].fixed, 1, 16);
    memset(columns[1].fixed, 2, 8);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    td_pcol_free(&columns[0]);
    td_pcol_free(&columns[1]);
    fake_reset();
    return 0;
}

static struct td_stmt2 *prepare(struct td_session *s)
{
    struct td_request rq = {.deadline = TD_NEVER};
    struct td_stmt2 *st = NULL;
    struct td_err err;

    if (td_stmt2_prepare(s, TD_STR("insert into t values(?,?)"), &rq, &st, &err) != TD_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(st->nfields, 2);
    assert_int_equal(st->fields[0].precision, 1);
    return st;
}

static enum td_rc run(struct td_stmt2 *st, struct td_err *err)
{
    struct td_request rq = {.deadline = TD_NEVER};
    int64_t affected = -1;

    if (td_stmt2_ready(st, &rq, err) != TD_OK) return TD_FAIL;
    enum td_rc rc = td_stmt2_bind_exec(st, cols, roles, 2, &one_table, 1, &rq, &affected, err);
    if (rc == TD_OK) assert_int_equal(affected, 2);
    return rc;
}

static void prepared_once(void **state)
{
    struct td_session *s = open_session();
    struct td_stmt2 *st = prepare(s);
    struct td_err err;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(run(st, &err), TD_OK);
    td_stmt2_free(st);
    assert_string_equal(srv.order, "ipbebebex");
    assert_int_equal(fake_open_tickets(), 1); // the close's: nobody waits for it
    td_session_close(s);
}

static void no_exec_after_a_failed_bind(void **state)
{
    struct td_session *s = open_session();
    struct td_stmt2 *st = prepare(s);
    struct td_request rq = {.deadline = TD_NEVER};
    struct td_err err;
    int64_t affected;

    (void)state;
    assert_int_equal(td_stmt2_exec(st, &rq, &affected, &err), TD_FAIL); // nothing is bound
    assert_int_equal(err.state, TD_ST_HY010);
    srv.bind_code = 0x0200;
    assert_int_equal(run(st, &err), TD_FAIL);
    assert_int_equal(err.native, 0x0200);
    assert_true(st->broken && st->bind_refused);
    assert_int_equal(td_stmt2_exec(st, &rq, &affected, &err), TD_FAIL);
    assert_int_equal(td_stmt2_bind(st, cols, roles, 2, &one_table, 1, &rq, &err), TD_FAIL);
    assert_string_equal(srv.order, "ipb");
    assert_int_equal(run(st, &err), TD_OK); // closed, made anew
    assert_string_equal(srv.order, "ipbxipbe");
    srv.exec_code = 0x060B;
    assert_int_equal(run(st, &err), TD_FAIL);
    assert_true(st->broken && !st->bind_refused);
    assert_int_equal(td_stmt2_exec(st, &rq, &affected, &err), TD_FAIL); // nothing is bound any more
    srv.prepare_code = 0x2603;                                          // the table went
    assert_int_equal(run(st, &err), TD_FAIL);
    assert_int_equal(err.native, 0x2603);
    assert_int_equal(run(st, &err), TD_OK);
    assert_string_equal(srv.order, "ipbxipbebexipxipbe");
    td_stmt2_free(st);
    td_session_close(s);
}

/* Tried where the version may have it, once; below that never. */
static void combined_message(void **state)
{
    struct td_err err;

    (void)state;
    srv.version = "3.4.1.13";
    srv.knows_combined = true;
    struct td_session *s = open_session();
    struct td_stmt2 *st = prepare(s);
    assert_true(st->decimal_text);
    assert_int_equal(run(st, &err), TD_OK);
    assert_int_equal(run(st, &err), TD_OK);
    assert_string_equal(srv.order, "ipcc");
    srv.exec_code = 0x060B;
    assert_int_equal(run(st, &err), TD_FAIL);
    assert_false(st->bind_refused); // one message: nobody knows
    assert_int_equal(run(st, &err), TD_OK);
    assert_string_equal(srv.order, "ipcccxipc");
    td_stmt2_free(st);
    td_session_close(s);

    setup(NULL);
    srv.version = "3.4.1.13";
    s = open_session();
    st = prepare(s);
    assert_int_equal(run(st, &err), TD_OK);
    assert_int_equal(run(st, &err), TD_OK);
    assert_string_equal(srv.order, "ipcbebe"); // tried, then never again on this connection
    td_stmt2_free(st);
    td_session_close(s);
}

static bool open_again(const struct td_net_cfg *cfg, bool *retry, struct td_err *err)
{
    (void)cfg, (void)retry, (void)err;
    fake.lost = false;
    return false;
}

/* A lost connection breaks the statement; the next execute prepares it on a new one, and nothing is
 * sent twice. */
static void new_connection(void **state)
{
    struct td_session *s = open_session();
    struct td_stmt2 *st = prepare(s), *other = prepare(s);
    struct td_err err;

    (void)state;
    fake.refuse = open_again;
    assert_int_equal(run(st, &err), TD_OK);
    assert_string_equal(srv.order, "ipipbe");
    fake.lost = true; // noticed before anything is sent: that execute works, on a new connection
    assert_int_equal(run(st, &err), TD_OK);
    assert_int_equal(fake.opened, 2);
    assert_string_equal(srv.order, "ipipbeipbe");
    srv.lose_at_exec = true; // the reply does not come: the outcome is unknown
    assert_int_equal(run(other, &err), TD_FAIL);
    assert_int_equal(err.state, TD_ST_08S01);
    assert_false(other->bind_refused);
    assert_string_equal(srv.order, "ipipbeipbeipbe");
    srv.order[0] = 0;
    assert_int_equal(run(other, &err), TD_OK);
    assert_int_equal(run(st, &err), TD_OK); // its preparation went with the connection as well
    assert_int_equal(fake.opened, 3);
    assert_string_equal(srv.order, "ipbeipbe"); // and no close: the server forgot them by itself
    td_stmt2_free(st);
    td_stmt2_free(other);
    td_session_close(s);
}

static void no_memory(void **state)
{
    (void)state;
    uint64_t n = 0;
    enum td_rc rc = TD_FAIL;
    struct td_session *s = open_session();

    while (rc != TD_OK && n < 200) {
        struct td_request rq = {.deadline = TD_NEVER};
        struct td_stmt2 *st = NULL;
        struct td_err err;

        srv.order[0] = 0;
        td_alloc_fail_at(++n, 1);
        rc = td_stmt2_prepare(s, TD_STR("insert into t values(?,?)"), &rq, &st, &err);
        if (rc == TD_OK) rc = run(st, &err);
        td_alloc_fail_at(0, 0);
        if (rc != TD_OK) assert_true(err.state == TD_ST_HY001 || err.state == TD_ST_HYT00);
        td_stmt2_free(st);
    }
    assert_true(n > 5 && n < 200);
    td_session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(prepared_once, setup),
        cmocka_unit_test_setup(no_exec_after_a_failed_bind, setup),
        cmocka_unit_test_setup(combined_message, setup),
        cmocka_unit_test_setup(new_connection, setup),
        cmocka_unit_test_setup(no_memory, setup),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

/* Subscriptions through {CALL}, on a transport without a network that answers with the recordings
   of golden/tmq: what a poll's result sets look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/tmq.h"
#include "golden.h"
#include "odbc/stmt.h"

#include "../client/fake_transport.inc.h"

/* ---- a server that repeats a recording ---- */

static struct golden *g_rec;
static size_t g_at;   /* requests are answered in the recording's order, others are passed over */
static int g_renamed; /* block whose column `de` is called `dx`, from 1; 0: none */

static bool action_of(const char *p, char out[40])
{
    const char *at = strstr(p, "\"action\"");

    return at && sscanf(at, "\"action\" : \"%39[a-z_]\"", out) == 1;
}

/* A text reply of the recording with this request's id. */
static void send_text(const char *p, uint64_t id)
{
    const char *at = strstr(p, "\"req_id\":");
    const char *rest = strpbrk(at + 9, ",}");
    const size_t n = strlen(p) + 40;
    char *z = malloc(n);

    snprintf(z, n, "%.*s%llu%s", (int)(at + 9 - p), p, (unsigned long long)id, rest);
    fake_text(z);
    free(z);
}

static void send_bin(struct golden_msg *m, uint64_t id)
{
    uint8_t *at = m->p;

    td_st64(m->p + 26, id);
    for (int i = 0; i < g_renamed; i++)
        at = memmem(at + 3, (size_t)(m->p + m->n - at - 3),
                    "\x03"
                    "de",
                    4);
    if (at != m->p) at[2] = 'x';
    fake_reply(m->p, m->n, false);
}

static void serve(uint64_t id, const char *p, size_t n, bool text)
{
    char want[40], have[40], z[200];

    (void)n;
    assert_true(text && action_of(p, want));
    if (strcmp(want, "version") == 0 || strcmp(want, "conn") == 0) {
        snprintf(z, sizeof z,
                 "{\"code\":0,\"message\":\"\",\"action\":\"version\",\"req_id\":%llu,"
                 "\"version\":\"3.3.7.5\"}",
                 (unsigned long long)id);
        fake_text(z);
        return;
    }
    for (; g_at + 1 < g_rec->count; g_at++) {
        const struct golden_msg *m = &g_rec->msg[g_at];
        if (!m->to_server || !m->text || !action_of((char *)m->p, have) || strcmp(want, have) != 0)
            continue;
        struct golden_msg *reply = &g_rec->msg[g_at + 1];
        g_at += 2;
        if (reply->text)
            send_text((char *)reply->p, id);
        else
            send_bin(reply, id);
        return;
    }
    fail_msg("%s is not in the rest of the recording", want);
}

/* ---- fixtures ---- */

static struct td_env *g_env;
static struct td_dbc *g_dbc;
static struct td_stmt *g_stmt;
static const struct td_out g_no_out;

static void open_all(const char *recording)
{
    SQLHANDLE h;
    char path[300];

    fake_reset();
    fake.answer = serve;
    g_at = 0;
    g_renamed = 0;
    snprintf(path, sizeof path, "%s/golden/tmq/%s.jsonl", TD_TEST_DATA, recording);
    g_rec = golden_load(path);
    assert_int_equal(td_env_alloc(&h), SQL_SUCCESS);
    g_env = h;
    g_env->odbc_version = SQL_OV_ODBC3;
    assert_int_equal(td_dbc_alloc(g_env, &h), SQL_SUCCESS);
    g_dbc = h;
    assert_int_equal(td_driver_connect(g_dbc, NULL, TD_STR("Server=h;Timezone=UTC"), &g_no_out, 0),
                     SQL_SUCCESS);
    assert_int_equal(td_stmt_alloc(g_dbc, &h), SQL_SUCCESS);
    g_stmt = h;
}

static void close_all(void)
{
    /* as SQLDisconnect: with the lock held */
    td_lock(&g_dbc->h.lock);
    assert_int_equal(td_disconnect(g_dbc), SQL_SUCCESS);
    td_unlock(&g_dbc->h.lock);
    td_dbc_free(g_dbc);
    td_env_free(g_env);
    assert_int_equal(fake_open_tickets(), 0);
    golden_free(g_rec);
    fake_reset();
}

static void call(const char *sql)
{
    td_stmt_close_cursor(g_stmt);
    td_diag_clear(&g_stmt->h.diag);
    if (td_exec_direct(g_stmt, td_str_of(sql)) != SQL_SUCCESS)
        fail_msg("%s: %s", sql, g_stmt->h.diag.n ? g_stmt->h.diag.recs[0].msg : "");
}

static const char *text(SQLUSMALLINT col)
{
    static char bufs[4][20000];
    static int turn;
    char *b = bufs[turn = (turn + 1) % 4];
    SQLLEN ind;

    assert_int_equal(td_get_data(g_stmt, col, SQL_C_CHAR, b, sizeof bufs[0], &ind), SQL_SUCCESS);
    return ind == SQL_NULL_DATA ? NULL : b;
}

static int columns(void)
{
    SQLSMALLINT n;

    assert_int_equal(td_num_result_cols(g_stmt, &n), SQL_SUCCESS);
    return n;
}

#define SUBSCRIBE(topic)                                                                           \
    "{call td_tmq_subscribe('g','" topic "','auto.offset.reset=earliest;enable.auto.commit=0')}"

/* The five columns in front; the table is NULL where the message names none. */
static void check_front(const char *topic, const char *vgroup, const char *offset,
                        const char *table)
{
    assert_string_equal(text(1), "g_tmq");
    assert_string_equal(text(2), topic);
    assert_string_equal(text(3), vgroup);
    assert_string_equal(text(4), offset);
    const char *have = text(5);
    if (table)
        assert_string_equal(have, table);
    else
        assert_null(have);
}

/* The rows of golden/tmq/setup.sql: c1 has values, c2 NULLs, in turn. */
static void check_rows(int from, int to)
{
    char want[40];

    for (int row = from; row < to; row++) {
        const int k = row / 2;
        const bool null = row & 1;
        assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
        check_front("g_tp_st", "135", "0", null ? "c2" : "c1");
        snprintf(want, sizeof want, "2024-01-01 00:00:0%d.00000%d", k, 1 + null);
        assert_string_equal(text(6), want);
        snprintf(want, sizeof want, "%d", null ? 101 + k : 1 + k);
        assert_string_equal(text(7), want);
        if (null) {
            for (SQLUSMALLINT col = 8; col <= 13; col++)
                assert_null(text(col));
            continue;
        }
        snprintf(want, sizeof want, "%d.5", k);
        assert_string_equal(text(8), want);
        snprintf(want, sizeof want, "s%d", k);
        assert_string_equal(text(9), want);
        snprintf(want, sizeof want, "\xE4\xB8\xAD%d", k);
        assert_string_equal(text(10), want);
        snprintf(want, sizeof want, "%d.2500", k);
        assert_string_equal(text(11), want);
        snprintf(want, sizeof want, "0%dFF", k);
        assert_string_equal(text(12), want);
        assert_string_equal(text(13), "1");
    }
}

/* ---- tests ---- */

static void whole_tables(void **state)
{
    SQLSMALLINT type, digits, nullable;
    SQLULEN size;

    (void)state;
    open_all("stable_topic");
    call(SUBSCRIBE("g_tp_st"));
    call("{call td_tmq_topics}");
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    assert_string_equal(text(1), "g_tp_st");
    call("{call td_tmq_poll(0)}");
    assert_int_equal(columns(), 13);
    assert_int_equal(td_describe_col(g_stmt, 11, &g_no_out, &type, &size, &digits, &nullable),
                     SQL_SUCCESS);
    assert_int_equal(type, SQL_DECIMAL);
    assert_int_equal(size, 20);
    assert_int_equal(digits, 4);
    check_rows(0, 10);
    assert_int_equal(td_fetch(g_stmt), SQL_NO_DATA);
    assert_int_equal(td_more_results(g_stmt), SQL_NO_DATA);
    call("{call td_tmq_commit()}");
    /* nothing came in time: no rows, and the five columns */
    call("{call td_tmq_poll(0)}");
    assert_int_equal(columns(), 5);
    assert_int_equal(td_fetch(g_stmt), SQL_NO_DATA);
    call("{call td_tmq_assignment('g_tp_st')}");
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    assert_string_equal(text(2), "135");
    assert_string_equal(text(5), "16");
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    assert_string_equal(text(2), "134");
    call("{call td_tmq_committed('g_tp_st', 135)}");
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    assert_string_equal(text(3), "15");
    call("{call td_tmq_position('g_tp_st', 135)}");
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    assert_string_equal(text(3), "16");
    call("{call td_tmq_committed('g_tp_st', 134)}");
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    assert_null(text(3)); /* none yet */
    call("{call td_tmq_seek('g_tp_st', 135, 0)}");
    call("{call td_tmq_poll(0)}");
    check_rows(0, 10);
    call("{call td_tmq_commit_offset('g_tp_st', 135, 16)}");
    td_stmt_close_cursor(g_stmt);
    assert_int_equal(td_exec_direct(g_stmt, TD_STR("{call td_tmq_seek('g_tp_st', 9999, 0)}")),
                     SQL_ERROR);
    assert_int_equal(g_stmt->h.diag.recs[0].native, 0x4008);
    call("{call td_tmq_unsubscribe}");
    close_all();
}

/* Blocks of another shape are a further result; no row is lost or moved. */
static void further_results(void **state)
{
    (void)state;
    open_all("stable_topic");
    g_renamed = 2;
    call(SUBSCRIBE("g_tp_st"));
    call("{call td_tmq_poll(0)}");
    check_rows(0, 1);
    assert_int_equal(td_fetch(g_stmt), SQL_NO_DATA);
    assert_int_equal(td_more_results(g_stmt), SQL_SUCCESS);
    check_rows(1, 2);
    assert_int_equal(td_more_results(g_stmt), SQL_SUCCESS);
    check_rows(2, 10);
    assert_int_equal(td_more_results(g_stmt), SQL_NO_DATA);
    /* what is not asked for is freed (LeakSanitizer) */
    call("{call td_tmq_seek('g_tp_st', 135, 0)}");
    call("{call td_tmq_poll(0)}");
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    close_all();
}

static void query(void **state)
{
    (void)state;
    open_all("query_topic");
    call(SUBSCRIBE("g_tp_q"));
    call("{call td_tmq_poll(0)}");
    assert_int_equal(columns(), 10);
    for (int row = 0; row < 10; row++) {
        assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
        check_front("g_tp_q", "135", "0", NULL);
    }
    assert_int_equal(td_fetch(g_stmt), SQL_NO_DATA);
    close_all();
}

static void metadata(void **state)
{
    static const char *const tables[] = {"\"tableName\":\"st\"", "\"tableName\":\"c1\"",
                                         "\"tableName\":\"c2\""};

    (void)state;
    open_all("db_topic_meta");
    call(SUBSCRIBE("g_tp_db"));
    call("{call td_tmq_poll(0)}");
    assert_int_equal(columns(), 6);
    assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
    check_front("g_tp_db", "134", "13", NULL);
    assert_non_null(strstr(text(6), tables[0]));
    assert_int_equal(td_fetch(g_stmt), SQL_NO_DATA);
    call("{call td_tmq_poll(0)}");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(td_fetch(g_stmt), SQL_SUCCESS);
        assert_non_null(strstr(text(6), tables[i]));
    }
    assert_int_equal(td_fetch(g_stmt), SQL_NO_DATA);
    call("{call td_tmq_poll(0)}");
    assert_int_equal(columns(), 13);
    close_all();
}

/* The server's messages of the recordings of failures. */
static void failures(void **state)
{
    static const struct {
        const char *recording, *text;
        int native;
    } t[] = {{"bad_password", "init tscObj failed", 0}, {"bad_topic", "Topic not exist", 0x3E1}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        open_all(t[i].recording);
        assert_int_equal(td_exec_direct(g_stmt, TD_STR(SUBSCRIBE("x"))), SQL_ERROR);
        assert_non_null(strstr(g_stmt->h.diag.recs[0].msg, t[i].text));
        assert_int_equal(g_stmt->h.diag.recs[0].native, t[i].native);
        close_all();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_tables), cmocka_unit_test(further_results), cmocka_unit_test(query),
        cmocka_unit_test(metadata),     cmocka_unit_test(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

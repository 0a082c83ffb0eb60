/* opturl_ut.c: the Url's parts as options; its addresses and all error forms are in
 * tests/unit/net/url_ut.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/opturl.h"

static void count_unknown(void *ctx, struct td_str key)
{
    (void)key;
    ++*(int *)ctx;
}

static const struct {
    const char *conn, *hosts, *out;
    int unknown;
} rows[] = {
    {"UID=u", NULL, "UID=u;", 0},
    {"Url=", NULL, "Url=;", 0},
    {"Url=ws://", "", "Url=ws://;Transport=ws;", 0},
    {"Url={wss://u:p%3B@h1,h2:7/d?readonly=1&logfile=/x&what=1}", "h1,h2:7",
     "Url={wss://u:p%3B@h1,h2:7/d?readonly=1&logfile=/x&what=1};UID=u;PWD={p;};Database=d;"
     "Transport=wss;ReadOnly=1;LogFile=/x;",
     1},
    {"Url={ws://u:p@[::1]?compression=0};UID=v;PWD=;Compression=1;Transport=http", "[::1]",
     "Url={ws://u:p@[::1]?compression=0};UID=v;PWD=;Transport=http;Compression=1;", 0},
    /* Given but empty is as not given, but for the password. */
    {"Url={ws://u@h/d};UID=;Database=", "h", "Url={ws://u@h/d};UID=u;Database=d;Transport=ws;", 0},
    /* The addresses stay the Url's: they are no option. */
    {"Url=ws://h:7;Server=s;Port=1", "h:7", "Url=ws://h:7;Server=s;Port=1;Transport=ws;", 0},
};

static void assert_written(const struct td_opts *o, const char *expected)
{
    struct td_buf b = TD_BUF_INIT(10000);
    assert_int_equal(td_opts_write(o, &b, false), TD_OK);
    if (!td_str_eq(td_buf_str(&b), td_str_of(expected)))
        fail_msg("'%.*s', not '%s'", (int)b.n, (const char *)b.p, expected);
    td_buf_free(&b);
}

static void parts_become_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_opts o;
        struct td_str hosts;
        td_opts_init(&o);
        assert_int_equal(td_opts_parse(&o, td_str_of(rows[i].conn), NULL, NULL, NULL), TD_OK);
        /* A second time changes nothing. */
        for (int round = 0; round < 2; round++) {
            int unknown = 0;
            assert_int_equal(td_opts_expand_url(&o, &hosts, count_unknown, &unknown, NULL), TD_OK);
            assert_int_equal(unknown, rows[i].unknown);
            assert_int_equal(!hosts.p, !rows[i].hosts);
            assert_true(td_str_eq(hosts, td_str_of(rows[i].hosts)));
            assert_written(&o, rows[i].out);
        }
        assert_int_equal(td_opts_expand_url(&o, &hosts, NULL, NULL, NULL), TD_OK);
        td_opts_free(&o);
    }
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    struct td_opts o;
    struct td_str hosts;
    struct td_err e;
    td_opts_init(&o);
    assert_int_equal(td_opts_set(&o, TD_OPT_URL, TD_STR("ws://h?readonly=hidden"), NULL), TD_OK);
    assert_int_equal(td_opts_expand_url(&o, &hosts, NULL, NULL, &e), TD_FAIL);
    assert_int_equal(e.state, TD_ST_HY024);
    assert_null(strstr(e.msg, "hidden"));
    td_opts_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_become_options),
        cmocka_unit_test(bad_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

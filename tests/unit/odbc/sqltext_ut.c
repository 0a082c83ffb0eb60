/* Batches, markers and statement kinds (sqltext.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "odbc/sqltext.h"

/* `shape`: each statement as KIND:text, joined by |, with <> around its markers. */
struct split_case {
    const char *sql, *shape;
    bool quoted_identifiers;
};

static const char *const kind_names[] = {"OTHER", "SELECT", "INSERT", "SHOW",
                                         "USE",   "CALL",   "EMPTY"};

static const struct split_case split_cases[] = {
    {"select 1", "SELECT:select 1", 0},
    {"  select 1 ;  ", "SELECT:select 1", 0},
    {"select 1;select 2", "SELECT:select 1|SELECT:select 2", 0},
    {";;select 1;; ;use d;", "SELECT:select 1|USE:use d", 0},
    {"", "EMPTY:", 0},
    {"   ", "EMPTY:", 0},
    {";", "EMPTY:", 0},
    {"-- only this", "EMPTY:-- only this", 0},
    {"/* a */ ; -- b", "EMPTY:-- b", 0},
    {"select ? from t where a = ?", "SELECT:select <?> from t where a = <?>", 0},
    {"insert into t values (?, ?); select ?",
     "INSERT:insert into t values (<?>, <?>)|SELECT:select <?>", 0},
    /* nothing inside strings, names and comments counts */
    {"select '?;', \"?;\", `?;` /* ?; */ -- ?;\n, ?",
     "SELECT:select '?;', \"?;\", `?;` /* ?; */ -- ?;\n, <?>", 0},
    {"select 'it''s ?' , ?", "SELECT:select 'it''s ?' , <?>", 0},
    {"select 'a\\' ?' , ?", "SELECT:select 'a\\' ?' , <?>", 0},
    {"select 'a\\\\' , ?", "SELECT:select 'a\\\\' , <?>", 0},
    {"select \"a\\\" ?\"\" ?\", ?", "SELECT:select \"a\\\" ?\"\" ?\", <?>", 0},
    {"select `a``?` , ?", "SELECT:select `a``?` , <?>", 0},
    {"select `a\\` , ?", "SELECT:select `a\\` , <?>", 0}, /* no backslash escape in names */
    {"select 1--1 ?\n+ ?", "SELECT:select 1--1 ?\n+ <?>", 0},
    {"select 4/2, ?", "SELECT:select 4/2, <?>", 0},
    {"/*+ hint */ select 1", "SELECT:/*+ hint */ select 1", 0},
    {"-- c\n/* d */ ((SELECT 1))", "SELECT:-- c\n/* d */ ((SELECT 1))", 0},
    {"select '数据;?' from 电表 where x=?", "SELECT:select '数据;?' from 电表 where x=<?>", 0},
    /* kinds */
    {"IMPORT into t values(1)", "INSERT:IMPORT into t values(1)", 0},
    {"show databases", "SHOW:show databases", 0},
    {"desc t", "SHOW:desc t", 0},
    {"DESCRIBE t", "SHOW:DESCRIBE t", 0},
    {"explain select 1", "SHOW:explain select 1", 0},
    {"call p(?)", "CALL:call p(<?>)", 0},
    {"? = call p(?)", "CALL:<?> = call p(<?>)", 0},
    {"create table t (ts timestamp, v int)", "OTHER:create table t (ts timestamp, v int)", 0},
    {"selects", "OTHER:selects", 0},
    {"delete from t where ts > ?", "OTHER:delete from t where ts > <?>", 0},
    /* quoted identifiers */
    {"select \"a\" from \"b\"\"c\" where \"d`e\" = 'x\"y'",
     "SELECT:select `a` from `b\"c` where `d``e` = 'x\"y'", 1},
    {"select \"a\\\" from t", "SELECT:select `a\\` from t", 1},
    {"select \"a\" from t", "SELECT:select \"a\" from t", 0},
};

static void shape_of(const struct td_sqltext *t, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < t->nstmts; i++) {
        const struct td_sqlstmt *s = &t->stmts[i];
        n += (size_t)snprintf(out + n, cap - n, "%s%s:", i ? "|" : "", kind_names[s->kind]);
        for (size_t k = 0, m = 0; k < s->sql.n; k++) {
            bool marker = m < s->nmarkers && s->markers[m] == k;
            m += marker;
            n += (size_t)snprintf(out + n, cap - n, marker ? "<%c>" : "%c", s->sql.p[k]);
        }
    }
}

static void test_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof split_cases / sizeof *split_cases; i++) {
        const struct split_case *c = &split_cases[i];
        struct td_sqltext t;
        struct td_err err = {0};
        struct td_sqltext_opts o = {.quoted_identifiers = c->quoted_identifiers};
        if (td_sqltext_parse(&t, td_str_of(c->sql), &o, &err) != TD_OK)
            fail_msg("%s: %s", c->sql, err.msg);
        char shape[512];
        shape_of(&t, shape, sizeof shape);
        assert_string_equal(shape, c->shape);
        uint32_t markers = 0;
        for (size_t k = 0; k < t.nstmts; k++)
            markers += t.stmts[k].nmarkers;
        assert_int_equal(t.nmarkers, markers);
        td_sqltext_free(&t);
    }
}

static void test_open(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"select 'abc", "character 8"},  {"select \"abc\"\"", "character 8"},
        {"select `abc", "character 8"},  {"select 1 /* x", "character 10"},
        {"select 'a\\'", "character 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_sqltext t;
        struct td_err err = {0};
        assert_int_equal(
            td_sqltext_parse(&t, td_str_of(cases[i].sql), &(struct td_sqltext_opts){0}, &err),
            TD_FAIL);
        assert_int_equal(err.state, TD_ST_42000);
        assert_non_null(strstr(err.msg, cases[i].says));
        assert_null(t.stmts); /* nothing to free after a failure */
    }
}

static void test_call_returns(void **state)
{
    (void)state;
    struct td_sqltext t;
    assert_int_equal(
        td_sqltext_parse(&t, TD_STR("?=call p(1)"), &(struct td_sqltext_opts){0}, NULL), TD_OK);
    assert_true(t.stmts[0].call_returns);
    assert_int_equal(t.nmarkers, 1);
    td_sqltext_free(&t);
    assert_int_equal(td_sqltext_parse(&t, TD_STR("call p(?)"), &(struct td_sqltext_opts){0}, NULL),
                     TD_OK);
    assert_false(t.stmts[0].call_returns);
    td_sqltext_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_call_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

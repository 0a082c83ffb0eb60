/* Batches, markers, statement kinds and ODBC escapes (sqltext.h, escape.h, scalarfn.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "odbc/scalarfn.h"
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

/* A text without an end goes to the server as it is (its error is the one to show), markers and `;` in it included. */
static void test_open(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "select 'abc",  "select \"abc\"\"", "select `abc",    "select 1 /* x",
        "select 'a\\'", "select '? ; {x",   "select ?, '? ;",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_sqltext t;
        struct td_err err = {0};
        assert_int_equal(
            td_sqltext_parse(&t, td_str_of(cases[i]), &(struct td_sqltext_opts){0}, &err), TD_OK);
        assert_int_equal(t.nstmts, 1);
        assert_true(td_str_eq(t.stmts[0].sql, td_str_of(cases[i])));
        assert_int_equal(t.nmarkers, i == 6);
        td_sqltext_free(&t);
    }
}

/* What SQLNativeSql shows. NULL: 42000. */
struct native_case {
    const char *sql, *native;
};

static const struct native_case native_cases[] = {
    /* literals: bare in VALUES and TAGS, typed elsewhere */
    {"select * from t where ts > {ts '2026-01-02 03:04:05.678'}",
     "select * from t where ts > timestamp '2026-01-02 03:04:05.678'"},
    {"select * from t where ts > { d '2026-01-02' }",
     "select * from t where ts > timestamp '2026-01-02'"},
    {"select {t '03:04:05'}", "select '03:04:05'"},
    {"select {guid '6f9619ff-8b86-d011-b42d-00c04fc964ff'}",
     "select '6f9619ff-8b86-d011-b42d-00c04fc964ff'"},
    {"insert into t values ({ts '2026-01-02 03:04:05'}, {d '2026-01-02'})",
     "insert into t values ('2026-01-02 03:04:05', '2026-01-02')"},
    {"insert into c using st tags ({ts '2026-01-02 03:04:05'}) values ({ts '2026-01-02 03:04:06'})",
     "insert into c using st tags ('2026-01-02 03:04:05') values ('2026-01-02 03:04:06')"},
    {"insert into t select * from u where ts > {ts '2026-01-02 03:04:05'}",
     "insert into t select * from u where ts > timestamp '2026-01-02 03:04:05'"},
    {"insert into t values ({d '2026-01-02'}); select {d '2026-01-03'}",
     "insert into t values ('2026-01-02'); select timestamp '2026-01-03'"},
    {"create table c using st tags ({ts '2026-01-02 03:04:05'})",
     "create table c using st tags ('2026-01-02 03:04:05')"},
    {"select 'values' , {d '2026-01-02'}", "select 'values' , timestamp '2026-01-02'"},
    /* a column with its database, where the text reads from that table */
    {"SELECT `d`.`t`.`ts`, `d`.`t`.`v` FROM `d`.`t` WHERE ( `d`.`t`.`ts` = ? )",
     "SELECT `t`.`ts`, `t`.`v` FROM `d`.`t` WHERE ( `t`.`ts` = ? )"},
    {"select d.t.* from D.T", "select t.* from D.T"},
    {"select d.t.v, e.u.v from d.t join e.u on d.t.ts = e.u.ts",
     "select t.v, u.v from d.t join e.u on t.ts = u.ts"},
    {"select d.t.v, e.u.v from d.t, e.u", "select t.v, u.v from d.t, e.u"},
    {"select {fn ABS(d.t.v)} from d.t", "select abs(t.v) from d.t"},
    {"select d.t.v from d.t; select d.t.v from t", "select t.v from d.t; select d.t.v from t"},
    {"select d.t.v from e.t", "select d.t.v from e.t"},
    {"select `D`.t.v from `d`.t", "select `D`.t.v from `d`.t"},
    {"select s.d.t.v from d.t", "select s.d.t.v from d.t"},
    {"select x from d.t.v join d.t", "select x from d.t.v join d.t"},
    {"select d.t.v from d.t.v", "select d.t.v from d.t.v"},
    {"select 'd.t.v', \"d.t.v\" from d.t -- d.t.v", "select 'd.t.v', \"d.t.v\" from d.t -- d.t.v"},
    {"select d.t. v, 1.5 from d.t", "select d.t. v, 1.5 from d.t"},
    {"create vtable v (ts timestamp, i int from d.t.i) from d.t",
     "create vtable v (ts timestamp, i int from d.t.i) from d.t"},
    {"select now() + {INTERVAL '5' DAY}", "select now() + 5d"},
    {"select now() - {interval '90' minute(2)}", "select now() - 90m"},
    {"select now() + {INTERVAL '1 02' DAY TO HOUR}", NULL},
    {"select now() + {INTERVAL -'5' DAY}", NULL},
    {"select now() + {INTERVAL '1.5' SECOND}", NULL},
    /* outer joins, LIKE, calls */
    {"select * from {oj a left outer join b on a.ts = b.ts} where 1=1",
     "select * from  a left outer join b on a.ts = b.ts where 1=1"},
    {"select * from t where a like 'x\\_%' {escape '\\'}", "select * from t where a like 'x\\_%' "},
    {"select * from t where a like 'x\\_%' {escape '\\\\'} and b = ?",
     "select * from t where a like 'x\\_%'  and b = ?"},
    {"select * from t where a like 'x!_%' {escape '!'}", "select * from t where a like 'x\\_%'"},
    {"select 1 where a like 'a!!b!%\\\\c''d' { escape  '!' } and b",
     "select 1 where a like 'a!b\\%\\\\\\\\c''d' and b"},
    {"select 1 where a like \"x!\"\"!n\\_\" {escape '!'}",
     "select 1 where a like \"x\"\"n\\\\\\\\_\""},
    {"select 1 where a like 'x''_' {escape ''''}", "select 1 where a like 'x\\_'"},
    {"select {fn LCASE('a!_') {escape '!'} }", NULL},
    {"select 1 where a like 'x!' {escape '!'}", NULL},
    {"select 1 where a like ? {escape '!'}", NULL},
    {"select 1 where a like ? {escape '\\'}", "select 1 where a like ? "},
    {"select 1 where a like 'x' {escape '%'}", NULL},
    {"select 1 where a like 'x' {escape 'ab'}", NULL},
    {"select 1 where a like 'x' {escape '", NULL},
    {"select 1 where a like 'x' {escape", NULL},
    {"{call td_x(?, 'a')}", "CALL td_x(?, 'a')"},
    {"{ CALL td_x }", "CALL td_x "},
    {"{?=call td_x(?)}", "?=CALL td_x(?)"},
    {"{ ? = call td_x(?)}", "?=CALL td_x(?)"},
    {"{? call td_x(?)}", NULL},
    /* scalar functions */
    {"select {fn LCASE(a)}, {fn ucase( b )}", "select lower(a), upper(b)"},
    {"select {fn LEFT(s, 3)}", "select substring(s, 1, 3)"},
    {"select {fn LOCATE('a', s)}", "select position('a' in s)"},
    {"select {fn LOCATE('a', s, 2)}", NULL},
    {"select {fn POSITION('a' IN s)}", "select position('a' IN s)"},
    {"select {fn LENGTH(s)}", "select char_length(rtrim(s))"},
    {"select {fn SPACE(4)}", "select repeat(' ', 4)"},
    {"select {fn POWER(a, 2)}, {fn LOG(a)}, {fn LOG10(a)}, {fn CEILING(a)}, {fn COT(a)}",
     "select pow(a, 2), ln(a), log(a, 10), ceil(a), (1 / tan(a))"},
    {"select {fn PI()}, {fn RAND()}, {fn RAND(7)}", "select pi(), rand(), rand(7)"},
    {"select {fn CURDATE()}, {fn CURRENT_TIMESTAMP}, {fn CURRENT_TIMESTAMP(3)}, {fn NOW()}",
     "select today(), now(), now(), now()"},
    {"select {fn YEAR(ts)}, {fn QUARTER(ts)}",
     "select cast(to_char(ts, 'yyyy') as int), cast(ceil(cast(to_char(ts, 'mm') as int) / 3) as "
     "int)"},
    {"select {fn EXTRACT(DAY FROM ts)}, {fn extract(hour from(ts))}",
     "select cast(to_char(ts, 'dd') as int), cast(to_char((ts), 'hh24') as int)"},
    {"select {fn EXTRACT(WEEK FROM ts)}", NULL},
    {"select {fn EXTRACT(YEAR)}", NULL},
    {"select {fn TIMESTAMPADD(SQL_TSI_DAY, 3, ts)}, {fn TIMESTAMPADD(SQL_TSI_HOUR, -3, ts)}",
     "select (ts + 3d), (ts - 3h)"},
    {"select {fn TIMESTAMPADD(SQL_TSI_MONTH, 3, ts)}", NULL},
    {"select {fn TIMESTAMPADD(SQL_TSI_DAY, ?, ts)}", NULL},
    {"select {fn TIMESTAMPDIFF(SQL_TSI_SECOND, a, b)}", "select (0 - timediff(a, b, 1s))"},
    {"select {fn TIMESTAMPDIFF(SQL_TSI_FRAC_SECOND, a, b)}", NULL},
    {"select {fn CONVERT(a, SQL_BIGINT)}, {fn CONVERT(a, SQL_DOUBLE)}",
     "select cast(a as bigint), cast(a as double)"},
    {"select {fn CONVERT(a, SQL_GUID)}", NULL},
    {"select {fn IFNULL(a, 0)}", "select (case when a is null then 0 else a end)"},
    {"select {fn IFNULL(a, ?)}", "select (case when a is null then ? else a end)"},
    {"select {fn IFNULL(?, 0)}", NULL}, /* the marker would be there twice */
    {"select {fn USER()}, {fn DATABASE()}", "select user(), database()"},
    {"select {fn twa(c)}", "select twa(c)"}, /* not ODBC's: the server's to know */
    {"select {fn ABS()}", NULL},
    {"select {fn ABS(1, 2)}", NULL},
    {"select {fn ABS(1) + 1}", NULL},
    {"select {fn ABS(1}", NULL},
    {"select {fn 'x'}", NULL},
    /* nesting, and where braces are none of ours */
    {"select {fn CONCAT({fn LCASE(a)}, {fn LEFT(b, {fn ABS(-2)})})}",
     "select concat(lower(a), substring(b, 1, abs(-2)))"},
    {"select {fn CONCAT(f(a, b), '},{fn')}", "select concat(f(a, b), '},{fn')"},
    {"select {fn YEAR({ts '2026-01-02 03:04:05'})}",
     "select cast(to_char(timestamp '2026-01-02 03:04:05', 'yyyy') as int)"},
    {"select '{fn LCASE(a)}', `{d 'x'}`, \"{ts\" /* {d} */ -- {x}\n",
     "select '{fn LCASE(a)}', `{d 'x'}`, \"{ts\" /* {d} */ -- {x}\n"},
    {"insert into j tags ('{\"a\":1}') values (1)", "insert into j tags ('{\"a\":1}') values (1)"},
    {"{oj {oj {oj a}}}", "   a"},
    {"select 1 }", "select 1 }"}, /* the server's to refuse */
    {"select {x}", NULL},
    {"select {", NULL},
    {"select {}", NULL},
    {"select {d}", NULL},
    {"select {d '2026-01-01'", NULL},
    {"select {d 2026}", NULL},
};

static void test_native(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof native_cases / sizeof *native_cases; i++) {
        const struct native_case *c = &native_cases[i];
        struct td_sqltext t;
        struct td_err err = {0};
        enum td_rc rc = td_sqltext_parse(&t, td_str_of(c->sql), &(struct td_sqltext_opts){0}, &err);
        if (!c->native) {
            if (rc == TD_OK)
                fail_msg("%s: became %.*s", c->sql, (int)t.native.n, (const char *)t.native.p);
            assert_int_equal(err.state, TD_ST_42000);
            continue;
        }
        if (rc != TD_OK) fail_msg("%s: %s", c->sql, err.msg);
        char native[512];
        snprintf(native, sizeof native, "%.*s", (int)t.native.n, (const char *)t.native.p);
        assert_string_equal(native, c->native);
        td_sqltext_free(&t);
    }
}

static void test_noscan(void **state)
{
    (void)state;
    struct td_sqltext t;
    struct td_sqltext_opts o = {.noscan = true};
    assert_int_equal(td_sqltext_parse(&t, TD_STR("select {fn LCASE(a)}, ?; {x"), &o, NULL), TD_OK);
    char shape[200];
    shape_of(&t, shape, sizeof shape);
    assert_string_equal(shape, "SELECT:select {fn LCASE(a)}, <?>|OTHER:{x");
    td_sqltext_free(&t);
}

static void test_deep(void **state)
{
    (void)state;
    char sql[4096] = "";
    for (int i = 0; i < 1000; i++)
        memcpy(sql + 4 * i, "{oj ", 5);
    struct td_sqltext t;
    struct td_err err = {0};
    assert_int_equal(td_sqltext_parse(&t, td_str_of(sql), &(struct td_sqltext_opts){0}, &err),
                     TD_FAIL);
    assert_int_equal(err.state, TD_ST_42000);
}

/* What SQLGetInfo claims is what the table rewrites (protocol.md 7.12, 11). */
static void test_masks(void **state)
{
    (void)state;
    SQLUINTEGER str = td_scalarfn_mask(SQL_STRING_FUNCTIONS),
                num = td_scalarfn_mask(SQL_NUMERIC_FUNCTIONS),
                td = td_scalarfn_mask(SQL_TIMEDATE_FUNCTIONS);
    assert_int_equal(str & (SQL_FN_STR_INSERT | SQL_FN_STR_LOCATE | SQL_FN_STR_RIGHT |
                            SQL_FN_STR_SOUNDEX | SQL_FN_STR_DIFFERENCE | SQL_FN_STR_BIT_LENGTH),
                     0);
    assert_int_equal(str | SQL_FN_STR_INSERT | SQL_FN_STR_LOCATE | SQL_FN_STR_RIGHT |
                         SQL_FN_STR_SOUNDEX | SQL_FN_STR_DIFFERENCE | SQL_FN_STR_BIT_LENGTH,
                     0xffffff);
    assert_int_equal(num, 0xffffff & ~SQL_FN_NUM_ATAN2);
    assert_int_equal(td, 0x1fffff);
    assert_int_equal(td_scalarfn_mask(SQL_SYSTEM_FUNCTIONS), 7);
    assert_int_equal(td_scalarfn_mask(SQL_CONVERT_FUNCTIONS), SQL_FN_CVT_CAST | SQL_FN_CVT_CONVERT);
    assert_int_equal(td_scalarfn_mask(SQL_TIMEDATE_ADD_INTERVALS),
                     SQL_FN_TSI_SECOND | SQL_FN_TSI_MINUTE | SQL_FN_TSI_HOUR | SQL_FN_TSI_DAY |
                         SQL_FN_TSI_WEEK);
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
        cmocka_unit_test(test_split),        cmocka_unit_test(test_open),
        cmocka_unit_test(test_call_returns), cmocka_unit_test(test_native),
        cmocka_unit_test(test_noscan),       cmocka_unit_test(test_deep),
        cmocka_unit_test(test_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* engine_ddl_ut.c: DDL, DELETE, SHOW, DESCRIBE, the catalog, users, and results that are open
   while tables change. */
#include "engine_hooks.h"
#include "engine_ut.h"

static struct tl_result *open_query(const char *sql)
{
    struct tl_error err = {0};
    struct tl_result *r = tl_engine_exec(ut_eng, &ut_s, sql, strlen(sql), &err);
    if (!r) fail_msg("%s: %s", sql, err.msg);
    return r;
}

static uint32_t count_rows(struct tl_result *r)
{
    struct tl_buf b = {0};
    struct tl_error err = {0};
    uint32_t n = 0;
    int rc;
    while ((rc = r->next(r, &b, &err)) == 1) {
        struct tl_block k;
        assert_true(tl_block_open(&k, b.p, b.n));
        n += k.rows;
        tl_block_close(&k);
        b.n = 0;
    }
    assert_int_equal(rc, 0);
    tl_buf_free(&b);
    return n;
}

/* `rows` rows of table t, a thousand a statement. */
static void fill(const char *t, int rows)
{
    static char sql[64 * 1024];
    for (int r = 0; r < rows;) {
        size_t n = (size_t)sprintf(sql, "insert into %s values", t);
        for (int k = 0; k < 1000 && r < rows; k++, r++) {
            n += (size_t)sprintf(sql + n, "(%lld,%d)", 1700000000000LL + r, r);
        }
        assert_true(strncmp(ut_run(sql), "affected", 8) == 0);
    }
}

static void ddl(void **state)
{
    static const struct ut_case cases[] = {
        {"create table t (ts timestamp, v int)", "!0x2616 Database not specified"},
        {"create database dd precision 'us' keep 100d vgroups 3 buffer 64", "affected 0"},
        {"create database dd", "!0x0381 Database already exists"},
        {"create database if not exists dd", "affected 0"},
        {"use nodb", "!0x0388 Database not exist"},
        {"use dd", "affected 0"},
        {"create table t (ts timestamp)", "!0x263f"},
        {"create table t (v int, ts timestamp)", "!0x2641"},
        {"create table t (ts timestamp, v int, V int)", "!0x263c"},
        {"create table t (ts timestamp, v varchar(0))", "!0x2643"},
        {"create table t (ts timestamp, v varchar(99999))", "!0x2643"},
        {"create table t (ts timestamp, v decimal(39,2))", "!0x2600"},
        {"create table t (ts timestamp, v int, k int primary key)", "!0x267c"},
        {"create table t (ts timestamp, v int)", "affected 0"},
        {"create table t (ts timestamp, v int)", "!0x0603 Table already exists"},
        {"create table if not exists t (ts timestamp, v int)", "affected 0"},
        {"create stable s (ts timestamp, v int)", "!0x2601"},
        {"create stable s (ts timestamp, v int) tags (a int, b json)", "!0x264b"},
        {"create stable s (ts timestamp, v int) tags (a int, `B c` nchar(8))", "affected 0"},
        {"create stable s (ts timestamp, v int) tags (a int)", "!0x0360"},
        {"create table c1 using s tags(1)", "!0x260d"},
        {"create table c1 using s tags(1,'x',2)", "!0x260d"},
        {"create table c1 using s (a) tags(1)", "affected 0"},
        {"create table if not exists c1 using s tags(2,'y') c2 using s tags(2,'y')", "affected 0"},
        {"create table c1 using s tags(2,'y')", "!0x0603"},
        {"create table c3 using t tags(1)", "!0x0200"},
        {"select tbname, a, `B c` from s", ""},
        {"select tags tbname, a, `B c` from s", "c1|1|NULL;c2|2|y"},
        {"insert into c1 values(now,1) c2 values(now,2)", "affected 2"},
        {"alter table s add column w varchar(4)", "affected 0"},
        {"alter table s add column w int", "!0x036b"},
        {"select v, w from s order by v", "1|NULL;2|NULL"},
        {"insert into c1 values(now+1s,3,'abcd')", "affected 1"},
        {"alter table s modify column w varchar(8)", "affected 0"},
        {"alter table s modify column w varchar(2)", "!0x2649"},
        {"alter table s drop column v", "affected 0"},
        {"select w from c1 where w is not null", "abcd"},
        {"alter table s drop column w", "!0x0200"},
        {"alter table s add column v double", "affected 0"},
        {"select w, v from c1 order by ts", "NULL|NULL;abcd|NULL"},
        {"alter table s add tag z int", "affected 0"},
        {"alter table c1 set tag z=7, a=8", "affected 0"},
        {"select tags tbname, a, z from s", "c1|8|7;c2|2|NULL"},
        {"alter table s rename tag z zz", "affected 0"},
        {"alter table s drop tag zz", "affected 0"},
        {"alter table s drop tag zz", "!0x036a"},
        {"alter table c1 add column q int", "!0x0200"},
        {"alter table t add column q int", "affected 0"},
        {"alter table t rename column q qq", "affected 0"},
        {"describe t", "ts|TIMESTAMP|8||delta-i|lz4|medium;v|INT|4||simple8b|lz4|medium;qq|INT|4||"
                       "simple8b|lz4|medium"},
        {"show create table t", "t|CREATE TABLE `t` (`ts` TIMESTAMP, `v` INT, `qq` INT)"},
        {"show create table c2", "c2|CREATE TABLE `c2` USING `s` (`a`, `B c`) TAGS (2, \"y\")"},
        {"delete from c1 where w='x'", "!0x2655"},
        {"delete from s where a=8 and ts<now", "affected 1"},
        {"delete from c1", "affected 1"},
        {"drop table t2x", "!0x2603 Table does not exist"},
        {"drop table if exists t2x, t", "affected 0"},
        {"drop stable c2", "!0x0362"},
        {"show tables", "c1;c2"},
        {"show stables", "s"},
        {"drop table c2", "affected 0"},
        {"select count(*) from s", "0"},
        {"drop stable s", "affected 0"},
        {"show dd.tables", ""},
        {"drop database information_schema",
         "!0x0200 Cannot drop system database: `information_schema`"},
        {"drop database dd", "affected 0"},
        {"drop database dd", "!0x0388"},
        {"drop database if exists dd", "affected 0"},
        {"select database()", "NULL"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void catalog(void **state)
{
    static const struct ut_case cases[] = {
        {"create database cat precision 'ns' vgroups 2", "affected 0"},
        {"use cat", "affected 0"},
        {"create stable s (ts timestamp, v decimal(9,3), n nchar(5)) tags (a int, f float, d "
         "double, t timestamp, v binary(3))",
         "!0x263c"},
        {"create stable s (ts timestamp, v decimal(9,3), n nchar(5)) tags (a int, f float, d "
         "double, t timestamp, w varbinary(3)) comment 'hello'",
         "affected 0"},
        {"create table `C.1` using s tags(1,1.5,2.5,1,'\\x0a')", "affected 0"},
        {"create table nt (ts timestamp, v int)", "affected 0"},
        {"select table_name,`columns`,stable_name,type from information_schema.ins_tables where "
         "db_name='cat' order by table_name",
         "C.1|3|s|CHILD_TABLE;nt|2|NULL|NORMAL_TABLE"},
        {"select stable_name,`tags`,table_comment from information_schema.ins_stables where "
         "db_name='cat'",
         "s|5|hello"},
        {"select col_name,col_type,col_length,col_id from information_schema.ins_columns where "
         "db_name='cat' and table_name='C.1'",
         "ts|TIMESTAMP|8|1;v|DECIMAL(9,3)|8|2;n|NCHAR(5)|22|3"},
        {"select tag_name,tag_type,tag_value from information_schema.ins_tags where "
         "table_name='C.1' and db_name='cat'",
         "a|INT|1;f|FLOAT|1.50000;d|DOUBLE|2.500000000;t|TIMESTAMP|1;w|VARBINARY(3)|\\x0A"},
        {"select name,`precision`,ntables,`vgroups` from information_schema.ins_databases where "
         "name='cat'",
         "cat|ns|2|2"},
        {"select count(*) from information_schema.ins_tables where db_name='information_schema'",
         "41"},
        {"show databases like 'c%'", "cat"},
        {"show tables like 'N%'", "nt"},
        {"show normal tables", "nt"},
        {"show tags from `C.1`",
         "C.1|cat|s|a|INT|1;C.1|cat|s|f|FLOAT|1.50000;C.1|cat|s|d|DOUBLE|2.500000000;C.1|cat|s|t|"
         "TIMESTAMP|1;C.1|cat|s|w|VARBINARY(3)|\\x0A"},
        {"select c.table_name from information_schema.ins_tables c where c.db_name='cat' and "
         "c.table_name like 'c%'",
         "C.1"},
        {"select name from information_schema.ins_users", "root"},
        {"select kill_id from performance_schema.perf_queries where query_id=7827713", ""},
        {"kill query 'deadbeef:1'", "!0x030e Invalid connection id"},
        {"drop database cat", "affected 0"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void users(void **state)
{
    static const struct ut_case cases[] = {
        {"create user bob pass 'secret12'", "affected 0"},
        {"create user bob pass 'secret12'", "!0x0350"},
        {"create user al pass 'short'", "!0x2611"},
        {"alter user bob pass 'secret34'", "affected 0"},
        {"drop user nobody", "!0x0351"},
        {"drop user root", "!0x0303"},
        {"grant all on *.* to bob", "!0x2600"},
    };
    (void)state;
    assert_true(tl_engine_login(ut_eng, "root", "taosdata"));
    assert_false(tl_engine_login(ut_eng, "root", "x"));
    UT_CHECK(cases, ut_run);
    assert_true(tl_engine_login(ut_eng, "bob", "secret34"));
    assert_false(tl_engine_login(ut_eng, "bob", "secret12"));
    assert_string_equal(ut_run("drop user bob"), "affected 0");
    assert_false(tl_engine_login(ut_eng, "bob", "secret34"));
}

/* Results stay readable while rows are added, columns change, and their table is dropped. */
static void open_results(void **state)
{
    struct tl_buf b = {0};
    struct tl_error err = {0};
    (void)state;
    ut_run("create database o keep 36500");
    ut_run("use o");
    ut_run("create table a (ts timestamp, v int)");
    ut_run("create table b (ts timestamp, v int)");
    fill("a", 10000);
    fill("b", 10000);
    struct tl_result *r1 = open_query("select * from a"),
                     *r2 = open_query("select v from b order by v desc");
    struct tl_result *r3 = open_query("select count(*) from a");
    assert_int_equal(r1->next(r1, &b, &err), 1);
    b.n = 0;
    assert_int_equal(r2->next(r2, &b, &err), 1);
    assert_string_equal(ut_run("insert into b values(1,1)"), "affected 1");
    assert_string_equal(ut_run("select count(*) from b"), "10001");
    assert_string_equal(ut_run("insert into b values(1,'x')"),
                        "!0x0216 syntax error near 'x' (invalid int data)");
    assert_string_equal(ut_run("alter table b add column w int"), "affected 0");
    assert_string_equal(ut_run("drop table a"), "affected 0");
    assert_string_equal(ut_run("drop database o"), "affected 0");
    assert_int_equal(count_rows(r1), 10000 - 4096);
    assert_int_equal(count_rows(r2), 10000 - 4096);
    assert_int_equal(count_rows(r3), 1);
    assert_int_equal(r1->next(r1, &b, &err), 0);
    r1->free(r1);
    r2->free(r2);
    r3->free(r3);
    tl_buf_free(&b);
}

/* What a failing statement wrote is gone: none of its tables, none of its rows. */
static void all_or_nothing(void **state)
{
    static const struct ut_case cases[] = {
        {"create database x keep 36500", "affected 0"},
        {"use x", "affected 0"},
        {"create stable s (ts timestamp, v int) tags (g int)", "affected 0"},
        {"insert into a1 using s tags(1) values(now,1) a2 using s tags(2) values(now,'x')",
         "!0x0216"},
        {"show tables", ""},
        {"create table a1 using s tags(1) a2 using s tags('x')", "!0x0216"},
        {"show tables", ""},
        {"drop database x", "affected 0"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static int code_of(const char *sql)
{
    struct tl_error err;
    return tl_engine_validate(ut_eng, &ut_s, sql, strlen(sql), &err);
}

static void validate(void **state)
{
    (void)state;
    ut_run("create database v keep 36500");
    ut_run("use v");
    ut_run("create table t (ts timestamp, v int)");
    assert_int_equal(code_of("select 1"), 0);
    assert_int_equal(code_of("selec 1"), 0x2600);
    assert_int_equal(code_of("select * from nosuch"), 0x2603);
    assert_int_equal(code_of("insert into t values(now,1)"), 0);
    assert_int_equal(code_of("create table t2 (ts timestamp, v int)"), 0);
    assert_int_equal(code_of("drop table t"), 0);
    assert_int_equal(code_of("drop database v"), 0);
    assert_int_equal(code_of("delete from t"), 0);
    assert_string_equal(ut_run("select count(*) from t"), "0");
    assert_string_equal(ut_run("show tables"), "t");
    ut_run("drop database v");
}

static void bi_mode(void **state)
{
    (void)state;
    ut_run("create database bi");
    ut_run("use bi");
    ut_run("create stable s (ts timestamp, v int) tags (g int)");
    ut_run("create table c using s tags(1)");
    ut_s.bi_mode = true;
    assert_string_equal(ut_cols("select * from s"), "ts 9(8),v 4(4),g 4(4),tbname 8(270):0");
    assert_string_equal(ut_cols("select * from c"), "ts 9(8),v 4(4):0");
    assert_non_null(strstr(ut_run("describe s"), "tbname|VARCHAR|192|TAG"));
    ut_s.bi_mode = false;
    ut_run("drop database bi");
}

/* A database in a folder is there after the engine was closed. */
static void on_disk(void **state)
{
    char dir[] = "/tmp/tl_engine_XXXXXX", path[128];
    static const char *const files[] = {"tdlite.sqlite", "tdlite.sqlite-wal", "tdlite.sqlite-shm"};
    struct tl_engine *keep = ut_eng;
    struct tl_error err;
    (void)state;
    assert_non_null(mkdtemp(dir));
    for (int round = 0; round < 2; round++) {
        ut_eng = tl_engine_new(dir, &err);
        assert_non_null(ut_eng);
        if (!round) {
            ut_run("create database p precision 'us'");
            ut_run("create stable p.s (ts timestamp, v int) tags (g int)");
            assert_string_equal(ut_run("insert into p.c using p.s tags(5) values(now,42)"),
                                "affected 1");
        } else {
            assert_string_equal(ut_run("select tbname, g, v from p.s"), "c|5|42");
            assert_true(tl_engine_has_db(ut_eng, "p"));
            assert_false(tl_engine_has_db(ut_eng, "P"));
        }
        tl_engine_free(ut_eng);
    }
    ut_eng = keep;
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        remove(path);
    }
    remove(dir);
}

static bool kill_hook(void *ctx, const char *kill_id)
{
    *(int *)ctx += 1;
    return strcmp(kill_id, "ab:1") == 0;
}

static void running_queries(void **state)
{
    int calls = 0;
    struct tl_error err = {0};
    static const char find[] =
        "select kill_id, `user`, sql from performance_schema.perf_queries where "
        "query_id=18446744073709551615";
    (void)state;
    tl_engine_set_kill(ut_eng, kill_hook, &calls);
    assert_true(tl_engine_query_add(ut_eng, "ab:1", UINT64_MAX, &ut_s, "select 1", 8, &err));
    assert_string_equal(ut_run(find), "ab:1|root|select 1");
    assert_string_equal(ut_run("kill query 'ab:1'"), "affected 0");
    assert_string_equal(ut_run("kill query 'ab:2'"), "!0x030e Invalid connection id");
    assert_int_equal(calls, 2);
    tl_engine_query_drop(ut_eng, "ab:1");
    assert_string_equal(ut_run(find), "");
    tl_engine_set_kill(ut_eng, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ddl),          cmocka_unit_test(catalog),
        cmocka_unit_test(users),        cmocka_unit_test(running_queries),
        cmocka_unit_test(open_results), cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(validate),     cmocka_unit_test(bi_mode),
        cmocka_unit_test(on_disk),
    };
    return cmocka_run_group_tests(tests, ut_setup, ut_teardown);
}

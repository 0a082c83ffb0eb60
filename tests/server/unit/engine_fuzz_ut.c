/*
 * engine_fuzz_ut.c: damaged statements never crash the engine and always end in a result or an
 * error code.
 *
 * The seeds are statements of the subset; bytes and words are swapped, dropped and doubled at
 * random (the seed is printed). Deep nesting and long lists must be refused or work, not overflow
 * the stack.
 */
#include "engine_ut.h"

static uint64_t rnd_state = 88172645463325252ULL;

static uint32_t rnd(uint32_t n)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;
    return (uint32_t)(rnd_state >> 16) % n;
}

static const char *const seeds[] = {
    "select tbname, _wstart ws, avg(d), max(i), count(*) from st where ts>='2024-01-01' and i in "
    "(1,2,3) partition by tbname interval(1h) order by tbname, ws limit 10 offset 1",
    "select a.i, b.v, case when a.i>1 then 'x' else 'y' end from t1 a left join t1 b on a.ts=b.ts "
    "where a.v like 'a%\\_' or not b.i between 1 and 5",
    "select distinct g, cast(v as nchar(10)), concat(v,'x'), to_char(ts,'yyyy-mm-dd hh24') from st "
    "group by g, v, ts having count(*)>0",
    "select * from (select i, v from st union all select i, v from t1) x where x.i is not null "
    "order by 1 desc nulls last",
    "insert into t1 (ts,i,v) values(now,1,'x')('2024-01-01T00:00:00.123+08:00',-2,\"y\\n\") t9 "
    "using st(g) tags(4) values(now+1s,1,1e5,'z')",
    "create stable s2 (ts timestamp, a decimal(38,10), b varchar(10) primary key, c geometry(100)) "
    "tags (x int, y nchar(4))",
    "create table if not exists c1 using st tags(1) c2 using st (g) tags(2)",
    "alter table st add column q decimal(10,2)",
    "alter table t1 set tag g = 5",
    "delete from st where ts<'2020-01-01' and g=1",
    "select tags tbname, g from st",
    "show create table t1",
    "describe st",
    "show tables like 't%'",
    "select -de*2/3+1, de>1.5, u=18446744073709551615, ts-1d+2n, md5(v), week(ts,3) from st",
    "select table_name from information_schema.ins_columns where db_name='f' and table_name like "
    "'t\\_%'",
    "drop table if exists zz, yy",
    "create database zz precision 'ns' keep 10d vgroups 2",
    "drop database if exists zz"};

static void mutate(char *s, size_t *n, size_t cap)
{
    static const char bits[] = "'\"`\\(),;.*+-/%=<>!&|~?:0x9ae 5s\n\t\x80\xff_@#$[]{}";
    static const char *const words[] = {" select ",
                                        " from ",
                                        " null ",
                                        "(",
                                        ")",
                                        " not ",
                                        " 99999999999999999999 ",
                                        " 1e999 ",
                                        " 'x' ",
                                        " order by ",
                                        " group by ",
                                        " interval(1n) ",
                                        " * ",
                                        " st "};
    for (uint32_t k = 0; k < 1 + rnd(2) * rnd(3); k++) {
        size_t at = *n ? rnd((uint32_t)*n) : 0;
        size_t len = 1 + rnd(8);
        switch (rnd(5)) {
        case 0:
            if (*n) s[at] = bits[rnd(sizeof bits - 1)];
            break;
        case 1: /* drop */
            if (at + len > *n) len = *n - at;
            memmove(s + at, s + at + len, *n - at - len);
            *n -= len;
            break;
        case 2: /* double */
            if (at + len > *n || *n + len > cap) break;
            memmove(s + at + len, s + at, *n - at);
            *n += len;
            break;
        case 3:
            *n = at;
            break;
        default: {
            const char *w = words[rnd(sizeof words / sizeof words[0])];
            size_t wl = strlen(w);
            if (*n + wl > cap) break;
            memmove(s + at + wl, s + at, *n - at);
            memcpy(s + at, w, wl);
            *n += wl;
        }
        }
    }
}

static int one(const char *sql, size_t n)
{
    struct tl_error err = {0};
    struct tl_buf b = {0};
    struct tl_result *r = tl_engine_exec(ut_eng, &ut_s, sql, n, &err);
    if (!r) {
        assert_int_not_equal(err.code, 0);
        assert_int_not_equal(err.msg[0], 0);
        return err.code;
    }
    for (int k = 0; k < 3 && !r->is_update && r->next(r, &b, &err) == 1; k++)
        b.n = 0;
    r->free(r);
    tl_buf_free(&b);
    return 0;
}

static void random_statements(void **state)
{
    int ok = 0, refused = 0, internal = 0;
    (void)state;
    ut_run("create database f keep 36500");
    ut_run("use f");
    ut_run("create table st (ts timestamp, i int, d double, v varchar(20), u bigint unsigned, de "
           "decimal(10,2)) tags (g int)");
    ut_run("insert into t1 using st tags(1) "
           "values('2024-01-01',1,2.5,'abc',5,1.25)('2024-01-02',2,null,'Abd',18446744073709551615,"
           "-2)");
    printf("seed %llu\n", (unsigned long long)rnd_state);
    for (int k = 0; k < 20000; k++) {
        char *s = malloc(2048);
        assert_non_null(s);
        const char *from = seeds[rnd(sizeof seeds / sizeof seeds[0])];
        size_t n = strlen(from);
        memcpy(s, from, n);
        mutate(s, &n, 2000);
        char *exact = malloc(n ? n : 1); /* so that a read past the end is seen */
        assert_non_null(exact);
        memcpy(exact, s, n);
        int code = one(exact, n);
        ok += code == 0;
        refused += code != 0;
        if (code == 0x02FF) {
            internal++;
            printf("internal error: %.*s\n", (int)n, exact);
        }
        free(exact);
        free(s);
        snprintf(ut_s.db, sizeof ut_s.db, "f");
        if (getenv("TL_FUZZ_SHOW")) printf("0x%04x %.*s\n", code, 100, from);
    }
    printf("%d ran, %d refused\n", ok, refused);
    assert_int_equal(internal, 0);
    assert_true(ok > 500 && refused > 1000);
}

static char *repeat(const char *head, const char *part, int n, const char *tail)
{
    size_t hl = strlen(head), pl = strlen(part), tl = strlen(tail);
    char *s = malloc(hl + pl * (size_t)n + tl + 1);
    assert_non_null(s);
    memcpy(s, head, hl);
    for (int i = 0; i < n; i++)
        memcpy(s + hl + pl * (size_t)i, part, pl);
    memcpy(s + hl + pl * (size_t)n, tail, tl + 1);
    return s;
}

static void deep_and_long(void **state)
{
    static const struct {
        const char *head, *part, *tail;
        int n, code;
    } cases[] = {{"select ", "(", "1", 50000, 0x2600},
                 {"select ", "-", "1.5*1", 50000, 0x2600},
                 {"select 1", "+1", "", 50000, 0x2600},
                 {"select 1", "+1", "", 150, 0},
                 {"select 1 where ", "not ", "true", 50000, 0x2600},
                 {"select abs(", "abs(", "1", 5000, 0x2600},
                 {"select 1 from ", "(select 1 from ", "", 5000, 0x2600},
                 {"select i from st where i=0", " or i=1", "", 20000, 0},
                 {"select i from st where i in (0", ",1", ")", 20000, 0},
                 {"select 1", ",1", "", 4000, 0x2600},
                 {"select 1", ",1", "", 1000, 0},
                 {"select case", " when true then 1", " end", 200, 0},
                 {"select 'x", "x", "'", 900000, 0},
                 {"insert into t1 (ts,v) values", "(now,'a')", "", 50000, 0},
                 {"select 1", " union all select 1", "", 3000, 0x2600},
                 {"", "(", "", 100000, 0x2600},
                 {"select tj", "->'a'", " from st", 5000, 0x2600}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *s = repeat(cases[i].head, cases[i].part, cases[i].n, cases[i].tail);
        int code = one(s, strlen(s));
        if (cases[i].code == 0 ? code != 0 : code == 0)
            printf("case %zu '%s': 0x%04x\n", i, cases[i].part, code);
        assert_true(cases[i].code == 0 ? code == 0 : code != 0);
        free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_statements),
                                       cmocka_unit_test(deep_and_long)};
    return cmocka_run_group_tests(tests, ut_setup, ut_teardown);
}

/* engine_sql_ut.c: statements of the subset and their outcome (docs/internals/tdlite-sql.md). */
#include "engine_ut.h"

static void make_data(void)
{
    static const struct ut_case cases[] = {
        {"create database d precision 'ms' keep 36500", "affected 0"},
        {"use D", "affected 0"},
        {"create table st (ts timestamp, i int, f float, d double, u bigint unsigned, v "
         "varchar(20),"
         " n nchar(10), b bool, de decimal(10,2)) tags (g int, loc binary(16))",
         "affected 0"},
        {"create table t1 using st tags(1,'east') t2 using st tags(2,'west')", "affected 0"},
        {"insert into t1 values('2024-01-01 00:00:00',1,1.5,10.25,5,'abc','äöü',true,1.25)"
         "('2024-01-01 00:00:01',2,2.5,20.25,18446744073709551615,'Abd','日本',false,-2.50)"
         " t2 values('2024-01-01 00:00:00',3,null,null,null,null,null,null,null),"
         "('2024-01-02 00:00:00',-4,0.1,1e300,9223372036854775808,'x_y%z','',true,99999999.99)",
         "affected 4"},
        {"create table nt (ts timestamp, k int primary key, v double)", "affected 0"},
        {"insert into nt values(1700000000000,1,1.0)(1700000000000,2,2.0)(1700000000001,1,3.0)",
         "affected 3"},
    };
    UT_CHECK(cases, ut_run);
}

static void inserts(void **state)
{
    static const struct ut_case cases[] = {
        {"create table ow (ts timestamp, a int, b varchar(20))", "affected 0"},
        {"insert into ow values(1700000000000,1,'x')", "affected 1"},
        {"insert into ow (ts,b) values(1700000000000,'y')", "affected 1"},
        {"select a,b from ow", "1|y"},
        {"insert into ow values(1700000000000,null,null)", "affected 1"},
        {"select a,b from ow", "NULL|NULL"},
        {"insert into ow (ts) values(1700000000005)", "affected 1"},
        {"select count(*),count(a) from ow", "2|0"},
        {"insert into ow values('2023-11-14T22:13:20.001Z',2,'it''s \\'q\\' \"d\" \\\\')",
         "affected 1"},
        {"select b from ow where a=2", "it's 'q' \"d\" \\"},
        {"insert into ow values('2023-11-15 00:00:00+02:00',3,\"dq 'x'\")", "affected 1"},
        {"select ts,b from ow where a=3", "1699999200000|dq 'x'"},
        {"insert into auto3 using st (loc) tags('south') "
         "values(now,7,null,null,null,null,null,null,null)",
         "affected 1"},
        {"select tbname,g,loc,i from st where loc='south'", "auto3|NULL|south|7"},
        {"insert into st (tbname,g,ts,i) "
         "values('auto4',9,'2024-02-01',8)('auto5',10,'2024-02-01',9)",
         "affected 2"},
        {"select tbname,g,i from st where g>=9 order by g", "auto4|9|8;auto5|10|9"},
        {"insert into auto6 (ts,i) using st tags(11,'late') values('2024-02-01',10)", "affected 1"},
        {"select g,i from auto6", "11|10"},
        {"drop table auto3, auto4, auto5, auto6", "affected 0"},
        {"insert into ow values(now+1d,1)", "!0x0216"},
        {"insert into ow values(now,1,'x',2)", "!0x0216 syntax error near ',2)' () expected)"},
        {"insert into ow values(now,99999999999,'x')",
         "!0x0216 syntax error near '99999999999,'x')' (int data overflow)"},
        {"insert into ow values(now,1,'012345678901234567890')",
         "!0x2653 Value too long for column/tag: b"},
        {"insert into ow values(null,1,'x')", "!0x267b"},
        {"insert into ow (a,b) values(1,'x')", "!0x267c"},
        {"insert into ow (ts,c) values(now,1)", "!0x2602 Invalid column name: c"},
        {"insert into nosuch values(now,1)", "!0x2603 Table does not exist"},
        {"insert into ow values(-5000000000000,1,'x')", "!0x060b Timestamp data out of range"},
        {"insert into nt (ts,v) values(now,1)", "!0x267c"},
        {"select count(*) from ow", "4"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void where(void **state)
{
    static const struct ut_case cases[] = {
        {"select i from st where i between 1 and 2 order by i", "1;2"},
        {"select i from st where i not between 1 and 2 order by i", "-4;3"},
        {"select i from st where i in (1,3,99) order by i", "1;3"},
        {"select i from st where i not in (1,3) order by i", "-4;2"},
        {"select i from st where v in ('abc','zzz')", "1"},
        {"select i from st where v like 'AB_' order by i", "1;2"},
        {"select i from st where v not like 'ab%'", "-4"},
        {"select i from st where v like 'x\\_y\\%z'", "-4"},
        {"select i from st where v like 'x\\_'", ""},
        {"select i from st where n like '_本'", "2"},
        {"select i from st where v match '^A'", "2"},
        {"select i from st where v nmatch '^[aA]'", "-4"},
        {"select i from st where v='Abc'", ""},
        {"select i from st where f is null", "3"},
        {"select i from st where f is not null and (i>1 or i<0) order by i", "-4;2"},
        {"select i from st where not i>0", "-4"},
        {"select i from st where b order by i", "-4;1"},
        {"select i from st where u=18446744073709551615", "2"},
        {"select i from st where u>9223372036854775807 order by i", "-4;2"},
        {"select i from st where u>-1 order by i", "-4;1;2"},
        {"select i from st where u<i", ""},
        {"select i from st where de=-2.5", "2"},
        {"select i from st where de>1.249 order by i", "-4;1"},
        {"select i from st where de>=99999999.99", "-4"},
        {"select i from st where f=0.1", "-4"},
        {"select i from st where ts='2024-01-01 00:00:01'", "2"},
        {"select i from st where ts>=1704067201000 order by i", "-4;2"},
        {"select i from st where ts > timestamp '2024-01-01T08:00:01+08:00'", "-4"},
        {"select i from st where ts = '2024-01-01 00:00:00' + 1s", "!0x2600"},
        {"select i from st where ts < '2024-13-01'",
         "!0x2635 Incorrect TIMESTAMP value: 2024-13-01"},
        {"select i from st where i='2'", "2"},
        {"select i from st where i='two'", "!0x2605"},
        {"select i from st where v=2", "!0x2605"},
        {"select i from st where i=null", ""},
        {"select i from st where tbname='t2' and g=2 order by ts", "3;-4"},
        {"select i from st where nosuch=1", "!0x2602 Invalid column name: nosuch"},
        {"select i from st where count(*)>1", "!0x2608"},
        {"select i from t1 where loc='east' order by i desc", "2;1"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void expressions(void **state)
{
    static const struct ut_case cases[] = {
        {"select 1+2*3, 7%4, -(-2), 1/4, 10-2-3", "7|3|2|0.25|5"},
        {"select 1/0, 5&3, 5|3", "NULL|1|7"},
        {"select 'it''s', \"dq\", null, true, 1.5, -7", "it's|dq|NULL|1|1.5|-7"},
        {"select i+1, i*d, -i from t1 order by ts", "2|10.25|-1;3|40.5|-2"},
        {"select u from st order by u", "NULL;5;9223372036854775808;18446744073709551615"},
        {"select de+1, de*2, de-de, de/3 from t1 order by ts limit 1",
         "2.25|2.50|0.00|0.4166666666666666666667"},
        {"select case when i>1 then 'big' else 'small' end from t1 order by ts", "small;big"},
        {"select case i when 1 then 10 when 2 then 20 end from st order by ts,i",
         "10;NULL;20;NULL"},
        {"select cast(d as int), cast(i as double), cast(i as varchar(5)), cast('12' as bigint) "
         "from t1 order by ts limit 1",
         "10|1|1|12"},
        {"select cast(v as nchar(2)), cast(v as varchar(2)), cast(b as varchar(8)), cast(i as "
         "bool) from t1 order by ts limit 1",
         "ab|ab|true|1"},
        {"select cast('2024-01-01 00:00:00' as timestamp), cast(ts as bigint) from t1 order by ts "
         "limit 1",
         "1704067200000|1704067200000"},
        {"select cast(300 as tinyint)", "!0x0100"},
        {"select ts+1h, ts-1d, ts+1000 from t1 order by ts limit 1",
         "1704070800000|1703980800000|1704067201000"},
        {"select ts+1n, ts+1y from t1 order by ts limit 1", "1706745600000|1735689600000"},
        {"select u+1 from t1 where i=1", "6"},
        {"select v+1 from t1", "!0x2600"},
        {"select ts-ts from t1", "!0x0200"},
        {"select f+de from t1", "!0x2600"},
        {"select i>1, i=1 from t1 order by ts", "0|1;1|0"},
        {"select v||'x' from t1", "!0x2600"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void functions(void **state)
{
    static const struct ut_case cases[] = {
        {"select abs(-3), abs(-3.5), ceil(1.2), floor(-1.2), round(2.5), round(1.256,2), sign(-3)",
         "3|3.5|2|-2|3|1.26|-1"},
        {"select round(126,-1), trunc(1.27,1), truncate(-1.27,1), mod(7,4), pow(2,10), sqrt(16)",
         "130|1.2|-1.2|3|1024|4"},
        {"select sqrt(-1), log(0), ln(1), log(8,2), exp(0), pi()",
         "NULL|NULL|0|3|1|3.1415926535897931"},
        {"select upper('aß'), lower('AÉ'), ltrim('  a '), rtrim(' a  '), trim(' a ')",
         "Aß|aÉ|a | a|a"},
        {"select trim(both 'x' from 'xxaxx'), trim(leading 'x' from 'xxa'), trim(trailing from 'a  "
         "')",
         "a|a|a"},
        {"select length('äb'), char_length('äb'), length(n), char_length(n) from t1 order by ts "
         "limit 1",
         "3|2|12|3"},
        {"select concat('a','b','c'), concat_ws('-','a','b','c'), concat(v,null) from t1 order by "
         "ts limit 1",
         "abc|a-b-c|NULL"},
        {"select substr('hello',2), substr('hello',2,3), substring('hello',-3,2), "
         "substring('hello' from 2 for 2)",
         "ello|ell|ll|el"},
        {"select position('l' in 'hello'), position('z' in 'hello'), position('本' in n) from t1 "
         "order by ts desc limit 1",
         "3|0|2"},
        {"select replace('aXbXc','X','--'), repeat('ab',3), ascii('A'), char(77,121)",
         "a--b--c|ababab|65|My"},
        {"select md5('abc'), crc32('abc')", "900150983cd24fb0d6963f7d28e17f72|891568578"},
        {"select greatest(1,5,3), least('b','a')", "5|a"},
        {"select to_char(timestamp '2024-03-05 14:07:09.042','yyyy-mm-dd hh24:mi:ss.ms Mon Day D "
         "ddd hh12 am')",
         "2024-03-05 14:07:09.042 Mar Tuesday   3 065 02 pm"},
        {"select cast(to_char(ts,'yyyy') as int) from t1 order by ts limit 1", "2024"},
        {"select timediff('2024-01-02 00:00:00','2024-01-01 00:00:00',1h), timediff(1000,4000)",
         "24|-3000"},
        {"select timetruncate(timestamp '2024-03-05 14:07:09.042',1h), timetruncate('2024-03-05 "
         "14:07:09',1d)",
         "1709647200000|1709596800000"},
        {"select dayofweek('2024-03-03'), weekday('2024-03-03'), weekofyear('2024-12-30'), "
         "week('2024-01-06'), week('2024-01-07')",
         "1|6|1|0|1"},
        {"select week('2000-01-01',0), week('2000-01-01',2), week('1999-01-01',3), "
         "week('2023-01-01',1), week('2023-01-01',7)",
         "0|52|53|0|52"},
        {"select to_iso8601(ts), to_unixtimestamp('2024-01-01 00:00:00') from t1 order by ts limit "
         "1",
         "2024-01-01T00:00:00.000+0000|1704067200000"},
        {"select nofn(1)", "!0x0374 Func not exists"},
        {"select abs()", "!0x2801"},
        {"select abs('x')", "!0x2802 Invalid parameter data type : abs"},
        {"select server_status()", "1"},
        {"select server_version()", "3.3.7.5.alpha"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void aggregates(void **state)
{
    static const struct ut_case cases[] = {
        {"select count(*), count(f), sum(i), avg(i), min(i), max(i) from st", "4|3|2|0.5|-4|3"},
        {"select sum(u), max(u), min(u) from t1", "4|18446744073709551615|5"},
        {"select sum(de), avg(de), max(de), min(de) from st",
         "99999998.74|33333332.913333|99999999.99|-2.50"},
        {"select first(i), last(i), last_row(f), first(f) from t2", "3|-4|0.100000001|0.100000001"},
        {"select spread(i), stddev(i), spread(ts) from t1", "1|0.5|1000"},
        {"select max(v), min(n) from st", "x_y%z|"},
        {"select count(*) from st where i>100", "0"},
        {"select sum(i) from st where i>100", ""},
        {"select sum(i), count(*) from st where i>100", "NULL|0"},
        {"select g, count(*), sum(i) from st group by g order by g", "1|2|3;2|2|-1"},
        {"select tbname, loc, count(*) from st partition by tbname order by tbname",
         "t1|east|2;t2|west|2"},
        {"select loc, max(i) m from st group by loc having max(i)>2", "west|3"},
        {"select i%2, count(*) from st group by i%2 order by 1", "0|2;1|2"},
        {"select _wstart, count(*) from st interval(1d)", "1704067200000|3;1704153600000|1"},
        {"select _wstart, _wend, _wduration, sum(i) from st where ts<'2024-01-02' interval(1s) "
         "order by 1",
         "1704067200000|1704067201000|1000|4;1704067201000|1704067202000|1000|2"},
        {"select tbname, _wstart ws, count(*) from st partition by tbname interval(1d) order by "
         "tbname, ws",
         "t1|1704067200000|2;t2|1704067200000|1;t2|1704153600000|1"},
        {"select i, count(*) from st", "!0x260c"},
        {"select i, count(*) from st group by g", "!0x260a"},
        {"select count(count(*)) from st", "!0x2608"},
        {"select ts, max(i), tbname from st", "1704067200000|3|t2"},
        {"select i, min(d), v from st", "1|10.25|abc"},
        {"select last(f), i, ts from t2", "0.100000001|-4|1704153600000"},
        {"select first(f), i from t2", "0.100000001|-4"},
        {"select last_row(f), v from t1", "2.5|Abd"},
        {"select tbname, max(d), i from st partition by tbname order by tbname",
         "t1|20.25|2;t2|1.0000000000000001e+300|-4"},
        {"select max(i), min(i), v from st", "!0x260c"},
        {"select max(i), v from st where i>100", ""},
        {"select max(ts) from st", "!0x2802 Invalid parameter data type : max"},
        {"select g, count(*) from st group by g limit 1", "!0x2600"},
        {"select g, count(*) from st group by g order by g limit 1", "1|2"},
        {"select sum(v) from st", "!0x2802 Invalid parameter data type : sum"},
        {"select _wstart from st", "!0x2620"},
        {"select count(*) from st interval(1w)", "!0x2600"},
        {"select count(*) from st interval(10s) sliding(5s)", "!0x2600"},
        {"select count(*) from st interval(10s) fill(null)", "!0x2600"},
        {"select first(*) from nt", "1700000000000|1|1"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void queries(void **state)
{
    static const struct ut_case cases[] = {
        {"select i from st order by i desc limit 2", "3;2"},
        {"select i from st order by i limit 1 offset 1", "1"},
        {"select i from st order by i limit 1, 2", "1;2"},
        {"select i as x from st order by x nulls last limit 1", "-4"},
        {"select f from st order by f", "NULL;0.100000001;1.5;2.5"},
        {"select f from st order by f desc nulls first limit 1", "NULL"},
        {"select distinct g from st order by g", "1;2"},
        {"select distinct loc, tbname from st where g=2", "west|t2"},
        {"select tags tbname, g from st", "t1|1;t2|2"},
        {"select i from t1 union all select i from t2 order by i", "-4;1;2;3"},
        {"select g from st union select 1 from nt limit 0", "!0x2600"},
        {"select g from st union select g from st order by g", "1;2"},
        {"select x.i from (select i, v from st where i>0) x where x.v is not null order by i",
         "1;2"},
        {"select count(*) from (select g, count(*) c from st group by g) where c=2", "2"},
        {"select a.i, b.i from t1 a join t2 b on a.ts=b.ts", "1|3"},
        {"select a.i, b.i from t1 a left join t2 b on a.ts=b.ts order by a.i", "1|3;2|NULL"},
        {"select a.i, b.i from t1 a, t2 b where a.ts=b.ts and b.i>0", "1|3"},
        {"select a.tbname, b.loc from st a join st b on a.ts=b.ts and a.tbname=b.tbname where "
         "a.i=3",
         "t2|west"},
        {"select a.i from t1 a join t2 b on a.i=b.i", "!0x2600"},
        {"select i from t1 a join t2 b on a.ts=b.ts", "!0x2604"},
        {"select t1.i from t1", "1;2"},
        {"select t9.i from t1", "!0x2602"},
        {"select st.* from st where i=3",
         "1704067200000|3|NULL|NULL|NULL|NULL|NULL|NULL|NULL|2|west"},
        {"select _rowts, _c0 from t1 limit 1", "1704067200000|1704067200000"},
        {"select `i` from `t1` where `ts`='2024-01-01'", "1"},
        {"SELECT I FROM T1 WHERE I=2 -- comment\n", "2"},
        {"select /* c */ 1 ;", "1"},
        {"select tbname from nt limit 1", "nt"},
        {"select i from st where i in (select i from st)", "!0x2600"},
        {"select top 1 i from st", "!0x2600"},
        {"select", "!0x2601 Incomplete SQL statement"},
        {"select 1 from", "!0x2601"},
        {"select * from information_schema.nosuch", "!0x2603"},
        {"select * from information_schema.ins_dnodes", "!0x0100"},
    };
    (void)state;
    UT_CHECK(cases, ut_run);
}

static void columns(void **state)
{
    static const struct ut_case cases[] = {
        {"select i, i+1, v, n, de, u, b, ts from st",
         "i 4(4),i+1 7(8),v 8(20),n 10(10),de 21(8)[10,2],u 14(8),b 1(1),ts 9(8):0"},
        {"select count(*) as `Cnt`, SUM(I) from st", "Cnt 5(8),sum(i) 5(8):0"},
        {"select upper(v), concat(v,'x'), concat(n,n), substr(v,1,2), cast(v as nchar(5)) from st",
         "upper(v) 8(20),concat(v,'x') 8(23),concat(n,n) 10(20),substr(v,1,2) 8(20),cast(v as "
         "nchar(5)) 10(5):0"},
        {"select tbname, g, loc from t1", "tbname 8(270),g 4(4),loc 8(16):0"},
        {"select abs(i), abs(f), ceil(d), round(i), ascii(v), length(v) from st",
         "abs(i) 4(4),abs(f) 6(4),ceil(d) 7(8),round(i) 4(4),ascii(v) 11(1),length(v) 5(8):0"},
        {"select max(v), first(n), last(de), avg(f), sum(u), spread(i) from st",
         "max(v) 8(20),first(n) 10(10),last(de) 21(8)[10,2],avg(f) 7(8),sum(u) 14(8),spread(i) "
         "7(8):0"},
        {"select i x, x.* from (select i from st) x", "x 4(4),i 4(4):0"},
        {"select last(*) from nt", "last(ts) 9(8),last(k) 4(4),last(v) 7(8):0"},
        {"select 1, 'ab', null, 1.0, true, now",
         "1 5(8),'ab' 8(2),null 8(0),1.0 7(8),true 1(1),now 9(8):0"},
        {"select database()", "database() 8(1):0"},
    };
    (void)state;
    UT_CHECK(cases, ut_cols);
}

static int setup(void **state)
{
    if (ut_setup(state)) return -1;
    make_data();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where),      cmocka_unit_test(expressions), cmocka_unit_test(functions),
        cmocka_unit_test(aggregates), cmocka_unit_test(queries),     cmocka_unit_test(columns),
        cmocka_unit_test(inserts),
    };
    return cmocka_run_group_tests(tests, setup, ut_teardown);
}

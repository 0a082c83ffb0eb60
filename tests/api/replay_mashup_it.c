/*
 * SQL that Power BI's DirectQuery folds from what SQLGetInfo claims, written from public issue
 * threads (clients.md, "Power BI folding"; DirectQuery-for-ODBC #1, ClickHouse #501): names in
 * backquotes, derived tables, {fn …}, {ts …}, CONVERT, CASE, parameters inside expressions. What
 * is not claimed must be refused with the right SQLSTATE, not answered wrongly.
 */
#include "replay.h"

static SQLHDBC dbc;

static int setup(void **state)
{
    if (rp_setup(state)) return 1;
    dbc = at_connect("Timezone=UTC;");
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    return at_teardown(state);
}

#define M "`power`.`meters`"

static void folded(void **state)
{
    (void)state;
    static const struct rp_sql list[] = {
        /* the shape of a table, and its rows */
        {"select * from " M " where 1 = 0", 0, NULL, NULL},
        {"select * from " M " `_` where 0 = 1", 0, NULL, NULL},
        {"select `_`.`location`, `_`.`voltage` from " M " `_` where `_`.`voltage` > 228", 250, NULL,
         NULL},
        {"select `_`.`voltage` from " M
         " `_` where `_`.`voltage` = 210 and `_`.`voltage` is not null",
         250, "210", NULL},
        {"select `_`.`voltage` from " M
         " `_` where (`_`.`voltage` = 210 or `_`.`voltage` = 211) and not (`_`.`groupid` = 1)",
         300, NULL, NULL},
        {"select `_`.`voltage` from " M
         " `_` where `_`.`voltage` in (210, 215) order by `_`.`voltage` desc",
         500, "215", NULL},
        {"select distinct `location` from " M " order by `location`", 5, "California.LosAngeles",
         NULL},
        {"select `location` from " M
         " where `location` like 'California.San%' and `voltage` between 210 and 211",
         300, NULL, NULL},
        /* derived tables, groups, order, limit */
        {"select count(1) as `$Item` from (select `voltage` from " M ") `t`", 1, "5000", NULL},
        {"select `rows`.`groupid` as `groupid`, sum(`rows`.`voltage`) as `a0` from (select "
         "`groupid`, `voltage` from " M
         ") `rows` group by `rows`.`groupid` order by `rows`.`groupid`",
         3, "1", NULL},
        {"select `a0` from (select `groupid`, sum(`voltage`) as `a0` from " M
         " group by `groupid`) `_` where `groupid` = 3",
         1, "219500", NULL},
        {"select min(`voltage`), max(`voltage`), avg(`voltage`), count(`voltage`) from " M, 1,
         "210", NULL},
        {"select `groupid`, count(*) as `c` from " M
         " group by `groupid` having count(*) > 1500 order by `groupid` limit 1",
         1, "1", NULL},
        {"select `ts`, `voltage` from " M " order by `ts` desc, `voltage` limit 10", 10, NULL,
         NULL},
        {"select `voltage` from " M " order by `ts` limit 5 offset 5", 5, NULL, NULL},
        /* scalar functions and literals */
        {"select count(*) from " M
         " where `ts` >= {ts '2018-10-03 06:38:05'} and `ts` < {ts '2018-10-03 06:39:05'}",
         1, "300", NULL},
        {"select count(*) from " M " where `ts` >= timestamp '2018-10-03 06:38:05.000' and `ts` <= "
         "{ts '2018-10-03 06:38:05'}",
         1, "5", NULL},
        {"select distinct {fn year(`ts`)} as `y` from " M, 1, "2018", NULL},
        {"select {fn hour(`ts`)} as `h`, count(*) as `c` from " M " group by {fn hour(`ts`)}", 1,
         "6", NULL},
        {"select {fn convert(`voltage`, SQL_DOUBLE)} from " M " where `voltage` = 210 limit 1", 1,
         "210", NULL},
        {"select {fn convert('42', SQL_BIGINT)}", 1, "42", NULL},
        {"select cast('42' as bigint)", 1, "42", NULL},
        {"select distinct {fn left({fn ucase(`location`)}, 10)} from " M, 1, "CALIFORNIA", NULL},
        {"select distinct {fn concat({fn concat(`location`, '-')}, `location`)} from " M
         " where `groupid` = 3",
         1, "California.SanJose-California.SanJose", NULL},
        {"select distinct {fn length(`location`)} from " M " where `groupid` = 3", 1, "18", NULL},
        {"select sum(case when `voltage` >= 220 then 1 else 0 end) from " M, 1, NULL, NULL},
        {"select case when `groupid` is null then 'none' else 'some' end from " M " limit 1", 1,
         "some", NULL},
        {"select {fn timestampdiff(SQL_TSI_SECOND, {ts '2018-10-03 00:00:00'}, {ts '2018-10-03 "
         "00:01:00'})}",
         1, "60", NULL},
        {"select count(*) from " M
         " where `ts` < {fn timestampadd(SQL_TSI_MINUTE, 1, {ts '2018-10-03 06:38:05'})}",
         1, "300", NULL},
        {"select `voltage` + 1, `voltage` * 2 - 1, -`voltage` from " M
         " where `voltage` = 210 limit 1",
         1, "211", NULL},
        {"select `groupid` from " M
         " where `groupid` = 3 and `voltage` = 210 union all select `groupid` from " M
         " where `groupid` = 3 and `voltage` = 211",
         100, "3", NULL},
        /* joins on the time stamp, which TDengine asks for */
        {"select count(*) from `power`.`d1001` `a` inner join `power`.`d1002` `b` on `a`.`ts` = "
         "`b`.`ts`",
         1, "1000", NULL},
        {"select count(*) from {oj `power`.`d1001` `a` left outer join `power`.`d1002` `b` on "
         "`a`.`ts` = `b`.`ts`}",
         1, "1000", NULL},
    };

    rp_run(dbc, list, LEN(list));
}

/* Not claimed, or not possible: an error that says so. */
static void refused(void **state)
{
    (void)state;
    static const struct rp_sql list[] = {
        {"select top 1000 * from " M, 0, NULL, "42000"},
        {"select * from " M " fetch first 10 rows only", 0, NULL, "42000"},
        {"select count(*) from " M " where exists (select 1)", 0, NULL, "42000"},
        {"select `voltage` from " M " where `voltage` > (select avg(`voltage`) from " M ")", 0,
         NULL, "42000"},
        {"select {fn timestampadd(SQL_TSI_MONTH, 1, `ts`)} from " M, 0, NULL, "42000"},
        {"select {fn timestampdiff(SQL_TSI_YEAR, `ts`, `ts`)} from " M, 0, NULL, "42000"},
        {"select {fn convert(`voltage`, SQL_NUMERIC)} from " M, 0, NULL, "42000"},
        {"select {fn left(`location`, 3) from " M, 0, NULL, "42000"},
        {"select * from `power`.`nowhere`", 0, NULL, "42S02"},
        {"select `_`.`nothing` from " M " `_`", 0, NULL, "42S22"},
        {"select `_`.`x` from `nodb`.`meters` `_`", 0, NULL, NULL},
    };
    SQLHSTMT stmt = at_stmt(dbc);
    int bad = 0;

    for (size_t i = 0; i + 1 < LEN(list); i++)
        bad += !rp_run_one(stmt, &list[i]);
    /* a database that is not there: its own code, whatever the state */
    assert_int_equal(SQLExecDirectW(stmt, rp_wide(list[LEN(list) - 1].sql), SQL_NTS), SQL_ERROR);
    at_free(stmt);
    assert_int_equal(bad, 0);
}

/* SQL-92 forms that the SQL92_* masks claim, and {escape}. */
static void sql92(void **state)
{
    (void)state;
    static const struct rp_sql list[] = {
        {"select substring('abcdef' from 2 for 3)", 1, "bcd", NULL},
        {"select upper('abc'), lower('ABC')", 1, "ABC", NULL},
        {"select trim(both from '  a  ')", 1, "a", NULL},
        {"select trim(leading 'x' from 'xxa')", 1, "a", NULL},
        {"select trim(trailing 'x' from 'axx')", 1, "a", NULL},
        {"select char_length('abc'), position('c' in 'abc')", 1, "3", NULL},
        {"select case 2 when 1 then 'one' when 2 then 'two' else 'many' end", 1, "two", NULL},
        {"select cast(12 as varchar(10))", 1, "12", NULL},
        {"select count(*) from " M " where `location` like 'California.San!_%' {escape '!'}", 1,
         "0", NULL},
        {"select count(*) from " M " where `location` like 'California!.San%' {escape '!'}", 1,
         "3000", NULL},
    };

    rp_run(dbc, list, LEN(list));
}

/* Each bit of SQL_CONVERT_x is a CONVERT that runs. */
static void converts(void **state)
{
    (void)state;
    static const struct {
        SQLUSMALLINT info;
        const char *value;
        bool floating;
    } from[] = {
        {SQL_CONVERT_BIGINT, "cast(1 as bigint)", false},
        {SQL_CONVERT_INTEGER, "cast(1 as int)", false},
        {SQL_CONVERT_SMALLINT, "cast(1 as smallint)", false},
        {SQL_CONVERT_TINYINT, "cast(1 as tinyint)", false},
        {SQL_CONVERT_BIT, "cast(1 as bool)", false},
        {SQL_CONVERT_DOUBLE, "cast(1 as double)", true},
        {SQL_CONVERT_REAL, "cast(1 as float)", true},
        {SQL_CONVERT_VARCHAR, "'1'", false},
        {SQL_CONVERT_WVARCHAR, "cast('1' as nchar(5))", false},
        {SQL_CONVERT_TIMESTAMP, "cast(1 as timestamp)", false},
    };
    static const struct {
        SQLUINTEGER bit;
        const char *type;
        bool text;
    } to[] = {
        {SQL_CVT_BIGINT, "SQL_BIGINT", false},
        {SQL_CVT_INTEGER, "SQL_INTEGER", false},
        {SQL_CVT_SMALLINT, "SQL_SMALLINT", false},
        {SQL_CVT_TINYINT, "SQL_TINYINT", false},
        {SQL_CVT_BIT, "SQL_BIT", false},
        {SQL_CVT_DOUBLE, "SQL_DOUBLE", false},
        {SQL_CVT_REAL, "SQL_REAL", false},
        {SQL_CVT_FLOAT, "SQL_FLOAT", false},
        {SQL_CVT_CHAR, "SQL_CHAR", true},
        {SQL_CVT_VARCHAR, "SQL_VARCHAR", true},
        {SQL_CVT_WCHAR, "SQL_WCHAR", true},
        {SQL_CVT_WVARCHAR, "SQL_WVARCHAR", true},
        {SQL_CVT_TIMESTAMP, "SQL_TIMESTAMP", false},
    };
    SQLHSTMT stmt = at_stmt(dbc);
    int bad = 0, ran = 0;

    for (size_t i = 0; i < LEN(from); i++) {
        SQLUINTEGER mask = 0;
        at_ok(SQLGetInfo(dbc, from[i].info, &mask, sizeof mask, NULL), SQL_HANDLE_DBC, dbc);
        for (size_t k = 0; k < LEN(to); k++) {
            char sql[200];
            /* tdlite does not write floating point as the server does, and says so */
            bool unknown = at_is_tdlite() && from[i].floating && to[k].text;
            if (!(mask & to[k].bit) || unknown) continue;
            bool time_of_text = to[k].bit == SQL_CVT_TIMESTAMP && strchr(from[i].value, '\'');
            snprintf(sql, sizeof sql, "select {fn CONVERT(%s, %s)}",
                     time_of_text ? "'2024-01-01 00:00:00'" : from[i].value, to[k].type);
            bad += !rp_run_one(stmt, &(struct rp_sql){sql, 1, NULL, NULL});
            ran++;
        }
    }
    at_free(stmt);
    assert_true(ran > 60);
    assert_int_equal(bad, 0);
}

/* Filters of reports come as parameters, also inside of functions and casts. */
static void parameters(void **state)
{
    (void)state;
    SQLHSTMT stmt = at_stmt(dbc);
    SQL_TIMESTAMP_STRUCT from = {2018, 10, 3, 6, 38, 5, 0}, to = {2018, 10, 3, 6, 38, 15, 0};
    SQLINTEGER voltage = 228;
    SQLLEN ind[3] = {0, 0, 0}, text_len = SQL_NTS;
    SQLSMALLINT n;

    at_sok(
        SQLPrepareW(stmt, W("select count(*) from " M " `_` where `_`.`ts` >= ? and `_`.`ts` < ?")),
        stmt);
    at_sok(SQLNumParams(stmt, &n), stmt);
    assert_int_equal(n, 2);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 23,
                            3, &from, 0, &ind[0]),
           stmt);
    at_sok(SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 23,
                            3, &to, 0, &ind[1]),
           stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "50");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    to.second = 25; /* the slicer moves */
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "100");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);

    at_sok(SQLPrepareW(stmt, W("select count(*) from " M
                               " where {fn ucase(`location`)} = {fn ucase(?)} and `voltage` > ?")),
           stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_WCHAR, SQL_WVARCHAR, 30, 0,
                            rp_wide("California.SanJose"), 0, &text_len),
           stmt);
    at_sok(SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, &voltage, 0,
                            &ind[2]),
           stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "50");
    at_free(stmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folded),   cmocka_unit_test(refused),    cmocka_unit_test(sql92),
        cmocka_unit_test(converts), cmocka_unit_test(parameters),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * Every scalar function that SQLGetInfo claims, run through {fn …} with its result (ODBC reference, appendix E). With
 * TD_TEST_URL the same table runs on a real server.
 */
#include "apitest.h"

static const struct {
    const char *expr,
        *want; /* want NULL: it must run, the value depends on the moment or the session */
} cases[] = {
    {"{fn ASCII('A')}", "65"},
    {"{fn CHAR(65)}", "A"},
    {"{fn CHAR_LENGTH('añb')}", "3"},
    {"{fn CHARACTER_LENGTH('añb')}", "3"},
    {"{fn CONCAT('a', 'b')}", "ab"},
    {"{fn LCASE('AbC')}", "abc"},
    {"{fn LEFT('abcdef', 2)}", "ab"},
    {"{fn LENGTH('abc  ')}", "3"},
    {"{fn LOCATE('c', 'abcd')}", "3"},
    {"{fn LTRIM('  a')}", "a"},
    {"{fn OCTET_LENGTH('añb')}", "4"},
    {"{fn POSITION('c' IN 'abcd')}", "3"},
    {"{fn REPEAT('ab', 3)}", "ababab"},
    {"{fn REPLACE('abab', 'b', 'x')}", "axax"},
    {"{fn RTRIM('a  ')}", "a"},
    {"{fn CONCAT({fn SPACE(2)}, 'a')}", "  a"},
    {"{fn SUBSTRING('abcdef', 2, 3)}", "bcd"},
    {"{fn UCASE('AbC')}", "ABC"},
    {"{fn ABS(-3)}", "3"},
    {"{fn ACOS(1)}", "0"},
    {"{fn ASIN(0)}", "0"},
    {"{fn ATAN(0)}", "0"},
    {"{fn CEILING(1.2)}", "2"},
    {"{fn COS(0)}", "1"},
    {"{fn FLOOR({fn COT(0.5)} * 1000)}", "1830"},
    {"{fn ROUND({fn DEGREES({fn PI()})}, 0)}", "180"},
    {"{fn EXP(0)}", "1"},
    {"{fn FLOOR(1.8)}", "1"},
    {"{fn LOG(1)}", "0"},
    {"{fn ROUND({fn LOG10(1000)}, 3)}", "3"},
    {"{fn MOD(7, 3)}", "1"},
    {"{fn FLOOR({fn PI()} * 1000)}", "3141"},
    {"{fn POWER(2, 10)}", "1024"},
    {"{fn FLOOR({fn RADIANS(180)} * 1000)}", "3141"},
    {"{fn RAND()}", NULL},
    {"{fn ROUND(2.345, 2)}", "2.35"},
    {"{fn SIGN(-5)}", "-1"},
    {"{fn SIN(0)}", "0"},
    {"{fn SQRT(16)}", "4"},
    {"{fn TAN(0)}", "0"},
    {"{fn TRUNCATE(2.349, 2)}", "2.34"},
    {"{fn CURDATE()}", NULL},
    {"{fn CURRENT_DATE()}", NULL},
    {"{fn CURRENT_TIME()}", NULL},
    {"{fn CURRENT_TIMESTAMP()}", NULL},
    {"{fn CURTIME()}", NULL},
    {"{fn NOW()}", NULL},
    {"{fn DAYNAME({ts '2024-02-29 13:14:15'})}", "Thursday"},
    {"{fn DAYOFMONTH({ts '2024-02-29 13:14:15'})}", "29"},
    {"{fn DAYOFWEEK({ts '2024-02-29 13:14:15'})}", "5"},
    {"{fn DAYOFYEAR({ts '2024-02-29 13:14:15'})}", "60"},
    {"{fn EXTRACT(MONTH FROM {ts '2024-02-29 13:14:15'})}", "2"},
    {"{fn HOUR({ts '2024-02-29 13:14:15'})}", "13"},
    {"{fn MINUTE({ts '2024-02-29 13:14:15'})}", "14"},
    {"{fn SECOND({ts '2024-02-29 13:14:15'})}", "15"},
    {"{fn MONTH({d '2024-02-29'})}", "2"},
    {"{fn MONTHNAME({d '2024-02-29'})}", "February"},
    {"{fn QUARTER({d '2024-03-31'})}", "1"},
    {"{fn QUARTER({d '2024-04-01'})}", "2"},
    {"{fn WEEK({d '2024-02-29'})}", "8"},
    {"{fn YEAR({d '2024-02-29'})}", "2024"},
    {"{fn YEAR({fn TIMESTAMPADD(SQL_TSI_DAY, 366, {d '2024-02-29'})})}", "2025"},
    {"{fn HOUR({fn TIMESTAMPADD(SQL_TSI_HOUR, -3, {ts '2024-02-29 13:14:15'})})}", "10"},
    {"{fn TIMESTAMPDIFF(SQL_TSI_DAY, {d '2024-02-28'}, {d '2024-03-01'})}", "2"},
    {"{fn TIMESTAMPDIFF(SQL_TSI_SECOND, {ts '2024-02-29 00:01:00'}, {ts '2024-02-29 00:00:00'})}",
     "-60"},
    {"{fn DATABASE()}", "fns"},
    {"{fn USER()}", NULL},
    {"{fn IFNULL(null, 5)}", "5"},
    {"{fn IFNULL(4, 5)}", "4"},
    {"{fn CONVERT('12', SQL_BIGINT)}", "12"},
    {"{fn CONVERT('12', SQL_INTEGER)}", "12"},
    {"{fn CONVERT('12', SQL_SMALLINT)}", "12"},
    {"{fn CONVERT('12', SQL_TINYINT)}", "12"},
    {"{fn CONVERT('2.5', SQL_DOUBLE)}", "2.5"},
    {"{fn CONVERT('2.5', SQL_REAL)}", "2.5"},
    {"{fn CONVERT(12, SQL_VARCHAR)}", "12"},
    {"{fn CONVERT(12, SQL_WVARCHAR)}", "12"},
    {"{fn CONVERT(1, SQL_BIT)}", "1"},
    {"{fn YEAR({fn CONVERT('2024-02-29 13:14:15', SQL_TIMESTAMP)})}", "2024"},
};

static void functions(void **state)
{
    (void)state;
    int bad = 0;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "create database if not exists fns");
    at_exec(stmt, "use fns");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "select %s", cases[i].expr);
        SQLRETURN rc = SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS);
        if (SQL_SUCCEEDED(rc)) rc = SQLFetch(stmt);
        if (!SQL_SUCCEEDED(rc)) {
            printf("%s: %s\n", cases[i].expr, at_message(SQL_HANDLE_STMT, stmt, 1, NULL));
            bad++;
        } else {
            const char *v = at_text(stmt, 1);
            if (!v || (cases[i].want && strcmp(v, cases[i].want) != 0 &&
                       atof(v) - atof(cases[i].want) != 0)) {
                printf("%s: %s, not %s\n", cases[i].expr, v ? v : "NULL",
                       cases[i].want ? cases[i].want : "a value");
                bad++;
            }
        }
        SQLFreeStmt(stmt, SQL_CLOSE);
    }
    at_free(stmt);
    at_disconnect(dbc);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(functions)};
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/*
 * Parameters of queries, by stmt2 and by literals: every C type finds its row, timestamps in ms, us
 * and ns databases, arrays on SELECT, what SQLDescribeParam says, and text that attacks the
 * quoting.
 */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int open_all(void **state)
{
    (void)state;
    dbc = at_connect("Timezone=Europe/Berlin;");
    stmt = at_stmt(dbc);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    at_free(stmt);
    at_disconnect(dbc);
    return 0;
}

static void bind_as(SQLUSMALLINT n, SQLSMALLINT c, SQLSMALLINT sql, const void *p, SQLLEN cap,
                    SQLLEN *ind)
{
    at_sok(SQLBindParameter(stmt, n, SQL_PARAM_INPUT, c, sql, cap ? (SQLULEN)cap : 29, 0,
                            (SQLPOINTER)(uintptr_t)p, cap, ind),
           stmt);
}

/* Runs with one bound parameter and gives the first column of the only row, "" for none, "+" for
 * several. */
static const char *only_row(const char *sql)
{
    static char out[300];

    at_sok(SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS), stmt);
    out[0] = 0;
    while (SQLFetch(stmt) == SQL_SUCCESS) {
        const char *v = at_text(stmt, 1);
        snprintf(out, sizeof out, "%s", out[0] ? "+" : v ? v : "NULL");
    }
    at_sok(SQLCloseCursor(stmt), stmt);
    return out;
}

static void make_table(void)
{
    at_exec(stmt, "create database if not exists pq");
    at_exec(stmt, "create table if not exists pq.t (ts timestamp, b bool, i int, g bigint, u "
                  "bigint unsigned, d double, "
                  "s varchar(40), n nchar(20), x varbinary(8), e decimal(20,4))");
    at_exec(stmt, "insert into pq.t values('2024-01-01 "
                  "00:00:00',true,1,-9223372036854775808,18446744073709551615,0.1,"
                  "'it''s \\\\ %','日本',null,12.5)('2024-01-02 "
                  "00:00:00',false,2,7,7,1.5,'x','y','\\x00ff',99.9999)");
}

static void every_ctype(void **state)
{
    (void)state;
    SQLCHAR bit = 1;
    SQLSCHAR i8 = 2;
    SQLSMALLINT i16 = 2;
    SQLINTEGER i32 = 2;
    SQLBIGINT i64 = INT64_MIN;
    SQLUBIGINT u64 = UINT64_MAX;
    SQLREAL f = 1.5f;
    SQLDOUBLE d = 0.1;
    SQLLEN nts = SQL_NTS, two = 2;
    SQLWCHAR w[] = {0x65E5, 0x672C, 0};
    uint8_t bin[] = {0, 0xFF};
    SQL_NUMERIC_STRUCT num = {.precision = 20, .scale = 4, .sign = 1, .val = {0x3F, 0x42, 0x0F}};

    make_table();
    bind_as(1, SQL_C_BIT, SQL_BIT, &bit, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where b = ?"), "1");
    bind_as(1, SQL_C_STINYINT, SQL_TINYINT, &i8, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where i = ?"), "2");
    bind_as(1, SQL_C_SSHORT, SQL_SMALLINT, &i16, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where i = ?"), "2");
    bind_as(1, SQL_C_SLONG, SQL_INTEGER, &i32, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where i = ?"), "2");
    bind_as(1, SQL_C_SBIGINT, SQL_BIGINT, &i64, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where g = ?"), "1");
    bind_as(1, SQL_C_UBIGINT, SQL_BIGINT, &u64, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where u = ?"), "1");
    bind_as(1, SQL_C_FLOAT, SQL_REAL, &f, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where d = ?"), "2");
    bind_as(1, SQL_C_DOUBLE, SQL_DOUBLE, &d, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where d = ?"), "1");
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, "it's \\ %", 10, &nts);
    assert_string_equal(only_row("select i from pq.t where s = ?"), "1");
    bind_as(1, SQL_C_WCHAR, SQL_WVARCHAR, w, sizeof w, &nts);
    assert_string_equal(only_row("select i from pq.t where n = ?"), "1");
    bind_as(1, SQL_C_BINARY, SQL_VARBINARY, bin, 2, &two);
    assert_string_equal(only_row("select i from pq.t where x = ?"), "2");
    bind_as(1, SQL_C_CHAR, SQL_INTEGER, " 2 ", 10, &nts);
    assert_string_equal(only_row("select i from pq.t where i = ?"), "2");
    bind_as(1, SQL_C_CHAR, SQL_DECIMAL, "12.50", 10, &nts);
    assert_string_equal(only_row("select i from pq.t where e = ?"), "1");
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_NUMERIC, SQL_NUMERIC, 20, 4, &num,
                            sizeof num, NULL),
           stmt);
    assert_string_equal(only_row("select i from pq.t where e < ?"),
                        "1"); // 99.9999 is not below 99.9999
    // places other than a comparison
    bind_as(1, SQL_C_SLONG, SQL_INTEGER, &i32, 0, NULL);
    assert_string_equal(only_row("select i from pq.t where i in (5, ?)"), "2");
    assert_string_equal(only_row("select i + ? from pq.t where i = 1"), "3");
    i32 = 1;
    assert_string_equal(only_row("select i from pq.t order by ts limit ?"), "1");
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, "it%", 10, &nts);
    assert_string_equal(only_row("select i from pq.t where s like ?"), "1");
    // NULL compares to nothing
    SQLLEN null = SQL_NULL_DATA;
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, "x", 10, &null);
    assert_string_equal(only_row("select i from pq.t where s = ?"), "");
    // what cannot be such a value
    bind_as(1, SQL_C_CHAR, SQL_INTEGER, "2 or 1=1", 10, &nts);
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select i from pq.t where i = ?", SQL_NTS), stmt,
                 "22018");
}

static void timestamps(void **state)
{
    (void)state;
    static const char *const precs[] = {"ms", "us", "ns"};
    static const SQLUINTEGER step[] = {1000000, 1000, 1};

    for (int p = 0; p < 3; p++) {
        char sql[200];
        at_execf(stmt, "create database pqt_%s precision '%s'", precs[p], precs[p]);
        at_execf(stmt, "create table pqt_%s.t (ts timestamp, v int)", precs[p]);
        // neighbours in the autumn hour that is there twice; the earlier one is meant
        SQL_TIMESTAMP_STRUCT t = {2024, 10, 27, 2, 30, 0, 500000000}, u = t;
        SQLINTEGER v;
        snprintf(sql, sizeof sql, "insert into pqt_%s.t values(?,?)", precs[p]);
        bind_as(1, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, &t, 0, NULL);
        bind_as(2, SQL_C_SLONG, SQL_INTEGER, &v, 0, NULL);
        for (v = -1; v <= 1; v++) {
            t.fraction = 500000000u + (SQLUINTEGER)v * step[p];
            at_sok(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS), stmt);
        }
        at_execf(stmt, "insert into pqt_%s.t values('2024-10-27T01:30:00.5Z', 9)",
                 precs[p]); // an hour later
        at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
        bind_as(1, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, &u, 0, NULL);
        snprintf(sql, sizeof sql, "select v from pqt_%s.t where ts = ?", precs[p]);
        assert_string_equal(only_row(sql), "0");
        snprintf(sql, sizeof sql, "select v from pqt_%s.t where ts < ?", precs[p]);
        assert_string_equal(only_row(sql), "-1");
        snprintf(sql, sizeof sql, "select count(*) from pqt_%s.t where ts > ?", precs[p]);
        assert_string_equal(only_row(sql), "2");
        SQLLEN nts = SQL_NTS;
        bind_as(1, SQL_C_CHAR, SQL_TYPE_TIMESTAMP, "2024-10-27 02:30:00.5", 30, &nts);
        snprintf(sql, sizeof sql, "select v from pqt_%s.t where ts = ?", precs[p]);
        assert_string_equal(only_row(sql), "0");
        SQLBIGINT epoch = 1729989000500;
        for (int k = 0; k < p; k++)
            epoch *= 1000;
        bind_as(1, SQL_C_SBIGINT, SQL_BIGINT, &epoch, 0, NULL);
        assert_string_equal(only_row(sql), "0");
        SQL_DATE_STRUCT d = {2024, 10, 28};
        bind_as(1, SQL_C_TYPE_DATE, SQL_TYPE_DATE, &d, 0, NULL);
        snprintf(sql, sizeof sql, "select count(*) from pqt_%s.t where ts < ?", precs[p]);
        assert_string_equal(only_row(sql), "4");
        at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
        // the literal way: DELETE is not for stmt2
        bind_as(1, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, &u, 0, NULL);
        snprintf(sql, sizeof sql, "delete from pqt_%s.t where ts = ?", precs[p]);
        at_sok(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS), stmt);
        SQLLEN n;
        at_sok(SQLRowCount(stmt, &n), stmt);
        assert_int_equal(n, 1);
        at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    }
}

/* Statements that stmt2 does not take. */
static void literal_way(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",     "'",         "\\",    "\\'",           "'' or 1=1 --",
        "\\\\", "a\nb\tc\r", "\"`;?", "%_\\%\\_\\x41", "日本 😀"};
    SQLLEN nts = SQL_NTS;
    SQLDOUBLE d = 1e-300;
    SQLBIGINT i = INT64_MIN;

    make_table();
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        bind_as(1, SQL_C_CHAR, SQL_VARCHAR, texts[k], 100, &nts);
        at_sok(SQLExecDirect(stmt, (SQLCHAR *)"select ?", SQL_NTS), stmt);
        at_sok(SQLFetch(stmt), stmt);
        assert_string_equal(at_text(stmt, 1), texts[k]);
        at_sok(SQLCloseCursor(stmt), stmt);
    }
    bind_as(1, SQL_C_DOUBLE, SQL_DOUBLE, &d, 0, NULL);
    at_exec(stmt, "select ?");
    at_sok(SQLFetch(stmt), stmt);
    SQLDOUBLE back = 0;
    at_sok(SQLGetData(stmt, 1, SQL_C_DOUBLE, &back, 0, NULL), stmt);
    assert_true(back == d);
    at_sok(SQLCloseCursor(stmt), stmt);
    bind_as(1, SQL_C_SBIGINT, SQL_BIGINT, &i, 0, NULL);
    assert_string_equal(only_row("select ?"), "-9223372036854775808");
    SQLLEN four = 3;
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, "a\0b", 3, &four);
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select ?", SQL_NTS), stmt, "HYC00");
    d = 1 / (d - d);
    bind_as(1, SQL_C_DOUBLE, SQL_DOUBLE, &d, 0, NULL);
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select ?", SQL_NTS), stmt, "HYC00");
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, "pq", 10, &nts);
    at_sok(SQLExecDirect(
               stmt, (SQLCHAR *)"select name from information_schema.ins_databases where name = ?",
               SQL_NTS),
           stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "pq");
}

/* One result for each set. */
static void arrays_of_queries(void **state)
{
    (void)state;
    SQLINTEGER v[4] = {2, 1, 9, 2};
    SQLUSMALLINT op[4] = {SQL_PARAM_PROCEED, SQL_PARAM_PROCEED, SQL_PARAM_PROCEED,
                          SQL_PARAM_IGNORE},
                 status[4];
    SQLULEN done;
    static const char *const sqls[] = {"select s from pq.t where i = ?", "select 'x' where 2 = ?"};

    make_table();
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)4, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_OPERATION_PTR, op, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done, 0), stmt);
    bind_as(1, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_sok(SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)sqls[0], SQL_NTS), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "x");
    v[1] = 77; // taken at execute
    at_sok(SQLMoreResults(stmt), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "it's \\ %");
    at_sok(SQLMoreResults(stmt), stmt);
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    assert_int_equal(SQLMoreResults(stmt), SQL_NO_DATA);
    assert_int_equal(done, 4);
    assert_int_equal(status[0], SQL_PARAM_SUCCESS);
    assert_int_equal(status[2], SQL_PARAM_SUCCESS);
    assert_int_equal(status[3], SQL_PARAM_UNUSED);
}

static void described(void **state)
{
    (void)state;
    SQLSMALLINT n, type, digits, nullable;
    SQLULEN size;

    make_table();
    at_sok(SQLPrepare(stmt, (SQLCHAR *)"select s, d from pq.t where i = ? and s = ?", SQL_NTS),
           stmt);
    at_sok(SQLNumParams(stmt, &n), stmt);
    assert_int_equal(n, 2);
    at_sok(SQLDescribeParam(stmt, 2, &type, &size, &digits, &nullable), stmt);
    assert_true(type == SQL_VARCHAR || type == SQL_WVARCHAR);
    assert_true(size >= 255);
    at_srv_fails(SQLDescribeParam(stmt, 3, &type, &size, &digits, &nullable), stmt, "07009");
    // the columns of a query with markers, before it is executed
    at_sok(SQLNumResultCols(stmt, &n), stmt);
    assert_int_equal(n, 2);
    SQLCHAR name[20];
    at_sok(SQLDescribeCol(stmt, 2, name, sizeof name, NULL, &type, &size, &digits, &nullable),
           stmt);
    assert_string_equal(name, "d");
    assert_int_equal(type, SQL_DOUBLE);
    // of an INSERT, as the table has them
    at_sok(SQLPrepare(stmt, (SQLCHAR *)"insert into pq.t(ts, e, s, n) values(?,?,?,?)", SQL_NTS),
           stmt);
    static const struct {
        SQLSMALLINT type, digits;
        SQLULEN size;
        SQLSMALLINT nullable;
    } want[] = {{SQL_TYPE_TIMESTAMP, 3, 23, SQL_NO_NULLS},
                {SQL_DECIMAL, 4, 20, SQL_NULLABLE},
                {SQL_VARCHAR, 0, 40, SQL_NULLABLE},
                {SQL_WVARCHAR, 0, 20, SQL_NULLABLE}};
    for (SQLUSMALLINT i = 0; i < 4; i++) {
        at_sok(SQLDescribeParam(stmt, i + 1u, &type, &size, &digits, &nullable), stmt);
        assert_int_equal(type, want[i].type);
        assert_int_equal(size, want[i].size);
        assert_int_equal(digits, want[i].digits);
        assert_int_equal(nullable, want[i].nullable);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_ctype),       TEST(timestamps), TEST(literal_way),
        TEST(arrays_of_queries), TEST(described),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

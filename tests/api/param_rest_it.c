/*
 * The literal way from end to end: over REST every parameter becomes text. Every C type with a SQL
 * type of each kind is written into a column and read back equal; and the same values select their
 * row.
 */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt, other;

static int open_all(void **state)
{
    (void)state;
    dbc = at_connect("Transport=rest;Timezone=Asia/Shanghai;");
    stmt = at_stmt(dbc);
    other = at_stmt(dbc);
    at_exec(other, "create database if not exists pr precision 'ns'");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    at_free(stmt);
    at_free(other);
    at_disconnect(dbc);
    return 0;
}

#define TXT(s) (s), SQL_NTS
#define RAW(v) (v), sizeof(v)

static const int8_t i8[] = {-128};
static const uint8_t u8[] = {255}, one[] = {1}, bin[] = {0, 0xFF, 0x27, 0x5C};
static const int16_t i16[] = {-32768};
static const uint16_t u16[] = {65535};
static const int32_t i32[] = {INT32_MIN};
static const uint32_t u32[] = {UINT32_MAX};
static const int64_t i64[] = {INT64_MIN}, epoch[] = {1709164800123456789};
static const uint64_t u64[] = {UINT64_MAX};
static const float f32[] = {0.1f};
static const double f64[] = {5e-324}, f64b[] = {-1.7976931348623157e308}, tenth[] = {0.1};
static const SQLWCHAR wide[] = {0x65E5, 0x672C, '\'', '\\', 0xD83D, 0xDE00, 0};
static const SQL_TIMESTAMP_STRUCT moment[] = {{2024, 2, 29, 23, 59, 59, 123456789}};
static const SQL_DATE_STRUCT day[] = {{2024, 2, 29}};
static const SQL_TIME_STRUCT hour[] = {{23, 59, 59}};
static const SQLGUID guid[] = {{0x01234567, 0x89AB, 0xCDEF, {1, 2, 3, 4, 5, 6, 7, 8}}};
static const SQL_NUMERIC_STRUCT num[] = {{20, 4, 0, {0x3F, 0x42, 0x0F}}};
static const SQL_INTERVAL_STRUCT three_days[] = {
    {SQL_IS_DAY, SQL_FALSE, {.day_second = {.day = 3}}}};

static const struct {
    const char *ddl;
    SQLSMALLINT ctype, sqltype;
    const void *value;
    SQLLEN len;
    const char *want;
} cases[] = {
    {"bool", SQL_C_BIT, SQL_BIT, RAW(one), "1"},
    {"bool", SQL_C_CHAR, SQL_BIT, TXT("0"), "0"},
    {"tinyint", SQL_C_STINYINT, SQL_TINYINT, RAW(i8), "-128"},
    {"tinyint unsigned", SQL_C_UTINYINT, SQL_SMALLINT, RAW(u8), "255"},
    {"smallint", SQL_C_SSHORT, SQL_SMALLINT, RAW(i16), "-32768"},
    {"smallint unsigned", SQL_C_USHORT, SQL_INTEGER, RAW(u16), "65535"},
    {"int", SQL_C_SLONG, SQL_INTEGER, RAW(i32), "-2147483648"},
    {"int unsigned", SQL_C_ULONG, SQL_BIGINT, RAW(u32), "4294967295"},
    {"bigint", SQL_C_SBIGINT, SQL_BIGINT, RAW(i64), "-9223372036854775808"},
    {"bigint unsigned", SQL_C_UBIGINT, SQL_BIGINT, RAW(u64), "18446744073709551615"},
    {"int", SQL_C_CHAR, SQL_INTEGER, TXT(" 42 "), "42"},
    {"int", SQL_C_INTERVAL_DAY, SQL_INTEGER, RAW(three_days), "3"},
    {"float", SQL_C_FLOAT, SQL_REAL, RAW(f32), "0.1"},
    {"double", SQL_C_DOUBLE, SQL_DOUBLE, RAW(f64), "5e-324"},
    {"double", SQL_C_DOUBLE, SQL_FLOAT, RAW(f64b), "-1.7976931348623157e+308"},
    {"double", SQL_C_CHAR, SQL_DOUBLE, TXT("1e3"), "1000"},
    {"decimal(20,4)", SQL_C_NUMERIC, SQL_NUMERIC, RAW(num), "-99.9999"},
    {"decimal(38,10)", SQL_C_CHAR, SQL_DECIMAL, TXT("9999999999999999999999999999.9999999999"),
     "9999999999999999999999999999.9999999999"},
    {"decimal(20,4)", SQL_C_DOUBLE, SQL_DECIMAL, RAW(tenth), "0.1000"},
    {"varchar(60)", SQL_C_CHAR, SQL_VARCHAR, TXT("it's \\ \\' \"x\" %_;--\n\\n"),
     "it's \\ \\' \"x\" %_;--\n\\n"},
    {"varchar(60)", SQL_C_CHAR, SQL_VARCHAR, TXT(""), ""},
    {"nchar(20)", SQL_C_WCHAR, SQL_WVARCHAR, wide, SQL_NTS, "日本'\\😀"},
    {"varchar(60)", SQL_C_SBIGINT, SQL_VARCHAR, RAW(i64), "-9223372036854775808"},
    {"varchar(60)", SQL_C_GUID, SQL_GUID, RAW(guid), "01234567-89AB-CDEF-0102-030405060708"},
    {"varchar(60)", SQL_C_TYPE_DATE, SQL_VARCHAR, RAW(day), "2024-02-29"},
    {"varchar(60)", SQL_C_TYPE_TIME, SQL_TYPE_TIME, RAW(hour), "23:59:59"},
    {"varchar(60)", SQL_C_TYPE_TIMESTAMP, SQL_VARCHAR, RAW(moment),
     "2024-02-29 23:59:59.123456789"},
    {"varbinary(10)", SQL_C_BINARY, SQL_VARBINARY, RAW(bin), "00FF275C"},
    {"varbinary(10)", SQL_C_CHAR, SQL_VARBINARY, TXT("00ff27"), "00FF27"},
    {"blob", SQL_C_BINARY, SQL_LONGVARBINARY, RAW(bin), "00FF275C"},
    {"geometry(100)", SQL_C_CHAR, SQL_VARCHAR, TXT("POINT(1.5 -2.25)"),
     "0101000000000000000000F83F00000000000002C0"},
    {"timestamp", SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, RAW(moment),
     "2024-02-29 23:59:59.123456789"},
    {"timestamp", SQL_C_TYPE_DATE, SQL_TYPE_DATE, RAW(day), "2024-02-29 00:00:00.000000000"},
    {"timestamp", SQL_C_CHAR, SQL_TYPE_TIMESTAMP, TXT("2024-02-29T15:59:59.5Z"),
     "2024-02-29 23:59:59.500000000"},
    {"timestamp", SQL_C_SBIGINT, SQL_BIGINT, RAW(epoch), "2024-02-29 08:00:00.123456789"},
};

static void bind_case(SQLUSMALLINT n, size_t i, SQLLEN *len)
{
    *len = cases[i].len;
    at_sok(SQLBindParameter(stmt, n, SQL_PARAM_INPUT, cases[i].ctype, cases[i].sqltype,
                            cases[i].ctype == SQL_C_NUMERIC ? 20 : 60,
                            cases[i].ctype == SQL_C_NUMERIC ? 4 : 9,
                            (SQLPOINTER)(uintptr_t)cases[i].value, 60, len),
           stmt);
}

static void written_and_found(void **state)
{
    (void)state;
    SQLLEN len, null = SQL_NULL_DATA;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[200];
        at_execf(other, "create table pr.t%zu (ts timestamp, v %s)", i, cases[i].ddl);
        snprintf(sql, sizeof sql, "insert into pr.t%zu values('2024-01-01', ?)", i);
        bind_case(1, i, &len);
        at_rc(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS), SQL_SUCCESS, SQL_HANDLE_STMT, stmt,
              NULL);
        snprintf(sql, sizeof sql, "select v from pr.t%zu", i);
        const char *got = at_scalar(other, sql);
        if (!got || strcmp(got, cases[i].want) != 0)
            fail_msg("case %d (%s): %s instead of %s", (int)i, cases[i].ddl, got ? got : "NULL",
                     cases[i].want);
        snprintf(sql, sizeof sql, "insert into pr.t%zu values('2024-01-02', ?)", i);
        at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, cases[i].ctype, cases[i].sqltype, 60, 0,
                                (SQLPOINTER)(uintptr_t)cases[i].value, 60, &null),
               stmt);
        at_sok(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS), stmt);
        snprintf(sql, sizeof sql, "select count(*) from pr.t%zu where v is null", i);
        assert_string_equal(at_scalar(other, sql), "1");
        // blobs and geometries compare to nothing; a float is not what its double is; the last:
        // text, exact
        if (strncmp(cases[i].ddl, "geo", 3) == 0 || strcmp(cases[i].ddl, "blob") == 0) continue;
        snprintf(sql, sizeof sql, "select count(*) from pr.t%zu where v = ?", i);
        bind_case(1, i, &len);
        at_sok(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS), stmt);
        at_sok(SQLFetch(stmt), stmt);
        if (strcmp(at_text(stmt, 1), "1") != 0)
            fail_msg("case %d (%s) does not find its row", (int)i, cases[i].ddl);
        at_sok(SQLCloseCursor(stmt), stmt);
    }
}

/* Arrays go set by set; each set's fate is its own. */
static void arrays(void **state)
{
    (void)state;
    int64_t ts[4] = {1709164800000000000, 1709164800000000001, 1709164800000000002,
                     1709164800000000003};
    char v[4][8] = {"1", "x", "3", "400"};
    SQLUSMALLINT status[4];
    SQLULEN done;
    SQLLEN n;

    at_exec(other, "create table pr.arr (ts timestamp, v tinyint)");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)4, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done, 0), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, ts, 0, NULL),
           stmt);
    at_sok(SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_INTEGER, 8, 0, v, 8, NULL),
           stmt);
    SQLRETURN rc = SQLExecDirect(stmt, (SQLCHAR *)"insert into pr.arr values(?,?)", SQL_NTS);
    at_rc(rc, SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, NULL);
    assert_int_equal(status[0], SQL_PARAM_SUCCESS);
    assert_int_equal(status[1], SQL_PARAM_ERROR); // by the driver
    assert_int_equal(status[2], SQL_PARAM_SUCCESS);
    assert_int_equal(status[3], SQL_PARAM_ERROR); // by the server
    assert_int_equal(done, 4);
    at_sok(SQLRowCount(stmt, &n), stmt);
    assert_int_equal(n, 2);
    assert_string_equal(at_scalar(other, "select count(*) from pr.arr"), "2");
    // something was written: a rollback cannot take it back
    at_rc(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_DBC, dbc,
          TD_THROUGH_DM ? NULL : "01000"); // unixODBC drops the record
}

/* A set whose outcome nobody knows ends the execute: the others are not sent. */
static void unknown_outcome(void **state)
{
    (void)state;
    SQLINTEGER v[4] = {1, 2, 3, 4};
    SQLUSMALLINT status[4];
    SQLULEN done;
    SQLHDBC ws = at_connect("Timezone=UTC;");
    SQLHSTMT s = at_stmt(ws);

    at_sok(SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)4, 0), s);
    at_sok(SQLSetStmtAttr(s, SQL_ATTR_PARAM_STATUS_PTR, status, 0), s);
    at_sok(SQLSetStmtAttr(s, SQL_ATTR_PARAMS_PROCESSED_PTR, &done, 0), s);
    at_sok(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, v, 0, NULL), s);
    at_exec(other, "create table pr.un (ts timestamp, v int)");
    at_exec(other, "insert into pr.un values(1709164800000000001, 5)(1709164800000000002, 5)");
    // prepared first, so that the fault meets the statement itself
    at_sok(
        SQLPrepare(s, (SQLCHAR *)"delete from pr.un where ts = 1709164800000000000 + ?", SQL_NTS),
        s);
    at_exec(other, "tdlite fault drop=0 on=binary_query");
    at_srv_fails(SQLExecute(s), s, "08S01");
    at_exec(other, "tdlite fault clear");
    assert_int_equal(status[0], SQL_PARAM_DIAG_UNAVAILABLE);
    for (int i = 1; i < 4; i++)
        assert_int_equal(status[i], SQL_PARAM_UNUSED);
    assert_int_equal(done, 1);
    at_free(s);
    at_disconnect(ws);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(written_and_found), TEST(arrays),
                                       TEST(unknown_outcome)};

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

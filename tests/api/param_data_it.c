/*
 * Values given at execution, re-execution with other bindings, NULL indicators, and decimals on
 * servers of both kinds.
 */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt, other;

static int open_all(void **state)
{
    (void)state;
    dbc = at_connect("Timezone=UTC;");
    stmt = at_stmt(dbc);
    other = at_stmt(dbc);
    at_exec(other, "create database if not exists pd");
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

static void prepare(const char *sql)
{
    at_sok(SQLPrepare(stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS), stmt);
}

static void bind_as(SQLUSMALLINT n, SQLSMALLINT c, SQLSMALLINT sql, const void *p, SQLLEN cap,
                    SQLLEN *ind)
{
    at_sok(SQLBindParameter(stmt, n, SQL_PARAM_INPUT, c, sql, cap ? (SQLULEN)cap : 29, 0,
                            (SQLPOINTER)(uintptr_t)p, cap, ind),
           stmt);
}

/* Pieces of text, wide text, a large BLOB, a fixed value and NULL; the tokens come back in order.
 */
static void pieces(void **state)
{
    (void)state;
    enum { BLOB = 4000000, PIECE = 65536 };
    SQLLEN later = SQL_DATA_AT_EXEC, later_len = SQL_LEN_DATA_AT_EXEC(BLOB);
    SQLPOINTER token;
    uint8_t *blob = malloc(BLOB);
    SQLWCHAR w1[] = {'w', 0xD83D}, w2[] = {0xDE00}; // a pair cut in two
    SQLINTEGER seven = 7;

    for (size_t i = 0; i < BLOB; i++)
        blob[i] = (uint8_t)(i * 7 + i / 255);
    at_exec(other, "create table pd.p (ts timestamp, s varchar(100), n nchar(20), i int, z "
                   "varchar(10), b blob)");
    prepare("insert into pd.p values('2024-01-01 00:00:00', ?, ?, ?, ?, ?)");
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, (void *)1, 100, &later);
    bind_as(2, SQL_C_WCHAR, SQL_WVARCHAR, (void *)2, 100, &later);
    bind_as(3, SQL_C_SLONG, SQL_INTEGER, (void *)3, 0, &later);
    bind_as(4, SQL_C_CHAR, SQL_VARCHAR, (void *)4, 10, &later);
    bind_as(5, SQL_C_BINARY, SQL_LONGVARBINARY, (void *)5, BLOB, &later_len);
    at_rc(SQLExecute(stmt), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    at_srv_fails(SQLPutData(stmt, (SQLPOINTER)(uintptr_t) "x", 1), stmt,
                 "HY010"); // first the token
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, (void *)1);
    at_sok(SQLPutData(stmt, (SQLPOINTER)(uintptr_t) "abc", 3), stmt);
    at_sok(SQLPutData(stmt, (SQLPOINTER)(uintptr_t) "", 0), stmt);
    at_sok(SQLPutData(stmt, (SQLPOINTER)(uintptr_t) "d\xc3", 2), stmt); // a character cut in two
    at_sok(SQLPutData(stmt, (SQLPOINTER)(uintptr_t) "\xa4", SQL_NTS), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, (void *)2);
    at_sok(SQLPutData(stmt, w1, sizeof w1), stmt);
    at_sok(SQLPutData(stmt, w2, sizeof w2), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, (void *)3);
    at_sok(SQLPutData(stmt, &seven, 0), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, (void *)4);
    at_sok(SQLPutData(stmt, NULL, SQL_NULL_DATA), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, (void *)5);
    for (size_t at = 0; at < BLOB; at += PIECE)
        at_sok(SQLPutData(stmt, blob + at, at + PIECE < BLOB ? PIECE : (SQLLEN)(BLOB - at)), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_SUCCESS, SQL_HANDLE_STMT, stmt, NULL);

    at_exec(other, "select s, n, i, z, b from pd.p");
    at_sok(SQLFetch(other), other);
    assert_string_equal(at_text(other, 1), "abcdä");
    assert_string_equal(at_text(other, 2), "w😀");
    assert_string_equal(at_text(other, 3), "7");
    assert_null(at_text(other, 4));
    uint8_t *back = malloc(BLOB);
    SQLLEN n;
    at_sok(SQLGetData(other, 5, SQL_C_BINARY, back, BLOB, &n), other);
    assert_int_equal(n, BLOB);
    assert_memory_equal(back, blob, BLOB);
    at_sok(SQLCloseCursor(other), other);
    free(blob);
    free(back);
}

/* An array in which some values come later: they are asked for set by set. */
static void later_in_arrays(void **state)
{
    (void)state;
    int64_t ts[3] = {1709164800000, 1709164800001, 1709164800002};
    char s[3][8] = {"now", "", "also"};
    SQLLEN ind[3] = {3, SQL_DATA_AT_EXEC, 4}, vind[3] = {SQL_DATA_AT_EXEC, 0, SQL_DATA_AT_EXEC};
    SQLINTEGER v[3] = {0, 2, 0}, given;
    SQLPOINTER token;

    at_exec(other, "create table pd.la (ts timestamp, s varchar(8), v int)");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)3, 0), stmt);
    prepare("insert into pd.la values(?,?,?)");
    bind_as(1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(2, SQL_C_CHAR, SQL_VARCHAR, s, 8, ind);
    bind_as(3, SQL_C_SLONG, SQL_INTEGER, v, 0, vind);
    at_rc(SQLExecute(stmt), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, &v[0]);
    given = 1;
    at_sok(SQLPutData(stmt, &given, 0), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, s[1]);
    at_sok(SQLPutData(stmt, (SQLPOINTER)(uintptr_t) "later", SQL_NTS), stmt);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    assert_ptr_equal(token, &v[2]);
    given = 3;
    at_sok(SQLPutData(stmt, &given, 0), stmt);
    at_sok(SQLParamData(stmt, &token), stmt);
    at_exec(other, "select s, v from pd.la order by ts");
    static const char *const want[][2] = {{"now", "1"}, {"later", "2"}, {"also", "3"}};
    for (int i = 0; i < 3; i++) {
        at_sok(SQLFetch(other), other);
        assert_string_equal(at_text(other, 1), want[i][0]);
        assert_string_equal(at_text(other, 2), want[i][1]);
    }
    at_sok(SQLCloseCursor(other), other);
}

/* What SQLPutData refuses ends the execute; the statement stays prepared. */
static void refused_pieces(void **state)
{
    (void)state;
    SQLLEN later = SQL_DATA_AT_EXEC;
    SQLPOINTER token;
    SQLINTEGER v = 1;
    static const struct {
        SQLSMALLINT ctype;
        SQLLEN first, second;
        const char *state;
    } c[] = {{SQL_C_SLONG, 0, 0, "HY019"},
             {SQL_C_CHAR, 1, SQL_NULL_DATA, "HY020"},
             {SQL_C_CHAR, SQL_NULL_DATA, 1, "HY020"},
             {SQL_C_CHAR, 1, -77, "HY090"},
             {SQL_C_CHAR, 1, SQL_DEFAULT_PARAM, "07S01"}};

    at_exec(other, "create table pd.rp (ts timestamp, s varchar(8))");
    prepare("insert into pd.rp values(now, ?)");
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        if (TD_THROUGH_DM && c[i].second == SQL_NULL_DATA) continue; // unixODBC's own HY011
        bind_as(1, c[i].ctype, SQL_VARCHAR, NULL, 8, &later);
        at_rc(SQLExecute(stmt), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
        at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
        at_sok(SQLPutData(stmt, &v, c[i].first), stmt);
        at_srv_fails(SQLPutData(stmt, &v, c[i].second), stmt, c[i].state);
        at_srv_fails(SQLParamData(stmt, &token), stmt, "HY010");
    }
    SQLLEN nts = SQL_NTS;
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, "b", 8, &nts);
    at_sok(SQLExecute(stmt), stmt);
    assert_string_equal(at_scalar(other, "select count(*) from pd.rp"), "1");
}

static void cancelled(void **state)
{
    (void)state;
    SQLLEN later = SQL_DATA_AT_EXEC;
    SQLPOINTER token;

    at_exec(other, "create table pd.ca (ts timestamp, s varchar(8))");
    prepare("insert into pd.ca values(now, ?)");
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, NULL, 8, &later);
    at_rc(SQLExecute(stmt), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    at_rc(SQLParamData(stmt, &token), SQL_NEED_DATA, SQL_HANDLE_STMT, stmt, NULL);
    at_srv_fails(SQLExecute(stmt), stmt, "HY010");
    at_sok(SQLPutData(stmt, (SQLPOINTER)(uintptr_t) "a", 1), stmt);
    at_sok(SQLCancel(stmt), stmt);
    assert_string_equal(at_scalar(other, "select count(*) from pd.ca"), "0");
    SQLLEN nts = SQL_NTS;
    bind_as(1, SQL_C_CHAR, SQL_VARCHAR, "b", 8, &nts);
    at_sok(SQLExecute(stmt), stmt);
    assert_string_equal(at_scalar(other, "select s from pd.ca"), "b");
}

/* One prepared statement, other C types, NULL and back, RESET_PARAMS. */
static void executed_again(void **state)
{
    (void)state;
    SQLINTEGER i = 1;
    SQLDOUBLE d = 2;
    SQLLEN ind = SQL_NULL_DATA, nts = SQL_NTS;
    int64_t ts = 1709164800000;

    at_exec(other, "create table pd.ag (ts timestamp, v int)");
    prepare("insert into pd.ag values(?,?)");
    bind_as(1, SQL_C_SBIGINT, SQL_BIGINT, &ts, 0, NULL);
    bind_as(2, SQL_C_SLONG, SQL_INTEGER, &i, 0, NULL);
    at_sok(SQLExecute(stmt), stmt);
    ts++;
    bind_as(2, SQL_C_DOUBLE, SQL_DOUBLE, &d, 0, NULL);
    at_sok(SQLExecute(stmt), stmt);
    ts++;
    bind_as(2, SQL_C_DEFAULT, SQL_VARCHAR, NULL, 0, &ind);
    at_sok(SQLExecute(stmt), stmt);
    ts++;
    bind_as(2, SQL_C_CHAR, SQL_VARCHAR, "4", 2, &nts);
    at_sok(SQLExecute(stmt), stmt);
    ts++;
    SQLWCHAR five[] = {'5', 0};
    bind_as(2, SQL_C_WCHAR, SQL_WVARCHAR, five, sizeof five,
            NULL); // no indicator: terminated (C-48)
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    at_srv_fails(SQLExecute(stmt), stmt, "07002");
    bind_as(1, SQL_C_SBIGINT, SQL_BIGINT, &ts, 0, NULL);
    at_srv_fails(SQLExecute(stmt), stmt, "07002");
    SQLGUID g = {0};
    bind_as(2, SQL_C_GUID, SQL_GUID, &g, 0, NULL);
    at_srv_fails(SQLExecute(stmt), stmt, "07006");
    ts++;
    i = 6;
    bind_as(2, SQL_C_SLONG, SQL_INTEGER, &i, 0, NULL);
    at_sok(SQLExecute(stmt), stmt);
    at_exec(other, "select v from pd.ag order by ts");
    static const char *const want[] = {"1", "2", NULL, "4", "5", "6"};
    for (int k = 0; k < 6; k++) {
        at_sok(SQLFetch(other), other);
        const char *got = at_text(other, 1);
        assert_true(want[k] ? got && strcmp(got, want[k]) == 0 : got == NULL);
    }
    at_sok(SQLCloseCursor(other), other);
}

/* Pairs that the reference's tables do not have are refused at once. */
static void pairs(void **state)
{
    (void)state;
    static const struct {
        SQLSMALLINT ctype, sqltype;
        bool legal;
    } c[] = {{SQL_C_GUID, SQL_INTEGER, false},
             {SQL_C_TYPE_TIMESTAMP, SQL_DOUBLE, false},
             {SQL_C_DOUBLE, SQL_TYPE_TIMESTAMP, false},
             {SQL_C_SLONG, SQL_VARBINARY, false},
             {SQL_C_INTERVAL_DAY_TO_HOUR, SQL_INTEGER, false},
             {SQL_C_DOUBLE, SQL_GUID, false},
             {SQL_C_SLONG, SQL_TYPE_TIME, false},
             {SQL_C_INTERVAL_DAY, SQL_INTEGER, true},
             {SQL_C_GUID, SQL_GUID, true},
             {SQL_C_GUID, SQL_VARCHAR, true},
             {SQL_C_SBIGINT, SQL_TYPE_TIMESTAMP, true}, // the raw epoch
             {SQL_C_CHAR, SQL_INTERVAL_DAY, true},
             {SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIME, true},
             {SQL_C_TIMESTAMP, SQL_TIMESTAMP, true},
             {SQL_C_DEFAULT, SQL_DECIMAL, true}};
    uint8_t value[64] = {0};

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        SQLRETURN rc = SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, c[i].ctype, c[i].sqltype, 10, 0,
                                        value, sizeof value, NULL);
        if (c[i].legal)
            at_sok(rc, stmt);
        else
            at_srv_fails(rc, stmt, "07006");
    }
}

/* SQL_SUCCESS_WITH_INFO and the value without its fraction, or nothing at all: never silence. */
static void cut_numbers(void **state)
{
    (void)state;
    int64_t ts = 1709164800000;
    SQLDOUBLE d = 2.75;
    SQLLEN nts = SQL_NTS;

    at_exec(other, "create table pd.cu (ts timestamp, v int)");
    prepare("insert into pd.cu values(?,?)");
    bind_as(1, SQL_C_SBIGINT, SQL_BIGINT, &ts, 0, NULL);
    bind_as(2, SQL_C_DOUBLE, SQL_DOUBLE, &d, 0, NULL);
    SQLUSMALLINT status = 9;
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, &status, 0), stmt);
    at_rc(SQLExecute(stmt), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, "01S07");
    assert_int_equal(status, SQL_PARAM_SUCCESS_WITH_INFO);
    assert_string_equal(at_scalar(other, "select v from pd.cu"), "2");
    d = 3e9;
    at_srv_fails(SQLExecute(stmt), stmt, "22003");
    bind_as(2, SQL_C_CHAR, SQL_VARCHAR, "2.75", 5, &nts);
    at_srv_fails(SQLExecute(stmt), stmt, "22001");
    assert_string_equal(at_scalar(other, "select count(*) from pd.cu"), "1");
}

/* ---- decimals ---- */

static void decimals_on(const struct at_server *srv)
{
    SQLHDBC d = srv ? at_connect_to(srv, "Timezone=UTC;") : at_connect("Timezone=UTC;");
    SQLHSTMT ins = at_stmt(d), q = at_stmt(d);
    static const char *const want[][2] = {
        {"12345678.91", "-0.0000000001"},
        {"-99999999.99", "9999999999999999999999999999.9999999999"},
        {"0.00", "0.0000000000"}};
    SQL_NUMERIC_STRUCT num = {
        .precision = 10, .scale = 2, .sign = 1, .val = {0xFF, 0xC9, 0x9A, 0x3B}};
    int64_t ts = 1709164800000;
    SQLLEN nts = SQL_NTS;

    at_exec(q, "create database if not exists pdec");
    at_exec(q, "create table if not exists pdec.s (ts timestamp, a decimal(10,2), b "
               "decimal(38,10)) tags(g int)");
    at_sok(SQLPrepare(ins, (SQLCHAR *)"insert into pdec.c using pdec.s tags(1) values(?,?,?)",
                      SQL_NTS),
           ins);
    for (int i = 0; i < 3; i++, ts++) {
        at_sok(SQLBindParameter(ins, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &ts, 0,
                                NULL),
               ins);
        at_sok(SQLBindParameter(ins, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DECIMAL, 10, 2,
                                (void *)(uintptr_t)want[i][0], 40, &nts),
               ins);
        at_sok(SQLBindParameter(ins, 3, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DECIMAL, 38, 10,
                                (void *)(uintptr_t)want[i][1], 60, &nts),
               ins);
        at_rc(SQLExecute(ins), SQL_SUCCESS, SQL_HANDLE_STMT, ins, NULL);
    }
    at_sok(SQLBindParameter(ins, 2, SQL_PARAM_INPUT, SQL_C_NUMERIC, SQL_NUMERIC, 10, 2, &num,
                            sizeof num, NULL),
           ins);
    at_sok(SQLExecute(ins), ins);
    SQLCHAR big[] = "100000000.00";
    ts++;
    at_sok(SQLBindParameter(ins, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DECIMAL, 10, 2, big,
                            sizeof big, &nts),
           ins);
    at_srv_fails(SQLExecute(ins), ins, "22003");
    SQLCHAR fine[] = "0.001";
    at_sok(SQLBindParameter(ins, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DECIMAL, 10, 2, fine,
                            sizeof fine, &nts),
           ins);
    at_srv_fails(SQLExecute(ins), ins, "22001");
    at_exec(q, "select a, b from pdec.s order by ts");
    for (int i = 0; i < 3; i++) {
        at_sok(SQLFetch(q), q);
        assert_string_equal(at_text(q, 1), want[i][0]);
        assert_string_equal(at_text(q, 2), want[i][1]);
    }
    at_sok(SQLFetch(q), q);
    assert_string_equal(at_text(q, 1), "9999999.99");
    assert_int_equal(SQLFetch(q), SQL_NO_DATA);
    at_free(ins);
    at_free(q);
    at_disconnect(d);
}

/* Scaled integers below 3.4, text from 3.4 on: the wrong one would store garbage without a word
 * (protocol.md 11). */
static void decimals(void **state)
{
    (void)state;
    static const char *const v34[] = {"--version-string", "3.4.0.0", NULL};
    static const char *const newest[] = {"--version-string", "3.4.1.13", NULL};
    struct at_server srv;

    decimals_on(NULL);
    at_server_start(&srv, v34);
    decimals_on(&srv);
    at_server_stop(&srv);
    at_server_start(&srv, newest); // bind and exec in one message
    decimals_on(&srv);
    at_server_stop(&srv);
}

/* The combined message is tried once where the version allows it, and never again where the adapter
 * lacks it. */
static void bind_exec_falls_back(void **state)
{
    (void)state;
    static const char *const newest[] = {"--version-string", "3.4.1.13", NULL};
    struct at_server srv;
    int64_t ts[3] = {1709164800000, 1709164800001, 1709164800002};
    char name[3][10] = {"be.a", "be.b", "be.a"};

    at_server_start(&srv, newest);
    SQLHDBC d = at_connect_to(&srv, "Timezone=UTC;");
    SQLHSTMT s = at_stmt(d), q = at_stmt(d);
    at_exec(q, "create database be");
    at_exec(q, "create table be.s (ts timestamp, v int) tags(g int)");
    at_sok(SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)3, 0), s);
    at_sok(SQLPrepare(s, (SQLCHAR *)"insert into ? using be.s tags(1) values(?, 5)", SQL_NTS), s);
    at_sok(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, name, 10, NULL),
           s);
    at_sok(SQLBindParameter(s, 2, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, ts, 0, NULL),
           s);
    at_exec(q, "tdlite stats clear");
    at_sok(SQLExecute(s), s);
    at_sok(SQLExecute(s), s);
    assert_string_equal(at_scalar(q, "select count(*) from be.s"), "3");
    at_exec(q, "tdlite stats");
    long combined = 0, binds = 0;
    while (SQLFetch(q) == SQL_SUCCESS) {
        const char *what = at_text(q, 1);
        if (strcmp(what, "action.stmt2_bind_exec") == 0) combined = atol(at_text(q, 2));
        if (strcmp(what, "action.stmt2_bind") == 0) binds = atol(at_text(q, 2));
    }
    assert_int_equal(combined, 2);
    assert_int_equal(binds, 0);
    at_free(s);
    at_free(q);
    at_disconnect(d);
    at_server_stop(&srv);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pieces),      TEST(later_in_arrays), TEST(refused_pieces),
        TEST(cancelled),   TEST(executed_again),  TEST(pairs),
        TEST(cut_numbers), TEST(decimals),        TEST(bind_exec_falls_back),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/*
 * Connection string keys that change what an application sees (docs/dsn.md), each on and off.
 */
#include "apitest.h"

#define LEN(a)  (sizeof(a) / sizeof *(a))
#define S(text) (SQLCHAR *)(text), SQL_NTS

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "create database opt precision 'us'");
    at_exec(stmt, "create stable opt.m (ts timestamp, v varchar(20), n nchar(20), b varbinary(20), "
                  "u bigint unsigned) tags (g int)");
    at_exec(stmt, "create table opt.m1 using opt.m tags (1)");
    at_exec(stmt, "create table opt.plain (ts timestamp, i int)");
    at_exec(stmt, "insert into opt.m1 values ('2024-02-29 13:14:15.123456', 'abcdefgh\xc3\xb1z', "
                  "'abcd\xe2\x82\xacxyz', "
                  "'\\x0102030405', 18446744073709551615)");
    at_free(stmt);
    at_disconnect(dbc);
    return 0;
}

struct column {
    SQLSMALLINT type, digits;
    SQLULEN size;
};

static struct column column_of(SQLHSTMT stmt, SQLUSMALLINT col)
{
    struct column c;
    SQLCHAR name[64];

    at_sok(SQLDescribeCol(stmt, col, name, sizeof name, NULL, &c.type, &c.size, &c.digits, NULL),
           stmt);
    return c;
}

/* The first row of SQLColumns for one column. */
static struct column catalog_column(SQLHSTMT stmt, const char *name)
{
    struct column c = {0};

    at_sok(SQLColumns(stmt, S("opt"), NULL, 0, S("m"), S(name)), stmt);
    at_sok(SQLFetch(stmt), stmt);
    c.type = (SQLSMALLINT)atoi(at_text(stmt, 5));
    c.size = (SQLULEN)atol(at_text(stmt, 7));
    at_sok(SQLCloseCursor(stmt), stmt);
    return c;
}

static void check_column(struct column c, SQLSMALLINT type, SQLULEN size)
{
    assert_int_equal(c.type, type);
    assert_int_equal(c.size, size);
}

static void timestamp_as_text(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        SQLHDBC dbc = at_connect(on ? "TimestampAsText=1;Timezone=UTC;" : "Timezone=UTC;");
        SQLHSTMT stmt = at_stmt(dbc);
        SQLWCHAR w[40] = {0};
        SQLLEN ind, type;
        at_exec(stmt, "select ts from opt.m");
        check_column(column_of(stmt, 1), on ? SQL_WVARCHAR : SQL_TYPE_TIMESTAMP, 26);
        at_sok(SQLColAttribute(stmt, 1, SQL_DESC_TYPE, NULL, 0, NULL, &type), stmt);
        assert_int_equal(type, on ? SQL_WVARCHAR : SQL_DATETIME);
        at_sok(SQLFetch(stmt), stmt);
        assert_string_equal(at_text(stmt, 1), "2024-02-29 13:14:15.123456");
        if (on) {
            at_sok(SQLGetData(stmt, 1, SQL_C_DEFAULT, w, sizeof w, &ind), stmt);
            assert_int_equal(ind, 26 * (SQLLEN)sizeof *w);
            assert_int_equal(w[25], '6');
        } else {
            SQL_TIMESTAMP_STRUCT t;
            at_sok(SQLGetData(stmt, 1, SQL_C_DEFAULT, &t, sizeof t, &ind), stmt);
            assert_int_equal(ind, sizeof t);
            assert_int_equal(t.fraction, 123456000);
        }
        at_sok(SQLCloseCursor(stmt), stmt);
        check_column(catalog_column(stmt, "ts"), on ? SQL_WVARCHAR : SQL_TYPE_TIMESTAMP, 26);
        at_free(stmt);
        at_disconnect(dbc);
    }
}

static void unsigned_bigint_as_numeric(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        SQLHDBC dbc = at_connect(on ? "UnsignedBigintAsNumeric=1;" : "");
        SQLHSTMT stmt = at_stmt(dbc);
        SQLLEN ind;
        at_exec(stmt, "select u from opt.m");
        struct column c = column_of(stmt, 1);
        check_column(c, on ? SQL_NUMERIC : SQL_BIGINT, 20);
        assert_int_equal(c.digits, 0);
        at_sok(SQLFetch(stmt), stmt);
        if (on) { /* the default C type of NUMERIC is text */
            char text[30];
            at_sok(SQLGetData(stmt, 1, SQL_C_DEFAULT, text, sizeof text, &ind), stmt);
            assert_string_equal(text, "18446744073709551615");
        } else {
            SQLUBIGINT u = 0;
            at_sok(SQLGetData(stmt, 1, SQL_C_DEFAULT, &u, 0, &ind), stmt);
            assert_true(u == UINT64_MAX);
            assert_string_equal(at_text(stmt, 1), "18446744073709551615");
        }
        SQLBIGINT signed_value;
        at_srv_fails(SQLGetData(stmt, 1, SQL_C_SBIGINT, &signed_value, 0, &ind), stmt, "22003");
        at_sok(SQLCloseCursor(stmt), stmt);
        check_column(catalog_column(stmt, "u"), on ? SQL_NUMERIC : SQL_BIGINT, 20);
        at_free(stmt);
        at_disconnect(dbc);
    }
}

/* A result column without a length of its own: an empty literal has 0. */
static void string_column_length(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        SQLULEN empty;
    } cases[] = {{"", 1},
                 {"StringColumnLength=4000;", 4000},
                 {"StringColumnLength=4000;MaxColumnSize=100;", 100}};

    for (size_t i = 0; i < LEN(cases); i++) {
        SQLHDBC dbc = at_connect(cases[i].key);
        SQLHSTMT stmt = at_stmt(dbc);
        at_exec(stmt, "select '', v from opt.m");
        check_column(column_of(stmt, 1), SQL_VARCHAR, cases[i].empty);
        check_column(column_of(stmt, 2), SQL_VARCHAR, 20); /* a known length stays */
        at_free(stmt);
        at_disconnect(dbc);
    }
}

/* Data longer than the reported size is cut at a whole character, with 01004; a bound column's
   indicator has the full length. */
static void max_column_size(void **state)
{
    (void)state;
    static const struct {
        SQLUSMALLINT col;
        SQLSMALLINT ctype;
        const char *want; /* the first bytes */
        size_t n;
    } cases[] = {
        {1, SQL_C_CHAR, "abcdefgh", 8},             /* 9 bytes would split the n with tilde */
        {2, SQL_C_CHAR, "abcd\xe2\x82\xacxyz", 10}, /* NCHAR counts characters: 8 of 9 would stay */
        {3, SQL_C_BINARY, "\1\2\3\4\5", 5},
    };
    SQLHDBC dbc = at_connect("MaxColumnSize=9;");
    SQLHSTMT stmt = at_stmt(dbc);
    char buf[64];
    SQLLEN ind;

    at_exec(stmt, "select v, n, b from opt.m");
    for (SQLUSMALLINT c = 1; c <= 3; c++)
        assert_int_equal(column_of(stmt, c).size, 9);
    at_sok(SQLFetch(stmt), stmt);
    for (size_t i = 0; i < LEN(cases); i++) {
        SQLRETURN rc = SQLGetData(stmt, cases[i].col, cases[i].ctype, buf, sizeof buf, &ind);
        if (i == 0) {
            at_rc(rc, SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, "01004");
            assert_int_equal(ind, 8); /* SQLGetData's indicator is what its pieces give */
        } else {
            assert_int_equal(rc, SQL_SUCCESS);
            assert_int_equal(ind, cases[i].n);
        }
        assert_memory_equal(buf, cases[i].want, cases[i].n);
    }
    at_sok(SQLCloseCursor(stmt), stmt);

    at_sok(SQLBindCol(stmt, 1, SQL_C_CHAR, buf, sizeof buf, &ind), stmt);
    at_exec(stmt, "select v from opt.m");
    memset(buf, 'x', sizeof buf);
    at_rc(SQLFetch(stmt), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, "01004");
    assert_string_equal(buf, "abcdefgh");
    assert_int_equal(ind, 11);
    at_free(stmt);
    at_disconnect(dbc);

    dbc = at_connect("MaxColumnSize=4;");
    stmt = at_stmt(dbc);
    at_exec(stmt, "select n, b from opt.m");
    at_sok(SQLFetch(stmt), stmt);
    at_rc(SQLGetData(stmt, 1, SQL_C_CHAR, buf, sizeof buf, &ind), SQL_SUCCESS_WITH_INFO,
          SQL_HANDLE_STMT, stmt, "01004");
    assert_string_equal(buf, "abcd");
    at_rc(SQLGetData(stmt, 2, SQL_C_BINARY, buf, sizeof buf, &ind), SQL_SUCCESS_WITH_INFO,
          SQL_HANDLE_STMT, stmt, "01004");
    assert_memory_equal(buf, "\1\2\3\4", 4);
    assert_int_equal(ind, 4);
    at_free(stmt);
    at_disconnect(dbc);
}

/* Names that SQLTables(…, type) lists in `opt`, joined. */
static const char *listed(SQLHSTMT stmt, const char *name, const char *type)
{
    static char all[400];

    all[0] = 0;
    at_sok(SQLTables(stmt, S("opt"), NULL, 0, S(name), S(type)), stmt);
    while (SQL_SUCCEEDED(SQLFetch(stmt)))
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s(%s) ", at_text(stmt, 3),
                 at_text(stmt, 4));
    at_sok(SQLCloseCursor(stmt), stmt);
    return all;
}

static void child_tables(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        SQLHDBC dbc = at_connect(on ? "ChildTables=1;" : "");
        SQLHSTMT stmt = at_stmt(dbc);
        assert_string_equal(listed(stmt, "%", "TABLE"),
                            on ? "m(TABLE) m1(TABLE) plain(TABLE) " : "m(TABLE) plain(TABLE) ");
        assert_string_equal(listed(stmt, "m1", "TABLE"), "m1(TABLE) ");
        if (!on) assert_string_equal(listed(stmt, "%", "CHILD TABLE"), "m1(CHILD TABLE) ");
        at_free(stmt);
        at_disconnect(dbc);
    }
}

/* TDengine's BI mode adds the pseudo column tbname to `select *` and DESCRIBE of super tables
   (golden/conn/bi_mode). */
static void bi_mode(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int cols, super_rows;
    } cases[] = {{"", 6, 6}, {"BIMode=1;", 7, 7}, {"CONN_MODE=1;", 7, 7}, {"BIMode=0;", 6, 6}};

    for (size_t i = 0; i < LEN(cases); i++) {
        SQLHDBC dbc = at_connect(cases[i].key);
        SQLHSTMT stmt = at_stmt(dbc);
        SQLSMALLINT n;
        SQLCHAR name[64] = "";
        at_exec(stmt, "select * from opt.m");
        at_sok(SQLNumResultCols(stmt, &n), stmt);
        assert_int_equal(n, cases[i].cols);
        if (cases[i].cols == 7) {
            at_sok(SQLDescribeCol(stmt, 7, name, sizeof name, NULL, NULL, NULL, NULL, NULL), stmt);
            assert_string_equal((char *)name, "tbname");
            at_sok(SQLFetch(stmt), stmt);
            assert_string_equal(at_text(stmt, 7), "m1");
        }
        at_sok(SQLCloseCursor(stmt), stmt);
        at_exec(stmt, "select * from opt.plain"); /* no super table: nothing is added */
        at_sok(SQLNumResultCols(stmt, &n), stmt);
        assert_int_equal(n, 2);
        at_sok(SQLCloseCursor(stmt), stmt);
        int rows = 0;
        at_sok(SQLColumns(stmt, S("opt"), NULL, 0, S("m"), S("%")), stmt);
        while (SQL_SUCCEEDED(SQLFetch(stmt)))
            rows++;
        assert_int_equal(rows, cases[i].super_rows);
        at_free(stmt);
        at_disconnect(dbc);
    }
}

static void quoted_identifiers(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        SQLHDBC dbc = at_connect(on ? "QuotedIdentifiers=1;Database=opt;" : "Database=opt;");
        SQLHSTMT stmt = at_stmt(dbc);
        SQLCHAR out[100];
        if (on)
            assert_string_equal(at_scalar(stmt, "select \"v\" from \"m\" where \"g\" = 1"),
                                "abcdefgh\xc3\xb1z");
        else
            assert_string_equal(at_scalar(stmt, "select \"v\" from m"), "v");
        at_ok(SQLNativeSql(dbc, S("select \"a\"\"b\", 'c\"d', `e\"f` from \"t`u\" -- \"x\""), out,
                           sizeof out, NULL),
              SQL_HANDLE_DBC, dbc);
        assert_string_equal((char *)out,
                            on ? "select `a\"b`, 'c\"d', `e\"f` from `t``u` -- \"x\""
                               : "select \"a\"\"b\", 'c\"d', `e\"f` from \"t`u\" -- \"x\"");
        at_free(stmt);
        at_disconnect(dbc);
    }
}

/* SQL_ATTR_NOSCAN: braces are the server's. */
static void noscan(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);

    assert_string_equal(at_scalar(stmt, "select {fn ucase('a')}"), "A");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_ON, 0), stmt);
    at_srv_fails(SQLExecDirect(stmt, S("select {fn ucase('a')}")), stmt, "42000");
    assert_string_equal(at_scalar(stmt, "select '{fn x'"), "{fn x");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_OFF, 0), stmt);
    assert_string_equal(at_scalar(stmt, "select {fn ucase('a')}"), "A");
    assert_string_equal(at_scalar(stmt, "select '{fn x'"), "{fn x"); /* a string is no escape */
    at_free(stmt);
    at_disconnect(dbc);
}

/* DBeaver's bridge sets a row limit on every statement (TDengine #25693). */
static void max_rows(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    static const struct {
        SQLULEN limit, type, rows;
    } cases[] = {{0, SQL_CURSOR_FORWARD_ONLY, 300},   {200, SQL_CURSOR_FORWARD_ONLY, 200},
                 {301, SQL_CURSOR_FORWARD_ONLY, 300}, {1, SQL_CURSOR_STATIC, 1},
                 {200, SQL_CURSOR_STATIC, 200},       {0, SQL_CURSOR_STATIC, 300}};

    for (size_t i = 0; i < LEN(cases); i++) {
        SQLULEN rows = 0, v;
        at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)cases[i].type, 0), stmt);
        at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, (SQLPOINTER)cases[i].limit, 0), stmt);
        at_sok(SQLGetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, &v, 0, NULL), stmt);
        assert_int_equal(v, cases[i].limit);
        at_exec(stmt, "select * from gen.numeric where rows=300 and block=100");
        while (SQL_SUCCEEDED(SQLFetch(stmt)))
            rows++;
        assert_int_equal(rows, cases[i].rows);
        at_free(stmt); /* the cursor type belongs to a new statement */
        stmt = at_stmt(dbc);
    }
    at_free(stmt);
    at_disconnect(dbc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamp_as_text),
        cmocka_unit_test(unsigned_bigint_as_numeric),
        cmocka_unit_test(string_column_length),
        cmocka_unit_test(max_column_size),
        cmocka_unit_test(child_tables),
        cmocka_unit_test(bi_mode),
        cmocka_unit_test(quoted_identifiers),
        cmocka_unit_test(noscan),
        cmocka_unit_test(max_rows),
    };

    return cmocka_run_group_tests(tests, setup, at_teardown);
}

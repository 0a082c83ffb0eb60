/*
 * SQLConnect, SQLDriverConnect, SQLBrowseConnect: the completed string, quoting, odbc.ini, warnings, states.
 */
#include "apitest.h"

#include <sys/stat.h>
#include <unistd.h>

static SQLHDBC new_dbc(void)
{
    SQLHDBC dbc;

    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
    return dbc;
}

static void drop_dbc(SQLHDBC dbc)
{
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static void completed_string(void **state)
{
    (void)state;
    SQLHDBC dbc = new_dbc();
    char in[256], out[512], again[512];
    SQLSMALLINT n;

    snprintf(in, sizeof in,
             "Driver={TDengine};server=127.0.0.1;PORT=%d;User=root;Password={taosdata}",
             at_srv.port);
    at_ok(SQLDriverConnect(dbc, NULL, (SQLCHAR *)in, SQL_NTS, (SQLCHAR *)out, sizeof out, &n,
                           SQL_DRIVER_COMPLETE),
          SQL_HANDLE_DBC, dbc);
    assert_int_equal(n, strlen(out));
    drop_dbc(dbc);
    /* the completed string connects, and completes to itself */
    dbc = new_dbc();
    at_ok(SQLDriverConnect(dbc, NULL, (SQLCHAR *)out, SQL_NTS, (SQLCHAR *)again, sizeof again, &n,
                           SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc);
    assert_string_equal(out, again);
    drop_dbc(dbc);
    /* too small a buffer: connected all the same, 01004, the whole length */
    dbc = new_dbc();
    SQLSMALLINT want = n;
    char small[12];
    memset(small, 'x', sizeof small);
    SQLRETURN rc = SQLDriverConnect(dbc, NULL, (SQLCHAR *)in, SQL_NTS, (SQLCHAR *)small, 10, &n,
                                    SQL_DRIVER_COMPLETE_REQUIRED);
    at_rc(rc, SQL_SUCCESS_WITH_INFO, SQL_HANDLE_DBC, dbc, "01004");
    assert_int_equal(n, want);
    assert_int_equal(small[9], 0);
    assert_int_equal(small[10], 'x');
    drop_dbc(dbc);
}

static void completed_string_w(void **state)
{
    (void)state;
    SQLHDBC dbc = new_dbc();
    SQLWCHAR in[256], out[512];
    char text[256];
    SQLSMALLINT n;
    int i;

    snprintf(text, sizeof text, "Driver={TDengine};Server=127.0.0.1;Port=%d;AppName=żółć",
             at_srv.port);
    for (i = 0; text[i] > 0; i++)
        in[i] = (SQLWCHAR)text[i];
    static const SQLWCHAR name[] = {0x17C, 0xF3, 0x142, 0x107, 0};
    memcpy(in + i, name, sizeof name);
    at_ok(SQLDriverConnectW(dbc, NULL, in, SQL_NTS, out, 512, &n, SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc);
    int len = 0, found = 0;
    while (out[len])
        len++;
    assert_int_equal(n, len); /* characters */
    for (i = 0; i + 4 <= len; i++)
        found += memcmp(out + i, name, 4 * sizeof *name) == 0;
    assert_int_equal(found, 1);
    drop_dbc(dbc);
}

/* A user whose password has every special character; SQLConnect takes it plain, the string quoted. */
static void hard_password(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    char in[512];

    SQLRETURN rc = SQLExecDirect(
        stmt, (SQLCHAR *)"create user hardy pass 'a;b}c{d=e%20''\"@/:?#& f\xC5\xBC'", SQL_NTS);
    at_sok(rc, stmt);
    at_free(stmt);
    at_disconnect(dbc);
    dbc = new_dbc();
    snprintf(in, sizeof in,
             "Driver={TDengine};Server=127.0.0.1;Port=%d;UID=hardy;PWD={a;b}}c{d=e%%20'\"@/:?#& "
             "f\xC5\xBC}",
             at_srv.port);
    at_ok(SQLDriverConnect(dbc, NULL, (SQLCHAR *)in, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc);
    drop_dbc(dbc);
}

static void dsn_from_odbc_ini(void **state)
{
    (void)state;
    char dir[] = "/tmp/td-connect-XXXXXX", path[64], name[64];
    SQLINTEGER len;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/odbc.ini", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "[Mine]\nDriver=TDengine\nHost=127.0.0.1\nPort=%d\nDB=information_schema\nTimezone="
            "Asia/Kathmandu\nUID=root\nPWD=wrong\n",
            at_srv.port);
    fclose(f);
    char *old = getenv("ODBCINI") ? strdup(getenv("ODBCINI")) : NULL;
    setenv("ODBCINI", path, 1);
    SQLHDBC dbc = new_dbc();
    /* the argument wins over odbc.ini's password; aliases count in odbc.ini too */
    at_ok(SQLConnect(dbc, (SQLCHAR *)"Mine", SQL_NTS, NULL, 0, (SQLCHAR *)"taosdata", SQL_NTS),
          SQL_HANDLE_DBC, dbc);
    at_ok(SQLGetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, name, sizeof name, &len), SQL_HANDLE_DBC,
          dbc);
    assert_string_equal(name, "information_schema");
    SQLHSTMT stmt = at_stmt(dbc);
    assert_string_equal(at_scalar(stmt, "select cast(0 as timestamp)"), "1970-01-01 05:30:00.000");
    at_free(stmt);
    drop_dbc(dbc);
    dbc = new_dbc();
    at_rc(SQLConnect(dbc, (SQLCHAR *)"Mine", SQL_NTS, NULL, 0, NULL, 0), SQL_ERROR, SQL_HANDLE_DBC,
          dbc, "28000");
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    if (old) setenv("ODBCINI", old, 1);
    free(old);
    unlink(path);
    rmdir(dir);
}

static void browse(void **state)
{
    (void)state;
    SQLHDBC dbc = new_dbc();
    char out[512], in[128];
    SQLSMALLINT n;

    SQLRETURN rc = SQLBrowseConnect(dbc, (SQLCHAR *)"Driver={TDengine}", SQL_NTS, (SQLCHAR *)out,
                                    sizeof out, &n);
    assert_int_equal(rc, SQL_NEED_DATA);
    assert_non_null(strstr(out, "Server:"));
    snprintf(in, sizeof in, "Server=127.0.0.1;Port=%d", at_srv.port);
    at_ok(SQLBrowseConnect(dbc, (SQLCHAR *)in, SQL_NTS, (SQLCHAR *)out, sizeof out, &n),
          SQL_HANDLE_DBC, dbc);
    assert_non_null(strstr(out, "Server=127.0.0.1"));
    drop_dbc(dbc);
}

static void wrong_strings(void **state)
{
    (void)state;
    static const char *const bad[] = {"Port=0",
                                      "Port=70000",
                                      "Port=x",
                                      "Compression=maybe",
                                      "SslMode=sometimes",
                                      "Url=ftp://localhost",
                                      "Url={ws://h:1:2}"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SQLHDBC dbc = new_dbc();
        char in[128];
        snprintf(in, sizeof in, "Driver={TDengine};%s", bad[i]);
        SQLRETURN rc =
            SQLDriverConnect(dbc, NULL, (SQLCHAR *)in, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
        assert_int_equal(rc, SQL_ERROR);
        assert_true(strlen(at_message(SQL_HANDLE_DBC, dbc, 1, NULL)) > 25);
        SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    }
}

static void states(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    SQLHSTMT stmt;

    at_rc(SQLDriverConnect(dbc, NULL, (SQLCHAR *)at_conn_string(&at_srv, ""), SQL_NTS, NULL, 0,
                           NULL, SQL_DRIVER_NOPROMPT),
          SQL_ERROR, SQL_HANDLE_DBC, dbc, "08002");
    at_rc(SQLFreeHandle(SQL_HANDLE_DBC, dbc), SQL_ERROR, SQL_HANDLE_DBC, dbc, "HY010");
    at_rc(SQLFreeHandle(SQL_HANDLE_ENV, at_env), SQL_ERROR, SQL_HANDLE_ENV, at_env, "HY010");
    at_disconnect(dbc);
    dbc = new_dbc();
    at_rc(SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt), SQL_ERROR, SQL_HANDLE_DBC, dbc, "08003");
    at_rc(SQLDisconnect(dbc), SQL_ERROR, SQL_HANDLE_DBC, dbc, "08003");
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    if (!TD_THROUGH_DM) assert_int_equal(SQLFetch(SQL_NULL_HSTMT), SQL_INVALID_HANDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completed_string), cmocka_unit_test(completed_string_w),
        cmocka_unit_test(hard_password),    cmocka_unit_test(dsn_from_odbc_ini),
        cmocka_unit_test(browse),           cmocka_unit_test(wrong_strings),
        cmocka_unit_test(states),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/*
 * The log: nothing unless asked, what each level adds, and no secret in it on any path, nor in a message: passwords, tokens
 * and one-time codes are given in every way there is, and everything written is searched for them.
 */
#include "apitest.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const secrets[] = {"Pa55Geheim",  "T0kenGeheim", "B3arerGeheim", "778899",
                                      "Pr0xyGeheim", "taosdata",    "N3uGeheim"};
static const char *const levels[] = {"error", "warn", "info", "debug", "wire"};

static char path[64];

static char *log_text(void)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

    if (f) fclose(f);
    text[n] = 0;
    return text;
}

static void no_secret(const char *where, const char *text)
{
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (strstr(text, secrets[i])) fail_msg("%s: %s in \"%s\"", where, secrets[i], text);
    }
}

static void check_diags(SQLSMALLINT type, SQLHANDLE h, const char *where)
{
    for (int i = 1; *at_message(type, h, i, NULL); i++)
        no_secret(where, at_message(type, h, i, NULL));
}

/* Statements that succeed and fail, with secrets in them. */
static void use(SQLHDBC dbc)
{
    static const char *const sql[] = {
        "select 1",
        "create user u1 pass 'N3uGeheim'",
        "select 'N3uGeheim' frum x",
        "alter user root pass 'N3uGeheim' 17",
        "select * from no_such_table",
    };
    SQLHSTMT stmt = at_stmt(dbc);

    for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
        SQLExecDirect(stmt, (SQLCHAR *)sql[i], SQL_NTS);
        SQLFreeStmt(stmt, SQL_CLOSE);
    }
    at_free(stmt);
}

/* %d: the port. The first connects, the others fail each in its way. */
static const char *const strings[] = {
    "Server=127.0.0.1;Port=%d",
    "Server=127.0.0.1;Port=%d;Transport=http",
    "Server=127.0.0.1;Port=%d;PWD=Pa55Geheim",
    "Server=127.0.0.1;Port=%d;PWD=Pa55Geheim;Transport=http",
    "Url={ws://root:Pa55Geheim@127.0.0.1:%d/db}",
    "Url={http://root:Pa55Geheim@127.0.0.1:%d/db}",
    "Url={ws://root:Pa55Geheim@127.0.0.1:%dx/db}",
    "Url={ftp://root:Pa55Geheim@127.0.0.1:%d}",
    "Url={ws://127.0.0.1:%d?token=T0kenGeheim&nonsense=Pa55Geheim&totpcode=778899}",
    "Url={http://127.0.0.1:%d?token=T0kenGeheim}",
    "Server=127.0.0.1;Port=%d;Token=T0kenGeheim;Transport=http",
    "Server=127.0.0.1;Port=%d;BearerToken=B3arerGeheim",
    "Server=127.0.0.1;Port=%d;BearerToken=B3arerGeheim;Transport=http",
    "Server=127.0.0.1;Port=%d;TotpCode=778899;PWD=Pa55Geheim",
    "Server=127.0.0.1;Port=%d;TotpCode=778899;PWD=Pa55Geheim;Transport=http",
    "Server=127.0.0.1;Port=%d;PWD=Pa55Geheim;Transport=wss;ConnRetries=0",
    "Server=127.0.0.1;Port=%d;PWD=Pa55Geheim;Proxy={http://"
    "u:Pr0xyGeheim@127.0.0.1:1};ConnRetries=0",
    "Server=127.0.0.1:1;Port=%d;PWD=Pa55Geheim;Token=T0kenGeheim;ConnRetries=1;RetryBackoffMs="
    "1",
    "Server=no-such.invalid;Port=%d;PWD=Pa55Geheim;Token=T0kenGeheim",
    "Server=127.0.0.1;Port=%d;PWD={Pa55Geheim;UID=root",
    "Server=127.0.0.1;Port=%d;PWD=Pa55Geheim;Timezone=Mars/Base",
    "Server=127.0.0.1;Port=%d;PWD=Pa55Geheim;LoginTimeout=soon",
};

static void every_level_and_path(void **state)
{
    (void)state;
    int connected = 0;

    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
        unlink(path);
        for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
            char text[1024], whole[1400];
            SQLCHAR out[1024] = "";
            SQLHDBC dbc;
            snprintf(text, sizeof text,
                     "Driver={TDengine};LogFile=%s;LogLevel=%s;LogSql=%d;LoginTimeout=5;", path,
                     levels[l], (int)(i % 2));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(whole, sizeof whole, strings[i], at_srv.port);
#pragma GCC diagnostic pop
            strncat(text, whole, sizeof text - strlen(text) - 1);
            at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
            SQLRETURN rc = SQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, out, sizeof out,
                                            NULL, SQL_DRIVER_NOPROMPT);
            check_diags(SQL_HANDLE_DBC, dbc, text);
            if (SQL_SUCCEEDED(rc)) {
                /* the string has what was given, and nothing secret that was not: no default password */
                if (i < 2) no_secret(text, (char *)out);
                use(dbc);
                at_ok(SQLDisconnect(dbc), SQL_HANDLE_DBC, dbc);
                connected++;
            }
            SQLFreeHandle(SQL_HANDLE_DBC, dbc);
        }
        if (l == 3) assert_non_null(strstr(log_text(), "select 1")); /* LogSql, at debug */
        if (l >= 2) assert_non_null(strstr(log_text(), "connected to 127.0.0.1"));
        /* LogSql=1 shows statements, but of users never */
        char *all = log_text();
        for (char *c; (c = strstr(all, "select 'N3uGeheim' frum x")) != NULL;)
            memset(c, '_', 25);
        no_secret(levels[l], all);
    }
    assert_true(connected >= 10);
    unlink(path);
}

/* Without LogSql no piece of a statement is there, whatever the server answers. */
static void no_data_unless_asked(void **state)
{
    (void)state;
    char keys[200];

    snprintf(keys, sizeof keys, "LogFile=%s;LogLevel=wire;", path);
    SQLHDBC dbc = at_connect(keys);
    use(dbc);
    SQLHSTMT stmt = at_stmt(dbc);
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select 1 from ) my_data", SQL_NTS), stmt, "42000");
    assert_non_null(
        strstr(at_message(SQL_HANDLE_STMT, stmt, 1, NULL), "my_data")); /* the server quotes it */
    at_free(stmt);
    at_disconnect(dbc);
    assert_null(strstr(log_text(), "my_data"));
    no_secret("wire without LogSql", log_text());
    assert_null(strstr(log_text(), "no_such_table"));
    assert_non_null(strstr(log_text(), "bytes of SQL"));
    unlink(path);
}

static void file_and_level(void **state)
{
    (void)state;
    struct stat st;
    char keys[200];
    SQLHDBC dbc;

    unlink(path);
    snprintf(keys, sizeof keys, "LogFile=%s;", path);
    dbc = at_connect(keys); /* a file without a level */
    use(dbc);
    at_disconnect(dbc);
    assert_int_not_equal(stat(path, &st), 0);
    snprintf(keys, sizeof keys, "LogFile=%s;LogLevel=info;", path);
    dbc = at_connect(keys);
    use(dbc);
    at_disconnect(dbc);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_null(strstr(log_text(), "SQLExecDirect"));
    unlink(path);
    /* a file that cannot be written is an error at connect, not silence */
    at_ok(SQLAllocHandle(SQL_HANDLE_DBC, at_env, &dbc), SQL_HANDLE_ENV, at_env);
    at_rc(SQLDriverConnect(
              dbc, NULL,
              (SQLCHAR *)at_conn_string(&at_srv, "LogFile=/nonexistent/x.log;LogLevel=info"),
              SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT),
          SQL_ERROR, SQL_HANDLE_DBC, dbc, "HY024");
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_and_path),
        cmocka_unit_test(no_data_unless_asked),
        cmocka_unit_test(file_and_level),
    };

    if (!at_is_tdlite()) return 0;
    snprintf(path, sizeof path, "/tmp/tdodbc-log-%d.log", (int)getpid());
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/* td_schemaless against tdlite: the lines of golden/schemaless, arrays of parameters, the server's
   messages, WebSocket and REST. */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int setup(void **state)
{
    static const char *const args[] = {"--opentsdb", NULL};

    (void)state;
    if (at_setup_args(args) != 0) return -1;
    dbc = at_connect("");
    stmt = at_stmt(dbc);
    at_exec(stmt, "drop database if exists sml_it");
    at_exec(stmt, "create database sml_it precision 'ns'");
    at_exec(stmt, "use sml_it");
    return 0;
}

static int teardown(void **state)
{
    at_exec(stmt, "drop database sml_it");
    at_free(stmt);
    at_disconnect(dbc);
    return at_teardown(state);
}

static SQLLEN rows_of(const char *sql)
{
    SQLLEN n = -2;

    at_exec(stmt, sql);
    at_sok(SQLRowCount(stmt, &n), stmt);
    return n;
}

static void protocols(void **state)
{
    (void)state;
    assert_int_equal(rows_of("{call td_schemaless('line', 'ns', 'sml_line,host=h1,site=Zürich "
                             "usage=1.5,n=3i,ok=true,s=\"str\",w=L\"日本\" 1626006833639000000\\n"
                             "sml_line,host=h2 usage=2.5 1626006833640000000')}"),
                     2);
    assert_string_equal(at_scalar(stmt, "select usage from sml_line where host='h2'"), "2.5");
    assert_string_equal(at_scalar(stmt, "select w from sml_line where host='h1'"), "日本");
    assert_int_equal(rows_of("CALL td_schemaless(telnet, ms, 'sml_tel 1626006833639 1.5 host=h1 "
                             "site=a\\nsml_tel 1626006833640 2.5 host=h2 site=b')"),
                     2);
    assert_int_equal(rows_of("{call td_schemaless(3, 'ms', "
                             "'[{\"metric\":\"sml_json\",\"timestamp\":1626006833639,\"value\":1.5,"
                             "\"tags\":{\"host\":\"h1\",\"n\":5}}]', 0, NULL, DEFAULT)}"),
                     1);
    assert_string_equal(at_scalar(stmt, "select count(*) from sml_json"), "1");
}

/* Each precision, short and long, puts the row at the same time. */
static void precisions(void **state)
{
    static const struct {
        const char *name, *time, *want;
    } t[] = {{"h", "451668", "1626004800000000000"},
             {"hour", "451668", "1626004800000000000"},
             {"minute", "27100113", "1626006780000000000"},
             {"s", "1626006833", "1626006833000000000"},
             {"SECOND", "1626006833", "1626006833000000000"},
             {"ms", "1626006833639", "1626006833639000000"},
             {"us", "1626006833639001", "1626006833639001000"},
             {"microsecond", "1626006833639001", "1626006833639001000"},
             {"nanosecond", "1626006833639000001", "1626006833639000001"}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        at_execf(stmt, "{call td_schemaless('line', '%s', 'sml_p%zu,host=h v=1 %s')}", t[i].name, i,
                 t[i].time);
        char sql[100];
        snprintf(sql, sizeof sql, "select cast(_ts as bigint) from sml_p%zu", i);
        assert_string_equal(at_scalar(stmt, sql), t[i].want);
    }
}

static void table_name_and_request(void **state)
{
    SQLBIGINT ret = 0;
    SQLLEN ind;

    (void)state;
    at_sok(
        SQLBindParameter(stmt, 1, SQL_PARAM_OUTPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &ret, 0, &ind),
        stmt);
    at_exec(stmt, "{?=call td_schemaless('line','ns','sml_tn,host=mytable usage=1.5 "
                  "1626006833639000000', 7, 4242, 'host')}");
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    assert_int_equal(ret, 1);
    assert_string_equal(at_scalar(stmt, "select tbname from sml_tn"), "mytable");
    at_exec(
        stmt,
        "{call td_schemaless('line','ns','sml_tn,host=b usage=1.5 1626006833639000000', 0, 4243)}");
    assert_string_equal(at_scalar(stmt, "{call td_last_request()}"), "4243");
}

/* An array of lines is one request: one row count, all rows; ignored sets are left out. */
static void arrays(void **state)
{
    SQLCHAR lines[4][60] = {"sml_arr,h=a v=1 1626006833639000001",
                            "sml_arr,h=a v=2 1626006833639000002", "never sent",
                            "sml_arr,h=a v=4 1626006833639000004"};
    SQLLEN len[4] = {SQL_NTS, SQL_NTS, SQL_NTS, SQL_NTS}, n = 0;
    SQLUSMALLINT op[4] = {SQL_PARAM_PROCEED, SQL_PARAM_PROCEED, SQL_PARAM_IGNORE,
                          SQL_PARAM_PROCEED};
    SQLUSMALLINT status[4] = {99, 99, 99, 99};
    SQLULEN done = 0;

    (void)state;
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)4, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_OPERATION_PTR, op, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done, 0), stmt);
    at_sok(
        SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 60, 0, lines, 60, len),
        stmt);
    at_exec(stmt, "{call td_schemaless('line', 'ns', ?)}");
    at_sok(SQLRowCount(stmt, &n), stmt);
    assert_int_equal(n, 3);
    assert_int_equal(done, 4);
    assert_int_equal(status[0], SQL_PARAM_SUCCESS);
    assert_int_equal(status[2], SQL_PARAM_UNUSED);
    assert_int_equal(status[3], SQL_PARAM_SUCCESS);
    /* a failing request fails for all of its sets */
    strcpy((char *)lines[1], "this is not line protocol");
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_schemaless('line', 'ns', ?)}", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, stmt, NULL);
    assert_int_equal(status[0], SQL_PARAM_ERROR);
    assert_int_equal(status[2], SQL_PARAM_UNUSED);
    /* the protocol is one for the request */
    at_sok(
        SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 60, 0, lines, 60, len),
        stmt);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_schemaless('line', ?, ?)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, "HYC00");
    /* a procedure without lists takes one set */
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_set_req_id(?)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, "HYC00");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_OPERATION_PTR, NULL, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, NULL, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, NULL, 0), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    assert_string_equal(at_scalar(stmt, "select count(*) from sml_arr"), "3");
}

static void json_arrays(void **state)
{
    SQLCHAR lines[2][120] = {
        "{\"metric\":\"sml_ja\",\"timestamp\":1626006833639,\"value\":1,\"tags\":{\"h\":\"a\"}}",
        "[{\"metric\":\"sml_ja\",\"timestamp\":1626006833640,\"value\":2,\"tags\":{\"h\":\"a\"}}]"};

    (void)state;
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)2, 0), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 120, 0, lines, 120,
                            NULL),
           stmt);
    at_exec(stmt, "{call td_schemaless('json', 'ms', ?)}");
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    assert_string_equal(at_scalar(stmt, "select count(*) from sml_ja"), "2");
}

/* The server's own message is passed on. */
static void server_errors(void **state)
{
    static const struct {
        const char *sql, *text;
    } t[] = {
        {"{call td_schemaless('line','ns','this is not line protocol')}", "[0x3002]"},
        {"{call td_schemaless('json','ms','{\"metric\":')}", "[0x0221]"},
        {"{call td_schemaless('line','ns','')}", "[0x3002]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(SQLExecDirect(stmt, (SQLCHAR *)t[i].sql, SQL_NTS), SQL_ERROR);
        const char *text = at_message(SQL_HANDLE_STMT, stmt, 1, NULL);
        if (!strstr(text, t[i].text)) fail_msg("%s: %s", t[i].sql, text);
    }
    SQLHDBC other = at_connect("");
    SQLHSTMT s = at_stmt(other);
    assert_int_equal(
        SQLExecDirect(s, (SQLCHAR *)"{call td_schemaless('line','ns','a,b=c d=1 1')}", SQL_NTS),
        SQL_ERROR);
    assert_non_null(strstr(at_message(SQL_HANDLE_STMT, s, 1, NULL), "[0x2616]"));
    at_free(s);
    at_disconnect(other);
}

static void read_only(void **state)
{
    SQLHDBC other = at_connect("Database=sml_it;ReadOnly=1;");
    SQLHSTMT s = at_stmt(other);

    (void)state;
    at_rc(SQLExecDirect(s, (SQLCHAR *)"{call td_schemaless('line','ns','a,b=c d=1 1')}", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, s, "25000");
    at_free(s);
    at_disconnect(other);
}

/* By the HTTP endpoints: the server does not count the rows there. */
static void over_rest(void **state)
{
    SQLHDBC other = at_connect("Transport=http;Database=sml_it;");
    SQLHSTMT s = at_stmt(other);
    SQLLEN n = 0;

    (void)state;
    at_exec(s, "{call td_schemaless('line','us','sml_rest,h=a v=1 1626006833639001', 0, 99)}");
    at_sok(SQLRowCount(s, &n), s);
    assert_int_equal(n, -1);
    assert_string_equal(at_scalar(stmt, "select cast(_ts as bigint) from sml_rest"),
                        "1626006833639001000");
    at_exec(s, "{call td_schemaless('telnet', NULL, 'sml_rt 1626006833639 1.5 host=h1')}");
    assert_string_equal(at_scalar(stmt, "select count(*) from sml_rt"), "1");
    at_rc(SQLExecDirect(s, (SQLCHAR *)"{call td_schemaless('telnet','ms','x 1 1 h=a')}", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, s, "HYC00");
    assert_int_equal(
        SQLExecDirect(s, (SQLCHAR *)"{call td_schemaless('line','ns','not a line')}", SQL_NTS),
        SQL_ERROR);
    assert_non_null(strstr(at_message(SQL_HANDLE_STMT, s, 1, NULL), "[0x3002]"));
    at_free(s);
    at_disconnect(other);
}

/* A server may have OpenTSDB's endpoints switched off. */
static void rest_without_opentsdb(void **state)
{
    struct at_server plain;

    (void)state;
    if (!at_is_tdlite()) skip();
    at_server_start(&plain, NULL);
    SQLHDBC other = at_connect_to(&plain, "Transport=http;");
    SQLHSTMT s = at_stmt(other);
    at_exec(s, "create database sml_off");
    at_exec(s, "use sml_off");
    at_rc(SQLExecDirect(s, (SQLCHAR *)"{call td_schemaless('telnet', null, 'x 1 1 h=a')}", SQL_NTS),
          SQL_ERROR, SQL_HANDLE_STMT, s, "HYC00");
    assert_non_null(strstr(at_message(SQL_HANDLE_STMT, s, 1, NULL), "404"));
    at_free(s);
    at_disconnect(other);
    at_server_stop(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols),
        cmocka_unit_test(precisions),
        cmocka_unit_test(table_name_and_request),
        cmocka_unit_test(arrays),
        cmocka_unit_test(json_arrays),
        cmocka_unit_test(server_errors),
        cmocka_unit_test(read_only),
        cmocka_unit_test(over_rest),
        cmocka_unit_test(rest_without_opentsdb),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

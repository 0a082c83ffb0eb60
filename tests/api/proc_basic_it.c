/* Procedures without a server's part: their list, the reading of calls, request ids, errors. */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int setup(void **state)
{
    if (at_setup(state) != 0) return -1;
    dbc = at_connect("");
    stmt = at_stmt(dbc);
    return 0;
}

static int teardown(void **state)
{
    at_free(stmt);
    at_disconnect(dbc);
    return at_teardown(state);
}

static void listed(void **state)
{
    static const char *const want[] = {
        "td_last_request", "td_schemaless",     "td_set_req_id",        "td_tmq_assignment",
        "td_tmq_close",    "td_tmq_commit",     "td_tmq_commit_offset", "td_tmq_committed",
        "td_tmq_poll",     "td_tmq_position",   "td_tmq_seek",          "td_tmq_subscribe",
        "td_tmq_topics",   "td_tmq_unsubscribe"};
    SQLCHAR yes[4];
    size_t n = 0;

    (void)state;
    at_ok(SQLGetInfo(dbc, SQL_PROCEDURES, yes, sizeof yes, NULL), SQL_HANDLE_DBC, dbc);
    assert_string_equal((char *)yes, "Y");
    at_sok(SQLProcedures(stmt, NULL, 0, NULL, 0, NULL, 0), stmt);
    while (SQLFetch(stmt) == SQL_SUCCESS) {
        assert_true(n < sizeof want / sizeof *want);
        assert_null(at_text(stmt, 1));
        assert_string_equal(at_text(stmt, 3), want[n++]);
    }
    assert_int_equal(n, sizeof want / sizeof *want);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(SQLProcedures(stmt, (SQLCHAR *)"nosuch", SQL_NTS, NULL, 0, NULL, 0), stmt);
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
}

static void columns_listed(void **state)
{
    /* name, COLUMN_TYPE, DATA_TYPE, COLUMN_DEF, ORDINAL_POSITION, IS_NULLABLE */
    static const struct {
        const char *name;
        int kind, type;
        const char *def;
        int ordinal;
        const char *nullable;
    } want[] = {{"", SQL_RETURN_VALUE, SQL_BIGINT, NULL, 0, "NO"},
                {"topic", SQL_PARAM_INPUT, SQL_VARCHAR, NULL, 1, "NO"},
                {"vgroup", SQL_PARAM_INPUT, SQL_BIGINT, "NULL", 2, "YES"},
                {"tmq_topic", SQL_RESULT_COL, SQL_VARCHAR, NULL, 1, "YES"},
                {"tmq_vgroup", SQL_RESULT_COL, SQL_INTEGER, NULL, 2, "YES"},
                {"tmq_offset", SQL_RESULT_COL, SQL_BIGINT, NULL, 3, "YES"}};

    (void)state;
    at_sok(SQLProcedureColumns(stmt, NULL, 0, NULL, 0, (SQLCHAR *)"td\\_tmq\\_committed", SQL_NTS,
                               NULL, 0),
           stmt);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        at_sok(SQLFetch(stmt), stmt);
        assert_string_equal(at_text(stmt, 3), "td_tmq_committed");
        assert_string_equal(at_text(stmt, 4), want[i].name);
        assert_int_equal(atoi(at_text(stmt, 5)), want[i].kind);
        assert_int_equal(atoi(at_text(stmt, 6)), want[i].type);
        if (want[i].def)
            assert_string_equal(at_text(stmt, 14), want[i].def);
        else
            assert_null(at_text(stmt, 14));
        assert_int_equal(atoi(at_text(stmt, 18)), want[i].ordinal);
        assert_string_equal(at_text(stmt, 19), want[i].nullable);
    }
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
}

/* What is wrong with a call is said with the signature; nothing of these reaches the server. */
static void refused(void **state)
{
    static const struct {
        const char *sql, *sqlstate, *text;
    } calls[] = {
        {"{call td_nosuch()}", "HYC00", "SQLProcedures"},
        {"{call td_schemaless()}", "07001", "td_schemaless(protocol, precision, lines, [ttl]"},
        {"{call td_schemaless('line','ms')}", "07001", "wrong number of arguments (2)"},
        {"{call td_schemaless('line','ms','x',0,1,'t',7)}", "07001", "arguments"},
        {"{call td_schemaless('lines','ms','x')}", "HY024", "'lines'"},
        {"{call td_schemaless(0,'ms','x')}", "HY024", "'0'"},
        {"{call td_schemaless(4,'ms','x')}", "HY024", "'4'"},
        {"{call td_schemaless('line','fortnight','x')}", "HY024", "'fortnight'"},
        {"{call td_schemaless('line','u','x')}", "HY024", "'u'"},
        {"{call td_schemaless('line','ms','x',-1)}", "HY024", "ttl"},
        {"{call td_schemaless('line','ms','x','abc')}", "22018", "argument ttl is a number"},
        {"{call td_schemaless('line','ms','x',1.5)}", "22018", "argument ttl is a number"},
        {"{call td_schemaless('line','ms',null)}", "HY000", "lines"},
        {"{call td_schemaless(null,'ms','x')}", "HY000", "argument protocol"},
        {"{call td_schemaless('line','ms','x',0,0)}", "HY024", "req_id"},
        {"{call td_schemaless('line','ms',('x'))}", "42000", "lines"},
        {"{call td_set_req_id(0)}", "HY024", "req_id"},
        {"{call td_set_req_id(9007199254740992)}", "HY024", "req_id"},
        {"{call td_tmq_poll()}", "HY010", "td_tmq_subscribe first"},
        {"{call td_tmq_poll(-1)}", "HY024", "timeout_ms"},
        {"{call td_tmq_commit()}", "HY010", "td_tmq_subscribe first"},
        {"{call td_tmq_unsubscribe}", "HY010", "td_tmq_subscribe first"},
        {"{call td_tmq_seek('t', 1, -1)}", "HY024", "offset"},
        {"{call td_tmq_subscribe('g', ' , ')}", "HY024", "topics"},
        {"{call td_tmq_subscribe('', 't')}", "HY024", "no group"},
        {"{call td_tmq_subscribe('g', 't', 'group.id=h')}", "HY024", "differ"},
        {"{call td_tmq_subscribe('g', 't', 'nosuch.option=1')}", "HY024", "'nosuch.option'"},
        {"{call td_tmq_subscribe('g', 't', 'auto.offset.reset=sideways')}", "HY024", "earliest"},
        {"{call td_tmq_subscribe('g', 't', 'auto.commit.interval.ms=soon')}", "HY024", "number"},
        {"{call td_tmq_subscribe('g', 't', 'enable.auto.commit=maybe')}", "HY024", "true or false"},
        {"{call td_tmq_subscribe('g', 't', 'client.id')}", "HY024", "no value"},
        {"{call td_tmq_subscribe('g', 't', 'client.id={x')}", "HY024", "brace"},
        {"{call td_tmq_subscribe('g', 't', 'msg.consume.rawdata=1')}", "HYC00", "rawdata"},
        {"call td_last_request(", "42000", "td_last_request()"},
        {"call td_last_request() more", "42000", "behind"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        SQLRETURN rc = SQLExecDirect(stmt, (SQLCHAR *)calls[i].sql, SQL_NTS);
        if (rc != SQL_ERROR) fail_msg("%s: %d", calls[i].sql, rc);
        const char *text = at_message(SQL_HANDLE_STMT, stmt, 1, NULL);
        if (!strstr(text, calls[i].text)) fail_msg("%s: %s", calls[i].sql, text);
        if (strcmp(at_state(SQL_HANDLE_STMT, stmt), calls[i].sqlstate) != 0)
            fail_msg("%s: %s %s", calls[i].sql, at_state(SQL_HANDLE_STMT, stmt), text);
    }
}

/* Another name is the server's to judge. */
static void foreign_names(void **state)
{
    (void)state;
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call nosuch(1)}", SQL_NTS), SQL_ERROR, SQL_HANDLE_STMT,
          stmt, NULL);
    assert_non_null(strstr(at_message(SQL_HANDLE_STMT, stmt, 1, NULL), "[0x2600]"));
}

static void request_ids(void **state)
{
    SQLBIGINT id = 0;
    SQLLEN ind = 0;

    (void)state;
    at_exec(stmt, "{call td_set_req_id(4711)}");
    at_exec(stmt, "select 1");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_exec(stmt, "CALL td_last_request()");
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "4711");
    assert_true(atoll(at_text(stmt, 2)) > 0);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    /* for one statement only; the return value says the same */
    at_exec(stmt, "select 1");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(
        SQLBindParameter(stmt, 1, SQL_PARAM_OUTPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &id, 0, &ind),
        stmt);
    at_exec(stmt, "{? = call td_last_request()}");
    assert_int_equal(ind, 8);
    assert_true(id != 0 && id != 4711);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
}

/* Parameters of any C type, prepared and run twice. */
static void parameters(void **state)
{
    SQLINTEGER id = 100;
    SQLCHAR text[10] = "200";

    (void)state;
    at_sok(SQLPrepare(stmt, (SQLCHAR *)"{call td_set_req_id(?)}", SQL_NTS), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, NULL),
           stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, text,
                            sizeof text, NULL),
           stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    at_exec(stmt, "select 1");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_exec(stmt, "{call td_last_request}");
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal(at_text(stmt, 1), "200");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    strcpy((char *)text, "abc");
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, text,
                            sizeof text, NULL),
           stmt);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_set_req_id(?)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, "22018");
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"{call td_set_req_id(?)}", SQL_NTS), SQL_ERROR,
          SQL_HANDLE_STMT, stmt, "07002");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed),      cmocka_unit_test(columns_listed),
        cmocka_unit_test(refused),     cmocka_unit_test(foreign_names),
        cmocka_unit_test(request_ids), cmocka_unit_test(parameters),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * What each call answers in each state of a statement (ODBC reference, appendix B "Statement
 * Transitions"): every cell on a statement of its own. A cell is a SQLSTATE, or what follows from
 * success.
 */
#include "apitest.h"

#define LEN(a)  (sizeof(a) / sizeof *(a))
#define S(text) (SQLCHAR *)(text), SQL_NTS

static SQLHDBC dbc;

/* One call on a statement; diagnostics are on `type`/`h`. */
struct call {
    SQLHSTMT stmt;
    SQLSMALLINT type;
    SQLHANDLE h;
};

static char buf[256], digit[] = "5";
static SQLLEN ind;
static SQLSMALLINT i16;
static SQLULEN u64;
static SQLUSMALLINT status[4];

#define CALL(name, expr)                                                                           \
    static SQLRETURN name(struct call *c)                                                          \
    {                                                                                              \
        return expr;                                                                               \
    }
CALL(bind_col, SQLBindCol(c->stmt, 1, SQL_C_CHAR, buf, sizeof buf, &ind))
CALL(bind_parameter,
     SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, buf, 10, &ind))
CALL(prepare, SQLPrepare(c->stmt, S("select v from st.t")))
CALL(execute, SQLExecute(c->stmt))
CALL(exec_direct, SQLExecDirect(c->stmt, S("select v from st.t")))
CALL(tables, SQLTables(c->stmt, S("st"), NULL, 0, S("t"), NULL, 0))
CALL(type_info, SQLGetTypeInfo(c->stmt, SQL_INTEGER))
CALL(fetch, SQLFetch(c->stmt))
CALL(fetch_scroll, SQLFetchScroll(c->stmt, SQL_FETCH_NEXT, 0))
CALL(extended_fetch, SQLExtendedFetch(c->stmt, SQL_FETCH_NEXT, 0, &u64, status))
CALL(get_data, SQLGetData(c->stmt, 1, SQL_C_CHAR, buf, sizeof buf, &ind))
CALL(set_pos, SQLSetPos(c->stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE))
CALL(bulk, SQLBulkOperations(c->stmt, SQL_ADD))
CALL(close_cursor, SQLCloseCursor(c->stmt))
CALL(free_close, SQLFreeStmt(c->stmt, SQL_CLOSE))
CALL(free_unbind, SQLFreeStmt(c->stmt, SQL_UNBIND))
CALL(free_params, SQLFreeStmt(c->stmt, SQL_RESET_PARAMS))
CALL(more_results, SQLMoreResults(c->stmt))
CALL(num_cols, SQLNumResultCols(c->stmt, &i16))
CALL(describe_col, SQLDescribeCol(c->stmt, 1, (SQLCHAR *)buf, 50, &i16, &i16, &u64, &i16, &i16))
CALL(attr_count, SQLColAttribute(c->stmt, 1, SQL_DESC_COUNT, NULL, 0, NULL, &ind))
CALL(attr_type, SQLColAttribute(c->stmt, 1, SQL_DESC_TYPE, NULL, 0, NULL, &ind))
CALL(row_count, SQLRowCount(c->stmt, &ind))
CALL(num_params, SQLNumParams(c->stmt, &i16))
CALL(set_name, SQLSetCursorName(c->stmt, S("here")))
CALL(get_name, SQLGetCursorName(c->stmt, (SQLCHAR *)buf, sizeof buf, &i16))
CALL(set_max_rows, SQLSetStmtAttr(c->stmt, SQL_ATTR_MAX_ROWS, (SQLPOINTER)5, 0))
CALL(set_cursor_type,
     SQLSetStmtAttr(c->stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0))
CALL(get_max_rows, SQLGetStmtAttr(c->stmt, SQL_ATTR_MAX_ROWS, &u64, 0, NULL))
CALL(get_row_number, SQLGetStmtAttr(c->stmt, SQL_ATTR_ROW_NUMBER, &u64, 0, NULL))
CALL(cancel, SQLCancel(c->stmt))
CALL(put_data, SQLPutData(c->stmt, digit, 1))

static SQLRETURN param_data(struct call *c)
{
    SQLPOINTER token;

    return SQLParamData(c->stmt, &token);
}

/* The descriptors are asked for before the state is made: in need-data states the manager answers
   no attribute. */
static SQLHDESC ard, ird;

static SQLRETURN set_desc(struct call *c)
{
    c->type = SQL_HANDLE_DESC;
    c->h = ard;
    return SQLSetDescField(ard, 1, SQL_DESC_CONCISE_TYPE, (SQLPOINTER)SQL_C_CHAR, 0);
}

static SQLRETURN get_ird(struct call *c)
{
    c->type = SQL_HANDLE_DESC;
    c->h = ird;
    return SQLGetDescField(ird, 1, SQL_DESC_TYPE, &i16, 0, NULL);
}

/*
 * Columns: S1 allocated; S2, S3 prepared without and with a result; S4 executed without result; S5
 * cursor open, S6 SQLFetch, S7 SQLExtendedFetch; S8, S9, S10 need data. "ok" is a success, "no
 * data" and "need data" are SQL_NO_DATA and SQL_NEED_DATA. With `prepared` S4 to S7 are reached by
 * SQLPrepare and SQLExecute.
 *
 * `dm`, a letter per state: 'm' where unixODBC's manager raises that error itself, so that the
 * driver's own answer is seen by direct callers only.
 */
static const struct row {
    const char *name;
    SQLRETURN (*call)(struct call *);
    bool prepared;
    const char *want[10];
    const char *dm;
} rows[] = {
#define NEED "HY010", "HY010", "HY010"
#define ANY  "ok", "ok", "ok", "ok", "ok", "ok", "ok"
#define SEQ3 "HY010", "HY010", "HY010"
#define OPEN "24000", "24000", "24000"
    {"SQLBindCol", bind_col, false, {ANY, NEED}, ".......mmm"},
    {"SQLBindParameter", bind_parameter, false, {ANY, NEED}, ".......mmm"},
    {"SQLPrepare", prepare, false, {"ok", "ok", "ok", "ok", OPEN, NEED}, ".....mmmmm"},
    {"SQLExecute",
     execute,
     false,
     {"HY010", "ok", "ok", "HY010", "HY010", "HY010", "HY010", NEED},
     "m....mmmmm"},
    {"SQLExecute, prepared", execute, true, {"HY010", "ok", "ok", "ok", OPEN, NEED}, "m....mmmmm"},
    {"SQLExecDirect", exec_direct, false, {"ok", "ok", "ok", "ok", OPEN, NEED}, ".....mmmmm"},
    {"SQLTables", tables, false, {"ok", "ok", "ok", "ok", OPEN, NEED}, ".....mmmmm"},
    {"SQLGetTypeInfo", type_info, false, {"ok", "ok", "ok", "ok", OPEN, NEED}, ".....mmmmm"},
    {"SQLFetch", fetch, false, {SEQ3, "24000", "ok", "ok", "HY010", NEED}, "mmm...mmmm"},
    {"SQLFetchScroll",
     fetch_scroll,
     false,
     {SEQ3, "24000", "ok", "ok", "HY010", NEED},
     "mmm...mmmm"},
    {"SQLExtendedFetch",
     extended_fetch,
     false,
     {SEQ3, "24000", "ok", "HY010", "ok", NEED},
     "mmm..m.mmm"},
    {"SQLGetData", get_data, false, {SEQ3, "24000", "24000", "ok", "ok", NEED}, "mmmmm..mmm"},
    {"SQLSetPos", set_pos, false, {SEQ3, "24000", "24000", "ok", "ok", NEED}, "mmmmm..mmm"},
    {"SQLBulkOperations",
     bulk,
     false,
     {SEQ3, "24000", "HYC00", "HYC00", "HY010", NEED},
     "mmm...mmmm"},
    {"SQLCloseCursor",
     close_cursor,
     false,
     {"24000", "24000", "24000", "24000", "ok", "ok", "ok", NEED},
     "mmm....mmm"},
    {"SQLFreeStmt(CLOSE)", free_close, false, {ANY, NEED}, ".......mmm"},
    {"SQLFreeStmt(UNBIND)", free_unbind, false, {ANY, NEED}, ".......mmm"},
    {"SQLFreeStmt(RESET_PARAMS)", free_params, false, {ANY, NEED}, ".......mmm"},
    {"SQLMoreResults",
     more_results,
     false,
     {"no data", "no data", "no data", "no data", "no data", "no data", "no data", NEED},
     ".......mmm"},
    {"SQLNumResultCols",
     num_cols,
     false,
     {"HY010", "ok", "ok", "ok", "ok", "ok", "ok", NEED},
     "m......mmm"},
    {"SQLDescribeCol",
     describe_col,
     false,
     {"HY010", "07005", "ok", "24000", "ok", "ok", "ok", NEED},
     "m......mmm"},
    {"SQLColAttribute(COUNT)",
     attr_count,
     false,
     {"HY010", "ok", "ok", "24000", "ok", "ok", "ok", NEED},
     "m......mmm"},
    {"SQLColAttribute(TYPE)",
     attr_type,
     false,
     {"HY010", "07005", "ok", "24000", "ok", "ok", "ok", NEED},
     "m......mmm"},
    {"SQLRowCount", row_count, false, {SEQ3, "ok", "ok", "ok", "ok", NEED}, "mmm....mmm"},
    {"SQLNumParams",
     num_params,
     false,
     {"HY010", "ok", "ok", "ok", "ok", "ok", "ok", NEED},
     "m......mmm"},
    {"SQLSetCursorName", set_name, false, {"ok", "ok", "ok", "24000", OPEN, NEED}, "...mmmmmmm"},
    {"SQLGetCursorName", get_name, false, {ANY, NEED}, ".......mmm"},
    {"SQLSetStmtAttr(MAX_ROWS)", set_max_rows, false, {ANY, NEED}, ".......mmm"},
    {"SQLSetStmtAttr(CURSOR_TYPE)",
     set_cursor_type,
     false,
     {"ok", "HY011", "HY011", "24000", OPEN, "HY011", "HY011", "HY011"},
     ".mmmmmmmmm"},
    {"SQLGetStmtAttr(MAX_ROWS)", get_max_rows, false, {ANY, NEED}, ".......mmm"},
    {"SQLGetStmtAttr(ROW_NUMBER)",
     get_row_number,
     false,
     {"24000", "24000", "24000", "24000", "24000", "ok", "ok", NEED},
     "mmmmm..mmm"},
    {"SQLSetDescField(ARD)", set_desc, false, {ANY, NEED}, ".......mmm"},
    /* SQLGetDescField's own page: HY007 before a statement is prepared, SQL_NO_DATA without a
       result */
    {"SQLGetDescField(IRD)",
     get_ird,
     false,
     {"HY007", "no data", "ok", "no data", "ok", "ok", "ok", NEED},
     "m......mmm"},
    {"SQLParamData",
     param_data,
     false,
     {SEQ3, "HY010", "HY010", "HY010", "HY010", "need data", "HY010", "ok"},
     "mmmmmmm.m."},
    {"SQLPutData",
     put_data,
     false,
     {SEQ3, "HY010", "HY010", "HY010", "HY010", "HY010", "ok", "ok"},
     "mmmmmmmm.."},
    {"SQLCancel", cancel, false, {ANY, "ok", "ok", "ok"}, ".........."},
};

static void make_cursor(SQLHSTMT stmt, bool prepared, const char *sql)
{
    if (!prepared) {
        at_exec(stmt, sql);
        return;
    }
    at_sok(SQLPrepare(stmt, S(sql)), stmt);
    at_sok(SQLExecute(stmt), stmt);
}

/* Brings a new statement into state S<n>. */
static void make_state(SQLHSTMT stmt, int n, bool prepared)
{
    static SQLLEN at_exec_ind;
    SQLPOINTER token;

    if (n == 2)
        at_sok(SQLPrepare(stmt, S("insert into st.t values (now, 7)")), stmt);
    else if (n == 3)
        at_sok(SQLPrepare(stmt, S("select v from st.t")), stmt);
    else if (n == 4)
        make_cursor(stmt, prepared, "insert into st.t values (now, 8)");
    else if (n >= 5 && n <= 7)
        make_cursor(stmt, prepared, "select v from st.t");
    if (n == 6)
        at_sok(SQLFetch(stmt), stmt);
    else if (n == 7)
        at_sok(SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 0, &u64, status), stmt);
    if (n < 8) return;
    at_exec_ind = SQL_DATA_AT_EXEC;
    at_sok(SQLPrepare(stmt, S("insert into st.t values ('2024-01-01 00:00:00', ?)")), stmt);
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, buf, 0,
                            &at_exec_ind),
           stmt);
    assert_int_equal(SQLExecute(stmt), SQL_NEED_DATA);
    if (n >= 9) assert_int_equal(SQLParamData(stmt, &token), SQL_NEED_DATA);
    if (n == 10) at_sok(SQLPutData(stmt, digit, 1), stmt);
}

static const char *answer_of(struct call *c, SQLRETURN rc)
{
    switch (rc) {
    case SQL_SUCCESS:
    case SQL_SUCCESS_WITH_INFO:
        return "ok";
    case SQL_NO_DATA:
        return "no data";
    case SQL_NEED_DATA:
        return "need data";
    case SQL_ERROR:
        return at_state(c->type, c->h);
    default:
        return "?";
    }
}

/* True when the cell is as the table says. */
static bool check_cell(const struct row *r, int n)
{
    struct call c = {at_stmt(dbc), SQL_HANDLE_STMT, NULL};

    c.h = c.stmt;
    at_sok(SQLGetStmtAttr(c.stmt, SQL_ATTR_APP_ROW_DESC, &ard, SQL_IS_POINTER, NULL), c.stmt);
    at_sok(SQLGetStmtAttr(c.stmt, SQL_ATTR_IMP_ROW_DESC, &ird, SQL_IS_POINTER, NULL), c.stmt);
    make_state(c.stmt, n, r->prepared);
    const char *got = answer_of(&c, r->call(&c));
    const char *msg = at_message(c.type, c.h, 1, NULL);
    bool ok = strcmp(got, r->want[n - 1]) == 0;
    if (TD_THROUGH_DM)
        ok = ok && (strstr(msg, "[Driver Manager]") != NULL) == (r->dm[n - 1] == 'm');
    if (!ok) print_error("%s in S%d: %s, wanted %s (%s)\n", r->name, n, got, r->want[n - 1], msg);
    SQLCancel(c.stmt);
    at_free(c.stmt);
    return ok;
}

static void transitions(void **state)
{
    (void)state;
    int bad = 0;

    for (size_t i = 0; i < LEN(rows); i++) {
        assert_int_equal(strlen(rows[i].dm), 10);
        for (int n = 1; n <= 10; n++)
            bad += !check_cell(&rows[i], n);
    }
    assert_int_equal(bad, 0);
}

/* SQL_DIAG_ROW_COUNT is an error but of executed statements; it leaves no record. */
static void diag_row_count(void **state)
{
    (void)state;
    for (int n = 1; n <= 10; n++) {
        SQLHSTMT stmt = at_stmt(dbc);
        SQLLEN count = -99;
        make_state(stmt, n, false);
        SQLRETURN rc =
            SQLGetDiagField(SQL_HANDLE_STMT, stmt, 0, SQL_DIAG_ROW_COUNT, &count, 0, NULL);
        if (n < 4 || n > 7) {
            assert_int_equal(rc, SQL_ERROR);
        } else {
            assert_int_equal(rc, SQL_SUCCESS);
            assert_int_equal(count, n == 4 ? 1 : -1);
        }
        SQLCancel(stmt);
        at_free(stmt);
    }
}

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    dbc = at_connect("");
    SQLHSTMT stmt = at_stmt(dbc);
    at_exec(stmt, "create database st");
    at_exec(stmt, "create table st.t (ts timestamp, v int)");
    at_exec(stmt, "insert into st.t values ('2024-01-01 00:00:01', 1) ('2024-01-01 00:00:02', 2)");
    at_free(stmt);
    return 0;
}

static int teardown(void **state)
{
    at_disconnect(dbc);
    return at_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transitions),
        cmocka_unit_test(diag_row_count),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * Arguments that are out of range, and the SQLSTATE that the reference's page of each function
 * gives them; and handles that are none.
 */
#include "apitest.h"

#if !TD_THROUGH_DM
#include "odbc/handle.h"
#endif

#define LEN(a)  (sizeof(a) / sizeof *(a))
#define S(text) (SQLCHAR *)(text), SQL_NTS
#define P(v)    (SQLPOINTER)(intptr_t)(v)

static SQLHDBC dbc;
static SQLHSTMT stmt; /* a cursor over two columns, on its first row */
static SQLHSTMT idle; /* allocated only */
static SQLHDESC ard, apd, ird, ipd;

static char buf[64];
static SQLCHAR text[8] = "x";
static SQLLEN ind;
static SQLSMALLINT i16;
static SQLINTEGER i32;
static SQLULEN u64;
static SQLUSMALLINT u16[4];

enum on { STMT, IDLE, DBC, ARD, APD, IRD, IPD };

struct arg_case {
    const char *name;
    SQLRETURN (*call)(void);
    enum on on;
    const char *direct, *dm; /* dm NULL: the same through the manager */
};

/* clang-format off */
#define CASES \
    X(bind_col_0, STMT, SQLBindCol(stmt, 0, SQL_C_CHAR, buf, 8, &ind), "07009", NULL) \
    X(bind_col_high, STMT, SQLBindCol(stmt, 40000, SQL_C_CHAR, buf, 8, &ind), "07009", NULL) \
    X(bind_col_type, STMT, SQLBindCol(stmt, 1, 4711, buf, 8, &ind), "HY003", NULL) \
    X(bind_col_cap, STMT, SQLBindCol(stmt, 1, SQL_C_CHAR, buf, -1, &ind), "HY090", NULL) \
    X(bind_par_0, STMT, SQLBindParameter(stmt, 0, 1, SQL_C_CHAR, SQL_VARCHAR, 8, 0, buf, 8, &ind), \
      "07009", NULL) \
    X(bind_par_ctype, STMT, SQLBindParameter(stmt, 1, 1, 4711, SQL_VARCHAR, 8, 0, buf, 8, &ind), \
      "HY003", NULL) \
    X(bind_par_type, STMT, SQLBindParameter(stmt, 1, 1, SQL_C_CHAR, 4711, 8, 0, buf, 8, &ind), \
      "HY004", NULL) \
    X(bind_par_io, STMT, SQLBindParameter(stmt, 1, 77, SQL_C_CHAR, SQL_VARCHAR, 8, 0, buf, 8, \
      &ind), "HY105", NULL) \
    X(bind_par_cap, STMT, SQLBindParameter(stmt, 1, 1, SQL_C_CHAR, SQL_VARCHAR, 8, 0, buf, -1, \
      &ind), "HY090", NULL) \
    X(get_data_0, STMT, SQLGetData(stmt, 0, SQL_C_CHAR, buf, 8, &ind), "07009", NULL) \
    X(get_data_3, STMT, SQLGetData(stmt, 3, SQL_C_CHAR, buf, 8, &ind), "07009", NULL) \
    X(get_data_type, STMT, SQLGetData(stmt, 1, 4711, buf, 8, &ind), "HY003", NULL) \
    X(get_data_cap, STMT, SQLGetData(stmt, 1, SQL_C_CHAR, buf, -5, &ind), "HY090", NULL) \
    X(get_data_null, STMT, SQLGetData(stmt, 2, SQL_C_SLONG, NULL, 4, &ind), "HY009", NULL) \
    X(describe_0, STMT, SQLDescribeCol(stmt, 0, text, 8, &i16, &i16, &u64, &i16, &i16), \
      "07009", NULL) \
    X(describe_3, STMT, SQLDescribeCol(stmt, 3, text, 8, &i16, &i16, &u64, &i16, &i16), \
      "07009", NULL) \
    X(describe_cap, STMT, SQLDescribeCol(stmt, 1, text, -1, &i16, &i16, &u64, &i16, &i16), \
      "HY090", NULL) \
    X(attribute_id, STMT, SQLColAttribute(stmt, 1, 4711, buf, 8, &i16, &ind), "HY091", NULL) \
    X(attribute_cap, STMT, SQLColAttribute(stmt, 1, SQL_DESC_NAME, buf, -3, &i16, &ind), \
      "HY090", NULL) \
    X(fetch_type, STMT, SQLFetchScroll(stmt, 77, 0), "HY106", NULL) \
    X(fetch_prior, STMT, SQLFetchScroll(stmt, SQL_FETCH_PRIOR, 0), "HY106", NULL) \
    X(fetch_bookmark, STMT, SQLFetchScroll(stmt, SQL_FETCH_BOOKMARK, 0), "HYC00", "HY106") \
    X(set_pos_row, STMT, SQLSetPos(stmt, 9, SQL_POSITION, SQL_LOCK_NO_CHANGE), "HY107", NULL) \
    X(set_pos_0, STMT, SQLSetPos(stmt, 0, SQL_POSITION, SQL_LOCK_NO_CHANGE), "HY109", NULL) \
    X(set_pos_op, STMT, SQLSetPos(stmt, 1, 77, SQL_LOCK_NO_CHANGE), "HY092", NULL) \
    X(set_pos_lock, STMT, SQLSetPos(stmt, 1, SQL_POSITION, 77), "HY092", NULL) \
    X(set_pos_exclusive, STMT, SQLSetPos(stmt, 1, SQL_POSITION, SQL_LOCK_EXCLUSIVE), "HYC00", \
      NULL) \
    X(set_pos_update, STMT, SQLSetPos(stmt, 1, SQL_UPDATE, SQL_LOCK_NO_CHANGE), "HYC00", NULL) \
    X(bulk_op, STMT, SQLBulkOperations(stmt, 77), "HY092", NULL) \
    X(free_option, IDLE, SQLFreeStmt(idle, 77), "HY092", NULL) \
    X(prepare_null, IDLE, SQLPrepare(idle, NULL, SQL_NTS), "HY009", NULL) \
    X(prepare_len, IDLE, SQLPrepare(idle, text, -7), "HY090", NULL) \
    X(direct_null, IDLE, SQLExecDirect(idle, NULL, SQL_NTS), "HY009", NULL) \
    X(direct_len, IDLE, SQLExecDirect(idle, text, -7), "HY090", NULL) \
    X(cursor_null, IDLE, SQLSetCursorName(idle, NULL, SQL_NTS), "HY009", NULL) \
    X(cursor_len, IDLE, SQLSetCursorName(idle, text, -7), "HY090", "HY009") \
    X(cursor_reserved, IDLE, SQLSetCursorName(idle, S("SQL_CURx")), "34000", NULL) \
    X(cursor_empty, IDLE, SQLSetCursorName(idle, S("")), "34000", NULL) \
    X(cursor_taken, IDLE, SQLSetCursorName(idle, S("TAKEN")), "3C000", NULL) \
    X(get_cursor_cap, IDLE, SQLGetCursorName(idle, text, -1, &i16), "HY090", NULL) \
    X(tables_len, IDLE, SQLTables(idle, text, -7, NULL, 0, NULL, 0, NULL, 0), "HY090", NULL) \
    X(columns_len, IDLE, SQLColumns(idle, NULL, 0, NULL, 0, text, -7, NULL, 0), "HY090", NULL) \
    X(keys_null, IDLE, SQLPrimaryKeys(idle, NULL, 0, NULL, 0, NULL, 0), "HY009", NULL) \
    X(special_id, IDLE, SQLSpecialColumns(idle, 77, NULL, 0, NULL, 0, text, 1, 0, 0), \
      "HY097", NULL) \
    X(special_scope, IDLE, SQLSpecialColumns(idle, 1, NULL, 0, NULL, 0, text, 1, 77, 0), \
      "HY098", NULL) \
    X(special_nullable, IDLE, SQLSpecialColumns(idle, 1, NULL, 0, NULL, 0, text, 1, 0, 77), \
      "HY099", NULL) \
    X(statistics_unique, IDLE, SQLStatistics(idle, NULL, 0, NULL, 0, text, 1, 77, 0), \
      "HY100", NULL) \
    X(statistics_accuracy, IDLE, SQLStatistics(idle, NULL, 0, NULL, 0, text, 1, 0, 77), \
      "HY101", NULL) \
    X(type_info, IDLE, SQLGetTypeInfo(idle, 4711), "HY004", NULL) \
    X(stmt_attr, IDLE, SQLSetStmtAttr(idle, 4711, P(1), 0), "HY092", NULL) \
    X(stmt_attr_get, IDLE, SQLGetStmtAttr(idle, 4711, &u64, 0, NULL), "HY092", NULL) \
    X(stmt_array_0, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_ROW_ARRAY_SIZE, P(0), 0), "HY024", NULL) \
    X(stmt_paramset_0, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_PARAMSET_SIZE, P(0), 0), "HY024", NULL) \
    X(stmt_type, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_CURSOR_TYPE, P(77), 0), "HY024", NULL) \
    X(stmt_concurrency, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_CONCURRENCY, P(77), 0), "HY024", NULL) \
    X(stmt_noscan, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_NOSCAN, P(77), 0), "HY024", NULL) \
    X(stmt_retrieve, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_RETRIEVE_DATA, P(77), 0), "HY024", NULL) \
    X(stmt_ird, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_IMP_ROW_DESC, ard, 0), "HY017", NULL) \
    X(stmt_ipd, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_IMP_PARAM_DESC, ard, 0), "HY017", NULL) \
    X(stmt_ard_of_other, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_APP_ROW_DESC, ard, 0), "HY017", NULL) \
    X(stmt_async, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_ASYNC_ENABLE, P(1), 0), "HYC00", NULL) \
    X(stmt_bookmarks, IDLE, SQLSetStmtAttr(idle, SQL_ATTR_USE_BOOKMARKS, P(2), 0), "HYC00", NULL) \
    X(dbc_attr, DBC, SQLSetConnectAttr(dbc, 4711, P(1), 0), "HY092", NULL) \
    X(dbc_attr_get, DBC, SQLGetConnectAttr(dbc, 4711, &u64, 0, NULL), "HY092", NULL) \
    X(dbc_autocommit, DBC, SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, P(77), 0), "HY024", NULL) \
    X(dbc_isolation, DBC, SQLSetConnectAttr(dbc, SQL_ATTR_TXN_ISOLATION, P(77), 0), "HY024", NULL) \
    X(info_type, DBC, SQLGetInfo(dbc, 4711, buf, 8, &i16), "HY096", NULL) \
    X(info_cap, DBC, SQLGetInfo(dbc, SQL_DBMS_NAME, buf, -1, &i16), "HY090", NULL) \
    X(functions_id, DBC, SQLGetFunctions(dbc, 4711, u16), "HY095", NULL) \
    X(end_tran, DBC, SQLEndTran(SQL_HANDLE_DBC, dbc, 77), "HY012", NULL) \
    X(native_null, DBC, SQLNativeSql(dbc, NULL, SQL_NTS, text, 8, &i32), "HY009", NULL) \
    X(native_cap, DBC, SQLNativeSql(dbc, S("x"), text, -1, &i32), "HY090", NULL) \
    X(connect_twice, DBC, SQLDriverConnect(dbc, NULL, S("Driver={TDengine}"), NULL, 0, NULL, \
      SQL_DRIVER_NOPROMPT), "08002", NULL) \
    X(desc_get_id, ARD, SQLGetDescField(ard, 1, 4711, buf, 8, NULL), "HY091", NULL) \
    X(desc_set_id, ARD, SQLSetDescField(ard, 1, 4711, P(1), 0), "HY091", NULL) \
    X(desc_set_ro, ARD, SQLSetDescField(ard, 1, SQL_DESC_NULLABLE, P(1), 0), "HY091", NULL) \
    X(desc_rec_0, ARD, SQLSetDescField(ard, 0, SQL_DESC_TYPE, P(1), 0), "07009", NULL) \
    X(desc_rec_neg, ARD, SQLGetDescField(ard, -1, SQL_DESC_TYPE, buf, 8, NULL), "07009", NULL) \
    X(desc_type, ARD, SQLSetDescField(ard, 1, SQL_DESC_TYPE, P(4711), 0), "HY021", NULL) \
    X(desc_param_type, IPD, SQLSetDescField(ipd, 1, SQL_DESC_PARAMETER_TYPE, P(77), 0), \
      "HY105", NULL) \
    X(desc_ird, IRD, SQLSetDescField(ird, 1, SQL_DESC_TYPE, P(1), 0), "HY016", NULL) \
    X(desc_ird_rec, IRD, SQLSetDescRec(ird, 1, SQL_INTEGER, 0, 4, 0, 0, NULL, NULL, NULL), \
      "HY016", NULL) \
    X(desc_copy_ird, IRD, SQLCopyDesc(apd, ird), "HY016", NULL)

#define X(name, on, expr, direct, dm) static SQLRETURN call_##name(void) { return expr; }
CASES
#undef X
#define X(name, on, expr, direct, dm) {#name, call_##name, on, direct, dm},
static const struct arg_case cases[] = {CASES};
#undef X
/* clang-format on */

static SQLHANDLE handle_of(enum on on, SQLSMALLINT *type)
{
    SQLHANDLE all[] = {stmt, idle, dbc, ard, apd, ird, ipd};

    *type = on == DBC ? SQL_HANDLE_DBC : on >= ARD ? SQL_HANDLE_DESC : SQL_HANDLE_STMT;
    return all[on];
}

static void argument_errors(void **state)
{
    (void)state;
    int bad = 0;

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct arg_case *c = &cases[i];
        SQLSMALLINT type;
        SQLHANDLE h = handle_of(c->on, &type);
        const char *want = TD_THROUGH_DM && c->dm ? c->dm : c->direct;
        SQLRETURN rc = c->call();
        if (rc == SQL_ERROR && strcmp(at_state(type, h), want) == 0) continue;
        print_error("%s: %d %s, wanted %s (%s)\n", c->name, (int)rc, at_state(type, h), want,
                    at_message(type, h, 1, NULL));
        bad++;
    }
    /* none of them changed the row */
    at_sok(SQLGetData(stmt, 2, SQL_C_SLONG, &i32, 0, &ind), stmt);
    assert_int_equal(i32, 2);
    assert_int_equal(bad, 0);
}

#if !TD_THROUGH_DM
/* A freed handle is marked; what is marked, of another type, or NULL is SQL_INVALID_HANDLE
   everywhere. The memory of a freed handle may not be read, so that a handle in static memory goes
   through the same end. */
static void dead_handles(void **state)
{
    (void)state;
    static struct td_handle dead;
    static const SQLSMALLINT types[] = {SQL_HANDLE_ENV, SQL_HANDLE_DBC, SQL_HANDLE_STMT,
                                        SQL_HANDLE_DESC};
    SQLHANDLE out;

    for (size_t i = 0; i < LEN(types); i++) {
        td_handle_init(&dead, types[i]);
        for (size_t k = 0; k < LEN(types); k++)
            assert_true(td_handle_check(&dead, types[k]) == (i == k ? &dead : NULL));
        td_handle_dispose(&dead);
        assert_null(td_handle_check(&dead, types[i]));
        assert_int_equal(SQLFreeHandle(types[i], &dead), SQL_INVALID_HANDLE);
        assert_int_equal(SQLGetDiagRec(types[i], &dead, 1, text, &i32, text, 8, &i16),
                         SQL_INVALID_HANDLE);
        assert_int_equal(SQLFreeHandle(types[i], NULL), SQL_INVALID_HANDLE);
    }
    SQLHANDLE wrong[] = {&dead, dbc, at_env, NULL};
    for (size_t i = 0; i < LEN(wrong); i++) {
        SQLHANDLE h = wrong[i];
        assert_int_equal(SQLFetch(h), SQL_INVALID_HANDLE);
        assert_int_equal(SQLExecute(h), SQL_INVALID_HANDLE);
        assert_int_equal(SQLExecDirect(h, S("select 1")), SQL_INVALID_HANDLE);
        assert_int_equal(SQLBindCol(h, 1, SQL_C_CHAR, buf, 8, &ind), SQL_INVALID_HANDLE);
        assert_int_equal(SQLGetData(h, 1, SQL_C_CHAR, buf, 8, &ind), SQL_INVALID_HANDLE);
        assert_int_equal(SQLTables(h, NULL, 0, NULL, 0, NULL, 0, NULL, 0), SQL_INVALID_HANDLE);
        assert_int_equal(SQLSetStmtAttr(h, SQL_ATTR_MAX_ROWS, P(1), 0), SQL_INVALID_HANDLE);
        assert_int_equal(SQLCancel(h), SQL_INVALID_HANDLE);
        assert_int_equal(SQLFreeStmt(h, SQL_CLOSE), SQL_INVALID_HANDLE);
        assert_int_equal(SQLCopyDesc(h, ard), SQL_INVALID_HANDLE);
        assert_int_equal(SQLGetDescField(h, 0, SQL_DESC_COUNT, &i16, 0, NULL), SQL_INVALID_HANDLE);
    }
    SQLHANDLE not_dbc[] = {&dead, stmt, at_env, NULL};
    for (size_t i = 0; i < LEN(not_dbc); i++) {
        SQLHANDLE h = not_dbc[i];
        assert_int_equal(SQLDisconnect(h), SQL_INVALID_HANDLE);
        assert_int_equal(SQLGetInfo(h, SQL_DBMS_NAME, buf, 8, &i16), SQL_INVALID_HANDLE);
        assert_int_equal(SQLAllocHandle(SQL_HANDLE_STMT, h, &out), SQL_INVALID_HANDLE);
        assert_int_equal(SQLSetConnectAttr(h, SQL_ATTR_AUTOCOMMIT, P(1), 0), SQL_INVALID_HANDLE);
        assert_int_equal(SQLEndTran(SQL_HANDLE_DBC, h, SQL_COMMIT), SQL_INVALID_HANDLE);
    }
}

/* An implicit descriptor is not the application's to free. */
static void implicit_descriptors(void **state)
{
    (void)state;
    SQLHDESC all[] = {ard, apd, ird, ipd};

    for (size_t i = 0; i < LEN(all); i++)
        at_rc(SQLFreeHandle(SQL_HANDLE_DESC, all[i]), SQL_ERROR, SQL_HANDLE_DESC, all[i], "HY017");
}
#endif

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    dbc = at_connect("");
    stmt = at_stmt(dbc);
    idle = at_stmt(dbc);
    SQLHDESC *descs[] = {&ard, &apd, &ird, &ipd};
    static const SQLINTEGER ids[] = {SQL_ATTR_APP_ROW_DESC, SQL_ATTR_APP_PARAM_DESC,
                                     SQL_ATTR_IMP_ROW_DESC, SQL_ATTR_IMP_PARAM_DESC};
    for (size_t i = 0; i < LEN(ids); i++)
        at_sok(SQLGetStmtAttr(stmt, ids[i], descs[i], SQL_IS_POINTER, NULL), stmt);
    at_sok(SQLSetCursorName(stmt, S("taken")), stmt);
    at_exec(stmt, "select 1, 2");
    at_sok(SQLFetch(stmt), stmt);
    return 0;
}

static int teardown(void **state)
{
    at_free(stmt);
    at_free(idle);
    at_disconnect(dbc);
    return at_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(argument_errors),
#if !TD_THROUGH_DM
        cmocka_unit_test(dead_handles),
        cmocka_unit_test(implicit_descriptors),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

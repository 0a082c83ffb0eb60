/*
 * Attributes of environments, connections and statements: what setting each answers, and that docs/functions.md says the
 * same; the list of functions there against functions.def.
 */
#include "apitest.h"

#define LEN(a) (sizeof(a) / sizeof *(a))
#define P(v)   (SQLPOINTER)(intptr_t)(v)

/* `answer`: set (SQL_SUCCESS and the getter gives it back), a SQLSTATE of a substitute or refusal, or "read" for one that
   can only be read. */
struct attr_case {
    const char *name;
    SQLINTEGER attr;
    SQLPOINTER value;
    const char *answer;
};
#define A(attr) #attr, attr

static SQLULEN target[4];

static const struct attr_case stmt_cases[] = {
    {A(SQL_ATTR_APP_PARAM_DESC), SQL_NULL_HDESC, "set"},
    {A(SQL_ATTR_APP_ROW_DESC), SQL_NULL_HDESC, "set"},
    {A(SQL_ATTR_ASYNC_ENABLE), P(SQL_ASYNC_ENABLE_ON), "HYC00"},
    {A(SQL_ATTR_CONCURRENCY), P(SQL_CONCUR_VALUES), "01S02"},
    {A(SQL_ATTR_CURSOR_SCROLLABLE), P(SQL_SCROLLABLE), "set"},
    {A(SQL_ATTR_CURSOR_SENSITIVITY), P(SQL_SENSITIVE), "HYC00"},
    {A(SQL_ATTR_CURSOR_TYPE), P(SQL_CURSOR_KEYSET_DRIVEN), "01S02"},
    {A(SQL_ATTR_ENABLE_AUTO_IPD), P(SQL_TRUE), "HYC00"},
    {A(SQL_ATTR_FETCH_BOOKMARK_PTR), target, "set"},
    {A(SQL_ATTR_IMP_PARAM_DESC), P(1), "read"},
    {A(SQL_ATTR_IMP_ROW_DESC), P(1), "read"},
    {A(SQL_ATTR_KEYSET_SIZE), P(5), "01S02"},
    {A(SQL_ATTR_MAX_LENGTH), P(100), "set"},
    {A(SQL_ATTR_MAX_ROWS), P(100), "set"},
    {A(SQL_ATTR_METADATA_ID), P(SQL_TRUE), "set"},
    {A(SQL_ATTR_NOSCAN), P(SQL_NOSCAN_ON), "set"},
    {A(SQL_ATTR_PARAM_BIND_OFFSET_PTR), target, "set"},
    {A(SQL_ATTR_PARAM_BIND_TYPE), P(64), "set"},
    {A(SQL_ATTR_PARAM_OPERATION_PTR), target, "set"},
    {A(SQL_ATTR_PARAM_STATUS_PTR), target, "set"},
    {A(SQL_ATTR_PARAMS_PROCESSED_PTR), target, "set"},
    {A(SQL_ATTR_PARAMSET_SIZE), P(10), "set"},
    {A(SQL_ATTR_QUERY_TIMEOUT), P(10), "set"},
    {A(SQL_ATTR_RETRIEVE_DATA), P(SQL_RD_OFF), "set"},
    {A(SQL_ATTR_ROW_ARRAY_SIZE), P(10), "set"},
    {A(SQL_ATTR_ROW_BIND_OFFSET_PTR), target, "set"},
    {A(SQL_ATTR_ROW_BIND_TYPE), P(64), "set"},
    {A(SQL_ATTR_ROW_NUMBER), P(1), "read"},
    {A(SQL_ATTR_ROW_OPERATION_PTR), target, "set"},
    {A(SQL_ATTR_ROW_STATUS_PTR), target, "set"},
    {A(SQL_ATTR_ROWS_FETCHED_PTR), target, "set"},
    {A(SQL_ATTR_SIMULATE_CURSOR), P(SQL_SC_UNIQUE), "01S02"},
    {A(SQL_ATTR_USE_BOOKMARKS), P(SQL_UB_VARIABLE), "HYC00"},
    {A(SQL_ROWSET_SIZE), P(10), "set"},
};

static const struct attr_case dbc_cases[] = {
    {A(SQL_ATTR_ACCESS_MODE), P(SQL_MODE_READ_ONLY), "set"},
    {A(SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE), P(SQL_ASYNC_DBC_ENABLE_ON), "HYC00"},
    {A(SQL_ATTR_ASYNC_ENABLE), P(SQL_ASYNC_ENABLE_ON), "HYC00"},
    {A(SQL_ATTR_AUTO_IPD), P(1), "read"},
    {A(SQL_ATTR_AUTOCOMMIT), P(SQL_AUTOCOMMIT_OFF), "set"},
    {A(SQL_ATTR_CONNECTION_DEAD), P(1), "read"},
    {A(SQL_ATTR_CONNECTION_TIMEOUT), P(7), "set"},
    {A(SQL_ATTR_ENLIST_IN_DTC), P(1), "HYC00"},
    {A(SQL_ATTR_LOGIN_TIMEOUT), P(7), "set"},
    {A(SQL_ATTR_METADATA_ID), P(SQL_TRUE), "set"},
    {A(SQL_ATTR_PACKET_SIZE), P(4096), "01S02"},
    {A(SQL_ATTR_QUIET_MODE), target, "set"},
    {A(SQL_ATTR_TRANSLATE_LIB), P(1), "HYC00"},
    {A(SQL_ATTR_TRANSLATE_OPTION), P(1), "HYC00"},
    {A(SQL_ATTR_TXN_ISOLATION), P(SQL_TXN_SERIALIZABLE), "01S02"},
};

static const struct attr_case env_cases[] = {
    {A(SQL_ATTR_CONNECTION_POOLING), P(SQL_CP_ONE_PER_HENV), "set"},
    {A(SQL_ATTR_CP_MATCH), P(SQL_CP_RELAXED_MATCH), "set"},
    {A(SQL_ATTR_ODBC_VERSION), P(SQL_OV_ODBC3_80), "set"},
    {A(SQL_ATTR_OUTPUT_NTS), P(SQL_FALSE), "HYC00"},
};

#if !TD_THROUGH_DM /* the manager answers some of them itself */
static SQLRETURN set_one(SQLSMALLINT type, SQLHANDLE h, const struct attr_case *c)
{
    if (type == SQL_HANDLE_STMT) return SQLSetStmtAttr(h, c->attr, c->value, SQL_IS_POINTER);
    if (type == SQL_HANDLE_DBC) return SQLSetConnectAttr(h, c->attr, c->value, SQL_IS_POINTER);
    return SQLSetEnvAttr(h, c->attr, c->value, SQL_IS_POINTER);
}

static SQLRETURN get_one(SQLSMALLINT type, SQLHANDLE h, SQLINTEGER attr, SQLULEN *v)
{
    if (type == SQL_HANDLE_STMT) return SQLGetStmtAttr(h, attr, v, sizeof *v, NULL);
    if (type == SQL_HANDLE_DBC) return SQLGetConnectAttr(h, attr, v, sizeof *v, NULL);
    return SQLGetEnvAttr(h, attr, v, sizeof *v, NULL);
}

static void check(SQLSMALLINT type, SQLHANDLE h, const struct attr_case *c)
{
    SQLULEN before = 0, after = 0;
    bool readable = strcmp(c->answer, "HYC00") != 0 && c->attr != SQL_ATTR_ROW_NUMBER;
    if (readable) at_ok(get_one(type, h, c->attr, &before), type, h);
    SQLRETURN rc = set_one(type, h, c);
    if (strcmp(c->answer, "set") == 0) {
        at_ok_at(rc, type, h, c->name, __FILE__, __LINE__);
        assert_int_equal(rc, SQL_SUCCESS);
        at_ok(get_one(type, h, c->attr, &after), type, h);
        if (c->value) assert_true(after == (SQLULEN)c->value);
    } else if (strcmp(c->answer, "01S02") == 0) {
        at_rc_at(rc, SQL_SUCCESS_WITH_INFO, type, h, "01S02", c->name, __FILE__, __LINE__);
        at_ok(get_one(type, h, c->attr, &after), type, h);
        assert_true(after != (SQLULEN)c->value); /* the getter gives the substitute */
    } else if (strcmp(c->answer, "read") == 0) {
        assert_int_equal(rc, SQL_ERROR);
        const char *state = at_state(type, h);
        assert_true(strcmp(state, "HY092") == 0 || strcmp(state, "HY017") == 0);
    } else {
        at_rc_at(rc, SQL_ERROR, type, h, c->answer, c->name, __FILE__, __LINE__);
    }
}

static void answers(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("");
    for (size_t i = 0; i < LEN(stmt_cases); i++) {
        SQLHSTMT stmt = at_stmt(dbc); /* a fresh one: attributes depend on each other */
        check(SQL_HANDLE_STMT, stmt, &stmt_cases[i]);
        at_free(stmt);
    }
    for (size_t i = 0; i < LEN(dbc_cases); i++)
        check(SQL_HANDLE_DBC, dbc, &dbc_cases[i]);
    SQLHSTMT stmt = at_stmt(dbc);
    at_srv_fails(SQLSetStmtAttr(stmt, 4711, P(1), 0), stmt, "HY092");
    at_free(stmt);
    at_rc(SQLSetConnectAttr(dbc, 4711, P(1), 0), SQL_ERROR, SQL_HANDLE_DBC, dbc, "HY092");
    at_disconnect(dbc);
    for (size_t i = 0; i < LEN(env_cases); i++) {
        SQLHENV env;
        assert_int_equal(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env), SQL_SUCCESS);
        if (env_cases[i].attr != SQL_ATTR_ODBC_VERSION)
            assert_int_equal(SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, P(SQL_OV_ODBC3), 0),
                             SQL_SUCCESS);
        SQLULEN v = 0;
        SQLRETURN rc = set_one(SQL_HANDLE_ENV, env, &env_cases[i]);
        if (strcmp(env_cases[i].answer, "set") == 0) {
            at_ok(rc, SQL_HANDLE_ENV, env);
            at_ok(get_one(SQL_HANDLE_ENV, env, env_cases[i].attr, &v), SQL_HANDLE_ENV, env);
            assert_true(v == (SQLULEN)env_cases[i].value);
        } else {
            at_rc(rc, SQL_ERROR, SQL_HANDLE_ENV, env, env_cases[i].answer);
        }
        SQLFreeHandle(SQL_HANDLE_ENV, env);
    }
}
#endif

/* The rows of docs/functions.md: `| NAME | answer | …`. */
static char *page(void)
{
    static char text[65536];
    FILE *f = fopen(TD_TEST_DATA "/../../docs/functions.md", "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    assert_true(n > 0 && n < sizeof text - 1);
    text[n] = 0;
    return text;
}

/* The section of the page under a heading, cut out in place. */
static char *section(char *text, const char *heading)
{
    char *p = strstr(text, heading);
    assert_non_null(p);
    char *end = strstr(p + strlen(heading), "\n## ");
    if (end) *end = 0;
    return p;
}

static void check_section(const char *heading, const struct attr_case *cases, size_t n)
{
    char *text = section(page(), heading);
    size_t rows = 0;
    for (char *p = text; (p = strstr(p, "\n| SQL_")); p++)
        rows++;
    for (size_t i = 0; i < n; i++) {
        char row[100];
        snprintf(row, sizeof row, "\n| %s | %s |", cases[i].name, cases[i].answer);
        if (!strstr(text, row)) fail_msg("docs/functions.md, %s: no row%s", heading, row);
    }
    assert_int_equal(rows, n);
}

static void documented(void **state)
{
    (void)state;
    check_section("## Statement attributes", stmt_cases, LEN(stmt_cases));
    check_section("## Connection attributes", dbc_cases, LEN(dbc_cases));
    check_section("## Environment attributes", env_cases, LEN(env_cases));
}

static void functions(void **state)
{
    (void)state;
    static const char *const names[] = {
#define TD_FN(name, id, wide) #name,
#include "../../driver/odbc/functions.def"
    };
    char *text = section(page(), "## Functions");
    size_t rows = 0;
    for (char *p = text; (p = strstr(p, "\n| SQL")); p++)
        rows++;
    for (size_t i = 0; i < LEN(names); i++) {
        char row[100];
        snprintf(row, sizeof row, "\n| %s |", names[i]);
        if (!strstr(text, row)) fail_msg("docs/functions.md has no row for %s", names[i]);
    }
    assert_int_equal(rows, LEN(names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if !TD_THROUGH_DM
        cmocka_unit_test(answers),
#endif
        cmocka_unit_test(documented),
        cmocka_unit_test(functions),
    };
    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

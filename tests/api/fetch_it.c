/*
 * Every way of fetching: column- and row-wise binding, bind offset, status array, SQLExtendedFetch, MAX_ROWS, MAX_LENGTH,
 * RETRIEVE_DATA, SQLGetData on any column in any order and in pieces, also inside row sets, rebinding between fetches.
 */
#include "apitest.h"

#include "gen_values.h"

#define ROWS                                                                                       \
    "select * from gen.cols('ts timestamp, i int, b bigint, d double, v varchar(16), n "           \
    "nchar(8)') where rows=10 and block=4 and seed=7"

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int open_stmt(void **state)
{
    (void)state;
    dbc = at_connect("Timezone=UTC;");
    stmt = at_stmt(dbc);
    return 0;
}

static int close_stmt(void **state)
{
    (void)state;
    at_free(stmt);
    at_disconnect(dbc);
    return 0;
}

static void attr(SQLINTEGER a, SQLPOINTER v)
{
    at_sok(SQLSetStmtAttr(stmt, a, v, 0), stmt);
}

/* The ten values of column `i`, read one by one: what every other way must give too. */
static SQLINTEGER want[10];

static void read_plain(void)
{
    SQLLEN ind;

    at_exec(stmt, ROWS);
    for (int r = 0; r < 10; r++) {
        at_sok(SQLFetch(stmt), stmt);
        at_sok(SQLGetData(stmt, 2, SQL_C_SLONG, &want[r], 0, &ind), stmt);
        assert_int_equal(ind, sizeof want[r]);
    }
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLCloseCursor(stmt), stmt);
}

static void column_wise(void **state)
{
    (void)state;
    SQLINTEGER v[3];
    SQLCHAR text[3][17];
    SQLLEN vi[3], ti[3];
    SQLULEN got;
    SQLUSMALLINT status[3];
    int r = 0;

    read_plain();
    attr(SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)3);
    attr(SQL_ATTR_ROWS_FETCHED_PTR, &got);
    attr(SQL_ATTR_ROW_STATUS_PTR, status);
    at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, v, 0, vi), stmt);
    at_sok(SQLBindCol(stmt, 5, SQL_C_CHAR, text, sizeof text[0], ti), stmt);
    at_exec(stmt, ROWS);
    while (SQLFetch(stmt) != SQL_NO_DATA) {
        for (SQLULEN k = 0; k < got; k++, r++) {
            assert_int_equal(v[k], want[r]);
            assert_int_equal(ti[k], strlen((char *)text[k]));
            assert_int_equal(status[k], SQL_ROW_SUCCESS);
        }
        for (SQLULEN k = got; k < 3; k++)
            assert_int_equal(status[k], SQL_ROW_NOROW);
    }
    assert_int_equal(r, 10);
    assert_int_equal(got, 0);
}

struct row {
    SQLLEN vi;
    SQLINTEGER v;
    SQLLEN ti;
    SQLCHAR text[17];
};

static void row_wise_with_offset(void **state)
{
    (void)state;
    static struct row rows[10 + 4];
    SQLLEN offset = 0;
    SQLULEN got;

    read_plain();
    memset(rows, 0xAB, sizeof rows);
    attr(SQL_ATTR_ROW_BIND_TYPE, (SQLPOINTER)sizeof(struct row));
    attr(SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset);
    attr(SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)4);
    attr(SQL_ATTR_ROWS_FETCHED_PTR, &got);
    at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, &rows[0].v, 0, &rows[0].vi), stmt);
    at_sok(SQLBindCol(stmt, 5, SQL_C_CHAR, rows[0].text, sizeof rows[0].text, &rows[0].ti), stmt);
    at_exec(stmt, ROWS);
    while (SQLFetch(stmt) != SQL_NO_DATA)
        offset += (SQLLEN)(got * sizeof(struct row));
    for (int r = 0; r < 10; r++) {
        assert_int_equal(rows[r].v, want[r]);
        assert_int_equal(rows[r].vi, sizeof(SQLINTEGER));
        assert_int_equal(rows[r].ti, strlen((char *)rows[r].text));
    }
    for (size_t k = 0; k < 4 * sizeof(struct row); k++)
        assert_int_equal(((uint8_t *)&rows[10])[k], 0xAB);
}

static void extended_fetch(void **state)
{
    (void)state;
    SQLINTEGER v[4];
    SQLLEN ind[4];
    SQLULEN got, total = 0;
    SQLUSMALLINT status[4];

    read_plain();
    attr(SQL_ROWSET_SIZE, (SQLPOINTER)4);
    at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, v, 0, ind), stmt);
    at_exec(stmt, ROWS);
    while (SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 0, &got, status) != SQL_NO_DATA) {
        for (SQLULEN k = 0; k < got; k++)
            assert_int_equal(v[k], want[total + k]);
        total += got;
        /* SQLFetch may not be mixed in (state S7) */
        at_srv_fails(SQLFetch(stmt), stmt, "HY010");
    }
    assert_int_equal(total, 10);
}

static void max_rows(void **state)
{
    (void)state;
    SQLULEN got, total = 0;

    attr(SQL_ATTR_MAX_ROWS, (SQLPOINTER)7);
    attr(SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)3);
    attr(SQL_ATTR_ROWS_FETCHED_PTR, &got);
    at_exec(stmt, ROWS);
    while (SQLFetch(stmt) != SQL_NO_DATA)
        total += got;
    assert_int_equal(total, 7);
}

static void max_length_cuts(void **state)
{
    (void)state;
    SQLCHAR buf[32];
    SQLLEN ind;

    attr(SQL_ATTR_MAX_LENGTH, (SQLPOINTER)4);
    at_exec(stmt, "select 'abcdefgh'");
    at_sok(SQLBindCol(stmt, 1, SQL_C_CHAR, buf, sizeof buf, &ind), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_string_equal((char *)buf, "abcd");
}

static void retrieve_data_off(void **state)
{
    (void)state;
    SQLINTEGER v = 0x5a5a5a5a;
    SQLLEN ind = 99;

    attr(SQL_ATTR_RETRIEVE_DATA, (SQLPOINTER)SQL_RD_OFF);
    at_exec(stmt, ROWS);
    at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, &v, 0, &ind), stmt);
    at_sok(SQLFetch(stmt), stmt);
    assert_int_equal(v, 0x5a5a5a5a);
    assert_int_equal(ind, 99);
}

static void get_data_any_order(void **state)
{
    (void)state;
    SQLINTEGER v, bound;
    SQLLEN ind, bi;
    char a[64], b[64];

    read_plain();
    at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, &bound, 0, &bi), stmt);
    at_exec(stmt, ROWS);
    for (int r = 0; r < 10; r++) {
        at_sok(SQLFetch(stmt), stmt);
        assert_int_equal(bound, want[r]);
        at_sok(SQLGetData(stmt, 6, SQL_C_CHAR, a, sizeof a, &ind), stmt);
        at_sok(SQLGetData(stmt, 2, SQL_C_SLONG, &v, 0, &ind),
               stmt); /* bound, and before column 6 */
        assert_int_equal(v, want[r]);
        assert_int_equal(SQLGetData(stmt, 2, SQL_C_SLONG, &v, 0, &ind), SQL_NO_DATA);
        at_sok(SQLGetData(stmt, 1, SQL_C_CHAR, b, sizeof b, &ind), stmt);
        at_sok(SQLGetData(stmt, 6, SQL_C_CHAR, b, sizeof b, &ind),
               stmt); /* again, from its beginning */
        assert_string_equal(a, b);
    }
}

static void get_data_in_row_sets(void **state)
{
    (void)state;
    SQLULEN got;
    SQLINTEGER v;
    SQLLEN ind;
    int seen = 0;

    read_plain();
    attr(SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)7); /* over two blocks of four */
    attr(SQL_ATTR_ROWS_FETCHED_PTR, &got);
    at_exec(stmt, ROWS);
    while (SQLFetch(stmt) != SQL_NO_DATA) {
        for (SQLULEN k = got; k-- > 0;) {
            at_sok(SQLSetPos(stmt, k + 1, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt);
            at_sok(SQLGetData(stmt, 2, SQL_C_SLONG, &v, 0, &ind), stmt);
            assert_int_equal(v, want[seen + (int)k]);
        }
        at_srv_fails(SQLSetPos(stmt, got + 1, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt, "HY107");
        seen += (int)got;
    }
    assert_int_equal(seen, 10);
}

static void pieces(void **state)
{
    (void)state;
    static const char text[] = "0123456789abcdefghij żółć 日本語";
    char got[128] = "", buf[8];
    SQLLEN ind, left = (SQLLEN)sizeof text - 1;
    SQLRETURN rc;

    at_execf(stmt, "select '%s'", text);
    at_sok(SQLFetch(stmt), stmt);
    while ((rc = SQLGetData(stmt, 1, SQL_C_CHAR, buf, sizeof buf, &ind)) != SQL_NO_DATA) {
        at_sok(rc, stmt);
        assert_int_equal(ind, left); /* what was left before this call */
        strcat(got, buf);
        left -= (SQLLEN)strlen(buf);
        if (left) assert_string_equal(at_state(SQL_HANDLE_STMT, stmt), "01004");
    }
    assert_string_equal(got, text);
    assert_int_equal(left, 0);
    /* only the length */
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_execf(stmt, "select '%s'", text);
    at_sok(SQLFetch(stmt), stmt);
    at_sok(SQLGetData(stmt, 1, SQL_C_CHAR, buf, 0, &ind), stmt);
    assert_int_equal(ind, (SQLLEN)sizeof text - 1);
}

static void nulls_need_an_indicator(void **state)
{
    (void)state;
    SQLINTEGER v[2];
    SQLLEN ind;

    at_exec(stmt, "select null");
    at_sok(SQLBindCol(stmt, 1, SQL_C_SLONG, v, 0, NULL), stmt);
    at_srv_fails(SQLFetch(stmt), stmt, "22002");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_UNBIND), stmt);
    at_exec(stmt, "select null");
    at_sok(SQLFetch(stmt), stmt);
    at_srv_fails(SQLGetData(stmt, 1, SQL_C_SLONG, v, 0, NULL), stmt, "22002");
    at_sok(SQLGetData(stmt, 1, SQL_C_SLONG, v, 0, &ind), stmt);
    assert_int_equal(ind, SQL_NULL_DATA);
}

static void rows_report_their_own_errors(void **state)
{
    (void)state;
    SQLSCHAR v[10];
    SQLLEN ind[10];
    SQLUSMALLINT status[10];
    SQLULEN got;
    int bad = 0;
    SQLLEN row;
    SQLINTEGER col;

    read_plain();
    attr(SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)10);
    attr(SQL_ATTR_ROW_STATUS_PTR, status);
    attr(SQL_ATTR_ROWS_FETCHED_PTR, &got);
    at_exec(stmt, ROWS);
    at_sok(SQLBindCol(stmt, 2, SQL_C_STINYINT, v, 0, ind), stmt);
    SQLRETURN rc = SQLFetch(stmt);
    for (int r = 0; r < 10; r++) {
        bool fits = want[r] >= -128 && want[r] <= 127;
        assert_int_equal(status[r], fits ? SQL_ROW_SUCCESS : SQL_ROW_ERROR);
        bad += !fits;
    }
    assert_true(bad > 0);
    assert_int_equal(rc, bad == 10 ? SQL_ERROR : SQL_SUCCESS_WITH_INFO);
    assert_string_equal(at_state(SQL_HANDLE_STMT, stmt), "22003");
    at_sok(SQLGetDiagField(SQL_HANDLE_STMT, stmt, 1, SQL_DIAG_ROW_NUMBER, &row, 0, NULL), stmt);
    at_sok(SQLGetDiagField(SQL_HANDLE_STMT, stmt, 1, SQL_DIAG_COLUMN_NUMBER, &col, 0, NULL), stmt);
    assert_int_equal(col, 2);
    assert_true(row >= 1 && row <= 10 && status[row - 1] == SQL_ROW_ERROR);
}

static void rebind_between_fetches(void **state)
{
    (void)state;
    SQLINTEGER v;
    SQLBIGINT w;
    char text[32], num[32];
    SQLLEN ind;

    read_plain();
    at_exec(stmt, ROWS);
    for (int r = 0; r < 9; r += 3) {
        at_sok(SQLBindCol(stmt, 2, SQL_C_SLONG, &v, 0, &ind), stmt);
        at_sok(SQLFetch(stmt), stmt);
        assert_int_equal(v, want[r]);
        at_sok(SQLBindCol(stmt, 2, SQL_C_SBIGINT, &w, 0, &ind), stmt);
        at_sok(SQLFetch(stmt), stmt);
        assert_int_equal(w, want[r + 1]);
        at_sok(SQLBindCol(stmt, 2, SQL_C_CHAR, text, sizeof text, &ind), stmt);
        at_sok(SQLFetch(stmt), stmt);
        snprintf(num, sizeof num, "%d", (int)want[r + 2]);
        assert_string_equal(text, num);
    }
}

static void bad_arguments(void **state)
{
    (void)state;
    char buf[8];
    SQLLEN ind;

    at_exec(stmt, ROWS);
    at_srv_fails(SQLGetData(stmt, 1, SQL_C_CHAR, buf, sizeof buf, &ind), stmt, "24000");
    at_sok(SQLFetch(stmt), stmt);
    at_srv_fails(SQLGetData(stmt, 7, SQL_C_CHAR, buf, sizeof buf, &ind), stmt, "07009");
    at_srv_fails(SQLGetData(stmt, 1, SQL_C_CHAR, buf, -5, &ind), stmt, "HY090");
    at_srv_fails(SQLGetData(stmt, 1, SQL_C_GUID, buf, sizeof buf, &ind), stmt, "07006");
    at_srv_fails(SQLFetchScroll(stmt, SQL_FETCH_PRIOR, 0), stmt, "HY106");
    at_srv_fails(SQLExecDirect(stmt, (SQLCHAR *)"select 1", SQL_NTS), stmt, "24000");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stmt, close_stmt)
    const struct CMUnitTest tests[] = {
        T(column_wise),
        T(row_wise_with_offset),
        T(extended_fetch),
        T(max_rows),
        T(max_length_cuts),
        T(retrieve_data_off),
        T(get_data_any_order),
        T(get_data_in_row_sets),
        T(pieces),
        T(nulls_need_an_indicator),
        T(rows_report_their_own_errors),
        T(rebind_between_fetches),
        T(bad_arguments),
    };

    return at_run_tests(tests, at_setup, at_teardown);
}

/*
 * Static cursors: positions as the reference's tables for SQLFetchScroll say, values the same wherever they are read from,
 * memory bounded by MaxCursorMemory.
 */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt;
static SQLBIGINT v[64];
static SQLLEN ind[64];
static SQLULEN got;
static SQLUSMALLINT status[64];

static int open_with(const char *extra)
{
    dbc = at_connect(extra);
    stmt = at_stmt(dbc);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_ROWS_FETCHED_PTR, &got, 0), stmt);
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0), stmt);
    at_sok(SQLBindCol(stmt, 1, SQL_C_SBIGINT, v, 0, ind), stmt);
    return 0;
}

static int open_stmt(void **state)
{
    (void)state;
    return open_with("Timezone=UTC;");
}

static int close_stmt(void **state)
{
    (void)state;
    at_free(stmt);
    at_disconnect(dbc);
    return 0;
}

/* Row r of the result: the timestamps of gen.numeric rise by a constant step. */
static SQLBIGINT first_ts, step;

static void open_rows(SQLULEN rows, SQLULEN rowset)
{
    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)rowset, 0), stmt);
    at_execf(stmt, "select * from gen.numeric where rows=%llu and block=7",
             (unsigned long long)rows);
    if (rows > 1 && rowset >= 2) {
        at_sok(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt);
        first_ts = v[0];
        step = v[1] - v[0];
        at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
        at_execf(stmt, "select * from gen.numeric where rows=%llu and block=7",
                 (unsigned long long)rows);
    }
}

struct step {
    SQLSMALLINT orientation;
    SQLLEN offset;
    SQLULEN start; /* first row, 0 = SQL_NO_DATA */
    SQLULEN rows;
    const char *state;
};

/* 20 rows, row sets of 5: each line is one row of the reference's tables. */
static const struct step walk[] = {
    {SQL_FETCH_PRIOR, 0, 0, 0, ""}, /* before the start stays there */
    {SQL_FETCH_RELATIVE, -1, 0, 0, ""},
    {SQL_FETCH_RELATIVE, 3, 3, 5, ""}, /* from before the start: absolute */
    {SQL_FETCH_NEXT, 0, 8, 5, ""},
    {SQL_FETCH_NEXT, 0, 13, 5, ""},
    {SQL_FETCH_NEXT, 0, 18, 3, ""}, /* partial */
    {SQL_FETCH_NEXT, 0, 0, 0, ""},  /* after the end */
    {SQL_FETCH_NEXT, 0, 0, 0, ""},
    {SQL_FETCH_RELATIVE, 0, 0, 0, ""},
    {SQL_FETCH_PRIOR, 0, 16, 5, ""}, /* from after the end: the last row set */
    {SQL_FETCH_PRIOR, 0, 11, 5, ""},
    {SQL_FETCH_ABSOLUTE, 3, 3, 5, ""},
    {SQL_FETCH_PRIOR, 0, 1, 5, "01S06"}, /* 1 < start ≤ row set size */
    {SQL_FETCH_PRIOR, 0, 0, 0, ""},
    {SQL_FETCH_FIRST, 0, 1, 5, ""},
    {SQL_FETCH_LAST, 0, 16, 5, ""},
    {SQL_FETCH_RELATIVE, -10, 6, 5, ""},
    {SQL_FETCH_RELATIVE, 0, 6, 5, ""},
    {SQL_FETCH_RELATIVE, 9, 15, 5, ""},
    {SQL_FETCH_RELATIVE, 100, 0, 0, ""},
    {SQL_FETCH_RELATIVE, -4, 17, 4, ""}, /* from after the end: absolute −4 */
    {SQL_FETCH_ABSOLUTE, 2, 2, 5, ""},
    {SQL_FETCH_RELATIVE, -3, 1, 5, "01S06"},
    {SQL_FETCH_ABSOLUTE, 2, 2, 5, ""},
    {SQL_FETCH_RELATIVE, -6, 0, 0, ""}, /* |offset| > row set size */
    {SQL_FETCH_ABSOLUTE, -20, 1, 5, ""},
    {SQL_FETCH_ABSOLUTE, -1, 20, 1, ""},
    {SQL_FETCH_ABSOLUTE, -21, 0, 0, ""},
    {SQL_FETCH_ABSOLUTE, 0, 0, 0, ""},
    {SQL_FETCH_ABSOLUTE, 21, 0, 0, ""},
    {SQL_FETCH_ABSOLUTE, 20, 20, 1, ""},
};

static void positions(void **state)
{
    (void)state;
    open_rows(20, 5);
    for (size_t i = 0; i < sizeof walk / sizeof *walk; i++) {
        const struct step *w = &walk[i];
        SQLRETURN rc = SQLFetchScroll(stmt, w->orientation, w->offset);
        if (!w->start) {
            if (rc != SQL_NO_DATA) fail_msg("step %zu: %d instead of SQL_NO_DATA", i, rc);
            assert_int_equal(got, 0);
            continue;
        }
        at_rc(rc, *w->state ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS, SQL_HANDLE_STMT, stmt, w->state);
        if (got != w->rows || v[0] != first_ts + step * (SQLBIGINT)(w->start - 1))
            fail_msg("step %zu: %llu rows from row %lld", i, (unsigned long long)got,
                     (long long)((v[0] - first_ts) / step + 1));
        for (SQLULEN r = 0; r < got; r++)
            assert_int_equal(v[r], first_ts + step * (SQLBIGINT)(w->start - 1 + r));
        SQLULEN row = 0;
        at_sok(SQLGetStmtAttr(stmt, SQL_ATTR_ROW_NUMBER, &row, 0, NULL), stmt);
        assert_int_equal(row, w->start);
    }
}

/* Fewer rows than a row set, and none. */
static void small_results(void **state)
{
    (void)state;
    open_rows(3, 5);
    at_sok(SQLFetchScroll(stmt, SQL_FETCH_LAST, 0), stmt);
    assert_int_equal(got, 3);
    assert_int_equal(status[3], SQL_ROW_NOROW);
    assert_int_equal(SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0), SQL_NO_DATA);
    at_rc(SQLFetchScroll(stmt, SQL_FETCH_PRIOR, 0), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt,
          "01S06");
    assert_int_equal(got, 3);
    at_rc(SQLFetchScroll(stmt, SQL_FETCH_ABSOLUTE, -5), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT,
          stmt, "01S06");
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    at_exec(stmt, "select * from gen.numeric where rows=0");
    static const SQLSMALLINT all[] = {SQL_FETCH_FIRST, SQL_FETCH_LAST,     SQL_FETCH_NEXT,
                                      SQL_FETCH_PRIOR, SQL_FETCH_ABSOLUTE, SQL_FETCH_RELATIVE};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(SQLFetchScroll(stmt, all[i], 1), SQL_NO_DATA);
}

static void get_data_and_refresh(void **state)
{
    (void)state;
    SQLBIGINT x;
    SQLLEN n;

    open_rows(30, 10);
    at_sok(SQLFetchScroll(stmt, SQL_FETCH_ABSOLUTE, 11), stmt);
    at_sok(SQLSetPos(stmt, 7, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt);
    at_sok(SQLGetData(stmt, 1, SQL_C_SBIGINT, &x, 0, &n), stmt);
    assert_int_equal(x, first_ts + step * 16);
    memset(v, 0, sizeof v);
    at_sok(SQLSetPos(stmt, 0, SQL_REFRESH, SQL_LOCK_NO_CHANGE), stmt);
    for (int r = 0; r < 10; r++)
        assert_int_equal(v[r], first_ts + step * (10 + r));
    at_srv_fails(SQLSetPos(stmt, 1, SQL_DELETE, SQL_LOCK_NO_CHANGE), stmt, "HYC00");
}

static void cursor_attributes(void **state)
{
    (void)state;
    SQLHSTMT s = at_stmt(dbc);
    SQLULEN type = 99;

    at_rc(SQLSetStmtAttr(s, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_KEYSET_DRIVEN, 0),
          SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, s, "01S02");
    at_sok(SQLGetStmtAttr(s, SQL_ATTR_CURSOR_TYPE, &type, 0, NULL), s);
    assert_int_equal(type, SQL_CURSOR_STATIC);
    at_sok(SQLSetStmtAttr(s, SQL_ATTR_CURSOR_SCROLLABLE, (SQLPOINTER)SQL_NONSCROLLABLE, 0), s);
    at_sok(SQLGetStmtAttr(s, SQL_ATTR_CURSOR_TYPE, &type, 0, NULL), s);
    assert_int_equal(type, SQL_CURSOR_FORWARD_ONLY);
    at_exec(s, "select 1");
    at_srv_fails(SQLSetStmtAttr(s, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), s,
                 "24000");
    at_free(s);
}

static size_t resident_kb(void)
{
    size_t pages = 0, rss = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f && fscanf(f, "%zu %zu", &pages, &rss) != 2) rss = 0;
    if (f) fclose(f);
    return rss * 4;
}

/* 5 million rows jumped about in at random; the memory stays near the limit (the rest lies in the unlinked file). */
static void many_rows_at_random(void **state)
{
    (void)state;
    const SQLULEN rows = 5000000;
    uint32_t x = 12345;

    at_sok(SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)2, 0), stmt);
    size_t before = resident_kb();
    at_execf(stmt, "select * from gen.numeric where rows=%llu and block=4096",
             (unsigned long long)rows);
    at_sok(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt);
    first_ts = v[0];
    step = v[1] - v[0];
    at_sok(SQLFetchScroll(stmt, SQL_FETCH_LAST, 0), stmt);
    assert_int_equal(v[1], first_ts + step * (SQLBIGINT)(rows - 1));
    for (int i = 0; i < 2000; i++) {
        x = x * 1664525 + 1013904223;
        SQLULEN row = (SQLULEN)x % (rows - 1) + 1;
        at_sok(SQLFetchScroll(stmt, SQL_FETCH_ABSOLUTE, (SQLLEN)row), stmt);
        assert_int_equal(v[0], first_ts + step * (SQLBIGINT)(row - 1));
        assert_int_equal(v[1], first_ts + step * (SQLBIGINT)row);
    }
    size_t grown = resident_kb() - before;
    print_message("static cursor of %llu rows: resident memory grew by %zu kB\n",
                  (unsigned long long)rows, grown);
    assert_true(grown < 64 * 1024); /* 100 MB of blocks, limit 16 MB, sanitizer's shadow included */
}

static int open_small_memory(void **state)
{
    (void)state;
    return open_with("Timezone=UTC;MaxCursorMemory=16;");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stmt, close_stmt)
    const struct CMUnitTest tests[] = {
        T(positions),
        T(small_results),
        T(get_data_and_refresh),
        T(cursor_attributes),
        cmocka_unit_test_setup_teardown(many_rows_at_random, open_small_memory, close_stmt),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/*
 * Arrays of parameters: layouts, operation and status arrays, many tables in one message, limits of
 * a message, and what is promised when rows are bad, when the server refuses, and when the
 * connection is lost.
 */
#include "apitest.h"

static SQLHDBC dbc;
static SQLHSTMT stmt, other;

static int open_all(void **state)
{
    (void)state;
    dbc = at_connect("Timezone=UTC;");
    stmt = at_stmt(dbc);
    other = at_stmt(dbc);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    at_free(stmt);
    at_free(other);
    at_disconnect(dbc);
    return 0;
}

static void attr(SQLHSTMT h, SQLINTEGER a, const void *v)
{
    at_sok(SQLSetStmtAttr(h, a, (SQLPOINTER)(uintptr_t)v, 0), h);
}

static void sets(SQLHSTMT h, size_t n)
{
    attr(h, SQL_ATTR_PARAMSET_SIZE, (void *)n);
}

static void prepare(SQLHSTMT h, const char *sql)
{
    at_sok(SQLPrepare(h, (SQLCHAR *)(uintptr_t)sql, SQL_NTS), h);
}

static void bind_as(SQLHSTMT h, SQLUSMALLINT n, SQLSMALLINT c, SQLSMALLINT sql, void *p, SQLLEN cap,
                    SQLLEN *ind)
{
    at_sok(SQLBindParameter(h, n, SQL_PARAM_INPUT, c, sql, cap ? (SQLULEN)cap : 20, 0, p, cap, ind),
           h);
}

static long counter(const char *name)
{
    char sql[20] = "tdlite stats", found[64];
    SQLHSTMT s = at_stmt(dbc);
    long v = 0;

    at_exec(s, sql);
    while (SQLFetch(s) == SQL_SUCCESS) {
        snprintf(found, sizeof found, "%s", at_text(s, 1));
        if (strcmp(found, name) == 0) v = atol(at_text(s, 2));
    }
    at_free(s);
    return v;
}

static void clear_counters(void)
{
    at_exec(other, "tdlite stats clear");
}

/* ---- layouts ---- */

struct row {
    char pad;
    int64_t ts;
    SQLINTEGER v;
    SQLLEN v_ind;
    char s[11];
    SQLLEN s_ind;
} __attribute__((packed));

static void check_rows(const char *table, int n, const char *const *v, const char *const *s)
{
    char sql[100];

    snprintf(sql, sizeof sql, "select v, s from %s order by ts", table);
    at_exec(other, sql);
    for (int i = 0; i < n; i++) {
        at_sok(SQLFetch(other), other);
        const char *got = at_text(other, 1);
        assert_true(v[i] ? got && strcmp(got, v[i]) == 0 : got == NULL);
        got = at_text(other, 2);
        assert_true(s[i] ? got && strcmp(got, s[i]) == 0 : got == NULL);
    }
    assert_int_equal(SQLFetch(other), SQL_NO_DATA);
    at_sok(SQLCloseCursor(other), other);
}

static const char *const want_v[] = {"10", NULL, "12", "13"};
static const char *const want_s[] = {"a", "bb", NULL, ""};

static void column_wise(void **state)
{
    (void)state;
    int64_t ts[4] = {1709164800000, 1709164800001, 1709164800002, 1709164800003};
    SQLINTEGER v[4] = {10, 11, 12, 13};
    SQLLEN vi[4] = {0, SQL_NULL_DATA, 0, 0}, si[4] = {1, SQL_NTS, SQL_NULL_DATA, 0};
    char s[4][11] = {"axxx", "bb", "cc", "dd"};
    SQLUSMALLINT status[4] = {9, 9, 9, 9};
    SQLULEN done = 99;
    SQLLEN count;

    at_exec(stmt, "create database if not exists pa");
    at_exec(stmt, "create table pa.col (ts timestamp, v int, s varchar(10))");
    sets(stmt, 4);
    attr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status);
    attr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done);
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, v, 0, vi);
    bind_as(stmt, 3, SQL_C_CHAR, SQL_VARCHAR, s, 11, si);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"insert into pa.col values(?,?,?)", SQL_NTS), SQL_SUCCESS,
          SQL_HANDLE_STMT, stmt, NULL);
    at_sok(SQLRowCount(stmt, &count), stmt);
    assert_int_equal(count, 4);
    assert_int_equal(done, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(status[i], SQL_PARAM_SUCCESS);
    check_rows("pa.col", 4, want_v, want_s);
}

/* Packed structures, moved by a bind offset. */
static void row_wise(void **state)
{
    (void)state;
    struct row rows[8];
    SQLLEN offset = 4 * sizeof *rows;

    memset(rows, 0xAB, sizeof rows);
    for (int i = 0; i < 4; i++) {
        struct row *r = &rows[4 + i];
        r->ts = 1709164800000 + i;
        r->v = 10 + i;
        r->v_ind = i == 1 ? SQL_NULL_DATA : 0;
        snprintf(r->s, sizeof r->s, "%s", want_s[i] ? want_s[i] : "x");
        r->s_ind = i == 2 ? SQL_NULL_DATA : SQL_NTS;
    }
    at_exec(stmt, "create table pa.byrow (ts timestamp, v int, s varchar(10))");
    sets(stmt, 4);
    attr(stmt, SQL_ATTR_PARAM_BIND_TYPE, (void *)sizeof *rows);
    attr(stmt, SQL_ATTR_PARAM_BIND_OFFSET_PTR, &offset);
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, (char *)rows + offsetof(struct row, ts), 0, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, (char *)rows + offsetof(struct row, v), 0,
            (SQLLEN *)(void *)((char *)rows + offsetof(struct row, v_ind)));
    bind_as(stmt, 3, SQL_C_CHAR, SQL_VARCHAR, (char *)rows + offsetof(struct row, s), 11,
            (SQLLEN *)(void *)((char *)rows + offsetof(struct row, s_ind)));
    at_sok(SQLExecDirect(stmt, (SQLCHAR *)"insert into pa.byrow values(?,?,?)", SQL_NTS), stmt);
    check_rows("pa.byrow", 4, want_v, want_s);
}

/* Ignored sets are not looked at: their values and indicators are garbage. */
static void operation_array(void **state)
{
    (void)state;
    int64_t ts[4] = {1709164800000, 0, 1709164800002, 0};
    SQLINTEGER v[4] = {1, 2, 3, 4};
    char s[4][11] = {"a", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "c", ""};
    SQLLEN si[4] = {SQL_NTS, 0x7777777777, SQL_NTS, -77};
    SQLUSMALLINT op[4] = {SQL_PARAM_PROCEED, SQL_PARAM_IGNORE, SQL_PARAM_PROCEED, SQL_PARAM_IGNORE};
    SQLUSMALLINT status[4];
    SQLULEN done = 99;

    at_exec(stmt, "create table pa.op (ts timestamp, v int, s varchar(10))");
    sets(stmt, 4);
    attr(stmt, SQL_ATTR_PARAM_OPERATION_PTR, op);
    attr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status);
    attr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done);
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    bind_as(stmt, 3, SQL_C_CHAR, SQL_VARCHAR, s, 11, si);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"insert into pa.op values(?,?,?)", SQL_NTS), SQL_SUCCESS,
          SQL_HANDLE_STMT, stmt, NULL);
    assert_int_equal(done, 4);
    assert_int_equal(status[0], SQL_PARAM_SUCCESS);
    assert_int_equal(status[1], SQL_PARAM_UNUSED);
    assert_int_equal(status[2], SQL_PARAM_SUCCESS);
    assert_int_equal(status[3], SQL_PARAM_UNUSED);
    assert_string_equal(at_scalar(other, "select count(*) from pa.op"), "2");
    op[0] = op[2] = SQL_PARAM_IGNORE; // nothing is left to do
    at_sok(SQLExecDirect(stmt, (SQLCHAR *)"insert into pa.op values(?,?,?)", SQL_NTS), stmt);
    assert_string_equal(at_scalar(other, "select count(*) from pa.op"), "2");
}

/* ---- many tables ---- */

#define TABLES 1000
#define EACH   100

static void interleaved_tables(void **state)
{
    (void)state;
    size_t n = (size_t)TABLES * EACH;
    char(*names)[16] = malloc(n * sizeof *names);
    int64_t *ts = malloc(n * sizeof *ts);
    SQLINTEGER *v = malloc(n * sizeof *v), *tag = malloc(n * sizeof *tag);
    SQLULEN done = 0;

    at_exec(stmt, "create table pa.many (ts timestamp, v int) tags(g int)");
    for (size_t i = 0; i < n; i++) {
        size_t t = i % TABLES;
        snprintf(names[i], sizeof *names, "pa.m%zu", t);
        ts[i] = 1709164800000 + (int64_t)(i / TABLES);
        v[i] = (SQLINTEGER)i;
        tag[i] = (SQLINTEGER)t;
    }
    clear_counters();
    sets(stmt, n);
    attr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done);
    prepare(stmt, "insert into ? using pa.many tags(?) values(?,?)");
    bind_as(stmt, 1, SQL_C_CHAR, SQL_VARCHAR, names, sizeof *names, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, tag, 0, NULL);
    bind_as(stmt, 3, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 4, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_rc(SQLExecute(stmt), SQL_SUCCESS, SQL_HANDLE_STMT, stmt, NULL);
    assert_int_equal(done, n);
    assert_int_equal(counter("action.stmt2_init"), 1);
    assert_int_equal(counter("action.stmt2_prepare"), 1);
    assert_int_equal(counter("action.stmt2_bind"), 1);
    assert_int_equal(counter("action.stmt2_exec"), 1);
    assert_int_equal(counter("violations"), 0);
    // every row: of table t the values t, t+1000, …
    at_exec(other, "select g, v, ts from pa.many order by g, ts");
    SQLINTEGER g, got;
    SQLBIGINT when;
    at_sok(SQLBindCol(other, 1, SQL_C_SLONG, &g, 0, NULL), other);
    at_sok(SQLBindCol(other, 2, SQL_C_SLONG, &got, 0, NULL), other);
    at_sok(SQLBindCol(other, 3, SQL_C_SBIGINT, &when, 0, NULL), other);
    for (int t = 0; t < TABLES; t++) {
        for (int k = 0; k < EACH; k++) {
            at_sok(SQLFetch(other), other);
            assert_int_equal(g, t);
            assert_int_equal(got, k * TABLES + t);
            assert_int_equal(when, 1709164800000 + k);
        }
    }
    assert_int_equal(SQLFetch(other), SQL_NO_DATA);
    at_sok(SQLFreeStmt(other, SQL_UNBIND), other);
    at_sok(SQLCloseCursor(other), other);
    free(names);
    free(ts);
    free(v);
    free(tag);
}

/* More rows of one table than a bind takes, and a byte limit: several messages, every row once. */
static void messages_are_split(void **state)
{
    (void)state;
    size_t n = 70000;
    int64_t *ts = malloc(n * sizeof *ts);
    SQLINTEGER *v = malloc(n * sizeof *v);

    for (size_t i = 0; i < n; i++) {
        ts[i] = 1709164800000 + (int64_t)i;
        v[i] = (SQLINTEGER)i;
    }
    at_exec(stmt, "create table pa.big (ts timestamp, v int)");
    sets(stmt, n);
    prepare(stmt, "insert into pa.big values(?,?)");
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    clear_counters();
    at_sok(SQLExecute(stmt), stmt);
    assert_int_equal(counter("action.stmt2_bind"), 3);
    assert_int_equal(counter("action.stmt2_exec"), 3);
    assert_string_equal(at_scalar(other, "select count(*) from pa.big"), "70000");
    assert_string_equal(at_scalar(other, "select sum(v) from pa.big"), "2449965000");
    free(ts);
    free(v);
}

static void byte_limit(void **state)
{
    (void)state;
    enum { ROWS = 40, SIZE = 60000 };
    SQLHDBC d = at_connect("Timezone=UTC;MaxBindBytes=1;");
    SQLHSTMT s = at_stmt(d);
    static char text[ROWS][SIZE];
    int64_t ts[ROWS];

    for (int i = 0; i < ROWS; i++) {
        memset(text[i], 'a' + i % 26, SIZE);
        ts[i] = 1709164800000 + i;
    }
    at_exec(s, "create table pa.wide (ts timestamp, s varchar(60000))");
    SQLLEN len[ROWS];
    for (int i = 0; i < ROWS; i++)
        len[i] = SIZE;
    sets(s, ROWS);
    bind_as(s, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(s, 2, SQL_C_CHAR, SQL_VARCHAR, text, SIZE, len);
    clear_counters();
    at_sok(SQLExecDirect(s, (SQLCHAR *)"insert into pa.wide values(?,?)", SQL_NTS), s);
    assert_int_equal(counter("action.stmt2_bind"), 3); // 2.4 MB at 1 MB each
    assert_string_equal(at_scalar(other, "select sum(length(s)) from pa.wide"), "2400000");
    at_free(s);
    at_disconnect(d);
}

/* ---- failures ---- */

static void bad_row(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    static int64_t ts[ROWS];
    static char v[ROWS][8];
    static SQLUSMALLINT status[ROWS];
    SQLULEN done = 0;
    SQLLEN count;
    SQLINTEGER column;
    SQLLEN row;

    for (int i = 0; i < ROWS; i++) {
        ts[i] = 1709164800000 + i;
        snprintf(v[i], sizeof v[i], "%d", i);
    }
    snprintf(v[500], sizeof v[500], "x");
    at_exec(stmt, "create table pa.bad (ts timestamp, v int)");
    sets(stmt, ROWS);
    attr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status);
    attr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done);
    prepare(stmt, "insert into pa.bad values(?,?)");
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 2, SQL_C_CHAR, SQL_VARCHAR, v, 8, NULL);
    at_rc(SQLExecute(stmt), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, "22018");
    at_ok(SQLGetDiagField(SQL_HANDLE_STMT, stmt, 1, SQL_DIAG_ROW_NUMBER, &row, 0, NULL),
          SQL_HANDLE_STMT, stmt);
    at_ok(SQLGetDiagField(SQL_HANDLE_STMT, stmt, 1, SQL_DIAG_COLUMN_NUMBER, &column, 0, NULL),
          SQL_HANDLE_STMT, stmt);
    assert_int_equal(row, 501);
    assert_int_equal(column, 2);
    at_sok(SQLRowCount(stmt, &count), stmt);
    assert_int_equal(count, ROWS - 1);
    assert_int_equal(done, ROWS);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(status[i], i == 500 ? SQL_PARAM_ERROR : SQL_PARAM_SUCCESS);
    assert_string_equal(at_scalar(other, "select count(*) from pa.bad"), "999");
    assert_string_equal(at_scalar(other, "select count(*) from pa.bad where v=500"), "0");
    // the handle goes on
    snprintf(v[500], sizeof v[500], "500");
    at_rc(SQLExecute(stmt), SQL_SUCCESS, SQL_HANDLE_STMT, stmt, NULL);
    assert_string_equal(at_scalar(other, "select count(*) from pa.bad where v=500"), "1");
    // every set bad: an error, nothing is sent
    clear_counters();
    for (int i = 0; i < ROWS; i++)
        snprintf(v[i], sizeof v[i], "x");
    at_srv_fails(SQLExecute(stmt), stmt, "22018");
    assert_int_equal(counter("action.stmt2_bind"), 0);
    assert_int_equal(status[999], SQL_PARAM_ERROR);
    // back to one set
    sets(stmt, 1);
    snprintf(v[0], sizeof v[0], "7");
    at_sok(SQLExecute(stmt), stmt);
    assert_string_equal(at_scalar(other, "select v from pa.bad order by ts limit 1"), "7");
}

/* What the server refuses at bind is stored nowhere; the next execute works, and no exec went out
 * in between. */
static void refused_at_bind(void **state)
{
    (void)state;
    int64_t ts[2] = {1709164800000, 1709164800001};
    SQLINTEGER v[2] = {1, 2};
    SQLUSMALLINT status[2];

    at_exec(stmt, "create table pa.ref (ts timestamp, v int)");
    sets(stmt, 2);
    attr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status);
    prepare(stmt, "insert into pa.ref values(?,?)");
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_sok(SQLExecute(stmt), stmt);
    // the column becomes another behind the prepared statement's back
    at_exec(other, "drop table pa.ref");
    at_exec(other, "create table pa.ref (ts timestamp, v varchar(4))");
    clear_counters();
    SQLRETURN rc = SQLExecute(stmt);
    if (rc == SQL_ERROR) {
        assert_int_equal(status[0], SQL_PARAM_ERROR);
        assert_int_equal(status[1], SQL_PARAM_ERROR);
        assert_string_equal(at_scalar(other, "select count(*) from pa.ref"), "0");
        assert_int_equal(counter("action.stmt2_exec"), 0);
        at_sok(SQLExecute(stmt), stmt); // prepared anew: the column is text now
    }
    assert_int_equal(counter("violations"), 0);
    assert_string_equal(at_scalar(other, "select count(*) from pa.ref"), "2");
}

/* A row that the database does not keep fails its vgroup; the others' rows are stored
 * (golden/stmt2/partial_failure). */
static void part_stored(void **state)
{
    (void)state;
    enum { ROWS = 8 };
    int64_t ts[ROWS];
    SQLINTEGER v[ROWS];
    char name[ROWS][12], bad[ROWS] = {0};
    SQLUSMALLINT status[ROWS];
    SQLULEN done;

    at_exec(stmt, "create database pkeep vgroups 4 keep 3650");
    at_exec(stmt, "create table pkeep.s (ts timestamp, v int) tags(g int)");
    for (int i = 0; i < ROWS; i++) {
        snprintf(name[i], sizeof name[i], "pkeep.t%d", i);
        ts[i] = i == 3 ? 0 : 1709164800000; // 1970 is not kept
        v[i] = i;
    }
    memset(bad, 'x', sizeof bad);
    sets(stmt, ROWS);
    attr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status);
    attr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done);
    prepare(stmt, "insert into ? using pkeep.s tags(1) values(?,?)");
    bind_as(stmt, 1, SQL_C_CHAR, SQL_VARCHAR, name, sizeof *name, NULL);
    bind_as(stmt, 2, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 3, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_srv_fails(SQLExecute(stmt), stmt, "22008");
    bool told = false;
    for (int i = 1; i < 5 && !told; i++)
        told = strstr(at_message(SQL_HANDLE_STMT, stmt, i, NULL), "may be stored") != NULL;
    assert_true(told);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(status[i], SQL_PARAM_DIAG_UNAVAILABLE);
    int stored = atoi(at_scalar(other, "select count(*) from pkeep.s"));
    assert_true(stored > 0 && stored < ROWS);
    ts[3] = ts[0];
    at_sok(SQLExecute(stmt), stmt);
    assert_string_equal(at_scalar(other, "select count(*) from pkeep.s"), "8");
    assert_int_equal(counter("violations"), 0);
}

/* The connection goes between bind and exec: the outcome is unknown, nothing is sent again. */
static void lost_before_exec(void **state)
{
    (void)state;
    int64_t ts[2] = {1709164800000, 1709164800001};
    SQLINTEGER v[2] = {1, 2};
    SQLUSMALLINT status[2] = {9, 9};

    at_exec(other, "create table pa.lost (ts timestamp, v int)");
    SQLHDBC d = at_connect("Timezone=UTC;");
    SQLHSTMT s = at_stmt(d);
    sets(s, 2);
    attr(s, SQL_ATTR_PARAM_STATUS_PTR, status);
    prepare(s, "insert into pa.lost values(?,?)");
    bind_as(s, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(s, 2, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_sok(SQLExecute(s), s);
    clear_counters();
    at_exec(other, "tdlite fault drop=0 on=stmt2_exec");
    v[0] = 5;
    at_srv_fails(SQLExecute(s), s, "08S01");
    assert_int_equal(status[0], SQL_PARAM_DIAG_UNAVAILABLE);
    assert_int_equal(status[1], SQL_PARAM_DIAG_UNAVAILABLE);
    at_exec(other, "tdlite fault clear");
    assert_int_equal(counter("action.stmt2_exec"), 1);
    at_sok(SQLExecute(s), s); // on a new connection
    assert_string_equal(at_scalar(other, "select v from pa.lost order by ts limit 1"), "5");
    at_free(s);
    at_disconnect(d);
}

static void names_are_needed(void **state)
{
    (void)state;
    int64_t ts[3] = {1709164800000, 1709164800000, 1709164800000};
    char name[3][10] = {"pa.nn1", "", "pa.nn3"};
    SQLLEN ind[3] = {SQL_NTS, SQL_NULL_DATA, SQL_NTS};
    SQLUSMALLINT status[3];

    at_exec(stmt, "create table pa.nn (ts timestamp, v int) tags(g int)");
    sets(stmt, 3);
    attr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status);
    prepare(stmt, "insert into ? using pa.nn tags(1) values(?,1)");
    bind_as(stmt, 1, SQL_C_CHAR, SQL_VARCHAR, name, 10, ind);
    bind_as(stmt, 2, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    at_rc(SQLExecute(stmt), SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, "23000");
    assert_int_equal(status[0], SQL_PARAM_SUCCESS);
    assert_int_equal(status[1], SQL_PARAM_ERROR);
    assert_int_equal(status[2], SQL_PARAM_SUCCESS);
}

/* The other forms of INSERT (protocol.md 4.2). */
static void forms(void **state)
{
    (void)state;
    int64_t ts[3] = {1709164800000, 1709164800001, 1709164800002};
    SQLINTEGER v[3] = {1, 2, 3};
    char name[3][12] = {"f1", "f2", "f1"}, full[3][12] = {"pa.fn", "pa.`F n`", "pa.fn"};

    at_exec(stmt, "create table pa.fs (ts timestamp, v int, w int) tags(g int)");
    at_exec(stmt, "create table pa.fn (ts timestamp, v int)");
    at_exec(stmt, "create table pa.`F n` (ts timestamp, v int)");
    sets(stmt, 3);
    bind_as(stmt, 1, SQL_C_CHAR, SQL_VARCHAR, name, 12, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    bind_as(stmt, 3, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 4, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_sok(
        SQLExecDirect(stmt, (SQLCHAR *)"insert into pa.fs(tbname,g,ts,v) values(?,?,?,?)", SQL_NTS),
        stmt);
    assert_string_equal(at_scalar(other, "select count(*) from pa.fs where tbname='f1'"), "2");
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 2, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_sok(SQLExecDirect(
               stmt, (SQLCHAR *)"insert into pa.f9 using pa.fs tags(7) (ts, v, w) values(?, 42, ?)",
               SQL_NTS),
           stmt);
    assert_string_equal(at_scalar(other, "select sum(v*10+w) from pa.f9"), "1266");
    bind_as(stmt, 1, SQL_C_CHAR, SQL_VARCHAR, full, 12, NULL);
    bind_as(stmt, 2, SQL_C_SBIGINT, SQL_BIGINT, ts, 0, NULL);
    bind_as(stmt, 3, SQL_C_SLONG, SQL_INTEGER, v, 0, NULL);
    at_sok(SQLExecDirect(stmt, (SQLCHAR *)"insert into ? values(?,?)", SQL_NTS), stmt);
    assert_string_equal(at_scalar(other, "select sum(v) from pa.fn"), "4");
    assert_string_equal(at_scalar(other, "select sum(v) from pa.`F n`"), "2");
}

/* What was prepared on the server goes with its text, its handle, or the connection. */
static void statements_are_closed(void **state)
{
    (void)state;
    int64_t ts = 1709164800000;
    long before = counter("open_stmts");

    at_exec(other, "create table pa.cl (ts timestamp, v int)");
    bind_as(stmt, 1, SQL_C_SBIGINT, SQL_BIGINT, &ts, 0, NULL);
    for (int i = 0; i < 5; i++) {
        at_sok(SQLExecDirect(stmt, (SQLCHAR *)"insert into pa.cl values(?, 1)", SQL_NTS), stmt);
        at_sok(SQLExecDirect(stmt, (SQLCHAR *)"select v from pa.cl where ts = ?", SQL_NTS), stmt);
        at_sok(SQLCloseCursor(stmt), stmt);
    }
    assert_int_equal(counter("open_stmts"), before + 1);
    SQLHSTMT s = at_stmt(dbc);
    prepare(s, "insert into pa.cl values(?, 2)");
    at_sok(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &ts, 0, NULL),
           s);
    at_sok(SQLExecute(s), s);
    assert_int_equal(counter("open_stmts"), before + 2);
    at_free(s);
    assert_int_equal(counter("open_stmts"), before + 1);
    assert_int_equal(counter("open_results"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(column_wise),
        TEST(row_wise),
        TEST(operation_array),
        TEST(interleaved_tables),
        TEST(messages_are_split),
        TEST(byte_limit),
        TEST(bad_row),
        TEST(refused_at_bind),
        TEST(part_stored),
        TEST(lost_before_exec),
        TEST(names_are_needed),
        TEST(forms),
        TEST(statements_are_closed),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

/*
 * A catalog of 100,000 child tables (issue 6, must-show 4): what SQLTables and SQLColumns read must not depend on the
 * tables that nobody asked for. Counted in bytes received, from the driver's log, not in seconds.
 */
#include <unistd.h>

#include "apitest.h"

#define S(text)  (SQLCHAR *)(text), SQL_NTS
#define CHILDREN (TD_THROUGH_DM ? 20000 : 100000)

static char log_file[64];
static SQLHDBC dbc;
static SQLHSTMT stmt;

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    char extra[200];
    snprintf(log_file, sizeof log_file, "/tmp/meta_many_%d.log", (int)getpid());
    snprintf(extra, sizeof extra, "LogFile=%s;LogLevel=wire;", log_file);
    dbc = at_connect(extra);
    stmt = at_stmt(dbc);
    at_exec(stmt, "create database many");
    at_exec(stmt, "create stable many.big (ts timestamp, v int) tags (g int)");
    at_exec(stmt, "create stable many.small (ts timestamp, w int) tags (g int)");
    at_exec(stmt, "create table many.one using many.small tags (1)");
    at_exec(stmt, "create table many.two using many.small tags (2)");
    at_exec(stmt, "create table many.alone (ts timestamp, x int)");
    return 0;
}

static int teardown(void **state)
{
    at_free(stmt);
    at_disconnect(dbc);
    unlink(log_file);
    return at_teardown(state);
}

/* Sum of the messages received since the last call. */
static size_t received(void)
{
    static long at;
    char line[4096];
    size_t sum = 0, n;
    FILE *f = fopen(log_file, "r");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    while (fgets(line, sizeof line, f)) {
        const char *p = strstr(line, "received ");
        if (p && (sscanf(p, "received binary of %zu bytes", &n) == 1 ||
                  sscanf(p, "received text of %zu bytes", &n) == 1))
            sum += n;
    }
    at = ftell(f);
    fclose(f);
    return sum;
}

/* The calls that must not grow: bytes received by each, and rows given. */
static void measure(size_t bytes[5], int rows[5])
{
    received();
    for (int i = 0; i < 5; i++) {
        switch (i) {
        case 0: /* an exact name */
            at_sok(SQLTables(stmt, S("many"), NULL, 0, S("one"), NULL, 0), stmt);
            break;
        case 1: /* a pattern */
            at_sok(SQLTables(stmt, S("many"), NULL, 0, S("tw_"), NULL, 0), stmt);
            break;
        case 2: /* what navigators ask */
            at_sok(SQLTables(stmt, S("many"), NULL, 0, S("%"), S("'TABLE','VIEW'")), stmt);
            break;
        case 3:
            at_sok(SQLColumns(stmt, S("many"), NULL, 0, S("%"), S("%")), stmt);
            break;
        default:
            at_sok(SQLPrimaryKeys(stmt, S("many"), NULL, 0, S("one")), stmt);
        }
        rows[i] = 0;
        while (SQL_SUCCEEDED(SQLFetch(stmt)))
            rows[i]++;
        at_sok(SQLCloseCursor(stmt), stmt);
        bytes[i] = received();
        assert_true(bytes[i] > 0);
    }
}

static void add_children(void)
{
    static char sql[1 << 18];
    for (int i = 0; i < CHILDREN;) {
        size_t n = (size_t)snprintf(sql, sizeof sql, "create table");
        for (int k = 0; k < 5000; k++, i++)
            n += (size_t)snprintf(sql + n, sizeof sql - n, " many.c%06d using many.big tags (%d)",
                                  i, i % 7);
        assert_true(n < sizeof sql - 1);
        at_exec(stmt, sql);
    }
}

static void reads_do_not_grow(void **state)
{
    (void)state;
    static const int want[5] = {1, 1, 3, 8, 1};
    size_t before[5], after[5];
    int rows[5];
    measure(before, rows);
    assert_memory_equal(rows, want, sizeof want);
    add_children();
    measure(after, rows);
    assert_memory_equal(rows, want, sizeof want);
    for (int i = 0; i < 5;
         i++) /* a few bytes: request ids and timings are written as decimal text */
        if (after[i] > before[i] + 64)
            fail_msg("call %d reads %zu bytes, %zu without the children", i, after[i], before[i]);
    /* and when they are asked for, they all come */
    at_sok(SQLTables(stmt, S("many"), NULL, 0, S("%"), S("CHILD TABLE")), stmt);
    int n = 0;
    while (SQL_SUCCEEDED(SQLFetch(stmt)))
        n++;
    assert_int_equal(n, CHILDREN + 2);
    at_sok(SQLCloseCursor(stmt), stmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_do_not_grow)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

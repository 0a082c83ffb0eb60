/*
 * Every type, as a column and as a tag, in ms, us and ns databases: least, greatest, NULL, empty
 * and odd values written by one array and by single executes, as text, wide text and the type's own
 * C type, and read back.
 */
#include "apitest.h"

#define N 5

enum native { TEXT_ONLY, WHOLE, UNSIGNED, REAL, BYTES };

struct type {
    const char *ddl;
    enum native native;
    bool no_tag;
    const char *value[N]; /* as text; NULL is NULL */
    const char *want[N];  /* as SQLGetData shows it; NULL: as value */
};

static const struct type types[] = {
    {"bool", WHOLE, false, {"0", "1", NULL, "0", "1"}, {0}},
    {"tinyint", WHOLE, false, {"-128", "127", NULL, "0", "-1"}, {0}},
    {"smallint", WHOLE, false, {"-32768", "32767", NULL, "0", "-1"}, {0}},
    {"int", WHOLE, false, {"-2147483648", "2147483647", NULL, "0", "-1"}, {0}},
    {"bigint", WHOLE, false, {"-9223372036854775808", "9223372036854775807", NULL, "0", "-1"}, {0}},
    {"tinyint unsigned", WHOLE, false, {"0", "255", NULL, "128", "1"}, {0}},
    {"smallint unsigned", WHOLE, false, {"0", "65535", NULL, "32768", "1"}, {0}},
    {"int unsigned", WHOLE, false, {"0", "4294967295", NULL, "2147483648", "1"}, {0}},
    {"bigint unsigned",
     UNSIGNED,
     false,
     {"0", "18446744073709551615", NULL, "9223372036854775808", "1"},
     {0}},
    {"float", REAL, false, {"-3.4028235e+38", "3.4028235e+38", NULL, "0", "0.1"}, {0}},
    {"double", REAL, false, {"-1.7976931348623157e+308", "5e-324", NULL, "0", "0.1"}, {0}},
    {"decimal(10,3)",
     TEXT_ONLY,
     true,
     {"-9999999.999", "9999999.999", NULL, "0", "-0.001"},
     {NULL, NULL, NULL, "0.000", NULL}},
    {"decimal(38,10)",
     TEXT_ONLY,
     true,
     {"-9999999999999999999999999999.9999999999", "9999999999999999999999999999.9999999999", NULL,
      "0", "1.5"},
     {NULL, NULL, NULL, "0.0000000000", "1.5000000000"}},
    {"timestamp", // shown with the fraction digits of the database
     TEXT_ONLY,
     false,
     {"1970-01-01 00:00:00", "2261-12-31 23:59:59", NULL, "2000-02-29 12:00:00",
      "1969-12-31 23:59:59"},
     {0}},
    {"varchar(20)", TEXT_ONLY, false, {"a", "äöüäöüäöüä", NULL, "", "it's \\ \"x\" %_;--"}, {0}},
    {"nchar(10)", TEXT_ONLY, false, {"a", "😀😀😀😀😀😀😀😀😀😀", NULL, "", "'\\日本語"}, {0}},
    {"varbinary(8)", BYTES, false, {"00", "FFFFFFFFFFFFFFFF", NULL, "", "5C27"}, {0}},
    {"geometry(100)",
     TEXT_ONLY,
     false,
     {"POINT(0 0)", "LINESTRING(0 0,1 1)", NULL, "POINT(1.5 -2.25)", "MULTIPOINT(1 1)"},
     {"010100000000000000000000000000000000000000",
      "01020000000200000000000000000000000000000000000000000000000000F03F000000000000F03F", NULL,
      "0101000000000000000000F83F00000000000002C0",
      "0104000000010000000101000000000000000000F03F000000000000F03F"}},
    {"blob", BYTES, true, {"00", "FFFEFDFCFBFAF9F8F7", NULL, "", "5C27"}, {0}},
};
#define TYPES (sizeof types / sizeof *types)

static const char *const precs[] = {"ms", "us", "ns"};
static const char *const fractions[] = {"123", "123456", "123456789"};

/* The values of a type in one C type, bound as parameter `n`. */
struct array {
    SQLSMALLINT ctype;
    size_t width;
    uint8_t mem[N * 400];
    SQLLEN ind[N];
};

static void put_wide(struct array *a, int i, const char *s)
{
    SQLWCHAR w[200];
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        unsigned more = *p < 0x80 ? 0 : *p < 0xE0 ? 1 : *p < 0xF0 ? 2 : 3;
        uint32_t c = more ? *p & (0x3Fu >> more) : *p;
        for (p++; more; more--, p++)
            c = c << 6 | (*p & 0x3F);
        if (c >= 0x10000) {
            w[n++] = (SQLWCHAR)(0xD800 + ((c - 0x10000) >> 10));
            c = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        w[n++] = (SQLWCHAR)c;
    }
    memcpy(a->mem + (size_t)i * a->width, w, n * sizeof *w);
    a->ind[i] = (SQLLEN)(n * sizeof *w);
}

static void put_bytes(struct array *a, int i, const char *s)
{
    unsigned v;

    a->ind[i] = 0;
    for (; sscanf(s, "%2x", &v) == 1; s += 2)
        a->mem[(size_t)i * a->width + (size_t)a->ind[i]++] = (uint8_t)v;
}

static void fill(struct array *a, const struct type *t, SQLSMALLINT ctype)
{
    a->ctype = ctype;
    a->width = ctype == SQL_C_CHAR || ctype == SQL_C_WCHAR || ctype == SQL_C_BINARY ? 400 : 8;
    memset(a->mem, 0xAB, sizeof a->mem);
    for (int i = 0; i < N; i++) {
        uint8_t *p = a->mem + (size_t)i * a->width;
        const char *s = t->value[i];
        a->ind[i] = SQL_NULL_DATA;
        if (!s) continue;
        a->ind[i] = (SQLLEN)strlen(s);
        if (ctype == SQL_C_CHAR) {
            memcpy(p, s, strlen(s));
        } else if (ctype == SQL_C_WCHAR) {
            put_wide(a, i, s);
        } else if (ctype == SQL_C_BINARY) {
            put_bytes(a, i, s);
        } else if (ctype == SQL_C_DOUBLE) {
            double d = strtod(s, NULL);
            memcpy(p, &d, 8);
        } else {
            unsigned long long v = t->native == UNSIGNED ? strtoull(s, NULL, 10)
                                                         : (unsigned long long)strtoll(s, NULL, 10);
            memcpy(p, &v, 8);
        }
    }
}

static void bind(SQLHSTMT stmt, SQLUSMALLINT n, struct array *a, int row)
{
    SQLSMALLINT sql = a->ctype == SQL_C_BINARY   ? SQL_VARBINARY
                      : a->ctype == SQL_C_DOUBLE ? SQL_DOUBLE
                      : a->ctype == SQL_C_WCHAR  ? SQL_WVARCHAR
                      : a->ctype == SQL_C_CHAR   ? SQL_VARCHAR
                                                 : SQL_BIGINT;

    at_sok(SQLBindParameter(stmt, n, SQL_PARAM_INPUT, a->ctype, sql, 400, 0,
                            a->mem + (size_t)row * a->width, (SQLLEN)a->width, &a->ind[row]),
           stmt);
}

static int ctypes_of(const struct type *t, SQLSMALLINT out[3])
{
    int n = 0;

    out[n++] = SQL_C_CHAR;
    out[n++] = SQL_C_WCHAR;
    if (t->native == WHOLE) out[n++] = SQL_C_SBIGINT;
    if (t->native == UNSIGNED) out[n++] = SQL_C_UBIGINT;
    if (t->native == REAL) out[n++] = SQL_C_DOUBLE;
    if (t->native == BYTES) out[n++] = SQL_C_BINARY;
    return n;
}

static void check_values(SQLHSTMT stmt, const struct type *t, const char *sql)
{
    at_exec(stmt, sql);
    for (int i = 0; i < N; i++) {
        const char *want = t->want[i] ? t->want[i] : t->value[i];
        at_sok(SQLFetch(stmt), stmt);
        const char *got = at_text(stmt, 1);
        bool whole = strcmp(t->ddl, "timestamp") != 0;
        if ((got == NULL) != (want == NULL) ||
            (want && strncmp(got, want, whole ? SIZE_MAX : strlen(want)) != 0)) {
            print_error("%s, value %d: %s instead of %s\n", sql, i, got ? got : "NULL",
                        want ? want : "NULL");
            fail();
        }
    }
    assert_int_equal(SQLFetch(stmt), SQL_NO_DATA);
    at_sok(SQLCloseCursor(stmt), stmt);
}

static void columns_of(SQLHDBC dbc, const char *db, const char *fraction)
{
    SQLHSTMT stmt = at_stmt(dbc), ins = at_stmt(dbc);
    struct array a, ts = {SQL_C_CHAR, 40, {0}, {0}};

    for (int i = 0; i < N; i++)
        ts.ind[i] = snprintf((char *)ts.mem + i * 40, 40, "2024-02-29 23:59:5%d.%s", i, fraction);
    for (size_t t = 0; t < TYPES; t++) {
        SQLSMALLINT ctypes[3];
        int n = ctypes_of(&types[t], ctypes);
        char sql[200];

        for (int c = 0; c < n; c++) {
            for (int single = 0; single < 2; single++) {
                at_execf(stmt, "create table %s.c%zu_%d_%d (ts timestamp, v %s)", db, t, c, single,
                         types[t].ddl);
                snprintf(sql, sizeof sql, "insert into %s.c%zu_%d_%d values(?,?)", db, t, c,
                         single);
                at_sok(SQLPrepare(ins, (SQLCHAR *)sql, SQL_NTS), ins);
                fill(&a, &types[t], ctypes[c]);
                at_sok(
                    SQLSetStmtAttr(ins, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)(single ? 1ul : N), 0),
                    ins);
                for (int i = 0; i < (single ? N : 1); i++) {
                    bind(ins, 1, &ts, i);
                    bind(ins, 2, &a, i);
                    at_rc(SQLExecute(ins), SQL_SUCCESS, SQL_HANDLE_STMT, ins, NULL);
                }
                snprintf(sql, sizeof sql, "select v from %s.c%zu_%d_%d order by ts", db, t, c,
                         single);
                check_values(stmt, &types[t], sql);
            }
        }
    }
    at_free(stmt);
    at_free(ins);
}

static void tags_of(SQLHDBC dbc, const char *db, int64_t units)
{
    SQLHSTMT stmt = at_stmt(dbc), ins = at_stmt(dbc);
    struct array a, names = {SQL_C_CHAR, 40, {0}, {0}}, ts = {SQL_C_SBIGINT, 8, {0}, {0}};

    for (int64_t i = 0; i < N; i++) {
        int64_t v = (i + 1709164800) * units;
        memcpy(ts.mem + i * 8, &v, 8);
    }
    for (size_t t = 0; t < TYPES; t++) {
        SQLSMALLINT ctypes[3];
        int n = types[t].no_tag ? 0 : ctypes_of(&types[t], ctypes);
        char sql[200];

        for (int c = 0; c < n; c++) {
            at_execf(stmt, "create table %s.s%zu_%d (ts timestamp, x int) tags(v %s)", db, t, c,
                     types[t].ddl);
            for (int i = 0; i < N; i++)
                names.ind[i] =
                    snprintf((char *)names.mem + i * 40, 40, "%s.t%zu_%d_%d", db, t, c, i);
            snprintf(sql, sizeof sql, "insert into ? using %s.s%zu_%d tags(?) values(?, 1)", db, t,
                     c);
            at_sok(SQLPrepare(ins, (SQLCHAR *)sql, SQL_NTS), ins);
            at_sok(SQLSetStmtAttr(ins, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)N, 0), ins);
            fill(&a, &types[t], ctypes[c]);
            bind(ins, 1, &names, 0);
            bind(ins, 2, &a, 0);
            bind(ins, 3, &ts, 0);
            at_rc(SQLExecute(ins), SQL_SUCCESS, SQL_HANDLE_STMT, ins, NULL);
            snprintf(sql, sizeof sql, "select v from %s.s%zu_%d order by ts", db, t, c);
            check_values(stmt, &types[t], sql);
        }
    }
    at_free(stmt);
    at_free(ins);
}

static void every_type(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("Timezone=UTC;");
    SQLHSTMT stmt = at_stmt(dbc);

    for (int p = 0; p < 3; p++) {
        at_execf(stmt, "create database pt_%s precision '%s'", precs[p], precs[p]);
        char db[20];
        snprintf(db, sizeof db, "pt_%s", precs[p]);
        columns_of(dbc, db, fractions[p]);
        tags_of(dbc, db, p == 0 ? 1000 : p == 1 ? 1000000 : 1000000000);
    }
    at_free(stmt);
    at_disconnect(dbc);
}

/* JSON is a tag's type only. */
static void json_tags(void **state)
{
    (void)state;
    SQLHDBC dbc = at_connect("Timezone=UTC;");
    SQLHSTMT stmt = at_stmt(dbc);
    SQLLEN nts = SQL_NTS, null = SQL_NULL_DATA;

    at_exec(stmt, "create database pt_json");
    at_exec(stmt, "create table pt_json.s (ts timestamp, x int) tags(j json)");
    at_sok(SQLPrepare(stmt, (SQLCHAR *)"insert into ? using pt_json.s tags(?) values(now, ?)",
                      SQL_NTS),
           stmt);
    char name[20] = "pt_json.a", json[40] = "{\"k\":\"it's \\\\ 😀\"}";
    SQLINTEGER one = 1;
    at_sok(
        SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 20, 0, name, 20, &nts),
        stmt);
    at_sok(
        SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, json, 40, &nts),
        stmt);
    at_sok(
        SQLBindParameter(stmt, 3, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &one, 0, NULL),
        stmt);
    at_sok(SQLExecute(stmt), stmt);
    strcpy(name, "pt_json.b");
    at_sok(
        SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, json, 40, &null),
        stmt);
    at_sok(SQLExecute(stmt), stmt);
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    assert_string_equal(at_scalar(stmt, "select j->'k' from pt_json.s where j is not null"),
                        "\"it's \\\\ 😀\"");
    assert_string_equal(at_scalar(stmt, "select count(*) from pt_json.s"), "2");
    at_free(stmt);
    at_disconnect(dbc);
}

static void row_at(SQLHSTMT stmt, const char *sql, SQL_TIMESTAMP_STRUCT *t)
{
    SQLLEN ind;

    at_exec(stmt, sql);
    at_sok(SQLFetch(stmt), stmt);
    at_sok(SQLGetData(stmt, 1, SQL_C_TYPE_TIMESTAMP, t, sizeof *t, &ind), stmt);
    at_sok(SQLCloseCursor(stmt), stmt);
}

/* Structures in the connection's zone; too fine a fraction is refused, or cut where that is
 * allowed. */
static void timestamps(void **state)
{
    (void)state;
    static const SQLUINTEGER fine[] = {123000000, 123456000, 123456789};
    SQLHDBC dbc = at_connect("Timezone=Europe/Berlin;");
    SQLHSTMT stmt = at_stmt(dbc);

    for (int p = 0; p < 3; p++) {
        char sql[100];
        SQL_TIMESTAMP_STRUCT t = {2024, 10, 27, 2, 30, 0, fine[p]}, back;

        at_execf(stmt, "create database pts_%s precision '%s'", precs[p], precs[p]);
        at_execf(stmt, "create table pts_%s.t (ts timestamp, v int)", precs[p]);
        snprintf(sql, sizeof sql, "insert into pts_%s.t values(?, 1)", precs[p]);
        at_sok(SQLPrepare(stmt, (SQLCHAR *)sql, SQL_NTS), stmt);
        at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP,
                                29, 9, &t, sizeof t, NULL),
               stmt);
        at_rc(SQLExecute(stmt), SQL_SUCCESS, SQL_HANDLE_STMT, stmt, NULL);
        snprintf(sql, sizeof sql, "select ts from pts_%s.t", precs[p]);
        SQLHSTMT q = at_stmt(dbc);
        row_at(q, sql, &back);
        assert_memory_equal(&back, &t, sizeof t);
        at_free(q);
        t.fraction = 123456789;
        if (p < 2) at_srv_fails(SQLExecute(stmt), stmt, "22008");
        t = (SQL_TIMESTAMP_STRUCT){2024, 3, 31, 2, 30, 0, 0}; // does not exist
        at_srv_fails(SQLExecute(stmt), stmt, "22008");
        t = (SQL_TIMESTAMP_STRUCT){2024, 2, 30, 2, 30, 0, 0};
        at_srv_fails(SQLExecute(stmt), stmt, "22007");
        at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    }
    at_free(stmt);
    at_disconnect(dbc);
    dbc = at_connect("Timezone=Europe/Berlin;TimestampTruncation=1;");
    stmt = at_stmt(dbc);
    SQL_TIMESTAMP_STRUCT t = {2024, 5, 5, 5, 5, 5, 123456789};
    at_sok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 29,
                            9, &t, sizeof t, NULL),
           stmt);
    at_rc(SQLExecDirect(stmt, (SQLCHAR *)"insert into pts_ms.t values(?, 2)", SQL_NTS),
          SQL_SUCCESS_WITH_INFO, SQL_HANDLE_STMT, stmt, "01S07");
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
    assert_string_equal(at_scalar(stmt, "select ts from pts_ms.t where v=2"),
                        "2024-05-05 05:05:05.123");
    at_free(stmt);
    at_disconnect(dbc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type),
        cmocka_unit_test(json_tags),
        cmocka_unit_test(timestamps),
    };

    return cmocka_run_group_tests(tests, at_setup, at_teardown);
}

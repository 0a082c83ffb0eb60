/*
 * The pure parts of the catalog functions: result shapes against the ODBC reference, arguments as SQL conditions, local
 * result sets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "odbc/catshape.h"
#include "odbc/catsql.h"

/* From the tables "column name, column number, data type" of the reference's pages, in its own words: `ODBC 3 name (ODBC 2
   name) type`, with "not NULL" where it says so. */
static const struct {
    enum td_shape shape;
    const char *columns[20];
} reference[] = {
    {TD_SHAPE_TABLES,
     {"TABLE_CAT (TABLE_QUALIFIER) Varchar", "TABLE_SCHEM (TABLE_OWNER) Varchar",
      "TABLE_NAME Varchar", "TABLE_TYPE Varchar", "REMARKS Varchar"}},
    {TD_SHAPE_COLUMNS,
     {"TABLE_CAT (TABLE_QUALIFIER) Varchar", "TABLE_SCHEM (TABLE_OWNER) Varchar",
      "TABLE_NAME Varchar not NULL", "COLUMN_NAME Varchar not NULL", "DATA_TYPE Smallint not NULL",
      "TYPE_NAME Varchar not NULL", "COLUMN_SIZE (PRECISION) Integer",
      "BUFFER_LENGTH (LENGTH) Integer", "DECIMAL_DIGITS (SCALE) Smallint",
      "NUM_PREC_RADIX (RADIX) Smallint", "NULLABLE Smallint not NULL", "REMARKS Varchar",
      "COLUMN_DEF Varchar", "SQL_DATA_TYPE Smallint not NULL", "SQL_DATETIME_SUB Smallint",
      "CHAR_OCTET_LENGTH Integer", "ORDINAL_POSITION Integer not NULL", "IS_NULLABLE Varchar"}},
    {TD_SHAPE_PRIMARY_KEYS,
     {"TABLE_CAT (TABLE_QUALIFIER) Varchar", "TABLE_SCHEM (TABLE_OWNER) Varchar",
      "TABLE_NAME Varchar not NULL", "COLUMN_NAME Varchar not NULL", "KEY_SEQ Smallint not NULL",
      "PK_NAME Varchar"}},
    {TD_SHAPE_SPECIAL_COLUMNS,
     {"SCOPE Smallint", "COLUMN_NAME Varchar not NULL", "DATA_TYPE Smallint not NULL",
      "TYPE_NAME Varchar not NULL", "COLUMN_SIZE (PRECISION) Integer",
      "BUFFER_LENGTH (LENGTH) Integer", "DECIMAL_DIGITS (SCALE) Smallint",
      "PSEUDO_COLUMN Smallint"}},
    {TD_SHAPE_STATISTICS,
     {"TABLE_CAT (TABLE_QUALIFIER) Varchar", "TABLE_SCHEM (TABLE_OWNER) Varchar",
      "TABLE_NAME Varchar not NULL", "NON_UNIQUE Smallint", "INDEX_QUALIFIER Varchar",
      "INDEX_NAME Varchar", "TYPE Smallint not NULL", "ORDINAL_POSITION (SEQ_IN_INDEX) Smallint",
      "COLUMN_NAME Varchar", "ASC_OR_DESC (COLLATION) Varchar", "CARDINALITY Integer",
      "PAGES Integer", "FILTER_CONDITION Varchar"}},
    {TD_SHAPE_FOREIGN_KEYS,
     {"PKTABLE_CAT (PKTABLE_QUALIFIER) Varchar", "PKTABLE_SCHEM (PKTABLE_OWNER) Varchar",
      "PKTABLE_NAME Varchar not NULL", "PKCOLUMN_NAME Varchar not NULL",
      "FKTABLE_CAT (FKTABLE_QUALIFIER) Varchar", "FKTABLE_SCHEM (FKTABLE_OWNER) Varchar",
      "FKTABLE_NAME Varchar not NULL", "FKCOLUMN_NAME Varchar not NULL",
      "KEY_SEQ Smallint not NULL", "UPDATE_RULE Smallint", "DELETE_RULE Smallint",
      "FK_NAME Varchar", "PK_NAME Varchar", "DEFERRABILITY Smallint"}},
    {TD_SHAPE_TABLE_PRIVILEGES,
     {"TABLE_CAT (TABLE_QUALIFIER) Varchar", "TABLE_SCHEM (TABLE_OWNER) Varchar",
      "TABLE_NAME Varchar not NULL", "GRANTOR Varchar", "GRANTEE Varchar not NULL",
      "PRIVILEGE Varchar not NULL", "IS_GRANTABLE Varchar"}},
    {TD_SHAPE_COLUMN_PRIVILEGES,
     {"TABLE_CAT (TABLE_QUALIFIER) Varchar", "TABLE_SCHEM (TABLE_OWNER) Varchar",
      "TABLE_NAME Varchar not NULL", "COLUMN_NAME Varchar not NULL", "GRANTOR Varchar",
      "GRANTEE Varchar not NULL", "PRIVILEGE Varchar not NULL", "IS_GRANTABLE Varchar"}},
    {TD_SHAPE_PROCEDURES,
     {"PROCEDURE_CAT (PROCEDURE_QUALIFIER) Varchar", "PROCEDURE_SCHEM (PROCEDURE_OWNER) Varchar",
      "PROCEDURE_NAME Varchar not NULL", "NUM_INPUT_PARAMS Integer", "NUM_OUTPUT_PARAMS Integer",
      "NUM_RESULT_SETS Integer", "REMARKS Varchar", "PROCEDURE_TYPE Smallint"}},
    {TD_SHAPE_PROCEDURE_COLUMNS,
     {"PROCEDURE_CAT (PROCEDURE_QUALIFIER) Varchar", "PROCEDURE_SCHEM (PROCEDURE_OWNER) Varchar",
      "PROCEDURE_NAME Varchar not NULL", "COLUMN_NAME Varchar not NULL",
      "COLUMN_TYPE Smallint not NULL", "DATA_TYPE Smallint not NULL", "TYPE_NAME Varchar not NULL",
      "COLUMN_SIZE (PRECISION) Integer", "BUFFER_LENGTH (LENGTH) Integer",
      "DECIMAL_DIGITS (SCALE) Smallint", "NUM_PREC_RADIX (RADIX) Smallint",
      "NULLABLE Smallint not NULL", "REMARKS Varchar", "COLUMN_DEF Varchar",
      "SQL_DATA_TYPE Smallint not NULL", "SQL_DATETIME_SUB Smallint", "CHAR_OCTET_LENGTH Integer",
      "ORDINAL_POSITION Integer not NULL", "IS_NULLABLE Varchar"}},
    {TD_SHAPE_TYPE_INFO,
     {"TYPE_NAME Varchar not NULL", "DATA_TYPE Smallint not NULL",
      "COLUMN_SIZE (PRECISION) Integer", "LITERAL_PREFIX Varchar", "LITERAL_SUFFIX Varchar",
      "CREATE_PARAMS Varchar", "NULLABLE Smallint not NULL", "CASE_SENSITIVE Smallint not NULL",
      "SEARCHABLE Smallint not NULL", "UNSIGNED_ATTRIBUTE Smallint",
      "FIXED_PREC_SCALE (MONEY) Smallint not NULL", "AUTO_UNIQUE_VALUE (AUTO_INCREMENT) Smallint",
      "LOCAL_TYPE_NAME Varchar", "MINIMUM_SCALE Smallint", "MAXIMUM_SCALE Smallint",
      "SQL_DATA_TYPE Smallint not NULL", "SQL_DATETIME_SUB Smallint", "NUM_PREC_RADIX Integer",
      "INTERVAL_PRECISION Smallint"}},
};

static void test_shapes(void **state)
{
    (void)state;
    assert_int_equal(sizeof reference / sizeof *reference, TD_SHAPE_COUNT);
    for (size_t i = 0; i < TD_SHAPE_COUNT; i++) {
        uint32_t n, want = 0;
        const struct td_localcol *cols = td_shape(reference[i].shape, &n);
        while (want < 20 && reference[i].columns[want])
            want++;
        assert_int_equal(n, want);
        for (uint32_t c = 0; c < n; c++) {
            char old[64] = "", is[200];
            const char *type = cols[c].type == TD_T_VARCHAR    ? "Varchar"
                               : cols[c].type == TD_T_SMALLINT ? "Smallint"
                                                               : "Integer";
            if (cols[c].name2) snprintf(old, sizeof old, " (%s)", cols[c].name2);
            snprintf(is, sizeof is, "%s%s %s%s", cols[c].name, old, type,
                     cols[c].nullable == SQL_NO_NULLS ? " not NULL" : "");
            assert_string_equal(is, reference[i].columns[c]);
            if (cols[c].type == TD_T_VARCHAR) assert_true(cols[c].length > 0);
        }
    }
}

struct match_case {
    const char *arg; /* NULL: not given */
    enum td_arg_kind kind;
    const char *where;    /* what is sent for column c */
    const char *yes, *no; /* names that match and that do not, separated by | */
};

static const struct match_case match_cases[] = {
    {NULL, TD_ARG_PATTERN, "", "x|", NULL},
    {"%", TD_ARG_PATTERN, "", "x|", NULL},
    {"%%", TD_ARG_PATTERN, "", "x", NULL},
    {"", TD_ARG_PATTERN, " and c = ''", "", "x"},
    {"meters", TD_ARG_PATTERN, " and c = 'meters'", "meters", "Meters|meters2"},
    {"me%", TD_ARG_PATTERN, " and c like 'me%'", "meters|me", "Meters|am"},
    /* _ counts bytes on the server: it is sent as %, and checked here by code points */
    {"d_1", TD_ARG_PATTERN, " and c like 'd%1'", "d01|dé1|d_1", "d1|d001|D01"},
    {"d\\_1", TD_ARG_PATTERN, " and c = 'd_1'", "d_1", "d01"},
    {"d\\_%", TD_ARG_PATTERN, " and c like 'd\\_%'", "d_|d_1", "d01"},
    {"100\\%%", TD_ARG_PATTERN, " and c like '100\\%%'", "100%|100%a", "1000"},
    {"a\\\\%", TD_ARG_PATTERN, " and c like 'a\\\\\\\\%'", "a\\|a\\b", "ab"},
    {"o'b%", TD_ARG_PATTERN, " and c like 'o''b%'", "o'b", "ob"},
    {"o'b\\c", TD_ARG_ORDINARY, " and c = 'o''b\\\\c'", "o'b\\c", "o'bc"},
    {"d\\_1", TD_ARG_ORDINARY, " and c = 'd\\\\_1'", "d\\_1", "d_1"},
    {"d%", TD_ARG_ORDINARY, " and c = 'd%'", "d%", "d1"},
    {"Meters  ", TD_ARG_IDENTIFIER, " and c = 'meters'", "meters", "Meters"},
    {"`Meters`", TD_ARG_IDENTIFIER, " and c = 'Meters'", "Meters", "meters"},
    {"\"Me`ters\"", TD_ARG_IDENTIFIER, " and c = 'Me`ters'", "Me`ters", "me`ters"},
    {"`a``b`", TD_ARG_IDENTIFIER, " and c = 'a`b'", "a`b", "a``b"},
    {"d_1", TD_ARG_IDENTIFIER, " and c = 'd_1'", "d_1", "d01"},
};

static void check_names(const struct td_match *m, const char *names, bool expect, const char *arg)
{
    while (names) {
        const char *bar = strchr(names, '|');
        struct td_str name = {names, bar ? (size_t)(bar - names) : strlen(names)};
        if (td_match_ok(m, name) != expect)
            fail_msg("%s: %.*s", arg ? arg : "(NULL)", (int)name.n, name.p);
        names = bar ? bar + 1 : NULL;
    }
}

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof match_cases / sizeof *match_cases; i++) {
        const struct match_case *c = &match_cases[i];
        struct td_arena arena = {0};
        struct td_match m;
        struct td_buf sql = TD_BUF_INIT(1000);
        char where[200];
        assert_true(td_match_make(&m, td_str_of(c->arg), c->kind, &arena));
        const char *glue = " and ";
        td_match_where(&sql, &glue, "c", &m);
        snprintf(where, sizeof where, "%.*s", (int)sql.n, sql.n ? (const char *)sql.p : "");
        assert_string_equal(where, c->where);
        check_names(&m, c->yes, true, c->arg);
        check_names(&m, c->no, false, c->arg);
        td_buf_free(&sql);
        td_arena_free(&arena);
    }
}

/* The server takes patterns of 100 bytes: a longer one is cut at a character and goes on with %. */
static void test_long_pattern(void **state)
{
    (void)state;
    char pattern[400] = "", where[500];
    for (int i = 0; i < 60; i++)
        strcat(pattern, "数");
    strcat(pattern, "%");
    struct td_arena arena = {0};
    struct td_match m;
    struct td_buf sql = TD_BUF_INIT(1000);
    assert_true(td_match_make(&m, td_str_of(pattern), TD_ARG_PATTERN, &arena));
    const char *glue = " and ";
    td_match_where(&sql, &glue, "c", &m);
    snprintf(where, sizeof where, "%.*s", (int)sql.n, (const char *)sql.p);
    size_t n = strlen(where);
    assert_true(n <= strlen(" and c like ''") + 100);
    assert_string_equal(where + n - 2, "%'");
    assert_int_equal((n - strlen(" and c like '%'")) % 3, 0); /* whole characters */
    td_buf_free(&sql);
    td_arena_free(&arena);
}

static void test_quoting(void **state)
{
    (void)state;
    struct td_buf sql = TD_BUF_INIT(1000);
    td_sql_literal(&sql, TD_STR("a'b\\c"));
    td_sql_name(&sql, TD_STR("a`b"));
    assert_true(td_str_eq(td_buf_str(&sql), TD_STR("'a''b\\\\c'`a``b`")));
    td_buf_free(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_long_pattern),
        cmocka_unit_test(test_quoting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

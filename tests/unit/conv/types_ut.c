/* The type table against decisions.md section 1, written out here; options; names; and
 * docs/types.md against the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "conv/kernel.h"
#include "conv/types.h"
#include "golden.h"

static const struct {
    int type;
    int32_t length;
    int precision, scale, ts_prec;
    const char *name;
    int sql, verbose, sub;
    unsigned long size;
    int digits;
    long octets, display;
    int desc_precision, desc_scale, radix;
    bool uns;
    int ctype;
} want[] = {
    {TD_T_BOOL, 1, 0, 0, 0, "BOOL", SQL_BIT, SQL_BIT, 0, 1, -1, 1, 1, 1, 0, 0, false, SQL_C_BIT},
    {TD_T_TINYINT, 1, 0, 0, 0, "TINYINT", SQL_TINYINT, SQL_TINYINT, 0, 3, 0, 1, 4, 3, 0, 10, false,
     SQL_C_STINYINT},
    {TD_T_SMALLINT, 2, 0, 0, 0, "SMALLINT", SQL_SMALLINT, SQL_SMALLINT, 0, 5, 0, 2, 6, 5, 0, 10,
     false, SQL_C_SSHORT},
    {TD_T_INT, 4, 0, 0, 0, "INT", SQL_INTEGER, SQL_INTEGER, 0, 10, 0, 4, 11, 10, 0, 10, false,
     SQL_C_SLONG},
    {TD_T_BIGINT, 8, 0, 0, 0, "BIGINT", SQL_BIGINT, SQL_BIGINT, 0, 19, 0, 8, 20, 19, 0, 10, false,
     SQL_C_SBIGINT},
    {TD_T_UTINYINT, 1, 0, 0, 0, "TINYINT UNSIGNED", SQL_SMALLINT, SQL_SMALLINT, 0, 5, 0, 2, 6, 5, 0,
     10, false, SQL_C_SSHORT},
    {TD_T_USMALLINT, 2, 0, 0, 0, "SMALLINT UNSIGNED", SQL_INTEGER, SQL_INTEGER, 0, 10, 0, 4, 11, 10,
     0, 10, false, SQL_C_SLONG},
    {TD_T_UINT, 4, 0, 0, 0, "INT UNSIGNED", SQL_BIGINT, SQL_BIGINT, 0, 19, 0, 8, 20, 19, 0, 10,
     false, SQL_C_SBIGINT},
    {TD_T_UBIGINT, 8, 0, 0, 0, "BIGINT UNSIGNED", SQL_BIGINT, SQL_BIGINT, 0, 20, 0, 8, 20, 20, 0,
     10, true, SQL_C_UBIGINT},
    {TD_T_FLOAT, 4, 0, 0, 0, "FLOAT", SQL_REAL, SQL_REAL, 0, 7, -1, 4, 16, 7, 0, 10, false,
     SQL_C_FLOAT},
    {TD_T_DOUBLE, 8, 0, 0, 0, "DOUBLE", SQL_DOUBLE, SQL_DOUBLE, 0, 15, -1, 8, 24, 15, 0, 10, false,
     SQL_C_DOUBLE},
    {TD_T_DECIMAL64, 8, 10, 2, 0, "DECIMAL", SQL_DECIMAL, SQL_DECIMAL, 0, 10, 2, 12, 12, 10, 2, 10,
     false, SQL_C_CHAR},
    {TD_T_DECIMAL128, 16, 38, 38, 0, "DECIMAL", SQL_DECIMAL, SQL_DECIMAL, 0, 38, 38, 40, 40, 38, 38,
     10, false, SQL_C_CHAR},
    {TD_T_TIMESTAMP, 8, 0, 0, 0, "TIMESTAMP", SQL_TYPE_TIMESTAMP, SQL_DATETIME, SQL_CODE_TIMESTAMP,
     23, 3, 16, 23, 3, 0, 0, false, SQL_C_TYPE_TIMESTAMP},
    {TD_T_TIMESTAMP, 8, 0, 0, 1, "TIMESTAMP", SQL_TYPE_TIMESTAMP, SQL_DATETIME, SQL_CODE_TIMESTAMP,
     26, 6, 16, 26, 6, 0, 0, false, SQL_C_TYPE_TIMESTAMP},
    {TD_T_TIMESTAMP, 8, 0, 0, 2, "TIMESTAMP", SQL_TYPE_TIMESTAMP, SQL_DATETIME, SQL_CODE_TIMESTAMP,
     29, 9, 16, 29, 9, 0, 0, false, SQL_C_TYPE_TIMESTAMP},
    {TD_T_VARCHAR, 100, 0, 0, 0, "VARCHAR", SQL_VARCHAR, SQL_VARCHAR, 0, 100, -1, 100, 100, 100, 0,
     0, false, SQL_C_CHAR},
    {TD_T_NCHAR, 50, 0, 0, 0, "NCHAR", SQL_WVARCHAR, SQL_WVARCHAR, 0, 50, -1, 200, 50, 50, 0, 0,
     false, SQL_C_WCHAR},
    {TD_T_JSON, 4095, 0, 0, 0, "JSON", SQL_WVARCHAR, SQL_WVARCHAR, 0, 4095, -1, 16380, 4095, 4095,
     0, 0, false, SQL_C_WCHAR},
    {TD_T_VARBINARY, 40, 0, 0, 0, "VARBINARY", SQL_VARBINARY, SQL_VARBINARY, 0, 40, -1, 40, 80, 40,
     0, 0, false, SQL_C_BINARY},
    {TD_T_GEOMETRY, 100, 0, 0, 0, "GEOMETRY", SQL_VARBINARY, SQL_VARBINARY, 0, 100, -1, 100, 200,
     100, 0, 0, false, SQL_C_BINARY},
    {TD_T_BLOB, 5, 0, 0, 0, "BLOB", SQL_LONGVARBINARY, SQL_LONGVARBINARY, 0, 4194304, -1, 4194304,
     8388608, 32767, 0, 0, false, SQL_C_BINARY},
    {TD_T_NULL, 0, 0, 0, 0, "NULL", SQL_VARCHAR, SQL_VARCHAR, 0, 1, -1, 1, 1, 1, 0, 0, false,
     SQL_C_CHAR},
};
#define NWANT (sizeof want / sizeof *want)

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < NWANT; i++) {
        struct td_sqltype t;

        td_sqltype_of(want[i].type, want[i].length, want[i].precision, want[i].scale,
                      want[i].ts_prec, NULL, &t);
        assert_string_equal(t.type_name, want[i].name);
        assert_string_equal(t.local_type_name, want[i].name);
        assert_int_equal(t.concise, want[i].sql);
        assert_int_equal(t.verbose, want[i].verbose);
        assert_int_equal(t.datetime_sub, want[i].sub);
        assert_int_equal(t.column_size, want[i].size);
        assert_int_equal(t.decimal_digits, want[i].digits);
        assert_int_equal(t.octet_length, want[i].octets);
        assert_int_equal(t.display_size, want[i].display);
        assert_int_equal(t.precision, want[i].desc_precision);
        assert_int_equal(t.scale, want[i].desc_scale);
        assert_int_equal(t.num_prec_radix, want[i].radix);
        assert_int_equal(t.is_unsigned, want[i].uns);
        assert_int_equal(t.default_ctype, want[i].ctype);
        assert_non_null(td_kernel_for(want[i].type, t.default_ctype));
    }
}

/* The text of every extreme value fits the display size: else applications that size buffers by it
 * lose digits. */
static void display_sizes_hold(void **state)
{
    static const double reals[] = {-1.7976931348623157e308, -2.2250738585072014e-308, -5e-324,
                                   -1.2345678901234567e-5};
    static const float floats[] = {-3.4028235e38F, -1.17549435e-38F, -1.0000001e-5F,
                                   -0.000012345679F, -8.9884656e7F};
    char out[TD_DOUBLE_TEXT];
    (void)state;

    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        assert_true(td_double_text(reals[i], out) <= 24);
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        assert_true(td_float_text(floats[i], out) <= 16);
}

static void options(void **state)
{
    struct td_type_opts o = {0};
    struct td_sqltype t;
    (void)state;

    /* lengths: none declared is 1, or what the option says; unknown is the type's most */
    td_sqltype_of(TD_T_VARCHAR, 0, 0, 0, 0, &o, &t);
    assert_int_equal(t.column_size, 1);
    td_sqltype_of(TD_T_VARCHAR, -1, 0, 0, 0, &o, &t);
    assert_int_equal(t.column_size, 65517);
    td_sqltype_of(TD_T_NCHAR, -1, 0, 0, 0, NULL, &t);
    assert_int_equal(t.column_size, 16379);
    o.string_length = 255;
    td_sqltype_of(TD_T_NCHAR, 0, 0, 0, 0, &o, &t);
    assert_int_equal(t.column_size, 255);
    assert_int_equal(t.octet_length, 1020);
    td_sqltype_of(TD_T_NCHAR, 20, 0, 0, 0, &o, &t);
    assert_int_equal(t.column_size, 20);
    o.max_column = 4000;
    td_sqltype_of(TD_T_VARCHAR, 65517, 0, 0, 0, &o, &t);
    assert_int_equal(t.column_size, 4000);
    td_sqltype_of(TD_T_BLOB, 5, 0, 0, 0, &o, &t);
    assert_int_equal(t.column_size, 4000);
    assert_int_equal(t.display_size, 8000);
    td_sqltype_of(TD_T_JSON, 4095, 0, 0, 0, &o, &t);
    assert_int_equal(t.column_size, 4000);
    td_sqltype_of(TD_T_TIMESTAMP, 8, 0, 0, 2, &o, &t);
    assert_int_equal(t.column_size, 29);
    o.ubigint_numeric = true;
    td_sqltype_of(TD_T_UBIGINT, 8, 0, 0, 0, &o, &t);
    assert_int_equal(t.concise, SQL_NUMERIC);
    assert_int_equal(t.column_size, 20);
    assert_int_equal(t.decimal_digits, 0);
    assert_int_equal(t.display_size, 22);
    assert_int_equal(t.default_ctype, SQL_C_CHAR);
    o.ts_as_text = true;
    td_sqltype_of(TD_T_TIMESTAMP, 8, 0, 0, 1, &o, &t);
    assert_int_equal(t.concise, SQL_WVARCHAR);
    assert_int_equal(t.verbose, SQL_WVARCHAR);
    assert_int_equal(t.datetime_sub, 0);
    assert_int_equal(t.column_size, 26);
    assert_int_equal(t.decimal_digits, -1);
    assert_int_equal(t.octet_length, 26 * (long)sizeof(SQLWCHAR));
    assert_int_equal(t.default_ctype, SQL_C_WCHAR);
    /* a code that no server sends is described like an untyped NULL */
    td_sqltype_of(77, 0, 0, 0, 0, NULL, &t);
    assert_int_equal(t.concise, SQL_VARCHAR);
    assert_int_equal(td_sqltype_odbc2(SQL_TYPE_TIMESTAMP), SQL_TIMESTAMP);
    assert_int_equal(td_sqltype_odbc2(SQL_TYPE_DATE), SQL_DATE);
    assert_int_equal(td_sqltype_odbc2(SQL_TYPE_TIME), SQL_TIME);
    assert_int_equal(td_sqltype_odbc2(SQL_WVARCHAR), SQL_WVARCHAR);
}

static void names(void **state)
{
    static const struct {
        const char *text;
        int type, length, precision, scale;
    } good[] = {
        {"BOOL", TD_T_BOOL, 0, 0, 0},
        {"tinyint unsigned", TD_T_UTINYINT, 0, 0, 0},
        {"SMALLINT UNSIGNED", TD_T_USMALLINT, 0, 0, 0},
        {"INT UNSIGNED", TD_T_UINT, 0, 0, 0},
        {"BIGINT UNSIGNED", TD_T_UBIGINT, 0, 0, 0},
        {"INTEGER", TD_T_INT, 0, 0, 0},
        {"TIMESTAMP", TD_T_TIMESTAMP, 0, 0, 0},
        {"VARCHAR(20)", TD_T_VARCHAR, 20, 0, 0},
        {"BINARY(7)", TD_T_VARCHAR, 7, 0, 0},
        {"VARCHAR", TD_T_VARCHAR, 0, 0, 0},
        {"NCHAR(64)", TD_T_NCHAR, 64, 0, 0},
        {"VARBINARY(9)", TD_T_VARBINARY, 9, 0, 0},
        {"GEOMETRY", TD_T_GEOMETRY, 0, 0, 0},
        {"JSON(16382)", TD_T_JSON, 16382, 0, 0},
        {"BLOB", TD_T_BLOB, 0, 0, 0},
        {"DECIMAL(10, 2)", TD_T_DECIMAL64, 0, 10, 2},
        {"DECIMAL(18,18)", TD_T_DECIMAL64, 0, 18, 18},
        {"DECIMAL(19,0)", TD_T_DECIMAL128, 0, 19, 0},
        {"decimal( 38 , 10 )", TD_T_DECIMAL128, 0, 38, 10},
        {"DECIMAL(5)", TD_T_DECIMAL64, 0, 5, 0},
    };
    static const char *const bad[] = {"",
                                      "INTEGERS",
                                      "VARCHAR(",
                                      "VARCHAR(x)",
                                      "VARCHAR(1,2,3)",
                                      "DECIMAL(39,1)",
                                      "DECIMAL(5,6)",
                                      "INT SIGNED",
                                      "VARCHAR(-1)",
                                      "(3)",
                                      "VARCHAR()",
                                      "VARCHAR(5)x"};
    int type, precision, scale;
    int32_t length;
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!td_type_of_name(td_str_of(good[i].text), &type, &length, &precision, &scale))
            fail_msg("%s", good[i].text);
        assert_int_equal(type, good[i].type);
        assert_int_equal(length, good[i].length);
        assert_int_equal(precision, good[i].precision);
        assert_int_equal(scale, good[i].scale);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (td_type_of_name(td_str_of(bad[i]), &type, &length, &precision, &scale))
            fail_msg("%s is taken", bad[i]);
    for (int t = 0; t < TD_T_COUNT; t++) {
        const char *name = td_type_name(t);

        assert_int_equal(name != NULL, td_type_known(t));
        if (!name || strcmp(name, "DECIMAL") == 0) continue;
        assert_true(td_type_of_name(td_str_of(name), &type, &length, &precision, &scale));
        assert_int_equal(type, t);
    }
    assert_null(td_type_name(-1));
    assert_null(td_type_name(TD_T_COUNT));
}

/* ---- docs/types.md ---- */

static const char *sql_name(int code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
        {SQL_BIT, "SQL_BIT"},
        {SQL_TINYINT, "SQL_TINYINT"},
        {SQL_SMALLINT, "SQL_SMALLINT"},
        {SQL_INTEGER, "SQL_INTEGER"},
        {SQL_BIGINT, "SQL_BIGINT"},
        {SQL_REAL, "SQL_REAL"},
        {SQL_DOUBLE, "SQL_DOUBLE"},
        {SQL_DECIMAL, "SQL_DECIMAL"},
        {SQL_TYPE_TIMESTAMP, "SQL_TYPE_TIMESTAMP"},
        {SQL_VARCHAR, "SQL_VARCHAR"},
        {SQL_WVARCHAR, "SQL_WVARCHAR"},
        {SQL_VARBINARY, "SQL_VARBINARY"},
        {SQL_LONGVARBINARY, "SQL_LONGVARBINARY"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code) return names[i].name;
    return "?";
}

static const char *c_name(int code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
        {SQL_C_BIT, "SQL_C_BIT"},         {SQL_C_STINYINT, "SQL_C_STINYINT"},
        {SQL_C_SSHORT, "SQL_C_SSHORT"},   {SQL_C_SLONG, "SQL_C_SLONG"},
        {SQL_C_SBIGINT, "SQL_C_SBIGINT"}, {SQL_C_UBIGINT, "SQL_C_UBIGINT"},
        {SQL_C_FLOAT, "SQL_C_FLOAT"},     {SQL_C_DOUBLE, "SQL_C_DOUBLE"},
        {SQL_C_CHAR, "SQL_C_CHAR"},       {SQL_C_WCHAR, "SQL_C_WCHAR"},
        {SQL_C_BINARY, "SQL_C_BINARY"},   {SQL_C_TYPE_TIMESTAMP, "SQL_C_TYPE_TIMESTAMP"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code) return names[i].name;
    return "?";
}

/* Each line of the user's table says what the type table says. */
static void docs_agree(void **state)
{
    static const struct {
        const char *first;
        size_t row; /* of want[] */
        const char *size, *digits, *octets;
    } lines[] = {
        {"BOOL", 0, "1", "", "1"},
        {"TINYINT", 1, "3", "0", "1"},
        {"SMALLINT", 2, "5", "0", "2"},
        {"INT", 3, "10", "0", "4"},
        {"BIGINT", 4, "19", "0", "8"},
        {"TINYINT UNSIGNED", 5, "5", "0", "2"},
        {"SMALLINT UNSIGNED", 6, "10", "0", "4"},
        {"INT UNSIGNED", 7, "19", "0", "8"},
        {"BIGINT UNSIGNED", 8, "20", "0", "8"},
        {"FLOAT", 9, "7", "", "4"},
        {"DOUBLE", 10, "15", "", "8"},
        {"DECIMAL(p,s)", 11, "p", "s", "p+2"},
        {"TIMESTAMP (ms)", 13, "23", "3", "16"},
        {"TIMESTAMP (us)", 14, "26", "6", "16"},
        {"TIMESTAMP (ns)", 15, "29", "9", "16"},
        {"VARCHAR(n)", 16, "n", "", "n"},
        {"NCHAR(n)", 17, "n", "", "4n"},
        {"JSON", 18, "4095", "", "16380"},
        {"VARBINARY(n)", 19, "n", "", "n"},
        {"GEOMETRY(n)", 20, "n", "", "n"},
        {"BLOB", 21, "4194304", "", "4194304"},
        {"untyped NULL", 22, "1", "", "1"},
    };
    size_t n;
    char *text = golden_read(TD_TEST_DATA "/../../docs/types.md", &n);
    (void)state;

    assert_non_null(text);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t row = lines[i].row;
        char line[300];

        snprintf(line, sizeof line, "| %s | %s | %s | %s%s| %s | %s |", lines[i].first,
                 sql_name(want[row].sql), lines[i].size, lines[i].digits,
                 *lines[i].digits ? " " : "", lines[i].octets, c_name(want[row].ctype));
        if (!strstr(text, line)) fail_msg("docs/types.md lacks: %s", line);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table), cmocka_unit_test(display_sizes_hold), cmocka_unit_test(options),
        cmocka_unit_test(names), cmocka_unit_test(docs_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

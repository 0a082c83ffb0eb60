/*
 * Which pairs exist (the reference's tables, written out here), what the C types are, and
 * indicators: NULL without one, length and indicator apart, neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "conv/kernel.h"
#include "wire/build.h"

/* One letter a C type: c CHAR, w WCHAR, b BINARY, t BIT, i all integers but SBIGINT, B SBIGINT, f
   FLOAT and DOUBLE, n NUMERIC, d DATE TIME TIMESTAMP, g GUID, I intervals. */
static const struct {
    int type;
    const char *legal;
} matrix[] = {
    {TD_T_NULL, "cwbtiBfndgI"},
    {TD_T_BOOL, "cwbtiBfn"},
    {TD_T_TINYINT, "cwbtiBfnI"},
    {TD_T_SMALLINT, "cwbtiBfnI"},
    {TD_T_INT, "cwbtiBfnI"},
    {TD_T_BIGINT, "cwbtiBfnI"},
    {TD_T_FLOAT, "cwbtiBfn"},
    {TD_T_DOUBLE, "cwbtiBfn"},
    {TD_T_VARCHAR, "cwbtiBfndgI"},
    {TD_T_TIMESTAMP, "cwbBd"},
    {TD_T_NCHAR, "cwbtiBfndgI"},
    {TD_T_UTINYINT, "cwbtiBfnI"},
    {TD_T_USMALLINT, "cwbtiBfnI"},
    {TD_T_UINT, "cwbtiBfnI"},
    {TD_T_UBIGINT, "cwbtiBfnI"},
    {TD_T_JSON, "cwbtiBfndgI"},
    {TD_T_VARBINARY, "cwb"},
    {TD_T_DECIMAL128, "cwbtiBfnI"},
    {TD_T_BLOB, "cwb"},
    {TD_T_MEDIUMBLOB, ""},
    {TD_T_GEOMETRY, "cwb"},
    {TD_T_DECIMAL64, "cwbtiBfnI"},
};

static const struct {
    SQLSMALLINT ctype;
    char letter;
    int width;
} ctypes[] = {
    {SQL_C_CHAR, 'c', 0},
    {SQL_C_WCHAR, 'w', 0},
    {SQL_C_BINARY, 'b', 0},
    {SQL_C_BIT, 't', 1},
    {SQL_C_TINYINT, 'i', 1},
    {SQL_C_STINYINT, 'i', 1},
    {SQL_C_UTINYINT, 'i', 1},
    {SQL_C_SHORT, 'i', 2},
    {SQL_C_SSHORT, 'i', 2},
    {SQL_C_USHORT, 'i', 2},
    {SQL_C_LONG, 'i', 4},
    {SQL_C_SLONG, 'i', 4},
    {SQL_C_ULONG, 'i', 4},
    {SQL_C_SBIGINT, 'B', 8},
    {SQL_C_UBIGINT, 'i', 8},
    {SQL_C_FLOAT, 'f', 4},
    {SQL_C_DOUBLE, 'f', 8},
    {SQL_C_NUMERIC, 'n', 19},
    {SQL_C_TYPE_DATE, 'd', 6},
    {SQL_C_TYPE_TIME, 'd', 6},
    {SQL_C_TYPE_TIMESTAMP, 'd', 16},
    {SQL_C_DATE, 'd', 6},
    {SQL_C_TIME, 'd', 6},
    {SQL_C_TIMESTAMP, 'd', 16},
    {SQL_C_GUID, 'g', 16},
    {101, 'I', 28},
    {102, 'I', 28},
    {103, 'I', 28},
    {104, 'I', 28},
    {105, 'I', 28},
    {106, 'I', 28},
    {107, 'I', 28},
    {108, 'I', 28},
    {109, 'I', 28},
    {110, 'I', 28},
    {111, 'I', 28},
    {112, 'I', 28},
    {113, 'I', 28},
};
#define NCTYPES (sizeof ctypes / sizeof *ctypes)

static void pairs(void **state)
{
    unsigned legal = 0, illegal = 0;
    (void)state;

    for (size_t m = 0; m < sizeof matrix / sizeof *matrix; m++) {
        for (size_t c = 0; c < NCTYPES; c++) {
            bool want = strchr(matrix[m].legal, ctypes[c].letter) != NULL;
            bool got = td_kernel_for(matrix[m].type, ctypes[c].ctype) != NULL;

            if (want != got) fail_msg("type %d to C type %d", matrix[m].type, ctypes[c].ctype);
            legal += want;
            illegal += !want;
        }
    }
    print_message("legal pairs: %u, illegal: %u\n", legal, illegal);
    assert_null(td_kernel_for(-1, SQL_C_CHAR));
    assert_null(td_kernel_for(TD_T_COUNT, SQL_C_CHAR));
}

static bool known(int ctype)
{
    for (size_t i = 0; i < NCTYPES; i++)
        if (ctypes[i].ctype == ctype) return true;
    return false;
}

static void c_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCTYPES; i++) {
        assert_int_equal(td_ctype_width(ctypes[i].ctype), ctypes[i].width);
        assert_int_equal(td_ctype_is_var(ctypes[i].ctype), ctypes[i].width == 0);
    }
    for (int c = -200; c <= 200; c++) {
        if (known(c)) continue;
        assert_int_equal(td_ctype_width((SQLSMALLINT)c), -1);
        assert_false(td_ctype_is_var((SQLSMALLINT)c));
        assert_null(td_kernel_for(TD_T_INT, (SQLSMALLINT)c));
        assert_null(td_kernel_for(TD_T_NULL, (SQLSMALLINT)c));
    }
    assert_int_equal(td_ctype_modern(SQL_C_DATE), SQL_C_TYPE_DATE);
    assert_int_equal(td_ctype_modern(SQL_C_TIME), SQL_C_TYPE_TIME);
    assert_int_equal(td_ctype_modern(SQL_C_TIMESTAMP), SQL_C_TYPE_TIMESTAMP);
    assert_int_equal(td_ctype_modern(SQL_C_LONG), SQL_C_LONG);
}

/* ---- indicators ---- */

struct seen {
    uint32_t rows[8];
    enum td_sqlstate states[8];
    int n;
};

static void on_report(struct td_kctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct seen *s = x->report_arg;
    (void)text;

    assert_true(s->n < 8);
    s->rows[s->n] = row;
    s->states[s->n++] = state;
}

/* Rows 1, NULL, 1, NULL of a type. */
static uint8_t *make_block(int type, struct td_col *col)
{
    struct td_build_col spec = {(uint8_t)type, 10, 2, 0};
    struct td_build *b;
    struct td_block block;
    uint8_t *p;
    size_t n;

    if (td_type_is_var(type)) spec.bytes = 42;
    if (type == TD_T_DECIMAL64) spec.bytes = 8;
    if (type == TD_T_DECIMAL128) spec.bytes = 16;
    b = td_build_new(&spec, 1, 1 << 20);
    for (int i = 0; i < 4; i++) {
        if (i % 2 || type == TD_T_NULL)
            td_build_null(b, 0);
        else if (type == TD_T_DECIMAL64 || type == TD_T_DECIMAL128)
            td_build_dec(b, 0, (struct td_i128){100, 0});
        else if (type == TD_T_NCHAR)
            td_build_bytes(b, 0, "1\0\0\0", 4);
        else if (td_type_is_var(type))
            td_build_bytes(b, 0, "1", 1);
        else if (type == TD_T_FLOAT || type == TD_T_DOUBLE)
            td_build_double(b, 0, 1);
        else
            td_build_int(b, 0, 1);
        td_build_end_row(b);
    }
    assert_int_equal(td_build_finish(b, &p, &n, NULL), TD_OK);
    assert_int_equal(td_block_open(p, n, NULL, col, 1, 0, &block, NULL), TD_OK);
    td_build_free(b);
    return p;
}

/* Whether a cell "1" of the type converts without an error. */
static bool converts(int type, SQLSMALLINT ctype)
{
    bool text = type == TD_T_VARCHAR || type == TD_T_NCHAR || type == TD_T_JSON;
    bool multi = ctype >= SQL_C_INTERVAL_YEAR_TO_MONTH;

    if (multi && type != TD_T_NULL) return false;
    return !(text &&
             (ctype == SQL_C_GUID || (ctype >= 91 && ctype <= 93) || (ctype >= 9 && ctype <= 11)));
}

static void null_without_indicator(int type, SQLSMALLINT ctype, const struct td_col *col,
                                   struct td_kctx *x)
{
    uint8_t values[4 * 40];
    SQLLEN lens[4] = {77, 77, 77, 77};
    struct seen s = {{0}, {0}, 0};
    struct td_target t = {values, 40, 40, lens, NULL, sizeof(SQLLEN)};
    int first = type == TD_T_NULL ? 0 : 1, nulls = 0;

    x->report = on_report;
    x->report_arg = &s;
    td_kernel_for(type, ctype)(col, 0, 4, &t, x);
    for (int i = 0; i < s.n; i++) {
        if (s.states[i] != TD_ST_22002) continue;
        nulls++;
        assert_true(type == TD_T_NULL || s.rows[i] % 2 == 1);
    }
    assert_int_equal(nulls, type == TD_T_NULL ? 4 : 2);
    assert_int_equal(lens[first], 77); // nothing is said about a NULL
    if (type != TD_T_NULL && converts(type, ctype)) assert_true(lens[0] != 77);
    /* no pointers at all: no values of NULL rows, and no crash */
    t.octet_len = NULL;
    s.n = 0;
    td_kernel_for(type, ctype)(col, 0, 4, &t, x);
    assert_true(s.n >= 2);
}

static void indicator_only(int type, SQLSMALLINT ctype, const struct td_col *col, struct td_kctx *x)
{
    uint8_t values[4 * 40];
    SQLLEN inds[4] = {77, 77, 77, 77};
    struct td_target t = {values, 40, 40, NULL, inds, sizeof(SQLLEN)};

    x->report = NULL; // a context without a reporter is fine
    td_kernel_for(type, ctype)(col, 0, 4, &t, x);
    assert_int_equal(inds[1], SQL_NULL_DATA);
    assert_int_equal(inds[3], SQL_NULL_DATA);
    if (type != TD_T_NULL && converts(type, ctype))
        assert_int_equal(inds[0], 0); // the reference: zero for a value
}

static void indicators(void **state)
{
    struct td_kctx x;
    (void)state;

    td_kctx_init(&x, td_tz_get(TD_STR("UTC"), NULL));
    for (size_t m = 0; m < sizeof matrix / sizeof *matrix; m++) {
        struct td_col col;
        uint8_t *block;

        if (!td_type_known(matrix[m].type)) continue;
        block = make_block(matrix[m].type, &col);
        for (size_t c = 0; c < NCTYPES; c++) {
            if (!td_kernel_for(matrix[m].type, ctypes[c].ctype)) continue;
            null_without_indicator(matrix[m].type, ctypes[c].ctype, &col, &x);
            indicator_only(matrix[m].type, ctypes[c].ctype, &col, &x);
        }
        td_free(block);
    }
}

static void no_allocation(void **state)
{
    uint8_t values[4 * 40];
    SQLLEN inds[4];
    struct td_kctx x;
    (void)state;

    td_kctx_init(&x, td_tz_get(TD_STR("Asia/Shanghai"), NULL));
    for (size_t m = 0; m < sizeof matrix / sizeof *matrix; m++) {
        struct td_target t = {values, 40, 40, inds, inds, sizeof(SQLLEN)};
        struct td_col col;
        uint8_t *block;
        uint64_t before;

        if (!td_type_known(matrix[m].type)) continue;
        block = make_block(matrix[m].type, &col);
        before = td_alloc_count();
        for (size_t c = 0; c < NCTYPES; c++) {
            td_kernel k = td_kernel_for(matrix[m].type, ctypes[c].ctype);

            if (k) k(&col, 0, 4, &t, &x);
        }
        assert_int_equal(td_alloc_count(), before);
        td_free(block);
    }
}

/* ---- SQLGetData ---- */

static void pieces(void **state)
{
    struct td_kctx x;
    struct td_col col;
    uint8_t *block = make_block(TD_T_VARCHAR, &col);
    struct td_piece p = {0};
    struct seen s = {{0}, {0}, 0};
    char buf[8];
    SQLLEN ind = 0;
    (void)state;

    td_kctx_init(&x, td_tz_get(TD_STR("UTC"), NULL));
    x.report = on_report;
    x.report_arg = &s;
    /* the value, then SQL_NO_DATA as often as asked (C-7) */
    assert_int_equal(td_getdata_piece(&col, 0, SQL_C_CHAR, buf, sizeof buf, &ind, &p, &x),
                     SQL_SUCCESS);
    assert_int_equal(ind, 1);
    assert_string_equal(buf, "1");
    assert_int_equal(td_getdata_piece(&col, 0, SQL_C_CHAR, buf, sizeof buf, &ind, &p, &x),
                     SQL_NO_DATA);
    assert_int_equal(td_getdata_piece(&col, 0, SQL_C_CHAR, buf, sizeof buf, &ind, &p, &x),
                     SQL_NO_DATA);
    /* without an indicator a value is fine, NULL is 22002 and stays to be fetched */
    memset(&p, 0, sizeof p);
    assert_int_equal(td_getdata_piece(&col, 0, SQL_C_CHAR, buf, sizeof buf, NULL, &p, &x),
                     SQL_SUCCESS);
    assert_int_equal(s.n, 0);
    memset(&p, 0, sizeof p);
    assert_int_equal(td_getdata_piece(&col, 1, SQL_C_CHAR, buf, sizeof buf, NULL, &p, &x),
                     SQL_ERROR);
    assert_int_equal(s.states[0], TD_ST_22002);
    assert_int_equal(td_getdata_piece(&col, 1, SQL_C_WCHAR, buf, sizeof buf, &ind, &p, &x),
                     SQL_SUCCESS);
    assert_int_equal(ind, SQL_NULL_DATA);
    assert_int_equal(td_getdata_piece(&col, 1, SQL_C_WCHAR, buf, sizeof buf, &ind, &p, &x),
                     SQL_NO_DATA);
    /* no buffer: as one of length 0 */
    static const SQLSMALLINT var[] = {SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY};
    for (int i = 0; i < 3; i++) {
        s.n = 0;
        memset(&p, 0, sizeof p);
        assert_int_equal(td_getdata_piece(&col, 0, var[i], NULL, 99, &ind, &p, &x),
                         SQL_SUCCESS_WITH_INFO);
        assert_int_equal(ind, var[i] == SQL_C_WCHAR ? (SQLLEN)sizeof(SQLWCHAR) : 1);
        assert_int_equal(s.states[0], TD_ST_01004);
        assert_int_equal(td_getdata_piece(&col, 0, var[i], buf, sizeof buf, &ind, &p, &x),
                         SQL_SUCCESS);
    }
    /* a fixed type, and no type at all */
    s.n = 0;
    memset(&p, 0, sizeof p);
    assert_int_equal(td_getdata_piece(&col, 0, SQL_C_SLONG, buf, sizeof buf, &ind, &p, &x),
                     SQL_ERROR);
    assert_int_equal(td_getdata_piece(&col, 0, 55, buf, sizeof buf, &ind, &p, &x), SQL_ERROR);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.states[0], TD_ST_07006);
    td_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(c_types),
                                       cmocka_unit_test(indicators),
                                       cmocka_unit_test(no_allocation), cmocka_unit_test(pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Parameter encoding beyond single values: what lengths and pointers may say, whole arrays copied
 * at once against values one by one, limits of terminated text, and lack of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "conv/param.h"

#define ROWS 6

struct watch {
    int n;
    enum td_sqlstate state[ROWS];
};

static void note(struct td_pctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct watch *w = x->report_arg;

    (void)text;
    w->n++;
    if (row < ROWS) w->state[row] = state;
}

static struct watch seen;

static struct td_pctx context(void)
{
    struct td_pctx x = {.report = note, .report_arg = &seen};

    memset(&seen, 0, sizeof seen);
    td_tz_cache_init(&x.tz, td_tz_get(TD_STR("UTC"), NULL));
    return x;
}

static void encode(struct td_pcol *c, uint8_t type, const struct td_psource *s, uint32_t rows)
{
    struct td_pctx x = context();
    struct td_pdest d = {.type = type, .length = 100};

    if (type == TD_T_TIMESTAMP) d.precision = 1;
    assert_int_equal(td_param_encode(c, &d, s, rows, &x), TD_OK);
    assert_int_equal(c->type, type);
    assert_int_equal(c->rows, rows);
}

static void lengths(void **state)
{
    static const struct {
        SQLSMALLINT ctype;
        SQLLEN len;
        const char *state; /* NULL: the value is n bytes of text */
        uint32_t n;
    } c[] = {
        {SQL_C_CHAR, 0, NULL, 0},
        {SQL_C_CHAR, 3, NULL, 3},
        {SQL_C_CHAR, SQL_NTS, NULL, 5},
        {SQL_C_CHAR, -4, "HY090", 0},
        {SQL_C_CHAR, -99, "HY090", 0},
        {SQL_C_CHAR, SQL_DEFAULT_PARAM, "07S01", 0},
        {SQL_C_BINARY, SQL_NTS, "HY090", 0},
        {SQL_C_BINARY, 2, NULL, 2},
        {SQL_C_WCHAR, 3, "HY090", 0},
        {SQL_C_CHAR, SQL_DATA_AT_EXEC, "HY010", 0},
        {SQL_C_CHAR, SQL_LEN_DATA_AT_EXEC(7), "HY010", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct td_pcol col = {0};
        SQLLEN len = c[i].len;
        struct td_psource s = {.ctype = c[i].ctype,
                               .base = (const uint8_t *)"hello\0\0\0",
                               .octet_len = &len,
                               .ind = &len,
                               .len_stride = sizeof len};

        encode(&col, TD_T_VARCHAR, &s, 1);
        assert_int_equal(col.nulls[0], c[i].state != NULL);
        assert_int_equal(seen.n, c[i].state != NULL);
        if (c[i].state)
            assert_string_equal(td_sqlstate_text(seen.state[0]), c[i].state);
        else
            assert_int_equal(col.len[0], c[i].n);
        td_pcol_free(&col);
    }
}

/* Fixed types ignore lengths that are no marks (reference: "the driver ignores the length"). */
static void fixed_types_ignore_lengths(void **state)
{
    static const SQLLEN lens[ROWS] = {0, SQL_NTS, 12345, -4, -99, SQL_NULL_DATA};
    int32_t v[ROWS] = {1, 2, 3, 4, 5, 6};
    struct td_psource s = {.ctype = SQL_C_SLONG,
                           .base = (uint8_t *)v,
                           .stride = 4,
                           .octet_len = lens,
                           .ind = lens,
                           .len_stride = sizeof *lens};
    struct td_pcol col = {0};

    (void)state;
    encode(&col, TD_T_INT, &s, ROWS);
    assert_int_equal(seen.n, 0);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(col.nulls[i], i == 5);
        assert_int_equal(td_ld32(col.fixed + 4 * i), i == 5 ? 0 : i + 1);
    }
    td_pcol_free(&col);
}

static void pointers(void **state)
{
    SQLLEN nts = SQL_NTS, null = SQL_NULL_DATA, zero = 0, three = 3;
    struct td_pcol col = {0};
    struct td_psource s = {.ctype = SQL_C_CHAR, .len_stride = sizeof nts};

    (void)state;
    s.octet_len = s.ind = &null; // NULL needs no buffer
    encode(&col, TD_T_VARCHAR, &s, 1);
    assert_int_equal(col.nulls[0], 1);
    assert_int_equal(seen.n, 0);
    s.octet_len = s.ind = &zero; // nor does empty text
    encode(&col, TD_T_VARCHAR, &s, 1);
    assert_int_equal(col.nulls[0], 0);
    assert_int_equal(col.len[0], 0);
    s.octet_len = s.ind = &three;
    encode(&col, TD_T_VARCHAR, &s, 1);
    assert_int_equal(seen.state[0], TD_ST_HY009);
    s.octet_len = s.ind = NULL; // terminated, when there is no length
    s.base = (const uint8_t *)"abcd";
    encode(&col, TD_T_VARCHAR, &s, 1);
    assert_int_equal(col.len[0], 4);
    s.ctype = SQL_C_BINARY; // and all of the buffer for binary
    s.cap = 2;
    encode(&col, TD_T_VARBINARY, &s, 1);
    assert_int_equal(col.len[0], 2);
    s.ctype = SQL_C_CHAR; // an indicator of its own
    s.ind = &null;
    s.octet_len = &three;
    encode(&col, TD_T_VARCHAR, &s, 1);
    assert_int_equal(col.nulls[0], 1);
    s.ind = &zero;
    encode(&col, TD_T_VARCHAR, &s, 1);
    assert_int_equal(col.len[0], 3);
    td_pcol_free(&col);
}

/* In arrays a value ends at its buffer's end, and a length beyond it is refused. */
static void bounded(void **state)
{
    char text[3][4] = {{'a', 'b', 'c', 'd'}, {'e', 0, 'x', 'x'}, {'f', 'g', 'h', 'i'}};
    SQLLEN lens[3] = {SQL_NTS, SQL_NTS, 5};
    struct td_psource s = {.ctype = SQL_C_CHAR,
                           .base = (uint8_t *)text,
                           .stride = 4,
                           .array = true,
                           .cap = 4,
                           .octet_len = lens,
                           .ind = lens,
                           .len_stride = sizeof *lens};
    struct td_pcol col = {0};
    SQLWCHAR wide[2][2] = {{'a', 'b'}, {'c', 0}};

    (void)state;
    encode(&col, TD_T_VARCHAR, &s, 3);
    assert_int_equal(col.len[0], 4);
    assert_int_equal(col.len[1], 1);
    assert_int_equal(col.nulls[2], 1);
    assert_int_equal(seen.state[2], TD_ST_HY090);
    s.ctype = SQL_C_WCHAR;
    s.base = (uint8_t *)wide;
    s.stride = s.cap = sizeof wide[0];
    encode(&col, TD_T_NCHAR, &s, 2);
    assert_int_equal(col.len[0], 2);
    assert_int_equal(col.len[1], 1);
    s.stride = s.cap = 1; // no room for a character
    encode(&col, TD_T_NCHAR, &s, 1);
    assert_int_equal(col.len[0], 0);
    td_pcol_free(&col);
}

/* The whole copy gives what single values give. */
static void whole_copies(void **state)
{
    static const struct {
        SQLSMALLINT ctype;
        uint8_t type, width;
    } c[] = {
        {SQL_C_STINYINT, TD_T_TINYINT, 1},  {SQL_C_UTINYINT, TD_T_UTINYINT, 1},
        {SQL_C_SSHORT, TD_T_SMALLINT, 2},   {SQL_C_USHORT, TD_T_USMALLINT, 2},
        {SQL_C_SLONG, TD_T_INT, 4},         {SQL_C_ULONG, TD_T_UINT, 4},
        {SQL_C_SBIGINT, TD_T_BIGINT, 8},    {SQL_C_UBIGINT, TD_T_UBIGINT, 8},
        {SQL_C_FLOAT, TD_T_FLOAT, 4},       {SQL_C_DOUBLE, TD_T_DOUBLE, 8},
        {SQL_C_SBIGINT, TD_T_TIMESTAMP, 8},
    };
    uint8_t src[64 * 9];
    SQLLEN lens[64] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof src; i++)
        src[i] = (uint8_t)(i * 37 + 11);
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct td_pcol a = {0}, b = {0};
        struct td_psource s = {.ctype = c[i].ctype, .base = src, .stride = c[i].width};

        encode(&a, c[i].type, &s, 64);
        assert_memory_equal(a.fixed, src, 64u * c[i].width);
        s.ind = s.octet_len = lens;
        s.len_stride = sizeof *lens;
        lens[13] = SQL_NULL_DATA; // one NULL: value by value
        encode(&b, c[i].type, &s, 64);
        lens[13] = 0;
        for (uint32_t r = 0; r < 64; r++) {
            assert_int_equal(b.nulls[r], r == 13);
            if (r != 13)
                assert_memory_equal(b.fixed + r * c[i].width, a.fixed + r * c[i].width, c[i].width);
        }
        td_pcol_free(&a);
        td_pcol_free(&b);
    }
}

static void illegal_pairs(void **state)
{
    static const struct {
        uint8_t type;
        SQLSMALLINT ctype;
    } no[] = {{TD_T_INT, SQL_C_GUID},
              {TD_T_INT, SQL_C_TYPE_TIMESTAMP},
              {TD_T_TIMESTAMP, SQL_C_DOUBLE},
              {TD_T_TIMESTAMP, SQL_C_NUMERIC},
              {TD_T_VARBINARY, SQL_C_SLONG},
              {TD_T_BLOB, SQL_C_GUID},
              {TD_T_GEOMETRY, SQL_C_DOUBLE},
              {TD_T_JSON, SQL_C_SLONG},
              {TD_T_DOUBLE, SQL_C_INTERVAL_DAY},
              {TD_T_BOOL, SQL_C_INTERVAL_DAY},
              {TD_T_INT, SQL_C_INTERVAL_DAY_TO_HOUR},
              {TD_T_INT, 12345},
              {TD_T_MEDIUMBLOB, SQL_C_CHAR}};
    int legal = 0;

    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(td_param_legal(no[i].type, no[i].ctype));
    for (int t = TD_T_BOOL; t < TD_T_COUNT; t++) {
        if (t == TD_T_MEDIUMBLOB) continue;
        // text and binary go into every column (the reference's tables), NULL of any type with them
        assert_true(td_param_legal(t, SQL_C_CHAR));
        assert_true(td_param_legal(t, SQL_C_WCHAR));
        assert_true(td_param_legal(t, SQL_C_BINARY));
        for (SQLSMALLINT c = -30; c < 120; c++)
            legal += td_param_legal(t, c);
    }
    print_message("%d pairs\n", legal);
    assert_true(legal > 400);
}

static void no_memory(void **state)
{
    static char text[64][100];
    static const uint8_t types[] = {TD_T_VARCHAR, TD_T_NCHAR, TD_T_INT, TD_T_VARBINARY,
                                    TD_T_GEOMETRY};

    (void)state;
    memset(text, '1', sizeof text);
    for (size_t t = 0; t < sizeof types; t++) {
        enum td_rc rc = TD_FAIL;
        uint64_t n = 0;

        while (rc != TD_OK && n < 100) {
            struct td_pcol col = {0};
            struct td_pctx x = context();
            struct td_pdest d = {.type = types[t]};
            struct td_psource s = {.ctype = t & 1 ? SQL_C_WCHAR : SQL_C_CHAR,
                                   .base = (uint8_t *)text,
                                   .stride = 100,
                                   .array = true,
                                   .cap = 100};

            td_alloc_fail_at(++n, 1);
            rc = td_param_encode(&col, &d, &s, 64, &x);
            td_alloc_fail_at(0, 0);
            td_pcol_free(&col);
        }
        assert_true(n > 1 && n < 100);
    }
}

/* Memory is taken for the column, not for rows. */
static void no_row_allocates(void **state)
{
    static SQLWCHAR text[5000][10];
    struct td_pcol col = {0};
    struct td_psource s = {.ctype = SQL_C_WCHAR, .base = (uint8_t *)text, .stride = 20, .cap = 20};

    (void)state;
    for (size_t i = 0; i < 5000; i++)
        text[i][0] = text[i][1] = 'a';
    uint64_t before = td_alloc_count();
    encode(&col, TD_T_NCHAR, &s, 5000);
    assert_true(td_alloc_count() - before < 24);
    before = td_alloc_count();
    encode(&col, TD_T_NCHAR, &s, 5000);
    assert_int_equal(td_alloc_count() - before, 0); // the second execute takes none
    td_pcol_free(&col);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),      cmocka_unit_test(fixed_types_ignore_lengths),
        cmocka_unit_test(pointers),     cmocka_unit_test(bounded),
        cmocka_unit_test(whole_copies), cmocka_unit_test(illegal_pairs),
        cmocka_unit_test(no_memory),    cmocka_unit_test(no_row_allocates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

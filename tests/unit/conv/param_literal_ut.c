/*
 * Literals: the cases of tests/data/param, and every SQL type with every C type read back by a
 * small lexer of protocol.md 7.7 that shares nothing with the driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "conv/types.h"
#include "golden.h"
#include "paramcase.h"

static struct pc_case one;

struct outcome {
    int reports;
    enum td_sqlstate state;
    uint32_t row;
};

static void note(struct td_pctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    struct outcome *o = x->report_arg;

    (void)text;
    o->reports++;
    o->state = state;
    o->row = row;
}

static void context(struct td_pctx *x, const struct pc_settings *s, struct outcome *o)
{
    memset(x, 0, sizeof *x);
    memset(o, 0, sizeof *o);
    td_tz_cache_init(&x->tz, s->tz);
    x->today = s->today;
    x->report = note;
    x->report_arg = o;
}

/* The value as row 2 of an array whose other rows are poison. */
static enum td_rc render(const struct pc_case *c, const struct pc_settings *s, bool in_values,
                         struct td_buf *out, struct outcome *o)
{
    SQLLEN lens[3] = {0x7bababab, 0x7bababab, c->null ? SQL_NULL_DATA : (SQLLEN)c->value.n};
    size_t stride = c->value.n + 1;
    uint8_t *mem = malloc(stride * 3);
    struct td_pctx x;
    struct td_psource src = {.ctype = c->ctype,
                             .sqltype = c->sqltype,
                             .base = mem,
                             .stride = stride,
                             .cap = (SQLLEN)c->value.n,
                             .octet_len = lens,
                             .ind = lens,
                             .len_stride = sizeof *lens,
                             .num_scale = c->num_scale};

    memset(mem, 0xAB, stride * 3);
    memcpy(mem + stride * 2, c->value.p, c->value.n);
    context(&x, s, o);
    enum td_rc rc = td_param_literal(out, &src, 2, in_values, &x);
    free(mem);
    return rc;
}

static void every_case(void **state)
{
    struct pc_settings s = {td_tz_get(TD_STR("UTC"), NULL), false, 0};
    struct pc_file *f = pc_open(TD_TEST_DATA "/param/literals.literal");
    uint32_t failures = 0, n = 0;
    int rc;

    (void)state;
    assert_non_null(f);
    for (; (rc = pc_next(f, &s, true, &one)) != 0; n++) {
        struct td_buf out = TD_BUF_INIT(1 << 20);
        struct outcome o;
        bool ok = rc > 0;

        if (ok) {
            enum td_rc r = render(&one, &s, false, &out, &o);

            if (one.outcome[0])
                ok = r == TD_FAIL && o.reports == 1 && o.row == 2 &&
                     strcmp(td_sqlstate_text(o.state), one.outcome) == 0;
            else
                ok = r == TD_OK && o.reports == 0 && out.n == one.want.n &&
                     memcmp(out.p, one.want.p, out.n) == 0;
        }
        if (!ok) {
            print_error("literals.literal:%u: %s\n    %.*s (%d reports, %s)\n", one.line, one.text,
                        (int)out.n, out.p ? (char *)out.p : "", rc > 0 ? o.reports : -1,
                        rc > 0 ? td_sqlstate_text(o.state) : "");
            failures++;
        }
        td_buf_free(&out);
    }
    pc_close(f);
    assert_int_equal(failures, 0);
    assert_true(n > 80);
}

/* ---- reading back ---- */

enum token { T_BAD, T_STRING, T_INTEGER, T_DOUBLE, T_WORD };

/* One literal of protocol.md 7.7, all of s; strings unescaped into out. */
static enum token lex(const char *s, size_t n, uint8_t *out, size_t *len)
{
    size_t i = 0;
    bool real = false;

    *len = 0;
    if (n >= 2 && (s[0] == '\'' || s[0] == '"')) {
        for (i = 1; i < n - 1; i++) {
            if (s[i] == s[0]) { // doubled, or the string ends before its end
                if (i + 1 >= n - 1 || s[i + 1] != s[0]) return T_BAD;
                i++;
            } else if (s[i] == '\\') {
                if (++i >= n - 1) return T_BAD;
                static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
                const char *k = strchr(from, s[i]);
                if (s[i] == 'x' || s[i] == '%' || s[i] == '_') out[(*len)++] = '\\';
                out[(*len)++] = (uint8_t)(k && s[i] ? to[k - from] : s[i]);
                continue;
            }
            out[(*len)++] = (uint8_t)s[i];
        }
        return s[n - 1] == s[0] ? T_STRING : T_BAD;
    }
    if (!n) return T_BAD;
    memcpy(out, s, n);
    *len = n;
    if (n && s[0] >= 'a') return T_WORD;
    i = n && s[0] == '-';
    if (i == n) return T_BAD;
    for (; i < n; i++) {
        bool exponent_sign = (s[i] == '+' || s[i] == '-') && i && s[i - 1] == 'e';
        real |= s[i] == '.' || s[i] == 'e';
        if (!(s[i] >= '0' && s[i] <= '9') && s[i] != '.' && s[i] != 'e' && !exponent_sign)
            return T_BAD;
    }
    return real ? T_DOUBLE : T_INTEGER;
}

/* Random text full of quotes and backslashes comes back unchanged. */
static void attacked_text(void **state)
{
    static const char alphabet[] = "''\"\\\\\\nrx%_`;-a0 \n\t";
    struct pc_settings s = {td_tz_get(TD_STR("UTC"), NULL), false, 0};
    static uint8_t back[4096];

    (void)state;
    one.ctype = SQL_C_CHAR;
    one.sqltype = SQL_VARCHAR;
    one.null = false;
    srand(5);
    for (int round = 0; round < 20000; round++) {
        struct td_buf out = TD_BUF_INIT(1 << 20);
        struct outcome o;
        size_t n;

        one.value.n = (size_t)(rand() % 24);
        for (size_t i = 0; i < one.value.n; i++)
            one.value.p[i] = (uint8_t)alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        assert_int_equal(render(&one, &s, round & 1, &out, &o), TD_OK);
        assert_int_equal(lex((char *)out.p, out.n, back, &n), T_STRING);
        assert_int_equal(n, one.value.n);
        assert_memory_equal(back, one.value.p, n);
        td_buf_free(&out);
    }
}

/* Random doubles and integers come back as the same number. */
static void exact_numbers(void **state)
{
    struct pc_settings s = {td_tz_get(TD_STR("UTC"), NULL), false, 0};
    char text[64];

    (void)state;
    one.null = false;
    for (uint64_t round = 0; round < 20000; round++) {
        struct td_buf out = TD_BUF_INIT(1 << 20);
        struct outcome o;
        uint64_t bits = (round + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ round << 57, got;
        double d;

        memcpy(one.value.p, &bits, 8);
        one.value.n = 8;
        one.ctype = round & 1 ? SQL_C_DOUBLE : SQL_C_SBIGINT;
        one.sqltype = round & 1 ? SQL_DOUBLE : SQL_BIGINT;
        memcpy(&d, &bits, 8);
        if ((round & 1) && d - d != 0) continue;
        assert_int_equal(render(&one, &s, true, &out, &o), TD_OK);
        memcpy(text, out.p, out.n);
        text[out.n] = 0;
        if (round & 1) {
            d = strtod(text, NULL);
            memcpy(&got, &d, 8);
        } else {
            got = (uint64_t)strtoll(text, NULL, 10);
        }
        assert_true(got == bits);
        td_buf_free(&out);
    }
}

/* Every SQL type with every C type: one token, or an error that was reported; never silence. */
static void every_pair(void **state)
{
    static const SQLSMALLINT sqltypes[] = {
        SQL_CHAR,         SQL_VARCHAR,        SQL_LONGVARCHAR, SQL_WCHAR,         SQL_WVARCHAR,
        SQL_WLONGVARCHAR, SQL_DECIMAL,        SQL_NUMERIC,     SQL_BIT,           SQL_TINYINT,
        SQL_SMALLINT,     SQL_INTEGER,        SQL_BIGINT,      SQL_REAL,          SQL_FLOAT,
        SQL_DOUBLE,       SQL_BINARY,         SQL_VARBINARY,   SQL_LONGVARBINARY, SQL_TYPE_DATE,
        SQL_TYPE_TIME,    SQL_TYPE_TIMESTAMP, SQL_GUID,        SQL_INTERVAL_DAY};
    struct pc_settings s = {td_tz_get(TD_STR("Asia/Shanghai"), NULL), false, 19000};
    static uint8_t back[PC_MAX];
    uint32_t pairs = 0, tokens = 0;

    (void)state;
    for (size_t t = 0; t < sizeof sqltypes / sizeof *sqltypes; t++) {
        for (SQLSMALLINT c = -30; c < 120; c++) {
            int width = td_ctype_width(c);

            if (width < 0) continue;
            for (unsigned fill = 0; fill < 4; fill++) {
                struct td_buf out = TD_BUF_INIT(1 << 20);
                struct outcome o;
                size_t n;

                one.null = false;
                one.ctype = c;
                one.sqltype = sqltypes[t];
                one.value.n = width ? (size_t)width : 4;
                one.num_scale = 0;
                memset(one.value.p,
                       fill == 0   ? 0
                       : fill == 1 ? 1
                       : fill == 2 ? '1'
                                   : 0xFF,
                       one.value.n);
                if (render(&one, &s, false, &out, &o) == TD_OK) {
                    if (lex((char *)out.p, out.n, back, &n) == T_BAD)
                        print_error("SQL type %d, C type %d: %.*s\n", sqltypes[t], c, (int)out.n,
                                    (char *)out.p);
                    assert_int_not_equal(lex((char *)out.p, out.n, back, &n), T_BAD);
                    tokens++;
                } else {
                    assert_int_equal(o.reports, 1);
                    assert_false(td_sqlstate_is_warning(o.state));
                    assert_int_equal(o.row, 2);
                    assert_int_not_equal(o.state, TD_ST_07006); // each pair has some form
                }
                td_buf_free(&out);
                pairs++;
            }
        }
    }
    print_message("%u pairs, %u literals\n", pairs, tokens);
    assert_true(pairs > 3000 && tokens > pairs / 3);
}

/* In an array text without terminator ends with its buffer; the next value does not belong to it.
 */
static void unterminated(void **state)
{
    struct pc_settings s = {td_tz_get(TD_STR("UTC"), NULL), false, 0};
    static const char values[2][4] = {{'a', 'b', 'c', 'd'}, {'e', 'f', 'g', 'h'}};
    struct td_psource src = {.ctype = SQL_C_CHAR,
                             .sqltype = SQL_VARCHAR,
                             .base = (const uint8_t *)values,
                             .stride = 4,
                             .array = true,
                             .cap = 4};

    (void)state;
    for (uint32_t row = 0; row < 2; row++) {
        struct td_buf out = TD_BUF_INIT(100);
        struct td_pctx x;
        struct outcome o;

        context(&x, &s, &o);
        assert_int_equal(td_param_literal(&out, &src, row, true, &x), TD_OK);
        assert_int_equal(out.n, 6);
        assert_memory_equal(out.p, row ? "'efgh'" : "'abcd'", 6);
        td_buf_free(&out);
    }
}

static void no_memory(void **state)
{
    struct pc_settings s = {td_tz_get(TD_STR("UTC"), NULL), false, 0};
    uint64_t n = 0;
    enum td_rc rc = TD_FAIL;

    (void)state;
    one.null = false;
    one.ctype = SQL_C_CHAR;
    one.sqltype = SQL_VARCHAR;
    one.value.n = 300;
    memset(one.value.p, '\'', 300);
    while (rc != TD_OK && n < 100) {
        struct td_buf out = TD_BUF_INIT(1 << 20);
        struct outcome o;

        td_alloc_fail_at(++n, 1);
        rc = render(&one, &s, false, &out, &o);
        td_alloc_fail_at(0, 0);
        assert_int_equal(o.reports, 0);
        td_buf_free(&out);
    }
    assert_true(n > 3 && n < 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),    cmocka_unit_test(attacked_text),
        cmocka_unit_test(exact_numbers), cmocka_unit_test(every_pair),
        cmocka_unit_test(unterminated),  cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

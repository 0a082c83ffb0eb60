/*
 * A million cells of random types and values, read into random C types in every way of binding and
 * by SQLGetData, against the independent reference of tests/lib/ref_conv.c. TD_SEED repeats a
 * failure, TD_CELLS changes the number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "convrun.h"
#include "ref_conv.h"
#include "rng.h"
#include "wire/build.h"

#define ROWS_MAX 200
#define TEXT_MAX 2000

static struct td_rng rng;

static uint64_t below(uint64_t n)
{
    return td_rng_below(&rng, n);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

/* ---- values ---- */

static const char *const zones[] = {"UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu",
                                    "Australia/Lord_Howe"};

static __int128 random_int(int type)
{
    static const struct {
        int bits;
        bool uns;
    } kinds[TD_T_COUNT] = {
        [TD_T_BOOL] = {1, true},       [TD_T_TINYINT] = {8, false}, [TD_T_SMALLINT] = {16, false},
        [TD_T_INT] = {32, false},      [TD_T_BIGINT] = {64, false}, [TD_T_UTINYINT] = {8, true},
        [TD_T_USMALLINT] = {16, true}, [TD_T_UINT] = {32, true},    [TD_T_UBIGINT] = {64, true},
    };
    int bits = kinds[type].bits;
    uint64_t v = chance(20) ? (UINT64_C(1) << below(64)) + below(3) - 1 : td_rng_any(&rng);

    if (chance(30)) v = ~v;
    if (kinds[type].uns) return bits == 64 ? v : v & ((UINT64_C(1) << bits) - 1);
    return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

static double random_real(bool single)
{
    uint64_t bits = td_rng_next(&rng);
    uint32_t low = (uint32_t)bits;
    double d;
    float f;

    switch (below(6)) {
    case 0:
        d = (double)((int64_t)below(2000) - 1000);
        break;
    case 1:
        d = (double)((int64_t)below(2000000) - 1000000) / 100;
        break;
    case 2:
        d = (double)(int64_t)td_rng_any(&rng) * (chance(50) ? 1 : -0.5);
        break;
    case 3:
        d = (double)(UINT64_C(1) << below(64)) + (double)below(3) - 1;
        break;
    default:
        if (single) {
            memcpy(&f, &low, 4);
            return f;
        }
        memcpy(&d, &bits, 8);
        return d;
    }
    return single ? (float)d : d;
}

static __int128 random_decimal(int precision)
{
    __int128 v = 0;

    for (int n = (int)below((uint64_t)precision + 1); n > 0; n--)
        v = v * 10 + (chance(20) ? 0 : chance(20) ? 9 : (int)below(10));
    return chance(50) ? v : -v;
}

/* Near each other mostly, around changes of offset often, anywhere from year 1 to 9999 (ns: 1678 to
 * 2262) sometimes. */
static int64_t random_time(int prec, int64_t *base)
{
    static const int64_t units[] = {1000, 1000000, 1000000000};
    static const int64_t edges[] = {-2208988800, -1325491457, 0,          354675600,
                                    1699164000,  1678604400,  1729936800, 498024000};
    int64_t sec, lo = prec == 2 ? -9223372036 : -62135510400,
                 hi = prec == 2 ? 9223372035 : 253402214400;

    if (chance(3)) *base = lo + (int64_t)below((uint64_t)(hi - lo));
    if (chance(5)) *base = edges[below(8)] - 3600;
    sec = *base + (int64_t)below(chance(90) ? 7200 : 200000);
    if (sec > hi) sec = hi;
    return sec * units[prec] + (chance(30) ? 0 : (int64_t)below((uint64_t)units[prec]));
}

static size_t number_text(char *out)
{
    char *p = out;

    if (chance(30)) *p++ = "+-"[below(2)];
    for (uint64_t n = below(chance(90) ? 12 : 45); n > 0; n--)
        *p++ = (char)('0' + below(10));
    if (chance(40)) {
        *p++ = '.';
        for (uint64_t n = below(chance(90) ? 8 : 45); n > 0; n--)
            *p++ = (char)('0' + below(10));
    }
    if (chance(15)) p += sprintf(p, "%c%d", "eE"[below(2)], (int)below(chance(90) ? 40 : 800) - 20);
    if (chance(3)) *p++ = "x e,"[below(4)];
    return (size_t)(p - out);
}

static size_t time_text(char *out)
{
    char *p = out;
    bool date = chance(80), wrong = chance(5);

    if (date)
        p += sprintf(p, "%04d-%02d-%02d", (int)(chance(80) ? 1900 + below(300) : below(10000)),
                     (int)below(wrong ? 15 : 12) + 1, (int)below(wrong ? 33 : 28) + 1);
    if (date && chance(75)) *p++ = chance(70) ? ' ' : 'T';
    if (!date || p[-1] == ' ' || p[-1] == 'T') {
        p += sprintf(p, "%02d:%02d:%02d", (int)below(wrong ? 26 : 24), (int)below(wrong ? 62 : 60),
                     (int)below(wrong ? 62 : 60));
        if (chance(60)) {
            *p++ = '.';
            for (uint64_t n = below(chance(80) ? 10 : 14); n > 0; n--)
                *p++ = (char)('0' + below(10));
        }
    }
    if (chance(2)) *p++ = 'x';
    return (size_t)(p - out);
}

static size_t interval_text(char *out)
{
    char *p = out;

    if (chance(20)) *p++ = "+-"[below(2)];
    p += sprintf(p, "%d", (int)below(chance(80) ? 100 : 100000));
    if (chance(20)) return (size_t)(p + sprintf(p, "-%d", (int)below(14)) - out);
    if (chance(50)) p += sprintf(p, " %d", (int)below(26));
    for (uint64_t n = below(4); n > 0; n--)
        p += sprintf(p, ":%02d", (int)below(chance(95) ? 60 : 100));
    if (chance(30)) p += sprintf(p, ".%d", (int)below(100000));
    return (size_t)(p - out);
}

static size_t guid_text(char *out)
{
    return (size_t)sprintf(
        out, chance(50) ? "%08x-%04x-%04x-%04x-%06x%06x" : "%08X-%04X-%04X-%04X-%06X%06X",
        (unsigned)td_rng_next(&rng), (unsigned)below(65536), (unsigned)below(65536),
        (unsigned)below(65536), (unsigned)below(1 << 24), (unsigned)below(1 << 24));
}

static uint32_t random_cp(void)
{
    uint32_t cp;

    switch (below(5)) {
    case 0:
        cp = (uint32_t)below(0x800);
        break;
    case 1:
        cp = 0x10000 + (uint32_t)below(0x100000);
        break;
    case 2:
        cp = (uint32_t)below(0x10000);
        break;
    default:
        return 32 + (uint32_t)below(95);
    }
    return cp >= 0xD800 && cp < 0xE000 ? 'x' : cp;
}

static size_t put8(uint32_t cp, uint8_t *o)
{
    if (cp < 0x80) {
        o[0] = (uint8_t)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; cp >>= 6)
        o[i] = (uint8_t)(0x80 | (cp & 63));
    o[0] = (uint8_t)(cp | (n == 2 ? 0xC0U : n == 3 ? 0xE0U : 0xF0U));
    return n;
}

/* Random text as the block stores it; *valid: well-formed. */
static size_t random_text(int type, uint8_t *out, bool *valid)
{
    char ascii[200];
    size_t n = 0, chars, len = 0;
    int kind = (int)below(10);

    *valid = true;
    if (kind < 6) {
        size_t pad = chance(10) ? below(3) : 0;

        memset(ascii, ' ', pad);
        n = pad;
        n += kind < 3    ? number_text(ascii + n)
             : kind == 3 ? time_text(ascii + n)
             : kind == 4 ? interval_text(ascii + n)
                         : guid_text(ascii + n);
        if (type == TD_T_JSON && chance(3)) n = (size_t)sprintf(ascii, "null");
        if (type != TD_T_NCHAR) {
            memcpy(out, ascii, n);
            return n;
        }
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * 4, &(uint32_t){(uint8_t)ascii[i]}, 4);
        return n * 4;
    }
    chars = below(chance(90) ? 25 : 400);
    bool plain = kind == 6;
    unsigned odds = chance(50) ? 3 : 20;
    for (size_t i = 0; i < chars; i++) {
        uint32_t cp = plain ? 32 + (uint32_t)below(95) : random_cp();

        if (kind == 9 && chance(odds)) {
            *valid = false;
            if (type == TD_T_NCHAR)
                cp = chance(50) ? 0xD800 + (uint32_t)below(0x800) : (uint32_t)td_rng_next(&rng);
            else
                out[len++] = (uint8_t)(0x80 + below(128));
        }
        if (type == TD_T_NCHAR) {
            memcpy(out + len, &cp, 4);
            len += 4;
        } else {
            len += put8(cp, out + len);
        }
    }
    return len;
}

/* ---- blocks ---- */

struct table {
    struct td_build_col spec;
    struct ref_cell cells[ROWS_MAX];
    uint8_t *texts;
    bool valid; /* all texts are well-formed */
    uint32_t rows;
    uint8_t *block;
    struct td_col col;
};

static void fill_cell(struct table *t, struct ref_cell *c, uint8_t *room, int64_t *base)
{
    bool valid;

    switch (c->type) {
    case TD_T_NULL:
        break;
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        c->d = random_real(c->type == TD_T_FLOAT);
        break;
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        c->i = random_decimal(c->precision);
        break;
    case TD_T_TIMESTAMP:
        c->i = random_time(c->ts_prec, base);
        break;
    case TD_T_VARCHAR:
    case TD_T_NCHAR:
    case TD_T_JSON:
        c->p = room;
        c->n = random_text(c->type, room, &valid);
        t->valid &= valid;
        break;
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
    case TD_T_BLOB:
        c->p = room;
        c->n = below(chance(90) ? 20 : 300);
        for (size_t i = 0; i < c->n; i++)
            room[i] = (uint8_t)below(256);
        break;
    default:
        c->i = random_int(c->type);
    }
}

static void build_cell(struct td_build *b, const struct ref_cell *c)
{
    if (c->null || c->type == TD_T_NULL)
        td_build_null(b, 0);
    else if (c->type == TD_T_FLOAT || c->type == TD_T_DOUBLE)
        td_build_double(b, 0, c->d);
    else if (c->type == TD_T_DECIMAL64 || c->type == TD_T_DECIMAL128)
        td_build_dec(b, 0, (struct td_i128){(uint64_t)c->i, (int64_t)(c->i >> 64)});
    else if (td_type_is_var(c->type))
        td_build_bytes(b, 0, c->p, c->n);
    else
        td_build_int(b, 0, (int64_t)c->i);
    td_build_end_row(b);
}

static void table_open(struct table *t)
{
    static const uint8_t types[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11,
                                    12, 13, 14, 15, 16, 17, 18, 20, 21, 8, 9,  10};
    struct td_build *b;
    struct td_block block;
    struct td_err err;
    size_t n;
    int ts_prec = (int)below(3);
    unsigned nulls = chance(50) ? 0 : (unsigned)below(60);
    int64_t base = 1700000000;

    memset(t, 0, sizeof *t);
    t->valid = true;
    t->spec.type = types[below(sizeof types)];
    if (t->spec.type == TD_T_DECIMAL64) t->spec.precision = (uint8_t)(1 + below(18));
    if (t->spec.type == TD_T_DECIMAL128) t->spec.precision = (uint8_t)(19 + below(20));
    t->spec.scale = t->spec.precision ? (uint8_t)below((uint64_t)t->spec.precision + 1) : 0;
    t->spec.bytes = t->spec.type == TD_T_DECIMAL64    ? 8
                    : t->spec.type == TD_T_DECIMAL128 ? 16
                    : td_type_is_var(t->spec.type)    ? 16000
                                                      : 0;
    t->rows = 1 + (uint32_t)below(ROWS_MAX);
    t->texts = malloc((size_t)t->rows * TEXT_MAX);
    b = td_build_new(&t->spec, 1, 1 << 24);
    for (uint32_t i = 0; i < t->rows; i++) {
        struct ref_cell *c = &t->cells[i];

        c->type = t->spec.type;
        c->precision = t->spec.precision;
        c->scale = t->spec.scale;
        c->ts_prec = ts_prec;
        c->null = chance(nulls);
        fill_cell(t, c, t->texts + (size_t)i * TEXT_MAX, &base);
        build_cell(b, c);
    }
    assert_int_equal(td_build_finish(b, &t->block, &n, &err), TD_OK);
    td_build_free(b);
    assert_int_equal(td_block_open(t->block, n, NULL, &t->col, 1, (uint8_t)ts_prec, &block, &err),
                     TD_OK);
    conv_soil(&t->col, td_rng_next(&rng));
    for (uint32_t i = 0; t->spec.type == TD_T_BOOL && i < t->rows; i++) // any non-zero byte is true
        if (t->cells[i].i) ((uint8_t *)(uintptr_t)t->col.data)[i] = (uint8_t)(1 + below(255));
}

static void table_close(struct table *t)
{
    td_free(t->block);
    free(t->texts);
}

/* ---- comparing ---- */

static const SQLSMALLINT ctypes[] = {SQL_C_CHAR,
                                     SQL_C_WCHAR,
                                     SQL_C_BINARY,
                                     SQL_C_BIT,
                                     SQL_C_TINYINT,
                                     SQL_C_STINYINT,
                                     SQL_C_UTINYINT,
                                     SQL_C_SHORT,
                                     SQL_C_SSHORT,
                                     SQL_C_USHORT,
                                     SQL_C_LONG,
                                     SQL_C_SLONG,
                                     SQL_C_ULONG,
                                     SQL_C_SBIGINT,
                                     SQL_C_UBIGINT,
                                     SQL_C_FLOAT,
                                     SQL_C_DOUBLE,
                                     SQL_C_NUMERIC,
                                     SQL_C_TYPE_DATE,
                                     SQL_C_TYPE_TIME,
                                     SQL_C_TYPE_TIMESTAMP,
                                     SQL_C_DATE,
                                     SQL_C_TIME,
                                     SQL_C_TIMESTAMP,
                                     SQL_C_GUID,
                                     101,
                                     102,
                                     103,
                                     104,
                                     105,
                                     106,
                                     107,
                                     108,
                                     109,
                                     110,
                                     111,
                                     112,
                                     113,
                                     SQL_C_CHAR,
                                     SQL_C_WCHAR};

static SQLLEN random_cap(SQLSMALLINT ctype)
{
    if (!td_ctype_is_var(ctype)) return 0;
    return (SQLLEN)below(chance(50) ? 30 : chance(90) ? 80 : 1000);
}

static void random_settings(struct td_kctx *x, struct ref_settings *s, bool limits)
{
    *s = (struct ref_settings){-1, -1, 2, 6, 0, 0, 19000 + (int64_t)below(2000)};
    x->today = s->today;
    if (chance(50)) {
        x->num_scale_set = true;
        x->num_precision = (SQLSMALLINT)(s->num_precision = 1 + (int)below(38));
        x->num_scale = (SQLSMALLINT)(s->num_scale = (int)below((uint64_t)s->num_precision + 1));
    }
    if (chance(50)) {
        x->interval_leading_precision = s->lead = 1 + (int)below(9);
        x->interval_seconds_precision = s->seconds = (int)below(10);
    }
    if (limits && chance(20)) {
        if (chance(50))
            x->max_length = s->max_length = 1 + below(30);
        else
            x->max_column = s->max_column = 1 + below(20);
    }
}

static bool same(const struct ref_cell *c, const struct ref_result *want,
                 const struct conv_cell *got)
{
    char outcome[64];
    (void)c;

    conv_outcome(got, outcome);
    if (strcmp(outcome, want->outcome) != 0) return false;
    if (want->error) return true;
    if (got->ind != want->ind) return false;
    return want->n <= got->room && memcmp(got->value, want->bytes, want->n) == 0;
}

static void explain(const struct ref_cell *c, SQLSMALLINT ctype, SQLLEN cap,
                    const struct ref_result *want, const struct conv_cell *got)
{
    char outcome[64];

    conv_outcome(got, outcome);
    print_error("type %d p %d s %d prec %d to C type %d, buffer %lld\n", c->type, c->precision,
                c->scale, c->ts_prec, ctype, (long long)cap);
    print_error("value: int %lld double %a text", (long long)c->i, c->d);
    for (size_t i = 0; i < c->n && i < 80; i++)
        print_error(" %02x", c->p[i]);
    print_error("\nwant %s ind %lld:", want->outcome, (long long)want->ind);
    for (size_t i = 0; i < want->n && i < 80; i++)
        print_error(" %02x", want->bytes[i]);
    print_error("\ngot  %s ind %lld:", outcome, (long long)got->ind);
    for (size_t i = 0; i < got->room && i < want->n && i < 80; i++)
        print_error(" %02x", got->value[i]);
    print_error("\n");
}

static bool check_pieces(const struct table *t, uint32_t row, SQLSMALLINT ctype, SQLLEN cap,
                         struct td_kctx *x, const struct ref_result *want)
{
    struct td_piece p = {0};
    struct conv_cell cell;
    SQLRETURN rc;
    const char *why = conv_piece(&t->col, row, ctype, cap, &p, x, &rc, &cell);
    bool ok = !why && same(&t->cells[row], want, &cell);

    if (!ok) {
        print_error("as a piece: %s\n", why ? why : "differs");
        explain(&t->cells[row], ctype, cap, want, &cell);
    }
    conv_free(&cell, 1);
    return ok;
}

/* Converts a run of the table in a random way; the number of cells compared, 0 on a failure. */
static uint32_t check_run(const struct table *t, const struct td_tz *tz)
{
    static struct ref_result want;
    struct conv_cell cells[ROWS_MAX];
    SQLSMALLINT ctype = ctypes[below(sizeof ctypes / sizeof *ctypes)];
    SQLLEN cap = random_cap(ctype);
    uint32_t row0 = chance(50) ? 0 : (uint32_t)below(t->rows),
             n = 1 + (uint32_t)below(t->rows - row0);
    struct ref_settings s;
    struct td_kctx x;
    const char *why;

    td_kctx_init(&x, tz);
    random_settings(&x, &s, t->valid && td_ctype_is_var(ctype));
    if (!ref_legal(t->spec.type, ctype)) {
        if (!td_kernel_for(t->spec.type, ctype)) return 1;
        print_error("type %d to C type %d should be illegal\n", t->spec.type, ctype);
        return 0;
    }
    why = conv_run((enum conv_way)below(CONV_WAYS), &t->col, row0, n, ctype, cap, &x, cells);
    for (uint32_t i = 0; i < n && !why; i++) {
        ref_convert(&t->cells[row0 + i], ctype, cap, &s, &want);
        if (!same(&t->cells[row0 + i], &want, &cells[i])) {
            explain(&t->cells[row0 + i], ctype, cap, &want, &cells[i]);
            why = "differs from the reference";
        } else if (td_ctype_is_var(ctype) && !x.max_column && i % 16 == 0 &&
                   !check_pieces(t, row0 + i, ctype, cap, &x, &want)) {
            why = "the first piece differs";
        }
    }
    conv_free(cells, why && strcmp(why, "no kernel") == 0 ? 0 : n);
    if (why)
        print_error("type %d to C type %d, rows %u+%u: %s\n", t->spec.type, ctype, row0, n, why);
    return why ? 0 : n;
}

static void million_cells(void **state)
{
    const char *env = getenv("TD_CELLS");
    uint64_t wanted = env ? strtoull(env, NULL, 0) : 1000000, done = 0, tables = 0;
    uint64_t seed = td_rng_seed();
    struct table *t = malloc(sizeof *t);
    (void)state;

    rng.state = seed;
    while (done < wanted) {
        const char *zone = zones[tables++ % 5];
        const struct td_tz *tz = td_tz_get(td_str_of(zone), NULL);

        assert_non_null(tz);
        setenv("TZ", zone, 1);
        tzset();
        table_open(t);
        for (int i = 0; i < 8; i++) {
            uint32_t n = check_run(t, tz);

            if (n == 0)
                fail_msg("zone %s, table %llu, repeat with TD_SEED=%llu", zone,
                         (unsigned long long)tables, (unsigned long long)seed);
            done += n;
        }
        table_close(t);
    }
    free(t);
    print_message("cells compared: %llu (seed %llu)\n", (unsigned long long)done,
                  (unsigned long long)seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(million_cells)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

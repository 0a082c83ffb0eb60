/*
 * kernel_bench: nanoseconds a cell of the hot conversion pairs, and their ratio to a memcpy of the
 * same bytes in the same run.
 *
 *   kernel_bench [ROUNDS]
 *
 * Blocks of 4,096 rows as scans give them, one in 20 rows NULL where it says so. The last line is
 * the design's budget: a row of six columns (timestamp, int, bigint, double, varchar(16), nchar(8))
 * in at most 80 ns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "conv/kernel.h"
#include "rng.h"
#include "wire/build.h"

#define ROWS 4096

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct pair {
    const char *name;
    uint8_t type, ts_prec, precision, scale;
    bool nulls;
    SQLSMALLINT ctype;
    SQLLEN cap;
    const char *text; /* of text columns: letters to draw from */
    int len;
};

static const struct pair pairs[] = {
    {"TINYINT -> STINYINT", TD_T_TINYINT, 0, 0, 0, false, SQL_C_STINYINT, 1, 0, 0},
    {"SMALLINT -> SSHORT", TD_T_SMALLINT, 0, 0, 0, false, SQL_C_SSHORT, 2, 0, 0},
    {"INT -> SLONG", TD_T_INT, 0, 0, 0, false, SQL_C_SLONG, 4, 0, 0},
    {"INT -> SLONG, NULLs", TD_T_INT, 0, 0, 0, true, SQL_C_SLONG, 4, 0, 0},
    {"BIGINT -> SBIGINT", TD_T_BIGINT, 0, 0, 0, false, SQL_C_SBIGINT, 8, 0, 0},
    {"BIGINT UNSIGNED -> UBIGINT", TD_T_UBIGINT, 0, 0, 0, false, SQL_C_UBIGINT, 8, 0, 0},
    {"FLOAT -> FLOAT", TD_T_FLOAT, 0, 0, 0, false, SQL_C_FLOAT, 4, 0, 0},
    {"DOUBLE -> DOUBLE", TD_T_DOUBLE, 0, 0, 0, false, SQL_C_DOUBLE, 8, 0, 0},
    {"DOUBLE -> DOUBLE, NULLs", TD_T_DOUBLE, 0, 0, 0, true, SQL_C_DOUBLE, 8, 0, 0},
    {"BOOL -> BIT", TD_T_BOOL, 0, 0, 0, false, SQL_C_BIT, 1, 0, 0},
    {"TINYINT UNSIGNED -> SSHORT", TD_T_UTINYINT, 0, 0, 0, false, SQL_C_SSHORT, 2, 0, 0},
    {"SMALLINT UNSIGNED -> SLONG", TD_T_USMALLINT, 0, 0, 0, false, SQL_C_SLONG, 4, 0, 0},
    {"INT UNSIGNED -> SBIGINT", TD_T_UINT, 0, 0, 0, false, SQL_C_SBIGINT, 8, 0, 0},
    {"INT -> SBIGINT", TD_T_INT, 0, 0, 0, false, SQL_C_SBIGINT, 8, 0, 0},
    {"INT -> DOUBLE", TD_T_INT, 0, 0, 0, false, SQL_C_DOUBLE, 8, 0, 0},
    {"FLOAT -> DOUBLE", TD_T_FLOAT, 0, 0, 0, false, SQL_C_DOUBLE, 8, 0, 0},
    {"TIMESTAMP(ms) -> SBIGINT", TD_T_TIMESTAMP, 0, 0, 0, false, SQL_C_SBIGINT, 8, 0, 0},
    {"TIMESTAMP(ms) -> TIMESTAMP_STRUCT", TD_T_TIMESTAMP, 0, 0, 0, false, SQL_C_TYPE_TIMESTAMP, 16,
     0, 0},
    {"TIMESTAMP(us) -> TIMESTAMP_STRUCT", TD_T_TIMESTAMP, 1, 0, 0, false, SQL_C_TYPE_TIMESTAMP, 16,
     0, 0},
    {"TIMESTAMP(ns) -> TIMESTAMP_STRUCT", TD_T_TIMESTAMP, 2, 0, 0, false, SQL_C_TYPE_TIMESTAMP, 16,
     0, 0},
    {"TIMESTAMP(ms) -> CHAR", TD_T_TIMESTAMP, 0, 0, 0, false, SQL_C_CHAR, 24, 0, 0},
    {"TIMESTAMP(ms) -> WCHAR", TD_T_TIMESTAMP, 0, 0, 0, false, SQL_C_WCHAR, 48, 0, 0},
    {"VARCHAR(16) ASCII -> CHAR", TD_T_VARCHAR, 0, 0, 0, false, SQL_C_CHAR, 17, "abcXYZ019 ", 16},
    {"VARCHAR(16) ASCII -> CHAR, NULLs", TD_T_VARCHAR, 0, 0, 0, true, SQL_C_CHAR, 17, "abcXYZ019 ",
     16},
    {"VARCHAR(16) ASCII -> WCHAR", TD_T_VARCHAR, 0, 0, 0, false, SQL_C_WCHAR, 34, "abcXYZ019 ", 16},
    {"VARCHAR(200) ASCII -> CHAR", TD_T_VARCHAR, 0, 0, 0, false, SQL_C_CHAR, 201, "abcXYZ019 ",
     200},
    {"VARCHAR(200) ASCII -> WCHAR", TD_T_VARCHAR, 0, 0, 0, false, SQL_C_WCHAR, 402, "abcXYZ019 ",
     200},
    {"VARCHAR(16) Chinese -> CHAR", TD_T_VARCHAR, 0, 0, 0, false, SQL_C_CHAR, 49, "\xe6\x97\xa5",
     15},
    {"VARCHAR(16) Chinese -> WCHAR", TD_T_VARCHAR, 0, 0, 0, false, SQL_C_WCHAR, 34, "\xe6\x97\xa5",
     15},
    {"NCHAR(8) ASCII -> WCHAR", TD_T_NCHAR, 0, 0, 0, false, SQL_C_WCHAR, 18, "abcXYZ019 ", 8},
    {"NCHAR(8) ASCII -> CHAR", TD_T_NCHAR, 0, 0, 0, false, SQL_C_CHAR, 9, "abcXYZ019 ", 8},
    {"NCHAR(5) Chinese -> WCHAR", TD_T_NCHAR, 0, 0, 0, false, SQL_C_WCHAR, 18, "\xe6\x97\xa5", 15},
    {"NCHAR(5) Chinese -> CHAR", TD_T_NCHAR, 0, 0, 0, false, SQL_C_CHAR, 49, "\xe6\x97\xa5", 15},
    {"INT -> CHAR", TD_T_INT, 0, 0, 0, false, SQL_C_CHAR, 12, 0, 0},
    {"BIGINT -> WCHAR", TD_T_BIGINT, 0, 0, 0, false, SQL_C_WCHAR, 42, 0, 0},
    {"DOUBLE -> CHAR", TD_T_DOUBLE, 0, 0, 0, false, SQL_C_CHAR, 25, 0, 0},
    {"DECIMAL(10,2) -> CHAR", TD_T_DECIMAL64, 0, 10, 2, false, SQL_C_CHAR, 13, 0, 0},
    {"DECIMAL(38,10) -> CHAR", TD_T_DECIMAL128, 0, 38, 10, false, SQL_C_CHAR, 41, 0, 0},
    {"VARBINARY(16) -> BINARY", TD_T_VARBINARY, 0, 0, 0, false, SQL_C_BINARY, 16, "abcXYZ019 ", 16},
};

static void put_cell(struct td_build *b, const struct pair *p, struct td_rng *r, uint32_t row)
{
    static const int64_t units[] = {1000, 1000000, 1000000000};
    char text[256];

    switch (p->type) {
    case TD_T_FLOAT:
    case TD_T_DOUBLE:
        td_build_double(b, 0, (double)(int64_t)(td_rng_next(r) % 2000000) / 100 - 10000);
        break;
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        td_build_dec(b, 0, (struct td_i128){td_rng_next(r) % 10000000000, 0});
        break;
    case TD_T_TIMESTAMP: // one a second, as meters write
        td_build_int(b, 0,
                     (1700000000 + (int64_t)row) * units[p->ts_prec] +
                         (int64_t)(td_rng_next(r) % 1000));
        break;
    case TD_T_VARCHAR:
    case TD_T_NCHAR:
    case TD_T_VARBINARY:
        for (int i = 0; i < p->len; i++)
            text[i] =
                strlen(p->text) == 3 ? p->text[i % 3] : p->text[td_rng_next(r) % strlen(p->text)];
        if (p->type == TD_T_VARBINARY)
            td_build_bytes(b, 0, text, (size_t)p->len);
        else
            td_build_utf8(
                b, 0,
                (struct td_str){text,
                                (size_t)p->len - (strlen(p->text) == 3 ? 0 : td_rng_next(r) % 4)});
        break;
    default:
        td_build_int(b, 0, (int64_t)td_rng_next(r));
    }
}

static uint8_t *make_block(const struct pair *p, struct td_col *col)
{
    struct td_build_col spec = {p->type, p->precision, p->scale, p->len ? p->len * 4 + 2 : 0};
    struct td_build *b = td_build_new(&spec, 1, 1 << 24);
    struct td_rng r = {1};
    struct td_block block;
    uint8_t *bytes = NULL;
    size_t n;

    for (uint32_t i = 0; i < ROWS; i++) {
        if (p->nulls && i % 20 == 7)
            td_build_null(b, 0);
        else
            put_cell(b, p, &r, i);
        td_build_end_row(b);
    }
    if (td_build_finish(b, &bytes, &n, NULL) != TD_OK ||
        td_block_open(bytes, n, NULL, col, 1, p->ts_prec, &block, NULL) != TD_OK) {
        fprintf(stderr, "kernel_bench: no block for %s\n", p->name);
        exit(1);
    }
    td_build_free(b);
    return bytes;
}

static volatile uint8_t sink;

/* ns a cell of the kernel and of a memcpy of the same number of target bytes, best of `rounds`. */
static double measure(const struct pair *p, int rounds, double *copy)
{
    static SQLLEN ind[ROWS];
    uint8_t *to = aligned_alloc(64, ROWS * 512), *from = aligned_alloc(64, ROWS * 512);
    struct td_col col;
    uint8_t *block = make_block(p, &col);
    td_kernel k = td_kernel_for(p->type, p->ctype);
    size_t width = (size_t)p->cap;
    struct td_target t = {to, width, p->cap, ind, ind, sizeof *ind};
    struct td_kctx x;
    int64_t best = INT64_MAX, best_copy = INT64_MAX;

    memset(from, 1, ROWS * 512);
    td_kctx_init(&x, td_tz_get(TD_STR("Asia/Shanghai"), NULL));
    for (int i = 0; i < rounds; i++) {
        int64_t a = now_ns();
        k(&col, 0, ROWS, &t, &x);
        int64_t b = now_ns();
        memcpy(to, from, ROWS * width);
        int64_t c = now_ns();

        sink = to[i % 64];
        if (b - a < best) best = b - a;
        if (c - b < best_copy) best_copy = c - b;
    }
    td_free(block);
    free(to);
    free(from);
    *copy = (double)best_copy / ROWS;
    return (double)best / ROWS;
}

int main(int argc, char **argv)
{
    static const char *const budget[] = {"TIMESTAMP(ms) -> TIMESTAMP_STRUCT",
                                         "INT -> SLONG",
                                         "BIGINT -> SBIGINT",
                                         "DOUBLE -> DOUBLE",
                                         "VARCHAR(16) ASCII -> CHAR",
                                         "NCHAR(8) ASCII -> WCHAR"};
    int rounds = argc > 1 ? atoi(argv[1]) : 300;
    double row = 0;

    printf("%-36s %9s %12s\n", "pair", "ns/cell", "x memcpy");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        double copy, ns = measure(&pairs[i], rounds, &copy);

        printf("%-36s %9.2f %12.1f\n", pairs[i].name, ns, copy > 0 ? ns / copy : 0);
        for (size_t k = 0; k < sizeof budget / sizeof *budget; k++)
            if (strcmp(budget[k], pairs[i].name) == 0) row += ns;
    }
    printf("row of six columns: %.1f ns (budget 80)\n", row);
    return 0;
}

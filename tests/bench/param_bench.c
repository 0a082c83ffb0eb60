/*
 * param_bench: nanoseconds a value from the application's arrays into a column, and of a row of six
 * columns into a bind message.
 *
 *   param_bench [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conv/param.h"

#define ROWS 4096

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static const struct pair {
    const char *name;
    uint8_t type;
    SQLSMALLINT ctype;
    size_t width;
    int nulls; /* every so many rows; 0: no indicator array; -1: an array without NULLs */
} pairs[] = {
    {"SBIGINT -> BIGINT", TD_T_BIGINT, SQL_C_SBIGINT, 8, 0},
    {"SBIGINT -> BIGINT, indicators", TD_T_BIGINT, SQL_C_SBIGINT, 8, -1},
    {"SBIGINT -> BIGINT, NULLs", TD_T_BIGINT, SQL_C_SBIGINT, 8, 20},
    {"SBIGINT -> INT", TD_T_INT, SQL_C_SBIGINT, 8, 0},
    {"DOUBLE -> FLOAT", TD_T_FLOAT, SQL_C_DOUBLE, 8, 0},
    {"TIMESTAMP_STRUCT -> TIMESTAMP", TD_T_TIMESTAMP, SQL_C_TYPE_TIMESTAMP, 16, 0},
    {"CHAR -> TIMESTAMP", TD_T_TIMESTAMP, SQL_C_CHAR, 24, -1},
    {"CHAR(16) -> VARCHAR", TD_T_VARCHAR, SQL_C_CHAR, 24, -1},
    {"WCHAR(16) -> NCHAR", TD_T_NCHAR, SQL_C_WCHAR, 48, -1},
    {"CHAR -> INT", TD_T_INT, SQL_C_CHAR, 24, -1},
    {"CHAR -> DECIMAL(18,4)", TD_T_DECIMAL64, SQL_C_CHAR, 24, -1},
};

static SQLLEN lens[ROWS];

static void fill(const struct pair *p, uint8_t *mem)
{
    for (int i = 0; i < ROWS; i++) {
        uint8_t *v = mem + (size_t)i * p->width;
        char text[32];
        int64_t n = i * 17;
        double d = i / 8.0;
        SQL_TIMESTAMP_STRUCT t = {2024,
                                  5,
                                  6,
                                  (SQLUSMALLINT)(i / 3600),
                                  (SQLUSMALLINT)(i / 60 % 60),
                                  (SQLUSMALLINT)(i % 60),
                                  123000000};

        lens[i] = p->nulls > 0 && i % p->nulls == 7 ? SQL_NULL_DATA : 0;
        if (p->ctype == SQL_C_CHAR) {
            int len = p->type == TD_T_TIMESTAMP
                          ? snprintf(text, sizeof text, "2024-05-06 10:%02d:%02d.123", i / 60 % 60,
                                     i % 60)
                      : p->type == TD_T_VARCHAR
                          ? snprintf(text, sizeof text, "name of place %02d", i % 100)
                      : p->type == TD_T_INT ? snprintf(text, sizeof text, "%d", i * 1009)
                                            : snprintf(text, sizeof text, "%d.%04d", i * 31, i);
            memcpy(v, text, (size_t)len);
            lens[i] = len;
        } else if (p->ctype == SQL_C_WCHAR) {
            for (int k = 0; k < 16; k++)
                ((SQLWCHAR *)(void *)v)[k] = (SQLWCHAR)('a' + (i + k) % 26);
            lens[i] = 32;
        } else if (p->ctype == SQL_C_TYPE_TIMESTAMP) {
            memcpy(v, &t, sizeof t);
        } else {
            memcpy(v, p->ctype == SQL_C_DOUBLE ? (void *)&d : (void *)&n, 8);
        }
    }
}

static void source(const struct pair *p, const uint8_t *mem, struct td_psource *s,
                   struct td_pdest *d, struct td_pctx *x)
{
    memset(x, 0, sizeof *x);
    td_tz_cache_init(&x->tz, td_tz_get(TD_STR("UTC"), NULL));
    *s = (struct td_psource){.ctype = p->ctype,
                             .base = mem,
                             .stride = p->width,
                             .cap = (SQLLEN)p->width,
                             .ind = p->nulls ? lens : NULL,
                             .octet_len = p->nulls ? lens : NULL,
                             .len_stride = sizeof *lens};
    *d = (struct td_pdest){.type = p->type,
                           .length = p->type == TD_T_VARCHAR || p->type == TD_T_NCHAR ? 32 : 0,
                           .precision = p->type == TD_T_DECIMAL64 ? 18 : 0,
                           .scale = p->type == TD_T_DECIMAL64 ? 4 : 0};
}

static void bench_pair(const struct pair *p, int rounds)
{
    uint8_t *mem = calloc(ROWS, p->width);
    struct td_pcol c = {0};
    struct td_psource s;
    struct td_pdest d;
    struct td_pctx x;
    int64_t best = INT64_MAX;

    fill(p, mem);
    source(p, mem, &s, &d, &x);
    for (int r = 0; r < rounds; r++) {
        int64_t began = now_ns();
        if (td_param_encode(&c, &d, &s, ROWS, &x) != TD_OK) exit(1);
        int64_t took = now_ns() - began;
        best = took < best ? took : best;
    }
    printf("%-36s %7.2f ns\n", p->name, (double)best / ROWS);
    td_pcol_free(&c);
    free(mem);
}

/* timestamp, int, bigint, double, varchar(16), nchar(16) of one table. */
static void bench_row(int rounds)
{
    static const size_t used[] = {5, 3, 0, 0, 7, 8};
    static const uint8_t roles[] = {1, 1, 1, 1, 1, 1};
    static uint32_t rows[ROWS];
    struct td_pcol c[6] = {{0}};
    const struct td_pcol *cols[6];
    struct td_bind_table t = {{"", 0}, rows, ROWS};
    int64_t best = INT64_MAX, encode = INT64_MAX;

    uint8_t *mem[6];
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = i;
    for (int k = 0; k < 6; k++) {
        mem[k] = calloc(ROWS, pairs[used[k]].width);
        cols[k] = &c[k];
    }
    for (int r = 0; r < rounds; r++) {
        struct td_buf out = TD_BUF_INIT(1u << 30);
        int64_t took = 0;
        for (int k = 0; k < 6; k++) {
            struct td_psource s;
            struct td_pdest d;
            struct td_pctx x;
            fill(&pairs[used[k]], mem[k]);
            source(&pairs[used[k]], mem[k], &s, &d, &x);
            int64_t began = now_ns();
            if (td_param_encode(&c[k], &d, &s, ROWS, &x) != TD_OK) exit(1);
            took += now_ns() - began;
        }
        int64_t began = now_ns();
        if (td_bind_encode(&out, 1, 1, cols, roles, 6, &t, 1, NULL) != TD_OK) exit(1);
        int64_t bind = now_ns() - began;
        encode = took < encode ? took : encode;
        best = bind < best ? bind : best;
        td_buf_free(&out);
    }
    printf("%-36s %7.2f ns\n", "row of six: columns", (double)encode / ROWS);
    printf("%-36s %7.2f ns\n", "row of six: message", (double)best / ROWS);
    for (int k = 0; k < 6; k++) {
        td_pcol_free(&c[k]);
        free(mem[k]);
    }
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 200;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        bench_pair(&pairs[i], rounds);
    bench_row(rounds);
    return 0;
}

/*
 * convcase.h: reads the conversion cases of tests/data/conv (format: README.md there). For tests
 * only.
 *
 * Shares no reader with the driver: numbers, decimals, text and hex are parsed by its own code and
 * libc.
 */
#ifndef TD_TESTS_CONVCASE_H
#define TD_TESTS_CONVCASE_H

#include "conv/kernel.h"

#define CONV_CASE_ROWS 4

struct conv_case {
    const char *file;
    unsigned line;
    char *text; /* the line as written */
    bool good;  /* else `why` says what is wrong with the line */
    char why[500];
    struct td_col col; /* rows: a neighbour, the value, NULL, the value */
    uint8_t *block;
    SQLSMALLINT ctype;
    SQLLEN cap;
    char outcome[64];
    bool has_ind;
    SQLLEN ind;
    uint8_t *bytes; /* what must stand at the target's start; bytes_n = 0 when nothing is said */
    size_t bytes_n;
    struct td_kctx settings;
};

struct conv_file;
struct conv_file *conv_file_open(const char *path);
bool conv_file_next(struct conv_file *f, struct conv_case *c);
void conv_case_free(struct conv_case *c);
void conv_file_close(struct conv_file *f);

static inline bool conv_case_is_value(uint32_t row)
{
    return row == 1 || row == 3;
}

#endif

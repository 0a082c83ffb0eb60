/*
 * paramcase.h: reads the parameter cases of tests/data/param (format: README.md there) and runs
 * one through td_param_encode in every layout. For tests only.
 *
 * Shares no reader with the driver: values are parsed by its own code and libc.
 */
#ifndef TD_TESTS_PARAMCASE_H
#define TD_TESTS_PARAMCASE_H

#include "conv/kernel.h"
#include "conv/param.h"

#define PC_MAX 70000

struct pc_bytes {
    uint8_t p[PC_MAX];
    size_t n;
};
struct pc_case {
    unsigned line;
    char text[PC_MAX];
    struct td_pdest dest;
    SQLSMALLINT ctype;
    SQLSMALLINT sqltype; /* of literal cases */
    bool null;
    struct pc_bytes value; /* as the application has it */
    SQLSMALLINT num_scale;
    char outcome[8]; /* "ok" or a SQLSTATE */
    bool want_null;
    struct pc_bytes want; /* the column's bytes, or the literal */
};
struct pc_settings {
    const struct td_tz *tz;
    bool truncation;
    int64_t today;
};

struct pc_file;
struct pc_file *pc_open(const char *path);
/* The next case: 1, 0 at the end, −1 when a line cannot be read (c->text has it). `literals`: lines
   of the other form. */
int pc_next(struct pc_file *f, struct pc_settings *s, bool literals, struct pc_case *c);
void pc_close(struct pc_file *f);

/* What happened to rows when a case ran. */
enum pc_way { PC_BY_COLUMN, PC_BY_ROW, PC_TERMINATED, PC_AT_EXEC, PC_SINGLE, PC_WAYS };
extern const char *const pc_way_names[PC_WAYS];
/* Encodes the case in one layout, between rows that are poisoned and skipped and one that is NULL;
   false with *why when something is not as the case wants. *skipped: the way does not suit it. */
bool pc_run(const struct pc_case *c, const struct pc_settings *s, enum pc_way way, bool *skipped,
            char why[400]);

#endif

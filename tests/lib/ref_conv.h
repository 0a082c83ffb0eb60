/*
 * ref_conv.h: the reference that conversions are compared with: simple, slow, and by other means
 * than the driver's: libc's strtod, printf, localtime_r and regex, numbers as decimal text. For
 * tests only; shares no code with driver/.
 *
 * The zone is that of the environment variable TZ (call tzset after setting it).
 */
#ifndef TD_TESTS_REF_CONV_H
#define TD_TESTS_REF_CONV_H

#include "conv/sqltypes.h"
#include "wire/block.h"

/* What the generator of the tests put into a cell. */
struct ref_cell {
    int type, precision, scale, ts_prec;
    bool null;
    __int128 i;       /* BOOL, integers, TIMESTAMP, the unscaled DECIMAL */
    double d;         /* FLOAT, DOUBLE */
    const uint8_t *p; /* variable types, as stored in the block */
    size_t n;
};

struct ref_settings {
    int num_precision, num_scale; /* −1: not set */
    int lead, seconds;            /* interval precisions */
    size_t max_length, max_column;
    int64_t today;
};

#define REF_MAX 140000
struct ref_result {
    char outcome[64]; /* "ok", states sorted and joined by +, or "07006" */
    bool error, null;
    SQLLEN ind;
    uint8_t bytes[REF_MAX]; /* what must stand at the target's start, terminator included */
    size_t n;
};

void ref_convert(const struct ref_cell *c, SQLSMALLINT ctype, SQLLEN cap,
                 const struct ref_settings *s, struct ref_result *out);
/* Whether the reference's tables (ODBC appendix D) have the pair. */
bool ref_legal(int td_type, SQLSMALLINT ctype);

#endif

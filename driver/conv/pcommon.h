/*
 * pcommon.h: what the parameter encoders (p_*.c) share: the run of one parameter, reading an
 * application's value, storing into the column, reporting. Internal to conv/.
 *
 * An encoder (td_pput) is chosen once per parameter by (TDengine type, C type) and called for every
 * value that is neither NULL nor skipped. It stores, or reports: a row that was reported with an
 * error holds NULL. Running out of memory shows in the column's buffer.
 */
#ifndef TD_CONV_PCOMMON_H
#define TD_CONV_PCOMMON_H

#include "base/dec.h"
#include "conv/kcommon.h"
#include "conv/param.h"

/* The local day of the last date seen: most rows of an array are of one day. */
struct td_pday {
    SQL_DATE_STRUCT date;
    bool known;
    int64_t sec; /* local seconds at its midnight */
};

struct td_penc {
    struct td_pcol *out;
    const struct td_pdest *d;
    const struct td_psource *s;
    struct td_pctx *x;
    enum td_ckind kind;
    size_t width; /* of the C type, 0 for character and binary */
    uint32_t rows;
    struct td_pday day;
};

/* Stores the value at p (n bytes) as row i. p is not aligned. */
typedef void (*td_pput)(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n);

/* The encoder of a pair, NULL where none exists (07006). `c` tells intervals apart. */
td_pput td_p_int(int td_type, const struct td_ctype *c);
td_pput td_p_real(const struct td_ctype *c);
td_pput td_p_decimal(const struct td_ctype *c);
td_pput td_p_time(const struct td_ctype *c);
td_pput td_p_text(const struct td_ctype *c); /* VARCHAR, NCHAR */
td_pput td_p_json(const struct td_ctype *c);
td_pput td_p_bin(const struct td_ctype *c);
td_pput td_p_geo(const struct td_ctype *c);

/* An error leaves NULL in the row, a warning leaves the value. */
void td_preport(struct td_penc *e, uint32_t i, enum td_sqlstate state, const char *text);

TD_INLINE void td_pstore(struct td_penc *e, uint32_t i, const void *v, size_t width)
{
    memcpy(e->out->fixed + i * width, v, width);
}
void td_pstore_null(struct td_penc *e, uint32_t i);
/* Stores bytes into a variable column. */
void td_pstore_var(struct td_penc *e, uint32_t i, const void *p, size_t n);
/* The same for ASCII text with the column's limit: 22001 when it is longer. */
void td_pstore_text(struct td_penc *e, uint32_t i, const char *p, size_t n);
/* n bytes were written behind the column's data (reserved before): makes them row i's value. */
void td_pstore_tail(struct td_penc *e, uint32_t i, size_t n);

/* The text of a CHAR or WCHAR value for the readers of numbers and times, blanks trimmed. False: a
   character that none of them takes, or longer than any value. */
#define TD_PTEXT 512
bool td_ptext(const struct td_penc *e, const uint8_t *p, size_t n, char buf[TD_PTEXT],
              struct td_str *out);

/* A whole number of any C type: `big` says that v is the bits of a value above INT64_MAX. */
struct td_pint {
    int64_t v;
    bool big;
};
bool td_pkind_int(enum td_ckind kind); /* TINYINT … UBIGINT, signed or not */
struct td_pint td_pload_int(enum td_ckind kind, const uint8_t *p);
double td_pload_real(enum td_ckind kind, const uint8_t *p);
/* SQL_C_BIT: false (reported) unless 0 or 1. */
bool td_pload_bit(struct td_penc *e, uint32_t i, const uint8_t *p);
/* SQL_NUMERIC_STRUCT in the scale of the APD record; false (reported) beyond 38 digits. */
bool td_pload_numeric(struct td_penc *e, uint32_t i, const uint8_t *p, struct td_dec *out);
/* The same as bytes of a binary value, which is what a DECIMAL is fetched as: with its own scale.
 */
bool td_pload_numeric_bytes(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n,
                            struct td_dec *out);
struct td_dec td_pint_dec(struct td_pint v);

/* Intervals, in p_interval.c. */
bool td_pinterval_single(SQLSMALLINT ctype);
/* The one field of a single-field interval with its sign; *millionths: of a second, beside it. */
int64_t td_pinterval_value(SQLSMALLINT ctype, const uint8_t *p, uint32_t *millionths);
/* "163 12:39:59.163": the length, 0 (reported 22015) when a field is out of its range. */
#define TD_PINTERVAL_TEXT 64
size_t td_pinterval_text(struct td_penc *e, uint32_t i, const uint8_t *p,
                         char out[TD_PINTERVAL_TEXT]);

/* Dates and times, in p_time.c. The instant of a value of kind DATE, TIME, TS, CHAR or WCHAR; false
   when it was reported. */
struct td_pinstant {
    int64_t sec; /* UTC */
    uint32_t nanos;
    bool cut; /* text with non-zero digits beyond nanoseconds */
};
bool td_pload_instant(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n,
                      struct td_pinstant *out);
/* The fields of a structure of kind DATE, TIME or TS; false (reported with `bad`) when invalid. */
bool td_pload_civil(struct td_penc *e, uint32_t i, const uint8_t *p, enum td_sqlstate bad,
                    struct td_civil *out);

#endif

/*
 * numeric.h: exact values on their way into SQL_NUMERIC_STRUCT, integers and raw bytes, and the
 * text they are read from. Internal to conv/.
 */
#ifndef TD_CONV_NUMERIC_H
#define TD_CONV_NUMERIC_H

#include "base/dec.h"
#include "conv/kcommon.h"

td_kernel td_k_numeric(void);  /* SQL_C_NUMERIC from numbers and text */
td_kernel td_k_rawbytes(void); /* SQL_C_BINARY from numbers */

/* Stores an integer into a BIT or integer target other than U64. RANGE when it does not fit, else
   rc (OK or FRACTION). `negative` says the sign of a value that was cut to 0. */
enum td_num_parse td_put_int(enum td_ckind kind, uint8_t *dst, enum td_num_parse rc, int64_t v,
                             bool negative);
/* Turns the outcome of one cell into its report and indicator. */
void td_end_number(const struct td_target *t, uint32_t i, enum td_num_parse rc, SQLLEN width,
                   struct td_kctx *x);

/* The cell's text, trimmed, for the readers of numbers, times and intervals: false when it holds
   another character than ASCII or is longer than any such value. `buf` is only used for NCHAR. */
#define TD_VALUE_TEXT 512
bool td_value_text(const struct td_col *c, uint32_t row, char buf[TD_VALUE_TEXT],
                   struct td_str *out);

/* Time text with a fraction of more than nine digits, cut to them (which td_time_read would
   refuse); *cut when that loses something. The answer may lie in buf. */
#define TD_TIME_TEXT 80
struct td_str td_nine_digits(struct td_str s, char buf[TD_TIME_TEXT], bool *cut);

#endif

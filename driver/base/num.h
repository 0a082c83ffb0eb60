/*
 * num.h: numbers to text and back, without locale, libc printf/strtod or allocation.
 */
#ifndef TD_BASE_NUM_H
#define TD_BASE_NUM_H

#include "base/str.h"

/* Each returns the length; out is not NUL-terminated. */
size_t td_i64_text(int64_t v, char out[20]);
size_t td_u64_text(uint64_t v, char out[20]);
/* Shortest text that reads back to the same value (`0.1`, `1e-300`, `1.7976931348623157e+308`;
   fixed notation for exponents −5 … 16 (double) and −5 … 8 (float); `-0.0` keeps its sign: `-0`;
   integral values have no `.0`; an exponent has a sign and two or three digits, as printf's), NaN →
   `NaN`, ±Infinity → `Infinity`/`-Infinity` (decisions.md section 2). */
#define TD_DOUBLE_TEXT 32
size_t td_double_text(double v, char out[TD_DOUBLE_TEXT]);
size_t td_float_text(float v, char out[TD_DOUBLE_TEXT]);

enum td_num_parse {
    TD_NP_OK,
    TD_NP_FORMAT /* 22018 */,
    TD_NP_RANGE /* 22003 */,
    TD_NP_FRACTION /* value ok, fraction cut: 01S07 */
};
/* ODBC numeric literals, blanks trimmed: sign, digits, point, exponent. The integer readers cut a
   fraction toward zero and say so; the exponent form is exact ("1e2" = 100); on FORMAT and RANGE
   *out is 0. Double is correctly rounded; overflow is RANGE with ±infinity in *out, underflow to 0
   is OK; `NaN`, `Infinity`, `inf` with sign and in any case are read. */
enum td_num_parse td_text_i64(struct td_str s, int64_t *out);
enum td_num_parse td_text_u64(struct td_str s, uint64_t *out);
enum td_num_parse td_text_double(struct td_str s, double *out);
/* As td_text_double, rounded once to float (via double some texts would round twice). */
enum td_num_parse td_text_float(struct td_str s, float *out);

#endif

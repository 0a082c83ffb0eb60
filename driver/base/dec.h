/*
 * dec.h: exact decimals of up to 38 digits as a 128-bit integer and a scale. Pure functions; no
 * __int128 in the interface, so that 32-bit builds work.
 */
#ifndef TD_BASE_DEC_H
#define TD_BASE_DEC_H

#include "base/num.h"

struct td_i128 {
    uint64_t lo;
    int64_t hi;
};
/* value = v / 10^scale. scale 0–38. */
struct td_dec {
    struct td_i128 v;
    int scale;
};

struct td_i128 td_i128_of(int64_t v);
struct td_i128 td_i128_ofu(uint64_t v);
bool td_i128_neg(struct td_i128 v);
/* Magnitude as two words. */
void td_i128_abs(struct td_i128 v, uint64_t *hi, uint64_t *lo);
int td_i128_digits(struct td_i128 v); /* decimal digits of the magnitude, 1 for 0 */

/* `-0.05`, `12.34`, `7` (scale 0): exactly `scale` fraction digits. Returns the length, ≤ 41, not
   terminated. */
#define TD_DEC_TEXT 48
size_t td_dec_text(struct td_dec d, char out[TD_DEC_TEXT]);
/* Reads ODBC numeric text exactly into the given scale. More fraction digits than the scale holds:
   non-zero ones → FRACTION with the cut value; more than 38 digits → RANGE. scale < 0: take the
   text's own scale, as far as 38 digits hold it with the integral part (cut digits: FRACTION). */
enum td_num_parse td_text_dec(struct td_str s, int scale, struct td_dec *out);
/* Changes the scale exactly; FRACTION when non-zero digits are cut (toward zero), RANGE when it
   exceeds 38 digits. */
enum td_num_parse td_dec_rescale(struct td_dec d, int scale, struct td_dec *out);
/* True when |v| < 10^precision. */
bool td_dec_fits(struct td_dec d, int precision);
enum td_num_parse td_dec_i64(struct td_dec d, int64_t *out);
enum td_num_parse td_dec_u64(struct td_dec d, uint64_t *out);
double td_dec_double(struct td_dec d); /* correctly rounded */
/* Exact when the double is (FORMAT for NaN and infinity, RANGE beyond 38 digits): takes the
   shortest text of the double, so that 0.1 becomes 0.1, then as td_text_dec. */
enum td_num_parse td_double_dec(double v, int scale, struct td_dec *out);
/* SQL_NUMERIC_STRUCT's magnitude: 16 bytes little-endian. Reading is false when it exceeds 38
   digits. A zero has no sign. */
void td_dec_to_le16(struct td_dec d, uint8_t out[16], bool *negative);
bool td_dec_from_le16(const uint8_t in[16], bool negative, int scale, struct td_dec *out);

#endif

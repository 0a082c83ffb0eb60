/*
 * sql_dec.h: exact decimals of up to 38 digits (protocol.md 0: value = integer / 10^scale).
 *
 * In SQLite a decimal is a 16-byte big-endian blob with the sign bit flipped, so that SQLite's own
 * blob order is the numeric order among values of one scale.
 */
#ifndef TL_SQL_DEC_H
#define TL_SQL_DEC_H

#include "sql_util.h"

__extension__ typedef __int128 tl_i128;
__extension__ typedef unsigned __int128 tl_u128;

enum tl_dec_rc { TL_DEC_OK, TL_DEC_BAD, TL_DEC_OVERFLOW };

/* 10^n, 0 <= n <= 38. */
tl_i128 tl_pow10(int n);
/* Text (sign, digits, point, exponent) to an integer of `scale`, rounded half away from zero; at
   most `prec` digits. */
enum tl_dec_rc tl_dec_parse(const char *s, size_t n, int prec, int scale, tl_i128 *out);
int tl_dec_print(tl_i128 v, int scale, char out[48]);
double tl_dec_double(tl_i128 v, int scale);
void tl_dec_blob(tl_i128 v, unsigned char out[16]);
tl_i128 tl_dec_unblob(const unsigned char in[16]);
/* (a / 10^sa) op (b / 10^sb) rounded half away from zero to `scale` and checked against `prec`
   digits. op is + - * / ; a division by zero is TL_DEC_BAD. */
enum tl_dec_rc tl_dec_op(char op, tl_i128 a, int sa, tl_i128 b, int sb, int prec, int scale,
                         tl_i128 *out);
/* Exact comparison: -1, 0, 1. */
int tl_dec_cmp(tl_i128 a, int sa, tl_i128 b, int sb);

#endif

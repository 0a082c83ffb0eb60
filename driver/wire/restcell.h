/* restcell.h: one REST value into a column of a builder; used by restrows.c only. */
#ifndef TD_WIRE_RESTCELL_H
#define TD_WIRE_RESTCELL_H

#include "wire/build.h"
#include "wire/restlex.h"

/* `prec`: the result's time precision, −1 = take it from this value. Errors: HY000 with row and
   column, which the caller knows. False: the value does not fit the column's type. */
bool td_restcell_put(struct td_build *b, uint32_t col, const struct td_build_col *def,
                     enum td_tok tok, struct td_str v, int *prec);

#endif

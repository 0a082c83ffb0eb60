/*
 * tmqrows.h: a subscription's message as results: blocks of one shape become one result, whose
 * first five columns say where the rows come from; metadata become JSON rows.
 */
#ifndef TD_ODBC_TMQROWS_H
#define TD_ODBC_TMQROWS_H

#include "client/tmq.h"
#include "odbc/proc.h"

/* *res: the first result, further ones by td_call_more. A message without rows, or m NULL, is a
   result without rows that has the five columns. */
enum td_rc td_tmq_rows(struct td_proccall *c, struct td_tmq_message *m, struct td_result **res,
                       struct td_err *err);

#endif

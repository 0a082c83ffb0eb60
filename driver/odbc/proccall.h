/*
 * proccall.h: the text of a call: `[?=] CALL name[(argument, …)]` with literals, NULL, DEFAULT and
 * `?` as arguments. Pure but for the call that it fills.
 */
#ifndef TD_ODBC_PROCCALL_H
#define TD_ODBC_PROCCALL_H

#include "odbc/proc.h"

/* Name, and the text between the outer parentheses (p NULL: there are none). 42000 for what is not
   a call. */
enum td_rc td_call_split(struct td_str sql, struct td_str *name, struct td_str *args,
                         struct td_err *err);
/* Fills c->arg. Errors: 07001 too few or too many, 22018 a literal of the wrong type, 42000. */
enum td_rc td_call_args(struct td_proccall *c, struct td_str args, struct td_err *err);
/* An error whose text ends with the signature. */
enum td_rc td_call_wrong(const struct td_proc *p, enum td_sqlstate state, struct td_err *err,
                         const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif

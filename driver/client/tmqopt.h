/*
 * tmqopt.h: a consumer's options: one text `key=value;key=value` with the names that TDengine's
 * clients document (protocol.md 5.2). Pure; texts live in the options' arena
 * and end with a NUL.
 */
#ifndef TD_CLIENT_TMQOPT_H
#define TD_CLIENT_TMQOPT_H

#include "wire/tmqmsg.h"

enum { TD_TMQ_ARGS = 24, TD_TMQ_CONFIG = 16 };

struct td_tmq_opts {
    struct td_arena arena;
    struct td_str group;          /* group.id */
    struct td_str host;           /* p NULL: the connection's */
    uint16_t port;                /* 0: the connection's */
    int tls;                      /* −1: the connection's */
    struct td_str user, password; /* p NULL: the connection's */
    struct td_str token;          /* td.connect.token; p NULL: none */
    bool auto_commit;             /* by the driver, never by the server */
    int64_t interval_ms;
    struct td_tmq_pair args[TD_TMQ_ARGS], config[TD_TMQ_CONFIG];
    uint32_t nargs, nconfig;
};

/* Keys know no case, `_` counts as `.`; a value may stand in {braces} (`}}` is a brace). A key
   `config.x` gives libtaos's own key x. Errors: HY024 for an unknown key or a value that cannot be
   right, HY001. On failure *o needs no free. */
enum td_rc td_tmq_opts_parse(struct td_str text, struct td_tmq_opts *o, struct td_err *err);
void td_tmq_opts_free(struct td_tmq_opts *o);

#endif

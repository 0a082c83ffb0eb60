/*
 * err.h: the error that every layer below ODBC fills in and passes up (mongo-c's bson_error_t
 * idea): fixed size, no allocation. Only driver/odbc turns it into a diagnostic record.
 *
 * Functions that may fail take a `struct td_err *err` last, which may be NULL, and return TD_OK or
 * TD_FAIL.
 */
#ifndef TD_BASE_ERR_H
#define TD_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

enum td_sqlstate {
#define TD_S(name, s3, s2, warn, text) TD_ST_##name,
#include "base/sqlstate.def"
#undef TD_S
    TD_ST_COUNT
};

enum td_rc { TD_OK = 0, TD_FAIL = -1 };

struct td_err {
    enum td_sqlstate state;
    int32_t native; /* the server's code as a positive 16-bit number, 0 = the driver's own */
    char msg[480];  /* UTF-8, no prefix, no secrets */
};

/* Fills err (when not NULL); a too long text is cut at a code point. Returns TD_FAIL, for `return
 * td_err_set(…)`. */
enum td_rc td_err_set(struct td_err *err, enum td_sqlstate state, int32_t native, const char *fmt,
                      ...) __attribute__((format(printf, 4, 5)));
/* HY001. */
enum td_rc td_err_nomem(struct td_err *err);
/* The error of a server reply: SQLSTATE by code and text as protocol.md section 6, message
   `[0x2603] text`. When the server's text says nothing ("success" or empty), the text comes from
   the code. `connecting` picks 08001/28000 where the table (errcodes.def) distinguishes.
   taosAdapter's own codes get native 0 and `[0xFFFF] taosAdapter: text` (decisions.md section 3).
   `text` may be NULL. */
enum td_rc td_err_server(struct td_err *err, uint32_t code, const char *text, bool connecting);

const char *td_sqlstate_text(enum td_sqlstate s);  /* five letters, ODBC 3 */
const char *td_sqlstate_text2(enum td_sqlstate s); /* ODBC 2 */
const char *td_sqlstate_default(enum td_sqlstate s);
bool td_sqlstate_is_warning(enum td_sqlstate s);

#endif

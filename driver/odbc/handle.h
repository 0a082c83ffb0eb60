/*
 * handle.h: what every ODBC handle begins with, and how text reaches and leaves the core.
 *
 * A handle belongs to the application; it owns what hangs below it. Its lock is held for the length of an API call
 * (SQLCancel excepted). Lock order: env → dbc → stmt → desc → session → log.
 */
#ifndef TD_ODBC_HANDLE_H
#define TD_ODBC_HANDLE_H

#include "base/str.h"
#include "base/sync.h"
#include "conv/sqltypes.h"
#include "odbc/diag.h"

#define TD_MAGIC_LIVE 0x54446f64u /* "TDod" */
#define TD_MAGIC_DEAD 0xdeadbeefu

struct td_handle {
    uint32_t magic;
    SQLSMALLINT type;  /* SQL_HANDLE_ENV … SQL_HANDLE_DESC */
    uint32_t fork_gen; /* td_fork_generation() at allocation */
    struct td_mutex lock;
    struct td_diag diag;
    bool odbc2; /* the environment's application is an ODBC 2 one */
};

void td_handle_init(struct td_handle *h, SQLSMALLINT type);
/* Marks it dead and frees lock and diagnostics; the memory is the caller's. */
void td_handle_dispose(struct td_handle *h);
/* The handle if it is a live one of that type, else NULL (SQL_INVALID_HANDLE). Takes no lock. */
void *td_handle_check(SQLHANDLE h, SQLSMALLINT type);
/* Checks, locks, and clears the diagnostics: what an API call begins with. */
void *td_enter(SQLHANDLE h, SQLSMALLINT type);
/* Notes the return code in the diagnostics, logs and unlocks: what an API call ends with. */
SQLRETURN td_leave_as(void *handle, SQLRETURN rc, const char *function);
#define td_leave(handle, rc) td_leave_as((handle), (rc), __func__)

/* Output of text or of a fixed value: where it goes and in which unit its length is counted (the unit of each W function
   is written at its entry point). */
struct td_out {
    void *buf;      /* may be NULL: only the length is wanted */
    SQLLEN cap;     /* bytes */
    bool wide;      /* SQLWCHAR, else UTF-8 */
    bool len_chars; /* the length is counted in characters, else in bytes */
    SQLSMALLINT *len16;
    SQLINTEGER *len32; /* at most one of the two is set */
};
/* Writes text with its terminator; too small a buffer: whole characters that fit, 01004 on `h`, full length. A negative
   capacity: HY090. */
SQLRETURN td_out_text(struct td_handle *h, const struct td_out *o, struct td_str s);
/* Writes a fixed value of `size` bytes (SMALLINT information types write 2, masks 4, pointers 8). */
SQLRETURN td_out_fixed(const struct td_out *o, const void *value, size_t size);

#endif

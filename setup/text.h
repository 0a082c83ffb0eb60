/*
 * text.h: what the setup functions share: error reports to the installer, wide text, and the
 * exported names.
 *
 * Text inside the setup library is UTF-8. No state, no lock.
 */
#ifndef TD_SETUP_TEXT_H
#define TD_SETUP_TEXT_H

#include <odbcinst.h>
#include <odbcinstext.h>

#include "base/str.h"

#define TD_SETUP_EXPORT __attribute__((visibility("default")))

/* Posts an installer error (ODBC_ERROR_...; SQLInstallerError shows it) and returns false, for
   `return setup_fail(...)`. The installer's calls clear the list when they begin: post after them.
 */
BOOL setup_fail(DWORD code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A wide string, or with `list` a doubly terminated list, as UTF-8; td_free it. NULL (and an error
   posted) when it is malformed or memory is short; NULL without an error for NULL. */
char *setup_narrow(const SQLWCHAR *wide, bool list, BOOL *ok);

#endif

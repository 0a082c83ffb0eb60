/*
 * The wide entry points: SQLWCHAR, UTF-16 under unixODBC (UTF-32 where it has 4 bytes).
 */
#define SQL_NOUNICODEMAP
#include "api/api.h"
#include "base/utf.h"

#define TD_CHAR    SQLWCHAR
#define TD_WIDE    1
#define TD_NAME(f) f##W
#include "api/api_text.inc.h"

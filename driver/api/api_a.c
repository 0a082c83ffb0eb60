/*
 * The narrow entry points. A text is UTF-8 (decisions.md section 5).
 */
#include "api/api.h"
#include "base/utf.h"

#define TD_CHAR    SQLCHAR
#define TD_WIDE    0
#define TD_NAME(f) f
#include "api/api_text.inc.h"

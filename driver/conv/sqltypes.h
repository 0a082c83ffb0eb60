/*
 * sqltypes.h: the one place through which conv/ sees ODBC's types.
 */
#ifndef TD_CONV_SQLTYPES_H
#define TD_CONV_SQLTYPES_H

#include <sql.h>
#include <sqlext.h>

_Static_assert(sizeof(SQLWCHAR) == 2 || sizeof(SQLWCHAR) == 4, "SQLWCHAR is UTF-16 or UTF-32");
#define TD_WCHAR_SIZE (sizeof(SQLWCHAR))

#endif

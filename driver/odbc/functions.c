#include <stddef.h>

#include "odbc/dbc.h"

static const SQLUSMALLINT exported[] = {
#define TD_FN(name, id, wide) id,
#include "odbc/functions.def"
#undef TD_FN
};

/* SQLGetFunctions: one identifier, the ODBC 2 array of 100 (SQL_API_ALL_FUNCTIONS) or the bit map of 250 words. */
SQLRETURN td_get_functions(struct td_dbc *d, SQLUSMALLINT id, SQLUSMALLINT *supported)
{
    bool all2 = id == SQL_API_ALL_FUNCTIONS, all3 = id == SQL_API_ODBC3_ALL_FUNCTIONS;

    if (id >= SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * 16)
        return td_diag(&d->h, TD_ST_HY095, "There is no function %u", id);
    if (!supported) return td_diag(&d->h, TD_ST_HY009, NULL);
    if (all2)
        memset(supported, 0, 100 * sizeof *supported);
    else if (all3)
        memset(supported, 0, SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * sizeof *supported);
    else
        *supported = SQL_FALSE;
    for (size_t i = 0; i < sizeof exported / sizeof *exported; i++) {
        SQLUSMALLINT f = exported[i];
        if (all3)
            supported[f >> 4] |= (SQLUSMALLINT)(1u << (f & 15));
        else if (all2 && f < 100)
            supported[f] = SQL_TRUE;
        else if (!all2 && f == id)
            *supported = SQL_TRUE;
    }
    return SQL_SUCCESS;
}

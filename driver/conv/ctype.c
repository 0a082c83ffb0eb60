/*
 * ctype.c: what the C data types are (ODBC reference, appendix D, "C Data Types").
 */
#include "conv/ctype.h"

static const struct td_ctype types[] = {
    {SQL_C_CHAR, TD_C_CHAR, 0},
    {SQL_C_WCHAR, TD_C_WCHAR, 0},
    {SQL_C_BINARY, TD_C_BINARY, 0},
    {SQL_C_BIT, TD_C_BIT, 1},
    {SQL_C_TINYINT, TD_C_I8, 1},
    {SQL_C_STINYINT, TD_C_I8, 1},
    {SQL_C_UTINYINT, TD_C_U8, 1},
    {SQL_C_SHORT, TD_C_I16, 2},
    {SQL_C_SSHORT, TD_C_I16, 2},
    {SQL_C_USHORT, TD_C_U16, 2},
    {SQL_C_LONG, TD_C_I32, 4},
    {SQL_C_SLONG, TD_C_I32, 4},
    {SQL_C_ULONG, TD_C_U32, 4},
    {SQL_C_SBIGINT, TD_C_I64, 8},
    {SQL_C_UBIGINT, TD_C_U64, 8},
    {SQL_C_FLOAT, TD_C_F32, 4},
    {SQL_C_DOUBLE, TD_C_F64, 8},
    {SQL_C_NUMERIC, TD_C_NUMERIC, sizeof(SQL_NUMERIC_STRUCT)},
    {SQL_C_TYPE_DATE, TD_C_DATE, sizeof(SQL_DATE_STRUCT)},
    {SQL_C_TYPE_TIME, TD_C_TIME, sizeof(SQL_TIME_STRUCT)},
    {SQL_C_TYPE_TIMESTAMP, TD_C_TS, sizeof(SQL_TIMESTAMP_STRUCT)},
    {SQL_C_DATE, TD_C_DATE, sizeof(SQL_DATE_STRUCT)},
    {SQL_C_TIME, TD_C_TIME, sizeof(SQL_TIME_STRUCT)},
    {SQL_C_TIMESTAMP, TD_C_TS, sizeof(SQL_TIMESTAMP_STRUCT)},
    {SQL_C_GUID, TD_C_GUID, sizeof(SQLGUID)},
    {SQL_C_INTERVAL_YEAR, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_MONTH, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_DAY, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_HOUR, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_MINUTE, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_SECOND, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_YEAR_TO_MONTH, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_DAY_TO_HOUR, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_DAY_TO_MINUTE, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_DAY_TO_SECOND, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_HOUR_TO_MINUTE, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_HOUR_TO_SECOND, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
    {SQL_C_INTERVAL_MINUTE_TO_SECOND, TD_C_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)},
};

const struct td_ctype *td_ctype_of(SQLSMALLINT ctype)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].ctype == ctype) return &types[i];
    return NULL;
}

int td_ctype_width(SQLSMALLINT ctype)
{
    const struct td_ctype *c = td_ctype_of(ctype);

    return c ? c->width : -1;
}

bool td_ctype_is_var(SQLSMALLINT ctype)
{
    return td_ctype_width(ctype) == 0;
}

SQLSMALLINT td_ctype_modern(SQLSMALLINT ctype)
{
    switch (ctype) {
    case SQL_C_DATE:
        return SQL_C_TYPE_DATE;
    case SQL_C_TIME:
        return SQL_C_TYPE_TIME;
    case SQL_C_TIMESTAMP:
        return SQL_C_TYPE_TIMESTAMP;
    default:
        return ctype;
    }
}

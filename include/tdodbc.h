/*
 * tdodbc.h: what the TDengine ODBC driver adds to ODBC. The only header that is installed.
 */
#ifndef TDODBC_H
#define TDODBC_H

/* Statement attributes (SQLSetStmtAttr / SQLGetStmtAttr), in ODBC's driver-specific range.
   SQL_ATTR_TD_REQ_ID (SQLUBIGINT as a pointer value): set, the request id of the next statement; read, that of the last one.
   SQL_ATTR_TD_SERVER_NS (read, SQLULEN): time that the last statement took inside taosAdapter, nanoseconds. */
#define SQL_ATTR_TD_REQ_ID    0x4001
#define SQL_ATTR_TD_SERVER_NS 0x4002

#endif

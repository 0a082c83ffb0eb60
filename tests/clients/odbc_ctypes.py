"""ODBC by ctypes: what pyodbc hides (SQLGetData as text, native codes, states), through unixODBC's manager."""
import ctypes as C
import ctypes.util

SQL_NTS = -3
SQL_NULL_DATA = -1
SQL_C_CHAR = 1
SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, SQL_NO_DATA, SQL_ERROR = 0, 1, 100, -1
ENV, DBC, STMT = 1, 2, 3

lib = C.CDLL(ctypes.util.find_library("odbc") or "libodbc.so.2")
for _name in ("SQLAllocHandle", "SQLSetEnvAttr", "SQLDriverConnect", "SQLExecDirect", "SQLFetch", "SQLGetData",
              "SQLNumResultCols", "SQLGetDiagRec", "SQLFreeHandle", "SQLDisconnect", "SQLFreeStmt", "SQLRowCount"):
    getattr(lib, _name).restype = C.c_short


class OdbcError(Exception):
    def __init__(self, state, native, message):
        super().__init__(f"{state} {native} {message}")
        self.state, self.native, self.message = state, native, message


def diag(kind, handle):
    state, native, text, n = C.create_string_buffer(6), C.c_int(), C.create_string_buffer(1024), C.c_short()
    rc = lib.SQLGetDiagRec(C.c_short(kind), handle, C.c_short(1), state, C.byref(native), text, C.c_short(1024), C.byref(n))
    if rc not in (0, 1):
        return OdbcError("", 0, "no diagnostics")
    return OdbcError(state.value.decode(), native.value, text.value.decode())


def ok(rc, kind, handle):
    if rc not in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, SQL_NO_DATA):
        raise diag(kind, handle)
    return rc


class Connection:
    def __init__(self, conn_str):
        self.env, self.dbc = C.c_void_p(), C.c_void_p()
        lib.SQLAllocHandle(C.c_short(ENV), None, C.byref(self.env))
        lib.SQLSetEnvAttr(self.env, C.c_int(200), C.c_void_p(380), C.c_int(0))
        ok(lib.SQLAllocHandle(C.c_short(DBC), self.env, C.byref(self.dbc)), ENV, self.env)
        ok(lib.SQLDriverConnect(self.dbc, None, conn_str.encode(), C.c_short(SQL_NTS), None, C.c_short(0), None, C.c_ushort(0)),
           DBC, self.dbc)

    def close(self):
        lib.SQLDisconnect(self.dbc)
        lib.SQLFreeHandle(C.c_short(DBC), self.dbc)
        lib.SQLFreeHandle(C.c_short(ENV), self.env)

    def rows(self, sql, chunk=64):
        """Every row as a list of text (None for NULL), each cell read by SQLGetData in pieces of `chunk` bytes."""
        stmt = C.c_void_p()
        ok(lib.SQLAllocHandle(C.c_short(STMT), self.dbc, C.byref(stmt)), DBC, self.dbc)
        try:
            ok(lib.SQLExecDirect(stmt, sql.encode(), C.c_int(SQL_NTS)), STMT, stmt)
            n = C.c_short()
            ok(lib.SQLNumResultCols(stmt, C.byref(n)), STMT, stmt)
            if n.value == 0:
                count = C.c_ssize_t()
                ok(lib.SQLRowCount(stmt, C.byref(count)), STMT, stmt)
                return [[str(count.value)]]
            out = []
            while ok(lib.SQLFetch(stmt), STMT, stmt) != SQL_NO_DATA:
                out.append([self._cell(stmt, c, chunk) for c in range(1, n.value + 1)])
            return out
        finally:
            lib.SQLFreeHandle(C.c_short(STMT), stmt)

    @staticmethod
    def _cell(stmt, col, chunk):
        buf, ind, parts = C.create_string_buffer(chunk), C.c_ssize_t(), []
        while True:
            rc = lib.SQLGetData(stmt, C.c_ushort(col), C.c_short(SQL_C_CHAR), buf, C.c_ssize_t(chunk), C.byref(ind))
            if rc == SQL_NO_DATA:
                break
            ok(rc, STMT, stmt)
            if ind.value == SQL_NULL_DATA:
                return None
            parts.append(buf.value if rc == SQL_SUCCESS_WITH_INFO else buf.raw[: ind.value])
            if rc == SQL_SUCCESS:
                break
        return b"".join(parts).decode()

"""LibreOffice over UNO, headless: SDBC, a Base file, a Calc sheet fed from the DSN `T`. Prints what it reads (README.md).

Runs under the system's Python (python3-uno). Arguments: the query of many rows, a folder for LibreOffice's profile and files.
"""
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sdbc import SQLException
from com.sun.star.sheet.DataImportMode import TABLE
from com.sun.star.uno import Exception as UnoException

VARBINARY, LONGVARBINARY, BINARY_TYPE = -3, -4, -2


def say_fact(name, *fields):
    print(name, *["\\N" if f is None else f for f in fields], sep="\t", flush=True)


def props(**values):
    made = []
    for name, value in values.items():
        one = PropertyValue()
        one.Name, one.Value = name, value
        made.append(one)
    return tuple(made)


def end(office):
    """Ends what is left: the starter and soffice.bin, which outlives it, are one process group."""
    try:
        os.killpg(office.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    office.wait()


def start(folder):
    """soffice with a profile of its own; (process, component context)."""
    pipe = f"tdodbc{os.getpid()}"
    office = subprocess.Popen(
        ["soffice", "--headless", "--invisible", "--norestore", "--nologo", "--nodefault",
         f"-env:UserInstallation={folder.joinpath('profile').as_uri()}", f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        try:
            return office, resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if office.poll() is not None:
                sys.exit(f"soffice ended with {office.returncode}")
            time.sleep(0.25)
    end(office)
    sys.exit("soffice did not answer in 60 s")


def rows_of(result):
    """Every row as text; bytes as hexadecimal digits."""
    meta = result.MetaData
    kinds = [meta.getColumnType(i) for i in range(1, meta.ColumnCount + 1)]
    del meta
    rows = []
    while result.next():
        row = []
        for i, kind in enumerate(kinds, 1):
            if kind in (VARBINARY, LONGVARBINARY, BINARY_TYPE):
                value = result.getBytes(i)
                value = None if result.wasNull() else bytes(value.value).hex().upper()
            else:
                value = result.getString(i)
                value = None if result.wasNull() else value
            row.append(value)
        rows.append(row)
    return rows


def query(conn, sql):
    """All rows. soffice 7.4 crashes when a result set is released after its statement, so the set goes first."""
    statement = conn.createStatement()
    result = statement.executeQuery(sql)
    rows = rows_of(result)
    result.close()
    del result
    statement.close()
    return rows


def catalog(conn):
    meta = conn.MetaData
    say_fact("dbms", meta.getDatabaseProductName())
    tables = meta.getTables("power", "%", "%", ("TABLE",))
    while tables.next():
        say_fact("table", tables.getString(1), tables.getString(3), tables.getString(4))
    tables.close()
    columns = meta.getColumns("power", "%", "meters", "%")
    while columns.next():
        say_fact("column", columns.getString(4), columns.getString(6))
    columns.close()
    keys = meta.getPrimaryKeys("power", "", "d1001")
    while keys.next():
        say_fact("key", keys.getString(4))
    keys.close()
    types = meta.getTypeInfo()
    say_fact("types", sum(1 for _ in iter(types.next, False)))
    types.close()
    say_fact("quote", meta.getIdentifierQuoteString())
    say_fact("readonly", meta.isReadOnly(), meta.supportsTransactions(), meta.supportsResultSetType(1004))


def writing(conn):
    statement = conn.createStatement()
    say_fact("affected", statement.executeUpdate(
        "insert into power.d1001 values ('2030-01-01 00:00:00', 1, 2, 3)('2030-01-01 00:00:01', 4, 5, 6)"))
    statement.executeUpdate("create database if not exists office")
    statement.executeUpdate("create table office.t (ts timestamp, i int, b bigint, d double, n nchar(40), v varchar(40), o bool)")
    statement.close()
    insert = conn.prepareStatement("insert into office.t values (?,?,?,?,?,?,?)")
    at = uno.createUnoStruct("com.sun.star.util.DateTime")
    at.Year, at.Month, at.Day, at.NanoSeconds = 2024, 1, 1, 123000000
    insert.setTimestamp(1, at)
    insert.setInt(2, -7)
    insert.setLong(3, 9007199254740993)
    insert.setDouble(4, 1.5)
    insert.setString(5, "日本語 😀")
    insert.setString(6, "text")
    insert.setBoolean(7, True)
    say_fact("inserting", insert.executeUpdate())
    at.NanoSeconds = 124000000
    insert.setTimestamp(1, at)
    for i, kind in enumerate((4, -5, 8, 12, 12, -7), 2):
        insert.setNull(i, kind)
    insert.executeUpdate()
    insert.close()
    for row in query(conn, "select * from office.t order by ts"):
        say_fact("inserted", *row)
    where = conn.prepareStatement("select v from office.t where i < ? and o = ?")
    where.setInt(1, 0)
    where.setBoolean(2, True)
    found = where.executeQuery()
    for row in rows_of(found):
        say_fact("where", *row)
    found.close()
    del found
    where.close()


def scrolling(conn):
    """Forth and back. LibreOffice finds last() and a second absolute() by bookmarks, which the driver does not have."""
    statement = conn.createStatement()
    statement.ResultSetType = 1004  # SCROLL_INSENSITIVE
    result = statement.executeQuery("select ts, i from gen.numeric where rows=5000 and repeat=0")
    for move in (lambda: result.absolute(4000), lambda: result.relative(-10), result.previous, result.first, result.next):
        say_fact("scroll", move(), result.getRow(), result.getInt(2))
    result.close()
    del result
    statement.close()


def base_file(context, folder):
    """A Base file over the DSN: its tables, and a row set that is scrolled."""
    databases = context.ServiceManager.createInstanceWithContext("com.sun.star.sdb.DatabaseContext", context)
    source = databases.createInstance()
    source.URL, source.User = "sdbc:odbc:T", "root"
    source.Info = props(CharSet="utf-8")
    path = folder.joinpath("meters.odb").as_uri()
    source.DatabaseDocument.storeAsURL(path, ())
    databases.registerObject("tdengine", source)
    conn = source.getConnection("root", "taosdata")
    (table,) = [name for name in conn.Tables.ElementNames if name.endswith("meters")]
    say_fact("base_table", table, *conn.Tables.getByName(table).Columns.ElementNames)
    conn.close()
    for kind, command in ((0, table), (0, "office.t"), (2, "select ts, voltage, location from power.meters where voltage = 220")):
        rows = context.ServiceManager.createInstanceWithContext("com.sun.star.sdb.RowSet", context)
        rows.DataSourceName, rows.User, rows.Password = "tdengine", "root", "taosdata"
        rows.CommandType, rows.Command = kind, command
        rows.EscapeProcessing = kind == 0  # a query goes to the server as it is
        rows.execute()
        rows.last()
        count = rows.RowCount
        rows.absolute(2)
        rows.previous()
        say_fact("base_rows", count, rows.getRow(), rows.getString(1)[:4], *rows.Columns.ElementNames)
        rows.dispose()


def base_insert(context, manager):
    """A new row as a form makes it: Base writes INSERT with the names of the catalog."""
    rows = context.ServiceManager.createInstanceWithContext("com.sun.star.sdb.RowSet", context)
    rows.DataSourceName, rows.User, rows.Password = "tdengine", "root", "taosdata"
    rows.CommandType, rows.Command = 0, "office.t"
    rows.execute()
    rows.moveToInsertRow()
    at = uno.createUnoStruct("com.sun.star.util.DateTime")
    at.Year, at.Month, at.Day, at.NanoSeconds = 2024, 1, 2, 125000000
    rows.updateTimestamp(1, at)
    rows.updateInt(2, 42)
    rows.updateString(5, "żółw")
    rows.insertRow()
    rows.dispose()
    conn = manager.getConnectionWithInfo("sdbc:odbc:T", props(user="root", password="taosdata", CharSet="utf-8"))
    for row in query(conn, "select * from office.t where i = 42"):
        say_fact("base_inserted", *row)
    conn.close()


def calc_sheet(context):
    """Cells filled from the registered data source."""
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    doc = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, props(Hidden=True))
    sheet = doc.Sheets.getByIndex(0)
    sheet.getCellRangeByName("A1").doImport(props(DatabaseName="tdengine", SourceType=TABLE, SourceObject="office.t"))
    for row in sheet.getCellRangeByName("A1:G2").DataArray:
        say_fact("calc", *row)
    doc.close(True)


def errors(manager):
    conn = manager.getConnectionWithInfo("sdbc:odbc:T", props(user="root", password="taosdata", CharSet="utf-8"))
    statement = conn.createStatement()
    try:
        statement.executeQuery("select * from power.no_such_table")
    except SQLException as e:
        say_fact("error", e.SQLState, e.ErrorCode)
    statement.close()
    conn.close()
    try:
        manager.getConnectionWithInfo("sdbc:odbc:T", props(user="root", password="wrong"))
    except SQLException as e:
        say_fact("login", e.SQLState)


def talk(context, many_sql, folder):
    manager = context.ServiceManager.createInstanceWithContext("com.sun.star.sdbc.DriverManager", context)
    conn = manager.getConnectionWithInfo("sdbc:odbc:T", props(user="root", password="taosdata", CharSet="utf-8"))
    catalog(conn)
    for prec in ("ms", "us", "ns"):
        for row in query(conn, f"select * from all_{prec}.t order by ts"):
            say_fact(f"all_{prec}", *row)
    statement = conn.createStatement()
    result = statement.executeQuery(many_sql)
    rows = total = 0
    while result.next():
        rows += 1
        total += result.getInt(2)
    say_fact("many", rows, total)
    result.close()
    del result
    statement.close()
    writing(conn)
    scrolling(conn)
    conn.close()
    errors(manager)
    base_file(context, folder)
    base_insert(context, manager)
    calc_sheet(context)


def main():
    many_sql, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    office, context = start(folder)
    limit = threading.Timer(200, end, [office])  # a call that hangs then fails
    limit.daemon = True
    limit.start()
    try:
        talk(context, many_sql, folder)
        context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context).terminate()
        office.wait(30)
    except UnoException as e:
        sys.exit(f"{type(e).__name__}: {e.Message}")
    finally:
        end(office)


main()

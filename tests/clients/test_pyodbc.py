"""pyodbc: connect with defaults, every type in ms, us and ns databases, NULLs, long text, emoji, decimals, pandas."""
import datetime as dt

import pandas
import pyodbc
import pytest

import sample


@pytest.fixture(scope="module")
def db(conn_str):
    c = pyodbc.connect(conn_str, autocommit=True)
    yield c
    c.close()


@pytest.fixture(scope="module", params=["ms", "us", "ns"])
def table(request):
    return f"all_{request.param}.t", request.param


def test_connect_with_defaults(conn_str):
    # autocommit off is pyodbc's default; rollback must not fail
    c = pyodbc.connect(conn_str)
    assert c.execute("select 1").fetchone()[0] == 1
    c.commit()
    c.rollback()
    c.close()


def test_every_type(db, table):
    name, prec = table
    row = db.execute(f"select * from {name} order by ts limit 1").fetchone()
    assert row[0] == sample.timestamp(prec)
    for got, want in zip(row[1:], sample.WANT):
        assert got == want and type(got) is type(want)


def test_nulls(db, table):
    row = db.execute(f"select * from {table[0]} order by ts desc limit 1").fetchone()
    assert list(row[1:]) == [None] * len(sample.WANT)


def test_fetchmany_and_description(db):
    cur = db.execute("select ts, voltage, location from power.meters order by ts")
    assert [d[0] for d in cur.description] == ["ts", "voltage", "location"]
    assert [d[1] for d in cur.description] == [dt.datetime, int, str]
    assert len(cur.fetchmany(10)) == 10
    assert len(cur.fetchall()) == 4990
    assert cur.rowcount == -1


def test_rowcount_of_insert(db):
    db.execute("create database if not exists py_rc")
    db.execute("create table if not exists py_rc.t (ts timestamp, i int)")
    cur = db.execute("insert into py_rc.t values('2024-01-01', 1)('2024-01-02', 2)('2024-01-03', 3)")
    assert cur.rowcount == 3


@pytest.mark.parametrize("size", [1, 1023, 1024, 4095, 4096, 4097, 16000])
def test_long_text(db, size):
    db.execute("create database if not exists py_long")
    db.execute("create table if not exists py_long.t (ts timestamp, v varchar(16300), n nchar(8000))")
    v = ("0123456789" * 1700)[:size]
    n = ("żó日😀x" * 2000)[: size // 2]
    db.execute(f"insert into py_long.t values('2024-01-01', '{v}', '{n}')")
    assert list(db.execute("select v, n from py_long.t").fetchone()) == [v, n]


def test_metadata(db):
    cur = db.cursor()
    names = [(t.table_cat, t.table_name, t.table_type) for t in cur.tables(catalog="power")]
    assert ("power", "meters", "TABLE") in names
    assert [c.column_name for c in cur.columns(catalog="power", table="meters")] == [
        "ts", "current", "voltage", "phase", "groupid", "location",
    ]
    assert [k.column_name for k in cur.primaryKeys("d1001", catalog="power")] == ["ts"]
    assert db.getinfo(pyodbc.SQL_DBMS_NAME) == "TDengine"


def test_batch(db):
    cur = db.execute("select 1; select 'a;b'; select 3")
    assert cur.fetchone()[0] == 1
    assert cur.nextset() and cur.fetchone()[0] == "a;b"
    assert cur.nextset() and cur.fetchone()[0] == 3
    assert not cur.nextset()


def test_errors(db):
    with pytest.raises(pyodbc.ProgrammingError) as e:
        db.execute("select * from power.no_such_table")
    assert e.value.args[0] == "42S02" and "[0x2603]" in e.value.args[1]
    with pytest.raises(pyodbc.ProgrammingError) as e:
        db.execute("selec 1")
    assert e.value.args[0] == "42000"


def test_wrong_password(conn_str):
    with pytest.raises(pyodbc.InterfaceError) as e:
        pyodbc.connect(conn_str.replace("PWD=taosdata", "PWD=no-such-secret"))
    assert e.value.args[0] == "28000" and "no-such-secret" not in str(e.value)


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
def test_pandas(db):
    frame = pandas.read_sql("select ts, current, voltage, location from power.meters order by ts limit 100", db)
    assert frame.shape == (100, 4)
    assert frame["voltage"].iloc[0] == 210
    assert frame["ts"].iloc[0] == pandas.Timestamp("2018-10-03 06:38:05")


def test_two_cursors_at_once(db):
    a = db.execute("select * from gen.numeric where rows=20000")
    b = db.execute("select * from gen.numeric where rows=20000")
    for _ in range(20000):
        assert a.fetchone() == b.fetchone()
    assert a.fetchone() is None and b.fetchone() is None

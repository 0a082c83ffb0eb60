"""pyodbc with parameters: every type in every precision, one by one and as arrays; NULLs, long text, re-use, errors."""
import datetime as dt
import decimal
import itertools

import pyodbc
import pytest

import sample

D = decimal.Decimal


@pytest.fixture(scope="module")
def db(conn_str):
    c = pyodbc.connect(conn_str, autocommit=True)
    c.execute("create database py_params precision 'ms'")
    yield c
    c.close()


count = itertools.count()


@pytest.fixture
def table(db):
    """Makes a new table of a given definition; gives its name."""

    def make(columns):
        name = f"py_params.t{next(count)}"
        db.execute(f"create table {name} ({columns})")
        return name

    return make


# pyodbc binds no integer beyond 2^63, so that one is a decimal; WKB is written as WKT.
ALL = [D(v) if v == 2**64 - 1 else "POINT(1.5 -2.25)" if v == sample.GEOMETRY else v for v in sample.WANT]
MARKS = ",".join("?" * (len(ALL) + 1))


@pytest.mark.parametrize("fast", [False, True], ids=["scalar", "array"])
@pytest.mark.parametrize("prec", sample.PRECISIONS)
def test_every_type(db, prec, fast):
    db.execute(f"create database if not exists py_params_{prec} precision '{prec}'")
    name = f"py_params_{prec}.t{int(fast)}"
    db.execute(f"create table {name} ({sample.COLUMNS})")
    cur = db.cursor()
    cur.fast_executemany = fast
    at = sample.timestamp(prec)
    later = at + dt.timedelta(seconds=1)
    cur.executemany(f"insert into {name} values ({MARKS})", [[at, *ALL], [later] + [None] * len(ALL)])
    first, second = db.execute(f"select * from {name} order by ts").fetchall()
    assert list(first) == [at, *sample.WANT]
    assert list(second) == [later] + [None] * len(ALL)


@pytest.mark.parametrize("fast", [False, True], ids=["scalar", "array"])
@pytest.mark.parametrize("prec, step", [("ms", 1000), ("us", 1), ("ns", 1)])
def test_no_timestamp_collapses(db, prec, step, fast):
    """Rows whose times differ only in the last digit that Python has (must-list 2)."""
    db.execute(f"create database if not exists py_params_{prec} precision '{prec}'")
    name = f"py_params_{prec}.steps{int(fast)}"
    db.execute(f"create table {name} (ts timestamp, i int)")
    cur = db.cursor()
    cur.fast_executemany = fast
    start = dt.datetime(2024, 5, 6, 7, 8, 9, 123000)
    rows = [(start + dt.timedelta(microseconds=n * step), n) for n in range(50)]
    cur.executemany(f"insert into {name} values (?, ?)", rows)
    assert [tuple(r) for r in db.execute(f"select * from {name} order by ts")] == rows


def test_fraction_without_room_is_an_error(db, table):
    name = table("ts timestamp, i int")
    with pytest.raises(pyodbc.Error) as e:
        db.execute(f"insert into {name} values (?, 1)", dt.datetime(2024, 1, 1, 0, 0, 0, 123456))
    assert e.value.args[0] == "22008"
    assert db.execute(f"select count(*) from {name}").fetchval() == 0


@pytest.mark.parametrize("rows", [1, 2, 999, 20000])
def test_arrays(db, table, rows):
    name = table("ts timestamp, i int, d double, n nchar(20), v varchar(30)")
    start = dt.datetime(2024, 1, 1)
    data = [
        (start + dt.timedelta(milliseconds=n), None if n % 5 == 1 else n, n / 7, None if n % 3 == 1 else f"日本{n}", f"v{n}😀")
        for n in range(rows)
    ]
    cur = db.cursor()
    cur.fast_executemany = True
    cur.executemany(f"insert into {name} values (?, ?, ?, ?, ?)", data)
    assert [tuple(r) for r in db.execute(f"select * from {name} order by ts")] == data


def test_null_first_then_values(db, table):
    """The first row decides nothing about the type of the others."""
    name = table("ts timestamp, i int, n nchar(20), d decimal(20,4)")
    start = dt.datetime(2024, 1, 1)
    data = [(start, None, None, None), (start + dt.timedelta(seconds=1), 5, "text", D("1234567890123456.7891"))]
    for fast in (False, True):
        cur = db.cursor()
        cur.fast_executemany = fast
        cur.executemany(f"insert into {name} values (?, ?, ?, ?)", data)
        assert [tuple(r) for r in db.execute(f"select * from {name} order by ts")] == data


@pytest.mark.parametrize("size", [1, 255, 4000, 4001, 16000])
def test_long_text(db, table, size):
    name = table("ts timestamp, v varchar(16300), n nchar(8000)")
    v, n = ("0123456789" * 1700)[:size], ("żó日😀x" * 2000)[: size // 2]
    db.execute(f"insert into {name} values (?, ?, ?)", "2024-01-01", v, n)
    assert list(db.execute(f"select v, n from {name} where n = ?", n).fetchone()) == [v, n]


def test_where(db):
    row = db.execute(
        "select count(*), max(voltage) from power.meters where voltage > ? and location <> ? and ts >= ?",
        220, "California.SanDiego", dt.datetime(2018, 10, 3),
    ).fetchone()
    assert row[0] > 0 and row[1] == 229
    assert db.execute("select count(*) from power.meters where tbname in (?, ?)", "d1001", "d1002").fetchval() == 2000
    assert db.execute("select ?, ?", 1, "text").fetchone()[1] == "text"


def test_statement_is_used_again(db):
    cur = db.cursor()
    for least in (0, 210, 220, 229, 300):
        got = cur.execute("select count(*) from power.meters where voltage >= ?", least).fetchval()
        assert got == db.execute(f"select count(*) from power.meters where voltage >= {least}").fetchval()


def test_several_tables_at_once(db, table):
    """A super table's child is named by a parameter."""
    db.execute("create table py_params.st (ts timestamp, i int) tags (g int)")
    cur = db.cursor()
    for n in range(3):
        cur.execute(f"insert into py_params.c{n} using py_params.st tags (?) values (?, ?)", n, dt.datetime(2024, 1, 1), n * 10)
    assert [tuple(r) for r in db.execute("select tbname, g, i from py_params.st order by g")] == [
        (f"c{n}", n, n * 10) for n in range(3)
    ]


def test_rowcount(db, table):
    name = table("ts timestamp, i int")
    assert db.execute(f"insert into {name} values (?, ?)", dt.datetime(2024, 1, 1), 1).rowcount == 1


@pytest.mark.parametrize(
    "value, column, state",
    [(300, "tinyint", "22003"), (2**40, "int", "22003"), (-1, "int unsigned", "22003"), ("abcdef", "varchar(5)", "22001"),
     ("word", "int", "22018"), ("日本語", "nchar(2)", "22001")],
)
def test_errors(db, table, value, column, state):
    name = table(f"ts timestamp, x {column}")
    with pytest.raises(pyodbc.Error) as e:
        db.execute(f"insert into {name} values (?, ?)", dt.datetime(2024, 1, 1), value)
    assert e.value.args[0] == state
    assert db.execute(f"select count(*) from {name}").fetchval() == 0


def test_wrong_number(db):
    with pytest.raises(pyodbc.Error):
        db.execute("select * from power.meters where voltage > ? and groupid = ?", 1)

"""pyodbc: parameters of single executes, executemany with and without fast_executemany, 1 to 100,000 rows, ms, us, ns."""
import datetime as dt
import decimal
import time

import pyodbc
import pytest

D = decimal.Decimal
START = dt.datetime(2024, 2, 29, 23, 59, 59)


@pytest.fixture(scope="module")
def db(conn_str):
    c = pyodbc.connect(conn_str, autocommit=True)
    c.execute("create database if not exists pyp precision 'us'")
    c.execute("create database if not exists pyp_ms precision 'ms'")
    c.execute("create database if not exists pyp_ns precision 'ns'")
    yield c
    c.close()


def stats(db, name):
    rows = dict(db.execute("tdlite stats").fetchall())
    return rows.get(name, 0)


def make(db, name, columns):
    db.execute(f"drop table if exists {name}")
    db.execute(f"create table {name} ({columns})")
    return name


def micro(i):
    return START + dt.timedelta(microseconds=i)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("n", [1, 2, 1000])
def test_executemany(db, fast, n):
    t = make(db, "pyp.m", "ts timestamp, i int, g bigint, d double, s varchar(30), n nchar(10), b bool, x varbinary(8)")
    rows = [
        (micro(i), i, 2**62 + i, i / 7, f"row '{i}' \\", "日本😀"[: i % 4], bool(i % 2), bytes([0, i % 256]))
        for i in range(n)
    ]
    cur = db.cursor()
    cur.fast_executemany = fast
    cur.executemany(f"insert into {t} values(?,?,?,?,?,?,?,?)", rows)
    assert [tuple(r) for r in db.execute(f"select * from {t} order by ts").fetchall()] == rows


@pytest.mark.parametrize("fast", [False, True])
def test_nulls_everywhere(db, fast):
    t = make(db, "pyp.nul", "ts timestamp, i int, d double, s varchar(30), n nchar(10), b bool, e decimal(20,4), x varbinary(8)")
    full = (5, 1.5, "s", "n", True, D("1.2345"), b"\x01")
    rows = [(micro(i),) + tuple(None if (i >> k) & 1 else full[k] for k in range(7)) for i in range(128)]
    cur = db.cursor()
    cur.fast_executemany = fast
    cur.executemany(f"insert into {t} values(?,?,?,?,?,?,?,?)", rows)
    assert [tuple(r) for r in db.execute(f"select * from {t} order by ts").fetchall()] == rows


def test_hundred_thousand_rows_fast(db):
    t = make(db, "pyp.big", "ts timestamp, i int, s varchar(20)")
    n = 100_000
    rows = [(micro(i), i, f"s{i}") for i in range(n)]
    cur = db.cursor()
    cur.fast_executemany = True
    db.execute("tdlite stats clear")
    began = time.monotonic()
    cur.executemany(f"insert into {t} values(?,?,?)", rows)
    print(f"{n} rows in {time.monotonic() - began:.2f} s")
    # one message for each 32,767 rows
    assert stats(db, "action.stmt2_bind") == 4
    assert stats(db, "action.stmt2_prepare") == 1
    assert stats(db, "violations") == 0
    count, total, first, last = db.execute(f"select count(*), sum(i), first(ts), last(ts) from {t}").fetchone()
    assert (count, total, first, last) == (n, n * (n - 1) // 2, micro(0), micro(n - 1))


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("prec,fraction", [("pyp_ms", 123000), ("pyp", 123456), ("pyp_ns", 123456)])
def test_fraction_is_kept(db, fast, prec, fraction):
    """TDengine would overwrite a row whose timestamp was cut to another's."""
    t = make(db, f"{prec}.fr", "ts timestamp, v int")
    step = dt.timedelta(milliseconds=1) if prec == "pyp_ms" else dt.timedelta(microseconds=1)
    rows = [(START.replace(microsecond=fraction) + i * step, i) for i in range(50)]
    cur = db.cursor()
    cur.fast_executemany = fast
    cur.executemany(f"insert into {t} values(?,?)", rows)
    assert [tuple(r) for r in db.execute(f"select ts, v from {t} order by ts").fetchall()] == rows
    for ts, v in rows[::13]:
        assert db.execute(f"select v from {t} where ts = ?", ts).fetchval() == v
        assert db.execute(f"select count(*) from {t} where ts < ?", ts).fetchval() == v


def test_too_fine_a_fraction_is_refused(db):
    t = make(db, "pyp_ms.fine", "ts timestamp, v int")
    # what SQLDescribeParam says is three digits, so pyodbc binds a text or structure with more
    with pytest.raises(pyodbc.Error) as e:
        db.execute(f"insert into {t} values(?,?)", "2024-01-01 00:00:00.123456", 1)
    assert e.value.args[0] == "22008"
    assert db.execute(f"select count(*) from {t}").fetchval() in (0, None)


@pytest.mark.parametrize("fast", [False, True])
def test_decimals(db, fast):
    t = make(db, "pyp.dec", "ts timestamp, a decimal(10,3), b decimal(38,10)")
    values = [D("0"), D("-0.001"), D("9999999.999"), D("-9999999.999"), D("1E+2"), D("12.5")]
    rows = [(micro(i), v, v * 1000 + D("0.0000000001")) for i, v in enumerate(values)]
    cur = db.cursor()
    cur.fast_executemany = fast
    cur.executemany(f"insert into {t} values(?,?,?)", rows)
    assert [tuple(r) for r in db.execute(f"select * from {t} order by ts").fetchall()] == rows


def test_bad_row_is_named(db):
    t = make(db, "pyp.bad", "ts timestamp, v tinyint")
    cur = db.cursor()
    cur.fast_executemany = True
    rows = [(micro(i), 300 if i == 7 else i) for i in range(10)]
    # pyodbc takes SQL_SUCCESS_WITH_INFO as success; the warning's rows are not stored
    try:
        cur.executemany(f"insert into {t} values(?,?)", rows)
    except pyodbc.Error as e:
        assert e.args[0] == "22003"
    stored = [r[0] for r in db.execute(f"select v from {t} order by ts").fetchall()]
    assert stored == [0, 1, 2, 3, 4, 5, 6, 8, 9]


def test_many_tables(db):
    db.execute("drop table if exists pyp.st")
    db.execute("create table pyp.st (ts timestamp, v double) tags(place varchar(20), n int)")
    rows = [(f"pyp.place{i % 25}", f"place {i % 25}", i % 25, micro(i), i / 2) for i in range(2500)]
    cur = db.cursor()
    cur.fast_executemany = True
    db.execute("tdlite stats clear")
    cur.executemany("insert into ? using pyp.st tags(?,?) values(?,?)", rows)
    assert stats(db, "action.stmt2_bind") == 1
    got = db.execute("select tbname, place, n, ts, v from pyp.st order by ts").fetchall()
    assert [("pyp." + r[0],) + tuple(r[1:]) for r in got] == rows


def test_queries(db):
    t = make(db, "pyp.q", "ts timestamp, i int, s varchar(30)")
    cur = db.cursor()
    texts = ["plain", "it's", "back\\slash", "100%", "日本 😀", "", "a\nb", "' or 1=1 --"]
    cur.executemany(f"insert into {t} values(?,?,?)", [(micro(i), i, s) for i, s in enumerate(texts)])
    for i, s in enumerate(texts):
        assert db.execute(f"select i from {t} where s = ?", s).fetchval() == i
        assert db.execute("select ?", s).fetchval() == s  # by a literal
    assert db.execute(f"select count(*) from {t} where i > ? and i <= ?", 1, 4).fetchval() == 3
    assert db.execute(f"select i from {t} where s = ?", None).fetchall() == []
    assert db.execute(f"delete from {t} where ts < ?", micro(3)).rowcount == 3
    assert db.execute(f"select count(*) from {t}").fetchval() == len(texts) - 3


def test_blob_by_pieces(db):
    t = make(db, "pyp.bl", "ts timestamp, b blob")
    data = bytes(range(256)) * 8000
    db.execute(f"insert into {t} values(?,?)", micro(0), data)
    assert db.execute(f"select b from {t}").fetchval() == data

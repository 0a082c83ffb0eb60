"""turbodbc: column-wise row sets by SQLFetchScroll, arrays of parameters; it has no SQLGetData, so every size must be right."""
import datetime as dt

import pytest

import sample

turbodbc = pytest.importorskip("turbodbc", reason="turbodbc could not be built (tests/clients/turbodbc_build/build.sh)")
np = pytest.importorskip("numpy")


def connect(conn_str, **options):
    return turbodbc.connect(connection_string=conn_str, turbodbc_options=turbodbc.make_options(**options))


@pytest.fixture(params=[False, True], ids=["char", "unicode"])
def db(conn_str, request):
    made = connect(conn_str, prefer_unicode=request.param, read_buffer_size=turbodbc.Rows(1000))
    yield made
    made.close()


# It knows 64-bit integers, doubles, bits, dates, timestamps and text: decimals of more than 18 digits come as text.
CHANGED = {"c_bu": "18446744073709551615", "c_d64": 9999999.999, "c_d128": "9999999999999999999999999999.9999999999"}


@pytest.mark.parametrize("prec", sample.PRECISIONS)
def test_every_type(conn_str, prec):
    db = connect(conn_str + ";UnsignedBigintAsNumeric=1", prefer_unicode=True, read_buffer_size=turbodbc.Rows(3))
    cur = db.cursor()
    names = [n for n in sample.NAMES if n not in ("c_vb", "c_g", "c_bl")]  # it knows no binary types
    cur.execute(f"select {', '.join(names)} from all_{prec}.t order by ts")
    assert [d[0] for d in cur.description] == names
    first, second = cur.fetchall()
    assert first[0] == sample.timestamp(prec)
    for name, got, want in zip(names[1:], first[1:], sample.WANT):
        assert got == CHANGED.get(name, want), name
    assert second[1:] == [None] * (len(names) - 1)
    db.close()


def test_many_rows(db):
    cur = db.cursor()
    cur.execute(sample.MANY_SQL)
    batches = list(cur.fetchnumpybatches())
    assert sum(len(b["i"]) for b in batches) == sample.MANY
    assert sum(int(b["i"].sum()) for b in batches) == sample.many_sum()
    assert batches[0]["d"][123] == sample.gen_double(0, 123, 2)
    cur.execute("select ts, location from power.meters order by ts")
    rows = cur.fetchall()
    assert len(rows) == 5000 and rows[0] == [dt.datetime(2018, 10, 3, 6, 38, 5), "California.SanFrancisco"]


def test_arrow(db):
    cur = db.cursor()
    cur.execute("select ts, voltage, location from power.meters order by ts limit 1500")
    table = cur.fetchallarrow()
    assert table.num_rows == 1500 and table["voltage"][0].as_py() == 210
    assert table["location"][0].as_py() == "California.SanFrancisco"


def test_parameters(db):
    cur = db.cursor()
    cur.execute("create database if not exists turbo")
    cur.execute("drop table if exists turbo.t")
    cur.execute("create table turbo.t (ts timestamp, i int, d double, v varchar(40), n nchar(40), b bool)")
    start = dt.datetime(2024, 1, 1, 0, 0, 0, 123000)
    rows = [
        [start + dt.timedelta(milliseconds=n), None if n % 7 == 0 else n, n / 8, f"v{n}", f"日本 {n}", n % 2 == 0]
        for n in range(2500)
    ]
    cur.executemany("insert into turbo.t values (?, ?, ?, ?, ?, ?)", rows)
    assert cur.rowcount == 2500
    cur.execute("select * from turbo.t order by ts")
    assert cur.fetchall() == rows
    cur.execute("select v from turbo.t where i > ? and v <> ? order by ts", [2495, "v2496"])
    assert cur.fetchall() == [["v2497"], ["v2498"]]
    db.rollback()


def test_numpy_columns(db):
    cur = db.cursor()
    cur.execute("create database if not exists turbo")
    cur.execute("create table if not exists turbo.np (ts timestamp, i bigint, d double)")
    stamps = np.datetime64("2024-01-01T00:00:00.001", "us") + np.arange(3000) * np.timedelta64(1000, "us")
    ints, doubles = np.arange(3000) * 2**40, np.arange(3000) / 16
    cur.executemanycolumns("insert into turbo.np values (?, ?, ?)", [stamps, ints, doubles])
    cur.execute("select count(*), sum(i), max(d), last(ts) from turbo.np")
    assert cur.fetchall() == [[3000, int(ints.sum()), 2999 / 16, dt.datetime(2024, 1, 1, 0, 0, 3)]]


def test_errors(conn_str, db):
    with pytest.raises(turbodbc.DatabaseError, match="42S02"):
        db.cursor().execute("select * from power.no_such_table")
    with pytest.raises(turbodbc.DatabaseError, match="28000"):
        connect(conn_str.replace("PWD=taosdata", "PWD=wrong"))

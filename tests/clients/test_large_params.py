"""turbodbc executemanycolumns and arrow-odbc inserts, 1 to 100,000 rows, with microseconds and nanoseconds kept."""
import datetime as dt

import pyodbc
import pytest

np = pytest.importorskip("numpy")
SIZES = [1, 2, 999, 100_000]


@pytest.fixture(scope="module")
def db(conn_str):
    made = pyodbc.connect(conn_str, autocommit=True)
    for prec in ("us", "ns"):
        made.execute(f"create database if not exists lp_{prec} precision '{prec}'")
    yield made
    made.close()


def check(db, name, n, last):
    """All rows are there: none has overwritten another."""
    count, total = db.execute(f"select count(*), sum(i) from {name}").fetchone()
    assert (count, total) == (n, n * (n - 1) // 2)
    # epochs as text keep all nine digits
    assert db.execute(f"select cast(last(ts) as bigint) from {name}").fetchval() == last


@pytest.mark.parametrize("n", SIZES)
def test_turbodbc_columns(conn_str, db, n):
    turbodbc = pytest.importorskip("turbodbc", reason="turbodbc could not be built")
    name = f"lp_us.turbo{n}"
    db.execute(f"create table {name} (ts timestamp, i bigint, d double)")
    stamps = np.datetime64("2024-02-29T23:59:59.000001", "us") + np.arange(n) * np.timedelta64(1, "us")
    con = turbodbc.connect(connection_string=conn_str)
    cur = con.cursor()
    cur.executemanycolumns(f"insert into {name} values (?, ?, ?)", [stamps, np.arange(n), np.arange(n) / 16])
    con.close()
    check(db, name, n, int(stamps[-1].astype("int64")))


@pytest.mark.parametrize("prec", ["us", "ns"])
@pytest.mark.parametrize("n", SIZES)
def test_arrow_insert(conn_str, db, prec, n):
    pa = pytest.importorskip("pyarrow")
    arrow_odbc = pytest.importorskip("arrow_odbc")
    name = f"lp_{prec}.arrow{n}"
    db.execute(f"create table {name} (ts timestamp, i bigint, s varchar(20), b bool)")
    # arrow-odbc itself binds nanoseconds with seven digits: 100 ns is its finest step
    step = 1 if prec == "us" else 100
    start = 1709251199 * (10**6 if prec == "us" else 10**9) + step
    schema = pa.schema([("ts", pa.timestamp(prec)), ("i", pa.int64()), ("s", pa.string()), ("b", pa.bool_())])
    batch = pa.record_batch(
        [
            pa.array(np.arange(n) * step + start, pa.timestamp(prec)),
            pa.array(np.arange(n), pa.int64()),
            pa.array([None if k % 5 == 0 else f"s{k}" for k in range(n)], pa.string()),
            pa.array(np.arange(n) % 2 == 0, pa.bool_()),
        ],
        schema,
    )
    arrow_odbc.insert_into_table(
        reader=pa.RecordBatchReader.from_batches(schema, [batch]),
        chunk_size=30_000,
        table=name,
        connection_string=conn_str,
    )
    check(db, name, n, start + (n - 1) * step)
    if n > 1:
        first = db.execute(f"select ts, s from {name} where i = 1").fetchone()
        assert first.s == "s1" and first.ts.replace(microsecond=0) == dt.datetime(2024, 2, 29, 23, 59, 59)

"""Python's other ways to ODBC: arrow-odbc, polars, aioodbc, SQLAlchemy Core over a raw connection."""
import asyncio
import datetime as dt
import decimal

import pytest

import sample

arrow_odbc = pytest.importorskip("arrow_odbc", reason="arrow-odbc could not be installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow could not be installed")
pl = pytest.importorskip("polars", reason="polars could not be installed")
aioodbc = pytest.importorskip("aioodbc", reason="aioodbc could not be installed")
sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy could not be installed")
pyodbc = pytest.importorskip("pyodbc")

ARROW_TYPES = [
    "bool", "int8", "int16", "int32", "int64", "int16", "int32", "int64", "int64", "float", "double",
    "decimal128(10, 3)", "decimal128(38, 10)", "string", "string", "binary", "binary", "binary",
]


def read_arrow(conn_str, query, **options):
    reader = arrow_odbc.read_arrow_batches_from_odbc(query, connection_string=conn_str, **options)
    return pa.Table.from_batches(list(reader), reader.schema)


@pytest.mark.parametrize("prec", sample.PRECISIONS)
def test_arrow_every_type(conn_str, prec):
    """BIGINT UNSIGNED beyond 2^63 is read as a decimal: arrow-odbc binds every SQL_BIGINT signed."""
    query = f"select * from all_{prec}.t order by ts"
    table = read_arrow(conn_str + ";UnsignedBigintAsNumeric=1", query, batch_size=100, max_binary_size=65536)
    want_types = [f"timestamp[{prec}]"] + ARROW_TYPES
    want_types[9] = "decimal128(20, 0)"
    assert [str(f.type) for f in table.schema] == want_types
    assert table.column_names == sample.NAMES
    first, second = table.to_pylist()
    want = dict(zip(sample.NAMES[1:], sample.WANT))
    assert {k: v for k, v in first.items() if k != "ts"} == want
    assert set(list(second.values())[1:]) == {None}
    unit = {"ms": 10**6, "us": 10**3, "ns": 1}[prec]
    stored = int("1709251199" + sample.PRECISIONS[prec].ljust(9, "0"))
    assert table["ts"][0].value * unit == stored


def test_arrow_types_with_defaults(conn_str):
    reader = arrow_odbc.read_arrow_batches_from_odbc("select * from all_ms.t", connection_string=conn_str)
    assert [str(f.type) for f in reader.schema][1:] == ARROW_TYPES


def test_arrow_many_rows(conn_str):
    table = read_arrow(conn_str, sample.MANY_SQL, batch_size=10000)
    assert table.num_rows == sample.MANY
    assert sum(table["i"].to_pylist()) == sample.many_sum()
    assert table["d"][123].as_py() == sample.gen_double(0, 123, 2)


def test_arrow_text_that_fills_its_column(conn_str):
    """Nothing is cut at the column's own size, in characters of four bytes as well."""
    db = pyodbc.connect(conn_str, autocommit=True)
    db.execute("create database if not exists arrow_text")
    db.execute("create table arrow_text.t (ts timestamp, v varchar(12), n nchar(5))")
    db.execute("insert into arrow_text.t values('2024-01-01', '日本語abc', 'a')")
    db.execute("insert into arrow_text.t values('2024-01-02', 'abcdefghijkl', '😀😀😀😀😀')")
    db.close()
    assert read_arrow(conn_str, "select v, n from arrow_text.t order by ts").to_pylist() == [
        {"v": "日本語abc", "n": "a"},
        {"v": "abcdefghijkl", "n": "😀" * 5},
    ]


def test_arrow_parameters_and_insert(conn_str):
    db = pyodbc.connect(conn_str, autocommit=True)
    db.execute("create database if not exists arrow_ins")
    db.execute("create table arrow_ins.t (ts timestamp, i int, d double, n nchar(16), v varchar(16), b bool)")
    schema = pa.schema(
        [("ts", pa.timestamp("ms")), ("i", pa.int32()), ("d", pa.float64()), ("n", pa.string()), ("v", pa.string()),
         ("b", pa.bool_())]
    )
    start = dt.datetime(2024, 1, 1, 0, 0, 0, 123000)
    rows = 2500
    columns = [
        [start + dt.timedelta(milliseconds=n) for n in range(rows)],
        [None if n % 7 == 0 else n - 1000 for n in range(rows)],
        [n / 8 for n in range(rows)],
        [f"日本 {n} 😀" for n in range(rows)],
        [f"v{n}" for n in range(rows)],
        [n % 2 == 0 for n in range(rows)],
    ]
    batch = pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema)], schema)
    reader = pa.RecordBatchReader.from_batches(schema, [batch])
    arrow_odbc.insert_into_table(
        reader=reader, chunk_size=1000, table="arrow_ins.t", connection_string=conn_str
    )
    back = read_arrow(conn_str, "select * from arrow_ins.t order by ts")
    assert back.to_pylist() == batch.to_pylist()
    some = read_arrow(conn_str, "select i from arrow_ins.t where v = ? or i > ?", parameters=["v5", "1497"])
    assert sorted(some["i"].to_pylist()) == [-995, 1498]
    db.close()


def test_arrow_error(conn_str):
    with pytest.raises(arrow_odbc.Error, match="42S02") as e:
        read_arrow(conn_str, "select * from power.no_such_table")
    assert "0x2603" in str(e.value)
    with pytest.raises(arrow_odbc.Error, match="28000"):
        read_arrow(conn_str.replace("PWD=taosdata", "PWD=wrong"), "select 1")


def test_polars_by_connection_string(conn_str):
    braced = conn_str.replace("Driver=TDengine", "Driver={TDengine}")
    frame = pl.read_database("select ts, current, voltage, location from power.meters order by ts", braced)
    assert frame.shape == (5000, 4)
    assert frame["ts"][0] == dt.datetime(2018, 10, 3, 6, 38, 5)
    assert str(frame.schema["voltage"]) == "Int32"
    assert frame["location"].n_unique() == 5


def test_polars_over_pyodbc(conn_str):
    db = pyodbc.connect(conn_str, autocommit=True)
    frame = pl.read_database("select c_bool, c_i, c_d, c_d64, c_n from all_us.t order by ts", db)
    assert frame.row(0) == (True, 2147483647, 1.7976931348623157e308, decimal.Decimal("9999999.999"), "日本語 😀")
    assert frame.row(1) == (None,) * 5
    db.close()


def test_aioodbc(conn_str):
    async def talk():
        async with aioodbc.create_pool(dsn=conn_str, minsize=2, maxsize=4) as pool:

            async def count(sql):
                async with pool.acquire() as conn, conn.cursor() as cur:
                    await cur.execute(sql)
                    return len(await cur.fetchall())

            counts = await asyncio.gather(*(count(f"select * from gen.numeric where rows={n}000") for n in range(1, 9)))
            assert counts == [n * 1000 for n in range(1, 9)]
            async with pool.acquire() as conn, conn.cursor() as cur:
                await cur.tables(catalog="power", tableType="TABLE")
                assert "meters" in [row.table_name for row in await cur.fetchall()]
                await cur.execute("select count(*) from power.meters where voltage > ?", 220)
                assert (await cur.fetchone())[0] > 0
                with pytest.raises(pyodbc.ProgrammingError, match="42S02"):
                    await cur.execute("select * from power.no_such_table")
                await conn.rollback()

    asyncio.run(talk())


class PlainDialect(sqlalchemy.engine.default.DefaultDialect):
    """SQLAlchemy Core without a dialect for TDengine: the default SQL compiler over pyodbc's raw connection."""

    name = "tdengine_plain"
    default_paramstyle = "qmark"
    supports_statement_cache = True
    supports_native_boolean = True

    @classmethod
    def import_dbapi(cls):
        return pyodbc

    def do_ping(self, dbapi_connection):
        dbapi_connection.execute("select server_status()").fetchone()
        return True


@pytest.fixture(scope="module")
def engine(conn_str):
    sqlalchemy.dialects.registry.register("tdengine_plain", __name__, "PlainDialect")
    made = sqlalchemy.create_engine("tdengine_plain://", creator=lambda: pyodbc.connect(conn_str), pool_pre_ping=True)
    yield made
    made.dispose()


def test_sqlalchemy_core(engine):
    sa = sqlalchemy
    meta = sa.MetaData()
    table = sa.Table(
        "sa_t", meta, sa.Column("ts", sa.TIMESTAMP), sa.Column("i", sa.Integer), sa.Column("v", sa.VARCHAR(20)),
        schema="sa_db",
    )
    start = dt.datetime(2024, 5, 6, 7, 8, 9, 250000)
    rows = [{"ts": start + dt.timedelta(seconds=n), "i": n, "v": f"row {n}"} for n in range(100)]
    with engine.connect() as conn:
        conn.execute(sa.text("create database if not exists sa_db"))
        meta.create_all(conn, checkfirst=False)
        conn.execute(table.insert(), rows)
        conn.commit()
        got = conn.execute(sa.select(table).where(table.c.i >= 98).order_by(table.c.ts)).all()
        assert [tuple(r) for r in got] == [tuple(r.values()) for r in rows[98:]]
        assert conn.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 100
        with pytest.raises(sa.exc.ProgrammingError, match="42S02"):
            conn.execute(sa.text("select * from sa_db.no_such_table"))


def test_sqlalchemy_raw_connection(engine):
    raw = engine.raw_connection()
    cur = raw.cursor()
    assert [c.column_name for c in cur.columns(catalog="power", table="meters")][:2] == ["ts", "current"]
    assert cur.execute("select * from all_ns.t order by ts").fetchone()[1:] == tuple(sample.WANT)
    raw.rollback()
    raw.close()

"""Writing by taos-ws-py against tdlite: the stmt2 and schemaless parts of golden/clients/taos-ws-py/session.py."""
import pytest
import taosws

from tdlite_proc import Tdlite

T = 1700000000000000


@pytest.fixture(scope="module")
def conn():
    with Tdlite() as srv:
        c = taosws.connect(f"ws://root:taosdata@127.0.0.1:{srv.port}")
        c.execute("create database g_wspy precision 'us' wal_retention_period 3600 keep 36500")
        c.close()
        c = taosws.connect(f"ws://root:taosdata@127.0.0.1:{srv.port}/g_wspy?timezone=Asia/Shanghai")
        c.execute(
            "create stable m (ts timestamp, i int, d double, s varchar(20), n nchar(20), vb varbinary(20))"
            " tags (g int, name binary(16))"
        )
        yield c
        c.close()


def insert(conn, tables):
    stmt = conn.stmt2_statement()
    stmt.prepare("insert into ? using m tags(?,?) values(?,?,?,?,?,?)")
    cols = [
        taosws.micros_timestamps_to_column([T, T + 1, T + 2]),
        taosws.ints_to_column([1, None, 3]),
        taosws.doubles_to_column([1.0, 2.0, None]),
        taosws.varchar_to_column(["x", None, "z"]),
        taosws.nchar_to_column(["ü", "中", ""]),
        taosws.varbinary_to_column([b"\0\1", None, b"\xff"]),
    ]
    stmt.bind(
        [
            taosws.stmt2_bind_param_view(name, [taosws.int_to_tag(g), taosws.varchar_to_tag(name)], cols)
            for name, g in tables
        ]
    )
    return stmt.execute()


def test_insert_and_query(conn):
    assert insert(conn, [("d1", 7), ("d2", 8)]) == 6
    rows = [tuple(r) for r in conn.query("select ts,i,d,s,n,vb,g,name from m order by g,ts")]
    assert [r[1:] for r in rows[:3]] == [
        (1, 1.0, "x", "ü", b"\0\1", 7, "d1"),
        (None, 2.0, None, "中", None, 7, "d1"),
        (3, None, "z", "", b"\xff", 7, "d1"),
    ]
    assert len(rows) == 6 and rows[5][6:] == (8, "d2")
    stmt = conn.stmt2_statement()
    stmt.prepare("select * from m where i=? and s=?")
    stmt.bind(
        [
            taosws.stmt2_bind_param_view(
                table_name="", tags=None, columns=[taosws.ints_to_column([1]), taosws.varchar_to_column(["x"])]
            )
        ]
    )
    stmt.execute()
    assert [(r[1], r[3], r[6]) for r in stmt.result_set()] == [(1, "x", 7), (1, "x", 8)]


def test_errors(conn):
    stmt = conn.stmt2_statement()
    with pytest.raises(Exception, match="0x022B|Table does not exist"):
        stmt.prepare("insert into nosuch values(?,?)")
    stmt = conn.stmt2_statement()
    with pytest.raises(Exception, match="stmt only support"):
        stmt.prepare("delete from m where ts=?")


def test_no_violations(conn):
    stats = {r[0]: r[1] for r in conn.query("tdlite stats")}
    assert stats["violations"] == 0
    assert stats["action.stmt2_bind"] == 2 and stats["action.stmt2_exec"] == 2


def test_schemaless(conn):
    conn.schemaless_insert(
        ["sm,location=a v=1.5,k=2i 1626006833639000000"],
        taosws.PySchemalessProtocol.Line,
        taosws.PySchemalessPrecision.Nanosecond,
        0,
        1,
    )
    rows = [tuple(r) for r in conn.query("select v,k,location from sm")]
    assert rows == [(1.5, 2, "a")]
    with pytest.raises(Exception, match="SML line cols is empty"):
        conn.schemaless_insert(
            ["garbage"], taosws.PySchemalessProtocol.Line, taosws.PySchemalessPrecision.Nanosecond, 0, 2
        )

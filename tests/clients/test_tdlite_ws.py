"""Clients that were written for the real server must work against tdlite: taos-ws-py and taospy.

They share no code with tdlite or the driver. TDLITE names the server's binary.
"""
import datetime
import decimal
import json
import pathlib
import struct

import pytest
import taosrest
import taosws

from sample import gen_double, gen_int
from tdlite_proc import Tdlite

GOLDEN = pathlib.Path(__file__).parent.parent / "data" / "golden"
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def tdlite():
    with Tdlite("--ping", "0.5") as srv:
        yield srv


@pytest.fixture
def ws(tdlite):
    conn = taosws.connect(f"taosws://root:taosdata@127.0.0.1:{tdlite.port}")
    yield conn
    conn.close()


def recorded_statements(folder):
    """(name, SQL, REST oracle) of every recorded statement that succeeded."""
    for path in sorted((GOLDEN / folder).glob("*.rest.json")):
        rest = json.loads(path.read_text())
        if not rest["body"] or json.loads(rest["body"])["code"] != 0:
            continue
        yield path.name, rest["sql"], json.loads(rest["body"], parse_float=float)


def as_rest(value, kind):
    """What the REST oracle shows for a value that taos-ws-py returned."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if kind == "JSON":
        return json.loads(value)
    return value


def from_oracle(value, kind):
    """The oracle's value, widened or cut as Python's types make taos-ws-py do."""
    if value is None:
        return None
    if kind == "FLOAT":
        return struct.unpack("f", struct.pack("f", value))[0]
    if kind == "TIMESTAMP":
        seconds, _, fraction = value.rstrip("Z").partition(".")
        moment = datetime.datetime.fromisoformat(seconds + "+00:00")
        if len(fraction) == 9:  # Python has no nanoseconds: the bare count
            since = moment - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
            return (since.days * 86400 + since.seconds) * 10**9 + int(fraction)
        return moment + datetime.timedelta(microseconds=int(fraction.ljust(6, "0")[:6]))
    return value


def test_generator_values(ws):
    cur = ws.cursor()
    cur.execute("select * from gen.numeric where rows=100 and block=30 and seed=9")
    assert [d[0] for d in cur.description] == ["ts", "i", "d"]
    rows = cur.fetchall()
    assert len(rows) == 100
    for n, (ts, i, d) in enumerate(rows):
        assert ts == START + datetime.timedelta(milliseconds=n)
        assert i == gen_int(9, n % 30, 1)
        assert d == gen_double(9, n % 30, 2)


def test_many_blocks_and_two_results_at_once(ws):
    first = ws.query("select i from gen.numeric where rows=50000 and block=1000")
    second = ws.query("select i from gen.numeric where rows=7")
    a, b = iter(first), iter(second)
    assert [next(a)[0] for _ in range(3)] == [gen_int(0, n, 1) for n in range(3)]
    assert [row[0] for row in b] == [gen_int(0, n, 1) for n in range(7)]
    assert sum(1 for _ in a) == 49997


def test_nulls_and_all_types(ws):
    cur = ws.cursor()
    cur.execute("select * from gen.all where rows=200 and nulls=40")
    rows = cur.fetchall()
    nulls = sum(v is None for row in rows for v in row)
    assert len(rows) == 200 and 0.3 < nulls / (200 * 20) < 0.5
    assert all(row[0] is not None for row in rows)
    assert any(isinstance(row[13], decimal.Decimal) for row in rows)


def test_errors(tdlite, ws):
    with pytest.raises(taosws.QueryError, match="0x2603"):
        ws.query("select * from gen.nosuch")
    with pytest.raises(taosws.ConnectionError, match="0x0357"):
        taosws.connect(f"taosws://root:wrong@127.0.0.1:{tdlite.port}")
    assert ws.query("select i from gen.numeric where rows=1").field_count == 1


@pytest.mark.parametrize("folder", ["query/ms", "query/us", "query/ns", "catalog"])
def test_recordings_through_taosws(folder):
    """The recorded statements, replayed by the script engine, as taos-ws-py decodes them."""
    compared = 0
    with Tdlite("--script", str(GOLDEN / folder)) as srv:
        conn = taosws.connect(f"taosws://root:taosdata@127.0.0.1:{srv.port}")
        cur = conn.cursor()
        for name, sql, rest in recorded_statements(folder):
            cur.execute(sql)
            kinds = [meta[1] for meta in rest["column_meta"]]
            if kinds == ["INT"] and rest["column_meta"][0][0] == "affected_rows":
                continue
            rows = cur.fetchall()
            assert len(rows) == rest["rows"], name
            for row, want in zip(rows, rest["data"]):
                for value, oracle, kind in zip(row, want, kinds):
                    assert as_rest(value, kind) == from_oracle(oracle, kind), (name, sql)
                    compared += 1
        conn.close()
    print(f"{folder}: cells compared: {compared}")
    assert compared > 200


def test_taosrest(tdlite):
    conn = taosrest.connect(url=f"http://127.0.0.1:{tdlite.port}", user="root", password="taosdata")
    result = conn.query("select ts, i, d from gen.numeric where rows=5")
    assert result.fields[1]["name"] == "i" and result.rows == 5
    for n, (ts, i, d) in enumerate(result.data):
        assert ts == START.replace(tzinfo=None) + datetime.timedelta(milliseconds=n)
        assert (i, d) == (gen_int(0, n, 1), gen_double(0, n, 2))
    with pytest.raises(taosrest.Error):
        conn.query("select * from gen.nosuch")
    conn.close()


def test_demo():
    """The sample that --demo makes, and the connection string that it prints."""
    with Tdlite("--demo") as srv:
        conn = taosws.connect(f"taosws://root:taosdata@127.0.0.1:{srv.port}/power")
        assert list(conn.query("select count(*) from meters"))[0][0] == 5000
        assert len(list(conn.query("select * from d1001 limit 10"))) == 10
        conn.close()


def test_fault_control(tdlite, ws):
    """Faults are set through any client: here a delayed answer."""
    ws.execute("tdlite fault delay=300 on=query")
    began = datetime.datetime.now()
    assert len(list(ws.query("select i from gen.numeric where rows=2"))) == 2
    assert datetime.datetime.now() - began >= datetime.timedelta(milliseconds=300)

"""Recordings of a real server, replayed by tdlite's script engine and read through the driver: every cell by SQLGetData as
text against the REST body recorded beside it; every recorded failure with its code and SQLSTATE (protocol.md section 6)."""
import json
import pathlib

import pytest

from odbc_ctypes import Connection, OdbcError
from tdlite_proc import Tdlite

GOLDEN = pathlib.Path(__file__).parent.parent / "data" / "golden"
FOLDERS = ["query/ms", "query/us", "query/ns", "query/tz_shanghai", "catalog", "random"]
cells = 0

# protocol.md section 6, for the codes that golden/error holds; 0x0216 is told apart by its text.
STATES = {
    0x2802: "42000", 0x374: "42000", 0x13D: "22003", 0x2603: "42S02", 0x381: "42000", 0x603: "42S01", 0x2617: "42000",
    0x2653: "22001", 0x2602: "42S22", 0x388: "3D000", 0x2616: "3D000", 0x200: "42000", 0x2600: "42000", 0x60B: "22008",
}
STATES_0216 = {"bad_num": "22018", "bad_ts": "22007", "col_count": "21S01", "geo_bad": "22018", "overflow": "22003"}


def rest_of(path):
    rec = json.loads(path.read_text())
    return rec, json.loads(rec["body"], parse_int=str, parse_float=str, parse_constant=str) if rec["body"] else None


def same(kind, want, got):
    """One cell: `kind` is the REST type name, `want` its JSON value, `got` the driver's text."""
    if want is None or got is None:
        # JSON columns: the text `null` is SQL NULL too (protocol.md 3.4)
        return want is None and got is None
    if kind == "BOOL":
        return got == ("1" if want else "0")
    if kind in ("FLOAT", "DOUBLE"):
        return float(got) == float(want)
    if kind == "TIMESTAMP":
        return got == want[:10] + " " + want[11:].rstrip("Z").split("+")[0]
    if kind in ("VARBINARY", "GEOMETRY", "BLOB"):
        return got.lower() == want
    if kind == "JSON":
        return json.loads(got, parse_int=str, parse_float=str) == want
    return got == want


def zone_of(rec):
    return {"UTC": "UTC", None: "UTC"}.get(rec.get("tz"), rec.get("tz"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_cells(folder):
    global cells
    compared, left_out = 0, []
    with Tdlite("--script", str(GOLDEN / folder)) as srv:
        for path in sorted((GOLDEN / folder).glob("*.rest.json")):
            rec, body = rest_of(path)
            if body is None or body["code"] != "0":
                left_out.append((path.name, "no rows over REST"))
                continue
            db = Connection(f"Driver=TDengine;Server=127.0.0.1;Port={srv.port};Timezone={zone_of(rec)}")
            for chunk in (64, 40000):
                rows = db.rows(rec["sql"], chunk)
                if [m[0] for m in body["column_meta"]] == ["affected_rows"] and len(rows) == 1:
                    assert rows == [body["data"][0]], path
                    continue
                assert len(rows) == len(body["data"]), path
                for want, got in zip(body["data"], rows):
                    for meta, w, g in zip(body["column_meta"], want, got):
                        assert same(meta[1].split("(")[0], w, g), (path.name, meta, w, g)
                        compared += chunk == 64
            db.close()
    print(f"{folder}: cells compared: {compared}, left out: {left_out}")
    cells += compared


def test_enough_cells():
    print(f"cells compared: {cells}")
    assert cells > 80000


def recorded_errors():
    for path in sorted((GOLDEN / "error").glob("*.jsonl")):
        sql = reply = None
        for line in path.read_text().splitlines():
            msg = json.loads(line)
            if msg.get("dir") == "c2s" and msg.get("note") and msg["note"] != "fetch_raw_block":
                sql = msg["note"]
            if msg.get("dir") == "s2c" and "text" in msg:
                reply = json.loads(msg["text"])
        if sql and reply.get("code"):
            yield path.stem, sql, reply["code"], reply["message"]


def test_errors():
    with Tdlite("--script", str(GOLDEN / "error")) as srv:
        db = Connection(f"Driver=TDengine;Server=127.0.0.1;Port={srv.port};Timezone=UTC")
        n = 0
        for name, sql, code, message in recorded_errors():
            with pytest.raises(OdbcError) as e:
                db.rows(sql)
            assert e.value.native == code, name
            assert e.value.state == (STATES_0216[name] if code == 0x216 else STATES[code]), (name, str(e.value))
            # libtaos writes "success" for some failures: then the text comes from the code
            assert message[:40] in e.value.message and f"[0x{code:04X}]" in e.value.message, (name, e.value.message)
            n += 1
        assert n >= 23
        with pytest.raises(OdbcError) as e:
            db.rows("")
        assert e.value.state in ("42000", "HY000")
        db.close()

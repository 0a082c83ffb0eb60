"""Go: alexbrainman/odbc. It reads DECIMAL as float64 and binds every SQL_BIGINT signed (hence UnsignedBigintAsNumeric)."""
import facts
import sample

PROGRAM = facts.need_built("go_odbc")


def test_go(conn_str):
    seen = facts.run(PROGRAM, conn_str + ";UnsignedBigintAsNumeric=1", sample.MANY_SQL)
    facts.check_reading(seen)
    change = {"c_bu": "1.8446744073709552e+19", "c_d64": "9.999999999e+06", "c_d128": "1e+28"}
    facts.check_types(seen, change=change)
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "1", "9007199254740993", "1.5", "日本語 😀", "text", "1"],
        ["2024-01-01 00:00:00.124"] + [None] * 6,
    ]
    assert seen["where"] == [["text"]]
    assert seen["error"] == [["42S02", str(0x2603)]]


def test_unsigned_beyond_63_bits_is_refused(conn_str):
    """Never another number: without the key the value does not fit what Go binds, and it says so."""
    seen = facts.run(PROGRAM, conn_str, sample.MANY_SQL, "select c_bu from all_ms.t order by ts")
    assert seen["refused"] == [["22003", "0"]]

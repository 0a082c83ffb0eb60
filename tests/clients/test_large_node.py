"""Node: odbc. Its numbers are doubles, DECIMAL too; BIGINT comes as a bigint."""
import os

import facts
import sample

NODE = facts.need("node", "nodejs")
MODULES = facts.need_built("node_modules")


def run(conn_str, *more):
    env = {**os.environ, "NODE_PATH": str(MODULES)}
    return facts.run(NODE, facts.PROGRAMS / "node" / "odbc.js", conn_str, sample.MANY_SQL, *more, env=env)


def test_node(conn_str):
    seen = run(conn_str + ";UnsignedBigintAsNumeric=1")
    by_cursor = seen["many"].pop()
    assert by_cursor == seen["many"][0]
    facts.check_reading(seen)
    facts.check_types(seen, change={"c_bu": "18446744073709552000", "c_d128": "1e+28"})
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "1", "9007199254740993", "1.5", "日本語 😀", "text", "1", "1234567890123456.8"],
        ["2024-01-01 00:00:00.124", None, None, "3", None, None, "0", None],
    ]
    assert seen["where"] == [["text"]]
    assert seen["error"] == [["42S02", str(0x2603)]]


def test_unsigned_beyond_63_bits_is_refused(conn_str):
    """Never another number: without the key the value does not fit what the module binds, and it says so."""
    assert run(conn_str, "select c_bu from all_ms.t order by ts")["refused"] == [["22003"]]

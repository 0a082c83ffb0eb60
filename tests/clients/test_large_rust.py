"""Rust: odbc-api, the crate beneath arrow-odbc and odbc2parquet: catalog rows, text row sets, parameters."""
import facts
import sample

PROGRAM = facts.need_built("rust_odbc")


def test_rust(conn_str):
    seen = facts.run(PROGRAM, conn_str, sample.MANY_SQL)
    facts.check_reading(seen)
    facts.check_types(seen)
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "7", "日本語 😀"],
        ["2024-01-01 00:00:00.124", None, None],
    ]
    assert seen["where"] == [["日本語 😀"]]

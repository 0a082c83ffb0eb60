"""Tcl: tdbc::odbc."""
import subprocess

import pytest

import facts
import sample

TCLSH = facts.need("tclsh", "tcl")
if subprocess.run([TCLSH], input=b"package require tdbc::odbc\n", capture_output=True).stderr:
    pytest.skip("tdbc::odbc (tcl8.6-tdbc-odbc) could not be installed", allow_module_level=True)


def test_tcl(conn_str):
    options = ";Database=power;UnsignedBigintAsNumeric=1"
    seen = facts.run(TCLSH, facts.PROGRAMS / "tdbc.tcl", conn_str + options, sample.MANY_SQL)
    facts.check_reading(seen)
    facts.check_types(seen)
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "-7", "9007199254740993", "1.5", "日本語", "text"],
        ["2024-01-01 00:00:00.124"] + [None] * 5,
    ]
    assert seen["where"] == [["日本語"]]
    assert seen["timeout"] == [["0", "0"]]

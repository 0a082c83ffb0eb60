"""R: RODBC. Its row sets hold 100 rows; it quotes names with what it is told (TDengine: backquotes)."""
import subprocess

import pytest

import facts
import sample

RSCRIPT = facts.need("Rscript", "r-base-core")
if subprocess.run([RSCRIPT, "-e", "library(RODBC)"], capture_output=True).returncode:
    pytest.skip("RODBC (r-cran-rodbc) could not be installed", allow_module_level=True)


def test_rodbc(conn_str):
    options = ";Database=power;UnsignedBigintAsNumeric=1"
    seen = facts.run(RSCRIPT, "--vanilla", facts.PROGRAMS / "rodbc.R", conn_str + options, sample.MANY_SQL)
    facts.check_reading(seen)
    facts.check_types(seen, change={"c_d": "1.79769313486232e+308"})  # R prints 15 digits
    assert seen["key"] == [["ts"]] and seen["types"] == [["TRUE"]]
    assert seen["fetched"] == [["250", "POSIXct", "integer"]]
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", None, "0", "v0"],
        ["2024-01-01 00:00:01.123", "1", "0.125", "v1"],
    ]
    assert seen["where"] == [["49"]]

"""Perl: DBD::ODBC. The Debian build reads everything as bytes, so the program prints UTF-8 as it comes."""
import subprocess

import pytest

import facts
import sample

PERL = facts.need("perl", "perl-base")
if subprocess.run([PERL, "-MDBD::ODBC", "-e", "1"], capture_output=True).returncode:
    pytest.skip("DBD::ODBC (libdbd-odbc-perl) could not be installed", allow_module_level=True)


def test_perl(conn_str):
    seen = facts.run(PERL, facts.PROGRAMS / "perl_dbi.pl", conn_str, sample.MANY_SQL)
    facts.check_reading(seen)
    facts.check_types(seen)
    assert seen["key"] == [["ts"]]
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "1", "9007199254740993", "1.5", "1234567890123456.7891", "text", "日本語 😀", "bytes", "1"],
        ["2024-01-01 00:00:00.124"] + [None] * 8,
        ["2024-01-01 00:00:00.125", "-5"] + [None] * 7,
    ]
    assert seen["where"] == [["v121", "v122", "v123", "v124"]]
    assert seen["error"] == [["42S02", "1", "1"]]

"""PHP: the odbc_* functions (an ODBC 2 application with static cursors) and PDO_ODBC."""
import subprocess

import pytest

import facts
import sample

PHP = facts.need("php", "php-cli")
MODULES = subprocess.run([PHP, "-m"], capture_output=True, text=True).stdout.split()


@pytest.mark.skipif("odbc" not in MODULES, reason="PHP's odbc (php-odbc) could not be installed")
def test_odbc(conn_str):
    seen = facts.run(PHP, facts.PROGRAMS / "php_odbc.php", conn_str, sample.MANY_SQL)
    facts.check_reading(seen, no_table="S0002")
    facts.check_types(seen)
    assert len(seen["type"]) >= 19 and ["GEOMETRY"] in seen["type"]
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "1", "9007199254740993", "1.5", "text", "日本語 😀", "1"],
        ["2024-01-01 00:00:00.124"] + [None] * 6,
    ]
    assert seen["where"] == [["text"]]
    assert seen["scroll"][0][1] == "none" and int(seen["scroll"][0][0]) > 200


@pytest.mark.skipif("PDO_ODBC" not in MODULES, reason="PDO_ODBC (php-odbc) could not be installed")
def test_pdo(conn_str):
    seen = facts.run(PHP, facts.PROGRAMS / "php_pdo.php", conn_str, sample.MANY_SQL)
    facts.check_reading(seen)
    facts.check_types(seen)
    assert seen["child"] == [["d1001"]]
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "-7", "1.5", "日本語 😀", "3990", "1"],
        ["2024-01-01 00:00:00.124"] + [None] * 5,
    ]
    assert seen["where"] == [["same"]]
    assert seen["scroll"][0][1] == "211" and int(seen["scroll"][0][0]) > 200

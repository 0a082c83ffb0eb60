"""LibreOffice: SDBC by UNO, a Base file, a Calc sheet; headless, with a profile of its own."""
import pathlib
import subprocess

import pytest

import facts
import sample

PYTHON = "/usr/bin/python3"
facts.need("soffice", "libreoffice-base")
if not pathlib.Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", "import uno"], capture_output=True).returncode:
    pytest.skip("UNO for Python (python3-uno) could not be installed", allow_module_level=True)


@pytest.fixture(scope="module")
def seen(dsn_env, tmp_path_factory):
    # a BIGINT UNSIGNED that does not fit makes soffice 7.4 call SQLGetData again and again until its stack is full
    ini = pathlib.Path(dsn_env["ODBCINI"])
    ini.write_text(ini.read_text() + "UnsignedBigintAsNumeric=1\n")
    folder = tmp_path_factory.mktemp("office")
    return facts.run(PYTHON, facts.PROGRAMS / "libreoffice.py", sample.MANY_SQL, folder, env=dsn_env, timeout=240)


def stamp(prec):
    return sample.timestamp_text(prec).ljust(29, "0")


def test_catalog_types_rows_errors(seen):
    facts.check_reading(seen)
    facts.check_types(seen, stamp=stamp, change={"c_d": "1.7976931348623157E+308"})
    assert seen["error"][0][1] == str(0x2603)
    assert seen["key"] == [["ts"]] and int(seen["types"][0][0]) >= 19
    assert seen["quote"] == [["`"]] and seen["readonly"][0][:2] == ["False", "False"]


def test_writing(seen):
    assert seen["inserting"] == [["1"]]
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123000000", "-7", "9007199254740993", "1.5", "日本語 😀", "text", "1"],
        ["2024-01-01 00:00:00.124000000"] + [None] * 6,
    ]
    assert seen["where"] == [["text"]]


def test_scrolling(seen):
    at = [4000, 3990, 3989, 1, 2]
    assert seen["scroll"] == [["True", str(n), str(sample.gen_int(0, n - 1, 1))] for n in at]


def test_base_file(seen):
    columns = ["ts", "current", "voltage", "phase", "groupid", "location"]
    assert seen["base_table"] == [["power.meters", *columns]]
    whole, keyed, part = seen["base_rows"]  # Base reads a table with a key row by row, by `office`.`t`.`ts` = ?
    assert keyed == ["2", "1", "2024", "ts", "i", "b", "d", "n", "v", "o"]
    assert whole == ["5002", "1", "2018", *columns]
    assert int(part[0]) > 0 and part[1:] == ["1", "2018", "ts", "voltage", "location"]
    assert seen["base_inserted"] == [["2024-01-02 00:00:00.125000000", "42", None, None, "żółw", None, None]]


def test_calc_sheet(seen):
    names, values = seen["calc"]
    assert names == ["ts", "i", "b", "d", "n", "v", "o"]
    day, *rest = values
    assert abs(float(day) - 45292 - 0.123 / 86400) < 1e-9  # days since 1899-12-30
    assert rest == ["-7.0", "9007199254740992.0", "1.5", "日本語 😀", "text", "1.0"]  # a cell is a double

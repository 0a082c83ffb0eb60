"""Runs a client's program and holds what every client must see (programs/README.md)."""
import pathlib
import shutil
import subprocess

import pytest

import sample

PROGRAMS = pathlib.Path(__file__).parent / "programs"
TOP = PROGRAMS.parents[2]
BUILT = TOP / "build" / "client-programs"


def need(tool, package):
    """The path of a tool; skips the file when install.sh could not install it."""
    path = shutil.which(tool)
    if not path:
        pytest.skip(f"{tool} ({package}) could not be installed", allow_module_level=True)
    return path


def need_built(name):
    """A program that install.sh builds."""
    path = BUILT / name
    if not path.exists():
        reason = path.with_suffix(".skipped")
        pytest.skip(reason.read_text().strip() if reason.exists() else f"{name} was not built", allow_module_level=True)
    return path


def run(*command, env=None, timeout=120):
    """The facts that a program printed: name -> list of rows."""
    done = subprocess.run([str(c) for c in command], env=env, capture_output=True, timeout=timeout)
    out = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, out[-2000:] + done.stderr.decode("utf-8", "replace")[-4000:]
    facts = {}
    for line in out.splitlines():
        name, *fields = line.split("\t")
        facts.setdefault(name, []).append([None if f == "\\N" else f for f in fields])
    return facts


def check_types(facts, stamp=sample.timestamp_text, change=None):
    """Every type of every precision; `stamp` and `change` ({column: text}) say how the client writes its values."""
    want = dict(zip(sample.NAMES[1:], sample.WANT_TEXT))
    want.update(change or {})
    for prec in sample.PRECISIONS:
        values, nulls = facts[f"all_{prec}"]
        assert dict(zip(sample.NAMES, values)) == {"ts": stamp(prec), **want}, prec
        assert nulls[1:] == [None] * len(want), prec


def check_reading(facts, no_table="42S02", login="28000"):
    """Connecting, catalog, many rows, errors; `no_table` is S0002 for an ODBC 2 application, native codes for Qt."""
    if "table" in facts:
        assert ["power", "meters"] in [row[:2] for row in facts["table"]]
    columns = [row[0] for row in facts["column"]]
    assert columns == ["ts", "current", "voltage", "phase", "groupid", "location"]
    ((rows, total),) = facts["many"]
    assert (int(rows), int(float(total))) == (sample.MANY, sample.many_sum())
    if "dbms" in facts:
        assert facts["dbms"] == [["TDengine"]]
    if "affected" in facts:
        assert facts["affected"] == [["2"]]
    assert facts["error"][0][0] == no_table
    assert facts["login"][0][0] == login

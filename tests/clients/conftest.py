"""Fixtures of the client tests: a tdlite with the `meters` sample, and how to reach it through unixODBC.

ODBCSYSINI names the driver under test; every test that needs a DSN writes its own odbc.ini in a temporary folder.
"""
import os
import pathlib

import pytest

import sample
from tdlite_proc import Tdlite


@pytest.fixture(scope="module")
def srv(tmp_path_factory):
    """The `meters` sample (database power), and every type in the databases all_ms, all_us, all_ns (sample.py)."""
    file = tmp_path_factory.mktemp("sql") / "all.sql"
    file.write_text(sample.sql())
    with Tdlite("--demo", "--sql", str(file)) as server:
        yield server


@pytest.fixture(scope="module")
def conn_str(srv):
    return f"Driver=TDengine;Server=127.0.0.1;Port={srv.port};UID=root;PWD=taosdata;Timezone=UTC"


@pytest.fixture(scope="module")
def dsn_env(srv, tmp_path_factory):
    """Environment in which the DSN `T` reaches the server (database power, zone UTC)."""
    folder = tmp_path_factory.mktemp("odbc")
    folder.joinpath("odbcinst.ini").write_text(pathlib.Path(os.environ["ODBCSYSINI"], "odbcinst.ini").read_text())
    folder.joinpath("odbc.ini").write_text(
        f"[T]\nDriver=TDengine\nServer=127.0.0.1\nPort={srv.port}\nUID=root\nPWD=taosdata\nDatabase=power\nTimezone=UTC\n"
    )
    return {**os.environ, "ODBCSYSINI": str(folder), "ODBCINI": str(folder / "odbc.ini")}


def pytest_sessionfinish(session, exitstatus):
    """A file whose tests were all skipped ends with 77: ctest then names it among those that did not run."""
    stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
    if exitstatus in (0, 5) and "skipped" in stats and "passed" not in stats:
        session.exitstatus = 77

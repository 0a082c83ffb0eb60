"""isql and iusql: batch and interactive sessions, help, UTF-8 in and out, errors."""
import os
import pty
import subprocess
import time

import pytest


def isql(env, sql, *opts, tool="isql", dsn="T"):
    return subprocess.run([tool, dsn, "-b", *opts], input=sql, env=env, capture_output=True, text=True, timeout=60)


def test_select(dsn_env):
    r = isql(dsn_env, "select count(*) from meters\n", "-d,")
    assert r.returncode == 0
    assert r.stdout.strip() == "5000"


def test_table_of_values(dsn_env):
    r = isql(dsn_env, "select ts, voltage, tbname, location from meters order by ts limit 2\n", "-d|")
    assert r.stdout.splitlines() == [
        "2018-10-03 06:38:05.000|210|d1001|California.SanFrancisco",
        "2018-10-03 06:38:05.000|211|d1002|California.LosAngeles",
    ]


@pytest.mark.parametrize("tool", ["isql", "iusql"])
def test_help(dsn_env, tool):
    out = isql(dsn_env, "help\n", "-d,", tool=tool).stdout
    assert "power,,meters,TABLE,super table" in out
    out = isql(dsn_env, "help meters\n", "-d,", tool=tool).stdout
    names = [line.split(",")[3] for line in out.splitlines() if line.startswith("power,")]
    assert names == ["ts", "current", "voltage", "phase", "groupid", "location"]


TEXT = "Grüße żółć 日本語 😀"


@pytest.mark.parametrize("tool", ["isql", "iusql"])
def test_utf8_through_a_literal(dsn_env, tool):
    """iusql itself widens and narrows byte by byte, so what it types comes back as typed."""
    assert isql(dsn_env, f"select '{TEXT}'\n", "-d|", tool=tool).stdout.strip() == TEXT


def test_utf8_stored(dsn_env):
    isql(dsn_env, "create database if not exists u8\n")
    isql(dsn_env, "create table if not exists u8.t (ts timestamp, v varchar(64), n nchar(32))\n")
    r = isql(dsn_env, f"insert into u8.t values('2024-01-01 00:00:00', '{TEXT}', '{TEXT}')\n")
    assert r.returncode == 0, r.stdout + r.stderr
    assert isql(dsn_env, "select v, n from u8.t\n", "-d|").stdout.strip() == f"{TEXT}|{TEXT}"
    assert isql(dsn_env, f"select count(*) from u8.t where n = '{TEXT}'\n", "-d|").stdout.strip() == "1"


def test_ddl_and_show(dsn_env):
    sql = "create database isqldb\ncreate table isqldb.t (ts timestamp, i int)\ninsert into isqldb.t values(now, 7)\n"
    assert isql(dsn_env, sql).returncode == 0
    assert isql(dsn_env, "select i from isqldb.t\n", "-d,").stdout.strip() == "7"
    assert "isqldb" in isql(dsn_env, "show databases\n", "-d,").stdout
    assert "TIMESTAMP" in isql(dsn_env, "describe isqldb.t\n", "-d,").stdout
    assert isql(dsn_env, "drop database isqldb\n").returncode == 0


def test_error_shows_state_and_code(dsn_env):
    """isql is an ODBC 2 application, with -3 an ODBC 3 one: the SQLSTATE follows."""
    for opts, state in (([], "[S0002]"), (["-3"], "[42S02]")):
        r = isql(dsn_env, "select nothing from nowhere\n", "-v", *opts)
        text = r.stdout + r.stderr
        assert state in text and "[0x2603]" in text


def test_wrong_password(dsn_env):
    r = subprocess.run(["isql", "T", "root", "wrong", "-b", "-v"], input="", env=dsn_env, capture_output=True, text=True, timeout=60)
    text = r.stdout + r.stderr
    assert "[28000]" in text and "wrong" not in text


def test_interactive(dsn_env):
    """A terminal session: prompt, a query, `help meters`, quit."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe("isql", ["isql", "T", "-v"], {**dsn_env, "TERM": "dumb"})
    out = b""

    def wait_for(what):
        nonlocal out
        end = time.time() + 20
        while what not in out:
            assert time.time() < end, out
            out += os.read(fd, 65536)

    wait_for(b"SQL> ")
    os.write(fd, b"select max(voltage) from meters\n")
    wait_for(b"229")
    wait_for(b"rows fetched")
    os.write(fd, b"help meters\n")
    wait_for(b"location")
    os.write(fd, b"quit\n")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(fd)

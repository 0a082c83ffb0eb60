"""The sessions of docs/procedures.md typed into isql, the same by pyodbc, and docs/examples/consumer.py."""
import os
import pathlib
import re
import subprocess
import sys

import pyodbc
import pytest

DOCS = pathlib.Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "procedures.md").read_text()
SESSIONS = re.findall(r"```isql\n(.*?)```\n```text\n(.*?)```", PAGE, re.S)


def test_page_has_sessions():
    assert len(SESSIONS) == 2


@pytest.mark.parametrize("commands,want", SESSIONS)
def test_isql_session(dsn_env, commands, want):
    r = subprocess.run(["isql", "T", "-b", "-d,"], input=commands, env=dsn_env, capture_output=True, text=True,
                       timeout=60)
    assert r.returncode == 0, r.stdout + r.stderr
    out = re.sub(r"(doc_topic),\d+,\d+,", r"\1,VGROUP,OFFSET,", r.stdout)
    assert [line for line in out.splitlines() if line] == want.splitlines()


def test_page_names_every_procedure(conn_str):
    with pyodbc.connect(conn_str, autocommit=True) as conn:
        names = [row.procedure_name for row in conn.cursor().procedures()]
    assert len(names) == 14
    for name in names:
        assert f"`{name}(" in PAGE


def test_schemaless_array(conn_str):
    with pyodbc.connect(conn_str, autocommit=True) as conn:
        cursor = conn.cursor()
        cursor.execute("create database if not exists py_sml")
        cursor.execute("use py_sml")
        cursor.executemany("{call td_schemaless('line', 'ms', ?)}",
                           [(f"arr,h=a v={i} {1704067200000 + i}",) for i in range(100)])
        assert cursor.execute("select count(*) from arr").fetchone()[0] == 100


def produce(cursor, db, rows):
    cursor.execute(f"create database if not exists {db}")
    cursor.execute(f"create table {db}.t (ts timestamp, i int)")
    cursor.execute(f"create topic {db}_topic as select ts, i from {db}.t")
    for i in range(rows):
        cursor.execute(f"insert into {db}.t values({1704067200000 + i}, {i})")


def test_subscription(conn_str):
    with pyodbc.connect(conn_str, autocommit=True) as conn:
        cursor = conn.cursor()
        produce(cursor, "py_tmq", 20)
        cursor.execute("{call td_tmq_subscribe('g', 'py_tmq_topic', 'auto.offset.reset=earliest')}")
        got = []
        for _ in range(50):
            got += [row.i for row in cursor.execute("{call td_tmq_poll(500)}").fetchall() if len(row) > 5]
            if len(got) >= 20:
                break
        assert got == list(range(20))
        cursor.execute("{call td_tmq_commit()}")
        cursor.execute("{call td_tmq_close()}")


def test_example(conn_str):
    with pyodbc.connect(conn_str, autocommit=True) as conn:
        produce(conn.cursor(), "py_ex", 5)
    run = subprocess.Popen([sys.executable, str(DOCS / "examples" / "consumer.py"), conn_str, "ex", "py_ex_topic"],
                           stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert [run.stdout.readline().split()[-1] for _ in range(5)] == [str(i) for i in range(5)]
    finally:
        run.kill()
        run.wait(timeout=10)
        run.stdout.close()

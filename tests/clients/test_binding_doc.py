"""The examples of docs/binding.md, as they stand there."""
import pathlib
import re
import shutil
import subprocess

import pyodbc
import pytest

DOC = pathlib.Path(__file__).parents[2] / "docs" / "binding.md"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", DOC.read_text(), re.M | re.S)


def test_python_examples(conn_str):
    found = blocks("python")
    assert found
    for code in found:
        conn = pyodbc.connect(conn_str, autocommit=True)
        exec(compile(code, str(DOC), "exec"), {"conn": conn})
        conn.close()


@pytest.mark.parametrize("n", range(2))
def test_c_examples(conn_str, tmp_path, n):
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    found = blocks("c")
    assert len(found) == 2
    source = tmp_path / "example.c"
    source.write_text(found[n])
    subprocess.run(["cc", "-Wall", "-Werror", "-o", tmp_path / "example", source, "-lodbc"], check=True)
    out = subprocess.run([tmp_path / "example", conn_str], capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stdout + out.stderr
    assert out.stdout.startswith(("1000 rows, 1000 sets processed, first status 0", "1 row"))


def test_forms_of_insert(conn_str):
    """Every line of the SQL block can be prepared and executed."""
    conn = pyodbc.connect(conn_str, autocommit=True)
    conn.execute("create database if not exists doc_forms")
    conn.execute("create table if not exists doc_forms.t (ts timestamp, v int)")
    conn.execute("create table if not exists doc_forms.st (ts timestamp, v int) tags(place int)")
    conn.execute("create table if not exists doc_forms.st2 (ts timestamp, v int) tags(a int, b int)")
    values = {
        "insert into t values(?, ?)": ("2024-01-01", 1),
        "insert into t (ts, v) values(?, ?)": ("2024-01-02", 2),
        "insert into ? using st tags(?, ?) values(?, ?)": ("doc_forms.x", 1, 2, "2024-01-03", 3),
        "insert into st (tbname, place, ts, v) values(?, ?, ?, ?)": ("y", 5, "2024-01-04", 4),
        "insert into ? using st tags(7, ?) values(now, ?)": ("doc_forms.z", 6, 5),
        "insert into ? values(?, ?)": ("doc_forms.t", "2024-01-05", 6),
    }
    lines = [re.sub(r" *--.*", "", line) for line in blocks("sql")[0].splitlines()]
    assert lines == list(values)
    for line in lines:
        sql = line.replace("using st ", "using doc_forms.st2 ").replace("into st ", "into doc_forms.st ")
        assert conn.execute(sql.replace("into t ", "into doc_forms.t "), *values[line]).rowcount == 1
    conn.close()

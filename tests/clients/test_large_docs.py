"""The examples of docs/apps: each runs against the demo's data and prints what its page says."""
import pathlib
import re
import shutil
import subprocess

import pytest

import facts

APPS = facts.TOP / "docs" / "apps"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n\nprints\n\n```text\n(.*?)^```$", re.M | re.S)
EXAMPLES = [
    pytest.param(kind, code, shown, id=f"{page.stem}-{n}")
    for page in sorted(APPS.glob("*.md"))
    for n, (kind, code, shown) in enumerate(BLOCK.findall(page.read_text()))
]


@pytest.fixture(scope="module")
def env(dsn_env):
    ini = pathlib.Path(dsn_env["ODBCINI"])
    ini.write_text(ini.read_text().replace("[T]", "[MyTDengine]"))
    return {**dsn_env, "NODE_PATH": str(facts.BUILT / "node_modules"), "TZ": "UTC"}


def build_go(code, folder):
    source = facts.PROGRAMS / "go"
    for name in ("go.mod", "go.sum"):
        shutil.copy(source / name, folder)
    (folder / "main.go").write_text(code)
    subprocess.run(["go", "build", "-o", "example", "."], cwd=folder, check=True, capture_output=True)
    return [folder / "example"]


def build_cpp(code, folder):
    (folder / "example.cpp").write_text(code)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "Qt5Sql"], capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(["g++", "-fPIC", "example.cpp", "-o", "example", *flags], cwd=folder, check=True, capture_output=True)
    return [folder / "example"]


def script(*tool):
    def write(code, folder):
        (folder / "example").write_text(code)
        return [*tool, folder / "example"]

    return write


VENV_PYTHON = facts.TOP / "build" / "venv" / "bin" / "python"
KINDS = {
    "sh": (script("sh"), "isql"),
    "python": (script(VENV_PYTHON, "-Wignore"), VENV_PYTHON),
    "perl": (script("perl"), "perl"),
    "php": (script("php"), "php"),
    "tcl": (script("tclsh"), "tclsh"),
    "js": (script("node"), "node"),
    "r": (script("Rscript", "--vanilla"), "Rscript"),
    "go": (build_go, "go"),
    "cpp": (build_cpp, "qmake"),
}


@pytest.mark.parametrize("kind, code, shown", EXAMPLES)
def test_example(env, tmp_path, kind, code, shown):
    make, tool = KINDS[kind]
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    if "import turbodbc" in code:
        pytest.importorskip("turbodbc", reason="turbodbc could not be built")
    command = make(code, tmp_path)
    done = subprocess.run([str(c) for c in command], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown


def test_every_page_is_listed():
    index = (APPS / "README.md").read_text()
    pages = [p.name for p in APPS.glob("*.md") if p.name != "README.md"]
    assert len(pages) == 13 and all(f"]({name})" in index for name in pages)
    assert len(EXAMPLES) >= 14

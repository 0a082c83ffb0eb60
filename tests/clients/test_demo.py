"""setup/demo.sh, the main job: without a terminal it runs its statements and exits 0; with one it stays in isql; neither exit nor
Ctrl-C leaves a process behind."""
import os
import pathlib
import pty
import signal
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
DEMO = TOP / "setup/demo.sh"


def servers():
    """Development servers of the demo's build that run now."""
    found = set()
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(proc / "exe").startswith(str(TOP / "build/release/tests/server/tdlite")):
                found.add(int(proc.name))
        except OSError:
            pass
    return found


def none_left(before):
    end = time.time() + 10
    while servers() - before and time.time() < end:
        time.sleep(0.1)
    assert not servers() - before


def test_without_terminal():
    before = servers()
    r = subprocess.run([DEMO], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    assert r.returncode == 0, r.stdout + r.stderr
    assert "meters" in r.stdout and "California.SanFrancisco" in r.stdout and "avg(current)" in r.stdout
    assert r.stdout.rstrip().endswith("Demo finished.")
    none_left(before)


class Session:
    """demo.sh on a terminal of its own."""

    def __init__(self):
        self.out = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(str(DEMO), [str(DEMO)], {**os.environ, "TERM": "dumb"})

    def wait_for(self, what):
        end = time.time() + 120
        while what not in self.out:
            assert time.time() < end, self.out
            self.out += os.read(self.fd, 65536)

    def end(self):
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass  # the terminal is gone with its last process
        return os.waitpid(self.pid, 0)[1]


def test_on_a_terminal():
    before = servers()
    s = Session()
    s.wait_for(b"SQL> ")
    assert servers() - before
    os.write(s.fd, b"select 6*7\n")
    s.wait_for(b"42")
    os.write(s.fd, b"quit\n")
    assert s.end() == 0
    none_left(before)


def test_ctrl_c():
    before = servers()
    s = Session()
    s.wait_for(b"SQL> ")
    os.write(s.fd, b"\x03")
    assert s.end() != -1
    none_left(before)


def test_terminated():
    before = servers()
    s = Session()
    s.wait_for(b"SQL> ")
    os.kill(s.pid, signal.SIGTERM)
    os.write(s.fd, b"quit\n")  # a shell acts on a signal when its running command has ended
    s.end()
    none_left(before)

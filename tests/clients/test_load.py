"""Loading and unloading the driver library itself, with and without connections left open, and leaving the process."""
import os
import subprocess
import sys
import textwrap

import pytest

from tdlite_proc import Tdlite

# Calls the driver by dlsym, without the driver manager (which keeps it loaded).
CLIENT = textwrap.dedent(
    """
    import _ctypes, ctypes, os, sys, threading, time
    so, conn, what = sys.argv[1:4]
    P, S = ctypes.c_void_p, ctypes.c_short

    def load():
        return _ctypes.dlopen(so, os.RTLD_LAZY | os.RTLD_LOCAL)

    def call(lib, name, *args):
        return ctypes.CFUNCTYPE(S, *[type(a) for a in args])(_ctypes.dlsym(lib, name))(*args)

    def connect(lib):
        env, dbc, stmt = P(), P(), P()
        text = ctypes.create_string_buffer(conn.encode())
        assert call(lib, "SQLAllocHandle", S(1), P(), P(ctypes.addressof(env))) == 0
        assert call(lib, "SQLSetEnvAttr", env, ctypes.c_int(200), P(3), ctypes.c_int(0)) == 0
        assert call(lib, "SQLAllocHandle", S(2), env, P(ctypes.addressof(dbc))) == 0
        rc = call(lib, "SQLDriverConnect", dbc, P(), P(ctypes.addressof(text)), S(-3), P(), S(0), P(),
                  ctypes.c_ushort(0))
        assert rc in (0, 1), rc
        assert call(lib, "SQLAllocHandle", S(3), dbc, P(ctypes.addressof(stmt))) == 0
        return env, dbc, stmt

    def run(lib, stmt, sql):
        text = ctypes.create_string_buffer(sql)
        return call(lib, "SQLExecDirect", stmt, P(ctypes.addressof(text)), ctypes.c_int(-3))

    def disconnect(lib, env, dbc, stmt):
        assert call(lib, "SQLFreeHandle", S(3), stmt) == 0
        assert call(lib, "SQLDisconnect", dbc) == 0
        assert call(lib, "SQLFreeHandle", S(2), dbc) == 0
        assert call(lib, "SQLFreeHandle", S(1), env) == 0

    def state():
        maps = sum("libtdodbc" in line for line in open("/proc/self/maps"))
        return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), maps

    if what == "load":
        lib = load()
        threads = state()[1]
        assert threads == 1, threads  # none before the first connection
        for i in range(100):
            handles = connect(lib)
            assert run(lib, handles[2], b"select 1") == 0
            assert call(lib, "SQLFetch", handles[2]) == 0
            if i % 2:
                disconnect(lib, *handles)
            t = time.monotonic()
            _ctypes.dlclose(lib)
            assert time.monotonic() - t < 1
            if i == 5:
                first = state()
            lib = load()
        _ctypes.dlclose(lib)
        fds, threads, maps = state()
        assert threads == 1 and maps == 0, (threads, maps)
        assert fds <= first[0] + int(sys.argv[4]), (first, fds)
    elif what == "exit":
        lib = load()
        keep = [connect(lib) for _ in range(5)]
        assert run(lib, keep[0][2], b"select 1") == 0
    elif what == "exit-busy":
        lib = load()
        handles = connect(lib)
        threading.Thread(target=run, args=(lib, handles[2], b"select 1"), daemon=True).start()
        time.sleep(0.3)
    print("done", flush=True)
    """
)


def client(srv, scheme, *args):
    conn = f"Url={scheme}://root:taosdata@127.0.0.1:{srv.port};SslMode=none"
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, os.environ["TD_DRIVER"], conn, *args], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and done.stdout == "done\n", (done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2"
        " -subj /CN=localhost".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return "--cert", str(folder / "cert.pem"), "--key", str(folder / "key.pem")


@pytest.mark.parametrize("scheme", ["ws", "wss", "http"])
def test_load_unload(scheme, certificate):
    """100 × dlopen, connect, dlclose; every second time with the connection left open."""
    with Tdlite(*(certificate if scheme == "wss" else ())) as srv:
        # A REST connection that was never closed keeps its socket and curl's pair: no handler closes them at dlclose.
        client(srv, scheme, "load", "160" if scheme == "http" else "0")


@pytest.mark.parametrize("scheme", ["ws", "wss", "http"])
def test_exit_with_live_connections(scheme, certificate):
    with Tdlite(*(certificate if scheme == "wss" else ())) as srv:
        client(srv, scheme, "exit")


@pytest.mark.parametrize("scheme, fault", [("ws", "delay=3000 on=query"), ("http", "delay=3000 on=rest after=1")])
def test_exit_while_a_query_waits(scheme, fault):
    with Tdlite("--fault", fault) as srv:
        client(srv, scheme, "exit-busy")

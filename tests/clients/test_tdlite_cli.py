"""tdlite as a process: its options, how it ends, TLS."""
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

import pytest

from tdlite_proc import Tdlite

BINARY = os.environ.get("TDLITE", "tdlite")
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def run(*args):
    return subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(how):
    srv = Tdlite()
    with socket.create_connection(("127.0.0.1", srv.port)) as s:
        s.sendall(UPGRADE)
        assert b" 101 " in s.recv(1000)
        srv.proc.send_signal(how)
        srv.stop()


def test_dies_with_its_parent():
    script = (
        "import os, subprocess, sys\n"
        f"p = subprocess.Popen([{BINARY!r}, '--port', '0', '--die-with-parent'],"
        " stdout=subprocess.PIPE, text=True)\n"
        "p.stdout.readline()\n"
        "print(p.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    pid = int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout)
    for _ in range(100):
        if not is_running(pid):
            return
        time.sleep(0.05)
    pytest.fail("still running")


def test_output_and_options():
    wrong = run("--nosuch")
    assert wrong.returncode == 2 and "--demo" in wrong.stderr
    missing = run("--port", "0", "--sql", "/nonexistent")
    assert missing.returncode == 1 and "/nonexistent" in missing.stderr and missing.stdout == ""
    shown = run("--help")
    assert shown.returncode == 0 and "--fault" in shown.stdout
    with Tdlite("--demo") as srv:
        line = srv.proc.stdout.readline()
        wanted = r"Driver=TDengine;Server=127.0.0.1;Port=\d+;UID=root;PWD=taosdata;Database=power\n"
        assert re.fullmatch(wanted, line)


def test_version_string():
    with Tdlite("--version-string", "3.2.1.0") as srv:
        with socket.create_connection(("127.0.0.1", srv.port)) as s:
            s.sendall(UPGRADE)
            s.recv(1000)
            text = b'{"action":"version"}'
            s.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
            assert b'"version":"3.2.1.0"}' in s.recv(1000)


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """A self-signed certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("pem")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert]
        + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True,
        capture_output=True,
    )
    return str(cert), str(key)


def test_tls(pem):
    cert, key = pem
    with Tdlite("--cert", cert, "--key", key) as srv:
        context = ssl.create_default_context(cafile=cert)
        url = f"https://localhost:{srv.port}/rest/login/root/taosdata"
        assert b'"code":0' in urllib.request.urlopen(url, context=context).read()
        raw = socket.create_connection(("127.0.0.1", srv.port))
        with context.wrap_socket(raw, server_hostname="localhost") as s:
            s.sendall(UPGRADE)
            assert b" 101 " in s.recv(1000)


def test_tls_with_client_certificate(pem):
    cert, key = pem
    with Tdlite("--cert", cert, "--key", key, "--client-ca", cert) as srv:
        url = f"https://localhost:{srv.port}/-/ping"
        context = ssl.create_default_context(cafile=cert)
        with pytest.raises(OSError):
            urllib.request.urlopen(url, context=context)
        context.load_cert_chain(cert, key)
        assert urllib.request.urlopen(url, context=context).status == 200

#!/usr/bin/env python3
"""A data source made by the setup library (SQLInstallDriverEx, SQLConfigDataSource) connects with isql.

isql_dsn.py TDLITE DRIVER SETUP ISQL
"""
import ctypes
import os
import re
import subprocess
import sys
import tempfile

ODBC_ADD_DSN, ODBC_INSTALL_COMPLETE = 1, 2


def installer():
    lib = ctypes.CDLL("libodbcinst.so.2")
    for name in ("SQLInstallDriverEx", "SQLConfigDataSource"):
        getattr(lib, name).restype = ctypes.c_int
    return lib


def make_dsn(driver, setup, attributes):
    lib = installer()
    entry = f"TDengine\0Driver={driver}\0Setup={setup}\0".encode()
    path, length, uses = ctypes.create_string_buffer(300), ctypes.c_ushort(), ctypes.c_uint()
    if not lib.SQLInstallDriverEx(entry + b"\0", None, path, 300, ctypes.byref(length),
                                  ODBC_INSTALL_COMPLETE, ctypes.byref(uses)):
        sys.exit("SQLInstallDriverEx failed")
    pairs = "".join(f"{k}={v}\0" for k, v in attributes.items()).encode()
    if not lib.SQLConfigDataSource(None, ODBC_ADD_DSN, b"TDengine", pairs + b"\0"):
        sys.exit(f"SQLConfigDataSource failed for {attributes}")


def main(tdlite, driver, setup, isql):
    server = subprocess.Popen([tdlite, "--port", "0", "--demo", "--die-with-parent"],
                              stdout=subprocess.PIPE, text=True)
    port = re.search(r":(\d+)", server.stdout.readline()).group(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["ODBCSYSINI"] = folder
            os.environ["ODBCINI"] = f"{folder}/user.ini"
            open(f"{folder}/odbcinst.ini", "w").close()
            for name, attributes in {
                "keys": {"Server": "127.0.0.1", "Port": port, "UID": "root", "PWD": "taosdata",
                         "Database": "power"},
                "url": {"Url": f"ws://root:taosdata@127.0.0.1:{port}/power?app_name=x&user_app=made"},
                "list": {"Server": f"127.0.0.1:{port},127.0.0.1:{port}", "DB": "power"},
            }.items():
                make_dsn(driver, setup, {"DSN": name, **attributes})
                out = subprocess.run([isql, "-b", name], input="select count(*) from meters\n",
                                     capture_output=True, text=True, timeout=60)
                if out.returncode or not re.search(r"\|\s*[1-9]\d*\s*\|", out.stdout):
                    sys.exit(f"{name}: {out.stdout}{out.stderr}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])

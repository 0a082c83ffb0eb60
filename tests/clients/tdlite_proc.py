"""Starts the development server for one test and ends it: no process is left behind."""
import os
import signal
import subprocess


class Tdlite:
    """`with Tdlite("--demo") as srv:` gives srv.port; TDLITE names the binary."""

    def __init__(self, *args):
        binary = os.environ.get("TDLITE", "tdlite")
        self.proc = subprocess.Popen(
            [binary, "--port", "0", "--die-with-parent", *args], stdout=subprocess.PIPE, text=True
        )
        line = self.proc.stdout.readline()
        if "listening on" not in line:
            self.stop()
            raise RuntimeError(f"{binary} did not start: {line!r}")
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self):
        """Ends the server; raises when it does not end cleanly."""
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
        self.proc.stdout.close()
        if self.proc.wait(timeout=10) != 0:
            raise RuntimeError(f"tdlite ended with {self.proc.returncode}")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

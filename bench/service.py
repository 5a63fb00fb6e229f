"""A service of the bench's own, with a scratch embedded PostgreSQL."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

START_PATIENCE_SECONDS = 60


@contextmanager
def scratch_service() -> Iterator[str]:
    """Start a service on a free port of 127.0.0.1; give its URL; stop it and remove its data."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="gati-bench-") as data_dir:
        os.chmod(data_dir, 0o755)  # noqa: S103 -- as root, PostgreSQL runs as another user
        environment = {
            **os.environ,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DATA_DIR": data_dir,
            "DATABASE_URL": "",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return once the service is healthy."""
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health").close()  # noqa: S310 -- our own address
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service did not start")

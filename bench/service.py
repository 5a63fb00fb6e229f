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
from pathlib import Path

from service.embedded import EmbeddedServer

START_PATIENCE_SECONDS = 60


@contextmanager
def scratch_service() -> Iterator[str]:
    """Start a service with a PostgreSQL of its own; give its URL; stop it and remove its data."""
    with scratch_directory() as data_dir, running(DATA_DIR=str(data_dir)) as url:
        yield url


@contextmanager
def scratch_database() -> Iterator[str]:
    """Start an embedded PostgreSQL; give its URL; stop it and remove its data."""
    with scratch_directory() as data_dir:
        server = EmbeddedServer(data_dir)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory that PostgreSQL can reach, whatever user it runs as."""
    with tempfile.TemporaryDirectory(prefix="gati-bench-") as directory:
        os.chmod(directory, 0o755)  # noqa: S103 -- as root, PostgreSQL runs as another user
        yield Path(directory)


@contextmanager
def running(**variables: str) -> Iterator[str]:
    """Run a service with these variables on a free port of 127.0.0.1, for a block; give its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "DATABASE_URL": "", **variables}
    environment |= {"HOST": "127.0.0.1", "PORT": str(port)}
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

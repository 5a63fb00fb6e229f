"""A service of the bench's own, with a scratch embedded PostgreSQL; or one that runs already."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from service.postgres.server import EmbeddedServer

START_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Service:
    """A service that runs: its URL, and where it is the bench's own, its process and database."""

    url: str
    pid: int | None = None
    database_url: str | None = None


@contextmanager
def target(url: str | None, **variables: str) -> Iterator[Service]:
    """The service at `url`; without one, a service of these variables on a scratch database."""
    if url:
        yield Service(url)
        return
    with scratch_database() as database_url, running(database_url, **variables) as own:
        yield own


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
def running(database_url: str, **variables: str) -> Iterator[Service]:
    """Run a service on this database, on a free port of 127.0.0.1, for a block."""
    with started(database_url, variables) as service:
        yield service


@contextmanager
def started(
    database_url: str, variables: dict[str, str], log: BinaryIO | None = None
) -> Iterator[Service]:
    """The same, with its log in a file; without one, on standard error."""
    port = free_port()
    environment = {**os.environ, **variables, "DATABASE_URL": database_url}
    environment |= {"HOST": "127.0.0.1", "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=log,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process)
        yield Service(url, process.pid, database_url)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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

"""A service that stops, or replaces its workers, does not wait for clients that say nothing."""

import signal
import socket
from pathlib import Path

import pytest

from tests.events import event, new_id
from tests.http.wire import batch, get
from tests.processes.harness import until
from tests.service import serving

pytestmark = pytest.mark.slow

STOP_SECONDS = 15  # half of graceful_timeout, which is how long an idle client would be waited for


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_idle_connections_hold_up_neither_a_reload_nor_the_end(
    database_url: str, tmp_path: Path, worker_class: str
) -> None:
    with serving(database_url, tmp_path, WORKER_CLASS=worker_class) as service:
        service.post(batch(event(new_id())))
        with kept(service.port) as first:
            assert first.recv(65_536).startswith(b"HTTP/1.1 200")
            before = service.workers
            service.process.send_signal(signal.SIGHUP)
            until(lambda: not before & service.workers, "a worker waits", seconds=STOP_SECONDS)
        with kept(service.port) as second:
            assert second.recv(65_536).startswith(b"HTTP/1.1 200")
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(STOP_SECONDS) == 0


def kept(port: int) -> socket.socket:
    """A connection that has asked one thing, and stays open."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=STOP_SECONDS)
    connection.sendall(get("/health"))
    return connection

"""The database that a command works on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from service.config import Config
from service.core.failure import Failure
from service.postgres.lock import Busy, hold
from service.postgres.server import EmbeddedServer

STARTING_PATIENCE_SECONDS = 60.0


@contextmanager
def database_in_use(config: Config, purpose: str) -> Iterator[str]:
    """Yield the URL of the service's database: DATABASE_URL, else the embedded server's.

    The embedded server is used where a service runs it, else it is started, and stopped afterwards.
    """
    if config.database_url:
        yield config.database_url
        return
    server = EmbeddedServer(config.data_dir)
    try:
        with hold(config.data_dir, purpose):
            try:
                server.start()
                yield server.url
            finally:
                server.stop()
    except Busy as busy:
        wait_for_running(server, busy)
        yield server.url


def wait_for_running(server: EmbeddedServer, busy: Busy) -> None:
    """Find the server of the process that holds the lock, which may have started just now."""
    deadline = time.monotonic() + STARTING_PATIENCE_SECONDS
    while not server.attach():
        if time.monotonic() > deadline:
            raise Failure(f"{busy}, but its PostgreSQL does not answer")
        time.sleep(0.1)

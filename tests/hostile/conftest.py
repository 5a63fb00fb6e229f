"""A service with one worker, which is replaced where a test has left it large."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from tests.hostile.attack import single_worker
from tests.hostile.measure import memory_mb
from tests.processes.harness import until
from tests.service import Service

MAX_BODY_MB = 8
LARGE_MB = 180  # one that has just begun has 80 to 100


@pytest.fixture(scope="module")
def hostile_service(
    request: pytest.FixtureRequest,
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """The service, its limit on bodies scaled down, and with the module's own SETTINGS."""
    directory = tmp_path_factory.mktemp("hostile")
    settings = {"MAX_BODY_MB": MAX_BODY_MB, **getattr(request.module, "SETTINGS", {})}
    with single_worker(service_database_url, directory, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def stored(service_database_url: str) -> Iterator[Connection]:
    """A connection to the database of the service."""
    with closing(connect(service_database_url, WRITE, "test")) as conn:
        conn.autocommit = True
        yield conn


@pytest.fixture
def service(hostile_service: Service) -> Service:
    """The same, with a worker whose memory says nothing of the test before."""
    workers = hostile_service.workers
    for pid in workers:
        if memory_mb(pid) > LARGE_MB:
            os.kill(pid, signal.SIGKILL)  # it may be busy with what nobody waits for any more

    def replaced() -> bool:
        now = hostile_service.workers
        large = {pid for pid in workers if pid in now and memory_mb(pid) > LARGE_MB}
        return bool(now) and not large

    until(replaced, "the worker is not replaced")
    hostile_service.wait_until_healthy()
    return hostile_service

"""Workers that start while PostgreSQL is away: they wait for it, and the service lives on."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.conftest import Through
from tests.leaks import TRACEBACK
from tests.processes.harness import REPOSITORY, until
from tests.service import Service


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
@pytest.mark.parametrize("restart", ["kill -9", "SIGHUP"])
def test_a_worker_that_starts_while_postgresql_is_away_serves_once_it_is_back(
    through: Through, tmp_path: Path, worker_class: str, restart: str
) -> None:
    proxy, conninfo = through
    parts = dict(part.split("=", 1) for part in conninfo.split())
    url = f"postgresql://{parts['user']}@127.0.0.1:{proxy.port}/{parts['dbname']}"
    output = tmp_path / "output"
    service = Service(url, output, REPOSITORY, WORKERS=2, WORKER_CLASS=worker_class)
    service.wait_until_healthy()
    try:
        before = service.workers
        proxy.shut()
        if restart == "SIGHUP":
            service.process.send_signal(signal.SIGHUP)
            until(lambda: service.workers and not service.workers & before, "no reload")
        else:
            os.kill(min(before), signal.SIGKILL)
            until(lambda: len(service.workers - before) == 1, "no new worker")
        until(lambda: status(service, "/livez") == 200, "the service is gone")
        until(lambda: status(service, "/api/agents") == 503, "not refused")
        proxy.open()
        until(lambda: status(service, "/api/agents") == 200, "not back")
    finally:
        assert service.stop() == 0, service.output
    assert not TRACEBACK.search(service.output), service.output


def status(service: Service, path: str) -> int:
    """What a path is answered."""
    assert service.process.poll() is None, service.output
    return service.get(path).status_code

"""Workers come and go: what they counted stays, nothing is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.telemetry.multiprocess_dir import remove_abandoned
from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import REPOSITORY, environment, until
from tests.service import Service
from tests.telemetry.scraped import Scrape

INSERTED = {"name": "gati_ingest_events_total", "outcome": "inserted"}


def directory_of(worker: int) -> Path:
    """Where a worker keeps its figures: it holds the lock of its number."""
    targets = [
        os.readlink(link) for link in Path(f"/proc/{worker}/fd").iterdir() if link.is_symlink()
    ]
    [lock] = [Path(target) for target in targets if Path(target).name.startswith("worker-")]
    return lock.parent


def scrape(service: Service) -> Scrape:
    return Scrape(service.get("/metrics").text)


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """A service of two workers, one of which may be killed."""
    service = Service(database_url, tmp_path / "output", REPOSITORY, WORKERS=2)
    service.wait_until_healthy()
    yield service
    service.stop()


def test_what_was_counted_stays_when_workers_are_replaced_and_their_files_are_taken_over(
    service: Service,
) -> None:
    directory = directory_of(min(service.workers))
    sent = 0

    def send() -> None:
        nonlocal sent
        for _ in range(6):
            assert service.post(batch(event(new_id()), event(new_id()))).status_code == 200
            sent += 2

    def is_as_before() -> bool:
        found = scrape(service)
        assert found.total(**INSERTED) == sent
        return found.total("gati_workers") == 2

    send()
    os.kill(min(service.workers), signal.SIGKILL)
    until(is_as_before, "the dead one's gauges stay")
    for _ in range(2):
        before = service.workers
        service.process.send_signal(signal.SIGHUP)
        until(lambda seen=before: not seen & service.workers, "the workers stay")  # type: ignore[misc]
        until(is_as_before, "there are not two workers")
        send()
        assert is_as_before()
    # Of each of 2 × 2 workers: its lock and three files.
    assert len(list(directory.iterdir())) <= 1 + 4 * 4
    service.stop()
    assert not directory.exists()


MAKE_AND_WAIT = """
import sys
from service.telemetry.multiprocess_dir import directory
print(directory.path, flush=True)
sys.stdin.read()
"""


def test_the_directory_of_a_service_that_was_killed_is_removed_by_the_next() -> None:
    first, second = (
        subprocess.Popen(
            [sys.executable, "-c", MAKE_AND_WAIT],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    )
    assert first.stdout
    assert second.stdout
    killed, alive = (Path(one.stdout.readline().strip()) for one in (first, second))  # type: ignore[union-attr]
    assert killed.exists()
    assert alive.exists()
    first.kill()
    first.communicate()
    remove_abandoned(killed.parent)
    assert not killed.exists()
    assert alive.exists()
    second.kill()
    second.communicate()
    remove_abandoned(killed.parent)
    assert not alive.exists()

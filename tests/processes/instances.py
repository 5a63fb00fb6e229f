"""Three services of two workers each, on one database: started at once, asked by turns, killed."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import requests

from service.db.connections import connect
from service.db.queries import queries
from service.db.session_settings import WRITE
from tests.processes.harness import REPOSITORY, is_running, until
from tests.service import STOP_SECONDS, Service
from tests.telemetry.scraped import Scrape

COUNT = 3
SETTINGS = {"WORKERS": 2, "REFRESH_INTERVAL_SECONDS": 3}
TIMEOUT_SECONDS = 10
LOOK_SECONDS = 0.02


class Instances:
    """The services, those that were killed left out."""

    def __init__(self, database_url: str, directory: Path) -> None:
        """Start all of them at the same moment, on a database that may be empty."""
        self.database_url = database_url
        self.alive = [
            Service(database_url, directory / f"output-{number}", REPOSITORY, **SETTINGS)
            for number in range(COUNT)
        ]
        self.all = [*self.alive]
        self._workers: dict[str, set[int]] = {}

    def remember_workers(self) -> None:
        """Note whose each worker is."""
        self._workers = {one.url: one.workers for one in self.all}

    def any_url(self) -> str:
        """Where the next request goes."""
        return random.choice(self.alive).url

    def statuses(self, key: str) -> set[int]:
        """What reads with this key are answered, by several connections to each."""
        headers = {"Authorization": f"Bearer {key}"}
        return {
            requests.get(f"{one.url}/api/agents", headers=headers, timeout=30).status_code
            for one in self.alive
            for _ in range(4)
        }

    def folds(self, key: str) -> dict[str, float]:
        """How often the workers of each have folded."""
        headers = {"Authorization": f"Bearer {key}"}
        return {
            one.url: Scrape(
                requests.get(f"{one.url}/metrics", headers=headers, timeout=30).text
            ).total("gati_fold_duration_seconds_count")
            for one in self.alive
        }

    def events(self, instance: Service, key: str) -> int:
        """How many events there ever were, as an instance counts them."""
        headers = {"Authorization": f"Bearer {key}"}
        answer = requests.get(f"{instance.url}/metrics/summary", headers=headers, timeout=30)
        return int(answer.json()["total_events"])

    def place_of(self, leader: str) -> tuple[str, int]:
        """The instance and the worker of a leader's name."""
        pid = int(leader.rpartition(":")[2])
        return next(url for url, pids in self._workers.items() if pid in pids), pid

    def leader(self) -> tuple[Service, int] | None:
        """Who folds: the instance and its worker, if all say the same, and it lives."""
        said = {str(one.ok("/health")["metrics"]["leader"] or "") for one in self.alive}
        if len(said) > 1:
            return None
        pid = int(said.pop().rpartition(":")[2] or 0)
        return next(((one, pid) for one in self.alive if pid in one.workers), None)

    def kill(self, instance: Service) -> None:
        """Kill -9 all of its processes, by their pids."""
        self.alive.remove(instance)
        workers = instance.workers
        for pid in (instance.process.pid, *workers):
            os.kill(pid, signal.SIGKILL)
        instance.process.wait()
        until(lambda: not any(map(is_running, workers)), "workers live")

    def stop(self) -> list[int]:
        """End those that live; their exit codes."""
        for one in self.alive:
            one.process.send_signal(signal.SIGTERM)
        return [one.process.wait(STOP_SECONDS) for one in self.alive]


@contextmanager
def running(database_url: str, directory: Path) -> Iterator[Instances]:
    """Run three instances for a block; nothing of them is left."""
    instances = Instances(database_url, directory)
    try:
        for one in instances.all:
            one.wait_until_healthy()
        instances.remember_workers()
        yield instances
    finally:
        for one in instances.all:
            if one.process.poll() is None:
                one.stop()


@contextmanager
def leases(database_url: str) -> Iterator[list[str]]:
    """Whoever held the lease during a block, in order."""
    held: list[str] = []

    def look(ended: Event) -> None:
        with connect(database_url, WRITE, "test") as conn:
            conn.autocommit = True
            while not ended.wait(LOOK_SECONDS):
                row = queries.refresh.status(conn, row_limit=1).fetchone()
                leader = row["leader"] if row else None
                if leader and leader not in held[-1:]:
                    held.append(leader)

    with beside(look):
        yield held


@contextmanager
def beside(work: Callable[[Event], None]) -> Iterator[None]:
    """Let work go on in a thread during a block, until the event that it is given is set."""
    ended = Event()
    thread = Thread(target=work, args=(ended,))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def send_until_stored(url: str, body: bytes, key: str) -> None:
    """Send a body to an instance until it is acknowledged."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def is_stored() -> bool:
        with suppress(requests.ConnectionError, requests.Timeout):
            answer = requests.post(
                f"{url}/api/events", body, headers=headers, timeout=TIMEOUT_SECONDS
            )
            assert answer.status_code in {200, 503}, answer.text
            return answer.status_code == 200
        return False

    until(is_stored, "it is not stored")

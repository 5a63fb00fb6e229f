"""The sampler: looks each second at what no request tells of, the pools and the writer.

Only the worker itself can look, and a scrape reaches one of them: so each writes down its own.
"""

import logging

from service.core.periodic_thread import PeriodicThread
from service.db.database import Database
from service.postgres.storage import STORAGE_FULL, Storage
from service.telemetry import metrics
from service.writer.group_commit import GroupCommitWriter

INTERVAL_SECONDS = 1.0

log = logging.getLogger(__name__)

# psycopg_pool's names. What it counts is handed on as what has been added since the last look.
GAUGES = {
    "pool_size": metrics.POOL_SIZE,
    "pool_available": metrics.POOL_IDLE,
    "pool_max": metrics.POOL_MAX,
    "requests_waiting": metrics.POOL_WAITING,
}
COUNTERS = {
    "requests_num": (metrics.POOL_REQUESTS, 1.0),
    "requests_queued": (metrics.POOL_QUEUED, 1.0),
    "requests_errors": (metrics.POOL_ERRORS, 1.0),
    "requests_wait_ms": (metrics.POOL_WAIT_SECONDS, 0.001),
    "connections_lost": (metrics.POOL_LOST, 1.0),
    "connections_errors": (metrics.POOL_FAILED, 1.0),
}


class Sampler:
    """A thread that looks; about 60 µs each time."""

    def __init__(
        self, database: Database, writer: GroupCommitWriter, storage: Storage | None = None
    ) -> None:
        self._storage = storage or Storage()
        self._is_full = False
        self._database = database
        self._writer = writer
        self._counted: dict[tuple[str, str], int] = {}
        self._thread = PeriodicThread("sampler", self._look, INTERVAL_SECONDS)

    def open(self) -> None:
        """Look for the first time, and start the thread."""
        metrics.WORKERS.set(1)
        self._look()
        self._thread.open()

    def close(self) -> None:
        """End it, after a last look: what came since the one before is counted, too."""
        self._thread.close()
        self._look()

    def _look_at_storage(self) -> None:
        """Log once when the disk is nearly full, and when there is room again."""
        was_full, self._is_full = self._is_full, self._storage.is_full
        if self._is_full and not was_full:
            log.error("storage_full: ingest is refused. %s", STORAGE_FULL)
        elif was_full and not self._is_full:
            log.warning("the disk has room again: ingest is open")

    def _look(self) -> None:
        self._look_at_storage()
        events, requests = self._writer.waiting
        metrics.QUEUE_EVENTS.set(events)
        metrics.QUEUE_REQUESTS.set(requests)
        metrics.WRITERS.set(self._writer.is_connected)
        metrics.WRITERS_FAILING.set(self._writer.failure is not None)
        for pool, stats in self._database.pool_stats().items():
            for name, gauge in GAUGES.items():
                gauge.labels(pool).set(stats.get(name, 0))
            for name, (counter, unit) in COUNTERS.items():
                value = stats.get(name, 0)
                counter.labels(pool).inc((value - self._counted.get((pool, name), 0)) * unit)
                self._counted[pool, name] = value

"""The sampler: looks each second at what no request tells of, the pools and the writer.

Only the worker itself can look, and a scrape reaches one of them: so each writes down its own.
"""

from service.core.periodic_thread import PeriodicThread
from service.db.database import Database
from service.telemetry import metrics
from service.writer.group_commit import GroupCommitWriter

INTERVAL_SECONDS = 1.0

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

    def __init__(self, database: Database, writer: GroupCommitWriter) -> None:
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

    def _look(self) -> None:
        events, requests = self._writer.waiting
        metrics.QUEUE_EVENTS.set(events)
        metrics.QUEUE_REQUESTS.set(requests)
        metrics.WRITERS.set(self._writer.is_connected)
        for pool, stats in self._database.pool_stats().items():
            for name, gauge in GAUGES.items():
                gauge.labels(pool).set(stats.get(name, 0))
            for name, (counter, unit) in COUNTERS.items():
                value = stats.get(name, 0)
                counter.labels(pool).inc((value - self._counted.get((pool, name), 0)) * unit)
                self._counted[pool, name] = value

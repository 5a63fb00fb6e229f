"""The health probe: it queries the database for /health and /readyz within 2.5 s.

A hanging PostgreSQL does not even report that statement_timeout has passed. So a thread runs the
query, one at a time, and all requests wait for the same result.
"""

import threading
from concurrent.futures import Future
from typing import NamedTuple

import psycopg

from service.db.database import Database
from service.db.queries import Row, queries
from service.db.schema_version import MigrationGap, applied_names, find_migration_gap, known_names
from service.metrics.leader import COUNTED_DELTAS

PATIENCE_SECONDS = 2.5


class HealthSnapshot(NamedTuple):
    """The state of the database: its schema and the fold leader."""

    gap: MigrationGap | None
    metrics: Row | None  # of refresh/status; None where the schema has no such thing


class Probe:
    """Runs one query for all requests that wait at the moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = known_names()  # of the code that runs, whatever lies there later
        self._lock = threading.Lock()
        self._asked: Future[HealthSnapshot] | None = None

    def ask(self) -> HealthSnapshot:
        """Return the current snapshot.

        Raises psycopg.Error, PoolTimeout or TooManyRequests, and TimeoutError without an answer.
        """
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(
                    target=self._run, args=(self._asked,), name="probe", daemon=True
                ).start()
            asked = self._asked
        return asked.result(PATIENCE_SECONDS)

    def _run(self, asked: "Future[HealthSnapshot]") -> None:
        try:
            asked.set_result(self._look())
        except BaseException as error:
            asked.set_exception(error)

    def _look(self) -> HealthSnapshot:
        with self._database.primary.reading() as conn:
            gap = find_migration_gap(self._known, applied_names(conn))
            try:
                status = queries.refresh.status(conn, row_limit=COUNTED_DELTAS).fetchone()
            except psycopg.errors.UndefinedTable:
                status = None
        return HealthSnapshot(gap, status)

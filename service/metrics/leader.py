"""The fold leader: one process at a time folds metric deltas, which keeps metrics fast to read.

Metrics are exact without a leader, because each read adds the waiting deltas; queries only get
slower. Every worker runs a FoldLeader, as `python -m service refresh` does. A lease in the database
selects the leader, and expires within two intervals after its holder dies.
"""

import logging
import os
import secrets
import socket
import time
from contextlib import suppress

import psycopg

from service.core.periodic_thread import PeriodicThread
from service.db.queries import Connection, queries
from service.metrics.fold import QUARTER_HOUR_DAYS, Fold, compact, connect_for_folds, fold
from service.metrics.upkeep import upkeep
from service.telemetry import metrics

MANY_DELTAS = 20_000  # fold at once: each read that adds them up costs 5 ms
COMPACT_DELTAS = 5_000  # put them together while no fold is due
COUNTED_DELTAS = 100_000
VACUUM_DELTAS = 1_000
LEASE_INTERVALS = 1.5
BUSY_SHARE = 0.05  # of one core that folds may take
UPKEEP_SECONDS = 3600.0
FIRST_UPKEEP_SECONDS = 600.0  # by then a machine that has just booted has set its clock
LONGEST_STEP_SECONDS = 1.0

log = logging.getLogger(__name__)


class FoldLeader:
    """Holds the lease if no other process does; folds, compacts and vacuums in a thread."""

    def __init__(
        self, url: str, interval_seconds: float, quarter_hour_days: int = QUARTER_HOUR_DAYS
    ) -> None:
        """`interval_seconds` between folds: longer if folds are slow, shorter at many deltas."""
        self._url = url
        self._interval = interval_seconds
        self._quarter_hour_days = quarter_hour_days
        # Random, because containers on their host's network share its name and often pids: two
        # processes of the same name would share a lease.
        self._name = f"{socket.gethostname()}/{secrets.token_hex(4)}:{os.getpid()}"
        self._thread = PeriodicThread(
            "metrics fold",
            self._step,
            min(LONGEST_STEP_SECONDS, interval_seconds / 5),
            expected=psycopg.Error,
            finish=self._resign,
        )
        self._conn: Connection | None = None
        self._lease_renewal = 0.0  # monotonic seconds, as is the next
        self._upkeep = time.monotonic() + FIRST_UPKEEP_SECONDS
        self._pause = 0.0  # since the last fold, so that folds stay below BUSY_SHARE
        self._compacted = 0  # deltas that were left by the last compaction
        self._deleted = 0  # since the last vacuum
        self._told = 0  # deltas of which the live tails have been told
        self._is_heard = True  # the last notification was sent

    def open(self) -> None:
        """Start the thread."""
        self._thread.open()

    def close(self) -> None:
        """End the thread and release the lease, so that the next leader need not wait for it."""
        self._thread.close()

    def run(self) -> None:
        """Lead, or wait to lead, in the caller's own thread until closed."""
        self._thread.run()

    def _step(self) -> None:
        """Fold or compact if due and if this process holds the lease."""
        try:
            if self._leads():
                self._work(self._connected())
        except psycopg.errors.SerializationFailure:
            log.info("%s: another process folded at the same time", self._name)
        except Exception as error:
            metrics.FOLD_FAILURES.inc()
            self._record(error)
            self._disconnect()
            raise

    def _record(self, error: Exception) -> None:
        """Record the kind of a failure for /health of every worker, if that can be done."""
        if self._conn is not None and not self._conn.closed:
            with suppress(psycopg.Error):
                queries.refresh.note_failure(self._conn, failure=kind_of(error))

    def _leads(self) -> bool:
        """Whether this process has the lease; renew it in time."""
        if time.monotonic() < self._lease_renewal:
            return True
        lease = LEASE_INTERVALS * self._interval
        row = queries.refresh.lead(
            self._connected(), leader=self._name, lease_seconds=lease
        ).fetchone()
        self._lease_renewal = time.monotonic() + lease / 3 if row else 0.0
        return row is not None

    def _work(self, conn: Connection) -> None:
        """Run a fold or a compaction if one is due, and the upkeep once an hour."""
        row = queries.refresh.waiting(conn, row_limit=COUNTED_DELTAS).fetchone()
        assert row is not None, "fold_state has its one row"  # noqa: S101
        is_news = row["waiting"] > self._told
        self._told = row["waiting"]
        if self._is_due(row["waiting"], float(row["age_seconds"])):
            self._note(fold(conn))
        elif row["waiting"] >= max(COMPACT_DELTAS, 2 * self._compacted):
            self._compacted = self._told = compact(conn)
            self._deleted += row["waiting"]
        if is_news:
            self._tell(conn)
        if self._deleted >= VACUUM_DELTAS:
            queries.refresh.vacuum_deltas(conn)
            self._deleted = 0
        if time.monotonic() > self._upkeep:
            self._upkeep = time.monotonic() + UPKEEP_SECONDS  # first: a step that fails is a step
            upkeep(conn, self._quarter_hour_days)

    def _tell(self, conn: Connection) -> None:
        """Wake the live tails. They also look by themselves, so an error is logged once, no more.

        Any session can fill the queue of notifications. It stays full after that session has
        ended, until it is asked how full it is.
        """
        try:
            queries.tail.notify(conn)
            self._is_heard = True
        except psycopg.Error as error:
            if self._is_heard:
                log.warning("live tails are not told of new events: %s", kind_of(error))
            self._is_heard = False
            with suppress(psycopg.Error):
                queries.tail.free_queue(conn)

    def _is_due(self, waiting: int, age_seconds: float) -> bool:
        """Whether to fold now; PostgreSQL's clock, if set back, shows a fold ahead of it."""
        interval = 0.0 if waiting >= MANY_DELTAS else self._interval
        is_old = age_seconds < 0 or age_seconds >= max(interval, self._pause)
        return waiting > 0 and is_old

    def _note(self, done: Fold) -> None:
        self._pause = done.seconds / BUSY_SHARE
        self._compacted = self._told = 0
        self._deleted += done.deltas
        metrics.FOLD_SECONDS.observe(done.seconds)
        metrics.FOLDED_DELTAS.inc(done.deltas)
        log.debug("%s: folded %d deltas in %.3f s", self._name, done.deltas, done.seconds)

    def _connected(self) -> Connection:
        if self._conn is None or self._conn.closed:
            self._conn = connect_for_folds(self._url)
        return self._conn

    def _disconnect(self) -> None:
        self._lease_renewal = 0.0
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _resign(self) -> None:
        try:
            if self._conn is not None:
                queries.refresh.resign(self._conn, leader=self._name)
        except psycopg.Error:
            log.info("%s: the lease runs out by itself", self._name)
        self._disconnect()


def kind_of(error: Exception) -> str:
    """The class of an error, and its SQLSTATE if it has one; its text may quote an event."""
    state = getattr(error, "sqlstate", None)
    return type(error).__name__ + (f" ({state})" if state else "")


def fold_once(url: str) -> Fold:
    """Fold all waiting deltas now, after the fold in progress, if any."""
    with connect_for_folds(url) as conn:
        while True:
            try:
                done = fold(conn)
            except (psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable):
                continue  # somebody else folds; what came in since is still to be done
            queries.refresh.vacuum_deltas(conn)
            return done

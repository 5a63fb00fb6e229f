"""Retention: old weeks of events are dropped as whole partitions; their metrics stay.

A partition is dropped once it ends, and the newest event of its runs lies, before the first day
that is kept: a long-lived run keeps its partition. Each takes one transaction in this order, which
any error rolls back:

retention/version         the version of the runs, unlocked
retention/add_retired     their metrics, into retired_metrics: slow, without locks
retention/add_retired_versions   likewise by version, into retired_versions
retention/add_expired     their ids
retention/lock_runs       in key order: from here on their events wait, for moments
retention/hold_partition  blocks other writers of the partition
retention/version         the same as before, else an event came in and all is repeated
retention/retire_scores   the scores go, and what they sum up to into retired_scores
retention/lock_scores     from here on scores wait, for moments
retention/retire_scores   those that came in between
retention/delete_runs     in batches
retention/lock_events     all readers and writers wait now, at most lock_timeout
retention/drop_partition

Events in the DEFAULT partition go by week, as if each week were a partition: runs/delete takes the
place of the last three. Scores whose runs never came go by the day on which they came.

On Citus the runs are locked first: its locks are changes, which retention/version would notice.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

import psycopg

from service.core.retry_policy import RetryPolicy
from service.db import audit_log
from service.db.advisory_lock import find_holder
from service.db.clocks import check_clocks
from service.db.connections import connect
from service.db.queries import Connection, Row, is_distributed, queries
from service.db.session_settings import WRITE

# An arbitrary number that nothing else in the database locks: "rete" in ASCII.
LOCK_KEY = 0x72657465
DEFAULT = "events_default"
EXPIRED_DAYS = 90  # how long the ids of removed runs are kept, to recognize late events
RUNS_PER_STATEMENT = 1_000
DROP_RETRIES = RetryPolicy(5)  # for a partition whose runs are still written to
LOCK_RETRIES = RetryPolicy(30)  # while a long query reads events; requests proceed in the pauses
SETTINGS = WRITE | {
    # Requests queue after this wait for `events`, and time out after 750 ms, which the three locks
    # of retention/lock_events share.
    "lock_timeout": "200ms",
    "statement_timeout": "0",
    "plan_cache_mode": "force_custom_plan",
}
# deadlock, serialization failure, lock timeout: another transaction held the runs
TRANSIENT = frozenset({"40P01", "40001", "55P03"})

log = logging.getLogger(__name__)


class Busy(Exception):
    """Another process is removing old events."""


class Changed(Exception):
    """The partition's runs were changed before it was dropped."""


class NotDropped(Exception):
    """The partition is no longer old, or a query read events during all LOCK_RETRIES attempts."""


@dataclass(frozen=True)
class Partition:
    """A partition, or a week within DEFAULT, that ends before the first day that is kept.

    `newest` None: it has no runs.
    """

    name: str
    first_day: date
    next_day: date
    runs: int
    events: int
    bytes: int
    newest: datetime | None
    scores: int = 0

    def __str__(self) -> str:
        week = f" (week of {self.first_day})" if self.name == DEFAULT else ""
        counts = f"{self.runs} runs  {self.events} events  {self.scores} scores"
        return f"{self.name}{week}  {counts}  {self.bytes} bytes"

    @property
    def days(self) -> dict[str, date]:
        """The parameters of the queries about its runs."""
        return {"first_day": self.first_day, "next_day": self.next_day}


class Retention:
    """Removes events older than `cutoff`, the first day that is kept."""

    def __init__(self, conn: Connection, cutoff: date) -> None:
        self._conn = conn
        self.cutoff = cutoff
        self._begin = datetime.combine(cutoff, time_of_day(), UTC)

    def partitions(self) -> list[Partition]:
        """The partitions that end before the cutoff, the oldest first; then weeks in DEFAULT."""
        rows = queries.retention.partitions(self._conn, cutoff=self.cutoff).fetchall()
        weeks = queries.retention.default_weeks(self._conn, cutoff=self.cutoff).fetchall()
        found = [Partition(name=row.pop("partition"), **row) for row in rows]
        found += [self._in_default(row) for row in weeks]
        return [replace(one, scores=self._count_scores(one)) for one in found]

    def _in_default(self, week: Row) -> Partition:
        days = {"first_day": week["first_day"], "next_day": week["next_day"]}
        runs = queries.retention.version(self._conn, **days).fetchall()[0]
        return Partition(name=DEFAULT, runs=runs["runs"], newest=runs["newest"], **week)

    def _count_scores(self, partition: Partition) -> int:
        row = queries.retention.count_scores(self._conn, **partition.days).fetchall()[0]
        return int(row["scores"])

    def is_old(self, newest: datetime | None) -> bool:
        """Whether the newest event of a partition's runs is older than the cutoff."""
        return newest is None or newest < self._begin

    def drop(self, partition: Partition) -> bool:
        """Drop a partition with its runs; False if other transactions kept it locked.

        Raises psycopg's errors. Then, as for False, nothing has changed.
        """
        for _ in DROP_RETRIES.attempts():
            try:
                with self._conn.transaction():
                    self._drop(partition)
            except NotDropped:
                return False
            except Changed:
                log.info("retention: %s has changed meanwhile, retrying", partition.name)
            except psycopg.Error as error:
                if error.sqlstate not in TRANSIENT:
                    raise
                log.info("retention: %s is in use (%s), retrying", partition.name, error.sqlstate)
            else:
                return True
        return False

    def _drop(self, partition: Partition) -> None:
        days = partition.days
        runs = self._lock_runs(days) if is_distributed(self._conn) else []
        before = queries.retention.version(self._conn, **days).fetchone()
        if before is None or not self.is_old(before["newest"]):
            raise NotDropped
        queries.retention.add_retired(self._conn, **days)
        queries.retention.add_retired_versions(self._conn, **days)
        queries.retention.add_expired(self._conn, **days)
        runs = runs or self._lock_runs(days)
        if partition.name != DEFAULT:
            queries.retention.hold_partition(self._conn, partition=partition.name)
        if queries.retention.version(self._conn, **days).fetchone() != before:
            raise Changed
        queries.retention.retire_scores(self._conn, **days)
        queries.retention.lock_scores(self._conn)
        queries.retention.retire_scores(self._conn, **days)
        self._delete_runs(partition, runs)
        audit_log.record(self._conn, audit_log.RETENTION, "drop partition", str(partition))
        if partition.name != DEFAULT:
            self._lock_events(partition)
            queries.retention.drop_partition(self._conn, partition=partition.name)

    def _delete_runs(self, partition: Partition, runs: list[Row]) -> None:
        """Delete runs in batches; with their events if those lie in DEFAULT, which stays."""
        for start in range(0, len(runs), RUNS_PER_STATEMENT):
            batch = runs[start : start + RUNS_PER_STATEMENT]
            run_ids = [str(row["run_id"]) for row in batch]
            if partition.name == DEFAULT:
                days = [str(row["received_on"]) for row in batch]
                queries.runs.delete(self._conn, run_ids=run_ids, received_ons=days)
            else:
                queries.retention.delete_runs(self._conn, run_ids=run_ids)

    def _lock_runs(self, days: dict[str, date]) -> list[Row]:
        return queries.retention.lock_runs(self._conn, **days).fetchall()

    def _lock_events(self, partition: Partition) -> None:
        """Take the last locks. Each attempt is a savepoint; requests proceed between two."""
        for _ in LOCK_RETRIES.attempts():
            with suppress(psycopg.errors.LockNotAvailable), self._conn.transaction():
                queries.retention.lock_events(self._conn, partition=partition.name)
                return
        raise NotDropped

    def tidy(self) -> None:
        """Delete ids that expired long ago, and scores whose runs never came; merge quarter hours.

        Merged are those that are no longer kept.
        """
        self._delete_lost_scores()
        queries.retention.forget_expired(self._conn, days=EXPIRED_DAYS)
        for row in queries.retention.agents_to_compact(self._conn).fetchall():
            with self._conn.transaction():
                queries.agents.lock(self._conn, names=[row["agent_name"]])
                queries.retention.compact_retired(self._conn, agent_name=row["agent_name"])

    def _delete_lost_scores(self) -> None:
        gone = queries.retention.delete_lost_scores(self._conn, cutoff=self.cutoff).fetchall()
        if gone[0]["scores"]:
            log.info("retention: %d scores went whose runs never came", gone[0]["scores"])


@contextmanager
def retaining(url: str, today: date, days: int) -> Iterator[Retention]:
    """Connect, to keep the last `days` days; raises Busy while another process does.

    Raises ClocksDiffer where PostgreSQL's clock is more than a day from `today`: a clock that has
    jumped ahead would drop weeks that are not old.
    """
    with connect(url, SETTINGS, "retention") as conn:
        conn.autocommit = True
        row = queries.retention.lead(conn, lock_key=LOCK_KEY).fetchone()
        if row is None or not row["is_ours"]:
            holder = find_holder(conn, LOCK_KEY)
            raise Busy(f"another process is removing old events ({holder or 'it has just ended'})")
        check_clocks(conn, today)
        yield Retention(conn, today - timedelta(days=days))
        # A session ends a moment after its client, so the next would still find the lock taken.
        queries.retention.step_down(conn, lock_key=LOCK_KEY)

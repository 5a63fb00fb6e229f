"""The weekly partitions of events: this week's and four ahead, created before they are needed.

With RETENTION_DAYS the same thread drops old partitions: see service/db/retention.py.
"""

import logging
from datetime import date, timedelta

import psycopg

from service.core.clock import Today, monday_of, today
from service.core.periodic_thread import PeriodicThread
from service.db.clocks import ClocksDiffer
from service.db.connections import connect
from service.db.queries import Connection, is_distributed, queries
from service.db.retention import Busy, retaining
from service.db.session_settings import DIRECT

WEEKS_AHEAD = 4
WEEK = timedelta(days=7)
CHECK_SECONDS = (
    60.0  # how often the day is looked at; what is created already is created once a day
)
NOT_CREATED = "partition %s is not created yet: %s"
# CREATE holds a lock on events while it waits for DEFAULT: writers wait 750 ms for theirs.
SETTINGS = DIRECT | {"lock_timeout": "400ms", "statement_timeout": "2s"}

log = logging.getLogger(__name__)


def ensure_partitions(url: str, day: date | None = None) -> bool:
    """Create the missing partitions of this week and the four ahead; return whether all exist.

    CREATE locks the DEFAULT partition. While a reader holds that, nothing is created: rows go into
    DEFAULT, the service starts meanwhile, and PartitionKeeper tries again.
    """
    monday = monday_of(day or today())
    with connect(url, SETTINGS, "partitions") as conn:
        conn.autocommit = True
        all_exist = all(ensure_week(conn, monday + week * WEEK) for week in range(WEEKS_AHEAD + 1))
        analyze_new(conn)
    return all_exist


def analyze_new(conn: Connection) -> None:
    """Gather statistics of the partitions without any, of which autovacuum passes over empty ones.

    What fails is tried again the next time.
    """
    if is_distributed(conn):
        return  # its workers plan with the statistics of their shards
    for row in queries.events.never_analyzed(conn).fetchall():
        try:
            queries.events.analyze_partition(conn, partition=row["partition"])
        except psycopg.Error as error:
            log.warning("partition %s: %s", row["partition"], error.diag.message_primary)


def ensure_week(conn: Connection, monday: date) -> bool:
    """Create the partition of one week, if it is missing, in its own transaction."""
    name = f"events_{monday:%Y%m%d}"
    days = {"monday": monday, "next": monday + WEEK}
    try:
        with conn.transaction():
            queries.events.create_partition(conn, partition=name, **days)
    except psycopg.errors.DuplicateTable:
        return True  # another instance created it while this one waited for the lock
    except psycopg.errors.CheckViolation:
        return move_week(conn, name, days)
    except psycopg.Error as error:
        log.warning(NOT_CREATED, name, error.diag.message_primary)
        return False
    return True


def move_week(conn: Connection, name: str, days: dict[str, date]) -> bool:
    """Create the partition of a week of which DEFAULT holds rows, and move these into it.

    Within statement_timeout, because writers of DEFAULT wait meanwhile: a week with more rows stays
    there, where reads and retention find it as well. A read that was planned before may miss the
    rows once, as they move: PostgreSQL plans with the partitions that it knew, and looks later.
    """
    if is_distributed(conn):
        log.warning(NOT_CREATED, name, "DEFAULT has rows of this week")
        return True
    try:
        with conn.transaction():
            queries.events.create_detached(conn, partition=name)
            queries.events.hold_default(conn)
            moved = queries.events.move_from_default(conn, partition=name, **days).rowcount
            queries.events.attach_partition(conn, partition=name, **days)
    except psycopg.errors.DuplicateTable:
        return True
    except psycopg.errors.QueryCanceled:
        log.warning(NOT_CREATED, name, "DEFAULT has too many rows of this week to be moved")
        return True
    except psycopg.Error as error:
        log.warning(NOT_CREATED, name, error.diag.message_primary)
        return False
    log.info("partition %s: %d events moved from the DEFAULT partition", name, moved)
    return True


def keep_days(url: str, day: date, days: int) -> None:
    """Drop partitions older than `days` days before `day`, and log each.

    One process does it at a time; while another one does, this function only logs that. Raises
    ClocksDiffer, and drops nothing, where PostgreSQL's day is another.
    """
    try:
        with retaining(url, day, days) as retention:
            for partition in retention.partitions():
                if retention.is_old(partition.newest):
                    result = "dropped" if retention.drop(partition) else "could not drop"
                    log.info("retention: %s %s", result, partition)
            retention.tidy()
    except Busy as busy:
        log.warning("retention: %s", busy)


class PartitionKeeper:
    """Makes and drops partitions once a day, from a thread, as long as the process serves."""

    def __init__(self, url: str, today: Today, retention_days: int = 0) -> None:
        """`retention_days` 0: nothing is dropped."""
        self._url = url
        self._today = today
        self._retention_days = retention_days
        self._made: date | None = None
        self._dropped: date | None = None
        self._warned: date | None = None
        self._thread = PeriodicThread(
            "partition upkeep", self._work, CHECK_SECONDS, expected=psycopg.Error
        )

    def open(self) -> None:
        """Start the thread; it first checks after a minute, since serve has just tried."""
        self._thread.open()

    def close(self) -> None:
        """End the thread."""
        self._thread.close()

    def _work(self) -> None:
        """Make and drop partitions, once on each day; again where one could not be made."""
        day = self._today()
        if day != self._made and ensure_partitions(self._url, day):
            self._made = day
        if self._retention_days and day != self._dropped:
            self._drop(day)

    def _drop(self, day: date) -> None:
        """Drop partitions. Where the clocks differ, try each minute, and log it once a day."""
        try:
            keep_days(self._url, day, self._retention_days)
            self._dropped = day
        except ClocksDiffer as differ:
            if day != self._warned:
                log.error("retention: nothing was dropped: %s", differ)
            self._warned = day

"""The weekly partitions of events: this week's and four ahead, created before they are needed.

With RETENTION_DAYS the same thread drops old partitions: see service/db/retention.py.
"""

import logging
from datetime import date, timedelta

import psycopg

from service.core.clock import Today, monday_of, today
from service.core.periodic_thread import PeriodicThread
from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.retention import Busy, retaining
from service.db.session_settings import DIRECT

WEEKS_AHEAD = 4
WEEK = timedelta(days=7)
CHECK_SECONDS = 3600.0  # how often the day is looked at; partitions are made once a day

log = logging.getLogger(__name__)


def ensure_partitions(url: str, day: date | None = None) -> None:
    """Create the missing partitions of this week and the four ahead.

    CREATE waits for the readers of the DEFAULT partition, at most lock_timeout. Weeks ahead there
    is time for a retry; until it succeeds, rows go into DEFAULT.
    """
    monday = monday_of(day or today())
    with connect(url, DIRECT, "partitions") as conn:
        for week in range(WEEKS_AHEAD + 1):
            ensure_week(conn, monday + week * WEEK)


def ensure_week(conn: Connection, monday: date) -> None:
    """Create the partition of one week, if it is missing, in its own transaction."""
    name = f"events_{monday:%Y%m%d}"
    try:
        queries.events.create_partition(conn, partition=name, monday=monday, next=monday + WEEK)
        conn.commit()
    except psycopg.errors.DuplicateTable:
        conn.rollback()  # another instance created it while this one waited for the lock
    except psycopg.Error as error:
        # 23514: DEFAULT already holds rows of that week, which stay there and are found as well.
        conn.rollback()
        log.warning("partition %s is not created yet: %s", name, error.diag.message_primary)


def keep_days(url: str, day: date, days: int) -> None:
    """Drop partitions older than `days` days before `day`, and log each.

    One process does it at a time; while another one does, this function only logs that.
    """
    try:
        with retaining(url, day, days) as retention:
            for partition in retention.partitions():
                if retention.is_old(partition.newest):
                    result = "dropped" if retention.drop(partition) else "could not drop"
                    log.info("retention: %s %s", result, partition)
            retention.tidy()
    except Busy as busy:
        log.info("retention: %s", busy)


class PartitionKeeper:
    """Makes and drops partitions once a day, from a thread, as long as the process serves."""

    def __init__(self, url: str, today: Today, retention_days: int = 0) -> None:
        """`retention_days` 0: nothing is dropped."""
        self._url = url
        self._today = today
        self._retention_days = retention_days
        self._made = today()  # by serve
        self._dropped: date | None = None
        self._thread = PeriodicThread(
            "partition upkeep", self._work, CHECK_SECONDS, expected=psycopg.Error
        )

    def open(self) -> None:
        """Start the thread; it first checks after an hour, since serve has just made them."""
        self._thread.open()

    def close(self) -> None:
        """End the thread."""
        self._thread.close()

    def _work(self) -> None:
        """Make and drop partitions, once on each day."""
        day = self._today()
        if day != self._made:
            ensure_partitions(self._url, day)
            self._made = day
        if self._retention_days and day != self._dropped:
            keep_days(self._url, day, self._retention_days)
            self._dropped = day

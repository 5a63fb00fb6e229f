"""Time-bounded scans: a search over more rows than one statement may read, batch by batch.

Each batch is one transaction that scans a limited number of rows (for events: of runs) and returns
the position where it ended. So a search with few matches returns within the timeout, with a
position to continue from. The connection returns to the pool after each batch, so that other reads
get their turn.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import falcon
import psycopg

from service.api.errors import ApiError
from service.db.database import Database
from service.db.queries import Connection, Row

FIRST_ROWS, MOST_ROWS = 1_000, 16_000  # scanned by the first batch, and by the largest
QUICK_SECONDS = 0.1  # after a batch that took less, the next is four times as large
SHRINK = 16  # after a timeout the number of rows is divided by this

P = TypeVar("P")


@dataclass(frozen=True)
class ScanBatch(Generic[P]):
    """The matches of one batch. The next batch starts after `end`; None: no rows remain.

    `is_cut`: the batch reached its byte limit, so the page ends with the last match.
    """

    found: list[Row]
    end: P | None
    is_cut: bool = False


@dataclass(frozen=True)
class Page(Generic[P]):
    """The matches of a page. The next page starts after `next`; None: this is the last page."""

    rows: list[Row]
    next: P | None
    is_complete: bool = True  # False: the time ran out before the page was full


Scan = Callable[[Connection, int, P | None, int], ScanBatch[P]]


class TimeBoundedScan:
    """Runs one search in batches within the read timeout, and adapts the rows per batch."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.monotonic,
        rows: int = FIRST_ROWS,
        planned_once: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seconds = database.read_timeout_seconds
        self._end = clock() + self._seconds
        self._rows = rows
        self._planned_once = planned_once

    def collect(
        self, scan: Scan[P], after: P | None, limit: int, key_of: Callable[[Row], P]
    ) -> Page[P]:
        """Collect a page of up to `limit` rows after the position `after`.

        `scan(conn, rows, position, limit)` reads `rows` rows and returns up to `limit` matches.
        Raises ApiError 504 if even a batch of one row timed out and nothing was scanned before.
        """
        found: list[Row] = []
        position, has_advanced = after, False
        while not has_advanced or self._has_time():
            try:
                batch = self._scan_batch(scan, position, limit + 1 - len(found))
            except psycopg.errors.QueryCanceled:
                if has_advanced:
                    break
                raise too_slow() from None
            found += batch.found
            if len(found) > limit:
                return Page(found[:limit], key_of(found[limit - 1]))
            if batch.is_cut:
                return Page(found, key_of(found[-1]))
            if batch.end is None:
                return Page(found, None)
            position, has_advanced = batch.end, True
        return Page(found, position, is_complete=False)

    def _scan_batch(self, scan: Scan[P], position: P | None, limit: int) -> ScanBatch[P]:
        """Run one batch; after each timeout, a smaller one."""
        while True:
            begun = self._clock()
            try:
                with self._database.searching(self._remaining() / 2, self._planned_once) as conn:
                    batch = scan(conn, self._rows, position, limit)
            except psycopg.errors.QueryCanceled:
                if self._rows == 1:
                    raise
                self._rows = max(1, self._rows // SHRINK)
                continue
            if self._clock() - begun < QUICK_SECONDS:
                self._rows = min(self._rows * 4, MOST_ROWS)
            return batch

    def _has_time(self) -> bool:
        """Whether another batch may start.

        None starts in the second half of the time, because a slow batch may need that half.
        """
        return self._remaining() > self._seconds / 2

    def _remaining(self) -> float:
        return self._end - self._clock()


def too_slow() -> ApiError:
    """The error for a search that timed out."""
    text = "The search took too long. Narrow `from` and `to`, or filter by agent."
    return ApiError(falcon.HTTP_504, "timeout", text, retry=True)

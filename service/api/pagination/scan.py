"""How a search looks through more than one statement may: slice by slice, until its time is up.

Each slice is a statement of its own that looks at so many rows and no more, and says where it
ended. So a search that finds little ends in time, with what it found and the place from which to
go on. The connection goes back to the pool after each slice: other reads have their turn.
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

FIRST_ROWS, MOST_ROWS = 1_000, 16_000
QUICK_SECONDS = 0.1  # a slice that took less is followed by one of four times the size
SMALLER = 16  # by which a slice that took too long is divided

T = TypeVar("T")
P = TypeVar("P")


@dataclass(frozen=True)
class ScanBatch(Generic[P]):
    """What one statement found, and the place behind which the next begins; None: that is all.

    `is_cut`: the page is large enough with it, and ends behind the last that was found.
    """

    found: list[Row]
    end: P | None
    is_cut: bool = False


@dataclass(frozen=True)
class Page(Generic[P]):
    """What was found, and the place behind which the next page begins; None: that was all."""

    rows: list[Row]
    next: P | None
    is_complete: bool = True  # False: the time was up before the page was full


Look = Callable[[Connection, int, P | None, int], ScanBatch[P]]


class TimeBoundedScan:
    """The time that a search has, and how much its next statement looks at."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.monotonic,
        rows: int = FIRST_ROWS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seconds = database.read_timeout_seconds
        self._end = clock() + self._seconds
        self._rows = rows

    def fill(
        self, look: Look[P], after: P | None, limit: int, place_of: Callable[[Row], P]
    ) -> Page[P]:
        """A page of up to `limit` rows from behind `after` on.

        `look(conn, rows, place, wanted)` looks at `rows` rows behind `place`, for up to `wanted`.
        Raises ApiError 504 where not even the first of them can be looked at in time.
        """
        found: list[Row] = []
        place, is_new = after, False
        while not is_new or self._has_time():
            try:
                part = self._ask(look, place, limit + 1 - len(found))
            except psycopg.errors.QueryCanceled:
                if is_new:
                    break
                raise too_slow() from None
            found += part.found
            if len(found) > limit:
                return Page(found[:limit], place_of(found[limit - 1]))
            if part.is_cut:
                return Page(found, place_of(found[-1]))
            if part.end is None:
                return Page(found, None)
            place, is_new = part.end, True
        return Page(found, place, is_complete=False)

    def _ask(self, look: Look[P], place: P | None, wanted: int) -> ScanBatch[P]:
        """One slice, a smaller one after each that took too long."""
        while True:
            begun = self._clock()
            try:
                with self._database.searching(self._remaining() / 2) as conn:
                    part = look(conn, self._rows, place, wanted)
            except psycopg.errors.QueryCanceled:
                if self._rows == 1:
                    raise
                self._rows = max(1, self._rows // SMALLER)
                continue
            if self._clock() - begun < QUICK_SECONDS:
                self._rows = min(self._rows * 4, MOST_ROWS)
            return part

    def _has_time(self) -> bool:
        """Whether another slice may begin: half of the time is kept for the one that lasts."""
        return self._remaining() > self._seconds / 2

    def _remaining(self) -> float:
        return self._end - self._clock()


def too_slow() -> ApiError:
    """The error for a search that could not be done in its time."""
    text = "The search took too long. Narrow `from` and `to`, or name an agent or a run."
    return ApiError(falcon.HTTP_504, "timeout", text, retry=True)

"""Searching runs: by when they were made, walking an index; by a total, in a window."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import falcon
import psycopg

from service.api.cursors import (
    RunKey,
    TotalKey,
    never_given,
    pack,
    to_id,
    to_moment,
    to_total,
    unpack,
)
from service.api.errors import ApiError
from service.api.pagination.scan import Page, ScanBatch, TimeBoundedScan, too_slow
from service.api.parameters import bad_parameter
from service.db.database import Database
from service.db.queries import Connection, Row, queries

SORTS = ("created_at", "cost", "duration", "tokens")
# A sort by a total reads them all: no index keeps what changes all the time.
MOST_SORTED_RUNS = 200_000
MOST_SORTED_EVENTS = 1_000_000  # where `model` looks into them

Filters = dict[str, Any]  # optional parameters of the queries; None: not given


@dataclass(frozen=True)
class RunSearch:
    """What is asked for."""

    filters: Filters
    sort: str
    order: str
    limit: int
    cursor: str | None

    @property
    def ascending(self) -> bool | None:
        """The queries' optional parameter: given or not."""
        return self.order == "asc" or None

    def place(self) -> tuple[Any, str] | None:
        """What the cursor says: by what the run is sorted behind which the page begins, its id.

        Raises ApiError 400 for a cursor of another sort or order.
        """
        if self.cursor is None:
            return None
        sort, order, key, run_id = unpack(self.cursor, 4)
        if (sort, order) != (self.sort, self.order):
            known = sort in SORTS and order in ("asc", "desc")
            raise bad_parameter("cursor", "is of another sort or order") if known else never_given()
        return key, to_id(run_id)

    def cursor_at(self, place: RunKey | TotalKey) -> str:
        """The cursor behind a run."""
        return pack(self.sort, self.order, *place)


def search_runs(database: Database, search: RunSearch) -> Page[Any]:
    """A page of runs, in the order that is asked for."""
    if search.sort == "created_at":
        return by_time(TimeBoundedScan(database), search)
    return by_total(database, search)


def by_time(walk: TimeBoundedScan, search: RunSearch) -> Page[RunKey]:
    """A page of runs by when they were made: an index has that order, and it never changes."""

    def look(conn: Connection, rows: int, place: RunKey | None, wanted: int) -> ScanBatch[RunKey]:
        found = queries.runs.search(
            conn,
            **search.filters,
            ascending=search.ascending,
            after_created_at=place and place.created_at,
            after_run_id=place and place.run_id,
            slice=rows,
            row_limit=wanted,
        ).fetchall()
        end = place_of(found[-1]) if found and found[-1]["is_end"] else None
        return ScanBatch([row for row in found if row["matches"]], end)

    key = search.place()
    after = None if key is None else RunKey(to_moment(key[0]), key[1])
    return walk.fill(look, after, search.limit, place_of)


def by_total(database: Database, search: RunSearch) -> Page[TotalKey]:
    """A page of a window's runs by a total, in one statement.

    Raises ApiError 400 for a window of too many runs, 504 where it takes too long.
    """
    key = search.place()
    try:
        with database.searching(database.read_timeout_seconds / 2) as conn:
            check_window(conn, search)
            rows = queries.runs.search_by_total(
                conn,
                **search.filters,
                sort=search.sort,
                ascending=search.ascending,
                after_total=key and to_total(key[0]),
                after_run_id=key and key[1],
                run_limit=MOST_SORTED_RUNS,
                row_limit=search.limit + 1,
            ).fetchall()
    except psycopg.errors.QueryCanceled:
        raise too_slow() from None
    if len(rows) <= search.limit:
        return Page(rows, None)
    last = rows[search.limit - 1]
    return Page(rows[: search.limit], TotalKey(last["total"], last["run_id"]))


def check_window(conn: Connection, search: RunSearch) -> None:
    """Raise ApiError 400 for a window of too many runs, saying how far back it may reach."""
    filters = search.filters
    found = queries.runs.search_window(
        conn,
        **{name: filters[name] for name in ("from_at", "to_at", "agent")},
        run_limit=MOST_SORTED_RUNS,
        event_limit=None if filters["model"] is None else MOST_SORTED_EVENTS,
    ).fetchone()
    if found is not None:
        raise window_too_large(found["created_at"])


def window_too_large(reached: datetime) -> ApiError:
    """The error for a window of which only the runs made after `reached` can be sorted."""
    text = (
        f"From `from` to `to` are too many runs to sort, more than {MOST_SORTED_RUNS:,}, or with "
        f"`model` {MOST_SORTED_EVENTS:,} events: ask from after {reached.isoformat()}, "
        "or name an agent."
    )
    return ApiError(falcon.HTTP_400, "window_too_large", text, parameter="from", stopped_at=reached)


def place_of(row: Row) -> RunKey:
    """Behind this run."""
    return RunKey(row["created_at"], row["run_id"])

"""Search for runs: by start along an index; by a total within a time window."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import falcon
import psycopg

from service.api.cursors import (
    EventKey,
    RunKey,
    TotalKey,
    invalid_cursor,
    pack,
    to_event_key,
    to_id,
    to_moment,
    to_total,
    unpack,
)
from service.api.errors import ApiError
from service.api.pagination.known import none_has
from service.api.pagination.scan import Page, ScanBatch, TimeBoundedScan, too_slow
from service.api.parameters import bad_parameter
from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.resources.events.text_slices import (
    TEXT,
    ids_of,
    in_slices,
    key_of_event,
    next_slice,
    without_text,
)

SORTS = ("started_at", "cost", "duration", "tokens")
# A sort by a total reads every run of the window: totals change too often for an index.
MOST_SORTED_RUNS = 200_000
MOST_SORTED_EVENTS = 1_000_000  # where the filters `model` and `tool` read them
MOST_SORTED_TEXTS = 100_000  # where `q` reads their data

# Filters that have an index: the others are held to the runs that these leave.
WINDOW = ("from_at", "to_at", "agent", "session_id", "user_id", "version")

Filters = dict[str, Any]  # optional parameters of the queries; None: absent


@dataclass(frozen=True)
class RunSearch:
    """The filters, order and limit of a search."""

    filters: Filters
    sort: str
    order: str
    limit: int
    cursor: str | None

    @property
    def ascending(self) -> bool | None:
        """The queries' optional parameter: True or absent."""
        return self.order == "asc" or None

    def position(self) -> list[Any] | None:
        """The cursor's sort value and run id, after which the page begins; or an event of the run.

        Raises ApiError 400 for a cursor of another sort or order.
        """
        if self.cursor is None:
            return None
        sort, order, *key = unpack(self.cursor, *((4, 7) if self.sort == SORTS[0] else (4,)))
        if (sort, order) != (self.sort, self.order):
            known = sort in SORTS and order in ("asc", "desc")
            raise (
                bad_parameter("cursor", "belongs to another sort or order")
                if known
                else invalid_cursor()
            )
        return key

    def cursor_at(self, key: RunKey | EventKey | TotalKey) -> str:
        """The cursor of a run."""
        return pack(self.sort, self.order, *key)


def search_runs(database: Database, search: RunSearch) -> Page[Any]:
    """A page of runs in the requested order."""
    if search.sort == "started_at":
        return by_time(TimeBoundedScan(database), search)
    return by_total(database, search)


def by_time(scan: TimeBoundedScan, search: RunSearch) -> Page[RunKey | EventKey]:
    """A page of runs by start: an index has that order."""

    def scan_batch(
        conn: Connection, rows: int, position: RunKey | EventKey | None, limit: int
    ) -> ScanBatch[RunKey | EventKey]:
        begun = position if isinstance(position, EventKey) else None
        if in_slices(search.filters, rows, begun):
            return scan_run(conn, search, rows, position)
        found = queries.runs.search(
            conn,
            **search.filters,
            ascending=search.ascending,
            after_started_at=position and position.started_at,
            after_run_id=position and position.run_id,
            slice=rows,
            row_limit=limit,
        ).fetchall()
        end = key_of(found[-1]) if found and found[-1]["is_end"] else None
        matches = [row for row in found if row["matches"]]
        if position is after and end and not matches and none_has(conn, search.filters):
            end = None
        return ScanBatch(matches, end)

    key = search.position()
    after: RunKey | EventKey | None = None
    if key is not None:
        after = to_event_key(*key) if key[2:] else RunKey(to_moment(key[0]), to_id(key[1]))
    return scan.collect(scan_batch, after, search.limit, key_of)


def scan_run(
    conn: Connection, search: RunSearch, rows: int, position: RunKey | EventKey | None
) -> ScanBatch[RunKey | EventKey]:
    """Scan for one run that passes the filters but the text, and so many of its events for that."""
    begun = position if isinstance(position, EventKey) else None
    reads_events = bool(search.filters["model"] or search.filters["tool"]) or None
    found = queries.runs.search(
        conn,
        **{**without_text(search.filters), "reads_events": reads_events},
        ascending=search.ascending,
        after_started_at=position and position.started_at,
        after_run_id=position and position.run_id,
        inclusive=begun and True,
        slice=rows,
        row_limit=1,
    ).fetchone()
    if found is None:
        return ScanBatch([], None)
    if not found["matches"]:
        return ScanBatch([], key_of(found))
    begun = begun if begun and begun.run_id == found["run_id"] else None
    walked, is_last = next_slice(conn, [found], {}, begun, rows)
    if walked and has_text(conn, search, walked):
        return ScanBatch([found], key_of(found))
    return ScanBatch([], key_of(found) if is_last else key_of_event(walked[-1], found))


def has_text(conn: Connection, search: RunSearch, events: list[Row]) -> bool:
    """Whether the text is in one of these events."""
    text = {name: search.filters[name] for name in search.filters.keys() & TEXT}
    ids = {**ids_of(events), "event_ids": [event["event_id"] for event in events]}
    return bool(queries.events.search(conn, **text, **ids, row_limit=1, byte_limit=1).fetchall())


def by_total(database: Database, search: RunSearch) -> Page[TotalKey]:
    """A page of a window's runs by a total, in one statement.

    Raises ApiError 400 for a window of too many runs, 504 after a timeout.
    """
    position = search.position()
    try:
        with database.searching(database.read_timeout_seconds / 2) as conn:
            if none_has(conn, search.filters):
                return Page([], None)
            check_window(conn, search)
            rows = queries.runs.search_by_total(
                conn,
                **search.filters,
                sort=search.sort,
                ascending=search.ascending,
                after_total=position and to_total(position[0]),
                after_run_id=position and to_id(position[1]),
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
    """Raise ApiError 400 for a window of too many runs; the error names a valid start."""
    filters = search.filters
    names = filters["model"] or filters["tool"]
    events = None if names is None else MOST_SORTED_EVENTS
    if filters.keys() & {"data_pattern", "data_regex"}:
        events = MOST_SORTED_TEXTS
    check_sortable(conn, {name: filters[name] for name in WINDOW}, events)


def check_sortable(conn: Connection, window: Filters, most_events: int | None = None) -> None:
    """Raise ApiError 400 for a window of too many runs, or events of them, to be sorted."""
    found = queries.runs.search_window(
        conn, **window, run_limit=MOST_SORTED_RUNS, event_limit=most_events
    ).fetchone()
    if found is not None:
        raise window_too_large(found["started_at"])


def window_too_large(reached: datetime) -> ApiError:
    """The error for a window of which only the runs started after `reached` can be sorted."""
    text = (
        f"Too many runs to sort between `from` and `to`: more than {MOST_SORTED_RUNS:,}, or with "
        f"`model` or `tool` more than {MOST_SORTED_EVENTS:,} events, with `q` {MOST_SORTED_TEXTS:,}"
        f". Set `from` after {reached.isoformat()}, or filter by agent."
    )
    return ApiError(falcon.HTTP_400, "window_too_large", text, parameter="from", stopped_at=reached)


def key_of(row: Row) -> RunKey:
    """The key of a run."""
    return RunKey(row["started_at"], row["run_id"])

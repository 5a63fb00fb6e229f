"""Search for events: the newest run's first, and in each run the newest event first.

The scan follows an index on runs, so ingest pays nothing per event. A run's own row excludes it
early, by the times of its events and by whether one is an error.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from service.api.cursors import EventKey
from service.api.pagination.known import none_has
from service.api.pagination.scan import Page, ScanBatch, TimeBoundedScan
from service.api.text_search import conditions
from service.db.queries import Connection, Row, queries

# Of data as printed. Without the limit 200 events of 1 MB would be in memory twice.
BYTES_PER_PAGE = 8 * 1024 * 1024

Filters = dict[str, Any]  # optional parameters of the queries; None: absent


@dataclass
class Remaining:
    """The bytes of data that still fit into a page, and whether none_has is still to be asked."""

    bytes: int
    is_unknown: bool = True


@dataclass(frozen=True)
class EventSearch:
    """The filters of a search, on runs and on their events."""

    run_filters: Filters
    event_filters: Filters
    limit: int
    after: EventKey | None

    def scan(
        self,
        remaining: Remaining,
        conn: Connection,
        rows: int,
        position: EventKey | None,
        limit: int,
    ) -> ScanBatch[EventKey]:
        """Scan a batch of runs, then the events of those that may match; reduces `remaining`."""
        runs = queries.events.search_runs(
            conn,
            **self.run_filters,
            after_started_at=position and position.started_at,
            after_run_id=position and position.run_id,
            inclusive=position and position.event_id and True,
            slice=rows,
        ).fetchall()
        end = runs[-1] if runs and runs[-1]["is_end"] else None
        matching = [run for run in runs if run["matches"]]
        events = self._events(remaining, conn, matching, position, limit)
        started_ats = {run["run_id"]: run["started_at"] for run in matching}
        for event in events:
            event["run_started_at"] = started_ats[event["run_id"]]
        remaining.bytes -= sum(event["bytes"] for event in events)
        if end and not events and remaining.is_unknown:
            remaining.is_unknown = False
            if none_has(conn, self.event_filters):
                end = None
        return ScanBatch(
            events,
            EventKey(end["started_at"], end["run_id"]) if end else None,
            is_cut=bool(events) and (len(events) < events[0]["found"] or remaining.bytes <= 0),
        )

    def _events(
        self,
        remaining: Remaining,
        conn: Connection,
        runs: list[Row],
        position: EventKey | None,
        limit: int,
    ) -> list[Row]:
        """The events of these runs; in the run of the position, those after it."""
        if not runs:
            return []
        if self.event_filters.keys() & {"data_pattern", "data_regex"}:
            queries.transactions.allow_bitmap_scans(conn)
        begun = position if position and position.run_id == runs[0]["run_id"] else None
        return queries.events.search(
            conn,
            **self.event_filters,
            run_ids=[run["run_id"] for run in runs],
            received_ons=[str(run["received_on"]) for run in runs],
            after_timestamp=begun and begun.timestamp,
            after_tie=begun and begun.tie,
            after_event_id=begun and begun.event_id,
            row_limit=limit,
            byte_limit=remaining.bytes,
        ).fetchall()


def search_events(scan: TimeBoundedScan, search: EventSearch) -> Page[EventKey]:
    """A page of events. Raises ApiError 504 where not even one run is scanned in time."""
    scan_batch = partial(search.scan, Remaining(BYTES_PER_PAGE))
    return scan.collect(scan_batch, search.after, search.limit, key_of)


def key_of(row: Row) -> EventKey:
    """The key of an event."""
    return EventKey(
        row["run_started_at"], row["run_id"], row["timestamp"], row["tie"], row["event_id"]
    )


def text_filters(text: str | None) -> Filters:
    """The filters for text in JSON."""
    return conditions("data", None if text is None else orjson.dumps(text).decode()[1:-1])

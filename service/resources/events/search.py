"""Search for events: the newest run's first, and in each run the newest event first.

The scan follows an index on runs, so ingest pays nothing per event. A run's own row excludes it
early, by the times of its events and by whether one is an error.
"""

from dataclasses import dataclass
from functools import partial

import orjson

from service.api.cursors import EventKey
from service.api.pagination.known import none_has
from service.api.pagination.scan import Page, ScanBatch, TimeBoundedScan
from service.api.text_search import conditions
from service.db.queries import Connection, Row, queries
from service.resources.events.text_slices import (
    TEXT,
    Filters,
    ids_of,
    in_slices,
    key_of_event,
    next_slice,
)

# Of data as printed. Without the limit 200 events of 1 MB would be in memory twice.
BYTES_PER_PAGE = 8 * 1024 * 1024


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
        end = (
            EventKey(runs[-1]["started_at"], runs[-1]["run_id"])
            if runs and runs[-1]["is_end"]
            else None
        )
        matching = {run["run_id"]: run for run in runs if run["matches"]}
        walked = list(matching.values())
        begun = position if position and walked and position.run_id == walked[0]["run_id"] else None
        if in_slices(self.event_filters, rows, begun):
            walked, is_last = next_slice(conn, walked, self.event_filters, begun, rows)
            begun = None
            if not is_last:
                end = key_of_event(walked[-1], matching[walked[-1]["run_id"]])
        events = self._events(remaining, conn, walked, begun, limit)
        for event in events:
            event["run_started_at"] = matching[event["run_id"]]["started_at"]
        remaining.bytes -= sum(event["bytes"] for event in events)
        if end and not events and remaining.is_unknown:
            remaining.is_unknown = False
            if none_has(conn, self.event_filters):
                end = None
        return ScanBatch(
            events,
            end,
            is_cut=bool(events) and (len(events) < events[0]["found"] or remaining.bytes <= 0),
        )

    def _events(
        self,
        remaining: Remaining,
        conn: Connection,
        walked: list[Row],
        begun: EventKey | None,
        limit: int,
    ) -> list[Row]:
        """The events of these runs, or those of a slice; of the first run after `begun`."""
        if not walked:
            return []
        if self.event_filters.keys() & TEXT:
            queries.transactions.allow_bitmap_scans(conn)
        return queries.events.search(
            conn,
            **self.event_filters,
            **ids_of(walked),
            event_ids=[row["event_id"] for row in walked] if "event_id" in walked[0] else None,
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
    return key_of_event(row, {"started_at": row["run_started_at"]})


def text_filters(text: str | None) -> Filters:
    """The filters for text in JSON."""
    return conditions("data", None if text is None else orjson.dumps(text).decode()[1:-1])

"""Searching events: run by run, the newest first, and in each run the newest event first.

Runs are walked in the order of an index, which costs ingest nothing per event. Which of them come
into question, their own rows tell: when their events happened, and whether one is an error.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from service.api.cursors import EventKey
from service.api.pagination.scan import Page, ScanBatch, TimeBoundedScan
from service.db.queries import Connection, Row, queries

# Of data, as it is stored, and eightfold where it is compressed: to a third mostly, by pglz
# to a ninetieth at the most. 200 events of 1 MB would be held in memory twice.
BYTES_PER_PAGE = 8 * 1024 * 1024

Filters = dict[str, Any]  # optional parameters of the queries; None: not given


@dataclass
class Room:
    """How much data a page may still take."""

    bytes: int


@dataclass(frozen=True)
class EventSearch:
    """What is asked for: of which runs, and which of their events."""

    run_filters: Filters
    event_filters: Filters
    limit: int
    after: EventKey | None

    def look(
        self, room: Room, conn: Connection, rows: int, place: EventKey | None, wanted: int
    ) -> ScanBatch[EventKey]:
        """One slice: the next runs that come into question, then their events; it takes room."""
        runs = queries.events.search_runs(
            conn,
            **self.run_filters,
            after_created_at=place and place.created_at,
            after_run_id=place and place.run_id,
            inclusive=place and place.event_id and True,
            slice=rows,
        ).fetchall()
        end = runs[-1] if runs and runs[-1]["is_end"] else None
        matching = [run for run in runs if run["matches"]]
        events = self._events(room, conn, matching, place, wanted)
        created_ats = {run["run_id"]: run["created_at"] for run in matching}
        for event in events:
            event["run_created_at"] = created_ats[event["run_id"]]
        room.bytes -= sum(event["bytes"] for event in events)
        return ScanBatch(
            events,
            EventKey(end["created_at"], end["run_id"]) if end else None,
            is_cut=bool(events) and (len(events) < events[0]["found"] or room.bytes <= 0),
        )

    def _events(
        self, room: Room, conn: Connection, runs: list[Row], place: EventKey | None, wanted: int
    ) -> list[Row]:
        """The events of these runs; of the run in which the place is, those behind it."""
        if not runs:
            return []
        if self.event_filters["pattern"] is not None:
            queries.transactions.allow_bitmap_scans(conn)
        begun = place if place and place.run_id == runs[0]["run_id"] else None
        return queries.events.search(
            conn,
            **self.event_filters,
            run_ids=[run["run_id"] for run in runs],
            received_ons=[str(run["received_on"]) for run in runs],
            after_timestamp=begun and begun.timestamp,
            after_event_id=begun and begun.event_id,
            row_limit=wanted,
            byte_limit=room.bytes,
        ).fetchall()


def search_events(walk: TimeBoundedScan, search: EventSearch) -> Page[EventKey]:
    """A page of events. Raises ApiError 504 where not even one run can be looked at in time."""
    look = partial(search.look, Room(BYTES_PER_PAGE))
    return walk.fill(look, search.after, search.limit, place_of)


def place_of(row: Row) -> EventKey:
    """Behind this event."""
    return EventKey(row["run_created_at"], row["run_id"], row["timestamp"], row["event_id"])


def pattern(text: str | None) -> str | None:
    r"""What LIKE is to find: the text as JSON writes it, each of its %, _ and \ itself."""
    if text is None:
        return None
    written = orjson.dumps(text).decode()[1:-1]
    for special in "\\%_":
        written = written.replace(special, "\\" + special)
    return f"%{written}%"

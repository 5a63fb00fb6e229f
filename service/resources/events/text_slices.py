"""Text is looked for in so many events at a time where whole runs are too much for a statement.

Text is the one filter that needs the data of events, which may be a gigabyte in one run. With an
index (sql/optional/search_text.sql) whole runs are faster; so they come first.
"""

from typing import Any, NamedTuple

from service.api.cursors import EventKey
from service.api.pagination.scan import FIRST_ROWS, MOST_ROWS
from service.db.queries import Connection, Row, queries

BYTES_PER_SLICE = 8 * 1024 * 1024  # as it is estimated: 90 MB where it is packed as well as can be
TEXT = {"data_pattern", "data_regex"}

Filters = dict[str, Any]  # optional parameters of the queries; None: absent


class Slice(NamedTuple):
    """Events in the order of the search, and whether they are all that the runs have left."""

    events: list[Row]
    is_last: bool


def in_slices(filters: Filters, rows: int, begun: EventKey | None) -> bool:
    """Whether to go on in slices: after a timeout, and in the middle of a run."""
    return bool(filters.keys() & TEXT) and (rows < FIRST_ROWS or begun is not None)


def next_slice(
    conn: Connection, runs: list[Row], filters: Filters, begun: EventKey | None, rows: int
) -> Slice:
    """The next events that pass all filters but the text; of the first run those after `begun`.

    Each slice walks all that the run has left. So it has many events, unless that timed out.
    """
    found = queries.events.search_slice(
        conn,
        **without_text(filters),
        **ids_of(runs),
        after_timestamp=begun and begun.timestamp,
        after_tie=begun and begun.tie,
        after_event_id=begun and begun.event_id,
        slice=rows if rows < FIRST_ROWS else MOST_ROWS,
        byte_limit=BYTES_PER_SLICE,
    ).fetchall()
    return Slice(found, not found or found[0]["events"] == len(found))


def without_text(filters: Filters) -> Filters:
    """The other filters."""
    return {name: value for name, value in filters.items() if name not in TEXT}


def ids_of(rows: list[Row]) -> dict[str, list[str]]:
    """The runs of rows, as the arrays that queries take."""
    return {
        "run_ids": [row["run_id"] for row in rows],
        "received_ons": [str(row["received_on"]) for row in rows],
    }


def key_of_event(row: Row, run: Row) -> EventKey:
    """The key of an event of a run."""
    return EventKey(run["started_at"], row["run_id"], row["timestamp"], row["tie"], row["event_id"])

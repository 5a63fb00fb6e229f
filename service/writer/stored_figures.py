"""What stored events count for, read again to change it."""

from collections.abc import Iterable
from datetime import UTC, date
from itertools import chain

from service.db.queries import Connection, Row, queries
from service.ingest.otlp.span import end_of
from service.ingest.rows import EventRow, parts_of
from service.writer.call_graph import AGENT_END, StoredSpan
from service.writer.run_changes import Rows, Runs
from service.writer.run_owner import RunState


def read_figures(conn: Connection, runs: Iterable[RunState]) -> dict[str, list[Row]]:
    """What all events of runs count for, by run."""
    found: dict[str, list[Row]] = {}
    days: dict[date, list[str]] = {}
    for run in runs:
        days.setdefault(run.received_on, []).append(run.run_id)
    for day, run_ids in days.items():
        add_figures(found, queries.events.figures_of_runs(conn, received_on=day, run_ids=run_ids))
    return found


def read_some_figures(conn: Connection, held: Runs, rows: Rows) -> dict[str, list[Row]]:
    """What the stored events with the ids of these rows count for, by run."""
    found: dict[str, list[Row]] = {}
    wanted = list(chain.from_iterable(rows.values()))
    add_figures(found, queries.events.figures(conn, **keys_of(wanted, held)))
    return found


def keys_of(rows: Iterable[EventRow], held: Runs) -> dict[str, list[str]]:
    """The keys of stored events as the arrays that queries take."""
    keys = [(str(held[row.run_id].received_on), row.run_id, row.event_id) for row in rows]
    return {
        "received_ons": [day for day, _, _ in keys],
        "run_ids": [run_id for _, run_id, _ in keys],
        "event_ids": [event_id for _, _, event_id in keys],
    }


def add_figures(found: dict[str, list[Row]], rows: Iterable[Row]) -> None:
    """Add rows of events/figures, figures_of_runs or enclosing to those of their runs."""
    for row in rows:
        found.setdefault(str(row["run_id"]), []).append(row)


def called_span(row: Row) -> str | None:
    """The id of the span of a stored call with usage; None for another event, and for the SDK's."""
    if not (row["is_repeat"] or row["tokens_in"] or row["tokens_out"] or row["cost"]):
        return None
    event_id = str(row["event_id"])
    if row["event_type"] != AGENT_END:
        return None if row["stamped_at_end"] else event_id
    start_id = str(row["previous_event_id"])
    return start_id if event_id == end_of(start_id) else None


def stored_span(row: Row) -> StoredSpan:
    """A stored span in the graph."""
    return StoredSpan(optional_text(row["parent_event_id"]), row["event_type"])


def optional_text(value: object) -> str | None:
    """An id as text, or None."""
    return None if value is None else str(value)


def stored_row(run: RunState, row: Row) -> EventRow:
    """A row of events/figures as what is added up, without data."""
    at, cost = row["timestamp"].astimezone(UTC), row["cost"]
    return EventRow(
        run_id=run.run_id,
        event_id=str(row["event_id"]),
        agent_name=row["agent_name"],
        event_type=row["event_type"],
        timestamp=at,
        timestamp_text=at.isoformat(),
        model=row["model"],
        tool=row["tool"],
        tokens_in=row["tokens_in"],
        tokens_out=row["tokens_out"],
        token_parts=parts_of(
            row["cached_tokens"], row["cache_write_tokens"], row["reasoning_tokens"]
        ),
        cost=None if cost is None else f"{cost:f}",
        cost_source=row["cost_source"],
        latency_us=row["latency_us"],
        stamped_at_end=row["stamped_at_end"],
        tie=row["tie"],
        is_error=row["is_error"],
        data=b"{}",
    )

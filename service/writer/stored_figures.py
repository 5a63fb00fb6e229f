"""What stored events count for, read again to change it."""

from collections.abc import Iterable
from datetime import UTC

from service.db.queries import Connection, Row, queries
from service.ingest.otlp.span import end_of
from service.ingest.rows import EventRow, parts_of
from service.writer.call_graph import AGENT_END, StoredSpan
from service.writer.run_owner import RunState


def read_figures(
    conn: Connection, asked: Iterable[tuple[RunState, list[str] | None]]
) -> list[list[Row]]:
    """What the events of each run count for: those with these ids; None: all."""
    with conn.pipeline():
        found = [
            queries.events.figures(
                conn, received_on=run.received_on, run_id=run.run_id, event_ids=event_ids
            )
            for run, event_ids in asked
        ]
    return [cursor.fetchall() for cursor in found]


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

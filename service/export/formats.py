"""How an export is written: NDJSON that goes in again as it is, and CSV (RFC 4180).

CSV is data, not a spreadsheet: a text that begins with = or @ stays as it is, since a quote in
front of it would be one that nobody sent. Who opens it in a spreadsheet imports it as text.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson

from service import json
from service.queries import Row

EVENT_FIELDS = (
    "run_id", "event_id", "run_name", "agent_name", "event_type", "timestamp",
    "parent_event_id", "previous_event_id", "data",
)  # fmt: skip
EVENT_COLUMNS = (
    "run_id", "event_id", "run_name", "agent_name", "event_type", "timestamp",
    "parent_event_id", "previous_event_id", "model", "tokens_in", "tokens_out", "cost",
    "latency_ms", "is_error", "data",
)  # fmt: skip
RUN_COLUMNS = (
    "run_id", "run_name", "agent_name", "environment", "status", "started_at", "last_event_at",
    "total_duration_ms", "total_cost", "tokens_in", "tokens_out", "event_count", "error_count",
    "metadata", "created_at", "updated_at",
)  # fmt: skip


def ndjson(pages: Iterable[list[Row]]) -> Iterator[bytes]:
    """A line for each event, and a last one without which the export is not whole."""
    events = 0
    for rows in pages:
        events += len(rows)
        yield b"".join(
            json.dumps({name: row[name] for name in EVENT_FIELDS}) + b"\n" for row in rows
        )
    yield json.dumps({"export": {"complete": True, "events": events}}) + b"\n"


def csv_lines(columns: tuple[str, ...], pages: Iterable[list[Row]]) -> Iterator[bytes]:
    """A header, and a line for each row."""
    yield lines([columns])
    for rows in pages:
        yield lines([cell(row[name]) for name in columns] for row in rows)


def lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as CSV, each ended by CRLF."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as text: times in UTC to the microsecond, truth as in JSON, nothing as nothing."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, orjson.Fragment) else value

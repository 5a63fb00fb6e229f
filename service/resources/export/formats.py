"""How an export is written: NDJSON that goes in again as it is, and CSV (RFC 4180).

A spreadsheet runs a cell that begins with = + - or @ as a formula, and names come from whoever may
send events: so in CSV such a text has an apostrophe in front, as OWASP advises (CSV injection). One
that began with apostrophes before such a sign gets one more: taking one off gives each text back.

Where little is wanted, a search for it may last for minutes, and what stands in between gives up a
connection that is silent for one. Nothing that could be sent meanwhile means nothing in both
formats. So the end of what was found is held back, and goes out byte by byte: an hour and more of
signs of life, or half an hour of CSV's header. NDJSON has spaces besides, in front of a line.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from time import monotonic
from typing import Any

import orjson

from service.db.queries import Row

# What is written, and packed, in one turn of a worker: some 3 ms. A page may be much more.
BYTES_PER_PART = 262_144
HELD_BYTES = 500
ALIVE_SECONDS = 10.0  # nginx and load balancers give up after 60 s of silence
SPACE = b" "  # in front of a line of JSON
# Some spreadsheets take the wide ones for the others.
FORMULA = re.compile("'*[=+\\-@＝＋－＠\t\r\n]").match
EVENT_FIELDS = (
    "run_id", "event_id", "run_name", "agent_name", "event_type", "timestamp",
    "parent_event_id", "previous_event_id", "data",
)  # fmt: skip
EVENT_COLUMNS = (
    "run_id", "event_id", "run_name", "agent_name", "event_type", "timestamp",
    "parent_event_id", "previous_event_id", "model", "tokens_in", "tokens_out", "cost",
    "cost_source", "latency_ms", "is_error", "data",
)  # fmt: skip
RUN_COLUMNS = (
    "run_id", "run_name", "agent_name", "environment", "status", "started_at", "last_event_at",
    "total_duration_ms", "total_cost", "tokens_in", "tokens_out", "event_count", "error_count",
    "metadata", "created_at", "updated_at",
)  # fmt: skip


def ndjson(pages: Iterable[list[Row]]) -> Iterator[bytes]:
    """A line for each event, and a last one without which the export is not whole."""
    return in_parts(event_lines(pages), SPACE)


def event_lines(pages: Iterable[list[Row]]) -> Iterator[bytes]:
    """The lines; an empty one where a page ends."""
    events = 0
    for row in rows_of(pages):
        if row is None:
            yield b""
            continue
        events += 1
        yield orjson.dumps({name: row[name] for name in EVENT_FIELDS}) + b"\n"
    yield orjson.dumps({"export": {"complete": True, "events": events}}) + b"\n"


def csv_lines(columns: tuple[str, ...], pages: Iterable[list[Row]]) -> Iterator[bytes]:
    """A header, and a line for each row."""
    write = csv.writer(Lines()).writerow
    lines = (
        b"" if row is None else write([cell(row[name]) for name in columns])
        for row in rows_of(pages)
    )
    return in_parts(chain([write(columns)], lines), b"")


def rows_of(pages: Iterable[list[Row]]) -> Iterator[Row | None]:
    """Row by row, None where a page ends.

    Nothing keeps a page while the next is fetched: two would be held.
    """
    for rows in pages:
        yield from rows
        del rows
        yield None


class Lines:
    """What a csv.writer writes to: writerow() returns what this does, a line ended by CRLF."""

    def write(self, line: str) -> bytes:
        """A line in UTF-8."""
        return line.encode()


def in_parts(lines: Iterable[bytes], filler: bytes) -> Iterator[bytes]:
    """The lines, some at a time; nothing where a page ends and there is not enough yet.

    Each of those is a moment to look whether anybody still waits. After ALIVE_SECONDS without a
    part comes what there is, a byte of what is held back, or `filler`.
    """
    part, since = bytearray(), monotonic()
    for line in lines:
        part += line
        is_full = len(part) >= BYTES_PER_PART
        if line and not is_full:
            continue
        if is_full or monotonic() - since >= ALIVE_SECONDS:
            size = max(1, len(part) - HELD_BYTES)
            yield bytes(part[:size]) or filler
            del part[:size]
            since = monotonic()
        else:
            yield b""
    yield bytes(part)


def cell(value: Any) -> Any:
    """A value as text: times in UTC to the microsecond, truth as in JSON, nothing as nothing."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, orjson.Fragment):
        return orjson.dumps(value).decode()
    return f"'{value}" if isinstance(value, str) and FORMULA(value) else value

"""The formats of an export: NDJSON that can be imported unchanged, and CSV (RFC 4180).

A spreadsheet runs a cell that begins with = + - or @ as a formula, and clients choose the names. So
CSV puts an apostrophe before such a text, as OWASP advises against CSV injection. A text that has
apostrophes before such a sign gets one more, so removing one restores each text.

An export with few matches may search for minutes, and proxies close a connection after a minute of
silence. Neither format has a neutral filler, so the stream holds back the end of its output and
sends it byte by byte as a heartbeat: for over an hour, or half an hour from the header of CSV.
NDJSON also sends spaces before a line.
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

# Bytes formatted and compressed before other greenlets run: about 3 ms. A page may be much more.
BYTES_PER_PART = 262_144
HELD_BYTES = 500
ALIVE_SECONDS = 10.0  # nginx and load balancers give up after 60 s of silence
SPACE = b" "  # in front of a line of JSON
# Some spreadsheets treat the full-width signs as the ASCII ones.
FORMULA = re.compile("'*[=+\\-@＝＋－＠\t\r\n]").match
EVENT_FIELDS = (
    "run_id", "event_id", "run_name", "agent_name", "event_type", "timestamp",
    "parent_event_id", "previous_event_id", "tie", "data",
)  # fmt: skip
EVENT_COLUMNS = (
    "run_id", "event_id", "run_name", "agent_name", "event_type", "timestamp",
    "parent_event_id", "previous_event_id", "model", "tokens_in", "tokens_out", "cost",
    "cost_source", "latency_ms", "is_error", "data", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens",
)  # fmt: skip
SCORE_FIELDS = (
    "run_id", "score_id", "event_id", "name", "kind", "value", "comment", "metadata", "source",
    "timestamp", "updated_at",
)  # fmt: skip
RUN_COLUMNS = (
    "run_id", "run_name", "agent_name", "environment", "status", "started_at", "ended_at",
    "last_event_at",
    "total_duration_ms", "total_cost", "tokens_in", "tokens_out", "event_count", "error_count",
    "session_id", "user_id", "tags", "version", "first_error",
    "metadata", "created_at", "updated_at", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens",
)  # fmt: skip


def ndjson(pages: Iterable[list[Row]], after: str | None = None) -> Iterator[bytes]:
    """One line per event and score, and a last line that marks the export as complete."""
    return in_parts(event_lines(pages, after), SPACE)


def event_lines(pages: Iterable[list[Row]], after: str | None) -> Iterator[bytes]:
    """Yield the lines, and an empty one at the end of a page.

    The last line says what the export went on `after`, by which an import tells whether lines
    before it are of the same one.
    """
    events = scores = 0
    for row in rows_of(pages):
        if row is None:
            yield b""
        elif "score_id" in row:
            scores += 1
            yield orjson.dumps({"score": {name: row[name] for name in SCORE_FIELDS}}) + b"\n"
        else:
            events += 1
            yield orjson.dumps({name: row[name] for name in EVENT_FIELDS}) + b"\n"
    also = {"scores": scores or None, "after": after}
    said = {name: value for name, value in also.items() if value is not None}
    yield orjson.dumps({"export": {"complete": True, "events": events, **said}}) + b"\n"


def csv_lines(columns: tuple[str, ...], pages: Iterable[list[Row]]) -> Iterator[bytes]:
    """A header, and one line per row."""
    write = csv.writer(Lines()).writerow
    lines = (
        b"" if row is None else write([cell(row[name]) for name in columns])
        for row in rows_of(pages)
    )
    return in_parts(chain([write(columns)], lines), b"")


def rows_of(pages: Iterable[list[Row]]) -> Iterator[Row | None]:
    """Yield the rows, and None at the end of a page.

    No variable keeps a page while the next is read, or two would be in memory.
    """
    for rows in pages:
        yield from rows
        del rows
        yield None


class Lines:
    """The file of a csv.writer: writerow() returns the encoded line, with CRLF."""

    def write(self, line: str) -> bytes:
        """Encode a line."""
        return line.encode()


def in_parts(lines: Iterable[bytes], filler: bytes) -> Iterator[bytes]:
    """Yield the lines in parts; an empty part at the end of a page without enough bytes.

    The caller checks at each part whether the client is connected. After ALIVE_SECONDS without a
    part, the heartbeat is the pending bytes, a held-back byte, or `filler`.
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
    """A value as text: times in UTC to the microsecond, booleans as in JSON, None as empty text."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (orjson.Fragment, list)):
        return orjson.dumps(value).decode()
    return f"'{value}" if isinstance(value, str) and FORMULA(value) else value

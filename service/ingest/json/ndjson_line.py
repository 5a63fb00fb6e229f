"""One line of NDJSON -> the row of its event. As a batch is read, but each line by itself."""

from typing import Any

import msgspec

from service.ingest.json.batch import BadBatch, read_events
from service.ingest.json.event import read_event
from service.ingest.json.fast_path import NotFastPath, read_usual
from service.ingest.json.fields import BadEvent
from service.ingest.rows import EventRow


def read_line(line: bytes, max_bytes: int, max_depth: int, ordinals: dict[str, int]) -> EventRow:
    """The row of an event; raise BadEvent for what cannot be stored.

    `ordinals` tell apart events without an id that are equal: those that it is given together with.
    """
    body = b'{"events":[' + line + b"]}"
    try:
        rows = read_usual(body, 1, max_bytes, max_depth)
    except NotFastPath:
        return read_event(only_event(line, body), max_bytes, max_depth, ordinals)
    check_one_value(line)
    return rows[0]


def only_event(line: bytes, body: bytes) -> Any:
    """The event as parsed; raise BadEvent when it is none, or not alone."""
    try:
        events = list(read_events(body))
    except BadBatch as error:
        raise BadEvent(None, "invalid_json", f"The line is not JSON: {error}") from None
    if len(events) == 1 and isinstance(events[0], BadEvent):
        raise events[0]
    check_one_value(line)
    return events[0]


def check_one_value(line: bytes) -> None:
    """Raise BadEvent for a line that is JSON only by what was put around it."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        raise BadEvent(None, "invalid_json", "The line is not one JSON object.") from None

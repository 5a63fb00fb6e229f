"""One event as it came -> the row it is stored as."""

import re
import uuid
from datetime import datetime
from typing import Any

import orjson

from service.core.validation import MAX_MODEL, MAX_NAME, tokens
from service.ingest.json import numbers
from service.ingest.json.fields import (
    MAX_ENVIRONMENT,
    MAX_EVENT_TYPE,
    BadEvent,
    missing,
    optional_name,
    optional_uuid,
    read_name,
    read_repeated_uuid,
    read_run_name,
    read_timestamp,
    read_uuid,
)
from service.ingest.rows import EventRow

# Of objects and lists within one another in `data`. A trace nests events 400 deep, which is 802
# levels of JSON, around the data of the innermost; Python's own parser fails at about 990, orjson
# at 1,024.
MAX_DEPTH = 64

# environment, model, tokens_in, tokens_out, cost, cost_source, latency_us, is_error
DataFields = tuple[
    str | None, str | None, int | None, int | None, str | None, str | None, int | None, bool
]
ID_NAMESPACE = uuid.UUID("6a7a0f51-5f0b-5a3c-9a54-0b8f4f7c6d11")
# orjson writes U+0000 as \u0000; an even number of backslashes before it would be text about it.
NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


def read_event(event: Any, max_bytes: int, max_depth: int, ordinals: dict[str, int]) -> EventRow:
    """Check one event and make its row; raise BadEvent for what cannot be stored."""
    if not isinstance(event, dict):
        raise BadEvent(None, "not_an_object", "An event is a JSON object.")
    data = event.get("data")
    if data is None:
        data = {}
    elif not isinstance(data, dict):
        raise BadEvent("data", "wrong_type", "`data` is a JSON object.")
    encoded = encode_data(data, max_bytes, max_depth)
    run_id = read_repeated_uuid(event, "run_id") or missing("run_id")
    event_type = read_name(event, "event_type", MAX_EVENT_TYPE) or missing("event_type")
    timestamp = read_timestamp(event)
    return EventRow(  # in the order of its fields: by name it takes 1.2 µs, so 0.4
        run_id,
        read_uuid(event, "event_id") or derive_id(run_id, timestamp, event_type, encoded, ordinals),
        read_name(event, "agent_name", MAX_NAME) or missing("agent_name"),
        event_type,
        timestamp,
        orjson.dumps(timestamp)[1:-1].decode(),  # isoformat() takes 3 times as long
        read_repeated_uuid(event, "parent_event_id") or optional_uuid(data, "parent_run_id"),
        read_repeated_uuid(event, "previous_event_id"),
        read_run_name(event),
        read_metadata(event_type, data),
        *data_fields(data),
        encoded,
    )


def data_fields(data: dict[str, Any]) -> DataFields:
    """The columns that are read out of `data`; a known key of the wrong type counts as absent."""
    get = data.get
    cost = numbers.cost(get("cost"))
    latency_us = numbers.latency_us(get("latency_ms"))
    if latency_us is None:
        latency_us = numbers.latency_us(get("duration_ms"))
    return (
        optional_name(data, "environment", MAX_ENVIRONMENT),
        optional_name(data, "model", MAX_MODEL),
        tokens(get("tokens_in")),
        tokens(get("tokens_out")),
        cost,
        None if cost is None else "client",
        latency_us,
        read_error(data),
    )


def encode_data(data: dict[str, Any], max_bytes: int, max_depth: int) -> bytes:
    """Write `data` as compact JSON that jsonb takes and every reader reads back."""
    try:
        encoded = numbers.dumps(data)
    except RecursionError:
        raise too_deep(max_depth) from None
    check_data(data, encoded, max_bytes, max_depth)
    return encoded


def check_data(data: dict[str, Any], encoded: bytes, max_bytes: int, max_depth: int) -> None:
    """Raise BadEvent for data that PostgreSQL would not store, or no reader read back."""
    if len(encoded) > max_bytes:
        raise BadEvent(
            "data",
            "event_too_large",
            f"`data` has {len(encoded)} bytes; the limit is {max_bytes}.",
        )
    # A single byte is found at once, six take 0.7 µs per KB, the regex 20.
    if b"\\" in encoded and b"\\u0000" in encoded and NUL_ESCAPE(encoded):
        raise BadEvent("data", "nul_character", "PostgreSQL stores no U+0000; leave it out.")
    # Brackets bound the depth from above, so the walk is needed for few events.
    if count(encoded, b"{") + count(encoded, b"[") > max_depth and depth(data) > max_depth:
        raise too_deep(max_depth)


def count(text: bytes, byte: bytes) -> int:
    """How often a byte occurs; bytes.count() goes byte by byte, 4 times as long for few."""
    return len(text) - len(text.replace(byte, b""))


def too_deep(limit: int) -> BadEvent:
    """The error for data that no reader could read back."""
    return BadEvent("data", "too_deep", f"`data` is nested deeper than {limit} levels.")


def depth(value: Any) -> int:
    """How many objects and arrays stand inside one another; no recursion, so no limit."""
    deepest, level = 0, [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        deepest += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return deepest


def read_metadata(event_type: str, data: dict[str, Any]) -> str | None:
    """`data.metadata` of an agent_start: should it be the run's root, it is the run's metadata."""
    metadata = data.get("metadata")
    if event_type != "agent_start" or not isinstance(metadata, dict):
        return None
    return numbers.dumps(metadata).decode()


def read_error(data: dict[str, Any]) -> bool:
    """Whether the event says that it failed: the three ways the SDK has."""
    output = data.get("output")
    return (
        data.get("status") == "error"
        or data.get("error") is not None
        or (isinstance(output, dict) and output.get("error") is not None)
    )


def derive_id(
    run_id: str, timestamp: datetime, event_type: str, data: bytes, ordinals: dict[str, int]
) -> str:
    """An id made of the event itself and its ordinal among equals: resending gives it again."""
    content = f"{run_id} {timestamp.isoformat()} {event_type} {data.decode()}"
    name = str(uuid.uuid5(ID_NAMESPACE, content))
    ordinal = ordinals[name] = ordinals.get(name, -1) + 1
    return str(uuid.uuid5(ID_NAMESPACE, f"{name} {ordinal}"))

"""One event as it came -> the row that is stored."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
import orjson
from msgspec import Raw, Struct

from service.core.validation import MAX_MODEL, MAX_NAME, shortened, to_uuid
from service.ingest.elements import NULL, Element, unreadable, without_depth
from service.ingest.error_fingerprint import fingerprint_of
from service.ingest.failure import is_error, is_failed
from service.ingest.json import numbers
from service.ingest.json.data import Data, Output, Span, read_data, read_run_fields
from service.ingest.json.error_said import error_in
from service.ingest.json.fields import (
    GENERATED_NAME,
    MAX_ENVIRONMENT,
    MAX_EVENT_TYPE,
    BadEvent,
    missing,
    optional_name,
    read_name,
    read_name_in_path,
    read_repeated_uuid,
    read_timestamp,
    read_uuid,
    tool_of,
)
from service.ingest.json.figures import read_figures, read_repeats
from service.ingest.masks import mask, unmask
from service.ingest.repairs import Repairs
from service.ingest.rows import EventRow
from service.ingest.text_repair import repaired

# Of objects and lists within one another in `data`. A trace nests events 400 deep, 802 levels of
# JSON, around the data of the innermost; Python's own parser fails at about 990, orjson at 1,024.
MAX_DEPTH = 64
ID_NAMESPACE = uuid.UUID("6a7a0f51-5f0b-5a3c-9a54-0b8f4f7c6d11")


class SentEvent(Struct, gc=False):
    """The fields that are read of an event; msgspec passes over all others."""

    run_id: str | None = None
    event_id: str | None = None
    agent_name: str | None = None
    event_type: str | None = None
    timestamp: str | None = None
    data: Raw = NULL
    run_name: str | None = None
    parent_event_id: str | None = None
    previous_event_id: str | None = None


TEXT_FIELDS = [name for name in SentEvent.__struct_fields__ if name != "data"]
decode_event = msgspec.json.Decoder(SentEvent).decode
decode_text = msgspec.json.Decoder(str | None).decode
decode_loosely: Callable[[Element], Any] = msgspec.json.Decoder(
    msgspec.defstruct("AnyEvent", [(name, Raw, NULL) for name in SentEvent.__struct_fields__])
).decode


def read_sent(element: Element, repairs: Repairs | None = None) -> SentEvent:
    """The fields of an event; raise BadEvent for what is no object, or no JSON.

    Numbers and texts that JSON cannot hold are repaired, where repairs can be noted.
    """
    try:
        return decode_within_depth(element)
    except (msgspec.MsgspecError, RecursionError):
        if repairs is not None:
            with suppress(msgspec.MsgspecError, RecursionError):
                return decode_within_depth(repaired(element, repairs))
    error = unreadable(element, "event")
    error.event_id = shown_id(element)
    raise error


def decode_within_depth(element: Element) -> SentEvent:
    """As decode_sent, also of what is nested deeper than msgspec can read."""
    try:
        return decode_sent(element)
    except RecursionError:
        return decode_sent(unmask(without_depth(mask(bytes(element)))))


def decode_sent(element: Element) -> SentEvent:
    """As read_sent, as far as msgspec can read it."""
    try:
        return decode_event(element)
    except msgspec.ValidationError:
        return read_loosely(element)


def read_loosely(element: Element) -> SentEvent:
    """An event in which a field has the wrong type: as False, which every field refuses."""
    try:
        found = decode_loosely(element)
    except msgspec.ValidationError:
        raise BadEvent(None, "not_an_object", "An event is a JSON object.") from None
    values: dict[str, Any] = {"data": found.data}
    for name in TEXT_FIELDS:
        try:
            values[name] = decode_text(getattr(found, name))
        except (msgspec.MsgspecError, UnicodeDecodeError):  # UnicodeDecodeError: it is masked
            values[name] = False
    return SentEvent(**values)


def shown_id(element: Element) -> str | None:
    """The id of an event that cannot be read, for the error; None where it has none."""
    try:
        return to_uuid(read_loosely(mask(bytes(element))).event_id)
    except (BadEvent, msgspec.MsgspecError, RecursionError):
        return None


def read_event(
    sent: SentEvent,
    max_bytes: int,
    max_depth: int,
    ordinals: dict[str, int],
    *,
    as_sent: bool = False,
    repairs: Repairs | None = None,
) -> EventRow:
    """Check an event and make its row; raise BadEvent for what cannot be stored.

    `ordinals` counts equal events without an id, so that each gets another id. With `as_sent` the
    bytes of `data` are stored as they came, where jsonb takes them. What is wrong beside the run,
    the agent, the type and the time is repaired, where repairs can be noted.
    """
    data, encoded = read_data(
        sent.data, max_bytes, max_depth, as_sent and sent.event_id is not None, repairs
    )
    run_id = read_repeated_uuid(sent.run_id, "run_id") or missing("run_id")
    event_type = read_name(sent.event_type, "event_type", MAX_EVENT_TYPE) or missing("event_type")
    timestamp = read_timestamp(sent.timestamp)
    span = None if data.otel is None else read_span(data)
    tokens_in, tokens_out, token_parts, cost = read_figures(data)
    latency_us = numbers.latency_us(data.latency_ms)
    if latency_us is None:
        latency_us = numbers.latency_us(data.duration_ms)
    error = error_in(encoded) if read_error(data) else None
    return EventRow(
        run_id=run_id,
        event_id=read_uuid(sent.event_id, "event_id")
        or derive_id(run_id, timestamp, event_type, encoded, ordinals),
        agent_name=read_path_name(sent.agent_name, "agent_name", repairs) or missing("agent_name"),
        event_type=event_type,
        timestamp=timestamp,
        timestamp_text=orjson.dumps(timestamp)[1:-1].decode(),  # isoformat() takes 3 times as long
        parent_event_id=read_link(sent.parent_event_id, "parent_event_id", repairs)
        or to_uuid(data.parent_run_id),
        awaits_parent=span is not None and span.parent_is_remote is not True,
        previous_event_id=read_link(sent.previous_event_id, "previous_event_id", repairs),
        run_name=read_run_name(sent.run_name, repairs),
        metadata=read_metadata(event_type, data),
        # Of `data`, a known key of the wrong type counts as absent.
        environment=optional_name(data.environment, MAX_ENVIRONMENT),
        run_fields=read_run_fields(data, error, repairs),
        model=optional_name(data.model, MAX_MODEL),
        tool=tool_of(event_type, data.tool_name, data.name),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        token_parts=token_parts,
        cost=cost,
        cost_source=None if cost is None else "client",
        latency_us=latency_us,
        stamped_at_end=event_type != "agent_start" and span is None,
        is_error=error is not None,
        error_fingerprint=fingerprint_of(error),
        data=encoded,
        repeats=None if data.counted is None else read_repeats(event_type, data),
    )


def read_link(value: str | bool | None, name: str, repairs: Repairs | None) -> str | None:
    """The id of another event; None without one, or where it cannot be read."""
    if value is None:
        return None
    try:
        return read_repeated_uuid(value, name)
    except BadEvent as problem:
        if repairs is None:
            raise
        repairs.add(problem, f"`{name}` is no UUID: the event is stored without it.")
        return None


def read_path_name(value: str | bool | None, name: str, repairs: Repairs | None) -> str | None:
    """A name that a URL can have in its path; an import keeps what was stored before, as it was."""
    return read_name(value, name, MAX_NAME) if repairs is None else read_name_in_path(value, name)


def read_run_name(value: str | bool | None, repairs: Repairs | None) -> str | None:
    """The name that the event requests for its run; None: the service names the run."""
    if value is None or (isinstance(value, str) and value.startswith(GENERATED_NAME)):
        return None
    try:
        return read_path_name(value, "run_name", repairs)
    except BadEvent as problem:
        if repairs is None:
            raise
        repairs.add(problem, "`run_name` was shortened to a name, or left out.")
        return shortened(value, MAX_NAME) if isinstance(value, str) else None


def read_metadata(event_type: str, data: Data) -> str | None:
    """`data.metadata` of an agent_start: if that is the run's root, the run's metadata."""
    if event_type != "agent_start":
        return None
    metadata = bytes(data.metadata)
    return metadata.decode() if metadata.startswith(b"{") else None


def read_span(data: Data) -> Span | None:
    """The span that the event is an export of, which is stamped when it begins."""
    span = data.otel
    return span if isinstance(span, Span) and span.span_id is not None else None


def read_error(data: Data) -> bool:
    """Whether the event failed, in any of the three ways in which the SDK writes it."""
    return (
        (data.status is not None and is_failed(data.status))
        or (data.error is not None and is_error(data.error))
        or (isinstance(data.output, Output) and is_error(data.output.error))
    )


def derive_id(
    run_id: str, timestamp: datetime, event_type: str, data: bytes, ordinals: dict[str, int]
) -> str:
    """An id made of the event itself and its ordinal among equals: the same when sent again."""
    content = f"{run_id} {timestamp.isoformat()} {event_type} {data.decode()}"
    name = str(uuid.uuid5(ID_NAMESPACE, content))
    ordinal = ordinals[name] = ordinals.get(name, -1) + 1
    return str(uuid.uuid5(ID_NAMESPACE, f"{name} {ordinal}"))

"""`data` of an event: checked, as the bytes that are stored."""

from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.ingest.elements import NULL, skip
from service.ingest.error_text import ErrorText
from service.ingest.json import numbers
from service.ingest.json.data_repair import MAX_CONTAINERS, NUL_ESCAPE, repaired, without_nul
from service.ingest.json.fields import BadEvent, invalid_number
from service.ingest.nesting import depth, steps_of
from service.ingest.repairs import Repairs
from service.ingest.run_fields import RunFields, fields_of, with_error

OBJECT = ord("{")
# Between tokens JSON allows them; in COPY's text format they end a column or a row.
CONTROLS = (b"\t", b"\n", b"\r")


class Output(Struct, gc=False):
    """What is read of an output."""

    error: Any = None


class Span(Struct, gc=False):
    """What is read of `otel`."""

    span_id: Any = None
    parent_is_remote: Any = None


class Data(Struct, gc=False):
    """What is read of `data`; msgspec passes over all else."""

    environment: Any = None
    model: Any = None
    tokens_in: Any = None
    tokens_out: Any = None
    cache_read_tokens: Any = None
    cached_tokens: Any = None  # the same by its name in answers
    cache_write_tokens: Any = None
    reasoning_tokens: Any = None
    cost: Any = None
    latency_ms: Any = None
    duration_ms: Any = None
    parent_run_id: Any = None
    tool_name: Any = None
    name: Any = None
    status: Any = None
    error: Any = None
    session_id: Any = None
    user_id: Any = None
    tags: Any = None
    version: Any = None
    output: Output | str | bool | int | float | list[Raw] | None = None
    otel: Span | str | bool | int | float | list[Raw] | None = None
    metadata: Raw = NULL
    counted: Any = None
    repeats: Any = None


decode_text = msgspec.json.Decoder(str).decode
decode_data = msgspec.json.Decoder(Data).decode
# Without whitespace between tokens; numbers keep their digits.
without_spaces = msgspec.json.format


def is_plain(text: bytes) -> bool:
    """Whether COPY takes each part of a JSON text as it came."""
    return not any(control in text for control in CONTROLS)


def read_data(
    sent: Raw, max_bytes: int, max_depth: int, as_sent: bool, repairs: Repairs | None
) -> tuple[Data, bytes]:
    """`data`, and the bytes to store: with `as_sent` those that were sent, where they can be.

    What cannot be stored is repaired; raise BadEvent where there is nothing to note repairs in.
    """
    encoded = bytes(sent)
    if encoded == b"null":
        return Data(), b"{}"
    try:
        if encoded[0] != OBJECT:
            raise BadEvent("data", "wrong_type", "`data` is a JSON object.")
        encoded = storable(encoded, max_bytes, max_depth, as_sent)
    except BadEvent as problem:
        if repairs is None:
            raise
        if problem.code == "nul_character":  # the rest was checked before
            encoded = storable(without_nul(encoded, repairs), max_bytes, max_depth, as_sent)
            return decode_data(encoded), encoded
        if problem.code == "wrong_type":
            encoded = as_object(encoded, repairs)
        encoded = repaired(encoded, max_bytes, max_depth, repairs)
    return decode_data(encoded), encoded


def as_object(encoded: bytes, repairs: Repairs) -> bytes:
    """An object in place of what is none: the one that a JSON text holds, else with the value."""
    with suppress(msgspec.MsgspecError, RecursionError):
        text = decode_text(encoded).strip()
        if text.startswith("{"):
            skip(text.encode())
            repairs.note("data", "wrong_type", "`data` is an object, and was sent as a JSON text.")
            return text.encode()
    text = "`data` is a JSON object; what was sent is its `value`."
    repairs.note("data", "wrong_type", text)
    return b'{"value":%b}' % encoded


def storable(encoded: bytes, max_bytes: int, max_depth: int, as_sent: bool) -> bytes:
    """The bytes to store of data as it came; raise BadEvent for what cannot be stored."""
    if not as_sent or len(encoded) > max_bytes:
        encoded = without_spaces(encoded, indent=-1)
        if len(encoded) > max_bytes:
            raise too_large(len(encoded), max_bytes)
    shapes = encoded.translate(numbers.SHAPES)
    if len(shapes) - len(shapes.replace(b"{", b"")) > max_depth:
        check_nesting(encoded, max_depth)
    try:
        if not numbers.is_storable(encoded, shapes):
            encoded = numbers.dumps(numbers.loads(encoded))
    except ValueError:
        raise invalid_number() from None
    check_encoded(encoded, max_bytes)
    return encoded


def check_encoded(encoded: bytes, max_bytes: int) -> None:
    """Raise BadEvent for data that PostgreSQL would not store."""
    if len(encoded) > max_bytes:
        raise too_large(len(encoded), max_bytes)
    # A single byte is found at once, six take 0.7 µs per KB, the regex 20.
    if b"\\" in encoded and b"\\u0000" in encoded and NUL_ESCAPE.search(encoded):
        raise BadEvent("data", "nul_character", "PostgreSQL stores no U+0000; leave it out.")


def check_nesting(encoded: bytes, max_depth: int) -> None:
    """Raise BadEvent for data that no reader could read back, or only at a high cost."""
    steps = steps_of(encoded)
    if len(steps) > 2 * MAX_CONTAINERS:
        text = f"`data` holds more than {MAX_CONTAINERS} lists and objects."
        raise BadEvent("data", "too_many_values", text)
    if depth(steps) > max_depth:
        raise too_deep(max_depth)


def too_large(size: int, limit: int) -> BadEvent:
    """The error for data over the size limit."""
    text = f"`data` has {size} bytes; the limit is {limit}."
    return BadEvent("data", "event_too_large", text)


def too_deep(limit: int) -> BadEvent:
    """The error for data that no reader could read back."""
    return BadEvent("data", "too_deep", f"`data` is nested deeper than {limit} levels.")


def read_run_fields(
    data: Data, error: ErrorText | None, repairs: Repairs | None
) -> RunFields | None:
    """What the event says of its run; None where that is nothing, as mostly."""
    found = fields_of(data.session_id, data.user_id, data.tags, data.version, repairs)
    return found if error is None else with_error(found, error)

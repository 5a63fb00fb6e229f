"""`data` of an event: checked, as the bytes that are stored."""

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.ingest.elements import NULL, has_more_values
from service.ingest.json import numbers
from service.ingest.json.fields import BadEvent, invalid_number
from service.ingest.nesting import depth, steps_of

OBJECT = ord("{")
MOST_TIMES_COMPACT = 2  # by which data shrinks: \uXXXX of six bytes is a character of up to three
BYTES_PER_VALUE = 16
MAX_CONTAINERS = 100_000  # lists and objects of one event: 30 ms to parse and write, and 7 MB
# Between tokens JSON allows them; in COPY's text format they end a column or a row.
CONTROLS = (b"\t", b"\n", b"\r")
# orjson writes U+0000 as \u0000; an even number of backslashes before it would be text about it.
NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


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
    cost: Any = None
    latency_ms: Any = None
    duration_ms: Any = None
    parent_run_id: Any = None
    status: Any = None
    error: Any = None
    output: Output | str | bool | int | float | list[Raw] | None = None
    otel: Span | str | bool | int | float | list[Raw] | None = None
    metadata: Raw = NULL


decode_data = msgspec.json.Decoder(Data).decode


def is_plain(text: bytes) -> bool:
    """Whether COPY takes each part of a JSON text as it came."""
    return not any(control in text for control in CONTROLS)


def read_data(sent: Raw, max_bytes: int, max_depth: int, as_sent: bool) -> tuple[Data, bytes]:
    """`data`, and the bytes to store: with `as_sent` those that were sent, where they can be."""
    encoded = bytes(sent)
    if encoded[0] != OBJECT:
        if encoded == b"null":
            return Data(), b"{}"
        raise BadEvent("data", "wrong_type", "`data` is a JSON object.")
    shapes = encoded.translate(numbers.SHAPES)
    if len(encoded) > max_bytes:
        check_sent(encoded, max_bytes)
    if len(shapes) - len(shapes.replace(b"{", b"")) > max_depth:
        check_nesting(encoded, max_depth)
    try:
        if not as_sent or len(encoded) > max_bytes or not numbers.is_storable(encoded, shapes):
            encoded = numbers.dumps(numbers.loads(encoded))
            check_encoded(encoded, max_bytes)
        elif b"\\u0000" in encoded:
            check_encoded(encoded, max_bytes)
        return decode_data(encoded), encoded
    except ValueError:
        raise invalid_number() from None


def check_sent(encoded: bytes, max_bytes: int) -> None:
    """Raise BadEvent for data over the limit that is still over it, or large in memory, if compact.

    Without its white space and escapes it may fit; parsing takes up to 30 times its size.
    """
    is_dense = has_more_values(encoded, max_bytes // BYTES_PER_VALUE)
    if len(encoded) > MOST_TIMES_COMPACT * max_bytes or is_dense:
        raise too_large(len(encoded), max_bytes)


def check_encoded(encoded: bytes, max_bytes: int) -> None:
    """Raise BadEvent for data that PostgreSQL would not store."""
    if len(encoded) > max_bytes:
        raise too_large(len(encoded), max_bytes)
    # A single byte is found at once, six take 0.7 µs per KB, the regex 20.
    if b"\\" in encoded and b"\\u0000" in encoded and NUL_ESCAPE(encoded):
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

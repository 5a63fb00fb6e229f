"""`data` of an event: checked, as the bytes that are stored."""

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.ingest.elements import NULL, has_more_values
from service.ingest.json import numbers
from service.ingest.json.fields import BadEvent, invalid_number

OBJECT = ord("{")
# Between tokens JSON allows them; in COPY's text format they end a column or a row.
CONTROLS = (b"\t", b"\n", b"\r")
# orjson writes U+0000 as \u0000; an even number of backslashes before it would be text about it.
NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


class Output(Struct, gc=False):
    """What is read of an output."""

    error: Any = None


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
    try:
        if not as_sent or len(encoded) > max_bytes or not numbers.is_storable(encoded, shapes):
            if has_more_values(encoded, max_bytes):
                raise too_large(encoded, max_bytes)
            encoded = encode_data(numbers.loads(encoded), max_bytes, max_depth)
        elif len(shapes) - len(shapes.replace(b"{", b"")) > max_depth or b"\\u0000" in encoded:
            check_data(numbers.loads(encoded), encoded, max_bytes, max_depth)
        return decode_data(encoded), encoded
    except RecursionError:
        raise too_deep(max_depth) from None
    except ValueError:
        raise invalid_number() from None


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
        raise too_large(encoded, max_bytes)
    # A single byte is found at once, six take 0.7 µs per KB, the regex 20.
    if b"\\" in encoded and b"\\u0000" in encoded and NUL_ESCAPE(encoded):
        raise BadEvent("data", "nul_character", "PostgreSQL stores no U+0000; leave it out.")
    # The brackets bound the depth from above, so few events need the exact count.
    if count(encoded, b"{") + count(encoded, b"[") > max_depth and depth(data) > max_depth:
        raise too_deep(max_depth)


def count(text: bytes, byte: bytes) -> int:
    """How often a byte occurs; bytes.count() goes byte by byte, 4 times as long for few."""
    return len(text) - len(text.replace(byte, b""))


def too_large(encoded: bytes, limit: int) -> BadEvent:
    """The error for data over the size limit."""
    text = f"`data` has {len(encoded)} bytes; the limit is {limit}."
    return BadEvent("data", "event_too_large", text)


def too_deep(limit: int) -> BadEvent:
    """The error for data that no reader could read back."""
    return BadEvent("data", "too_deep", f"`data` is nested deeper than {limit} levels.")


def depth(value: Any) -> int:
    """How many objects and arrays are nested; without recursion, so without a limit."""
    deepest, level = 0, [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        deepest += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return deepest

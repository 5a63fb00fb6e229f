"""Data that cannot be stored as it came -> what can be of it, its figures in any case."""

import json
import math
import re
from typing import Any

import msgspec
from msgspec import Raw

from service.ingest.cutting import FIGURES, SMALL_VALUE, within_bytes, within_depth
from service.ingest.elements import NULL, has_more_values
from service.ingest.json import numbers
from service.ingest.nesting import depth, outside_strings, steps_of
from service.ingest.repairs import REPLACEMENT, Repairs, note_numbers
from service.ingest.short_texts import with_short_texts

# Parsed, data takes up to 30 times its size: what is larger is first cut as bytes.
MOST_TIMES = 2
MANY_VALUES = 20_000  # of data that is to be cut: 6 ms for each look at all of them
MAX_CONTAINERS = 100_000  # lists and objects of one event: 30 ms to parse and write, and 7 MB
# U+0000 is always written as \u0000; an odd number of backslashes before it would be text about it.
NUL_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

decode_figures = msgspec.json.Decoder(
    msgspec.defstruct("Figures", [(name, Raw, NULL) for name in FIGURES])
).decode


def repaired(encoded: bytes, max_bytes: int, max_depth: int, repairs: Repairs) -> bytes:
    """An object that PostgreSQL stores and every reader reads back."""
    if len(encoded) > MOST_TIMES * max_bytes:
        note_cut(encoded, max_bytes, repairs)
        encoded = with_short_texts(encoded, max_bytes // 4)
    if len(encoded) > MOST_TIMES * max_bytes:
        return figures_of(encoded, repairs)
    is_dense = has_more_values(outside_strings(encoded), MANY_VALUES)
    if len(encoded) > max_bytes and is_dense:
        return figures_of(encoded, repairs)
    steps = steps_of(encoded)
    if len(steps) > 2 * MAX_CONTAINERS:
        return figures_of(encoded, repairs)
    try:
        data = numbers.loads(encoded)
    except ValueError:
        if is_dense:
            return figures_of(encoded, repairs)
        data = NumbersAsText(repairs).loads(encoded)
    if depth(steps) > max_depth:
        text = f"What is nested deeper than {max_depth} levels was cut."
        repairs.note("data", "too_deep", text)
        data = within_depth(data, max_depth)
    encoded = without_nul(numbers.dumps(data), repairs)
    if len(encoded) <= max_bytes:
        return encoded
    note_cut(encoded, max_bytes, repairs)
    return without_nul(within_bytes(data, max_bytes), repairs)


def note_cut(encoded: bytes, max_bytes: int, repairs: Repairs) -> None:
    """Note data that was cut because of its size."""
    text = f"`data` has {len(encoded)} bytes and the limit is {max_bytes}: it was cut."
    repairs.note("data", "event_too_large", text)


def figures_of(encoded: bytes, repairs: Repairs) -> bytes:
    """The figures alone of data with too many values to be read."""
    text = "`data` holds too many values: its figures are stored and all else was cut."
    repairs.note("data", "too_many_values", text)
    found = decode_figures(encoded)
    small = {name: bytes(getattr(found, name)) for name in FIGURES}
    kept = [
        b'"%b":%b' % (name.encode(), value)
        for name, value in small.items()
        if value != b"null" and len(value) <= SMALL_VALUE and is_storable_scalar(value)
    ]
    mark = b'"cut":"%d bytes"' % len(encoded)
    return without_nul(b"{" + b",".join([*kept, mark]) + b"}", repairs)


def is_storable_scalar(value: bytes) -> bool:
    """Whether jsonb takes a value as it came, and it is no list or object."""
    try:
        return value[:1] not in (b"{", b"[") and numbers.is_storable(
            value, value.translate(numbers.SHAPES)
        )
    except ValueError:
        return False


def without_nul(encoded: bytes, repairs: Repairs) -> bytes:
    """JSON with U+FFFD in place of U+0000, which PostgreSQL does not store."""
    if b"\\u0000" not in encoded:
        return encoded
    found = NUL_ESCAPE.sub(rb"\1" + REPLACEMENT, encoded)
    if found != encoded:
        repairs.note("data", "nul_character", "U+0000 is stored as U+FFFD.")
    return found


class NumbersAsText:
    """Reads JSON with numbers that no float holds as text."""

    def __init__(self, repairs: Repairs) -> None:
        self._repairs = repairs

    def loads(self, encoded: bytes) -> dict[str, Any]:
        """Read an object."""
        found: dict[str, Any] = json.loads(
            encoded, parse_float=self._read, parse_int=self._read_integer
        )
        return found

    def _read(self, written: str) -> float | str:
        value = float(written)
        if math.isfinite(value):
            return value
        note_numbers(self._repairs, "data")
        return written

    def _read_integer(self, written: str) -> int | str:
        try:
            return int(written)
        except ValueError:  # more than 4,300 digits
            note_numbers(self._repairs, "data")
            return written

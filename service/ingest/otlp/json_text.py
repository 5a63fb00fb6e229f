"""JSON as text in an attribute: instrumentations write messages, arguments and counts so."""

import json
import re
from typing import Any

import msgspec
import orjson

from service.ingest.elements import skip
from service.ingest.json import numbers
from service.ingest.json.data import is_plain
from service.ingest.nesting import count, depth, steps_of

CONTAINERS = ("{", "[")
NO_NUMBER = re.compile("NaN|Infinity").search
MAX_FIGURES = 16 * 1024  # characters
MAX_PARSED = 256 * 1024  # characters
MAX_CONTAINERS = 5_000  # of a JSON text that is parsed; its strings may count as several
MOST_CONTAINERS = 100_000  # of one that is checked alone
SPACES = bytes.maketrans(b"\t\n\r", b"   ")


def parsed(value: Any) -> Any:
    """The value of a JSON text; any other value, and one that is large, unchanged."""
    if not isinstance(value, str) or len(value) > MAX_PARSED:
        return value
    if value.count("{") + value.count("[") > MAX_CONTAINERS:
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def figures(value: Any) -> Any:
    """As parsed, also of a JSON text with NaN and infinities, as Python's json writes them."""
    found = parsed(value)
    if not isinstance(found, str) or not NO_NUMBER(found) or len(found) > MAX_FIGURES:
        return found
    try:
        return json.loads(found)
    except (ValueError, RecursionError):
        return value


def content_of(value: Any, max_depth: int) -> Any:
    """Content as it is stored: a JSON text of a list or an object as that, all else unchanged.

    A search finds what people read in it, and readers get messages in place of a text. It is
    checked and not parsed, so that its numbers keep their digits. A text that is nested too deep,
    or that PostgreSQL would not store as JSON, stays a text.
    """
    if not isinstance(value, str) or not value.startswith(CONTAINERS):
        return value
    text = value.encode()
    shapes = text.translate(numbers.SHAPES)
    try:
        skip(text)
        if not numbers.is_storable(text, shapes):
            return value
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return value
    containers = count(shapes, b"{")
    if containers > MOST_CONTAINERS:
        return value
    if containers > max_depth and depth(steps_of(text)) > max_depth:
        return value
    return orjson.Fragment(text if is_plain(text) else text.translate(SPACES))

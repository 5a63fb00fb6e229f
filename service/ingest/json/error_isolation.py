"""Parse the events of a body one by one, when a strict parser refuses the whole.

orjson takes all or nothing. But one lone surrogate (a text cut inside an emoji), one NaN or one
value nested 2,000 deep must cost its own event and no other, so the body is cut into its events
here, by brackets and quotes alone, and each is parsed by itself.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from service.ingest.json.fast_path import Event

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+|"', re.DOTALL)
OPENING, CLOSING = (b"{", b"["), (b"}", b"]")

FIELDS = frozenset(Event.__struct_fields__)
INVALID_TEXT = ("invalid_text", "The event holds half of a surrogate pair: no UTF-8 can write it.")
INVALID_NUMBER = ("invalid_number", "The event holds NaN, Infinity or a number beyond 1e308.")
TOO_DEEP = ("too_deep", "The event is nested too deep.")


class InvalidJSON(Exception):
    """A body that is no JSON, or no object with a list of events."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Parsed:
    """One event: its value, or why it has none as (code, message)."""

    value: Any
    problem: tuple[str, str] | None = None


def parse_events(body: bytes) -> Iterator[Parsed]:
    """Cut `body` into its events and parse each; raise InvalidJSON when it cannot be cut."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise InvalidJSON("invalid_json", "The body is not UTF-8.") from None
    spans, start, end = find_events(body)
    check_rest(body[:start] + b"[]" + body[end:])
    for first, last in spans:
        yield parse(body[first:last])


def check_rest(rest: bytes) -> None:
    """Raise InvalidJSON when what stands around the events is no JSON.

    Its values are passed over, as the usual way passes over them: a number may be beyond 1e308.
    """
    try:
        msgspec.json.decode(rest, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidJSON("invalid_json", f"The body is not JSON: {error}.") from None


def find_events(body: bytes) -> tuple[list[tuple[int, int]], int, int]:
    """Find where each element of the top-level `events` begins and ends, and the list itself.

    Raises InvalidJSON when brackets do not match or there is no such list.
    """
    found: tuple[list[tuple[int, int]], int, int] | None = None
    spans: list[tuple[int, int]] = []
    depth, start, element, key, previous = 0, -1, -1, b"", b""
    for match in TOKEN.finditer(body):
        token = match[0]
        if token == b'"':  # it never ends; going on would look for its end from each further quote
            raise InvalidJSON("invalid_json", "The body is not JSON: a text that never ends.")
        inside = start >= 0 and depth == 2
        if inside and token in (b",", b"]"):
            if element >= 0:
                spans.append((element, match.start()))
            elif token == b"," or spans:
                raise InvalidJSON("invalid_json", "The body is not JSON: a comma too many.")
            element = -1
            if token == b"]":
                found = (spans, start, match.end())
                start, spans = -1, []
        elif inside and element < 0:
            element = match.start()
        if token in OPENING:
            depth += 1
            if token == b"[" and depth == 2 and key == b'"events"' and previous == b":":
                start = match.start()
        elif token in CLOSING:
            depth -= 1
        elif token == b":" and depth == 1:
            key = previous
        previous = token
    if found is None or depth != 0:
        raise InvalidJSON("invalid_json", 'The body is no JSON object such as {"events": [{…}]}.')
    return found


def parse(source: bytes) -> Parsed:
    """Parse one event, strictly first, then to find out what is wrong with it."""
    try:
        value = json.loads(source, parse_constant=refuse_number, parse_float=finite)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        return Parsed(None, TOO_DEEP)
    except UnicodeEncodeError:
        return Parsed(value, INVALID_TEXT)
    except json.JSONDecodeError as error:
        return Parsed(None, ("invalid_json", f"The event is not JSON: {error}."))
    except (OverflowError, ValueError):  # ValueError: a whole number of over 4,300 digits
        rest = without_ignored(source)
        return Parsed(None, INVALID_NUMBER) if rest is None else parse(rest)
    return Parsed(value)


def without_ignored(source: bytes) -> bytes | None:
    """The event without the fields that are ignored; None where it has none, or is no JSON."""
    try:
        fields = msgspec.json.decode(source, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        return None
    kept = {name: value for name, value in fields.items() if name in FIELDS}
    return msgspec.json.encode(kept) if len(kept) < len(fields) else None


def finite(text: str) -> float:
    """A float that is one."""
    value = float(text)
    if not math.isfinite(value):
        raise OverflowError(text)
    return value


def refuse_number(text: str) -> float:
    """NaN, Infinity and -Infinity are no JSON."""
    raise OverflowError(text)

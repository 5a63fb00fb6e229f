"""What others write of OTLP/JSON (span, resource, scope, log record) -> as the decoder reads it.

The Collector reads enums by name, keys in snake_case and values of a type close by; so does this.
What is of the wrong type even so is left out.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Raw, ValidationError

from service.ingest.elements import ABSENT, has_more_values
from service.ingest.json import numbers
from service.ingest.otlp.json_lenient_values import (
    Sent,
    attributes_of,
    camel_case,
    objects,
    value_of,
    whole,
)
from service.ingest.otlp.json_messages import AnyValue, Event, Link, Resource, Scope, SpanMessage
from service.ingest.repairs import Repairs

MAX_VALUES = 100_000  # 30 ms to read and write, up to 35 MB
TIMES = ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "observedTimeUnixNano")
KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
CODES = ("UNSET", "OK", "ERROR")
LISTS = ("attributes", "events", "links")


def rewritten(text: bytes, repairs: Repairs) -> bytes:
    """Write the JSON of a message again; raise ValidationError for what cannot be."""
    if has_more_values(text, MAX_VALUES):
        raise ValidationError("a field is not of its type, and the message is too large to mend")
    found = {name: read_field(name, value) for name, value in raw_fields(text)}
    for time in TIMES:
        found[time] = whole(found.get(time))
    found["kind"] = enum(found.get("kind"), "SPAN_KIND_", KINDS)
    found["status"] = status_of(found.get("status"))
    found["attributes"] = attributes_of(found.get("attributes"), repairs)
    found["body"] = value_of(found.get("body"), repairs)
    for parts in ("events", "links"):
        found[parts] = [part_of(part, repairs) for part in objects(found.get(parts))]
    return numbers.dumps(found)


def reader(names: Iterable[str]) -> Callable[[bytes], Iterator[tuple[str, bytes]]]:
    """A function that reads an object's members of these names, in snake_case or camelCase.

    It yields names in camelCase and JSON. No other member is made: of a large text that would be
    many times its size.
    """
    spellings = list(dict.fromkeys([*names, *map(camel_case, names)]))
    members = [(name, Raw, ABSENT) for name in spellings]
    decode = msgspec.json.Decoder(msgspec.defstruct("Sent", members)).decode

    def read(text: bytes) -> Iterator[tuple[str, bytes]]:
        for name, value in zip(spellings, msgspec.structs.astuple(decode(text)), strict=True):
            if value is not ABSENT:
                yield camel_case(name), bytes(value)

    return read


LOG_RECORD = ["time_unix_nano", "observed_time_unix_nano", "event_name", "body"]
raw_fields = reader(
    LOG_RECORD + [name for of in (SpanMessage, Resource, Scope) for name in of.__struct_fields__]
)
raw_values = reader(AnyValue.__struct_fields__)
PART = {camel_case(name) for part in (Event, Link) for name in part.__struct_fields__}
raw_parts = reader(["code", "message", "high", "low"])  # of a status or a time


def read_field(name: str, text: bytes) -> Any:
    """A field of a message: all of a list that is read, and of an object what may be read."""
    if text.startswith(b"{"):
        if name == "body":
            return {kind: loads(value) for kind, value in raw_values(text)}
        return {part: scalar(value) for part, value in raw_parts(text)}
    return loads(text) if name in LISTS else scalar(text)


def scalar(text: bytes) -> Any:
    """A value that is no list or object; of these an empty one, which is of the wrong type too."""
    if text.startswith(b"{"):
        return {}
    return [] if text.startswith(b"[") else loads(text)


def loads(text: bytes) -> Any:
    """Parse JSON; a number that no float holds becomes its text, as it may stand in a double."""
    try:
        return numbers.loads(text)
    except ValueError:
        return json.loads(text, parse_float=float_or_text)


def float_or_text(text: str) -> float | str:
    """A float, or the text of a number beyond 1e308."""
    value = float(text)
    return text if math.isinf(value) else value


def part_of(sent: Sent, repairs: Repairs) -> Sent:
    """An event or a link."""
    part = {name: value for key, value in sent.items() if (name := camel_case(key)) in PART}
    part["attributes"] = attributes_of(part.get("attributes"), repairs)
    part["timeUnixNano"] = whole(part.get("timeUnixNano"))
    return part


def status_of(sent: Any) -> Sent | None:
    """How a span ended."""
    if not isinstance(sent, dict):
        return None
    return {**sent, "code": enum(sent.get("code"), "STATUS_CODE_", CODES)}


def enum(value: Any, prefix: str, names: tuple[str, ...]) -> Any:
    """The number of an enum that is written by name."""
    if isinstance(value, str) and value.removeprefix(prefix) in names:
        return names.index(value.removeprefix(prefix))
    return whole(value)

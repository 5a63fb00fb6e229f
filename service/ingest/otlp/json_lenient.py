"""What others write of OTLP/JSON (span, resource, scope, log record) -> as the decoder reads it.

The Collector reads enums by name, whole numbers as 12.0, "12.0" or 1.7e18, times as {low, high},
and keys in snake_case; so does this. What is of the wrong type even so is left out.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Raw, ValidationError

from service.ingest.elements import ABSENT, has_more_values
from service.ingest.json import numbers
from service.ingest.otlp.json_messages import (
    MAX_INT64,
    MIN_INT64,
    AnyValue,
    Event,
    Link,
    Resource,
    Scope,
    SpanMessage,
)
from service.ingest.repairs import Repairs

Sent = dict[str, Any]
MAX_VALUES = 100_000  # 30 ms to read and write, up to 35 MB
TIMES = ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "observedTimeUnixNano")
KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
CODES = ("UNSET", "OK", "ERROR")
WHOLE = re.compile(r"\s*(-?[0-9]{1,20})(?:\.0*)?\s*", re.ASCII).fullmatch
EXPONENT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?[eE]\+?[0-9]{1,2}", re.ASCII).fullmatch
UNDERSCORE = re.compile(r"_([a-z])").sub
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


def camel_case(name: str) -> str:
    """A name in camelCase."""
    return UNDERSCORE(lambda found: found[1].upper(), name)


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


def objects(value: Any) -> list[Sent]:
    """The objects of a list; none of anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


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


def whole(value: Any) -> Any:
    """A whole number, however it is written; anything else unchanged."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        high, low = value.get("high"), value.get("low")
        if isinstance(high, int) and isinstance(low, int):
            return (high & 0xFFFFFFFF) << 32 | low & 0xFFFFFFFF
    if isinstance(value, str):
        if found := WHOLE(value):
            return int(found[1])
        if EXPONENT(value) and float(value).is_integer():
            return int(float(value))
    return value


def attributes_of(sent: Any, repairs: Repairs) -> list[Sent]:
    """Attributes; one of the wrong type has no value, and one whose key is no text is left out."""
    # Protobuf's own encoders leave out an empty key.
    named = [pair for pair in objects(sent) if isinstance(pair.get("key") or "", str)]
    if sent is not None and not (isinstance(sent, list) and len(named) == len(sent)):
        text = "Attributes that are no list of keys and values were left out."
        repairs.note("attributes", "wrong_type", text)
    return [
        {"key": pair.get("key") or "", "value": value_of(pair.get("value"), repairs)}
        for pair in named
    ]


def value_of(sent: Any, repairs: Repairs) -> Sent | None:
    """A value of an attribute; None, and a warning, for one of the wrong type."""
    if not isinstance(sent, dict):
        return None
    for key, value in sent.items():
        read = VALUES.get(camel_case(key))
        if value is None or read is None:
            continue
        found = read(value, repairs)
        if found is not None:
            return found
        text = "An attribute whose value is not of its type was stored without it."
        repairs.note("attributes", "wrong_type", text)
    return None


def integer(value: Any, _: Repairs) -> Sent | None:
    """A whole number; as text where it has more than 64 bits."""
    number = whole(value)
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    fits = MIN_INT64 <= number <= MAX_INT64
    return {"intValue": number} if fits else {"stringValue": str(number)}


def boolean(value: Any, _: Repairs) -> Sent | None:
    """True or false, also as text."""
    found = {"true": True, "false": False}.get(value) if isinstance(value, str) else value
    return {"boolValue": found} if isinstance(found, bool) else None


def text(value: Any, _: Repairs) -> Sent | None:
    """A text; a number or a boolean as one."""
    if isinstance(value, (str, int, float)):
        return {"stringValue": value if isinstance(value, str) else str(value)}
    return None


def double(value: Any, _: Repairs) -> Sent | None:
    """A number, also as text."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        float(value)
    except (ValueError, OverflowError):
        return None
    return {"doubleValue": value}


def encoded(value: Any, _: Repairs) -> Sent | None:
    """Bytes in base64."""
    return {"bytesValue": value} if isinstance(value, str) else None


def items(value: Any, repairs: Repairs) -> Sent | None:
    """A list."""
    if not isinstance(value, dict):
        return None
    values = [value_of(item, repairs) or {} for item in objects(value.get("values"))]
    return {"arrayValue": {"values": values}}


def pairs(value: Any, repairs: Repairs) -> Sent | None:
    """Values by key."""
    if not isinstance(value, dict):
        return None
    return {"kvlistValue": {"values": attributes_of(value.get("values"), repairs)}}


VALUES = {
    "stringValue": text,
    "boolValue": boolean,
    "intValue": integer,
    "doubleValue": double,
    "arrayValue": items,
    "kvlistValue": pairs,
    "bytesValue": encoded,
}

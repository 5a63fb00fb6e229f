"""What others write of a value in OTLP/JSON -> as the decoder reads it.

A whole number may be 12.0, "12.0", 1.7e18 or {low, high}, a boolean or a number a text. What is of
the wrong type even so has no value, and a warning says so.
"""

import re
from typing import Any

from service.ingest.otlp.json_messages import MAX_INT64, MIN_INT64
from service.ingest.repairs import Repairs

Sent = dict[str, Any]
WHOLE = re.compile(r"\s*(-?[0-9]{1,20})(?:\.0*)?\s*", re.ASCII).fullmatch
EXPONENT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?[eE]\+?[0-9]{1,2}", re.ASCII).fullmatch
UNDERSCORE = re.compile(r"_([a-z])").sub


def camel_case(name: str) -> str:
    """A name in camelCase."""
    return UNDERSCORE(lambda found: found[1].upper(), name)


def objects(value: Any) -> list[Sent]:
    """The objects of a list; none of anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


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

"""The fields of OTLP/JSON: each as what it must be, else WrongType, and AnyValue as JSON has it.

64-bit numbers are text, or numbers all the same. What is null is not there.
"""

import binascii
from base64 import b64decode, b64encode
from typing import Any

from service.ingest.json.fields import BadEvent
from service.ingest.otlp.error_isolation import LONGEST_NUMBER
from service.ingest.otlp.protobuf_decoder import finite

INT64 = (-(2**63), 2**63 - 1)
UINT64 = (0, 2**64 - 1)
INT32 = (-(2**31), 2**31 - 1)
USUAL_ALPHABET = str.maketrans("-_", "+/")


class WrongType(Exception):
    """A field that holds what it must not."""


def read_attributes(holder: dict[str, Any]) -> dict[str, Any]:
    """The attributes of what has some; of a key that is there twice the last counts."""
    try:
        return read_pairs(objects(holder, "attributes"))
    except RecursionError:
        problem = "The attributes are nested too deep."
        raise BadEvent("attributes", "too_deep", problem) from None


def read_pairs(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """KeyValues by their key."""
    return {text(pair, "key"): read_value(an_object(pair, "value")) for pair in pairs}


def read_value(value: dict[str, Any]) -> Any:
    """An AnyValue as protobuf.read_value reads it."""
    for kind, held in value.items():
        if held is not None and kind in READERS:
            return READERS[kind](value, kind)
    return None


def double(holder: dict[str, Any], name: str) -> float:
    """A number, also as text: NaN is none in JSON."""
    value = holder[name]
    if type(value) not in (int, float, str):
        raise WrongType(f"`{name}` is a number")
    try:
        return finite(float(value))
    except (ValueError, OverflowError):
        raise WrongType(f"`{name}` is a number") from None


def array(holder: dict[str, Any], name: str) -> list[Any]:
    """An ArrayValue."""
    return [read_value(item) for item in objects(an_object(holder, name), "values")]


def key_values(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """A KeyValueList."""
    return read_pairs(objects(an_object(holder, name), "values"))


def base64(holder: dict[str, Any], name: str) -> str:
    """Bytes: base64 of either alphabet, padded or not; given in the usual one."""
    encoded = text(holder, name).rstrip("=").translate(USUAL_ALPHABET)
    try:
        decoded = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        return b64encode(decoded).decode()
    except (binascii.Error, ValueError):
        raise WrongType(f"`{name}` is base64") from None


def text(holder: dict[str, Any], name: str) -> str:
    """A text; empty where there is none."""
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WrongType(f"`{name}` is text")
    return value


def boolean(holder: dict[str, Any], name: str) -> bool:
    """True or false."""
    value = holder[name]
    if not isinstance(value, bool):
        raise WrongType(f"`{name}` is true or false")
    return value


def integer(holder: dict[str, Any], name: str, bounds: tuple[int, int]) -> int:
    """A whole number, also as text; 0 where there is none."""
    value = holder.get(name)
    if value is None:
        return 0
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and value.isascii():
        digits = value.removeprefix("-")
        value = int(value) if digits.isdigit() else None
    if type(value) is not int or not bounds[0] <= value <= bounds[1]:
        raise WrongType(f"`{name}` is a whole number")
    return value


def int64(holder: dict[str, Any], name: str) -> int:
    """A whole number of 64 bits."""
    return integer(holder, name, INT64)


def an_object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """A message; an empty one where there is none."""
    value = holder.get(name)
    return {} if value is None else as_object(value, f"`{name}`")


def objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of messages."""
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise WrongType(f"`{name}` is a list")
    for item in value:
        if not isinstance(item, dict):
            raise WrongType(f"`{name}` holds objects")
    return value


def as_object(value: Any, what: str) -> dict[str, Any]:
    """The value itself, which is a JSON object."""
    if not isinstance(value, dict):
        raise WrongType(f"{what} is an object")
    return value


READERS = {
    "stringValue": text,
    "boolValue": boolean,
    "intValue": int64,
    "doubleValue": double,
    "arrayValue": array,
    "kvlistValue": key_values,
    "bytesValue": base64,
}

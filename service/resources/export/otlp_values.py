"""Values as OTLP/JSON writes them."""

from typing import Any

import orjson

from service.db.queries import Row
from service.ingest.json import numbers

MAX_INT64 = 2**63 - 1
MOST_LEVELS = (
    16  # of lists and objects; what is deeper is JSON text, for readers nest four times it
)


def data_of(event: Row) -> dict[str, Any]:
    """The data of an event, parsed."""
    found = numbers.loads(orjson.dumps(event["data"]))
    return found if isinstance(found, dict) else {}


def attributes_of(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes; those without a value are left out."""
    return [
        {"key": key, "value": any_value(value)}
        for key, value in values.items()
        if value is not None
    ]


def any_value(value: Any, levels: int = MOST_LEVELS) -> dict[str, Any]:
    """An AnyValue; an integer that none holds is text."""
    if isinstance(value, list | dict):
        return nested(value, levels - 1) if levels else {"stringValue": json_text(value)}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue" if abs(value) <= MAX_INT64 else "stringValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {} if value is None else {"stringValue": value}


def nested(value: list[Any] | dict[str, Any], levels: int) -> dict[str, Any]:
    """A list or an object as AnyValue, with as many levels below it."""
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item, levels) for item in value]}}
    pairs = [{"key": key, "value": any_value(item, levels)} for key, item in value.items()]
    return {"kvlistValue": {"values": pairs}}


def json_text(value: Any) -> str:
    """A list or an object as JSON text."""
    return numbers.dumps(value).decode()


def text_of(value: Any) -> Any:
    """A list or an object as JSON text, any other value as it is."""
    return json_text(value) if isinstance(value, dict | list) else value

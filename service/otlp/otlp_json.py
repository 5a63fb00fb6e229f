"""ExportTraceServiceRequest in OTLP/JSON -> the same spans.

OTLP/JSON is not protobuf's canonical JSON: ids are hex where that has base64, and enums are
numbers. 64-bit numbers are text, or numbers all the same.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import orjson

from service.ingest.fields import BadEvent
from service.otlp.lenient import LONGEST_NUMBER, parse_leniently
from service.otlp.protobuf import finite
from service.otlp.span import Malformed, Origin, Span, TooManySpans

INT64 = (-(2**63), 2**63 - 1)
UINT64 = (0, 2**64 - 1)
INT32 = (-(2**31), 2**31 - 1)
USUAL_ALPHABET = str.maketrans("-_", "+/")
TOO_DEEP = BadEvent("attributes", "too_deep", "The attributes are nested too deep.")


class WrongType(Exception):
    """A field that holds what it must not."""


def read_json(body: bytes, max_spans: int, max_span_bytes: int) -> list[Span | BadEvent]:
    """Read each span, or why it cannot be read. Raises Malformed, TooManySpans."""
    del max_span_bytes  # as JSON it is parsed already; what is stored of it has the same limit
    try:
        return list(read_request(parse(body), max_spans))
    except WrongType as error:
        raise Malformed(str(error)) from None


def parse(body: bytes) -> Any:
    """Parse JSON. What cannot be parsed of a span is left to the span that has it."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        problem = str(error)
    try:
        return parse_leniently(body)
    except ValueError:
        raise Malformed(f"the body is not JSON: {problem}") from None


def read_request(document: Any, max_spans: int) -> Iterator[Span | BadEvent]:
    """Give each span with what it has in common with others."""
    groups = []
    for resource_spans in objects(as_object(document, "the body"), "resourceSpans"):
        for scope_spans in objects(resource_spans, "scopeSpans"):
            spans = scope_spans.get("spans") or []
            if not isinstance(spans, list):
                raise WrongType("`spans` is a list")
            groups.append((resource_spans, scope_spans, spans))
    if sum(len(spans) for _, _, spans in groups) > max_spans:
        raise TooManySpans(max_spans)
    for resource_spans, scope_spans, spans in groups:
        try:
            resource = read_attributes(an_object(resource_spans, "resource"))
            origin = Origin(resource, read_scope(an_object(scope_spans, "scope")))
        except BadEvent as error:
            yield from [error] * len(spans)
            continue
        for span in spans:
            yield read_span(span, origin)


def read_scope(scope: dict[str, Any]) -> dict[str, Any]:
    """The name, version and attributes of a scope."""
    found = {
        "name": text(scope, "name"),
        "version": text(scope, "version"),
        "attributes": read_attributes(scope),
    }
    return {name: value for name, value in found.items() if value}


def read_span(source: Any, origin: Origin) -> Span | BadEvent:
    """A span, or why it is none."""
    try:
        span = as_object(source, "a span")
        status = an_object(span, "status")
        return Span(
            text(span, "traceId").lower(),
            text(span, "spanId").lower(),
            text(span, "parentSpanId").lower(),
            text(span, "traceState"),
            text(span, "name"),
            integer(span, "kind", INT32),
            integer(span, "startTimeUnixNano", UINT64),
            integer(span, "endTimeUnixNano", UINT64),
            read_attributes(span),
            [
                {
                    "name": text(event, "name"),
                    "time_unix_nano": integer(event, "timeUnixNano", UINT64),
                    "attributes": read_attributes(event),
                }
                for event in objects(span, "events")
            ],
            [
                {
                    "trace_id": text(link, "traceId").lower(),
                    "span_id": text(link, "spanId").lower(),
                    "attributes": read_attributes(link),
                }
                for link in objects(span, "links")
            ],
            integer(status, "code", INT32),
            text(status, "message"),
            origin,
        )
    except WrongType as error:
        return BadEvent(None, "malformed", f"The span is none: {error}.", shown_id(source))
    except BadEvent as error:
        return BadEvent(error.field, error.code, str(error), shown_id(source))


def shown_id(span: Any) -> str | None:
    """The span's id for an error message."""
    found = span.get("spanId") if isinstance(span, dict) else None
    return found.lower() if isinstance(found, str) else None


def read_attributes(holder: dict[str, Any]) -> dict[str, Any]:
    """The attributes of what has some; of a key that is there twice the last counts."""
    try:
        return read_pairs(objects(holder, "attributes"))
    except RecursionError:
        raise TOO_DEEP from None


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

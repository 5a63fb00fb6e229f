"""ExportTraceServiceRequest in protobuf -> spans."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from operator import attrgetter
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from service.ingest.json.fields import BadEvent
from service.ingest.otlp.protobuf_wire import Range, find_spans
from service.ingest.otlp.span import Malformed, Origin, Span, event_of, link_of


def read_protobuf(body: bytes, max_spans: int, max_span_bytes: int) -> list[Span | BadEvent]:
    """Read each span, or why it cannot be read. Raises Malformed, TooManySpans."""
    try:
        return list(read_request(body, max_spans, max_span_bytes))
    except DecodeError as error:
        raise Malformed(f"a resource or scope is malformed: {error}") from None


def read_request(body: bytes, max_spans: int, max_bytes: int) -> Iterator[Span | BadEvent]:
    """Yield each span with the Origin that it shares with others."""
    for resource, scopes in find_spans(body, max_spans):
        attributes = read_resource(body, resource)
        for scope, spans in scopes:
            origin = read_origin(body, attributes, scope)
            if isinstance(origin, BadEvent):
                yield from [origin] * len(spans)
                continue
            for start, end in spans:
                yield read_span(body[start:end], origin, max_bytes)


def joined(body: bytes, parts: list[Range]) -> bytes:
    """The bytes of a message in several parts."""
    return b"".join(body[start:end] for start, end in parts)


def read_resource(body: bytes, parts: list[Range]) -> dict[str, Any] | BadEvent:
    """The attributes of a resource, or their error, which each of its spans has."""
    try:
        return read_attributes(Resource.FromString(joined(body, parts)).attributes)
    except BadEvent as error:
        return error


def read_origin(
    body: bytes, resource: dict[str, Any] | BadEvent, parts: list[Range]
) -> Origin | BadEvent:
    """The Origin of the spans of a scope, or the error that each of them has."""
    if isinstance(resource, BadEvent):
        return resource
    scope = InstrumentationScope.FromString(joined(body, parts))
    try:
        return Origin(resource, scope.name, scope.version, read_attributes(scope.attributes))
    except BadEvent as error:
        return error


def read_span(encoded: bytes, origin: Origin, max_bytes: int) -> Span | BadEvent:
    """A span, or why it is none."""
    if len(encoded) > max_bytes:
        # protobuf would build gigabytes of objects from 64 MB of empty attributes.
        text = f"The span has {len(encoded)} bytes; the limit is {max_bytes}."
        return BadEvent(None, "event_too_large", text)
    try:
        span = trace_pb2.Span.FromString(encoded)
    except DecodeError:
        text = "The span is malformed, nested too deep, or holds text that is not UTF-8."
        return BadEvent(None, "malformed", text)
    status = span.status
    try:
        return Span(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_span_id=span.parent_span_id.hex(),
            trace_state=span.trace_state,
            name=span.name,
            kind=span.kind,
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            attributes=read_attributes(span.attributes),
            events=[
                event_of(event.name, event.time_unix_nano, read_attributes(event.attributes))
                for event in span.events
            ],
            links=[
                link_of(link.trace_id.hex(), link.span_id.hex(), read_attributes(link.attributes))
                for link in span.links
            ],
            status_code=status.code,
            status_message=status.message,
            origin=origin,
        )
    except BadEvent as error:
        error.event_id = span.span_id.hex()
        return error


def read_attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes by key; of a key that is there twice the last counts.

    Most values are text, and `string_value` of all others is empty: this saves a third of the time.
    """
    return {pair.key: pair.value.string_value or read_value(pair.value) for pair in pairs}


def read_value(value: AnyValue) -> Any:
    """An AnyValue as a JSON value; bytes are base64. Raises BadEvent for NaN and Infinity."""
    read = READERS.get(value.WhichOneof("value"))
    return None if read is None else read(value)


def finite(number: float) -> float:
    """The number, which JSON can hold; raises BadEvent for NaN and Infinity."""
    if not isfinite(number):
        raise BadEvent("attributes", "invalid_number", "An attribute is NaN or Infinity.")
    return number


READERS: dict[str | None, Callable[[AnyValue], Any]] = {
    "string_value": attrgetter("string_value"),
    "bool_value": attrgetter("bool_value"),
    "int_value": attrgetter("int_value"),
    "double_value": lambda value: finite(value.double_value),
    "array_value": lambda value: [read_value(item) for item in value.array_value.values],
    "kvlist_value": lambda value: read_attributes(value.kvlist_value.values),
    "bytes_value": lambda value: b64encode(value.bytes_value).decode(),
}

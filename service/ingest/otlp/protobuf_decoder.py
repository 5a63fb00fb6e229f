"""ExportTraceServiceRequest in protobuf -> spans."""

from base64 import b64encode
from collections.abc import Callable, Collection, Iterator
from math import isfinite
from operator import attrgetter
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from service.ingest.json.fields import BadEvent
from service.ingest.otlp.origin import Origin, Service
from service.ingest.otlp.protobuf_wire import Range, find_spans
from service.ingest.otlp.span import Malformed, Span, event_of, link_of
from service.ingest.otlp.value_budget import CONTAINER, ValueBudget

Pairs = Collection[KeyValue]


def read_protobuf(body: bytes, max_spans: int, max_span_bytes: int) -> Iterator[Span | BadEvent]:
    """Yield each span, or why it cannot be read. Raises Malformed, TooManySpans."""
    budget = ValueBudget()
    try:
        for resource, scopes in find_spans(body, max_spans):
            service = read_service(joined(body, resource), budget, max_span_bytes)
            for scope, spans in scopes:
                origin = read_origin(service, joined(body, scope), budget, max_span_bytes)
                for start, end in spans:
                    if isinstance(origin, BadEvent):
                        yield origin
                    else:
                        yield read_span(body[start:end], origin, budget, max_span_bytes)
    except DecodeError as error:
        raise Malformed(f"a resource or scope is malformed: {error}") from None


def joined(body: bytes, parts: list[Range]) -> bytes:
    """The bytes of a message in several parts."""
    return b"".join(body[start:end] for start, end in parts)


def read_service(encoded: bytes, budget: ValueBudget, max_bytes: int) -> Service | BadEvent:
    """What a resource says, or its error, which each of its spans has."""
    try:
        begin(budget, "resource", encoded, max_bytes)
        return Service(read_attributes(Resource.FromString(encoded).attributes, budget))
    except BadEvent as error:
        return error


def read_origin(
    service: Service | BadEvent, encoded: bytes, budget: ValueBudget, max_bytes: int
) -> Origin | BadEvent:
    """The Origin of the spans of a scope, or the error that each of them has."""
    if isinstance(service, BadEvent):
        return service
    try:
        begin(budget, "scope", encoded, max_bytes)
        scope = InstrumentationScope.FromString(encoded)
        attributes = read_attributes(scope.attributes, budget)
        return Origin(service, scope.name, scope.version, attributes)
    except BadEvent as error:
        return error


def begin(budget: ValueBudget, what: str, encoded: bytes, max_bytes: int) -> None:
    """Check the size of a message before protobuf parses it: of 64 MB it would make gigabytes."""
    if len(encoded) > max_bytes:
        text = f"The {what} has {len(encoded)} bytes; the limit is {max_bytes}."
        raise BadEvent(None, "event_too_large", text)
    budget.begin(len(encoded))


def read_span(
    encoded: bytes, origin: Origin, budget: ValueBudget, max_bytes: int
) -> Span | BadEvent:
    """A span, or why it is none."""
    span = None
    try:
        begin(budget, "span", encoded, max_bytes)
        span = trace_pb2.Span.FromString(encoded)
        events, links, status = span.events, span.links, span.status
        if events or links:
            budget.take(CONTAINER * (len(events) + len(links)))
        return Span(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_span_id=span.parent_span_id.hex(),
            flags=span.flags,
            trace_state=span.trace_state,
            name=span.name,
            kind=span.kind,
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            attributes=read_attributes(span.attributes, budget),
            events=[read_event(event, budget) for event in events],
            links=[read_link(link, budget) for link in links],
            status_code=status.code,
            status_message=status.message,
            origin=origin,
        )
    except DecodeError:
        text = "The span is malformed, nested too deep, or holds text that is not UTF-8."
        return BadEvent(None, "malformed", text)
    except BadEvent as error:
        error.event_id = span and span.span_id.hex()
        return error


def read_event(event: trace_pb2.Span.Event, budget: ValueBudget) -> dict[str, Any]:
    """An event of a span."""
    return event_of(event.name, event.time_unix_nano, read_attributes(event.attributes, budget))


def read_link(link: trace_pb2.Span.Link, budget: ValueBudget) -> dict[str, Any]:
    """A link to another span."""
    ids = link.trace_id.hex(), link.span_id.hex()
    return link_of(*ids, read_attributes(link.attributes, budget))


def read_attributes(pairs: Pairs, budget: ValueBudget) -> dict[str, Any]:
    """Attributes by key; of a key that is there twice the last counts.

    Most values are text, and `string_value` of all others is empty: this saves a third of the time.
    """
    budget.take(len(pairs))
    return {pair.key: pair.value.string_value or read_value(pair.value, budget) for pair in pairs}


def read_value(value: AnyValue, budget: ValueBudget) -> Any:
    """An AnyValue as a JSON value; bytes are base64. Raises BadEvent for NaN and Infinity."""
    kind = value.WhichOneof("value")
    read = SCALARS.get(kind)
    if read is not None:
        return read(value)
    if kind == "array_value":
        items = value.array_value.values
        budget.take(CONTAINER + len(items))
        return [read_value(item, budget) for item in items]
    if kind == "kvlist_value":
        budget.take(CONTAINER)
        return read_attributes(value.kvlist_value.values, budget)
    return None


def finite(number: float) -> float:
    """The number, which JSON can hold; raises BadEvent for NaN and Infinity."""
    if not isfinite(number):
        raise BadEvent("attributes", "invalid_number", "An attribute is NaN or Infinity.")
    return number


SCALARS: dict[str | None, Callable[[AnyValue], Any]] = {
    "string_value": attrgetter("string_value"),
    "bool_value": attrgetter("bool_value"),
    "int_value": attrgetter("int_value"),
    "double_value": lambda value: finite(value.double_value),
    "bytes_value": lambda value: b64encode(value.bytes_value).decode(),
}

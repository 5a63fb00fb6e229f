"""ExportTraceServiceRequest in protobuf -> spans."""

from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from service.ingest.json.fields import BadEvent
from service.ingest.otlp.origin import Origin, Service
from service.ingest.otlp.protobuf_repair import CannotRepair, repaired
from service.ingest.otlp.protobuf_wire import Range, find_spans
from service.ingest.otlp.span import Span, event_of, has_remote_parent, link_of
from service.ingest.otlp.value_budget import CONTAINER, ValueBudget
from service.ingest.repairs import Repairs, number_of

Pairs = Collection[KeyValue]
Parts = Sequence[dict[str, Any]]
T = TypeVar("T")


def read_protobuf(
    body: bytes, max_spans: int, max_span_bytes: int, repairs: Repairs
) -> Iterator[Span | BadEvent]:
    """Yield each span, or why it cannot be read. Raises Malformed, TooManySpans."""
    budget = ValueBudget(repairs)
    for resource, scopes in find_spans(body, max_spans):
        service = read_service(joined(body, resource), budget, max_span_bytes)
        for scope, spans in scopes:
            origin = read_origin(service, joined(body, scope), budget, max_span_bytes)
            for start, end in spans:
                yield read_span(body[start:end], origin, budget, max_span_bytes)


def is_empty_protobuf(body: bytes) -> bool:
    """Whether a body without spans is a request, or nothing at all."""
    return not body or bool(find_spans(body, 1))


def joined(body: bytes, parts: list[Range]) -> bytes:
    """The bytes of a message in several parts."""
    return b"".join(body[start:end] for start, end in parts)


def read_service(encoded: bytes, budget: ValueBudget, max_bytes: int) -> Service:
    """What a resource says; nothing where it cannot be read."""
    try:
        resource = parse("resource", encoded, Resource.FromString, budget, max_bytes)
        return Service(read_attributes(resource.attributes, budget))
    except BadEvent as problem:
        budget.repairs.add(problem, f"A resource was left out: {problem}")
        return Service({})


def read_origin(service: Service, encoded: bytes, budget: ValueBudget, max_bytes: int) -> Origin:
    """What the spans of a scope share; without the scope where it cannot be read."""
    try:
        scope = parse("scope", encoded, InstrumentationScope.FromString, budget, max_bytes)
        attributes = read_attributes(scope.attributes, budget)
        return Origin(service, scope.name, scope.version, attributes)
    except BadEvent as problem:
        budget.repairs.add(problem, f"A scope was left out: {problem}")
        return Origin(service, None, None, {})


def parse(
    what: str, encoded: bytes, read: Callable[[bytes], T], budget: ValueBudget, max_bytes: int
) -> T:
    """Parse a message, repaired where protobuf refuses it; raise BadEvent where that fails.

    Its size is checked before: of 64 MB protobuf would make gigabytes.
    """
    budget.begin(len(encoded))
    try:
        if len(encoded) <= max_bytes:
            return read(encoded)
    except DecodeError:
        pass
    try:
        return read(repaired(encoded, what, max_bytes, budget))
    except (CannotRepair, DecodeError):
        budget.repairs.take()
    except BadEvent:
        budget.repairs.take()
        raise
    if len(encoded) > max_bytes:
        text = f"The {what} has {len(encoded)} bytes; the limit is {max_bytes}."
        raise BadEvent(None, "event_too_large", text)
    raise BadEvent(None, "malformed", f"The {what} is malformed.")


def read_span(
    encoded: bytes, origin: Origin, budget: ValueBudget, max_bytes: int
) -> Span | BadEvent:
    """A span, or why it is none."""
    span = None
    try:
        span = parse("span", encoded, trace_pb2.Span.FromString, budget, max_bytes)
        flags, kind, status = span.flags, span.kind, span.status
        events, links = read_events(span, budget)
        return Span(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_span_id=span.parent_span_id.hex(),
            is_remote=has_remote_parent(flags, kind),
            trace_state=span.trace_state,
            name=span.name,
            kind=kind,
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            attributes=read_attributes(span.attributes, budget),
            events=events,
            links=links,
            status_code=status.code,
            status_message=status.message,
            origin=origin,
        )
    except BadEvent as error:
        error.event_id = span and span.span_id.hex()
        return error


def read_events(span: trace_pb2.Span, budget: ValueBudget) -> tuple[Parts, Parts]:
    """The events and the links of a span, which most spans have none of."""
    events, links = span.events, span.links
    if not events and not links:
        return (), ()
    budget.take(CONTAINER * (len(events) + len(links)))
    return (
        [read_event(event, budget) for event in events],
        [read_link(link, budget) for link in links],
    )


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
    return {
        pair.key: (value := pair.value).string_value or read_value(value, budget) for pair in pairs
    }


def read_value(value: AnyValue, budget: ValueBudget) -> Any:
    """An AnyValue as a JSON value; bytes are base64, NaN and infinities are text."""
    kind = value.WhichOneof("value")
    read = SCALARS.get(kind)
    if read is not None:
        return read(value)
    if kind == "double_value":
        return number_of(value.double_value, budget.repairs)
    if kind == "array_value":
        items = value.array_value.values
        budget.take(CONTAINER + len(items))
        return [read_value(item, budget) for item in items]
    if kind == "kvlist_value":
        budget.take(CONTAINER)
        return read_attributes(value.kvlist_value.values, budget)
    return None


SCALARS: dict[str | None, Callable[[AnyValue], Any]] = {
    "string_value": attrgetter("string_value"),
    "bool_value": attrgetter("bool_value"),
    "int_value": attrgetter("int_value"),
    "bytes_value": lambda value: b64encode(value.bytes_value).decode(),
}

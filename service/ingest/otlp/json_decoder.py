"""ExportTraceServiceRequest in OTLP/JSON -> spans.

Nearly always the whole body is read in one pass. Otherwise its spans are cut out and each is read
by itself, so that a bad span costs itself alone.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from service.core.cooperative import Pacer
from service.ingest.elements import Element, cut, has_more_values, is_sparse, mask, unreadable
from service.ingest.json.fields import BadEvent
from service.ingest.nesting import outside_strings
from service.ingest.otlp.json_messages import (
    Event,
    Link,
    Request,
    Resource,
    Scope,
    SpanLists,
    SpanMessage,
)
from service.ingest.otlp.json_values import read_attributes
from service.ingest.otlp.origin import Origin, Service, too_deep
from service.ingest.otlp.protobuf_wire import FIELDS_PER_SPAN, SOME_FIELDS
from service.ingest.otlp.span import Malformed, Span, TooManySpans, event_of, link_of

T = TypeVar("T")
MAX_UINT64 = 2**64 - 1
MAX_TOKENS = 100_000  # commas and brackets of a span's attributes, events or links: 30 ms to read
SentSpan = SpanMessage | Element
Group = tuple[Origin | BadEvent, Sequence[SentSpan]]

decode_request = msgspec.json.Decoder(Request, strict=False).decode
decode_resource = msgspec.json.Decoder(Resource | None, strict=False).decode
decode_scope = msgspec.json.Decoder(Scope | None, strict=False).decode
decode_span = msgspec.json.Decoder(SpanMessage, strict=False).decode
decode_lists = msgspec.json.Decoder(SpanLists | None).decode


def read_json(body: bytes, max_spans: int, max_span_bytes: int) -> Iterator[Span | BadEvent]:
    """Yield each span, or why it cannot be read. Raises Malformed, TooManySpans."""
    try:
        if not body.isascii():
            body.decode()  # msgspec does not check the UTF-8 of fields that it skips
        groups = read_groups(body, max_span_bytes)
        if groups is None:
            groups = cut_groups(body, max_spans, max_span_bytes)
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(str(error)) from None
    if sum(len(spans) for _, spans in groups) > max_spans:
        raise TooManySpans(max_spans)
    for origin, spans in groups:
        for span in spans:
            if isinstance(origin, BadEvent):
                yield origin
            else:
                yield read_span(span, origin, max_span_bytes)


def read_groups(body: bytes, max_span_bytes: int) -> list[Group] | None:
    """The spans of each resource and scope; None where they have to be read one by one."""
    try:
        if not is_sparse(body, max_span_bytes):
            return None
        request = decode_request(body)
    except (msgspec.MsgspecError, RecursionError):
        return None
    groups: list[Group] = []
    for resource_spans in request.resource_spans or ():
        service = read_service(resource_spans.resource)
        groups += [
            (read_origin(service, scope_spans.scope), scope_spans.spans)
            for scope_spans in resource_spans.scope_spans or ()
            if scope_spans.spans
        ]
    return groups


def cut_groups(body: bytes, max_spans: int, max_bytes: int) -> list[Group]:
    """The spans of each resource and scope, not parsed. Raises TooManySpans."""
    groups: list[Group] = []
    left, pacer = FIELDS_PER_SPAN * max_spans + SOME_FIELDS, Pacer()

    def parts(text: Element, name: str, beside: str = "") -> tuple[list[Element], Element]:
        nonlocal left
        pacer.pause()
        found = cut(text, name, max_spans + 1, beside)
        elements = found.elements or []
        left -= len(elements)
        if left < 0 or len(elements) > max_spans:
            raise TooManySpans(max_spans)
        return elements, found.beside

    for resource_spans in parts(body, "resourceSpans")[0]:
        scopes, resource = parts(resource_spans, "scopeSpans", "resource")
        service = cut_service(resource, max_bytes)
        for scope_spans in scopes:
            spans, scope = parts(scope_spans, "spans", "scope")
            origin = cut_origin(service, scope, max_bytes)
            groups.append((origin, spans))
    return groups


def decode_part(sent: Element, decode: Callable[[Element], T], max_bytes: int) -> T:
    """A message that was cut out. Raises ValidationError, or BadEvent where it cannot be stored."""
    try:
        if len(sent) > MAX_TOKENS:
            check_values(sent, max_bytes)
        return decode(sent)
    except msgspec.ValidationError:
        raise
    except msgspec.MsgspecError:
        raise unreadable(sent, "span") from None


def check_values(sent: Element, max_bytes: int) -> None:
    """Raise BadEvent for a message with very many values, before they are made."""
    lists = decode_lists(sent)
    for values in (lists.attributes, lists.events, lists.links) if lists else ():
        if has_more_values(values, max_bytes):
            text = f"The span has {len(values)} bytes; the limit is {max_bytes}."
            raise BadEvent(None, "event_too_large", text)
        if has_more_values(values, MAX_TOKENS) and has_more_values(
            outside_strings(bytes(values)), MAX_TOKENS
        ):
            raise BadEvent("attributes", "too_many_values", "The span holds too many values.")


def cut_service(sent: Element, max_bytes: int) -> Service | BadEvent:
    """As read_service, of a resource that was cut out."""
    try:
        return read_service(decode_part(sent, decode_resource, max_bytes))
    except BadEvent as error:
        return error


def cut_origin(service: Service | BadEvent, sent: Element, max_bytes: int) -> Origin | BadEvent:
    """As read_origin, of a scope that was cut out."""
    try:
        return read_origin(service, decode_part(sent, decode_scope, max_bytes))
    except BadEvent as error:
        return error


def read_service(resource: Resource | None) -> Service | BadEvent:
    """What a resource says, or why it cannot be stored."""
    try:
        return Service(read_attributes(resource.attributes) if resource else {})
    except BadEvent as error:
        return error
    except RecursionError:
        return too_deep()


def read_origin(service: Service | BadEvent, scope: Scope | None) -> Origin | BadEvent:
    """What the spans of a scope have in common, or why it cannot be stored."""
    if isinstance(service, BadEvent):
        return service
    try:
        if scope is None:
            return Origin(service, None, None, {})
        return Origin(service, scope.name, scope.version, read_attributes(scope.attributes))
    except BadEvent as error:
        return error
    except RecursionError:
        return too_deep()


def read_span(sent: SentSpan, origin: Origin, max_bytes: int) -> Span | BadEvent:
    """A span, or why it is none."""
    try:
        span = sent if isinstance(sent, SpanMessage) else decode_part(sent, decode_span, max_bytes)
        return make_span(span, origin)
    except msgspec.ValidationError as problem:
        error = BadEvent(None, "malformed", f"The span is malformed: {problem}.")
    except BadEvent as problem:
        error = problem
    except RecursionError:
        error = too_deep()
    error.event_id = shown_id(sent)
    return error


def make_span(span: SpanMessage, origin: Origin) -> Span:
    """A span of its message."""
    status = span.status
    start_ns, end_ns = span.start_time_unix_nano or 0, span.end_time_unix_nano or 0
    if end_ns > MAX_UINT64 or start_ns > MAX_UINT64:
        raise msgspec.ValidationError("times must be integers of 64 bits")
    return Span(
        trace_id=(span.trace_id or "").lower(),
        span_id=(span.span_id or "").lower(),
        parent_span_id=(span.parent_span_id or "").lower(),
        flags=span.flags or 0,
        trace_state=span.trace_state or "",
        name=span.name or "",
        kind=span.kind or 0,
        start_ns=start_ns,
        end_ns=end_ns,
        attributes=read_attributes(span.attributes),
        events=[read_event(event) for event in span.events] if span.events else (),
        links=[read_link(link) for link in span.links] if span.links else (),
        status_code=(status and status.code) or 0,
        status_message=(status and status.message) or "",
        origin=origin,
    )


def read_event(event: Event) -> dict[str, Any]:
    """An event of a span."""
    attributes = read_attributes(event.attributes)
    return event_of(event.name or "", event.time_unix_nano or 0, attributes)


def read_link(link: Link) -> dict[str, Any]:
    """A link to another span."""
    ids = (link.trace_id or "").lower(), (link.span_id or "").lower()
    return link_of(*ids, read_attributes(link.attributes))


def shown_id(sent: SentSpan) -> str | None:
    """The span's id for an error message."""
    try:
        span = sent if isinstance(sent, SpanMessage) else decode_lists(mask(bytes(sent)))
        return span.span_id.lower() if span and span.span_id else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

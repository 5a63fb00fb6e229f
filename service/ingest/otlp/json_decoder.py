"""ExportTraceServiceRequest in OTLP/JSON -> spans.

Nearly always the whole body is read in one pass. Otherwise its spans are cut out and each is read
by itself, so that a bad span costs itself alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from service.core.cooperative import Pacer
from service.ingest.elements import Cut, Element, cut_masked, is_sparse
from service.ingest.json.batch import utf8_of
from service.ingest.json.fields import BadEvent
from service.ingest.masks import mask
from service.ingest.otlp.json_messages import (
    EmptyRequest,
    Event,
    Link,
    Request,
    SpanMessage,
)
from service.ingest.otlp.json_origin import cut_origin, cut_service, read_origin, read_service
from service.ingest.otlp.json_parts import SNAKE_CASE, decode_lists, decode_mended, decode_part
from service.ingest.otlp.json_values import read_attributes
from service.ingest.otlp.origin import Origin, too_deep
from service.ingest.otlp.protobuf_wire import FIELDS_PER_SPAN, SOME_FIELDS
from service.ingest.otlp.span import (
    Malformed,
    Span,
    TooManySpans,
    event_of,
    has_remote_parent,
    link_of,
)
from service.ingest.repairs import Repairs, note_text

T = TypeVar("T")
MAX_UINT64 = 2**64 - 1
SentSpan = SpanMessage | Element
Group = tuple[Origin, Sequence[SentSpan]]

decode_empty = msgspec.json.Decoder(EmptyRequest).decode
decode_request = msgspec.json.Decoder(Request, strict=False).decode
decode_span = msgspec.json.Decoder(SpanMessage, strict=False).decode


def read_json(
    body: bytes, max_spans: int, max_span_bytes: int, repairs: Repairs
) -> Iterator[Span | BadEvent]:
    """Yield each span, or why it cannot be read. Raises Malformed, TooManySpans."""
    body, mark = utf8_of(body)
    try:
        groups = None if SNAKE_CASE in body else read_groups(body, max_span_bytes, repairs)
        if groups is None:
            groups = cut_groups(body, max_spans, max_span_bytes, repairs)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(str(error)) from None
    if mark:
        note_text(repairs, None)
    if sum(len(spans) for _, spans in groups) > max_spans:
        raise TooManySpans(max_spans)
    del body  # large, and of no more use
    for origin, spans in groups:
        for span in spans:
            yield read_span(span, origin, max_span_bytes, repairs)


def is_empty_json(body: bytes) -> bool:
    """Whether a body without spans has none by any other name either."""
    try:
        decode_empty(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return True


def read_groups(body: bytes, max_span_bytes: int, repairs: Repairs) -> list[Group] | None:
    """The spans of each resource and scope; None where they have to be read one by one."""
    try:
        if not is_sparse(body, max_span_bytes):
            return None
        request = decode_request(body)
    except (msgspec.MsgspecError, RecursionError):
        return None
    groups: list[Group] = []
    for resource_spans in request.resource_spans or ():
        service = read_service(resource_spans.resource, repairs)
        groups += [
            (read_origin(service, scope_spans.scope, repairs), scope_spans.spans)
            for scope_spans in resource_spans.scope_spans or ()
            if scope_spans.spans
        ]
    return groups


def cut_groups(body: bytes, max_spans: int, max_bytes: int, repairs: Repairs) -> list[Group]:
    """The spans of each resource and scope, not parsed. Raises TooManySpans."""
    groups: list[Group] = []
    left, pacer = FIELDS_PER_SPAN * max_spans + SOME_FIELDS, Pacer()

    def parts(text: Element, is_masked: bool, name: str, beside: str = "") -> Cut:
        nonlocal left
        pacer.pause()
        found = cut_masked(text, name, max_spans + 1, beside, is_masked)
        left -= len(found.elements or ())
        if left < 0 or len(found.elements or ()) > max_spans:
            raise TooManySpans(max_spans)
        return found

    resources = parts(body, False, "resourceSpans")
    for resource_spans in resources.elements or ():
        scopes = parts(resource_spans, resources.is_masked, "scopeSpans", "resource")
        service = cut_service(scopes.plain_beside, max_bytes, repairs)
        for scope_spans in scopes.elements or ():
            spans = parts(scope_spans, scopes.is_masked, "spans", "scope").unmasked()
            origin = cut_origin(service, spans.beside, max_bytes, repairs)
            groups.append((origin, spans.elements or ()))
    return groups


def read_span(sent: SentSpan, origin: Origin, max_bytes: int, repairs: Repairs) -> Span | BadEvent:
    """A span, or why it is none."""
    try:
        message = sent
        if not isinstance(message, SpanMessage):
            message = decode_part(message, decode_span, max_bytes, repairs)
        with suppress(msgspec.ValidationError):
            return make_span(message, origin, repairs)
        text = msgspec.json.encode(message)
        return make_span(decode_mended(text, decode_span, repairs), origin, repairs)
    except msgspec.ValidationError as problem:
        error = BadEvent(None, "malformed", f"The span is malformed: {problem}.")
    except BadEvent as problem:
        error = problem
    except RecursionError:
        error = too_deep()
    repairs.take()
    error.event_id = shown_id(sent)
    return error


def make_span(span: SpanMessage, origin: Origin, repairs: Repairs) -> Span:
    """A span of its message."""
    status = span.status
    start_ns, end_ns = span.start_time_unix_nano or 0, span.end_time_unix_nano or 0
    if end_ns > MAX_UINT64 or start_ns > MAX_UINT64:
        raise msgspec.ValidationError("times must be integers of 64 bits")
    return Span(
        trace_id=(span.trace_id or "").lower(),
        span_id=(span.span_id or "").lower(),
        parent_span_id=(span.parent_span_id or "").lower(),
        is_remote=has_remote_parent(span.flags or 0, span.kind or 0),
        trace_state=span.trace_state or "",
        name=span.name or "",
        kind=span.kind or 0,
        start_ns=start_ns,
        end_ns=end_ns,
        attributes=read_attributes(span.attributes, repairs),
        events=[read_event(event, repairs) for event in span.events] if span.events else (),
        links=[read_link(link, repairs) for link in span.links] if span.links else (),
        status_code=(status and status.code) or 0,
        status_message=(status and status.message) or "",
        origin=origin,
    )


def read_event(event: Event, repairs: Repairs) -> dict[str, Any]:
    """An event of a span."""
    attributes = read_attributes(event.attributes, repairs)
    return event_of(event.name or "", event.time_unix_nano or 0, attributes)


def read_link(link: Link, repairs: Repairs) -> dict[str, Any]:
    """A link to another span."""
    ids = (link.trace_id or "").lower(), (link.span_id or "").lower()
    return link_of(*ids, read_attributes(link.attributes, repairs))


def shown_id(sent: SentSpan) -> str | None:
    """The span's id for an error message."""
    try:
        span = sent if isinstance(sent, SpanMessage) else decode_lists(mask(bytes(sent)))
        return span.span_id.lower() if span and span.span_id else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

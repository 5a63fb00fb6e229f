"""ExportTraceServiceRequest in OTLP/JSON -> the same spans.

OTLP/JSON is not protobuf's canonical JSON: ids are hex where that has base64, and enums are
numbers. 64-bit numbers are text, or numbers all the same.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from service.ingest.json.fields import BadEvent
from service.ingest.otlp.error_isolation import parse_leniently
from service.ingest.otlp.json_fields import (
    INT32,
    UINT64,
    WrongType,
    an_object,
    as_object,
    integer,
    objects,
    read_attributes,
    text,
)
from service.ingest.otlp.span import Malformed, Origin, Span, TooManySpans


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

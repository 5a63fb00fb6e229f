"""The messages of OTLP/JSON, as msgspec reads them: null is absent, unknown fields are ignored.

OTLP/JSON is not protobuf's canonical JSON: ids are hex instead of base64, and enums are numbers.
64-bit integers are text or numbers, so the decoders are not strict.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct

NULL = Raw(b"null")

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Unsigned = Annotated[int, Meta(ge=0)]  # msgspec has no higher limit than that of Int64


class Message(Struct, rename="camel", gc=False):
    """A message."""


class AnyValue(Message, gc=False):
    """The value of an attribute: at most one of these is there."""

    string_value: str | None = None
    bool_value: Raw = NULL  # a decoder that takes text for integers would take it here, too
    int_value: Int64 | None = None
    double_value: Raw = NULL  # a number, or a text such as "NaN"
    array_value: "ArrayValue | None" = None
    kvlist_value: "KeyValueList | None" = None
    bytes_value: str | None = None


class KeyValue(Message, gc=False):
    """An attribute."""

    key: str | None = None
    value: AnyValue | None = None


class ArrayValue(Message, gc=False):
    """A list of values."""

    values: list[AnyValue] | None = None


class KeyValueList(Message, gc=False):
    """Values by key."""

    values: list[KeyValue] | None = None


class Event(Message, gc=False):
    """An event of a span."""

    name: str | None = None
    time_unix_nano: Unsigned | None = None
    attributes: list[KeyValue] | None = None


class Link(Message, gc=False):
    """A link to another span."""

    trace_id: str | None = None
    span_id: str | None = None
    attributes: list[KeyValue] | None = None


class Status(Message, gc=False):
    """How a span ended."""

    code: Int32 | None = None
    message: str | None = None


class SpanMessage(Message, gc=False):
    """A span."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_state: str | None = None
    name: str | None = None
    kind: Int32 | None = None
    start_time_unix_nano: Unsigned | None = None
    end_time_unix_nano: Unsigned | None = None
    attributes: list[KeyValue] | None = None
    events: list[Event] | None = None
    links: list[Link] | None = None
    status: Status | None = None


class SpanId(Message, gc=False):
    """What is read of a span that is refused."""

    span_id: str | None = None


class SpanLists(Message, gc=False):
    """What is built of a span, not parsed."""

    attributes: Raw = NULL
    events: Raw = NULL
    links: Raw = NULL


class Resource(Message, gc=False):
    """Whatever made the spans."""

    attributes: list[KeyValue] | None = None


class Scope(Message, gc=False):
    """The instrumentation that made the spans."""

    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None


class ScopeSpans(Message, gc=False):
    """The spans of a scope."""

    scope: Scope | None = None
    spans: list[SpanMessage] | None = None


class ResourceSpans(Message, gc=False):
    """The spans of a resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None


class Request(Message, gc=False):
    """The body of POST /v1/traces."""

    resource_spans: list[ResourceSpans] | None = None

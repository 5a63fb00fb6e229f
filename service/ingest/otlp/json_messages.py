"""The messages of OTLP/JSON, as msgspec reads them: null is absent, unknown fields are skipped.

OTLP/JSON is not protobuf's canonical JSON: ids are hex instead of base64, and enums are numbers.
64-bit integers are text or numbers, so the decoders are not strict.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct

from service.ingest.elements import NULL

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
MIN_INT64, MAX_INT64 = -(2**63), 2**63 - 1
Int64 = Annotated[int, Meta(ge=MIN_INT64, le=MAX_INT64)]
Unsigned = Annotated[int, Meta(ge=0)]  # msgspec has no higher limit than that of Int64


class Message(Struct, rename="camel", gc=False):
    """A message."""


class AnyValue(Message):
    """The value of an attribute: one of these, or none."""

    string_value: str | None = None
    bool_value: Raw = NULL  # not bool, because the decoders would take text for it
    int_value: Int64 | None = None
    double_value: Raw = NULL  # a number, or a text such as "NaN"
    array_value: "ArrayValue | None" = None
    kvlist_value: "KeyValueList | None" = None
    bytes_value: str | None = None


class KeyValue(Message):
    """An attribute."""

    key: str | None = None
    value: AnyValue | None = None


class ArrayValue(Message):
    """A list of values."""

    values: list[AnyValue] | None = None


class KeyValueList(Message):
    """Values by key."""

    values: list[KeyValue] | None = None


class Event(Message):
    """An event of a span."""

    name: str | None = None
    time_unix_nano: Unsigned | None = None
    attributes: list[KeyValue] | None = None


class Link(Message):
    """A link to another span."""

    trace_id: str | None = None
    span_id: str | None = None
    attributes: list[KeyValue] | None = None


class Status(Message):
    """How a span ended."""

    code: Int32 | None = None
    message: str | None = None


class SpanMessage(Message):
    """A span."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    flags: Unsigned | None = None
    trace_state: str | None = None
    name: str | None = None
    kind: Int32 | None = None
    start_time_unix_nano: Unsigned | None = None
    end_time_unix_nano: Unsigned | None = None
    attributes: list[KeyValue] | None = None
    events: list[Event] | None = None
    links: list[Link] | None = None
    status: Status | None = None


class SpanLists(Message):
    """The lists of a span or log record, not parsed, for a check of their size; and its id."""

    span_id: str | None = None
    attributes: Raw = NULL
    events: Raw = NULL
    links: Raw = NULL
    body: Raw = NULL


class Resource(Message):
    """The service or process that made the spans."""

    attributes: list[KeyValue] | None = None


class Scope(Message):
    """The instrumentation library that made the spans."""

    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None


class ScopeSpans(Message):
    """The spans of a scope."""

    scope: Scope | None = None
    spans: list[SpanMessage] | None = None


class ResourceSpans(Message):
    """The spans of a resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None


class EmptyScope(Message, forbid_unknown_fields=True):
    """A scope without spans, and nothing that might be spans by another name."""

    scope: Raw = NULL
    schema_url: Raw = NULL
    spans: list[SpanMessage] | None = None


class EmptyResource(Message, forbid_unknown_fields=True):
    """A resource without spans."""

    resource: Raw = NULL
    schema_url: Raw = NULL
    scope_spans: list[EmptyScope] | None = None


class EmptyRequest(Message, forbid_unknown_fields=True):
    """A body without spans."""

    resource_spans: list[EmptyResource] | None = None


class Request(Message):
    """The body of POST /v1/traces."""

    resource_spans: list[ResourceSpans] | None = None

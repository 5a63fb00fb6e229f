"""`data` of a span's event: its input, its names and ids, and everything else that was sent.

Input and output are stored once: their attributes are left out of `attributes`, and `otel.taken`
names them. Stored twice, most events exceeded the 2 KB above which PostgreSQL compresses a row,
which took 57 µs of its CPU for each (bench/README.md).
"""

from typing import Any

from service.ingest.otlp import attributes as names
from service.ingest.otlp.attributes import anything, environment, first, name
from service.ingest.otlp.content import Content
from service.ingest.otlp.cost_and_error import parsed
from service.ingest.otlp.event_types import AGENT, TOOL_CALL
from service.ingest.otlp.span import Span

ENVIRONMENT_KEYS = frozenset(names.ENVIRONMENT)
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def describe(span: Span, event_type: str, sent: Content, returned: Content) -> dict[str, Any]:
    """The keys of `data` that describe a span; None stands for what is absent."""
    found = span.attributes
    contents = (("input", sent), ("output", returned))
    taken = {key: content.source for key, content in contents if content.source}
    return {
        "tool_name": tool_name(span) if event_type == TOOL_CALL else None,
        "tool_call_id": found.get(names.TOOL_CALL_ID),
        "node_id": found.get(names.NODE_ID),
        "node_name": found.get(names.NODE_NAME),
        "node_parent_id": found.get(names.NODE_PARENT),
        "input": sent.value,
        "system_instructions": found.get(names.SYSTEM),
        "metadata": metadata_of(span) if event_type == AGENT else None,
        "environment": environment_of(span),
        "attributes": without(found, taken),
        "otel": as_sent(span, taken),
    }


def tool_name(span: Span) -> str:
    """The name of the tool, else the span's name, where instrumentations put it."""
    return first(span.attributes, names.TOOL, name) or span.name


def metadata_of(span: Span) -> dict[str, Any] | None:
    """The metadata of the run: its session, user and tags, and what its program adds."""
    found = span.attributes
    own = parsed(found.get(names.METADATA))
    metadata = {
        **(own if isinstance(own, dict) else {"metadata": own}),
        "session_id": first(found, names.SESSION, anything),
        "user_id": found.get(names.USER),
        "tags": first(found, names.TAGS, anything),
    }
    return present(metadata) or None


def environment_of(span: Span) -> str | None:
    """The environment of the span, else of its resource."""
    if ENVIRONMENT_KEYS.isdisjoint(span.attributes):
        return span.origin.service.environment
    for attribute in names.ENVIRONMENT:
        for holder in (span.attributes, span.origin.service.attributes):
            found = first(holder, (attribute,), environment)
            if found is not None:
                return found
    return None


def as_sent(span: Span, taken: dict[str, str]) -> dict[str, Any]:
    """All else of a span, under OpenTelemetry's names, and the keys of the taken attributes."""
    return present(
        {
            "span_id": span.span_id,
            "parent_is_remote": span.has_remote_parent or None,
            "kind": KINDS.get(span.kind),
            "trace_state": span.trace_state or None,
            "status_message": span.status_message or None,
            "events": span.events or None,
            "links": span.links or None,
            **span.origin.kept,
            "taken": taken or None,
        }
    )


def without(attributes: dict[str, Any], taken: dict[str, str]) -> dict[str, Any]:
    """The attributes without the taken ones; input and output may come from the same one."""
    left = dict(attributes)
    for key in taken.values():
        left.pop(key, None)
    return left


def present(values: dict[str, Any]) -> dict[str, Any]:
    """The values that are not None."""
    return {key: value for key, value in values.items() if value is not None}

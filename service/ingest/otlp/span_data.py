"""`data` of a span's event: its input, its names and ids, and everything else that was sent.

Input and output are stored once: their attributes are left out of `attributes`, and `otel.taken`
names them. Stored twice, most events exceeded the 2 KB above which PostgreSQL compresses a row,
which took 57 µs of its CPU for each (bench/README.md).
"""

from typing import Any

from service.ingest.otlp.attributes import ENVIRONMENT, Facts, anything, environment, first, name
from service.ingest.otlp.content import Content
from service.ingest.otlp.event_types import AGENT, TOOL_CALL
from service.ingest.otlp.json_text import content_of
from service.ingest.otlp.run_metadata import metadata_of
from service.ingest.otlp.span import Span

IDS = frozenset({"agent_id", "tool_call_id", "node_id", "node_name", "node_parent_id"})
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def describe(
    span: Span, said: Facts, event_type: str, contents: tuple[Content, Content], max_depth: int
) -> dict[str, Any]:
    """The keys of `data` that describe a span."""
    sent, returned = contents
    named = (("input", sent), ("output", returned))
    taken = {key: content.source for key, content in named if content.source}
    found = {
        "input": sent.value,
        "environment": environment_of(span, said),
        "attributes": without(span.attributes, taken),
        "otel": as_sent(span, taken),
    }
    if event_type == TOOL_CALL:
        found["tool_name"] = tool_name(span, said)
    elif event_type == AGENT:
        found["metadata"] = metadata_of(said)
    if not said.has_none(IDS):
        found |= {key: said.first(key, anything) for key in IDS}
    if "system_instructions" in said.by_meaning:
        instructions = said.first("system_instructions", anything)
        found["system_instructions"] = content_of(instructions, max_depth)
    return present(found)


def tool_name(span: Span, said: Facts) -> str:
    """The name of the tool, else the span's name, where instrumentations put it."""
    return said.first("tool_name", name) or said.first("tool_name of a tool", name) or span.name


def environment_of(span: Span, said: Facts) -> str | None:
    """The environment of the span, else of its resource."""
    if "environment" not in said.by_meaning:
        return span.origin.service.environment
    for attribute in ENVIRONMENT:
        for holder in (span.attributes, span.origin.service.attributes):
            found = first(holder, (attribute,), environment)
            if found is not None:
                return found
    return None


def as_sent(span: Span, taken: dict[str, str]) -> dict[str, Any]:
    """All else of a span, under OpenTelemetry's names, and the keys of the taken attributes."""
    sent: dict[str, Any] = {"span_id": span.span_id, **span.origin.kept}
    if span.is_remote and span.parent_span_id:
        sent["parent_is_remote"] = True
    if span.kind in KINDS:
        sent["kind"] = KINDS[span.kind]
    if span.trace_state:
        sent["trace_state"] = span.trace_state
    if span.status_message:
        sent["status_message"] = span.status_message
    if span.events:
        sent["events"] = span.events
    if span.links:
        sent["links"] = span.links
    if taken:
        sent["taken"] = taken
    return sent


def without(attributes: dict[str, Any], taken: dict[str, str]) -> dict[str, Any]:
    """The attributes without the taken ones; input and output may come from the same one."""
    left = dict(attributes)
    for key in taken.values():
        left.pop(key, None)
    return left


def present(values: dict[str, Any]) -> dict[str, Any]:
    """The values that are not None."""
    return {key: value for key, value in values.items() if value is not None}

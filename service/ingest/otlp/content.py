"""What went into a span and came out of it, wherever its instrumentation puts that."""

from typing import Any, NamedTuple

from service.ingest.otlp.attributes import (
    INPUT,
    INPUT_PREFIXES,
    OUTPUT,
    OUTPUT_PREFIXES,
    Attributes,
    anything,
    first,
)
from service.ingest.otlp.span import Span

MAX_PARTS = (
    16  # of a key: `llm.input_messages.0.message.tool_calls.1.tool_call.function.name` has 8
)
# Span events, as GenAI instrumentations sent messages before they were attributes.
INPUT_EVENTS = frozenset(
    {
        "gen_ai.system.message",
        "gen_ai.user.message",
        "gen_ai.assistant.message",
        "gen_ai.tool.message",
        "gen_ai.content.prompt",
    }
)
OUTPUT_EVENTS = frozenset({"gen_ai.choice", "gen_ai.content.completion"})
DETAILS = "gen_ai.client.inference.operation.details"  # an event with the attributes of a span


class Content(NamedTuple):
    """What was found, and the attribute that it is the value of, where it is that of one alone."""

    value: Any = None
    source: str | None = None


def input_of(span: Span) -> Content:
    """What went in."""
    return content(span, INPUT, INPUT_PREFIXES, INPUT_EVENTS)


def output_of(span: Span) -> Content:
    """What came out."""
    return content(span, OUTPUT, OUTPUT_PREFIXES, OUTPUT_EVENTS)


def content(
    span: Span, names: tuple[str, ...], prefixes: tuple[str, ...], events: frozenset[str]
) -> Content:
    """An attribute, or many with a number in their key, or span events."""
    attributes = span.attributes
    for name in names:
        if attributes.get(name) is not None:
            return Content(attributes[name], name)
    for prefix in prefixes:
        if attributes.get(prefix) is not None:
            return Content(attributes[prefix], prefix)
        parts = below(attributes, prefix + ".")
        if parts:
            return Content(unflatten(parts))
    return Content(in_events(span, names, events)) if span.events else Content()


def below(attributes: Attributes, prefix: str) -> dict[str, Any]:
    """The attributes with a prefix, by the rest of their key."""
    size = len(prefix)
    return {key[size:]: value for key, value in attributes.items() if key.startswith(prefix)}


def unflatten(parts: Attributes) -> Any:
    """Nest what keys such as `0.message.role` stand for; a level of numbers alone is a list."""
    root: dict[str, Any] = {}
    for key, value in parts.items():
        *path, last = key.split(".", MAX_PARTS)
        level = root
        for step in path:
            below = level.setdefault(step, {})
            if not isinstance(below, dict):  # `a` has a value, and so has `a.b`
                below = level[step] = {"": below}
            level = below
        level[last] = value
    return as_lists(root)


def as_lists(value: Any) -> Any:
    """Make lists of objects whose keys are numbers, in their order. As deep as MAX_PARTS."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isascii() and key.isdigit() for key in value):
        return [as_lists(value[key]) for key in sorted(value, key=int)]
    return {key: as_lists(child) for key, child in value.items()}


def in_events(span: Span, names: tuple[str, ...], wanted: frozenset[str]) -> Any:
    """The messages that came as events of the span."""
    for event in span.events:
        if event["name"] == DETAILS:
            found = first(event["attributes"], names, anything)
            if found is not None:
                return found
    messages = [
        {"event": event["name"], **event["attributes"]}
        for event in span.events
        if event["name"] in wanted
    ]
    return messages or None

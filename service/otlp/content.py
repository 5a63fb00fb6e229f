"""What went into a span and came out of it, wherever its instrumentation puts that."""

from typing import Any

from service.otlp.attributes import (
    INPUT,
    INPUT_PREFIXES,
    OUTPUT,
    OUTPUT_PREFIXES,
    Attributes,
    anything,
    first,
)
from service.otlp.span import Span

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


def input_of(span: Span) -> Any:
    """What went in; None where nobody says."""
    return content(span, INPUT, INPUT_PREFIXES, INPUT_EVENTS)


def output_of(span: Span) -> Any:
    """What came out; None where nobody says."""
    return content(span, OUTPUT, OUTPUT_PREFIXES, OUTPUT_EVENTS)


def content(
    span: Span, names: tuple[str, ...], prefixes: tuple[str, ...], events: frozenset[str]
) -> Any:
    """An attribute, or many with a number in their key, or span events."""
    found = first(span.attributes, names, anything)
    if found is None:
        found = flattened(span.attributes, prefixes)
    if found is None and span.events:
        found = in_events(span, names, events)
    return found


def flattened(attributes: Attributes, prefixes: tuple[str, ...]) -> Any:
    """The first prefix that attributes have: its own value, or what they are put together to."""
    for prefix in prefixes:
        if prefix in attributes:
            return attributes[prefix]
        start = prefix + "."
        parts = {key[len(start) :]: attributes[key] for key in attributes if key.startswith(start)}
        if parts:
            return unflatten(parts)
    return None


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

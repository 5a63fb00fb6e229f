"""The input and the output of a span, wherever its instrumentation puts them."""

from typing import Any, NamedTuple

from service.ingest.json.fields import BadEvent
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

# Of a key: `llm.input_messages.0.message.tool_calls.1.tool_call.function.name` has 8.
MAX_PARTS = 16
MAX_STEPS = 50_000  # of all keys of one span; each step is an object
MAX_DIGITS = 9  # of a position in a list; int() takes long for many, and raises beyond 4,300
# Span events that older GenAI instrumentations send messages in.
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
    """An input or output, and its attribute where it is the whole value of one."""

    value: Any = None
    source: str | None = None


def input_of(span: Span) -> Content:
    """The input of a span."""
    return content(span, INPUT, INPUT_PREFIXES, INPUT_EVENTS)


def output_of(span: Span) -> Content:
    """The output of a span."""
    return content(span, OUTPUT, OUTPUT_PREFIXES, OUTPUT_EVENTS)


def content(
    span: Span, names: tuple[str, ...], prefixes: tuple[str, ...], events: frozenset[str]
) -> Content:
    """The content of one attribute, of many with numbered keys, or of span events."""
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
    """The attributes whose keys have a prefix, by the rest of the key."""
    size = len(prefix)
    return {key[size:]: value for key, value in attributes.items() if key.startswith(prefix)}


def unflatten(parts: Attributes) -> Any:
    """Nest keys such as `0.message.role`; a level whose keys are all numbers is a list."""
    if sum(key.count(".") for key in parts) > MAX_STEPS:
        raise BadEvent("attributes", "too_many_values", "The span's keys have too many parts.")
    root: dict[str, Any] = {}
    for key, value in parts.items():
        *path, last = key.split(".", MAX_PARTS)
        level = root
        for step in path:
            child = level.setdefault(step, {})
            if not isinstance(child, dict):  # both `a` and `a.b` have a value
                child = level[step] = {"": child}
            level = child
        level[last] = value
    return as_lists(root)


def as_lists(value: Any) -> Any:
    """Turn objects whose keys are all positions into lists. The recursion ends at MAX_PARTS."""
    if not isinstance(value, dict):
        return value
    if value and all(map(is_position, value)):
        return [as_lists(value[key]) for key in sorted(value, key=int)]
    return {key: as_lists(child) for key, child in value.items()}


def is_position(key: str) -> bool:
    """Whether a key is a position in a list."""
    return len(key) <= MAX_DIGITS and key.isascii() and key.isdigit()


def in_events(span: Span, names: tuple[str, ...], event_names: frozenset[str]) -> Any:
    """The messages in the events of a span; None without any."""
    for event in span.events:
        if event["name"] == DETAILS:
            found = first(event["attributes"], names, anything)
            if found is not None:
                return found
    messages = [
        {"event": event["name"], **event["attributes"]}
        for event in span.events
        if event["name"] in event_names
    ]
    return messages or None

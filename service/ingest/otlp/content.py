"""The input and the output of a span, wherever its instrumentation puts them."""

from typing import Any, NamedTuple

from service.ingest.json.fields import BadEvent
from service.ingest.otlp.attributes import Attributes, Facts, facts_of
from service.ingest.otlp.conventions import INPUT_PREFIXES, OUTPUT_PREFIXES
from service.ingest.otlp.json_text import CONTAINERS, content_of
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


PLAIN_TEXT = "text/plain"
MIME_TYPES = {"input.value": "input.mime_type", "output.value": "output.mime_type"}


class Content(NamedTuple):
    """An input or output, and its attribute where it is the whole value of one."""

    value: Any = None
    source: str | None = None


def input_of(span: Span, said: Facts, max_depth: int) -> Content:
    """The input of a span."""
    return content(span, said, IN, max_depth)


def output_of(span: Span, said: Facts, max_depth: int) -> Content:
    """The output of a span."""
    return content(span, said, OUT, max_depth)


NOTHING = Content()


class Side(NamedTuple):
    """Where input or output stand, beside the attributes that hold the whole of it."""

    meaning: str
    prefixes: tuple[str, ...]
    events: frozenset[str]


IN = Side("input", tuple(INPUT_PREFIXES.values()), INPUT_EVENTS)
OUT = Side("output", tuple(OUTPUT_PREFIXES.values()), OUTPUT_EVENTS)


def content(span: Span, said: Facts, side: Side, max_depth: int) -> Content:
    """The content of one attribute, of many with numbered keys, or of span events."""
    attributes, empty = span.attributes, NOTHING
    for name in said.names(side.meaning):
        value = attributes[name]
        if value:
            return Content(read(attributes, name, max_depth), name)
        # A call that answers with tools alone has an empty text beside them.
        if value is not None and empty is NOTHING:
            empty = Content(value, name)
    for prefix in side.prefixes:
        if attributes.get(prefix) is not None:
            return Content(read(attributes, prefix, max_depth), prefix)
        if said.shape.numbered and (parts := below(said, prefix + ".")):
            return Content(unflatten(parts))
    if span.events and (found := in_events(span, side, max_depth)) is not None:
        return Content(found)
    return empty


def read(attributes: Attributes, name: str, max_depth: int) -> Any:
    """The value of an attribute; JSON as what it says, unless it is called plain text."""
    value = attributes[name]
    if not isinstance(value, str) or not value.startswith(CONTAINERS):
        return value
    if name in MIME_TYPES and attributes.get(MIME_TYPES[name]) == PLAIN_TEXT:
        return value
    return content_of(value, max_depth)


def below(said: Facts, prefix: str) -> dict[str, Any]:
    """The attributes whose keys have a prefix, by the rest of the key."""
    size = len(prefix)
    return {
        key[size:]: said.attributes[key] for key in said.shape.numbered if key.startswith(prefix)
    }


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


def in_events(span: Span, side: Side, max_depth: int) -> Any:
    """The messages in the events of a span; None without any."""
    for event in span.events:
        if event["name"] == DETAILS:
            names = facts_of(event["attributes"]).names(side.meaning)
            if names:
                return read(event["attributes"], names[0], max_depth)
    messages = [
        {"event": event["name"], **event["attributes"]}
        for event in span.events
        if event["name"] in side.events
    ]
    return messages or None

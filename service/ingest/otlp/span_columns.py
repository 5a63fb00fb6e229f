"""The columns of a span's event that metrics add up, and the same figures in `data`.

Only a call of a model has tokens and a cost. Conventions allow the spans around it to repeat them:
GenAI's `invoke_agent` has the sum of its calls. Added up, each token would count once per such
span, so their figures stay among their attributes. Which of several spans of one call counts is
decided when they are stored, because they may come in several requests, in any order.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from service.ingest.json import numbers
from service.ingest.json.fields import parse_timestamp
from service.ingest.otlp.attributes import Facts, anything, model, name
from service.ingest.otlp.conventions import EVENT_TYPE
from service.ingest.otlp.cost_and_error import cost_of
from service.ingest.otlp.json_text import parsed
from service.ingest.otlp.span import Span
from service.ingest.otlp.span_data import present
from service.ingest.otlp.usage import usage_of
from service.ingest.rows import Call, TokenParts, parts_of

NS_PER_MS = 1_000_000
MS_PER_SECOND = 1_000
FIRST_TOKEN = frozenset(
    {
        "seconds to the first token",
        "milliseconds to the first token",
        "time of the first token",
    }
)


class Columns(Struct, frozen=True, gc=False):
    """The columns that metrics add up, under EventRow's names, and the latency in `data`."""

    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    token_parts: TokenParts | None = None
    cost: str | None = None
    cost_source: str | None = None
    latency_us: int | None = None
    latency_ms: float | None = None
    call: Call | None = None


NOTHING = Columns()
NO_PARTS = TokenParts()


def read_columns(span: Span, said: Facts, is_model_call: bool) -> Columns:
    """Read the columns of a span."""
    latency = latency_ms(span)
    latency_us = numbers.latency_us(latency)
    if latency_us is None:
        latency = None
    if not is_model_call:
        return Columns(latency_us=latency_us, latency_ms=latency)
    cost, usage = cost_of(said), usage_of(said)
    return Columns(
        model=model_of(said),
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        token_parts=parts_of(usage.cached, usage.written, usage.reasoning),
        cost=cost,
        cost_source=None if cost is None else "client",
        latency_us=latency_us,
        latency_ms=latency,
        call=call_of(span, said) if usage.tokens_in or usage.tokens_out or has_cost(cost) else None,
    )


def has_cost(cost: str | None) -> bool:
    """Whether a call says that it cost something."""
    return cost is not None and cost != "0"


def call_of(span: Span, said: Facts) -> Call | None:
    """What tells a call from others that may repeat it: service/writer/repeated_calls.py.

    None for an event that was exported: its figures are those that count.
    """
    if EVENT_TYPE in span.attributes:
        return None
    found = said.first("response_id", anything) if "response_id" in said.by_meaning else None
    return Call(span.origin.scope, found if isinstance(found, str) else None)


def model_of(said: Facts) -> str | None:
    """The model of a call: an attribute's, else that of its parameters in JSON."""
    found = said.first("model", model_of_text)
    return said.first("model of a call", model_of_text) if found is None else found


def model_of_text(value: Any) -> str | None:
    """A model by its name, by its name in JSON, or in an object of parameters."""
    if isinstance(value, str) and value.startswith(('"', "{")):
        value = parsed(value)
    return model(value.get("model") if isinstance(value, dict) else value)


def latency_ms(span: Span) -> float | None:
    """The duration; None for an open span, and 0 for one that ended before its start."""
    return max(0, span.end_ns - span.start_ns) / NS_PER_MS if span.end_ns else None


def column_data(
    span: Span, said: Facts, columns: Columns, output: Any, is_model_call: bool
) -> dict[str, Any]:
    """The columns under their names in `data`, and the output."""
    found = call_data(span, said, columns) if is_model_call else {}
    if columns.latency_ms is not None:
        found["latency_ms"] = columns.latency_ms
    if output is not None:
        found["output"] = output
    return found


def call_data(span: Span, said: Facts, columns: Columns) -> dict[str, Any]:
    """The figures of a call of a model; the last ones are parts of the tokens above them.

    `cached_tokens` is the name in answers, `cache_read_tokens` the one that events are sent with.
    """
    parts = columns.token_parts or NO_PARTS
    found = {
        "model": columns.model,
        "provider": said.first("provider", name),
        "cost": None if columns.cost is None else float(columns.cost),
        "time_to_first_token_ms": first_token_ms(span, said),
        "tokens_in": columns.tokens_in,
        "tokens_out": columns.tokens_out,
        "cached_tokens": parts.cached_tokens,
        "cache_read_tokens": parts.cached_tokens,
        "cache_write_tokens": parts.cache_write_tokens,
        "reasoning_tokens": parts.reasoning_tokens,
    }
    return present(found)


def first_token_ms(span: Span, said: Facts) -> float | None:
    """Milliseconds from the start of a call to its first token."""
    if said.has_none(FIRST_TOKEN):
        return None
    seconds = said.first("seconds to the first token", duration)
    if seconds is not None:
        return seconds * MS_PER_SECOND
    found = said.first("milliseconds to the first token", duration)
    if found is not None:
        return found
    at = said.first("time of the first token", time_of)
    if at is None:
        return None
    return duration(at.timestamp() * MS_PER_SECOND - span.start_ns / NS_PER_MS)


def duration(value: Any) -> float | None:
    """A number that a latency may be, also as text."""
    return None if numbers.latency_us(value) is None else float(value)


def time_of(value: Any) -> datetime | None:
    """A time in ISO 8601, which Langfuse writes as JSON text."""
    try:
        return parse_timestamp(parsed(value))
    except (TypeError, ValueError, OverflowError):
        return None

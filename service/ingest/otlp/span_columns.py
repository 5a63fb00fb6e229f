"""What came of a span: the figures that are summed up, and what else stands beside them.

Only a call of a model has figures of one. Conventions let the spans around it tell them as well:
the `invoke_agent` of GenAI has the sum of its calls. Added up, each token would count as often as
there are such spans; what they say stays among their attributes. Whether a call lies below is no
question to ask: it may come in a later request, and the order must make no difference.
"""

from typing import Any, NamedTuple

from service.core.validation import tokens
from service.ingest.json import numbers
from service.ingest.otlp import attributes as names
from service.ingest.otlp.attributes import Attributes, first, model, name
from service.ingest.otlp.cost_and_error import cost_of
from service.ingest.otlp.span import Span

NS_PER_MS = 1_000_000
MS_PER_SECOND = 1_000


class Result(NamedTuple):
    """The columns of an event that metrics add up, in the order of EventRow's fields."""

    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: str | None = None
    cost_source: str | None = None
    latency_us: int | None = None


NOTHING = Result()


def result_of(span: Span, is_model_call: bool) -> Result:
    """Read the columns of a span."""
    latency_us = numbers.latency_us(latency_ms(span))
    if not is_model_call:
        return Result(latency_us=latency_us)
    found = span.attributes
    cost = cost_of(found)
    return Result(
        first(found, names.MODEL, model),
        first(found, names.TOKENS_IN, tokens),
        first(found, names.TOKENS_OUT, tokens),
        cost,
        None if cost is None else "client",
        latency_us,
    )


def latency_ms(span: Span) -> float | None:
    """How long it took; None where it has no end, or one before its start."""
    if span.end_ns < span.start_ns:
        return None
    return (span.end_ns - span.start_ns) / NS_PER_MS


def result_data(span: Span, result: Result, output: Any, is_model_call: bool) -> dict[str, Any]:
    """The same under the names that `data` has for it, and what else came out."""
    latency = None if result.latency_us is None else latency_ms(span)
    called = call_data(span.attributes, result) if is_model_call else {}
    return {**called, "latency_ms": latency, "output": output}


def call_data(found: Attributes, result: Result) -> dict[str, Any]:
    """What a call of a model took; the last three are among the tokens above them already."""
    return {
        "model": result.model,
        "provider": first(found, names.PROVIDER, name),
        "cost": None if result.cost is None else float(result.cost),
        "time_to_first_token_ms": first(found, names.FIRST_CHUNK_SECONDS, milliseconds),
        "tokens_in": result.tokens_in,
        "tokens_out": result.tokens_out,
        "cache_read_tokens": first(found, names.CACHE_READ, tokens),
        "cache_write_tokens": first(found, names.CACHE_WRITE, tokens),
        "reasoning_tokens": first(found, names.REASONING, tokens),
    }


def milliseconds(seconds: Any) -> float | None:
    """Seconds as milliseconds, where it is a number that a latency may be."""
    return None if numbers.latency_us(seconds) is None else float(seconds * MS_PER_SECOND)

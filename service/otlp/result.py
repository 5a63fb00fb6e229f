"""What came of a span: the figures that are summed up, and what else stands beside them."""

from typing import Any, NamedTuple

from service.ingest import numbers
from service.otlp import attributes as names
from service.otlp.attributes import Attributes, first, model, name
from service.otlp.span import Span
from service.otlp.usage import cost_of

NS_PER_MS = 1_000_000
MS_PER_SECOND = 1_000


class Result(NamedTuple):
    """The columns of an event that metrics add up."""

    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: str | None = None
    latency_us: int | None = None


def result_of(span: Span) -> Result:
    """Read the columns of a span."""
    found = span.attributes
    return Result(
        first(found, names.MODEL, model),
        first(found, names.TOKENS_IN, numbers.tokens),
        first(found, names.TOKENS_OUT, numbers.tokens),
        cost_of(found),
        numbers.latency_us(latency_ms(span)),
    )


def latency_ms(span: Span) -> float | None:
    """How long it took; None where it has no end, or one before its start."""
    if span.end_ns < span.start_ns:
        return None
    return (span.end_ns - span.start_ns) / NS_PER_MS


def result_data(span: Span, result: Result, output: Any) -> dict[str, Any]:
    """The same under the names that `data` has for it, and what else came out."""
    found = span.attributes
    return {
        "model": result.model,
        "provider": first(found, names.PROVIDER, name),
        "tokens_in": result.tokens_in,
        "tokens_out": result.tokens_out,
        **subsets(found),
        "cost": None if result.cost is None else float(result.cost),
        "latency_ms": None if result.latency_us is None else latency_ms(span),
        "time_to_first_token_ms": first(found, names.FIRST_CHUNK_SECONDS, milliseconds),
        "output": output,
    }


def subsets(found: Attributes) -> dict[str, int | None]:
    """Tokens that are among those above already."""
    return {
        "cache_read_tokens": first(found, names.CACHE_READ, numbers.tokens),
        "cache_write_tokens": first(found, names.CACHE_WRITE, numbers.tokens),
        "reasoning_tokens": first(found, names.REASONING, numbers.tokens),
    }


def milliseconds(seconds: Any) -> float | None:
    """Seconds as milliseconds, where it is a number that a latency may be."""
    return None if numbers.latency_us(seconds) is None else float(seconds * MS_PER_SECOND)

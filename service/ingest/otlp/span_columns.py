"""The columns of a span's event that metrics add up, and the same figures in `data`.

Only a call of a model has tokens and a cost. Conventions allow the spans around it to repeat them:
GenAI's `invoke_agent` has the sum of its calls. Added up, each token would count once per such
span, so their figures stay among their attributes. Whether a span has calls inside cannot decide,
because these may come in a later request, and the order must make no difference.
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


class Columns(NamedTuple):
    """The columns that metrics add up, under EventRow's names."""

    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: str | None = None
    cost_source: str | None = None
    latency_us: int | None = None


NOTHING = Columns()


def read_columns(span: Span, is_model_call: bool) -> Columns:
    """Read the columns of a span."""
    latency_us = numbers.latency_us(latency_ms(span))
    if not is_model_call:
        return Columns(latency_us=latency_us)
    found = span.attributes
    cost = cost_of(found)
    return Columns(
        model=first(found, names.MODEL, model),
        tokens_in=first(found, names.TOKENS_IN, tokens),
        tokens_out=first(found, names.TOKENS_OUT, tokens),
        cost=cost,
        cost_source=None if cost is None else "client",
        latency_us=latency_us,
    )


def latency_ms(span: Span) -> float | None:
    """The duration; None for an open span, and 0 for one that ended before its start."""
    return None if span.is_open else max(0, span.end_ns - span.start_ns) / NS_PER_MS


def column_data(span: Span, columns: Columns, output: Any, is_model_call: bool) -> dict[str, Any]:
    """The columns under their names in `data`, and the output."""
    latency = None if columns.latency_us is None else latency_ms(span)
    called = call_data(span.attributes, columns) if is_model_call else {}
    return {**called, "latency_ms": latency, "output": output}


def call_data(found: Attributes, columns: Columns) -> dict[str, Any]:
    """The figures of a call of a model; the last three are subsets of the tokens above them."""
    return {
        "model": columns.model,
        "provider": first(found, names.PROVIDER, name),
        "cost": None if columns.cost is None else float(columns.cost),
        "time_to_first_token_ms": first(found, names.FIRST_CHUNK_SECONDS, milliseconds),
        "tokens_in": columns.tokens_in,
        "tokens_out": columns.tokens_out,
        "cache_read_tokens": first(found, names.CACHE_READ, tokens),
        "cache_write_tokens": first(found, names.CACHE_WRITE, tokens),
        "reasoning_tokens": first(found, names.REASONING, tokens),
    }


def milliseconds(seconds: Any) -> float | None:
    """Milliseconds from seconds; None for anything but a number that a latency may be."""
    return None if numbers.latency_us(seconds) is None else float(seconds * MS_PER_SECOND)

"""The tokens and the cost that `data` says of a call."""

from service.core.validation import including, to_uuid, tokens
from service.ingest.json import numbers
from service.ingest.json.data import Data
from service.ingest.rows import TokenParts, parts_of

CALLS = ("llm_call", "agent_end")  # the events that have what a call used
Figures = tuple[int | None, int | None, TokenParts | None, str | None]
NOTHING: Figures = (None, None, None, None)


def read_figures(data: Data) -> Figures:
    """Tokens in and out, their parts, and the cost: none of an exported call that repeats another.

    Tokens of the cache and of reasoning are part of them, also where they were counted beside them.
    """
    parts = read_parts(data)
    has_tokens = data.tokens_in is not None or data.tokens_out is not None or parts is not None
    if not has_tokens and data.cost is None:
        return NOTHING  # as in most events, which are no calls
    if data.counted is False and to_uuid(data.repeats) is not None:
        return NOTHING
    tokens_in, tokens_out = tokens(data.tokens_in), tokens(data.tokens_out)
    if parts is not None:
        tokens_in = including(tokens_in, parts.cached_tokens, parts.cache_write_tokens)
        tokens_out = including(tokens_out, parts.reasoning_tokens)
    return tokens_in, tokens_out, parts, numbers.cost(data.cost)


def read_repeats(event_type: str, data: Data) -> str | None:
    """Of an exported call that repeats another: the event that counts in its place."""
    is_repeat = data.counted is False and event_type in CALLS
    return to_uuid(data.repeats) if is_repeat else None


def read_parts(data: Data) -> TokenParts | None:
    """The tokens of the cache and of reasoning."""
    cached = data.cached_tokens if data.cache_read_tokens is None else data.cache_read_tokens
    if cached is None and data.cache_write_tokens is None and data.reasoning_tokens is None:
        return None
    return parts_of(tokens(cached), tokens(data.cache_write_tokens), tokens(data.reasoning_tokens))

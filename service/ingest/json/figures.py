"""The tokens and the cost that `data` says of a call."""

from service.core.validation import including, to_uuid, tokens
from service.ingest.json import numbers
from service.ingest.json.data import Data


def read_figures(data: Data) -> tuple[int | None, int | None, str | None]:
    """Tokens in and out, and the cost: none of an exported call that repeats another one."""
    if data.counted is False and to_uuid(data.repeats) is not None:
        return None, None, None
    return read_tokens_in(data), read_tokens_out(data), numbers.cost(data.cost)


def read_tokens_in(data: Data) -> int | None:
    """The tokens that went in, with those of the cache where they were counted beside them."""
    sent = tokens(data.tokens_in)
    cached = data.cached_tokens if data.cache_read_tokens is None else data.cache_read_tokens
    if cached is None and data.cache_write_tokens is None:
        return sent
    return including(sent, tokens(cached), tokens(data.cache_write_tokens))


def read_tokens_out(data: Data) -> int | None:
    """The tokens that came out, with those of reasoning where they were counted beside them."""
    sent = tokens(data.tokens_out)
    if data.reasoning_tokens is None:
        return sent
    return including(sent, tokens(data.reasoning_tokens))

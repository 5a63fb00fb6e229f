"""The tokens of a call of a model, whichever convention counts them.

Here tokens in include those that were read from a cache and written to it, and tokens out those
of reasoning. Langfuse's parts and Claude Code's names leave them out, so they are added there.
"""

from typing import Any, NamedTuple

from service.core.validation import including, tokens
from service.ingest.otlp.attributes import Facts
from service.ingest.otlp.json_text import figures

WHOLE_IN = ("input_tokens", "prompt_tokens", "input", "prompt", "inputTokens", "promptTokens")
WHOLE_OUT = (
    "output_tokens",
    "completion_tokens",
    "output",
    "completion",
    "outputTokens",
    "completionTokens",
)
WHOLES = frozenset({"prompt_tokens", "promptTokens"})  # Langfuse has no parts of these names
IN_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
OUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
CACHED = ("cache_read_input_tokens", "cached_tokens", "cache_read")
WRITTEN = ("cache_creation_input_tokens", "cache_creation", "cache_write_tokens")
REASONING = ("reasoning_tokens", "reasoning")


class Usage(NamedTuple):
    """Counts of tokens; the last three are parts of the first two."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cached: int | None = None
    written: int | None = None
    reasoning: int | None = None


DETAILS = frozenset(
    {
        "usage in parts",
        "usage",
        "tokens_in without cached",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    }
)


def usage_of(said: Facts) -> Usage:
    """The tokens of a call."""
    if said.has_none(DETAILS):  # nearly always
        tokens_in, tokens_out = said.first("tokens_in", tokens), said.first("tokens_out", tokens)
        return Usage(tokens_in, tokens_out)
    whole = said.first("usage in parts", of_parts) or said.first("usage", of_whole) or flat(said)
    return Usage(
        including(whole.tokens_in, whole.cached, whole.written),
        including(whole.tokens_out, whole.reasoning),
        whole.cached,
        whole.written or None,  # 0 is what most calls of a client that always says it have
        whole.reasoning,
    )


def flat(said: Facts) -> Usage:
    """The counts that have an attribute each."""
    cached = said.first("cached_tokens", tokens)
    written = said.first("cache_write_tokens", tokens)
    tokens_in = said.first("tokens_in", tokens)
    if tokens_in is None:
        beside = said.first("tokens_in without cached", tokens)
        tokens_in = None if beside is None else beside + (cached or 0) + (written or 0)
    reasoning = said.first("reasoning_tokens", tokens)
    return Usage(tokens_in, said.first("tokens_out", tokens), cached, written, reasoning)


def of_parts(value: Any) -> Usage | None:
    """Langfuse's counts: parts that exclude each other, or what OpenAI's API answered."""
    counts = figures(value)
    if not isinstance(counts, dict):
        return None
    if not WHOLES.isdisjoint(counts) or any(isinstance(part, dict) for part in counts.values()):
        return of_whole(counts)
    found = {key: count for key, part in counts.items() if (count := tokens(part)) is not None}
    sent = {key: count for key, count in found.items() if "input" in key}
    returned = {key: count for key, count in found.items() if "output" in key}
    written = {key for key in sent if "creation" in key or "write" in key}
    return Usage(
        total(sent),
        total(returned),
        total({key: count for key, count in sent.items() if "cache" in key and key not in written}),
        total({key: sent[key] for key in written}),
        total({key: count for key, count in returned.items() if "reasoning" in key}),
    )


def of_whole(value: Any) -> Usage | None:
    """Counts in which the whole includes its details, as in OpenAI's API and MLflow."""
    counts = figures(value)
    if not isinstance(counts, dict):
        return None
    sent, returned = details(counts, IN_DETAILS), details(counts, OUT_DETAILS)
    return Usage(
        count(counts, WHOLE_IN),
        count(counts, WHOLE_OUT),
        count(sent, CACHED),
        count(sent, WRITTEN),
        count(returned, REASONING),
    )


def details(counts: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The counts with the details that are nested below one of the names."""
    for name in names:
        if isinstance(counts.get(name), dict):
            return {**counts, **counts[name]}
    return counts


def count(counts: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The first of the named counts."""
    return next((n for name in names if (n := tokens(counts.get(name))) is not None), None)


def total(counts: dict[str, int]) -> int | None:
    """The sum; None without any."""
    return tokens(sum(counts.values())) if counts else None

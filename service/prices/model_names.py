"""The forms in which one model is named: with a provider, region, date or version, or in any case.

Clients and gateways name the same model `gpt-4o`, `openai/gpt-4o`, `GPT-4o-2024-08-06` or
`us.anthropic.claude-3-5-sonnet-20241022-v2:0`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

AWS = "aws"
MOST_PREFIXES = 4  # as of openrouter/bedrock/us.anthropic.…
# Bedrock's ids: a region, the vendor, the model. Vendors are named: `gpt-4.1` has a dot too.
REGION = re.compile(r"^(?:us|eu|apac|ap|ca|sa|me|af|jp|au|us-gov|global)\.").match
VENDOR = re.compile(
    r"^(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen|stability|writer)\."
).match
PROVIDER = re.compile(r"^([^/]+)/(?=.)").match
FINE_TUNED = re.compile(r"^ft:([^:]+)").match
# A version, then a date: `-v2:0`, `:latest`, `@20240620`, `-2024-08-06`, `-20240620`, `-0613`.
SUFFIXES = (
    re.compile(r"(?:-v\d+)?:[^:]*$|-v\d+$|-latest$"),
    re.compile(r"[-@](?:20\d\d-\d\d-\d\d|20\d{6}|\d{4})$"),
)


class NameForm(NamedTuple):
    """One form of a model's name, in lower case; `provider` is what stood in front, or empty."""

    provider: str
    name: str


def forms(name: str) -> Iterator[NameForm]:
    """Yield the forms of a name, the fullest first."""
    provider, rest = "", name.strip().lower()
    for _ in range(MOST_PREFIXES + 1):
        yield NameForm(provider, rest)
        yield from (NameForm(provider, shorter) for shorter in without_suffixes(rest))
        shortened = without_prefix(rest)
        if shortened is None:
            return
        provider, rest = shortened.provider or provider, shortened.name


def without_prefix(name: str) -> NameForm | None:
    """The name without its first prefix, and the provider that this names; None: it has none."""
    if found := PROVIDER(name):
        return NameForm(found[1], name[found.end() :])
    if found := FINE_TUNED(name):
        return NameForm("", found[1])
    if found := REGION(name) or VENDOR(name):
        return NameForm(AWS, name[found.end() :])
    return None


def without_suffixes(name: str) -> Iterator[str]:
    """Yield the name without its version, then also without its date."""
    for suffix in SUFFIXES:
        shorter = suffix.sub("", name)
        if shorter and shorter != name:
            name = shorter
            yield name


@lru_cache(maxsize=4_096)
def undated(name: str | None) -> str | None:
    """A model's shortest form: one instrumentation names what was asked for, another the answer."""
    if name is None:
        return None
    *_, last = forms(name)
    return [last.name, *without_suffixes(last.name)][-1]

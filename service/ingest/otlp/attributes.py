"""Reading attributes by what they mean. A value of the wrong type counts as absent."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, TypeVar

from msgspec import Struct

from service.core.validation import MAX_MODEL, MAX_NAME
from service.ingest.json.fields import MAX_ENVIRONMENT, optional_agent, optional_name
from service.ingest.otlp.conventions import (
    CONVENTIONS,
    INPUT_PREFIXES,
    METADATA_PREFIXES,
    OUTPUT_PREFIXES,
    names_of,
)

Attributes = Mapping[str, Any]
T = TypeVar("T")

SERVICE_NAME, PROJECT_NAME = names_of("service"), names_of("project")
AGENT_NAME = names_of("agent")
ENVIRONMENT = names_of("environment")
VERSION = names_of("version of the service")
METADATA = tuple(METADATA_PREFIXES.values())
# The fields of a run, of which the release stands for a version.
IDENTITIES = ("session_id", "user_id", "tags", "version", "release")
MAX_KEPT = 4_096  # characters
NUMBERED = tuple(f"{prefix}." for prefix in (*INPUT_PREFIXES.values(), *OUTPUT_PREFIXES.values()))


def meanings_by_name() -> dict[str, tuple[str, ...]]:
    """The table of conventions the other way round: what each attribute means."""
    found: dict[str, tuple[str, ...]] = {}
    for meaning in CONVENTIONS:
        for attribute in names_of(meaning):
            found[attribute] = (*found.get(attribute, ()), meaning)
    return found


MEANINGS = meanings_by_name()
NAMES = {meaning: names_of(meaning) for meaning in CONVENTIONS}


class Shape(Struct, gc=False):
    """What the names of a span's attributes mean, whatever their values.

    Of nearly every meaning there is one attribute or none; None stands for several. `numbered` are
    parts of messages, such as `gen_ai.prompt.0.content`, and `metadata` keys of a run's metadata.
    `identities` are those of IDENTITIES that the names mean.
    """

    by_meaning: dict[str, str | None]
    numbered: tuple[str, ...]
    metadata: tuple[str, ...]
    identities: tuple[str, ...]


class Facts(Struct, gc=False):
    """The attributes of one span by what they mean."""

    attributes: Attributes
    by_meaning: dict[str, str | None]
    shape: Shape

    def names(self, meaning: str) -> tuple[str, ...]:
        """The attributes that have a meaning, the most trusted first."""
        if meaning not in self.by_meaning:
            return ()
        found = self.by_meaning[meaning]
        if found is not None:
            return (found,)
        return tuple(name for name in NAMES[meaning] if name in self.attributes)

    def first(self, meaning: str, read: Callable[[Any], T | None]) -> T | None:
        """The first value with a meaning that `read` accepts; None without one."""
        if meaning not in self.by_meaning:
            return None
        found = self.by_meaning[meaning]
        if found is None:
            return first(self.attributes, NAMES[meaning], read)
        value = self.attributes[found]
        return None if value is None else read(value)

    def has_none(self, meanings: frozenset[str]) -> bool:
        """Whether no attribute has any of the meanings, which is much quicker to ask."""
        return self.by_meaning.keys().isdisjoint(meanings)


def facts_of(attributes: Attributes) -> Facts:
    """Look up what the attributes of a span mean.

    The spans of an instrumentation have the same few sets of names, so their shapes are kept.
    """
    names = "\n".join(attributes)
    if len(names) <= MAX_KEPT and names.count("\n") + 1 == len(attributes):
        shape = kept_shape(names)
    else:
        shape = shape_of(tuple(attributes))
    return Facts(attributes, shape.by_meaning, shape)


@lru_cache(maxsize=512)
def kept_shape(names: str) -> Shape:
    """The shape of names, one a line."""
    return shape_of(tuple(names.split("\n")))


def shape_of(names: tuple[str, ...]) -> Shape:
    """What names mean: each is looked up in the table, not the table in the names."""
    found: dict[str, str | None] = {}
    for name in names:
        for meaning in MEANINGS.get(name, ()):
            found[meaning] = None if meaning in found else name
    numbered = tuple([name for name in names if name.startswith(NUMBERED)])
    metadata = tuple([name for name in names if name.startswith(METADATA)])
    identities = tuple([meaning for meaning in IDENTITIES if meaning in found])
    return Shape(found, numbered, metadata, identities)


def first(
    attributes: Attributes, names: Iterable[str], read: Callable[[Any], T | None]
) -> T | None:
    """The first of the attributes that `read` accepts; None without one."""
    for name in names:
        value = attributes.get(name)
        if value is not None and (found := read(value)) is not None:
            return found
    return None


def anything(value: Any) -> Any:
    """A value of any type."""
    return value


name = partial(optional_name, limit=MAX_NAME)  # of a tool or a provider
agent_name = optional_agent
model = partial(optional_name, limit=MAX_MODEL)
environment = partial(optional_name, limit=MAX_ENVIRONMENT)

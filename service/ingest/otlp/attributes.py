"""Reading attributes by what they mean. A value of the wrong type counts as absent."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from service.core.validation import MAX_MODEL, MAX_NAME
from service.ingest.json.fields import MAX_ENVIRONMENT, optional_name
from service.ingest.otlp.conventions import (
    CONVENTIONS,
    INPUT_PREFIXES,
    OUTPUT_PREFIXES,
    names_of,
)

Attributes = Mapping[str, Any]
T = TypeVar("T")

SERVICE_NAME, PROJECT_NAME = names_of("service"), names_of("project")
AGENT_NAME = names_of("agent")
ENVIRONMENT = names_of("environment")
NUMBERED = tuple(f"{prefix}." for prefix in (*INPUT_PREFIXES.values(), *OUTPUT_PREFIXES.values()))


def meanings_by_name() -> dict[str, tuple[str, ...]]:
    """The table of conventions the other way round: what each attribute means."""
    found: dict[str, tuple[str, ...]] = {}
    for meaning in CONVENTIONS:
        for attribute in names_of(meaning):
            found[attribute] = (*found.get(attribute, ()), meaning)
    return found


MEANINGS = meanings_by_name()
KNOWN = MEANINGS.keys()
NAMES = {meaning: names_of(meaning) for meaning in CONVENTIONS}


class Facts(Struct, gc=False):
    """The attributes of one span by what they mean.

    A span has 10 to 20 attributes, and the table 170: it is asked once for each that is there.
    Of nearly every meaning there is one attribute or none; None stands for several.
    """

    attributes: Attributes
    by_meaning: dict[str, str | None]
    numbered_names: tuple[str, ...] | None = None

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

    @property
    def numbered(self) -> tuple[str, ...]:
        """The attributes that are parts of messages, such as `gen_ai.prompt.0.content`."""
        if self.numbered_names is None:
            self.numbered_names = self.below(NUMBERED)
        return self.numbered_names

    def below(self, prefixes: tuple[str, ...]) -> tuple[str, ...]:
        """The attributes whose names begin with one of the prefixes."""
        keys = "\n".join(self.attributes)  # one look for all of them, as there is nearly never one
        for prefix in prefixes:
            if prefix in keys:
                return tuple([key for key in self.attributes if key.startswith(prefixes)])
        return ()


def facts_of(attributes: Attributes) -> Facts:
    """Look up what the attributes of a span mean."""
    found: dict[str, str | None] = {}
    for attribute in attributes.keys() & KNOWN:
        for meaning in MEANINGS[attribute]:
            found[meaning] = None if meaning in found else attribute
    return Facts(attributes, found)


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


name = partial(optional_name, limit=MAX_NAME)  # of an agent, a run or a tool
model = partial(optional_name, limit=MAX_MODEL)
environment = partial(optional_name, limit=MAX_ENVIRONMENT)

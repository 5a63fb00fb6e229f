"""Which of thousands of patterns are found in a name, without a search for each.

The patterns are those that built_in.pattern makes. Of their 3,700 alternatives 3,150 are whole
names, found in a dict. Nearly all others have a text that must be in a name, and are tested only
where it is. The few that are left are searched as the regular expressions that they are.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

# Text without special characters but escaped ones.
TEXT = r"((?:[^\\.^$*+?{}\[\]|()\n]|\\[^a-zA-Z0-9\n])*)"
literal = re.compile(rf"(\^?){TEXT}(\$?)").fullmatch
# An escaped character, a class of characters, or a character.
signs = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL).findall
# Expressions that begin with a text, or with a search for it.
REQUIRING = (
    re.compile(rf"\^?{TEXT}(?=\\d|\[)[^()|]*").fullmatch,
    re.compile(rf"\^\(\?=\(\?s:\.\*\?\)\(\?:\^?{TEXT}\)\).*").fullmatch,
)
unescape = re.compile(r"\\(.)").sub
FIRST_LETTERS = 4  # of a text that is required, by which it is found

Group = tuple[str, str]  # of patterns that are looked for together: what they find, and whose
Hits = dict[Group, list[int]]  # the positions of the patterns that are found, in order


def without_break(text: str) -> str:
    """The text without a line break at its end: `$` stands before it too."""
    return text[:-1] if text.endswith("\n") else text


def ends(text: str, end: str) -> bool:
    """Whether a text ends so."""
    return without_break(text).endswith(end)


def matches(text: str, expression: "re.Pattern[str]") -> object:
    """Whether an expression is found in a text."""
    return expression.search(text)


# By whether a text is anchored at the start and at the end; with both it is a whole name.
HOLDS: dict[tuple[bool, bool], Callable[[str, str], object]] = {
    (True, False): str.startswith,
    (False, True): ends,
    (False, False): str.__contains__,
}


class Test(NamedTuple):
    """What holds for a name in which a pattern is found."""

    holds: Callable[[str, Any], object]
    what: Any
    group: Group
    position: int


class PatternIndex:
    """Groups of patterns, each with its position in the group."""

    def __init__(self) -> None:
        self._names: dict[str, list[tuple[Group, int]]] = defaultdict(list)
        self._required: dict[str, list[tuple[str, Test]]] = defaultdict(list)  # by first letters
        self._searches: list[Test] = []

    def add(self, group: Group, position: int, pattern: str) -> None:
        """Add a pattern, as one or more alternatives."""
        for alternative in alternatives(pattern):
            if found := literal(alternative):
                self._add_literal(group, position, found)
            else:
                test = Test(matches, re.compile(alternative), group, position)
                self._add_test(required_by(alternative), test)

    def _add_literal(self, group: Group, position: int, found: "re.Match[str]") -> None:
        start, escaped, end = found.groups()
        text = unescape(r"\1", escaped)
        if start and end:
            self._names[text].append((group, position))
        else:
            self._add_test(text, Test(HOLDS[bool(start), bool(end)], text, group, position))

    def _add_test(self, required: str, test: Test) -> None:
        if len(required) < FIRST_LETTERS:
            self._searches.append(test)
        else:
            self._required[required[:FIRST_LETTERS]].append((required, test))

    def within(self, name: str) -> "Candidates":
        """The patterns that may be found in parts of a name."""
        letters = {name[at : at + FIRST_LETTERS] for at in range(len(name) - FIRST_LETTERS + 1)}
        tests = list(self._searches)
        for first in letters & self._required.keys():
            tests += [test for required, test in self._required[first] if required in name]
        return Candidates(self._names, tests)


class Candidates:
    """The patterns that may be found in parts of one name."""

    def __init__(self, names: dict[str, list[tuple[Group, int]]], tests: list[Test]) -> None:
        self._names = names
        self.tests = tests

    def hits(self, part: str) -> Hits:
        """The patterns that are found in a part of the name."""
        found = set(self._names.get(without_break(part), ()))
        for holds, what, group, position in self.tests:
            if holds(part, what):
                found.add((group, position))
        hits: Hits = {}
        for group, position in sorted(found):
            hits.setdefault(group, []).append(position)
        return hits


def alternatives(pattern: str) -> Iterator[str]:
    """The alternatives of a pattern, also of those that are in parentheses."""
    for alternative in divided(pattern) or [pattern]:
        inner = alternative[3:-1]
        if alternative.startswith("(?:") and alternative.endswith(")") and divided(inner):
            yield from alternatives(inner)
        else:
            yield alternative


def divided(pattern: str) -> list[str]:
    """The parts between `|` outside of parentheses; none if one closes that does not open."""
    depth, parts = 0, [""]
    for sign in signs(pattern):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return []
        if sign == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def required_by(expression: str) -> str:
    """A text that each name has in which an expression is found; empty: none is known."""
    found = next(filter(None, (requires(expression) for requires in REQUIRING)), None)
    return unescape(r"\1", found[1]) if found else ""

"""Names are found as by a search for each pattern, one after the other, and without that work."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from service.prices.built_in import BuiltIn, read_package
from service.prices.model_names import forms
from service.prices.pattern_index import PatternIndex
from service.prices.price_list import Model, PriceList

GROUP = "models", "whose"
# What may stand around a name.
PREFIXES: tuple[str, ...] = (
    "",
    "openai/",
    "azure/",
    "us.anthropic.",
    "models/",
    "vertex_ai/",
    "ft:",
    "openrouter/",
)
PREFIXES += (
    "huggingface-together/x/",
    "bedrock/us.",
    "openrouter/openrouter/",
    "X AI/",
    "o1",
    "-",
    "azure\n/",
)
SUFFIXES: tuple[str, ...] = (
    "",
    "-2024-05-13",
    ":latest",
    "@20240620",
    "-0613",
    "-v2:0",
    "-20250514",
    "\n:x",
    "-tts",
)
SUFFIXES += ("-latest", ".0", "x", "-2026-01-02-v1:0", "/", "\n", ":free")


@pytest.fixture(scope="module")
def package() -> BuiltIn:
    return read_package()


class SearchingList:
    """A search for each pattern, one after the other, for each form of a name."""

    def __init__(self, package: BuiltIn) -> None:
        self._providers = package.providers
        self._patterns = defaultdict(list)
        for row in package.patterns:
            self._patterns[row["provider"]].append((re.compile(row["pattern"]), row["model"]))
        self._first = cache(self._search)

    def model_of(self, name: str) -> Model | None:
        return next(self._found(name), None)

    def _found(self, name: str) -> Iterator[Model]:
        for form in forms(name):
            named = [row for row in self._providers if self._is_named(row, form.provider)]
            suited = [row for row in self._providers if searched(row["model_pattern"], form.name)]
            for provider in (*named, *suited):
                for asked in (provider["provider"], *provider["fallbacks"]):
                    model = self._first(asked, form.name)
                    if model is not None:
                        yield asked, model

    def _is_named(self, row: dict[str, Any], text: str) -> bool:
        return bool(text) and (text == row["provider"] or searched(row["name_pattern"], text))

    def _search(self, provider: str, name: str) -> str | None:
        found = (model for pattern, model in self._patterns[provider] if pattern.search(name))
        return next(found, None)


@cache
def compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern)


def searched(pattern: str | None, text: str) -> bool:
    return pattern is not None and bool(compiled(pattern).search(text))


def names_of(package: BuiltIn) -> list[str]:
    """Each model with and without its provider, all texts of patterns, and more around these."""
    whole = {f"{row['provider']}/{row['model']}" for row in package.prices}
    texts = {row["model"] for row in package.prices}
    for row in package.patterns:
        texts |= {text.replace("\\", "") for text in re.findall(r"[^()|^$?:]{3,}", row["pattern"])}
    known = sorted(whole | texts)
    varied = [
        PREFIXES[number % len(PREFIXES)] + name + SUFFIXES[number % len(SUFFIXES)]
        for number, name in enumerate(known)
    ]
    return [*known, *varied, *(name.upper() for name in known[::7])]


def test_names_are_found_as_by_searches(package: BuiltIn) -> None:
    slow = SearchingList(package)
    fast = PriceList(package.prices, None, package.providers, package.patterns)
    names = names_of(package)
    expected = {name: slow.model_of(name) for name in names}
    found = {name: fast.model_of(name) for name in names}
    assert found == expected
    assert len(names) > 8_000
    assert sum(model is not None for model in found.values()) > 4_000


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"^gpt\-4$", "gpt-4\n"),
        (r"^gpt\-4$", "gpt-4\n\n"),
        (r"^gpt\-4$", "a gpt-4"),
        (r"\-4$", "gpt-4\n"),
        (r"\-mini$", "gpt-mini\n"),
        (r"\-mini$", "gpt-mini-4"),
        (r"^gpt", "gpt-4"),
        (r"^gpt\-4", "x/gpt-4"),
        ("a", "cat"),
        ("", "cat"),
        ("(?:dog)|", "cat"),
        (r"(?:^a$)|(?:b\-long)", "ab-long!"),
        (r"(?:^a$)|(?:^beta\d+$)", "beta17"),
        (r"(?:^a$)|(?:^beta\d+$)", "beta"),
        (r"(?:^a$)|(?:^beta[0-9]?)", "beta"),
        (r"(?:^a$)|(?:^beta(?:1|2)$)|(?:gamma)", "beta2"),
        (r"(?:^a$)|(?:^beta(?:1|2)$)|(?:gamma)", "gamma"),
        ("^text-embedding-|^chatgpt-", "chatgpt-x"),
        (r"^claudex?\d", "claude1"),
        (r"(?:(?:^a$)|(?:^b[|)]$))", "b|"),
        (r"(?:(?:^a$)|(?:^b\)$))|c", "b)"),
        (r"(?:x)(?:y)|z", "xy"),
        (r"(?:x)(?:y)|z", "x"),
        (r"(?:^\~some\ name\#$)", "~some name#"),
        (r"^(?=(?s:.*?)(?:hugging))(?=(?s:.*?)(?:face))", "face hugging"),
        (r"^(?=(?s:.*?)(?:hugging))(?=(?s:.*?)(?:face))", "hugging"),
    ],
)
def test_a_pattern_is_found_where_a_search_finds_it(pattern: str, name: str) -> None:
    index = PatternIndex()
    index.add(GROUP, 5, "^something else$")
    index.add(GROUP, 7, pattern)
    expected = [7] if re.search(pattern, name) else []
    assert index.within(f"x/{name}-2").hits(name).get(GROUP, []) == expected


def test_positions_come_in_order_and_once() -> None:
    index = PatternIndex()
    for position, pattern in enumerate((r"^gpt\-4$", r"gpt\-", r"^gpt\-4$", r"\d", r"gpt|4")):
        index.add(GROUP, position, pattern)
    index.add(("models", "another's"), 1, "gpt")
    expected = {GROUP: [0, 1, 2, 3, 4], ("models", "another's"): [1]}
    assert index.within("gpt-4").hits("gpt-4") == expected
    assert index.within("x/gpt-4").hits("") == {}


def test_a_made_up_name_is_tested_for_few_patterns(package: BuiltIn) -> None:
    """It took 5 ms to search 15 forms of one for each pattern, so that few could be looked up."""
    known = PriceList(package.prices, None, package.providers, package.patterns)
    for name in ("made-up-17", "openrouter/openrouter/huggingfac/made-up-17-2024-05-13:x"):
        assert len(known.patterns.within(name).tests) < 10

"""Errors that differ in their values alone have one fingerprint."""

import re
from pathlib import Path

import pytest

from service.ingest import error_fingerprint
from service.ingest.error_fingerprint import MAX_READ, fingerprint, without_values

ROOT = Path(__file__).parents[2]
EQUAL = [
    ('no price for "EUR" on 2026-11-22', 'no price for "a b" on 25-01-02', "no price for … on …"),
    ("open /tmp/run-17/out.json: denied", "open C:\\work\\a.txt: denied", "open … denied"),
    ("openai.APIError: retry in 2.5s", "APIError: retry in 30s", "APIError: retry in …"),
    ("no run 8552f8ec-923d-432c-9bc4-802c92078534", "no run 12", "no run …"),
    ("<Task at 0x7f3a2b> died", "<Task at 0x55d0ff> died", "<Task at …> died"),
    ("refused: 10.0.0.7:5432, 10.0.0.8:5432", "refused: db1:5432", "refused: …"),
    ("GET https://a.example/x?q=y failed", "GET https://b.example/ failed", "GET https… failed"),
    ("expected [1, 2, 3] items", "expected [1] items", "expected […] items"),
    ("no such user: '١٢٣'", "no such user: 'a'", "no such user: …"),
    ("row ١٢٣ is bad", "row 123 is bad", "row … is bad"),
    ("line one\n   line two", "line one line two", "line one line two"),
    ("time\u200bout \u202eof it", "timeout of it", "timeout of it"),
]  # fmt: skip
DIFFERENT = [
    ("ValueError: no price", "KeyError: no price"),
    ("can't connect", "can't resolve"),
    ("it failed", "It failed"),
    ("", "it failed"),
]


@pytest.mark.parametrize(("one", "other", "expected"), EQUAL)
def test_values_are_taken_out(one: str, other: str, expected: str) -> None:
    assert [without_values(one), without_values(other)] == [expected, expected]
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_no_value_tells_errors_apart(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_fingerprints_stay_what_they_are() -> None:
    """They are stored, and people keep links to them."""
    assert fingerprint("ValueError: no price") == 3333897645718831148
    assert fingerprint("") == -2039914840885289964


def test_the_examples_of_the_documentation_are_true() -> None:
    guide = (ROOT / "docs/guides/errors.md").read_text()
    examples = re.findall(
        r"^ {4}(\S.*?) {2,}(\S.*)$", error_fingerprint.__doc__ or "", re.MULTILINE
    )
    shown = re.findall(r"^\| `([^`]*)` \| `([^`]*…[^`]*)` \|$", guide, re.MULTILINE)
    assert [len(examples), len(shown)] == [4, 5]
    for said, expected in examples + shown:
        assert without_values(said) == expected


HOSTILE = [
    "1",
    "a",
    "'",
    " '\"",
    ", ",
    "…",
    "… ,",
    "a.",
    "a1 ",
    "://",
    "a/",
    "(a",
    "\u200b",
    "١",
    "\\",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_of_a_hostile_text_no_more_than_a_part_is_read(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert fingerprint(text) == fingerprint(text[:MAX_READ])

"""Which JSON texts are parsed because a number in them may have an exponent that is too large."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.ingest.json.numbers import MOST_LOOKED_AT, may_have_exponent

has_long_exponent = re.compile(r"[eE][+-]?[0-9]{3}").search
digits = st.text("0123456789", min_size=1, max_size=60)
floats = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    digits.map(lambda text: str(int(text))),
    digits.map(".{}".format) | st.just(""),
    st.sampled_from("eE"),
    st.sampled_from(["", "+", "-"]),
    st.text("0123456789", min_size=1, max_size=5),
)
words = st.text('0123456789abcdefE+-.:,[ "', max_size=40).map(json.dumps)
blanks = st.sampled_from(["", " ", "\t", "\n", "\r\n"])
members = st.lists(st.builds('"k":{}{}{}'.format, blanks, floats | words, blanks), max_size=5)


def exponents(text: str) -> list[str]:
    """The numbers of a JSON text that have an exponent of three digits or more."""
    found: list[str] = []

    def note(number: str) -> Any:
        found.append(number)
        return 0

    json.loads(text, parse_float=note)
    return [number for number in found if has_long_exponent(number)]


@given(members)
@example(['"k":1e400'])
@example(['"k":-1.5E+999'])
@example([f'"k":{"1" * 39}.{"2" * 39}e-100'])
@example(['"id":"11e4000","k":[ 1e100]'])
@example(['"id":"11e4000"'] * (MOST_LOOKED_AT + 1) + ['"k":1e100'])
def test_every_number_with_such_an_exponent_is_looked_at(members: list[str]) -> None:
    text = "{" + ",".join(members) + "}"
    if exponents(text):
        assert may_have_exponent(text.encode())


@pytest.mark.parametrize(
    "word",
    [
        "claude-sonnet-4-20250514",
        "gpt-4-2024",
        "2026-11-30T10:00:00.123456Z",
        "d1e2c4ab-11e4-4000-8fb3-0123456789ab",
        "11e4000f8fb31234",
        "11e+4000",
    ],
)
def test_names_dates_and_ids_are_not(word: str) -> None:
    assert not may_have_exponent(b'{"model":"%b","tokens_in":5}' % word.encode())

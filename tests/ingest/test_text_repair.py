"""What msgspec refuses is repaired in parts: the same as the whole, whatever the parts cut."""

import json
import re
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.ingest import text_repair
from service.ingest.masks import mask_texts
from service.ingest.nesting import outside_strings
from service.ingest.repairs import REPLACEMENT, Repairs
from service.ingest.short_texts import with_short_texts
from service.ingest.text_repair import as_utf8, repaired

pytestmark = pytest.mark.unit

ESCAPES = ["\\ud83d", "\\uDE00", "\\ud800", "\\udfff", "\\\\", '\\"', "\\u0041", "a", "é", "NaN"]
TEXTS = st.lists(st.sampled_from(ESCAPES), max_size=30).map("".join)


def masked(text: str) -> bytes:
    """The text as it is measured: an escape of a half is four bytes."""
    return mask_texts(text.encode())


def whole_pairs(text: str) -> str:
    """The text, decoded, with U+FFFD for each half of a pair: json keeps halves as they are."""
    decoded = json.loads(f'"{text}"').encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(decoded)


@given(TEXTS)
@example("\\ud83d\\ud83d\\uDE00\\uDE00")
def test_halves_of_pairs_are_replaced_and_pairs_are_kept_wherever_a_part_ends(text: str) -> None:
    halved = re.sub("\ufffd+", "\ufffd", whole_pairs(text))
    for chunk in (9, 13, 1024):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_repair, "CHUNK", chunk)
            found = json.loads(repaired(f'{{"a":"{text}"}}'.encode(), Repairs()))["a"]
        assert re.sub("\ufffd+", "\ufffd", found) == halved


def test_numbers_become_text_outside_strings_alone() -> None:
    sent = rb'{"a":[NaN,-Infinity,Infinity],"NaN":"\"NaN, Infinity","b":-1}'
    wanted = {"a": ["NaN", "-Infinity", "Infinity"], "NaN": '"NaN, Infinity', "b": -1}
    repairs = Repairs()
    assert json.loads(repaired(sent, repairs)) == wanted
    assert [warning.code for warning in repairs.take()] == ["invalid_number"]


@given(
    st.lists(TEXTS.map(lambda text: text.replace("\\ud83d", "").replace("\\ud800", "")), max_size=9)
)
def test_texts_are_cut_where_they_are_longer_and_nowhere_else(texts: list[str]) -> None:
    longest = 20
    sent = '{"a": [' + ", ".join(f'"{text}"' for text in texts) + "]" + " " * 50 + "}"
    found = with_short_texts(sent.encode(), longest)
    kept = re.findall(r'"((?:[^"\\]|\\.)*)"', found.decode())[1:]
    for text, short in zip(texts, kept, strict=True):
        size = len(masked(text))
        if size <= longest:
            assert short == text
        else:
            start, _, mark = short.partition("… [")
            assert text.startswith(start)
            assert mark == f"{size - len(masked(start))} bytes cut]"


def test_a_long_text_is_cut_without_a_copy_of_it() -> None:
    sent = b'{"a":"' + rb"\"1f\":-0.0," * 200_000 + b'"}'
    tracemalloc.start()
    try:
        assert len(with_short_texts(sent, len(sent) // 16)) < len(sent) // 10
        assert tracemalloc.get_traced_memory()[1] < len(sent) // 2
    finally:
        tracemalloc.stop()


@given(st.text(alphabet='ab"[]{},\\', max_size=200))
def test_what_is_outside_strings_does_not_depend_on_the_parts(text: str) -> None:
    sent = json.dumps([text, {text: [text]}, 1]).encode() * 3
    whole = outside_strings(sent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.ingest.nesting.CHUNK", 7)
        assert outside_strings(sent) == whole == b"[, {: []}, 1]" * 3


def test_a_few_bytes_that_are_not_utf_8_are_u_fffd_each() -> None:
    sent = b"a\xff\xfeb" + b"\xe9t\xe9 " * 5_000 + b"c" * 1_000_000
    assert as_utf8(sent) == (sent.decode(errors="replace").encode(), REPLACEMENT)


@pytest.mark.parametrize("unit", [b"a\xff", b"\xff" * 15 + b"a", b"\xff" * 100, b"caf\xe9 "])
def test_many_bytes_that_are_not_utf_8_are_one_byte_each(unit: bytes) -> None:
    sent = "é".encode() + unit * 50_000
    assert as_utf8(sent) == ("é".encode() + re.sub(b"[\xe9\xff]", b"?", unit) * 50_000, b"?")


@given(st.binary(max_size=200))
def test_replaced_bytes_make_no_body_an_eighth_larger(sent: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_repair, "CHUNK", 16)
        found, mark = as_utf8(sent)
    assert len(found) <= len(sent) + max(16, len(sent) // 8)
    text = sent.decode(errors="replace")
    assert found.decode() == text.replace("\ufffd", mark.decode())

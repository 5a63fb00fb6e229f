"""What msgspec refuses is masked, and unmasked again, wherever a part of the text ends."""

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.ingest import masks
from service.ingest.elements import skip
from service.ingest.masks import mask, unmask

pytestmark = pytest.mark.unit

NUMBERS = ["NaN", "Infinity", "-Infinity", "0E9", "10E90", "0e9", "0E161803", "1"]
ESCAPES = ["\\ud800", "\\\\", '\\"', "é"]
STRINGS = st.lists(st.sampled_from([*NUMBERS, *ESCAPES]), max_size=4).map(
    lambda parts: '"' + "".join(parts) + '"'
)
TEXTS = st.lists(st.sampled_from(NUMBERS) | STRINGS, max_size=12).map(
    lambda values: "[" + ",".join(values) + "]"
)


@given(TEXTS)
@example('["",NaN,"NaN"]')
def test_a_masked_text_is_as_before_and_a_number_may_have_a_small_e(text: str) -> None:
    for chunk in (8, 13, 1024):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(masks, "CHUNK", chunk)
            masked = mask(text.encode())
            found = unmask(masked).decode()
        skip(masked)
        assert len(masked) <= len(text.encode())
        assert len(found) == len(text)
        assert repr(json.loads(found)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ['["\xff",NaN]', "[\xff,NaN]", "NaNNaN", '"', '"NaN', ""])
def test_what_is_no_json_is_masked_without_an_error(text: str) -> None:
    masked = mask(text.encode("latin-1"))
    assert len(masked) == len(text)
    if text.startswith("[\xff"):
        with pytest.raises(msgspec.DecodeError):
            skip(masked)
